/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU in RT-Thread: recovery from a reset, and what the service thread looks after: displays that change, commands that
 * nobody waits for.
 */
#include "rt_virtio_gpu.h"

#ifdef RT_USING_VIRTIO_GPU

rt_bool_t rt_virtio_gpu_hold(struct rt_virtio_gpu *gpu)
{
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    rt_bool_t mine = !gpu->recovering;

    gpu->recovering = RT_TRUE;
    rt_virtio_unlock(&gpu->lock, level);
    return mine;
}

void rt_virtio_gpu_unhold(struct rt_virtio_gpu *gpu)
{
    rt_base_t level = rt_virtio_lock(&gpu->lock);

    gpu->recovering = RT_FALSE;
    rt_virtio_unlock(&gpu->lock, level);
}

rt_err_t rt_virtio_gpu_recover(struct rt_virtio_device *device, rt_bool_t broken)
{
    struct rt_virtio_gpu *gpu = rt_virtio_gpu_of(device);
    rt_base_t level;
    rt_bool_t dead;
    int error;

    if (!rt_virtio_gpu_hold(gpu))
    {
        return -RT_EBUSY;
    }
    level = rt_virtio_lock(&gpu->lock);
    virtio_gpu_stop(&gpu->engine);
    gpu->futile_recoveries += broken;
    dead = gpu->dead || gpu->futile_recoveries > RT_VIRTIO_FUTILE_RECOVERIES_MAX;
    rt_virtio_unlock(&gpu->lock, level);

    error = dead ? rt_virtio_retire(device) : virtio_gpu_restart(&gpu->engine);
    if (error != 0)
    {
        rt_virtio_not_recovered(device, error, "every request fails from now on");
    }

    level = rt_virtio_lock(&gpu->lock);
    virtio_gpu_resume(&gpu->engine, error, broken);
    gpu->watched = gpu->engine.answers;
    gpu->watched_at = rt_tick_get();
    if (error != 0)
    {
        gpu->dead = RT_TRUE;
        rt_virtio_gpu_fail_waiting(gpu, -VIRTIO_EIO);
    }
    rt_virtio_gpu_pump(gpu);
    gpu->recovering = RT_FALSE;
    rt_virtio_gpu_leave(gpu, level);
    if (error == 0)
    {
        rt_virtio_gpu_look_after(gpu);
    }
    return rt_virtio_error(error);
}

int rt_virtio_gpu_end(struct rt_virtio_gpu *gpu)
{
    rt_base_t level;
    int error;

    while (!gpu->device.ended && !rt_virtio_gpu_hold(gpu))
    {
        rt_thread_mdelay(1); /* that has an end */
    }
    gpu->device.ended = RT_TRUE;
    level = rt_virtio_lock(&gpu->lock);
    virtio_gpu_stop(&gpu->engine);
    rt_virtio_unlock(&gpu->lock, level);
    error = rt_virtio_retire(&gpu->device);
    level = rt_virtio_lock(&gpu->lock);
    virtio_gpu_resume(&gpu->engine, error, RT_FALSE);
    gpu->dead = RT_TRUE;
    rt_virtio_gpu_leave(gpu, level);
    return error == -VIRTIO_ETIMEDOUT ? error : 0;
}

/* --- What nobody waits for --- */

void rt_virtio_gpu_timeout(void *gpu)
{
    rt_virtio_post(&((struct rt_virtio_gpu *)gpu)->device, RT_VIRTIO_EVENT_CONFIG);
}

void rt_virtio_gpu_look_after(struct rt_virtio_gpu *gpu)
{
    rt_uint32_t state = 0;

    if (rt_thread_self() == RT_NULL)
    {
        return; /* a board may be initialised before the timers are; the displays' answer brings us back here */
    }
    rt_timer_control(&gpu->timer, RT_TIMER_CTRL_GET_STATE, &state);
    if ((state & RT_TIMER_FLAG_ACTIVATED) == 0)
    {
        rt_timer_start(&gpu->timer);
    }
}

