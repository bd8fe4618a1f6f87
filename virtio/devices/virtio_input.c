/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input device (5.8): life of the device, both queues, recovery. The config space is read in virtio_input_config.c;
 * frames and their reader are in virtio_input_fifo.c.
 */
#include <string.h>

#include <virtio/byteorder.h>
#include <virtio/platform.h>

#include "virtio_input_internal.h"

const struct virtio_feature virtio_input_features[] = {
    {NULL, 0, 0, {0}, {0}},
};

/* The queues (5.8.2). */
#define EVENTS     0u
#define STATUS_OUT 1u

#define WIRE_BYTES ((uint32_t)sizeof(struct virtio_input_wire))

/* Only the layout makes the events right. */
typedef char wire_is_8_bytes[sizeof(struct virtio_input_wire) == 8 ? 1 : -1];

/* What can be set. The codes of a type lie one after the other in virtio_input.status. */
static const struct
{
    uint16_t type;
    uint16_t codes;
} settable[] = {
    {VIRTIO_INPUT_EV_LED, VIRTIO_INPUT_LED_CNT},
    {VIRTIO_INPUT_EV_SND, VIRTIO_INPUT_SND_CNT},
    {VIRTIO_INPUT_EV_REP, VIRTIO_INPUT_REP_CNT},
};

/* --- Queues --- */

static int queue_open(struct virtio_input *in, struct virtio_input_queue *queue, uint16_t index, uint16_t ring_size,
                      uint16_t count)
{
    int error = virtio_queue_create(&queue->ring, in->dev, index, ring_size, 0);

    if (error != 0)
    {
        return error;
    }
    queue->count = count != 0 ? count : queue->ring.size;
    queue->memory = virtio_platform_dma_alloc((size_t)queue->count * WIRE_BYTES, WIRE_BYTES, &queue->address);
    return queue->memory != NULL ? 0 : -VIRTIO_ENOMEM;
}

static void queue_close(struct virtio_input_queue *queue)
{
    if (queue->memory != NULL)
    {
        virtio_platform_dma_free(queue->memory, (size_t)queue->count * WIRE_BYTES);
    }
    virtio_queue_destroy(&queue->ring);
    memset(queue, 0, sizeof(*queue));
}

/* After a reset. */
static int queue_reopen(struct virtio_input_queue *queue)
{
    while (virtio_queue_detach(&queue->ring) != NULL)
    {
    }
    return virtio_queue_reopen(&queue->ring);
}

static int lend(struct virtio_input_queue *queue, unsigned int number, bool writable, void *cookie)
{
    struct virtio_sg sg;

    /* Always the whole element, whatever the device said of it before (INPUT-OP-03, -04). */
    sg.address = queue->address + (virtio_dma_addr_t)number * WIRE_BYTES;
    sg.length = WIRE_BYTES;
    return virtio_queue_add(&queue->ring, &sg, writable ? 0 : 1, writable ? 1 : 0, cookie);
}

static void publish(struct virtio_input *in, struct virtio_input_queue *queue)
{
    if (virtio_queue_publish(&queue->ring))
    {
        in->due |= (uint64_t)1 << queue->ring.index;
    }
}

/* Hand everything that the device finished to `handle`; a count or EPROTO. Ends: nothing is published meanwhile. */
static int drain(struct virtio_input *in, struct virtio_input_queue *queue,
                 void (*handle)(struct virtio_input *in, void *cookie, uint32_t length))
{
    uint32_t length;
    void *cookie;
    int count = 0;
    int error;

    virtio_queue_disable(&queue->ring);
    do
    {
        while ((error = virtio_queue_pop(&queue->ring, &cookie, &length)) == 0)
        {
            handle(in, cookie, length);
            count++;
        }
    } while (error == -VIRTIO_EAGAIN && virtio_queue_enable(&queue->ring));

    if (count > 0)
    {
        queue->ring.stats.batches++;
    }
    return error == -VIRTIO_EAGAIN ? count : error;
}

/* --- Events --- */

