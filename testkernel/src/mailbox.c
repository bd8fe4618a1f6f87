/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Mailboxes: bounded queues of machine words.
 */

#include "kernel.h"

static void mb_setup(rt_mailbox_t mb, rt_ubase_t *pool, rt_size_t size, rt_uint8_t flag)
{
    mb->msg_pool = pool;
    mb->size = (rt_uint16_t)size;
    mb->entry = 0;
    mb->in_offset = 0;
    mb->out_offset = 0;
    mb->parent.parent.flag = flag;
    rt_list_init(&mb->parent.suspend_thread);
    rt_list_init(&mb->suspend_sender_thread);
}

/* Locked. */
static void mb_wake_everybody(rt_mailbox_t mb)
{
    tk_list_wake_all(&mb->parent.suspend_thread, -RT_ERROR);
    tk_list_wake_all(&mb->suspend_sender_thread, -RT_ERROR);
}

static void mb_dissolve(rt_mailbox_t mb)
{
    rt_base_t level = rt_hw_interrupt_disable();

    mb_wake_everybody(mb);
    rt_hw_interrupt_enable(level);
}

rt_err_t rt_mb_init(rt_mailbox_t mb, const char *name, void *msgpool, rt_size_t size, rt_uint8_t flag)
{
    RT_ASSERT(mb != RT_NULL);
    RT_ASSERT(size <= RT_MB_ENTRY_MAX);

    tk_ipc_init(&mb->parent, RT_Object_Class_MailBox, name, flag);
    mb_setup(mb, (rt_ubase_t *)msgpool, size, flag);

    return RT_EOK;
}

rt_err_t rt_mb_detach(rt_mailbox_t mb)
{
    TK_ASSERT_OBJECT(mb, RT_Object_Class_MailBox);
    RT_ASSERT(rt_object_is_systemobject(&mb->parent.parent));

    mb_dissolve(mb);
    rt_object_detach(&mb->parent.parent);

    return RT_EOK;
}

rt_mailbox_t rt_mb_create(const char *name, rt_size_t size, rt_uint8_t flag)
{
    rt_mailbox_t mb;
    rt_ubase_t *pool;

    RT_ASSERT(flag == RT_IPC_FLAG_FIFO || flag == RT_IPC_FLAG_PRIO);
    RT_ASSERT(size <= RT_MB_ENTRY_MAX);

    mb = (rt_mailbox_t)rt_object_allocate(RT_Object_Class_MailBox, name);
    if (mb == RT_NULL)
    {
        return RT_NULL;
    }
    pool = (rt_ubase_t *)rt_malloc(size * sizeof(rt_ubase_t));
    if (pool == RT_NULL)
    {
        rt_object_delete(&mb->parent.parent);
        return RT_NULL;
    }
    mb_setup(mb, pool, size, flag);

    return mb;
}

rt_err_t rt_mb_delete(rt_mailbox_t mb)
{
    TK_ASSERT_OBJECT(mb, RT_Object_Class_MailBox);
    RT_ASSERT(!rt_object_is_systemobject(&mb->parent.parent));
    RT_DEBUG_NOT_IN_INTERRUPT;

    mb_dissolve(mb);
    rt_free(mb->msg_pool);
    rt_object_delete(&mb->parent.parent);

    return RT_EOK;
}

/*
 * Waits on one of the mailbox's lists; called locked, returns locked.
 * RT_EOK: somebody did something, look again.
 */
static rt_err_t mb_wait(rt_mailbox_t mb, rt_list_t *list, rt_int32_t timeout, rt_tick_t start, rt_base_t *level)
{
    rt_int32_t left = tk_timeout_left(timeout, start);
    struct rt_thread *self = tk_cpu()->current_thread;

    if (left == 0)
    {
        return -RT_ETIMEOUT;
    }
    tk_thread_block(self, list, mb->parent.parent.flag, left);
    rt_hw_interrupt_enable(*level);
    rt_schedule();
    *level = rt_hw_interrupt_disable();

    return self->error;
}

static void mb_wrap(rt_mailbox_t mb, rt_uint16_t *offset)
{
    if (++*offset >= mb->size)
    {
        *offset = 0;
    }
}

rt_err_t rt_mb_send_wait(rt_mailbox_t mb, rt_ubase_t value, rt_int32_t timeout)
{
    rt_base_t level;
    rt_tick_t start = rt_tick_get();

    TK_ASSERT_OBJECT(mb, RT_Object_Class_MailBox);
    RT_DEBUG_SCHEDULER_AVAILABLE(timeout != 0 && mb->entry == mb->size);

    level = rt_hw_interrupt_disable();
    while (mb->entry == mb->size)
    {
        rt_err_t result = -RT_EFULL;

        if (timeout != 0)
        {
            result = mb_wait(mb, &mb->suspend_sender_thread, timeout, start, &level);
        }
        if (result != RT_EOK)
        {
            rt_hw_interrupt_enable(level);
            return result;
        }
    }

    mb->msg_pool[mb->in_offset] = value;
    mb_wrap(mb, &mb->in_offset);
    mb->entry++;
    tk_list_wake_one(&mb->parent.suspend_thread, RT_EOK);
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return RT_EOK;
}

rt_err_t rt_mb_send(rt_mailbox_t mb, rt_ubase_t value)
{
    return rt_mb_send_wait(mb, value, RT_WAITING_NO);
}

/* Goes to the head of the queue. */
rt_err_t rt_mb_urgent(rt_mailbox_t mb, rt_ubase_t value)
{
    rt_base_t level;

    TK_ASSERT_OBJECT(mb, RT_Object_Class_MailBox);

    level = rt_hw_interrupt_disable();
    if (mb->entry == mb->size)
    {
        rt_hw_interrupt_enable(level);
        return -RT_EFULL;
    }
    mb->out_offset = (rt_uint16_t)((mb->out_offset > 0 ? mb->out_offset : mb->size) - 1);
    mb->msg_pool[mb->out_offset] = value;
    mb->entry++;
    tk_list_wake_one(&mb->parent.suspend_thread, RT_EOK);
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return RT_EOK;
}

rt_err_t rt_mb_recv(rt_mailbox_t mb, rt_ubase_t *value, rt_int32_t timeout)
{
    rt_base_t level;
    rt_tick_t start = rt_tick_get();

    TK_ASSERT_OBJECT(mb, RT_Object_Class_MailBox);
    RT_DEBUG_SCHEDULER_AVAILABLE(timeout != 0 && mb->entry == 0);

    level = rt_hw_interrupt_disable();
    while (mb->entry == 0)
    {
        rt_err_t result = -RT_ETIMEOUT;

        if (timeout != 0)
        {
            result = mb_wait(mb, &mb->parent.suspend_thread, timeout, start, &level);
        }
        if (result != RT_EOK)
        {
            rt_hw_interrupt_enable(level);
            return result;
        }
    }

    *value = mb->msg_pool[mb->out_offset];
    mb_wrap(mb, &mb->out_offset);
    mb->entry--;
    tk_list_wake_one(&mb->suspend_sender_thread, RT_EOK);
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return RT_EOK;
}

rt_err_t rt_mb_control(rt_mailbox_t mb, int cmd, void *arg)
{
    rt_base_t level;

    TK_ASSERT_OBJECT(mb, RT_Object_Class_MailBox);
    RT_UNUSED(arg);
    if (cmd != RT_IPC_CMD_RESET)
    {
        return -RT_ERROR;
    }

    level = rt_hw_interrupt_disable();
    mb_wake_everybody(mb);
    mb->entry = 0;
    mb->in_offset = 0;
    mb->out_offset = 0;
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return RT_EOK;
}
