/* SPDX-License-Identifier: Apache-2.0 */
/* Stop, restart, resume: every request in flight is replayed or fails, once, and the disk is as if nothing happened. */

#include "fixture_blk.h"

#define MANY 5

static struct io ios[32];
static uint8_t buffers[32][512];

/* So many reads in flight on queue 0, which the device has and does not finish. */
static void begin(struct fixture *f, unsigned int count)
{
    f->sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < count; i++)
    {
        memset(buffers[i], 0, sizeof(buffers[i]));
        io_init(&ios[i], VIRTIO_BLK_T_IN, 100 + i, 1, buffers[i]);
        io_begin(f, 0, &ios[i]);
    }
}

static void finish(struct fixture *f, unsigned int count)
{
    sim_step(&f->sim, 0, 32);
    assert_true(blk_poll(f) >= 0);
    for (unsigned int i = 0; i < count; i++)
    {
        assert_int_equal(io_end(&ios[i]), 0);
        assert_pattern(buffers[i], 100 + i, 1);
    }
    assert_int_equal(f->blk.queues[0].free_slot_count, f->blk.queues[0].ring.size);
}

static void test_everything_is_replayed_CORE_STATUS_05(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    sim_needs_reset(&f->sim);
    assert_true(virtio_device_needs_reset(&f->dev));
    assert_int_equal(blk_recover(f), 0);
    /* The device was told of them: they are there without a further submit. */
    assert_int_equal(sim_pending(&f->sim, 0), MANY);
    for (unsigned int i = 0; i < MANY; i++)
    {
        assert_int_equal(ios[i].done, 0);
    }
    assert_int_equal(host_share_total(), MANY); /* the buffers stayed where they were */
    finish(f, MANY);
    assert_int_equal(f->blk.queues[0].ring.stats.resets, 1);
    blk_down(f);
}

static void test_finished_before_the_reset_is_not_replayed(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    assert_int_equal(sim_step(&f->sim, 0, 2), 2);
    assert_int_equal(blk_poll(f), 2);
    assert_int_equal(blk_recover(f), 0);
    assert_int_equal(sim_pending(&f->sim, 0), MANY - 2);
    finish(f, MANY);
    assert_int_equal(f->disk.executed[VIRTIO_BLK_T_IN], MANY);
    blk_down(f);
}

static void test_expired_fails_only_after_the_reset_HZ_CORE_11(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    ios[2].request.expired = true;
    assert_int_equal(blk_poll(f), 0);
    virtio_blk_stop(&f->blk, 0);
    assert_int_equal(ios[2].done, 0); /* the device still has its buffer */
    assert_int_equal(virtio_blk_restart(&f->blk), 0);
    assert_int_equal(ios[2].done, 0);
    assert_int_equal(virtio_blk_resume(&f->blk, 0, 0, true), 1);
    virtio_blk_notify(&f->blk, 0);
    assert_int_equal(io_end(&ios[2]), -VIRTIO_ETIMEDOUT);
    assert_int_equal(sim_pending(&f->sim, 0), MANY - 1);
    sim_step(&f->sim, 0, 32);
    assert_int_equal(blk_poll(f), MANY - 1);
    for (unsigned int i = 0; i < MANY; i++)
    {
        if (i != 2)
        {
            assert_int_equal(io_end(&ios[i]), 0);
            assert_pattern(buffers[i], 100 + i, 1);
        }
    }
    assert_int_equal(host_share_count(), 0);
    blk_down(f);
}

/* The device never finishes one, and the others all the time. */
static void test_lost_request_HZ_CORE_11(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    sim_drop(&f->sim, 0, 1);
    sim_step(&f->sim, 0, 32);
    assert_int_equal(blk_poll(f), MANY - 1);
    assert_int_equal(ios[1].done, 0);
    ios[1].request.expired = true;
    assert_int_equal(blk_recover(f), 0);
    assert_int_equal(sim_pending(&f->sim, 0), 0);
    assert_int_equal(io_end(&ios[1]), -VIRTIO_ETIMEDOUT);
    for (unsigned int i = 0; i < MANY; i++)
    {
        assert_true(i == 1 || io_end(&ios[i]) == 0);
    }
    assert_int_equal(f->blk.queues[0].free_slot_count, f->blk.queues[0].ring.size);
    blk_down(f);
}

