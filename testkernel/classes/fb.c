/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A command that uses fb0 (RT_VIRTIO_GPU_FB), with numbers and layouts of its own, as programs for Linux have them.
 */

#include <rtthread.h>

#ifdef RT_VIRTIO_GPU_FB

#include <finsh.h>
#include <stdlib.h>
#include <string.h>

#include <dfs_file.h>

/* 32-bit words of struct fb_var_screeninfo. */
#define XRES   0
#define YRES   1
#define YVIRT  3
#define YOFF   5
#define BPP    6
#define RED    8
#define GREEN  11
#define BLUE   14
#define TEST   21
#define HEIGHT 22
#define WIDTH  23

struct fix
{
    char id[16];
    unsigned long smem_start;
    uint32_t smem_len, type, type_aux, visual;
    uint16_t xpanstep, ypanstep, ywrapstep;
    uint32_t line_length;
    unsigned long mmio_start;
    uint32_t mmio_len, accel;
    uint16_t capabilities, reserved[2];
};

static uint32_t var[40];
static void *mapped;

static void print(rt_device_t dev)
{
    struct fix fix;
    rt_err_t result;

    memset(var, 0xa5, sizeof(var));
    memset(&fix, 0xa5, sizeof(fix));
    result = rt_device_control(dev, 0x4600, var);
    rt_kprintf("var %d: %u by %u of %u, at %u, %u bits, red %u+%u green %u+%u blue %u+%u, %d by %d mm\n", (int)result,
               (unsigned int)var[XRES], (unsigned int)var[YRES], (unsigned int)var[YVIRT], (unsigned int)var[YOFF],
               (unsigned int)var[BPP], (unsigned int)var[RED], (unsigned int)var[RED + 1], (unsigned int)var[GREEN],
               (unsigned int)var[GREEN + 1], (unsigned int)var[BLUE], (unsigned int)var[BLUE + 1], (int)var[WIDTH],
               (int)var[HEIGHT]);
    result = rt_device_control(dev, 0x4602, &fix);
    rt_kprintf("fix %d: \"%s\" page %lu, %u bytes, type %u, visual %u, step %u, line %u\n", (int)result, fix.id,
               fix.smem_start & 4095, (unsigned int)fix.smem_len, (unsigned int)fix.type, (unsigned int)fix.visual,
               (unsigned int)fix.ypanstep, (unsigned int)fix.line_length);
}

static rt_err_t map(rt_device_t dev, long page, unsigned long length)
{
    struct dfs_mmap2_args args = {0};
    rt_err_t result;

    args.length = length;
    args.pgoffset = page;
    args.ret = (void *)-1;
    result = rt_device_control(dev, (int)RT_FIOMMAP2, &args);
    mapped = result == RT_EOK ? args.ret : mapped;
    rt_kprintf("map %d%s\n", (int)result, args.ret == (void *)-1 ? "" : ", somewhere");
    return RT_EOK;
}

static rt_err_t put(rt_device_t dev, int argc, char **argv)
{
    rt_device_control(dev, 0x4600, var);
    var[XRES] = (uint32_t)atoi(argv[2]);
    var[YRES] = (uint32_t)atoi(argv[3]);
    var[2] = var[XRES];
    var[BPP] = (uint32_t)atoi(argv[4]);
    var[YOFF] = 0;
    var[TEST] = argc > 6 ? 2 : 0;
    memset(&var[RED], 0, 9 * sizeof(var[0]));
    if (argc > 5 && rt_strcmp(argv[5], "rgb") == 0)
    {
        var[RED + 1] = var[GREEN + 1] = var[BLUE + 1] = 8;
        var[GREEN] = 8;
        var[BLUE] = 16;
    }
    return rt_device_control(dev, 0x4601, var);
}

static rt_err_t use(rt_device_t dev, int argc, char **argv)
{
    unsigned long number = argc > 2 ? strtoul(argv[2], RT_NULL, 0) : 0;
    unsigned long i;

    if (rt_strcmp(argv[1], "info") == 0)
    {
        print(dev);
        return RT_EOK;
    }
    if (rt_strcmp(argv[1], "map") == 0 && argc > 3)
    {
        return map(dev, atol(argv[2]), strtoul(argv[3], RT_NULL, 0));
    }
    if (rt_strcmp(argv[1], "fill") == 0 && argc > 3 && mapped != RT_NULL)
    {
        for (i = 0; i < strtoul(argv[3], RT_NULL, 0); i++)
        {
            ((uint32_t *)mapped)[i] = (uint32_t)number;
        }
        return RT_EOK;
    }
    if (rt_strcmp(argv[1], "put") == 0 && argc > 4)
    {
        return put(dev, argc, argv);
    }
    if (rt_strcmp(argv[1], "pan") == 0)
    {
        rt_device_control(dev, 0x4600, var);
        var[YOFF] = (uint32_t)number;
        return rt_device_control(dev, 0x4606, argc > 2 ? var : RT_NULL);
    }
    if (rt_strcmp(argv[1], "blank") == 0)
    {
        return rt_device_control(dev, 0x4611, (void *)number);
    }
    if (rt_strcmp(argv[1], "wait") == 0)
    {
        return rt_device_control(dev, 0x4620, RT_NULL);
    }
    if (rt_strcmp(argv[1], "other") == 0)
    {
        return rt_device_control(dev, (int)number, var);
    }
    return -RT_EINVAL;
}

static int as_fb(int argc, char **argv)
{
    rt_device_t dev = rt_device_find("fb0");
    rt_err_t result;

    if (dev == RT_NULL || argc < 2)
    {
        rt_kprintf("%s\n", dev == RT_NULL ? "no fb0"
                                          : "as_fb info|map PAGE BYTES|fill WORD COUNT|put W H BITS [rgb] [test]|"
                                            "pan [LINE]|blank N|wait|other N");
        return -1;
    }
    result = rt_device_open(dev, RT_DEVICE_OFLAG_RDWR);
    if (result == RT_EOK)
    {
        result = use(dev, argc, argv);
        rt_device_close(dev);
    }
    if (result != RT_EOK)
    {
        rt_kprintf("error %d\n", (int)result);
    }
    return 0;
}
MSH_CMD_EXPORT(as_fb, use fb0 as a program would);

#endif /* RT_VIRTIO_GPU_FB */
