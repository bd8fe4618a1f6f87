/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Console device in RT-Thread: a character device for each port.
 *
 * One lock serialises the engine. What it reports meanwhile is noted in the ports, and told when the lock was given
 * back; devices are registered by the service thread.
 */
#include <rtthread.h>

#ifdef RT_USING_VIRTIO_CONSOLE

#include <string.h>

#include <virtio.h>
#include <virtio/console.h>
#include <virtio/platform.h>
#include <virtio_console.h>

#include "rt_virtio.h"

#define FUTILE_RECOVERIES_MAX 5

/* After a reset the device announces its ports again; nothing says when it is through with that. */
#define SETTLE_MS 200

/* Bytes that are copied with the lock held, at most. */
#define PIECE_BYTES 4096

/* What is to be told about a port. */
#define TELL_READABLE 0x1u
#define TELL_WRITABLE 0x2u
#define TELL_ADDED    0x4u /* to the service thread, which registers the device */

struct rt_virtio_console;

struct rt_virtio_console_port
{
    struct rt_device parent; /* first: RT-Thread's */
    struct rt_virtio_console *console;
    char name[20];
    rt_uint16_t index;
    rt_bool_t claimed; /* somebody registers it; under the lock */
    rt_bool_t registered;
    rt_uint32_t tell;    /* TELL_...; under the lock */
    rt_uint32_t writers; /* that wait for room; under the lock */
    struct rt_semaphore room;
    rt_uint32_t lost; /* bytes that the system console could not wait for */
#ifdef RT_DEVICE_CTRL_NOTIFY_SET
    struct rt_device_notify notify;
#endif
};

struct rt_virtio_console
{
    struct rt_device control; /* with several ports */
    struct rt_virtio_device device;
    struct virtio_console engine;
    rt_virtio_lock_t lock; /* of the engine */
    unsigned int holder;   /* the CPU that has it, and 1 */
    struct rt_virtio_console_port *ports;
    rt_bool_t recovering; /* under the lock */
    rt_bool_t dead;
    unsigned int futile_recoveries;
};

static struct rt_virtio_console *of(struct rt_virtio_device *device)
{
    return rt_container_of(device, struct rt_virtio_console, device);
}

/* --- The engine's lock, and what is done after it --- */

/* From the engine, with the lock held. */
static void event(struct virtio_console *con, rt_uint16_t index, enum virtio_console_event what)
{
    struct rt_virtio_console *console = con->setup.context;
    struct rt_virtio_console_port *port = &console->ports[index];

    switch (what)
    {
    case VIRTIO_CONSOLE_READABLE:
        port->tell |= TELL_READABLE;
        break;
    case VIRTIO_CONSOLE_WRITABLE:
    case VIRTIO_CONSOLE_CONNECTED:
    case VIRTIO_CONSOLE_DISCONNECTED:
    case VIRTIO_CONSOLE_REMOVED:
        port->tell |= TELL_WRITABLE; /* whoever waits for room has to look again */
        break;
    case VIRTIO_CONSOLE_ADDED:
        port->tell |= TELL_ADDED;
        break;
    default:
        break;
    }
}

static void tell_readable(struct rt_virtio_console_port *port)
{
    if (port->parent.rx_indicate != RT_NULL)
    {
        port->parent.rx_indicate(&port->parent, virtio_console_readable(&port->console->engine, port->index));
    }
#ifdef RT_DEVICE_CTRL_NOTIFY_SET
    if (port->notify.notify != RT_NULL)
    {
        port->notify.notify(port->notify.dev);
    }
#endif
}

static rt_base_t lock(struct rt_virtio_console *console)
{
    rt_base_t level = rt_virtio_lock(&console->lock);

    console->holder = rt_virtio_cpu_id() + 1;
    return level;
}

/*
 * True if this very CPU is inside the engine: it has to say something about the device that it says it on. Only then
 * can the holder be this CPU, so a look without the lock will do.
 */
static rt_bool_t is_inside(const struct rt_virtio_console *console)
{
    return *(const volatile unsigned int *)&console->holder == rt_virtio_cpu_id() + 1;
}

