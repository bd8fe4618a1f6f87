/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sequentially consistent atomics on the compiler's builtins.
 */

#ifndef __RT_ATOMIC_H__
#define __RT_ATOMIC_H__

#include "rtdef.h"

#define rt_atomic_load(ptr)              __atomic_load_n((ptr), __ATOMIC_SEQ_CST)
#define rt_atomic_store(ptr, v)          __atomic_store_n((ptr), (v), __ATOMIC_SEQ_CST)
#define rt_atomic_add(ptr, v)            __atomic_fetch_add((ptr), (v), __ATOMIC_SEQ_CST)
#define rt_atomic_sub(ptr, v)            __atomic_fetch_sub((ptr), (v), __ATOMIC_SEQ_CST)
#define rt_atomic_and(ptr, v)            __atomic_fetch_and((ptr), (v), __ATOMIC_SEQ_CST)
#define rt_atomic_or(ptr, v)             __atomic_fetch_or((ptr), (v), __ATOMIC_SEQ_CST)
#define rt_atomic_xor(ptr, v)            __atomic_fetch_xor((ptr), (v), __ATOMIC_SEQ_CST)
#define rt_atomic_exchange(ptr, v)       __atomic_exchange_n((ptr), (v), __ATOMIC_SEQ_CST)
#define rt_atomic_flag_clear(ptr)        __atomic_store_n((ptr), 0, __ATOMIC_SEQ_CST)
#define rt_atomic_flag_test_and_set(ptr) __atomic_fetch_or((ptr), 1, __ATOMIC_SEQ_CST)
#define rt_atomic_compare_exchange_strong(ptr, v, des) \
    __atomic_compare_exchange_n((ptr), (v), (des), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

#endif /* __RT_ATOMIC_H__ */
