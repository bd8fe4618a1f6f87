/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only the packed ring (2.8) has: any size, wrap counters, flags published last, events by position, and a device
 * that lies with them (HZ-PACKED-*). What it has in common with the split ring is in the other tests of the queue.
 */

#include <virtio/config.h>

#include "fixture_queue.h"

#define SIZE 16
#define ANY_SIZES                              \
    {                                          \
        2, 3, 5, 7, 100, 255, 257, 1000, 32767 \
    }
#define MARKS (VIRTIO_PACKED_F_AVAIL | VIRTIO_PACKED_F_USED)

static void *cookie(unsigned int number)
{
    return (void *)(uintptr_t)(number + 1);
}

/* --- memory ----------------------------------------------------------------------------------------------------- */

static void test_layout_PACKED_ALIGN_01_SIZE_01(void **state)
{
    static const uint32_t sizes[] = ANY_SIZES;
    static const uint32_t bad[] = {0, 1, 32769, 65536, 0x80000000, 0xffffffff};
    struct virtio_queue_memory need;

    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++)
    {
        assert_int_equal(virtio_queue_measure(VIRTIO_LAYOUT_PACKED, sizes[i], 3, &need), 0);
        assert_true(need.ring_align >= 16);
        assert_int_equal(need.driver_offset % 4, 0);
        assert_int_equal(need.device_offset % 4, 0);
        assert_true(need.driver_offset >= 16 * sizes[i]);
        assert_true(need.device_offset >= need.driver_offset + 4);
        assert_true(need.ring_bytes >= need.device_offset + 4);
        assert_int_equal(need.indirect_bytes, 16ull * 3 * sizes[i]);
        assert_int_equal(need.private_bytes, sizeof(struct virtio_chain) * sizes[i]);
    }
    for (size_t i = 0; i < LENGTH(bad); i++)
    {
        assert_int_equal(virtio_queue_measure(VIRTIO_LAYOUT_PACKED, bad[i], 0, &need), -VIRTIO_EINVAL);
    }
}

/* Neither is rounded: what the driver wants, and what the device allows. */
static void test_size_that_is_chosen(void **state)
{
    static const struct
    {
        uint16_t wanted;
        uint32_t maximum;
        int size;
    } table[] = {{100, 1024, 100},
                 {100, 99, 99},
                 {64, 1024, 64},
                 {7, 7, 7},
                 {65535, 32768, 32768},
                 {65535, 0xffffffff, 32768},
                 {1, 1024, -VIRTIO_EPROTO},
                 {8, 1, -VIRTIO_EPROTO}};
    struct fixture *f = *state;

    for (size_t i = 0; i < LENGTH(table); i++)
    {
        f->dev.started = false;
        f->size_wanted = table[i].wanted;
        f->sim.queue[0].size_max = table[i].maximum;
        if (table[i].size < 0)
        {
            assert_int_equal(fixture_start(f), table[i].size);
            continue;
        }
        assert_int_equal(fixture_start(f), 0);
        assert_int_equal(f->queue.size, table[i].size);
        assert_int_equal(f->sim.queue[0].size, table[i].size);
        fixture_stop(f);
    }
}

/* --- chains and laps -------------------------------------------------------------------------------------------- */

