/* SPDX-License-Identifier: Apache-2.0 */
/* The console engine with a device that behaves: start, ports that come and go, size, emergency output. */

#include "fixture_console.h"

static uint8_t out[200000];
static uint8_t in[200000];

/* --- start ------------------------------------------------------------------------------------------------------ */

static void test_single_port(void **state)
{
    struct console_fixture *c = *state;

    assert_int_equal(con_start(c), 0);
    assert_false(c->con.multiport);
    assert_int_equal(c->con.port_count, 1);
    /* It can be written to before anything else happens. */
    assert_int_equal(virtio_console_write(&c->con, 0, "boot\n", 5), 5);
    assert_int_equal(c->event_count, 0);
    con_run(c);
    assert_memory_equal(c->host.port[0].output, "boot\n", 5);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_ADDED), 1);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_TEXT), 1);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_CONNECTED), 1);
    assert_int_equal(c->con.ports[0].cols, 80);
    assert_int_equal(c->con.ports[0].rows, 25);
    /* Opening it is nothing that the device is told. */
    assert_int_equal(virtio_console_open(&c->con, 0, false), 0);
    assert_int_equal(virtio_console_open(&c->con, 0, true), 0);
    assert_int_equal(virtio_console_due(&c->con), 0);
    con_down(c);
}

static void test_multiport_CON_MP_03_05_06(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    assert_true(c->con.multiport);
    assert_int_equal(c->con.port_count, 3);
    assert_int_equal(c->host.device_readies, 1);
    assert_int_equal(c->host.port[0].readies, 1);
    assert_int_equal(c->host.port[0].opens, 1);
    assert_true(c->con.ports[0].present);
    assert_true(c->con.ports[0].text);
    assert_true(c->con.ports[0].host_open);
    assert_true(c->con.ports[0].guest_open);
    assert_int_equal(c->con.ports[0].cols, 80);
    assert_false(c->con.ports[1].present);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_ADDED), 1);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_TEXT), 1);
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_CONNECTED), 1);
    assert_int_equal(c->con.control_rx.ring.stats.errors, 0);
    con_down(c);
}

static void test_no_feature_at_all(void **state)
{
    struct console_fixture *c = *state;

    sim_withdraw(&c->f.sim, SIM_CONSOLE_F_SIZE);
    sim_withdraw(&c->f.sim, SIM_CONSOLE_F_EMERG_WRITE);
    con_up(c);
    assert_int_equal(c->con.ports[0].cols, 0);
    assert_false(virtio_console_refresh(&c->con));
    assert_int_equal(virtio_console_emergency(&c->f.dev, "x", 1), -VIRTIO_ENOTSUP);
    assert_int_equal(virtio_console_write(&c->con, 0, "hello", 5), 5);
    con_run(c);
    assert_int_equal(c->host.port[0].output_length, 5);
    con_down(c);
}

static void test_port_limit_CON_MP_01(void **state)
{
    struct console_fixture *c = *state;

    c->setup.ports = 2;
    c->host.few_ports = true;
    for (unsigned int i = 0; i < 3; i++)
    {
        c->host.port[i].plugged = true;
    }
    con_up(c);
    assert_int_equal(c->con.port_count, 2);
    assert_int_equal(c->host.port[1].readies, 1);
    assert_int_equal(c->host.port[2].readies, 0);
    assert_int_equal(c->host.port[2].refusals, 1); /* told that it is not taken */
    con_down(c);
}

static void test_fewer_ports_than_the_limit(void **state)
{
    struct console_fixture *c = *state;

    c->setup.ports = 31;
    sim_config32(&c->f.sim, SIM_CONSOLE_MAX_NR_PORTS, 2);
    c->host.few_ports = true;
    con_up(c);
    assert_int_equal(c->con.port_count, 2);
    con_down(c);
}

static void test_transport_with_fewer_queues(void **state)
{
    struct console_fixture *c = *state;

    c->host.few_ports = true;
    for (unsigned int queue = 6; queue < 8; queue++)
    {
        c->f.sim.queue[queue].size_max = 0;
        con_up(c);
        assert_int_equal(c->con.port_count, 2);
        con_plug(c, 1);
        assert_int_equal(virtio_console_write(&c->con, 1, "x", 1), 1);
        con_down(c);
        assert_true(host_all_returned());
        c->f.sim.queue[queue].size_max = 16;
        memset(&c->con, 0, sizeof(c->con));
        memset(&c->f.dev, 0, sizeof(c->f.dev));
        c->f.dev.name = "virtio-console0";
        sim_console_unplug(&c->host, 1);
    }
}

