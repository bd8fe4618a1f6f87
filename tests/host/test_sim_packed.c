/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge on trial, as in test_sim.c, for packed rings: driven by hand, once as it should be and then wrongly in one
 * way at a time. No line of the driver takes part.
 */

#include <virtio/mmio.h>
#include <virtio/platform.h>

#include "fixture.h"
#include "sim/sim_registers.h"

#define SIZE       7
#define RING_BYTES 4096u
#define EVENTS     (16 * SIZE) /* the driver's, then the device's */
#define DATA       (ring + 1024)
#define TABLE      512 /* an indirect table, in the same memory */

#define AVAIL      0x80u
#define USED       0x8000u

static uint8_t *memory;
static virtio_dma_addr_t ring;

static void put(struct fixture *f, unsigned int offset, uint32_t value)
{
    virtio_mmio_write32(f->sim.base + offset, value);
}

static uint32_t get(struct fixture *f, unsigned int offset)
{
    return virtio_mmio_read32(f->sim.base + offset);
}

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

static void begin(struct fixture *f, uint32_t size, unsigned int crooked)
{
    put(f, REG_STATUS, 0);
    assert_int_equal(get(f, REG_STATUS), 0);
    put(f, REG_STATUS, 1);
    put(f, REG_STATUS, 3);
    for (uint32_t word = 0; word < 2; word++)
    {
        put(f, REG_DEVICE_FEATURES_SEL, word);
        put(f, REG_DRIVER_FEATURES_SEL, word);
        put(f, REG_DRIVER_FEATURES, get(f, REG_DEVICE_FEATURES));
    }
    put(f, REG_STATUS, 11);
    assert_int_equal(get(f, REG_STATUS), 11);
    put(f, REG_QUEUE_SEL, 0);
    memory = virtio_platform_dma_alloc(RING_BYTES, 4096, &ring);
    assert_int_equal(get(f, REG_QUEUE_READY), 0);
    assert_int_equal(get(f, REG_QUEUE_SIZE_MAX), 1024);
    put(f, REG_QUEUE_SIZE, size);
    put(f, REG_QUEUE_DESC_LOW, (uint32_t)ring);
    put(f, REG_QUEUE_DESC_HIGH, (uint32_t)(ring >> 32));
    put(f, REG_QUEUE_DRIVER_LOW, (uint32_t)ring + EVENTS + crooked);
    put(f, REG_QUEUE_DRIVER_HIGH, (uint32_t)(ring >> 32));
    put(f, REG_QUEUE_DEVICE_LOW, (uint32_t)ring + EVENTS + 4);
    put(f, REG_QUEUE_DEVICE_HIGH, (uint32_t)(ring >> 32));
    f->sim.mode = SIM_MANUAL;
}

static void up(struct fixture *f)
{
    begin(f, SIZE, 0);
    put(f, REG_QUEUE_READY, 1);
    put(f, REG_STATUS, 15);
    assert_conformant();
}

static void down(struct fixture *f)
{
    put(f, REG_STATUS, 0);
    virtio_platform_dma_free(memory, RING_BYTES);
}

static void put16(unsigned int at, unsigned int value)
{
    memory[at] = (uint8_t)value;
    memory[at + 1] = (uint8_t)(value >> 8);
}

static unsigned int get16(unsigned int at)
{
    return memory[at] | memory[at + 1] << 8;
}

static void describe(unsigned int at, uint64_t address, uint32_t length, unsigned int id, unsigned int flags)
{
    memcpy(memory + at, &address, 8);
    memcpy(memory + at + 8, &length, 4);
    put16(at + 12, id);
    put16(at + 14, flags);
}

/* Notify, see this violation, and begin anew. */
static void wrong(struct fixture *f, const char *id)
{
    put(f, REG_QUEUE_NOTIFY, 0);
    expect(id);
    down(f);
    violation_clear();
    up(f);
}

