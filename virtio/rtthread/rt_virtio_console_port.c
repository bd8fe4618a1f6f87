/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A console's port as a character device: reading, writing, controls; and how the device comes and goes with the port.
 */
#include "rt_virtio_console.h"

#ifdef RT_USING_VIRTIO_CONSOLE

#include <string.h>

/*
 * A device is unregistered so long after its last close. Another thread may be on its way into rt_device_write() with
 * it still, as with a system console that is moved elsewhere; RT-Thread has no lock against that.
 */
#define LINGER_MS 50

/* For text whose "\n" becomes "\r\n", on the stack. */
#define TEXT_BYTES 128

/* Open flags that are kept: access, STREAM, how to receive and send, whether to wait. */
#define OPEN_FLAGS 0xff4fu

static struct rt_virtio_console_port *port_of(rt_device_t dev)
{
    return rt_container_of(dev, struct rt_virtio_console_port, parent);
}

static struct virtio_console_port *engine_of(const struct rt_virtio_console_port *port)
{
    return &port->console->engine.ports[port->index];
}

static rt_bool_t may_wait(void)
{
    return rt_virtio_may_sleep() && !rt_virtio_interrupts_off();
}

/* Sleep until somebody sees a reason to look again, but not for long. `waiters` is one less afterwards. */
static void wait_a_while(struct rt_virtio_console_port *port, rt_sem_t sem, rt_uint32_t *waiters)
{
    rt_base_t level;

    if (rt_sem_take(sem, rt_tick_from_millisecond(RT_VIRTIO_CONSOLE_SLICE_MS)) == RT_EOK)
    {
        return;
    }
    level = rt_virtio_lock(&port->console->lock);
    *waiters -= *waiters > 0 ? 1 : 0;
    rt_virtio_unlock(&port->console->lock, level);
}

/* --- Opening --- */

static rt_err_t port_open(rt_device_t dev, rt_uint16_t oflag)
{
    struct rt_virtio_console_port *port = port_of(dev);
    rt_base_t level = rt_virtio_console_lock(port->console);
    int error = port->gone ? -VIRTIO_ENODEV : virtio_console_open(&port->console->engine, port->index, true);

    if (error == 0)
    {
        /*
         * As serial drivers do: STREAM stays while anybody has it open. OPEN is the core's to set, but from here on the
         * device must not be unregistered.
         */
        dev->open_flag =
            (rt_uint16_t)((oflag & OPEN_FLAGS) | (dev->open_flag & RT_DEVICE_FLAG_STREAM) | RT_DEVICE_OFLAG_OPEN);
    }
    rt_virtio_console_unlock(port->console, level);
    return rt_virtio_error(error);
}

static rt_err_t port_close(rt_device_t dev)
{
    struct rt_virtio_console_port *port = port_of(dev);
    rt_base_t level = rt_virtio_console_lock(port->console);

    port->lingers = RT_TRUE;
    port->closed_at = rt_tick_get();
    if (port->gone)
    {
        port->tell |= RT_VIRTIO_CONSOLE_TELL_ATTEND;
    }
    else if (!engine_of(port)->text)
    {
        /* A text console is open from the start (5.3.6.2.2): what is typed before a shell listens waits for it. */
        virtio_console_open(&port->console->engine, port->index, false);
    }
    rt_virtio_console_unlock(port->console, level);
    return RT_EOK;
}

/* --- Reading --- */

/* What there is. Registers the caller as one who waits for more if he wants to. */
static int take(struct rt_virtio_console_port *port, rt_uint8_t *to, rt_size_t size, rt_bool_t wait)
{
    struct virtio_console_port *engine = engine_of(port);
    rt_base_t level = rt_virtio_console_lock(port->console);
    int count = -VIRTIO_ENODEV;

    /* What came before the port was removed can still be read; but not what came for the next port of this number. */
    if (!port->gone || !engine->present)
    {
        count = virtio_console_read(&port->console->engine, port->index, to, size);
    }
    port->readers += wait && count >= 0 && (rt_size_t)count < size ? 1 : 0;
    rt_virtio_console_unlock(port->console, level);
    return count;
}

