/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a device (3.1): the sequence, its failures, resets, and reading the config space (2.5). */

#include "fixture.h"

static void expect_trace(struct fixture *f, const uint32_t *expected, unsigned int count)
{
    assert_int_equal(f->sim.status_writes, count);
    for (unsigned int i = 0; i < count; i++)
    {
        assert_int_equal(f->sim.status_trace[i], expected[i]);
    }
}

static void test_sequence_CORE_INIT_01(void **state)
{
    static const uint32_t modern[] = {0, 1, 3, 11, 15};
    static const uint32_t legacy[] = {0, 1, 3, 7};
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    if (f->variant->legacy)
    {
        expect_trace(f, legacy, LENGTH(legacy));
    }
    else
    {
        expect_trace(f, modern, LENGTH(modern));
        assert_true(virtio_device_has(&f->dev, VIRTIO_F_VERSION_1));
    }
    assert_true(f->dev.started);
    assert_int_equal(virtio_device_has(&f->dev, VIRTIO_F_EVENT_IDX), f->variant->event_idx);
    assert_int_equal(virtio_device_has(&f->dev, VIRTIO_F_INDIRECT_DESC), f->variant->indirect);
    assert_int_equal(virtio_device_has(&f->dev, VIRTIO_F_RING_PACKED), f->variant->packed);
    assert_string_equal(virtio_device_interface_name(&f->dev), f->variant->packed   ? "packed"
                                                               : f->variant->legacy ? "legacy"
                                                                                    : "modern");
    assert_memory_equal(f->dev.features.word, f->sim.driver_features, sizeof(f->dev.features.word));
    fixture_stop(f);
    assert_int_equal(f->sim.status, 0);
}

static void test_only_known_features_CORE_FEAT_05(void **state)
{
    struct fixture *f = *state;

    f->sim.offered[0] = 0xffffffff;
    if (!f->variant->legacy)
    {
        memset(f->sim.offered, 0xff, sizeof(f->sim.offered));
    }
    assert_int_equal(fixture_start(f), 0);
    assert_int_equal(f->sim.driver_features[0] & 0x00ffffff, 0);
    fixture_stop(f);
}

static void test_feature_above_63(void **state)
{
    static const struct virtio_feature far_table[] = {{"FAR", 70, VIRTIO_ON_BOTH, {0, 0}, {0, 0}},
                                                      {NULL, 0, 0, {0, 0}, {0, 0}}};
    struct fixture *f = *state;

    f->driver.features = far_table;
    sim_offer(&f->sim, 70);
    sim_offer(&f->sim, 71);
    assert_int_equal(fixture_start(f), 0);
    assert_true(virtio_device_has(&f->dev, 70));
    assert_true(sim_has(&f->sim, 70));
    assert_false(sim_has(&f->sim, 71));
    fixture_stop(f);
}

/* QEMU's virtio-mmio takes the selector for a truth value: a write of word 2 would land in word 1 or 0. */
static void test_selector_of_one_bit_MMIO_FEAT_02(void **state)
{
    struct fixture *f = *state;

    f->sim.selector_of_one_bit = true;
    assert_int_equal(fixture_start(f), 0);
    assert_true(sim_has(&f->sim, SIM_F_VERSION_1));
    assert_true(sim_has(&f->sim, SIM_F_EVENT_IDX));
    assert_memory_equal(f->dev.features.word, f->sim.driver_features, 8);
    fixture_stop(f);
}

/* A legacy device whose registers give something for words that the legacy interface does not have. */
static uint32_t noise_above_word_0(struct sim_device *sim, unsigned int word, uint32_t value)
{
    (void)sim;
    return word == 0 ? value : 0xffffffff;
}

static void test_legacy_has_one_word_of_features(void **state)
{
    struct fixture *f = *state;

    f->sim.feature_read = noise_above_word_0;
    assert_int_equal(fixture_start(f), 0);
    assert_int_equal(f->dev.features.word[1] | f->dev.features.word[2], 0);
    assert_int_equal(f->dev.offered.word[1] | f->dev.offered.word[2], 0);
    assert_int_equal(f->sim.driver_features[1] | f->sim.driver_features[2], 0);
    fixture_stop(f);
}

