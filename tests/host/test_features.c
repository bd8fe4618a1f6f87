/* SPDX-License-Identifier: Apache-2.0 */
/* Negotiation by the allow-list (2.2), names and texts. */

#include "fixture.h"

/* A chain a <- b <- c, an alternative, and one entry for each interface. */
enum
{
    A = 3,
    B = 7,
    C = 50,
    D = 95,
    EITHER = 9,
    ONLY = 10,
    OLD = 11,
    NEW = 12,
};

static const struct virtio_feature table[] = {
    /* Dependent first: the closure must not depend on the order of the table. */
    {"C", C, VIRTIO_ON_BOTH, {VIRTIO_NEEDS(B), 0}, {0, 0}},
    {"B", B, VIRTIO_ON_BOTH, {VIRTIO_NEEDS(A), 0}, {0, 0}},
    {"A", A, VIRTIO_ON_BOTH, {0, 0}, {0, 0}},
    {"D", D, VIRTIO_ON_BOTH, {VIRTIO_NEEDS(A), VIRTIO_NEEDS(C)}, {0, 0}},
    {"EITHER", EITHER, VIRTIO_ON_BOTH, {0, 0}, {VIRTIO_NEEDS(A), VIRTIO_NEEDS(NEW)}},
    {"ONLY", ONLY, VIRTIO_ON_BOTH, {0, 0}, {VIRTIO_NEEDS(A), 0}},
    {"OLD", OLD, VIRTIO_ON_LEGACY, {0, 0}, {0, 0}},
    {"NEW", NEW, VIRTIO_ON_MODERN, {0, 0}, {0, 0}},
    {NULL, 0, 0, {0, 0}, {0, 0}},
};

static struct virtio_features offer(const uint8_t *bits, size_t count)
{
    struct virtio_features offered = {{0, 0, 0}};

    for (size_t i = 0; i < count; i++)
    {
        virtio_features_add(&offered, bits[i]);
    }
    return offered;
}

/* What is chosen of `bits` must be exactly `expected` (of the table's own bits). */
static void expect(const uint8_t *bits, size_t count, bool legacy, const uint8_t *expected, size_t expected_count)
{
    struct virtio_features offered = offer(bits, count);
    struct virtio_features wanted = offer(expected, expected_count);
    struct virtio_features chosen;

    virtio_features_choose(&offered, table, legacy, &chosen);
    for (unsigned int bit = 0; bit < VIRTIO_FEATURE_BITS; bit++)
    {
        bool is_core = bit >= 24 && bit <= 43;

        if (!is_core)
        {
            assert_int_equal(virtio_features_has(&chosen, bit), virtio_features_has(&wanted, bit));
        }
    }
}

#define BITS(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void test_closure_CORE_FEAT_02(void **state)
{
    (void)state;
    expect(BITS(A, B, C, D), false, BITS(A, B, C, D));
    expect(BITS(A, C, D), false, BITS(A));
    expect(BITS(B, C, D), false, NULL, 0);
    expect(BITS(A, B, D), false, BITS(A, B));
    expect(BITS(D, C), false, NULL, 0);
}

static void test_one_of_two_CORE_FEAT_02(void **state)
{
    (void)state;
    expect(BITS(EITHER), false, NULL, 0);
    expect(BITS(EITHER, A), false, BITS(EITHER, A));
    expect(BITS(EITHER, NEW), false, BITS(EITHER, NEW));
    expect(BITS(ONLY), false, NULL, 0);
    expect(BITS(ONLY, A), false, BITS(ONLY, A));
    /* NEW is not for this interface, so it does not help. */
    expect(BITS(EITHER, NEW), true, NULL, 0);
}

static void test_interfaces_CORE_FEAT_09(void **state)
{
    (void)state;
    expect(BITS(OLD, NEW), true, BITS(OLD));
    expect(BITS(OLD, NEW), false, BITS(NEW));
}

static void test_unknown_bits_are_no_obstacle_CORE_FEAT_05_08(void **state)
{
    struct virtio_features offered = {{0xffffffff, 0xffffffff, 0xffffffff}};
    struct virtio_features chosen;

    (void)state;
    virtio_features_choose(&offered, table, false, &chosen);
    for (unsigned int bit = 0; bit < VIRTIO_FEATURE_BITS; bit++)
    {
        bool known = false;

        for (const struct virtio_feature *f = table; f->name != NULL; f++)
        {
            known |= f->bit == bit && (f->interfaces & VIRTIO_ON_MODERN) != 0;
        }
        if (bit < 24 || bit > 43)
        {
            assert_int_equal(virtio_features_has(&chosen, bit), known);
        }
    }
}

static void test_nothing_that_was_not_offered_CORE_FEAT_01(void **state)
{
    struct virtio_features offered, chosen;

    (void)state;
    for (unsigned int seed = 0; seed < 2000; seed++)
    {
        for (unsigned int i = 0; i < VIRTIO_FEATURE_WORDS; i++)
        {
            offered.word[i] = host_random();
        }
        virtio_features_choose(&offered, table, (seed & 1) != 0, &chosen);
        for (unsigned int i = 0; i < VIRTIO_FEATURE_WORDS; i++)
        {
            assert_int_equal(chosen.word[i] & ~offered.word[i], 0);
        }
        assert_true(!virtio_features_has(&chosen, B) || virtio_features_has(&chosen, A));
        assert_true(!virtio_features_has(&chosen, C) || virtio_features_has(&chosen, B));
    }
}

