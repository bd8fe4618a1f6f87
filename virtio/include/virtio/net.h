/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device (5.1): the protocol engine.
 *
 * Frames are not copied. To send, the caller describes a frame as a list of pieces of memory, which belong to the
 * device until `done`: virtio_net_prepare() lends them, virtio_net_send() puts them into a queue, virtio_net_poll_tx()
 * says when the device is through, virtio_net_finish() takes them back. To receive, the caller posts buffers; a frame
 * comes back in one of them or, with MRG_RXBUF, in several, and they are the caller's until he posts them again.
 *
 * Calls on one queue (send and poll_tx; post and poll_rx; the control functions) are serialised by the caller, with a
 * lock a queue. prepare and finish touch only the frame. Nothing here sleeps, locks or allocates after
 * virtio_net_start().
 */
#ifndef VIRTIO_NET_H
#define VIRTIO_NET_H

#include <stdbool.h>
#include <stdint.h>

#include <virtio/device.h>
#include <virtio/queue.h>

/* Feature bits (5.1.3). */
#define VIRTIO_NET_F_CSUM                0
#define VIRTIO_NET_F_GUEST_CSUM          1
#define VIRTIO_NET_F_CTRL_GUEST_OFFLOADS 2
#define VIRTIO_NET_F_MTU                 3
#define VIRTIO_NET_F_MAC                 5
#define VIRTIO_NET_F_GSO                 6 /* legacy; not accepted */
#define VIRTIO_NET_F_GUEST_TSO4          7
#define VIRTIO_NET_F_GUEST_TSO6          8
#define VIRTIO_NET_F_GUEST_ECN           9
#define VIRTIO_NET_F_GUEST_UFO           10
#define VIRTIO_NET_F_HOST_TSO4           11
#define VIRTIO_NET_F_HOST_TSO6           12
#define VIRTIO_NET_F_HOST_ECN            13
#define VIRTIO_NET_F_HOST_UFO            14
#define VIRTIO_NET_F_MRG_RXBUF           15
#define VIRTIO_NET_F_STATUS              16
#define VIRTIO_NET_F_CTRL_VQ             17
#define VIRTIO_NET_F_CTRL_RX             18
#define VIRTIO_NET_F_CTRL_VLAN           19
#define VIRTIO_NET_F_CTRL_RX_EXTRA       20
#define VIRTIO_NET_F_GUEST_ANNOUNCE      21
#define VIRTIO_NET_F_MQ                  22
#define VIRTIO_NET_F_CTRL_MAC_ADDR       23
#define VIRTIO_NET_F_NOTF_COAL           53
#define VIRTIO_NET_F_SPEED_DUPLEX        63

#define VIRTIO_NET_MAC_BYTES             6
#define VIRTIO_NET_FRAME_HEADER          14    /* Ethernet: two addresses and a type */
#define VIRTIO_NET_FRAME_MAX             65550 /* to send: an IP packet of 65535 bytes and its header, rounded up */

/* Pieces of memory that a frame to send can consist of. 16 bytes each in every frame. */
#ifndef VIRTIO_NET_PIECES
#define VIRTIO_NET_PIECES 8
#endif

/* Addresses in each of the two filter tables (5.1.6.5.2), at most. */
#define VIRTIO_NET_FILTER_MAX 32

/* What virtio_net_set_receive_mode() takes: which frames are let through besides those for this address (5.1.6.5.1). */
#define VIRTIO_NET_MODE_PROMISCUOUS 0x01u /* all */
#define VIRTIO_NET_MODE_ALL_MULTI   0x02u /* all multicast */
#define VIRTIO_NET_MODE_ALL_UNI     0x04u /* all unicast; with CTRL_RX_EXTRA, as the rest */
#define VIRTIO_NET_MODE_NO_MULTI    0x08u
#define VIRTIO_NET_MODE_NO_UNI      0x10u
#define VIRTIO_NET_MODE_NO_BROAD    0x20u

/* Wire format: packet header (5.1.6). Without MRG_RXBUF on the legacy interface, num_buffers is not there. */
struct virtio_net_header
{
    uint8_t flags;
    uint8_t gso_type;
    uint16_t hdr_len;
    uint16_t gso_size;
    uint16_t csum_start;
    uint16_t csum_offset;
    uint16_t num_buffers;
};

