/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command `input`: use an input device, through RT-Thread's device interface only.
 */
#include "rt_virtio.h"

#if defined(RT_USING_VIRTIO_SHELL) && defined(RT_USING_VIRTIO_INPUT)

#include <finsh.h>
#include <stdlib.h>
#include <string.h>

#include <virtio_input.h>

#define DEFAULT_SECONDS 10

static struct rt_semaphore arrived;

static const char *const type_names[EV_CNT] = {
    [EV_SYN] = "SYN", [EV_KEY] = "KEY", [EV_REL] = "REL", [EV_ABS] = "ABS", [EV_MSC] = "MSC",
    [EV_SW] = "SW",   [EV_LED] = "LED", [EV_SND] = "SND", [EV_REP] = "REP", [EV_FF] = "FF",
};

/* A few codes by name; for others the number says as much. */
static const struct
{
    rt_uint16_t type;
    rt_uint16_t code;
    const char *name;
} code_names[] = {
    {EV_SYN, SYN_REPORT, "SYN_REPORT"}, {EV_SYN, SYN_DROPPED, "SYN_DROPPED"},
    {EV_KEY, KEY_A, "KEY_A"},           {EV_KEY, KEY_B, "KEY_B"},
    {EV_KEY, KEY_C, "KEY_C"},           {EV_KEY, KEY_SPACE, "KEY_SPACE"},
    {EV_KEY, KEY_ENTER, "KEY_ENTER"},   {EV_KEY, KEY_ESC, "KEY_ESC"},
    {EV_KEY, KEY_UP, "KEY_UP"},         {EV_KEY, KEY_DOWN, "KEY_DOWN"},
    {EV_KEY, KEY_LEFT, "KEY_LEFT"},     {EV_KEY, KEY_RIGHT, "KEY_RIGHT"},
    {EV_KEY, BTN_LEFT, "BTN_LEFT"},     {EV_KEY, BTN_RIGHT, "BTN_RIGHT"},
    {EV_KEY, BTN_MIDDLE, "BTN_MIDDLE"}, {EV_KEY, BTN_TOUCH, "BTN_TOUCH"},
    {EV_REL, REL_X, "REL_X"},           {EV_REL, REL_Y, "REL_Y"},
    {EV_REL, REL_WHEEL, "REL_WHEEL"},   {EV_ABS, ABS_X, "ABS_X"},
    {EV_ABS, ABS_Y, "ABS_Y"},
};

static const char *type_name(rt_uint16_t type)
{
    return type < EV_CNT && type_names[type] != RT_NULL ? type_names[type] : "?";
}

static const char *code_name(rt_uint16_t type, rt_uint16_t code)
{
    unsigned int i;

    for (i = 0; i < sizeof(code_names) / sizeof(code_names[0]); i++)
    {
        if (code_names[i].type == type && code_names[i].code == code)
        {
            return code_names[i].name;
        }
    }
    return "";
}

/* --- What devices there are --- */

static void print_ids(rt_device_t dev)
{
    struct virtio_input_devids ids = {0, 0, 0, 0};
    enum virtio_input_kind kind = VIRTIO_INPUT_KIND_OTHER;
    char name[RT_VIRTIO_INPUT_NAME_BYTES];
    char serial[RT_VIRTIO_INPUT_NAME_BYTES];

    rt_device_control(dev, RT_VIRTIO_INPUT_CTRL_GET_KIND, &kind);
    rt_device_control(dev, RT_VIRTIO_INPUT_CTRL_GET_IDS, &ids);
    rt_device_control(dev, RT_VIRTIO_INPUT_CTRL_GET_NAME, name);
    rt_device_control(dev, RT_VIRTIO_INPUT_CTRL_GET_SERIAL, serial);
    rt_kprintf("%-11s %04x:%04x:%04x:%04x \"%s\" \"%s\"\n", virtio_input_kind_name(kind), (unsigned int)ids.bustype,
               (unsigned int)ids.vendor, (unsigned int)ids.product, (unsigned int)ids.version, name, serial);
}

