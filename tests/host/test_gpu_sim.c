/* SPDX-License-Identifier: Apache-2.0 */
/* The judge on trial: the simulated GPU is told wrong things, one at a time, and has to name the obligation. */

#include "fixture_gpu.h"

static const struct virtio_feature features[] = {
    {"EDID", 1, VIRTIO_ON_BOTH, {0}, {0}},
    {"RESOURCE_BLOB", 3, VIRTIO_ON_BOTH, {0}, {0}},
    {NULL, 0, 0, {0}, {0}},
};

static struct virtio_queue queues[2];
static uint8_t *memory; /* message, answer, pixels */
static virtio_dma_addr_t address;

#define ANSWER_AT 256u
#define PIXELS_AT 4096u
#define BYTES     (PIXELS_AT + 64u * 64u * 4u)

static int open_both(void *context)
{
    struct gpu_fixture *g = context;

    assert_int_equal(virtio_queue_create(&queues[0], &g->f.dev, 0, 8, 0), 0);
    assert_int_equal(virtio_queue_create(&queues[1], &g->f.dev, 1, 8, 0), 0);
    return 0;
}

static void raw_start(struct gpu_fixture *g)
{
    static const struct virtio_driver driver = {.features = features, .setup = open_both};

    fixture_probe(&g->f);
    assert_int_equal(virtio_device_start(&g->f.dev, &driver, g), 0);
    memory = virtio_platform_dma_alloc(BYTES, 4096, &address);
}

static void raw_stop(struct gpu_fixture *g)
{
    assert_int_equal(virtio_device_reset(&g->f.dev), 0);
    virtio_queue_destroy(&queues[0]);
    virtio_queue_destroy(&queues[1]);
    virtio_platform_dma_free(memory, BYTES);
}

/* A message of so many 32-bit words behind its header; the answer's type. */
static uint32_t tell(unsigned int queue, uint32_t type, uint32_t flags, const uint32_t *words, uint32_t count,
                     uint32_t room, bool halves)
{
    struct virtio_sg sg[3] = {{address, 24 + count * 4}, {address + ANSWER_AT, room}, {0, 0}};
    uint32_t answer = 0;
    uint32_t written;
    void *cookie;

    memset(memory, 0, PIXELS_AT);
    memcpy(memory, &type, 4);
    memcpy(memory + 4, &flags, 4);
    if (count != 0)
    {
        memcpy(memory + 24, words, count * 4);
    }
    if (halves)
    {
        sg[2] = sg[1];
        sg[0].length = 24;
        sg[1].address = address + 24;
        sg[1].length = count * 4;
    }
    assert_int_equal(virtio_queue_add(&queues[queue], sg, halves ? 2 : 1, 1, memory), 0);
    (void)virtio_queue_publish(&queues[queue]);
    virtio_queue_notify(&queues[queue]);
    assert_int_equal(virtio_queue_pop(&queues[queue], &cookie, &written), 0);
    memcpy(&answer, memory + ANSWER_AT, 4);
    return answer;
}

static void expect(const char *id)
{
    if (!violation_seen(id))
    {
        print_message("no violation %s\n", id);
        violation_print();
        assert_true(violation_seen(id));
    }
    violation_clear();
}

#define WORDS(...) (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4
/* A right one, and a wrong one with the obligation that it violates. */
#define GOOD(type, ...)                                                               \
    assert_in_range(tell(0, type, 0, WORDS(__VA_ARGS__), 24, false), 0x1100, 0x11ff); \
    assert_conformant()
#define BAD(id, type, ...)                           \
    tell(0, type, 0, WORDS(__VA_ARGS__), 24, false); \
    expect(id)

