/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the input engine: what its files have from each other.
 */
#ifndef VIRTIO_INPUT_INTERNAL_H
#define VIRTIO_INPUT_INTERNAL_H

#include <virtio/input.h>

/* --- Config space, virtio_input_config.c --- */

/* Read all that it says. After FEATURES_OK, because it takes writes. ENOMEM; bad answers are no error. */
int virtio_input_read_config(struct virtio_input *in);

/* --- Frames, virtio_input_fifo.c --- */

/* An event has come in. */
void virtio_input_take(struct virtio_input *in, uint16_t type, uint16_t code, int32_t value);
/* Events may have been lost, the rest of the frame that is coming in among them. */
void virtio_input_lose(struct virtio_input *in);

#endif /* VIRTIO_INPUT_INTERNAL_H */
