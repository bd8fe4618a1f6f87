/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for RT-Thread's driver model: a platform bus whose devices are
 * the VirtIO windows of the device tree, an interrupt controller framework
 * with shared lines, and the command `dm` that does to them what RT-Thread
 * can do.
 */

#include <finsh.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <drivers/core/dm.h>
#include <drivers/pic.h>
#include <drivers/platform.h>
#include <rtdevice.h>
#include <virtio.h>

#include "hw.h"

/* The framework's interrupt numbers are not the controller's, so that nobody mistakes one for the other. */
#define PIC_FIRST    1000
#define PIC_HANDLERS 64

/* ---- interrupts ---- */

struct pic_handler
{
    int irq; /* 0: free */
    rt_isr_handler_t handler;
    void *uid;
};

static struct pic_handler pic_handlers[PIC_HANDLERS];
static struct rt_spinlock pic_lock;

static void pic_dispatch(int vector, void *param)
{
    struct pic_handler copy;
    rt_base_t level;
    int i;

    for (i = 0; i < PIC_HANDLERS; i++)
    {
        level = rt_spin_lock_irqsave(&pic_lock);
        copy = pic_handlers[i];
        rt_spin_unlock_irqrestore(&pic_lock, level);
        if (copy.irq == PIC_FIRST + vector)
        {
            copy.handler(copy.irq, copy.uid);
        }
    }
}

rt_err_t rt_pic_attach_irq(int irq, rt_isr_handler_t handler, void *uid, const char *name, int flags)
{
    rt_err_t result = -RT_ERROR;
    rt_base_t level;
    int i;

    if (irq < PIC_FIRST || irq >= PIC_FIRST + HW_VECTORS)
    {
        rt_kprintf("pic: %d is none of its interrupts\n", irq);
        return -RT_EINVAL;
    }
    level = rt_spin_lock_irqsave(&pic_lock);
    for (i = 0; i < PIC_HANDLERS && result != RT_EOK; i++)
    {
        if (pic_handlers[i].irq == 0)
        {
            pic_handlers[i].irq = irq;
            pic_handlers[i].handler = handler;
            pic_handlers[i].uid = uid;
            result = RT_EOK;
        }
    }
    rt_spin_unlock_irqrestore(&pic_lock, level);
    rt_hw_interrupt_install(irq - PIC_FIRST, pic_dispatch, RT_NULL, name);

    return result;
}

/* A line that nobody listens to any more is masked, as somebody has to be there to calm it down. */
rt_err_t rt_pic_detach_irq(int irq, void *uid)
{
    rt_err_t result = -RT_EINVAL;
    rt_bool_t used = RT_FALSE;
    rt_base_t level = rt_spin_lock_irqsave(&pic_lock);
    int i;

    for (i = 0; i < PIC_HANDLERS; i++)
    {
        if (pic_handlers[i].irq == irq && pic_handlers[i].uid == uid)
        {
            pic_handlers[i].irq = 0;
            result = RT_EOK;
        }
        used = used || pic_handlers[i].irq == irq;
    }
    rt_spin_unlock_irqrestore(&pic_lock, level);
    if (!used && result == RT_EOK)
    {
        rt_pic_irq_mask(irq);
    }

    return result;
}

void rt_pic_irq_mask(int irq)
{
    rt_hw_interrupt_mask(irq - PIC_FIRST);
}

void rt_pic_irq_unmask(int irq)
{
    rt_hw_interrupt_umask(irq - PIC_FIRST);
}

/* ---- devices ---- */

static struct rt_platform_driver *driver;
static struct rt_platform_device *nodes[HW_FDT_VIRTIO_MAX];
static int mapped;

int rt_dm_ida_alloc(struct rt_dm_ida *ida)
{
    int id;

    for (id = 0; id < RT_DM_IDA_NUM; id++)
    {
        rt_ubase_t bit = (rt_ubase_t)1 << (id % (8 * sizeof(rt_ubase_t)));

        if (!(ida->map[id / (8 * sizeof(rt_ubase_t))] & bit))
        {
            ida->map[id / (8 * sizeof(rt_ubase_t))] |= bit;
            return id;
        }
    }

    return -RT_EEMPTY;
}

void rt_dm_ida_free(struct rt_dm_ida *ida, int id)
{
    ida->map[(unsigned int)id / (8 * sizeof(rt_ubase_t))] &=
        ~((rt_ubase_t)1 << ((unsigned int)id % (8 * sizeof(rt_ubase_t))));
}

int rt_dm_dev_set_name(rt_device_t dev, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = rt_vsnprintf(dev->parent.name, RT_NAME_MAX, format, args);
    va_end(args);

    return length;
}

