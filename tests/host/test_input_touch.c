/* SPDX-License-Identifier: Apache-2.0 */
/* What the frames of tablets and touch screens say about fingers. */

#include <virtio/input_touch.h>

#include "fixture_input.h"

#define X VIRTIO_INPUT_ABS_X
#define Y VIRTIO_INPUT_ABS_Y
#define FINGER(number)                                          \
    {                                                           \
        VIRTIO_INPUT_EV_ABS, VIRTIO_INPUT_ABS_MT_SLOT, (number) \
    }
#define TRACKING(id)                                               \
    {                                                              \
        VIRTIO_INPUT_EV_ABS, VIRTIO_INPUT_ABS_MT_TRACKING_ID, (id) \
    }
#define MT(axis, value)                                                   \
    {                                                                     \
        VIRTIO_INPUT_EV_ABS, VIRTIO_INPUT_ABS_MT_POSITION_##axis, (value) \
    }
#define ABS(axis, value)                   \
    {                                      \
        VIRTIO_INPUT_EV_ABS, axis, (value) \
    }
#define BUTTON(name, value)                                   \
    {                                                         \
        VIRTIO_INPUT_EV_KEY, VIRTIO_INPUT_BTN_##name, (value) \
    }

struct event
{
    uint16_t type;
    uint16_t code;
    int32_t value;
};

/* The events of a frame arrive from the device, its end is put behind them; the reader takes it. */
static void frame(struct input_fixture *c, struct virtio_input_touch *touch, const struct event *events, size_t count)
{
    int got;

    for (size_t i = 0; i < count; i++)
    {
        sim_input_event(&c->host, events[i].type, events[i].code, (uint32_t)events[i].value);
    }
    sim_input_event(&c->host, VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_REPORT, 0);
    in_run(c);
    got = virtio_input_read(&c->in, c->records, 64);
    assert_int_equal(got, (int)count + 1);
    virtio_input_touch_take(touch, c->records, (uint32_t)got);
}

#define FRAME(...)                                                    \
    do                                                                \
    {                                                                 \
        static const struct event events[] = {__VA_ARGS__};           \
        frame(c, &touch, events, sizeof(events) / sizeof(events[0])); \
    } while (0)

static void assert_point(struct virtio_input_touch *touch, enum virtio_input_change change, unsigned int contact,
                         int32_t x, int32_t y)
{
    struct virtio_input_point point;

    assert_true(virtio_input_touch_next(touch, &point));
    assert_int_equal(point.change, change);
    assert_int_equal(point.contact, contact);
    assert_int_equal(point.x, x);
    assert_int_equal(point.y, y);
}

static void assert_nothing(struct virtio_input_touch *touch)
{
    struct virtio_input_point point;

    assert_false(virtio_input_touch_next(touch, &point));
}

static void test_tablet(void **state)
{
    struct input_fixture *c = *state;
    struct virtio_input_touch touch;

    sim_input_tablet(&c->host);
    in_up(c);
    virtio_input_touch_init(&touch, &c->in);
    assert_int_equal(touch.count, 1);
    assert_nothing(&touch);
    FRAME(ABS(X, 100), ABS(Y, 200));
    assert_nothing(&touch); /* it hovers */
    FRAME(BUTTON(LEFT, 1));
    assert_point(&touch, VIRTIO_INPUT_CONTACT_DOWN, 0, 100, 200);
    assert_nothing(&touch);
    FRAME(ABS(X, 101));
    assert_point(&touch, VIRTIO_INPUT_CONTACT_MOVED, 0, 101, 200);
    FRAME(ABS(X, 101));
    assert_nothing(&touch); /* it did not */
    FRAME(BUTTON(RIGHT, 1));
    assert_nothing(&touch);
    FRAME(ABS(Y, 7), BUTTON(LEFT, 0));
    assert_point(&touch, VIRTIO_INPUT_CONTACT_UP, 0, 101, 7);
    assert_nothing(&touch);
    in_down(c);
}

static void test_fingers(void **state)
{
    struct input_fixture *c = *state;
    struct virtio_input_touch touch;

    sim_input_multitouch(&c->host);
    c->setup.buffers = 64;
    c->setup.fifo = 64;
    in_up(c);
    virtio_input_touch_init(&touch, &c->in);
    assert_true(touch.slots);
    assert_int_equal(touch.count, VIRTIO_INPUT_CONTACTS);
    FRAME(FINGER(0), TRACKING(7), MT(X, 1), MT(Y, 2), FINGER(3), TRACKING(8), MT(X, 3), MT(Y, 4));
    assert_point(&touch, VIRTIO_INPUT_CONTACT_DOWN, 0, 1, 2);
    assert_point(&touch, VIRTIO_INPUT_CONTACT_DOWN, 3, 3, 4);
    assert_nothing(&touch);
    FRAME(MT(X, 5)); /* still about the last one */
    assert_point(&touch, VIRTIO_INPUT_CONTACT_MOVED, 3, 5, 4);
    assert_nothing(&touch);
    FRAME(FINGER(0), TRACKING(-1), FINGER(3), MT(Y, 6));
    assert_point(&touch, VIRTIO_INPUT_CONTACT_UP, 0, 1, 2);
    assert_point(&touch, VIRTIO_INPUT_CONTACT_MOVED, 3, 5, 6);
    assert_nothing(&touch);
    in_down(c);
}

