/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for RT-Thread's block framework: disks, the partitions of a PC's
 * partition table, and the bare spinlock that is held around `sync` and
 * `erase`. Whether the driver sleeps with it is watched on one CPU.
 */

#include <finsh.h>
#include <string.h>

#include <drivers/blk.h>
#include <drivers/core/dm.h>
#include <rthw.h>

#include "hw.h"

#ifdef RT_USING_BLK

#define DISK(dev) rt_container_of(dev, struct rt_blk_disk, parent)
#define PART(dev) rt_container_of(dev, struct rt_blk_device, parent)

static volatile unsigned long idle_turns;

static void watch(void)
{
    idle_turns++;
}

static rt_base_t bare_lock(struct rt_blk_disk *disk)
{
#ifdef RT_USING_SMP
    rt_hw_spin_lock(&disk->lock.lock);
    return 0;
#else
    return rt_hw_interrupt_disable();
#endif
}

static void bare_unlock(struct rt_blk_disk *disk, rt_base_t level)
{
#ifdef RT_USING_SMP
    rt_hw_spin_unlock(&disk->lock.lock);
#else
    rt_hw_interrupt_enable(level);
#endif
}

/* Call what must not sleep. */
static rt_err_t call_locked(struct rt_blk_disk *disk, rt_err_t (*op)(struct rt_blk_disk *disk))
{
    rt_base_t level = bare_lock(disk);
    unsigned long turns = idle_turns;
    rt_err_t result = op(disk);

#ifndef RT_USING_SMP
    RT_ASSERT(idle_turns == turns);
#endif
    (void)turns;
    bare_unlock(disk, level);

    return result;
}

/* ---- partitions ---- */

static rt_err_t part_open(rt_device_t dev, rt_uint16_t oflag)
{
    return rt_device_open(&PART(dev)->disk->parent, oflag);
}

static rt_err_t part_close(rt_device_t dev)
{
    return rt_device_close(&PART(dev)->disk->parent);
}

static rt_ssize_t part_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size)
{
    struct rt_blk_device *part = PART(dev);

    if (size > part->sector_count || (rt_size_t)pos > part->sector_count - size)
    {
        return -RT_EINVAL;
    }

    return rt_device_read(&part->disk->parent, (rt_off_t)part->sector_start + pos, buffer, size);
}

static rt_ssize_t part_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size)
{
    struct rt_blk_device *part = PART(dev);

    if (size > part->sector_count || (rt_size_t)pos > part->sector_count - size)
    {
        return -RT_EINVAL;
    }

    return rt_device_write(&part->disk->parent, (rt_off_t)part->sector_start + pos, buffer, size);
}

static rt_err_t part_control(rt_device_t dev, int cmd, void *args)
{
    struct rt_blk_device *part = PART(dev);
    struct rt_device_blk_geometry *geometry = args;
    rt_err_t result;

    switch (cmd)
    {
    case RT_DEVICE_CTRL_BLK_GETGEOME:
        result = part->disk->ops->getgeome(part->disk, geometry);
        geometry->sector_count = part->sector_count;
        return result;
    case RT_DEVICE_CTRL_BLK_SYNC:
        return rt_device_control(&part->disk->parent, cmd, args);
    default:
        return part->disk->ops->control(part->disk, part, cmd, args);
    }
}

static rt_err_t disk_control(rt_device_t dev, int cmd, void *args)
{
    struct rt_blk_disk *disk = DISK(dev);
    rt_err_t result;

    switch (cmd)
    {
    case RT_DEVICE_CTRL_BLK_GETGEOME:
        return disk->ops->getgeome(disk, args);
    case RT_DEVICE_CTRL_BLK_SYNC:
    case RT_DEVICE_CTRL_BLK_ERASE:
        if (cmd == RT_DEVICE_CTRL_BLK_ERASE && (disk->ops->erase == RT_NULL || disk->parent.ref_count != 1))
        {
            return disk->ops->erase == RT_NULL ? -RT_ENOSYS : -RT_EBUSY;
        }
        rt_sem_take(&disk->usr_lock, RT_WAITING_FOREVER);
        result = call_locked(disk, cmd == RT_DEVICE_CTRL_BLK_SYNC ? disk->ops->sync : disk->ops->erase);
        rt_sem_release(&disk->usr_lock);
        return result;
    case RT_DEVICE_CTRL_BLK_AUTOREFRESH:
        return disk->ops->autorefresh(disk, args != RT_NULL);
    default:
        return disk->ops->control(disk, RT_NULL, cmd, args);
    }
}

