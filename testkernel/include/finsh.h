/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Shell commands: exported through the linker section FSymTab.
 */

#ifndef FINSH_H__
#define FINSH_H__

#include <rtthread.h>

#ifdef __cplusplus
extern "C"
{
#endif

    typedef int (*syscall_func)(int argc, char **argv);

    struct finsh_syscall
    {
        const char *name;
        const char *desc;
        syscall_func func;
    };

/* The intermediate cast admits commands declared with (void), too. */
#define MSH_FUNCTION_EXPORT_CMD(func, alias, desc)                                          \
    rt_used rt_align(8) const struct finsh_syscall __fsym_##alias rt_section("FSymTab") = { \
        #alias, #desc, (syscall_func)(void (*)(void))func};

#define MSH_CMD_EXPORT(command, desc)                  MSH_FUNCTION_EXPORT_CMD(command, command, desc)
#define MSH_CMD_EXPORT_ALIAS(command, alias, desc)     MSH_FUNCTION_EXPORT_CMD(command, alias, desc)
#define FINSH_FUNCTION_EXPORT(name, desc)              MSH_FUNCTION_EXPORT_CMD(name, name, desc)
#define FINSH_FUNCTION_EXPORT_ALIAS(name, alias, desc) MSH_FUNCTION_EXPORT_CMD(name, alias, desc)

    extern const struct finsh_syscall __fsymtab_start[];
    extern const struct finsh_syscall __fsymtab_end[];

    int finsh_system_init(void);
    void finsh_set_device(const char *device_name);
    const char *finsh_get_device(void);
    int msh_exec(char *cmd, rt_size_t length);

#ifdef __cplusplus
}
#endif

#endif /* FINSH_H__ */
