/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the binding: a GPU's display in RT-Thread's graphic framework. Its device is in rt_virtio_gpu_graphic.c, its
 * planes in rt_virtio_gpu_plane.c, what they leave to a thread in rt_virtio_gpu_deferred.c.
 */
#ifndef RT_VIRTIO_GPU_GRAPHIC_H
#define RT_VIRTIO_GPU_GRAPHIC_H

#include "rt_virtio_gpu.h"

#include <drivers/graphic.h>

/* What the thread is to do, beside the damage. */
#define RT_VIRTIO_GPU_DUE_POWER 0x1u
#define RT_VIRTIO_GPU_DUE_PAN   0x2u
#define RT_VIRTIO_GPU_DUE_IMAGE 0x4u

struct rt_virtio_gpu_graphic
{
    struct rt_graphic_device parent; /* first: the framework's */
    struct rt_virtio_gpu_screen *screen;
    struct rt_graphic_plane *primary;
    struct rt_graphic_plane *cursor;
    rt_bool_t registered;      /* before, and while it is taken back, the framework's lock is not held */
    volatile rt_bool_t served; /* the thread has it in hand; set with the list of devices held */
    rt_bool_t pinned;
    rt_bool_t has_cursor;                          /* the screen's, to be seen or not */
    rt_uint8_t image[VIRTIO_GPU_CURSOR_IMG_SIZE];  /* the cursor plane's framebuffer */
    rt_uint8_t turned[VIRTIO_GPU_CURSOR_IMG_SIZE]; /* the same in another order */

    /* Under the GPU's lock. */
    rt_uint32_t due; /* RT_VIRTIO_GPU_DUE_... */
    rt_bool_t damaged;
    rt_bool_t busy; /* the thread is at it */
    rt_bool_t on;
    rt_uint32_t buffer;
    struct virtio_gpu_rect damage;
    rt_err_t result; /* the first error since it was asked for */
};

/* --- rt_virtio_gpu_deferred.c --- */

/* Make the thread, if there is none yet. */
rt_err_t rt_virtio_gpu_defer_start(void);

/* Have it look at what is due. Any context. */
void rt_virtio_gpu_defer(struct rt_virtio_gpu_graphic *graphic, rt_uint32_t due);

/* Add to the damage. Any context. */
void rt_virtio_gpu_damage(struct rt_virtio_gpu_graphic *graphic, const struct rt_device_rect_info *rect);

/* Wait until all is done; returns the first error since the last time. Without the framework's lock. */
rt_err_t rt_virtio_gpu_wait_until_done(struct rt_virtio_gpu_graphic *graphic);

/* --- rt_virtio_gpu_plane.c --- */

/* The two planes. -RT_ENOMEM: neither. Then fb_cleanup and framework free them. */
rt_err_t rt_virtio_gpu_add_planes(struct rt_virtio_gpu_graphic *graphic);

/* The picture may be another one from now on. */
void rt_virtio_gpu_unpin_plane(struct rt_virtio_gpu_graphic *graphic);

#endif /* RT_VIRTIO_GPU_GRAPHIC_H */
