/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input device in RT-Thread's touch class: touch0, touch1, ... beside the device of raw events.
 *
 * A read returns what happened to fingers, several at once if there is room: from 0 to range - 1 in the device's own
 * units, or in those that RT_TOUCH_CTRL_SET_X_RANGE and _SET_Y_RANGE ask for, such as pixels. A pointer that moves
 * without its button being down is no touch.
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_INPUT) && defined(RT_USING_TOUCH)

#include <virtio/input_touch.h>

#include "rt_virtio_input.h"

/* What fits into the coordinates of struct rt_touch_data. */
#define RANGE_MAX 65536u

struct rt_virtio_input_touch
{
    struct rt_touch_device parent; /* first: RT-Thread's */
    struct rt_virtio_input *input;
    char name[12];
    rt_bool_t quiet;   /* by RT_TOUCH_CTRL_DISABLE_INT */
    rt_bool_t swapped; /* x and y */
    const struct virtio_input_axis *x;
    const struct virtio_input_axis *y;

    /* Under the input device's lock. */
    rt_uint64_t seen; /* events that the input device was rid of the last time */
    struct virtio_input_touch state;
    struct virtio_input_record frame[RT_VIRTIO_INPUT_FRAME_MAX];
};

static struct rt_virtio_input_touch *touch_of(struct rt_touch_device *dev)
{
    return (struct rt_virtio_input_touch *)dev;
}

rt_bool_t rt_virtio_input_touch_is_open(const struct rt_virtio_input *input)
{
    /* The touch class tells its drivers nothing of open and close. */
    return input->touch != RT_NULL &&
           (*(volatile rt_uint16_t *)&input->touch->parent.parent.open_flag & RT_DEVICE_OFLAG_OPEN) != 0;
}

void rt_virtio_input_touch_tell(struct rt_virtio_input *input)
{
    if (!input->touch->quiet)
    {
        rt_hw_touch_isr(&input->touch->parent);
    }
}

/* --- Reading --- */

/* The next change, from the next frame that has one. False: there is none. */
static rt_bool_t next_point(struct rt_virtio_input_touch *touch, struct virtio_input_point *point)
{
    struct rt_virtio_input *input = touch->input;
    rt_base_t level = rt_virtio_input_lock(input);
    rt_bool_t found;
    rt_uint32_t size;
    int count;

    if (touch->seen != input->taken + input->flushed)
    {
        virtio_input_touch_init(&touch->state, &input->engine); /* others had events: fingers may be anywhere */
    }
    while (!(found = virtio_input_touch_next(&touch->state, point)) && (size = virtio_input_next(&input->engine)) != 0)
    {
        /* With room for exactly one frame, or for the longest that is not dropped. */
        count = rt_virtio_input_take(input, touch->frame,
                                     size < RT_VIRTIO_INPUT_FRAME_MAX ? size : RT_VIRTIO_INPUT_FRAME_MAX);
        if (count > 0)
        {
            virtio_input_touch_take(&touch->state, touch->frame, (rt_uint32_t)count);
        }
    }
    touch->seen = input->taken + input->flushed;
    rt_virtio_input_unlock(input, level);
    return found;
}

static const struct virtio_input_axis *axis_of(const struct rt_virtio_input_touch *touch, rt_uint16_t code,
                                               rt_uint16_t finger)
{
    const struct virtio_input_axis *axis = virtio_input_axis(&touch->input->engine, touch->state.slots ? finger : code);

    return axis != RT_NULL ? axis : virtio_input_axis(&touch->input->engine, touch->state.slots ? code : finger);
}

static rt_uint16_t scaled(const struct virtio_input_axis *axis, rt_int32_t value, rt_int32_t range)
{
    return axis != RT_NULL ? (rt_uint16_t)virtio_input_scale(axis, value, (rt_uint32_t)range) : 0;
}

static rt_size_t read_points(struct rt_touch_device *dev, void *buffer, rt_size_t room)
{
    static const rt_uint8_t events[] = {RT_TOUCH_EVENT_NONE, RT_TOUCH_EVENT_UP, RT_TOUCH_EVENT_DOWN,
                                        RT_TOUCH_EVENT_MOVE};
    struct rt_virtio_input_touch *touch = touch_of(dev);
    const struct virtio_input_axis *x = touch->x;
    const struct virtio_input_axis *y = touch->y;
    struct rt_touch_data *data = buffer;
    struct virtio_input_point point;
    rt_bool_t swapped = touch->swapped;
    rt_size_t count;

    for (count = 0; count < room && next_point(touch, &point); count++)
    {
        data[count].event = events[point.change];
        data[count].track_id = (rt_uint8_t)point.contact;
        data[count].width = 0;
        data[count].x_coordinate = scaled(swapped ? y : x, swapped ? point.y : point.x, dev->info.range_x);
        data[count].y_coordinate = scaled(swapped ? x : y, swapped ? point.x : point.y, dev->info.range_y);
        data[count].timestamp = rt_tick_get();
    }
    return count;
}

