/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command `gpu`: a display of a GPU, as an application uses it.
 */
#include "rt_virtio_gpu.h"

#if defined(RT_USING_VIRTIO_SHELL) && defined(RT_USING_VIRTIO_GPU)

#include <finsh.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX  RT_VIRTIO_NAME("virtio-gpu", "vgpu")
#define FIRST   PREFIX "0"
#define CHECKER 16
#define BYTES   4

static const struct
{
    const char *name;
    rt_uint8_t format;
    rt_uint8_t at[4]; /* where red, green, blue and alpha are in a pixel */
} formats[] = {
    {"rgb888", RTGRAPHIC_PIXEL_FORMAT_RGB888, {0, 1, 2, 3}},
    {"bgr888", RT_VIRTIO_FORMAT_BGR888, {2, 1, 0, 3}},
    {"argb888", RTGRAPHIC_PIXEL_FORMAT_ARGB888, {1, 2, 3, 0}},
    {"abgr888", RTGRAPHIC_PIXEL_FORMAT_ABGR888, {3, 2, 1, 0}},
    {"rgb565", RTGRAPHIC_PIXEL_FORMAT_RGB565, {0, 0, 0, 0}}, /* its bytes have parts of several */
    {"rgb666", RTGRAPHIC_PIXEL_FORMAT_RGB666, {0, 0, 0, 0}}, /* which is refused */
};

static int usage(void)
{
    rt_kputs(
        "usage: gpu info [NAME]                 displays, and the frame buffer. NAME: virtio-gpu0 if none is given\n"
        "       gpu test [NAME] PATTERN         draw: bars, gradient, checker, lines, bytes; rect: a part of the "
        "gradient\n"
        "       gpu test [NAME] threads [OTHER] several draw it, there too, and the device is reset meanwhile\n"
        "       gpu mode [NAME] [W H]           another size, or the display's\n"
        "       gpu format [NAME] FORMAT        rgb888, bgr888, argb888, abgr888, rgb565\n"
        "       gpu update [NAME] [X Y W H]     show what was drawn\n"
        "       gpu update [NAME] critical      the same with the scheduler locked\n"
        "       gpu watch [NAME] on|off         say when a display changes\n"
        "       gpu pan [NAME] BUFFER           show another buffer\n"
        "       gpu power [NAME] on|off\n"
        "       gpu primary [NAME]              what draws by functions draws there\n"
        "       gpu cursor [NAME] X Y           show a cursor there; gpu cursor [NAME] off\n");
    return -1;
}

static const char *name_of(rt_device_t dev)
{
    return ((struct rt_virtio_gpu_screen *)dev)->name;
}

static unsigned int index_of(rt_uint8_t format)
{
    unsigned int i = 0;

    while (i < RT_ARRAY_SIZE(formats) - 1 && formats[i].format != format)
    {
        i++;
    }
    return i;
}

/* 4 bytes, or 2. */
static void colour(char *pixel, rt_uint8_t format, int red, int green, int blue)
{
    const rt_uint8_t *at = formats[index_of(format)].at;
    rt_uint16_t packed = (rt_uint16_t)((red >> 3) << 11 | (green >> 2) << 5 | blue >> 3);

    if (format == RTGRAPHIC_PIXEL_FORMAT_RGB565)
    {
        memcpy(pixel, &packed, sizeof(packed));
        return;
    }
    pixel[at[0]] = (char)red;
    pixel[at[1]] = (char)green;
    pixel[at[2]] = (char)blue;
    pixel[at[3]] = (char)0xff;
}

/* --- Patterns. The width and height are int, so that there is something outside --- */

static void bars(const struct rt_device_graphic_ops *ops, const struct rt_device_graphic_info *info)
{
    char pixel[BYTES];
    int x;
    int i;

    for (x = 0; x < info->width; x++)
    {
        i = x * 8 / info->width;
        colour(pixel, info->pixel_format, (i & 1) * 255, (i >> 1 & 1) * 255, (i >> 2) * 255);
        ops->draw_vline(pixel, x, 0, info->height - 1);
    }
}

/* Some of its lines. */
static void gradient(const struct rt_device_graphic_info *info, int y, int end)
{
    int x;

    for (; y < end; y++)
    {
        for (x = 0; x < info->width; x++)
        {
            colour((char *)info->framebuffer + (rt_size_t)y * info->pitch + (rt_size_t)x * info->bits_per_pixel / 8,
                   info->pixel_format, x & 255, y & 255, (x + y) / 2 & 255);
        }
    }
}

