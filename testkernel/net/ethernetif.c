/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet devices and lwIP: two threads between them. "erx" fetches frames from the drivers that have said that there
 * are some, "etx" hands frames to the drivers while the thread that sends waits.
 */

#include <lwip/dhcp.h>
#include <lwip/ethip6.h>
#include <lwip/etharp.h>
#include <lwip/netifapi.h>
#include <lwip/stats.h>
#include <lwip/tcpip.h>

#include <netif/ethernetif.h>

#ifndef LWIP_NO_RX_THREAD
static struct rt_thread erx_thread;
static struct rt_mailbox erx_mailbox;
static rt_ubase_t erx_pool[RT_LWIP_ETHTHREAD_MBOX_SIZE];
static rt_uint8_t erx_stack[RT_LWIP_ETHTHREAD_STACKSIZE] rt_align(16);
#endif

/* Posted in place of a device: everything posted before it has been served. */
static struct rt_semaphore drained;
#define DRAIN ((rt_ubase_t)&drained)

/* ---- send ---- */

#ifdef LWIP_NO_TX_THREAD

static err_t link_output(struct netif *netif, struct pbuf *p)
{
    struct eth_device *dev = (struct eth_device *)netif->state;

    LINK_STATS_INC(link.xmit);
    return dev->eth_tx(&dev->parent, p) == RT_EOK ? ERR_OK : ERR_IF;
}

#else

struct tx_message
{
    struct eth_device *dev;
    struct pbuf *p;
    struct rt_semaphore done;
};

static struct rt_thread etx_thread;
static struct rt_mailbox etx_mailbox;
static rt_ubase_t etx_pool[RT_LWIP_ETHTHREAD_MBOX_SIZE];
static rt_uint8_t etx_stack[RT_LWIP_ETHTHREAD_STACKSIZE] rt_align(16);

static void etx_entry(void *parameter)
{
    rt_ubase_t value;

    RT_UNUSED(parameter);
    for (;;)
    {
        if (rt_mb_recv(&etx_mailbox, &value, RT_WAITING_FOREVER) == RT_EOK)
        {
            struct tx_message *message = (struct tx_message *)value;

            /* As in RT-Thread, the sender does not learn the result. */
            (void)message->dev->eth_tx(&message->dev->parent, message->p);
            LINK_STATS_INC(link.xmit);
            rt_sem_release(&message->done);
        }
    }
}

static err_t link_output(struct netif *netif, struct pbuf *p)
{
    struct tx_message message;
    err_t result = ERR_IF;

    message.dev = (struct eth_device *)netif->state;
    message.p = p;
    rt_sem_init(&message.done, "etxdone", 0, RT_IPC_FLAG_FIFO);
    if (rt_mb_send_wait(&etx_mailbox, (rt_ubase_t)&message, RT_WAITING_FOREVER) == RT_EOK)
    {
        rt_sem_take(&message.done, RT_WAITING_FOREVER);
        result = ERR_OK;
    }
    rt_sem_detach(&message.done);

    return result;
}

#endif /* LWIP_NO_TX_THREAD */

/* ---- receive ---- */

#ifdef LWIP_NO_RX_THREAD

/* Drivers hand over frames by themselves. Thread. */
rt_err_t eth_device_linkchange(struct eth_device *dev, rt_bool_t up)
{
    if (up)
    {
        netifapi_netif_set_link_up(dev->netif);
    }
    else
    {
        netifapi_netif_set_link_down(dev->netif);
    }
    return RT_EOK;
}

#else

static void serve_link(struct eth_device *dev, struct netif *netif)
{
    rt_base_t level = rt_hw_interrupt_disable();
    rt_bool_t changed = dev->link_changed != 0;
    rt_bool_t up = dev->link_status != 0;

    dev->link_changed = 0;
    rt_hw_interrupt_enable(level);

    if (changed)
    {
        if (up)
        {
            netifapi_netif_set_link_up(netif);
        }
        else
        {
            netifapi_netif_set_link_down(netif);
        }
    }
}