static void test_reset_is_awaited_CORE_RESET_01(void **state)
{
    struct fixture *f = *state;

    f->sim.reset_polls = 50;
    f->sim.initial_status = SIM_ACKNOWLEDGE | SIM_DRIVER | SIM_DRIVER_OK;
    f->sim.status = f->sim.initial_status;
    assert_int_equal(fixture_start(f), 0);
    assert_true(host_relaxed() >= 10);
    fixture_stop(f);
}

static void test_reset_never_done_HZ_CORE_01(void **state)
{
    struct fixture *f = *state;
    uint64_t before;

    assert_int_equal(fixture_start(f), 0);
    f->sim.reset_stuck = true;
    before = host.clock_us;
    assert_int_equal(virtio_device_reset(&f->dev), -VIRTIO_ETIMEDOUT);
    assert_in_range(host.clock_us - before, VIRTIO_RESET_TIMEOUT_US, 2 * VIRTIO_RESET_TIMEOUT_US);
    f->abandons = true;
}

static void test_start_without_a_confirmed_reset_HZ_CORE_01(void **state)
{
    struct fixture *f = *state;

    f->sim.reset_stuck = true;
    f->sim.status = SIM_ACKNOWLEDGE;
    assert_int_equal(fixture_start(f), -VIRTIO_ETIMEDOUT);
    assert_true(host_log_has("virtio-test0"));
    assert_int_equal(f->setups, 0);
    /* Nothing was ever handed to it. */
    assert_int_equal(host_dma_count(), 0);
}

static void test_features_refused_CORE_INIT_05(void **state)
{
    static const uint32_t trace[] = {0, 1, 3, 11, 131};
    struct fixture *f = *state;

    f->sim.refuse_after = 1;
    assert_int_equal(fixture_start(f), -VIRTIO_EPROTO);
    expect_trace(f, trace, LENGTH(trace));
    assert_int_equal(f->setups, 0);
    assert_false(f->dev.started);
    assert_true(host_log_has("virtio-test0"));
    assert_true(host_log()[0] == 'E');
}

static void test_no_version_1_on_a_modern_device_DP_CORE_12(void **state)
{
    struct fixture *f = *state;

    sim_withdraw(&f->sim, SIM_F_VERSION_1);
    assert_int_equal(fixture_start(f), -VIRTIO_EPROTO);
    assert_true((f->sim.status & SIM_FAILED) != 0);
    assert_true((f->sim.status & SIM_DRIVER_OK) == 0);
    assert_true(host_log_has("virtio-test0"));
}

static int fail_with_eio(void *context, struct virtio_features *chosen)
{
    struct fixture *f = context;

    (void)chosen;
    f->validates++;
    return -VIRTIO_EIO;
}

static void test_validate_gives_up_CORE_INIT_07(void **state)
{
    struct fixture *f = *state;

    f->driver.validate = fail_with_eio;
    assert_int_equal(fixture_start(f), -VIRTIO_EIO);
    assert_int_equal(f->validates, 1);
    assert_int_equal(f->setups, 0);
    assert_true((f->sim.status & SIM_FAILED) != 0);
    assert_true(host_log_has("virtio-test0"));
}

/* It may read the config space, and take bits out. */
static int drop_event_idx(void *context, struct virtio_features *chosen)
{
    struct fixture *f = context;
    struct virtio_config_field field = {PLAIN_U16, 2, 0};

    virtio_config_read(&f->dev, &field, 1);
    assert_int_equal(field.value, 0x1234);
    virtio_features_remove(chosen, VIRTIO_F_EVENT_IDX);
    return 0;
}

static void test_validate_takes_a_bit_out_CORE_INIT_02(void **state)
{
    struct fixture *f = *state;

    sim_config16(&f->sim, PLAIN_U16, 0x1234);
    f->driver.validate = drop_event_idx;
    assert_int_equal(fixture_start(f), 0);
    assert_false(virtio_device_has(&f->dev, VIRTIO_F_EVENT_IDX));
    assert_false(sim_has(&f->sim, SIM_F_EVENT_IDX));
    assert_false(f->queue.event_idx);
    fixture_stop(f);
}

static int setup_fails(struct fixture *f)
{
    (void)f;
    return -VIRTIO_ENOMEM;
}

