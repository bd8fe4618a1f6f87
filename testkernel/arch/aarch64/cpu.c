/* SPDX-License-Identifier: Apache-2.0 */

/* The aarch64 CPU: exceptions, timer, PSCI calls, GICv2, and the machine's ends. */

#include "hw.h"

#define sysreg_read(name)                                            \
    ({                                                               \
        uint64_t value_;                                             \
        __asm__ volatile("mrs %0, " #name : "=r"(value_)::"memory"); \
        value_;                                                      \
    })
#define sysreg_write(name, v) __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(v)) : "memory")

#define DTB_ADDRESS           0x40000000ul

#define GICD_BASE             0x08000000ul
#define GICD_CTLR             (GICD_BASE + 0x000)
#define GICD_ISENABLER(v)     (GICD_BASE + 0x100 + 4ul * ((v) / 32))
#define GICD_ICENABLER(v)     (GICD_BASE + 0x180 + 4ul * ((v) / 32))
#define GICD_IPRIORITYR(v)    (GICD_BASE + 0x400 + (v))
#define GICD_ITARGETSR(v)     (GICD_BASE + 0x800 + (v))
#define GICD_SGIR             (GICD_BASE + 0xf00)
#define GICC_BASE             0x08010000ul
#define GICC_CTLR             (GICC_BASE + 0x00)
#define GICC_PMR              (GICC_BASE + 0x04)
#define GICC_IAR              (GICC_BASE + 0x0c)
#define GICC_EOIR             (GICC_BASE + 0x10)

#define INTID_SGIS            16
#define INTID_TIMER           27
#define INTID_SPURIOUS        1020
#define PRIORITY              0xa0

#define UART_BASE             0x09000000ul
#define UART_IRQ              33
#define UART_DR               (UART_BASE + 0x00)
#define UART_FR               (UART_BASE + 0x18)
#define UART_LCRH             (UART_BASE + 0x2c)
#define UART_CR               (UART_BASE + 0x30)
#define UART_IMSC             (UART_BASE + 0x38)
#define UART_ICR              (UART_BASE + 0x44)
#define UART_FR_RXFE          0x10u
#define UART_FR_TXFF          0x20u
#define UART_INT_RX           0x50u /* FIFO level reached, or timeout */

#define PSCI_SYSTEM_OFF       0x84000008ul
#define PSCI_SYSTEM_RESET     0x84000009ul
#define PSCI_CPU_ON           0xc4000003ul

#define SYS_EXIT              0x18ul
#define STOPPED_BY_EXIT       0x20026ul

/* As the exception entry lays it out. */
struct frame
{
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t pstate;
    uint64_t fpcr;
    uint64_t fpsr;
    uint64_t q[64];
};

_Static_assert(sizeof(struct frame) == 800, "the exception entry knows the size");
_Static_assert(offsetof(struct frame, q) == 288, "the exception entry knows the place");
_Static_assert(offsetof(struct hw_cpu, irq_sp) == HW_CPU_IRQ_SP, "offset in assembly");
_Static_assert(offsetof(struct hw_cpu, fault_sp) == HW_CPU_FAULT_SP, "offset in assembly");
_Static_assert(offsetof(struct hw_cpu, boot_sp) == HW_CPU_BOOT_SP, "offset in assembly");
_Static_assert(offsetof(struct hw_cpu, faulting) == HW_CPU_FAULTING, "offset in assembly");
_Static_assert(offsetof(struct hw_cpu, scratch) == HW_CPU_SCRATCH, "offset in assembly");

void hw_boot(uint64_t level);
void hw_trap_interrupt(void);
void hw_trap_fault(struct frame *frame, uint64_t kind);
void hw_thread_start(void);
void hw_secondary_start(void);

static int psci_by_smc;
static int halting;

static long psci_call(uint64_t function, uint64_t arg0, uint64_t arg1, uint64_t arg2)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = arg0;
    register uint64_t x2 __asm__("x2") = arg1;
    register uint64_t x3 __asm__("x3") = arg2;

    if (psci_by_smc)
    {
        __asm__ volatile("smc #0"
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
                           "x12", "x13", "x14", "x15", "x16", "x17", "memory");
    }
    else
    {
        __asm__ volatile("hvc #0"
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
                           "x12", "x13", "x14", "x15", "x16", "x17", "memory");
    }
    return (long)x0;
}

/* First C code on the boot CPU, with the exception level it was entered at. */
void hw_boot(uint64_t level)
{
    /* A machine with EL2 keeps HVC for what runs there. */
    psci_by_smc = level >= 2;
    hw_boot_early(sysreg_read(mpidr_el1) & 0xff, (const void *)DTB_ADDRESS);
}

