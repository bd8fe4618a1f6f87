/* SPDX-License-Identifier: Apache-2.0 */
/* The console engine with a device that behaves: bytes in and out. */

#include "fixture_console.h"

static uint8_t out[200000];
static uint8_t in[200000];

/* --- writing ---------------------------------------------------------------------------------------------------- */

static void test_a_write_is_few_requests_and_one_notification(void **state)
{
    struct console_fixture *c = *state;
    uint64_t notifications;

    con_up(c);
    con_fill(out, 0, 300);
    notifications = c->f.sim.queue[1].notifications;
    assert_int_equal(virtio_console_room(&c->con, 0), 400);
    assert_int_equal(virtio_console_write(&c->con, 0, out, 250), 250);
    assert_int_equal(virtio_console_room(&c->con, 0), 100);
    assert_false(virtio_console_idle(&c->con, 0));
    assert_int_equal(virtio_console_due(&c->con), 1u << 1);
    assert_int_equal(virtio_console_due(&c->con), 0);
    virtio_console_notify(&c->con, 1u << 1);
    assert_int_equal(c->f.sim.queue[1].notifications, notifications + 1);
    con_forget_events(c);
    con_run(c);
    assert_int_equal(c->host.port[0].requests, 3);
    assert_int_equal(c->host.port[0].output_length, 250);
    assert_con_pattern(c->host.port[0].output, 0, 250);
    assert_true(virtio_console_idle(&c->con, 0));
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_WRITABLE), 1);
    assert_int_equal(c->con.ports[0].sent, 250);
    assert_int_equal(c->con.ports[0].tx.ring.stats.requests, 3);
    assert_true(c->con.ports[0].tx.ring.stats.batches > 0);
    con_down(c);
}

static void test_short_write_when_full_HZ_CON_07(void **state)
{
    struct console_fixture *c = *state;
    size_t done = 0;

    con_up(c);
    con_fill(out, 0, 5000);
    c->host.port[0].stalled = true; /* the host stops reading */
    assert_int_equal(virtio_console_write(&c->con, 0, out, 5000), 400);
    con_run(c);
    assert_int_equal(virtio_console_write(&c->con, 0, out, 5000), 0);
    assert_int_equal(virtio_console_room(&c->con, 0), 0);
    assert_int_equal(virtio_console_write(&c->con, 0, out, 0), 0);
    c->host.port[0].stalled = false;
    done = 400;
    while (done < 5000)
    {
        int taken;

        con_run(c);
        taken = virtio_console_write(&c->con, 0, out + done, 5000 - done);
        assert_in_range(taken, 1, 400);
        done += (size_t)taken;
    }
    con_run(c);
    assert_int_equal(c->host.port[0].output_length, 5000);
    assert_con_pattern(c->host.port[0].output, 0, 5000);
    con_down(c);
}

/* A writer who cannot wait for the interrupt takes his buffers back himself. */
static void test_reclaim(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    con_fill(out, 0, 400);
    con_forget_events(c);
    c->host.port[1].stalled = true;
    assert_int_equal(virtio_console_write(&c->con, 1, out, 1000), 400);
    con_notify(c);
    sim_console_run(&c->f.sim);
    assert_int_equal(virtio_console_reclaim(&c->con, 1), 0); /* the device has them still */
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_WRITABLE), 0);

    c->host.port[1].stalled = false;
    sim_console_run(&c->f.sim);
    assert_int_equal(virtio_console_room(&c->con, 1), 0);
    assert_true(virtio_console_reclaim(&c->con, 1) > 0);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_WRITABLE), 1);
    assert_int_equal(virtio_console_room(&c->con, 1), 400);
    assert_true(virtio_console_idle(&c->con, 1));

    assert_int_equal(virtio_console_reclaim(&c->con, 2), 0);    /* not plugged */
    assert_int_equal(virtio_console_reclaim(&c->con, 1000), 0); /* no such port */
    sim_used_put(&c->f.sim, 1, 0x10000, 0);
    assert_int_equal(virtio_console_reclaim(&c->con, 0), -VIRTIO_EPROTO);
    virtio_console_stop(&c->con);
    assert_int_equal(virtio_console_reclaim(&c->con, 0), 0);
    con_down(c);
}

