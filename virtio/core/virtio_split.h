/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the core: the split ring (2.7).
 */
#ifndef VIRTIO_SPLIT_H
#define VIRTIO_SPLIT_H

#include <virtio/queue.h>

/* Empty ring, everything free, both indices at 0: as the device expects it when the queue is opened. */
void virtio_split_reset(struct virtio_queue *queue);

#endif /* VIRTIO_SPLIT_H */
