/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where QEMU's virt machine (riscv) has its VirtIO windows.
 */
#include <rtthread.h>

#ifdef RT_USING_VIRTIO

#include <virtio.h>

#ifdef RT_USING_SMART
#include <ioremap.h>
#endif

#define WINDOW_BASE  0x10001000
#define WINDOW_STEP  0x1000
#define WINDOW_COUNT 8
#define WINDOW_IRQ   1 /* The PLIC's sources are numbered from 1. */

int rt_virtio_devices_init(void)
{
    rt_ubase_t base = WINDOW_BASE;

#ifdef RT_USING_SMART
    base = (rt_ubase_t)rt_ioremap((void *)base, WINDOW_STEP * WINDOW_COUNT);
    if (base == 0)
    {
        rt_kprintf("virtio: cannot map the windows at 0x%08lx\n", (unsigned long)WINDOW_BASE);
        return -RT_ENOMEM;
    }
#endif
    rt_virtio_scan(base, WINDOW_STEP, WINDOW_COUNT, WINDOW_IRQ);
    return RT_EOK;
}
INIT_DEVICE_EXPORT(rt_virtio_devices_init);

#endif /* RT_USING_VIRTIO */
