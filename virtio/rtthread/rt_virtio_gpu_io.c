/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU in RT-Thread: how requests are sent, merged and waited for.
 *
 * They go through one list, so that the device gets them in order. Updates wait in it while others are with the device;
 * those that are neighbours in the list and on the screen become one.
 */
#include "rt_virtio_gpu.h"

#include <virtio/barrier.h>
#include <virtio/platform.h>

#ifdef RT_USING_VIRTIO_GPU

#define TIMEOUT_US ((rt_uint64_t)RT_VIRTIO_GPU_TIMEOUT_MS * 1000u)

/* When to look whether there is an answer of which no interrupt told. */
#define LOOK_MS     (RT_VIRTIO_GPU_TIMEOUT_MS < 200 ? RT_VIRTIO_GPU_TIMEOUT_MS / 2 : 100)

#define BOTH_QUEUES 3u

/* --- Finishing. With the lock --- */

static void finish(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io, int result)
{
    io->request.result = result;
    io->place = RT_VIRTIO_GPU_FINISHED;
    io->leader = RT_NULL;
    io->next = gpu->finished;
    gpu->finished = io;
}

static void finish_all(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io, int result)
{
    struct rt_virtio_gpu_io *other;

    while ((other = io->merged) != RT_NULL)
    {
        io->merged = other->next;
        finish(gpu, other, result);
    }
    finish(gpu, io, result);
}

/* Called by the engine. */
static void done(struct virtio_gpu_request *request)
{
    struct rt_virtio_gpu_io *io = (struct rt_virtio_gpu_io *)request;
    struct rt_virtio_gpu *gpu = request->context;

    gpu->updates -= io->kind == RT_VIRTIO_GPU_UPDATE;
    if (request->result == 0)
    {
        gpu->futile_recoveries = 0;
    }
    finish_all(gpu, io, request->result);
}

/* --- Sending. With the lock --- */

static void append(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io)
{
    io->request.done = done;
    io->request.context = gpu;
    io->request.expired = RT_FALSE;
    io->place = RT_VIRTIO_GPU_WAITING;
    io->merged = RT_NULL;
    io->leader = RT_NULL;
    io->next = RT_NULL;
    if (gpu->waiting == RT_NULL)
    {
        gpu->waiting = io;
    }
    else
    {
        gpu->waiting_last->next = io;
    }
    gpu->waiting_last = io;
}

static rt_uint64_t area(const struct virtio_gpu_rect *rect)
{
    return (rt_uint64_t)rect->width * rect->height;
}

static struct virtio_gpu_rect around(const struct virtio_gpu_rect *a, const struct virtio_gpu_rect *b)
{
    rt_uint32_t right = a->x + a->width > b->x + b->width ? a->x + a->width : b->x + b->width;
    rt_uint32_t bottom = a->y + a->height > b->y + b->height ? a->y + a->height : b->y + b->height;
    struct virtio_gpu_rect rect;

    rect.x = a->x < b->x ? a->x : b->x;
    rect.y = a->y < b->y ? a->y : b->y;
    rect.width = right - rect.x;
    rect.height = bottom - rect.y;
    return rect;
}

/*
 * Let an update, the first in the list, stand for those of the same picture behind it, as long as that gives the device
 * no more to copy. Updates of other pictures may lie between them.
 */
static void merge(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io)
{
    struct rt_virtio_gpu_io *before = io;
    struct rt_virtio_gpu_io *other;
    struct virtio_gpu_rect rect;

    while ((other = before->next) != RT_NULL && other->kind == RT_VIRTIO_GPU_UPDATE)
    {
        if (other->resource != io->resource)
        {
            before = other;
            continue;
        }
        rect = around(&io->rect, &other->rect);
        if (area(&rect) > area(&io->rect) + area(&other->rect))
        {
            return;
        }
        io->rect = rect;
        before->next = other->next;
        if (gpu->waiting_last == other)
        {
            gpu->waiting_last = before;
        }
        other->place = RT_VIRTIO_GPU_SENT;
        other->leader = io;
        other->next = io->merged;
        io->merged = other;
        gpu->merged_count++;
    }
}

static int send(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io)
{
    int result;

    switch (io->kind)
    {
    case RT_VIRTIO_GPU_CREATE:
        return virtio_gpu_resource_create(&gpu->engine, io->resource, &io->request);
    case RT_VIRTIO_GPU_DESTROY:
        return virtio_gpu_resource_destroy(&gpu->engine, io->resource, &io->request);
    case RT_VIRTIO_GPU_SHOW:
        return virtio_gpu_show(&gpu->engine, io->scanout, io->resource, io->resource != RT_NULL ? &io->rect : RT_NULL,
                               &io->request);
    default:
        merge(gpu, io);
        result = virtio_gpu_update(&gpu->engine, io->resource, &io->rect, &io->request);
        if (result == 0)
        {
            gpu->updates++;
            gpu->update_count++;
            gpu->update_bytes += area(&io->rect) * VIRTIO_GPU_PIXEL_BYTES;
        }
        return result;
    }
}

