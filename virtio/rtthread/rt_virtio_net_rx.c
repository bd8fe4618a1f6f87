/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device in RT-Thread: frames in.
 *
 * Interrupts only wake: the receive thread of RT-Thread's Ethernet layer (erx) takes frames and frees what was sent,
 * with notifications off until there is nothing left.
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_NET) && defined(RT_USING_LWIP)

#include "rt_virtio_net.h"

/* Frames that are taken from the ring at a time. */
#define RX_BATCH 16

/* Buffers that the device was given and not shown yet. */
#define HIDDEN_MAX 8

static struct rt_virtio_net_buffer *wrapper_of(struct virtio_net_buffer *buffer)
{
    return rt_container_of(buffer, struct rt_virtio_net_buffer, buffer);
}

/* From the engine, under rx_lock. */
void rt_virtio_net_packet(void *context, rt_uint16_t index, const struct virtio_net_packet *packet)
{
    struct rt_virtio_net_pair *pair = &((struct rt_virtio_net *)context)->pairs[index];
    struct rt_virtio_net_buffer *first = wrapper_of(packet->buffers);
    struct virtio_net_buffer *buffer;

    first->packet = *packet;
    first->next = RT_NULL;
    for (buffer = packet->buffers; buffer != RT_NULL; buffer = buffer->next)
    {
        pair->posted--;
    }
    if (pair->waiting == RT_NULL)
    {
        pair->waiting = first;
    }
    else
    {
        pair->waiting_last->next = first;
    }
    pair->waiting_last = first;
}

/* --- Giving buffers --- */

static void post_locked(struct rt_virtio_net_pair *pair, struct virtio_net_buffer *buffer)
{
    /* Fails only while the queue is stopped or broken: then the end of the recovery posts all that is missing. */
    wrapper_of(buffer)->missing = virtio_net_post(&pair->net->engine, pair->index, buffer) != 0;
    if (!wrapper_of(buffer)->missing)
    {
        pair->posted++;
    }
}

/* Give buffers, linked by `next`, to the device. Any thread. */
static void post(struct rt_virtio_net_pair *pair, struct virtio_net_buffer *buffer)
{
    struct virtio_net_buffer *next;
    rt_base_t level;

    level = rt_virtio_lock(&pair->rx_lock);
    for (; buffer != RT_NULL; buffer = next)
    {
        next = buffer->next;
        post_locked(pair, buffer);
    }
    rt_virtio_unlock(&pair->rx_lock, level);
    rt_virtio_net_refill(pair);
}

/* Of its buffers, those that the device has not been shown. Under rx_lock. */
static rt_uint16_t hidden_of(const struct rt_virtio_net_pair *pair)
{
    const struct virtio_queue *ring = &pair->net->engine.rx[pair->index].ring;

    return (rt_uint16_t)(ring->avail_idx - ring->published_idx);
}

void rt_virtio_net_refill(struct rt_virtio_net_pair *pair)
{
    rt_base_t level;
    rt_bool_t few;
    int notify;

    level = rt_virtio_lock(&pair->rx_lock);
    pair->refill_posted = RT_FALSE;
    few = pair->posted - hidden_of(pair) < pair->buffer_count / 2;
    notify = virtio_net_publish_rx(&pair->net->engine, pair->index);
    few = few && notify == 0;
    pair->rx_doubt = pair->rx_doubt || few;
    rt_virtio_unlock(&pair->rx_lock, level);
    if (notify == 1)
    {
        virtio_net_notify_rx(&pair->net->engine, pair->index);
    }
    if (few)
    {
        rt_virtio_net_look_later(pair->net);
    }
}

void rt_virtio_net_nudge_rx(struct rt_virtio_net_pair *pair)
{
    rt_base_t level = rt_virtio_lock(&pair->rx_lock);
    rt_bool_t doubt = pair->rx_doubt;

    pair->rx_doubt = RT_FALSE;
    rt_virtio_unlock(&pair->rx_lock, level);
    if (doubt)
    {
        virtio_net_notify_rx(&pair->net->engine, pair->index);
    }
}

/* Under rx_lock. */
static void post_missing(struct rt_virtio_net_pair *pair)
{
    rt_uint32_t i;

    for (i = 0; i < pair->buffer_count; i++)
    {
        if (pair->buffers[i].missing)
        {
            post_locked(pair, &pair->buffers[i].buffer);
        }
    }
}

void rt_virtio_net_begin_rx(struct rt_virtio_net_pair *pair)
{
    rt_base_t level = rt_virtio_lock(&pair->rx_lock);

    post_missing(pair);
    rt_virtio_unlock(&pair->rx_lock, level);
    rt_virtio_net_refill(pair);
}

