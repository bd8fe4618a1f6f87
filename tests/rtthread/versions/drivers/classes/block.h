/* SPDX-License-Identifier: Apache-2.0 */
/* Block devices; in rtdef.h itself before 5.1. */
#ifndef DECLARED_BLOCK_H
#define DECLARED_BLOCK_H

#include <rtdef.h>

#if DECLARED_VERSION < 50000
#define RT_DEVICE_CTRL_BLK_GETGEOME    0x20
#define RT_DEVICE_CTRL_BLK_SYNC        0x21
#define RT_DEVICE_CTRL_BLK_ERASE       0x22
#define RT_DEVICE_CTRL_BLK_AUTOREFRESH 0x23
#define DECLARED_SECTOR                rt_uint32_t
#else
#define RT_DEVICE_CTRL_BLK_GETGEOME    (RT_DEVICE_CTRL_BASE(Block) + 1)
#define RT_DEVICE_CTRL_BLK_SYNC        (RT_DEVICE_CTRL_BASE(Block) + 2)
#define RT_DEVICE_CTRL_BLK_ERASE       (RT_DEVICE_CTRL_BASE(Block) + 3)
#define RT_DEVICE_CTRL_BLK_AUTOREFRESH (RT_DEVICE_CTRL_BASE(Block) + 4)
#define DECLARED_SECTOR                rt_uint64_t
#endif

struct rt_device_blk_geometry
{
    DECLARED_SECTOR sector_count;
    rt_uint32_t bytes_per_sector;
    rt_uint32_t block_size;
};

struct rt_device_blk_sectors
{
    DECLARED_SECTOR sector_begin;
    DECLARED_SECTOR sector_end;
};

#endif
