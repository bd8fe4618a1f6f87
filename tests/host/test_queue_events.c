/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications and interrupts of a queue: suppressed both ways, asked for again, ordered by barriers (2.7.7, 2.7.10).
 */

#include "fixture_queue.h"

/* --- suppression ------------------------------------------------------------------------------------------------ */

static void test_device_wants_no_notifications_SPLIT_ANS(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    uint32_t length;

    f->sim.polls = true;
    f->sim.mode = SIM_MANUAL;
    start(f, 8);
    for (unsigned int i = 0; i < 100; i++)
    {
        assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
        assert_false(virtio_queue_publish(&f->queue));
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        (void)pop(f, &length);
    }
    assert_int_equal(f->queue.stats.spared, 100);
    assert_int_equal(f->queue.stats.notifications, 0);
    assert_int_equal(f->sim.queue[0].notifications, 0);
    fixture_stop(f);
    piece_free(p);
}

/* With EVENT_IDX the low bit of used flags means nothing, without it avail_event means nothing. */
static void test_the_other_way_of_suppressing_is_ignored_SPLIT_ANS_02_05(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);

    start(f, 8);
    f->sim.mode = SIM_MANUAL;
    if (f->variant->event_idx)
    {
        sim_used_flags(&f->sim, 0, 1);
    }
    else
    {
        sim_avail_event(&f->sim, 0, 0x7fff);
    }
    assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
    assert_true(virtio_queue_publish(&f->queue));
    fixture_stop(f);
    piece_free(p);
}

/* Several at once: one notification if avail_event lies anywhere among them, none if before or after. */
static void test_avail_event_within_a_batch_SPLIT_ANS_06_07(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    uint32_t length;
    uint16_t next = 0;

    start(f, 16);
    f->sim.mode = SIM_MANUAL;
    for (int event = -3; event < 8; event++)
    {
        bool wanted;

        sim_avail_event(&f->sim, 0, (uint16_t)(next + event));
        for (unsigned int i = 0; i < 5; i++)
        {
            assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
        }
        wanted = virtio_queue_publish(&f->queue);
        assert_int_equal(wanted, event >= 0 && event < 5);
        next = (uint16_t)(next + 5);
        virtio_queue_notify(&f->queue);
        assert_int_equal(sim_step(&f->sim, 0, 5), 5);
        for (unsigned int i = 0; i < 5; i++)
        {
            (void)pop(f, &length);
        }
    }
    fixture_stop(f);
    piece_free(p);
}

static void test_no_interrupts_while_disabled_SPLIT_UNS(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    uint32_t length;

    start(f, 8);
    f->sim.mode = SIM_MANUAL;
    virtio_queue_disable(&f->queue);
    virtio_queue_disable(&f->queue);
    for (unsigned int i = 0; i < 50; i++)
    {
        assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
        publish(f);
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        virtio_queue_disable(&f->queue);
        (void)pop(f, &length);
    }
    /* A hint with EVENT_IDX, where one event in 65536 is still named. */
    assert_in_range(f->sim.queue[0].interrupts, 0, f->variant->event_idx ? 1 : 0);
    fixture_stop(f);
    piece_free(p);
}

/* The race: finished between the last look and the request for interrupts. enable() must say so. */
static void test_enable_closes_the_race_SPLIT_RECV_01(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    uint32_t length;

    start(f, 8);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < 2; i++)
    {
        assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
    }
    publish(f);
    virtio_queue_disable(&f->queue);
    expect_empty(f);
    assert_int_equal(sim_step(&f->sim, 0, 1), 1);
    assert_int_equal(f->sim.queue[0].interrupts, 0);
    assert_true(virtio_queue_enable(&f->queue));
    (void)pop(f, &length);
    assert_false(virtio_queue_enable(&f->queue));
    assert_false(virtio_queue_enable(&f->queue));
    assert_int_equal(sim_step(&f->sim, 0, 1), 1);
    assert_int_equal(f->sim.queue[0].interrupts, 1);
    (void)pop(f, &length);
    fixture_stop(f);
    piece_free(p);
}

/* --- barriers ------------------------------------------------------------------------------------------------ */

/* What the device would find in the driver's area at each barrier: that is what the barriers are there for. */
static struct
{
    unsigned int count;
    uint16_t flags[8], idx[8], used_event[8];
} barriers;