static rt_ssize_t disk_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size)
{
    return DISK(dev)->ops->read(DISK(dev), pos, buffer, size);
}

static rt_ssize_t disk_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size)
{
    return DISK(dev)->read_only ? -RT_ENOSYS : DISK(dev)->ops->write(DISK(dev), pos, buffer, size);
}

#ifdef RT_USING_DEVICE_OPS
static const struct rt_device_ops part_ops = {
    .open = part_open,
    .close = part_close,
    .read = part_read,
    .write = part_write,
    .control = part_control,
};

static const struct rt_device_ops disk_ops = {
    .read = disk_read,
    .write = disk_write,
    .control = disk_control,
};
#else
#error "the stand-in is written for RT_USING_DEVICE_OPS"
#endif

/* The name is in the object already, which the test kernel's rt_object_init() begins with clearing. */
static rt_err_t register_named(rt_device_t dev, rt_uint16_t flags)
{
    char name[RT_NAME_MAX];

    rt_strncpy(name, dev->parent.name, sizeof(name));

    return rt_device_register(dev, name, flags);
}

static void part_add(struct rt_blk_disk *disk, int number, rt_size_t start, rt_size_t count)
{
    struct rt_blk_device *part = rt_calloc(1, sizeof(*part));

    RT_ASSERT(part != RT_NULL);
    part->parent.type = RT_Device_Class_Block;
    part->parent.ops = &part_ops;
    part->disk = disk;
    part->partno = number;
    part->sector_start = start;
    part->sector_count = count;
    /* The disk's name ends in a digit. */
    rt_snprintf(part->parent.parent.name, RT_NAME_MAX, "%sp%d", disk->parent.parent.name, number);
    part->parent.device_id = (rt_uint8_t)rt_dm_ida_alloc(disk->ida);
    register_named(&part->parent, disk->parent.flag & RT_DEVICE_FLAG_RDWR);
    rt_list_insert_before(&disk->part_nodes, &part->list);
    disk->partitions++;
}

static rt_uint32_t le32(const rt_uint8_t *at)
{
    return at[0] | (rt_uint32_t)at[1] << 8 | (rt_uint32_t)at[2] << 16 | (rt_uint32_t)at[3] << 24;
}

static void find_partitions(struct rt_blk_disk *disk)
{
    struct rt_device_blk_geometry geometry;
    rt_uint8_t *sector;
    int i;

    disk->ops->getgeome(disk, &geometry);
    sector = rt_malloc(geometry.bytes_per_sector);
    RT_ASSERT(sector != RT_NULL);
    if (disk->ops->read(disk, 0, sector, 1) == 1 && sector[510] == 0x55 && sector[511] == 0xaa)
    {
        for (i = 0; i < 4; i++)
        {
            const rt_uint8_t *entry = sector + 446 + 16 * i;

            if (entry[4] != 0 && le32(entry + 8) + (rt_uint64_t)le32(entry + 12) <= geometry.sector_count)
            {
                part_add(disk, i, le32(entry + 8), le32(entry + 12));
            }
        }
    }
    rt_free(sector);
    if (disk->partitions == 0)
    {
        part_add(disk, 0, 0, geometry.sector_count);
    }
}

