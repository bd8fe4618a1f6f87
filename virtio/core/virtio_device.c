/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life cycle of a device: reset, negotiation, config space (2.1 to 2.5, 3.1).
 */
#include <virtio/byteorder.h>
#include <virtio/device.h>
#include <virtio/platform.h>
#include <virtio/transport.h>

/* A device that is gone answers every read with ones. */
#define ALL_ONES 0xffffffffu

/* Ends the wait for a reset where the clock stands still; each turn is an access to the device, which takes longer. */
#define RESET_TURNS_MAX 10000000u

/* Config reads that are torn this often are not going to settle. */
#define CONFIG_TRIES 8

static void add_status(struct virtio_device *dev, uint32_t bit)
{
    /* From our own record, not read back: a bit once set is never dropped but by a reset (2.1.1). */
    dev->status |= bit;
    dev->transport->write_status(dev, dev->status);
}

void virtio_device_silence(struct virtio_device *dev)
{
    dev->transport->write_status(dev, 0);
}

int virtio_device_reset(struct virtio_device *dev)
{
    uint64_t begin = virtio_platform_clock_us();
    uint32_t turns = 0;
    uint32_t status;

    dev->quiet = false;
    dev->status = 0;
    dev->transport->write_status(dev, 0);

    /* 2.4.2: the reset is done when the status reads 0, not when it was written. */
    while ((status = dev->transport->read_status(dev)) != 0)
    {
        if (status == ALL_ONES)
        {
            return -VIRTIO_ENODEV;
        }
        if (virtio_platform_clock_us() - begin > VIRTIO_RESET_TIMEOUT_US || ++turns > RESET_TURNS_MAX)
        {
            return -VIRTIO_ETIMEDOUT;
        }
        virtio_platform_relax();
    }
    dev->quiet = true;
    return 0;
}

bool virtio_device_needs_reset(struct virtio_device *dev)
{
    uint32_t status = dev->transport->read_status(dev);

    return status == ALL_ONES || (status & VIRTIO_S_NEEDS_RESET) != 0;
}

uint32_t virtio_device_interrupt(struct virtio_device *dev)
{
    return dev->transport->interrupt(dev);
}

/*
 * Words of feature bits that this driver can have any use for. Words beyond are not touched: there are devices (QEMU's
 * virtio-mmio) whose selector has one bit only, so that writing word 2 would overwrite word 1.
 */
static unsigned int feature_words(const struct virtio_device *dev, const struct virtio_feature *table)
{
    unsigned int words = 2; /* VERSION_1 is in word 1 */

    if (virtio_device_legacy(dev))
    {
        return 1; /* 2.2.3: no bits above 31 */
    }
    for (; table->name != NULL; table++)
    {
        if (table->bit / 32u + 1 > words)
        {
            words = table->bit / 32u + 1;
        }
    }
    return words;
}

static int negotiate(struct virtio_device *dev, const struct virtio_driver *driver, void *context, const char **step)
{
    unsigned int words = feature_words(dev, driver->features);
    struct virtio_features offered = {{0}};
    struct virtio_features chosen;
    uint32_t status;
    unsigned int i;
    int error;

    *step = "reading features";
    for (i = 0; i < words; i++)
    {
        offered.word[i] = dev->transport->read_features(dev, i);
    }
    dev->offered = offered;
    if (!virtio_device_legacy(dev) && !virtio_features_has(&offered, VIRTIO_F_VERSION_1))
    {
        *step = "VERSION_1 is not offered";
        return -VIRTIO_EPROTO;
    }

    if (dev->started)
    {
        /* Everything built on the first agreement, ring layouts and header sizes among it, stays as it was. */
        chosen = dev->features;
        for (i = 0; i < VIRTIO_FEATURE_WORDS; i++)
        {
            if ((chosen.word[i] & ~offered.word[i]) != 0)
            {
                *step = "features are no longer those of the first start";
                return -VIRTIO_EPROTO;
            }
        }
    }
    else
    {
        virtio_features_choose(&offered, driver->features, virtio_device_legacy(dev), &chosen);
        if (driver->validate != NULL)
        {
            *step = "checking the configuration";
            error = driver->validate(context, &chosen);
            if (error != 0)
            {
                return error;
            }
            virtio_features_close(&chosen, driver->features);
        }
    }

    for (i = 0; i < words; i++)
    {
        dev->transport->write_features(dev, i, chosen.word[i]);
    }
    if (!virtio_device_legacy(dev))
    {
        /* 3.1.1 steps 5 and 6. The legacy interface has neither (3.1.2). */
        *step = "FEATURES_OK";
        add_status(dev, VIRTIO_S_FEATURES_OK);
        status = dev->transport->read_status(dev);
        if ((status & VIRTIO_S_FEATURES_OK) == 0)
        {
            dev->status &= ~VIRTIO_S_FEATURES_OK; /* it did not take, so FAILED goes without it */
        }
        if ((status & (VIRTIO_S_FEATURES_OK | VIRTIO_S_NEEDS_RESET)) != VIRTIO_S_FEATURES_OK)
        {
            return -VIRTIO_EPROTO;
        }
    }
    dev->features = chosen;
    return 0;
}

