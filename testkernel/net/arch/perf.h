/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP's hooks for measurements: none.
 */

#ifndef LWIP_ARCH_PERF_H
#define LWIP_ARCH_PERF_H

#define PERF_START
#define PERF_STOP(x)

#endif /* LWIP_ARCH_PERF_H */
