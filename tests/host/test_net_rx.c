/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving, from a device that keeps to the specification. */

#include "fixture_net.h"

static uint8_t frame[SIM_NET_BYTES];

static void test_frames_arrive_as_they_are_NET_RX_02_NET_RX_06(void **state)
{
    static const uint16_t lengths[] = {14, 15, 60, 64, 512, 1023, 1500, 1513, 1514, 1518};
    struct net_fixture *f = *state;
    uint64_t bytes = 0;

    net_up(f);
    for (size_t i = 0; i < LENGTH(lengths); i++)
    {
        net_expect(f, 0, lengths[i], NULL);
        bytes += lengths[i];
        sim_net_check_posted(&f->sim, 0);
    }
    assert_int_equal(f->net.rx[0].packets, LENGTH(lengths));
    assert_int_equal(f->net.rx[0].bytes, bytes);
    assert_int_equal(f->net.rx[0].dropped, 0);
    assert_int_equal(f->net.rx[0].ring.stats.batches, LENGTH(lengths));
    assert_int_equal(f->net.rx[0].ring.in_flight, 8);
    net_down(f);
}

static void test_frames_in_several_buffers_NET_RX_06(void **state)
{
    static const uint32_t fills[] = {1999, 700, 300, 216, 13, 12};
    struct net_fixture *f = *state;
    struct sim_net_how how = {0};

    net_up(f);
    for (size_t i = 0; i < LENGTH(fills); i++)
    {
        how.fill = fills[i];
        for (uint32_t length = 14; length + 12 <= fills[i] * 8 && length <= 1518; length += 47)
        {
            net_expect(f, 0, length, &how);
            if (f->got_count == NET_GOT)
            {
                net_forget(f);
            }
        }
    }
    assert_int_equal(f->net.rx[0].dropped, 0);
    net_down(f);
}

static void test_large_frames_NET_CFG_08(void **state)
{
    static const uint16_t mtus[] = {68, 576, 1400, 1500, 2030, 2040, 4000, 9000};
    struct net_fixture *f = *state;

    for (size_t i = 0; i < LENGTH(mtus); i++)
    {
        uint32_t most = mtus[i] + 18u;

        sim_config16(&f->sim, SIM_NET_MTU, mtus[i]);
        net_up(f);
        assert_int_equal(f->net.config.mtu, mtus[i]);
        net_expect(f, 0, mtus[i] + 14u, NULL);
        net_expect(f, 0, most, NULL);
        assert_int_equal(f->got[1].buffers > 1, most + f->net.header_size > virtio_net_buffer_size(&f->net));
        assert_true(f->variant->mergeable || f->got[1].buffers == 1);
        net_again(f);
    }
    /* Without MTU nothing says that frames are larger than Ethernet's. */
    sim_withdraw(&f->sim, SIM_NET_F_MTU);
    net_up(f);
    net_expect(f, 0, 1518, NULL);
    net_down(f);
}

/* The buffers of a frame may come one by one. */
static void test_a_frame_that_comes_slowly(void **state)
{
    struct net_fixture *f = *state;
    uint8_t bytes[12 + 300] = {0};

    net_up(f);
    net_pattern(bytes + 12, 300, 1);
    bytes[10] = 3;
    for (unsigned int round = 0; round < 10; round++)
    {
        assert_true(sim_net_use(&f->sim, 0, bytes, 112, 112));
        assert_int_equal(net_poll(f), 0);
        assert_true(sim_net_use(&f->sim, 0, bytes + 112, 100, 100));
        assert_int_equal(net_poll(f), 0);
        assert_int_equal(f->got_count, round);
        assert_true(sim_net_use(&f->sim, 0, bytes + 212, 100, 100));
        assert_int_equal(net_poll(f), 1);
        assert_int_equal(f->got[round].length, 300);
        assert_int_equal(f->got[round].buffers, 3);
        assert_memory_equal(f->got[round].data, bytes + 12, 300);
    }
    net_down(f);
}

