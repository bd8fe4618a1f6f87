/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input device in RT-Thread: reads and writes, who is told of events, the class. Control commands are in
 * rt_virtio_input_control.c, handlers in rt_virtio_input_handler.c, RT-Thread's touch class in rt_virtio_input_touch.c,
 * its input framework in rt_virtio_input_core.c.
 */
#include <rtthread.h>

#ifdef RT_USING_VIRTIO_INPUT

#include <string.h>

#include "rt_virtio_input.h"

/* Events of a write that are copied at a time. */
#define PIECE_EVENTS 16u

static struct rt_virtio_input *of(struct rt_virtio_device *device)
{
    return rt_container_of(device, struct rt_virtio_input, device);
}

/* --- The engine's lock, and who is told afterwards --- */

/* From the engine, with the lock held. */
static void readable(struct virtio_input *in)
{
    struct rt_virtio_input *input = in->setup.context;

    input->readable = RT_TRUE;
}

rt_base_t rt_virtio_input_lock(struct rt_virtio_input *input)
{
    return rt_virtio_lock(&input->lock);
}

enum rt_virtio_input_taker rt_virtio_input_taker(const struct rt_virtio_input *input)
{
#ifdef RT_USING_TOUCH
    if (rt_virtio_input_touch_is_open(input))
    {
        return RT_VIRTIO_INPUT_TOUCH;
    }
#endif
    if (input->bsct_handler != RT_NULL || input->handler.handle != RT_NULL)
    {
        return RT_VIRTIO_INPUT_HANDLER;
    }
    if (input->open)
    {
        return RT_VIRTIO_INPUT_READER;
    }
#ifdef RT_USING_INPUT
    if (input->core != RT_NULL)
    {
        return RT_VIRTIO_INPUT_CORE;
    }
#endif
    return RT_VIRTIO_INPUT_NOBODY;
}

static void tell(struct rt_virtio_input *input, enum rt_virtio_input_taker taker, rt_size_t bytes)
{
    switch (taker)
    {
    case RT_VIRTIO_INPUT_READER:
        if (input->parent.rx_indicate != RT_NULL)
        {
            input->parent.rx_indicate(&input->parent, bytes);
        }
        break;
    case RT_VIRTIO_INPUT_HANDLER:
    case RT_VIRTIO_INPUT_CORE:
        rt_virtio_input_deliver(input);
        break;
#ifdef RT_USING_TOUCH
    case RT_VIRTIO_INPUT_TOUCH:
        rt_virtio_input_touch_tell(input);
        break;
#endif
    default:
        break;
    }
}

void rt_virtio_input_unlock(struct rt_virtio_input *input, rt_base_t level)
{
    rt_uint64_t due = virtio_input_due(&input->engine);
    enum rt_virtio_input_taker taker = rt_virtio_input_taker(input);
    rt_bool_t news = input->readable;
    rt_size_t bytes;

    if (taker == RT_VIRTIO_INPUT_NOBODY)
    {
        input->flushed += virtio_input_flush(&input->engine);
    }
    bytes = virtio_input_readable(&input->engine) * sizeof(struct virtio_input_event);
    input->readable = RT_FALSE;
    rt_virtio_unlock(&input->lock, level);
    virtio_input_notify(&input->engine, due);
    if (news)
    {
        tell(input, taker, bytes);
    }
}

/* --- Reading and writing --- */

int rt_virtio_input_take(struct rt_virtio_input *input, struct virtio_input_record *records, rt_uint32_t count)
{
    int taken;

    do
    {
        taken = virtio_input_read(&input->engine, records, count);
    } while (taken == -VIRTIO_EMSGSIZE && count >= RT_VIRTIO_INPUT_FRAME_MAX && virtio_input_drop(&input->engine) != 0);
    if (taken > 0)
    {
        input->taken += (rt_uint64_t)taken;
    }
    return taken;
}

/* What fits of what there is, at most RT_VIRTIO_INPUT_FRAME_MAX, for a reader. */
static int take_as_reader(struct rt_virtio_input *input, struct virtio_input_record *records, rt_size_t room)
{
    rt_base_t level = rt_virtio_input_lock(input);
    int taken = 0;

    if (rt_virtio_input_taker(input) == RT_VIRTIO_INPUT_READER)
    {
        taken = rt_virtio_input_take(input, records,
                                     room < RT_VIRTIO_INPUT_FRAME_MAX ? (rt_uint32_t)room : RT_VIRTIO_INPUT_FRAME_MAX);
    }
    rt_virtio_input_unlock(input, level);
    return taken;
}

int rt_virtio_input_read(struct rt_virtio_input *input, struct virtio_input_timed_event *timed,
                         struct virtio_input_event *events, rt_size_t count)
{
    struct virtio_input_record records[RT_VIRTIO_INPUT_FRAME_MAX];
    rt_size_t done = 0;
    int taken = 0;
    int i;

