/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiler, for lwIP.
 */

#ifndef LWIP_ARCH_CC_H
#define LWIP_ARCH_CC_H

#include <sys/types.h>

#include <rtthread.h>

/* ssize_t comes from <sys/types.h>; without a limit lwIP would make its own. */
#include <limits.h>
#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif

typedef rt_base_t sys_prot_t;

#define LWIP_PLATFORM_DIAG(x) \
    do                        \
    {                         \
        rt_kprintf x;         \
    } while (0)

#define LWIP_PLATFORM_ASSERT(x)                     \
    do                                              \
    {                                               \
        rt_assert_handler((x), __FILE__, __LINE__); \
    } while (0)

unsigned int sys_rand(void);
#define LWIP_RAND() sys_rand()

#endif /* LWIP_ARCH_CC_H */
