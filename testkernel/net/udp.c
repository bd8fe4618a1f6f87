/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command: udp, which sends a series of numbered datagrams, and tells what of a series has arrived.
 *
 * A datagram begins with its number and how many the series has, both of 32 bits in network order; the rest is the
 * stream of bytes (stream.h) whose seed is that number plus one.
 */

#include <stdlib.h>
#include <string.h>

#include <finsh.h>
#include <lwip/api.h>

#include "resolve.h"
#include "stream.h"

#define HEADER  8
#define LARGEST 65507 /* that IPv4 can carry */
#define LATE_MS 200   /* what is behind the last datagram after so long does not count */
#define SECONDS 10

#if LWIP_IPV6
#define UDP_ANY NETCONN_UDP_IPV6 /* IPv4 as well */
#else
#define UDP_ANY NETCONN_UDP
#endif

static int fail(const char *what, err_t error)
{
    rt_kprintf("udp: %s: %s\n", what, net_error(error));

    return -1;
}

/* ---- send ---- */

struct series
{
    const char *host;
    u16_t port;
    rt_uint32_t count;
    rt_uint32_t size;
    rt_uint32_t rate; /* a second; 0: as fast as it can */
};

static err_t send_one(struct netconn *conn, const struct series *series, rt_uint32_t number)
{
    struct netbuf *buffer = netbuf_new();
    rt_uint32_t header[2] = {lwip_htonl(number), lwip_htonl(series->count)};
    rt_uint32_t state = number + 1;
    err_t result = ERR_MEM;
    rt_uint8_t *data;

    if (buffer == NULL)
    {
        return ERR_MEM;
    }
    data = (rt_uint8_t *)netbuf_alloc(buffer, (u16_t)series->size);
    if (data != NULL)
    {
        memcpy(data, header, HEADER);
        stream_fill(&state, data + HEADER, series->size - HEADER);
        result = netconn_send(conn, buffer);
    }
    netbuf_delete(buffer);

    return result;
}

static int send(const struct series *series)
{
    rt_uint32_t errors = 0;
    err_t result;
    struct netconn *conn;
    ip_addr_t address;
    rt_uint64_t start;
    rt_uint32_t i;

    if (!resolve("udp", series->host, &address))
    {
        return -1;
    }
    conn = netconn_new(IP_IS_V6_VAL(address) ? UDP_ANY : NETCONN_UDP);
    result = conn != NULL ? netconn_connect(conn, &address, series->port) : ERR_MEM;
    if (result != ERR_OK)
    {
        netconn_delete(conn);
        return fail(series->host, result);
    }
    start = rt_hw_clock_us();
    for (i = 0; i < series->count; i++)
    {
        /* In the rhythm of the tick: those that are due by now, then sleep. */
        while (series->rate != 0 && (rt_hw_clock_us() - start) * series->rate < (rt_uint64_t)i * 1000000u)
        {
            rt_thread_mdelay(1);
        }
        errors += send_one(conn, series, i) != ERR_OK;
    }
    rt_kprintf("sent %lu datagrams of %lu bytes in %lu ms, %lu errors\n", (unsigned long)series->count,
               (unsigned long)series->size, (unsigned long)((rt_hw_clock_us() - start) / 1000), (unsigned long)errors);
    netconn_delete(conn);

    return errors == 0 ? 0 : -1;
}

/* ---- receive ---- */

struct arrived
{
    rt_uint32_t datagrams;
    rt_uint32_t total; /* as the sender says */
    rt_uint32_t next;  /* number after the highest so far */
    rt_uint32_t gaps;
    rt_uint32_t late; /* came after one with a higher number, or twice */
    rt_uint32_t damaged;
    rt_size_t bytes;
};

static void count(struct arrived *arrived, struct netbuf *buffer)
{
    rt_bool_t good = netbuf_len(buffer) >= HEADER;
    rt_uint32_t header[2] = {0};
    rt_uint32_t number;
    rt_uint32_t state;
    u16_t skip = HEADER;
    struct pbuf *p;

    arrived->datagrams++;
    arrived->bytes += netbuf_len(buffer);
    netbuf_copy(buffer, header, HEADER);
    number = lwip_ntohl(header[0]);
    state = number + 1;
    for (p = buffer->p; p != NULL && good; p = p->next)
    {
        u16_t from = RT_MIN(skip, p->len);

        skip = (u16_t)(skip - from);
        good = stream_matches(&state, (const rt_uint8_t *)p->payload + from, (rt_size_t)(p->len - from));
    }
    if (!good)
    {
        arrived->damaged++;
        return;
    }
    arrived->total = lwip_ntohl(header[1]);
    arrived->gaps += number > arrived->next;
    arrived->late += number < arrived->next;
    arrived->next = RT_MAX(arrived->next, number + 1);
}

static void receive_series(struct netconn *conn, int seconds, struct arrived *arrived)
{
    struct netbuf *buffer;
    rt_bool_t last = RT_FALSE;

    while (netconn_set_recvtimeout(conn, last ? LATE_MS : seconds * 1000), netconn_recv(conn, &buffer) == ERR_OK)
    {
        count(arrived, buffer);
        netbuf_delete(buffer);
        last = arrived->total != 0 && arrived->next >= arrived->total;
    }
}

static int receive(u16_t port, int seconds)
{
    struct arrived arrived = {0};
    struct netconn *conn = netconn_new(UDP_ANY);
    err_t result = conn != NULL ? netconn_bind(conn, IP_ANY_TYPE, port) : ERR_MEM;

    if (result != ERR_OK)
    {
        netconn_delete(conn);
        return fail("listening", result);
    }
    rt_kprintf("udp: listening on port %u\n", port);
    receive_series(conn, seconds, &arrived);
    netconn_delete(conn);
    rt_kprintf("received %lu of %lu datagrams, %lu bytes; %lu gaps, %lu late, %lu damaged\n",
               (unsigned long)arrived.datagrams, (unsigned long)arrived.total, (unsigned long)arrived.bytes,
               (unsigned long)arrived.gaps, (unsigned long)arrived.late, (unsigned long)arrived.damaged);

    return 0;
}

static int usage(void)
{
    rt_kprintf("usage: udp send HOST PORT COUNT SIZE [PER_SECOND]   a series of numbered datagrams of %d to %d bytes\n"
               "       udp receive PORT [SECONDS]                   count them, until the last, or so long a silence\n",
               HEADER, LARGEST);

    return -1;
}

static int udp(int argc, char **argv)
{
    rt_bool_t sends = argc > 1 && strcmp(argv[1], "send") == 0;
    int port = argc > 3 && sends ? atoi(argv[3]) : argc > 2 ? atoi(argv[2]) : 0;

    if (port < 1 || port > 65535)
    {
        return usage();
    }
    if (sends && (argc == 6 || argc == 7))
    {
        struct series series = {argv[2], (u16_t)port, strtoul(argv[4], RT_NULL, 0), strtoul(argv[5], RT_NULL, 0),
                                argc == 7 ? strtoul(argv[6], RT_NULL, 0) : 0};

        return series.size < HEADER || series.size > LARGEST ? usage() : send(&series);
    }
    if (strcmp(argv[1], "receive") == 0 && (argc == 3 || argc == 4))
    {
        int seconds = argc == 4 ? atoi(argv[3]) : SECONDS;

        return seconds < 1 || seconds > 3600 ? usage() : receive((u16_t)port, seconds);
    }

    return usage();
}
MSH_CMD_EXPORT(udp, send or count numbered UDP datagrams);