static void test_commands(void **state)
{
    struct gpu_fixture *g = *state;
    uint32_t low, high;

    raw_start(g);
    low = (uint32_t)(address + PIXELS_AT);
    high = (uint32_t)((address + PIXELS_AT) >> 32);

    BAD("GPU-CMD-08", SIM_GPU_CREATE_2D, 0, 1, 64, 64);
    BAD("GPU-CMD-06", SIM_GPU_CREATE_2D, 9, 5, 64, 64);
    BAD("GPU-CMD-06", SIM_GPU_CREATE_2D, 9, 1, 0, 64);
    BAD("GPU-CMD-08", SIM_GPU_TRANSFER, 0, 0, 1, 1, 0, 0, 1, 0); /* there is none yet */
    GOOD(SIM_GPU_CREATE_2D, 1, 1, 64, 64);
    BAD("GPU-CMD-08", SIM_GPU_CREATE_2D, 1, 1, 64, 64);
    BAD("GPU-OP-03", SIM_GPU_TRANSFER, 0, 0, 1, 1, 0, 0, 1, 0); /* without memory */
    BAD("GPU-OP-03", SIM_GPU_ATTACH, 1, 0);
    BAD("GPU-OP-03", SIM_GPU_ATTACH, 1, 2, low, high, 16384, 0); /* two announced, one there */
    GOOD(SIM_GPU_ATTACH, 1, 1, low, high, 16384, 0);
    BAD("GPU-OP-03", SIM_GPU_ATTACH, 1, 1, low, high, 16384, 0); /* again */
    GOOD(SIM_GPU_TRANSFER, 1, 1, 10, 10, 65 * 4, 0, 1, 0);
    BAD("GPU-OP-02", SIM_GPU_TRANSFER, 1, 1, 10, 10, 0, 0, 1, 0); /* the wrong offset */
    BAD("GPU-CMD-09", SIM_GPU_TRANSFER, 60, 0, 5, 5, 240, 0, 1, 0);
    BAD("GPU-CMD-09", SIM_GPU_TRANSFER, 60, 0, 0, 5, 240, 0, 1, 0);
    BAD("GPU-CMD-09", SIM_GPU_FLUSH, 0, 60, 5, 5, 1, 0);
    BAD("GPU-CMD-08", SIM_GPU_FLUSH, 0, 0, 5, 5, 2, 0);
    BAD("GPU-CMD-08", SIM_GPU_SET_SCANOUT, 0, 0, 64, 64, 2, 1);
    BAD("GPU-CMD-08", SIM_GPU_SET_SCANOUT, 0, 0, 64, 64, 0, 5);
    BAD("GPU-CMD-09", SIM_GPU_SET_SCANOUT, 0, 0, 65, 64, 0, 1);
    GOOD(SIM_GPU_SET_SCANOUT, 0, 0, 64, 64, 0, 1);
    BAD("GPU-CMD-10", SIM_GPU_SET_SCANOUT_BLOB, 0, 0, 64, 64, 0, 1, 64, 64, 1, 0, 256, 0, 0, 0, 0, 0, 0, 0);
    BAD("GPU-CMD-08", SIM_GPU_UNREF, 1, 0); /* it is shown */
    BAD("GPU-CMD-08", SIM_GPU_DETACH, 1, 0);

    /* Memory that is not the device's, or too little of it. */
    GOOD(SIM_GPU_CREATE_2D, 2, 1, 64, 64);
    BAD("GPU-OP-03", SIM_GPU_ATTACH, 2, 1, 4096, 0, 16384, 0);
    GOOD(SIM_GPU_CREATE_2D, 3, 1, 64, 65);
    BAD("GPU-OP-03", SIM_GPU_ATTACH, 3, 1, low, high, 16384, 0);
    BAD("GPU-OP-03", SIM_GPU_UNREF, 3, 0); /* before its memory was taken back */

    /* Blobs. */
    BAD("GPU-CMD-02", SIM_GPU_CREATE_BLOB, 4, 2, 0, 1, 0, 0, 16384, 0, low, high, 16384, 0);
    GOOD(SIM_GPU_CREATE_BLOB, 5, 1, 0, 1, 0, 0, 16384, 0, low, high, 16384, 0);
    BAD("GPU-CMD-05", SIM_GPU_CREATE_BLOB, 6, 1, 0, 1, 0, 0, 16385, 0, low, high, 16384, 0);
    BAD("GPU-CMD-06", SIM_GPU_SET_SCANOUT_BLOB, 0, 0, 64, 64, 0, 5, 64, 65, 1, 0, 256, 0, 0, 0, 0, 0, 0, 0);
    GOOD(SIM_GPU_SET_SCANOUT_BLOB, 0, 0, 64, 64, 0, 5, 64, 64, 1, 0, 256, 0, 0, 0, 0, 0, 0, 0);
    BAD("GPU-CMD-10", SIM_GPU_SET_SCANOUT, 0, 0, 64, 64, 0, 5);
    BAD("GPU-OP-02", SIM_GPU_TRANSFER, 0, 0, 1, 1, 0, 0, 5, 0);
    raw_stop(g);
}

static void test_messages(void **state)
{
    struct gpu_fixture *g = *state;
    bool legacy = g->f.variant->legacy;

    raw_start(g);
    tell(0, SIM_GPU_CREATE_2D, 0, WORDS(1, 1, 4), 24, false);
    expect("GPU-HDR-02"); /* short */
    tell(0, SIM_GPU_CREATE_2D, 0, WORDS(1, 1, 4, 4, 4), 24, false);
    expect("GPU-HDR-02"); /* long */
    tell(0, SIM_GPU_GET_DISPLAY_INFO, 0, NULL, 0, 407, false);
    expect("GPU-HDR-02"); /* no room for the answer */
    tell(0, SIM_GPU_UNREF, 2, WORDS(1, 0), 24, false);
    expect("GPU-HDR-02"); /* a flag that was not negotiated */
    tell(0, SIM_GPU_UPDATE_CURSOR, 0, WORDS(0, 0, 0, 0, 0, 0, 0, 0), 24, false);
    expect("GPU-CUR-03"); /* on the wrong queue */
    tell(1, SIM_GPU_GET_DISPLAY_INFO, 0, NULL, 0, 408, false);
    expect("GPU-CUR-03");
    tell(0, 0x108, 0, WORDS(0, 0), 64, false);
    expect("GPU-CUR-03"); /* of 3D */
    tell(0, SIM_GPU_GET_EDID, 0, WORDS(2, 0), 1056, false);
    expect("GPU-CMD-08");
    assert_int_equal(tell(0, SIM_GPU_CREATE_2D, 0, WORDS(7, 1, 4, 4), 24, true), SIM_GPU_OK);
    if (legacy)
    {
        expect("GPU-LEG-01"); /* in two elements, without ANY_LAYOUT */
    }
    assert_conformant();
    raw_stop(g);
}

