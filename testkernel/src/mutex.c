/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Mutexes: recursive, owned, with priority inheritance through chains of
 * owners that wait for one another, and an optional priority ceiling.
 */

#include "kernel.h"

/* ---- priorities (locked) ---- */

/* The priority that a thread has from itself and all mutexes it owns. */
rt_uint8_t tk_mutex_best_priority(struct rt_thread *thread)
{
    rt_uint8_t best = thread->init_priority;
    struct rt_mutex *mutex;

    rt_list_for_each_entry (mutex, &thread->taken_object_list, taken_list)
    {
        best = RT_MIN(best, RT_MIN(mutex->priority, mutex->ceiling_priority));
    }

    return best;
}

static void refresh_owner(struct rt_thread *owner)
{
    rt_uint8_t priority = tk_mutex_best_priority(owner);

    if (priority != owner->current_priority)
    {
        /* Goes on along the chain if the owner waits for a mutex itself. */
        tk_thread_set_priority(owner, priority);
    }
}

/* The list of waiters has changed, or the priority of one of them. */
void tk_mutex_waiter_moved(struct rt_mutex *mutex)
{
    rt_list_t *waiters = &mutex->parent.suspend_thread;

    mutex->priority = rt_list_isempty(waiters)
                          ? TK_PRIORITY_NONE
                          : rt_list_first_entry(waiters, struct rt_thread, tlist)->current_priority;
    if (mutex->owner != RT_NULL)
    {
        refresh_owner(mutex->owner);
    }
}

static void set_owner(struct rt_mutex *mutex, struct rt_thread *owner)
{
    mutex->owner = owner;
    mutex->hold = 1;
    rt_list_insert_after(&owner->taken_object_list, &mutex->taken_list);
}

/* Takes the mutex from its owner and gives it to the next waiter, if any. */
static rt_bool_t pass_on(struct rt_mutex *mutex)
{
    struct rt_thread *old = mutex->owner;
    rt_list_t *waiters = &mutex->parent.suspend_thread;
    rt_bool_t passed = RT_FALSE;

    rt_list_remove(&mutex->taken_list);
    mutex->owner = RT_NULL;
    mutex->hold = 0;

    if (!rt_list_isempty(waiters))
    {
        struct rt_thread *next = rt_list_first_entry(waiters, struct rt_thread, tlist);

        next->pending_object = RT_NULL;
        tk_thread_wake(next, RT_EOK);
        set_owner(mutex, next);
        passed = RT_TRUE;
    }
    tk_mutex_waiter_moved(mutex);
    if (old != RT_NULL)
    {
        refresh_owner(old);
    }

    return passed;
}

/* A thread dies: what it held goes to whoever waits. */
void tk_mutex_abandon_all(struct rt_thread *thread)
{
    while (!rt_list_isempty(&thread->taken_object_list))
    {
        pass_on(rt_list_first_entry(&thread->taken_object_list, struct rt_mutex, taken_list));
    }
}

/* ---- life ---- */

static void mutex_setup(rt_mutex_t mutex)
{
    mutex->owner = RT_NULL;
    mutex->priority = TK_PRIORITY_NONE;
    mutex->ceiling_priority = TK_PRIORITY_NONE;
    mutex->hold = 0;
    mutex->reserved = 0;
    rt_list_init(&mutex->taken_list);
    rt_list_init(&mutex->parent.suspend_thread);
    /* As in RT-Thread the flag is ignored: waiters queue by priority. */
    mutex->parent.parent.flag = RT_IPC_FLAG_PRIO;
}

static void mutex_dissolve(rt_mutex_t mutex)
{
    rt_base_t level = rt_hw_interrupt_disable();
    struct rt_thread *owner = mutex->owner;

    /* Ownerless first: waking must not look at the owner any more. */
    rt_list_remove(&mutex->taken_list);
    mutex->owner = RT_NULL;
    tk_list_wake_all(&mutex->parent.suspend_thread, -RT_ERROR);
    if (owner != RT_NULL)
    {
        refresh_owner(owner);
    }
    rt_hw_interrupt_enable(level);
}

rt_err_t rt_mutex_init(rt_mutex_t mutex, const char *name, rt_uint8_t flag)
{
    RT_ASSERT(mutex != RT_NULL);
    RT_UNUSED(flag);

    tk_ipc_init(&mutex->parent, RT_Object_Class_Mutex, name, RT_IPC_FLAG_PRIO);
    mutex_setup(mutex);

    return RT_EOK;
}

