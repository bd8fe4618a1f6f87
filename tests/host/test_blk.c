/* SPDX-License-Identifier: Apache-2.0 */
/* The block engine and a device that keeps to the rules: every request, every feature, every limit. */

#include "fixture_blk.h"

static void test_config_BLK_CFG(void **state)
{
    struct fixture *f = *state;
    const struct virtio_blk_config *config = &f->blk.config;

    sim_config16(&f->sim, SIM_BLK_NUM_QUEUES, 3);
    sim_config32(&f->sim, SIM_BLK_BLK_SIZE, 4096);
    sim_config32(&f->sim, SIM_BLK_SEG_MAX, 5);
    blk_up(f);
    assert_int_equal(config->capacity, 2048);
    assert_int_equal(config->size_max, 1 << 20);
    assert_int_equal(config->seg_max, 5);
    assert_int_equal(config->cylinders, 16);
    assert_int_equal(config->heads, 4);
    assert_int_equal(config->sectors_per_track, 32);
    assert_int_equal(config->blk_size, 4096);
    assert_int_equal(config->physical_block_exp, 3);
    assert_int_equal(config->alignment_offset, 1);
    assert_int_equal(config->min_io_size, 8);
    assert_int_equal(config->opt_io_size, 64);
    assert_int_equal(config->num_queues, 3);
    assert_int_equal(config->max_discard_sectors, 256);
    assert_int_equal(config->discard_alignment, 8);
    assert_int_equal(config->max_write_zeroes_sectors, 128);
    assert_true(config->write_zeroes_may_unmap);
    assert_int_equal(config->max_secure_erase_sectors, 64);
    assert_int_equal(config->secure_erase_alignment, 8);
    assert_false(virtio_blk_read_only(&f->blk));
    blk_down(f);
}

/* Nothing offered at all: neutral values, and only reads, writes and the id work (CORE-FEAT-06, CORE-CFG-03). */
static void test_bare_device_CORE_FEAT_06(void **state)
{
    struct fixture *f = *state;
    const struct virtio_blk_config *config = &f->blk.config;
    static uint8_t buffer[64 * 512];

    f->sim.offered[0] &= 0xff000000;
    memset(f->sim.config + 8, 0xff, SIM_CONFIG - 8);
    blk_up(f);
    assert_int_equal(config->capacity, 2048);
    assert_int_equal(config->size_max, UINT32_MAX - 511);
    assert_int_equal(config->seg_max, VIRTIO_BLK_SEGMENTS);
    assert_int_equal(config->cylinders | config->heads | config->sectors_per_track, 0);
    assert_int_equal(config->blk_size, 512);
    assert_int_equal(config->physical_block_exp | config->alignment_offset | config->min_io_size, 0);
    assert_int_equal(config->opt_io_size, 0);
    assert_int_equal(config->num_queues, 1);
    assert_int_equal(config->max_discard_sectors, 0);
    assert_int_equal(config->discard_alignment, 1);
    assert_int_equal(config->max_write_zeroes_sectors, 0);
    assert_false(config->write_zeroes_may_unmap);
    assert_int_equal(config->max_secure_erase_sectors, 0);
    assert_int_equal(config->secure_erase_alignment, 1);
    assert_int_equal(blk_read(f, 100, 64, buffer), 0);
    assert_pattern(buffer, 100, 64);
    assert_int_equal(blk_write(f, 0, 64, buffer), 0);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_GET_ID, 0, 1, buffer, false), 0);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_FLUSH, 0, 1, NULL, false), -VIRTIO_ENOTSUP);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_GET_LIFETIME, 0, 1, buffer, false), -VIRTIO_ENOTSUP);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_DISCARD, 0, 1, NULL, false), -VIRTIO_ENOTSUP);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_WRITE_ZEROES, 0, 1, NULL, false), -VIRTIO_ENOTSUP);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_SECURE_ERASE, 0, 1, NULL, false), -VIRTIO_ENOTSUP);
    assert_false(virtio_blk_writeback(&f->blk));
    assert_int_equal(virtio_blk_set_writeback(&f->blk, false), -VIRTIO_ENOTSUP);
    blk_down(f);
}

