/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Shared inside the kernel only. "Kernel lock" means what
 * rt_hw_interrupt_disable() takes: local interrupts off on one CPU, the big
 * recursive lock on several. Functions named tk_* and marked "locked" want
 * it held by the caller.
 */

#ifndef TK_KERNEL_H__
#define TK_KERNEL_H__

#include <rtthread.h>
#include <rthw.h>

#define TK_PRIORITY_NONE     0xff
#define TK_STACK_FILL        0x23
#define TK_STACK_GUARD_BYTES 16

extern struct rt_cpu tk_cpus[RT_CPUS_NR];

/* The caller's CPU; stable only while local interrupts are off. */
rt_inline struct rt_cpu *tk_cpu(void)
{
#ifdef RT_USING_SMP
    return &tk_cpus[rt_hw_cpu_id()];
#else
    return &tk_cpus[0];
#endif
}

rt_inline rt_uint8_t tk_stat(const struct rt_thread *thread)
{
    return thread->stat & RT_THREAD_STAT_MASK;
}

rt_inline rt_bool_t tk_is_suspended(const struct rt_thread *thread)
{
    return (thread->stat & RT_THREAD_SUSPEND_MASK) != 0;
}

/* ---- scheduler (locked) ---- */

void tk_sched_insert(struct rt_thread *thread);
void tk_sched_remove(struct rt_thread *thread);
void tk_sched_repost(struct rt_thread *thread);
void tk_sched_request(struct rt_thread *running);
void tk_sched_switch(void);

/* Like rt_exit_critical(), but leaves the switch to the caller. Not locked. */
rt_bool_t tk_exit_critical(void);

/* The raw big lock, for a CPU that has no thread yet. */
void tk_cpus_lock_raw(void);

/* ---- threads (locked) ---- */

/*
 * Puts the calling thread to sleep on a list (or on none) with an optional
 * timeout. The caller then drops the lock and calls rt_schedule(); when that
 * returns, thread->error tells how the sleep ended.
 */
void tk_thread_block(struct rt_thread *thread, rt_list_t *list, rt_uint8_t flag, rt_int32_t timeout);
/* Ends a sleep: takes the thread off its list and makes it ready. */
void tk_thread_wake(struct rt_thread *thread, rt_err_t error);
/* Wakes the first sleeper of a list; RT_FALSE when there is none. */
rt_bool_t tk_list_wake_one(rt_list_t *list, rt_err_t error);
void tk_list_wake_all(rt_list_t *list, rt_err_t error);
/* Changes the priority in effect, wherever the thread is. */
void tk_thread_set_priority(struct rt_thread *thread, rt_uint8_t priority);
/* Frees what dead threads left; called by the idle thread, unlocked. */
void tk_thread_reap(void);

void tk_list_insert_waiter(rt_list_t *list, struct rt_thread *thread, rt_uint8_t flag);

/* ---- mutexes (locked) ---- */

void tk_mutex_waiter_moved(struct rt_mutex *mutex);
void tk_mutex_abandon_all(struct rt_thread *thread);
rt_uint8_t tk_mutex_best_priority(struct rt_thread *thread);

/* ---- stacks, faults ---- */

rt_bool_t tk_stack_is_broken(const struct rt_thread *thread, rt_ubase_t sp);
void tk_stack_report(struct rt_thread *thread, rt_ubase_t sp) rt_noreturn;
/* From now on rt_kprintf writes by the raw path and takes no lock. */
void tk_panic_begin(void);

/* Called when the first thread runs: learns what "interrupts off" looks like. */
void tk_irq_state_learn(void);

void tk_ipc_init(struct rt_ipc_object *ipc, enum rt_object_class_type type, const char *name, rt_uint8_t flag);
/* Ticks that are left of a timeout that began at start; forever stays so. */
rt_int32_t tk_timeout_left(rt_int32_t timeout, rt_tick_t start);

#define TK_ASSERT_OBJECT(object, class)                                     \
    do                                                                      \
    {                                                                       \
        RT_ASSERT((object) != RT_NULL);                                     \
        RT_ASSERT(rt_object_get_type(&(object)->parent.parent) == (class)); \
    } while (0)

#endif /* TK_KERNEL_H__ */
