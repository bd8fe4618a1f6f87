/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device in RT-Thread: frames out.
 *
 * A frame goes out of lwIP's memory, which is kept until the device is through with it. Whoever sends or receives takes
 * back what was sent before, and a timer what is left after the last one; the device notifies only where somebody waits
 * for room.
 *
 * A notification that got lost is made up for: if the device takes nothing from one run of that timer to the next, it
 * is notified without being asked (docs/architecture.md says how one gets lost).
 *
 * The device is told of a frame at once if it has nothing else to do. Otherwise lwIP's own thread is asked to tell it,
 * which it does after the work that it is at: the segments of one TCP window become one notification.
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_NET) && defined(RT_USING_LWIP)

#include "rt_virtio_net.h"

#include <string.h>

#include <virtio/platform.h>

/* Frames that the device may not know of yet. */
#define UNANNOUNCED_MAX 16

/* --- Taking back --- */

/* From the engine, under tx_lock. */
static void done(struct virtio_net_frame *frame)
{
    struct rt_virtio_net_frame *mine = (struct rt_virtio_net_frame *)frame;
    struct rt_virtio_net_pair *pair = frame->context;

    mine->next = pair->through;
    pair->through = mine;
}

void rt_virtio_net_reclaim(struct rt_virtio_net_pair *pair)
{
    struct virtio_net *engine = &pair->net->engine;
    struct rt_virtio_net_frame *through;
    struct rt_virtio_net_frame *frame;
    struct rt_virtio_net_frame *last = RT_NULL;
    rt_uint32_t room;
    rt_base_t level;
    rt_bool_t nudge;
    rt_bool_t rest;
    int count;

    level = rt_virtio_lock(&pair->tx_lock);
    pair->tx_claimed = RT_FALSE;
    count = virtio_net_poll_tx(engine, pair->index);
    rest = engine->tx[pair->index].ring.in_flight != 0;
    nudge = pair->tx_doubt && rest && count == 0;
    pair->tx_doubt = RT_FALSE;
    through = pair->through;
    pair->through = RT_NULL;
    rt_virtio_unlock(&pair->tx_lock, level);

    for (frame = through; frame != RT_NULL; frame = frame->next)
    {
        if (virtio_net_finish(&frame->frame) == 0)
        {
            rt_virtio_net_worked(pair->net);
        }
        pbuf_free(frame->pbuf);
        last = frame;
    }
    if (last != RT_NULL)
    {
        level = rt_virtio_lock(&pair->tx_lock);
        last->next = pair->free;
        pair->free = through;
        room = pair->tx_waiting;
        pair->tx_waiting = 0;
        rt_virtio_unlock(&pair->tx_lock, level);
        for (; room > 0; room--)
        {
            rt_sem_release(&pair->tx_room);
        }
    }
    if (nudge)
    {
        virtio_net_notify_tx(engine, pair->index);
    }
    if (rest)
    {
        rt_virtio_net_look_later(pair->net);
    }
    if (count < 0)
    {
        rt_virtio_post(&pair->net->device, RT_VIRTIO_EVENT_BROKEN);
    }
}

void rt_virtio_net_doubt_tx(struct rt_virtio_net_pair *pair)
{
    const struct virtio_queue *ring = &pair->net->engine.tx[pair->index].ring;
    rt_base_t level = rt_virtio_lock(&pair->tx_lock);

    pair->tx_doubt = ring->in_flight != 0 && ring->used_idx == pair->tx_seen;
    pair->tx_seen = ring->used_idx;
    rt_virtio_unlock(&pair->tx_lock, level);
}

rt_bool_t rt_virtio_net_claim_tx(struct rt_virtio_net_pair *pair)
{
    struct virtio_net *engine = &pair->net->engine;
    rt_base_t level = rt_virtio_lock(&pair->tx_lock);
    rt_bool_t work = pair->tx_waiting != 0 && !pair->tx_claimed && virtio_net_watch_tx(engine, pair->index, RT_TRUE);

    if (work)
    {
        virtio_net_watch_tx(engine, pair->index, RT_FALSE);
        pair->tx_claimed = RT_TRUE;
        engine->tx[pair->index].ring.stats.interrupts++;
    }
    rt_virtio_unlock(&pair->tx_lock, level);
    return work;
}

