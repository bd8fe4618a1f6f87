/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The kernel's public functions, with RT-Thread's names and signatures.
 */

#ifndef __RT_THREAD_H__
#define __RT_THREAD_H__

#include <rtconfig.h>
#include <rtdef.h>
#include <rtservice.h>
#include <rtatomic.h>
#include <rthw.h>

#ifdef __cplusplus
extern "C"
{
#endif

    /* ---- objects ---- */

    struct rt_object_information *rt_object_get_information(enum rt_object_class_type type);
    int rt_object_get_length(enum rt_object_class_type type);
    void rt_object_init(struct rt_object *object, enum rt_object_class_type type, const char *name);
    void rt_object_detach(rt_object_t object);
    rt_object_t rt_object_allocate(enum rt_object_class_type type, const char *name);
    void rt_object_delete(rt_object_t object);
    rt_bool_t rt_object_is_systemobject(rt_object_t object);
    rt_uint8_t rt_object_get_type(rt_object_t object);
    rt_object_t rt_object_find(const char *name, rt_uint8_t type);

    /* ---- clock ---- */

    rt_tick_t rt_tick_get(void);
    void rt_tick_set(rt_tick_t tick);
    void rt_tick_increase(void);
    rt_tick_t rt_tick_from_millisecond(rt_int32_t ms);
    rt_tick_t rt_tick_get_millisecond(void);

    /* ---- timers ---- */

    void rt_system_timer_init(void);
    void rt_system_timer_thread_init(void);
    void rt_timer_init(rt_timer_t timer, const char *name, void (*timeout)(void *parameter), void *parameter,
                       rt_tick_t time, rt_uint8_t flag);
    rt_err_t rt_timer_detach(rt_timer_t timer);
    rt_timer_t rt_timer_create(const char *name, void (*timeout)(void *parameter), void *parameter, rt_tick_t time,
                               rt_uint8_t flag);
    rt_err_t rt_timer_delete(rt_timer_t timer);
    rt_err_t rt_timer_start(rt_timer_t timer);
    rt_err_t rt_timer_stop(rt_timer_t timer);
    rt_err_t rt_timer_control(rt_timer_t timer, int cmd, void *arg);
    rt_tick_t rt_timer_next_timeout_tick(void);
    void rt_timer_check(void);

    /* ---- threads and the scheduler ---- */

    rt_err_t rt_thread_init(struct rt_thread *thread, const char *name, void (*entry)(void *parameter), void *parameter,
                            void *stack_start, rt_uint32_t stack_size, rt_uint8_t priority, rt_uint32_t tick);
    rt_err_t rt_thread_detach(rt_thread_t thread);
    rt_thread_t rt_thread_create(const char *name, void (*entry)(void *parameter), void *parameter,
                                 rt_uint32_t stack_size, rt_uint8_t priority, rt_uint32_t tick);
    rt_err_t rt_thread_delete(rt_thread_t thread);
    rt_thread_t rt_thread_self(void);
    rt_thread_t rt_thread_find(char *name);
    rt_err_t rt_thread_startup(rt_thread_t thread);
    rt_err_t rt_thread_close(rt_thread_t thread);
    rt_err_t rt_thread_yield(void);
    rt_err_t rt_thread_delay(rt_tick_t tick);
    rt_err_t rt_thread_delay_until(rt_tick_t *tick, rt_tick_t inc_tick);
    rt_err_t rt_thread_mdelay(rt_int32_t ms);
    rt_err_t rt_thread_control(rt_thread_t thread, int cmd, void *arg);
    rt_err_t rt_thread_suspend(rt_thread_t thread);
    rt_err_t rt_thread_suspend_with_flag(rt_thread_t thread, int suspend_flag);
    rt_err_t rt_thread_resume(rt_thread_t thread);
    rt_err_t rt_thread_get_name(rt_thread_t thread, char *name, rt_uint8_t name_size);

    void rt_thread_idle_init(void);
    rt_err_t rt_thread_idle_sethook(void (*hook)(void));
    rt_err_t rt_thread_idle_delhook(void (*hook)(void));
    rt_thread_t rt_thread_idle_gethandler(void);

    void rt_system_scheduler_init(void);
    void rt_system_scheduler_start(void);
    void rt_schedule(void);
    rt_base_t rt_enter_critical(void);
    void rt_exit_critical(void);
    rt_uint16_t rt_critical_level(void);
    rt_bool_t rt_scheduler_is_available(void);

    struct rt_cpu *rt_cpu_self(void);
    struct rt_cpu *rt_cpu_index(int index);

    /* ---- interrupts ---- */

    void rt_interrupt_enter(void);
    void rt_interrupt_leave(void);
    rt_uint8_t rt_interrupt_get_nest(void);

    /* ---- memory ---- */

    void rt_system_heap_init(void *begin_addr, void *end_addr);
    void *rt_malloc(rt_size_t size);
    void rt_free(void *ptr);
    void *rt_realloc(void *ptr, rt_size_t newsize);
    void *rt_calloc(rt_size_t count, rt_size_t size);
    void *rt_malloc_align(rt_size_t size, rt_size_t align);
    void rt_free_align(void *ptr);
    void rt_memory_info(rt_size_t *total, rt_size_t *used, rt_size_t *max_used);
    rt_size_t rt_system_heap_check(void);

    /* ---- semaphore ---- */

    rt_err_t rt_sem_init(rt_sem_t sem, const char *name, rt_uint32_t value, rt_uint8_t flag);
    rt_err_t rt_sem_detach(rt_sem_t sem);
    rt_sem_t rt_sem_create(const char *name, rt_uint32_t value, rt_uint8_t flag);
    rt_err_t rt_sem_delete(rt_sem_t sem);
    rt_err_t rt_sem_take(rt_sem_t sem, rt_int32_t timeout);
    rt_err_t rt_sem_trytake(rt_sem_t sem);
    rt_err_t rt_sem_release(rt_sem_t sem);
    rt_err_t rt_sem_control(rt_sem_t sem, int cmd, void *arg);

    /* ---- mutex ---- */

    rt_err_t rt_mutex_init(rt_mutex_t mutex, const char *name, rt_uint8_t flag);
    rt_err_t rt_mutex_detach(rt_mutex_t mutex);
    rt_mutex_t rt_mutex_create(const char *name, rt_uint8_t flag);
    rt_err_t rt_mutex_delete(rt_mutex_t mutex);
    rt_err_t rt_mutex_take(rt_mutex_t mutex, rt_int32_t timeout);
    rt_err_t rt_mutex_trytake(rt_mutex_t mutex);
    rt_err_t rt_mutex_release(rt_mutex_t mutex);
    rt_err_t rt_mutex_control(rt_mutex_t mutex, int cmd, void *arg);
    rt_uint8_t rt_mutex_setprioceiling(rt_mutex_t mutex, rt_uint8_t priority);
    rt_uint8_t rt_mutex_getprioceiling(rt_mutex_t mutex);

    rt_inline rt_thread_t rt_mutex_get_owner(rt_mutex_t mutex)
    {
        return mutex->owner;
    }

    rt_inline rt_ubase_t rt_mutex_get_hold(rt_mutex_t mutex)
    {
        return mutex->hold;
    }

    /* ---- event ---- */

    rt_err_t rt_event_init(rt_event_t event, const char *name, rt_uint8_t flag);
    rt_err_t rt_event_detach(rt_event_t event);
    rt_event_t rt_event_create(const char *name, rt_uint8_t flag);
    rt_err_t rt_event_delete(rt_event_t event);
    rt_err_t rt_event_send(rt_event_t event, rt_uint32_t set);
    rt_err_t rt_event_recv(rt_event_t event, rt_uint32_t set, rt_uint8_t opt, rt_int32_t timeout, rt_uint32_t *recved);
    rt_err_t rt_event_control(rt_event_t event, int cmd, void *arg);

    /* ---- mailbox ---- */

    rt_err_t rt_mb_init(rt_mailbox_t mb, const char *name, void *msgpool, rt_size_t size, rt_uint8_t flag);
    rt_err_t rt_mb_detach(rt_mailbox_t mb);
    rt_mailbox_t rt_mb_create(const char *name, rt_size_t size, rt_uint8_t flag);
    rt_err_t rt_mb_delete(rt_mailbox_t mb);
    rt_err_t rt_mb_send(rt_mailbox_t mb, rt_ubase_t value);
    rt_err_t rt_mb_send_wait(rt_mailbox_t mb, rt_ubase_t value, rt_int32_t timeout);
    rt_err_t rt_mb_urgent(rt_mailbox_t mb, rt_ubase_t value);
    rt_err_t rt_mb_recv(rt_mailbox_t mb, rt_ubase_t *value, rt_int32_t timeout);
    rt_err_t rt_mb_control(rt_mailbox_t mb, int cmd, void *arg);

    /* ---- message queue ---- */

    rt_err_t rt_mq_init(rt_mq_t mq, const char *name, void *msgpool, rt_size_t msg_size, rt_size_t pool_size,
                        rt_uint8_t flag);
    rt_err_t rt_mq_detach(rt_mq_t mq);
    rt_mq_t rt_mq_create(const char *name, rt_size_t msg_size, rt_size_t max_msgs, rt_uint8_t flag);
    rt_err_t rt_mq_delete(rt_mq_t mq);
    rt_err_t rt_mq_send(rt_mq_t mq, const void *buffer, rt_size_t size);
    rt_err_t rt_mq_send_wait(rt_mq_t mq, const void *buffer, rt_size_t size, rt_int32_t timeout);
    rt_err_t rt_mq_urgent(rt_mq_t mq, const void *buffer, rt_size_t size);
    rt_ssize_t rt_mq_recv(rt_mq_t mq, void *buffer, rt_size_t size, rt_int32_t timeout);
    rt_err_t rt_mq_control(rt_mq_t mq, int cmd, void *arg);

    /* ---- spinlocks ---- */

#if !defined(RT_USING_SMP) && defined(TESTKERNEL_SPINLOCK_V500)
/*
 * The single-CPU spinlocks of RT-Thread 5.0: bare macros that do not look at
 * the lock. Unlike those of 5.1 the interrupt-saving pair lets the scheduler
 * switch threads in the middle of the section.
 */
#define rt_spin_lock_init(lock)                ((void)0)
#define rt_spin_lock(lock)                     ((void)rt_enter_critical())
#define rt_spin_unlock(lock)                   rt_exit_critical()
#define rt_spin_lock_irqsave(lock)             rt_hw_interrupt_disable()
#define rt_spin_unlock_irqrestore(lock, level) rt_hw_interrupt_enable(level)
#else
void rt_spin_lock_init(struct rt_spinlock *lock);
void rt_spin_lock(struct rt_spinlock *lock);
void rt_spin_unlock(struct rt_spinlock *lock);
rt_base_t rt_spin_lock_irqsave(struct rt_spinlock *lock);
void rt_spin_unlock_irqrestore(struct rt_spinlock *lock, rt_base_t level);
#endif

    /* ---- devices ---- */

    rt_device_t rt_device_find(const char *name);
    rt_err_t rt_device_register(rt_device_t dev, const char *name, rt_uint16_t flags);
    rt_err_t rt_device_unregister(rt_device_t dev);
    rt_device_t rt_device_create(int type, int attach_size);
    void rt_device_destroy(rt_device_t dev);
    rt_err_t rt_device_init(rt_device_t dev);
    rt_err_t rt_device_open(rt_device_t dev, rt_uint16_t oflag);
    rt_err_t rt_device_close(rt_device_t dev);
    rt_ssize_t rt_device_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size);
    rt_ssize_t rt_device_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size);
    rt_err_t rt_device_control(rt_device_t dev, int cmd, void *arg);
    rt_err_t rt_device_set_rx_indicate(rt_device_t dev, rt_err_t (*rx_ind)(rt_device_t dev, rt_size_t size));
    rt_err_t rt_device_set_tx_complete(rt_device_t dev, rt_err_t (*tx_done)(rt_device_t dev, void *buffer));

    /* ---- services ---- */

    void rt_components_init(void);
    void rt_components_board_init(void);
    void rt_show_version(void);

    int rt_kprintf(const char *fmt, ...);
    void rt_kputs(const char *str);
    rt_device_t rt_console_set_device(const char *name);
    rt_device_t rt_console_get_device(void);

    int rt_vsprintf(char *dest, const char *format, va_list arg_ptr);
    int rt_vsnprintf(char *buf, rt_size_t size, const char *fmt, va_list args);
    int rt_sprintf(char *buf, const char *format, ...);
    int rt_snprintf(char *buf, rt_size_t size, const char *format, ...);

    void *rt_memset(void *src, int c, rt_ubase_t n);
    void *rt_memcpy(void *dest, const void *src, rt_ubase_t n);
    void *rt_memmove(void *dest, const void *src, rt_size_t n);
    rt_int32_t rt_memcmp(const void *cs, const void *ct, rt_size_t count);
    char *rt_strdup(const char *s);
    char *rt_strstr(const char *str1, const char *str2);
    rt_int32_t rt_strcasecmp(const char *a, const char *b);
    char *rt_strncpy(char *dest, const char *src, rt_size_t n);
    char *rt_strcpy(char *dst, const char *src);
    rt_int32_t rt_strncmp(const char *cs, const char *ct, rt_size_t count);
    rt_int32_t rt_strcmp(const char *cs, const char *ct);
    rt_size_t rt_strlen(const char *s);
    rt_size_t rt_strnlen(const char *s, rt_size_t maxlen);

    rt_err_t rt_get_errno(void);
    void rt_set_errno(rt_err_t no);
    const char *rt_strerror(rt_err_t error);
    int __rt_ffs(int value);

    /* ---- assertions ---- */

    void rt_assert_handler(const char *ex, const char *func, rt_size_t line);
    void rt_assert_set_hook(void (*hook)(const char *ex, const char *func, rt_size_t line));

#ifdef RT_USING_DEBUG
#define RT_ASSERT(EX)                                   \
    do                                                  \
    {                                                   \
        if (!(EX))                                      \
        {                                               \
            rt_assert_handler(#EX, __func__, __LINE__); \
        }                                               \
    } while (0)
#else
#define RT_ASSERT(EX) ((void)(EX))
#endif

#define RT_DEBUG_NOT_IN_INTERRUPT                RT_ASSERT(rt_interrupt_get_nest() == 0)
#define RT_DEBUG_IN_THREAD_CONTEXT               RT_ASSERT(rt_interrupt_get_nest() == 0 && rt_thread_self() != RT_NULL)
#define RT_DEBUG_SCHEDULER_AVAILABLE(need_check) RT_ASSERT(!(need_check) || rt_scheduler_is_available())

#ifdef __cplusplus
}
#endif

#ifdef RT_USING_FINSH
#include <finsh.h>
#else
#define MSH_CMD_EXPORT(command, desc)
#define MSH_CMD_EXPORT_ALIAS(command, alias, desc)
#define FINSH_FUNCTION_EXPORT(name, desc)
#define FINSH_FUNCTION_EXPORT_ALIAS(name, alias, desc)
#endif

#endif /* __RT_THREAD_H__ */
