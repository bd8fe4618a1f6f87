/* SPDX-License-Identifier: Apache-2.0 */
/* The input engine with queues that lie (HZ-INPUT-03, -04, HZ-SPLIT-*), and after a reset. */

#include "fixture_input.h"

/* --- events that are none --------------------------------------------------------------------------------------- */

static void test_events_that_are_too_short_HZ_INPUT_03(void **state)
{
    struct input_fixture *c = *state;
    static const uint32_t lengths[] = {0, 4, 7};

    in_up(c);
    in_part(c, 1);
    in_run(c);
    c->host.length_replaced = true;
    for (unsigned int i = 0; i < LENGTH(lengths); i++)
    {
        c->host.length = lengths[i];
        sim_input_event(&c->host, VIRTIO_INPUT_EV_KEY, VIRTIO_INPUT_KEY_A, 99);
        in_run(c);
        assert_int_equal(c->in.events.ring.stats.errors, i + 1);
    }
    assert_int_equal(c->in.stats.received, 1);
    c->host.length_replaced = false;
    in_frame(c, 1);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 2); /* as if they had not been */
    assert_in_works(c);
    assert_int_equal(sim_pending(&c->f.sim, 0), 8);
    in_down(c);
}

static void test_events_that_are_too_long_HZ_SPLIT_04(void **state)
{
    struct input_fixture *c = *state;
    static const uint32_t lengths[] = {9, 16, 0xffffffff};

    in_up(c);
    for (unsigned int i = 0; i < LENGTH(lengths); i++)
    {
        c->host.length_replaced = true;
        c->host.length = lengths[i];
        in_frame(c, 1);
        sim_input_run(&c->f.sim);
        if (c->f.variant->legacy)
        {
            /* Legacy devices are known to write anything there; the whole event is in the buffer. */
            assert_int_equal(virtio_input_poll(&c->in), 1);
            assert_int_equal(virtio_input_read(&c->in, c->records, 4), 1);
        }
        else
        {
            assert_int_equal(virtio_input_poll(&c->in), -VIRTIO_EPROTO);
            assert_int_equal(virtio_input_poll(&c->in), -VIRTIO_EPROTO);
            assert_int_equal(virtio_input_readable(&c->in), 0);
            assert_int_equal(in_recover(c), 0);
        }
        c->host.length_replaced = false;
        in_run(c);
        assert_in_works(c);
    }
    in_down(c);
}

static void test_unknown_events_INPUT_OP_05(void **state)
{
    struct input_fixture *c = *state;
    static const struct sim_input_event unknown[] = {
        {0xffff, 0xffff, 1}, {VIRTIO_INPUT_TYPES, 0, 1},       {VIRTIO_INPUT_EV_KEY, 0x2ff, 1},
        {31, 0, 1},          {VIRTIO_INPUT_EV_ABS, 0, 1},      {VIRTIO_INPUT_EV_KEY, 0xffff, 1},
        {0, 4, 1},           {VIRTIO_INPUT_EV_SYN, 0xffff, 1}, {VIRTIO_INPUT_EV_FF, 0x50, 1},
    };

    in_each(c);
    in_up(c);
    in_part(c, 1);
    for (unsigned int i = 0; i < LENGTH(unknown); i++)
    {
        sim_input_event(&c->host, unknown[i].type, unknown[i].code, unknown[i].value);
    }
    in_frame(c, 1);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 2);
    assert_int_equal(c->each_count, 2);
    assert_int_equal(c->in.stats.unknown, LENGTH(unknown));
    assert_int_equal(c->in.stats.dropped, 0);
    assert_in_works(c);
    in_down(c);
}

/* Everything at random: types, codes, lengths, ids. It goes on, with a reset where it has to. */
static void test_random_device(void **state)
{
    struct input_fixture *c = *state;
    unsigned int resets = 0;
    uint64_t read = 0;

    host_random_seed(7);
    in_each(c);
    in_up(c);
    for (unsigned int round = 0; round < 3000; round++)
    {
        uint32_t dice = host_random() % 100;

        sim_input_event(&c->host, (uint16_t)(host_random() % 3), (uint16_t)(host_random() % 5), host_random());
        c->host.length_replaced = dice < 20;
        c->host.length = dice < 2 ? host_random() : dice % 8;
        c->host.stalled = dice > 50;
        virtio_input_set(&c->in, (uint16_t)(host_random() % 24), (uint16_t)(host_random() % 9), 1);
        in_notify(c);
        sim_input_run(&c->f.sim);
        if (dice >= 98)
        {
            sim_used_put(&c->f.sim, dice % 2, 32 + host_random() % 64, 8);
        }
        if (virtio_input_poll(&c->in) < 0)
        {
            assert_int_equal(in_recover(c), 0);
            resets++;
        }
        if (dice % 3 == 0)
        {
            int result = virtio_input_read(&c->in, c->records, 16);

            assert_true(result >= 0);
            read += (uint64_t)result;
        }
    }
    assert_true(resets > 20);
    assert_int_equal(read + virtio_input_readable(&c->in) + (c->in.fifo.head - c->in.fifo.ready) + c->in.stats.dropped,
                     c->in.stats.received + 2 * c->in.stats.markers);
    c->host.length_replaced = c->host.stalled = false;
    assert_int_equal(in_recover(c), 0);
    in_run(c);
    assert_in_works(c);
    in_down(c);
}

