/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command `port`: use a console port, through RT-Thread's device interface only.
 */
#include "rt_virtio.h"

#if defined(RT_USING_VIRTIO_SHELL) && defined(RT_USING_VIRTIO_CONSOLE)

#include <finsh.h>
#include <stdlib.h>
#include <string.h>

#include <virtio_console.h>

#define CHUNK_BYTES 4096u

/* How long to wait for the host's next byte. */
#define PATIENCE_MS 5000

/* A stream of bytes that the host can make, too. */
static rt_uint8_t next_byte(rt_uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (rt_uint8_t)(*state >> 24);
}

static rt_uint32_t checksum(rt_uint32_t sum, const rt_uint8_t *data, rt_size_t size)
{
    /* Adler-32, without its speed. */
    rt_uint32_t a = sum & 0xffffu;
    rt_uint32_t b = sum >> 16;

    for (; size > 0; size--)
    {
        a = (a + *data++) % 65521u;
        b = (b + a) % 65521u;
    }
    return b << 16 | a;
}

static int send_text(rt_device_t dev, const char *text, rt_uint8_t *buffer)
{
    rt_size_t size = rt_strlen(text);

    (void)buffer;
    rt_kprintf("sent %ld of %lu bytes\n", (long)rt_device_write(dev, 0, text, size), (unsigned long)size);
    return 0;
}

/* What is there, as text. */
static int receive_text(rt_device_t dev, const char *unused, rt_uint8_t *buffer)
{
    rt_size_t count = (rt_size_t)rt_device_read(dev, 0, buffer, CHUNK_BYTES - 1);

    (void)unused;
    buffer[count] = '\0';
    rt_kprintf("received %lu bytes: %s\n", (unsigned long)count, (const char *)buffer);
    return 0;
}

/* So many bytes of the stream. */
static int send_stream(rt_device_t dev, const char *count, rt_uint8_t *buffer)
{
    rt_size_t total = strtoul(count, RT_NULL, 0);
    rt_uint32_t state = 1;
    rt_uint32_t sum = 1;
    rt_size_t done;
    rt_size_t size;
    rt_size_t i;
    long taken;

    for (done = 0; done < total; done += size)
    {
        size = total - done < CHUNK_BYTES ? total - done : CHUNK_BYTES;
        for (i = 0; i < size; i++)
        {
            buffer[i] = next_byte(&state);
        }
        taken = (long)rt_device_write(dev, 0, buffer, size);
        if (taken < 0)
        {
            rt_kprintf("port: error %ld after %lu bytes\n", taken, (unsigned long)done);
            return -1;
        }
        if ((rt_size_t)taken != size)
        {
            rt_kprintf("port: the host takes nothing any more after %lu bytes\n", (unsigned long)done + taken);
            return -1;
        }
        sum = checksum(sum, buffer, size);
    }
    rt_kprintf("sent %lu bytes, adler32 %08lx\n", (unsigned long)total, (unsigned long)sum);
    return 0;
}

/* So many bytes, whatever they are. */
static int receive_stream(rt_device_t dev, const char *count, rt_uint8_t *buffer)
{
    rt_size_t total = strtoul(count, RT_NULL, 0);
    rt_uint32_t sum = 1;
    rt_size_t done = 0;
    rt_size_t size;
    int patience = PATIENCE_MS / 10;

    while (done < total && patience > 0)
    {
        size = total - done < CHUNK_BYTES ? total - done : CHUNK_BYTES;
        size = (rt_size_t)rt_device_read(dev, 0, buffer, size);
        if (size == 0)
        {
            rt_thread_mdelay(10);
            patience--;
            continue;
        }
        patience = PATIENCE_MS / 10;
        sum = checksum(sum, buffer, size);
        done += size;
    }
    rt_kprintf("received %lu bytes, adler32 %08lx\n", (unsigned long)done, (unsigned long)sum);
    return done == total ? 0 : -1;
}

/* Wait for so many bytes. */
static int wait_for_bytes(rt_device_t dev, const char *count, rt_uint8_t *buffer)
{
    rt_size_t size = strtoul(count, RT_NULL, 0);

    size = size < CHUNK_BYTES ? size : CHUNK_BYTES;
    rt_kprintf("waiting\n");
    rt_kprintf("waited, read %d\n", (int)rt_device_read(dev, 0, buffer, size));
    return 0;
}

/* Have it open for so many seconds, and say when it stops working. */
static int hold(rt_device_t dev, const char *seconds, rt_uint8_t *buffer)
{
    rt_tick_t end = rt_tick_get() + (rt_tick_t)strtoul(seconds, RT_NULL, 0) * RT_TICK_PER_SECOND;
    struct rt_virtio_console_size size;
    rt_bool_t works = RT_TRUE;
    rt_err_t result;

    while ((rt_int32_t)(end - rt_tick_get()) > 0)
    {
        result = rt_device_control(dev, RT_VIRTIO_CONSOLE_CTRL_GET_SIZE, &size);
        if (works && result != RT_EOK)
        {
            works = RT_FALSE;
            rt_kprintf("gone: control %d, write %d, read %d\n", (int)result, (int)rt_device_write(dev, 0, "x", 1),
                       (int)rt_device_read(dev, 0, buffer, 1));
        }
        rt_thread_mdelay(20);
    }
    return works ? 0 : -1;
}

static void print_size(rt_device_t dev, const struct rt_virtio_console_size *size, void *context)
{
    (void)context;
    rt_kprintf("%s: %u columns, %u rows\n", dev->parent.name, (unsigned int)size->cols, (unsigned int)size->rows);
}

