/* SPDX-License-Identifier: Apache-2.0 */
/* Many requests at once, several queues, errors that concern one of them, and starts that fail half-way. */

#include "fixture_blk.h"

#define MANY 64

static struct io ios[MANY];
static uint8_t buffers[MANY][4 * 512];

static void test_out_of_order(void **state)
{
    struct fixture *f = *state;
    unsigned int begun = 0;

    blk_up(f);
    f->sim.mode = SIM_MANUAL;
    for (int order = SIM_FIFO; order <= SIM_RANDOM; order++)
    {
        f->sim.order = (enum sim_order)order;
        for (begun = 0; begun < MANY; begun++)
        {
            int result;

            io_init(&ios[begun], VIRTIO_BLK_T_IN, 10 * begun + (unsigned int)order, 4, buffers[begun]);
            result = io_submit(f, 0, &ios[begun]);
            if (result == -VIRTIO_EAGAIN)
            {
                break;
            }
            assert_int_equal(result, 0);
        }
        /* A request is three descriptors, or one and a table: as many as the ring holds. */
        assert_int_equal(begun, f->variant->indirect ? 16 : 5);
        assert_int_equal(host_share_count(), begun);
        for (unsigned int finished = 0; finished < begun;)
        {
            unsigned int step = 1 + host_random() % 3;

            step = sim_step(&f->sim, 0, step);
            assert_int_equal(blk_poll(f), step);
            finished += step;
        }
        for (unsigned int i = 0; i < begun; i++)
        {
            assert_int_equal(io_end(&ios[i]), 0);
            assert_pattern(buffers[i], 10 * i + (unsigned int)order, 4);
        }
    }
    assert_int_equal(f->blk.queues[0].free_slot_count, f->blk.queues[0].ring.size);
    blk_down(f);
}

static void test_full_ring_takes_more_later(void **state)
{
    struct fixture *f = *state;
    unsigned int capacity = f->variant->indirect ? 16 : 5;

    blk_up(f);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < MANY; i++)
    {
        io_init(&ios[i], VIRTIO_BLK_T_IN, i, 1, buffers[i]);
        if (i >= capacity)
        {
            assert_int_equal(io_submit(f, 0, &ios[i]), -VIRTIO_EAGAIN);
            assert_int_equal(host_share_count(), capacity);
            assert_int_equal(sim_step(&f->sim, 0, 1), 1);
            assert_int_equal(blk_poll(f), 1);
            assert_int_equal(io_end(&ios[i - capacity]), 0);
            assert_pattern(buffers[i - capacity], i - capacity, 1);
        }
        io_begin(f, 0, &ios[i]);
    }
    sim_step(&f->sim, 0, MANY);
    assert_int_equal(blk_poll(f), capacity);
    for (unsigned int i = MANY - capacity; i < MANY; i++)
    {
        assert_int_equal(io_end(&ios[i]), 0);
    }
    assert_int_equal(f->blk.queues[0].ring.stats.requests, MANY);
    assert_int_equal(f->blk.queues[0].ring.stats.errors, 0);
    blk_down(f);
}

static void test_ring_of_four(void **state)
{
    struct fixture *f = *state;
    static uint8_t buffer[64 * 512];

    assert_int_equal(blk_start(f, 1, 4), 0);
    /* Header and status leave two, with an indirect table too (SPLIT-IND-03). */
    assert_int_equal(f->blk.config.seg_max, 2);
    host.share_max = 1000;
    assert_int_equal(blk_read(f, 5, 64, buffer), 0);
    assert_pattern(buffer, 5, 64);
    blk_down(f);
}

static void test_ring_too_small(void **state)
{
    struct fixture *f = *state;

    f->sim.queue[0].size_max = 2;
    assert_int_equal(blk_start(f, 1, 16), -VIRTIO_EPROTO);
    assert_true((f->sim.status & SIM_FAILED) != 0);
    assert_true(host_log_has("virtio-blk0"));
    assert_true(host_all_returned());
}

