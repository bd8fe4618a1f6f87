/* SPDX-License-Identifier: Apache-2.0 */
/* The network engine with a device that lies (HZ-NET-*): counted drops or errors, and the interface goes on. */

#include "fixture_net.h"

static uint8_t frame[SIM_NET_BYTES];
static struct tx tx;

/* --- frames ------------------------------------------------------------------------------------------------------- */

static void test_used_length_below_the_header_HZ_NET_01(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = {.length_replaced = true};

    net_up(f);
    for (how.length = 0; how.length < f->net.header_size + 14u; how.length++)
    {
        net_expect_drop(f, 100, &how);
    }
    assert_int_equal(f->net.rx[0].dropped, f->net.header_size + 14u);
    assert_int_equal(f->net.rx[0].ring.stats.errors, f->net.rx[0].dropped);
    assert_int_equal(f->net.rx[0].ring.in_flight, 8);
    net_works(f);
    net_down(f);
}

/* With a promise of more in a header that is not all there, it is no promise either. */
static void test_short_headers_promise_nothing_HZ_NET_01_HZ_NET_02(void **state)
{
    struct net_fixture *f = *state;
    uint8_t bytes[12] = {[10] = 2};

    net_up(f);
    for (uint32_t length = 0; length < 12; length++)
    {
        assert_true(sim_net_use(&f->sim, 0, bytes, sizeof(bytes), length));
        assert_int_equal(net_poll(f), 1);
        assert_int_equal(f->net.rx[0].dropped, length + 1);
        net_expect(f, 0, 500, NULL);
    }
    net_works(f);
    net_down(f);
}

static void test_used_length_beyond_the_buffer_HZ_SPLIT_04(void **state)
{
    static const uint32_t beyond[] = {1, 2, 100, 65536, UINT32_MAX / 2};
    struct net_fixture *f = *state;
    struct sim_net_how how = {.length_replaced = true};

    net_up(f);
    for (size_t i = 0; i < LENGTH(beyond); i++)
    {
        how.length = (uint32_t)sim_net_room(&f->sim, 0) + beyond[i];
        assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 100, &how), 1);
        if (f->variant->legacy)
        {
            /* Lengths mean little there: it is cut to the buffer, and then is a frame or none. */
            assert_int_equal(net_poll(f), 1);
            continue;
        }
        assert_int_equal(net_poll(f), -VIRTIO_EPROTO);
        assert_int_equal(net_poll(f), -VIRTIO_EPROTO);
        assert_int_equal(virtio_net_post(&f->net, 0, f->spare), -VIRTIO_EPROTO);
        assert_int_equal(net_recover(f), 0);
    }
    assert_int_equal(net_talk(f), 0);
    net_works(f);
    net_down(f);
}

static void test_num_buffers_HZ_NET_02_DP_NET_03(void **state)
{
    static const uint16_t wrong[] = {0, 9, 10, 100, 32768, 65535};
    struct net_fixture *f = *state;
    struct sim_net_how how = {.num_buffers_replaced = true};

    net_up(f);
    for (size_t i = 0; i < LENGTH(wrong); i++)
    {
        how.num_buffers = wrong[i];
        if (f->variant->mergeable)
        {
            net_expect_drop(f, 100, &how);
        }
        else
        {
            net_expect(f, 0, 100, &how); /* known devices leave anything there */
        }
    }
    net_works(f);
    net_down(f);
}

