/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device in RT-Thread: frames in and out, and recovery.
 *
 * Interrupts only wake: the receive thread of RT-Thread's Ethernet layer (erx) takes frames and frees what was sent,
 * with notifications off until there is nothing left.
 */
#include <rtthread.h>

#ifdef RT_USING_VIRTIO_NET

#include "rt_virtio_net.h"

#include <string.h>

#include <lwip/inet_chksum.h>

#include <virtio/platform.h>

/* One queue pair is used: lwIP has one thread for each direction. */
#define PAIR 0

/* Frames that are taken from the ring at a time. */
#define RX_BATCH 16

/* How long a sender waits for room. A device that takes nothing for so long has lost its other end. */
#define TX_PATIENCE_MS        100

#define FUTILE_RECOVERIES_MAX 5

static struct rt_virtio_net *of(struct rt_virtio_device *device)
{
    return rt_container_of(device, struct rt_virtio_net, device);
}

/* --- Receiving --- */

static struct rt_virtio_net_buffer *wrapper_of(struct virtio_net_buffer *buffer)
{
    return rt_container_of(buffer, struct rt_virtio_net_buffer, buffer);
}

/* From the engine, under rx_lock. */
void rt_virtio_net_packet(void *context, rt_uint16_t pair, const struct virtio_net_packet *packet)
{
    struct rt_virtio_net *net = context;
    struct rt_virtio_net_buffer *first = wrapper_of(packet->buffers);
    struct virtio_net_buffer *buffer;

    (void)pair;
    first->packet = *packet;
    first->next = RT_NULL;
    for (buffer = packet->buffers; buffer != RT_NULL; buffer = buffer->next)
    {
        net->posted--;
    }
    if (net->waiting == RT_NULL)
    {
        net->waiting = first;
    }
    else
    {
        net->waiting_last->next = first;
    }
    net->waiting_last = first;
}

static void post_locked(struct rt_virtio_net *net, struct virtio_net_buffer *buffer)
{
    /* Fails only while the queue is stopped or broken: then the end of the recovery posts all that is missing. */
    if (virtio_net_post(&net->engine, PAIR, buffer) == 0)
    {
        net->posted++;
    }
    else
    {
        buffer->context = buffer; /* is missing */
    }
}

/* Give buffers back to the device. */
static void repost(struct rt_virtio_net *net, struct virtio_net_buffer *buffer)
{
    struct virtio_net_buffer *next;
    rt_base_t level;
    int notify;

    level = rt_virtio_lock(&net->rx_lock);
    for (; buffer != RT_NULL; buffer = next)
    {
        next = buffer->next;
        post_locked(net, buffer);
    }
    notify = virtio_net_publish_rx(&net->engine, PAIR);
    rt_virtio_unlock(&net->rx_lock, level);
    if (notify == 1)
    {
        virtio_net_notify_rx(&net->engine, PAIR);
    }
}

#if LWIP_SUPPORT_CUSTOM_PBUF

/* lwIP is through with a buffer. In whichever thread frees the pbuf. */
static void release(struct pbuf *p)
{
    struct rt_virtio_net_buffer *wrapper = (struct rt_virtio_net_buffer *)(void *)p;

    wrapper->buffer.next = RT_NULL;
    repost(wrapper->net, &wrapper->buffer);
}

/* A frame as pbufs around the buffers that it came in. */
static struct pbuf *lend(struct rt_virtio_net_buffer *first)
{
    struct virtio_net_buffer *buffer = first->packet.buffers;
    struct virtio_net_buffer *next;
    struct rt_virtio_net_buffer *wrapper;
    struct pbuf *whole = RT_NULL;
    struct pbuf *p;

