/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Console device (5.3): buffers in queues, reading and writing.
 *
 * Every request is one buffer of a queue's own DMA memory, so it takes one descriptor, as the legacy interface wants it
 * of the control queues (5.3.6.4.1).
 */
#include <string.h>

#include <virtio/platform.h>

#include "virtio_console_internal.h"

/* Buffers start on cache lines of their own if their size allows. */
#define MEMORY_ALIGN 64u

/* --- Buffers --- */

int virtio_console_queue_open(struct virtio_console *con, struct virtio_console_queue *queue, unsigned int index,
                              uint16_t count, uint32_t bytes)
{
    int error = virtio_queue_create(&queue->ring, con->dev, (uint16_t)index, count, 0);

    if (error != 0)
    {
        return error;
    }
    queue->count = queue->ring.size;
    queue->bytes = bytes;
    queue->memory = virtio_platform_dma_alloc((size_t)queue->count * bytes, MEMORY_ALIGN, &queue->address);
    queue->buffers = virtio_platform_alloc(sizeof(queue->buffers[0]) * queue->count);
    return queue->memory != NULL && queue->buffers != NULL ? 0 : -VIRTIO_ENOMEM;
}

void virtio_console_queue_close(struct virtio_console_queue *queue)
{
    if (queue->memory != NULL)
    {
        virtio_platform_dma_free(queue->memory, (size_t)queue->count * queue->bytes);
    }
    virtio_platform_free(queue->buffers);
    virtio_queue_destroy(&queue->ring);
    memset(queue, 0, sizeof(*queue));
}

static size_t offset_of(const struct virtio_console_queue *queue, const struct virtio_console_buffer *buffer)
{
    return (size_t)(buffer - queue->buffers) * queue->bytes;
}

void *virtio_console_memory(const struct virtio_console_queue *queue, const struct virtio_console_buffer *buffer)
{
    return queue->memory + offset_of(queue, buffer);
}

int virtio_console_lend(struct virtio_console_queue *queue, struct virtio_console_buffer *buffer, uint32_t length,
                        bool writable)
{
    struct virtio_sg sg;
    int error;

    sg.address = queue->address + offset_of(queue, buffer);
    sg.length = length;
    error = virtio_queue_add(&queue->ring, &sg, writable ? 0 : 1, writable ? 1 : 0, buffer);
    if (error == 0)
    {
        buffer->state = VIRTIO_CONSOLE_BUFFER_LENT;
        buffer->length = length;
    }
    return error;
}

/* A receive buffer that holds nothing. If the queue is broken it stays idle until the restart lends it. */
static void lend_again(struct virtio_console_queue *queue, struct virtio_console_buffer *buffer)
{
    buffer->state = VIRTIO_CONSOLE_BUFFER_IDLE;
    (void)virtio_console_lend(queue, buffer, queue->bytes, true);
}

void virtio_console_lend_all(struct virtio_console_queue *queue)
{
    uint16_t i;

    for (i = 0; i < queue->count; i++)
    {
        if (queue->buffers[i].state != VIRTIO_CONSOLE_BUFFER_UNREAD)
        {
            lend_again(queue, &queue->buffers[i]);
        }
    }
}

void virtio_console_publish(struct virtio_console *con, struct virtio_console_queue *queue)
{
    if (virtio_queue_publish(&queue->ring))
    {
        con->due |= (uint64_t)1 << queue->ring.index;
    }
}

struct virtio_console_buffer *virtio_console_free_buffer(struct virtio_console_queue *queue)
{
    if (queue->used == queue->count)
    {
        return NULL;
    }
    return &queue->buffers[(queue->first + queue->used) % queue->count];
}

int virtio_console_send(struct virtio_console_queue *queue, struct virtio_console_buffer *buffer, uint32_t length)
{
    int error = virtio_console_lend(queue, buffer, length, false);

    if (error == 0)
    {
        queue->used++;
    }
    return error;
}

void virtio_console_sent(struct virtio_console_queue *queue, struct virtio_console_buffer *buffer)
{
    buffer->state = VIRTIO_CONSOLE_BUFFER_IDLE;
    /* Nothing says that they come back in order; those that overtook wait for the oldest. */
    while (queue->used != 0 && queue->buffers[queue->first].state == VIRTIO_CONSOLE_BUFFER_IDLE)
    {
        queue->first = (uint16_t)((queue->first + 1) % queue->count);
        queue->used--;
    }
}

