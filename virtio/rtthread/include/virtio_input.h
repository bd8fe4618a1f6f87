/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VirtIO input devices in RT-Thread: virtio-input0, virtio-input1, ... in the order of their windows.
 *
 * Tablets, touch screens and pens are of RT_Device_Class_Touch and can be opened once at a time, all others of
 * RT_Device_Class_Miscellaneous. All of them have the events and control commands described here. With RT_USING_TOUCH
 * those of the first sort are devices of RT-Thread's touch class, too: touch0, touch1, ... (the next free number), with
 * RT_TOUCH_CTRL_... and reads of struct rt_touch_data.
 *
 * The events of a device have one taker: its touch device while that is open; else the handler while one is bound; else
 * rt_device_read() while this device is open; else, with RT_USING_INPUT, RT-Thread's input framework, where it is
 * input0, input1, ... with the same capabilities, and rt_input_trigger() for LEDs and sounds. What comes while there is
 * none is forgotten, so that who begins to take them gets no old ones.
 *
 * rt_device_read() copies whole frames (all events up to one of EV_SYN, SYN_REPORT) as an array of struct
 * virtio_input_event, and returns how many bytes that were; 0 at once if there is nothing. `size` is a multiple of
 * sizeof(struct virtio_input_event). -RT_EINVAL: it is not, or the next frame is longer than that; with room for
 * RT_VIRTIO_INPUT_FRAME_MAX events every frame can be read, for longer ones are dropped. Events that were lost leave a
 * frame of SYN_DROPPED and SYN_REPORT in their place: keys are best taken for released then. rx_indicate gets the
 * number of bytes that can be read, in interrupts or threads; after it, read until there is nothing.
 *
 * rt_device_write() sets LEDs, sounds and repeat: an array of struct virtio_input_event of EV_LED, EV_SND or EV_REP
 * (EV_SYN is passed over). It never waits: the last value of each code is what the device gets, and gets again after a
 * reset. Returns the bytes up to the first event that it could not send, or if that is the first of all -RT_EINVAL
 * (another type), -RT_ENOSYS (the device has no such LED), -RT_EIO (the device is dead).
 *
 * Reads, writes and commands: threads, or interrupts but for the commands that bind a handler.
 */
#ifndef __VIRTIO_INPUT_H__
#define __VIRTIO_INPUT_H__

#include <rtthread.h>

#include <virtio.h>
#include <virtio/input.h>
#include <virtio_input_event_codes.h>

rt_err_t rt_virtio_input_init(rt_ubase_t *mmio_base, rt_uint32_t irq);

#define RT_VIRTIO_INPUT_FRAME_MAX 64u

/* --- What RT-Thread's applications know --- */

/* What a device is for those who know only these three; anything with absolute coordinates is a tablet. */
enum virtio_input_type
{
    VIRTIO_INPUT_TYPE_KEYBOARD,
    VIRTIO_INPUT_TYPE_MOUSE,
    VIRTIO_INPUT_TYPE_TABLET,

    VIRTIO_INPUT_TYPE_SIZE,
};

struct virtio_input_event
{
    rt_uint16_t type;
    rt_uint16_t code;
    rt_uint32_t value;
};

/* The range of an axis: `min` and `max` are signed numbers. See struct virtio_input_axis of <virtio/input.h>. */
struct virtio_input_absinfo
{
    rt_uint32_t min;
    rt_uint32_t max;
    rt_uint32_t fuzz;
    rt_uint32_t flat;
    rt_uint32_t res;
};

struct virtio_input_devids
{
    rt_uint16_t bustype;
    rt_uint16_t vendor;
    rt_uint16_t product;
    rt_uint16_t version;
};

/* Laid out as a device's config space (5.8.4); here only the carrier of answers. */
struct virtio_input_config
{
    rt_uint8_t select;
    rt_uint8_t subsel;
    rt_uint8_t size;
    rt_uint8_t reserved[5];

    union
    {
        char string[128];
        rt_uint8_t bitmap[128];
        struct virtio_input_absinfo abs;
        struct virtio_input_devids ids;
    };
} __attribute__((packed));

enum virtio_input_config_select
{
    VIRTIO_INPUT_CFG_UNSET = 0x00,
    VIRTIO_INPUT_CFG_ID_NAME = 0x01,
    VIRTIO_INPUT_CFG_ID_SERIAL = 0x02,
    VIRTIO_INPUT_CFG_ID_DEVIDS = 0x03,
    VIRTIO_INPUT_CFG_PROP_BITS = 0x10,
    VIRTIO_INPUT_CFG_EV_BITS = 0x11,
    VIRTIO_INPUT_CFG_ABS_INFO = 0x12,
};

#define VIRTIO_INPUT_ABS_AXIS_X 0
#define VIRTIO_INPUT_ABS_AXIS_Y 1

