/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the binding: what all classes of device have in common. A device is listed here from its init function on, for
 * good; its interrupt comes in here; what it has to do outside of interrupts is done by one service thread.
 */
#ifndef RT_VIRTIO_H
#define RT_VIRTIO_H

#include <virtio/device.h>
#include <virtio/queue.h>

#include "rt_virtio_compat.h"
#include "rt_virtio_config.h"

/* Work for the service thread. */
#define RT_VIRTIO_EVENT_CONFIG 0x1u /* the device changed its configuration, or asks for a reset */
#define RT_VIRTIO_EVENT_BROKEN 0x2u /* the device broke the protocol, or asks for a reset: recover it */
#define RT_VIRTIO_EVENT_SILENT 0x4u /* the device does not answer: recover it */

struct rt_virtio_device;

struct rt_virtio_class
{
    const char *prefix;                    /* of the device name: "virtio-blk" */
    rt_uint32_t id;                        /* VIRTIO_ID_... */
    const struct virtio_feature *features; /* names of feature bits */

    /* Interrupt, and once more a moment later: drain the queues; true if there was anything. */
    rt_bool_t (*interrupt)(struct rt_virtio_device *device);
    /* Service thread: the configuration changed. */
    void (*config_changed)(struct rt_virtio_device *device);
    /*
     * Reset and bring back to where it was. `broken`: because it broke, so what was in flight may be to blame, and if
     * that happens again and again it is given up. -RT_EBUSY: someone else is at it. Another error: the device is dead
     * now. Any context; it polls.
     */
    rt_err_t (*recover)(struct rt_virtio_device *device, rt_bool_t broken);
    /*
     * Removal, in two steps, by a thread. First take it away from RT-Thread, stop and reset it, so that it will not be
     * recovered any more: -RT_EBUSY, with nothing done, while somebody uses it; -RT_ETIMEOUT if the device does not
     * confirm the reset. When no interrupt can be inside any more, free all of its memory, that of `device` as well.
     */
    rt_err_t (*withdraw)(struct rt_virtio_device *device);
    void (*destroy)(struct rt_virtio_device *device);
    /* For the shell: the i-th queue or NULL, and the config fields, a line each. */
    struct virtio_queue *(*queue)(struct rt_virtio_device *device, unsigned int index);
    void (*print_config)(struct rt_virtio_device *device);
    /*
     * For the shell and the demo's page: the i-th counter of the device, beside those of its queues; false: there is
     * none. May be NULL.
     */
    rt_bool_t (*counter)(struct rt_virtio_device *device, unsigned int index, const char **name, rt_uint64_t *value);
};

struct rt_virtio_device
{
    struct virtio_device core;
    const struct rt_virtio_class *class; /* NULL: no driver */
    const char *state;                   /* "ok", "no driver", "failed" */
    char name[20];                       /* RT-Thread may cut it to RT_NAME_MAX */
    int irq;                             /* -1: RT-Thread refused it */
    struct rt_virtio_device *next;       /* in the list of all */
    rt_uint32_t events;                  /* RT_VIRTIO_EVENT_..., under the list's lock */
    rt_uint32_t idle_interrupts;         /* in a row, with nothing to do */
    rt_bool_t connected;                 /* the interrupt is enabled */
    rt_bool_t leaving;                   /* it is being removed; with the list held */
    rt_bool_t ended;                     /* its class has stopped it for good: a recovery that does not end */
    struct rt_timer look;                /* after an interrupt: for the next one, should it get lost */
    rt_bool_t looking;                   /* that timer runs */
};

/*
 * All devices, in the order of their init functions. Whoever walks along the list, or uses one of the devices that it
 * has not opened, has to hold the list, or one of them may be removed. In a context that cannot sleep there is no
 * holding, and no need for it. Holding may be nested. Not in lwIP's thread, which a removal may wait for.
 */
struct rt_virtio_device *rt_virtio_first(void);
struct rt_virtio_device *rt_virtio_find(const char *name);
void rt_virtio_hold_list(void);
void rt_virtio_release_list(void);

/*
 * Hand the device in a mapped window to its class, or note it as one without a driver. -RT_EEMPTY: empty slot,
 * silently; otherwise an error that was logged. Context as rt_virtio_scan().
 */
rt_err_t rt_virtio_init_window(rt_ubase_t base, rt_uint32_t irq);

/*
 * Look at the window, name the device, list it. -RT_EEMPTY: empty slot, -RT_ERROR: no VirtIO window (logged),
 * -RT_EINVAL: a device of another class, -RT_EBUSY: listed already. `device` is zeroed by the caller and must stay for
 * good after success.
 */
rt_err_t rt_virtio_attach(struct rt_virtio_device *device, const struct rt_virtio_class *class, rt_ubase_t *mmio_base,
                          rt_uint32_t irq);

/*
 * Enable the interrupt, once the class can serve it, and serve what has come before. If RT-Thread refused it the device
 * works all the same, but slowly: who waits for it looks by himself.
 */
void rt_virtio_enable_interrupt(struct rt_virtio_device *device);

/*
 * Remove a device: RT-Thread loses the devices that were made of it, it is reset, its memory is freed, and its window
 * can be given to an init function again. Thread that can sleep and does not hold the list; no handler of the device's
 * own. -RT_EBUSY: somebody has it open, or a handler bound to it, or removes it already; nothing has changed then.
 * -RT_EINVAL: it is not in the list. -RT_ETIMEOUT: the device does not confirm that it is reset; it stays listed, as
 * failed, and its memory is left to it.
 */
rt_err_t rt_virtio_remove(struct rt_virtio_device *device);

/* For the class's `destroy`: stop a timer for good; its function is not running any more afterwards. */
void rt_virtio_quit_timer(struct rt_timer *timer);

/* Hand an event to the service thread. True if it was not waiting to be served already. Any context. */
rt_bool_t rt_virtio_post(struct rt_virtio_device *device, rt_uint32_t events);

/*
 * What the classes' `recover` have in common. A device that had to be recovered more than so many times in a row, with
 * nothing achieved in between, is not restarted any more: rt_virtio_retire() only takes it off the memory of its
 * queues, and returns the error that what is in flight gets: EIO, or ETIMEDOUT if it does not confirm that.
 * rt_virtio_not_recovered(), after this error or that of a restart, says so, and `what` that means. Any context.
 */
#define RT_VIRTIO_FUTILE_RECOVERIES_MAX 5

int rt_virtio_retire(struct rt_virtio_device *device);
void rt_virtio_not_recovered(struct rt_virtio_device *device, int error, const char *what);

/* RT-Thread's error code for one of the core's, both negative (or 0). */
rt_err_t rt_virtio_error(int error);

#endif /* RT_VIRTIO_H */