/* A second buffer is promised, and the next frame comes instead. */
static void test_num_buffers_of_two_without_a_second_HZ_NET_02(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = {.num_buffers_replaced = true, .num_buffers = 2};

    net_up(f);
    net_pattern(frame, 1000, 1);
    assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 1000, &how), 1);
    assert_int_equal(net_poll(f), 0);
    assert_int_equal(f->got_count, 0);
    assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 1000, NULL), 1);
    /* That was taken for the rest, which makes it too long. */
    assert_int_equal(net_poll(f), 1);
    assert_int_equal(f->got_count, 0);
    assert_int_equal(f->net.rx[0].dropped, 1);
    net_expect(f, 0, 1000, NULL);
    net_again(f);

    /* With a single buffer in the ring it cannot come. */
    assert_int_equal(net_start(f, 1, 16), 0);
    assert_int_equal(net_post(f, 0, 1), 1);
    assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 1000, &how), 1);
    assert_int_equal(net_poll(f), 1);
    assert_int_equal(f->net.rx[0].dropped, 1);
    net_expect(f, 0, 1000, NULL);
    net_works(f);
    net_down(f);
}

static void test_merged_beyond_64_KiB_HZ_NET_03(void **state)
{
    static uint8_t bytes[2048];
    struct net_fixture *f = *state;

    assert_int_equal(net_start(f, 1, 128), 0);
    assert_int_equal(net_post(f, 0, 60), 60);
    for (unsigned int round = 0; round < 3; round++)
    {
        bytes[10] = 40;
        for (unsigned int i = 0; i < 40; i++)
        {
            uint32_t room = (uint32_t)sim_net_room(&f->sim, 0);

            assert_true(sim_net_use(&f->sim, 0, bytes, room, room));
            bytes[10] = 0;
        }
        assert_int_equal(net_poll(f), 1);
        assert_int_equal(f->net.rx[0].dropped, round + 1);
        assert_int_equal(f->got_count, round);
        net_expect(f, 0, 1000, NULL);
    }
    assert_int_equal(f->net.rx[0].ring.in_flight, 60);
    net_works(f);
    net_down(f);
}

/* Buffers of a frame with nothing in them: not forbidden in so many words, and not to be tripped over. */
static void test_short_middle_buffers_DP_NET_04(void **state)
{
    struct net_fixture *f = *state;
    uint8_t bytes[12 + 60] = {0};

    net_up(f);
    net_pattern(bytes + 12, 60, 3);
    bytes[10] = 4;
    assert_true(sim_net_use(&f->sim, 0, bytes, 12 + 20, 12 + 20));
    assert_true(sim_net_use(&f->sim, 0, bytes, 0, 0));
    assert_true(sim_net_use(&f->sim, 0, bytes, 0, 0));
    assert_true(sim_net_use(&f->sim, 0, bytes + 32, 40, 40));
    assert_int_equal(net_poll(f), 1);
    if (f->got_count == 1)
    {
        assert_int_equal(f->got[0].length, 60);
        assert_memory_equal(f->got[0].data, bytes + 12, 60);
    }
    bytes[10] = 3;
    assert_true(sim_net_use(&f->sim, 0, bytes, 12, 12));
    assert_true(sim_net_use(&f->sim, 0, bytes, 0, 0));
    assert_true(sim_net_use(&f->sim, 0, bytes, 0, 0));
    assert_int_equal(net_poll(f), 1);
    assert_int_equal(f->net.rx[0].dropped, f->got_count == 1 ? 1 : 2);
    net_expect(f, 0, 500, NULL);
    net_works(f);
    net_down(f);
}

static void test_checksum_outside_of_the_frame_HZ_NET_04_DP_NET_06(void **state)
{
    static const uint16_t places[][2] = {{99, 0},    {98, 1},  {97, 2},      {0, 99},        {65535, 0}, {65535, 65535},
                                         {0, 65535}, {100, 0}, {65535, 100}, {32768, 32768}, {34, 65}};
    struct net_fixture *f = *state;
    struct sim_net_how how = {.flags = 1};

    net_up(f);
    for (size_t i = 0; i < LENGTH(places); i++)
    {
        how.csum_start = places[i][0];
        how.csum_offset = places[i][1];
        net_expect_drop(f, 100, &how);
    }
    /* RSC_INFO gives the fields another meaning, and was not negotiated: they are not used then (NET-RX-10). */
    how.flags = 4;
    net_expect(f, 0, 100, &how);
    net_works(f);
    net_down(f);
}