static rt_virtio_size_t port_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size)
{
    struct rt_virtio_console_port *port = port_of(dev);
    rt_bool_t wait = (dev->open_flag & RT_DEVICE_FLAG_RX_BLOCKING) != 0 && may_wait();
    rt_uint8_t *to = buffer;
    rt_size_t done = 0;
    rt_size_t piece;
    int count;

    (void)pos;
    if (rt_virtio_console_is_inside(port->console))
    {
        return 0;
    }
    while (done < size)
    {
        piece = size - done < RT_VIRTIO_CONSOLE_PIECE_BYTES ? size - done : RT_VIRTIO_CONSOLE_PIECE_BYTES;
        count = take(port, to + done, piece, wait);
        if (count < 0)
        {
            return done != 0 ? (rt_virtio_size_t)done : (rt_virtio_size_t)-RT_EIO;
        }
        done += (rt_size_t)count;
        if ((rt_size_t)count == piece)
        {
            continue;
        }
        if (!wait || (done != 0 && !engine_of(port)->host_open))
        {
            break;
        }
        wait_a_while(port, &port->data, &port->readers);
    }
    return (rt_virtio_size_t)done;
}

/* --- Writing --- */

int rt_virtio_console_offer(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size)
{
    struct virtio_console *engine = &port->console->engine;
    int taken = port->gone ? -VIRTIO_ENODEV : virtio_console_write(engine, port->index, data, size);
    int more;

    if (taken >= 0 && (rt_size_t)taken < size && virtio_console_reclaim(engine, port->index) > 0)
    {
        more = virtio_console_write(engine, port->index, data + taken, size - (rt_size_t)taken);
        taken += more > 0 ? more : 0;
    }
    if (!port->gone && engine_of(port)->tx.ring.broken)
    {
        port->console->broken = RT_TRUE;
    }
    return taken;
}

/* As much as there is room for. Registers the caller as one who waits if that is not all and he wants to. */
static int put(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size, rt_bool_t wait)
{
    rt_base_t level = rt_virtio_console_lock(port->console);
    int taken = rt_virtio_console_offer(port, data, size);

    /* Until the device has recovered nothing is taken, which is no reason to give up. */
    taken = taken == -VIRTIO_EAGAIN || taken == -VIRTIO_EPROTO ? 0 : taken;
    port->writers += wait && taken >= 0 && (rt_size_t)taken < size ? 1 : 0;
    rt_virtio_console_unlock(port->console, level);
    return taken;
}

static rt_size_t put_all(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size, rt_bool_t wait)
{
    rt_tick_t progress = rt_tick_get();
    rt_size_t done = 0;
    rt_size_t piece;
    int taken;

    if (rt_virtio_console_is_inside(port->console))
    {
        return 0;
    }
    while (done < size)
    {
        piece = size - done < RT_VIRTIO_CONSOLE_PIECE_BYTES ? size - done : RT_VIRTIO_CONSOLE_PIECE_BYTES;
        taken = put(port, data + done, piece, wait);
        if (taken < 0)
        {
            break; /* nobody there */
        }
        done += (rt_size_t)taken;
        if ((rt_size_t)taken == piece)
        {
            progress = rt_tick_get();
            continue;
        }
        if (!wait)
        {
            break;
        }
        if (taken > 0)
        {
            progress = rt_tick_get();
        }
        wait_a_while(port, &port->room, &port->writers);
        if (taken == 0 && rt_tick_get() - progress >= rt_tick_from_millisecond(RT_VIRTIO_CONSOLE_PATIENCE_MS))
        {
            break; /* nothing has moved for all that time, however often the device said that it would */
        }
    }
    return done;
}

/* How to write: `say`: never wait, but mention what is lost. */
struct manner
{
    rt_bool_t say;
    rt_bool_t wait;
};

static rt_size_t put_bytes(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size,
                           struct manner manner)
{
    return manner.say ? rt_virtio_console_say(port, data, size) : put_all(port, data, size, manner.wait);
}