static void checker(const struct rt_device_graphic_ops *ops, const struct rt_device_graphic_info *info)
{
    char squares[4 * CHECKER * BYTES];
    int bytes = info->bits_per_pixel / 8;
    char *from;
    int x;
    int y;

    for (x = 0; x < 4 * CHECKER; x++)
    {
        colour(squares + x * bytes, info->pixel_format, x / CHECKER % 2 == 0 ? 255 : 32,
               x / CHECKER % 2 == 0 ? 255 : 64, x / CHECKER % 2 == 0 ? 255 : 128);
    }
    for (y = 0; y < info->height; y++)
    {
        from = squares + y / CHECKER % 2 * CHECKER * bytes;
        for (x = 0; x < info->width; x += 2 * CHECKER)
        {
            ops->blit_line(from, x, y, 2 * CHECKER);
        }
    }
}

/* Ends that are outside, or in the other order. */
static void lines(const struct rt_device_graphic_ops *ops, const struct rt_device_graphic_info *info)
{
    int right = info->width - 1;
    int bottom = info->height - 1;
    char white[BYTES];
    char red[BYTES];
    char read[BYTES];

    memset(info->framebuffer, 0, (rt_size_t)info->pitch * info->height);
    colour(white, info->pixel_format, 255, 255, 255);
    colour(red, info->pixel_format, 255, 0, 0);
    ops->draw_hline(white, -10, right + 10, 0);
    ops->draw_hline(white, right, 0, bottom);
    ops->draw_vline(white, 0, bottom + 10, -10);
    ops->draw_vline(white, right, 0, bottom);
    ops->draw_hline(red, 9, 5, 5);
    ops->draw_vline(red, 5, 9, 7);
    ops->set_pixel(red, 20, 20);
    ops->get_pixel(read, 20, 20);
    ops->set_pixel(read, 22, 20);
    ops->set_pixel(red, -1, 1);
    ops->set_pixel(red, right + 1, bottom);
    ops->set_pixel(red, 1, bottom + 1);
    ops->draw_hline(red, 0, right, -1);
    ops->draw_hline(red, 0, right, bottom + 1);
    ops->draw_vline(red, right + 1, 0, bottom);
    ops->draw_hline(red, right + 1, right + 10, 10);
    ops->blit_line(red, -1, 30, 1);
    ops->blit_line(white, right + 1, 30, 1);
}

/* --- Several threads, and resets, at once: every line of the gradient is drawn and updated on its own --- */

#define THREADS 4
#define RESETS  5

struct share
{
    rt_device_t dev;
    struct rt_device_graphic_info info;
    int first;
    int result;
    struct rt_semaphore *done;
};

static void draw_share(void *parameter)
{
    struct share *share = parameter;
    struct rt_device_rect_info rect = {0, 0, share->info.width, 1};
    int y;

    for (y = share->first; y < share->info.height && share->result == RT_EOK; y += THREADS)
    {
        gradient(&share->info, y, y + 1);
        rect.y = (rt_uint16_t)y;
        share->result = rt_device_control(share->dev, RTGRAPHIC_CTRL_RECT_UPDATE, &rect);
    }
    rt_sem_release(share->done);
}

/* On two displays at once, or on one: `other` is RT_NULL. */
static int threads(rt_device_t dev, rt_device_t other)
{
    struct rt_virtio_device *device = &((struct rt_virtio_gpu_screen *)dev)->gpu->device;
    int count = other != RT_NULL ? 2 * THREADS : THREADS;
    struct share shares[2 * THREADS];
    struct rt_semaphore done;
    rt_thread_t thread;
    int result = RT_EOK;
    int resets = 0;
    int i;

    rt_sem_init(&done, "gpu", 0, RT_IPC_FLAG_FIFO);
    for (i = 0; i < count; i++)
    {
        shares[i].dev = i < THREADS ? dev : other;
        shares[i].first = i % THREADS;
        shares[i].done = &done;
        shares[i].result = rt_device_control(shares[i].dev, RTGRAPHIC_CTRL_GET_INFO, &shares[i].info);
        thread = shares[i].result == RT_EOK
                     ? rt_thread_create("gpu", draw_share, &shares[i], 4096, RT_THREAD_PRIORITY_MAX * 3 / 4, 5)
                     : RT_NULL;
        if (thread == RT_NULL || rt_thread_startup(thread) != RT_EOK)
        {
            shares[i].result = shares[i].result == RT_EOK ? -RT_ENOMEM : shares[i].result;
            rt_sem_release(&done);
        }
    }
    for (i = 0; i < count;)
    {
        if (rt_sem_take(&done, rt_tick_from_millisecond(10)) == RT_EOK)
        {
            i++;
        }
        else if (resets++ < RESETS)
        {
            device->class->recover(device, RT_FALSE);
        }
    }
    for (i = 0; i < count; i++)
    {
        result = result == RT_EOK ? shares[i].result : result;
    }
    rt_sem_detach(&done);
    return result;
}

