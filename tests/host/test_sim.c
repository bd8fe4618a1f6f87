/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge on trial: the simulated device is driven by hand, once as it should be and then wrongly in one way at a
 * time, and has to name the obligation each time. No line of the driver takes part.
 */

#include <virtio/mmio.h>
#include <virtio/platform.h>

#include "fixture.h"
#include "sim/sim_registers.h"

#define SIZE 8

static void put(struct fixture *f, unsigned int offset, uint32_t value)
{
    virtio_mmio_write32(f->sim.base + offset, value);
}

static uint32_t get(struct fixture *f, unsigned int offset)
{
    return virtio_mmio_read32(f->sim.base + offset);
}

/* One of the violations since the last look is of this kind. */
static void expect(const char *id)
{
    if (!violation_seen(id))
    {
        print_message("%s was not seen\n", id);
        violation_print();
    }
    assert_true(violation_seen(id));
    violation_clear();
}

/* A ring as the specification lays it out, made here. */
static uint8_t *memory;
static virtio_dma_addr_t ring;
static uint8_t *desc, *avail, *used;

#define RING_BYTES 8192u
#define DATA       (ring + 4096 + 1024) /* behind the used ring */
#define TABLE      (ring + 16 * 4)      /* descriptors 4 and 5 serve as an indirect table */

static void up_to_features(struct fixture *f)
{
    put(f, REG_STATUS, 0);
    assert_int_equal(get(f, REG_STATUS), 0);
    put(f, REG_STATUS, 1);
    put(f, REG_STATUS, 3);
    for (uint32_t word = 0; word < (f->variant->legacy ? 1 : 2); word++)
    {
        put(f, REG_DEVICE_FEATURES_SEL, word);
        put(f, REG_DRIVER_FEATURES_SEL, word);
        put(f, REG_DRIVER_FEATURES, get(f, REG_DEVICE_FEATURES));
    }
    if (!f->variant->legacy)
    {
        put(f, REG_STATUS, 11);
        assert_int_equal(get(f, REG_STATUS), 11);
    }
}

static void queue_registers(struct fixture *f)
{
    put(f, REG_QUEUE_SEL, 0);
    memory = virtio_platform_dma_alloc(RING_BYTES, 4096, &ring);
    desc = memory;
    avail = memory + 16 * SIZE;
    used = memory + 4096;
    if (f->variant->legacy)
    {
        put(f, REG_GUEST_PAGE_SIZE, 4096);
        assert_int_equal(get(f, REG_QUEUE_PFN), 0);
        assert_int_equal(get(f, REG_QUEUE_SIZE_MAX), 1024);
        put(f, REG_QUEUE_SIZE, SIZE);
        put(f, REG_QUEUE_ALIGN, 4096);
        return;
    }
    assert_int_equal(get(f, REG_QUEUE_READY), 0);
    assert_int_equal(get(f, REG_QUEUE_SIZE_MAX), 1024);
    put(f, REG_QUEUE_SIZE, SIZE);
    put(f, REG_QUEUE_DESC_LOW, (uint32_t)ring);
    put(f, REG_QUEUE_DESC_HIGH, (uint32_t)(ring >> 32));
    put(f, REG_QUEUE_DRIVER_LOW, (uint32_t)(ring + 16 * SIZE));
    put(f, REG_QUEUE_DRIVER_HIGH, (uint32_t)((ring + 16 * SIZE) >> 32));
    put(f, REG_QUEUE_DEVICE_LOW, (uint32_t)(ring + 4096));
    put(f, REG_QUEUE_DEVICE_HIGH, (uint32_t)((ring + 4096) >> 32));
}

static void queue_go(struct fixture *f)
{
    if (f->variant->legacy)
    {
        put(f, REG_QUEUE_PFN, (uint32_t)(ring / 4096));
    }
    else
    {
        put(f, REG_QUEUE_READY, 1);
    }
}

static void go(struct fixture *f)
{
    put(f, REG_STATUS, get(f, REG_STATUS) | 4);
}

