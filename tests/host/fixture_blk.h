/* SPDX-License-Identifier: Apache-2.0 */
/* What a binding does with the block engine, in its shortest form. */
#ifndef TEST_FIXTURE_BLK_H
#define TEST_FIXTURE_BLK_H

#include "fixture.h"

struct io
{
    struct virtio_blk_request request;
    unsigned int done; /* how often `done` was called */
};

void io_init(struct io *io, uint32_t type, uint64_t sector, uint32_t sectors, void *buffer);
/* prepare, submit, notify: 0 or what failed; after a failed submit the request is finished. */
int io_submit(struct fixture *f, uint16_t queue, struct io *io);
/* The same, asserting success. */
void io_begin(struct fixture *f, uint16_t queue, struct io *io);
/* Asserts that it is done once; takes the buffer back. */
int io_end(struct io *io);

/* Probe and start. */
int blk_start(struct fixture *f, uint16_t queues, uint16_t size);
/* The same with one queue of 16, asserting success. */
void blk_up(struct fixture *f);
void blk_down(struct fixture *f);
int blk_poll(struct fixture *f);

/* A whole range, cut as the engine wants it, in SIM_AUTO. 0 or the first error. */
int blk_range(struct fixture *f, uint32_t type, uint64_t sector, uint32_t sectors, void *buffer, bool unmap);
int blk_read(struct fixture *f, uint64_t sector, uint32_t sectors, void *buffer);
int blk_write(struct fixture *f, uint64_t sector, uint32_t sectors, void *buffer);

/* Stop, restart, resume everything. Returns the restart's result. */
int blk_recover(struct fixture *f);

/* Asserts that a buffer holds the pattern of a fresh image. */
void assert_pattern(const uint8_t *buffer, uint64_t sector, uint32_t sectors);

#endif /* TEST_FIXTURE_BLK_H */
