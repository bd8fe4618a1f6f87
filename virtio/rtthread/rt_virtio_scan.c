/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From MMIO windows to drivers, for board code that has a row of them.
 */
#include <rtthread.h>

#include <virtio.h>
#include <virtio/device.h>
#include <virtio/transport.h>

#ifdef RT_USING_VIRTIO_BLK
#include <virtio_blk.h>
#endif

/* The class that drives a type of device; those without one are listed and left alone. */
static virtio_device_init_handler handler_of(rt_uint32_t id)
{
    switch (id)
    {
#ifdef RT_USING_VIRTIO_BLK
    case VIRTIO_ID_BLOCK:
        return rt_virtio_blk_init;
#endif
    default:
        return rt_virtio_unclaimed_init;
    }
}

void rt_virtio_scan(rt_ubase_t base, rt_size_t step, unsigned int count, rt_uint32_t irq)
{
    struct virtio_device device;
    unsigned int i;

    for (i = 0; i < count; i++, base += step, irq++)
    {
        /* Silent about empty slots; about anything else that is not a device it has said why. */
        if (virtio_mmio_probe(&device, base) == 0)
        {
            handler_of(device.id)((rt_ubase_t *)base, irq);
        }
    }
}
