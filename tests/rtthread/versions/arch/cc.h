/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __CC_H__
#define __CC_H__

#include <sys/types.h>

#include <limits.h>
#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif

typedef unsigned long sys_prot_t;
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x)
#define LWIP_RAND() 4u

#endif
