/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU in RT-Thread: the frame buffer and the cursor, what is shown of them, and how they are changed.
 *
 * One at a time changes those of a screen (`changing`). Whoever looks at a frame buffer's memory, or waits for an
 * update of it, is counted in `users`, and it is not freed before they have left.
 */
#include "rt_virtio_gpu.h"

#include <string.h>

#include <virtio/platform.h>

#ifdef RT_USING_VIRTIO_GPU

#define TIMEOUT_US ((rt_uint64_t)RT_VIRTIO_GPU_TIMEOUT_MS * 1000u)
#define PAGE_BYTES 4096u

/* struct rt_device_graphic_info has 16 bits for the bytes of a line. */
#define WIDTH_MAX      (65535u / VIRTIO_GPU_PIXEL_BYTES)

#define DEFAULT_FORMAT RT_VIRTIO_FORMAT_BGR888

static const struct
{
    rt_uint8_t format; /* RTGRAPHIC_PIXEL_FORMAT_... */
    rt_uint32_t picture, cursor;
} formats[] = {
    {RTGRAPHIC_PIXEL_FORMAT_RGB565, VIRTIO_GPU_FORMAT_B8G8R8X8, VIRTIO_GPU_FORMAT_B8G8R8A8}, /* converted */
    {RTGRAPHIC_PIXEL_FORMAT_RGB888, VIRTIO_GPU_FORMAT_R8G8B8X8, VIRTIO_GPU_FORMAT_R8G8B8A8},
    {RT_VIRTIO_FORMAT_BGR888, VIRTIO_GPU_FORMAT_B8G8R8X8, VIRTIO_GPU_FORMAT_B8G8R8A8},
    {RTGRAPHIC_PIXEL_FORMAT_ARGB888, VIRTIO_GPU_FORMAT_A8R8G8B8, VIRTIO_GPU_FORMAT_A8R8G8B8},
    {RTGRAPHIC_PIXEL_FORMAT_ABGR888, VIRTIO_GPU_FORMAT_A8B8G8R8, VIRTIO_GPU_FORMAT_A8B8G8R8},
};

/* The device's format, or 0. */
static rt_uint32_t format_of(int format, rt_bool_t cursor)
{
    unsigned int i;

    for (i = 0; i < RT_ARRAY_SIZE(formats); i++)
    {
        if (formats[i].format == format)
        {
            return cursor ? formats[i].cursor : formats[i].picture;
        }
    }
    return 0;
}

/* --- Who may --- */

static void pause_a_moment(struct rt_virtio_gpu *gpu)
{
    if (rt_virtio_may_sleep())
    {
        rt_thread_mdelay(1);
        return;
    }
    rt_virtio_gpu_drain(gpu, RT_FALSE);
    virtio_platform_relax();
}

/* Change things alone. unclaim() is owed after success. */
static rt_err_t claim(struct rt_virtio_gpu_screen *screen)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_bool_t mine;
    rt_base_t level;

    for (;;)
    {
        level = rt_virtio_lock(&gpu->lock);
        mine = !screen->changing;
        screen->changing = RT_TRUE;
        rt_virtio_unlock(&gpu->lock, level);
        if (mine)
        {
            return RT_EOK;
        }
        if (!rt_virtio_may_sleep())
        {
            return -RT_EBUSY; /* on one CPU, whoever has it would not go on */
        }
        rt_thread_mdelay(1); /* it has time limits itself */
    }
}

static void unclaim(struct rt_virtio_gpu_screen *screen)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_base_t level = rt_virtio_lock(&gpu->lock);

    screen->changing = RT_FALSE;
    screen->placed = screen->picture != RT_NULL;
    rt_virtio_unlock(&gpu->lock, level);
}

struct rt_virtio_gpu_picture *rt_virtio_gpu_get(struct rt_virtio_gpu_screen *screen, rt_uint32_t *buffer)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    struct rt_virtio_gpu_picture *picture = screen->picture;

    if (picture != RT_NULL)
    {
        picture->users++;
    }
    if (buffer != RT_NULL)
    {
        *buffer = screen->buffer;
    }
    rt_virtio_unlock(&gpu->lock, level);
    return picture;
}

void rt_virtio_gpu_put(struct rt_virtio_gpu_screen *screen, struct rt_virtio_gpu_picture *picture)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_base_t level = rt_virtio_lock(&gpu->lock);

    picture->users--;
    rt_virtio_unlock(&gpu->lock, level);
}

