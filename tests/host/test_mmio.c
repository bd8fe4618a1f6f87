/* SPDX-License-Identifier: Apache-2.0 */
/* The MMIO transport (4.2): identification, queue registers, interrupts. The simulated registers do most of the
 * asserting. */

#include "fixture.h"

static void test_probe_identifies_MMIO_INIT(void **state)
{
    struct fixture *f = *state;

    fixture_probe(f);
    assert_int_equal(f->dev.id, PLAIN_ID);
    assert_int_equal(f->dev.legacy, f->variant->legacy);
    assert_int_equal(f->dev.vendor, 0x554d4551);
    assert_non_null(f->dev.transport);
    assert_int_equal(f->dev.base, f->sim.base);
    assert_int_equal(f->dev.transport->read_generation == NULL, f->variant->legacy);
    /* Only looked at. */
    assert_int_equal(f->sim.status_writes, 0);
}

static void test_empty_slot_is_passed_silently_MMIO_ID_05_06(void **state)
{
    struct fixture *f = *state;

    f->sim.id = 0;
    assert_int_equal(virtio_mmio_probe(&f->dev, f->sim.base), -VIRTIO_ENODEV);
    assert_string_equal(host_log(), "");
    assert_int_equal(f->sim.accesses, 3);
}

static void test_bad_magic_MMIO_ID_01(void **state)
{
    static const uint32_t bad[] = {0, 0x74726977, 0x76697274, 0xffffffff};
    struct fixture *f = *state;

    for (size_t i = 0; i < LENGTH(bad); i++)
    {
        uint64_t before = f->sim.accesses;

        f->sim.magic = bad[i];
        assert_int_equal(virtio_mmio_probe(&f->dev, f->sim.base), -VIRTIO_EPROTO);
        assert_int_equal(f->sim.accesses - before, 1);
        assert_true(host_log()[0] == 'W');
        host_log_clear();
    }
}

static void test_unknown_version_MMIO_ID_03(void **state)
{
    static const uint32_t bad[] = {0, 3, 0x100, 0x20000, 0xffffffff};
    struct fixture *f = *state;

    for (size_t i = 0; i < LENGTH(bad); i++)
    {
        f->sim.version = bad[i];
        assert_int_equal(virtio_mmio_probe(&f->dev, f->sim.base), -VIRTIO_EPROTO);
        /* Once, and with what was found. */
        assert_true(host_log()[0] == 'W');
        assert_ptr_equal(strchr(host_log(), '\n') + 1, host_log() + strlen(host_log()));
        host_log_clear();
    }
}

static void test_dead_bus_HZ_CORE_02(void **state)
{
    struct fixture *f = *state;

    f->sim.gone = true;
    assert_int_equal(virtio_mmio_probe(&f->dev, f->sim.base), -VIRTIO_EPROTO);
}

/* The setup of the fixture creates queue 0; its outcome is what is looked at. */
static void expect_size(struct fixture *f, uint32_t offered, uint16_t wanted, int result, uint16_t size)
{
    f->sim.queue[0].size_max = offered;
    f->size_wanted = wanted;
    assert_int_equal(fixture_start(f), result);
    if (result == 0)
    {
        assert_int_equal(f->queue.size, size);
        assert_int_equal(f->sim.queue[0].size, size);
    }
    else
    {
        assert_true((f->sim.status & SIM_FAILED) != 0);
        assert_int_equal(virtio_device_reset(&f->dev), 0);
    }
    if (result == 0)
    {
        fixture_stop(f);
    }
    memset(&f->queue, 0, sizeof(f->queue));
    f->dev.started = false;
    assert_true(host_all_returned());
}

static void test_queue_maximum_HZ_MMIO_01(void **state)
{
    struct fixture *f = *state;

    expect_size(f, 0, 8, -VIRTIO_ENODEV, 0);
    expect_size(f, 1, 8, -VIRTIO_EPROTO, 0);
    expect_size(f, 2, 8, 0, 2);
    expect_size(f, 3, 8, 0, 2);
    expect_size(f, 100, 1024, 0, 64);
    expect_size(f, 7, 7, 0, 4);
    expect_size(f, 1024, 100, 0, 64);
    expect_size(f, 1024, 1024, 0, 1024);
    expect_size(f, 0xffffffff, 16, 0, 16);
    expect_size(f, 0x80000000, 65535, 0, 32768);
    expect_size(f, 65536, 32768, 0, 32768);
    expect_size(f, 4, 32768, 0, 4);
}