static void take_snapshot(void *context)
{
    struct fixture *f = context;
    unsigned int i = barriers.count++ % 8;

    barriers.flags[i] = f->queue.avail->flags;
    barriers.idx[i] = f->queue.avail->idx;
    barriers.used_event[i] = f->queue.avail->ring[f->queue.size];
}

static void test_barriers_SPLIT_SUP_05_06(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    uint32_t length;

    start(f, 8);
    f->sim.mode = SIM_MANUAL;
    for (uint16_t i = 0; i < 20; i++)
    {
        assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
        memset(&barriers, 0, sizeof(barriers));
        host.on_barrier = take_snapshot;
        host.barrier_context = f;
        (void)virtio_queue_publish(&f->queue);
        /* One before the index is stored, one after it and before the question whether to notify. */
        assert_true(barriers.count >= 2);
        assert_int_equal(barriers.idx[0], i);
        assert_int_equal(barriers.idx[barriers.count - 1], i + 1);
        virtio_queue_notify(&f->queue);

        virtio_queue_disable(&f->queue);
        barriers.count = 0;
        assert_false(virtio_queue_enable(&f->queue));
        /* After the wish for interrupts, before the last look. */
        assert_true(barriers.count >= 1);
        assert_int_equal(barriers.flags[barriers.count - 1], 0);
        if (f->variant->event_idx)
        {
            assert_int_equal(barriers.used_event[barriers.count - 1], i);
        }

        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        barriers.count = 0;
        (void)pop(f, &length);
        /* Between the used index and the entry. */
        assert_true(barriers.count >= 1);
        host.on_barrier = NULL;
    }
    fixture_stop(f);
    piece_free(p);
}

/* The device finishes exactly at the barrier between the wish for an interrupt and the last look (SPLIT-RECV-01). */
static void finish_one(void *context)
{
    struct fixture *f = context;

    host.on_barrier = NULL;
    assert_int_equal(sim_step(&f->sim, 0, 1), 1);
}

static void test_finished_at_the_barrier_of_enable(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    uint32_t length;

    start(f, 8);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < 100; i++)
    {
        uint64_t before = f->sim.interrupts;

        assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
        publish(f);
        virtio_queue_disable(&f->queue);
        expect_empty(f);
        host.on_barrier = finish_one;
        host.barrier_context = f;
        /* Told of it here, or by an interrupt: here both, because the wish was there already. */
        assert_true(virtio_queue_enable(&f->queue));
        assert_int_equal(f->sim.interrupts, before + 1);
        (void)pop(f, &length);
    }
    fixture_stop(f);
    piece_free(p);
}

/* The device looks at the ring by itself, at any barrier of the driver, and goes back to wanting notifications: one
 * that is owed must come (SPLIT-SUP-06), whatever it saw. */
static void look_at_times(void *context)
{
    struct fixture *f = context;

    if (host_random() % 2 == 0)
    {
        sim_look(&f->sim, 0);
    }
}

static void test_device_looks_at_any_barrier_SPLIT_SUP_06(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    uint32_t length;

    start(f, 8);
    f->sim.mode = SIM_MANUAL;
    host.on_barrier = look_at_times;
    host.barrier_context = f;
    for (unsigned int i = 0; i < 5000; i++)
    {
        unsigned int count = 1 + host_random() % 3;

        for (unsigned int j = 0; j < count; j++)
        {
            assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
        }
        publish(f);
        assert_int_equal(sim_pending(&f->sim, 0), count);
        assert_int_equal(sim_step(&f->sim, 0, count), count);
        for (unsigned int j = 0; j < count; j++)
        {
            (void)pop(f, &length);
        }
    }
    host.on_barrier = NULL;
    fixture_stop(f);
    piece_free(p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_device_wants_no_notifications_SPLIT_ANS, setup_plain),
        SPLIT(test_the_other_way_of_suppressing_is_ignored_SPLIT_ANS_02_05, setup_plain),
        ALL(test_no_interrupts_while_disabled_SPLIT_UNS, setup_plain),
        ALL(test_enable_closes_the_race_SPLIT_RECV_01, setup_plain),
        SPLIT(test_barriers_SPLIT_SUP_05_06, setup_plain),
        ALL(test_finished_at_the_barrier_of_enable, setup_plain),
        ALL(test_device_looks_at_any_barrier_SPLIT_SUP_06, setup_plain),
        VARIANT(test_avail_event_within_a_batch_SPLIT_ANS_06_07, setup_plain, " [legacy]", 2),
        VARIANT(test_avail_event_within_a_batch_SPLIT_ANS_06_07, setup_plain, " [modern]", 6),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