/* For bitmaps in words. */
#ifndef BITS_PER_LONG
#ifdef ARCH_CPU_64BIT
#define BITS_PER_LONG 64
#else
#define BITS_PER_LONG 32
#endif
#endif
#ifndef BIT_MASK
#define BIT_MASK(nr) (1UL << ((nr) % BITS_PER_LONG))
#endif
#ifndef BIT_WORD
#define BIT_WORD(nr) ((nr) / BITS_PER_LONG)
#endif
#ifndef DIV_ROUND_UP
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#endif
#ifndef BITS_PER_BYTE
#define BITS_PER_BYTE 8
#endif
#ifndef BITS_PER_TYPE
#define BITS_PER_TYPE(type) (sizeof(type) * BITS_PER_BYTE)
#endif
#ifndef BITS_TO_BYTES
#define BITS_TO_BYTES(nr) DIV_ROUND_UP(nr, BITS_PER_BYTE)
#endif
#ifndef BITS_TO_LONGS
#define BITS_TO_LONGS(nr) DIV_ROUND_UP(nr, BITS_PER_LONG)
#endif

/*
 * Control commands. A NULL argument is -RT_EINVAL, and what the device does not have is -RT_ENOSYS, if it does not say
 * otherwise.
 */
enum
{
    VIRTIO_DEVICE_CTRL_INPUT_GET_TYPE = 0x20, /* enum virtio_input_type * */

    /*
     * void (*)(struct virtio_input_event event): called with each event, in a thread of the driver (see
     * RT_VIRTIO_INPUT_CTRL_HANDLE_IN_INTERRUPT); NULL: no longer. Afterwards the handler of before does not run any
     * more; -RT_EBUSY if it still does after a second. A handler that unbinds itself is returned to. -RT_ENOMEM: no
     * thread.
     */
    VIRTIO_DEVICE_CTRL_INPUT_BIND_BSCT_HANDLER = 0x21,

    /* struct virtio_input_config *: `abs`. Of devices for several fingers alone, where a finger is. */
    VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_X_INFO = 0x22,
    VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_Y_INFO = 0x23,

    VIRTIO_DEVICE_CTRL_INPUT_SET_STATUS = 0x24, /* struct virtio_input_event *: as rt_device_write() of one */

    /* rt_ubase_t[BITS_TO_LONGS(EV_CNT)] for the types, KEY_CNT, REL_CNT, ABS_CNT; all zero if it has none of them. */
    VIRTIO_DEVICE_CTRL_INPUT_GET_EV_BIT = 0x25,
    VIRTIO_DEVICE_CTRL_INPUT_GET_KEY_BIT = 0x26,
    VIRTIO_DEVICE_CTRL_INPUT_GET_REL_BIT = 0x27,
    VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_BIT = 0x28,
};

/* --- What else there is --- */

#define RT_VIRTIO_INPUT_CTRL_GET_KIND       0x29 /* enum virtio_input_kind *, of <virtio/input.h> */
#define RT_VIRTIO_INPUT_CTRL_GET_NAME       0x2a /* char[RT_VIRTIO_INPUT_NAME_BYTES]: terminated, "" if it has none */
#define RT_VIRTIO_INPUT_CTRL_GET_SERIAL     0x2b /* the same */
#define RT_VIRTIO_INPUT_CTRL_GET_IDS        0x2c /* struct virtio_input_devids * */
#define RT_VIRTIO_INPUT_CTRL_GET_AXIS       0x2d /* struct virtio_input_config *: of the axis `subsel`, `abs` */
#define RT_VIRTIO_INPUT_CTRL_GET_PROPERTIES 0x2e /* rt_ubase_t[BITS_TO_LONGS(INPUT_PROP_CNT)] */

/* struct virtio_input_config *: of the type `subsel` (EV_LED...), `size` and `bitmap`, in bytes, lowest bit first. */
#define RT_VIRTIO_INPUT_CTRL_GET_BITS 0x2f

#define RT_VIRTIO_INPUT_NAME_BYTES    (VIRTIO_INPUT_PAYLOAD_BYTES + 1)

/* Read with time stamps. struct rt_virtio_input_timed_read *; otherwise as rt_device_read(). */
#define RT_VIRTIO_INPUT_CTRL_READ_TIMED 0x30

/* All events of a frame have the time of its first one. */
struct virtio_input_timed_event
{
    rt_uint64_t time_us; /* since some time in the past, the same for all devices */
    rt_uint16_t type;
    rt_uint16_t code;
    rt_uint32_t value;
};

struct rt_virtio_input_timed_read
{
    struct virtio_input_timed_event *events;
    rt_size_t count; /* in: how many there is room for; out: how many there are now */
};

/* As BIND_BSCT_HANDLER, in its place. struct rt_virtio_input_handler *, copied. NULL: no handler any longer. */
#define RT_VIRTIO_INPUT_CTRL_BIND_HANDLER 0x31

struct rt_virtio_input_handler
{
    void (*handle)(rt_device_t dev, const struct virtio_input_timed_event *event, void *context);
    void *context;
};

/*
 * rt_bool_t *: RT_TRUE: call this device's handler in the interrupt at once (or in the thread that resets the device),
 * without a lock; it must not sleep and be short. RT_FALSE, from the start: in the driver's thread for all input
 * devices, where it may do as it likes, but the other devices' handlers wait for it.
 */
#define RT_VIRTIO_INPUT_CTRL_HANDLE_IN_INTERRUPT 0x32

#endif /* __VIRTIO_INPUT_H__ */
