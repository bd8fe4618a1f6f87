/* SPDX-License-Identifier: Apache-2.0 */
/* platform.h for the host tests. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <virtio/platform.h>

#include "barrier_hook.h"
#undef __sync_synchronize
#include "platform_host.h"
#include "sim/violation.h"

#define WINDOW_SHIFT 26 /* every window has room for 64 MiB */
#define WINDOWS      65536u
#define PRIVATE      1024
#define RELAX_LIMIT  20000000u

enum window_kind
{
    WINDOW_FREE,
    WINDOW_COHERENT,
    WINDOW_TO_DEVICE,
    WINDOW_FROM_DEVICE,
};

struct window
{
    enum window_kind kind;
    const void *owner; /* the driver's pointer */
    uint8_t *memory;   /* what the device sees */
    size_t length;
    size_t offset; /* of the memory in the window */
};

struct host_knobs host;

static struct window windows[WINDOWS];
static unsigned int next_window;
static unsigned int dma_count, share_count, private_count, relaxed;
static uint64_t share_total;
static void *privates[PRIVATE];
static char log_text[16384];
static size_t log_length;
static uint32_t random_state = 1;

uint32_t host_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

void host_random_seed(uint32_t seed)
{
    random_state = seed * 2654435761u | 1u;
}

void host_reset(void)
{
    host_abandon();
    memset(&host, 0, sizeof(host));
    host.base = 0x180000000ull;
    host.clock_us = 1000;
    host.clock_step = 1;
    host.relax_step = 500;
    next_window = 0;
    relaxed = 0;
    share_total = 0;
    host_log_clear();
    host_random_seed(1);
}

unsigned int host_dma_count(void)
{
    return dma_count;
}

unsigned int host_share_count(void)
{
    return share_count;
}

uint64_t host_share_total(void)
{
    return share_total;
}

unsigned int host_relaxed(void)
{
    return relaxed;
}

bool host_all_returned(void)
{
    if (dma_count + share_count + private_count != 0)
    {
        fprintf(stderr, "not given back: %u DMA, %u shares, %u private\n", dma_count, share_count, private_count);
        return false;
    }
    return true;
}

void host_abandon(void)
{
    for (unsigned int i = 0; i < WINDOWS && dma_count + share_count != 0; i++)
    {
        if (windows[i].kind != WINDOW_FREE)
        {
            *(windows[i].kind == WINDOW_COHERENT ? &dma_count : &share_count) -= 1;
            free(windows[i].memory);
            windows[i].kind = WINDOW_FREE;
        }
    }
    for (unsigned int i = 0; i < PRIVATE; i++)
    {
        free(privates[i]);
        privates[i] = NULL;
    }
    private_count = 0;
}

static uint64_t window_address(const struct window *window)
{
    return host.base + ((uint64_t)(window - windows) << WINDOW_SHIFT) + window->offset;
}

/* The windows are used in turn, so an address that was given back stays dead for a long time. */
static struct window *window_open(enum window_kind kind, const void *owner, uint8_t *memory, size_t length,
                                  size_t offset)
{
    struct window *window;

    if (length + offset > (size_t)1 << WINDOW_SHIFT)
    {
        abort();
    }
    do
    {
        window = &windows[next_window];
        next_window = (next_window + 1) % WINDOWS;
    } while (window->kind != WINDOW_FREE);
    window->kind = kind;
    window->owner = owner;
    window->memory = memory;
    window->length = length;
    window->offset = offset;
    return window;
}

static struct window *window_at(uint64_t address, size_t length)
{
    uint64_t index = (address - host.base) >> WINDOW_SHIFT;
    struct window *window;
    size_t offset;

    if (address < host.base || index >= WINDOWS)
    {
        return NULL;
    }
    window = &windows[index];
    offset = (size_t)((address - host.base) & (((uint64_t)1 << WINDOW_SHIFT) - 1));
    if (window->kind == WINDOW_FREE || offset < window->offset || length > window->length ||
        offset - window->offset > window->length - length)
    {
        return NULL;
    }
    return window;
}

void *host_dma(uint64_t address, size_t length, bool device_writes)
{
    struct window *window = window_at(address, length);

    if (window == NULL)
    {
        violation("DMA-UNMAPPED", "%zu bytes at 0x%llx are not the device's", length, (unsigned long long)address);
        return NULL;
    }
    if (window->kind == (device_writes ? WINDOW_TO_DEVICE : WINDOW_FROM_DEVICE))
    {
        violation("DMA-DIRECTION", "%zu bytes at 0x%llx are shared the other way", length, (unsigned long long)address);
        return NULL;
    }
    return window->memory + (address - window_address(window));
}

void *host_dma_try(uint64_t address, size_t length)
{
    struct window *window = window_at(address, length);

    return window == NULL ? NULL : window->memory + (address - window_address(window));
}

bool host_dma_coherent(uint64_t address, size_t length)
{
    struct window *window = window_at(address, length);

    return window != NULL && window->kind == WINDOW_COHERENT;
}

static bool fails(int *at)
{
    return *at > 0 && --*at == 0;
}