/* How many bytes of a text so many bytes of what was made of it stand for. */
static rt_size_t untranslated(const rt_uint8_t *data, rt_size_t bytes)
{
    rt_size_t count = 0;
    rt_size_t used;

    for (used = 0; used < bytes; count++)
    {
        used += data[count] == '\n' ? 2 : 1;
    }
    return used > bytes ? count - 1 : count; /* only the "\r" of it */
}

/* "\n" as "\r\n". Returns how many of the caller's bytes were taken. */
static rt_size_t put_text(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size,
                          struct manner manner)
{
    rt_uint8_t text[TEXT_BYTES];
    rt_size_t done = 0;
    rt_size_t from = 0;
    rt_size_t start;
    rt_size_t taken;
    rt_size_t used;

    do
    {
        start = from;
        for (used = 0; from < size && used + 2 <= sizeof(text); from++)
        {
            if (data[from] == '\n')
            {
                text[used++] = '\r';
            }
            text[used++] = data[from];
        }
        taken = put_bytes(port, text, used, manner);
        done += untranslated(data + start, taken);
    } while (from < size && (manner.say || taken == used)); /* who says it has to hear of all that is lost */
    return done;
}

static rt_size_t put_as_opened(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size,
                               struct manner manner)
{
    return (port->parent.open_flag & RT_DEVICE_FLAG_STREAM) != 0 ? put_text(port, data, size, manner)
                                                                 : put_bytes(port, data, size, manner);
}

rt_size_t rt_virtio_console_put(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size,
                                rt_bool_t wait)
{
    struct manner manner = {RT_FALSE, wait && may_wait()};

    return put_as_opened(port, data, size, manner);
}

static rt_virtio_size_t port_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size)
{
    struct rt_virtio_console_port *port = port_of(dev);
    struct manner manner;
    rt_size_t done;

    (void)pos;
    manner.say = rt_virtio_console_is_system(port);
    manner.wait = (dev->open_flag & RT_DEVICE_FLAG_TX_NON_BLOCKING) == 0 && may_wait();
    done = put_as_opened(port, buffer, size, manner);
    return done == 0 && size != 0 && port->gone ? (rt_virtio_size_t)-RT_EIO : (rt_virtio_size_t)done;
}

/* --- Control --- */

static rt_err_t set_resize(struct rt_virtio_console_port *port, const struct rt_virtio_console_resize *resize)
{
    static const struct rt_virtio_console_resize none;
    rt_base_t level = rt_virtio_console_lock(port->console);

    port->resize = resize != RT_NULL ? *resize : none;
    rt_virtio_console_unlock(port->console, level);
    return RT_EOK;
}

static rt_err_t get_size(struct rt_virtio_console_port *port, struct rt_virtio_console_size *size)
{
    rt_base_t level;

    if (size == RT_NULL)
    {
        return -RT_EINVAL;
    }
    level = rt_virtio_console_lock(port->console);
    size->cols = engine_of(port)->cols;
    size->rows = engine_of(port)->rows;
    rt_virtio_console_unlock(port->console, level);
    return RT_EOK;
}

static rt_err_t port_control(rt_device_t dev, int command, void *args)
{
    struct rt_virtio_console_port *port = port_of(dev);

    if (command == VIRTIO_DEVICE_CTRL_CONSOLE_PORT_CREATE || command == VIRTIO_DEVICE_CTRL_CONSOLE_PORT_DESTROY)
    {
        return RT_EOK;
    }
    if (port->gone)
    {
        return -RT_EIO;
    }
    switch (command)
    {
    case RT_DEVICE_CTRL_SET_INT:
    case RT_DEVICE_CTRL_CLR_INT:
        return RT_EOK;
    case RT_VIRTIO_CONSOLE_CTRL_GET_SIZE:
        return get_size(port, args);
    case RT_VIRTIO_CONSOLE_CTRL_ON_RESIZE:
        return set_resize(port, args);
    case RT_DEVICE_CTRL_NOTIFY_SET:
        if (args == RT_NULL)
        {
            return -RT_EINVAL;
        }
        port->notify = *(struct rt_device_notify *)args;
        return RT_EOK;
    case RT_DEVICE_CTRL_CONSOLE_OFLAG:
        if (args == RT_NULL)
        {
            return -RT_EINVAL;
        }
        *(rt_uint16_t *)args = RT_DEVICE_FLAG_RDWR | RT_DEVICE_FLAG_INT_RX | RT_DEVICE_FLAG_STREAM;
        return RT_EOK;
    default:
        return -RT_EINVAL;
    }
}

