/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Differences between RT-Thread versions (4.1 to 5.3) and configurations. All of them are here.
 */
#ifndef RT_VIRTIO_COMPAT_H
#define RT_VIRTIO_COMPAT_H

#include <rtthread.h>

#include <rtdevice.h>
#include <rthw.h>

/* A number, because 4.1.0 has no RT_VERSION_CHECK(). */
#if RTTHREAD_VERSION >= 50000
#define RT_VIRTIO_BEFORE_5 0
#else
#define RT_VIRTIO_BEFORE_5 1
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

/* --- Devices --- */

/* rt_device_read() and _write() return rt_ssize_t since 5.0. */
#if RT_VIRTIO_BEFORE_5
typedef rt_size_t rt_virtio_size_t;
#else
typedef rt_ssize_t rt_virtio_size_t;
#endif

/* A device has a table of functions, or with RT_USING_DEVICE_OPS off the functions themselves. */
#ifdef RT_USING_DEVICE_OPS
#define rt_virtio_ops rt_device_ops
#else
struct rt_virtio_ops
{
    rt_err_t (*init)(rt_device_t dev);
    rt_err_t (*open)(rt_device_t dev, rt_uint16_t oflag);
    rt_err_t (*close)(rt_device_t dev);
    rt_virtio_size_t (*read)(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size);
    rt_virtio_size_t (*write)(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size);
    rt_err_t (*control)(rt_device_t dev, int cmd, void *args);
};
#endif

rt_inline void rt_virtio_set_ops(rt_device_t dev, const struct rt_virtio_ops *ops)
{
#ifdef RT_USING_DEVICE_OPS
    dev->ops = ops;
#else
    dev->init = ops->init;
    dev->open = ops->open;
    dev->close = ops->close;
    dev->read = ops->read;
    dev->write = ops->write;
    dev->control = ops->control;
#endif
}

/*
 * A name of RT_NAME_MAX characters or more is cut, and two devices could have the same one then: below 16 names are
 * brief. 0: names are pointers, which RT-Thread keeps.
 */
#if RT_NAME_MAX > 0 && RT_NAME_MAX < 16
#define RT_VIRTIO_NAME(whole, brief) brief
#else
#define RT_VIRTIO_NAME(whole, brief) whole
#endif

#if RT_NAME_MAX > 0
#define rt_virtio_name_fits(name) (rt_strlen(name) < RT_NAME_MAX)
#else
#define rt_virtio_name_fits(name) ((void)(name), RT_TRUE)
#endif

/* Not in 4.1.0. */
#ifndef RT_DEVICE_CTRL_NOTIFY_SET
#define RT_DEVICE_CTRL_NOTIFY_SET 0x05

struct rt_device_notify
{
    void (*notify)(rt_device_t dev);
    struct rt_device *dev;
};
#endif

#ifndef RT_DEVICE_CTRL_CONSOLE_OFLAG
#define RT_DEVICE_CTRL_CONSOLE_OFLAG 0x09
#endif

/* 4.1.0 does not have this format; where it is, it follows RGB888. Good for `case` and tables, too. */
#define RT_VIRTIO_FORMAT_BGR888 \
    (RTGRAPHIC_PIXEL_FORMAT_ARGB888 == RTGRAPHIC_PIXEL_FORMAT_RGB888 + 2 ? RTGRAPHIC_PIXEL_FORMAT_RGB888 + 1 : 0x40)

/* A wait that a signal of Smart's ends. Not in 4.1, nor in all that call themselves 5.0.0. */
#ifdef RT_USING_POSIX_DEVIO
extern int rt_wqueue_wait_interruptible(rt_wqueue_t *queue, int condition, int ms) __attribute__((weak));

rt_inline int rt_virtio_wait_in_queue(rt_wqueue_t *queue, int ms)
{
    return rt_wqueue_wait_interruptible != RT_NULL ? rt_wqueue_wait_interruptible(queue, 0, ms)
                                                   : rt_wqueue_wait(queue, 0, ms);
}
#endif

/* Without a shell there are no commands, whatever a hand-written rtconfig.h says. */
#ifndef RT_USING_FINSH
#undef RT_USING_VIRTIO_SHELL
#endif

#ifdef RT_USING_CONSOLE
#define rt_virtio_console_device() rt_console_get_device()
#else
#define rt_virtio_console_device() ((rt_device_t)RT_NULL)
#endif

#ifdef RT_USING_TOUCH
#if RT_VIRTIO_BEFORE_5
#include <touch.h> /* which rtdevice.h does not include there */
#endif
#ifndef RT_TOUCH_PIN_IRQ
#define rt_virtio_touch_without_pin(touch) ((void)(touch))
#elif defined(RT_PIN_NONE)
#define rt_virtio_touch_without_pin(touch) ((touch)->config.irq_pin.pin = RT_PIN_NONE)
#else
#define rt_virtio_touch_without_pin(touch) ((touch)->config.irq_pin.pin = PIN_IRQ_PIN_NONE)
#endif
#endif

/* --- Locks and CPUs --- */

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
/* From the one to the other a thread is not moved to another CPU. */
#define rt_virtio_stay_here()    rt_hw_local_irq_disable()
#define rt_virtio_move_on(level) rt_hw_local_irq_enable(level)

#else

typedef rt_uint8_t rt_virtio_lock_t;

