/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU in RT-Thread's graphic framework: what a thread does for it.
 *
 * The framework holds a lock that spins, with interrupts off on one CPU, while it asks for most things. Nobody may wait
 * for a device, or allocate memory, there. So what is asked for is noted, and done by a thread (not the service thread,
 * which has to reset the device if that does not answer); damage adds up meanwhile.
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_GPU) && defined(RT_USING_GRAPHIC)

#include "rt_virtio_gpu_graphic.h"

#define STACK_BYTES RT_VIRTIO_SERVICE_STACK_SIZE
#define PRIORITY    (RT_VIRTIO_SERVICE_PRIORITY + 1)

/* Longest wait for what was asked for: each part has a time limit, and a reset after that. */
#define PATIENCE_MS (6 * RT_VIRTIO_GPU_TIMEOUT_MS)

static rt_bool_t started; /* the thread is there */
static struct rt_semaphore work;

/* The image, which is B G R A, as the cursor's resource is to have it. */
static const rt_uint8_t *image_for(struct rt_virtio_gpu_graphic *graphic, int format)
{
    static const struct
    {
        int format;
        rt_uint8_t from[4];
    } orders[] = {
        {RTGRAPHIC_PIXEL_FORMAT_RGB888, {2, 1, 0, 3}},
        {RTGRAPHIC_PIXEL_FORMAT_ARGB888, {3, 2, 1, 0}},
        {RTGRAPHIC_PIXEL_FORMAT_ABGR888, {3, 0, 1, 2}},
    };
    unsigned int order;
    unsigned int i;

    for (order = 0; order < RT_ARRAY_SIZE(orders); order++)
    {
        if (orders[order].format == format)
        {
            for (i = 0; i < sizeof(graphic->turned); i++)
            {
                graphic->turned[i] = graphic->image[(i & ~3u) + orders[order].from[i & 3u]];
            }
            return graphic->turned;
        }
    }
    return graphic->image;
}

static rt_err_t set_image(struct rt_virtio_gpu_graphic *graphic)
{
    struct rt_virtio_gpu_screen *screen = graphic->screen;
    rt_bool_t setup = screen->cursor == RT_NULL;
    int format = setup ? screen->picture->format : screen->cursor->format;
    rt_err_t result = rt_virtio_gpu_set_cursor(screen, image_for(graphic, format), setup);

    graphic->has_cursor = graphic->has_cursor || result == RT_EOK;
    return result;
}

static void serve(struct rt_virtio_gpu_graphic *graphic)
{
    struct rt_virtio_gpu_screen *screen = graphic->screen;
    struct rt_device_rect_info rect = {0, 0, 0, 0};
    rt_base_t level = rt_virtio_lock(&screen->gpu->lock);
    rt_bool_t damaged = graphic->damaged;
    rt_uint32_t buffer = graphic->buffer;
    rt_uint32_t due = graphic->due;
    rt_bool_t on = graphic->on;
    rt_err_t result = RT_EOK;
    rt_err_t other;

    rect.x = (rt_uint16_t)graphic->damage.x;
    rect.y = (rt_uint16_t)graphic->damage.y;
    rect.width = (rt_uint16_t)graphic->damage.width;
    rect.height = (rt_uint16_t)graphic->damage.height;
    graphic->due = 0;
    graphic->damaged = RT_FALSE;
    graphic->busy = due != 0 || damaged;
    rt_virtio_unlock(&screen->gpu->lock, level);
    if ((due & RT_VIRTIO_GPU_DUE_PAN) != 0)
    {
        result = rt_virtio_gpu_pan(screen, buffer);
    }
    if (damaged)
    {
        other = rt_virtio_gpu_update(screen, &rect);
        result = result != RT_EOK ? result : other;
    }
    if ((due & RT_VIRTIO_GPU_DUE_POWER) != 0)
    {
        other = rt_virtio_gpu_power(screen, on);
        result = result != RT_EOK ? result : other;
    }
    if ((due & RT_VIRTIO_GPU_DUE_IMAGE) != 0)
    {
        other = set_image(graphic);
        result = result != RT_EOK ? result : other;
    }
    level = rt_virtio_lock(&screen->gpu->lock);
    graphic->busy = RT_FALSE;
    graphic->result = graphic->result != RT_EOK ? graphic->result : result;
    rt_virtio_unlock(&screen->gpu->lock, level);
}

static rt_bool_t is_due(struct rt_virtio_gpu_graphic *graphic)
{
    rt_base_t level = rt_virtio_lock(&graphic->screen->gpu->lock);
    rt_bool_t due = graphic->due != 0 || graphic->damaged;

    rt_virtio_unlock(&graphic->screen->gpu->lock, level);
    return due;
}

