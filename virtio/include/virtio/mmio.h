/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access to device registers and config bytes: one volatile load or store of the natural width each (4.2.2.2).
 *
 * A write is preceded by a barrier, so that everything stored in memory before it is visible to the device when the
 * write arrives (a notification after the ring was filled); a read is followed by one, so that memory is not read
 * before the register (the ring after InterruptStatus).
 *
 * A port that cannot reach registers by plain loads and stores, and the host tests, define VIRTIO_MMIO_EXTERNAL and
 * supply the six functions themselves.
 */
#ifndef VIRTIO_MMIO_H
#define VIRTIO_MMIO_H

#include <stdint.h>

#include <virtio/barrier.h>

#ifdef VIRTIO_MMIO_EXTERNAL

uint8_t virtio_mmio_read8(uintptr_t address);
uint16_t virtio_mmio_read16(uintptr_t address);
uint32_t virtio_mmio_read32(uintptr_t address);
void virtio_mmio_write8(uintptr_t address, uint8_t value);
void virtio_mmio_write16(uintptr_t address, uint16_t value);
void virtio_mmio_write32(uintptr_t address, uint32_t value);

#else

#define VIRTIO_MMIO_ACCESSORS(bits)                                                                  \
    static inline uint##bits##_t virtio_mmio_read##bits(uintptr_t address)                           \
    {                                                                                                \
        uint##bits##_t value = *(volatile uint##bits##_t *)address;                                  \
        virtio_rmb(); /* pairs with the device's writes to memory before it changed this register */ \
        return value;                                                                                \
    }                                                                                                \
    static inline void virtio_mmio_write##bits(uintptr_t address, uint##bits##_t value)              \
    {                                                                                                \
        virtio_wmb(); /* pairs with the device's reads of memory after it saw this write */          \
        *(volatile uint##bits##_t *)address = value;                                                 \
    }

VIRTIO_MMIO_ACCESSORS(8)
VIRTIO_MMIO_ACCESSORS(16)
VIRTIO_MMIO_ACCESSORS(32)

#undef VIRTIO_MMIO_ACCESSORS

#endif /* VIRTIO_MMIO_EXTERNAL */

#endif /* VIRTIO_MMIO_H */
