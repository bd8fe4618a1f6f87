/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the simulated GPU. */
#ifndef TEST_SIM_GPU_COMMAND_H
#define TEST_SIM_GPU_COMMAND_H

#include "sim_gpu.h"

#define HEADER         24u
#define MESSAGE        96u
#define DISPLAY_ANSWER 408u
#define EDID_ANSWER    1056u

/* A command as taken apart. */
struct sim_gpu_command
{
    struct sim_device *sim;
    struct sim_gpu *gpu;
    const struct sim_chain *chain;
    uint8_t bytes[MESSAGE];
    uint32_t type;
    bool fenced;
    uint8_t answer[EDID_ANSWER];
    uint32_t answer_length;
};

/* Execute one whose message is as long as it has to be; its response. */
uint32_t sim_gpu_execute(struct sim_gpu_command *command);
/* The device will refuse it: remember what is not there then. */
void sim_gpu_refuse(struct sim_gpu_command *command);

static inline uint32_t sim_get32(const uint8_t *from)
{
    return (uint32_t)(from[0] | from[1] << 8 | from[2] << 16) | (uint32_t)from[3] << 24;
}

static inline uint64_t sim_get64(const uint8_t *from)
{
    return sim_get32(from) | (uint64_t)sim_get32(from + 4) << 32;
}

static inline void sim_put32(uint8_t *at, uint32_t value)
{
    for (unsigned int i = 0; i < 4; i++)
    {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

#endif /* TEST_SIM_GPU_COMMAND_H */