static void test_setup_gives_up_CORE_INIT_07_08(void **state)
{
    struct fixture *f = *state;

    f->extra_setup = setup_fails;
    assert_int_equal(fixture_start(f), -VIRTIO_ENOMEM);
    assert_true((f->sim.status & SIM_FAILED) != 0);
    assert_true((f->sim.status & SIM_DRIVER_OK) == 0);
    assert_true(host_log_has("virtio-test0"));
    fixture_stop(f);
}

static uint32_t flip_features(struct sim_device *sim, unsigned int word, uint32_t value)
{
    struct fixture *f = sim->test;

    /* The second read of a word, if there was one, would see all of it. */
    if ((f->validates >> word & 1) != 0)
    {
        sim->offered[word] = 0xffffffff;
    }
    f->validates |= 1u << word;
    return value;
}

static void test_features_are_read_once_HZ_CORE_03(void **state)
{
    struct fixture *f = *state;

    f->sim.test = f;
    f->sim.feature_read = flip_features;
    assert_int_equal(fixture_start(f), 0);
    for (unsigned int i = 0; i < VIRTIO_FEATURE_WORDS; i++)
    {
        assert_int_equal(f->dev.offered.word[i], f->sim.offered[i]);
    }
    fixture_stop(f);
}

static void restart(struct fixture *f, int result)
{
    assert_int_equal(virtio_device_start(&f->dev, &f->driver, f), result);
}

static void test_restart_asks_for_the_same_features_DP_CORE_06(void **state)
{
    struct fixture *f = *state;
    struct virtio_features before;

    assert_int_equal(fixture_start(f), 0);
    before = f->dev.features;
    restart(f, 0);
    assert_memory_equal(&f->dev.features, &before, sizeof(before));
    assert_int_equal(f->sim.resets, 2);

    /* More is offered now: not taken, memory was laid out for the former set. */
    sim_offer(&f->sim, SIM_F_NOTIF_DATA);
    if (!f->variant->event_idx)
    {
        sim_offer(&f->sim, SIM_F_EVENT_IDX);
        sim_offer(&f->sim, SIM_F_INDIRECT_DESC);
    }
    if (!f->variant->legacy)
    {
        sim_offer(&f->sim, SIM_F_RING_PACKED);
    }
    restart(f, 0);
    assert_memory_equal(&f->dev.features, &before, sizeof(before));
    fixture_stop(f);
}

static void test_restart_with_fewer_features_HZ_CORE_03(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    sim_withdraw(&f->sim, SIM_F_EVENT_IDX);
    restart(f, -VIRTIO_EPROTO);
    assert_true((f->sim.status & SIM_FAILED) != 0);
    assert_true((f->sim.status & SIM_DRIVER_OK) == 0);
    assert_true(host_log_has("virtio-test0"));
    fixture_stop(f);
}

static void test_restart_refused_DP_CORE_06(void **state)
{
    struct fixture *f = *state;

    f->sim.refuse_after = 2;
    assert_int_equal(fixture_start(f), 0);
    restart(f, -VIRTIO_EPROTO);
    assert_true((f->sim.status & SIM_FAILED) != 0);
    fixture_stop(f);
}

static void test_restart_after_failure_resets_first_CORE_STATUS_03(void **state)
{
    struct fixture *f = *state;

    f->extra_setup = setup_fails;
    assert_int_equal(fixture_start(f), -VIRTIO_ENOMEM);
    f->extra_setup = NULL;
    restart(f, 0);
    assert_int_equal(f->sim.status & (SIM_DRIVER_OK | SIM_FAILED), SIM_DRIVER_OK);
    fixture_stop(f);
}

static void test_needs_reset_CORE_STATUS_04_05(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    assert_false(virtio_device_needs_reset(&f->dev));
    sim_needs_reset(&f->sim);
    assert_int_equal(virtio_device_interrupt(&f->dev), VIRTIO_INTERRUPT_CONFIG);
    assert_true(virtio_device_needs_reset(&f->dev));
    restart(f, 0);
    assert_false(virtio_device_needs_reset(&f->dev));
    fixture_stop(f);
}

/* The device asks for a reset in the middle of the sequence. */
static void ask_for_reset(struct sim_device *sim, uint32_t value)
{
    struct fixture *f = sim->test;

    if (value == f->validates)
    {
        f->sim.status |= SIM_NEEDS_RESET;
    }
}

