/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What test_versions.py does not set: the options that a board with everything has.
 */
#ifndef RT_CONFIG_H__
#define RT_CONFIG_H__

#ifndef RT_NAME_MAX
#define RT_NAME_MAX 16
#endif

#if __SIZEOF_POINTER__ == 8
#define ARCH_CPU_64BIT
#endif

/* For the declarations of RT-Thread's files in ../include. */
#if DECLARED_VERSION < 50100
#define DFS_5_0_0
#endif

#define RT_THREAD_PRIORITY_MAX 32
#define RT_TICK_PER_SECOND     100
#define RT_USING_DEVICE
#define RT_USING_DEVICE_IPC
#define RT_USING_CONSOLE

#define RT_USING_VIRTIO
#define RT_USING_VIRTIO_LEGACY
#define RT_USING_VIRTIO_BLK
#define RT_USING_VIRTIO_CONSOLE
#define RT_USING_VIRTIO_GPU
#define RT_USING_VIRTIO_INPUT
#define RT_USING_VIRTIO_SHELL

#ifndef DECLARED_NO_NET
#define RT_USING_LWIP
#define RT_USING_VIRTIO_NET
#define RT_VIRTIO_NET_MERGE
#endif

#endif
