/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP's options in two forms: as RT-Thread's own port leaves them, and with what the driver can make use of.
 */
#ifndef __LWIPOPTS_H__
#define __LWIPOPTS_H__

#define NO_SYS                   0
#define SYS_LIGHTWEIGHT_PROT     1
#define MEM_ALIGNMENT            8
#define LWIP_ERRNO_STDINCLUDE    1
#define LWIP_TIMEVAL_PRIVATE     0
#define LWIP_DHCP                1
#define LWIP_IGMP                1
#define LWIP_NETIF_API           1
#define LWIP_NETIF_LINK_CALLBACK 1
#define MEMP_NUM_NETCONN         8
#define TCPIP_MBOX_SIZE          8
#define LWIP_SOCKET              0
#ifdef DECLARED_LWIP_FULL
#define LWIP_IPV6                    1
#define LWIP_SUPPORT_CUSTOM_PBUF     1
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#else
#define IP_REASSEMBLY 0
#define IP_FRAG       0 /* and so no custom pbufs, either */
#endif
#ifdef RT_LWIP_USING_HW_CHECKSUM
#define CHECKSUM_GEN_IP    0
#define CHECKSUM_GEN_UDP   0
#define CHECKSUM_GEN_TCP   0
#define CHECKSUM_GEN_ICMP  0
#define CHECKSUM_CHECK_IP  0
#define CHECKSUM_CHECK_UDP 0
#define CHECKSUM_CHECK_TCP 0
#endif

#endif
