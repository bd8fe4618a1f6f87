/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RT-Thread's types, constants and objects, as far as the component meets them, in the form that version
 * DECLARED_VERSION (major * 10000 + minor * 100 + patch) gives them.
 */
#ifndef __RT_DEF_H__
#define __RT_DEF_H__

#include <rtconfig.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* --- Version --- */

#if DECLARED_VERSION < 50000
#define RT_VERSION       4L
#define RT_SUBVERSION    1L
#define RT_REVISION      0L
#define RTTHREAD_VERSION ((RT_VERSION * 10000) + (RT_SUBVERSION * 100) + RT_REVISION)
#else
#define RT_VERSION_MAJOR (DECLARED_VERSION / 10000)
#define RT_VERSION_MINOR (DECLARED_VERSION / 100 % 100)
#define RT_VERSION_PATCH (DECLARED_VERSION % 100)
#if DECLARED_VERSION < 50200
#define RT_VERSION_CHECK(major, minor, revise) ((major * 10000) + (minor * 100) + revise)
#else
#define RT_VERSION_CHECK(major, minor, revise) ((major * 10000U) + (minor * 100U) + revise)
#endif
#define RTTHREAD_VERSION RT_VERSION_CHECK(RT_VERSION_MAJOR, RT_VERSION_MINOR, RT_VERSION_PATCH)
#endif

/* --- Types: with a C library, the library's, which are other ones on some 32-bit machines --- */

#if DECLARED_VERSION >= 50000 && defined(RT_USING_LIBC)
#include <sys/types.h>
typedef int8_t rt_int8_t;
typedef int16_t rt_int16_t;
typedef int32_t rt_int32_t;
typedef int64_t rt_int64_t;
typedef uint8_t rt_uint8_t;
typedef uint16_t rt_uint16_t;
typedef uint32_t rt_uint32_t;
typedef uint64_t rt_uint64_t;
typedef size_t rt_size_t;
typedef ssize_t rt_ssize_t;
#else
typedef signed char rt_int8_t;
typedef signed short rt_int16_t;
typedef signed int rt_int32_t;
typedef unsigned char rt_uint8_t;
typedef unsigned short rt_uint16_t;
typedef unsigned int rt_uint32_t;
#ifdef ARCH_CPU_64BIT
typedef signed long rt_int64_t;
typedef unsigned long rt_uint64_t;
#else
typedef signed long long rt_int64_t;
typedef unsigned long long rt_uint64_t;
#endif
#if DECLARED_VERSION >= 50000
typedef unsigned long rt_size_t;
typedef long rt_ssize_t;
#elif defined(ARCH_CPU_64BIT)
typedef unsigned long rt_size_t;
#else
typedef unsigned int rt_size_t;
#endif
#endif

typedef int rt_bool_t;
typedef long rt_base_t;
typedef unsigned long rt_ubase_t;
typedef rt_base_t rt_err_t;
typedef rt_uint32_t rt_tick_t;
typedef rt_base_t rt_off_t;
#if DECLARED_VERSION >= 50100
typedef rt_ubase_t rt_atomic_t;
#elif DECLARED_VERSION >= 50001
typedef volatile rt_base_t rt_atomic_t;
#endif

#define RT_TRUE  1
#define RT_FALSE 0
#define RT_NULL  0

#ifdef RT_USING_LIBC
#define RT_UINT32_MAX UINT32_MAX
#elif DECLARED_VERSION >= 50100
#define RT_UINT32_MAX 0xFFFFFFFFUL
#else
#define RT_UINT32_MAX 0xffffffff
#endif

/* --- Compiler and helpers --- */

#define rt_inline static __inline
#if DECLARED_VERSION < 50000
#define RT_USED                  __attribute__((used))
#define SECTION(x)               __attribute__((section(x)))
#define RT_WEAK                  __attribute__((weak))
#define DECLARED_INIT(fn, level) RT_USED const init_fn_t __rt_init_##fn SECTION(".rti_fn." level) = fn
#else
#define rt_used                  __attribute__((used))
#define rt_section(x)            __attribute__((section(x)))
#define rt_weak                  __attribute__((weak))
#define DECLARED_INIT(fn, level) rt_used const init_fn_t __rt_init_##fn rt_section(".rti_fn." level) = fn
#endif