/* Nobody can come any more; wait until those who are there have left. */
static rt_bool_t left(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_picture *picture)
{
    rt_uint64_t begin = virtio_platform_clock_us();

    while (*(volatile rt_uint32_t *)&picture->users != 0)
    {
        /* Updates have a time limit, and a reset after that. */
        if (virtio_platform_clock_us() - begin > 2 * TIMEOUT_US)
        {
            return RT_FALSE;
        }
        pause_a_moment(gpu);
    }
    return RT_TRUE;
}

/* --- Making and discarding. By who has the claim --- */

static void set_io(struct rt_virtio_gpu_io *io, enum rt_virtio_gpu_kind kind, struct rt_virtio_gpu_picture *picture,
                   rt_uint32_t buffer)
{
    io->kind = kind;
    io->resource = picture != RT_NULL ? &picture->resource : RT_NULL;
    io->rect.x = 0;
    io->rect.y = picture != RT_NULL ? buffer * picture->height : 0;
    io->rect.width = picture != RT_NULL ? picture->width : 0;
    io->rect.height = picture != RT_NULL ? picture->height : 0;
}

/* Take a picture off the device, and free it. What the device keeps stays its own. */
static void discard(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_picture *picture)
{
    struct rt_virtio_gpu_io io;
    rt_bool_t unused;

    if (picture == RT_NULL)
    {
        return;
    }
    unused = left(gpu, picture);
    if (picture->resource.state != VIRTIO_GPU_IDLE)
    {
        set_io(&io, RT_VIRTIO_GPU_DESTROY, picture, 0);
        (void)rt_virtio_gpu_run(gpu, &io, 1);
    }
    if (!unused || virtio_gpu_resource_release(&picture->resource) != 0)
    {
        rt_kprintf("virtio: %s: the device does not give %lu bytes of a frame buffer back; they are lost\n",
                   gpu->device.name, (unsigned long)picture->piece.length);
        return;
    }
    if (picture->pixels != picture->memory && !picture->borrowed_pixels)
    {
        rt_free(picture->pixels);
    }
    if (!picture->borrowed)
    {
        virtio_platform_dma_free(picture->memory, picture->piece.length);
    }
    rt_free(picture);
}

/* Whether the device may show a frame buffer's memory itself, for which it need not be told to copy it. */
static rt_bool_t has_blobs(const struct rt_virtio_gpu *gpu)
{
    return !gpu->no_blobs && virtio_device_has(&gpu->device.core, VIRTIO_GPU_F_RESOURCE_BLOB);
}

/* Something failed with a picture: if it is a blob, and the device did answer, then no other will be one. */
static void blame_blob(struct rt_virtio_gpu *gpu, const struct rt_virtio_gpu_picture *picture, int error)
{
    if (picture->resource.blob && error != -VIRTIO_ETIMEDOUT && !gpu->dead)
    {
        rt_virtio_gpu_no_blobs(gpu, error);
    }
}

/*
 * A picture that the device has, in new memory, which is black and transparent, or in that of another one. The shape
 * has format, sides (of all buffers) and whether it is a blob.
 */
