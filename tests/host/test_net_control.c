/* SPDX-License-Identifier: Apache-2.0 */
/* The control queue of a network device (5.1.6.5). */

#include "fixture_net.h"

static const uint8_t unicast[VIRTIO_NET_FILTER_MAX + 1][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
static uint8_t multicast[VIRTIO_NET_FILTER_MAX + 1][6];
static const uint8_t address[6] = {0x02, 1, 2, 3, 4, 5};

static int set_filter(struct net_fixture *f, unsigned int unicasts, unsigned int multicasts)
{
    for (unsigned int i = 0; i < LENGTH(multicast); i++)
    {
        memcpy(multicast[i], "\x01\x00\x5e\x00\x00", 5);
        multicast[i][5] = (uint8_t)i;
    }
    return virtio_net_set_filter(&f->net, unicast[0], unicasts, multicast[0], multicasts);
}

static void test_receive_modes_NET_CTRL_02_CTRL_03(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    for (unsigned int mode = 0; mode < 64; mode++)
    {
        assert_int_equal(virtio_net_set_receive_mode(&f->net, (uint8_t)mode), 0);
        /* The first time also that it is not promiscuous, as a device may begin. */
        assert_true(virtio_net_control_busy(&f->net));
        assert_int_equal(net_talk(f), 0);
        assert_false(virtio_net_control_busy(&f->net));
        for (unsigned int i = 0; i < SIM_NET_MODES; i++)
        {
            assert_int_equal(f->wire.mode[i], mode >> i & 1);
        }
    }
    assert_int_equal(f->refusals, 0);
    /* Only what changes is said. */
    sim_net_forget(&f->wire);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 63), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.command_count, 0);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 62), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.command_count, 1);
    net_down(f);
}

/* A device may begin promiscuous, and again after a reset. */
static void test_not_promiscuous(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    f->wire.mode[0] = true;
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 0), 0);
    assert_int_equal(net_talk(f), 0);
    assert_false(f->wire.mode[0]);
    net_stop(f);
    assert_int_equal(virtio_net_restart(&f->net), 0);
    f->wire.mode[0] = true;
    net_resume(f, 0);
    assert_int_equal(net_talk(f), 0);
    assert_false(f->wire.mode[0]);
    net_down(f);
}

static void test_commands_need_their_features_NET_CTRL_02_CTRL_03_CTRL_04(void **state)
{
    struct net_fixture *f = *state;

    sim_withdraw(&f->sim, SIM_NET_F_CTRL_RX);
    net_up(f);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, VIRTIO_NET_MODE_PROMISCUOUS), -VIRTIO_ENOTSUP);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, VIRTIO_NET_MODE_ALL_MULTI), -VIRTIO_ENOTSUP);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, VIRTIO_NET_MODE_NO_UNI), 0);
    assert_int_equal(set_filter(f, 1, 1), -VIRTIO_ENOTSUP);
    /* "The driver MUST NOT issue commands of class MAC" without it, whatever CTRL_MAC_ADDR says. */
    assert_int_equal(virtio_net_set_mac(&f->net, address), -VIRTIO_ENOTSUP);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.command_count, 1);
    net_again(f);

    sim_offer(&f->sim, SIM_NET_F_CTRL_RX);
    sim_withdraw(&f->sim, SIM_NET_F_CTRL_RX_EXTRA);
    sim_withdraw(&f->sim, SIM_NET_F_CTRL_MAC_ADDR);
    sim_withdraw(&f->sim, SIM_NET_F_CTRL_VLAN);
    sim_withdraw(&f->sim, SIM_NET_F_GUEST_ANNOUNCE);
    net_up(f);
    for (unsigned int bit = 2; bit < 6; bit++)
    {
        assert_int_equal(virtio_net_set_receive_mode(&f->net, (uint8_t)(1u << bit)), -VIRTIO_ENOTSUP);
    }
    assert_int_equal(virtio_net_set_receive_mode(&f->net, VIRTIO_NET_MODE_PROMISCUOUS), 0);
    assert_int_equal(virtio_net_set_mac(&f->net, address), -VIRTIO_ENOTSUP);
    assert_int_equal(virtio_net_set_vlan(&f->net, 1, true), -VIRTIO_ENOTSUP);
    assert_int_equal(virtio_net_announced(&f->net), -VIRTIO_ENOTSUP);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.command_count, 1);
    net_down(f);
}

