/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command `blk`: read, write, check and measure a block device, through RT-Thread's device interface only. The
 * long-running ones, stress and bench, are in rt_virtio_blk_load.c.
 */
#include "rt_virtio_blk_shell.h"

#if defined(RT_USING_VIRTIO_SHELL) && defined(RT_USING_VIRTIO_BLK)

#include <finsh.h>
#include <stdlib.h>
#include <string.h>

#include <virtio_blk.h>

/* Bytes that are read or written at a time. */
#define CHUNK_BYTES 32768u

static const char *error_name(long error)
{
    static const struct
    {
        long error;
        const char *name;
    } names[] = {
        {RT_ETIMEOUT, "ETIMEOUT"}, {RT_ENOMEM, "ENOMEM"}, {RT_ENOSYS, "ENOSYS"},      {RT_EBUSY, "EBUSY"},
        {RT_EIO, "EIO"},           {RT_EINVAL, "EINVAL"}, {RT_VIRTIO_EPERM, "EPERM"},
    };
    rt_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    {
        if (names[i].error == -error)
        {
            return names[i].name;
        }
    }
    return "error";
}

int rt_virtio_blk_complain(const char *what, const char *name, rt_uint64_t first, rt_uint64_t count, long error)
{
    rt_kprintf("blk: %s of %s at %lu count %lu failed: %ld (%s)\n", what, name, (unsigned long)first,
               (unsigned long)count, error, error_name(error));
    return -1;
}

/* Contents that depend on the sector's number, so that a sector in the wrong place is noticed. */
static rt_uint32_t pattern(rt_uint64_t sector, rt_uint32_t seed, rt_uint32_t word)
{
    rt_uint32_t x =
        seed * 0x9e3779b1u ^ (rt_uint32_t)sector * 0x85ebca77u ^ (rt_uint32_t)(sector >> 32) ^ word * 0xc2b2ae3du;

    x ^= x >> 15;
    x *= 0x2c1b3c6du;
    return x ^ x >> 12;
}

void rt_virtio_blk_fill_pattern(rt_uint8_t *buffer, rt_uint64_t sector, rt_uint32_t count, rt_uint32_t bytes,
                                rt_uint32_t seed)
{
    rt_uint32_t word;
    rt_uint32_t x;

    for (; count > 0; count--, sector++)
    {
        for (word = 0; word < bytes / 4; word++, buffer += 4)
        {
            x = pattern(sector, seed, word);
            buffer[0] = (rt_uint8_t)x;
            buffer[1] = (rt_uint8_t)(x >> 8);
            buffer[2] = (rt_uint8_t)(x >> 16);
            buffer[3] = (rt_uint8_t)(x >> 24);
        }
    }
}

rt_uint32_t rt_virtio_blk_check_pattern(const rt_uint8_t *buffer, rt_uint64_t sector, rt_uint32_t count,
                                        rt_uint32_t bytes, rt_uint32_t seed)
{
    rt_uint32_t good;
    rt_uint32_t word;
    rt_uint32_t x;

    for (good = 0; good < count; good++, sector++)
    {
        for (word = 0; word < bytes / 4; word++, buffer += 4)
        {
            x = (rt_uint32_t)buffer[0] | (rt_uint32_t)buffer[1] << 8 | (rt_uint32_t)buffer[2] << 16 |
                (rt_uint32_t)buffer[3] << 24;
            if (x != pattern(sector, seed, word))
            {
                return good;
            }
        }
    }
    return good;
}

