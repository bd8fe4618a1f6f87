/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the architecture half gives to the kernel and to drivers, and the
 * few entry points that it calls in the kernel.
 */

#ifndef __RT_HW_H__
#define __RT_HW_H__

#include <rtdef.h>

#ifdef __cplusplus
extern "C"
{
#endif

    /* ---- registers, caches, barriers ---- */

#define HWREG64(x) (*((volatile rt_uint64_t *)(x)))
#define HWREG32(x) (*((volatile rt_uint32_t *)(x)))
#define HWREG16(x) (*((volatile rt_uint16_t *)(x)))
#define HWREG8(x)  (*((volatile rt_uint8_t *)(x)))

#ifndef RT_CPU_CACHE_LINE_SZ
#define RT_CPU_CACHE_LINE_SZ 32
#endif

    enum RT_HW_CACHE_OPS
    {
        RT_HW_CACHE_FLUSH = 0x01,
        RT_HW_CACHE_INVALIDATE = 0x02
    };

/*
 * As in RT-Thread without RT_USING_CACHE these are nothing at all, not even
 * compiler barriers: portable code must bring its own.
 */
#define rt_hw_cpu_dcache_ops(...)
#define rt_hw_cpu_icache_ops(...)
#define rt_hw_isb()
#define rt_hw_dmb()
#define rt_hw_dsb()

    /* ---- interrupts ---- */

    typedef void (*rt_isr_handler_t)(int vector, void *param);

    rt_isr_handler_t rt_hw_interrupt_install(int vector, rt_isr_handler_t handler, void *param, const char *name);
    void rt_hw_interrupt_mask(int vector);
    void rt_hw_interrupt_umask(int vector);

    rt_base_t rt_hw_local_irq_disable(void);
    void rt_hw_local_irq_enable(rt_base_t level);

#ifdef RT_USING_SMP
    rt_base_t rt_cpus_lock(void);
    void rt_cpus_unlock(rt_base_t level);
#define rt_hw_interrupt_disable rt_cpus_lock
#define rt_hw_interrupt_enable  rt_cpus_unlock
#else
#define rt_hw_interrupt_disable rt_hw_local_irq_disable
#define rt_hw_interrupt_enable  rt_hw_local_irq_enable
#endif

    rt_bool_t rt_hw_interrupt_is_disabled(void);

    /* ---- threads and CPUs ---- */

    struct rt_thread;

    rt_uint8_t *rt_hw_stack_init(void *entry, void *parameter, rt_uint8_t *stack_top, void *exit);

    /* Both take pointers to the threads' sp members. */
    void rt_hw_context_switch_to(rt_ubase_t to, struct rt_thread *to_thread);
    void rt_hw_context_switch(rt_ubase_t from, rt_ubase_t to, struct rt_thread *to_thread);

    int rt_hw_cpu_id(void);
    void rt_hw_cpu_idle(void);
    void rt_hw_cpu_shutdown(void);
    void rt_hw_cpu_reset(void);
    void rt_hw_halt(void) rt_noreturn;

    void rt_hw_secondary_cpu_up(void);
    void rt_hw_ipi_send(int ipi_vector, unsigned int cpu_mask);

    /* ---- time and console ---- */

    void rt_hw_us_delay(rt_uint32_t us);
    rt_uint64_t rt_hw_clock_us(void);
    void rt_hw_console_output(const char *str);
    /* From here on that is about a fault, and given to rt_hw_fault_output() as well, which applications can define. */
    void rt_hw_fault_begin(void);
    void rt_hw_fault_output(const char *text, rt_size_t length);

    /* ---- board; also called by the kernel ---- */

    void rt_hw_board_init(void);
    const char *rt_hw_bootargs(void); /* the command line that was given to the virtual machine, or "" */

    /* ---- entry points of the kernel for the architecture ---- */

    void rtthread_startup(void);
    void rt_secondary_cpu_entry(void);
    void rt_cpus_lock_status_restore(struct rt_thread *thread);
    void rt_schedule_irq_exit(void);
    void rt_scheduler_ipi_handler(int vector, void *param);
    void rt_hw_fault_report(const char *what) rt_noreturn;

    /* ---- spinlocks on the bare metal: no interrupt or scheduler handling ---- */

#ifdef RT_USING_SMP
    void rt_hw_spin_lock_init(rt_hw_spinlock_t *lock);
    void rt_hw_spin_lock(rt_hw_spinlock_t *lock);
    void rt_hw_spin_unlock(rt_hw_spinlock_t *lock);
#else
#define rt_hw_spin_lock_init(lock) ((void)(lock))
#define rt_hw_spin_lock(lock)      ((void)(lock))
#define rt_hw_spin_unlock(lock)    ((void)(lock))
#endif

#ifdef __cplusplus
}
#endif

#endif /* __RT_HW_H__ */
