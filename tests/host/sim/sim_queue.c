/* SPDX-License-Identifier: Apache-2.0 */
/* The registers that set up queues (4.2.3.2, 4.2.4). */

#include "../platform_host.h"
#include "sim_registers.h"
#include "violation.h"

/* Bits of sim_queue.written. */
enum
{
    WRITTEN_SIZE = 1,
    WRITTEN_ALIGN = 2,
    WRITTEN_ADDRESSES = 0xfc, /* the six halves, from bit 2 on */
};

static struct sim_queue *selected(struct sim_device *sim, unsigned int offset)
{
    if (!sim->queue_sel_written)
    {
        violation("MMIO-QCFG-01", "register 0x%x without a queue selected", offset);
    }
    return sim->queue_sel < sim->queue_count ? &sim->queue[sim->queue_sel] : NULL;
}

uint32_t sim_queue_read(struct sim_device *sim, unsigned int offset)
{
    struct sim_queue *queue = selected(sim, offset);

    if (queue == NULL)
    {
        return 0;
    }
    switch (offset)
    {
    case REG_QUEUE_SIZE_MAX:
        if (sim->legacy && queue->pfn != 0)
        {
            violation("MMIOL-Q-02", "QueueNumMax while QueuePFN is not 0");
        }
        return queue->size_max;
    case REG_QUEUE_PFN:
        queue->found_unused = queue->pfn == 0;
        return sim->queue_stuck ? 1 : queue->pfn;
    default: /* REG_QUEUE_READY */
        queue->found_unused = queue->ready == 0;
        queue->stop_unread = false;
        return sim->queue_stuck ? 1 : queue->ready;
    }
}

static void write_size(struct sim_device *sim, struct sim_queue *queue, uint32_t value)
{
    bool packed = sim_has(sim, SIM_F_RING_PACKED);

    if (value > queue->size_max)
    {
        violation("MMIO-Q-01", "queue size %u, the maximum is %u", value, queue->size_max);
    }
    if (value == 0 || (!packed && (value & (value - 1)) != 0) || value > 32768)
    {
        violation(packed ? "PACKED-SIZE-01" : "SPLIT-SIZE-01", "queue size %u", value);
        return;
    }
    queue->size = value;
    queue->written |= WRITTEN_SIZE;
}

static void set_half(struct sim_queue *queue, unsigned int offset, uint64_t *area, unsigned int high, uint32_t value)
{
    /* 0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4 are bits 2 to 7. */
    queue->written |= 1u << (2 + (offset - REG_QUEUE_DESC_LOW) / 16 * 2 + high);
    *area = high ? (*area & 0xffffffffu) | (uint64_t)value << 32 : (*area & ~(uint64_t)0xffffffffu) | value;
}

static void write_ready(struct sim_device *sim, struct sim_queue *queue, uint32_t value)
{
    bool packed = sim_has(sim, SIM_F_RING_PACKED);

    if (value > 1)
    {
        violation("MMIO-QCFG-04", "QueueReady %u", value);
    }
    if (value == 0)
    {
        queue->stop_unread = queue->ready != 0;
        queue->ready = 0;
        sim_queue_stop(sim, sim->queue_sel);
        return;
    }
    if (queue->stop_unread)
    {
        violation("MMIO-Q-04", "QueueReady was not read back after it was cleared");
    }
    if (!queue->found_unused)
    {
        violation("MMIO-QCFG-01", "QueueReady was not read before the queue was set up");
    }
    if ((queue->written & (WRITTEN_SIZE | WRITTEN_ADDRESSES)) != (WRITTEN_SIZE | WRITTEN_ADDRESSES))
    {
        violation("MMIO-QCFG-04", "QueueReady before all registers were written");
        return;
    }
    if (queue->desc % 16 != 0 || queue->driver % (packed ? 4 : 2) != 0 || queue->device % 4 != 0)
    {
        violation(packed ? "PACKED-ALIGN-01" : "SPLIT-ALIGN-01", "the areas are at 0x%llx 0x%llx 0x%llx",
                  (unsigned long long)queue->desc, (unsigned long long)queue->driver,
                  (unsigned long long)queue->device);
    }
    queue->ready = 1;
    sim_queue_start(sim, sim->queue_sel);
}

