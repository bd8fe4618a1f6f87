/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * rt_kprintf and the console device. Output is allowed in every context, so
 * nothing here waits for long: the lock that keeps lines of several CPUs
 * apart is given up after a while, which also ends the deadlock of a driver
 * that prints while it holds a lock which the console's driver wants.
 */

#include <stdio.h>

#include "kernel.h"

#define LOCK_PATIENCE_US 20000

static rt_device_t console_device;
static volatile int console_owner = -1; /* CPU that is writing, or -1 */
static volatile rt_bool_t panicking;

void tk_panic_begin(void)
{
    (void)rt_hw_local_irq_disable();
    rt_hw_fault_begin();
    panicking = RT_TRUE;
}

static rt_bool_t console_lock(int cpu)
{
    rt_uint64_t start = 0;
    int nobody = -1;

    if (console_owner == cpu)
    {
        /* An interrupt, or the driver itself, prints in the middle. */
        return RT_FALSE;
    }
    while (!__atomic_compare_exchange_n(&console_owner, &nobody, cpu, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
    {
        nobody = -1;
        if (start == 0)
        {
            start = rt_hw_clock_us();
        }
        else if (rt_hw_clock_us() - start > LOCK_PATIENCE_US)
        {
            return RT_FALSE;
        }
    }

    return RT_TRUE;
}

/* Not moved to another CPU, not preempted inside a line, and not while another CPU writes, if that can be helped. */
static rt_bool_t console_enter(void)
{
    rt_enter_critical();
    return console_lock((int)(rt_cpu_self() - tk_cpus));
}

static void console_leave(rt_bool_t locked)
{
    if (locked)
    {
        __atomic_store_n(&console_owner, -1, __ATOMIC_RELEASE);
    }
    /* Who prints with interrupts off does not expect a switch from it. */
    if (tk_exit_critical() && !rt_hw_interrupt_is_disabled())
    {
        rt_schedule();
    }
}

static void console_write(const char *text, rt_size_t length)
{
    rt_bool_t locked;

    if (panicking)
    {
        rt_hw_console_output(text);
        return;
    }

    locked = console_enter();
    if (console_device == RT_NULL)
    {
        rt_hw_console_output(text);
    }
    else
    {
        rt_device_write(console_device, 0, text, length);
    }
    console_leave(locked);
}

int rt_kprintf(const char *fmt, ...)
{
    char line[RT_CONSOLEBUF_SIZE];
    va_list args;
    int length;

    va_start(args, fmt);
    length = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);

    if (length > (int)sizeof(line) - 1)
    {
        length = (int)sizeof(line) - 1;
    }
    if (length > 0)
    {
        console_write(line, (rt_size_t)length);
    }

    return length;
}

void rt_kputs(const char *str)
{
    if (str != RT_NULL && *str != '\0')
    {
        console_write(str, rt_strlen(str));
    }
}

rt_device_t rt_console_get_device(void)
{
    return console_device;
}

/* Returns the device that was the console before. */
rt_device_t rt_console_set_device(const char *name)
{
    rt_device_t old = console_device;
    rt_device_t device = rt_device_find(name);
    rt_bool_t locked;

    if (device == RT_NULL || device == old)
    {
        return old;
    }
    if (rt_device_open(device, RT_DEVICE_OFLAG_RDWR | RT_DEVICE_FLAG_STREAM) != RT_EOK)
    {
        return old;
    }
    /* Nobody is still writing to the old one when it is closed, after which it may cease to exist. */
    locked = console_enter();
    console_device = device;
    console_leave(locked);
    if (old != RT_NULL)
    {
        rt_device_close(old);
    }

    return old;
}
