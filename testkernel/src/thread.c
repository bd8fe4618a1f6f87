/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Threads: their life, sleeping and waking, priorities, stack checks.
 */

#include <string.h>

#include "kernel.h"

/*
 * Below a stack from the heap: takes the first blow of an overflow, so that
 * the objects which name the culprit are still whole when it is noticed.
 */
#define STACK_RED_ZONE 1024

static rt_list_t dead_list = RT_LIST_OBJECT_INIT(dead_list);

/* ---- stacks ---- */

rt_bool_t tk_stack_is_broken(const struct rt_thread *thread, rt_ubase_t sp)
{
    const rt_uint8_t *low = (const rt_uint8_t *)thread->stack_addr;
    int i;

    if (sp < (rt_ubase_t)low || sp > (rt_ubase_t)low + thread->stack_size)
    {
        return RT_TRUE;
    }
    for (i = 0; i < TK_STACK_GUARD_BYTES; i++)
    {
        if (low[i] != TK_STACK_FILL)
        {
            return RT_TRUE;
        }
    }

    return RT_FALSE;
}

void tk_stack_report(struct rt_thread *thread, rt_ubase_t sp)
{
    static char name[RT_NAME_MAX + 1];
    static char *low;
    static char *high;

    /* Printing digs deeper into what lies below the stack: copy first. */
    tk_panic_begin();
    memcpy(name, thread->parent.name, RT_NAME_MAX);
    low = (char *)thread->stack_addr;
    high = low + thread->stack_size;
    rt_kprintf("\nthread %s: STACK OVERFLOW, stack %p..%p, sp %p\n", name, low, high, (void *)sp);
    rt_hw_halt();
}

/* ---- sleeping and waking (locked) ---- */

void tk_list_insert_waiter(rt_list_t *list, struct rt_thread *thread, rt_uint8_t flag)
{
    rt_list_t *pos = list;

    if (flag == RT_IPC_FLAG_PRIO)
    {
        rt_list_for_each (pos, list)
        {
            struct rt_thread *other = rt_list_entry(pos, struct rt_thread, tlist);

            if (other->current_priority > thread->current_priority)
            {
                break;
            }
        }
    }
    rt_list_insert_before(pos, &thread->tlist);
}

void tk_thread_block(struct rt_thread *thread, rt_list_t *list, rt_uint8_t flag, rt_int32_t timeout)
{
    RT_ASSERT(thread == tk_cpu()->current_thread);
    RT_ASSERT(thread->scheduler_lock_nest == 0);
    RT_ASSERT(tk_cpu()->irq_nest == 0);

    /* What a plain rt_thread_resume() leaves for the sleeper to see. */
    thread->error = -RT_EINTR;
    thread->stat = RT_THREAD_SUSPEND;
    if (list != RT_NULL)
    {
        tk_list_insert_waiter(list, thread, flag);
    }
    if (timeout > 0)
    {
        thread->thread_timer.init_tick = (rt_tick_t)timeout;
        rt_timer_start(&thread->thread_timer);
    }
    tk_cpu()->need_resched = 1;
}

void tk_thread_wake(struct rt_thread *thread, rt_err_t error)
{
    struct rt_mutex *mutex = (struct rt_mutex *)thread->pending_object;

    RT_ASSERT(tk_is_suspended(thread));

    rt_timer_stop(&thread->thread_timer);
    rt_list_remove(&thread->tlist);
    thread->error = error;
    if (mutex != RT_NULL)
    {
        /* It no longer lends its priority to the owner. */
        thread->pending_object = RT_NULL;
        tk_mutex_waiter_moved(mutex);
    }
    tk_sched_insert(thread);
}

rt_bool_t tk_list_wake_one(rt_list_t *list, rt_err_t error)
{
    if (rt_list_isempty(list))
    {
        return RT_FALSE;
    }
    tk_thread_wake(rt_list_first_entry(list, struct rt_thread, tlist), error);

    return RT_TRUE;
}

void tk_list_wake_all(rt_list_t *list, rt_err_t error)
{
    while (tk_list_wake_one(list, error))
    {
    }
}

static void sleep_timeout(void *parameter)
{
    struct rt_thread *thread = (struct rt_thread *)parameter;

    if (tk_is_suspended(thread))
    {
        tk_thread_wake(thread, -RT_ETIMEOUT);
    }
}

