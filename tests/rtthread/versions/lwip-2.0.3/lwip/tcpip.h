/* SPDX-License-Identifier: Apache-2.0 */
#define tcpip_callbackmsg_trycallback tcpip_trycallback
#include_next <lwip/tcpip.h>
#undef tcpip_callbackmsg_trycallback
