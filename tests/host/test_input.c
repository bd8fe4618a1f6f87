/* SPDX-License-Identifier: Apache-2.0 */
/* The input engine: start, end, and what a device is and can do (5.8.2 to 5.8.5). */

#include "fixture_input.h"

/* --- life ------------------------------------------------------------------------------------------------------- */

static void test_keyboard_INPUT_INIT_01(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    assert_string_equal(c->in.name, "Keyboard of a test");
    assert_string_equal(c->in.serial, "serial-7");
    assert_int_equal(c->in.identity.bus, 6);
    assert_int_equal(c->in.identity.vendor, 0x0627);
    assert_int_equal(c->in.identity.product, 1);
    assert_int_equal(c->in.identity.version, 1);
    assert_int_equal(c->in.config_faults, 0);
    /* Name, serial, identity, properties, 32 types, no axis. */
    assert_int_equal(c->host.questions, 36);
    assert_int_equal(sim_pending(&c->f.sim, 0), 8);
    assert_int_equal(sim_pending_chain(&c->f.sim, 0, 0)->writable_bytes, 8);
    assert_int_equal(c->readables, 0);
    assert_in_works(c);
    in_down(c);
}

static void test_device_that_can_do_nothing(void **state)
{
    struct input_fixture *c = *state;
    uint8_t bits[4];

    in_up(c);
    assert_string_equal(c->in.name, "");
    assert_string_equal(c->in.serial, "");
    assert_int_equal(c->in.identity.vendor, 0);
    assert_int_equal(virtio_input_kind(&c->in), VIRTIO_INPUT_KIND_OTHER);
    assert_int_equal(virtio_input_bits(&c->in, VIRTIO_INPUT_EV_KEY, bits, sizeof(bits)), 0);
    assert_int_equal(virtio_input_bits(&c->in, VIRTIO_INPUT_EV_SYN, bits, sizeof(bits)), 4);
    assert_int_equal(bits[0], 1);
    assert_false(virtio_input_has(&c->in, VIRTIO_INPUT_EV_KEY, VIRTIO_INPUT_KEY_A));
    assert_int_equal(virtio_input_set(&c->in, VIRTIO_INPUT_EV_REP, 0, 1), -VIRTIO_ENOTSUP);
    in_down(c);
}

static void test_setup_is_checked(void **state)
{
    struct input_fixture *c = *state;
    static const struct
    {
        uint16_t buffers;
        uint32_t fifo;
    } bad[] = {{1, 16}, {1025, 16}, {8, 2}, {8, 3}, {8, 12}, {8, 131072}};

    fixture_probe(&c->f);
    for (unsigned int i = 0; i < LENGTH(bad); i++)
    {
        c->setup.buffers = bad[i].buffers;
        c->setup.fifo = bad[i].fifo;
        assert_int_equal(virtio_input_start(&c->in, &c->f.dev, &c->setup), -VIRTIO_EINVAL);
    }
    assert_int_equal(c->f.sim.resets, 0); /* the device never heard of it */
    c->setup.buffers = 1024;
    c->setup.fifo = 65536;
    in_up(c);
    assert_int_equal(sim_pending(&c->f.sim, 0), 1024);
    in_down(c);
}

static void test_every_allocation_fails_once(void **state)
{
    struct input_fixture *c = *state;
    int result = -VIRTIO_ENOMEM;
    int at = 1;

    for (; result != 0; at++)
    {
        memset(&c->in, 0, sizeof(c->in));
        host.fail_alloc_at = at;
        result = in_start(c);
        if (result != 0)
        {
            assert_int_equal(result, -VIRTIO_ENOMEM);
            assert_true(host_all_returned());
        }
    }
    assert_true(at > 9); /* config, FIFO, numbers, and three for each queue */
    host.fail_alloc_at = 0;
    in_run(c);
    assert_in_works(c);
    in_down(c);
}

static void test_device_without_a_queue(void **state)
{
    struct input_fixture *c = *state;

    c->f.sim.queue[1].size_max = 0;
    assert_int_equal(in_start(c), -VIRTIO_ENODEV);
    assert_true(host_all_returned());
    memset(&c->in, 0, sizeof(c->in));
    c->f.sim.queue[1].size_max = 1024;
    c->f.sim.queue[0].size_max = 1;
    assert_int_equal(in_start(c), -VIRTIO_EPROTO);
}

