/* SPDX-License-Identifier: Apache-2.0 */
/* What the GPU makes of its commands (5.7.6), and what drivers owe it. */

#include <stdlib.h>
#include <string.h>

#include "../platform_host.h"
#include "sim_gpu_command.h"
#include "violation.h"

#define ENTRY       16u
#define ENTRIES_MAX 16384u

static uint32_t scanouts(const struct sim_device *sim)
{
    uint32_t count = sim_get32(sim->config + SIM_GPU_NUM_SCANOUTS);

    return count < SIM_GPU_SCANOUTS ? count : SIM_GPU_SCANOUTS;
}

/* --- Resources --- */

struct sim_gpu_resource *sim_gpu_resource(struct sim_gpu *gpu, uint32_t id)
{
    for (unsigned int i = 0; i < SIM_GPU_RESOURCES && id != 0; i++)
    {
        if (gpu->resource[i].id == id)
        {
            return &gpu->resource[i];
        }
    }
    return NULL;
}

unsigned int sim_gpu_resources(const struct sim_gpu *gpu)
{
    unsigned int count = 0;

    for (unsigned int i = 0; i < SIM_GPU_RESOURCES; i++)
    {
        count += gpu->resource[i].id != 0 && !gpu->resource[i].refused;
    }
    return count;
}

static void forget(struct sim_gpu_resource *resource)
{
    free(resource->pixels);
    free(resource->backing);
    memset(resource, 0, sizeof(*resource));
}

void sim_gpu_forget(struct sim_gpu *gpu)
{
    for (unsigned int i = 0; i < SIM_GPU_RESOURCES; i++)
    {
        forget(&gpu->resource[i]);
    }
}

/* The one that a command is about, which has to be there; NULL without a violation if the device had refused it. */
static struct sim_gpu_resource *find(struct sim_gpu_command *command, uint32_t id)
{
    struct sim_gpu_resource *resource = sim_gpu_resource(command->gpu, id);

    if (resource == NULL)
    {
        violation("GPU-CMD-08", "command 0x%x for resource %u, which there is not", command->type, id);
        return NULL;
    }
    return resource->refused ? NULL : resource;
}

static struct sim_gpu_resource *create(struct sim_gpu_command *command, uint32_t id)
{
    struct sim_gpu_resource *resource = sim_gpu_resource(command->gpu, id);

    command->gpu->last_id = id;
    if (id == 0 || (resource != NULL && !resource->refused))
    {
        violation("GPU-CMD-08", "resource %u created, which %s", id, id == 0 ? "is none" : "there is");
        return NULL;
    }
    for (unsigned int i = 0; i < SIM_GPU_RESOURCES && resource == NULL; i++)
    {
        resource = command->gpu->resource[i].id == 0 ? &command->gpu->resource[i] : NULL;
    }
    if (resource == NULL)
    {
        abort();
    }
    forget(resource);
    resource->id = id;
    return resource;
}

static bool is_format(uint32_t format)
{
    return (format >= 1 && format <= 4) || format == 67 || format == 68 || format == 121 || format == 134;
}

void sim_gpu_refuse(struct sim_gpu_command *command)
{
    uint32_t id = sim_get32(command->bytes + HEADER);
    struct sim_gpu_resource *resource;

    if (command->type == SIM_GPU_CREATE_2D || command->type == SIM_GPU_CREATE_BLOB)
    {
        resource = create(command, id);
        if (resource != NULL)
        {
            resource->refused = true;
        }
    }
    else if (command->type == SIM_GPU_ATTACH)
    {
        resource = find(command, id);
        if (resource != NULL)
        {
            resource->bare = true;
        }
    }
}

/* Entries of memory that follow a message of `length`. */
static bool attach(struct sim_gpu_command *command, struct sim_gpu_resource *resource, uint32_t entries,
                   uint32_t length)
{
    uint64_t total = 0;

    command->gpu->last_entries = entries;
    if (entries == 0 || entries > ENTRIES_MAX || command->chain->readable_bytes != length + (uint64_t)ENTRY * entries)
    {
        violation("GPU-OP-03", "%u entries in %llu bytes", entries, (unsigned long long)command->chain->readable_bytes);
        return false;
    }
    resource->backing = calloc(entries, sizeof(resource->backing[0]));
    resource->entries = entries;
    for (uint32_t i = 0; i < entries; i++)
    {
        uint8_t entry[ENTRY];

        sim_copy_in(command->chain, length + (uint64_t)ENTRY * i, entry, sizeof(entry));
        resource->backing[i].address = sim_get64(entry);
        resource->backing[i].length = sim_get32(entry + 8);
        total += sim_get32(entry + 8);
        if (sim_get32(entry + 8) == 0 || sim_get32(entry + 12) != 0)
        {
            violation("GPU-OP-03", "entry %u: length %u, padding %u", i, sim_get32(entry + 8), sim_get32(entry + 12));
        }
        if (!host_dma_coherent(sim_get64(entry), sim_get32(entry + 8)))
        {
            violation("GPU-OP-03", "entry %u is not the device's", i);
        }
    }
    resource->bytes = total;
    return true;
}

