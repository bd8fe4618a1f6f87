/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Message queues: bounded queues of messages that are copied in and out.
 */

#include "kernel.h"

static void *payload(struct rt_mq_message *msg)
{
    return msg + 1;
}

static rt_size_t slot_size(rt_size_t msg_size)
{
    return RT_ALIGN(msg_size, (rt_size_t)RT_ALIGN_SIZE) + sizeof(struct rt_mq_message);
}

/* Locked, or not yet shared. All messages become free. */
static void mq_clear(rt_mq_t mq)
{
    rt_uint8_t *slot = (rt_uint8_t *)mq->msg_pool;
    int i;

    mq->entry = 0;
    mq->msg_queue_head = RT_NULL;
    mq->msg_queue_tail = RT_NULL;
    mq->msg_queue_free = RT_NULL;
    for (i = 0; i < mq->max_msgs; i++)
    {
        struct rt_mq_message *msg = (struct rt_mq_message *)(void *)slot;

        msg->next = mq->msg_queue_free;
        mq->msg_queue_free = msg;
        slot += slot_size(mq->msg_size);
    }
}

static void mq_setup(rt_mq_t mq, void *pool, rt_size_t msg_size, rt_size_t max_msgs, rt_uint8_t flag)
{
    mq->msg_pool = pool;
    mq->msg_size = (rt_uint16_t)msg_size;
    mq->max_msgs = (rt_uint16_t)max_msgs;
    mq->parent.parent.flag = flag;
    rt_list_init(&mq->parent.suspend_thread);
    rt_list_init(&mq->suspend_sender_thread);
    mq_clear(mq);
}

/* Locked. */
static void mq_wake_everybody(rt_mq_t mq)
{
    tk_list_wake_all(&mq->parent.suspend_thread, -RT_ERROR);
    tk_list_wake_all(&mq->suspend_sender_thread, -RT_ERROR);
}

static void mq_dissolve(rt_mq_t mq)
{
    rt_base_t level = rt_hw_interrupt_disable();

    mq_wake_everybody(mq);
    rt_hw_interrupt_enable(level);
}

rt_err_t rt_mq_init(rt_mq_t mq, const char *name, void *msgpool, rt_size_t msg_size, rt_size_t pool_size,
                    rt_uint8_t flag)
{
    rt_size_t max_msgs = pool_size / slot_size(msg_size);

    RT_ASSERT(mq != RT_NULL);
    RT_ASSERT(max_msgs > 0 && max_msgs <= RT_MQ_ENTRY_MAX);

    tk_ipc_init(&mq->parent, RT_Object_Class_MessageQueue, name, flag);
    mq_setup(mq, msgpool, msg_size, max_msgs, flag);

    return RT_EOK;
}

rt_err_t rt_mq_detach(rt_mq_t mq)
{
    TK_ASSERT_OBJECT(mq, RT_Object_Class_MessageQueue);
    RT_ASSERT(rt_object_is_systemobject(&mq->parent.parent));

    mq_dissolve(mq);
    rt_object_detach(&mq->parent.parent);

    return RT_EOK;
}

rt_mq_t rt_mq_create(const char *name, rt_size_t msg_size, rt_size_t max_msgs, rt_uint8_t flag)
{
    rt_mq_t mq;
    void *pool;

    RT_ASSERT(flag == RT_IPC_FLAG_FIFO || flag == RT_IPC_FLAG_PRIO);
    RT_ASSERT(max_msgs <= RT_MQ_ENTRY_MAX);

    mq = (rt_mq_t)rt_object_allocate(RT_Object_Class_MessageQueue, name);
    if (mq == RT_NULL)
    {
        return RT_NULL;
    }
    pool = rt_malloc(slot_size(msg_size) * max_msgs);
    if (pool == RT_NULL)
    {
        rt_object_delete(&mq->parent.parent);
        return RT_NULL;
    }
    mq_setup(mq, pool, msg_size, max_msgs, flag);

    return mq;
}

rt_err_t rt_mq_delete(rt_mq_t mq)
{
    TK_ASSERT_OBJECT(mq, RT_Object_Class_MessageQueue);
    RT_ASSERT(!rt_object_is_systemobject(&mq->parent.parent));
    RT_DEBUG_NOT_IN_INTERRUPT;

    mq_dissolve(mq);
    rt_free(mq->msg_pool);
    rt_object_delete(&mq->parent.parent);

    return RT_EOK;
}

/* Called locked, returns locked. RT_EOK: look again. */
static rt_err_t mq_wait(rt_mq_t mq, rt_list_t *list, rt_int32_t timeout, rt_tick_t start, rt_base_t *level)
{
    rt_int32_t left = tk_timeout_left(timeout, start);
    struct rt_thread *self = tk_cpu()->current_thread;

    if (left == 0)
    {
        return -RT_ETIMEOUT;
    }
    tk_thread_block(self, list, mq->parent.parent.flag, left);
    rt_hw_interrupt_enable(*level);
    rt_schedule();
    *level = rt_hw_interrupt_disable();

    return self->error;
}

