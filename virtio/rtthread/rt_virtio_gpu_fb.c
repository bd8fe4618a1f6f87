/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU in RT-Thread: fb0, a frame buffer device as Linux's, which is the first display of the first GPU, or, once that
 * has been removed, of the next that is driven.
 *
 * The structures are written down here, because drivers/lcd.h, which has them in some versions of RT-Thread, is about
 * something else in others, and missing in a third sort.
 */
#include "rt_virtio_gpu.h"

#if defined(RT_USING_VIRTIO_GPU) && defined(RT_VIRTIO_GPU_HAS_FB)

#include <string.h>

/* FBIOGET_VSCREENINFO and so on, whose names are drivers/lcd.h's. */
#define FB0_GET_VAR     0x4600
#define FB0_PUT_VAR     0x4601
#define FB0_GET_FIX     0x4602
#define FB0_PAN         0x4606
#define FB0_BLANK       0x4611
#define FB0_WAIT        0x4620
#define FB0_MAP         0x52540002 /* RT_FIOMMAP2 of DFS */

#define FB0_PACKED      0u
#define FB0_TRUECOLOR   2u
#define FB0_ACTIVATION  15u
#define FB0_ONLY_TEST   2u
#define FB0_UNKNOWN_MM  0xffffffffu
#define FB0_PIXEL_CLOCK 10000u /* picoseconds a pixel; there is no such clock, but some divide by it */

struct fb_channel
{
    rt_uint32_t offset;
    rt_uint32_t length;
    rt_uint32_t msb_right;
};

struct fb_var
{
    rt_uint32_t xres;
    rt_uint32_t yres;
    rt_uint32_t xres_virtual;
    rt_uint32_t yres_virtual;
    rt_uint32_t xoffset;
    rt_uint32_t yoffset;
    rt_uint32_t bits_per_pixel;
    rt_uint32_t grayscale;
    struct fb_channel red;
    struct fb_channel green;
    struct fb_channel blue;
    struct fb_channel transp;
    rt_uint32_t nonstd;
    rt_uint32_t activate;
    rt_uint32_t height; /* mm */
    rt_uint32_t width;
    rt_uint32_t accel_flags;
    rt_uint32_t pixclock;
    rt_uint32_t timing[6];
    rt_uint32_t sync;
    rt_uint32_t vmode;
    rt_uint32_t rotate;
    rt_uint32_t colorspace;
    rt_uint32_t reserved[4];
};

struct fb_fix
{
    char id[16];
    rt_ubase_t smem_start; /* physical */
    rt_uint32_t smem_len;
    rt_uint32_t type;
    rt_uint32_t type_aux;
    rt_uint32_t visual;
    rt_uint16_t xpanstep;
    rt_uint16_t ypanstep;
    rt_uint16_t ywrapstep;
    rt_uint32_t line_length;
    rt_ubase_t mmio_start;
    rt_uint32_t mmio_len;
    rt_uint32_t accel;
    rt_uint16_t capabilities;
    rt_uint16_t reserved[2];
};

typedef char fb_var_is_160_bytes[sizeof(struct fb_var) == 160 ? 1 : -1];

/* Where the colours are in a pixel, as a number in little-endian order. */
static const struct
{
    rt_uint8_t format; /* RTGRAPHIC_PIXEL_FORMAT_... of <virtio_gpu.h> */
    rt_uint8_t bits;
    struct fb_channel red, green, blue, transp;
} formats[] = {
    /* The first that fits is the one that is meant by who only says how many bits. */
    {RTGRAPHIC_PIXEL_FORMAT_BGR888, 32, {16, 8, 0}, {8, 8, 0}, {0, 8, 0}, {24, 0, 0}},
    {RTGRAPHIC_PIXEL_FORMAT_RGB888, 32, {0, 8, 0}, {8, 8, 0}, {16, 8, 0}, {24, 0, 0}},
    {RTGRAPHIC_PIXEL_FORMAT_ARGB888, 32, {8, 8, 0}, {16, 8, 0}, {24, 8, 0}, {0, 8, 0}},
    {RTGRAPHIC_PIXEL_FORMAT_ABGR888, 32, {24, 8, 0}, {16, 8, 0}, {8, 8, 0}, {0, 8, 0}},
    {RTGRAPHIC_PIXEL_FORMAT_RGB565, 16, {11, 5, 0}, {5, 6, 0}, {0, 5, 0}, {0, 0, 0}},
};

static struct fb
{
    struct rt_device parent; /* first: RT-Thread's */
    struct rt_virtio_gpu_screen *screen;
} fb;

static rt_bool_t in_time; /* fb_init() was called */

/* --- What there is --- */

