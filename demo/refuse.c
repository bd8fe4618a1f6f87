/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For a test: a GPU that offers blobs, but does not know one of their commands. It is told another number, one that no
 * device knows. The linker puts this function in the place of the engine's (--wrap).
 */
#ifdef DEMO_LOSSY

#include <finsh.h>
#include <rtthread.h>

#include <virtio/gpu.h>

#define UNKNOWN 0x01ffu

void __real_virtio_gpu_send(struct virtio_gpu *gpu, struct virtio_gpu_queue *queue, struct virtio_gpu_command *command,
                            uint32_t type, size_t length);
void __wrap_virtio_gpu_send(struct virtio_gpu *gpu, struct virtio_gpu_queue *queue, struct virtio_gpu_command *command,
                            uint32_t type, size_t length);

static uint32_t refused;

void __wrap_virtio_gpu_send(struct virtio_gpu *gpu, struct virtio_gpu_queue *queue, struct virtio_gpu_command *command,
                            uint32_t type, size_t length)
{
    __real_virtio_gpu_send(gpu, queue, command, type == refused ? UNKNOWN : type, length);
}

static int refuse(int argc, char **argv)
{
    refused = argc != 2                           ? 0
              : rt_strcmp(argv[1], "create") == 0 ? VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB
              : rt_strcmp(argv[1], "show") == 0   ? VIRTIO_GPU_CMD_SET_SCANOUT_BLOB
                                                  : 0;
    return 0;
}
MSH_CMD_EXPORT(refuse, the GPU refuses blobs : refuse create or show);

#endif /* DEMO_LOSSY */