static void test_cursor(void **state)
{
    struct gpu_fixture *g = *state;
    uint32_t low, high;

    raw_start(g);
    low = (uint32_t)(address + PIXELS_AT);
    high = (uint32_t)((address + PIXELS_AT) >> 32);
    GOOD(SIM_GPU_CREATE_2D, 1, 1, 64, 64);
    GOOD(SIM_GPU_CREATE_2D, 2, 1, 32, 64);
    GOOD(SIM_GPU_ATTACH, 1, 1, low, high, 16384, 0);
    tell(1, SIM_GPU_UPDATE_CURSOR, 0, WORDS(2, 0, 0, 0, 1, 0, 0, 0), 24, false);
    expect("GPU-CUR-03"); /* no such scanout */
    tell(1, SIM_GPU_UPDATE_CURSOR, 0, WORDS(0, 0, 0, 0, 2, 0, 0, 0), 24, false);
    expect("GPU-CUR-02");
    tell(1, SIM_GPU_UPDATE_CURSOR, 0, WORDS(0, 0, 0, 0, 3, 0, 0, 0), 24, false);
    expect("GPU-CMD-08");
    GOOD(SIM_GPU_TRANSFER, 0, 0, 64, 64, 0, 0, 1, 0);
    tell(1, SIM_GPU_UPDATE_CURSOR, 0, WORDS(0, 0, 0, 0, 1, 0, 0, 0), 24, false);
    expect("GPU-CUR-01"); /* without a fence */
    assert_int_equal(tell(0, SIM_GPU_TRANSFER, 1, WORDS(0, 0, 64, 64, 0, 0, 1, 0), 24, false), SIM_GPU_OK);
    assert_int_equal(tell(1, SIM_GPU_UPDATE_CURSOR, 0, WORDS(0, 5, 6, 0, 1, 0, 0, 0), 24, false), SIM_GPU_OK);
    assert_conformant();
    tell(1, SIM_GPU_MOVE_CURSOR, 0, WORDS(0, 5, 6, 0, 0, 0, 0, 0), 24, false);
    expect("GPU-CUR-03"); /* that hides it */
    raw_stop(g);
}

static void test_config(void **state)
{
    struct gpu_fixture *g = *state;

    raw_start(g);
    virtio_config_write(&g->f.dev, SIM_GPU_EVENTS_CLEAR, 4, 1);
    expect("GPU-CFG-02"); /* of what has not happened */
    sim_gpu_display(&g->f.sim, 1, 10, 10);
    virtio_config_write(&g->f.dev, SIM_GPU_EVENTS_CLEAR, 4, 1);
    assert_conformant();
    virtio_config_write(&g->f.dev, SIM_GPU_EVENTS_READ, 4, 1);
    expect("MMIO-ACC-02");
    raw_stop(g);
}

static void test_features(void **state)
{
    static const struct virtio_feature greedy[] = {{"VIRGL", 0, VIRTIO_ON_BOTH, {0}, {0}}, {NULL, 0, 0, {0}, {0}}};
    static const struct virtio_driver driver = {.features = greedy, .setup = open_both};
    struct gpu_fixture *g = *state;

    sim_offer(&g->f.sim, SIM_GPU_F_VIRGL);
    fixture_probe(&g->f);
    assert_int_equal(virtio_device_start(&g->f.dev, &driver, g), 0);
    memory = virtio_platform_dma_alloc(BYTES, 4096, &address);
    if (!g->f.variant->legacy)
    {
        expect("CORE-FEAT-05");
    }
    violation_clear();
    tell(0, SIM_GPU_GET_EDID, 0, WORDS(0, 0), 1056, false);
    expect("GPU-CMD-10");
    tell(0, SIM_GPU_CREATE_BLOB, 0,
         WORDS(5, 1, 0, 1, 0, 0, 16384, 0, (uint32_t)(address + PIXELS_AT), (uint32_t)(address >> 32), 16384, 0), 24,
         false);
    expect("GPU-CMD-10");
    raw_stop(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GPU_BOTH(test_commands), GPU_BOTH(test_messages), GPU_BOTH(test_cursor),
        GPU_BOTH(test_config),   GPU_BOTH(test_features),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