static void test_needs_reset_during_start_HZ_CORE_08(void **state)
{
    struct fixture *f = *state;

    f->sim.test = f;
    f->sim.status_written = ask_for_reset;
    for (f->validates = 1; f->validates < 16; f->validates++)
    {
        int result = fixture_start(f);

        if (result == 0)
        {
            /* Then it must be seen afterwards. */
            assert_int_equal(virtio_device_needs_reset(&f->dev), (f->sim.status & SIM_NEEDS_RESET) != 0);
        }
        fixture_stop(f);
        memset(&f->queue, 0, sizeof(f->queue));
        f->dev.started = false;
    }
    assert_true(f->sim.resets > 15);
}

static void test_device_gone_HZ_CORE_02(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    f->sim.gone = true;
    assert_true(virtio_device_needs_reset(&f->dev));
    assert_int_equal(virtio_device_interrupt(&f->dev) & ~3u, 0);
    assert_int_equal(virtio_device_reset(&f->dev), -VIRTIO_ENODEV);
    /* At once: there is nothing to wait for. */
    assert_true(host_relaxed() < 5);
    restart(f, -VIRTIO_ENODEV);
    assert_true(host_log_has("virtio-test0"));
    f->abandons = true;
}

static void vanish(struct sim_device *sim, uint32_t value)
{
    if (value == (SIM_ACKNOWLEDGE | SIM_DRIVER))
    {
        sim->gone = true;
    }
}

static void test_device_gone_during_start_HZ_CORE_02(void **state)
{
    struct fixture *f = *state;

    f->sim.status_written = vanish;
    assert_true(fixture_start(f) < 0);
    assert_true(host_log_has("virtio-test0"));
    f->abandons = true;
}

static void test_silence(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    f->sim.reset_polls = 1000;
    virtio_device_silence(&f->dev);
    assert_int_equal(host_relaxed(), 0);
    assert_int_equal(f->sim.resets, 2);
    f->sim.reset_polls = 0;
    fixture_stop(f);
}

static void test_clock_that_stands_still_HZ_CORE_01(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    host.clock_step = host.relax_step = 0;
    f->sim.reset_stuck = true;
    assert_int_equal(virtio_device_reset(&f->dev), -VIRTIO_ETIMEDOUT);
    f->abandons = true;
}

static void test_slow_clock_CORE_RESET_01(void **state)
{
    struct fixture *f = *state;

    host.clock_step = 0;
    host.relax_step = 1;
    f->sim.reset_polls = 20;
    f->sim.initial_status = f->sim.status = SIM_ACKNOWLEDGE;
    assert_int_equal(fixture_start(f), 0);
    fixture_stop(f);
}

/* --- the config space ------------------------------------------------------------------------------------------- */

/* Both halves of value n are n + 1. */
static void set_u64(struct sim_device *sim, unsigned int n)
{
    sim_config64(sim, PLAIN_U64, (uint64_t)(n + 1) << 32 | (n + 1));
}

/* Between the halves of the 64-bit field, the value changes, `validates` times in all. */
static void tear(struct sim_device *sim, unsigned int offset)
{
    struct fixture *f = sim->test;

    if (f->validates != 0 && (offset == PLAIN_U64 || offset == PLAIN_U64 + 4))
    {
        f->validates--;
        set_u64(sim, f->validates);
        sim->generation++;
    }
}

static uint64_t read_u64(struct fixture *f)
{
    struct virtio_config_field field = {PLAIN_U64, 8, 0};

    virtio_config_read(&f->dev, &field, 1);
    return field.value;
}

static void test_torn_config_CORE_CFG_02_LEG_05(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    f->sim.test = f;
    f->sim.config_read = tear;
    for (unsigned int times = 1; times <= 4; times++)
    {
        f->validates = times;
        set_u64(&f->sim, times);
        assert_true(read_u64(f) == 0x0000000100000001ull);
        assert_int_equal(f->validates, 0);
    }
    assert_string_equal(host_log(), "");
    fixture_stop(f);
}

/* Two fields that belong together, changed between the reads of the two. */
static void change_both(struct sim_device *sim, unsigned int offset)
{
    struct fixture *f = sim->test;

    if (offset == PLAIN_U16 && f->validates != 0)
    {
        f->validates = 0;
        sim_config16(sim, PLAIN_U16, 2);
        sim->config[PLAIN_U8] = 2;
        sim->generation++;
    }
}

