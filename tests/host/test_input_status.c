/* SPDX-License-Identifier: Apache-2.0 */
/* The input engine's status queue (5.8.6): lights, sounds, repeat. */

#include "fixture_input.h"

static const struct sim_input_event *last(const struct input_fixture *c)
{
    assert_true(c->host.status_count != 0);
    return &c->host.status[(c->host.status_count - 1) % SIM_INPUT_STATUS];
}

/* The device was told `value` most recently of this code. */
static bool told(const struct input_fixture *c, uint16_t type, uint16_t code, uint32_t value)
{
    for (unsigned int i = c->host.status_count; i-- != 0;)
    {
        if (c->host.status[i].type == type && c->host.status[i].code == code)
        {
            return c->host.status[i].value == value;
        }
    }
    return false;
}

static void test_set(void **state)
{
    struct input_fixture *c = *state;
    static const struct sim_input_event events[] = {
        {VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 1},    {VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_SCROLLL, 1},
        {VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 0},    {VIRTIO_INPUT_EV_SND, VIRTIO_INPUT_SND_BELL, 1},
        {VIRTIO_INPUT_EV_REP, VIRTIO_INPUT_REP_DELAY, 250}, {VIRTIO_INPUT_EV_REP, VIRTIO_INPUT_REP_PERIOD, 0xffffffff},
    };

    in_up(c);
    for (unsigned int i = 0; i < LENGTH(events); i++)
    {
        assert_int_equal(virtio_input_set(&c->in, events[i].type, events[i].code, (int32_t)events[i].value), 0);
        in_run(c);
        assert_int_equal(c->host.status_count, i + 1);
        assert_int_equal(last(c)->type, events[i].type);
        assert_int_equal(last(c)->code, events[i].code);
        assert_int_equal(last(c)->value, events[i].value);
    }
    assert_int_equal(c->in.stats.sent, LENGTH(events));
    in_down(c);
}

/* As QEMU does it, and worse: nothing depends on it, so it is no reason to give up the device. */
static void test_lengths_of_what_was_only_read(void **state)
{
    struct input_fixture *c = *state;
    static const uint32_t lengths[] = {8, 1, 0xffffffff};

    in_up(c);
    for (unsigned int i = 0; i < LENGTH(lengths); i++)
    {
        c->host.status_length = lengths[i];
        assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, (int32_t)i), 0);
        in_run(c);
        assert_int_equal(c->host.status_count, i + 1);
        assert_int_equal(c->in.status_out.ring.in_flight, 0);
    }
    assert_int_equal(in_recover(c), 0);
    in_run(c);
    assert_in_works(c);
    assert_int_equal(c->in.status_out.ring.stats.errors, 0);
    in_down(c);
}

static void test_what_the_device_does_not_have(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, 3, 1), -VIRTIO_ENOTSUP);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_SND, VIRTIO_INPUT_SND_TONE, 440), -VIRTIO_ENOTSUP);
    in_run(c);
    assert_int_equal(c->host.status_count, 0);
    in_down(c);
}

static void test_what_does_not_go_to_a_device(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    /* The device has all of these, or they do not exist. */
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_MSC, VIRTIO_INPUT_MSC_TIMESTAMP, 1), -VIRTIO_EINVAL);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_KEY, VIRTIO_INPUT_KEY_A, 1), -VIRTIO_EINVAL);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_REPORT, 0), -VIRTIO_EINVAL);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_FF, 0, 1), -VIRTIO_EINVAL);
    assert_int_equal(virtio_input_set(&c->in, 0xffff, 0, 1), -VIRTIO_EINVAL);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_CNT, 1), -VIRTIO_EINVAL);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_SND, VIRTIO_INPUT_SND_CNT, 1), -VIRTIO_EINVAL);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_REP, VIRTIO_INPUT_REP_CNT, 1), -VIRTIO_EINVAL);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, 0xffff, 1), -VIRTIO_EINVAL);
    in_run(c);
    assert_int_equal(c->host.status_count, 0);
    in_down(c);
}

/* Received time stamps are passed on to the reader and to nobody else. */
static void test_time_stamps_are_not_sent_back(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    for (unsigned int i = 0; i < 100; i++)
    {
        sim_input_event(&c->host, VIRTIO_INPUT_EV_MSC, VIRTIO_INPUT_MSC_TIMESTAMP, i);
        sim_input_event(&c->host, VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_REPORT, 0);
        in_run(c);
        in_read_all(c);
    }
    assert_int_equal(c->count, 200);
    assert_int_equal(c->host.status_count, 0);
    in_down(c);
}

