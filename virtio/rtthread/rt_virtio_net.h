/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the binding: a network device.
 */
#ifndef RT_VIRTIO_NET_H
#define RT_VIRTIO_NET_H

#include <netif/ethernetif.h>

#include <lwip/pbuf.h>

#include <virtio/net.h>

#include "rt_virtio.h"

struct rt_virtio_net;

/* A receive buffer. While lwIP has it, it is a pbuf. */
struct rt_virtio_net_buffer
{
#if LWIP_SUPPORT_CUSTOM_PBUF
    struct pbuf_custom pbuf; /* first: lwIP's */
#endif
    struct virtio_net_buffer buffer;
    struct rt_virtio_net *net;
    /* Of the first buffer of a frame that waits for eth_rx(). */
    struct virtio_net_packet packet;
    struct rt_virtio_net_buffer *next;
};

/* A frame on its way out, and the pbuf that is kept for it. */
struct rt_virtio_net_frame
{
    struct virtio_net_frame frame; /* first: `done` gets a pointer to it */
    struct pbuf *pbuf;
    struct rt_virtio_net_frame *next; /* among those that are free, or that are through */
};

/* Counted for people, beside what the engine counts. */
struct rt_virtio_net_counts
{
    rt_uint64_t rx_lent;    /* handed to lwIP without a copy */
    rt_uint64_t rx_copied;  /* because too few buffers were left with the device */
    rt_uint64_t rx_dropped; /* because lwIP had no memory */
    rt_uint64_t tx_lent;    /* sent from lwIP's memory */
    rt_uint64_t tx_copied;  /* because it was volatile, or in too many pieces */
    rt_uint64_t tx_dropped; /* no room for too long, or no memory */
};

struct rt_virtio_net
{
    struct eth_device parent; /* first: RT-Thread's */
    struct rt_virtio_device device;
    struct virtio_net engine;
    rt_uint8_t mac[VIRTIO_NET_MAC_BYTES];

    rt_virtio_lock_t rx_lock; /* of the engine's receive queue, and of the five that follow */
    struct rt_virtio_net_buffer *buffers;
    rt_uint8_t *memory;
    rt_uint32_t buffer_count;
    rt_uint32_t posted;                   /* buffers that the device has */
    struct rt_virtio_net_buffer *waiting; /* frames for eth_rx() */
    struct rt_virtio_net_buffer *waiting_last;

    rt_virtio_lock_t tx_lock; /* of the engine's transmit queue, and of the four that follow */
    struct rt_virtio_net_frame *frames;
    struct rt_virtio_net_frame *free;
    struct rt_virtio_net_frame *through; /* their pbufs are to be freed, in a thread */
    rt_uint32_t tx_waiting;              /* threads that wait for room */
    struct rt_semaphore tx_room;

    rt_virtio_lock_t control_lock; /* of the engine's control queue */

    rt_virtio_lock_t recovery_lock;
    rt_bool_t recovering; /* under recovery_lock */
    rt_bool_t dead;
    unsigned int futile_recoveries;

    struct rt_virtio_net_counts counts;
};

/* rt_virtio_net_io.c: eth_device's operations, and what the class does in interrupts and recovery. */
struct pbuf *rt_virtio_net_receive(rt_device_t dev);
rt_err_t rt_virtio_net_transmit(rt_device_t dev, struct pbuf *p);
rt_bool_t rt_virtio_net_interrupt(struct rt_virtio_device *device);
rt_err_t rt_virtio_net_recover(struct rt_virtio_device *device, rt_bool_t broken);
void rt_virtio_net_refused(void *context, const char *what);
void rt_virtio_net_packet(void *context, rt_uint16_t pair, const struct virtio_net_packet *packet);
/* Post all buffers, and tell the device what it has to be told. After the engine was started. */
void rt_virtio_net_begin(struct rt_virtio_net *net);

#endif /* RT_VIRTIO_NET_H */