static void up(struct fixture *f)
{
    up_to_features(f);
    queue_registers(f);
    queue_go(f);
    go(f);
    f->sim.mode = SIM_MANUAL;
    assert_conformant();
}

static void down(struct fixture *f)
{
    put(f, REG_STATUS, 0);
    if (memory != NULL)
    {
        virtio_platform_dma_free(memory, RING_BYTES);
        memory = NULL;
    }
}

static void put16(uint8_t *at, unsigned int value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void describe(unsigned int index, uint64_t address, uint32_t length, unsigned int flags, unsigned int next)
{
    memcpy(desc + 16 * index, &address, 8);
    memcpy(desc + 16 * index + 8, &length, 4);
    put16(desc + 16 * index + 12, flags);
    put16(desc + 16 * index + 14, next);
}

static void make_available(struct fixture *f, unsigned int head)
{
    unsigned int idx = avail[2] | avail[3] << 8;

    put16(avail + 4 + 2 * (idx % SIZE), head);
    put16(avail + 2, idx + 1);
    put(f, REG_QUEUE_NOTIFY, 0);
}

static void test_a_good_driver_is_not_accused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(get(f, REG_MAGIC), 0x74726976);
    assert_int_equal(get(f, REG_VERSION), f->variant->legacy ? 1 : 2);
    assert_int_equal(get(f, REG_DEVICE_ID), PLAIN_ID);
    up(f);
    describe(0, DATA, 8, SIM_DESC_NEXT, 1);
    describe(1, DATA + 8, 8, SIM_DESC_WRITE, 0);
    make_available(f, 0);
    assert_int_equal(sim_pending(&f->sim, 0), 1);
    assert_int_equal(sim_step(&f->sim, 0, 1), 1);
    assert_int_equal(used[2], 1);
    assert_int_equal(used[4], 0);
    assert_int_equal(used[8], 8);
    assert_int_equal(memory[4096 + 1032], 8);
    assert_int_equal(get(f, REG_INTERRUPT_STATUS), 1);
    put(f, REG_INTERRUPT_ACK, 1);
    assert_int_equal(f->sim.interrupts, 1);
    down(f);
    assert_conformant();
}

static void test_registers(void **state)
{
    struct fixture *f = *state;
    bool legacy = f->variant->legacy;

    up_to_features(f);
    (void)get(f, 0x00c + 0x0c);
    expect(legacy ? "MMIOL-REG-01" : "MMIO-ACC-01");
    (void)virtio_mmio_read32(f->sim.base + SIM_WINDOW);
    expect("MMIO-ACC-01");
    (void)virtio_mmio_read8(f->sim.base + REG_STATUS);
    expect("MMIO-ACC-04");
    virtio_mmio_write16(f->sim.base + REG_STATUS, 1);
    expect("MMIO-ACC-04");
    (void)virtio_mmio_read32(f->sim.base + 2);
    expect("MMIO-ACC-04");
    put(f, REG_MAGIC, 1);
    expect("MMIO-ACC-02");
    (void)get(f, REG_QUEUE_NOTIFY);
    expect("MMIO-ACC-03");
    (void)get(f, legacy ? REG_QUEUE_READY : REG_QUEUE_PFN);
    expect(legacy ? "MMIOL-REG-01" : "MMIO-ACC-01");
    (void)get(f, 0x0b0); /* shared memory, which needs a feature that nobody offers */
    expect(legacy ? "MMIOL-REG-01" : "MMIO-ACC-01");
    put(f, REG_INTERRUPT_ACK, 4);
    expect("MMIO-INT-03");
    put(f, REG_INTERRUPT_ACK, 1);
    expect("MMIO-INT-02");
    (void)virtio_mmio_read16(f->sim.base + REG_CONFIG + PLAIN_U64);
    expect("MMIO-ACC-05");
    (void)virtio_mmio_read8(f->sim.base + REG_CONFIG + 200);
    expect("MMIO-ACC-05");
    virtio_mmio_write8(f->sim.base + REG_CONFIG + PLAIN_U8, 1);
    expect("MMIO-ACC-02");
    down(f);
}

