/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Per-CPU state, the big kernel lock of SMP builds, spinlocks and the
 * interrupt nesting count.
 */

#include "kernel.h"

struct rt_cpu tk_cpus[RT_CPUS_NR];

/* The bits of an interrupt level that differ between "on" and "off". */
static rt_ubase_t irq_state_mask;
static rt_ubase_t irq_state_off;

struct rt_cpu *rt_cpu_self(void)
{
    return tk_cpu();
}

struct rt_cpu *rt_cpu_index(int index)
{
    return &tk_cpus[index];
}

#ifdef RT_USING_SMP

void rt_hw_spin_lock_init(rt_hw_spinlock_t *lock)
{
    lock->taken = 0;
}

void rt_hw_spin_lock(rt_hw_spinlock_t *lock)
{
    /* Looks before it tries, so that those who wait do not keep the cache line moving. */
    while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED) != 0 ||
           __atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE) != 0)
    {
    }
}

void rt_hw_spin_unlock(rt_hw_spinlock_t *lock)
{
    __atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

static rt_hw_spinlock_t cpus_lock;

/*
 * The nesting count belongs to the thread, not to the CPU: a thread that is
 * switched out while it holds the lock hands the lock itself to the next
 * thread on that CPU, which must hold it, too, or gives it up in
 * rt_cpus_lock_status_restore().
 */
rt_base_t rt_cpus_lock(void)
{
    rt_base_t level = rt_hw_local_irq_disable();
    struct rt_thread *thread = tk_cpu()->current_thread;

    /* Without a thread only the boot CPU runs: nobody to keep out. */
    if (thread != RT_NULL)
    {
        if (thread->cpus_lock_nest == 0)
        {
            rt_hw_spin_lock(&cpus_lock);
        }
        thread->cpus_lock_nest++;
    }

    return level;
}

void rt_cpus_unlock(rt_base_t level)
{
    struct rt_thread *thread = tk_cpu()->current_thread;

    if (thread != RT_NULL)
    {
        RT_ASSERT(thread->cpus_lock_nest > 0);
        thread->cpus_lock_nest--;
        if (thread->cpus_lock_nest == 0)
        {
            rt_hw_spin_unlock(&cpus_lock);
        }
    }
    rt_hw_local_irq_enable(level);
}

void rt_cpus_lock_status_restore(struct rt_thread *thread)
{
    tk_cpu()->current_thread = thread;
    if (thread->cpus_lock_nest == 0)
    {
        /* A thread that never ran: its first act is to let others in. */
        rt_hw_spin_unlock(&cpus_lock);
    }
}

void tk_cpus_lock_raw(void)
{
    rt_hw_spin_lock(&cpus_lock);
}

#else

void tk_cpus_lock_raw(void)
{
}

void rt_cpus_lock_status_restore(struct rt_thread *thread)
{
    RT_UNUSED(thread);
}

#endif /* RT_USING_SMP */

/* ---- spinlocks ---- */

#if defined(RT_USING_SMP) || !defined(TESTKERNEL_SPINLOCK_V500)

/* Local interrupts are off in both. */
static void preempt_disable(void)
{
    struct rt_thread *thread = tk_cpu()->current_thread;

    if (thread != RT_NULL)
    {
        thread->scheduler_lock_nest++;
    }
}

/* RT_TRUE: a switch was asked for meanwhile and can be done now. */
static rt_bool_t preempt_enable(void)
{
    struct rt_cpu *pcpu = tk_cpu();
    struct rt_thread *thread = pcpu->current_thread;

    if (thread == RT_NULL)
    {
        return RT_FALSE;
    }
    RT_ASSERT(thread->scheduler_lock_nest > 0);
    thread->scheduler_lock_nest--;

    return thread->scheduler_lock_nest == 0 && pcpu->need_resched;
}

void rt_spin_lock_init(struct rt_spinlock *lock)
{
    lock->lock.taken = 0;
}

void rt_spin_lock(struct rt_spinlock *lock)
{
    rt_base_t level = rt_hw_local_irq_disable();

    preempt_disable();
    rt_hw_local_irq_enable(level);
    rt_hw_spin_lock(&lock->lock);
}

void rt_spin_unlock(struct rt_spinlock *lock)
{
    rt_base_t level;
    rt_bool_t pending;

    rt_hw_spin_unlock(&lock->lock);
    level = rt_hw_local_irq_disable();
    pending = preempt_enable();
    rt_hw_local_irq_enable(level);
    if (pending)
    {
        rt_schedule();
    }
}

rt_base_t rt_spin_lock_irqsave(struct rt_spinlock *lock)
{
    rt_base_t level = rt_hw_local_irq_disable();

    preempt_disable();
    rt_hw_spin_lock(&lock->lock);

    return level;
}

void rt_spin_unlock_irqrestore(struct rt_spinlock *lock, rt_base_t level)
{
    rt_bool_t pending;

    rt_hw_spin_unlock(&lock->lock);
    pending = preempt_enable();
    rt_hw_local_irq_enable(level);
    if (pending)
    {
        rt_schedule();
    }
}

#endif

/* ---- interrupts ---- */

void rt_interrupt_enter(void)
{
    rt_base_t level = rt_hw_local_irq_disable();

    tk_cpu()->irq_nest++;
    rt_hw_local_irq_enable(level);
}

void rt_interrupt_leave(void)
{
    rt_base_t level = rt_hw_local_irq_disable();

    tk_cpu()->irq_nest--;
    rt_hw_local_irq_enable(level);
}

rt_uint8_t rt_interrupt_get_nest(void)
{
    rt_base_t level = rt_hw_local_irq_disable();
    rt_uint8_t nest = (rt_uint8_t)tk_cpu()->irq_nest;

    rt_hw_local_irq_enable(level);

    return nest;
}

/*
 * The interface has no question for the interrupt state, but the value that
 * rt_hw_local_irq_disable() returns contains it. Comparing one value taken
 * with interrupts on and one taken with them off shows where.
 */
void tk_irq_state_learn(void)
{
    rt_base_t on = rt_hw_local_irq_disable();
    rt_base_t off = rt_hw_local_irq_disable();

    rt_hw_local_irq_enable(on);
    irq_state_off = (rt_ubase_t)off;
    irq_state_mask = (rt_ubase_t)on ^ (rt_ubase_t)off;
}

rt_bool_t rt_hw_interrupt_is_disabled(void)
{
    rt_base_t level = rt_hw_local_irq_disable();

    rt_hw_local_irq_enable(level);

    return irq_state_mask != 0 && (((rt_ubase_t)level ^ irq_state_off) & irq_state_mask) == 0;
}
