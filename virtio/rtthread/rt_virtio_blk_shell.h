/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the shell command `blk`.
 */
#ifndef RT_VIRTIO_BLK_SHELL_H
#define RT_VIRTIO_BLK_SHELL_H

#include "rt_virtio_compat.h"
#include "rt_virtio_config.h"

/* Print that an operation failed, with RT-Thread's (negative) error. Returns -1. */
int rt_virtio_blk_complain(const char *what, const char *name, rt_uint64_t first, rt_uint64_t count, long error);

/* Fill `count` sectors of `bytes` each with a pattern that depends on `seed` and the sector's number. */
void rt_virtio_blk_fill_pattern(rt_uint8_t *buffer, rt_uint64_t sector, rt_uint32_t count, rt_uint32_t bytes,
                                rt_uint32_t seed);

/* How many sectors from the first on have that pattern: `count` if all is well. */
rt_uint32_t rt_virtio_blk_check_pattern(const rt_uint8_t *buffer, rt_uint64_t sector, rt_uint32_t count,
                                        rt_uint32_t bytes, rt_uint32_t seed);

/*
 * Write and verify at random places with `threads` threads for `seconds`, each in a part of the device of its own.
 * Destroys the contents. In the background it returns at once and prints its result when it has finished.
 */
int rt_virtio_blk_stress(rt_device_t dev, const char *name, rt_uint32_t threads, rt_uint32_t seconds,
                         rt_bool_t background);

/* Read 4 KiB, `operations` times in all, with `threads` threads, and print what it took. */
int rt_virtio_blk_bench(rt_device_t dev, const char *name, rt_uint32_t threads, rt_uint32_t operations);

#endif /* RT_VIRTIO_BLK_SHELL_H */
