/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU device (5.7): cursors. One command a cursor is with the device at a time; where the cursor went meanwhile does
 * not matter, only where it is then.
 */
#include <virtio/byteorder.h>
#include <virtio/gpu.h>

#include "virtio_gpu_internal.h"

int virtio_gpu_cursor_set(struct virtio_gpu *gpu, uint16_t scanout, struct virtio_gpu_resource *resource,
                          uint32_t hot_x, uint32_t hot_y)
{
    struct virtio_gpu_cursor *cursor;
    int error;

    if (scanout >= gpu->scanout_count)
    {
        return -VIRTIO_EINVAL;
    }
    cursor = &gpu->scanouts[scanout].cursor;
    if (resource == NULL)
    {
        cursor->resource = NULL;
        cursor->owes_image = false;
        cursor->owes_update = true;
        virtio_gpu_sync(gpu);
        return 0;
    }
    error = virtio_gpu_check_live(resource);
    if (error != 0)
    {
        return error;
    }
    if (resource->width != VIRTIO_GPU_CURSOR_SIDE || resource->height != VIRTIO_GPU_CURSOR_SIDE || resource->blob ||
        hot_x >= VIRTIO_GPU_CURSOR_SIDE || hot_y >= VIRTIO_GPU_CURSOR_SIDE)
    {
        return -VIRTIO_EINVAL;
    }
    if (cursor->resource != resource)
    {
        cursor->owes_update = false; /* not before its image is there */
    }
    cursor->resource = resource;
    cursor->hot_x = hot_x;
    cursor->hot_y = hot_y;
    cursor->owes_image = true;
    virtio_gpu_sync(gpu);
    return 0;
}

int virtio_gpu_cursor_move(struct virtio_gpu *gpu, uint16_t scanout, int32_t x, int32_t y)
{
    struct virtio_gpu_cursor *cursor;

    if (scanout >= gpu->scanout_count)
    {
        return -VIRTIO_EINVAL;
    }
    cursor = &gpu->scanouts[scanout].cursor;
    cursor->x = x;
    cursor->y = y;
    cursor->owes_move = true;
    virtio_gpu_sync(gpu);
    return 0;
}

/* Both commands are the same but for their type; a move without the resource would hide the cursor (5.7.6.8). */
static void send(struct virtio_gpu *gpu, uint16_t scanout, uint32_t type)
{
    struct virtio_gpu_cursor *cursor = &gpu->scanouts[scanout].cursor;
    struct virtio_gpu_command *command = virtio_gpu_begin(&gpu->cursor);
    union virtio_gpu_message *message = virtio_gpu_message(command);
    bool legacy = gpu->dev->legacy;

    command->scanout = scanout;
    message->cursor.scanout_id = virtio_swap32(legacy, scanout);
    message->cursor.x = virtio_swap32(legacy, (uint32_t)cursor->x);
    message->cursor.y = virtio_swap32(legacy, (uint32_t)cursor->y);
    if (cursor->telling != NULL)
    {
        message->cursor.resource_id = virtio_swap32(legacy, cursor->telling->id);
        message->cursor.hot_x = virtio_swap32(legacy, cursor->hot_x);
        message->cursor.hot_y = virtio_swap32(legacy, cursor->hot_y);
    }
    cursor->busy = true;
    cursor->owes_move = false;
    virtio_gpu_send(gpu, &gpu->cursor, command, type, sizeof(message->cursor));
}

/* 5.7.6.6: an image is transferred, and that confirmed by its fence, before it becomes a cursor. */
static void sync_one(struct virtio_gpu *gpu, uint16_t scanout)
{
    struct virtio_gpu_cursor *cursor = &gpu->scanouts[scanout].cursor;

    if (cursor->owes_image && !cursor->awaiting && virtio_gpu_room(&gpu->control, 1))
    {
        cursor->owes_image = false;
        cursor->awaiting = true;
        virtio_gpu_begin_image(gpu, scanout);
    }
    if (cursor->busy || !virtio_gpu_room(&gpu->cursor, 1))
    {
        return;
    }
    if (cursor->owes_update)
    {
        cursor->owes_update = false;
        cursor->telling = cursor->resource;
        send(gpu, scanout, VIRTIO_GPU_CMD_UPDATE_CURSOR);
    }
    else if (cursor->owes_move && cursor->told != NULL)
    {
        cursor->telling = cursor->told;
        send(gpu, scanout, VIRTIO_GPU_CMD_MOVE_CURSOR);
    }
}

void virtio_gpu_cursor_sync(struct virtio_gpu *gpu)
{
    uint16_t i;

    for (i = 0; i < gpu->scanout_count; i++)
    {
        sync_one(gpu, i);
    }
}

void virtio_gpu_cursor_answered(struct virtio_gpu *gpu, const struct virtio_gpu_command *command, int result)
{
    struct virtio_gpu_cursor *cursor = &gpu->scanouts[command->scanout].cursor;
    struct virtio_gpu_resource *resource = cursor->telling;

    cursor->busy = false;
    cursor->telling = NULL;
    if (result == 0 || resource == NULL)
    {
        cursor->told = resource; /* if not even hiding it works, there is nothing else to be tried */
    }
    else
    {
        virtio_gpu_cursor_drop(cursor, resource);
    }
    if (result != 0)
    {
        gpu->callbacks->failed(gpu->context, resource, result);
    }
}

void virtio_gpu_cursor_image(struct virtio_gpu *gpu, const struct virtio_gpu_job *job)
{
    struct virtio_gpu_cursor *cursor = &gpu->scanouts[job->scanout].cursor;

    cursor->awaiting = false;
    if (job->result == 0 && cursor->resource == job->resource)
    {
        cursor->owes_update = true;
    }
}

bool virtio_gpu_cursor_uses(const struct virtio_gpu_cursor *cursor, const struct virtio_gpu_resource *resource)
{
    /* What a device shows that refused to show something is not known until it has hidden that. */
    bool hiding = cursor->resource == NULL && (cursor->owes_update || cursor->busy);

    return hiding || cursor->told == resource || cursor->telling == resource;
}

void virtio_gpu_cursor_drop(struct virtio_gpu_cursor *cursor, const struct virtio_gpu_resource *resource)
{
    if (cursor->resource == resource)
    {
        cursor->resource = NULL;
        cursor->owes_image = false;
        cursor->owes_update = true;
    }
}

void virtio_gpu_cursor_replay(struct virtio_gpu_cursor *cursor)
{
    cursor->told = NULL;
    cursor->telling = NULL;
    cursor->busy = false;
    cursor->awaiting = false;
    cursor->owes_image = cursor->resource != NULL;
    cursor->owes_update = false;
    cursor->owes_move = false;
}