static void test_checksums_NET_RX_10_NET_RX_13(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = {.csum_start = 34, .csum_offset = 16};

    net_up(f);
    net_expect(f, 0, 100, &how);
    assert_int_equal(f->got[0].checksum, VIRTIO_NET_CHECKSUM_NONE);
    how.flags = 1;
    net_expect(f, 0, 100, &how);
    assert_int_equal(f->got[1].checksum, VIRTIO_NET_CHECKSUM_PARTIAL);
    assert_int_equal(f->got[1].checksum_start, 34);
    assert_int_equal(f->got[1].checksum_offset, 16);
    how.flags = 2;
    net_expect(f, 0, 100, &how);
    assert_int_equal(f->got[2].checksum, VIRTIO_NET_CHECKSUM_VALID);
    how.flags = 3;
    net_expect(f, 0, 100, &how);
    assert_int_equal(f->got[3].checksum, VIRTIO_NET_CHECKSUM_PARTIAL);
    /* The last two bytes of the frame. */
    how.flags = 1;
    how.csum_offset = 64;
    net_expect(f, 0, 100, &how);
    assert_int_equal(f->got[4].checksum, VIRTIO_NET_CHECKSUM_PARTIAL);
    how.flags = 0;
    net_expect(f, 0, 100, &how);
    assert_int_equal(f->got[5].checksum, VIRTIO_NET_CHECKSUM_NONE);
    assert_int_equal(f->net.rx[0].dropped, 0);
    net_down(f);
}

static void test_unknown_flags_and_hints_NET_RX_07_NET_RX_12(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = {.hdr_len = 0xffff, .gso_size = 0xffff};

    net_up(f);
    for (unsigned int bit = 2; bit < 8; bit++)
    {
        how.flags = (uint8_t)(1u << bit);
        net_expect(f, 0, 100, &how);
        assert_int_equal(f->got[bit - 2].checksum, VIRTIO_NET_CHECKSUM_NONE);
    }
    net_down(f);
}

static void test_budget(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    net_pattern(frame, 100, 1);
    for (unsigned int i = 0; i < 5; i++)
    {
        assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 100, NULL), 1);
    }
    f->locked = true;
    assert_int_equal(virtio_net_poll_rx(&f->net, 0, 0), 0);
    assert_int_equal(virtio_net_poll_rx(&f->net, 0, 2), 2);
    assert_int_equal(f->got_count, 2);
    assert_int_equal(virtio_net_poll_rx(&f->net, 0, 2), 2);
    assert_int_equal(virtio_net_poll_rx(&f->net, 0, 2), 1);
    assert_int_equal(virtio_net_poll_rx(&f->net, 0, 2), 0);
    f->locked = false;
    assert_int_equal(net_post(f, 0, 5), 5);
    assert_int_equal(f->net.rx[0].ring.stats.batches, 3);
    net_down(f);
}

static void test_posting(void **state)
{
    struct net_fixture *f = *state;
    struct virtio_net_buffer small;

    assert_int_equal(net_start(f, 1, 16), 0);
    small = *f->spare;
    small.size--;
    assert_int_equal(virtio_net_post(&f->net, 0, &small), -VIRTIO_EINVAL);
    host.fail_share_at = 1;
    assert_int_equal(virtio_net_post(&f->net, 0, f->spare), -VIRTIO_EFAULT);
    host.share_less_at = 1;
    assert_int_equal(virtio_net_post(&f->net, 0, f->spare), -VIRTIO_EFAULT);
    assert_int_equal(host_share_count(), 0);
    assert_int_equal(virtio_net_publish_rx(&f->net, 0), 0);
    /* One or two descriptors for each, 16 in all. */
    assert_in_range(net_post(f, 0, NET_POOL), 8, 16);
    assert_int_equal(virtio_net_post(&f->net, 0, f->spare), -VIRTIO_EAGAIN);
    assert_int_equal(host_share_count(), NET_POOL - f->spare_count);
    sim_net_check_posted(&f->sim, 0);
    for (unsigned int i = 0; i < 40; i++)
    {
        net_expect(f, 0, 100 + i, NULL);
    }
    net_down(f);
}

/* A buffer may be larger than it has to be, and then as much is the device's. */
static void test_large_buffers(void **state)
{
    struct net_fixture *f = *state;
    struct virtio_net_buffer *buffer;

    assert_int_equal(net_start(f, 1, 16), 0);
    buffer = f->spare;
    free(buffer->memory);
    buffer->size = 8000;
    buffer->memory = malloc(buffer->size);
    assert_int_equal(net_post(f, 0, 1), 1);
    assert_int_equal(sim_net_room(&f->sim, 0), 8000);
    net_expect(f, 0, 1518, NULL);
    assert_int_equal(f->got[0].buffers, 1);
    net_down(f);
}

static void test_no_buffers_no_frames(void **state)
{
    struct net_fixture *f = *state;

    assert_int_equal(net_start(f, 1, 16), 0);
    net_pattern(frame, 100, 1);
    assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 100, NULL), 0);
    assert_int_equal(net_poll(f), 0);
    assert_int_equal(net_post(f, 0, 1), 1);
    net_expect(f, 0, 100, NULL);
    net_down(f);
}

