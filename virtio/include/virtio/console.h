/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Console device (5.3): the protocol engine.
 *
 * A device has one port, or with MULTIPORT several, which the host adds and removes. Received bytes stay in the DMA
 * buffers that the device filled until virtio_console_read() copies them out; virtio_console_write() copies into DMA
 * buffers of its own, one request a buffer. Neither ever waits.
 *
 * All calls on one console are serialised by the caller (one lock), but for virtio_console_notify() and
 * virtio_console_restart(), which are made without it. Functions that need a notification to be sent only note that;
 * the caller sends it after he gave back the lock:
 *
 *   lock; virtio_console_write(...) and others; due = virtio_console_due(con); unlock; virtio_console_notify(con, due);
 *
 * Nothing here sleeps, locks or allocates after virtio_console_start(). With the lock held the engine logs a line only
 * when a queue breaks; a platform whose log goes to this very console has to cope with that.
 */
#ifndef VIRTIO_CONSOLE_H
#define VIRTIO_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <virtio/device.h>
#include <virtio/queue.h>

/* Feature bits (5.3.3). */
#define VIRTIO_CONSOLE_F_SIZE        0
#define VIRTIO_CONSOLE_F_MULTIPORT   1
#define VIRTIO_CONSOLE_F_EMERG_WRITE 2

/* Offsets in the config space (5.3.4). */
#define VIRTIO_CONSOLE_CONFIG_COLS         0x00
#define VIRTIO_CONSOLE_CONFIG_ROWS         0x02
#define VIRTIO_CONSOLE_CONFIG_MAX_NR_PORTS 0x04
#define VIRTIO_CONSOLE_CONFIG_EMERG_WR     0x08

/* Control events (5.3.6.2). */
#define VIRTIO_CONSOLE_DEVICE_READY  0u
#define VIRTIO_CONSOLE_DEVICE_ADD    1u
#define VIRTIO_CONSOLE_DEVICE_REMOVE 2u
#define VIRTIO_CONSOLE_PORT_READY    3u
#define VIRTIO_CONSOLE_CONSOLE_PORT  4u
#define VIRTIO_CONSOLE_RESIZE        5u
#define VIRTIO_CONSOLE_PORT_OPEN     6u
#define VIRTIO_CONSOLE_PORT_NAME     7u

/* Ports that the engine can drive: their queues and those of control are 64, one bit each in a word. */
#define VIRTIO_CONSOLE_PORTS_MAX 31u

/* The name of a port, with its NUL. What is longer is cut. */
#define VIRTIO_CONSOLE_NAME_BYTES 64u

/*
 * Buffers for control messages, of either direction. Devices drop messages that find no buffer (QEMU announces all its
 * ports in one go), and cut or overrun when one does not fit (a name can be of any length).
 */
#ifndef VIRTIO_CONSOLE_CONTROL_BUFFERS
#define VIRTIO_CONSOLE_CONTROL_BUFFERS 64
#endif
#ifndef VIRTIO_CONSOLE_CONTROL_BYTES
#define VIRTIO_CONSOLE_CONTROL_BYTES 256u
#endif

/* Limits of what a caller can ask for. */
#define VIRTIO_CONSOLE_BUFFERS_MAX      1024u
#define VIRTIO_CONSOLE_BUFFER_BYTES_MAX 65536u

/* Wire format: control message (5.3.6.2). RESIZE has two more 16-bit fields behind it, PORT_NAME the name. */
struct virtio_console_message
{
    uint32_t id; /* of the port */
    uint16_t event;
    uint16_t value;
};

enum virtio_console_event
{
    VIRTIO_CONSOLE_ADDED,        /* the port is there */
    VIRTIO_CONSOLE_REMOVED,      /* it is gone; what was received before can still be read */
    VIRTIO_CONSOLE_NAMED,        /* port->name has changed */
    VIRTIO_CONSOLE_CONNECTED,    /* somebody on the host opened it */
    VIRTIO_CONSOLE_DISCONNECTED, /* and closed it */
    VIRTIO_CONSOLE_RESIZED,      /* port->cols and rows have changed */
    VIRTIO_CONSOLE_TEXT,         /* CONSOLE_PORT: it is to be used for a text console, and is open in both directions */
    VIRTIO_CONSOLE_READABLE,     /* there is more to read than before */
    VIRTIO_CONSOLE_WRITABLE,     /* there is more room than before, or an obstacle less */
};

