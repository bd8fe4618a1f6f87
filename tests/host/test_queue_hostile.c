/* SPDX-License-Identifier: Apache-2.0 */
/* Rings with a device that lies in every way that device-side memory allows (HZ-SPLIT-*); in a packed one, more in
 * test_queue_packed.c. */

#include "fixture.h"

#define SIZE 16

struct hostile
{
    uint8_t *memory;
    struct virtio_sg sg[4];
};

static struct hostile begin(struct fixture *f)
{
    struct hostile h;
    virtio_dma_addr_t address;

    memset(&h, 0, sizeof(h));
    f->size_wanted = SIZE;
    f->indirect_max = 4;
    f->sim.mode = SIM_MANUAL;
    assert_int_equal(fixture_start(f), 0);
    h.memory = virtio_platform_dma_alloc(64, 16, &address);
    for (unsigned int i = 0; i < 4; i++)
    {
        h.sg[i].address = address + 16 * i;
        h.sg[i].length = 16;
    }
    return h;
}

static void end(struct fixture *f, struct hostile *h)
{
    fixture_stop(f);
    virtio_platform_dma_free(h->memory, 64);
}

static void submit(struct fixture *f, struct hostile *h, unsigned int out, unsigned int in, void *cookie)
{
    assert_int_equal(virtio_queue_add(&f->queue, h->sg, out, in, cookie), 0);
    if (virtio_queue_publish(&f->queue))
    {
        virtio_queue_notify(&f->queue);
    }
}

static int pop(struct fixture *f, void **cookie, uint32_t *length)
{
    *cookie = NULL;
    *length = 0;
    return virtio_queue_pop(&f->queue, cookie, length);
}

/* From now on every call says that the queue is broken, and nothing is lost: what was in flight comes back by detach.
 */
static void expect_broken(struct fixture *f, struct hostile *h, unsigned int in_flight)
{
    uint64_t notifications = f->sim.queue[0].notifications;
    uint32_t length;
    void *cookie;

    assert_int_equal(pop(f, &cookie, &length), -VIRTIO_EPROTO);
    assert_null(cookie);
    assert_true(f->queue.broken);
    assert_int_equal(pop(f, &cookie, &length), -VIRTIO_EPROTO);
    assert_int_equal(virtio_queue_add(&f->queue, h->sg, 1, 1, f), -VIRTIO_EPROTO);
    assert_false(virtio_queue_publish(&f->queue));
    assert_false(virtio_queue_enable(&f->queue));
    virtio_queue_disable(&f->queue);
    assert_int_equal(f->sim.queue[0].notifications, notifications);
    assert_true(f->queue.stats.errors > 0);
    assert_true(host_log_has("virtio-test0"));
    assert_int_equal(f->queue.in_flight, in_flight);

    assert_int_equal(virtio_device_reset(&f->dev), 0);
    for (unsigned int i = 0; i < in_flight; i++)
    {
        assert_non_null(virtio_queue_detach(&f->queue));
    }
    assert_null(virtio_queue_detach(&f->queue));

    /* And after the reset it works again. */
    assert_int_equal(virtio_device_start(&f->dev, &f->driver, f), 0);
    submit(f, h, 1, 1, h);
    assert_int_equal(sim_step(&f->sim, 0, 1), 1);
    assert_int_equal(pop(f, &cookie, &length), 0);
    assert_ptr_equal(cookie, h);
}

static void test_id_out_of_range_HZ_SPLIT_01(void **state)
{
    static const uint32_t ids[] = {SIZE, SIZE + 1, 0x10000, 0x10001, 0x7fffffff, 0x80000000, 0xffff0000, 0xffffffff};
    struct fixture *f = *state;
    struct hostile h = begin(f);

    for (size_t i = 0; i < LENGTH(ids); i++)
    {
        submit(f, &h, 1, 1, f);
        sim_used_put(&f->sim, 0, ids[i], 0);
        expect_broken(f, &h, 1);
    }
    end(f, &h);
}