static void test_every_gso_type_HZ_NET_05_DP_NET_05_DP_NET_11_DP_NET_12(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = {0};

    net_up(f);
    for (unsigned int type = 1; type < 256; type++)
    {
        how.gso_type = (uint8_t)type;
        how.flags = type % 2;
        how.gso_size = (uint16_t)(type % 3 == 0 ? 0 : 1448);
        how.csum_start = 34;
        how.csum_offset = 16;
        net_expect_drop(f, 1000, &how);
    }
    net_works(f);
    net_down(f);
}

static void test_flags_without_the_feature_HZ_NET_06_DP_NET_05(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = {.csum_start = 34, .csum_offset = 16};

    sim_withdraw(&f->sim, SIM_NET_F_GUEST_CSUM);
    net_up(f);
    for (unsigned int flags = 0; flags < 256; flags++)
    {
        how.flags = (uint8_t)flags;
        if ((flags & 1) != 0)
        {
            net_expect_drop(f, 100, &how);
        }
        else
        {
            unsigned int at = f->got_count;

            net_expect(f, 0, 100, &how);
            assert_int_equal(f->got[at].checksum, VIRTIO_NET_CHECKSUM_NONE);
        }
    }
    net_works(f);
    net_down(f);
}

static void test_frames_beyond_the_mtu_HZ_NET_11(void **state)
{
    struct net_fixture *f = *state;
    uint32_t room;

    net_up(f);
    room = (uint32_t)sim_net_room(&f->sim, 0) - f->net.header_size;
    net_expect(f, 0, 1518, NULL);
    for (uint32_t length = 1519; length <= room; length += 50)
    {
        net_expect_drop(f, length, NULL);
    }
    if (f->variant->mergeable)
    {
        net_expect_drop(f, 5000, NULL);
    }
    net_works(f);
    net_down(f);
}

/* No memory to lend is left when a buffer is to be posted again: it must not be lost. */
static void test_a_drop_without_memory(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = {.gso_type = 1};

    net_up(f);
    for (unsigned int i = 0; i < 3; i++)
    {
        assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 100, &how), 1);
        host.fail_share_at = 1;
        assert_true(net_poll(f) >= 0);
        host.fail_share_at = 0;
    }
    assert_int_equal(f->net.rx[0].dropped, 3);
    net_works(f);
    net_down(f);
}

static void test_random_bytes(void **state)
{
    static uint8_t bytes[2048];
    struct net_fixture *f = *state;

    net_up(f);
    for (unsigned int round = 0; round < 20000; round++)
    {
        uint32_t room = (uint32_t)sim_net_room(&f->sim, 0);

        /* Waits for buffers that a device promised can take all. */
        if (room == 0)
        {
            assert_int_equal(net_recover(f), 0);
            assert_int_equal(net_talk(f), 0);
            continue;
        }
        for (unsigned int i = 0; i < 64; i++)
        {
            bytes[i] = (uint8_t)(host_random() >> 8);
        }
        for (unsigned int i = 0; i < 12; i++)
        {
            bytes[i] = host_random() % 3 == 0 ? bytes[i] : (uint8_t)(host_random() % 3);
        }
        if (host_random() % 4 != 0)
        {
            bytes[11] = 0;
        }
        assert_true(sim_net_use(&f->sim, 0, bytes, 64, host_random() % 5 == 0 ? host_random() % (room + 1) : 64));
        if (host_random() % 3 != 0)
        {
            assert_true(net_poll(f) >= 0);
        }
        if (round % 100 == 0)
        {
            net_forget(f);
        }
    }
    assert_true(f->net.rx[0].dropped != 0);
    assert_true(f->net.rx[0].packets != 0);
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(net_talk(f), 0);
    net_forget(f);
    net_works(f);
    net_down(f);
}

