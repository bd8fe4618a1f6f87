/* SPDX-License-Identifier: Apache-2.0 */
/* Rings (2.7, 2.8) with a device that keeps to the rules: layout, chains, wrap, reset. */

#include "fixture_queue.h"

#define WRAP_REQUESTS 70000u

/* --- memory ----------------------------------------------------------------------------------------------------- */

static void test_legacy_layout_SPLIT_LEG_02(void **state)
{
    static const struct
    {
        uint32_t size, used, total;
    } table[] = {{8, 4096, 8192},    {16, 4096, 8192},    {64, 4096, 8192},     {128, 4096, 8192},
                 {256, 8192, 12288}, {512, 12288, 20480}, {1024, 20480, 32768}, {32768, 593920, 860160}};
    struct virtio_queue_memory need;

    (void)state;
    for (size_t i = 0; i < LENGTH(table); i++)
    {
        assert_int_equal(virtio_queue_measure(VIRTIO_LAYOUT_LEGACY, table[i].size, 0, &need), 0);
        assert_int_equal(need.device_offset, table[i].used);
        assert_int_equal(need.ring_bytes, table[i].total);
        assert_int_equal(need.ring_align, 4096);
        assert_int_equal(need.indirect_bytes, 0);
    }
}

static void test_modern_layout_SPLIT_ALIGN_01(void **state)
{
    struct virtio_queue_memory need;

    (void)state;
    for (uint32_t size = 2; size <= 32768; size *= 2)
    {
        assert_int_equal(virtio_queue_measure(VIRTIO_LAYOUT_SPLIT, size, 10, &need), 0);
        assert_true(need.ring_align >= 16);
        assert_int_equal(need.device_offset % 4, 0);
        assert_true(need.device_offset >= 16 * size + 6 + 2 * size);
        assert_true(need.ring_bytes >= need.device_offset + 6 + 8 * size);
        assert_int_equal(need.indirect_bytes, 16ull * 10 * size);
        assert_true(need.private_bytes > 0);
    }
}

static void test_sizes_that_no_queue_has_SPLIT_SIZE_01(void **state)
{
    static const uint32_t bad[] = {0, 1, 3, 7, 100, 32767, 32769, 65536, 0x80000000, 0xffffffff};
    struct virtio_queue_memory need;

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++)
    {
        assert_int_equal(virtio_queue_measure(VIRTIO_LAYOUT_LEGACY, bad[i], 0, &need), -VIRTIO_EINVAL);
        assert_int_equal(virtio_queue_measure(VIRTIO_LAYOUT_SPLIT, bad[i], 0, &need), -VIRTIO_EINVAL);
    }
}

static void test_no_memory(void **state)
{
    struct fixture *f = *state;
    int result = -1;

    for (int n = 1; n < 10 && result != 0; n++)
    {
        host.fail_alloc_at = n;
        result = fixture_start(f);
        if (result != 0)
        {
            assert_int_equal(result, -VIRTIO_ENOMEM);
            assert_true(host_all_returned());
            assert_true((f->sim.status & SIM_FAILED) != 0);
        }
    }
    host.fail_alloc_at = 0;
    assert_int_equal(result, 0);
    fixture_stop(f);
}

static void test_destroy_of_nothing(void **state)
{
    struct virtio_queue queue;

    (void)state;
    memset(&queue, 0, sizeof(queue));
    virtio_queue_destroy(&queue);
    assert_int_equal(host_dma_count(), 0);
}

/* --- chains ----------------------------------------------------------------------------------------------------- */

/* Every size of queue, filled to the brim with chains of one, two and three elements, and emptied. */
static void test_every_size(void **state)
{
    struct fixture *f = *state;
    struct piece out = piece(16);
    struct piece in = piece(64);
    struct virtio_sg sg[3] = {out.sg, in.sg, in.sg};

    for (uint32_t size = 2; size <= 32768; size *= 4)
    {
        start(f, (uint16_t)size);
        f->sim.mode = SIM_MANUAL;
        for (unsigned int elements = 1; elements <= 3 && elements <= size; elements++)
        {
            unsigned int count = 0;
            uint32_t length;

            while (virtio_queue_add(&f->queue, sg, 1, elements - 1, (void *)(uintptr_t)(count + 1)) == 0)
            {
                count++;
            }
            assert_int_equal(count, f->variant->indirect ? size : size / elements);
            assert_int_equal(virtio_queue_add(&f->queue, sg, 1, elements - 1, f), -VIRTIO_EAGAIN);
            assert_int_equal(f->queue.in_flight, count);
            publish(f);
            assert_int_equal(sim_pending(&f->sim, 0), count);
            assert_int_equal(sim_step(&f->sim, 0, count), count);
            for (unsigned int i = 0; i < count; i++)
            {
                assert_int_equal((uintptr_t)pop(f, &length), i + 1);
                assert_int_equal(length, 64 * (elements - 1));
            }
            expect_empty(f);
        }
        fixture_stop(f);
        f->dev.started = false;
    }
    piece_free(out);
    piece_free(in);
}

