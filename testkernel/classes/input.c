/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for RT-Thread's input framework (RT_USING_INPUT): what tests/rtthread/include/drivers/input.h declares,
 * with its locking, and a command to use it.
 */

#include <rtthread.h>

#ifdef RT_USING_INPUT

#include <drivers/input.h>
#include <finsh.h>
#include <stdlib.h>

#define DEVICES_MAX 16

static struct rt_input_device *devices[DEVICES_MAX];

#define BITS 64u

static void set_bit(rt_ubase_t *map, rt_uint16_t bit)
{
    map[bit / BITS] |= 1ul << bit % BITS;
}

static int has_bit(const rt_ubase_t *map, rt_uint16_t bit)
{
    return (map[bit / BITS] >> bit % BITS & 1u) != 0;
}

/* --- What the driver calls --- */

rt_err_t rt_input_device_register(struct rt_input_device *idev)
{
    char name[16];
    unsigned int i;

    for (i = 0; i < DEVICES_MAX && devices[i] != RT_NULL; i++)
    {
    }
    if (i == DEVICES_MAX)
    {
        return -RT_EFULL;
    }
    rt_snprintf(name, sizeof(name), "input%u", i);
    rt_list_init(&idev->handler_nodes);
    rt_spin_lock_init(&idev->lock);
    idev->parent.type = RT_Device_Class_Char;
    devices[i] = idev;
    return rt_device_register(&idev->parent, name, 0);
}

rt_err_t rt_input_device_unregister(struct rt_input_device *idev)
{
    unsigned int i;

    if (idev->parent.ref_count != 0)
    {
        return -RT_EINVAL;
    }
    for (i = 0; i < DEVICES_MAX; i++)
    {
        devices[i] = devices[i] == idev ? RT_NULL : devices[i];
    }
    rt_device_unregister(&idev->parent);
    rt_free(idev->absinfo);
    idev->absinfo = RT_NULL;
    return RT_EOK;
}

rt_err_t rt_input_set_capability(struct rt_input_device *idev, rt_uint16_t type, rt_uint16_t code)
{
    switch (type)
    {
    case EV_KEY:
        RT_ASSERT(code < KEY_CNT);
        set_bit(idev->key_map, code);
        break;
    case EV_REL:
        RT_ASSERT(code < REL_CNT);
        set_bit(idev->rel_map, code);
        break;
    case EV_ABS:
        RT_ASSERT(code < ABS_CNT);
        if (idev->absinfo == RT_NULL)
        {
            idev->absinfo = rt_calloc(ABS_CNT, sizeof(*idev->absinfo));
        }
        if (idev->absinfo == RT_NULL)
        {
            return -RT_ENOMEM;
        }
        set_bit(idev->abs_map, code);
        break;
    case EV_MSC:
    case EV_SW:
    case EV_LED:
    case EV_SND:
    case EV_REP:
        return -RT_ENOSYS;
    default:
        return -RT_EINVAL;
    }
    set_bit(idev->cap, type);
    return RT_EOK;
}

rt_err_t rt_input_set_absinfo(struct rt_input_device *idev, rt_uint32_t axis, rt_int32_t min, rt_int32_t max,
                              rt_int32_t fuzz, rt_int32_t flat)
{
    RT_ASSERT(axis < ABS_CNT && idev->absinfo != RT_NULL);
    idev->absinfo[axis].minimum = min;
    idev->absinfo[axis].maximum = max;
    idev->absinfo[axis].fuzz = fuzz;
    idev->absinfo[axis].flat = flat;
    return RT_EOK;
}

void rt_input_event(struct rt_input_device *idev, rt_uint16_t type, rt_uint16_t code, rt_int32_t value)
{
    struct rt_input_event event = {rt_tick_get(), type, code, value};
    rt_list_t *node;
    rt_list_t *next;

    RT_ASSERT(type < EV_MAX);
    rt_spin_lock(&idev->lock); /* without switching interrupts off: whoever calls it in one hangs here some day */
    RT_ASSERT(rt_interrupt_get_nest() == 0);
    for (node = idev->handler_nodes.next; node != &idev->handler_nodes; node = next)
    {
        struct rt_input_handler *handler = rt_list_entry(node, struct rt_input_handler, list);

        next = node->next;
        if (handler->callback(handler, &event))
        {
            break;
        }
    }
    rt_spin_unlock(&idev->lock);
}

