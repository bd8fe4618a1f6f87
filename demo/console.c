/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command `console`: move the shell and the kernel's messages to another device, for example to a port of a
 * VirtIO console. Should that device go, they come back to the UART.
 */
#include <rtthread.h>

#ifdef RT_USING_VIRTIO_CONSOLE

#include <finsh.h>
#include <rthw.h>

#include <virtio_console.h>

#define LOOK_MS 500

static struct rt_timer timer;
static rt_device_t current;

static void move(const char *name)
{
    rt_console_set_device(name);
    finsh_set_device(name);
}

static void look(void *parameter)
{
    struct rt_virtio_console_size size;

    (void)parameter;
    /* Only a port that is gone has this error for it. */
    if (rt_device_control(current, RT_VIRTIO_CONSOLE_CTRL_GET_SIZE, &size) == -RT_EIO)
    {
        rt_timer_stop(&timer);
        move(RT_CONSOLE_DEVICE_NAME);
        rt_kprintf("console: the port is gone, so this is the console again\n");
    }
}

static int console(int argc, char **argv)
{
    static rt_bool_t prepared;
    rt_device_t dev;

    if (argc != 2)
    {
        rt_kprintf("usage: console NAME   use another device for the shell and the kernel's messages\n");
        return -1;
    }
    dev = rt_virtio_console_find_port(argv[1]);
    dev = dev != RT_NULL ? dev : rt_device_find(argv[1]);
    if (dev == RT_NULL || dev->type != RT_Device_Class_Char)
    {
        rt_kprintf("console: no character device %s; `list device` and `port list` show what there is\n", argv[1]);
        return -1;
    }
    if (!prepared)
    {
        prepared = RT_TRUE;
        rt_timer_init(&timer, "console", look, RT_NULL, rt_tick_from_millisecond(LOOK_MS),
                      RT_TIMER_FLAG_PERIODIC | RT_TIMER_FLAG_SOFT_TIMER);
    }
    rt_timer_stop(&timer);
    move(dev->parent.name);
    if (rt_console_get_device() != dev)
    {
        rt_kprintf("console: %s cannot be opened\n", dev->parent.name);
        return -1;
    }
    rt_kprintf("console: now on %s\n", dev->parent.name);
    if (rt_strcmp(dev->parent.name, RT_CONSOLE_DEVICE_NAME) != 0)
    {
        current = dev;
        rt_timer_start(&timer);
    }
    return 0;
}
MSH_CMD_EXPORT(console, move shell and messages to another device);

/* What applications made for RT-Thread 5.0's own driver do to get at a port. */
static int oldport(int argc, char **argv)
{
    rt_device_t control = rt_device_find("virtio-console0");
    rt_device_t port;

    if (control == RT_NULL || rt_device_open(control, 0) != RT_EOK)
    {
        rt_kprintf("oldport: no virtio-console0\n");
        return -1;
    }
    rt_kprintf("create %d\n", (int)rt_device_control(control, VIRTIO_DEVICE_CTRL_CONSOLE_PORT_CREATE, RT_NULL));
    port = rt_device_find("vport0p1");
    if (port == RT_NULL || rt_device_open(port, RT_DEVICE_OFLAG_RDWR | RT_DEVICE_FLAG_INT_RX) != RT_EOK)
    {
        rt_kprintf("oldport: no vport0p1\n");
        rt_device_close(control);
        return -1;
    }
    rt_kprintf("write %d\n", (int)rt_device_write(port, 0, "hello\n", 6));
    rt_kprintf("destroy %d\n", (int)rt_device_control(port, VIRTIO_DEVICE_CTRL_CONSOLE_PORT_DESTROY, RT_NULL));
    rt_device_close(port);
    rt_device_close(control);
    return 0;
}
MSH_CMD_EXPORT(oldport, use vport0p1 as applications of older drivers do);

/* What the test kernel prints about a fault goes to a VirtIO console, too. */
void rt_hw_fault_output(const char *text, rt_size_t length)
{
    rt_virtio_console_emergency(text, length);
}

#endif /* RT_USING_VIRTIO_CONSOLE */
