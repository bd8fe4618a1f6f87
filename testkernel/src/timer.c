/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Timers. Hard ones (and the timeouts of sleeping threads) run in the tick
 * interrupt of CPU 0, soft ones in a thread of their own. Both kinds wait in
 * a list sorted by the tick at which they are due.
 */

#include "kernel.h"

static rt_list_t hard_list = RT_LIST_OBJECT_INIT(hard_list);
static rt_list_t soft_list = RT_LIST_OBJECT_INIT(soft_list);

static struct rt_semaphore soft_wakeup;
static struct rt_thread timer_thread;
static rt_uint8_t timer_stack[RT_TIMER_THREAD_STACK_SIZE] rt_align(16);
static rt_bool_t timer_thread_ready;

void rt_system_timer_init(void)
{
    /* The lists are initialised statically. */
}

/* Ticks wrap around, so only differences can be compared. */
static rt_bool_t is_due(rt_tick_t when, rt_tick_t now)
{
    return (rt_int32_t)(now - when) >= 0;
}

static void timer_setup(rt_timer_t timer, void (*timeout)(void *parameter), void *parameter, rt_tick_t time,
                        rt_uint8_t flag)
{
    timer->parent.flag = flag & (rt_uint8_t)~RT_TIMER_FLAG_ACTIVATED;
    timer->timeout_func = timeout;
    timer->parameter = parameter;
    timer->timeout_tick = 0;
    timer->init_tick = time;
    rt_list_init(&timer->row);
}

void rt_timer_init(rt_timer_t timer, const char *name, void (*timeout)(void *parameter), void *parameter,
                   rt_tick_t time, rt_uint8_t flag)
{
    RT_ASSERT(timer != RT_NULL);
    RT_ASSERT(timeout != RT_NULL);
    RT_ASSERT(time < RT_TICK_MAX / 2);

    timer_setup(timer, timeout, parameter, time, flag);
    rt_object_init(&timer->parent, RT_Object_Class_Timer, name);
}

rt_timer_t rt_timer_create(const char *name, void (*timeout)(void *parameter), void *parameter, rt_tick_t time,
                           rt_uint8_t flag)
{
    rt_timer_t timer;

    RT_ASSERT(timeout != RT_NULL);
    RT_ASSERT(time < RT_TICK_MAX / 2);

    timer = (rt_timer_t)rt_object_allocate(RT_Object_Class_Timer, name);
    if (timer != RT_NULL)
    {
        timer_setup(timer, timeout, parameter, time, flag);
    }

    return timer;
}

/* Locked. */
static void timer_unlink(rt_timer_t timer)
{
    rt_list_remove(&timer->row);
    timer->parent.flag &= (rt_uint8_t)~RT_TIMER_FLAG_ACTIVATED;
}

/* Locked. RT_TRUE: it is now the first of the soft list. */
static rt_bool_t timer_link(rt_timer_t timer)
{
    rt_list_t *head = timer->parent.flag & RT_TIMER_FLAG_SOFT_TIMER ? &soft_list : &hard_list;
    rt_list_t *pos;

    /* A period of no ticks at all would be due again at once, for ever. */
    timer->timeout_tick = rt_tick_get() + RT_MAX(timer->init_tick, 1u);
    rt_list_for_each (pos, head)
    {
        rt_timer_t other = rt_list_entry(pos, struct rt_timer, row);

        /* Equal times keep the order in which they were started. */
        if ((rt_int32_t)(other->timeout_tick - timer->timeout_tick) > 0)
        {
            break;
        }
    }
    rt_list_insert_before(pos, &timer->row);
    timer->parent.flag |= RT_TIMER_FLAG_ACTIVATED;

    return head == &soft_list && head->next == &timer->row;
}

static void timer_forget(rt_timer_t timer)
{
    rt_base_t level = rt_hw_interrupt_disable();

    timer_unlink(timer);
    rt_hw_interrupt_enable(level);
}

rt_err_t rt_timer_detach(rt_timer_t timer)
{
    RT_ASSERT(timer != RT_NULL);
    RT_ASSERT(rt_object_get_type(&timer->parent) == RT_Object_Class_Timer);
    RT_ASSERT(rt_object_is_systemobject(&timer->parent));

    timer_forget(timer);
    rt_object_detach(&timer->parent);

    return RT_EOK;
}

rt_err_t rt_timer_delete(rt_timer_t timer)
{
    RT_ASSERT(timer != RT_NULL);
    RT_ASSERT(rt_object_get_type(&timer->parent) == RT_Object_Class_Timer);
    RT_ASSERT(!rt_object_is_systemobject(&timer->parent));

    timer_forget(timer);
    rt_object_delete(&timer->parent);

    return RT_EOK;
}

rt_err_t rt_timer_start(rt_timer_t timer)
{
    rt_base_t level;
    rt_bool_t wake;

    RT_ASSERT(timer != RT_NULL);
    RT_ASSERT(rt_object_get_type(&timer->parent) == RT_Object_Class_Timer);

    level = rt_hw_interrupt_disable();
    timer_unlink(timer);
    wake = timer_link(timer);
    rt_hw_interrupt_enable(level);

    if (wake && timer_thread_ready)
    {
        /* The timer thread sleeps too long for this one. */
        rt_sem_release(&soft_wakeup);
    }

    return RT_EOK;
}