/* CRC-32 of IEEE 802.3, four bits at a time. */
static rt_uint32_t crc32(rt_uint32_t crc, const rt_uint8_t *data, rt_size_t length)
{
    rt_uint32_t table[16];
    rt_uint32_t i;
    int bit;

    for (i = 0; i < 16; i++)
    {
        table[i] = i;
        for (bit = 0; bit < 4; bit++)
        {
            table[i] = (table[i] & 1) != 0 ? table[i] >> 1 ^ 0xedb88320u : table[i] >> 1;
        }
    }
    crc = ~crc;
    while (length-- > 0)
    {
        crc ^= *data++;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/* --- Commands over a range of sectors, a chunk at a time --- */

struct range
{
    const char *name;
    rt_device_t dev;
    rt_uint32_t bytes; /* of a sector */
    rt_uint64_t first;
    rt_uint64_t count;
    rt_uint32_t seed;
    rt_uint32_t crc;
    rt_bool_t polled; /* read as a caller that cannot sleep */
};

/* Both return 0, or print why not. */
typedef int (*chunk_t)(struct range *range, rt_uint64_t sector, rt_uint32_t count, rt_uint8_t *buffer);

static int chunk_read(struct range *range, rt_uint64_t sector, rt_uint32_t count, rt_uint8_t *buffer)
{
    long result;

    if (range->polled)
    {
        rt_enter_critical();
    }
    result = (long)rt_device_read(range->dev, (rt_off_t)sector, buffer, count);
    if (range->polled)
    {
        rt_exit_critical();
    }
    if (result != (long)count)
    {
        return rt_virtio_blk_complain("read", range->name, sector, count, result);
    }
    range->crc = crc32(range->crc, buffer, (rt_size_t)count * range->bytes);
    return 0;
}

static int chunk_verify(struct range *range, rt_uint64_t sector, rt_uint32_t count, rt_uint8_t *buffer)
{
    rt_uint32_t good;

    if (chunk_read(range, sector, count, buffer) != 0)
    {
        return -1;
    }
    good = rt_virtio_blk_check_pattern(buffer, sector, count, range->bytes, range->seed);
    if (good != count)
    {
        rt_kprintf("mismatch at sector %lu of %s\n", (unsigned long)(sector + good), range->name);
        return -1;
    }
    return 0;
}

static int chunk_fill(struct range *range, rt_uint64_t sector, rt_uint32_t count, rt_uint8_t *buffer)
{
    long result;

    rt_virtio_blk_fill_pattern(buffer, sector, count, range->bytes, range->seed);
    result = (long)rt_device_write(range->dev, (rt_off_t)sector, buffer, count);
    return result == (long)count ? 0 : rt_virtio_blk_complain("write", range->name, sector, count, result);
}

static int for_each_chunk(struct range *range, chunk_t chunk)
{
    rt_uint8_t *buffer = rt_malloc(CHUNK_BYTES > range->bytes ? CHUNK_BYTES : range->bytes);
    rt_uint32_t most = CHUNK_BYTES > range->bytes ? CHUNK_BYTES / range->bytes : 1;
    rt_uint64_t sector = range->first;
    rt_uint64_t left = range->count;
    rt_uint32_t count;
    int result = 0;

    if (buffer == RT_NULL)
    {
        rt_kprintf("blk: no memory for a buffer\n");
        return -1;
    }
    while (left > 0 && result == 0)
    {
        count = left < most ? (rt_uint32_t)left : most;
        result = chunk(range, sector, count, buffer);
        sector += count;
        left -= count;
    }
    rt_free(buffer);
    return result;
}

static int run_crc(struct range *range)
{
    if (for_each_chunk(range, chunk_read) != 0)
    {
        return -1;
    }
    rt_kprintf("crc32 %08lx\n", (unsigned long)range->crc);
    return 0;
}

static int run_read(struct range *range)
{
    if (for_each_chunk(range, chunk_read) != 0)
    {
        return -1;
    }
    rt_kprintf("read %lu sectors\n", (unsigned long)range->count);
    return 0;
}

static int run_fill(struct range *range)
{
    if (for_each_chunk(range, chunk_fill) != 0)
    {
        return -1;
    }
    rt_kprintf("filled %lu sectors\n", (unsigned long)range->count);
    return 0;
}

static int run_verify(struct range *range)
{
    if (for_each_chunk(range, chunk_verify) != 0)
    {
        return -1;
    }
    rt_kprintf("verified %lu sectors\n", (unsigned long)range->count);
    return 0;
}

static int control_range(struct range *range, int command, const char *what, const char *past)
{
    struct rt_device_blk_sectors sectors;
    rt_err_t result;

    sectors.sector_begin = range->first;
    sectors.sector_end = range->first + range->count - 1;
    result = rt_device_control(range->dev, command, &sectors);
    if (result != RT_EOK)
    {
        return rt_virtio_blk_complain(what, range->name, range->first, range->count, (long)result);
    }
    rt_kprintf("%s %lu sectors\n", past, (unsigned long)range->count);
    return 0;
}

static int run_trim(struct range *range)
{
    return control_range(range, RT_VIRTIO_BLK_CTRL_DISCARD, "trim", "trimmed");
}

static int run_zero(struct range *range)
{
    return control_range(range, RT_VIRTIO_BLK_CTRL_WRITE_ZEROES, "zero", "zeroed");
}

static int run_erase(struct range *range)
{
    return control_range(range, RT_VIRTIO_BLK_CTRL_SECURE_ERASE, "secure erase", "erased");
}

static int run_polled(struct range *range)
{
    range->polled = RT_TRUE;
    return run_crc(range);
}

/* --- Commands about the device --- */

static int run_info(struct range *range)
{
    struct rt_device_blk_geometry geometry;

    if (rt_device_control(range->dev, RT_DEVICE_CTRL_BLK_GETGEOME, &geometry) != RT_EOK)
    {
        return -1;
    }
    rt_kprintf("sectors %lu, bytes per sector %lu, erase block %lu, read-only %s\n",
               (unsigned long)geometry.sector_count, (unsigned long)geometry.bytes_per_sector,
               (unsigned long)geometry.block_size, (range->dev->flag & RT_DEVICE_FLAG_WRONLY) != 0 ? "no" : "yes");
    return 0;
}

static int run_id(struct range *range)
{
    char id[21];
    rt_err_t result = rt_device_control(range->dev, RT_VIRTIO_BLK_CTRL_GET_ID, id);

    if (result != RT_EOK)
    {
        return rt_virtio_blk_complain("id", range->name, 0, 0, (long)result);
    }
    rt_kprintf("id %s\n", id);
    return 0;
}

static int run_lifetime(struct range *range)
{
    struct rt_virtio_blk_lifetime lifetime;
    rt_err_t result = rt_device_control(range->dev, RT_VIRTIO_BLK_CTRL_GET_LIFETIME, &lifetime);

    if (result != RT_EOK)
    {
        return rt_virtio_blk_complain("lifetime", range->name, 0, 0, (long)result);
    }
    rt_kprintf("lifetime pre_eol %u, type a %u, type b %u\n", (unsigned int)lifetime.pre_eol_info,
               (unsigned int)lifetime.est_typ_a, (unsigned int)lifetime.est_typ_b);
    return 0;
}

static int run_flush(struct range *range)
{
    rt_err_t result = rt_device_control(range->dev, RT_DEVICE_CTRL_BLK_SYNC, RT_NULL);

    if (result != RT_EOK)
    {
        return rt_virtio_blk_complain("flush", range->name, 0, 0, (long)result);
    }
    rt_kprintf("flushed\n");
    return 0;
}

/* FIRST is the state that is wanted. */
static int run_wce(struct range *range)
{
    rt_err_t result = rt_device_control(range->dev, RT_DEVICE_CTRL_BLK_AUTOREFRESH, (void *)(rt_ubase_t)range->first);

    if (result != RT_EOK)
    {
        return rt_virtio_blk_complain("wce", range->name, 0, 0, (long)result);
    }
    rt_kprintf("write cache %s\n", range->first != 0 ? "on" : "off");
    return 0;
}

/* FIRST threads for COUNT seconds or operations. */
static int run_stress(struct range *range)
{
    return rt_virtio_blk_stress(range->dev, range->name, (rt_uint32_t)range->first, (rt_uint32_t)range->count,
                                RT_FALSE);
}

static int run_bgstress(struct range *range)
{
    return rt_virtio_blk_stress(range->dev, range->name, (rt_uint32_t)range->first, (rt_uint32_t)range->count, RT_TRUE);
}

static int run_bench(struct range *range)
{
    return rt_virtio_blk_bench(range->dev, range->name, (rt_uint32_t)range->first, (rt_uint32_t)range->count);
}

static const struct
{
    const char *name;
    int arguments; /* after the device's name */
    int (*run)(struct range *range);
    const char *usage;
} commands[] = {
    {"info", 0, run_info, "NAME                      size, geometry"},
    {"id", 0, run_id, "NAME                        serial"},
    {"lifetime", 0, run_lifetime, "NAME                  wear"},
    {"read", 2, run_read, "NAME FIRST COUNT          read sectors"},
    {"crc", 2, run_crc, "NAME FIRST COUNT           CRC-32 of sectors"},
    {"polled", 2, run_polled, "NAME FIRST COUNT        the same with the scheduler locked"},
    {"fill", 3, run_fill, "NAME FIRST COUNT SEED     write a pattern"},
    {"verify", 3, run_verify, "NAME FIRST COUNT SEED   check it"},
    {"trim", 2, run_trim, "NAME FIRST COUNT          discard sectors"},
    {"zero", 2, run_zero, "NAME FIRST COUNT          write zeroes"},
    {"erase", 2, run_erase, "NAME FIRST COUNT         erase securely"},
    {"flush", 0, run_flush, "NAME                     make writes durable"},
    {"wce", 1, run_wce, "NAME 0|1                   write cache off or on"},
    {"stress", 2, run_stress, "NAME THREADS SECONDS    write and verify; destroys contents"},
    {"bgstress", 2, run_bgstress, "NAME THREADS SECONDS  the same in the background"},
    {"bench", 2, run_bench, "NAME THREADS OPS         read 4 KiB, OPS times in all"},
};

static int usage(void)
{
    rt_size_t i;

    rt_kprintf("usage:\n");
    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
    {
        rt_kprintf("  blk %s %s\n", commands[i].name, commands[i].usage);
    }
    return -1;
}

static int run(int (*command)(struct range *), struct range *range)
{
    struct rt_device_blk_geometry geometry;
    int result;

    range->dev = rt_device_find(range->name);
    if (range->dev == RT_NULL || range->dev->type != RT_Device_Class_Block)
    {
        rt_kprintf("blk: no block device %s; `virtio` lists them\n", range->name);
        return -1;
    }
    if (rt_device_open(range->dev, range->dev->flag & RT_DEVICE_FLAG_RDWR) != RT_EOK)
    {
        rt_kprintf("blk: cannot open %s\n", range->name);
        return -1;
    }
    if (rt_device_control(range->dev, RT_DEVICE_CTRL_BLK_GETGEOME, &geometry) != RT_EOK)
    {
        rt_device_close(range->dev);
        return -1;
    }
    range->bytes = geometry.bytes_per_sector;
    result = command(range);
    rt_device_close(range->dev);
    return result;
}

static int blk(int argc, char **argv)
{
    struct range range;
    rt_size_t i;

    memset(&range, 0, sizeof(range));
    for (i = 0; argc >= 3 && i < sizeof(commands) / sizeof(commands[0]); i++)
    {
        if (rt_strcmp(argv[1], commands[i].name) == 0 && argc == 3 + commands[i].arguments)
        {
            range.name = argv[2];
            range.first = argc > 3 ? strtoull(argv[3], RT_NULL, 0) : 0;
            range.count = argc > 4 ? strtoull(argv[4], RT_NULL, 0) : 0;
            range.seed = argc > 5 ? (rt_uint32_t)strtoul(argv[5], RT_NULL, 0) : 0;
            return run(commands[i].run, &range);
        }
    }
    return usage();
}
MSH_CMD_EXPORT(blk, block devices : read or write or check or measure);

#endif /* RT_USING_VIRTIO_SHELL && RT_USING_VIRTIO_BLK */