/* --- The device comes and goes --- */

static const struct rt_virtio_ops port_ops = {
    .init = RT_NULL,
    .open = port_open,
    .close = port_close,
    .read = port_read,
    .write = port_write,
    .control = port_control,
};

void rt_virtio_console_port_init(struct rt_virtio_console *console, rt_uint16_t index)
{
    struct rt_virtio_console_port *port = &console->ports[index];

    port->console = console;
    port->index = index;
    rt_sem_init(&port->room, "vportw", 0, RT_IPC_FLAG_FIFO);
    rt_sem_init(&port->data, "vportr", 0, RT_IPC_FLAG_FIFO);
}

/* Nobody else uses what is set here: there is no device yet. */
static void register_port(struct rt_virtio_console_port *port)
{
    struct rt_virtio_console *console = port->console;
    rt_device_t dev = &port->parent;
    /* The number behind the prefix is the console's. */
    const char *number = console->device.name + strlen(console->device.class->prefix);
    rt_base_t level;
    rt_err_t result;

    if (console->engine.multiport)
    {
        rt_snprintf(port->name, sizeof(port->name), RT_VIRTIO_NAME("vport%sp%u", "vp%sp%u"), number,
                    (unsigned int)port->index);
    }
    else
    {
        rt_snprintf(port->name, sizeof(port->name), "%s", console->device.name);
    }
    memset(dev, 0, sizeof(*dev));
    memset(&port->resize, 0, sizeof(port->resize));
    memset(&port->notify, 0, sizeof(port->notify));
    dev->type = RT_Device_Class_Char;
    rt_virtio_set_ops(dev, &port_ops);
    result = rt_device_register(dev, port->name, RT_DEVICE_FLAG_RDWR | RT_DEVICE_FLAG_INT_RX);
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: not registered; is there another device of this name?\n", port->name);
    }
#ifdef RT_USING_POSIX_DEVIO
    else
    {
        dev->fops = &rt_virtio_console_file; /* which registering has cleared */
    }
#endif
    level = rt_virtio_console_lock(console);
    port->registered = result == RT_EOK;
    port->refused = result != RT_EOK && !port->gone;
    rt_virtio_console_unlock(console, level);
}

/* What came to pass meanwhile was not for us to see; whoever was here and left it to us does not come again. */
static void done_with(struct rt_virtio_console_port *port)
{
    rt_base_t level = rt_virtio_console_lock(port->console);

    port->attended = RT_FALSE;
    port->tell |= RT_VIRTIO_CONSOLE_TELL_ATTEND;
    rt_virtio_console_unlock(port->console, level);
}

/* A port of the host that has no device here gets one. */
static void add(struct rt_virtio_console_port *port)
{
    rt_base_t level = rt_virtio_console_lock(port->console);
    rt_bool_t mine = engine_of(port)->present && !port->registered && !port->refused && !port->attended;

    if (mine)
    {
        port->attended = RT_TRUE;
        port->gone = RT_FALSE;
        port->lingers = RT_FALSE;
        port->lost = 0;
        port->missing = 0;
        port->pocketed = 0;
        port->overflow = 0;
        port->resized = RT_FALSE;
    }
    rt_virtio_console_unlock(port->console, level);
    if (mine)
    {
        register_port(port);
#ifdef RT_VIRTIO_CONSOLE_SERIAL
        rt_virtio_console_serial_plug(port);
#endif
        done_with(port);
    }
}

/*
 * A device whose port is gone goes as soon as nobody has it open. Whoever closes it is in rt_device_close() until that
 * has cleared the flags: `again` then.
 */
