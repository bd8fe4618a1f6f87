/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __SYS_ARCH_H__
#define __SYS_ARCH_H__

#include <rtthread.h>

typedef rt_sem_t sys_sem_t;
typedef rt_mutex_t sys_mutex_t;
typedef rt_mailbox_t sys_mbox_t;
typedef rt_thread_t sys_thread_t;

#endif