void tk_thread_set_priority(struct rt_thread *thread, rt_uint8_t priority)
{
    if (tk_stat(thread) == RT_THREAD_READY)
    {
        tk_sched_remove(thread);
        thread->current_priority = priority;
        tk_sched_insert(thread);
        return;
    }

    thread->current_priority = priority;
    if (thread->oncpu != RT_CPU_DETACHED)
    {
        tk_cpus[thread->oncpu].current_priority = priority;
        tk_sched_request(thread);
    }
    if (thread->pending_object != RT_NULL)
    {
        struct rt_mutex *mutex = (struct rt_mutex *)thread->pending_object;

        rt_list_remove(&thread->tlist);
        tk_list_insert_waiter(&mutex->parent.suspend_thread, thread, RT_IPC_FLAG_PRIO);
        tk_mutex_waiter_moved(mutex);
    }
}

/* ---- birth ---- */

static void thread_exit(void)
{
    rt_base_t level;
    struct rt_thread *self = rt_thread_self();

    level = rt_hw_interrupt_disable();
    self->scheduler_lock_nest = 0;
    rt_hw_interrupt_enable(level);

    rt_thread_close(self);
    for (;;)
    {
        rt_schedule();
    }
}

static void thread_setup(struct rt_thread *thread, void (*entry)(void *parameter), void *parameter, void *stack_start,
                         rt_uint32_t stack_size, rt_uint8_t priority, rt_uint32_t tick)
{
    rt_ubase_t top = RT_ALIGN_DOWN((rt_ubase_t)stack_start + stack_size, 16ul);

    RT_ASSERT(priority < RT_THREAD_PRIORITY_MAX);

    rt_list_init(&thread->tlist);
    rt_list_init(&thread->taken_object_list);
    thread->pending_object = RT_NULL;
    thread->entry = (void *)entry;
    thread->parameter = parameter;
    thread->stack_addr = stack_start;
    thread->stack_size = stack_size;
    rt_memset(stack_start, TK_STACK_FILL, stack_size);
    thread->sp = rt_hw_stack_init(thread->entry, parameter, (rt_uint8_t *)top, (void *)thread_exit);
    thread->error = RT_EOK;
    thread->stat = RT_THREAD_INIT;
    thread->bind_cpu = RT_CPU_DETACHED;
    thread->oncpu = RT_CPU_DETACHED;
    thread->scheduler_lock_nest = 0;
    thread->cpus_lock_nest = 0;
    thread->init_priority = priority;
    thread->current_priority = priority;
    thread->event_set = 0;
    thread->event_info = 0;
    thread->init_tick = tick ? tick : 1;
    thread->remaining_tick = thread->init_tick;
    thread->duration_tick = 0;
    thread->cleanup = RT_NULL;
    thread->user_data = 0;
    rt_timer_init(&thread->thread_timer, thread->parent.name, sleep_timeout, thread, 0,
                  RT_TIMER_FLAG_ONE_SHOT | RT_TIMER_FLAG_THREAD_TIMER);
}

rt_err_t rt_thread_init(struct rt_thread *thread, const char *name, void (*entry)(void *parameter), void *parameter,
                        void *stack_start, rt_uint32_t stack_size, rt_uint8_t priority, rt_uint32_t tick)
{
    RT_ASSERT(thread != RT_NULL);
    RT_ASSERT(stack_start != RT_NULL);

    rt_object_init(&thread->parent, RT_Object_Class_Thread, name);
    thread->stack_owned = 0;
    thread_setup(thread, entry, parameter, stack_start, stack_size, priority, tick);

    return RT_EOK;
}

rt_thread_t rt_thread_create(const char *name, void (*entry)(void *parameter), void *parameter, rt_uint32_t stack_size,
                             rt_uint8_t priority, rt_uint32_t tick)
{
    struct rt_thread *thread;
    rt_uint8_t *stack;

    stack_size = (rt_uint32_t)RT_ALIGN(stack_size, 16u);
    stack = (rt_uint8_t *)rt_malloc(STACK_RED_ZONE + stack_size);
    if (stack == RT_NULL)
    {
        return RT_NULL;
    }
    thread = (struct rt_thread *)rt_object_allocate(RT_Object_Class_Thread, name);
    if (thread == RT_NULL)
    {
        rt_free(stack);
        return RT_NULL;
    }
    thread->stack_owned = 1;
    rt_memset(stack, TK_STACK_FILL, STACK_RED_ZONE);
    thread_setup(thread, entry, parameter, stack + STACK_RED_ZONE, stack_size, priority, tick);

    return thread;
}

