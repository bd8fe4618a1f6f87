/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the binding: a network device.
 */
#ifndef RT_VIRTIO_NET_H
#define RT_VIRTIO_NET_H

#include <netif/ethernetif.h>

#include <lwip/pbuf.h>
#include <lwip/tcpip.h>

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
    struct rt_virtio_net_pair *pair;
    rt_bool_t missing; /* has not been posted yet, or could not be, as the queue was stopped; under rx_lock */
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
    rt_uint64_t rx_lent;    /* frames handed to lwIP without a copy */
    rt_uint64_t rx_copied;  /* because too few buffers were left with the device */
    rt_uint64_t rx_dropped; /* because lwIP had no memory, or a checksum was wrong */
    rt_uint64_t rx_merged;  /* frames of many segments, which the device has made one (GUEST_TSO) */
    rt_uint64_t rx_trusted; /* whose checksum nobody here had to look at */
    rt_uint64_t tx_lent;    /* sent from lwIP's memory */
    rt_uint64_t tx_copied;  /* because it was volatile, or in too many pieces */
    rt_uint64_t tx_dropped; /* no room for too long, or no memory */
    rt_uint64_t tx_waits;   /* times that the ring was full and the sender had to wait */
    rt_uint64_t tx_offload; /* whose checksum was left to the device */
};

/* A receive queue and a transmit queue, with a lock each, which is the engine's too. */
struct rt_virtio_net_pair
{
    struct rt_virtio_net *net;
    rt_uint16_t index;
    struct rt_virtio_net_counts counts; /* rx: by the receive thread; tx: by the sender */

    rt_virtio_lock_t rx_lock; /* of the nine that follow */
    struct rt_virtio_net_buffer *buffers;
    rt_uint8_t *memory;
    rt_uint32_t buffer_count;
    rt_uint32_t posted;                   /* buffers that the device has */
    struct rt_virtio_net_buffer *waiting; /* frames for eth_rx() */
    struct rt_virtio_net_buffer *waiting_last;
    rt_bool_t rx_claimed;    /* an interrupt has found frames, and eth_rx() has not looked yet whether there are more */
    rt_bool_t refill_posted; /* lwIP's thread will show the device what it was given */
    rt_bool_t rx_doubt;      /* the device had few buffers, got more, and did not want to hear of it */

    rt_virtio_lock_t tx_lock; /* of the ten that follow */
    struct rt_virtio_net_frame *frames;
    struct rt_virtio_net_frame *free;
    struct rt_virtio_net_frame *through; /* their pbufs are to be freed, in a thread */
    rt_uint32_t tx_waiting;              /* threads that wait for room */
    struct rt_semaphore tx_room;
    rt_uint32_t unannounced; /* frames that the device has not been told of */
    rt_bool_t flush_posted;  /* lwIP's thread will tell it */
    rt_bool_t tx_claimed;    /* an interrupt has found something to take back */
    rt_uint16_t tx_seen;     /* the ring's used index when the timer last ran, */
    rt_bool_t tx_doubt;      /* and whether it was the same the time before, with frames in flight */
};

/* Addresses of groups that lwIP is a member of; several groups of IPv4 share an address. */
struct rt_virtio_net_group
{
    rt_uint8_t mac[VIRTIO_NET_MAC_BYTES];
    rt_uint16_t members;
};

struct rt_virtio_net
{
    struct eth_device parent; /* first: RT-Thread's */
    struct rt_virtio_device device;
    struct virtio_net engine;
    rt_uint8_t mac[VIRTIO_NET_MAC_BYTES];
    struct rt_virtio_net_pair *pairs; /* as many as the engine has opened */
    struct tcpip_callback_msg *later; /* has lwIP's thread do what was put off; NULL: nothing is put off */
    rt_bool_t registered;
    rt_bool_t attached; /* lwIP has the interface: frames can be handed over */
    rt_uint16_t turn;   /* the pair that eth_rx() looks at first */
    rt_bool_t received; /* eth_rx() has had frames since it last found none */

    /* What lwIP leaves to us (rt_virtio_net_checksum.c). */
    rt_bool_t checks;  /* received checksums are ours to check */
    rt_bool_t offload; /* checksums of sent TCP segments are left to the device */

    rt_virtio_lock_t control_lock; /* of the engine's control queue, and of `refused` */
    const char *refused;           /* a command that the device refused and nobody was told of */
    /* The rest of the control queue's is touched with lwIP's core locked, or in the service thread. */
    struct rt_virtio_net_group groups[VIRTIO_NET_FILTER_MAX];
    rt_bool_t too_many_groups; /* so all multicast is let through, for good */
    rt_uint8_t user_mode;      /* VIRTIO_NET_MODE_..., asked for by the user */
    rt_bool_t link_told;       /* what lwIP was told of the link */
    rt_bool_t announcing;      /* lwIP was asked to announce itself, */
    rt_tick_t announced;       /* and when that was */
    rt_uint64_t answers;       /* that the control queue had given when last looked at, */
    rt_tick_t asked;           /* and when that was */
    struct rt_timer timer;     /* for what has to be looked at again */
    rt_bool_t timer_runs;
    rt_bool_t attention; /* and the service thread has to look */

    rt_virtio_lock_t recovery_lock;
    rt_bool_t recovering; /* under recovery_lock */
    rt_bool_t dead;
    unsigned int futile_recoveries;
};

