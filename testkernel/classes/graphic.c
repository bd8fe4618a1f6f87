/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for RT-Thread's graphic framework (RT_USING_GRAPHIC): what tests/rtthread/include/drivers/graphic.h
 * declares, which calls a driver with the lock that the real one has, and a command to use it.
 */

#include <rtthread.h>

#ifdef RT_USING_GRAPHIC

#include <drivers/graphic.h>
#include <finsh.h>
#include <stdlib.h>
#include <string.h>
#include <virtio_gpu.h>

void rt_graphic_device_enter(struct rt_graphic_device *gdev)
{
    rt_hw_spin_lock(&gdev->lock.lock);
}

void rt_graphic_device_leave(struct rt_graphic_device *gdev)
{
    rt_hw_spin_unlock(&gdev->lock.lock);
}

/* --- Planes --- */

struct rt_graphic_plane *rt_graphic_device_alloc_plane(struct rt_graphic_device *gdev, rt_size_t priv_size,
                                                       const struct rt_graphic_plane_ops *ops, const rt_uint32_t *modes,
                                                       rt_uint32_t modes_nr, rt_uint8_t type)
{
    struct rt_graphic_plane *plane = rt_calloc(1, sizeof(*plane) + priv_size);

    if (plane != RT_NULL)
    {
        plane->type = type;
        plane->modes = modes;
        plane->modes_nr = modes_nr;
        plane->graphic = gdev;
        plane->ops = ops;
    }
    return plane;
}

void rt_graphic_device_free_plane(struct rt_graphic_plane *plane)
{
    rt_free(plane);
}

rt_err_t rt_graphic_device_add_plane(struct rt_graphic_device *gdev, struct rt_graphic_plane *plane)
{
    if (plane->type == RT_GRAPHIC_PLANE_TYPE_PRIMARY)
    {
        gdev->primary_plane = plane;
    }
    else
    {
        gdev->cursor_plane = plane;
    }
    return RT_EOK;
}

static rt_err_t remap(struct rt_graphic_plane *plane, rt_uint32_t mode)
{
    struct rt_device_rect_info rect = {0, 0, (rt_uint16_t)plane->width, (rt_uint16_t)plane->height};
    rt_err_t result = plane->ops->fb_cleanup != RT_NULL ? plane->ops->fb_cleanup(plane) : RT_EOK;

    if (result == RT_EOK)
    {
        result = plane->ops->fb_remap(plane, mode, &rect);
    }
    if (result == RT_EOK)
    {
        plane->mode = mode;
    }
    return result;
}

/* --- The device --- */

static rt_err_t graphic_open(rt_device_t dev, rt_uint16_t oflag)
{
    struct rt_graphic_plane *plane = ((struct rt_graphic_device *)dev)->primary_plane;
    struct rt_device_rect_info rect = {0, 0, (rt_uint16_t)plane->width, (rt_uint16_t)plane->height};

    (void)oflag;
    return plane->ops->fb_pan_display(plane, &rect);
}

static rt_err_t control_locked(struct rt_graphic_device *gdev, int cmd, void *args)
{
    struct rt_graphic_plane *plane = gdev->primary_plane;
    struct rt_graphic_plane *cursor = gdev->cursor_plane;
    struct rt_device_rect_info rect = {0, 0, 0, 0};
    struct rt_device_graphic_info *info = args;
    rt_size_t offset;

    switch (cmd)
    {
    case RT_DEVICE_CTRL_CURSOR_SET_POSITION:
        cursor->x = (rt_uint32_t)(rt_ubase_t)args >> 16;
        cursor->y = (rt_uint32_t)(rt_ubase_t)args & 0xffff;
        rect.x = (rt_uint16_t)cursor->x;
        rect.y = (rt_uint16_t)cursor->y;
        return cursor->ops->update(cursor, &rect);
    case RT_DEVICE_CTRL_CURSOR_SET_TYPE:
        RT_ASSERT(cursor->framebuffer != RT_NULL);
        rect.width = (rt_uint16_t)cursor->width;
        rect.height = (rt_uint16_t)cursor->height;
        memcpy(cursor->framebuffer, args, cursor->screen_len);
        return cursor->ops->update(cursor, &rect);
    case RTGRAPHIC_CTRL_RECT_UPDATE:
        return plane->ops->update(plane, args);
    case RTGRAPHIC_CTRL_POWERON:
    case RTGRAPHIC_CTRL_POWEROFF:
        return gdev->ops->dpms_switch(gdev, cmd == RTGRAPHIC_CTRL_POWERON ? RT_GRAPHIC_DPMS_ON : RT_GRAPHIC_DPMS_OFF);
    case RTGRAPHIC_CTRL_GET_STATUS:
        return gdev->ops->get_status(gdev, args);
    case RTGRAPHIC_CTRL_SET_MODE:
        return remap(plane, (rt_uint32_t)(rt_ubase_t)args);
    case RTGRAPHIC_CTRL_GET_INFO:
        info->pixel_format = (rt_uint8_t)plane->mode;
        info->bits_per_pixel = (rt_uint8_t)plane->bits_per_pixel;
        info->pitch = (rt_uint16_t)plane->line_length;
        info->width = (rt_uint16_t)plane->width;
        info->height = (rt_uint16_t)plane->height;
        info->framebuffer = plane->framebuffer;
        info->smem_len = (rt_uint32_t)plane->framebuffer_len;
        return RT_EOK;
    case RTGRAPHIC_CTRL_PAN_DISPLAY:
        offset = (rt_size_t)((rt_uint8_t *)args - (rt_uint8_t *)plane->framebuffer);
        rect.y = (rt_uint16_t)(offset / plane->line_length);
        rect.width = (rt_uint16_t)plane->width;
        rect.height = (rt_uint16_t)plane->height;
        return plane->framebuffer != RT_NULL ? plane->ops->fb_pan_display(plane, &rect) : -RT_EINVAL;
    default:
        return gdev->ops->control(gdev, cmd, args);
    }
}

