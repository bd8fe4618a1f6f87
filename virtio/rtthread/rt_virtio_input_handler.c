/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input device in RT-Thread: handlers that are called with each event.
 *
 * One thread calls them for all input devices. It is not the service thread, because a handler is the application's and
 * may take its time, and a device must be recovered meanwhile.
 */
#include <rtthread.h>

#ifdef RT_USING_VIRTIO_INPUT

#include <string.h>

#include "rt_virtio_input.h"

/* How long a handler that was unbound may still run before that is an error. */
#define UNBIND_PATIENCE_MS 1000

static rt_virtio_lock_t thread_lock;
static rt_bool_t claimed; /* somebody has made the thread, or is at it; under the lock */
static struct rt_semaphore work;

/* --- Delivering --- */

static void call(struct rt_virtio_input *input, void (*bsct)(struct virtio_input_event event),
                 const struct rt_virtio_input_handler *handler, const struct virtio_input_record *record)
{
    struct virtio_input_event event = {record->type, record->code, (rt_uint32_t)record->value};
    struct virtio_input_timed_event timed = {record->time_us, record->type, record->code, (rt_uint32_t)record->value};

    if (bsct != RT_NULL)
    {
        bsct(event);
    }
    else
    {
        handler->handle(&input->parent, &timed, handler->context);
    }
}

/* What is to be called with the events that there are; false: nothing. With the lock. */
static rt_bool_t find_handler(struct rt_virtio_input *input, void (**bsct)(struct virtio_input_event event),
                              struct rt_virtio_input_handler *handler)
{
    switch (rt_virtio_input_taker(input))
    {
    case RT_VIRTIO_INPUT_HANDLER:
        *bsct = input->bsct_handler;
        *handler = input->handler;
        return RT_TRUE;
#ifdef RT_USING_INPUT
    case RT_VIRTIO_INPUT_CORE:
        *bsct = RT_NULL;
        *handler = rt_virtio_input_core_handler(input);
        return RT_TRUE;
#endif
    default:
        return RT_FALSE;
    }
}

/* Call the handler with all that there is. If somebody is at it already, he will see what is new. */
static void deliver(struct rt_virtio_input *input, rt_thread_t self)
{
    void (*bsct)(struct virtio_input_event event);
    struct rt_virtio_input_handler handler;
    rt_base_t level = rt_virtio_input_lock(input);
    rt_uint32_t generation;
    int count;
    int i;

    if (input->delivering)
    {
        rt_virtio_input_unlock(input, level);
        return;
    }
    input->delivering = RT_TRUE;
    input->deliverer = self;
    while (find_handler(input, &bsct, &handler) &&
           (count = rt_virtio_input_take(input, input->batch, RT_VIRTIO_INPUT_FRAME_MAX)) > 0)
    {
        generation = input->generation;
        input->delivered_generation = generation;
        rt_virtio_input_unlock(input, level);
        /* The rest of the batch is lost to a handler that is unbound meanwhile, as if it had come later. */
        for (i = 0; i < count && *(volatile rt_uint32_t *)&input->generation == generation; i++)
        {
            call(input, bsct, &handler, &input->batch[i]);
        }
        level = rt_virtio_input_lock(input);
    }
    input->delivering = RT_FALSE;
    rt_virtio_input_unlock(input, level);
}

void rt_virtio_input_deliver(struct rt_virtio_input *input)
{
    rt_base_t level;
    rt_bool_t wake;

    if (input->in_interrupt && (input->bsct_handler != RT_NULL || input->handler.handle != RT_NULL))
    {
        deliver(input, rt_interrupt_get_nest() == 0 ? rt_thread_self() : RT_NULL);
        return;
    }
    level = rt_virtio_input_lock(input);
    wake = !input->due;
    input->due = RT_TRUE;
    rt_virtio_unlock(&input->lock, level);
    if (wake)
    {
        rt_sem_release(&work);
    }
}

static rt_bool_t take_due(struct rt_virtio_input *input)
{
    rt_base_t level = rt_virtio_input_lock(input);
    rt_bool_t due = input->due;

    input->due = RT_FALSE;
    rt_virtio_unlock(&input->lock, level);
    return due;
}

