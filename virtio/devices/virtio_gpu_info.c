/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU device (5.7): features, config space, and what the device says of its displays.
 */
#include <string.h>

#include <virtio/byteorder.h>
#include <virtio/gpu.h>
#include <virtio/platform.h>

#include "virtio_gpu_internal.h"

const struct virtio_feature virtio_gpu_features[] = {
    {"EDID", VIRTIO_GPU_F_EDID, VIRTIO_ON_BOTH, {0}, {0}},
    {"RESOURCE_BLOB", VIRTIO_GPU_F_RESOURCE_BLOB, VIRTIO_ON_BOTH, {0}, {0}},
    /* Known by name, accepted by nobody. */
    {"VIRGL", VIRTIO_GPU_F_VIRGL, 0, {0}, {0}},
    {"RESOURCE_UUID", VIRTIO_GPU_F_RESOURCE_UUID, 0, {0}, {0}},
    {"CONTEXT_INIT", VIRTIO_GPU_F_CONTEXT_INIT, 0, {0}, {0}},
    {"BLOB_ALIGNMENT", VIRTIO_GPU_F_BLOB_ALIGNMENT, 0, {0}, {0}},
    {NULL, 0, 0, {0}, {0}},
};

/* Offsets in the config space (5.7.4). num_capsets, behind them, is for 3D. */
#define CONFIG_EVENTS_READ  0x00
#define CONFIG_EVENTS_CLEAR 0x04
#define CONFIG_NUM_SCANOUTS 0x08

#define EVENT_DISPLAY       1u

int virtio_gpu_read_config(struct virtio_gpu *gpu)
{
    struct virtio_config_field field = {CONFIG_NUM_SCANOUTS, 4, 0};

    virtio_config_read(gpu->dev, &field, 1);
    if (field.value == 0)
    {
        virtio_platform_log(VIRTIO_LOG_ERROR, "%s: the device has no scanout to show anything on", gpu->dev->name);
        return -VIRTIO_EPROTO;
    }
    gpu->scanout_count = (uint16_t)field.value;
    if (field.value > VIRTIO_GPU_SCANOUTS_MAX)
    {
        virtio_platform_log(VIRTIO_LOG_WARNING, "%s: the device claims %lu scanouts; the first %u are used",
                            gpu->dev->name, (unsigned long)field.value, VIRTIO_GPU_SCANOUTS_MAX);
        gpu->scanout_count = VIRTIO_GPU_SCANOUTS_MAX;
    }
    return 0;
}

bool virtio_gpu_refresh(struct virtio_gpu *gpu)
{
    struct virtio_config_field field = {CONFIG_EVENTS_READ, 4, 0};

    virtio_config_read(gpu->dev, &field, 1);
    if ((field.value & EVENT_DISPLAY) == 0)
    {
        return false;
    }
    /* 5.7.4.1: what is written is cleared. First of all, so that what changes after the answer is told again. */
    virtio_config_write(gpu->dev, CONFIG_EVENTS_CLEAR, 4, EVENT_DISPLAY);
    return true;
}

void virtio_gpu_query(struct virtio_gpu *gpu)
{
    gpu->asked = true;
    virtio_gpu_sync(gpu);
}

void virtio_gpu_ask(struct virtio_gpu *gpu)
{
    struct virtio_gpu_command *command;
    uint32_t type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO;
    size_t length = sizeof(struct virtio_gpu_header);
    size_t answer = sizeof(struct virtio_gpu_display_info);
    uint16_t scanout = 0;

    if (gpu->info_busy || (!gpu->asked && gpu->edid_wanted == 0) || !virtio_gpu_room(&gpu->control, 1))
    {
        return;
    }
    memset(gpu->info, 0, sizeof(struct virtio_gpu_edid_answer));
    command = virtio_gpu_begin(&gpu->control);
    if (gpu->asked)
    {
        gpu->asked = false;
        gpu->edid_wanted = 0; /* will be asked for again */
    }
    else
    {
        while ((gpu->edid_wanted >> scanout & 1u) == 0)
        {
            scanout++;
        }
        gpu->edid_wanted &= ~(1u << scanout);
        virtio_gpu_message(command)->resource.resource_id = virtio_swap32(gpu->dev->legacy, scanout);
        type = VIRTIO_GPU_CMD_GET_EDID;
        length = sizeof(virtio_gpu_message(command)->resource);
        answer = sizeof(struct virtio_gpu_edid_answer);
    }
    command->scanout = scanout;
    command->response = gpu->info;
    command->sg[1].address = gpu->info_address;
    command->sg[1].length = (uint32_t)answer;
    gpu->info_busy = true;
    virtio_gpu_send(gpu, &gpu->control, command, type, length);
}

