/* SPDX-License-Identifier: Apache-2.0 */
/* Stop, restart, resume: buffers are posted again, frames come back with an error, the device is told everything. */

#include "fixture_net.h"

static struct tx txs[8];
static uint8_t frame[2048];

static void begin(struct net_fixture *f, uint16_t pair, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++)
    {
        tx_init(f, &txs[i], 100 + i, 1, i);
        assert_int_equal(tx_send(f, pair, &txs[i]), 0);
    }
}

static void test_everything_goes_on_CORE_STATUS_05(void **state)
{
    struct net_fixture *f = *state;

    net_up_pairs(f, NET_PAIRS);
    net_works(f);
    begin(f, 0, 5);
    sim_needs_reset(&f->sim);
    assert_true(virtio_device_needs_reset(&f->dev));
    assert_int_equal(net_recover(f), 0);
    for (unsigned int i = 0; i < 5; i++)
    {
        assert_int_equal(tx_end(&txs[i]), -VIRTIO_EIO); /* not sent again: nobody knows whether it was */
    }
    assert_int_equal(f->net.tx[0].dropped, 5);
    assert_int_equal(f->net.tx[0].free_header_count, f->net.tx[0].ring.size);
    assert_int_equal(net_talk(f), 0);
    for (uint16_t i = 0; i < NET_PAIRS; i++)
    {
        /* They are there without a further post, and the device was told of them. */
        assert_int_equal(sim_pending(&f->sim, 2u * i), 8);
        sim_net_check_posted(&f->sim, i);
        assert_int_equal(f->net.rx[i].ring.stats.resets, 1);
    }
    net_works(f);
    assert_int_equal(host_share_count(), NET_PAIRS * 8);
    net_down(f);
}

static void test_done_before_the_reset_stays_done(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    begin(f, 0, 5);
    assert_int_equal(sim_step(&f->sim, 1, 2), 2);
    f->locked = true;
    assert_int_equal(virtio_net_poll_tx(&f->net, 0), 2);
    f->locked = false;
    assert_int_equal(net_recover(f), 0);
    for (unsigned int i = 0; i < 5; i++)
    {
        assert_int_equal(tx_end(&txs[i]), i < 2 ? 0 : -VIRTIO_EIO);
    }
    net_down(f);
}

/* Until the reset is confirmed the device may go on with what it has. */
static void still_at_work(void *context)
{
    struct net_fixture *f = context;

    assert_int_equal(host_share_count(), 8 + 3);
    for (unsigned int i = 0; i < 3; i++)
    {
        assert_non_null(host_dma(txs[i].frame.sg[0].address, txs[i].frame.sg[0].length, false));
        assert_int_equal(txs[i].done, 0);
    }
    for (unsigned int i = 0; i < NET_POOL; i++)
    {
        void *memory = f->pool[i].address == 0 ? NULL : host_dma_try(f->pool[i].address, 64);

        if (memory != NULL)
        {
            memset(memory, 0x5a, 64);
        }
    }
}

static void test_memory_stays_until_the_reset_is_confirmed_CORE_CLEAN_02(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    begin(f, 0, 3);
    f->sim.reset_polls = 20;
    host.on_relax = still_at_work;
    host.relax_context = f;
    assert_int_equal(net_recover(f), 0);
    assert_true(host_relaxed() >= 10);
    host.on_relax = NULL;
    f->sim.reset_polls = 0;
    for (unsigned int i = 0; i < 3; i++)
    {
        assert_int_equal(tx_end(&txs[i]), -VIRTIO_EIO);
    }
    assert_int_equal(net_talk(f), 0);
    net_works(f);
    net_down(f);
}

