/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command `virtio`: what devices there are, what was negotiated with them, what they have done.
 */
#include "rt_virtio.h"

#ifdef RT_USING_VIRTIO_SHELL

#include <finsh.h>
#include <stdlib.h>

static unsigned int count_queues(struct rt_virtio_device *device)
{
    unsigned int count = 0;

    while (device->class != RT_NULL && device->class->queue(device, count) != RT_NULL)
    {
        count++;
    }
    return count;
}

static void print_table(void)
{
    struct rt_virtio_device *device;

    rt_kprintf("%-16s %-10s %4s %-9s %-10s %-9s %6s\n", "name", "window", "irq", "interface", "type", "status",
               "queues");
    for (device = rt_virtio_first(); device != RT_NULL; device = device->next)
    {
        rt_kprintf("%-16s 0x%08lx %4d %-9s %-10s %-9s %6u\n", device->name, (unsigned long)device->core.base,
                   device->irq, virtio_device_interface_name(&device->core), virtio_device_type_name(device->core.id),
                   device->state, count_queues(device));
    }
}

static void print_features(const char *title, const struct virtio_features *features,
                           const struct virtio_feature *table)
{
    const char *name;
    unsigned int bit;

    rt_kprintf("%s:", title);
    for (bit = 0; bit < VIRTIO_FEATURE_BITS; bit++)
    {
        if (!virtio_features_has(features, bit))
        {
            continue;
        }
        name = virtio_feature_name(table, bit);
        if (name != RT_NULL)
        {
            rt_kprintf(" %s", name);
        }
        else
        {
            rt_kprintf(" bit%u", bit);
        }
    }
    rt_kprintf("\n");
}

static int print_info(struct rt_virtio_device *device)
{
    struct virtio_queue *queue;
    unsigned int i;

    rt_kprintf("%s: %s device, %s interface, vendor 0x%08lx, %s\n", device->name,
               virtio_device_type_name(device->core.id), device->core.legacy ? "legacy" : "modern",
               (unsigned long)device->core.vendor, device->state);
    if (device->class == RT_NULL)
    {
        return 0;
    }
    print_features("offered", &device->core.offered, device->class->features);
    print_features("negotiated", &device->core.features, device->class->features);
    if (count_queues(device) == 0)
    {
        return 0;
    }
    device->class->print_config(device);
    for (i = 0; (queue = device->class->queue(device, i)) != RT_NULL; i++)
    {
        rt_kprintf("queue %u: size %u, %s ring\n", i, (unsigned int)queue->size,
                   virtio_device_has(&device->core, VIRTIO_F_RING_PACKED) ? "packed" : "split");
    }
    return 0;
}

/* rt_kprintf() of older versions has no %llu. */
static const char *number(char text[24], rt_uint64_t value)
{
    char *at = text + 23;

    *at = '\0';
    do
    {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return at;
}

static void print_counters(struct rt_virtio_device *device)
{
    const char *name;
    rt_uint64_t value;
    char text[24];
    unsigned int i;

    for (i = 0; device->class->counter != RT_NULL && device->class->counter(device, i, &name, &value); i++)
    {
        if (i == 0)
        {
            rt_kprintf("%s:", device->name);
        }
        rt_kprintf(" %s %s", name, number(text, value));
    }
    if (i > 0)
    {
        rt_kprintf("\n");
    }
}

static void print_stats(struct rt_virtio_device *device)
{
    struct virtio_queue *queue;
    char text[7][24];
    unsigned int i;

    for (i = 0; device->class != RT_NULL && (queue = device->class->queue(device, i)) != RT_NULL; i++)
    {
        rt_kprintf("%s queue %u: requests %s notifications %s spared %s interrupts %s batches %s errors %s resets %s\n",
                   device->name, i, number(text[0], queue->stats.requests), number(text[1], queue->stats.notifications),
                   number(text[2], queue->stats.spared), number(text[3], queue->stats.interrupts),
                   number(text[4], queue->stats.batches), number(text[5], queue->stats.errors),
                   number(text[6], queue->stats.resets));
    }
    if (device->class != RT_NULL)
    {
        print_counters(device);
    }
}

static int print_all_stats(void)
{
    struct rt_virtio_device *device;

    for (device = rt_virtio_first(); device != RT_NULL; device = device->next)
    {
        print_stats(device);
    }
    return 0;
}

static int reset(struct rt_virtio_device *device)
{
    rt_err_t result;

    if (device->class == RT_NULL || count_queues(device) == 0 || device->leaving)
    {
        rt_kprintf("virtio: %s is not in use, so there is nothing to reset\n", device->name);
        return -1;
    }
    while ((result = device->class->recover(device, RT_FALSE)) == -RT_EBUSY)
    {
        rt_thread_mdelay(10);
    }
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: reset failed: error %d\n", device->name, (int)result);
        return -1;
    }
    rt_kprintf("%s: reset and recovered\n", device->name);
    return 0;
}

static int no_device(const char *name)
{
    rt_kprintf("virtio: no device %s; `virtio` lists them\n", name);
    return -1;
}

static int remove_device(const char *name)
{
    struct rt_virtio_device *device;
    rt_err_t result;

    rt_virtio_hold_list();
    device = rt_virtio_find(name);
    rt_virtio_release_list();
    result = device != RT_NULL ? rt_virtio_remove(device) : -RT_EINVAL;
    switch (result)
    {
    case RT_EOK:
        rt_kprintf("%s: removed\n", name);
        return 0;
    case -RT_EINVAL:
        return no_device(name);
    case -RT_EBUSY:
        rt_kprintf("virtio: %s is in use; close it first\n", name);
        return -1;
    default:
        return -1; /* it has been said */
    }
}

static int usage(void)
{
    rt_kputs("usage: virtio                a table of the devices\n"
             "       virtio info NAME      features, configuration, queues\n"
             "       virtio stats [NAME]   counters of each queue, and of the device\n"
             "       virtio reset NAME     reset and recover it while it is in use\n"
             "       virtio remove NAME    take it away from RT-Thread, if nobody uses it\n");
    return -1;
}

static int run(int argc, char **argv)
{
    struct rt_virtio_device *device;

    if (argc == 1)
    {
        print_table();
        return 0;
    }
    if (argc == 2 && rt_strcmp(argv[1], "stats") == 0)
    {
        return print_all_stats();
    }
    if (argc != 3)
    {
        return usage();
    }
    device = rt_virtio_find(argv[2]);
    if (device == RT_NULL)
    {
        return no_device(argv[2]);
    }
    if (rt_strcmp(argv[1], "info") == 0)
    {
        return print_info(device);
    }
    if (rt_strcmp(argv[1], "stats") == 0)
    {
        print_stats(device);
        return 0;
    }
    if (rt_strcmp(argv[1], "reset") == 0)
    {
        return reset(device);
    }
    return usage();
}

static int virtio(int argc, char **argv)
{
    int result;

    if (argc == 3 && rt_strcmp(argv[1], "remove") == 0)
    {
        return remove_device(argv[2]);
    }
    rt_virtio_hold_list();
    result = run(argc, argv);
    rt_virtio_release_list();
    return result;
}
MSH_CMD_EXPORT(virtio, VirtIO devices : table or info or stats or reset or remove);

#endif /* RT_USING_VIRTIO_SHELL */
