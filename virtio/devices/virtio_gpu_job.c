/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU device (5.7): jobs, which are the commands that belong together, what their outcome means, and the replay after a
 * reset.
 *
 * What is to be seen is known from the moment it was asked for. A reset thus loses nothing: jobs are forgotten, and the
 * device is told of everything that is to be seen now. Requests that waited for one of the jobs wait for that instead.
 */
#include <virtio/gpu.h>
#include <virtio/platform.h>

#include "virtio_gpu_internal.h"

/* --- Jobs --- */

int virtio_gpu_jobs_create(struct virtio_gpu *gpu)
{
    gpu->jobs = virtio_platform_alloc(sizeof(gpu->jobs[0]) * gpu->control.ring.size);
    if (gpu->jobs == NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    virtio_gpu_jobs_stop(gpu, 0);
    return 0;
}

/* There is a job for every command that has room, as a job has at least one. */
struct virtio_gpu_job *virtio_gpu_job_new(struct virtio_gpu *gpu, enum virtio_gpu_job_kind kind,
                                          struct virtio_gpu_resource *resource, struct virtio_gpu_request *request)
{
    struct virtio_gpu_job *job = gpu->free_jobs;

    gpu->free_jobs = job->next;
    job->kind = kind;
    job->waiting = 0;
    job->replay = gpu->replaying && kind != VIRTIO_GPU_JOB_IMAGE;
    job->confirmed = kind == VIRTIO_GPU_JOB_CREATE;
    job->result = 0;
    job->resource = resource;
    job->request = request;
    if (resource != NULL)
    {
        resource->jobs++;
    }
    if (job->replay)
    {
        gpu->replay_jobs++;
    }
    return job;
}

static void done(struct virtio_gpu_request *request, int result)
{
    request->result = result;
    request->done(request);
}

void virtio_gpu_resource_gone(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource)
{
    struct virtio_gpu_resource **at = &gpu->resources;

    while (*at != resource)
    {
        at = &(*at)->next;
    }
    *at = resource->next;
    resource->state = VIRTIO_GPU_IDLE;
    resource->known = false;
}

/* The device did not create it: nothing can be shown of it. */
static void create_failed(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource)
{
    struct virtio_gpu_scanout *scanout;
    uint16_t i;

    resource->state = VIRTIO_GPU_FAILED;
    resource->owes_update = false;
    for (i = 0; i < gpu->scanout_count; i++)
    {
        scanout = &gpu->scanouts[i];
        if (scanout->resource == resource)
        {
            scanout->resource = NULL;
            scanout->owes_show = scanout->latest == NULL; /* else show_ended() sees to it */
        }
        virtio_gpu_cursor_drop(&scanout->cursor, resource);
    }
}

/* Only the last one says what the device shows now. If that is not what is wanted, or not known, nothing is wanted. */
static void show_ended(struct virtio_gpu *gpu, const struct virtio_gpu_job *job)
{
    struct virtio_gpu_scanout *scanout = &gpu->scanouts[job->scanout];

    if (scanout->latest != job)
    {
        return;
    }
    scanout->latest = NULL;
    if (job->result != 0 && job->resource != NULL)
    {
        scanout->resource = NULL;
    }
    scanout->owes_show = scanout->resource != job->resource;
}

/* All answers are there. */
static void job_ended(struct virtio_gpu *gpu, struct virtio_gpu_job *job)
{
    struct virtio_gpu_resource *resource = job->resource;
    struct virtio_gpu_request *request = job->request;
    int result = job->result;

    switch (job->kind)
    {
    case VIRTIO_GPU_JOB_CREATE:
        if (result != 0)
        {
            resource->known = !job->confirmed;
            create_failed(gpu, resource);
        }
        break;
    case VIRTIO_GPU_JOB_DESTROY:
        if (!job->confirmed)
        {
            /* The job stays, until a reset has taken the memory off the device. */
            virtio_platform_log(VIRTIO_LOG_ERROR, "%s: the device does not give resource %lu back; it has to be reset",
                                gpu->dev->name, (unsigned long)resource->id);
            gpu->broken = true;
            return;
        }
        virtio_gpu_resource_gone(gpu, resource);
        result = 0;
        break;
    case VIRTIO_GPU_JOB_SHOW:
        show_ended(gpu, job);
        break;
    case VIRTIO_GPU_JOB_IMAGE:
        virtio_gpu_cursor_image(gpu, job);
        break;
    default: /* UPDATE: nothing to remember */
        break;
    }

    if (resource != NULL)
    {
        resource->jobs--;
        if (job->replay && resource->error == 0)
        {
            resource->error = result;
        }
    }
    if (job->replay)
    {
        gpu->replay_jobs--;
    }
    job->kind = VIRTIO_GPU_JOB_NONE;
    job->next = gpu->free_jobs;
    gpu->free_jobs = job;
    if (request != NULL)
    {
        done(request, result);
    }
    else if (result != 0)
    {
        gpu->callbacks->failed(gpu->context, resource, result);
    }
}

void virtio_gpu_job_answered(struct virtio_gpu *gpu, struct virtio_gpu_job *job, int result)
{
    if (job->kind == VIRTIO_GPU_JOB_CREATE && (result == 0 || result == -VIRTIO_EPROTO))
    {
        job->confirmed = false; /* only if all of it was clearly refused, nothing is there */
    }
    if (job->kind == VIRTIO_GPU_JOB_DESTROY && (result == 0 || result == -VIRTIO_ENODEV))
    {
        /* Either of its commands takes the memory away; that there is no such resource does as well. */
        job->confirmed = true;
    }
    if (job->result == 0)
    {
        job->result = result;
    }
    if (--job->waiting == 0)
    {
        job_ended(gpu, job);
    }
}

/* --- What is to be said --- */

/* In an order that makes sense to the device (5.7.6.1): resources, then what is shown of them, then pixels. */
static bool send_owed(struct virtio_gpu *gpu)
{
    struct virtio_gpu_rect rect;
    struct virtio_gpu_resource *resource;
    uint16_t i;

    for (resource = gpu->resources; resource != NULL; resource = resource->next)
    {
        if (resource->owes_create)
        {
            if (!virtio_gpu_room(&gpu->control, 2))
            {
                return false;
            }
            resource->owes_create = false;
            virtio_gpu_begin_create(gpu, resource, NULL);
        }
    }
    for (i = 0; i < gpu->scanout_count; i++)
    {
        if (gpu->scanouts[i].owes_show)
        {
            if (!virtio_gpu_room(&gpu->control, 1))
            {
                return false;
            }
            virtio_gpu_begin_show(gpu, i, NULL);
        }
    }
    for (resource = gpu->resources; resource != NULL; resource = resource->next)
    {
        if (resource->owes_update)
        {
            if (!virtio_gpu_room(&gpu->control, 2))
            {
                return false;
            }
            resource->owes_update = false;
            rect.x = 0;
            rect.y = 0;
            rect.width = resource->width;
            rect.height = resource->height;
            if (virtio_gpu_seen(gpu, resource, &rect))
            {
                virtio_gpu_begin_update(gpu, resource, &rect, NULL);
            }
        }
    }
    return true;
}

/* Everything is back: that is what the interrupted requests waited for. */
static void end_replay(struct virtio_gpu *gpu)
{
    struct virtio_gpu_request *request;

    gpu->replaying = false;
    while ((request = gpu->held) != NULL)
    {
        gpu->held = request->next;
        done(request, request->resource != NULL ? request->resource->error : 0);
    }
}

void virtio_gpu_sync(struct virtio_gpu *gpu)
{
    if (!virtio_gpu_usable(gpu))
    {
        return;
    }
    virtio_gpu_ask(gpu);
    if (!send_owed(gpu))
    {
        return;
    }
    if (gpu->replaying && gpu->replay_jobs == 0)
    {
        end_replay(gpu);
    }
    virtio_gpu_cursor_sync(gpu);
}

/* --- After a reset --- */

/* The device has forgotten a job. */
static void stop_job(struct virtio_gpu *gpu, struct virtio_gpu_job *job, int error)
{
    struct virtio_gpu_request *request = job->request;

    if (job->kind == VIRTIO_GPU_JOB_DESTROY && error == 0)
    {
        /* Nothing is left to be done. */
        virtio_gpu_resource_gone(gpu, job->resource);
        done(request, 0);
    }
    else if (job->kind != VIRTIO_GPU_JOB_NONE && request != NULL)
    {
        request->next = gpu->held;
        gpu->held = request;
    }
}

void virtio_gpu_jobs_stop(struct virtio_gpu *gpu, int error)
{
    uint16_t i;

    gpu->free_jobs = NULL;
    gpu->replay_jobs = 0;
    for (i = 0; i < gpu->control.ring.size; i++)
    {
        stop_job(gpu, &gpu->jobs[i], error);
        gpu->jobs[i].kind = VIRTIO_GPU_JOB_NONE;
        gpu->jobs[i].next = gpu->free_jobs;
        gpu->free_jobs = &gpu->jobs[i];
    }
}

void virtio_gpu_fail_held(struct virtio_gpu *gpu, int error)
{
    struct virtio_gpu_request *request;

    while ((request = gpu->held) != NULL)
    {
        gpu->held = request->next;
        done(request, error);
    }
}

/* Those that expired, or seem to be what breaks the device, are done. */
static void sort_held(struct virtio_gpu *gpu, bool blame)
{
    struct virtio_gpu_request *request = gpu->held;
    struct virtio_gpu_request *next;

    gpu->held = NULL;
    for (; request != NULL; request = next)
    {
        next = request->next;
        if (request->expired)
        {
            done(request, -VIRTIO_ETIMEDOUT);
        }
        else if (blame && request->replays++ >= VIRTIO_GPU_REPLAYS_MAX)
        {
            done(request, -VIRTIO_EIO);
        }
        else
        {
            request->next = gpu->held;
            gpu->held = request;
        }
    }
}

void virtio_gpu_replay(struct virtio_gpu *gpu, bool blame)
{
    struct virtio_gpu_scanout *scanout;
    struct virtio_gpu_resource *resource;
    uint16_t i;

    sort_held(gpu, blame);
    for (resource = gpu->resources; resource != NULL; resource = resource->next)
    {
        resource->jobs = 0;
        resource->error = 0;
        resource->known = false;
        resource->owes_create = resource->state == VIRTIO_GPU_LIVE;
        resource->owes_update = resource->owes_create;
    }
    for (i = 0; i < gpu->scanout_count; i++)
    {
        scanout = &gpu->scanouts[i];
        scanout->latest = NULL;
        scanout->owes_show = scanout->resource != NULL;
        virtio_gpu_cursor_replay(&scanout->cursor);
    }
    gpu->replaying = true;
}

void virtio_gpu_forget_resources(struct virtio_gpu *gpu)
{
    struct virtio_gpu_resource *resource;
    uint16_t i;

    while ((resource = gpu->resources) != NULL)
    {
        virtio_gpu_resource_gone(gpu, resource);
        resource->jobs = 0;
        resource->left_behind = !gpu->dev->quiet;
    }
    for (i = 0; i < gpu->scanout_count; i++)
    {
        gpu->scanouts[i].resource = NULL;
        gpu->scanouts[i].latest = NULL;
        gpu->scanouts[i].owes_show = false;
        gpu->scanouts[i].cursor.resource = NULL;
        virtio_gpu_cursor_replay(&gpu->scanouts[i].cursor);
    }
}