static int list(void)
{
    struct rt_virtio_device *device;
    rt_device_t dev;

    rt_virtio_hold_list();
    for (device = rt_virtio_first(); device != RT_NULL; device = device->next)
    {
        dev = device->core.id == VIRTIO_ID_INPUT ? rt_device_find(device->name) : RT_NULL;
        if (dev != RT_NULL)
        {
            rt_kprintf("%-14s ", device->name);
            print_ids(dev);
        }
    }
    rt_virtio_release_list();
    return 0;
}

static void print_words(const char *title, const rt_ubase_t *words, unsigned int bits)
{
    unsigned int i = BITS_TO_LONGS(bits);

    rt_kprintf("%s:", title);
    while (i > 1 && words[i - 1] == 0)
    {
        i--; /* the highest first, without leading zeros */
    }
    while (i-- > 0)
    {
        rt_kprintf(" %08lx", (unsigned long)words[i]);
    }
    rt_kprintf("\n");
}

static int info(rt_device_t dev)
{
    static const struct
    {
        int command;
        unsigned int bits;
        const char *name;
    } bitmaps[] = {
        {VIRTIO_DEVICE_CTRL_INPUT_GET_EV_BIT, EV_CNT, "types"},
        {VIRTIO_DEVICE_CTRL_INPUT_GET_KEY_BIT, KEY_CNT, "keys"},
        {VIRTIO_DEVICE_CTRL_INPUT_GET_REL_BIT, REL_CNT, "rel"},
        {VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_BIT, ABS_CNT, "abs"},
        {RT_VIRTIO_INPUT_CTRL_GET_PROPERTIES, INPUT_PROP_CNT, "properties"},
    };
    static const char *const types[] = {"keyboard", "mouse", "tablet"};
    rt_ubase_t words[BITS_TO_LONGS(KEY_CNT)];
    struct virtio_input_config config;
    enum virtio_input_type type = VIRTIO_INPUT_TYPE_KEYBOARD;
    unsigned int i;

    print_ids(dev);
    rt_device_control(dev, VIRTIO_DEVICE_CTRL_INPUT_GET_TYPE, &type);
    rt_kprintf("class %s, type %s\n", dev->type == RT_Device_Class_Touch ? "touch" : "miscellaneous", types[type]);
    for (i = 0; i < sizeof(bitmaps) / sizeof(bitmaps[0]); i++)
    {
        memset(words, 0xff, sizeof(words)); /* nothing of it may stay */
        rt_device_control(dev, bitmaps[i].command, words);
        print_words(bitmaps[i].name, words, bitmaps[i].bits);
    }
    config.subsel = EV_LED;
    if (rt_device_control(dev, RT_VIRTIO_INPUT_CTRL_GET_BITS, &config) == RT_EOK)
    {
        rt_kprintf("leds: %02x\n", (unsigned int)config.bitmap[0]);
    }
    if (rt_device_control(dev, VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_X_INFO, &config) == RT_EOK)
    {
        rt_kprintf("x: %ld to %ld\n", (long)(rt_int32_t)config.abs.min, (long)(rt_int32_t)config.abs.max);
    }
    if (rt_device_control(dev, VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_Y_INFO, &config) == RT_EOK)
    {
        rt_kprintf("y: %ld to %ld\n", (long)(rt_int32_t)config.abs.min, (long)(rt_int32_t)config.abs.max);
    }
    return 0;
}

/* --- Events --- */

/* What was seen, and how much of it is printed. */
struct tally
{
    rt_bool_t quiet;
    rt_uint32_t events;
    rt_uint32_t frames;
    rt_uint32_t markers;
};

static struct tally tally;

static void see(rt_uint16_t type, rt_uint16_t code, rt_uint32_t value)
{
    tally.events++;
    tally.frames += type == EV_SYN && code == SYN_REPORT;
    tally.markers += type == EV_SYN && code == SYN_DROPPED;
    if (!tally.quiet)
    {
        rt_kprintf("%s %u %ld %s\n", type_name(type), (unsigned int)code, (long)(rt_int32_t)value,
                   code_name(type, code));
    }
}

