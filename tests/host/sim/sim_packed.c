/* SPDX-License-Identifier: Apache-2.0 */
/* The device's side of the packed ring (2.8). */

#include <stdlib.h>

#include "sim_ring.h"
#include "violation.h"

#define AVAIL         0x80u
#define USED          0x8000u

#define EVENT_ENABLE  0u
#define EVENT_DISABLE 1u
#define EVENT_DESC    2u

static size_t event_bytes(unsigned int size)
{
    (void)size;
    return 4;
}

static void start(struct sim_device *sim, unsigned int index, const struct sim_ring *ring)
{
    struct sim_queue *queue = &sim->queue[index];
    unsigned int i;

    for (i = 0; i < 16u * ring->size && ring->desc[i] == 0; i++)
    {
    }
    if (i != 16u * ring->size || get32(ring->device) != 0)
    {
        violation("PACKED-INIT-01", "queue %u: the ring is not zeroed", index);
    }
    queue->avail_slot = queue->used_slot = 0;
    queue->avail_wrap = queue->used_wrap = true;
    queue->slots_taken = queue->slots_used = queue->signalled_slots = 0;
    if (sim->polls)
    {
        put16(ring->device + 2, EVENT_DISABLE);
    }
}

/* Available in the lap that the device is in (2.8.1)? */
static bool is_available(unsigned int flags, bool wrap)
{
    return (flags & (AVAIL | USED)) == (wrap ? AVAIL : USED);
}

static void advance(uint16_t *slot, bool *wrap, unsigned int size, unsigned int count)
{
    unsigned int to = *slot + count;

    if (to >= size)
    {
        to -= size;
        *wrap = !*wrap;
    }
    *slot = (uint16_t)to;
}

static void take_indirect(struct sim_device *sim, struct sim_chain *chain, const uint8_t *desc, unsigned int flags,
                          unsigned int limit)
{
    unsigned int entries;
    const uint8_t *table = sim_take_table(sim, chain, desc, flags, limit, &entries);

    for (unsigned int i = 0; table != NULL && i < entries; i++)
    {
        unsigned int entry_flags = get16(table + 16 * i + 14);

        if ((entry_flags & ~SIM_DESC_WRITE) != 0)
        {
            violation("PACKED-IND-02", "flags 0x%x within an indirect table", entry_flags);
        }
        if (!sim_take_element(sim, chain, table + 16 * i, (entry_flags & SIM_DESC_WRITE) != 0, limit))
        {
            return;
        }
    }
}

static unsigned int available(struct sim_device *sim, unsigned int index, const struct sim_ring *ring)
{
    unsigned int mode = get16(ring->driver + 2);

    (void)index;
    if (mode > EVENT_DESC || (mode == EVENT_DESC && !sim_has(sim, SIM_F_EVENT_IDX)))
    {
        violation("PACKED-EVT-01", "driver's event flags 0x%x", mode);
    }
    return ring->size;
}

static bool take(struct sim_device *sim, unsigned int index, const struct sim_ring *ring, struct sim_chain **taken)
{
    struct sim_queue *queue = &sim->queue[index];
    struct sim_chain *chain;
    unsigned int flags = get16(ring->desc + 16 * queue->avail_slot + 14);
    unsigned int id;

    if (!is_available(flags, queue->avail_wrap))
    {
        return false;
    }
    chain = calloc(1, sizeof(*chain));
    for (;;)
    {
        const uint8_t *desc = ring->desc + 16 * queue->avail_slot;

        flags = get16(desc + 14);
        id = get16(desc + 12);
        if (!is_available(flags, queue->avail_wrap))
        {
            violation("PACKED-CHAIN-02", "flags 0x%x of slot %u within a list", flags, queue->avail_slot);
            break;
        }
        if (queue->slots_taken - queue->slots_used == ring->size)
        {
            violation("PACKED-DESC-01", "slot %u was written before it was used", queue->avail_slot);
            break;
        }
        if ((flags & ~(7u | AVAIL | USED)) != 0)
        {
            violation("PACKED-CHAIN-02", "flags 0x%x of slot %u", flags, queue->avail_slot);
        }
        queue->slots_taken++;
        chain->descriptors++;
        advance(&queue->avail_slot, &queue->avail_wrap, ring->size, 1);
        if ((flags & SIM_DESC_INDIRECT) != 0)
        {
            if (chain->descriptors > 1)
            {
                violation("PACKED-IND-04", "INDIRECT in the middle of a list");
            }
            take_indirect(sim, chain, desc, flags, ring->size);
            break;
        }
        if (!sim_take_element(sim, chain, desc, (flags & SIM_DESC_WRITE) != 0, ring->size) ||
            (flags & SIM_DESC_NEXT) == 0)
        {
            break;
        }
    }
    *taken = chain;
    chain->head = (uint16_t)id; /* 2.8.6: that of the last descriptor */
    if (id >= ring->size)
    {
        violation("PACKED-CHAIN-01", "id %u of the last descriptor, more than there can be buffers", id);
        return true;
    }
    if (queue->owner[id] != 0)
    {
        violation("CORE-CLEAN-01", "id %u is of two buffers", id);
        return true;
    }
    sim_own(queue, chain, id);
    return true;
}