static void test_end_without_an_answer(void **state)
{
    struct input_fixture *c = *state;

    in_up(c);
    c->f.abandons = true;
    c->f.sim.reset_stuck = true;
    virtio_input_destroy(&c->in);
    assert_true(host_log_has("its memory is left to it"));
    assert_true(host_dma_count() > 0);
    assert_int_equal(virtio_input_poll(&c->in), 0);
}

static void test_start_without_an_answer(void **state)
{
    struct input_fixture *c = *state;

    c->f.sim.reset_stuck = true;
    c->f.sim.initial_status = SIM_DRIVER_OK;
    assert_int_equal(in_start(c), -VIRTIO_ETIMEDOUT);
}

static void no_reset_after_driver_ok(struct sim_device *sim, uint32_t value)
{
    if ((value & SIM_DRIVER_OK) != 0)
    {
        sim->status |= SIM_NEEDS_RESET;
        sim->reset_stuck = true;
    }
}

/* Its queues are open, and it does not say that it left them: their memory is its own from then on. */
static void test_start_that_ends_without_an_answer(void **state)
{
    struct input_fixture *c = *state;

    c->f.abandons = true;
    c->f.sim.status_written = no_reset_after_driver_ok;
    assert_int_equal(in_start(c), -VIRTIO_EPROTO);
    assert_false(c->f.dev.quiet);
    assert_true(host_dma_count() > 0);
}

/* --- what it can do --------------------------------------------------------------------------------------------- */

static void test_bits(void **state)
{
    struct input_fixture *c = *state;
    uint8_t bits[20];

    in_up(c);
    assert_true(virtio_input_has(&c->in, VIRTIO_INPUT_EV_KEY, 1));
    assert_true(virtio_input_has(&c->in, VIRTIO_INPUT_EV_KEY, 127));
    assert_false(virtio_input_has(&c->in, VIRTIO_INPUT_EV_KEY, 0));
    assert_false(virtio_input_has(&c->in, VIRTIO_INPUT_EV_KEY, 128));
    assert_false(virtio_input_has(&c->in, VIRTIO_INPUT_EV_KEY, 0xffff));
    assert_false(virtio_input_has(&c->in, VIRTIO_INPUT_EV_REL, 0));
    assert_false(virtio_input_has(&c->in, VIRTIO_INPUT_TYPES, 0));
    assert_false(virtio_input_has(&c->in, 0xffff, 0));
    assert_true(virtio_input_has(&c->in, VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_DROPPED));
    assert_false(virtio_input_has(&c->in, VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_DROPPED + 1));
    assert_true(virtio_input_has(&c->in, VIRTIO_INPUT_EV_REP, VIRTIO_INPUT_REP_PERIOD));
    assert_false(virtio_input_has(&c->in, VIRTIO_INPUT_EV_REP, VIRTIO_INPUT_REP_CNT));

    memset(bits, 0xaa, sizeof(bits));
    assert_int_equal(virtio_input_bits(&c->in, VIRTIO_INPUT_EV_KEY, bits, 3), 16);
    assert_memory_equal(bits, "\xfe\xff\xff\xaa", 4); /* no more than asked for */
    assert_int_equal(virtio_input_bits(&c->in, VIRTIO_INPUT_EV_KEY, bits, sizeof(bits)), 16);
    assert_memory_equal(bits + 15, "\xff\0\0\0\0", 5); /* the rest is zeroed */
    assert_int_equal(virtio_input_bits(&c->in, VIRTIO_INPUT_EV_KEY, bits, 0), 16);
    memset(bits, 0xaa, sizeof(bits));
    assert_int_equal(virtio_input_bits(&c->in, VIRTIO_INPUT_TYPES, bits, 2), 0);
    assert_memory_equal(bits, "\0\0\xaa", 3);
    assert_int_equal(virtio_input_bits(&c->in, VIRTIO_INPUT_EV_SYN, bits, sizeof(bits)), 4);
    assert_memory_equal(bits, "\x13\0\x16\0\0", 5); /* SYN, KEY, MSC; LED, SND, REP */
    in_down(c);
}

