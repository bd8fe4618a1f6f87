/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU device (5.7): commands in the rings, and their answers.
 *
 * Every command is one descriptor for the message and one for the answer, which is how the legacy interface without
 * ANY_LAYOUT wants it (2.7.4.1) and suits every device. Both lie in DMA memory of the queue; but for the lists of
 * memory, which belong to their resource, and the long answers, of which there is one at a time.
 */
#include <string.h>

#include <virtio/byteorder.h>
#include <virtio/gpu.h>
#include <virtio/platform.h>

#include "virtio_gpu_internal.h"

/* Descriptors of a command. */
#define PARTS 2

/* Only the layout makes the slots' addresses right; and the devices', those of the messages. */
typedef char slot_is_128_bytes[sizeof(struct virtio_gpu_slot) == 128 ? 1 : -1];
typedef char header_is_24_bytes[sizeof(struct virtio_gpu_header) == 24 ? 1 : -1];
typedef char display_info_is_408_bytes[sizeof(struct virtio_gpu_display_info) == 408 ? 1 : -1];
typedef char edid_answer_is_1056_bytes[sizeof(struct virtio_gpu_edid_answer) == 1056 ? 1 : -1];

/* --- Queues --- */

static void free_all_slots(struct virtio_gpu_queue *queue)
{
    uint16_t i;

    for (i = 0; i < queue->ring.size; i++)
    {
        queue->free_slots[i] = i;
    }
    queue->free_slot_count = queue->ring.size;
}

void virtio_gpu_queue_forget(struct virtio_gpu_queue *queue)
{
    while (virtio_queue_detach(&queue->ring) != NULL)
    {
    }
    free_all_slots(queue);
}