/* Until the reset is confirmed the device may go on with what it has: buffers and rings must still be there. */
static void still_at_work(void *context)
{
    (void)context;
    assert_int_equal(host_share_count(), MANY);
    for (unsigned int i = 0; i < MANY; i++)
    {
        uint8_t *memory = host_dma(ios[i].request.sg[0].address, 512, true);

        assert_non_null(memory);
        memset(memory, 0x5a, 512);
        assert_int_equal(ios[i].done, 0);
    }
}

static void test_buffers_stay_until_the_reset_is_confirmed_CORE_CLEAN_02(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    ios[0].request.expired = true;
    f->sim.reset_polls = 20;
    host.on_relax = still_at_work;
    assert_int_equal(blk_recover(f), 0);
    assert_true(host_relaxed() >= 10);
    host.on_relax = NULL;
    assert_int_equal(io_end(&ios[0]), -VIRTIO_ETIMEDOUT);
    sim_step(&f->sim, 0, 32);
    assert_int_equal(blk_poll(f), MANY - 1);
    for (unsigned int i = 1; i < MANY; i++)
    {
        assert_int_equal(io_end(&ios[i]), 0);
        assert_pattern(buffers[i], 100 + i, 1);
    }
    f->sim.reset_polls = 0;
    blk_down(f);
}

/* A request that breaks the device again and again is given up; those that came later have chances of their own. */
static void test_replays_are_limited(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, 1);
    for (unsigned int i = 0; i < VIRTIO_BLK_REPLAYS_MAX; i++)
    {
        assert_int_equal(blk_recover(f), 0);
        assert_int_equal(ios[0].done, 0);
        assert_int_equal(sim_pending(&f->sim, 0), 1);
    }
    io_init(&ios[1], VIRTIO_BLK_T_IN, 101, 1, buffers[1]);
    io_begin(f, 0, &ios[1]);
    assert_int_equal(blk_recover(f), 0);
    assert_int_equal(io_end(&ios[0]), -VIRTIO_EIO);
    assert_int_equal(sim_pending(&f->sim, 0), 1);
    sim_step(&f->sim, 0, 1);
    assert_int_equal(blk_poll(f), 1);
    assert_int_equal(io_end(&ios[1]), 0);
    assert_pattern(buffers[1], 101, 1);
    blk_down(f);
}

/* Resets that the user asked for, or that another request's time limit made necessary, are held against nobody. */
static void test_resets_without_blame_are_not_counted(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    for (unsigned int i = 0; i < 3 * VIRTIO_BLK_REPLAYS_MAX; i++)
    {
        virtio_blk_stop(&f->blk, 0);
        assert_int_equal(virtio_blk_restart(&f->blk), 0);
        assert_int_equal(virtio_blk_resume(&f->blk, 0, 0, false), 1);
        virtio_blk_notify(&f->blk, 0);
        assert_int_equal(sim_pending(&f->sim, 0), MANY);
    }
    finish(f, MANY);
    blk_down(f);
}

static void test_a_request_used_again_starts_afresh(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    for (unsigned int round = 0; round < 3; round++)
    {
        begin(f, 1);
        if (round != 0)
        {
            /* As left by the round before, but for what the caller fills in. */
            ios[0].request.expired = true;
            ios[0].request.replays = VIRTIO_BLK_REPLAYS_MAX;
            sim_step(&f->sim, 0, 1);
            assert_int_equal(blk_poll(f), 1);
            (void)io_end(&ios[0]);
            ios[0].done = 0;
            io_begin(f, 0, &ios[0]);
        }
        assert_int_equal(blk_recover(f), 0);
        assert_int_equal(ios[0].done, 0);
        finish(f, 1);
    }
    blk_down(f);
}

static void test_stopped_queue_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct io io;

    blk_up(f);
    begin(f, 2);
    virtio_blk_stop(&f->blk, 0);
    assert_int_equal(sim_step(&f->sim, 0, 2), 2);
    assert_int_equal(blk_poll(f), 0);
    assert_int_equal(ios[0].done, 0);
    io_init(&io, VIRTIO_BLK_T_IN, 1, 1, buffers[9]);
    assert_int_equal(io_submit(f, 0, &io), -VIRTIO_EAGAIN);
    assert_int_equal(virtio_blk_restart(&f->blk), 0);
    assert_int_equal(blk_poll(f), 0);
    assert_int_equal(io_submit(f, 0, &io), -VIRTIO_EAGAIN);
    if (virtio_blk_resume(&f->blk, 0, 0, true) == 1)
    {
        virtio_blk_notify(&f->blk, 0);
    }
    io_begin(f, 0, &io);
    finish(f, 2);
    assert_int_equal(io_end(&io), 0);
    blk_down(f);
}