/* Give the lock back, send the notifications that are due, and tell what there is to tell. */
static void unlock(struct rt_virtio_console *console, rt_base_t level)
{
    rt_uint64_t due = virtio_console_due(&console->engine);
    struct rt_virtio_console_port *port;
    rt_uint32_t writers;
    rt_uint32_t tell;
    rt_uint16_t i;

    console->holder = 0;
    rt_virtio_unlock(&console->lock, level);
    virtio_console_notify(&console->engine, due);

    for (i = 0; i < console->engine.port_count; i++)
    {
        port = &console->ports[i];
        if (port->tell == 0)
        {
            continue; /* a glance without the lock: what comes now is told by whoever brought it */
        }
        level = rt_virtio_lock(&console->lock);
        tell = port->tell;
        port->tell = 0;
        writers = (tell & TELL_WRITABLE) != 0 ? port->writers : 0;
        port->writers -= writers;
        rt_virtio_unlock(&console->lock, level);
        if ((tell & TELL_ADDED) != 0)
        {
            rt_virtio_post(&console->device, RT_VIRTIO_EVENT_CONFIG);
        }
        if ((tell & TELL_READABLE) != 0 && port->registered)
        {
            tell_readable(port);
        }
        if ((tell & TELL_WRITABLE) != 0 && port->registered && port->parent.tx_complete != RT_NULL)
        {
            port->parent.tx_complete(&port->parent, RT_NULL);
        }
        for (; writers > 0; writers--)
        {
            rt_sem_release(&port->room);
        }
    }
}

/* --- Port --- */

static struct rt_virtio_console_port *port_of(rt_device_t dev)
{
    return (struct rt_virtio_console_port *)dev;
}

static rt_err_t port_open(rt_device_t dev, rt_uint16_t oflag)
{
    struct rt_virtio_console_port *port = port_of(dev);
    rt_base_t level = lock(port->console);
    int error = virtio_console_open(&port->console->engine, port->index, true);

    unlock(port->console, level);
    dev->open_flag = oflag & 0xfffu; /* as the serial driver does: with the flag of streams */
    return rt_virtio_error(error);
}

static rt_err_t port_close(rt_device_t dev)
{
    struct rt_virtio_console_port *port = port_of(dev);
    rt_base_t level = lock(port->console);

    virtio_console_open(&port->console->engine, port->index, false);
    unlock(port->console, level);
    return RT_EOK;
}

static rt_virtio_size_t port_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size)
{
    struct rt_virtio_console_port *port = port_of(dev);
    rt_base_t level;
    int count;

    (void)pos;
    level = lock(port->console);
    count = virtio_console_read(&port->console->engine, port->index, buffer, size);
    unlock(port->console, level);
    return count > 0 ? (rt_virtio_size_t)count : 0;
}

/* As much as there is room for. Registers the caller as one who waits if that is not all and he wants to. */
static int put(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size, rt_bool_t wait)
{
    struct rt_virtio_console *console = port->console;
    rt_base_t level;
    int taken;

    if (is_inside(console))
    {
        return 0;
    }
    level = lock(console);
    taken = virtio_console_write(&console->engine, port->index, data, size < PIECE_BYTES ? size : PIECE_BYTES);

    if (wait && ((taken >= 0 && (rt_size_t)taken < size && taken != PIECE_BYTES) || taken == -VIRTIO_EAGAIN ||
                 taken == -VIRTIO_EPROTO))
    {
        port->writers++;
    }
    unlock(console, level);
    if (taken == -VIRTIO_EPROTO)
    {
        rt_virtio_post(&console->device, RT_VIRTIO_EVENT_BROKEN);
    }
    return taken == -VIRTIO_EAGAIN || taken == -VIRTIO_EPROTO ? 0 : taken;
}

static rt_size_t put_all(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size)
{
    rt_bool_t wait = rt_virtio_may_sleep() && rt_console_get_device() != &port->parent;
    rt_tick_t progress = rt_tick_get();
    rt_size_t done = 0;
    int taken;

    while (done < size)
    {
        taken = put(port, data + done, size - done, wait);
        if (taken < 0)
        {
            break; /* nobody there */
        }
        done += (rt_size_t)taken;
        if (taken == PIECE_BYTES)
        {
            continue;
        }
        if (done == size || !wait)
        {
            break;
        }
        if (taken > 0)
        {
            progress = rt_tick_get();
        }
        else if (rt_tick_get() - progress >= rt_tick_from_millisecond(RT_VIRTIO_CONSOLE_PATIENCE_MS))
        {
            break; /* nothing has moved for all that time, however often the device said that it would */
        }
        rt_sem_take(&port->room, rt_tick_from_millisecond(RT_VIRTIO_CONSOLE_PATIENCE_MS));
    }
    if (!wait)
    {
        port->lost += (rt_uint32_t)(size - done);
    }
    return done;
}

/* "\n" as "\r\n". Returns how many of the caller's bytes were taken. */
static rt_size_t put_text(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size)
{
    rt_size_t done = 0;
    rt_size_t run;
    rt_size_t taken;

    while (done < size)
    {
        for (run = done; run < size && data[run] != '\n'; run++)
        {
        }
        taken = put_all(port, data + done, run - done);
        done += taken;
        if (done < run)
        {
            break;
        }
        if (run < size)
        {
            if (put_all(port, (const rt_uint8_t *)"\r\n", 2) != 2)
            {
                break;
            }
            done++;
        }
    }
    return done;
}

