/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Differences between RT-Thread versions and configurations. All of them are here.
 */
#ifndef RT_VIRTIO_COMPAT_H
#define RT_VIRTIO_COMPAT_H

#include <rtdevice.h>
#include <rthw.h>
#include <rtthread.h>

/*
 * rt_device_read() and _write() return rt_ssize_t since 5.0.
 */
#if defined(RTTHREAD_VERSION) && (RTTHREAD_VERSION >= RT_VERSION_CHECK(5, 0, 0))
typedef rt_ssize_t rt_virtio_size_t;
#else
typedef rt_size_t rt_virtio_size_t;
#endif

/* Not in 5.0. */
#ifndef RT_ARRAY_SIZE
#define RT_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

#ifdef RT_EPERM
#define RT_VIRTIO_EPERM RT_EPERM
#else
#define RT_VIRTIO_EPERM RT_EIO
#endif

#ifdef RT_EFAULT
#define RT_VIRTIO_EFAULT RT_EFAULT
#else
#define RT_VIRTIO_EFAULT RT_EIO
#endif

/*
 * A lock for a few instructions, in threads and interrupts. On one CPU older versions have no struct rt_spinlock, and
 * rt_spin_lock_irqsave() ignores its argument; switching interrupts off is all it takes there.
 */
#ifdef RT_USING_SMP

typedef struct rt_spinlock rt_virtio_lock_t;

#define rt_virtio_lock_init(lock)     rt_spin_lock_init(lock)
#define rt_virtio_lock(lock)          rt_spin_lock_irqsave(lock)
#define rt_virtio_unlock(lock, level) rt_spin_unlock_irqrestore(lock, level)
#define rt_virtio_cpu_id()            ((unsigned int)rt_hw_cpu_id())
#define RT_VIRTIO_CPUS                RT_CPUS_NR

#else

typedef rt_uint8_t rt_virtio_lock_t;

#define rt_virtio_lock_init(lock)     ((void)(lock))
#define rt_virtio_lock(lock)          ((void)(lock), rt_hw_interrupt_disable())
#define rt_virtio_unlock(lock, level) ((void)(lock), rt_hw_interrupt_enable(level))
#define rt_virtio_cpu_id()            0u
#define RT_VIRTIO_CPUS                1

#endif

/* lwIP's name for "ask the thread tcpip to call this, if its mailbox has room" changed in 2.1. */
#if defined(RT_USING_VIRTIO_NET) && defined(RT_USING_LWIP)
#include <lwip/init.h>
#if LWIP_VERSION_MAJOR > 2 || (LWIP_VERSION_MAJOR == 2 && LWIP_VERSION_MINOR >= 1)
#define rt_virtio_tcpip_trycallback(message) tcpip_callbackmsg_trycallback(message)
#else
#define rt_virtio_tcpip_trycallback(message) tcpip_trycallback(message)
#endif

/* RT-Thread's netdev has a copy of the MTU, which is taken when the interface is added. */
#ifdef RT_USING_NETDEV
#include <netdev.h>
#define rt_virtio_set_mtu(netif, value)                                \
    do                                                                 \
    {                                                                  \
        char two_letters[3] = {(netif)->name[0], (netif)->name[1], 0}; \
        struct netdev *netdev_ = netdev_get_by_name(two_letters);      \
                                                                       \
        (netif)->mtu = (value);                                        \
        if (netdev_ != RT_NULL)                                        \
        {                                                              \
            netdev_->mtu = (value);                                    \
        }                                                              \
    } while (0)
#else
#define rt_virtio_set_mtu(netif, value) ((netif)->mtu = (value))
#endif
#endif

/* True if the caller may wait for something. rt_scheduler_is_available() would say it, but came late. */
rt_inline rt_bool_t rt_virtio_may_sleep(void)
{
    return rt_interrupt_get_nest() == 0 && rt_thread_self() != RT_NULL && rt_critical_level() == 0;
}

/* True if this CPU has its interrupts off. rt_hw_interrupt_is_disabled() came late, too. */
rt_inline rt_bool_t rt_virtio_interrupts_off(void)
{
#if defined(__riscv) && __riscv_xlen == 64
    rt_ubase_t status;

    __asm__ volatile("csrr %0, sstatus" : "=r"(status));
    return (status & 0x2u) == 0;
#elif defined(__aarch64__)
    rt_ubase_t daif;

    __asm__ volatile("mrs %0, daif" : "=r"(daif));
    return (daif & 0x80u) != 0;
#else
    return RT_FALSE;
#endif
}

#endif /* RT_VIRTIO_COMPAT_H */
