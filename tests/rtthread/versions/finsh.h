/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __FINSH_H__
#define __FINSH_H__

#ifndef RT_USING_FINSH
#error "there is no shell, and FINSH_USING_SYMTAB is off"
#endif

#include <rtdef.h>

typedef long (*syscall_func)(void);

struct finsh_syscall
{
    const char *name;
    const char *desc;
    syscall_func func;
};

/* RT-Thread casts the function straight away, of which GCC's -Wextra would warn. */
#define MSH_CMD_EXPORT(command, description)                          \
    __attribute__((used)) const struct finsh_syscall __fsym_##command \
        __attribute__((section("FSymTab"))) = {#command, #description, (syscall_func)(void (*)(void))command};

#endif
