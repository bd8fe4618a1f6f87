/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packed ring (2.8), seen from the driver.
 *
 * There is one ring of descriptors, in which each side overwrites what the other wrote. Whose a descriptor is, its
 * flags AVAIL and USED say, together with a counter that each side keeps for itself and that changes in every lap. A
 * buffer is known by its id; ids are the entries of queue->chain.
 *
 * Memory of the ring is written with plain stores that barriers put in order; of a slot, only the flags, the id and the
 * length are read, each fetched once.
 */
#include <virtio/barrier.h>
#include <virtio/byteorder.h>
#include <virtio/config.h>

#include "virtio_ring.h"

#if VIRTIO_HAVE_PACKED

#define MARKS (VIRTIO_PACKED_F_AVAIL | VIRTIO_PACKED_F_USED)

static uint16_t read16(const uint16_t *from)
{
    return virtio_swap16(false, *(const volatile uint16_t *)from);
}

static uint32_t read32(const uint32_t *from)
{
    return virtio_swap32(false, *(const volatile uint32_t *)from);
}

static void write_flags(struct virtio_packed_desc *slot, uint16_t flags)
{
    *(volatile uint16_t *)&slot->flags = virtio_swap16(false, flags);
}

static void write_event(struct virtio_queue *queue, uint32_t event)
{
    if (queue->event != event)
    {
        queue->event = event;
        /* Position and flags in one store, so that the device never has one without the other. */
        *(volatile uint32_t *)queue->driver_event = virtio_swap32(false, event);
    }
}

static void packed_reset(struct virtio_queue *queue)
{
    /* 2.8.1: both wrap counters begin with 1. */
    queue->avail_slot = 0;
    queue->avail_mark = VIRTIO_PACKED_F_AVAIL;
    queue->used_slot = 0;
    queue->used_mark = MARKS;
    queue->batch_slots = 0;
    queue->event = 0; /* ENABLE */
}

static void write_desc(struct virtio_packed_desc *desc, const struct virtio_sg *sg, uint16_t id)
{
    desc->address = virtio_swap64(false, sg->address);
    desc->length = virtio_swap32(false, sg->length);
    desc->id = virtio_swap16(false, id);
}

/* Write the next descriptor of the ring, and make it available but for the first of those that are not published. */
static void put_desc(struct virtio_queue *queue, const struct virtio_sg *sg, uint16_t id, unsigned int flags)
{
    struct virtio_packed_desc *desc = &queue->slots[queue->avail_slot];

    flags |= queue->avail_mark;
    write_desc(desc, sg, id);
    if (queue->batch_slots == 0)
    {
        queue->first_slot = queue->avail_slot;
        queue->first_flags = (uint16_t)flags;
    }
    else
    {
        /* The device goes through the ring in order (2.8): behind one that is not available, it sees nothing. */
        write_flags(desc, (uint16_t)flags);
    }
    queue->batch_slots++;
    queue->avail_slot++;
    if (queue->avail_slot == queue->size)
    {
        queue->avail_slot = 0;
        queue->avail_mark ^= MARKS;
    }
}

static unsigned int direction(unsigned int i, unsigned int out)
{
    return i >= out ? VIRTIO_DESC_F_WRITE : 0;
}

/* One descriptor that points to a table of its own, in which there is no flag but WRITE (2.8.7). */
static void put_indirect(struct virtio_queue *queue, uint16_t id, const struct virtio_sg *sg, unsigned int out,
                         unsigned int total)
{
    size_t first = (size_t)id * queue->indirect_max;
    struct virtio_packed_desc *entries = (struct virtio_packed_desc *)queue->indirect + first;
    struct virtio_sg table;
    unsigned int i;

    for (i = 0; i < total; i++)
    {
        write_desc(&entries[i], &sg[i], 0);
        entries[i].flags = virtio_swap16(false, (uint16_t)direction(i, out));
    }
    table.address = queue->indirect_address + first * sizeof(struct virtio_packed_desc);
    table.length = (uint32_t)(total * sizeof(struct virtio_packed_desc));
    put_desc(queue, &table, id, VIRTIO_DESC_F_INDIRECT);
}

static int packed_put(struct virtio_queue *queue, uint16_t head, const struct virtio_sg *sg, unsigned int out,
                      unsigned int total)
{
    struct virtio_chain *chain = &queue->chain[head];
    unsigned int i;

    chain->last = head;
    if (chain->count < total)
    {
        put_indirect(queue, head, sg, out, total);
    }
    else
    {
        for (i = 0; i < total; i++)
        {
            put_desc(queue, &sg[i], head, direction(i, out) | (i + 1 < total ? VIRTIO_DESC_F_NEXT : 0));
        }
    }
    return virtio_ring_added(queue, chain);
}

