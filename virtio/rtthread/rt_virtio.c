/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all classes of device have in common: the list of devices, the interrupt, the service thread.
 */
#include "rt_virtio.h"

#include <virtio.h>
#include <virtio/platform.h>
#include <virtio/transport.h>

/* So many interrupts in a row without anything to do are a line that is stuck; it would never let a thread run. */
#define IDLE_INTERRUPTS_MAX 10000

/* So long after an interrupt the queues are looked at without one. */
#define LOOK_MS 20

/* So long an interrupt that is being served on another CPU may take. */
#define QUIT_MS 20

static struct rt_virtio_device *first;
static rt_virtio_lock_t list_lock;    /* of the devices' `events` */
static struct rt_mutex list_mutex;    /* of the list */
static rt_bool_t list_mutex_is_there; /* from the first device on */
static struct rt_semaphore service_work;
static rt_thread_t service_thread;

struct rt_virtio_device *rt_virtio_first(void)
{
    return first;
}

struct rt_virtio_device *rt_virtio_find(const char *name)
{
    struct rt_virtio_device *device;

    for (device = first; device != RT_NULL; device = device->next)
    {
        if (rt_strcmp(device->name, name) == 0)
        {
            return device;
        }
    }
    return RT_NULL;
}

void rt_virtio_hold_list(void)
{
    if (list_mutex_is_there && rt_virtio_may_sleep())
    {
        rt_mutex_take(&list_mutex, RT_WAITING_FOREVER);
    }
}

void rt_virtio_release_list(void)
{
    if (list_mutex_is_there && rt_virtio_may_sleep())
    {
        rt_mutex_release(&list_mutex);
    }
}

rt_err_t rt_virtio_error(int error)
{
    switch (-error)
    {
    case VIRTIO_OK:
        return RT_EOK;
    case VIRTIO_EINVAL:
    case VIRTIO_EMSGSIZE:
        return -RT_EINVAL;
    case VIRTIO_EAGAIN:
        return -RT_EBUSY;
    case VIRTIO_ENOMEM:
        return -RT_ENOMEM;
    case VIRTIO_ENOTSUP:
        return -RT_ENOSYS;
    case VIRTIO_ETIMEDOUT:
        return -RT_ETIMEOUT;
    case VIRTIO_EFAULT:
        return -RT_VIRTIO_EFAULT;
    case VIRTIO_EROFS:
        return -RT_VIRTIO_EPERM;
    default: /* EIO, ENODEV, EPROTO */
        return -RT_EIO;
    }
}

/* --- Service thread --- */

static rt_uint32_t take_events(struct rt_virtio_device *device)
{
    rt_base_t level = rt_virtio_lock(&list_lock);
    rt_uint32_t events = device->events;

    device->events = 0;
    rt_virtio_unlock(&list_lock, level);
    return events;
}

static void serve(struct rt_virtio_device *device, rt_uint32_t events)
{
    if ((events & (RT_VIRTIO_EVENT_BROKEN | RT_VIRTIO_EVENT_SILENT)) != 0)
    {
        /* If it is busy, whoever is at it does what was asked for here. */
        device->class->recover(device, (events & RT_VIRTIO_EVENT_BROKEN) != 0);
    }
    if ((events & RT_VIRTIO_EVENT_CONFIG) != 0)
    {
        device->class->config_changed(device);
    }
}

static void service(void *parameter)
{
    struct rt_virtio_device *device;
    rt_uint32_t events;

    (void)parameter;
    while (rt_sem_take(&service_work, RT_WAITING_FOREVER) == RT_EOK)
    {
        rt_virtio_hold_list();
        for (device = first; device != RT_NULL; device = device->next)
        {
            events = take_events(device);
            if (events != 0 && !device->leaving)
            {
                serve(device, events);
            }
        }
        rt_virtio_release_list();
    }
}

/* Once there is a device, and a scheduler: a board may bring devices up before that, for a disk to boot from. */
static int start_service(void)
{
    if (first == RT_NULL || service_thread != RT_NULL || rt_thread_self() == RT_NULL)
    {
        return RT_EOK;
    }
    service_thread =
        rt_thread_create("virtio", service, RT_NULL, RT_VIRTIO_SERVICE_STACK_SIZE, RT_VIRTIO_SERVICE_PRIORITY, 10);
    if (service_thread == RT_NULL)
    {
        rt_kprintf("virtio: no memory for the service thread; devices that break will not be recovered\n");
        return -RT_ENOMEM;
    }
    return (int)rt_thread_startup(service_thread);
}
INIT_PREV_EXPORT(start_service);

rt_bool_t rt_virtio_post(struct rt_virtio_device *device, rt_uint32_t events)
{
    rt_base_t level = rt_virtio_lock(&list_lock);
    rt_bool_t wake = device->events == 0;
    rt_bool_t news = (events & ~device->events) != 0;

    device->events |= events;
    rt_virtio_unlock(&list_lock, level);
    if (wake)
    {
        rt_sem_release(&service_work);
    }
    return news;
}

