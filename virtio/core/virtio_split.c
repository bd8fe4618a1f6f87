/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The split ring (2.7), seen from the driver.
 *
 * Memory of the ring is written with plain stores that barriers put in order, and read only through read16() and
 * read32(), which fetch once.
 */
#include <string.h>

#include <virtio/barrier.h>
#include <virtio/byteorder.h>
#include <virtio/queue.h>

#include "virtio_split.h"

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

static int broken(struct virtio_queue *queue, const char *what, uint32_t value)
{
    queue->broken = true;
    queue->stats.errors++;
    virtio_platform_log(VIRTIO_LOG_ERROR, "%s: queue %u: device wrote %s %lu; the queue is stopped until a reset",
                        queue->dev->name, (unsigned int)queue->index, what, (unsigned long)value);
    return -VIRTIO_EPROTO;
}

void virtio_split_reset(struct virtio_queue *queue)
{
    uint16_t i;

    memset(queue->ring_memory, 0, queue->ring_bytes);
    for (i = 0; i < queue->size; i++)
    {
        queue->chain[i].cookie = NULL;
        queue->chain[i].next = (uint16_t)(i + 1);
    }
    queue->broken = false;
    queue->free_head = 0;
    queue->free_count = queue->size;
    queue->in_flight = 0;
    queue->avail_idx = 0;
    queue->added = 0;
    queue->published_idx = 0;
    queue->used_idx = 0;
    queue->used_seen = 0;
    queue->avail_flags = 0;
    queue->used_event = 0;
    queue->detach_from = 0;
}