static void test_without_a_control_queue(void **state)
{
    struct net_fixture *f = *state;

    sim_withdraw(&f->sim, SIM_NET_F_CTRL_VQ);
    net_up(f);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 1), -VIRTIO_ENOTSUP);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 0), 0);
    assert_int_equal(set_filter(f, 0, 0), -VIRTIO_ENOTSUP);
    assert_int_equal(virtio_net_set_mac(&f->net, address), -VIRTIO_ENOTSUP);
    assert_int_equal(virtio_net_set_vlan(&f->net, 0, true), -VIRTIO_ENOTSUP);
    assert_int_equal(virtio_net_announced(&f->net), -VIRTIO_ENOTSUP);
    assert_false(virtio_net_control_busy(&f->net));
    assert_int_equal(virtio_net_sync(&f->net), 0);
    assert_int_equal(virtio_net_poll_control(&f->net), 0);
    virtio_net_notify_control(&f->net);
    net_down(f);
}

static void test_filter_tables_NET_CTRL_06_CTRL_07_LEG_13_LEG_14(void **state)
{
    static const uint8_t counts[] = {0, 1, 2, VIRTIO_NET_FILTER_MAX};
    struct net_fixture *f = *state;

    net_up(f);
    for (size_t i = 0; i < LENGTH(counts); i++)
    {
        for (size_t k = 0; k < LENGTH(counts); k++)
        {
            assert_int_equal(set_filter(f, counts[i], counts[k]), 0);
            assert_int_equal(net_talk(f), 0);
            assert_int_equal(f->wire.unicast_count, counts[i]);
            assert_int_equal(f->wire.multicast_count, counts[k]);
            assert_memory_equal(f->wire.unicast, unicast, counts[i] * 6u);
            assert_memory_equal(f->wire.multicast, multicast, counts[k] * 6u);
        }
    }
    assert_int_equal(f->refusals, 0);
    net_down(f);
}

/* What was said before stays. */
static void test_more_addresses_than_fit(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    assert_int_equal(set_filter(f, 2, 3), 0);
    assert_int_equal(set_filter(f, 1, VIRTIO_NET_FILTER_MAX + 1), -VIRTIO_EMSGSIZE);
    assert_int_equal(set_filter(f, VIRTIO_NET_FILTER_MAX + 1, 1), -VIRTIO_EMSGSIZE);
    assert_int_equal(set_filter(f, UINT32_MAX, UINT32_MAX), -VIRTIO_EMSGSIZE);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.unicast_count, 2);
    assert_int_equal(f->wire.multicast_count, 3);
    net_down(f);
}

static void test_address_NET_CTRL_05_DP_NET_07(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    assert_int_equal(virtio_net_set_mac(&f->net, address), 0);
    assert_int_equal(net_talk(f), 0);
    assert_memory_equal(f->wire.mac, address, 6);
    assert_int_equal(f->wire.executed[SIM_NET_MAC_FILTER][1], 1);
    net_down(f);
}

