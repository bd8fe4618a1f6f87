/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell commands for the time after `virtio remove`: `rescan` gives the board's windows to the drivers again, and
 * `squat` takes the name of a device meanwhile, so that theirs cannot be registered.
 */
#include <finsh.h>
#include <rtthread.h>

#include <virtio.h>

static struct rt_device squatter;

static int rescan(void)
{
    return rt_virtio_scan(rt_virtio_windows.physical, rt_virtio_windows.step, rt_virtio_windows.count,
                          rt_virtio_windows.irq);
}
MSH_CMD_EXPORT(rescan, drive devices again that were removed);

static int squat(int argc, char **argv)
{
    if (argc != 2)
    {
        rt_device_unregister(&squatter);
        return 0;
    }
    rt_memset(&squatter, 0, sizeof(squatter));
    squatter.type = RT_Device_Class_Miscellaneous;
    return (int)rt_device_register(&squatter, argv[1], RT_DEVICE_FLAG_RDWR);
}
MSH_CMD_EXPORT(squat, take the name of a device or give it back);
