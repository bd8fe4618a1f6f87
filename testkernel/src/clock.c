/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tick count.
 */

#include "kernel.h"

static volatile rt_tick_t tick_count;

rt_tick_t rt_tick_get(void)
{
    return tick_count;
}

void rt_tick_set(rt_tick_t tick)
{
    tick_count = tick;
}

/* From the tick interrupt of every CPU; only CPU 0's moves the clock. */
void rt_tick_increase(void)
{
    rt_base_t level = rt_hw_interrupt_disable();
    struct rt_cpu *pcpu = tk_cpu();
    struct rt_thread *thread = pcpu->current_thread;
    rt_bool_t is_clock = pcpu == &tk_cpus[0];

    pcpu->tick++;
    if (is_clock)
    {
        tick_count++;
    }

    if (thread != RT_NULL)
    {
        thread->duration_tick++;
        if (thread == pcpu->idle_thread)
        {
            pcpu->idle_ticks++;
        }
        if (thread->remaining_tick > 0)
        {
            thread->remaining_tick--;
        }
        if (thread->remaining_tick == 0)
        {
            thread->remaining_tick = thread->init_tick;
            if (tk_stat(thread) == RT_THREAD_RUNNING)
            {
                thread->stat |= RT_THREAD_STAT_YIELD;
            }
            pcpu->need_resched = 1;
        }
    }
    rt_hw_interrupt_enable(level);

    if (is_clock)
    {
        rt_timer_check();
    }
}

/* Rounds up: a wait is never shorter than asked for. Negative is forever. */
rt_tick_t rt_tick_from_millisecond(rt_int32_t ms)
{
    if (ms < 0)
    {
        return (rt_tick_t)RT_WAITING_FOREVER;
    }

    return (rt_tick_t)(((rt_uint64_t)ms * RT_TICK_PER_SECOND + 999) / 1000);
}

rt_tick_t rt_tick_get_millisecond(void)
{
    return (rt_tick_t)((rt_uint64_t)tick_count * 1000 / RT_TICK_PER_SECOND);
}