    for (; buffer != RT_NULL; buffer = next)
    {
        next = buffer->next;
        wrapper = wrapper_of(buffer);
        wrapper->pbuf.custom_free_function = release;
        p = pbuf_alloced_custom(PBUF_RAW, (u16_t)buffer->length, PBUF_REF, &wrapper->pbuf, buffer->data,
                                (u16_t)buffer->length);
        if (whole == RT_NULL)
        {
            whole = p;
        }
        else
        {
            pbuf_cat(whole, p);
        }
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

/* Put in the checksum that the sender left to us (5.1.6.4). Where it goes was checked by the engine. */
static void complete_checksum(struct pbuf *p, u16_t start, u16_t offset)
{
    u16_t header = start;
    u16_t sum;

    pbuf_header(p, (s16_t) - (s16_t)header);
    sum = inet_chksum_pbuf(p);
    pbuf_take_at(p, &sum, sizeof(sum), offset);
    pbuf_header(p, (s16_t)header);
}

static struct pbuf *to_pbuf(struct rt_virtio_net *net, struct rt_virtio_net_buffer *first)
{
    struct virtio_net_packet packet = first->packet;
    struct pbuf *p;

#if LWIP_SUPPORT_CUSTOM_PBUF
    /* As long as the device keeps enough to go on with; lwIP may hold on to a frame for as long as it likes. */
    if (net->posted >= net->buffer_count / 4)
    {
        net->counts.rx_lent++;
        p = lend(first);
    }
    else
#endif
    {
        p = copy(first);
        if (p == RT_NULL)
        {
            net->counts.rx_dropped++;
        }
        else
        {
            net->counts.rx_copied++;
        }
        repost(net, packet.buffers);
    }
    /* Within one pbuf only, as the headers that it is about always are; what is not is left for lwIP to refuse. */
    if (p != RT_NULL && packet.checksum == VIRTIO_NET_CHECKSUM_PARTIAL && packet.checksum_start < p->len)
    {
        complete_checksum(p, packet.checksum_start, packet.checksum_offset);
    }
    return p;
}

/* The next frame that waits, from the ring if need be. NULL: none, and notifications are on. */
static struct rt_virtio_net_buffer *next_waiting(struct rt_virtio_net *net)
{
    struct rt_virtio_net_buffer *first;
    rt_base_t level;
    int count = 0;
    int notify;

    level = rt_virtio_lock(&net->rx_lock);
    do
    {
        if (net->waiting == RT_NULL)
        {
            count = virtio_net_poll_rx(&net->engine, PAIR, RX_BATCH);
        }
        first = net->waiting;
    } while (first == RT_NULL && count >= 0 && (count > 0 || virtio_net_watch_rx(&net->engine, PAIR, RT_TRUE)));
    if (first != RT_NULL)
    {
        net->waiting = first->next;
    }
    notify = virtio_net_publish_rx(&net->engine, PAIR); /* of frames that the engine refused */
    rt_virtio_unlock(&net->rx_lock, level);

    if (notify == 1)
    {
        virtio_net_notify_rx(&net->engine, PAIR);
    }
    if (count < 0)
    {
        rt_virtio_post(&net->device, RT_VIRTIO_EVENT_BROKEN);
    }
    return first;
}

/* --- Sending --- */

/* From the engine, under tx_lock. */
static void done(struct virtio_net_frame *frame)
{
    struct rt_virtio_net_frame *mine = (struct rt_virtio_net_frame *)frame;
    struct rt_virtio_net *net = frame->context;

    mine->next = net->through;
    net->through = mine;
}

/* Take back what was sent: free the pbufs, and make room for those who wait. Thread. */
static void reclaim(struct rt_virtio_net *net)
{
    struct rt_virtio_net_frame *through;
    struct rt_virtio_net_frame *frame;
    struct rt_virtio_net_frame *last = RT_NULL;
    rt_uint32_t room;
    rt_base_t level;
    int count;

    level = rt_virtio_lock(&net->tx_lock);
    do
    {
        count = virtio_net_poll_tx(&net->engine, PAIR);
        /* Notified of the next one as long as any is on its way, so that no pbuf is kept for longer than needed. */
    } while (count >= 0 && virtio_net_watch_tx(&net->engine, PAIR, RT_TRUE));
    through = net->through;
    net->through = RT_NULL;
    rt_virtio_unlock(&net->tx_lock, level);

    for (frame = through; frame != RT_NULL; frame = frame->next)
    {
        virtio_net_finish(&frame->frame);
        pbuf_free(frame->pbuf);
        last = frame;
    }
    if (last != RT_NULL)
    {
        level = rt_virtio_lock(&net->tx_lock);
        last->next = net->free;
        net->free = through;
        room = net->tx_waiting;
        net->tx_waiting = 0;
        rt_virtio_unlock(&net->tx_lock, level);
        for (; room > 0; room--)
        {
            rt_sem_release(&net->tx_room);
        }
    }
    if (count < 0)
    {
        rt_virtio_post(&net->device, RT_VIRTIO_EVENT_BROKEN);
    }
}

static struct rt_virtio_net_frame *try_frame(struct rt_virtio_net *net, rt_bool_t wait)
{
    struct rt_virtio_net_frame *frame;
    rt_base_t level;

    level = rt_virtio_lock(&net->tx_lock);
    frame = net->free;
    if (frame != RT_NULL)
    {
        net->free = frame->next;
    }
    else if (wait)
    {
        net->tx_waiting++;
    }
    rt_virtio_unlock(&net->tx_lock, level);
    return frame;
}

/* A frame that is free, after some waiting if there is none. NULL: none became free. */
static struct rt_virtio_net_frame *get_frame(struct rt_virtio_net *net)
{
    struct rt_virtio_net_frame *frame = try_frame(net, RT_FALSE);
    /* Not the tick, which stands still for a caller that has interrupts off. */
    rt_uint64_t begin = virtio_platform_clock_us();

    while (frame == RT_NULL && virtio_platform_clock_us() - begin <= TX_PATIENCE_MS * 1000u)
    {
        reclaim(net);
        frame = try_frame(net, rt_virtio_may_sleep());
        if (frame == RT_NULL && rt_virtio_may_sleep())
        {
            rt_sem_take(&net->tx_room, rt_tick_from_millisecond(TX_PATIENCE_MS));
            frame = try_frame(net, RT_FALSE);
        }
    }
    return frame;
}

static void put_frame(struct rt_virtio_net *net, struct rt_virtio_net_frame *frame)
{
    rt_base_t level = rt_virtio_lock(&net->tx_lock);

    frame->next = net->free;
    net->free = frame;
    rt_virtio_unlock(&net->tx_lock, level);
}

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
static struct pbuf *hold(struct rt_virtio_net *net, struct pbuf *p)
{
    struct pbuf *twin;

    if (may_lend(p))
    {
        net->counts.tx_lent++;
        pbuf_ref(p);
        return p;
    }
    twin = pbuf_alloc(PBUF_RAW, p->tot_len, PBUF_RAM);
    if (twin != RT_NULL)
    {
        net->counts.tx_copied++;
        pbuf_copy(twin, p);
    }
    return twin;
}

static int send(struct rt_virtio_net *net, struct rt_virtio_net_frame *frame)
{
    const struct pbuf *p;
    rt_base_t level;
    int result;

    memset(&frame->frame, 0, sizeof(frame->frame));
    for (p = frame->pbuf; p != RT_NULL; p = p->next)
    {
        if (p->len != 0)
        {
            frame->frame.pieces[frame->frame.piece_count].data = p->payload;
            frame->frame.pieces[frame->frame.piece_count++].length = p->len;
        }
    }
    frame->frame.done = done;
    frame->frame.context = net;
    result = virtio_net_prepare(&net->engine, &frame->frame);
    if (result != 0)
    {
        return result;
    }
    level = rt_virtio_lock(&net->tx_lock);
    result = virtio_net_send(&net->engine, PAIR, &frame->frame, RT_FALSE);
    rt_virtio_unlock(&net->tx_lock, level);
    if (result == 1)
    {
        virtio_net_notify_tx(&net->engine, PAIR);
    }
    if (result < 0)
    {
        virtio_net_finish(&frame->frame);
    }
    return result;
}

rt_err_t rt_virtio_net_transmit(rt_device_t dev, struct pbuf *p)
{
    struct rt_virtio_net *net = (struct rt_virtio_net *)dev;
    struct rt_virtio_net_frame *frame;
    int result;

    reclaim(net);
    frame = get_frame(net);
    if (frame == RT_NULL)
    {
        net->counts.tx_dropped++;
        return -RT_EFULL;
    }
    frame->pbuf = hold(net, p);
    result = frame->pbuf != RT_NULL ? send(net, frame) : -VIRTIO_ENOMEM;
    if (result < 0)
    {
        net->counts.tx_dropped++;
        if (frame->pbuf != RT_NULL)
        {
            pbuf_free(frame->pbuf);
        }
        put_frame(net, frame);
        return rt_virtio_error(result);
    }
    return RT_EOK;
}

struct pbuf *rt_virtio_net_receive(rt_device_t dev)
{
    struct rt_virtio_net *net = (struct rt_virtio_net *)dev;
    struct rt_virtio_net_buffer *first;
    struct pbuf *p = RT_NULL;

    /* A frame that lwIP has no memory for is not the end: the others would wait until the next one came. */
    while (p == RT_NULL && (first = next_waiting(net)) != RT_NULL)
    {
        p = to_pbuf(net, first);
    }
    if (p == RT_NULL)
    {
        reclaim(net);
    }
    return p;
}

/* --- Interrupt --- */

static rt_bool_t control_interrupt(struct rt_virtio_net *net)
{
    rt_base_t level = rt_virtio_lock(&net->control_lock);
    int result = virtio_net_poll_control(&net->engine);

    rt_virtio_unlock(&net->control_lock, level);
    if (result == 1)
    {
        virtio_net_notify_control(&net->engine);
    }
    if (result < 0)
    {
        rt_virtio_post(&net->device, RT_VIRTIO_EVENT_BROKEN);
    }
    return result != 0;
}

/* True if there is work in a queue; its notifications are off then, until a thread has done that work. */
static rt_bool_t claim_rx(struct rt_virtio_net *net)
{
    rt_base_t level = rt_virtio_lock(&net->rx_lock);
    rt_bool_t work = virtio_net_watch_rx(&net->engine, PAIR, RT_TRUE);

    if (work)
    {
        virtio_net_watch_rx(&net->engine, PAIR, RT_FALSE);
        net->engine.rx[PAIR].ring.stats.interrupts++;
    }
    rt_virtio_unlock(&net->rx_lock, level);
    return work;
}

static rt_bool_t claim_tx(struct rt_virtio_net *net)
{
    rt_base_t level = rt_virtio_lock(&net->tx_lock);
    rt_bool_t work = virtio_net_watch_tx(&net->engine, PAIR, RT_TRUE);

    if (work)
    {
        virtio_net_watch_tx(&net->engine, PAIR, RT_FALSE);
        net->engine.tx[PAIR].ring.stats.interrupts++;
    }
    rt_virtio_unlock(&net->tx_lock, level);
    return work;
}

rt_bool_t rt_virtio_net_interrupt(struct rt_virtio_device *device)
{
    struct rt_virtio_net *net = of(device);
    rt_bool_t rx = claim_rx(net);
    rt_bool_t tx = claim_tx(net);
    rt_bool_t busy = control_interrupt(net);

    if ((rx || tx) && eth_device_ready(&net->parent) != RT_EOK)
    {
        /* No netif yet, or no room in the mailbox: the service thread tries again. */
        rt_virtio_post(device, RT_VIRTIO_EVENT_CONFIG);
    }
    return rx || tx || busy;
}

void rt_virtio_net_refused(void *context, const char *what)
{
    struct rt_virtio_net *net = context;

    rt_kprintf("virtio: %s: the device refused %s\n", net->device.name, what);
}

/* --- Begin, and recovery --- */

void rt_virtio_net_begin(struct rt_virtio_net *net)
{
    struct virtio_net_buffer *list = RT_NULL;
    rt_base_t level;
    rt_uint32_t i;
    int notify;

    for (i = 0; i < net->buffer_count; i++)
    {
        net->buffers[i].buffer.next = list;
        list = &net->buffers[i].buffer;
    }
    repost(net, list);
    level = rt_virtio_lock(&net->control_lock);
    notify = virtio_net_sync(&net->engine);
    rt_virtio_unlock(&net->control_lock, level);
    if (notify == 1)
    {
        virtio_net_notify_control(&net->engine);
    }
}

static void lost(struct virtio_net_buffer *buffer)
{
    struct rt_virtio_net_buffer *wrapper = wrapper_of(buffer);

    wrapper->net->posted--;
    buffer->context = buffer;
}

/* Buffers that came back from lwIP while the queue was stopped. */
static void post_missing(struct rt_virtio_net *net)
{
    rt_uint32_t i;

    for (i = 0; i < net->buffer_count; i++)
    {
        if (net->buffers[i].buffer.context != RT_NULL)
        {
            net->buffers[i].buffer.context = RT_NULL;
            post_locked(net, &net->buffers[i].buffer);
        }
    }
}

static void stop(struct rt_virtio_net *net)
{
    rt_base_t level;

    level = rt_virtio_lock(&net->rx_lock);
    virtio_net_stop_rx(&net->engine, PAIR);
    rt_virtio_unlock(&net->rx_lock, level);
    level = rt_virtio_lock(&net->tx_lock);
    virtio_net_stop_tx(&net->engine, PAIR);
    rt_virtio_unlock(&net->tx_lock, level);
    level = rt_virtio_lock(&net->control_lock);
    virtio_net_stop_control(&net->engine);
    rt_virtio_unlock(&net->control_lock, level);
}

static void resume(struct rt_virtio_net *net, int error)
{
    rt_base_t level;
    int notify;

    level = rt_virtio_lock(&net->tx_lock);
    virtio_net_resume_tx(&net->engine, PAIR, error);
    rt_virtio_unlock(&net->tx_lock, level);
    reclaim(net);

    level = rt_virtio_lock(&net->rx_lock);
    notify = virtio_net_resume_rx(&net->engine, PAIR, error, lost);
    if (error == 0)
    {
        post_missing(net);
        notify = virtio_net_publish_rx(&net->engine, PAIR) == 1 || notify == 1;
    }
    rt_virtio_unlock(&net->rx_lock, level);
    if (notify == 1)
    {
        virtio_net_notify_rx(&net->engine, PAIR);
    }

    level = rt_virtio_lock(&net->control_lock);
    notify = virtio_net_resume_control(&net->engine, error);
    rt_virtio_unlock(&net->control_lock, level);
    if (notify == 1)
    {
        virtio_net_notify_control(&net->engine);
    }
}

rt_err_t rt_virtio_net_recover(struct rt_virtio_device *device, rt_bool_t broken)
{
    struct rt_virtio_net *net = of(device);
    rt_base_t level;
    rt_bool_t mine;
    int error;

    level = rt_virtio_lock(&net->recovery_lock);
    mine = !net->recovering;
    net->recovering = RT_TRUE;
    rt_virtio_unlock(&net->recovery_lock, level);
    if (!mine)
    {
        return -RT_EBUSY;
    }

    stop(net);
    net->futile_recoveries = broken ? net->futile_recoveries + 1 : 0;
    net->dead = net->dead || net->futile_recoveries > FUTILE_RECOVERIES_MAX;
    if (net->dead)
    {
        error = virtio_device_reset(&device->core) == 0 ? -VIRTIO_EIO : -VIRTIO_ETIMEDOUT;
    }
    else
    {
        error = virtio_net_restart(&net->engine);
    }
    if (error != 0)
    {
        net->dead = RT_TRUE;
        device->state = "failed";
        rt_kprintf("virtio: %s: not recovered (%s); it is down from now on. Restart the guest\n", device->name,
                   virtio_strerror(error));
    }
    resume(net, error);
    level = rt_virtio_lock(&net->recovery_lock);
    net->recovering = RT_FALSE;
    rt_virtio_unlock(&net->recovery_lock, level);
    if (error == 0)
    {
        eth_device_ready(&net->parent);
    }
    return rt_virtio_error(error);
}

#endif /* RT_USING_VIRTIO_NET */
