/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the demo's screen is drawn with, see screen_draw.h.
 */
#include "screen_draw.h"

#ifdef RT_USING_VIRTIO_GPU

/* Two rectangles become one if that costs no more than so many pixels: each is a command to the device. */
#define SPARE_PIXELS 1024

static int area(const struct draw_rect *rect)
{
    return rect->width * rect->height;
}

static struct draw_rect between(int left, int top, int right, int bottom)
{
    struct draw_rect rect = {left, top, right - left, bottom - top};

    return rect;
}

/* What both have; of no or negative size if that is nothing. */
static struct draw_rect cut(const struct draw_rect *a, const struct draw_rect *b)
{
    return between(RT_MAX(a->x, b->x), RT_MAX(a->y, b->y), RT_MIN(a->x + a->width, b->x + b->width),
                   RT_MIN(a->y + a->height, b->y + b->height));
}

/* The smallest with both in it. */
static struct draw_rect around(const struct draw_rect *a, const struct draw_rect *b)
{
    return between(RT_MIN(a->x, b->x), RT_MIN(a->y, b->y), RT_MAX(a->x + a->width, b->x + b->width),
                   RT_MAX(a->y + a->height, b->y + b->height));
}

/* This was drawn in: it is not empty, and in the picture. */
static void changed(struct draw *draw, const struct draw_rect *rect)
{
    struct draw_rect both;
    int least = 0;
    int best = 0;
    int more;
    int i;

    for (i = 0; i < draw->change_count; i++)
    {
        both = around(&draw->changes[i], rect);
        more = area(&both) - area(&draw->changes[i]) - area(rect);
        if (i == 0 || more < least)
        {
            least = more;
            best = i;
        }
    }
    if (i > 0 && (least <= SPARE_PIXELS || i == DRAW_CHANGES))
    {
        draw->changes[best] = around(&draw->changes[best], rect);
        return;
    }
    draw->changes[draw->change_count++] = *rect;
}

rt_bool_t draw_inside(const struct draw_rect *rect, int x, int y)
{
    return x >= rect->x && x < rect->x + rect->width && y >= rect->y && y < rect->y + rect->height;
}

void draw_clip(struct draw *draw, const struct draw_rect *rect)
{
    struct draw_rect all = {0, 0, draw->width, draw->height};

    draw->clip = rect != RT_NULL ? cut(rect, &all) : all;
}

/* Without a note of it. */
static struct draw_rect fill(struct draw *draw, int x, int y, int width, int height, rt_uint32_t colour)
{
    struct draw_rect rect = {x, y, width, height};
    rt_uint32_t *line;
    int i;
    int j;

    rect = cut(&rect, &draw->clip);
    for (j = 0; j < rect.height; j++)
    {
        line = draw->pixels + (rt_size_t)(rect.y + j) * (rt_size_t)draw->pitch + rect.x;
        for (i = 0; i < rect.width; i++)
        {
            line[i] = colour;
        }
    }
    return rect;
}

static void note(struct draw *draw, int x, int y, int width, int height)
{
    struct draw_rect rect = {x, y, width, height};

    rect = cut(&rect, &draw->clip);
    if (rect.width > 0 && rect.height > 0)
    {
        changed(draw, &rect);
    }
}

void draw_fill(struct draw *draw, int x, int y, int width, int height, rt_uint32_t colour)
{
    fill(draw, x, y, width, height, colour);
    note(draw, x, y, width, height);
}

void draw_frame(struct draw *draw, const struct draw_rect *rect, rt_uint32_t colour)
{
    draw_fill(draw, rect->x, rect->y, rect->width, 1, colour);
    draw_fill(draw, rect->x, rect->y + rect->height - 1, rect->width, 1, colour);
    draw_fill(draw, rect->x, rect->y, 1, rect->height, colour);
    draw_fill(draw, rect->x + rect->width - 1, rect->y, 1, rect->height, colour);
}

static void disc(struct draw *draw, int x, int y, int radius, rt_uint32_t colour)
{
    int dx = radius;
    int dy;

    for (dy = 0; dy <= radius; dy++)
    {
        while (dx * dx + dy * dy > radius * radius + radius)
        {
            dx--;
        }
        fill(draw, x - dx, y - dy, 2 * dx + 1, 1, colour);
        fill(draw, x - dx, y + dy, 2 * dx + 1, 1, colour);
    }
}

void draw_disc(struct draw *draw, int x, int y, int radius, rt_uint32_t colour)
{
    draw_stroke(draw, x, y, x, y, radius, colour);
}

void draw_stroke(struct draw *draw, int x0, int y0, int x1, int y1, int radius, rt_uint32_t colour)
{
    int dx = x1 - x0;
    int dy = y1 - y0;
    int steps = RT_MAX(dx < 0 ? -dx : dx, dy < 0 ? -dy : dy);
    int i;

    for (i = 0; i <= steps; i++)
    {
        disc(draw, steps > 0 ? x0 + dx * i / steps : x0, steps > 0 ? y0 + dy * i / steps : y0, radius, colour);
    }
    note(draw, RT_MIN(x0, x1) - radius, RT_MIN(y0, y1) - radius, (dx < 0 ? -dx : dx) + 2 * radius + 1,
         (dy < 0 ? -dy : dy) + 2 * radius + 1);
}

static void character(struct draw *draw, const struct draw_font *font, int x, int y, char what, rt_uint32_t colour)
{
    const rt_uint16_t *rows;
    int i;
    int j;

    if (what < ' ' || what > '~')
    {
        return;
    }
    rows = font->rows + (what - ' ') * font->height;
    for (j = 0; j < font->height; j++)
    {
        for (i = 0; i < font->width; i++)
        {
            if ((rows[j] >> (font->width - 1 - i) & 1) != 0 && draw_inside(&draw->clip, x + i, y + j))
            {
                draw->pixels[(rt_size_t)(y + j) * (rt_size_t)draw->pitch + x + i] = colour;
            }
        }
    }
}

int draw_text(struct draw *draw, const struct draw_font *font, int x, int y, const char *text, rt_uint32_t colour,
              rt_uint32_t background)
{
    int width = (int)rt_strlen(text) * font->width;

    draw_fill(draw, x, y, width, font->height, background);
    for (; *text != '\0'; text++, x += font->width)
    {
        character(draw, font, x, y, *text, colour);
    }
    return x;
}

int draw_show(struct draw *draw, rt_device_t gpu)
{
    struct draw_rect all = {0, 0, draw->width, draw->height};
    struct rt_device_rect_info rect;
    rt_err_t result = RT_EOK;
    int count = draw->change_count;
    int i;

    for (i = 0; i < count && result == RT_EOK; i++)
    {
        rect.x = (rt_uint16_t)draw->changes[i].x;
        rect.y = (rt_uint16_t)draw->changes[i].y;
        rect.width = (rt_uint16_t)draw->changes[i].width;
        rect.height = (rt_uint16_t)draw->changes[i].height;
        result = rt_device_control(gpu, RTGRAPHIC_CTRL_RECT_UPDATE, &rect);
    }
    draw->change_count = 0;
    if (result != RT_EOK)
    {
        changed(draw, &all);
        return (int)result;
    }
    return count;
}

#endif /* RT_USING_VIRTIO_GPU */