static int create(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_picture *memory_of,
                  const struct virtio_gpu_resource *shape, rt_uint32_t buffers, struct rt_virtio_gpu_picture **made)
{
    struct rt_virtio_gpu_picture *picture = rt_calloc(1, sizeof(*picture));
    rt_uint64_t bytes = (rt_uint64_t)shape->width * shape->height * VIRTIO_GPU_PIXEL_BYTES;
    struct rt_virtio_gpu_io io;
    int error;

    if (picture == RT_NULL || bytes > 0x7fffffffu)
    {
        rt_free(picture);
        return -VIRTIO_ENOMEM;
    }
    picture->width = shape->width;
    picture->height = shape->height / buffers;
    picture->resource = *shape;
    picture->resource.backing = &picture->piece;
    picture->resource.backing_count = 1;
    if (memory_of != RT_NULL)
    {
        picture->piece = memory_of->piece;
        picture->memory = memory_of->memory;
        picture->borrowed = RT_TRUE;
    }
    else
    {
        /* Whole pages: that is what blobs are made of, and what is in them besides is nobody else's. */
        picture->piece.length = ((rt_uint32_t)bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        picture->memory = virtio_platform_dma_alloc(picture->piece.length, PAGE_BYTES, &picture->piece.address);
        if (picture->memory == RT_NULL)
        {
            rt_free(picture);
            return -VIRTIO_ENOMEM;
        }
    }
    picture->pixel_bytes = VIRTIO_GPU_PIXEL_BYTES;
    picture->pixels = picture->memory;
    picture->bytes = (rt_size_t)bytes;
    error = virtio_gpu_resource_prepare(&gpu->engine, &picture->resource);
    if (error == 0)
    {
        set_io(&io, RT_VIRTIO_GPU_CREATE, picture, 0);
        error = rt_virtio_gpu_run(gpu, &io, 1);
        if (error != 0)
        {
            blame_blob(gpu, picture, error);
        }
    }
    if (error != 0)
    {
        discard(gpu, picture);
        return error;
    }
    *made = picture;
    return 0;
}

int rt_virtio_gpu_wait_for_displays(struct rt_virtio_gpu *gpu)
{
    rt_uint64_t begin = virtio_platform_clock_us();

    while (*(volatile int *)&gpu->engine.info_result == -VIRTIO_EAGAIN && !gpu->dead)
    {
        if (virtio_platform_clock_us() - begin > TIMEOUT_US)
        {
            rt_virtio_post(&gpu->device, RT_VIRTIO_EVENT_SILENT);
            return -VIRTIO_ETIMEDOUT;
        }
        pause_a_moment(gpu);
    }
    return gpu->dead ? -VIRTIO_EIO : 0;
}

/*
 * A display, for a screen that has none. Of each but the first it is the one of its number, and false if the first
 * screen has taken that; of the first, the first one that is there and nobody's.
 */
static rt_bool_t take_display(struct rt_virtio_gpu_screen *screen)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    struct rt_virtio_gpu_screen *screens = gpu->screens;
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    rt_uint16_t i;

    if (screen == screens)
    {
        screen->scanout = 0;
        for (i = gpu->engine.scanout_count; i > 0; i--)
        {
            if (gpu->engine.scanouts[i - 1].enabled && !screens[i - 1].placed)
            {
                screen->scanout = (rt_uint16_t)(i - 1);
            }
        }
    }
    screen->placed = screen == screens || !screens->placed || screens->scanout != screen->scanout;
    rt_virtio_unlock(&gpu->lock, level);
    return screen->placed;
}

static int show(struct rt_virtio_gpu_screen *screen, struct rt_virtio_gpu_picture *picture, rt_uint32_t buffer)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    /* The pixels first, so that nothing else is seen. A blob has them, and its update is what makes them be seen. */
    unsigned int update_at = picture->resource.blob ? 1 : 0;
    struct rt_virtio_gpu_io ios[2];
    int error;

    set_io(&ios[update_at], RT_VIRTIO_GPU_UPDATE, picture, buffer);
    rt_virtio_gpu_convert(picture, &ios[update_at].rect);
    set_io(&ios[1 - update_at], RT_VIRTIO_GPU_SHOW, picture, buffer);
    ios[1 - update_at].scanout = screen->scanout;
    error = rt_virtio_gpu_run(gpu, ios, 2);
    if (error != 0)
    {
        blame_blob(gpu, picture, error);
    }
    return error;
}

/* Replace the picture. If that fails, the old one is back. */
static int replace(struct rt_virtio_gpu_screen *screen, int format, rt_uint32_t width, rt_uint32_t height)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    struct rt_virtio_gpu_picture *old = screen->picture;
    rt_bool_t same_size = old != RT_NULL && old->width == width && old->height == height;
    rt_uint32_t buffer = same_size ? screen->buffer : 0;
    struct virtio_gpu_resource shape = {0};
    struct rt_virtio_gpu_picture *new = RT_NULL;
    rt_base_t level;
    int error;

    shape.format = format_of(format, RT_FALSE);
    shape.width = width;
    shape.height = height * RT_VIRTIO_GPU_BUFFERS;
    shape.blob = has_blobs(gpu);
    error = create(gpu, same_size ? old : RT_NULL, &shape, RT_VIRTIO_GPU_BUFFERS, &new);
    if (error != 0)
    {
        return error;
    }
    new->format = (rt_uint8_t)format;
    error = format == RTGRAPHIC_PIXEL_FORMAT_RGB565 ? rt_virtio_gpu_use_16_bits(new, same_size ? old : RT_NULL) : 0;
    if (error == 0 && !screen->dark)
    {
        error = show(screen, new, buffer);
    }
    if (error != 0)
    {
        if (old != RT_NULL && !screen->dark)
        {
            (void)show(screen, old, screen->buffer);
        }
        discard(gpu, new);
        return error;
    }
    level = rt_virtio_lock(&gpu->lock);
    screen->picture = new;
    screen->buffer = buffer;
    rt_virtio_unlock(&gpu->lock, level);
    if (same_size)
    {
        new->borrowed = RT_FALSE;
        old->borrowed = RT_TRUE;
        old->borrowed_pixels = new->borrowed_pixels;
        new->borrowed_pixels = RT_FALSE;
    }
    discard(gpu, old);
    return 0;
}

