/* SPDX-License-Identifier: Apache-2.0 */
/* RT-Thread's graphic framework, as far as our driver and the tests use it. Declarations of our own. */
#ifndef DRIVERS_GRAPHIC_H_
#define DRIVERS_GRAPHIC_H_

#include <rtatomic.h>
#include <rthw.h>
#include <rtthread.h>

/* Of any other device than the framework's, this makes something else than what the program means. */
#undef rt_graphix_ops
#define rt_graphix_ops(dev) rt_graphic_device_switch_primary(rt_container_of(dev, struct rt_graphic_device, parent))

/* On one CPU, as RT-Thread has it since 5.1: interrupts are off as long as such a lock is held. */
#ifndef RT_USING_SMP
#undef rt_hw_spin_lock
#undef rt_hw_spin_unlock
#define rt_hw_spin_lock(lock)   ((lock)->taken = (rt_uint32_t)rt_hw_interrupt_disable())
#define rt_hw_spin_unlock(lock) rt_hw_interrupt_enable((rt_base_t)(lock)->taken)
#endif

#define RT_GRAPHIC_PLANE_TYPE_OVERLAY 0
#define RT_GRAPHIC_PLANE_TYPE_PRIMARY 1
#define RT_GRAPHIC_PLANE_TYPE_CURSOR  2

#define RT_GRAPHIC_PLANE_ROTATE_0     0

#define RT_GRAPHIC_DPMS_ON            0
#define RT_GRAPHIC_DPMS_STANDBY       1
#define RT_GRAPHIC_DPMS_SUSPEND       2
#define RT_GRAPHIC_DPMS_OFF           3

/* Here as many bytes; the framework names each of them. */
struct edid
{
    rt_uint8_t bytes[128];
};

enum rt_graphic_plane_prop
{
    RT_GRAPHIC_PLANE_PROP_Z = 0,
    RT_GRAPHIC_PLANE_PROP_ROTATE,
    RT_GRAPHIC_PLANE_PROP_ALPHA,
    RT_GRAPHIC_PLANE_PROP_MAX,
};

struct rt_graphic_device;
struct rt_graphic_plane;

struct rt_graphic_plane_ops
{
    rt_err_t (*update)(struct rt_graphic_plane *plane, struct rt_device_rect_info *rect);
    rt_err_t (*fb_remap)(struct rt_graphic_plane *plane, rt_uint32_t mode, struct rt_device_rect_info *rect);
    rt_err_t (*fb_pan_display)(struct rt_graphic_plane *plane, struct rt_device_rect_info *rect);
    rt_err_t (*fb_cleanup)(struct rt_graphic_plane *plane);
    rt_err_t (*prop_set)(struct rt_graphic_plane *plane, enum rt_graphic_plane_prop prop, void *value);
};

struct rt_graphic_plane
{
    rt_list_t list;
    char name[RT_NAME_MAX];
    int id;
    rt_uint8_t type;
    rt_uint32_t x;
    rt_uint32_t y;
    rt_uint32_t z;
    rt_uint32_t width;
    rt_uint32_t height;
    rt_uint8_t rotate;
    rt_uint8_t alpha; /* percent */
    rt_uint32_t line_length;
    rt_uint32_t bits_per_pixel;
    rt_uint32_t mode; /* RTGRAPHIC_PIXEL_FORMAT_... */
    rt_uint32_t modes_nr;
    const rt_uint32_t *modes;
    void *framebuffer;
    rt_size_t screen_len;      /* bytes of one picture */
    rt_size_t framebuffer_len; /* of all of them */
    struct rt_graphic_device *graphic;
    const struct rt_graphic_plane_ops *ops;
    rt_uint8_t priv[];
};

struct rt_graphic_device_ops
{
    rt_err_t (*dpms_switch)(struct rt_graphic_device *gdev, rt_uint32_t dpms);
    rt_err_t (*set_brightness)(struct rt_graphic_device *gdev, rt_uint32_t brightness);
    rt_err_t (*get_brightness)(struct rt_graphic_device *gdev, rt_uint32_t *out_brightness);
    rt_err_t (*get_status)(struct rt_graphic_device *gdev, rt_uint32_t *out_status);
    rt_err_t (*wait_vsync)(struct rt_graphic_device *gdev);
    rt_err_t (*control)(struct rt_graphic_device *gdev, int cmd, void *args);
    struct rt_graphic_plane *(*current_plane)(struct rt_graphic_device *gdev);
};

struct rt_graphic_device
{
    struct rt_device parent;
    const struct rt_graphic_device_ops *ops;
    rt_uint32_t dpms;
    rt_list_t overlay_nodes;
    struct rt_graphic_plane *primary_plane;
    struct rt_graphic_plane *cursor_plane;
    struct edid edid;
    struct rt_timer *update_timer;
    rt_atomic_t event_notifying;
    struct rt_device_notify event_notify;
    struct rt_spinlock lock;
};

rt_err_t rt_graphic_device_register(struct rt_graphic_device *gdev);
rt_err_t rt_graphic_device_unregister(struct rt_graphic_device *gdev);
struct rt_graphic_plane *rt_graphic_device_alloc_plane(struct rt_graphic_device *gdev, rt_size_t priv_size,
                                                       const struct rt_graphic_plane_ops *ops, const rt_uint32_t *modes,
                                                       rt_uint32_t modes_nr, rt_uint8_t type);
void rt_graphic_device_free_plane(struct rt_graphic_plane *plane);
rt_err_t rt_graphic_device_add_plane(struct rt_graphic_device *gdev, struct rt_graphic_plane *plane);
void rt_graphic_device_enter(struct rt_graphic_device *gdev);
void rt_graphic_device_leave(struct rt_graphic_device *gdev);
struct rt_device_graphic_ops *rt_graphic_device_switch_primary(struct rt_graphic_device *gdev);
rt_err_t rt_graphic_device_simple_edid(struct rt_graphic_device *gdev, rt_uint32_t width, rt_uint32_t height,
                                       rt_uint32_t refresh_hz);

#define RT_DEVICE_CTRL_CURSOR_SET_POSITION 0x10
#define RT_DEVICE_CTRL_CURSOR_SET_TYPE     0x11

#endif /* DRIVERS_GRAPHIC_H_ */