/* Rings of odd sizes, with chains of every length that fits, in the device's own order, over many laps. */
static void test_laps_of_any_size_PACKED_WRAP(void **state)
{
    static const uint16_t sizes[] = ANY_SIZES;
    struct fixture *f = *state;
    struct piece p = piece(8);

    for (size_t i = 0; i < LENGTH(sizes); i++)
    {
        unsigned int longest = sizes[i] < 5 ? sizes[i] : 5;
        unsigned int laps = sizes[i] > 1000 ? 3 : 40;
        unsigned int put = 0, taken = 0;
        uint8_t *expected; /* of each in flight: 1 + device-writable elements */

        start(f, sizes[i]);
        expected = calloc(1, laps * sizes[i]);
        f->sim.mode = SIM_MANUAL;
        f->sim.order = SIM_RANDOM;
        while (taken < laps * sizes[i])
        {
            unsigned int batch = 1 + host_random() % (sizes[i] > 1000 ? sizes[i] : 8);
            struct virtio_sg sg[5] = {p.sg, p.sg, p.sg, p.sg, p.sg};
            uint32_t length;

            while (batch-- != 0 && put < laps * sizes[i])
            {
                unsigned int elements = 1 + host_random() % longest;
                unsigned int out = host_random() % (elements + 1);

                if (virtio_queue_add(&f->queue, sg, out, elements - out, cookie(put)) != 0)
                {
                    break;
                }
                expected[put++] = (uint8_t)(1 + elements - out);
            }
            publish(f);
            batch = sim_step(&f->sim, 0, 1 + host_random() % (sim_pending(&f->sim, 0) + 1));
            while (batch-- != 0)
            {
                unsigned int number = (unsigned int)(uintptr_t)pop(f, &length) - 1;

                assert_true(number < put && expected[number] != 0);
                assert_int_equal(length, 8 * (expected[number] - 1));
                expected[number] = 0;
                taken++;
            }
            expect_empty(f);
        }
        assert_int_equal(f->queue.free_count, sizes[i]);
        assert_int_equal(f->queue.in_flight, 0);
        free(expected);
        fixture_stop(f);
        f->dev.started = false;
    }
    piece_free(p);
}

/* The first descriptor of a batch is available last, after a barrier, and before the look at the device's events. */
static struct
{
    unsigned int count;
    bool first[8], second[8];
} barriers;

static bool is_available(const struct fixture *f, unsigned int slot, bool wrap)
{
    return (f->queue.slots[slot].flags & MARKS) == (wrap ? VIRTIO_PACKED_F_AVAIL : VIRTIO_PACKED_F_USED);
}

static void take_snapshot(void *context)
{
    struct fixture *f = context;
    unsigned int i = barriers.count++ % 8;

    barriers.first[i] = is_available(f, 0, true);
    barriers.second[i] = is_available(f, 1, true);
}

static void test_head_is_published_last_PACKED_SG_06_SUP_02_03(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    struct virtio_sg sg[2] = {p.sg, p.sg};
    uint32_t length;

    f->indirect_max = 0;
    start(f, 8);
    f->sim.mode = SIM_MANUAL;
    memset(&barriers, 0, sizeof(barriers));
    assert_int_equal(virtio_queue_add(&f->queue, sg, 1, 1, f), 0);
    assert_false(is_available(f, 0, true));
    sim_look(&f->sim, 0); /* as it may at any time: there is nothing */
    assert_int_equal(sim_pending(&f->sim, 0), 0);
    host.on_barrier = take_snapshot;
    host.barrier_context = f;
    (void)virtio_queue_publish(&f->queue);
    assert_true(barriers.count >= 2);
    assert_true(!barriers.first[0] && barriers.second[0]);
    assert_true(barriers.first[barriers.count - 1]);

    /* The wish for an interrupt before the last look; the flags of a used descriptor before the rest of it. */
    virtio_queue_notify(&f->queue);
    virtio_queue_disable(&f->queue);
    barriers.count = 0;
    assert_false(virtio_queue_enable(&f->queue));
    assert_true(barriers.count >= 1);
    assert_int_equal(sim_step(&f->sim, 0, 1), 1);
    barriers.count = 0;
    assert_ptr_equal(pop(f, &length), f);
    assert_true(barriers.count >= 1);
    host.on_barrier = NULL;
    fixture_stop(f);
    piece_free(p);
}

/* --- events ------------------------------------------------------------------------------------------------------ */

