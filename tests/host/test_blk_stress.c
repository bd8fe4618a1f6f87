/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random work against a model of the disk: reads, writes, zeroes, flushes, several queues, random order of completion,
 * scattered memory, errors, expiry, and resets at any moment. The same in every run.
 */

#include "fixture_blk.h"

#define OPERATIONS 20000
#define SLOTS      24
#define SECTORS    2048
#define LONGEST    24

struct work
{
    struct io io;
    bool busy;
    uint8_t data[LONGEST * 512 + 16];
    unsigned int offset; /* of the buffer in `data` */
    uint32_t sectors;
};

static struct work work[SLOTS];
static uint8_t model[SECTORS * 512];
static unsigned int in_use[SECTORS]; /* by requests in flight: nobody else may touch them then */
static unsigned int succeeded, failed, resets;

static void mark(const struct work *w, int how)
{
    for (uint32_t i = 0; i < w->sectors; i++)
    {
        in_use[w->io.request.sector + i] += (unsigned int)how;
    }
}

static bool is_free(uint64_t sector, uint32_t sectors)
{
    for (uint32_t i = 0; i < sectors; i++)
    {
        if (in_use[sector + i] != 0)
        {
            return false;
        }
    }
    return true;
}

/* A request came back: right data, or nothing known about what it was to write. */
static void account(struct fixture *f, struct work *w)
{
    uint8_t *at = model + w->io.request.sector * 512;
    uint8_t *buffer = w->data + w->offset;
    int result = io_end(&w->io);

    mark(w, -1);
    w->busy = false;
    if (result != 0)
    {
        bool bad = false;

        for (uint32_t i = 0; i < w->sectors; i++)
        {
            bad |= f->disk.bad[w->io.request.sector + i];
        }
        assert_true(bad || w->io.request.expired || w->io.request.replays > VIRTIO_BLK_REPLAYS_MAX);
        assert_true(result == -VIRTIO_EIO || (w->io.request.expired && result == -VIRTIO_ETIMEDOUT));
        memcpy(at, f->disk.image + w->io.request.sector * 512, w->sectors * 512);
        failed++;
        return;
    }
    succeeded++;
    switch (w->io.request.type)
    {
    case VIRTIO_BLK_T_IN:
        assert_memory_equal(buffer, at, w->sectors * 512);
        break;
    case VIRTIO_BLK_T_OUT:
        memcpy(at, buffer, w->sectors * 512);
        break;
    case VIRTIO_BLK_T_WRITE_ZEROES:
        memset(at, 0, w->sectors * 512);
        break;
    default:
        break;
    }
}

static void reap(struct fixture *f)
{
    for (unsigned int i = 0; i < SLOTS; i++)
    {
        if (work[i].busy && work[i].io.done != 0)
        {
            account(f, &work[i]);
        }
    }
}

static void try_one(struct fixture *f)
{
    static const uint32_t types[] = {VIRTIO_BLK_T_IN,  VIRTIO_BLK_T_OUT,          VIRTIO_BLK_T_IN,
                                     VIRTIO_BLK_T_OUT, VIRTIO_BLK_T_WRITE_ZEROES, VIRTIO_BLK_T_FLUSH};
    struct work *w = &work[host_random() % SLOTS];
    uint32_t sectors = 1 + host_random() % LONGEST;
    uint64_t sector = host_random() % (SECTORS - LONGEST);
    uint32_t type = types[host_random() % LENGTH(types)];
    int result;

    if (w->busy || !is_free(sector, sectors))
    {
        return;
    }
    w->offset = host_random() % 16;
    for (unsigned int i = 0; i < sectors * 512; i += 7)
    {
        w->data[w->offset + i] = (uint8_t)host_random();
    }
    io_init(&w->io, type, sector, sectors, w->data + w->offset);
    result = virtio_blk_prepare(&f->blk, &w->io.request);
    if (result == -VIRTIO_EFAULT)
    {
        return; /* in too many pieces */
    }
    assert_int_equal(result, 0);
    w->sectors = type == VIRTIO_BLK_T_FLUSH ? 0 : w->io.request.sectors;
    result = virtio_blk_submit(&f->blk, (uint16_t)(host_random() % f->blk.queue_count), &w->io.request);
    if (result == -VIRTIO_EAGAIN)
    {
        (void)virtio_blk_finish(&w->io.request);
        return;
    }
    assert_in_range(result, 0, 1);
    w->busy = true;
    mark(w, 1);
    for (uint16_t i = 0; result == 1 && i < f->blk.queue_count; i++)
    {
        virtio_blk_notify(&f->blk, i); /* spurious ones are harmless */
    }
}

static void recover(struct fixture *f)
{
    resets++;
    if (host_random() % 4 == 0)
    {
        struct work *w = &work[host_random() % SLOTS];

        w->io.request.expired = w->busy;
    }
    if (host_random() % 2 == 0)
    {
        sim_needs_reset(&f->sim);
    }
    f->sim.reset_polls = host_random() % 5;
    assert_int_equal(blk_recover(f), 0);
}

static void step(struct fixture *f)
{
    unsigned int queue = host_random() % f->blk.queue_count;

    sim_step(&f->sim, queue, 1 + host_random() % 4);
    if (host_random() % 3 != 0)
    {
        assert_true(virtio_blk_poll(&f->blk, (uint16_t)queue) >= 0);
    }
}

static void test_stress(void **state)
{
    struct fixture *f = *state;

    memset(work, 0, sizeof(work));
    memset(in_use, 0, sizeof(in_use));
    succeeded = failed = resets = 0;
    host_random_seed(f->variant->legacy * 4u + f->variant->indirect * 2u + f->variant->event_idx + 77u);
    memcpy(model, f->disk.image, sizeof(model));
    sim_config32(&f->sim, SIM_BLK_SIZE_MAX, 3000);
    sim_config32(&f->sim, SIM_BLK_SEG_MAX, 6);
    sim_config32(&f->sim, SIM_BLK_ZEROES_SECTORS, 10);
    sim_config16(&f->sim, SIM_BLK_NUM_QUEUES, 3);
    f->sim.queue_count = 3;
    assert_int_equal(blk_start(f, 3, 16), 0);
    f->sim.mode = SIM_MANUAL;
    f->sim.order = SIM_RANDOM;
    f->disk.bad[1000] = f->disk.bad[77] = true;
    host.share_random = true;
    host.share_max = 2048;
    for (unsigned int i = 0; i < OPERATIONS; i++)
    {
        unsigned int dice = host_random() % 1000;

        if (dice < 500)
        {
            try_one(f);
        }
        else if (dice < 995)
        {
            step(f);
        }
        else
        {
            recover(f);
        }
        reap(f);
    }
    for (uint16_t i = 0; i < 3; i++)
    {
        sim_step(&f->sim, i, SLOTS);
        assert_true(virtio_blk_poll(&f->blk, i) >= 0);
        assert_int_equal(f->blk.queues[i].ring.in_flight, 0);
        assert_int_equal(f->blk.queues[i].free_slot_count, f->blk.queues[i].ring.size);
    }
    reap(f);
    assert_memory_equal(f->disk.image, model, sizeof(model));
    assert_int_equal(host_share_count(), 0);
    assert_true(succeeded > 4000);
    assert_true(failed > 10 && resets > 40);
    blk_down(f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_stress, setup_blk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