/* A buffer that the restart could not give back to the device. Under rx_lock. */
static void lost(struct virtio_net_buffer *buffer)
{
    wrapper_of(buffer)->pair->posted--;
    wrapper_of(buffer)->missing = RT_TRUE;
}

void rt_virtio_net_resume_rx(struct rt_virtio_net_pair *pair, int error)
{
    struct virtio_net *engine = &pair->net->engine;
    rt_base_t level;
    int notify;

    level = rt_virtio_lock(&pair->rx_lock);
    notify = virtio_net_resume_rx(engine, pair->index, error, lost);
    if (error == 0)
    {
        post_missing(pair);
    }
    notify = virtio_net_publish_rx(engine, pair->index) == 1 || notify == 1;
    rt_virtio_unlock(&pair->rx_lock, level);
    if (notify)
    {
        virtio_net_notify_rx(engine, pair->index);
    }
}

rt_uint32_t rt_virtio_net_lent(struct rt_virtio_net_pair *pair)
{
    struct virtio_net_buffer *buffer;
    rt_uint32_t lent = 0;
    rt_base_t level;
    rt_uint32_t i;

    level = rt_virtio_lock(&pair->rx_lock);
    for (; pair->waiting != RT_NULL; pair->waiting = pair->waiting->next)
    {
        for (buffer = pair->waiting->packet.buffers; buffer != RT_NULL; buffer = buffer->next)
        {
            wrapper_of(buffer)->missing = RT_TRUE;
        }
    }
    for (i = 0; i < pair->buffer_count; i++)
    {
        lent += !pair->buffers[i].missing;
    }
    rt_virtio_unlock(&pair->rx_lock, level);
    return lent;
}

/* --- From frame to pbuf --- */

#if LWIP_SUPPORT_CUSTOM_PBUF

/*
 * lwIP is through with a buffer. In whichever thread frees the pbuf. The device is shown several at a time: a merged
 * frame has 32 of them, and a device that has run out wants to be notified of each.
 */
static void release(struct pbuf *p)
{
    struct rt_virtio_net_buffer *wrapper = (struct rt_virtio_net_buffer *)(void *)p;
    struct rt_virtio_net_pair *pair = wrapper->pair;
    rt_bool_t later;
    rt_bool_t ask;
    rt_uint16_t hidden;
    rt_base_t level;

    level = rt_virtio_lock(&pair->rx_lock);
    post_locked(pair, &wrapper->buffer);
    hidden = hidden_of(pair);
    later = hidden < HIDDEN_MAX && pair->net->later != RT_NULL;
    /* It is in no hurry as long as it has half of them. */
    ask = later && pair->posted - hidden < pair->buffer_count / 2 && !pair->refill_posted;
    pair->refill_posted = pair->refill_posted || ask;
    rt_virtio_unlock(&pair->rx_lock, level);
    if (!later || (ask && rt_virtio_tcpip_trycallback(pair->net->later) != ERR_OK))
    {
        rt_virtio_net_refill(pair);
    }
}

/* A frame as pbufs around the buffers that it came in. */
static struct pbuf *lend(struct rt_virtio_net_buffer *first)
{
    struct virtio_net_buffer *buffer = first->packet.buffers;
    struct virtio_net_buffer *next;
    struct rt_virtio_net_buffer *wrapper;
    struct pbuf *whole = RT_NULL;
    struct pbuf *last = RT_NULL;
    struct pbuf *p;
    rt_uint32_t rest = first->packet.length;

    for (; buffer != RT_NULL; buffer = next)
    {
        next = buffer->next;
        wrapper = wrapper_of(buffer);
        wrapper->pbuf.custom_free_function = release;
        p = pbuf_alloced_custom(PBUF_RAW, (u16_t)buffer->length, PBUF_REF, &wrapper->pbuf, buffer->data,
                                (u16_t)buffer->length);
        /* What pbuf_cat() would do by walking over all that are there already. */
        p->tot_len = (u16_t)rest;
        rest -= buffer->length;
        if (last != RT_NULL)
        {
            last->next = p;
        }
        else
        {
            whole = p;
        }
        last = p;
    }
    return whole;
}

#endif

static struct pbuf *copy(struct rt_virtio_net_buffer *first)
{
    struct virtio_net_buffer *buffer;
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)first->packet.length, PBUF_POOL);
    u16_t at = 0;

    for (buffer = first->packet.buffers; p != RT_NULL && buffer != RT_NULL; buffer = buffer->next)
    {
        if (buffer->length != 0)
        {
            pbuf_take_at(p, buffer->data, (u16_t)buffer->length, at);
        }
        at = (u16_t)(at + buffer->length);
    }
    return p;
}