/* HZ-INPUT-04: a finger that there is no room for touches nothing, whatever its number. */
static void test_fingers_that_there_are_not_HZ_INPUT_04(void **state)
{
    static const int32_t numbers[] = {10, 1000000, -1, INT32_MIN, INT32_MAX};
    struct input_fixture *c = *state;
    struct virtio_input_touch touch;

    sim_input_multitouch(&c->host);
    in_up(c);
    virtio_input_touch_init(&touch, &c->in);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
    {
        const struct event events[] = {FINGER(numbers[i]), TRACKING(1), MT(X, 1)};

        frame(c, &touch, events, 3);
        assert_nothing(&touch);
    }
    FRAME(FINGER(9), TRACKING(1), MT(X, 4));
    assert_point(&touch, VIRTIO_INPUT_CONTACT_DOWN, 9, 4, 0);
    in_down(c);
}

static void test_loss_lifts_all_fingers(void **state)
{
    struct input_fixture *c = *state;
    struct virtio_input_touch touch;

    sim_input_multitouch(&c->host);
    in_up(c);
    virtio_input_touch_init(&touch, &c->in);
    FRAME(FINGER(1), TRACKING(7), FINGER(2), TRACKING(8));
    assert_point(&touch, VIRTIO_INPUT_CONTACT_DOWN, 1, 0, 0);
    assert_point(&touch, VIRTIO_INPUT_CONTACT_DOWN, 2, 0, 0);
    assert_int_equal(in_recover(c), 0);
    in_run(c);
    in_read_all(c);
    assert_int_equal(c->count, 2);
    virtio_input_touch_take(&touch, c->records, c->count);
    assert_point(&touch, VIRTIO_INPUT_CONTACT_UP, 1, 0, 0);
    assert_point(&touch, VIRTIO_INPUT_CONTACT_UP, 2, 0, 0);
    assert_nothing(&touch);
    in_down(c);
}

/* The old way: positions of fingers, but none is told from the other. */
static void test_one_finger_without_slots(void **state)
{
    struct input_fixture *c = *state;
    struct virtio_input_touch touch;

    sim_input_axis(&c->host, VIRTIO_INPUT_ABS_MT_POSITION_X, 0, 9);
    sim_input_axis(&c->host, VIRTIO_INPUT_ABS_MT_POSITION_Y, 0, 9);
    sim_input_axis(&c->host, VIRTIO_INPUT_ABS_MT_TRACKING_ID, 0, 9);
    sim_input_axis(&c->host, VIRTIO_INPUT_ABS_PRESSURE, 0, 9);
    sim_input_bit(&c->host, VIRTIO_INPUT_EV_KEY, VIRTIO_INPUT_BTN_TOUCH);
    sim_input_bit(&c->host, VIRTIO_INPUT_EV_REL, VIRTIO_INPUT_REL_WHEEL);
    in_up(c);
    virtio_input_touch_init(&touch, &c->in);
    assert_false(touch.slots);
    FRAME(TRACKING(1), MT(X, 1), MT(Y, 2), BUTTON(TOUCH, 1));
    assert_point(&touch, VIRTIO_INPUT_CONTACT_DOWN, 0, 1, 2);
    FRAME(TRACKING(-1), ABS(VIRTIO_INPUT_ABS_PRESSURE, 3), {VIRTIO_INPUT_EV_REL, VIRTIO_INPUT_REL_WHEEL, 1});
    assert_nothing(&touch); /* the button counts */
    FRAME({VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_MT_REPORT, 0}, BUTTON(TOUCH, 0));
    assert_point(&touch, VIRTIO_INPUT_CONTACT_UP, 0, 1, 2);
    in_down(c);
}

/* As many fingers as the device says; a number that makes no sense is one. With slots, buttons and the pointer's axes
 * only repeat what is said of fingers. */
static void test_number_of_fingers(void **state)
{
    struct input_fixture *c = *state;
    struct virtio_input_touch touch;

    sim_input_tablet(&c->host);
    sim_input_axis(&c->host, VIRTIO_INPUT_ABS_MT_SLOT, -9, -5);
    in_up(c);
    virtio_input_touch_init(&touch, &c->in);
    assert_false(touch.slots); /* no tracking id */
    FRAME(FINGER(-7), ABS(X, 5), ABS(Y, 6), BUTTON(LEFT, 1));
    assert_point(&touch, VIRTIO_INPUT_CONTACT_DOWN, 0, 5, 6);
    in_down(c);

    sim_input_axis(&c->host, VIRTIO_INPUT_ABS_MT_TRACKING_ID, 0, 65535);
    in_up(c);
    virtio_input_touch_init(&touch, &c->in);
    assert_true(touch.slots);
    assert_int_equal(touch.count, 1);
    FRAME(ABS(X, 5), ABS(Y, 5), BUTTON(LEFT, 1));
    assert_nothing(&touch);
    in_down(c);

    sim_input_axis(&c->host, VIRTIO_INPUT_ABS_MT_SLOT, 0, 1);
    in_up(c);
    virtio_input_touch_init(&touch, &c->in);
    assert_int_equal(touch.count, 2);
    in_down(c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(test_tablet, setup_nothing),
        BOTH(test_fingers, setup_nothing),
        BOTH(test_fingers_that_there_are_not_HZ_INPUT_04, setup_nothing),
        BOTH(test_loss_lifts_all_fingers, setup_nothing),
        BOTH(test_one_finger_without_slots, setup_nothing),
        BOTH(test_number_of_fingers, setup_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