/* Each feature missing in turn: no access to its fields (the device checks), and everything else goes on. */
static void test_each_feature_missing_CORE_CFG_03(void **state)
{
    struct fixture *f = *state;
    uint8_t buffer[512];

    for (unsigned int bit = 0; bit < 24; bit++)
    {
        if (!sim_offers(&f->sim, bit))
        {
            continue;
        }
        sim_withdraw(&f->sim, bit);
        blk_up(f);
        assert_false(virtio_device_has(&f->dev, bit));
        assert_int_equal(blk_read(f, bit, 1, buffer), 0);
        assert_pattern(buffer, bit, 1);
        assert_int_equal(virtio_device_has(&f->dev, VIRTIO_BLK_F_CONFIG_WCE),
                         bit != SIM_BLK_F_FLUSH && bit != SIM_BLK_F_CONFIG_WCE);
        blk_down(f);
        assert_conformant();
        assert_true(host_all_returned());
        memset(&f->blk, 0, sizeof(f->blk));
        f->dev.started = false;
        sim_offer(&f->sim, bit);
    }
}

static void test_what_is_never_accepted_BLK_LEG_01(void **state)
{
    struct fixture *f = *state;

    f->sim.offered[0] = 0xffffffff;
    blk_up(f);
    assert_false(virtio_device_has(&f->dev, VIRTIO_BLK_F_BARRIER));
    assert_false(virtio_device_has(&f->dev, VIRTIO_BLK_F_SCSI));
    assert_false(virtio_device_has(&f->dev, VIRTIO_BLK_F_ZONED));
    assert_true(virtio_device_has(&f->dev, VIRTIO_BLK_F_RO));
    blk_down(f);
}

static void test_read_and_write(void **state)
{
    struct fixture *f = *state;
    uint8_t *buffer = malloc(2048 * 512);

    blk_up(f);
    assert_int_equal(blk_read(f, 0, 2048, buffer), 0);
    assert_pattern(buffer, 0, 2048);
    for (uint32_t sectors = 1; sectors < 200; sectors = sectors * 3 + 1)
    {
        for (uint32_t i = 0; i < sectors * 512; i++)
        {
            buffer[i + 1] = (uint8_t)host_random();
        }
        /* At an odd address. */
        assert_int_equal(blk_write(f, 7, sectors, buffer + 1), 0);
        assert_memory_equal(f->disk.image + 7 * 512, buffer + 1, sectors * 512);
        memset(buffer, 0, 2048 * 512);
        assert_int_equal(blk_read(f, 7, sectors, buffer + 3), 0);
        assert_memory_equal(f->disk.image + 7 * 512, buffer + 3, sectors * 512);
    }
    /* Not a byte more. */
    assert_int_equal(f->disk.image[6 * 512 + 511], sim_blk_pattern(6 * 512 + 511));
    assert_int_equal(f->blk.queues[0].ring.stats.requests, f->sim.queue[0].chains);
    assert_int_equal(f->sim.queue[0].indirect_chains != 0, f->variant->indirect);
    blk_down(f);
    free(buffer);
}

/* Data goes straight between the caller's buffer and the device: one share for a contiguous buffer. */
static void test_one_segment_for_a_contiguous_buffer(void **state)
{
    struct fixture *f = *state;
    static uint8_t buffer[128 * 512];

    blk_up(f);
    assert_int_equal(blk_read(f, 0, 128, buffer), 0);
    assert_int_equal(host_share_total(), 1);
    assert_int_equal(f->disk.seen[0].segments, 1);
    assert_int_equal(f->disk.seen[0].sectors, 128);
    blk_down(f);
}

static void test_flush_BLK_OP_07_08(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_FLUSH, 55, 1, NULL, false), 0);
    assert_int_equal(f->disk.executed[VIRTIO_BLK_T_FLUSH], 1);
    blk_down(f);
}

