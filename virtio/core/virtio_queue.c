/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtqueues: size, memory, opening and closing. What happens in the ring is in virtio_split.c.
 */
#include <string.h>

#include <virtio/queue.h>

#include "virtio_split.h"

/* 2.7.2: the legacy layout has the used ring at the next multiple of QueueAlign; both sides use 4096 here. */
#define LEGACY_ALIGN 4096u

/* Modern: more than the 16 bytes that 2.7 asks for, so that the used ring shares no cache line with ours. */
#define MODERN_ALIGN 64u

static size_t round_up(size_t value, size_t align)
{
    return (value + align - 1) & ~(align - 1);
}

int virtio_queue_measure(bool legacy, uint32_t size, uint16_t indirect_max, struct virtio_queue_memory *need)
{
    size_t align = legacy ? LEGACY_ALIGN : MODERN_ALIGN;
    size_t avail_end;

    if (size < 2 || size > VIRTIO_QUEUE_SIZE_MAX || (size & (size - 1)) != 0)
    {
        return -VIRTIO_EINVAL;
    }
    avail_end = sizeof(struct virtio_desc) * size + 6 + 2 * (size_t)size;
    need->ring_align = align;
    need->used_offset = round_up(avail_end, align);
    need->ring_bytes = need->used_offset + round_up(6 + sizeof(struct virtio_used_element) * size, align);
    need->indirect_bytes = sizeof(struct virtio_desc) * size * indirect_max;
    need->private_bytes = sizeof(struct virtio_chain) * size;
    return 0;
}

/* Hand the ring to the device, empty. */
static int open_ring(struct virtio_queue *queue)
{
    virtio_split_reset(queue);
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

static int get_memory(struct virtio_queue *queue, uint16_t indirect_max)
{
    struct virtio_queue_memory need;
    uint8_t *ring;

    virtio_queue_measure(queue->dev->legacy, queue->size, indirect_max, &need); /* the size is one that exists */
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

    queue->address.driver = queue->address.descriptors + sizeof(struct virtio_desc) * queue->size;
    queue->address.device = queue->address.descriptors + need.used_offset;
    queue->desc = (struct virtio_desc *)ring;
    queue->avail = (struct virtio_avail *)(ring + sizeof(struct virtio_desc) * queue->size);
    queue->used = (struct virtio_used *)(ring + need.used_offset);
    return 0;
}

int virtio_queue_create(struct virtio_queue *queue, struct virtio_device *dev, uint16_t index, uint16_t size_wanted,
                        uint16_t indirect_max)
{
    uint32_t size = VIRTIO_QUEUE_SIZE_MAX;
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
    /* The maximum is the device's word: a power of two is only hoped for. */
    while (size > maximum || size > size_wanted)
    {
        size /= 2;
    }
    if (size < 2)
    {
        return -VIRTIO_EPROTO;
    }

    queue->dev = dev;
    queue->index = index;
    queue->size = (uint16_t)size;
    /* 2.7.5.3.1: no chain is longer than the queue, in an indirect table neither. */
    queue->chain_max = (uint16_t)size;
    queue->event_idx = virtio_device_has(dev, VIRTIO_F_EVENT_IDX);
    error = get_memory(queue, virtio_device_has(dev, VIRTIO_F_INDIRECT_DESC) ? indirect_max : 0);
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