static void test_queue_that_is_never_served(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    c->host.stalled = true;
    for (unsigned int i = 0; i < 10000; i++)
    {
        assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, (uint16_t)(i % 3), (int32_t)i), 0);
        in_notify(c);
    }
    assert_int_equal(sim_pending(&c->f.sim, 1), 3); /* one of each */
    /* Events do not suffer. */
    in_frame(c, 4);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 4);
    /* When it is served after all, the last values follow. */
    c->host.stalled = false;
    in_run(c);
    assert_int_equal(c->host.status_count, 6);
    assert_true(told(c, VIRTIO_INPUT_EV_LED, 0, 9999));
    assert_true(told(c, VIRTIO_INPUT_EV_LED, 1, 9997));
    assert_true(told(c, VIRTIO_INPUT_EV_LED, 2, 9998));
    assert_in_works(c);
    in_down(c);
}

/* Fewer descriptors than codes: those that find none wait. */
static void test_small_queue(void **state)
{
    struct input_fixture *c = *state;

    c->f.sim.queue[1].size_max = 2;
    in_up(c);
    c->host.stalled = true;
    for (uint16_t code = 0; code < 3; code++)
    {
        assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, code, 1 + code), 0);
    }
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_REP, VIRTIO_INPUT_REP_PERIOD, 33), 0);
    in_run(c);
    assert_int_equal(sim_pending(&c->f.sim, 1), 2);
    c->host.stalled = false;
    in_run(c);
    assert_int_equal(c->host.status_count, 4);
    assert_true(told(c, VIRTIO_INPUT_EV_LED, 2, 3));
    assert_true(told(c, VIRTIO_INPUT_EV_REP, VIRTIO_INPUT_REP_PERIOD, 33));
    in_down(c);
}

static void test_buffers_come_back_in_any_order(void **state)
{
    struct input_fixture *c = *state;

    c->f.sim.order = SIM_RANDOM;
    in_up(c);
    for (unsigned int round = 0; round < 200; round++)
    {
        for (uint16_t code = 0; code < 3; code++)
        {
            assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, code, (int32_t)(round + code)), 0);
        }
        in_notify(c);
        sim_step(&c->f.sim, 1, 1 + host_random() % 3);
        assert_true(virtio_input_poll(&c->in) >= 0);
    }
    in_run(c);
    for (uint16_t code = 0; code < 3; code++)
    {
        assert_true(told(c, VIRTIO_INPUT_EV_LED, code, 199u + code));
    }
    in_down(c);
}

static void test_set_while_stopped(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    virtio_input_stop(&c->in);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 1), 0);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, 5, 1), -VIRTIO_ENOTSUP);
    assert_int_equal(virtio_input_due(&c->in), 0);
    assert_int_equal(virtio_input_restart(&c->in), 0);
    virtio_input_resume(&c->in, 0);
    in_run(c);
    assert_int_equal(c->host.status_count, 1);
    assert_true(told(c, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 1));
    in_down(c);
}

/* The device forgot it all: every code that was ever set, its last value, once. */
static void test_state_is_said_again_after_a_reset(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 1), 0);
    in_run(c);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 0), 0);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_CAPSL, 1), 0);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_REP, VIRTIO_INPUT_REP_DELAY, 400), 0);
    in_run(c);
    c->host.status_count = 0;
    assert_int_equal(in_recover(c), 0);
    in_run(c);
    assert_int_equal(c->host.status_count, 3);
    assert_true(told(c, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 0));
    assert_true(told(c, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_CAPSL, 1));
    assert_true(told(c, VIRTIO_INPUT_EV_REP, VIRTIO_INPUT_REP_DELAY, 400));
    in_down(c);
}

/* What was on its way, and what waited behind it, at the reset. */
static void test_reset_of_a_queue_that_was_not_served(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    c->host.stalled = true;
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 1), 0);
    in_run(c);
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 2), 0);
    in_run(c);
    for (unsigned int round = 0; round < 20; round++)
    {
        assert_int_equal(in_recover(c), 0);
        in_run(c);
        assert_int_equal(sim_pending(&c->f.sim, 1), 1);
    }
    c->host.stalled = false;
    in_run(c);
    assert_int_equal(c->host.status_count, 1);
    assert_true(told(c, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_NUML, 2));
    in_down(c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_set, setup_keyboard),
        BOTH(test_lengths_of_what_was_only_read, setup_keyboard),
        BOTH(test_what_the_device_does_not_have, setup_keyboard),
        BOTH(test_what_does_not_go_to_a_device, setup_keyboard),
        BOTH(test_time_stamps_are_not_sent_back, setup_keyboard),
        ALL(test_queue_that_is_never_served, setup_keyboard),
        BOTH(test_small_queue, setup_keyboard),
        BOTH(test_buffers_come_back_in_any_order, setup_keyboard),
        BOTH(test_set_while_stopped, setup_keyboard),
        BOTH(test_state_is_said_again_after_a_reset, setup_keyboard),
        BOTH(test_reset_of_a_queue_that_was_not_served, setup_keyboard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
