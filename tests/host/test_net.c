/* SPDX-License-Identifier: Apache-2.0 */
/* The network engine with a device that keeps to the specification: life, sending, several queues. */

#include "fixture_net.h"

static struct tx txs[64];

/* --- life -------------------------------------------------------------------------------------------------------- */

static void test_zero_pairs_is_one(void **state)
{
    struct net_fixture *f = *state;

    assert_int_equal(net_start(f, 0, 16), 0);
    assert_int_equal(f->net.pair_count, 1);
    net_down(f);
}

static void test_no_memory(void **state)
{
    struct net_fixture *f = *state;
    int at = 1;

    for (;; at++)
    {
        host.fail_alloc_at = at;
        if (net_start(f, NET_PAIRS, 16) == 0)
        {
            break;
        }
        assert_true(host_all_returned());
        assert_int_equal(f->net.pair_count, 0);
        assert_conformant();
        memset(&f->net, 0, sizeof(f->net));
    }
    assert_in_range(at, 15, 60);
    host.fail_alloc_at = 0;
    net_down(f);
}

static void test_queues_too_small(void **state)
{
    struct net_fixture *f = *state;

    for (unsigned int i = 0; i < 7; i++)
    {
        f->sim.queue[i].size_max = 1;
        assert_int_equal(net_start(f, NET_PAIRS, 16), -VIRTIO_EPROTO);
        assert_true(host_all_returned());
        f->sim.queue[i].size_max = 1024;
        memset(&f->net, 0, sizeof(f->net));
    }
    /* A control command takes four, so this is as good as none. */
    f->sim.queue[6].size_max = 2;
    net_up_pairs(f, NET_PAIRS);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 1), -VIRTIO_ENOTSUP);
    assert_int_equal(f->net.pairs_in_use, 1);
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(net_talk(f), 0);
    net_expect(f, 0, 100, NULL);
    net_down(f);
}

static void test_queues_that_are_in_use(void **state)
{
    struct net_fixture *f = *state;

    f->sim.queue_stuck = true;
    assert_int_equal(net_start(f, 1, 16), -VIRTIO_EPROTO);
    assert_int_equal(f->net.pair_count, 0);
    f->sim.queue_stuck = false;
}

static void stop_resetting(struct sim_device *sim, unsigned int offset)
{
    (void)offset;
    sim->reset_stuck = (sim->status & SIM_DRIVER) != 0;
}

static void test_start_without_confirmation_CORE_CLEAN_02(void **state)
{
    struct net_fixture *f = *state;

    f->sim.initial_status = SIM_DRIVER_OK;
    f->sim.reset_stuck = true;
    assert_int_equal(net_start(f, 1, 16), -VIRTIO_ETIMEDOUT);
    assert_true(host_all_returned());
    f->sim.reset_stuck = false;
    f->sim.initial_status = 0;
    /* With queues open: their memory may still be written to. */
    f->abandons = true;
    memset(&f->net, 0, sizeof(f->net));
    f->sim.config_read = stop_resetting;
    f->sim.queue[1].size_max = 1;
    assert_int_equal(net_start(f, 1, 16), -VIRTIO_EPROTO);
    assert_true(host_dma_count() != 0);
    f->sim.reset_stuck = false;
}

static void test_destroy_without_confirmation_CORE_CLEAN_02(void **state)
{
    struct net_fixture *f = *state;

    f->abandons = true;
    net_up(f);
    f->sim.reset_stuck = true;
    virtio_net_destroy(&f->net);
    assert_true(host_log_has("no answer to a reset"));
    assert_true(host_dma_count() != 0);
    assert_true(host_share_count() != 0);
    f->sim.reset_stuck = false;
}

/* --- sending ------------------------------------------------------------------------------------------------------ */

