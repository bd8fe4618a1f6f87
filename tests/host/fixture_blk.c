/* SPDX-License-Identifier: Apache-2.0 */
/* The shortest binding there can be: no locks, no waiting. */

#include "fixture_blk.h"

static void done(struct virtio_blk_request *request)
{
    struct io *io = request->context;

    io->done++;
}

void io_init(struct io *io, uint32_t type, uint64_t sector, uint32_t sectors, void *buffer)
{
    memset(io, 0, sizeof(*io));
    io->request.type = type;
    io->request.sector = sector;
    io->request.sectors = sectors;
    io->request.buffer = buffer;
    io->request.done = done;
    io->request.context = io;
}

int io_submit(struct fixture *f, uint16_t queue, struct io *io)
{
    int result = virtio_blk_prepare(&f->blk, &io->request);

    if (result != 0)
    {
        return result;
    }
    result = virtio_blk_submit(&f->blk, queue, &io->request);
    if (result < 0)
    {
        virtio_blk_finish(&io->request);
        return result;
    }
    if (result == 1)
    {
        virtio_blk_notify(&f->blk, queue);
    }
    return 0;
}

void io_begin(struct fixture *f, uint16_t queue, struct io *io)
{
    assert_int_equal(io_submit(f, queue, io), 0);
}

int io_end(struct io *io)
{
    assert_int_equal(io->done, 1);
    return virtio_blk_finish(&io->request);
}

int blk_start(struct fixture *f, uint16_t queues, uint16_t size)
{
    fixture_probe(f);
    return virtio_blk_start(&f->blk, &f->dev, queues, size);
}

void blk_up(struct fixture *f)
{
    assert_int_equal(blk_start(f, 1, 16), 0);
}

void blk_down(struct fixture *f)
{
    virtio_blk_destroy(&f->blk);
    assert_int_equal(f->sim.status, 0);
}

int blk_poll(struct fixture *f)
{
    int count = 0;

    for (uint16_t i = 0; i < f->blk.queue_count; i++)
    {
        int result = virtio_blk_poll(&f->blk, i);

        if (result < 0)
        {
            return result;
        }
        count += result;
    }
    return count;
}

int blk_range(struct fixture *f, uint32_t type, uint64_t sector, uint32_t sectors, void *buffer, bool unmap)
{
    uint8_t *at = buffer;
    int result = 0;

    while (sectors != 0 && result == 0)
    {
        struct io io;

        io_init(&io, type, sector, sectors, at);
        io.request.unmap = unmap;
        result = io_submit(f, 0, &io);
        if (result != 0)
        {
            return result;
        }
        assert_int_equal(blk_poll(f), 1);
        result = io_end(&io);
        if (type == VIRTIO_BLK_T_FLUSH || type == VIRTIO_BLK_T_GET_ID || type == VIRTIO_BLK_T_GET_LIFETIME)
        {
            return result; /* these have no range */
        }
        assert_in_range(io.request.sectors, 1, sectors);
        sector += io.request.sectors;
        sectors -= io.request.sectors;
        at = at == NULL ? NULL : at + io.request.sectors * 512u;
    }
    return result;
}

int blk_read(struct fixture *f, uint64_t sector, uint32_t sectors, void *buffer)
{
    return blk_range(f, VIRTIO_BLK_T_IN, sector, sectors, buffer, false);
}

int blk_write(struct fixture *f, uint64_t sector, uint32_t sectors, void *buffer)
{
    return blk_range(f, VIRTIO_BLK_T_OUT, sector, sectors, buffer, false);
}

int blk_recover(struct fixture *f)
{
    int result;

    for (uint16_t i = 0; i < f->blk.queue_count; i++)
    {
        virtio_blk_stop(&f->blk, i);
    }
    result = virtio_blk_restart(&f->blk);
    for (uint16_t i = 0; i < f->blk.queue_count; i++)
    {
        if (virtio_blk_resume(&f->blk, i, result, true) == 1)
        {
            virtio_blk_notify(&f->blk, i);
        }
    }
    return result;
}

void assert_pattern(const uint8_t *buffer, uint64_t sector, uint32_t sectors)
{
    for (uint32_t i = 0; i < sectors * 512; i++)
    {
        if (buffer[i] != sim_blk_pattern(sector * 512 + i))
        {
            assert_int_equal(buffer[i], sim_blk_pattern(sector * 512 + i));
        }
    }
}