/* Reserved bits: what the rings and the transport implement, and never the others. */
static void test_core_bits_modern_CORE_RSV_01_07(void **state)
{
    static const uint8_t never[] = {24, 27, 30, 35, 37, 38, 39, 40, 41, 42, 43};
    static const uint8_t always[] = {28, 29, 32, 33, 34, 36};
    struct virtio_features offered = {{0xffffffff, 0xffffffff, 0xffffffff}};
    struct virtio_features chosen;

    (void)state;
    virtio_features_choose(&offered, table, false, &chosen);
    for (size_t i = 0; i < LENGTH(never); i++)
    {
        assert_false(virtio_features_has(&chosen, never[i]));
    }
    for (size_t i = 0; i < LENGTH(always); i++)
    {
        assert_true(virtio_features_has(&chosen, always[i]));
    }
}

static void test_core_bits_legacy_CORE_LEG_07_08(void **state)
{
    struct virtio_features offered = {{0xffffffff, 0xffffffff, 0xffffffff}};
    struct virtio_features chosen;

    (void)state;
    virtio_features_choose(&offered, table, true, &chosen);
    assert_true(virtio_features_has(&chosen, 27));
    assert_true(virtio_features_has(&chosen, 28));
    assert_true(virtio_features_has(&chosen, 29));
    assert_false(virtio_features_has(&chosen, 30));
    for (unsigned int bit = 32; bit < 50; bit++)
    {
        assert_false(virtio_features_has(&chosen, bit));
    }
}

static void test_close_after_a_removal(void **state)
{
    struct virtio_features features = offer(BITS(A, B, C, D, EITHER));

    (void)state;
    virtio_features_remove(&features, A);
    virtio_features_close(&features, table);
    assert_int_equal(features.word[0] | features.word[1] | features.word[2], 0);

    features = offer(BITS(A, B, C, D, EITHER));
    virtio_features_remove(&features, C);
    virtio_features_close(&features, table);
    assert_true(virtio_features_has(&features, A));
    assert_true(virtio_features_has(&features, B));
    assert_true(virtio_features_has(&features, EITHER));
    assert_false(virtio_features_has(&features, D));
}

static void test_bits_beyond_the_words(void **state)
{
    struct virtio_features features = {{0, 0, 0}};

    (void)state;
    virtio_features_add(&features, VIRTIO_FEATURE_BITS);
    virtio_features_add(&features, 255);
    assert_int_equal(features.word[0] | features.word[1] | features.word[2], 0);
    features = (struct virtio_features){{0xffffffff, 0xffffffff, 0xffffffff}};
    virtio_features_remove(&features, VIRTIO_FEATURE_BITS);
    assert_int_equal(features.word[0] & features.word[1] & features.word[2], 0xffffffff);
    assert_false(virtio_features_has(&features, VIRTIO_FEATURE_BITS));
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(virtio_feature_name(table, D), "D");
    assert_string_equal(virtio_feature_name(table, VIRTIO_F_EVENT_IDX), "EVENT_IDX");
    assert_string_equal(virtio_feature_name(NULL, VIRTIO_F_VERSION_1), "VERSION_1");
    assert_string_equal(virtio_feature_name(virtio_blk_features, VIRTIO_BLK_F_FLUSH), "FLUSH");
    assert_null(virtio_feature_name(NULL, D));
    assert_null(virtio_feature_name(table, 80));
    /* Not accepted, but it has a name. */
    assert_non_null(virtio_feature_name(NULL, VIRTIO_F_RING_RESET));

    assert_string_equal(virtio_device_type_name(VIRTIO_ID_BLOCK), "block");
    assert_string_equal(virtio_device_type_name(999), "unknown");
    for (uint32_t id = 0; id < 64; id++)
    {
        assert_non_null(virtio_device_type_name(id));
    }
}

static void test_error_texts(void **state)
{
    (void)state;
    for (int error = 0; error <= VIRTIO_EROFS; error++)
    {
        assert_true(strlen(virtio_strerror(error)) > 1);
        assert_string_equal(virtio_strerror(error), virtio_strerror(-error));
        for (int other = 0; other < error; other++)
        {
            assert_string_not_equal(virtio_strerror(error), virtio_strerror(other));
        }
    }
    assert_non_null(virtio_strerror(12345));
    assert_non_null(virtio_strerror(-12345));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closure_CORE_FEAT_02),
        cmocka_unit_test(test_one_of_two_CORE_FEAT_02),
        cmocka_unit_test(test_interfaces_CORE_FEAT_09),
        cmocka_unit_test(test_unknown_bits_are_no_obstacle_CORE_FEAT_05_08),
        cmocka_unit_test(test_nothing_that_was_not_offered_CORE_FEAT_01),
        cmocka_unit_test(test_core_bits_modern_CORE_RSV_01_07),
        cmocka_unit_test(test_core_bits_legacy_CORE_LEG_07_08),
        cmocka_unit_test(test_close_after_a_removal),
        cmocka_unit_test(test_bits_beyond_the_words),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_error_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
