/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of the component that an rtconfig.h may lack, because it was written by hand or for RT-Thread's own drivers;
 * Kconfig describes them. What the core asks for is in virtio_port_config.h.
 */
#ifndef RT_VIRTIO_CONFIG_H
#define RT_VIRTIO_CONFIG_H

#include <rtthread.h>

/* On unless switched off. */
#ifndef RT_VIRTIO_CONFIGURED
#ifndef RT_VIRTIO_NET_MERGE
#define RT_VIRTIO_NET_MERGE
#endif
#if defined(RT_USING_FINSH) && !defined(RT_USING_VIRTIO_SHELL)
#define RT_USING_VIRTIO_SHELL
#endif
#endif

#ifndef RT_VIRTIO_BLK_RING_SIZE
#define RT_VIRTIO_BLK_RING_SIZE 64
#endif

#ifndef RT_VIRTIO_BLK_QUEUES
#define RT_VIRTIO_BLK_QUEUES 4
#endif

#ifndef RT_VIRTIO_BLK_TIMEOUT_MS
#define RT_VIRTIO_BLK_TIMEOUT_MS 30000
#endif

#ifndef RT_VIRTIO_NET_RX_RING_SIZE
#define RT_VIRTIO_NET_RX_RING_SIZE 64
#endif

#ifndef RT_VIRTIO_NET_TX_RING_SIZE
#define RT_VIRTIO_NET_TX_RING_SIZE 64
#endif

#ifndef RT_VIRTIO_NET_PAIRS
#define RT_VIRTIO_NET_PAIRS 1
#endif

#ifndef RT_VIRTIO_NET_TX_PATIENCE_MS
#define RT_VIRTIO_NET_TX_PATIENCE_MS 100
#endif

/* The receive thread, if RT-Thread has none (LWIP_NO_RX_THREAD). */
#ifndef RT_VIRTIO_NET_PRIORITY
#define RT_VIRTIO_NET_PRIORITY (RT_THREAD_PRIORITY_MAX * 3 / 8)
#endif

#ifndef RT_VIRTIO_NET_STACK_SIZE
#define RT_VIRTIO_NET_STACK_SIZE 4096
#endif

#ifndef RT_USING_VIRTIO_CONSOLE_PORT_MAX_NR
#define RT_USING_VIRTIO_CONSOLE_PORT_MAX_NR 4
#endif

#ifndef RT_VIRTIO_CONSOLE_BUFFERS
#define RT_VIRTIO_CONSOLE_BUFFERS 16
#endif

#ifndef RT_VIRTIO_CONSOLE_BUFFER_SIZE
#define RT_VIRTIO_CONSOLE_BUFFER_SIZE 1024
#endif

#ifndef RT_VIRTIO_CONSOLE_PATIENCE_MS
#define RT_VIRTIO_CONSOLE_PATIENCE_MS 1000
#endif

#ifndef RT_VIRTIO_INPUT_RING_SIZE
#define RT_VIRTIO_INPUT_RING_SIZE 64
#endif

#ifndef RT_VIRTIO_INPUT_FIFO_SIZE
#define RT_VIRTIO_INPUT_FIFO_SIZE 256
#endif

#ifndef RT_VIRTIO_INPUT_PRIORITY
#define RT_VIRTIO_INPUT_PRIORITY (RT_THREAD_PRIORITY_MAX / 4 + 1)
#endif

#ifndef RT_VIRTIO_INPUT_STACK_SIZE
#define RT_VIRTIO_INPUT_STACK_SIZE 4096
#endif

#ifndef RT_VIRTIO_GPU_BUFFERS
#define RT_VIRTIO_GPU_BUFFERS 1
#endif

#ifndef RT_VIRTIO_GPU_TIMEOUT_MS
#define RT_VIRTIO_GPU_TIMEOUT_MS 5000
#endif

#ifndef RT_VIRTIO_SERVICE_PRIORITY
#define RT_VIRTIO_SERVICE_PRIORITY (RT_THREAD_PRIORITY_MAX / 4)
#endif

#ifndef RT_VIRTIO_SERVICE_STACK_SIZE
#define RT_VIRTIO_SERVICE_STACK_SIZE 4096
#endif

/* Hz of the `time` counter; RT-Thread has no function that tells. QEMU's virt machine: 10 MHz. */
#ifndef RT_VIRTIO_RISCV_TIMEBASE
#define RT_VIRTIO_RISCV_TIMEBASE 10000000
#endif

#endif /* RT_VIRTIO_CONFIG_H */
