/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registers (4.2.2, 4.2.4): decoding, what may be touched when, and what each access does.
 */

#include <stdlib.h>
#include <string.h>

#include "../platform_host.h"
#include "sim.h"
#include "sim_registers.h"
#include "violation.h"

uint8_t virtio_mmio_read8(uintptr_t address);
uint16_t virtio_mmio_read16(uintptr_t address);
uint32_t virtio_mmio_read32(uintptr_t address);
void virtio_mmio_write8(uintptr_t address, uint8_t value);
void virtio_mmio_write16(uintptr_t address, uint16_t value);
void virtio_mmio_write32(uintptr_t address, uint32_t value);

#define WINDOWS     4
#define WINDOW_BASE ((uintptr_t)0x10001000u)

static struct sim_device *windows[WINDOWS];

/* What registers there are: R, W, and on which interfaces (1 legacy, 2 modern). */
static const struct
{
    uint16_t offset;
    bool read, write;
    uint8_t versions;
} registers[] = {
    {REG_MAGIC, true, false, 3},
    {REG_VERSION, true, false, 3},
    {REG_DEVICE_ID, true, false, 3},
    {REG_VENDOR_ID, true, false, 3},
    {REG_DEVICE_FEATURES, true, false, 3},
    {REG_DEVICE_FEATURES_SEL, false, true, 3},
    {REG_DRIVER_FEATURES, false, true, 3},
    {REG_DRIVER_FEATURES_SEL, false, true, 3},
    {REG_GUEST_PAGE_SIZE, false, true, 1},
    {REG_QUEUE_SEL, false, true, 3},
    {REG_QUEUE_SIZE_MAX, true, false, 3},
    {REG_QUEUE_SIZE, false, true, 3},
    {REG_QUEUE_ALIGN, false, true, 1},
    {REG_QUEUE_PFN, true, true, 1},
    {REG_QUEUE_READY, true, true, 2},
    {REG_QUEUE_NOTIFY, false, true, 3},
    {REG_INTERRUPT_STATUS, true, false, 3},
    {REG_INTERRUPT_ACK, false, true, 3},
    {REG_STATUS, true, true, 3},
    {REG_QUEUE_DESC_LOW, false, true, 2},
    {REG_QUEUE_DESC_HIGH, false, true, 2},
    {REG_QUEUE_DRIVER_LOW, false, true, 2},
    {REG_QUEUE_DRIVER_HIGH, false, true, 2},
    {REG_QUEUE_DEVICE_LOW, false, true, 2},
    {REG_QUEUE_DEVICE_HIGH, false, true, 2},
    {REG_CONFIG_GENERATION, true, false, 2},
};

void sim_init(struct sim_device *sim, bool legacy, const struct sim_model *model, void *model_data)
{
    unsigned int window = 0;

    memset(sim, 0, sizeof(*sim));
    while (windows[window] != NULL)
    {
        if (++window == WINDOWS)
        {
            abort();
        }
    }
    windows[window] = sim;
    sim->base = WINDOW_BASE + window * SIM_WINDOW;
    sim->legacy = legacy;
    sim->model = model;
    sim->model_data = model_data;
    sim->magic = 0x74726976;
    sim->version = legacy ? 1 : 2;
    sim->id = model->id;
    sim->device_sel = host_random();
    sim->driver_sel = host_random();
    sim->queue_sel = host_random();
    sim->generation = host_random();
    sim->queue_count = 1;
    for (unsigned int i = 0; i < SIM_QUEUES; i++)
    {
        sim->queue[i].size_max = 1024;
    }
    if (!legacy)
    {
        sim_offer(sim, SIM_F_VERSION_1);
    }
}

void sim_fini(struct sim_device *sim)
{
    for (unsigned int i = 0; i < SIM_QUEUES; i++)
    {
        sim_queue_stop(sim, i);
    }
    for (unsigned int i = 0; i < WINDOWS; i++)
    {
        windows[i] = windows[i] == sim ? NULL : windows[i];
    }
}