void virtio_console_forget(struct virtio_console_queue *queue)
{
    uint16_t i;

    for (i = 0; i < queue->count; i++)
    {
        queue->buffers[i].state = VIRTIO_CONSOLE_BUFFER_IDLE;
    }
    queue->first = 0;
    queue->used = 0;
}

int virtio_console_drain(struct virtio_console *con, struct virtio_console_queue *queue,
                         struct virtio_console_port *port, virtio_console_handler_t handle)
{
    uint32_t length;
    void *buffer;
    int count = 0;
    int error;

    virtio_queue_disable(&queue->ring);
    do
    {
        while ((error = virtio_queue_pop(&queue->ring, &buffer, &length)) == 0)
        {
            handle(con, port, buffer, length);
            count++;
        }
    } while (error == -VIRTIO_EAGAIN && virtio_queue_enable(&queue->ring));

    if (count > 0)
    {
        queue->ring.stats.batches++;
    }
    return error == -VIRTIO_EAGAIN ? count : error;
}

/* --- Reading --- */

static struct virtio_console_port *port_at(const struct virtio_console *con, uint16_t id)
{
    return id < con->port_count ? &con->ports[id] : NULL;
}

/*
 * Show the device the buffers that were lent to it again, but only when it has no more than half of them: that saves a
 * notification for each buffer that is read, and never leaves it without any.
 */
static void replenish(struct virtio_console *con, struct virtio_console_queue *queue)
{
    uint16_t hidden = (uint16_t)(queue->ring.avail_idx - queue->ring.published_idx);

    if (queue->ring.in_flight - hidden <= queue->count / 2)
    {
        virtio_console_publish(con, queue);
    }
}

static void received(struct virtio_console *con, struct virtio_console_port *port, struct virtio_console_buffer *buffer,
                     uint32_t length)
{
    struct virtio_console_queue *queue = &port->rx;

    (void)con;
    if (length == 0)
    {
        queue->ring.stats.errors++; /* a buffer for nothing */
        lend_again(queue, buffer);
        return;
    }
    if (!port->present)
    {
        port->dropped += length;
        lend_again(queue, buffer);
        return;
    }
    buffer->state = VIRTIO_CONSOLE_BUFFER_UNREAD;
    buffer->length = length;
    buffer->taken = 0;
    buffer->next = NULL;
    if (queue->oldest == NULL)
    {
        queue->oldest = buffer;
    }
    else
    {
        queue->newest->next = buffer;
    }
    queue->newest = buffer;
    queue->readable += length;
    port->received += length;
}

int virtio_console_drain_rx(struct virtio_console *con, struct virtio_console_port *port)
{
    uint64_t before = port->received;
    int result = virtio_console_drain(con, &port->rx, port, received);

    replenish(con, &port->rx);
    if (port->received != before)
    {
        virtio_console_tell(con, port, VIRTIO_CONSOLE_READABLE);
    }
    return result;
}

/* The oldest unread buffer has nothing left in it. */
static void emptied(struct virtio_console *con, struct virtio_console_queue *queue)
{
    struct virtio_console_buffer *buffer = queue->oldest;

    queue->oldest = buffer->next;
    buffer->state = VIRTIO_CONSOLE_BUFFER_IDLE;
    if (!con->stopped)
    {
        lend_again(queue, buffer);
    }
}

int virtio_console_read(struct virtio_console *con, uint16_t id, void *to, size_t size)
{
    struct virtio_console_port *port = port_at(con, id);
    struct virtio_console_buffer *buffer;
    struct virtio_console_queue *queue;
    uint8_t *at = to;
    uint32_t piece;
    int done = 0;

    if (port == NULL || (!port->present && port->rx.oldest == NULL))
    {
        return -VIRTIO_ENODEV;
    }
    queue = &port->rx;
    while (size != 0 && (buffer = queue->oldest) != NULL)
    {
        piece = buffer->length - buffer->taken;
        piece = piece < size ? piece : (uint32_t)size;
        memcpy(at + done, (uint8_t *)virtio_console_memory(queue, buffer) + buffer->taken, piece);
        done += (int)piece;
        size -= piece;
        buffer->taken += piece;
        queue->readable -= piece;
        if (buffer->taken == buffer->length)
        {
            emptied(con, queue);
        }
    }
    if (!con->stopped)
    {
        replenish(con, queue);
    }
    return done;
}