/* The same, and if the device turns out not to take blobs, without one. */
static int replace_somehow(struct rt_virtio_gpu_screen *screen, int format, rt_uint32_t width, rt_uint32_t height)
{
    rt_bool_t had_blobs = has_blobs(screen->gpu);
    int error = replace(screen, format, width, height);

    return error != 0 && had_blobs && !has_blobs(screen->gpu) ? replace(screen, format, width, height) : error;
}

/* A blob that the device has refused since, in one state or another. */
static rt_bool_t is_refused(const struct rt_virtio_gpu *gpu, const struct rt_virtio_gpu_picture *picture)
{
    return picture->resource.blob && gpu->no_blobs;
}

static rt_err_t make(struct rt_virtio_gpu_screen *screen, int format, rt_uint32_t width, rt_uint32_t height)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    struct rt_virtio_gpu_picture *old = screen->picture;
    const struct virtio_gpu_scanout *display;
    int error = rt_virtio_gpu_wait_for_displays(gpu);

    if (error != 0)
    {
        return rt_virtio_error(error);
    }
    if (old == RT_NULL && !take_display(screen))
    {
        return -RT_EBUSY;
    }
    display = &gpu->engine.scanouts[screen->scanout];
    if (width == 0)
    {
        width = old != RT_NULL ? old->width : display->width != 0 ? display->width : VIRTIO_GPU_DEFAULT_WIDTH;
        height = old != RT_NULL ? old->height : display->height != 0 ? display->height : VIRTIO_GPU_DEFAULT_HEIGHT;
    }
    if (format == 0)
    {
        format = old != RT_NULL ? old->format : DEFAULT_FORMAT;
    }
    if (format_of(format, RT_FALSE) == 0)
    {
        return -RT_ENOSYS;
    }
    if (width > WIDTH_MAX || height == 0 || height > VIRTIO_GPU_SIDE_MAX / RT_VIRTIO_GPU_BUFFERS)
    {
        return -RT_EINVAL;
    }
    if (old != RT_NULL && old->width == width && old->height == height && old->format == format &&
        old->resource.state == VIRTIO_GPU_LIVE && !is_refused(gpu, old))
    {
        return RT_EOK;
    }
    if (old != RT_NULL && screen->pins != 0 &&
        (old->width != width || old->height != height ||
         (old->format == RTGRAPHIC_PIXEL_FORMAT_RGB565) != (format == RTGRAPHIC_PIXEL_FORMAT_RGB565)))
    {
        return -RT_EBUSY; /* there would be other memory then */
    }
    return rt_virtio_error(replace_somehow(screen, format, width, height));
}

/* --- What the user asks for --- */

rt_err_t rt_virtio_gpu_make(struct rt_virtio_gpu_screen *screen, int format, rt_uint32_t width, rt_uint32_t height)
{
    rt_err_t result = claim(screen);

    if (result == RT_EOK)
    {
        result = make(screen, format, width, height);
        unclaim(screen);
    }
    return result;
}

rt_err_t rt_virtio_gpu_pin(struct rt_virtio_gpu_screen *screen, int format, rt_uint32_t width, rt_uint32_t height)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_err_t result = claim(screen);
    rt_base_t level;

    if (result != RT_EOK)
    {
        return result;
    }
    result = make(screen, format, width, height);
    if (result == RT_EOK)
    {
        level = rt_virtio_lock(&gpu->lock);
        screen->pins++;
        rt_virtio_unlock(&gpu->lock, level);
    }
    unclaim(screen);
    return result;
}

void rt_virtio_gpu_unpin(struct rt_virtio_gpu_screen *screen)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_base_t level = rt_virtio_lock(&gpu->lock);

    screen->pins--;
    rt_virtio_unlock(&gpu->lock, level);
}