static void write_pfn(struct sim_device *sim, struct sim_queue *queue, uint32_t value)
{
    uint64_t used;

    if (value == 0)
    {
        queue->pfn = 0;
        sim_queue_stop(sim, sim->queue_sel);
        return;
    }
    if (!queue->found_unused)
    {
        violation("MMIOL-Q-01", "QueuePFN was not read before the queue was set up");
    }
    if (sim->page_size == 0)
    {
        violation("MMIOL-PAGE-01", "QueuePFN without GuestPageSize");
        return;
    }
    if ((queue->written & (WRITTEN_SIZE | WRITTEN_ALIGN)) != (WRITTEN_SIZE | WRITTEN_ALIGN))
    {
        violation("MMIOL-Q-06", "QueuePFN before QueueNum and QueueAlign");
        return;
    }
    queue->pfn = value;
    queue->desc = (uint64_t)value * sim->page_size;
    queue->driver = queue->desc + 16u * queue->size;
    used = queue->driver + 6u + 2u * queue->size;
    used = (used + queue->align - 1) & ~(uint64_t)(queue->align - 1);
    queue->device = used;
    used += (6u + 8u * queue->size + queue->align - 1) & ~(queue->align - 1);
    if (host_dma(queue->desc, (size_t)(used - queue->desc), true) == NULL)
    {
        violation("SPLIT-LEG-02", "there is no room for a ring of %u in the block", queue->size);
        return;
    }
    sim_queue_start(sim, sim->queue_sel);
}

void sim_queue_write(struct sim_device *sim, unsigned int offset, uint32_t value)
{
    struct sim_queue *queue;

    if (offset == REG_QUEUE_SEL)
    {
        sim->queue_sel = value;
        sim->queue_sel_written = true;
        return;
    }
    if (offset == REG_GUEST_PAGE_SIZE)
    {
        if (value == 0 || (value & (value - 1)) != 0)
        {
            violation("MMIOL-PAGE-01", "GuestPageSize %u", value);
        }
        for (unsigned int i = 0; i < sim->queue_count; i++)
        {
            if (sim->queue[i].pfn != 0)
            {
                violation("MMIOL-PAGE-01", "GuestPageSize after queue %u", i);
            }
        }
        sim->page_size = value;
        return;
    }
    queue = selected(sim, offset);
    if (queue == NULL || queue->size_max == 0)
    {
        violation("MMIO-QCFG-02", "register 0x%x of queue %u, which is not there", offset, sim->queue_sel);
        return;
    }
    if (offset != REG_QUEUE_READY && offset != REG_QUEUE_PFN && (queue->ready != 0 || queue->pfn != 0))
    {
        violation("MMIO-Q-02", "register 0x%x while the queue is in use", offset);
    }
    switch (offset)
    {
    case REG_QUEUE_SIZE:
        write_size(sim, queue, value);
        break;
    case REG_QUEUE_ALIGN:
        if (value == 0 || (value & (value - 1)) != 0)
        {
            violation("MMIOL-Q-04", "QueueAlign %u", value);
        }
        queue->align = value;
        queue->written |= WRITTEN_ALIGN;
        break;
    case REG_QUEUE_PFN:
        write_pfn(sim, queue, value);
        break;
    case REG_QUEUE_READY:
        write_ready(sim, queue, value);
        break;
    case REG_QUEUE_DESC_LOW:
    case REG_QUEUE_DESC_HIGH:
        set_half(queue, offset, &queue->desc, offset == REG_QUEUE_DESC_HIGH, value);
        break;
    case REG_QUEUE_DRIVER_LOW:
    case REG_QUEUE_DRIVER_HIGH:
        set_half(queue, offset, &queue->driver, offset == REG_QUEUE_DRIVER_HIGH, value);
        break;
    default: /* REG_QUEUE_DEVICE_LOW, REG_QUEUE_DEVICE_HIGH */
        set_half(queue, offset, &queue->device, offset == REG_QUEUE_DEVICE_HIGH, value);
        break;
    }
}