#if DECLARED_VERSION >= 50100
#define RT_UNUSED(x)     ((void)(x))
#define RT_MIN(a, b)     ((a) < (b) ? (a) : (b))
#define RT_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define RT_BIT(n)        (1UL << (n))
#endif

#define rt_container_of(ptr, type, member) ((type *)((char *)(ptr) - (unsigned long)(&((type *)0)->member)))

typedef int (*init_fn_t)(void);
#define INIT_PREV_EXPORT(fn)      DECLARED_INIT(fn, "2")
#define INIT_DEVICE_EXPORT(fn)    DECLARED_INIT(fn, "3")
#define INIT_COMPONENT_EXPORT(fn) DECLARED_INIT(fn, "4")

#if DECLARED_VERSION >= 50000 && !defined(RT_USING_FINSH)
#define MSH_CMD_EXPORT(command, desc)
#endif

/* --- Errors --- */

#if DECLARED_VERSION >= 50200 && defined(RT_USING_LIBC)
#include <errno.h>
#define RT_EOK      0
#define RT_ERROR    255
#define RT_ETIMEOUT ETIMEDOUT
#define RT_EFULL    ENOSPC
#define RT_EEMPTY   ENODATA
#define RT_ENOMEM   ENOMEM
#define RT_ENOSYS   ENOSYS
#define RT_EBUSY    EBUSY
#define RT_EIO      EIO
#define RT_EINTR    EINTR
#define RT_EINVAL   EINVAL
#define RT_EPERM    EPERM
#define RT_EFAULT   EFAULT
#else
#define RT_EOK      0
#define RT_ERROR    1
#define RT_ETIMEOUT 2
#define RT_EFULL    3
#define RT_EEMPTY   4
#define RT_ENOMEM   5
#define RT_ENOSYS   6
#define RT_EBUSY    7
#define RT_EIO      8
#define RT_EINTR    9
#define RT_EINVAL   10
#if DECLARED_VERSION >= 50100
#define RT_EPERM  13
#define RT_EFAULT 15
#endif
#endif

/* --- Objects --- */

struct rt_list_node
{
    struct rt_list_node *next;
    struct rt_list_node *prev;
};
typedef struct rt_list_node rt_list_t;

struct rt_object
{
#if RT_NAME_MAX > 0
    char name[RT_NAME_MAX];
#elif DECLARED_VERSION >= 50100
    const char *name;
#else
#error "names have a size in this version"
#endif
    rt_uint8_t type;
    rt_uint8_t flag;
    rt_list_t list;
};

#ifdef RT_USING_SMP
typedef struct
{
    rt_uint32_t slock;
} rt_hw_spinlock_t;
#endif

#if DECLARED_VERSION >= 50100
struct rt_spinlock
{
#ifdef RT_USING_SMP
    rt_hw_spinlock_t lock;
#else
    rt_ubase_t lock;
#endif
};
typedef struct rt_spinlock rt_spinlock_t;
#endif

struct rt_timer
{
    struct rt_object parent;
    void (*timeout_func)(void *parameter);
    void *parameter;
    rt_tick_t init_tick;
    rt_tick_t timeout_tick;
};
typedef struct rt_timer *rt_timer_t;

#define RT_TIMER_FLAG_ACTIVATED 0x1
#define RT_TIMER_FLAG_ONE_SHOT  0x0
#define RT_TIMER_CTRL_GET_STATE 0x4

typedef struct rt_thread *rt_thread_t;

#define RT_IPC_FLAG_FIFO   0x00
#define RT_IPC_FLAG_PRIO   0x01
#define RT_WAITING_FOREVER -1

struct rt_semaphore
{
    struct rt_object parent;
    rt_uint16_t value;
};
typedef struct rt_semaphore *rt_sem_t;

