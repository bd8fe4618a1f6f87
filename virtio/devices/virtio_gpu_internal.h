/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the GPU engine: what its files have from each other.
 */
#ifndef VIRTIO_GPU_INTERNAL_H
#define VIRTIO_GPU_INTERNAL_H

#include <virtio/gpu.h>

/* --- Commands and answers, virtio_gpu_command.c --- */

/* Open a queue; close one, which may be open only in part or not at all. EPROTO: no room for `together` commands. */
int virtio_gpu_queue_open(struct virtio_gpu *gpu, struct virtio_gpu_queue *queue, uint16_t index, uint16_t size,
                          unsigned int together);
void virtio_gpu_queue_close(struct virtio_gpu_queue *queue);
/* After a reset: take all chains out of the ring; no slot is in use. */
void virtio_gpu_queue_forget(struct virtio_gpu_queue *queue);

/* Can so many commands be sent now? A queue that broke has no room. */
bool virtio_gpu_room(const struct virtio_gpu_queue *queue, unsigned int commands);

/*
 * The next command, for which there is room; virtio_gpu_message() is its message, all zero, to be filled in and sent.
 * `length` is that of the message.
 */
struct virtio_gpu_command *virtio_gpu_begin(struct virtio_gpu_queue *queue);
union virtio_gpu_message *virtio_gpu_message(const struct virtio_gpu_command *command);
void virtio_gpu_send(struct virtio_gpu *gpu, struct virtio_gpu_queue *queue, struct virtio_gpu_command *command,
                     uint32_t type, size_t length);

/* --- Displays, virtio_gpu_info.c --- */

/* Read the config space, first of all. */
int virtio_gpu_read_config(struct virtio_gpu *gpu);
/* Ask the next thing about displays, if there is one and the device has answered the one before. */
void virtio_gpu_ask(struct virtio_gpu *gpu);
void virtio_gpu_take_info(struct virtio_gpu *gpu, const struct virtio_gpu_command *command, int result);

/* --- Resources and scanouts, virtio_gpu_display.c --- */

/* Is there no reason to send nothing? */
bool virtio_gpu_usable(const struct virtio_gpu *gpu);
/* Can it be shown? 0, EINVAL, EIO. */
int virtio_gpu_check_live(const struct virtio_gpu_resource *resource);
void virtio_gpu_begin_create(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource,
                             struct virtio_gpu_request *request);
void virtio_gpu_begin_show(struct virtio_gpu *gpu, uint16_t scanout, struct virtio_gpu_request *request);
/*
 * What the device is to be told of an update: of a blob, the part that is shown, as QEMU refuses to flush what is not;
 * of others, which it has to copy, all. False: nothing.
 */
bool virtio_gpu_seen(const struct virtio_gpu *gpu, const struct virtio_gpu_resource *resource,
                     struct virtio_gpu_rect *rect);
void virtio_gpu_begin_update(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource,
                             const struct virtio_gpu_rect *rect, struct virtio_gpu_request *request);
/* Transfer the image of a scanout's cursor. */
void virtio_gpu_begin_image(struct virtio_gpu *gpu, uint16_t scanout);

/* --- Jobs, and what is there again after a reset, virtio_gpu_job.c --- */

struct virtio_gpu_job *virtio_gpu_job_new(struct virtio_gpu *gpu, enum virtio_gpu_job_kind kind,
                                          struct virtio_gpu_resource *resource, struct virtio_gpu_request *request);
/* One of the answers that a job waits for. */
void virtio_gpu_job_answered(struct virtio_gpu *gpu, struct virtio_gpu_job *job, int result);
/* The device does not have it any more. */
void virtio_gpu_resource_gone(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource);
/* The device has no resource any more, or, if it did not confirm its reset, is left with them. */
void virtio_gpu_forget_resources(struct virtio_gpu *gpu);
int virtio_gpu_jobs_create(struct virtio_gpu *gpu);
/* After a restart with this result: take the requests of all jobs back, for virtio_gpu_replay() or to fail them. */
void virtio_gpu_jobs_stop(struct virtio_gpu *gpu, int error);
void virtio_gpu_fail_held(struct virtio_gpu *gpu, int error);
/* Begin to tell the device everything again. */
void virtio_gpu_replay(struct virtio_gpu *gpu, bool blame);
/* Say what is to be said, as far as there is room. */
void virtio_gpu_sync(struct virtio_gpu *gpu);

/* --- Cursors, virtio_gpu_cursor.c --- */

void virtio_gpu_cursor_sync(struct virtio_gpu *gpu);
void virtio_gpu_cursor_answered(struct virtio_gpu *gpu, const struct virtio_gpu_command *command, int result);
/* The answer to the transfer of its image. */
void virtio_gpu_cursor_image(struct virtio_gpu *gpu, const struct virtio_gpu_job *job);
/* May the device still look at this resource? */
bool virtio_gpu_cursor_uses(const struct virtio_gpu_cursor *cursor, const struct virtio_gpu_resource *resource);
/* A resource is no good as a cursor any more. */
void virtio_gpu_cursor_drop(struct virtio_gpu_cursor *cursor, const struct virtio_gpu_resource *resource);
/* The device knows nothing of it: what is to be said anew. */
void virtio_gpu_cursor_replay(struct virtio_gpu_cursor *cursor);

#endif /* VIRTIO_GPU_INTERNAL_H */
