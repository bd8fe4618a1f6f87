/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One idle thread a CPU: cleans up after dead threads, looks over the heap
 * once a second, and otherwise waits for interrupts.
 */

#include "kernel.h"

#define IDLE_HOOKS 4

static struct rt_thread idle_threads[RT_CPUS_NR];
static rt_uint8_t idle_stacks[RT_CPUS_NR][IDLE_THREAD_STACK_SIZE] rt_align(16);
static void (*idle_hooks[IDLE_HOOKS])(void);

rt_err_t rt_thread_idle_sethook(void (*hook)(void))
{
    rt_base_t level = rt_hw_interrupt_disable();
    rt_err_t result = -RT_EFULL;
    int i;

    for (i = 0; i < IDLE_HOOKS; i++)
    {
        if (idle_hooks[i] == RT_NULL)
        {
            idle_hooks[i] = hook;
            result = RT_EOK;
            break;
        }
    }
    rt_hw_interrupt_enable(level);

    return result;
}

rt_err_t rt_thread_idle_delhook(void (*hook)(void))
{
    rt_base_t level = rt_hw_interrupt_disable();
    rt_err_t result = -RT_ENOSYS;
    int i;

    for (i = 0; i < IDLE_HOOKS; i++)
    {
        if (idle_hooks[i] == hook)
        {
            idle_hooks[i] = RT_NULL;
            result = RT_EOK;
            break;
        }
    }
    rt_hw_interrupt_enable(level);

    return result;
}

rt_thread_t rt_thread_idle_gethandler(void)
{
    rt_base_t level = rt_hw_local_irq_disable();
    rt_thread_t thread = tk_cpu()->idle_thread;

    rt_hw_local_irq_enable(level);

    return thread;
}

static void idle_entry(void *parameter)
{
    rt_bool_t checks_heap = parameter == RT_NULL;
    rt_tick_t checked = rt_tick_get();
    int i;

    for (;;)
    {
        tk_thread_reap();
        for (i = 0; i < IDLE_HOOKS; i++)
        {
            void (*hook)(void) = idle_hooks[i];

            if (hook != RT_NULL)
            {
                hook();
            }
        }
        if (checks_heap && rt_tick_get() - checked >= RT_TICK_PER_SECOND)
        {
            checked = rt_tick_get();
            rt_system_heap_check();
        }
        rt_hw_cpu_idle();
    }
}

void rt_thread_idle_init(void)
{
    rt_ubase_t cpu;

    for (cpu = 0; cpu < RT_CPUS_NR; cpu++)
    {
        struct rt_thread *thread = &idle_threads[cpu];
        char name[RT_NAME_MAX];

        rt_snprintf(name, sizeof(name), "tidle%d", (int)cpu);
        rt_thread_init(thread, name, idle_entry, (void *)cpu, idle_stacks[cpu], IDLE_THREAD_STACK_SIZE,
                       RT_THREAD_PRIORITY_MAX - 1, 32);
        rt_thread_control(thread, RT_THREAD_CTRL_BIND_CPU, (void *)cpu);
        tk_cpus[cpu].idle_thread = thread;
        rt_thread_startup(thread);
    }
}
