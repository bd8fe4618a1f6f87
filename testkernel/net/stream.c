/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For shell commands: a stream of bytes that both ends can make, and its checksum.
 */

#include "stream.h"

/* As many bytes as can be summed up before 32 bits run over. */
#define SUM_BLOCK 5552u

static rt_uint8_t next(rt_uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;

    return (rt_uint8_t)(*state >> 24);
}

void stream_fill(rt_uint32_t *state, rt_uint8_t *data, rt_size_t size)
{
    while (size-- > 0)
    {
        *data++ = next(state);
    }
}

rt_bool_t stream_matches(rt_uint32_t *state, const rt_uint8_t *data, rt_size_t size)
{
    rt_uint8_t different = 0;

    while (size-- > 0)
    {
        different |= (rt_uint8_t)(*data++ ^ next(state));
    }

    return different == 0;
}

rt_uint32_t stream_checksum(rt_uint32_t sum, const rt_uint8_t *data, rt_size_t size)
{
    rt_uint32_t a = sum & 0xffffu;
    rt_uint32_t b = sum >> 16;

    while (size > 0)
    {
        rt_size_t block = RT_MIN(size, (rt_size_t)SUM_BLOCK);

        size -= block;
        while (block-- > 0)
        {
            a += *data++;
            b += a;
        }
        a %= 65521u;
        b %= 65521u;
    }

    return b << 16 | a;
}