static void test_a_good_driver_is_not_accused(void **state)
{
    struct fixture *f = *state;
    unsigned int slot = 0;
    bool wrap = true;

    up(f);
    for (unsigned int i = 0; i < 20; i++)
    {
        for (unsigned int part = 0; part < 2; part++)
        {
            describe(16 * slot, DATA + 8 * part, 8, i % 5,
                     (part == 0 ? SIM_DESC_NEXT : SIM_DESC_WRITE) | (wrap ? AVAIL : USED));
            slot++;
            wrap = slot == SIZE ? !wrap : wrap;
            slot %= SIZE;
        }
        put(f, REG_QUEUE_NOTIFY, 0);
        assert_int_equal(sim_pending(&f->sim, 0), 1);
        assert_int_equal(sim_pending_chain(&f->sim, 0, 0)->readable, 1);
        /* Asked for: the next slot, as the one that a notification is wanted for. */
        assert_int_equal(get16(EVENTS + 4), slot | (wrap ? 0x8000 : 0));
        assert_int_equal(get16(EVENTS + 6), 2);
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        slot = (slot + SIZE - 2) % SIZE;
        assert_int_equal(get16(16 * slot + 12), i % 5);
        assert_int_equal(memory[16 * slot + 8], 8);
        wrap = (get16(16 * slot + 14) & USED) != 0;
        assert_int_equal(get16(16 * slot + 14), SIM_DESC_WRITE | (wrap ? AVAIL | USED : 0));
        wrap = slot + 2 >= SIZE ? !wrap : wrap;
        slot = (slot + 2) % SIZE;
    }
    assert_int_equal(f->sim.interrupts, 20);
    /* Without a wish for interrupts there are none; with one for a position, one when it is passed. */
    for (unsigned int i = 0; i < 12; i++)
    {
        put16(EVENTS, 2 | (wrap ? 0x8000 : 0)); /* slot 2 of the lap that comes */
        put16(EVENTS + 2, i < 3 ? 1 : 2);
        describe(16 * slot, DATA, 8, 0, wrap ? AVAIL : USED);
        put(f, REG_QUEUE_NOTIFY, 0);
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        assert_int_equal(f->sim.interrupts, 20 + (i >= 3 && slot == 2));
        f->sim.interrupts = 20;
        slot++;
        wrap = slot == SIZE ? !wrap : wrap;
        slot %= SIZE;
    }
    down(f);
    assert_conformant();
}

static void test_queue_set_up(void **state)
{
    struct fixture *f = *state;

    begin(f, 0, 0);
    expect("PACKED-SIZE-01");
    down(f);
    begin(f, SIZE, 2);
    put(f, REG_QUEUE_READY, 1);
    expect("PACKED-ALIGN-01");
    down(f);
    begin(f, SIZE, 0);
    put16(16 * 3 + 14, AVAIL);
    put(f, REG_QUEUE_READY, 1);
    expect("PACKED-INIT-01");
    down(f);
}

