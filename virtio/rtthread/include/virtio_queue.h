/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What older board code includes as <virtio_queue.h>. The rings are the driver's own business, in <virtio/queue.h>;
 * board code and applications never used anything of this header.
 */
#ifndef __VIRTIO_QUEUE_H__
#define __VIRTIO_QUEUE_H__

#endif /* __VIRTIO_QUEUE_H__ */