    /* Ends, however fast events come in: the room does. */
    while (done < count && (taken = take_as_reader(input, records, count - done)) > 0)
    {
        for (i = 0; i < taken; i++, done++)
        {
            if (timed != RT_NULL)
            {
                timed[done].time_us = records[i].time_us;
                timed[done].type = records[i].type;
                timed[done].code = records[i].code;
                timed[done].value = (rt_uint32_t)records[i].value;
            }
            else
            {
                events[done].type = records[i].type;
                events[done].code = records[i].code;
                events[done].value = (rt_uint32_t)records[i].value;
            }
        }
    }
    return done != 0 ? (int)done : taken;
}

int rt_virtio_input_set(struct rt_virtio_input *input, const struct virtio_input_event *events, rt_size_t count)
{
    struct virtio_input_event piece[PIECE_EVENTS];
    rt_size_t done = 0;
    rt_base_t level;
    int error = 0;
    rt_size_t size;
    rt_size_t i;

    if (input->dead)
    {
        return -VIRTIO_EIO;
    }
    while (done < count && error == 0)
    {
        size = count - done < PIECE_EVENTS ? count - done : PIECE_EVENTS;
        memcpy(piece, events + done, size * sizeof(piece[0]));
        level = rt_virtio_input_lock(input);
        for (i = 0; i < size; i++)
        {
            if (piece[i].type != VIRTIO_INPUT_EV_SYN)
            {
                error = virtio_input_set(&input->engine, piece[i].type, piece[i].code, (rt_int32_t)piece[i].value);
            }
            if (error != 0)
            {
                break;
            }
        }
        rt_virtio_input_unlock(input, level);
        done += i;
    }
    return done != 0 ? (int)done : error;
}

static struct rt_virtio_input *of_dev(rt_device_t dev)
{
    return (struct rt_virtio_input *)dev;
}

static rt_err_t input_open(rt_device_t dev, rt_uint16_t oflag)
{
    struct rt_virtio_input *input = of_dev(dev);
    rt_base_t level = rt_virtio_input_lock(input);

    (void)oflag;
    input->open = RT_TRUE;
    rt_virtio_input_unlock(input, level);
    return RT_EOK;
}

static rt_err_t input_close(rt_device_t dev)
{
    struct rt_virtio_input *input = of_dev(dev);
    rt_base_t level = rt_virtio_input_lock(input);

    if (rt_virtio_input_taker(input) == RT_VIRTIO_INPUT_READER)
    {
        input->flushed += virtio_input_flush(&input->engine); /* what is left was not for the next one */
    }
    input->open = RT_FALSE;
    rt_virtio_input_unlock(input, level);
    return RT_EOK;
}

/* A number of events, or one of the core's errors, as RT-Thread has it. */
static rt_virtio_size_t bytes_of(int result)
{
    if (result < 0)
    {
        return (rt_virtio_size_t)rt_virtio_error(result);
    }
    return (rt_virtio_size_t)((rt_size_t)result * sizeof(struct virtio_input_event));
}

static rt_virtio_size_t input_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size)
{
    int result = -VIRTIO_EINVAL;

    (void)pos;
    if (buffer != RT_NULL && size % sizeof(struct virtio_input_event) == 0)
    {
        result = rt_virtio_input_read(of_dev(dev), RT_NULL, buffer, size / sizeof(struct virtio_input_event));
    }
    return bytes_of(result);
}

static rt_virtio_size_t input_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size)
{
    int result = -VIRTIO_EINVAL;

    (void)pos;
    if (buffer != RT_NULL && size % sizeof(struct virtio_input_event) == 0)
    {
        result = rt_virtio_input_set(of_dev(dev), buffer, size / sizeof(struct virtio_input_event));
    }
    return bytes_of(result);
}

static const struct rt_virtio_ops input_ops = {
    .init = RT_NULL,
    .open = input_open,
    .close = input_close,
    .read = input_read,
    .write = input_write,
    .control = rt_virtio_input_control,
};

/* --- Class --- */

static rt_bool_t interrupt(struct rt_virtio_device *device)
{
    struct rt_virtio_input *input = of(device);
    rt_base_t level = rt_virtio_input_lock(input);
    int count = virtio_input_poll(&input->engine);

    if (count != 0)
    {
        input->engine.events.ring.stats.interrupts++; /* one line for both queues */
    }
    rt_virtio_input_unlock(input, level);
    if (count < 0)
    {
        rt_virtio_post(device, RT_VIRTIO_EVENT_BROKEN);
    }
    return count != 0;
}

/* What a device is and can do does not change (5.8.4 has no notification for it). */
static void config_changed(struct rt_virtio_device *device)
{
    (void)device;
}

