/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command `say`: messages from places where the system console must not make trouble, and a fault there.
 */
#include <rtthread.h>

#ifdef RT_USING_VIRTIO_CONSOLE

#include <finsh.h>
#include <rthw.h>
#include <stdlib.h>

#include "rt_virtio_console.h"

static int total;
static const char *place;
static struct rt_virtio_console *inside;

static void say_all(void)
{
    int i;

    for (i = 0; i < total; i++)
    {
        rt_kprintf("%s %d of %d\n", place, i + 1, total);
    }
}

static void with_interrupts_off(void)
{
    rt_base_t level = rt_hw_local_irq_disable();

    say_all();
    rt_hw_local_irq_enable(level);
}

static void with_scheduler_locked(void)
{
    rt_enter_critical();
    say_all();
    rt_exit_critical();
}

static void timeout(void *parameter)
{
    (void)parameter;
    say_all();
}

static void in_interrupt(void)
{
    static struct rt_timer timer;
    static rt_bool_t prepared;

    if (!prepared)
    {
        prepared = RT_TRUE;
        rt_timer_init(&timer, "say", timeout, RT_NULL, 1, RT_TIMER_FLAG_ONE_SHOT | RT_TIMER_FLAG_HARD_TIMER);
    }
    rt_timer_start(&timer);
    rt_thread_mdelay(500);
}

/* As the driver does when it has to complain about the device that it says it on. */
static void in_engine(void)
{
    rt_base_t level = rt_virtio_console_lock(inside);

    say_all();
    rt_virtio_console_unlock(inside, level);
}

static void crash_in_engine(void)
{
    (void)rt_virtio_console_lock(inside);
    RT_ASSERT(inside == RT_NULL);
}

/* A used index that no device can have reached, or the id of no buffer: the driver finds the queue broken, says so, and
 * resets the device. */
static void break_queue(void)
{
    rt_base_t level = rt_virtio_console_lock(inside);
    struct virtio_queue *ring = &inside->engine.ports[0].tx.ring;

    if (ring->slots != RT_NULL)
    {
        ring->slots[ring->used_slot].id = 0xffff;
        ring->slots[ring->used_slot].flags = ring->used_mark;
    }
    else
    {
        ring->used->idx = (rt_uint16_t)(ring->used_idx + ring->size + 1);
    }
    if (virtio_console_poll(&inside->engine) < 0)
    {
        inside->broken = RT_TRUE;
    }
    rt_virtio_console_unlock(inside, level);
}

/* QEMU never says how large its console is, so this stands in for a message of the device. */
static void resize(void)
{
    rt_base_t level = rt_virtio_console_lock(inside);

    inside->engine.ports[0].cols = 132;
    inside->engine.ports[0].rows = 50;
    inside->engine.setup.event(&inside->engine, 0, VIRTIO_CONSOLE_RESIZED);
    rt_virtio_console_unlock(inside, level);
}

/* As if it had broken once too often. */
static void give_up(void)
{
    rt_base_t level = rt_virtio_console_lock(inside);

    inside->dead = RT_TRUE;
    inside->broken = RT_TRUE;
    rt_virtio_console_unlock(inside, level);
    rt_thread_mdelay(200);
    say_all();
}

static const struct
{
    const char *name;
    void (*run)(void);
} places[] = {
    {"thread", say_all},
    {"irqoff", with_interrupts_off},
    {"locked", with_scheduler_locked},
    {"interrupt", in_interrupt},
    {"inside", in_engine},
    {"crash", crash_in_engine},
    {"break", break_queue},
    {"dead", give_up},
    {"resize", resize},
};

static int say(int argc, char **argv)
{
    struct rt_virtio_device *device = rt_virtio_find("virtio-console0");
    rt_size_t i;

    total = argc == 3 ? atoi(argv[2]) : 1;
    inside = device != RT_NULL ? rt_virtio_console_of(device) : RT_NULL;
    for (i = 0; argc >= 2 && inside != RT_NULL && i < sizeof(places) / sizeof(places[0]); i++)
    {
        if (rt_strcmp(argv[1], places[i].name) == 0)
        {
            place = places[i].name;
            places[i].run();
            return 0;
        }
    }
    rt_kprintf("usage: say thread|irqoff|locked|interrupt|inside LINES   kernel messages from there\n"
               "       say crash   a failing assertion inside the driver of virtio-console0\n"
               "       say break   make its first port's transmit queue a broken one\n"
               "       say dead    have it given up\n"
               "       say resize  make its first port 132 columns wide and 50 rows high\n");
    return -1;
}
MSH_CMD_EXPORT(say, kernel messages from difficult places);

#endif /* RT_USING_VIRTIO_CONSOLE */
