/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that the device has merged from many (GUEST_TSO4, GUEST_TSO6): when they are accepted, good ones and bad. */

#include "fixture_net.h"

#define TCPV4      1
#define TCPV6      4
#define ECN        0x80
#define MERGED_MAX 65553 /* 65535, Ethernet's header and a tag */

/* As it comes from a device that keeps to the specification. */
static const struct sim_net_how good = {
    .flags = 1, .gso_type = TCPV4, .hdr_len = 54, .gso_size = 1448, .csum_start = 34, .csum_offset = 16};

static void expect_merged(struct net_fixture *f, uint32_t length, const struct sim_net_how *how, uint16_t segment_size)
{
    const struct net_got *got;

    if (f->got_count > NET_GOT / 2)
    {
        net_forget(f);
    }
    got = &f->got[f->got_count];
    net_expect(f, 0, length, how);
    assert_int_equal(got->segment_size, segment_size);
    assert_int_equal(got->checksum, VIRTIO_NET_CHECKSUM_PARTIAL);
    assert_int_equal(got->checksum_start, how->csum_start);
    assert_int_equal(got->checksum_offset, how->csum_offset);
}

/* --- accepted or not ---------------------------------------------------------------------------------------------- */

static void expect_accepted(struct net_fixture *f, uint16_t size, bool tso4, bool tso6)
{
    assert_int_equal(net_start(f, 1, size), 0);
    assert_int_equal(sim_has(&f->sim, SIM_NET_F_GUEST_TSO4), tso4);
    assert_int_equal(sim_has(&f->sim, SIM_NET_F_GUEST_TSO6), tso6);
    assert_false(sim_has(&f->sim, SIM_NET_F_GUEST_ECN));
    assert_false(sim_has(&f->sim, SIM_NET_F_GUEST_UFO));
    assert_int_equal(virtio_net_buffer_size(&f->net), tso4 || tso6 ? 2048 : 1518 + f->net.header_size);
    net_post(f, 0, 60);
    assert_int_equal(net_talk(f), 0);
    net_works(f);
    net_again(f);
}

static void test_when_they_are_accepted_NET_FEAT_01(void **state)
{
    static const uint8_t needed[] = {SIM_NET_F_GUEST_CSUM, SIM_NET_F_MRG_RXBUF};
    struct net_fixture *f = *state;

    sim_offer(&f->sim, SIM_NET_F_GUEST_ECN);
    sim_offer(&f->sim, SIM_NET_F_GUEST_UFO);
    expect_accepted(f, 128, false, false); /* not asked for */
    f->large = true;
    expect_accepted(f, 128, true, true);
    for (size_t i = 0; i < LENGTH(needed); i++)
    {
        sim_withdraw(&f->sim, needed[i]);
        expect_accepted(f, 128, false, false);
        sim_offer(&f->sim, needed[i]);
    }
    sim_withdraw(&f->sim, SIM_NET_F_GUEST_TSO4);
    expect_accepted(f, 128, false, true);
    sim_withdraw(&f->sim, SIM_NET_F_GUEST_TSO6);
    expect_accepted(f, 128, false, false);
    sim_offer(&f->sim, SIM_NET_F_GUEST_TSO4);
    expect_accepted(f, 128, true, false);
}

/* 33 buffers for such a frame, and some for others: of 64 descriptors, or of 128 if a buffer takes two. */
static void test_rings_that_hold_them(void **state)
{
    struct net_fixture *f = *state;
    bool two = f->variant->legacy && !f->variant->any_layout;
    unsigned int resets;

    f->large = true;
    for (uint16_t size = 16; size <= 256; size *= 2)
    {
        resets = f->sim.resets;
        assert_int_equal(net_start(f, 1, size), 0);
        assert_int_equal(sim_has(&f->sim, SIM_NET_F_GUEST_TSO4), size >= (two ? 128 : 64));
        assert_int_equal(f->sim.resets, resets + 1); /* known beforehand */
        net_again(f);
    }
}