static void test_fields_of_one_generation_CORE_CFG_01(void **state)
{
    struct fixture *f = *state;
    struct virtio_config_field fields[] = {{PLAIN_U16, 2, 0}, {PLAIN_U8, 1, 0}};

    assert_int_equal(fixture_start(f), 0);
    f->sim.test = f;
    f->sim.config_read = change_both;
    f->validates = 1;
    sim_config16(&f->sim, PLAIN_U16, 1);
    f->sim.config[PLAIN_U8] = 1;
    virtio_config_read(&f->dev, fields, LENGTH(fields));
    assert_true(fields[0].value == 2);
    assert_true(fields[1].value == 2);
    fixture_stop(f);
}

static void always_different(struct sim_device *sim, unsigned int offset)
{
    if (offset == PLAIN_U64)
    {
        sim_config32(sim, PLAIN_U64, host_random());
    }
}

static void test_config_never_rests_HZ_CORE_06(void **state)
{
    struct fixture *f = *state;
    uint64_t before;

    assert_int_equal(fixture_start(f), 0);
    f->sim.generation_moves = true;
    f->sim.config_read = always_different;
    before = f->sim.accesses;
    (void)read_u64(f);
    assert_in_range(f->sim.accesses - before, 4, 10000);
    assert_true(host_log_has("virtio-test0"));
    assert_true(host_log()[0] == 'W');
    fixture_stop(f);
}

static void test_config_changes_without_a_generation_HZ_CORE_07(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    f->sim.generation_fixed = true;
    f->sim.config_read = always_different;
    /* Any value will do; it is the end of the loop that matters. */
    assert_true(read_u64(f) >> 32 == 0);
    fixture_stop(f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ALL(test_sequence_CORE_INIT_01, setup_plain),
        BOTH(test_only_known_features_CORE_FEAT_05, setup_plain),
        LEGACY(test_legacy_has_one_word_of_features, setup_plain),
        BOTH(test_reset_is_awaited_CORE_RESET_01, setup_plain),
        BOTH(test_reset_never_done_HZ_CORE_01, setup_plain),
        BOTH(test_start_without_a_confirmed_reset_HZ_CORE_01, setup_plain),
        MODERN(test_features_refused_CORE_INIT_05, setup_plain),
        MODERN(test_no_version_1_on_a_modern_device_DP_CORE_12, setup_plain),
        BOTH(test_validate_gives_up_CORE_INIT_07, setup_plain),
        BOTH(test_validate_takes_a_bit_out_CORE_INIT_02, setup_plain),
        BOTH(test_setup_gives_up_CORE_INIT_07_08, setup_plain),
        BOTH(test_features_are_read_once_HZ_CORE_03, setup_plain),
        ALL(test_restart_asks_for_the_same_features_DP_CORE_06, setup_plain),
        BOTH(test_restart_with_fewer_features_HZ_CORE_03, setup_plain),
        MODERN(test_restart_refused_DP_CORE_06, setup_plain),
        BOTH(test_restart_after_failure_resets_first_CORE_STATUS_03, setup_plain),
        BOTH(test_needs_reset_CORE_STATUS_04_05, setup_plain),
        BOTH(test_needs_reset_during_start_HZ_CORE_08, setup_plain),
        BOTH(test_device_gone_HZ_CORE_02, setup_plain),
        BOTH(test_device_gone_during_start_HZ_CORE_02, setup_plain),
        BOTH(test_silence, setup_plain),
        BOTH(test_clock_that_stands_still_HZ_CORE_01, setup_plain),
        BOTH(test_slow_clock_CORE_RESET_01, setup_plain),
        MODERN(test_feature_above_63, setup_plain),
        MODERN(test_selector_of_one_bit_MMIO_FEAT_02, setup_plain),
        BOTH(test_torn_config_CORE_CFG_02_LEG_05, setup_plain),
        BOTH(test_fields_of_one_generation_CORE_CFG_01, setup_plain),
        BOTH(test_config_never_rests_HZ_CORE_06, setup_plain),
        MODERN(test_config_changes_without_a_generation_HZ_CORE_07, setup_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
