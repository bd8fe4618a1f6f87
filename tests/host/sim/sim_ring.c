/* SPDX-License-Identifier: Apache-2.0 */
/* The device's side of a queue, as far as it is the same in both layouts: chains, and who does what when. */

#include <stdlib.h>
#include <string.h>

#include "../platform_host.h"
#include "sim_ring.h"
#include "violation.h"

const struct sim_layout *sim_layout(const struct sim_device *sim)
{
    return sim_has(sim, SIM_F_RING_PACKED) ? &sim_packed_layout : &sim_split_layout;
}

bool sim_ring_map(struct sim_device *sim, unsigned int index, struct sim_ring *ring)
{
    const struct sim_queue *queue = &sim->queue[index];
    const struct sim_layout *layout = sim_layout(sim);

    ring->size = queue->size;
    ring->desc = host_dma(queue->desc, 16u * queue->size, true);
    ring->driver = host_dma(queue->driver, layout->driver_bytes(queue->size), true);
    ring->device = host_dma(queue->device, layout->device_bytes(queue->size), true);
    return ring->desc != NULL && ring->driver != NULL && ring->device != NULL;
}

bool sim_queue_start(struct sim_device *sim, unsigned int index)
{
    struct sim_queue *queue = &sim->queue[index];
    struct sim_ring ring;

    if (!sim_ring_map(sim, index, &ring))
    {
        return false;
    }
    if (!host_dma_coherent(queue->desc, 1) || !host_dma_coherent(queue->device, 1))
    {
        violation("MMIO-QCFG-03", "queue %u is not in memory for both sides", index);
    }
    queue->last_avail = queue->used_idx = queue->signalled = 0;
    queue->owner = calloc(queue->size, sizeof(*queue->owner));
    queue->pending = calloc(queue->size, sizeof(*queue->pending));
    queue->pending_first = queue->pending_end = 0;
    queue->live = true;
    sim_layout(sim)->start(sim, index, &ring);
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

bool sim_take_element(struct sim_device *sim, struct sim_chain *chain, const uint8_t *desc, bool write,
                      unsigned int limit)
{
    const struct sim_layout *layout = sim_layout(sim);
    struct sim_element element = {get64(desc), get32(desc + 8)};

    if (chain->readable + chain->writable >= (int)limit)
    {
        violation(layout->length_id, "the chain at %u has more elements than the queue", chain->head);
        return false;
    }
    if (element.length == 0)
    {
        violation(layout->element_id, "an element of no length in the chain at %u", chain->head);
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
            violation(layout->order_id, "device-readable after device-writable in the chain at %u", chain->head);
        }
        chain->readable++;
        chain->readable_bytes += element.length;
    }
    return true;
}

const uint8_t *sim_take_table(struct sim_device *sim, struct sim_chain *chain, const uint8_t *desc, unsigned int flags,
                              unsigned int limit, unsigned int *entries)
{
    uint32_t length = get32(desc + 8);

    chain->indirect = true;
    if (!sim_has(sim, SIM_F_INDIRECT_DESC))
    {
        violation(sim_layout(sim)->indirect_id, "INDIRECT was not negotiated");
    }
    if ((flags & SIM_DESC_NEXT) != 0)
    {
        violation(sim_has(sim, SIM_F_RING_PACKED) ? "PACKED-IND-04" : "SPLIT-IND-04",
                  "INDIRECT and NEXT in the chain at %u", chain->head);
    }
    if (length == 0 || length % 16 != 0 || length / 16 > limit)
    {
        violation(sim_layout(sim)->length_id, "an indirect table of %u bytes", length);
        return NULL;
    }
    *entries = length / 16;
    return host_dma(get64(desc), length, false);
}

void sim_own(struct sim_queue *queue, struct sim_chain *chain, unsigned int entry)
{
    queue->owner[entry] = (uint16_t)(chain->head + 1u);
    chain->owned = grown(chain->owned, chain->owned_count, sizeof(chain->owned[0]));
    chain->owned[chain->owned_count++] = (uint16_t)entry;
}