/* --- Recovery --- */

int rt_virtio_retire(struct rt_virtio_device *device)
{
    return virtio_device_reset(&device->core) == 0 ? -VIRTIO_EIO : -VIRTIO_ETIMEDOUT;
}

void rt_virtio_not_recovered(struct rt_virtio_device *device, int error, const char *what)
{
    device->state = "failed";
    rt_kprintf("virtio: %s: not recovered (%s); %s. Restart the guest\n", device->name, virtio_strerror(error), what);
}

/* --- Interrupt --- */

/* Take a device off the line that will not let go of it by itself, and have it recovered. */
static void give_up(struct rt_virtio_device *device, const char *why)
{
    rt_kprintf("virtio: %s: %s, resetting it\n", device->name, why);
    virtio_device_silence(&device->core);
    rt_virtio_post(device, RT_VIRTIO_EVENT_BROKEN);
}

/*
 * One that comes while its queue is being armed again can get lost (docs/architecture.md), and the next ones with it,
 * as their index has been passed. So there is a look when that is certainly over.
 */
static void look_soon(struct rt_virtio_device *device)
{
    if (!device->looking && rt_thread_self() != RT_NULL)
    {
        device->looking = RT_TRUE;
        rt_timer_start(&device->look);
    }
}

static void look(void *parameter)
{
    struct rt_virtio_device *device = parameter;

    device->looking = RT_FALSE;
    if (device->class->interrupt(device))
    {
        look_soon(device);
    }
}

static void interrupt(int vector, void *parameter)
{
    struct rt_virtio_device *device = parameter;
    rt_bool_t busy = RT_FALSE;
    rt_uint32_t causes;

    (void)vector;
    /* Acknowledged first, so that whatever happens from here on raises the line again. */
    causes = virtio_device_interrupt(&device->core);
    if (!device->connected)
    {
        return; /* the line was enabled for another device, which was removed, or shares it */
    }
    if (RT_VIRTIO_SHARED_LINES && causes == 0)
    {
        return; /* it was another device on the line */
    }
    if ((causes & VIRTIO_INTERRUPT_CONFIG) != 0)
    {
        /*
         * 2.1.2: a device that needs a reset says so by a config change notification. QEMU's virtio-mmio keeps its line
         * up then, whatever is acknowledged, so there is no waiting for the service thread.
         */
        if (virtio_device_needs_reset(&device->core))
        {
            give_up(device, "the device asks for a reset");
            return;
        }
        busy = rt_virtio_post(device, RT_VIRTIO_EVENT_CONFIG);
    }
    /* 4.2.3.4: the used-buffer bit is a hint for every queue. */
    if ((causes & VIRTIO_INTERRUPT_USED) != 0 && device->class->interrupt(device))
    {
        busy = RT_TRUE;
        look_soon(device);
    }

    if (busy)
    {
        device->idle_interrupts = 0;
    }
    else if (++device->idle_interrupts == IDLE_INTERRUPTS_MAX)
    {
        device->idle_interrupts = 0;
        give_up(device, "interrupts without end and without cause");
    }
}

void rt_virtio_enable_interrupt(struct rt_virtio_device *device)
{
    device->connected = RT_TRUE;
    if (device->irq >= 0)
    {
        rt_virtio_unmask_irq(device->irq);
    }
    (void)device->class->interrupt(device); /* what came before may have been acknowledged */
}

/* In time for what comes while a class starts the device, should the line be enabled already. */
static void install_interrupt(struct rt_virtio_device *device)
{
    rt_timer_init(&device->look, device->name, look, device, rt_tick_from_millisecond(LOOK_MS), RT_TIMER_FLAG_ONE_SHOT);
    if (rt_virtio_install_irq(device->irq, interrupt, device, device->name) != RT_EOK)
    {
        rt_kprintf("virtio: %s: interrupt %d was refused, the device will be slow; does the board know it?\n",
                   device->name, device->irq);
        device->irq = -1;
    }
}

/* Of a line whose device was removed, and is silent. */
static void ignore(int vector, void *parameter)
{
    (void)vector;
    (void)parameter;
}

static void disable_interrupt(struct rt_virtio_device *device)
{
    device->connected = RT_FALSE;
    if (device->irq >= 0)
    {
        rt_virtio_uninstall_irq(device->irq, device, ignore);
    }
    rt_thread_mdelay(QUIT_MS); /* for one that another CPU is still serving */
    rt_virtio_quit_timer(&device->look);
}

/* --- List --- */

/* The next free number behind a prefix: in the order of probing. */
static void give_name(struct rt_virtio_device *device, const char *prefix)
{
    unsigned int number = 0;

    do
    {
        rt_snprintf(device->name, sizeof(device->name), "%s%u", prefix, number++);
    } while (rt_virtio_find(device->name) != RT_NULL);
    device->core.name = device->name;
}

