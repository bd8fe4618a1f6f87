/* SPDX-License-Identifier: Apache-2.0 */
/* RT-Thread's device tree: what a driver says it is compatible with. */
#ifndef __OFW_H__
#define __OFW_H__

#include <rtthread.h>

struct rt_ofw_node;

struct rt_ofw_node_id
{
    char name[32];
    char type[32];
    char compatible[128];
    const void *data;
};

#endif
