/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __MM_ASPACE_H__
#define __MM_ASPACE_H__

void *rt_kmem_v2p(void *vaddr);

#endif
