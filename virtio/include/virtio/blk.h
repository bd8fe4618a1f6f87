/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block device (5.2): the protocol engine.
 *
 * A request is a struct that the caller owns. Its life: fill in the first part; virtio_blk_prepare() checks it and
 * lends its buffer to the device; virtio_blk_submit() puts it into a queue; virtio_blk_poll() calls its `done` when the
 * device has finished; virtio_blk_finish() takes the buffer back and gives the result.
 *
 * Submit and poll on one queue are serialised by the caller (a lock per queue); prepare and finish touch only the
 * request and need none. Nothing here sleeps, locks or allocates after virtio_blk_start().
 *
 * All sectors are 512 bytes, as in the protocol (5.2.4), whatever the device's logical block size.
 */
#ifndef VIRTIO_BLK_H
#define VIRTIO_BLK_H

#include <stdbool.h>
#include <stdint.h>

#include <virtio/device.h>
#include <virtio/queue.h>

/* Feature bits (5.2.3). */
#define VIRTIO_BLK_F_BARRIER      0 /* legacy; not accepted */
#define VIRTIO_BLK_F_SIZE_MAX     1
#define VIRTIO_BLK_F_SEG_MAX      2
#define VIRTIO_BLK_F_GEOMETRY     4
#define VIRTIO_BLK_F_RO           5
#define VIRTIO_BLK_F_BLK_SIZE     6
#define VIRTIO_BLK_F_SCSI         7 /* legacy; not accepted */
#define VIRTIO_BLK_F_FLUSH        9
#define VIRTIO_BLK_F_TOPOLOGY     10
#define VIRTIO_BLK_F_CONFIG_WCE   11
#define VIRTIO_BLK_F_MQ           12
#define VIRTIO_BLK_F_DISCARD      13
#define VIRTIO_BLK_F_WRITE_ZEROES 14
#define VIRTIO_BLK_F_LIFETIME     15
#define VIRTIO_BLK_F_SECURE_ERASE 16
#define VIRTIO_BLK_F_ZONED        17 /* not accepted */

/* Request types (5.2.6). */
#define VIRTIO_BLK_T_IN           0u
#define VIRTIO_BLK_T_OUT          1u
#define VIRTIO_BLK_T_FLUSH        4u
#define VIRTIO_BLK_T_GET_ID       8u
#define VIRTIO_BLK_T_GET_LIFETIME 10u
#define VIRTIO_BLK_T_DISCARD      11u
#define VIRTIO_BLK_T_WRITE_ZEROES 13u
#define VIRTIO_BLK_T_SECURE_ERASE 14u

/* Status byte (5.2.6). */
#define VIRTIO_BLK_S_OK     0u
#define VIRTIO_BLK_S_IOERR  1u
#define VIRTIO_BLK_S_UNSUPP 2u

/* Offsets in the config space (5.2.4) of what is read elsewhere than in virtio_blk_config.c. */
#define VIRTIO_BLK_CONFIG_SIZE_MAX 0x08
#define VIRTIO_BLK_CONFIG_SEG_MAX  0x0c

#define VIRTIO_BLK_SECTOR_SIZE     512u
#define VIRTIO_BLK_ID_BYTES        20u
#define VIRTIO_BLK_SEGMENT_UNMAP   0x1u

/* Pieces of memory that one request can be scattered over, at most. 16 bytes each in every request. */
#ifndef VIRTIO_BLK_SEGMENTS
#define VIRTIO_BLK_SEGMENTS 8
#endif

/* How often a request that was in flight when the device broke is given to it again, before it fails. */
#define VIRTIO_BLK_REPLAYS_MAX 3

/* Wire format: request header, and the segment of discard, write-zeroes and secure-erase (5.2.6). */
struct virtio_blk_header
{
    uint32_t type;
    uint32_t reserved; /* legacy: priority */
    uint64_t sector;
};

struct virtio_blk_segment
{
    uint64_t sector;
    uint32_t count;
    uint32_t flags;
};

/* Wire format: answer of GET_LIFETIME, as read: in the CPU's order. */
struct virtio_blk_lifetime
{
    uint16_t pre_eol_info;
    uint16_t est_typ_a;
    uint16_t est_typ_b;
};

