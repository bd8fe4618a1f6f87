/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input device (5.8): events put together to frames, and their reader.
 *
 * A frame is kept whole or not at all (DP-INPUT-03: half an update is worse than none). Room for the marker that stands
 * for a loss is looked for before anything that came after the loss is kept, so the order is right without a place
 * being reserved for it.
 */
#include <virtio/platform.h>

#include "virtio_input_internal.h"

/* SYN_DROPPED, and SYN_REPORT: a reader who knows evdev ignores all up to that. */
#define MARKER_EVENTS 2u

static bool is_syn(const struct virtio_input_record *record, uint16_t code)
{
    return record->type == VIRTIO_INPUT_EV_SYN && record->code == code;
}

static uint32_t room(const struct virtio_input_fifo *fifo)
{
    return fifo->size - (fifo->head - fifo->tail);
}

static void put(struct virtio_input_fifo *fifo, const struct virtio_input_record *record)
{
    fifo->records[fifo->head++ & (fifo->size - 1)] = *record;
}

/* Put the marker, if one is owed and finds room. */
static void mark(struct virtio_input *in)
{
    struct virtio_input_fifo *fifo = &in->fifo;
    struct virtio_input_record record = {in->time, VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_DROPPED, 0};

    if (fifo->owes && room(fifo) >= MARKER_EVENTS)
    {
        put(fifo, &record);
        record.code = VIRTIO_INPUT_SYN_REPORT;
        put(fifo, &record);
        fifo->ready = fifo->head;
        fifo->owes = false;
        in->stats.markers++;
    }
}

/* Something is lost behind the last whole frame. If that is a marker, and not read yet, it stands for this loss too. */
static void owe(struct virtio_input *in)
{
    struct virtio_input_fifo *fifo = &in->fifo;

    fifo->owes = fifo->ready - fifo->tail < MARKER_EVENTS ||
                 !is_syn(&fifo->records[(fifo->ready - MARKER_EVENTS) & (fifo->size - 1)], VIRTIO_INPUT_SYN_DROPPED);
    mark(in);
}

/* Give up the frame that is coming in. */
static void skip(struct virtio_input *in)
{
    struct virtio_input_fifo *fifo = &in->fifo;

    in->stats.dropped += fifo->head - fifo->ready;
    in->stats.frames++;
    fifo->head = fifo->ready;
    fifo->skipping = true;
    owe(in);
}

static void keep(struct virtio_input *in, const struct virtio_input_record *record)
{
    struct virtio_input_fifo *fifo = &in->fifo;

    mark(in);
    if (!fifo->skipping && (fifo->owes || room(fifo) == 0 || is_syn(record, VIRTIO_INPUT_SYN_DROPPED)))
    {
        skip(in);
    }
    if (fifo->skipping)
    {
        in->stats.dropped++;
        return;
    }
    put(fifo, record);
}

void virtio_input_take(struct virtio_input *in, uint16_t type, uint16_t code, int32_t value)
{
    struct virtio_input_fifo *fifo = &in->fifo;
    struct virtio_input_record record;

    if (!in->in_frame)
    {
        in->in_frame = true;
        in->time = virtio_platform_clock_us();
    }
    record.time_us = in->time;
    record.type = type;
    record.code = code;
    record.value = value;
    in->stats.received++;
    keep(in, &record);
    if (is_syn(&record, VIRTIO_INPUT_SYN_REPORT))
    {
        fifo->ready = fifo->head;
        fifo->skipping = false;
        in->in_frame = false;
    }
    if (in->setup.each != NULL)
    {
        in->setup.each(in, &record);
    }
}

void virtio_input_lose(struct virtio_input *in)
{
    struct virtio_input_record record = {virtio_platform_clock_us(), VIRTIO_INPUT_EV_SYN, VIRTIO_INPUT_SYN_DROPPED, 0};

    in->time = record.time_us;
    if (in->fifo.skipping || in->fifo.head == in->fifo.ready)
    {
        owe(in); /* nothing more to give up */
    }
    else
    {
        skip(in);
    }
    in->fifo.skipping = false;
    in->in_frame = false;
    if (in->setup.each != NULL)
    {
        in->setup.each(in, &record);
        record.code = VIRTIO_INPUT_SYN_REPORT;
        in->setup.each(in, &record);
    }
}

/* --- Reading --- */

uint32_t virtio_input_readable(const struct virtio_input *in)
{
    return in->fifo.ready - in->fifo.tail;
}

/* Events of the next frame, 0 if there is none, `limit` + 1 if they are more than `limit`. */
static uint32_t measure(const struct virtio_input_fifo *fifo, uint32_t limit)
{
    uint32_t at = fifo->tail;

    if (at == fifo->ready)
    {
        return 0;
    }
    while (at - fifo->tail < limit && !is_syn(&fifo->records[at & (fifo->size - 1)], VIRTIO_INPUT_SYN_REPORT))
    {
        at++; /* ends before `ready`: a whole frame is there */
    }
    return at - fifo->tail + 1;
}

uint32_t virtio_input_next(const struct virtio_input *in)
{
    return measure(&in->fifo, in->fifo.size);
}

int virtio_input_read(struct virtio_input *in, struct virtio_input_record *records, uint32_t count)
{
    struct virtio_input_fifo *fifo = &in->fifo;
    uint32_t done = 0;
    uint32_t length;

    while ((length = measure(fifo, count - done)) != 0 && length <= count - done)
    {
        for (; length != 0; length--)
        {
            records[done++] = fifo->records[fifo->tail++ & (fifo->size - 1)];
        }
    }
    mark(in); /* where nothing else comes in, the reader finds it at his next call */
    return done == 0 && length != 0 ? -VIRTIO_EMSGSIZE : (int)done;
}

uint32_t virtio_input_drop(struct virtio_input *in)
{
    uint32_t length = virtio_input_next(in);

    in->fifo.tail += length;
    in->stats.dropped += length;
    in->stats.frames += length != 0;
    mark(in);
    return length;
}

uint32_t virtio_input_flush(struct virtio_input *in)
{
    uint32_t count = virtio_input_readable(in);

    in->fifo.tail = in->fifo.ready;
    in->fifo.owes = false;
    return count;
}
