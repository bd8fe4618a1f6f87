/* SPDX-License-Identifier: Apache-2.0 */
/* The console engine with a device that lies (HZ-CON-*, DP-CON-*, and what reaches the engine of HZ-SPLIT-*). */

#include "fixture_console.h"

static uint8_t out[1000];
static uint8_t in[1000];

/* Everything still works: a port that is plugged now, bytes in both directions. */
static void assert_works(struct console_fixture *c, uint16_t port)
{
    size_t before = c->host.port[port].output_length;

    con_fill(out, 0, 100);
    assert_int_equal(virtio_console_write(&c->con, port, out, 100), 100);
    sim_console_input(&c->host, port, out, 100);
    con_run(c);
    assert_int_equal(c->host.port[port].output_length, before + 100);
    assert_con_pattern(c->host.port[port].output + before, 0, 100);
    memset(in, 0, sizeof(in));
    assert_int_equal(virtio_console_read(&c->con, port, in, sizeof(in)), 100);
    assert_con_pattern(in, 0, 100);
    con_notify(c);
}

static uint64_t ignored(const struct console_fixture *c)
{
    return c->con.control_rx.ring.stats.errors;
}

/* --- data ------------------------------------------------------------------------------------------------------- */

static void test_nothing_received(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_forget_events(c);
    c->host.length_replaced = true;
    c->host.length = 0;
    for (unsigned int i = 0; i < 100; i++)
    {
        sim_console_input(&c->host, 0, out, 1);
        con_run(c);
    }
    assert_int_equal(c->con.ports[0].rx.ring.stats.errors, 100);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_READABLE), 0);
    assert_int_equal(virtio_console_read(&c->con, 0, in, 10), 0);
    c->host.length_replaced = false;
    assert_works(c, 0);
    con_down(c);
}

static void test_more_received_than_fits_HZ_SPLIT_04(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    c->host.length_replaced = true;
    c->host.length = 65;
    sim_console_input(&c->host, 0, out, 10);
    sim_console_run(&c->f.sim);
    if (c->f.variant->legacy)
    {
        assert_int_equal(virtio_console_poll(&c->con), 1);
        assert_int_equal(virtio_console_read(&c->con, 0, in, sizeof(in)), 64);
    }
    else
    {
        assert_int_equal(virtio_console_poll(&c->con), -VIRTIO_EPROTO);
        /* The other direction goes on, and what was read already is still there. */
        assert_int_equal(virtio_console_write(&c->con, 0, "x", 1), 1);
        assert_int_equal(virtio_console_read(&c->con, 0, in, sizeof(in)), 0);
        assert_int_equal(con_recover(c), 0);
    }
    c->host.length_replaced = false;
    con_run(c);
    assert_works(c, 0);
    con_down(c);
}

static void test_broken_transmit_queue(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    sim_used_put(&c->f.sim, 1, 0x10000, 0);
    assert_int_equal(virtio_console_poll(&c->con), -VIRTIO_EPROTO);
    assert_int_equal(virtio_console_poll(&c->con), -VIRTIO_EPROTO);
    assert_int_equal(virtio_console_write(&c->con, 0, "x", 1), -VIRTIO_EPROTO);
    assert_int_equal(virtio_console_room(&c->con, 0), 0);
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    assert_works(c, 0);
    con_down(c);
}

static void test_both_control_queues_break(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    sim_used_put(&c->f.sim, 2, 0xffff, 8);
    sim_used_put(&c->f.sim, 3, 0xffff, 8);
    assert_int_equal(virtio_console_poll(&c->con), -VIRTIO_EPROTO);
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    assert_works(c, 0);
    con_down(c);
}

/* Whichever queue breaks, the others are served by the same poll, and a reset mends it. */
static void test_every_queue_breaks(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    for (unsigned int queue = 0; queue < 6; queue++)
    {
        con_fill(out, 0, 64);
        if (queue != 0)
        {
            sim_console_input(&c->host, 0, out, 64);
            sim_finish(&c->f.sim, 0, 0);
        }
        sim_used_put(&c->f.sim, queue, 0xffff, 8);
        assert_int_equal(virtio_console_poll(&c->con), -VIRTIO_EPROTO);
        assert_int_equal(virtio_console_readable(&c->con, 0), queue != 0 ? 64 : 0);
        assert_int_equal(virtio_console_open(&c->con, 1, false), 0);
        assert_int_equal(virtio_console_open(&c->con, 1, true), 0);
        con_notify(c);
        assert_int_equal(con_recover(c), 0);
        con_run(c);
        virtio_console_settle(&c->con);
        assert_true(c->con.ports[1].present);
        assert_true(c->host.port[1].guest_open);
        if (queue != 0)
        {
            assert_int_equal(virtio_console_read(&c->con, 0, in, sizeof(in)), 64);
        }
        assert_works(c, 0);
        assert_works(c, 1);
    }
    con_down(c);
}

