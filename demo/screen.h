/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo's screen: an application of a GPU and of input devices, which uses nothing of them but what <virtio_gpu.h>
 * and <virtio_input.h> describe. It has one thread, in which all functions here are called.
 *
 *   screen.c        the command, the thread, the GPU
 *   screen_input.c  from events to a pointer and keys
 *   screen_look.c   what is where; the title, the devices, the interrupts
 *   screen_paint.c  what the pointer does
 *   screen_text.c   what the keyboard does
 *   screen_draw.c   rectangles, discs, text
 */

#ifndef DEMO_SCREEN_H
#define DEMO_SCREEN_H

#include <rtthread.h>

#include "screen_draw.h"

#define COLOUR_BACK   0x1b2229
#define COLOUR_TITLE  0x234b4a
#define COLOUR_PANEL  0x252e37
#define COLOUR_LINE   0x3a4652
#define COLOUR_TEXT   0xdfe4e2
#define COLOUR_DIM    0x8b9aa6
#define COLOUR_ACCENT 0x7cc7b8
#define COLOUR_BAD    0xe08a72
#define COLOUR_PAPER  0xf5f1e6

/* A text in a place of its own that is drawn when it changes. */
#define CELL_MAX 23

struct screen_cell
{
    char text[CELL_MAX + 1];
    rt_uint32_t colour; /* 0: not drawn yet */
};

/* --- Look --- */

#define TABLE_ROWS 16

/* What it says of a device. */
enum
{
    COLUMN_NAME,
    COLUMN_INTERFACE,
    COLUMN_IRQ,
    COLUMN_STATE,
    COLUMN_REQUESTS,
    COLUMN_RATE,
    COLUMN_INTERRUPTS,
    COLUMN_RESETS,
    COLUMNS,
};

#define GRAPH_BARS 192

struct screen_look
{
    struct draw_rect title, devices, paint, text, graph; /* panels, with their headings */
    int rows;                                            /* of devices that are shown */
    int column_x[COLUMNS];
    struct screen_cell cells[TABLE_ROWS][COLUMNS];
    struct screen_cell more, rate, speed, uptime;
    rt_uint64_t requests[TABLE_ROWS]; /* when last looked at */
    rt_uint64_t interrupts;           /* of all devices, ditto */
    rt_tick_t looked_at;
    rt_uint32_t bars[GRAPH_BARS]; /* interrupts a second, the newest last */
};

/* --- Pointer and paper --- */

#define BUTTON_LEFT  1u
#define BUTTON_RIGHT 2u

enum screen_stroke
{
    STROKE_NONE,
    STROKE_PAINT,
    STROKE_ERASE,
};

struct screen_paint
{
    struct draw_rect paper;
    int x, y; /* of the pointer */
    unsigned int buttons;
    rt_bool_t moved; /* the cursor has to follow */
    enum screen_stroke stroke;
    unsigned int colour;
    int radius; /* of the brush */
};

/* --- Keyboard and text --- */

#define TEXT_MAX  2048
#define TEXT_COLS 128
#define TEXT_ROWS 64

struct screen_text
{
    struct draw_rect page; /* a whole number of characters */
    char text[TEXT_MAX];
    int length;
    char shown[TEXT_ROWS][TEXT_COLS]; /* 0: not drawn yet */
    rt_bool_t changed;
    rt_bool_t caps;
    unsigned int shifts; /* that are held: a bit each */
    struct screen_cell caps_cell;
};

#define INPUTS 8

struct screen_input
{
    rt_device_t device;
    int left, right, top, bottom; /* the range of its axes; left == right: it has none */
    int x, y;                     /* of a frame that is not complete */
    unsigned int buttons;
    rt_bool_t pointed; /* there is something of the pointer in the frame */
};

struct screen
{
    rt_device_t gpu;
    struct draw draw;
    struct screen_look look;
    struct screen_paint paint;
    struct screen_text text;
    struct screen_input inputs[INPUTS];
    unsigned int frame_count, update_count; /* that the device has taken */
    unsigned int frames, updates;           /* of them in the last second */
};

/* screen_look.c */
void screen_lay_out(struct screen *s); /* after the picture's size has changed: it is drawn anew */
void screen_refresh(struct screen *s); /* what changes with time */
void screen_cell(struct screen *s, struct screen_cell *cell, int x, int y, int width, const char *text,
                 rt_uint32_t colour, rt_uint32_t background); /* right-justified if the width is negative */

/* screen_paint.c */
void screen_paint_lay_out(struct screen *s, const struct draw_rect *panel);
void screen_paint_point(struct screen *s, int x, int y, unsigned int buttons); /* cut to the picture */
void screen_paint_wheel(struct screen *s, int turns);
const void *screen_cursor(void); /* an image for CURSOR_SETUP, for rt_free(); NULL: no memory */

/* screen_text.c */
void screen_text_lay_out(struct screen *s, const struct draw_rect *panel);
void screen_text_key(struct screen *s, rt_uint16_t code, rt_bool_t down);
void screen_text_release(struct screen *s); /* all keys */
void screen_text_draw(struct screen *s);

/* screen_input.c */
void screen_input_open(struct screen *s, rt_err_t (*ready)(rt_device_t device, rt_size_t size));
rt_bool_t screen_input_read(struct screen *s);          /* true: there may be more */
void screen_input_caps(struct screen *s, rt_bool_t on); /* the LED */
void screen_input_close(struct screen *s);

#endif /* DEMO_SCREEN_H */