/* By reading and writing: the first pixel, and what there is of more than the last one, which stays as it was. */
static int bytes(rt_device_t dev, const struct rt_device_graphic_info *info)
{
    rt_virtio_size_t size = info->bits_per_pixel / 8;
    rt_off_t last = (rt_off_t)info->smem_len - info->bits_per_pixel / 8;
    char white[4 * BYTES] = {0};
    char before[4 * BYTES] = {0};
    char after[4 * BYTES] = {0};
    rt_bool_t right;

    colour(white, info->pixel_format, 255, 255, 255);
    right = rt_device_write(dev, 0, white, size) == size;
    right = right && rt_device_read(dev, last, before, sizeof(before)) == size;
    right = right && rt_device_write(dev, last, white, sizeof(white)) == size;
    right = right && rt_device_read(dev, last, after, sizeof(after)) == size;
    right = right && memcmp(after, white, sizeof(after)) == 0;
    right = right && rt_device_write(dev, last, before, size) == size;
    right = right && rt_device_read(dev, last + (rt_off_t)size, after, size) == 0;
    right = right && rt_device_write(dev, last + (rt_off_t)size, white, size) == 0;
    right = right && rt_device_write(dev, -1, white, size) == 0;
    return right ? RT_EOK : -RT_ERROR;
}

static int test(rt_device_t dev, const char *pattern)
{
    static struct rt_device_rect_info part = {37, 53, 101, 67};
    const struct rt_device_graphic_ops *ops = dev->user_data; /* rt_graphix_ops(), where it is for any device */
    struct rt_device_rect_info *rect = RT_NULL;
    struct rt_device_graphic_info info;
    int result = rt_device_control(dev, RTGRAPHIC_CTRL_GET_INFO, &info);

    if (result != RT_EOK)
    {
        return result;
    }
    if (rt_strcmp(pattern, "bars") == 0)
    {
        bars(ops, &info);
    }
    else if (rt_strcmp(pattern, "gradient") == 0)
    {
        gradient(&info, 0, info.height);
    }
    else if (rt_strcmp(pattern, "checker") == 0)
    {
        checker(ops, &info);
    }
    else if (rt_strcmp(pattern, "lines") == 0)
    {
        lines(ops, &info);
    }
    else if (rt_strcmp(pattern, "rect") == 0)
    {
        gradient(&info, 0, info.height);
        rect = &part;
    }
    else if (rt_strcmp(pattern, "bytes") == 0)
    {
        result = bytes(dev, &info);
        if (result != RT_EOK)
        {
            return result;
        }
    }
    else
    {
        return 1;
    }
    return rt_device_control(dev, RTGRAPHIC_CTRL_RECT_UPDATE, rect);
}

/* --- The rest --- */

/* From a place where nobody can sleep. */
static int update_critical(rt_device_t dev)
{
    int result;

    rt_enter_critical();
    result = rt_device_control(dev, RTGRAPHIC_CTRL_RECT_UPDATE, RT_NULL);
    rt_exit_critical();
    return result;
}

static void say_changed(rt_device_t dev, rt_uint16_t number, void *context)
{
    struct rt_virtio_gpu_display display = {.number = number};

    (void)context;
    if (rt_device_control(dev, RT_VIRTIO_GPU_CTRL_GET_DISPLAY, &display) == RT_EOK)
    {
        rt_kprintf("%s: display %u is now %u by %u\n", name_of(dev), (unsigned int)number, (unsigned int)display.width,
                   (unsigned int)display.height);
    }
}

static int watch(rt_device_t dev, rt_bool_t on)
{
    struct rt_virtio_gpu_watch watch = {say_changed, RT_NULL};

    return rt_device_control(dev, RT_VIRTIO_GPU_CTRL_ON_DISPLAY, on ? &watch : RT_NULL);
}

