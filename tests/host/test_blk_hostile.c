/* SPDX-License-Identifier: Apache-2.0 */
/* The block engine with a device that lies (HZ-BLK-*, and what reaches the engine of HZ-SPLIT-* and HZ-CORE-*). */

#include "fixture_blk.h"

static uint8_t buffer[64 * 512];

static void test_status_not_written_HZ_BLK_01(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    /* First a good one, so that a stale 0 would lie where the next status is expected. */
    for (unsigned int i = 0; i < 40; i++)
    {
        f->disk.status_untouched = false;
        assert_int_equal(blk_read(f, 1, 1, buffer), 0);
        f->disk.status_untouched = true;
        assert_int_equal(blk_read(f, 1, 1, buffer), -VIRTIO_EIO);
        assert_int_equal(blk_range(f, VIRTIO_BLK_T_FLUSH, 0, 1, NULL, false), -VIRTIO_EIO);
    }
    assert_int_equal(f->blk.queues[0].ring.stats.errors, 80);
    blk_down(f);
}

static void test_every_status_HZ_BLK_02(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    f->disk.status_replaced = true;
    for (unsigned int status = 0; status < 256; status++)
    {
        int expected = status == 0 ? 0 : status == 2 ? -VIRTIO_ENOTSUP : -VIRTIO_EIO;

        f->disk.status = (uint8_t)status;
        assert_int_equal(blk_read(f, 1, 1, buffer), expected);
        assert_int_equal(blk_write(f, 1, 1, buffer), expected);
        assert_int_equal(blk_range(f, VIRTIO_BLK_T_DISCARD, 1, 1, NULL, false), expected);
    }
    blk_down(f);
}

static void test_length_too_short_HZ_BLK_03(void **state)
{
    static const uint32_t lengths[] = {0, 1, 512, 1023, 1024};
    struct fixture *f = *state;

    blk_up(f);
    f->disk.length_replaced = true;
    for (size_t i = 0; i < LENGTH(lengths); i++)
    {
        f->disk.length = lengths[i];
        /* Modern: OK without the data is no OK. Legacy: the length means nothing (BLK-LEG-05). */
        assert_int_equal(blk_read(f, 1, 2, buffer), f->variant->legacy ? 0 : -VIRTIO_EIO);
    }
    f->disk.length = 20;
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_GET_ID, 0, 1, buffer, false), f->variant->legacy ? 0 : -VIRTIO_EIO);
    f->disk.length = 6;
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_GET_LIFETIME, 0, 1, buffer, false),
                     f->variant->legacy ? 0 : -VIRTIO_EIO);
    f->disk.length = 1025;
    assert_int_equal(blk_read(f, 1, 2, buffer), 0);
    /* Nothing is due for a write but the status, and devices differ in counting that. */
    f->disk.length = 0;
    assert_int_equal(blk_write(f, 1, 2, buffer), 0);
    blk_down(f);
}

static void test_length_too_long_HZ_SPLIT_04(void **state)
{
    struct fixture *f = *state;
    struct io io;

    blk_up(f);
    f->disk.length_replaced = true;
    f->disk.length = 514;
    if (f->variant->legacy)
    {
        assert_int_equal(blk_read(f, 1, 1, buffer), 0);
        blk_down(f);
        return;
    }
    io_init(&io, VIRTIO_BLK_T_IN, 1, 1, buffer);
    io_begin(f, 0, &io);
    assert_int_equal(blk_poll(f), -VIRTIO_EPROTO);
    assert_int_equal(io.done, 0);
    /* Broken until the device is reset; then the request has its next chance. */
    assert_int_equal(blk_poll(f), -VIRTIO_EPROTO);
    f->disk.length_replaced = false;
    assert_int_equal(blk_recover(f), 0);
    assert_int_equal(blk_poll(f), 1);
    assert_int_equal(io_end(&io), 0);
    assert_pattern(buffer, 1, 1);
    blk_down(f);
}

