/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU in RT-Thread: pixels and lines in the frame buffer, and its bytes. None of this is shown before an update.
 */
#include "rt_virtio_gpu.h"

#include <string.h>

#ifdef RT_USING_VIRTIO_GPU

static struct rt_virtio_gpu_screen *volatile primary;

void rt_virtio_gpu_set_primary(struct rt_virtio_gpu_screen *screen, rt_bool_t if_none)
{
    if (!if_none || primary == RT_NULL)
    {
        primary = screen;
    }
}

void rt_virtio_gpu_forget_primary(const struct rt_virtio_gpu *gpu)
{
    if (primary != RT_NULL && primary->gpu == gpu)
    {
        primary = RT_NULL;
    }
}

/* Where a drawing goes: the buffer that is shown. */
struct canvas
{
    struct rt_virtio_gpu_screen *screen;
    struct rt_virtio_gpu_picture *picture;
    rt_uint8_t *pixels;
    rt_size_t bytes; /* of a pixel */
    int width, height;
};

/* False if there is nothing to draw on. Else end_drawing() is owed. */
static rt_bool_t begin_drawing(struct canvas *canvas)
{
    rt_uint32_t buffer = 0;

    canvas->screen = primary;
    canvas->picture = canvas->screen != RT_NULL ? rt_virtio_gpu_get(canvas->screen, &buffer) : RT_NULL;
    if (canvas->picture == RT_NULL)
    {
        return RT_FALSE;
    }
    canvas->width = (int)canvas->picture->width;
    canvas->height = (int)canvas->picture->height;
    canvas->bytes = canvas->picture->pixel_bytes;
    canvas->pixels =
        canvas->picture->pixels + (rt_size_t)buffer * canvas->picture->height * canvas->picture->width * canvas->bytes;
    return RT_TRUE;
}

static void end_drawing(struct canvas *canvas)
{
    rt_virtio_gpu_put(canvas->screen, canvas->picture);
}

static rt_uint8_t *at(const struct canvas *canvas, int x, int y)
{
    return canvas->pixels + ((rt_size_t)y * (rt_size_t)canvas->width + (rt_size_t)x) * canvas->bytes;
}

static rt_bool_t inside(const struct canvas *canvas, int x, int y)
{
    return x >= 0 && x < canvas->width && y >= 0 && y < canvas->height;
}

/* Both ends of a line, in order, cut to 0..size - 1; false if nothing is left. */
static rt_bool_t clip(int *from, int *to, int size)
{
    int first = *from < *to ? *from : *to;
    int last = *from < *to ? *to : *from;

    *from = first < 0 ? 0 : first;
    *to = last < size ? last : size - 1;
    return *from <= *to;
}

static void set_pixel(const char *pixel, int x, int y)
{
    struct canvas canvas;

    if (begin_drawing(&canvas))
    {
        if (inside(&canvas, x, y))
        {
            memcpy(at(&canvas, x, y), pixel, canvas.bytes);
        }
        end_drawing(&canvas);
    }
}

static void get_pixel(char *pixel, int x, int y)
{
    struct canvas canvas;

    if (begin_drawing(&canvas))
    {
        memset(pixel, 0, canvas.bytes);
        if (inside(&canvas, x, y))
        {
            memcpy(pixel, at(&canvas, x, y), canvas.bytes);
        }
        end_drawing(&canvas);
    }
}

/* `pixel` may be unaligned, and may lie in the picture. */
static void fill(const struct canvas *canvas, int x, int y, rt_size_t step, int count, const char *pixel)
{
    rt_uint8_t *to = at(canvas, x, y);
    rt_uint32_t colour = 0;

    memcpy(&colour, pixel, canvas->bytes);
    for (; count > 0; count--, to += step)
    {
        memcpy(to, &colour, canvas->bytes);
    }
}

static void draw_hline(const char *pixel, int x1, int x2, int y)
{
    struct canvas canvas;

    if (begin_drawing(&canvas))
    {
        if (inside(&canvas, 0, y) && clip(&x1, &x2, canvas.width))
        {
            fill(&canvas, x1, y, canvas.bytes, x2 - x1 + 1, pixel);
        }
        end_drawing(&canvas);
    }
}

static void draw_vline(const char *pixel, int x, int y1, int y2)
{
    struct canvas canvas;

    if (begin_drawing(&canvas))
    {
        if (inside(&canvas, x, 0) && clip(&y1, &y2, canvas.height))
        {
            fill(&canvas, x, y1, (rt_size_t)canvas.width * canvas.bytes, y2 - y1 + 1, pixel);
        }
        end_drawing(&canvas);
    }
}

