/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Event sets: 32 flags, waited for all together or any of them.
 */

#include "kernel.h"

static void event_setup(rt_event_t event, rt_uint8_t flag)
{
    event->set = 0;
    event->parent.parent.flag = flag;
    rt_list_init(&event->parent.suspend_thread);
}

static void event_dissolve(rt_event_t event)
{
    rt_base_t level = rt_hw_interrupt_disable();

    tk_list_wake_all(&event->parent.suspend_thread, -RT_ERROR);
    rt_hw_interrupt_enable(level);
}

rt_err_t rt_event_init(rt_event_t event, const char *name, rt_uint8_t flag)
{
    RT_ASSERT(event != RT_NULL);

    tk_ipc_init(&event->parent, RT_Object_Class_Event, name, flag);
    event_setup(event, flag);

    return RT_EOK;
}

rt_err_t rt_event_detach(rt_event_t event)
{
    TK_ASSERT_OBJECT(event, RT_Object_Class_Event);
    RT_ASSERT(rt_object_is_systemobject(&event->parent.parent));

    event_dissolve(event);
    rt_object_detach(&event->parent.parent);

    return RT_EOK;
}

rt_event_t rt_event_create(const char *name, rt_uint8_t flag)
{
    rt_event_t event;

    RT_ASSERT(flag == RT_IPC_FLAG_FIFO || flag == RT_IPC_FLAG_PRIO);

    event = (rt_event_t)rt_object_allocate(RT_Object_Class_Event, name);
    if (event != RT_NULL)
    {
        event_setup(event, flag);
    }

    return event;
}

rt_err_t rt_event_delete(rt_event_t event)
{
    TK_ASSERT_OBJECT(event, RT_Object_Class_Event);
    RT_ASSERT(!rt_object_is_systemobject(&event->parent.parent));
    RT_DEBUG_NOT_IN_INTERRUPT;

    event_dissolve(event);
    rt_object_delete(&event->parent.parent);

    return RT_EOK;
}

static rt_bool_t is_met(rt_uint32_t have, rt_uint32_t want, rt_uint8_t opt)
{
    if (opt & RT_EVENT_FLAG_AND)
    {
        return (have & want) == want;
    }

    return (have & want) != 0;
}

rt_err_t rt_event_send(rt_event_t event, rt_uint32_t set)
{
    rt_list_t *pos;
    rt_list_t *next;
    rt_base_t level;
    rt_uint32_t clear = 0;
    rt_bool_t woke = RT_FALSE;

    TK_ASSERT_OBJECT(event, RT_Object_Class_Event);
    if (set == 0)
    {
        return -RT_ERROR;
    }

    level = rt_hw_interrupt_disable();
    event->set |= set;
    rt_list_for_each_safe (pos, next, &event->parent.suspend_thread)
    {
        struct rt_thread *thread = rt_list_entry(pos, struct rt_thread, tlist);

        if (is_met(event->set, thread->event_set, thread->event_info))
        {
            if (thread->event_info & RT_EVENT_FLAG_CLEAR)
            {
                /* Cleared at the end: every waiter sees this event. */
                clear |= thread->event_set;
            }
            thread->event_set &= event->set;
            tk_thread_wake(thread, RT_EOK);
            woke = RT_TRUE;
        }
    }
    event->set &= ~clear;
    rt_hw_interrupt_enable(level);
    if (woke)
    {
        rt_schedule();
    }

    return RT_EOK;
}

rt_err_t rt_event_recv(rt_event_t event, rt_uint32_t set, rt_uint8_t opt, rt_int32_t timeout, rt_uint32_t *recved)
{
    struct rt_thread *self;
    rt_base_t level;

    TK_ASSERT_OBJECT(event, RT_Object_Class_Event);
    RT_DEBUG_SCHEDULER_AVAILABLE(timeout != 0);
    RT_ASSERT(opt & (RT_EVENT_FLAG_AND | RT_EVENT_FLAG_OR));
    if (set == 0)
    {
        return -RT_ERROR;
    }

    level = rt_hw_interrupt_disable();
    if (is_met(event->set, set, opt))
    {
        if (recved != RT_NULL)
        {
            *recved = event->set & set;
        }
        if (opt & RT_EVENT_FLAG_CLEAR)
        {
            event->set &= ~set;
        }
        rt_hw_interrupt_enable(level);
        return RT_EOK;
    }
    if (timeout == 0)
    {
        rt_hw_interrupt_enable(level);
        return -RT_ETIMEOUT;
    }

    self = tk_cpu()->current_thread;
    self->event_set = set;
    self->event_info = opt;
    tk_thread_block(self, &event->parent.suspend_thread, event->parent.parent.flag, timeout);
    rt_hw_interrupt_enable(level);
    rt_schedule();

    if (self->error == RT_EOK && recved != RT_NULL)
    {
        *recved = self->event_set;
    }

    return self->error;
}

rt_err_t rt_event_control(rt_event_t event, int cmd, void *arg)
{
    rt_base_t level;

    TK_ASSERT_OBJECT(event, RT_Object_Class_Event);
    RT_UNUSED(arg);
    if (cmd != RT_IPC_CMD_RESET)
    {
        return -RT_ERROR;
    }

    level = rt_hw_interrupt_disable();
    tk_list_wake_all(&event->parent.suspend_thread, -RT_ERROR);
    event->set = 0;
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return RT_EOK;
}
