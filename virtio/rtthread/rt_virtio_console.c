/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Console device in RT-Thread: the device with its lock, its interrupt and its recovery.
 *
 * One lock serialises the engine. What it reports meanwhile is noted in the ports, and told when the lock was given
 * back; devices are registered by the service thread.
 */
#include "rt_virtio_console.h"

#ifdef RT_USING_VIRTIO_CONSOLE

#include <virtio/platform.h>

/* After a reset the device announces its ports again; nothing says when it is through with that. */
#define SETTLE_MS 200

/* Before a port whose last user is just leaving is looked at again. */
#define ATTEND_AGAIN_MS 10

/* --- The engine's lock, and what is done after it --- */

/* From the engine, with the lock held. */
static void event(struct virtio_console *con, rt_uint16_t index, enum virtio_console_event what)
{
    struct rt_virtio_console *console = con->setup.context;
    struct rt_virtio_console_port *port = &console->ports[index];

    switch (what)
    {
    case VIRTIO_CONSOLE_READABLE:
        port->tell |= RT_VIRTIO_CONSOLE_TELL_READABLE;
        break;
    case VIRTIO_CONSOLE_WRITABLE:
    case VIRTIO_CONSOLE_CONNECTED:
        port->tell |= RT_VIRTIO_CONSOLE_TELL_WRITABLE;
        break;
    case VIRTIO_CONSOLE_DISCONNECTED:
        port->tell |= RT_VIRTIO_CONSOLE_TELL_CHANGED;
        break;
    case VIRTIO_CONSOLE_REMOVED:
        port->gone = RT_TRUE;
        port->refused = RT_FALSE;
        port->tell |= RT_VIRTIO_CONSOLE_TELL_CHANGED | RT_VIRTIO_CONSOLE_TELL_ATTEND;
        break;
    case VIRTIO_CONSOLE_ADDED:
        port->tell |= RT_VIRTIO_CONSOLE_TELL_ATTEND;
        break;
    case VIRTIO_CONSOLE_RESIZED:
        port->resized = RT_TRUE;
        port->tell |= RT_VIRTIO_CONSOLE_TELL_ATTEND;
        break;
    default:
        break;
    }
}

rt_base_t rt_virtio_console_lock(struct rt_virtio_console *console)
{
    rt_base_t level = rt_virtio_lock(&console->lock);

    console->holder = rt_virtio_cpu_id() + 1;
    return level;
}

rt_bool_t rt_virtio_console_is_inside(const struct rt_virtio_console *console)
{
    const volatile unsigned int *holder = &console->holder;
    rt_bool_t inside;
    rt_base_t level = rt_virtio_stay_here(); /* not to be moved to another CPU in between */

    inside = *holder == rt_virtio_cpu_id() + 1;
    rt_virtio_move_on(level);
    return inside;
}

static void tell_readable(struct rt_virtio_console_port *port)
{
    rt_err_t (*indicate)(rt_device_t dev, rt_size_t size) = port->parent.rx_indicate;

    if (indicate != RT_NULL)
    {
        indicate(&port->parent, virtio_console_readable(&port->console->engine, port->index));
    }
    if (port->notify.notify != RT_NULL)
    {
        port->notify.notify(port->notify.dev);
    }
}

static void tell_writable(struct rt_virtio_console_port *port)
{
    rt_err_t (*complete)(rt_device_t dev, void *buffer) = port->parent.tx_complete;

    if (complete != RT_NULL)
    {
        complete(&port->parent, RT_NULL);
    }
}

static void wake(rt_sem_t sem, rt_uint32_t waiters)
{
    for (; waiters > 0; waiters--)
    {
        rt_sem_release(sem);
    }
}

/* Tell what there is to tell about a port. */
static void tell(struct rt_virtio_console_port *port)
{
    rt_base_t level = rt_virtio_lock(&port->console->lock);
    rt_uint32_t what = port->tell;
    rt_uint32_t changed = what & RT_VIRTIO_CONSOLE_TELL_CHANGED;
    rt_uint32_t writers = (what & RT_VIRTIO_CONSOLE_TELL_WRITABLE) != 0 || changed != 0 ? port->writers : 0;
    rt_uint32_t readers = (what & RT_VIRTIO_CONSOLE_TELL_READABLE) != 0 || changed != 0 ? port->readers : 0;
    rt_bool_t listed = port->registered;
    rt_bool_t registered = listed && !port->gone;

    port->tell = 0;
    port->writers -= writers;
    port->readers -= readers;
    rt_virtio_unlock(&port->console->lock, level);
    if ((what & RT_VIRTIO_CONSOLE_TELL_ATTEND) != 0)
    {
        rt_virtio_post(&port->console->device, RT_VIRTIO_EVENT_CONFIG);
    }
    if ((what & RT_VIRTIO_CONSOLE_TELL_READABLE) != 0 && registered)
    {
        tell_readable(port);
    }
    if ((what & RT_VIRTIO_CONSOLE_TELL_WRITABLE) != 0 && registered)
    {
        tell_writable(port);
    }
    wake(&port->data, readers);
    wake(&port->room, writers);
#ifdef RT_USING_POSIX_DEVIO
    if (listed)
    {
        rt_virtio_console_file_tell(port, what);
    }
#else
    (void)listed;
#endif
}

