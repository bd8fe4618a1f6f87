/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Shell commands that show the state of the system or end it.
 */

#include <string.h>

#include <finsh.h>

#include "kernel.h"

static int help(int argc, char **argv)
{
    const struct finsh_syscall *entry;

    for (entry = __fsymtab_start; entry < __fsymtab_end; entry++)
    {
        rt_kprintf("%-16s - %s\n", entry->name, entry->desc);
    }

    return 0;
}
MSH_CMD_EXPORT(help, show all commands);

static int version(int argc, char **argv)
{
    rt_show_version();

    return 0;
}
MSH_CMD_EXPORT(version, show the version of the kernel);

static int cmd_poweroff(int argc, char **argv)
{
    rt_hw_cpu_shutdown();

    return 0;
}
MSH_CMD_EXPORT_ALIAS(cmd_poweroff, poweroff, switch the machine off);

static int cmd_reboot(int argc, char **argv)
{
    rt_hw_cpu_reset();

    return 0;
}
MSH_CMD_EXPORT_ALIAS(cmd_reboot, reboot, start the machine again);

static int cmd_free(int argc, char **argv)
{
    rt_size_t total;
    rt_size_t used;
    rt_size_t max_used;

    rt_memory_info(&total, &used, &max_used);
    rt_kprintf("total    : %lu\n", total);
    rt_kprintf("used     : %lu\n", used);
    rt_kprintf("maximum  : %lu\n", max_used);
    rt_kprintf("available: %lu\n", total - used);

    return 0;
}
MSH_CMD_EXPORT_ALIAS(cmd_free, free, show the use of the heap);

static int memcheck(int argc, char **argv)
{
    rt_kprintf("heap: %lu blocks, all whole\n", rt_system_heap_check());

    return 0;
}
MSH_CMD_EXPORT(memcheck, check all blocks of the heap);

/* ---- lists ---- */

#define LIST_MAX 128

static char row[RT_CONSOLEBUF_SIZE];
static rt_size_t row_length;

/* Appends to the row; printing itself must not happen under the lock. */
static void emit(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    if (row_length < sizeof(row))
    {
        row_length += (rt_size_t)rt_vsnprintf(row + row_length, sizeof(row) - row_length, fmt, args);
    }
    va_end(args);
}

/*
 * Objects may come and go while one prints, so their addresses are taken in
 * one go and each is looked at under the lock only if it is still there.
 * Prints from the oldest to the newest.
 */
static void for_each_object(enum rt_object_class_type type, void (*show)(struct rt_object *))
{
    struct rt_object_information *info = rt_object_get_information(type);
    static struct rt_object *found[LIST_MAX];
    struct rt_object *object;
    rt_base_t level;
    int count = 0;

    level = rt_hw_interrupt_disable();
    rt_list_for_each_entry (object, &info->object_list, list)
    {
        if (count < LIST_MAX)
        {
            found[count++] = object;
        }
    }
    rt_hw_interrupt_enable(level);

    while (count-- > 0)
    {
        rt_bool_t alive = RT_FALSE;

        /* Keeps it alive for the row: nothing is freed without this lock. */
        row_length = 0;
        row[0] = '\0';
        level = rt_hw_interrupt_disable();
        rt_list_for_each_entry (object, &info->object_list, list)
        {
            if (object == found[count])
            {
                alive = RT_TRUE;
                break;
            }
        }
        if (alive)
        {
            show(found[count]);
        }
        rt_hw_interrupt_enable(level);
        rt_kputs(row);
    }
}

static const char *waiter_names(rt_list_t *list, char *text, rt_size_t size)
{
    struct rt_thread *thread;
    rt_size_t used;

    used = (rt_size_t)rt_snprintf(text, size, "%u", rt_list_len(list));
    rt_list_for_each_entry (thread, list, tlist)
    {
        if (used < size)
        {
            used += (rt_size_t)rt_snprintf(text + used, size - used, " %s", thread->parent.name);
        }
    }

    return text;
}

static const char *state_name(struct rt_thread *thread)
{
    switch (tk_stat(thread))
    {
    case RT_THREAD_INIT:
        return "init";

    case RT_THREAD_CLOSE:
        return "close";

    case RT_THREAD_READY:
        return "ready";

    case RT_THREAD_RUNNING:
        return "running";

    default:
        return "suspend";
    }
}

