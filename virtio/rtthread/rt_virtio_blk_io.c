/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block device in RT-Thread: how requests wait for their answers, and what happens if there is none.
 *
 * A queue's lock is held for the few instructions that touch the ring. What finished meanwhile is collected in a list,
 * and the threads are woken after the lock was given back.
 */
#include "rt_virtio_blk.h"

#include <virtio/barrier.h>
#include <virtio/platform.h>

#ifdef RT_USING_VIRTIO_BLK

/* A device that breaks this often without a single success in between is given up. */
#define TIMEOUT_US ((rt_uint64_t)RT_VIRTIO_BLK_TIMEOUT_MS * 1000u)

/* When to look whether there is an answer of which no interrupt told. */
#define LOOK_MS (RT_VIRTIO_BLK_TIMEOUT_MS < 200 ? RT_VIRTIO_BLK_TIMEOUT_MS / 2 : 100)

static struct rt_virtio_blk *of(struct rt_virtio_device *device)
{
    return rt_container_of(device, struct rt_virtio_blk, device);
}

static rt_uint16_t index_of(struct rt_virtio_blk *blk, struct rt_virtio_blk_queue *queue)
{
    return (rt_uint16_t)(queue - blk->queues);
}

/* Called by the engine, with the queue's lock held. */
static void done(struct virtio_blk_request *request)
{
    struct rt_virtio_blk_io *io = (struct rt_virtio_blk_io *)request;

    io->place = RT_VIRTIO_BLK_FINISHED;
    io->next = io->queue->finished;
    io->queue->finished = io;
}

/* Tell those who wait. Without the lock; the last access to each io is the one that lets its owner go. */
static void wake_all(struct rt_virtio_blk_queue *queue, struct rt_virtio_blk_io *io)
{
    struct rt_virtio_blk_io *next;
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
    level = rt_virtio_lock(&queue->lock);
    queue->waking--;
    rt_virtio_unlock(&queue->lock, level);
}

/*
 * A completion that comes just when the time is up gets lost in RT-Thread (5.0 clears it on the way out of the wait).
 * So who was not woken looks here: true if the request is finished, and nobody is about to tell so any more.
 */
static rt_bool_t was_told(struct rt_virtio_blk_io *io)
{
    struct rt_virtio_blk_queue *queue = io->queue;
    rt_base_t level = rt_virtio_lock(&queue->lock);
    rt_bool_t told = io->place == RT_VIRTIO_BLK_FINISHED && queue->waking == 0;

    rt_virtio_unlock(&queue->lock, level);
    return told;
}

/* What finished, for wake_all() after the lock is given back. With the lock. */
static struct rt_virtio_blk_io *take_finished(struct rt_virtio_blk_queue *queue)
{
    struct rt_virtio_blk_io *finished = queue->finished;

    queue->finished = RT_NULL;
    queue->waking += finished != RT_NULL;
    return finished;
}

/* At the end of those that wait for room. With the lock. */
static void append_waiting(struct rt_virtio_blk_queue *queue, struct rt_virtio_blk_io *io)
{
    io->place = RT_VIRTIO_BLK_WAITING;
    io->next = RT_NULL;
    if (queue->waiting == RT_NULL)
    {
        queue->waiting = io;
    }
    else
    {
        queue->waiting_last->next = io;
    }
    queue->waiting_last = io;
}

/* Put into the ring what waits for room, as long as there is some. True if a notification is due. */
static rt_bool_t submit_waiting(struct rt_virtio_blk *blk, struct rt_virtio_blk_queue *queue)
{
    rt_bool_t notify = RT_FALSE;
    struct rt_virtio_blk_io *io;
    int result;

    while ((io = queue->waiting) != RT_NULL)
    {
        result = virtio_blk_submit(&blk->engine, index_of(blk, queue), &io->request);
        if (result < 0)
        {
            break; /* full, or stopped, or broken; whatever ends that comes back here */
        }
        queue->waiting = io->next;
        io->place = RT_VIRTIO_BLK_IN_RING;
        notify = notify || result == 1;
    }
    return notify;
}

