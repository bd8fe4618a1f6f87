/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The device framework.
 */

#include "kernel.h"

#include <rtdevice.h>

#ifdef RT_USING_DEVICE_OPS
#define DEVICE_OP(dev, op) ((dev)->ops != RT_NULL ? (dev)->ops->op : RT_NULL)
#else
#define DEVICE_OP(dev, op) ((dev)->op)
#endif

#define ASSERT_DEVICE(dev)                                                       \
    do                                                                           \
    {                                                                            \
        RT_ASSERT((dev) != RT_NULL);                                             \
        RT_ASSERT(rt_object_get_type(&(dev)->parent) == RT_Object_Class_Device); \
    } while (0)

rt_device_t rt_device_find(const char *name)
{
    return (rt_device_t)rt_object_find(name, RT_Object_Class_Device);
}

rt_err_t rt_device_register(rt_device_t dev, const char *name, rt_uint16_t flags)
{
    if (dev == RT_NULL || rt_device_find(name) != RT_NULL)
    {
        return -RT_ERROR;
    }

    rt_object_init(&dev->parent, RT_Object_Class_Device, name);
    dev->flag = flags;
    dev->ref_count = 0;
    dev->open_flag = 0;
#ifdef RT_USING_POSIX_DEVIO
    dev->fops = RT_NULL;
    rt_wqueue_init(&dev->wait_queue);
#endif

    return RT_EOK;
}

rt_err_t rt_device_unregister(rt_device_t dev)
{
    ASSERT_DEVICE(dev);
    RT_ASSERT(rt_object_is_systemobject(&dev->parent));

    rt_object_detach(&dev->parent);

    return RT_EOK;
}

rt_device_t rt_device_create(int type, int attach_size)
{
    rt_device_t dev;

    dev = (rt_device_t)rt_calloc(1, RT_ALIGN(sizeof(*dev), (rt_size_t)RT_ALIGN_SIZE) + (rt_size_t)attach_size);
    if (dev != RT_NULL)
    {
        dev->type = (enum rt_device_class_type)type;
    }

    return dev;
}

void rt_device_destroy(rt_device_t dev)
{
    RT_ASSERT(dev != RT_NULL);
    RT_ASSERT(rt_object_get_type(&dev->parent) == RT_Object_Class_Null);

    rt_free(dev);
}

rt_err_t rt_device_init(rt_device_t dev)
{
    rt_err_t (*init)(rt_device_t dev);
    rt_err_t result = RT_EOK;

    RT_ASSERT(dev != RT_NULL);

    init = DEVICE_OP(dev, init);
    if (init != RT_NULL && !(dev->flag & RT_DEVICE_FLAG_ACTIVATED))
    {
        result = init(dev);
        if (result == RT_EOK)
        {
            dev->flag |= RT_DEVICE_FLAG_ACTIVATED;
        }
        else
        {
            rt_kprintf("[E/device] %s: initialisation failed, error %d\n", dev->parent.name, (int)result);
        }
    }

    return result;
}

rt_err_t rt_device_open(rt_device_t dev, rt_uint16_t oflag)
{
    rt_err_t (*open)(rt_device_t dev, rt_uint16_t oflag);
    rt_err_t result;

    ASSERT_DEVICE(dev);

    result = rt_device_init(dev);
    if (result != RT_EOK)
    {
        return result;
    }
    if ((dev->flag & RT_DEVICE_FLAG_STANDALONE) && (dev->open_flag & RT_DEVICE_OFLAG_OPEN))
    {
        return -RT_EBUSY;
    }

    /* The driver hears of the first open and of every one with other flags. */
    if (!(dev->open_flag & RT_DEVICE_OFLAG_OPEN) ||
        (dev->open_flag & RT_DEVICE_OFLAG_MASK) != ((oflag & RT_DEVICE_OFLAG_MASK) | RT_DEVICE_OFLAG_OPEN))
    {
        open = DEVICE_OP(dev, open);
        if (open != RT_NULL)
        {
            result = open(dev, oflag);
        }
        else
        {
            dev->open_flag = oflag & RT_DEVICE_OFLAG_MASK;
        }
    }

    if (result == RT_EOK || result == -RT_ENOSYS)
    {
        dev->open_flag |= RT_DEVICE_OFLAG_OPEN;
        dev->ref_count++;
        /* The counter has eight bits: it must not start again. */
        RT_ASSERT(dev->ref_count != 0);
    }

    return result;
}

rt_err_t rt_device_close(rt_device_t dev)
{
    rt_err_t (*close)(rt_device_t dev);
    rt_err_t result = RT_EOK;

    ASSERT_DEVICE(dev);

    if (dev->ref_count == 0)
    {
        return -RT_ERROR;
    }
    dev->ref_count--;
    if (dev->ref_count != 0)
    {
        return RT_EOK;
    }

    close = DEVICE_OP(dev, close);
    if (close != RT_NULL)
    {
        result = close(dev);
    }
    if (result == RT_EOK || result == -RT_ENOSYS)
    {
        dev->open_flag = RT_DEVICE_OFLAG_CLOSE;
    }

    return result;
}

rt_ssize_t rt_device_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size)
{
    rt_ssize_t (*read)(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size);

    ASSERT_DEVICE(dev);

    if (dev->ref_count == 0)
    {
        rt_set_errno(-RT_ERROR);
        return 0;
    }
    read = DEVICE_OP(dev, read);
    if (read == RT_NULL)
    {
        rt_set_errno(-RT_ENOSYS);
        return 0;
    }

    return read(dev, pos, buffer, size);
}

rt_ssize_t rt_device_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size)
{
    rt_ssize_t (*write)(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size);

    ASSERT_DEVICE(dev);

    if (dev->ref_count == 0)
    {
        rt_set_errno(-RT_ERROR);
        return 0;
    }
    write = DEVICE_OP(dev, write);
    if (write == RT_NULL)
    {
        rt_set_errno(-RT_ENOSYS);
        return 0;
    }

    return write(dev, pos, buffer, size);
}

rt_err_t rt_device_control(rt_device_t dev, int cmd, void *arg)
{
    rt_err_t (*control)(rt_device_t dev, int cmd, void *args);

    ASSERT_DEVICE(dev);

    control = DEVICE_OP(dev, control);

    return control != RT_NULL ? control(dev, cmd, arg) : -RT_ENOSYS;
}

rt_err_t rt_device_set_rx_indicate(rt_device_t dev, rt_err_t (*rx_ind)(rt_device_t dev, rt_size_t size))
{
    ASSERT_DEVICE(dev);
    dev->rx_indicate = rx_ind;

    return RT_EOK;
}

rt_err_t rt_device_set_tx_complete(rt_device_t dev, rt_err_t (*tx_done)(rt_device_t dev, void *buffer))
{
    ASSERT_DEVICE(dev);
    dev->tx_complete = tx_done;

    return RT_EOK;
}
