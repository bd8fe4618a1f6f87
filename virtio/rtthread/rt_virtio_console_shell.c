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
    rt_kprintf("sent %lu of %lu bytes\n", (unsigned long)rt_device_write(dev, 0, text, size), (unsigned long)size);
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

    for (done = 0; done < total; done += size)
    {
        size = total - done < CHUNK_BYTES ? total - done : CHUNK_BYTES;
        for (i = 0; i < size; i++)
        {
            buffer[i] = next_byte(&state);
        }
        if ((rt_size_t)rt_device_write(dev, 0, buffer, size) != size)
        {
            rt_kprintf("port: the host takes nothing any more after %lu bytes\n", (unsigned long)done);
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

static const struct
{
    const char *name;
    int (*run)(rt_device_t dev, const char *argument, rt_uint8_t *buffer);
    const char *usage;
} commands[] = {
    {"write", send_text, "PORT TEXT     send a text"},
    {"read", receive_text, "PORT -         print what is there"},
    {"send", send_stream, "PORT COUNT     send a stream of bytes"},
    {"receive", receive_stream, "PORT COUNT  receive so many bytes"},
};

static rt_device_t find(const char *name)
{
    rt_device_t dev = rt_device_find(name);

    return dev != RT_NULL ? dev : rt_virtio_console_find_port(name);
}

static int port(int argc, char **argv)
{
    rt_uint8_t *buffer;
    rt_device_t dev;
    int result = -1;
    rt_size_t i;

    for (i = 0; argc == 4 && i < sizeof(commands) / sizeof(commands[0]); i++)
    {
        if (rt_strcmp(argv[1], commands[i].name) != 0)
        {
            continue;
        }
        dev = find(argv[2]);
        buffer = rt_malloc(CHUNK_BYTES);
        if (dev == RT_NULL || buffer == RT_NULL || rt_device_open(dev, RT_DEVICE_FLAG_RDWR) != RT_EOK)
        {
            rt_kprintf("port: cannot open %s; `virtio info virtio-console0` lists ports\n", argv[2]);
        }
        else
        {
            result = commands[i].run(dev, argv[3], buffer);
            /* Stays open: the host is not to see a port that comes and goes with every command. */
        }
        rt_free(buffer);
        return result;
    }
    rt_kprintf("usage:\n");
    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
    {
        rt_kprintf("  port %s %s\n", commands[i].name, commands[i].usage);
    }
    return -1;
}
MSH_CMD_EXPORT(port, console ports : write or read or send or receive);

#endif /* RT_USING_VIRTIO_SHELL && RT_USING_VIRTIO_CONSOLE */
