/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command `fault`: give a real block device a message that it cannot make sense of, so that it stops working and
 * has to be reset. A modern device says so (DEVICE_NEEDS_RESET), a legacy one just falls silent, which is noticed when
 * the next request gets no answer.
 */
#include <finsh.h>
#include <rtthread.h>

#include <virtio/platform.h>

#include "rt_virtio_blk.h"

#define PATIENCE_SECONDS 10

static struct virtio_blk_request request;
static char id[VIRTIO_BLK_ID_BYTES + 1];
static volatile rt_bool_t answered;

static void done(struct virtio_blk_request *finished)
{
    (void)finished;
    answered = RT_TRUE;
}

/* A chain that is too short to be a request, in the name of one that is good: that is what recovery replays. */
static void break_device(struct rt_virtio_blk *blk)
{
    struct virtio_blk_queue *queue = &blk->engine.queues[0];
    struct virtio_sg sg;
    rt_bool_t notify;
    rt_base_t level;

    request.type = VIRTIO_BLK_T_GET_ID;
    request.buffer = id;
    request.done = done;
    answered = RT_FALSE;
    virtio_blk_prepare(&blk->engine, &request);
    virtio_platform_share(id, 4, VIRTIO_DMA_TO_DEVICE, &sg.address);
    sg.length = 4;

    level = rt_virtio_lock(&blk->queues[0].lock);
    request.slot = queue->free_slots[--queue->free_slot_count];
    virtio_queue_add(&queue->ring, &sg, 1, 0, &request);
    notify = virtio_queue_publish(&queue->ring);
    rt_virtio_unlock(&blk->queues[0].lock, level);
    if (notify)
    {
        virtio_blk_notify(&blk->engine, 0);
    }
}

static int fault(int argc, char **argv)
{
    struct rt_virtio_device *device = argc == 2 ? rt_virtio_find(argv[1]) : RT_NULL;
    int i;

    if (device == RT_NULL || device->core.id != VIRTIO_ID_BLOCK)
    {
        rt_kprintf("usage: fault NAME   break a block device, and see it recovered\n");
        return -1;
    }
    break_device(rt_container_of(device, struct rt_virtio_blk, device));
    for (i = 0; i < PATIENCE_SECONDS * 10 && device->core.legacy == RT_FALSE && !answered; i++)
    {
        rt_thread_mdelay(100);
    }
    rt_kprintf("fault: %s broken%s\n", device->name, answered ? ", and recovered" : "");
    return 0;
}
MSH_CMD_EXPORT(fault, break a block device to see it recovered);