/* Reading empties buffers that cannot be lent again. */
static void test_read_from_a_broken_queue(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_fill(out, 0, 200);
    sim_console_input(&c->host, 0, out, 200);
    con_run(c);
    sim_used_put(&c->f.sim, 0, 0xffff, 8);
    assert_int_equal(virtio_console_poll(&c->con), -VIRTIO_EPROTO);
    assert_int_equal(virtio_console_read(&c->con, 0, in, 130), 130);
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    assert_int_equal(virtio_console_read(&c->con, 0, in + 130, 130), 70);
    assert_con_pattern(in, 0, 200);
    assert_int_equal(c->con.ports[0].rx.ring.in_flight, 8);
    assert_works(c, 0);
    con_down(c);
}

/* Data for a port that is not there is not kept for the one that comes. */
static void test_data_for_no_port(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_fill(out, 0, 1000);
    sim_console_input(&c->host, 1, out, 1000);
    c->host.port[1].hurried = true;
    con_run(c);
    assert_int_equal(virtio_console_readable(&c->con, 1), 0);
    assert_int_equal(virtio_console_read(&c->con, 1, in, 10), -VIRTIO_ENODEV);
    sim_console_input(&c->host, 1, NULL, 0);
    con_plug(c, 1);
    assert_int_equal(virtio_console_readable(&c->con, 1), 0);
    assert_int_equal(c->con.ports[1].dropped, 512);
    assert_works(c, 1);
    con_down(c);
}

static void test_broken_queue_of_no_port(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    sim_used_put(&c->f.sim, 4, 0xffff, 8);
    sim_used_put(&c->f.sim, 5, 0xffff, 8);
    con_run(c);
    sim_console_plug(&c->host, 1);
    sim_console_run(&c->f.sim);
    virtio_console_poll(&c->con);
    assert_int_equal(virtio_console_poll(&c->con), -VIRTIO_EPROTO);
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    assert_int_equal(virtio_console_open(&c->con, 1, true), 0);
    sim_console_open(&c->host, 1, true);
    con_run(c);
    assert_works(c, 1);
    con_down(c);
}

/* --- control ---------------------------------------------------------------------------------------------------- */

static void test_short_messages_HZ_CON_01(void **state)
{
    struct console_fixture *c = *state;
    const uint8_t add[8] = {1, 0, 0, 0, SIM_CONSOLE_PORT_ADD};

    con_up(c);
    for (uint32_t length = 0; length < 8; length++)
    {
        sim_console_raw(&c->host, add, sizeof(add), length);
    }
    con_run(c);
    assert_int_equal(ignored(c), 8);
    assert_false(c->con.ports[1].present);
    con_plug(c, 1);
    assert_works(c, 1);
    con_down(c);
}

static void test_long_message_HZ_CON_05(void **state)
{
    struct console_fixture *c = *state;
    uint8_t message[VIRTIO_CONSOLE_CONTROL_BYTES] = {0, 0, 0, 0, SIM_CONSOLE_PORT_NAME, 0, 0, 0};

    con_up(c);
    memset(message + 8, 'a', sizeof(message) - 8);
    sim_console_raw(&c->host, message, sizeof(message), 4096); /* the name was longer than the buffer */
    sim_console_run(&c->f.sim);
    if (c->f.variant->legacy)
    {
        assert_int_equal(virtio_console_poll(&c->con), 1);
        assert_int_equal(strlen(c->con.ports[0].name), VIRTIO_CONSOLE_NAME_BYTES - 1);
    }
    else
    {
        assert_int_equal(virtio_console_poll(&c->con), -VIRTIO_EPROTO);
        assert_int_equal(con_recover(c), 0);
    }
    con_run(c);
    assert_works(c, 0);
    con_down(c);
}