void rt_virtio_gpu_pump(struct rt_virtio_gpu *gpu)
{
    rt_bool_t hold_updates = gpu->updates != 0;
    struct rt_virtio_gpu_io *io;
    int result;

    while ((io = gpu->waiting) != RT_NULL)
    {
        if (io->kind == RT_VIRTIO_GPU_UPDATE && hold_updates)
        {
            return;
        }
        result = send(gpu, io);
        if (result == -VIRTIO_EAGAIN || result == -VIRTIO_EPROTO)
        {
            return; /* full, or stopped, or broken; whatever ends that comes back here */
        }
        gpu->waiting = io->next;
        if (result == 0)
        {
            io->place = RT_VIRTIO_GPU_SENT;
        }
        else
        {
            finish_all(gpu, io, result == 1 ? 0 : result);
        }
    }
}

void rt_virtio_gpu_fail_waiting(struct rt_virtio_gpu *gpu, int error)
{
    struct rt_virtio_gpu_io *io;

    while ((io = gpu->waiting) != RT_NULL)
    {
        gpu->waiting = io->next;
        finish_all(gpu, io, error);
    }
}

/* --- Waking --- */

/* Tell those who wait. Without the lock; the last access to each io is the one that lets its owner go. */
static void wake_all(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io)
{
    struct rt_virtio_gpu_io *next;
    rt_base_t level;

    if (io == RT_NULL)
    {
        return;
    }
    for (; io != RT_NULL; io = next)
    {
        next = io->next;
        if (io->polled)
        {
            virtio_wmb(); /* the result before the answer; pairs with the barrier in poll_for() on another CPU */
            io->answered = RT_TRUE;
        }
        else
        {
            rt_completion_done(&io->completion);
        }
    }
    level = rt_virtio_lock(&gpu->lock);
    gpu->waking--;
    rt_virtio_unlock(&gpu->lock, level);
}

/* As in the block device: a completion that comes just when the time is up gets lost in RT-Thread. */
static rt_bool_t was_told(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io)
{
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    rt_bool_t told = io->place == RT_VIRTIO_GPU_FINISHED && gpu->waking == 0;

    rt_virtio_unlock(&gpu->lock, level);
    return told;
}

void rt_virtio_gpu_leave(struct rt_virtio_gpu *gpu, rt_base_t level)
{
    struct rt_virtio_gpu_io *finished = gpu->finished;
    rt_bool_t news = gpu->changed != 0 || gpu->failure != 0;
    unsigned int due = virtio_gpu_due(&gpu->engine);

    gpu->finished = RT_NULL;
    gpu->waking += finished != RT_NULL;
    rt_virtio_unlock(&gpu->lock, level);

    virtio_gpu_notify(&gpu->engine, due);
    if (news)
    {
        rt_virtio_post(&gpu->device, RT_VIRTIO_EVENT_CONFIG);
    }
    wake_all(gpu, finished);
}

rt_bool_t rt_virtio_gpu_drain(struct rt_virtio_gpu *gpu, rt_bool_t from_interrupt)
{
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    int count = virtio_gpu_poll(&gpu->engine);

    if (count > 0 && from_interrupt)
    {
        gpu->engine.control.ring.stats.interrupts++;
    }
    rt_virtio_gpu_pump(gpu);
    rt_virtio_gpu_leave(gpu, level);
    if (count < 0)
    {
        rt_virtio_post(&gpu->device, RT_VIRTIO_EVENT_BROKEN);
    }
    return count != 0;
}

/* --- Waiting for an answer --- */

/* Take a request out of the list of those that wait. With the lock. */
static void unlist(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io)
{
    struct rt_virtio_gpu_io *before = RT_NULL;
    struct rt_virtio_gpu_io **link = &gpu->waiting;

    while (*link != io)
    {
        before = *link;
        link = &before->next;
    }
    *link = io->next;
    if (gpu->waiting_last == io)
    {
        gpu->waiting_last = before;
    }
}

/*
 * The time is up. A request that never got to the device, and stands for no other, is the caller's again: true. The
 * answer to any other comes with the reset, of which the caller has to take care: `silent`.
 */
