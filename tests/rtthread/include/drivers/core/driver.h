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
    /* Here are the functions that a device of this driver may have, as in struct rt_device. */
    const void *fops;

    int (*probe)(struct rt_device *dev);
    int (*remove)(struct rt_device *dev);
    int (*shutdown)(struct rt_device *dev);
};

#endif
