/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __IOREMAP_H__
#define __IOREMAP_H__

#include <stddef.h>

void *rt_ioremap(void *paddr, size_t size);
void rt_iounmap(volatile void *addr);

#endif
