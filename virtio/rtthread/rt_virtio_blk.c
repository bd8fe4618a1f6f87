/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block device in RT-Thread: the rt_device of RT_Device_Class_Block, and its set-up. Requests are in
 * rt_virtio_blk_io.c.
 */
#include "rt_virtio_blk.h"

#include <string.h>

#include <virtio.h>
#include <virtio_blk.h>

#ifdef RT_USING_VIRTIO_BLK

/* Protocol sectors that are copied through a bounce buffer at a time, and those kept for callers that cannot sleep. */
#define BOUNCE_SECTORS_MAX  128u
#define BOUNCE_SECTORS_KEPT 8u
#define BOUNCE_ALIGN        64

static struct rt_virtio_blk *of(rt_device_t dev)
{
    return rt_container_of(dev, struct rt_virtio_blk, parent);
}

/* Protocol sectors in one sector of this device. */
static rt_uint32_t scale(const struct rt_virtio_blk *blk)
{
    return blk->engine.config.blk_size / VIRTIO_BLK_SECTOR_SIZE;
}

static rt_uint64_t capacity(const struct rt_virtio_blk *blk)
{
    return blk->engine.config.capacity / scale(blk);
}

/* --- Transfers --- */

/* Data straight from or into `buffer`. Protocol sectors. */
static int transfer_direct(struct rt_virtio_blk *blk, rt_uint32_t type, rt_uint64_t sector, rt_uint8_t *buffer,
                           rt_uint64_t count)
{
    struct rt_virtio_blk_io io;
    int error;

    io.pinned = RT_FALSE;
    while (count > 0)
    {
        io.request.type = type;
        io.request.sector = sector;
        io.request.sectors = count < RT_UINT32_MAX ? (rt_uint32_t)count : RT_UINT32_MAX;
        io.request.unmap = RT_FALSE;
        io.request.buffer = buffer;
        error = rt_virtio_blk_request(blk, &io);
        if (error != 0)
        {
            return error;
        }
        sector += io.request.sectors;
        count -= io.request.sectors;
        buffer += (rt_size_t)io.request.sectors * VIRTIO_BLK_SECTOR_SIZE;
    }
    return 0;
}

#ifdef RT_VIRTIO_BLK_BOUNCES

/*
 * Memory that the device can reach, for `*sectors` at most, which may be lowered. A caller that cannot sleep cannot
 * allocate either (RT-Thread's heap has a mutex), so a few sectors are kept for those, one at a time.
 */
static rt_uint8_t *get_bounce(struct rt_virtio_blk *blk, rt_uint64_t *sectors)
{
    rt_base_t level;
    rt_bool_t mine;

    if (rt_virtio_may_sleep())
    {
        *sectors = *sectors < BOUNCE_SECTORS_MAX ? *sectors : BOUNCE_SECTORS_MAX;
        return rt_malloc_align((rt_size_t)*sectors * VIRTIO_BLK_SECTOR_SIZE, BOUNCE_ALIGN);
    }
    *sectors = *sectors < BOUNCE_SECTORS_KEPT ? *sectors : BOUNCE_SECTORS_KEPT;
    level = rt_virtio_lock(&blk->recovery_lock);
    mine = !blk->bounce_taken;
    blk->bounce_taken = RT_TRUE;
    rt_virtio_unlock(&blk->recovery_lock, level);
    return mine ? blk->bounce : RT_NULL;
}

static void put_bounce(struct rt_virtio_blk *blk, rt_uint8_t *bounce)
{
    if (bounce == blk->bounce)
    {
        blk->bounce_taken = RT_FALSE;
    }
    else
    {
        rt_free_align(bounce);
    }
}

