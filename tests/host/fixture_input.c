/* SPDX-License-Identifier: Apache-2.0 */
/* The shortest binding there can be: no locks, no waiting. */

#include <unistd.h>

#include "fixture_input.h"

static void on_readable(struct virtio_input *in)
{
    struct input_fixture *c = in->setup.context;

    c->readables++;
    if (c->on_readable != NULL)
    {
        c->on_readable(c);
    }
}

static void on_each(struct virtio_input *in, const struct virtio_input_record *record)
{
    struct input_fixture *c = in->setup.context;

    c->each[c->each_count++ % IN_RECORDS] = *record;
}

int setup_nothing(void **state)
{
    struct input_fixture *c = calloc(1, sizeof(*c));

    alarm(100); /* a driver that hangs ends here */
    violation_clear();
    host_reset();
    host.clock_step = 1;
    c->f.variant = *state;
    c->f.dev.name = "virtio-input0";
    sim_input_init(&c->f.sim, &c->host, c->f.variant->legacy);
    fixture_offer_ring(&c->f.sim, c->f.variant);
    c->setup.buffers = 8;
    c->setup.fifo = 16;
    c->setup.readable = on_readable;
    c->setup.context = c;
    *state = c;
    return 0;
}

int setup_keyboard(void **state)
{
    int result = setup_nothing(state);

    sim_input_keyboard(&((struct input_fixture *)*state)->host);
    return result;
}

int in_start(struct input_fixture *c)
{
    fixture_probe(&c->f);
    return virtio_input_start(&c->in, &c->f.dev, &c->setup);
}

void in_up(struct input_fixture *c)
{
    assert_int_equal(in_start(c), 0);
    in_run(c);
    assert_conformant();
}

void in_down(struct input_fixture *c)
{
    virtio_input_destroy(&c->in);
    assert_int_equal(c->f.sim.status, 0);
}

void in_each(struct input_fixture *c)
{
    c->setup.each = on_each;
}

void in_notify(struct input_fixture *c)
{
    virtio_input_notify(&c->in, virtio_input_due(&c->in));
}

void in_run(struct input_fixture *c)
{
    bool busy = true;

    while (busy)
    {
        in_notify(c);
        busy = sim_input_run(&c->f.sim);
        assert_true(virtio_input_poll(&c->in) >= 0);
        busy = busy || c->in.due != 0;
    }
}

int in_recover(struct input_fixture *c)
{
    int result;

    virtio_input_stop(&c->in);
    result = virtio_input_restart(&c->in);
    virtio_input_resume(&c->in, result);
    return result;
}

void in_part(struct input_fixture *c, unsigned int events)
{
    for (unsigned int i = 0; i < events; i++)
    {
        sim_input_event(&c->host, VIRTIO_INPUT_EV_KEY, VIRTIO_INPUT_KEY_A, c->next++);
    }
}

void in_frame(struct input_fixture *c, unsigned int events)
{
    in_part(c, events - 1);
    sim_input_event(&c->host, VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_REPORT, c->next++);
}

void in_read_all(struct input_fixture *c)
{
    int result;

    while ((result = virtio_input_read(&c->in, c->records + c->count, IN_RECORDS - c->count)) > 0)
    {
        c->count += (unsigned int)result;
    }
    assert_int_equal(result, 0);
}

void assert_record(const struct virtio_input_record *record, uint16_t type, uint16_t code, int32_t value)
{
    assert_int_equal(record->type, type);
    assert_int_equal(record->code, code);
    assert_int_equal(record->value, value);
}

void assert_marker(const struct virtio_input_record *record)
{
    assert_record(&record[0], VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_DROPPED, 0);
    assert_record(&record[1], VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_REPORT, 0);
}

void assert_in_works(struct input_fixture *c)
{
    unsigned int status = c->host.status_count;
    uint32_t first = c->next;

    in_read_all(c);
    c->count = 0;
    in_frame(c, 3);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 3);
    for (unsigned int i = 0; i < 3; i++)
    {
        assert_int_equal(c->records[i].value, first + i);
    }
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_CAPSL, (int32_t)first), 0);
    in_run(c);
    assert_int_equal(c->host.status_count, status + 1);
    assert_int_equal(c->host.status[status % SIM_INPUT_STATUS].code, VIRTIO_INPUT_LED_CAPSL);
    assert_int_equal(c->host.status[status % SIM_INPUT_STATUS].value, first);
    c->count = 0;
}
