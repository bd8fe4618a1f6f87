/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command `screen`: the demo on a GPU's display, with a pointer and a keyboard. See screen.h.
 *
 * What happens elsewhere (events of input devices in interrupts, a display that changes in the driver's thread, the
 * shell) only sends an event to the screen's thread, which does all the rest. While it is on, the picture is its own:
 * who changes the GPU's mode meanwhile (`gpu mode`) sees it followed, from the next frame on.
 */
#include "screen.h"

#ifdef RT_USING_VIRTIO_GPU

#include <finsh.h>
#include <rthw.h>
#include <string.h>

#include <virtio_gpu.h>

#define GPU           "virtio-gpu0"
#define STACK_SIZE    8192
#define PRIORITY      19 /* before the shell, so that it follows the pointer */
#define REFRESH_MS    500
#define FRAME_MS      10 /* at least, from one frame to the next */
#define STOP_SECONDS  20 /* the driver's patience with a device that does not answer, and a reset */

#define EVENT_INPUT   1u
#define EVENT_DISPLAY 2u
#define EVENT_STOP    4u

static struct rt_mutex lock;      /* of the command */
static struct rt_event events;    /* stay, for an interrupt may be at them while the screen is taken down */
static struct rt_semaphore done;  /* the thread is about to end */
static struct screen *screen;     /* NULL: it is off */
static volatile rt_err_t failure; /* why the thread has ended by itself */

/* --- From elsewhere --- */

static rt_err_t input_ready(rt_device_t device, rt_size_t size)
{
    (void)device;
    (void)size;
    return rt_event_send(&events, EVENT_INPUT);
}

static void display_changed(rt_device_t device, rt_uint16_t number, void *context)
{
    (void)device;
    (void)number;
    (void)context;
    rt_event_send(&events, EVENT_DISPLAY);
}

/* --- The picture --- */

static rt_bool_t same_picture(const struct screen *s, const struct rt_device_graphic_info *info)
{
    return info->pixel_format == RTGRAPHIC_PIXEL_FORMAT_BGR888 && s->draw.pixels == (rt_uint32_t *)info->framebuffer &&
           s->draw.width == info->width && s->draw.height == info->height;
}

/* What was painted, in memory of its own; NULL: nothing, or no memory, and then it is lost. */
static rt_uint32_t *save_paper(const struct screen *s)
{
    const struct draw_rect *paper = &s->paint.paper;
    rt_size_t line = (rt_size_t)paper->width * sizeof(rt_uint32_t);
    rt_uint32_t *saved;
    int y;

    if (s->draw.pixels == RT_NULL || paper->width <= 0 || paper->height <= 0 ||
        paper->x + paper->width > s->draw.width || paper->y + paper->height > s->draw.height)
    {
        return RT_NULL;
    }
    saved = rt_malloc(line * (rt_size_t)paper->height);
    for (y = 0; saved != RT_NULL && y < paper->height; y++)
    {
        memcpy(saved + (rt_size_t)y * (rt_size_t)paper->width,
               s->draw.pixels + (rt_size_t)(paper->y + y) * (rt_size_t)s->draw.pitch + paper->x, line);
    }
    return saved;
}

/* As much of it as there is room for now. */
static void restore_paper(struct screen *s, const rt_uint32_t *saved, const struct draw_rect *before)
{
    const struct draw_rect *paper = &s->paint.paper;
    int width = RT_MIN(before->width, RT_MIN(paper->width, s->draw.width - paper->x));
    int height = RT_MIN(before->height, RT_MIN(paper->height, s->draw.height - paper->y));
    int y;

    for (y = 0; y < height && width > 0; y++)
    {
        memcpy(s->draw.pixels + (rt_size_t)(paper->y + y) * (rt_size_t)s->draw.pitch + paper->x,
               saved + (rt_size_t)y * (rt_size_t)before->width, (rt_size_t)width * sizeof(rt_uint32_t));
    }
}

/* Take the picture as it is now, in the format that is drawn here, and draw all of it. */
static rt_err_t take_picture(struct screen *s)
{
    struct rt_device_graphic_info info;
    rt_uint32_t first = 0;
    rt_err_t result =
        rt_device_control(s->gpu, VIRTIO_DEVICE_CTRL_GPU_CREATE_2D, (void *)(rt_ubase_t)RTGRAPHIC_PIXEL_FORMAT_BGR888);

    if (result == RT_EOK)
    {
        result = rt_device_control(s->gpu, RTGRAPHIC_CTRL_PAN_DISPLAY, &first);
    }
    if (result == RT_EOK)
    {
        result = rt_device_control(s->gpu, RTGRAPHIC_CTRL_GET_INFO, &info);
    }
    if (result == RT_EOK)
    {
        s->draw.pixels = (rt_uint32_t *)info.framebuffer;
        s->draw.pitch = info.pitch / (int)sizeof(rt_uint32_t);
        s->draw.width = info.width;
        s->draw.height = info.height;
        screen_lay_out(s);
    }
    return result;
}