/* Take what the device finished; refill the ring; wake. True if anything finished. */
static rt_bool_t drain(struct rt_virtio_blk *blk, struct rt_virtio_blk_queue *queue, rt_bool_t from_interrupt)
{
    rt_uint16_t index = index_of(blk, queue);
    struct rt_virtio_blk_io *finished;
    rt_bool_t notify;
    rt_base_t level;
    int count;

    level = rt_virtio_lock(&queue->lock);
    count = virtio_blk_poll(&blk->engine, index);
    if (count > 0 && from_interrupt)
    {
        blk->engine.queues[index].ring.stats.interrupts++;
    }
    notify = submit_waiting(blk, queue);
    finished = take_finished(queue);
    rt_virtio_unlock(&queue->lock, level);

    if (notify)
    {
        virtio_blk_notify(&blk->engine, index);
    }
    if (count < 0)
    {
        rt_virtio_post(&blk->device, RT_VIRTIO_EVENT_BROKEN);
    }
    wake_all(queue, finished);
    return count != 0;
}

rt_bool_t rt_virtio_blk_interrupt(struct rt_virtio_device *device)
{
    struct rt_virtio_blk *blk = of(device);
    rt_bool_t busy = RT_FALSE;
    rt_uint16_t i;

    for (i = 0; i < blk->engine.queue_count; i++)
    {
        busy = drain(blk, &blk->queues[i], RT_TRUE) || busy;
    }
    return busy;
}

/* --- Recovery --- */

static rt_bool_t begin_recovery(struct rt_virtio_blk *blk)
{
    rt_base_t level = rt_virtio_lock(&blk->recovery_lock);
    rt_bool_t mine = !blk->recovering;

    blk->recovering = RT_TRUE;
    rt_virtio_unlock(&blk->recovery_lock, level);
    return mine;
}

/* Give a queue back to the device, or, with an error, fail everything that is in it and everything to come. */
static void resume(struct rt_virtio_blk *blk, struct rt_virtio_blk_queue *queue, int error, rt_bool_t broken)
{
    rt_uint16_t index = index_of(blk, queue);
    struct rt_virtio_blk_io *finished;
    struct rt_virtio_blk_io *io;
    rt_bool_t notify;
    rt_base_t level;

    level = rt_virtio_lock(&queue->lock);
    notify = virtio_blk_resume(&blk->engine, index, error, broken) == 1;
    if (error == 0)
    {
        notify = submit_waiting(blk, queue) || notify;
    }
    else
    {
        queue->dead = RT_TRUE;
        while ((io = queue->waiting) != RT_NULL)
        {
            queue->waiting = io->next;
            io->request.result = error;
            done(&io->request);
        }
    }
    finished = take_finished(queue);
    rt_virtio_unlock(&queue->lock, level);

    if (notify)
    {
        virtio_blk_notify(&blk->engine, index);
    }
    wake_all(queue, finished);
}

static void stop(struct rt_virtio_blk *blk)
{
    rt_base_t level;
    rt_uint16_t i;

    for (i = 0; i < blk->engine.queue_count; i++)
    {
        level = rt_virtio_lock(&blk->queues[i].lock);
        virtio_blk_stop(&blk->engine, i);
        rt_virtio_unlock(&blk->queues[i].lock, level);
    }
}

rt_err_t rt_virtio_blk_recover(struct rt_virtio_device *device, rt_bool_t broken)
{
    struct rt_virtio_blk *blk = of(device);
    rt_base_t level;
    rt_bool_t dead;
    rt_uint16_t i;
    int error;

    if (!begin_recovery(blk))
    {
        return -RT_EBUSY;
    }
    stop(blk);
    blk->futile_recoveries += broken;
    dead = blk->queues[0].dead || blk->futile_recoveries > RT_VIRTIO_FUTILE_RECOVERIES_MAX;
    error = dead ? rt_virtio_retire(device) : virtio_blk_restart(&blk->engine);
    if (error != 0)
    {
        rt_virtio_not_recovered(device, error, "every request fails from now on");
    }
    for (i = 0; i < blk->engine.queue_count; i++)
    {
        resume(blk, &blk->queues[i], error, broken);
    }

    level = rt_virtio_lock(&blk->recovery_lock);
    blk->recovering = RT_FALSE;
    rt_virtio_unlock(&blk->recovery_lock, level);
    return rt_virtio_error(error);
}

