/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of RT-Thread Smart, as far as a driver maps memory for them. Declarations of our own, for tests. */
#ifndef LWP_USER_MM_H_
#define LWP_USER_MM_H_

#include <rtthread.h>

struct rt_lwp;

void *lwp_map_user_phy(struct rt_lwp *lwp, void *map_va, void *map_pa, size_t map_size, rt_bool_t cached);

#endif /* LWP_USER_MM_H_ */
