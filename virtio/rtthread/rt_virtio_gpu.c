/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU in RT-Thread: its rt_devices of RT_Device_Class_Graphic, one a display, and their set-up. Requests are in
 * rt_virtio_gpu_io.c, frame buffer and cursor in _picture.c, drawing in _draw.c, reset and displays in _recover.c; fb0
 * in _fb.c, RT-Thread's graphic framework in _graphic.c, _plane.c and _deferred.c, mmap() of both in _map.c.
 */
#include "rt_virtio_gpu.h"

#include <stdlib.h>
#include <string.h>

#include <virtio.h>

#ifdef RT_USING_VIRTIO_GPU

/* Descriptors: a command takes two, or one where the device has indirect ones. */
#define CONTROL_SIZE 64
#define CURSOR_SIZE  16

/* How often it is looked after that the device answers what nobody waits for. */
#define LOOK_MS (RT_VIRTIO_GPU_TIMEOUT_MS / 4 + 1)

/* --- Class --- */

static rt_bool_t interrupt(struct rt_virtio_device *device)
{
    return rt_virtio_gpu_drain(rt_virtio_gpu_of(device), RT_TRUE);
}

static struct virtio_queue *queue_at(struct rt_virtio_device *device, unsigned int index)
{
    struct virtio_gpu *engine = &rt_virtio_gpu_of(device)->engine;

    if (engine->control.ring.size == 0 || index > 1)
    {
        return RT_NULL;
    }
    return index == 0 ? &engine->control.ring : &engine->cursor.ring;
}

static rt_bool_t counter(struct rt_virtio_device *device, unsigned int index, const char **name, rt_uint64_t *value)
{
    struct rt_virtio_gpu *gpu = rt_virtio_gpu_of(device);
    const struct
    {
        const char *name;
        rt_uint64_t value;
    } counters[] = {
        {"updates", gpu->update_count},
        {"update_bytes", gpu->update_bytes},
        {"updates_merged", gpu->merged_count},
        {"refused", gpu->failure_count},
    };

    if (index >= RT_ARRAY_SIZE(counters))
    {
        return RT_FALSE;
    }
    *name = counters[index].name;
    *value = counters[index].value;
    return RT_TRUE;
}

/* False if the device has no such display. */
static rt_bool_t describe(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_display *display)
{
    const struct virtio_gpu_scanout *scanout;
    rt_uint16_t number = display->number;
    rt_base_t level;

    if (number >= gpu->engine.scanout_count)
    {
        return RT_FALSE;
    }
    scanout = &gpu->engine.scanouts[number];
    memset(display, 0, sizeof(*display));
    display->number = number;
    level = rt_virtio_lock(&gpu->lock);
    display->shown = scanout->resource != RT_NULL;
    if (scanout->enabled)
    {
        display->connected = RT_TRUE;
        display->width = (rt_uint16_t)scanout->width;
        display->height = (rt_uint16_t)scanout->height;
        display->edid_width = scanout->edid.width;
        display->edid_height = scanout->edid.height;
        display->refresh = scanout->edid.refresh;
        display->width_mm = scanout->edid.width_mm;
        display->height_mm = scanout->edid.height_mm;
        memcpy(display->manufacturer, scanout->edid.manufacturer, sizeof(display->manufacturer));
        memcpy(display->name, scanout->edid.name, sizeof(display->name));
    }
    rt_virtio_unlock(&gpu->lock, level);
    return RT_TRUE;
}

static void print_config(struct rt_virtio_device *device)
{
    struct rt_virtio_gpu *gpu = rt_virtio_gpu_of(device);
    struct rt_virtio_gpu_display display = {0};

    rt_kprintf("displays: %u\n", (unsigned int)gpu->engine.scanout_count);
    for (; describe(gpu, &display); display.number++)
    {
        if (!display.connected)
        {
            rt_kprintf("display %u: none\n", (unsigned int)display.number);
            continue;
        }
        rt_kprintf("display %u: %u by %u%s", (unsigned int)display.number, (unsigned int)display.width,
                   (unsigned int)display.height, display.shown ? ", in use" : "");
        if (display.edid_width != 0)
        {
            rt_kprintf(", edid %s \"%s\" %u by %u at %u Hz, %u by %u mm", display.manufacturer, display.name,
                       (unsigned int)display.edid_width, (unsigned int)display.edid_height,
                       (unsigned int)display.refresh, (unsigned int)display.width_mm, (unsigned int)display.height_mm);
        }
        rt_kprintf("\n");
    }
}

