/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated network device finds what a driver must not do: here its rings are used directly, and wrongly. */

#include "fixture_net.h"

struct raw
{
    uint8_t *memory; /* for both sides */
    virtio_dma_addr_t address;
};

#define RAW_BYTES 4096

static struct raw raw_get(void)
{
    struct raw raw;

    raw.memory = virtio_platform_dma_alloc(RAW_BYTES, 64, &raw.address);
    assert_non_null(raw.memory);
    return raw;
}

/* A chain of up to three elements that follow each other; the last `in` are device-writable. */
static void raw_add(struct virtio_queue *ring, struct raw *raw, const uint32_t lengths[3], unsigned int in)
{
    struct virtio_sg sg[3];
    unsigned int count = 0;
    uint32_t at = 0;

    for (; count < 3 && lengths[count] != 0; count++)
    {
        sg[count].address = raw->address + at;
        sg[count].length = lengths[count];
        at += lengths[count];
    }
    assert_int_equal(virtio_queue_add(ring, sg, count - in, in, raw), 0);
    virtio_queue_publish(ring);
    virtio_queue_notify(ring);
}

static void raw_take(struct virtio_queue *ring)
{
    uint32_t length;
    void *cookie;

    assert_int_equal(virtio_queue_pop(ring, &cookie, &length), 0);
}

/* The one violation that was expected, and no other. */
static void expect_violation(const char *id)
{
    if (!violation_seen(id) || violation_count() != 1)
    {
        violation_print();
        fail_msg("%s was expected", id);
    }
    violation_clear();
}

static void test_commands(void **state)
{
    static const struct
    {
        const char *id;
        uint8_t withdrawn;
        uint32_t lengths[3];
        uint8_t bytes[20];
    } table[] = {
        {"NET-CTRL-02", SIM_NET_F_CTRL_RX, {2, 1, 1}, {0, 0, 1}},
        {"NET-CTRL-02", SIM_NET_F_CTRL_RX, {2, 1, 1}, {0, 1, 1}},
        {"NET-CTRL-02", SIM_NO_FEATURE, {2, 1, 1}, {0, 0, 2}},
        {"NET-CTRL-03", SIM_NET_F_CTRL_RX_EXTRA, {2, 1, 1}, {0, 2, 1}},
        {"NET-CTRL-03", SIM_NO_FEATURE, {2, 1, 1}, {0, 6, 1}},
        {"NET-CTRL-01", SIM_NO_FEATURE, {2, 2, 1}, {0, 0, 1, 0}},
        {"NET-CTRL-04", SIM_NET_F_CTRL_RX, {2, 6, 1}, {1, 1, 2}},
        {"NET-CTRL-04", SIM_NO_FEATURE, {2, 6, 1}, {1, 2, 2}},
        {"NET-CTRL-05", SIM_NET_F_CTRL_MAC_ADDR, {2, 6, 1}, {1, 1, 2}},
        {"NET-CTRL-01", SIM_NO_FEATURE, {2, 5, 1}, {1, 1, 2}},
        {"NET-FEAT-01", SIM_NET_F_CTRL_VLAN, {2, 2, 1}, {2, 0, 1, 0}},
        {"NET-LEG-08", SIM_NO_FEATURE, {2, 2, 1}, {2, 0, 0, 0x10}},
        {"NET-LEG-08", SIM_NO_FEATURE, {2, 2, 1}, {2, 2, 1, 0}},
        {"NET-CTRL-09", SIM_NO_FEATURE, {2, 1, 0}, {3, 0}},
        {"NET-CTRL-09", SIM_NO_FEATURE, {2, 1, 0}, {3, 1}},
        {"NET-MQ-05", SIM_NO_FEATURE, {2, 2, 1}, {4, 0, 0, 0}},
        {"NET-MQ-05", SIM_NO_FEATURE, {2, 2, 1}, {4, 0, 4, 0}},
        {"NET-MQ-04", SIM_NO_FEATURE, {2, 2, 1}, {4, 0, 3, 0}},
        {"NET-FEAT-01", SIM_NET_F_CTRL_GUEST_OFFLOADS, {2, 8, 1}, {5, 0, 2}},
        {"NET-OFFL-01", SIM_NO_FEATURE, {2, 8, 1}, {5, 1}},
        {"NET-OFFL-01", SIM_NO_FEATURE, {2, 8, 1}, {5, 0, 1}},    /* no offload of receiving */
        {"NET-OFFL-01", SIM_NO_FEATURE, {2, 8, 1}, {5, 0, 0x82}}, /* GUEST_TSO4, not accepted */
        {"NET-OFFL-01", SIM_NO_FEATURE, {2, 8, 1}, {5, 0, 0, 0, 0, 0, 0, 0, 0, 0x80}},
        {"NET-COAL-02", SIM_NET_F_NOTF_COAL, {2, 8, 1}, {6, 0}},
        {"NET-COAL-03", SIM_NO_FEATURE, {2, 8, 1}, {6, 2}},
        {"NET-CTRL-01", SIM_NO_FEATURE, {2, 12, 1}, {6, 1}},
        {"NET-FEAT-01", SIM_NO_FEATURE, {2, 2, 1}, {7, 0}},
    };
    struct net_fixture *f = *state;

    for (size_t i = 0; i < LENGTH(table); i++)
    {
        struct raw raw;

        if (table[i].withdrawn != SIM_NO_FEATURE)
        {
            sim_withdraw(&f->sim, table[i].withdrawn);
        }
        net_up_pairs(f, 2);
        raw = raw_get();
        memcpy(raw.memory, table[i].bytes, sizeof(table[i].bytes));
        raw_add(&f->net.control.ring, &raw, table[i].lengths, 1);
        assert_int_equal(sim_net_work(&f->sim), 1);
        expect_violation(table[i].id);
        raw_take(&f->net.control.ring);
        virtio_platform_dma_free(raw.memory, RAW_BYTES);
        net_again(f);
        if (table[i].withdrawn != SIM_NO_FEATURE)
        {
            sim_offer(&f->sim, table[i].withdrawn);
        }
    }
}