/* A device whose events wait. It is not removed before it is no longer `served`. */
static struct rt_virtio_input *next_due(void)
{
    struct rt_virtio_device *device;
    struct rt_virtio_input *input = RT_NULL;

    rt_virtio_hold_list();
    for (device = rt_virtio_first(); device != RT_NULL && input == RT_NULL; device = device->next)
    {
        if (device->class != RT_NULL && device->class->id == VIRTIO_ID_INPUT &&
            take_due(rt_container_of(device, struct rt_virtio_input, device)))
        {
            input = rt_container_of(device, struct rt_virtio_input, device);
            input->served = RT_TRUE;
        }
    }
    rt_virtio_release_list();
    return input;
}

static void event_thread(void *parameter)
{
    struct rt_virtio_input *input;

    (void)parameter;
    while (rt_sem_take(&work, RT_WAITING_FOREVER) == RT_EOK)
    {
        while ((input = next_due()) != RT_NULL)
        {
            deliver(input, rt_thread_self());
            input->served = RT_FALSE;
        }
    }
}

/* --- Binding --- */

/* With the first handler, or for the input framework: most have none, and its stack is worth something. */
rt_err_t rt_virtio_input_start_thread(void)
{
    rt_base_t level = rt_virtio_lock(&thread_lock);
    rt_bool_t mine = !claimed;
    rt_thread_t thread;

    claimed = RT_TRUE;
    rt_virtio_unlock(&thread_lock, level);
    if (!mine)
    {
        return RT_EOK; /* what is due before it runs is counted */
    }
    thread =
        rt_thread_create("vinput", event_thread, RT_NULL, RT_VIRTIO_INPUT_STACK_SIZE, RT_VIRTIO_INPUT_PRIORITY, 10);
    if (thread == RT_NULL)
    {
        rt_kprintf("virtio: no memory for the thread of input handlers\n");
        claimed = RT_FALSE;
        return -RT_ENOMEM;
    }
    return rt_thread_startup(thread);
}

rt_err_t rt_virtio_input_settle(struct rt_virtio_input *input)
{
    rt_tick_t start = rt_tick_get();
    rt_base_t level;
    rt_bool_t busy;

    for (;;)
    {
        level = rt_virtio_input_lock(input);
        busy = input->delivering && input->delivered_generation != input->generation &&
               !(input->deliverer != RT_NULL && input->deliverer == rt_thread_self());
        rt_virtio_input_unlock(input, level);
        if (!busy || !rt_virtio_may_sleep())
        {
            return busy ? -RT_EBUSY : RT_EOK;
        }
        if (rt_tick_get() - start >= rt_tick_from_millisecond(UNBIND_PATIENCE_MS))
        {
            return -RT_EBUSY;
        }
        rt_thread_mdelay(1);
    }
}

void rt_virtio_input_handler_init(void)
{
    static rt_bool_t done;

    if (!done)
    {
        done = RT_TRUE;
        rt_virtio_lock_init(&thread_lock);
        rt_sem_init(&work, "vinput", 0, RT_IPC_FLAG_FIFO);
    }
}

rt_err_t rt_virtio_input_bind(struct rt_virtio_input *input, void (*bsct)(struct virtio_input_event event),
                              const struct rt_virtio_input_handler *handler)
{
    rt_err_t result = bsct != RT_NULL || handler != RT_NULL ? rt_virtio_input_start_thread() : RT_EOK;
    rt_base_t level;

    if (result != RT_EOK)
    {
        return result;
    }
    level = rt_virtio_input_lock(input);
    input->bsct_handler = bsct;
    memset(&input->handler, 0, sizeof(input->handler));
    if (handler != RT_NULL)
    {
        input->handler = *handler;
    }
    input->generation++;
    input->readable = virtio_input_readable(&input->engine) != 0; /* what a reader has left */
    rt_virtio_input_unlock(input, level);
    return rt_virtio_input_settle(input);
}

#endif /* RT_USING_VIRTIO_INPUT */
