/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For a test: now and then a notification or an interrupt is lost on its way, as happens in QEMU before 8.1 (see
 * docs/architecture.md), but rarely there. The linker puts these functions in the place of the core's (--wrap).
 */
#ifdef DEMO_LOSSY

#include <finsh.h>
#include <rtthread.h>

#include <virtio/device.h>
#include <virtio/platform.h>
#include <virtio/queue.h>

#define LOST_NOTIFICATION 37 /* every so many */
#define LOST_INTERRUPT    11 /* of those that come soon after another of the device: */
#define SOON_US           5000

void __real_virtio_queue_notify(struct virtio_queue *queue);
void __wrap_virtio_queue_notify(struct virtio_queue *queue);
uint32_t __real_virtio_device_interrupt(struct virtio_device *dev);
uint32_t __wrap_virtio_device_interrupt(struct virtio_device *dev);

static rt_bool_t losing;
static unsigned int notifications;
static unsigned int interrupts;

void __wrap_virtio_queue_notify(struct virtio_queue *queue)
{
    if (!losing || ++notifications % LOST_NOTIFICATION != 0)
    {
        __real_virtio_queue_notify(queue);
    }
}

uint32_t __wrap_virtio_device_interrupt(struct virtio_device *dev)
{
    static struct virtio_device *last;
    static uint64_t when;
    uint32_t causes = __real_virtio_device_interrupt(dev);
    uint64_t now = virtio_platform_clock_us();
    rt_bool_t soon = dev == last && now - when < SOON_US;

    last = dev;
    when = now;
    return losing && soon && ++interrupts % LOST_INTERRUPT == 0 ? 0 : causes;
}

static int lossy(int argc, char **argv)
{
    losing = argc == 2 && rt_strcmp(argv[1], "on") == 0;
    rt_kprintf("lost so far: %u notifications, %u interrupts; now %s\n", notifications / LOST_NOTIFICATION,
               interrupts / LOST_INTERRUPT, losing ? "on" : "off");
    return 0;
}
MSH_CMD_EXPORT(lossy, lose notifications and interrupts : lossy on or off);

#endif /* DEMO_LOSSY */