static void test_names_HZ_CON_05(void **state)
{
    static const struct
    {
        const char *text;
        uint32_t length;
        const char *clean; /* NULL: ignored */
    } names[] = {
        {"com.example", 11, "com.example"},
        {"ended\0behind", 12, "ended"}, /* QEMU's end with a NUL */
        {"\0hidden", 7, NULL},
        {"", 0, NULL},
        {"a\nb\x1b[2J\x7f\xc3\xa4", 10, "a?b?[2J???"},
        {"a\nb\x1b[2J\x7f\xc3\xa4", 1, "a"},
    };
    struct console_fixture *c = *state;
    uint64_t errors = 0;
    char longest[200];

    con_up(c);
    for (size_t i = 0; i < LENGTH(names); i++)
    {
        con_forget_events(c);
        sim_console_message(&c->host, 0, SIM_CONSOLE_PORT_NAME, 1, names[i].text, names[i].length);
        sim_console_message(&c->host, 0, SIM_CONSOLE_PORT_NAME, 1, names[i].text, names[i].length);
        con_run(c);
        if (names[i].clean == NULL)
        {
            errors += 2;
            assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_NAMED), 0);
        }
        else
        {
            assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_NAMED), 1);
            assert_string_equal(c->con.ports[0].name, names[i].clean);
        }
        assert_int_equal(ignored(c), errors);
    }
    memset(longest, 'x', sizeof(longest));
    sim_console_message(&c->host, 0, SIM_CONSOLE_PORT_NAME, 1, longest, sizeof(longest));
    con_run(c);
    assert_int_equal(strlen(c->con.ports[0].name), VIRTIO_CONSOLE_NAME_BYTES - 1);
    assert_works(c, 0);
    con_down(c);
}

static void test_ids_out_of_range_HZ_CON_02_DP_CON_02(void **state)
{
    static const uint32_t ids[] = {3, 4, 31, 32, 0x100, 0x10000, 0x10001, 0x7fffffff, 0x80000000, 0xffffffff};
    struct console_fixture *c = *state;
    uint64_t sent;

    con_up(c);
    sent = c->con.control_tx.ring.stats.requests;
    con_forget_events(c);
    for (size_t i = 0; i < LENGTH(ids); i++)
    {
        for (uint16_t event = 0; event < 9; event++)
        {
            sim_console_message(&c->host, ids[i], event, 1, "abcdef", 6);
        }
    }
    con_run(c);
    assert_int_equal(ignored(c), 9 * LENGTH(ids));
    assert_int_equal(c->event_count, 0);
    assert_int_equal(c->con.control_tx.ring.stats.requests, sent);
    assert_works(c, 0);
    con_down(c);
}

static void test_messages_for_a_port_that_is_not_there_HZ_CON_04_DP_CON_03(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_forget_events(c);
    for (uint16_t event = 0; event < 20; event++)
    {
        if (event != SIM_CONSOLE_PORT_ADD)
        {
            sim_console_message(&c->host, 1, event, 1, "abcdef", 6);
        }
    }
    con_run(c);
    assert_int_equal(ignored(c), 19);
    assert_int_equal(c->event_count, 0);
    con_plug(c, 1);
    assert_works(c, 1);
    con_down(c);
}

static void test_events_that_only_a_driver_sends_HZ_CON_01(void **state)
{
    static const uint16_t events[] = {0, 3, 8, 9, 0x100, 0xffff};
    struct console_fixture *c = *state;

    con_up(c);
    con_forget_events(c);
    for (size_t i = 0; i < LENGTH(events); i++)
    {
        sim_console_message(&c->host, 0, events[i], 1, NULL, 0);
    }
    con_run(c);
    assert_int_equal(ignored(c), LENGTH(events));
    assert_int_equal(c->event_count, 0);
    assert_works(c, 0);
    con_down(c);
}