/* One notification if the device's position lies anywhere among the slots of a batch; none if before or after. */
static void test_position_within_a_batch_PACKED_EVT_02(void **state)
{
    static const uint16_t sizes[] = {16, 13};
    struct fixture *f = *state;
    struct piece p = piece(4);
    struct virtio_sg sg[2] = {p.sg, p.sg};
    uint32_t length;

    f->indirect_max = 0;
    for (unsigned int s = 0; s < LENGTH(sizes); s++)
    {
        unsigned int size = sizes[s];

        start(f, sizes[s]);
        f->sim.mode = SIM_MANUAL;
        for (unsigned int round = 0; round < 40; round++)
        {
            for (int at = -3; at < 8; at++)
            {
                unsigned int slot = f->sim.queue[0].avail_slot + size + (unsigned int)at;
                bool wrap = f->sim.queue[0].avail_wrap;
                bool wanted;

                wrap = slot < size || slot >= 2 * size ? !wrap : wrap;
                sim_device_event(&f->sim, 0, (uint16_t)(slot % size | (wrap ? 0x8000 : 0)), VIRTIO_PACKED_EVENT_DESC);
                assert_int_equal(virtio_queue_add(&f->queue, sg, 1, 1, f), 0);
                assert_int_equal(virtio_queue_add(&f->queue, sg, 1, 0, f), 0);
                assert_int_equal(virtio_queue_add(&f->queue, sg, 1, 1, f), 0);
                wanted = virtio_queue_publish(&f->queue);
                assert_int_equal(wanted, at >= 0 && at < 5);
                virtio_queue_notify(&f->queue);
                assert_int_equal(sim_step(&f->sim, 0, 3), 3);
                for (unsigned int i = 0; i < 3; i++)
                {
                    (void)pop(f, &length);
                }
            }
        }
        fixture_stop(f);
        f->dev.started = false;
    }
    piece_free(p);
}

/* Bits that are reserved, a mode that is, and DESC without EVENT_IDX: all taken for a yes. Positions that no ring has.
 */
static void test_events_that_make_no_sense_HZ_PACKED_06(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    uint32_t length;

    start(f, SIZE);
    f->sim.mode = SIM_MANUAL;
    for (uint32_t flags = 0; flags <= 0xffff; flags += flags < 8 ? 1 : 0x0f0f)
    {
        for (uint32_t position = 0; position <= 0xffff; position += 0x7ff)
        {
            unsigned int mode = flags & 3;
            bool wanted;

            sim_device_event(&f->sim, 0, (uint16_t)position, (uint16_t)flags);
            assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
            wanted = virtio_queue_publish(&f->queue);
            if (mode != VIRTIO_PACKED_EVENT_DESC || !f->variant->event_idx)
            {
                assert_int_equal(wanted, mode != VIRTIO_PACKED_EVENT_DISABLE);
            }
            else if ((position & 0x7fff) >= 2 * SIZE)
            {
                assert_false(wanted);
            }
            virtio_queue_notify(&f->queue); /* as a watchdog would */
            assert_int_equal(sim_step(&f->sim, 0, 1), 1);
            assert_ptr_equal(pop(f, &length), f);
        }
    }
    fixture_stop(f);
    piece_free(p);
}

/* What the driver writes: only modes that there are, and the position of the next used descriptor in its lap. */
static void test_what_the_driver_asks_for_PACKED_EVT_01(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    uint32_t length;

    start(f, 5);
    f->sim.mode = SIM_MANUAL;
    assert_int_equal(*f->queue.driver_event, 0);
    for (unsigned int i = 0; i < 23; i++)
    {
        uint32_t position = i % 5 | (i / 5 % 2 == 0 ? 0x8000 : 0);

        assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
        publish(f);
        virtio_queue_disable(&f->queue);
        assert_int_equal(*f->queue.driver_event >> 16, VIRTIO_PACKED_EVENT_DISABLE);
        assert_false(virtio_queue_enable(&f->queue));
        assert_int_equal(*f->queue.driver_event, f->variant->event_idx ? VIRTIO_PACKED_EVENT_DESC << 16 | position : 0);
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        (void)pop(f, &length);
    }
    assert_int_equal(f->sim.queue[0].interrupts, 23);
    /* After a reset nothing is asked for any more, and the wish is written again. */
    virtio_queue_disable(&f->queue);
    assert_int_equal(virtio_device_start(&f->dev, &f->driver, f), 0);
    assert_int_equal(*f->queue.driver_event, 0);
    virtio_queue_disable(&f->queue);
    assert_int_equal(*f->queue.driver_event >> 16, VIRTIO_PACKED_EVENT_DISABLE);
    fixture_stop(f);
    piece_free(p);
}

