/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CPUPORT_H__
#define CPUPORT_H__

/* A full barrier that orders device accesses as well as normal memory. */
#define hw_mb() __asm__ volatile("dsb sy" ::: "memory")

#endif
