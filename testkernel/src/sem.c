/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Counting semaphores, and what all IPC objects have in common.
 */

#include "kernel.h"

/* ---- common ---- */

void tk_ipc_init(struct rt_ipc_object *ipc, enum rt_object_class_type type, const char *name, rt_uint8_t flag)
{
    RT_ASSERT(flag == RT_IPC_FLAG_FIFO || flag == RT_IPC_FLAG_PRIO);

    rt_object_init(&ipc->parent, type, name);
    ipc->parent.flag = flag;
    rt_list_init(&ipc->suspend_thread);
}

rt_int32_t tk_timeout_left(rt_int32_t timeout, rt_tick_t start)
{
    rt_tick_t gone = rt_tick_get() - start;

    if (timeout <= 0)
    {
        return timeout;
    }

    return gone < (rt_tick_t)timeout ? timeout - (rt_int32_t)gone : 0;
}

/* ---- semaphore ---- */

static void sem_setup(rt_sem_t sem, rt_uint32_t value, rt_uint8_t flag)
{
    sem->value = (rt_uint16_t)value;
    sem->max_value = RT_SEM_VALUE_MAX;
    sem->parent.parent.flag = flag;
    rt_list_init(&sem->parent.suspend_thread);
}

static void sem_dissolve(rt_sem_t sem)
{
    rt_base_t level = rt_hw_interrupt_disable();

    tk_list_wake_all(&sem->parent.suspend_thread, -RT_ERROR);
    rt_hw_interrupt_enable(level);
}

rt_err_t rt_sem_init(rt_sem_t sem, const char *name, rt_uint32_t value, rt_uint8_t flag)
{
    RT_ASSERT(sem != RT_NULL);
    RT_ASSERT(value <= RT_SEM_VALUE_MAX);

    tk_ipc_init(&sem->parent, RT_Object_Class_Semaphore, name, flag);
    sem_setup(sem, value, flag);

    return RT_EOK;
}

rt_err_t rt_sem_detach(rt_sem_t sem)
{
    TK_ASSERT_OBJECT(sem, RT_Object_Class_Semaphore);
    RT_ASSERT(rt_object_is_systemobject(&sem->parent.parent));

    sem_dissolve(sem);
    rt_object_detach(&sem->parent.parent);

    return RT_EOK;
}

rt_sem_t rt_sem_create(const char *name, rt_uint32_t value, rt_uint8_t flag)
{
    rt_sem_t sem;

    RT_ASSERT(flag == RT_IPC_FLAG_FIFO || flag == RT_IPC_FLAG_PRIO);
    RT_ASSERT(value <= RT_SEM_VALUE_MAX);

    sem = (rt_sem_t)rt_object_allocate(RT_Object_Class_Semaphore, name);
    if (sem != RT_NULL)
    {
        sem_setup(sem, value, flag);
    }

    return sem;
}

rt_err_t rt_sem_delete(rt_sem_t sem)
{
    TK_ASSERT_OBJECT(sem, RT_Object_Class_Semaphore);
    RT_ASSERT(!rt_object_is_systemobject(&sem->parent.parent));
    RT_DEBUG_NOT_IN_INTERRUPT;

    sem_dissolve(sem);
    rt_object_delete(&sem->parent.parent);

    return RT_EOK;
}

rt_err_t rt_sem_take(rt_sem_t sem, rt_int32_t timeout)
{
    struct rt_thread *self;
    rt_base_t level;

    TK_ASSERT_OBJECT(sem, RT_Object_Class_Semaphore);
    RT_DEBUG_SCHEDULER_AVAILABLE(sem->value == 0 && timeout != 0);

    level = rt_hw_interrupt_disable();
    if (sem->value > 0)
    {
        sem->value--;
        rt_hw_interrupt_enable(level);
        return RT_EOK;
    }
    if (timeout == 0)
    {
        rt_hw_interrupt_enable(level);
        return -RT_ETIMEOUT;
    }

    self = tk_cpu()->current_thread;
    tk_thread_block(self, &sem->parent.suspend_thread, sem->parent.parent.flag, timeout);
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return self->error;
}

rt_err_t rt_sem_trytake(rt_sem_t sem)
{
    return rt_sem_take(sem, RT_WAITING_NO);
}

rt_err_t rt_sem_release(rt_sem_t sem)
{
    rt_base_t level;
    rt_err_t result = RT_EOK;
    rt_bool_t woke;

    TK_ASSERT_OBJECT(sem, RT_Object_Class_Semaphore);

    level = rt_hw_interrupt_disable();
    /* Handed straight to a waiter, so that nobody snatches it meanwhile. */
    woke = tk_list_wake_one(&sem->parent.suspend_thread, RT_EOK);
    if (!woke)
    {
        if (sem->value < sem->max_value)
        {
            sem->value++;
        }
        else
        {
            result = -RT_EFULL;
        }
    }
    rt_hw_interrupt_enable(level);
    if (woke)
    {
        rt_schedule();
    }

    return result;
}

rt_err_t rt_sem_control(rt_sem_t sem, int cmd, void *arg)
{
    rt_base_t level;
    rt_err_t result = RT_EOK;

    TK_ASSERT_OBJECT(sem, RT_Object_Class_Semaphore);

    level = rt_hw_interrupt_disable();
    switch (cmd)
    {
    case RT_IPC_CMD_RESET:
        tk_list_wake_all(&sem->parent.suspend_thread, -RT_ERROR);
        sem->value = (rt_uint16_t)(rt_ubase_t)arg;
        break;

    case RT_IPC_CMD_SET_VLIMIT:
        if ((rt_ubase_t)arg == 0 || (rt_ubase_t)arg > RT_SEM_VALUE_MAX || (rt_ubase_t)arg < sem->value)
        {
            result = -RT_EINVAL;
        }
        else
        {
            sem->max_value = (rt_uint16_t)(rt_ubase_t)arg;
        }
        break;

    default:
        result = -RT_ERROR;
        break;
    }
    rt_hw_interrupt_enable(level);
    if (result == RT_EOK)
    {
        rt_schedule();
    }

    return result;
}
