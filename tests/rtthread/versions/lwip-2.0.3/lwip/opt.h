/* SPDX-License-Identifier: Apache-2.0 */
/* struct netif has no mtu6 yet. */
#include_next <lwip/opt.h>
#undef LWIP_ND6_ALLOW_RA_UPDATES
#define LWIP_ND6_ALLOW_RA_UPDATES 0
