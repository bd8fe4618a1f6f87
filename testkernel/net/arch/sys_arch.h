/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lwIP's threads, semaphores and mailboxes are: RT-Thread's.
 */

#ifndef LWIP_ARCH_SYS_ARCH_H
#define LWIP_ARCH_SYS_ARCH_H

#include <rtthread.h>

typedef rt_sem_t sys_sem_t;
typedef rt_mutex_t sys_mutex_t;
typedef rt_mailbox_t sys_mbox_t;
typedef rt_thread_t sys_thread_t;

#define SYS_SEM_NULL                 RT_NULL
#define SYS_MBOX_NULL                RT_NULL

#define sys_sem_valid(sem)           (*(sem) != RT_NULL)
#define sys_sem_set_invalid(sem)     (*(sem) = RT_NULL)
#define sys_mutex_valid(mutex)       (*(mutex) != RT_NULL)
#define sys_mutex_set_invalid(mutex) (*(mutex) = RT_NULL)
#define sys_mbox_valid(mbox)         (*(mbox) != RT_NULL)
#define sys_mbox_set_invalid(mbox)   (*(mbox) = RT_NULL)

#endif /* LWIP_ARCH_SYS_ARCH_H */