#define VIRTIO_NET_HDR_F_NEEDS_CSUM 1u
#define VIRTIO_NET_HDR_F_DATA_VALID 2u
#define VIRTIO_NET_HDR_GSO_NONE     0u
#define VIRTIO_NET_HDR_GSO_TCPV4    1u
#define VIRTIO_NET_HDR_GSO_TCPV6    4u

/* The config space (5.1.4), checked. */
struct virtio_net_config
{
    bool has_mac; /* false: none was offered, or it was no unicast address; the caller makes one up */
    uint8_t mac[VIRTIO_NET_MAC_BYTES];
    uint16_t mtu;   /* 0: the device does not say */
    uint16_t pairs; /* queue pairs that the device has */
    bool link_up;
    bool announce;  /* the device asks for an announcement */
    uint32_t speed; /* Mbit/s; UINT32_MAX: unknown */
    uint8_t duplex; /* 0 half, 1 full, 0xff unknown */
};

/* A checksum that is not in the frame yet: from `start` to the end, to be stored at `start` + `offset`. */
enum virtio_net_checksum
{
    VIRTIO_NET_CHECKSUM_NONE,    /* sent: all are there; received: nobody has looked at them */
    VIRTIO_NET_CHECKSUM_VALID,   /* received: the device has verified them */
    VIRTIO_NET_CHECKSUM_PARTIAL, /* see above; the field holds the sum of the pseudo header */
};

struct virtio_net;
struct virtio_net_frame;

struct virtio_net_piece
{
    const void *data;
    uint32_t length; /* not 0 */
};

/* A frame to send. The caller owns it. */
struct virtio_net_frame
{
    /* Filled in by the caller before virtio_net_prepare(). */
    struct virtio_net_piece pieces[VIRTIO_NET_PIECES];
    uint8_t piece_count;
    enum virtio_net_checksum checksum; /* NONE, or PARTIAL with CSUM negotiated */
    uint16_t checksum_start;
    uint16_t checksum_offset;
    void (*done)(struct virtio_net_frame *frame); /* from poll_tx or resume_tx, the caller's lock held: be short */
    void *context;                                /* the caller's */

    /* The engine's. */
    int result; /* valid once `done` was called: 0, or EIO if the device was reset before it was through */
    struct virtio_net_frame *next; /* in the list of those that a reset took */
    uint16_t slot;
    uint8_t segments;
    struct virtio_sg sg[VIRTIO_NET_PIECES];
};

/* A buffer to receive into. The caller owns it while it is not posted. */
struct virtio_net_buffer
{
    uint8_t *memory; /* the caller's; at least virtio_net_buffer_size() bytes */
    uint32_t size;
    void *context; /* the caller's */

    /* Result, when it comes back: what of the frame is in this buffer, and where the frame goes on. */
    uint8_t *data;
    uint32_t length;
    struct virtio_net_buffer *next;

    virtio_dma_addr_t address; /* the engine's */
};

/* What was received. Header and lengths are checked; the contents are the network's. */
struct virtio_net_packet
{
    struct virtio_net_buffer *buffers; /* linked by `next`; the callee's now, to be posted again */
    uint32_t length;                   /* of the frame; of a merged one up to 65553, which 16 bits do not hold */
    /*
     * 0: a frame as it was on the wire. Otherwise the device has merged several TCP segments into it (GUEST_TSO4 or
     * GUEST_TSO6), each but the last with so many bytes of data; `checksum` is PARTIAL then, always.
     */
    uint16_t segment_size;
    enum virtio_net_checksum checksum;
    uint16_t checksum_start; /* PARTIAL: within the frame */
    uint16_t checksum_offset;
};

struct virtio_net_callbacks
{
    /* A frame. From virtio_net_poll_rx(), the caller's lock held: be short, and do not post from here. */
    void (*receive)(void *context, uint16_t pair, const struct virtio_net_packet *packet);
    /*
     * A control command was refused or not understood: `what` names it, and is valid for ever. From
     * virtio_net_poll_control(), the caller's lock held and perhaps in an interrupt: so it must not log, but notes
     * `what` and logs it once the lock is free.
     */
    void (*refused)(void *context, const char *what);
};

