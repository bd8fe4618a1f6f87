/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU in RT-Thread's graphic framework: the primary plane, whose framebuffer is the picture of the screen, pinned from
 * the first open on; and the cursor plane.
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_GPU) && defined(RT_USING_GRAPHIC)

#include "rt_virtio_gpu_graphic.h"

/* The framework numbers the bits of a pixel, so its ARGB888 is B G R A in memory. */
static const rt_uint32_t modes[] = {
    RTGRAPHIC_PIXEL_FORMAT_ARGB888,
    RTGRAPHIC_PIXEL_FORMAT_ABGR888,
    RTGRAPHIC_PIXEL_FORMAT_RGB565,
};
static const rt_uint32_t cursor_modes[] = {RTGRAPHIC_PIXEL_FORMAT_ARGB888};

static struct rt_virtio_gpu_graphic *graphic_of(const struct rt_graphic_plane *plane)
{
    return (struct rt_virtio_gpu_graphic *)plane->graphic;
}

/* What <virtio_gpu.h> calls a mode of the framework's. */
static int format_of(rt_uint32_t mode)
{
    switch (mode)
    {
    case RTGRAPHIC_PIXEL_FORMAT_ABGR888:
        return RTGRAPHIC_PIXEL_FORMAT_RGB888;
    case RTGRAPHIC_PIXEL_FORMAT_RGB565:
        return RTGRAPHIC_PIXEL_FORMAT_RGB565;
    default:
        return RTGRAPHIC_PIXEL_FORMAT_BGR888;
    }
}

/* --- Primary plane --- */

/* The plane is what the screen has. */
static void take_over(struct rt_virtio_gpu_graphic *graphic, struct rt_graphic_plane *plane)
{
    struct rt_virtio_gpu_picture *picture = rt_virtio_gpu_get(graphic->screen, RT_NULL);

    if (picture == RT_NULL)
    {
        plane->framebuffer = RT_NULL;
        return;
    }
    plane->line_length = picture->width * picture->pixel_bytes;
    plane->bits_per_pixel = picture->pixel_bytes * 8;
    plane->screen_len = (rt_size_t)plane->line_length * picture->height;
    plane->framebuffer_len = picture->bytes;
    plane->framebuffer = picture->pixels;
    rt_virtio_gpu_put(graphic->screen, picture);
}

static rt_err_t pin(struct rt_virtio_gpu_graphic *graphic, struct rt_graphic_plane *plane, rt_uint32_t mode,
                    rt_uint32_t width, rt_uint32_t height)
{
    rt_err_t result = rt_virtio_gpu_pin(graphic->screen, format_of(mode), width, height);

    if (result == RT_EOK)
    {
        graphic->pinned = RT_TRUE;
        take_over(graphic, plane);
    }
    return result;
}

void rt_virtio_gpu_unpin_plane(struct rt_virtio_gpu_graphic *graphic)
{
    if (graphic->pinned)
    {
        rt_virtio_gpu_unpin(graphic->screen);
        graphic->pinned = RT_FALSE;
    }
}

static rt_err_t primary_update(struct rt_graphic_plane *plane, struct rt_device_rect_info *rect)
{
    if (plane->framebuffer == RT_NULL)
    {
        return -RT_EINVAL; /* nobody has opened it */
    }
    rt_virtio_gpu_damage(graphic_of(plane), rect);
    rt_virtio_gpu_defer(graphic_of(plane), 0);
    return RT_EOK;
}

/*
 * Another format. This one has to wait and to allocate, so it does without the framework's lock, which it is called
 * with. If it fails things are as before.
 */
static rt_err_t primary_remap(struct rt_graphic_plane *plane, rt_uint32_t mode, struct rt_device_rect_info *rect)
{
    struct rt_virtio_gpu_graphic *graphic = graphic_of(plane);
    rt_uint32_t width = rect->width;
    rt_uint32_t height = rect->height;
    rt_bool_t locked = graphic->registered;
    rt_err_t result;

    if (locked)
    {
        rt_hw_spin_unlock(&graphic->parent.lock.lock);
    }
    rt_virtio_gpu_unpin_plane(graphic);
    result = pin(graphic, plane, mode, width, height);
    if (result != RT_EOK && rt_virtio_gpu_pin(graphic->screen, 0, 0, 0) == RT_EOK)
    {
        graphic->pinned = RT_TRUE;
        take_over(graphic, plane);
    }
    if (locked)
    {
        rt_hw_spin_lock(&graphic->parent.lock.lock);
    }
    return result;
}

/* From open, without the lock, and then the first time to make the frame buffer; or with the lock, for another part. */
static rt_err_t primary_pan(struct rt_graphic_plane *plane, struct rt_device_rect_info *rect)
{
    struct rt_virtio_gpu_graphic *graphic = graphic_of(plane);
    rt_err_t result;
    rt_base_t level;

    if (plane->framebuffer == RT_NULL)
    {
        result = pin(graphic, plane, plane->mode, plane->width, plane->height);
        if (result != RT_EOK)
        {
            return result;
        }
    }
    if (rect->x != 0 || rect->width != plane->width || rect->height != plane->height || rect->y % plane->height != 0 ||
        rect->y / plane->height >= RT_VIRTIO_GPU_BUFFERS)
    {
        return -RT_EINVAL;
    }
    level = rt_virtio_lock(&graphic->screen->gpu->lock);
    graphic->buffer = rect->y / plane->height;
    rt_virtio_unlock(&graphic->screen->gpu->lock, level);
    rt_virtio_gpu_defer(graphic, RT_VIRTIO_GPU_DUE_PAN);
    return RT_EOK;
}

