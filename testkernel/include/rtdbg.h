/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Log macros. A source file defines DBG_TAG and, if it wants another level
 * than warnings, DBG_LVL, and then includes this header.
 */

#ifndef RT_DBG_H__
#define RT_DBG_H__

#include <rtthread.h>

#ifndef DBG_ERROR
#define DBG_ERROR   0
#define DBG_WARNING 1
#define DBG_INFO    2
#define DBG_LOG     3
#endif

#ifndef DBG_TAG
#define DBG_TAG "DBG"
#endif
#ifndef DBG_LVL
#define DBG_LVL DBG_WARNING
#endif

#define DBG_LINE__(letter, fmt, ...) rt_kprintf("[" letter "/" DBG_TAG "] " fmt "\n", ##__VA_ARGS__)

/* The constant test keeps arguments checked and used in all levels. */
#define DBG_AT__(level, letter, fmt, ...)           \
    do                                              \
    {                                               \
        if (DBG_LVL >= (level))                     \
        {                                           \
            DBG_LINE__(letter, fmt, ##__VA_ARGS__); \
        }                                           \
    } while (0)

#define LOG_E(fmt, ...) DBG_AT__(DBG_ERROR, "E", fmt, ##__VA_ARGS__)
#define LOG_W(fmt, ...) DBG_AT__(DBG_WARNING, "W", fmt, ##__VA_ARGS__)
#define LOG_I(fmt, ...) DBG_AT__(DBG_INFO, "I", fmt, ##__VA_ARGS__)
#define LOG_D(fmt, ...) DBG_AT__(DBG_LOG, "D", fmt, ##__VA_ARGS__)
#define LOG_RAW(...)    rt_kprintf(__VA_ARGS__)

#endif /* RT_DBG_H__ */
