/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the binding: a GPU.
 */
#ifndef RT_VIRTIO_GPU_H
#define RT_VIRTIO_GPU_H

#include <virtio/gpu.h>
#include <virtio_gpu.h>

#include "rt_virtio.h"

enum rt_virtio_gpu_kind
{
    RT_VIRTIO_GPU_CREATE,  /* resource */
    RT_VIRTIO_GPU_SHOW,    /* resource or NULL, rect, scanout */
    RT_VIRTIO_GPU_UPDATE,  /* resource, rect */
    RT_VIRTIO_GPU_DESTROY, /* resource */
};

enum rt_virtio_gpu_place
{
    RT_VIRTIO_GPU_WAITING, /* in the list of those that are to be sent */
    RT_VIRTIO_GPU_SENT,
    RT_VIRTIO_GPU_FINISHED,
};

/* A request and the thread that waits for it, on that thread's stack. */
struct rt_virtio_gpu_io
{
    struct virtio_gpu_request request; /* first: `done` gets a pointer to it */

    /* Filled in by the caller. */
    enum rt_virtio_gpu_kind kind;
    struct virtio_gpu_resource *resource;
    struct virtio_gpu_rect rect;
    rt_uint16_t scanout; /* of SHOW */

    struct rt_virtio_gpu_io *next;   /* in the list of waiting, of merged, or of finished ones */
    struct rt_virtio_gpu_io *merged; /* updates that this one, once sent, stands for */
    struct rt_virtio_gpu_io *leader; /* or the one that stands for this */
    enum rt_virtio_gpu_place place;  /* under the lock */
    rt_bool_t polled;                /* the caller cannot sleep, so nobody is to be woken */
    volatile rt_bool_t answered;     /* polled: the last thing that is written here */
    struct rt_completion completion; /* not polled: ditto */
};

/* A frame buffer. */
struct rt_virtio_gpu_picture
{
    struct virtio_gpu_resource resource;
    rt_uint8_t *memory; /* that the device reads */
    rt_bool_t borrowed; /* it is another picture's */
    struct virtio_sg piece;
    rt_uint32_t width, height; /* of what is shown; the buffers are below each other */
    rt_uint8_t format;         /* RTGRAPHIC_PIXEL_FORMAT_... */
    rt_uint32_t pixel_bytes;   /* of what is drawn */
    rt_uint8_t *pixels;        /* where it is drawn: in `memory`, or, if that has to be converted, elsewhere */
    rt_bool_t borrowed_pixels; /* they are another picture's; where they are in `memory`, that one's flag counts */
    rt_size_t bytes;           /* of that */
    rt_uint32_t users;         /* who look at the memory, under the GPU's lock */
};

/* A graphic device: what is on one of a GPU's displays. */
struct rt_virtio_gpu_screen
{
    struct rt_device parent; /* first: RT-Thread's */
    struct rt_virtio_gpu *gpu;
    char name[24]; /* the GPU's, and for all but the first one its display: "d1" */
    rt_bool_t registered;

    /* Under the GPU's lock. */
    struct rt_virtio_gpu_picture *picture;
    rt_uint32_t buffer;  /* which of its buffers is shown */
    rt_bool_t dark;      /* POWEROFF */
    rt_bool_t changing;  /* somebody changes picture or cursor image */
    rt_uint32_t pins;    /* whose picture's memory has to stay where it is, for so many */
    rt_bool_t placed;    /* the display is its own: there is a picture, or one is being made */
    rt_uint16_t scanout; /* the display's number */
    struct rt_virtio_gpu_watch watch;

    /* Of who has set `changing`. */
    struct rt_virtio_gpu_picture *cursor; /* NULL before CURSOR_SETUP */

#ifdef RT_USING_GRAPHIC
    struct rt_virtio_gpu_graphic *graphic; /* the same in RT-Thread's graphic framework; NULL: it is not there */
#endif
};

struct rt_virtio_gpu
{
    struct rt_virtio_device device;
    struct rt_virtio_gpu_screen *screens; /* as many as the engine has scanouts */
    rt_uint16_t screen_count;