static void test_submit_to_a_broken_queue(void **state)
{
    struct fixture *f = *state;
    struct io io;

    blk_up(f);
    sim_used_put(&f->sim, 0, 0x10000, 0);
    assert_int_equal(blk_poll(f), -VIRTIO_EPROTO);
    io_init(&io, VIRTIO_BLK_T_IN, 1, 1, buffer);
    assert_int_equal(io_submit(f, 0, &io), -VIRTIO_EPROTO);
    assert_int_equal(io.done, 0);
    assert_int_equal(host_share_count(), 0);
    assert_int_equal(blk_recover(f), 0);
    assert_int_equal(blk_read(f, 1, 1, buffer), 0);
    blk_down(f);
}

/* What a queue had finished before the device went mad is still handed out. */
static void test_good_ones_before_a_bad_one(void **state)
{
    struct fixture *f = *state;
    struct io io[3];

    blk_up(f);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int i = 0; i < 3; i++)
    {
        io_init(&io[i], VIRTIO_BLK_T_IN, i, 1, buffer + 512 * i);
        io_begin(f, 0, &io[i]);
    }
    assert_int_equal(sim_step(&f->sim, 0, 2), 2);
    sim_used_put(&f->sim, 0, 0xffff, 0);
    assert_int_equal(blk_poll(f), -VIRTIO_EPROTO);
    assert_int_equal(io_end(&io[0]), 0);
    assert_int_equal(io_end(&io[1]), 0);
    assert_pattern(buffer, 0, 2);
    assert_int_equal(io[2].done, 0);
    f->sim.mode = SIM_AUTO;
    assert_int_equal(blk_recover(f), 0);
    assert_int_equal(blk_poll(f), 1);
    assert_int_equal(io_end(&io[2]), 0);
    assert_pattern(buffer, 0, 3);
    blk_down(f);
}

/* --- a config space of nonsense --------------------------------------------------------------------------------- */

static void again(struct fixture *f)
{
    blk_down(f);
    assert_true(host_all_returned());
    assert_conformant();
    memset(&f->blk, 0, sizeof(f->blk));
    f->dev.started = false;
    host_log_clear();
}

static void test_capacity_HZ_BLK_04(void **state)
{
    static const uint64_t huge[] = {UINT64_MAX, UINT64_MAX - 1, 1ull << 63, (1ull << 55) + 1, UINT64_MAX / 512 + 1};
    struct fixture *f = *state;

    sim_config64(&f->sim, SIM_BLK_CAPACITY, 0);
    blk_up(f);
    assert_int_equal(blk_read(f, 0, 1, buffer), -VIRTIO_EINVAL);
    again(f);
    for (size_t i = 0; i < LENGTH(huge); i++)
    {
        sim_config64(&f->sim, SIM_BLK_CAPACITY, huge[i]);
        blk_up(f);
        /* The size in bytes must fit 64 bits, whatever the device says. */
        assert_true(f->blk.config.capacity <= UINT64_MAX / 512);
        assert_int_equal(blk_read(f, 2047, 1, buffer), 0);
        assert_int_equal(blk_read(f, f->blk.config.capacity, 1, buffer), -VIRTIO_EINVAL);
        assert_int_equal(blk_read(f, UINT64_MAX - 5, 10, buffer), -VIRTIO_EINVAL);
        again(f);
    }
}

static void test_block_size_HZ_BLK_05(void **state)
{
    static const struct
    {
        uint32_t said, expected;
    } table[] = {{0, 512},     {1, 512},     {256, 512},     {511, 512},    {513, 512},        {1000, 512},
                 {4096, 4096}, {1024, 1024}, {65536, 65536}, {131072, 512}, {0x80000000, 512}, {0xffffffff, 512}};
    struct fixture *f = *state;

    for (size_t i = 0; i < LENGTH(table); i++)
    {
        sim_config32(&f->sim, SIM_BLK_BLK_SIZE, table[i].said);
        blk_up(f);
        assert_int_equal(f->blk.config.blk_size, table[i].expected);
        assert_int_equal(host_log_has("blk_size"), table[i].said != table[i].expected);
        assert_int_equal(blk_read(f, 3, 9, buffer), 0);
        assert_pattern(buffer, 3, 9);
        again(f);
    }
}