int rt_virtio_blk_end(struct rt_virtio_blk *blk)
{
    rt_uint16_t i;
    int error;

    while (!blk->device.ended && !begin_recovery(blk))
    {
        rt_thread_mdelay(1); /* that has an end */
    }
    blk->device.ended = RT_TRUE;
    stop(blk);
    error = rt_virtio_retire(&blk->device);
    for (i = 0; i < blk->engine.queue_count; i++)
    {
        resume(blk, &blk->queues[i], error, RT_FALSE);
    }
    return error == -VIRTIO_ETIMEDOUT ? error : 0;
}

/* --- Waiting for an answer --- */

/* Take a request out of the list of those that wait for room. With the lock. */
static void unlist(struct rt_virtio_blk_queue *queue, struct rt_virtio_blk_io *io)
{
    struct rt_virtio_blk_io *before = RT_NULL;
    struct rt_virtio_blk_io **link = &queue->waiting;

    while (*link != io)
    {
        before = *link;
        link = &before->next;
    }
    *link = io->next;
    if (queue->waiting_last == io)
    {
        queue->waiting_last = before;
    }
}

/*
 * The time is up. If the request never got to the device it is the caller's again. If it did, its buffer belongs to the
 * device until that is reset, and the answer comes then. Returns where it was.
 */
static enum rt_virtio_blk_place expire(struct rt_virtio_blk *blk, struct rt_virtio_blk_io *io)
{
    struct rt_virtio_blk_queue *queue = io->queue;
    enum rt_virtio_blk_place place;
    rt_base_t level;

    level = rt_virtio_lock(&queue->lock);
    place = io->place;
    if (place == RT_VIRTIO_BLK_WAITING)
    {
        unlist(queue, io);
        io->request.result = -VIRTIO_ETIMEDOUT;
    }
    io->request.expired = RT_TRUE;
    rt_virtio_unlock(&queue->lock, level);
    if (place == RT_VIRTIO_BLK_IN_RING)
    {
        rt_kprintf("virtio: %s: no answer for %u ms, resetting the device\n", blk->device.name,
                   (unsigned int)RT_VIRTIO_BLK_TIMEOUT_MS);
    }
    return place;
}

/*
 * Before the time is up: the interrupt or our notification may have got lost. Look once more, and notify without being
 * asked: a spurious one is harmless (2.7.13).
 */
static void nudge(struct rt_virtio_blk *blk, struct rt_virtio_blk_io *io)
{
    drain(blk, io->queue, RT_FALSE);
    virtio_blk_notify(&blk->engine, index_of(blk, io->queue));
}

/* True if there is an answer. */
static rt_bool_t sleep_for(struct rt_virtio_blk_io *io, rt_uint32_t ms)
{
    return rt_completion_wait(&io->completion, rt_tick_from_millisecond((rt_int32_t)ms)) == RT_EOK || was_told(io);
}

static void wait_sleeping(struct rt_virtio_blk *blk, struct rt_virtio_blk_io *io)
{
    enum rt_virtio_blk_place place;

    if (sleep_for(io, LOOK_MS))
    {
        return;
    }
    nudge(blk, io);
    if (sleep_for(io, RT_VIRTIO_BLK_TIMEOUT_MS - LOOK_MS))
    {
        return;
    }
    place = expire(blk, io);
    if (place == RT_VIRTIO_BLK_WAITING)
    {
        return;
    }
    /* The service thread resets the device, and the end of that answers every request, this one too. */
    do
    {
        if (place == RT_VIRTIO_BLK_IN_RING)
        {
            rt_virtio_post(&blk->device, RT_VIRTIO_EVENT_SILENT);
        }
    } while (!sleep_for(io, 1000));
}

