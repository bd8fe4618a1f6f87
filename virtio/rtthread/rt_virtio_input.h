/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the binding: an input device in RT-Thread.
 *
 * One lock serialises the engine. Whoever changed something gives it back with rt_virtio_input_unlock(), which then
 * tells the taker of events that there are some.
 */
#ifndef RT_VIRTIO_INPUT_H
#define RT_VIRTIO_INPUT_H

#include "rt_virtio.h"

#include <virtio/input.h>
#include <virtio_input.h>

/* Who takes the events. */
enum rt_virtio_input_taker
{
    RT_VIRTIO_INPUT_NOBODY,
    RT_VIRTIO_INPUT_READER,
    RT_VIRTIO_INPUT_HANDLER,
    RT_VIRTIO_INPUT_TOUCH,
    RT_VIRTIO_INPUT_CORE, /* RT-Thread's input framework */
};

struct rt_virtio_input
{
    struct rt_device parent; /* first: RT-Thread's */
    struct rt_virtio_device device;
    struct virtio_input engine;
    rt_virtio_lock_t lock;

    /* Under the lock. */
    rt_bool_t registered;
    rt_bool_t open;
    rt_bool_t readable; /* there is more to read than when the taker was told the last time */
    rt_bool_t recovering;
    rt_uint64_t taken;   /* events, with those of markers */
    rt_uint64_t flushed; /* the same */

    /* The handler; under the lock. At most one of the two functions is not NULL. */
    void (*bsct_handler)(struct virtio_input_event event);
    struct rt_virtio_input_handler handler;
    rt_bool_t in_interrupt;
    rt_bool_t due;                    /* the event thread has been woken for this device */
    rt_bool_t delivering;             /* somebody calls the handler, and `batch` is his */
    rt_thread_t deliverer;            /* he, or RT_NULL in an interrupt */
    rt_bool_t served;                 /* the event thread is at this device; with the list held */
    rt_uint32_t generation;           /* of the binding */
    rt_uint32_t delivered_generation; /* of the one that he calls */
    struct virtio_input_record batch[RT_VIRTIO_INPUT_FRAME_MAX];

    /* Of the recovery. */
    rt_bool_t dead;
    unsigned int futile_recoveries; /* in a row, without an event in between */
    rt_uint64_t received_before;    /* by the last recovery */

#ifdef RT_USING_TOUCH
    struct rt_virtio_input_touch *touch; /* RT_NULL: it is nothing to touch */
#endif
#ifdef RT_USING_INPUT
    struct rt_virtio_input_core *core; /* under the lock; RT_NULL: the framework did not take it */
#endif
};

rt_base_t rt_virtio_input_lock(struct rt_virtio_input *input);

/* Give the lock back, send the notifications that are due, tell the taker. */
void rt_virtio_input_unlock(struct rt_virtio_input *input, rt_base_t level);

/* With the lock. */
enum rt_virtio_input_taker rt_virtio_input_taker(const struct rt_virtio_input *input);

/*
 * Take whole frames, up to `count` records. A frame that does not even fit into RT_VIRTIO_INPUT_FRAME_MAX is dropped.
 * With the lock; a count, or EMSGSIZE.
 */
int rt_virtio_input_take(struct rt_virtio_input *input, struct virtio_input_record *records, rt_uint32_t count);

/*
 * Set LEDs, sounds, repeat. A count of events, up to the first that cannot be sent; if that is the first of all, a
 * VIRTIO_E... code, negative. Any context.
 */
int rt_virtio_input_set(struct rt_virtio_input *input, const struct virtio_input_event *events, rt_size_t count);

/* Read into an array of timed events, or of others. A count, or a VIRTIO_E... code, negative. Any context. */
int rt_virtio_input_read(struct rt_virtio_input *input, struct virtio_input_timed_event *timed,
                         struct virtio_input_event *events, rt_size_t count);

/* RT-Thread's control of a device. */
rt_err_t rt_virtio_input_control(rt_device_t dev, int command, void *args);

/* Handlers. Before there is a device; bind one of the two, or none (thread); have what there is delivered (any
 * context). */
void rt_virtio_input_handler_init(void);
rt_err_t rt_virtio_input_bind(struct rt_virtio_input *input, void (*bsct)(struct virtio_input_event event),
                              const struct rt_virtio_input_handler *handler);
void rt_virtio_input_deliver(struct rt_virtio_input *input);

/* Make the thread that calls handlers, if there is none yet. Thread. */
rt_err_t rt_virtio_input_start_thread(void);

/* Wait until a handler of before the last change of `generation` does not run any more; -RT_EBUSY: it does. Thread. */
rt_err_t rt_virtio_input_settle(struct rt_virtio_input *input);

/* Is it something to be touched, with coordinates of a screen? */
rt_bool_t rt_virtio_input_is_touch(const struct rt_virtio_input *input);

#ifdef RT_USING_TOUCH
/* RT-Thread's touch class: register a device; is it open; it has something to read. */
rt_err_t rt_virtio_input_touch_register(struct rt_virtio_input *input);
void rt_virtio_input_touch_unregister(struct rt_virtio_input *input);
rt_bool_t rt_virtio_input_touch_is_open(const struct rt_virtio_input *input);
void rt_virtio_input_touch_tell(struct rt_virtio_input *input);
#endif

#ifdef RT_USING_INPUT
/* RT-Thread's input framework: register a device; take it back, -RT_EBUSY if it is in use (both in a thread, or before
 * there are any); the handler that gives events to it. */
rt_err_t rt_virtio_input_core_register(struct rt_virtio_input *input);
rt_err_t rt_virtio_input_core_unregister(struct rt_virtio_input *input);
struct rt_virtio_input_handler rt_virtio_input_core_handler(const struct rt_virtio_input *input);
#endif

#endif /* RT_VIRTIO_INPUT_H */
