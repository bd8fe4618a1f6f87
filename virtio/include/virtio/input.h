/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input device (5.8): the protocol engine.
 *
 * What a device is and can do is read once, at the first start, and does not change any more. Its events are put
 * together to frames: all events up to one of EV_SYN, SYN_REPORT. A reader sees whole frames only, out of a FIFO; a
 * consumer who wants each event at once, in the interrupt, gives a second callback.
 *
 * Where events were lost, because the FIFO had no room for a frame, the device said so, or it was reset, the reader
 * finds in their place a frame of SYN_DROPPED and SYN_REPORT: what he knows of keys and axes may be out of date, so
 * pressed keys are best taken for released. An incomplete frame never comes out.
 *
 * All calls on one device are serialised by the caller (one lock), but for virtio_input_notify() and
 * virtio_input_restart(), which are made without it, and for those that look only at what was read at the start
 * (virtio_input_has() to virtio_input_kind_name()), which need none. Functions that need a notification to be sent only
 * note that; the caller sends it after he gave back the lock:
 *
 *   lock; virtio_input_poll(in) or others; due = virtio_input_due(in); unlock; virtio_input_notify(in, due);
 *
 * In the interrupt: acknowledge it, then the line above; EPROTO, or virtio_device_needs_reset(), asks for recovery in a
 * thread. Nothing here sleeps, locks or allocates after virtio_input_start(). With the lock held the engine logs a line
 * only when a queue breaks.
 */
#ifndef VIRTIO_INPUT_H
#define VIRTIO_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <virtio/device.h>
#include <virtio/input_codes.h>
#include <virtio/queue.h>

/* The payload of the config space (5.8.4). No string and no bitmap is longer. */
#define VIRTIO_INPUT_PAYLOAD_BYTES 128u

/* Types of events that there can be. */
#define VIRTIO_INPUT_TYPES 32u

/* Limits of what a caller can ask for. */
#define VIRTIO_INPUT_BUFFERS_MAX 1024u
#define VIRTIO_INPUT_FIFO_MIN    4u
#define VIRTIO_INPUT_FIFO_MAX    65536u

/* Every code that can be set (LEDs, sounds, repeat), each with a buffer of its own for the status queue. */
#define VIRTIO_INPUT_STATUS_CODES (VIRTIO_INPUT_LED_CNT + VIRTIO_INPUT_SND_CNT + VIRTIO_INPUT_REP_CNT)

/* Wire format: an event of either direction (5.8.6). */
struct virtio_input_wire
{
    uint16_t type;
    uint16_t code;
    uint32_t value;
};

/* An event as the reader gets it. All events of a frame have the time at which its first one was taken. */
struct virtio_input_record
{
    uint64_t time_us; /* virtio_platform_clock_us() */
    uint16_t type;
    uint16_t code;
    int32_t value;
};

/* Numbers of codes, or of properties, that a device has. Bit 0 is the lowest of the first byte. */
struct virtio_input_bitmap
{
    uint8_t size; /* bytes, at most VIRTIO_INPUT_PAYLOAD_BYTES; 0: the device does not have this type at all */
    uint8_t bytes[VIRTIO_INPUT_PAYLOAD_BYTES];
};

/* Range and precision of an axis. `min` is not above `max`, but can be equal. Values outside are possible. */
struct virtio_input_axis
{
    bool present;
    int32_t min;
    int32_t max;
    uint32_t fuzz;       /* changes up to this are noise */
    uint32_t flat;       /* distance from the centre that counts as none */
    uint32_t resolution; /* units a millimetre, or a radian; 0: unknown */
};

struct virtio_input_identity
{
    uint16_t bus;
    uint16_t vendor;
    uint16_t product;
    uint16_t version;
};

enum virtio_input_kind
{
    VIRTIO_INPUT_KIND_OTHER,
    VIRTIO_INPUT_KIND_KEYBOARD,
    VIRTIO_INPUT_KIND_MOUSE,
    VIRTIO_INPUT_KIND_TABLET, /* a pointer with absolute coordinates */
    VIRTIO_INPUT_KIND_TOUCHSCREEN,
    VIRTIO_INPUT_KIND_MULTITOUCH, /* a touch screen for several fingers */
    VIRTIO_INPUT_KIND_TOUCHPAD,
    VIRTIO_INPUT_KIND_PEN,
    VIRTIO_INPUT_KIND_JOYSTICK, /* or gamepad */
    VIRTIO_INPUT_KIND_SWITCH,
};

struct virtio_input;

/*
 * There is more to read than before: at most once for each poll, stop and resume, and called from those with the
 * caller's lock held: be short. It may read, flush and set, but not poll, stop or resume.
 */
typedef void (*virtio_input_readable_t)(struct virtio_input *in);

/*
 * One event, at once, in the order of arrival, also of a frame that will find no room in the FIFO. Called as the above,
 * under the same rules. After a reset it gets SYN_DROPPED and SYN_REPORT.
 */