static void list(struct rt_virtio_device *device)
{
    struct rt_virtio_device **end = &first;

    if (!list_mutex_is_there)
    {
        rt_virtio_lock_init(&list_lock);
        rt_sem_init(&service_work, "virtio", 0, RT_IPC_FLAG_FIFO); /* counts until the thread is there */
        rt_mutex_init(&list_mutex, "virtio", RT_IPC_FLAG_PRIO);
        list_mutex_is_there = RT_TRUE;
    }
    while (*end != RT_NULL)
    {
        end = &(*end)->next;
    }
    *end = device;
}

static rt_err_t attach(struct rt_virtio_device *device, const struct rt_virtio_class *class, rt_ubase_t *mmio_base,
                       rt_uint32_t irq)
{
    struct rt_virtio_device *other;
    int error;

    for (other = first; other != RT_NULL; other = other->next)
    {
        if (other->core.base == (uintptr_t)mmio_base)
        {
            return -RT_EBUSY; /* a second reset would pull it away from under its driver */
        }
    }
    error = virtio_mmio_probe(&device->core, (uintptr_t)mmio_base);
    if (error == -VIRTIO_ENODEV)
    {
        return -RT_EEMPTY;
    }
    if (error != 0)
    {
        return -RT_ERROR;
    }
    if (class != RT_NULL && class->id != device->core.id)
    {
        rt_kprintf("virtio: window 0x%lx: a %s device was given to the driver of %s\n",
                   (unsigned long)device->core.base, virtio_device_type_name(device->core.id),
                   virtio_device_type_name(class->id));
        return -RT_EINVAL;
    }
    device->class = class;
    device->irq = (int)irq;
    device->state = "failed"; /* until its class says otherwise */
    give_name(device, class != RT_NULL ? class->prefix : RT_VIRTIO_NAME("virtio-other", "voth"));
    list(device);
    if (class != RT_NULL)
    {
        install_interrupt(device);
    }
    start_service();
    return RT_EOK;
}

rt_err_t rt_virtio_attach(struct rt_virtio_device *device, const struct rt_virtio_class *class, rt_ubase_t *mmio_base,
                          rt_uint32_t irq)
{
    rt_err_t result;

    rt_virtio_hold_list();
    result = attach(device, class, mmio_base, irq);
    rt_virtio_release_list();
    return result;
}

rt_err_t rt_virtio_unclaimed_init(rt_ubase_t *mmio_base, rt_uint32_t irq)
{
    struct rt_virtio_device *device = rt_calloc(1, sizeof(*device));
    rt_err_t result;

    if (device == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    result = rt_virtio_attach(device, RT_NULL, mmio_base, irq);
    if (result != RT_EOK)
    {
        rt_free(device);
        return result;
    }
    device->state = virtio_device_reset(&device->core) == 0 ? "no driver" : "failed";
    return RT_EOK;
}

/* --- Removal --- */

void rt_virtio_quit_timer(struct rt_timer *timer)
{
    rt_timer_detach(timer);
    /* RT-Thread does not tell whether another CPU is inside. It would be in the interrupt of a tick. */
    rt_thread_mdelay(QUIT_MS);
}

static void unlist(struct rt_virtio_device *device)
{
    struct rt_virtio_device **link = &first;

    while (*link != device)
    {
        link = &(*link)->next;
    }
    *link = device->next;
}

/* From here on the service thread lets it alone. */
static rt_err_t begin_removal(struct rt_virtio_device *device)
{
    struct rt_virtio_device *listed;
    rt_err_t result = -RT_EINVAL;

    rt_virtio_hold_list();
    for (listed = first; listed != RT_NULL; listed = listed->next)
    {
        if (listed == device)
        {
            result = device->leaving ? -RT_EBUSY : RT_EOK;
            device->leaving = RT_TRUE;
        }
    }
    rt_virtio_release_list();
    return result;
}

/* The list is not held while RT-Thread, or lwIP's thread, is waited for. */
rt_err_t rt_virtio_remove(struct rt_virtio_device *device)
{
    rt_err_t result = begin_removal(device);

    if (result != RT_EOK)
    {
        return result;
    }
    result = device->class != RT_NULL ? device->class->withdraw(device) : RT_EOK;
    if (result == -RT_ETIMEOUT)
    {
        rt_virtio_not_recovered(device, -VIRTIO_ETIMEDOUT, "it cannot be removed");
    }
    if (result != RT_EOK)
    {
        device->leaving = RT_FALSE;
        return result;
    }
    if (device->class != RT_NULL)
    {
        disable_interrupt(device);
    }
    rt_virtio_hold_list();
    unlist(device);
    rt_virtio_release_list();
    if (device->class != RT_NULL)
    {
        device->class->destroy(device);
    }
    else
    {
        rt_free(device);
    }
    return RT_EOK;
}
