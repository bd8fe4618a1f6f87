/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VirtIO network devices in RT-Thread: virtio-net0, virtio-net1, ... as Ethernet devices of lwIP (eth_device).
 *
 * lwIP names an interface by the first two letters of its device: virtio-net0 is "vi", and because no two may have the
 * same name, virtio-net1 is "v1", virtio-net2 "v2", and so on.
 *
 * The link follows the device's status, the MTU is the device's, the address is the device's or, if it has none, a
 * random one that is locally administered. Groups that lwIP joins are let through, other multicast is not.
 *
 * Control commands, beside NIOCTL_GADDR. All of them return -RT_ENOSYS if the device cannot do it, and -RT_EINVAL for
 * arguments that make no sense; what they ask for is said to the device afterwards, and again after a reset. Threads.
 */
#ifndef __VIRTIO_NET_H__
#define __VIRTIO_NET_H__

#include <rtthread.h>

#ifdef RT_USING_VIRTIO_NET

#ifdef RT_USING_LWIP
#include <netif/ethernetif.h>
#endif

#include <virtio.h>

rt_err_t rt_virtio_net_init(rt_ubase_t *mmio_base, rt_uint32_t irq);

/* Which frames are let through besides those for this interface, as bits in a rt_uint32_t. */
#define RT_VIRTIO_NET_CTRL_SET_MODE 0x20
#define RT_VIRTIO_NET_PROMISCUOUS   0x01u /* all */
#define RT_VIRTIO_NET_ALL_MULTICAST 0x02u

/* Let frames of a VLAN through (a device that can filter them lets none through), or no longer. rt_uint16_t. */
#define RT_VIRTIO_NET_CTRL_ADD_VLAN    0x21
#define RT_VIRTIO_NET_CTRL_REMOVE_VLAN 0x22

/* Another address for the interface. rt_uint8_t[6], unicast. */
#define RT_VIRTIO_NET_CTRL_SET_MAC 0x23

/* What the device does for frames that it receives; on from the start as far as the device can. rt_uint32_t. */
#define RT_VIRTIO_NET_CTRL_SET_OFFLOADS 0x24
#define RT_VIRTIO_NET_RX_CHECKSUM       0x01u /* checks checksums, or leaves them out between neighbours */
#define RT_VIRTIO_NET_RX_MERGE          0x02u /* makes one frame of many TCP segments; needs RX_CHECKSUM */

/* When the device notifies: after so many frames, or so long after the first. 0: as soon as it can. */
#define RT_VIRTIO_NET_CTRL_SET_COALESCING 0x25

struct rt_virtio_net_coalescing
{
    rt_bool_t transmit;
    rt_uint32_t max_microseconds;
    rt_uint32_t max_frames;
};

#endif

#endif /* __VIRTIO_NET_H__ */
