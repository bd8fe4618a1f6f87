/* SPDX-License-Identifier: Apache-2.0 */
/* RT-Thread's poll(), the side of a driver. Declarations of our own, for tests. */
#ifndef POLL_H_
#define POLL_H_

#include <rtdevice.h>

#define POLLIN  0x1
#define POLLOUT 0x2
#define POLLERR 0x4
#define POLLHUP 0x8

typedef struct rt_pollreq
{
    void (*_proc)(rt_wqueue_t *queue, struct rt_pollreq *request);
    short _key;
} rt_pollreq_t;

rt_inline void rt_poll_add(rt_wqueue_t *queue, rt_pollreq_t *request)
{
    if (request != RT_NULL && request->_proc != RT_NULL)
    {
        request->_proc(queue, request);
    }
}

#endif /* POLL_H_ */