typedef void (*virtio_input_each_t)(struct virtio_input *in, const struct virtio_input_record *record);

/* What virtio_input_start() is to set up. */
struct virtio_input_setup
{
    uint16_t buffers; /* for events; 2 to VIRTIO_INPUT_BUFFERS_MAX, rounded down to a power of two. A device drops a
                         frame that finds too few (5.8.6.2). */
    uint32_t fifo;    /* events; a power of two from VIRTIO_INPUT_FIFO_MIN to VIRTIO_INPUT_FIFO_MAX */
    virtio_input_readable_t readable; /* may be NULL */
    virtio_input_each_t each;         /* may be NULL */
    void *context;                    /* the caller's */
};

/* Counted since the start. received = read + flushed + dropped + what is in the FIFO, markers aside. */
struct virtio_input_stats
{
    uint64_t received; /* events of a type and code that the device has */
    uint64_t unknown;  /* events of others, which were skipped */
    uint64_t dropped;  /* events of frames that the reader does not get */
    uint64_t frames;   /* frames of which such events were */
    uint64_t markers;  /* SYN_DROPPED put into the FIFO */
    uint64_t sent;     /* status events that the device was given */
};

/* Events between the device and the reader. The three indices count events and wrap at 32 bits. */
struct virtio_input_fifo
{
    struct virtio_input_record *records; /* `size`, a power of two */
    uint32_t size;
    uint32_t tail;  /* the reader's */
    uint32_t ready; /* the end of the last whole frame */
    uint32_t head;  /* the end of what there is of the next one */
    bool skipping;  /* the rest of the frame that is coming in is not kept */
    bool owes;      /* a marker has found no room yet; then there is no part of a frame behind `ready` */
};

/* A code that can be set: the last value that was asked for, and how far it got. */
struct virtio_input_status
{
    uint16_t type;
    uint16_t code;
    int32_t value;
    bool known; /* it was asked for, and is said again after a reset */
    bool owed;  /* the device has not been given this value yet */
    bool lent;  /* the device has the buffer */
};

/* A queue, and an element of shared memory for each of its buffers. */
struct virtio_input_queue
{
    struct virtio_queue ring;
    struct virtio_input_wire *memory;
    virtio_dma_addr_t address;
    uint16_t count;
};

struct virtio_input
{
    struct virtio_device *dev;
    struct virtio_input_setup setup;
    bool stopped;  /* the rings are not touched */
    bool in_frame; /* events came since the last SYN_REPORT */
    uint64_t time; /* of this frame */
    uint64_t due;  /* queues whose notification has not been sent */

    struct virtio_input_queue events; /* its stats.errors counts events that were too short */
    uint16_t *returned;               /* numbers of the buffers that the device gave back in this poll */
    uint16_t returned_count;
    struct virtio_input_queue status_out; /* buffer i is that of status[i] */
    struct virtio_input_status status[VIRTIO_INPUT_STATUS_CODES];
    struct virtio_input_fifo fifo;
    struct virtio_input_stats stats;

    /* What the config space said. */
    char name[VIRTIO_INPUT_PAYLOAD_BYTES + 1]; /* printable ASCII; "" if it has none */
    char serial[VIRTIO_INPUT_PAYLOAD_BYTES + 1];
    struct virtio_input_identity identity;
    struct virtio_input_bitmap properties;
    struct virtio_input_bitmap codes[VIRTIO_INPUT_TYPES]; /* of each type */
    struct virtio_input_axis axes[VIRTIO_INPUT_ABS_CNT];
    unsigned int config_faults; /* answers that were refused or mended */
};

/* The allow-list, for those who print feature names: the device has none of its own (5.8.3). */
extern const struct virtio_feature virtio_input_features[];

/*
 * Start the device for the first time: negotiate, read all of the config space, open both queues, get the FIFO,
 * DRIVER_OK, lend the buffers for events. `in` is zeroed by the caller. No callback comes from here; send what is due
 * afterwards. On failure everything is given back, unless the device did not confirm its reset: then its memory is left
 * to it for good. Errors: those of virtio_device_start(), EINVAL (the setup), ENOMEM, ENODEV (a queue is missing),
 * EPROTO (a queue too small). Thread context.
 */
int virtio_input_start(struct virtio_input *in, struct virtio_device *dev, const struct virtio_input_setup *setup);

/* Reset the device and give everything back. Thread context. */
void virtio_input_destroy(struct virtio_input *in);

/* The notifications that are due since the last call, for virtio_input_notify(). Any context. */
uint64_t virtio_input_due(struct virtio_input *in);

/* Send them. Needs no lock. Any context. */
void virtio_input_notify(struct virtio_input *in, uint64_t due);

/*
 * Take everything that the device finished, with notifications off meanwhile and on again afterwards, calling the
 * callbacks; give it the buffers back, all at once, and what is owed of the status. Returns how many buffers that were;
 * EPROTO: a queue is broken and the device needs virtio_input_restart() (the other was served). What it takes is
 * bounded by the number of buffers. Any context.
 */
