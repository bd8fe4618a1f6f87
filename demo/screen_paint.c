/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo's screen: the paper that is painted on, its colours, and the cursor.
 */
#include "screen.h"

#ifdef RT_USING_VIRTIO_GPU

#include <virtio_gpu.h>

#define HEADING    28
#define SWATCH     16
#define RADIUS_MAX 24

static const rt_uint32_t colours[] = {0x4a5a68, 0x2f7f79, 0x3f6fb0, 0xc0504d, 0xd9962f, 0x7a5c99};

static const char *const arrow[] = {
    "#           ", "##          ", "#.#         ", "#..#        ", "#...#       ", "#....#      ", "#.....#     ",
    "#......#    ", "#.......#   ", "#........#  ", "#.........# ", "#......#####", "#...#..#    ", "#..##...#   ",
    "#.#  #..#   ", "##   #...#  ", "      #..#  ", "      #..#  ", "       ##   ",
};

const void *screen_cursor(void)
{
    rt_uint32_t *image = rt_calloc(1, VIRTIO_GPU_CURSOR_IMG_SIZE);
    unsigned int y;
    int x;

    for (y = 0; image != RT_NULL && y < RT_ARRAY_SIZE(arrow); y++)
    {
        for (x = 0; arrow[y][x] != '\0'; x++)
        {
            if (arrow[y][x] != ' ')
            {
                image[y * VIRTIO_GPU_CURSOR_WIDTH + (unsigned int)x] =
                    0xff000000u | (arrow[y][x] == '#' ? COLOUR_BACK : 0xffffffu);
            }
        }
    }
    return image;
}

/* --- Heading --- */

static struct draw_rect swatch(const struct screen *s, unsigned int i)
{
    struct draw_rect rect = {s->paint.paper.x + 64 + (int)i * (SWATCH + 8), s->paint.paper.y - HEADING + 6, SWATCH,
                             SWATCH};

    return rect;
}

static void draw_swatches(struct screen *s)
{
    struct draw_rect rect;
    unsigned int i;

    for (i = 0; i < RT_ARRAY_SIZE(colours); i++)
    {
        rect = swatch(s, i);
        draw_fill(&s->draw, rect.x - 3, rect.y - 3, SWATCH + 6, SWATCH + 6,
                  i == s->paint.colour ? COLOUR_TEXT : COLOUR_PANEL);
        draw_fill(&s->draw, rect.x - 1, rect.y - 1, SWATCH + 2, SWATCH + 2, COLOUR_PANEL);
        draw_fill(&s->draw, rect.x, rect.y, SWATCH, SWATCH, colours[i]);
    }
}

/* The brush as it is, or as much of it as there is room for. */
static void draw_brush(struct screen *s)
{
    struct draw_rect last = swatch(s, RT_ARRAY_SIZE(colours));
    struct draw_rect room = {last.x + 6, s->paint.paper.y - HEADING + 2, HEADING - 4, HEADING - 4};

    draw_clip(&s->draw, &room);
    draw_fill(&s->draw, room.x, room.y, room.width, room.height, COLOUR_PAPER);
    draw_disc(&s->draw, room.x + room.width / 2, room.y + room.height / 2, s->paint.radius, colours[s->paint.colour]);
    draw_clip(&s->draw, RT_NULL);
}

void screen_paint_lay_out(struct screen *s, const struct draw_rect *panel)
{
    static const char hint[] = "left paints, right rubs out, wheel: brush";
    int room = panel->width - (int)sizeof(hint) * draw_font_8x16.width - 16;

    if (s->paint.radius == 0)
    {
        s->paint.radius = 3;
        s->paint.x = s->draw.width / 2;
        s->paint.y = s->draw.height / 2;
    }
    s->paint.x = RT_MIN(s->paint.x, s->draw.width - 1);
    s->paint.y = RT_MIN(s->paint.y, s->draw.height - 1);
    s->paint.moved = RT_TRUE;
    s->paint.stroke = STROKE_NONE;
    s->paint.paper.x = panel->x + 8;
    s->paint.paper.y = panel->y + HEADING + 4;
    s->paint.paper.width = RT_MAX(panel->width - 16, 0);
    s->paint.paper.height = RT_MAX(panel->height - HEADING - 12, 0);
    draw_text(&s->draw, &draw_font_8x16, s->paint.paper.x, panel->y + 8, "Paint", COLOUR_ACCENT, COLOUR_PANEL);
    draw_swatches(s);
    draw_brush(s);
    if (room > swatch(s, RT_ARRAY_SIZE(colours) + 1).x + 16 - panel->x)
    {
        draw_text(&s->draw, &draw_font_8x16, panel->x + room + 16, panel->y + 8, hint, COLOUR_DIM, COLOUR_PANEL);
    }
    draw_fill(&s->draw, s->paint.paper.x, s->paint.paper.y, s->paint.paper.width, s->paint.paper.height, COLOUR_PAPER);
}

/* --- Pointer --- */

static void press(struct screen *s, int x, int y, enum screen_stroke stroke)
{
    struct draw_rect rect;
    unsigned int i;

    if (draw_inside(&s->paint.paper, x, y))
    {
        s->paint.stroke = stroke;
        return;
    }
    for (i = 0; i < RT_ARRAY_SIZE(colours); i++)
    {
        rect = swatch(s, i);
        if (draw_inside(&rect, x, y))
        {
            s->paint.colour = i;
            draw_swatches(s);
            draw_brush(s);
        }
    }
}

void screen_paint_point(struct screen *s, int x, int y, unsigned int buttons)
{
    struct screen_paint *paint = &s->paint;
    unsigned int pressed = buttons & ~paint->buttons;
    enum screen_stroke before = paint->stroke;
    rt_bool_t moved = x != paint->x || y != paint->y;
    rt_bool_t erase;

    if (buttons == 0)
    {
        paint->stroke = STROKE_NONE;
    }
    else if (pressed != 0)
    {
        press(s, x, y, (pressed & BUTTON_RIGHT) != 0 ? STROKE_ERASE : STROKE_PAINT);
    }
    if (before == STROKE_NONE)
    {
        paint->x = x; /* it begins here */
        paint->y = y;
    }
    erase = (paint->stroke != STROKE_NONE ? paint->stroke : before) == STROKE_ERASE;
    if (paint->stroke != before || (paint->stroke != STROKE_NONE && moved))
    {
        draw_clip(&s->draw, &paint->paper);
        draw_stroke(&s->draw, paint->x, paint->y, x, y, erase ? 2 * paint->radius + 4 : paint->radius,
                    erase ? COLOUR_PAPER : colours[paint->colour]);
        draw_clip(&s->draw, RT_NULL);
    }
    paint->x = x;
    paint->y = y;
    paint->buttons = buttons;
    paint->moved = paint->moved || moved;
}

void screen_paint_wheel(struct screen *s, int turns)
{
    int radius = s->paint.radius + RT_MAX(RT_MIN(turns, RADIUS_MAX), -RADIUS_MAX);

    s->paint.radius = RT_MAX(RT_MIN(radius, RADIUS_MAX), 1);
    draw_brush(s);
}

#endif /* RT_USING_VIRTIO_GPU */
