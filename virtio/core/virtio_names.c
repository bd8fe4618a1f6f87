/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts for messages and tables: errors, device types, interfaces.
 */
#include <virtio/device.h>
#include <virtio/error.h>

const char *virtio_strerror(int error)
{
    static const char *const texts[] = {
        [VIRTIO_OK] = "no error",
        [VIRTIO_EINVAL] = "invalid request",
        [VIRTIO_EAGAIN] = "not now",
        [VIRTIO_EMSGSIZE] = "too large",
        [VIRTIO_ENOMEM] = "out of memory",
        [VIRTIO_ENODEV] = "no such device",
        [VIRTIO_ENOTSUP] = "not supported by the device",
        [VIRTIO_ETIMEDOUT] = "the device does not answer",
        [VIRTIO_EIO] = "I/O error",
        [VIRTIO_EPROTO] = "the device violates the protocol",
        [VIRTIO_EFAULT] = "memory out of the device's reach",
        [VIRTIO_EROFS] = "read-only medium",
    };
    unsigned int index = error < 0 ? 0u - (unsigned int)error : (unsigned int)error;

    return index < sizeof(texts) / sizeof(texts[0]) ? texts[index] : "unknown error";
}

const char *virtio_device_type_name(uint32_t id)
{
    static const struct
    {
        uint32_t id;
        const char *name;
    } types[] = {
        {VIRTIO_ID_NET, "network"},   {VIRTIO_ID_BLOCK, "block"},     {VIRTIO_ID_CONSOLE, "console"},
        {VIRTIO_ID_RNG, "entropy"},   {VIRTIO_ID_BALLOON, "balloon"}, {VIRTIO_ID_SCSI, "scsi"},
        {VIRTIO_ID_9P, "9p"},         {VIRTIO_ID_GPU, "gpu"},         {VIRTIO_ID_INPUT, "input"},
        {VIRTIO_ID_VSOCK, "socket"},  {VIRTIO_ID_CRYPTO, "crypto"},   {VIRTIO_ID_SOUND, "sound"},
        {VIRTIO_ID_FS, "filesystem"},
    };
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
    {
        if (types[i].id == id)
        {
            return types[i].name;
        }
    }
    return "unknown";
}

const char *virtio_device_interface_name(const struct virtio_device *dev)
{
    if (virtio_device_legacy(dev))
    {
        return "legacy";
    }
    return virtio_device_has(dev, VIRTIO_F_RING_PACKED) ? "packed" : "modern";
}