int virtio_gpu_queue_open(struct virtio_gpu *gpu, struct virtio_gpu_queue *queue, uint16_t index, uint16_t size,
                          unsigned int together)
{
    size_t count;
    int error;

    error = virtio_queue_create(&queue->ring, gpu->dev, index, size, PARTS);
    if (error != 0)
    {
        return error;
    }
    count = queue->ring.size;
    queue->slots =
        virtio_platform_dma_alloc(sizeof(queue->slots[0]) * count, sizeof(queue->slots[0]), &queue->slots_address);
    queue->commands = virtio_platform_alloc(sizeof(queue->commands[0]) * count);
    queue->free_slots = virtio_platform_alloc(sizeof(queue->free_slots[0]) * count);
    if (queue->slots == NULL || queue->commands == NULL || queue->free_slots == NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    free_all_slots(queue);
    return virtio_gpu_room(queue, together) ? 0 : -VIRTIO_EPROTO;
}

void virtio_gpu_queue_close(struct virtio_gpu_queue *queue)
{
    if (queue->slots != NULL)
    {
        virtio_platform_dma_free(queue->slots, sizeof(queue->slots[0]) * queue->ring.size);
    }
    virtio_platform_free(queue->commands);
    virtio_platform_free(queue->free_slots);
    virtio_queue_destroy(&queue->ring);
    memset(queue, 0, sizeof(*queue));
}

bool virtio_gpu_room(const struct virtio_gpu_queue *queue, unsigned int commands)
{
    /* There is a slot a descriptor, so the descriptors are what runs out. */
    unsigned int each = queue->ring.indirect_max >= PARTS ? 1 : PARTS;

    return !queue->ring.broken && queue->ring.free_count >= commands * each;
}

/* --- Sending --- */

struct virtio_gpu_command *virtio_gpu_begin(struct virtio_gpu_queue *queue)
{
    uint16_t number = queue->free_slots[--queue->free_slot_count];
    struct virtio_gpu_command *command = &queue->commands[number];
    struct virtio_gpu_slot *slot = &queue->slots[number];
    virtio_dma_addr_t address = queue->slots_address + number * sizeof(*slot);

    /* An answer that the device did not write is none. */
    memset(slot, 0, sizeof(*slot));
    memset(command, 0, sizeof(*command));
    command->request = &slot->request.header;
    command->response = &slot->response;
    command->sg[0].address = address + offsetof(struct virtio_gpu_slot, request);
    command->sg[1].address = address + offsetof(struct virtio_gpu_slot, response);
    command->sg[1].length = sizeof(slot->response);
    return command;
}

union virtio_gpu_message *virtio_gpu_message(const struct virtio_gpu_command *command)
{
    return (union virtio_gpu_message *)(void *)command->request;
}

void virtio_gpu_send(struct virtio_gpu *gpu, struct virtio_gpu_queue *queue, struct virtio_gpu_command *command,
                     uint32_t type, size_t length)
{
    bool legacy = gpu->dev->legacy;

    command->type = type;
    command->sg[0].length = (uint32_t)length;
    command->request->type = virtio_swap32(legacy, type);
    if (command->fenced)
    {
        command->fence = ++gpu->last_fence;
        command->request->flags = virtio_swap32(legacy, VIRTIO_GPU_FLAG_FENCE);
        command->request->fence_id = virtio_swap64(legacy, command->fence);
    }
    /* Cannot fail: there is room, and the queue is not broken, or the caller would not be here. */
    (void)virtio_queue_add(&queue->ring, command->sg, 1, 1, command);
}

unsigned int virtio_gpu_due(struct virtio_gpu *gpu)
{
    unsigned int due = 0;

    if (!gpu->stopped)
    {
        due |= virtio_queue_publish(&gpu->control.ring) ? 1u << gpu->control.ring.index : 0;
        due |= virtio_queue_publish(&gpu->cursor.ring) ? 1u << gpu->cursor.ring.index : 0;
    }
    return due;
}

void virtio_gpu_notify(struct virtio_gpu *gpu, unsigned int due)
{
    unsigned int index;

    for (index = 0; due != 0; index++, due >>= 1)
    {
        /* Between a stop and virtio_gpu_resume(), after which it is said anew what is due, it may not be ready. */
        if ((due & 1) != 0 && !*(const volatile bool *)&gpu->stopped)
        {
            gpu->dev->transport->notify(gpu->dev, (uint16_t)index);
        }
    }
}

/* --- Answers --- */

static int error_of(uint32_t type)
{
    switch (type)
    {
    case VIRTIO_GPU_RESP_ERR_UNSPEC:
        return -VIRTIO_EIO;
    case VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY:
        return -VIRTIO_ENOMEM;
    case VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID:
    case VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID:
        return -VIRTIO_ENODEV;
    case VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID:
    case VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER:
        return -VIRTIO_EINVAL;
    default:
        return -VIRTIO_EPROTO;
    }
}

/*
 * What the device made of a command that it gave back with `written` bytes. A length that says too little is an error
 * on the legacy interface too: what excuses old devices there (2.7.8.2) is older than this class.
 */
static int judge(const struct virtio_gpu *gpu, const struct virtio_gpu_command *command, uint32_t written)
{
    const volatile struct virtio_gpu_header *response = command->response;
    bool legacy = gpu->dev->legacy;
    uint32_t expected = VIRTIO_GPU_RESP_OK_NODATA;
    uint32_t type;

    if (written < sizeof(*response))
    {
        return -VIRTIO_EPROTO;
    }
    if (command->type == VIRTIO_GPU_CMD_GET_DISPLAY_INFO)
    {
        expected = VIRTIO_GPU_RESP_OK_DISPLAY_INFO;
    }
    if (command->type == VIRTIO_GPU_CMD_GET_EDID)
    {
        expected = VIRTIO_GPU_RESP_OK_EDID;
    }
    type = virtio_swap32(legacy, response->type);
    if (type != expected)
    {
        return error_of(type);
    }
    if (written < command->sg[1].length)
    {
        return -VIRTIO_EPROTO;
    }
    /* 5.7.6.7: the flag and the id come back. The ring says which command this is; the id only confirms it. */
    if (command->fenced && ((virtio_swap32(legacy, response->flags) & VIRTIO_GPU_FLAG_FENCE) == 0 ||
                            virtio_swap64(legacy, response->fence_id) != command->fence))
    {
        return -VIRTIO_EPROTO;
    }
    return 0;
}

static void answered(struct virtio_gpu *gpu, struct virtio_gpu_queue *queue, struct virtio_gpu_command *command,
                     uint32_t written)
{
    bool is_cursor = queue == &gpu->cursor;
    int result = 0;

    /* Of cursor commands, known devices write no answer. */
    if (!is_cursor || written != 0)
    {
        result = judge(gpu, command, written);
    }
    if (result != 0)
    {
        queue->ring.stats.errors++;
    }
    gpu->answers++;
    queue->free_slots[queue->free_slot_count++] = (uint16_t)(command - queue->commands);
    if (is_cursor)
    {
        virtio_gpu_cursor_answered(gpu, command, result);
    }
    else if (command->job == NULL)
    {
        virtio_gpu_take_info(gpu, command, result);
    }
    else
    {
        virtio_gpu_job_answered(gpu, command->job, result);
    }
}

/* Everything that the device finished on one queue; a count or EPROTO. */
static int drain(struct virtio_gpu *gpu, struct virtio_gpu_queue *queue)
{
    uint32_t written;
    void *command;
    int count = 0;
    int error;

    virtio_queue_disable(&queue->ring);
    do
    {
        while ((error = virtio_queue_pop(&queue->ring, &command, &written)) == 0)
        {
            answered(gpu, queue, command, written);
            count++;
        }
    } while (error == -VIRTIO_EAGAIN && virtio_queue_enable(&queue->ring));

    if (count > 0)
    {
        queue->ring.stats.batches++;
    }
    return error == -VIRTIO_EAGAIN ? count : error;
}

int virtio_gpu_poll(struct virtio_gpu *gpu)
{
    int control;
    int cursor;

    if (gpu->stopped)
    {
        return 0;
    }
    control = drain(gpu, &gpu->control);
    cursor = drain(gpu, &gpu->cursor);
    virtio_gpu_sync(gpu);
    if (control < 0 || cursor < 0 || gpu->broken)
    {
        return -VIRTIO_EPROTO;
    }
    return control + cursor;
}

bool virtio_gpu_busy(const struct virtio_gpu *gpu)
{
    /* What waits for room waits for what is in flight. */
    return gpu->control.ring.in_flight != 0 || gpu->cursor.ring.in_flight != 0;
}
