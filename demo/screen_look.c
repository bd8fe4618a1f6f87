/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo's screen: what is where, and what changes with time: the devices and their counters, frames a second,
 * interrupts a second.
 */
#include "screen.h"

#ifdef RT_USING_VIRTIO_GPU

#include <string.h>

#include "devices.h"

#define GAP          12
#define TITLE_HEIGHT 44
#define ROW_HEIGHT   20
#define ROWS_TOP     34 /* of the first device, in its panel; the names of the columns are above */
#define PAINT_HEIGHT 200
#define GRAPH_HEIGHT 92
#define BAR_STEP     5
#define UPTIME_WIDTH 14 /* characters */
#define SPEED_WIDTH  14

#if defined(__riscv)
#define MACHINE "riscv64"
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#else
#define MACHINE "this machine"
#endif

/* In characters; those of negative width are right-justified. */
static const struct
{
    const char *title;
    int width;
} columns[COLUMNS] = {
    [COLUMN_NAME] = {"device", 15},
    [COLUMN_INTERFACE] = {"interface", 9},
    [COLUMN_IRQ] = {"irq", -3},
    [COLUMN_STATE] = {"state", 9},
    [COLUMN_REQUESTS] = {"requests", -9},
    [COLUMN_RATE] = {"per s", -6},
    [COLUMN_INTERRUPTS] = {"interrupts", -10},
    [COLUMN_RESETS] = {"resets", -6},
};

void screen_cell(struct screen *s, struct screen_cell *cell, int x, int y, int width, const char *text,
                 rt_uint32_t colour, rt_uint32_t background)
{
    char padded[CELL_MAX + 1];
    int places = RT_MIN(width < 0 ? -width : width, CELL_MAX);
    int length = RT_MIN((int)rt_strlen(text), places);

    memset(padded, ' ', (size_t)places);
    memcpy(padded + (width < 0 ? places - length : 0), text, (size_t)length);
    padded[places] = '\0';
    if (cell->colour != colour || rt_strcmp(cell->text, padded) != 0)
    {
        cell->colour = colour;
        rt_strncpy(cell->text, padded, sizeof(cell->text));
        draw_text(&s->draw, &draw_font_8x16, x, y, padded, colour, background);
    }
}

/* --- Devices --- */

/* Of all queues of a device. */
static rt_uint64_t sum(struct rt_virtio_device *device, rt_size_t offset)
{
    struct virtio_queue *queue;
    rt_uint64_t total = 0;
    unsigned int i;

    for (i = 0; (queue = demo_queue(device, i)) != RT_NULL; i++)
    {
        total += *(const rt_uint64_t *)((const char *)&queue->stats + offset);
    }
    return total;
}

static void put(struct screen *s, int row, int column, const char *text, rt_uint32_t colour)
{
    screen_cell(s, &s->look.cells[row][column], s->look.column_x[column],
                s->look.devices.y + ROWS_TOP + row * ROW_HEIGHT + 2, columns[column].width, text, colour, COLOUR_PANEL);
}

/* A counter is bright while it changes. */
static void put_number(struct screen *s, int row, int column, rt_uint64_t value)
{
    const char *was = s->look.cells[row][column].text;
    char digits[DEMO_DIGITS];
    const char *text = demo_number(digits, value);

    while (*was == ' ')
    {
        was++;
    }
    put(s, row, column, text, *was == '\0' || rt_strcmp(was, text) == 0 ? COLOUR_TEXT : COLOUR_ACCENT);
}

/* `ticks` is 0 when it is only looked where the counting begins. */
static unsigned int per_second(rt_uint64_t more, rt_tick_t ticks)
{
    return ticks > 0 ? (unsigned int)(more * RT_TICK_PER_SECOND / ticks) : 0;
}

static void refresh_device(struct screen *s, int row, struct rt_virtio_device *device, rt_tick_t ticks)
{
    rt_bool_t ok = rt_strcmp(device->state, "ok") == 0;
    rt_uint64_t requests = sum(device, offsetof(struct virtio_queue_stats, requests));
    char irq[12];

    rt_snprintf(irq, sizeof(irq), "%d", device->irq);
    put(s, row, COLUMN_NAME, device->name, COLOUR_TEXT);
    put(s, row, COLUMN_INTERFACE, virtio_device_interface_name(&device->core), COLOUR_DIM);
    put(s, row, COLUMN_IRQ, irq, COLOUR_DIM);
    put(s, row, COLUMN_STATE, device->state, ok ? COLOUR_ACCENT : COLOUR_BAD);
    put_number(s, row, COLUMN_REQUESTS, requests);
    put_number(s, row, COLUMN_RATE, per_second(requests - s->look.requests[row], ticks));
    put_number(s, row, COLUMN_INTERRUPTS, sum(device, offsetof(struct virtio_queue_stats, interrupts)));
    put_number(s, row, COLUMN_RESETS, sum(device, offsetof(struct virtio_queue_stats, resets)));
    s->look.requests[row] = requests;
}