/* The notification for a request that came just before the stop, sent after it: it must not reach a device in reset. */
static void test_late_notification_CORE_INIT_09(void **state)
{
    struct fixture *f = *state;
    struct io io;

    blk_up(f);
    f->sim.mode = SIM_MANUAL;
    io_init(&io, VIRTIO_BLK_T_IN, 100, 1, buffers[0]);
    assert_int_equal(virtio_blk_prepare(&f->blk, &io.request), 0);
    assert_int_equal(virtio_blk_submit(&f->blk, 0, &io.request), 1);
    virtio_blk_stop(&f->blk, 0);
    f->sim.refuse_after = f->sim.features_oks + 1;
    f->sim.queue_stuck = true; /* for the legacy interface, which cannot refuse */
    assert_true(virtio_blk_restart(&f->blk) < 0);
    virtio_blk_notify(&f->blk, 0);
    assert_conformant();
    f->sim.refuse_after = 0;
    f->sim.queue_stuck = false;
    assert_int_equal(virtio_blk_restart(&f->blk), 0);
    assert_int_equal(virtio_blk_resume(&f->blk, 0, 0, true), 1);
    virtio_blk_notify(&f->blk, 0);
    assert_int_equal(sim_step(&f->sim, 0, 1), 1);
    assert_int_equal(blk_poll(f), 1);
    assert_int_equal(io_end(&io), 0);
    blk_down(f);
}

static void expect_all_failed(struct fixture *f, int error)
{
    for (unsigned int i = 0; i < MANY; i++)
    {
        assert_int_equal(io_end(&ios[i]), error);
    }
    assert_int_equal(host_share_count(), 0);
    /* Dead: later requests do not get in. */
    io_init(&ios[31], VIRTIO_BLK_T_IN, 1, 1, buffers[31]);
    assert_int_equal(io_submit(f, 0, &ios[31]), -VIRTIO_EAGAIN);
    assert_int_equal(blk_poll(f), 0);
    assert_true(host_log_has("virtio-blk0"));
}

static void test_restart_without_an_answer_HZ_CORE_01(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    f->sim.reset_stuck = true;
    assert_int_equal(blk_recover(f), -VIRTIO_ETIMEDOUT);
    assert_false(f->dev.quiet);
    expect_all_failed(f, -VIRTIO_ETIMEDOUT);
    virtio_blk_destroy(&f->blk);
    f->abandons = true;
}

static void test_restart_of_a_device_that_is_gone_HZ_CORE_02(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    f->sim.gone = true;
    assert_int_equal(blk_recover(f), -VIRTIO_ENODEV);
    expect_all_failed(f, -VIRTIO_ENODEV);
    virtio_blk_destroy(&f->blk);
    f->abandons = true;
}

static void test_restart_with_other_features_DP_CORE_06(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    sim_withdraw(&f->sim, SIM_BLK_F_FLUSH);
    assert_int_equal(blk_recover(f), -VIRTIO_EPROTO);
    assert_true((f->sim.status & SIM_FAILED) != 0);
    expect_all_failed(f, -VIRTIO_EPROTO);
    blk_down(f);
}

static void test_restart_with_a_smaller_queue(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    f->sim.queue[0].size_max = 8;
    assert_int_equal(blk_recover(f), -VIRTIO_EPROTO);
    assert_true(f->dev.quiet);
    expect_all_failed(f, -VIRTIO_EPROTO);
    blk_down(f);
}

/* Dead after one failed restart, and alive after another that succeeds. */
static void test_restart_after_a_failed_one(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    f->sim.queue_stuck = true;
    assert_int_equal(blk_recover(f), -VIRTIO_EPROTO);
    expect_all_failed(f, -VIRTIO_EPROTO);
    f->sim.queue_stuck = false;
    assert_int_equal(blk_recover(f), 0);
    begin(f, MANY);
    finish(f, MANY);
    blk_down(f);
}

static void test_second_queue_fails_to_reopen(void **state)
{
    struct fixture *f = *state;

    sim_config16(&f->sim, SIM_BLK_NUM_QUEUES, 2);
    f->sim.queue_count = 2;
    assert_int_equal(blk_start(f, 2, 16), 0);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < 4; i++)
    {
        io_init(&ios[i], VIRTIO_BLK_T_IN, i, 1, buffers[i]);
        io_begin(f, (uint16_t)(i % 2), &ios[i]);
    }
    f->sim.queue[1].size_max = 4;
    assert_int_equal(blk_recover(f), -VIRTIO_EPROTO);
    for (unsigned int i = 0; i < 4; i++)
    {
        assert_int_equal(io_end(&ios[i]), -VIRTIO_EPROTO);
    }
    blk_down(f);
}

