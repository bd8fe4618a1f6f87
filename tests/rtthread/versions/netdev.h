/* SPDX-License-Identifier: Apache-2.0 */
/* ip_addr_t has to be known already. */
#ifndef __NETDEV_H__
#define __NETDEV_H__

#include <rtthread.h>

struct netdev
{
    char name[RT_NAME_MAX + 1];
    ip_addr_t ip_addr;
    rt_uint16_t mtu;
};

struct netdev *netdev_get_by_name(const char *name);

#endif