static void test_added_twice_removed_twice_HZ_CON_04(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    con_fill(out, 0, 50);
    sim_console_input(&c->host, 1, out, 50);
    con_run(c);
    sim_console_message(&c->host, 1, SIM_CONSOLE_PORT_ADD, 0, NULL, 0);
    con_run(c);
    assert_int_equal(ignored(c), 1);
    assert_int_equal(c->host.port[1].readies, 1);
    assert_int_equal(virtio_console_read(&c->con, 1, in, 100), 50); /* it is still the same port */
    con_forget_events(c);
    sim_console_unplug(&c->host, 1);
    sim_console_message(&c->host, 1, SIM_CONSOLE_PORT_REMOVE, 0, NULL, 0);
    con_run(c);
    assert_int_equal(ignored(c), 2);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_REMOVED), 1);
    con_plug(c, 1);
    assert_works(c, 1);
    con_down(c);
}

static void test_repeated_states(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_forget_events(c);
    for (unsigned int i = 0; i < 10; i++)
    {
        c->host.port[0].open_due = true;
        sim_console_message(&c->host, 0, SIM_CONSOLE_CONSOLE_PORT, 1, NULL, 0);
        sim_console_message(&c->host, 0, SIM_CONSOLE_PORT_OPEN, 1, NULL, 0);
        con_run(c);
        sim_console_check(&c->f.sim); /* each CONSOLE_PORT is answered */
    }
    assert_int_equal(c->event_count, 0);
    for (unsigned int i = 0; i < 10; i++)
    {
        sim_console_message(&c->host, 0, SIM_CONSOLE_PORT_OPEN, 0, NULL, 0);
    }
    con_run(c);
    assert_int_equal(c->event_count, 1);
    sim_console_message(&c->host, 0, SIM_CONSOLE_PORT_OPEN, 0xffff, NULL, 0);
    con_run(c);
    assert_works(c, 0);
    con_down(c);
}

static void test_short_resize_HZ_CON_06(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    for (uint32_t length = 0; length < 4; length++)
    {
        sim_console_message(&c->host, 0, SIM_CONSOLE_RESIZE, 0, "\1\1\1\1", length);
    }
    con_run(c);
    assert_int_equal(ignored(c), 4);
    assert_int_equal(c->con.ports[0].cols, 80);
    con_down(c);
}

/* More messages than there are buffers, all at once, again and again: bounded work at a time, none is lost. */
static void test_flood(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    for (unsigned int round = 0; round < 20; round++)
    {
        for (unsigned int i = 0; i < 500; i++)
        {
            sim_console_open(&c->host, 0, i % 2 == 0);
        }
        sim_console_run(&c->f.sim);
        assert_in_range(virtio_console_poll(&c->con), 1, 2 * VIRTIO_CONSOLE_CONTROL_BUFFERS);
        con_run(c);
        assert_false(c->con.ports[0].host_open);
    }
    assert_true(c->con.control_rx.ring.stats.notifications + c->con.control_rx.ring.stats.spared <= 20 * 10);
    sim_console_open(&c->host, 0, true);
    con_run(c);
    assert_works(c, 0);
    con_down(c);
}

static void test_refusals_without_room(void **state)
{
    struct console_fixture *c = *state;

    sim_config32(&c->f.sim, SIM_CONSOLE_MAX_NR_PORTS, 0xffffffff); /* HZ-CON-03 */
    con_up(c);
    assert_int_equal(c->con.port_count, 3);
    c->host.control_stalls = true;
    for (uint32_t i = 0; i < 200; i++)
    {
        sim_console_message(&c->host, 1000 + i, SIM_CONSOLE_PORT_ADD, 0, NULL, 0);
    }
    sim_console_message(&c->host, 1000, SIM_CONSOLE_PORT_OPEN, 1, NULL, 0);
    con_run(c);
    assert_int_equal(ignored(c), 201);
    assert_int_equal(c->con.control_tx.used, c->con.control_tx.count);
    c->host.control_stalls = false;
    con_run(c);
    assert_true(violation_seen("CON-MP-01")); /* they are no ports of this device, which is astonished */
    violation_clear();
    assert_works(c, 0);
    con_down(c);
}

static void test_no_ports_HZ_CON_03(void **state)
{
    struct console_fixture *c = *state;

    sim_config32(&c->f.sim, SIM_CONSOLE_MAX_NR_PORTS, 0);
    c->host.few_ports = true;
    con_up(c);
    assert_int_equal(c->con.port_count, 1);
    assert_works(c, 0);
    con_down(c);
}