/* The config space (5.2.4), checked: what was not negotiated has the neutral value in brackets. */
struct virtio_blk_config
{
    uint64_t capacity;                 /* in sectors */
    uint32_t size_max;                 /* bytes of one segment [UINT32_MAX less a sector] */
    uint32_t seg_max;                  /* segments of one request [VIRTIO_BLK_SEGMENTS] */
    uint16_t cylinders;                /* [0] */
    uint8_t heads;                     /* [0] */
    uint8_t sectors_per_track;         /* [0] */
    uint32_t blk_size;                 /* logical block in bytes, a power of two from 512 to 65536 [512] */
    uint8_t physical_block_exp;        /* logical blocks in a physical one, as a power of two [0] */
    uint8_t alignment_offset;          /* of the first aligned logical block [0] */
    uint16_t min_io_size;              /* logical blocks [0] */
    uint32_t opt_io_size;              /* logical blocks [0] */
    uint16_t num_queues;               /* [1] */
    uint32_t max_discard_sectors;      /* [0: not possible] */
    uint32_t discard_alignment;        /* sectors [1] */
    uint32_t max_write_zeroes_sectors; /* [0: not possible] */
    bool write_zeroes_may_unmap;
    uint32_t max_secure_erase_sectors; /* [0: not possible] */
    uint32_t secure_erase_alignment;   /* sectors [1] */
};

struct virtio_blk;
struct virtio_blk_request;

typedef void (*virtio_blk_done_t)(struct virtio_blk_request *request);

struct virtio_blk_request
{
    /* Filled in by the caller before virtio_blk_prepare(). */
    uint32_t type;    /* VIRTIO_BLK_T_... */
    uint64_t sector;  /* first sector; unused by FLUSH, GET_ID, GET_LIFETIME */
    uint32_t sectors; /* how many; virtio_blk_prepare() lowers it to what one request can carry */
    bool unmap;       /* WRITE_ZEROES: the device may deallocate */
    /*
     * IN, OUT: sectors * 512 bytes at any alignment. GET_ID: 21 bytes for the string with its NUL. GET_LIFETIME: a
     * struct virtio_blk_lifetime. Not used by the others.
     */
    void *buffer;
    virtio_blk_done_t done; /* called from virtio_blk_poll(), _submit's caller's lock held: be short */
    void *context;          /* the caller's */

    /* The caller's to set at any time while the request is in flight: the next restart fails it with ETIMEDOUT. */
    bool expired;

    /* The engine's. */
    int result; /* valid once `done` was called: 0 or a negative error */
    uint8_t replays;
    uint8_t segments;
    uint16_t slot;
    struct virtio_blk_request *next; /* in the list of those to be replayed */
    struct virtio_sg sg[VIRTIO_BLK_SEGMENTS];
};

/* What the device reads and writes besides the data, one for each request in flight. Shared memory. */
struct virtio_blk_slot
{
    struct virtio_blk_header header;
    union
    {
        struct virtio_blk_segment segment;
        uint8_t id[VIRTIO_BLK_ID_BYTES];
        uint16_t lifetime[3];
    } data;
    uint8_t status;
    uint8_t padding[23]; /* to 64 bytes: a slot shares a cache line with no other */
};

struct virtio_blk_queue
{
    struct virtio_queue ring;
    bool stopped;                  /* by virtio_blk_stop(): the ring is not touched */
    struct virtio_blk_slot *slots; /* as many as descriptors */
    virtio_dma_addr_t slots_address;
    uint16_t *free_slots; /* a stack */
    uint16_t free_slot_count;
    struct virtio_blk_request *replay; /* were in flight when the device was reset */
};

struct virtio_blk
{
    struct virtio_device *dev;
    struct virtio_blk_config config;
    uint16_t queue_count;
    struct virtio_blk_queue *queues;
    uint16_t queues_wanted; /* as asked for in virtio_blk_start() */
    uint16_t queue_size_wanted;
    bool cache_chosen; /* by virtio_blk_set_writeback(): a reset makes the device forget it */
    bool cache_on;
};