static void test_elements_arrive_as_given(void **state)
{
    struct fixture *f = *state;
    struct piece pieces[5] = {piece(1), piece(100), piece(513), piece(7), piece(4096)};
    struct virtio_sg sg[5];
    uint32_t length;

    for (unsigned int i = 0; i < 5; i++)
    {
        sg[i] = pieces[i].sg;
    }
    f->indirect_max = 5;
    start(f, 16);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int out = 0; out <= 5; out++)
    {
        const struct sim_chain *chain;

        assert_int_equal(virtio_queue_add(&f->queue, sg, out, 5 - out, f), 0);
        publish(f);
        chain = sim_pending_chain(&f->sim, 0, 0);
        assert_non_null(chain);
        assert_int_equal(chain->indirect, f->variant->indirect);
        assert_int_equal(chain->readable, out);
        assert_int_equal(chain->writable, 5 - out);
        for (unsigned int i = 0; i < 5; i++)
        {
            assert_true(chain->elements[i].address == sg[i].address);
            assert_int_equal(chain->elements[i].length, sg[i].length);
        }
        sim_finish(&f->sim, 0, 0);
        assert_ptr_equal(pop(f, &length), f);
        for (unsigned int i = out; i < 5; i++)
        {
            assert_int_equal(pieces[i].memory[sg[i].length - 1],
                             (uint8_t)((out > 0) + 100 * (out > 1) + 513 * (out > 2) + 7 * (out > 3)));
        }
    }
    fixture_stop(f);
    for (unsigned int i = 0; i < 5; i++)
    {
        piece_free(pieces[i]);
    }
}

static void test_longer_than_the_indirect_table(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(8);
    struct virtio_sg sg[16];
    uint32_t length;

    for (unsigned int i = 0; i < 16; i++)
    {
        sg[i] = p.sg;
    }
    f->indirect_max = 4;
    start(f, 16);
    for (unsigned int total = 1; total <= 16; total++)
    {
        f->sim.mode = SIM_MANUAL;
        assert_int_equal(virtio_queue_add(&f->queue, sg, 0, total, f), 0);
        publish(f);
        assert_int_equal(sim_pending_chain(&f->sim, 0, 0)->writable, total);
        sim_finish(&f->sim, 0, 0);
        assert_ptr_equal(pop(f, &length), f);
        assert_int_equal(length, 8 * total);
    }
    /* All descriptors are back. */
    assert_int_equal(f->queue.free_count, 16);
    fixture_stop(f);
    piece_free(p);
}

static void test_what_never_fits_SPLIT_IND_03(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(8);
    struct virtio_sg sg[9];
    struct virtio_sg big[3] = {{p.sg.address, 0xffffffff}, {p.sg.address, 0xffffffff}, {p.sg.address, 2}};
    struct virtio_sg empty[2] = {p.sg, {p.sg.address, 0}};

    for (unsigned int i = 0; i < 9; i++)
    {
        sg[i] = p.sg;
    }
    f->indirect_max = 16;
    start(f, 8);
    assert_int_equal(virtio_queue_add(&f->queue, sg, 5, 4, f), -VIRTIO_EMSGSIZE);
    assert_int_equal(virtio_queue_add(&f->queue, sg, 9, 0, f), -VIRTIO_EMSGSIZE);
    assert_int_equal(virtio_queue_add(&f->queue, sg, 0, 0, f), -VIRTIO_EINVAL);
    assert_int_equal(virtio_queue_add(&f->queue, sg, 1, 0, NULL), -VIRTIO_EINVAL);
    assert_int_equal(virtio_queue_add(&f->queue, empty, 1, 1, f), -VIRTIO_EINVAL);
    assert_int_equal(virtio_queue_add(&f->queue, empty, 2, 0, f), -VIRTIO_EINVAL);
    /* 2.7.5.1: a chain has at most 2^32 bytes. */
    assert_int_equal(virtio_queue_add(&f->queue, big, 1, 1, f), -VIRTIO_EMSGSIZE);
    assert_int_equal(virtio_queue_add(&f->queue, big + 1, 2, 0, f), -VIRTIO_EMSGSIZE);
    assert_int_equal(virtio_queue_add(&f->queue, sg, 4, 4, f), 0);
    publish(f);
    assert_int_equal(f->sim.queue[0].longest, 8);
    fixture_stop(f);
    piece_free(p);
}

