/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A port once more, as a serial device of RT-Thread's serial framework (version 1): for code that takes no other
 * character device, as the terminals of RT-Thread 5.1's user mode (ttyS...) do. It is a user of the port's device,
 * which it has open while it is open itself, and it stays for good, since the framework has no way to take one back:
 * while the host has no such port, nothing comes, and what is sent is lost, as on a wire that is not plugged.
 */
#include "rt_virtio_console.h"

#if defined(RT_USING_VIRTIO_CONSOLE) && defined(RT_VIRTIO_CONSOLE_SERIAL)

#include <string.h>

#if !defined(RT_USING_SERIAL) || defined(RT_USING_SERIAL_V2)
#error \
    "RT_VIRTIO_CONSOLE_SERIAL needs RT-Thread's serial framework, version 1 (RT_USING_SERIAL, not RT_USING_SERIAL_V2)"
#endif

/*
 * The framework sends bytes one by one. They are gathered up to the end of a line, this many, or for a tick: each
 * notification of the device costs far more than a byte.
 */
#define GATHER_BYTES 128

/* Bytes that are fetched from the port at a time; and what the framework keeps for readers. */
#define FETCH_BYTES  64
#define BUFFER_BYTES 2048

/* So many ticks without any progress, and what was gathered is lost. */
#define MISSES_MAX 20

struct rt_virtio_console_serial
{
    struct rt_serial_device serial; /* first: RT-Thread's */
    struct rt_virtio_console_serial *next;
    char name[20]; /* the port's */
    rt_virtio_lock_t lock;
    struct rt_timer timer; /* for what was gathered and no line has ended */

    /* Under the lock. */
    rt_bool_t open;      /* this device is */
    rt_bool_t listening; /* and its receive interrupt is enabled */
    rt_device_t port;    /* NULL: not open, or the host has none */
    rt_bool_t receiving; /* somebody is fetching, and `fetched` is his */
    rt_bool_t again;     /* there was a reason to fetch meanwhile */
    rt_bool_t sending;
    rt_bool_t timing; /* the timer runs */
    unsigned int misses;
    rt_size_t gathered;
    rt_uint8_t gather[GATHER_BYTES];

    rt_uint8_t fetched[FETCH_BYTES];
    rt_size_t fetched_count;
    rt_size_t fetched_at;
};

static struct rt_virtio_console_serial *first;

static struct rt_virtio_console_serial *of(struct rt_serial_device *serial)
{
    return rt_container_of(serial, struct rt_virtio_console_serial, serial);
}

/* --- Receiving --- */

/* Becomes the one who fetches, or leaves word. */
static rt_bool_t begin_receiving(struct rt_virtio_console_serial *twin)
{
    rt_base_t level = rt_virtio_lock(&twin->lock);
    rt_bool_t mine = twin->listening && twin->port != RT_NULL && !twin->receiving;

    twin->again = RT_TRUE;
    twin->receiving = twin->receiving || mine;
    rt_virtio_unlock(&twin->lock, level);
    return mine;
}

/* The port to fetch from next, or NULL, after which somebody else may. */
static rt_device_t go_on_receiving(struct rt_virtio_console_serial *twin)
{
    rt_base_t level = rt_virtio_lock(&twin->lock);
    rt_device_t port = twin->again && twin->listening ? twin->port : RT_NULL;

    twin->again = RT_FALSE;
    twin->receiving = port != RT_NULL;
    rt_virtio_unlock(&twin->lock, level);
    return port;
}

/* All that there is, to the framework. Any context, and any number of them at once. */
static void receive(struct rt_virtio_console_serial *twin)
{
    rt_device_t port;
    rt_virtio_size_t count;

    if (!begin_receiving(twin))
    {
        return;
    }
    while ((port = go_on_receiving(twin)) != RT_NULL)
    {
        while ((count = rt_device_read(port, -1, twin->fetched, sizeof(twin->fetched))) > 0)
        {
            twin->fetched_at = 0;
            twin->fetched_count = (rt_size_t)count;
            rt_hw_serial_isr(&twin->serial, RT_SERIAL_EVENT_RX_IND);
        }
    }
}

static rt_err_t readable(rt_device_t dev, rt_size_t size)
{
    struct rt_virtio_console_serial *twin;

    (void)size;
    for (twin = first; twin != RT_NULL; twin = twin->next)
    {
        if (twin->port == dev)
        {
            receive(twin);
        }
    }
    return RT_EOK;
}