/* Look until there is an answer or the time is up. */
static rt_bool_t poll_for(struct rt_virtio_blk *blk, struct rt_virtio_blk_io *io, rt_uint64_t us)
{
    rt_uint64_t begin = virtio_platform_clock_us();

    while (!io->answered)
    {
        if (virtio_platform_clock_us() - begin > us)
        {
            return RT_FALSE;
        }
        drain(blk, io->queue, RT_FALSE);
        virtio_platform_relax();
    }
    virtio_rmb(); /* the answer before the result; pairs with the barrier in wake_all() */
    return RT_TRUE;
}

/*
 * The same for a caller that cannot sleep. On one CPU nobody else runs meanwhile, the service thread neither, so this
 * recovers the device itself; if that thread is at it on another CPU, its end is waited for.
 */
static void wait_polling(struct rt_virtio_blk *blk, struct rt_virtio_blk_io *io)
{
    enum rt_virtio_blk_place place;

    if (poll_for(blk, io, LOOK_MS * 1000u))
    {
        return;
    }
    nudge(blk, io);
    if (poll_for(blk, io, TIMEOUT_US - LOOK_MS * 1000u))
    {
        return;
    }
    place = expire(blk, io);
    if (place == RT_VIRTIO_BLK_WAITING)
    {
        return;
    }
    do
    {
        if (place == RT_VIRTIO_BLK_IN_RING)
        {
            rt_virtio_blk_recover(&blk->device, RT_FALSE);
        }
    } while (!poll_for(blk, io, TIMEOUT_US));
}

/* Give a prepared request to a queue. */
static void enter(struct rt_virtio_blk *blk, struct rt_virtio_blk_io *io)
{
    struct rt_virtio_blk_queue *queue = io->queue;
    rt_uint16_t index = index_of(blk, queue);
    struct rt_virtio_blk_io *finished;
    rt_base_t level;
    int result = 0;

    level = rt_virtio_lock(&queue->lock);
    if (queue->dead)
    {
        io->request.result = -VIRTIO_EIO;
        done(&io->request);
    }
    else
    {
        /* Those who found the ring full come first. */
        result = queue->waiting == RT_NULL ? virtio_blk_submit(&blk->engine, index, &io->request) : -VIRTIO_EAGAIN;
        io->place = RT_VIRTIO_BLK_IN_RING;
        if (result < 0)
        {
            append_waiting(queue, io);
        }
    }
    finished = take_finished(queue);
    rt_virtio_unlock(&queue->lock, level);

    if (result == 1)
    {
        virtio_blk_notify(&blk->engine, index);
    }
    if (result == -VIRTIO_EPROTO)
    {
        rt_virtio_post(&blk->device, RT_VIRTIO_EVENT_BROKEN);
    }
    wake_all(queue, finished);
}

int rt_virtio_blk_request(struct rt_virtio_blk *blk, struct rt_virtio_blk_io *io)
{
    int error;

    io->request.done = done;
    error = virtio_blk_prepare(&blk->engine, &io->request);
    if (error != 0)
    {
        return error;
    }
    io->queue = &blk->queues[rt_virtio_cpu_id() % blk->engine.queue_count];
    io->polled = io->pinned || !rt_virtio_may_sleep();
    if (io->polled)
    {
        io->answered = RT_FALSE;
        enter(blk, io);
        wait_polling(blk, io);
    }
    else
    {
        rt_completion_init(&io->completion);
        enter(blk, io);
        wait_sleeping(blk, io);
    }
    error = virtio_blk_finish(&io->request);
    if (error == 0)
    {
        blk->futile_recoveries = 0;
    }
    return error;
}

#endif /* RT_USING_VIRTIO_BLK */
