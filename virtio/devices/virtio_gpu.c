/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU device (5.7): life of the device, and recovery. Commands and their answers are in virtio_gpu_command.c, what they
 * are sent for in virtio_gpu_display.c, _cursor.c and _info.c, and what becomes of it in virtio_gpu_job.c.
 */
#include <virtio/gpu.h>
#include <virtio/platform.h>

#include "virtio_gpu_internal.h"

/* The queues (5.7.2), and how many commands of each go together. */
#define CONTROL          0
#define CURSOR           1
#define CONTROL_TOGETHER 2
#define CURSOR_TOGETHER  1

/* First start: between FEATURES_OK and DRIVER_OK. */
static int create_queues(struct virtio_gpu *gpu)
{
    int error;

    error = virtio_gpu_queue_open(gpu, &gpu->control, CONTROL, gpu->control_size, CONTROL_TOGETHER);
    if (error == 0)
    {
        error = virtio_gpu_queue_open(gpu, &gpu->cursor, CURSOR, gpu->cursor_size, CURSOR_TOGETHER);
    }
    if (error == 0)
    {
        error = virtio_gpu_jobs_create(gpu);
    }
    if (error == 0)
    {
        gpu->info =
            virtio_platform_dma_alloc(sizeof(struct virtio_gpu_edid_answer), sizeof(uint64_t), &gpu->info_address);
        error = gpu->info != NULL ? 0 : -VIRTIO_ENOMEM;
    }
    return error;
}

/* After a reset. */
static int reopen_queues(struct virtio_gpu *gpu)
{
    int error;

    virtio_gpu_queue_forget(&gpu->control);
    virtio_gpu_queue_forget(&gpu->cursor);
    error = virtio_queue_reopen(&gpu->control.ring);
    if (error == 0)
    {
        error = virtio_queue_reopen(&gpu->cursor.ring);
    }
    return error;
}

static int setup(void *context)
{
    struct virtio_gpu *gpu = context;
    int error;

    if (gpu->dev->started)
    {
        return reopen_queues(gpu); /* the number of scanouts stays that of the first start */
    }
    error = virtio_gpu_read_config(gpu);
    return error != 0 ? error : create_queues(gpu);
}

static const struct virtio_driver driver = {
    .features = virtio_gpu_features,
    .validate = NULL,
    .setup = setup,
};

static void free_queues(struct virtio_gpu *gpu)
{
    virtio_gpu_queue_close(&gpu->control);
    virtio_gpu_queue_close(&gpu->cursor);
    virtio_platform_free(gpu->jobs);
    gpu->jobs = NULL;
    if (gpu->info != NULL)
    {
        virtio_platform_dma_free(gpu->info, sizeof(struct virtio_gpu_edid_answer));
        gpu->info = NULL;
    }
}

/* The device runs, and knows nothing. */
static void begin(struct virtio_gpu *gpu)
{
    gpu->stopped = false;
    gpu->broken = false;
    gpu->info_busy = false;
    gpu->edid_wanted = 0;
    virtio_gpu_query(gpu);
}

int virtio_gpu_start(struct virtio_gpu *gpu, struct virtio_device *dev, const struct virtio_gpu_callbacks *callbacks,
                     void *context, uint16_t control_size, uint16_t cursor_size)
{
    int error;

    gpu->dev = dev;
    gpu->callbacks = callbacks;
    gpu->context = context;
    gpu->control_size = control_size;
    gpu->cursor_size = cursor_size;
    gpu->info_result = -VIRTIO_EAGAIN;
    gpu->stopped = true;
    error = virtio_device_start(dev, &driver, gpu);
    if (error == 0)
    {
        begin(gpu);
    }
    else if (dev->quiet)
    {
        free_queues(gpu);
    }
    return error;
}

void virtio_gpu_destroy(struct virtio_gpu *gpu)
{
    gpu->stopped = true;
    if (virtio_device_reset(gpu->dev) == 0)
    {
        free_queues(gpu);
    }
    else
    {
        virtio_platform_log(VIRTIO_LOG_ERROR, "%s: no answer to a reset; its memory is left to it", gpu->dev->name);
    }
    virtio_gpu_forget_resources(gpu);
}

/* --- Recovery --- */

void virtio_gpu_stop(struct virtio_gpu *gpu)
{
    gpu->stopped = true;
}

int virtio_gpu_restart(struct virtio_gpu *gpu)
{
    return virtio_device_start(gpu->dev, &driver, gpu);
}

void virtio_gpu_resume(struct virtio_gpu *gpu, int error, bool blame)
{
    virtio_gpu_jobs_stop(gpu, error);
    if (error == 0)
    {
        virtio_gpu_replay(gpu, blame);
        begin(gpu);
        return;
    }
    /* The restart may have failed before it came to that. */
    virtio_gpu_queue_forget(&gpu->control);
    virtio_gpu_queue_forget(&gpu->cursor);
    virtio_gpu_fail_held(gpu, error);
    virtio_gpu_forget_resources(gpu);
}