/* The device never returns what is written: no call waits, and each says so. */
static void test_host_that_stops_reading_HZ_CON_07(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    c->host.port[1].stalled = true;
    c->host.control_stalls = true;
    con_fill(out, 0, 1000);
    assert_int_equal(virtio_console_write(&c->con, 1, out, 1000), 400);
    for (unsigned int i = 0; i < 1000; i++)
    {
        assert_int_equal(virtio_console_write(&c->con, 1, out, 10), 0);
        assert_int_equal(virtio_console_open(&c->con, 1, i % 2 == 0), 0);
        con_run(c);
    }
    assert_int_equal(host_relaxed(), 0);
    assert_works(c, 0);
    c->host.port[1].stalled = false;
    con_run(c);
    assert_int_equal(c->host.port[1].output_length, 400);
    con_down(c);
}

static void test_flapping(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    for (unsigned int i = 0; i < 1000; i++)
    {
        con_forget_events(c);
        con_plug(c, 1);
        assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_ADDED), 1);
        assert_int_equal(virtio_console_write(&c->con, 1, "x", 1), 1);
        if (i % 3 == 0)
        {
            con_notify(c);
        }
        sim_console_unplug(&c->host, 1);
        con_run(c);
        assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_REMOVED), 1);
        violation_clear(); /* an answer can cross the removal */
    }
    con_plug(c, 1);
    con_run(c);
    assert_works(c, 1);
    con_down(c);
}

/* Anything at all in control messages and lengths. */
static void test_random_messages(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    for (unsigned int i = 0; i < 20000; i++)
    {
        uint8_t bytes[40];
        uint32_t length = host_random() % (sizeof(bytes) + 1);

        for (size_t j = 0; j < sizeof(bytes); j++)
        {
            bytes[j] = (uint8_t)host_random();
        }
        bytes[0] &= 3;
        bytes[1] = bytes[2] = bytes[3] = host_random() % 16 == 0 ? bytes[1] : 0;
        bytes[4] &= 15;
        bytes[5] = host_random() % 16 == 0 ? bytes[5] : 0;
        sim_console_raw(&c->host, bytes, length, length);
        if (i % 100 == 0)
        {
            con_run(c);
        }
        if (host_random() % 50 == 0)
        {
            virtio_console_write(&c->con, (uint16_t)(host_random() % 4), bytes, sizeof(bytes));
            virtio_console_read(&c->con, (uint16_t)(host_random() % 4), bytes, sizeof(bytes));
            virtio_console_open(&c->con, (uint16_t)(host_random() % 4), host_random() % 2);
        }
    }
    con_run(c);
    violation_clear(); /* the device's own view of its ports has nothing to do with what it said */
    assert_int_equal(con_recover(c), 0);
    con_run(c);
    virtio_console_settle(&c->con);
    assert_works(c, 0);
    con_down(c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_nothing_received, setup_single),
        ALL(test_more_received_than_fits_HZ_SPLIT_04, setup_single),
        BOTH(test_broken_transmit_queue, setup_single),
        BOTH(test_both_control_queues_break, setup_multi),
        ALL(test_every_queue_breaks, setup_multi),
        BOTH(test_read_from_a_broken_queue, setup_single),
        ALL(test_data_for_no_port, setup_multi),
        BOTH(test_broken_queue_of_no_port, setup_multi),
        BOTH(test_short_messages_HZ_CON_01, setup_multi),
        BOTH(test_long_message_HZ_CON_05, setup_multi),
        BOTH(test_names_HZ_CON_05, setup_multi),
        BOTH(test_ids_out_of_range_HZ_CON_02_DP_CON_02, setup_multi),
        BOTH(test_messages_for_a_port_that_is_not_there_HZ_CON_04_DP_CON_03, setup_multi),
        BOTH(test_events_that_only_a_driver_sends_HZ_CON_01, setup_multi),
        BOTH(test_added_twice_removed_twice_HZ_CON_04, setup_multi),
        BOTH(test_repeated_states, setup_multi),
        BOTH(test_short_resize_HZ_CON_06, setup_multi),
        ALL(test_flood, setup_multi),
        BOTH(test_refusals_without_room, setup_multi),
        BOTH(test_no_ports_HZ_CON_03, setup_multi),
        BOTH(test_host_that_stops_reading_HZ_CON_07, setup_multi),
        ALL(test_flapping, setup_multi),
        ALL(test_random_messages, setup_multi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