static void test_all_queues_recover(void **state)
{
    struct fixture *f = *state;

    sim_config16(&f->sim, SIM_BLK_NUM_QUEUES, 4);
    f->sim.queue_count = 4;
    assert_int_equal(blk_start(f, 4, 16), 0);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < 12; i++)
    {
        io_init(&ios[i], VIRTIO_BLK_T_IN, 100 + i, 1, buffers[i]);
        io_begin(f, (uint16_t)(i % 4), &ios[i]);
    }
    assert_int_equal(blk_recover(f), 0);
    for (unsigned int i = 0; i < 4; i++)
    {
        assert_int_equal(sim_pending(&f->sim, i), 3);
        sim_step(&f->sim, i, 3);
    }
    assert_int_equal(blk_poll(f), 12);
    for (unsigned int i = 0; i < 12; i++)
    {
        assert_int_equal(io_end(&ios[i]), 0);
        assert_pattern(buffers[i], 100 + i, 1);
    }
    blk_down(f);
}

/* The disk shrank while the device was away: what lies beyond its end now must not be asked for (BLK-OP-05). */
static void test_replay_beyond_the_new_end_BLK_OP_05(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    sim_config64(&f->sim, SIM_BLK_CAPACITY, 102);
    assert_int_equal(blk_recover(f), 0);
    assert_int_equal(f->blk.config.capacity, 102);
    sim_step(&f->sim, 0, 32);
    assert_conformant();
    (void)blk_poll(f);
    for (unsigned int i = 0; i < MANY; i++)
    {
        assert_int_equal(io_end(&ios[i]) == 0, i < 2);
    }
    blk_down(f);
}

static void test_limits_stay_those_of_the_first_start(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    begin(f, MANY);
    sim_config32(&f->sim, SIM_BLK_DISCARD_ALIGN, 0);
    sim_config32(&f->sim, SIM_BLK_BLK_SIZE, 3);
    assert_int_equal(blk_recover(f), 0);
    assert_int_equal(f->blk.config.blk_size, 512);
    assert_int_equal(f->blk.config.discard_alignment, 8);
    finish(f, MANY);
    blk_down(f);
}

/* A write cache that was switched off must not come back with the reset: writes would be thought durable. */
static void test_write_cache_stays_as_chosen_BLK_OP_15(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    /* Nobody chose: what the device comes up with is left alone. */
    f->sim.config[SIM_BLK_WRITEBACK] = 0;
    assert_int_equal(blk_recover(f), 0);
    assert_false(virtio_blk_writeback(&f->blk));

    assert_int_equal(virtio_blk_set_writeback(&f->blk, false), 0);
    f->sim.config[SIM_BLK_WRITEBACK] = 1;
    assert_int_equal(blk_recover(f), 0);
    assert_int_equal(f->sim.config[SIM_BLK_WRITEBACK], 0);

    assert_int_equal(virtio_blk_set_writeback(&f->blk, true), 0);
    f->sim.config[SIM_BLK_WRITEBACK] = 0;
    assert_int_equal(blk_recover(f), 0);
    assert_int_equal(f->sim.config[SIM_BLK_WRITEBACK], 1);
    blk_down(f);
}

static void stay_on(struct sim_device *sim, unsigned int offset)
{
    sim->config[offset] = 1;
}

static void test_write_cache_that_cannot_be_switched_off_again(void **state)
{
    struct fixture *f = *state;
    struct sim_model stubborn = *f->sim.model;

    blk_up(f);
    begin(f, MANY);
    assert_int_equal(virtio_blk_set_writeback(&f->blk, false), 0);
    stubborn.config_written = stay_on;
    f->sim.model = &stubborn;
    assert_int_equal(blk_recover(f), -VIRTIO_EPROTO);
    expect_all_failed(f, -VIRTIO_EPROTO);
    blk_down(f);
}