static int create_second(struct fixture *f)
{
    struct virtio_queue second;
    int result;

    memset(&second, 0, sizeof(second));
    result = virtio_queue_create(&second, &f->dev, 1, 8, 0);
    assert_int_equal(result, -VIRTIO_ENODEV);
    return 0;
}

static void test_absent_queue_MMIO_QCFG_02(void **state)
{
    struct fixture *f = *state;

    f->extra_setup = create_second;
    assert_int_equal(fixture_start(f), 0);
    fixture_stop(f);
}

static void test_queue_already_in_use_HZ_MMIO_02(void **state)
{
    struct fixture *f = *state;

    f->sim.queue_stuck = true;
    assert_int_equal(fixture_start(f), -VIRTIO_EPROTO);
    assert_true((f->sim.status & SIM_FAILED) != 0);
    assert_true(host_log_has("virtio-test0"));
    assert_int_equal(virtio_device_reset(&f->dev), 0);
}

/* A page number has 32 bits: a ring at 2^44 or above must be refused, not cut (page size 4096). */
static void test_ring_above_16_TiB_HZ_MMIO_06(void **state)
{
    struct fixture *f = *state;
    int result;

    host.base = 1ull << 44;
    result = fixture_start(f);
    assert_true(result < 0);
    assert_true((f->sim.status & SIM_FAILED) != 0);
    assert_int_equal(f->sim.queue[0].pfn, 0);
    assert_int_equal(virtio_device_reset(&f->dev), 0);
}

/* Page 0 would mean that the queue is not in use. */
static void test_ring_at_address_0_MMIOL_Q_07(void **state)
{
    struct fixture *f = *state;

    host.base = 0 - (uint64_t)4096; /* the first window begins 4096 bytes into its place */
    assert_true(fixture_start(f) < 0);
    assert_int_equal(f->sim.queue[0].pfn, 0);
    assert_true(host_all_returned());
    assert_int_equal(virtio_device_reset(&f->dev), 0);
}

static void test_ring_at_any_64_bit_address(void **state)
{
    struct fixture *f = *state;

    host.base = 0xfedcba9800000000ull;
    assert_int_equal(fixture_start(f), 0);
    assert_true(f->sim.queue[0].desc >= host.base);
    fixture_stop(f);
}

static void test_interrupt_causes_MMIO_INT_02_04(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    assert_int_equal(virtio_device_interrupt(&f->dev), 0);
    for (uint32_t cause = 1; cause <= 3; cause++)
    {
        sim_interrupt(&f->sim, cause);
        assert_int_equal(virtio_device_interrupt(&f->dev), cause);
        assert_int_equal(f->sim.interrupt_status, 0);
        assert_int_equal(virtio_device_interrupt(&f->dev), 0);
    }
    fixture_stop(f);
}

static void test_undefined_interrupt_bits_HZ_MMIO_03(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    f->sim.interrupt_noise = 0x7ffffff0;
    assert_int_equal(virtio_device_interrupt(&f->dev), 0);
    sim_interrupt(&f->sim, 2);
    assert_int_equal(virtio_device_interrupt(&f->dev), VIRTIO_INTERRUPT_CONFIG);
    /* A cause that never clears: reported, acknowledged, and no loop (HZ-CORE-10). */
    f->sim.interrupt_noise = 0x1;
    assert_int_equal(virtio_device_interrupt(&f->dev), VIRTIO_INTERRUPT_USED);
    assert_int_equal(virtio_device_interrupt(&f->dev), VIRTIO_INTERRUPT_USED);
    f->sim.interrupt_noise = 0;
    fixture_stop(f);
}

/* All ones is a device that is gone, but nothing may go wrong either if only this register reads so. */
static void test_interrupt_status_all_ones_HZ_CORE_02(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    f->sim.interrupt_noise = 0xffffffff;
    assert_int_equal(virtio_device_interrupt(&f->dev) & ~3u, 0);
    f->sim.interrupt_noise = 0;
    fixture_stop(f);
}

