/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A load test of the scheduler: pairs of threads throw a token to and fro by
 * semaphores, some bound to a CPU and some free, beside threads that only
 * compute and threads that keep moving between CPUs.
 */

#include "kernel.h"
#include "selftest.h"

#define PAIRS   6
#define WORKERS (PAIRS * 2 + 3)

static struct rt_semaphore tokens[PAIRS][2];
static struct rt_semaphore finished;
static volatile rt_bool_t stopping;
static rt_uint32_t passes[PAIRS];
static rt_uint32_t cpu_seen[RT_CPUS_NR];
static rt_uint32_t wrong_cpu;
static rt_uint32_t guarded;
static rt_uint32_t guarded_expected[WORKERS];
static struct rt_spinlock guard;
static struct rt_mutex turn;
static volatile rt_uint32_t inside;
static rt_uint32_t collisions;

static void note_cpu(void)
{
    rt_base_t level = rt_hw_local_irq_disable();
    int cpu = (int)(rt_cpu_self() - tk_cpus);
    struct rt_thread *self = rt_cpu_self()->current_thread;

    cpu_seen[cpu]++;
    if (self->oncpu != cpu || (self->bind_cpu != RT_CPU_DETACHED && self->bind_cpu != cpu))
    {
        wrong_cpu++;
    }
    rt_hw_local_irq_enable(level);
}

static void count_guarded(int worker)
{
    rt_base_t level = rt_spin_lock_irqsave(&guard);

    guarded++;
    guarded_expected[worker]++;
    rt_spin_unlock_irqrestore(&guard, level);
}

static void take_turn(void)
{
    rt_mutex_take(&turn, RT_WAITING_FOREVER);
    if (inside++ != 0)
    {
        collisions++;
    }
    inside--;
    rt_mutex_release(&turn);
}

static void pair_entry(void *parameter)
{
    int worker = (int)(rt_ubase_t)parameter;
    int pair = worker / 2;
    int side = worker % 2;

    while (!stopping)
    {
        if (rt_sem_take(&tokens[pair][side], RT_TICK_PER_SECOND) != RT_EOK)
        {
            continue;
        }
        note_cpu();
        count_guarded(worker);
        passes[pair]++;
        if (passes[pair] % 64 == 0)
        {
            take_turn();
        }
        if (passes[pair] % 256 == 0)
        {
            /* Lets those of lower priority have the CPU, too. */
            rt_thread_delay(1);
        }
        rt_sem_release(&tokens[pair][!side]);
    }
    rt_sem_release(&finished);
}

static void busy_entry(void *parameter)
{
    int worker = (int)(rt_ubase_t)parameter;

    while (!stopping)
    {
        note_cpu();
        count_guarded(worker);
        rt_thread_yield();
    }
    rt_sem_release(&finished);
}

static void moving_entry(void *parameter)
{
    int worker = (int)(rt_ubase_t)parameter;
    rt_ubase_t cpu = 0;

    while (!stopping)
    {
        rt_thread_control(rt_thread_self(), RT_THREAD_CTRL_BIND_CPU, (void *)cpu);
        note_cpu();
        count_guarded(worker);
        take_turn();
        cpu = (cpu + 1) % RT_CPUS_NR;
        rt_thread_mdelay(1);
    }
    rt_sem_release(&finished);
}

static rt_bool_t start_worker(int worker)
{
    void (*entry)(void *parameter) = pair_entry;
    rt_thread_t thread;
    char name[RT_NAME_MAX];
    rt_uint8_t priority = (rt_uint8_t)(22 + worker % 3);

    if (worker == WORKERS - 1)
    {
        entry = moving_entry;
        priority = 21;
    }
    else if (worker >= PAIRS * 2)
    {
        entry = busy_entry;
        priority = 25;
    }
    rt_snprintf(name, sizeof(name), "sched%d", worker);
    thread = rt_thread_create(name, entry, (void *)(rt_ubase_t)worker, 4096, priority, 2);
    if (thread == RT_NULL)
    {
        return RT_FALSE;
    }
    if (worker < PAIRS && RT_CPUS_NR > 1)
    {
        rt_thread_control(thread, RT_THREAD_CTRL_BIND_CPU, (void *)(rt_ubase_t)(worker % RT_CPUS_NR));
    }
    rt_thread_startup(thread);

    return RT_TRUE;
}

int selftest_sched(int seconds)
{
    rt_uint32_t expected = 0;
    rt_uint32_t total = 0;
    int failures = 0;
    int started = 0;
    int i;

    stopping = RT_FALSE;
    guarded = 0;
    wrong_cpu = 0;
    collisions = 0;
    inside = 0;
    rt_memset(passes, 0, sizeof(passes));
    rt_memset(cpu_seen, 0, sizeof(cpu_seen));
    rt_memset(guarded_expected, 0, sizeof(guarded_expected));
    rt_spin_lock_init(&guard);
    /* The single-CPU macros of RT-Thread 5.0 do not look at it. */
    RT_UNUSED(guard);
    rt_mutex_init(&turn, "schedturn", RT_IPC_FLAG_PRIO);
    rt_sem_init(&finished, "schedend", 0, RT_IPC_FLAG_FIFO);
    for (i = 0; i < PAIRS; i++)
    {
        rt_sem_init(&tokens[i][0], "ping", 1, RT_IPC_FLAG_FIFO);
        rt_sem_init(&tokens[i][1], "pong", 0, RT_IPC_FLAG_FIFO);
    }

    for (i = 0; i < WORKERS; i++)
    {
        started += start_worker(i);
    }
    rt_thread_mdelay(seconds * 1000);
    stopping = RT_TRUE;
    for (i = 0; i < started; i++)
    {
        if (rt_sem_take(&finished, 5 * RT_TICK_PER_SECOND) != RT_EOK)
        {
            rt_kprintf("sched: a thread does not end\n");
            failures++;
            break;
        }
    }

    for (i = 0; i < PAIRS; i++)
    {
        total += passes[i];
        if (passes[i] == 0)
        {
            rt_kprintf("sched: pair %d never ran\n", i);
            failures++;
        }
    }
    for (i = 0; i < WORKERS; i++)
    {
        expected += guarded_expected[i];
    }
    for (i = 0; i < RT_CPUS_NR; i++)
    {
        rt_kprintf("sched: CPU %d ran a worker %u times\n", i, cpu_seen[i]);
        failures += cpu_seen[i] == 0;
    }
    failures += wrong_cpu != 0;
    failures += guarded != expected;
    failures += collisions != 0;
    failures += started != WORKERS;
    rt_kprintf("sched: %u passes, %u wrong CPU, %u of %u counted, %u collisions: %s\n", total, wrong_cpu, guarded,
               expected, collisions, failures ? "FAIL" : "PASS");

    /* Let the last of them go through its exit before the objects vanish. */
    rt_thread_mdelay(50);
    rt_mutex_detach(&turn);
    rt_sem_detach(&finished);
    for (i = 0; i < PAIRS; i++)
    {
        rt_sem_detach(&tokens[i][0]);
        rt_sem_detach(&tokens[i][1]);
    }

    return failures ? -1 : 0;
}
