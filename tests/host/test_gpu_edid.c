/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of EDIDs: what is right is read, what is not is refused as a whole. */

#include "fixture_gpu.h"

static uint8_t block[128];
static struct virtio_gpu_edid edid;

static void refused(uint32_t size)
{
    static const struct virtio_gpu_edid none;

    memset(&edid, 0xaa, sizeof(edid));
    assert_int_equal(virtio_gpu_edid_parse(block, size, &edid), -VIRTIO_EPROTO);
    assert_memory_equal(&edid, &none, sizeof(none));
}

static void accepted(uint32_t size)
{
    sim_gpu_edid_sum(block);
    memset(&edid, 0xaa, sizeof(edid));
    assert_int_equal(virtio_gpu_edid_parse(block, size, &edid), 0);
    assert_true(edid.valid);
}

static void test_whole(void **state)
{
    (void)state;
    sim_gpu_edid(block, "LCD 17", 1920, 1080);
    accepted(128);
    assert_string_equal(edid.name, "LCD 17");
    assert_string_equal(edid.manufacturer, "SIM");
    assert_int_equal(edid.product, 0x1234);
    assert_int_equal(edid.serial, 0x5678);
    assert_int_equal(edid.width, 1920);
    assert_int_equal(edid.height, 1080);
    assert_int_equal(edid.refresh, 60);
    assert_int_equal(edid.width_mm, 300);
    assert_int_equal(edid.height_mm, 200);
}

static void test_wrong(void **state)
{
    (void)state;
    sim_gpu_edid(block, "x", 640, 480);
    for (unsigned int i = 0; i < 128; i++)
    {
        block[i] ^= 0x40; /* the checksum is wrong, or the header is */
        refused(128);
        block[i] ^= 0x40;
    }
    refused(0);
    refused(127);
    /* Wrong, though the sum is right. */
    block[0] = 1;
    sim_gpu_edid_sum(block);
    refused(128);
    block[0] = 0;
    /* More blocks than there are. */
    block[126] = 2;
    sim_gpu_edid_sum(block);
    refused(128);
    refused(383);
    accepted(384);
    block[126] = 255;
    sim_gpu_edid_sum(block);
    refused(1024);
    memset(block, 0, sizeof(block));
    refused(1024);
}

static void test_name(void **state)
{
    (void)state;
    sim_gpu_edid(block, "thirteenchars", 640, 480);
    accepted(128);
    assert_string_equal(edid.name, "thirteenchars");
    block[72 + 5] = 0;
    block[72 + 6] = 0x7f;
    block[72 + 7] = 0xff;
    accepted(128);
    assert_string_equal(edid.name, "???rteenchars");
    block[72 + 5] = '\n';
    accepted(128);
    assert_string_equal(edid.name, "");
    block[72 + 3] = 0xff; /* a serial number in letters */
    accepted(128);
    assert_string_equal(edid.name, "");
}

static void test_manufacturer(void **state)
{
    (void)state;
    sim_gpu_edid(block, "x", 640, 480);
    block[8] = 0;
    block[9] = 0x1b; /* 0, 0, 27 */
    accepted(128);
    assert_string_equal(edid.manufacturer, "???");
    block[9] = 0x3a; /* 0, 1, 26 */
    accepted(128);
    assert_string_equal(edid.manufacturer, "?AZ");
}

static void test_timing(void **state)
{
    (void)state;
    sim_gpu_edid(block, "x", 4095, 4095);
    accepted(128);
    assert_int_equal(edid.width, 4095);
    assert_int_equal(edid.height, 4095);
    /* Nothing but a clock. */
    memset(block + 54 + 2, 0, 16);
    accepted(128);
    assert_int_equal(edid.width, 0);
    assert_int_equal(edid.refresh, 0);
    assert_int_equal(edid.width_mm, 300); /* from the centimetres */
    assert_int_equal(edid.height_mm, 200);
    /* No timing first: there is no preferred mode. */
    sim_gpu_edid(block, "x", 800, 600);
    memcpy(block + 90, block + 54, 18);
    memset(block + 54, 0, 18);
    accepted(128);
    assert_int_equal(edid.width, 0);
    /* All ones. */
    sim_gpu_edid(block, "x", 800, 600);
    memset(block + 54, 0xff, 18);
    accepted(128);
    assert_int_equal(edid.width, 4095);
    assert_int_equal(edid.refresh, 10); /* 655.35 MHz over 8190 x 8190 */
}

static void test_size(void **state)
{
    static const uint8_t sizes[][4] = {
        /* mm of width, of height; cm of width, of height */
        {0, 200, 30, 20}, {200, 0, 30, 20}, {0, 0, 30, 20}, {0, 0, 0, 20}, {0, 0, 30, 0},
    };

    (void)state;
    for (unsigned int i = 0; i < LENGTH(sizes); i++)
    {
        bool known = sizes[i][2] != 0 && sizes[i][3] != 0;

        sim_gpu_edid(block, "x", 640, 480);
        block[54 + 12] = sizes[i][0];
        block[54 + 13] = sizes[i][1];
        block[54 + 14] = 0;
        block[21] = sizes[i][2];
        block[22] = sizes[i][3];
        accepted(128);
        assert_int_equal(edid.width_mm, known ? 300 : 0);
        assert_int_equal(edid.height_mm, known ? 200 : 0);
    }
}

/* Anything at all, with a header and a sum that are right: no more than what is in the structure. */
static void test_random(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 20000; i++)
    {
        sim_gpu_edid(block, "x", 640, 480);
        for (unsigned int j = 8; j < 126; j++)
        {
            block[j] = (uint8_t)host_random();
        }
        accepted(128);
        assert_true(strlen(edid.name) <= 13);
        assert_int_equal(strlen(edid.manufacturer), 3);
        assert_true(edid.width <= 4095 && edid.height <= 4095 && edid.width_mm <= 4095 && edid.height_mm <= 4095);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),        cmocka_unit_test(test_wrong),  cmocka_unit_test(test_name),
        cmocka_unit_test(test_manufacturer), cmocka_unit_test(test_timing), cmocka_unit_test(test_size),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
