/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of RT-Thread Smart, as far as a driver maps memory for them. Declarations of our own, for tests. */
#ifndef LWP_H_
#define LWP_H_

#include <rtthread.h>

struct rt_lwp;

struct rt_lwp *lwp_self(void);

#endif /* LWP_H_ */