    rt_virtio_lock_t lock; /* of the engine, the screens, and of all here up to `dead` */
    struct virtio_gpu engine;
    struct rt_virtio_gpu_io *waiting;
    struct rt_virtio_gpu_io *waiting_last;
    struct rt_virtio_gpu_io *finished;
    unsigned int waking;   /* how many are telling those who finished, without the lock */
    unsigned int updates;  /* that are with the device; the next ones wait and are merged meanwhile */
    rt_uint32_t changed;   /* displays that changed: a bit each */
    int failure;           /* of what nobody waited for, for the service thread to print */
    rt_uint64_t watched;   /* answers that there were when last looked at, */
    rt_tick_t watched_at;  /* and when that was */
    rt_bool_t recovering;  /* or is looking at the configuration space */
    rt_bool_t blob_failed; /* the `failure` is one of a blob */
    rt_bool_t no_blobs;    /* the device has them, but does not show them: no picture is one from now on */
    rt_bool_t dead;        /* no recovery any more: every request fails at once */

    unsigned int futile_recoveries; /* in a row, without a request that succeeded in between */
    struct rt_timer timer;          /* while there is something that nobody waits for */

    /* Counted for people. */
    rt_uint64_t update_count;  /* that the device was told of */
    rt_uint64_t update_bytes;  /* of their pixels, which it has copied, or, of a blob, shown */
    rt_uint64_t merged_count;  /* that were part of another */
    rt_uint64_t failure_count; /* commands that the device refused and nobody waited for */
};

rt_inline struct rt_virtio_gpu *rt_virtio_gpu_of(struct rt_virtio_device *device)
{
    return rt_container_of(device, struct rt_virtio_gpu, device);
}

/* rt_virtio_gpu_io.c */
/*
 * Give `count` requests (kind, resource, rect filled in) to the device, in this order and with one notification, and
 * wait for all. 0, or the first of their errors, of the core. Any context; a caller that cannot sleep polls.
 */
int rt_virtio_gpu_run(struct rt_virtio_gpu *gpu, struct rt_virtio_gpu_io *ios, unsigned int count);
/* Take what the device finished, send what waits, wake. True if there was anything. Any context. */
rt_bool_t rt_virtio_gpu_drain(struct rt_virtio_gpu *gpu, rt_bool_t from_interrupt);
/* Send what waits, as far as there is room. With the lock. */
void rt_virtio_gpu_pump(struct rt_virtio_gpu *gpu);
/* Fail everything that waits. With the lock. */
void rt_virtio_gpu_fail_waiting(struct rt_virtio_gpu *gpu, int error);
/* Give the lock back, and then do what is due: notify, wake. */
void rt_virtio_gpu_leave(struct rt_virtio_gpu *gpu, rt_base_t level);

/* rt_virtio_gpu_recover.c */
rt_err_t rt_virtio_gpu_recover(struct rt_virtio_device *device, rt_bool_t broken);
/* Stop it for good, when nobody has a screen open any more. Thread; 0 or ETIMEDOUT, as rt_virtio_retire(). */
int rt_virtio_gpu_end(struct rt_virtio_gpu *gpu);
/* Claim the device against a reset, for a moment; false: it is being reset. */
rt_bool_t rt_virtio_gpu_hold(struct rt_virtio_gpu *gpu);
void rt_virtio_gpu_unhold(struct rt_virtio_gpu *gpu);
/* Have it looked after that what nobody waits for is answered. Any context. */
void rt_virtio_gpu_look_after(struct rt_virtio_gpu *gpu);
void rt_virtio_gpu_timeout(void *gpu);
/* Service thread: the configuration, or a display, changed; or the timer has run. */
void rt_virtio_gpu_config_changed(struct rt_virtio_device *device);
/* The device refused a blob, with this error: say so, if it is the first, and use none any more. Without the lock. */
void rt_virtio_gpu_no_blobs(struct rt_virtio_gpu *gpu, int error);

/* rt_virtio_gpu_picture.c: errors are RT-Thread's. */
/* There is a picture: what is wanted of it is 0 where it does not matter. Thread. */
rt_err_t rt_virtio_gpu_make(struct rt_virtio_gpu_screen *screen, int format, rt_uint32_t width, rt_uint32_t height);
/*
 * The same, and from then on its memory stays where it is (SET_MODE and the like get -RT_EBUSY), until
 * rt_virtio_gpu_unpin(). Thread; the latter: any context.
 */
