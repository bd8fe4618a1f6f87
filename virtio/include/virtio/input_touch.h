/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the frames of a tablet, pen or touch screen to what happened to each finger. No device access: the caller passes
 * in frames that he read. Calls on one struct are serialised by the caller. Any context.
 */
#ifndef VIRTIO_INPUT_TOUCH_H
#define VIRTIO_INPUT_TOUCH_H

#include <virtio/input.h>

/* Fingers at once; a device that knows more has those beyond ignored. */
#define VIRTIO_INPUT_CONTACTS 10u

enum virtio_input_change
{
    VIRTIO_INPUT_CONTACT_SAME,
    VIRTIO_INPUT_CONTACT_UP,
    VIRTIO_INPUT_CONTACT_DOWN,
    VIRTIO_INPUT_CONTACT_MOVED, /* while down */
};

struct virtio_input_contact
{
    bool down;
    bool was_down;
    bool moved;
    enum virtio_input_change change; /* not fetched yet */
    int32_t x;                       /* as the device has it */
    int32_t y;
};

struct virtio_input_touch
{
    bool slots;         /* fingers are told apart by ABS_MT_SLOT */
    unsigned int count; /* of contacts, at least 1 */
    unsigned int slot;  /* whom events are about; `count` or more: nobody known */
    struct virtio_input_contact contacts[VIRTIO_INPUT_CONTACTS];
};

/* What happened to one finger. */
struct virtio_input_point
{
    enum virtio_input_change change;
    unsigned int contact;
    int32_t x;
    int32_t y;
};

/* All fingers up. `in` is only looked at for what the device has. */
void virtio_input_touch_init(struct virtio_input_touch *touch, const struct virtio_input *in);

/*
 * Take a whole frame, once virtio_input_touch_next() has nothing more. A device without slots has one finger: a
 * pointer's left button, a pen's tip. After a loss (SYN_DROPPED) all fingers are up.
 */
void virtio_input_touch_take(struct virtio_input_touch *touch, const struct virtio_input_record *records,
                             uint32_t count);

/* Fetch a change. False: there is none. */
bool virtio_input_touch_next(struct virtio_input_touch *touch, struct virtio_input_point *point);

#endif /* VIRTIO_INPUT_TOUCH_H */