struct virtio_console;

/*
 * Something happened to a port. Called from poll, reclaim, stop, resume, settle and refresh, with the caller's lock
 * held: be short. It may read, write, open and close ports, but not call any of those six.
 */
typedef void (*virtio_console_event_t)(struct virtio_console *con, uint16_t port, enum virtio_console_event event);

/* What virtio_console_start() is to set up. Numbers of buffers are rounded down to a power of two. */
struct virtio_console_setup
{
    uint16_t ports;      /* at most, of those that the device has; 1 to VIRTIO_CONSOLE_PORTS_MAX */
    uint16_t rx_buffers; /* a port; 2 to VIRTIO_CONSOLE_BUFFERS_MAX */
    uint16_t tx_buffers; /* a port; the same */
    uint32_t rx_bytes;   /* a buffer; 1 to VIRTIO_CONSOLE_BUFFER_BYTES_MAX */
    uint32_t tx_bytes;   /* a buffer; the same */
    virtio_console_event_t event;
    void *context; /* the caller's */
};

/* What the driver knows of a DMA buffer; the device never sees it. */
enum virtio_console_buffer_state
{
    VIRTIO_CONSOLE_BUFFER_IDLE,   /* nothing in it */
    VIRTIO_CONSOLE_BUFFER_LENT,   /* the device has it */
    VIRTIO_CONSOLE_BUFFER_UNREAD, /* receive: data for virtio_console_read() */
    VIRTIO_CONSOLE_BUFFER_UNSENT, /* transmit: was on its way when the device was reset */
};

struct virtio_console_buffer
{
    enum virtio_console_buffer_state state;
    uint32_t length;                    /* of the data in it */
    uint32_t taken;                     /* receive: bytes of it that were read */
    struct virtio_console_buffer *next; /* receive: that arrived after this one */
};

struct virtio_console_queue
{
    struct virtio_queue ring;
    uint8_t *memory; /* shared: `count` buffers of `bytes` each */
    virtio_dma_addr_t address;
    uint32_t bytes;
    uint16_t count;
    struct virtio_console_buffer *buffers;

    /* Receive: what is unread, in the order of arrival. */
    struct virtio_console_buffer *oldest;
    struct virtio_console_buffer *newest;
    uint32_t readable; /* bytes */

    /* Transmit: buffers are used in turn, so that their order is that of the data. */
    uint16_t first; /* the oldest that the device has */
    uint16_t used;  /* from there to the newest */
};

struct virtio_console_port
{
    struct virtio_console_queue rx;
    struct virtio_console_queue tx;
    bool present;
    bool text;        /* CONSOLE_PORT */
    bool host_open;   /* somebody on the host listens */
    bool guest_open;  /* what the host was told by virtio_console_open() */
    bool awaited;     /* was there before a reset, not yet announced again */
    bool open_unsure; /* host_open is from before a reset */
    bool owes_ready;  /* control messages that found no room yet */
    bool owes_open;
    uint16_t cols; /* 0 if unknown */
    uint16_t rows;
    char name[VIRTIO_CONSOLE_NAME_BYTES]; /* printable ASCII; "" if it has none */

    /* Bytes, since the start. */
    uint64_t received;
    uint64_t sent;
    uint64_t dropped; /* received while there was no port */
};

struct virtio_console
{
    struct virtio_device *dev;
    struct virtio_console_setup setup;
    bool stopped; /* the rings are not touched */
    bool multiport;
    bool told; /* single port: that it is there */
    uint16_t port_count;
    uint32_t max_nr_ports; /* the device's word */
    uint16_t cols, rows;   /* the config space's, of port 0 */
    uint64_t due;          /* queues whose notification has not been sent */
    struct virtio_console_port *ports;
    struct virtio_console_queue control_rx; /* stats.errors counts the messages that were ignored */
    struct virtio_console_queue control_tx;
};

/* The allow-list, for those who print feature names. */
extern const struct virtio_feature virtio_console_features[];

/*
 * Print on a device that offers EMERG_WRITE, whatever state it is in (5.3.4): probed only, running, broken or given up.
 * A register write a byte. ENOTSUP: it does not offer it. Any context, no lock.
 */