int virtio_input_poll(struct virtio_input *in);

/*
 * Copy whole frames out, as many as fit into `count` records. Returns how many records, 0 if there is no frame: read
 * until then, because reading can make room for a marker, which is not told. EMSGSIZE: the next frame has more than
 * `count`; read with more, or drop it. The copy is made under the caller's lock, so ask for some ten at a time.
 * Any context; works while stopped.
 */
int virtio_input_read(struct virtio_input *in, struct virtio_input_record *records, uint32_t count);

/* Events that can be read; and those of the next frame, or 0. Any context. */
uint32_t virtio_input_readable(const struct virtio_input *in);
uint32_t virtio_input_next(const struct virtio_input *in);

/* Drop the next frame, for a reader who has no room for one as long. Returns how many events it had. Any context. */
uint32_t virtio_input_drop(struct virtio_input *in);

/* Forget all that can be read, as for a reader who begins now. Returns how many events that were. Any context. */
uint32_t virtio_input_flush(struct virtio_input *in);

/*
 * Set an LED, a sound, or repeat (EV_LED, EV_SND, EV_REP). The last value of each code is what counts: one that the
 * device could not be given yet is replaced by the next, and all are said again after a reset. So it never waits and
 * never fails for want of room; while stopped it is only noted. EINVAL: no other type and no other code goes to a
 * device, MSC_TIMESTAMP among them, which devices would send back in an endless loop. ENOTSUP: the device does not have
 * this code. Any context.
 */
int virtio_input_set(struct virtio_input *in, uint16_t type, uint16_t code, int32_t value);

/*
 * Does the device send, or take, this event? Of EV_SYN every device has the four codes that there are; of EV_REP one
 * that has the type has both codes (QEMU's keyboard has it with a bitmap of zeros). Any context, no lock.
 */
bool virtio_input_has(const struct virtio_input *in, uint16_t type, uint16_t code);

/* Does it have this property (VIRTIO_INPUT_PROP_...)? Any context, no lock. */
bool virtio_input_has_property(const struct virtio_input *in, uint16_t property);

/*
 * The codes of a type as the device gave them; for EV_SYN, as evdev has it, the types that it has. At most `size` bytes
 * are written to `bitmap`, and what the device has no bits for is zeroed. Returns the number of bytes that there are, 0
 * if the device does not have this type. Any context, no lock.
 */
size_t virtio_input_bits(const struct virtio_input *in, uint16_t type, void *bitmap, size_t size);

/* An axis, or NULL if the device does not have it or does not describe it. Any context, no lock. */
const struct virtio_input_axis *virtio_input_axis(const struct virtio_input *in, uint16_t code);

/* A value of an axis as a number from 0 to size - 1: a position on a screen. It is clamped. Any context, no lock. */
uint32_t virtio_input_scale(const struct virtio_input_axis *axis, int32_t value, uint32_t size);

/*
 * What the device is, told from what it can do. The first of these that is true:
 *
 *   MULTITOUCH   ABS_MT_POSITION_X and _Y, and INPUT_PROP_DIRECT or no INPUT_PROP_POINTER
 *   TOUCHPAD     ABS_MT_POSITION_X and _Y
 *   PEN          ABS_X and ABS_Y, and BTN_TOOL_PEN
 *   TOUCHSCREEN  ABS_X and ABS_Y, and BTN_TOUCH, and INPUT_PROP_DIRECT or no BTN_LEFT (QEMU's tablet has both buttons)
 *   TABLET       ABS_X and ABS_Y, and BTN_LEFT
 *   MOUSE        REL_X and REL_Y
 *   JOYSTICK     a button from BTN_JOYSTICK up to, not with, BTN_DIGI
 *   KEYBOARD     a key: below BTN_MISC, or from KEY_OK on. A power button is a keyboard with one key.
 *   SWITCH       EV_SW
 *   OTHER
 *
 * Any context, no lock.
 */
enum virtio_input_kind virtio_input_kind(const struct virtio_input *in);

/* Its name for people: "keyboard". Never NULL. */
const char *virtio_input_kind_name(enum virtio_input_kind kind);

/*
 * Recovery, for a device that broke the protocol, asked for a reset, or does not answer: stop (under the lock), restart
 * (no lock: nobody touches stopped queues), resume (under the lock). Stopping takes what the device has finished so
 * far.
 */
void virtio_input_stop(struct virtio_input *in);

/* Reset, and start again with the same features and queues; stopped. Errors as virtio_input_start(). Thread context. */
int virtio_input_restart(struct virtio_input *in);

/*
 * End the stop. `error` is what virtio_input_restart() returned. What is in the FIFO stays, but for a frame that was
 * not complete; a marker follows, because what happened during the reset is unknown. With 0 the device has its buffers
 * again and is told what was set. With an error the queues stay stopped; restart can be tried again.
 */
void virtio_input_resume(struct virtio_input *in, int error);

#endif /* VIRTIO_INPUT_H */