rt_err_t rt_virtio_gpu_pin(struct rt_virtio_gpu_screen *screen, int format, rt_uint32_t width, rt_uint32_t height);
void rt_virtio_gpu_unpin(struct rt_virtio_gpu_screen *screen);
/* Until the device has said what displays there are: 0, or an error of the core. Thread. */
int rt_virtio_gpu_wait_for_displays(struct rt_virtio_gpu *gpu);
/* Free picture and cursor of a screen that nobody uses any more, and whose device is stopped. Thread. */
void rt_virtio_gpu_clear(struct rt_virtio_gpu_screen *screen);
/* The picture, which stays until it is put back; NULL: there is none. Any context. */
struct rt_virtio_gpu_picture *rt_virtio_gpu_get(struct rt_virtio_gpu_screen *screen, rt_uint32_t *buffer);
void rt_virtio_gpu_put(struct rt_virtio_gpu_screen *screen, struct rt_virtio_gpu_picture *picture);
rt_err_t rt_virtio_gpu_update(struct rt_virtio_gpu_screen *screen, const struct rt_device_rect_info *rect);
rt_err_t rt_virtio_gpu_pan(struct rt_virtio_gpu_screen *screen, rt_uint32_t buffer);
rt_err_t rt_virtio_gpu_wait(struct rt_virtio_gpu_screen *screen);
rt_err_t rt_virtio_gpu_power(struct rt_virtio_gpu_screen *screen, rt_bool_t on);
rt_err_t rt_virtio_gpu_set_mode(struct rt_virtio_gpu_screen *screen, const struct rt_device_rect_info *mode);
rt_err_t rt_virtio_gpu_set_cursor(struct rt_virtio_gpu_screen *screen, const void *image, rt_bool_t setup);
rt_err_t rt_virtio_gpu_move_cursor(struct rt_virtio_gpu_screen *screen, const rt_uint32_t *position);

/* rt_virtio_gpu_draw.c */
extern struct rt_device_graphic_ops rt_virtio_gpu_drawing;
void rt_virtio_gpu_set_primary(struct rt_virtio_gpu_screen *screen, rt_bool_t if_none);
/* One of its screens may be the primary one: no more. */
void rt_virtio_gpu_forget_primary(const struct rt_virtio_gpu *gpu);
rt_virtio_size_t rt_virtio_gpu_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size);
rt_virtio_size_t rt_virtio_gpu_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size);
/* Make what was drawn in a rectangle of the resource what the device reads, if that is something else. */
void rt_virtio_gpu_convert(struct rt_virtio_gpu_picture *picture, const struct virtio_gpu_rect *rect);
/* A picture that has just been made has 16 bits a pixel: new ones, or those of the other, if there is one and it has.
 */
int rt_virtio_gpu_use_16_bits(struct rt_virtio_gpu_picture *picture, const struct rt_virtio_gpu_picture *other);

/* fb0 is made where RT-Thread's own VirtIO component has it, unless the graphic framework makes one of that name. */
#if (defined(RT_USING_SMART) || defined(RT_VIRTIO_GPU_FB)) && !defined(RT_USING_GRAPHIC)
#define RT_VIRTIO_GPU_HAS_FB
#endif

/* Only there processes have address spaces of their own. (The tests' kernel defines it without.) */
#if defined(RT_USING_SMART) && !defined(RT_VIRTIO_GPU_MAP)
#define RT_VIRTIO_GPU_MAP
#endif

#if defined(RT_VIRTIO_GPU_HAS_FB) || defined(RT_USING_GRAPHIC)
/* rt_virtio_gpu_map.c: struct dfs_mmap2_args *: map (part of) the pinned frame buffer where the caller's process sees
 * it; an error of RT-Thread, -RT_ENOSYS without processes. Thread. */
rt_err_t rt_virtio_gpu_map(struct rt_virtio_gpu_screen *screen, void *args);
#endif

#ifdef RT_VIRTIO_GPU_HAS_FB
/* rt_virtio_gpu_fb.c: a GPU for it, if it has none and it is time for that. Thread. */
void rt_virtio_gpu_fb_offer(struct rt_virtio_gpu *gpu);
/* The GPU goes away; -RT_EBUSY: its fb0 is open or mapped. Thread. */
rt_err_t rt_virtio_gpu_fb_withdraw(struct rt_virtio_gpu *gpu);
#endif

#ifdef RT_USING_GRAPHIC
/* rt_virtio_gpu_graphic.c */
/* A device of the framework for each display. Thread, or before there are any. */
void rt_virtio_gpu_graphic_register(struct rt_virtio_gpu *gpu);
/* Take them back; -RT_EBUSY: one is open, and all are still there. Thread. */
rt_err_t rt_virtio_gpu_graphic_unregister(struct rt_virtio_gpu *gpu);
/* Service thread: a display came, went or changed. */
void rt_virtio_gpu_graphic_changed(struct rt_virtio_gpu_screen *screen);
#endif

#endif /* RT_VIRTIO_GPU_H */