/* --- Control --- */

static rt_err_t check_range(const rt_int32_t *range)
{
    /* The touch class takes it over. */
    return *range > 0 && *range <= (rt_int32_t)RANGE_MAX ? RT_EOK : -RT_EINVAL;
}

static rt_err_t control(struct rt_touch_device *dev, int command, void *args)
{
    struct rt_virtio_input_touch *touch = touch_of(dev);
    const struct virtio_input_identity *identity = &touch->input->engine.identity;

    switch (command)
    {
    case RT_TOUCH_CTRL_ENABLE_INT:
        touch->quiet = RT_FALSE;
        return RT_EOK;
    case RT_TOUCH_CTRL_DISABLE_INT:
        /* The touch class says this when the device is closed, too, but not the opposite when it is opened again. */
        touch->quiet = dev->parent.ref_count != 0;
        return RT_EOK;
    case RT_TOUCH_CTRL_SET_X_TO_Y:
        touch->swapped = !touch->swapped;
        return RT_EOK;
    default:
        break;
    }
    if (args == RT_NULL)
    {
        return -RT_EINVAL;
    }
    switch (command)
    {
    case RT_TOUCH_CTRL_GET_ID: /* vendor and product, 16 bits each */
        ((rt_uint16_t *)args)[0] = identity->vendor;
        ((rt_uint16_t *)args)[1] = identity->product;
        return RT_EOK;
    case RT_TOUCH_CTRL_GET_INFO:
        *(struct rt_touch_info *)args = dev->info;
        return RT_EOK;
    case RT_TOUCH_CTRL_SET_MODE:
        touch->quiet = *(rt_uint16_t *)args != RT_DEVICE_FLAG_INT_RX;
        return RT_EOK;
    case RT_TOUCH_CTRL_SET_X_RANGE:
    case RT_TOUCH_CTRL_SET_Y_RANGE:
        return check_range(args);
    default:
        return -RT_ENOSYS;
    }
}

static const struct rt_touch_ops touch_ops = {
    .touch_readpoint = read_points,
    .touch_control = control,
};

/* --- Set-up --- */

static rt_int32_t range_of(const struct virtio_input_axis *axis)
{
    rt_uint32_t distance = axis != RT_NULL ? (rt_uint32_t)axis->max - (rt_uint32_t)axis->min : 0;

    return (rt_int32_t)(distance < RANGE_MAX ? distance + 1 : RANGE_MAX);
}

rt_err_t rt_virtio_input_touch_register(struct rt_virtio_input *input)
{
    struct rt_virtio_input_touch *touch = rt_calloc(1, sizeof(*touch));
    unsigned int number = 0;
    rt_err_t result;

    if (touch == RT_NULL)
    {
        rt_kprintf("virtio: %s: no memory for a touch device\n", input->device.name);
        return -RT_ENOMEM;
    }
    touch->input = input;
    virtio_input_touch_init(&touch->state, &input->engine);
    touch->parent.info.type = RT_TOUCH_TYPE_NONE;
    touch->parent.info.vendor = RT_TOUCH_VENDOR_UNKNOWN;
    touch->parent.info.point_num = (rt_uint8_t)touch->state.count;
    touch->x = axis_of(touch, VIRTIO_INPUT_ABS_X, VIRTIO_INPUT_ABS_MT_POSITION_X);
    touch->y = axis_of(touch, VIRTIO_INPUT_ABS_Y, VIRTIO_INPUT_ABS_MT_POSITION_Y);
    touch->parent.info.range_x = range_of(touch->x);
    touch->parent.info.range_y = range_of(touch->y);
    touch->parent.ops = &touch_ops;
    rt_virtio_touch_without_pin(&touch->parent);
    do
    {
        rt_snprintf(touch->name, sizeof(touch->name), "touch%u", number++);
    } while (rt_device_find(touch->name) != RT_NULL);
    result = rt_hw_touch_register(&touch->parent, touch->name, RT_DEVICE_FLAG_INT_RX, RT_NULL);
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: %s not registered, error %d\n", input->device.name, touch->name, (int)result);
        rt_free(touch);
        return result;
    }
    input->touch = touch;
    return RT_EOK;
}

/* The touch class has no opposite of rt_hw_touch_register(), which does no more than register a device. */
void rt_virtio_input_touch_unregister(struct rt_virtio_input *input)
{
    if (input->touch != RT_NULL)
    {
        rt_device_unregister(&input->touch->parent.parent);
        rt_free(input->touch);
        input->touch = RT_NULL;
    }
}

#endif /* RT_USING_VIRTIO_INPUT && RT_USING_TOUCH */
