/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of the component that a hand-written rtconfig.h may lack; Kconfig describes them.
 */
#ifndef RT_VIRTIO_CONFIG_H
#define RT_VIRTIO_CONFIG_H

#include <rtthread.h>

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