static void withdraw(struct rt_virtio_console_port *port, rt_bool_t *again)
{
    rt_base_t level = rt_virtio_console_lock(port->console);
    rt_bool_t unused = port->registered && port->gone && !port->attended && port->parent.ref_count == 0;
    rt_bool_t lingers = port->lingers && rt_tick_get() - port->closed_at < rt_tick_from_millisecond(LINGER_MS);
    rt_bool_t mine = unused && !lingers && port->parent.open_flag == 0;

    if (mine)
    {
        port->attended = RT_TRUE;
        port->registered = RT_FALSE;
    }
    *again = *again || (unused && !mine);
    rt_virtio_console_unlock(port->console, level);
    if (mine)
    {
        rt_device_unregister(&port->parent);
        done_with(port);
    }
}

static void tell_size(struct rt_virtio_console_port *port)
{
    rt_base_t level = rt_virtio_console_lock(port->console);
    rt_bool_t due = port->resized && port->registered && !port->gone;
    struct rt_virtio_console_resize resize = port->resize;
    struct rt_virtio_console_size size = {engine_of(port)->cols, engine_of(port)->rows};

    port->resized = RT_FALSE;
    rt_virtio_console_unlock(port->console, level);
    if (due && resize.changed != RT_NULL)
    {
        resize.changed(&port->parent, &size, resize.context);
    }
}

rt_bool_t rt_virtio_console_attend(struct rt_virtio_console *console)
{
    rt_bool_t again = RT_FALSE;
    rt_uint16_t i;

    for (i = 0; i < console->engine.port_count; i++)
    {
#ifdef RT_VIRTIO_CONSOLE_SERIAL
        rt_virtio_console_serial_unplug(&console->ports[i]);
#endif
        withdraw(&console->ports[i], &again);
        add(&console->ports[i]);
        tell_size(&console->ports[i]);
    }
    return again;
}

/* True if somebody has one open, or is on the way out of it. Otherwise nobody attends to them from here on. */
static rt_bool_t claim_all(struct rt_virtio_console *console)
{
    rt_base_t level = rt_virtio_console_lock(console);
    rt_bool_t busy = RT_FALSE;
    rt_uint16_t i;

    for (i = 0; i < console->engine.port_count; i++)
    {
        busy = busy || console->ports[i].attended ||
               (console->ports[i].registered &&
                (console->ports[i].parent.ref_count != 0 || console->ports[i].parent.open_flag != 0));
    }
    for (i = 0; i < console->engine.port_count && !busy; i++)
    {
        console->ports[i].attended = RT_TRUE;
    }
    rt_virtio_console_unlock(console, level);
    return busy;
}

rt_err_t rt_virtio_console_withdraw_ports(struct rt_virtio_console *console)
{
    rt_uint16_t i;

    if (claim_all(console))
    {
        return -RT_EBUSY;
    }
    for (i = 0; i < console->engine.port_count; i++)
    {
        if (console->ports[i].registered)
        {
            rt_device_unregister(&console->ports[i].parent);
            console->ports[i].registered = RT_FALSE;
        }
    }
    rt_thread_mdelay(LINGER_MS);
    return RT_EOK;
}

rt_device_t rt_virtio_console_find_port(const char *name)
{
    struct rt_virtio_device *device;
    struct rt_virtio_console *console;
    rt_device_t found = RT_NULL;
    rt_base_t level;
    rt_uint16_t i;

    rt_virtio_hold_list();
    for (device = rt_virtio_first(); device != RT_NULL && found == RT_NULL; device = device->next)
    {
        if (device->class == RT_NULL || device->class->id != VIRTIO_ID_CONSOLE)
        {
            continue;
        }
        console = rt_virtio_console_of(device);
        for (i = 0; i < console->engine.port_count && found == RT_NULL; i++)
        {
            level = rt_virtio_console_lock(console);
            if (console->ports[i].registered && !console->ports[i].gone &&
                rt_strcmp(console->engine.ports[i].name, name) == 0)
            {
                found = &console->ports[i].parent;
            }
            rt_virtio_console_unlock(console, level);
        }
    }
    rt_virtio_release_list();
    return found;
}

#endif /* RT_USING_VIRTIO_CONSOLE */
