/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With -DDEMO_EARLY: devices are brought up, and a disk is read, at board level, before there is a scheduler; as a
 * board does that loads its configuration from disk. The later start of the devices must then find them in use.
 */
#include <rtthread.h>

#include <virtio.h>

#ifdef DEMO_EARLY

int rt_virtio_devices_init(void);

static int early(void)
{
    rt_uint8_t sector[512];
    rt_device_t disk;
    long result;

    rt_virtio_devices_init();
    disk = rt_device_find("virtio-blk0");
    if (disk == RT_NULL || rt_device_open(disk, RT_DEVICE_FLAG_RDONLY) != RT_EOK)
    {
        rt_kprintf("early: no virtio-blk0\n");
        return -RT_ERROR;
    }
    result = (long)rt_device_read(disk, 0, sector, 1);
    rt_kprintf("early: read %ld, sector 0 begins with %02x %02x %02x %02x\n", result, sector[0], sector[1], sector[2],
               sector[3]);
    rt_device_close(disk);
    return RT_EOK;
}
INIT_BOARD_EXPORT(early);

#endif /* DEMO_EARLY */

/* With -DDEMO_EARLY_FAULT: a fault before any device was initialised. */
#ifdef DEMO_EARLY_FAULT

static int early_fault(void)
{
    rt_device_t nothing = rt_device_find("nothing");

    RT_ASSERT(nothing != RT_NULL);
    return RT_EOK;
}
INIT_BOARD_EXPORT(early_fault);

#endif /* DEMO_EARLY_FAULT */