static int show_info(rt_device_t dev)
{
    struct rt_virtio_gpu_screen *screen = (struct rt_virtio_gpu_screen *)dev;
    struct rt_virtio_gpu_display display = {0};
    struct rt_virtio_gpu_picture *picture;
    struct rt_device_graphic_info info;
    rt_bool_t blob = RT_FALSE;
    rt_uint32_t status = 0;
    int result = rt_device_control(dev, RTGRAPHIC_CTRL_GET_INFO, &info);

    if (result != RT_EOK)
    {
        return result;
    }
    rt_device_control(dev, RTGRAPHIC_CTRL_GET_STATUS, &status);
    picture = rt_virtio_gpu_get(screen, RT_NULL);
    if (picture != RT_NULL)
    {
        blob = picture->resource.blob;
        rt_virtio_gpu_put(screen, picture);
    }
    rt_kprintf("%s: %u by %u, %s, %u bits a pixel, %u bytes a line, %lu bytes, %s, %s\n", name_of(dev),
               (unsigned int)info.width, (unsigned int)info.height, formats[index_of(info.pixel_format)].name,
               (unsigned int)info.bits_per_pixel, (unsigned int)info.pitch, (unsigned long)info.smem_len,
               status != 0 ? "on" : "off", blob ? "blob" : "copied by updates");
    for (; rt_device_control(dev, RT_VIRTIO_GPU_CTRL_GET_DISPLAY, &display) == RT_EOK; display.number++)
    {
        if (!display.connected)
        {
            rt_kprintf("display %u: none\n", (unsigned int)display.number);
        }
        else
        {
            rt_kprintf("display %u: %u by %u%s, edid %s \"%s\" %u by %u at %u Hz, %u by %u mm\n",
                       (unsigned int)display.number, (unsigned int)display.width, (unsigned int)display.height,
                       display.shown ? ", in use" : "", display.manufacturer, display.name,
                       (unsigned int)display.edid_width, (unsigned int)display.edid_height,
                       (unsigned int)display.refresh, (unsigned int)display.width_mm, (unsigned int)display.height_mm);
        }
    }
    return RT_EOK;
}

/* A green triangle. */
static int cursor(rt_device_t dev, rt_uint32_t x, rt_uint32_t y)
{
    rt_uint32_t position[2] = {x, y};
    struct rt_device_graphic_info info;
    char *image = rt_calloc(1, VIRTIO_GPU_CURSOR_IMG_SIZE);
    int result = image == RT_NULL ? -RT_ENOMEM : rt_device_control(dev, RTGRAPHIC_CTRL_GET_INFO, &info);
    rt_uint8_t format;
    int row;
    int i;

    format = result == RT_EOK && info.bits_per_pixel == 32 ? info.pixel_format : RT_VIRTIO_FORMAT_BGR888;
    for (row = 0; result == RT_EOK && row < VIRTIO_GPU_CURSOR_HEIGHT / 2; row++)
    {
        for (i = 0; i <= row; i++)
        {
            colour(image + (row * VIRTIO_GPU_CURSOR_WIDTH + i) * BYTES, format, 0, 255, 0);
        }
    }
    if (result == RT_EOK)
    {
        result = rt_device_control(dev, VIRTIO_DEVICE_CTRL_CURSOR_SETUP, image);
    }
    rt_free(image);
    return result != RT_EOK ? result : rt_device_control(dev, VIRTIO_DEVICE_CTRL_CURSOR_MOVE, position);
}

static int set_format(rt_device_t dev, const char *name)
{
    unsigned int i;

    for (i = 0; i < RT_ARRAY_SIZE(formats); i++)
    {
        if (rt_strcmp(formats[i].name, name) == 0)
        {
            return rt_device_control(dev, VIRTIO_DEVICE_CTRL_GPU_CREATE_2D, (void *)(rt_ubase_t)formats[i].format);
        }
    }
    return 1;
}

static rt_device_t find(const char *name)
{
    return rt_strncmp(name, PREFIX, sizeof(PREFIX) - 1) == 0 ? rt_device_find(name) : RT_NULL;
}