static void test_id_that_is_a_head_plus_0x10000_HZ_SPLIT_01(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);

    submit(f, &h, 1, 1, f);
    sim_used_put(&f->sim, 0, 0x10000u + sim_pending_chain(&f->sim, 0, 0)->head, 16);
    expect_broken(f, &h, 1);
    end(f, &h);
}

static void test_id_of_a_free_descriptor_HZ_SPLIT_02(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);

    submit(f, &h, 1, 0, f);
    sim_used_put(&f->sim, 0, (sim_pending_chain(&f->sim, 0, 0)->head + 5u) % SIZE, 0);
    expect_broken(f, &h, 1);
    end(f, &h);
}

static void test_completed_twice_HZ_SPLIT_02(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    uint16_t head;
    void *cookie;

    submit(f, &h, 1, 0, f);
    submit(f, &h, 1, 0, &h);
    head = sim_pending_chain(&f->sim, 0, 0)->head;
    sim_finish(&f->sim, 0, 0);
    assert_int_equal(pop(f, &cookie, &length), 0);
    assert_ptr_equal(cookie, f);
    sim_used_put(&f->sim, 0, head, 0);
    expect_broken(f, &h, 1);
    end(f, &h);
}

/* Both copies in one batch, before the driver looked at either. */
static void test_completed_twice_at_once_HZ_SPLIT_02(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    uint16_t head;
    void *cookie;

    submit(f, &h, 1, 0, f);
    submit(f, &h, 1, 0, &h);
    head = sim_pending_chain(&f->sim, 0, 0)->head;
    sim_used_put(&f->sim, 0, head, 0);
    sim_used_put(&f->sim, 0, head, 0);
    assert_int_equal(pop(f, &cookie, &length), 0);
    expect_broken(f, &h, 1);
    end(f, &h);
}

static void test_id_inside_a_chain_HZ_SPLIT_03(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    const struct sim_chain *chain;

    submit(f, &h, 1, 2, f);
    chain = sim_pending_chain(&f->sim, 0, 0);
    if (chain->owned_count == 1)
    {
        /* The table has one descriptor of it only, a packed ring one id: the next one is free. */
        sim_used_put(&f->sim, 0, (chain->head + 1u) % SIZE, 0);
    }
    else
    {
        sim_used_put(&f->sim, 0, chain->owned[1], 0);
    }
    expect_broken(f, &h, 1);
    end(f, &h);
}

static void test_length_too_long_HZ_SPLIT_04(void **state)
{
    static const uint32_t lengths[] = {33, 48, 64, 0x10000, 0x80000000, 0xffffffff};
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    void *cookie;

    for (size_t i = 0; i < LENGTH(lengths); i++)
    {
        submit(f, &h, 1, 2, f);
        sim_finish_length(&f->sim, 0, 0, lengths[i]);
        if (f->variant->legacy)
        {
            /* Legacy devices are known for such lengths: believed only as far as there was room. */
            assert_int_equal(pop(f, &cookie, &length), 0);
            assert_ptr_equal(cookie, f);
            assert_int_equal(length, 32);
        }
        else
        {
            expect_broken(f, &h, 1);
        }
    }
    end(f, &h);
}

static void test_length_of_nothing_writable_HZ_SPLIT_04(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    void *cookie;

    submit(f, &h, 3, 0, f);
    sim_finish_length(&f->sim, 0, 0, 1);
    if (f->variant->legacy)
    {
        assert_int_equal(pop(f, &cookie, &length), 0);
        assert_int_equal(length, 0);
    }
    else
    {
        expect_broken(f, &h, 1);
    }
    end(f, &h);
}

/* Handed on as it is: only who asked can tell whether it is enough. */
static void test_length_too_short_HZ_SPLIT_05(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    void *cookie;

    for (uint32_t said = 0; said <= 32; said += 8)
    {
        submit(f, &h, 1, 2, f);
        sim_finish_length(&f->sim, 0, 0, said);
        assert_int_equal(pop(f, &cookie, &length), 0);
        assert_int_equal(length, said);
    }
    end(f, &h);
}

