/* SPDX-License-Identifier: Apache-2.0 */

/* The table of interrupt handlers, the tick, and the locks of this half. */

#include "hw.h"

struct hw_irq
{
    rt_isr_handler_t handler;
    void *param;
    const char *name;
};

static struct hw_irq irq_table[HW_VECTORS];
static hw_lock_t irq_lock;

rt_base_t hw_lock_irqsave(hw_lock_t *lock)
{
    rt_base_t level = rt_hw_local_irq_disable();

    while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE))
    {
        while (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED))
        {
        }
    }
    return level;
}

void hw_unlock_irqrestore(hw_lock_t *lock, rt_base_t level)
{
    __atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
    rt_hw_local_irq_enable(level);
}

rt_isr_handler_t rt_hw_interrupt_install(int vector, rt_isr_handler_t handler, void *param, const char *name)
{
    rt_isr_handler_t old;
    rt_base_t level;

    if (vector < HW_VECTOR_FIRST || vector >= HW_VECTORS)
    {
        return RT_NULL;
    }
    level = hw_lock_irqsave(&irq_lock);
    old = irq_table[vector].handler;
    irq_table[vector].handler = handler;
    irq_table[vector].param = param;
    irq_table[vector].name = name;
    hw_unlock_irqrestore(&irq_lock, level);
    return old;
}

/* Runs a device's handler. The interrupt controller's part is the caller's. */
void hw_dispatch(int vector)
{
    struct hw_irq irq = {RT_NULL, RT_NULL, RT_NULL};

    if (vector >= HW_VECTOR_FIRST && vector < HW_VECTORS)
    {
        rt_base_t level = hw_lock_irqsave(&irq_lock);

        /* A copy: the handler runs without the lock, as it may install another. */
        irq = irq_table[vector];
        hw_unlock_irqrestore(&irq_lock, level);
    }
    if (irq.handler)
    {
        irq.handler(vector, irq.param);
        return;
    }
    /* Nobody can calm the device down, so this is reported only once. */
    rt_hw_interrupt_mask(vector);
    hw_put_dec("interrupt without a handler, masked: ", (uint64_t)vector);
    rt_hw_console_output("\n");
}

void hw_tick_start(void)
{
    struct hw_cpu *cpu = &hw_cpus[rt_hw_cpu_id()];

    cpu->next_tick = hw_counter() + hw_counter_frequency() / RT_TICK_PER_SECOND;
    hw_timer_set(cpu->next_tick);
}

void hw_tick_interrupt(void)
{
    struct hw_cpu *cpu = &hw_cpus[rt_hw_cpu_id()];
    uint64_t period = hw_counter_frequency() / RT_TICK_PER_SECOND;
    uint64_t now = hw_counter();

    /*
     * From deadline to deadline, so that late interrupts do not add up. A
     * virtual machine can be stopped for long, though; ticks of more than a
     * quarter of a second are not made up for.
     */
    cpu->next_tick += period;
    if ((int64_t)(now - cpu->next_tick) > (int64_t)(hw_counter_frequency() / 4))
    {
        cpu->next_tick = now + period;
    }
    hw_timer_set(cpu->next_tick);
    rt_tick_increase();
}

void hw_ipi_interrupt(int vector)
{
#ifdef RT_USING_SMP
    if (vector == RT_SCHEDULE_IPI)
    {
        rt_scheduler_ipi_handler(vector, RT_NULL);
    }
#endif
}

rt_uint64_t rt_hw_clock_us(void)
{
    uint64_t count = hw_counter();
    uint64_t frequency = hw_counter_frequency();

    /* In two parts, or the product would leave 64 bits after some days. */
    return count / frequency * 1000000u + count % frequency * 1000000u / frequency;
}

void rt_hw_us_delay(rt_uint32_t us)
{
    uint64_t start = hw_counter();
    uint64_t wait = (uint64_t)us * hw_counter_frequency() / 1000000u;

    while (hw_counter() - start < wait)
    {
    }
}