static void test_notifications_of_receiving(void **state)
{
    struct net_fixture *f = *state;
    uint64_t before;

    net_up(f);
    net_pattern(frame, 100, 1);
    assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 100, NULL), 1);
    before = f->sim.queue[0].interrupts;
    assert_int_equal(before, 1);
    assert_false(virtio_net_watch_rx(&f->net, 0, false));
    for (unsigned int i = 0; i < 3; i++)
    {
        assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 100, NULL), 1);
    }
    assert_int_equal(f->sim.queue[0].interrupts, before);
    assert_int_equal(net_poll(f), 4);
    assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 100, NULL), 1);
    assert_true(virtio_net_watch_rx(&f->net, 0, true));
    assert_int_equal(net_poll(f), 1);
    before = f->sim.queue[0].interrupts;
    assert_false(virtio_net_watch_rx(&f->net, 0, true));
    assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 100, NULL), 1);
    assert_int_equal(f->sim.queue[0].interrupts, before + 1);
    assert_int_equal(net_poll(f), 1);
    net_down(f);
}

/* Buffers that come back in any order, as a device without IN_ORDER may do. */
static void test_any_order(void **state)
{
    struct net_fixture *f = *state;
    uint8_t bytes[12 + 60] = {0};
    unsigned int header;

    net_up(f);
    header = sim_net_header_size(&f->sim);
    bytes[10] = 1;
    for (unsigned int i = 0; i < 100; i++)
    {
        unsigned int position = host_random() % sim_pending(&f->sim, 0);
        const struct sim_chain *chain = sim_pending_chain(&f->sim, 0, position);

        net_pattern(bytes + header, 60, i);
        sim_copy_out(chain, 0, bytes, header + 60);
        sim_finish_length(&f->sim, 0, position, header + 60);
        assert_int_equal(net_poll(f), 1);
        assert_int_equal(f->got[i].length, 60);
        assert_memory_equal(f->got[i].data, bytes + header, 60);
    }
    net_down(f);
}

static void test_one_thing_at_a_time(void **state)
{
    static struct tx txs[8];
    struct net_fixture *f = *state;

    net_up_pairs(f, NET_PAIRS);
    for (unsigned int turn = 0; turn < 3000; turn++)
    {
        uint16_t pair = (uint16_t)(host_random() % NET_PAIRS);
        struct tx *tx = &txs[0];

        switch (host_random() % 4)
        {
        case 0:
            f->sim.order = (enum sim_order)(host_random() % 3);
            for (unsigned int i = 0; i < 1 + host_random() % 2; i++, tx++)
            {
                tx_init(f, tx, 14 + host_random() % 1500, 1 + host_random() % 4, turn);
                assert_int_equal(tx_send(f, pair, tx), 0);
            }
            assert_int_equal(tx_poll(f, pair), tx - txs);
            while (tx-- != txs)
            {
                assert_int_equal(tx_end(tx), 0);
            }
            break;
        case 1:
            assert_int_equal(virtio_net_set_receive_mode(&f->net, (uint8_t)(host_random() % 64)), 0);
            assert_int_equal(net_talk(f), 0);
            break;
        case 2:
            if (host_random() % 50 == 0)
            {
                assert_int_equal(net_recover(f), 0);
                assert_int_equal(net_talk(f), 0);
            }
            break;
        default:
            net_expect(f, pair, 14 + host_random() % 1500, NULL);
            break;
        }
        if (turn % 100 == 99)
        {
            net_forget(f);
        }
    }
    net_works(f);
    net_down(f);
}

#define MERGEABLE(test) NET_BOTH(test), NET(test, " [legacy, mergeable, any_layout]", 8)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_ALL(test_frames_arrive_as_they_are_NET_RX_02_NET_RX_06),
        MERGEABLE(test_frames_in_several_buffers_NET_RX_06),
        NET_ALL(test_large_frames_NET_CFG_08),
        MERGEABLE(test_a_frame_that_comes_slowly),
        NET_FOUR(test_checksums_NET_RX_10_NET_RX_13),
        NET_FOUR(test_unknown_flags_and_hints_NET_RX_07_NET_RX_12),
        NET_FOUR(test_budget),
        NET_ALL(test_posting),
        NET_ALL(test_large_buffers),
        NET_FOUR(test_no_buffers_no_frames),
        NET_ALL(test_notifications_of_receiving),
        NET_ALL(test_any_order),
        NET_ALL(test_one_thing_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
