/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MMIO transport (4.2): modern register layout (version 2) and legacy layout (version 1), told apart at run time.
 */
#include <virtio/byteorder.h>
#include <virtio/mmio.h>
#include <virtio/transport.h>

/* Registers (4.2.2, 4.2.4). */
#define REG_MAGIC               0x000
#define REG_VERSION             0x004
#define REG_DEVICE_ID           0x008
#define REG_VENDOR_ID           0x00c
#define REG_DEVICE_FEATURES     0x010
#define REG_DEVICE_FEATURES_SEL 0x014
#define REG_DRIVER_FEATURES     0x020
#define REG_DRIVER_FEATURES_SEL 0x024
#define REG_GUEST_PAGE_SIZE     0x028 /* legacy */
#define REG_QUEUE_SEL           0x030
#define REG_QUEUE_SIZE_MAX      0x034
#define REG_QUEUE_SIZE          0x038
#define REG_QUEUE_ALIGN         0x03c /* legacy */
#define REG_QUEUE_PFN           0x040 /* legacy */
#define REG_QUEUE_READY         0x044 /* modern */
#define REG_QUEUE_NOTIFY        0x050
#define REG_INTERRUPT_STATUS    0x060
#define REG_INTERRUPT_ACK       0x064
#define REG_STATUS              0x070
#define REG_QUEUE_DESC_LOW      0x080 /* modern, and the five that follow */
#define REG_QUEUE_DESC_HIGH     0x084
#define REG_QUEUE_DRIVER_LOW    0x090
#define REG_QUEUE_DRIVER_HIGH   0x094
#define REG_QUEUE_DEVICE_LOW    0x0a0
#define REG_QUEUE_DEVICE_HIGH   0x0a4
#define REG_CONFIG_GENERATION   0x0fc /* modern */
#define REG_CONFIG              0x100

#define MAGIC                   0x74726976u /* "virt" */
#define VERSION_LEGACY          1u
#define VERSION_MODERN          2u

/* Unit of QueuePFN, and alignment of the used ring (virtio_queue_measure() lays it out so). */
#define LEGACY_PAGE_SHIFT 12

static uint32_t get(const struct virtio_device *dev, unsigned int reg)
{
    return virtio_le32(virtio_mmio_read32(dev->base + reg));
}

static void put(const struct virtio_device *dev, unsigned int reg, uint32_t value)
{
    virtio_mmio_write32(dev->base + reg, virtio_le32(value));
}

static uint32_t mmio_read_features(struct virtio_device *dev, unsigned int word)
{
    put(dev, REG_DEVICE_FEATURES_SEL, word);
    return get(dev, REG_DEVICE_FEATURES);
}

static void mmio_write_features(struct virtio_device *dev, unsigned int word, uint32_t bits)
{
    put(dev, REG_DRIVER_FEATURES_SEL, word);
    put(dev, REG_DRIVER_FEATURES, bits);
}

static uint32_t mmio_read_status(struct virtio_device *dev)
{
    return get(dev, REG_STATUS);
}

static void mmio_write_status(struct virtio_device *dev, uint32_t status)
{
    put(dev, REG_STATUS, status);
}

static uint32_t mmio_read_config(struct virtio_device *dev, uint16_t offset, uint8_t width)
{
    uintptr_t address = dev->base + REG_CONFIG + offset;

    if (width == 1)
    {
        return virtio_mmio_read8(address);
    }
    if (width == 2)
    {
        return virtio_swap16(dev->legacy, virtio_mmio_read16(address));
    }
    return virtio_swap32(dev->legacy, virtio_mmio_read32(address));
}

static void mmio_write_config(struct virtio_device *dev, uint16_t offset, uint8_t width, uint32_t value)
{
    uintptr_t address = dev->base + REG_CONFIG + offset;

    if (width == 1)
    {
        virtio_mmio_write8(address, (uint8_t)value);
    }
    else if (width == 2)
    {
        virtio_mmio_write16(address, virtio_swap16(dev->legacy, (uint16_t)value));
    }
    else
    {
        virtio_mmio_write32(address, virtio_swap32(dev->legacy, value));
    }
}

static void mmio_notify(struct virtio_device *dev, uint16_t index)
{
    put(dev, REG_QUEUE_NOTIFY, index);
}

static uint32_t mmio_interrupt(struct virtio_device *dev)
{
    /* 4.2.3.4: other bits have no meaning and are not acknowledged. */
    uint32_t causes = get(dev, REG_INTERRUPT_STATUS) & (VIRTIO_INTERRUPT_USED | VIRTIO_INTERRUPT_CONFIG);

    if (causes != 0)
    {
        put(dev, REG_INTERRUPT_ACK, causes);
    }
    return causes;
}

static int size_max(struct virtio_device *dev, uint16_t index, unsigned int in_use, uint32_t *size)
{
    put(dev, REG_QUEUE_SEL, index);
    if (get(dev, in_use) != 0)
    {
        return -VIRTIO_EPROTO;
    }
    *size = get(dev, REG_QUEUE_SIZE_MAX);
    return 0;
}

/* Legacy layout (4.2.4) */

#if VIRTIO_HAVE_LEGACY

static void legacy_prepare_queues(struct virtio_device *dev)
{
    put(dev, REG_GUEST_PAGE_SIZE, 1u << LEGACY_PAGE_SHIFT);
}

static int legacy_queue_size_max(struct virtio_device *dev, uint16_t index, uint32_t *size)
{
    return size_max(dev, index, REG_QUEUE_PFN, size);
}