static void test_segment_limits_HZ_BLK_06(void **state)
{
    static const struct
    {
        uint32_t size_max, seg_max;
        bool believed;
    } table[] = {{1 << 20, 0, false}, {0, 8, false},   {1, 8, false}, {63, 8, false},
                 {0, 0, false},       {511, 1, false}, {64, 8, true}, {512, 1, true}};
    struct fixture *f = *state;

    for (size_t i = 0; i < LENGTH(table); i++)
    {
        sim_config32(&f->sim, SIM_BLK_SIZE_MAX, table[i].size_max);
        sim_config32(&f->sim, SIM_BLK_SEG_MAX, table[i].seg_max);
        blk_up(f);
        assert_true(f->blk.config.seg_max >= 1);
        assert_true((uint64_t)f->blk.config.size_max * f->blk.config.seg_max >= 512);
        assert_int_equal(blk_read(f, 3, 9, buffer), 0);
        assert_pattern(buffer, 3, 9);
        if (!table[i].believed)
        {
            /* Limits that no driver can keep: they were ignored, loudly. The device's complaint is expected. */
            assert_true(host_log_has("makes no sense"));
            assert_true(violation_count() == 0 || violation_seen("BLK-OP-03"));
            violation_clear();
        }
        again(f);
    }
}

static void test_topology_HZ_BLK_07(void **state)
{
    struct fixture *f = *state;

    for (unsigned int exponent = 0; exponent < 256; exponent += 5)
    {
        f->sim.config[SIM_BLK_PHYSICAL_EXP] = (uint8_t)exponent;
        f->sim.config[SIM_BLK_ALIGNMENT_OFFSET] = 255;
        blk_up(f);
        assert_true(f->blk.config.physical_block_exp < 32);
        assert_true(f->blk.config.physical_block_exp == exponent || f->blk.config.physical_block_exp == 0);
        assert_true(f->blk.config.alignment_offset == 0 ||
                    f->blk.config.alignment_offset < 1u << f->blk.config.physical_block_exp);
        again(f);
    }
}

static void test_range_limits_of_zero_HZ_BLK_09(void **state)
{
    static const uint32_t types[] = {VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES, VIRTIO_BLK_T_SECURE_ERASE};
    static const uint16_t limits[] = {SIM_BLK_DISCARD_SECTORS, SIM_BLK_ZEROES_SECTORS, SIM_BLK_ERASE_SECTORS};
    struct fixture *f = *state;

    for (size_t i = 0; i < LENGTH(types); i++)
    {
        for (unsigned int zero = 0; zero < 2; zero++)
        {
            sim_config32(&f->sim, limits[i], zero == 0 ? 0 : 100);
            sim_config32(&f->sim, limits[i] + 4u, zero == 1 ? 0 : 100);
            blk_up(f);
            assert_int_equal(blk_range(f, types[i], 1, 5, NULL, false), -VIRTIO_ENOTSUP);
            again(f);
        }
        sim_config32(&f->sim, limits[i], 0xffffffff);
        sim_config32(&f->sim, limits[i] + 4u, 0xffffffff);
        if (types[i] != VIRTIO_BLK_T_WRITE_ZEROES)
        {
            sim_config32(&f->sim, limits[i] + 8u, 0); /* alignment: never divided by */
        }
        blk_up(f);
        assert_int_equal(blk_range(f, types[i], 1, 2000, NULL, false), 0);
        again(f);
    }
}