/* --- What applications call --- */

rt_err_t rt_input_trigger(struct rt_input_device *idev, rt_uint16_t type, rt_uint16_t code, rt_int32_t value)
{
    return idev->trigger != RT_NULL ? idev->trigger(idev, type, code, value) : -RT_ENOSYS;
}

rt_err_t rt_input_add_handler(struct rt_input_handler *handler)
{
    rt_spin_lock(&handler->idev->lock);
    rt_list_insert_before(&handler->idev->handler_nodes, &handler->list);
    rt_spin_unlock(&handler->idev->lock);
    return RT_EOK;
}

rt_err_t rt_input_del_handler(struct rt_input_handler *handler)
{
    rt_spin_lock(&handler->idev->lock);
    rt_list_remove(&handler->list);
    rt_spin_unlock(&handler->idev->lock);
    return RT_EOK;
}

/* --- The command --- */

#define EVENTS_MAX 1024

static struct rt_input_event events[EVENTS_MAX];
static volatile unsigned int event_count;

/* As Caps Lock does: with the framework's lock held. */
static rt_bool_t take(struct rt_input_handler *handler, struct rt_input_event *event)
{
    if (event->type == EV_KEY && event->code == KEY_A)
    {
        rt_input_trigger(handler->idev, EV_LED, 1, event->value);
    }
    if (event_count < EVENTS_MAX)
    {
        events[event_count++] = *event;
    }
    return RT_FALSE;
}

static void print_map(const char *name, const rt_ubase_t *map, rt_uint16_t count)
{
    rt_uint16_t i;

    rt_kprintf("%s:", name);
    for (i = 0; i < count; i++)
    {
        if (has_bit(map, i))
        {
            rt_kprintf(" %u", (unsigned int)i);
        }
    }
    rt_kprintf("\n");
}

static void print(const struct rt_input_device *idev)
{
    const struct rt_input_absinfo *axis;
    rt_uint16_t i;

    print_map("types", idev->cap, EV_CNT);
    print_map("keys", idev->key_map, KEY_CNT);
    print_map("rel", idev->rel_map, REL_CNT);
    print_map("abs", idev->abs_map, ABS_CNT);
    for (i = 0; i < ABS_CNT && idev->absinfo != RT_NULL; i++)
    {
        axis = &idev->absinfo[i];
        if (has_bit(idev->abs_map, i))
        {
            rt_kprintf("axis %u: %ld to %ld resolution %ld\n", (unsigned int)i, (long)axis->minimum,
                       (long)axis->maximum, (long)axis->resolution);
        }
    }
}

static void dump(struct rt_input_device *idev, int seconds)
{
    struct rt_input_handler handler = {.idev = idev, .callback = take};
    unsigned int i;

    event_count = 0;
    rt_input_add_handler(&handler);
    rt_kprintf("%s: for %d seconds\n", idev->parent.parent.name, seconds);
    rt_thread_mdelay(seconds * 1000);
    rt_input_del_handler(&handler);
    for (i = 0; i < event_count; i++)
    {
        rt_kprintf("%u %u %ld\n", (unsigned int)events[i].type, (unsigned int)events[i].code, (long)events[i].value);
    }
    rt_kprintf("%u events\n", event_count);
}

static int framework_input(int argc, char **argv)
{
    struct rt_input_device *idev = argc > 2 ? (struct rt_input_device *)rt_device_find(argv[2]) : RT_NULL;

    if (idev == RT_NULL)
    {
        rt_kprintf("framework_input show|dump|set NAME [SECONDS | TYPE CODE VALUE]\n");
        return -1;
    }
    if (rt_strcmp(argv[1], "dump") == 0)
    {
        dump(idev, argc > 3 ? atoi(argv[3]) : 1);
    }
    else if (rt_strcmp(argv[1], "set") == 0 && argc > 5)
    {
        rt_kprintf("set: %d\n",
                   (int)rt_input_trigger(idev, (rt_uint16_t)atoi(argv[3]), (rt_uint16_t)atoi(argv[4]), atoi(argv[5])));
    }
    else
    {
        print(idev);
    }
    return 0;
}
MSH_CMD_EXPORT(framework_input, use the stand-in for the input framework);

#endif /* RT_USING_INPUT */
