/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The scheduler: fixed priorities, round robin among equals, any number of
 * CPUs. The ready queue is one for all CPUs and holds only threads that do
 * not run; everything in it is guarded by the kernel lock. On several CPUs
 * that lock stays held across the context switch, so that nobody picks a
 * thread whose registers are still being saved.
 */

#include "kernel.h"

#define READY_WORDS ((RT_THREAD_PRIORITY_MAX + 31) / 32)

static rt_list_t ready_list[RT_THREAD_PRIORITY_MAX];
static rt_uint32_t ready_mask[READY_WORDS];

void rt_system_scheduler_init(void)
{
    int i;

    for (i = 0; i < RT_THREAD_PRIORITY_MAX; i++)
    {
        rt_list_init(&ready_list[i]);
    }
    for (i = 0; i < RT_CPUS_NR; i++)
    {
        tk_cpus[i].current_priority = RT_THREAD_PRIORITY_MAX - 1;
    }
}

static rt_bool_t may_run_on(const struct rt_thread *thread, int cpu)
{
    return thread->bind_cpu == RT_CPU_DETACHED || thread->bind_cpu == cpu;
}

static void queue_add(struct rt_thread *thread, rt_bool_t at_head)
{
    rt_uint8_t priority = thread->current_priority;

    if (at_head)
    {
        rt_list_insert_after(&ready_list[priority], &thread->tlist);
    }
    else
    {
        rt_list_insert_before(&ready_list[priority], &thread->tlist);
    }
    ready_mask[priority / 32] |= 1u << (priority % 32);
}

static void queue_del(struct rt_thread *thread)
{
    rt_uint8_t priority = thread->current_priority;

    rt_list_remove(&thread->tlist);
    if (rt_list_isempty(&ready_list[priority]))
    {
        ready_mask[priority / 32] &= ~(1u << (priority % 32));
    }
}

/* The first thread of the best priority that may run on the CPU. */
static struct rt_thread *queue_best(int cpu)
{
    int word;

    for (word = 0; word < READY_WORDS; word++)
    {
        rt_uint32_t mask = ready_mask[word];

        while (mask != 0)
        {
            int bit = __builtin_ctz(mask);
            struct rt_thread *thread;

            rt_list_for_each_entry (thread, &ready_list[word * 32 + bit], tlist)
            {
                if (may_run_on(thread, cpu))
                {
                    return thread;
                }
            }
            mask &= mask - 1;
        }
    }

    return RT_NULL;
}

/*
 * Finds a CPU that should drop what it runs in favour of a thread that got
 * ready. A CPU that was told so counts with the new thread's priority at
 * once, otherwise two threads that get ready in a row would both choose the
 * same idle CPU.
 */
static void kick_for(struct rt_thread *thread)
{
    struct rt_cpu *best = RT_NULL;
    struct rt_cpu *here = tk_cpu();
    int cpu;

    for (cpu = 0; cpu < RT_CPUS_NR; cpu++)
    {
        struct rt_cpu *pcpu = &tk_cpus[cpu];

        if (!pcpu->online || !may_run_on(thread, cpu) || pcpu->current_priority <= thread->current_priority)
        {
            continue;
        }
        if (best == RT_NULL || pcpu->current_priority > best->current_priority ||
            (pcpu->current_priority == best->current_priority && pcpu == here))
        {
            best = pcpu;
        }
    }

    if (best != RT_NULL)
    {
        best->current_priority = thread->current_priority;
        best->need_resched = 1;
#ifdef RT_USING_SMP
        if (best != here)
        {
            rt_hw_ipi_send(RT_SCHEDULE_IPI, 1u << (best - tk_cpus));
        }
#endif
    }
}

/* Makes the CPU that runs this thread look again what it should run. */
void tk_sched_request(struct rt_thread *running)
{
    struct rt_cpu *pcpu;

    if (running->oncpu == RT_CPU_DETACHED)
    {
        return;
    }
    pcpu = &tk_cpus[running->oncpu];
    pcpu->need_resched = 1;
#ifdef RT_USING_SMP
    if (pcpu != tk_cpu())
    {
        rt_hw_ipi_send(RT_SCHEDULE_IPI, 1u << running->oncpu);
    }
#endif
}

void tk_sched_insert(struct rt_thread *thread)
{
    if (thread->oncpu != RT_CPU_DETACHED)
    {
        /* Woken before it got around to leave its CPU: it just goes on. */
        thread->stat = RT_THREAD_RUNNING;
        return;
    }
    thread->stat = RT_THREAD_READY;
    queue_add(thread, RT_FALSE);
    kick_for(thread);
}

void tk_sched_remove(struct rt_thread *thread)
{
    if (tk_stat(thread) == RT_THREAD_READY)
    {
        queue_del(thread);
    }
}

/* A ready thread may now run elsewhere: finds it a CPU again. */
void tk_sched_repost(struct rt_thread *thread)
{
    if (tk_stat(thread) == RT_THREAD_READY)
    {
        kick_for(thread);
    }
}

