/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtqueues (2.6): the one way in which driver and device exchange buffers.
 *
 *   add (one chain) ... add, publish, and notify if publish says so; pop until it says EAGAIN.
 *
 * The functions neither lock nor sleep. Calls on one queue are serialised by the caller, who holds a lock of his for
 * the few instructions that they take; virtio_queue_notify() alone may be called outside that lock.
 *
 * The ring is memory that the device can write at any time, so nothing in it is believed: everything the driver needs
 * to know about a chain is kept in `struct virtio_chain`, which only the driver writes. Of the ring, only the used
 * index or flags, the id and the length are read, each once, and checked. A violation breaks the queue: from then on
 * every call returns EPROTO, until virtio_queue_reopen() after a device reset.
 *
 * There are two layouts of a ring with the same rules for their users: split (2.7), and packed (2.8) where the device
 * offers it. Which one a queue has is settled by the features before it is created.
 */
#ifndef VIRTIO_QUEUE_H
#define VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <virtio/device.h>
#include <virtio/platform.h>
#include <virtio/transport.h>

#define VIRTIO_QUEUE_SIZE_MAX 32768u /* 2.7: and a power of two; 2.8: any number */

/* One element of a scatter list. */
struct virtio_sg
{
    virtio_dma_addr_t address;
    uint32_t length; /* not 0 */
};

/* Wire format of the split ring (2.7.5 to 2.7.8). */
#define VIRTIO_DESC_F_NEXT          1u
#define VIRTIO_DESC_F_WRITE         2u
#define VIRTIO_DESC_F_INDIRECT      4u
#define VIRTIO_AVAIL_F_NO_INTERRUPT 1u
#define VIRTIO_USED_F_NO_NOTIFY     1u

struct virtio_desc
{
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

struct virtio_avail
{
    uint16_t flags;
    uint16_t idx;
    uint16_t ring[]; /* one a slot, then used_event */
};

struct virtio_used_element
{
    uint32_t id;
    uint32_t length;
};

struct virtio_used
{
    uint16_t flags;
    uint16_t idx;
    struct virtio_used_element ring[]; /* one a slot, then avail_event */
};

/* Wire format of the packed ring (2.8), its own flags beside those above. Indirect tables have it, too. */
#define VIRTIO_PACKED_F_AVAIL       0x80u
#define VIRTIO_PACKED_F_USED        0x8000u
#define VIRTIO_PACKED_EVENT_ENABLE  0u
#define VIRTIO_PACKED_EVENT_DISABLE 1u
#define VIRTIO_PACKED_EVENT_DESC    2u /* only with EVENT_IDX */

struct virtio_packed_desc
{
    uint64_t address;
    uint32_t length;
    uint16_t id;
    uint16_t flags;
};

/* Counted since the queue was created; a reset does not clear them. */
struct virtio_queue_stats
{
    uint64_t requests;      /* chains made available */
    uint64_t notifications; /* available buffer notifications sent */
    uint64_t spared;        /* published without one, because the device did not want it */
    uint64_t interrupts;    /* used buffer notifications that were meant for this queue; counted by the binding */
    uint64_t batches;       /* times that draining found something */
    uint64_t errors;        /* requests that failed, and violations by the device */
    uint64_t resets;        /* times that the queue was reopened */
};

/* What the driver knows of a chain in flight; also the free list. The device never sees it. */
struct virtio_chain
{
    void *cookie;      /* the caller's; NULL in entries that are not the head of a chain in flight */
    uint32_t writable; /* sum of the device-writable lengths */
    uint16_t last;     /* last entry of the chain, whose `next` continues in the free list when freed */
    uint16_t count;    /* descriptors taken from the table or the ring */
    uint16_t next;     /* next entry of the chain or of the free list; in a packed ring a chain has one entry, its id */
    uint32_t number;   /* of the chain since the queue was opened, counting from 0 */
};

struct virtio_ring; /* inside the core: what is different between split and packed */

struct virtio_queue
{
    struct virtio_device *dev;
    const struct virtio_ring *ring;
    uint16_t index;     /* of the queue in the device */
    uint16_t size;      /* descriptors */
    uint16_t chain_max; /* elements that a chain can have at most */
    bool event_idx;
    bool broken;
    bool
        lax_length; /* set after create, where devices are known to say more than they could write: cut, no violation */

    /*
     * Shared with the device. Split: only ever written, but for used->idx, used->flags, used->ring[] and avail_event.
     * Packed: the same, but for the slot where the next used descriptor is due, and the device's events.
     */
    struct virtio_desc *desc;
    struct virtio_avail *avail;
    struct virtio_used *used;
    struct virtio_packed_desc *slots;
    uint32_t *driver_event; /* 2.8.10: position and wrap counter in the lower half, flags in the upper one */
    uint32_t *device_event;
    void *indirect; /* `size` tables of `indirect_max` entries, or NULL */
    uint16_t indirect_max;
    struct virtio_queue_address address;
    virtio_dma_addr_t indirect_address;