rt_err_t rt_hw_blk_disk_register(struct rt_blk_disk *disk)
{
    rt_err_t result;

    if (disk == RT_NULL || disk->ops == RT_NULL || disk->ida == RT_NULL || disk->parent.parent.name[0] == '\0')
    {
        return -RT_EINVAL;
    }
    rt_thread_idle_sethook(watch);
    disk->__magic = RT_BLK_DISK_MAGIC;
    rt_sem_init(&disk->usr_lock, disk->parent.parent.name, 1, RT_IPC_FLAG_PRIO);
    rt_list_init(&disk->part_nodes);
    rt_spin_lock_init(&disk->lock);
    disk->parent.type = RT_Device_Class_Block;
    disk->parent.ops = &disk_ops;
    if (disk->ops->write == RT_NULL)
    {
        disk->read_only = 1;
    }
    disk->parent.master_id = disk->ida->master_id;
    disk->parent.device_id = (rt_uint8_t)rt_dm_ida_alloc(disk->ida);
    result = register_named(&disk->parent, disk->read_only ? RT_DEVICE_FLAG_RDONLY : RT_DEVICE_FLAG_RDWR);
    if (result != RT_EOK)
    {
        rt_sem_detach(&disk->usr_lock);
    }
    find_partitions(disk);

    return result;
}

rt_err_t rt_hw_blk_disk_unregister(struct rt_blk_disk *disk)
{
    struct rt_blk_device *part;
    rt_err_t result;

    if (disk->parent.ref_count > 0)
    {
        return -RT_EBUSY;
    }
    result = call_locked(disk, disk->ops->sync);
    if (result != RT_EOK)
    {
        return result;
    }
    rt_sem_detach(&disk->usr_lock);
    while (!rt_list_isempty(&disk->part_nodes))
    {
        part = rt_list_entry(disk->part_nodes.next, struct rt_blk_device, list);
        rt_list_remove(&part->list);
        rt_dm_ida_free(disk->ida, part->parent.device_id);
        rt_device_unregister(&part->parent);
        rt_free(part);
    }
    rt_dm_ida_free(disk->ida, disk->parent.device_id);

    return rt_device_unregister(&disk->parent);
}

/* ---- list_blk ---- */

static void list_disk(struct rt_blk_disk *disk)
{
    struct rt_blk_device *part;
    rt_list_t *at;

    rt_kprintf("%s %u:%u ro %u rm %u\n", disk->parent.parent.name, disk->parent.master_id, disk->parent.device_id,
               (unsigned int)disk->read_only, (unsigned int)disk->removable);
    for (at = disk->part_nodes.next; at != &disk->part_nodes; at = at->next)
    {
        part = rt_list_entry(at, struct rt_blk_device, list);
        rt_kprintf("%s %u:%u start %lu count %lu\n", part->parent.parent.name, disk->parent.master_id,
                   part->parent.device_id, (unsigned long)part->sector_start, (unsigned long)part->sector_count);
    }
}

/* Every device of the class is taken for a disk, if what lies where a disk has its magic number is that. */
static int list_blk(int argc, char **argv)
{
    char name[RT_NAME_MAX];
    rt_device_t dev;
    int i;

    for (i = 0; i < 8; i++)
    {
        rt_snprintf(name, sizeof(name), "virtio-blk%d", i);
        dev = rt_device_find(name);
        if (dev != RT_NULL && DISK(dev)->__magic == RT_BLK_DISK_MAGIC)
        {
            list_disk(DISK(dev));
        }
    }

    return 0;
}
MSH_CMD_EXPORT(list_blk, disks and their partitions);

/* RT_DEVICE_CTRL_BLK_SYNC and _ERASE, as a file system or a user would. */
static int blkctl(int argc, char **argv)
{
    rt_device_t dev = argc == 3 ? rt_device_find(argv[1]) : RT_NULL;
    rt_err_t result;

    if (dev == RT_NULL || rt_device_open(dev, RT_DEVICE_OFLAG_RDONLY) != RT_EOK)
    {
        rt_kprintf("blkctl: no\n");
        return -1;
    }
    result = rt_device_control(
        dev, rt_strcmp(argv[2], "sync") == 0 ? RT_DEVICE_CTRL_BLK_SYNC : RT_DEVICE_CTRL_BLK_ERASE, RT_NULL);
    rt_device_close(dev);
    rt_kprintf("%s: %d\n", argv[2], (int)result);

    return 0;
}
MSH_CMD_EXPORT(blkctl, blkctl DISK sync or erase);

#endif /* RT_USING_BLK */