/* What virtio_net_start() is to do. */
struct virtio_net_setup
{
    uint16_t pairs;   /* queue pairs, at most; 0 is 1 */
    uint16_t rx_size; /* descriptors of each receive ring, at most */
    uint16_t tx_size;
    /*
     * The caller can take frames that the device has merged from many: accept GUEST_TSO4 and GUEST_TSO6, if with
     * GUEST_CSUM and MRG_RXBUF, and if the receive rings hold a whole one of them and some more.
     */
    bool large_frames;
    const struct virtio_net_callbacks *callbacks; /* as long as the device is started */
    void *context;                                /* the callbacks' */
};

struct virtio_net_rx
{
    struct virtio_queue ring;
    bool stopped;
    struct virtio_net_buffer *replay; /* to be posted again: after a reset, or because it did not work before */
    /* A frame of which not all buffers have come: how many are missing, those that came, what the first one said. */
    uint16_t missing;
    uint16_t gso_size; /* 0 with gso_type NONE */
    uint16_t headers;  /* hdr_len; 0 with gso_type NONE */
    struct virtio_net_buffer *first;
    struct virtio_net_buffer **last;
    struct virtio_net_packet packet;
    bool drop; /* the frame is no good: its buffers are posted again as they come */
    uint64_t packets;
    uint64_t bytes;
    uint64_t dropped; /* frames that the device had made wrong */
};

struct virtio_net_tx
{
    struct virtio_queue ring;
    bool stopped;
    struct virtio_net_header *headers; /* as many as descriptors; shared memory */
    virtio_dma_addr_t headers_address;
    uint16_t *free_headers; /* a stack */
    uint16_t free_header_count;
    struct virtio_net_frame *lost; /* were in flight when the device was reset */
    uint64_t packets;
    uint64_t bytes;
    uint64_t dropped; /* frames that a reset took */
};

/* When a direction's notifications are due: after so many packets or microseconds, whichever comes first. */
struct virtio_net_coalescing
{
    uint32_t max_packets;
    uint32_t max_usecs;
};

/* What the device is to do, and which part of that it has not been told yet. */
struct virtio_net_control
{
    struct virtio_queue ring;
    bool stopped;
    bool abandoned;  /* nothing more is expected of this queue, until a reset */
    bool busy;       /* a command is with the device */
    uint8_t command; /* which one */
    uint32_t dirty;  /* what is to be said, a bit each */
    uint8_t *memory; /* command, data and answer; shared memory */
    virtio_dma_addr_t memory_address;
    uint64_t refused;

    uint8_t mode; /* VIRTIO_NET_MODE_... */
    bool mode_is_set;
    uint8_t unicast_count;
    uint8_t multicast_count;
    uint8_t unicast[VIRTIO_NET_FILTER_MAX][VIRTIO_NET_MAC_BYTES];
    uint8_t multicast[VIRTIO_NET_FILTER_MAX][VIRTIO_NET_MAC_BYTES];
    uint8_t mac[VIRTIO_NET_MAC_BYTES];
    uint16_t pairs;
    uint64_t offloads;                          /* wanted, by feature numbers */
    struct virtio_net_coalescing coalescing[2]; /* of receiving, of sending */
    uint32_t vlans[4096 / 32];                  /* wanted */
    uint32_t vlans_unsaid[4096 / 32];           /* to be said */
};

struct virtio_net
{
    struct virtio_device *dev;
    struct virtio_net_setup setup; /* a copy; large_frames is cleared if the rings turn out too small */
    struct virtio_net_config config;
    uint8_t header_size;   /* 10 or 12, by what was negotiated */
    bool own_descriptor;   /* legacy framing: the header is not in one descriptor with data (5.1.6.6) */
    uint16_t pair_count;   /* that were opened */
    uint16_t pairs_in_use; /* that the device was told to use: one, until it has confirmed more */
    uint8_t pieces_max;    /* of a frame: VIRTIO_NET_PIECES, or what fits into the transmit ring */
    struct virtio_net_rx *rx;
    struct virtio_net_tx *tx;
    struct virtio_net_control control; /* its ring is there with CTRL_VQ only */
};