static int transfer_bounced(struct rt_virtio_blk *blk, rt_uint32_t type, rt_uint64_t sector, rt_uint8_t *buffer,
                            rt_uint64_t count)
{
    rt_uint64_t most = count;
    rt_uint8_t *bounce = get_bounce(blk, &most);
    int error = 0;
    rt_size_t bytes;

    if (bounce == RT_NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    while (count > 0 && error == 0)
    {
        most = count < most ? count : most;
        bytes = (rt_size_t)most * VIRTIO_BLK_SECTOR_SIZE;
        if (type == VIRTIO_BLK_T_OUT)
        {
            memcpy(bounce, buffer, bytes);
        }
        error = transfer_direct(blk, type, sector, bounce, most);
        if (type == VIRTIO_BLK_T_IN && error == 0)
        {
            memcpy(buffer, bounce, bytes);
        }
        sector += most;
        count -= most;
        buffer += bytes;
    }
    put_bounce(blk, bounce);
    return error;
}

#endif /* RT_VIRTIO_BLK_BOUNCES */

/* `pos` and `size` in the device's sectors. */
static rt_virtio_size_t transfer(struct rt_virtio_blk *blk, rt_uint32_t type, rt_off_t pos, void *buffer,
                                 rt_size_t size)
{
    rt_uint64_t sector = (rt_uint64_t)pos * scale(blk);
    rt_uint64_t count = (rt_uint64_t)size * scale(blk);
    int error;

    if (size == 0)
    {
        return 0;
    }
    if (buffer == RT_NULL || pos < 0 || (rt_uint64_t)pos >= capacity(blk) || size > capacity(blk) - (rt_uint64_t)pos)
    {
        return (rt_virtio_size_t)-RT_EINVAL;
    }
#ifdef RT_USING_VIRTIO_BOUNCE
    error = transfer_bounced(blk, type, sector, buffer, count);
#else
    error = transfer_direct(blk, type, sector, buffer, count);
#ifdef RT_VIRTIO_BLK_BOUNCES
    if (error == -VIRTIO_EFAULT)
    {
        error = transfer_bounced(blk, type, sector, buffer, count);
    }
#endif
#endif
    return error == 0 ? (rt_virtio_size_t)size : (rt_virtio_size_t)rt_virtio_error(error);
}

rt_virtio_size_t rt_virtio_blk_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size)
{
    return transfer(of(dev), VIRTIO_BLK_T_IN, pos, buffer, size);
}

rt_virtio_size_t rt_virtio_blk_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size)
{
    /* OUT only reads the buffer. */
    return transfer(of(dev), VIRTIO_BLK_T_OUT, pos, (void *)(rt_ubase_t)buffer, size);
}

/* --- Control --- */

/* Bytes that ERASE works in: what a discard can release at least, and never less than a sector. */
static rt_uint32_t erase_size(const struct rt_virtio_blk *blk)
{
    const struct virtio_blk_config *config = &blk->engine.config;
    rt_uint32_t size = config->blk_size;
    rt_uint32_t alignment;

    if (config->max_discard_sectors != 0 && config->discard_alignment <= RT_UINT32_MAX / VIRTIO_BLK_SECTOR_SIZE)
    {
        alignment = config->discard_alignment * VIRTIO_BLK_SECTOR_SIZE;
        size = alignment > size ? alignment : size;
    }
    return size;
}

static rt_err_t get_geometry(struct rt_virtio_blk *blk, struct rt_device_blk_geometry *geometry)
{
    if (geometry == RT_NULL)
    {
        return -RT_EINVAL;
    }
    geometry->sector_count = capacity(blk);
    if (geometry->sector_count != capacity(blk))
    {
        geometry->sector_count = RT_UINT32_MAX; /* it had 32 bits in 4.1 */
    }
    geometry->bytes_per_sector = blk->engine.config.blk_size;
    geometry->block_size = erase_size(blk);
    return RT_EOK;
}

/* A request without sectors. */
static rt_err_t ask(struct rt_virtio_blk *blk, rt_uint32_t type, void *buffer, rt_bool_t pinned)
{
    struct rt_virtio_blk_io io;

    io.pinned = pinned;
    memset(&io.request, 0, sizeof(io.request));
    io.request.type = type;
    io.request.buffer = buffer;
    return rt_virtio_error(rt_virtio_blk_request(blk, &io));
}

rt_err_t rt_virtio_blk_flush(struct rt_virtio_blk *blk, rt_bool_t pinned)
{
    /* 5.2.5.1: without FLUSH the device writes through, and there is nothing to wait for. */
    if (!virtio_device_has(&blk->device.core, VIRTIO_BLK_F_FLUSH))
    {
        return RT_EOK;
    }
    return ask(blk, VIRTIO_BLK_T_FLUSH, RT_NULL, pinned);
}

