/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input device in RT-Thread: control commands.
 */
#include <rtthread.h>

#ifdef RT_USING_VIRTIO_INPUT

#include <string.h>

#include "rt_virtio_input.h"

#define WORD_BITS (8u * sizeof(rt_ubase_t))

static enum virtio_input_type type_of(const struct virtio_input *engine)
{
    const rt_uint16_t axes[] = {VIRTIO_INPUT_ABS_X, VIRTIO_INPUT_ABS_MT_POSITION_X};

    switch (virtio_input_kind(engine))
    {
    case VIRTIO_INPUT_KIND_MOUSE:
        return VIRTIO_INPUT_TYPE_MOUSE;
    case VIRTIO_INPUT_KIND_KEYBOARD:
        return VIRTIO_INPUT_TYPE_KEYBOARD;
    default:
        return virtio_input_has(engine, VIRTIO_INPUT_EV_ABS, axes[0]) ||
                       virtio_input_has(engine, VIRTIO_INPUT_EV_ABS, axes[1])
                   ? VIRTIO_INPUT_TYPE_TABLET
                   : VIRTIO_INPUT_TYPE_KEYBOARD;
    }
}

/* The first bits of a bitmap, as words. */
static void to_words(rt_ubase_t *words, unsigned int bits, const rt_uint8_t *bytes)
{
    unsigned int i;

    memset(words, 0, (bits + WORD_BITS - 1) / WORD_BITS * sizeof(words[0]));
    for (i = 0; i < bits; i += 8)
    {
        words[i / WORD_BITS] |= (rt_ubase_t)bytes[i / 8] << i % WORD_BITS;
    }
}

static rt_err_t get_bits(const struct virtio_input *engine, rt_uint16_t type, unsigned int bits, rt_ubase_t *words)
{
    rt_uint8_t bytes[VIRTIO_INPUT_PAYLOAD_BYTES];

    virtio_input_bits(engine, type, bytes, sizeof(bytes));
    to_words(words, bits, bytes);
    return RT_EOK;
}

static rt_err_t get_properties(const struct virtio_input *engine, rt_ubase_t *words)
{
    rt_uint8_t bytes[INPUT_PROP_CNT / 8] = {0};
    rt_uint16_t i;

    for (i = 0; i < INPUT_PROP_CNT; i++)
    {
        if (virtio_input_has_property(engine, i))
        {
            bytes[i / 8] |= (rt_uint8_t)(1u << i % 8);
        }
    }
    to_words(words, INPUT_PROP_CNT, bytes);
    return RT_EOK;
}

static rt_err_t get_axis(const struct virtio_input *engine, rt_uint16_t code, struct virtio_input_config *config)
{
    const struct virtio_input_axis *axis = virtio_input_axis(engine, code);

    if (axis == RT_NULL)
    {
        return -RT_ENOSYS;
    }
    memset(config, 0, sizeof(*config));
    config->select = VIRTIO_INPUT_CFG_ABS_INFO;
    config->subsel = (rt_uint8_t)code;
    config->size = sizeof(config->abs);
    config->abs.min = (rt_uint32_t)axis->min;
    config->abs.max = (rt_uint32_t)axis->max;
    config->abs.fuzz = axis->fuzz;
    config->abs.flat = axis->flat;
    config->abs.res = axis->resolution;
    return RT_EOK;
}

/* Of a pointer, or else of a finger. */
static rt_err_t get_position(const struct virtio_input *engine, rt_uint16_t code, rt_uint16_t finger,
                             struct virtio_input_config *config)
{
    return get_axis(engine, virtio_input_axis(engine, code) != RT_NULL ? code : finger, config);
}

static rt_err_t get_type_bits(const struct virtio_input *engine, struct virtio_input_config *config)
{
    rt_uint8_t type = config->subsel;

    memset(config, 0, sizeof(*config));
    config->select = VIRTIO_INPUT_CFG_EV_BITS;
    config->subsel = type;
    config->size = (rt_uint8_t)virtio_input_bits(engine, type, config->bitmap, sizeof(config->bitmap));
    return config->size != 0 ? RT_EOK : -RT_ENOSYS;
}

static rt_err_t get_ids(const struct virtio_input *engine, struct virtio_input_devids *ids)
{
    ids->bustype = engine->identity.bus;
    ids->vendor = engine->identity.vendor;
    ids->product = engine->identity.product;
    ids->version = engine->identity.version;
    return RT_EOK;
}