int virtio_console_emergency(struct virtio_device *dev, const void *data, size_t size);

/*
 * Start the device for the first time: negotiate, read the config space, open the queues of all ports up to the limit,
 * DRIVER_OK, lend the receive buffers. `con` is zeroed by the caller. No event comes from here; call
 * virtio_console_poll() afterwards, and send what is due. A single port can be written to at once. On failure
 * everything is given back, unless the device did not confirm its reset: then its memory is left to it for good.
 * Errors: those of virtio_device_start(), EINVAL (the setup), ENOMEM, EPROTO (a queue too small).
 */
int virtio_console_start(struct virtio_console *con, struct virtio_device *dev,
                         const struct virtio_console_setup *setup);

/* Reset the device and give everything back. */
void virtio_console_destroy(struct virtio_console *con);

/* The notifications that are due since the last call, for virtio_console_notify(). Any context. */
uint64_t virtio_console_due(struct virtio_console *con);

/* Send them. Needs no lock. Any context. */
void virtio_console_notify(struct virtio_console *con, uint64_t due);

/*
 * Take everything that the device finished, with notifications off meanwhile and on again afterwards, calling the event
 * callback. Returns how many buffers that were; EPROTO: a queue is broken and the device needs virtio_console_restart()
 * (the others were served). What it takes is bounded by the number of buffers. Any context.
 */
int virtio_console_poll(struct virtio_console *con);

/*
 * Copy received bytes out. Returns how many, 0 if there are none. Buffers that became empty are lent to the device
 * again, several at a time. ENODEV: no such port, or it was removed and all is read. Any context; works while stopped.
 */
int virtio_console_read(struct virtio_console *con, uint16_t port, void *buffer, size_t size);

/* Bytes that can be read. Any context. */
uint32_t virtio_console_readable(const struct virtio_console *con, uint16_t port);

/*
 * Give bytes to the device: as few requests as hold them, published once. Returns how many were taken, less than `size`
 * when the buffers are full. ENODEV: no such port. EAGAIN: stopped, or a port that was not announced again yet after a
 * reset (WRITABLE will come). EIO: nobody on the host has it open (CONNECTED will come). EPROTO: the queue is broken.
 * Any context.
 */
int virtio_console_write(struct virtio_console *con, uint16_t port, const void *data, size_t size);

/*
 * Take back what the device has finished sending of one port, for a writer who found no room and cannot wait for the
 * interrupt. Returns and calls back as virtio_console_poll(). Any context.
 */
int virtio_console_reclaim(struct virtio_console *con, uint16_t port);

/* Bytes that a write would take now. 0 also for every reason that would make it fail. Any context. */
size_t virtio_console_room(const struct virtio_console *con, uint16_t port);

/* True if the device has given back all that was written, or never will because the port is gone. Any context. */
bool virtio_console_idle(const struct virtio_console *con, uint16_t port);

/* Tell the host that the guest opened or closed a port; it sends nothing to a closed one. ENODEV. Any context. */
int virtio_console_open(struct virtio_console *con, uint16_t port, bool open);

/* Read the size of port 0 again, after a config change notification. True if it changed. Thread context. */
bool virtio_console_refresh(struct virtio_console *con);

/*
 * Recovery, for a device that broke the protocol, asked for a reset, or does not answer: stop (under the lock), restart
 * (no lock: nobody touches stopped queues), resume (under the lock), settle a while later (under the lock). Stopping
 * takes what the device has finished so far.
 */
void virtio_console_stop(struct virtio_console *con);

/* Reset, and start again with the same features and queues; stopped. Errors as virtio_console_start(). */
int virtio_console_restart(struct virtio_console *con);

/*
 * End the stop. `error` is what virtio_console_restart() returned. With 0, received bytes are still there, what was on
 * its way to the device is sent again (so it can come out twice), and the ports wait to be announced again; open ones
 * are opened again then. With an error all ports are removed, and the queues stay stopped.
 */
void virtio_console_resume(struct virtio_console *con, int error);

/*
 * The device had its time since the last resume to announce its ports again (nothing in the protocol says when it is
 * through with that): those that it did not are removed; those whose host side was open and is not said to be are
 * closed. Nothing happens while stopped.
 */
void virtio_console_settle(struct virtio_console *con);

#endif /* VIRTIO_CONSOLE_H */
