/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo's screen: what is typed, on a US keyboard.
 */
#include "screen.h"

#ifdef RT_USING_VIRTIO_GPU

#include <string.h>

#include <virtio_input.h>

#define HEADING 32
#define CURSOR  '\x7f' /* in `shown` */

/* By their codes, from 1 (Escape) on; a key that types nothing is a '\1'. */
static const char plain[] = "\1"
                            "1234567890-=\b\tqwertyuiop[]\n\1asdfghjkl;'`\1\\zxcvbnm,./\1*\1 ";
static const char shifted[] = "\1"
                              "!@#$%^&*()_+\b\tQWERTYUIOP{}\n\1ASDFGHJKL:\"~\1|ZXCVBNM<>?\1*\1 ";
/* From KEY_KP7 on. */
static const char pad[] = "789-456+1230.";

static char typed_by(const struct screen_text *text, rt_uint16_t code)
{
    rt_bool_t shift = text->shifts != 0;

    if (code == KEY_KPENTER)
    {
        return '\n';
    }
    if (code == KEY_KPSLASH)
    {
        return '/';
    }
    if (code >= KEY_KP7 && code < KEY_KP7 + sizeof(pad) - 1)
    {
        return pad[code - KEY_KP7];
    }
    if (code < KEY_ESC || code >= KEY_ESC + sizeof(plain) - 1)
    {
        return '\1';
    }
    if (text->caps && plain[code - KEY_ESC] >= 'a' && plain[code - KEY_ESC] <= 'z')
    {
        shift = !shift;
    }
    return shift ? shifted[code - KEY_ESC] : plain[code - KEY_ESC];
}

static void type(struct screen_text *text, char what)
{
    if (what == '\b')
    {
        text->length -= text->length > 0;
        return;
    }
    if (text->length == TEXT_MAX)
    {
        /* The oldest part is forgotten. */
        text->length -= TEXT_MAX / 2;
        memmove(text->text, text->text + TEXT_MAX / 2, (size_t)text->length);
    }
    text->text[text->length++] = what == '\t' ? ' ' : what;
}

static void draw_caps(struct screen *s)
{
    const struct draw_rect *page = &s->text.page;

    screen_cell(s, &s->text.caps_cell, page->x + page->width - 9 * 8, page->y - HEADING + 8, -9,
                s->text.caps ? "Caps Lock" : "", COLOUR_BAD, COLOUR_PANEL);
}

void screen_text_key(struct screen *s, rt_uint16_t code, rt_bool_t down)
{
    struct screen_text *text = &s->text;
    unsigned int shift = code == KEY_LEFTSHIFT ? 1 : code == KEY_RIGHTSHIFT ? 2 : 0;
    char what;

    if (shift != 0)
    {
        text->shifts = down ? text->shifts | shift : text->shifts & ~shift;
        return;
    }
    if (!down)
    {
        return;
    }
    if (code == KEY_CAPSLOCK)
    {
        text->caps = !text->caps;
        screen_input_caps(s, text->caps);
        draw_caps(s);
        return;
    }
    what = typed_by(text, code);
    if (what != '\1')
    {
        type(text, what);
        text->changed = RT_TRUE;
    }
}

void screen_text_release(struct screen *s)
{
    s->text.shifts = 0;
}

/* Where the lines begin that fit on the page, the last of the text being the last. Returns how many. */
static int break_lines(const struct screen_text *text, int cols, int rows, int starts[TEXT_ROWS])
{
    int count = 0;
    int column = 0;
    int i;

    starts[count++ % rows] = 0;
    for (i = 0; i < text->length; i++)
    {
        if (text->text[i] == '\n' || column == cols - 1)
        {
            column = text->text[i] == '\n' ? 0 : 1;
            starts[count++ % rows] = text->text[i] == '\n' ? i + 1 : i;
        }
        else
        {
            column++;
        }
    }
    return count;
}

/* Draws the characters that differ from what is there. */
void screen_text_draw(struct screen *s)
{
    struct screen_text *text = &s->text;
    int cols = text->page.width / draw_font_8x16.width;
    int rows = text->page.height / draw_font_8x16.height;
    int starts[TEXT_ROWS];
    int count;
    int first;
    int row;
    int col;
    int at;

    text->changed = RT_FALSE;
    if (cols < 2 || rows < 1)
    {
        return;
    }
    count = break_lines(text, cols, rows, starts);
    first = RT_MAX(count - rows, 0);
    for (row = 0; row < rows; row++)
    {
        int line = first + row;
        int end = line + 1 < count ? starts[(line + 1) % rows] : text->length;

        for (col = 0, at = line < count ? starts[line % rows] : end; col < cols; col++, at++)
        {
            char what[2] = {at < end && text->text[at] != '\n' ? text->text[at] : ' ', '\0'};
            rt_bool_t cursor = line == count - 1 && at == text->length;

            if (text->shown[row][col] == (cursor ? CURSOR : what[0]))
            {
                continue;
            }
            text->shown[row][col] = cursor ? CURSOR : what[0];
            draw_text(&s->draw, &draw_font_8x16, text->page.x + col * draw_font_8x16.width,
                      text->page.y + row * draw_font_8x16.height, what, COLOUR_TEXT,
                      cursor ? COLOUR_ACCENT : COLOUR_PANEL);
        }
    }
}

void screen_text_lay_out(struct screen *s, const struct draw_rect *panel)
{
    struct screen_text *text = &s->text;
    int cols = RT_MAX(panel->width - 16, 0) / draw_font_8x16.width;
    int rows = RT_MAX(panel->height - HEADING - 4, 0) / draw_font_8x16.height;

    text->page.x = panel->x + 8;
    text->page.y = panel->y + HEADING;
    text->page.width = RT_MIN(cols, TEXT_COLS) * draw_font_8x16.width;
    text->page.height = RT_MIN(rows, TEXT_ROWS) * draw_font_8x16.height;
    memset(text->shown, 0, sizeof(text->shown));
    memset(&text->caps_cell, 0, sizeof(text->caps_cell));
    draw_text(&s->draw, &draw_font_8x16, text->page.x, panel->y + 8, "Type", COLOUR_ACCENT, COLOUR_PANEL);
    draw_caps(s);
    screen_text_draw(s);
}

#endif /* RT_USING_VIRTIO_GPU */
