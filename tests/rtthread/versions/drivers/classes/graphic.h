/* SPDX-License-Identifier: Apache-2.0 */
/* Graphic devices; in rtdef.h itself before 5.1. */
#ifndef DECLARED_GRAPHIC_H
#define DECLARED_GRAPHIC_H

#include <rtdef.h>

#if DECLARED_VERSION < 50000
#define DECLARED_GRAPHIC(n) (n)
#else
#define DECLARED_GRAPHIC(n) (RT_DEVICE_CTRL_BASE(Graphic) + (n))
#endif
#define RTGRAPHIC_CTRL_RECT_UPDATE DECLARED_GRAPHIC(0)
#define RTGRAPHIC_CTRL_POWERON     DECLARED_GRAPHIC(1)
#define RTGRAPHIC_CTRL_POWEROFF    DECLARED_GRAPHIC(2)
#define RTGRAPHIC_CTRL_GET_INFO    DECLARED_GRAPHIC(3)
#define RTGRAPHIC_CTRL_SET_MODE    DECLARED_GRAPHIC(4)
#define RTGRAPHIC_CTRL_GET_MODE    DECLARED_GRAPHIC(8)
#define RTGRAPHIC_CTRL_GET_STATUS  DECLARED_GRAPHIC(9)
#define RTGRAPHIC_CTRL_PAN_DISPLAY DECLARED_GRAPHIC(10)
#define RTGRAPHIC_CTRL_WAIT_VSYNC  DECLARED_GRAPHIC(11)

enum
{
    RTGRAPHIC_PIXEL_FORMAT_MONO = 0,
    RTGRAPHIC_PIXEL_FORMAT_RGB565 = 5,
    RTGRAPHIC_PIXEL_FORMAT_RGB666 = 7,
    RTGRAPHIC_PIXEL_FORMAT_RGB888 = 8,
#if DECLARED_VERSION >= 50000
    RTGRAPHIC_PIXEL_FORMAT_BGR888,
#endif
    RTGRAPHIC_PIXEL_FORMAT_ARGB888,
    RTGRAPHIC_PIXEL_FORMAT_ABGR888,
};

struct rt_device_graphic_info
{
    rt_uint8_t pixel_format;
    rt_uint8_t bits_per_pixel;
    rt_uint16_t pitch;
    rt_uint16_t width;
    rt_uint16_t height;
    rt_uint8_t *framebuffer;
    rt_uint32_t smem_len;
};

struct rt_device_rect_info
{
    rt_uint16_t x;
    rt_uint16_t y;
    rt_uint16_t width;
    rt_uint16_t height;
};

struct rt_device_graphic_ops
{
    void (*set_pixel)(const char *pixel, int x, int y);
    void (*get_pixel)(char *pixel, int x, int y);
    void (*draw_hline)(const char *pixel, int x1, int x2, int y);
    void (*draw_vline)(const char *pixel, int x, int y1, int y2);
    void (*blit_line)(const char *pixel, int x, int y, rt_size_t size);
};
#define rt_graphix_ops(device) ((struct rt_device_graphic_ops *)(device->user_data))

#endif