/* Locked. Returns when the calling thread runs again. */
void tk_sched_switch(void)
{
    struct rt_cpu *pcpu = tk_cpu();
    struct rt_thread *from = pcpu->current_thread;
    struct rt_thread *to;
    int cpu = (int)(pcpu - tk_cpus);
    rt_bool_t requeue;

    if (from == RT_NULL)
    {
        return;
    }
    if (pcpu->irq_nest != 0 || from->scheduler_lock_nest != 0)
    {
        /* Done by the interrupt's exit or when the scheduler is unlocked. */
        pcpu->need_resched = 1;
        return;
    }
    pcpu->need_resched = 0;

    to = queue_best(cpu);
    requeue = tk_stat(from) == RT_THREAD_RUNNING;
    if (requeue && may_run_on(from, cpu) &&
        (to == RT_NULL || to->current_priority > from->current_priority ||
         (to->current_priority == from->current_priority && !(from->stat & RT_THREAD_STAT_YIELD))))
    {
        from->stat &= ~RT_THREAD_STAT_YIELD;
        pcpu->current_priority = from->current_priority;
        return;
    }
    /* The idle thread is always ready, so there is always a next one. */
    RT_ASSERT(to != RT_NULL);

    queue_del(to);
    to->stat = RT_THREAD_RUNNING;
    to->oncpu = (rt_uint8_t)cpu;
    pcpu->current_priority = to->current_priority;

    from->oncpu = RT_CPU_DETACHED;
    if (requeue)
    {
        rt_bool_t yields = (from->stat & RT_THREAD_STAT_YIELD) != 0;

        /* Who is pushed aside keeps its turn, who yields goes last. */
        from->stat = RT_THREAD_READY;
        queue_add(from, !yields);
        kick_for(from);
    }

    if (tk_stack_is_broken(from, (rt_ubase_t)__builtin_frame_address(0)))
    {
        tk_stack_report(from, (rt_ubase_t)__builtin_frame_address(0));
    }

    pcpu->current_thread = to;
    rt_hw_context_switch((rt_ubase_t)&from->sp, (rt_ubase_t)&to->sp, to);
}

void rt_schedule(void)
{
    rt_base_t level = rt_hw_interrupt_disable();

    tk_sched_switch();
    rt_hw_interrupt_enable(level);
}

/* On the interrupted thread's stack, interrupts off, nesting back at 0. */
void rt_schedule_irq_exit(void)
{
    struct rt_cpu *pcpu = tk_cpu();
    rt_base_t level;

    if (pcpu->current_thread == RT_NULL || !pcpu->need_resched || pcpu->current_thread->scheduler_lock_nest != 0)
    {
        return;
    }
    level = rt_hw_interrupt_disable();
    tk_sched_switch();
    rt_hw_interrupt_enable(level);
}

void rt_scheduler_ipi_handler(int vector, void *param)
{
    RT_UNUSED(vector);
    RT_UNUSED(param);
    tk_cpu()->need_resched = 1;
}

/* Gives the calling CPU, which has no thread yet, its first one. */
static void run_first_thread(void) rt_noreturn;
static void run_first_thread(void)
{
    struct rt_cpu *pcpu = tk_cpu();
    struct rt_thread *to;

    tk_cpus_lock_raw();
    to = queue_best((int)(pcpu - tk_cpus));
    RT_ASSERT(to != RT_NULL);
    queue_del(to);
    to->stat = RT_THREAD_RUNNING;
    to->oncpu = (rt_uint8_t)(pcpu - tk_cpus);
    pcpu->current_priority = to->current_priority;
    pcpu->current_thread = to;
    pcpu->online = 1;
    /* Frees the lock on the thread's side, on several CPUs. */
    rt_hw_context_switch_to((rt_ubase_t)&to->sp, to);
    for (;;)
    {
        /* not reached */
    }
}

void rt_system_scheduler_start(void)
{
    run_first_thread();
}

void rt_secondary_cpu_entry(void)
{
    run_first_thread();
}

/* ---- scheduler lock ---- */

rt_base_t rt_enter_critical(void)
{
    rt_base_t level = rt_hw_local_irq_disable();
    struct rt_thread *thread = tk_cpu()->current_thread;
    rt_base_t nest = 0;

    if (thread != RT_NULL)
    {
        thread->scheduler_lock_nest++;
        nest = thread->scheduler_lock_nest;
    }
    rt_hw_local_irq_enable(level);

    return nest;
}

/* RT_TRUE: the scheduler is free again and a switch was asked for meanwhile. */
rt_bool_t tk_exit_critical(void)
{
    rt_base_t level = rt_hw_local_irq_disable();
    struct rt_cpu *pcpu = tk_cpu();
    struct rt_thread *thread = pcpu->current_thread;
    rt_bool_t pending = RT_FALSE;

    if (thread != RT_NULL)
    {
        RT_ASSERT(thread->scheduler_lock_nest > 0);
        thread->scheduler_lock_nest--;
        pending = thread->scheduler_lock_nest == 0 && pcpu->need_resched;
    }
    rt_hw_local_irq_enable(level);

    return pending;
}

void rt_exit_critical(void)
{
    if (tk_exit_critical())
    {
        rt_schedule();
    }
}

rt_uint16_t rt_critical_level(void)
{
    rt_base_t level = rt_hw_local_irq_disable();
    struct rt_thread *thread = tk_cpu()->current_thread;
    rt_uint16_t nest = thread != RT_NULL ? thread->scheduler_lock_nest : 0;

    rt_hw_local_irq_enable(level);

    return nest;
}

/* May the caller sleep here? */
rt_bool_t rt_scheduler_is_available(void)
{
    return rt_thread_self() != RT_NULL && rt_interrupt_get_nest() == 0 && rt_critical_level() == 0 &&
           !rt_hw_interrupt_is_disabled();
}