void virtio_console_discard(struct virtio_console *con, struct virtio_console_port *port)
{
    while (port->rx.oldest != NULL)
    {
        emptied(con, &port->rx);
    }
    port->rx.readable = 0;
    replenish(con, &port->rx);
}

uint32_t virtio_console_readable(const struct virtio_console *con, uint16_t id)
{
    const struct virtio_console_port *port = port_at(con, id);

    return port != NULL ? port->rx.readable : 0;
}

/* --- Writing --- */

static void sent(struct virtio_console *con, struct virtio_console_port *port, struct virtio_console_buffer *buffer,
                 uint32_t length)
{
    (void)con;
    (void)length; /* 5.3.6.4: the used length of a transmit queue says nothing */
    virtio_console_sent(&port->tx, buffer);
}

int virtio_console_drain_tx(struct virtio_console *con, struct virtio_console_port *port)
{
    int result = virtio_console_drain(con, &port->tx, port, sent);

    if (result > 0 && port->present)
    {
        virtio_console_tell(con, port, VIRTIO_CONSOLE_WRITABLE);
    }
    return result;
}

void virtio_console_unsend(struct virtio_console_queue *queue)
{
    uint16_t i;

    for (i = 0; i < queue->count; i++)
    {
        if (queue->buffers[i].state == VIRTIO_CONSOLE_BUFFER_LENT)
        {
            queue->buffers[i].state = VIRTIO_CONSOLE_BUFFER_UNSENT;
        }
    }
}

void virtio_console_resend(struct virtio_console *con, struct virtio_console_port *port)
{
    struct virtio_console_queue *queue = &port->tx;
    struct virtio_console_buffer *buffer;
    uint16_t i;

    for (i = 0; i < queue->used; i++)
    {
        buffer = &queue->buffers[(queue->first + i) % queue->count];
        if (buffer->state == VIRTIO_CONSOLE_BUFFER_UNSENT)
        {
            /* Fails only in a broken queue: it is still unsent at the next restart. */
            (void)virtio_console_lend(queue, buffer, buffer->length, false);
        }
    }
    virtio_console_publish(con, queue);
    virtio_console_tell(con, port, VIRTIO_CONSOLE_WRITABLE);
}

/* Why nothing can be written to a port now, or 0. */
static int obstacle(const struct virtio_console *con, const struct virtio_console_port *port)
{
    if (port == NULL || !port->present)
    {
        return -VIRTIO_ENODEV;
    }
    if (con->stopped || port->awaited)
    {
        return -VIRTIO_EAGAIN;
    }
    if (!port->host_open)
    {
        return -VIRTIO_EIO;
    }
    return port->tx.ring.broken ? -VIRTIO_EPROTO : 0;
}

int virtio_console_write(struct virtio_console *con, uint16_t id, const void *data, size_t size)
{
    struct virtio_console_port *port = port_at(con, id);
    const uint8_t *at = data;
    struct virtio_console_buffer *buffer;
    struct virtio_console_queue *queue;
    uint32_t piece;
    int done = 0;
    int error;

    error = obstacle(con, port);
    if (error != 0)
    {
        return error;
    }
    queue = &port->tx;
    while (size != 0 && (buffer = virtio_console_free_buffer(queue)) != NULL)
    {
        piece = size < queue->bytes ? (uint32_t)size : queue->bytes;
        memcpy(virtio_console_memory(queue, buffer), at + done, piece);
        /* Cannot fail: the queue is not broken, and has a descriptor for each buffer. */
        (void)virtio_console_send(queue, buffer, piece);
        done += (int)piece;
        size -= piece;
    }
    port->sent += (uint64_t)done;
    virtio_console_publish(con, queue);
    return done;
}

int virtio_console_reclaim(struct virtio_console *con, uint16_t id)
{
    struct virtio_console_port *port = port_at(con, id);

    if (con->stopped || port == NULL || !port->present)
    {
        return 0;
    }
    return virtio_console_drain_tx(con, port);
}

size_t virtio_console_room(const struct virtio_console *con, uint16_t id)
{
    const struct virtio_console_port *port = port_at(con, id);

    if (obstacle(con, port) != 0)
    {
        return 0;
    }
    return (size_t)(port->tx.count - port->tx.used) * port->tx.bytes;
}

bool virtio_console_idle(const struct virtio_console *con, uint16_t id)
{
    const struct virtio_console_port *port = port_at(con, id);

    return port == NULL || !port->present || port->tx.used == 0;
}
