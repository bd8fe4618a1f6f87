/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the "testkernel" command.
 */

#ifndef TK_SELFTEST_H__
#define TK_SELFTEST_H__

int selftest_ipc(void);
int selftest_sched(int seconds);

#endif /* TK_SELFTEST_H__ */
