/* SPDX-License-Identifier: Apache-2.0 */
/* RT-Thread's block framework (5.2 and later): disks and their partitions. */
#ifndef __BLK_H__
#define __BLK_H__

#include <rthw.h>
#include <rtthread.h>

struct rt_dm_ida;
struct rt_blk_disk_ops;

#define RT_BLK_DISK_MAGIC     0xbdaabdaa
#define RT_BLK_PARTITION_NONE (-1)
#define RT_BLK_PARTITION_MAX  (RT_UINT32_MAX >> 1)

struct rt_blk_disk
{
    struct rt_device parent;

    const struct rt_blk_disk_ops *ops;
#ifdef RT_USING_DM
    struct rt_dm_ida *ida;
#endif
    rt_uint32_t read_only : 1;
    rt_uint32_t parallel_io : 1;
    rt_uint32_t removable : 1;
    rt_uint32_t __magic;

    rt_uint32_t partitions;
    rt_int32_t max_partitions;
    rt_list_t part_nodes;

    struct rt_spinlock lock;
    struct rt_semaphore usr_lock;
};

/* A partition. There is a member with the file system's view of it as well. */
struct rt_blk_device
{
    struct rt_device parent;
    int partno;
    rt_list_t list;
    struct rt_blk_disk *disk;
    rt_size_t sector_start;
    rt_size_t sector_count;
};

struct rt_blk_disk_ops
{
    rt_ssize_t (*read)(struct rt_blk_disk *disk, rt_off_t sector, void *buffer, rt_size_t sector_count);
    rt_ssize_t (*write)(struct rt_blk_disk *disk, rt_off_t sector, const void *buffer, rt_size_t sector_count);
    rt_err_t (*getgeome)(struct rt_blk_disk *disk, struct rt_device_blk_geometry *geometry);
    rt_err_t (*sync)(struct rt_blk_disk *disk);
    rt_err_t (*erase)(struct rt_blk_disk *disk);
    rt_err_t (*autorefresh)(struct rt_blk_disk *disk, rt_bool_t is_auto);
    rt_err_t (*control)(struct rt_blk_disk *disk, struct rt_blk_device *blk, int cmd, void *args);
};

rt_err_t rt_hw_blk_disk_register(struct rt_blk_disk *disk);
rt_err_t rt_hw_blk_disk_unregister(struct rt_blk_disk *disk);

#endif