/* The allow-list, for those who print feature names. */
extern const struct virtio_feature virtio_net_features[];

/*
 * Start the device for the first time. `net` is zeroed by the caller, and keeps a copy of `setup`. With more than one
 * pair the device uses the first one only until it was told (virtio_net_poll_control() does that). Post buffers and
 * call virtio_net_sync() next. Whether large frames are to be expected is what virtio_device_has() says of GUEST_TSO4
 * and GUEST_TSO6 then. A device whose own limit on receive rings is too low for them is started a second time, without.
 * Thread. Errors as for virtio_device_start(), and ENOMEM; on failure everything is given back, unless the device did
 * not confirm its reset.
 */
int virtio_net_start(struct virtio_net *net, struct virtio_device *dev, const struct virtio_net_setup *setup);

/* Reset the device and give everything back. Frames and buffers must have been taken out before (stop, restart). */
void virtio_net_destroy(struct virtio_net *net);

/* Bytes that a receive buffer needs: the largest frame and the header without MRG_RXBUF, or what makes sense with it.
 */
uint32_t virtio_net_buffer_size(const struct virtio_net *net);

/*
 * Lend the pieces of a frame to the device. After success virtio_net_finish() is owed. Any context. EMSGSIZE: longer
 * than the MTU allows, or in more pieces than fit (those of the platform's making included); EINVAL: empty, shorter
 * than an Ethernet header, or a checksum that lies outside or was not negotiated; EFAULT: the device cannot reach it.
 */
int virtio_net_prepare(struct virtio_net *net, struct virtio_net_frame *frame);

/*
 * Put a prepared frame into the transmit queue of a pair. 1: and a notification is due, 0: none is. EAGAIN: the ring is
 * full, the queue stopped, or the pair not in use (yet). EPROTO: the queue is broken. With `more`, the device is not
 * told yet, and the answer is 0: the last of a row of frames, or virtio_net_flush(), tells it of all. Any context.
 */
int virtio_net_send(struct virtio_net *net, uint16_t pair, struct virtio_net_frame *frame, bool more);

/* Tell the device of what was sent with `more`. 1: a notification is due. Any context. */
int virtio_net_flush(struct virtio_net *net, uint16_t pair);

/* Send the notification of a transmit or receive queue. Needs no lock. Any context. */
void virtio_net_notify_tx(struct virtio_net *net, uint16_t pair);
void virtio_net_notify_rx(struct virtio_net *net, uint16_t pair);

/* Take what the device has sent, calling `done` for each. How many; EPROTO: broken. Any context. */
int virtio_net_poll_tx(struct virtio_net *net, uint16_t pair);

/*
 * Ask for a notification when frames have been sent, or not: a sender that looks by himself has no use for it. True if
 * something was sent meanwhile, for which there will be none. Any context.
 */
bool virtio_net_watch_tx(struct virtio_net *net, uint16_t pair, bool on);

/* Take the pieces back, and return the result. After `done`, or instead of a send that failed. Any context. */
int virtio_net_finish(struct virtio_net_frame *frame);

/*
 * Give a buffer to a receive queue, without telling the device yet. EAGAIN: full, or stopped; EINVAL: too small;
 * EFAULT: the device cannot reach it in one piece; EPROTO: broken. Any context.
 */
int virtio_net_post(struct virtio_net *net, uint16_t pair, struct virtio_net_buffer *buffer);

/* Tell the device of the buffers that were posted. 1: a notification is due. Any context. */
int virtio_net_publish_rx(struct virtio_net *net, uint16_t pair);

/*
 * Take up to `budget` frames, calling `receive` for each. Those that the device made wrong are counted, and their
 * buffers posted again, of which virtio_net_publish_rx() tells the device. How many frames, wrong ones included;
 * EPROTO: broken. Any context.
 */
int virtio_net_poll_rx(struct virtio_net *net, uint16_t pair, int budget);

/*
 * Notifications of a receive queue, off while it is drained, on again afterwards. True if frames came meanwhile, for
 * which there will be none: poll again. Any context.
 */
bool virtio_net_watch_rx(struct virtio_net *net, uint16_t pair, bool on);

