/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receive thread of network devices, in builds that leave out RT-Thread's (LWIP_NO_RX_THREAD): it does what `erx`
 * does elsewhere.
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_NET) && defined(LWIP_NO_RX_THREAD)

#include "rt_virtio_net.h"

/* Devices that have frames; each is in it once at most. */
#define BOX_DEVICES 8

static struct rt_mailbox box;
static rt_ubase_t box_memory[BOX_DEVICES];
static rt_thread_t thread;

static void receive(void *parameter)
{
    struct eth_device *device;
    struct pbuf *p;
    rt_ubase_t value;

    (void)parameter;
    while (rt_mb_recv(&box, &value, RT_WAITING_FOREVER) == RT_EOK)
    {
        device = (struct eth_device *)value;
        device->rx_notice = RT_FALSE; /* first, so that whatever comes from here on is looked at again */
        while ((p = device->eth_rx(&device->parent)) != RT_NULL)
        {
            if (device->netif->input(p, device->netif) != ERR_OK)
            {
                pbuf_free(p);
            }
        }
    }
}

rt_err_t rt_virtio_net_thread_ready(struct eth_device *device)
{
    if (device->netif == RT_NULL)
    {
        return -RT_ERROR;
    }
    if (device->rx_notice)
    {
        return RT_EOK;
    }
    device->rx_notice = RT_TRUE;
    return rt_mb_send(&box, (rt_ubase_t)device);
}

rt_err_t rt_virtio_net_thread_start(void)
{
    if (thread != RT_NULL)
    {
        return RT_EOK;
    }
    rt_mb_init(&box, "vnet", box_memory, BOX_DEVICES, RT_IPC_FLAG_FIFO);
    thread = rt_thread_create("vnet", receive, RT_NULL, RT_VIRTIO_NET_STACK_SIZE, RT_VIRTIO_NET_PRIORITY, 10);
    if (thread == RT_NULL)
    {
        rt_mb_detach(&box);
        return -RT_ENOMEM;
    }
    return rt_thread_startup(thread);
}

#endif /* RT_USING_VIRTIO_NET && LWIP_NO_RX_THREAD */