static void test_full_ring_and_again(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(8);
    struct virtio_sg sg[3] = {p.sg, p.sg, p.sg};
    unsigned int capacity = f->variant->indirect ? 8 : 2;
    uint32_t length;

    start(f, 8);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < capacity; i++)
    {
        assert_int_equal(virtio_queue_add(&f->queue, sg, 1, 2, (void *)(uintptr_t)(i + 1)), 0);
    }
    assert_int_equal(virtio_queue_add(&f->queue, sg, 1, 2, f), -VIRTIO_EAGAIN);
    publish(f);
    /* Each that comes back makes room for one: out of order, so that the free list is no longer in order either. */
    f->sim.order = SIM_RANDOM;
    for (unsigned int i = 0; i < 200; i++)
    {
        void *cookie;

        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        cookie = pop(f, &length);
        assert_int_equal(virtio_queue_add(&f->queue, sg, 1, 2, cookie), 0);
        assert_int_equal(virtio_queue_add(&f->queue, sg, 1, 2, f), -VIRTIO_EAGAIN);
        publish(f);
    }
    assert_int_equal(f->queue.stats.requests, 200 + capacity);
    fixture_stop(f);
    piece_free(p);
}

static void test_nothing_is_seen_before_publish_SPLIT_SUP_01(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(8);

    start(f, 8);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < 3; i++)
    {
        assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
    }
    virtio_queue_notify(&f->queue);
    assert_int_equal(sim_pending(&f->sim, 0), 0);
    assert_true(virtio_queue_publish(&f->queue));
    virtio_queue_notify(&f->queue);
    assert_int_equal(sim_pending(&f->sim, 0), 3);
    assert_int_equal(f->queue.stats.requests, 3);
    assert_false(virtio_queue_publish(&f->queue)); /* nothing new */
    fixture_stop(f);
    piece_free(p);
}

/* --- indices ---------------------------------------------------------------------------------------------------- */

/* More than 65536 requests through the ring: every index and both events wrap (SPLIT-SUP-04, SPLIT-ANS-06). */
static void test_wrap_SPLIT_SUP_04(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    struct virtio_sg sg[2] = {p.sg, p.sg};
    uint32_t done = 0, added = 0;
    uint32_t length;

    start(f, 16);
    while (done < WRAP_REQUESTS)
    {
        unsigned int batch = 1 + host_random() % 5;

        while (batch-- != 0 && virtio_queue_add(&f->queue, sg, 1, 1, (void *)(uintptr_t)(added + 1)) == 0)
        {
            added++;
        }
        /* The device looks only when notified: one that is owed and missing would end the test here. */
        publish(f);
        while (done < added)
        {
            assert_int_equal((uintptr_t)pop(f, &length), done + 1);
            assert_int_equal(length, 4);
            done++;
        }
        expect_empty(f);
    }
    assert_int_equal(f->sim.queue[0].idle_notifications, 0);
    assert_int_equal(f->queue.stats.requests, added);
    assert_int_equal(f->queue.stats.notifications, f->sim.queue[0].notifications);
    fixture_stop(f);
    piece_free(p);
}

/* An interrupt is armed once for each chain: it must come for each, across the wrap (SPLIT-SUP-05, DP-SPLIT-08). */
static void test_interrupts_across_the_wrap_DP_SPLIT_08(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    uint32_t length;

    start(f, 4);
    f->sim.mode = SIM_MANUAL;
    for (uint32_t i = 0; i < WRAP_REQUESTS; i++)
    {
        assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
        publish(f);
        assert_false(virtio_queue_enable(&f->queue));
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        if (f->sim.queue[0].interrupts != i + 1)
        {
            assert_int_equal(f->sim.queue[0].interrupts, i + 1);
        }
        virtio_queue_disable(&f->queue);
        (void)pop(f, &length);
    }
    fixture_stop(f);
    piece_free(p);
}

/* --- reset ------------------------------------------------------------------------------------------------------ */