/* Two segments of 100 bytes are all that a request on this ring could carry: not even a sector. */
static void test_ring_too_small_for_the_segments_HZ_BLK_06(void **state)
{
    struct fixture *f = *state;

    f->sim.queue[0].size_max = 4;
    sim_config32(&f->sim, SIM_BLK_SIZE_MAX, 100);
    assert_int_equal(blk_start(f, 1, 16), -VIRTIO_EPROTO);
    assert_true((f->sim.status & SIM_FAILED) != 0);
    assert_true(host_log_has("virtio-blk0"));
    assert_true(host_all_returned());
}

static void test_no_queue_at_all(void **state)
{
    struct fixture *f = *state;

    f->sim.queue[0].size_max = 0;
    assert_int_equal(blk_start(f, 1, 16), -VIRTIO_ENODEV);
    assert_true((f->sim.status & SIM_FAILED) != 0);
    assert_true(host_all_returned());
}

static void test_large_ring(void **state)
{
    struct fixture *f = *state;
    static uint8_t buffer[512];

    f->sim.queue[0].size_max = 32768;
    assert_int_equal(blk_start(f, 1, 32768), 0);
    assert_int_equal(f->blk.queues[0].ring.size, 32768);
    assert_int_equal(blk_read(f, 5, 1, buffer), 0);
    assert_pattern(buffer, 5, 1);
    blk_down(f);
}

static void test_error_only_to_the_one_who_asked(void **state)
{
    struct fixture *f = *state;

    f->disk.bad[13] = true;
    blk_up(f);
    f->sim.mode = SIM_MANUAL;
    f->sim.order = SIM_LIFO;
    for (unsigned int i = 0; i < 5; i++)
    {
        io_init(&ios[i], i % 2 == 0 ? VIRTIO_BLK_T_IN : VIRTIO_BLK_T_OUT, 10 + i, 1, buffers[i]);
        io_begin(f, 0, &ios[i]);
    }
    assert_int_equal(sim_step(&f->sim, 0, 5), 5);
    assert_int_equal(blk_poll(f), 5);
    for (unsigned int i = 0; i < 5; i++)
    {
        assert_int_equal(io_end(&ios[i]), i == 3 ? -VIRTIO_EIO : 0);
    }
    assert_int_equal(f->blk.queues[0].ring.stats.errors, 1);
    blk_down(f);
}

static void test_bad_status_only_to_the_one_who_asked_HZ_BLK_01(void **state)
{
    struct fixture *f = *state;

    f->disk.only = f->disk.status_untouched = true;
    f->disk.only_sector = 12;
    blk_up(f);
    f->sim.mode = SIM_MANUAL;
    f->sim.order = SIM_RANDOM;
    for (unsigned int round = 0; round < 20; round++)
    {
        for (unsigned int i = 0; i < 5; i++)
        {
            io_init(&ios[i], VIRTIO_BLK_T_IN, 10 + i, 1, buffers[i]);
            io_begin(f, 0, &ios[i]);
        }
        assert_int_equal(sim_step(&f->sim, 0, 5), 5);
        assert_int_equal(blk_poll(f), 5);
        for (unsigned int i = 0; i < 5; i++)
        {
            assert_int_equal(io_end(&ios[i]), i == 2 ? -VIRTIO_EIO : 0);
        }
    }
    blk_down(f);
}

static void test_unsupported_DP_BLK_03(void **state)
{
    struct fixture *f = *state;
    uint8_t buffer[512];

    f->disk.unsupported = true;
    blk_up(f);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_DISCARD, 1, 1, NULL, false), -VIRTIO_ENOTSUP);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_WRITE_ZEROES, 1, 1, NULL, true), -VIRTIO_ENOTSUP);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_FLUSH, 0, 1, NULL, false), -VIRTIO_ENOTSUP);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_GET_ID, 0, 1, buffer, false), -VIRTIO_ENOTSUP);
    assert_int_equal(blk_read(f, 1, 1, buffer), 0);
    blk_down(f);
}

/* --- several queues --------------------------------------------------------------------------------------------- */

