/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where QEMU's virt machine (riscv) has its VirtIO windows.
 */
#include <rtthread.h>

#ifdef RT_USING_VIRTIO

#include <virtio.h>

#define WINDOW_BASE  0x10001000
#define WINDOW_STEP  0x1000
#define WINDOW_COUNT 8
#define WINDOW_IRQ   1 /* The PLIC's sources are numbered from 1. */

const struct rt_virtio_windows rt_virtio_windows = {WINDOW_BASE, WINDOW_STEP, WINDOW_COUNT, WINDOW_IRQ};

/* With RT-Thread's driver model the device tree says where they are. */
#if !defined(RT_USING_DM) || !defined(RT_USING_OFW)

int rt_virtio_devices_init(void)
{
    return (int)rt_virtio_scan(WINDOW_BASE, WINDOW_STEP, WINDOW_COUNT, WINDOW_IRQ);
}
INIT_DEVICE_EXPORT(rt_virtio_devices_init);

#endif

#endif /* RT_USING_VIRTIO */