/* A reset that left the queues of a port in use: that port is not for us. */
static void still_in_use(struct sim_device *sim, uint32_t status)
{
    sim->queue[4].ready = (status & SIM_DRIVER) != 0;
}

static void test_transport_with_a_queue_in_use(void **state)
{
    struct console_fixture *c = *state;

    c->host.few_ports = true;
    c->f.sim.status_written = still_in_use;
    con_up(c);
    assert_int_equal(c->con.port_count, 1);
    con_down(c);
}

static void test_transport_without_control_queues(void **state)
{
    struct console_fixture *c = *state;

    for (unsigned int queue = 0; queue < 4; queue++)
    {
        c->f.sim.queue[queue].size_max = 0;
        assert_int_equal(con_start(c), -VIRTIO_ENODEV);
        assert_true(host_all_returned());
        c->f.sim.queue[queue].size_max = 16;
        memset(&c->con, 0, sizeof(c->con));
    }
}

static void test_setup_is_checked(void **state)
{
    struct console_fixture *c = *state;
    const struct virtio_console_setup good = c->setup;

    fixture_probe(&c->f);
    for (unsigned int i = 0; i < 10; i++)
    {
        struct virtio_console_setup bad = good;

        switch (i)
        {
        case 0:
            bad.ports = 0;
            break;
        case 1:
            bad.ports = VIRTIO_CONSOLE_PORTS_MAX + 1;
            break;
        case 2:
            bad.rx_buffers = 1;
            break;
        case 3:
            bad.rx_buffers = VIRTIO_CONSOLE_BUFFERS_MAX + 1;
            break;
        case 4:
            bad.tx_buffers = 1;
            break;
        case 5:
            bad.tx_buffers = VIRTIO_CONSOLE_BUFFERS_MAX + 1;
            break;
        case 6:
            bad.rx_bytes = 0;
            break;
        case 7:
            bad.rx_bytes = VIRTIO_CONSOLE_BUFFER_BYTES_MAX + 1;
            break;
        case 8:
            bad.tx_bytes = 0;
            break;
        default:
            bad.tx_bytes = VIRTIO_CONSOLE_BUFFER_BYTES_MAX + 1;
            break;
        }
        assert_int_equal(virtio_console_start(&c->con, &c->f.dev, &bad), -VIRTIO_EINVAL);
    }
    assert_int_equal(c->f.sim.resets, 0); /* the device never heard of it */
}

static void test_every_allocation_fails_once(void **state)
{
    struct console_fixture *c = *state;
    int result = -VIRTIO_ENOMEM;
    int at = 1;

    for (; result != 0; at++)
    {
        memset(&c->con, 0, sizeof(c->con));
        host.fail_alloc_at = at;
        result = con_start(c);
        if (result != 0)
        {
            assert_int_equal(result, -VIRTIO_ENOMEM);
            assert_true(host_all_returned());
        }
    }
    assert_true(at > 20);
    host.fail_alloc_at = 0;
    con_run(c);
    con_down(c);
}

static void test_end_without_an_answer(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    c->f.abandons = true;
    c->f.sim.reset_stuck = true;
    virtio_console_destroy(&c->con);
    assert_true(host_log_has("its memory is left to it"));
    assert_true(host_dma_count() > 0);
    assert_int_equal(virtio_console_poll(&c->con), 0);
}

static void test_start_without_an_answer(void **state)
{
    struct console_fixture *c = *state;

    c->f.sim.reset_stuck = true;
    c->f.sim.initial_status = SIM_DRIVER_OK;
    assert_int_equal(con_start(c), -VIRTIO_ETIMEDOUT);
}

/* --- ports that come and go ------------------------------------------------------------------------------------- */

