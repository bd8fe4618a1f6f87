/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU device (5.7): resources, and showing them.
 */
#include <string.h>

#include <virtio/byteorder.h>
#include <virtio/gpu.h>
#include <virtio/platform.h>

#include "virtio_gpu_internal.h"

/* In a resource's table: the message that goes with the entries ends where they begin, for one descriptor for all. */
#define ENTRIES_AT 64u

/* --- The list of memory --- */

static bool is_format(uint32_t format)
{
    switch (format)
    {
    case VIRTIO_GPU_FORMAT_B8G8R8A8:
    case VIRTIO_GPU_FORMAT_B8G8R8X8:
    case VIRTIO_GPU_FORMAT_A8R8G8B8:
    case VIRTIO_GPU_FORMAT_X8R8G8B8:
    case VIRTIO_GPU_FORMAT_R8G8B8A8:
    case VIRTIO_GPU_FORMAT_X8B8G8R8:
    case VIRTIO_GPU_FORMAT_A8B8G8R8:
    case VIRTIO_GPU_FORMAT_R8G8B8X8:
        return true;
    default:
        return false;
    }
}

/* Bytes from one line to the next. With sides within VIRTIO_GPU_SIDE_MAX, 32 bits hold it. */
static uint32_t stride_of(const struct virtio_gpu_resource *resource)
{
    uint32_t line = resource->width * VIRTIO_GPU_PIXEL_BYTES;

    return resource->blob && resource->stride != 0 ? resource->stride : line;
}

/* Where a pixel lies in the memory: 65535 squared pixels are more than 32 bits of bytes. */
static uint64_t offset_of(const struct virtio_gpu_resource *resource, uint32_t x, uint32_t y)
{
    return (uint64_t)y * stride_of(resource) + (uint64_t)x * VIRTIO_GPU_PIXEL_BYTES;
}

static int check_shape(const struct virtio_gpu *gpu, const struct virtio_gpu_resource *resource)
{
    if (resource->width == 0 || resource->width > VIRTIO_GPU_SIDE_MAX || resource->height == 0 ||
        resource->height > VIRTIO_GPU_SIDE_MAX || !is_format(resource->format))
    {
        return -VIRTIO_EINVAL;
    }
    if (resource->blob && !virtio_device_has(gpu->dev, VIRTIO_GPU_F_RESOURCE_BLOB))
    {
        return -VIRTIO_ENOTSUP;
    }
    if (stride_of(resource) < resource->width * VIRTIO_GPU_PIXEL_BYTES ||
        stride_of(resource) % VIRTIO_GPU_PIXEL_BYTES != 0)
    {
        return -VIRTIO_EINVAL;
    }
    return resource->backing_count <= VIRTIO_GPU_ENTRIES_MAX ? 0 : -VIRTIO_EMSGSIZE;
}