void sim_offer(struct sim_device *sim, unsigned int bit)
{
    sim->offered[bit / 32] |= 1u << bit % 32;
}

void sim_withdraw(struct sim_device *sim, unsigned int bit)
{
    sim->offered[bit / 32] &= ~(1u << bit % 32);
}

bool sim_offers(const struct sim_device *sim, unsigned int bit)
{
    return (sim->offered[bit / 32] >> bit % 32 & 1) != 0;
}

bool sim_has(const struct sim_device *sim, unsigned int bit)
{
    return (sim->driver_features[bit / 32] >> bit % 32 & 1) != 0;
}

void sim_config16(struct sim_device *sim, unsigned int offset, uint16_t value)
{
    sim->config[offset] = (uint8_t)value;
    sim->config[offset + 1] = (uint8_t)(value >> 8);
}

void sim_config32(struct sim_device *sim, unsigned int offset, uint32_t value)
{
    sim_config16(sim, offset, (uint16_t)value);
    sim_config16(sim, offset + 2, (uint16_t)(value >> 16));
}

void sim_config64(struct sim_device *sim, unsigned int offset, uint64_t value)
{
    sim_config32(sim, offset, (uint32_t)value);
    sim_config32(sim, offset + 4, (uint32_t)(value >> 32));
}

void sim_config_changed(struct sim_device *sim)
{
    sim->generation++;
    if ((sim->status & SIM_DRIVER_OK) != 0)
    {
        sim_interrupt(sim, 2);
    }
}

void sim_needs_reset(struct sim_device *sim)
{
    sim->status |= SIM_NEEDS_RESET;
    sim_config_changed(sim);
}

void sim_interrupt(struct sim_device *sim, uint32_t cause)
{
    sim->interrupt_status |= cause;
    sim->interrupts += cause & 1;
    if (sim->on_interrupt != NULL && !sim->in_interrupt)
    {
        sim->in_interrupt = true;
        sim->on_interrupt(sim);
        sim->in_interrupt = false;
    }
}

static void reset(struct sim_device *sim)
{
    for (unsigned int i = 0; i < SIM_QUEUES; i++)
    {
        struct sim_queue *queue = &sim->queue[i];

        sim_queue_stop(sim, i);
        queue->size = queue->align = queue->pfn = queue->ready = queue->written = 0;
        queue->desc = queue->driver = queue->device = 0;
        queue->found_unused = queue->stop_unread = false;
    }
    memset(sim->driver_features, 0, sizeof(sim->driver_features));
    sim->page_size = 0;
    sim->interrupt_status = sim->interrupt_read = 0;
    sim->device_sel = host_random();
    sim->driver_sel = host_random();
    sim->queue_sel = host_random();
    sim->device_sel_written = sim->driver_sel_written = sim->queue_sel_written = false;
    sim->features_ok_read = sim->features_refused = false;
    sim->was_reset = true;
    sim->resets++;
    sim->polls_left = sim->reset_polls;
    /* A device whose status is 0 already has nothing to show for a reset that takes its time. */
    sim->initial_status |= sim->status;
    sim->reset_pending = sim->initial_status != 0 && (sim->polls_left != 0 || sim->reset_stuck);
    sim->initial_status = sim->reset_pending ? sim->initial_status : 0;
    sim->status = 0;
    if (sim->model->reset != NULL)
    {
        sim->model->reset(sim);
    }
}

