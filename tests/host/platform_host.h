/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform of the host tests: what a strict IOMMU, a non-coherent cache and a short heap would do.
 *
 * A device address is never a pointer: it names one of many windows, far above 4 GiB, and a window is gone with the
 * free or unshare that ended it. What is shared is copied, at the moment of sharing and of taking back, so data that a
 * driver touches in between is lost, as it would be behind a cache or a bounce buffer.
 */
#ifndef TEST_PLATFORM_HOST_H
#define TEST_PLATFORM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_knobs
{
    uint64_t base;     /* lowest device address */
    int fail_alloc_at; /* 1: the next allocation fails, 2: the one after; 0: none */
    int fail_share_at; /* the same for sharing */
    size_t share_max;  /* so many bytes are contiguous at most; 0: all */
    bool share_random; /* ... or to the next of boundaries that lie at random, one in so many bytes */
    int share_less_at; /* the n-th sharing gets one byte less than it could: memory that moved meanwhile */
    uint64_t clock_us;
    uint64_t clock_step; /* added at every look at the clock */
    uint64_t relax_step; /* added at every turn of a bounded wait */
    void (*on_relax)(void *context);
    void *relax_context;
    void (*on_barrier)(void *context); /* at every memory barrier of the driver */
    void *barrier_context;
};

extern struct host_knobs host;

/* Back to the defaults, with empty tables. */
void host_reset(void);

/* How much the driver holds now. */
unsigned int host_dma_count(void);
unsigned int host_share_count(void);
uint64_t host_share_total(void);
unsigned int host_relaxed(void);

/* True if all was given back; says what was not. */
bool host_all_returned(void);
/* Free what a driver left to a device that did not confirm its reset. */
void host_abandon(void);

/*
 * The device's side: memory at a device address, or NULL and a violation if the device has no business there (all of
 * `length` bytes in one window that is live, and shared in this direction).
 */
void *host_dma(uint64_t address, size_t length, bool device_writes);
/* The same for a device that does not care; no violation. */
void *host_dma_try(uint64_t address, size_t length);
/* Is this memory that both sides may write at any time? */
bool host_dma_coherent(uint64_t address, size_t length);

/* Lines of the log so far; a line begins with "E ", "W " or "I ". */
const char *host_log(void);
bool host_log_has(const char *text);
void host_log_clear(void);

/* A random number that is the same in every run. */
uint32_t host_random(void);
void host_random_seed(uint32_t seed);

#endif /* TEST_PLATFORM_HOST_H */