/* Returns the interrupts of all. */
static rt_uint64_t refresh_devices(struct screen *s, rt_tick_t ticks)
{
    struct rt_virtio_device *device;
    rt_uint64_t interrupts = 0;
    char text[CELL_MAX + 1];
    int row = 0;

    rt_virtio_hold_list();
    for (device = rt_virtio_first(); device != RT_NULL; device = device->next, row++)
    {
        if (row < s->look.rows)
        {
            refresh_device(s, row, device, ticks);
        }
        interrupts += sum(device, offsetof(struct virtio_queue_stats, interrupts));
    }
    rt_virtio_release_list();
    if (row > s->look.rows)
    {
        rt_snprintf(text, sizeof(text), "and %d more", row - s->look.rows);
        screen_cell(s, &s->look.more, s->look.column_x[COLUMN_NAME],
                    s->look.devices.y + ROWS_TOP + s->look.rows * ROW_HEIGHT + 2, 15, text, COLOUR_DIM, COLOUR_PANEL);
    }
    return interrupts;
}

/* --- Interrupts a second --- */

static void refresh_graph(struct screen *s, rt_uint64_t interrupts, rt_tick_t ticks)
{
    struct screen_look *look = &s->look;
    unsigned int rate = per_second(interrupts - look->interrupts, ticks);
    struct draw_rect room = {look->graph.x + 8, look->graph.y + 32, look->graph.width - 16, look->graph.height - 40};
    int bars = RT_MIN((room.width + 1) / BAR_STEP, GRAPH_BARS);
    rt_uint32_t most = 1;
    char text[16];
    int height;
    int i;

    look->interrupts = interrupts;
    memmove(look->bars, look->bars + 1, sizeof(look->bars) - sizeof(look->bars[0]));
    look->bars[GRAPH_BARS - 1] = rate;
    rt_snprintf(text, sizeof(text), "%u", rate);
    screen_cell(s, &look->rate, look->graph.x + look->graph.width - 8 - 8 * 8, look->graph.y + 8, -8, text, COLOUR_TEXT,
                COLOUR_PANEL);
    for (i = GRAPH_BARS - bars; i < GRAPH_BARS; i++)
    {
        most = RT_MAX(most, look->bars[i]);
    }
    draw_fill(&s->draw, room.x, room.y, room.width, room.height, COLOUR_PANEL);
    draw_fill(&s->draw, room.x, room.y + room.height - 1, room.width, 1, COLOUR_LINE);
    for (i = 0; i < bars; i++)
    {
        height = (int)((rt_uint64_t)look->bars[GRAPH_BARS - 1 - i] * (rt_uint32_t)(room.height - 1) / most);
        draw_fill(&s->draw, room.x + room.width - (i + 1) * BAR_STEP + 1, room.y + room.height - 1 - height,
                  BAR_STEP - 1, height, i == 0 ? COLOUR_ACCENT : 0x4f8a83);
    }
}

/* --- All that changes with time --- */

static void refresh_title(struct screen *s)
{
    int right = s->look.title.width - 16;
    unsigned int up = demo_uptime();
    char text[CELL_MAX + 1];

    rt_snprintf(text, sizeof(text), "up %u:%02u:%02u", up / 3600, up / 60 % 60, up % 60);
    screen_cell(s, &s->look.uptime, right - UPTIME_WIDTH * draw_font_8x16.width, 14, -UPTIME_WIDTH, text, COLOUR_TEXT,
                COLOUR_TITLE);
    rt_snprintf(text, sizeof(text), "%u frames/s", s->frames);
    screen_cell(s, &s->look.speed, right - (UPTIME_WIDTH + SPEED_WIDTH) * draw_font_8x16.width, 14, -SPEED_WIDTH, text,
                COLOUR_TEXT, COLOUR_TITLE);
}

void screen_refresh(struct screen *s)
{
    rt_tick_t now = rt_tick_get();
    rt_tick_t ticks = now - s->look.looked_at;
    rt_uint64_t interrupts;

    s->look.looked_at = now;
    s->frames = per_second(s->frame_count, ticks);
    s->updates = per_second(s->update_count, ticks);
    s->frame_count = 0;
    s->update_count = 0;
    refresh_title(s);
    interrupts = refresh_devices(s, ticks);
    refresh_graph(s, interrupts, ticks);
}

