/* SPDX-License-Identifier: Apache-2.0 */
/* Features and config space of a network device (5.1.3, 5.1.4), good and bad. */

#include "fixture_net.h"

/* --- features and config space ----------------------------------------------------------------------------------- */

static void test_what_is_accepted_NET_FEAT_01_CFG_02_CFG_07(void **state)
{
    static const uint8_t accepted[] = {
        0, 1, 2, 3, 5, 15, 16, 17, 18, 19, 20, 21, 22, 23, SIM_F_INDIRECT_DESC, SIM_F_EVENT_IDX};
    struct net_fixture *f = *state;

    memset(f->sim.offered, 0xff, 2 * sizeof(f->sim.offered[0]));
    sim_withdraw(&f->sim, SIM_F_ACCESS_PLATFORM);
    net_up_pairs(f, 2);
    for (unsigned int bit = 0; bit < 64; bit++)
    {
        bool expected = (bit == SIM_F_VERSION_1 || bit == SIM_F_ORDER_PLATFORM || bit == SIM_F_RING_PACKED ||
                         bit == SIM_NET_F_NOTF_COAL || bit == SIM_NET_F_SPEED_DUPLEX) &&
                        !f->variant->legacy;

        for (size_t i = 0; i < sizeof(accepted); i++)
        {
            expected = expected || accepted[i] == bit;
        }
        expected = expected || (bit == SIM_F_ANY_LAYOUT && f->variant->legacy);
        assert_int_equal(sim_has(&f->sim, bit), expected);
        assert_true(!expected || virtio_feature_name(virtio_net_features, bit) != NULL);
    }
    net_works(f);
    net_down(f);
}

static void test_control_features_need_the_queue_NET_FEAT_01_CFG_14(void **state)
{
    struct net_fixture *f = *state;

    sim_withdraw(&f->sim, SIM_NET_F_CTRL_VQ);
    f->sim.queue_count = 2;
    net_up_pairs(f, 3);
    for (unsigned int bit = 17; bit <= 23; bit++)
    {
        assert_false(sim_has(&f->sim, bit));
    }
    assert_false(sim_has(&f->sim, SIM_NET_F_CTRL_GUEST_OFFLOADS));
    assert_false(sim_has(&f->sim, SIM_NET_F_NOTF_COAL));
    assert_int_equal(f->net.pair_count, 1);
    assert_int_equal(f->net.config.pairs, 1);
    net_works(f);
    assert_int_equal(net_recover(f), 0);
    net_works(f);
    net_down(f);
}

static void test_a_device_without_anything_NET_CFG_05(void **state)
{
    struct net_fixture *f = *state;

    f->sim.offered[0] = 0;
    f->sim.offered[1] = f->variant->legacy ? 0 : 1;
    memset(f->sim.config, 0, sizeof(f->sim.config));
    f->sim.queue_count = 2;
    net_up(f);
    assert_false(f->net.config.has_mac);
    assert_true(f->net.config.link_up);
    assert_false(f->net.config.announce);
    assert_int_equal(f->net.config.mtu, 0);
    assert_int_equal(f->net.config.pairs, 1);
    assert_int_equal(f->net.config.speed, UINT32_MAX);
    assert_int_equal(f->net.config.duplex, 0xff);
    assert_false(virtio_net_refresh(&f->net));
    net_works(f);
    net_down(f);
}