static rt_virtio_size_t port_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size)
{
    struct rt_virtio_console_port *port = port_of(dev);

    (void)pos;
    if ((dev->open_flag & RT_DEVICE_FLAG_STREAM) != 0)
    {
        return (rt_virtio_size_t)put_text(port, buffer, size);
    }
    return (rt_virtio_size_t)put_all(port, buffer, size);
}

static rt_err_t port_control(rt_device_t dev, int command, void *args)
{
    struct rt_virtio_console_port *port = port_of(dev);
    const struct virtio_console_port *engine = &port->console->engine.ports[port->index];
    struct rt_virtio_console_size *size = args;

    switch (command)
    {
    case VIRTIO_DEVICE_CTRL_CONSOLE_PORT_CREATE:
    case VIRTIO_DEVICE_CTRL_CONSOLE_PORT_DESTROY:
    case RT_DEVICE_CTRL_SET_INT:
    case RT_DEVICE_CTRL_CLR_INT:
        return RT_EOK;
    case RT_VIRTIO_CONSOLE_CTRL_GET_SIZE:
        if (size == RT_NULL)
        {
            return -RT_EINVAL;
        }
        size->cols = engine->cols;
        size->rows = engine->rows;
        return RT_EOK;
#ifdef RT_DEVICE_CTRL_NOTIFY_SET
    case RT_DEVICE_CTRL_NOTIFY_SET:
        if (args == RT_NULL)
        {
            return -RT_EINVAL;
        }
        port->notify = *(struct rt_device_notify *)args;
        return RT_EOK;
#endif
#ifdef RT_DEVICE_CTRL_CONSOLE_OFLAG
    case RT_DEVICE_CTRL_CONSOLE_OFLAG:
        if (args == RT_NULL)
        {
            return -RT_EINVAL;
        }
        *(rt_uint16_t *)args = RT_DEVICE_FLAG_RDWR | RT_DEVICE_FLAG_INT_RX | RT_DEVICE_FLAG_STREAM;
        return RT_EOK;
#endif
    default:
        return -RT_EINVAL;
    }
}

static rt_err_t control_control(rt_device_t dev, int command, void *args)
{
    (void)dev;
    (void)args;
    return command == VIRTIO_DEVICE_CTRL_CONSOLE_PORT_CREATE ? RT_EOK : -RT_EINVAL;
}

#ifdef RT_USING_DEVICE_OPS
static const struct rt_device_ops port_ops = {
    .init = RT_NULL,
    .open = port_open,
    .close = port_close,
    .read = port_read,
    .write = port_write,
    .control = port_control,
};

static const struct rt_device_ops control_ops = {
    .init = RT_NULL,
    .open = RT_NULL,
    .close = RT_NULL,
    .read = RT_NULL,
    .write = RT_NULL,
    .control = control_control,
};
#endif

static void register_port(struct rt_virtio_console *console, struct rt_virtio_console_port *port)
{
    rt_device_t dev = &port->parent;
    /* The number behind the prefix is the console's. */
    const char *number = console->device.name + strlen(console->device.class->prefix);

    if (console->engine.multiport)
    {
        rt_snprintf(port->name, sizeof(port->name), "vport%sp%u", number, (unsigned int)port->index);
    }
    else
    {
        rt_snprintf(port->name, sizeof(port->name), "%s", console->device.name);
    }
    dev->type = RT_Device_Class_Char;
#ifdef RT_USING_DEVICE_OPS
    dev->ops = &port_ops;
#else
    dev->open = port_open;
    dev->close = port_close;
    dev->read = port_read;
    dev->write = port_write;
    dev->control = port_control;
#endif
    rt_sem_init(&port->room, port->name, 0, RT_IPC_FLAG_FIFO);
    if (rt_device_register(dev, port->name, RT_DEVICE_FLAG_RDWR | RT_DEVICE_FLAG_INT_RX) != RT_EOK)
    {
        rt_kprintf("virtio: %s: not registered\n", port->name);
        rt_sem_detach(&port->room);
        return;
    }
    port->registered = RT_TRUE;
}

rt_device_t rt_virtio_console_find_port(const char *name)
{
    struct rt_virtio_device *device;
    struct rt_virtio_console *console;
    rt_uint16_t i;

    for (device = rt_virtio_first(); device != RT_NULL; device = device->next)
    {
        if (device->class == RT_NULL || device->class->id != VIRTIO_ID_CONSOLE)
        {
            continue;
        }
        console = of(device);
        for (i = 0; i < console->engine.port_count; i++)
        {
            if (console->ports[i].registered && rt_strcmp(console->engine.ports[i].name, name) == 0)
            {
                return &console->ports[i].parent;
            }
        }
    }
    return RT_NULL;
}

