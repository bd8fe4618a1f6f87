/* SPDX-License-Identifier: Apache-2.0 */
/* RT-Thread's input framework, as far as our driver and the tests use it. Declarations of our own. */
#ifndef DRIVERS_INPUT_H_
#define DRIVERS_INPUT_H_

#include <rtthread.h>

#include <dt-bindings/input/event-codes.h>

#define TESTS_BITMAP(name, bits) rt_ubase_t name[((bits) + 8 * sizeof(rt_ubase_t) - 1) / (8 * sizeof(rt_ubase_t))]

struct rt_input_poller;

struct rt_input_absinfo
{
    rt_int32_t value;
    rt_int32_t minimum;
    rt_int32_t maximum;
    rt_int32_t fuzz;
    rt_int32_t flat;
    rt_int32_t resolution;
};

struct rt_input_event
{
    rt_tick_t tick;
    rt_uint16_t type;
    rt_uint16_t code;
    rt_int32_t value;
};

struct rt_input_device
{
    struct rt_device parent;
    TESTS_BITMAP(cap, EV_CNT);
    TESTS_BITMAP(key_map, KEY_CNT);
    TESTS_BITMAP(rel_map, REL_CNT);
    TESTS_BITMAP(abs_map, ABS_CNT);
    rt_list_t list;
    rt_list_t handler_nodes;
    struct rt_spinlock lock;
    rt_err_t (*trigger)(struct rt_input_device *idev, rt_uint16_t type, rt_uint16_t code, rt_int32_t value);
    struct rt_input_poller *poller;
    struct rt_input_absinfo *absinfo;
#ifdef RT_INPUT_TOUCHSCREEN
    void *touch;
#endif
};

struct rt_input_handler
{
    rt_list_t list;
    struct rt_input_device *idev;
    rt_bool_t (*identify)(struct rt_input_handler *handler, struct rt_input_device *idev); /* if idev is NULL */
    rt_bool_t (*callback)(struct rt_input_handler *handler, struct rt_input_event *event);
    void *priv;
};

rt_err_t rt_input_device_register(struct rt_input_device *idev);
rt_err_t rt_input_device_unregister(struct rt_input_device *idev);
rt_err_t rt_input_set_capability(struct rt_input_device *idev, rt_uint16_t type, rt_uint16_t code);
rt_err_t rt_input_set_absinfo(struct rt_input_device *idev, rt_uint32_t axis, rt_int32_t min, rt_int32_t max,
                              rt_int32_t fuzz, rt_int32_t flat);
rt_err_t rt_input_trigger(struct rt_input_device *idev, rt_uint16_t type, rt_uint16_t code, rt_int32_t value);
void rt_input_event(struct rt_input_device *idev, rt_uint16_t type, rt_uint16_t code, rt_int32_t value);
rt_err_t rt_input_add_handler(struct rt_input_handler *handler);
rt_err_t rt_input_del_handler(struct rt_input_handler *handler);

#endif /* DRIVERS_INPUT_H_ */