/* The picture, made if need be, for an update. rt_virtio_gpu_put() is owed after success. */
static rt_err_t get_or_make(struct rt_virtio_gpu_screen *screen, struct rt_virtio_gpu_picture **picture,
                            rt_uint32_t *buffer)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    rt_bool_t good = screen->picture != RT_NULL && !is_refused(gpu, screen->picture);
    rt_err_t result = RT_EOK;

    rt_virtio_unlock(&gpu->lock, level);
    if (!good)
    {
        result = rt_virtio_gpu_make(screen, 0, 0, 0);
    }
    *picture = result == RT_EOK ? rt_virtio_gpu_get(screen, buffer) : RT_NULL;
    return result;
}

rt_err_t rt_virtio_gpu_update(struct rt_virtio_gpu_screen *screen, const struct rt_device_rect_info *rect)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    struct rt_virtio_gpu_picture *picture;
    struct rt_virtio_gpu_io io;
    rt_uint32_t buffer;
    rt_err_t result = get_or_make(screen, &picture, &buffer);
    rt_bool_t anything = RT_TRUE;

    if (result != RT_EOK)
    {
        return result;
    }
    set_io(&io, RT_VIRTIO_GPU_UPDATE, picture, buffer);
    if (rect != RT_NULL)
    {
        anything = rect->x < picture->width && rect->y < picture->height && rect->width > 0 && rect->height > 0;
    }
    if (rect != RT_NULL && anything)
    {
        io.rect.x = rect->x;
        io.rect.y += rect->y;
        io.rect.width = rect->width < picture->width - rect->x ? rect->width : picture->width - rect->x;
        io.rect.height = rect->height < picture->height - rect->y ? rect->height : picture->height - rect->y;
    }
    if (anything)
    {
        rt_virtio_gpu_convert(picture, &io.rect);
        result = rt_virtio_error(rt_virtio_gpu_run(gpu, &io, 1));
    }
    rt_virtio_gpu_put(screen, picture);
    return result;
}

rt_err_t rt_virtio_gpu_wait(struct rt_virtio_gpu_screen *screen)
{
    static const struct rt_device_rect_info one = {0, 0, 1, 1};

    /* Its answer comes behind those of all before. */
    return rt_virtio_gpu_update(screen, &one);
}

/* Show what there is, or another buffer of it. */
static rt_err_t show_again(struct rt_virtio_gpu_screen *screen, rt_uint32_t buffer)
{
    int error = show(screen, screen->picture, buffer);
    rt_err_t result = rt_virtio_error(error);

    if (error != 0 && is_refused(screen->gpu, screen->picture))
    {
        result = make(screen, 0, 0, 0);
        result = result == RT_EOK ? rt_virtio_error(show(screen, screen->picture, buffer)) : result;
    }
    return result;
}

rt_err_t rt_virtio_gpu_pan(struct rt_virtio_gpu_screen *screen, rt_uint32_t buffer)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_err_t result = buffer < RT_VIRTIO_GPU_BUFFERS ? claim(screen) : -RT_EINVAL;
    rt_base_t level;

    if (result != RT_EOK)
    {
        return result;
    }
    result = make(screen, 0, 0, 0);
    if (result == RT_EOK && !screen->dark)
    {
        result = show_again(screen, buffer);
    }
    if (result == RT_EOK)
    {
        level = rt_virtio_lock(&gpu->lock);
        screen->buffer = buffer;
        rt_virtio_unlock(&gpu->lock, level);
    }
    unclaim(screen);
    return result;
}

rt_err_t rt_virtio_gpu_power(struct rt_virtio_gpu_screen *screen, rt_bool_t on)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_err_t result = claim(screen);
    struct rt_virtio_gpu_io io;

    if (result != RT_EOK)
    {
        return result;
    }
    result = make(screen, 0, 0, 0);
    if (result == RT_EOK && on)
    {
        result = show_again(screen, screen->buffer);
    }
    else if (result == RT_EOK)
    {
        set_io(&io, RT_VIRTIO_GPU_SHOW, RT_NULL, 0);
        io.scanout = screen->scanout;
        result = rt_virtio_error(rt_virtio_gpu_run(gpu, &io, 1));
    }
    if (result == RT_EOK)
    {
        screen->dark = !on;
    }
    unclaim(screen);
    return result;
}