/* --- queues that break ------------------------------------------------------------------------------------------ */

/* Either breaks, the other is served by the same poll, and a reset mends it. */
static void test_every_queue_breaks(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    for (unsigned int queue = 0; queue < 2; queue++)
    {
        in_frame(c, 1);
        assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 1), 0);
        in_notify(c);
        sim_input_run(&c->f.sim);
        c->host.status_count = 0;
        sim_used_put(&c->f.sim, queue, 0x10000, 8);
        assert_int_equal(virtio_input_poll(&c->in), -VIRTIO_EPROTO);
        assert_int_equal(virtio_input_readable(&c->in), 1);
        /* While it is broken, nothing fails that need not. */
        assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 2), 0);
        assert_int_equal(virtio_input_poll(&c->in), -VIRTIO_EPROTO);
        in_notify(c);
        sim_input_run(&c->f.sim);
        assert_int_equal(c->host.status_count, queue == 0 ? 1 : 0);
        c->host.status_count = 0;
        assert_int_equal(in_recover(c), 0);
        in_run(c);
        assert_int_equal(c->host.status_count, 1 + queue); /* the LEDs that were ever set */
        assert_int_equal(c->host.status[0].value, 2);
        assert_in_works(c);
    }
    in_down(c);
}

static void test_both_queues_break(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    sim_lie(&c->f.sim, 0);
    sim_used_put(&c->f.sim, 1, 0, 0); /* it was given nothing */
    assert_int_equal(virtio_input_poll(&c->in), -VIRTIO_EPROTO);
    assert_int_equal(in_recover(c), 0);
    in_run(c);
    assert_in_works(c);
    in_down(c);
}

/* The same buffer twice. */
static void test_buffer_that_comes_twice(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 1);
    sim_input_run(&c->f.sim);
    sim_used_put(&c->f.sim, 0, 0, 8);
    assert_int_equal(virtio_input_poll(&c->in), -VIRTIO_EPROTO);
    assert_int_equal(virtio_input_readable(&c->in), 1);
    assert_int_equal(in_recover(c), 0);
    in_run(c);
    assert_in_works(c);
    in_down(c);
}

/* --- reset ------------------------------------------------------------------------------------------------------ */

static void test_reset_keeps_what_was_received(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 3);
    in_run(c);
    in_frame(c, 2);
    sim_input_run(&c->f.sim); /* finished, not yet seen */
    virtio_input_stop(&c->in);
    assert_int_equal(c->readables, 2);
    virtio_input_stop(&c->in); /* no harm */
    assert_int_equal(virtio_input_poll(&c->in), 0);
    virtio_input_notify(&c->in, 3); /* not to a device that is being reset */
    assert_int_equal(virtio_input_read(&c->in, c->records, 3), 3);
    assert_int_equal(virtio_input_restart(&c->in), 0);
    virtio_input_resume(&c->in, 0);
    assert_int_equal(c->readables, 3);
    in_run(c);
    c->count = 3;
    in_read_all(c);
    assert_int_equal(c->count, 7);
    assert_int_equal(c->records[4].value, 4);
    assert_marker(&c->records[5]); /* who knows what happened meanwhile */
    assert_int_equal(sim_pending(&c->f.sim, 0), 8);
    assert_in_works(c);
    in_down(c);
}

/* Somebody who took what is due before the stop, and comes to send it during the restart. */
static void notify_late(struct sim_device *sim, uint32_t value)
{
    struct input_fixture *c = sim->test;

    (void)value;
    virtio_input_notify(&c->in, 3);
}

static void test_late_notification(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    c->f.sim.test = c;
    c->f.sim.status_written = notify_late;
    assert_int_equal(in_recover(c), 0);
    c->f.sim.status_written = NULL;
    assert_conformant();
    in_run(c);
    assert_in_works(c);
    in_down(c);
}