static rt_err_t mq_put(rt_mq_t mq, const void *buffer, rt_size_t size, rt_int32_t timeout, rt_bool_t urgent)
{
    struct rt_mq_message *msg;
    rt_base_t level;
    rt_tick_t start = rt_tick_get();

    TK_ASSERT_OBJECT(mq, RT_Object_Class_MessageQueue);
    RT_ASSERT(buffer != RT_NULL);
    RT_ASSERT(size != 0);
    RT_DEBUG_SCHEDULER_AVAILABLE(timeout != 0 && mq->msg_queue_free == RT_NULL);
    if (size > mq->msg_size)
    {
        return -RT_ERROR;
    }

    level = rt_hw_interrupt_disable();
    while (mq->msg_queue_free == RT_NULL)
    {
        rt_err_t result = -RT_EFULL;

        if (timeout != 0)
        {
            result = mq_wait(mq, &mq->suspend_sender_thread, timeout, start, &level);
        }
        if (result != RT_EOK)
        {
            rt_hw_interrupt_enable(level);
            return result;
        }
    }

    msg = mq->msg_queue_free;
    mq->msg_queue_free = msg->next;
    msg->length = (rt_ssize_t)size;
    rt_memcpy(payload(msg), buffer, size);

    if (mq->msg_queue_head == RT_NULL)
    {
        msg->next = RT_NULL;
        mq->msg_queue_head = msg;
        mq->msg_queue_tail = msg;
    }
    else if (urgent)
    {
        msg->next = mq->msg_queue_head;
        mq->msg_queue_head = msg;
    }
    else
    {
        msg->next = RT_NULL;
        mq->msg_queue_tail->next = msg;
        mq->msg_queue_tail = msg;
    }
    mq->entry++;
    tk_list_wake_one(&mq->parent.suspend_thread, RT_EOK);
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return RT_EOK;
}

rt_err_t rt_mq_send_wait(rt_mq_t mq, const void *buffer, rt_size_t size, rt_int32_t timeout)
{
    return mq_put(mq, buffer, size, timeout, RT_FALSE);
}

rt_err_t rt_mq_send(rt_mq_t mq, const void *buffer, rt_size_t size)
{
    return mq_put(mq, buffer, size, RT_WAITING_NO, RT_FALSE);
}

rt_err_t rt_mq_urgent(rt_mq_t mq, const void *buffer, rt_size_t size)
{
    return mq_put(mq, buffer, size, RT_WAITING_NO, RT_TRUE);
}

/* Returns the length of the message, as RT-Thread does since 5.0.1. */
rt_ssize_t rt_mq_recv(rt_mq_t mq, void *buffer, rt_size_t size, rt_int32_t timeout)
{
    struct rt_mq_message *msg;
    rt_base_t level;
    rt_ssize_t length;
    rt_tick_t start = rt_tick_get();

    TK_ASSERT_OBJECT(mq, RT_Object_Class_MessageQueue);
    RT_ASSERT(buffer != RT_NULL);
    RT_ASSERT(size != 0);
    RT_DEBUG_SCHEDULER_AVAILABLE(timeout != 0 && mq->entry == 0);

    level = rt_hw_interrupt_disable();
    while (mq->entry == 0)
    {
        rt_err_t result = -RT_ETIMEOUT;

        if (timeout != 0)
        {
            result = mq_wait(mq, &mq->parent.suspend_thread, timeout, start, &level);
        }
        if (result != RT_EOK)
        {
            rt_hw_interrupt_enable(level);
            return result;
        }
    }

    msg = mq->msg_queue_head;
    mq->msg_queue_head = msg->next;
    if (mq->msg_queue_head == RT_NULL)
    {
        mq->msg_queue_tail = RT_NULL;
    }
    mq->entry--;
    length = RT_MIN(msg->length, (rt_ssize_t)size);
    rt_memcpy(buffer, payload(msg), (rt_size_t)length);
    msg->next = mq->msg_queue_free;
    mq->msg_queue_free = msg;
    tk_list_wake_one(&mq->suspend_sender_thread, RT_EOK);
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return length;
}

rt_err_t rt_mq_control(rt_mq_t mq, int cmd, void *arg)
{
    rt_base_t level;

    TK_ASSERT_OBJECT(mq, RT_Object_Class_MessageQueue);
    RT_UNUSED(arg);
    if (cmd != RT_IPC_CMD_RESET)
    {
        return -RT_ERROR;
    }

    level = rt_hw_interrupt_disable();
    mq_wake_everybody(mq);
    mq_clear(mq);
    rt_hw_interrupt_enable(level);
    rt_schedule();

    return RT_EOK;
}
