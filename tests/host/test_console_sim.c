/* SPDX-License-Identifier: Apache-2.0 */
/* The judge on trial: the simulated console is told wrong things, one at a time, and has to name the obligation. */

#include "fixture_console.h"

static const struct virtio_feature features[] = {
    {"SIZE", 0, VIRTIO_ON_BOTH, {0}, {0}},
    {"MULTIPORT", 1, VIRTIO_ON_BOTH, {0}, {0}},
    {NULL, 0, 0, {0}, {0}},
};

static struct virtio_queue queues[8];

static int open_all(void *context)
{
    struct console_fixture *c = context;

    for (uint16_t i = 0; i < 8; i++)
    {
        assert_int_equal(virtio_queue_create(&queues[i], &c->f.dev, i, 8, 0), 0);
    }
    return 0;
}

static void raw_start(struct console_fixture *c)
{
    static const struct virtio_driver driver = {.features = features, .setup = open_all};

    fixture_probe(&c->f);
    assert_int_equal(virtio_device_start(&c->f.dev, &driver, c), 0);
}

static void raw_stop(struct console_fixture *c)
{
    assert_int_equal(virtio_device_reset(&c->f.dev), 0);
    for (uint16_t i = 0; i < 8; i++)
    {
        virtio_queue_destroy(&queues[i]);
    }
}

/* One chain of one or two elements into a queue; the device does what it will. */
static void give(struct console_fixture *c, uint16_t queue, void *data, uint32_t length, bool writable, bool halves)
{
    struct virtio_sg sg[2];
    uint32_t first = halves ? length / 2 : length;
    enum virtio_dma_direction direction = writable ? VIRTIO_DMA_FROM_DEVICE : VIRTIO_DMA_TO_DEVICE;
    virtio_dma_addr_t address;
    uint32_t used;
    void *cookie;

    assert_int_equal(virtio_platform_share(data, length, direction, &address), length);
    sg[0].address = address;
    sg[0].length = first;
    sg[1].address = address + first;
    sg[1].length = length - first;
    assert_int_equal(virtio_queue_add(&queues[queue], sg, writable ? 0 : 1 + halves, writable ? 1 + halves : 0, data),
                     0);
    virtio_queue_publish(&queues[queue]);
    virtio_queue_notify(&queues[queue]);
    sim_console_run(&c->f.sim);
    if (sim_pending(&c->f.sim, queue) != 0)
    {
        sim_finish(&c->f.sim, queue, 0);
    }
    assert_int_equal(virtio_queue_pop(&queues[queue], &cookie, &used), 0);
    virtio_platform_unshare(data, length, direction, address);
}

static void message(struct console_fixture *c, uint32_t id, uint16_t event, uint16_t value)
{
    uint8_t bytes[8] = {(uint8_t)id,    (uint8_t)(id >> 8),    (uint8_t)(id >> 16), (uint8_t)(id >> 24),
                        (uint8_t)event, (uint8_t)(event >> 8), (uint8_t)value,      (uint8_t)(value >> 8)};

    give(c, 3, bytes, sizeof(bytes), false, false);
}

static void expect(const char *id)
{
    if (!violation_seen(id))
    {
        fail_msg("%s was not noticed", id);
    }
    violation_clear();
}

static void test_ready_too_early_and_twice(void **state)
{
    struct console_fixture *c = *state;
    uint8_t byte = 0;

    raw_start(c);
    message(c, 0, SIM_CONSOLE_DEVICE_READY, 1);
    expect("CON-INIT-01");
    message(c, 0, SIM_CONSOLE_DEVICE_READY, 1);
    expect("CON-MP-03");
    sim_console_check(&c->f.sim);
    expect("CON-MP-01"); /* port 0 waits for its PORT_READY */
    message(c, 0, SIM_CONSOLE_PORT_OPEN, 1);
    expect("CON-MP-01");
    message(c, 0, SIM_CONSOLE_PORT_READY, 1);
    assert_conformant();
    sim_console_check(&c->f.sim);
    expect("CON-MP-05");
    message(c, 0, SIM_CONSOLE_PORT_OPEN, 0);
    expect("CON-MP-06");
    message(c, 3, SIM_CONSOLE_PORT_READY, 1);
    expect("CON-MP-01");
    message(c, 0, SIM_CONSOLE_RESIZE, 1);
    expect("CON-MP-01");
    give(c, 1, &byte, 1, true, false);
    expect("CON-OP-03");
    give(c, 0, &byte, 1, false, false);
    expect("CON-OP-02");
    raw_stop(c);
}

static void test_framing(void **state)
{
    struct console_fixture *c = *state;
    uint8_t bytes[9] = {0, 0, 0, 0, SIM_CONSOLE_PORT_OPEN, 0, 1, 0, 0};

    raw_start(c);
    message(c, 0, SIM_CONSOLE_DEVICE_READY, 1);
    message(c, 0, SIM_CONSOLE_PORT_READY, 1);
    violation_clear();
    give(c, 3, bytes, 9, false, false);
    expect("CON-OP-03");
    give(c, 3, bytes, 8, false, true);
    if (c->f.variant->legacy)
    {
        expect("CON-LEG-04");
    }
    assert_conformant();
    raw_stop(c);
}

static void test_config_space(void **state)
{
    struct console_fixture *c = *state;

    raw_start(c);
    virtio_config_write(&c->f.dev, SIM_CONSOLE_MAX_NR_PORTS, 4, 1);
    expect("MMIO-ACC-02");
    virtio_config_write(&c->f.dev, SIM_CONSOLE_EMERG_WR, 4, 'x');
    assert_conformant();
    assert_string_equal(c->host.emergency, "x");
    sim_withdraw(&c->f.sim, SIM_CONSOLE_F_EMERG_WRITE);
    virtio_config_write(&c->f.dev, SIM_CONSOLE_EMERG_WR, 4, 'x');
    expect("CORE-CFG-03");
    raw_stop(c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(test_ready_too_early_and_twice, setup_multi),
        BOTH(test_framing, setup_multi),
        BOTH(test_config_space, setup_multi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