static rt_err_t graphic_control(rt_device_t dev, int cmd, void *args)
{
    struct rt_graphic_device *gdev = (struct rt_graphic_device *)dev;
    rt_err_t result;

    if (cmd == RTGRAPHIC_CTRL_WAIT_VSYNC)
    {
        return gdev->ops->wait_vsync(gdev);
    }
    rt_graphic_device_enter(gdev);
    result = control_locked(gdev, cmd, args);
    rt_graphic_device_leave(gdev);
    return result;
}

static const struct rt_device_ops graphic_ops = {
    .open = graphic_open,
    .control = graphic_control,
};

rt_err_t rt_graphic_device_register(struct rt_graphic_device *gdev)
{
    unsigned int count = 0;
    char name[16];

    rt_spin_lock_init(&gdev->lock);
    do
    {
        rt_snprintf(name, sizeof(name), "fb%u", count++);
    } while (rt_device_find(name) != RT_NULL);
    RT_ASSERT(gdev->primary_plane != RT_NULL && gdev->primary_plane->width != 0);
    gdev->parent.type = RT_Device_Class_Graphic;
    gdev->parent.ops = &graphic_ops;
    return rt_device_register(&gdev->parent, name, RT_DEVICE_FLAG_RDWR);
}

rt_err_t rt_graphic_device_unregister(struct rt_graphic_device *gdev)
{
    if (gdev->parent.ref_count != 0)
    {
        return -RT_EINVAL;
    }
    gdev->ops->dpms_switch(gdev, RT_GRAPHIC_DPMS_OFF);
    gdev->primary_plane->ops->fb_cleanup(gdev->primary_plane);
    rt_free(gdev->primary_plane);
    gdev->cursor_plane->ops->fb_cleanup(gdev->cursor_plane);
    rt_free(gdev->cursor_plane);
    return rt_device_unregister(&gdev->parent);
}

struct rt_device_graphic_ops *rt_graphic_device_switch_primary(struct rt_graphic_device *gdev)
{
    (void)gdev;
    return RT_NULL;
}

rt_err_t rt_graphic_device_simple_edid(struct rt_graphic_device *gdev, rt_uint32_t width, rt_uint32_t height,
                                       rt_uint32_t refresh_hz)
{
    (void)refresh_hz;
    RT_ASSERT(width < 4096 && height < 4096);
    memset(&gdev->edid, 0, sizeof(gdev->edid));
    gdev->edid.bytes[127] = 0x5a; /* made up, for the command to tell */
    return RT_EOK;
}

/* --- The command --- */

static rt_uint8_t image[64 * 64 * 4];
static unsigned int changes;

static void note(rt_device_t dev)
{
    (void)dev;
    changes++;
}

static void fill(const struct rt_device_graphic_info *info, unsigned int buffer, rt_uint32_t colour,
                 const struct rt_device_rect_info *rect)
{
    rt_uint8_t *line;
    rt_size_t bytes = info->bits_per_pixel / 8u;
    unsigned int x;
    unsigned int y;

    for (y = rect->y; y < (unsigned int)rect->y + rect->height && y < info->height; y++)
    {
        line = info->framebuffer + (rt_size_t)(buffer * info->height + y) * info->pitch;
        for (x = rect->x; x < (unsigned int)rect->x + rect->width && x < info->width; x++)
        {
            memcpy(line + x * bytes, &colour, bytes);
        }
    }
}

/* From the fourth argument on: x y width height. All if there are none. */
static struct rt_device_rect_info rect_of(int argc, char **argv, int from)
{
    struct rt_device_rect_info rect = {0, 0, 0xffff, 0xffff};

