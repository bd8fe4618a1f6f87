/* SPDX-License-Identifier: Apache-2.0 */
/* The device's side of the split ring (2.7). */

#include <stdlib.h>

#include "sim_ring.h"
#include "violation.h"

static size_t driver_bytes(unsigned int size)
{
    return 6u + 2u * size;
}

static size_t device_bytes(unsigned int size)
{
    return 6u + 8u * size;
}

static void start(struct sim_device *sim, unsigned int index, const struct sim_ring *ring)
{
    unsigned int i;

    for (i = 0; i < device_bytes(ring->size) && ring->device[i] == 0; i++)
    {
    }
    if (i != device_bytes(ring->size) || get16(ring->driver + 2) != 0)
    {
        violation("SPLIT-ANS-01", "queue %u: the rings are not zeroed", index);
    }
    if (sim->polls)
    {
        put16(ring->device, 1);
        put16(ring->device + 4 + 8 * ring->size, 0x8000);
    }
}

static void take_indirect(struct sim_device *sim, struct sim_chain *chain, const uint8_t *desc, unsigned int limit)
{
    unsigned int next = 0;
    unsigned int entries;
    const uint8_t *table = sim_take_table(sim, chain, desc, get16(desc + 12), limit, &entries);

    while (table != NULL)
    {
        unsigned int flags = get16(table + 16 * next + 12);

        if ((flags & SIM_DESC_INDIRECT) != 0)
        {
            violation("SPLIT-IND-02", "INDIRECT within an indirect table");
        }
        if (!sim_take_element(sim, chain, table + 16 * next, (flags & SIM_DESC_WRITE) != 0, limit) ||
            (flags & SIM_DESC_NEXT) == 0)
        {
            return;
        }
        next = get16(table + 16 * next + 14);
        if (next >= entries)
        {
            violation("SPLIT-DESC-01", "next %u is outside of the indirect table", next);
            return;
        }
    }
}

static struct sim_chain *take_chain(struct sim_device *sim, struct sim_queue *queue, const struct sim_ring *ring,
                                    uint16_t head)
{
    unsigned int at = head;
    struct sim_chain *chain;

    if (head >= ring->size)
    {
        violation("SPLIT-AVAIL-01", "head %u is not in the table", head);
        return NULL;
    }
    chain = calloc(1, sizeof(*chain));
    chain->head = head;
    for (;;)
    {
        const uint8_t *desc = ring->desc + 16 * at;
        unsigned int flags = get16(desc + 12);

        if (queue->owner[at] != 0)
        {
            violation("CORE-CLEAN-01", "descriptor %u is in the chains at %u and %u", at, queue->owner[at] - 1u, head);
            break;
        }
        sim_own(queue, chain, at);
        if ((flags & ~7u) != 0)
        {
            violation("SPLIT-DESC-01", "flags 0x%x of descriptor %u", flags, at);
        }
        if ((flags & SIM_DESC_INDIRECT) != 0)
        {
            take_indirect(sim, chain, desc, ring->size);
            break;
        }
        if (!sim_take_element(sim, chain, desc, (flags & SIM_DESC_WRITE) != 0, ring->size) ||
            (flags & SIM_DESC_NEXT) == 0)
        {
            break;
        }
        at = get16(desc + 14);
        if (at >= ring->size)
        {
            violation("SPLIT-DESC-01", "next %u is not in the table", at);
            break;
        }
    }
    return chain;
}

static unsigned int available(struct sim_device *sim, unsigned int index, const struct sim_ring *ring)
{
    struct sim_queue *queue = &sim->queue[index];
    uint16_t idx = get16(ring->driver + 2);
    uint16_t flags = get16(ring->driver);

    if (sim_has(sim, SIM_F_EVENT_IDX) && flags != 0)
    {
        violation("SPLIT-UNS-03", "avail flags 0x%x with EVENT_IDX", flags);
    }
    if (flags > 1)
    {
        violation("SPLIT-UNS-01", "avail flags 0x%x", flags);
    }
    if ((uint16_t)(idx - queue->last_avail) > ring->size)
    {
        violation("SPLIT-AVAIL-01", "avail idx went from %u to %u", queue->last_avail, idx);
        return 0;
    }
    return (uint16_t)(idx - queue->last_avail);
}

static bool take(struct sim_device *sim, unsigned int index, const struct sim_ring *ring, struct sim_chain **chain)
{
    struct sim_queue *queue = &sim->queue[index];

    *chain = take_chain(sim, queue, ring, get16(ring->driver + 4 + 2 * (queue->last_avail % ring->size)));
    queue->last_avail++;
    return true;
}

static void ask(struct sim_device *sim, unsigned int index, const struct sim_ring *ring)
{
    if (!sim->polls && sim_has(sim, SIM_F_EVENT_IDX))
    {
        /* "Tell me when you go past this": the next one. The low bit of flags means nothing now. */
        put16(ring->device + 4 + 8 * ring->size, sim->queue[index].last_avail);
    }
}

static void use(struct sim_device *sim, unsigned int index, const struct sim_ring *ring, uint32_t id, uint32_t length,
                unsigned int descriptors)
{
    struct sim_queue *queue = &sim->queue[index];

    (void)descriptors;
    put32(ring->device + 4 + 8 * (queue->used_idx % ring->size), id);
    put32(ring->device + 8 + 8 * (queue->used_idx % ring->size), length);
    put16(ring->device + 2, ++queue->used_idx);
}

static bool wanted(struct sim_device *sim, unsigned int index, const struct sim_ring *ring)
{
    struct sim_queue *queue = &sim->queue[index];

    if (sim_has(sim, SIM_F_EVENT_IDX))
    {
        uint16_t event = get16(ring->driver + 4 + 2 * ring->size);

        return (uint16_t)(queue->used_idx - event - 1) < (uint16_t)(queue->used_idx - queue->signalled);
    }
    return (get16(ring->driver) & 1) == 0;
}

static void lie(struct sim_device *sim, unsigned int index)
{
    sim_used_idx(sim, index, (uint16_t)(sim->queue[index].used_idx + 100));
}

const struct sim_layout sim_split_layout = {
    .element_id = "SPLIT-DESC-01",
    .order_id = "SPLIT-FRAME-01",
    .length_id = "SPLIT-IND-03",
    .indirect_id = "SPLIT-IND-01",
    .driver_bytes = driver_bytes,
    .device_bytes = device_bytes,
    .start = start,
    .available = available,
    .take = take,
    .ask = ask,
    .use = use,
    .wanted = wanted,
    .lie = lie,
};

void sim_used_idx(struct sim_device *sim, unsigned int index, uint16_t idx)
{
    struct sim_ring ring;

    if (sim_ring_map(sim, index, &ring))
    {
        sim->queue[index].used_idx = idx;
        put16(ring.device + 2, idx);
    }
}

void sim_used_flags(struct sim_device *sim, unsigned int index, uint16_t flags)
{
    struct sim_ring ring;

    if (sim_ring_map(sim, index, &ring))
    {
        put16(ring.device, flags);
    }
}

void sim_avail_event(struct sim_device *sim, unsigned int index, uint16_t value)
{
    struct sim_ring ring;

    if (sim_ring_map(sim, index, &ring))
    {
        put16(ring.device + 4 + 8 * ring.size, value);
    }
}