/* What the device allows is known only when features are agreed on already. */
static void test_a_device_with_small_rings(void **state)
{
    struct net_fixture *f = *state;

    f->large = true;
    for (uint16_t pairs = 1; pairs <= NET_PAIRS; pairs++)
    {
        unsigned int queue = 2u * (pairs - 1);

        f->sim.queue[queue].size_max = 32;
        assert_int_equal(net_start(f, pairs, 256), 0);
        assert_true(host_log_has("cannot hold merged frames"));
        assert_false(sim_has(&f->sim, SIM_NET_F_GUEST_TSO4));
        assert_false(sim_has(&f->sim, SIM_NET_F_GUEST_TSO6));
        assert_false(f->net.setup.large_frames);
        assert_int_equal(f->net.pair_count, pairs);
        for (uint16_t i = 0; i < pairs; i++)
        {
            assert_int_equal(net_post(f, i, 8), 8);
        }
        assert_int_equal(net_talk(f), 0);
        net_works(f);
        assert_int_equal(net_recover(f), 0);
        assert_int_equal(net_talk(f), 0);
        net_works(f);
        net_again(f);
        f->sim.queue[queue].size_max = 1024;
    }
}

static void stop_resetting(struct sim_device *sim, unsigned int offset)
{
    (void)offset;
    sim->reset_stuck = (sim->status & SIM_DRIVER) != 0;
}

/* Not started again over memory that it may still write to. */
static void test_small_rings_and_no_reset_CORE_CLEAN_02(void **state)
{
    struct net_fixture *f = *state;

    f->abandons = true;
    f->large = true;
    f->sim.queue[0].size_max = 32;
    f->sim.config_read = stop_resetting;
    assert_int_equal(net_start(f, 1, 256), -VIRTIO_EMSGSIZE);
    assert_true(host_dma_count() != 0);
    f->sim.reset_stuck = false;
}

/* --- good ones ---------------------------------------------------------------------------------------------------- */

static void test_merged_frames_arrive_NET_RX_11(void **state)
{
    static const uint32_t lengths[] = {1503,      1519, 2036, 2037, 4084, 9000, 65535, 65536, VIRTIO_NET_FRAME_MAX,
                                       MERGED_MAX};
    struct net_fixture *f = *state;
    struct sim_net_how how = good;

    net_up_large(f);
    for (size_t i = 0; i < LENGTH(lengths); i++)
    {
        how.gso_type = i % 2 == 0 ? TCPV4 : TCPV6;
        expect_merged(f, lengths[i], &how, 1448);
    }
    how.fill = 1100; /* 60 buffers and not one more */
    expect_merged(f, 65550, &how, 1448);
    assert_int_equal(f->net.rx[0].dropped, 0);
    assert_int_equal(f->net.rx[0].ring.in_flight, 60);
    net_works(f);
    net_down(f);
}

static void test_ordinary_frames_among_them(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = {.hdr_len = 0xffff, .gso_size = 0xffff};

    net_up_large(f);
    for (unsigned int i = 0; i < 5; i++)
    {
        expect_merged(f, 20000, &good, 1448);
        net_expect(f, 0, 1518, &how);
        assert_int_equal(f->got[f->got_count - 1].segment_size, 0);
        assert_int_equal(f->got[f->got_count - 1].checksum, VIRTIO_NET_CHECKSUM_NONE);
    }
    /* What was not merged keeps to the MTU, as before. */
    net_expect_drop(f, 1519, &how);
    net_expect_drop(f, 60000, NULL);
    net_works(f);
    net_down(f);
}

static void test_hdr_len_is_a_hint_NET_RX_12(void **state)
{
    static const uint16_t hints[] = {0, 1, 53, 55, 4999, 5000};
    struct net_fixture *f = *state;
    struct sim_net_how how = good;

    net_up_large(f);
    for (size_t i = 0; i < LENGTH(hints); i++)
    {
        how.hdr_len = hints[i];
        expect_merged(f, 5000, &how, 1448);
    }
    net_works(f);
    net_down(f);
}

/* Marked, but of one segment: nothing was merged, and the MTU holds. */
static void test_one_segment_is_an_ordinary_frame(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = good;

    net_up_large(f);
    how.gso_size = 1448;
    expect_merged(f, 54, &how, 0);
    expect_merged(f, 1482, &how, 0);
    expect_merged(f, 1483, &how, 1448);
    how.csum_start = 1000;
    how.gso_size = 1000;
    net_expect_drop(f, 2000, &how);
    expect_merged(f, 2001, &how, 1000);
    net_works(f);
    net_down(f);
}