/* 2.8.10: was the slot that the device named among the last `slots` that were made available? */
static bool passed(const struct virtio_queue *queue, uint32_t event, uint16_t slots)
{
    bool wrap = (queue->avail_mark & VIRTIO_PACKED_F_AVAIL) != 0;
    uint32_t back = (uint32_t)queue->avail_slot - (event & 0x7fff);

    if (wrap != ((event & 0x8000) != 0))
    {
        back += queue->size; /* of the lap before */
    }
    return back - 1 < slots; /* what lies ahead, or in no ring, is far too large */
}

static bool packed_publish(struct virtio_queue *queue)
{
    uint16_t slots = queue->batch_slots;
    uint32_t event;
    uint32_t mode;
    bool wanted;

    queue->batch_slots = 0;
    virtio_wmb(); /* all before the first flags; pairs with the device's read barrier after it read them */
    write_flags(&queue->slots[queue->first_slot], queue->first_flags);

    /*
     * The flags before the question whether to notify (2.8.21.3.1); pairs with the device's full barrier between its
     * request for notifications and its last look at the flags. Without it both sides could miss each other.
     */
    virtio_mb();
    event = read32(queue->device_event);
    mode = event >> 16 & 3;
    if (mode == VIRTIO_PACKED_EVENT_DESC && VIRTIO_HAVE_EVENT_IDX && queue->event_idx)
    {
        wanted = passed(queue, event, slots);
    }
    else
    {
        wanted = mode != VIRTIO_PACKED_EVENT_DISABLE; /* what is reserved is better taken for a yes */
    }
    return virtio_ring_published(queue, wanted);
}

/*
 * Did the device leave the slot alone where the next used descriptor is due? As long as it has a buffer, that slot is
 * one that the driver made available; else it is what the lap before has left there.
 */
static bool untouched(const struct virtio_queue *queue, unsigned int flags)
{
    if (virtio_ring_at_device(queue) == 0)
    {
        return (flags & MARKS) != queue->used_mark;
    }
    return (flags & MARKS) == (queue->used_mark ^ VIRTIO_PACKED_F_USED);
}

static int packed_pop(struct virtio_queue *queue, void **cookie, uint32_t *length)
{
    struct virtio_packed_desc *slot = &queue->slots[queue->used_slot];
    uint16_t free_before = queue->free_count;
    uint16_t flags = read16(&slot->flags);
    uint32_t written;
    uint16_t id;
    int error;

    if (untouched(queue, flags))
    {
        return -VIRTIO_EAGAIN;
    }
    if ((flags & MARKS) != queue->used_mark)
    {
        return virtio_queue_break(queue, "flags that the descriptor cannot have now:", flags);
    }
    virtio_rmb(); /* the flags before the rest; pairs with the device's write barrier between them */
    id = read16(&slot->id);
    written = read32(&slot->length);
    /*
     * 2.8.4: without WRITE the length is reserved, and ignored. But QEMU leaves WRITE out and means what it says, so
     * only what cannot be meant is ignored.
     */
    if ((flags & VIRTIO_DESC_F_WRITE) == 0 && id < queue->size && written > queue->chain[id].writable)
    {
        written = 0;
    }
    error = virtio_ring_take(queue, id, written, cookie, length);
    if (error == 0)
    {
        /* 2.8.6: one used descriptor for all of the chain. */
        queue->used_slot = (uint16_t)(queue->used_slot + (queue->free_count - free_before));
        if (queue->used_slot >= queue->size)
        {
            queue->used_slot = (uint16_t)(queue->used_slot - queue->size);
            queue->used_mark ^= MARKS;
        }
    }
    return error;
}

static void packed_disable(struct virtio_queue *queue)
{
    write_event(queue, VIRTIO_PACKED_EVENT_DISABLE << 16);
}

static bool packed_enable(struct virtio_queue *queue)
{
    uint32_t event = VIRTIO_PACKED_EVENT_ENABLE << 16;

    if (VIRTIO_HAVE_EVENT_IDX && queue->event_idx)
    {
        event = VIRTIO_PACKED_EVENT_DESC << 16 | (queue->used_mark & 0x8000u) | queue->used_slot;
    }
    write_event(queue, event);
    /*
     * The request before the look; pairs with the device's full barrier between its write of a used descriptor and its
     * look at the events. Either it sees our request, or we see its buffer here.
     */
    virtio_mb();
    return !queue->broken && !untouched(queue, read16(&queue->slots[queue->used_slot].flags));
}

const struct virtio_ring virtio_packed_ring = {
    .reset = packed_reset,
    .put = packed_put,
    .publish = packed_publish,
    .pop = packed_pop,
    .disable = packed_disable,
    .enable = packed_enable,
};

#endif /* VIRTIO_HAVE_PACKED */