static void serve_frames(struct eth_device *dev, struct netif *netif)
{
    rt_base_t level;
    struct pbuf *p;

    /* First, so that what comes in from now on is announced again. Not between another CPU's look at it and its mark.
     */
    level = rt_hw_interrupt_disable();
    dev->rx_notice = RT_FALSE;
    rt_hw_interrupt_enable(level);
    if (dev->eth_rx == RT_NULL)
    {
        return;
    }
    while ((p = dev->eth_rx(&dev->parent)) != RT_NULL)
    {
        LINK_STATS_INC(link.recv);
        if (netif->input(p, netif) != ERR_OK)
        {
            LINK_STATS_INC(link.drop);
            pbuf_free(p);
        }
    }
}

static void erx_entry(void *parameter)
{
    rt_ubase_t value;

    RT_UNUSED(parameter);
    for (;;)
    {
        struct eth_device *dev;
        struct netif *netif;

        if (rt_mb_recv(&erx_mailbox, &value, RT_WAITING_FOREVER) != RT_EOK)
        {
            continue;
        }
        if (value == DRAIN)
        {
            rt_sem_release(&drained);
            continue;
        }
        dev = (struct eth_device *)value;
        netif = dev->netif; /* may be taken from the device meanwhile, but stays until the mailbox is drained */
        if (netif != RT_NULL)
        {
            serve_link(dev, netif);
            serve_frames(dev, netif);
        }
    }
}

rt_err_t eth_device_ready(struct eth_device *dev)
{
    rt_base_t level;
    rt_bool_t noticed;

    if (dev->netif == RT_NULL)
    {
        return -RT_ERROR;
    }
    level = rt_hw_interrupt_disable();
    noticed = dev->rx_notice != RT_FALSE;
    dev->rx_notice = RT_TRUE;
    rt_hw_interrupt_enable(level);

    return noticed ? RT_EOK : rt_mb_send(&erx_mailbox, (rt_ubase_t)dev);
}

rt_err_t eth_device_linkchange(struct eth_device *dev, rt_bool_t up)
{
    rt_base_t level = rt_hw_interrupt_disable();

    dev->link_changed = 1;
    dev->link_status = up != RT_FALSE;
    rt_hw_interrupt_enable(level);

    return rt_mb_send(&erx_mailbox, (rt_ubase_t)dev);
}

#endif

/* ---- life of a device ---- */

/* Called by netif_add(), with the core locked. */
static err_t device_netif_init(struct netif *netif)
{
    struct eth_device *dev = (struct eth_device *)netif->state;

    if (rt_device_init(&dev->parent) != RT_EOK || rt_device_open(&dev->parent, RT_DEVICE_OFLAG_RDWR) != RT_EOK)
    {
        return ERR_IF;
    }
    netif->flags = (u8_t)(dev->flags & 0xff);
    netif->mtu = ETHERNET_MTU;
    netif->output = etharp_output;
    netif->linkoutput = link_output;
#if LWIP_NETIF_HOSTNAME
    netif->hostname = "rtthread";
#endif
#if LWIP_IPV6
    netif->output_ip6 = ethip6_output;
#if LWIP_IPV6_MLD
    netif->flags |= NETIF_FLAG_MLD6;
#endif
    netif_create_ip6_linklocal_address(netif, 1);
#if LWIP_IPV6_AUTOCONFIG
    netif_set_ip6_autoconfig_enabled(netif, 1);
#endif
#endif
    if (netif_default == RT_NULL)
    {
        netif_set_default(netif);
    }
    netif_set_up(netif);
#if LWIP_DHCP
    dhcp_start(netif);
#endif
    if (dev->flags & ETHIF_LINK_PHYUP)
    {
        netif_set_link_up(netif);
    }

    return ERR_OK;
}