static rt_bool_t begin_recovery(struct rt_virtio_input *input)
{
    rt_base_t level = rt_virtio_input_lock(input);
    rt_bool_t mine = !input->recovering;

    input->recovering = RT_TRUE;
    if (mine)
    {
        virtio_input_stop(&input->engine);
    }
    rt_virtio_input_unlock(input, level);
    return mine;
}

static rt_err_t recover(struct rt_virtio_device *device, rt_bool_t broken)
{
    struct rt_virtio_input *input = of(device);
    rt_uint64_t received;
    rt_base_t level;
    int error;

    if (!begin_recovery(input))
    {
        return -RT_EBUSY;
    }
    received = input->engine.stats.received; /* stopped, it stays that */
    if (!broken || received != input->received_before)
    {
        input->futile_recoveries = 0;
    }
    input->futile_recoveries += broken;
    input->received_before = received;
    input->dead = input->dead || input->futile_recoveries > RT_VIRTIO_FUTILE_RECOVERIES_MAX;
    error = input->dead ? rt_virtio_retire(device) : virtio_input_restart(&input->engine);
    level = rt_virtio_input_lock(input);
    virtio_input_resume(&input->engine, error);
    input->recovering = RT_FALSE;
    input->dead = error != 0;
    rt_virtio_input_unlock(input, level);
    if (error != 0)
    {
        rt_virtio_not_recovered(device, error, "no more events come from it");
    }
    return rt_virtio_error(error);
}

static struct virtio_queue *queue_at(struct rt_virtio_device *device, unsigned int index)
{
    struct virtio_input *engine = &of(device)->engine;

    if (engine->events.count == 0)
    {
        return RT_NULL; /* it was never started */
    }
    return index == 0 ? &engine->events.ring : index == 1 ? &engine->status_out.ring : RT_NULL;
}

static void print_config(struct rt_virtio_device *device)
{
    const struct virtio_input *engine = &of(device)->engine;
    const struct virtio_input_axis *axis;
    rt_uint16_t i;

    rt_kprintf("%s: \"%s\", serial \"%s\", bus %u vendor 0x%04x product 0x%04x version 0x%04x\n",
               virtio_input_kind_name(virtio_input_kind(engine)), engine->name, engine->serial,
               (unsigned int)engine->identity.bus, (unsigned int)engine->identity.vendor,
               (unsigned int)engine->identity.product, (unsigned int)engine->identity.version);
    for (i = 0; i < VIRTIO_INPUT_ABS_CNT; i++)
    {
        axis = virtio_input_axis(engine, i);
        if (axis != RT_NULL)
        {
            rt_kprintf("axis %u: %ld to %ld, fuzz %lu, flat %lu, resolution %lu\n", (unsigned int)i, (long)axis->min,
                       (long)axis->max, (unsigned long)axis->fuzz, (unsigned long)axis->flat,
                       (unsigned long)axis->resolution);
        }
    }
    if (engine->config_faults != 0)
    {
        rt_kprintf("%u answers of the device made no sense\n", engine->config_faults);
    }
}

/* received + 2 * markers = taken + flushed + dropped + what can still be read or is of a frame that is coming in. */
static rt_bool_t counter(struct rt_virtio_device *device, unsigned int index, const char **name, rt_uint64_t *value)
{
    static const char *const names[] = {"events",         "taken",   "flushed", "dropped",
                                        "frames-dropped", "markers", "unknown", "sent"};
    struct rt_virtio_input *input = of(device);
    const struct virtio_input_stats *stats = &input->engine.stats;
    const rt_uint64_t values[] = {stats->received, input->taken,   input->flushed, stats->dropped,
                                  stats->frames,   stats->markers, stats->unknown, stats->sent};

    if (index >= sizeof(names) / sizeof(names[0]))
    {
        return RT_FALSE;
    }
    *name = names[index];
    *value = values[index];
    return RT_TRUE;
}

/* --- Removal --- */

/* Stop it for good. 0 or ETIMEDOUT, as rt_virtio_retire(). */
static int end(struct rt_virtio_input *input)
{
    rt_base_t level;
    int error;

    while (!input->device.ended && !begin_recovery(input))
    {
        rt_thread_mdelay(1); /* that has an end */
    }
    input->device.ended = RT_TRUE;
    error = rt_virtio_retire(&input->device);
    level = rt_virtio_input_lock(input);
    input->dead = RT_TRUE;
    virtio_input_resume(&input->engine, error);
    rt_virtio_input_unlock(input, level);
    return error == -VIRTIO_ETIMEDOUT ? error : 0;
}

static rt_bool_t is_bound(const struct rt_virtio_input *input)
{
#ifdef RT_USING_TOUCH
    if (rt_virtio_input_touch_is_open(input))
    {
        return RT_TRUE;
    }
#endif
    return input->bsct_handler != RT_NULL || input->handler.handle != RT_NULL || input->delivering;
}

