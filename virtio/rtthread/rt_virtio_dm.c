/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RT-Thread's driver model: devices are found by the nodes of the device tree that are compatible with "virtio,mmio",
 * and go with them. Board code that scans the windows itself can be there as well: a window is taken once.
 */
#include "rt_virtio.h"

#if defined(RT_USING_DM) && defined(RT_USING_OFW)

#include <drivers/platform.h> /* rtdevice.h has drivers/core/dm.h, or rtdm.h, as it was called first */

/* Mapped twice, a window has two virtual addresses. */
static struct rt_virtio_device *find(rt_ubase_t base)
{
    rt_ubase_t address = rt_virtio_physical((const void *)base);
    struct rt_virtio_device *device;

    rt_virtio_hold_list();
    for (device = rt_virtio_first(); device != RT_NULL; device = device->next)
    {
        if (device->core.base == base ||
            (address != 0 && rt_virtio_physical((const void *)device->core.base) == address))
        {
            break;
        }
    }
    rt_virtio_release_list();
    return device;
}

static rt_err_t start(struct rt_platform_device *pdev, rt_ubase_t base)
{
    int irq = rt_dm_dev_get_irq(&pdev->parent, 0);
    rt_err_t result;

    if (irq < 0)
    {
        rt_kprintf("virtio: window 0x%lx: no interrupt (error %d); its node needs \"interrupts\" of a controller that "
                   "has a driver\n",
                   (unsigned long)base, irq);
        return (rt_err_t)irq;
    }
    if (find(base) != RT_NULL)
    {
        return -RT_EBUSY; /* board code was here before */
    }
    result = rt_virtio_init_window(base, (rt_uint32_t)irq);
    /* One that failed is listed, too, so that its window must stay. */
    return find(base) != RT_NULL ? RT_EOK : result;
}

static rt_err_t probe_window(struct rt_platform_device *pdev)
{
    void *base = rt_dm_dev_iomap(&pdev->parent, 0);
    rt_err_t result;

    if (base == RT_NULL)
    {
        rt_kprintf("virtio: %s: its registers cannot be mapped\n", rt_dm_dev_get_name(&pdev->parent));
        return -RT_EIO;
    }
    result = start(pdev, (rt_ubase_t)base);
    if (result != RT_EOK)
    {
        rt_iounmap(base);
        return result;
    }
    pdev->priv = base;
    return RT_EOK;
}

#ifdef RT_VIRTIO_DM_REMOVES

/* Whatever it returns, the node's device is gone afterwards; one of ours that is in use stays without it. */
static rt_err_t remove_window(struct rt_platform_device *pdev)
{
    struct rt_virtio_device *device = find((rt_ubase_t)pdev->priv);
    rt_err_t result = device != RT_NULL ? rt_virtio_remove(device) : RT_EOK;

    if (result == -RT_EBUSY)
    {
        rt_kprintf("virtio: %s: not removed, as somebody has it open\n", device->name);
    }
    if (result == RT_EOK)
    {
        rt_iounmap(pdev->priv);
    }
    return result;
}

#endif /* RT_VIRTIO_DM_REMOVES */

static const struct rt_ofw_node_id ids[] = {
    {.compatible = "virtio,mmio"},
    {.compatible = ""},
};

/* RT-Thread copies the name to where RT_NAME_MAX bytes are, 8 perhaps. */
static struct rt_platform_driver rt_virtio_driver = {
    .name = "virtio",
    .ids = ids,
    .probe = probe_window,
#ifdef RT_VIRTIO_DM_REMOVES
    .remove = remove_window,
#endif
};

static int register_driver(void)
{
    return (int)rt_platform_driver_register(&rt_virtio_driver);
}
INIT_DEVICE_EXPORT(register_driver);

#endif /* RT_USING_DM && RT_USING_OFW */