static void test_address_tables(void **state)
{
    static const struct
    {
        const char *id;
        uint32_t lengths[3];
        uint8_t bytes[24];
    } table[] = {
        {"NET-CTRL-06", {2, 4, 1}, {1, 0, 0, 0, 0, 0}},                             /* one table only */
        {"NET-CTRL-06", {2, 8, 1}, {1, 0, 2, 0, 0, 0}},                             /* more than there is */
        {"NET-CTRL-06", {2, 9, 1}, {1, 0}},                                         /* and a byte */
        {"NET-CTRL-06", {2, 14, 1}, {1, 0, 1, 0, 0, 0, 1, 0, 0x5e}},                /* a group's among the others */
        {"NET-CTRL-06", {2, 14, 1}, {1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0}}, /* and the other way round */
    };
    struct net_fixture *f = *state;

    for (size_t i = 0; i < LENGTH(table); i++)
    {
        struct raw raw;

        net_up(f);
        raw = raw_get();
        memcpy(raw.memory, table[i].bytes, sizeof(table[i].bytes));
        raw_add(&f->net.control.ring, &raw, table[i].lengths, 1);
        assert_int_equal(sim_net_work(&f->sim), 1);
        expect_violation(table[i].id);
        raw_take(&f->net.control.ring);
        virtio_platform_dma_free(raw.memory, RAW_BYTES);
        net_again(f);
    }
}

static void test_legacy_framing(void **state)
{
    static const struct
    {
        const char *id;
        bool control;
        unsigned int in;
        uint32_t lengths[3];
        uint8_t bytes[4];
    } table[] = {
        {"NET-LEG-12", true, 1, {3, 1, 0}, {0, 0, 1}},
        {"NET-LEG-12", true, 1, {1, 2, 1}, {0, 0, 1}},
        {"NET-LEG-11", false, 0, {112, 0, 0}, {0}},
        {"NET-LEG-11", false, 0, {6, 106, 0}, {0}},
    };
    struct net_fixture *f = *state;

    for (size_t i = 0; i < LENGTH(table); i++)
    {
        struct virtio_queue *ring;
        struct raw raw;

        net_up(f);
        raw = raw_get();
        ring = table[i].control ? &f->net.control.ring : &f->net.tx[0].ring;
        memcpy(raw.memory, table[i].bytes, sizeof(table[i].bytes));
        raw_add(ring, &raw, table[i].lengths, table[i].in);
        assert_int_equal(sim_net_work(&f->sim), 1);
        if (f->variant->any_layout)
        {
            assert_conformant();
        }
        else
        {
            expect_violation(table[i].id);
        }
        raw_take(ring);
        virtio_platform_dma_free(raw.memory, RAW_BYTES);
        net_again(f);
    }
}

