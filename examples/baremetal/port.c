/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole port: what the core asks of the place it runs in (virtio/platform.h). Memory is one array, physical
 * addresses are the CPU's, and there is one hart.
 */
#include "board.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <virtio/platform.h>

#define ARENA_BYTES 65536u

static uint8_t arena[ARENA_BYTES] __attribute__((aligned(4096)));
static size_t arena_used;

/* --- Memory: given out once. A port whose devices come and go needs a heap; this one's stay. --- */

static void *take(size_t size, size_t align)
{
    size_t at = (arena_used + align - 1) & ~(align - 1);

    if (at > ARENA_BYTES || size > ARENA_BYTES - at)
    {
        return NULL;
    }
    arena_used = at + size;
    return arena + at; /* zeroed with the rest of .bss */
}

void *virtio_platform_dma_alloc(size_t size, size_t align, virtio_dma_addr_t *address)
{
    void *memory = take(size, align);

    *address = (virtio_dma_addr_t)(uintptr_t)memory;
    return memory;
}

void virtio_platform_dma_free(void *memory, size_t size)
{
    (void)memory;
    (void)size;
}

void *virtio_platform_alloc(size_t size)
{
    return take(size, 16);
}

void virtio_platform_free(void *memory)
{
    (void)memory;
}

/* --- Buffers: the device sees them where the CPU does, and caches are coherent. --- */

size_t virtio_platform_share(const void *buffer, size_t length, enum virtio_dma_direction direction,
                             virtio_dma_addr_t *address)
{
    (void)direction;
    *address = (virtio_dma_addr_t)(uintptr_t)buffer;
    return length;
}

void virtio_platform_unshare(const void *buffer, size_t length, enum virtio_dma_direction direction,
                             virtio_dma_addr_t address)
{
    (void)buffer;
    (void)length;
    (void)direction;
    (void)address;
}

/* --- Time --- */

uint64_t virtio_platform_clock_us(void)
{
    uint64_t time;

    __asm__ volatile("rdtime %0" : "=r"(time));
    return time / (TIMEBASE_HZ / 1000000u);
}

void virtio_platform_relax(void)
{
    __asm__ volatile("nop" ::: "memory");
}

/* --- Messages --- */

static void print_arguments(const char *format, va_list arguments)
{
    char text[160];
    const char *at;

    vsnprintf(text, sizeof(text), format, arguments);
    for (at = text; *at != '\0'; at++)
    {
        REG8(UART_DATA) = (uint8_t)*at;
    }
}

void print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_arguments(format, arguments);
    va_end(arguments);
}

void virtio_platform_log(enum virtio_log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print(level == VIRTIO_LOG_INFO ? "" : "virtio: ");
    print_arguments(format, arguments);
    print("\n");
    va_end(arguments);
}