/* ---- interrupts of this CPU ---- */

rt_base_t rt_hw_local_irq_disable(void)
{
    rt_base_t level = (rt_base_t)sysreg_read(daif);

    __asm__ volatile("msr daifset, #2" ::: "memory");
    return level;
}

void rt_hw_local_irq_enable(rt_base_t level)
{
    sysreg_write(daif, level);
}

static struct hw_cpu *this_cpu(void)
{
    return (struct hw_cpu *)sysreg_read(tpidr_el1);
}

int rt_hw_cpu_id(void)
{
    return (int)this_cpu()->id;
}

void rt_hw_cpu_idle(void)
{
    __asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

/* ---- time ---- */

uint64_t hw_counter(void)
{
    /* Without the barrier it could be read early. */
    __asm__ volatile("isb" ::: "memory");
    return sysreg_read(cntvct_el0);
}

uint64_t hw_counter_frequency(void)
{
    return sysreg_read(cntfrq_el0);
}

void hw_timer_set(uint64_t deadline)
{
    sysreg_write(cntv_cval_el0, deadline);
    sysreg_write(cntv_ctl_el0, 1);
    __asm__ volatile("isb" ::: "memory");
}

/* ---- other CPUs ---- */

void rt_hw_ipi_send(int ipi_vector, unsigned int cpu_mask)
{
    uint32_t targets = 0;
    unsigned int i;

    for (i = 0; i < HW_CPUS; i++)
    {
        if ((cpu_mask & (1u << i)) && __atomic_load_n(&hw_cpus[i].online, __ATOMIC_ACQUIRE))
        {
            targets |= 1u << hw_cpus[i].hw_id;
        }
    }
    if (targets)
    {
        hw_write32(GICD_SGIR, targets << 16 | (uint32_t)ipi_vector);
    }
}

int hw_cpu_start(unsigned int cpu)
{
    /* The machine numbers its first eight CPUs one by one, from the boot CPU. */
    hw_cpus[cpu].hw_id = cpu;
    return (int)psci_call(PSCI_CPU_ON, cpu, (uint64_t)hw_secondary_start, (uint64_t)&hw_cpus[cpu]);
}

/* ---- interrupt controller ---- */

void hw_irqchip_init(void)
{
    hw_write32(GICD_CTLR, 1);
}

void hw_irqchip_init_cpu(void)
{
    int i;

    /* The timer is quiet until the tick starts. */
    sysreg_write(cntv_ctl_el0, 0);
    /* Each CPU has its own of these. */
    for (i = 0; i < INTID_SGIS; i++)
    {
        hw_write8(GICD_IPRIORITYR(i), PRIORITY);
    }
    hw_write8(GICD_IPRIORITYR(INTID_TIMER), PRIORITY);
    hw_write32(GICD_ISENABLER(0), 0xffffu | 1u << INTID_TIMER);
    hw_write32(GICC_PMR, 0xf0);
    hw_write32(GICC_CTLR, 1);
}

void rt_hw_interrupt_mask(int vector)
{
    if (vector >= HW_VECTOR_FIRST && vector < HW_VECTORS)
    {
        hw_write32(GICD_ICENABLER(vector), 1u << (vector % 32));
    }
}

void rt_hw_interrupt_umask(int vector)
{
    if (vector >= HW_VECTOR_FIRST && vector < HW_VECTORS)
    {
        hw_write8(GICD_IPRIORITYR(vector), PRIORITY);
        hw_write8(GICD_ITARGETSR(vector), (uint8_t)(1u << hw_cpus[0].hw_id));
        hw_write32(GICD_ISENABLER(vector), 1u << (vector % 32));
    }
}

/* On the interrupt stack, with interrupts off. */
void hw_trap_interrupt(void)
{
    rt_interrupt_enter();
    for (;;)
    {
        /* For an SGI this also has the sender, which the end has to repeat. */
        uint32_t ack = hw_read32(GICC_IAR);
        int vector = (int)(ack & 0x3ff);

        if (vector >= INTID_SPURIOUS)
        {
            break;
        }
        if (vector < INTID_SGIS)
        {
            hw_ipi_interrupt(vector);
        }
        else if (vector == INTID_TIMER)
        {
            hw_tick_interrupt();
        }
        else
        {
            hw_dispatch(vector);
        }
        hw_write32(GICC_EOIR, ack);
    }
    rt_interrupt_leave();
}

/* ---- threads ---- */

rt_uint8_t *rt_hw_stack_init(void *entry, void *parameter, rt_uint8_t *stack_top, void *exit)
{
    uint64_t *context = (uint64_t *)(((uintptr_t)stack_top & ~15ul) - 160);
    int i;

    for (i = 0; i < 20; i++)
    {
        context[i] = 0;
    }
    /* x19, x20, x21, x30: see hw_thread_start. */
    context[0] = (uintptr_t)entry;
    context[1] = (uintptr_t)parameter;
    context[2] = (uintptr_t)exit;
    context[11] = (uintptr_t)hw_thread_start;
    return (rt_uint8_t *)context;
}

/* ---- faults ---- */

static const char *fault_name(uint64_t kind, uint64_t syndrome)
{
    if (kind == 1)
    {
        return "interrupt with a bad stack pointer";
    }
    if (kind == 2)
    {
        return "FIQ";
    }
    if (kind == 3)
    {
        return "SError";
    }
    switch (syndrome >> 26)
    {
    case 0x00:
        return "undefined instruction";
    case 0x07:
        return "floating point is off";
    case 0x0e:
        return "illegal execution state";
    case 0x15:
        return "supervisor call";
    case 0x18:
        return "trapped system register";
    case 0x20:
    case 0x21:
        return "instruction abort";
    case 0x22:
        return "pc alignment";
    case 0x24:
    case 0x25:
        break;
    case 0x26:
        return "sp alignment";
    case 0x2c:
        return "floating point exception";
    case 0x3c:
        return "breakpoint";
    default:
        return "unknown exception";
    }
    /* Data aborts, by the fault status without the level. */
    switch ((syndrome & 0x3f) >> 2)
    {
    case 0x00:
        return "data abort: address size";
    case 0x01:
        return "data abort: nothing is mapped here";
    case 0x02:
        return "data abort: access flag";
    case 0x03:
        return "data abort: permission";
    case 0x04:
        return "data abort: external";
    case 0x08:
        return "data abort: alignment";
    default:
        return "data abort";
    }
}

void hw_trap_fault(struct frame *frame, uint64_t kind)
{
    uint64_t syndrome = sysreg_read(esr_el1);
    const char *what = fault_name(kind, syndrome);
    int i;

    if (halting)
    {
        rt_hw_console_output("\nno semihosting: QEMU cannot be ended with a failing status\n");
    }
    if (halting || !hw_fault_first())
    {
        for (;;)
        {
            rt_hw_cpu_idle();
        }
    }
    rt_hw_console_output("\n*** fault: ");
    rt_hw_console_output(what);
    hw_put_hex("\naddress 0x", sysreg_read(far_el1));
    hw_put_hex(", pc 0x", frame->pc);
    hw_put_dec(", cpu ", this_cpu()->id);
    hw_put_hex(", esr 0x", syndrome);
    hw_put_hex(", pstate 0x", frame->pstate);
    for (i = 0; i < 31; i++)
    {
        hw_put_dec(i % 4 == 0 ? "\nx" : "  x", (uint64_t)i);
        hw_put_hex(i < 10 ? "  " : " ", frame->x[i]);
    }
    hw_put_hex("  sp  ", frame->sp);
    rt_hw_console_output("\n");
    rt_hw_fault_report(what);
    rt_hw_halt();
}

/* ---- UART ---- */

void hw_uart_init(void)
{
    hw_write32(UART_IMSC, 0);
    hw_write32(UART_LCRH, 0x70); /* 8 bits, FIFO on */
    hw_write32(UART_CR, 0x301);  /* on, sends, receives */
}

void hw_uart_putc(char c)
{
    while (hw_read32(UART_FR) & UART_FR_TXFF)
    {
    }
    hw_write32(UART_DR, (uint8_t)c);
}

int hw_uart_getc(void)
{
    return (hw_read32(UART_FR) & UART_FR_RXFE) ? -1 : (int)(hw_read32(UART_DR) & 0xff);
}

int hw_uart_rx_irq(int on)
{
    hw_write32(UART_IMSC, on ? UART_INT_RX : 0);
    return UART_IRQ;
}

void hw_uart_rx_ack(void)
{
    hw_write32(UART_ICR, UART_INT_RX);
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
    psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    stop();
}

void rt_hw_cpu_reset(void)
{
    rt_hw_local_irq_disable();
    psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
    stop();
}

void rt_hw_halt(void)
{
    static const uint64_t block[2] = {STOPPED_BY_EXIT, 1};
    register uint64_t x0 __asm__("x0");
    register const uint64_t *x1 __asm__("x1");

    /* PSCI has no way to say that it went wrong; the debugger's interface has. */
    rt_hw_local_irq_disable();
    halting = 1;
    x0 = SYS_EXIT;
    x1 = block;
    __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
    stop();
}
