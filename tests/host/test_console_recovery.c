/* SPDX-License-Identifier: Apache-2.0 */
/* Stop, restart, resume, settle: no byte that was received is lost, none that was written either, ports come back. */

#include "fixture_console.h"

static uint8_t out[1000];
static uint8_t in[1000];

static void expect_input(struct console_fixture *c, uint16_t port, size_t length)
{
    memset(in, 0, sizeof(in));
    assert_int_equal(virtio_console_read(&c->con, port, in, sizeof(in)), length);
    assert_con_pattern(in, 0, length);
}

static void expect_output(struct console_fixture *c, uint16_t port, size_t from, size_t length)
{
    assert_int_equal(c->host.port[port].output_length, from + length);
    assert_con_pattern(c->host.port[port].output + from, 0, length);
}

static void test_unread_bytes_survive(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_fill(out, 0, 600);
    sim_console_input(&c->host, 0, out, 300);
    con_run(c);
    assert_int_equal(virtio_console_read(&c->con, 0, in, 70), 70);
    con_notify(c);
    virtio_console_stop(&c->con);
    /* Reading goes on while nothing else does. */
    assert_int_equal(virtio_console_read(&c->con, 0, in + 70, 80), 80);
    assert_int_equal(virtio_console_due(&c->con), 0);
    assert_int_equal(virtio_console_restart(&c->con), 0);
    assert_int_equal(virtio_console_read(&c->con, 0, in + 150, 50), 50);
    virtio_console_resume(&c->con, 0);
    sim_console_input(&c->host, 0, out + 300, 300);
    con_run(c);
    assert_int_equal(virtio_console_read(&c->con, 0, in + 200, 800), 400);
    con_notify(c);
    assert_con_pattern(in, 0, 600);
    assert_int_equal(c->con.ports[0].rx.ring.in_flight, 8);
    assert_int_equal(c->con.ports[0].rx.ring.stats.resets, 1);
    con_down(c);
}

static void test_data_in_flight_is_sent_again(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_fill(out, 0, 400);
    c->host.port[0].stalled = true;
    assert_int_equal(virtio_console_write(&c->con, 0, out, 100), 100);
    con_notify(c);
    /* One is through, so that the oldest buffer is not the first. */
    sim_finish(&c->f.sim, 1, 0);
    con_run(c);
    assert_int_equal(virtio_console_write(&c->con, 0, out + 100, 300), 300);
    con_notify(c);
    c->host.port[0].stalled = false;
    con_forget_events(c);
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    expect_output(c, 0, 0, 400);
    assert_true(con_events(c, 0, VIRTIO_CONSOLE_WRITABLE) >= 1);
    assert_true(virtio_console_idle(&c->con, 0));
    assert_int_equal(virtio_console_room(&c->con, 0), 400);
    con_down(c);
}

/* Those that overtook are not sent twice. */
static void test_finished_ones_are_not_sent_again(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_fill(out, 0, 300);
    c->host.port[0].stalled = true;
    assert_int_equal(virtio_console_write(&c->con, 0, out, 300), 300);
    con_notify(c);
    sim_finish(&c->f.sim, 1, 1);
    assert_int_equal(virtio_console_poll(&c->con), 1);
    assert_int_equal(virtio_console_room(&c->con, 0), 100);
    c->host.port[0].stalled = false;
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    assert_int_equal(c->host.port[0].requests, 3);
    assert_int_equal(c->host.port[0].output_length, 300);
    assert_int_equal(virtio_console_room(&c->con, 0), 400);
    con_down(c);
}

