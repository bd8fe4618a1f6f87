/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAITQUEUE_H__
#define WAITQUEUE_H__

#include <rtdef.h>

int rt_wqueue_wait(rt_wqueue_t *queue, int condition, int timeout);
void rt_wqueue_wakeup(rt_wqueue_t *queue, void *key);

#endif