/* Read from a resource's memory. */
static void fetch(const struct sim_gpu_resource *resource, uint64_t offset, void *to, size_t length)
{
    uint8_t *at = to;

    for (uint32_t i = 0; i < resource->entries && length != 0; i++)
    {
        const struct sim_element *entry = &resource->backing[i];
        size_t part;
        const uint8_t *memory;

        if (offset >= entry->length)
        {
            offset -= entry->length;
            continue;
        }
        part = entry->length - (size_t)offset;
        part = part < length ? part : length;
        memory = host_dma(entry->address + offset, part, false);
        if (memory == NULL)
        {
            return;
        }
        memcpy(at, memory, part);
        at += part;
        length -= part;
        offset = 0;
    }
    if (length != 0)
    {
        violation("GPU-OP-03", "%zu bytes beyond the memory of resource %u", length, resource->id);
    }
}

static struct sim_gpu_rect get_rect(const struct sim_gpu_command *command)
{
    const uint8_t *at = command->bytes + HEADER;
    struct sim_gpu_rect rect = {sim_get32(at), sim_get32(at + 4), sim_get32(at + 8), sim_get32(at + 12)};

    return rect;
}

static bool inside(const struct sim_gpu_command *command, const struct sim_gpu_rect *rect, uint32_t width,
                   uint32_t height)
{
    if (rect->width == 0 || rect->height == 0 || (uint64_t)rect->x + rect->width > width ||
        (uint64_t)rect->y + rect->height > height)
    {
        violation("GPU-CMD-09", "command 0x%x: %ux%u at %u,%u in %ux%u", command->type, rect->width, rect->height,
                  rect->x, rect->y, width, height);
        return false;
    }
    return true;
}

/* --- Commands; each returns its answer --- */

static uint32_t create_2d(struct sim_gpu_command *command)
{
    const uint8_t *at = command->bytes + HEADER;
    struct sim_gpu_resource *resource = create(command, sim_get32(at));

    if (resource == NULL)
    {
        return SIM_GPU_ERR_RESOURCE;
    }
    resource->format = sim_get32(at + 4);
    resource->width = sim_get32(at + 8);
    resource->height = sim_get32(at + 12);
    if (!is_format(resource->format) || resource->width == 0 || resource->height == 0)
    {
        violation("GPU-CMD-06", "format %u, %ux%u", resource->format, resource->width, resource->height);
        resource->refused = true;
        return SIM_GPU_ERR_PARAMETER;
    }
    resource->pixels = calloc((size_t)resource->width * resource->height, sizeof(resource->pixels[0]));
    if (resource->pixels == NULL)
    {
        resource->refused = true;
        return SIM_GPU_ERR_MEMORY;
    }
    return SIM_GPU_OK;
}

static uint32_t create_blob(struct sim_gpu_command *command)
{
    const uint8_t *at = command->bytes + HEADER;
    struct sim_gpu_resource *resource = create(command, sim_get32(at));

    if (!sim_has(command->sim, SIM_GPU_F_RESOURCE_BLOB))
    {
        violation("GPU-CMD-10", "a blob without RESOURCE_BLOB");
    }
    if (resource == NULL)
    {
        return SIM_GPU_ERR_RESOURCE;
    }
    if (sim_get32(at + 4) != 1 || (sim_get32(at + 8) & ~7u) != 0 || sim_get64(at + 16) != 0)
    {
        violation("GPU-CMD-02", "memory %u, flags %u, id %llu", sim_get32(at + 4), sim_get32(at + 8),
                  (unsigned long long)sim_get64(at + 16));
    }
    resource->blob = true;
    if (!attach(command, resource, sim_get32(at + 12), HEADER + 32) || sim_get64(at + 24) == 0 ||
        sim_get64(at + 24) > resource->bytes)
    {
        violation("GPU-CMD-05", "a blob of %llu bytes in %llu", (unsigned long long)sim_get64(at + 24),
                  (unsigned long long)resource->bytes);
    }
    resource->bytes = sim_get64(at + 24);
    return SIM_GPU_OK;
}

