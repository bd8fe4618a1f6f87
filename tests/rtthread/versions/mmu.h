/* SPDX-License-Identifier: Apache-2.0 */
/* What rt_kmem_v2p() says of an address that is not there; it was the same in all versions that have it. */
#ifndef __MMU_H__
#define __MMU_H__

#if defined(__riscv)
#define ARCH_MAP_FAILED ((void *)0x8000000000000000)
#elif defined(__arm__)
#define ARCH_MAP_FAILED ((void *)-1)
#else
#define ARCH_MAP_FAILED ((void *)0x1ffffffffffff)
#endif

#endif
