/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform functions of the core (virtio/platform.h), on RT-Thread.
 */
#include <stdarg.h>
#include <string.h>

#include <virtio/platform.h>

#include "rt_virtio_compat.h"
#include "rt_virtio_config.h"

/* Longest message of the core; a rt_kprintf() buffer is about this long. */
#define LOG_LENGTH 160

/* Of RT-Smart; never less than that. */
#define PAGE_BYTES 4096u

/* How far a buffer stays physically contiguous; 0: it begins in a page that is not there. */
static size_t reach(const void *buffer, size_t length, virtio_dma_addr_t *address)
{
    const rt_uint8_t *start = buffer;
    size_t done = PAGE_BYTES - ((rt_ubase_t)start & (PAGE_BYTES - 1));

    *address = rt_virtio_physical(start);
    if (!RT_VIRTIO_PAGED)
    {
        return length;
    }
    if (*address == 0)
    {
        return 0;
    }
    while (done < length && rt_virtio_physical(start + done) == *address + done)
    {
        done += PAGE_BYTES;
    }
    return done < length ? done : length;
}

void *virtio_platform_dma_alloc(size_t size, size_t align, virtio_dma_addr_t *address)
{
    void *memory = rt_malloc_align(size, align);

    if (memory == RT_NULL)
    {
        return NULL;
    }
    if (reach(memory, size, address) != size)
    {
        rt_kprintf("virtio: %u bytes of queue memory are not physically contiguous\n", (unsigned int)size);
        rt_free_align(memory);
        return NULL;
    }
    memset(memory, 0, size);
    return memory;
}

void virtio_platform_dma_free(void *memory, size_t size)
{
    (void)size;
    rt_free_align(memory);
}

void *virtio_platform_alloc(size_t size)
{
    return rt_calloc(1, size);
}

void virtio_platform_free(void *memory)
{
    rt_free(memory);
}

/*
 * VirtIO devices are cache-coherent: without VIRTIO_F_ACCESS_PLATFORM they see memory as a CPU does (6.1), and
 * RT-Thread has no IOMMU or uncached memory that the feature could be about. So there is nothing to write back here.
 */
size_t virtio_platform_share(const void *buffer, size_t length, enum virtio_dma_direction direction,
                             virtio_dma_addr_t *address)
{
    (void)direction;
    return reach(buffer, length, address);
}

void virtio_platform_unshare(const void *buffer, size_t length, enum virtio_dma_direction direction,
                             virtio_dma_addr_t address)
{
    (void)buffer;
    (void)length;
    (void)direction;
    (void)address;
}

uint64_t virtio_platform_clock_us(void)
{
#if defined(__riscv) && __riscv_xlen == 64
    uint64_t time;

    __asm__ volatile("rdtime %0" : "=r"(time));
    return time / (RT_VIRTIO_RISCV_TIMEBASE / 1000000);
#elif defined(__riscv)
    uint32_t high;
    uint32_t low;
    uint32_t again;

    do
    {
        __asm__ volatile("rdtimeh %0; rdtime %1; rdtimeh %2" : "=&r"(high), "=&r"(low), "=&r"(again));
    } while (high != again);
    return ((uint64_t)high << 32 | low) / (RT_VIRTIO_RISCV_TIMEBASE / 1000000);
#elif defined(__aarch64__)
    uint64_t count;
    uint64_t frequency;

    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(count));
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency >= 1000000 ? count / (frequency / 1000000) : count;
#else
    /* The tick stands still while interrupts are off; then, and only then, this counts calls instead. */
    static rt_tick_t last;
    static uint64_t extra;
    rt_tick_t now = rt_tick_get();

    extra = now == last ? extra + 1 : 0;
    last = now;
    return (uint64_t)now * (1000000 / RT_TICK_PER_SECOND) + extra;
#endif
}

void virtio_platform_relax(void)
{
#if defined(__aarch64__)
    __asm__ volatile("yield");
#else
    __asm__ volatile("" ::: "memory");
#endif
}

void virtio_platform_log(enum virtio_log_level level, const char *format, ...)
{
    char text[LOG_LENGTH];
    va_list arguments;

    va_start(arguments, format);
    rt_vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    rt_kprintf("%s%s\n", level == VIRTIO_LOG_INFO ? "" : "virtio: ", text);
}