static void event_received(struct virtio_input *in, void *cookie, uint32_t length)
{
    const volatile struct virtio_input_wire *wire = cookie;
    bool legacy = in->dev->legacy;
    uint16_t type = virtio_swap16(legacy, wire->type);
    uint16_t code = virtio_swap16(legacy, wire->code);
    uint32_t value = virtio_swap32(legacy, wire->value);

    if (length < WIRE_BYTES)
    {
        in->events.ring.stats.errors++; /* HZ-INPUT-03: no event; what the buffer holds is an old one */
    }
    else if (!virtio_input_has(in, type, code))
    {
        in->stats.unknown++; /* INPUT-OP-05 */
    }
    else
    {
        virtio_input_take(in, type, code, (int32_t)value);
    }
    in->returned[in->returned_count++] = (uint16_t)((struct virtio_input_wire *)cookie - in->events.memory);
}

/*
 * All that came back, in one go. Not each as it comes: a device that gives one back twice would find that it has it
 * again, and not be noticed.
 */
static void lend_returned(struct virtio_input *in)
{
    uint16_t number;

    while (in->returned_count != 0)
    {
        number = in->returned[--in->returned_count];
        /* Fails only in a broken queue: the restart lends all of them. */
        (void)lend(&in->events, number, true, &in->events.memory[number]);
    }
    publish(in, &in->events);
}

/* A count or EPROTO. */
static int poll_events(struct virtio_input *in)
{
    uint32_t before = in->fifo.ready;
    int result = drain(in, &in->events, event_received);

    lend_returned(in);
    if (in->fifo.ready != before && in->setup.readable != NULL)
    {
        in->setup.readable(in);
    }
    return result;
}

/* --- Status --- */

/* What is owed and not on its way already. What finds no room is sent when the device gives something back. */
static void send_owed(struct virtio_input *in)
{
    bool legacy = in->dev->legacy;
    struct virtio_input_status *status;
    struct virtio_input_wire *wire;
    unsigned int i;

    for (i = 0; i < VIRTIO_INPUT_STATUS_CODES; i++)
    {
        status = &in->status[i];
        if (!status->owed || status->lent)
        {
            continue;
        }
        wire = &in->status_out.memory[i];
        wire->type = virtio_swap16(legacy, status->type);
        wire->code = virtio_swap16(legacy, status->code);
        wire->value = virtio_swap32(legacy, (uint32_t)status->value);
        if (lend(&in->status_out, i, false, status) == 0)
        {
            status->lent = true;
            status->owed = false;
            in->stats.sent++;
        }
    }
    publish(in, &in->status_out);
}

static void status_returned(struct virtio_input *in, void *cookie, uint32_t length)
{
    struct virtio_input_status *status = cookie;

    (void)in;
    (void)length; /* nothing can have been written, whatever it says */
    status->lent = false;
}

static int poll_status(struct virtio_input *in)
{
    int result = drain(in, &in->status_out, status_returned);

    send_owed(in);
    return result;
}

int virtio_input_set(struct virtio_input *in, uint16_t type, uint16_t code, int32_t value)
{
    struct virtio_input_status *status = in->status;
    size_t i;

    for (i = 0; i < sizeof(settable) / sizeof(settable[0]) && settable[i].type != type; i++)
    {
        status += settable[i].codes;
    }
    if (i == sizeof(settable) / sizeof(settable[0]) || code >= settable[i].codes)
    {
        return -VIRTIO_EINVAL;
    }
    if (!virtio_input_has(in, type, code))
    {
        return -VIRTIO_ENOTSUP;
    }
    status += code;
    status->type = type;
    status->code = code;
    status->value = value;
    status->known = true;
    status->owed = true;
    if (!in->stopped)
    {
        send_owed(in);
    }
    return 0;
}

/* --- Life of the device --- */

