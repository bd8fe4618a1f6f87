/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input device in RT-Thread's input framework (RT_USING_INPUT): input0, input1, ... beside the device of raw events.
 *
 * It takes the events while nobody else does. The framework gets them in the thread of handlers, not in the interrupt:
 * its lock, which threads take as well, does not keep interrupts out.
 *
 * Fingers are axes like others (ABS_MT_SLOT, ABS_MT_TRACKING_ID, ABS_MT_POSITION_X, ...), with the ranges that the
 * device gives. rt_input_setup_touch() is for drivers that have to number contacts themselves; it would add a touch
 * device that stays when its input device goes, and there is a better one (rt_virtio_input_touch.c).
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_INPUT) && defined(RT_USING_INPUT)

#include "rt_virtio_input.h"

#include <drivers/input.h>

struct rt_virtio_input_core
{
    struct rt_input_device parent;
    struct rt_virtio_input *input;
};

/* --- Events, out and in --- */

static void hand_over(rt_device_t dev, const struct virtio_input_timed_event *event, void *context)
{
    struct rt_virtio_input_core *core = context;

    (void)dev;
    if (event->type < EV_MAX) /* the framework asserts it */
    {
        rt_input_event(&core->parent, event->type, event->code, (rt_int32_t)event->value);
    }
}

struct rt_virtio_input_handler rt_virtio_input_core_handler(const struct rt_virtio_input *input)
{
    struct rt_virtio_input_handler handler = {hand_over, input->core};

    return handler;
}

/* LEDs, sounds, repeat. Any context. */
static rt_err_t trigger(struct rt_input_device *idev, rt_uint16_t type, rt_uint16_t code, rt_int32_t value)
{
    struct virtio_input_event event = {type, code, (rt_uint32_t)value};
    int result = rt_virtio_input_set(((struct rt_virtio_input_core *)idev)->input, &event, 1);

    return result >= 0 ? RT_EOK : rt_virtio_error(result);
}

/* --- What it can do --- */

static rt_err_t set_capabilities(struct rt_virtio_input_core *core)
{
    /* What the framework has a bitmap for; of the others it only knows that there are some, or not even that. */
    static const struct
    {
        rt_uint16_t type;
        rt_uint16_t codes;
    } types[] = {
        {EV_KEY, KEY_CNT}, {EV_REL, REL_CNT}, {EV_ABS, ABS_CNT}, {EV_MSC, MSC_CNT},
        {EV_SW, SW_CNT},   {EV_LED, LED_CNT}, {EV_SND, SND_CNT}, {EV_REP, REP_CNT},
    };
    const struct virtio_input *engine = &core->input->engine;
    rt_err_t result = RT_EOK;
    rt_uint16_t code;
    unsigned int i;

    for (i = 0; i < RT_ARRAY_SIZE(types); i++)
    {
        result = RT_EOK;
        for (code = 0; code < types[i].codes && result == RT_EOK; code++)
        {
            if (virtio_input_has(engine, types[i].type, code))
            {
                result = rt_input_set_capability(&core->parent, types[i].type, code);
            }
        }
        if (result == -RT_ENOMEM)
        {
            return result;
        }
    }
    return RT_EOK;
}

static void set_axes(struct rt_virtio_input_core *core)
{
    const struct virtio_input_axis *axis;
    rt_uint16_t code;

    for (code = 0; code < ABS_CNT && core->parent.absinfo != RT_NULL; code++)
    {
        axis = virtio_input_axis(&core->input->engine, code);
        if (axis != RT_NULL)
        {
            rt_input_set_absinfo(&core->parent, code, axis->min, axis->max, (rt_int32_t)axis->fuzz,
                                 (rt_int32_t)axis->flat);
            core->parent.absinfo[code].resolution = (rt_int32_t)axis->resolution;
        }
    }
}

/* --- Set-up --- */

rt_err_t rt_virtio_input_core_register(struct rt_virtio_input *input)
{
    struct rt_virtio_input_core *core = rt_calloc(1, sizeof(*core));
    rt_base_t level;
    rt_err_t result;

    if (core == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    core->input = input;
    core->parent.trigger = trigger;
    result = set_capabilities(core);
    if (result == RT_EOK)
    {
        set_axes(core);
        result = rt_virtio_input_start_thread();
    }
    if (result == RT_EOK)
    {
        result = rt_input_device_register(&core->parent);
    }
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: not in the input framework, error %d\n", input->device.name, (int)result);
        rt_free(core->parent.absinfo);
        rt_free(core);
        return result;
    }
    level = rt_virtio_input_lock(input);
    input->core = core;
    rt_virtio_input_unlock(input, level);
    return RT_EOK;
}

rt_err_t rt_virtio_input_core_unregister(struct rt_virtio_input *input)
{
    struct rt_virtio_input_core *core = input->core;
    rt_base_t level;
    rt_err_t result;

    if (core == RT_NULL)
    {
        return RT_EOK;
    }
    if (core->parent.parent.ref_count != 0)
    {
        return -RT_EBUSY; /* the framework would refuse, and say less */
    }
    level = rt_virtio_input_lock(input);
    input->core = RT_NULL;
    input->generation++; /* who is in it with a batch stops */
    rt_virtio_input_unlock(input, level);
    result = rt_virtio_input_settle(input);
    if (result == RT_EOK)
    {
        result = rt_input_device_unregister(&core->parent);
    }
    if (result != RT_EOK)
    {
        level = rt_virtio_input_lock(input);
        input->core = core;
        rt_virtio_input_unlock(input, level);
        return -RT_EBUSY;
    }
    rt_free(core);
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_INPUT && RT_USING_INPUT */