static void blit_line(const char *pixel, int x, int y, rt_size_t size)
{
    struct canvas canvas;
    rt_size_t skip = x < 0 ? (rt_size_t)0 - (rt_size_t)x : 0;
    rt_size_t room;

    if (begin_drawing(&canvas))
    {
        if (inside(&canvas, 0, y) && x < canvas.width && skip < size)
        {
            x = x < 0 ? 0 : x;
            room = (rt_size_t)(canvas.width - x);
            size -= skip;
            memmove(at(&canvas, x, y), pixel + skip * canvas.bytes, (size < room ? size : room) * canvas.bytes);
        }
        end_drawing(&canvas);
    }
}

struct rt_device_graphic_ops rt_virtio_gpu_drawing = {
    .set_pixel = set_pixel,
    .get_pixel = get_pixel,
    .draw_hline = draw_hline,
    .draw_vline = draw_vline,
    .blit_line = blit_line,
};

/* --- Bytes --- */

/* The part of `size` bytes from `pos` on that is within the frame buffer. */
static rt_size_t within(const struct rt_virtio_gpu_picture *picture, rt_off_t pos, rt_size_t size)
{
    rt_size_t bytes = picture->bytes;

    if (pos < 0 || (rt_size_t)pos >= bytes)
    {
        return 0;
    }
    return size < bytes - (rt_size_t)pos ? size : bytes - (rt_size_t)pos;
}

rt_virtio_size_t rt_virtio_gpu_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size)
{
    struct rt_virtio_gpu_screen *screen = (struct rt_virtio_gpu_screen *)dev;
    struct rt_virtio_gpu_picture *picture = rt_virtio_gpu_get(screen, RT_NULL);

    if (picture == RT_NULL)
    {
        return 0;
    }
    size = within(picture, pos, size);
    if (size > 0)
    {
        memcpy(buffer, picture->pixels + pos, size);
    }
    rt_virtio_gpu_put(screen, picture);
    return (rt_virtio_size_t)size;
}

rt_virtio_size_t rt_virtio_gpu_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size)
{
    struct rt_virtio_gpu_screen *screen = (struct rt_virtio_gpu_screen *)dev;
    struct rt_virtio_gpu_picture *picture = rt_virtio_gpu_get(screen, RT_NULL);

    if (picture == RT_NULL)
    {
        return 0;
    }
    size = within(picture, pos, size);
    if (size > 0)
    {
        memcpy(picture->pixels + pos, buffer, size);
    }
    rt_virtio_gpu_put(screen, picture);
    return (rt_virtio_size_t)size;
}

/* --- 16 bits a pixel, which no device has --- */

void rt_virtio_gpu_convert(struct rt_virtio_gpu_picture *picture, const struct virtio_gpu_rect *rect)
{
    rt_uint32_t right = rect->x + rect->width;
    const rt_uint8_t *from;
    rt_uint8_t *to;
    rt_uint32_t pixel;
    rt_uint32_t x;
    rt_uint32_t y;

    if (picture->pixel_bytes != 2)
    {
        return;
    }
    for (y = rect->y; y < rect->y + rect->height; y++)
    {
        from = picture->pixels + ((rt_size_t)y * picture->width + rect->x) * picture->pixel_bytes;
        to = picture->memory + ((rt_size_t)y * picture->width + rect->x) * VIRTIO_GPU_PIXEL_BYTES;
        for (x = rect->x; x < right; x++, from += 2, to += VIRTIO_GPU_PIXEL_BYTES)
        {
            pixel = from[0] | (rt_uint32_t)from[1] << 8;
            to[0] = (rt_uint8_t)((pixel & 31u) << 3 | (pixel >> 2 & 7u));
            to[1] = (rt_uint8_t)((pixel >> 5 & 63u) << 2 | (pixel >> 9 & 3u));
            to[2] = (rt_uint8_t)((pixel >> 11 & 31u) << 3 | (pixel >> 13 & 7u));
            to[3] = 0xff;
        }
    }
}

int rt_virtio_gpu_use_16_bits(struct rt_virtio_gpu_picture *picture, const struct rt_virtio_gpu_picture *other)
{
    rt_size_t bytes = picture->bytes / 2;
    rt_uint8_t *pixels;

    picture->borrowed_pixels = other != RT_NULL && other->pixel_bytes == 2;
    pixels = picture->borrowed_pixels ? other->pixels : rt_calloc(1, bytes);
    if (pixels == RT_NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    picture->pixel_bytes = 2;
    picture->pixels = pixels;
    picture->bytes = bytes;
    return 0;
}

#endif /* RT_USING_VIRTIO_GPU */
