/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the core: what the two ring layouts do for a queue. virtio_queue.c checks what the caller says and leaves the
 * rest to the layout, which knows where things are in the memory that the device sees, and keeps the books (struct
 * virtio_chain) with the functions at the end. These are inline, and the layout's are called last, so that the choice
 * between layouts costs no more than a jump.
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
     * chain[head], `last` is still to be set, and `count` is the number of descriptors to take: one for several
     * elements means an indirect table. Always 0.
     */
    int (*put)(struct virtio_queue *queue, uint16_t head, const struct virtio_sg *sg, unsigned int out,
               unsigned int total);
    /* Show what was put since published_idx, which is something. True if the device wants a notification. */
    bool (*publish)(struct virtio_queue *queue);
    /* As virtio_queue_pop(), of a queue that is not broken. */
    int (*pop)(struct virtio_queue *queue, void **cookie, uint32_t *length);
    void (*disable)(struct virtio_queue *queue);
    bool (*enable)(struct virtio_queue *queue);
};

extern const struct virtio_ring virtio_split_ring;
extern const struct virtio_ring virtio_packed_ring;

/* The device broke the rules: say so, and stop the queue. Always EPROTO. */
int virtio_queue_break(struct virtio_queue *queue, const char *what, uint32_t value);

/* Chains that the device has not been told of. */
static inline uint16_t virtio_ring_hidden(const struct virtio_queue *queue)
{
    return (uint16_t)(queue->avail_idx - queue->published_idx);
}

/* Chains that the device was told of and has not finished. */
static inline uint16_t virtio_ring_at_device(const struct virtio_queue *queue)
{
    return (uint16_t)(queue->in_flight - virtio_ring_hidden(queue));
}

/* The end of put(). */
static inline int virtio_ring_added(struct virtio_queue *queue, const struct virtio_chain *chain)
{
    queue->free_head = queue->chain[chain->last].next;
    queue->free_count = (uint16_t)(queue->free_count - chain->count);
    queue->in_flight++;
    queue->avail_idx++;
    return 0;
}

/* The end of publish(). */
static inline bool virtio_ring_published(struct virtio_queue *queue, bool wanted)
{
    queue->stats.requests += virtio_ring_hidden(queue);
    queue->published_idx = queue->avail_idx;
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

/* Put the descriptors of a chain back, which is in flight no longer, and return its cookie. */
static inline void *virtio_ring_release(struct virtio_queue *queue, uint16_t head)
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

/* The end of pop(): what the device said of a used chain, read once. Finish it, or find that it is none. */
static inline int virtio_ring_take(struct virtio_queue *queue, uint32_t id, uint32_t written, void **cookie,
                                   uint32_t *length)
{
    struct virtio_chain *chain;

    /* All bits are compared before anything is cut off or looked up. What is hidden, the device cannot have finished.
     */
    if (id >= queue->size || queue->chain[id].cookie == NULL ||
        queue->added - queue->chain[id].number <= virtio_ring_hidden(queue))
    {
        return virtio_queue_break(queue, "the id of no buffer that it has:", id);
    }
    chain = &queue->chain[id];
    if (written > chain->writable)
    {
        /* 2.7.8.2: legacy devices are known to write anything here, and modern ones on some queues. */
        if (!virtio_device_legacy(queue->dev) && !queue->lax_length)
        {
            return virtio_queue_break(queue, "a used length beyond the buffer:", written);
        }
        written = chain->writable;
    }
    queue->used_idx++;
    *length = written;
    *cookie = virtio_ring_release(queue, (uint16_t)id);
    return 0;
}

#endif /* VIRTIO_RING_H */