static void test_get_id_BLK_OP_02_11(void **state)
{
    struct fixture *f = *state;
    char id[22];

    blk_up(f);
    memset(id, 'x', sizeof(id));
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_GET_ID, 9, 1, id, false), 0);
    assert_string_equal(id, "a disk of 20 bytes..");
    assert_int_equal(id[21], 'x');

    memset(id, 'x', sizeof(id));
    memcpy(f->disk.id, "short\0garbage behind", 20);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_GET_ID, 0, 1, id, false), 0);
    assert_string_equal(id, "short");
    memset(f->disk.id, 0, 20);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_GET_ID, 0, 1, id, false), 0);
    assert_string_equal(id, "");
    blk_down(f);
}

static void test_lifetime(void **state)
{
    struct fixture *f = *state;
    struct virtio_blk_lifetime lifetime = {0, 0, 0};

    blk_up(f);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_GET_LIFETIME, 0, 1, &lifetime, false), 0);
    assert_int_equal(lifetime.pre_eol_info, 1);
    assert_int_equal(lifetime.est_typ_a, 2);
    assert_int_equal(lifetime.est_typ_b, 0x1234);
    blk_down(f);
}

static void expect_filled(struct fixture *f, uint64_t sector, uint32_t sectors, uint8_t value)
{
    for (uint64_t i = sector * 512; i < (sector + sectors) * 512; i++)
    {
        if (f->disk.image[i] != value)
        {
            assert_int_equal(f->disk.image[i], value);
        }
    }
    assert_int_equal(f->disk.image[sector * 512 - 1], sim_blk_pattern(sector * 512 - 1));
    assert_int_equal(f->disk.image[(sector + sectors) * 512], sim_blk_pattern((sector + sectors) * 512));
}

static void test_discard_BLK_OP_10_12_17(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    /* 3 to 1003: at most 256 in one, cut at multiples of 8. The flag must stay clear (BLK-OP-17). */
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_DISCARD, 3, 1000, NULL, true), 0);
    expect_filled(f, 3, 1000, SIM_BLK_DISCARDED);
    assert_true(f->disk.seen_count >= 4);
    for (unsigned int i = 0; i < f->disk.seen_count; i++)
    {
        assert_int_equal(f->disk.seen[i].flags, 0);
        assert_true(i == 0 || f->disk.seen[i].sector % 8 == 0);
        assert_in_range(f->disk.seen[i].sectors, 1, 256);
    }
    blk_down(f);
}

static void test_discard_with_an_alignment_above_the_limit(void **state)
{
    struct fixture *f = *state;

    sim_config32(&f->sim, SIM_BLK_DISCARD_SECTORS, 10);
    sim_config32(&f->sim, SIM_BLK_DISCARD_ALIGN, 64);
    blk_up(f);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_DISCARD, 60, 300, NULL, false), 0);
    expect_filled(f, 60, 300, SIM_BLK_DISCARDED);
    blk_down(f);
}

static void test_write_zeroes_BLK_OP_14(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_WRITE_ZEROES, 5, 300, NULL, false), 0);
    assert_int_equal(f->disk.seen[0].flags, 0);
    assert_int_equal(f->disk.seen_count, 3);
    expect_filled(f, 5, 300, 0);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_WRITE_ZEROES, 500, 1, NULL, true), 0);
    assert_int_equal(f->disk.seen[3].flags, 1);
    blk_down(f);
}

static void test_write_zeroes_where_unmap_is_not_offered(void **state)
{
    struct fixture *f = *state;

    f->sim.config[SIM_BLK_ZEROES_UNMAP] = 0;
    blk_up(f);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_WRITE_ZEROES, 5, 1, NULL, true), 0);
    assert_int_equal(f->disk.seen[0].flags, 0);
    blk_down(f);
}

static void test_secure_erase_BLK_OP_13(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_SECURE_ERASE, 9, 200, NULL, true), 0);
    expect_filled(f, 9, 200, SIM_BLK_ERASED);
    assert_int_equal(f->disk.seen[0].flags, 0);
    blk_down(f);
}

/* --- limits ----------------------------------------------------------------------------------------------------- */