/* `done` and `reclaim` come with the lock of their queue held, so from resume and not from the restart. */
static void test_nothing_happens_while_it_is_stopped(void **state)
{
    struct net_fixture *f = *state;
    uint64_t notifications;
    struct virtio_net_buffer *spare;

    assert_int_equal(net_start(f, 1, 32), 0);
    assert_int_equal(net_post(f, 0, 8), 8);
    begin(f, 0, 3);
    assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 100, NULL), 1);
    sim_net_work(&f->sim);
    tx_init(f, &txs[3], 100, 1, 0);
    assert_int_equal(virtio_net_prepare(&f->net, &txs[3].frame), 0);
    assert_int_equal(virtio_net_send(&f->net, 0, &txs[3].frame, true), 0);
    spare = f->spare;
    assert_int_equal(virtio_net_post(&f->net, 0, spare), 0);
    f->spare = spare->next;
    f->spare_count--;
    spare = f->spare;
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 1), 0);
    net_stop(f);
    for (unsigned int turn = 0; turn < 2; turn++)
    {
        notifications = f->sim.queue[0].notifications + f->sim.queue[1].notifications + f->sim.queue[2].notifications;
        tx_init(f, &txs[4], 100, 1, 0);
        assert_int_equal(tx_send(f, 0, &txs[4]), -VIRTIO_EAGAIN);
        assert_int_equal(virtio_net_flush(&f->net, 0), 0);
        assert_int_equal(virtio_net_post(&f->net, 0, spare), -VIRTIO_EAGAIN);
        assert_int_equal(virtio_net_publish_rx(&f->net, 0), 0);
        assert_int_equal(virtio_net_poll_tx(&f->net, 0), 0);
        assert_int_equal(virtio_net_poll_rx(&f->net, 0, 10), 0);
        assert_false(virtio_net_watch_tx(&f->net, 0, true));
        assert_false(virtio_net_watch_rx(&f->net, 0, true));
        assert_false(virtio_net_watch_tx(&f->net, 0, false));
        assert_false(virtio_net_watch_rx(&f->net, 0, false));
        assert_int_equal(virtio_net_sync(&f->net), 0);
        assert_int_equal(virtio_net_poll_control(&f->net), 0);
        virtio_net_notify_rx(&f->net, 0);
        virtio_net_notify_tx(&f->net, 0);
        virtio_net_notify_control(&f->net);
        assert_int_equal(f->sim.queue[0].notifications + f->sim.queue[1].notifications + f->sim.queue[2].notifications,
                         notifications);
        if (turn == 0)
        {
            assert_int_equal(virtio_net_restart(&f->net), 0);
        }
        for (unsigned int i = 0; i < 4; i++)
        {
            assert_int_equal(txs[i].done, 0);
        }
        assert_int_equal(f->got_count, 0);
    }
    net_resume(f, 0);
    for (unsigned int i = 0; i < 4; i++)
    {
        assert_int_equal(tx_end(&txs[i]), -VIRTIO_EIO);
    }
    assert_int_equal(sim_pending(&f->sim, 0), 9);
    assert_int_equal(net_talk(f), 0);
    assert_true(f->wire.mode[0]);
    net_works(f);
    net_down(f);
}

static void test_a_frame_that_had_begun(void **state)
{
    struct net_fixture *f = *state;
    uint8_t bytes[12 + 100] = {0};

    net_up(f);
    bytes[10] = 3;
    assert_true(sim_net_use(&f->sim, 0, bytes, 112, 112));
    assert_true(sim_net_use(&f->sim, 0, bytes, 112, 112));
    assert_int_equal(net_poll(f), 0);
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(sim_pending(&f->sim, 0), 8);
    assert_int_equal(net_talk(f), 0);
    net_works(f);
    /* The same again, and the end in the middle of it. */
    assert_true(sim_net_use(&f->sim, 0, bytes, 112, 112));
    assert_int_equal(net_poll(f), 0);
    net_down(f);
}

/* Received, but not yet taken when the device was reset: lost, as frames may be; the buffers are not. */
static void test_frames_that_nobody_took(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    for (unsigned int i = 0; i < 3; i++)
    {
        assert_int_equal(sim_net_deliver(&f->sim, 0, frame, 100, NULL), 1);
    }
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(net_poll(f), 0);
    assert_int_equal(sim_pending(&f->sim, 0), 8);
    assert_int_equal(net_talk(f), 0);
    net_works(f);
    net_down(f);
}