/* --- Removal --- */

static void unregister_screens(struct rt_virtio_gpu *gpu)
{
    rt_uint16_t i;

    for (i = 0; i < gpu->screen_count; i++)
    {
        if (gpu->screens[i].registered)
        {
            rt_device_unregister(&gpu->screens[i].parent);
            gpu->screens[i].registered = RT_FALSE;
        }
    }
}

static rt_err_t withdraw(struct rt_virtio_device *device)
{
    struct rt_virtio_gpu *gpu = rt_virtio_gpu_of(device);
    rt_uint16_t i;
    int error;

    if (gpu->engine.dev == RT_NULL)
    {
        return RT_EOK;
    }
    for (i = 0; i < gpu->screen_count; i++)
    {
        if (gpu->screens[i].registered && gpu->screens[i].parent.ref_count != 0)
        {
            return -RT_EBUSY;
        }
    }
#ifdef RT_VIRTIO_GPU_HAS_FB
    if (rt_virtio_gpu_fb_withdraw(gpu) != RT_EOK)
    {
        return -RT_EBUSY;
    }
#endif
#ifdef RT_USING_GRAPHIC
    if (rt_virtio_gpu_graphic_unregister(gpu) != RT_EOK)
    {
        return -RT_EBUSY;
    }
#endif
    rt_virtio_gpu_forget_primary(gpu);
    unregister_screens(gpu);
    error = rt_virtio_gpu_end(gpu);
    for (i = 0; i < gpu->screen_count; i++)
    {
        rt_virtio_gpu_clear(&gpu->screens[i]);
    }
    return rt_virtio_error(error);
}

static void destroy(struct rt_virtio_device *device)
{
    struct rt_virtio_gpu *gpu = rt_virtio_gpu_of(device);

    rt_virtio_quit_timer(&gpu->timer);
    if (gpu->engine.dev != RT_NULL)
    {
        virtio_gpu_destroy(&gpu->engine);
    }
    rt_free(gpu->screens);
    rt_free(gpu);
}

static const struct rt_virtio_class gpu_class = {
    .prefix = RT_VIRTIO_NAME("virtio-gpu", "vgpu"),
    .id = VIRTIO_ID_GPU,
    .features = virtio_gpu_features,
    .interrupt = interrupt,
    .config_changed = rt_virtio_gpu_config_changed,
    .recover = rt_virtio_gpu_recover,
    .withdraw = withdraw,
    .destroy = destroy,
    .queue = queue_at,
    .counter = counter,
    .print_config = print_config,
};

/* Called by the engine, with the lock held: rt_virtio_gpu_leave() sees to the rest. */
static void display_changed(void *context, uint16_t number, enum virtio_gpu_event event)
{
    struct rt_virtio_gpu *gpu = context;

    (void)event;
    gpu->changed |= 1u << number;
}

static void failed(void *context, struct virtio_gpu_resource *resource, int error)
{
    struct rt_virtio_gpu *gpu = context;

    gpu->failure = error;
    gpu->blob_failed = gpu->blob_failed || (resource != RT_NULL && resource->blob);
    gpu->failure_count++;
}

static const struct virtio_gpu_callbacks callbacks = {
    .display = display_changed,
    .failed = failed,
};

/* --- Device --- */

static rt_err_t get_info(struct rt_virtio_gpu_screen *screen, struct rt_device_graphic_info *info)
{
    struct rt_virtio_gpu_picture *picture;
    rt_err_t result = rt_virtio_gpu_make(screen, 0, 0, 0);

    picture = result == RT_EOK ? rt_virtio_gpu_get(screen, RT_NULL) : RT_NULL;
    if (picture == RT_NULL)
    {
        return result;
    }
    info->pixel_format = picture->format;
    info->bits_per_pixel = (rt_uint8_t)(picture->pixel_bytes * 8);
    info->pitch = (rt_uint16_t)(picture->width * picture->pixel_bytes);
    info->width = (rt_uint16_t)picture->width;
    info->height = (rt_uint16_t)picture->height;
    info->framebuffer = picture->pixels;
    info->smem_len = (rt_uint32_t)picture->bytes;
    rt_virtio_gpu_put(screen, picture);
    return RT_EOK;
}