/* The display has another size than the picture, perhaps. */
static rt_err_t follow_display(struct screen *s)
{
    struct draw_rect before = s->paint.paper;
    rt_uint32_t *saved = save_paper(s);
    rt_err_t result = rt_device_control(s->gpu, RTGRAPHIC_CTRL_SET_MODE, RT_NULL);
    struct rt_device_graphic_info info;

    if (result == RT_EOK)
    {
        result = rt_device_control(s->gpu, RTGRAPHIC_CTRL_GET_INFO, &info);
    }
    if (result == RT_EOK && !same_picture(s, &info))
    {
        result = take_picture(s);
        if (result == RT_EOK && saved != RT_NULL)
        {
            restore_paper(s, saved, &before);
        }
    }
    rt_free(saved);
    return result;
}

/* Somebody else may have changed the mode. */
static rt_err_t check_picture(struct screen *s)
{
    struct rt_device_graphic_info info;
    rt_err_t result = rt_device_control(s->gpu, RTGRAPHIC_CTRL_GET_INFO, &info);

    return result == RT_EOK && !same_picture(s, &info) ? take_picture(s) : result;
}

/* --- The thread --- */

static rt_err_t show(struct screen *s)
{
    rt_uint32_t place[2] = {(rt_uint32_t)s->paint.x, (rt_uint32_t)s->paint.y};
    int count;

    if (s->paint.moved)
    {
        s->paint.moved = RT_FALSE;
        rt_device_control(s->gpu, VIRTIO_DEVICE_CTRL_CURSOR_MOVE, place);
    }
    count = draw_show(&s->draw, s->gpu);
    if (count > 0)
    {
        s->frame_count++;
        s->update_count += (unsigned int)count;
    }
    return count < 0 ? (rt_err_t)count : RT_EOK;
}

/* One round: what has happened, or after a while what has changed. */
static rt_err_t work(struct screen *s, rt_uint32_t what, rt_tick_t *refreshed)
{
    rt_err_t result = (what & EVENT_DISPLAY) != 0 ? follow_display(s) : check_picture(s);

    if (result != RT_EOK)
    {
        return result;
    }
    if ((what & EVENT_INPUT) != 0 && screen_input_read(s))
    {
        rt_event_send(&events, EVENT_INPUT);
    }
    if (s->text.changed)
    {
        screen_text_draw(s);
    }
    if (rt_tick_get() - *refreshed >= (rt_tick_t)rt_tick_from_millisecond(REFRESH_MS))
    {
        *refreshed = rt_tick_get();
        screen_refresh(s);
    }
    return show(s);
}

static void run(void *parameter)
{
    struct screen *s = parameter;
    rt_tick_t refreshed = rt_tick_get();
    rt_err_t result = RT_EOK;
    rt_uint32_t what = 0;

    while ((what & EVENT_STOP) == 0)
    {
        result = work(s, what, &refreshed);
        if (result == -RT_EIO)
        {
            rt_kprintf("screen: %s does not work any more; `virtio info %s` says why. The screen is off\n", GPU, GPU);
            break;
        }
        if (result != RT_EOK)
        {
            /* No answer in time, or no memory: the next may do better. */
            rt_event_send(&events, what);
            rt_thread_mdelay(REFRESH_MS);
        }
        rt_thread_mdelay(FRAME_MS);
        what = 0;
        rt_event_recv(&events, EVENT_INPUT | EVENT_DISPLAY | EVENT_STOP, RT_EVENT_FLAG_OR | RT_EVENT_FLAG_CLEAR,
                      (rt_int32_t)rt_tick_from_millisecond(REFRESH_MS), &what);
    }
    failure = result == -RT_EIO ? result : RT_EOK;
    rt_sem_release(&done);
}

/* --- On and off --- */

static void clear(struct screen *s)
{
    struct rt_device_graphic_info info;

    rt_device_control(s->gpu, VIRTIO_DEVICE_CTRL_CURSOR_SETUP, RT_NULL);
    if (rt_device_control(s->gpu, RTGRAPHIC_CTRL_GET_INFO, &info) == RT_EOK)
    {
        memset(info.framebuffer, 0, (size_t)info.pitch * info.height);
        rt_device_control(s->gpu, RTGRAPHIC_CTRL_RECT_UPDATE, RT_NULL);
    }
}

static void free_screen(struct screen *s)
{
    screen_input_close(s);
    rt_device_control(s->gpu, RT_VIRTIO_GPU_CTRL_ON_DISPLAY, RT_NULL);
    rt_device_close(s->gpu);
    rt_free(s);
}