rt_err_t rt_timer_stop(rt_timer_t timer)
{
    rt_base_t level;
    rt_err_t result = -RT_ERROR;

    RT_ASSERT(timer != RT_NULL);
    RT_ASSERT(rt_object_get_type(&timer->parent) == RT_Object_Class_Timer);

    level = rt_hw_interrupt_disable();
    if (timer->parent.flag & RT_TIMER_FLAG_ACTIVATED)
    {
        timer_unlink(timer);
        result = RT_EOK;
    }
    rt_hw_interrupt_enable(level);

    return result;
}

rt_err_t rt_timer_control(rt_timer_t timer, int cmd, void *arg)
{
    rt_base_t level;
    rt_err_t result = RT_EOK;

    RT_ASSERT(timer != RT_NULL);
    RT_ASSERT(rt_object_get_type(&timer->parent) == RT_Object_Class_Timer);

    level = rt_hw_interrupt_disable();
    switch (cmd)
    {
    case RT_TIMER_CTRL_GET_TIME:
        *(rt_tick_t *)arg = timer->init_tick;
        break;

    case RT_TIMER_CTRL_SET_TIME:
        RT_ASSERT(*(rt_tick_t *)arg < RT_TICK_MAX / 2);
        /* A running timer stops: the new time counts from the next start. */
        timer_unlink(timer);
        timer->init_tick = *(rt_tick_t *)arg;
        break;

    case RT_TIMER_CTRL_SET_ONESHOT:
        timer->parent.flag &= (rt_uint8_t)~RT_TIMER_FLAG_PERIODIC;
        break;

    case RT_TIMER_CTRL_SET_PERIODIC:
        timer->parent.flag |= RT_TIMER_FLAG_PERIODIC;
        break;

    case RT_TIMER_CTRL_GET_STATE:
        *(rt_uint32_t *)arg =
            timer->parent.flag & RT_TIMER_FLAG_ACTIVATED ? RT_TIMER_FLAG_ACTIVATED : RT_TIMER_FLAG_DEACTIVATED;
        break;

    case RT_TIMER_CTRL_GET_REMAIN_TIME:
        *(rt_tick_t *)arg = timer->timeout_tick - rt_tick_get();
        break;

    case RT_TIMER_CTRL_GET_FUNC:
        *(void (**)(void *))arg = timer->timeout_func;
        break;

    case RT_TIMER_CTRL_SET_FUNC:
        timer->timeout_func = (void (*)(void *))arg;
        break;

    case RT_TIMER_CTRL_GET_PARM:
        *(void **)arg = timer->parameter;
        break;

    case RT_TIMER_CTRL_SET_PARM:
        timer->parameter = arg;
        break;

    default:
        result = -RT_EINVAL;
        break;
    }
    rt_hw_interrupt_enable(level);

    return result;
}

rt_tick_t rt_timer_next_timeout_tick(void)
{
    rt_base_t level = rt_hw_interrupt_disable();
    rt_tick_t tick = RT_TICK_MAX;

    if (!rt_list_isempty(&hard_list))
    {
        tick = rt_list_first_entry(&hard_list, struct rt_timer, row)->timeout_tick;
    }
    rt_hw_interrupt_enable(level);

    return tick;
}

/*
 * Runs everything in the list that is due. A periodic timer is started again
 * before its function runs, so that the function may stop, change or delete
 * it and nothing touches it afterwards.
 */
static void run_due(rt_list_t *head)
{
    rt_base_t level = rt_hw_interrupt_disable();

    while (!rt_list_isempty(head))
    {
        rt_timer_t timer = rt_list_first_entry(head, struct rt_timer, row);
        void (*func)(void *parameter) = timer->timeout_func;
        void *parameter = timer->parameter;

        if (!is_due(timer->timeout_tick, rt_tick_get()))
        {
            break;
        }
        timer_unlink(timer);
        if (timer->parent.flag & RT_TIMER_FLAG_PERIODIC)
        {
            timer_link(timer);
        }

        if (timer->parent.flag & RT_TIMER_FLAG_THREAD_TIMER)
        {
            /*
             * Still locked: were the thread woken and asleep again between
             * here and the function, the stale timeout would end its new
             * sleep.
             */
            func(parameter);
        }
        else
        {
            rt_hw_interrupt_enable(level);
            func(parameter);
            level = rt_hw_interrupt_disable();
        }
    }
    rt_hw_interrupt_enable(level);
}

void rt_timer_check(void)
{
    run_due(&hard_list);
}

static void timer_thread_entry(void *parameter)
{
    RT_UNUSED(parameter);

    for (;;)
    {
        rt_base_t level;
        rt_int32_t wait = RT_WAITING_FOREVER;

        run_due(&soft_list);

        level = rt_hw_interrupt_disable();
        if (!rt_list_isempty(&soft_list))
        {
            rt_timer_t first = rt_list_first_entry(&soft_list, struct rt_timer, row);

            wait = (rt_int32_t)(first->timeout_tick - rt_tick_get());
            if (wait < 0)
            {
                wait = 0;
            }
        }
        rt_hw_interrupt_enable(level);

        if (wait != 0)
        {
            rt_sem_take(&soft_wakeup, wait);
        }
    }
}

void rt_system_timer_thread_init(void)
{
    rt_sem_init(&soft_wakeup, "timer", 0, RT_IPC_FLAG_PRIO);
    rt_thread_init(&timer_thread, "timer", timer_thread_entry, RT_NULL, timer_stack, sizeof(timer_stack),
                   RT_TIMER_THREAD_PRIO, 10);
    timer_thread_ready = RT_TRUE;
    rt_thread_startup(&timer_thread);
}
