/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VirtIO GPU devices in RT-Thread: virtio-gpu0, virtio-gpu1, ... of RT_Device_Class_Graphic, in 2D.
 *
 * virtio-gpu0 is on the first display that there is when its frame buffer is made. A GPU that can have several has, for
 * each further one, a graphic device of its own, with all that virtio-gpu0 has: virtio-gpu0d1 is always display 1,
 * virtio-gpu0d2 display 2, ... If virtio-gpu0 is on one of them, because those before it were not there, that one's
 * own device gets -RT_EBUSY; virtio-gpu0 on its part leaves out those whose own device has a frame buffer. A display
 * that is not there can be used as any other (its size is the last one known, or 1024 by 768): its picture is seen when
 * it comes, and again when it comes back.
 *
 * The frame buffer is ordinary memory with 32 bits a pixel, or 16; draw in it by any means (RTGRAPHIC_CTRL_GET_INFO
 * tells where it is; rt_graphix_ops(device); rt_device_write(), in bytes), then have what was drawn shown by
 * RTGRAPHIC_CTRL_RECT_UPDATE. It is made by the first GET_INFO, RECT_UPDATE, ... or by GPU_CREATE_2D, in the size of
 * the display, and stays in place until SET_MODE; after that, ask GET_INFO again.
 *
 * Where the device offers it (RESOURCE_BLOB), it shows the frame buffer itself instead of a copy: an update is cheaper
 * then, and may not be needed for something to be seen. RGB565 is converted by updates all the same. Who wants nothing
 * to be seen before it is complete draws in another buffer (PAN_DISPLAY). A device that refuses it gets copies.
 *
 * rt_graphix_ops() have no device argument: they draw on the primary device, the first one unless SET_PRIMARY says
 * otherwise. Lines include both ends; what is outside of the picture is left out. A pixel is 4 bytes, or 2, in the
 * frame buffer's format, blit_line()'s size is in pixels.
 *
 * With RT_USING_SMART, or RT_VIRTIO_GPU_FB, the first display of the first GPU is fb0, too, a frame buffer device as
 * Linux's: FBIOGET_VSCREENINFO, FBIOGET_FSCREENINFO, FBIOPUT_VSCREENINFO (other sizes, 16 or 32 bits), FBIOPAN_DISPLAY
 * (show this buffer, and what was drawn in it; NULL: only the latter), FBIOBLANK, FBIO_WAITFORVSYNC, RT-Thread's
 * RTGRAPHIC_CTRL_RECT_UPDATE and GET_INFO; in Smart, mmap() (RT_FIOMMAP2) maps the frame buffer, unless it has 16
 * bits a pixel, which is converted. What was mapped stays where it is: other sizes get -RT_EBUSY from then on.
 *
 * With RT_USING_GRAPHIC each display is a device of RT-Thread's graphic framework instead, fb0, fb1, ..., with a
 * primary and a cursor plane. It has its frame buffer, which is virtio-gpu0's, from the first time that it is opened
 * on. The framework calls a driver with a lock held, so what it asks for (RECT_UPDATE, PAN_DISPLAY, POWEROFF, the
 * cursor) is done by a thread, in a moment and with the damage of several calls as one; WAIT_VSYNC returns when that is
 * over, with the error if there was one. A new size of the display takes effect when the device is opened the next
 * time. That framework's rt_graphix_ops() are for its own devices only: those of virtio-gpu0 are its `user_data` then.
 *
 * Errors of the controls: -RT_EINVAL (arguments; no such command), -RT_ENOSYS (a format or command that the device
 * cannot do), -RT_EIO (the device refused, or is dead), -RT_ETIMEOUT (no answer within RT_VIRTIO_GPU_TIMEOUT_MS; it was
 * reset, and what is to be seen told to it again), -RT_ENOMEM, -RT_EBUSY (another thread is changing the mode, and the
 * caller cannot wait for it; virtio-gpu0 has the display; or the frame buffer cannot be moved, because fb0 or
 * RT-Thread's graphic framework has it). Threads; RECT_UPDATE, PAN_DISPLAY, WAIT_VSYNC and the cursor's position also
 * where nobody can sleep: they poll there.
 */
#ifndef __VIRTIO_GPU_H__
#define __VIRTIO_GPU_H__

#include <rtthread.h>

#include <virtio.h>

#define VIRTIO_GPU_CURSOR_WIDTH    64
#define VIRTIO_GPU_CURSOR_HEIGHT   64
#define VIRTIO_GPU_CURSOR_IMG_SIZE (VIRTIO_GPU_CURSOR_WIDTH * VIRTIO_GPU_CURSOR_HEIGHT * 4)

rt_err_t rt_virtio_gpu_init(rt_ubase_t *mmio_base, rt_uint32_t irq);

/*
 * RT-Thread's own control commands:
 *   RTGRAPHIC_CTRL_RECT_UPDATE   struct rt_device_rect_info *, cut to the picture, or NULL for all: returns when the
 *                                device has it. Rectangles of several threads go together
 *   RTGRAPHIC_CTRL_GET_INFO      struct rt_device_graphic_info *; smem_len is that of all buffers
 *   RTGRAPHIC_CTRL_SET_MODE      struct rt_device_rect_info *, of which width and height count; NULL: the display's
 *                                size. The picture is black then, unless it has that size
 *   RTGRAPHIC_CTRL_GET_MODE      struct rt_device_rect_info *: the same, filled in
 *   RTGRAPHIC_CTRL_POWEROFF, RTGRAPHIC_CTRL_POWERON     NULL: show nothing; show the picture again
 *   RTGRAPHIC_CTRL_GET_STATUS    rt_uint32_t *: 1 if it is shown
 *   RTGRAPHIC_CTRL_PAN_DISPLAY   rt_uint32_t *: show this buffer, the first (0) or another; they lie one behind the
 *                                other, a picture apart, and there are RT_VIRTIO_GPU_BUFFERS. What is drawn and updated
 *                                by coordinates is in the one that is shown
 *   RTGRAPHIC_CTRL_WAIT_VSYNC    NULL: returns when the device has done all that it was told before
 * and the driver's.
 */
enum
{
    /* NULL. rt_graphix_ops() draw on this device. */
    VIRTIO_DEVICE_CTRL_GPU_SET_PRIMARY = 0x20,
    /*
     * RTGRAPHIC_PIXEL_FORMAT_..., cast to a pointer. The bytes of a pixel in memory: RGB888 R G B x, BGR888 B G R x
     * (what there is without this command), ARGB888 A R G B, ABGR888 A B G R. RGB565 has two, and is converted by each
     * update. The contents of the frame buffer stay, but not to or from RGB565. Others: -RT_ENOSYS.
     */
    VIRTIO_DEVICE_CTRL_GPU_CREATE_2D = 0x21,
    /* 64 by 64 pixels in the picture's format (B G R A with RGB565), the x being alpha; copied. The cursor then is at
     * 0, 0. NULL: none. */
    VIRTIO_DEVICE_CTRL_CURSOR_SETUP = 0x22,
    /* Another image for it, where it is. */
    VIRTIO_DEVICE_CTRL_CURSOR_SET_IMG = 0x23,
    /* rt_uint32_t[2]: x and y of its upper left corner. Any context; it is not waited for. */
    VIRTIO_DEVICE_CTRL_CURSOR_MOVE = 0x24,
    /* struct rt_virtio_gpu_display *: what is known of a display of the GPU, by its number. -RT_EINVAL: not so many. */
    RT_VIRTIO_GPU_CTRL_GET_DISPLAY = 0x25,
    /* struct rt_virtio_gpu_watch *, copied, or NULL: to be called in the service thread when one of them changes. */
    RT_VIRTIO_GPU_CTRL_ON_DISPLAY = 0x26,
};

struct rt_virtio_gpu_display
{
    rt_uint16_t number;        /* from 0; filled in by the caller */
    rt_bool_t connected;       /* the rest is 0 if not */
    rt_bool_t shown;           /* this device's picture is there */
    rt_uint16_t width, height; /* what it would like to show, in pixels */
    rt_uint16_t edid_width;    /* the preferred mode of its EDID; 0 and "" if there is none */
    rt_uint16_t edid_height;   /* ditto */
    rt_uint16_t refresh;       /* Hz */
    rt_uint16_t width_mm;      /* of the visible area; 0 if unknown */
    rt_uint16_t height_mm;     /* ditto */
    char manufacturer[4];      /* three letters */
    char name[14];
};

struct rt_virtio_gpu_watch
{
    void (*changed)(rt_device_t dev, rt_uint16_t number, void *context);
    void *context;
};

#endif /* __VIRTIO_GPU_H__ */