static rt_err_t prepare(struct screen *s)
{
    struct rt_virtio_gpu_watch watch = {display_changed, RT_NULL};
    const void *cursor = screen_cursor();
    rt_err_t result = -RT_ENOMEM;

    /* First of all, so that no change is missed. */
    rt_device_control(s->gpu, RT_VIRTIO_GPU_CTRL_ON_DISPLAY, &watch);
    if (cursor != RT_NULL)
    {
        result = rt_device_control(s->gpu, RTGRAPHIC_CTRL_SET_MODE, RT_NULL);
    }
    if (result == RT_EOK)
    {
        result = take_picture(s);
    }
    if (result == RT_EOK)
    {
        result = rt_device_control(s->gpu, VIRTIO_DEVICE_CTRL_CURSOR_SETUP, (void *)cursor);
    }
    rt_free((void *)cursor);
    if (result == RT_EOK)
    {
        s->look.looked_at = rt_tick_get();
        result = show(s);
    }
    if (result == RT_EOK)
    {
        screen_input_open(s, input_ready);
    }
    return result;
}

static int screen_on(void)
{
    rt_device_t gpu = rt_device_find(GPU);
    rt_thread_t thread;
    struct screen *s;
    rt_err_t result;

    if (gpu == RT_NULL || rt_device_open(gpu, RT_DEVICE_OFLAG_RDWR) != RT_EOK)
    {
        rt_kprintf("screen: no " GPU "; `virtio` lists the devices\n");
        return -1;
    }
    s = rt_calloc(1, sizeof(*s));
    thread = s != RT_NULL ? rt_thread_create("screen", run, s, STACK_SIZE, PRIORITY, 10) : RT_NULL;
    if (thread == RT_NULL)
    {
        rt_kprintf("screen: no memory\n");
        rt_free(s);
        rt_device_close(gpu);
        return -1;
    }
    s->gpu = gpu;
    rt_event_recv(&events, ~0u, RT_EVENT_FLAG_OR | RT_EVENT_FLAG_CLEAR, 0, RT_NULL);
    result = prepare(s);
    if (result != RT_EOK)
    {
        rt_kprintf("screen: " GPU " shows nothing, error %d; `virtio info " GPU "` tells more\n", (int)result);
        rt_thread_delete(thread);
        free_screen(s);
        return -1;
    }
    failure = RT_EOK;
    screen = s;
    rt_thread_startup(thread);
    return 0;
}

static int screen_off(void)
{
    struct screen *s = screen;

    if (failure == RT_EOK)
    {
        rt_event_send(&events, EVENT_STOP);
    }
    if (rt_sem_take(&done, rt_tick_from_millisecond(STOP_SECONDS * 1000)) != RT_EOK)
    {
        rt_kprintf("screen: its thread still waits for " GPU "; try again\n");
        return -1;
    }
    if (failure == RT_EOK)
    {
        clear(s);
    }
    screen = RT_NULL;
    free_screen(s);
    return 0;
}

static int say_what_is(void)
{
    if (screen == RT_NULL)
    {
        rt_kprintf("screen: off\n");
        return 0;
    }
    rt_kprintf("screen: %d by %d, %u frames and %u updates a second\n", screen->draw.width, screen->draw.height,
               screen->frames, screen->updates);
    return 0;
}

static int command(int argc, char **argv)
{
    rt_bool_t on = argc == 2 && rt_strcmp(argv[1], "on") == 0;
    int result;

    if (argc > 2 || (argc == 2 && !on && rt_strcmp(argv[1], "off") != 0))
    {
        rt_kprintf("usage: screen          is it on?\n"
                   "       screen on|off   show the devices, paint and type on " GPU "\n");
        return -1;
    }
    rt_mutex_take(&lock, RT_WAITING_FOREVER);
    if (screen != RT_NULL && failure != RT_EOK)
    {
        screen_off(); /* it has ended by itself */
    }
    if (argc == 1)
    {
        result = say_what_is();
    }
    else
    {
        result = on == (screen != RT_NULL) ? 0 : on ? screen_on() : screen_off();
    }
    rt_mutex_release(&lock);
    return result;
}
MSH_CMD_EXPORT_ALIAS(command, screen, devices and paint and text on the GPU);

/* Is the word in the kernel's command line? */
static rt_bool_t asked_for(const char *line)
{
    static const char word[] = "screen";
    const rt_size_t length = sizeof(word) - 1;
    rt_size_t i;

    for (i = 0; line[i] != '\0'; i++)
    {
        if ((i == 0 || line[i - 1] == ' ') && rt_strncmp(line + i, word, length) == 0 &&
            (line[i + length] == ' ' || line[i + length] == '\0'))
        {
            return RT_TRUE;
        }
    }
    return RT_FALSE;
}

static int screen_init(void)
{
    rt_mutex_init(&lock, "screen", RT_IPC_FLAG_PRIO);
    rt_event_init(&events, "screen", RT_IPC_FLAG_FIFO);
    rt_sem_init(&done, "screen", 0, RT_IPC_FLAG_FIFO);
    if (asked_for(rt_hw_bootargs()) && rt_device_find(GPU) != RT_NULL)
    {
        screen_on();
    }
    return 0;
}
INIT_APP_EXPORT(screen_init);

#endif /* RT_USING_VIRTIO_GPU */
