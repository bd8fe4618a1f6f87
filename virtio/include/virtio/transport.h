/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a transport (4) does for the core. Nothing above it asks which one it is.
 */
#ifndef VIRTIO_TRANSPORT_H
#define VIRTIO_TRANSPORT_H

#include <stdint.h>

#include <virtio/device.h>
#include <virtio/platform.h>

/* Where a queue lies, as the device sees it (2.6). On legacy the three are one block that begins at `descriptors`. */
struct virtio_queue_address
{
    virtio_dma_addr_t descriptors; /* descriptor area */
    virtio_dma_addr_t driver;      /* driver area: available ring, or driver's events */
    virtio_dma_addr_t device;      /* device area: used ring, or device's events */
};

struct virtio_transport
{
    const char *name;

    uint32_t (*read_features)(struct virtio_device *dev, unsigned int word);
    void (*write_features)(struct virtio_device *dev, unsigned int word, uint32_t bits);

    uint32_t (*read_status)(struct virtio_device *dev);
    void (*write_status)(struct virtio_device *dev, uint32_t status);

    /* One access of 1, 2 or 4 bytes; value in the CPU's order. */
    uint32_t (*read_config)(struct virtio_device *dev, uint16_t offset, uint8_t width);
    void (*write_config)(struct virtio_device *dev, uint16_t offset, uint8_t width, uint32_t value);
    /* Not on the legacy interface, where there is none: NULL. */
    uint32_t (*read_generation)(struct virtio_device *dev);

    /* Once per start, between features and the first queue. May be NULL. */
    void (*prepare_queues)(struct virtio_device *dev);
    /* The largest size the device allows for a queue, 0 if it has no such queue. EPROTO: the queue is in use. */
    int (*queue_size_max)(struct virtio_device *dev, uint16_t index, uint32_t *size);
    int (*queue_open)(struct virtio_device *dev, uint16_t index, uint16_t size,
                      const struct virtio_queue_address *address);

    /* Tell the device that a queue has new available buffers. Any context. */
    void (*notify)(struct virtio_device *dev, uint16_t index);
    /* Read the causes of an interrupt and acknowledge them. Interrupt context. */
    uint32_t (*interrupt)(struct virtio_device *dev);
};

/*
 * Identify the VirtIO device behind an MMIO window (4.2.2) and fill in `dev` (all but its name). Touches only the
 * identification registers. `base` is mapped and 4-byte aligned; the window has 0x200 bytes.
 * ENODEV: an empty slot (DeviceID 0), to be passed over silently. EPROTO: not a VirtIO window, or one of an unknown
 * version. ENOTSUP: of an interface that this build does not drive (virtio/config.h). Both are logged here, so ask
 * once.
 */
int virtio_mmio_probe(struct virtio_device *dev, uintptr_t base);

#endif /* VIRTIO_TRANSPORT_H */