static void test_frames_are_sent_as_they_are_NET_TX_04_TX_05_TX_33(void **state)
{
    static const uint16_t lengths[] = {14, 15, 60, 64, 256, 1023, 1024, 1513, 1514};
    struct net_fixture *f = *state;
    uint64_t bytes = 0;

    net_up(f);
    for (unsigned int pieces = 1; pieces <= VIRTIO_NET_PIECES; pieces++)
    {
        for (size_t i = 0; i < LENGTH(lengths); i++)
        {
            const struct sim_net_sent *sent = &f->wire.sent[f->wire.sent_count];

            tx_init(f, &txs[0], lengths[i], pieces, (unsigned int)i);
            assert_int_equal(tx_send(f, 0, &txs[0]), 0);
            assert_int_equal(txs[0].done, 0);
            assert_int_equal(host_share_count(), 8 + pieces);
            assert_int_equal(tx_poll(f, 0), 1);
            assert_int_equal(tx_end(&txs[0]), 0);
            assert_int_equal(sent->length, lengths[i]);
            assert_memory_equal(sent->data, txs[0].data, lengths[i]);
            assert_int_equal(sent->flags, 0);
            assert_int_equal(sent->elements, 1 + pieces); /* nothing was copied */
            bytes += lengths[i];
        }
    }
    assert_int_equal(f->net.tx[0].packets, VIRTIO_NET_PIECES * LENGTH(lengths));
    assert_int_equal(f->net.tx[0].bytes, bytes);
    assert_int_equal(f->net.tx[0].dropped, 0);
    assert_int_equal(f->sim.queue[1].indirect_chains != 0, f->variant->ring_features);
    net_down(f);
}

static void test_partial_checksum_NET_TX_29_TX_32(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    tx_init(f, &txs[0], 100, 2, 1);
    txs[0].frame.checksum = VIRTIO_NET_CHECKSUM_PARTIAL;
    txs[0].frame.checksum_start = 34;
    txs[0].frame.checksum_offset = 16;
    assert_int_equal(tx_send(f, 0, &txs[0]), 0);
    assert_int_equal(tx_poll(f, 0), 1);
    assert_int_equal(tx_end(&txs[0]), 0);
    assert_int_equal(f->wire.sent[0].flags, 1);
    assert_int_equal(f->wire.sent[0].csum_start, 34);
    assert_int_equal(f->wire.sent[0].csum_offset, 16);
    /* The slot of the header is used again, without what was in it. */
    tx_init(f, &txs[0], 100, 2, 1);
    assert_int_equal(tx_send(f, 0, &txs[0]), 0);
    assert_int_equal(tx_poll(f, 0), 1);
    assert_int_equal(tx_end(&txs[0]), 0);
    assert_int_equal(f->wire.sent[1].flags, 0);
    assert_int_equal(f->wire.sent[1].csum_start, 0);

    tx_init(f, &txs[0], 100, 2, 1);
    txs[0].frame.checksum = VIRTIO_NET_CHECKSUM_PARTIAL;
    txs[0].frame.checksum_start = 34;
    txs[0].frame.checksum_offset = 64; /* the last that fits */
    assert_int_equal(tx_send(f, 0, &txs[0]), 0);
    assert_int_equal(tx_poll(f, 0), 1);
    assert_int_equal(tx_end(&txs[0]), 0);
    txs[0].frame.checksum_offset = 65;
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EINVAL);
    txs[0].frame.checksum_start = 65535;
    txs[0].frame.checksum_offset = 65535;
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EINVAL);
    net_again(f);

    sim_withdraw(&f->sim, SIM_NET_F_CSUM);
    net_up(f);
    txs[0].frame.checksum_start = 34;
    txs[0].frame.checksum_offset = 16;
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EINVAL);
    net_works(f);
    net_down(f);
}

static void test_frames_that_are_none(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    tx_init(f, &txs[0], 100, 1, 0);
    txs[0].frame.piece_count = 0;
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EINVAL);
    txs[0].frame.piece_count = VIRTIO_NET_PIECES + 1;
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EINVAL);
    tx_init(f, &txs[0], 13, 1, 0);
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EINVAL);
    tx_init(f, &txs[0], 100, 2, 0);
    txs[0].frame.pieces[1].length = 0;
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EINVAL);
    /* Lengths whose sum wraps. */
    tx_init(f, &txs[0], 100, 2, 0);
    txs[0].frame.pieces[1].length = UINT32_MAX - 20;
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EMSGSIZE);
    txs[0].frame.pieces[0].length = UINT32_MAX;
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EMSGSIZE);
    assert_int_equal(host_share_count(), 8);
    net_works(f);
    net_down(f);
}