static void ask(struct sim_device *sim, unsigned int index, const struct sim_ring *ring)
{
    struct sim_queue *queue = &sim->queue[index];

    if (!sim->polls && sim_has(sim, SIM_F_EVENT_IDX))
    {
        put16(ring->device, (uint16_t)(queue->avail_slot | (queue->avail_wrap ? 0x8000u : 0)));
        put16(ring->device + 2, EVENT_DESC);
    }
}

/* A used descriptor: the flags last. */
static void write_used(struct sim_queue *queue, const struct sim_ring *ring, uint32_t id, uint32_t length,
                       unsigned int flags)
{
    uint8_t *desc = ring->desc + 16 * queue->used_slot;

    put32(desc + 8, length);
    put16(desc + 12, (uint16_t)(id > 0xffff ? 0xffff : id));
    put16(desc + 14, (uint16_t)(flags | (queue->used_wrap ? AVAIL | USED : 0)));
}

static void use(struct sim_device *sim, unsigned int index, const struct sim_ring *ring, uint32_t id, uint32_t length,
                unsigned int descriptors)
{
    struct sim_queue *queue = &sim->queue[index];

    write_used(queue, ring, id, length, length != 0 && !sim->no_write_flag ? SIM_DESC_WRITE : 0);
    queue->used_idx++;
    queue->slots_used += descriptors;
    advance(&queue->used_slot, &queue->used_wrap, ring->size, descriptors);
}

static bool wanted(struct sim_device *sim, unsigned int index, const struct sim_ring *ring)
{
    struct sim_queue *queue = &sim->queue[index];
    unsigned int mode = get16(ring->driver + 2) & 3;
    unsigned int event = get16(ring->driver);
    unsigned int back;

    if (mode != EVENT_DESC)
    {
        return mode != EVENT_DISABLE;
    }
    /* How far behind the next slot it lies: passed if that is not further than what was used since then. */
    back = queue->used_slot - (event & 0x7fff) + (((event & 0x8000) != 0) == queue->used_wrap ? 0 : ring->size);
    return back - 1 < queue->slots_used - queue->signalled_slots;
}

static void lie(struct sim_device *sim, unsigned int index)
{
    uint16_t marks = sim_used_marks(sim, index);
    bool idle = sim->queue[index].slots_taken == sim->queue[index].slots_used;

    sim_slot_flags(sim, index, 0, idle ? marks : marks ^ (AVAIL | USED));
}

const struct sim_layout sim_packed_layout = {
    .element_id = "PACKED-SG-01",
    .order_id = "PACKED-SG-03",
    .length_id = "PACKED-SG-02",
    .indirect_id = "PACKED-IND-01",
    .driver_bytes = event_bytes,
    .device_bytes = event_bytes,
    .start = start,
    .available = available,
    .take = take,
    .ask = ask,
    .use = use,
    .wanted = wanted,
    .lie = lie,
};

void sim_device_event(struct sim_device *sim, unsigned int index, uint16_t position, uint16_t flags)
{
    struct sim_ring ring;

    if (sim_ring_map(sim, index, &ring))
    {
        put16(ring.device, position);
        put16(ring.device + 2, flags);
    }
}

void sim_slot_flags(struct sim_device *sim, unsigned int index, unsigned int ahead, uint16_t flags)
{
    struct sim_ring ring;

    if (sim_ring_map(sim, index, &ring))
    {
        put16(ring.desc + 16 * ((sim->queue[index].used_slot + ahead) % ring.size) + 14, flags);
    }
}

uint16_t sim_used_marks(const struct sim_device *sim, unsigned int index)
{
    return sim->queue[index].used_wrap ? AVAIL | USED : 0;
}