static void test_config_NET_CFG_03_CFG_06_HZ_NET_12(void **state)
{
    static const struct
    {
        uint32_t said, believed;
    } speeds[] = {{0, 0}, {10000, 10000}, {0x7fffffff, 0x7fffffff}, {0x80000000, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}};
    struct net_fixture *f = *state;

    net_up_pairs(f, NET_PAIRS);
    assert_true(f->net.config.has_mac);
    assert_memory_equal(f->net.config.mac, f->wire.permanent, 6);
    assert_int_equal(f->net.config.mtu, 1500);
    assert_int_equal(f->net.config.pairs, NET_PAIRS);
    assert_true(f->net.config.link_up);
    assert_false(f->net.config.announce);
    for (size_t i = 0; i < LENGTH(speeds); i++)
    {
        sim_config32(&f->sim, SIM_NET_SPEED, speeds[i].said);
        sim_config_changed(&f->sim);
        assert_false(virtio_net_refresh(&f->net));
        assert_int_equal(f->net.config.speed, f->variant->legacy ? UINT32_MAX : speeds[i].believed);
    }
    for (unsigned int duplex = 0; duplex < 256; duplex++)
    {
        f->sim.config[SIM_NET_DUPLEX] = (uint8_t)duplex;
        virtio_net_refresh(&f->net);
        assert_int_equal(f->net.config.duplex, f->variant->legacy || duplex > 1 ? 0xff : duplex);
    }
    net_down(f);
}

static void test_link_and_announcement_NET_CFG_06_CFG_12_CTRL_08(void **state)
{
    struct net_fixture *f = *state;

    sim_net_link(&f->sim, false);
    net_up(f);
    assert_false(f->net.config.link_up);
    sim_net_link(&f->sim, true);
    assert_int_equal(virtio_device_interrupt(&f->dev) & VIRTIO_INTERRUPT_CONFIG, VIRTIO_INTERRUPT_CONFIG);
    assert_true(virtio_net_refresh(&f->net));
    assert_true(f->net.config.link_up);
    assert_false(virtio_net_refresh(&f->net));
    sim_net_ask_announce(&f->sim);
    assert_false(virtio_net_refresh(&f->net));
    assert_true(f->net.config.announce);
    net_again(f);

    /* Not asked of a driver that did not accept it. */
    sim_withdraw(&f->sim, SIM_NET_F_GUEST_ANNOUNCE);
    net_up(f);
    assert_false(f->net.config.announce);
    net_down(f);
}

static void test_header_size_NET_LEG_06_NET_RX_04(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    assert_int_equal(f->net.header_size, f->variant->legacy && !f->variant->mergeable ? 10 : 12);
    assert_int_equal(f->net.own_descriptor, f->variant->legacy && !f->variant->any_layout);
    net_works(f);
    net_down(f);
}

/* --- nonsense ------------------------------------------------------------------------------------------------- */

static void test_address_HZ_NET_09(void **state)
{
    static const struct
    {
        uint8_t mac[6];
        bool good;
    } table[] = {
        {{0x01, 0, 0x5e, 1, 2, 3}, false}, {{0, 0, 0, 0, 0, 0}, false}, {{255, 255, 255, 255, 255, 255}, false},
        {{0x33, 0x33, 0, 0, 0, 1}, false}, {{0, 0, 0, 0, 0, 1}, true},  {{0x02, 0, 0, 0, 0, 0}, true},
        {{0xfe, 1, 2, 3, 4, 5}, true}};
    struct net_fixture *f = *state;

    for (size_t i = 0; i < LENGTH(table); i++)
    {
        memcpy(f->wire.permanent, table[i].mac, 6);
        net_up(f);
        assert_int_equal(f->net.config.has_mac, table[i].good);
        assert_int_equal(host_log_has("no valid address"), !table[i].good);
        if (table[i].good)
        {
            assert_memory_equal(f->net.config.mac, table[i].mac, 6);
        }
        net_works(f);
        net_again(f);
    }
}

static void test_mtu_HZ_NET_11_DP_NET_02(void **state)
{
    static const struct
    {
        uint16_t said, believed;
    } table[] = {{0, 0}, {1, 0}, {67, 0}, {68, 68}, {65535, 65535}};
    struct net_fixture *f = *state;

    for (size_t i = 0; i < LENGTH(table); i++)
    {
        sim_config16(&f->sim, SIM_NET_MTU, table[i].said);
        assert_int_equal(net_start(f, 1, 128), 0);
        net_post(f, 0, 40);
        sim_net_check_posted(&f->sim, 0);
        assert_int_equal(f->net.config.mtu, table[i].believed);
        assert_int_equal(sim_has(&f->sim, SIM_NET_F_MTU), table[i].believed != 0);
        assert_int_equal(host_log_has("makes no sense"), table[i].believed == 0);
        if (table[i].believed != 68)
        {
            net_works(f);
        }
        net_again(f);
    }
}

