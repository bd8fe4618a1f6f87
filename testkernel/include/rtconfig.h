/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Configuration of the test kernel. Every value can be given on the
 * compiler's command line instead, so that one tree builds all variants.
 */

#ifndef RT_CONFIG_H__
#define RT_CONFIG_H__

/* ---- kernel ---- */

#ifndef RT_NAME_MAX
#define RT_NAME_MAX 20
#endif
#ifndef RT_ALIGN_SIZE
#define RT_ALIGN_SIZE 8
#endif
#ifndef RT_THREAD_PRIORITY_MAX
#define RT_THREAD_PRIORITY_MAX 32
#endif
#ifndef RT_TICK_PER_SECOND
#define RT_TICK_PER_SECOND 100
#endif

/* SMP is chosen by -DRT_USING_SMP -DRT_CPUS_NR=n. */
#ifdef RT_USING_SMP
#ifndef RT_CPUS_NR
#define RT_CPUS_NR 4
#endif
#else
#undef RT_CPUS_NR
#define RT_CPUS_NR 1
#endif

#ifndef IDLE_THREAD_STACK_SIZE
#define IDLE_THREAD_STACK_SIZE 4096
#endif
#ifndef RT_TIMER_THREAD_PRIO
#define RT_TIMER_THREAD_PRIO 4
#endif
#ifndef RT_TIMER_THREAD_STACK_SIZE
#define RT_TIMER_THREAD_STACK_SIZE 8192
#endif
#ifndef RT_MAIN_THREAD_PRIORITY
#define RT_MAIN_THREAD_PRIORITY 10
#endif
#ifndef RT_MAIN_THREAD_STACK_SIZE
#define RT_MAIN_THREAD_STACK_SIZE 8192
#endif

#ifndef ARCH_CPU_64BIT
#define ARCH_CPU_64BIT
#endif
#ifndef RT_VER_NUM
#define RT_VER_NUM 0x50100
#endif

#define RT_USING_TIMER_SOFT
#define RT_USING_SEMAPHORE
#define RT_USING_MUTEX
#define RT_USING_EVENT
#define RT_USING_MAILBOX
#define RT_USING_MESSAGEQUEUE
#define RT_USING_HEAP
#define RT_USING_COMPONENTS_INIT
#define RT_USING_USER_MAIN
#define RT_USING_DEBUG

/* ---- devices ---- */

#define RT_USING_DEVICE
#ifndef TESTKERNEL_NO_DEVICE_OPS
#ifndef RT_USING_DEVICE_OPS
#define RT_USING_DEVICE_OPS
#endif
#endif
#define RT_USING_DEVICE_IPC
#ifdef TESTKERNEL_NO_NET_THREADS
#define LWIP_NO_RX_THREAD
#define LWIP_NO_TX_THREAD
#endif
#define RT_USING_TOUCH
#define RT_USING_CONSOLE
#ifndef RT_CONSOLEBUF_SIZE
#define RT_CONSOLEBUF_SIZE 256
#endif
#ifndef RT_CONSOLE_DEVICE_NAME
#define RT_CONSOLE_DEVICE_NAME "uart0"
#endif

/* RT-Thread's driver model and what belongs to it, of which testkernel/dm is a stand-in. */
#ifdef TESTKERNEL_DM
#define RT_VERSION_MINOR 2
#define RT_USING_DM
#define RT_USING_OFW
#define RT_USING_PIC
#define RT_USING_BLK
#define RT_USING_SERIAL
#define RT_VIRTIO_CONSOLE_SERIAL
#endif

/* ---- shell ---- */

#ifndef RT_USING_FINSH
#define RT_USING_FINSH
#endif
#define RT_USING_MSH
#define FINSH_USING_MSH
#ifndef FINSH_THREAD_NAME
#define FINSH_THREAD_NAME "tshell"
#endif
#ifndef FINSH_THREAD_PRIORITY
#define FINSH_THREAD_PRIORITY 20
#endif
#ifndef FINSH_THREAD_STACK_SIZE
#define FINSH_THREAD_STACK_SIZE 8192
#endif
#ifndef FINSH_CMD_SIZE
#define FINSH_CMD_SIZE 160
#endif
#ifndef FINSH_ARG_MAX
#define FINSH_ARG_MAX 20
#endif
#ifndef FINSH_HISTORY_LINES
#define FINSH_HISTORY_LINES 8
#endif

/* ---- VirtIO: all of it, unless menuconfig has chosen ---- */

#ifndef TESTKERNEL_CONFIG
#ifndef RT_USING_VIRTIO
#define RT_USING_VIRTIO
#endif
#if defined(RT_USING_LWIP) && !defined(RT_USING_VIRTIO_NET)
#define RT_USING_VIRTIO_NET
#endif
#ifndef RT_VIRTIO_NET_MERGE
#define RT_VIRTIO_NET_MERGE
#endif
#ifndef RT_USING_VIRTIO_CONSOLE
#define RT_USING_VIRTIO_CONSOLE
#endif
#ifndef RT_USING_VIRTIO_INPUT
#define RT_USING_VIRTIO_INPUT
#endif
#ifndef RT_USING_VIRTIO_GPU
#define RT_USING_VIRTIO_GPU
#endif
#ifndef RT_VIRTIO_GPU_BUFFERS
#define RT_VIRTIO_GPU_BUFFERS 2
#endif
#ifndef RT_USING_VIRTIO_SHELL
#define RT_USING_VIRTIO_SHELL
#endif
/* Short, because the tests wait for it. */
#ifndef RT_VIRTIO_BLK_TIMEOUT_MS
#define RT_VIRTIO_BLK_TIMEOUT_MS 5000
#endif
#ifndef RT_USING_VIRTIO_BLK
#define RT_USING_VIRTIO_BLK
#endif
#endif /* TESTKERNEL_CONFIG */

/* ---- RT-Thread's files and newer frameworks, with the stand-ins of testkernel/classes; both make an fb0 ---- */

#ifdef TESTKERNEL_CLASSES
#define RT_USING_DFS
#define RT_USING_DFS_V2
#define RT_USING_POSIX_DEVIO
#define RT_USING_POSIX_TERMIOS
#define RT_USING_INPUT
#define RT_VIRTIO_GPU_FB
#define RT_VIRTIO_GPU_MAP
#define RT_VIRTIO_GPU_BUFFERS 2
#endif

#ifdef TESTKERNEL_GRAPHIC
#define RT_USING_GRAPHIC
#define RT_VIRTIO_GPU_BUFFERS 2
#endif

#endif /* RT_CONFIG_H__ */
