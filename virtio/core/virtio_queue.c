/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtqueues: size, memory, opening and closing, and the books of what is in flight. What happens in the ring is in
 * virtio_split.c and virtio_packed.c.
 */
#include <string.h>

#include <virtio/config.h>
#include <virtio/queue.h>

#include "virtio_ring.h"

/* 2.7.2: the legacy layout has the used ring at the next multiple of QueueAlign; both sides use 4096 here. */
#define LEGACY_ALIGN 4096u

/* Modern: more than the 16 bytes that 2.7 asks for, so that the used ring shares no cache line with ours. */
#define MODERN_ALIGN 64u

static size_t round_up(size_t value, size_t align)
{
    return (value + align - 1) & ~(align - 1);
}

int virtio_queue_measure(enum virtio_layout layout, uint32_t size, uint16_t indirect_max,
                         struct virtio_queue_memory *need)
{
    bool packed = layout == VIRTIO_LAYOUT_PACKED;
    size_t align = layout == VIRTIO_LAYOUT_LEGACY ? LEGACY_ALIGN : MODERN_ALIGN;
    size_t descriptors = sizeof(struct virtio_desc) * size; /* 16 bytes each in both layouts */
    size_t driver_end;

    if (size < 2 || size > VIRTIO_QUEUE_SIZE_MAX || (!packed && (size & (size - 1)) != 0))
    {
        return -VIRTIO_EINVAL;
    }
    need->ring_align = align;
    /* Split: the available ring follows the table (2.7.2 wants it so). Packed: events of 4 bytes, each by itself. */
    need->driver_offset = packed ? round_up(descriptors, align) : descriptors;
    driver_end = need->driver_offset + (packed ? sizeof(uint32_t) : 6 + 2 * (size_t)size);
    need->device_offset = round_up(driver_end, align);
    need->ring_bytes = need->device_offset +
                       round_up(packed ? sizeof(uint32_t) : 6 + sizeof(struct virtio_used_element) * size, align);
    need->indirect_bytes = sizeof(struct virtio_desc) * size * indirect_max;
    need->private_bytes = sizeof(struct virtio_chain) * size;
    return 0;
}

static enum virtio_layout layout_of(const struct virtio_device *dev)
{
    if (virtio_device_legacy(dev))
    {
        return VIRTIO_LAYOUT_LEGACY;
    }
    return virtio_device_has(dev, VIRTIO_F_RING_PACKED) ? VIRTIO_LAYOUT_PACKED : VIRTIO_LAYOUT_SPLIT;
}

/* Hand the ring to the device, empty and with everything free. */
static int open_ring(struct virtio_queue *queue)
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
    queue->added = 0;
    queue->avail_idx = 0;
    queue->published_idx = 0;
    queue->used_idx = 0;
    queue->detach_from = 0;
    queue->ring->reset(queue);
    return queue->dev->transport->queue_open(queue->dev, queue->index, queue->size, &queue->address);
}

static void free_memory(struct virtio_queue *queue)
{
    virtio_platform_free(queue->chain);
    if (queue->indirect != NULL)
    {
        virtio_platform_dma_free(queue->indirect, queue->indirect_bytes);
    }
    if (queue->ring_memory != NULL)
    {
        virtio_platform_dma_free(queue->ring_memory, queue->ring_bytes);
    }
    memset(queue, 0, sizeof(*queue));
}

static int get_memory(struct virtio_queue *queue, enum virtio_layout layout, uint16_t indirect_max)
{
    struct virtio_queue_memory need;
    uint8_t *ring;

    virtio_queue_measure(layout, queue->size, indirect_max, &need); /* the size is one that exists */
    queue->ring_bytes = need.ring_bytes;
    queue->indirect_bytes = need.indirect_bytes;
    ring = virtio_platform_dma_alloc(need.ring_bytes, need.ring_align, &queue->address.descriptors);
    queue->ring_memory = ring;
    queue->chain = virtio_platform_alloc(need.private_bytes);
    if (need.indirect_bytes != 0)
    {
        queue->indirect_max = indirect_max;
        queue->indirect =
            virtio_platform_dma_alloc(need.indirect_bytes, sizeof(struct virtio_desc), &queue->indirect_address);
    }
    if (ring == NULL || queue->chain == NULL || (need.indirect_bytes != 0 && queue->indirect == NULL))
    {
        return -VIRTIO_ENOMEM;
    }

    queue->address.driver = queue->address.descriptors + need.driver_offset;
    queue->address.device = queue->address.descriptors + need.device_offset;
    if (layout == VIRTIO_LAYOUT_PACKED)
    {
        queue->slots = (struct virtio_packed_desc *)ring;
        queue->driver_event = (uint32_t *)(ring + need.driver_offset);
        queue->device_event = (uint32_t *)(ring + need.device_offset);
    }
    else
    {
        queue->desc = (struct virtio_desc *)ring;
        queue->avail = (struct virtio_avail *)(ring + need.driver_offset);
        queue->used = (struct virtio_used *)(ring + need.device_offset);
    }
    return 0;
}

