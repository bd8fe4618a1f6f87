/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VirtIO console devices in RT-Thread, of RT_Device_Class_Char.
 *
 * A console with one port is virtio-console0, virtio-console1, ... With several ports, each is a device of its own,
 * vport0p0, vport0p1, ... (console, port), from the time that the host adds it; virtio-console0 is for control then.
 *
 * Reading: rt_device_read() returns at once with what there is. Opened with RT_DEVICE_FLAG_RX_BLOCKING it waits for all
 * that was asked for; it returns with less when the host closes its side, or when the caller cannot sleep.
 *
 * Writing: rt_device_write() returns the number of bytes taken. It waits for room as long as bytes move, and at most
 * RT_VIRTIO_CONSOLE_PATIENCE_MS without that; not at all with RT_DEVICE_FLAG_TX_NON_BLOCKING, where the caller cannot
 * sleep, and while nobody on the host has the port open. With RT_DEVICE_FLAG_STREAM, "\n" is sent as "\r\n"; otherwise
 * bytes go as they are.
 *
 * rx_indicate and tx_complete are called in interrupts or threads. RT-Thread passes on the flags of a second open only
 * if access or INT/DMA flags differ; STREAM then stays set until the last close.
 *
 * A port that the host removes while it is open: what it received before can still be read. Then reading and writing
 * return -RT_EIO (in RT-Thread before 5.0, where they cannot be negative, that value all the same), opening it once
 * more and every control fail with -RT_EIO; whoever waits in it wakes up. After the last close the device is
 * unregistered by the service thread, very soon. Only then, if the host has added the port again, there is a new device
 * of the name. If nobody has it open the device is unregistered at once: do not keep what rt_device_find() returned
 * without opening it. A device that is given up because it does not work loses all its ports in this way.
 *
 * As the system console (rt_console_set_device(), finsh_set_device()) a port is written to in every context, and never
 * waits. Bytes that find no room are counted, and when there is room again a line like "[vport0p0: 123 bytes lost]" is
 * put in their place. What the driver says about the console itself from inside appears a moment later. While the
 * device is being reset, or for good when it is dead, messages go out as emergency writes if it offers that; QEMU
 * prints those on its first console port.
 */
#ifndef __VIRTIO_CONSOLE_H__
#define __VIRTIO_CONSOLE_H__

#include <rtthread.h>

#include <virtio.h>

/* Open flags of RT-Thread's second version of serial devices, which some trees lack. */
#ifndef RT_DEVICE_FLAG_RX_BLOCKING
#define RT_DEVICE_FLAG_RX_BLOCKING 0x1000
#endif
#ifndef RT_DEVICE_FLAG_RX_NON_BLOCKING
#define RT_DEVICE_FLAG_RX_NON_BLOCKING 0x2000
#endif
#ifndef RT_DEVICE_FLAG_TX_BLOCKING
#define RT_DEVICE_FLAG_TX_BLOCKING 0x4000
#endif
#ifndef RT_DEVICE_FLAG_TX_NON_BLOCKING
#define RT_DEVICE_FLAG_TX_NON_BLOCKING 0x8000
#endif

rt_err_t rt_virtio_console_init(rt_ubase_t *mmio_base, rt_uint32_t irq);

/* The port to which the host gave a name, or NULL. Thread context. */
rt_device_t rt_virtio_console_find_port(const char *name);

/*
 * Last words: print on the first console device that offers EMERG_WRITE ("\n" as "\r\n"), in whatever state it is:
 * running, broken, given up; or, if no device was initialised yet, found in the board's windows (struct
 * rt_virtio_windows in virtio.h; not with RT_USING_SMART). A register write a byte. Any context; no lock, no interrupt,
 * no memory. Nothing happens without such a device. For RT-Thread's hooks:
 *
 *   static void say_assert(const char *ex, const char *func, rt_size_t line)
 *   {
 *       rt_virtio_console_emergency(ex, rt_strlen(ex));
 *       ...
 *   }
 *   ... rt_assert_set_hook(say_assert);
 *
 * and in the same way in the function given to rt_hw_exception_install().
 */
void rt_virtio_console_emergency(const char *text, rt_size_t length);

/* On virtio-consoleN and on ports: ports come and go by themselves, so these have nothing to do, and succeed. */
#define VIRTIO_DEVICE_CTRL_CONSOLE_PORT_CREATE  0x20
#define VIRTIO_DEVICE_CTRL_CONSOLE_PORT_DESTROY 0x21

/* On a port: its size in characters, 0 by 0 if the host does not say. struct rt_virtio_console_size *. */
#define RT_VIRTIO_CONSOLE_CTRL_GET_SIZE 0x22

/* On a port: a function to call in the service thread when the size changes. struct rt_virtio_console_resize * or NULL.
 */
#define RT_VIRTIO_CONSOLE_CTRL_ON_RESIZE 0x23

struct rt_virtio_console_size
{
    rt_uint16_t cols;
    rt_uint16_t rows;
};

/* Copied. It stays in force until it is replaced, or the port is gone. */
struct rt_virtio_console_resize
{
    void (*changed)(rt_device_t dev, const struct rt_virtio_console_size *size, void *context);
    void *context;
};

#endif /* __VIRTIO_CONSOLE_H__ */
