/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the demo's page and its screen show of the VirtIO devices.
 */
#include <rtthread.h>

#include "devices.h"

const struct demo_counter demo_counters[DEMO_COUNTERS] = {
    {"requests", offsetof(struct virtio_queue_stats, requests)},
    {"notifications", offsetof(struct virtio_queue_stats, notifications)},
    {"spared", offsetof(struct virtio_queue_stats, spared)},
    {"interrupts", offsetof(struct virtio_queue_stats, interrupts)},
    {"batches", offsetof(struct virtio_queue_stats, batches)},
    {"errors", offsetof(struct virtio_queue_stats, errors)},
    {"resets", offsetof(struct virtio_queue_stats, resets)},
};

rt_uint64_t demo_counter(const struct virtio_queue *queue, rt_size_t i)
{
    return *(const rt_uint64_t *)((const char *)&queue->stats + demo_counters[i].offset);
}

struct virtio_queue *demo_queue(struct rt_virtio_device *device, unsigned int index)
{
    return device->class != RT_NULL ? device->class->queue(device, index) : RT_NULL;
}

rt_bool_t demo_device_counter(struct rt_virtio_device *device, unsigned int index, const char **name,
                              rt_uint64_t *value)
{
    return device->class != RT_NULL && device->class->counter != RT_NULL &&
           device->class->counter(device, index, name, value);
}

const char *demo_number(char text[DEMO_DIGITS], rt_uint64_t value)
{
    char *at = text + DEMO_DIGITS - 1;

    *at = '\0';
    do
    {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return at;
}

unsigned int demo_uptime(void)
{
    return (unsigned int)(rt_tick_get() / RT_TICK_PER_SECOND);
}
