/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the demo's page and its screen show of the VirtIO devices.
 */

#ifndef DEMO_DEVICES_H
#define DEMO_DEVICES_H

#include "rt_virtio.h"

/* Counters that each queue has. */
struct demo_counter
{
    const char *name;
    rt_size_t offset;
};

#define DEMO_COUNTERS 7
extern const struct demo_counter demo_counters[DEMO_COUNTERS];

rt_uint64_t demo_counter(const struct virtio_queue *queue, rt_size_t i);

/* NULL: there is no such queue. */
struct virtio_queue *demo_queue(struct rt_virtio_device *device, unsigned int index);

/* Those that the device has itself. False: there is no such counter. */
rt_bool_t demo_device_counter(struct rt_virtio_device *device, unsigned int index, const char **name,
                              rt_uint64_t *value);

/* RT-Thread's rt_vsnprintf() has no %llu in older versions. Returns where in `text` the digits begin. */
#define DEMO_DIGITS 24
const char *demo_number(char text[DEMO_DIGITS], rt_uint64_t value);

unsigned int demo_uptime(void); /* in seconds */

#endif /* DEMO_DEVICES_H */