/* Frames that were in flight when the device was reset come back. */
void rt_virtio_net_resume_tx(struct rt_virtio_net_pair *pair, int error)
{
    rt_base_t level = rt_virtio_lock(&pair->tx_lock);

    virtio_net_resume_tx(&pair->net->engine, pair->index, error);
    pair->unannounced = 0;
    rt_virtio_unlock(&pair->tx_lock, level);
    rt_virtio_net_reclaim(pair);
}

/* --- Room --- */

static struct rt_virtio_net_frame *try_frame(struct rt_virtio_net_pair *pair)
{
    struct rt_virtio_net_frame *frame;
    rt_base_t level;

    level = rt_virtio_lock(&pair->tx_lock);
    frame = pair->free;
    if (frame != RT_NULL)
    {
        pair->free = frame->next;
    }
    rt_virtio_unlock(&pair->tx_lock, level);
    return frame;
}

/* Sleep until there may be room, or for the time of patience. */
static void wait_for_room(struct rt_virtio_net_pair *pair)
{
    rt_base_t level = rt_virtio_lock(&pair->tx_lock);
    rt_bool_t wait = !virtio_net_watch_tx(&pair->net->engine, pair->index, RT_TRUE);

    pair->tx_waiting += wait;
    rt_virtio_unlock(&pair->tx_lock, level);
    if (wait)
    {
        rt_sem_take(&pair->tx_room, rt_tick_from_millisecond(RT_VIRTIO_NET_TX_PATIENCE_MS));
    }
}

/* A frame that is free, after some waiting if there is none. NULL: none became free. */
static struct rt_virtio_net_frame *get_frame(struct rt_virtio_net_pair *pair)
{
    struct rt_virtio_net_frame *frame = try_frame(pair);
    rt_uint64_t begin;

    if (frame != RT_NULL)
    {
        return frame;
    }
    /* Who waits here may be lwIP's thread, which then cannot tell the device what it has been asked to. */
    rt_virtio_net_flush(pair);
    pair->counts.tx_waits++;
    /* Not the tick, which stands still for a caller that has interrupts off. */
    begin = virtio_platform_clock_us();
    for (;;)
    {
        rt_virtio_net_reclaim(pair);
        frame = try_frame(pair);
        if (frame != RT_NULL || virtio_platform_clock_us() - begin >= RT_VIRTIO_NET_TX_PATIENCE_MS * 1000u)
        {
            return frame;
        }
        if (rt_virtio_may_sleep())
        {
            wait_for_room(pair);
        }
    }
}

static void put_frame(struct rt_virtio_net_pair *pair, struct rt_virtio_net_frame *frame)
{
    rt_base_t level = rt_virtio_lock(&pair->tx_lock);

    frame->next = pair->free;
    pair->free = frame;
    rt_virtio_unlock(&pair->tx_lock, level);
}

/* --- Sending --- */

/* Whether the device may read the frame from lwIP's memory after eth_tx() has returned. */
static rt_bool_t may_lend(const struct pbuf *p)
{
    unsigned int pieces = 0;

    for (; p != RT_NULL; p = p->next)
    {
#ifdef PBUF_NEEDS_COPY
        if (PBUF_NEEDS_COPY(p))
        {
            return RT_FALSE;
        }
#else
        if (p->type == PBUF_REF)
        {
            return RT_FALSE;
        }
#endif
        if (p->len != 0 && ++pieces > VIRTIO_NET_PIECES)
        {
            return RT_FALSE;
        }
    }
    return RT_TRUE;
}

/* The pbuf to send: `p` itself with a reference more, or a copy. */
static struct pbuf *hold(struct rt_virtio_net_pair *pair, struct pbuf *p)
{
    struct pbuf *twin;

    if (may_lend(p))
    {
        pair->counts.tx_lent++;
        pbuf_ref(p);
        return p;
    }
    twin = pbuf_alloc(PBUF_RAW, p->tot_len, PBUF_RAM);
    if (twin != RT_NULL)
    {
        pair->counts.tx_copied++;
        pbuf_copy(twin, p);
    }
    return twin;
}

void rt_virtio_net_flush(struct rt_virtio_net_pair *pair)
{
    struct virtio_net *engine = &pair->net->engine;
    rt_base_t level = rt_virtio_lock(&pair->tx_lock);
    int notify;

    pair->flush_posted = RT_FALSE;
    pair->unannounced = 0;
    notify = virtio_net_flush(engine, pair->index);
    rt_virtio_unlock(&pair->tx_lock, level);
    if (notify == 1)
    {
        virtio_net_notify_tx(engine, pair->index);
    }
}