rt_err_t rt_virtio_gpu_set_mode(struct rt_virtio_gpu_screen *screen, const struct rt_device_rect_info *mode)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_uint32_t width = mode != RT_NULL ? mode->width : 0;
    rt_uint32_t height = mode != RT_NULL ? mode->height : 0;
    rt_err_t result;

    if (mode != RT_NULL && (width == 0 || height == 0))
    {
        return -RT_EINVAL;
    }
    result = claim(screen);
    if (result != RT_EOK)
    {
        return result;
    }
    if (mode == RT_NULL && screen->picture != RT_NULL)
    {
        width = gpu->engine.scanouts[screen->scanout].width;
        height = gpu->engine.scanouts[screen->scanout].height;
    }
    result = make(screen, 0, width, height);
    unclaim(screen);
    return result;
}

void rt_virtio_gpu_clear(struct rt_virtio_gpu_screen *screen)
{
    struct rt_virtio_gpu_picture *picture = screen->picture;
    struct rt_virtio_gpu_picture *cursor = screen->cursor;

    screen->picture = RT_NULL;
    screen->cursor = RT_NULL;
    discard(screen->gpu, picture);
    discard(screen->gpu, cursor);
}

/* --- Cursor --- */

static int set_image(struct rt_virtio_gpu_screen *screen, struct rt_virtio_gpu_picture *cursor, rt_bool_t home)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    int error;

    if (home)
    {
        (void)virtio_gpu_cursor_move(&gpu->engine, screen->scanout, 0, 0);
    }
    error = virtio_gpu_cursor_set(&gpu->engine, screen->scanout, cursor != RT_NULL ? &cursor->resource : RT_NULL, 0, 0);
    rt_virtio_gpu_leave(gpu, level);
    rt_virtio_gpu_look_after(gpu);
    return error;
}

/* A cursor in the picture's format; the device copies its image, so that it cannot be a blob. */
static int make_cursor(struct rt_virtio_gpu_screen *screen)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    struct rt_virtio_gpu_picture *old = screen->cursor;
    struct virtio_gpu_resource shape = {0};
    int error;

    if (old != RT_NULL && old->format == screen->picture->format && old->resource.state == VIRTIO_GPU_LIVE)
    {
        return 0;
    }
    if (old != RT_NULL)
    {
        screen->cursor = RT_NULL;
        (void)set_image(screen, RT_NULL, RT_FALSE);
        discard(gpu, old);
    }
    shape.format = format_of(screen->picture->format, RT_TRUE);
    shape.width = VIRTIO_GPU_CURSOR_SIDE;
    shape.height = VIRTIO_GPU_CURSOR_SIDE;
    error = create(gpu, RT_NULL, &shape, 1, &screen->cursor);
    if (error == 0)
    {
        screen->cursor->format = screen->picture->format;
    }
    return error;
}

rt_err_t rt_virtio_gpu_set_cursor(struct rt_virtio_gpu_screen *screen, const void *image, rt_bool_t setup)
{
    rt_err_t result = image != RT_NULL || setup ? claim(screen) : -RT_EINVAL;

    if (result != RT_EOK)
    {
        return result;
    }
    result = make(screen, 0, 0, 0);
    if (result == RT_EOK && image == RT_NULL)
    {
        result = rt_virtio_error(set_image(screen, RT_NULL, RT_FALSE));
    }
    else if (result == RT_EOK)
    {
        if (setup)
        {
            result = rt_virtio_error(make_cursor(screen));
        }
        if (result == RT_EOK && screen->cursor == RT_NULL)
        {
            result = -RT_EINVAL;
        }
        if (result == RT_EOK)
        {
            memcpy(screen->cursor->memory, image, VIRTIO_GPU_CURSOR_IMG_SIZE);
            result = rt_virtio_error(set_image(screen, screen->cursor, setup));
        }
    }
    unclaim(screen);
    return result;
}

rt_err_t rt_virtio_gpu_move_cursor(struct rt_virtio_gpu_screen *screen, const rt_uint32_t *position)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_base_t level;
    int error;

    if (gpu->dead)
    {
        return -RT_EIO;
    }
    if (screen->cursor == RT_NULL)
    {
        return -RT_EINVAL;
    }
    level = rt_virtio_lock(&gpu->lock);
    error = virtio_gpu_cursor_move(&gpu->engine, screen->scanout, (rt_int32_t)position[0], (rt_int32_t)position[1]);
    rt_virtio_gpu_leave(gpu, level);
    rt_virtio_gpu_look_after(gpu);
    return rt_virtio_error(error);
}

#endif /* RT_USING_VIRTIO_GPU */
