/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block device (5.2): features and config space. A field is read only if its feature was negotiated, and believed only
 * as far as nothing can go wrong with it.
 */
#include <virtio/blk.h>
#include <virtio/platform.h>

#include "virtio_blk_config.h"

/* BARRIER and SCSI belong to the legacy interface and are not used by any driver; ZONED has no code here. */
const struct virtio_feature virtio_blk_features[] = {
    {"SIZE_MAX", VIRTIO_BLK_F_SIZE_MAX, VIRTIO_ON_BOTH, {0}, {0}},
    {"SEG_MAX", VIRTIO_BLK_F_SEG_MAX, VIRTIO_ON_BOTH, {0}, {0}},
    {"GEOMETRY", VIRTIO_BLK_F_GEOMETRY, VIRTIO_ON_BOTH, {0}, {0}},
    {"RO", VIRTIO_BLK_F_RO, VIRTIO_ON_BOTH, {0}, {0}},
    {"BLK_SIZE", VIRTIO_BLK_F_BLK_SIZE, VIRTIO_ON_BOTH, {0}, {0}},
    {"FLUSH", VIRTIO_BLK_F_FLUSH, VIRTIO_ON_BOTH, {0}, {0}},
    {"TOPOLOGY", VIRTIO_BLK_F_TOPOLOGY, VIRTIO_ON_BOTH, {0}, {0}},
    {"CONFIG_WCE", VIRTIO_BLK_F_CONFIG_WCE, VIRTIO_ON_BOTH, {VIRTIO_NEEDS(VIRTIO_BLK_F_FLUSH)}, {0}},
    {"MQ", VIRTIO_BLK_F_MQ, VIRTIO_ON_BOTH, {0}, {0}},
    {"DISCARD", VIRTIO_BLK_F_DISCARD, VIRTIO_ON_BOTH, {0}, {0}},
    {"WRITE_ZEROES", VIRTIO_BLK_F_WRITE_ZEROES, VIRTIO_ON_BOTH, {0}, {0}},
    {"LIFETIME", VIRTIO_BLK_F_LIFETIME, VIRTIO_ON_BOTH, {0}, {0}},
    {"SECURE_ERASE", VIRTIO_BLK_F_SECURE_ERASE, VIRTIO_ON_BOTH, {0}, {0}},
    /* Known by name, accepted by nobody. */
    {"BARRIER", VIRTIO_BLK_F_BARRIER, 0, {0}, {0}},
    {"SCSI", VIRTIO_BLK_F_SCSI, 0, {0}, {0}},
    {"ZONED", VIRTIO_BLK_F_ZONED, 0, {0}, {0}},
    {NULL, 0, 0, {0}, {0}},
};

/* Offset and width of each field (5.2.4), and the feature that makes it valid. */
enum
{
    CAPACITY,
    SIZE_MAX_, /* SIZE_MAX is taken by <stdint.h> */
    SEG_MAX,
    CYLINDERS,
    HEADS,
    SECTORS,
    BLK_SIZE,
    PHYSICAL_BLOCK_EXP,
    ALIGNMENT_OFFSET,
    MIN_IO_SIZE,
    OPT_IO_SIZE,
    NUM_QUEUES,
    MAX_DISCARD_SECTORS,
    MAX_DISCARD_SEG,
    DISCARD_ALIGNMENT,
    MAX_WRITE_ZEROES_SECTORS,
    MAX_WRITE_ZEROES_SEG,
    WRITE_ZEROES_MAY_UNMAP,
    MAX_SECURE_ERASE_SECTORS,
    MAX_SECURE_ERASE_SEG,
    SECURE_ERASE_ALIGNMENT,
    FIELDS
};

#define ALWAYS           0xff
#define CONFIG_WRITEBACK 0x20