/* --- lies ------------------------------------------------------------------------------------------------------- */

static void submit(struct fixture *f, struct piece *p, unsigned int out, unsigned int in, void *with)
{
    struct virtio_sg sg[4] = {p->sg, p->sg, p->sg, p->sg};

    assert_int_equal(virtio_queue_add(&f->queue, sg, out, in, with), 0);
    publish(f);
}

/* The queue is broken; after a reset, in which nothing is lost, it works again. */
static void expect_broken(struct fixture *f, struct piece *p, unsigned int in_flight)
{
    unsigned int detached = 0;
    uint32_t length;
    void *with;

    assert_int_equal(virtio_queue_pop(&f->queue, &with, &length), -VIRTIO_EPROTO);
    assert_true(f->queue.broken);
    assert_false(virtio_queue_enable(&f->queue));
    assert_true(host_log_has("virtio-test0"));
    assert_int_equal(virtio_device_reset(&f->dev), 0);
    while (virtio_queue_detach(&f->queue) != NULL)
    {
        detached++;
    }
    assert_int_equal(detached, in_flight);
    assert_int_equal(virtio_device_start(&f->dev, &f->driver, f), 0);
    submit(f, p, 1, 1, p);
    assert_int_equal(sim_step(&f->sim, 0, 1), 1);
    assert_ptr_equal(pop(f, &length), p);
    host_log_clear();
}

/* Begin somewhere in the ring, in the first lap or in the second. */
static void go_to(struct fixture *f, struct piece *p, unsigned int slot)
{
    uint32_t length;

    while (slot-- != 0)
    {
        submit(f, p, 1, 0, f);
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        (void)pop(f, &length);
    }
}

static void test_used_but_never_available_HZ_PACKED_03(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(16);
    static const unsigned int slots[] = {0, 3, SIZE - 1, SIZE, SIZE + 5};

    f->sim.mode = SIM_MANUAL;
    start(f, SIZE);
    for (size_t i = 0; i < LENGTH(slots); i++)
    {
        go_to(f, &p, slots[i]);
        expect_empty(f);
        sim_slot_flags(&f->sim, 0, 0, sim_used_marks(&f->sim, 0));
        assert_true(virtio_queue_enable(&f->queue)); /* there is something to look at */
        expect_broken(f, &p, 0);
        /* The same with a chain there that the device was not told of. */
        go_to(f, &p, slots[i]);
        assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
        expect_empty(f);
        sim_slot_flags(&f->sim, 0, 0, sim_used_marks(&f->sim, 0));
        expect_broken(f, &p, 1);
    }
    fixture_stop(f);
    piece_free(p);
}

/* A descriptor that the driver made available is then either that, or used in this lap: nothing else. */
static void test_flags_of_another_lap_HZ_PACKED_05(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(16);

    f->sim.mode = SIM_MANUAL;
    start(f, SIZE);
    for (unsigned int slot = 0; slot < 2 * SIZE; slot += 5)
    {
        for (unsigned int lie = 0; lie < 2; lie++)
        {
            uint16_t used;

            go_to(f, &p, slot);
            submit(f, &p, 1, 1, f);
            used = sim_used_marks(&f->sim, 0);
            assert_false(virtio_queue_enable(&f->queue));
            sim_slot_flags(&f->sim, 0, 0, (uint16_t)(used ^ (lie == 0 ? MARKS : VIRTIO_PACKED_F_AVAIL)));
            assert_true(virtio_queue_enable(&f->queue));
            expect_broken(f, &p, 1);
        }
        /* And bits beside the marks mean nothing, NEXT among them (2.8.6). */
        go_to(f, &p, slot);
        submit(f, &p, 1, 1, f);
        sim_slot_flags(&f->sim, 0, 0,
                       (uint16_t)((sim_used_marks(&f->sim, 0) ^ VIRTIO_PACKED_F_USED) | (0xffff & ~MARKS)));
        assert_false(virtio_queue_enable(&f->queue));
        expect_empty(f);
        assert_int_equal(virtio_device_reset(&f->dev), 0);
        assert_ptr_equal(virtio_queue_detach(&f->queue), f);
        assert_int_equal(virtio_device_start(&f->dev, &f->driver, f), 0);
    }
    fixture_stop(f);
    piece_free(p);
}

