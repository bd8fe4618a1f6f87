/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COMPLETION_H_
#define COMPLETION_H_

#include <rtdef.h>

struct rt_completion
{
#if DECLARED_VERSION >= 50200
    rt_atomic_t susp_thread_n_flag;
#else
    rt_uint32_t flag;
    rt_list_t suspended_list;
#if DECLARED_VERSION >= 50100
    struct rt_spinlock spinlock;
#endif
#endif
};

void rt_completion_init(struct rt_completion *completion);
rt_err_t rt_completion_wait(struct rt_completion *completion, rt_int32_t timeout);
void rt_completion_done(struct rt_completion *completion);

#endif