static void test_they_go_on_after_a_reset(void **state)
{
    struct net_fixture *f = *state;
    uint8_t bytes[12 + 100] = {[0] = 1, [1] = TCPV4, [5] = 2, [10] = 40};

    net_up_large(f);
    expect_merged(f, 60000, &good, 1448);
    /* One of 40 buffers has come. */
    assert_true(sim_net_use(&f->sim, 0, bytes, 112, 112));
    assert_int_equal(net_poll(f), 0);
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(sim_pending(&f->sim, 0), 60);
    expect_merged(f, 60000, &good, 1448);
    net_works(f);
    net_down(f);
}

/* --- bad ones ----------------------------------------------------------------------------------------------------- */

static void test_longer_than_any_packet_HZ_NET_03(void **state)
{
    struct net_fixture *f = *state;

    net_up_large(f);
    for (uint32_t length = MERGED_MAX + 1; length <= SIM_NET_BYTES; length += 111)
    {
        net_expect_drop(f, length, &good);
    }
    net_works(f);
    net_down(f);
}

static void test_segment_sizes_HZ_NET_05_DP_NET_12(void **state)
{
    static const uint16_t sizes[] = {0, 1501, 9000, 32768, 65535};
    struct net_fixture *f = *state;
    struct sim_net_how how = good;

    net_up_large(f);
    for (size_t i = 0; i < LENGTH(sizes); i++)
    {
        how.gso_size = sizes[i];
        net_expect_drop(f, 100, &how);
        net_expect_drop(f, 65550, &how);
    }
    how.gso_size = 1;
    expect_merged(f, 5000, &how, 1);
    how.gso_size = 1500;
    expect_merged(f, 5000, &how, 1500);
    net_works(f);
    net_down(f);
}

static void test_without_a_checksum_to_complete_DP_NET_12(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = good;

    net_up_large(f);
    for (unsigned int flags = 0; flags < 256; flags += 2)
    {
        how.flags = (uint8_t)flags;
        net_expect_drop(f, 100, &how);
        net_expect_drop(f, 3000, &how);
    }
    how.flags = 3;
    expect_merged(f, 3000, &how, 1448);
    net_works(f);
    net_down(f);
}

static void test_every_other_gso_type_HZ_NET_05_DP_NET_11(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = good;

    net_up_large(f);
    for (unsigned int type = 1; type < 256; type++)
    {
        how.gso_type = (uint8_t)type;
        if (type != TCPV4 && type != TCPV6)
        {
            net_expect_drop(f, 3000, &how);
        }
    }
    how.gso_type = TCPV4 | ECN;
    net_expect_drop(f, 100, &how);
    net_works(f);
    net_down(f);
}

static void test_only_the_type_that_was_negotiated_DP_NET_11(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = good;

    for (unsigned int turn = 0; turn < 2; turn++)
    {
        uint8_t without = turn == 0 ? SIM_NET_F_GUEST_TSO4 : SIM_NET_F_GUEST_TSO6;

        sim_withdraw(&f->sim, without);
        net_up_large(f);
        how.gso_type = turn == 0 ? TCPV4 : TCPV6;
        net_expect_drop(f, 3000, &how);
        how.gso_type = turn == 0 ? TCPV6 : TCPV4;
        expect_merged(f, 3000, &how, 1448);
        net_again(f);
        sim_offer(&f->sim, without);
    }
}

static void test_headers_beyond_the_frame_HZ_NET_05(void **state)
{
    static const uint16_t hints[] = {3001, 32768, 65535};
    struct net_fixture *f = *state;
    struct sim_net_how how = good;

    net_up_large(f);
    for (size_t i = 0; i < LENGTH(hints); i++)
    {
        how.hdr_len = hints[i];
        net_expect_drop(f, 3000, &how);
    }
    how.hdr_len = 101;
    net_expect_drop(f, 100, &how);
    net_works(f);
    net_down(f);
}

static void test_checksum_outside_of_a_merged_frame_HZ_NET_04(void **state)
{
    static const uint16_t places[][2] = {{2999, 0}, {34, 2965}, {65535, 16}, {34, 65535}, {65535, 65535}};
    struct net_fixture *f = *state;
    struct sim_net_how how = good;

    net_up_large(f);
    for (size_t i = 0; i < LENGTH(places); i++)
    {
        how.csum_start = places[i][0];
        how.csum_offset = places[i][1];
        net_expect_drop(f, 3000, &how);
    }
    how.csum_start = 34;
    how.csum_offset = 2964;
    expect_merged(f, 3000, &how, 1448);
    net_works(f);
    net_down(f);
}