static uint32_t attach_backing(struct sim_gpu_command *command)
{
    struct sim_gpu_resource *resource = find(command, sim_get32(command->bytes + HEADER));

    if (resource == NULL)
    {
        return SIM_GPU_ERR_RESOURCE;
    }
    if (resource->entries != 0 || !attach(command, resource, sim_get32(command->bytes + HEADER + 4), HEADER + 8))
    {
        violation("GPU-OP-03", "backing attached to resource %u, which has some", resource->id);
        return SIM_GPU_ERR_UNSPEC;
    }
    if (resource->bytes < (uint64_t)resource->width * resource->height * 4)
    {
        violation("GPU-OP-03", "%llu bytes for %ux%u", (unsigned long long)resource->bytes, resource->width,
                  resource->height);
    }
    return SIM_GPU_OK;
}

static uint32_t detach_backing(struct sim_gpu_command *command)
{
    struct sim_gpu_resource *resource = find(command, sim_get32(command->bytes + HEADER));

    if (resource == NULL)
    {
        return SIM_GPU_ERR_RESOURCE;
    }
    if (resource->entries == 0)
    {
        return SIM_GPU_ERR_UNSPEC;
    }
    free(resource->backing);
    resource->backing = NULL;
    resource->entries = 0;
    return SIM_GPU_OK;
}

static uint32_t unref(struct sim_gpu_command *command)
{
    struct sim_gpu_resource *resource = find(command, sim_get32(command->bytes + HEADER));

    if (resource == NULL)
    {
        return SIM_GPU_ERR_RESOURCE;
    }
    for (unsigned int i = 0; i < SIM_GPU_SCANOUTS; i++)
    {
        const struct sim_gpu_scanout *scanout = &command->gpu->scanout[i];

        if (scanout->resource == resource->id || scanout->cursor == resource->id)
        {
            violation("GPU-CMD-08", "resource %u is in use by scanout %u", resource->id, i);
        }
    }
    if (resource->entries != 0 && !resource->blob && !command->gpu->keeps_memory)
    {
        violation("GPU-OP-03", "resource %u still has its memory", resource->id);
    }
    forget(resource);
    return SIM_GPU_OK;
}

static uint32_t transfer(struct sim_gpu_command *command)
{
    struct sim_gpu_rect rect = get_rect(command);
    struct sim_gpu_resource *resource = find(command, sim_get32(command->bytes + HEADER + 24));
    uint64_t offset = sim_get64(command->bytes + HEADER + 16);

    command->gpu->last_offset = offset;
    if (resource == NULL)
    {
        return SIM_GPU_ERR_RESOURCE;
    }
    if (resource->blob || !inside(command, &rect, resource->width, resource->height))
    {
        violation("GPU-OP-02", "a transfer for %s", resource->blob ? "a blob" : "nothing");
        return SIM_GPU_ERR_PARAMETER;
    }
    if (resource->entries == 0)
    {
        if (!resource->bare)
        {
            violation("GPU-OP-03", "a transfer without backing");
        }
        return SIM_GPU_ERR_UNSPEC;
    }
    if (offset != ((uint64_t)rect.y * resource->width + rect.x) * 4)
    {
        violation("GPU-OP-02", "offset %llu for a rectangle at %u,%u", (unsigned long long)offset, rect.x, rect.y);
    }
    for (uint32_t y = 0; y < rect.height; y++)
    {
        fetch(resource, offset + (uint64_t)y * resource->width * 4,
              resource->pixels + (size_t)(rect.y + y) * resource->width + rect.x, (size_t)rect.width * 4);
    }
    command->gpu->pixels_transferred += (uint64_t)rect.width * rect.height;
    resource->filled = resource->filled || command->fenced;
    return SIM_GPU_OK;
}

