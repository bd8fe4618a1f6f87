/* SPDX-License-Identifier: Apache-2.0 */
/* Offloads, coalescing of notifications and a made-up address: said, refused, and said again after a reset. */

#include "fixture_net.h"

#define CSUM (1u << VIRTIO_NET_F_GUEST_CSUM)
#define TSO4 (1u << VIRTIO_NET_F_GUEST_TSO4)
#define TSO6 (1u << VIRTIO_NET_F_GUEST_TSO6)

static const uint8_t address[6] = {0x02, 1, 2, 3, 4, 5};

/* --- offloads (5.1.6.5.6) ------------------------------------------------------------------------------------------
 */

static void test_offloads_are_switched_NET_OFFL_01_LEG_10(void **state)
{
    static const uint64_t offloads[] = {CSUM | TSO4, CSUM | TSO6, CSUM, 0, CSUM | TSO4 | TSO6};
    struct net_fixture *f = *state;

    net_up_large(f);
    assert_int_equal(f->wire.offloads, CSUM | TSO4 | TSO6);
    for (size_t i = 0; i < LENGTH(offloads); i++)
    {
        assert_int_equal(virtio_net_set_offloads(&f->net, offloads[i]), 0);
        assert_true(virtio_net_control_busy(&f->net));
        assert_int_equal(net_talk(f), 0);
        assert_int_equal(f->wire.offloads, offloads[i]);
        assert_int_equal(f->wire.executed[SIM_NET_OFFLOADS][0], i + 1);
    }
    assert_int_equal(f->refusals, 0);
    net_works(f);
    net_down(f);
}

static void test_offloads_that_make_no_sense(void **state)
{
    struct net_fixture *f = *state;

    net_up_large(f);
    for (unsigned int bit = 0; bit < 64; bit++)
    {
        uint64_t one = (uint64_t)1 << bit;

        if ((one & (CSUM | TSO4 | TSO6)) == 0)
        {
            assert_int_equal(virtio_net_set_offloads(&f->net, one), -VIRTIO_EINVAL);
            assert_int_equal(virtio_net_set_offloads(&f->net, one | CSUM), -VIRTIO_EINVAL);
        }
    }
    assert_int_equal(virtio_net_set_offloads(&f->net, TSO4), -VIRTIO_EINVAL);
    assert_int_equal(virtio_net_set_offloads(&f->net, TSO6), -VIRTIO_EINVAL);
    assert_false(virtio_net_control_busy(&f->net));
    net_again(f);

    /* What was not negotiated. */
    f->large = false;
    net_up(f);
    assert_int_equal(virtio_net_set_offloads(&f->net, CSUM | TSO4), -VIRTIO_EINVAL);
    assert_int_equal(virtio_net_set_offloads(&f->net, CSUM), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.offloads, CSUM);
    net_again(f);

    sim_withdraw(&f->sim, SIM_NET_F_GUEST_CSUM);
    net_up(f);
    assert_int_equal(virtio_net_set_offloads(&f->net, CSUM), -VIRTIO_EINVAL);
    assert_int_equal(virtio_net_set_offloads(&f->net, 0), 0);
    assert_int_equal(net_talk(f), 0);
    net_works(f);
    net_down(f);
}

static void test_settings_need_their_features_NET_FEAT_01_COAL_02(void **state)
{
    static const uint8_t needed[] = {SIM_NET_F_CTRL_GUEST_OFFLOADS, SIM_NET_F_CTRL_VQ};
    struct net_fixture *f = *state;

    for (size_t i = 0; i < LENGTH(needed); i++)
    {
        sim_withdraw(&f->sim, needed[i]);
        sim_withdraw(&f->sim, SIM_NET_F_NOTF_COAL);
        if (needed[i] == SIM_NET_F_CTRL_VQ)
        {
            /* Offered although what they need is not there. */
            sim_offer(&f->sim, SIM_NET_F_CTRL_GUEST_OFFLOADS);
            if (!f->variant->legacy)
            {
                sim_offer(&f->sim, SIM_NET_F_NOTF_COAL);
            }
            f->sim.queue_count = 2;
        }
        net_up(f);
        assert_false(sim_has(&f->sim, SIM_NET_F_CTRL_GUEST_OFFLOADS));
        assert_false(sim_has(&f->sim, SIM_NET_F_NOTF_COAL));
        assert_int_equal(virtio_net_set_offloads(&f->net, CSUM), -VIRTIO_ENOTSUP);
        assert_int_equal(virtio_net_set_offloads(&f->net, ~(uint64_t)0), -VIRTIO_ENOTSUP);
        assert_int_equal(virtio_net_set_coalescing(&f->net, true, 10, 10), -VIRTIO_ENOTSUP);
        assert_int_equal(virtio_net_set_coalescing(&f->net, false, 0, 0), -VIRTIO_ENOTSUP);
        assert_false(virtio_net_control_busy(&f->net));
        net_works(f);
        net_again(f);
    }
}