static void test_ports_come_back(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    con_plug(c, 2);
    assert_int_equal(virtio_console_open(&c->con, 2, false), 0);
    con_fill(out, 0, 400);
    sim_console_input(&c->host, 1, out, 200);
    c->host.port[1].stalled = true;
    con_run(c);
    assert_int_equal(virtio_console_write(&c->con, 1, out, 400), 400);
    con_notify(c);
    c->host.port[1].stalled = false;
    con_forget_events(c);

    assert_int_equal(con_recover(c), 0);
    /* Not announced yet. */
    assert_true(c->con.ports[1].awaited);
    assert_int_equal(virtio_console_write(&c->con, 1, out, 1), -VIRTIO_EAGAIN);
    assert_int_equal(virtio_console_open(&c->con, 2, true), 0);
    assert_int_equal(virtio_console_open(&c->con, 2, false), 0);
    con_run(c);
    sim_console_check(&c->f.sim);
    virtio_console_settle(&c->con);

    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_ADDED), 0);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_REMOVED), 0);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_DISCONNECTED), 0);
    assert_true(con_events(c, 1, VIRTIO_CONSOLE_WRITABLE) >= 1);
    assert_true(c->host.port[1].guest_open);  /* was open, is open again */
    assert_false(c->host.port[2].guest_open); /* was closed */
    assert_true(c->host.port[0].guest_open);
    expect_input(c, 1, 200);
    expect_output(c, 1, 0, 400);
    assert_int_equal(c->con.control_rx.ring.stats.errors, 0);
    con_down(c);
}

static void test_ports_that_do_not_come_back(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    con_plug(c, 2);
    con_fill(out, 0, 100);
    sim_console_input(&c->host, 1, out, 100);
    con_run(c);
    c->host.port[1].stalled = true;
    assert_int_equal(virtio_console_write(&c->con, 1, out, 100), 100);
    con_notify(c);
    c->host.port[1].plugged = false; /* unplugged while the device was broken */
    c->host.port[2].open = false;    /* closed meanwhile */
    con_forget_events(c);
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    /* A removal is no news of a port that was not announced. */
    sim_console_message(&c->host, 1, SIM_CONSOLE_PORT_REMOVE, 0, NULL, 0);
    con_run(c);
    assert_int_equal(c->con.control_rx.ring.stats.errors, 1);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_REMOVED), 0);
    assert_true(c->con.ports[2].host_open);
    virtio_console_settle(&c->con);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_REMOVED), 1);
    assert_int_equal(con_events(c, 2, VIRTIO_CONSOLE_DISCONNECTED), 1);
    assert_int_equal(virtio_console_write(&c->con, 2, out, 1), -VIRTIO_EIO);
    assert_int_equal(virtio_console_write(&c->con, 1, out, 1), -VIRTIO_ENODEV);
    expect_input(c, 1, 100);
    virtio_console_settle(&c->con);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_REMOVED), 1);
    /* What was on its way to the former port does not go to the new one. */
    c->host.port[1].stalled = false;
    con_plug(c, 1);
    assert_int_equal(c->host.port[1].output_length, 0);
    assert_int_equal(virtio_console_room(&c->con, 1), 400);
    assert_int_equal(virtio_console_write(&c->con, 1, out, 100), 100);
    con_run(c);
    expect_output(c, 1, 0, 100);
    con_down(c);
}

/* A device that says nothing more: its ports are gone when their time is over. */
static void test_mute_device(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    c->host.mute = true;
    con_forget_events(c);
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    /* Not while stopped: another recovery is under way. */
    virtio_console_stop(&c->con);
    virtio_console_settle(&c->con);
    assert_int_equal(c->event_count, 0);
    assert_int_equal(virtio_console_restart(&c->con), 0);
    virtio_console_resume(&c->con, 0);
    con_run(c);
    virtio_console_settle(&c->con);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_REMOVED), 1);
    con_down(c);
}

/* What was owed to the device that there was is not said to the one that begins anew. */
static void test_control_owed_before_the_reset(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    c->host.control_stalls = true;
    for (unsigned int i = 0; i < 200; i++)
    {
        assert_int_equal(virtio_console_open(&c->con, 1, i % 2 != 0), 0);
    }
    sim_console_plug(&c->host, 2);
    con_run(c);
    assert_true(c->con.ports[1].owes_open);
    assert_true(c->con.ports[2].owes_ready);
    c->host.control_stalls = false;
    c->host.mute = true;
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    assert_conformant();
    c->host.mute = false;
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    sim_console_check(&c->f.sim);
    assert_true(c->host.port[1].guest_open);
    con_down(c);
}