/* Every type of request survives a reset. */
static void test_replay_of_every_type(void **state)
{
    static const uint32_t types[] = {VIRTIO_BLK_T_IN,           VIRTIO_BLK_T_OUT,          VIRTIO_BLK_T_FLUSH,
                                     VIRTIO_BLK_T_GET_ID,       VIRTIO_BLK_T_GET_LIFETIME, VIRTIO_BLK_T_DISCARD,
                                     VIRTIO_BLK_T_WRITE_ZEROES, VIRTIO_BLK_T_SECURE_ERASE};
    struct fixture *f = *state;

    assert_int_equal(blk_start(f, 1, 32), 0);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < LENGTH(types); i++)
    {
        memset(buffers[i], (int)i, 512);
        io_init(&ios[i], types[i], 100 * (i + 1), 1, buffers[i]);
        io_begin(f, 0, &ios[i]);
    }
    assert_int_equal(blk_recover(f), 0);
    sim_step(&f->sim, 0, 32);
    assert_int_equal(blk_poll(f), LENGTH(types));
    for (unsigned int i = 0; i < LENGTH(types); i++)
    {
        assert_int_equal(io_end(&ios[i]), 0);
        assert_int_equal(f->disk.executed[types[i]], 1);
    }
    assert_pattern(buffers[0], 100, 1);
    assert_int_equal(f->disk.image[200 * 512], 1);
    assert_string_equal((char *)buffers[3], "a disk of 20 bytes..");
    assert_int_equal(f->disk.image[600 * 512], SIM_BLK_DISCARDED);
    assert_int_equal(f->disk.image[700 * 512 + 5], 0);
    assert_int_equal(f->disk.image[800 * 512], SIM_BLK_ERASED);
    blk_down(f);
}

/* `done` hands the request in again, as a binding may that keeps a queue full. */
static struct fixture *current;
static unsigned int rounds;

static void once_more(struct virtio_blk_request *request)
{
    struct io *io = request->context;

    io->done = 1;
    if (rounds-- > 1)
    {
        assert_int_equal(virtio_blk_finish(request), 0);
        io->done = 0;
        assert_int_equal(virtio_blk_prepare(&current->blk, request), 0);
        if (virtio_blk_submit(&current->blk, 0, request) == 1)
        {
            virtio_blk_notify(&current->blk, 0);
        }
    }
}

static void test_submit_from_done(void **state)
{
    struct fixture *f = *state;
    int finished = 0;

    blk_up(f);
    current = f;
    rounds = 50;
    io_init(&ios[0], VIRTIO_BLK_T_IN, 100, 1, buffers[0]);
    ios[0].request.done = once_more;
    io_begin(f, 0, &ios[0]);
    while (finished < 50)
    {
        int result = blk_poll(f);

        assert_true(result > 0);
        finished += result;
    }
    assert_int_equal(io_end(&ios[0]), 0);
    assert_int_equal(f->disk.executed[VIRTIO_BLK_T_IN], 50);
    blk_down(f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_everything_is_replayed_CORE_STATUS_05, setup_blk),
        ALL(test_finished_before_the_reset_is_not_replayed, setup_blk),
        ALL(test_expired_fails_only_after_the_reset_HZ_CORE_11, setup_blk),
        ALL(test_lost_request_HZ_CORE_11, setup_blk),
        BOTH(test_buffers_stay_until_the_reset_is_confirmed_CORE_CLEAN_02, setup_blk),
        ALL(test_replays_are_limited, setup_blk),
        ALL(test_resets_without_blame_are_not_counted, setup_blk),
        BOTH(test_a_request_used_again_starts_afresh, setup_blk),
        ALL(test_stopped_queue_is_left_alone, setup_blk),
        BOTH(test_late_notification_CORE_INIT_09, setup_blk),
        ALL(test_restart_without_an_answer_HZ_CORE_01, setup_blk),
        BOTH(test_restart_of_a_device_that_is_gone_HZ_CORE_02, setup_blk),
        BOTH(test_restart_with_other_features_DP_CORE_06, setup_blk),
        BOTH(test_restart_with_a_smaller_queue, setup_blk),
        BOTH(test_restart_after_a_failed_one, setup_blk),
        BOTH(test_second_queue_fails_to_reopen, setup_blk),
        ALL(test_all_queues_recover, setup_blk),
        BOTH(test_replay_beyond_the_new_end_BLK_OP_05, setup_blk),
        BOTH(test_limits_stay_those_of_the_first_start, setup_blk),
        BOTH(test_write_cache_stays_as_chosen_BLK_OP_15, setup_blk),
        BOTH(test_write_cache_that_cannot_be_switched_off_again, setup_blk),
        ALL(test_replay_of_every_type, setup_blk),
        BOTH(test_submit_from_done, setup_blk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
