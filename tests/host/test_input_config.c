/* SPDX-License-Identifier: Apache-2.0 */
/* The input engine with a config space that lies (DP-INPUT-01, HZ-INPUT-01, HZ-INPUT-05) or does not rest. */

#include "fixture_input.h"

static void test_longest_strings(void **state)
{
    struct input_fixture *c = *state;
    uint8_t text[128];

    memset(text, 'n', sizeof(text));
    sim_input_set_answer(&c->host, SIM_INPUT_ID_NAME, 0, text, 128);
    memset(text, 's', sizeof(text));
    sim_input_set_answer(&c->host, SIM_INPUT_ID_SERIAL, 0, text, 255); /* more than can be there */
    in_up(c);
    assert_int_equal(strlen(c->in.name), 128);
    assert_int_equal(c->in.name[127], 'n');
    assert_int_equal(strlen(c->in.serial), 128);
    assert_int_equal(c->in.serial[127], 's');
    assert_in_works(c);
    in_down(c);
}

static void test_strings_that_are_none(void **state)
{
    struct input_fixture *c = *state;

    sim_input_set_answer(&c->host, SIM_INPUT_ID_NAME, 0, "a\x1b[2J\n\xff\x7f ~", 10);
    sim_input_set_answer(&c->host, SIM_INPUT_ID_SERIAL, 0,
                         "12\0"
                         "34",
                         5);
    in_up(c);
    assert_string_equal(c->in.name, "a?[2J??? ~");
    assert_string_equal(c->in.serial, "12");
    in_down(c);
}

static void test_size_0_hides_the_payload_DP_INPUT_01(void **state)
{
    struct input_fixture *c = *state;

    sim_input_answer(&c->host, SIM_INPUT_ID_NAME, 0)->size = 0;
    sim_input_answer(&c->host, SIM_INPUT_ID_DEVIDS, 0)->size = 0;
    sim_input_answer(&c->host, SIM_INPUT_EV_BITS, VIRTIO_INPUT_EV_SND)->size = 0;
    sim_input_answer(&c->host, SIM_INPUT_EV_BITS, VIRTIO_INPUT_EV_REP)->size = 0;
    in_up(c);
    assert_string_equal(c->in.name, "");
    assert_int_equal(c->in.identity.product, 0);
    assert_false(virtio_input_has(&c->in, VIRTIO_INPUT_EV_SND, VIRTIO_INPUT_SND_BELL));
    assert_false(virtio_input_has(&c->in, VIRTIO_INPUT_EV_REP, VIRTIO_INPUT_REP_DELAY));
    assert_int_equal(c->in.config_faults, 0);
    assert_in_works(c);
    in_down(c);
}

static void test_bitmaps_of_size_255_HZ_INPUT_01(void **state)
{
    struct input_fixture *c = *state;
    uint8_t bits[256];

    memset(bits, 0xff, sizeof(bits));
    for (unsigned int type = 0; type < VIRTIO_INPUT_TYPES; type++)
    {
        sim_input_set_answer(&c->host, SIM_INPUT_EV_BITS, (uint8_t)type, bits, 255);
    }
    sim_input_set_answer(&c->host, SIM_INPUT_PROP_BITS, 0, bits, 255);
    in_up(c);
    assert_int_equal(virtio_input_bits(&c->in, VIRTIO_INPUT_EV_KEY, bits, sizeof(bits)), 128);
    assert_int_equal(bits[127], 0xff);
    assert_int_equal(bits[128], 0);
    assert_true(virtio_input_has(&c->in, VIRTIO_INPUT_EV_KEY, 1023));
    assert_false(virtio_input_has(&c->in, VIRTIO_INPUT_EV_KEY, 1024));
    assert_true(virtio_input_has_property(&c->in, 1023));
    assert_false(virtio_input_has_property(&c->in, 1024));
    assert_false(virtio_input_has_property(&c->in, 0xffff));
    /* Axes beyond those that there are pass as events, and are described by nothing. */
    sim_input_event(&c->host, VIRTIO_INPUT_EV_ABS, 1023, 5);
    sim_input_event(&c->host, VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_REPORT, 0);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 2);
    assert_null(virtio_input_axis(&c->in, 1023));
    assert_in_works(c);
    in_down(c);
}

static void test_structures_that_are_too_short_HZ_INPUT_01(void **state)
{
    struct input_fixture *c = *state;

    sim_input_tablet(&c->host);
    sim_input_answer(&c->host, SIM_INPUT_ID_DEVIDS, 0)->size = 7;
    sim_input_answer(&c->host, SIM_INPUT_ABS_INFO, VIRTIO_INPUT_ABS_X)->size = 19;
    sim_input_answer(&c->host, SIM_INPUT_ABS_INFO, VIRTIO_INPUT_ABS_Y)->size = 255; /* longer is no harm */
    in_up(c);
    assert_int_equal(c->in.config_faults, 2);
    assert_true(host_log_has("virtio-input0: config select 0x03, 0: the answer is shorter"));
    assert_int_equal(c->in.identity.product, 0);
    assert_null(virtio_input_axis(&c->in, VIRTIO_INPUT_ABS_X));
    assert_int_equal(virtio_input_axis(&c->in, VIRTIO_INPUT_ABS_Y)->max, 32767);
    in_down(c);
}