static int legacy_queue_open(struct virtio_device *dev, uint16_t index, uint16_t size,
                             const struct virtio_queue_address *address)
{
    uint64_t page = address->descriptors >> LEGACY_PAGE_SHIFT;

    /* Page 0 means "not in use", and the register has 32 bits. */
    if (page == 0 || page > UINT32_MAX)
    {
        return -VIRTIO_EFAULT;
    }
    put(dev, REG_QUEUE_SEL, index);
    put(dev, REG_QUEUE_SIZE, size);
    put(dev, REG_QUEUE_ALIGN, 1u << LEGACY_PAGE_SHIFT);
    put(dev, REG_QUEUE_PFN, (uint32_t)page);
    return 0;
}

static const struct virtio_transport mmio_legacy = {
    .name = "mmio",
    .read_features = mmio_read_features,
    .write_features = mmio_write_features,
    .read_status = mmio_read_status,
    .write_status = mmio_write_status,
    .read_config = mmio_read_config,
    .write_config = mmio_write_config,
    .read_generation = NULL,
    .prepare_queues = legacy_prepare_queues,
    .queue_size_max = legacy_queue_size_max,
    .queue_open = legacy_queue_open,
    .notify = mmio_notify,
    .interrupt = mmio_interrupt,
};

#endif /* VIRTIO_HAVE_LEGACY */

/* Modern layout (4.2.2) */

#if VIRTIO_HAVE_MODERN

static uint32_t modern_read_generation(struct virtio_device *dev)
{
    return get(dev, REG_CONFIG_GENERATION);
}

static int modern_queue_size_max(struct virtio_device *dev, uint16_t index, uint32_t *size)
{
    return size_max(dev, index, REG_QUEUE_READY, size);
}

static void put64(struct virtio_device *dev, unsigned int reg_low, uint64_t value)
{
    put(dev, reg_low, (uint32_t)value);
    put(dev, reg_low + 4, (uint32_t)(value >> 32));
}

static int modern_queue_open(struct virtio_device *dev, uint16_t index, uint16_t size,
                             const struct virtio_queue_address *address)
{
    put(dev, REG_QUEUE_SEL, index);
    put(dev, REG_QUEUE_SIZE, size);
    put64(dev, REG_QUEUE_DESC_LOW, address->descriptors);
    put64(dev, REG_QUEUE_DRIVER_LOW, address->driver);
    put64(dev, REG_QUEUE_DEVICE_LOW, address->device);
    put(dev, REG_QUEUE_READY, 1);
    return 0;
}

static const struct virtio_transport mmio_modern = {
    .name = "mmio",
    .read_features = mmio_read_features,
    .write_features = mmio_write_features,
    .read_status = mmio_read_status,
    .write_status = mmio_write_status,
    .read_config = mmio_read_config,
    .write_config = mmio_write_config,
    .read_generation = modern_read_generation,
    .prepare_queues = NULL,
    .queue_size_max = modern_queue_size_max,
    .queue_open = modern_queue_open,
    .notify = mmio_notify,
    .interrupt = mmio_interrupt,
};

#endif /* VIRTIO_HAVE_MODERN */

/* What this build has for each interface, or NULL. */
#if VIRTIO_HAVE_LEGACY
#define LEGACY_TRANSPORT (&mmio_legacy)
#else
#define LEGACY_TRANSPORT NULL
#endif
#if VIRTIO_HAVE_MODERN
#define MODERN_TRANSPORT (&mmio_modern)
#else
#define MODERN_TRANSPORT NULL
#endif

int virtio_mmio_probe(struct virtio_device *dev, uintptr_t base)
{
    uint32_t magic;
    uint32_t version;

    *dev = (struct virtio_device){.name = dev->name, .base = base};
    /* 4.2.2.2: magic and version are checked before DeviceID is read, and nothing else is touched if that is 0. */
    magic = get(dev, REG_MAGIC);
    if (magic != MAGIC)
    {
        virtio_platform_log(VIRTIO_LOG_WARNING, "virtio window 0x%lx: no VirtIO device there (magic 0x%08lx)",
                            (unsigned long)base, (unsigned long)magic);
        return -VIRTIO_EPROTO;
    }
    version = get(dev, REG_VERSION);
    if (version != VERSION_LEGACY && version != VERSION_MODERN)
    {
        virtio_platform_log(VIRTIO_LOG_WARNING, "virtio window 0x%lx: unknown version %lu, left alone",
                            (unsigned long)base, (unsigned long)version);
        return -VIRTIO_EPROTO;
    }
    dev->id = get(dev, REG_DEVICE_ID);
    if (dev->id == 0)
    {
        return -VIRTIO_ENODEV;
    }
    dev->vendor = get(dev, REG_VENDOR_ID);
    dev->legacy = version == VERSION_LEGACY;
    dev->transport = dev->legacy ? LEGACY_TRANSPORT : MODERN_TRANSPORT;
#if !VIRTIO_HAVE_LEGACY || !VIRTIO_HAVE_MODERN
    if (dev->transport == NULL)
    {
        virtio_platform_log(VIRTIO_LOG_ERROR,
                            "virtio window 0x%lx: a %s %s device, which this build does not drive; " VIRTIO_BUILD_HINT,
                            (unsigned long)base, dev->legacy ? "legacy" : "modern", virtio_device_type_name(dev->id));
        return -VIRTIO_ENOTSUP;
    }
#endif
    return 0;
}