static void try_limits(struct fixture *f, uint32_t size_max, uint32_t seg_max, size_t share_max)
{
    static uint8_t buffer[100 * 512];

    sim_config32(&f->sim, SIM_BLK_SIZE_MAX, size_max);
    sim_config32(&f->sim, SIM_BLK_SEG_MAX, seg_max);
    blk_up(f);
    host.share_max = share_max;
    memset(buffer, 0, sizeof(buffer));
    assert_int_equal(blk_read(f, 33, 100, buffer), 0);
    assert_pattern(buffer, 33, 100);
    assert_int_equal(blk_write(f, 34, 99, buffer), 0);
    assert_memory_equal(f->disk.image + 34 * 512, buffer, 99 * 512);
    assert_int_equal(blk_write(f, 33, 100, buffer), 0); /* as it was */
    host.share_max = 0;
    blk_down(f);
    assert_conformant();
    assert_true(host_all_returned());
    for (uint64_t i = 33; i < 134; i++)
    {
        for (unsigned int j = 0; j < 512; j++)
        {
            f->disk.image[i * 512 + j] = sim_blk_pattern(i * 512 + j);
        }
    }
    memset(&f->blk, 0, sizeof(f->blk));
    f->dev.started = false;
}

static void test_limits_by_splitting_BLK_OP_03(void **state)
{
    struct fixture *f = *state;

    try_limits(f, 512, 1, 0);
    try_limits(f, 512, 8, 0);
    try_limits(f, 4096, 1, 0);
    try_limits(f, 4096, 3, 0);
    try_limits(f, 513, 2, 0);
    try_limits(f, 1000, 5, 0);
    try_limits(f, 100, 8, 0);
    try_limits(f, 0xffffffff, 0xffffffff, 0);
    try_limits(f, 1 << 20, 126, 4096);
    try_limits(f, 1 << 20, 126, 1000);
    try_limits(f, 1 << 20, 126, 100);
    try_limits(f, 700, 4, 333);
    try_limits(f, 512, 1, 512);
    host.share_random = true;
    try_limits(f, 1 << 20, 126, 5000);
}

/* Pieces so small that not one sector fits into a request: refused, nothing left behind. */
static void test_buffer_in_crumbs(void **state)
{
    struct fixture *f = *state;
    uint8_t buffer[1024];

    blk_up(f);
    host.share_max = 50;
    assert_int_equal(blk_read(f, 0, 2, buffer), -VIRTIO_EFAULT);
    assert_int_equal(host_share_count(), 0);
    assert_int_equal(f->disk.seen_count, 0);
    host.share_max = 0;
    blk_down(f);
}

static void test_unreachable_buffer(void **state)
{
    struct fixture *f = *state;
    uint8_t buffer[4 * 512];

    blk_up(f);
    host.share_max = 300;
    for (int n = 1; n < 7; n++)
    {
        host.fail_share_at = n;
        assert_int_equal(blk_read(f, 0, 4, buffer), -VIRTIO_EFAULT);
        assert_int_equal(host.fail_share_at, 0);
        assert_int_equal(host_share_count(), 0);
    }
    assert_int_equal(f->disk.seen_count, 0);
    assert_int_equal(blk_read(f, 0, 4, buffer), 0);
    assert_pattern(buffer, 0, 4);
    blk_down(f);
}

/* The last piece is lent again, shorter; if the platform then gives less than before, the request fails cleanly. */
static void test_buffer_that_moves(void **state)
{
    struct fixture *f = *state;
    uint8_t buffer[8 * 512];

    blk_up(f);
    host.share_max = 300; /* eight pieces: 2400 bytes, four sectors and a rest */
    host.share_less_at = 9;
    assert_int_equal(blk_read(f, 0, 8, buffer), -VIRTIO_EFAULT);
    assert_int_equal(host.share_less_at, 0);
    assert_int_equal(host_share_count(), 0);
    host.fail_share_at = 9;
    assert_int_equal(blk_read(f, 0, 8, buffer), -VIRTIO_EFAULT);
    assert_int_equal(host.fail_share_at, 0);
    assert_int_equal(host_share_count(), 0);
    assert_int_equal(f->disk.seen_count, 0);
    assert_int_equal(blk_read(f, 0, 8, buffer), 0);
    assert_pattern(buffer, 0, 8);
    blk_down(f);
}