static void test_errors_of_write(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    assert_int_equal(virtio_console_write(&c->con, 3, "x", 1), -VIRTIO_ENODEV);
    assert_int_equal(virtio_console_write(&c->con, 1, "x", 1), -VIRTIO_ENODEV);
    assert_int_equal(virtio_console_room(&c->con, 1), 0);
    assert_true(virtio_console_idle(&c->con, 1));
    assert_true(virtio_console_idle(&c->con, 77));
    assert_int_equal(virtio_console_read(&c->con, 3, in, 1), -VIRTIO_ENODEV);
    assert_int_equal(virtio_console_read(&c->con, 1, in, 1), -VIRTIO_ENODEV);
    assert_int_equal(virtio_console_readable(&c->con, 3), 0);
    assert_int_equal(virtio_console_readable(&c->con, 1), 0);
    assert_int_equal(virtio_console_open(&c->con, 3, true), -VIRTIO_ENODEV);
    assert_int_equal(virtio_console_open(&c->con, 1, true), -VIRTIO_ENODEV);
    sim_console_plug(&c->host, 1);
    con_run(c);
    assert_int_equal(virtio_console_write(&c->con, 1, "x", 1), -VIRTIO_EIO);
    sim_console_open(&c->host, 1, true);
    con_run(c);
    assert_int_equal(virtio_console_write(&c->con, 1, "x", 1), 1);
    virtio_console_stop(&c->con);
    assert_int_equal(virtio_console_write(&c->con, 1, "x", 1), -VIRTIO_EAGAIN);
    con_down(c);
}

/* Buffers come back in any order; the bytes stay in theirs. */
static void test_out_of_order(void **state)
{
    struct console_fixture *c = *state;
    size_t given = 0;

    con_up(c);
    c->host.port[0].stalled = true;
    while (given < 3000)
    {
        size_t before = c->host.port[0].output_length;
        int taken;

        con_fill(out, given, 33);
        taken = virtio_console_write(&c->con, 0, out, 33);
        given += (size_t)taken;
        con_notify(c);
        assert_true(taken != 0 || sim_pending(&c->f.sim, 1) != 0);
        if (sim_pending(&c->f.sim, 1) > 1 && host_random() % 2 == 0)
        {
            sim_finish(&c->f.sim, 1, 1); /* the second before the first: its bytes go where they do not belong */
            c->host.port[0].output_length = before;
            sim_finish(&c->f.sim, 1, 0);
        }
        else if (taken == 0)
        {
            sim_finish(&c->f.sim, 1, 0);
        }
        assert_true(virtio_console_poll(&c->con) >= 0);
        assert_true(c->con.ports[0].tx.used <= c->con.ports[0].tx.count);
    }
    c->host.port[0].stalled = false;
    con_run(c);
    assert_true(virtio_console_idle(&c->con, 0));
    assert_int_equal(virtio_console_room(&c->con, 0), 400);
    con_down(c);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static void test_read_in_pieces(void **state)
{
    struct console_fixture *c = *state;
    size_t done = 0;
    size_t piece = 1;

    con_up(c);
    con_fill(out, 0, 3000);
    con_forget_events(c);
    sim_console_input(&c->host, 0, out, 3000);
    con_run(c);
    assert_int_equal(virtio_console_readable(&c->con, 0), 8 * 64); /* the rest waits outside */
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_READABLE), 1);
    assert_int_equal(virtio_console_read(&c->con, 0, in, 0), 0);
    while (done < 3000)
    {
        int got = virtio_console_read(&c->con, 0, in + done, piece);

        assert_in_range(got, 1, piece);
        done += (size_t)got;
        piece = piece % 200 + 37;
        con_run(c);
    }
    assert_con_pattern(in, 0, 3000);
    assert_int_equal(virtio_console_read(&c->con, 0, in, 10), 0);
    assert_int_equal(c->con.ports[0].received, 3000);
    assert_int_equal(virtio_console_readable(&c->con, 0), 0);
    con_down(c);
}

