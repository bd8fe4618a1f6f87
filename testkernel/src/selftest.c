/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The "testkernel" command: provokes each kind of error that the kernel must
 * catch, and runs the self tests.
 */

#include <string.h>

#include <finsh.h>

#include "kernel.h"
#include "selftest.h"

static int parse_number(const char *text, int fallback)
{
    int value = 0;

    if (text == RT_NULL || *text == '\0')
    {
        return fallback;
    }
    for (; *text >= '0' && *text <= '9'; text++)
    {
        value = value * 10 + (*text - '0');
    }

    return *text == '\0' ? value : fallback;
}

/* An address that no board has anything at; volatile, or it is optimised. */
static void test_fault(void)
{
    volatile rt_ubase_t address = 0;

    rt_kprintf("writing to address %p\n", (void *)address);
    *(volatile rt_uint32_t *)address = 0x12345678;
    rt_kprintf("survived; reading from the end of the address space\n");
    address = ~(rt_ubase_t)0xfff;
    rt_kprintf("read %x\n", *(volatile rt_uint32_t *)address);
}

static volatile int sink;

/* Uses stack until the pointer is below the limit, and then a switch. */
static void use_stack(rt_ubase_t limit) __attribute__((noinline));
static void use_stack(rt_ubase_t limit)
{
    volatile char frame[128];

    memset((void *)(rt_ubase_t)frame, 0x5a, sizeof(frame));
    if ((rt_ubase_t)frame > limit)
    {
        use_stack(limit);
    }
    else
    {
        rt_thread_yield();
        rt_thread_mdelay(100);
    }
    /* After the call, so that it is no tail call. */
    sink += frame[5];
}

static void stack_entry(void *parameter)
{
    struct rt_thread *self = rt_thread_self();

    RT_UNUSED(parameter);
    use_stack((rt_ubase_t)self->stack_addr);
}

static void test_stack(void)
{
    rt_thread_t thread = rt_thread_create("overflow", stack_entry, RT_NULL, 4096, 15, 10);

    if (thread != RT_NULL)
    {
        rt_kprintf("thread overflow writes below its stack\n");
        rt_thread_startup(thread);
        rt_thread_mdelay(500);
    }
    rt_kprintf("survived\n");
}

static void test_heap(void)
{
    volatile char *block = (volatile char *)rt_malloc(100);

    if (block != RT_NULL)
    {
        rt_kprintf("writing one byte behind the block %p of 100 bytes\n", (void *)(rt_ubase_t)block);
        block[100] = 1;
        rt_free((void *)(rt_ubase_t)block);
    }
    rt_kprintf("survived\n");
}

static void test_stale(void)
{
    volatile char *block = (volatile char *)rt_malloc(100);

    if (block != RT_NULL)
    {
        rt_free((void *)(rt_ubase_t)block);
        rt_kprintf("writing to the freed block %p\n", (void *)(rt_ubase_t)block);
        block[50] = 1;
        rt_thread_mdelay(3000);
    }
    rt_kprintf("survived\n");
}

static void test_assert(void)
{
    volatile int one = 1;

    RT_ASSERT(one == 2);
    rt_kprintf("survived\n");
}

static void test_spin(int ms)
{
    rt_uint64_t start = rt_hw_clock_us();
    rt_tick_t tick = rt_tick_get();
    rt_uint64_t us;

    while (rt_hw_clock_us() - start < (rt_uint64_t)ms * 1000)
    {
    }
    us = rt_hw_clock_us() - start;
    rt_kprintf("spin: %lu us, %u ticks\n", (unsigned long)us, rt_tick_get() - tick);
}

/* What this CPU has executed so far. Exact under QEMU's -icount only. */
static void test_instructions(void)
{
#ifdef __riscv
    rt_uint64_t count;

    __asm__ volatile("rdinstret %0" : "=r"(count));
    rt_kprintf("instructions %lu\n", (unsigned long)count);
#else
    rt_kprintf("instructions: not counted on this machine\n");
#endif
}

static int testkernel(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    const char *number = argc > 2 ? argv[2] : RT_NULL;

    if (strcmp(what, "ipc") == 0)
    {
        return selftest_ipc();
    }
    if (strcmp(what, "sched") == 0)
    {
        return selftest_sched(parse_number(number, 2));
    }
    if (strcmp(what, "spin") == 0)
    {
        test_spin(parse_number(number, 100));
    }
    else if (strcmp(what, "instructions") == 0)
    {
        test_instructions();
    }
    else if (strcmp(what, "fault") == 0)
    {
        test_fault();
    }
    else if (strcmp(what, "stack") == 0)
    {
        test_stack();
    }
    else if (strcmp(what, "heap") == 0)
    {
        test_heap();
    }
    else if (strcmp(what, "stale") == 0)
    {
        test_stale();
    }
    else if (strcmp(what, "assert") == 0)
    {
        test_assert();
    }
    else
    {
        rt_kprintf("Usage: testkernel ipc|sched SECONDS|spin MS|instructions|fault|stack|heap|stale|assert\n");
        return -1;
    }

    return 0;
}
MSH_CMD_EXPORT(testkernel, self tests of the kernel and provoked errors);