static void test_ranges_BLK_OP_05(void **state)
{
    static const uint32_t types[] = {VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT, VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES,
                                     VIRTIO_BLK_T_SECURE_ERASE};
    struct fixture *f = *state;
    uint8_t buffer[1024];

    blk_up(f);
    for (size_t i = 0; i < LENGTH(types); i++)
    {
        struct io io;

        io_init(&io, types[i], 5, 0, buffer);
        assert_int_equal(io_submit(f, 0, &io), -VIRTIO_EINVAL);
        assert_int_equal(blk_range(f, types[i], 2048, 1, buffer, false), -VIRTIO_EINVAL);
        assert_int_equal(blk_range(f, types[i], 2047, 2, buffer, false), -VIRTIO_EINVAL);
        assert_int_equal(blk_range(f, types[i], UINT64_MAX, 1, buffer, false), -VIRTIO_EINVAL);
        assert_int_equal(blk_range(f, types[i], UINT64_MAX - 1, 2, buffer, false), -VIRTIO_EINVAL);
        assert_int_equal(blk_range(f, types[i], 0, UINT32_MAX, buffer, false), -VIRTIO_EINVAL);
        assert_int_equal(f->disk.seen_count, 0);
        assert_int_equal(blk_range(f, types[i], 2047, 1, buffer, false), 0);
        f->disk.seen_count = 0;
    }
    blk_down(f);
}

static void test_more_than_32_bits_of_bytes(void **state)
{
    struct fixture *f = *state;
    struct io io;

    /* 2^32 bytes and more in one call: the part that goes out must not be cut to 32 bits somewhere. */
    sim_config64(&f->sim, SIM_BLK_CAPACITY, 1ull << 40);
    sim_withdraw(&f->sim, SIM_BLK_F_DISCARD);
    blk_up(f);
    io_init(&io, VIRTIO_BLK_T_WRITE_ZEROES, 1ull << 39, 0xffffffff, NULL);
    assert_int_equal(virtio_blk_prepare(&f->blk, &io.request), 0);
    assert_int_equal(io.request.sectors, 128);
    virtio_blk_finish(&io.request);

    host.fail_share_at = 1; /* no such buffer here: only the arithmetic before it is looked at */
    io_init(&io, VIRTIO_BLK_T_IN, 0, 0xffffffff, io.request.sg);
    assert_int_equal(virtio_blk_prepare(&f->blk, &io.request), -VIRTIO_EFAULT);
    assert_in_range(io.request.sectors, 1, UINT32_MAX / 512 - 1);
    blk_down(f);
}

static void test_unknown_request(void **state)
{
    static const uint32_t types[] = {2, 3, 5, 7, 9, 12, 15, 16, 26, 0x80000000, 0xffffffff};
    struct fixture *f = *state;
    uint8_t buffer[512];

    blk_up(f);
    for (size_t i = 0; i < LENGTH(types); i++)
    {
        assert_int_equal(blk_range(f, types[i], 0, 1, buffer, false), -VIRTIO_EINVAL);
    }
    assert_int_equal(f->disk.seen_count, 0);
    blk_down(f);
}

static void test_read_only_BLK_OP_06(void **state)
{
    struct fixture *f = *state;
    uint8_t buffer[512];

    sim_offer(&f->sim, SIM_BLK_F_RO);
    blk_up(f);
    assert_true(virtio_blk_read_only(&f->blk));
    assert_int_equal(blk_read(f, 1, 1, buffer), 0);
    assert_int_equal(blk_write(f, 1, 1, buffer), -VIRTIO_EROFS);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_DISCARD, 1, 1, NULL, false), -VIRTIO_EROFS);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_WRITE_ZEROES, 1, 1, NULL, false), -VIRTIO_EROFS);
    assert_int_equal(blk_range(f, VIRTIO_BLK_T_SECURE_ERASE, 1, 1, NULL, false), -VIRTIO_EROFS);
    assert_int_equal(f->disk.seen_count, 1);
    assert_int_equal(host_share_count(), 0);
    blk_down(f);
}

