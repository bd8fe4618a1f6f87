/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the demo's screen is drawn with: rectangles, discs and text in memory of 32 bits a pixel, which keeps in mind
 * what has changed. Colours are 0xRRGGBB. What is outside of the picture, or of `clip`, is left out.
 */

#ifndef DEMO_SCREEN_DRAW_H
#define DEMO_SCREEN_DRAW_H

#include <rtthread.h>

/* Made by tools/font.py: characters of ASCII from ' ' to '~'. The lowest bit of a row is its rightmost pixel. */
struct draw_font
{
    int width, height;
    const rt_uint16_t *rows;
};

extern const struct draw_font draw_font_8x16;
extern const struct draw_font draw_font_12x24;

struct draw_rect
{
    int x, y, width, height;
};

#define DRAW_CHANGES 32

struct draw
{
    rt_uint32_t *pixels;
    int pitch; /* in pixels */
    int width, height;
    struct draw_rect clip;
    struct draw_rect changes[DRAW_CHANGES];
    int change_count;
};

rt_bool_t draw_inside(const struct draw_rect *rect, int x, int y);

void draw_clip(struct draw *draw, const struct draw_rect *rect); /* NULL: all of the picture */

void draw_fill(struct draw *draw, int x, int y, int width, int height, rt_uint32_t colour);

/* A frame of one pixel inside of the rectangle. */
void draw_frame(struct draw *draw, const struct draw_rect *rect, rt_uint32_t colour);

/* All pixels with dx * dx + dy * dy <= radius * radius + radius, which is rounder than without the last; 0 is one
 * pixel. */
void draw_disc(struct draw *draw, int x, int y, int radius, rt_uint32_t colour);

/* Discs on each point of a line with both ends. */
void draw_stroke(struct draw *draw, int x0, int y0, int x1, int y1, int radius, rt_uint32_t colour);

/* Returns where the next character would be. */
int draw_text(struct draw *draw, const struct draw_font *font, int x, int y, const char *text, rt_uint32_t colour,
              rt_uint32_t background);

/*
 * Have the GPU show all that was drawn since the last time, with an update for each rectangle. Returns how many of them
 * there were, or the first error; then all of the picture is due the next time.
 */
int draw_show(struct draw *draw, rt_device_t gpu);

#endif /* DEMO_SCREEN_DRAW_H */