static void test_vlans_NET_LEG_08(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    for (unsigned int i = 0; i < 4096; i += 31)
    {
        assert_int_equal(virtio_net_set_vlan(&f->net, (uint16_t)i, true), 0);
    }
    assert_int_equal(virtio_net_set_vlan(&f->net, 4095, true), 0);
    assert_int_equal(virtio_net_set_vlan(&f->net, 4096, true), -VIRTIO_EINVAL);
    assert_int_equal(virtio_net_set_vlan(&f->net, 65535, false), -VIRTIO_EINVAL);
    assert_int_equal(net_talk(f), 0);
    for (unsigned int i = 0; i < 4096; i++)
    {
        assert_int_equal(f->wire.vlan[i], i % 31 == 0 || i == 4095);
    }
    sim_net_forget(&f->wire);
    assert_int_equal(virtio_net_set_vlan(&f->net, 0, true), 0); /* is so already */
    assert_int_equal(virtio_net_set_vlan(&f->net, 31, false), 0);
    assert_int_equal(virtio_net_set_vlan(&f->net, 1, false), 0); /* never was */
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.executed[SIM_NET_VLAN][0], 0);
    assert_int_equal(f->wire.executed[SIM_NET_VLAN][1], 1);
    assert_false(f->wire.vlan[31]);
    net_down(f);
}

static void test_announcement_NET_CTRL_09(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    sim_net_ask_announce(&f->sim);
    virtio_net_refresh(&f->net);
    assert_true(f->net.config.announce);
    assert_int_equal(virtio_net_announced(&f->net), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.executed[SIM_NET_ANNOUNCE_ACK][0], 1);
    virtio_net_refresh(&f->net);
    assert_false(f->net.config.announce);
    net_down(f);
}

static void test_queue_pairs_NET_MQ_04_MQ_05_VQ_01(void **state)
{
    struct net_fixture *f = *state;

    for (uint16_t most = 1; most <= NET_PAIRS; most++)
    {
        for (uint16_t wanted = 1; wanted <= NET_PAIRS + 2; wanted++)
        {
            sim_config16(&f->sim, SIM_NET_PAIRS, most);
            f->sim.queue_count = 2u * most + 1;
            assert_int_equal(net_start(f, wanted, 16), 0);
            assert_int_equal(net_talk(f), 0);
            assert_int_equal(f->wire.pairs, wanted < most ? wanted : most);
            assert_int_equal(f->wire.executed[SIM_NET_MQ][0], f->wire.pairs > 1);
            /* The control queue is where it has to be. */
            assert_int_equal(virtio_net_set_receive_mode(&f->net, 1), 0);
            assert_int_equal(net_talk(f), 0);
            assert_true(f->wire.mode[0]);
            net_again(f);
        }
    }
    /* Without MQ it is behind the first pair. */
    sim_withdraw(&f->sim, SIM_NET_F_MQ);
    net_up(f);
    assert_int_equal(f->net.pair_count, 1);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 1), 0);
    assert_int_equal(net_talk(f), 0);
    assert_true(f->wire.mode[0]);
    net_down(f);
}

/* While the device is busy, what is wanted changes as often as it may: what is said is what is wanted in the end. */
static void test_one_at_a_time(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    assert_int_equal(virtio_net_set_receive_mode(&f->net, 1), 0);
    assert_int_equal(virtio_net_sync(&f->net), 1);
    virtio_net_notify_control(&f->net);
    assert_true(virtio_net_control_busy(&f->net));
    for (unsigned int i = 0; i < 100; i++)
    {
        assert_int_equal(virtio_net_set_receive_mode(&f->net, (uint8_t)(i % 4)), 0);
        assert_int_equal(set_filter(f, i % 3, i % 5), 0);
        assert_int_equal(virtio_net_set_mac(&f->net, unicast[i % 2]), 0);
        assert_int_equal(virtio_net_set_vlan(&f->net, 7, i % 2 == 0), 0);
        assert_int_equal(virtio_net_sync(&f->net), 0);
        assert_int_equal(virtio_net_poll_control(&f->net), 0);
        assert_int_equal(sim_pending(&f->sim, sim_net_control_queue(&f->sim)), 1);
    }
    assert_int_equal(net_talk(f), 0);
    assert_true(f->wire.command_count <= 1 + 5);
    assert_true(f->wire.mode[0] && f->wire.mode[1]);
    assert_int_equal(f->wire.unicast_count, 0);
    assert_int_equal(f->wire.multicast_count, 4);
    assert_memory_equal(f->wire.mac, unicast[1], 6);
    assert_false(f->wire.vlan[7]);
    net_down(f);
}