static void test_queue_pairs_HZ_NET_08_DP_NET_01(void **state)
{
    static const uint16_t pairs[] = {0, 0x8001, 0xffff};
    struct net_fixture *f = *state;

    for (size_t i = 0; i < LENGTH(pairs); i++)
    {
        sim_config16(&f->sim, SIM_NET_PAIRS, pairs[i]);
        f->sim.queue_count = 3;
        net_up_pairs(f, NET_PAIRS);
        assert_int_equal(f->net.pair_count, 1);
        assert_true(host_log_has("make no sense") || host_log_has("makes no sense"));
        net_works(f);
        net_again(f);
    }
}

/* There are fewer queues than the pairs need: those that are there do what they can. */
static void test_fewer_queues_than_promised_HZ_NET_08(void **state)
{
    static const uint16_t pairs[] = {2, 3, 4, 100, 0x7fff, 0x8000};
    struct net_fixture *f = *state;

    for (size_t i = 0; i < LENGTH(pairs); i++)
    {
        for (unsigned int queues = 2; queues < 8; queues++)
        {
            for (uint16_t wanted = 1; wanted <= 3; wanted++)
            {
                sim_config16(&f->sim, SIM_NET_PAIRS, pairs[i]);
                f->sim.queue_count = queues;
                assert_int_equal(net_start(f, wanted, 16), 0);
                assert_in_range(f->net.pair_count, 1, 3);
                for (uint16_t k = 0; k < f->net.pair_count; k++)
                {
                    net_post(f, k, 2);
                }
                assert_int_equal(net_talk(f), 0);
                if (virtio_net_set_receive_mode(&f->net, 1) == 0)
                {
                    assert_int_equal(net_talk(f), 0);
                    assert_true(f->wire.mode[0]);
                }
                net_expect(f, 0, 100, NULL);
                assert_int_equal(net_recover(f), 0);
                assert_int_equal(net_talk(f), 0);
                net_expect(f, 0, 100, NULL);
                net_again(f);
            }
        }
    }
}

/* A device with a hole in its row of queues. */
static void test_a_queue_is_missing_HZ_NET_08(void **state)
{
    struct net_fixture *f = *state;

    for (unsigned int missing = 0; missing < 7; missing++)
    {
        int error;

        f->sim.queue[missing].size_max = 0;
        error = net_start(f, NET_PAIRS, 16);
        f->sim.queue[missing].size_max = 1024;
        if (error == 0)
        {
            assert_true(missing >= 2);
            net_post(f, 0, 2);
            /* Every ring that the device has is still the driver's memory. */
            for (unsigned int i = 0; i < 7; i++)
            {
                sim_look(&f->sim, i);
            }
            net_expect(f, 0, 100, NULL);
            net_again(f);
            continue;
        }
        assert_true(host_all_returned());
        memset(&f->net, 0, sizeof(f->net));
    }
}

static void test_link_flapping(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    for (unsigned int i = 0; i < 1000; i++)
    {
        sim_net_link(&f->sim, i % 2 != 0);
        assert_int_equal(virtio_device_interrupt(&f->dev) & VIRTIO_INTERRUPT_CONFIG, VIRTIO_INTERRUPT_CONFIG);
        assert_true(virtio_net_refresh(&f->net));
        assert_int_equal(f->net.config.link_up, i % 2 != 0);
        if (i % 100 == 0)
        {
            net_works(f);
        }
    }
    assert_string_equal(host_log(), "");
    net_down(f);
}

/* Nobody is to announce for ever, so the bit is not a new request each time it is seen. */
static void test_announcement_that_never_ends_DP_NET_08(void **state)
{
    struct net_fixture *f = *state;

    net_up(f);
    f->wire.announce_sticks = true;
    sim_net_ask_announce(&f->sim);
    for (unsigned int i = 0; i < 1000; i++)
    {
        virtio_net_refresh(&f->net);
        assert_true(f->net.config.announce);
        assert_int_equal(virtio_net_announced(&f->net), 0);
        assert_int_equal(net_talk(f), 0);
        assert_int_equal(f->wire.executed[SIM_NET_ANNOUNCE_ACK][0], i + 1);
    }
    net_works(f);
    net_down(f);
}