static void test_used_index_jumps_HZ_SPLIT_06(void **state)
{
    static const uint16_t jumps[] = {3, 16, 17, 100, 32768, 40000, 65535};
    struct fixture *f = *state;
    struct hostile h = begin(f);

    for (size_t i = 0; i < LENGTH(jumps); i++)
    {
        submit(f, &h, 1, 0, f);
        submit(f, &h, 1, 0, &h);
        sim_used_idx(&f->sim, 0, (uint16_t)(f->sim.queue[0].used_idx + jumps[i]));
        expect_broken(f, &h, 2);
        assert_int_equal(virtio_device_reset(&f->dev), 0);
        assert_int_equal(virtio_device_start(&f->dev, &f->driver, f), 0);
    }
    end(f, &h);
}

static void test_used_index_of_an_idle_queue_HZ_SPLIT_06(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);

    sim_used_idx(&f->sim, 0, 1);
    expect_broken(f, &h, 0);
    end(f, &h);
}

/* A chain that was added but not published is nothing that the device can have finished. */
static void test_used_before_it_was_available_HZ_SPLIT_06(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);

    assert_int_equal(virtio_queue_add(&f->queue, h.sg, 1, 0, f), 0);
    sim_used_put(&f->sim, 0, 0, 0);
    expect_broken(f, &h, 1);
    end(f, &h);
}

/* One chain is the device's, and it gives back another that it was not told of yet. */
static void test_id_of_an_unpublished_chain_HZ_SPLIT_02(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t id;

    submit(f, &h, 1, 1, f);
    assert_int_equal(virtio_queue_add(&f->queue, h.sg + 2, 1, 1, &h), 0);
    for (id = 0; f->queue.chain[id].cookie != &h; id++)
    {
    }
    sim_used_put(&f->sim, 0, id, 16);
    expect_broken(f, &h, 2);
    end(f, &h);
}

static void test_used_index_goes_back_HZ_SPLIT_07(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    void *cookie;

    for (unsigned int i = 0; i < 5; i++)
    {
        submit(f, &h, 1, 0, f);
    }
    assert_int_equal(sim_step(&f->sim, 0, 3), 3);
    for (unsigned int i = 0; i < 3; i++)
    {
        assert_int_equal(pop(f, &cookie, &length), 0);
    }
    sim_used_idx(&f->sim, 0, 2);
    expect_broken(f, &h, 2);
    end(f, &h);
}

/* What was seen of the index is taken with the entries of that moment; the device changing it back gains nothing. */
static void test_used_index_withdrawn_HZ_SPLIT_08(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    void *cookie;

    submit(f, &h, 1, 0, f);
    submit(f, &h, 1, 0, &h);
    submit(f, &h, 1, 0, &length);
    assert_int_equal(sim_step(&f->sim, 0, 2), 2);
    assert_int_equal(pop(f, &cookie, &length), 0);
    sim_used_idx(&f->sim, 0, 1);
    assert_int_equal(pop(f, &cookie, &length), 0);
    assert_ptr_equal(cookie, &h);
    /* Now it is behind what was taken. */
    expect_broken(f, &h, 1);
    end(f, &h);
}

static void scribble(uint8_t *memory, size_t length)
{
    for (size_t i = 0; i < length; i++)
    {
        memory[i] = (uint8_t)host_random();
    }
}

/* The whole descriptor table overwritten after the device took the chains: free list and lengths are the driver's own.
 */
static void test_descriptors_rewritten_HZ_SPLIT_09(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    size_t bytes;
    uint8_t *table = sim_ring_memory(&f->sim, 0, 0, &bytes);
    void *cookie;

    f->sim.order = SIM_RANDOM;
    for (unsigned int round = 0; round < 200; round++)
    {
        unsigned int count = 1 + host_random() % 5;

        for (unsigned int i = 0; i < count; i++)
        {
            submit(f, &h, 1, 2, (void *)(uintptr_t)(i + 1));
        }
        scribble(table, bytes);
        assert_int_equal(sim_step(&f->sim, 0, count), count);
        scribble(table, bytes);
        for (unsigned int i = 0; i < count; i++)
        {
            assert_int_equal(pop(f, &cookie, &length), 0);
            assert_in_range((uintptr_t)cookie, 1, count);
            assert_int_equal(length, 32);
        }
        assert_int_equal(f->queue.free_count, SIZE);
    }
    end(f, &h);
}

