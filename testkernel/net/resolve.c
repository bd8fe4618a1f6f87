/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For shell commands: the address of a host, and what went wrong.
 */

#include <lwip/api.h>
#include <lwip/dhcp.h>
#include <lwip/netif.h>
#include <lwip/tcpip.h>
#include <netif/ethernetif.h>

#include "resolve.h"

#define STEP_MS 50

enum kind
{
    IPV4,
    IPV6_LINK, /* an address that is good on the link only */
    IPV6
};

/* Has the interface got an address that reaches one of this kind? Locked. */
static rt_bool_t has(struct netif *netif, enum kind kind)
{
    if (kind == IPV4)
    {
        return !ip4_addr_isany(netif_ip4_addr(netif));
    }
#if LWIP_IPV6
    /* The first is the link-local one. */
    for (int i = kind == IPV6_LINK ? 0 : 1; i < LWIP_IPV6_NUM_ADDRESSES; i++)
    {
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)))
        {
            return RT_TRUE;
        }
    }
#endif

    return RT_FALSE;
}

/* Has some interface an address, or is none about to get one? Locked. */
static rt_bool_t settled(enum kind kind)
{
    rt_bool_t pending = RT_FALSE;
    struct netif *netif;

    NETIF_FOREACH(netif)
    {
        if (eth_device_of(netif) == RT_NULL || !netif_is_up(netif) || !netif_is_link_up(netif))
        {
            continue;
        }
        if (has(netif, kind))
        {
            return RT_TRUE;
        }
        pending = pending || kind != IPV4 || (netif_dhcp_data(netif) != NULL && netif_dhcp_data(netif)->state != 0);
    }

    return !pending;
}

static void wait_settled(enum kind kind)
{
    rt_bool_t done = RT_FALSE;
    int waited;

    /* That there is no router is not said by anybody: less patience then. */
    for (waited = 0; !done && waited < (kind == IPV6 ? 4000 : 10000); waited += STEP_MS)
    {
        LOCK_TCPIP_CORE();
        done = settled(kind);
        UNLOCK_TCPIP_CORE();
        if (!done)
        {
            rt_thread_mdelay(STEP_MS);
        }
    }
}

rt_bool_t resolve(const char *command, const char *host, ip_addr_t *address)
{
    rt_bool_t number = ipaddr_aton(host, address) != 0;

    if (!number || !ip_addr_isloopback(address))
    {
        wait_settled(!number || IP_IS_V4_VAL(*address)         ? IPV4
                     : ip6_addr_islinklocal(ip_2_ip6(address)) ? IPV6_LINK
                                                               : IPV6);
    }
    if (!number && netconn_gethostbyname(host, address) != ERR_OK)
    {
        rt_kprintf("%s: %s: no such host\n", command, host);
        return RT_FALSE;
    }
#if LWIP_IPV6
    /* A link-local address without a zone: out of the default interface. */
    LOCK_TCPIP_CORE();
    if (IP_IS_V6_VAL(*address) && ip6_addr_lacks_zone(ip_2_ip6(address), IP6_UNICAST) && netif_default != NULL)
    {
        ip6_addr_assign_zone(ip_2_ip6(address), IP6_UNICAST, netif_default);
    }
    UNLOCK_TCPIP_CORE();
#endif

    return RT_TRUE;
}

const char *net_error(err_t error)
{
    switch (error)
    {
    case ERR_OK:
        return "no error";

    case ERR_MEM:
    case ERR_BUF:
        return "no memory";

    case ERR_TIMEOUT:
        return "the other side does not answer";

    case ERR_RTE:
        return "no route";

    case ERR_USE:
        return "the port is in use";

    case ERR_ABRT:
    case ERR_RST:
    case ERR_CONN:
        return "no connection, or the other side broke it off";

    case ERR_CLSD:
        return "the other side closed";

    case ERR_WOULDBLOCK:
        return "the other side takes nothing";

    default:
        return "failed";
    }
}