static const struct virtio_ring *ring_for(enum virtio_layout layout)
{
#if VIRTIO_HAVE_PACKED
    if (layout == VIRTIO_LAYOUT_PACKED)
    {
        return &virtio_packed_ring;
    }
#else
    (void)layout; /* the feature is never accepted */
#endif
    return &virtio_split_ring;
}

/* The largest size within a limit, which is partly the device's word: a power of two is only hoped for. */
static uint32_t size_for(enum virtio_layout layout, uint32_t limit)
{
    uint32_t size = VIRTIO_QUEUE_SIZE_MAX;

    if (layout == VIRTIO_LAYOUT_PACKED && limit < size)
    {
        return limit;
    }
    while (size > limit)
    {
        size /= 2;
    }
    return size;
}

int virtio_queue_create(struct virtio_queue *queue, struct virtio_device *dev, uint16_t index, uint16_t size_wanted,
                        uint16_t indirect_max)
{
    enum virtio_layout layout = layout_of(dev);
    uint32_t size;
    uint32_t maximum;
    int error;

    memset(queue, 0, sizeof(*queue));
    error = dev->transport->queue_size_max(dev, index, &maximum);
    if (error != 0)
    {
        return error;
    }
    if (maximum == 0)
    {
        return -VIRTIO_ENODEV;
    }
    size = size_for(layout, maximum < size_wanted ? maximum : size_wanted);
    if (size < 2)
    {
        return -VIRTIO_EPROTO;
    }

    queue->dev = dev;
    queue->ring = ring_for(layout);
    queue->index = index;
    queue->size = (uint16_t)size;
    /* 2.7.5.3.1, 2.8.17: no chain is longer than the queue, in an indirect table neither. */
    queue->chain_max = (uint16_t)size;
    queue->event_idx = virtio_device_has(dev, VIRTIO_F_EVENT_IDX);
    error = get_memory(queue, layout, virtio_device_has(dev, VIRTIO_F_INDIRECT_DESC) ? indirect_max : 0);
    if (error == 0)
    {
        error = open_ring(queue);
    }
    if (error != 0)
    {
        free_memory(queue); /* the device has not heard of it */
    }
    return error;
}

int virtio_queue_reopen(struct virtio_queue *queue)
{
    uint32_t maximum;
    int error;

    error = queue->dev->transport->queue_size_max(queue->dev, queue->index, &maximum);
    if (error != 0)
    {
        return error;
    }
    if (maximum < queue->size || queue->in_flight != 0)
    {
        return -VIRTIO_EPROTO;
    }
    queue->stats.resets++;
    return open_ring(queue);
}

void virtio_queue_destroy(struct virtio_queue *queue)
{
    if (queue->ring_memory != NULL)
    {
        free_memory(queue);
    }
}

int virtio_queue_break(struct virtio_queue *queue, const char *what, uint32_t value)
{
    queue->broken = true;
    queue->stats.errors++;
    virtio_platform_log(VIRTIO_LOG_ERROR, "%s: queue %u: device wrote %s %lu; the queue is stopped until a reset",
                        queue->dev->name, (unsigned int)queue->index, what, (unsigned long)value);
    return -VIRTIO_EPROTO;
}

int virtio_queue_add(struct virtio_queue *queue, const struct virtio_sg *sg, unsigned int out, unsigned int in,
                     void *cookie)
{
    unsigned int total = out + in;
    uint16_t head = queue->free_head;
    struct virtio_chain *chain;
    uint64_t readable = 0;
    uint64_t writable = 0;
    unsigned int count;
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
    count = total <= queue->indirect_max ? 1 : total;
    if (queue->free_count < count)
    {
        return -VIRTIO_EAGAIN;
    }

    chain = &queue->chain[head];
    chain->cookie = cookie;
    chain->number = queue->added++;
    chain->writable = (uint32_t)writable;
    chain->count = (uint16_t)count;
    return queue->ring->put(queue, head, sg, out, total);
}

bool virtio_queue_publish(struct virtio_queue *queue)
{
    if (queue->avail_idx == queue->published_idx || queue->broken)
    {
        return false;
    }
    return queue->ring->publish(queue);
}

void virtio_queue_notify(struct virtio_queue *queue)
{
    queue->dev->transport->notify(queue->dev, queue->index);
}

int virtio_queue_pop(struct virtio_queue *queue, void **cookie, uint32_t *length)
{
    if (queue->broken)
    {
        return -VIRTIO_EPROTO;
    }
    return queue->ring->pop(queue, cookie, length);
}

void virtio_queue_disable(struct virtio_queue *queue)
{
    queue->ring->disable(queue);
}

bool virtio_queue_enable(struct virtio_queue *queue)
{
    return queue->ring->enable(queue);
}

void *virtio_queue_detach(struct virtio_queue *queue)
{
    uint16_t head;

    while (queue->detach_from < queue->size)
    {
        head = queue->detach_from++;
        if (queue->chain[head].cookie != NULL)
        {
            return virtio_ring_release(queue, head);
        }
    }
    return NULL;
}