static void test_plug_and_unplug(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    c->host.port[1].name = "org.example.port";
    con_plug(c, 1);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_ADDED), 1);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_NAMED), 1);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_CONNECTED), 1);
    assert_string_equal(c->con.ports[1].name, "org.example.port");
    assert_int_equal(c->con.ports[1].cols, 0); /* the size in the config space is that of port 0 */
    assert_true(c->host.port[1].guest_open);

    sim_console_open(&c->host, 1, false);
    con_run(c);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_DISCONNECTED), 1);
    assert_int_equal(virtio_console_write(&c->con, 1, "x", 1), -VIRTIO_EIO);
    sim_console_open(&c->host, 1, true);
    con_fill(out, 0, 100);
    sim_console_input(&c->host, 1, out, 100);
    con_run(c);

    /* What came before it went can still be read. */
    sim_console_unplug(&c->host, 1);
    con_run(c);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_REMOVED), 1);
    assert_int_equal(virtio_console_write(&c->con, 1, "x", 1), -VIRTIO_ENODEV);
    assert_int_equal(virtio_console_readable(&c->con, 1), 100);
    assert_int_equal(virtio_console_read(&c->con, 1, in, 60), 60);
    assert_int_equal(virtio_console_read(&c->con, 1, in + 60, 60), 40);
    assert_con_pattern(in, 0, 100);
    assert_int_equal(virtio_console_read(&c->con, 1, in, 60), -VIRTIO_ENODEV);
    assert_string_equal(c->con.ports[1].name, "");

    c->host.port[1].name = NULL;
    con_forget_events(c);
    con_plug(c, 1);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_ADDED), 1);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_NAMED), 0);
    assert_int_equal(virtio_console_write(&c->con, 1, "x", 1), 1);
    assert_int_equal(c->con.control_rx.ring.stats.errors, 0);
    con_down(c);
}

/* What nobody read of a port is not the beginning of the next one's data, nor what is left in its queues. */
static void test_a_new_port_starts_empty(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    con_fill(out, 0, 1000);
    sim_console_input(&c->host, 1, out, 200);
    con_run(c);
    c->host.port[1].stalled = true;
    assert_int_equal(virtio_console_write(&c->con, 1, out, 400), 400);
    con_notify(c);
    sim_console_unplug(&c->host, 1);
    con_run(c);
    assert_true(virtio_console_idle(&c->con, 1)); /* as far as it will ever be */
    /* After it went, its queues move once more. */
    sim_finish(&c->f.sim, 1 + 4, 0);
    sim_console_input(&c->host, 1, out, 64);
    sim_finish(&c->f.sim, 4, 0);
    con_run(c);
    assert_int_equal(virtio_console_readable(&c->con, 1), 200);
    con_forget_events(c);
    c->host.port[1].stalled = false;
    con_plug(c, 1);
    assert_int_equal(virtio_console_readable(&c->con, 1), 0);
    assert_int_equal(c->con.ports[1].dropped, 64);
    assert_int_equal(c->events[0].event, VIRTIO_CONSOLE_ADDED);
    sim_console_input(&c->host, 1, out + 500, 100);
    con_run(c);
    assert_int_equal(virtio_console_read(&c->con, 1, in, 1000), 100);
    assert_con_pattern(in, 500, 100);
    assert_int_equal(virtio_console_room(&c->con, 1), 400);
    con_down(c);
}

/* The last data and the removal are found by the same poll. */
static void test_data_before_the_removal_is_kept(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    con_forget_events(c);
    con_fill(out, 0, 64);
    sim_console_unplug(&c->host, 1);
    assert_true(sim_console_run(&c->f.sim));
    sim_console_input(&c->host, 1, out, 64);
    sim_finish(&c->f.sim, 4, 0);
    assert_int_equal(virtio_console_poll(&c->con), 2);
    assert_int_equal(c->events[0].event, VIRTIO_CONSOLE_READABLE);
    assert_int_equal(c->events[1].event, VIRTIO_CONSOLE_REMOVED);
    assert_int_equal(virtio_console_read(&c->con, 1, in, 100), 64);
    assert_con_pattern(in, 0, 64);
    con_down(c);
}

/* The last data comes after the port's queues were looked at, and before its removal is read. */
static void last_words(void *context)
{
    struct console_fixture *c = context;

    /* One barrier for each queue of ports 0 and 1 that has nothing to say, then the first of control. */
    if (++c->f.setups == 5)
    {
        sim_console_input(&c->host, 1, out, 64);
        sim_finish(&c->f.sim, 4, 0);
    }
}