static void test_bulk_both_ways(void **state)
{
    struct console_fixture *c = *state;
    size_t written = 0;
    size_t read = 0;

    con_up(c);
    con_plug(c, 2);
    con_fill(out, 0, sizeof(out));
    sim_console_input(&c->host, 2, out, sizeof(out));
    while (written < sizeof(out) || read < sizeof(in))
    {
        int result = virtio_console_write(&c->con, 2, out + written, sizeof(out) - written);

        assert_true(result >= 0);
        written += (size_t)result;
        result = virtio_console_read(&c->con, 2, in + read, sizeof(in) - read);
        assert_true(result >= 0);
        read += (size_t)result;
        con_run(c);
    }
    con_run(c);
    assert_con_pattern(in, 0, sizeof(in));
    assert_int_equal(c->host.port[2].output_length, sizeof(out));
    assert_con_pattern(c->host.port[2].output, 0, sizeof(out));
    con_down(c);
}

/* One byte at a time, as a keyboard does: a notification for every few buffers, not for each. */
static void test_buffers_go_back_several_at_a_time(void **state)
{
    struct console_fixture *c = *state;
    uint64_t before;

    con_up(c);
    before = c->f.sim.queue[0].notifications;
    con_fill(out, 0, 400);
    c->host.port[0].largest = 1;
    for (size_t i = 0; i < 400; i++)
    {
        sim_console_input(&c->host, 0, out + i, 1);
        con_run(c);
        assert_int_equal(virtio_console_read(&c->con, 0, in + i, 10), 1);
        con_notify(c);
        assert_true(sim_pending(&c->f.sim, 0) >= 4); /* never short of them */
    }
    assert_con_pattern(in, 0, 400);
    assert_in_range(c->f.sim.queue[0].notifications - before, 1, 400 / 3 + 1);
    con_down(c);
}

static void read_at_once(struct console_fixture *c, uint16_t port, enum virtio_console_event event)
{
    if (event == VIRTIO_CONSOLE_READABLE)
    {
        int got = virtio_console_read(&c->con, port, in, sizeof(in));

        assert_true(got > 0);
        /* Echo. */
        assert_int_equal(virtio_console_write(&c->con, port, in, (size_t)got), got);
    }
}

static void test_read_and_write_from_the_event(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    c->on_event = read_at_once;
    con_fill(out, 0, 2000);
    c->host.port[0].largest = 7;
    for (size_t i = 0; i < 2000; i += 20)
    {
        sim_console_input(&c->host, 0, out + i, 20);
        con_run(c);
    }
    assert_int_equal(c->host.port[0].output_length, 2000);
    assert_con_pattern(c->host.port[0].output, 0, 2000);
    con_down(c);
}

/* The device finishes a buffer just while notifications are switched on again: it is found by the second look. */
static void one_more(void *context)
{
    struct console_fixture *c = context;

    /* Only when the driver has taken everything, so not at the barriers of taking it. */
    if (c->host.port[0].input_length != 0 && c->f.sim.queue[0].used_idx == c->con.ports[0].rx.ring.used_idx)
    {
        sim_finish(&c->f.sim, 0, 0);
    }
}

static void test_no_buffer_is_missed(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_fill(out, 0, 8);
    c->host.port[0].largest = 1;
    sim_console_input(&c->host, 0, out, 8);
    sim_finish(&c->f.sim, 0, 0);
    host.on_barrier = one_more;
    host.barrier_context = c;
    assert_int_equal(virtio_console_poll(&c->con), 8);
    host.on_barrier = NULL;
    assert_int_equal(virtio_console_read(&c->con, 0, in, 100), 8);
    assert_con_pattern(in, 0, 8);
    con_down(c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_a_write_is_few_requests_and_one_notification, setup_single),
        ALL(test_short_write_when_full_HZ_CON_07, setup_single),
        ALL(test_reclaim, setup_multi),
        BOTH(test_errors_of_write, setup_multi),
        ALL(test_out_of_order, setup_single),
        ALL(test_read_in_pieces, setup_single),
        ALL(test_bulk_both_ways, setup_multi),
        ALL(test_buffers_go_back_several_at_a_time, setup_single),
        ALL(test_read_and_write_from_the_event, setup_single),
        ALL(test_no_buffer_is_missed, setup_single),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
