/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a console port tells of what has come. A program for the workstation; it returns 0 if all is well.
 */
#include <stdio.h>

#include "../../virtio/rtthread/rt_virtio_console.c"

static rt_uint32_t readable;
static rt_size_t told;
static unsigned int notified;

uint32_t virtio_console_readable(const struct virtio_console *console, uint16_t port)
{
    (void)console;
    return port == 1 ? readable : 0;
}

static rt_err_t indicate(rt_device_t dev, rt_size_t size)
{
    (void)dev;
    told += size;
    return RT_EOK;
}

static void notify(rt_device_t dev)
{
    (void)dev;
    notified++;
}

int main(void)
{
    static struct rt_virtio_console console;
    static struct rt_virtio_console_port port;

    port.console = &console;
    port.index = 1;
    readable = 3000;
    tell_readable(&port); /* nobody wants to know */

    port.parent.rx_indicate = indicate;
    port.notify.notify = notify;
    tell_readable(&port);
    printf("told of %lu of 3000 bytes, notified %u times\n", (unsigned long)told, notified);
    return told == 3000 && notified == 1 ? 0 : 1;
}