static void report_broken(struct rt_virtio_console *console)
{
    rt_base_t level = rt_virtio_lock(&console->lock);
    rt_bool_t broken = console->broken && !console->recovering;

    console->broken = RT_FALSE;
    rt_virtio_unlock(&console->lock, level);
    if (broken)
    {
        rt_virtio_post(&console->device, RT_VIRTIO_EVENT_BROKEN);
    }
}

void rt_virtio_console_unlock(struct rt_virtio_console *console, rt_base_t level)
{
    rt_bool_t stranded = RT_FALSE;
    rt_uint64_t due;
    rt_uint16_t i;

    if (console->untold)
    {
        stranded = rt_virtio_console_catch_up(console);
    }
    due = virtio_console_due(&console->engine);
    console->holder = 0;
    rt_virtio_unlock(&console->lock, level);
    virtio_console_notify(&console->engine, due);

    if (stranded)
    {
        rt_virtio_console_rescue(console);
    }
    /*
     * Waking somebody can switch threads, which is not for those who have interrupts off. What they leave behind is
     * told by whoever is here next, at the latest when a waiter looks by himself.
     */
    if (rt_interrupt_get_nest() == 0 && rt_virtio_interrupts_off())
    {
        return;
    }
    if (console->broken)
    {
        report_broken(console);
    }
    for (i = 0; i < console->engine.port_count; i++)
    {
        /* A glance without the lock: what comes now is told by whoever brought it. */
        if (*(const volatile rt_uint32_t *)&console->ports[i].tell != 0)
        {
            tell(&console->ports[i]);
        }
    }
}

/* --- Class --- */

static rt_bool_t interrupt(struct rt_virtio_device *device)
{
    struct rt_virtio_console *console = rt_virtio_console_of(device);
    rt_base_t level = rt_virtio_console_lock(console);
    int count = virtio_console_poll(&console->engine);

    console->broken = console->broken || count < 0;
    if (count != 0)
    {
        console->engine.ports[0].rx.ring.stats.interrupts++; /* one line for all queues */
    }
    rt_virtio_console_unlock(console, level);
    return count != 0;
}

static void config_changed(struct rt_virtio_device *device)
{
    struct rt_virtio_console *console = rt_virtio_console_of(device);
    rt_base_t level = rt_virtio_console_lock(console);

    virtio_console_refresh(&console->engine);
    rt_virtio_console_unlock(console, level);
    if (rt_virtio_console_attend(console) && rt_virtio_may_sleep())
    {
        rt_thread_mdelay(ATTEND_AGAIN_MS);
        rt_virtio_post(device, RT_VIRTIO_EVENT_CONFIG);
    }
}

static rt_bool_t begin_recovery(struct rt_virtio_console *console)
{
    rt_base_t level = rt_virtio_console_lock(console);
    rt_bool_t mine = !console->recovering;

    console->recovering = RT_TRUE;
    if (mine)
    {
        virtio_console_stop(&console->engine);
        console->broken = RT_FALSE;
    }
    rt_virtio_console_unlock(console, level);
    return mine;
}

/* True if the device is given up: it breaks again and again, and does nothing useful in between. */
static rt_bool_t judge(struct rt_virtio_console *console, rt_bool_t broken)
{
    rt_uint64_t useful = 0;
    rt_uint16_t i;

    for (i = 0; i < console->engine.port_count; i++)
    {
        useful += console->engine.ports[i].rx.ring.stats.batches + console->engine.ports[i].tx.ring.stats.batches;
    }
    console->futile_recoveries = broken && useful == console->useful ? console->futile_recoveries + 1 : 0;
    console->useful = useful;
    return console->dead || console->futile_recoveries > RT_VIRTIO_FUTILE_RECOVERIES_MAX;
}