static rt_bool_t expire(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io, rt_bool_t *silent)
{
    rt_base_t level = rt_virtio_lock(&gpu->lock);
    rt_bool_t alone = io->place == RT_VIRTIO_GPU_WAITING && io->merged == RT_NULL;

    *silent = io->place != RT_VIRTIO_GPU_FINISHED;
    if (alone)
    {
        unlist(gpu, io);
        io->request.result = -VIRTIO_ETIMEDOUT;
    }
    io->request.expired = RT_TRUE;
    if (io->leader != RT_NULL)
    {
        io->leader->request.expired = RT_TRUE;
    }
    rt_virtio_unlock(&gpu->lock, level);
    if (*silent)
    {
        rt_kprintf("virtio: %s: no answer for %u ms, resetting the device\n", gpu->device.name,
                   (unsigned int)RT_VIRTIO_GPU_TIMEOUT_MS);
    }
    return alone;
}

/* Before the time is up: the interrupt or our notification may have got lost, and a spurious one is harmless. */
static void nudge(struct rt_virtio_gpu *gpu)
{
    rt_virtio_gpu_drain(gpu, RT_FALSE);
    virtio_gpu_notify(&gpu->engine, BOTH_QUEUES);
}

/* True if there is an answer. */
static rt_bool_t sleep_for(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io, rt_uint32_t ms)
{
    return rt_completion_wait(&io->completion, rt_tick_from_millisecond((rt_int32_t)ms)) == RT_EOK || was_told(gpu, io);
}

static void wait_sleeping(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io)
{
    rt_bool_t silent;

    if (sleep_for(gpu, io, LOOK_MS))
    {
        return;
    }
    nudge(gpu);
    if (sleep_for(gpu, io, RT_VIRTIO_GPU_TIMEOUT_MS - LOOK_MS))
    {
        return;
    }
    if (expire(gpu, io, &silent))
    {
        rt_virtio_post(&gpu->device, RT_VIRTIO_EVENT_SILENT);
        return;
    }
    /* The service thread resets the device, and the end of that answers every request, this one too. */
    do
    {
        if (silent)
        {
            rt_virtio_post(&gpu->device, RT_VIRTIO_EVENT_SILENT);
        }
    } while (!sleep_for(gpu, io, 1000));
}

/* Look until there is an answer or the time is up. */
static rt_bool_t poll_for(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io, rt_uint64_t us)
{
    rt_uint64_t begin = virtio_platform_clock_us();

    while (!io->answered)
    {
        if (virtio_platform_clock_us() - begin > us)
        {
            return RT_FALSE;
        }
        rt_virtio_gpu_drain(gpu, RT_FALSE);
        virtio_platform_relax();
    }
    virtio_rmb(); /* the answer before the result; pairs with the barrier in wake_all() */
    return RT_TRUE;
}

/* The same for a caller that cannot sleep: it recovers the device itself, as nobody else may run meanwhile. */
static void wait_polling(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *io)
{
    rt_bool_t silent;

    if (poll_for(gpu, io, LOOK_MS * 1000u))
    {
        return;
    }
    nudge(gpu);
    if (poll_for(gpu, io, TIMEOUT_US - LOOK_MS * 1000u))
    {
        return;
    }
    if (expire(gpu, io, &silent))
    {
        rt_virtio_gpu_recover(&gpu->device, RT_FALSE);
        return;
    }
    do
    {
        if (silent)
        {
            rt_virtio_gpu_recover(&gpu->device, RT_FALSE);
        }
    } while (!poll_for(gpu, io, TIMEOUT_US));
}

int rt_virtio_gpu_run(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *ios, unsigned int count)
{
    rt_bool_t polled = !rt_virtio_may_sleep();
    rt_bool_t broken;
    rt_base_t level;
    unsigned int i;
    int error = 0;

    for (i = 0; i < count; i++)
    {
        ios[i].polled = polled;
        ios[i].answered = RT_FALSE;
        if (!polled)
        {
            rt_completion_init(&ios[i].completion);
        }
    }
    level = rt_virtio_lock(&gpu->lock);
    for (i = 0; i < count; i++)
    {
        append(gpu, &ios[i]);
    }
    if (gpu->dead)
    {
        rt_virtio_gpu_fail_waiting(gpu, -VIRTIO_EIO);
    }
    rt_virtio_gpu_pump(gpu);
    broken = gpu->engine.broken || gpu->engine.control.ring.broken;
    rt_virtio_gpu_leave(gpu, level);
    if (broken)
    {
        rt_virtio_post(&gpu->device, RT_VIRTIO_EVENT_BROKEN);
    }
    for (i = 0; i < count; i++)
    {
        if (polled)
        {
            wait_polling(gpu, &ios[i]);
        }
        else
        {
            wait_sleeping(gpu, &ios[i]);
        }
        error = error == 0 ? ios[i].request.result : error;
    }
    return error;
}

#endif /* RT_USING_VIRTIO_GPU */