static void expect_queues(struct fixture *f, uint16_t said, unsigned int there, uint16_t wanted, unsigned int expected)
{
    sim_config16(&f->sim, SIM_BLK_NUM_QUEUES, said);
    f->sim.queue_count = there;
    assert_int_equal(blk_start(f, wanted, 8), 0);
    assert_int_equal(f->blk.queue_count, expected);
    for (unsigned int i = 0; i < SIM_QUEUES; i++)
    {
        assert_int_equal(f->sim.queue[i].live, i < expected);
    }
    for (uint16_t i = 0; i < expected; i++)
    {
        struct io io;

        io_init(&io, VIRTIO_BLK_T_IN, 7u * i, 2, buffers[i]);
        f->disk.seen_count = 0;
        io_begin(f, i, &io);
        assert_int_equal(f->disk.seen[0].queue, i);
        assert_int_equal(virtio_blk_poll(&f->blk, i), 1);
        assert_int_equal(io_end(&io), 0);
        assert_pattern(buffers[i], 7u * i, 2);
    }
    blk_down(f);
    assert_true(host_all_returned());
    memset(&f->blk, 0, sizeof(f->blk));
    f->dev.started = false;
}

static void test_queues_BLK_FEAT_01_HZ_BLK_08(void **state)
{
    struct fixture *f = *state;

    expect_queues(f, 1, 8, 4, 1);
    expect_queues(f, 4, 8, 4, 4);
    expect_queues(f, 8, 8, 3, 3);
    expect_queues(f, 8, 8, 8, 8);
    expect_queues(f, 8, 8, 0, 1);
    expect_queues(f, 0, 8, 4, 1);
    expect_queues(f, 65535, 8, 8, 8);
    expect_queues(f, 65535, 3, 65535, 3);
    expect_queues(f, 4, 1, 4, 1);
    sim_withdraw(&f->sim, SIM_BLK_F_MQ);
    expect_queues(f, 4, 8, 4, 1);
}

static void test_queues_are_independent(void **state)
{
    struct fixture *f = *state;

    sim_config16(&f->sim, SIM_BLK_NUM_QUEUES, 4);
    f->sim.queue_count = 4;
    assert_int_equal(blk_start(f, 4, 8), 0);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < 8; i++)
    {
        io_init(&ios[i], VIRTIO_BLK_T_IN, 50 * i, 4, buffers[i]);
        io_begin(f, (uint16_t)(i % 4), &ios[i]);
    }
    for (unsigned int queue = 4; queue-- != 0;)
    {
        assert_int_equal(sim_step(&f->sim, queue, 8), 2);
        assert_int_equal(virtio_blk_poll(&f->blk, (uint16_t)((queue + 1) % 4)), 0);
        assert_int_equal(virtio_blk_poll(&f->blk, (uint16_t)queue), 2);
    }
    for (unsigned int i = 0; i < 8; i++)
    {
        assert_int_equal(io_end(&ios[i]), 0);
        assert_pattern(buffers[i], 50 * i, 4);
    }
    blk_down(f);
}

/* --- starts and ends that fail ---------------------------------------------------------------------------------- */

static void test_no_memory_at_any_point(void **state)
{
    struct fixture *f = *state;
    int result = -1;
    int n;

    sim_config16(&f->sim, SIM_BLK_NUM_QUEUES, 2);
    f->sim.queue_count = 2;
    for (n = 1; n < 40 && result != 0; n++)
    {
        host.fail_alloc_at = n;
        result = blk_start(f, 2, 16);
        if (result != 0)
        {
            assert_int_equal(result, -VIRTIO_ENOMEM);
            assert_true(host_all_returned());
            assert_true((f->sim.status & SIM_FAILED) != 0);
            assert_true(host_log_has("virtio-blk0"));
            host_log_clear();
            memset(&f->blk, 0, sizeof(f->blk));
        }
    }
    host.fail_alloc_at = 0;
    assert_int_equal(result, 0);
    assert_true(n > 5);
    blk_down(f);
}

/* The device is asked to stop before memory goes back, and if it does not answer, memory stays where it can write. */
static int fail_after_the_first_queue(struct fixture *f)
{
    /* The first queue is open when memory runs out. */
    host.fail_alloc_at = f->variant->indirect ? 5 : 4;
    return blk_start(f, 1, 16);
}