static void test_identification(void **state)
{
    struct fixture *f = *state;

    (void)get(f, REG_VERSION);
    expect("MMIO-INIT-01");
    f->sim.version = 9;
    (void)get(f, REG_DEVICE_ID);
    expect("MMIO-INIT-02");
    f->sim.version = 2;
    f->sim.id = 0;
    (void)get(f, REG_DEVICE_ID);
    (void)get(f, REG_STATUS);
    expect("MMIO-INIT-04");
}

static void test_status(void **state)
{
    struct fixture *f = *state;

    put(f, REG_STATUS, 1);
    expect("CORE-INIT-01");
    put(f, REG_STATUS, 0);
    put(f, REG_STATUS, 3);
    expect("CORE-STATUS-01");
    put(f, REG_STATUS, 2);
    expect("CORE-STATUS-02");
    put(f, REG_STATUS, 0);
    put(f, REG_STATUS, 1);
    put(f, REG_STATUS, 17);
    expect("CORE-STATUS-01");
    put(f, REG_STATUS, 0);
    put(f, REG_STATUS, 1);
    put(f, REG_STATUS, 5);
    expect("CORE-INIT-01");
    put(f, REG_STATUS, 0);
    put(f, REG_STATUS, 1);
    put(f, REG_STATUS, 0x81);
    put(f, REG_STATUS, 0x83);
    expect("CORE-STATUS-03");
    f->sim.reset_polls = 5;
    put(f, REG_STATUS, 0);
    (void)get(f, REG_DEVICE_FEATURES);
    expect("CORE-RESET-01");
    f->sim.reset_polls = 0;

    put(f, REG_STATUS, 0);
    put(f, REG_STATUS, 1);
    put(f, REG_STATUS, 3);
    put(f, REG_STATUS, 11);
    expect(f->variant->legacy ? "CORE-LEG-06" : "CORE-RSV-01");
    put(f, REG_STATUS, 15);
    assert_true(violation_seen("CORE-INIT-06"));
    expect(f->variant->legacy ? "CORE-INIT-06" : "CORE-INIT-05");
    put(f, REG_STATUS, 0);
    put(f, REG_QUEUE_NOTIFY, 0);
    expect("CORE-INIT-09");
}

static void test_features(void **state)
{
    struct fixture *f = *state;

    put(f, REG_STATUS, 0);
    put(f, REG_STATUS, 1);
    put(f, REG_STATUS, 3);
    (void)get(f, REG_DEVICE_FEATURES);
    expect("MMIO-FEAT-01");
    put(f, REG_DRIVER_FEATURES, 0);
    expect("MMIO-FEAT-02");
    put(f, REG_DRIVER_FEATURES_SEL, 0);
    put(f, REG_DRIVER_FEATURES, f->sim.offered[0] | 2);
    expect("CORE-FEAT-01");
    sim_offer(&f->sim, SIM_F_BAD_FEATURE);
    put(f, REG_DRIVER_FEATURES, f->sim.offered[0]);
    put(f, REG_STATUS, f->variant->legacy ? 7 : 11);
    expect("CORE-LEG-08");
    put(f, REG_DRIVER_FEATURES, 0);
    expect("CORE-INIT-04");
    down(f);
}

static void test_config_before_features_ok(void **state)
{
    struct fixture *f = *state;

    put(f, REG_STATUS, 0);
    (void)virtio_mmio_read8(f->sim.base + REG_CONFIG + PLAIN_U8);
    expect("CORE-INIT-01");
    put(f, REG_STATUS, 1);
    put(f, REG_STATUS, 3);
    virtio_mmio_write32(f->sim.base + REG_CONFIG + PLAIN_RW32, 1);
    expect("CORE-INIT-03");
}

