/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The split ring (2.7), seen from the driver.
 *
 * Memory of the ring is written with plain stores that barriers put in order, and read only through read16() and
 * read32(), which fetch once.
 */
#include <virtio/barrier.h>
#include <virtio/byteorder.h>
#include <virtio/queue.h>

#include "virtio_ring.h"

static uint16_t read16(const struct virtio_queue *queue, const uint16_t *from)
{
    return virtio_swap16(queue->dev->legacy, *(const volatile uint16_t *)from);
}

static uint32_t read32(const struct virtio_queue *queue, const uint32_t *from)
{
    return virtio_swap32(queue->dev->legacy, *(const volatile uint32_t *)from);
}

static void write16(const struct virtio_queue *queue, uint16_t *to, uint16_t value)
{
    *(volatile uint16_t *)to = virtio_swap16(queue->dev->legacy, value);
}

/* 2.7.7: used_event follows the available ring, avail_event the used ring. */
static uint16_t *used_event(const struct virtio_queue *queue)
{
    return &queue->avail->ring[queue->size];
}

static const uint16_t *avail_event(const struct virtio_queue *queue)
{
    return (const uint16_t *)(const void *)&queue->used->ring[queue->size];
}

/* 2.7.7.2: did an index pass `event` on its way from `before` to `after`? All wrap at 65536. */
static bool passed(uint16_t event, uint16_t before, uint16_t after)
{
    return (uint16_t)(after - event - 1) < (uint16_t)(after - before);
}

static void split_reset(struct virtio_queue *queue)
{
    queue->used_seen = 0;
    queue->avail_flags = 0;
    queue->used_event = 0;
}

static void write_desc(const struct virtio_queue *queue, struct virtio_desc *desc, const struct virtio_sg *sg,
                       uint16_t flags, uint16_t next)
{
    bool legacy = virtio_device_legacy(queue->dev);

    desc->address = virtio_swap64(legacy, sg->address);
    desc->length = virtio_swap32(legacy, sg->length);
    desc->flags = virtio_swap16(legacy, flags);
    desc->next = virtio_swap16(legacy, next);
}

static uint16_t flags_of(unsigned int i, unsigned int out, unsigned int total)
{
    return (uint16_t)((i >= out ? VIRTIO_DESC_F_WRITE : 0) | (i + 1 < total ? VIRTIO_DESC_F_NEXT : 0));
}

/* One descriptor that points to a table of its own (2.7.5.3). Returns the last descriptor taken: the head itself. */
static uint16_t fill_indirect(struct virtio_queue *queue, uint16_t head, const struct virtio_sg *sg, unsigned int out,
                              unsigned int total)
{
    size_t first = (size_t)head * queue->indirect_max;
    struct virtio_desc *entries = (struct virtio_desc *)queue->indirect + first;
    struct virtio_sg table;
    unsigned int i;

    for (i = 0; i < total; i++)
    {
        write_desc(queue, &entries[i], &sg[i], flags_of(i, out, total), (uint16_t)(i + 1 < total ? i + 1 : 0));
    }
    table.address = queue->indirect_address + first * sizeof(struct virtio_desc);
    table.length = (uint32_t)(total * sizeof(struct virtio_desc));
    write_desc(queue, &queue->desc[head], &table, VIRTIO_DESC_F_INDIRECT, 0);
    return head;
}

/* One descriptor an element, linked as the free list is. Returns the last descriptor taken. */
static uint16_t fill_direct(struct virtio_queue *queue, uint16_t head, const struct virtio_sg *sg, unsigned int out,
                            unsigned int total)
{
    uint16_t at = head;
    uint16_t last = at;
    unsigned int i;

    for (i = 0; i < total; i++)
    {
        last = at;
        at = queue->chain[last].next;
        write_desc(queue, &queue->desc[last], &sg[i], flags_of(i, out, total), (uint16_t)(i + 1 < total ? at : 0));
    }
    return last;
}

