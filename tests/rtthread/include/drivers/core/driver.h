/* SPDX-License-Identifier: Apache-2.0 */
/* RT-Thread's driver model (5.2 and later): a driver of a bus. */
#ifndef __CORE_DRIVER_H__
#define __CORE_DRIVER_H__

#include <rtthread.h>

struct rt_bus;

struct rt_driver
{
    struct rt_object parent;
    struct rt_bus *bus;
    rt_list_t node;
    rt_uint32_t ref_count;

#ifdef RT_USING_DEVICE_OPS
    const struct rt_device_ops *dev_ops;
#else
    rt_err_t (*init)(rt_device_t dev);
    rt_err_t (*open)(rt_device_t dev, rt_uint16_t oflag);
    rt_err_t (*close)(rt_device_t dev);
    rt_ssize_t (*read)(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size);
    rt_ssize_t (*write)(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size);
    rt_err_t (*control)(rt_device_t dev, int cmd, void *args);
#endif
    const void *fops;

    int (*probe)(struct rt_device *dev);
    int (*remove)(struct rt_device *dev);
    int (*shutdown)(struct rt_device *dev);
};

#endif