/* Made before the device heard of it, or by one that does not listen: good frames all the same. */
static void test_frames_with_an_offload_that_is_off(void **state)
{
    struct net_fixture *f = *state;
    struct sim_net_how how = {
        .flags = 1, .gso_type = 1, .hdr_len = 54, .gso_size = 1448, .csum_start = 34, .csum_offset = 16};

    net_up_large(f);
    assert_int_equal(virtio_net_set_offloads(&f->net, 0), 0);
    assert_int_equal(virtio_net_sync(&f->net), 1);
    net_expect(f, 0, 20000, &how); /* under way */
    assert_int_equal(f->got[0].segment_size, 1448);
    virtio_net_notify_control(&f->net);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.offloads, 0);
    net_expect(f, 0, 20000, &how); /* after the answer */
    assert_int_equal(f->got[f->got_count - 1].segment_size, 1448);
    /* With all the checks. */
    how.gso_size = 0;
    net_expect_drop(f, 20000, &how);
    how.gso_type = 0;
    how.csum_start = 65535;
    net_expect_drop(f, 1000, &how);
    net_works(f);
    net_down(f);
}

static void test_offloads_are_said_again(void **state)
{
    struct net_fixture *f = *state;

    net_up_large(f);
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.executed[SIM_NET_OFFLOADS][0], 0); /* they are as a reset leaves them */
    for (unsigned int i = 0; i < 3; i++)
    {
        assert_int_equal(virtio_net_set_offloads(&f->net, i == 1 ? 0 : CSUM | TSO6), 0);
        if (i != 2)
        {
            assert_int_equal(net_talk(f), 0); /* the last time it was not even said once */
        }
        sim_net_forget(&f->wire);
        assert_int_equal(net_recover(f), 0);
        assert_int_equal(f->wire.offloads, CSUM | TSO4 | TSO6);
        assert_int_equal(net_talk(f), 0);
        assert_int_equal(f->wire.offloads, i == 1 ? 0 : CSUM | TSO6);
        assert_int_equal(f->wire.executed[SIM_NET_OFFLOADS][0], 1);
    }
    assert_int_equal(virtio_net_set_offloads(&f->net, CSUM | TSO4 | TSO6), 0);
    assert_int_equal(net_talk(f), 0);
    sim_net_forget(&f->wire);
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.command_count, 0);
    net_works(f);
    net_down(f);
}

/* --- coalescing (NOTF_COAL) ----------------------------------------------------------------------------------------
 */

static void expect_coalescing(struct net_fixture *f, bool transmit, uint32_t usecs, uint32_t packets)
{
    /* Class 6: command 0 is about sending, 1 about receiving; packets come before microseconds. */
    assert_int_equal(f->wire.coalescing[transmit ? 0 : 1][0], packets);
    assert_int_equal(f->wire.coalescing[transmit ? 0 : 1][1], usecs);
}

static void test_coalescing_NET_COAL_02(void **state)
{
    static const uint32_t values[][2] = {{100, 8}, {0, 1}, {1, 0}, {UINT32_MAX, 0x12345678}, {0, 0}};
    struct net_fixture *f = *state;

    net_up(f);
    assert_true(sim_has(&f->sim, SIM_NET_F_NOTF_COAL));
    for (size_t i = 0; i < LENGTH(values); i++)
    {
        assert_int_equal(virtio_net_set_coalescing(&f->net, true, values[i][0], values[i][1]), 0);
        assert_int_equal(net_talk(f), 0);
        expect_coalescing(f, true, values[i][0], values[i][1]);
        assert_int_equal(f->wire.executed[SIM_NET_COALESCING][1], i);
        assert_int_equal(virtio_net_set_coalescing(&f->net, false, values[i][1], values[i][0]), 0);
        assert_int_equal(net_talk(f), 0);
        expect_coalescing(f, true, values[i][0], values[i][1]);
        expect_coalescing(f, false, values[i][1], values[i][0]);
    }
    assert_int_equal(f->wire.commands[0].class, 6);
    assert_int_equal(f->wire.commands[0].command, 0);
    assert_int_equal(f->wire.commands[0].data[0], 8);
    assert_int_equal(f->wire.commands[0].data[4], 100);
    assert_int_equal(f->refusals, 0);
    net_works(f);
    net_down(f);
}

static void test_coalescing_is_said_again(void **state)
{
    static const uint32_t values[][4] = {{5, 6, 7, 8}, {0, 0, 7, 0}, {0, 6, 0, 0}, {0, 0, 0, 0}};
    struct net_fixture *f = *state;

    net_up(f);
    for (size_t i = 0; i < LENGTH(values); i++)
    {
        const uint32_t *v = values[i];

        assert_int_equal(virtio_net_set_coalescing(&f->net, true, v[0], v[1]), 0);
        assert_int_equal(virtio_net_set_coalescing(&f->net, false, v[2], v[3]), 0);
        assert_int_equal(net_talk(f), 0);
        sim_net_forget(&f->wire);
        assert_int_equal(net_recover(f), 0);
        expect_coalescing(f, true, 0, 0);
        assert_int_equal(net_talk(f), 0);
        expect_coalescing(f, true, v[0], v[1]);
        expect_coalescing(f, false, v[2], v[3]);
        assert_int_equal(f->wire.command_count, (v[0] != 0 || v[1] != 0) + (v[2] != 0 || v[3] != 0));
    }
    net_works(f);
    net_down(f);
}

