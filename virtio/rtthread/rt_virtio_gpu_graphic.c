/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU in RT-Thread's graphic framework (RT_USING_GRAPHIC): a device a display, fb0, fb1, ...
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_GPU) && defined(RT_USING_GRAPHIC)

#include "rt_virtio_gpu_graphic.h"

#include <string.h>

#include <virtio/platform.h>

#define MAP 0x52540002 /* RT_FIOMMAP2 of DFS */

/* What the framework can make up an EDID for (it asserts that the pixel clock fits into one). */
#define EDID_WIDTH_MAX  2560u
#define EDID_HEIGHT_MAX 1600u

/* --- Device --- */

static rt_err_t switch_power(struct rt_graphic_device *gdev, rt_uint32_t dpms)
{
    struct rt_virtio_gpu_graphic *graphic = (struct rt_virtio_gpu_graphic *)gdev;
    rt_base_t level;

    if (graphic->primary->framebuffer == RT_NULL)
    {
        return RT_EOK; /* nothing of it is shown anyway */
    }
    level = rt_virtio_lock(&graphic->screen->gpu->lock);
    graphic->on = dpms == RT_GRAPHIC_DPMS_ON;
    rt_virtio_unlock(&graphic->screen->gpu->lock, level);
    rt_virtio_gpu_defer(graphic, RT_VIRTIO_GPU_DUE_POWER);
    return RT_EOK;
}

static rt_err_t get_status(struct rt_graphic_device *gdev, rt_uint32_t *status)
{
    struct rt_virtio_gpu_screen *screen = ((struct rt_virtio_gpu_graphic *)gdev)->screen;

    *status = screen->picture != RT_NULL && !screen->dark && !screen->gpu->dead;
    return RT_EOK;
}

static rt_err_t wait_vsync(struct rt_graphic_device *gdev)
{
    return rt_virtio_gpu_wait_until_done((struct rt_virtio_gpu_graphic *)gdev);
}

/* What the framework does not know: what is known of a display; mmap(), which allocates and may wait. */
static rt_err_t control(struct rt_graphic_device *gdev, int command, void *args)
{
    struct rt_virtio_gpu_graphic *graphic = (struct rt_virtio_gpu_graphic *)gdev;
    rt_err_t result;

    switch (command)
    {
    case RT_VIRTIO_GPU_CTRL_GET_DISPLAY:
        return rt_device_control(&graphic->screen->parent, command, args);
    case MAP:
        rt_hw_spin_unlock(&gdev->lock.lock);
        result = graphic->primary->framebuffer != RT_NULL ? rt_virtio_gpu_map(graphic->screen, args) : -RT_EINVAL;
        rt_hw_spin_lock(&gdev->lock.lock);
        return result;
    default:
        return -RT_ENOSYS;
    }
}

static const struct rt_graphic_device_ops device_ops = {
    .dpms_switch = switch_power,
    .get_status = get_status,
    .wait_vsync = wait_vsync,
    .control = control,
};

/* --- The display --- */

/* With the framework's lock, or before it is needed. */
static void describe_display(struct rt_virtio_gpu_graphic *graphic)
{
    struct rt_virtio_gpu_screen *screen = graphic->screen;
    const struct virtio_gpu_scanout *scanout = &screen->gpu->engine.scanouts[screen->scanout];
    struct rt_graphic_plane *plane = graphic->primary;
    rt_base_t level = rt_virtio_lock(&screen->gpu->lock);
    struct virtio_gpu_edid edid = scanout->edid;
    rt_uint32_t width = scanout->width != 0 ? scanout->width : VIRTIO_GPU_DEFAULT_WIDTH;
    rt_uint32_t height = scanout->height != 0 ? scanout->height : VIRTIO_GPU_DEFAULT_HEIGHT;

    rt_virtio_unlock(&screen->gpu->lock, level);
    memset(&graphic->parent.edid, 0, sizeof(graphic->parent.edid));
    if (edid.valid)
    {
        memcpy(&graphic->parent.edid, edid.block,
               sizeof(edid.block) < sizeof(graphic->parent.edid) ? sizeof(edid.block) : sizeof(graphic->parent.edid));
    }
    else if (width <= EDID_WIDTH_MAX && height <= EDID_HEIGHT_MAX)
    {
        rt_graphic_device_simple_edid(&graphic->parent, width, height, 0);
    }
    if (graphic->parent.parent.ref_count != 0)
    {
        return; /* who has it open has pointers into the picture */
    }
    rt_virtio_gpu_unpin_plane(graphic);
    plane->framebuffer = RT_NULL;
    plane->width = width;
    plane->height = height;
    plane->bits_per_pixel = plane->mode == RTGRAPHIC_PIXEL_FORMAT_RGB565 ? 16 : 32;
    plane->line_length = width * plane->bits_per_pixel / 8;
    plane->screen_len = (rt_size_t)plane->line_length * height;
    plane->framebuffer_len = plane->screen_len * RT_VIRTIO_GPU_BUFFERS;
}