static void describe_format(int format, struct fb_var *var)
{
    unsigned int i;

    for (i = 0; i < RT_ARRAY_SIZE(formats); i++)
    {
        if (formats[i].format == format)
        {
            var->bits_per_pixel = formats[i].bits;
            var->red = formats[i].red;
            var->green = formats[i].green;
            var->blue = formats[i].blue;
            var->transp = formats[i].transp;
        }
    }
}

static void describe_display(struct rt_virtio_gpu_screen *screen, struct fb_var *var)
{
    const struct virtio_gpu_edid *edid = &screen->gpu->engine.scanouts[screen->scanout].edid;
    rt_base_t level = rt_virtio_lock(&screen->gpu->lock);

    var->width = edid->width_mm != 0 ? edid->width_mm : FB0_UNKNOWN_MM;
    var->height = edid->height_mm != 0 ? edid->height_mm : FB0_UNKNOWN_MM;
    rt_virtio_unlock(&screen->gpu->lock, level);
}

/* The picture, made if need be; rt_virtio_gpu_put() is owed if it is not NULL. */
static struct rt_virtio_gpu_picture *picture_of(struct rt_virtio_gpu_screen *screen, rt_uint32_t *buffer,
                                                rt_err_t *result)
{
    *result = rt_virtio_gpu_make(screen, 0, 0, 0);
    return *result == RT_EOK ? rt_virtio_gpu_get(screen, buffer) : RT_NULL;
}

static rt_err_t get_var(struct rt_virtio_gpu_screen *screen, struct fb_var *var)
{
    rt_uint32_t buffer;
    rt_err_t result;
    struct rt_virtio_gpu_picture *picture = picture_of(screen, &buffer, &result);

    if (picture == RT_NULL)
    {
        return result;
    }
    memset(var, 0, sizeof(*var));
    var->xres = picture->width;
    var->yres = picture->height;
    var->xres_virtual = picture->width;
    var->yres_virtual = picture->height * RT_VIRTIO_GPU_BUFFERS;
    var->yoffset = picture->height * buffer;
    var->pixclock = FB0_PIXEL_CLOCK;
    describe_format(picture->format, var);
    rt_virtio_gpu_put(screen, picture);
    describe_display(screen, var);
    return RT_EOK;
}

static rt_err_t get_fix(struct rt_virtio_gpu_screen *screen, struct fb_fix *fix)
{
    rt_err_t result;
    struct rt_virtio_gpu_picture *picture = picture_of(screen, RT_NULL, &result);

    if (picture == RT_NULL)
    {
        return result;
    }
    memset(fix, 0, sizeof(*fix));
    rt_strncpy(fix->id, screen->name, sizeof(fix->id) - 1);
    if (picture->pixels == picture->memory)
    {
        fix->smem_start = (rt_ubase_t)picture->piece.address; /* else it is not what mmap() could map */
    }
    fix->smem_len = (rt_uint32_t)picture->bytes;
    fix->type = FB0_PACKED;
    fix->visual = FB0_TRUECOLOR;
    fix->ypanstep = RT_VIRTIO_GPU_BUFFERS > 1 ? (rt_uint16_t)picture->height : 0;
    fix->line_length = picture->width * picture->pixel_bytes;
    rt_virtio_gpu_put(screen, picture);
    return RT_EOK;
}

/* --- Changing it --- */

/* The format that is asked for, or 0. */
static int format_of(const struct fb_var *var)
{
    rt_bool_t unsaid = var->red.length == 0 && var->green.length == 0 && var->blue.length == 0;
    unsigned int i;

    for (i = 0; i < RT_ARRAY_SIZE(formats); i++)
    {
        if (formats[i].bits == var->bits_per_pixel &&
            (unsaid || (formats[i].red.offset == var->red.offset && formats[i].green.offset == var->green.offset &&
                        formats[i].blue.offset == var->blue.offset && formats[i].red.length == var->red.length &&
                        formats[i].green.length == var->green.length && formats[i].blue.length == var->blue.length)))
        {
            return formats[i].format;
        }
    }
    return 0;
}

/* Show a buffer, and what was drawn in it. */
static rt_err_t pan(struct rt_virtio_gpu_screen *screen, const struct fb_var *var)
{
    struct fb_var now;
    rt_err_t result;

    if (var == RT_NULL)
    {
        return rt_virtio_gpu_update(screen, RT_NULL);
    }
    result = get_var(screen, &now);
    if (result != RT_EOK)
    {
        return result;
    }
    if (var->xoffset != 0 || var->yoffset % now.yres != 0)
    {
        return -RT_EINVAL;
    }
    return rt_virtio_gpu_pan(screen, var->yoffset / now.yres); /* it checks the number, and updates */
}

