/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Completions and wait queues.
 */

#include <rtdevice.h>

#include "kernel.h"

/* ---- completion ---- */

void rt_completion_init(struct rt_completion *completion)
{
    RT_ASSERT(completion != RT_NULL);
    completion->flag = 0;
    completion->waiter = RT_NULL;
}

rt_err_t rt_completion_wait(struct rt_completion *completion, rt_int32_t timeout)
{
    struct rt_thread *self;
    rt_base_t level;

    RT_ASSERT(completion != RT_NULL);
    RT_DEBUG_SCHEDULER_AVAILABLE(timeout != 0 && completion->flag == 0);

    level = rt_hw_interrupt_disable();
    if (completion->flag != 0)
    {
        completion->flag = 0;
        rt_hw_interrupt_enable(level);
        return RT_EOK;
    }
    /* One waiter only, as in RT-Thread. */
    RT_ASSERT(completion->waiter == RT_NULL);
    if (timeout == 0)
    {
        rt_hw_interrupt_enable(level);
        return -RT_ETIMEOUT;
    }

    self = tk_cpu()->current_thread;
    completion->waiter = self;
    tk_thread_block(self, RT_NULL, RT_IPC_FLAG_FIFO, timeout);
    rt_hw_interrupt_enable(level);
    rt_schedule();

    level = rt_hw_interrupt_disable();
    if (completion->waiter == self)
    {
        completion->waiter = RT_NULL;
    }
    if (self->error != RT_EOK && completion->flag != 0)
    {
        /* Done between the end of the sleep and here: that counts. */
        completion->flag = 0;
        self->error = RT_EOK;
    }
    rt_hw_interrupt_enable(level);

    return self->error;
}

void rt_completion_done(struct rt_completion *completion)
{
    rt_base_t level;
    rt_bool_t woke = RT_FALSE;

    RT_ASSERT(completion != RT_NULL);

    level = rt_hw_interrupt_disable();
    if (completion->waiter != RT_NULL && tk_is_suspended(completion->waiter))
    {
        struct rt_thread *waiter = completion->waiter;

        completion->waiter = RT_NULL;
        tk_thread_wake(waiter, RT_EOK);
        woke = RT_TRUE;
    }
    else
    {
        completion->flag = 1;
    }
    rt_hw_interrupt_enable(level);
    if (woke)
    {
        rt_schedule();
    }
}

/* ---- wait queue ---- */

int __wqueue_default_wake(struct rt_wqueue_node *wait, void *key)
{
    RT_UNUSED(wait);
    RT_UNUSED(key);

    return 0;
}

void rt_wqueue_init(rt_wqueue_t *queue)
{
    RT_ASSERT(queue != RT_NULL);
    queue->flag = RT_WQ_FLAG_CLEAN;
    rt_list_init(&queue->waiting_list);
    rt_spin_lock_init(&queue->spinlock);
}

void rt_wqueue_add(rt_wqueue_t *queue, struct rt_wqueue_node *node)
{
    rt_base_t level = rt_hw_interrupt_disable();

    rt_list_insert_before(&queue->waiting_list, &node->list);
    rt_hw_interrupt_enable(level);
}

void rt_wqueue_remove(struct rt_wqueue_node *node)
{
    rt_base_t level = rt_hw_interrupt_disable();

    rt_list_remove(&node->list);
    rt_hw_interrupt_enable(level);
}

void rt_wqueue_wakeup(rt_wqueue_t *queue, void *key)
{
    rt_base_t level = rt_hw_interrupt_disable();
    rt_list_t *pos;
    rt_bool_t woke = RT_FALSE;

    queue->flag = RT_WQ_FLAG_WAKEUP;
    rt_list_for_each (pos, &queue->waiting_list)
    {
        struct rt_wqueue_node *node = rt_list_entry(pos, struct rt_wqueue_node, list);

        if (node->wakeup(node, key) == 0)
        {
            rt_list_remove(&node->list);
            if (tk_is_suspended(node->polling_thread))
            {
                tk_thread_wake(node->polling_thread, RT_EOK);
                woke = RT_TRUE;
            }
            break;
        }
    }
    rt_hw_interrupt_enable(level);
    if (woke)
    {
        rt_schedule();
    }
}

int rt_wqueue_wait(rt_wqueue_t *queue, int condition, int msec)
{
    struct rt_thread *self = rt_thread_self();
    struct rt_wqueue_node node;
    rt_base_t level;
    int result;

    RT_DEBUG_SCHEDULER_AVAILABLE(RT_TRUE);
    if (condition || msec == 0)
    {
        return 0;
    }

    node.polling_thread = self;
    node.key = 0;
    node.wakeup = __wqueue_default_wake;
    rt_list_init(&node.list);

    level = rt_hw_interrupt_disable();
    if (queue->flag == RT_WQ_FLAG_WAKEUP)
    {
        /* Woken since the caller looked at its condition. */
        queue->flag = RT_WQ_FLAG_CLEAN;
        rt_hw_interrupt_enable(level);
        return 0;
    }
    rt_list_insert_before(&queue->waiting_list, &node.list);
    tk_thread_block(self, RT_NULL, RT_IPC_FLAG_FIFO,
                    msec < 0 ? RT_WAITING_FOREVER : (rt_int32_t)rt_tick_from_millisecond(msec));
    rt_hw_interrupt_enable(level);
    rt_schedule();

    level = rt_hw_interrupt_disable();
    queue->flag = RT_WQ_FLAG_CLEAN;
    rt_list_remove(&node.list);
    result = (int)self->error;
    rt_hw_interrupt_enable(level);

    return result;
}

int rt_wqueue_wait_interruptible(rt_wqueue_t *queue, int condition, int msec)
{
    return rt_wqueue_wait(queue, condition, msec);
}