static void test_queue_set_up(void **state)
{
    struct fixture *f = *state;
    bool legacy = f->variant->legacy;

    up_to_features(f);
    put(f, REG_QUEUE_SIZE, 8);
    expect("MMIO-QCFG-01");
    put(f, REG_QUEUE_SEL, 5);
    put(f, REG_QUEUE_SIZE, 8);
    expect("MMIO-QCFG-02");
    put(f, REG_QUEUE_SEL, 0);
    put(f, REG_QUEUE_SIZE, 2048);
    expect("MMIO-Q-01");
    put(f, REG_QUEUE_SIZE, 12);
    expect("SPLIT-SIZE-01");
    f->sim.queue[0].written = 0;
    queue_go(f);
    expect(legacy ? "MMIOL-PAGE-01" : "MMIO-QCFG-04");
    queue_registers(f);
    memory[4096 + 5] = 1;
    queue_go(f);
    expect("SPLIT-ANS-01");
    put(f, REG_QUEUE_SIZE, 8);
    expect("MMIO-Q-02");
    if (legacy)
    {
        (void)get(f, REG_QUEUE_SIZE_MAX);
        expect("MMIOL-Q-02");
        put(f, REG_GUEST_PAGE_SIZE, 4096);
        expect("MMIOL-PAGE-01");
    }
    else
    {
        put(f, REG_QUEUE_READY, 0);
        put(f, REG_QUEUE_READY, 1);
        expect("MMIO-Q-04");
    }
    down(f);
}

static void test_ring_outside_of_dma_memory(void **state)
{
    struct fixture *f = *state;

    up_to_features(f);
    queue_registers(f);
    if (f->variant->legacy)
    {
        put(f, REG_QUEUE_PFN, (uint32_t)(ring / 4096) + 1);
        assert_true(violation_seen("SPLIT-LEG-02"));
    }
    else
    {
        put(f, REG_QUEUE_DEVICE_LOW, (uint32_t)ring + RING_BYTES - 16);
        put(f, REG_QUEUE_READY, 1);
    }
    expect("DMA-UNMAPPED");
    down(f);
}

static void wrong_chain(struct fixture *f, const char *id)
{
    make_available(f, 0);
    expect(id);
    down(f);
    violation_clear();
    up(f);
}

static void test_chains(void **state)
{
    struct fixture *f = *state;

    f->sim.offered[0] &= ~(1u << SIM_F_INDIRECT_DESC);
    up(f);
    describe(0, DATA, 8, SIM_DESC_WRITE | SIM_DESC_NEXT, 1);
    describe(1, DATA, 8, 0, 0);
    wrong_chain(f, "SPLIT-FRAME-01");
    describe(0, DATA, 8, SIM_DESC_NEXT, 0);
    wrong_chain(f, "CORE-CLEAN-01"); /* a loop */
    describe(0, DATA, 8, SIM_DESC_NEXT, SIZE);
    wrong_chain(f, "SPLIT-DESC-01");
    describe(0, DATA, 8, 8, 0);
    wrong_chain(f, "SPLIT-DESC-01");
    describe(0, DATA, 0, 0, 0);
    wrong_chain(f, "SPLIT-DESC-01");
    describe(0, (uintptr_t)memory, 8, 0, 0); /* a pointer is no device address */
    wrong_chain(f, "DMA-UNMAPPED");
    describe(0, ring + RING_BYTES - 4, 8, 0, 0);
    wrong_chain(f, "DMA-UNMAPPED");
    describe(0, DATA, 16, SIM_DESC_INDIRECT, 0);
    wrong_chain(f, "SPLIT-IND-01");
    make_available(f, SIZE);
    expect("SPLIT-AVAIL-01");
    put16(avail + 2, 0xfff0);
    put(f, REG_QUEUE_NOTIFY, 0);
    expect("SPLIT-AVAIL-01");
    put16(avail + 2, 1);
    put16(avail, 2);
    put(f, REG_QUEUE_NOTIFY, 0);
    expect("SPLIT-UNS-01");
    down(f);
}