static rt_err_t recover(struct rt_virtio_device *device, rt_bool_t broken)
{
    struct rt_virtio_console *console = rt_virtio_console_of(device);
    rt_base_t level;
    rt_bool_t dead;
    int error;

    if (!begin_recovery(console))
    {
        return -RT_EBUSY;
    }
    dead = judge(console, broken);
    error = dead ? rt_virtio_retire(device) : virtio_console_restart(&console->engine);
    level = rt_virtio_console_lock(console);
    console->dead = error != 0;
    virtio_console_resume(&console->engine, error);
    console->recovering = RT_FALSE;
    rt_virtio_console_unlock(console, level);
    if (error != 0)
    {
        rt_virtio_not_recovered(device, error, "its ports are closed from now on");
        return rt_virtio_error(error);
    }
    if (rt_virtio_may_sleep())
    {
        rt_thread_mdelay(SETTLE_MS);
        level = rt_virtio_console_lock(console);
        virtio_console_settle(&console->engine);
        rt_virtio_console_unlock(console, level);
    }
    return RT_EOK;
}

/* Control first, as with QEMU the first port's queues are the first of the device, too. */
static struct virtio_queue *queue_at(struct rt_virtio_device *device, unsigned int index)
{
    struct virtio_console *engine = &rt_virtio_console_of(device)->engine;
    unsigned int ports = 2u * engine->port_count;

    if (index < ports)
    {
        return index % 2 == 0 ? &engine->ports[index / 2].rx.ring : &engine->ports[index / 2].tx.ring;
    }
    if (!engine->multiport || index >= ports + 2)
    {
        return RT_NULL;
    }
    return index == ports ? &engine->control_rx.ring : &engine->control_tx.ring;
}

static void print_config(struct rt_virtio_device *device)
{
    struct rt_virtio_console *console = rt_virtio_console_of(device);
    const struct virtio_console_port *port;
    rt_uint16_t i;

    if (console->engine.multiport)
    {
        rt_kprintf("max_nr_ports: %lu (used: %u)\n", (unsigned long)console->engine.max_nr_ports,
                   (unsigned int)console->engine.port_count);
    }
    for (i = 0; i < console->engine.port_count; i++)
    {
        port = &console->engine.ports[i];
        if (!port->present && !console->ports[i].registered)
        {
            continue;
        }
        rt_kprintf("port %u: %s \"%s\" %s%s, host %s, guest %s, %ux%u, received %lu, sent %lu, lost %lu\n",
                   (unsigned int)i, console->ports[i].name, port->name,
                   !port->present           ? "removed"
                   : console->ports[i].gone ? "added again, but its device is still open"
                                            : "present",
                   port->text ? ", text" : "", port->host_open ? "open" : "closed",
                   port->guest_open ? "open" : "closed", (unsigned int)port->cols, (unsigned int)port->rows,
                   (unsigned long)port->received, (unsigned long)port->sent, (unsigned long)console->ports[i].lost);
    }
}

static rt_bool_t counter(struct rt_virtio_device *device, unsigned int index, const char **name, rt_uint64_t *value)
{
    static const char *const names[] = {"received bytes", "sent bytes", "lost bytes"};
    struct rt_virtio_console *console = rt_virtio_console_of(device);
    rt_uint16_t i;

    if (index >= sizeof(names) / sizeof(names[0]))
    {
        return RT_FALSE;
    }
    *name = names[index];
    *value = 0;
    for (i = 0; i < console->engine.port_count; i++)
    {
        *value += index == 0   ? console->engine.ports[i].received
                  : index == 1 ? console->engine.ports[i].sent
                               : console->ports[i].lost;
    }
    return RT_TRUE;
}

/* --- Removal --- */

/* Stop it for good. 0 or ETIMEDOUT, as rt_virtio_retire(). */
static int end(struct rt_virtio_console *console)
{
    rt_base_t level;
    int error;

    while (!console->device.ended && !begin_recovery(console))
    {
        rt_thread_mdelay(1); /* that has an end */
    }
    console->device.ended = RT_TRUE;
    error = rt_virtio_retire(&console->device);
    level = rt_virtio_console_lock(console);
    console->dead = RT_TRUE;
    virtio_console_resume(&console->engine, error);
    rt_virtio_console_unlock(console, level);
    return error == -VIRTIO_ETIMEDOUT ? error : 0;
}

