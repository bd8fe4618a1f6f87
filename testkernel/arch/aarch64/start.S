/* SPDX-License-Identifier: Apache-2.0 */

/* Entry points, exceptions, context switches and the translation tables. */

#include "hw.h"

#define FRAME_SIZE      800
#define FRAME_SP        248
#define FRAME_PC        256
#define FRAME_FPCR      272
#define FRAME_Q         288

#define KIND_IRQ        1

/* Reset value bits that are always one; MMU, data cache, stack alignment, instruction cache. */
#define SCTLR           (0x30d00800 | 0x1 | 0x4 | 0x8 | 0x1000)
/* Attribute 0: device nGnRE. Attribute 1: normal, write-back. */
#define MAIR            0xff04
/* 39 bits of address below, none above; 4 KiB granule; 40 bits of physical address. */
#define TCR_LOW         (25 | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23))
#define TCR_IPS         2

#define BLOCK_DEVICE    0x0060000000000401
#define BLOCK_NORMAL    0x0040000000000705
#define TABLE           3

    .macro load_address reg, symbol
    adrp    \reg, \symbol
    add     \reg, \reg, :lo12:\symbol
    .endm

    .section .text.boot, "ax"
    .globl _start
_start:
    bl      to_el1
    mov     x20, x0
    bl      cpu_setup

    load_address x1, __bss_start
    load_address x2, __bss_end
1:
    str     xzr, [x1], #8
    cmp     x1, x2
    b.lo    1b

    load_address x1, hw_stacks
    add     x1, x1, #HW_STACK_SIZE
    mov     sp, x1
    load_address x1, hw_cpus
    msr     tpidr_el1, x1
    mov     x29, xzr
    mov     x0, x20
    bl      hw_boot
    bl      rtthread_startup
    bl      rt_hw_halt

    .text
    .globl hw_secondary_start
