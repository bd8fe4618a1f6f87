/* SPDX-License-Identifier: Apache-2.0 */
/* The judge on trial: the simulated input device is told wrong things, one at a time, and has to name the obligation.
 */

#include "fixture_input.h"

static const struct virtio_feature no_features[] = {{NULL, 0, 0, {0}, {0}}};

static struct virtio_queue queues[2];

static int open_both(void *context)
{
    struct input_fixture *c = context;

    assert_int_equal(virtio_queue_create(&queues[0], &c->f.dev, 0, 8, 0), 0);
    assert_int_equal(virtio_queue_create(&queues[1], &c->f.dev, 1, 8, 0), 0);
    queues[0].lax_length = queues[1].lax_length = true; /* the device is not on trial */
    return 0;
}

static void raw_start(struct input_fixture *c)
{
    static const struct virtio_driver driver = {.features = no_features, .setup = open_both};

    fixture_probe(&c->f);
    assert_int_equal(virtio_device_start(&c->f.dev, &driver, c), 0);
}

static void raw_stop(struct input_fixture *c)
{
    assert_int_equal(virtio_device_reset(&c->f.dev), 0);
    virtio_queue_destroy(&queues[0]);
    virtio_queue_destroy(&queues[1]);
}

static void expect(const char *id)
{
    if (!violation_seen(id))
    {
        fail_msg("%s was not noticed", id);
    }
    violation_clear();
}

/* One chain into a queue; the device does what it will. */
static void give(struct input_fixture *c, uint16_t queue, void *data, uint32_t length, bool writable)
{
    enum virtio_dma_direction direction = writable ? VIRTIO_DMA_FROM_DEVICE : VIRTIO_DMA_TO_DEVICE;
    struct virtio_sg sg;
    uint32_t used;
    void *cookie;

    sg.length = length;
    assert_int_equal(virtio_platform_share(data, length, direction, &sg.address), length);
    assert_int_equal(virtio_queue_add(&queues[queue], &sg, writable ? 0 : 1, writable ? 1 : 0, data), 0);
    virtio_queue_publish(&queues[queue]);
    virtio_queue_notify(&queues[queue]);
    sim_input_run(&c->f.sim);
    assert_int_equal(virtio_queue_pop(&queues[queue], &cookie, &used), 0);
    virtio_platform_unshare(data, length, direction, sg.address);
}

static uint64_t read(struct input_fixture *c, uint16_t offset, uint8_t width)
{
    struct virtio_config_field field = {offset, width, 0};

    virtio_config_read(&c->f.dev, &field, 1);
    return field.value;
}

static void ask(struct input_fixture *c, uint8_t select, uint8_t subsel)
{
    virtio_config_write(&c->f.dev, SIM_INPUT_SELECT, 1, select);
    virtio_config_write(&c->f.dev, SIM_INPUT_SUBSEL, 1, subsel);
}

static void test_questions(void **state)
{
    struct input_fixture *c = *state;

    raw_start(c);
    read(c, SIM_INPUT_SIZE, 1);
    expect("INPUT-CFG-01");
    ask(c, SIM_INPUT_ID_NAME, 0);
    assert_int_equal(read(c, SIM_INPUT_SIZE, 1), 18);
    assert_int_equal(read(c, SIM_INPUT_PAYLOAD + 17, 1), 't');
    assert_conformant();
    /* Beyond its end. */
    read(c, SIM_INPUT_PAYLOAD + 18, 1);
    expect("INPUT-CFG-03");
    /* Only half of the next question. */
    virtio_config_write(&c->f.dev, SIM_INPUT_SUBSEL, 1, 1);
    expect("INPUT-CFG-01");
    virtio_config_write(&c->f.dev, SIM_INPUT_SELECT, 1, SIM_INPUT_ID_SERIAL);
    read(c, SIM_INPUT_SIZE, 1);
    expect("INPUT-CFG-01");
    virtio_config_write(&c->f.dev, SIM_INPUT_SELECT, 1, SIM_INPUT_ID_SERIAL);
    expect("INPUT-CFG-01");
    virtio_config_write(&c->f.dev, SIM_INPUT_SUBSEL, 1, 0);
    /* In pieces of the wrong size. */
    ask(c, SIM_INPUT_ID_DEVIDS, 0);
    assert_int_equal(read(c, SIM_INPUT_PAYLOAD + 2, 2), 0x0627);
    assert_conformant();
    read(c, SIM_INPUT_PAYLOAD, 1);
    expect("MMIO-ACC-05");
    /* INPUT-CFG-02. */
    virtio_config_write(&c->f.dev, SIM_INPUT_SIZE, 1, 1);
    expect("MMIO-ACC-02");
    virtio_config_write(&c->f.dev, SIM_INPUT_PAYLOAD, 2, 1);
    expect("MMIO-ACC-02");
    /* What is not there has size 0. */
    ask(c, SIM_INPUT_EV_BITS, VIRTIO_INPUT_EV_SW);
    assert_int_equal(read(c, SIM_INPUT_SIZE, 1), 0);
    assert_conformant();
    raw_stop(c);
}

static void test_buffers(void **state)
{
    struct input_fixture *c = *state;
    uint8_t led[8] = {VIRTIO_INPUT_EV_LED, 0, VIRTIO_INPUT_LED_CAPSL, 0, 1, 0, 0, 0};
    uint8_t repeat[8] = {VIRTIO_INPUT_EV_REP, 0, VIRTIO_INPUT_REP_PERIOD, 0, 33, 0, 0, 0};
    uint8_t other_led[8] = {VIRTIO_INPUT_EV_LED, 0, 9, 0, 1, 0, 0, 0};
    uint8_t stamp[8] = {VIRTIO_INPUT_EV_MSC, 0, VIRTIO_INPUT_MSC_TIMESTAMP, 0, 1, 0, 0, 0};
    uint8_t event[8];

    raw_start(c);
    in_frame(c, 1);
    give(c, 0, event, 8, true);
    give(c, 1, led, 8, false);
    give(c, 1, repeat, 8, false);
    assert_conformant();
    assert_int_equal(c->host.status[0].code, VIRTIO_INPUT_LED_CAPSL);
    assert_int_equal(c->host.status[1].value, 33);

    in_frame(c, 1);
    give(c, 0, event, 8, false);
    expect("INPUT-OP-02");
    give(c, 1, led, 7, false);
    expect("INPUT-OP-04");
    give(c, 1, led, 8, true);
    expect("INPUT-OP-04");
    give(c, 1, other_led, 8, false);
    expect("INPUT-STATUS");
    give(c, 1, stamp, 8, false);
    expect("INPUT-STATUS");
    raw_stop(c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(test_questions, setup_keyboard),
        BOTH(test_buffers, setup_keyboard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
