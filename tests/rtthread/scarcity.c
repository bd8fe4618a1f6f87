/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames that lwIP has no memory for: their buffers go back to the device, and the frames after them are received all
 * the same. A program for the workstation; it returns 0 if all is well.
 */
#include <stdio.h>

#include <rtthread.h>

#include "../../virtio/rtthread/rt_virtio_net_rx.c"

#define FRAMES 4u

static struct rt_virtio_net net;
static struct rt_virtio_net_pair pair;
static struct rt_virtio_net_buffer buffers[FRAMES];
static struct pbuf pbufs[FRAMES];
static unsigned int arrived; /* frames in the ring */
static unsigned int taken;
static unsigned int posted;    /* buffers that went back, a bit each */
static unsigned int no_memory; /* of the next frames, so many find none */
static unsigned int given;

/* --- The engine --- */

int virtio_net_poll_rx(struct virtio_net *engine, uint16_t index, int budget)
{
    int count = 0;

    (void)engine;
    for (; taken < arrived && count < budget; count++, taken++)
    {
        struct virtio_net_packet packet = {.buffers = &buffers[taken].buffer, .length = 60};

        rt_virtio_net_packet(&net, index, &packet);
    }
    return count;
}

int virtio_net_post(struct virtio_net *engine, uint16_t index, struct virtio_net_buffer *buffer)
{
    (void)engine;
    (void)index;
    posted |= 1u << (wrapper_of(buffer) - buffers);
    return 0;
}

int virtio_net_publish_rx(struct virtio_net *engine, uint16_t index)
{
    (void)engine;
    (void)index;
    return 0;
}

bool virtio_net_watch_rx(struct virtio_net *engine, uint16_t index, bool on)
{
    (void)engine;
    (void)index;
    (void)on;
    return false;
}

void virtio_net_notify_rx(struct virtio_net *engine, uint16_t index)
{
    (void)engine;
    (void)index;
}

int virtio_net_resume_rx(struct virtio_net *engine, uint16_t index, int error,
                         void (*reclaim)(struct virtio_net_buffer *))
{
    (void)engine;
    (void)index;
    (void)error;
    (void)reclaim;
    return 0;
}

/* --- The rest of the binding, and RT-Thread --- */

void rt_virtio_net_reclaim(struct rt_virtio_net_pair *of)
{
    (void)of;
}

void rt_virtio_net_look_later(struct rt_virtio_net *of)
{
    (void)of;
}

rt_bool_t rt_virtio_net_check(struct rt_virtio_net_pair *of, struct pbuf *p, const struct virtio_net_packet *packet)
{
    (void)of;
    (void)packet;
    return p != RT_NULL;
}

rt_bool_t rt_virtio_post(struct rt_virtio_device *device, rt_uint32_t events)
{
    (void)device;
    (void)events;
    return RT_TRUE;
}

rt_base_t rt_hw_interrupt_disable(void)
{
    return 0;
}

void rt_hw_interrupt_enable(rt_base_t level)
{
    (void)level;
}

/* --- lwIP --- */

struct pbuf *pbuf_alloc(pbuf_layer layer, u16_t length, pbuf_type type)
{
    (void)layer;
    (void)length;
    (void)type;
    if (no_memory > 0)
    {
        no_memory--;
        return NULL;
    }
    return &pbufs[given++];
}

err_t pbuf_take_at(struct pbuf *p, const void *data, u16_t length, u16_t offset)
{
    (void)p;
    (void)data;
    (void)length;
    (void)offset;
    return ERR_OK;
}

u8_t pbuf_free(struct pbuf *p)
{
    (void)p;
    return 1;
}

int main(void)
{
    static struct virtio_net_rx rx;
    unsigned int received = 0;
    unsigned int i;

    net.engine.rx = &rx;
    net.engine.pair_count = 1;
    net.pairs = &pair;
    net.attached = RT_TRUE;
    pair.net = &net;
    pair.buffer_count = FRAMES;
    pair.posted = FRAMES;
    for (i = 0; i < FRAMES; i++)
    {
        buffers[i].pair = &pair;
        buffers[i].buffer.length = 60;
    }

    /* Three frames, and memory for the third only: eth_rx() must not say before that there are none. */
    arrived = 3;
    no_memory = 2;
    while (rt_virtio_net_receive(&net.parent.parent) != RT_NULL)
    {
        received++;
    }
    printf("received %u, dropped %u, back %x\n", received, (unsigned int)pair.counts.rx_dropped, posted);
    if (received != 1 || pair.counts.rx_dropped != 2 || posted != 0x7 || pair.posted != FRAMES)
    {
        return 1;
    }
    /* And it goes on. */
    arrived = 4;
    if (rt_virtio_net_receive(&net.parent.parent) != &pbufs[1] || posted != 0xf || pair.posted != FRAMES)
    {
        return 1;
    }
    return pair.counts.rx_dropped == 2 && pair.counts.rx_copied == 2 ? 0 : 1;
}
