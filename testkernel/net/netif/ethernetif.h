/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RT-Thread's interface between an Ethernet driver and lwIP.
 */

#ifndef __NETIF_ETHERNETIF_H__
#define __NETIF_ETHERNETIF_H__

#include <rtthread.h>
#include <lwip/netif.h>

#ifdef __cplusplus
extern "C"
{
#endif

/* Control command of the driver: its MAC address, into rt_uint8_t[6]. Comes before the device is initialised. */
#define NIOCTL_GADDR 0x01

#ifndef RT_LWIP_ETH_MTU
#define RT_LWIP_ETH_MTU 1500
#endif
#define ETHERNET_MTU RT_LWIP_ETH_MTU

/* For eth_device_init_with_flag(), beside lwIP's NETIF_FLAG_...: the link is up from the start. */
#define ETHIF_LINK_AUTOUP 0x0000
#define ETHIF_LINK_PHYUP  0x0100

    /* First member of a driver's object; zeroed before registration. */
    struct eth_device
    {
        struct rt_device parent;

        struct netif *netif;

        rt_uint16_t flags;
        rt_uint8_t link_changed;
        rt_uint8_t link_status;
        rt_uint8_t rx_notice;

        /* Called until it returns null; each call returns one frame, which the stack frees. Thread "erx". */
        struct pbuf *(*eth_rx)(rt_device_t dev);
        /* Sends one frame, which stays the stack's. Thread "etx", or the caller's with LWIP_NO_TX_THREAD. */
        rt_err_t (*eth_tx)(rt_device_t dev, struct pbuf *p);
    };

    /*
     * Registers the device and gives it to lwIP, which initialises and opens it, and starts DHCP. The name of the
     * netif is the first two characters of `name`. Thread context; needs lwIP to be up.
     */
    rt_err_t eth_device_init(struct eth_device *dev, const char *name);
    rt_err_t eth_device_init_with_flag(struct eth_device *dev, const char *name, rt_uint16_t flags);
    void eth_device_deinit(struct eth_device *dev);

    /*
     * There are frames to fetch. Any context. -RT_ERROR before the device has a netif. -RT_EFULL if the receive
     * thread's mailbox is full: as in RT-Thread, rx_notice is left set then, and stays so until the thread looks at
     * the device for another reason.
     */
#ifndef LWIP_NO_RX_THREAD
    rt_err_t eth_device_ready(struct eth_device *dev);
#endif

    /* The link went up or down. Any context. */
    rt_err_t eth_device_linkchange(struct eth_device *dev, rt_bool_t up);

    /* The receive and send threads; called by the kernel's initialisation table. */
    int eth_system_device_init(void);

    /* Not in RT-Thread: the device of a netif, or null if it is of another kind. */
    struct eth_device *eth_device_of(struct netif *netif);

#ifdef __cplusplus
}
#endif

#endif /* __NETIF_ETHERNETIF_H__ */
