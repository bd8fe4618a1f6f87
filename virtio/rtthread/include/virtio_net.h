/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VirtIO network devices in RT-Thread: virtio-net0, virtio-net1, ... as Ethernet devices of lwIP (eth_device).
 */
#ifndef __VIRTIO_NET_H__
#define __VIRTIO_NET_H__

#include <rtthread.h>

#ifdef RT_USING_VIRTIO_NET

#include <netif/ethernetif.h>

rt_err_t rt_virtio_net_init(rt_ubase_t *mmio_base, rt_uint32_t irq);

#endif

#endif /* __VIRTIO_NET_H__ */