hw_secondary_start:
    /* x0 is what hw_cpu_start() gave: the CPU's struct hw_cpu. */
    mov     x19, x0
    bl      to_el1
    bl      cpu_setup
    msr     tpidr_el1, x19
    ldr     x1, [x19, #HW_CPU_BOOT_SP]
    mov     sp, x1
    mov     x29, xzr
    bl      hw_secondary_main

/* Returns at EL1 whatever the level was, with that level in x0. Uses x0 and x1. */
to_el1:
    msr     daifset, #15
    mrs     x0, CurrentEL
    lsr     x0, x0, #2
    cmp     x0, #2
    b.ne    1f
    mov     x1, #(1 << 31)          /* EL1 is 64 bits wide */
    msr     hcr_el2, x1
    mov     x1, #3                  /* EL1 may use the timers and counters */
    msr     cnthctl_el2, x1
    msr     cntvoff_el2, xzr
    mov     x1, #0x33ff             /* no trap of floating point */
    msr     cptr_el2, x1
    msr     vttbr_el2, xzr
    mrs     x1, midr_el1
    msr     vpidr_el2, x1
    mrs     x1, mpidr_el1
    msr     vmpidr_el2, x1
    ldr     x1, =0x30d00800
    msr     sctlr_el1, x1
    mov     x1, #0x3c5              /* EL1 with its own stack, all masked */
    msr     spsr_el2, x1
    msr     elr_el2, x30
    eret
1:
    ret

/* Stack pointer, floating point, exceptions, thread-local data, MMU. Uses x1 and x2. */
cpu_setup:
    msr     spsel, #1
    mov     x1, #(3 << 20)
    msr     cpacr_el1, x1
    load_address x1, vectors
    msr     vbar_el1, x1
    /* Compiled code expects the thread-local data 16 bytes (or its alignment) further. */
    load_address x1, __tls_start
    sub     x1, x1, #16
    msr     tpidr_el0, x1

    mov     x1, #MAIR
    msr     mair_el1, x1
    ldr     x1, =TCR_LOW
    mov     x2, #TCR_IPS
    orr     x1, x1, x2, lsl #32
    msr     tcr_el1, x1
    load_address x1, level1
    msr     ttbr0_el1, x1
    dsb     sy
    tlbi    vmalle1
    ic      iallu
    dsb     sy
    isb
    ldr     x1, =SCTLR
    msr     sctlr_el1, x1
    isb
    ret

/*
 * Saves everything but sp into the frame at sp. On entry x0 is the CPU's
 * struct, tpidrro_el0 has the old x0, and x1 and x2 are in the scratch space.
 */
    .macro save_frame
    stp     x3, x4, [sp, #24]
    ldp     x1, x2, [x0, #HW_CPU_SCRATCH]
    stp     x1, x2, [sp, #8]
    mrs     x1, tpidrro_el0
    str     x1, [sp, #0]
    stp     x5, x6, [sp, #40]
    stp     x7, x8, [sp, #56]
    stp     x9, x10, [sp, #72]
    stp     x11, x12, [sp, #88]
    stp     x13, x14, [sp, #104]
    stp     x15, x16, [sp, #120]
    stp     x17, x18, [sp, #136]
    stp     x19, x20, [sp, #152]
    stp     x21, x22, [sp, #168]
    stp     x23, x24, [sp, #184]
    stp     x25, x26, [sp, #200]
    stp     x27, x28, [sp, #216]
    stp     x29, x30, [sp, #232]
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    stp     x1, x2, [sp, #FRAME_PC]
    mrs     x1, fpcr
    mrs     x2, fpsr
    stp     x1, x2, [sp, #FRAME_FPCR]
    stp     q0, q1, [sp, #FRAME_Q]
    stp     q2, q3, [sp, #FRAME_Q + 32]
    stp     q4, q5, [sp, #FRAME_Q + 64]
    stp     q6, q7, [sp, #FRAME_Q + 96]
    stp     q8, q9, [sp, #FRAME_Q + 128]
    stp     q10, q11, [sp, #FRAME_Q + 160]
    stp     q12, q13, [sp, #FRAME_Q + 192]
    stp     q14, q15, [sp, #FRAME_Q + 224]
    stp     q16, q17, [sp, #FRAME_Q + 256]
    stp     q18, q19, [sp, #FRAME_Q + 288]
    stp     q20, q21, [sp, #FRAME_Q + 320]
    stp     q22, q23, [sp, #FRAME_Q + 352]
    stp     q24, q25, [sp, #FRAME_Q + 384]
    stp     q26, q27, [sp, #FRAME_Q + 416]
    stp     q28, q29, [sp, #FRAME_Q + 448]
    stp     q30, q31, [sp, #FRAME_Q + 480]
    .endm

    .macro vector kind, target
    .balign 128
    msr     tpidrro_el0, x0
    mrs     x0, tpidr_el1
    stp     x1, x2, [x0, #HW_CPU_SCRATCH]
    mov     x1, #\kind
    str     x1, [x0, #HW_CPU_SCRATCH + 16]
    b       \target
    .endm

    .balign 2048
vectors:
    vector  0, fault        /* from EL1 on the stack of EL0, which is never used */
    vector  1, fault
    vector  2, fault
    vector  3, fault
    vector  0, fault        /* from EL1: synchronous, IRQ, FIQ, SError */
    vector  KIND_IRQ, interrupt
    vector  2, fault
    vector  3, fault
    vector  0, fault        /* from EL0, which is never entered */
    vector  1, fault
    vector  2, fault
    vector  3, fault
    vector  0, fault
    vector  1, fault
    vector  2, fault
    vector  3, fault

interrupt:
    /* It needs a stack to be saved on: is there one? */
    mov     x2, sp
    tst     x2, #15
    b.ne    fault
    load_address x1, hw_ram_end
    ldr     x1, [x1]
    cmp     x2, x1
    b.hi    fault
    load_address x1, hw_ram_begin
    ldr     x1, [x1]
    cmp     x2, x1                  /* this first: the difference may wrap */
    b.lo    fault
    sub     x2, x2, #FRAME_SIZE
    cmp     x2, x1
    b.lo    fault

    mov     x1, sp
    str     x1, [x2, #FRAME_SP]
    mov     sp, x2
    save_frame

    mov     x19, sp
    ldr     x1, [x0, #HW_CPU_IRQ_SP]
    mov     sp, x1
    bl      hw_trap_interrupt
    mov     sp, x19
    /* May run other threads before it returns, perhaps on another CPU. */
    bl      rt_schedule_irq_exit

    ldp     x1, x2, [sp, #FRAME_PC]
    msr     elr_el1, x1
    msr     spsr_el1, x2
    ldp     x1, x2, [sp, #FRAME_FPCR]
    msr     fpcr, x1
    msr     fpsr, x2
    ldp     q0, q1, [sp, #FRAME_Q]
    ldp     q2, q3, [sp, #FRAME_Q + 32]
    ldp     q4, q5, [sp, #FRAME_Q + 64]
    ldp     q6, q7, [sp, #FRAME_Q + 96]
    ldp     q8, q9, [sp, #FRAME_Q + 128]
    ldp     q10, q11, [sp, #FRAME_Q + 160]
    ldp     q12, q13, [sp, #FRAME_Q + 192]
    ldp     q14, q15, [sp, #FRAME_Q + 224]
    ldp     q16, q17, [sp, #FRAME_Q + 256]
    ldp     q18, q19, [sp, #FRAME_Q + 288]
    ldp     q20, q21, [sp, #FRAME_Q + 320]
    ldp     q22, q23, [sp, #FRAME_Q + 352]
    ldp     q24, q25, [sp, #FRAME_Q + 384]
    ldp     q26, q27, [sp, #FRAME_Q + 416]
    ldp     q28, q29, [sp, #FRAME_Q + 448]
    ldp     q30, q31, [sp, #FRAME_Q + 480]
    ldp     x0, x1, [sp, #0]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldr     x30, [sp, #240]
    add     sp, sp, #FRAME_SIZE
    eret

/* Reported on a stack of its own, as the thread's may be what is wrong. */
fault:
    ldr     x1, [x0, #HW_CPU_FAULTING]
    add     x2, x1, #1
    str     x2, [x0, #HW_CPU_FAULTING]
    cbnz    x1, 2f
    ldr     x2, [x0, #HW_CPU_FAULT_SP]
    sub     x2, x2, #FRAME_SIZE
    mov     x1, sp
    str     x1, [x2, #FRAME_SP]
    mov     sp, x2
    save_frame
    ldr     x1, [x0, #HW_CPU_SCRATCH + 16]
    mov     x0, sp
    mov     x29, xzr
    bl      hw_trap_fault
1:
    wfi
    b       1b
2:
    /* A fault in a report: once more with little, then no more. */
    cmp     x1, #1
    b.ne    1b
    ldr     x2, [x0, #HW_CPU_FAULT_SP]
    mov     sp, x2
    mov     x29, xzr
    bl      hw_fault_nested
    b       1b

/*
 * A context is the callee-saved registers; the rest is the caller's matter.
 * x19 ... x30, d8 ... d15.
 */
#define CONTEXT_SIZE    160

/* void rt_hw_context_switch(rt_ubase_t from, rt_ubase_t to, struct rt_thread *to_thread) */
    .globl rt_hw_context_switch
rt_hw_context_switch:
    sub     sp, sp, #CONTEXT_SIZE
    stp     x19, x20, [sp, #0]
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
    mov     x9, sp
    str     x9, [x0]
    mov     x0, x1
    mov     x1, x2

/* void rt_hw_context_switch_to(rt_ubase_t to, struct rt_thread *to_thread) */
    .globl rt_hw_context_switch_to
rt_hw_context_switch_to:
    ldr     x9, [x0]
    mov     sp, x9
    mov     x0, x1
    bl      hw_switched_to
    ldp     x19, x20, [sp, #0]
    ldp     x21, x22, [sp, #16]
    ldp     x23, x24, [sp, #32]
    ldp     x25, x26, [sp, #48]
    ldp     x27, x28, [sp, #64]
    ldp     x29, x30, [sp, #80]
    ldp     d8, d9, [sp, #96]
    ldp     d10, d11, [sp, #112]
    ldp     d12, d13, [sp, #128]
    ldp     d14, d15, [sp, #144]
    add     sp, sp, #CONTEXT_SIZE
    ret

/* Where a new thread's context returns to: x19 = entry, x20 = parameter, x21 = exit. */
    .globl hw_thread_start
hw_thread_start:
    msr     daifclr, #6             /* interrupts and SErrors */
    mov     x0, x20
    mov     x30, x21
    br      x19

/*
 * The identity map. It is complete at link time, so nothing has to be
 * computed while the MMU is off.
 */
    .section .rodata.tables, "a"
    .balign 4096
level1:
    .quad   level2 + TABLE
    .set    address, 0x40000000
    .rept   511
    .quad   address + BLOCK_NORMAL
    .set    address, address + 0x40000000
    .endr

/* The first 128 MiB are flash that is not used; without it null pointers fault. */
level2:
    .rept   64
    .quad   0
    .endr
    .set    address, 0x08000000
    .rept   448
    .quad   address + BLOCK_DEVICE
    .set    address, address + 0x200000
    .endr

    .section .note.GNU-stack, "", %progbits
