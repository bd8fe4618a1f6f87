/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From MMIO windows to drivers, for board code that has a row of them.
 */
#include "rt_virtio.h"

#include <virtio.h>
#include <virtio/transport.h>

#ifdef RT_USING_VIRTIO_BLK
#include <virtio_blk.h>
#endif

#ifdef RT_USING_VIRTIO_NET
#include <virtio_net.h>
#endif

#ifdef RT_USING_VIRTIO_CONSOLE
#include <virtio_console.h>
#endif

#ifdef RT_USING_VIRTIO_INPUT
#include <virtio_input.h>
#endif

#ifdef RT_USING_VIRTIO_GPU
#include <virtio_gpu.h>
#endif

#include "rt_virtio_compat.h"

__attribute__((weak)) const struct rt_virtio_windows rt_virtio_windows = {0, 0, 0, 0};

/* The class that drives a type of device; those without one are listed and left alone. */
static virtio_device_init_handler handler_of(rt_uint32_t id)
{
    switch (id)
    {
#ifdef RT_USING_VIRTIO_BLK
    case VIRTIO_ID_BLOCK:
        return rt_virtio_blk_init;
#endif
#ifdef RT_USING_VIRTIO_NET
    case VIRTIO_ID_NET:
        return rt_virtio_net_init;
#endif
#ifdef RT_USING_VIRTIO_CONSOLE
    case VIRTIO_ID_CONSOLE:
        return rt_virtio_console_init;
#endif
#ifdef RT_USING_VIRTIO_INPUT
    case VIRTIO_ID_INPUT:
        return rt_virtio_input_init;
#endif
#ifdef RT_USING_VIRTIO_GPU
    case VIRTIO_ID_GPU:
        return rt_virtio_gpu_init;
#endif
    default:
        return rt_virtio_unclaimed_init;
    }
}

rt_err_t rt_virtio_init_window(rt_ubase_t base, rt_uint32_t irq)
{
    struct virtio_device device;
    int error = virtio_mmio_probe(&device, base);

    /* Silent about empty slots; about anything else that is not a device it has said why. */
    if (error != 0)
    {
        return error == -VIRTIO_ENODEV ? -RT_EEMPTY : -RT_ERROR;
    }
    return handler_of(device.id)((rt_ubase_t *)base, irq);
}

rt_err_t rt_virtio_scan(rt_ubase_t physical, rt_size_t step, unsigned int count, rt_uint32_t irq)
{
    rt_ubase_t base = rt_virtio_map(physical, step * count);
    unsigned int i;

    if (base == 0)
    {
        rt_kprintf("virtio: cannot map the windows at 0x%lx\n", (unsigned long)physical);
        return -RT_ENOMEM;
    }
    for (i = 0; i < count; i++, base += step, irq++)
    {
        rt_virtio_init_window(base, irq);
    }
    return RT_EOK;
}