static void test_headers(void **state)
{
    static const struct
    {
        const char *id;
        uint8_t withdrawn;
        unsigned int pair;
        unsigned int in;
        uint32_t length; /* of the frame */
        uint8_t header[12];
    } table[] = {
        {"NET-TX-47", SIM_NO_FEATURE, 0, 0, 100, {2}},
        {"NET-TX-47", SIM_NO_FEATURE, 0, 0, 100, {4}},
        {"NET-TX-05", SIM_NET_F_CSUM, 0, 0, 100, {1}},
        {"NET-TX-33", SIM_NO_FEATURE, 0, 0, 100, {0, 1}},
        {"NET-TX-04", SIM_NO_FEATURE, 0, 0, 100, {[10] = 1}},
        {"NET-TX-32", SIM_NO_FEATURE, 0, 0, 100, {[0] = 1, [6] = 99}},
        {"NET-CFG-09", SIM_NO_FEATURE, 0, 0, 1515, {0}},
        {"NET-TX-03", SIM_NO_FEATURE, 0, 0, 13, {0}},
        {"NET-TX-03", SIM_NO_FEATURE, 0, 1, 100, {0}},
        {"NET-MQ-07", SIM_NO_FEATURE, 2, 0, 100, {0}},
    };
    struct net_fixture *f = *state;

    for (size_t i = 0; i < LENGTH(table); i++)
    {
        struct virtio_queue *ring;
        struct raw raw;

        if (table[i].withdrawn != SIM_NO_FEATURE)
        {
            sim_withdraw(&f->sim, table[i].withdrawn);
        }
        net_up_pairs(f, NET_PAIRS);
        f->wire.pairs = 2;
        f->wire.executed[SIM_NET_MQ][0] = 1;
        raw = raw_get();
        memcpy(raw.memory, table[i].header, sizeof(table[i].header));
        ring = &f->net.tx[table[i].pair].ring;
        raw_add(ring, &raw, (const uint32_t[3]){12, table[i].length}, table[i].in);
        assert_int_equal(sim_net_work(&f->sim), 1);
        expect_violation(table[i].id);
        raw_take(ring);
        virtio_platform_dma_free(raw.memory, RAW_BYTES);
        net_again(f);
        if (table[i].withdrawn != SIM_NO_FEATURE)
        {
            sim_offer(&f->sim, table[i].withdrawn);
        }
    }
}

static void test_buffers(void **state)
{
    static const uint32_t too_short[3] = {11, 0, 0}, enough[3] = {12, 1514, 0}, one_less[3] = {12, 1513, 0};
    struct net_fixture *f = *state;
    uint8_t bytes[12] = {0};
    struct raw raw;

    assert_int_equal(net_start(f, 1, 16), 0);
    raw = raw_get();
    raw_add(&f->net.rx[0].ring, &raw, f->variant->mergeable ? too_short : one_less, f->variant->mergeable ? 1 : 2);
    sim_net_use(&f->sim, 0, bytes, sizeof(bytes) - 1, 11);
    raw_take(&f->net.rx[0].ring);
    if (f->variant->mergeable)
    {
        expect_violation("NET-RX-03");
    }
    else
    {
        /* An MTU of 1500 says so as well. */
        assert_true(violation_seen("NET-RX-02") && violation_seen("NET-CFG-08") && violation_count() == 2);
        violation_clear();
    }
    raw_add(&f->net.rx[0].ring, &raw, enough, 2);
    sim_net_check_posted(&f->sim, 0);
    sim_net_use(&f->sim, 0, bytes, sizeof(bytes), 12);
    raw_take(&f->net.rx[0].ring);
    assert_conformant();
    sim_net_check_posted(&f->sim, 0);
    expect_violation("NET-CFG-08");
    raw_add(&f->net.rx[0].ring, &raw, enough, 1);
    sim_net_use(&f->sim, 0, bytes, sizeof(bytes), 12);
    raw_take(&f->net.rx[0].ring);
    assert_true(violation_seen("NET-RX-02"));
    violation_clear();
    virtio_platform_dma_free(raw.memory, RAW_BYTES);
    net_down(f);
}

#define MODERN_TWO(test) NET_MODERN(test), NET(test, " [modern]", 6)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_MODERN(test_commands),
        NET_MODERN(test_address_tables),
        NET(test_legacy_framing, " [legacy, mergeable]", 0),
        NET(test_legacy_framing, " [legacy, mergeable, any_layout]", 8),
        NET_MODERN(test_headers),
        MODERN_TWO(test_buffers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