static void test_data_just_before_the_removal_is_kept(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    con_forget_events(c);
    con_fill(out, 0, 64);
    sim_console_unplug(&c->host, 1);
    assert_true(sim_console_run(&c->f.sim));
    host.on_barrier = last_words;
    host.barrier_context = c;
    assert_int_equal(virtio_console_poll(&c->con), 1);
    host.on_barrier = NULL;
    assert_int_equal(c->event_count, 2);
    assert_int_equal(c->events[0].event, VIRTIO_CONSOLE_READABLE);
    assert_int_equal(c->events[1].event, VIRTIO_CONSOLE_REMOVED);
    assert_int_equal(virtio_console_read(&c->con, 1, in, 100), 64);
    assert_con_pattern(in, 0, 64);
    con_down(c);
}

static void test_open_and_close(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    assert_int_equal(c->host.port[1].opens, 1);
    assert_int_equal(virtio_console_open(&c->con, 1, true), 0); /* is open */
    con_run(c);
    assert_int_equal(c->host.port[1].opens, 1);
    assert_int_equal(virtio_console_open(&c->con, 1, false), 0);
    con_run(c);
    assert_int_equal(c->host.port[1].closes, 1);
    /* A closed port gets nothing. */
    con_fill(out, 0, 10);
    sim_console_input(&c->host, 1, out, 10);
    con_run(c);
    assert_int_equal(virtio_console_readable(&c->con, 1), 0);
    assert_int_equal(virtio_console_open(&c->con, 1, true), 0);
    con_run(c);
    assert_int_equal(virtio_console_read(&c->con, 1, in, 100), 10);
    con_down(c);
}

/* The guest opens and closes faster than the host looks: what is said in the end is what it is. */
static void test_control_without_room(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    con_plug(c, 2);
    c->host.control_stalls = true;
    for (unsigned int i = 0; i < 1001; i++)
    {
        assert_int_equal(virtio_console_open(&c->con, 1, i % 2 != 0), 0);
        con_notify(c);
    }
    assert_int_equal(virtio_console_open(&c->con, 2, false), 0);
    assert_int_equal(virtio_console_open(&c->con, 2, true), 0);
    assert_true(c->con.ports[1].owes_open);
    assert_true(c->con.ports[2].owes_open);
    /* Ports that come meanwhile get their answers later, too. */
    sim_console_unplug(&c->host, 1);
    sim_console_plug(&c->host, 1);
    con_run(c);
    assert_int_equal(virtio_console_open(&c->con, 1, true), 0);
    assert_true(c->con.ports[1].owes_ready);
    assert_false(c->host.port[1].ready);
    violation_clear();
    c->host.control_stalls = false;
    /* What was said of the former port is taken for the new one here: nothing can tell them apart. */
    con_run(c);
    violation_clear();
    assert_true(c->host.port[1].ready);
    assert_true(c->host.port[1].guest_open);
    assert_true(c->host.port[2].guest_open);
    assert_false(c->con.ports[1].owes_open);
    con_down(c);
}

static void test_resize(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_plug(c, 1);
    con_forget_events(c);
    sim_console_resize(&c->host, 1, 132, 50);
    con_run(c);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_RESIZED), 1);
    assert_int_equal(c->con.ports[1].cols, 132);
    assert_int_equal(c->con.ports[1].rows, 50);
    sim_console_resize(&c->host, 1, 132, 50);
    sim_console_resize(&c->host, 1, 0, 0);
    con_run(c);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_RESIZED), 1);
    sim_console_resize(&c->host, 1, 0, 51);
    sim_console_resize(&c->host, 1, 133, 0);
    con_run(c);
    assert_int_equal(con_events(c, 1, VIRTIO_CONSOLE_RESIZED), 3);
    assert_int_equal(c->con.ports[1].cols, 133);
    assert_int_equal(c->con.ports[1].rows, 51);
    assert_int_equal(c->con.ports[0].cols, 80);
    con_down(c);
}