static void test_ids_HZ_PACKED_01_02(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(16);

    f->sim.mode = SIM_MANUAL;
    start(f, 11);
    for (uint32_t id = 0; id <= 0xffff; id += id < 40 ? 1 : 0x333)
    {
        submit(f, &p, 1, 1, f);
        submit(f, &p, 1, 1, &p);
        if (f->queue.chain[id < 11 ? id : 0].cookie != NULL && id < 11)
        {
            uint32_t length;
            void *with = f->queue.chain[id].cookie;

            sim_used_put(&f->sim, 0, id, 0); /* the second may be first */
            assert_ptr_equal(pop(f, &length), with);
            sim_used_put(&f->sim, 0, id, 0); /* but not twice */
            expect_broken(f, &p, 1);
            continue;
        }
        sim_used_put(&f->sim, 0, id, 0);
        expect_broken(f, &p, 2);
    }
    fixture_stop(f);
    piece_free(p);
}

/* Lengths with WRITE are checked; without it they count as far as they can be meant (QEMU says no WRITE at all). */
static void test_lengths_HZ_PACKED_04_LEN_01(void **state)
{
    static const uint32_t table[] = {0, 1, 31, 32, 33, 0x10000, 0x80000000, 0xffffffff};
    struct fixture *f = *state;
    struct piece p = piece(16);
    uint32_t length;

    f->sim.mode = SIM_MANUAL;
    start(f, SIZE);
    for (size_t i = 0; i < LENGTH(table); i++)
    {
        f->sim.no_write_flag = true;
        submit(f, &p, 1, 2, f);
        sim_finish_length(&f->sim, 0, 0, table[i]);
        assert_ptr_equal(pop(f, &length), f);
        assert_int_equal(length, table[i] <= 32 ? table[i] : 0);
        submit(f, &p, 2, 0, f);
        sim_finish_length(&f->sim, 0, 0, table[i]);
        assert_ptr_equal(pop(f, &length), f);
        assert_int_equal(length, 0);

        f->sim.no_write_flag = false;
        submit(f, &p, 1, 2, f);
        sim_finish_length(&f->sim, 0, 0, table[i]);
        if (table[i] <= 32)
        {
            assert_ptr_equal(pop(f, &length), f);
            assert_int_equal(length, table[i]);
        }
        else
        {
            expect_broken(f, &p, 1);
            f->queue.lax_length = true;
            submit(f, &p, 1, 2, f);
            sim_finish_length(&f->sim, 0, 0, table[i]);
            assert_ptr_equal(pop(f, &length), f);
            assert_int_equal(length, 32);
            f->queue.lax_length = false;
        }
    }
    fixture_stop(f);
    piece_free(p);
}

/* One used descriptor for several chains needs IN_ORDER, which is not accepted: the others stay where they are. */
static void test_one_for_a_batch_without_IN_ORDER_PACKED_ORDER_01(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(16);
    unsigned int detached = 0;
    uint32_t length;

    f->sim.mode = SIM_MANUAL;
    start(f, SIZE);
    for (unsigned int i = 0; i < 4; i++)
    {
        submit(f, &p, 1, 0, cookie(i));
    }
    sim_used_put(&f->sim, 0, sim_pending_chain(&f->sim, 0, 3)->head, 0);
    assert_ptr_equal(pop(f, &length), cookie(3));
    expect_empty(f);
    assert_int_equal(f->queue.in_flight, 3);
    assert_int_equal(virtio_device_reset(&f->dev), 0);
    while (virtio_queue_detach(&f->queue) != NULL)
    {
        detached++;
    }
    assert_int_equal(detached, 3);
    virtio_queue_destroy(&f->queue);
    piece_free(p);
}