const char *rt_dm_dev_get_name(rt_device_t dev)
{
    return dev->parent.name;
}

void *rt_dm_dev_iomap(rt_device_t dev, int index)
{
    const struct hw_fdt_window *window = dev->ofw_node;

    mapped++;

    return (void *)(uintptr_t)window->base;
}

void rt_iounmap(volatile void *addr)
{
    mapped--;
}

int rt_dm_dev_get_irq(rt_device_t dev, int index)
{
    const struct hw_fdt_window *window = dev->ofw_node;

    return PIC_FIRST + (int)window->irq;
}

static rt_err_t node_add(unsigned int index)
{
    struct rt_platform_device *device = rt_calloc(1, sizeof(*device));
    rt_err_t result;

    if (device == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    device->parent.ofw_node = (void *)&hw_machine()->virtio[index];
    device->parent.drv = &driver->parent;
    device->id = driver->ids;
    device->name = "";
    rt_dm_dev_set_name(&device->parent, "node%u", index);
    result = driver->probe(device);
    if (result != RT_EOK)
    {
        rt_free(device);
        return result;
    }
    nodes[index] = device;

    return RT_EOK;
}

/* Whatever the driver says, the device is gone afterwards. */
static rt_err_t node_remove(unsigned int index)
{
    struct rt_platform_device *device = nodes[index];
    rt_err_t result = driver->remove != RT_NULL ? driver->remove(device) : -RT_ENOSYS;

    nodes[index] = RT_NULL;
    memset(device, 0xa5, sizeof(*device));
    rt_free(device);

    return result;
}

rt_err_t rt_platform_driver_register(struct rt_platform_driver *pdrv)
{
    unsigned int i;

    RT_ASSERT(driver == RT_NULL);
    RT_ASSERT(rt_strcmp(pdrv->ids[0].compatible, "virtio,mmio") == 0 && pdrv->ids[1].compatible[0] == '\0');
    RT_ASSERT(rt_strlen(pdrv->name) < 8);
    driver = pdrv;
    for (i = 0; i < hw_machine()->virtio_count; i++)
    {
        node_add(i);
    }

    return RT_EOK;
}

/* ---- dm ---- */

/* Another device, on the line of one of ours. */
static unsigned long foreign_count;

static void foreign(int vector, void *param)
{
    (*(unsigned long *)param)++;
}

static void share(unsigned int index, unsigned long times)
{
    int irq = (int)hw_machine()->virtio[index].irq;

    foreign_count = 0;
    rt_pic_attach_irq(PIC_FIRST + irq, foreign, &foreign_count, "foreign", RT_IRQ_F_NONE);
    for (; times > 0; times--)
    {
        rt_base_t level = rt_hw_local_irq_disable();

        pic_dispatch(irq, RT_NULL);
        rt_hw_local_irq_enable(level);
    }
    rt_pic_detach_irq(PIC_FIRST + irq, &foreign_count);
    rt_kprintf("foreign %lu\n", foreign_count);
}

static int dm(int argc, char **argv)
{
    unsigned int index = argc > 2 ? (unsigned int)atoi(argv[2]) : 0;
    unsigned int i;

    if (argc == 1)
    {
        for (i = 0; i < hw_machine()->virtio_count; i++)
        {
            rt_kprintf("node %u: 0x%lx irq %u %s\n", i, (unsigned long)hw_machine()->virtio[i].base,
                       (unsigned int)hw_machine()->virtio[i].irq, nodes[i] != RT_NULL ? "bound" : "free");
        }
        rt_kprintf("mapped %d\n", mapped);
    }
    else if (rt_strcmp(argv[1], "scan") == 0)
    {
        /* As board code that knows the windows would, beside the device tree. */
        for (i = 0; i < hw_machine()->virtio_count; i++)
        {
            rt_virtio_scan((rt_ubase_t)hw_machine()->virtio[i].base, 0x200, 1, 0);
        }
    }
    else if (rt_strcmp(argv[1], "add") == 0 && index < hw_machine()->virtio_count && nodes[index] == RT_NULL)
    {
        rt_kprintf("probe: %d\n", (int)node_add(index));
    }
    else if (rt_strcmp(argv[1], "remove") == 0 && index < hw_machine()->virtio_count && nodes[index] != RT_NULL)
    {
        rt_kprintf("remove: %d\n", (int)node_remove(index));
    }
    else if (rt_strcmp(argv[1], "share") == 0 && index < hw_machine()->virtio_count && argc > 3)
    {
        share(index, (unsigned long)atol(argv[3]));
    }
    else
    {
        rt_kprintf("dm: no\n");
    }

    return 0;
}
MSH_CMD_EXPORT(dm, driver model : scan or add N or remove N or share N TIMES);