/* Rules on the set of features as a whole, once the driver declares it final. */
static bool check_features(struct sim_device *sim)
{
    static const uint8_t never[] = {SIM_F_BAD_FEATURE, SIM_F_SR_IOV, SIM_F_ADMIN_VQ};
    static const uint8_t legacy_only[] = {SIM_F_NOTIFY_ON_EMPTY, SIM_F_ANY_LAYOUT};

    for (unsigned int i = 0; i < sizeof(never); i++)
    {
        if (sim_has(sim, never[i]))
        {
            violation(never[i] == SIM_F_BAD_FEATURE ? "CORE-LEG-08" : "MMIO-FEAT-03", "feature %u", never[i]);
        }
    }
    for (unsigned int i = 0; i < sizeof(legacy_only) && !sim->legacy; i++)
    {
        if (sim_has(sim, legacy_only[i]))
        {
            violation("CORE-FEAT-05", "feature %u is of the legacy interface", legacy_only[i]);
        }
    }
    for (unsigned int bit = 42; bit < 50; bit++)
    {
        if (sim_has(sim, bit))
        {
            violation("CORE-FEAT-05", "feature %u", bit);
        }
    }
    if (!sim->legacy && sim_offers(sim, SIM_F_VERSION_1) && !sim_has(sim, SIM_F_VERSION_1))
    {
        violation("CORE-RSV-01", "VERSION_1 was not accepted");
    }
    if (!sim->legacy && sim_offers(sim, SIM_F_RING_PACKED) && !sim_has(sim, SIM_F_RING_PACKED) &&
        sim->features_oks == 1)
    {
        violation("CORE-RSV-06", "RING_PACKED was not accepted at the first start");
    }
    if (!sim->legacy && sim_offers(sim, SIM_F_ACCESS_PLATFORM) && !sim_has(sim, SIM_F_ACCESS_PLATFORM))
    {
        violation("CORE-RSV-03", "ACCESS_PLATFORM was not accepted");
    }
    if (sim->legacy && sim_offers(sim, SIM_F_ANY_LAYOUT) && !sim_has(sim, SIM_F_ANY_LAYOUT))
    {
        violation("CORE-LEG-07", "ANY_LAYOUT was not accepted");
    }
    return sim->model->check_features == NULL || sim->model->check_features(sim);
}

static void write_status(struct sim_device *sim, uint32_t value)
{
    uint32_t added = value & ~sim->status;

    if (sim->status_writes < SIM_TRACE)
    {
        sim->status_trace[sim->status_writes] = value;
    }
    sim->status_writes++;
    if (value == 0)
    {
        reset(sim);
        return;
    }
    if ((value & ~(SIM_ACKNOWLEDGE | SIM_DRIVER | SIM_DRIVER_OK | SIM_FEATURES_OK | SIM_NEEDS_RESET | SIM_FAILED)) != 0)
    {
        violation("CORE-STATUS-01", "undefined bits in status 0x%x", value);
    }
    if ((sim->status & ~value & ~SIM_NEEDS_RESET) != 0)
    {
        violation("CORE-STATUS-02", "status went from 0x%x to 0x%x", sim->status, value);
    }
    if (!sim->was_reset)
    {
        violation("CORE-INIT-01", "status 0x%x without a reset before", value);
    }
    if ((sim->status & SIM_FAILED) != 0 && value != sim->status)
    {
        violation("CORE-STATUS-03", "status 0x%x after FAILED", value);
    }
    if ((added & (added - 1)) != 0)
    {
        violation("CORE-STATUS-01", "several steps at once: status 0x%x to 0x%x", sim->status, value);
    }
    if (((added & SIM_DRIVER) != 0 && (sim->status & SIM_ACKNOWLEDGE) == 0) ||
        ((added & SIM_FEATURES_OK) != 0 && (sim->status & SIM_DRIVER) == 0) ||
        ((added & SIM_DRIVER_OK) != 0 && (sim->status & SIM_DRIVER) == 0))
    {
        violation("CORE-INIT-01", "status 0x%x after 0x%x", value, sim->status);
    }
    if ((added & SIM_FEATURES_OK) != 0)
    {
        sim->features_oks++;
        if (sim->legacy)
        {
            violation("CORE-LEG-06", "FEATURES_OK on the legacy interface");
        }
        if (!check_features(sim) || (sim->refuse_after != 0 && sim->features_oks >= sim->refuse_after))
        {
            sim->features_refused = true;
            value &= ~SIM_FEATURES_OK;
        }
    }
    if ((added & SIM_DRIVER_OK) != 0)
    {
        if (sim->legacy)
        {
            check_features(sim);
        }
        else if ((sim->status & SIM_FEATURES_OK) == 0 || !sim->features_ok_read)
        {
            violation("CORE-INIT-05", "DRIVER_OK without FEATURES_OK having been seen");
        }
        if (sim->queue_count != 0 && !sim->queue[0].live)
        {
            violation("CORE-INIT-06", "DRIVER_OK without a queue");
        }
    }
    sim->status = value;
    if (sim->status_written != NULL)
    {
        sim->status_written(sim, value);
    }
}

