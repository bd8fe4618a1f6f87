/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VirtIO device as every driver sees it: identity, status, features, config space, and the one function that walks
 * the initialisation sequence (3.1.1).
 *
 * Unless a function says otherwise: thread context, or any single context before the scheduler runs; the caller makes
 * sure that nobody else uses the device meanwhile.
 */
#ifndef VIRTIO_DEVICE_H
#define VIRTIO_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <virtio/config.h>
#include <virtio/error.h>
#include <virtio/features.h>

/* Device types (5). */
#define VIRTIO_ID_NET     1
#define VIRTIO_ID_BLOCK   2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_RNG     4
#define VIRTIO_ID_BALLOON 5
#define VIRTIO_ID_SCSI    8
#define VIRTIO_ID_9P      9
#define VIRTIO_ID_GPU     16
#define VIRTIO_ID_INPUT   18
#define VIRTIO_ID_VSOCK   19
#define VIRTIO_ID_CRYPTO  20
#define VIRTIO_ID_SOUND   25
#define VIRTIO_ID_FS      26

/* Device status bits (2.1). */
#define VIRTIO_S_ACKNOWLEDGE 0x01u
#define VIRTIO_S_DRIVER      0x02u
#define VIRTIO_S_DRIVER_OK   0x04u
#define VIRTIO_S_FEATURES_OK 0x08u
#define VIRTIO_S_NEEDS_RESET 0x40u
#define VIRTIO_S_FAILED      0x80u

/* Causes of an interrupt (4.2.2). */
#define VIRTIO_INTERRUPT_USED   0x1u /* used buffer notification */
#define VIRTIO_INTERRUPT_CONFIG 0x2u /* configuration change notification */

/* How long the device may take for a reset or to stop a queue. */
#define VIRTIO_RESET_TIMEOUT_US 1000000u

struct virtio_transport;

struct virtio_device
{
    const char *name;                         /* for messages: "virtio-blk0"; the caller's, must outlive the device */
    const struct virtio_transport *transport; /* filled in by the transport's probe */
    uintptr_t base;                           /* the transport's: where the registers are */
    uint32_t id;                              /* VIRTIO_ID_... */
    uint32_t vendor;
    bool legacy;                     /* spoken to through the legacy interface; ask virtio_device_legacy() */
    bool started;                    /* `features` were agreed on once: a restart asks for the same */
    bool quiet;                      /* reset was confirmed and no queue opened since: memory may be freed */
    uint32_t status;                 /* bits that the driver has set since the last reset */
    struct virtio_features offered;  /* read once per start */
    struct virtio_features features; /* negotiated: the only set that anything else asks */
};

/* What a device engine puts in for virtio_device_start(). `context` is the pointer that was given there. */
struct virtio_driver
{
    const struct virtio_feature *features; /* allow-list, ends with a NULL name */
    /*
     * Optional, before FEATURES_OK: look at the config space and take bits out of `chosen` that make no sense with it.
     * The config space may be read but not written here (3.1.1). Negative: give up.
     */
    int (*validate)(void *context, struct virtio_features *chosen);
    /* After FEATURES_OK, before DRIVER_OK: read the config space, open the queues. Negative: give up. */
    int (*setup)(void *context);
};

/*
 * Walk the initialisation sequence (3.1.1): reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK and its confirmation,
 * driver->setup(), DRIVER_OK. Called again after a device broke or asked for a reset, it agrees on the same features as
 * the first time. Every way out but success leaves the device with FAILED set and a message that names the step. A
 * device that may have seen queues is reset before that; `dev->quiet` tells whether it confirmed, that is, whether the
 * memory it was given may be freed.
 * Errors: ETIMEDOUT (reset not confirmed), EPROTO (features refused, or not those of the first time), ENODEV (device
 * gone), and what validate and setup return.
 */
int virtio_device_start(struct virtio_device *dev, const struct virtio_driver *driver, void *context);

/*
 * Reset and wait until the device confirms (2.4), at most VIRTIO_RESET_TIMEOUT_US. After success the device does not
 * touch any memory of the driver. ETIMEDOUT or ENODEV: it still might, so nothing that it knew of may be freed.
 */
int virtio_device_reset(struct virtio_device *dev);

/* Write a reset without waiting for it, to silence a device from an interrupt. Any context. */
void virtio_device_silence(struct virtio_device *dev);

/* True if the device asked for a reset, or is gone (all ones). Any context. */
bool virtio_device_needs_reset(struct virtio_device *dev);

/* Read and acknowledge the causes of an interrupt: VIRTIO_INTERRUPT_... or 0 if it was not ours. Interrupt context. */
uint32_t virtio_device_interrupt(struct virtio_device *dev);

/* True on the legacy interface; a constant where only one is built, so that what the other would need is left out. */
static inline bool virtio_device_legacy(const struct virtio_device *dev)
{
    return VIRTIO_HAVE_LEGACY && (!VIRTIO_HAVE_MODERN || dev->legacy);
}

/* True if the feature was negotiated; a constant for one that this build never negotiates. Any context. */
static inline bool virtio_device_has(const struct virtio_device *dev, unsigned int feature)
{
    return virtio_feature_built(feature) && virtio_features_has(&dev->features, feature);
}

/* One field of the config space: `width` is 1, 2, 4 or 8 bytes, `offset` a multiple of it. */
struct virtio_config_field
{
    uint16_t offset;
    uint8_t width;
    uint64_t value; /* result, in the CPU's order */
};

/*
 * Read fields consistently with each other: between two equal generations on the modern interface (2.5.1), until two
 * reads agree on the legacy one (2.5.3). The number of tries is limited; a device whose config never rests gets a
 * warning, and the last values stand: they are as untrusted as any.
 */
void virtio_config_read(struct virtio_device *dev, struct virtio_config_field *fields, size_t count);

/* Write one field of 1, 2 or 4 bytes. Only after FEATURES_OK. */
void virtio_config_write(struct virtio_device *dev, uint16_t offset, uint8_t width, uint32_t value);

/* The name of a device type ("block"), "unknown" for one that has no name here. */
const char *virtio_device_type_name(uint32_t id);

/* "legacy", "modern", or "packed": the modern interface with packed rings. */
const char *virtio_device_interface_name(const struct virtio_device *dev);

#endif /* VIRTIO_DEVICE_H */
