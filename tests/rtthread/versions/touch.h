/* SPDX-License-Identifier: Apache-2.0 */
/* The touch class; since 5.1 or 5.2 its header is called dev_touch.h. */
#ifndef __TOUCH_H__
#define __TOUCH_H__

#include <rtthread.h>

#define RT_TOUCH_VENDOR_UNKNOWN 0
#define RT_TOUCH_TYPE_NONE      0

#if DECLARED_VERSION < 50000
#define DECLARED_TOUCH(n) (n)
#define RT_PIN_NONE       0xFFFF
#else
#define DECLARED_TOUCH(n) (RT_DEVICE_CTRL_BASE(Touch) + (n))
#define PIN_IRQ_PIN_NONE  -1
#endif
#define RT_TOUCH_CTRL_GET_ID      DECLARED_TOUCH(0)
#define RT_TOUCH_CTRL_GET_INFO    DECLARED_TOUCH(1)
#define RT_TOUCH_CTRL_SET_MODE    DECLARED_TOUCH(2)
#define RT_TOUCH_CTRL_SET_X_RANGE DECLARED_TOUCH(3)
#define RT_TOUCH_CTRL_SET_Y_RANGE DECLARED_TOUCH(4)
#define RT_TOUCH_CTRL_SET_X_TO_Y  DECLARED_TOUCH(5)
#define RT_TOUCH_CTRL_DISABLE_INT DECLARED_TOUCH(6)
#define RT_TOUCH_CTRL_ENABLE_INT  DECLARED_TOUCH(7)

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
#ifdef RT_TOUCH_PIN_IRQ
    struct
    {
#if DECLARED_VERSION < 50001
        rt_uint16_t pin;
#else
        rt_base_t pin;
#endif
        rt_uint16_t mode;
    } irq_pin;
#endif
    char *dev_name;
    void *user_data;
};

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

#endif