void *virtio_platform_dma_alloc(size_t size, size_t align, virtio_dma_addr_t *address)
{
    void *memory;

    if (size == 0 || align == 0 || (align & (align - 1)) != 0 || align > 4096)
    {
        violation("PLATFORM-DMA", "%zu bytes aligned to %zu", size, align);
    }
    if (fails(&host.fail_alloc_at) ||
        posix_memalign(&memory, align < sizeof(void *) ? sizeof(void *) : align, size) != 0)
    {
        return NULL;
    }
    memset(memory, 0, size);
    dma_count++;
    /* Aligned as asked for and no better. */
    *address = window_address(window_open(WINDOW_COHERENT, memory, memory, size, align));
    return memory;
}

void virtio_platform_dma_free(void *memory, size_t size)
{
    for (unsigned int i = 0; i < WINDOWS; i++)
    {
        if (windows[i].kind == WINDOW_COHERENT && windows[i].owner == memory)
        {
            if (windows[i].length != size)
            {
                violation("PLATFORM-DMA", "%zu bytes freed as %zu", windows[i].length, size);
            }
            windows[i].kind = WINDOW_FREE;
            dma_count--;
            free(memory);
            return;
        }
    }
    violation("PLATFORM-DMA", "free of what was not allocated");
}

void *virtio_platform_alloc(size_t size)
{
    unsigned int i = 0;

    if (fails(&host.fail_alloc_at))
    {
        return NULL;
    }
    while (i < PRIVATE && privates[i] != NULL)
    {
        i++;
    }
    if (i == PRIVATE)
    {
        return NULL;
    }
    privates[i] = calloc(1, size);
    private_count++;
    return privates[i];
}

void virtio_platform_free(void *memory)
{
    for (unsigned int i = 0; i < PRIVATE && memory != NULL; i++)
    {
        if (privates[i] == memory)
        {
            free(memory);
            privates[i] = NULL;
            private_count--;
            return;
        }
    }
    if (memory != NULL)
    {
        violation("PLATFORM-FREE", "free of what was not allocated");
    }
}

static size_t contiguous(const void *buffer, size_t length)
{
    uintptr_t begin = (uintptr_t)buffer;

    if (!host.share_random)
    {
        return length < host.share_max ? length : host.share_max;
    }
    /* The same boundaries however often and from wherever they are looked at. */
    for (uintptr_t at = begin / 64 + 1; at * 64 - begin < length; at++)
    {
        if ((uint32_t)at * 2654435761u >> 8 < 0xffffff / (host.share_max / 64))
        {
            return at * 64 - begin;
        }
    }
    return length;
}

size_t virtio_platform_share(const void *buffer, size_t length, enum virtio_dma_direction direction,
                             virtio_dma_addr_t *address)
{
    uint8_t *copy;

    if (length == 0)
    {
        violation("PLATFORM-SHARE", "nothing shared");
    }
    if (fails(&host.fail_share_at))
    {
        return 0;
    }
    if (host.share_max != 0)
    {
        length = contiguous(buffer, length);
    }
    if (fails(&host.share_less_at))
    {
        length = length > 1 ? length - 1 : 0;
    }
    if (length == 0)
    {
        return 0;
    }
    copy = malloc(length);
    memcpy(copy, buffer, length);
    share_count++;
    share_total++;
    *address = window_address(window_open(direction == VIRTIO_DMA_TO_DEVICE ? WINDOW_TO_DEVICE : WINDOW_FROM_DEVICE,
                                          buffer, copy, length, (uintptr_t)buffer & 0xfff));
    return length;
}

void virtio_platform_unshare(const void *buffer, size_t length, enum virtio_dma_direction direction,
                             virtio_dma_addr_t address)
{
    struct window *window = window_at(address, length);

    if (window == NULL || window_address(window) != address || window->owner != buffer || window->length != length ||
        window->kind != (direction == VIRTIO_DMA_TO_DEVICE ? WINDOW_TO_DEVICE : WINDOW_FROM_DEVICE))
    {
        violation("PLATFORM-UNSHARE", "%zu bytes at 0x%llx were not shared so", length, (unsigned long long)address);
        return;
    }
    if (direction == VIRTIO_DMA_FROM_DEVICE)
    {
        memcpy((void *)(uintptr_t)buffer, window->memory, length);
    }
    free(window->memory);
    window->kind = WINDOW_FREE;
    share_count--;
}

uint64_t virtio_platform_clock_us(void)
{
    host.clock_us += host.clock_step;
    return host.clock_us;
}

void host_barrier(void)
{
    __sync_synchronize();
    if (host.on_barrier != NULL)
    {
        host.on_barrier(host.barrier_context);
    }
}

void virtio_platform_relax(void)
{
    host.clock_us += host.relax_step;
    if (++relaxed > RELAX_LIMIT)
    {
        fprintf(stderr, "a wait without an end\n");
        abort();
    }
    if (host.on_relax != NULL)
    {
        host.on_relax(host.relax_context);
    }
}

void virtio_platform_log(enum virtio_log_level level, const char *format, ...)
{
    char line[256];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length < 0 || strchr(line, '\n') != NULL)
    {
        violation("PLATFORM-LOG", "more than one line: %s", format);
    }
    if (log_length + sizeof(line) + 4 < sizeof(log_text))
    {
        log_length += (size_t)snprintf(log_text + log_length, sizeof(log_text) - log_length, "%c %s\n",
                                       "EWI"[(unsigned int)level % 3], line);
    }
}

const char *host_log(void)
{
    return log_text;
}

bool host_log_has(const char *text)
{
    return strstr(log_text, text) != NULL;
}

void host_log_clear(void)
{
    log_length = 0;
    log_text[0] = '\0';
}