static int serial_getc(struct rt_serial_device *serial)
{
    struct rt_virtio_console_serial *twin = of(serial);
    rt_device_t port = twin->port;
    rt_uint8_t byte;

    if (twin->fetched_at < twin->fetched_count)
    {
        return twin->fetched[twin->fetched_at++];
    }
    /* Opened without the receive interrupt, it is asked for each byte. */
    if (!twin->listening && port != RT_NULL && rt_device_read(port, -1, &byte, 1) == 1)
    {
        return byte;
    }
    return -1;
}

/* --- Sending --- */

/* What a write left. With the lock. */
static void put_back(struct rt_virtio_console_serial *twin, const rt_uint8_t *data, rt_size_t size)
{
    if (size > sizeof(twin->gather) - twin->gathered)
    {
        return;
    }
    memmove(twin->gather + size, twin->gather, twin->gathered);
    memcpy(twin->gather, data, size);
    twin->gathered += size;
}

/* Send what was gathered, unless somebody is at it. Any context; waits where the port's device does. */
static void flush(struct rt_virtio_console_serial *twin)
{
    rt_uint8_t data[GATHER_BYTES];
    rt_base_t level = rt_virtio_lock(&twin->lock);
    rt_device_t port = twin->port;
    rt_virtio_size_t done = 0;
    rt_size_t size = twin->sending ? 0 : twin->gathered;

    if (size == 0)
    {
        rt_virtio_unlock(&twin->lock, level);
        return;
    }
    memcpy(data, twin->gather, size);
    twin->gathered = 0;
    twin->sending = RT_TRUE;
    rt_virtio_unlock(&twin->lock, level);

    if (port != RT_NULL)
    {
        done = rt_device_write(port, -1, data, size);
        done = done > 0 ? done : 0;
    }

    level = rt_virtio_lock(&twin->lock);
    twin->sending = RT_FALSE;
    twin->misses = done != 0 ? 0 : twin->misses + 1;
    if (port != RT_NULL && twin->misses < MISSES_MAX)
    {
        put_back(twin, data + done, size - (rt_size_t)done);
    }
    rt_virtio_unlock(&twin->lock, level);
}

/* There is something that nobody sends now: the timer will. */
static void flush_later(struct rt_virtio_console_serial *twin)
{
    rt_base_t level = rt_virtio_lock(&twin->lock);
    rt_bool_t start = twin->gathered != 0 && !twin->timing;

    twin->timing = twin->timing || start;
    rt_virtio_unlock(&twin->lock, level);
    if (start)
    {
        rt_timer_start(&twin->timer);
    }
}

static void tick(void *parameter)
{
    struct rt_virtio_console_serial *twin = parameter;

    twin->timing = RT_FALSE;
    flush(twin);
    flush_later(twin);
}

/* False: it is full. `*due`: this should be sent at once. */
static rt_bool_t gather(struct rt_virtio_console_serial *twin, rt_uint8_t byte, rt_bool_t *due)
{
    rt_base_t level = rt_virtio_lock(&twin->lock);
    rt_bool_t room = twin->gathered < sizeof(twin->gather);

    if (room)
    {
        twin->gather[twin->gathered++] = byte;
    }
    *due = byte == '\n' || twin->gathered == sizeof(twin->gather);
    rt_virtio_unlock(&twin->lock, level);
    return room;
}

/* A byte for which there is no room in time is lost, as on a wire; the framework could only wait for good. */
static int serial_putc(struct rt_serial_device *serial, char c)
{
    struct rt_virtio_console_serial *twin = of(serial);
    unsigned int tries = 0;
    rt_bool_t due;

    while (!gather(twin, (rt_uint8_t)c, &due) && tries < MISSES_MAX)
    {
        flush(twin);
        if (rt_virtio_may_sleep() && !rt_virtio_interrupts_off() && tries > 0)
        {
            rt_thread_delay(1);
        }
        tries++;
    }
    if (due)
    {
        flush(twin);
    }
    flush_later(twin);
    return 1;
}

/* --- Opening --- */

/* Open the port's device, if this one is open and there is a port. Thread. */
static void plug(struct rt_virtio_console_serial *twin)
{
    rt_device_t port = twin->open && twin->port == RT_NULL ? rt_device_find(twin->name) : RT_NULL;

    if (port == RT_NULL || rt_device_open(port, RT_DEVICE_OFLAG_RDWR | RT_DEVICE_FLAG_INT_RX) != RT_EOK)
    {
        return;
    }
    twin->port = port;
    rt_device_set_rx_indicate(port, readable);
    receive(twin); /* what came before */
}

/* The opposite. Thread. */
static void unplug(struct rt_virtio_console_serial *twin)
{
    rt_base_t level = rt_virtio_lock(&twin->lock);
    rt_device_t port = twin->port;

    twin->port = RT_NULL;
    rt_virtio_unlock(&twin->lock, level);
    if (port != RT_NULL)
    {
        rt_device_set_rx_indicate(port, RT_NULL);
        rt_device_close(port);
    }
}