static void test_indirect_chains(void **state)
{
    struct fixture *f = *state;

    up(f);
    describe(4, DATA, 8, 0, 0);
    describe(0, TABLE, 16, SIM_DESC_INDIRECT | SIM_DESC_NEXT, 1);
    wrong_chain(f, "SPLIT-IND-04");
    describe(4, DATA, 8, SIM_DESC_INDIRECT, 0);
    describe(0, TABLE, 16, SIM_DESC_INDIRECT, 0);
    wrong_chain(f, "SPLIT-IND-02");
    describe(0, TABLE, 17, SIM_DESC_INDIRECT, 0);
    wrong_chain(f, "SPLIT-IND-03");
    describe(0, TABLE, 16 * (SIZE + 1), SIM_DESC_INDIRECT, 0);
    wrong_chain(f, "SPLIT-IND-03");
    describe(4, DATA, 8, SIM_DESC_NEXT, 0); /* goes round */
    describe(0, TABLE, 16, SIM_DESC_INDIRECT, 0);
    wrong_chain(f, "SPLIT-IND-03");
    describe(4, DATA, 8, SIM_DESC_NEXT, 1);
    describe(0, TABLE, 16, SIM_DESC_INDIRECT, 0);
    wrong_chain(f, "SPLIT-DESC-01");
    put16(avail, 1); /* EVENT_IDX */
    describe(0, DATA, 8, 0, 0);
    make_available(f, 0);
    expect("SPLIT-UNS-03");
    down(f);
}

/* The platform: direction, use after taking back, unbalanced returns. */
static void test_shared_memory(void **state)
{
    uint8_t buffer[64] = {1, 2, 3};
    virtio_dma_addr_t address;
    size_t length;

    (void)state;
    length = virtio_platform_share(buffer, sizeof(buffer), VIRTIO_DMA_TO_DEVICE, &address);
    assert_int_equal(length, sizeof(buffer));
    assert_memory_equal(host_dma(address, 64, false), buffer, 64);
    assert_conformant();
    assert_null(host_dma(address, 1, true));
    expect("DMA-DIRECTION");
    assert_null(host_dma(address + 60, 5, false));
    expect("DMA-UNMAPPED");
    virtio_platform_unshare(buffer, 63, VIRTIO_DMA_TO_DEVICE, address);
    expect("PLATFORM-UNSHARE");
    virtio_platform_unshare(buffer, 64, VIRTIO_DMA_FROM_DEVICE, address);
    expect("PLATFORM-UNSHARE");
    virtio_platform_unshare(buffer, 64, VIRTIO_DMA_TO_DEVICE, address);
    assert_conformant();
    virtio_platform_unshare(buffer, 64, VIRTIO_DMA_TO_DEVICE, address);
    expect("PLATFORM-UNSHARE");
    assert_null(host_dma(address, 1, false));
    expect("DMA-UNMAPPED");

    (void)virtio_platform_share(buffer, sizeof(buffer), VIRTIO_DMA_FROM_DEVICE, &address);
    memset(host_dma(address, 64, true), 9, 64);
    assert_int_equal(buffer[0], 1); /* not before it is taken back */
    virtio_platform_unshare(buffer, 64, VIRTIO_DMA_FROM_DEVICE, address);
    assert_int_equal(buffer[63], 9);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(test_a_good_driver_is_not_accused, setup_plain),
        BOTH(test_registers, setup_plain),
        MODERN(test_identification, setup_plain),
        BOTH(test_status, setup_plain),
        BOTH(test_features, setup_plain),
        MODERN(test_config_before_features_ok, setup_plain),
        BOTH(test_queue_set_up, setup_plain),
        BOTH(test_ring_outside_of_dma_memory, setup_plain),
        VARIANT(test_chains, setup_plain, " [legacy]", 3),
        VARIANT(test_chains, setup_plain, " [modern]", 7),
        BOTH(test_indirect_chains, setup_plain),
        MODERN(test_shared_memory, setup_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