rt_inline struct rt_virtio_net *rt_virtio_net_of(struct rt_virtio_device *device)
{
    return rt_container_of(device, struct rt_virtio_net, device);
}

/* A frame has come or gone: the device works, and its interrupts have a reason. */
rt_inline void rt_virtio_net_worked(struct rt_virtio_net *net)
{
    net->futile_recoveries = 0;
    net->device.idle_interrupts = 0;
}

/* rt_virtio_net_rx.c */
struct pbuf *rt_virtio_net_receive(rt_device_t dev); /* eth_rx */
void rt_virtio_net_packet(void *context, rt_uint16_t pair, const struct virtio_net_packet *packet);
/* Interrupt: true if there are frames; notifications are off then, until eth_rx() has found no more. */
rt_bool_t rt_virtio_net_claim_rx(struct rt_virtio_net_pair *pair);
/* Show the device the buffers that it was given. Any thread. */
void rt_virtio_net_refill(struct rt_virtio_net_pair *pair);
/* The timer has run: notify a device that may not know of its buffers. Any context. */
void rt_virtio_net_nudge_rx(struct rt_virtio_net_pair *pair);
/* Give the device its first buffers. Thread. */
void rt_virtio_net_begin_rx(struct rt_virtio_net_pair *pair);
void rt_virtio_net_resume_rx(struct rt_virtio_net_pair *pair, int error);
/* After rt_virtio_net_end(): how many receive buffers lwIP still has as pbufs. Thread. */
rt_uint32_t rt_virtio_net_lent(struct rt_virtio_net_pair *pair);

/* rt_virtio_net_tx.c */
rt_err_t rt_virtio_net_transmit(rt_device_t dev, struct pbuf *p); /* eth_tx */
/* Take back what was sent: free the pbufs, and make room for those who wait. Thread. */
void rt_virtio_net_reclaim(struct rt_virtio_net_pair *pair);
/* Interrupt: true if there is something to take back; notifications are off then, until that is done. */
rt_bool_t rt_virtio_net_claim_tx(struct rt_virtio_net_pair *pair);
/* Tell the device of frames that it has not been told of. Any thread. */
void rt_virtio_net_flush(struct rt_virtio_net_pair *pair);
/* The timer has run: have rt_virtio_net_reclaim() notify the device if it takes no frames. Any context. */
void rt_virtio_net_doubt_tx(struct rt_virtio_net_pair *pair);
void rt_virtio_net_resume_tx(struct rt_virtio_net_pair *pair, int error);

/* rt_virtio_net_checksum.c */
/* Divide the work between lwIP, us and the device, by what was negotiated. With lwIP's core locked. */
void rt_virtio_net_divide_checksums(struct rt_virtio_net *net, struct netif *netif);
/*
 * A frame that is to be sent, in one piece up to the end of its TCP header. If its checksum is the device's business,
 * put in what the device wants there, and say so in `frame`.
 */
void rt_virtio_net_leave_checksum(struct rt_virtio_net *net, struct pbuf *p, struct virtio_net_frame *frame);
/* A frame that was received: false if its checksum is wrong. */
rt_bool_t rt_virtio_net_check(struct rt_virtio_net_pair *pair, struct pbuf *p, const struct virtio_net_packet *packet);

/* rt_virtio_net_control.c: what the device is told, and what it tells. */
void rt_virtio_net_refused(void *context, const char *what);
/* Interrupt, and recovery: true if there was an answer. */
rt_bool_t rt_virtio_net_control_interrupt(struct rt_virtio_net *net);
/* Say what there is to be said, and see to it that the answers are waited for. Thread. */
void rt_virtio_net_say(struct rt_virtio_net *net);
/* Receive filters follow lwIP's groups. With lwIP's core locked. */
void rt_virtio_net_follow_groups(struct rt_virtio_net *net, struct netif *netif);
/* Service thread: the configuration changed, or the timer has run. */
void rt_virtio_net_config_changed(struct rt_virtio_device *device);
void rt_virtio_net_timeout(void *net);
/* Have the service thread look again in a moment. Any context. */
void rt_virtio_net_look_again(struct rt_virtio_net *net);
/*
 * Have both directions looked at in a moment: what was sent last is taken back then, and what got lost between driver
 * and device is made up for. Any context.
 */
void rt_virtio_net_look_later(struct rt_virtio_net *net);
rt_err_t rt_virtio_net_set(struct rt_virtio_net *net, int command, void *args);
/* Tell lwIP what became of the link. Thread. */
void rt_virtio_net_tell_link(struct rt_virtio_net *net);

#ifdef LWIP_NO_RX_THREAD
/* rt_virtio_net_thread.c: as eth_device_ready(). Any context. */
rt_err_t rt_virtio_net_thread_ready(struct eth_device *device);
/* Once there is a device. Thread. */
rt_err_t rt_virtio_net_thread_start(void);
#endif

/* rt_virtio_net_recover.c */
rt_err_t rt_virtio_net_recover(struct rt_virtio_device *device, rt_bool_t broken);
/* Stop it for good, when lwIP has no interface of it any more. Thread; 0 or ETIMEDOUT, as rt_virtio_retire(). */
int rt_virtio_net_end(struct rt_virtio_net *net);

/* rt_virtio_net.c: have eth_rx() called. Any context. */
void rt_virtio_net_wake(struct rt_virtio_net *net);

#endif /* RT_VIRTIO_NET_H */