static rt_err_t withdraw(struct rt_virtio_device *device)
{
    struct rt_virtio_console *console = rt_virtio_console_of(device);
    rt_err_t result;

    if (console->engine.dev == RT_NULL)
    {
        return RT_EOK;
    }
    if (console->control_registered && console->control.ref_count != 0)
    {
        return -RT_EBUSY;
    }
    result = rt_virtio_console_withdraw_ports(console);
    if (result != RT_EOK)
    {
        return result;
    }
    if (console->control_registered)
    {
        rt_device_unregister(&console->control);
        console->control_registered = RT_FALSE;
    }
    return rt_virtio_error(end(console));
}

static void destroy(struct rt_virtio_device *device)
{
    struct rt_virtio_console *console = rt_virtio_console_of(device);
    rt_uint16_t i;

    if (console->engine.dev != RT_NULL)
    {
        virtio_console_destroy(&console->engine);
    }
    for (i = 0; console->ports != RT_NULL && i < RT_USING_VIRTIO_CONSOLE_PORT_MAX_NR; i++)
    {
        rt_sem_detach(&console->ports[i].room);
        rt_sem_detach(&console->ports[i].data);
    }
    rt_free(console->ports);
    rt_free(console);
}

static const struct rt_virtio_class console_class = {
    .prefix = RT_VIRTIO_NAME("virtio-console", "vcon"),
    .id = VIRTIO_ID_CONSOLE,
    .features = virtio_console_features,
    .interrupt = interrupt,
    .config_changed = config_changed,
    .recover = recover,
    .withdraw = withdraw,
    .destroy = destroy,
    .queue = queue_at,
    .print_config = print_config,
    .counter = counter,
};

/* --- The control device --- */

static rt_err_t control_control(rt_device_t dev, int command, void *args)
{
    (void)dev;
    (void)args;
    return command == VIRTIO_DEVICE_CTRL_CONSOLE_PORT_CREATE || command == VIRTIO_DEVICE_CTRL_CONSOLE_PORT_DESTROY
               ? RT_EOK
               : -RT_EINVAL;
}

static const struct rt_virtio_ops control_ops = {
    .init = RT_NULL,
    .open = RT_NULL,
    .close = RT_NULL,
    .read = RT_NULL,
    .write = RT_NULL,
    .control = control_control,
};

/* --- Set-up --- */

static rt_err_t start(struct rt_virtio_console *console)
{
    struct virtio_console_setup setup = {
        .ports = RT_USING_VIRTIO_CONSOLE_PORT_MAX_NR,
        .rx_buffers = RT_VIRTIO_CONSOLE_BUFFERS,
        .tx_buffers = RT_VIRTIO_CONSOLE_BUFFERS,
        .rx_bytes = RT_VIRTIO_CONSOLE_BUFFER_SIZE,
        .tx_bytes = RT_VIRTIO_CONSOLE_BUFFER_SIZE,
        .event = event,
        .context = console,
    };
    rt_uint16_t i;
    int error;

    rt_virtio_lock_init(&console->lock);
    console->ports = rt_calloc(setup.ports, sizeof(console->ports[0]));
    if (console->ports == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    for (i = 0; i < setup.ports; i++)
    {
        rt_virtio_console_port_init(console, i);
    }
    error = virtio_console_start(&console->engine, &console->device.core, &setup);
    /* What is left after a failure stays with the device in the list: it may know of memory that cannot be freed. */
    console->dead = error != 0;
    return rt_virtio_error(error);
}

rt_err_t rt_virtio_console_init(rt_ubase_t *mmio_base, rt_uint32_t irq)
{
    struct rt_virtio_console *console = rt_calloc(1, sizeof(*console));
    rt_err_t result;

    if (console == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    result = rt_virtio_attach(&console->device, &console_class, mmio_base, irq);
    if (result != RT_EOK)
    {
        rt_free(console);
        return result;
    }
    /* From here on the device is in the list, for the user to see what became of it. */
    result = start(console);
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: not started, error %d\n", console->device.name, (int)result);
        return result;
    }
    if (console->engine.multiport)
    {
        console->control.type = RT_Device_Class_Char;
        rt_virtio_set_ops(&console->control, &control_ops);
        result = rt_device_register(&console->control, console->device.name, RT_DEVICE_FLAG_RDWR);
        console->control_registered = result == RT_EOK;
    }
    if (result != RT_EOK)
    {
        (void)end(console);
        rt_kprintf("virtio: %s: not registered, error %d\n", console->device.name, (int)result);
        return result;
    }
    console->device.state = "ok";
    rt_virtio_enable_interrupt(&console->device);
    config_changed(&console->device);
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_CONSOLE */