static void test_axes(void **state)
{
    struct input_fixture *c = *state;
    const struct virtio_input_axis *axis;

    sim_input_multitouch(&c->host);
    sim_input_axis(&c->host, 63, INT32_MIN, INT32_MAX);
    sim_input_bit(&c->host, VIRTIO_INPUT_EV_ABS, 5); /* one that it does not describe */
    in_up(c);
    axis = virtio_input_axis(&c->in, VIRTIO_INPUT_ABS_MT_POSITION_Y);
    assert_non_null(axis);
    assert_int_equal(axis->min, 0);
    assert_int_equal(axis->max, 32767);
    assert_int_equal(axis->fuzz, 0x37);
    assert_int_equal(axis->flat, 0x38);
    assert_int_equal(axis->resolution, 0x42);
    axis = virtio_input_axis(&c->in, 63);
    assert_int_equal(axis->min, INT32_MIN);
    assert_int_equal(axis->max, INT32_MAX);
    assert_null(virtio_input_axis(&c->in, 5));
    assert_null(virtio_input_axis(&c->in, VIRTIO_INPUT_ABS_X));
    assert_null(virtio_input_axis(&c->in, VIRTIO_INPUT_ABS_CNT));
    assert_null(virtio_input_axis(&c->in, 0xffff));
    assert_true(virtio_input_has(&c->in, VIRTIO_INPUT_EV_ABS, 5));
    assert_int_equal(c->in.config_faults, 0);
    in_down(c);
}

static void test_scale(void **state)
{
    struct virtio_input_axis axis = {true, 0, 32767, 0, 0, 0};
    struct virtio_input_axis whole = {true, INT32_MIN, INT32_MAX, 0, 0, 0};
    struct virtio_input_axis point = {true, 7, 7, 0, 0, 0};

    (void)state;
    assert_int_equal(virtio_input_scale(&axis, 0, 1024), 0);
    assert_int_equal(virtio_input_scale(&axis, 32767, 1024), 1023);
    assert_int_equal(virtio_input_scale(&axis, 16384, 1024), 511);
    assert_int_equal(virtio_input_scale(&axis, -5, 1024), 0);
    assert_int_equal(virtio_input_scale(&axis, 40000, 1024), 1023);
    assert_int_equal(virtio_input_scale(&axis, 16384, 1), 0);
    assert_int_equal(virtio_input_scale(&axis, 16384, 0), 0);
    assert_int_equal(virtio_input_scale(&axis, 32767, 0), 0);
    assert_int_equal(virtio_input_scale(&whole, INT32_MIN, UINT32_MAX), 0);
    assert_int_equal(virtio_input_scale(&whole, INT32_MAX, UINT32_MAX), UINT32_MAX - 1);
    assert_int_equal(virtio_input_scale(&whole, 0, 1001), 500);
    assert_int_equal(virtio_input_scale(&point, 7, 1024), 0);
    assert_int_equal(virtio_input_scale(&point, 8, 1024), 0);
}

/* --- what it is ------------------------------------------------------------------------------------------------- */

static void key(struct sim_input *in, unsigned int code)
{
    sim_input_bit(in, VIRTIO_INPUT_EV_KEY, code);
}

static void position(struct sim_input *in)
{
    sim_input_axis(in, VIRTIO_INPUT_ABS_X, 0, 100);
    sim_input_axis(in, VIRTIO_INPUT_ABS_Y, 0, 100);
}

static void touch_pad(struct sim_input *in)
{
    sim_input_multitouch(in);
    sim_input_answer(in, SIM_INPUT_PROP_BITS, 0)->payload[0] = 1 << VIRTIO_INPUT_PROP_POINTER;
}

static void bare_multitouch(struct sim_input *in)
{
    sim_input_multitouch(in);
    sim_input_answer(in, SIM_INPUT_PROP_BITS, 0)->size = 0;
}

static void half_multitouch(struct sim_input *in)
{
    sim_input_axis(in, VIRTIO_INPUT_ABS_MT_POSITION_X, 0, 100);
    key(in, VIRTIO_INPUT_KEY_A);
}

static void half_position(struct sim_input *in)
{
    sim_input_axis(in, VIRTIO_INPUT_ABS_X, 0, 100);
    key(in, VIRTIO_INPUT_BTN_LEFT);
}

static void pen(struct sim_input *in)
{
    position(in);
    key(in, VIRTIO_INPUT_BTN_TOOL_PEN);
    key(in, VIRTIO_INPUT_BTN_TOUCH);
    sim_input_property(in, VIRTIO_INPUT_PROP_DIRECT);
}

static void touch_screen(struct sim_input *in)
{
    position(in);
    key(in, VIRTIO_INPUT_BTN_TOUCH);
}

static void touch_screen_with_a_button(struct sim_input *in)
{
    sim_input_tablet(in);
    sim_input_property(in, VIRTIO_INPUT_PROP_DIRECT);
}

