/* SPDX-License-Identifier: Apache-2.0 */
/* RT-Thread's driver model (5.2 and later): names, resources and numbers of devices, as far as they are used here. */
#ifndef __CORE_DM_H__
#define __CORE_DM_H__

#include <drivers/core/master_id.h>
#include <rthw.h>
#include <rtthread.h>

#define RT_DM_IDA_NUM 256

struct rt_dm_ida
{
    rt_uint8_t master_id;
    rt_ubase_t map[RT_DM_IDA_NUM / (8 * sizeof(rt_ubase_t))];
    struct rt_spinlock lock;
};

#define RT_DM_IDA_INIT(id)          \
    {                               \
        .master_id = MASTER_ID_##id \
    }

int rt_dm_ida_alloc(struct rt_dm_ida *ida);
void rt_dm_ida_free(struct rt_dm_ida *ida, int id);

int rt_dm_dev_set_name(rt_device_t dev, const char *format, ...);
const char *rt_dm_dev_get_name(rt_device_t dev);

void *rt_dm_dev_iomap(rt_device_t dev, int index);
int rt_dm_dev_get_irq(rt_device_t dev, int index);

/* From its ioremap.h, which dm.h includes. */
void *rt_ioremap(void *paddr, size_t size);
void rt_iounmap(volatile void *addr);

#endif