struct rt_mailbox
{
    struct rt_object parent;
    rt_ubase_t *msg_pool;
    rt_uint16_t size;
};
typedef struct rt_mailbox *rt_mailbox_t;

struct rt_mutex
{
    struct rt_object parent;
    rt_uint8_t priority;
};
typedef struct rt_mutex *rt_mutex_t;

/* --- Devices --- */

enum rt_device_class_type
{
    RT_Device_Class_Char = 0,
    RT_Device_Class_Block = 1,
    RT_Device_Class_NetIf = 2,
    RT_Device_Class_Graphic = 7,
    RT_Device_Class_Miscellaneous = 19,
    RT_Device_Class_Sensor = 20,
    RT_Device_Class_Touch = 21,
};

#define RT_DEVICE_FLAG_RDONLY     0x001
#define RT_DEVICE_FLAG_WRONLY     0x002
#define RT_DEVICE_FLAG_RDWR       0x003
#define RT_DEVICE_FLAG_REMOVABLE  0x004
#define RT_DEVICE_FLAG_STANDALONE 0x008
#define RT_DEVICE_FLAG_STREAM     0x040
#define RT_DEVICE_FLAG_INT_RX     0x100
#define RT_DEVICE_OFLAG_RDWR      0x003
#define RT_DEVICE_OFLAG_OPEN      0x008
#define RT_DEVICE_OFLAG_MASK      0xf0f

#if DECLARED_VERSION < 50000
#define RT_DEVICE_CTRL_SET_INT 0x10
#define RT_DEVICE_CTRL_CLR_INT 0x11
#else
#define RT_DEVICE_CTRL_NOTIFY_SET    0x05
#define RT_DEVICE_CTRL_SET_INT       0x06
#define RT_DEVICE_CTRL_CLR_INT       0x07
#define RT_DEVICE_CTRL_CONSOLE_OFLAG 0x09
#define RT_DEVICE_CTRL_BASE(Type)    ((RT_Device_Class_##Type + 1) * 0x100)
#endif

typedef struct rt_device *rt_device_t;

#if DECLARED_VERSION < 50000
#define DECLARED_COUNT rt_size_t
#else
#define DECLARED_COUNT rt_ssize_t
#endif

#define DECLARED_OPERATIONS                                                                     \
    rt_err_t (*init)(rt_device_t dev);                                                          \
    rt_err_t (*open)(rt_device_t dev, rt_uint16_t oflag);                                       \
    rt_err_t (*close)(rt_device_t dev);                                                         \
    DECLARED_COUNT (*read)(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size);        \
    DECLARED_COUNT (*write)(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size); \
    rt_err_t (*control)(rt_device_t dev, int cmd, void *args);

#ifdef RT_USING_DEVICE_OPS
struct rt_device_ops
{
    DECLARED_OPERATIONS
};
#endif

struct rt_wqueue
{
    rt_uint32_t flag;
    rt_list_t waiting_list;
#if DECLARED_VERSION >= 50100
    struct rt_spinlock spinlock;
#endif
};
typedef struct rt_wqueue rt_wqueue_t;

struct rt_device
{
    struct rt_object parent;
    enum rt_device_class_type type;
    rt_uint16_t flag;
    rt_uint16_t open_flag;
    rt_uint8_t ref_count;
    rt_uint8_t device_id;
    rt_err_t (*rx_indicate)(rt_device_t dev, rt_size_t size);
    rt_err_t (*tx_complete)(rt_device_t dev, void *buffer);
#ifdef RT_USING_DEVICE_OPS
    const struct rt_device_ops *ops;
#else
    DECLARED_OPERATIONS
#endif
#if defined(RT_USING_POSIX_DEVIO)
    const struct dfs_file_ops *fops;
    struct rt_wqueue wait_queue;
#endif
    void *user_data;
};

#if DECLARED_VERSION >= 50000
struct rt_device_notify
{
    void (*notify)(rt_device_t dev);
    struct rt_device *dev;
};
#endif

#if DECLARED_VERSION < 50100
#include <drivers/classes/block.h>
#include <drivers/classes/graphic.h>
#endif

#endif