static rt_err_t indicate(rt_device_t dev, rt_size_t size)
{
    (void)dev;
    (void)size;
    return rt_sem_release(&arrived);
}

static void read_all(rt_device_t dev)
{
    struct virtio_input_event events[RT_VIRTIO_INPUT_FRAME_MAX];
    rt_virtio_size_t size;
    unsigned int i;

    while ((size = rt_device_read(dev, 0, events, sizeof(events))) > 0)
    {
        for (i = 0; i < size / sizeof(events[0]); i++)
        {
            see(events[i].type, events[i].code, events[i].value);
        }
    }
}

/* Events with the time since the first. */
static void read_timed(rt_device_t dev)
{
    static struct virtio_input_timed_event events[RT_VIRTIO_INPUT_FRAME_MAX];
    static rt_uint64_t first;
    struct rt_virtio_input_timed_read request = {events, RT_VIRTIO_INPUT_FRAME_MAX};
    rt_size_t i;

    while (rt_device_control(dev, RT_VIRTIO_INPUT_CTRL_READ_TIMED, &request) == RT_EOK && request.count > 0)
    {
        for (i = 0; i < request.count; i++)
        {
            first = tally.events == 0 ? events[i].time_us : first;
            rt_kprintf("+%lu us ", (unsigned long)(events[i].time_us - first));
            see(events[i].type, events[i].code, events[i].value);
        }
        request.count = RT_VIRTIO_INPUT_FRAME_MAX;
    }
}

static void handle(struct virtio_input_event event)
{
    see(event.type, event.code, event.value);
}

static void handle_quietly(rt_device_t dev, const struct virtio_input_timed_event *event, void *context)
{
    struct tally *of = context;

    (void)dev;
    of->events++;
    of->frames += event->type == EV_SYN && event->code == SYN_REPORT;
    of->markers += event->type == EV_SYN && event->code == SYN_DROPPED;
}

static void wait_and(rt_device_t dev, int seconds, void (*then)(rt_device_t dev))
{
    rt_tick_t end = rt_tick_get() + rt_tick_from_millisecond(seconds * 1000);
    rt_int32_t left;

    rt_sem_init(&arrived, "input", 0, RT_IPC_FLAG_FIFO);
    rt_device_set_rx_indicate(dev, indicate);
    then(dev); /* what came before that */
    while ((left = (rt_int32_t)(end - rt_tick_get())) > 0)
    {
        if (rt_sem_take(&arrived, left) == RT_EOK)
        {
            then(dev);
        }
    }
    rt_device_set_rx_indicate(dev, RT_NULL);
    rt_sem_detach(&arrived);
}

/* How events are taken. */
static int dump(rt_device_t dev, const char *how, int seconds)
{
    struct rt_virtio_input_handler handler = {handle_quietly, &tally};
    rt_bool_t in_interrupt = rt_strcmp(how, "interrupt") == 0;
    rt_bool_t bound = RT_TRUE;
    rt_err_t result;

    if (rt_device_open(dev, RT_DEVICE_FLAG_RDWR | RT_DEVICE_FLAG_INT_RX) != RT_EOK)
    {
        rt_kprintf("input: %s is in use by another\n", dev->parent.name);
        return -1;
    }
    memset(&tally, 0, sizeof(tally));
    tally.quiet = rt_strcmp(how, "count") == 0;
    rt_kprintf("%s: for %d seconds\n", dev->parent.name, seconds);
    if (rt_strcmp(how, "handle") == 0)
    {
        result = rt_device_control(dev, VIRTIO_DEVICE_CTRL_INPUT_BIND_BSCT_HANDLER, (void *)(rt_ubase_t)handle);
    }
    else if (in_interrupt)
    {
        rt_device_control(dev, RT_VIRTIO_INPUT_CTRL_HANDLE_IN_INTERRUPT, &in_interrupt);
        result = rt_device_control(dev, RT_VIRTIO_INPUT_CTRL_BIND_HANDLER, &handler);
    }
    else
    {
        bound = RT_FALSE;
        wait_and(dev, seconds, rt_strcmp(how, "timed") == 0 ? read_timed : read_all);
        result = RT_EOK;
    }
    if (bound && seconds == 0 && result == RT_EOK)
    {
        return 0; /* until `input unbind` */
    }
    rt_thread_mdelay(bound ? seconds * 1000 : 0);
    if (bound && result == RT_EOK)
    {
        result = rt_device_control(dev, VIRTIO_DEVICE_CTRL_INPUT_BIND_BSCT_HANDLER, RT_NULL);
    }
    in_interrupt = RT_FALSE;
    rt_device_control(dev, RT_VIRTIO_INPUT_CTRL_HANDLE_IN_INTERRUPT, &in_interrupt);
    rt_device_close(dev);
    rt_kprintf("%lu events, %lu frames, %lu losses\n", (unsigned long)tally.events, (unsigned long)tally.frames,
               (unsigned long)tally.markers);
    return result == RT_EOK ? 0 : -1;
}

