/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the console engine: what its files have from each other.
 */
#ifndef VIRTIO_CONSOLE_INTERNAL_H
#define VIRTIO_CONSOLE_INTERNAL_H

#include <virtio/console.h>

/* --- Buffers and data, virtio_console_data.c --- */

typedef void (*virtio_console_handler_t)(struct virtio_console *con, struct virtio_console_port *port,
                                         struct virtio_console_buffer *buffer, uint32_t length);

/* Open a queue with up to `count` buffers of `bytes`; close one, which may be open only in part or not at all. */
int virtio_console_queue_open(struct virtio_console *con, struct virtio_console_queue *queue, unsigned int index,
                              uint16_t count, uint32_t bytes);
void virtio_console_queue_close(struct virtio_console_queue *queue);

void *virtio_console_memory(const struct virtio_console_queue *queue, const struct virtio_console_buffer *buffer);
/* Put a buffer into the ring, to be written or to be read by the device, without publishing it. */
int virtio_console_lend(struct virtio_console_queue *queue, struct virtio_console_buffer *buffer, uint32_t length,
                        bool writable);
/* Lend every receive buffer that holds nothing for a reader. */
void virtio_console_lend_all(struct virtio_console_queue *queue);
void virtio_console_publish(struct virtio_console *con, struct virtio_console_queue *queue);

/* The next transmit buffer, or NULL; taken with the lend that follows, by virtio_console_send(). */
struct virtio_console_buffer *virtio_console_free_buffer(struct virtio_console_queue *queue);
int virtio_console_send(struct virtio_console_queue *queue, struct virtio_console_buffer *buffer, uint32_t length);
/* The handler of transmit queues. */
void virtio_console_sent(struct virtio_console_queue *queue, struct virtio_console_buffer *buffer);
/* Forget all that is on its way, none of which the device has any more. */
void virtio_console_forget(struct virtio_console_queue *queue);

/* Hand everything that the device finished to `handle`; a count or EPROTO. Ends: nothing is published meanwhile. */
int virtio_console_drain(struct virtio_console *con, struct virtio_console_queue *queue,
                         struct virtio_console_port *port, virtio_console_handler_t handle);
int virtio_console_drain_rx(struct virtio_console *con, struct virtio_console_port *port);
int virtio_console_drain_tx(struct virtio_console *con, struct virtio_console_port *port);

/* Drop what a port received before it was there. */
void virtio_console_discard(struct virtio_console *con, struct virtio_console_port *port);
/* After a reset: what was on its way is unsent; and send it, when the device can take it. */
void virtio_console_unsend(struct virtio_console_queue *queue);
void virtio_console_resend(struct virtio_console *con, struct virtio_console_port *port);

/* --- Control, virtio_console_ctrl.c --- */

void virtio_console_tell(struct virtio_console *con, const struct virtio_console_port *port,
                         enum virtio_console_event event);
/* The device runs, and knows nothing: lend it buffers for its messages, then say that we are ready for them (5.3.5). */
void virtio_console_begin_control(struct virtio_console *con);
/* A port is no longer there. */
void virtio_console_remove(struct virtio_console *con, struct virtio_console_port *port);
/* Both control queues; a count or EPROTO. */
int virtio_console_poll_control(struct virtio_console *con);
/* Send what is owed, as far as there is room. */
void virtio_console_send_owed(struct virtio_console *con);

#endif /* VIRTIO_CONSOLE_INTERNAL_H */
