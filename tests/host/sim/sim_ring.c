/* SPDX-License-Identifier: Apache-2.0 */
/* The device's side of the split ring (2.7). */

#include <stdlib.h>
#include <string.h>

#include "../platform_host.h"
#include "sim.h"
#include "violation.h"

struct ring
{
    uint8_t *desc, *avail, *used;
    unsigned int size;
};

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)value);
    put16(at + 2, (uint16_t)(value >> 16));
}

static uint64_t get64(const uint8_t *at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

/* Look the ring up again for each piece of work: it is only there as long as the driver leaves it there. */
static bool ring_map(struct sim_device *sim, unsigned int index, struct ring *ring)
{
    const struct sim_queue *queue = &sim->queue[index];

    ring->size = queue->size;
    ring->desc = host_dma(queue->desc, 16u * queue->size, true);
    ring->avail = host_dma(queue->driver, 6u + 2u * queue->size, true);
    ring->used = host_dma(queue->device, 6u + 8u * queue->size, true);
    return ring->desc != NULL && ring->avail != NULL && ring->used != NULL;
}

bool sim_queue_start(struct sim_device *sim, unsigned int index)
{
    struct sim_queue *queue = &sim->queue[index];
    struct ring ring;
    unsigned int i;

    if (!ring_map(sim, index, &ring))
    {
        return false;
    }
    if (!host_dma_coherent(queue->desc, 1) || !host_dma_coherent(queue->device, 1))
    {
        violation("MMIO-QCFG-03", "queue %u is not in memory for both sides", index);
    }
    for (i = 0; i < 6u + 8u * ring.size && ring.used[i] == 0; i++)
    {
    }
    if (i != 6u + 8u * ring.size || get16(ring.avail + 2) != 0)
    {
        violation("SPLIT-ANS-01", "queue %u: the rings are not zeroed", index);
    }
    queue->last_avail = queue->used_idx = queue->avail_seen = queue->signalled = 0;
    queue->owner = calloc(queue->size, sizeof(*queue->owner));
    queue->pending = calloc(queue->size, sizeof(*queue->pending));
    queue->pending_first = queue->pending_end = 0;
    queue->live = true;
    if (sim->polls)
    {
        put16(ring.used, 1);
        put16(ring.used + 4 + 8 * ring.size, 0x8000);
    }
    return true;
}

static void chain_free(struct sim_chain *chain)
{
    free(chain->elements);
    free(chain->owned);
    free(chain);
}

/* Room for one more: the arrays double at every power of two. */
static void *grown(void *array, unsigned int count, size_t width)
{
    return (count & (count - 1)) == 0 ? realloc(array, (count == 0 ? 1 : 2 * count) * width) : array;
}

void sim_queue_stop(struct sim_device *sim, unsigned int index)
{
    struct sim_queue *queue = &sim->queue[index];

    while (sim_pending(sim, index) != 0)
    {
        chain_free(queue->pending[queue->pending_first++]);
    }
    free(queue->owner);
    free(queue->pending);
    queue->owner = NULL;
    queue->pending = NULL;
    queue->pending_first = queue->pending_end = 0;
    queue->live = false;
}

unsigned int sim_pending(const struct sim_device *sim, unsigned int index)
{
    return sim->queue[index].pending_end - sim->queue[index].pending_first;
}

const struct sim_chain *sim_pending_chain(const struct sim_device *sim, unsigned int index, unsigned int position)
{
    const struct sim_queue *queue = &sim->queue[index];

    return position < sim_pending(sim, index) ? queue->pending[queue->pending_first + position] : NULL;
}

/* One element of a chain: false if the chain cannot be followed further. */
static bool take_element(struct sim_chain *chain, const uint8_t *desc, unsigned int limit)
{
    struct sim_element element = {get64(desc), get32(desc + 8)};
    bool write = (get16(desc + 12) & SIM_DESC_WRITE) != 0;

    if (chain->readable + chain->writable >= (int)limit)
    {
        violation("SPLIT-IND-03", "the chain at %u has more elements than the queue", chain->head);
        return false;
    }
    if (element.length == 0)
    {
        violation("SPLIT-DESC-01", "an element of no length in the chain at %u", chain->head);
    }
    else
    {
        host_dma(element.address, element.length, write);
    }
    chain->elements = grown(chain->elements, chain->readable + chain->writable, sizeof(element));
    chain->elements[chain->readable + chain->writable] = element;
    if (write)
    {
        chain->writable++;
        chain->writable_bytes += element.length;
    }
    else
    {
        if (chain->writable != 0)
        {
            violation("SPLIT-FRAME-01", "device-readable after device-writable in the chain at %u", chain->head);
        }
        chain->readable++;
        chain->readable_bytes += element.length;
    }
    return true;
}

static void take_indirect(struct sim_device *sim, struct sim_chain *chain, const uint8_t *desc, unsigned int limit)
{
    uint64_t address = get64(desc);
    uint32_t length = get32(desc + 8);
    unsigned int next = 0;
    const uint8_t *table;

    chain->indirect = true;
    if (!sim_has(sim, SIM_F_INDIRECT_DESC))
    {
        violation("SPLIT-IND-01", "INDIRECT was not negotiated");
    }
    if ((get16(desc + 12) & SIM_DESC_NEXT) != 0)
    {
        violation("SPLIT-IND-04", "INDIRECT and NEXT in the chain at %u", chain->head);
    }
    if (length == 0 || length % 16 != 0 || length / 16 > limit)
    {
        violation("SPLIT-IND-03", "an indirect table of %u bytes", length);
        return;
    }
    table = host_dma(address, length, false);
    if (table == NULL)
    {
        return;
    }
    for (;;)
    {
        unsigned int flags = get16(table + 16 * next + 12);

        if ((flags & SIM_DESC_INDIRECT) != 0)
        {
            violation("SPLIT-IND-02", "INDIRECT within an indirect table");
        }
        if (!take_element(chain, table + 16 * next, limit) || (flags & SIM_DESC_NEXT) == 0)
        {
            return;
        }
        next = get16(table + 16 * next + 14);
        if (next >= length / 16)
        {
            violation("SPLIT-DESC-01", "next %u is outside of the indirect table", next);
            return;
        }
    }
}

static struct sim_chain *take_chain(struct sim_device *sim, unsigned int index, const struct ring *ring, uint16_t head)
{
    struct sim_queue *queue = &sim->queue[index];
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
        queue->owner[at] = (uint16_t)(head + 1u);
        chain->owned = grown(chain->owned, chain->descriptors, sizeof(chain->owned[0]));
        chain->owned[chain->descriptors++] = (uint16_t)at;
        if ((flags & ~7u) != 0)
        {
            violation("SPLIT-DESC-01", "flags 0x%x of descriptor %u", flags, at);
        }
        if ((flags & SIM_DESC_INDIRECT) != 0)
        {
            take_indirect(sim, chain, desc, ring->size);
            break;
        }
        if (!take_element(chain, desc, ring->size) || (flags & SIM_DESC_NEXT) == 0)
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
    if (chain->readable_bytes + chain->writable_bytes > 1ull << 32)
    {
        violation("SPLIT-DESC-01", "the chain at %u is longer than 2^32 bytes", head);
    }
    queue->chains++;
    queue->indirect_chains += chain->indirect;
    if (chain->readable + chain->writable > queue->longest)
    {
        queue->longest = (uint16_t)(chain->readable + chain->writable);
    }
    if (sim->model->check_chain != NULL)
    {
        sim->model->check_chain(sim, chain);
    }
    return chain;
}

static void chain_done(struct sim_queue *queue, struct sim_chain *chain)
{
    for (unsigned int i = 0; queue->live && i < chain->descriptors; i++)
    {
        queue->owner[chain->owned[i]] = 0;
    }
    chain_free(chain);
}

static void make_room(struct sim_queue *queue)
{
    memmove(queue->pending, queue->pending + queue->pending_first,
            (queue->pending_end - queue->pending_first) * sizeof(queue->pending[0]));
    queue->pending_end -= queue->pending_first;
    queue->pending_first = 0;
}

/* Everything that is available goes to the end of the pending list. */
static unsigned int take_all(struct sim_device *sim, unsigned int index)
{
    struct sim_queue *queue = &sim->queue[index];
    unsigned int taken = 0;
    struct ring ring;
    uint16_t idx, flags;

    if (!ring_map(sim, index, &ring))
    {
        return 0;
    }
    idx = get16(ring.avail + 2);
    flags = get16(ring.avail);
    if (sim_has(sim, SIM_F_EVENT_IDX) && flags != 0)
    {
        violation("SPLIT-UNS-03", "avail flags 0x%x with EVENT_IDX", flags);
    }
    if (flags > 1)
    {
        violation("SPLIT-UNS-01", "avail flags 0x%x", flags);
    }
    if ((uint16_t)(idx - queue->last_avail) > ring.size)
    {
        violation("SPLIT-AVAIL-01", "avail idx went from %u to %u", queue->last_avail, idx);
        return 0;
    }
    while (queue->last_avail != idx)
    {
        struct sim_chain *chain;

        if (queue->pending_end == queue->size && queue->pending_first != 0)
        {
            make_room(queue);
        }
        if (queue->pending_end == queue->size)
        {
            violation("SPLIT-AVAIL-01", "more chains than descriptors");
            return taken;
        }
        chain = take_chain(sim, index, &ring, get16(ring.avail + 4 + 2 * (queue->last_avail % ring.size)));
        queue->last_avail++;
        if (chain != NULL)
        {
            queue->pending[queue->pending_end++] = chain;
            taken++;
        }
    }
    if (!sim->polls && sim_has(sim, SIM_F_EVENT_IDX))
    {
        /* "Tell me when you go past this": the next one. The low bit of flags means nothing now. */
        put16(ring.used + 4 + 8 * ring.size, queue->last_avail);
    }
    return taken;
}

static void used_interrupt(struct sim_device *sim, unsigned int index, uint16_t old)
{
    struct sim_queue *queue = &sim->queue[index];
    struct ring ring;
    bool wanted;

    if (!queue->live || !ring_map(sim, index, &ring))
    {
        return;
    }
    if (sim_has(sim, SIM_F_EVENT_IDX))
    {
        uint16_t event = get16(ring.avail + 4 + 2 * ring.size);

        wanted = (uint16_t)(queue->used_idx - event - 1) < (uint16_t)(queue->used_idx - old);
    }
    else
    {
        wanted = (get16(ring.avail) & 1) == 0;
    }
    if (wanted)
    {
        queue->interrupts++;
        sim_interrupt(sim, 1);
    }
}

/* A used element, not yet published. */
static void used_element(const struct ring *ring, uint16_t position, uint32_t id, uint32_t length)
{
    put32(ring->used + 4 + 8 * (position % ring->size), id);
    put32(ring->used + 8 + 8 * (position % ring->size), length);
}

static struct sim_chain *pending_remove(struct sim_queue *queue, unsigned int position)
{
    struct sim_chain *chain = queue->pending[queue->pending_first + position];

    if (position == 0)
    {
        queue->pending_first++;
    }
    else
    {
        queue->pending_end--;
        memmove(&queue->pending[queue->pending_first + position], &queue->pending[queue->pending_first + position + 1],
                (queue->pending_end - queue->pending_first - position) * sizeof(queue->pending[0]));
    }
    return chain;
}

static void finish(struct sim_device *sim, unsigned int index, unsigned int position, bool execute, uint32_t length)
{
    struct sim_queue *queue = &sim->queue[index];
    struct sim_chain *chain;
    struct ring ring;

    if (position >= sim_pending(sim, index))
    {
        abort();
    }
    chain = pending_remove(queue, position);
    if (execute)
    {
        length = sim->model->execute(sim, index, chain);
    }
    if (ring_map(sim, index, &ring))
    {
        used_element(&ring, queue->used_idx, chain->head, length);
        put16(ring.used + 2, ++queue->used_idx);
    }
    chain_done(queue, chain);
}

void sim_finish(struct sim_device *sim, unsigned int index, unsigned int position)
{
    finish(sim, index, position, true, 0);
    used_interrupt(sim, index, (uint16_t)(sim->queue[index].used_idx - 1));
}

void sim_finish_length(struct sim_device *sim, unsigned int index, unsigned int position, uint32_t length)
{
    finish(sim, index, position, false, length);
    used_interrupt(sim, index, (uint16_t)(sim->queue[index].used_idx - 1));
}

void sim_drop(struct sim_device *sim, unsigned int index, unsigned int position)
{
    chain_done(&sim->queue[index], pending_remove(&sim->queue[index], position));
}

unsigned int sim_step(struct sim_device *sim, unsigned int index, unsigned int count)
{
    struct sim_queue *queue = &sim->queue[index];
    uint16_t old = queue->used_idx;
    unsigned int done = 0;

    if (!queue->live || (sim->status & SIM_DRIVER_OK) == 0)
    {
        return 0;
    }
    if (sim->polls)
    {
        take_all(sim, index);
    }
    while (done < count && sim_pending(sim, index) != 0)
    {
        unsigned int pending = sim_pending(sim, index);

        finish(sim, index,
               sim->order == SIM_FIFO   ? 0
               : sim->order == SIM_LIFO ? pending - 1
                                        : host_random() % pending,
               true, 0);
        done++;
    }
    if (done != 0)
    {
        used_interrupt(sim, index, old);
    }
    return done;
}

void sim_look(struct sim_device *sim, unsigned int index)
{
    if (sim->queue[index].live && (sim->status & SIM_DRIVER_OK) != 0)
    {
        take_all(sim, index);
    }
}

void sim_queue_run(struct sim_device *sim, unsigned int index)
{
    struct sim_queue *queue = &sim->queue[index];

    queue->notifications++;
    if (sim->in_ring)
    {
        /* From an interrupt within our own loop below, which looks again. */
        sim->notified_again = true;
        return;
    }
    sim->in_ring = true;
    if (take_all(sim, index) == 0)
    {
        queue->idle_notifications++;
    }
    do
    {
        sim->notified_again = false;
        for (unsigned int i = 0; i < sim->queue_count; i++)
        {
            if (sim->queue[i].live && (i == index || sim->mode == SIM_AUTO))
            {
                take_all(sim, i);
                while (sim->mode == SIM_AUTO && sim->queue[i].live && sim_step(sim, i, 1) != 0)
                {
                    take_all(sim, i);
                }
            }
        }
    } while (sim->notified_again);
    sim->in_ring = false;
}

void sim_used_put(struct sim_device *sim, unsigned int index, uint32_t id, uint32_t length)
{
    struct sim_queue *queue = &sim->queue[index];
    struct ring ring;

    if (ring_map(sim, index, &ring))
    {
        used_element(&ring, queue->used_idx, id, length);
        put16(ring.used + 2, ++queue->used_idx);
    }
}

void sim_used_idx(struct sim_device *sim, unsigned int index, uint16_t idx)
{
    struct ring ring;

    if (ring_map(sim, index, &ring))
    {
        sim->queue[index].used_idx = idx;
        put16(ring.used + 2, idx);
    }
}

void sim_used_flags(struct sim_device *sim, unsigned int index, uint16_t flags)
{
    struct ring ring;

    if (ring_map(sim, index, &ring))
    {
        put16(ring.used, flags);
    }
}

void sim_avail_event(struct sim_device *sim, unsigned int index, uint16_t value)
{
    struct ring ring;

    if (ring_map(sim, index, &ring))
    {
        put16(ring.used + 4 + 8 * ring.size, value);
    }
}

uint8_t *sim_ring_memory(struct sim_device *sim, unsigned int index, unsigned int part, size_t *length)
{
    struct ring ring = {NULL, NULL, NULL, 0};
    uint8_t *parts[3];

    ring_map(sim, index, &ring);
    parts[0] = ring.desc;
    parts[1] = ring.avail;
    parts[2] = ring.used;
    *length = part == 0 ? 16u * ring.size : part == 1 ? 6u + 2u * ring.size : 6u + 8u * ring.size;
    return parts[part];
}

static size_t copy(const struct sim_element *element, unsigned int count, uint64_t offset, uint8_t *plain,
                   size_t length, bool write)
{
    size_t done = 0;

    for (unsigned int i = 0; i < count && done < length; i++, element++)
    {
        size_t part;
        uint8_t *memory;

        if (offset >= element->length)
        {
            offset -= element->length;
            continue;
        }
        part = element->length - (size_t)offset;
        part = part < length - done ? part : length - done;
        memory = host_dma(element->address + offset, part, write);
        if (memory == NULL)
        {
            return done;
        }
        memcpy(write ? memory : plain + done, write ? plain + done : memory, part);
        done += part;
        offset = 0;
    }
    return done;
}

size_t sim_copy_in(const struct sim_chain *chain, uint64_t offset, void *to, size_t length)
{
    return copy(chain->elements, chain->readable, offset, to, length, false);
}

size_t sim_copy_out(const struct sim_chain *chain, uint64_t offset, const void *from, size_t length)
{
    return copy(chain->elements + chain->readable, chain->writable, offset, (uint8_t *)(uintptr_t)from, length, true);
}