static rt_err_t get_mode(struct rt_virtio_gpu_screen *screen, struct rt_device_rect_info *mode)
{
    struct rt_device_graphic_info info;
    rt_err_t result = get_info(screen, &info);

    if (result == RT_EOK)
    {
        mode->x = 0;
        mode->y = 0;
        mode->width = info.width;
        mode->height = info.height;
    }
    return result;
}

static rt_err_t set_watch(struct rt_virtio_gpu_screen *screen, const struct rt_virtio_gpu_watch *watch)
{
    static const struct rt_virtio_gpu_watch nobody = {RT_NULL, RT_NULL};
    rt_base_t level = rt_virtio_lock(&screen->gpu->lock);

    screen->watch = watch != RT_NULL ? *watch : nobody;
    rt_virtio_unlock(&screen->gpu->lock, level);
    return RT_EOK;
}

static rt_err_t get_display(struct rt_virtio_gpu_screen *screen, struct rt_virtio_gpu_display *display)
{
    if (!describe(screen->gpu, display))
    {
        return -RT_EINVAL;
    }
    display->shown = display->shown && screen->placed && screen->scanout == display->number;
    return RT_EOK;
}

/* Those that may have a NULL, or no pointer at all, for an argument. 1: it is another command. */
static rt_err_t control_plain(struct rt_virtio_gpu_screen *screen, int cmd, void *args)
{
    switch (cmd)
    {
    case RTGRAPHIC_CTRL_RECT_UPDATE:
        return rt_virtio_gpu_update(screen, args);
    case RTGRAPHIC_CTRL_POWERON:
    case RTGRAPHIC_CTRL_POWEROFF:
        return rt_virtio_gpu_power(screen, cmd == RTGRAPHIC_CTRL_POWERON);
    case RTGRAPHIC_CTRL_SET_MODE:
        return rt_virtio_gpu_set_mode(screen, args);
    case RTGRAPHIC_CTRL_WAIT_VSYNC:
        return rt_virtio_gpu_wait(screen);
    case VIRTIO_DEVICE_CTRL_GPU_SET_PRIMARY:
        rt_virtio_gpu_set_primary(screen, RT_FALSE);
        return RT_EOK;
    case VIRTIO_DEVICE_CTRL_GPU_CREATE_2D:
        if ((rt_ubase_t)args == RTGRAPHIC_PIXEL_FORMAT_MONO || (rt_ubase_t)args > 0xff)
        {
            return -RT_ENOSYS;
        }
        return rt_virtio_gpu_make(screen, (int)(rt_ubase_t)args, 0, 0);
    case VIRTIO_DEVICE_CTRL_CURSOR_SETUP:
        return rt_virtio_gpu_set_cursor(screen, args, RT_TRUE);
    case RT_VIRTIO_GPU_CTRL_ON_DISPLAY:
        return set_watch(screen, args);
    default:
        return 1;
    }
}

static rt_err_t gpu_control(rt_device_t dev, int cmd, void *args)
{
    struct rt_virtio_gpu_screen *screen = (struct rt_virtio_gpu_screen *)dev;
    rt_err_t result = control_plain(screen, cmd, args);

    if (result != 1)
    {
        return result;
    }
    if (args == RT_NULL)
    {
        return -RT_EINVAL;
    }
    switch (cmd)
    {
    case RTGRAPHIC_CTRL_GET_INFO:
        return get_info(screen, args);
    case RTGRAPHIC_CTRL_GET_MODE:
        return get_mode(screen, args);
    case RTGRAPHIC_CTRL_GET_STATUS:
        *(rt_uint32_t *)args = screen->picture != RT_NULL && !screen->dark && !screen->gpu->dead;
        return RT_EOK;
    case RTGRAPHIC_CTRL_PAN_DISPLAY:
        return rt_virtio_gpu_pan(screen, *(const rt_uint32_t *)args);
    case VIRTIO_DEVICE_CTRL_CURSOR_SET_IMG:
        return rt_virtio_gpu_set_cursor(screen, args, RT_FALSE);
    case VIRTIO_DEVICE_CTRL_CURSOR_MOVE:
        return rt_virtio_gpu_move_cursor(screen, args);
    case RT_VIRTIO_GPU_CTRL_GET_DISPLAY:
        return get_display(screen, args);
    default:
        return -RT_EINVAL;
    }
}

static const struct rt_virtio_ops gpu_ops = {
    .init = RT_NULL,
    .open = RT_NULL,
    .close = RT_NULL,
    .read = rt_virtio_gpu_read,
    .write = rt_virtio_gpu_write,
    .control = gpu_control,
};

