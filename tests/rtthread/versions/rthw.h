/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RT-Thread's CPU. Not here: rt_hw_interrupt_mask(), which the riscv64 port of 5.0 declares and does not have.
 */
#ifndef __RT_HW_H__
#define __RT_HW_H__

#if DECLARED_VERSION < 50100
#include <rtthread.h>
#else
#include <rtdef.h>
#endif

#ifdef RT_USING_CACHE
void rt_hw_cpu_dcache_ops(int ops, void *addr, int size);
rt_inline void rt_hw_dmb(void)
{
    __asm__ volatile("" ::: "memory");
}
#else
#define rt_hw_cpu_dcache_ops(...)
#define rt_hw_dmb()
#endif

typedef void (*rt_isr_handler_t)(int vector, void *param);

void rt_hw_interrupt_umask(int vector);
rt_isr_handler_t rt_hw_interrupt_install(int vector, rt_isr_handler_t handler, void *param, const char *name);

#ifdef RT_USING_SMP
rt_base_t rt_hw_local_irq_disable(void);
void rt_hw_local_irq_enable(rt_base_t level);
rt_base_t rt_cpus_lock(void);
void rt_cpus_unlock(rt_base_t level);
#define rt_hw_interrupt_disable rt_cpus_lock
#define rt_hw_interrupt_enable  rt_cpus_unlock
int rt_hw_cpu_id(void);
#if DECLARED_VERSION < 50100
struct rt_spinlock
{
    rt_hw_spinlock_t lock;
};
#endif
#else
rt_base_t rt_hw_interrupt_disable(void);
void rt_hw_interrupt_enable(rt_base_t level);
#if DECLARED_VERSION >= 50100
#define rt_hw_local_irq_disable rt_hw_interrupt_disable
#define rt_hw_local_irq_enable  rt_hw_interrupt_enable
#endif
#endif

#endif