#define rt_virtio_lock_init(lock)     ((void)(lock))
#define rt_virtio_lock(lock)          ((void)(lock), rt_hw_interrupt_disable())
#define rt_virtio_unlock(lock, level) ((void)(lock), rt_hw_interrupt_enable(level))
#define rt_virtio_cpu_id()            0u
#define RT_VIRTIO_CPUS                1
#define rt_virtio_stay_here()         0
#define rt_virtio_move_on(level)      ((void)(level))

#endif

/* True if the caller may wait for something. rt_scheduler_is_available() would say it, but came late. */
rt_inline rt_bool_t rt_virtio_may_sleep(void)
{
    return rt_interrupt_get_nest() == 0 && rt_thread_self() != RT_NULL && rt_critical_level() == 0;
}

/* True if this CPU has its interrupts off. rt_hw_interrupt_is_disabled() came late, and often is a dummy. */
rt_inline rt_bool_t rt_virtio_interrupts_off(void)
{
#if defined(__riscv)
    rt_ubase_t status;

    __asm__ volatile("csrr %0, sstatus" : "=r"(status));
    return (status & 0x2u) == 0;
#elif defined(__aarch64__)
    rt_ubase_t daif;

    __asm__ volatile("mrs %0, daif" : "=r"(daif));
    return (daif & 0x80u) != 0;
#elif defined(__arm__)
    rt_ubase_t cpsr;

    __asm__ volatile("mrs %0, cpsr" : "=r"(cpsr));
    return (cpsr & 0x80u) != 0;
#else
    return RT_FALSE;
#endif
}

/* --- Driver model --- */

/* Drivers of the driver model's platform bus are asked to remove their devices since 5.2. */
#if defined(RT_USING_DM) && RTTHREAD_VERSION >= 50200
#define RT_VIRTIO_DM_REMOVES
#endif

/* --- Interrupts --- */

/*
 * With RT_USING_PIC the numbers are that framework's, and devices can share one. Without it a handler is the only one
 * of its line; not every port has rt_hw_interrupt_mask(), and none an opposite of rt_hw_interrupt_install().
 */
#ifdef RT_USING_PIC
#include <drivers/pic.h>

#define RT_VIRTIO_SHARED_LINES                            1
#define rt_virtio_install_irq(irq, handler, device, name) rt_pic_attach_irq(irq, handler, device, name, RT_IRQ_F_NONE)
#define rt_virtio_uninstall_irq(irq, device, ignore)      ((void)(ignore), (void)rt_pic_detach_irq(irq, device))
#define rt_virtio_unmask_irq(irq)                         rt_pic_irq_unmask(irq)
#else
#define RT_VIRTIO_SHARED_LINES 0
#define rt_virtio_install_irq(irq, handler, device, name) \
    ((void)rt_hw_interrupt_install(irq, handler, device, name), (rt_err_t)RT_EOK)
#define rt_virtio_uninstall_irq(irq, device, ignore) \
    ((void)(device), (void)rt_hw_interrupt_install(irq, ignore, RT_NULL, "virtio"))
#define rt_virtio_unmask_irq(irq) rt_hw_interrupt_umask(irq)
#endif

/* --- Memory --- */

/*
 * With RT-Smart there are page tables: memory can be scattered, and a user's may not be there at all. Device registers
 * have to be mapped. Without it everything is where it is.
 */
#ifdef RT_USING_SMART
#include <ioremap.h>
#include <mm_aspace.h>
#include <mmu.h>

#define RT_VIRTIO_PAGED 1

#ifdef ARCH_MAP_FAILED /* another value in each architecture */
#define RT_VIRTIO_MAP_FAILED ARCH_MAP_FAILED
#else
#define RT_VIRTIO_MAP_FAILED ((void *)-1)
#endif

#define rt_virtio_map(physical, size) ((rt_ubase_t)rt_ioremap((void *)(physical), size))

/* Physical address of a byte, good up to the end of its page; 0 if it has none. */
rt_inline rt_ubase_t rt_virtio_physical(const void *address)
{
    void *result = rt_kmem_v2p((void *)(rt_ubase_t)address);

    return result == RT_VIRTIO_MAP_FAILED ? 0 : (rt_ubase_t)result;
}

#else

#define RT_VIRTIO_PAGED               0
#define rt_virtio_map(physical, size) (physical)

rt_inline rt_ubase_t rt_virtio_physical(const void *address)
{
    return (rt_ubase_t)address;
}

#endif

/* --- lwIP --- */

#if defined(RT_USING_VIRTIO_NET) && defined(RT_USING_LWIP)
#include <lwip/init.h>

/* The name of "ask the thread tcpip to call this, if its mailbox has room" changed in 2.1. */
#if LWIP_VERSION_MAJOR > 2 || (LWIP_VERSION_MAJOR == 2 && LWIP_VERSION_MINOR >= 1)
#define rt_virtio_tcpip_trycallback(message) tcpip_callbackmsg_trycallback(message)
#else
#define rt_virtio_tcpip_trycallback(message) tcpip_trycallback(message)
#endif

/* RT-Thread's netdev has a copy of the MTU, which is taken when the interface is added. */
#ifdef RT_USING_NETDEV
#include <lwip/ip_addr.h> /* which netdev.h does not include */

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

/* Without a receive thread of RT-Thread's there is one of ours, in rt_virtio_net_thread.c. */
#ifdef LWIP_NO_RX_THREAD
#define rt_virtio_net_ready(device) rt_virtio_net_thread_ready(device)
#define rt_virtio_net_begin()       rt_virtio_net_thread_start()
#else
#define rt_virtio_net_ready(device) eth_device_ready(device)
#define rt_virtio_net_begin()       RT_EOK
#endif
#endif

#endif /* RT_VIRTIO_COMPAT_H */