/* Broken again before the ports were back, several times. */
static void test_recovery_in_recovery(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    con_fill(out, 0, 400);
    sim_console_input(&c->host, 1, out, 200);
    con_run(c);
    c->host.port[1].stalled = true;
    assert_int_equal(virtio_console_write(&c->con, 1, out, 400), 400);
    con_notify(c);
    for (unsigned int i = 0; i < 5; i++)
    {
        assert_int_equal(con_recover(c), 0);
        if (i % 2 != 0)
        {
            con_run(c);
        }
    }
    c->host.port[1].stalled = false;
    con_run(c);
    virtio_console_settle(&c->con);
    expect_output(c, 1, 0, 400);
    expect_input(c, 1, 200);
    assert_true(c->host.port[1].guest_open);
    con_down(c);
}

static void test_before_the_first_poll(void **state)
{
    struct console_fixture *c = *state;

    assert_int_equal(con_start(c), 0);
    con_fill(out, 0, 100);
    assert_int_equal(virtio_console_write(&c->con, 0, out, 100), 100);
    assert_int_equal(con_recover(c), 0);
    assert_int_equal(c->events[0].event, VIRTIO_CONSOLE_ADDED);
    con_run(c);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_ADDED), 1);
    expect_output(c, 0, 0, 100);
    con_down(c);
}

/* A stopped console is left alone, and what was due before the stop is not sent to a device that is not ready. */
static void test_stopped_CORE_INIT_09(void **state)
{
    struct console_fixture *c = *state;
    uint64_t due;
    uint64_t accesses;

    con_up(c);
    assert_int_equal(virtio_console_write(&c->con, 0, "x", 1), 1);
    due = virtio_console_due(&c->con);
    assert_int_not_equal(due, 0);
    virtio_console_stop(&c->con);
    accesses = c->f.sim.accesses;
    assert_int_equal(virtio_console_poll(&c->con), 0);
    assert_int_equal(virtio_console_open(&c->con, 0, false), 0);
    assert_int_equal(virtio_console_open(&c->con, 0, true), 0);
    virtio_console_notify(&c->con, due);
    assert_int_equal(c->f.sim.accesses, accesses);
    assert_int_equal(virtio_console_restart(&c->con), 0);
    virtio_console_notify(&c->con, due);
    virtio_console_resume(&c->con, 0);
    con_run(c);
    assert_int_equal(c->host.port[0].output_length, 1);
    con_down(c);
}

static void test_restart_fails(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_fill(out, 0, 100);
    sim_console_input(&c->host, 0, out, 100);
    con_run(c);
    c->host.port[0].stalled = true;
    assert_int_equal(virtio_console_write(&c->con, 0, out, 100), 100);
    con_notify(c);
    con_forget_events(c);
    c->f.sim.reset_stuck = true;
    assert_int_equal(con_recover(c), -VIRTIO_ETIMEDOUT);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_REMOVED), 1);
    assert_int_equal(virtio_console_write(&c->con, 0, out, 1), -VIRTIO_ENODEV);
    expect_input(c, 0, 100);
    assert_int_equal(virtio_console_read(&c->con, 0, in, 1), -VIRTIO_ENODEV);
    assert_int_equal(virtio_console_emergency(&c->f.dev, "x", 1), 0);
    /* It comes to its senses, later; nothing of what was is left. */
    c->f.sim.reset_stuck = false;
    c->host.port[0].stalled = false;
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_ADDED), 1);
    assert_int_equal(virtio_console_room(&c->con, 0), 400);
    assert_int_equal(virtio_console_write(&c->con, 0, out, 50), 50);
    con_run(c);
    expect_output(c, 0, 0, 50);
    con_down(c);
}

static void test_device_is_gone(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    c->f.sim.gone = true;
    assert_int_equal(con_recover(c), -VIRTIO_ENODEV);
    assert_int_equal(virtio_console_write(&c->con, 0, out, 1), -VIRTIO_ENODEV);
    assert_int_equal(virtio_console_emergency(&c->f.dev, "x", 1), 0); /* to nobody */
    assert_int_equal(virtio_console_poll(&c->con), 0);
    c->f.sim.gone = false;
    con_down(c);
}

