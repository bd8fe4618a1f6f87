/* SPDX-License-Identifier: Apache-2.0 */
/* The shortest binding there can be: no locks, no waiting. */

#include <unistd.h>

#include "fixture_console.h"

static void on_event(struct virtio_console *con, uint16_t port, enum virtio_console_event event)
{
    struct console_fixture *c = con->setup.context;

    if (c->event_count < EVENTS)
    {
        c->events[c->event_count].port = port;
        c->events[c->event_count].event = event;
    }
    c->event_count++;
    if (c->on_event != NULL)
    {
        c->on_event(c, port, event);
    }
}

static int setup(void **state, bool single)
{
    struct console_fixture *c = calloc(1, sizeof(*c));

    alarm(100); /* a driver that hangs ends here */
    violation_clear();
    host_reset();
    c->f.variant = *state;
    c->f.dev.name = "virtio-console0";
    sim_console_init(&c->f.sim, &c->host, c->f.variant->legacy);
    if (single)
    {
        sim_console_single(&c->f.sim);
    }
    fixture_offer_ring(&c->f.sim, c->f.variant);
    c->setup.ports = SIM_CONSOLE_PORTS;
    c->setup.rx_buffers = 8;
    c->setup.tx_buffers = 4;
    c->setup.rx_bytes = 64;
    c->setup.tx_bytes = 100;
    c->setup.event = on_event;
    c->setup.context = c;
    *state = c;
    return 0;
}

int setup_multi(void **state)
{
    return setup(state, false);
}

int setup_single(void **state)
{
    return setup(state, true);
}

int con_start(struct console_fixture *c)
{
    fixture_probe(&c->f);
    return virtio_console_start(&c->con, &c->f.dev, &c->setup);
}

void con_up(struct console_fixture *c)
{
    assert_int_equal(con_start(c), 0);
    con_run(c);
    if (c->con.multiport)
    {
        sim_console_check(&c->f.sim);
    }
    assert_conformant();
}

void con_down(struct console_fixture *c)
{
    virtio_console_destroy(&c->con);
    assert_int_equal(c->f.sim.status, 0);
}

void con_notify(struct console_fixture *c)
{
    virtio_console_notify(&c->con, virtio_console_due(&c->con));
}

void con_run(struct console_fixture *c)
{
    bool busy = true;

    while (busy)
    {
        con_notify(c);
        busy = sim_console_run(&c->f.sim);
        assert_true(virtio_console_poll(&c->con) >= 0);
        busy = busy || c->con.due != 0;
    }
}

int con_recover(struct console_fixture *c)
{
    int result;

    virtio_console_stop(&c->con);
    result = virtio_console_restart(&c->con);
    virtio_console_resume(&c->con, result);
    return result;
}

void con_plug(struct console_fixture *c, uint16_t port)
{
    sim_console_plug(&c->host, port);
    con_run(c);
    assert_int_equal(virtio_console_open(&c->con, port, true), 0);
    sim_console_open(&c->host, port, true);
    con_run(c);
}

unsigned int con_events(struct console_fixture *c, uint16_t port, enum virtio_console_event event)
{
    unsigned int count = 0;

    for (unsigned int i = 0; i < c->event_count && i < EVENTS; i++)
    {
        count += c->events[i].port == port && c->events[i].event == event;
    }
    return count;
}

void con_forget_events(struct console_fixture *c)
{
    c->event_count = 0;
}

uint8_t con_pattern(size_t position)
{
    return (uint8_t)(position * 7 + position / 251);
}

void con_fill(uint8_t *to, size_t position, size_t length)
{
    for (size_t i = 0; i < length; i++)
    {
        to[i] = con_pattern(position + i);
    }
}

void assert_con_pattern(const uint8_t *data, size_t position, size_t length)
{
    for (size_t i = 0; i < length; i++)
    {
        if (data[i] != con_pattern(position + i))
        {
            assert_int_equal(data[i], con_pattern(position + i));
        }
    }
}