static void test_what_was_said_is_said_again(void **state)
{
    static const uint8_t address[6] = {0x02, 1, 2, 3, 4, 5};
    static const uint8_t group[12] = {0x01, 0, 0x5e, 0, 0, 1, 0x01, 0, 0x5e, 0, 0, 2};
    struct net_fixture *f = *state;

    net_up_pairs(f, NET_PAIRS);
    assert_int_equal(virtio_net_set_mac(&f->net, address), 0);
    assert_int_equal(virtio_net_set_filter(&f->net, NULL, 0, group, 2), 0);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 0x2a), 0);
    assert_int_equal(virtio_net_set_vlan(&f->net, 0, true), 0);
    assert_int_equal(virtio_net_set_vlan(&f->net, 77, true), 0);
    assert_int_equal(virtio_net_set_vlan(&f->net, 4095, true), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(virtio_net_set_vlan(&f->net, 77, false), 0);
    sim_net_ask_announce(&f->sim);
    assert_int_equal(virtio_net_announced(&f->net), 0);
    for (unsigned int round = 0; round < 3; round++)
    {
        /* With a command at the device, and more to say. */
        virtio_net_sync(&f->net);
        assert_int_equal(net_recover(f), 0);
        assert_int_equal(net_talk(f), 0);
        assert_int_equal(f->wire.pairs, NET_PAIRS);
        assert_memory_equal(f->wire.mac, address, 6);
        assert_int_equal(f->wire.unicast_count, 0);
        assert_int_equal(f->wire.multicast_count, 2);
        assert_memory_equal(f->wire.multicast, group, 12);
        for (unsigned int i = 0; i < 4096; i++)
        {
            assert_int_equal(f->wire.vlan[i], i == 0 || i == 4095);
        }
        for (unsigned int i = 0; i < SIM_NET_MODES; i++)
        {
            assert_int_equal(f->wire.mode[i], 0x2a >> i & 1);
        }
        assert_int_equal(f->refusals, 0);
        net_works(f);
        assert_int_equal(virtio_net_set_receive_mode(&f->net, 0x15), 0);
        assert_int_equal(virtio_net_sync(&f->net), 1);
        assert_int_equal(virtio_net_set_receive_mode(&f->net, 0x2a), 0);
    }
    net_down(f);
}

/* A removal that was to be said is said no more when the reset has removed everything. */
static void test_removals_end_with_the_reset(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    assert_int_equal(virtio_net_set_vlan(&f->net, 5, true), 0);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 1), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(virtio_net_set_vlan(&f->net, 5, false), 0);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 0), 0);
    assert_int_equal(net_recover(f), 0);
    sim_net_forget(&f->wire);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.executed[SIM_NET_VLAN][0] + f->wire.executed[SIM_NET_VLAN][1], 0);
    assert_false(virtio_net_control_busy(&f->net));
    net_down(f);
}

static void test_either_table_is_said_again(void **state)
{
    static const uint8_t one[6] = {0x02, 0, 0, 0, 0, 1};
    struct net_fixture *f = *state;

    net_up(f);
    assert_int_equal(virtio_net_set_filter(&f->net, one, 1, NULL, 0), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.unicast_count, 1);
    assert_memory_equal(f->wire.unicast[0], one, 6);
    assert_int_equal(f->wire.multicast_count, 0);
    net_down(f);
}

/* What is wanted while the device is being reset is said afterwards. */
static void test_wishes_during_a_reset(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    net_stop(f);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 1), 0);
    assert_int_equal(virtio_net_restart(&f->net), 0);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 3), 0);
    assert_int_equal(virtio_net_set_vlan(&f->net, 9, true), 0);
    net_resume(f, 0);
    assert_int_equal(net_talk(f), 0);
    assert_true(f->wire.mode[0] && f->wire.mode[1]);
    assert_true(f->wire.vlan[9]);
    net_down(f);
}

static void test_link_after_a_reset(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    sim_net_link(&f->sim, false);
    assert_int_equal(net_recover(f), 0);
    assert_false(f->net.config.link_up);
    sim_net_link(&f->sim, true);
    assert_true(virtio_net_refresh(&f->net));
    net_down(f);
}

/* --- when it cannot be recovered ---------------------------------------------------------------------------------- */

/* Nothing is left with a device that was given up: frames have an error, buffers are the caller's. */
static void expect_all_back(struct net_fixture *f, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++)
    {
        assert_int_equal(tx_end(&txs[i]), -VIRTIO_EIO);
    }
    assert_int_equal(f->spare_count, NET_POOL);
    assert_int_equal(host_share_count(), 0);
}