static void test_mtu_NET_CFG_09(void **state)
{
    static uint8_t large[VIRTIO_NET_FRAME_MAX + 1];
    struct net_fixture *f = *state;

    net_up(f);
    tx_init(f, &txs[0], 1515, 1, 0);
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EMSGSIZE);
    tx_init(f, &txs[0], 1518, 3, 0);
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EMSGSIZE);
    tx_init(f, &txs[0], 1518, 3, 0);
    txs[0].data[12] = 0x81;
    txs[0].data[13] = 0x37; /* of another type */
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EMSGSIZE);
    tx_init(f, &txs[0], 1518, 3, 0);
    txs[0].data[12] = 0x81; /* a tag is part of the link header */
    assert_int_equal(tx_send(f, 0, &txs[0]), 0);
    assert_int_equal(tx_poll(f, 0), 1);
    assert_int_equal(tx_end(&txs[0]), 0);
    tx_init(f, &txs[0], 1519, 3, 0);
    txs[0].data[12] = 0x81;
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EMSGSIZE);
    net_again(f);

    sim_withdraw(&f->sim, SIM_NET_F_MTU);
    net_up(f);
    tx_init(f, &txs[0], 100, 1, 0);
    txs[0].frame.pieces[0].data = large;
    txs[0].frame.pieces[0].length = VIRTIO_NET_FRAME_MAX + 1;
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EMSGSIZE);
    txs[0].frame.pieces[0].length = VIRTIO_NET_FRAME_MAX;
    assert_int_equal(tx_send(f, 0, &txs[0]), 0);
    assert_int_equal(tx_poll(f, 0), 1);
    assert_int_equal(tx_end(&txs[0]), 0);
    assert_int_equal(f->wire.sent[0].length, VIRTIO_NET_FRAME_MAX);
    net_down(f);
}

static void test_memory_in_pieces(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    host.share_max = 200;
    tx_init(f, &txs[0], 1500, 1, 3);
    assert_int_equal(tx_send(f, 0, &txs[0]), 0);
    assert_int_equal(tx_poll(f, 0), 1);
    assert_int_equal(tx_end(&txs[0]), 0);
    assert_int_equal(f->wire.sent[0].elements, 1 + 8);
    assert_memory_equal(f->wire.sent[0].data, txs[0].data, 1500);
    /* 3 pieces of 334 take two each, and so on. */
    tx_init(f, &txs[0], 1002, 3, 4);
    assert_int_equal(tx_send(f, 0, &txs[0]), 0);
    assert_int_equal(tx_poll(f, 0), 1);
    assert_int_equal(tx_end(&txs[0]), 0);
    assert_int_equal(f->wire.sent[1].elements, 1 + 6);
    assert_memory_equal(f->wire.sent[1].data, txs[0].data, 1002);
    host.share_max = 100;
    tx_init(f, &txs[0], 1500, 1, 3);
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EMSGSIZE);
    tx_init(f, &txs[0], 1500, 5, 3);
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EMSGSIZE);
    host.share_max = 0;
    for (int at = 1; at <= 4; at++)
    {
        host.fail_share_at = at;
        tx_init(f, &txs[0], 1500, 4, 3);
        assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EFAULT);
        assert_int_equal(host_share_count(), 8);
    }
    host.share_less_at = 2;
    tx_init(f, &txs[0], 1500, 4, 3);
    assert_int_equal(tx_send(f, 0, &txs[0]), 0);
    assert_int_equal(tx_poll(f, 0), 1);
    assert_int_equal(tx_end(&txs[0]), 0);
    assert_memory_equal(f->wire.sent[2].data, txs[0].data, 1500);
    net_down(f);
}

static void test_full_ring(void **state)
{
    struct net_fixture *f = *state;
    unsigned int fit;

    net_up(f);
    for (unsigned int round = 0; round < 3; round++)
    {
        for (fit = 0; fit < LENGTH(txs); fit++)
        {
            int result;

            tx_init(f, &txs[fit], 100 + fit, 1 + fit % 3, fit);
            result = tx_send(f, 0, &txs[fit]);
            if (result != 0)
            {
                assert_int_equal(result, -VIRTIO_EAGAIN);
                break;
            }
        }
        assert_in_range(fit, f->variant->ring_features ? 16 : 5, 16);
        f->sim.order = (enum sim_order)round;
        assert_int_equal(tx_poll(f, 0), fit);
        for (unsigned int i = 0; i < fit; i++)
        {
            assert_int_equal(tx_end(&txs[i]), 0);
        }
        assert_int_equal(f->net.tx[0].free_header_count, 16);
    }
    /* As the device took them, each with the header and the data that are its own. */
    for (unsigned int i = 0; i < fit; i++)
    {
        assert_int_equal(f->wire.sent[i].length, 100 + i);
        assert_memory_equal(f->wire.sent[i].data, txs[i].data, 100 + i);
        assert_int_equal(f->wire.sent[fit + i].length, 100 + fit - 1 - i);
    }
    net_down(f);
}

