/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Strings, error numbers, assertions, and the end of everything.
 */

#include <stdio.h>
#include <string.h>

#include "kernel.h"

/* ---- strings ---- */

void *rt_memset(void *src, int c, rt_ubase_t n)
{
    return memset(src, c, n);
}

void *rt_memcpy(void *dest, const void *src, rt_ubase_t n)
{
    return memcpy(dest, src, n);
}

void *rt_memmove(void *dest, const void *src, rt_size_t n)
{
    return memmove(dest, src, n);
}

rt_int32_t rt_memcmp(const void *cs, const void *ct, rt_size_t count)
{
    return memcmp(cs, ct, count);
}

char *rt_strdup(const char *s)
{
    rt_size_t size = strlen(s) + 1;
    char *copy = (char *)rt_malloc(size);

    if (copy != RT_NULL)
    {
        memcpy(copy, s, size);
    }

    return copy;
}

char *rt_strstr(const char *str1, const char *str2)
{
    return strstr(str1, str2);
}

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

rt_int32_t rt_strcasecmp(const char *a, const char *b)
{
    while (*a != '\0' && lower((unsigned char)*a) == lower((unsigned char)*b))
    {
        a++;
        b++;
    }

    return lower((unsigned char)*a) - lower((unsigned char)*b);
}

char *rt_strncpy(char *dest, const char *src, rt_size_t n)
{
    rt_size_t i;

    for (i = 0; i < n && src[i] != '\0'; i++)
    {
        dest[i] = src[i];
    }
    for (; i < n; i++)
    {
        dest[i] = '\0';
    }

    return dest;
}

char *rt_strcpy(char *dst, const char *src)
{
    return strcpy(dst, src);
}

rt_int32_t rt_strncmp(const char *cs, const char *ct, rt_size_t count)
{
    return strncmp(cs, ct, count);
}

rt_int32_t rt_strcmp(const char *cs, const char *ct)
{
    return strcmp(cs, ct);
}

rt_size_t rt_strlen(const char *s)
{
    return strlen(s);
}

rt_size_t rt_strnlen(const char *s, rt_size_t maxlen)
{
    rt_size_t length = 0;

    while (length < maxlen && s[length] != '\0')
    {
        length++;
    }

    return length;
}

int rt_vsnprintf(char *buf, rt_size_t size, const char *fmt, va_list args)
{
    return vsnprintf(buf, size, fmt, args);
}

int rt_vsprintf(char *dest, const char *format, va_list arg_ptr)
{
    return vsnprintf(dest, INT32_MAX, format, arg_ptr);
}

int rt_sprintf(char *buf, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(buf, INT32_MAX, format, args);
    va_end(args);

    return length;
}

int rt_snprintf(char *buf, rt_size_t size, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(buf, size, format, args);
    va_end(args);

    return length;
}

int __rt_ffs(int value)
{
    return __builtin_ffs(value);
}

/* ---- error numbers ---- */

static rt_err_t errno_without_thread;

rt_err_t rt_get_errno(void)
{
    struct rt_thread *self = rt_thread_self();

    return rt_interrupt_get_nest() != 0 || self == RT_NULL ? errno_without_thread : self->error;
}

void rt_set_errno(rt_err_t no)
{
    struct rt_thread *self = rt_thread_self();

    if (rt_interrupt_get_nest() != 0 || self == RT_NULL)
    {
        errno_without_thread = no;
    }
    else
    {
        self->error = no;
    }
}

const char *rt_strerror(rt_err_t error)
{
    static const char *const names[] = {"OK",     "ERROR", "ETIMOUT", "ERSFULL", "ERSEPTY", "ENOMEM",
                                        "ENOSYS", "EBUSY", "EIO",     "EINTRPT", "EINVAL",  "ENOENT",
                                        "ENOSPC", "EPERM", "ETRAP",   "EFAULT",  "ENOBUFS"};

    error = error < 0 ? -error : error;

    return (rt_size_t)error < RT_ARRAY_SIZE(names) ? names[error] : "EUNKNOW";
}

/* ---- assertions and faults ---- */

static void (*assert_hook)(const char *ex, const char *func, rt_size_t line);

void rt_assert_set_hook(void (*hook)(const char *ex, const char *func, rt_size_t line))
{
    assert_hook = hook;
}

void rt_assert_handler(const char *ex, const char *func, rt_size_t line)
{
    if (assert_hook != RT_NULL)
    {
        assert_hook(ex, func, line);
        return;
    }
    tk_panic_begin();
    rt_kprintf("\n(%s) assertion failed at function:%s, line number:%d\n", ex, func, (int)line);
    rt_hw_fault_report("assertion");
}

void rt_hw_fault_report(const char *what)
{
    struct rt_thread *self;
    rt_ubase_t sp = (rt_ubase_t)__builtin_frame_address(0);
    static volatile rt_bool_t reported;
    static char name[RT_NAME_MAX + 1];

    tk_panic_begin();
    self = tk_cpu()->current_thread;
    /* A fault while reporting a fault must not go round in circles. */
    if (!reported)
    {
        reported = RT_TRUE;
        rt_kprintf("fault: %s on CPU %d, interrupt nesting %d\n", what, (int)(tk_cpu() - tk_cpus),
                   (int)tk_cpu()->irq_nest);
        if (self != RT_NULL)
        {
            rt_uint8_t *low = (rt_uint8_t *)self->stack_addr;
            /* A handler may run on another stack; then only the guard tells. */
            rt_bool_t inside = sp >= (rt_ubase_t)low && sp <= (rt_ubase_t)low + self->stack_size;

            memcpy(name, self->parent.name, RT_NAME_MAX);
            rt_kprintf("thread: %s, stack %p..%p, sp %p%s\n", name, low, low + self->stack_size, (void *)sp,
                       tk_stack_is_broken(self, inside ? sp : (rt_ubase_t)low) ? ", STACK OVERFLOW" : "");
        }
    }
    rt_hw_halt();
}
