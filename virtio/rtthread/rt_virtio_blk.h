/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the binding: a block device.
 */
#ifndef RT_VIRTIO_BLK_H
#define RT_VIRTIO_BLK_H

#include <virtio/blk.h>

#include "rt_virtio.h"

#ifdef RT_USING_BLK
#include <drivers/blk.h>
#endif

/* Where memory is flat, every buffer can be reached, and there is no need for copies. */
#if defined(RT_USING_VIRTIO_BOUNCE) || RT_VIRTIO_PAGED
#define RT_VIRTIO_BLK_BOUNCES
#endif

enum rt_virtio_blk_place
{
    RT_VIRTIO_BLK_WAITING, /* in the list of those that found the ring full */
    RT_VIRTIO_BLK_IN_RING,
    RT_VIRTIO_BLK_FINISHED,
};

/* A request and the thread that waits for it, on that thread's stack. */
struct rt_virtio_blk_io
{
    struct virtio_blk_request request; /* first: `done` gets a pointer to it */
    struct rt_virtio_blk_queue *queue;
    struct rt_virtio_blk_io *next;   /* in the list of waiting, or of finished ones */
    enum rt_virtio_blk_place place;  /* under the queue's lock */
    rt_bool_t pinned;                /* from the caller: he holds a lock that rt_virtio_may_sleep() knows nothing of */
    rt_bool_t polled;                /* the caller cannot sleep, so nobody is to be woken */
    volatile rt_bool_t answered;     /* polled: the last thing that is written here */
    struct rt_completion completion; /* not polled: ditto */
};

struct rt_virtio_blk_queue
{
    rt_virtio_lock_t lock; /* of the engine's queue with the same index, and of all here */
    struct rt_virtio_blk_io *waiting;
    struct rt_virtio_blk_io *waiting_last;
    struct rt_virtio_blk_io *finished;
    unsigned int waking; /* how many are telling those who finished, without the lock */
    rt_bool_t dead;      /* no recovery any more: every request fails at once */
};

struct rt_virtio_blk
{
#ifdef RT_USING_BLK
    union
    {
        struct rt_device parent; /* the first member of the disk */
        struct rt_blk_disk disk; /* first: RT-Thread's */
    };
#else
    struct rt_device parent; /* first: RT-Thread's */
#endif
    struct rt_virtio_device device;
    struct virtio_blk engine;
    struct rt_virtio_blk_queue *queues; /* as many as the engine has */
    rt_bool_t registered;
#ifdef RT_USING_BLK
    rt_bool_t leaving; /* it is being unregistered */
#endif

    rt_virtio_lock_t recovery_lock;
    rt_bool_t recovering;           /* under recovery_lock */
    unsigned int futile_recoveries; /* in a row, without a request that succeeded in between */

#ifdef RT_VIRTIO_BLK_BOUNCES
    rt_uint8_t *bounce;     /* for callers that cannot sleep; NULL if there was no memory */
    rt_bool_t bounce_taken; /* under recovery_lock */
#endif
};

/* --- rt_virtio_blk.c --- */

/* As rt_device_read(), _write() and _control() of the device. */
rt_virtio_size_t rt_virtio_blk_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size);
rt_virtio_size_t rt_virtio_blk_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size);
rt_err_t rt_virtio_blk_control(rt_device_t dev, int command, void *args);

/* RT_DEVICE_CTRL_BLK_SYNC and _ERASE; `pinned`: the caller must not sleep, although it looks as if he could. */
rt_err_t rt_virtio_blk_flush(struct rt_virtio_blk *blk, rt_bool_t pinned);
rt_err_t rt_virtio_blk_discard(struct rt_virtio_blk *blk, const struct rt_device_blk_sectors *range, rt_bool_t pinned);

#ifdef RT_USING_BLK
/* --- rt_virtio_blk_disk.c: the disk of RT-Thread's block framework, with its partitions --- */

/* Registering reads the partition table, so the device has to work already. Thread. */
rt_err_t rt_virtio_blk_register_disk(struct rt_virtio_blk *blk);
/* -RT_EBUSY, with nothing done, while somebody has it or a partition open. */
rt_err_t rt_virtio_blk_unregister_disk(struct rt_virtio_blk *blk);
#endif

/* --- rt_virtio_blk_io.c --- */

/*
 * Read, write, erase, ask: give `request` (type, sector, sectors, buffer, unmap filled in, and `pinned`) to the device,
 * and wait for the answer. It is cut to what one request can carry: request->sectors then tells how much was done. 0 or
 * a negative error of the core. Any context; a caller that cannot sleep polls.
 */
int rt_virtio_blk_request(struct rt_virtio_blk *blk, struct rt_virtio_blk_io *io);

/* Interrupt: see struct rt_virtio_class. */
rt_bool_t rt_virtio_blk_interrupt(struct rt_virtio_device *device);

/* Reset and recover: see struct rt_virtio_class. */
rt_err_t rt_virtio_blk_recover(struct rt_virtio_device *device, rt_bool_t broken);

/* Stop it for good, when nobody has it open any more. Thread; 0 or ETIMEDOUT, as rt_virtio_retire(). */
int rt_virtio_blk_end(struct rt_virtio_blk *blk);

#endif /* RT_VIRTIO_BLK_H */
