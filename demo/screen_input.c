/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo's screen: events of all input devices, of which one pointer and one keyboard are made.
 */
#include "screen.h"

#ifdef RT_USING_VIRTIO_GPU

#include <virtio_input.h>

/* So that what has been done is seen, however fast the events come. */
#define READS_MAX 16

static rt_bool_t axis(rt_device_t device, int cmd, int *first, int *last)
{
    struct virtio_input_config config;

    if (rt_device_control(device, cmd, &config) != RT_EOK || (rt_int32_t)config.abs.max <= (rt_int32_t)config.abs.min)
    {
        return RT_FALSE;
    }
    *first = (rt_int32_t)config.abs.min;
    *last = (rt_int32_t)config.abs.max;
    return RT_TRUE;
}

void screen_input_open(struct screen *s, rt_err_t (*ready)(rt_device_t device, rt_size_t size))
{
    struct screen_input *input;
    rt_device_t device;
    char name[RT_NAME_MAX];
    int count = 0;
    int i;

    for (i = 0; i < INPUTS; i++)
    {
        rt_snprintf(name, sizeof(name), "virtio-input%d", i);
        device = rt_device_find(name);
        if (device == RT_NULL || rt_device_open(device, RT_DEVICE_OFLAG_RDWR | RT_DEVICE_FLAG_INT_RX) != RT_EOK)
        {
            continue; /* a tablet that somebody else has open stays his */
        }
        input = &s->inputs[count++];
        input->device = device;
        if (!axis(device, VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_X_INFO, &input->left, &input->right) ||
            !axis(device, VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_Y_INFO, &input->top, &input->bottom))
        {
            input->right = input->left;
        }
        rt_device_set_rx_indicate(device, ready);
    }
    screen_input_caps(s, RT_FALSE);
}

void screen_input_close(struct screen *s)
{
    int i;

    screen_input_caps(s, RT_FALSE);
    for (i = 0; i < INPUTS && s->inputs[i].device != RT_NULL; i++)
    {
        rt_device_set_rx_indicate(s->inputs[i].device, RT_NULL);
        rt_device_close(s->inputs[i].device);
    }
}

void screen_input_caps(struct screen *s, rt_bool_t on)
{
    struct virtio_input_event event = {EV_LED, LED_CAPSL, on};
    int i;

    for (i = 0; i < INPUTS && s->inputs[i].device != RT_NULL; i++)
    {
        rt_device_write(s->inputs[i].device, 0, &event, sizeof(event)); /* refused by those that have none */
    }
}

/* Where in 0 .. size - 1 a value of an axis is. */
static int scale(rt_int32_t value, int first, int last, int size)
{
    rt_int64_t range = (rt_int64_t)last - first;
    rt_int64_t at;

    value = RT_MAX(value, first);
    value = RT_MIN(value, last);
    at = (((rt_int64_t)value - first) * size + range / 2) / range;
    return (int)RT_MIN(at, size - 1);
}

/* A mouse may say anything; nothing that is added to it may overflow. */
static int plus(int at, rt_int32_t step, int size)
{
    step = RT_MAX(step, -size);
    step = RT_MIN(step, size);
    at += step;
    at = RT_MAX(at, 0);
    return RT_MIN(at, size - 1);
}

static unsigned int button(rt_uint16_t code)
{
    switch (code)
    {
    case BTN_LEFT:
    case BTN_TOUCH:
        return BUTTON_LEFT;
    case BTN_RIGHT:
        return BUTTON_RIGHT;
    default:
        return 0;
    }
}

static void key(struct screen *s, struct screen_input *input, rt_uint16_t code, rt_bool_t down)
{
    if (code < BTN_MISC)
    {
        screen_text_key(s, code, down);
        return;
    }
    input->pointed = RT_TRUE;
    input->buttons = down ? input->buttons | button(code) : input->buttons & ~button(code);
}

static void move(struct screen *s, struct screen_input *input, const struct virtio_input_event *event)
{
    rt_int32_t value = (rt_int32_t)event->value;

    if (event->type == EV_REL && event->code == REL_WHEEL)
    {
        screen_paint_wheel(s, value);
        return;
    }
    input->pointed = RT_TRUE;
    if (event->type == EV_REL && event->code == REL_X)
    {
        input->x = plus(input->x, value, s->draw.width);
    }
    else if (event->type == EV_REL && event->code == REL_Y)
    {
        input->y = plus(input->y, value, s->draw.height);
    }
    else if (event->type == EV_ABS && event->code == ABS_X && input->left != input->right)
    {
        input->x = scale(value, input->left, input->right, s->draw.width);
    }
    else if (event->type == EV_ABS && event->code == ABS_Y && input->left != input->right)
    {
        input->y = scale(value, input->top, input->bottom, s->draw.height);
    }
}

/* The end of a frame. A button may be on another device than the pointer is moved with. */
static void commit(struct screen *s, struct screen_input *input)
{
    unsigned int buttons = 0;
    int i;

    if (!input->pointed)
    {
        return;
    }
    input->pointed = RT_FALSE;
    for (i = 0; i < INPUTS; i++)
    {
        buttons |= s->inputs[i].buttons;
    }
    screen_paint_point(s, input->x, input->y, buttons);
}

static void take(struct screen *s, struct screen_input *input, const struct virtio_input_event *event)
{
    switch (event->type)
    {
    case EV_KEY:
        key(s, input, event->code, event->value != 0);
        break;
    case EV_REL:
    case EV_ABS:
        move(s, input, event);
        break;
    case EV_SYN:
        if (event->code == SYN_DROPPED)
        {
            /* What was held may have been released meanwhile. */
            input->pointed = RT_TRUE;
            input->buttons = 0;
            screen_text_release(s);
        }
        else if (event->code == SYN_REPORT)
        {
            commit(s, input);
        }
        break;
    default:
        break;
    }
}

rt_bool_t screen_input_read(struct screen *s)
{
    struct virtio_input_event events[RT_VIRTIO_INPUT_FRAME_MAX];
    struct screen_input *input;
    rt_bool_t more = RT_FALSE;
    rt_ssize_t bytes;
    rt_size_t count;
    rt_size_t j;
    int reads;
    int i;

    for (i = 0; i < INPUTS && s->inputs[i].device != RT_NULL; i++)
    {
        input = &s->inputs[i];
        for (reads = 0; reads < READS_MAX; reads++)
        {
            bytes = (rt_ssize_t)rt_device_read(input->device, 0, events, sizeof(events));
            count = bytes > 0 ? (rt_size_t)bytes / sizeof(events[0]) : 0;
            for (j = 0; j < count; j++)
            {
                if (!input->pointed)
                {
                    input->x = s->paint.x; /* where another device may have moved it */
                    input->y = s->paint.y;
                }
                take(s, input, &events[j]);
            }
            if (count == 0)
            {
                break;
            }
        }
        more = more || reads == READS_MAX;
    }
    return more;
}

#endif /* RT_USING_VIRTIO_GPU */