static uint32_t read_status(struct sim_device *sim)
{
    if (!sim->was_reset || sim->reset_pending)
    {
        uint32_t before = sim->initial_status;

        if (sim->reset_pending && !sim->reset_stuck && sim->polls_left-- <= 1)
        {
            sim->reset_pending = false;
            sim->initial_status = 0;
        }
        return before;
    }
    if ((sim->status & SIM_FEATURES_OK) != 0)
    {
        sim->features_ok_read = true;
    }
    return sim->status;
}

/* Is this the time to touch a register of the negotiation, or of the queues? */
static void check_stage(struct sim_device *sim, unsigned int offset)
{
    if (sim->reset_pending)
    {
        violation("CORE-RESET-01", "register 0x%x before the reset was confirmed", offset);
    }
    else if ((sim->status & SIM_FAILED) != 0)
    {
        violation("CORE-INIT-08", "register 0x%x after FAILED", offset);
    }
    else if ((sim->status & SIM_DRIVER) == 0)
    {
        violation("CORE-INIT-01", "register 0x%x before DRIVER", offset);
    }
}

static void write_features(struct sim_device *sim, uint32_t value)
{
    check_stage(sim, REG_DRIVER_FEATURES);
    if (!sim->driver_sel_written)
    {
        violation("MMIO-FEAT-02", "DriverFeatures without a selector");
    }
    if ((sim->status & (SIM_FEATURES_OK | SIM_DRIVER_OK)) != 0)
    {
        violation("CORE-INIT-04", "features changed after FEATURES_OK");
    }
    if (sim->driver_sel >= SIM_WORDS)
    {
        violation("CORE-FEAT-05", "feature word %u", sim->driver_sel);
        return;
    }
    if ((value & ~sim->offered[sim->driver_sel]) != 0)
    {
        violation("CORE-FEAT-01", "word %u: 0x%x accepted of 0x%x", sim->driver_sel, value,
                  sim->offered[sim->driver_sel]);
    }
    sim->driver_features[sim->driver_sel] = value;
}

static uint32_t read_features(struct sim_device *sim)
{
    uint32_t value = sim->device_sel < SIM_WORDS ? sim->offered[sim->device_sel] : 0;

    if (sim->model->any_time == NULL)
    {
        check_stage(sim, REG_DEVICE_FEATURES);
    }
    if (!sim->device_sel_written)
    {
        violation("MMIO-FEAT-01", "DeviceFeatures without a selector");
    }
    return sim->feature_read != NULL ? sim->feature_read(sim, sim->device_sel, value) : value;
}

static void notify(struct sim_device *sim, uint32_t value)
{
    if ((sim->status & SIM_DRIVER_OK) == 0)
    {
        violation("CORE-INIT-09", "notification before DRIVER_OK");
        return;
    }
    if (value >= sim->queue_count || !sim->queue[value].live)
    {
        violation("MMIO-NOTIFY-01", "notification of queue %u", value);
        return;
    }
    sim_queue_run(sim, value);
}

static void acknowledge(struct sim_device *sim, uint32_t value)
{
    if ((value & ~3u) != 0)
    {
        violation("MMIO-INT-03", "InterruptACK 0x%x", value);
    }
    if ((value & ~sim->interrupt_read) != 0 || value == 0)
    {
        violation("MMIO-INT-02", "InterruptACK 0x%x, InterruptStatus was read as 0x%x", value, sim->interrupt_read);
    }
    sim->interrupt_status &= ~value;
    sim->interrupt_read &= ~value;
}

