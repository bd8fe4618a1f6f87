/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put in front of every source of the driver: its memory barriers become calls, so that a test can let the device run
 * at exactly the places where the order of the two sides matters.
 */
#ifndef TEST_BARRIER_HOOK_H
#define TEST_BARRIER_HOOK_H

void host_barrier(void);

#define __sync_synchronize() host_barrier()

#endif /* TEST_BARRIER_HOOK_H */
