/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte order of everything that is shared with the device.
 *
 * The modern interface is little-endian everywhere (1.4 "Structure Specifications"); the legacy interface uses the
 * guest's own order for rings, most config fields and most headers (2.6.3 "Legacy Interfaces: A Note on Virtqueue
 * Endianness"). Both are the identity on a little-endian CPU, where these functions compile to nothing.
 */
#ifndef VIRTIO_BYTEORDER_H
#define VIRTIO_BYTEORDER_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define VIRTIO_CPU_BIG_ENDIAN 1
#else
#define VIRTIO_CPU_BIG_ENDIAN 0
#endif

/* Convert between the CPU's order and the device's; the conversion is its own inverse. */
static inline uint16_t virtio_swap16(bool legacy, uint16_t value)
{
    return (VIRTIO_CPU_BIG_ENDIAN && !legacy) ? __builtin_bswap16(value) : value;
}

static inline uint32_t virtio_swap32(bool legacy, uint32_t value)
{
    return (VIRTIO_CPU_BIG_ENDIAN && !legacy) ? __builtin_bswap32(value) : value;
}

static inline uint64_t virtio_swap64(bool legacy, uint64_t value)
{
    return (VIRTIO_CPU_BIG_ENDIAN && !legacy) ? __builtin_bswap64(value) : value;
}

/* Little-endian always, whatever the interface: MMIO control registers. */
static inline uint32_t virtio_le32(uint32_t value)
{
    return virtio_swap32(false, value);
}

#endif /* VIRTIO_BYTEORDER_H */