static void test_size_in_the_config_space_CON_OP_01(void **state)
{
    struct console_fixture *c = *state;

    con_up(c);
    con_forget_events(c);
    assert_false(virtio_console_refresh(&c->con));
    sim_config16(&c->f.sim, SIM_CONSOLE_COLS, 100);
    assert_true(virtio_console_refresh(&c->con));
    assert_int_equal(c->con.ports[0].cols, 100);
    assert_int_equal(c->con.ports[0].rows, 25);
    sim_config16(&c->f.sim, SIM_CONSOLE_ROWS, 30);
    assert_true(virtio_console_refresh(&c->con));
    assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_RESIZED), 2);
    sim_config16(&c->f.sim, SIM_CONSOLE_COLS, 0);
    sim_config16(&c->f.sim, SIM_CONSOLE_ROWS, 0);
    assert_false(virtio_console_refresh(&c->con));
    assert_int_equal(c->con.ports[0].rows, 30);
    /* A port that is not there gets the size when it comes. */
    if (c->con.multiport)
    {
        sim_console_unplug(&c->host, 0);
        con_run(c);
        sim_config16(&c->f.sim, SIM_CONSOLE_COLS, 77);
        assert_true(virtio_console_refresh(&c->con));
        assert_int_equal(con_events(c, 0, VIRTIO_CONSOLE_RESIZED), 2);
        sim_console_plug(&c->host, 0);
        con_run(c);
        assert_int_equal(c->con.ports[0].cols, 77);
    }
    con_down(c);
}

/* --- EMERG_WRITE ------------------------------------------------------------------------------------------------ */

static void test_emergency_CON_CFG_01(void **state)
{
    struct console_fixture *c = *state;

    fixture_probe(&c->f);
    assert_int_equal(virtio_console_emergency(&c->f.dev, "before ", 7), 0);
    assert_int_equal(c->f.sim.status_writes, 0);
    con_up(c);
    assert_int_equal(virtio_console_emergency(&c->f.dev, "running ", 8), 0);
    virtio_console_stop(&c->con);
    assert_int_equal(virtio_console_emergency(&c->f.dev, "stopped ", 8), 0);
    con_down(c);
    assert_int_equal(virtio_console_emergency(&c->f.dev, "after\xff", 6), 0);
    assert_string_equal(c->host.emergency, "before running stopped after\xff");
}

static void test_emergency_without_the_feature(void **state)
{
    struct console_fixture *c = *state;

    sim_withdraw(&c->f.sim, SIM_CONSOLE_F_EMERG_WRITE);
    fixture_probe(&c->f);
    assert_int_equal(virtio_console_emergency(&c->f.dev, "x", 1), -VIRTIO_ENOTSUP);
    con_up(c);
    assert_int_equal(virtio_console_emergency(&c->f.dev, "x", 1), -VIRTIO_ENOTSUP);
    assert_int_equal(c->host.emergency_length, 0);
    con_down(c);
}

static void test_emergency_after_a_failed_start(void **state)
{
    struct console_fixture *c = *state;

    host.fail_alloc_at = 5;
    assert_int_equal(con_start(c), -VIRTIO_ENOMEM);
    assert_int_equal(virtio_console_emergency(&c->f.dev, "no", 2), 0);
    assert_string_equal(c->host.emergency, "no");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_single_port, setup_single),
        ALL(test_multiport_CON_MP_03_05_06, setup_multi),
        BOTH(test_no_feature_at_all, setup_single),
        BOTH(test_port_limit_CON_MP_01, setup_multi),
        BOTH(test_fewer_ports_than_the_limit, setup_multi),
        BOTH(test_transport_with_fewer_queues, setup_multi),
        MODERN(test_transport_with_a_queue_in_use, setup_multi),
        BOTH(test_transport_without_control_queues, setup_multi),
        BOTH(test_setup_is_checked, setup_multi),
        BOTH(test_every_allocation_fails_once, setup_multi),
        BOTH(test_end_without_an_answer, setup_multi),
        BOTH(test_start_without_an_answer, setup_multi),
        ALL(test_plug_and_unplug, setup_multi),
        ALL(test_a_new_port_starts_empty, setup_multi),
        ALL(test_data_before_the_removal_is_kept, setup_multi),
        ALL(test_data_just_before_the_removal_is_kept, setup_multi),
        BOTH(test_open_and_close, setup_multi),
        ALL(test_control_without_room, setup_multi),
        BOTH(test_resize, setup_multi),
        BOTH(test_size_in_the_config_space_CON_OP_01, setup_multi),
        BOTH(test_size_in_the_config_space_CON_OP_01, setup_single),
        BOTH(test_emergency_CON_CFG_01, setup_multi),
        BOTH(test_emergency_without_the_feature, setup_multi),
        BOTH(test_emergency_after_a_failed_start, setup_multi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