static void write_desc(const struct virtio_queue *queue, struct virtio_desc *desc, const struct virtio_sg *sg,
                       uint16_t flags, uint16_t next)
{
    bool legacy = queue->dev->legacy;

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
static uint16_t fill_indirect(struct virtio_queue *queue, const struct virtio_sg *sg, unsigned int out,
                              unsigned int total)
{
    uint16_t head = queue->free_head;
    size_t first = (size_t)head * queue->indirect_max;
    struct virtio_sg table;
    unsigned int i;

    for (i = 0; i < total; i++)
    {
        write_desc(queue, &queue->indirect[first + i], &sg[i], flags_of(i, out, total),
                   (uint16_t)(i + 1 < total ? i + 1 : 0));
    }
    table.address = queue->indirect_address + first * sizeof(struct virtio_desc);
    table.length = (uint32_t)(total * sizeof(struct virtio_desc));
    write_desc(queue, &queue->desc[head], &table, VIRTIO_DESC_F_INDIRECT, 0);
    return head;
}

/* One descriptor an element, linked as the free list is. Returns the last descriptor taken. */
static uint16_t fill_direct(struct virtio_queue *queue, const struct virtio_sg *sg, unsigned int out,
                            unsigned int total)
{
    uint16_t at = queue->free_head;
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

int virtio_queue_add(struct virtio_queue *queue, const struct virtio_sg *sg, unsigned int out, unsigned int in,
                     void *cookie)
{
    unsigned int total = out + in;
    uint16_t head = queue->free_head;
    struct virtio_chain *chain;
    uint64_t readable = 0;
    uint64_t writable = 0;
    bool indirect;
    unsigned int i;

    if (queue->broken)
    {
        return -VIRTIO_EPROTO;
    }
    if (total == 0 || cookie == NULL)
    {
        return -VIRTIO_EINVAL;
    }
    if (total > queue->chain_max)
    {
        return -VIRTIO_EMSGSIZE;
    }
    for (i = 0; i < total; i++)
    {
        if (sg[i].length == 0)
        {
            return -VIRTIO_EINVAL;
        }
        *(i < out ? &readable : &writable) += sg[i].length;
    }
    if (readable + writable > UINT32_MAX) /* 2.7.5.1: a chain stays within 4 GiB */
    {
        return -VIRTIO_EMSGSIZE;
    }
    indirect = total > 1 && total <= queue->indirect_max;
    if (queue->free_count < (indirect ? 1 : total))
    {
        return -VIRTIO_EAGAIN;
    }

    chain = &queue->chain[head];
    chain->cookie = cookie;
    chain->number = queue->added++;
    chain->writable = (uint32_t)writable;
    chain->count = (uint16_t)(indirect ? 1 : total);
    chain->last = indirect ? fill_indirect(queue, sg, out, total) : fill_direct(queue, sg, out, total);

    queue->free_head = queue->chain[chain->last].next;
    queue->free_count = (uint16_t)(queue->free_count - chain->count);
    queue->in_flight++;
    write16(queue, &queue->avail->ring[queue->avail_idx & (queue->size - 1)], head);
    queue->avail_idx++;
    return 0;
}

bool virtio_queue_publish(struct virtio_queue *queue)
{
    uint16_t before = queue->published_idx;
    uint16_t after = queue->avail_idx;
    bool wanted;

    if (before == after || queue->broken)
    {
        return false;
    }
    virtio_wmb(); /* descriptors and ring before the index; pairs with the device's read barrier after it read idx */
    write16(queue, &queue->avail->idx, after);
    queue->published_idx = after;
    queue->stats.requests += (uint16_t)(after - before);

    /*
     * The index before the question whether to notify (2.7.13.3); pairs with the device's full barrier between its
     * request for notifications and its last look at idx. Without it both sides could miss each other.
     */
    virtio_mb();
    if (VIRTIO_HAVE_EVENT_IDX && queue->event_idx)
    {
        wanted = passed(read16(queue, avail_event(queue)), before, after);
    }
    else
    {
        wanted = (read16(queue, &queue->used->flags) & VIRTIO_USED_F_NO_NOTIFY) == 0;
    }
    if (wanted)
    {
        queue->stats.notifications++;
    }
    else
    {
        queue->stats.spared++;
    }
    return wanted;
}

void virtio_queue_notify(struct virtio_queue *queue)
{
    queue->dev->transport->notify(queue->dev, queue->index);
}

/* Put the descriptors of a chain back, which is in flight no longer, and return its cookie. */
static void *release(struct virtio_queue *queue, uint16_t head)
{
    struct virtio_chain *chain = &queue->chain[head];
    void *cookie = chain->cookie;

    chain->cookie = NULL;
    queue->chain[chain->last].next = queue->free_head;
    queue->free_head = head;
    queue->free_count = (uint16_t)(queue->free_count + chain->count);
    queue->in_flight--;
    return cookie;
}

/* Look at the device's used index, if all that was seen of it is taken. */
static int look(struct virtio_queue *queue)
{
    uint16_t unpublished = (uint16_t)(queue->avail_idx - queue->published_idx);
    uint16_t idx;

    if (queue->used_idx != queue->used_seen)
    {
        return 0;
    }
    idx = read16(queue, &queue->used->idx);
    if (idx == queue->used_idx)
    {
        return -VIRTIO_EAGAIN;
    }
    /* Catches an index that jumps, and one that goes backwards. */
    if ((uint16_t)(idx - queue->used_idx) > (uint16_t)(queue->in_flight - unpublished))
    {
        return broken(queue, "a used index that does not fit what it was given:", idx);
    }
    virtio_rmb(); /* the index before the entries; pairs with the device's write barrier between them */
    queue->used_seen = idx;
    return 0;
}

/* True for a chain in the ring that the device has not been told of, so it cannot be through with it. */
static bool is_hidden(const struct virtio_queue *queue, const struct virtio_chain *chain)
{
    uint16_t unpublished = (uint16_t)(queue->avail_idx - queue->published_idx);

    return queue->added - chain->number <= unpublished;
}

int virtio_queue_pop(struct virtio_queue *queue, void **cookie, uint32_t *length)
{
    const struct virtio_used_element *element;
    struct virtio_chain *chain;
    uint32_t written;
    uint32_t id;
    int error;

    if (queue->broken)
    {
        return -VIRTIO_EPROTO;
    }
    error = look(queue);
    if (error != 0)
    {
        return error;
    }
    element = &queue->used->ring[queue->used_idx & (queue->size - 1)];
    id = read32(queue, &element->id);
    written = read32(queue, &element->length);

    /* All 32 bits are compared before anything is cut off or looked up. */
    if (id >= queue->size || queue->chain[id].cookie == NULL || is_hidden(queue, &queue->chain[id]))
    {
        return broken(queue, "the id of no buffer that it has:", id);
    }
    chain = &queue->chain[id];
    if (written > chain->writable)
    {
        /* 2.7.8.2: legacy devices are known to write anything here, and modern ones on some queues. */
        if (!virtio_device_legacy(queue->dev) && !queue->lax_length)
        {
            return broken(queue, "a used length beyond the buffer:", written);
        }
        written = chain->writable;
    }
    queue->used_idx++;
    *length = written;
    *cookie = release(queue, (uint16_t)id);
    return 0;
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

void virtio_queue_disable(struct virtio_queue *queue)
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

bool virtio_queue_enable(struct virtio_queue *queue)
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

void *virtio_queue_detach(struct virtio_queue *queue)
{
    uint16_t head;

    while (queue->detach_from < queue->size)
    {
        head = queue->detach_from++;
        if (queue->chain[head].cookie != NULL)
        {
            return release(queue, head);
        }
    }
    return NULL;
}
