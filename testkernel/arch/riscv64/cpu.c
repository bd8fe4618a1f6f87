/* SPDX-License-Identifier: Apache-2.0 */

/* The riscv64 CPU: traps, timer, SBI calls, PLIC, and the machine's ends. */

#include "hw.h"

#define csr_read(name)                                                \
    ({                                                                \
        uintptr_t value_;                                             \
        __asm__ volatile("csrr %0, " #name : "=r"(value_)::"memory"); \
        value_;                                                       \
    })
#define csr_write(name, v)  __asm__ volatile("csrw " #name ", %0" ::"r"((uintptr_t)(v)) : "memory")
#define csr_set(name, v)    __asm__ volatile("csrs " #name ", %0" ::"r"((uintptr_t)(v)) : "memory")
#define csr_clear(name, v)  __asm__ volatile("csrc " #name ", %0" ::"r"((uintptr_t)(v)) : "memory")

#define SSTATUS_SIE         2ul
#define SIP_SSIP            (1ul << 1)
#define SIP_STIP            (1ul << 5)
#define SIP_SEIP            (1ul << 9)
#define CAUSE_INTERRUPT     (1ul << 63)

#define TIMER_FREQUENCY     10000000u

#define PLIC_BASE           0x0c000000ul
#define PLIC_PRIORITY(s)    (PLIC_BASE + 4ul * (s))
#define PLIC_ENABLE(c, s)   (PLIC_BASE + 0x2000ul + 0x80ul * (c) + 4ul * ((s) / 32))
#define PLIC_THRESHOLD(c)   (PLIC_BASE + 0x200000ul + 0x1000ul * (c))
#define PLIC_CLAIM(c)       (PLIC_BASE + 0x200004ul + 0x1000ul * (c))

#define FINISHER            0x00100000ul
#define FINISHER_PASS       0x5555u
#define FINISHER_FAIL(code) (0x3333u | ((uint32_t)(code) << 16))
#define FINISHER_RESET      0x7777u

#define UART_BASE           0x10000000ul
#define UART_IRQ            10
#define UART_DATA           (UART_BASE + 0)
#define UART_IER            (UART_BASE + 1)
#define UART_FCR            (UART_BASE + 2)
#define UART_LCR            (UART_BASE + 3)
#define UART_MCR            (UART_BASE + 4)
#define UART_LSR            (UART_BASE + 5)

#define SBI_TIME            0x54494d45ul
#define SBI_IPI             0x00735049ul
#define SBI_HSM             0x0048534dul
#define SBI_SRST            0x53525354ul

#define HARTS_MAX           8u

/* As the trap entry lays it out. */
struct frame
{
    uintptr_t x[32]; /* x[0] is the program counter */
    uintptr_t status;
    uintptr_t unused;
};

_Static_assert(sizeof(struct frame) == 272, "the trap entry knows the size");
_Static_assert(offsetof(struct hw_cpu, irq_sp) == HW_CPU_IRQ_SP, "offset in assembly");
_Static_assert(offsetof(struct hw_cpu, fault_sp) == HW_CPU_FAULT_SP, "offset in assembly");
_Static_assert(offsetof(struct hw_cpu, boot_sp) == HW_CPU_BOOT_SP, "offset in assembly");
_Static_assert(offsetof(struct hw_cpu, faulting) == HW_CPU_FAULTING, "offset in assembly");
_Static_assert(offsetof(struct hw_cpu, scratch) == HW_CPU_SCRATCH, "offset in assembly");
_Static_assert(offsetof(struct hw_cpu, hw_id) == HW_CPU_HW_ID, "offset in assembly");
_Static_assert(sizeof(struct hw_cpu) == HW_CPU_SIZE, "size in assembly");

void hw_trap_interrupt(void);
void hw_trap_fault(struct frame *frame);
void hw_thread_start(void);
void hw_secondary_start(void);

static hw_lock_t plic_lock;

static long sbi_call(unsigned long extension, unsigned long function, unsigned long arg0, unsigned long arg1,
                     unsigned long arg2)
{
    register unsigned long a0 __asm__("a0") = arg0;
    register unsigned long a1 __asm__("a1") = arg1;
    register unsigned long a2 __asm__("a2") = arg2;
    register unsigned long a6 __asm__("a6") = function;
    register unsigned long a7 __asm__("a7") = extension;

    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (long)a0;
}

/* ---- interrupts of this CPU ---- */

rt_base_t rt_hw_local_irq_disable(void)
{
    uintptr_t status;

    __asm__ volatile("csrrci %0, sstatus, 2" : "=r"(status)::"memory");
    return (rt_base_t)(status & SSTATUS_SIE);
}

void rt_hw_local_irq_enable(rt_base_t level)
{
    if (level & SSTATUS_SIE)
    {
        csr_set(sstatus, SSTATUS_SIE);
    }
    else
    {
        csr_clear(sstatus, SSTATUS_SIE);
    }
}

static struct hw_cpu *this_cpu(void)
{
    return (struct hw_cpu *)csr_read(sscratch);
}

int rt_hw_cpu_id(void)
{
    return (int)this_cpu()->id;
}

void rt_hw_cpu_idle(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

/* ---- time ---- */

uint64_t hw_counter(void)
{
    return csr_read(time);
}

uint64_t hw_counter_frequency(void)
{
    return TIMER_FREQUENCY;
}

void hw_timer_set(uint64_t deadline)
{
    sbi_call(SBI_TIME, 0, deadline, 0, 0);
}

/* ---- other CPUs ---- */

void rt_hw_ipi_send(int ipi_vector, unsigned int cpu_mask)
{
    unsigned long harts = 0;
    unsigned int i;

    for (i = 0; i < HW_CPUS; i++)
    {
        if ((cpu_mask & (1u << i)) && __atomic_load_n(&hw_cpus[i].online, __ATOMIC_ACQUIRE))
        {
            __atomic_fetch_or(&hw_cpus[i].ipi_pending, 1u << ipi_vector, __ATOMIC_RELEASE);
            harts |= 1ul << hw_cpus[i].hw_id;
        }
    }
    if (harts)
    {
        sbi_call(SBI_IPI, 0, harts, 0, 0);
    }
}

int hw_cpu_start(unsigned int cpu)
{
    unsigned int hart;

    /* In the order of the hart ids, without the one that booted. */
    for (hart = 0; hart < HARTS_MAX; hart++)
    {
        unsigned int i;

        for (i = 0; i < cpu && hw_cpus[i].hw_id != hart; i++)
        {
        }
        if (i < cpu)
        {
            continue;
        }
        hw_cpus[cpu].hw_id = hart;
        hw_mb(); /* it may look for itself there: see late in start.S */
        if (sbi_call(SBI_HSM, 0, hart, (unsigned long)hw_secondary_start, (unsigned long)&hw_cpus[cpu]) == 0)
        {
            return 0;
        }
    }
    return -1;
}

/* ---- interrupt controller ---- */

static unsigned int boot_context(void)
{
    /* Each hart has a context for machine mode and one for supervisor mode. */
    return (unsigned int)hw_cpus[0].hw_id * 2 + 1;
}

void hw_irqchip_init(void)
{
    hw_write32(PLIC_THRESHOLD(boot_context()), 0);
}

void hw_irqchip_init_cpu(void)
{
    uintptr_t enable = SIP_SSIP | SIP_STIP;

    /* The timer is quiet until the tick starts. */
    hw_timer_set(UINT64_MAX);
    csr_clear(sip, SIP_SSIP);
    if (this_cpu()->id == 0)
    {
        enable |= SIP_SEIP;
    }
    csr_write(sie, enable);
}

/*
 * A source is masked by its priority: that is a single write, and a source
 * that is masked between claim and completion can still be completed, which
 * it could not if it were disabled.
 */
void rt_hw_interrupt_mask(int vector)
{
    if (vector >= HW_VECTOR_FIRST && vector < HW_VECTORS)
    {
        hw_write32(PLIC_PRIORITY(vector), 0);
    }
}

void rt_hw_interrupt_umask(int vector)
{
    if (vector >= HW_VECTOR_FIRST && vector < HW_VECTORS)
    {
        uintptr_t enable = PLIC_ENABLE(boot_context(), vector);
        rt_base_t level = hw_lock_irqsave(&plic_lock);

        hw_write32(enable, hw_read32(enable) | 1u << (vector % 32));
        hw_write32(PLIC_PRIORITY(vector), 1);
        hw_unlock_irqrestore(&plic_lock, level);
    }
}

/* On the interrupt stack, with interrupts off. */
void hw_trap_interrupt(void)
{
    struct hw_cpu *cpu = this_cpu();
    uintptr_t pending = csr_read(sip) & csr_read(sie);

    rt_interrupt_enter();
    /* All of them at a time, so that a busy device cannot hold up the tick. */
    if (pending & SIP_STIP)
    {
        hw_tick_interrupt();
    }
    if (pending & SIP_SSIP)
    {
        uint32_t vectors;
        int vector;

        /* First cleared, then read: what comes in between interrupts again. */
        csr_clear(sip, SIP_SSIP);
        vectors = __atomic_exchange_n(&cpu->ipi_pending, 0, __ATOMIC_ACQUIRE);
        for (vector = 0; vectors; vector++, vectors >>= 1)
        {
            if (vectors & 1)
            {
                hw_ipi_interrupt(vector);
            }
        }
    }
    if (pending & SIP_SEIP)
    {
        uint32_t source = hw_read32(PLIC_CLAIM(boot_context()));

        if (source)
        {
            hw_dispatch((int)source);
            hw_write32(PLIC_CLAIM(boot_context()), source);
        }
    }
    rt_interrupt_leave();
}

/* ---- threads ---- */

rt_uint8_t *rt_hw_stack_init(void *entry, void *parameter, rt_uint8_t *stack_top, void *exit)
{
    uintptr_t *context = (uintptr_t *)(((uintptr_t)stack_top & ~15ul) - 112);
    int i;

    for (i = 0; i < 14; i++)
    {
        context[i] = 0;
    }
    /* ra, s0, s1, s2, s3: see hw_thread_start. */
    context[0] = (uintptr_t)hw_thread_start;
    context[2] = (uintptr_t)entry;
    context[3] = (uintptr_t)parameter;
    context[4] = (uintptr_t)exit;
    return (rt_uint8_t *)context;
}

/* ---- faults ---- */

static const char *const cause_names[] = {
    "instruction address misaligned",
    "instruction access fault",
    "illegal instruction",
    "breakpoint",
    "load address misaligned",
    "load access fault",
    "store address misaligned",
    "store access fault",
    "call from user mode",
    "call from supervisor mode",
    "reserved",
    "call from machine mode",
    "instruction page fault",
    "load page fault",
    "reserved",
    "store page fault",
};

void hw_trap_fault(struct frame *frame)
{
    static const char *const names[32] = {
        "\npc  ", "  ra  ", "  sp  ", "  gp  ", "\ntp  ", "  t0  ", "  t1  ", "  t2  ", "\ns0  ", "  s1  ", "  a0  ",
        "  a1  ", "\na2  ", "  a3  ", "  a4  ", "  a5  ", "\na6  ", "  a7  ", "  s2  ", "  s3  ", "\ns4  ", "  s5  ",
        "  s6  ", "  s7  ", "\ns8  ", "  s9  ", "  s10 ", "  s11 ", "\nt3  ", "  t4  ", "  t5  ", "  t6  ",
    };
    uintptr_t cause = csr_read(scause);
    const char *what = "unknown exception";
    int i;

    if (cause & CAUSE_INTERRUPT)
    {
        what = "interrupt with a bad stack pointer";
    }
    else if (cause < sizeof(cause_names) / sizeof(cause_names[0]))
    {
        what = cause_names[cause];
    }
    if (!hw_fault_first())
    {
        for (;;)
        {
            rt_hw_cpu_idle();
        }
    }
    rt_hw_console_output("\n*** fault: ");
    rt_hw_console_output(what);
    hw_put_hex("\naddress 0x", csr_read(stval));
    hw_put_hex(", pc 0x", frame->x[0]);
    hw_put_dec(", cpu ", this_cpu()->id);
    hw_put_dec(" (hart ", this_cpu()->hw_id);
    hw_put_hex("), scause 0x", cause);
    hw_put_hex(", sstatus 0x", frame->status);
    for (i = 0; i < 32; i++)
    {
        hw_put_hex(names[i], frame->x[i]);
    }
    rt_hw_console_output("\n");
    rt_hw_fault_report(what);
    rt_hw_halt();
}

/* ---- UART ---- */

void hw_uart_init(void)
{
    /* 8 bits, FIFO on with an interrupt for each character, OUT2 = interrupts. */
    hw_write8(UART_IER, 0);
    hw_write8(UART_LCR, 3);
    hw_write8(UART_FCR, 1);
    hw_write8(UART_MCR, 8);
}

void hw_uart_putc(char c)
{
    while (!(hw_read8(UART_LSR) & 0x20))
    {
    }
    hw_write8(UART_DATA, (uint8_t)c);
}

int hw_uart_getc(void)
{
    return (hw_read8(UART_LSR) & 1) ? hw_read8(UART_DATA) : -1;
}

int hw_uart_rx_irq(int on)
{
    hw_write8(UART_IER, on ? 1 : 0);
    return UART_IRQ;
}

void hw_uart_rx_ack(void)
{
    /* Reading the data is all that it takes. */
}

/* ---- the machine's ends ---- */

static void stop(void) __attribute__((noreturn));
static void stop(void)
{
    for (;;)
    {
        rt_hw_cpu_idle();
    }
}

void rt_hw_cpu_shutdown(void)
{
    rt_hw_local_irq_disable();
    hw_write32(FINISHER, FINISHER_PASS);
    stop();
}

void rt_hw_cpu_reset(void)
{
    rt_hw_local_irq_disable();
    sbi_call(SBI_SRST, 0, 1, 0, 0);
    hw_write32(FINISHER, FINISHER_RESET);
    stop();
}

void rt_hw_halt(void)
{
    rt_hw_local_irq_disable();
    hw_write32(FINISHER, FINISHER_FAIL(1));
    stop();
}
