/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAITQUEUE_H__
#define WAITQUEUE_H__

#include <rtdef.h>

int rt_wqueue_wait(rt_wqueue_t *queue, int condition, int timeout);
#if DECLARED_VERSION >= 50000
int rt_wqueue_wait_interruptible(rt_wqueue_t *queue, int condition, int timeout);
#endif
void rt_wqueue_wakeup(rt_wqueue_t *queue, void *key);

#endif