rt_err_t rt_thread_startup(rt_thread_t thread)
{
    RT_ASSERT(thread != RT_NULL);
    RT_ASSERT(tk_stat(thread) == RT_THREAD_INIT);
    RT_ASSERT(rt_object_get_type(&thread->parent) == RT_Object_Class_Thread);

    thread->stat = RT_THREAD_SUSPEND;
    rt_thread_resume(thread);
    if (rt_thread_self() != RT_NULL)
    {
        rt_schedule();
    }

    return RT_EOK;
}

/* ---- death ---- */

rt_err_t rt_thread_close(rt_thread_t thread)
{
    rt_base_t level = rt_hw_interrupt_disable();
    struct rt_mutex *mutex = (struct rt_mutex *)thread->pending_object;

    if (tk_stat(thread) == RT_THREAD_CLOSE)
    {
        rt_hw_interrupt_enable(level);
        return RT_EOK;
    }

    tk_sched_remove(thread);
    rt_list_remove(&thread->tlist);
    rt_timer_detach(&thread->thread_timer);
    thread->stat = RT_THREAD_CLOSE;
    if (mutex != RT_NULL)
    {
        thread->pending_object = RT_NULL;
        tk_mutex_waiter_moved(mutex);
    }
    tk_mutex_abandon_all(thread);

    /* On a CPU, perhaps another one: the reaper waits until it has left. */
    rt_list_insert_before(&dead_list, &thread->tlist);
    tk_sched_request(thread);
    rt_hw_interrupt_enable(level);

    if (thread == rt_thread_self())
    {
        rt_schedule();
    }

    return RT_EOK;
}

rt_err_t rt_thread_detach(rt_thread_t thread)
{
    RT_ASSERT(thread != RT_NULL);
    RT_ASSERT(rt_object_get_type(&thread->parent) == RT_Object_Class_Thread);
    RT_ASSERT(rt_object_is_systemobject(&thread->parent));

    return rt_thread_close(thread);
}

rt_err_t rt_thread_delete(rt_thread_t thread)
{
    RT_ASSERT(thread != RT_NULL);
    RT_ASSERT(rt_object_get_type(&thread->parent) == RT_Object_Class_Thread);
    RT_ASSERT(!rt_object_is_systemobject(&thread->parent));

    return rt_thread_close(thread);
}

void tk_thread_reap(void)
{
    for (;;)
    {
        struct rt_thread *thread;
        struct rt_thread *dead = RT_NULL;
        rt_base_t level = rt_hw_interrupt_disable();

        rt_list_for_each_entry (thread, &dead_list, tlist)
        {
            if (thread->oncpu == RT_CPU_DETACHED)
            {
                dead = thread;
                rt_list_remove(&dead->tlist);
                break;
            }
        }
        rt_hw_interrupt_enable(level);

        if (dead == RT_NULL)
        {
            return;
        }
        if (dead->cleanup != RT_NULL)
        {
            dead->cleanup(dead);
        }
        if (dead->stack_owned)
        {
            rt_free((rt_uint8_t *)dead->stack_addr - STACK_RED_ZONE);
            rt_object_delete(&dead->parent);
        }
        else
        {
            rt_object_detach(&dead->parent);
        }
    }
}

/* ---- the rest of the interface ---- */

rt_thread_t rt_thread_self(void)
{
    rt_base_t level = rt_hw_local_irq_disable();
    struct rt_thread *thread = tk_cpu()->current_thread;

    rt_hw_local_irq_enable(level);

    return thread;
}

rt_thread_t rt_thread_find(char *name)
{
    return (rt_thread_t)rt_object_find(name, RT_Object_Class_Thread);
}

rt_err_t rt_thread_get_name(rt_thread_t thread, char *name, rt_uint8_t name_size)
{
    if (thread == RT_NULL || name == RT_NULL || name_size == 0)
    {
        return -RT_EINVAL;
    }
    rt_memset(name, 0, name_size);
    rt_strncpy(name, thread->parent.name, name_size - 1u);

    return RT_EOK;
}

rt_err_t rt_thread_yield(void)
{
    rt_base_t level = rt_hw_interrupt_disable();
    struct rt_thread *self = tk_cpu()->current_thread;

    self->remaining_tick = self->init_tick;
    if (tk_stat(self) == RT_THREAD_RUNNING)
    {
        self->stat |= RT_THREAD_STAT_YIELD;
    }
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return RT_EOK;
}

