/* SPDX-License-Identifier: Apache-2.0 */
/* The GPU's two queues (5.7.6), its answers, and the host's side. What the commands do is in sim_gpu_command.c. */

#include <stdlib.h>
#include <string.h>

#include "sim_gpu_command.h"
#include "violation.h"

#define FENCE         1u
#define EVENT_DISPLAY 1u

static const struct sim_field fields[] = {
    {SIM_GPU_EVENTS_READ, 4, SIM_NO_FEATURE, false},
    {SIM_GPU_EVENTS_CLEAR, 4, SIM_NO_FEATURE, true},
    {SIM_GPU_NUM_SCANOUTS, 4, SIM_NO_FEATURE, false},
    {SIM_GPU_NUM_CAPSETS, 4, SIM_NO_FEATURE, false},
};

unsigned int sim_gpu_code(uint32_t command)
{
    return command < SIM_GPU_UPDATE_CURSOR ? command - SIM_GPU_GET_DISPLAY_INFO
                                           : command - SIM_GPU_UPDATE_CURSOR + SIM_GPU_CODES;
}

/* --- The queues --- */

/* Bytes of the message, without entries; and of the answer. 0: no such command. */
static uint32_t message_bytes(uint32_t type, uint32_t *answer)
{
    static const uint8_t bytes[] = {24, 40, 32, 48, 48, 56, 32, 32, 0, 0, 32, 0, 56, 96};

    *answer = type == SIM_GPU_GET_DISPLAY_INFO ? DISPLAY_ANSWER : type == SIM_GPU_GET_EDID ? EDID_ANSWER : HEADER;
    if (type == SIM_GPU_UPDATE_CURSOR || type == SIM_GPU_MOVE_CURSOR)
    {
        return 56;
    }
    return type >= 0x100 && type < 0x100 + sizeof(bytes) ? bytes[type - 0x100] : 0;
}

static bool check_message(struct sim_gpu_command *command, unsigned int queue)
{
    const struct sim_chain *chain = command->chain;
    const uint8_t *header = command->bytes;
    bool entries;
    uint32_t answer;
    uint32_t bytes;

    sim_copy_in(chain, 0, command->bytes, chain->readable_bytes < MESSAGE ? (size_t)chain->readable_bytes : MESSAGE);
    command->type = sim_get32(header);
    command->fenced = (sim_get32(header + 4) & FENCE) != 0;
    bytes = message_bytes(command->type, &answer);
    entries = command->type == SIM_GPU_ATTACH || command->type == SIM_GPU_CREATE_BLOB;
    if (bytes == 0 || (queue == 1) != (command->type >= SIM_GPU_UPDATE_CURSOR))
    {
        violation("GPU-CUR-03", "command 0x%x on queue %u", command->type, queue);
        return false;
    }
    if (entries ? chain->readable_bytes < bytes : chain->readable_bytes != bytes)
    {
        violation("GPU-HDR-02", "command 0x%x of %llu bytes", command->type, (unsigned long long)chain->readable_bytes);
        return false;
    }
    if (chain->writable_bytes < answer)
    {
        violation("GPU-HDR-02", "command 0x%x, and room for %llu bytes", command->type,
                  (unsigned long long)chain->writable_bytes);
        return false;
    }
    if ((sim_get32(header + 4) & ~FENCE) != 0 || sim_get32(header + 16) != 0 || sim_get32(header + 20) != 0 ||
        (!command->fenced && sim_get64(header + 8) != 0))
    {
        violation("GPU-HDR-02", "command 0x%x: flags 0x%x, context %u", command->type, sim_get32(header + 4),
                  sim_get32(header + 16));
    }
    if (command->sim->legacy && !sim_has(command->sim, SIM_F_ANY_LAYOUT) &&
        (chain->readable != 1 || chain->writable != 1))
    {
        violation("GPU-LEG-01", "a command in %u and %u elements", chain->readable, chain->writable);
    }
    return true;
}

static bool chosen(struct sim_gpu *gpu, uint32_t type)
{
    if (gpu->only != 0 && gpu->only != type)
    {
        return false;
    }
    if (gpu->skip != 0)
    {
        gpu->skip--;
        return false;
    }
    return true;
}

static uint32_t execute(struct sim_device *sim, unsigned int queue, const struct sim_chain *chain)
{
    struct sim_gpu *gpu = sim->model_data;
    struct sim_gpu_command command = {.sim = sim, .gpu = gpu, .chain = chain, .answer_length = HEADER};
    uint32_t response = gpu->response;
    uint32_t id;
    bool bad;

    if (!check_message(&command, queue))
    {
        return 0;
    }
    gpu->executed[sim_gpu_code(command.type)]++;
    bad = chosen(gpu, command.type);
    if (!bad || !gpu->refused)
    {
        response = sim_gpu_execute(&command);
    }
    else
    {
        sim_gpu_refuse(&command);
    }
    if (bad && gpu->response_replaced)
    {
        response = gpu->response;
    }
    sim_put32(command.answer, response);
    if (command.fenced && !(bad && gpu->fence_missing))
    {
        id = sim_get32(command.bytes + 8) + (bad && gpu->fence_wrong);
        sim_put32(command.answer + 4, FENCE);
        sim_put32(command.answer + 8, id);
        memcpy(command.answer + 12, command.bytes + 12, 4);
        gpu->fences++;
        gpu->last_fence = sim_get64(command.bytes + 8);
    }
    if (queue == 1 && gpu->cursor_mute)
    {
        return 0;
    }
    if (!bad || !gpu->silent)
    {
        sim_copy_out(chain, 0, command.answer, command.answer_length);
    }
    return bad && gpu->length_replaced ? gpu->length : command.answer_length;
}

