/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the driver did although the specification forbids it. Everything that plays the other side (simulated device,
 * platform) records violations here, by the id of the obligation; the end of every test looks that there are none.
 */
#ifndef TEST_VIOLATION_H
#define TEST_VIOLATION_H

#include <stdbool.h>

void violation(const char *id, const char *format, ...) __attribute__((format(printf, 2, 3)));

unsigned int violation_count(void);
/* True if one with this id was recorded since the last clear. */
bool violation_seen(const char *id);
/* Print to stderr. */
void violation_print(void);
void violation_clear(void);

#endif /* TEST_VIOLATION_H */