static void test_id_HZ_BLK_10(void **state)
{
    struct fixture *f = *state;
    char id[24];

    blk_up(f);
    for (unsigned int first = 0; first < 256; first += 20)
    {
        memset(id, 0x7e, sizeof(id));
        for (unsigned int i = 0; i < 20; i++)
        {
            f->disk.id[i] = (uint8_t)(first + i);
        }
        assert_int_equal(blk_range(f, VIRTIO_BLK_T_GET_ID, 0, 1, id, false), 0);
        assert_true(memchr(id, 0, 21) != NULL);
        assert_memory_equal(id + 21, "\x7e\x7e\x7e", 3);
        for (const char *c = id; *c != '\0'; c++)
        {
            assert_in_range(*c, 0x20, 0x7e);
        }
    }
    blk_down(f);
}

static void test_random_config_HZ_CORE_05(void **state)
{
    struct fixture *f = *state;

    for (unsigned int round = 0; round < 500; round++)
    {
        const struct virtio_blk_config *config = &f->blk.config;
        int result;

        for (unsigned int i = 0; i < SIM_CONFIG; i++)
        {
            f->sim.config[i] = host_random() % 3 == 0 ? 0 : (uint8_t)host_random();
        }
        result = blk_start(f, 1, 16);
        assert_int_equal(result, 0);
        assert_true(config->seg_max >= 1 && config->seg_max <= VIRTIO_BLK_SEGMENTS);
        assert_true((uint64_t)config->size_max * config->seg_max >= 512);
        assert_true(config->blk_size >= 512 && config->blk_size <= 65536);
        assert_int_equal(config->blk_size & (config->blk_size - 1), 0);
        assert_true(config->discard_alignment >= 1 && config->secure_erase_alignment >= 1 && config->num_queues >= 1);
        again(f);
    }
}

/* --- other ---------------------------------------------------------------------------------------------------------
 */

static void test_config_wce_without_flush_DP_BLK_01(void **state)
{
    struct fixture *f = *state;

    sim_withdraw(&f->sim, SIM_BLK_F_FLUSH);
    blk_up(f);
    assert_false(virtio_device_has(&f->dev, VIRTIO_BLK_F_CONFIG_WCE));
    assert_false(virtio_blk_writeback(&f->blk));
    blk_down(f);
}

/* A device that takes the write and stays as it was. */
static void refuse_the_switch(struct sim_device *sim, unsigned int offset)
{
    sim->config[offset] = 1;
}

static void test_write_cache_that_stays_on_DP_BLK_08(void **state)
{
    struct fixture *f = *state;
    struct sim_model stubborn = *f->sim.model;

    stubborn.config_written = refuse_the_switch;
    f->sim.config[SIM_BLK_WRITEBACK] = 7;
    blk_up(f);
    assert_true(virtio_blk_writeback(&f->blk)); /* anything but 0 */
    f->sim.model = &stubborn;
    assert_int_equal(virtio_blk_set_writeback(&f->blk, false), -VIRTIO_EIO);
    assert_int_equal(virtio_blk_set_writeback(&f->blk, true), 0);
    blk_down(f);
}

static struct io late;

static void test_interrupts_and_polls_at_any_time_HZ_CORE_09(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    for (unsigned int i = 0; i < 100; i++)
    {
        sim_interrupt(&f->sim, 3);
        assert_int_equal(virtio_device_interrupt(&f->dev), 3);
        assert_int_equal(blk_poll(f), 0);
    }
    virtio_blk_stop(&f->blk, 0);
    assert_int_equal(blk_poll(f), 0);
    io_init(&late, VIRTIO_BLK_T_IN, 1, 1, buffer);
    assert_int_equal(io_submit(f, 0, &late), -VIRTIO_EAGAIN);
    assert_int_equal(host_share_count(), 0);
    blk_down(f);
}

/* A used entry before DRIVER_OK, in a ring that was just opened (DP-CORE-01): it is the id of nothing. */
static void early(struct sim_device *sim, uint32_t value)
{
    if ((value & SIM_DRIVER_OK) != 0)
    {
        sim_used_put(sim, 0, 0, 1);
        sim_interrupt(sim, 1);
    }
}

