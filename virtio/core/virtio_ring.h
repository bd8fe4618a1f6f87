/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the core: what the two ring layouts do for a queue. virtio_queue.c checks what callers and devices say and
 * keeps the books (struct virtio_chain); a layout only knows where things are in the memory that the device sees.
 */
#ifndef VIRTIO_RING_H
#define VIRTIO_RING_H

#include <virtio/queue.h>

struct virtio_ring
{
    /* Empty ring, as the device expects it when the queue is opened. */
    void (*reset)(struct virtio_queue *queue);
    /*
     * Write a chain that has been checked, and for which there is room, where the device does not look yet. In
     * chain[head], `count` is the number of descriptors to take; one of several elements means an indirect table.
     * Sets chain[head].last.
     */
    void (*put)(struct virtio_queue *queue, uint16_t head, const struct virtio_sg *sg, unsigned int out,
                unsigned int total);
    /* Show what was put since published_idx. True if the device wants a notification. */
    bool (*publish)(struct virtio_queue *queue);
    /* Find the next used chain, and let virtio_queue_take() check and finish it. */
    int (*pop)(struct virtio_queue *queue, void **cookie, uint32_t *length);
    void (*disable)(struct virtio_queue *queue);
    bool (*enable)(struct virtio_queue *queue);
};

extern const struct virtio_ring virtio_split_ring;
extern const struct virtio_ring virtio_packed_ring;

/* What the device said of a used chain, read once: finish it, or find that it is none. */
int virtio_queue_take(struct virtio_queue *queue, uint32_t id, uint32_t written, void **cookie, uint32_t *length);

/* The device broke the rules: say so, and stop the queue. Always EPROTO. */
int virtio_queue_break(struct virtio_queue *queue, const char *what, uint32_t value);

/* Chains that the device was told of and has not finished. */
static inline uint16_t virtio_queue_at_device(const struct virtio_queue *queue)
{
    return (uint16_t)(queue->in_flight - (uint16_t)(queue->avail_idx - queue->published_idx));
}

#endif /* VIRTIO_RING_H */
