/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applications as they were written for RT-Thread's VirtIO component of 4.1 to 5.2: every device, control command and
 * type that they know, by the names and numbers of then. They are only compiled.
 */
#include <rtdevice.h>
#include <rtthread.h>

#include <virtio_console.h>
#include <virtio_gpu.h>
#include <virtio_input.h>
#include <virtio_net.h>

int old_disk(void);
int old_console(void);
int old_network(rt_uint8_t mac[6]);
int old_gpu(void);
int old_input(void);

_Static_assert(VIRTIO_DEVICE_CTRL_CONSOLE_PORT_CREATE == 0x20, "");
_Static_assert(VIRTIO_DEVICE_CTRL_CONSOLE_PORT_DESTROY == 0x21, "");
_Static_assert(VIRTIO_DEVICE_CTRL_GPU_SET_PRIMARY == 0x20, "");
_Static_assert(VIRTIO_DEVICE_CTRL_GPU_CREATE_2D == 0x21, "");
_Static_assert(VIRTIO_DEVICE_CTRL_CURSOR_SETUP == 0x22, "");
_Static_assert(VIRTIO_DEVICE_CTRL_CURSOR_SET_IMG == 0x23, "");
_Static_assert(VIRTIO_DEVICE_CTRL_CURSOR_MOVE == 0x24, "");
_Static_assert(VIRTIO_DEVICE_CTRL_INPUT_GET_TYPE == 0x20, "");
_Static_assert(VIRTIO_DEVICE_CTRL_INPUT_BIND_BSCT_HANDLER == 0x21, "");
_Static_assert(VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_X_INFO == 0x22, "");
_Static_assert(VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_Y_INFO == 0x23, "");
_Static_assert(VIRTIO_DEVICE_CTRL_INPUT_SET_STATUS == 0x24, "");
_Static_assert(VIRTIO_DEVICE_CTRL_INPUT_GET_EV_BIT == 0x25, "");
_Static_assert(VIRTIO_DEVICE_CTRL_INPUT_GET_KEY_BIT == 0x26, "");
_Static_assert(VIRTIO_DEVICE_CTRL_INPUT_GET_REL_BIT == 0x27, "");
_Static_assert(VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_BIT == 0x28, "");

_Static_assert(VIRTIO_GPU_CURSOR_WIDTH == 64 && VIRTIO_GPU_CURSOR_HEIGHT == 64, "");
_Static_assert(VIRTIO_GPU_CURSOR_IMG_SIZE == 16384, "");

_Static_assert(VIRTIO_INPUT_TYPE_KEYBOARD == 0 && VIRTIO_INPUT_TYPE_MOUSE == 1, "");
_Static_assert(VIRTIO_INPUT_TYPE_TABLET == 2 && VIRTIO_INPUT_TYPE_SIZE == 3, "");
_Static_assert(VIRTIO_INPUT_CFG_UNSET == 0 && VIRTIO_INPUT_CFG_ID_NAME == 1, "");
_Static_assert(VIRTIO_INPUT_CFG_ID_SERIAL == 2 && VIRTIO_INPUT_CFG_ID_DEVIDS == 3, "");
_Static_assert(VIRTIO_INPUT_CFG_PROP_BITS == 0x10 && VIRTIO_INPUT_CFG_EV_BITS == 0x11, "");
_Static_assert(VIRTIO_INPUT_CFG_ABS_INFO == 0x12, "");
_Static_assert(VIRTIO_INPUT_ABS_AXIS_X == 0 && VIRTIO_INPUT_ABS_AXIS_Y == 1, "");
_Static_assert(sizeof(struct virtio_input_event) == 8 && sizeof(struct virtio_input_config) == 136, "");
_Static_assert(sizeof(struct virtio_input_absinfo) == 20 && sizeof(struct virtio_input_devids) == 8, "");
_Static_assert(BITS_PER_BYTE == 8 && BITS_PER_LONG == sizeof(long) * 8 && BITS_PER_TYPE(rt_uint16_t) == 16, "");
_Static_assert(BIT_MASK(1) == 2 && BIT_WORD(BITS_PER_LONG) == 1, "");
_Static_assert(DIV_ROUND_UP(9, 8) == 2 && BITS_TO_BYTES(9) == 2 && BITS_TO_LONGS(BITS_PER_LONG + 1) == 2, "");

static struct rt_device_graphic_info screen;
static struct rt_device_graphic_ops *draw;
static rt_uint8_t cursor[VIRTIO_GPU_CURSOR_IMG_SIZE] __attribute__((aligned(VIRTIO_PAGE_SIZE)));
static rt_uint32_t pointer[2];

int old_disk(void)
{
    static rt_uint8_t sector[512];
    struct rt_device_blk_geometry geometry;
    rt_device_t disk = rt_device_find("virtio-blk0");

    if (disk == RT_NULL || rt_device_open(disk, RT_DEVICE_OFLAG_RDWR) != RT_EOK ||
        rt_device_control(disk, RT_DEVICE_CTRL_BLK_GETGEOME, &geometry) != RT_EOK)
    {
        return -1;
    }
    return rt_device_read(disk, geometry.sector_count - 1, sector, 1) == 1 ? 0 : -1;
}