static void test_capacity_changes_BLK_OP_04(void **state)
{
    struct fixture *f = *state;
    uint8_t buffer[512];

    sim_config64(&f->sim, SIM_BLK_CAPACITY, 1000);
    blk_up(f);
    assert_false(virtio_blk_refresh(&f->blk));
    assert_int_equal(blk_read(f, 1000, 1, buffer), -VIRTIO_EINVAL);
    sim_config64(&f->sim, SIM_BLK_CAPACITY, 2000);
    sim_config_changed(&f->sim);
    assert_int_equal(virtio_device_interrupt(&f->dev), VIRTIO_INTERRUPT_CONFIG);
    assert_true(virtio_blk_refresh(&f->blk));
    assert_int_equal(f->blk.config.capacity, 2000);
    assert_int_equal(blk_read(f, 1999, 1, buffer), 0);
    sim_config64(&f->sim, SIM_BLK_CAPACITY, 10);
    sim_config_changed(&f->sim);
    /* Not seen yet: the device refuses, and says so to the one who asked. */
    assert_int_equal(blk_read(f, 10, 1, buffer), -VIRTIO_EIO);
    assert_true(virtio_blk_refresh(&f->blk));
    assert_int_equal(blk_read(f, 10, 1, buffer), -VIRTIO_EINVAL);
    assert_int_equal(blk_read(f, 9, 1, buffer), 0);
    blk_down(f);
}

static void test_write_cache_BLK_OP_15(void **state)
{
    struct fixture *f = *state;

    blk_up(f);
    assert_true(virtio_blk_writeback(&f->blk));
    assert_int_equal(virtio_blk_set_writeback(&f->blk, false), 0);
    assert_int_equal(f->sim.config[SIM_BLK_WRITEBACK], 0);
    assert_false(virtio_blk_writeback(&f->blk));
    assert_int_equal(virtio_blk_set_writeback(&f->blk, true), 0);
    assert_int_equal(f->sim.config[SIM_BLK_WRITEBACK], 1);
    blk_down(f);
}

static void test_flush_without_config_wce_BLK_INIT_03(void **state)
{
    struct fixture *f = *state;

    sim_withdraw(&f->sim, SIM_BLK_F_CONFIG_WCE);
    blk_up(f);
    assert_true(virtio_blk_writeback(&f->blk));
    assert_int_equal(virtio_blk_set_writeback(&f->blk, false), -VIRTIO_ENOTSUP);
    blk_down(f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(test_config_BLK_CFG, setup_blk),
        BOTH(test_bare_device_CORE_FEAT_06, setup_blk),
        BOTH(test_each_feature_missing_CORE_CFG_03, setup_blk),
        BOTH(test_what_is_never_accepted_BLK_LEG_01, setup_blk),
        ALL(test_read_and_write, setup_blk),
        BOTH(test_one_segment_for_a_contiguous_buffer, setup_blk),
        ALL(test_flush_BLK_OP_07_08, setup_blk),
        ALL(test_get_id_BLK_OP_02_11, setup_blk),
        ALL(test_lifetime, setup_blk),
        ALL(test_discard_BLK_OP_10_12_17, setup_blk),
        BOTH(test_discard_with_an_alignment_above_the_limit, setup_blk),
        ALL(test_write_zeroes_BLK_OP_14, setup_blk),
        BOTH(test_write_zeroes_where_unmap_is_not_offered, setup_blk),
        BOTH(test_secure_erase_BLK_OP_13, setup_blk),
        ALL(test_limits_by_splitting_BLK_OP_03, setup_blk),
        BOTH(test_buffer_in_crumbs, setup_blk),
        BOTH(test_unreachable_buffer, setup_blk),
        BOTH(test_buffer_that_moves, setup_blk),
        BOTH(test_ranges_BLK_OP_05, setup_blk),
        BOTH(test_more_than_32_bits_of_bytes, setup_blk),
        BOTH(test_unknown_request, setup_blk),
        BOTH(test_read_only_BLK_OP_06, setup_blk),
        BOTH(test_capacity_changes_BLK_OP_04, setup_blk),
        BOTH(test_write_cache_BLK_OP_15, setup_blk),
        BOTH(test_flush_without_config_wce_BLK_INIT_03, setup_blk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