static int reopen(struct fixture *f)
{
    return virtio_device_start(&f->dev, &f->driver, f);
}

static void test_detach_and_reopen_CORE_CLEAN_02(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);
    struct virtio_sg sg[2] = {p.sg, p.sg};
    unsigned int seen = 0;
    uint32_t length;
    void *cookie;

    start(f, 16);
    f->sim.mode = SIM_MANUAL;
    f->sim.order = SIM_RANDOM;
    for (unsigned int round = 0; round < 3; round++)
    {
        seen = 0;
        for (unsigned int i = 0; i < 6; i++)
        {
            assert_int_equal(virtio_queue_add(&f->queue, sg, 1, 1, (void *)(uintptr_t)(1u << i)), 0);
            if (i < 5) /* the last one is added but not published */
            {
                publish(f);
            }
        }
        assert_int_equal(sim_step(&f->sim, 0, 2), 2);
        seen |= (unsigned int)(uintptr_t)pop(f, &length);
        seen |= (unsigned int)(uintptr_t)pop(f, &length);

        assert_int_equal(virtio_device_reset(&f->dev), 0);
        while ((cookie = virtio_queue_detach(&f->queue)) != NULL)
        {
            assert_int_equal(seen & (uintptr_t)cookie, 0);
            seen |= (unsigned int)(uintptr_t)cookie;
        }
        assert_int_equal(seen, 0x3f);
        assert_int_equal(f->queue.in_flight, 0);
        assert_null(virtio_queue_detach(&f->queue));
        assert_int_equal(reopen(f), 0);
        assert_int_equal(f->queue.stats.resets, round + 1);
        assert_int_equal(f->sim.queue[0].size, 16);
        expect_empty(f);
    }
    assert_int_equal(virtio_queue_add(&f->queue, sg, 1, 1, f), 0);
    publish(f);
    assert_int_equal(sim_step(&f->sim, 0, 1), 1);
    assert_ptr_equal(pop(f, &length), f);
    assert_int_equal(f->queue.stats.requests, 3 * 5 + 1);
    fixture_stop(f);
    piece_free(p);
}

static void test_reopen_with_chains_in_flight(void **state)
{
    struct fixture *f = *state;
    struct piece p = piece(4);

    start(f, 16);
    f->sim.mode = SIM_MANUAL;
    assert_int_equal(virtio_queue_add(&f->queue, &p.sg, 1, 0, f), 0);
    publish(f);
    assert_int_equal(reopen(f), -VIRTIO_EPROTO);
    assert_ptr_equal(virtio_queue_detach(&f->queue), f);
    assert_int_equal(reopen(f), 0);
    fixture_stop(f);
    piece_free(p);
}

static void test_reopen_of_a_smaller_queue(void **state)
{
    struct fixture *f = *state;

    start(f, 16);
    f->sim.queue[0].size_max = 8;
    assert_int_equal(reopen(f), -VIRTIO_EPROTO);
    f->sim.queue[0].size_max = 0;
    assert_true(reopen(f) < 0);
    f->sim.queue[0].size_max = 0xffffffff;
    assert_int_equal(reopen(f), 0);
    f->sim.queue_stuck = true;
    assert_int_equal(reopen(f), -VIRTIO_EPROTO);
    f->sim.queue_stuck = false;
    fixture_stop(f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(test_legacy_layout_SPLIT_LEG_02, setup_plain),
        BOTH(test_modern_layout_SPLIT_ALIGN_01, setup_plain),
        BOTH(test_sizes_that_no_queue_has_SPLIT_SIZE_01, setup_plain),
        ALL(test_no_memory, setup_plain),
        BOTH(test_destroy_of_nothing, setup_plain),
        ALL(test_every_size, setup_plain),
        ALL(test_elements_arrive_as_given, setup_plain),
        ALL(test_longer_than_the_indirect_table, setup_plain),
        ALL(test_what_never_fits_SPLIT_IND_03, setup_plain),
        ALL(test_full_ring_and_again, setup_plain),
        ALL(test_nothing_is_seen_before_publish_SPLIT_SUP_01, setup_plain),
        ALL(test_wrap_SPLIT_SUP_04, setup_plain),
        ALL(test_interrupts_across_the_wrap_DP_SPLIT_08, setup_plain),
        ALL(test_detach_and_reopen_CORE_CLEAN_02, setup_plain),
        BOTH(test_reopen_with_chains_in_flight, setup_plain),
        BOTH(test_reopen_of_a_smaller_queue, setup_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
