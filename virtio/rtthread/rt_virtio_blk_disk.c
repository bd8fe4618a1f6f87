/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block device in RT-Thread's block framework (RT_USING_BLK): a disk, whose partitions are devices as well.
 *
 * The framework calls `sync` and `erase` with a bare spinlock held, on one CPU with interrupts off, so they poll.
 */
#include "rt_virtio_blk.h"

#include <string.h>

#include <virtio_blk.h>

#if defined(RT_USING_VIRTIO_BLK) && defined(RT_USING_BLK)

#ifdef RT_USING_DM
#include <drivers/core/dm.h>
#include <drivers/core/master_id.h>

/* Device numbers of disks and partitions together. */
static struct rt_dm_ida blk_ida = RT_DM_IDA_INIT(VIRTUAL_BLOCK);
#endif

static struct rt_virtio_blk *of(struct rt_blk_disk *disk)
{
    return rt_container_of(disk, struct rt_virtio_blk, disk);
}

static rt_ssize_t disk_read(struct rt_blk_disk *disk, rt_off_t sector, void *buffer, rt_size_t count)
{
    return rt_virtio_blk_read(&disk->parent, sector, buffer, count);
}

static rt_ssize_t disk_write(struct rt_blk_disk *disk, rt_off_t sector, const void *buffer, rt_size_t count)
{
    return rt_virtio_blk_write(&disk->parent, sector, buffer, count);
}

static rt_err_t disk_getgeome(struct rt_blk_disk *disk, struct rt_device_blk_geometry *geometry)
{
    return rt_virtio_blk_control(&disk->parent, RT_DEVICE_CTRL_BLK_GETGEOME, geometry);
}

static rt_err_t disk_sync(struct rt_blk_disk *disk)
{
    struct rt_virtio_blk *blk = of(disk);
    rt_err_t result = rt_virtio_blk_flush(blk, RT_TRUE);

    if (result != RT_EOK && blk->leaving)
    {
        /* The framework would not let go of a disk that does not work any more. */
        rt_kprintf("virtio: %s: flush failed, error %d; what was written last may be lost\n", blk->device.name,
                   (int)result);
        result = RT_EOK;
    }
    return result;
}

static rt_err_t disk_erase(struct rt_blk_disk *disk)
{
    struct rt_device_blk_geometry geometry;
    struct rt_device_blk_sectors all;
    rt_err_t result = disk_getgeome(disk, &geometry);

    if (result != RT_EOK || geometry.sector_count == 0)
    {
        return result;
    }
    all.sector_begin = 0;
    all.sector_end = geometry.sector_count - 1;
    return rt_virtio_blk_discard(of(disk), &all, RT_TRUE);
}

static rt_err_t disk_autorefresh(struct rt_blk_disk *disk, rt_bool_t is_auto)
{
    return rt_virtio_blk_control(&disk->parent, RT_DEVICE_CTRL_BLK_AUTOREFRESH, (void *)(rt_ubase_t)is_auto);
}

/* A range of a partition as one of the disk. */
static rt_bool_t translate(const struct rt_blk_device *blk, const struct rt_device_blk_sectors *range,
                           struct rt_device_blk_sectors *on_disk)
{
    if (range->sector_begin > range->sector_end || range->sector_end >= blk->sector_count)
    {
        return RT_FALSE;
    }
    on_disk->sector_begin = range->sector_begin + blk->sector_start;
    on_disk->sector_end = range->sector_end + blk->sector_start;
    return RT_TRUE;
}

static rt_err_t disk_control(struct rt_blk_disk *disk, struct rt_blk_device *blk, int command, void *args)
{
    struct rt_device_blk_sectors on_disk;

    switch (command)
    {
    case RT_VIRTIO_BLK_CTRL_WRITE_ZEROES:
    case RT_VIRTIO_BLK_CTRL_SECURE_ERASE:
    case RT_VIRTIO_BLK_CTRL_DISCARD:
        if (args == RT_NULL || (blk != RT_NULL && !translate(blk, args, &on_disk)))
        {
            return -RT_EINVAL;
        }
        return rt_virtio_blk_control(&disk->parent, command, blk != RT_NULL ? &on_disk : args);
    default:
        return rt_virtio_blk_control(&disk->parent, command, args);
    }
}

static const struct rt_blk_disk_ops disk_ops = {
    .read = disk_read,
    .write = disk_write,
    .getgeome = disk_getgeome,
    .sync = disk_sync,
    .erase = disk_erase,
    .autorefresh = disk_autorefresh,
    .control = disk_control,
};

/* Without `write` the framework takes a disk for a read-only one. */
static const struct rt_blk_disk_ops read_only_ops = {
    .read = disk_read,
    .getgeome = disk_getgeome,
    .sync = disk_sync,
    .autorefresh = disk_autorefresh,
    .control = disk_control,
};

rt_err_t rt_virtio_blk_register_disk(struct rt_virtio_blk *blk)
{
    struct rt_blk_disk *disk = &blk->disk;

    /* The framework looks for partitions even if it could not register the disk. */
    if (rt_device_find(blk->device.name) != RT_NULL)
    {
        return -RT_ERROR;
    }
    memset(disk, 0, sizeof(*disk));
#if RT_NAME_MAX > 0
    rt_strncpy(disk->parent.parent.name, blk->device.name, RT_NAME_MAX - 1);
#else
    disk->parent.parent.name = blk->device.name;
#endif
#ifdef RT_USING_DM
    disk->ida = &blk_ida;
#endif
    disk->ops = virtio_blk_read_only(&blk->engine) ? &read_only_ops : &disk_ops;
    disk->read_only = virtio_blk_read_only(&blk->engine);
    disk->parallel_io = RT_TRUE;
    disk->removable = RT_TRUE;
    disk->max_partitions = RT_BLK_PARTITION_MAX;
    return rt_hw_blk_disk_register(disk);
}

rt_err_t rt_virtio_blk_unregister_disk(struct rt_virtio_blk *blk)
{
    rt_err_t result;

    blk->leaving = RT_TRUE;
    result = rt_hw_blk_disk_unregister(&blk->disk);
    blk->leaving = RT_FALSE;
    return result;
}

#endif /* RT_USING_VIRTIO_BLK && RT_USING_BLK */