/* A range of the device's sectors, the last one included. */
static rt_err_t erase(struct rt_virtio_blk *blk, rt_uint32_t type, rt_bool_t unmap,
                      const struct rt_device_blk_sectors *range, rt_bool_t pinned)
{
    struct rt_virtio_blk_io io;
    rt_uint64_t sector;
    rt_uint64_t count;
    int error;

    if (range == RT_NULL || range->sector_begin > range->sector_end || range->sector_end >= capacity(blk))
    {
        return -RT_EINVAL;
    }
    sector = (rt_uint64_t)range->sector_begin * scale(blk);
    count = ((rt_uint64_t)range->sector_end - range->sector_begin + 1) * scale(blk);
    io.pinned = pinned;
    while (count > 0)
    {
        memset(&io.request, 0, sizeof(io.request));
        io.request.type = type;
        io.request.sector = sector;
        io.request.sectors = count < RT_UINT32_MAX ? (rt_uint32_t)count : RT_UINT32_MAX;
        io.request.unmap = unmap;
        error = rt_virtio_blk_request(blk, &io);
        if (error != 0)
        {
            return rt_virtio_error(error);
        }
        sector += io.request.sectors;
        count -= io.request.sectors;
    }
    return RT_EOK;
}

rt_err_t rt_virtio_blk_discard(struct rt_virtio_blk *blk, const struct rt_device_blk_sectors *range, rt_bool_t pinned)
{
    rt_err_t result = erase(blk, VIRTIO_BLK_T_DISCARD, RT_FALSE, range, pinned);

    return result == -RT_ENOSYS ? erase(blk, VIRTIO_BLK_T_WRITE_ZEROES, RT_TRUE, range, pinned) : result;
}

static rt_err_t set_cache(struct rt_virtio_blk *blk, rt_bool_t on)
{
    rt_err_t result = RT_EOK;

    if (!on)
    {
        /* 5.2.6.2: switching the cache off makes nothing durable that was written before. */
        result = rt_virtio_blk_flush(blk, RT_FALSE);
    }
    return result == RT_EOK ? rt_virtio_error(virtio_blk_set_writeback(&blk->engine, on)) : result;
}

rt_err_t rt_virtio_blk_control(rt_device_t dev, int command, void *args)
{
    struct rt_virtio_blk *blk = of(dev);

    switch (command)
    {
    case RT_DEVICE_CTRL_BLK_GETGEOME:
        return get_geometry(blk, args);
    case RT_DEVICE_CTRL_BLK_SYNC:
        return rt_virtio_blk_flush(blk, RT_FALSE);
    case RT_DEVICE_CTRL_BLK_ERASE:
    case RT_VIRTIO_BLK_CTRL_DISCARD:
        return rt_virtio_blk_discard(blk, args, RT_FALSE);
    case RT_DEVICE_CTRL_BLK_AUTOREFRESH:
        return set_cache(blk, args != RT_NULL);
    case RT_VIRTIO_BLK_CTRL_WRITE_ZEROES:
        return erase(blk, VIRTIO_BLK_T_WRITE_ZEROES, RT_TRUE, args, RT_FALSE);
    case RT_VIRTIO_BLK_CTRL_SECURE_ERASE:
        return erase(blk, VIRTIO_BLK_T_SECURE_ERASE, RT_FALSE, args, RT_FALSE);
    case RT_VIRTIO_BLK_CTRL_GET_ID:
        return args != RT_NULL ? ask(blk, VIRTIO_BLK_T_GET_ID, args, RT_FALSE) : -RT_EINVAL;
    case RT_VIRTIO_BLK_CTRL_GET_LIFETIME:
        return args != RT_NULL ? ask(blk, VIRTIO_BLK_T_GET_LIFETIME, args, RT_FALSE) : -RT_EINVAL;
    case RT_VIRTIO_BLK_CTRL_GET_CACHE:
        if (args == RT_NULL)
        {
            return -RT_EINVAL;
        }
        *(rt_bool_t *)args = virtio_blk_writeback(&blk->engine);
        return RT_EOK;
    default:
        return -RT_EINVAL;
    }
}

/* --- Set-up --- */

static void config_changed(struct rt_virtio_device *device)
{
    struct rt_virtio_blk *blk = rt_container_of(device, struct rt_virtio_blk, device);

    if (virtio_blk_refresh(&blk->engine))
    {
        rt_kprintf("%s: now %lu sectors\n", device->name, (unsigned long)capacity(blk));
    }
}