    if (argc > from + 3)
    {
        rect.x = (rt_uint16_t)atoi(argv[from]);
        rect.y = (rt_uint16_t)atoi(argv[from + 1]);
        rect.width = (rt_uint16_t)atoi(argv[from + 2]);
        rect.height = (rt_uint16_t)atoi(argv[from + 3]);
    }
    return rect;
}

static rt_err_t use(rt_device_t dev, int argc, char **argv)
{
    static struct rt_device_notify notify = {note, RT_NULL};
    struct rt_graphic_device *gdev = (struct rt_graphic_device *)dev;
    struct rt_device_graphic_info info;
    struct rt_device_rect_info rect;
    const char *what = argv[2];
    rt_uint32_t number = argc > 3 ? (rt_uint32_t)strtoul(argv[3], RT_NULL, 0) : 0;
    rt_uint32_t status = 0;
    unsigned int i;

    rt_device_control(dev, RTGRAPHIC_CTRL_GET_INFO, &info);
    if (rt_strcmp(what, "open") == 0)
    {
        gdev->event_notify = notify;
        return rt_device_open(dev, RT_DEVICE_OFLAG_RDWR);
    }
    if (rt_strcmp(what, "close") == 0)
    {
        return rt_device_close(dev);
    }
    if (rt_strcmp(what, "info") == 0)
    {
        rt_device_control(dev, RTGRAPHIC_CTRL_GET_STATUS, &status);
        rt_kprintf("%u by %u, %u bits, pitch %u, %u bytes, %s, status %u, %u changes, edid", (unsigned int)info.width,
                   (unsigned int)info.height, (unsigned int)info.bits_per_pixel, (unsigned int)info.pitch,
                   (unsigned int)info.smem_len, info.framebuffer != RT_NULL ? "mapped" : "not mapped",
                   (unsigned int)status, changes);
        for (i = 0; i < 8; i++)
        {
            rt_kprintf(" %02x", (unsigned int)gdev->edid.bytes[i]);
        }
        rt_kprintf(" ... %02x\n", (unsigned int)gdev->edid.bytes[127]);
        return RT_EOK;
    }
    if (rt_strcmp(what, "fill") == 0 && info.framebuffer != RT_NULL)
    {
        rect = rect_of(argc, argv, 5);
        fill(&info, argc > 4 ? (unsigned int)atoi(argv[4]) : 0, number, &rect);
        return RT_EOK;
    }
    if (rt_strcmp(what, "update") == 0)
    {
        rect = rect_of(argc, argv, 3);
        return rt_device_control(dev, RTGRAPHIC_CTRL_RECT_UPDATE, &rect);
    }
    if (rt_strcmp(what, "wait") == 0)
    {
        return rt_device_control(dev, RTGRAPHIC_CTRL_WAIT_VSYNC, RT_NULL);
    }
    if (rt_strcmp(what, "mode") == 0)
    {
        return rt_device_control(dev, RTGRAPHIC_CTRL_SET_MODE, (void *)(rt_ubase_t)number);
    }
    if (rt_strcmp(what, "pan") == 0)
    {
        return rt_device_control(dev, RTGRAPHIC_CTRL_PAN_DISPLAY,
                                 info.framebuffer + (rt_size_t)number * info.height * info.pitch);
    }
    if (rt_strcmp(what, "power") == 0)
    {
        return rt_device_control(dev, number != 0 ? RTGRAPHIC_CTRL_POWERON : RTGRAPHIC_CTRL_POWEROFF, RT_NULL);
    }
    if (rt_strcmp(what, "image") == 0)
    {
        memset(image, 0xff, sizeof(image));
        return rt_device_control(dev, RT_DEVICE_CTRL_CURSOR_SET_TYPE, image);
    }
    if (rt_strcmp(what, "cursor") == 0 && argc > 4)
    {
        return rt_device_control(dev, RT_DEVICE_CTRL_CURSOR_SET_POSITION,
                                 (void *)(rt_ubase_t)(number << 16 | (rt_uint32_t)atoi(argv[4])));
    }
    return -RT_ENOSYS;
}

static int framework_gpu(int argc, char **argv)
{
    rt_device_t dev = argc > 2 ? rt_device_find(argv[1]) : RT_NULL;
    rt_err_t result;

    if (dev == RT_NULL)
    {
        rt_kprintf("framework_gpu NAME open|close|info|fill COLOUR BUFFER [X Y W H]|update [X Y W H]|wait|mode N|pan N|"
                   "power N|image|cursor X Y\n");
        return -1;
    }
    result = use(dev, argc, argv);
    if (result != RT_EOK)
    {
        rt_kprintf("error %d\n", (int)result);
    }
    return 0;
}
MSH_CMD_EXPORT(framework_gpu, use the stand-in for the graphic framework);

#endif /* RT_USING_GRAPHIC */