/* --- rings -------------------------------------------------------------------------------------------------------- */

static void test_broken_transmit_ring(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    tx_init(f, &tx, 100, 1, 0);
    assert_int_equal(tx_send(f, 0, &tx), 0);
    sim_used_put(&f->sim, 1, 0xffff, 0);
    assert_int_equal(tx_poll(f, 0), -VIRTIO_EPROTO);
    assert_int_equal(tx.done, 0);
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(tx_end(&tx), -VIRTIO_EIO);
    assert_int_equal(net_talk(f), 0);
    /* Sending finds the ring broken as well. */
    sim_used_put(&f->sim, 1, 0xffff, 0);
    assert_int_equal(tx_poll(f, 0), -VIRTIO_EPROTO);
    tx_init(f, &tx, 100, 1, 0);
    assert_int_equal(tx_send(f, 0, &tx), -VIRTIO_EPROTO);
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(net_talk(f), 0);
    net_works(f);
    net_down(f);
}

static void test_used_lengths_of_sent_frames_NET_LEG_05(void **state)
{
    static const uint32_t lengths[] = {1, 12, 100, 65536, UINT32_MAX};
    struct net_fixture *f = *state;

    net_up(f);
    f->wire.length_replaced = true;
    for (size_t i = 0; i < LENGTH(lengths); i++)
    {
        f->wire.length = lengths[i];
        tx_init(f, &tx, 100, 1, 0);
        assert_int_equal(tx_send(f, 0, &tx), 0);
        if (f->variant->legacy)
        {
            assert_int_equal(tx_poll(f, 0), 1);
            assert_int_equal(tx_end(&tx), 0);
            assert_int_equal(virtio_net_set_receive_mode(&f->net, (uint8_t)(i % 2 + 1)), 0);
            assert_int_equal(net_talk(f), 0);
        }
        else
        {
            assert_int_equal(tx_poll(f, 0), -VIRTIO_EPROTO);
            assert_int_equal(net_recover(f), 0);
            assert_int_equal(tx_end(&tx), -VIRTIO_EIO);
        }
    }
    f->wire.length_replaced = false;
    assert_int_equal(net_talk(f), 0);
    net_works(f);
    net_down(f);
}

/* --- control ------------------------------------------------------------------------------------------------------ */

static void test_answers_HZ_NET_07(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    f->wire.ack_replaced = true;
    for (unsigned int ack = 0; ack < 256; ack++)
    {
        f->wire.ack = (uint8_t)ack;
        f->refusals = 0;
        assert_int_equal(virtio_net_set_receive_mode(&f->net, (uint8_t)(1 + ack % 2)), 0);
        assert_int_equal(net_talk(f), 0);
        assert_int_equal(f->refusals, ack == 0 ? 0 : 2); /* two bits change */
        assert_false(virtio_net_control_busy(&f->net));
    }
    f->wire.ack_replaced = false;
    net_works(f);
    net_down(f);
}

static void test_answer_not_written_HZ_NET_07(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    for (unsigned int i = 0; i < 20; i++)
    {
        /* A good one first, whose answer would lie there still. */
        f->wire.ack_untouched = false;
        f->refusals = 0;
        assert_int_equal(virtio_net_set_vlan(&f->net, 5, i % 2 == 0), 0);
        assert_int_equal(net_talk(f), 0);
        assert_int_equal(f->refusals, 0);
        f->wire.ack_untouched = true;
        assert_int_equal(virtio_net_set_vlan(&f->net, 6, i % 2 == 0), 0);
        assert_int_equal(net_talk(f), 0);
        assert_int_equal(f->refusals, 1);
        assert_string_equal(f->refused, "VLAN");
    }
    net_works(f);
    net_down(f);
}