/* The allow-list, for those who print feature names. */
extern const struct virtio_feature virtio_blk_features[];

/*
 * Start the device for the first time: negotiate, read the config space, create up to `queues` queues (as many as the
 * device has, at least one) of up to `queue_size` descriptors, DRIVER_OK. `blk` is zeroed by the caller. On failure
 * everything is given back, unless the device did not confirm its reset: then its memory is left to it for good.
 * Errors: those of virtio_device_start(), ENOMEM, EPROTO (a queue too small for a request).
 */
int virtio_blk_start(struct virtio_blk *blk, struct virtio_device *dev, uint16_t queues, uint16_t queue_size);

/* Reset the device and give everything back. Requests in flight must have been taken out before (stop, restart). */
void virtio_blk_destroy(struct virtio_blk *blk);

/*
 * Check a request against the device's features and size, and lend its buffer. Lowers `sectors` to what one request can
 * carry; the caller comes again for the rest with another one. After success virtio_blk_finish() is owed. Any context.
 * EINVAL: past the end, or of no length. EROFS. ENOTSUP: the device does not have this request. EFAULT: the device
 * cannot reach the buffer.
 */
int virtio_blk_prepare(struct virtio_blk *blk, struct virtio_blk_request *request);

/*
 * Put a prepared request into queue `index` and publish it. 1: and a notification is due (virtio_blk_notify(), best
 * after the caller's lock was released); 0: none is. EAGAIN: the ring is full or the queue stopped; try again after
 * something finished. EPROTO: the queue is broken. Any context.
 */
int virtio_blk_submit(struct virtio_blk *blk, uint16_t index, struct virtio_blk_request *request);

/* Send the notification. Needs no lock. Any context. */
void virtio_blk_notify(struct virtio_blk *blk, uint16_t index);

/*
 * Take everything that the device finished on queue `index`, calling `done` for each, with notifications off meanwhile
 * and on again afterwards. Returns how many finished; EPROTO: the queue is broken and the device needs
 * virtio_blk_restart(). Any context.
 */
int virtio_blk_poll(struct virtio_blk *blk, uint16_t index);

/* Take the buffer back and return the result. After `done`, or instead of a submit that failed. Any context. */
int virtio_blk_finish(struct virtio_blk_request *request);

/*
 * Recovery, for a device that broke the protocol, asked for a reset, or does not answer: stop every queue (under its
 * lock), restart the device (no lock: nobody touches a stopped queue), resume every queue (under its lock).
 */
void virtio_blk_stop(struct virtio_blk *blk, uint16_t index);

/*
 * Reset, and start again with the same features and queues; all queues stopped. Errors as virtio_blk_start(). After an
 * error the device is dead; if even the reset was not confirmed (ETIMEDOUT) it may still write to buffers.
 */
int virtio_blk_restart(struct virtio_blk *blk);

/*
 * End the stop. `error` is what virtio_blk_restart() returned. With 0, requests that were in flight are given to the
 * device again, but those that expired (`done` with ETIMEDOUT), that lie past the end by now (EIO), or that, if `blame`
 * says that the device broke, were there too often when it did (EIO). With an error, all of them get it, and the queue
 * stays stopped. Returns 1 if a notification is due, else 0.
 */
int virtio_blk_resume(struct virtio_blk *blk, uint16_t index, int error, bool blame);

/* Read the capacity again, after a config change notification. True if it changed. Thread context. */
bool virtio_blk_refresh(struct virtio_blk *blk);

/* True if the device has a volatile write cache that is on now. Thread context. */
bool virtio_blk_writeback(struct virtio_blk *blk);

/* Switch the write cache (5.2.6.2 CONFIG_WCE). Flush before switching it off: that alone makes nothing durable. */
int virtio_blk_set_writeback(struct virtio_blk *blk, bool on);

static inline bool virtio_blk_read_only(const struct virtio_blk *blk)
{
    return virtio_device_has(blk->dev, VIRTIO_BLK_F_RO);
}

#endif /* VIRTIO_BLK_H */
