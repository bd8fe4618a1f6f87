/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Basic types, constants and object structures of the test kernel. Names,
 * numbers and meanings are those of RT-Thread 5.1.
 */

#ifndef __RT_DEF_H__
#define __RT_DEF_H__

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "rtconfig.h"

#ifdef __cplusplus
extern "C"
{
#endif

    /* ---- version ---- */

#define RT_VERSION_MAJOR                       5
#ifndef RT_VERSION_MINOR
#define RT_VERSION_MINOR 1
#endif
#define RT_VERSION_PATCH                       0

#define RT_VERSION_CHECK(major, minor, revise) (((major)*10000) + ((minor)*100) + (revise))
#define RTTHREAD_VERSION                       RT_VERSION_CHECK(RT_VERSION_MAJOR, RT_VERSION_MINOR, RT_VERSION_PATCH)

    /* ---- basic types ---- */

    typedef signed char rt_int8_t;
    typedef signed short rt_int16_t;
    typedef signed int rt_int32_t;
    typedef signed long long rt_int64_t;
    typedef unsigned char rt_uint8_t;
    typedef unsigned short rt_uint16_t;
    typedef unsigned int rt_uint32_t;
    typedef unsigned long long rt_uint64_t;

    typedef int rt_bool_t;
    typedef long rt_base_t;
    typedef unsigned long rt_ubase_t;
    typedef rt_ubase_t rt_size_t;
    typedef rt_base_t rt_ssize_t;

    typedef rt_base_t rt_err_t;
    typedef rt_uint32_t rt_time_t;
    typedef rt_uint32_t rt_tick_t;
    typedef rt_base_t rt_flag_t;
    typedef rt_ubase_t rt_dev_t;
    typedef rt_base_t rt_off_t;
    typedef rt_base_t rt_atomic_t;

#define RT_TRUE            1
#define RT_FALSE           0
#define RT_NULL            ((void *)0)

#define RT_UINT8_MAX       UINT8_MAX
#define RT_UINT16_MAX      UINT16_MAX
#define RT_UINT32_MAX      UINT32_MAX
#define RT_UINT64_MAX      UINT64_MAX
#define RT_TICK_MAX        RT_UINT32_MAX
#define RT_SEM_VALUE_MAX   RT_UINT16_MAX
#define RT_MUTEX_HOLD_MAX  RT_UINT8_MAX
#define RT_MUTEX_VALUE_MAX RT_UINT16_MAX
#define RT_MB_ENTRY_MAX    RT_UINT16_MAX
#define RT_MQ_ENTRY_MAX    RT_UINT16_MAX

    /* ---- compiler ---- */

#define rt_section(x)      __attribute__((section(x)))
#define rt_used            __attribute__((used))
#define rt_align(n)        __attribute__((aligned(n)))
#define rt_weak            __attribute__((weak))
#define rt_noreturn        __attribute__((noreturn))
#define rt_packed(declare) declare __attribute__((packed))
#define rt_inline          static __inline
#define rt_always_inline   static inline __attribute__((always_inline))
#define RT_UNUSED(x)       ((void)(x))

    /* ---- arithmetic helpers ---- */

#define RT_ALIGN(size, align)      (((size) + (align)-1) & ~((align)-1))
#define RT_ALIGN_DOWN(size, align) ((size) & ~((align)-1))
#define RT_MIN(a, b)               ((a) < (b) ? (a) : (b))
#define RT_MAX(a, b)               ((a) > (b) ? (a) : (b))
#define RT_ARRAY_SIZE(a)           (sizeof(a) / sizeof((a)[0]))
#define RT_BIT(n)                  (1UL << (n))
#define RT_STRINGIFY(x...)         __RT_STRINGIFY(x)
#define __RT_STRINGIFY(x...)       #x

    /* ---- error numbers; functions return them negated ---- */

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
#define RT_ENOENT   11
#define RT_ENOSPC   12
#define RT_EPERM    13
#define RT_ETRAP    14
#define RT_EFAULT   15
#define RT_ENOBUFS  16

    /* ---- initialisation table ---- */

    typedef int (*init_fn_t)(void);

#define INIT_EXPORT(fn, level)    rt_used const init_fn_t __rt_init_##fn rt_section(".rti_fn." level) = fn

#define INIT_BOARD_EXPORT(fn)     INIT_EXPORT(fn, "1")
#define INIT_PREV_EXPORT(fn)      INIT_EXPORT(fn, "2")
#define INIT_DEVICE_EXPORT(fn)    INIT_EXPORT(fn, "3")
#define INIT_COMPONENT_EXPORT(fn) INIT_EXPORT(fn, "4")
#define INIT_ENV_EXPORT(fn)       INIT_EXPORT(fn, "5")
#define INIT_APP_EXPORT(fn)       INIT_EXPORT(fn, "6")

    /* ---- objects ---- */

    struct rt_list_node
    {
        struct rt_list_node *next;
        struct rt_list_node *prev;
    };
    typedef struct rt_list_node rt_list_t;

    struct rt_slist_node
    {
        struct rt_slist_node *next;
    };
    typedef struct rt_slist_node rt_slist_t;

    struct rt_object
    {
        char name[RT_NAME_MAX];
        rt_uint8_t type;
        rt_uint8_t flag;
        rt_list_t list;
    };
    typedef struct rt_object *rt_object_t;

    enum rt_object_class_type
    {
        RT_Object_Class_Null = 0x00,
        RT_Object_Class_Thread = 0x01,
        RT_Object_Class_Semaphore = 0x02,
        RT_Object_Class_Mutex = 0x03,
        RT_Object_Class_Event = 0x04,
        RT_Object_Class_MailBox = 0x05,
        RT_Object_Class_MessageQueue = 0x06,
        RT_Object_Class_MemHeap = 0x07,
        RT_Object_Class_MemPool = 0x08,
        RT_Object_Class_Device = 0x09,
        RT_Object_Class_Timer = 0x0a,
        RT_Object_Class_Module = 0x0b,
        RT_Object_Class_Memory = 0x0c,
        RT_Object_Class_Channel = 0x0d,
        RT_Object_Class_Custom = 0x0e,
        RT_Object_Class_Unknown = 0x0f,
        RT_Object_Class_Static = 0x80
    };

    struct rt_object_information
    {
        enum rt_object_class_type type;
        rt_list_t object_list;
        rt_size_t object_size;
    };

    /* ---- spinlocks ---- */

    /*
     * Not a ticket lock: when there are more CPUs than the host has, the CPU
     * whose turn it is may not be running, and everybody would wait for it.
     */
    typedef struct
    {
        rt_uint32_t taken;
    } rt_hw_spinlock_t;

    struct rt_spinlock
    {
        rt_hw_spinlock_t lock;
    };

#define RT_SPINLOCK_INIT \
    {                    \
        {                \
            0            \
        }                \
    }
#define RT_DEFINE_SPINLOCK(x) struct rt_spinlock x = RT_SPINLOCK_INIT

    /* ---- timers ---- */

#define RT_TIMER_FLAG_DEACTIVATED     0x0
#define RT_TIMER_FLAG_ACTIVATED       0x1
#define RT_TIMER_FLAG_ONE_SHOT        0x0
#define RT_TIMER_FLAG_PERIODIC        0x2
#define RT_TIMER_FLAG_HARD_TIMER      0x0
#define RT_TIMER_FLAG_SOFT_TIMER      0x4
#define RT_TIMER_FLAG_THREAD_TIMER    0x8

#define RT_TIMER_CTRL_SET_TIME        0x0
#define RT_TIMER_CTRL_GET_TIME        0x1
#define RT_TIMER_CTRL_SET_ONESHOT     0x2
#define RT_TIMER_CTRL_SET_PERIODIC    0x3
#define RT_TIMER_CTRL_GET_STATE       0x4
#define RT_TIMER_CTRL_GET_REMAIN_TIME 0x5
#define RT_TIMER_CTRL_GET_FUNC        0x6
#define RT_TIMER_CTRL_SET_FUNC        0x7
#define RT_TIMER_CTRL_GET_PARM        0x8
#define RT_TIMER_CTRL_SET_PARM        0x9

    struct rt_timer
    {
        struct rt_object parent;
        rt_list_t row;
        void (*timeout_func)(void *parameter);
        void *parameter;
        rt_tick_t init_tick;
        rt_tick_t timeout_tick;
    };
    typedef struct rt_timer *rt_timer_t;

    /* ---- threads ---- */

#define RT_THREAD_INIT                    0x00
#define RT_THREAD_CLOSE                   0x01
#define RT_THREAD_READY                   0x02
#define RT_THREAD_RUNNING                 0x03
#define RT_THREAD_SUSPEND_MASK            0x04
#define RT_THREAD_SUSPEND                 RT_THREAD_SUSPEND_MASK
#define RT_THREAD_SUSPEND_INTERRUPTIBLE   RT_THREAD_SUSPEND_MASK
#define RT_THREAD_SUSPEND_KILLABLE        (RT_THREAD_SUSPEND_MASK | 0x01)
#define RT_THREAD_SUSPEND_UNINTERRUPTIBLE (RT_THREAD_SUSPEND_MASK | 0x02)
#define RT_THREAD_STAT_MASK               0x07
#define RT_THREAD_STAT_YIELD              0x08
#define RT_THREAD_STAT_YIELD_MASK         RT_THREAD_STAT_YIELD

#define RT_INTERRUPTIBLE                  0
#define RT_KILLABLE                       1
#define RT_UNINTERRUPTIBLE                2

#define RT_THREAD_CTRL_STARTUP            0x00
#define RT_THREAD_CTRL_CLOSE              0x01
#define RT_THREAD_CTRL_CHANGE_PRIORITY    0x02
#define RT_THREAD_CTRL_INFO               0x03
#define RT_THREAD_CTRL_BIND_CPU           0x04

#define RT_CPU_DETACHED                   RT_CPUS_NR
#define RT_CPU_MASK                       ((1 << RT_CPUS_NR) - 1)
#define RT_SCHEDULE_IPI                   0
#define RT_STOP_IPI                       1

    struct rt_thread
    {
        struct rt_object parent;
        rt_list_t tlist; /* in the ready queue or a wait list */

        void *sp;
        void *entry;
        void *parameter;
        void *stack_addr;
        rt_uint32_t stack_size;
        rt_err_t error;

        rt_uint8_t stat;
        rt_uint8_t bind_cpu;    /* RT_CPU_DETACHED: any CPU */
        rt_uint8_t oncpu;       /* RT_CPU_DETACHED: not on a CPU */
        rt_uint8_t stack_owned; /* stack and object come from the heap */
        volatile rt_uint16_t scheduler_lock_nest;
        volatile rt_uint16_t cpus_lock_nest;

        rt_uint8_t current_priority;
        rt_uint8_t init_priority;

        rt_list_t taken_object_list; /* mutexes that it owns */
        rt_object_t pending_object;  /* mutex that it waits for */

        rt_uint32_t event_set;
        rt_uint8_t event_info;

        rt_ubase_t init_tick;
        rt_ubase_t remaining_tick;
        rt_uint64_t duration_tick; /* ticks that found it running */

        struct rt_timer thread_timer;
        void (*cleanup)(struct rt_thread *tid);
        rt_ubase_t user_data;
    };
    typedef struct rt_thread *rt_thread_t;

    /* What the kernel knows of each CPU. */
    struct rt_cpu
    {
        struct rt_thread *current_thread;
        struct rt_thread *idle_thread;
        volatile rt_uint16_t irq_nest;
        volatile rt_uint8_t need_resched;
        rt_uint8_t current_priority; /* runs now, or will after a kick */
        rt_uint8_t online;
        rt_tick_t tick;
        rt_uint64_t idle_ticks;
    };

    /* ---- IPC objects ---- */

#define RT_IPC_FLAG_FIFO      0x00
#define RT_IPC_FLAG_PRIO      0x01
#define RT_IPC_CMD_UNKNOWN    0x00
#define RT_IPC_CMD_RESET      0x01
#define RT_IPC_CMD_GET_STATE  0x02
#define RT_IPC_CMD_SET_VLIMIT 0x03

#define RT_WAITING_FOREVER    -1
#define RT_WAITING_NO         0

    struct rt_ipc_object
    {
        struct rt_object parent;
        rt_list_t suspend_thread;
    };

    struct rt_semaphore
    {
        struct rt_ipc_object parent;
        rt_uint16_t value;
        rt_uint16_t max_value;
    };
    typedef struct rt_semaphore *rt_sem_t;

    struct rt_mutex
    {
        struct rt_ipc_object parent;
        rt_uint8_t ceiling_priority;
        rt_uint8_t priority; /* best of its waiters, 0xff: none */
        rt_uint8_t hold;
        rt_uint8_t reserved;
        struct rt_thread *owner;
        rt_list_t taken_list;
    };
    typedef struct rt_mutex *rt_mutex_t;

#define RT_EVENT_FLAG_AND   0x01
#define RT_EVENT_FLAG_OR    0x02
#define RT_EVENT_FLAG_CLEAR 0x04

    struct rt_event
    {
        struct rt_ipc_object parent;
        rt_uint32_t set;
    };
    typedef struct rt_event *rt_event_t;

    struct rt_mailbox
    {
        struct rt_ipc_object parent;
        rt_ubase_t *msg_pool;
        rt_uint16_t size;
        rt_uint16_t entry;
        rt_uint16_t in_offset;
        rt_uint16_t out_offset;
        rt_list_t suspend_sender_thread;
    };
    typedef struct rt_mailbox *rt_mailbox_t;

    struct rt_mq_message
    {
        struct rt_mq_message *next;
        rt_ssize_t length;
    };

#define RT_MQ_BUF_SIZE(msg_size, max_msgs) \
    ((RT_ALIGN((msg_size), RT_ALIGN_SIZE) + sizeof(struct rt_mq_message)) * (max_msgs))

    struct rt_messagequeue
    {
        struct rt_ipc_object parent;
        void *msg_pool;
        rt_uint16_t msg_size;
        rt_uint16_t max_msgs;
        rt_uint16_t entry;
        struct rt_mq_message *msg_queue_head;
        struct rt_mq_message *msg_queue_tail;
        struct rt_mq_message *msg_queue_free;
        rt_list_t suspend_sender_thread;
    };
    typedef struct rt_messagequeue *rt_mq_t;

    /* ---- devices ---- */

    enum rt_device_class_type
    {
        RT_Device_Class_Char = 0,
        RT_Device_Class_Block,
        RT_Device_Class_NetIf,
        RT_Device_Class_MTD,
        RT_Device_Class_CAN,
        RT_Device_Class_RTC,
        RT_Device_Class_Sound,
        RT_Device_Class_Graphic,
        RT_Device_Class_I2CBUS,
        RT_Device_Class_USBDevice,
        RT_Device_Class_USBHost,
        RT_Device_Class_USBOTG,
        RT_Device_Class_SPIBUS,
        RT_Device_Class_SPIDevice,
        RT_Device_Class_SDIO,
        RT_Device_Class_PM,
        RT_Device_Class_Pipe,
        RT_Device_Class_Portal,
        RT_Device_Class_Timer,
        RT_Device_Class_Miscellaneous,
        RT_Device_Class_Sensor,
        RT_Device_Class_Touch,
        RT_Device_Class_PHY,
        RT_Device_Class_Security,
        RT_Device_Class_WLAN,
        RT_Device_Class_Pin,
        RT_Device_Class_ADC,
        RT_Device_Class_DAC,
        RT_Device_Class_WDT,
        RT_Device_Class_PWM,
        RT_Device_Class_Bus,
        RT_Device_Class_Unknown
    };

#define RT_DEVICE_FLAG_DEACTIVATE      0x000
#define RT_DEVICE_FLAG_RDONLY          0x001
#define RT_DEVICE_FLAG_WRONLY          0x002
#define RT_DEVICE_FLAG_RDWR            0x003
#define RT_DEVICE_FLAG_REMOVABLE       0x004
#define RT_DEVICE_FLAG_STANDALONE      0x008
#define RT_DEVICE_FLAG_ACTIVATED       0x010
#define RT_DEVICE_FLAG_SUSPENDED       0x020
#define RT_DEVICE_FLAG_STREAM          0x040
#define RT_DEVICE_FLAG_DYNAMIC         0x080
#define RT_DEVICE_FLAG_INT_RX          0x100
#define RT_DEVICE_FLAG_DMA_RX          0x200
#define RT_DEVICE_FLAG_INT_TX          0x400
#define RT_DEVICE_FLAG_DMA_TX          0x800

#define RT_DEVICE_OFLAG_CLOSE          0x000
#define RT_DEVICE_OFLAG_RDONLY         0x001
#define RT_DEVICE_OFLAG_WRONLY         0x002
#define RT_DEVICE_OFLAG_RDWR           0x003
#define RT_DEVICE_OFLAG_OPEN           0x008
#define RT_DEVICE_OFLAG_MASK           0xf0f

#define RT_DEVICE_CTRL_RESUME          0x01
#define RT_DEVICE_CTRL_SUSPEND         0x02
#define RT_DEVICE_CTRL_CONFIG          0x03
#define RT_DEVICE_CTRL_CLOSE           0x04
#define RT_DEVICE_CTRL_NOTIFY_SET      0x05
#define RT_DEVICE_CTRL_SET_INT         0x06
#define RT_DEVICE_CTRL_CLR_INT         0x07
#define RT_DEVICE_CTRL_GET_INT         0x08
#define RT_DEVICE_CTRL_CONSOLE_OFLAG   0x09
#define RT_DEVICE_CTRL_MASK            0x1f

#define RT_DEVICE_CTRL_BASE(Type)      ((RT_Device_Class_##Type + 1) * 0x100)

#define RT_DEVICE_CTRL_BLK_GETGEOME    (RT_DEVICE_CTRL_BASE(Block) + 1)
#define RT_DEVICE_CTRL_BLK_SYNC        (RT_DEVICE_CTRL_BASE(Block) + 2)
#define RT_DEVICE_CTRL_BLK_ERASE       (RT_DEVICE_CTRL_BASE(Block) + 3)
#define RT_DEVICE_CTRL_BLK_AUTOREFRESH (RT_DEVICE_CTRL_BASE(Block) + 4)
#define RT_DEVICE_CTRL_BLK_PARTITION   (RT_DEVICE_CTRL_BASE(Block) + 5)

    typedef struct rt_device *rt_device_t;

    struct rt_device_ops
    {
        rt_err_t (*init)(rt_device_t dev);
        rt_err_t (*open)(rt_device_t dev, rt_uint16_t oflag);
        rt_err_t (*close)(rt_device_t dev);
        rt_ssize_t (*read)(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size);
        rt_ssize_t (*write)(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size);
        rt_err_t (*control)(rt_device_t dev, int cmd, void *args);
    };

    /* Of who sleeps until something happens to a device; rtdevice.h has the functions. */
    struct rt_wqueue
    {
        rt_uint32_t flag;
        rt_list_t waiting_list;
        struct rt_spinlock spinlock;
    };
    typedef struct rt_wqueue rt_wqueue_t;

    struct rt_device
    {
        struct rt_object parent;
#ifdef RT_USING_DM
        struct rt_driver *drv;
        void *ofw_node;
        rt_uint8_t master_id;
#endif
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
    rt_err_t (*init)(rt_device_t dev);
    rt_err_t (*open)(rt_device_t dev, rt_uint16_t oflag);
    rt_err_t (*close)(rt_device_t dev);
    rt_ssize_t (*read)(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size);
    rt_ssize_t (*write)(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size);
    rt_err_t (*control)(rt_device_t dev, int cmd, void *args);
#endif

#ifdef RT_USING_POSIX_DEVIO
        const struct dfs_file_ops *fops;
        struct rt_wqueue wait_queue;
#endif

        void *user_data;
    };

    struct rt_device_notify
    {
        void (*notify)(rt_device_t dev);
        struct rt_device *dev;
    };

    /* ---- block devices ---- */

    struct rt_device_blk_geometry
    {
        rt_uint64_t sector_count;
        rt_uint32_t bytes_per_sector;
        rt_uint32_t block_size; /* of the erase unit, in bytes */
    };

    struct rt_device_blk_sectors
    {
        rt_uint64_t sector_begin;
        rt_uint64_t sector_end;
    };

    /* ---- graphic devices ---- */

#define RTGRAPHIC_CTRL_RECT_UPDATE    (RT_DEVICE_CTRL_BASE(Graphic) + 0)
#define RTGRAPHIC_CTRL_POWERON        (RT_DEVICE_CTRL_BASE(Graphic) + 1)
#define RTGRAPHIC_CTRL_POWEROFF       (RT_DEVICE_CTRL_BASE(Graphic) + 2)
#define RTGRAPHIC_CTRL_GET_INFO       (RT_DEVICE_CTRL_BASE(Graphic) + 3)
#define RTGRAPHIC_CTRL_SET_MODE       (RT_DEVICE_CTRL_BASE(Graphic) + 4)
#define RTGRAPHIC_CTRL_GET_EXT        (RT_DEVICE_CTRL_BASE(Graphic) + 5)
#define RTGRAPHIC_CTRL_SET_BRIGHTNESS (RT_DEVICE_CTRL_BASE(Graphic) + 6)
#define RTGRAPHIC_CTRL_GET_BRIGHTNESS (RT_DEVICE_CTRL_BASE(Graphic) + 7)
#define RTGRAPHIC_CTRL_GET_MODE       (RT_DEVICE_CTRL_BASE(Graphic) + 8)
#define RTGRAPHIC_CTRL_GET_STATUS     (RT_DEVICE_CTRL_BASE(Graphic) + 9)
#define RTGRAPHIC_CTRL_PAN_DISPLAY    (RT_DEVICE_CTRL_BASE(Graphic) + 10)
#define RTGRAPHIC_CTRL_WAIT_VSYNC     (RT_DEVICE_CTRL_BASE(Graphic) + 11)

    enum
    {
        RTGRAPHIC_PIXEL_FORMAT_MONO = 0,
        RTGRAPHIC_PIXEL_FORMAT_GRAY4,
        RTGRAPHIC_PIXEL_FORMAT_GRAY16,
        RTGRAPHIC_PIXEL_FORMAT_RGB332,
        RTGRAPHIC_PIXEL_FORMAT_RGB444,
        RTGRAPHIC_PIXEL_FORMAT_RGB565,
        RTGRAPHIC_PIXEL_FORMAT_RGB565P,
        RTGRAPHIC_PIXEL_FORMAT_BGR565 = RTGRAPHIC_PIXEL_FORMAT_RGB565P,
        RTGRAPHIC_PIXEL_FORMAT_RGB666,
        RTGRAPHIC_PIXEL_FORMAT_RGB888,
        RTGRAPHIC_PIXEL_FORMAT_BGR888,
        RTGRAPHIC_PIXEL_FORMAT_ARGB888,
        RTGRAPHIC_PIXEL_FORMAT_ABGR888
    };

    struct rt_device_graphic_info
    {
        rt_uint8_t pixel_format;
        rt_uint8_t bits_per_pixel;
        rt_uint16_t pitch;
        rt_uint16_t width;
        rt_uint16_t height;
        rt_uint8_t *framebuffer;
        rt_uint32_t smem_len;
    };

    struct rt_device_rect_info
    {
        rt_uint16_t x;
        rt_uint16_t y;
        rt_uint16_t width;
        rt_uint16_t height;
    };

    struct rt_device_graphic_ops
    {
        void (*set_pixel)(const char *pixel, int x, int y);
        void (*get_pixel)(char *pixel, int x, int y);
        void (*draw_hline)(const char *pixel, int x1, int x2, int y);
        void (*draw_vline)(const char *pixel, int x, int y1, int y2);
        void (*blit_line)(const char *pixel, int x, int y, rt_size_t size);
    };

#define rt_graphix_ops(device) ((struct rt_device_graphic_ops *)((device)->user_data))

#ifdef __cplusplus
}
#endif

#endif /* __RT_DEF_H__ */