static uint16_t pairs_then;

/* Good when it is looked at before the features are chosen, and something else afterwards. */
static void change_pairs(struct sim_device *sim, unsigned int offset)
{
    if (offset == SIM_NET_PAIRS)
    {
        sim_config16(sim, SIM_NET_PAIRS, pairs_then);
    }
    if (offset == SIM_NET_MTU)
    {
        sim_config16(sim, SIM_NET_MTU, 10);
    }
}

static void test_config_that_changes_its_mind_HZ_NET_08_HZ_NET_11(void **state)
{
    static const uint16_t then[] = {0, 1, 0x8001, 0xffff};
    struct net_fixture *f = *state;

    for (size_t i = 0; i < LENGTH(then); i++)
    {
        sim_config16(&f->sim, SIM_NET_PAIRS, NET_PAIRS);
        sim_config16(&f->sim, SIM_NET_MTU, 1500);
        f->sim.queue_count = 3;
        pairs_then = then[i];
        f->sim.config_read = change_pairs;
        assert_int_equal(net_start(f, NET_PAIRS, 16), 0);
        f->sim.config_read = NULL;
        assert_int_equal(f->net.config.mtu, 0);
        assert_int_equal(f->net.pair_count, 1);
        assert_int_equal(net_post(f, 0, 4), 4);
        net_works(f);
        net_again(f);
    }
}

static void change_under_way(struct sim_device *sim, unsigned int offset)
{
    sim->config[offset]++;
    sim->generation++;
}

static void test_config_that_never_rests(void **state)
{
    struct net_fixture *f = *state;

    f->sim.config_read = change_under_way;
    assert_int_equal(net_start(f, 1, 16), 0);
    assert_true(host_log_has("keeps changing"));
    virtio_net_refresh(&f->net);
    f->sim.config_read = NULL;
    sim_config16(&f->sim, SIM_NET_MTU, 1500);
    sim_config16(&f->sim, SIM_NET_PAIRS, 3);
    net_post(f, 0, 4);
    net_expect(f, 0, 80, NULL);
    net_down(f);
}

static void test_a_device_that_is_gone(void **state)
{
    struct net_fixture *f = *state;

    f->abandons = true;
    net_up(f);
    f->sim.gone = true;
    virtio_net_refresh(&f->net);
    assert_int_equal(net_poll(f), 0);
    assert_int_equal(net_recover(f), -VIRTIO_ENODEV);
    virtio_net_destroy(&f->net);
    assert_true(host_dma_count() != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_BOTH(test_what_is_accepted_NET_FEAT_01_CFG_02_CFG_07),
        NET_FOUR(test_control_features_need_the_queue_NET_FEAT_01_CFG_14),
        NET_FOUR(test_a_device_without_anything_NET_CFG_05),
        NET_BOTH(test_config_NET_CFG_03_CFG_06_HZ_NET_12),
        NET_BOTH(test_link_and_announcement_NET_CFG_06_CFG_12_CTRL_08),
        NET_ALL(test_header_size_NET_LEG_06_NET_RX_04),
        NET_BOTH(test_address_HZ_NET_09),
        NET_FOUR(test_mtu_HZ_NET_11_DP_NET_02),
        NET_BOTH(test_queue_pairs_HZ_NET_08_DP_NET_01),
        NET_BOTH(test_fewer_queues_than_promised_HZ_NET_08),
        NET_BOTH(test_a_queue_is_missing_HZ_NET_08),
        NET_BOTH(test_link_flapping),
        NET_BOTH(test_announcement_that_never_ends_DP_NET_08),
        NET_BOTH(test_config_that_changes_its_mind_HZ_NET_08_HZ_NET_11),
        NET_BOTH(test_config_that_never_rests),
        NET_BOTH(test_a_device_that_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
