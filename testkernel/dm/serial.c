/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for RT-Thread's serial framework, version 1: bytes one by one,
 * and a buffer that is filled from the interrupt.
 */

#include <rtdevice.h>

#ifdef RT_USING_SERIAL

struct rx_fifo
{
    rt_uint32_t put;
    rt_uint32_t get;
    rt_uint8_t buffer[];
};

static struct rt_serial_device *serial_of(rt_device_t dev)
{
    return rt_container_of(dev, struct rt_serial_device, parent);
}

static rt_err_t serial_init(rt_device_t dev)
{
    struct rt_serial_device *serial = serial_of(dev);

    serial->serial_rx = RT_NULL;

    return serial->ops->configure(serial, &serial->config);
}

static rt_err_t serial_open(rt_device_t dev, rt_uint16_t oflag)
{
    struct rt_serial_device *serial = serial_of(dev);
    rt_uint16_t stream = (oflag | dev->open_flag) & RT_DEVICE_FLAG_STREAM;

    dev->open_flag = oflag & 0xff;
    if ((oflag & RT_DEVICE_FLAG_INT_RX) && serial->serial_rx == RT_NULL)
    {
        serial->serial_rx = rt_calloc(1, sizeof(struct rx_fifo) + serial->config.bufsz);
        RT_ASSERT(serial->serial_rx != RT_NULL);
        dev->open_flag |= RT_DEVICE_FLAG_INT_RX;
        serial->ops->control(serial, RT_DEVICE_CTRL_SET_INT, (void *)RT_DEVICE_FLAG_INT_RX);
    }
    dev->open_flag |= (oflag & RT_DEVICE_FLAG_INT_RX) | stream;

    return RT_EOK;
}

static rt_err_t serial_close(rt_device_t dev)
{
    struct rt_serial_device *serial = serial_of(dev);

    if (serial->serial_rx != RT_NULL)
    {
        serial->ops->control(serial, RT_DEVICE_CTRL_CLR_INT, (void *)RT_DEVICE_FLAG_INT_RX);
        rt_free(serial->serial_rx);
        serial->serial_rx = RT_NULL;
    }
    serial->ops->control(serial, RT_DEVICE_CTRL_CLOSE, RT_NULL);
    dev->flag &= ~RT_DEVICE_FLAG_ACTIVATED;

    return RT_EOK;
}

static rt_ssize_t serial_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size)
{
    struct rt_serial_device *serial = serial_of(dev);
    struct rx_fifo *fifo = serial->serial_rx;
    rt_uint8_t *to = buffer;
    rt_size_t done = 0;
    rt_base_t level;
    int c;

    while (fifo == RT_NULL && done < size && (c = serial->ops->getc(serial)) != -1)
    {
        to[done++] = (rt_uint8_t)c;
    }
    while (fifo != RT_NULL && done < size)
    {
        level = rt_spin_lock_irqsave(&serial->spinlock);
        if (fifo->get == fifo->put)
        {
            rt_spin_unlock_irqrestore(&serial->spinlock, level);
            break;
        }
        to[done++] = fifo->buffer[fifo->get++ % serial->config.bufsz];
        rt_spin_unlock_irqrestore(&serial->spinlock, level);
    }

    return (rt_ssize_t)done;
}

static rt_ssize_t serial_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size)
{
    struct rt_serial_device *serial = serial_of(dev);
    const char *from = buffer;
    rt_size_t done;

    for (done = 0; done < size; done++)
    {
        if (from[done] == '\n' && (dev->open_flag & RT_DEVICE_FLAG_STREAM))
        {
            serial->ops->putc(serial, '\r');
        }
        if (serial->ops->putc(serial, from[done]) < 0)
        {
            break;
        }
    }

    return (rt_ssize_t)done;
}

static rt_err_t serial_control(rt_device_t dev, int cmd, void *args)
{
    struct rt_serial_device *serial = serial_of(dev);

    return serial->ops->control(serial, cmd, args);
}

static const struct rt_device_ops serial_ops = {
    .init = serial_init,
    .open = serial_open,
    .close = serial_close,
    .read = serial_read,
    .write = serial_write,
    .control = serial_control,
};

rt_err_t rt_hw_serial_register(struct rt_serial_device *serial, const char *name, rt_uint32_t flag, void *data)
{
    rt_spin_lock_init(&serial->spinlock);
    serial->parent.type = RT_Device_Class_Char;
    serial->parent.ops = &serial_ops;
    serial->parent.user_data = data;

    return rt_device_register(&serial->parent, name, (rt_uint16_t)flag);
}

void rt_hw_serial_isr(struct rt_serial_device *serial, int event)
{
    struct rx_fifo *fifo = serial->serial_rx;
    rt_base_t level;
    int c;

    RT_ASSERT(event == RT_SERIAL_EVENT_RX_IND && fifo != RT_NULL);
    while ((c = serial->ops->getc(serial)) != -1)
    {
        level = rt_spin_lock_irqsave(&serial->spinlock);
        fifo->buffer[fifo->put++ % serial->config.bufsz] = (rt_uint8_t)c;
        if (fifo->put - fifo->get > serial->config.bufsz)
        {
            fifo->get = fifo->put - serial->config.bufsz; /* the oldest is lost */
        }
        rt_spin_unlock_irqrestore(&serial->spinlock, level);
    }
    if (serial->parent.rx_indicate != RT_NULL && fifo->put != fifo->get)
    {
        serial->parent.rx_indicate(&serial->parent, fifo->put - fifo->get);
    }
}

#endif /* RT_USING_SERIAL */