static void test_rows_of_frames_are_told_at_once(void **state)
{
    struct net_fixture *f = *state;
    uint64_t before;

    net_up(f);
    before = f->sim.queue[1].notifications;
    for (unsigned int i = 0; i < 4; i++)
    {
        tx_init(f, &txs[i], 100 + i, 1, i);
        assert_int_equal(virtio_net_prepare(&f->net, &txs[i].frame), 0);
        assert_int_equal(virtio_net_send(&f->net, 0, &txs[i].frame, true), 0);
    }
    sim_look(&f->sim, 1);
    assert_int_equal(sim_pending(&f->sim, 1), 0);
    assert_int_equal(virtio_net_flush(&f->net, 0), 1);
    virtio_net_notify_tx(&f->net, 0);
    assert_int_equal(virtio_net_flush(&f->net, 0), 0);
    assert_int_equal(f->sim.queue[1].notifications, before + 1);
    assert_int_equal(sim_pending(&f->sim, 1), 4);
    assert_int_equal(tx_poll(f, 0), 4);
    for (unsigned int i = 0; i < 4; i++)
    {
        assert_int_equal(tx_end(&txs[i]), 0);
    }
    assert_int_equal(f->net.tx[0].ring.stats.batches, 1);
    net_down(f);
}

static void test_notifications_of_sending(void **state)
{
    struct net_fixture *f = *state;
    uint64_t before;

    net_up(f);
    assert_false(virtio_net_watch_tx(&f->net, 0, false));
    before = f->sim.queue[1].interrupts;
    for (unsigned int i = 0; i < 4; i++)
    {
        tx_init(f, &txs[i], 100, 1, i);
        assert_int_equal(tx_send(f, 0, &txs[i]), 0);
    }
    sim_net_work(&f->sim);
    assert_int_equal(f->sim.queue[1].interrupts, before);
    assert_true(virtio_net_watch_tx(&f->net, 0, true));
    assert_int_equal(tx_poll(f, 0), 4);
    assert_false(virtio_net_watch_tx(&f->net, 0, true));
    tx_init(f, &txs[4], 100, 1, 4);
    assert_int_equal(tx_send(f, 0, &txs[4]), 0);
    sim_net_work(&f->sim);
    assert_int_equal(f->sim.queue[1].interrupts, before + 1);
    assert_int_equal(tx_poll(f, 0), 1);
    for (unsigned int i = 0; i < 5; i++)
    {
        assert_int_equal(tx_end(&txs[i]), 0);
    }
    net_down(f);
}

/* The contract of prepare: what it lets through, some ring position can take. */
static void test_small_rings(void **state)
{
    struct net_fixture *f = *state;
    int result;

    for (uint16_t size = 2; size <= 16; size *= 2)
    {
        assert_int_equal(net_start(f, 1, size), 0);
        for (unsigned int pieces = 1; pieces <= VIRTIO_NET_PIECES; pieces++)
        {
            tx_init(f, &txs[0], 100, pieces, pieces);
            result = virtio_net_prepare(&f->net, &txs[0].frame);
            assert_int_equal(result, pieces + 1 > size ? -VIRTIO_EMSGSIZE : 0);
            if (result == 0)
            {
                assert_int_equal(virtio_net_send(&f->net, 0, &txs[0].frame, false), 1);
                virtio_net_notify_tx(&f->net, 0);
                assert_int_equal(tx_poll(f, 0), 1);
                assert_int_equal(tx_end(&txs[0]), 0);
            }
        }
        net_again(f);
    }
}

