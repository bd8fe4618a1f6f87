/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core asks of the place it runs in. A port supplies these functions at link time, in one C file.
 *
 * None of them is called with a lock of the core held, because the core has none; "any context" below means that the
 * binding may call the engine function that leads here from a thread, an interrupt or before the scheduler runs.
 */
#ifndef VIRTIO_PLATFORM_H
#define VIRTIO_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address as the device sees it: physical, or what an IOMMU makes of it. */
typedef uint64_t virtio_dma_addr_t;

enum virtio_dma_direction
{
    VIRTIO_DMA_TO_DEVICE,   /* the device only reads the buffer */
    VIRTIO_DMA_FROM_DEVICE, /* the device only writes the buffer */
};

enum virtio_log_level
{
    VIRTIO_LOG_ERROR,   /* something the user asked for did not happen */
    VIRTIO_LOG_WARNING, /* the device misbehaved; the driver went on */
    VIRTIO_LOG_INFO,    /* worth a line at boot */
};

/*
 * Memory that driver and device both read and write at any time: zeroed, contiguous for the device, coherent,
 * `size` bytes, aligned to `align` (a power of two, at most 4096). Its address for the device goes to `*address`.
 * Thread context. NULL if there is none.
 */
void *virtio_platform_dma_alloc(size_t size, size_t align, virtio_dma_addr_t *address);
void virtio_platform_dma_free(void *memory, size_t size);

/* Zeroed memory that only the driver sees. Thread context. NULL if there is none. */
void *virtio_platform_alloc(size_t size);
void virtio_platform_free(void *memory);

/*
 * Lend `length` bytes at `buffer` to the device, in one direction. Returns how many bytes from `buffer` on, at most
 * `length`, are contiguous for the device beginning at `*address`; 0 if the device cannot reach the buffer at all. The
 * caller comes again for the rest. From here to virtio_platform_unshare() the bytes belong to the device. Where caches
 * are not coherent the port writes them back here. Any context.
 */
size_t virtio_platform_share(const void *buffer, size_t length, enum virtio_dma_direction direction,
                             virtio_dma_addr_t *address);

/* Take back what one virtio_platform_share() lent: the same pointer, the length it returned, its address. Any context.
 */
void virtio_platform_unshare(const void *buffer, size_t length, enum virtio_dma_direction direction,
                             virtio_dma_addr_t address);

/* Microseconds of a monotonic clock that also runs with interrupts off. Any context. */
uint64_t virtio_platform_clock_us(void);

/* One turn of a bounded wait: a pause instruction, or less. Must not sleep. Any context. */
void virtio_platform_relax(void);

/* Print one line (no newline in `format`). Any context. */
void virtio_platform_log(enum virtio_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif /* VIRTIO_PLATFORM_H */