/* First start: between FEATURES_OK and DRIVER_OK. */
static int create(struct virtio_input *in)
{
    int error = virtio_input_read_config(in);

    if (error != 0)
    {
        return error;
    }
    in->fifo.size = in->setup.fifo;
    in->fifo.records = virtio_platform_alloc(sizeof(in->fifo.records[0]) * in->fifo.size);
    if (in->fifo.records == NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    error = queue_open(in, &in->events, EVENTS, in->setup.buffers, 0);
    if (error == 0)
    {
        in->returned = virtio_platform_alloc(sizeof(in->returned[0]) * in->events.count);
        error = in->returned != NULL ? 0 : -VIRTIO_ENOMEM;
    }
    if (error == 0)
    {
        /* At most one descriptor for each code; with fewer some wait. */
        error = queue_open(in, &in->status_out, STATUS_OUT, 32, VIRTIO_INPUT_STATUS_CODES);
        /* QEMU says how much it read, where it should say that it wrote nothing. */
        in->status_out.ring.lax_length = true;
    }
    return error;
}

static int setup_device(void *context)
{
    struct virtio_input *in = context;
    int error;

    if (!in->dev->started)
    {
        return create(in);
    }
    error = queue_reopen(&in->events);
    return error == 0 ? queue_reopen(&in->status_out) : error;
}

static const struct virtio_driver driver = {
    .features = virtio_input_features,
    .validate = NULL,
    .setup = setup_device,
};

static void give_back(struct virtio_input *in)
{
    queue_close(&in->events);
    queue_close(&in->status_out);
    virtio_platform_free(in->returned);
    in->returned = NULL;
    virtio_platform_free(in->fifo.records);
    memset(&in->fifo, 0, sizeof(in->fifo));
}

/* The device runs, with empty rings: give it its buffers (5.8.5), and say what it should show. */
static void begin(struct virtio_input *in)
{
    unsigned int i;

    in->stopped = false;
    for (i = 0; i < in->events.count; i++)
    {
        (void)lend(&in->events, i, true, &in->events.memory[i]); /* an empty queue has room */
    }
    publish(in, &in->events);
    for (i = 0; i < VIRTIO_INPUT_STATUS_CODES; i++)
    {
        in->status[i].lent = false;
        in->status[i].owed = in->status[i].known;
    }
    send_owed(in);
}

static bool makes_sense(const struct virtio_input_setup *setup)
{
    return setup->buffers >= 2 && setup->buffers <= VIRTIO_INPUT_BUFFERS_MAX && setup->fifo >= VIRTIO_INPUT_FIFO_MIN &&
           setup->fifo <= VIRTIO_INPUT_FIFO_MAX && (setup->fifo & (setup->fifo - 1)) == 0;
}

int virtio_input_start(struct virtio_input *in, struct virtio_device *dev, const struct virtio_input_setup *setup)
{
    int error;

    if (!makes_sense(setup))
    {
        return -VIRTIO_EINVAL;
    }
    in->dev = dev;
    in->setup = *setup;
    in->stopped = true;
    error = virtio_device_start(dev, &driver, in);
    if (error == 0)
    {
        begin(in);
    }
    else if (dev->quiet)
    {
        give_back(in);
    }
    return error;
}

void virtio_input_destroy(struct virtio_input *in)
{
    in->stopped = true;
    if (virtio_device_reset(in->dev) == 0)
    {
        give_back(in);
    }
    else
    {
        virtio_platform_log(VIRTIO_LOG_ERROR, "%s: no answer to a reset; its memory is left to it", in->dev->name);
    }
}

/* --- Serving --- */

uint64_t virtio_input_due(struct virtio_input *in)
{
    uint64_t due = in->due;

    in->due = 0;
    return due;
}

void virtio_input_notify(struct virtio_input *in, uint64_t due)
{
    uint16_t index;

    for (index = EVENTS; index <= STATUS_OUT; index++)
    {
        /* Between a stop and virtio_input_resume(), which says anew what is due, the device may not be ready. */
        if ((due >> index & 1) != 0 && !*(const volatile bool *)&in->stopped)
        {
            in->dev->transport->notify(in->dev, index);
        }
    }
}

int virtio_input_poll(struct virtio_input *in)
{
    int events;
    int status;

    if (in->stopped)
    {
        return 0;
    }
    events = poll_events(in);
    status = poll_status(in);
    if (events < 0 || status < 0)
    {
        return -VIRTIO_EPROTO;
    }
    return events + status;
}

/* --- Recovery --- */

void virtio_input_stop(struct virtio_input *in)
{
    if (!in->stopped)
    {
        (void)poll_events(in); /* what was received is not lost; errors are why we are here */
    }
    in->stopped = true;
}

int virtio_input_restart(struct virtio_input *in)
{
    return virtio_device_start(in->dev, &driver, in);
}

void virtio_input_resume(struct virtio_input *in, int error)
{
    uint32_t before = in->fifo.ready;

    in->due = 0;
    if (error == 0)
    {
        begin(in);
    }
    virtio_input_lose(in);
    if (in->fifo.ready != before && in->setup.readable != NULL)
    {
        in->setup.readable(in);
    }
}
