/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command: tcp, which sends and receives streams whose checksums can be compared with the other side's.
 */

#include <stdlib.h>
#include <string.h>

#include <finsh.h>
#include <lwip/api.h>
#include <lwip/ip.h>
#include <lwip/tcpip.h>

#include "resolve.h"
#include "stream.h"

#define CHUNK       (16 * 1024)
#define PATIENCE_MS 30000 /* for the other side: to connect, and to go on */

#if LWIP_IPV6
#define TCP_ANY NETCONN_TCP_IPV6 /* IPv4 as well */
#else
#define TCP_ANY NETCONN_TCP
#endif

static int fail(const char *what, err_t error)
{
    rt_kprintf("tcp: %s: %s\n", what, net_error(error));

    return -1;
}

static rt_uint32_t now_ms(void)
{
    return (rt_uint32_t)(rt_hw_clock_us() / 1000);
}

/* ---- send ---- */

static err_t send_stream(struct netconn *conn, rt_size_t total, rt_uint32_t *sum)
{
    rt_uint8_t *chunk = (rt_uint8_t *)rt_malloc(CHUNK);
    rt_uint32_t state = 1;
    err_t result = ERR_OK;
    rt_size_t done;
    size_t size;
    size_t at;
    size_t taken;

    if (chunk == RT_NULL)
    {
        return ERR_MEM;
    }
    for (done = 0; done < total && result == ERR_OK; done += size)
    {
        size = RT_MIN(total - done, (rt_size_t)CHUNK);
        stream_fill(&state, chunk, size);
        *sum = stream_checksum(*sum, chunk, size);
        /* With a time limit, less than all can be taken. */
        for (at = 0; at < size && result == ERR_OK; at += taken)
        {
            taken = 0;
            result = netconn_write_partly(conn, chunk + at, size - at, NETCONN_COPY, &taken);
        }
    }
    rt_free(chunk);

    return result;
}

/* The other side closes when it has got everything; what it says before that is of no interest. */
static err_t wait_closed(struct netconn *conn)
{
    struct pbuf *p;
    err_t result;

    while ((result = netconn_recv_tcp_pbuf(conn, &p)) == ERR_OK)
    {
        pbuf_free(p);
    }

    return result == ERR_CLSD ? ERR_OK : result;
}

static err_t send_to(struct netconn *conn, const ip_addr_t *host, u16_t port, rt_size_t total, rt_uint32_t *sum)
{
    err_t result;

    netconn_set_sendtimeout(conn, PATIENCE_MS);
    netconn_set_recvtimeout(conn, PATIENCE_MS);
    result = netconn_connect(conn, host, port);
    if (result == ERR_OK)
    {
        result = send_stream(conn, total, sum);
    }
    if (result == ERR_OK)
    {
        result = netconn_shutdown(conn, 0, 1);
    }

    return result == ERR_OK ? wait_closed(conn) : result;
}

static int send(const char *host, u16_t port, rt_size_t total)
{
    rt_uint32_t sum = STREAM_CHECKSUM;
    rt_uint32_t start;
    struct netconn *conn;
    ip_addr_t address;
    err_t result;

    if (!resolve("tcp", host, &address))
    {
        return -1;
    }
    conn = netconn_new(IP_IS_V6_VAL(address) ? TCP_ANY : NETCONN_TCP);
    if (conn == NULL)
    {
        return fail(host, ERR_MEM);
    }
    start = now_ms();
    result = send_to(conn, &address, port, total, &sum);
    netconn_delete(conn);
    if (result != ERR_OK)
    {
        return fail(host, result);
    }
    rt_kprintf("sent %lu bytes, adler32 %08lx, in %lu ms\n", (unsigned long)total, (unsigned long)sum,
               (unsigned long)(now_ms() - start));

    return 0;
}

/* ---- receive ---- */

/* Everything until the other side closes. */
static int receive_stream(struct netconn *conn)
{
    rt_uint32_t sum = STREAM_CHECKSUM;
    rt_uint32_t start = now_ms();
    rt_size_t total = 0;
    struct pbuf *piece;
    struct pbuf *p;
    err_t result;

    netconn_set_recvtimeout(conn, PATIENCE_MS);
    while ((result = netconn_recv_tcp_pbuf(conn, &p)) == ERR_OK)
    {
        for (piece = p; piece != NULL; piece = piece->next)
        {
            sum = stream_checksum(sum, (const rt_uint8_t *)piece->payload, piece->len);
        }
        total += p->tot_len;
        pbuf_free(p);
    }
    rt_kprintf("received %lu bytes, adler32 %08lx, in %lu ms\n", (unsigned long)total, (unsigned long)sum,
               (unsigned long)(now_ms() - start));

    return result == ERR_CLSD ? 0 : fail("receiving", result);
}

static err_t listen(struct netconn *conn, u16_t port)
{
    err_t result;

    /* The port may have been used a moment ago. */
    LOCK_TCPIP_CORE();
    ip_set_option(conn->pcb.ip, SOF_REUSEADDR);
    UNLOCK_TCPIP_CORE();
    result = netconn_bind(conn, IP_ANY_TYPE, port);

    return result == ERR_OK ? netconn_listen(conn) : result;
}

/* One connection. */
static int receive(u16_t port)
{
    struct netconn *listener = netconn_new(TCP_ANY);
    struct netconn *conn = NULL;
    err_t result;
    int status;

    if (listener == NULL)
    {
        return fail("listening", ERR_MEM);
    }
    result = listen(listener, port);
    if (result == ERR_OK)
    {
        rt_kprintf("tcp: listening on port %u\n", port);
        netconn_set_recvtimeout(listener, PATIENCE_MS);
        result = netconn_accept(listener, &conn);
    }
    netconn_delete(listener);
    if (result != ERR_OK)
    {
        return fail("listening", result);
    }
    status = receive_stream(conn);
    netconn_delete(conn);

    return status;
}

static int tcp(int argc, char **argv)
{
    int port = argc > 2 ? atoi(argv[argc == 5 ? 3 : 2]) : 0;

    if (argc == 5 && strcmp(argv[1], "send") == 0 && port > 0 && port < 65536)
    {
        return send(argv[2], (u16_t)port, strtoul(argv[4], RT_NULL, 0));
    }
    if (argc == 3 && strcmp(argv[1], "receive") == 0 && port > 0 && port < 65536)
    {
        return receive((u16_t)port);
    }
    rt_kprintf("usage: tcp send HOST PORT BYTES   connect and send a stream of bytes\n"
               "       tcp receive PORT           wait for one connection and take what it sends\n");

    return -1;
}
MSH_CMD_EXPORT(tcp, send or receive a TCP stream and show its checksum);