/* A display with something to do. It is not taken back before it is no longer `served`. */
static struct rt_virtio_gpu_graphic *next_due(void)
{
    struct rt_virtio_gpu_graphic *graphic = RT_NULL;
    struct rt_virtio_device *device;
    struct rt_virtio_gpu *gpu;
    rt_uint16_t i;

    rt_virtio_hold_list();
    for (device = rt_virtio_first(); device != RT_NULL && graphic == RT_NULL; device = device->next)
    {
        gpu = device->class != RT_NULL && device->class->id == VIRTIO_ID_GPU ? rt_virtio_gpu_of(device) : RT_NULL;
        for (i = 0; gpu != RT_NULL && i < gpu->screen_count && graphic == RT_NULL; i++)
        {
            if (gpu->screens[i].graphic != RT_NULL && is_due(gpu->screens[i].graphic))
            {
                graphic = gpu->screens[i].graphic;
                graphic->served = RT_TRUE;
            }
        }
    }
    rt_virtio_release_list();
    return graphic;
}

static void plane_thread(void *parameter)
{
    struct rt_virtio_gpu_graphic *graphic;

    (void)parameter;
    while (rt_sem_take(&work, RT_WAITING_FOREVER) == RT_EOK)
    {
        while ((graphic = next_due()) != RT_NULL)
        {
            serve(graphic);
            graphic->served = RT_FALSE;
        }
    }
}

rt_err_t rt_virtio_gpu_defer_start(void)
{
    rt_thread_t thread;

    if (started)
    {
        return RT_EOK;
    }
    rt_sem_init(&work, "vgpu", 0, RT_IPC_FLAG_FIFO); /* counts until the thread runs */
    thread = rt_thread_create("vgpu", plane_thread, RT_NULL, STACK_BYTES, PRIORITY, 10);
    if (thread == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    started = RT_TRUE;
    return rt_thread_startup(thread);
}

/* --- Asking it. Any context --- */

void rt_virtio_gpu_defer(struct rt_virtio_gpu_graphic *graphic, rt_uint32_t due)
{
    struct rt_virtio_gpu *gpu = graphic->screen->gpu;
    rt_base_t level = rt_virtio_lock(&gpu->lock);

    graphic->due |= due;
    rt_virtio_unlock(&gpu->lock, level);
    rt_sem_release(&work);
}

void rt_virtio_gpu_damage(struct rt_virtio_gpu_graphic *graphic, const struct rt_device_rect_info *rect)
{
    struct virtio_gpu_rect *damage = &graphic->damage;
    rt_base_t level = rt_virtio_lock(&graphic->screen->gpu->lock);
    rt_uint32_t right = (rt_uint32_t)rect->x + rect->width;
    rt_uint32_t bottom = (rt_uint32_t)rect->y + rect->height;

    if (graphic->damaged)
    {
        right = right > damage->x + damage->width ? right : damage->x + damage->width;
        bottom = bottom > damage->y + damage->height ? bottom : damage->y + damage->height;
    }
    damage->x = graphic->damaged && damage->x < rect->x ? damage->x : rect->x;
    damage->y = graphic->damaged && damage->y < rect->y ? damage->y : rect->y;
    /* Neither exceeds the picture, after which an update cuts it. */
    damage->width = right - damage->x < 0xffffu ? right - damage->x : 0xffffu;
    damage->height = bottom - damage->y < 0xffffu ? bottom - damage->y : 0xffffu;
    graphic->damaged = RT_TRUE;
    rt_virtio_unlock(&graphic->screen->gpu->lock, level);
}

rt_err_t rt_virtio_gpu_wait_until_done(struct rt_virtio_gpu_graphic *graphic)
{
    struct rt_virtio_gpu *gpu = graphic->screen->gpu;
    rt_tick_t begin = rt_tick_get();
    rt_err_t result;
    rt_base_t level;
    rt_bool_t done;

    for (;;)
    {
        level = rt_virtio_lock(&gpu->lock);
        done = graphic->due == 0 && !graphic->damaged && !graphic->busy;
        result = graphic->result;
        graphic->result = done ? RT_EOK : result;
        rt_virtio_unlock(&gpu->lock, level);
        if (done)
        {
            return result;
        }
        if (!rt_virtio_may_sleep() || rt_virtio_interrupts_off())
        {
            return -RT_EBUSY;
        }
        if (rt_tick_get() - begin > (rt_tick_t)rt_tick_from_millisecond(PATIENCE_MS))
        {
            return -RT_ETIMEOUT;
        }
        rt_thread_mdelay(1);
    }
}

#endif /* RT_USING_VIRTIO_GPU && RT_USING_GRAPHIC */
