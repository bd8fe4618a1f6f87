/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command `nic`: the control commands of network devices.
 */
#include "rt_virtio.h"

#if defined(RT_USING_VIRTIO_SHELL) && defined(RT_USING_VIRTIO_NET) && defined(RT_USING_LWIP)

#include <finsh.h>
#include <stdlib.h>

#include <virtio_net.h>

static int usage(void)
{
    rt_kputs("usage: nic NAME promiscuous on|off           let all frames through\n"
             "       nic NAME multicast all|joined         multicast of all groups, or of those that lwIP is in\n"
             "       nic NAME vlan add|remove ID           let frames of a VLAN through\n"
             "       nic NAME mac XX:XX:XX:XX:XX:XX        another address\n"
             "       nic NAME offload none|checksum|merge  what the device does for received frames\n"
             "       nic NAME coalesce rx|tx USECS FRAMES  notify later\n");
    return -1;
}

/* The bits of the receive mode that were set here, for all devices alike: a user has one at a time in mind. */
static int set_mode(rt_device_t dev, rt_uint32_t bit, rt_bool_t on)
{
    static rt_uint32_t mode;

    mode = on ? mode | bit : mode & ~bit;
    return rt_device_control(dev, RT_VIRTIO_NET_CTRL_SET_MODE, &mode);
}

static rt_bool_t parse_mac(const char *text, rt_uint8_t mac[6])
{
    char *end;
    int i;

    for (i = 0; i < 6; i++, text = end + 1)
    {
        mac[i] = (rt_uint8_t)strtoul(text, &end, 16);
        if (end == text || *end != (i < 5 ? ':' : '\0'))
        {
            return RT_FALSE;
        }
    }
    return RT_TRUE;
}

/* RT-Thread's error, or 1 for bad usage. */
static int run(rt_device_t dev, int argc, char **argv)
{
    const char *what = argv[2];
    const char *how = argv[3];
    struct rt_virtio_net_coalescing coalescing;
    rt_uint32_t offloads;
    rt_uint16_t vlan;
    rt_uint8_t mac[6];

    if (rt_strcmp(what, "promiscuous") == 0 && argc == 4)
    {
        return set_mode(dev, RT_VIRTIO_NET_PROMISCUOUS, rt_strcmp(how, "on") == 0);
    }
    if (rt_strcmp(what, "multicast") == 0 && argc == 4)
    {
        return set_mode(dev, RT_VIRTIO_NET_ALL_MULTICAST, rt_strcmp(how, "all") == 0);
    }
    if (rt_strcmp(what, "vlan") == 0 && argc == 5)
    {
        vlan = (rt_uint16_t)atoi(argv[4]);
        return rt_device_control(
            dev, rt_strcmp(how, "add") == 0 ? RT_VIRTIO_NET_CTRL_ADD_VLAN : RT_VIRTIO_NET_CTRL_REMOVE_VLAN, &vlan);
    }
    if (rt_strcmp(what, "mac") == 0 && argc == 4 && parse_mac(how, mac))
    {
        return rt_device_control(dev, RT_VIRTIO_NET_CTRL_SET_MAC, mac);
    }
    if (rt_strcmp(what, "offload") == 0 && argc == 4)
    {
        offloads = rt_strcmp(how, "none") == 0       ? 0
                   : rt_strcmp(how, "checksum") == 0 ? RT_VIRTIO_NET_RX_CHECKSUM
                                                     : RT_VIRTIO_NET_RX_CHECKSUM | RT_VIRTIO_NET_RX_MERGE;
        return rt_device_control(dev, RT_VIRTIO_NET_CTRL_SET_OFFLOADS, &offloads);
    }
    if (rt_strcmp(what, "coalesce") == 0 && argc == 6)
    {
        coalescing.transmit = rt_strcmp(how, "tx") == 0;
        coalescing.max_microseconds = (rt_uint32_t)strtoul(argv[4], RT_NULL, 0);
        coalescing.max_frames = (rt_uint32_t)strtoul(argv[5], RT_NULL, 0);
        return rt_device_control(dev, RT_VIRTIO_NET_CTRL_SET_COALESCING, &coalescing);
    }
    return 1;
}

static int command(int argc, char **argv)
{
    struct rt_virtio_device *device = argc >= 4 ? rt_virtio_find(argv[1]) : RT_NULL;
    rt_device_t dev;
    int result;

    if (argc < 4)
    {
        return usage();
    }
    dev = device != RT_NULL && device->core.id == VIRTIO_ID_NET ? rt_device_find(argv[1]) : RT_NULL;
    if (dev == RT_NULL)
    {
        rt_kprintf("nic: no network device %s; `virtio` lists them\n", argv[1]);
        return -1;
    }
    result = run(dev, argc, argv);
    if (result == 1)
    {
        return usage();
    }
    if (result != RT_EOK)
    {
        rt_kprintf("nic: %s: %s\n", argv[1], result == -RT_ENOSYS ? "the device cannot do that" : "not possible");
        return -1;
    }
    return 0;
}

static int nic(int argc, char **argv)
{
    int result;

    rt_virtio_hold_list();
    result = command(argc, argv);
    rt_virtio_release_list();
    return result;
}
MSH_CMD_EXPORT(nic, network devices : promiscuous or multicast or vlan or mac or offload or coalesce);

#endif