rt_err_t rt_thread_delay(rt_tick_t tick)
{
    struct rt_thread *self;
    rt_base_t level;

    RT_DEBUG_SCHEDULER_AVAILABLE(RT_TRUE);
    if (tick == 0)
    {
        return rt_thread_yield();
    }

    level = rt_hw_interrupt_disable();
    self = tk_cpu()->current_thread;
    tk_thread_block(self, RT_NULL, RT_IPC_FLAG_FIFO, (rt_int32_t)tick);
    rt_hw_interrupt_enable(level);
    rt_schedule();

    if (self->error == -RT_ETIMEOUT)
    {
        self->error = RT_EOK;
    }

    return self->error;
}

rt_err_t rt_thread_delay_until(rt_tick_t *tick, rt_tick_t inc_tick)
{
    rt_tick_t target = *tick + inc_tick;
    rt_tick_t now = rt_tick_get();

    if ((rt_int32_t)(target - now) > 0)
    {
        *tick = target;
        return rt_thread_delay(target - now);
    }
    /* Too late already: the next period counts from here. */
    *tick = now;

    return RT_EOK;
}

rt_err_t rt_thread_mdelay(rt_int32_t ms)
{
    return rt_thread_delay(rt_tick_from_millisecond(ms));
}

rt_err_t rt_thread_suspend_with_flag(rt_thread_t thread, int suspend_flag)
{
    rt_base_t level;
    rt_uint8_t stat;

    RT_ASSERT(thread != RT_NULL);
    RT_ASSERT(rt_object_get_type(&thread->parent) == RT_Object_Class_Thread);

    level = rt_hw_interrupt_disable();
    stat = tk_stat(thread);
    if (stat != RT_THREAD_READY && stat != RT_THREAD_RUNNING)
    {
        rt_hw_interrupt_enable(level);
        return -RT_ERROR;
    }
    tk_sched_remove(thread);
    thread->stat = (rt_uint8_t)(RT_THREAD_SUSPEND_MASK | (suspend_flag == RT_KILLABLE          ? 1
                                                          : suspend_flag == RT_UNINTERRUPTIBLE ? 2
                                                                                               : 0));
    rt_timer_stop(&thread->thread_timer);
    tk_sched_request(thread);
    rt_hw_interrupt_enable(level);

    return RT_EOK;
}

/* As in RT-Thread, who suspends itself calls rt_schedule() next. */
rt_err_t rt_thread_suspend(rt_thread_t thread)
{
    return rt_thread_suspend_with_flag(thread, RT_UNINTERRUPTIBLE);
}

rt_err_t rt_thread_resume(rt_thread_t thread)
{
    rt_base_t level;
    rt_err_t result = -RT_ERROR;

    RT_ASSERT(thread != RT_NULL);
    RT_ASSERT(rt_object_get_type(&thread->parent) == RT_Object_Class_Thread);

    level = rt_hw_interrupt_disable();
    if (tk_is_suspended(thread))
    {
        tk_thread_wake(thread, thread->error);
        result = RT_EOK;
    }
    rt_hw_interrupt_enable(level);

    return result;
}

static rt_err_t thread_bind(rt_thread_t thread, rt_size_t cpu)
{
    rt_base_t level = rt_hw_interrupt_disable();

    thread->bind_cpu = cpu >= RT_CPUS_NR ? RT_CPU_DETACHED : (rt_uint8_t)cpu;
    tk_sched_repost(thread);
    if (thread->bind_cpu != RT_CPU_DETACHED && thread->oncpu != thread->bind_cpu)
    {
        tk_sched_request(thread);
    }
    rt_hw_interrupt_enable(level);
    if (rt_thread_self() != RT_NULL)
    {
        rt_schedule();
    }

    return RT_EOK;
}

rt_err_t rt_thread_control(rt_thread_t thread, int cmd, void *arg)
{
    rt_base_t level;

    RT_ASSERT(thread != RT_NULL);
    RT_ASSERT(rt_object_get_type(&thread->parent) == RT_Object_Class_Thread);

    switch (cmd)
    {
    case RT_THREAD_CTRL_CHANGE_PRIORITY:
        level = rt_hw_interrupt_disable();
        thread->init_priority = *(rt_uint8_t *)arg;
        tk_thread_set_priority(thread, tk_mutex_best_priority(thread));
        rt_hw_interrupt_enable(level);
        if (rt_thread_self() != RT_NULL)
        {
            rt_schedule();
        }
        return RT_EOK;

    case RT_THREAD_CTRL_STARTUP:
        return rt_thread_startup(thread);

    case RT_THREAD_CTRL_CLOSE:
        return rt_thread_close(thread);

    case RT_THREAD_CTRL_BIND_CPU:
        return thread_bind(thread, (rt_size_t)arg);

    default:
        return -RT_EINVAL;
    }
}