static rt_err_t read_timed(struct rt_virtio_input *input, struct rt_virtio_input_timed_read *request)
{
    int result = request->events != RT_NULL ? rt_virtio_input_read(input, request->events, RT_NULL, request->count)
                                            : -VIRTIO_EINVAL;

    request->count = result > 0 ? (rt_size_t)result : 0;
    return result >= 0 ? RT_EOK : rt_virtio_error(result);
}

static rt_err_t set_status(struct rt_virtio_input *input, const struct virtio_input_event *event)
{
    int result = rt_virtio_input_set(input, event, 1);

    return result >= 0 ? RT_EOK : rt_virtio_error(result);
}

static rt_err_t handle_in_interrupt(struct rt_virtio_input *input, const rt_bool_t *on)
{
    rt_base_t level = rt_virtio_input_lock(input);

    input->in_interrupt = *on;
    rt_virtio_input_unlock(input, level);
    return RT_EOK;
}

/* The commands whose argument may be NULL. */
static rt_err_t bind(struct rt_virtio_input *input, int command, void *args)
{
    const struct rt_virtio_input_handler *handler = args;

    if (command == VIRTIO_DEVICE_CTRL_INPUT_BIND_BSCT_HANDLER)
    {
        return rt_virtio_input_bind(input, (void (*)(struct virtio_input_event))(rt_ubase_t)args, RT_NULL);
    }
    if (handler != RT_NULL && handler->handle == RT_NULL)
    {
        return -RT_EINVAL;
    }
    return rt_virtio_input_bind(input, RT_NULL, handler);
}

rt_err_t rt_virtio_input_control(rt_device_t dev, int command, void *args)
{
    struct rt_virtio_input *input = (struct rt_virtio_input *)dev;
    const struct virtio_input *engine = &input->engine;

    if (command == VIRTIO_DEVICE_CTRL_INPUT_BIND_BSCT_HANDLER || command == RT_VIRTIO_INPUT_CTRL_BIND_HANDLER)
    {
        return bind(input, command, args);
    }
    if (args == RT_NULL)
    {
        return -RT_EINVAL;
    }
    switch (command)
    {
    case VIRTIO_DEVICE_CTRL_INPUT_GET_TYPE:
        *(enum virtio_input_type *)args = type_of(engine);
        return RT_EOK;
    case VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_X_INFO:
        return get_position(engine, VIRTIO_INPUT_ABS_X, VIRTIO_INPUT_ABS_MT_POSITION_X, args);
    case VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_Y_INFO:
        return get_position(engine, VIRTIO_INPUT_ABS_Y, VIRTIO_INPUT_ABS_MT_POSITION_Y, args);
    case VIRTIO_DEVICE_CTRL_INPUT_SET_STATUS:
        return set_status(input, args);
    case VIRTIO_DEVICE_CTRL_INPUT_GET_EV_BIT:
        return get_bits(engine, VIRTIO_INPUT_EV_SYN, EV_CNT, args);
    case VIRTIO_DEVICE_CTRL_INPUT_GET_KEY_BIT:
        return get_bits(engine, VIRTIO_INPUT_EV_KEY, KEY_CNT, args);
    case VIRTIO_DEVICE_CTRL_INPUT_GET_REL_BIT:
        return get_bits(engine, VIRTIO_INPUT_EV_REL, REL_CNT, args);
    case VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_BIT:
        return get_bits(engine, VIRTIO_INPUT_EV_ABS, ABS_CNT, args);
    case RT_VIRTIO_INPUT_CTRL_GET_KIND:
        *(enum virtio_input_kind *)args = virtio_input_kind(engine);
        return RT_EOK;
    case RT_VIRTIO_INPUT_CTRL_GET_NAME:
        memcpy(args, engine->name, sizeof(engine->name));
        return RT_EOK;
    case RT_VIRTIO_INPUT_CTRL_GET_SERIAL:
        memcpy(args, engine->serial, sizeof(engine->serial));
        return RT_EOK;
    case RT_VIRTIO_INPUT_CTRL_GET_IDS:
        return get_ids(engine, args);
    case RT_VIRTIO_INPUT_CTRL_GET_AXIS:
        return get_axis(engine, ((struct virtio_input_config *)args)->subsel, args);
    case RT_VIRTIO_INPUT_CTRL_GET_PROPERTIES:
        return get_properties(engine, args);
    case RT_VIRTIO_INPUT_CTRL_GET_BITS:
        return get_type_bits(engine, args);
    case RT_VIRTIO_INPUT_CTRL_READ_TIMED:
        return read_timed(input, args);
    case RT_VIRTIO_INPUT_CTRL_HANDLE_IN_INTERRUPT:
        return handle_in_interrupt(input, args);
    default:
        return -RT_EINVAL;
    }
}

#endif /* RT_USING_VIRTIO_INPUT */