static void show_thread(struct rt_object *object)
{
    struct rt_thread *thread = (struct rt_thread *)object;
    const rt_uint8_t *low = (const rt_uint8_t *)thread->stack_addr;
    rt_uint32_t untouched = 0;
    rt_ubase_t depth = (rt_ubase_t)low + thread->stack_size - (rt_ubase_t)thread->sp;

    while (untouched < thread->stack_size && low[untouched] == TK_STACK_FILL)
    {
        untouched++;
    }
    emit("%-*.*s ", RT_NAME_MAX, RT_NAME_MAX, thread->parent.name);
#ifdef RT_USING_SMP
    if (thread->oncpu != RT_CPU_DETACHED)
    {
        emit("%3d ", thread->oncpu);
    }
    else
    {
        emit("N/A ");
    }
#endif
    emit("%3d  %-7s 0x%08lx 0x%08x %3u%%   0x%08lx %s\n", thread->current_priority, state_name(thread), depth,
         thread->stack_size, (thread->stack_size - untouched) * 100 / thread->stack_size, thread->remaining_tick,
         rt_strerror(thread->error));
}

static void list_thread(void)
{
#ifdef RT_USING_SMP
    rt_kprintf("%-*.*s cpu pri  status  sp         stack size max used left tick  error\n", RT_NAME_MAX, RT_NAME_MAX,
               "thread");
#else
    rt_kprintf("%-*.*s pri  status  sp         stack size max used left tick  error\n", RT_NAME_MAX, RT_NAME_MAX,
               "thread");
#endif
    for_each_object(RT_Object_Class_Thread, show_thread);
}

static void show_sem(struct rt_object *object)
{
    struct rt_semaphore *sem = (struct rt_semaphore *)object;
    char waiters[96];

    emit("%-*.*s %05d %s\n", RT_NAME_MAX, RT_NAME_MAX, object->name, sem->value,
         waiter_names(&sem->parent.suspend_thread, waiters, sizeof(waiters)));
}

static void list_sem(void)
{
    rt_kprintf("%-*.*s v     suspend thread\n", RT_NAME_MAX, RT_NAME_MAX, "semaphore");
    for_each_object(RT_Object_Class_Semaphore, show_sem);
}

static void show_mutex(struct rt_object *object)
{
    struct rt_mutex *mutex = (struct rt_mutex *)object;
    char waiters[96];

    emit("%-*.*s %-*.*s %04d %s\n", RT_NAME_MAX, RT_NAME_MAX, object->name, RT_NAME_MAX, RT_NAME_MAX,
         mutex->owner != RT_NULL ? mutex->owner->parent.name : "(NULL)", mutex->hold,
         waiter_names(&mutex->parent.suspend_thread, waiters, sizeof(waiters)));
}

static void list_mutex(void)
{
    rt_kprintf("%-*.*s %-*.*s hold suspend thread\n", RT_NAME_MAX, RT_NAME_MAX, "mutex", RT_NAME_MAX, RT_NAME_MAX,
               "owner");
    for_each_object(RT_Object_Class_Mutex, show_mutex);
}

static void show_event(struct rt_object *object)
{
    struct rt_event *event = (struct rt_event *)object;
    char waiters[96];

    emit("%-*.*s 0x%08x %s\n", RT_NAME_MAX, RT_NAME_MAX, object->name, event->set,
         waiter_names(&event->parent.suspend_thread, waiters, sizeof(waiters)));
}

static void list_event(void)
{
    rt_kprintf("%-*.*s set        suspend thread\n", RT_NAME_MAX, RT_NAME_MAX, "event");
    for_each_object(RT_Object_Class_Event, show_event);
}

static void show_mailbox(struct rt_object *object)
{
    struct rt_mailbox *mb = (struct rt_mailbox *)object;
    char waiters[96];

    emit("%-*.*s %04d  %04d %s\n", RT_NAME_MAX, RT_NAME_MAX, object->name, mb->entry, mb->size,
         waiter_names(&mb->parent.suspend_thread, waiters, sizeof(waiters)));
}

static void list_mailbox(void)
{
    rt_kprintf("%-*.*s entry size suspend thread\n", RT_NAME_MAX, RT_NAME_MAX, "mailbox");
    for_each_object(RT_Object_Class_MailBox, show_mailbox);
}

static void show_msgqueue(struct rt_object *object)
{
    struct rt_messagequeue *mq = (struct rt_messagequeue *)object;
    char waiters[96];

    emit("%-*.*s %04d  %s\n", RT_NAME_MAX, RT_NAME_MAX, object->name, mq->entry,
         waiter_names(&mq->parent.suspend_thread, waiters, sizeof(waiters)));
}

static void list_msgqueue(void)
{
    rt_kprintf("%-*.*s entry suspend thread\n", RT_NAME_MAX, RT_NAME_MAX, "msgqueue");
    for_each_object(RT_Object_Class_MessageQueue, show_msgqueue);
}