/* Is there anything under way, and does the device give answers at all? */
static void look_at_answers(struct rt_virtio_gpu *gpu)
{
    rt_tick_t now = rt_tick_get();
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    rt_bool_t busy = !gpu->dead && virtio_gpu_busy(&gpu->engine);
    rt_bool_t late = RT_FALSE;

    if (!busy || gpu->watched != gpu->engine.answers)
    {
        gpu->watched = gpu->engine.answers;
        gpu->watched_at = now;
    }
    else if (now - gpu->watched_at >= (rt_tick_t)rt_tick_from_millisecond(RT_VIRTIO_GPU_TIMEOUT_MS))
    {
        late = RT_TRUE;
        gpu->watched_at = now;
    }
    rt_virtio_unlock(&gpu->lock, level);
    if (late)
    {
        rt_kprintf("virtio: %s: no answer for %u ms, resetting the device\n", gpu->device.name,
                   (unsigned int)RT_VIRTIO_GPU_TIMEOUT_MS);
        rt_virtio_post(&gpu->device, RT_VIRTIO_EVENT_SILENT);
    }
    if (busy)
    {
        rt_virtio_gpu_look_after(gpu);
    }
}

/* --- Displays --- */

/* The user of one of the graphic devices. */
static void tell_user(struct rt_virtio_gpu_screen *screen, rt_uint32_t changed)
{
    struct rt_virtio_gpu *gpu = screen->gpu;
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    struct rt_virtio_gpu_watch watch = screen->watch;
    rt_uint16_t i;

    rt_virtio_unlock(&gpu->lock, level);
    for (i = 0; i < gpu->engine.scanout_count && watch.changed != RT_NULL; i++)
    {
        if ((changed >> i & 1u) != 0)
        {
            watch.changed(&screen->parent, i, watch.context);
        }
    }
}

void rt_virtio_gpu_no_blobs(struct rt_virtio_gpu *gpu, int error)
{
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    rt_bool_t first = !gpu->no_blobs;

    gpu->no_blobs = RT_TRUE;
    rt_virtio_unlock(&gpu->lock, level);
    if (first)
    {
        rt_kprintf("virtio: %s: the device refused to show memory as a blob (%s); it is told to copy it instead\n",
                   gpu->device.name, virtio_strerror(error));
    }
}

static void tell_users(struct rt_virtio_gpu *gpu)
{
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    rt_uint32_t changed = gpu->changed;
    int failure = gpu->failure;
    rt_bool_t blob_failed = gpu->blob_failed;
    rt_uint16_t i;

    gpu->changed = 0;
    gpu->failure = 0;
    gpu->blob_failed = RT_FALSE;
    rt_virtio_unlock(&gpu->lock, level);
    if (failure != 0 && blob_failed)
    {
        rt_virtio_gpu_no_blobs(gpu, failure); /* the next update makes another picture of it */
    }
    else if (failure != 0)
    {
        rt_kprintf(
            "virtio: %s: the device refused what it was told (%s); `virtio reset %s` tells it everything again\n",
            gpu->device.name, virtio_strerror(failure), gpu->device.name);
    }
    for (i = 0; i < gpu->engine.scanout_count && changed != 0; i++)
    {
        tell_user(&gpu->screens[i], changed);
#ifdef RT_USING_GRAPHIC
        if ((changed >> gpu->screens[i].scanout & 1u) != 0)
        {
            rt_virtio_gpu_graphic_changed(&gpu->screens[i]);
        }
#endif
    }
}

void rt_virtio_gpu_config_changed(struct rt_virtio_device *device)
{
    struct rt_virtio_gpu *gpu = rt_virtio_gpu_of(device);
    rt_base_t level;

    if (!gpu->dead)
    {
        /* During a reset there is nothing to ask for: at its end that is done anyway. */
        if (rt_virtio_gpu_hold(gpu))
        {
            if (virtio_gpu_refresh(&gpu->engine))
            {
                level = rt_virtio_lock(&gpu->lock);
                virtio_gpu_query(&gpu->engine);
                rt_virtio_gpu_leave(gpu, level);
            }
            rt_virtio_gpu_unhold(gpu);
        }
        look_at_answers(gpu);
    }
    tell_users(gpu);
}

#endif /* RT_USING_VIRTIO_GPU */