rt_err_t rt_mutex_detach(rt_mutex_t mutex)
{
    TK_ASSERT_OBJECT(mutex, RT_Object_Class_Mutex);
    RT_ASSERT(rt_object_is_systemobject(&mutex->parent.parent));

    mutex_dissolve(mutex);
    rt_object_detach(&mutex->parent.parent);

    return RT_EOK;
}

rt_mutex_t rt_mutex_create(const char *name, rt_uint8_t flag)
{
    rt_mutex_t mutex = (rt_mutex_t)rt_object_allocate(RT_Object_Class_Mutex, name);

    RT_UNUSED(flag);
    if (mutex != RT_NULL)
    {
        mutex_setup(mutex);
    }

    return mutex;
}

rt_err_t rt_mutex_delete(rt_mutex_t mutex)
{
    TK_ASSERT_OBJECT(mutex, RT_Object_Class_Mutex);
    RT_ASSERT(!rt_object_is_systemobject(&mutex->parent.parent));
    RT_DEBUG_NOT_IN_INTERRUPT;

    mutex_dissolve(mutex);
    rt_object_delete(&mutex->parent.parent);

    return RT_EOK;
}

/* ---- use ---- */

rt_err_t rt_mutex_take(rt_mutex_t mutex, rt_int32_t timeout)
{
    struct rt_thread *self;
    rt_base_t level;

    TK_ASSERT_OBJECT(mutex, RT_Object_Class_Mutex);
    RT_DEBUG_IN_THREAD_CONTEXT;

    self = rt_thread_self();
    RT_DEBUG_SCHEDULER_AVAILABLE(mutex->owner != RT_NULL && mutex->owner != self && timeout != 0);

    level = rt_hw_interrupt_disable();
    self->error = RT_EOK;
    if (mutex->owner == self)
    {
        rt_err_t result = RT_EOK;

        if (mutex->hold < RT_MUTEX_HOLD_MAX)
        {
            mutex->hold++;
        }
        else
        {
            result = -RT_EFULL;
        }
        rt_hw_interrupt_enable(level);
        return result;
    }
    if (mutex->owner == RT_NULL)
    {
        set_owner(mutex, self);
        refresh_owner(self);
        rt_hw_interrupt_enable(level);
        return RT_EOK;
    }
    if (timeout == 0)
    {
        self->error = -RT_ETIMEOUT;
        rt_hw_interrupt_enable(level);
        return -RT_ETIMEOUT;
    }

    tk_thread_block(self, &mutex->parent.suspend_thread, RT_IPC_FLAG_PRIO, timeout);
    self->pending_object = &mutex->parent.parent;
    tk_mutex_waiter_moved(mutex);
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return self->error;
}

rt_err_t rt_mutex_trytake(rt_mutex_t mutex)
{
    return rt_mutex_take(mutex, RT_WAITING_NO);
}

rt_err_t rt_mutex_release(rt_mutex_t mutex)
{
    struct rt_thread *self;
    rt_base_t level;

    TK_ASSERT_OBJECT(mutex, RT_Object_Class_Mutex);
    RT_DEBUG_IN_THREAD_CONTEXT;

    self = rt_thread_self();
    level = rt_hw_interrupt_disable();
    if (mutex->owner != self)
    {
        self->error = -RT_ERROR;
        rt_hw_interrupt_enable(level);
        return -RT_ERROR;
    }
    if (mutex->hold > 1)
    {
        mutex->hold--;
        rt_hw_interrupt_enable(level);
        return RT_EOK;
    }
    pass_on(mutex);
    rt_hw_interrupt_enable(level);
    /* Either a waiter runs now, or this thread lost a borrowed priority. */
    rt_schedule();

    return RT_EOK;
}

rt_err_t rt_mutex_control(rt_mutex_t mutex, int cmd, void *arg)
{
    RT_UNUSED(mutex);
    RT_UNUSED(cmd);
    RT_UNUSED(arg);

    return -RT_EINVAL;
}

rt_uint8_t rt_mutex_setprioceiling(rt_mutex_t mutex, rt_uint8_t priority)
{
    rt_uint8_t old;
    rt_base_t level;

    TK_ASSERT_OBJECT(mutex, RT_Object_Class_Mutex);
    RT_ASSERT(priority < RT_THREAD_PRIORITY_MAX);

    level = rt_hw_interrupt_disable();
    old = mutex->ceiling_priority;
    mutex->ceiling_priority = priority;
    if (mutex->owner != RT_NULL)
    {
        refresh_owner(mutex->owner);
    }
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return old;
}

rt_uint8_t rt_mutex_getprioceiling(rt_mutex_t mutex)
{
    TK_ASSERT_OBJECT(mutex, RT_Object_Class_Mutex);

    return mutex->ceiling_priority;
}