static rt_err_t register_screen(struct rt_virtio_gpu_screen *screen)
{
    rt_device_t dev = &screen->parent;
    rt_err_t result;

    dev->type = RT_Device_Class_Graphic;
    rt_virtio_set_ops(dev, &gpu_ops);
    dev->user_data = &rt_virtio_gpu_drawing;
    result = rt_device_register(dev, screen->name, RT_DEVICE_FLAG_RDWR);
    screen->registered = result == RT_EOK;
    return result;
}

/* The GPU itself, which has to be there, and its further displays, which do not. */
static rt_err_t register_screens(struct rt_virtio_gpu *gpu)
{
    rt_err_t result = register_screen(&gpu->screens[0]);
    rt_uint16_t i;

    for (i = 1; i < gpu->engine.scanout_count && result == RT_EOK; i++)
    {
        if (!rt_virtio_name_fits(gpu->screens[i].name))
        {
            rt_kprintf("virtio: %s: no devices from display %u on; RT_NAME_MAX, which is %d, is too small for %s\n",
                       gpu->device.name, (unsigned int)i, RT_NAME_MAX, gpu->screens[i].name);
            break;
        }
        if (register_screen(&gpu->screens[i]) != RT_EOK)
        {
            rt_kprintf("virtio: %s: %s not registered; is there another device of that name?\n", gpu->device.name,
                       gpu->screens[i].name);
        }
    }
    return result;
}

static rt_err_t create_screens(struct rt_virtio_gpu *gpu)
{
    struct rt_virtio_gpu_screen *screen;
    rt_uint16_t i;

    gpu->screens = rt_calloc(gpu->engine.scanout_count, sizeof(*gpu->screens));
    if (gpu->screens == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    gpu->screen_count = gpu->engine.scanout_count;
    for (i = 0; i < gpu->screen_count; i++)
    {
        screen = &gpu->screens[i];
        screen->gpu = gpu;
        screen->scanout = i;
        if (i == 0)
        {
            rt_strncpy(screen->name, gpu->device.name, sizeof(screen->name) - 1);
        }
        else
        {
            rt_snprintf(screen->name, sizeof(screen->name), "%sd%u", gpu->device.name, (unsigned int)i);
        }
    }
    return RT_EOK;
}

rt_err_t rt_virtio_gpu_init(rt_ubase_t *mmio_base, rt_uint32_t irq)
{
    struct rt_virtio_gpu *gpu = rt_calloc(1, sizeof(*gpu));
    rt_err_t result;

    if (gpu == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    result = rt_virtio_attach(&gpu->device, &gpu_class, mmio_base, irq);
    if (result != RT_EOK)
    {
        rt_free(gpu);
        return result;
    }
    /* From here on the device is in the list, for the user to see what became of it. */
    rt_virtio_lock_init(&gpu->lock);
    rt_timer_init(&gpu->timer, gpu->device.name, rt_virtio_gpu_timeout, gpu, rt_tick_from_millisecond(LOOK_MS),
                  RT_TIMER_FLAG_ONE_SHOT);
    result =
        rt_virtio_error(virtio_gpu_start(&gpu->engine, &gpu->device.core, &callbacks, gpu, CONTROL_SIZE, CURSOR_SIZE));
    if (result == RT_EOK)
    {
        result = create_screens(gpu);
        if (result == RT_EOK)
        {
            result = register_screens(gpu);
        }
        if (result != RT_EOK)
        {
            virtio_gpu_destroy(&gpu->engine); /* nothing that looks at it runs yet */
            rt_free(gpu->screens);
            gpu->screens = RT_NULL;
            gpu->screen_count = 0;
        }
    }
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: not registered, error %d\n", gpu->device.name, (int)result);
        return result;
    }
    rt_virtio_gpu_set_primary(&gpu->screens[0], RT_TRUE);
    rt_virtio_enable_interrupt(&gpu->device);
    rt_virtio_gpu_leave(gpu, rt_virtio_lock(&gpu->lock)); /* it is asked for its displays */
    rt_virtio_gpu_look_after(gpu);
    gpu->device.state = "ok";
#ifdef RT_VIRTIO_GPU_HAS_FB
    rt_virtio_gpu_fb_offer(gpu);
#endif
#ifdef RT_USING_GRAPHIC
    rt_virtio_gpu_graphic_register(gpu); /* without it there is still our own device; it has said why */
#endif
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_GPU */