static uint32_t read_register(struct sim_device *sim, unsigned int offset)
{
    switch (offset)
    {
    case REG_MAGIC:
        sim->magic_read = true;
        return sim->magic;
    case REG_VERSION:
        if (!sim->magic_read)
        {
            violation("MMIO-INIT-01", "version before magic");
        }
        sim->version_read = true;
        return sim->version;
    case REG_DEVICE_ID:
        if (!sim->version_read || sim->magic != 0x74726976 || sim->version == 0 || sim->version > 2)
        {
            violation("MMIO-INIT-02", "device id before magic and version passed");
        }
        sim->empty_slot = sim->id == 0;
        return sim->id;
    case REG_VENDOR_ID:
        return 0x554d4551;
    case REG_DEVICE_FEATURES:
        return read_features(sim);
    case REG_INTERRUPT_STATUS:
        sim->interrupt_read |= (sim->interrupt_status | sim->interrupt_noise) & 3;
        return sim->interrupt_status | sim->interrupt_noise;
    case REG_STATUS:
        return read_status(sim);
    case REG_CONFIG_GENERATION:
        sim->generation += sim->generation_moves;
        return sim->generation_fixed ? 0 : sim->generation;
    default:
        return sim_queue_read(sim, offset);
    }
}

static void write_register(struct sim_device *sim, unsigned int offset, uint32_t value)
{
    switch (offset)
    {
    case REG_DEVICE_FEATURES_SEL:
        sim->device_sel = sim->selector_of_one_bit ? value & 1 : value;
        sim->device_sel_written = true;
        break;
    case REG_DRIVER_FEATURES_SEL:
        sim->driver_sel = sim->selector_of_one_bit ? value & 1 : value;
        sim->driver_sel_written = true;
        break;
    case REG_DRIVER_FEATURES:
        write_features(sim, value);
        break;
    case REG_QUEUE_NOTIFY:
        notify(sim, value);
        break;
    case REG_INTERRUPT_ACK:
        acknowledge(sim, value);
        break;
    case REG_STATUS:
        write_status(sim, value);
        break;
    default:
        check_stage(sim, offset);
        if (!sim->legacy && (sim->status & SIM_FEATURES_OK) == 0)
        {
            violation("CORE-INIT-06", "register 0x%x before FEATURES_OK", offset);
        }
        sim_queue_write(sim, offset, value);
        break;
    }
}

/* The field of the config space that an access is about, or NULL and a violation. */
static const struct sim_field *config_field(struct sim_device *sim, unsigned int offset, unsigned int width, bool write)
{
    const struct sim_field *field = NULL;
    bool any_time = write && sim->model->any_time != NULL && sim->model->any_time(sim, offset);

    if (!any_time)
    {
        check_stage(sim, offset + REG_CONFIG);
    }
    for (size_t i = 0; i < sim->model->field_count && field == NULL; i++)
    {
        if (sim->model->fields[i].offset == offset)
        {
            field = &sim->model->fields[i];
        }
    }
    if (field == NULL || field->width != width)
    {
        violation("MMIO-ACC-05", "config access of %u bytes at 0x%x", width, offset);
        return NULL;
    }
    if (field->feature != SIM_NO_FEATURE && !sim_offers(sim, field->feature))
    {
        violation("CORE-CFG-03", "config field 0x%x without feature %u", offset, field->feature);
    }
    if (write && !field->writable)
    {
        violation("MMIO-ACC-02", "write to config field 0x%x", offset);
        return NULL;
    }
    if (!any_time && (write || field->writable) && !sim->legacy && (sim->status & SIM_FEATURES_OK) == 0)
    {
        violation(write ? "CORE-INIT-03" : "BLK-INIT-04", "config field 0x%x before FEATURES_OK", offset);
    }
    return field;
}