static void test_chains(void **state)
{
    struct fixture *f = *state;

    up(f);
    describe(0, DATA, 8, 0, SIM_DESC_NEXT | AVAIL);
    describe(16, DATA, 8, 0, AVAIL | USED);
    wrong(f, "PACKED-CHAIN-02"); /* half of it */
    describe(0, DATA, 8, 0, 0x10 | AVAIL);
    wrong(f, "PACKED-CHAIN-02");
    describe(0, DATA, 8, SIZE, AVAIL);
    wrong(f, "PACKED-CHAIN-01");
    describe(0, DATA, 8, 0, SIM_DESC_WRITE | SIM_DESC_NEXT | AVAIL);
    describe(16, DATA, 8, 0, AVAIL);
    wrong(f, "PACKED-SG-03");
    describe(0, DATA, 0, 0, AVAIL);
    wrong(f, "PACKED-SG-01");
    describe(0, DATA, 8, 3, AVAIL);
    describe(16, DATA, 8, 3, AVAIL);
    wrong(f, "CORE-CLEAN-01"); /* one id for two */
    describe(0, (uintptr_t)memory, 8, 0, AVAIL);
    wrong(f, "DMA-UNMAPPED");
    put16(EVENTS + 2, 3);
    wrong(f, "PACKED-EVT-01");
    put16(EVENTS + 2, 4);
    wrong(f, "PACKED-EVT-01");
    /* A list without an end comes to slots that it has itself. */
    for (unsigned int i = 0; i < SIZE; i++)
    {
        describe(16 * i, DATA, 8, 0, SIM_DESC_NEXT | AVAIL);
    }
    wrong(f, "PACKED-CHAIN-02");
    /* More than the ring has: the first one is overwritten before it was used. */
    for (unsigned int i = 0; i < SIZE; i++)
    {
        describe(16 * i, DATA, 8, i, AVAIL);
    }
    put(f, REG_QUEUE_NOTIFY, 0);
    assert_conformant();
    sim_drop(&f->sim, 0, 0);
    describe(0, DATA, 8, 0, USED);
    wrong(f, "PACKED-DESC-01");
    down(f);
}

static void test_indirect_chains(void **state)
{
    struct fixture *f = *state;

    up(f);
    describe(TABLE, DATA, 8, 0, 0);
    describe(0, ring + TABLE, 16, 0, SIM_DESC_INDIRECT | SIM_DESC_NEXT | AVAIL);
    wrong(f, "PACKED-IND-04");
    describe(TABLE, DATA, 8, 0, 0);
    describe(0, DATA, 8, 0, SIM_DESC_NEXT | AVAIL);
    describe(16, ring + TABLE, 16, 0, SIM_DESC_INDIRECT | AVAIL);
    wrong(f, "PACKED-IND-04");
    describe(TABLE, DATA, 8, 0, SIM_DESC_NEXT);
    describe(0, ring + TABLE, 16, 0, SIM_DESC_INDIRECT | AVAIL);
    wrong(f, "PACKED-IND-02");
    describe(0, ring + TABLE, 17, 0, SIM_DESC_INDIRECT | AVAIL);
    wrong(f, "PACKED-SG-02");
    describe(0, ring + TABLE, 16 * (SIZE + 1), 0, SIM_DESC_INDIRECT | AVAIL);
    wrong(f, "PACKED-SG-02");
    down(f);
}

static void test_what_was_not_negotiated(void **state)
{
    struct fixture *f = *state;

    up(f);
    describe(TABLE, DATA, 8, 0, 0);
    describe(0, ring + TABLE, 16, 0, SIM_DESC_INDIRECT | AVAIL);
    wrong(f, "PACKED-IND-01");
    put16(EVENTS + 2, 2);
    wrong(f, "PACKED-EVT-01");
    down(f);
}

static void test_packed_refused(void **state)
{
    struct fixture *f = *state;

    put(f, REG_STATUS, 0);
    put(f, REG_STATUS, 1);
    put(f, REG_STATUS, 3);
    put(f, REG_DEVICE_FEATURES_SEL, 1);
    put(f, REG_DRIVER_FEATURES_SEL, 1);
    put(f, REG_DRIVER_FEATURES, get(f, REG_DEVICE_FEATURES) & ~(1u << (SIM_F_RING_PACKED - 32)));
    put(f, REG_STATUS, 11);
    expect("CORE-RSV-06");
    put(f, REG_STATUS, 0);
}

#define ONE(test, number) VARIANT(test, setup_plain, " [packed]", number)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ONE(test_a_good_driver_is_not_accused, 8),
        ONE(test_queue_set_up, 8),
        ONE(test_chains, 8),
        ONE(test_indirect_chains, 8),
        ONE(test_what_was_not_negotiated, 11),
        ONE(test_packed_refused, 8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