/* Put a prepared frame into the ring, and have the device told. */
static int submit(struct rt_virtio_net_pair *pair, struct rt_virtio_net_frame *frame)
{
    struct virtio_net *engine = &pair->net->engine;
    rt_bool_t post = RT_FALSE;
    rt_base_t level;
    rt_bool_t later;
    int result;

    level = rt_virtio_lock(&pair->tx_lock);
    later = pair->net->later != RT_NULL && pair->unannounced < UNANNOUNCED_MAX &&
            engine->tx[pair->index].ring.in_flight > 0;
    result = virtio_net_send(engine, pair->index, &frame->frame, later);
    if (result >= 0)
    {
        pair->unannounced = later ? pair->unannounced + 1 : 0;
        post = later && !pair->flush_posted;
        pair->flush_posted = pair->flush_posted || post;
        if (pair->tx_waiting == 0)
        {
            virtio_net_watch_tx(engine, pair->index, RT_FALSE);
        }
    }
    rt_virtio_unlock(&pair->tx_lock, level);
    if (result == 1)
    {
        virtio_net_notify_tx(engine, pair->index);
    }
    if (post && rt_virtio_tcpip_trycallback(pair->net->later) != ERR_OK)
    {
        rt_virtio_net_flush(pair);
    }
    if (result >= 0)
    {
        rt_virtio_net_look_later(pair->net);
    }
    return result;
}

static int send(struct rt_virtio_net_pair *pair, struct rt_virtio_net_frame *frame)
{
    struct pbuf *p;
    int result;

    memset(&frame->frame, 0, sizeof(frame->frame));
    rt_virtio_net_leave_checksum(pair->net, frame->pbuf, &frame->frame);
    for (p = frame->pbuf; p != RT_NULL; p = p->next)
    {
        if (p->len != 0)
        {
            frame->frame.pieces[frame->frame.piece_count].data = p->payload;
            frame->frame.pieces[frame->frame.piece_count++].length = p->len;
        }
    }
    frame->frame.done = done;
    frame->frame.context = pair;
    result = virtio_net_prepare(&pair->net->engine, &frame->frame);
    if (result != 0)
    {
        return result;
    }
    result = submit(pair, frame);
    if (result < 0)
    {
        virtio_net_finish(&frame->frame);
    }
    pair->counts.tx_offload += result >= 0 && frame->frame.checksum == VIRTIO_NET_CHECKSUM_PARTIAL;
    return result;
}

/*
 * The frames of a connection go through one pair, so that they stay in order; the device sends the answers to the same
 * (5.1.6.5.5). Addresses and ports tell connections apart; what is neither IPv4 nor IPv6 goes through the first pair.
 */
static struct rt_virtio_net_pair *pair_for(struct rt_virtio_net *net, const struct pbuf *p)
{
    rt_uint16_t pairs = net->engine.pairs_in_use;
    const rt_uint8_t *data = p->payload;
    rt_uint32_t hash = 0;
    rt_uint16_t from;
    rt_uint16_t to;

    if (pairs < 2 || p->len < VIRTIO_NET_FRAME_HEADER || (data[12] != 0x08 && data[12] != 0x86))
    {
        return &net->pairs[0];
    }
    from = VIRTIO_NET_FRAME_HEADER + (data[12] == 0x08 ? 12 : 8);
    to = VIRTIO_NET_FRAME_HEADER + (data[12] == 0x08 ? 24 : 44);
    for (; from < to && from < p->len; from++)
    {
        hash = hash * 31u + data[from];
    }
    return &net->pairs[hash % pairs];
}

rt_err_t rt_virtio_net_transmit(rt_device_t dev, struct pbuf *p)
{
    struct rt_virtio_net *net = (struct rt_virtio_net *)dev;
    struct rt_virtio_net_pair *pair = pair_for(net, p);
    struct rt_virtio_net_frame *frame;
    int result;

    rt_virtio_net_reclaim(pair);
    frame = get_frame(pair);
    if (frame == RT_NULL)
    {
        pair->counts.tx_dropped++;
        return -RT_EFULL;
    }
    frame->pbuf = hold(pair, p);
    result = frame->pbuf != RT_NULL ? send(pair, frame) : -VIRTIO_ENOMEM;
    if (result < 0)
    {
        pair->counts.tx_dropped++;
        if (frame->pbuf != RT_NULL)
        {
            pbuf_free(frame->pbuf);
        }
        put_frame(pair, frame);
        return rt_virtio_error(result);
    }
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_NET && RT_USING_LWIP */