#ifdef RT_USING_TOUCH

static void read_points(rt_device_t dev)
{
    static const char *const changes[] = {"none", "up", "down", "move"};
    struct rt_touch_data points[4];
    rt_virtio_size_t count;
    int i;

    /* Counted in points: RT-Thread's touch class has it so. */
    while ((count = rt_device_read(dev, 0, points, sizeof(points) / sizeof(points[0]))) > 0)
    {
        for (i = 0; i < (int)count; i++)
        {
            tally.events++;
            rt_kprintf("%s %u: %u %u\n", changes[points[i].event & 3], (unsigned int)points[i].track_id,
                       (unsigned int)points[i].x_coordinate, (unsigned int)points[i].y_coordinate);
        }
    }
}

/* Print what happens on a device of the touch class, on a screen of 800 by 600. */
static int touch(const char *name, int seconds)
{
    rt_device_t dev = rt_device_find(name);
    struct rt_touch_info info;
    rt_int32_t width = 800;
    rt_int32_t height = 600;

    if (dev == RT_NULL || rt_device_control(dev, RT_TOUCH_CTRL_GET_INFO, &info) != RT_EOK ||
        rt_device_open(dev, RT_DEVICE_FLAG_INT_RX) != RT_EOK)
    {
        rt_kprintf("input: no touch device %s, or it is in use by another\n", name);
        return -1;
    }
    memset(&tally, 0, sizeof(tally));
    rt_kprintf("%u points, %ld by %ld\n", (unsigned int)info.point_num, (long)info.range_x, (long)info.range_y);
    rt_device_control(dev, RT_TOUCH_CTRL_SET_X_RANGE, &width);
    rt_device_control(dev, RT_TOUCH_CTRL_SET_Y_RANGE, &height);
    rt_kprintf("%s: for %d seconds\n", name, seconds);
    wait_and(dev, seconds, read_points);
    rt_device_control(dev, RT_TOUCH_CTRL_SET_X_RANGE, &info.range_x);
    rt_device_control(dev, RT_TOUCH_CTRL_SET_Y_RANGE, &info.range_y);
    rt_device_close(dev);
    rt_kprintf("%lu events, 0 frames, 0 losses\n", (unsigned long)tally.events);
    return 0;
}

#endif

static int unbind(rt_device_t dev)
{
    rt_err_t result = rt_device_control(dev, VIRTIO_DEVICE_CTRL_INPUT_BIND_BSCT_HANDLER, RT_NULL);

    rt_device_close(dev);
    return result == RT_EOK ? 0 : -1;
}