/* --- Class --- */

static rt_bool_t interrupt(struct rt_virtio_device *device)
{
    struct rt_virtio_console *console = of(device);
    rt_base_t level = lock(console);
    int count = virtio_console_poll(&console->engine);

    unlock(console, level);
    if (count < 0)
    {
        rt_virtio_post(device, RT_VIRTIO_EVENT_BROKEN);
    }
    return count != 0;
}

static void config_changed(struct rt_virtio_device *device)
{
    struct rt_virtio_console *console = of(device);
    rt_base_t level;
    rt_bool_t mine;
    rt_uint16_t i;

    level = lock(console);
    virtio_console_refresh(&console->engine);
    unlock(console, level);
    for (i = 0; i < console->engine.port_count; i++)
    {
        level = rt_virtio_lock(&console->lock);
        mine = console->engine.ports[i].present && !console->ports[i].claimed;
        console->ports[i].claimed = console->ports[i].claimed || mine;
        rt_virtio_unlock(&console->lock, level);
        if (mine)
        {
            register_port(console, &console->ports[i]);
        }
    }
}

static rt_bool_t begin_recovery(struct rt_virtio_console *console)
{
    rt_base_t level = lock(console);
    rt_bool_t mine = !console->recovering;

    console->recovering = RT_TRUE;
    if (mine)
    {
        virtio_console_stop(&console->engine);
    }
    unlock(console, level);
    return mine;
}

static rt_err_t recover(struct rt_virtio_device *device, rt_bool_t broken)
{
    struct rt_virtio_console *console = of(device);
    rt_base_t level;
    int error;

    if (!begin_recovery(console))
    {
        return -RT_EBUSY;
    }
    console->futile_recoveries = broken ? console->futile_recoveries + 1 : 0;
    console->dead = console->dead || console->futile_recoveries > FUTILE_RECOVERIES_MAX;
    if (console->dead)
    {
        error = virtio_device_reset(&device->core) == 0 ? -VIRTIO_EIO : -VIRTIO_ETIMEDOUT;
    }
    else
    {
        error = virtio_console_restart(&console->engine);
    }
    level = lock(console);
    virtio_console_resume(&console->engine, error);
    console->recovering = RT_FALSE;
    unlock(console, level);
    if (error != 0)
    {
        console->dead = RT_TRUE;
        device->state = "failed";
        rt_kprintf("virtio: %s: not recovered (%s); its ports are closed from now on. Restart the guest\n",
                   device->name, virtio_strerror(error));
        return rt_virtio_error(error);
    }
    if (rt_virtio_may_sleep())
    {
        rt_thread_mdelay(SETTLE_MS);
        level = lock(console);
        virtio_console_settle(&console->engine);
        unlock(console, level);
    }
    return RT_EOK;
}

/* Control first, as with QEMU the first port's queues are the first of the device, too. */
static struct virtio_queue *queue_at(struct rt_virtio_device *device, unsigned int index)
{
    struct virtio_console *engine = &of(device)->engine;
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
    struct rt_virtio_console *console = of(device);
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
        rt_kprintf("port %u: %s \"%s\" %s, host %s, %ux%u, received %lu, sent %lu, lost %lu\n", (unsigned int)i,
                   console->ports[i].name, port->name, port->present ? "present" : "removed",
                   port->host_open ? "open" : "closed", (unsigned int)port->cols, (unsigned int)port->rows,
                   (unsigned long)port->received, (unsigned long)port->sent, (unsigned long)console->ports[i].lost);
    }
}

static const struct rt_virtio_class console_class = {
    .prefix = "virtio-console",
    .id = VIRTIO_ID_CONSOLE,
    .features = virtio_console_features,
    .interrupt = interrupt,
    .config_changed = config_changed,
    .recover = recover,
    .queue = queue_at,
    .print_config = print_config,
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
        console->ports[i].console = console;
        console->ports[i].index = i;
    }
    error = virtio_console_start(&console->engine, &console->device.core, &setup);
    if (error != 0)
    {
        rt_free(console->ports);
    }
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
    console->device.state = "ok";
    rt_virtio_enable_interrupt(&console->device);
    interrupt(&console->device); /* what came before that; and a single port is there from the start */
    if (console->engine.multiport)
    {
        console->control.type = RT_Device_Class_Char;
#ifdef RT_USING_DEVICE_OPS
        console->control.ops = &control_ops;
#else
        console->control.control = control_control;
#endif
        result = rt_device_register(&console->control, console->device.name, RT_DEVICE_FLAG_RDWR);
    }
    config_changed(&console->device);
    return result;
}

#endif /* RT_USING_VIRTIO_CONSOLE */