static void test_avail_ring_rewritten_HZ_SPLIT_10(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    size_t bytes;
    uint8_t *avail = sim_ring_memory(&f->sim, 0, 1, &bytes);
    uint32_t length;
    void *cookie;

    for (unsigned int round = 0; round < 100; round++)
    {
        submit(f, &h, 1, 1, f);
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        assert_int_equal(pop(f, &cookie, &length), 0);
        scribble(avail + 2, bytes - 4); /* all but flags and used_event, which are the driver's wish */
        /* Only ever stored: the next publication puts the right index there again. */
    }
    assert_int_equal(f->queue.stats.requests, 100);
    end(f, &h);
}

static void test_used_flags_HZ_SPLIT_11(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    void *cookie;

    for (uint32_t flags = 0; flags <= 0xffff; flags += 0x1111)
    {
        bool wanted;

        sim_used_flags(&f->sim, 0, (uint16_t)flags);
        assert_int_equal(virtio_queue_add(&f->queue, h.sg, 1, 0, f), 0);
        wanted = virtio_queue_publish(&f->queue);
        assert_int_equal(wanted, f->variant->event_idx || (flags & 1) == 0);
        virtio_queue_notify(&f->queue); /* as a watchdog would */
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        assert_int_equal(pop(f, &cookie, &length), 0);
    }
    end(f, &h);
}

static void test_avail_event_HZ_SPLIT_12(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    void *cookie;

    for (unsigned int i = 0; i < 1000; i++)
    {
        sim_avail_event(&f->sim, 0, (uint16_t)host_random());
        assert_int_equal(virtio_queue_add(&f->queue, h.sg, 1, 0, f), 0);
        (void)virtio_queue_publish(&f->queue);
        virtio_queue_notify(&f->queue);
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        assert_int_equal(pop(f, &cookie, &length), 0);
        assert_ptr_equal(cookie, f);
    }
    end(f, &h);
}

static void test_indirect_table_rewritten_HZ_SPLIT_15(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    void *cookie;

    assert_non_null(f->queue.indirect);
    for (unsigned int round = 0; round < 100; round++)
    {
        submit(f, &h, 1, 2, f);
        submit(f, &h, 2, 2, &h);
        scribble((uint8_t *)f->queue.indirect, f->queue.indirect_bytes);
        assert_int_equal(sim_step(&f->sim, 0, 2), 2);
        assert_int_equal(pop(f, &cookie, &length), 0);
        assert_int_equal(length, 32);
        assert_int_equal(pop(f, &cookie, &length), 0);
        assert_int_equal(length, 32);
    }
    assert_int_equal(f->queue.free_count, SIZE);
    end(f, &h);
}

/* After the reset, before the queue is opened again: nothing of it may be left when it is. */
static void test_ring_written_after_the_reset_DP_CORE_08(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    uint32_t length;
    void *cookie;

    for (unsigned int round = 0; round < 20; round++)
    {
        submit(f, &h, 1, 1, f);
        assert_int_equal(virtio_device_reset(&f->dev), 0);
        scribble(f->queue.ring_memory, f->queue.ring_bytes);
        assert_ptr_equal(virtio_queue_detach(&f->queue), f);
        assert_null(virtio_queue_detach(&f->queue));
        scribble(f->queue.ring_memory, f->queue.ring_bytes);
        assert_int_equal(virtio_device_start(&f->dev, &f->driver, f), 0);
        submit(f, &h, 1, 1, &h);
        assert_int_equal(sim_step(&f->sim, 0, 1), 1);
        assert_int_equal(pop(f, &cookie, &length), 0);
        assert_ptr_equal(cookie, &h);
    }
    end(f, &h);
}

/* Everything at once, at random: whatever the device writes into the ring, no cookie comes twice and none is made up.
 */