/* Bit i is LED i. Those that the device does not have are left out. */
static int leds(rt_device_t dev, unsigned long value)
{
    struct virtio_input_event events[LED_CNT + 1];
    struct virtio_input_config config;
    rt_virtio_size_t written;
    rt_size_t count = 0;
    rt_uint16_t i;

    config.subsel = EV_LED;
    if (rt_device_control(dev, RT_VIRTIO_INPUT_CTRL_GET_BITS, &config) != RT_EOK ||
        rt_device_open(dev, RT_DEVICE_FLAG_RDWR) != RT_EOK)
    {
        rt_kprintf("input: %s has no LEDs, or is in use by another\n", dev->parent.name);
        return -1;
    }
    for (i = 0; i < LED_CNT; i++)
    {
        if ((config.bitmap[i / 8] >> i % 8 & 1) != 0)
        {
            events[count].type = EV_LED;
            events[count].code = i;
            events[count++].value = (rt_uint32_t)(value >> i & 1);
        }
    }
    events[count].type = EV_SYN;
    events[count].code = SYN_REPORT;
    events[count++].value = 0;
    written = rt_device_write(dev, 0, events, count * sizeof(events[0]));
    rt_device_close(dev);
    if (written != (rt_virtio_size_t)(count * sizeof(events[0])))
    {
        rt_kprintf("input: %s takes no LEDs\n", dev->parent.name);
        return -1;
    }
    rt_kprintf("%lu LEDs set\n", (unsigned long)(count - 1));
    return 0;
}

static int usage(void)
{
    rt_kputs("usage: input list                    input devices, with their names and serials\n"
             "       input info NAME               what it can send: bitmaps, axes\n"
             "       input dump NAME [SECONDS]     print its events\n"
             "       input timed NAME [SECONDS]    print them with microseconds\n"
             "       input count NAME [SECONDS]    count them\n"
             "       input handle NAME [SECONDS]   print them from a handler in the driver's thread;\n"
             "                                     0: and go on until `input unbind NAME`\n"
             "       input interrupt NAME [SECONDS]   count them in a handler in the interrupt\n"
#ifdef RT_USING_TOUCH
             "       input touch NAME [SECONDS]    print what happens on a device of the touch class (touch0)\n"
#endif
             "       input leds NAME VALUE         set its LEDs: bit 0 Num Lock, 1 Caps Lock, 2 Scroll Lock\n");
    return -1;
}

static int input(int argc, char **argv)
{
    struct rt_virtio_device *device;
    int seconds = argc > 3 ? atoi(argv[3]) : DEFAULT_SECONDS;
    rt_device_t dev;
    rt_size_t i;
    static const char *const takers[] = {"dump", "timed", "count", "handle", "interrupt"};

    if (argc == 2 && rt_strcmp(argv[1], "list") == 0)
    {
        return list();
    }
    if (argc < 3 || argc > 4)
    {
        return usage();
    }
#ifdef RT_USING_TOUCH
    if (rt_strcmp(argv[1], "touch") == 0)
    {
        return touch(argv[2], seconds);
    }
#endif
    device = rt_virtio_find(argv[2]);
    dev = device != RT_NULL && device->core.id == VIRTIO_ID_INPUT ? rt_device_find(argv[2]) : RT_NULL;
    if (dev == RT_NULL)
    {
        rt_kprintf("input: no input device %s; `input list` lists them\n", argv[2]);
        return -1;
    }
    if (rt_strcmp(argv[1], "info") == 0)
    {
        return info(dev);
    }
    if (rt_strcmp(argv[1], "unbind") == 0)
    {
        return unbind(dev);
    }
    if (rt_strcmp(argv[1], "leds") == 0 && argc == 4)
    {
        return leds(dev, strtoul(argv[3], RT_NULL, 0));
    }
    for (i = 0; i < sizeof(takers) / sizeof(takers[0]); i++)
    {
        if (rt_strcmp(argv[1], takers[i]) == 0)
        {
            return dump(dev, argv[1], seconds);
        }
    }
    return usage();
}
MSH_CMD_EXPORT(input, input devices : list or info or dump or timed or count or handle or interrupt or leds);

#endif /* RT_USING_VIRTIO_SHELL && RT_USING_VIRTIO_INPUT */