static void old_tablet(struct sim_input *in)
{
    position(in);
    key(in, VIRTIO_INPUT_BTN_LEFT);
}

static void joystick(struct sim_input *in)
{
    position(in);
    key(in, 0x12f);
}

static void gamepad(struct sim_input *in)
{
    position(in);
    key(in, 0x130);
    key(in, VIRTIO_INPUT_KEY_OK);
}

static void accelerometer(struct sim_input *in)
{
    position(in);
}

static void power_button(struct sim_input *in)
{
    key(in, 116);
}

static void remote_control(struct sim_input *in)
{
    key(in, VIRTIO_INPUT_KEY_CNT - 1);
}

static void lid(struct sim_input *in)
{
    sim_input_bit(in, VIRTIO_INPUT_EV_SW, 0);
}

static void lid_with_a_button(struct sim_input *in)
{
    lid(in);
    key(in, VIRTIO_INPUT_BTN_MISC);
}

static void test_kinds(void **state)
{
    static const struct
    {
        void (*make)(struct sim_input *in);
        enum virtio_input_kind kind;
        const char *name;
    } devices[] = {
        {sim_input_keyboard, VIRTIO_INPUT_KIND_KEYBOARD, "keyboard"},
        {sim_input_mouse, VIRTIO_INPUT_KIND_MOUSE, "mouse"},
        {sim_input_tablet, VIRTIO_INPUT_KIND_TABLET, "tablet"},
        {old_tablet, VIRTIO_INPUT_KIND_TABLET, "tablet"},
        {sim_input_multitouch, VIRTIO_INPUT_KIND_MULTITOUCH, "multi-touch screen"},
        {bare_multitouch, VIRTIO_INPUT_KIND_MULTITOUCH, "multi-touch screen"},
        {touch_pad, VIRTIO_INPUT_KIND_TOUCHPAD, "touch pad"},
        {half_multitouch, VIRTIO_INPUT_KIND_KEYBOARD, "keyboard"},
        {half_position, VIRTIO_INPUT_KIND_OTHER, "other"},
        {pen, VIRTIO_INPUT_KIND_PEN, "pen"},
        {touch_screen, VIRTIO_INPUT_KIND_TOUCHSCREEN, "touch screen"},
        {touch_screen_with_a_button, VIRTIO_INPUT_KIND_TOUCHSCREEN, "touch screen"},
        {joystick, VIRTIO_INPUT_KIND_JOYSTICK, "joystick"},
        {gamepad, VIRTIO_INPUT_KIND_JOYSTICK, "joystick"},
        {accelerometer, VIRTIO_INPUT_KIND_OTHER, "other"},
        {power_button, VIRTIO_INPUT_KIND_KEYBOARD, "keyboard"},
        {remote_control, VIRTIO_INPUT_KIND_KEYBOARD, "keyboard"},
        {lid, VIRTIO_INPUT_KIND_SWITCH, "switch"},
        {lid_with_a_button, VIRTIO_INPUT_KIND_SWITCH, "switch"},
    };
    struct input_fixture *c = *state;

    for (unsigned int i = 0; i < LENGTH(devices); i++)
    {
        c->host.answer_count = 0;
        memset(c->host.answers, 0, sizeof(c->host.answers));
        devices[i].make(&c->host);
        memset(&c->in, 0, sizeof(c->in));
        c->f.dev.started = false;
        in_up(c);
        assert_int_equal(virtio_input_kind(&c->in), devices[i].kind);
        assert_string_equal(virtio_input_kind_name(devices[i].kind), devices[i].name);
        in_down(c);
    }
    assert_string_equal(virtio_input_kind_name((enum virtio_input_kind)99), "other");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_keyboard_INPUT_INIT_01, setup_keyboard),
        BOTH(test_device_that_can_do_nothing, setup_nothing),
        BOTH(test_setup_is_checked, setup_keyboard),
        BOTH(test_every_allocation_fails_once, setup_keyboard),
        BOTH(test_device_without_a_queue, setup_keyboard),
        BOTH(test_end_without_an_answer, setup_keyboard),
        BOTH(test_start_without_an_answer, setup_keyboard),
        BOTH(test_start_that_ends_without_an_answer, setup_keyboard),
        BOTH(test_bits, setup_keyboard),
        BOTH(test_axes, setup_nothing),
        MODERN(test_scale, setup_nothing),
        BOTH(test_kinds, setup_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
