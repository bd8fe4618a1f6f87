/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input device (5.8): what its frames say about fingers. The meaning of the codes is evdev's: a device either says for
 * each event which finger it is about (ABS_MT_SLOT; a tracking id of -1 lifts it), or has one only.
 */
#include <string.h>

#include <virtio/input_touch.h>

void virtio_input_touch_init(struct virtio_input_touch *touch, const struct virtio_input *in)
{
    const struct virtio_input_axis *axis = virtio_input_axis(in, VIRTIO_INPUT_ABS_MT_SLOT);

    memset(touch, 0, sizeof(*touch));
    touch->count = 1;
    if (axis != NULL && virtio_input_has(in, VIRTIO_INPUT_EV_ABS, VIRTIO_INPUT_ABS_MT_TRACKING_ID))
    {
        touch->slots = true;
        touch->count = axis->max < 0 ? 1u : (unsigned int)axis->max + 1u;
        touch->count = touch->count < VIRTIO_INPUT_CONTACTS ? touch->count : VIRTIO_INPUT_CONTACTS;
    }
}

static void position(int32_t *where, int32_t value, struct virtio_input_contact *contact)
{
    contact->moved = contact->moved || *where != value;
    *where = value;
}

static void take_axis(struct virtio_input_touch *touch, uint16_t code, int32_t value)
{
    struct virtio_input_contact *contact;

    if (code == VIRTIO_INPUT_ABS_MT_SLOT && touch->slots)
    {
        touch->slot = (uint32_t)value < touch->count ? (unsigned int)value : touch->count;
        return;
    }
    if (touch->slot >= touch->count)
    {
        return;
    }
    contact = &touch->contacts[touch->slot];
    switch (code)
    {
    case VIRTIO_INPUT_ABS_X:
    case VIRTIO_INPUT_ABS_Y:
        /* With slots these repeat one of the fingers. */
        if (!touch->slots)
        {
            position(code == VIRTIO_INPUT_ABS_X ? &contact->x : &contact->y, value, contact);
        }
        break;
    case VIRTIO_INPUT_ABS_MT_POSITION_X:
        position(&contact->x, value, contact);
        break;
    case VIRTIO_INPUT_ABS_MT_POSITION_Y:
        position(&contact->y, value, contact);
        break;
    case VIRTIO_INPUT_ABS_MT_TRACKING_ID:
        contact->down = touch->slots ? value >= 0 : contact->down;
        break;
    default:
        break;
    }
}

static void lift_all(struct virtio_input_touch *touch)
{
    unsigned int i;

    for (i = 0; i < touch->count; i++)
    {
        touch->contacts[i].down = false;
    }
}

/* The frame ends: what is different from the last one. */
static void compare(struct virtio_input_touch *touch)
{
    struct virtio_input_contact *contact;
    unsigned int i;

    for (i = 0; i < touch->count; i++)
    {
        contact = &touch->contacts[i];
        if (contact->down != contact->was_down)
        {
            contact->change = contact->down ? VIRTIO_INPUT_CONTACT_DOWN : VIRTIO_INPUT_CONTACT_UP;
        }
        else if (contact->down && contact->moved)
        {
            contact->change = VIRTIO_INPUT_CONTACT_MOVED;
        }
        contact->was_down = contact->down;
        contact->moved = false;
    }
}

void virtio_input_touch_take(struct virtio_input_touch *touch, const struct virtio_input_record *records,
                             uint32_t count)
{
    const struct virtio_input_record *record;

    for (record = records; record != records + count; record++)
    {
        if (record->type == VIRTIO_INPUT_EV_ABS)
        {
            take_axis(touch, record->code, record->value);
        }
        else if (record->type == VIRTIO_INPUT_EV_KEY && !touch->slots &&
                 (record->code == VIRTIO_INPUT_BTN_TOUCH || record->code == VIRTIO_INPUT_BTN_LEFT))
        {
            touch->contacts[0].down = record->value != 0;
        }
        else if (record->type == VIRTIO_INPUT_EV_SYN && record->code == VIRTIO_INPUT_SYN_DROPPED)
        {
            lift_all(touch);
        }
        else if (record->type == VIRTIO_INPUT_EV_SYN && record->code == VIRTIO_INPUT_SYN_REPORT)
        {
            compare(touch);
        }
    }
}

bool virtio_input_touch_next(struct virtio_input_touch *touch, struct virtio_input_point *point)
{
    struct virtio_input_contact *contact;
    unsigned int i;

    for (i = 0; i < touch->count; i++)
    {
        contact = &touch->contacts[i];
        if (contact->change != VIRTIO_INPUT_CONTACT_SAME)
        {
            point->change = contact->change;
            point->contact = i;
            point->x = contact->x;
            point->y = contact->y;
            contact->change = VIRTIO_INPUT_CONTACT_SAME;
            return true;
        }
    }
    return false;
}