static void test_axes_that_run_backwards_HZ_INPUT_05(void **state)
{
    struct input_fixture *c = *state;

    sim_input_axis(&c->host, VIRTIO_INPUT_ABS_X, 100, -100);
    sim_input_axis(&c->host, VIRTIO_INPUT_ABS_Y, 5, 5);
    in_up(c);
    assert_int_equal(c->in.config_faults, 1);
    assert_int_equal(virtio_input_axis(&c->in, VIRTIO_INPUT_ABS_X)->min, -100);
    assert_int_equal(virtio_input_axis(&c->in, VIRTIO_INPUT_ABS_X)->max, 100);
    assert_int_equal(virtio_input_scale(virtio_input_axis(&c->in, VIRTIO_INPUT_ABS_X), 0, 101), 50);
    assert_int_equal(virtio_input_scale(virtio_input_axis(&c->in, VIRTIO_INPUT_ABS_Y), 5, 101), 0);
    in_down(c);
}

/* --- a config space that does not rest -------------------------------------------------------------------------- */

static unsigned int changes;

/* After the size of the name was read, it is another one; so often. */
static void resize_name(struct sim_device *sim, unsigned int offset)
{
    if (offset == SIM_INPUT_SIZE && sim->config[SIM_INPUT_SELECT] == SIM_INPUT_ID_NAME && changes != 0)
    {
        changes--;
        sim->generation++;
        sim->config[SIM_INPUT_SIZE] = (uint8_t)(sim->config[SIM_INPUT_SIZE] % 100 + 1);
    }
}

static void test_size_that_changes_once(void **state)
{
    struct input_fixture *c = *state;

    c->host.flaps = true;
    c->f.sim.config_read = resize_name;
    changes = 1;
    in_up(c);
    assert_int_equal(c->in.config_faults, 0);
    assert_string_equal(c->in.name, "Keyboard of a test"); /* asked again */
    assert_in_works(c);
    in_down(c);
}

static void test_size_that_always_changes(void **state)
{
    struct input_fixture *c = *state;

    c->host.flaps = true;
    c->f.sim.config_read = resize_name;
    changes = UINT32_MAX;
    in_up(c);
    assert_int_equal(c->in.config_faults, 1);
    assert_string_equal(c->in.name, "");
    assert_true(host_log_has("its size does not stay the same"));
    assert_string_equal(c->in.serial, "serial-7");
    assert_in_works(c);
    in_down(c);
}

/* The name is rewritten while it is read: what comes out is all of one or all of the other. */
static void rename_it(struct sim_device *sim, unsigned int offset)
{
    if (offset == SIM_INPUT_PAYLOAD + 3 && sim->config[SIM_INPUT_SELECT] == SIM_INPUT_ID_NAME && changes != 0)
    {
        changes--;
        memset(sim->config + SIM_INPUT_PAYLOAD, 'x', 18);
        sim->generation++;
    }
}

static void test_payload_that_changes(void **state)
{
    struct input_fixture *c = *state;

    c->f.sim.config_read = rename_it;
    changes = 1;
    in_up(c);
    assert_string_equal(c->in.name, "xxxxxxxxxxxxxxxxxx");
    in_down(c);
}

static void test_generation_that_never_rests(void **state)
{
    struct input_fixture *c = *state;

    c->f.sim.generation_moves = true;
    in_up(c);
    assert_true(host_log_has("keeps changing"));
    assert_string_equal(c->in.name, "Keyboard of a test"); /* the last values stand */
    assert_in_works(c);
    in_down(c);
}

/* All ones, in the config space too: the sizes are 255. Ends, and the start fails because the device is gone. */
static void goes(struct sim_device *sim, unsigned int offset)
{
    (void)offset;
    sim->gone = true;
}

static void test_device_that_goes_while_it_is_asked(void **state)
{
    struct input_fixture *c = *state;

    c->f.abandons = true;
    c->f.sim.config_read = goes;
    assert_int_not_equal(in_start(c), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(test_longest_strings, setup_keyboard),
        BOTH(test_strings_that_are_none, setup_keyboard),
        BOTH(test_size_0_hides_the_payload_DP_INPUT_01, setup_keyboard),
        BOTH(test_bitmaps_of_size_255_HZ_INPUT_01, setup_keyboard),
        BOTH(test_structures_that_are_too_short_HZ_INPUT_01, setup_nothing),
        BOTH(test_axes_that_run_backwards_HZ_INPUT_05, setup_nothing),
        BOTH(test_size_that_changes_once, setup_keyboard),
        BOTH(test_size_that_always_changes, setup_keyboard),
        BOTH(test_payload_that_changes, setup_keyboard),
        MODERN(test_generation_that_never_rests, setup_keyboard),
        BOTH(test_device_that_goes_while_it_is_asked, setup_keyboard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