int virtio_device_start(struct virtio_device *dev, const struct virtio_driver *driver, void *context)
{
    const char *step = "reset";
    bool queues_open = false;
    int error;

    error = virtio_device_reset(dev);
    if (error == 0)
    {
        add_status(dev, VIRTIO_S_ACKNOWLEDGE);
        add_status(dev, VIRTIO_S_DRIVER);
        error = negotiate(dev, driver, context, &step);
    }
    if (error == 0)
    {
        if (dev->transport->prepare_queues != NULL)
        {
            dev->transport->prepare_queues(dev);
        }
        step = "set-up of queues";
        dev->quiet = false;
        queues_open = true;
        error = driver->setup(context);
    }
    if (error == 0)
    {
        step = "DRIVER_OK";
        add_status(dev, VIRTIO_S_DRIVER_OK);
        if (virtio_device_needs_reset(dev))
        {
            error = -VIRTIO_EPROTO;
        }
    }
    if (error == 0)
    {
        dev->started = true;
        return 0;
    }

    virtio_platform_log(VIRTIO_LOG_ERROR, "%s: start failed at %s: %s", dev->name, step, virtio_strerror(error));
    add_status(dev, VIRTIO_S_FAILED);
    if (queues_open && virtio_device_reset(dev) == 0)
    {
        /* It is off our memory now; say again that we have given up on it. */
        add_status(dev, VIRTIO_S_FAILED);
    }
    return error;
}

static uint64_t read_field(struct virtio_device *dev, uint16_t offset, uint8_t width)
{
    uint64_t first;
    uint64_t second;

    if (width < 8)
    {
        return dev->transport->read_config(dev, offset, width);
    }
    /* 4.2.2.2: 64-bit fields are read as two 32-bit ones. */
    first = dev->transport->read_config(dev, offset, 4);
    second = dev->transport->read_config(dev, (uint16_t)(offset + 4), 4);
    if (VIRTIO_CPU_BIG_ENDIAN && virtio_device_legacy(dev))
    {
        return first << 32 | second;
    }
    return second << 32 | first;
}

/* Read all fields once; true if every one had the value already. */
static bool read_fields(struct virtio_device *dev, struct virtio_config_field *fields, size_t count)
{
    bool same = true;
    uint64_t value;
    size_t i;

    for (i = 0; i < count; i++)
    {
        value = read_field(dev, fields[i].offset, fields[i].width);
        same = same && value == fields[i].value;
        fields[i].value = value;
    }
    return same;
}

void virtio_config_read(struct virtio_device *dev, struct virtio_config_field *fields, size_t count)
{
    uint32_t generation;
    unsigned int i;

    if (virtio_device_legacy(dev))
    {
        /* 2.5.3: no generation on the legacy interface, so read until two reads agree. */
        read_fields(dev, fields, count);
        for (i = 0; i < CONFIG_TRIES; i++)
        {
            if (read_fields(dev, fields, count))
            {
                return;
            }
        }
    }
    else
    {
        for (i = 0; i < CONFIG_TRIES; i++)
        {
            generation = dev->transport->read_generation(dev);
            read_fields(dev, fields, count);
            if (dev->transport->read_generation(dev) == generation)
            {
                return;
            }
        }
    }
    virtio_platform_log(VIRTIO_LOG_WARNING, "%s: configuration keeps changing while it is read", dev->name);
}

void virtio_config_write(struct virtio_device *dev, uint16_t offset, uint8_t width, uint32_t value)
{
    dev->transport->write_config(dev, offset, width, value);
}