static int split_put(struct virtio_queue *queue, uint16_t head, const struct virtio_sg *sg, unsigned int out,
                     unsigned int total)
{
    struct virtio_chain *chain = &queue->chain[head];

    chain->last =
        chain->count < total ? fill_indirect(queue, head, sg, out, total) : fill_direct(queue, head, sg, out, total);
    write16(queue, &queue->avail->ring[queue->avail_idx & (queue->size - 1)], head);
    return virtio_ring_added(queue, chain);
}

static bool split_publish(struct virtio_queue *queue)
{
    bool wanted;

    virtio_wmb(); /* descriptors and ring before the index; pairs with the device's read barrier after it read idx */
    write16(queue, &queue->avail->idx, queue->avail_idx);

    /*
     * The index before the question whether to notify (2.7.13.3); pairs with the device's full barrier between its
     * request for notifications and its last look at idx. Without it both sides could miss each other.
     */
    virtio_mb();
    if (VIRTIO_HAVE_EVENT_IDX && queue->event_idx)
    {
        wanted = passed(read16(queue, avail_event(queue)), queue->published_idx, queue->avail_idx);
    }
    else
    {
        wanted = (read16(queue, &queue->used->flags) & VIRTIO_USED_F_NO_NOTIFY) == 0;
    }
    return virtio_ring_published(queue, wanted);
}

static int split_pop(struct virtio_queue *queue, void **cookie, uint32_t *length)
{
    const struct virtio_used_element *element;
    uint16_t idx;

    /* Look at the device's used index, if all that was seen of it is taken. */
    if (queue->used_idx == queue->used_seen)
    {
        idx = read16(queue, &queue->used->idx);
        if (idx == queue->used_idx)
        {
            return -VIRTIO_EAGAIN;
        }
        /* Catches an index that jumps, and one that goes backwards. */
        if ((uint16_t)(idx - queue->used_idx) > virtio_ring_at_device(queue))
        {
            return virtio_queue_break(queue, "a used index that does not fit what it was given:", idx);
        }
        virtio_rmb(); /* the index before the entries; pairs with the device's write barrier between them */
        queue->used_seen = idx;
    }
    element = &queue->used->ring[queue->used_idx & (queue->size - 1)];
    return virtio_ring_take(queue, read32(queue, &element->id), read32(queue, &element->length), cookie, length);
}

/* The used index whose passing is to bring a notification (2.7.10): stored only if it changes. */
static void set_used_event(struct virtio_queue *queue, uint16_t event)
{
    if (queue->used_event != event)
    {
        queue->used_event = event;
        write16(queue, used_event(queue), event);
    }
}

static void split_disable(struct virtio_queue *queue)
{
    if (VIRTIO_HAVE_EVENT_IDX && queue->event_idx)
    {
        /* 2.7.7.1: flags stay 0. An event just behind is the one that takes longest to come. */
        set_used_event(queue, (uint16_t)(queue->used_idx - 1));
    }
    else if (queue->avail_flags == 0)
    {
        queue->avail_flags = VIRTIO_AVAIL_F_NO_INTERRUPT;
        write16(queue, &queue->avail->flags, queue->avail_flags);
    }
}

static bool split_enable(struct virtio_queue *queue)
{
    if (VIRTIO_HAVE_EVENT_IDX && queue->event_idx)
    {
        set_used_event(queue, queue->used_idx);
    }
    else if (queue->avail_flags != 0)
    {
        queue->avail_flags = 0;
        write16(queue, &queue->avail->flags, 0);
    }
    /*
     * The request before the look; pairs with the device's full barrier between its write of the used index and its
     * look at used_event or flags. Either it sees our request, or we see its buffer here.
     */
    virtio_mb();
    return !queue->broken && read16(queue, &queue->used->idx) != queue->used_idx;
}

const struct virtio_ring virtio_split_ring = {
    .reset = split_reset,
    .put = split_put,
    .publish = split_publish,
    .pop = split_pop,
    .disable = split_disable,
    .enable = split_enable,
};
