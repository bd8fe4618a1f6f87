/* SPDX-License-Identifier: Apache-2.0 */

/* Memory, the per-CPU data, and the order in which the machine is set up. */

#include "hw.h"

/* Less memory than this beyond 4 GiB is not worth losing what is below. */
#define HIGH_HEAP_MIN (64ull << 20)

extern char __image_start[];
extern char __data_start[];
extern char _end[];

/* Masks of CPUs for the interrupt controllers have eight bits. */
_Static_assert(HW_CPUS <= 8, "too many CPUs");

struct hw_cpu hw_cpus[HW_CPUS];

/* Everything is allowed until the size of the memory is known. */
uintptr_t hw_ram_begin = (uintptr_t)__data_start;
uintptr_t hw_ram_end = UINTPTR_MAX;

struct hw_stacks
{
    uint8_t boot[HW_STACK_SIZE];
    uint8_t irq[HW_STACK_SIZE];
    uint8_t fault[HW_STACK_SIZE];
} __attribute__((aligned(64)));

/* The boot code puts the first CPU on the first stack in here. */
struct hw_stacks hw_stacks[HW_CPUS];

static struct hw_fdt machine;
static uintptr_t heap_begin;
static uintptr_t heap_end;

static void find_memory(const void *dtb)
{
    uintptr_t image = (uintptr_t)__image_start;
    uintptr_t blob = (uintptr_t)dtb;
    uint64_t top;

    hw_fdt_read(dtb, image, &machine);
    if (machine.mem_size)
    {
        top = machine.mem_base + machine.mem_size;
    }
    else
    {
        top = HW_RAM_BASE + (128ul << 20);
    }
    heap_begin = (uintptr_t)_end;
    heap_end = top;
    hw_ram_end = top;

    if (top >= (1ull << 32) + HIGH_HEAP_MIN)
    {
        /* So that drivers are seen to work with addresses of more than 32 bits. */
        heap_begin = 1ull << 32;
    }
    /* The device tree stays where it is; take the larger part beside it. */
    if (machine.total_size && blob + machine.total_size > heap_begin && blob < heap_end)
    {
        uintptr_t after = blob + machine.total_size;

        if (blob > heap_begin && (after >= heap_end || blob - heap_begin >= heap_end - after))
        {
            heap_end = blob;
        }
        else
        {
            heap_begin = after;
        }
    }
    heap_begin = (heap_begin + 4095) & ~(uintptr_t)4095;
    heap_end &= ~(uintptr_t)4095;
}

/* First C code on the boot CPU: .bss is clear, nothing else is there yet. */
void hw_boot_early(uintptr_t hw_id, const void *dtb)
{
    unsigned int i;

    for (i = 0; i < HW_CPUS; i++)
    {
        hw_cpus[i].boot_sp = (uintptr_t)hw_stacks[i].boot + HW_STACK_SIZE;
        hw_cpus[i].irq_sp = (uintptr_t)hw_stacks[i].irq + HW_STACK_SIZE;
        hw_cpus[i].fault_sp = (uintptr_t)hw_stacks[i].fault + HW_STACK_SIZE;
        hw_cpus[i].id = i;
    }
    hw_cpus[0].hw_id = hw_id;
    hw_cpus[0].online = 1;
    hw_uart_init();
    find_memory(dtb);
}

const struct hw_fdt *hw_machine(void)
{
    return &machine;
}

const char *rt_hw_bootargs(void)
{
    return machine.bootargs;
}

void rt_hw_board_init(void)
{
    hw_irqchip_init();
    hw_irqchip_init_cpu();
    rt_system_heap_init((void *)heap_begin, (void *)heap_end);
    hw_serial_init();
#ifdef RT_CONSOLE_DEVICE_NAME
    rt_console_set_device(RT_CONSOLE_DEVICE_NAME);
#endif
    hw_tick_start();
    rt_components_board_init();
}

#ifdef RT_USING_SMP
void rt_hw_secondary_cpu_up(void)
{
    unsigned int i;

    for (i = 1; i < HW_CPUS; i++)
    {
        int error = hw_cpu_start(i);

        if (!error)
        {
            __atomic_store_n(&hw_cpus[i].online, 1, __ATOMIC_RELEASE);
        }
        else
        {
            hw_put_dec("cpu ", i);
            rt_hw_console_output(" is not there or does not start\n");
        }
    }
}

void hw_secondary_main(void)
{
    hw_irqchip_init_cpu();
    hw_tick_start();
    rt_secondary_cpu_entry();
    rt_hw_halt();
}
#else
void hw_secondary_main(void)
{
    rt_hw_halt();
}
#endif

/* Called on the new thread's stack, interrupts off. */
void hw_switched_to(struct rt_thread *to)
{
#ifdef RT_USING_SMP
    rt_cpus_lock_status_restore(to);
#endif
}

/* ---- printing without the kernel ---- */

void hw_put_hex(const char *before, uint64_t value)
{
    static const char digit[] = "0123456789abcdef";
    char text[17];
    int i;

    for (i = 15; i >= 0; i--)
    {
        text[i] = digit[value & 15];
        value >>= 4;
    }
    text[16] = '\0';
    rt_hw_console_output(before);
    rt_hw_console_output(text);
}

void hw_put_dec(const char *before, uint64_t value)
{
    char text[21];
    char *p = text + sizeof(text) - 1;

    *p = '\0';
    do
    {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    rt_hw_console_output(before);
    rt_hw_console_output(p);
}

static volatile int last_words; /* what is printed from now on is about a fault */

rt_weak void rt_hw_fault_output(const char *text, rt_size_t length)
{
}

void rt_hw_fault_begin(void)
{
    last_words = 1;
}

void rt_hw_console_output(const char *str)
{
    static int busy;
    const char *p;

    for (p = str; *p; p++)
    {
        if (*p == '\n')
        {
            hw_uart_putc('\r');
        }
        hw_uart_putc(*p);
    }
    /* Not for what it says itself, or for the fault that it may end in. */
    if (last_words && !__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
    {
        rt_hw_fault_output(str, (rt_size_t)(p - str));
        __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    }
}

int hw_fault_first(void)
{
    static int taken;

    rt_hw_fault_begin();
    return !__atomic_exchange_n(&taken, 1, __ATOMIC_ACQ_REL);
}

void hw_fault_nested(void)
{
    rt_hw_console_output("\nfault while a fault was reported\n");
    rt_hw_halt();
}