static void test_every_queue_fails_to_reopen(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    for (unsigned int queue = 0; queue < c->f.sim.queue_count; queue++)
    {
        c->f.sim.queue[queue].size_max = 1;
        assert_int_equal(con_recover(c), -VIRTIO_EPROTO);
        assert_int_equal(virtio_console_write(&c->con, 0, out, 1), -VIRTIO_ENODEV);
        c->f.sim.queue[queue].size_max = 1024;
        assert_int_equal(con_recover(c), 0);
        con_run(c);
        assert_int_equal(virtio_console_write(&c->con, 0, out, 1), 1);
        con_run(c);
    }
    con_down(c);
}

static void test_other_features_DP_CORE_06(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    sim_withdraw(&c->f.sim, SIM_CONSOLE_F_MULTIPORT);
    assert_int_equal(con_recover(c), -VIRTIO_EPROTO);
    assert_true(host_log_has("no longer those of the first start"));
    con_down(c);
}

static void test_another_size_after_the_reset(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_forget_events(c);
    sim_config16(&c->f.sim, SIM_CONSOLE_COLS, 120);
    sim_config32(&c->f.sim, SIM_CONSOLE_MAX_NR_PORTS, 1); /* of no interest any more: the queues are there */
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_RESIZED), 1);
    assert_int_equal(c->con.ports[0].cols, 120);
    assert_int_equal(c->con.port_count, 3);
    con_down(c);
}

/* Host and guest talk while the device is reset again and again; every byte arrives, in order, none of input twice. */
static void test_traffic_with_resets(void **state)
{
    struct console_fixture *c = *state;
    size_t read = 0;
    size_t sent = 0;

    con_up(c);
    con_plug(c, 1);
    for (unsigned int round = 0; round < 2000; round++)
    {
        uint8_t bytes[97];
        int got;

        con_fill(bytes, sent, sizeof(bytes));
        if (c->host.port[1].input_length == 0)
        {
            con_fill(out, sent, sizeof(bytes));
            sim_console_input(&c->host, 1, out, sizeof(bytes));
            sent += sizeof(bytes);
        }
        con_run(c);
        got = virtio_console_read(&c->con, 1, in, 1 + host_random() % 200);
        assert_true(got >= 0);
        assert_con_pattern(in, read, (size_t)got);
        read += (size_t)got;
        virtio_console_write(&c->con, 1, bytes, 1 + host_random() % sizeof(bytes));
        if (host_random() % 10 == 0)
        {
            /* What the device has finished and nobody has seen yet counts, too. */
            con_notify(c);
            sim_console_run(&c->f.sim);
            assert_int_equal(con_recover(c), 0);
        }
    }
    con_run(c);
    while (read < sent)
    {
        int got = virtio_console_read(&c->con, 1, in, sizeof(in));

        assert_true(got > 0);
        assert_con_pattern(in, read, (size_t)got);
        read += (size_t)got;
        con_run(c);
    }
    assert_int_equal(c->host.port[1].output_length, c->con.ports[1].sent);
    con_down(c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_unread_bytes_survive, setup_single),
        ALL(test_data_in_flight_is_sent_again, setup_single),
        BOTH(test_finished_ones_are_not_sent_again, setup_single),
        ALL(test_ports_come_back, setup_multi),
        ALL(test_ports_that_do_not_come_back, setup_multi),
        BOTH(test_mute_device, setup_multi),
        BOTH(test_control_owed_before_the_reset, setup_multi),
        ALL(test_recovery_in_recovery, setup_multi),
        BOTH(test_before_the_first_poll, setup_single),
        ALL(test_stopped_CORE_INIT_09, setup_multi),
        BOTH(test_restart_fails, setup_multi),
        BOTH(test_restart_fails, setup_single),
        BOTH(test_device_is_gone, setup_multi),
        BOTH(test_every_queue_fails_to_reopen, setup_multi),
        BOTH(test_other_features_DP_CORE_06, setup_multi),
        BOTH(test_another_size_after_the_reset, setup_multi),
        ALL(test_traffic_with_resets, setup_multi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