static rt_err_t put_var(struct rt_virtio_gpu_screen *screen, struct fb_var *var)
{
    struct rt_device_rect_info mode = {0, 0, (rt_uint16_t)var->xres, (rt_uint16_t)var->yres};
    int format = format_of(var);
    rt_err_t result;

    if (format == 0 || var->xres == 0 || var->yres == 0 || var->xres > 0xffff || var->yres > 0xffff ||
        var->xres_virtual > var->xres || var->yoffset % var->yres != 0 || var->xoffset != 0 ||
        var->yoffset / var->yres >= RT_VIRTIO_GPU_BUFFERS)
    {
        return -RT_EINVAL;
    }
    if ((var->activate & FB0_ACTIVATION) == FB0_ONLY_TEST)
    {
        describe_format(format, var);
        return RT_EOK;
    }
    result = rt_virtio_gpu_make(screen, format, mode.width, mode.height);
    if (result == RT_EOK)
    {
        result = pan(screen, var);
    }
    return result == RT_EOK ? get_var(screen, var) : result;
}

/* --- Device --- */

static rt_err_t fb_open(rt_device_t dev, rt_uint16_t oflag)
{
    rt_err_t result = rt_virtio_gpu_make(((struct fb *)dev)->screen, 0, 0, 0);

    if (result == RT_EOK)
    {
        dev->open_flag = oflag & RT_DEVICE_OFLAG_MASK;
    }
    return result;
}

static rt_virtio_size_t fb_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size)
{
    return rt_virtio_gpu_read(&((struct fb *)dev)->screen->parent, pos, buffer, size);
}

static rt_virtio_size_t fb_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size)
{
    return rt_virtio_gpu_write(&((struct fb *)dev)->screen->parent, pos, buffer, size);
}

static rt_err_t fb_control(rt_device_t dev, int command, void *args)
{
    struct rt_virtio_gpu_screen *screen = ((struct fb *)dev)->screen;

    switch (command)
    {
    case FB0_PAN:
        return pan(screen, args);
    case FB0_BLANK: /* the level itself, 0: none */
        return rt_virtio_gpu_power(screen, args == RT_NULL);
    case FB0_WAIT:
        return rt_virtio_gpu_wait(screen);
    case FB0_MAP:
        return rt_virtio_gpu_map(screen, args);
    case RTGRAPHIC_CTRL_RECT_UPDATE:
    case RTGRAPHIC_CTRL_GET_INFO:
        return rt_device_control(&screen->parent, command, args);
    default:
        break;
    }
    if (args == RT_NULL)
    {
        return -RT_EINVAL;
    }
    switch (command)
    {
    case FB0_GET_VAR:
        return get_var(screen, args);
    case FB0_PUT_VAR:
        return put_var(screen, args);
    case FB0_GET_FIX:
        return get_fix(screen, args);
    default:
        return -RT_ENOSYS;
    }
}

static const struct rt_virtio_ops fb_ops = {
    .init = RT_NULL,
    .open = fb_open,
    .close = RT_NULL,
    .read = fb_read,
    .write = fb_write,
    .control = fb_control,
};

/* --- It comes and goes --- */

static struct rt_virtio_gpu *first_gpu(void)
{
    struct rt_virtio_device *device;

    for (device = rt_virtio_first(); device != RT_NULL; device = device->next)
    {
        if (device->class != RT_NULL && device->class->id == VIRTIO_ID_GPU &&
            rt_virtio_gpu_of(device)->screens != RT_NULL)
        {
            return rt_virtio_gpu_of(device);
        }
    }
    return RT_NULL;
}

static rt_err_t make(struct rt_virtio_gpu *gpu)
{
    rt_err_t result;

    if (gpu == RT_NULL || fb.screen != RT_NULL)
    {
        return RT_EOK;
    }
    memset(&fb, 0, sizeof(fb));
    fb.screen = &gpu->screens[0];
    fb.parent.type = RT_Device_Class_Miscellaneous;
    rt_virtio_set_ops(&fb.parent, &fb_ops);
    result = rt_device_register(&fb.parent, "fb0", RT_DEVICE_FLAG_RDWR);
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: fb0 not registered; is there another device of that name?\n", gpu->device.name);
        fb.screen = RT_NULL;
    }
    return result;
}

/* Not before other drivers, which may have that name, had their turn. */
static int fb_init(void)
{
    in_time = RT_TRUE;
    return (int)make(first_gpu());
}
INIT_COMPONENT_EXPORT(fb_init);

void rt_virtio_gpu_fb_offer(struct rt_virtio_gpu *gpu)
{
    if (in_time)
    {
        (void)make(gpu);
    }
}

rt_err_t rt_virtio_gpu_fb_withdraw(struct rt_virtio_gpu *gpu)
{
    if (fb.screen == RT_NULL || fb.screen->gpu != gpu)
    {
        return RT_EOK;
    }
    if (fb.parent.ref_count != 0 || fb.screen->pins != 0)
    {
        return -RT_EBUSY;
    }
    rt_device_unregister(&fb.parent);
    fb.screen = RT_NULL;
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_GPU && RT_VIRTIO_GPU_HAS_FB */