    /* Driver's own. Indices count chains, and wrap at 65536 (2.7.13). */
    struct virtio_chain *chain;
    uint16_t free_head;
    uint16_t free_count;
    uint16_t in_flight;     /* chains in the ring, those that the device was not told of included */
    uint32_t added;         /* chains since the queue was opened */
    uint16_t avail_idx;     /* where the next chain goes */
    uint16_t published_idx; /* what the device was told */
    uint16_t used_idx;      /* the next used entry to take */
    uint16_t detach_from;   /* entries below it have been detached already */

    /* Split. */
    uint16_t used_seen;   /* the device's used index as last read and checked */
    uint16_t avail_flags; /* shadow of avail->flags and used_event: stored only when they change */
    uint16_t used_event;

    /* Packed. Marks are the wrap counters (2.8.1), as the flags AVAIL and USED have to be in that lap. */
    uint16_t avail_slot; /* where the next descriptor goes */
    uint16_t avail_mark;
    uint16_t used_slot; /* where the next used descriptor is due */
    uint16_t used_mark;
    uint16_t first_slot; /* of the chains that are not published yet: its flags, which are stored last, */
    uint16_t first_flags;
    uint16_t batch_slots; /* and the slots of all of them */
    uint32_t event;       /* shadow of *driver_event */

    struct virtio_queue_stats stats;

    void *ring_memory; /* as allocated by virtio_queue_create() */
    size_t ring_bytes;
    size_t indirect_bytes;
};

/* What a queue needs, so that memory can come from anywhere. */
struct virtio_queue_memory
{
    size_t ring_bytes; /* DMA memory, aligned to ring_align */
    size_t ring_align;
    size_t driver_offset;  /* of the driver area in it: available ring, or the driver's events */
    size_t device_offset;  /* of the device area in it: used ring, or the device's events */
    size_t indirect_bytes; /* DMA memory, aligned to 16; 0 without indirect tables */
    size_t private_bytes;  /* ordinary memory, aligned for a pointer */
};

enum virtio_layout
{
    VIRTIO_LAYOUT_SPLIT,  /* modern interface */
    VIRTIO_LAYOUT_LEGACY, /* split, in one block (2.7.2) */
    VIRTIO_LAYOUT_PACKED,
};

/*
 * Bytes for a queue of `size` descriptors (2 to VIRTIO_QUEUE_SIZE_MAX, a power of two but for the packed layout) with
 * indirect tables of `indirect_max` entries each (0: none). EINVAL for a size that no queue can have.
 */
int virtio_queue_measure(enum virtio_layout layout, uint32_t size, uint16_t indirect_max,
                         struct virtio_queue_memory *need);

/*
 * Choose the size (the largest that neither `size_wanted` nor the device's maximum exceeds; a power of two but in a
 * packed ring), get memory from the platform and open the queue. `indirect_max` counts only if INDIRECT_DESC was
 * negotiated. Between FEATURES_OK and DRIVER_OK. ENODEV: the device has no such queue. ENOMEM. EPROTO: in use already,
 * or not even 2.
 */
int virtio_queue_create(struct virtio_queue *queue, struct virtio_device *dev, uint16_t index, uint16_t size_wanted,
                        uint16_t indirect_max);

/*
 * Open a queue again after a device reset: same memory, same size, empty ring. What was in flight must have been taken
 * out with virtio_queue_detach() before. EPROTO if the device no longer allows this size.
 */
int virtio_queue_reopen(struct virtio_queue *queue);

/* Give the memory back. Only after a confirmed device reset; nothing if the queue was never created. */
void virtio_queue_destroy(struct virtio_queue *queue);

/*
 * Put a chain into the ring: `out` device-readable elements, then `in` device-writable ones. `cookie` is not NULL and
 * comes back from pop or detach. The device does not see the chain before virtio_queue_publish(). The elements belong
 * to the device until the cookie comes back; `sg` itself may be reused at once. Any context.
 * EAGAIN: no room now. EMSGSIZE: more elements than any chain can have. EINVAL: no element, or one of no length.
 */
int virtio_queue_add(struct virtio_queue *queue, const struct virtio_sg *sg, unsigned int out, unsigned int in,
                     void *cookie);

/* Let the device see what was added. True if it wants a notification. Any context. */
bool virtio_queue_publish(struct virtio_queue *queue);

/* Send the available buffer notification (2.7.13.4, 2.8.21.2). Costs an exit. Any context; a spurious one is harmless.
 */
void virtio_queue_notify(struct virtio_queue *queue);

/*
 * Take one finished chain: its cookie, and the number of bytes that the device says it wrote, which is at most what it
 * could. EAGAIN: none (now). EPROTO: the queue is broken. Any context.
 */
int virtio_queue_pop(struct virtio_queue *queue, void **cookie, uint32_t *length);

/* Ask the device for no used buffer notifications: a hint (2.7.7). Any context. */
void virtio_queue_disable(struct virtio_queue *queue);

/*
 * Ask for them again, for the next buffer it uses. True if buffers came in between, for which there will be none: pop
 * them and call again. Any context.
 */
bool virtio_queue_enable(struct virtio_queue *queue);

/*
 * After a confirmed device reset: the cookie of some chain that was in flight, which is so no longer; NULL when there
 * are none left. The outcome of each is unknown.
 */
void *virtio_queue_detach(struct virtio_queue *queue);

#endif /* VIRTIO_QUEUE_H */