static const struct
{
    uint16_t offset;
    uint8_t width;
    uint8_t feature;
} layout[FIELDS] = {
    [CAPACITY] = {0x00, 8, ALWAYS},
    [SIZE_MAX_] = {VIRTIO_BLK_CONFIG_SIZE_MAX, 4, VIRTIO_BLK_F_SIZE_MAX},
    [SEG_MAX] = {VIRTIO_BLK_CONFIG_SEG_MAX, 4, VIRTIO_BLK_F_SEG_MAX},
    [CYLINDERS] = {0x10, 2, VIRTIO_BLK_F_GEOMETRY},
    [HEADS] = {0x12, 1, VIRTIO_BLK_F_GEOMETRY},
    [SECTORS] = {0x13, 1, VIRTIO_BLK_F_GEOMETRY},
    [BLK_SIZE] = {0x14, 4, VIRTIO_BLK_F_BLK_SIZE},
    [PHYSICAL_BLOCK_EXP] = {0x18, 1, VIRTIO_BLK_F_TOPOLOGY},
    [ALIGNMENT_OFFSET] = {0x19, 1, VIRTIO_BLK_F_TOPOLOGY},
    [MIN_IO_SIZE] = {0x1a, 2, VIRTIO_BLK_F_TOPOLOGY},
    [OPT_IO_SIZE] = {0x1c, 4, VIRTIO_BLK_F_TOPOLOGY},
    [NUM_QUEUES] = {0x22, 2, VIRTIO_BLK_F_MQ},
    [MAX_DISCARD_SECTORS] = {0x24, 4, VIRTIO_BLK_F_DISCARD},
    [MAX_DISCARD_SEG] = {0x28, 4, VIRTIO_BLK_F_DISCARD},
    [DISCARD_ALIGNMENT] = {0x2c, 4, VIRTIO_BLK_F_DISCARD},
    [MAX_WRITE_ZEROES_SECTORS] = {0x30, 4, VIRTIO_BLK_F_WRITE_ZEROES},
    [MAX_WRITE_ZEROES_SEG] = {0x34, 4, VIRTIO_BLK_F_WRITE_ZEROES},
    [WRITE_ZEROES_MAY_UNMAP] = {0x38, 1, VIRTIO_BLK_F_WRITE_ZEROES},
    [MAX_SECURE_ERASE_SECTORS] = {0x3c, 4, VIRTIO_BLK_F_SECURE_ERASE},
    [MAX_SECURE_ERASE_SEG] = {0x40, 4, VIRTIO_BLK_F_SECURE_ERASE},
    [SECURE_ERASE_ALIGNMENT] = {0x44, 4, VIRTIO_BLK_F_SECURE_ERASE},
};

/* The fields whose features were negotiated; the others stay 0. */
static void read_valid_fields(struct virtio_device *dev, uint64_t values[FIELDS])
{
    struct virtio_config_field fields[FIELDS];
    uint8_t which[FIELDS];
    size_t count = 0;
    size_t i;

    for (i = 0; i < FIELDS; i++)
    {
        values[i] = 0;
        if (layout[i].feature == ALWAYS || virtio_device_has(dev, layout[i].feature))
        {
            fields[count].offset = layout[i].offset;
            fields[count].width = layout[i].width;
            fields[count].value = 0;
            which[count++] = (uint8_t)i;
        }
    }
    virtio_config_read(dev, fields, count);
    for (i = 0; i < count; i++)
    {
        values[which[i]] = fields[i].value;
    }
}

/* A capacity whose size in bytes does not fit 64 bits would make range checks meaningless further up. */
static uint64_t sane_capacity(uint64_t capacity)
{
    uint64_t limit = UINT64_MAX / VIRTIO_BLK_SECTOR_SIZE;

    return capacity < limit ? capacity : limit;
}

static void doubt(const struct virtio_blk *blk, const char *field, uint64_t value)
{
    virtio_platform_log(VIRTIO_LOG_WARNING, "%s: %s of %lu makes no sense and is ignored", blk->dev->name, field,
                        (unsigned long)value);
}

static void set_transfer_limits(struct virtio_blk *blk, const uint64_t values[FIELDS])
{
    struct virtio_blk_config *config = &blk->config;

    config->seg_max = VIRTIO_BLK_SEGMENTS;
    if (virtio_device_has(blk->dev, VIRTIO_BLK_F_SEG_MAX))
    {
        if (values[SEG_MAX] == 0)
        {
            doubt(blk, "seg_max", 0);
        }
        else if (values[SEG_MAX] < config->seg_max)
        {
            config->seg_max = (uint32_t)values[SEG_MAX];
        }
    }
    config->size_max = UINT32_MAX - VIRTIO_BLK_SECTOR_SIZE + 1;
    if (virtio_device_has(blk->dev, VIRTIO_BLK_F_SIZE_MAX))
    {
        /* Not even one sector would fit into a request. */
        if (values[SIZE_MAX_] * config->seg_max < VIRTIO_BLK_SECTOR_SIZE)
        {
            doubt(blk, "size_max", values[SIZE_MAX_]);
        }
        else if (values[SIZE_MAX_] < config->size_max)
        {
            config->size_max = (uint32_t)values[SIZE_MAX_];
        }
    }
}