static void test_never_answered_HZ_NET_07(void **state)
{
    struct net_fixture *f = *state;
    unsigned int control;

    net_up(f);
    control = sim_net_control_queue(&f->sim);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 3), 0);
    assert_int_equal(virtio_net_sync(&f->net), 1);
    virtio_net_notify_control(&f->net);
    assert_int_equal(sim_pending(&f->sim, control), 1);
    sim_drop(&f->sim, control, 0);
    for (unsigned int i = 0; i < 100; i++)
    {
        assert_int_equal(virtio_net_poll_control(&f->net), 0);
        assert_true(virtio_net_control_busy(&f->net));
        net_works(f); /* frames need no control queue */
    }
    /* Whose patience ends resets the device, and is heard then. */
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(net_talk(f), 0);
    assert_false(virtio_net_control_busy(&f->net));
    assert_true(f->wire.mode[0] && f->wire.mode[1]);
    net_works(f);
    net_down(f);
}

/* The binding's patience with this queue ends before that with the device: all else goes on, and a reset helps. */
static void test_a_control_queue_that_is_given_up_HZ_NET_07(void **state)
{
    static const uint8_t address[6] = {0x02, 1, 2, 3, 4, 5};
    struct net_fixture *f = *state;
    unsigned int control;
    unsigned int memory;

    net_up(f);
    memory = host_dma_count();
    control = sim_net_control_queue(&f->sim);
    for (unsigned int round = 0; round < 3; round++)
    {
        assert_int_equal(virtio_net_set_receive_mode(&f->net, 0), 0);
        assert_int_equal(net_talk(f), 0);
        assert_int_equal(virtio_net_set_receive_mode(&f->net, 3), 0);
        assert_int_equal(virtio_net_sync(&f->net), 1);
        virtio_net_notify_control(&f->net);
        assert_int_equal(sim_pending(&f->sim, control), 1);
        assert_true(virtio_net_control_busy(&f->net));
        virtio_net_abandon_control(&f->net);
        virtio_net_abandon_control(&f->net);
        assert_false(virtio_net_control_busy(&f->net));
        /* It is noted what is wanted, and nothing is said. */
        assert_int_equal(virtio_net_set_mac(&f->net, address), 0);
        assert_int_equal(virtio_net_set_vlan(&f->net, 7, true), 0);
        assert_int_equal(virtio_net_sync(&f->net), 0);
        assert_int_equal(virtio_net_poll_control(&f->net), 0);
        assert_false(virtio_net_control_busy(&f->net));
        if (round == 1)
        {
            /* It answers after all, into memory that is still its own; even a refusal is not looked at. */
            f->wire.ack_replaced = true;
            f->wire.ack = 1;
            assert_int_equal(sim_step(&f->sim, control, 1), 1);
            f->wire.ack_replaced = false;
            assert_int_equal(virtio_net_poll_control(&f->net), 0);
            assert_int_equal(f->net.control.refused, 0);
            assert_int_equal(virtio_net_sync(&f->net), 0);
        }
        sim_look(&f->sim, control);
        assert_int_equal(sim_pending(&f->sim, control), round == 1 ? 0 : 1);
        assert_int_equal(host_dma_count(), memory);
        net_works(f);
        assert_int_equal(net_recover(f), 0);
        assert_true(virtio_net_control_busy(&f->net));
        assert_int_equal(net_talk(f), 0);
        assert_true(f->wire.mode[0] && f->wire.mode[1] && f->wire.vlan[7]);
        assert_memory_equal(f->wire.mac, address, 6);
        assert_int_equal(f->refusals, 0);
        net_works(f);
    }
    net_works(f);
    net_down(f);
}