/* The frame for lwIP, or NULL if it cannot have it. */
static struct pbuf *to_pbuf(struct rt_virtio_net_pair *pair, struct rt_virtio_net_buffer *first)
{
    struct virtio_net_packet packet = first->packet;
    struct pbuf *p = RT_NULL;

    if (packet.length > 0xffff)
    {
        /* A merged frame can be that long, and a pbuf cannot. */
        post(pair, packet.buffers);
    }
#if LWIP_SUPPORT_CUSTOM_PBUF
    /* As long as the device keeps enough to go on with; lwIP may hold on to a frame for as long as it likes. */
    else if (pair->posted >= pair->buffer_count / 4)
    {
        pair->counts.rx_lent++;
        p = lend(first);
    }
#endif
    else
    {
        p = copy(first);
        pair->counts.rx_copied += p != RT_NULL;
        post(pair, packet.buffers);
    }
    pair->counts.rx_merged += packet.segment_size != 0;
    if (p != RT_NULL && !rt_virtio_net_check(pair, p, &packet))
    {
        pbuf_free(p);
        p = RT_NULL;
    }
    pair->counts.rx_dropped += p == RT_NULL;
    return p;
}

/* The next frame that waits, from the ring if need be. NULL: none, and notifications are on. */
static struct rt_virtio_net_buffer *next_waiting(struct rt_virtio_net_pair *pair)
{
    struct virtio_net *engine = &pair->net->engine;
    struct rt_virtio_net_buffer *first;
    rt_base_t level;
    int count = 0;
    int notify;

    level = rt_virtio_lock(&pair->rx_lock);
    do
    {
        if (pair->waiting == RT_NULL)
        {
            pair->rx_claimed = RT_FALSE;
            count = virtio_net_poll_rx(engine, pair->index, RX_BATCH);
        }
        first = pair->waiting;
    } while (first == RT_NULL && count >= 0 && (count > 0 || virtio_net_watch_rx(engine, pair->index, RT_TRUE)));
    if (first != RT_NULL)
    {
        pair->waiting = first->next;
    }
    notify = virtio_net_publish_rx(engine, pair->index); /* of frames that the engine refused */
    rt_virtio_unlock(&pair->rx_lock, level);

    if (notify == 1)
    {
        virtio_net_notify_rx(engine, pair->index);
    }
    if (count > 0)
    {
        rt_virtio_net_worked(pair->net);
    }
    if (count < 0)
    {
        rt_virtio_post(&pair->net->device, RT_VIRTIO_EVENT_BROKEN);
    }
    return first;
}

/* The next frame of any pair; they take turns, so that none starves. */
struct pbuf *rt_virtio_net_receive(rt_device_t dev)
{
    struct rt_virtio_net *net = (struct rt_virtio_net *)dev;
    struct rt_virtio_net_pair *pair;
    struct rt_virtio_net_buffer *first;
    struct pbuf *p = RT_NULL;
    rt_uint16_t idle = 0;

    if (!net->attached)
    {
        return RT_NULL; /* it is being removed */
    }
    while (p == RT_NULL && idle < net->engine.pair_count)
    {
        pair = &net->pairs[net->turn];
        net->turn = (rt_uint16_t)(net->turn + 1 < net->engine.pair_count ? net->turn + 1 : 0);
        first = next_waiting(pair);
        /* Before lwIP sees an answer, so that it finds its segments free if it wants to repeat one. */
        rt_virtio_net_reclaim(pair);
        if (first == RT_NULL)
        {
            idle++;
            continue;
        }
        /* A frame that lwIP has no memory for is not the end: the others would wait until the next one came. */
        idle = 0;
        net->received = RT_TRUE;
        p = to_pbuf(pair, first);
    }
    if (p == RT_NULL && net->received)
    {
        /* Once more in a moment: the interrupt of a frame that came just now may have got lost. */
        net->received = RT_FALSE;
        rt_virtio_net_look_later(net);
    }
    return p;
}

rt_bool_t rt_virtio_net_claim_rx(struct rt_virtio_net_pair *pair)
{
    struct virtio_net *engine = &pair->net->engine;
    rt_base_t level = rt_virtio_lock(&pair->rx_lock);
    rt_bool_t work = !pair->rx_claimed && virtio_net_watch_rx(engine, pair->index, RT_TRUE);

    if (work)
    {
        pair->rx_claimed = RT_TRUE;
        virtio_net_watch_rx(engine, pair->index, RT_FALSE);
        engine->rx[pair->index].ring.stats.interrupts++;
    }
    rt_virtio_unlock(&pair->rx_lock, level);
    return work;
}

#endif /* RT_USING_VIRTIO_NET && RT_USING_LWIP */