/* RT-Thread's error, or 1 for bad usage. */
static int run(rt_device_t dev, int argc, char **argv)
{
    struct rt_device_rect_info rect = {0, 0, 0, 0};
    const char *what = argv[1];
    rt_uint32_t number;
    rt_device_t other;

    if (rt_strcmp(what, "info") == 0 && argc == 2)
    {
        return show_info(dev);
    }
    if (rt_strcmp(what, "test") == 0 && argc == 3)
    {
        return rt_strcmp(argv[2], "threads") == 0 ? threads(dev, RT_NULL) : test(dev, argv[2]);
    }
    if (rt_strcmp(what, "test") == 0 && argc == 4 && rt_strcmp(argv[2], "threads") == 0)
    {
        other = find(argv[3]);
        return other == RT_NULL ? 1 : threads(dev, other);
    }
    if (rt_strcmp(what, "primary") == 0 && argc == 2)
    {
        return rt_device_control(dev, VIRTIO_DEVICE_CTRL_GPU_SET_PRIMARY, RT_NULL);
    }
    if (rt_strcmp(what, "mode") == 0 && argc == 2)
    {
        return rt_device_control(dev, RTGRAPHIC_CTRL_SET_MODE, RT_NULL);
    }
    if (rt_strcmp(what, "mode") == 0 && argc == 4)
    {
        rect.width = (rt_uint16_t)atoi(argv[2]);
        rect.height = (rt_uint16_t)atoi(argv[3]);
        return rt_device_control(dev, RTGRAPHIC_CTRL_SET_MODE, &rect);
    }
    if (rt_strcmp(what, "format") == 0 && argc == 3)
    {
        return set_format(dev, argv[2]);
    }
    if (rt_strcmp(what, "update") == 0 && argc == 2)
    {
        return rt_device_control(dev, RTGRAPHIC_CTRL_RECT_UPDATE, RT_NULL);
    }
    if (rt_strcmp(what, "update") == 0 && argc == 6)
    {
        rect.x = (rt_uint16_t)atoi(argv[2]);
        rect.y = (rt_uint16_t)atoi(argv[3]);
        rect.width = (rt_uint16_t)atoi(argv[4]);
        rect.height = (rt_uint16_t)atoi(argv[5]);
        return rt_device_control(dev, RTGRAPHIC_CTRL_RECT_UPDATE, &rect);
    }
    if (rt_strcmp(what, "update") == 0 && argc == 3 && rt_strcmp(argv[2], "critical") == 0)
    {
        return update_critical(dev);
    }
    if (rt_strcmp(what, "watch") == 0 && argc == 3)
    {
        return watch(dev, rt_strcmp(argv[2], "on") == 0);
    }
    if (rt_strcmp(what, "pan") == 0 && argc == 3)
    {
        number = (rt_uint32_t)atoi(argv[2]);
        return rt_device_control(dev, RTGRAPHIC_CTRL_PAN_DISPLAY, &number);
    }
    if (rt_strcmp(what, "power") == 0 && argc == 3)
    {
        return rt_device_control(dev, rt_strcmp(argv[2], "on") == 0 ? RTGRAPHIC_CTRL_POWERON : RTGRAPHIC_CTRL_POWEROFF,
                                 RT_NULL);
    }
    if (rt_strcmp(what, "cursor") == 0 && argc == 3)
    {
        return rt_device_control(dev, VIRTIO_DEVICE_CTRL_CURSOR_SETUP, RT_NULL);
    }
    if (rt_strcmp(what, "cursor") == 0 && argc == 4)
    {
        return cursor(dev, (rt_uint32_t)atoi(argv[2]), (rt_uint32_t)atoi(argv[3]));
    }
    return 1;
}

static int gpu(int argc, char **argv)
{
    const char *name = FIRST;
    rt_device_t dev;
    int result;

    if (argc < 2)
    {
        return usage();
    }
    if (argc > 2 && rt_strncmp(argv[2], PREFIX, sizeof(PREFIX) - 1) == 0)
    {
        name = argv[2];
        argv[2] = argv[1]; /* as if there were no name */
        argv++;
        argc--;
    }
    dev = find(name);
    if (dev == RT_NULL || rt_device_open(dev, RT_DEVICE_OFLAG_RDWR) != RT_EOK)
    {
        rt_kprintf("gpu: no %s; `virtio` lists the devices\n", name);
        return -1;
    }
    result = run(dev, argc, argv);
    rt_device_close(dev);
    if (result == 1)
    {
        return usage();
    }
    if (result != RT_EOK)
    {
        rt_kprintf("gpu: %s: %s (error %d)\n", name,
                   result == -RT_ENOSYS     ? "the device cannot do that"
                   : result == -RT_EINVAL   ? "that makes no sense to it"
                   : result == -RT_ENOMEM   ? "no memory; a smaller mode may fit"
                   : result == -RT_ETIMEOUT ? "no answer, it was reset; try again"
                   : result == -RT_EBUSY    ? "the GPU's first device has that display, or its mode is being changed"
                                            : "it failed",
                   result);
        return -1;
    }
    return 0;
}
MSH_CMD_EXPORT(gpu, a display of a GPU : info or test or mode or format or update or watch or pan or power or cursor);

#endif