static rt_err_t withdraw(struct rt_virtio_device *device)
{
    struct rt_virtio_input *input = of(device);

    if (input->engine.dev == RT_NULL)
    {
        return RT_EOK;
    }
    if (input->parent.ref_count != 0 || is_bound(input))
    {
        return -RT_EBUSY;
    }
#ifdef RT_USING_INPUT
    if (rt_virtio_input_core_unregister(input) != RT_EOK)
    {
        return -RT_EBUSY;
    }
#endif
    /* Nothing is delivered any more: what was due is not, and whom the event thread has in hand it lets go. */
    rt_virtio_hold_list();
    input->due = RT_FALSE;
    rt_virtio_release_list();
    while (*(volatile rt_bool_t *)&input->served)
    {
        rt_thread_mdelay(1);
    }
    if (input->registered)
    {
        rt_device_unregister(&input->parent);
        input->registered = RT_FALSE;
    }
#ifdef RT_USING_TOUCH
    rt_virtio_input_touch_unregister(input);
#endif
    return rt_virtio_error(end(input));
}

static void destroy(struct rt_virtio_device *device)
{
    struct rt_virtio_input *input = of(device);

    if (input->engine.dev != RT_NULL)
    {
        virtio_input_destroy(&input->engine);
    }
    rt_free(input);
}

static const struct rt_virtio_class input_class = {
    .prefix = RT_VIRTIO_NAME("virtio-input", "vinp"),
    .id = VIRTIO_ID_INPUT,
    .features = virtio_input_features,
    .interrupt = interrupt,
    .config_changed = config_changed,
    .recover = recover,
    .withdraw = withdraw,
    .destroy = destroy,
    .queue = queue_at,
    .print_config = print_config,
    .counter = counter,
};

/* --- Set-up --- */

rt_bool_t rt_virtio_input_is_touch(const struct rt_virtio_input *input)
{
    switch (virtio_input_kind(&input->engine))
    {
    case VIRTIO_INPUT_KIND_TABLET:
    case VIRTIO_INPUT_KIND_TOUCHSCREEN:
    case VIRTIO_INPUT_KIND_MULTITOUCH:
    case VIRTIO_INPUT_KIND_PEN:
        return RT_TRUE;
    default:
        return RT_FALSE;
    }
}

static rt_err_t start(struct rt_virtio_input *input)
{
    struct virtio_input_setup setup = {
        .buffers = RT_VIRTIO_INPUT_RING_SIZE,
        .fifo = RT_VIRTIO_INPUT_FIFO_SIZE,
        .readable = readable,
        .each = NULL,
        .context = input,
    };

    rt_virtio_lock_init(&input->lock);
    return rt_virtio_error(virtio_input_start(&input->engine, &input->device.core, &setup));
}

static rt_err_t register_device(struct rt_virtio_input *input)
{
    rt_bool_t touch = rt_virtio_input_is_touch(input);
    rt_device_t dev = &input->parent;
    rt_err_t result;

    dev->type = touch ? RT_Device_Class_Touch : RT_Device_Class_Miscellaneous;
    rt_virtio_set_ops(dev, &input_ops);
    result = rt_device_register(
        dev, input->device.name,
        (rt_uint16_t)(RT_DEVICE_FLAG_RDWR | RT_DEVICE_FLAG_INT_RX | (touch ? RT_DEVICE_FLAG_STANDALONE : 0)));
    input->registered = result == RT_EOK;
    return result;
}

rt_err_t rt_virtio_input_init(rt_ubase_t *mmio_base, rt_uint32_t irq)
{
    struct rt_virtio_input *input = rt_calloc(1, sizeof(*input));
    rt_base_t level;
    rt_err_t result;

    if (input == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    result = rt_virtio_attach(&input->device, &input_class, mmio_base, irq);
    if (result != RT_EOK)
    {
        rt_free(input);
        return result;
    }
    /* From here on the device is in the list, for the user to see what became of it. */
    rt_virtio_input_handler_init();
    result = start(input);
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: not started, error %d\n", input->device.name, (int)result);
        return result;
    }
    result = register_device(input);
    if (result != RT_EOK)
    {
        (void)end(input);
        rt_kprintf("virtio: %s: not registered, error %d\n", input->device.name, (int)result);
        return result;
    }
    input->device.state = "ok";
#ifdef RT_USING_TOUCH
    if (rt_virtio_input_is_touch(input))
    {
        rt_virtio_input_touch_register(input); /* without it there are still the raw events; it has said why */
    }
#endif
#ifdef RT_USING_INPUT
    rt_virtio_input_core_register(input); /* likewise */
#endif
    level = rt_virtio_input_lock(input);
    rt_virtio_input_unlock(input, level); /* the device learns of its first buffers */
    rt_virtio_enable_interrupt(&input->device);
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_INPUT */
