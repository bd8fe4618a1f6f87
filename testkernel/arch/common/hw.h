/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the architectures of the test kernel share among themselves. Nothing
 * outside testkernel/arch includes this file. Assembly reads the constants.
 */

#ifndef HW_H__
#define HW_H__

/* Offsets in struct hw_cpu, for the trap entries. */
#define HW_CPU_IRQ_SP   0x00
#define HW_CPU_FAULT_SP 0x08
#define HW_CPU_BOOT_SP  0x10
#define HW_CPU_FAULTING 0x18
#define HW_CPU_SCRATCH  0x20
#define HW_CPU_HW_ID    0x48
#define HW_CPU_SIZE     0x60

#define HW_STACK_SIZE   16384

#include <rtconfig.h>

#ifdef RT_USING_SMP
#define HW_CPUS RT_CPUS_NR
#else
#define HW_CPUS 1
#endif

#ifndef __ASSEMBLER__

#include <rtthread.h>
#include <rthw.h>
#include "cpuport.h"
#include <stddef.h>
#include <stdint.h>

struct rt_thread;

/* One for each CPU; a CPU register that nothing else uses points to it. */
struct hw_cpu
{
    uintptr_t irq_sp;     /* top of the interrupt stack */
    uintptr_t fault_sp;   /* top of the stack that faults are reported on */
    uintptr_t boot_sp;    /* top of the stack that the CPU starts on */
    uintptr_t faulting;   /* how deep in the reporting of faults */
    uintptr_t scratch[4]; /* registers of the trap entry, before it has a stack */
    uintptr_t id;         /* logical number; 0 is the CPU that booted */
    uintptr_t hw_id;      /* hart id, or affinity */
    uint64_t next_tick;   /* deadline of the timer, in counts */
    uint32_t ipi_pending; /* bit n: IPI n was asked for */
    uint32_t online;      /* was started, so IPIs may be sent to it */
};

extern struct hw_cpu hw_cpus[HW_CPUS];

/* Stack pointers of threads lie in here; trap entries check that. */
extern uintptr_t hw_ram_begin;
extern uintptr_t hw_ram_end;

/* ---- what the architecture provides ---- */

/* Vectors of devices are HW_VECTOR_FIRST .. HW_VECTORS - 1. */
#if defined(__riscv)
#define HW_VECTOR_FIRST 1
#define HW_VECTORS      128
#define HW_RAM_BASE     0x80000000ul
#else
#define HW_VECTOR_FIRST 32
#define HW_VECTORS      288
#define HW_RAM_BASE     0x40000000ul
#endif

uint64_t hw_counter(void);
uint64_t hw_counter_frequency(void);
void hw_timer_set(uint64_t deadline);
void hw_irqchip_init(void);         /* once, on the boot CPU */
void hw_irqchip_init_cpu(void);     /* on every CPU, timer and IPI too */
int hw_cpu_start(unsigned int cpu); /* 0, or why not */
void hw_uart_init(void);
void hw_uart_putc(char c);
int hw_uart_getc(void);     /* a character, or -1 */
int hw_uart_rx_irq(int on); /* returns the vector */
void hw_uart_rx_ack(void);

/* ---- what the common half provides ---- */

void hw_boot_early(uintptr_t hw_id, const void *dtb);
void hw_secondary_main(void) __attribute__((noreturn));
void hw_serial_init(void);
void hw_tick_start(void);
void hw_tick_interrupt(void);
void hw_ipi_interrupt(int vector);
void hw_dispatch(int vector);
void hw_switched_to(struct rt_thread *to);

/* A lock that works before and beside the kernel's own. */
typedef struct
{
    int locked;
} hw_lock_t;

rt_base_t hw_lock_irqsave(hw_lock_t *lock);
void hw_unlock_irqrestore(hw_lock_t *lock, rt_base_t level);

/* Printing without the kernel. */
void hw_put_hex(const char *before, uint64_t value);
void hw_put_dec(const char *before, uint64_t value);
/* True for the first CPU that has a fault; another one must keep quiet. */
int hw_fault_first(void);
void hw_fault_nested(void) __attribute__((noreturn));

#define HW_FDT_VIRTIO_MAX 32

struct hw_fdt_window
{
    uint64_t base;
    uint32_t irq; /* as rt_hw_interrupt_install() takes it */
};

/* The flattened device tree, as far as it is of interest here. */
struct hw_fdt
{
    uint64_t mem_base;   /* the memory range that holds the image */
    uint64_t mem_size;   /* 0: not found */
    uint32_t total_size; /* 0: not a device tree */
    char bootargs[1024];
    struct hw_fdt_window virtio[HW_FDT_VIRTIO_MAX]; /* nodes compatible with "virtio,mmio" */
    unsigned int virtio_count;
};

const struct hw_fdt *hw_machine(void);

void hw_fdt_read(const void *blob, uint64_t image, struct hw_fdt *out);

/* Device access; ordered against each other and against normal memory. */
static inline uint32_t hw_read32(uintptr_t address)
{
    uint32_t value = *(volatile uint32_t *)address;

    hw_mb();
    return value;
}

static inline void hw_write32(uintptr_t address, uint32_t value)
{
    hw_mb();
    *(volatile uint32_t *)address = value;
}

static inline uint8_t hw_read8(uintptr_t address)
{
    uint8_t value = *(volatile uint8_t *)address;

    hw_mb();
    return value;
}

static inline void hw_write8(uintptr_t address, uint8_t value)
{
    hw_mb();
    *(volatile uint8_t *)address = value;
}

#endif /* __ASSEMBLER__ */

#endif