static void test_reset_in_the_middle_of_a_frame(void **state)
{
    struct input_fixture *c = *state;

    in_each(c);
    in_up(c);
    in_frame(c, 2);
    in_part(c, 2);
    in_run(c);
    assert_int_equal(in_recover(c), 0);
    assert_int_equal(c->each_count, 6);
    assert_marker(&c->each[4]);
    in_frame(c, 2); /* a new frame, not the rest of the old one */
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 6);
    assert_int_equal(c->records[1].value, 1);
    assert_marker(&c->records[2]);
    assert_int_equal(c->records[4].value, 4);
    assert_int_equal(c->records[5].value, 5);
    assert_int_equal(c->in.stats.dropped, 2);
    assert_int_equal(c->in.stats.frames, 1);
    assert_in_works(c);
    in_down(c);
}

/* The frame was being dropped already: its end never comes, and the next one is kept all the same. */
static void test_reset_while_a_frame_is_dropped(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_part(c, 20);
    in_run(c);
    assert_true(c->in.fifo.skipping);
    assert_int_equal(in_recover(c), 0);
    in_frame(c, 2);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 4);
    assert_marker(&c->records[0]); /* one for both */
    assert_int_equal(c->records[2].value, 20);
    in_down(c);
}

static void test_reset_with_a_full_fifo(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 16);
    in_run(c);
    assert_int_equal(in_recover(c), 0);
    assert_int_equal(c->readables, 1);
    in_frame(c, 1);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 18);
    assert_marker(&c->records[16]);
    assert_int_equal(c->in.stats.dropped, 1);
    assert_in_works(c);
    in_down(c);
}

static void test_many_resets(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    for (unsigned int i = 0; i < 100; i++)
    {
        in_part(c, host_random() % 20);
        in_notify(c);
        sim_input_run(&c->f.sim);
        if (i % 3 == 0)
        {
            assert_true(virtio_input_poll(&c->in) >= 0);
        }
        assert_int_equal(in_recover(c), 0);
        in_run(c);
    }
    assert_int_equal(c->in.events.ring.stats.resets, 100);
    assert_in_works(c);
    in_down(c);
}

static void test_device_asks_for_a_reset(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    sim_needs_reset(&c->f.sim);
    assert_true(virtio_device_needs_reset(&c->f.dev));
    assert_int_equal(in_recover(c), 0);
    in_run(c);
    assert_in_works(c);
    in_down(c);
}

static void test_restart_that_fails_and_one_that_does_not(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    in_frame(c, 2);
    in_part(c, 1);
    in_run(c);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 1), 0);
    c->f.sim.queue[0].size_max = 4; /* too small for the ring there is */
    assert_int_equal(in_recover(c), -VIRTIO_EPROTO);
    /* Its events can be read, it can be set, and nothing touches the rings. */
    in_read_all(c);
    assert_int_equal(c->count, 4);
    assert_marker(&c->records[2]);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 7), 0);
    assert_int_equal(virtio_input_due(&c->in), 0);
    assert_int_equal(virtio_input_poll(&c->in), 0);
    c->f.sim.queue[0].size_max = 1024;
    assert_int_equal(in_recover(c), 0);
    in_run(c);
    assert_int_equal(c->host.status_count, 1);
    assert_int_equal(c->host.status[0].value, 7);
    assert_in_works(c);
    in_down(c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_events_that_are_too_short_HZ_INPUT_03, setup_keyboard),
        ALL(test_events_that_are_too_long_HZ_SPLIT_04, setup_keyboard),
        BOTH(test_unknown_events_INPUT_OP_05, setup_keyboard),
        ALL(test_random_device, setup_keyboard),
        BOTH(test_every_queue_breaks, setup_keyboard),
        BOTH(test_both_queues_break, setup_keyboard),
        BOTH(test_buffer_that_comes_twice, setup_keyboard),
        BOTH(test_reset_keeps_what_was_received, setup_keyboard),
        BOTH(test_late_notification, setup_keyboard),
        BOTH(test_reset_in_the_middle_of_a_frame, setup_keyboard),
        BOTH(test_reset_while_a_frame_is_dropped, setup_keyboard),
        BOTH(test_reset_with_a_full_fifo, setup_keyboard),
        ALL(test_many_resets, setup_keyboard),
        BOTH(test_device_asks_for_a_reset, setup_keyboard),
        BOTH(test_restart_that_fails_and_one_that_does_not, setup_keyboard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