static void show_timer(struct rt_object *object)
{
    struct rt_timer *timer = (struct rt_timer *)object;

    emit("%-*.*s 0x%08x 0x%08x %s\n", RT_NAME_MAX, RT_NAME_MAX, object->name, timer->init_tick, timer->timeout_tick,
         object->flag & RT_TIMER_FLAG_ACTIVATED ? "activated" : "deactivated");
}

static void list_timer(void)
{
    rt_kprintf("%-*.*s periodic   timeout    flag\n", RT_NAME_MAX, RT_NAME_MAX, "timer");
    for_each_object(RT_Object_Class_Timer, show_timer);
    rt_kprintf("current tick:0x%08x\n", rt_tick_get());
}

static const char *class_name(enum rt_device_class_type type)
{
    static const char *const names[] = {"Character Device",
                                        "Block Device",
                                        "Network Interface",
                                        "MTD Device",
                                        "CAN Device",
                                        "RTC",
                                        "Sound Device",
                                        "Graphic Device",
                                        "I2C Bus",
                                        "USB Slave Device",
                                        "USB Host Bus",
                                        "USB OTG Bus",
                                        "SPI Bus",
                                        "SPI Device",
                                        "SDIO Bus",
                                        "PM Pseudo Device",
                                        "Pipe",
                                        "Portal Device",
                                        "Timer Device",
                                        "Miscellaneous Device",
                                        "Sensor Device",
                                        "Touch Device",
                                        "Phy Device",
                                        "Security Device",
                                        "WLAN Device",
                                        "Pin Device",
                                        "ADC Device",
                                        "DAC Device",
                                        "WDT Device",
                                        "PWM Device",
                                        "Bus Device"};

    return (rt_size_t)type < RT_ARRAY_SIZE(names) ? names[type] : "Unknown";
}

static void show_device(struct rt_object *object)
{
    struct rt_device *dev = (struct rt_device *)object;

    emit("%-*.*s %-20s %-8d\n", RT_NAME_MAX, RT_NAME_MAX, object->name, class_name(dev->type), dev->ref_count);
}

static void show_devices(void)
{
    rt_kprintf("%-*.*s         type         ref count\n", RT_NAME_MAX, RT_NAME_MAX, "device");
    rt_kprintf("%-*.*s -------------------- ----------\n", RT_NAME_MAX, RT_NAME_MAX,
               "--------------------------------");
    for_each_object(RT_Object_Class_Device, show_device);
}

static int list(int argc, char **argv)
{
    static const struct
    {
        const char *name;
        void (*show)(void);
    } kinds[] = {{"thread", list_thread},     {"timer", list_timer},   {"sem", list_sem},
                 {"mutex", list_mutex},       {"event", list_event},   {"mailbox", list_mailbox},
                 {"msgqueue", list_msgqueue}, {"device", show_devices}};
    rt_size_t i;

    if (argc == 2)
    {
        for (i = 0; i < RT_ARRAY_SIZE(kinds); i++)
        {
            if (strcmp(argv[1], kinds[i].name) == 0)
            {
                kinds[i].show();
                return 0;
            }
        }
    }
    rt_kprintf("Usage: list [thread|timer|sem|mutex|event|mailbox|msgqueue|device]\n");

    return -1;
}
MSH_CMD_EXPORT(list, list objects of one kind);

static int ps(int argc, char **argv)
{
    list_thread();

    return 0;
}
MSH_CMD_EXPORT(ps, list threads);

static int list_device(int argc, char **argv)
{
    show_devices();

    return 0;
}
MSH_CMD_EXPORT(list_device, list devices);

/* ---- in the background ---- */

static void bg_entry(void *parameter)
{
    msh_exec((char *)parameter, rt_strlen((char *)parameter));
    rt_free(parameter);
}

static int bg(int argc, char **argv)
{
    char *line = argc > 1 ? (char *)rt_calloc(1, FINSH_CMD_SIZE) : RT_NULL;
    rt_thread_t thread;
    int i;

    if (line == RT_NULL)
    {
        rt_kprintf(argc > 1 ? "bg: no memory\n" : "usage: bg COMMAND ARGUMENTS...\n");
        return -1;
    }
    /* It came out of a line of this size. */
    for (i = 1; i < argc; i++)
    {
        strcat(strcat(line, i > 1 ? " " : ""), argv[i]);
    }
    thread = rt_thread_create("bg", bg_entry, line, FINSH_THREAD_STACK_SIZE, FINSH_THREAD_PRIORITY, 10);
    if (thread == RT_NULL)
    {
        rt_kprintf("bg: no memory\n");
        rt_free(line);
        return -1;
    }
    rt_thread_startup(thread);

    return 0;
}
MSH_CMD_EXPORT(bg, run a command in the background);