/* Before a remap, for which the picture has to stay; or for good. */
static rt_err_t primary_cleanup(struct rt_graphic_plane *plane)
{
    if (!graphic_of(plane)->registered)
    {
        rt_virtio_gpu_unpin_plane(graphic_of(plane));
        plane->framebuffer = RT_NULL;
    }
    return RT_EOK;
}

/* There is one plane, upright, through which nothing is seen. */
static rt_err_t set_property(struct rt_graphic_plane *plane, enum rt_graphic_plane_prop property, void *value)
{
    rt_ubase_t wanted = (rt_ubase_t)value;

    (void)plane;
    switch (property)
    {
    case RT_GRAPHIC_PLANE_PROP_Z:
    case RT_GRAPHIC_PLANE_PROP_ROTATE:
        return wanted == 0 ? RT_EOK : -RT_ENOSYS;
    case RT_GRAPHIC_PLANE_PROP_ALPHA:
        return wanted == 100 ? RT_EOK : -RT_ENOSYS;
    default:
        return -RT_EINVAL;
    }
}

static const struct rt_graphic_plane_ops primary_ops = {
    .update = primary_update,
    .fb_remap = primary_remap,
    .fb_pan_display = primary_pan,
    .fb_cleanup = primary_cleanup,
    .prop_set = set_property,
};

/* --- Cursor plane: its framebuffer is the image, of which the device gets a copy --- */

static rt_err_t cursor_update(struct rt_graphic_plane *plane, struct rt_device_rect_info *rect)
{
    struct rt_virtio_gpu_graphic *graphic = graphic_of(plane);
    rt_uint32_t position[2] = {plane->x, plane->y};

    if (graphic->primary->framebuffer == RT_NULL)
    {
        return -RT_EINVAL;
    }
    if (rect->width != 0 || rect->height != 0)
    {
        rt_virtio_gpu_defer(graphic, RT_VIRTIO_GPU_DUE_IMAGE);
        return RT_EOK;
    }
    /* This one never waits. Before there is an image there is nothing to move. */
    return graphic->has_cursor ? rt_virtio_gpu_move_cursor(graphic->screen, position) : RT_EOK;
}

static rt_err_t cursor_remap(struct rt_graphic_plane *plane, rt_uint32_t mode, struct rt_device_rect_info *rect)
{
    if (mode != cursor_modes[0] || rect->width != VIRTIO_GPU_CURSOR_WIDTH || rect->height != VIRTIO_GPU_CURSOR_HEIGHT)
    {
        return -RT_EINVAL;
    }
    plane->framebuffer = graphic_of(plane)->image;
    return RT_EOK;
}

static rt_err_t cursor_cleanup(struct rt_graphic_plane *plane)
{
    (void)plane; /* the image stays with the device */
    return RT_EOK;
}

static const struct rt_graphic_plane_ops cursor_ops = {
    .update = cursor_update,
    .fb_remap = cursor_remap,
    .fb_pan_display = RT_NULL,
    .fb_cleanup = cursor_cleanup,
    .prop_set = set_property,
};

/* --- Set-up --- */

static struct rt_graphic_plane *add_plane(struct rt_virtio_gpu_graphic *graphic, rt_uint8_t type)
{
    rt_bool_t primary = type == RT_GRAPHIC_PLANE_TYPE_PRIMARY;
    struct rt_graphic_plane *plane = rt_graphic_device_alloc_plane(
        &graphic->parent, 0, primary ? &primary_ops : &cursor_ops, primary ? modes : cursor_modes,
        primary ? RT_ARRAY_SIZE(modes) : RT_ARRAY_SIZE(cursor_modes), type);

    if (plane != RT_NULL)
    {
        plane->mode = RTGRAPHIC_PIXEL_FORMAT_ARGB888;
        plane->alpha = 100;
        if (rt_graphic_device_add_plane(&graphic->parent, plane) != RT_EOK)
        {
            rt_graphic_device_free_plane(plane);
            plane = RT_NULL;
        }
    }
    return plane;
}

/* All of it is there from the start, so that the framework has nothing to ask for. */
static void set_up_cursor(struct rt_virtio_gpu_graphic *graphic)
{
    struct rt_graphic_plane *plane = graphic->cursor;

    plane->width = VIRTIO_GPU_CURSOR_WIDTH;
    plane->height = VIRTIO_GPU_CURSOR_HEIGHT;
    plane->bits_per_pixel = 32;
    plane->line_length = VIRTIO_GPU_CURSOR_WIDTH * 4;
    plane->screen_len = VIRTIO_GPU_CURSOR_IMG_SIZE;
    plane->framebuffer_len = VIRTIO_GPU_CURSOR_IMG_SIZE;
    plane->framebuffer = graphic->image;
}

rt_err_t rt_virtio_gpu_add_planes(struct rt_virtio_gpu_graphic *graphic)
{
    graphic->primary = add_plane(graphic, RT_GRAPHIC_PLANE_TYPE_PRIMARY);
    graphic->cursor = add_plane(graphic, RT_GRAPHIC_PLANE_TYPE_CURSOR);
    if (graphic->primary == RT_NULL || graphic->cursor == RT_NULL)
    {
        rt_graphic_device_free_plane(graphic->primary);
        rt_graphic_device_free_plane(graphic->cursor);
        return -RT_ENOMEM;
    }
    set_up_cursor(graphic);
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_GPU && RT_USING_GRAPHIC */