/* The screen shows what is at a place of the resource. */
static void show(const struct sim_gpu_resource *resource, struct sim_gpu_scanout *scanout, uint32_t x, uint32_t y)
{
    uint32_t to_x = x - scanout->rect.x;
    uint32_t to_y = y - scanout->rect.y;
    uint32_t pixel;

    if (x < scanout->rect.x || y < scanout->rect.y || to_x >= scanout->rect.width || to_y >= scanout->rect.height ||
        to_x >= SIM_GPU_SCREEN || to_y >= SIM_GPU_SCREEN)
    {
        return;
    }
    if (resource->blob)
    {
        fetch(resource, scanout->offset + (uint64_t)y * scanout->stride + (uint64_t)x * 4, &pixel, sizeof(pixel));
    }
    else
    {
        pixel = resource->pixels[(size_t)y * resource->width + x];
    }
    scanout->screen[to_y * SIM_GPU_SCREEN + to_x] = pixel;
}

/* Whether a part of a blob is on a screen. */
static bool on_screen(const struct sim_gpu_command *command, const struct sim_gpu_resource *resource,
                      const struct sim_gpu_rect *rect)
{
    bool found = false;

    for (unsigned int i = 0; i < SIM_GPU_SCANOUTS; i++)
    {
        const struct sim_gpu_scanout *scanout = &command->gpu->scanout[i];
        const struct sim_gpu_rect *shown = &scanout->rect;

        found = found || (scanout->resource == resource->id && rect->x < shown->x + shown->width &&
                          shown->x < rect->x + rect->width && rect->y < shown->y + shown->height &&
                          shown->y < rect->y + rect->height);
    }
    return found;
}

static uint32_t flush(struct sim_gpu_command *command)
{
    struct sim_gpu_rect rect = get_rect(command);
    struct sim_gpu_resource *resource = find(command, sim_get32(command->bytes + HEADER + 16));

    if (resource == NULL)
    {
        return SIM_GPU_ERR_RESOURCE;
    }
    if (resource->blob ? !on_screen(command, resource, &rect) /* as QEMU */
                       : !inside(command, &rect, resource->width, resource->height))
    {
        return SIM_GPU_ERR_PARAMETER;
    }
    for (unsigned int i = 0; i < SIM_GPU_SCANOUTS; i++)
    {
        struct sim_gpu_scanout *scanout = &command->gpu->scanout[i];

        for (uint32_t y = 0; scanout->resource == resource->id && y < rect.height; y++)
        {
            for (uint32_t x = 0; x < rect.width; x++)
            {
                show(resource, scanout, rect.x + x, rect.y + y);
            }
        }
    }
    return SIM_GPU_OK;
}

static uint32_t set_scanout(struct sim_gpu_command *command, bool blob)
{
    struct sim_gpu_rect rect = get_rect(command);
    const uint8_t *at = command->bytes + HEADER + 16;
    uint32_t number = sim_get32(at);
    uint32_t id = sim_get32(at + 4);
    struct sim_gpu_resource *resource;
    struct sim_gpu_scanout *scanout;

    if (number >= scanouts(command->sim))
    {
        violation("GPU-CMD-08", "scanout %u", number);
        return SIM_GPU_ERR_SCANOUT;
    }
    scanout = &command->gpu->scanout[number];
    if (id == 0)
    {
        scanout->resource = 0;
        memset(scanout->screen, 0, sizeof(scanout->screen));
        return SIM_GPU_OK;
    }
    resource = find(command, id);
    if (resource == NULL)
    {
        return SIM_GPU_ERR_RESOURCE;
    }
    if (resource->blob != blob)
    {
        violation("GPU-CMD-10", "the wrong SET_SCANOUT for resource %u", id);
        return SIM_GPU_ERR_PARAMETER;
    }
    if (blob)
    {
        uint32_t width = sim_get32(at + 8);
        uint32_t height = sim_get32(at + 12);

        scanout->stride = sim_get32(at + 24);
        scanout->offset = sim_get32(at + 40);
        if (!is_format(sim_get32(at + 16)) || sim_get32(at + 20) != 0 || scanout->stride < (uint64_t)width * 4 ||
            scanout->offset + (uint64_t)scanout->stride * (height - 1) + (uint64_t)width * 4 > resource->bytes)
        {
            violation("GPU-CMD-06", "a blob shown as %ux%u, stride %u", width, height, scanout->stride);
            return SIM_GPU_ERR_PARAMETER;
        }
        resource->width = width;
        resource->height = height;
    }
    if (!inside(command, &rect, resource->width, resource->height))
    {
        return SIM_GPU_ERR_PARAMETER;
    }
    scanout->resource = id;
    scanout->rect = rect;
    return SIM_GPU_OK;
}