static void test_random_ring_HZ_SPLIT(void **state)
{
    struct fixture *f = *state;
    struct hostile h = begin(f);
    unsigned int broken = 0, popped = 0;

    for (unsigned int round = 0; round < 3000; round++)
    {
        unsigned int count = 1 + host_random() % 4;
        unsigned int out = 0;
        size_t bytes;
        uint8_t *used;
        void *cookie;
        uint32_t length;
        int result = 0;

        for (unsigned int i = 0; i < count; i++)
        {
            submit(f, &h, 1, 1, (void *)(uintptr_t)(1u << i));
            out |= 1u << i;
        }
        used = sim_ring_memory(&f->sim, 0, 2, &bytes);
        for (size_t i = 4; i + 8 < bytes; i += 8)
        {
            /* Often enough something that looks right. */
            uint32_t element[2] = {host_random() % 4 == 0 ? host_random() : host_random() % 8,
                                   host_random() % 4 == 0 ? host_random() : host_random() % 18};

            memcpy(used + i, element, sizeof(element));
        }
        sim_used_idx(&f->sim, 0, (uint16_t)(f->queue.used_idx + host_random() % (count + 2)));
        while ((result = virtio_queue_pop(&f->queue, &cookie, &length)) == 0)
        {
            assert_true((out & (uintptr_t)cookie) != 0);
            assert_true(length <= 16);
            out &= ~(unsigned int)(uintptr_t)cookie;
            popped++;
        }
        assert_true(result == -VIRTIO_EAGAIN || result == -VIRTIO_EPROTO);
        broken += result == -VIRTIO_EPROTO;
        assert_int_equal(virtio_device_reset(&f->dev), 0);
        while ((cookie = virtio_queue_detach(&f->queue)) != NULL)
        {
            assert_true((out & (uintptr_t)cookie) != 0);
            out &= ~(unsigned int)(uintptr_t)cookie;
        }
        assert_int_equal(out, 0);
        assert_int_equal(virtio_device_start(&f->dev, &f->driver, f), 0);
        host_log_clear();
    }
    assert_true(broken > 500);
    assert_true(popped > 100);
    end(f, &h);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_id_out_of_range_HZ_SPLIT_01, setup_plain),
        SPLIT(test_id_that_is_a_head_plus_0x10000_HZ_SPLIT_01, setup_plain),
        ALL(test_id_of_a_free_descriptor_HZ_SPLIT_02, setup_plain),
        ALL(test_completed_twice_HZ_SPLIT_02, setup_plain),
        ALL(test_completed_twice_at_once_HZ_SPLIT_02, setup_plain),
        ALL(test_id_inside_a_chain_HZ_SPLIT_03, setup_plain),
        ALL(test_length_too_long_HZ_SPLIT_04, setup_plain),
        ALL(test_length_of_nothing_writable_HZ_SPLIT_04, setup_plain),
        ALL(test_length_too_short_HZ_SPLIT_05, setup_plain),
        SPLIT(test_used_index_jumps_HZ_SPLIT_06, setup_plain),
        BOTH(test_used_index_of_an_idle_queue_HZ_SPLIT_06, setup_plain),
        ALL(test_used_before_it_was_available_HZ_SPLIT_06, setup_plain),
        ALL(test_id_of_an_unpublished_chain_HZ_SPLIT_02, setup_plain),
        SPLIT(test_used_index_goes_back_HZ_SPLIT_07, setup_plain),
        SPLIT(test_used_index_withdrawn_HZ_SPLIT_08, setup_plain),
        SPLIT(test_descriptors_rewritten_HZ_SPLIT_09, setup_plain),
        SPLIT(test_avail_ring_rewritten_HZ_SPLIT_10, setup_plain),
        SPLIT(test_used_flags_HZ_SPLIT_11, setup_plain),
        BOTH(test_avail_event_HZ_SPLIT_12, setup_plain),
        BOTH(test_indirect_table_rewritten_HZ_SPLIT_15, setup_plain),
        VARIANT(test_indirect_table_rewritten_HZ_SPLIT_15, setup_plain, " [packed]", 8),
        ALL(test_ring_written_after_the_reset_DP_CORE_08, setup_plain),
        SPLIT(test_random_ring_HZ_SPLIT, setup_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
