/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the queue share. */

#include "fixture_queue.h"

struct piece piece(uint32_t length)
{
    struct piece p;
    virtio_dma_addr_t address;

    p.memory = virtio_platform_dma_alloc(length, 1, &address);
    p.sg.address = address;
    p.sg.length = length;
    return p;
}

void piece_free(struct piece p)
{
    virtio_platform_dma_free(p.memory, p.sg.length);
}

void start(struct fixture *f, uint16_t size)
{
    f->size_wanted = size;
    f->sim.queue[0].size_max = 32768;
    assert_int_equal(fixture_start(f), 0);
    assert_int_equal(f->queue.size, size);
}

void publish(struct fixture *f)
{
    if (virtio_queue_publish(&f->queue))
    {
        virtio_queue_notify(&f->queue);
    }
}

void *pop(struct fixture *f, uint32_t *length)
{
    void *cookie = NULL;

    assert_int_equal(virtio_queue_pop(&f->queue, &cookie, length), 0);
    return cookie;
}

void expect_empty(struct fixture *f)
{
    void *cookie;
    uint32_t length;

    assert_int_equal(virtio_queue_pop(&f->queue, &cookie, &length), -VIRTIO_EAGAIN);
}
