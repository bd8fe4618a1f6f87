/* SPDX-License-Identifier: Apache-2.0 */
/* RT-Thread's driver model: the platform bus. `remove` and `shutdown` came with 5.2. */
#ifndef __PLATFORM_H__
#define __PLATFORM_H__

#include <drivers/core/driver.h>
#include <drivers/ofw.h>

struct rt_platform_device
{
    struct rt_device parent;
    int dev_id;
    const char *name;
    const struct rt_ofw_node_id *id;
    void *priv;
};

struct rt_platform_driver
{
    struct rt_driver parent;
    const char *name;
    const struct rt_ofw_node_id *ids;

    rt_err_t (*probe)(struct rt_platform_device *pdev);
#if RTTHREAD_VERSION >= RT_VERSION_CHECK(5, 2, 0)
    rt_err_t (*remove)(struct rt_platform_device *pdev);
    rt_err_t (*shutdown)(struct rt_platform_device *pdev);
#endif
};

rt_err_t rt_platform_driver_register(struct rt_platform_driver *pdrv);

#endif
