/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Console devices inside the binding: the life of a device (rt_virtio_console.c), a port as a character device
 * (rt_virtio_console_port.c), what a system console needs beyond that (rt_virtio_console_text.c), and a port as a file
 * (rt_virtio_console_file.c).
 */
#ifndef RT_VIRTIO_CONSOLE_H
#define RT_VIRTIO_CONSOLE_H

#include <virtio/console.h>
#include <virtio_console.h>

#include "rt_virtio.h"

/* How long somebody sleeps before he looks by himself whether he missed something. */
#define RT_VIRTIO_CONSOLE_SLICE_MS 100

/* Bytes that are copied with the lock held, at most. */
#define RT_VIRTIO_CONSOLE_PIECE_BYTES 4096

/* What the system console can keep of messages that come from inside the engine: a line or two. */
#define RT_VIRTIO_CONSOLE_POCKET_BYTES 256

/* What is to be told about a port. */
#define RT_VIRTIO_CONSOLE_TELL_READABLE 0x01u
#define RT_VIRTIO_CONSOLE_TELL_WRITABLE 0x02u
#define RT_VIRTIO_CONSOLE_TELL_CHANGED  0x04u /* somebody who waits has to look again */
#define RT_VIRTIO_CONSOLE_TELL_ATTEND   0x08u /* the service thread has to look: rt_virtio_console_attend() */

struct rt_virtio_console;

/*
 * A port's place, which stays for good. Its device is registered while the host has the port; when the host removes it,
 * the device is `gone`, fails, and is unregistered as soon as nobody has it open. Only then the place is free for the
 * next port of that number.
 */
struct rt_virtio_console_port
{
    struct rt_device parent; /* first: RT-Thread's */
    struct rt_virtio_console *console;
    char name[20];
    rt_uint16_t index;
#ifdef RT_VIRTIO_CONSOLE_SERIAL
    rt_device_t twin; /* the serial device */
#endif

    /* Under the lock from here on. */
    rt_bool_t attended; /* somebody is registering or unregistering the device */
    rt_bool_t registered;
    rt_bool_t refused; /* RT-Thread did not take the device */
    rt_bool_t gone;
    rt_bool_t lingers; /* it was closed, at: */
    rt_tick_t closed_at;
    rt_bool_t resized;    /* and the user does not know yet */
    rt_uint32_t tell;     /* RT_VIRTIO_CONSOLE_TELL_... */
    rt_uint32_t writers;  /* that wait for `room` */
    rt_uint32_t readers;  /* that wait for `data` */
    rt_uint64_t lost;     /* bytes that were for the system console and found no room */
    rt_uint32_t missing;  /* those of them that have not been mentioned on it yet */
    rt_uint32_t pocketed; /* bytes in `pocket` */
    rt_uint32_t overflow; /* bytes after them that did not fit into it */
    rt_uint8_t pocket[RT_VIRTIO_CONSOLE_POCKET_BYTES];
    struct rt_virtio_console_resize resize;
    struct rt_device_notify notify;

    struct rt_semaphore room;
    struct rt_semaphore data;
};

struct rt_virtio_console
{
    struct rt_device control; /* with several ports */
    rt_bool_t control_registered;
    struct rt_virtio_device device;
    struct virtio_console engine;
    rt_virtio_lock_t lock; /* of the engine */
    unsigned int holder;   /* the CPU that has it, and 1 */
    struct rt_virtio_console_port *ports;
    rt_bool_t untold;     /* a port has something in its pocket, or missing; under the lock */
    rt_bool_t broken;     /* a queue is, and the service thread was not told yet; under the lock */
    rt_bool_t recovering; /* under the lock */
    rt_bool_t dead;       /* under the lock */
    unsigned int futile_recoveries;
    rt_uint64_t useful; /* what the device had done up to the last recovery */
};

static inline struct rt_virtio_console *rt_virtio_console_of(struct rt_virtio_device *device)
{
    return rt_container_of(device, struct rt_virtio_console, device);
}

/* --- rt_virtio_console.c --- */

/*
 * The lock of the engine. Giving it back sends the notifications that are due, then calls what there is to call. Any
 * context.
 */
rt_base_t rt_virtio_console_lock(struct rt_virtio_console *console);
void rt_virtio_console_unlock(struct rt_virtio_console *console, rt_base_t level);

/*
 * True if this very CPU is inside the engine: it has to say something about the device that it says it on. Only then
 * can the holder be this CPU, so a look without the lock will do.
 */
rt_bool_t rt_virtio_console_is_inside(const struct rt_virtio_console *console);

/* --- rt_virtio_console_port.c --- */

/* First of all: what a port has for good. */
void rt_virtio_console_port_init(struct rt_virtio_console *console, rt_uint16_t index);

/*
 * Register and unregister the devices of ports that came and went, and tell of new sizes. Service thread, or the init
 * function. True if it has to be called again a little later.
 */
rt_bool_t rt_virtio_console_attend(struct rt_virtio_console *console);

/*
 * Unregister all of them for good. -RT_EBUSY, with nothing done, if one is open. With the list held, and not in a
 * recovery.
 */
rt_err_t rt_virtio_console_withdraw_ports(struct rt_virtio_console *console);

/* Give bytes to a port, also by taking back what it has sent. As virtio_console_write(). With the lock held. */
int rt_virtio_console_offer(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size);

/*
 * Write as the device was opened (STREAM), but unlike a system console without losing anything: `wait` for room, as
 * long as bytes move. Returns how many of the caller's bytes were taken. Any context; where nobody can sleep, it does
 * not.
 */
rt_size_t rt_virtio_console_put(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size,
                                rt_bool_t wait);

#ifdef RT_USING_POSIX_DEVIO
/* --- rt_virtio_console_file.c --- */

/* What a port is for open(), read(), poll(). */
extern const struct dfs_file_ops rt_virtio_console_file;

/* Wake who waits in them; `what` are RT_VIRTIO_CONSOLE_TELL_... of a registered port. Without the lock, any context. */
void rt_virtio_console_file_tell(struct rt_virtio_console_port *port, rt_uint32_t what);
#endif

#ifdef RT_VIRTIO_CONSOLE_SERIAL
/* --- rt_virtio_console_serial.c --- */

/* The port's device was registered; if the port is gone, let go of it. Thread. */
void rt_virtio_console_serial_plug(struct rt_virtio_console_port *port);
void rt_virtio_console_serial_unplug(struct rt_virtio_console_port *port);
#endif

/* --- rt_virtio_console_text.c --- */

/* True if the kernel's messages go to this port. */
rt_bool_t rt_virtio_console_is_system(const struct rt_virtio_console_port *port);

/*
 * Say something on the system console: now or never. What found no room is counted and mentioned later. Returns how
 * many bytes were taken. Any context, inside the engine too; neither waits nor allocates.
 */
rt_size_t rt_virtio_console_say(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size);

/*
 * Write what was left in pockets, and mention what is missing, as far as there is room. With the lock held. True if the
 * device cannot take it: then rt_virtio_console_rescue() has to be called, without the lock.
 */
rt_bool_t rt_virtio_console_catch_up(struct rt_virtio_console *console);

/* The same through EMERG_WRITE. */
void rt_virtio_console_rescue(struct rt_virtio_console *console);

#endif /* RT_VIRTIO_CONSOLE_H */
