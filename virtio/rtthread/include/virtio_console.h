/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VirtIO console devices in RT-Thread, of RT_Device_Class_Char.
 *
 * A console with one port is virtio-console0, virtio-console1, ... With several ports, each is a device of its own,
 * vport0p0, vport0p1, ... (console, port), from the time that the host adds it; virtio-console0 is for control then. A
 * port that the host removes keeps its device, which fails to read and write until the port comes back.
 *
 * rt_device_read() returns at once with what there is. rt_device_write() waits for room as long as bytes move, and at
 * most RT_VIRTIO_CONSOLE_PATIENCE_MS without that; it does not wait where that is not possible, and not on the system
 * console. It returns the number of bytes taken. With RT_DEVICE_FLAG_STREAM in the open flags, "\n" is sent as "\r\n";
 * otherwise bytes go as they are. rx_indicate and tx_complete are called in interrupts or threads.
 */
#ifndef __VIRTIO_CONSOLE_H__
#define __VIRTIO_CONSOLE_H__

#include <rtthread.h>

rt_err_t rt_virtio_console_init(rt_ubase_t *mmio_base, rt_uint32_t irq);

/* The port to which the host gave a name, or NULL. Thread context. */
rt_device_t rt_virtio_console_find_port(const char *name);

/* On virtio-consoleN and on ports: ports come and go by themselves, so these have nothing to do, and succeed. */
#define VIRTIO_DEVICE_CTRL_CONSOLE_PORT_CREATE  0x20
#define VIRTIO_DEVICE_CTRL_CONSOLE_PORT_DESTROY 0x21

/* On a port: its size in characters, 0 by 0 if the host does not say. struct rt_virtio_console_size *. */
#define RT_VIRTIO_CONSOLE_CTRL_GET_SIZE 0x22

struct rt_virtio_console_size
{
    rt_uint16_t cols;
    rt_uint16_t rows;
};

#endif /* __VIRTIO_CONSOLE_H__ */