/* Given up before it was asked anything, or where there is none. */
static void test_giving_up_without_a_reason(void **state)
{
    struct net_fixture *f = *state;

    for (unsigned int turn = 0; turn < 2; turn++)
    {
        assert_int_equal(net_start(f, NET_PAIRS, 16), 0);
        virtio_net_abandon_control(&f->net);
        assert_false(virtio_net_control_busy(&f->net));
        assert_int_equal(net_talk(f), 0);
        assert_int_equal(f->wire.command_count, 0);
        assert_int_equal(f->net.pairs_in_use, 1);
        assert_int_equal(net_post(f, 0, 4), 4);
        net_expect(f, 0, 100, NULL);
        assert_int_equal(net_recover(f), 0);
        assert_int_equal(net_talk(f), 0);
        assert_int_equal(f->net.pairs_in_use, turn == 0 ? NET_PAIRS : 1);
        net_again(f);
        sim_withdraw(&f->sim, SIM_NET_F_CTRL_VQ);
        f->sim.queue_count = 2;
    }
}

/* Used, with a length of nothing: what counts is whether there is an answer, as lengths are wrong in good devices. */
static void test_short_answers_HZ_NET_07(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    f->wire.length_replaced = true;
    f->wire.length = 0;
    for (unsigned int i = 0; i < 10; i++)
    {
        f->wire.ack_untouched = i % 2 != 0;
        f->refusals = 0;
        assert_int_equal(virtio_net_set_vlan(&f->net, (uint16_t)i, true), 0);
        assert_int_equal(net_talk(f), 0);
        assert_int_equal(f->refusals, i % 2);
        assert_false(virtio_net_control_busy(&f->net));
    }
    f->wire.ack_untouched = false;
    net_works(f);
    net_down(f);
}

static void test_broken_control_ring(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    sim_used_put(&f->sim, sim_net_control_queue(&f->sim), 3, 0);
    assert_int_equal(virtio_net_poll_control(&f->net), -VIRTIO_EPROTO);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 1), 0);
    assert_int_equal(virtio_net_set_vlan(&f->net, 1, true), 0);
    assert_int_equal(virtio_net_sync(&f->net), -VIRTIO_EPROTO);
    net_works(f);
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(net_talk(f), 0);
    assert_true(f->wire.mode[0]);
    assert_true(f->wire.vlan[1]);
    net_works(f);
    net_down(f);
}

#define MERGEABLE(test) NET_BOTH(test), NET(test, " [legacy, mergeable, any_layout]", 8)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_ALL(test_used_length_below_the_header_HZ_NET_01),
        MERGEABLE(test_short_headers_promise_nothing_HZ_NET_01_HZ_NET_02),
        NET_ALL(test_used_length_beyond_the_buffer_HZ_SPLIT_04),
        NET_ALL(test_num_buffers_HZ_NET_02_DP_NET_03),
        MERGEABLE(test_num_buffers_of_two_without_a_second_HZ_NET_02),
        MERGEABLE(test_merged_beyond_64_KiB_HZ_NET_03),
        MERGEABLE(test_short_middle_buffers_DP_NET_04),
        NET_FOUR(test_checksum_outside_of_the_frame_HZ_NET_04_DP_NET_06),
        NET_FOUR(test_every_gso_type_HZ_NET_05_DP_NET_05_DP_NET_11_DP_NET_12),
        NET_FOUR(test_flags_without_the_feature_HZ_NET_06_DP_NET_05),
        NET_FOUR(test_frames_beyond_the_mtu_HZ_NET_11),
        NET_FOUR(test_a_drop_without_memory),
        NET_ALL(test_random_bytes),
        NET_BOTH(test_broken_transmit_ring),
        NET_BOTH(test_used_lengths_of_sent_frames_NET_LEG_05),
        NET_BOTH(test_answers_HZ_NET_07),
        NET_BOTH(test_answer_not_written_HZ_NET_07),
        NET_BOTH(test_never_answered_HZ_NET_07),
        NET_BOTH(test_a_control_queue_that_is_given_up_HZ_NET_07),
        NET_BOTH(test_giving_up_without_a_reason),
        NET_BOTH(test_short_answers_HZ_NET_07),
        NET_BOTH(test_broken_control_ring),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