static void test_completion_before_any_request_DP_CORE_01(void **state)
{
    struct fixture *f = *state;

    f->sim.status_written = early;
    blk_up(f);
    assert_int_equal(blk_poll(f), -VIRTIO_EPROTO);
    f->sim.status_written = NULL;
    assert_int_equal(blk_recover(f), 0);
    assert_int_equal(blk_read(f, 1, 1, buffer), 0);
    blk_down(f);
}

/* Once the buffer was taken back the device has no way to it any more. */
static void test_late_writes_HZ_CORE_12_HZ_BLK_12(void **state)
{
    struct fixture *f = *state;
    struct io io;
    uint64_t address;

    blk_up(f);
    f->sim.mode = SIM_MANUAL;
    io_init(&io, VIRTIO_BLK_T_IN, 1, 1, buffer);
    io_begin(f, 0, &io);
    address = sim_pending_chain(&f->sim, 0, 0)->elements[1].address;
    assert_int_equal(sim_step(&f->sim, 0, 1), 1);
    assert_int_equal(blk_poll(f), 1);
    assert_non_null(host_dma_try(address, 512)); /* done, but not yet taken back */
    assert_int_equal(io_end(&io), 0);
    assert_null(host_dma_try(address, 1));
    assert_pattern(buffer, 1, 1);
    blk_down(f);
}

/* Bytes that the device writes into the slots at any time: results may be wrong, memory may not. */
static void test_slots_scribbled(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    f->sim.mode = SIM_MANUAL;
    for (unsigned int round = 0; round < 500; round++)
    {
        struct io io;
        int result;

        io_init(&io, round % 2 == 0 ? VIRTIO_BLK_T_GET_ID : VIRTIO_BLK_T_GET_LIFETIME, 0, 1, buffer);
        io_begin(f, 0, &io);
        sim_step(&f->sim, 0, 1);
        for (size_t i = 0; i < sizeof(struct virtio_blk_slot) * f->blk.queues[0].ring.size; i++)
        {
            ((uint8_t *)f->blk.queues[0].slots)[i] = host_random() % 8 == 0 ? 0 : (uint8_t)host_random();
        }
        assert_int_equal(blk_poll(f), 1);
        result = io_end(&io);
        assert_true(result == 0 || result == -VIRTIO_EIO || result == -VIRTIO_ENOTSUP);
        if (result == 0 && round % 2 == 0)
        {
            assert_true(memchr(buffer, 0, 21) != NULL);
        }
    }
    blk_down(f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_status_not_written_HZ_BLK_01, setup_blk),
        BOTH(test_every_status_HZ_BLK_02, setup_blk),
        BOTH(test_length_too_short_HZ_BLK_03, setup_blk),
        ALL(test_length_too_long_HZ_SPLIT_04, setup_blk),
        ALL(test_submit_to_a_broken_queue, setup_blk),
        ALL(test_good_ones_before_a_bad_one, setup_blk),
        BOTH(test_capacity_HZ_BLK_04, setup_blk),
        BOTH(test_block_size_HZ_BLK_05, setup_blk),
        BOTH(test_segment_limits_HZ_BLK_06, setup_blk),
        BOTH(test_topology_HZ_BLK_07, setup_blk),
        BOTH(test_range_limits_of_zero_HZ_BLK_09, setup_blk),
        BOTH(test_id_HZ_BLK_10, setup_blk),
        BOTH(test_random_config_HZ_CORE_05, setup_blk),
        BOTH(test_config_wce_without_flush_DP_BLK_01, setup_blk),
        BOTH(test_write_cache_that_stays_on_DP_BLK_08, setup_blk),
        BOTH(test_interrupts_and_polls_at_any_time_HZ_CORE_09, setup_blk),
        BOTH(test_completion_before_any_request_DP_CORE_01, setup_blk),
        BOTH(test_late_writes_HZ_CORE_12_HZ_BLK_12, setup_blk),
        BOTH(test_slots_scribbled, setup_blk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