static void test_num_buffers_of_merged_frames_HZ_NET_02(void **state)
{
    static const uint16_t wrong[] = {0, 61, 1000, 65535};
    struct net_fixture *f = *state;
    struct sim_net_how how = good;

    net_up_large(f);
    how.num_buffers_replaced = true;
    for (size_t i = 0; i < LENGTH(wrong); i++)
    {
        how.num_buffers = wrong[i];
        net_expect_drop(f, 100, &how);
    }
    net_works(f);
    net_down(f);
}

/* Anything in the header, any length: handed on as it should be, or dropped. */
static void test_random_headers(void **state)
{
    static uint8_t frame[SIM_NET_BYTES];
    struct net_fixture *f = *state;
    uint64_t packets;

    net_up_large(f);
    for (unsigned int i = 0; i < 5000; i++)
    {
        struct sim_net_how how = {
            .flags = (uint8_t)(host_random() % 4),
            .gso_type = (uint8_t)(host_random() % 6),
            .hdr_len = (uint16_t)(host_random() % 3 == 0 ? host_random() : 54),
            .gso_size = (uint16_t)(host_random() % 3 == 0 ? host_random() : 1448),
            .csum_start = (uint16_t)(host_random() % 3 == 0 ? host_random() : 34),
            .csum_offset = (uint16_t)(host_random() % 3 == 0 ? host_random() : 16),
        };
        uint32_t length = host_random() % (host_random() % 2 == 0 ? SIM_NET_BYTES : 2000);

        packets = f->net.rx[0].packets + f->net.rx[0].dropped;
        assert_int_not_equal(sim_net_deliver(&f->sim, 0, frame, length, &how), 0);
        assert_int_equal(net_poll(f), 1);
        assert_int_equal(f->net.rx[0].packets + f->net.rx[0].dropped, packets + 1);
        if (f->got_count == 1)
        {
            const struct net_got *got = &f->got[0];

            assert_int_equal(got->length, length);
            assert_in_range(length, 14, got->segment_size != 0 ? MERGED_MAX : 1518);
            if (got->segment_size != 0)
            {
                assert_true(how.gso_type == TCPV4 || how.gso_type == TCPV6);
                assert_int_equal(got->segment_size, how.gso_size);
                assert_in_range(got->segment_size, 1, 1500);
                assert_int_equal(got->checksum, VIRTIO_NET_CHECKSUM_PARTIAL);
            }
        }
        net_forget(f);
    }
    assert_true(f->net.rx[0].dropped != 0);
    net_works(f);
    net_down(f);
}

#define MERGEABLE(test) NET_BOTH(test), NET(test, " [legacy, mergeable, any_layout]", 8)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGEABLE(test_when_they_are_accepted_NET_FEAT_01),
        MERGEABLE(test_rings_that_hold_them),
        MERGEABLE(test_a_device_with_small_rings),
        NET_BOTH(test_small_rings_and_no_reset_CORE_CLEAN_02),
        MERGEABLE(test_merged_frames_arrive_NET_RX_11),
        MERGEABLE(test_ordinary_frames_among_them),
        MERGEABLE(test_hdr_len_is_a_hint_NET_RX_12),
        MERGEABLE(test_one_segment_is_an_ordinary_frame),
        MERGEABLE(test_they_go_on_after_a_reset),
        MERGEABLE(test_longer_than_any_packet_HZ_NET_03),
        MERGEABLE(test_segment_sizes_HZ_NET_05_DP_NET_12),
        MERGEABLE(test_without_a_checksum_to_complete_DP_NET_12),
        MERGEABLE(test_every_other_gso_type_HZ_NET_05_DP_NET_11),
        MERGEABLE(test_only_the_type_that_was_negotiated_DP_NET_11),
        MERGEABLE(test_headers_beyond_the_frame_HZ_NET_05),
        MERGEABLE(test_checksum_outside_of_a_merged_frame_HZ_NET_04),
        MERGEABLE(test_num_buffers_of_merged_frames_HZ_NET_02),
        MERGEABLE(test_random_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
