/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input device (5.8): what the config space says of it, and what that makes it.
 *
 * The space is a window (5.8.4): a question is written to select and subsel, the answer is size and that many bytes.
 * All questions are asked once, at the first start, so that nobody else can ask at the same time (HZ-INPUT-02).
 */
#include <string.h>

#include <virtio/platform.h>

#include "virtio_input_internal.h"

/* Offsets in the config space. */
#define SELECT  0x00u
#define SUBSEL  0x01u
#define SIZE    0x02u
#define PAYLOAD 0x08u

/* Questions. */
#define ID_NAME   0x01u
#define ID_SERIAL 0x02u
#define ID_DEVIDS 0x03u
#define PROP_BITS 0x10u
#define EV_BITS   0x11u
#define ABS_INFO  0x12u

/* Answers of a structure: devids is four 16-bit fields, absinfo five of 32 bits. */
#define DEVIDS_BYTES  8u
#define ABSINFO_BYTES 20u

/* Whose size changes this often while it is read has none. */
#define TRIES 4

struct question
{
    uint8_t select;
    uint8_t subsel;
    uint8_t width; /* of the fields that the answer is made of */
    uint8_t bytes; /* of a structure; 0 if the answer is as long as it says */
};

/* --- Asking --- */

static unsigned int fault(struct virtio_input *in, const struct question *question, const char *what)
{
    if (in->config_faults++ == 0)
    {
        virtio_platform_log(VIRTIO_LOG_WARNING, "%s: config select 0x%02x, %u: %s; done without it", in->dev->name,
                            (unsigned int)question->select, (unsigned int)question->subsel, what);
    }
    return 0;
}

/*
 * The answer goes to fields[1] and up; its size in bytes is returned, 0 for none. A size that changes meanwhile, or is
 * too small for its structure, makes none; more than can be there is cut (HZ-INPUT-01).
 */
static unsigned int ask(struct virtio_input *in, const struct question *question, struct virtio_config_field *fields)
{
    unsigned int size;
    unsigned int bytes;
    unsigned int i;
    int tries;

    fields[0].offset = SIZE;
    fields[0].width = 1;
    for (tries = 0; tries < TRIES; tries++)
    {
        /* INPUT-CFG-01: both, each time. */
        virtio_config_write(in->dev, SELECT, 1, question->select);
        virtio_config_write(in->dev, SUBSEL, 1, question->subsel);
        virtio_config_read(in->dev, fields, 1);
        size = (unsigned int)fields[0].value;
        if (size == 0)
        {
            return 0; /* DP-INPUT-01: there is no such thing, whatever the payload holds */
        }
        if (size < question->bytes)
        {
            return fault(in, question, "the answer is shorter than its structure");
        }
        bytes = question->bytes != 0 ? question->bytes : size;
        bytes = bytes < VIRTIO_INPUT_PAYLOAD_BYTES ? bytes : VIRTIO_INPUT_PAYLOAD_BYTES;
        for (i = 0; i < bytes / question->width; i++)
        {
            fields[1 + i].offset = (uint16_t)(PAYLOAD + i * question->width);
            fields[1 + i].width = question->width;
        }
        virtio_config_read(in->dev, fields, 1 + bytes / question->width);
        if (fields[0].value == size)
        {
            return bytes;
        }
    }
    return fault(in, question, "its size does not stay the same");
}

/* Room for the answer and a NUL is at `text`. */
static void ask_string(struct virtio_input *in, uint8_t select, char *text, struct virtio_config_field *fields)
{
    const struct question question = {select, 0, 1, 0};
    unsigned int size = ask(in, &question, fields);
    unsigned int i;
    char c;

    /* The device's strings carry no NUL (5.8.4), but one with it ends there. */
    for (i = 0; i < size && fields[1 + i].value != 0; i++)
    {
        c = (char)fields[1 + i].value;
        text[i] = (char)(c >= ' ' && c <= '~' ? c : '?');
    }
    text[i] = '\0';
}

static void ask_bitmap(struct virtio_input *in, uint8_t select, uint8_t subsel, struct virtio_input_bitmap *bitmap,
                       struct virtio_config_field *fields)
{
    const struct question question = {select, subsel, 1, 0};
    unsigned int i;

    bitmap->size = (uint8_t)ask(in, &question, fields);
    for (i = 0; i < bitmap->size; i++)
    {
        bitmap->bytes[i] = (uint8_t)fields[1 + i].value;
    }
}

static void ask_identity(struct virtio_input *in, struct virtio_config_field *fields)
{
    const struct question question = {ID_DEVIDS, 0, 2, DEVIDS_BYTES};

    if (ask(in, &question, fields) != 0)
    {
        in->identity.bus = (uint16_t)fields[1].value;
        in->identity.vendor = (uint16_t)fields[2].value;
        in->identity.product = (uint16_t)fields[3].value;
        in->identity.version = (uint16_t)fields[4].value;
    }
}

