/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP's operating system layer on RT-Thread's functions.
 */

#include <lwip/sys.h>
#include <lwip/tcpip.h>

/* ---- semaphores ---- */

err_t sys_sem_new(sys_sem_t *sem, u8_t count)
{
    *sem = rt_sem_create("lwip", count, RT_IPC_FLAG_FIFO);
    if (*sem == RT_NULL)
    {
        SYS_STATS_INC(sem.err);
        return ERR_MEM;
    }
    SYS_STATS_INC_USED(sem);

    return ERR_OK;
}

void sys_sem_free(sys_sem_t *sem)
{
    SYS_STATS_DEC(sem.used);
    rt_sem_delete(*sem);
    *sem = RT_NULL;
}

void sys_sem_signal(sys_sem_t *sem)
{
    rt_sem_release(*sem);
}

/* lwIP's 0 is forever; else at least one tick, or a short wait would be none. */
static rt_int32_t ticks_of(u32_t timeout)
{
    rt_int32_t ticks;

    if (timeout == 0)
    {
        return RT_WAITING_FOREVER;
    }
    ticks = (rt_int32_t)rt_tick_from_millisecond((rt_int32_t)RT_MIN(timeout, (u32_t)0x7fffffff / RT_TICK_PER_SECOND));

    return RT_MAX(ticks, 1);
}

u32_t sys_arch_sem_wait(sys_sem_t *sem, u32_t timeout)
{
    u32_t start = sys_now();

    return rt_sem_take(*sem, ticks_of(timeout)) == RT_EOK ? sys_now() - start : SYS_ARCH_TIMEOUT;
}

/* ---- mutexes ---- */

err_t sys_mutex_new(sys_mutex_t *mutex)
{
    *mutex = rt_mutex_create("lwip", RT_IPC_FLAG_PRIO);
    if (*mutex == RT_NULL)
    {
        SYS_STATS_INC(mutex.err);
        return ERR_MEM;
    }
    SYS_STATS_INC_USED(mutex);

    return ERR_OK;
}

void sys_mutex_free(sys_mutex_t *mutex)
{
    SYS_STATS_DEC(mutex.used);
    rt_mutex_delete(*mutex);
    *mutex = RT_NULL;
}

void sys_mutex_lock(sys_mutex_t *mutex)
{
    rt_mutex_take(*mutex, RT_WAITING_FOREVER);
}

void sys_mutex_unlock(sys_mutex_t *mutex)
{
    rt_mutex_release(*mutex);
}

/* Asked by lwIP in every function that wants its core locked. */
void sys_check_core_locking(void)
{
    RT_ASSERT(rt_interrupt_get_nest() == 0);
    RT_ASSERT(!sys_mutex_valid(&lock_tcpip_core) || rt_mutex_get_owner(lock_tcpip_core) == rt_thread_self());
}

/* ---- mailboxes ---- */

err_t sys_mbox_new(sys_mbox_t *mbox, int size)
{
    *mbox = rt_mb_create("lwip", (rt_size_t)size, RT_IPC_FLAG_FIFO);
    if (*mbox == RT_NULL)
    {
        SYS_STATS_INC(mbox.err);
        return ERR_MEM;
    }
    SYS_STATS_INC_USED(mbox);

    return ERR_OK;
}

void sys_mbox_free(sys_mbox_t *mbox)
{
    SYS_STATS_DEC(mbox.used);
    rt_mb_delete(*mbox);
    *mbox = RT_NULL;
}

void sys_mbox_post(sys_mbox_t *mbox, void *msg)
{
    rt_mb_send_wait(*mbox, (rt_ubase_t)msg, RT_WAITING_FOREVER);
}

err_t sys_mbox_trypost(sys_mbox_t *mbox, void *msg)
{
    if (rt_mb_send(*mbox, (rt_ubase_t)msg) != RT_EOK)
    {
        SYS_STATS_INC(mbox.err);
        return ERR_MEM;
    }

    return ERR_OK;
}

err_t sys_mbox_trypost_fromisr(sys_mbox_t *mbox, void *msg)
{
    return sys_mbox_trypost(mbox, msg);
}

static u32_t fetch(sys_mbox_t *mbox, void **msg, rt_int32_t ticks)
{
    rt_ubase_t value = 0;
    rt_err_t result = rt_mb_recv(*mbox, &value, ticks);

    if (msg != NULL)
    {
        *msg = (void *)value;
    }

    return result == RT_EOK ? 0 : SYS_ARCH_TIMEOUT;
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *mbox, void **msg, u32_t timeout)
{
    u32_t start = sys_now();

    return fetch(mbox, msg, ticks_of(timeout)) == 0 ? sys_now() - start : SYS_ARCH_TIMEOUT;
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *mbox, void **msg)
{
    return fetch(mbox, msg, RT_WAITING_NO) == 0 ? 0 : SYS_MBOX_EMPTY;
}

/* ---- threads, protection, time ---- */

sys_thread_t sys_thread_new(const char *name, lwip_thread_fn function, void *arg, int stacksize, int prio)
{
    rt_thread_t thread = rt_thread_create(name, function, arg, (rt_uint32_t)stacksize, (rt_uint8_t)prio, 20);

    RT_ASSERT(thread != RT_NULL);
    rt_thread_startup(thread);

    return thread;
}

/* Nests; keeps all CPUs out. Any context. */
sys_prot_t sys_arch_protect(void)
{
    return rt_hw_interrupt_disable();
}

void sys_arch_unprotect(sys_prot_t level)
{
    rt_hw_interrupt_enable(level);
}

u32_t sys_now(void)
{
    return (u32_t)(rt_hw_clock_us() / 1000);
}

u32_t sys_jiffies(void)
{
    return rt_tick_get();
}

/* For ports and transaction numbers: different at every start, not secret. */
unsigned int sys_rand(void)
{
    static rt_uint32_t state;
    rt_base_t level = rt_hw_interrupt_disable();
    rt_uint32_t value = state ^ (rt_uint32_t)(rt_hw_clock_us() * 2654435761u);

    value = value != 0 ? value : 1;
    value ^= value << 13;
    value ^= value >> 17;
    value ^= value << 5;
    state = value;
    rt_hw_interrupt_enable(level);

    return value;
}

/* ---- start ---- */

void sys_init(void)
{
}

static void tcpip_up(void *arg)
{
    rt_sem_release((rt_sem_t)arg);
}

static int lwip_system_init(void)
{
    struct rt_semaphore up;

    rt_sem_init(&up, "lwipup", 0, RT_IPC_FLAG_FIFO);
    tcpip_init(tcpip_up, &up);
    rt_sem_take(&up, RT_WAITING_FOREVER);
    rt_sem_detach(&up);

    return 0;
}
INIT_PREV_EXPORT(lwip_system_init);