/*
 * What the device is to let through, its address, and what more it is to do. These note it; virtio_net_sync() tells the
 * device, one command at a time, and again after every reset. Addresses in a filter follow each other,
 * VIRTIO_NET_MAC_BYTES each. ENOTSUP: the device cannot do that; EMSGSIZE: more than VIRTIO_NET_FILTER_MAX addresses,
 * so let all multicast through instead; EINVAL: no such VLAN, or no unicast address. Any context.
 */
int virtio_net_set_receive_mode(struct virtio_net *net, uint8_t mode);
int virtio_net_set_filter(struct virtio_net *net, const uint8_t *unicast, unsigned int unicast_count,
                          const uint8_t *multicast, unsigned int multicast_count);
int virtio_net_set_mac(struct virtio_net *net, const uint8_t mac[VIRTIO_NET_MAC_BYTES]);
int virtio_net_set_vlan(struct virtio_net *net, uint16_t vlan, bool on);
/*
 * What the device may do to frames before they are received (5.1.6.5.6): bit n of `offloads` is feature n, of
 * GUEST_CSUM, GUEST_TSO4 and GUEST_TSO6. All that were negotiated are on after a start. EINVAL: a feature that was not
 * negotiated, or GUEST_TSO4 or GUEST_TSO6 without GUEST_CSUM. ENOTSUP: no CTRL_GUEST_OFFLOADS.
 *
 * This asks the device to stop; it is no promise. Frames that it made before are in the ring or on their way, at no
 * time that anybody could name, and are as good as others. So everything that was negotiated is received always, with
 * all the checks: the caller must be ready for a merged frame, or for a checksum that is left to him, at any time.
 */
int virtio_net_set_offloads(struct virtio_net *net, uint64_t offloads);
/*
 * Put off the notifications of all transmit or all receive queues (NOTF_COAL) until so many microseconds have passed
 * or so many packets have come together. 0 and 0, as after a start: not at all. ENOTSUP: the device cannot do that.
 */
int virtio_net_set_coalescing(struct virtio_net *net, bool transmit, uint32_t max_usecs, uint32_t max_packets);
/* Confirm that the announcement which the device asked for (config.announce) was made. */
int virtio_net_announced(struct virtio_net *net);

/* Tell the device the next thing, if it is not busy with the one before. 1: a notification is due. Any context. */
int virtio_net_sync(struct virtio_net *net);
void virtio_net_notify_control(struct virtio_net *net);
/* Take its answer, and go on with virtio_net_sync(), whose result this returns; EPROTO: broken. Any context. */
int virtio_net_poll_control(struct virtio_net *net);
/* True while there is something that the device has not answered; for a time limit. Any context. */
bool virtio_net_control_busy(const struct virtio_net *net);
/*
 * Expect nothing more of the control queue, because the device has not answered in time. It is silent from then on, and
 * virtio_net_control_busy() false; an answer that comes after all is not looked at. What the functions above note is
 * kept, and said after the next reset, from which on the queue is used again: a command's memory is the device's until
 * then. Frames go on. Under the lock of the control queue; logs nothing. Any context.
 */
void virtio_net_abandon_control(struct virtio_net *net);

/*
 * Recovery, as for block devices: stop all queues (each under its lock), restart (no lock), resume all queues (each
 * under its lock). Frames that were in flight come back with EIO; buffers are posted again; what the device was told is
 * told again. With an error from the restart, buffers come back through `reclaim` instead.
 */
void virtio_net_stop_rx(struct virtio_net *net, uint16_t pair);
void virtio_net_stop_tx(struct virtio_net *net, uint16_t pair);
void virtio_net_stop_control(struct virtio_net *net);
int virtio_net_restart(struct virtio_net *net);
int virtio_net_resume_rx(struct virtio_net *net, uint16_t pair, int error, void (*reclaim)(struct virtio_net_buffer *));
void virtio_net_resume_tx(struct virtio_net *net, uint16_t pair, int error);
int virtio_net_resume_control(struct virtio_net *net, int error);

/* Read link, announcement and speed again, after a config change notification. True if the link changed. Thread. */
bool virtio_net_refresh(struct virtio_net *net);

#endif /* VIRTIO_NET_H */
