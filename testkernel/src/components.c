/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Startup: the initialisation table, the main thread and the order in which
 * the kernel comes up.
 */

#include "kernel.h"

extern const init_fn_t __rt_init_start[];
extern const init_fn_t __rt_init_end[];

int main(void);

/*
 * The linker sorts the table by section name. This entry, the only one of
 * its level, divides what the board runs from what the main thread runs.
 */
static int board_level_end(void)
{
    return 0;
}
INIT_EXPORT(board_level_end, "1.end");

static const init_fn_t *end_of_board_level(void)
{
    const init_fn_t *fn;

    for (fn = __rt_init_start; fn < __rt_init_end; fn++)
    {
        if (*fn == board_level_end)
        {
            return fn;
        }
    }

    return __rt_init_start;
}

void rt_components_board_init(void)
{
    const init_fn_t *fn;
    const init_fn_t *end = end_of_board_level();

    for (fn = __rt_init_start; fn < end; fn++)
    {
        (*fn)();
    }
}

void rt_components_init(void)
{
    const init_fn_t *fn;

    for (fn = end_of_board_level(); fn < __rt_init_end; fn++)
    {
        (*fn)();
    }
}

void rt_show_version(void)
{
    rt_kprintf("\ntest kernel with the interface of RT-Thread %d.%d.%d, %d CPU%s%s\n", RT_VERSION_MAJOR,
               RT_VERSION_MINOR, RT_VERSION_PATCH, RT_CPUS_NR, RT_CPUS_NR > 1 ? "s" : "",
#ifdef RT_USING_SMP
               ", SMP"
#else
               ""
#endif
    );
}

static void main_entry(void *parameter)
{
    RT_UNUSED(parameter);

    tk_irq_state_learn();
#ifdef RT_USING_SMP
    rt_hw_secondary_cpu_up();
#endif
    rt_components_init();
    main();
}

static struct rt_thread main_thread;
static rt_uint8_t main_stack[RT_MAIN_THREAD_STACK_SIZE] rt_align(16);

static void application_init(void)
{
    rt_thread_init(&main_thread, "main", main_entry, RT_NULL, main_stack, sizeof(main_stack), RT_MAIN_THREAD_PRIORITY,
                   20);
    rt_thread_startup(&main_thread);
}

/* Called by the architecture on the boot CPU, with interrupts off. */
void rtthread_startup(void)
{
    (void)rt_hw_local_irq_disable();
    rt_system_scheduler_init();
    rt_hw_board_init();
    rt_show_version();
    rt_system_timer_init();
    application_init();
    rt_system_timer_thread_init();
    rt_thread_idle_init();
    rt_system_scheduler_start();
}