static void set_block_size(struct virtio_blk *blk, const uint64_t values[FIELDS])
{
    struct virtio_blk_config *config = &blk->config;
    uint64_t size = values[BLK_SIZE];

    config->blk_size = VIRTIO_BLK_SECTOR_SIZE;
    if (virtio_device_has(blk->dev, VIRTIO_BLK_F_BLK_SIZE))
    {
        if (size < VIRTIO_BLK_SECTOR_SIZE || size > 65536 || (size & (size - 1)) != 0)
        {
            doubt(blk, "blk_size", size);
        }
        else
        {
            config->blk_size = (uint32_t)size;
        }
    }
    /* Hints: a physical block of more than 2 GiB is none. */
    if (values[PHYSICAL_BLOCK_EXP] >= 16)
    {
        doubt(blk, "physical_block_exp", values[PHYSICAL_BLOCK_EXP]);
        return;
    }
    config->physical_block_exp = (uint8_t)values[PHYSICAL_BLOCK_EXP];
    if (values[ALIGNMENT_OFFSET] >= 1u << config->physical_block_exp)
    {
        doubt(blk, "alignment_offset", values[ALIGNMENT_OFFSET]);
    }
    else
    {
        config->alignment_offset = (uint8_t)values[ALIGNMENT_OFFSET];
    }
    config->min_io_size = (uint16_t)values[MIN_IO_SIZE];
    config->opt_io_size = (uint32_t)values[OPT_IO_SIZE];
}

/* Requests of ours carry one segment, so a device that allows any allows ours; one that allows none has none. */
static uint32_t range_limit(uint64_t sectors, uint64_t segments)
{
    return segments != 0 ? (uint32_t)sectors : 0;
}

void virtio_blk_read_config(struct virtio_blk *blk)
{
    struct virtio_blk_config *config = &blk->config;
    uint64_t values[FIELDS];

    read_valid_fields(blk->dev, values);
    config->capacity = sane_capacity(values[CAPACITY]);
    set_transfer_limits(blk, values);
    set_block_size(blk, values);
    config->cylinders = (uint16_t)values[CYLINDERS];
    config->heads = (uint8_t)values[HEADS];
    config->sectors_per_track = (uint8_t)values[SECTORS];
    config->num_queues = values[NUM_QUEUES] != 0 ? (uint16_t)values[NUM_QUEUES] : 1;
    config->max_discard_sectors = range_limit(values[MAX_DISCARD_SECTORS], values[MAX_DISCARD_SEG]);
    config->discard_alignment = values[DISCARD_ALIGNMENT] != 0 ? (uint32_t)values[DISCARD_ALIGNMENT] : 1;
    config->max_write_zeroes_sectors = range_limit(values[MAX_WRITE_ZEROES_SECTORS], values[MAX_WRITE_ZEROES_SEG]);
    config->write_zeroes_may_unmap = values[WRITE_ZEROES_MAY_UNMAP] != 0;
    config->max_secure_erase_sectors = range_limit(values[MAX_SECURE_ERASE_SECTORS], values[MAX_SECURE_ERASE_SEG]);
    config->secure_erase_alignment = values[SECURE_ERASE_ALIGNMENT] != 0 ? (uint32_t)values[SECURE_ERASE_ALIGNMENT] : 1;
}

bool virtio_blk_refresh(struct virtio_blk *blk)
{
    struct virtio_config_field field = {layout[CAPACITY].offset, layout[CAPACITY].width, 0};
    uint64_t before = blk->config.capacity;

    virtio_config_read(blk->dev, &field, 1);
    blk->config.capacity = sane_capacity(field.value);
    return blk->config.capacity != before;
}

bool virtio_blk_writeback(struct virtio_blk *blk)
{
    struct virtio_config_field field = {CONFIG_WRITEBACK, 1, 0};

    if (!virtio_device_has(blk->dev, VIRTIO_BLK_F_CONFIG_WCE))
    {
        /* 5.2.5.1: with FLUSH alone a write-back cache is to be assumed. */
        return virtio_device_has(blk->dev, VIRTIO_BLK_F_FLUSH);
    }
    virtio_config_read(blk->dev, &field, 1);
    return field.value != 0;
}

int virtio_blk_set_writeback(struct virtio_blk *blk, bool on)
{
    if (!virtio_device_has(blk->dev, VIRTIO_BLK_F_CONFIG_WCE))
    {
        return -VIRTIO_ENOTSUP;
    }
    blk->cache_chosen = true;
    blk->cache_on = on;
    virtio_config_write(blk->dev, CONFIG_WRITEBACK, 1, on ? 1 : 0);
    return virtio_blk_writeback(blk) == on ? 0 : -VIRTIO_EIO;
}