int virtio_gpu_resource_prepare(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource)
{
    bool legacy = gpu->dev->legacy;
    struct virtio_gpu_entry *entries;
    uint32_t i;
    int error;

    if (resource->state != VIRTIO_GPU_IDLE || resource->table != NULL)
    {
        return -VIRTIO_EINVAL;
    }
    error = check_shape(gpu, resource);
    if (error != 0)
    {
        return error;
    }
    resource->bytes = 0;
    for (i = 0; i < resource->backing_count; i++)
    {
        if (resource->backing[i].length == 0)
        {
            return -VIRTIO_EINVAL;
        }
        resource->bytes += resource->backing[i].length;
    }
    /* Up to the end of the last line. */
    if (resource->bytes < offset_of(resource, resource->width, resource->height - 1))
    {
        return -VIRTIO_EINVAL;
    }

    resource->entries = resource->backing_count;
    resource->table = virtio_platform_dma_alloc(ENTRIES_AT + sizeof(*entries) * resource->entries, ENTRIES_AT,
                                                &resource->table_address);
    if (resource->table == NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    entries = (struct virtio_gpu_entry *)(void *)(resource->table + ENTRIES_AT);
    for (i = 0; i < resource->entries; i++)
    {
        entries[i].address = virtio_swap64(legacy, resource->backing[i].address);
        entries[i].length = virtio_swap32(legacy, resource->backing[i].length);
        entries[i].padding = 0;
    }
    return 0;
}

int virtio_gpu_resource_release(struct virtio_gpu_resource *resource)
{
    if (resource->state != VIRTIO_GPU_IDLE)
    {
        return -VIRTIO_EAGAIN;
    }
    if (resource->left_behind)
    {
        return -VIRTIO_ETIMEDOUT;
    }
    if (resource->table != NULL)
    {
        virtio_platform_dma_free(resource->table, ENTRIES_AT + sizeof(struct virtio_gpu_entry) * resource->entries);
        resource->table = NULL;
    }
    return 0;
}

/* --- Sending --- */

static void put_rect(const struct virtio_gpu *gpu, struct virtio_gpu_rect *to, const struct virtio_gpu_rect *rect)
{
    bool legacy = gpu->dev->legacy;

    to->x = virtio_swap32(legacy, rect->x);
    to->y = virtio_swap32(legacy, rect->y);
    to->width = virtio_swap32(legacy, rect->width);
    to->height = virtio_swap32(legacy, rect->height);
}

/* Somebody relies on the answer meaning that it is done (5.7.6.2). */
static bool fenced(const struct virtio_gpu_job *job)
{
    return job->request != NULL || job->kind == VIRTIO_GPU_JOB_IMAGE;
}

static struct virtio_gpu_command *begin(struct virtio_gpu *gpu, struct virtio_gpu_job *job)
{
    struct virtio_gpu_command *command = virtio_gpu_begin(&gpu->control);

    command->job = job;
    command->fenced = fenced(job);
    job->waiting++;
    return command;
}

/* One whose message lies before the entries. The last `length` bytes before them are the message. */
static struct virtio_gpu_command *begin_table(struct virtio_gpu *gpu, struct virtio_gpu_job *job, size_t length)
{
    struct virtio_gpu_command *command = begin(gpu, job);
    struct virtio_gpu_resource *resource = job->resource;
    size_t at = ENTRIES_AT - length;

    memset(resource->table, 0, ENTRIES_AT);
    command->request = (struct virtio_gpu_header *)(void *)(resource->table + at);
    command->sg[0].address = resource->table_address + at;
    return command;
}

static size_t entries_bytes(const struct virtio_gpu_resource *resource)
{
    return sizeof(struct virtio_gpu_entry) * resource->entries;
}

static void send_create_2d(struct virtio_gpu *gpu, struct virtio_gpu_job *job)
{
    const struct virtio_gpu_resource *resource = job->resource;
    struct virtio_gpu_command *command = begin(gpu, job);
    union virtio_gpu_message *message = virtio_gpu_message(command);
    bool legacy = gpu->dev->legacy;
    size_t length = sizeof(message->resource);

    message->create_2d.resource_id = virtio_swap32(legacy, resource->id);
    message->create_2d.format = virtio_swap32(legacy, resource->format);
    message->create_2d.width = virtio_swap32(legacy, resource->width);
    message->create_2d.height = virtio_swap32(legacy, resource->height);
    virtio_gpu_send(gpu, &gpu->control, command, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, sizeof(message->create_2d));

    command = begin_table(gpu, job, length);
    message = virtio_gpu_message(command);
    message->resource.resource_id = virtio_swap32(legacy, resource->id);
    message->resource.padding = virtio_swap32(legacy, resource->entries);
    virtio_gpu_send(gpu, &gpu->control, command, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING,
                    length + entries_bytes(resource));
}

/* Guest memory, which nobody maps and no other device uses: no flags, no blob id. */
static void send_create_blob(struct virtio_gpu *gpu, struct virtio_gpu_job *job)
{
    const struct virtio_gpu_resource *resource = job->resource;
    bool legacy = gpu->dev->legacy;
    union virtio_gpu_message *message;
    size_t length = sizeof(message->create_blob);
    struct virtio_gpu_command *command = begin_table(gpu, job, length);

    message = virtio_gpu_message(command);
    message->create_blob.resource_id = virtio_swap32(legacy, resource->id);
    message->create_blob.blob_mem = virtio_swap32(legacy, VIRTIO_GPU_BLOB_MEM_GUEST);
    message->create_blob.entries = virtio_swap32(legacy, resource->entries);
    message->create_blob.size = virtio_swap64(legacy, resource->bytes);
    virtio_gpu_send(gpu, &gpu->control, command, VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, length + entries_bytes(resource));
}

static void send_transfer(struct virtio_gpu *gpu, struct virtio_gpu_job *job, const struct virtio_gpu_rect *rect)
{
    const struct virtio_gpu_resource *resource = job->resource;
    struct virtio_gpu_command *command = begin(gpu, job);
    union virtio_gpu_message *message = virtio_gpu_message(command);
    bool legacy = gpu->dev->legacy;

    put_rect(gpu, &message->transfer.rect, rect);
    message->transfer.offset = virtio_swap64(legacy, offset_of(resource, rect->x, rect->y));
    message->transfer.resource_id = virtio_swap32(legacy, resource->id);
    virtio_gpu_send(gpu, &gpu->control, command, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, sizeof(message->transfer));
}

static void send_flush(struct virtio_gpu *gpu, struct virtio_gpu_job *job, const struct virtio_gpu_rect *rect)
{
    struct virtio_gpu_command *command = begin(gpu, job);
    union virtio_gpu_message *message = virtio_gpu_message(command);

    put_rect(gpu, &message->flush.rect, rect);
    message->flush.resource_id = virtio_swap32(gpu->dev->legacy, job->resource->id);
    virtio_gpu_send(gpu, &gpu->control, command, VIRTIO_GPU_CMD_RESOURCE_FLUSH, sizeof(message->flush));
}

/* UNREF or DETACH_BACKING. */
static void send_plain(struct virtio_gpu *gpu, struct virtio_gpu_job *job, uint32_t type)
{
    struct virtio_gpu_command *command = begin(gpu, job);
    union virtio_gpu_message *message = virtio_gpu_message(command);

    message->resource.resource_id = virtio_swap32(gpu->dev->legacy, job->resource->id);
    virtio_gpu_send(gpu, &gpu->control, command, type, sizeof(message->resource));
}

static void send_scanout(struct virtio_gpu *gpu, struct virtio_gpu_job *job)
{
    const struct virtio_gpu_scanout *scanout = &gpu->scanouts[job->scanout];
    struct virtio_gpu_command *command = begin(gpu, job);
    union virtio_gpu_message *message = virtio_gpu_message(command);
    bool legacy = gpu->dev->legacy;

    message->set_scanout.scanout_id = virtio_swap32(legacy, job->scanout);
    if (scanout->resource == NULL)
    {
        /* Resource 0 and an empty rectangle switch it off. */
        virtio_gpu_send(gpu, &gpu->control, command, VIRTIO_GPU_CMD_SET_SCANOUT, sizeof(message->set_scanout));
        return;
    }
    put_rect(gpu, &message->set_scanout.rect, &scanout->rect);
    message->set_scanout.resource_id = virtio_swap32(legacy, scanout->resource->id);
    if (!scanout->resource->blob)
    {
        virtio_gpu_send(gpu, &gpu->control, command, VIRTIO_GPU_CMD_SET_SCANOUT, sizeof(message->set_scanout));
        return;
    }
    message->set_scanout_blob.width = virtio_swap32(legacy, scanout->resource->width);
    message->set_scanout_blob.height = virtio_swap32(legacy, scanout->resource->height);
    message->set_scanout_blob.format = virtio_swap32(legacy, scanout->resource->format);
    message->set_scanout_blob.strides[0] = virtio_swap32(legacy, stride_of(scanout->resource));
    virtio_gpu_send(gpu, &gpu->control, command, VIRTIO_GPU_CMD_SET_SCANOUT_BLOB, sizeof(message->set_scanout_blob));
}

/* --- Jobs, for which the caller has seen that there is room --- */

void virtio_gpu_begin_create(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource,
                             struct virtio_gpu_request *request)
{
    struct virtio_gpu_job *job = virtio_gpu_job_new(gpu, VIRTIO_GPU_JOB_CREATE, resource, request);

    resource->known = true;
    if (resource->blob)
    {
        send_create_blob(gpu, job);
    }
    else
    {
        send_create_2d(gpu, job);
    }
}

void virtio_gpu_begin_show(struct virtio_gpu *gpu, uint16_t scanout, struct virtio_gpu_request *request)
{
    struct virtio_gpu_scanout *at = &gpu->scanouts[scanout];
    struct virtio_gpu_job *job = virtio_gpu_job_new(gpu, VIRTIO_GPU_JOB_SHOW, at->resource, request);

    job->scanout = scanout;
    at->latest = job;
    at->owes_show = false;
    send_scanout(gpu, job);
}

/* The part of a rectangle that a scanout shows, added to `all`, which may be empty. */
static void add_seen(const struct virtio_gpu_scanout *scanout, const struct virtio_gpu_rect *rect,
                     struct virtio_gpu_rect *all)
{
    const struct virtio_gpu_rect *shown = &scanout->rect;
    uint32_t left = rect->x > shown->x ? rect->x : shown->x;
    uint32_t top = rect->y > shown->y ? rect->y : shown->y;
    uint32_t right = rect->x + rect->width < shown->x + shown->width ? rect->x + rect->width : shown->x + shown->width;
    uint32_t bottom =
        rect->y + rect->height < shown->y + shown->height ? rect->y + rect->height : shown->y + shown->height;

    if (left >= right || top >= bottom)
    {
        return;
    }
    if (all->width != 0)
    {
        right = right > all->x + all->width ? right : all->x + all->width;
        bottom = bottom > all->y + all->height ? bottom : all->y + all->height;
        left = left < all->x ? left : all->x;
        top = top < all->y ? top : all->y;
    }
    all->x = left;
    all->y = top;
    all->width = right - left;
    all->height = bottom - top;
}

bool virtio_gpu_seen(const struct virtio_gpu *gpu, const struct virtio_gpu_resource *resource,
                     struct virtio_gpu_rect *rect)
{
    struct virtio_gpu_rect all = {0, 0, 0, 0};
    uint16_t i;

    if (!resource->blob)
    {
        return true;
    }
    for (i = 0; i < gpu->scanout_count; i++)
    {
        if (gpu->scanouts[i].resource == resource)
        {
            add_seen(&gpu->scanouts[i], rect, &all);
        }
    }
    *rect = all;
    return all.width != 0;
}

void virtio_gpu_begin_update(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource,
                             const struct virtio_gpu_rect *rect, struct virtio_gpu_request *request)
{
    struct virtio_gpu_job *job = virtio_gpu_job_new(gpu, VIRTIO_GPU_JOB_UPDATE, resource, request);

    /* A blob is shown from where it is: nothing to transfer. */
    if (!resource->blob)
    {
        send_transfer(gpu, job, rect);
    }
    send_flush(gpu, job, rect);
}

void virtio_gpu_begin_image(struct virtio_gpu *gpu, uint16_t scanout)
{
    static const struct virtio_gpu_rect whole = {0, 0, VIRTIO_GPU_CURSOR_SIDE, VIRTIO_GPU_CURSOR_SIDE};
    struct virtio_gpu_job *job =
        virtio_gpu_job_new(gpu, VIRTIO_GPU_JOB_IMAGE, gpu->scanouts[scanout].cursor.resource, NULL);

    job->scanout = scanout;
    send_transfer(gpu, job, &whole);
}

/* --- What the caller asks for --- */

bool virtio_gpu_usable(const struct virtio_gpu *gpu)
{
    return !gpu->stopped && !gpu->broken && !gpu->control.ring.broken;
}

/* Two commands are the most that one call sends. */
static int check_sending(const struct virtio_gpu *gpu)
{
    if (gpu->stopped)
    {
        return -VIRTIO_EAGAIN;
    }
    if (!virtio_gpu_usable(gpu))
    {
        return -VIRTIO_EPROTO;
    }
    return !gpu->replaying && virtio_gpu_room(&gpu->control, 2) ? 0 : -VIRTIO_EAGAIN;
}

static void init_request(struct virtio_gpu_request *request, struct virtio_gpu_resource *resource)
{
    if (request != NULL)
    {
        request->expired = false;
        request->result = -VIRTIO_EIO;
        request->replays = 0;
        request->resource = resource;
        request->next = NULL;
    }
}

/* Not 0, and of no resource that there is. */
static uint32_t new_id(struct virtio_gpu *gpu)
{
    const struct virtio_gpu_resource *resource = gpu->resources;
    uint32_t id = ++gpu->last_id;

    while (id == 0 || resource != NULL)
    {
        if (id == 0 || resource->id == id)
        {
            id = ++gpu->last_id;
            resource = gpu->resources;
        }
        else
        {
            resource = resource->next;
        }
    }
    return id;
}

int virtio_gpu_resource_create(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource,
                               struct virtio_gpu_request *request)
{
    int error;

    if (resource->state != VIRTIO_GPU_IDLE || resource->table == NULL)
    {
        return -VIRTIO_EINVAL;
    }
    error = check_sending(gpu);
    if (error != 0)
    {
        return error;
    }
    init_request(request, resource);
    resource->id = new_id(gpu);
    resource->state = VIRTIO_GPU_LIVE;
    resource->next = gpu->resources;
    gpu->resources = resource;
    virtio_gpu_begin_create(gpu, resource, request);
    return 0;
}

/* May the memory of this resource, or the resource itself, be looked at by something that is on its way? */
static int check_unused(const struct virtio_gpu *gpu, const struct virtio_gpu_resource *resource)
{
    const struct virtio_gpu_scanout *scanout;
    int result = resource->jobs == 0 ? 0 : -VIRTIO_EAGAIN;
    uint16_t i;

    for (i = 0; i < gpu->scanout_count; i++)
    {
        scanout = &gpu->scanouts[i];
        if (scanout->resource == resource || scanout->cursor.resource == resource)
        {
            return -VIRTIO_EINVAL;
        }
        if (scanout->latest != NULL || scanout->owes_show || virtio_gpu_cursor_uses(&scanout->cursor, resource))
        {
            result = -VIRTIO_EAGAIN;
        }
    }
    return result;
}

int virtio_gpu_resource_destroy(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource,
                                struct virtio_gpu_request *request)
{
    struct virtio_gpu_job *job;
    int error;

    if ((resource->state != VIRTIO_GPU_LIVE && resource->state != VIRTIO_GPU_FAILED) || request == NULL)
    {
        return -VIRTIO_EINVAL;
    }
    error = check_unused(gpu, resource);
    if (error == 0)
    {
        error = check_sending(gpu);
    }
    if (error != 0)
    {
        return error;
    }
    if (!resource->known)
    {
        virtio_gpu_resource_gone(gpu, resource);
        return 1;
    }
    init_request(request, resource);
    resource->state = VIRTIO_GPU_DYING;
    job = virtio_gpu_job_new(gpu, VIRTIO_GPU_JOB_DESTROY, resource, request);
    if (!resource->blob)
    {
        send_plain(gpu, job, VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING);
    }
    send_plain(gpu, job, VIRTIO_GPU_CMD_RESOURCE_UNREF);
    return 0;
}

int virtio_gpu_check_live(const struct virtio_gpu_resource *resource)
{
    if (resource->state == VIRTIO_GPU_FAILED)
    {
        return -VIRTIO_EIO;
    }
    return resource->state == VIRTIO_GPU_LIVE ? 0 : -VIRTIO_EINVAL;
}

/* A rectangle within a resource; NULL is all of it. */
static int check_rect(const struct virtio_gpu_resource *resource, const struct virtio_gpu_rect *rect,
                      struct virtio_gpu_rect *checked)
{
    int error = virtio_gpu_check_live(resource);

    if (error != 0)
    {
        return error;
    }
    checked->x = 0;
    checked->y = 0;
    checked->width = resource->width;
    checked->height = resource->height;
    if (rect == NULL)
    {
        return 0;
    }
    *checked = *rect;
    if (rect->width == 0 || rect->height == 0 || (uint64_t)rect->x + rect->width > resource->width ||
        (uint64_t)rect->y + rect->height > resource->height)
    {
        return -VIRTIO_EINVAL;
    }
    return 0;
}

int virtio_gpu_show(struct virtio_gpu *gpu, uint16_t scanout, struct virtio_gpu_resource *resource,
                    const struct virtio_gpu_rect *rect, struct virtio_gpu_request *request)
{
    struct virtio_gpu_rect checked = {0, 0, 0, 0};
    int error = scanout < gpu->scanout_count ? 0 : -VIRTIO_EINVAL;

    if (error == 0 && resource != NULL)
    {
        error = check_rect(resource, rect, &checked);
    }
    if (error == 0)
    {
        error = check_sending(gpu);
    }
    if (error != 0)
    {
        return error;
    }
    init_request(request, resource);
    gpu->scanouts[scanout].resource = resource;
    gpu->scanouts[scanout].rect = checked;
    virtio_gpu_begin_show(gpu, scanout, request);
    return 0;
}

int virtio_gpu_update(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource, const struct virtio_gpu_rect *rect,
                      struct virtio_gpu_request *request)
{
    struct virtio_gpu_rect checked;
    int error = check_rect(resource, rect, &checked);

    if (error == 0)
    {
        error = check_sending(gpu);
    }
    if (error != 0)
    {
        return error;
    }
    if (!virtio_gpu_seen(gpu, resource, &checked))
    {
        return 1;
    }
    init_request(request, resource);
    virtio_gpu_begin_update(gpu, resource, &checked, request);
    return 0;
}