static void check_chain(struct sim_device *sim, struct sim_queue *queue, struct sim_chain *chain)
{
    if (chain->readable_bytes + chain->writable_bytes > 1ull << 32)
    {
        violation(sim_layout(sim)->element_id, "the chain at %u is longer than 2^32 bytes", chain->head);
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
}

static void chain_done(struct sim_queue *queue, struct sim_chain *chain)
{
    for (unsigned int i = 0; queue->live && i < chain->owned_count; i++)
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
    const struct sim_layout *layout = sim_layout(sim);
    struct sim_queue *queue = &sim->queue[index];
    struct sim_chain *chain;
    unsigned int taken = 0;
    unsigned int left;
    struct sim_ring ring;

    if (!sim_ring_map(sim, index, &ring))
    {
        return 0;
    }
    for (left = layout->available(sim, index, &ring); left != 0; left--)
    {
        if (queue->pending_end == queue->size && queue->pending_first != 0)
        {
            make_room(queue);
        }
        if (queue->pending_end == queue->size)
        {
            if (layout == &sim_split_layout)
            {
                violation("SPLIT-AVAIL-01", "more chains than descriptors");
                return taken;
            }
            break; /* all that there can be; a packed ring says so only by its next slot */
        }
        if (!layout->take(sim, index, &ring, &chain))
        {
            break;
        }
        if (chain != NULL)
        {
            check_chain(sim, queue, chain);
            queue->pending[queue->pending_end++] = chain;
            taken++;
        }
    }
    layout->ask(sim, index, &ring);
    return taken;
}

/* What is used from here on is what used_interrupt() is about. */
static void begin_use(struct sim_queue *queue)
{
    queue->signalled = queue->used_idx;
    queue->signalled_slots = queue->slots_used;
}

static void used_interrupt(struct sim_device *sim, unsigned int index)
{
    struct sim_queue *queue = &sim->queue[index];
    struct sim_ring ring;

    if (queue->live && sim_ring_map(sim, index, &ring) && sim_layout(sim)->wanted(sim, index, &ring))
    {
        queue->interrupts++;
        sim_interrupt(sim, 1);
    }
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
    struct sim_ring ring;

    if (position >= sim_pending(sim, index))
    {
        abort();
    }
    chain = pending_remove(queue, position);
    if (execute)
    {
        length = sim->model->execute(sim, index, chain);
    }
    if (sim_ring_map(sim, index, &ring))
    {
        sim_layout(sim)->use(sim, index, &ring, chain->head, length, chain->descriptors);
    }
    chain_done(queue, chain);
}

void sim_finish(struct sim_device *sim, unsigned int index, unsigned int position)
{
    begin_use(&sim->queue[index]);
    finish(sim, index, position, true, 0);
    used_interrupt(sim, index);
}

void sim_finish_length(struct sim_device *sim, unsigned int index, unsigned int position, uint32_t length)
{
    begin_use(&sim->queue[index]);
    finish(sim, index, position, false, length);
    used_interrupt(sim, index);
}

void sim_drop(struct sim_device *sim, unsigned int index, unsigned int position)
{
    chain_done(&sim->queue[index], pending_remove(&sim->queue[index], position));
}

unsigned int sim_step(struct sim_device *sim, unsigned int index, unsigned int count)
{
    struct sim_queue *queue = &sim->queue[index];
    unsigned int done = 0;

    if (!queue->live || (sim->status & SIM_DRIVER_OK) == 0)
    {
        return 0;
    }
    if (sim->polls)
    {
        take_all(sim, index);
    }
    begin_use(queue);
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
        used_interrupt(sim, index);
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
    unsigned int descriptors = 1;
    struct sim_ring ring;

    for (unsigned int i = 0; i < sim_pending(sim, index); i++)
    {
        const struct sim_chain *chain = sim_pending_chain(sim, index, i);

        descriptors = chain->head == id ? chain->descriptors : descriptors;
    }
    if (sim_ring_map(sim, index, &ring))
    {
        sim_layout(sim)->use(sim, index, &ring, id, length, descriptors);
    }
}

void sim_lie(struct sim_device *sim, unsigned int index)
{
    sim_layout(sim)->lie(sim, index);
}

uint8_t *sim_ring_memory(struct sim_device *sim, unsigned int index, unsigned int part, size_t *length)
{
    const struct sim_layout *layout = sim_layout(sim);
    struct sim_ring ring = {NULL, NULL, NULL, 0};
    uint8_t *parts[3];

    sim_ring_map(sim, index, &ring);
    parts[0] = ring.desc;
    parts[1] = ring.driver;
    parts[2] = ring.device;
    *length = part == 0   ? 16u * ring.size
              : part == 1 ? layout->driver_bytes(ring.size)
                          : layout->device_bytes(ring.size);
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