int old_console(void)
{
    rt_device_t port, control = rt_device_find("virtio-console0");

    if (control == RT_NULL || rt_device_open(control, RT_DEVICE_OFLAG_RDWR) != RT_EOK ||
        rt_device_control(control, VIRTIO_DEVICE_CTRL_CONSOLE_PORT_CREATE, RT_NULL) != RT_EOK)
    {
        return -1;
    }
    port = rt_device_find("vport0p1");
    if (port == RT_NULL || rt_device_open(port, RT_DEVICE_OFLAG_RDWR | RT_DEVICE_FLAG_INT_RX) != RT_EOK)
    {
        return -1;
    }
    rt_device_write(port, 0, "hello\n", 6);
    return rt_device_control(port, VIRTIO_DEVICE_CTRL_CONSOLE_PORT_DESTROY, RT_NULL);
}

int old_network(rt_uint8_t mac[6])
{
    return rt_device_control(rt_device_find("virtio-net0"), NIOCTL_GADDR, mac);
}

int old_gpu(void)
{
    struct rt_device_rect_info all = {0};
    rt_device_t gpu = rt_device_find("virtio-gpu0");

    if (gpu == RT_NULL || rt_device_open(gpu, 0) != RT_EOK)
    {
        return -1;
    }
    draw = rt_graphix_ops(gpu);
    rt_device_control(gpu, VIRTIO_DEVICE_CTRL_GPU_SET_PRIMARY, RT_NULL);
    rt_device_control(gpu, VIRTIO_DEVICE_CTRL_GPU_CREATE_2D, (void *)RTGRAPHIC_PIXEL_FORMAT_RGB888);
    rt_device_control(gpu, RTGRAPHIC_CTRL_GET_INFO, &screen);
    rt_memset(screen.framebuffer, 0xff, screen.width * screen.height * (screen.bits_per_pixel / 8));
    draw->draw_hline("\xff\0\0\0", 0, screen.width, 0);
    draw->draw_vline("\0\xff\0\0", 0, 0, screen.height);
    all.width = screen.width;
    all.height = screen.height;
    rt_device_control(gpu, RTGRAPHIC_CTRL_RECT_UPDATE, &all);
    rt_device_control(gpu, VIRTIO_DEVICE_CTRL_CURSOR_SETUP, cursor);
    rt_device_control(gpu, VIRTIO_DEVICE_CTRL_CURSOR_SET_IMG, cursor);
    return rt_device_control(gpu, VIRTIO_DEVICE_CTRL_CURSOR_MOVE, (rt_uint32_t[]){1, 2});
}

static void take(struct virtio_input_event event)
{
    if (event.type == EV_ABS)
    {
        pointer[event.code == ABS_Y ? VIRTIO_INPUT_ABS_AXIS_Y : VIRTIO_INPUT_ABS_AXIS_X] = event.value;
    }
    else if (event.type == EV_REL && (event.code == REL_X || event.code == REL_Y))
    {
        pointer[event.code] += event.value;
    }
    else if (event.type == EV_KEY && (event.code == BTN_LEFT || event.code == KEY_A))
    {
        pointer[0] = pointer[1] = 0;
    }
}

int old_input(void)
{
    rt_ubase_t types[BITS_TO_LONGS(EV_CNT)], keys[BITS_TO_LONGS(KEY_CNT)];
    rt_ubase_t relative[BITS_TO_LONGS(REL_CNT)], absolute[BITS_TO_LONGS(ABS_CNT)];
    struct virtio_input_event light = {EV_LED, LED_CAPSL, 1};
    struct virtio_input_config axis;
    enum virtio_input_type type;
    char name[RT_NAME_MAX];
    int number;

    for (number = 0; number < 3; number++)
    {
        rt_device_t device;

        rt_snprintf(name, RT_NAME_MAX, "virtio-input%d", number);
        device = rt_device_find(name);
        if (device == RT_NULL || rt_device_open(device, 0) != RT_EOK)
        {
            return -1;
        }
        rt_device_control(device, VIRTIO_DEVICE_CTRL_INPUT_GET_TYPE, &type);
        rt_device_control(device, VIRTIO_DEVICE_CTRL_INPUT_GET_EV_BIT, types);
        rt_device_control(device, VIRTIO_DEVICE_CTRL_INPUT_GET_KEY_BIT, keys);
        rt_device_control(device, VIRTIO_DEVICE_CTRL_INPUT_GET_REL_BIT, relative);
        rt_device_control(device, VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_BIT, absolute);
        if (type == VIRTIO_INPUT_TYPE_TABLET && (types[BIT_WORD(EV_ABS)] & BIT_MASK(EV_ABS)))
        {
            rt_device_control(device, VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_X_INFO, &axis);
            pointer[0] = axis.abs.max - axis.abs.min;
            rt_device_control(device, VIRTIO_DEVICE_CTRL_INPUT_GET_ABS_Y_INFO, &axis);
            pointer[1] = axis.abs.max - axis.abs.min;
        }
        rt_device_control(device, VIRTIO_DEVICE_CTRL_INPUT_SET_STATUS, &light);
        rt_device_control(device, VIRTIO_DEVICE_CTRL_INPUT_BIND_BSCT_HANDLER, (void *)take);
    }
    return 0;
}