rt_err_t eth_device_init_with_flag(struct eth_device *dev, const char *name, rt_uint16_t flags)
{
    ip4_addr_t none;
    struct netif *netif = (struct netif *)rt_calloc(1, sizeof(*netif));
    rt_err_t result;

    if (netif == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    dev->netif =
        netif; /* from here on, as in RT-Thread, whose drivers may look at it when they are asked for the address */
    dev->flags = flags;
    dev->link_changed = 0;
    dev->link_status = 0;
    dev->rx_notice = RT_FALSE;
    dev->parent.type = RT_Device_Class_NetIf;
    result = rt_device_register(&dev->parent, name, RT_DEVICE_FLAG_RDWR);
    if (result == RT_EOK)
    {
        netif->name[0] = name[0];
        netif->name[1] = name[1];
        netif->hwaddr_len = NETIF_MAX_HWADDR_LEN;
        result = rt_device_control(&dev->parent, NIOCTL_GADDR, netif->hwaddr);
        if (result == RT_EOK && rt_thread_find(TCPIP_THREAD_NAME) != RT_NULL)
        {
            ip4_addr_set_zero(&none);
            if (netifapi_netif_add(netif, &none, &none, &none, dev, device_netif_init, tcpip_input) == ERR_OK)
            {
                return RT_EOK;
            }
            result = -RT_ERROR;
        }
        else if (result == RT_EOK)
        {
            result = -RT_ERROR; /* too early: lwIP is not up */
        }
        rt_device_unregister(&dev->parent);
    }
    dev->netif = RT_NULL;
    rt_free(netif);

    return result;
}

rt_err_t eth_device_init(struct eth_device *dev, const char *name)
{
    rt_uint16_t flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP;

#if LWIP_IGMP
    flags |= NETIF_FLAG_IGMP;
#endif

    return eth_device_init_with_flag(dev, name, flags);
}

static void release_semaphore(void *arg)
{
    rt_sem_release((rt_sem_t)arg);
}

void eth_device_deinit(struct eth_device *dev)
{
    struct netif *netif = dev->netif;

    if (netif != RT_NULL)
    {
#if LWIP_DHCP
        netifapi_dhcp_release_and_stop(netif);
        LOCK_TCPIP_CORE();
        dhcp_cleanup(netif);
        UNLOCK_TCPIP_CORE();
#endif
        netifapi_netif_set_down(netif);
        netifapi_netif_remove(netif);
        /*
         * What the receive thread still has to do for it, it does now, and then lwIP's with the frames that it got;
         * nothing new is begun without a netif.
         */
        dev->netif = RT_NULL;
#ifndef LWIP_NO_RX_THREAD
        rt_mb_send_wait(&erx_mailbox, DRAIN, RT_WAITING_FOREVER);
        rt_sem_take(&drained, RT_WAITING_FOREVER);
#endif
        while (tcpip_callback(release_semaphore, &drained) != ERR_OK)
        {
            rt_thread_mdelay(1);
        }
        rt_sem_take(&drained, RT_WAITING_FOREVER);
    }
    rt_device_close(&dev->parent);
    rt_device_unregister(&dev->parent);
    rt_free(netif);
}

struct eth_device *eth_device_of(struct netif *netif)
{
    return netif->linkoutput == link_output ? (struct eth_device *)netif->state : RT_NULL;
}

/* ---- the threads ---- */

int eth_system_device_init(void)
{
    rt_sem_init(&drained, "ethdrain", 0, RT_IPC_FLAG_FIFO);
#ifndef LWIP_NO_RX_THREAD
    rt_mb_init(&erx_mailbox, "erxmb", erx_pool, RT_ARRAY_SIZE(erx_pool), RT_IPC_FLAG_FIFO);
    rt_thread_init(&erx_thread, "erx", erx_entry, RT_NULL, erx_stack, sizeof(erx_stack), RT_LWIP_ETHTHREAD_PRIORITY,
                   16);
    rt_thread_startup(&erx_thread);
#endif
#ifndef LWIP_NO_TX_THREAD
    rt_mb_init(&etx_mailbox, "etxmb", etx_pool, RT_ARRAY_SIZE(etx_pool), RT_IPC_FLAG_FIFO);
    rt_thread_init(&etx_thread, "etx", etx_entry, RT_NULL, etx_stack, sizeof(etx_stack), RT_LWIP_ETHTHREAD_PRIORITY,
                   16);
    rt_thread_startup(&etx_thread);
#endif

    return 0;
}
INIT_PREV_EXPORT(eth_system_device_init);
