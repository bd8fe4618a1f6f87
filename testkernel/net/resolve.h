/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For shell commands: the address of a host, and what went wrong.
 */

#ifndef TESTKERNEL_NET_RESOLVE_H
#define TESTKERNEL_NET_RESOLVE_H

#include <rtthread.h>
#include <lwip/err.h>
#include <lwip/ip_addr.h>

/*
 * From a number or a name; says so if there is none. Waits at most ten seconds for an interface that is about to get
 * its first address, so that commands work right after the start. Thread context.
 */
rt_bool_t resolve(const char *command, const char *host, ip_addr_t *address);

/* What an error of lwIP means. */
const char *net_error(err_t error);

#endif /* TESTKERNEL_NET_RESOLVE_H */
