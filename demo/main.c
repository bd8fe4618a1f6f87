/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The demo application. Drivers have been initialised by their
 * INIT_DEVICE_EXPORT entries when it starts, the shell does the rest.
 */

#include <rtthread.h>

/* Before the shell, which on several CPUs is at its prompt while main() starts. */
static int greet(void)
{
    rt_kprintf("rt-virtio demo: type help for commands\n");

    return 0;
}
INIT_ENV_EXPORT(greet);

int main(void)
{
    return 0;
}
