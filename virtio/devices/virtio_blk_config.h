/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the block engine: the config space.
 */
#ifndef VIRTIO_BLK_CONFIG_H
#define VIRTIO_BLK_CONFIG_H

#include <virtio/blk.h>

/* Read and check everything that the negotiated features make valid, into blk->config. */
void virtio_blk_read_config(struct virtio_blk *blk);

#endif /* VIRTIO_BLK_CONFIG_H */
