/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command: ping, for IPv4 and IPv6.
 */

#include <stdlib.h>
#include <string.h>

#include <finsh.h>
#include <lwip/icmp.h>
#include <lwip/icmp6.h>
#include <lwip/inet_chksum.h>
#include <lwip/netif.h>
#include <lwip/prot/icmp.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/raw.h>
#include <lwip/tcpip.h>

#include "resolve.h"

#define PING_DATA       32
#define PING_TIMEOUT_MS 1000
#define PING_PERIOD_MS  1000

struct ping
{
    ip_addr_t host;
    struct raw_pcb *pcb;
    struct rt_semaphore answered;
    u16_t id;
    u16_t sequence;      /* of the request that waits for its answer */
    rt_bool_t waiting;   /* under the core's lock, as is the rest */
    rt_bool_t damaged;   /* the data came back changed */
    rt_uint64_t sent_at; /* microseconds */
    rt_uint64_t answered_at;
    int ttl;
    int bytes;
};

static rt_bool_t is_v6(const struct ping *ping)
{
    return IP_IS_V6_VAL(ping->host);
}

/* Called by lwIP for each ICMP packet: 1 if it was ours, and then it is ours to free. */
static u8_t receive(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *from)
{
    struct ping *ping = (struct ping *)arg;
    rt_uint8_t data[PING_DATA];
    struct icmp_echo_hdr echo;
    rt_uint8_t first = 0;
    u16_t skip = IP6_HLEN;
    int i;

    RT_UNUSED(pcb);
    RT_UNUSED(from);
    if (pbuf_copy_partial(p, &first, 1, 0) != 1)
    {
        return 0;
    }
    if (!is_v6(ping))
    {
        skip = (u16_t)((first & 0xf) * 4);
    }
    if (pbuf_copy_partial(p, &echo, sizeof(echo), skip) != sizeof(echo) ||
        ICMPH_TYPE(&echo) != (is_v6(ping) ? ICMP6_TYPE_EREP : ICMP_ER) || echo.id != lwip_htons(ping->id) ||
        echo.seqno != lwip_htons(ping->sequence) || !ping->waiting)
    {
        return 0;
    }

    ping->answered_at = rt_hw_clock_us();
    ping->waiting = RT_FALSE;
    ping->ttl = pbuf_get_at(p, is_v6(ping) ? 7 : 8);
    ping->bytes = p->tot_len - skip;
    ping->damaged = ping->bytes != (int)sizeof(echo) + PING_DATA ||
                    pbuf_copy_partial(p, data, PING_DATA, (u16_t)(skip + sizeof(echo))) != PING_DATA;
    for (i = 0; i < PING_DATA && !ping->damaged; i++)
    {
        ping->damaged = data[i] != (rt_uint8_t)('a' + i % 26);
    }
    pbuf_free(p);
    rt_sem_release(&ping->answered);

    return 1;
}

/* Sends one request. Locked. */
static err_t send(struct ping *ping)
{
    struct pbuf *p = pbuf_alloc(PBUF_IP, sizeof(struct icmp_echo_hdr) + PING_DATA, PBUF_RAM);
    struct icmp_echo_hdr *echo;
    rt_uint8_t *data;
    err_t result;
    int i;

    if (p == NULL)
    {
        return ERR_MEM;
    }
    echo = (struct icmp_echo_hdr *)p->payload;
    ICMPH_TYPE_SET(echo, is_v6(ping) ? ICMP6_TYPE_EREQ : ICMP_ECHO);
    ICMPH_CODE_SET(echo, 0);
    echo->id = lwip_htons(ping->id);
    echo->seqno = lwip_htons(++ping->sequence);
    data = (rt_uint8_t *)(echo + 1);
    for (i = 0; i < PING_DATA; i++)
    {
        data[i] = (rt_uint8_t)('a' + i % 26);
    }
    echo->chksum = 0;
    if (!is_v6(ping))
    {
        echo->chksum = inet_chksum(echo, p->len); /* for IPv6 the raw PCB does it */
    }
    ping->waiting = RT_TRUE;
    ping->sent_at = rt_hw_clock_us();
    result = raw_sendto(ping->pcb, p, &ping->host);
    pbuf_free(p);

    return result;
}

