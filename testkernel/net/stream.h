/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For shell commands: a stream of bytes that both ends can make, and its checksum.
 */

#ifndef TESTKERNEL_NET_STREAM_H
#define TESTKERNEL_NET_STREAM_H

#include <rtthread.h>

#define STREAM_CHECKSUM 1u /* of no bytes */

/* The next `size` bytes. `state` is the seed at first; `port send` begins with 1, too. Any context. */
void stream_fill(rt_uint32_t *state, rt_uint8_t *data, rt_size_t size);

/* Are these the next bytes? Any context. */
rt_bool_t stream_matches(rt_uint32_t *state, const rt_uint8_t *data, rt_size_t size);

/* Adler-32 of what `sum` is of, with `data` behind it. Any context. */
rt_uint32_t stream_checksum(rt_uint32_t sum, const rt_uint8_t *data, rt_size_t size);

#endif /* TESTKERNEL_NET_STREAM_H */