/* Indices of the ring wrap at 65536. */
static void test_many_frames(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    for (unsigned int i = 0; i < 70000 / 4; i++)
    {
        for (unsigned int k = 0; k < 4; k++)
        {
            tx_init(f, &txs[k], 64, 2, i + k);
            assert_int_equal(tx_send(f, 0, &txs[k]), 0);
            assert_int_not_equal(sim_net_deliver(&f->sim, 0, txs[k].data, 64, NULL), 0);
        }
        assert_int_equal(tx_poll(f, 0), 4);
        assert_int_equal(net_poll(f), 4);
        for (unsigned int k = 0; k < 4; k++)
        {
            assert_int_equal(tx_end(&txs[k]), 0);
            assert_memory_equal(f->got[k].data, txs[k].data, 64);
            assert_memory_equal(f->wire.sent[k].data, txs[k].data, 64);
        }
        net_forget(f);
    }
    assert_int_equal(f->net.rx[0].packets, 70000);
    assert_int_equal(f->net.tx[0].packets, 70000);
    net_down(f);
}

/* --- several queues ----------------------------------------------------------------------------------------------- */

static void test_every_pair_works_NET_MQ_02_MQ_03_RX_05(void **state)
{
    struct net_fixture *f = *state;

    for (uint16_t pairs = 1; pairs <= NET_PAIRS + 1; pairs++)
    {
        net_up_pairs(f, pairs);
        assert_int_equal(f->net.pair_count, pairs <= NET_PAIRS ? pairs : NET_PAIRS);
        assert_int_equal(f->wire.pairs, f->net.pair_count);
        net_works(f);
        for (uint16_t i = 0; i < f->net.pair_count; i++)
        {
            assert_int_equal(f->wire.sent[i].pair, i);
            assert_int_equal(f->net.rx[i].packets, 1);
            assert_int_equal(f->net.tx[i].packets, 1);
        }
        net_again(f);
    }
}

static void test_only_the_first_pair_before_the_answer_NET_MQ_06_INIT_01(void **state)
{
    struct net_fixture *f = *state;

    assert_int_equal(net_start(f, 2, 16), 0);
    tx_init(f, &txs[0], 100, 1, 0);
    assert_int_equal(tx_send(f, 1, &txs[0]), -VIRTIO_EAGAIN);
    assert_int_equal(net_post(f, 0, 4), 4);
    assert_int_equal(net_post(f, 1, 4), 4);
    tx_init(f, &txs[1], 100, 1, 0);
    assert_int_equal(tx_send(f, 0, &txs[1]), 0);
    assert_int_equal(tx_poll(f, 0), 1);
    assert_int_equal(tx_end(&txs[1]), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(tx_send(f, 1, &txs[0]), 0);
    assert_int_equal(tx_poll(f, 1), 1);
    assert_int_equal(tx_end(&txs[0]), 0);
    /* And again after a reset. */
    net_stop(f);
    assert_int_equal(virtio_net_restart(&f->net), 0);
    net_resume(f, 0);
    tx_init(f, &txs[0], 100, 1, 0);
    assert_int_equal(tx_send(f, 1, &txs[0]), -VIRTIO_EAGAIN);
    assert_int_equal(net_talk(f), 0);
    net_works(f);
    net_down(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_BOTH(test_zero_pairs_is_one),
        NET_ALL(test_no_memory),
        NET_BOTH(test_queues_too_small),
        NET_BOTH(test_queues_that_are_in_use),
        NET_BOTH(test_start_without_confirmation_CORE_CLEAN_02),
        NET_BOTH(test_destroy_without_confirmation_CORE_CLEAN_02),
        NET_ALL(test_frames_are_sent_as_they_are_NET_TX_04_TX_05_TX_33),
        NET_ALL(test_partial_checksum_NET_TX_29_TX_32),
        NET_BOTH(test_frames_that_are_none),
        NET_ALL(test_mtu_NET_CFG_09),
        NET_ALL(test_memory_in_pieces),
        NET_ALL(test_full_ring),
        NET_ALL(test_rows_of_frames_are_told_at_once),
        NET_ALL(test_notifications_of_sending),
        NET_ALL(test_small_rings),
        NET_ALL(test_many_frames),
        NET_ALL(test_every_pair_works_NET_MQ_02_MQ_03_RX_05),
        NET_BOTH(test_only_the_first_pair_before_the_answer_NET_MQ_06_INIT_01),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