static void listen_to(struct rt_virtio_console_serial *twin, rt_bool_t on)
{
    rt_base_t level = rt_virtio_lock(&twin->lock);
    rt_bool_t busy = twin->receiving;

    twin->listening = on;
    rt_virtio_unlock(&twin->lock, level);
    /* The framework frees the buffer that whoever receives on another CPU is filling. */
    while (!on && busy && rt_virtio_may_sleep())
    {
        rt_thread_delay(1);
        busy = *(volatile rt_bool_t *)&twin->receiving;
    }
    if (on)
    {
        receive(twin);
    }
}

/* When it is opened, and again when somebody sets what a wire would need: rates and the like. */
static rt_err_t serial_configure(struct rt_serial_device *serial, struct serial_configure *cfg)
{
    (void)cfg;
    of(serial)->open = RT_TRUE;
    plug(of(serial));
    return RT_EOK;
}

static rt_err_t serial_control(struct rt_serial_device *serial, int cmd, void *arg)
{
    struct rt_virtio_console_serial *twin = of(serial);
    rt_bool_t reception = (rt_ubase_t)arg == RT_DEVICE_FLAG_INT_RX;

    switch (cmd)
    {
    case RT_DEVICE_CTRL_SET_INT:
    case RT_DEVICE_CTRL_CLR_INT:
        if (reception)
        {
            listen_to(twin, cmd == RT_DEVICE_CTRL_SET_INT);
        }
        return RT_EOK;
    case RT_DEVICE_CTRL_CLOSE:
        flush(twin);
        twin->open = RT_FALSE;
        unplug(twin);
        return RT_EOK;
    default:
        return twin->port != RT_NULL ? rt_device_control(twin->port, cmd, arg) : -RT_EIO;
    }
}

static const struct rt_uart_ops serial_ops = {
    .configure = serial_configure,
    .control = serial_control,
    .putc = serial_putc,
    .getc = serial_getc,
    .dma_transmit = RT_NULL,
};

/* --- The port comes and goes --- */

static struct rt_virtio_console_serial *find(const char *name)
{
    struct rt_virtio_console_serial *twin = first;

    while (twin != RT_NULL && rt_strcmp(twin->name, name) != 0)
    {
        twin = twin->next;
    }
    return twin;
}

/* "vport0p1" is uartv0p1, "virtio-console0" uartv0: in the driver model the terminals want names that begin like that.
 */
static struct rt_virtio_console_serial *create(const struct rt_virtio_console_port *port)
{
    static const struct serial_configure config = RT_SERIAL_CONFIG_DEFAULT;
    struct rt_virtio_console_serial *twin = rt_calloc(1, sizeof(*twin));
    const char *number = port->name + strcspn(port->name, "0123456789");
    char name[sizeof(twin->name)];

    if (twin == RT_NULL)
    {
        return RT_NULL;
    }
    rt_strncpy(twin->name, port->name, sizeof(twin->name));
    rt_virtio_lock_init(&twin->lock);
    rt_timer_init(&twin->timer, "vserial", tick, twin, 1, RT_TIMER_FLAG_ONE_SHOT);
    twin->serial.ops = &serial_ops;
    twin->serial.config = config;
    twin->serial.config.bufsz = BUFFER_BYTES;
    rt_snprintf(name, sizeof(name), "uartv%s", number);
    if (rt_hw_serial_register(&twin->serial, name, RT_DEVICE_FLAG_RDWR | RT_DEVICE_FLAG_INT_RX | RT_DEVICE_FLAG_INT_TX,
                              RT_NULL) != RT_EOK)
    {
        rt_timer_detach(&twin->timer);
        rt_free(twin);
        return RT_NULL;
    }
    twin->next = first;
    first = twin;
    return twin;
}

void rt_virtio_console_serial_plug(struct rt_virtio_console_port *port)
{
    struct rt_virtio_console_serial *twin = find(port->name);

    if (twin == RT_NULL)
    {
        twin = create(port);
    }
    if (twin == RT_NULL)
    {
        rt_kprintf("virtio: %s: no serial device; is there memory, or another device of this name?\n", port->name);
        return;
    }
    port->twin = &twin->serial.parent;
    plug(twin);
}

void rt_virtio_console_serial_unplug(struct rt_virtio_console_port *port)
{
    struct rt_virtio_console_serial *twin = port->registered && port->gone ? find(port->name) : RT_NULL;

    if (twin != RT_NULL && twin->port == &port->parent)
    {
        unplug(twin);
    }
}

#endif /* RT_USING_VIRTIO_CONSOLE && RT_VIRTIO_CONSOLE_SERIAL */