/* --- refused -------------------------------------------------------------------------------------------------------
 */

static void test_refused_settings_NET_CTRL_01(void **state)
{
    struct net_fixture *f = *state;
    bool coalesces = !f->variant->legacy;

    net_up_large(f);
    f->wire.refuses[SIM_NET_OFFLOADS] = f->wire.refuses[SIM_NET_COALESCING] = true;
    assert_int_equal(virtio_net_set_offloads(&f->net, CSUM), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->refusals, 1);
    assert_string_equal(f->refused, "GUEST_OFFLOADS_SET");
    assert_int_equal(f->wire.offloads, CSUM | TSO4 | TSO6);
    if (coalesces)
    {
        assert_int_equal(virtio_net_set_coalescing(&f->net, true, 1, 2), 0);
        assert_int_equal(net_talk(f), 0);
        assert_string_equal(f->refused, "NOTF_COAL_TX_SET");
        assert_int_equal(virtio_net_set_coalescing(&f->net, false, 1, 2), 0);
        assert_int_equal(net_talk(f), 0);
        assert_string_equal(f->refused, "NOTF_COAL_RX_SET");
    }
    assert_int_equal(f->net.control.refused, coalesces ? 3 : 1);
    assert_false(virtio_net_control_busy(&f->net));
    net_works(f);
    /* A device that has come to its senses is asked again. */
    memset(f->wire.refuses, 0, sizeof(f->wire.refuses));
    assert_int_equal(net_recover(f), 0);
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->wire.offloads, CSUM);
    expect_coalescing(f, true, coalesces ? 1 : 0, coalesces ? 2 : 0);
    net_works(f);
    net_down(f);
}

/* --- a made-up address ---------------------------------------------------------------------------------------------
 */

static void test_a_made_up_address_NET_CTRL_05(void **state)
{
    struct net_fixture *f = *state;
    uint16_t pairs = f->variant->legacy ? 1 : NET_PAIRS;

    memset(f->wire.permanent, 0, sizeof(f->wire.permanent));
    assert_int_equal(net_start(f, pairs, 16), 0);
    assert_false(f->net.config.has_mac);
    /* Before anything else was said. */
    assert_int_equal(virtio_net_set_mac(&f->net, address), 0);
    for (uint16_t i = 0; i < pairs; i++)
    {
        assert_int_equal(net_post(f, i, 8), 8);
    }
    for (unsigned int round = 0; round < 3; round++)
    {
        assert_memory_not_equal(f->wire.mac, address, 6);
        assert_int_equal(net_talk(f), 0);
        assert_memory_equal(f->wire.mac, address, 6);
        assert_int_equal(f->wire.executed[SIM_NET_MAC_FILTER][1], 1);
        net_works(f);
        net_forget(f);
        assert_int_equal(net_recover(f), 0);
    }
    assert_int_equal(net_talk(f), 0);
    assert_int_equal(f->refusals, 0);
    net_works(f);
    net_down(f);
}

static void test_addresses_of_no_station_HZ_NET_09(void **state)
{
    static const uint8_t wrong[][6] = {{0}, {1, 0, 0x5e, 1, 2, 3}, {255, 255, 255, 255, 255, 255}};
    struct net_fixture *f = *state;

    net_up(f);
    for (size_t i = 0; i < LENGTH(wrong); i++)
    {
        assert_int_equal(virtio_net_set_mac(&f->net, wrong[i]), -VIRTIO_EINVAL);
    }
    assert_int_equal(virtio_net_set_mac(&f->net, address), 0);
    assert_int_equal(virtio_net_set_mac(&f->net, wrong[0]), -VIRTIO_EINVAL); /* what was said stays */
    assert_int_equal(net_talk(f), 0);
    assert_memory_equal(f->wire.mac, address, 6);
    net_works(f);
    net_down(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_BOTH(test_offloads_are_switched_NET_OFFL_01_LEG_10),
        NET_BOTH(test_offloads_that_make_no_sense),
        NET_FOUR(test_settings_need_their_features_NET_FEAT_01_COAL_02),
        NET_BOTH(test_frames_with_an_offload_that_is_off),
        NET_BOTH(test_offloads_are_said_again),
        NET_MODERN(test_coalescing_NET_COAL_02),
        NET_MODERN(test_coalescing_is_said_again),
        NET_BOTH(test_refused_settings_NET_CTRL_01),
        NET_BOTH(test_a_made_up_address_NET_CTRL_05),
        NET_BOTH(test_addresses_of_no_station_HZ_NET_09),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