static struct virtio_queue *queue_at(struct rt_virtio_device *device, unsigned int index)
{
    struct rt_virtio_blk *blk = rt_container_of(device, struct rt_virtio_blk, device);

    return index < blk->engine.queue_count ? &blk->engine.queues[index].ring : RT_NULL;
}

/* A limit as the device states it; what requests are cut to can be less. */
static void print_limit(struct rt_virtio_device *device, const char *name, unsigned int feature, rt_uint16_t offset,
                        rt_uint32_t used)
{
    struct virtio_config_field field = {offset, 4, 0};

    if (virtio_device_has(&device->core, feature))
    {
        virtio_config_read(&device->core, &field, 1);
        rt_kprintf("%s: %lu (used: %lu)\n", name, (unsigned long)field.value, (unsigned long)used);
    }
}

/* Only what the negotiated features make valid. */
static void print_config(struct rt_virtio_device *device)
{
    struct rt_virtio_blk *blk = rt_container_of(device, struct rt_virtio_blk, device);
    const struct virtio_blk_config *config = &blk->engine.config;

    rt_kprintf("capacity: %lu sectors of 512 bytes\n", (unsigned long)config->capacity);
    rt_kprintf("read-only: %s\n", virtio_blk_read_only(&blk->engine) ? "yes" : "no");
    print_limit(device, "size_max", VIRTIO_BLK_F_SIZE_MAX, VIRTIO_BLK_CONFIG_SIZE_MAX, config->size_max);
    print_limit(device, "seg_max", VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_CONFIG_SEG_MAX, config->seg_max);
    if (virtio_device_has(&device->core, VIRTIO_BLK_F_GEOMETRY))
    {
        rt_kprintf("geometry: %u cylinders, %u heads, %u sectors\n", (unsigned int)config->cylinders,
                   (unsigned int)config->heads, (unsigned int)config->sectors_per_track);
    }
    rt_kprintf("blk_size: %lu\n", (unsigned long)config->blk_size);
    if (virtio_device_has(&device->core, VIRTIO_BLK_F_TOPOLOGY))
    {
        rt_kprintf("topology: physical block 2^%u, alignment offset %u, min_io_size %u, opt_io_size %lu\n",
                   (unsigned int)config->physical_block_exp, (unsigned int)config->alignment_offset,
                   (unsigned int)config->min_io_size, (unsigned long)config->opt_io_size);
    }
    rt_kprintf("writeback: %s\n", virtio_blk_writeback(&blk->engine) ? "on" : "off");
    if (virtio_device_has(&device->core, VIRTIO_BLK_F_MQ))
    {
        rt_kprintf("num_queues: %u\n", (unsigned int)config->num_queues);
    }
    if (virtio_device_has(&device->core, VIRTIO_BLK_F_DISCARD))
    {
        rt_kprintf("discard: max %lu sectors, alignment %lu\n", (unsigned long)config->max_discard_sectors,
                   (unsigned long)config->discard_alignment);
    }
    if (virtio_device_has(&device->core, VIRTIO_BLK_F_WRITE_ZEROES))
    {
        rt_kprintf("write_zeroes: max %lu sectors, may unmap %s\n", (unsigned long)config->max_write_zeroes_sectors,
                   config->write_zeroes_may_unmap ? "yes" : "no");
    }
    if (virtio_device_has(&device->core, VIRTIO_BLK_F_SECURE_ERASE))
    {
        rt_kprintf("secure_erase: max %lu sectors, alignment %lu\n", (unsigned long)config->max_secure_erase_sectors,
                   (unsigned long)config->secure_erase_alignment);
    }
}

static void free_memory(struct rt_virtio_blk *blk)
{
    rt_free(blk->queues);
    blk->queues = RT_NULL;
#ifdef RT_VIRTIO_BLK_BOUNCES
    if (blk->bounce != RT_NULL)
    {
        rt_free_align(blk->bounce);
    }
    blk->bounce = RT_NULL;
#endif
}

static rt_err_t unregister_device(struct rt_virtio_blk *blk)
{
#ifdef RT_USING_BLK
    return rt_virtio_blk_unregister_disk(blk);
#else
    return blk->parent.ref_count == 0 ? rt_device_unregister(&blk->parent) : -RT_EBUSY;
#endif
}

