/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of the plain device, used directly. */
#ifndef TEST_FIXTURE_QUEUE_H
#define TEST_FIXTURE_QUEUE_H

#include "fixture.h"

/* Elements that live as long as a test. */
struct piece
{
    uint8_t *memory;
    struct virtio_sg sg;
};

struct piece piece(uint32_t length);
void piece_free(struct piece p);

/* Start with a queue of this size; assert that it is so. */
void start(struct fixture *f, uint16_t size);
/* Publish, and notify if that is wanted. */
void publish(struct fixture *f);
/* Take one; assert that there is one. */
void *pop(struct fixture *f, uint32_t *length);
void expect_empty(struct fixture *f);

#endif /* TEST_FIXTURE_QUEUE_H */