/* 0, or more than any screen, is no size (HZ-GPU-04). */
static bool is_size(uint32_t pixels)
{
    return pixels != 0 && pixels <= VIRTIO_GPU_MODE_MAX;
}

/* A display that was away may not know any more what it showed; at first there is nothing. */
static void show_again(struct virtio_gpu_scanout *scanout)
{
    if (scanout->resource != NULL)
    {
        scanout->owes_show = true;
        scanout->resource->owes_update = true;
    }
    scanout->cursor.owes_image = scanout->cursor.resource != NULL;
}

static void take_mode(struct virtio_gpu *gpu, uint16_t number, const struct virtio_gpu_rect *mode, bool enabled)
{
    struct virtio_gpu_scanout *scanout = &gpu->scanouts[number];
    uint32_t width = scanout->width;
    uint32_t height = scanout->height;
    bool was_enabled = scanout->enabled;

    scanout->enabled = enabled;
    if (!enabled)
    {
        memset(&scanout->edid, 0, sizeof(scanout->edid));
        if (was_enabled)
        {
            gpu->callbacks->display(gpu->context, number, VIRTIO_GPU_VANISHED);
        }
        return;
    }
    scanout->x = mode->x;
    scanout->y = mode->y;
    scanout->guessed = !is_size(mode->width) || !is_size(mode->height);
    scanout->width = scanout->guessed ? VIRTIO_GPU_DEFAULT_WIDTH : mode->width;
    scanout->height = scanout->guessed ? VIRTIO_GPU_DEFAULT_HEIGHT : mode->height;
    if (virtio_device_has(gpu->dev, VIRTIO_GPU_F_EDID))
    {
        gpu->edid_wanted |= 1u << number;
    }
    if (!was_enabled)
    {
        show_again(scanout);
        gpu->callbacks->display(gpu->context, number, VIRTIO_GPU_APPEARED);
    }
    else if (scanout->width != width || scanout->height != height)
    {
        gpu->callbacks->display(gpu->context, number, VIRTIO_GPU_RESIZED);
    }
}

static void take_display_info(struct virtio_gpu *gpu)
{
    const volatile struct virtio_gpu_display_info *info = gpu->info;
    bool legacy = gpu->dev->legacy;
    struct virtio_gpu_rect mode;
    uint16_t i;

    for (i = 0; i < gpu->scanout_count; i++)
    {
        mode.x = virtio_swap32(legacy, info->modes[i].rect.x);
        mode.y = virtio_swap32(legacy, info->modes[i].rect.y);
        mode.width = virtio_swap32(legacy, info->modes[i].rect.width);
        mode.height = virtio_swap32(legacy, info->modes[i].rect.height);
        take_mode(gpu, i, &mode, info->modes[i].enabled != 0);
    }
}

static void take_edid(struct virtio_gpu *gpu, uint16_t number, int result)
{
    const volatile struct virtio_gpu_edid_answer *answer = gpu->info;
    struct virtio_gpu_edid *edid = &gpu->scanouts[number].edid;
    uint8_t base[128]; /* all that is looked at; a checked copy, as the device could still change its own */
    struct virtio_gpu_edid before = *edid;
    uint32_t size = virtio_swap32(gpu->dev->legacy, answer->size);
    size_t i;

    for (i = 0; i < sizeof(base); i++)
    {
        base[i] = answer->data[i];
    }
    if (size > VIRTIO_GPU_EDID_BYTES)
    {
        size = VIRTIO_GPU_EDID_BYTES; /* there is no more */
    }
    if (result == 0 && virtio_gpu_edid_parse(base, size, edid) != 0)
    {
        gpu->control.ring.stats.errors++;
    }
    if (result != 0)
    {
        memset(edid, 0, sizeof(*edid));
    }
    if (memcmp(&before, edid, sizeof(before)) != 0)
    {
        gpu->callbacks->display(gpu->context, number, VIRTIO_GPU_DESCRIBED);
    }
}

void virtio_gpu_take_info(struct virtio_gpu *gpu, const struct virtio_gpu_command *command, int result)
{
    gpu->info_busy = false;
    if (command->type == VIRTIO_GPU_CMD_GET_EDID)
    {
        take_edid(gpu, command->scanout, result);
        return;
    }
    gpu->info_result = result;
    if (result == 0)
    {
        take_display_info(gpu);
    }
}