void rt_virtio_gpu_graphic_changed(struct rt_virtio_gpu_screen *screen)
{
    struct rt_virtio_gpu_graphic *graphic = screen->graphic;

    if (graphic == RT_NULL)
    {
        return;
    }
    rt_graphic_device_enter(&graphic->parent);
    describe_display(graphic);
    rt_graphic_device_leave(&graphic->parent);
    /* As the framework's hot plug, which would replace the picture at once. */
    rt_atomic_store(&graphic->parent.event_notifying, RT_TRUE);
    if (graphic->parent.event_notify.notify != RT_NULL)
    {
        graphic->parent.event_notify.notify(graphic->parent.event_notify.dev);
    }
    rt_atomic_store(&graphic->parent.event_notifying, RT_FALSE);
}

/* --- Set-up --- */

static rt_err_t register_screen(struct rt_virtio_gpu_screen *screen)
{
    struct rt_virtio_gpu_graphic *graphic = rt_calloc(1, sizeof(*graphic));
    rt_err_t result;

    if (graphic == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    graphic->screen = screen;
    graphic->parent.ops = &device_ops;
    result = rt_virtio_gpu_add_planes(graphic);
    if (result != RT_EOK)
    {
        rt_free(graphic);
        return result;
    }
    describe_display(graphic);
    screen->graphic = graphic; /* the framework may draw a logo at once */
    result = rt_graphic_device_register(&graphic->parent);
    if (result != RT_EOK)
    {
        screen->graphic = RT_NULL;
        rt_virtio_gpu_unpin_plane(graphic);
        rt_graphic_device_free_plane(graphic->primary);
        rt_graphic_device_free_plane(graphic->cursor);
        rt_free(graphic);
        return result;
    }
    graphic->registered = RT_TRUE;
    return RT_EOK;
}

/* Until all is known of the displays; if the device does not answer, sizes are guessed and EDIDs made up. */
static void wait_for_descriptions(struct rt_virtio_gpu *gpu)
{
    rt_uint64_t begin = virtio_platform_clock_us();
    rt_bool_t known = rt_virtio_gpu_wait_for_displays(gpu) != 0;
    rt_base_t level;

    while (!known && virtio_platform_clock_us() - begin < (rt_uint64_t)RT_VIRTIO_GPU_TIMEOUT_MS * 1000u)
    {
        level = rt_virtio_lock(&gpu->lock);
        known = !gpu->engine.asked && !gpu->engine.info_busy && gpu->engine.edid_wanted == 0;
        rt_virtio_unlock(&gpu->lock, level);
        if (!known && rt_virtio_may_sleep())
        {
            rt_thread_mdelay(1);
        }
        else if (!known)
        {
            rt_virtio_gpu_drain(gpu, RT_FALSE);
        }
    }
}

void rt_virtio_gpu_graphic_register(struct rt_virtio_gpu *gpu)
{
    rt_err_t result = rt_virtio_gpu_defer_start();
    rt_uint16_t i;

    wait_for_descriptions(gpu);
    for (i = 0; i < gpu->screen_count && result == RT_EOK; i++)
    {
        result = register_screen(&gpu->screens[i]);
    }
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: not in the graphic framework, error %d\n", gpu->device.name, (int)result);
    }
}

rt_err_t rt_virtio_gpu_graphic_unregister(struct rt_virtio_gpu *gpu)
{
    struct rt_virtio_gpu_graphic *graphic;
    rt_uint16_t i;

    for (i = 0; i < gpu->screen_count; i++)
    {
        graphic = gpu->screens[i].graphic;
        if (graphic != RT_NULL &&
            (graphic->parent.parent.ref_count != 0 || gpu->screens[i].pins > (graphic->pinned ? 1u : 0u)))
        {
            return -RT_EBUSY;
        }
    }
    for (i = 0; i < gpu->screen_count; i++)
    {
        graphic = gpu->screens[i].graphic;
        if (graphic == RT_NULL)
        {
            continue;
        }
        rt_virtio_hold_list();
        gpu->screens[i].graphic = RT_NULL;
        rt_virtio_release_list();
        while (graphic->served)
        {
            rt_thread_mdelay(1); /* what it does has time limits */
        }
        graphic->registered = RT_FALSE;
        rt_virtio_gpu_unpin_plane(graphic);
        graphic->primary->framebuffer = RT_NULL; /* nothing is to be asked for any more */
        rt_graphic_device_unregister(&graphic->parent);
        rt_free(graphic);
    }
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_GPU && RT_USING_GRAPHIC */
