/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell commands: ifconfig (interfaces) and netstat (connections, and lwIP's counters).
 *
 * Texts are made under the core's lock and printed without it: the console is slow.
 */

#include <string.h>

#include <finsh.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/stats.h>
#include <lwip/tcpip.h>
#include <lwip/udp.h>
#include <netif/ethernetif.h>

#define TEXT_MAX 8192

static char *text;
static rt_size_t text_length;

static void add(const char *format, ...)
{
    va_list args;
    int added;

    va_start(args, format);
    added = rt_vsnprintf(text + text_length, TEXT_MAX - text_length, format, args);
    va_end(args);
    text_length = RT_MIN(text_length + (rt_size_t)RT_MAX(added, 0), (rt_size_t)TEXT_MAX - 1);
}

/* Prints what `write` adds. The shell is one thread: one text at a time. */
static int print_locked(void (*write)(void *), void *parameter)
{
    text = (char *)rt_malloc(TEXT_MAX);
    if (text == RT_NULL)
    {
        rt_kprintf("no memory\n");
        return -1;
    }
    text_length = 0;
    text[0] = '\0';
    LOCK_TCPIP_CORE();
    write(parameter);
    UNLOCK_TCPIP_CORE();
    rt_kputs(text);
    rt_free(text);

    return 0;
}

/* ---- ifconfig ---- */

/* lwIP's name: two letters and a number. */
static void short_name(struct netif *netif, char name[8])
{
    rt_snprintf(name, 8, "%c%c%u", netif->name[0], netif->name[1], netif->num);
}

/* By the device's name or by lwIP's. Locked. */
static struct netif *find(const char *wanted)
{
    struct netif *netif;

    NETIF_FOREACH(netif)
    {
        struct eth_device *dev = eth_device_of(netif);
        char name[8];

        short_name(netif, name);
        if (strcmp(name, wanted) == 0 || (dev != RT_NULL && strncmp(dev->parent.parent.name, wanted, RT_NAME_MAX) == 0))
        {
            return netif;
        }
    }

    return RT_NULL;
}

static void add_addresses(struct netif *netif)
{
    char address[3][IPADDR_STRLEN_MAX];

    ip4addr_ntoa_r(netif_ip4_addr(netif), address[0], sizeof(address[0]));
    ip4addr_ntoa_r(netif_ip4_netmask(netif), address[1], sizeof(address[1]));
    ip4addr_ntoa_r(netif_ip4_gw(netif), address[2], sizeof(address[2]));
    add("    inet %s netmask %s gateway %s%s\n", address[0], address[1], address[2],
        netif_dhcp_data(netif) == NULL || netif_dhcp_data(netif)->state == 0 ? ""
        : dhcp_supplied_address(netif)                                       ? " (DHCP)"
                                                                             : " (DHCP: waiting)");
#if LWIP_IPV6
    {
        int i;

        for (i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
        {
            u8_t state = netif_ip6_addr_state(netif, i);

            if (ip6_addr_isinvalid(state))
            {
                continue;
            }
            ip6addr_ntoa_r(netif_ip6_addr(netif, i), address[0], sizeof(address[0]));
            add("    inet6 %s%s\n", address[0],
                ip6_addr_istentative(state)                                       ? " (tentative)"
                : ip6_addr_isduplicated(state)                                    ? " (duplicated)"
                : !ip6_addr_ispreferred(state) && eth_device_of(netif) != RT_NULL ? " (deprecated)"
                                                                                  : "");
        }
    }
#endif
}

static void add_interface(struct netif *netif)
{
    struct eth_device *dev = eth_device_of(netif);
    char name[8];

    short_name(netif, name);
    if (dev != RT_NULL)
    {
        add("%.*s (%s):", RT_NAME_MAX, dev->parent.parent.name, name);
    }
    else
    {
        add("%s:", name);
    }
    add(" %s, link %s%s%s, MTU %u\n", netif_is_up(netif) ? "up" : "down", netif_is_link_up(netif) ? "up" : "down",
        netif->flags & NETIF_FLAG_BROADCAST ? ", broadcast" : "", netif == netif_default ? ", default" : "",
        netif->mtu);
    if (netif->hwaddr_len == NETIF_MAX_HWADDR_LEN)
    {
        add("    MAC %02x:%02x:%02x:%02x:%02x:%02x\n", netif->hwaddr[0], netif->hwaddr[1], netif->hwaddr[2],
            netif->hwaddr[3], netif->hwaddr[4], netif->hwaddr[5]);
    }
    add_addresses(netif);
}

static void add_interfaces(void *parameter)
{
    struct netif *netif;
    u8_t i;

    RT_UNUSED(parameter);
    NETIF_FOREACH(netif)
    {
        add_interface(netif);
    }
    for (i = 0; i < DNS_MAX_SERVERS; i++)
    {
        if (!ip_addr_isany(dns_getserver(i)))
        {
            char address[IPADDR_STRLEN_MAX];

            add("DNS server %s\n", ipaddr_ntoa_r(dns_getserver(i), address, sizeof(address)));
        }
    }
}

/* Locked. Null, or what is wrong. */
static const char *configure(struct netif *netif, int argc, char **argv)
{
    ip4_addr_t ip;
    ip4_addr_t gateway;
    ip4_addr_t mask;

    if (argc == 3 && strcmp(argv[2], "up") == 0)
    {
        netif_set_up(netif);
        return RT_NULL;
    }
    if (argc == 3 && strcmp(argv[2], "down") == 0)
    {
        netif_set_down(netif);
        return RT_NULL;
    }
    if (argc == 3 && strcmp(argv[2], "dhcp") == 0)
    {
        return dhcp_start(netif) == ERR_OK ? RT_NULL : "DHCP cannot be started";
    }
    if (argc != 5 || !ip4addr_aton(argv[2], &ip) || !ip4addr_aton(argv[3], &gateway) || !ip4addr_aton(argv[4], &mask))
    {
        return "usage: ifconfig [NAME dhcp|up|down|IP GATEWAY NETMASK]";
    }
    if (netif_dhcp_data(netif) != NULL)
    {
        dhcp_release_and_stop(netif);
    }
    netif_set_addr(netif, &ip, &mask, &gateway);

    return RT_NULL;
}

static void add_one(void *parameter)
{
    char **argv = (char **)parameter;
    struct netif *netif = find(argv[1]);
    const char *problem;
    int argc = 2;

    while (argv[argc] != RT_NULL)
    {
        argc++;
    }
    if (netif == RT_NULL)
    {
        add("ifconfig: no interface %s; `ifconfig` lists them\n", argv[1]);
        return;
    }
    problem = argc == 2 ? RT_NULL : configure(netif, argc, argv);
    if (problem != RT_NULL)
    {
        add("ifconfig: %s\n", problem);
        return;
    }
    add_interface(netif);
}

static int ifconfig(int argc, char **argv)
{
    char *arguments[8] = {RT_NULL};
    int i;

    if (argc == 1)
    {
        return print_locked(add_interfaces, RT_NULL);
    }
    for (i = 0; i < argc && i < 7; i++)
    {
        arguments[i] = argv[i];
    }

    return print_locked(add_one, arguments);
}
MSH_CMD_EXPORT(ifconfig, show or set network interfaces);

/* ---- netstat ---- */

static void add_end(const ip_addr_t *address, u16_t port, int width)
{
    char end[IPADDR_STRLEN_MAX + 8];
    char ip[IPADDR_STRLEN_MAX];

    ipaddr_ntoa_r(address, ip, sizeof(ip));
    rt_snprintf(end, sizeof(end), IP_IS_V6_VAL(*address) ? "[%s]:%u" : "%s:%u", ip, port);
    add("%-*s ", width, end);
}

static void add_tcp(struct tcp_pcb *pcb)
{
    for (; pcb != NULL; pcb = pcb->next)
    {
        add("tcp   ");
        add_end(&pcb->local_ip, pcb->local_port, 28);
        add_end(&pcb->remote_ip, pcb->remote_port, 28);
        add("%s\n", tcp_debug_state_str(pcb->state));
    }
}

static void add_connections(void *parameter)
{
    struct tcp_pcb_listen *listen;
    struct udp_pcb *udp;

    RT_UNUSED(parameter);
    add("%-5s %-28s %-28s %s\n", "proto", "local", "remote", "state");
    add_tcp(tcp_active_pcbs);
    add_tcp(tcp_tw_pcbs);
    for (listen = tcp_listen_pcbs.listen_pcbs; listen != NULL; listen = listen->next)
    {
        add("tcp   ");
        add_end(&listen->local_ip, listen->local_port, 28);
        add("%-28s LISTEN\n", "-");
    }
    for (udp = udp_pcbs; udp != NULL; udp = udp->next)
    {
        add("udp   ");
        add_end(&udp->local_ip, udp->local_port, 28);
        add_end(&udp->remote_ip, udp->remote_port, 0);
        add("\n");
    }
}

static void print_proto(const char *name, const struct stats_proto *stats)
{
    rt_kprintf("%-6s sent %u received %u dropped %u checksum %u length %u memory %u errors %u\n", name,
               (unsigned int)stats->xmit, (unsigned int)stats->recv, (unsigned int)stats->drop,
               (unsigned int)stats->chkerr, (unsigned int)stats->lenerr, (unsigned int)stats->memerr,
               (unsigned int)(stats->err + stats->proterr + stats->rterr + stats->opterr));
}

static int print_statistics(void)
{
    int i;

    print_proto("link", &lwip_stats.link);
    print_proto("arp", &lwip_stats.etharp);
    print_proto("ip", &lwip_stats.ip);
    print_proto("icmp", &lwip_stats.icmp);
    print_proto("udp", &lwip_stats.udp);
    print_proto("tcp", &lwip_stats.tcp);
#if LWIP_IPV6
    print_proto("ip6", &lwip_stats.ip6);
    print_proto("icmp6", &lwip_stats.icmp6);
    print_proto("nd6", &lwip_stats.nd6);
#endif
    for (i = 0; i < MEMP_MAX; i++)
    {
        const struct stats_mem *pool = lwip_stats.memp[i];

        rt_kprintf("pool %-16s used %4u of %4u, maximum %4u, failed %u\n", pool->name, (unsigned int)pool->used,
                   (unsigned int)pool->avail, (unsigned int)pool->max, (unsigned int)pool->err);
    }

    return 0;
}

static int netstat(int argc, char **argv)
{
    if (argc == 1)
    {
        return print_locked(add_connections, RT_NULL);
    }
    if (argc == 2 && strcmp(argv[1], "-s") == 0)
    {
        return print_statistics();
    }
    rt_kprintf("usage: netstat [-s]    connections; -s: lwIP's counters and pools\n");

    return -1;
}
MSH_CMD_EXPORT(netstat, show connections or the counters of lwIP);