/* Two used descriptors for one list (DP-PACKED-04): the second is the id of no buffer. */
static void test_two_for_one_list_DP_PACKED_04(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(16);
    uint32_t length;
    uint16_t head;

    f->sim.mode = SIM_MANUAL;
    f->indirect_max = 0;
    start(f, SIZE);
    submit(f, &p, 1, 2, f);
    submit(f, &p, 1, 1, &p);
    head = sim_pending_chain(&f->sim, 0, 0)->head;
    sim_used_put(&f->sim, 0, head, 16);
    sim_used_put(&f->sim, 0, head, 16);
    assert_ptr_equal(pop(f, &length), f);
    expect_broken(f, &p, 1);
    fixture_stop(f);
    piece_free(p);
}

/* All but the flags of every slot overwritten, again and again: lengths, ids and lists are the driver's own. */
static void scribble(struct fixture *f, bool used_ones)
{
    size_t bytes;
    uint8_t *slots = sim_ring_memory(&f->sim, 0, 0, &bytes);

    for (size_t i = 0; i < bytes; i++)
    {
        if (i % 16 < (used_ones ? 8 : 14)) /* the address of a used one means nothing */
        {
            slots[i] = (uint8_t)host_random();
        }
    }
}

static void test_slots_rewritten_DP_PACKED_03(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(16);
    uint32_t length;

    f->sim.mode = SIM_MANUAL;
    f->sim.order = SIM_RANDOM;
    start(f, 13);
    for (unsigned int round = 0; round < 300; round++)
    {
        unsigned int count = 1 + host_random() % 4;
        unsigned int seen = 0;

        for (unsigned int i = 0; i < count; i++)
        {
            submit(f, &p, 1, 2, (void *)(uintptr_t)(1u << i));
        }
        scribble(f, false);
        assert_int_equal(sim_step(&f->sim, 0, count), count);
        scribble(f, true);
        for (unsigned int i = 0; i < count; i++)
        {
            seen |= (unsigned int)(uintptr_t)pop(f, &length);
            assert_int_equal(length, 32);
        }
        assert_int_equal(seen, (1u << count) - 1);
        assert_int_equal(f->queue.free_count, 13);
    }
    fixture_stop(f);
    piece_free(p);
}

/* A slot that changes between the flags and the rest (HZ-PACKED-07): whatever is there then is read once, and checked.
 */
static void change_slot(void *context)
{
    struct fixture *f = context;
    struct virtio_packed_desc *slot = &f->queue.slots[f->queue.used_slot];

    host.on_barrier = NULL;
    slot->id = 9;
    slot->length = 0xffffffff;
    slot->flags = 0;
}

static void test_slot_changes_while_it_is_read_HZ_PACKED_07(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(16);

    f->sim.mode = SIM_MANUAL;
    start(f, SIZE);
    submit(f, &p, 1, 1, f);
    assert_int_equal(sim_step(&f->sim, 0, 1), 1);
    host.on_barrier = change_slot;
    host.barrier_context = f;
    expect_broken(f, &p, 1);
    assert_null(host.on_barrier);
    fixture_stop(f);
    piece_free(p);
}

