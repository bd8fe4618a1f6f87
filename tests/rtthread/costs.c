/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the options cost in bytes, one `name value` a line: test_config.py compares it with the help texts in Kconfig.
 * From the structures and the memory of queues that the drivers get, on a machine of 64 bits.
 */
#include <stdio.h>

#include <virtio/blk.h>
#include <virtio/gpu.h>
#include <virtio/queue.h>

#include "rt_virtio_blk.h"
#include "rt_virtio_console.h"
#include "rt_virtio_input.h"
#include "rt_virtio_net.h"

#define SIZE 64

/* As in QEMU without xres and yres. */
#define GPU_WIDTH  1280
#define GPU_HEIGHT 800

/* A receive buffer, as the binding rounds it up to BUFFER_ALIGN, which is in its source, as is BOUNCE_SECTORS_KEPT. */
static size_t net_buffer(bool merging)
{
    struct virtio_device dev = {0};
    struct virtio_net net = {.dev = &dev, .header_size = sizeof(struct virtio_net_header)};

    if (merging)
    {
        virtio_features_add(&dev.features, VIRTIO_NET_F_MRG_RXBUF);
        virtio_features_add(&dev.features, VIRTIO_NET_F_GUEST_TSO4);
    }
    return (virtio_net_buffer_size(&net) + BUFFER_ALIGN - 1) & ~(size_t)(BUFFER_ALIGN - 1);
}

static size_t more(size_t one, size_t two)
{
    return (two - one) / SIZE;
}

int main(void)
{
    struct virtio_queue_memory one;
    struct virtio_queue_memory two;
    struct virtio_queue_memory legacy;
    size_t ring;
    size_t private;
    size_t padding = 0;
    size_t size;

    virtio_queue_measure(false, SIZE, 1, &one);
    virtio_queue_measure(false, 2 * SIZE, 1, &two);
    ring = more(one.ring_bytes, two.ring_bytes);
    private = more(one.private_bytes, two.private_bytes);
    for (size = 2; size <= 1024; size *= 2)
    {
        virtio_queue_measure(true, (uint32_t)size, 0, &legacy);
        virtio_queue_measure(false, (uint32_t)size, 0, &one);
        padding = legacy.ring_bytes - one.ring_bytes > padding ? legacy.ring_bytes - one.ring_bytes : padding;
    }
    printf("ring %zu\n", ring);
    printf("private %zu\n", private);
    printf("padding %zu\n", padding);
    printf("blk_indirect %zu\n", sizeof(struct virtio_desc) * (VIRTIO_BLK_SEGMENTS + 2));
    printf("blk_slot %zu\n", sizeof(struct virtio_blk_slot) + sizeof(uint16_t));
    printf("net_rx %zu\n", ring + private + sizeof(struct rt_virtio_net_buffer));
    printf("net_buffer %zu\n", net_buffer(false));
    printf("net_buffer_merging %zu\n", net_buffer(true));
    printf("net_tx %zu\n", ring + private + sizeof(struct virtio_desc) * (VIRTIO_NET_PIECES + 1) +
                               sizeof(struct virtio_net_header) + sizeof(uint16_t) +
                               sizeof(struct rt_virtio_net_frame));
    printf("net_tx_indirect %zu\n", sizeof(struct virtio_desc) * (VIRTIO_NET_PIECES + 1));
    printf("console_port %zu\n", sizeof(struct rt_virtio_console_port) + sizeof(struct virtio_console_port));
    printf("console_buffer %zu\n", ring + private + sizeof(struct virtio_console_buffer));
    printf("input_event %zu\n", ring + private + 8 + sizeof(*((struct virtio_input *)0)->returned));
    printf("input_record %zu\n", sizeof(struct virtio_input_record));
    printf("input_batch %zu\n", sizeof(((struct rt_virtio_input *)0)->batch));
    printf("gpu_pixel %zu\n", (size_t)VIRTIO_GPU_PIXEL_BYTES);
    printf("gpu_picture %zu\n", (size_t)GPU_WIDTH * GPU_HEIGHT * VIRTIO_GPU_PIXEL_BYTES);
    printf("blk_bounce %zu\n", (size_t)BOUNCE_SECTORS_KEPT * VIRTIO_BLK_SECTOR_SIZE);
    return 0;
}
