/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command: iperf (version 2, TCP), which is lwIP's lwiperf. The server runs in the background from the start and
 * prints a line a connection; the client is waited for.
 */

#include <string.h>

#include <finsh.h>
#include <lwip/apps/lwiperf.h>
#include <lwip/tcpip.h>

#include "resolve.h"

static void *server;

static const char *outcome(enum lwiperf_report_type type)
{
    switch (type)
    {
    case LWIPERF_TCP_DONE_SERVER:
        return "received";

    case LWIPERF_TCP_DONE_CLIENT:
        return "sent";

    case LWIPERF_TCP_ABORTED_LOCAL_DATAERROR:
        return "aborted, wrong data,";

    case LWIPERF_TCP_ABORTED_REMOTE:
        return "aborted by the other side";

    default:
        return "aborted";
    }
}

static void report(void *arg, enum lwiperf_report_type type, const ip_addr_t *local_addr, u16_t local_port,
                   const ip_addr_t *remote_addr, u16_t remote_port, u32_t bytes, u32_t ms, u32_t kbits)
{
    char address[IPADDR_STRLEN_MAX];

    RT_UNUSED(local_addr);
    RT_UNUSED(local_port);
    rt_kprintf("iperf: %s port %u: %s %u bytes in %u ms, %u.%03u Mbit/s\n",
               ipaddr_ntoa_r(remote_addr, address, sizeof(address)), remote_port, outcome(type), (unsigned int)bytes,
               (unsigned int)ms, (unsigned int)(kbits / 1000), (unsigned int)(kbits % 1000));
    if (arg != RT_NULL)
    {
        rt_sem_release((rt_sem_t)arg);
    }
}

static int start_server(void)
{
    LOCK_TCPIP_CORE();
    if (server == RT_NULL)
    {
        server = lwiperf_start_tcp_server(IP_ANY_TYPE, LWIPERF_TCP_PORT_DEFAULT, report, RT_NULL);
    }
    UNLOCK_TCPIP_CORE();

    return server != RT_NULL ? 0 : -1;
}
INIT_APP_EXPORT(start_server);

static int serve(void)
{
    start_server();
    rt_kprintf(server != RT_NULL ? "iperf: server on TCP port %d\n" : "iperf: cannot listen on TCP port %d\n",
               LWIPERF_TCP_PORT_DEFAULT);

    return server != RT_NULL ? 0 : -1;
}

static int connect(const char *host)
{
    struct rt_semaphore done;
    ip_addr_t address;
    void *session;

    if (!resolve("iperf", host, &address))
    {
        return -1;
    }
    rt_sem_init(&done, "iperf", 0, RT_IPC_FLAG_FIFO);
    LOCK_TCPIP_CORE();
    session = lwiperf_start_tcp_client(&address, LWIPERF_TCP_PORT_DEFAULT, LWIPERF_CLIENT, report, &done);
    UNLOCK_TCPIP_CORE();
    if (session != RT_NULL)
    {
        rt_sem_take(&done, RT_WAITING_FOREVER);
    }
    else
    {
        rt_kprintf("iperf: cannot connect to %s\n", host);
    }
    rt_sem_detach(&done);

    return session != RT_NULL ? 0 : -1;
}

static int iperf(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "-s") == 0)
    {
        return serve();
    }
    if (argc == 3 && strcmp(argv[1], "-c") == 0)
    {
        return connect(argv[2]);
    }
    rt_kprintf("usage: iperf -s         serve TCP port 5001 in the background, iperf 2's protocol (from the start)\n"
               "       iperf -c HOST    send to HOST for 10 seconds\n");

    return -1;
}
MSH_CMD_EXPORT(iperf, measure TCP throughput);
