/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP's options: what RT-Thread's own port sets, under RT-Thread's names where it has one. What differs:
 *   - buffers are larger (RT-Thread's defaults are for small microcontrollers), and lwIP's heap is the kernel's, so
 *     that the guards of its blocks watch lwIP and its drivers, too
 *   - custom pbufs (receiving without a copy), checksums chosen per netif (checksum offload), the loop interface
 */

#ifndef __LWIPOPTS_H__
#define __LWIPOPTS_H__

#include <rtthread.h>

/* ---- RT-Thread's configuration ---- */

#ifndef RT_LWIP_TCPTHREAD_PRIORITY
#define RT_LWIP_TCPTHREAD_PRIORITY 10
#endif
#ifndef RT_LWIP_TCPTHREAD_STACKSIZE
#define RT_LWIP_TCPTHREAD_STACKSIZE 8192
#endif
#ifndef RT_LWIP_TCPTHREAD_MBOX_SIZE
#define RT_LWIP_TCPTHREAD_MBOX_SIZE 256
#endif
#ifndef RT_LWIP_ETHTHREAD_PRIORITY
#define RT_LWIP_ETHTHREAD_PRIORITY 12
#endif
#ifndef RT_LWIP_ETHTHREAD_STACKSIZE
#define RT_LWIP_ETHTHREAD_STACKSIZE 8192
#endif
#ifndef RT_LWIP_ETHTHREAD_MBOX_SIZE
#define RT_LWIP_ETHTHREAD_MBOX_SIZE 8
#endif
#ifndef RT_LWIP_PBUF_NUM
#define RT_LWIP_PBUF_NUM 128
#endif
#ifndef RT_LWIP_TCP_WND
#define RT_LWIP_TCP_WND (44 * TCP_MSS)
#endif
#ifndef RT_LWIP_TCP_SND_BUF
#define RT_LWIP_TCP_SND_BUF (44 * TCP_MSS)
#endif
#ifndef RT_LWIP_IPV6
#define RT_LWIP_IPV6 1
#endif

/* ---- the system ---- */

#define NO_SYS               0
#define SYS_LIGHTWEIGHT_PROT 1
#define IPV6_FRAG_COPYHEADER 1
#define LWIP_TIMEVAL_PRIVATE 0
#include <sys/time.h>
#define LWIP_ERRNO_STDINCLUDE     1
#define LWIP_TCPIP_CORE_LOCKING   1
#define LWIP_ASSERT_CORE_LOCKED() sys_check_core_locking()
void sys_check_core_locking(void);

#define TCPIP_THREAD_NAME        "tcpip"
#define TCPIP_THREAD_PRIO        RT_LWIP_TCPTHREAD_PRIORITY
#define TCPIP_THREAD_STACKSIZE   RT_LWIP_TCPTHREAD_STACKSIZE
#define TCPIP_MBOX_SIZE          RT_LWIP_TCPTHREAD_MBOX_SIZE
#define DEFAULT_THREAD_PRIO      20
#define DEFAULT_THREAD_STACKSIZE 8192

/* ---- memory ---- */

#define MEM_LIBC_MALLOC          1
#define mem_clib_malloc          rt_malloc
#define mem_clib_calloc          rt_calloc
#define mem_clib_free            rt_free
#define MEM_ALIGNMENT            8
#define MEMP_OVERFLOW_CHECK      1
#define LWIP_SUPPORT_CUSTOM_PBUF 1

#define PBUF_POOL_SIZE           RT_LWIP_PBUF_NUM
#define PBUF_LINK_HLEN           (14 + ETH_PAD_SIZE)
#define MEMP_NUM_PBUF            256
#define MEMP_NUM_RAW_PCB         8
#define MEMP_NUM_UDP_PCB         16
#define MEMP_NUM_TCP_PCB         32
#define MEMP_NUM_TCP_PCB_LISTEN  8
#define MEMP_NUM_TCP_SEG         512
#define MEMP_NUM_NETBUF          256
#define MEMP_NUM_NETCONN         16
#define MEMP_NUM_SYS_TIMEOUT     (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 8)
#define MEMP_NUM_TCPIP_MSG_API   32
#define MEMP_NUM_TCPIP_MSG_INPKT 256

/* ---- protocols ---- */

#define LWIP_IPV4            1
#define LWIP_IPV6            RT_LWIP_IPV6
#define LWIP_ARP             1
#define ARP_TABLE_SIZE       10
#define ARP_QUEUEING         1
#define IP_FORWARD           0
#define IP_REASSEMBLY        1
#define IP_FRAG              1
#define IP_REASS_MAX_PBUFS   64
#define LWIP_ICMP            1
#define LWIP_RAW             1
#define LWIP_DHCP            1
#define LWIP_AUTOIP          0
#define LWIP_IGMP            1
#define LWIP_DNS             1
#define LWIP_UDP             1
#define LWIP_TCP             1

#define LWIP_IPV6_MLD        RT_LWIP_IPV6
#define LWIP_IPV6_AUTOCONFIG RT_LWIP_IPV6
#define LWIP_ICMP6           RT_LWIP_IPV6
/* Pointers of 64 bits do not fit where reassembly would keep them, in the fragment's header. */
#define IPV6_FRAG_COPYHEADER           1
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 1

#define TCP_TTL                        255
#define UDP_TTL                        255
#define ICMP_TTL                       255
#define TCP_QUEUE_OOSEQ                1
#define TCP_MSS                        1460
#define TCP_WND                        RT_LWIP_TCP_WND
#define TCP_SND_BUF                    RT_LWIP_TCP_SND_BUF
#define TCP_SND_QUEUELEN               (4 * TCP_SND_BUF / TCP_MSS)
#define LWIP_TCP_KEEPALIVE             1
#define LWIP_TCP_TIMESTAMPS            0

/* ---- interfaces ---- */

#define LWIP_HAVE_LOOPIF             1
#define LWIP_NETIF_LOOPBACK          1
#define LWIP_LOOPBACK_MAX_PBUFS      128
#define LWIP_NETIF_API               1
#define LWIP_NETIF_HOSTNAME          1
#define LWIP_NETIF_LINK_CALLBACK     1
#define LWIP_NETIF_STATUS_CALLBACK   1
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#ifdef RT_LWIP_ETH_PAD_SIZE
#define ETH_PAD_SIZE RT_LWIP_ETH_PAD_SIZE
#else
#define ETH_PAD_SIZE 0
#endif

/* ---- application interfaces ---- */

#define LWIP_NETCONN                1
#define LWIP_SOCKET                 1
#define LWIP_POSIX_SOCKETS_IO_NAMES 0
#define LWIP_SOCKET_SELECT          1
#define LWIP_SOCKET_POLL            1
#define LWIP_SO_RCVTIMEO            1
#define LWIP_SO_SNDTIMEO            1
#define LWIP_SO_RCVBUF              1
#define LWIP_SO_LINGER              1
#define SO_REUSE                    1
#define DEFAULT_TCP_RECVMBOX_SIZE   64
#define DEFAULT_UDP_RECVMBOX_SIZE   128
#define DEFAULT_RAW_RECVMBOX_SIZE   16
#define DEFAULT_ACCEPTMBOX_SIZE     16

/* ---- statistics ---- */

#define LWIP_STATS         1
#define LWIP_STATS_DISPLAY 1
#define LWIP_STATS_LARGE   1

/* ---- the web server: every page is made by the program ---- */

#define LWIP_HTTPD_CUSTOM_FILES      1
#define LWIP_HTTPD_DYNAMIC_HEADERS   0
#define LWIP_HTTPD_CGI               0
#define LWIP_HTTPD_SSI               0
#define LWIP_HTTPD_SUPPORT_EXTSTATUS 1
#define LWIP_HTTPD_MAX_REQ_LENGTH    2048
#define HTTPD_LIMIT_SENDING_TO_2MSS  0
/* Of 2 s: a request that is lost twice, as while devices are reset, comes later than after the default's 8 s. */
#define HTTPD_MAX_RETRIES            15
/* A page is freed when its last byte has been handed to TCP, not when it has been acknowledged. */
#define HTTP_IS_DATA_VOLATILE(hs) TCP_WRITE_FLAG_COPY
#define HTTPD_FSDATA_FILE         "netif/no_files.h"

#endif /* __LWIPOPTS_H__ */
