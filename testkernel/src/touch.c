/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The touch class: from the device interface to a touch driver's two functions.
 */

#include <rtdevice.h>

static rt_touch_t touch_of(rt_device_t dev)
{
    return (rt_touch_t)dev;
}

static rt_err_t touch_close(rt_device_t dev)
{
    touch_of(dev)->ops->touch_control(touch_of(dev), RT_TOUCH_CTRL_DISABLE_INT, RT_NULL);
    return RT_EOK;
}

static rt_ssize_t touch_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t count)
{
    if (buffer == RT_NULL || count == 0)
    {
        return 0;
    }
    return (rt_ssize_t)touch_of(dev)->ops->touch_readpoint(touch_of(dev), buffer, count);
}

static rt_err_t touch_control(rt_device_t dev, int cmd, void *args)
{
    rt_touch_t touch = touch_of(dev);
    rt_err_t result = touch->ops->touch_control(touch, cmd, args);

    if (result == RT_EOK && cmd == RT_TOUCH_CTRL_SET_X_RANGE)
    {
        touch->info.range_x = *(rt_int32_t *)args;
    }
    if (result == RT_EOK && cmd == RT_TOUCH_CTRL_SET_Y_RANGE)
    {
        touch->info.range_y = *(rt_int32_t *)args;
    }
    if (result == RT_EOK && cmd == RT_TOUCH_CTRL_SET_MODE && *(rt_uint16_t *)args == RT_DEVICE_FLAG_INT_RX)
    {
        touch->ops->touch_control(touch, RT_TOUCH_CTRL_ENABLE_INT, RT_NULL);
    }
    return result;
}

#ifdef RT_USING_DEVICE_OPS
static const struct rt_device_ops touch_ops = {
    .close = touch_close,
    .read = touch_read,
    .control = touch_control,
};
#endif

int rt_hw_touch_register(rt_touch_t touch, const char *name, rt_uint32_t flag, void *data)
{
    rt_device_t dev = &touch->parent;

    dev->type = RT_Device_Class_Touch;
    dev->rx_indicate = RT_NULL;
    dev->tx_complete = RT_NULL;
    dev->user_data = data;
#ifdef RT_USING_DEVICE_OPS
    dev->ops = &touch_ops;
#else
    dev->close = touch_close;
    dev->read = touch_read;
    dev->control = touch_control;
#endif
    return rt_device_register(dev, name, (rt_uint16_t)(flag | RT_DEVICE_FLAG_STANDALONE));
}

void rt_hw_touch_isr(rt_touch_t touch)
{
    if (touch->parent.rx_indicate == RT_NULL)
    {
        return;
    }
    if (touch->irq_handle != RT_NULL)
    {
        touch->irq_handle(touch);
    }
    touch->parent.rx_indicate(&touch->parent, 1);
}