static void test_other_features_after_the_reset(void **state)
{
    struct net_fixture *f = *state;

    net_up_pairs(f, 2);
    begin(f, 1, 3);
    sim_withdraw(&f->sim, SIM_NET_F_CTRL_RX);
    assert_int_equal(net_recover(f), -VIRTIO_EPROTO);
    expect_all_back(f, 3);
    tx_init(f, &txs[0], 100, 1, 0);
    assert_int_equal(tx_send(f, 0, &txs[0]), -VIRTIO_EAGAIN);
    /* And it can come back. */
    sim_offer(&f->sim, SIM_NET_F_CTRL_RX);
    assert_int_equal(net_recover(f), 0);
    net_post(f, 0, 4);
    net_post(f, 1, 4);
    assert_int_equal(net_talk(f), 0);
    net_works(f);
    net_down(f);
}

static void test_smaller_queues_after_the_reset(void **state)
{
    struct net_fixture *f = *state;

    for (unsigned int queue = 0; queue < 7; queue++)
    {
        net_up_pairs(f, NET_PAIRS);
        begin(f, 0, 3);
        f->sim.queue[queue].size_max = 2;
        assert_int_equal(net_recover(f), -VIRTIO_EPROTO);
        expect_all_back(f, 3);
        f->sim.queue[queue].size_max = 1024;
        net_again(f);
    }
}

static void test_no_confirmation_of_the_reset(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    begin(f, 0, 3);
    f->sim.reset_stuck = true;
    assert_int_equal(net_recover(f), -VIRTIO_ETIMEDOUT);
    expect_all_back(f, 3);
    f->sim.reset_stuck = false;
    net_down(f);
}

/* Some buffers cannot be lent again: those come back, the others are posted. */
static void test_not_all_can_be_posted_again(void **state)
{
    struct net_fixture *f = *state;

    for (int at = 1; at <= 8; at++)
    {
        net_up(f);
        net_stop(f);
        assert_int_equal(virtio_net_restart(&f->net), 0);
        host.fail_share_at = at;
        net_resume(f, 0);
        host.fail_share_at = 0;
        assert_int_equal(f->net.rx[0].ring.in_flight + f->spare_count, NET_POOL);
        assert_true(f->spare_count > NET_POOL - 8);
        net_post(f, 0, 2);
        assert_int_equal(net_talk(f), 0);
        net_works(f);
        net_again(f);
    }
}

static void test_many_resets(void **state)
{
    struct net_fixture *f = *state;
    unsigned int memory;

    net_up_pairs(f, 2);
    memory = host_dma_count();
    for (unsigned int i = 0; i < 200; i++)
    {
        unsigned int count = host_random() % 5;

        begin(f, i % 2, count);
        if (i % 3 == 0)
        {
            sim_net_work(&f->sim);
        }
        assert_int_equal(virtio_net_set_receive_mode(&f->net, (uint8_t)(i % 64)), 0);
        assert_int_equal(net_recover(f), 0);
        for (unsigned int k = 0; k < count; k++)
        {
            assert_int_equal(tx_end(&txs[k]), -VIRTIO_EIO);
        }
        assert_int_equal(net_talk(f), 0);
        net_works(f);
        net_forget(f);
        assert_int_equal(host_dma_count(), memory);
        assert_int_equal(host_share_count(), 16);
    }
    net_down(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_ALL(test_everything_goes_on_CORE_STATUS_05),
        NET_BOTH(test_done_before_the_reset_stays_done),
        NET_FOUR(test_memory_stays_until_the_reset_is_confirmed_CORE_CLEAN_02),
        NET_FOUR(test_nothing_happens_while_it_is_stopped),
        NET_BOTH(test_a_frame_that_had_begun),
        NET_FOUR(test_frames_that_nobody_took),
        NET_ALL(test_what_was_said_is_said_again),
        NET_BOTH(test_removals_end_with_the_reset),
        NET_BOTH(test_either_table_is_said_again),
        NET_BOTH(test_wishes_during_a_reset),
        NET_BOTH(test_link_after_a_reset),
        NET_FOUR(test_other_features_after_the_reset),
        NET_FOUR(test_smaller_queues_after_the_reset),
        NET_BOTH(test_no_confirmation_of_the_reset),
        NET_FOUR(test_not_all_can_be_posted_again),
        NET_ALL(test_many_resets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