static uint32_t display_info(struct sim_gpu_command *command)
{
    uint8_t *at = command->answer + HEADER;

    for (unsigned int i = 0; i < SIM_GPU_SCANOUTS; i++, at += 24)
    {
        const struct sim_gpu_scanout *scanout = &command->gpu->scanout[i];

        sim_put32(at, scanout->mode.x);
        sim_put32(at + 4, scanout->mode.y);
        sim_put32(at + 8, scanout->mode.width);
        sim_put32(at + 12, scanout->mode.height);
        sim_put32(at + 16, scanout->enabled);
    }
    command->answer_length = DISPLAY_ANSWER;
    return SIM_GPU_OK_DISPLAY_INFO;
}

static uint32_t get_edid(struct sim_gpu_command *command)
{
    uint32_t number = sim_get32(command->bytes + HEADER);

    if (!sim_has(command->sim, SIM_GPU_F_EDID))
    {
        violation("GPU-CMD-10", "GET_EDID without EDID");
    }
    if (number >= scanouts(command->sim))
    {
        violation("GPU-CMD-08", "the EDID of scanout %u", number);
        return SIM_GPU_ERR_SCANOUT;
    }
    sim_put32(command->answer + HEADER, command->gpu->scanout[number].edid_size);
    memcpy(command->answer + HEADER + 8, command->gpu->scanout[number].edid, 1024);
    command->answer_length = EDID_ANSWER;
    return SIM_GPU_OK_EDID;
}

static uint32_t cursor(struct sim_gpu_command *command)
{
    const uint8_t *at = command->bytes + HEADER;
    struct sim_gpu_resource *resource = NULL;
    struct sim_gpu_scanout *scanout;
    uint32_t id = sim_get32(at + 16);

    if (sim_get32(at) >= scanouts(command->sim) || sim_get32(at + 12) != 0)
    {
        violation("GPU-CUR-03", "a cursor of scanout %u", sim_get32(at));
        return SIM_GPU_ERR_SCANOUT;
    }
    scanout = &command->gpu->scanout[sim_get32(at)];
    if (id != 0)
    {
        resource = find(command, id);
        if (resource == NULL)
        {
            return SIM_GPU_ERR_RESOURCE;
        }
        if (resource->blob || resource->width != SIM_GPU_CURSOR || resource->height != SIM_GPU_CURSOR)
        {
            violation("GPU-CUR-02", "a cursor of %ux%u", resource->width, resource->height);
            return SIM_GPU_ERR_PARAMETER;
        }
        if (!resource->filled)
        {
            violation("GPU-CUR-01", "a cursor whose image nobody has confirmed");
        }
    }
    scanout->x = sim_get32(at + 4);
    scanout->y = sim_get32(at + 8);
    if (command->type == SIM_GPU_UPDATE_CURSOR && resource != NULL)
    {
        scanout->hot_x = sim_get32(at + 20);
        scanout->hot_y = sim_get32(at + 24);
        memcpy(scanout->image, resource->pixels, sizeof(scanout->image));
    }
    if (command->type == SIM_GPU_MOVE_CURSOR && id != scanout->cursor)
    {
        violation("GPU-CUR-03", "a cursor that was %u moved as %u", scanout->cursor, id);
    }
    scanout->cursor = id;
    return SIM_GPU_OK;
}

uint32_t sim_gpu_execute(struct sim_gpu_command *command)
{
    switch (command->type)
    {
    case SIM_GPU_GET_DISPLAY_INFO:
        return display_info(command);
    case SIM_GPU_CREATE_2D:
        return create_2d(command);
    case SIM_GPU_UNREF:
        return unref(command);
    case SIM_GPU_SET_SCANOUT:
        return set_scanout(command, false);
    case SIM_GPU_FLUSH:
        return flush(command);
    case SIM_GPU_TRANSFER:
        return transfer(command);
    case SIM_GPU_ATTACH:
        return attach_backing(command);
    case SIM_GPU_DETACH:
        return detach_backing(command);
    case SIM_GPU_GET_EDID:
        return get_edid(command);
    case SIM_GPU_CREATE_BLOB:
        return create_blob(command);
    case SIM_GPU_SET_SCANOUT_BLOB:
        return set_scanout(command, true);
    default:
        return cursor(command);
    }
}