/* Anything in any slot: no cookie comes twice and none is made up. */
static void test_random_ring_HZ_PACKED(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(16);
    unsigned int broken = 0, popped = 0;

    f->sim.mode = SIM_MANUAL;
    start(f, SIZE);
    for (unsigned int round = 0; round < 3000; round++)
    {
        unsigned int count = 1 + host_random() % 4;
        unsigned int out = 0;
        uint32_t length;
        size_t bytes;
        uint8_t *slots;
        void *with;
        int result;

        go_to(f, &p, host_random() % (2 * SIZE));
        for (unsigned int i = 0; i < count; i++)
        {
            submit(f, &p, 1, 1, (void *)(uintptr_t)(1u << i));
            out |= 1u << i;
        }
        slots = sim_ring_memory(&f->sim, 0, 0, &bytes);
        for (size_t i = 0; i < bytes; i += 16)
        {
            /* Often enough something that looks right. */
            uint32_t said = host_random() % 4 == 0 ? host_random() : host_random() % 18;
            uint16_t id = (uint16_t)(host_random() % 4 == 0 ? host_random() : host_random() % SIZE);
            uint16_t flags = (uint16_t)(host_random() % 8 == 0   ? host_random()
                                        : host_random() % 2 == 0 ? MARKS | VIRTIO_DESC_F_WRITE
                                                                 : 0);

            memcpy(slots + i + 8, &said, 4);
            memcpy(slots + i + 12, &id, 2);
            memcpy(slots + i + 14, &flags, 2);
        }
        while ((result = virtio_queue_pop(&f->queue, &with, &length)) == 0)
        {
            assert_true((out & (uintptr_t)with) != 0);
            assert_true(length <= 16);
            out &= ~(unsigned int)(uintptr_t)with;
            popped++;
        }
        assert_true(result == -VIRTIO_EAGAIN || result == -VIRTIO_EPROTO);
        broken += result == -VIRTIO_EPROTO;
        assert_int_equal(virtio_device_reset(&f->dev), 0);
        while ((with = virtio_queue_detach(&f->queue)) != NULL)
        {
            assert_true((out & (uintptr_t)with) != 0);
            out &= ~(unsigned int)(uintptr_t)with;
        }
        assert_int_equal(out, 0);
        assert_int_equal(virtio_device_start(&f->dev, &f->driver, f), 0);
        host_log_clear();
    }
    assert_true(broken > 500);
    assert_true(popped > 100);
    fixture_stop(f);
    piece_free(p);
}

/* The bit alone does not make a legacy ring packed. */
static void test_not_on_the_legacy_interface(void **state)
{
    struct fixture *f = *state;

    f->sim.offered[1] = 0xffffffff;
    start(f, 8);
    assert_false(virtio_device_has(&f->dev, VIRTIO_F_RING_PACKED));
    assert_non_null(f->queue.used);
    assert_null(f->queue.slots);
    fixture_stop(f);
}

#define ONE(test) VARIANT(test, setup_plain, " [packed]", 8)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ONE(test_layout_PACKED_ALIGN_01_SIZE_01),
        PACKED(test_size_that_is_chosen, setup_plain),
        PACKED(test_laps_of_any_size_PACKED_WRAP, setup_plain),
        PACKED(test_head_is_published_last_PACKED_SG_06_SUP_02_03, setup_plain),
        VARIANT(test_position_within_a_batch_PACKED_EVT_02, setup_plain, " [packed, event_idx]", 10),
        PACKED(test_events_that_make_no_sense_HZ_PACKED_06, setup_plain),
        PACKED(test_what_the_driver_asks_for_PACKED_EVT_01, setup_plain),
        PACKED(test_used_but_never_available_HZ_PACKED_03, setup_plain),
        PACKED(test_flags_of_another_lap_HZ_PACKED_05, setup_plain),
        PACKED(test_ids_HZ_PACKED_01_02, setup_plain),
        PACKED(test_lengths_HZ_PACKED_04_LEN_01, setup_plain),
        PACKED(test_one_for_a_batch_without_IN_ORDER_PACKED_ORDER_01, setup_plain),
        PACKED(test_two_for_one_list_DP_PACKED_04, setup_plain),
        PACKED(test_slots_rewritten_DP_PACKED_03, setup_plain),
        ONE(test_slot_changes_while_it_is_read_HZ_PACKED_07),
        PACKED(test_random_ring_HZ_PACKED, setup_plain),
        LEGACY(test_not_on_the_legacy_interface, setup_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