/* Both a table and its successor go through the same memory: the device sees each whole. */
static void test_answers_by_interrupt(void **state)
{
    struct net_fixture *f = *state;
    unsigned int control;

    net_up(f);
    control = sim_net_control_queue(&f->sim);
    for (unsigned int i = 0; i < 50; i++)
    {
        uint64_t before = f->sim.queue[control].interrupts;

        assert_int_equal(set_filter(f, i % 3, i % 7), 0);
        assert_int_equal(virtio_net_sync(&f->net), 1);
        virtio_net_notify_control(&f->net);
        assert_int_equal(sim_net_work(&f->sim), 1);
        assert_int_equal(f->sim.queue[control].interrupts, before + 1);
        f->locked = true;
        assert_int_equal(virtio_net_poll_control(&f->net), 0);
        f->locked = false;
        assert_int_equal(f->wire.multicast_count, i % 7);
    }
    net_down(f);
}

static void answer_now(void *context)
{
    struct net_fixture *f = context;

    host.on_barrier = NULL;
    assert_int_equal(sim_net_work(&f->sim), 1);
}

/* After the last look and before notifications are on: there will be none for it. */
static void test_an_answer_at_the_wrong_moment(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    for (unsigned int i = 0; i < 10; i++)
    {
        assert_int_equal(virtio_net_set_receive_mode(&f->net, (uint8_t)(1 + i % 2 * 2)), 0);
        assert_int_equal(virtio_net_sync(&f->net), 1);
        virtio_net_notify_control(&f->net);
        f->locked = true;
        host.barrier_context = f;
        host.on_barrier = answer_now;
        assert_int_equal(virtio_net_poll_control(&f->net), 0);
        assert_null(host.on_barrier);
        f->locked = false;
        assert_int_equal(net_talk(f), 0);
        assert_false(virtio_net_control_busy(&f->net));
    }
    net_down(f);
}

static void test_refusals_NET_CTRL_01(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    memset(f->wire.refuses, true, sizeof(f->wire.refuses));
    assert_int_equal(virtio_net_set_receive_mode(&f->net, VIRTIO_NET_MODE_ALL_UNI), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->refusals, 2); /* PROMISC off is said with the first mode */
    assert_string_equal(f->refused, "ALLUNI");
    assert_int_equal(virtio_net_set_mac(&f->net, address), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->refusals, 3);
    assert_int_equal(f->net.control.refused, 3);
    assert_memory_equal(f->wire.mac, f->wire.permanent, 6);
    net_works(f);
    net_again(f);

    /* More pairs are refused: the first one goes on. */
    f->refusals = 0;
    assert_int_equal(net_start(f, NET_PAIRS, 16), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->refusals, 1);
    assert_string_equal(f->refused, "VQ_PAIRS_SET");
    assert_int_equal(net_post(f, 0, 4), 4);
    net_expect(f, 0, 100, NULL);
    net_down(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_ALL(test_receive_modes_NET_CTRL_02_CTRL_03),
        NET_BOTH(test_not_promiscuous),
        NET_BOTH(test_commands_need_their_features_NET_CTRL_02_CTRL_03_CTRL_04),
        NET_BOTH(test_without_a_control_queue),
        NET_ALL(test_filter_tables_NET_CTRL_06_CTRL_07_LEG_13_LEG_14),
        NET_BOTH(test_more_addresses_than_fit),
        NET_BOTH(test_address_NET_CTRL_05_DP_NET_07),
        NET_ALL(test_vlans_NET_LEG_08),
        NET_BOTH(test_announcement_NET_CTRL_09),
        NET_ALL(test_queue_pairs_NET_MQ_04_MQ_05_VQ_01),
        NET_BOTH(test_one_at_a_time),
        NET_ALL(test_answers_by_interrupt),
        NET_ALL(test_an_answer_at_the_wrong_moment),
        NET_BOTH(test_refusals_NET_CTRL_01),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
