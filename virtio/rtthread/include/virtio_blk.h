/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VirtIO block devices in RT-Thread: virtio-blk0, virtio-blk1, ... of RT_Device_Class_Block.
 *
 * rt_device_read() and rt_device_write() count in sectors of the device's logical block size, which
 * RT_DEVICE_CTRL_BLK_GETGEOME tells. They return the number of sectors, or a negative error: -RT_EINVAL (past the end;
 * the device is not asked), -RT_EIO (the device could not), -RT_ETIMEOUT (the device did not answer within
 * RT_VIRTIO_BLK_TIMEOUT_MS and was reset), -RT_EPERM (read-only medium; -RT_EIO where RT-Thread has no such
 * code), -RT_ENOMEM. Any number of threads at once; the buffer may have any alignment. A caller that cannot sleep
 * (scheduler locked, or not yet running) gets its answer by polling.
 */
#ifndef __VIRTIO_BLK_H__
#define __VIRTIO_BLK_H__

#include <rtthread.h>

#include <virtio.h>

rt_err_t rt_virtio_blk_init(rt_ubase_t *mmio_base, rt_uint32_t irq);

/*
 * RT-Thread's own control commands:
 *   RT_DEVICE_CTRL_BLK_GETGEOME     struct rt_device_blk_geometry *: block_size is what ERASE works in, in bytes
 *   RT_DEVICE_CTRL_BLK_SYNC         NULL: everything written before is durable afterwards
 *   RT_DEVICE_CTRL_BLK_ERASE        struct rt_device_blk_sectors *: from sector_begin to sector_end, both included. The
 *                                   contents are undefined afterwards. Discard, or write-zeroes where the device has no
 *                                   discard; -RT_ENOSYS where it has neither
 *   RT_DEVICE_CTRL_BLK_AUTOREFRESH  (void *)0 or (void *)1: write cache off (after a flush) or on; -RT_ENOSYS if fixed
 * and the driver's:
 */
/* Of the numbers that are a driver's own, from 0x20 to 0x3f, those that 4.1.0 has no use for. */
#define RT_VIRTIO_BLK_CTRL_GET_ID       0x30 /* char[21]: the serial, terminated */
#define RT_VIRTIO_BLK_CTRL_GET_LIFETIME 0x31 /* struct rt_virtio_blk_lifetime * */
#define RT_VIRTIO_BLK_CTRL_WRITE_ZEROES 0x32 /* struct rt_device_blk_sectors *: as ERASE, but reads zero afterwards */
#define RT_VIRTIO_BLK_CTRL_SECURE_ERASE 0x33 /* struct rt_device_blk_sectors *: as ERASE, and copies are erased too */
#define RT_VIRTIO_BLK_CTRL_GET_CACHE    0x34 /* rt_bool_t *: write cache on? */
#define RT_VIRTIO_BLK_CTRL_DISCARD      0x35 /* struct rt_device_blk_sectors *: as ERASE */

struct rt_virtio_blk_lifetime
{
    rt_uint16_t pre_eol_info; /* 0 undefined, 1 normal, 2 warning: 80 % of reserved blocks used, 3 urgent: 90 % */
    rt_uint16_t est_typ_a;    /* SLC and MLC wear in steps of 10 %: 1 is 0 to 10 %, 11 is exceeded, 0 unknown */
    rt_uint16_t est_typ_b;
};

/*
 * With RT_USING_BLK the device is a disk of RT-Thread's block framework (struct rt_blk_disk), and its partitions are
 * devices, too: virtio-blk0p0, virtio-blk0p1, ..., or virtio-blk0p0 alone, for all of it, where there is no partition
 * table. All of the above holds, except that the framework has an ERASE of its own, which erases the whole disk: for a
 * range there is DISCARD. On a partition the driver's commands count sectors from its beginning.
 */

#endif /* __VIRTIO_BLK_H__ */