static void live_and_stuck(struct sim_device *sim, unsigned int offset)
{
    (void)offset;
    sim->reset_stuck = sim->resets > 0;
}

static void test_failed_start_and_no_answer_HZ_CORE_01(void **state)
{
    struct fixture *f = *state;

    f->sim.config_read = live_and_stuck; /* the config is read after the first reset */
    assert_int_equal(fail_after_the_first_queue(f), -VIRTIO_ENOMEM);
    assert_true(host_dma_count() > 0);
    assert_false(f->dev.quiet);
    f->abandons = true;
}

static void test_destroy_without_an_answer_HZ_CORE_01(void **state)
{
    struct fixture *f = *state;
    unsigned int held;

    blk_up(f);
    held = host_dma_count();
    f->sim.reset_stuck = true;
    virtio_blk_destroy(&f->blk);
    assert_int_equal(host_dma_count(), held);
    assert_true(host_log_has("virtio-blk0"));
    f->abandons = true;
}

static void test_destroy_of_a_device_that_is_gone_HZ_CORE_02(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    f->sim.gone = true;
    virtio_blk_destroy(&f->blk);
    assert_true(host_relaxed() < 5);
    f->abandons = true;
}

/* A device is found again after its driver left: as on the first day, maybe offering something else. */
static void test_start_again_after_destroy(void **state)
{
    struct fixture *f = *state;

    for (unsigned int i = 0; i < 3; i++)
    {
        blk_up(f);
        assert_int_equal(f->blk.queue_count, 1);
        assert_int_equal(blk_read(f, 1, 1, buffers[0]), 0);
        assert_pattern(buffers[0], 1, 1);
        assert_int_equal(virtio_device_has(&f->dev, VIRTIO_BLK_F_FLUSH), i != 1);
        blk_down(f);
        memset(&f->blk, 0, sizeof(f->blk));
        (i == 0 ? sim_withdraw : sim_offer)(&f->sim, SIM_BLK_F_FLUSH);
    }
}

static void test_features_refused_CORE_INIT_05(void **state)
{
    struct fixture *f = *state;

    f->sim.refuse_after = 1;
    assert_int_equal(blk_start(f, 1, 16), -VIRTIO_EPROTO);
    assert_true(host_all_returned());
    assert_true((f->sim.status & SIM_FAILED) != 0);
}

/* --- notifications ---------------------------------------------------------------------------------------------- */

static void count_and_poll(struct sim_device *sim)
{
    struct fixture *f = sim->test;

    if ((virtio_device_interrupt(&f->dev) & VIRTIO_INTERRUPT_USED) != 0)
    {
        assert_true(virtio_blk_poll(&f->blk, 0) >= 0);
    }
}

/* Everything driven by interrupts alone: none lost, none more than there were requests. */
static void test_interrupts_find_everything(void **state)
{
    struct fixture *f = *state;

    f->sim.test = f;
    f->sim.on_interrupt = count_and_poll;
    f->sim.mode = SIM_MANUAL;
    blk_up(f);
    for (unsigned int round = 0; round < 500; round++)
    {
        unsigned int count = 1 + host_random() % 5;

        for (unsigned int i = 0; i < count; i++)
        {
            io_init(&ios[i], VIRTIO_BLK_T_IN, round + i, 1, buffers[i]);
            io_begin(f, 0, &ios[i]);
        }
        while (sim_pending(&f->sim, 0) != 0)
        {
            sim_step(&f->sim, 0, 1 + host_random() % 3);
        }
        for (unsigned int i = 0; i < count; i++)
        {
            assert_int_equal(io_end(&ios[i]), 0);
        }
    }
    assert_true(f->sim.interrupts <= f->blk.queues[0].ring.stats.requests);
    assert_int_equal(f->blk.queues[0].ring.stats.batches, f->sim.queue[0].interrupts);
    assert_int_equal(f->sim.queue[0].idle_notifications, 0);
    blk_down(f);
}

/* The device finishes at any barrier; the driver is woken by interrupts only, and looks again when it is told to. */
static void work_at_times(void *context)
{
    struct fixture *f = context;

    if (host_random() % 3 == 0 && !f->sim.in_ring)
    {
        sim_look(&f->sim, 0);
        sim_step(&f->sim, 0, 1 + host_random() % 2);
    }
}