static int watch_size(rt_device_t dev, const char *unused, rt_uint8_t *buffer)
{
    struct rt_virtio_console_resize resize = {print_size, RT_NULL};
    struct rt_virtio_console_size size;

    (void)unused;
    (void)buffer;
    if (rt_device_control(dev, RT_VIRTIO_CONSOLE_CTRL_GET_SIZE, &size) != RT_EOK)
    {
        return -1;
    }
    print_size(dev, &size, RT_NULL);
    return (int)rt_device_control(dev, RT_VIRTIO_CONSOLE_CTRL_ON_RESIZE, &resize);
}

/* --- Which ports are open --- */

/*
 * A port stays open after a command: the host is not to see one that comes and goes all the time. But each device is
 * opened once only, because RT-Thread counts in eight bits.
 */
#define OPENED_MAX 32

static rt_device_t opened[OPENED_MAX];

static rt_device_t *place_of(rt_device_t dev)
{
    rt_size_t i;

    for (i = 0; i < OPENED_MAX && opened[i] != dev; i++)
    {
    }
    return i < OPENED_MAX ? &opened[i] : RT_NULL;
}

static void leave(rt_device_t dev)
{
    rt_device_t *place = place_of(dev);

    if (place != RT_NULL)
    {
        *place = RT_NULL;
        rt_device_close(dev);
    }
}

static rt_device_t find(const char *name)
{
    rt_device_t dev = rt_virtio_console_find_port(name);

    return dev != RT_NULL ? dev : rt_device_find(name);
}

static rt_device_t enter(const char *name, rt_uint16_t flags)
{
    rt_device_t dev = find(name);
    struct rt_virtio_console_size size;
    rt_device_t *place;

    if (dev != RT_NULL && place_of(dev) != RT_NULL)
    {
        if (dev->open_flag == ((flags & 0xff4f) | RT_DEVICE_OFLAG_OPEN) &&
            rt_device_control(dev, RT_VIRTIO_CONSOLE_CTRL_GET_SIZE, &size) == RT_EOK)
        {
            return dev;
        }
        /* Its port was removed, or it is to be opened in another way. If the port is there again, so is a device soon.
         */
        leave(dev);
        rt_thread_mdelay(100);
        dev = find(name);
    }
    place = place_of(RT_NULL);
    if (dev == RT_NULL || place == RT_NULL || rt_device_open(dev, flags) != RT_EOK)
    {
        return RT_NULL;
    }
    *place = dev;
    return dev;
}

/* --- Commands --- */

static int list_ports(void)
{
    struct rt_virtio_device *device;

    rt_virtio_hold_list();
    for (device = rt_virtio_first(); device != RT_NULL; device = device->next)
    {
        if (device->class != RT_NULL && device->class->id == VIRTIO_ID_CONSOLE)
        {
            rt_kprintf("%s: %s\n", device->name, device->state);
            device->class->print_config(device);
        }
    }
    rt_virtio_release_list();
    return 0;
}

static const struct
{
    const char *name;
    int (*run)(rt_device_t dev, const char *argument, rt_uint8_t *buffer);
    const char *usage;
    rt_uint16_t flags;
} commands[] = {
    {"write", send_text, "PORT TEXT     send a text", RT_DEVICE_FLAG_RDWR},
    {"try", send_stream, "PORT COUNT      send a stream of bytes, without waiting for the host",
     RT_DEVICE_FLAG_RDWR | RT_DEVICE_FLAG_TX_NON_BLOCKING},
    {"read", receive_text, "PORT -         print what is there", RT_DEVICE_FLAG_RDWR},
    {"wait", wait_for_bytes, "PORT COUNT     wait for so many bytes", RT_DEVICE_FLAG_RDWR | RT_DEVICE_FLAG_RX_BLOCKING},
    {"send", send_stream, "PORT COUNT     send a stream of bytes", RT_DEVICE_FLAG_RDWR},
    {"receive", receive_stream, "PORT COUNT  receive so many bytes", RT_DEVICE_FLAG_RDWR},
    {"hold", hold, "PORT SECONDS   have it open for a while, then close it", RT_DEVICE_FLAG_RDWR},
    {"size", watch_size, "PORT -         its size, now and whenever it changes", RT_DEVICE_FLAG_RDWR},
};

static int run(const char *name, rt_size_t which, const char *argument)
{
    rt_uint8_t *buffer = rt_malloc(CHUNK_BYTES);
    rt_device_t dev = buffer != RT_NULL ? enter(name, commands[which].flags) : RT_NULL;
    int result = -1;

    if (dev == RT_NULL)
    {
        rt_kprintf("port: cannot open %s; `port list` lists ports\n", name);
    }
    else
    {
        result = commands[which].run(dev, argument, buffer);
    }
    if (dev != RT_NULL && commands[which].run == hold)
    {
        leave(dev);
        rt_kprintf("closed\n");
    }
    rt_free(buffer);
    return result;
}

static int usage(void)
{
    rt_size_t i;

    rt_kprintf("usage:\n  port list               all ports\n");
    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
    {
        rt_kprintf("  port %s %s\n", commands[i].name, commands[i].usage);
    }
    return -1;
}

static int port(int argc, char **argv)
{
    rt_size_t i;

    if (argc == 2 && rt_strcmp(argv[1], "list") == 0)
    {
        return list_ports();
    }
    for (i = 0; argc == 4 && i < sizeof(commands) / sizeof(commands[0]); i++)
    {
        if (rt_strcmp(argv[1], commands[i].name) == 0)
        {
            return run(argv[2], i, argv[3]);
        }
    }
    return usage();
}
MSH_CMD_EXPORT(port, console ports : list or write or read or send or receive and more);

#endif /* RT_USING_VIRTIO_SHELL && RT_USING_VIRTIO_CONSOLE */