/* --- What is where --- */

static struct draw_rect panel(struct screen *s, int x, int y, int width, int height)
{
    struct draw_rect rect = {x, y, RT_MAX(width, 0), RT_MAX(height, 0)};

    draw_fill(&s->draw, x, y, width, height, COLOUR_PANEL);
    draw_frame(&s->draw, &rect, COLOUR_LINE);
    return rect;
}

static int column_width(int column)
{
    int width = columns[column].width;

    return (width < 0 ? -width : width) * draw_font_8x16.width;
}

/* The room that is left is shared among the gaps between columns. */
static void place_columns(struct screen *s)
{
    const struct draw_rect *rect = &s->look.devices;
    int room = rect->width - 16;
    int x = rect->x + 8;
    int i;

    for (i = 0; i < COLUMNS; i++)
    {
        room -= column_width(i);
    }
    room = RT_MAX(room, (COLUMNS - 1) * draw_font_8x16.width / 2);
    for (i = 0; i < COLUMNS; i++)
    {
        struct screen_cell title = {"", 0};

        s->look.column_x[i] = x + room * i / (COLUMNS - 1);
        screen_cell(s, &title, s->look.column_x[i], rect->y + 10, columns[i].width, columns[i].title, COLOUR_ACCENT,
                    COLOUR_PANEL);
        x += column_width(i);
    }
    draw_fill(&s->draw, rect->x + 8, rect->y + ROWS_TOP - 4, rect->width - 16, 1, COLOUR_LINE);
}

static int count_devices(void)
{
    struct rt_virtio_device *device;
    int count = 0;

    rt_virtio_hold_list();
    for (device = rt_virtio_first(); device != RT_NULL; device = device->next)
    {
        count++;
    }
    rt_virtio_release_list();
    return count;
}

void screen_lay_out(struct screen *s)
{
    struct screen_look *look = &s->look;
    int width = s->draw.width;
    int height = s->draw.height;
    int devices = count_devices();
    int room = (height - TITLE_HEIGHT - PAINT_HEIGHT - 3 * GAP - ROWS_TOP - 8) / ROW_HEIGHT;
    int lines = RT_MAX(RT_MIN(devices, RT_MIN(room, TABLE_ROWS)), 1);
    int left = (width - 3 * GAP) * 5 / 8;
    int y;

    draw_clip(&s->draw, RT_NULL);
    draw_fill(&s->draw, 0, 0, width, height, COLOUR_BACK);
    memset(look->cells, 0, sizeof(look->cells));
    memset(&look->more, 0, sizeof(look->more));
    memset(&look->rate, 0, sizeof(look->rate));
    memset(&look->speed, 0, sizeof(look->speed));
    memset(&look->uptime, 0, sizeof(look->uptime));
    look->rows = devices > lines ? lines - 1 : lines;

    look->title.width = width;
    look->title.height = TITLE_HEIGHT;
    draw_fill(&s->draw, 0, 0, width, TITLE_HEIGHT, COLOUR_TITLE);
    y = draw_text(&s->draw, &draw_font_12x24, 16, 9, "rt-virtio", 0xffffff, COLOUR_TITLE);
    draw_text(&s->draw, &draw_font_8x16, y + 16, 14, "RT-Thread on " MACHINE, COLOUR_ACCENT, COLOUR_TITLE);

    y = TITLE_HEIGHT + GAP;
    look->devices = panel(s, GAP, y, width - 2 * GAP, ROWS_TOP + lines * ROW_HEIGHT + 8);
    place_columns(s);

    y += look->devices.height + GAP;
    look->paint = panel(s, GAP, y, left, height - y - GAP);
    look->text = panel(s, left + 2 * GAP, y, width - left - 3 * GAP, height - y - GRAPH_HEIGHT - 2 * GAP);
    look->graph = panel(s, left + 2 * GAP, height - GRAPH_HEIGHT - GAP, width - left - 3 * GAP, GRAPH_HEIGHT);
    draw_text(&s->draw, &draw_font_8x16, look->graph.x + 8, look->graph.y + 8, "Interrupts/s", COLOUR_ACCENT,
              COLOUR_PANEL);
    screen_paint_lay_out(s, &look->paint);
    screen_text_lay_out(s, &look->text);
    refresh_title(s);
    look->interrupts = refresh_devices(s, 0);
}

#endif /* RT_USING_VIRTIO_GPU */