static rt_err_t withdraw(struct rt_virtio_device *device)
{
    struct rt_virtio_blk *blk = rt_container_of(device, struct rt_virtio_blk, device);
    rt_err_t result;

    if (blk->registered)
    {
        result = unregister_device(blk);
        if (result != RT_EOK)
        {
            return result;
        }
        blk->registered = RT_FALSE;
    }
    return rt_virtio_error(rt_virtio_blk_end(blk));
}

static void destroy(struct rt_virtio_device *device)
{
    struct rt_virtio_blk *blk = rt_container_of(device, struct rt_virtio_blk, device);

    if (blk->engine.dev != RT_NULL)
    {
        virtio_blk_destroy(&blk->engine);
    }
    free_memory(blk);
    rt_free(blk);
}

static const struct rt_virtio_class blk_class = {
    .prefix = RT_VIRTIO_NAME("virtio-blk", "vblk"),
    .id = VIRTIO_ID_BLOCK,
    .features = virtio_blk_features,
    .interrupt = rt_virtio_blk_interrupt,
    .config_changed = config_changed,
    .recover = rt_virtio_blk_recover,
    .withdraw = withdraw,
    .destroy = destroy,
    .queue = queue_at,
    .print_config = print_config,
};

#ifdef RT_USING_BLK

static rt_err_t register_device(struct rt_virtio_blk *blk)
{
    rt_err_t result = rt_virtio_blk_register_disk(blk);

    blk->registered = result == RT_EOK;
    return result;
}

#else

static const struct rt_virtio_ops blk_ops = {
    .init = RT_NULL,
    .open = RT_NULL,
    .close = RT_NULL,
    .read = rt_virtio_blk_read,
    .write = rt_virtio_blk_write,
    .control = rt_virtio_blk_control,
};

static rt_err_t register_device(struct rt_virtio_blk *blk)
{
    rt_device_t dev = &blk->parent;
    rt_err_t result;

    dev->type = RT_Device_Class_Block;
    rt_virtio_set_ops(dev, &blk_ops);
    result = rt_device_register(dev, blk->device.name,
                                virtio_blk_read_only(&blk->engine) ? RT_DEVICE_FLAG_RDONLY : RT_DEVICE_FLAG_RDWR);
    blk->registered = result == RT_EOK;
    return result;
}

#endif /* RT_USING_BLK */

static rt_err_t start(struct rt_virtio_blk *blk)
{
    rt_uint16_t queues = RT_VIRTIO_BLK_QUEUES < RT_VIRTIO_CPUS ? RT_VIRTIO_BLK_QUEUES : RT_VIRTIO_CPUS;
    struct rt_virtio_blk_queue *locks;
    rt_uint16_t i;
    int error;

    rt_virtio_lock_init(&blk->recovery_lock);
    locks = rt_calloc(queues, sizeof(*locks));
    if (locks == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    for (i = 0; i < queues; i++)
    {
        rt_virtio_lock_init(&locks[i].lock);
    }
    blk->queues = locks;
#ifdef RT_VIRTIO_BLK_BOUNCES
    blk->bounce = rt_malloc_align(BOUNCE_SECTORS_KEPT * VIRTIO_BLK_SECTOR_SIZE, BOUNCE_ALIGN);
#endif
    error = virtio_blk_start(&blk->engine, &blk->device.core, queues, RT_VIRTIO_BLK_RING_SIZE);
    if (error != 0)
    {
        free_memory(blk);
    }
    return rt_virtio_error(error);
}

rt_err_t rt_virtio_blk_init(rt_ubase_t *mmio_base, rt_uint32_t irq)
{
    struct rt_virtio_blk *blk = rt_calloc(1, sizeof(*blk));
    rt_err_t result;

    if (blk == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    result = rt_virtio_attach(&blk->device, &blk_class, mmio_base, irq);
    if (result != RT_EOK)
    {
        rt_free(blk);
        return result;
    }
    /* From here on the device is in the list, for the user to see what became of it. */
    result = start(blk);
    if (result == RT_EOK)
    {
        /* Before that, as registering it may read it. */
        rt_virtio_enable_interrupt(&blk->device);
        result = register_device(blk);
        if (result != RT_EOK)
        {
            (void)rt_virtio_blk_end(blk);
        }
    }
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: not registered, error %d\n", blk->device.name, (int)result);
        return result;
    }
    blk->device.state = "ok";
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_BLK */