static void ask_axis(struct virtio_input *in, uint8_t code, struct virtio_config_field *fields)
{
    const struct question question = {ABS_INFO, code, 4, ABSINFO_BYTES};
    struct virtio_input_axis *axis = &in->axes[code];

    if (ask(in, &question, fields) == 0)
    {
        return;
    }
    axis->present = true;
    axis->min = (int32_t)(uint32_t)fields[1].value;
    axis->max = (int32_t)(uint32_t)fields[2].value;
    axis->fuzz = (uint32_t)fields[3].value;
    axis->flat = (uint32_t)fields[4].value;
    axis->resolution = (uint32_t)fields[5].value;
    if (axis->min > axis->max)
    {
        /* HZ-INPUT-05. With the ends exchanged the axis still says something; without a range it would not. */
        axis->min = axis->max;
        axis->max = (int32_t)(uint32_t)fields[1].value;
        (void)fault(in, &question, "the minimum of the axis is above its maximum, they were exchanged");
    }
}

int virtio_input_read_config(struct virtio_input *in)
{
    struct virtio_config_field *fields;
    uint8_t code;
    uint8_t type;

    /* Too large for the stack of a small system. */
    fields = virtio_platform_alloc(sizeof(fields[0]) * (1 + VIRTIO_INPUT_PAYLOAD_BYTES));
    if (fields == NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    ask_string(in, ID_NAME, in->name, fields);
    ask_string(in, ID_SERIAL, in->serial, fields);
    ask_identity(in, fields);
    ask_bitmap(in, PROP_BITS, 0, &in->properties, fields);
    for (type = 0; type < VIRTIO_INPUT_TYPES; type++)
    {
        ask_bitmap(in, EV_BITS, type, &in->codes[type], fields);
    }
    for (code = 0; code < VIRTIO_INPUT_ABS_CNT; code++)
    {
        if (virtio_input_has(in, VIRTIO_INPUT_EV_ABS, code))
        {
            ask_axis(in, code, fields);
        }
    }
    virtio_platform_free(fields);
    return 0;
}

/* --- What it can do --- */

static bool has_bit(const struct virtio_input_bitmap *bitmap, unsigned int bit)
{
    return bit / 8 < bitmap->size && (bitmap->bytes[bit / 8] >> bit % 8 & 1) != 0;
}

bool virtio_input_has(const struct virtio_input *in, uint16_t type, uint16_t code)
{
    if (type >= VIRTIO_INPUT_TYPES)
    {
        return false;
    }
    if (type == VIRTIO_INPUT_EV_SYN)
    {
        return code <= VIRTIO_INPUT_SYN_DROPPED;
    }
    if (type == VIRTIO_INPUT_EV_REP)
    {
        return in->codes[type].size != 0 && code < VIRTIO_INPUT_REP_CNT;
    }
    return has_bit(&in->codes[type], code);
}

bool virtio_input_has_property(const struct virtio_input *in, uint16_t property)
{
    return has_bit(&in->properties, property);
}

size_t virtio_input_bits(const struct virtio_input *in, uint16_t type, void *bitmap, size_t size)
{
    struct virtio_input_bitmap types = {VIRTIO_INPUT_TYPES / 8, {0}};
    const struct virtio_input_bitmap *from = &types;
    unsigned int i;

    memset(bitmap, 0, size);
    if (type >= VIRTIO_INPUT_TYPES)
    {
        return 0;
    }
    if (type == VIRTIO_INPUT_EV_SYN)
    {
        types.bytes[0] = 1; /* that of EV_SYN itself */
        for (i = 1; i < VIRTIO_INPUT_TYPES; i++)
        {
            types.bytes[i / 8] |= (uint8_t)((in->codes[i].size != 0) << i % 8);
        }
    }
    else
    {
        from = &in->codes[type];
    }
    memcpy(bitmap, from->bytes, from->size < size ? from->size : size);
    return from->size;
}

const struct virtio_input_axis *virtio_input_axis(const struct virtio_input *in, uint16_t code)
{
    return code < VIRTIO_INPUT_ABS_CNT && in->axes[code].present ? &in->axes[code] : NULL;
}

uint32_t virtio_input_scale(const struct virtio_input_axis *axis, int32_t value, uint32_t size)
{
    uint32_t range = (uint32_t)axis->max - (uint32_t)axis->min;

    if (value <= axis->min || size == 0)
    {
        return 0;
    }
    if (value >= axis->max)
    {
        return range != 0 ? size - 1 : 0; /* an axis of one value has only one place */
    }
    return (uint32_t)(((uint64_t)((uint32_t)value - (uint32_t)axis->min) * (size - 1)) / range);
}

/* --- What it is --- */

static bool has_key(const struct virtio_input *in, unsigned int from, unsigned int to)
{
    unsigned int code;

    for (code = from; code < to; code++)
    {
        if (has_bit(&in->codes[VIRTIO_INPUT_EV_KEY], code))
        {
            return true;
        }
    }
    return false;
}

static bool has_both(const struct virtio_input *in, uint16_t type, uint16_t x, uint16_t y)
{
    return virtio_input_has(in, type, x) && virtio_input_has(in, type, y);
}

/* A device with ABS_X and ABS_Y. OTHER: they are not those of a pointer. */
static enum virtio_input_kind absolute_kind(const struct virtio_input *in)
{
    bool left = virtio_input_has(in, VIRTIO_INPUT_EV_KEY, VIRTIO_INPUT_BTN_LEFT);

    if (virtio_input_has(in, VIRTIO_INPUT_EV_KEY, VIRTIO_INPUT_BTN_TOOL_PEN))
    {
        return VIRTIO_INPUT_KIND_PEN;
    }
    if (virtio_input_has(in, VIRTIO_INPUT_EV_KEY, VIRTIO_INPUT_BTN_TOUCH) &&
        (!left || virtio_input_has_property(in, VIRTIO_INPUT_PROP_DIRECT)))
    {
        return VIRTIO_INPUT_KIND_TOUCHSCREEN;
    }
    return left ? VIRTIO_INPUT_KIND_TABLET : VIRTIO_INPUT_KIND_OTHER;
}

enum virtio_input_kind virtio_input_kind(const struct virtio_input *in)
{
    enum virtio_input_kind kind = VIRTIO_INPUT_KIND_OTHER;

    if (has_both(in, VIRTIO_INPUT_EV_ABS, VIRTIO_INPUT_ABS_MT_POSITION_X, VIRTIO_INPUT_ABS_MT_POSITION_Y))
    {
        return virtio_input_has_property(in, VIRTIO_INPUT_PROP_DIRECT) ||
                       !virtio_input_has_property(in, VIRTIO_INPUT_PROP_POINTER)
                   ? VIRTIO_INPUT_KIND_MULTITOUCH
                   : VIRTIO_INPUT_KIND_TOUCHPAD;
    }
    if (has_both(in, VIRTIO_INPUT_EV_ABS, VIRTIO_INPUT_ABS_X, VIRTIO_INPUT_ABS_Y))
    {
        kind = absolute_kind(in);
    }
    if (kind != VIRTIO_INPUT_KIND_OTHER)
    {
        return kind;
    }
    if (has_both(in, VIRTIO_INPUT_EV_REL, VIRTIO_INPUT_REL_X, VIRTIO_INPUT_REL_Y))
    {
        return VIRTIO_INPUT_KIND_MOUSE;
    }
    if (has_key(in, VIRTIO_INPUT_BTN_JOYSTICK, VIRTIO_INPUT_BTN_DIGI))
    {
        return VIRTIO_INPUT_KIND_JOYSTICK;
    }
    if (has_key(in, VIRTIO_INPUT_KEY_ESC, VIRTIO_INPUT_BTN_MISC) ||
        has_key(in, VIRTIO_INPUT_KEY_OK, VIRTIO_INPUT_KEY_CNT))
    {
        return VIRTIO_INPUT_KIND_KEYBOARD;
    }
    return in->codes[VIRTIO_INPUT_EV_SW].size != 0 ? VIRTIO_INPUT_KIND_SWITCH : VIRTIO_INPUT_KIND_OTHER;
}

const char *virtio_input_kind_name(enum virtio_input_kind kind)
{
    static const char *const names[] = {
        [VIRTIO_INPUT_KIND_OTHER] = "other",
        [VIRTIO_INPUT_KIND_KEYBOARD] = "keyboard",
        [VIRTIO_INPUT_KIND_MOUSE] = "mouse",
        [VIRTIO_INPUT_KIND_TABLET] = "tablet",
        [VIRTIO_INPUT_KIND_TOUCHSCREEN] = "touch screen",
        [VIRTIO_INPUT_KIND_MULTITOUCH] = "multi-touch screen",
        [VIRTIO_INPUT_KIND_TOUCHPAD] = "touch pad",
        [VIRTIO_INPUT_KIND_PEN] = "pen",
        [VIRTIO_INPUT_KIND_JOYSTICK] = "joystick",
        [VIRTIO_INPUT_KIND_SWITCH] = "switch",
    };

    return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : names[VIRTIO_INPUT_KIND_OTHER];
}