static void test_interrupts_at_any_time_HZ_CORE_09(void **state)
{
    struct fixture *f = *state;

    fixture_probe(f);
    sim_interrupt(&f->sim, 3);
    assert_int_equal(virtio_device_interrupt(&f->dev), 3);
    assert_int_equal(virtio_device_start(&f->dev, &f->driver, f), 0);
    fixture_stop(f);
    sim_interrupt(&f->sim, 1);
    assert_int_equal(virtio_device_interrupt(&f->dev), 1);
}

static void test_config_widths_MMIO_ACC_05(void **state)
{
    struct fixture *f = *state;
    struct virtio_config_field fields[] = {{PLAIN_U64, 8, 0}, {PLAIN_U16, 2, 0}, {PLAIN_U8, 1, 0}, {PLAIN_RW32, 4, 0}};

    assert_int_equal(fixture_start(f), 0);
    sim_config64(&f->sim, PLAIN_U64, 0x8877665544332211ull);
    sim_config16(&f->sim, PLAIN_U16, 0xbbaa);
    f->sim.config[PLAIN_U8] = 0xcc;
    sim_config32(&f->sim, PLAIN_RW32, 0xdeadbeef);
    virtio_config_read(&f->dev, fields, LENGTH(fields));
    assert_true(fields[0].value == 0x8877665544332211ull);
    assert_true(fields[1].value == 0xbbaa);
    assert_true(fields[2].value == 0xcc);
    assert_true(fields[3].value == 0xdeadbeef);

    virtio_config_write(&f->dev, PLAIN_RW32, 4, 0x01020304);
    assert_memory_equal(f->sim.config + PLAIN_RW32, "\x04\x03\x02\x01", 4);
    fixture_stop(f);
}

/* The other widths of a write, at the transport: the registers must see one access of exactly that width. */
static const struct sim_field narrow_fields[] = {{0, 1, SIM_NO_FEATURE, true}, {2, 2, SIM_NO_FEATURE, true}};

static void test_config_narrow_writes_MMIO_ACC_05(void **state)
{
    struct fixture *f = *state;
    struct sim_model narrow = *f->sim.model;

    narrow.fields = narrow_fields;
    narrow.field_count = LENGTH(narrow_fields);
    f->sim.model = &narrow;
    assert_int_equal(fixture_start(f), 0);
    virtio_config_write(&f->dev, 0, 1, 0x5a);
    virtio_config_write(&f->dev, 2, 2, 0x1234);
    assert_memory_equal(f->sim.config, "\x5a\x00\x34\x12", 4);
    fixture_stop(f);
}

static void test_notification_names_the_queue_MMIO_NOTIFY_01(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_start(f), 0);
    /* Nothing there: spurious, and the device has to take it (DP-SPLIT-12). */
    virtio_queue_notify(&f->queue);
    assert_int_equal(f->sim.queue[0].notifications, 1);
    fixture_stop(f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(test_probe_identifies_MMIO_INIT, setup_plain),
        BOTH(test_empty_slot_is_passed_silently_MMIO_ID_05_06, setup_plain),
        BOTH(test_bad_magic_MMIO_ID_01, setup_plain),
        BOTH(test_unknown_version_MMIO_ID_03, setup_plain),
        BOTH(test_dead_bus_HZ_CORE_02, setup_plain),
        BOTH(test_queue_maximum_HZ_MMIO_01, setup_plain),
        BOTH(test_absent_queue_MMIO_QCFG_02, setup_plain),
        BOTH(test_queue_already_in_use_HZ_MMIO_02, setup_plain),
        LEGACY(test_ring_above_16_TiB_HZ_MMIO_06, setup_plain),
        LEGACY(test_ring_at_address_0_MMIOL_Q_07, setup_plain),
        MODERN(test_ring_at_any_64_bit_address, setup_plain),
        BOTH(test_interrupt_causes_MMIO_INT_02_04, setup_plain),
        BOTH(test_undefined_interrupt_bits_HZ_MMIO_03, setup_plain),
        BOTH(test_interrupt_status_all_ones_HZ_CORE_02, setup_plain),
        BOTH(test_interrupts_at_any_time_HZ_CORE_09, setup_plain),
        BOTH(test_config_widths_MMIO_ACC_05, setup_plain),
        BOTH(test_config_narrow_writes_MMIO_ACC_05, setup_plain),
        BOTH(test_notification_names_the_queue_MMIO_NOTIFY_01, setup_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