static bool check_features(struct sim_device *sim)
{
    for (unsigned int bit = 0; bit < SIM_WORDS * 32; bit++)
    {
        if (sim_has(sim, bit) && (bit < 24 || bit >= 50) && bit != SIM_GPU_F_EDID && bit != SIM_GPU_F_RESOURCE_BLOB)
        {
            violation("CORE-FEAT-05", "feature %u of a GPU", bit);
        }
    }
    return true;
}

static void config_written(struct sim_device *sim, unsigned int offset)
{
    uint32_t clear = sim_get32(sim->config + SIM_GPU_EVENTS_CLEAR);
    uint32_t events = sim_get32(sim->config + SIM_GPU_EVENTS_READ);

    (void)offset;
    if ((clear & ~events) != 0 || clear != EVENT_DISPLAY)
    {
        violation("GPU-CFG-02", "events 0x%x cleared of 0x%x", clear, events);
    }
    sim_put32(sim->config + SIM_GPU_EVENTS_READ, events & ~clear);
    sim_put32(sim->config + SIM_GPU_EVENTS_CLEAR, 0);
}

static void reset(struct sim_device *sim)
{
    struct sim_gpu *gpu = sim->model_data;

    sim_gpu_forget(gpu);
    for (unsigned int i = 0; i < SIM_GPU_SCANOUTS; i++)
    {
        struct sim_gpu_scanout *scanout = &gpu->scanout[i];

        scanout->resource = scanout->cursor = 0;
        memset(scanout->screen, 0, sizeof(scanout->screen));
        memset(scanout->image, 0, sizeof(scanout->image));
    }
}

static const struct sim_model model = {
    .id = 16,
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .execute = execute,
    .check_features = check_features,
    .config_written = config_written,
    .reset = reset,
};

/* --- The host's side --- */

void sim_gpu_edid_sum(uint8_t edid[128])
{
    uint8_t sum = 0;

    for (unsigned int i = 0; i < 127; i++)
    {
        sum = (uint8_t)(sum + edid[i]);
    }
    edid[127] = (uint8_t)-sum;
}

void sim_gpu_edid(uint8_t edid[128], const char *name, uint32_t width, uint32_t height)
{
    uint8_t *timing = edid + 54;
    uint8_t *text = edid + 72;
    uint32_t clock = ((width + 160) * (height + 40) * 60 + 5000) / 10000;

    memset(edid, 0, 128);
    memset(edid + 1, 0xff, 6);
    edid[8] = (uint8_t)(('S' - 64u) << 2 | ('I' - 64u) >> 3); /* SIM */
    edid[9] = (uint8_t)(('I' - 64u) << 5 | ('M' - 64u));
    edid[10] = 0x34;
    edid[11] = 0x12;
    edid[12] = 0x78;
    edid[13] = 0x56;
    edid[18] = 1;
    edid[19] = 4;
    edid[21] = 30;
    edid[22] = 20;
    timing[0] = (uint8_t)clock;
    timing[1] = (uint8_t)(clock >> 8);
    timing[2] = (uint8_t)width;
    timing[3] = 160;
    timing[4] = (uint8_t)(width >> 8 << 4);
    timing[5] = (uint8_t)height;
    timing[6] = 40;
    timing[7] = (uint8_t)(height >> 8 << 4);
    timing[12] = (uint8_t)300;
    timing[13] = 200;
    timing[14] = 300 >> 8 << 4;
    text[3] = 0xfc;
    memset(text + 5, ' ', 13);
    memcpy(text + 5, name, strlen(name));
    if (strlen(name) < 13)
    {
        text[5 + strlen(name)] = '\n';
    }
    sim_gpu_edid_sum(edid);
}

void sim_gpu_display(struct sim_device *sim, unsigned int scanout, uint32_t width, uint32_t height)
{
    struct sim_gpu *gpu = sim->model_data;
    struct sim_gpu_scanout *at = &gpu->scanout[scanout];

    at->enabled = width != 0;
    at->mode.width = width;
    at->mode.height = height;
    memset(at->edid, 0, sizeof(at->edid));
    at->edid_size = 0;
    if (width != 0)
    {
        sim_gpu_edid(at->edid, "screen", width, height);
        at->edid_size = 1024;
    }
    sim_put32(sim->config + SIM_GPU_EVENTS_READ, sim_get32(sim->config + SIM_GPU_EVENTS_READ) | EVENT_DISPLAY);
    sim_config_changed(sim);
}

uint32_t sim_gpu_pixel(const struct sim_gpu *gpu, unsigned int scanout, uint32_t x, uint32_t y)
{
    return gpu->scanout[scanout].screen[y * SIM_GPU_SCREEN + x];
}

void sim_gpu_init(struct sim_device *sim, struct sim_gpu *gpu, bool legacy)
{
    memset(gpu, 0, sizeof(*gpu));
    sim_init(sim, legacy, &model, gpu);
    sim->queue_count = 2;
    sim_offer(sim, SIM_GPU_F_EDID);
    sim_offer(sim, SIM_GPU_F_RESOURCE_BLOB);
    sim_config32(sim, SIM_GPU_NUM_SCANOUTS, 2);
    sim_gpu_display(sim, 0, 100, 80);
    sim_put32(sim->config + SIM_GPU_EVENTS_READ, 0);
}
