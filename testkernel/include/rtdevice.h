/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * IPC for device drivers: completion and wait queue; the touch class.
 */

#ifndef __RT_DEVICE_H__
#define __RT_DEVICE_H__

#include <rtthread.h>

#ifdef RT_USING_TOUCH
#include <touch.h>
#endif

#ifdef RT_USING_DM
#include <drivers/core/dm.h>
#endif

#ifdef RT_USING_SERIAL
#include <drivers/dev_serial.h>
#endif

#ifdef __cplusplus
extern "C"
{
#endif

    /* ---- completion: one event, one waiter; done() may come first ---- */

    struct rt_completion
    {
        rt_uint32_t flag;
        struct rt_thread *waiter;
    };

#define RT_COMPLETION_INIT(comp) \
    {                            \
        0, RT_NULL               \
    }

    void rt_completion_init(struct rt_completion *completion);
    rt_err_t rt_completion_wait(struct rt_completion *completion, rt_int32_t timeout);
    void rt_completion_done(struct rt_completion *completion);

    /* ---- wait queue: sleep until a condition holds ---- */

#define RT_WQ_FLAG_CLEAN  0x00
#define RT_WQ_FLAG_WAKEUP 0x01

    struct rt_wqueue_node;
    typedef int (*rt_wqueue_func_t)(struct rt_wqueue_node *wait, void *key);

    struct rt_wqueue_node
    {
        rt_list_t list;
        rt_thread_t polling_thread;
        rt_uint32_t key;
        rt_wqueue_func_t wakeup;
    };
    typedef struct rt_wqueue_node rt_wqueue_node_t;

    int __wqueue_default_wake(struct rt_wqueue_node *wait, void *key);

    void rt_wqueue_init(rt_wqueue_t *queue);
    void rt_wqueue_add(rt_wqueue_t *queue, struct rt_wqueue_node *node);
    void rt_wqueue_remove(struct rt_wqueue_node *node);
    /* Waits at most msec; returns as soon as it has been woken or condition is true. */
    int rt_wqueue_wait(rt_wqueue_t *queue, int condition, int msec);
    int rt_wqueue_wait_interruptible(rt_wqueue_t *queue, int condition, int msec); /* here the same */
    void rt_wqueue_wakeup(rt_wqueue_t *queue, void *key);

#ifdef __cplusplus
}
#endif

#endif /* __RT_DEVICE_H__ */