static rt_bool_t open(struct ping *ping)
{
    LOCK_TCPIP_CORE();
    ping->pcb = raw_new_ip_type(IP_GET_TYPE(&ping->host), is_v6(ping) ? IP6_NEXTH_ICMP6 : IP_PROTO_ICMP);
    if (ping->pcb != NULL)
    {
        ping->id = (u16_t)LWIP_RAND();
#if LWIP_IPV6
        if (is_v6(ping))
        {
            ping->pcb->chksum_reqd = 1;
            ping->pcb->chksum_offset = 2;
        }
#endif
        raw_recv(ping->pcb, receive, ping);
        raw_bind(ping->pcb, is_v6(ping) ? IP6_ADDR_ANY : IP4_ADDR_ANY);
    }
    UNLOCK_TCPIP_CORE();

    return ping->pcb != NULL;
}

/* True if it was answered. */
static rt_bool_t once(struct ping *ping, const char *address)
{
    rt_uint32_t us;
    err_t result;

    LOCK_TCPIP_CORE();
    result = send(ping);
    UNLOCK_TCPIP_CORE();
    if (result != ERR_OK)
    {
        rt_kprintf("ping: %s: cannot send: %s\n", address, result == ERR_RTE ? "no route" : "no memory");
        return RT_FALSE;
    }
    if (rt_sem_take(&ping->answered, rt_tick_from_millisecond(PING_TIMEOUT_MS)) != RT_EOK)
    {
        LOCK_TCPIP_CORE();
        ping->waiting = RT_FALSE;
        UNLOCK_TCPIP_CORE();
        if (rt_sem_trytake(&ping->answered) != RT_EOK)
        {
            rt_kprintf("%s: no answer: icmp_seq=%u\n", address, ping->sequence);
            return RT_FALSE;
        }
    }
    us = (rt_uint32_t)(ping->answered_at - ping->sent_at);
    rt_kprintf("%d bytes from %s: icmp_seq=%u ttl=%d time=%u.%03u ms%s\n", ping->bytes, address, ping->sequence,
               ping->ttl, us / 1000, us % 1000, ping->damaged ? " DAMAGED" : "");

    return !ping->damaged;
}

static int ping(int argc, char **argv)
{
    struct ping ping = {0};
    char address[IPADDR_STRLEN_MAX];
    int count = argc == 3 ? atoi(argv[2]) : 4;
    int received = 0;
    int i;

    if (argc < 2 || argc > 3 || count < 1)
    {
        rt_kprintf("usage: ping HOST [COUNT]\n");
        return -1;
    }
    if (!resolve("ping", argv[1], &ping.host))
    {
        return -1;
    }
    if (!open(&ping))
    {
        rt_kprintf("ping: no memory\n");
        return -1;
    }
    rt_sem_init(&ping.answered, "ping", 0, RT_IPC_FLAG_FIFO);
    ipaddr_ntoa_r(&ping.host, address, sizeof(address));
    for (i = 0; i < count; i++)
    {
        rt_tick_t start = rt_tick_get();

        received += once(&ping, address);
        if (i + 1 < count)
        {
            rt_thread_delay_until(&start, rt_tick_from_millisecond(PING_PERIOD_MS));
        }
    }
    LOCK_TCPIP_CORE();
    raw_remove(ping.pcb);
    UNLOCK_TCPIP_CORE();
    rt_sem_detach(&ping.answered);
    rt_kprintf("%d packets transmitted, %d received\n", count, received);

    return received > 0 ? 0 : -1;
}
MSH_CMD_EXPORT(ping, send echo requests to a host);