static struct sim_device *decode(uintptr_t address, unsigned int width, bool write, unsigned int *offset)
{
    struct sim_device *sim = NULL;

    if (address >= WINDOW_BASE && (address - WINDOW_BASE) / SIM_WINDOW < WINDOWS)
    {
        sim = windows[(address - WINDOW_BASE) / SIM_WINDOW];
    }
    if (sim == NULL)
    {
        violation("MMIO-ACC-01", "access to 0x%llx", (unsigned long long)address);
        return NULL;
    }
    *offset = (unsigned int)(address - sim->base);
    sim->accesses++;
    if (*offset % width != 0)
    {
        violation("MMIO-ACC-04", "unaligned access to 0x%x", *offset);
        return NULL;
    }
    if (sim->empty_slot)
    {
        violation("MMIO-INIT-04", "register 0x%x of an empty slot", *offset);
    }
    if (*offset >= REG_CONFIG)
    {
        return sim;
    }
    if (width != 4)
    {
        violation("MMIO-ACC-04", "access of %u bytes to register 0x%x", width, *offset);
        return NULL;
    }
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
    {
        if (registers[i].offset == *offset && (registers[i].versions & (sim->legacy ? 1 : 2)) != 0)
        {
            if (!(write ? registers[i].write : registers[i].read))
            {
                violation(write ? "MMIO-ACC-02" : "MMIO-ACC-03", "register 0x%x", *offset);
                return NULL;
            }
            return sim;
        }
    }
    violation(sim->legacy ? "MMIOL-REG-01" : "MMIO-ACC-01", "there is no register 0x%x", *offset);
    return NULL;
}

static uint32_t read(uintptr_t address, unsigned int width)
{
    uint32_t all_ones = width == 4 ? 0xffffffffu : (1u << 8 * width) - 1;
    unsigned int offset;
    struct sim_device *sim = decode(address, width, false, &offset);
    uint32_t value = 0;

    if (sim == NULL || sim->gone)
    {
        return all_ones;
    }
    if (offset < REG_CONFIG)
    {
        return read_register(sim, offset);
    }
    if (config_field(sim, offset - REG_CONFIG, width, false) == NULL)
    {
        return all_ones;
    }
    for (unsigned int i = 0; i < width; i++)
    {
        value |= (uint32_t)sim->config[offset - REG_CONFIG + i] << 8 * i;
    }
    if (sim->model->config_read != NULL)
    {
        sim->model->config_read(sim, offset - REG_CONFIG);
    }
    if (sim->config_read != NULL)
    {
        sim->config_read(sim, offset - REG_CONFIG);
    }
    return value;
}

static void write(uintptr_t address, unsigned int width, uint32_t value)
{
    unsigned int offset;
    struct sim_device *sim = decode(address, width, true, &offset);

    if (sim == NULL || sim->gone)
    {
        return;
    }
    if (offset < REG_CONFIG)
    {
        write_register(sim, offset, value);
    }
    else if (config_field(sim, offset - REG_CONFIG, width, true) != NULL)
    {
        for (unsigned int i = 0; i < width; i++)
        {
            sim->config[offset - REG_CONFIG + i] = (uint8_t)(value >> 8 * i);
        }
        if (sim->model->config_written != NULL)
        {
            sim->model->config_written(sim, offset - REG_CONFIG);
        }
    }
}

uint8_t virtio_mmio_read8(uintptr_t address)
{
    return (uint8_t)read(address, 1);
}

uint16_t virtio_mmio_read16(uintptr_t address)
{
    return (uint16_t)read(address, 2);
}

uint32_t virtio_mmio_read32(uintptr_t address)
{
    return read(address, 4);
}

void virtio_mmio_write8(uintptr_t address, uint8_t value)
{
    write(address, 1, value);
}

void virtio_mmio_write16(uintptr_t address, uint16_t value)
{
    write(address, 2, value);
}

void virtio_mmio_write32(uintptr_t address, uint32_t value)
{
    write(address, 4, value);
}