static void note(struct sim_device *sim)
{
    *(bool *)sim->test = true;
}

static void test_no_wake_up_is_lost_SPLIT_RECV_01(void **state)
{
    struct fixture *f = *state;
    bool woken = false;
    unsigned int drained_late = 0;

    f->sim.test = &woken;
    f->sim.on_interrupt = note;
    f->sim.mode = SIM_MANUAL;
    blk_up(f);
    host.on_barrier = work_at_times;
    host.barrier_context = f;
    for (unsigned int round = 0; round < 3000; round++)
    {
        unsigned int count = 1 + host_random() % 5;
        unsigned int finished = 0;

        for (unsigned int i = 0; i < count; i++)
        {
            io_init(&ios[i], VIRTIO_BLK_T_IN, i, 1, buffers[i]);
            io_begin(f, 0, &ios[i]);
        }
        while (finished < count)
        {
            if (!woken)
            {
                sim_step(&f->sim, 0, 1); /* time passes; it has to come to an interrupt */
                drained_late++;
            }
            assert_true(woken || sim_pending(&f->sim, 0) != 0);
            if (woken)
            {
                int result;

                woken = false;
                (void)virtio_device_interrupt(&f->dev);
                result = virtio_blk_poll(&f->blk, 0);
                assert_true(result >= 0);
                finished += (unsigned int)result;
            }
        }
        for (unsigned int i = 0; i < count; i++)
        {
            assert_int_equal(io_end(&ios[i]), 0);
        }
    }
    assert_true(drained_late > 100);
    host.on_barrier = NULL;
    blk_down(f);
}

static void test_device_that_polls_is_not_notified(void **state)
{
    struct fixture *f = *state;

    f->sim.polls = true;
    f->sim.mode = SIM_MANUAL;
    blk_up(f);
    for (unsigned int i = 0; i < 20; i++)
    {
        io_init(&ios[0], VIRTIO_BLK_T_IN, i, 1, buffers[0]);
        assert_int_equal(virtio_blk_prepare(&f->blk, &ios[0].request), 0);
        assert_int_equal(virtio_blk_submit(&f->blk, 0, &ios[0].request), 0);
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        assert_int_equal(blk_poll(f), 1);
        assert_int_equal(io_end(&ios[0]), 0);
    }
    assert_int_equal(f->blk.queues[0].ring.stats.spared, 20);
    assert_int_equal(f->sim.queue[0].notifications, 0);
    blk_down(f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_out_of_order, setup_blk),
        ALL(test_full_ring_takes_more_later, setup_blk),
        ALL(test_ring_of_four, setup_blk),
        ALL(test_ring_too_small, setup_blk),
        BOTH(test_ring_too_small_for_the_segments_HZ_BLK_06, setup_blk),
        BOTH(test_no_queue_at_all, setup_blk),
        ALL(test_large_ring, setup_blk),
        ALL(test_error_only_to_the_one_who_asked, setup_blk),
        ALL(test_bad_status_only_to_the_one_who_asked_HZ_BLK_01, setup_blk),
        BOTH(test_unsupported_DP_BLK_03, setup_blk),
        BOTH(test_queues_BLK_FEAT_01_HZ_BLK_08, setup_blk),
        BOTH(test_queues_are_independent, setup_blk),
        ALL(test_no_memory_at_any_point, setup_blk),
        ALL(test_failed_start_and_no_answer_HZ_CORE_01, setup_blk),
        BOTH(test_destroy_without_an_answer_HZ_CORE_01, setup_blk),
        BOTH(test_destroy_of_a_device_that_is_gone_HZ_CORE_02, setup_blk),
        BOTH(test_start_again_after_destroy, setup_blk),
        MODERN(test_features_refused_CORE_INIT_05, setup_blk),
        ALL(test_interrupts_find_everything, setup_blk),
        ALL(test_no_wake_up_is_lost_SPLIT_RECV_01, setup_blk),
        ALL(test_device_that_polls_is_not_notified, setup_blk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
