/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo's page. Both functions write at most `size` bytes with a terminating null, and return the length that it
 * would have with room enough, as snprintf() does; with a size of 0 they only measure. Thread context.
 */

#ifndef DEMO_PAGE_H
#define DEMO_PAGE_H

int demo_page(char *buffer, int size); /* HTML */
int demo_json(char *buffer, int size);

#endif /* DEMO_PAGE_H */
