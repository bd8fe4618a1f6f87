/* SPDX-License-Identifier: Apache-2.0 */
/* The list of violations: the first few in full, all of them counted. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "violation.h"

#define KEPT 64

static struct
{
    char id[24];
    char text[160];
} kept[KEPT];

static unsigned int count;

void violation(const char *id, const char *format, ...)
{
    va_list arguments;

    if (count < KEPT)
    {
        snprintf(kept[count].id, sizeof(kept[count].id), "%s", id);
        va_start(arguments, format);
        vsnprintf(kept[count].text, sizeof(kept[count].text), format, arguments);
        va_end(arguments);
    }
    count++;
}

unsigned int violation_count(void)
{
    return count;
}

bool violation_seen(const char *id)
{
    for (unsigned int i = 0; i < count && i < KEPT; i++)
    {
        if (strcmp(kept[i].id, id) == 0)
        {
            return true;
        }
    }
    return false;
}

void violation_print(void)
{
    for (unsigned int i = 0; i < count && i < KEPT; i++)
    {
        fprintf(stderr, "violation %s: %s\n", kept[i].id, kept[i].text);
    }
    if (count > KEPT)
    {
        fprintf(stderr, "... and %u more\n", count - KEPT);
    }
}

void violation_clear(void)
{
    count = 0;
    memset(kept, 0, sizeof(kept));
}
