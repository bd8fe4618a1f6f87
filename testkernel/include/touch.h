/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * RT-Thread's touch class: names, numbers and layout are its own.
 */

#ifndef __TOUCH_H__
#define __TOUCH_H__

#include <rtthread.h>

#ifdef __cplusplus
extern "C"
{
#endif

#define RT_TOUCH_VENDOR_UNKNOWN   0
#define RT_TOUCH_TYPE_NONE        0

#define RT_TOUCH_CTRL_GET_ID      (RT_DEVICE_CTRL_BASE(Touch) + 0)
#define RT_TOUCH_CTRL_GET_INFO    (RT_DEVICE_CTRL_BASE(Touch) + 1)
#define RT_TOUCH_CTRL_SET_MODE    (RT_DEVICE_CTRL_BASE(Touch) + 2)
#define RT_TOUCH_CTRL_SET_X_RANGE (RT_DEVICE_CTRL_BASE(Touch) + 3)
#define RT_TOUCH_CTRL_SET_Y_RANGE (RT_DEVICE_CTRL_BASE(Touch) + 4)
#define RT_TOUCH_CTRL_SET_X_TO_Y  (RT_DEVICE_CTRL_BASE(Touch) + 5)
#define RT_TOUCH_CTRL_DISABLE_INT (RT_DEVICE_CTRL_BASE(Touch) + 6)
#define RT_TOUCH_CTRL_ENABLE_INT  (RT_DEVICE_CTRL_BASE(Touch) + 7)

#define RT_TOUCH_EVENT_NONE       0
#define RT_TOUCH_EVENT_UP         1
#define RT_TOUCH_EVENT_DOWN       2
#define RT_TOUCH_EVENT_MOVE       3

    struct rt_touch_info
    {
        rt_uint8_t type;
        rt_uint8_t vendor;
        rt_uint8_t point_num;
        rt_int32_t range_x;
        rt_int32_t range_y;
    };

    struct rt_touch_config
    {
        char *dev_name;
        void *user_data;
    };

    struct rt_touch_ops;

    typedef struct rt_touch_device *rt_touch_t;
    struct rt_touch_device
    {
        struct rt_device parent;
        struct rt_touch_info info;
        struct rt_touch_config config;
        const struct rt_touch_ops *ops;
        rt_err_t (*irq_handle)(rt_touch_t touch);
    };

    struct rt_touch_data
    {
        rt_uint8_t event;
        rt_uint8_t track_id;
        rt_uint8_t width;
        rt_uint16_t x_coordinate;
        rt_uint16_t y_coordinate;
        rt_tick_t timestamp;
    };

    struct rt_touch_ops
    {
        rt_size_t (*touch_readpoint)(struct rt_touch_device *touch, void *buf, rt_size_t touch_num);
        rt_err_t (*touch_control)(struct rt_touch_device *touch, int cmd, void *arg);
    };

    int rt_hw_touch_register(rt_touch_t touch, const char *name, rt_uint32_t flag, void *data);
    void rt_hw_touch_isr(rt_touch_t touch);

#ifdef __cplusplus
}
#endif

#endif /* __TOUCH_H__ */
