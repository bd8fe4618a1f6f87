/* SPDX-License-Identifier: Apache-2.0 */

/* Entry points, traps and context switches. */

#include "hw.h"

#define FRAME_SIZE      272
#define FRAME_SP        (2 * 8)
#define FRAME_T0        (5 * 8)
#define FRAME_PC        (0 * 8)
#define FRAME_STATUS    (32 * 8)

#define SSTATUS_SIE     2
#define SSTATUS_SPP     0x100

    .section .text.boot, "ax"
    .globl _start
_start:
    /* The firmware gives a0 = hart id, a1 = device tree. */
    csrw    sie, zero
    csrw    satp, zero
    csrci   sstatus, SSTATUS_SIE
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      t0, boot_taken
    li      t1, 1
    amoswap.w.aqrl t1, t1, (t0)
    bnez    t1, late
    la      tp, __tls_start
    la      t0, __bss_start
    la      t1, __bss_end
1:
    sd      zero, 0(t0)
    addi    t0, t0, 8
    bltu    t0, t1, 1b

    la      sp, hw_stacks
    li      t0, HW_STACK_SIZE
    add     sp, sp, t0
    la      t0, hw_cpus
    csrw    sscratch, t0
    la      t0, trap_entry
    csrw    stvec, t0
    mv      fp, zero
    call    hw_boot_early
    call    rtthread_startup
    call    rt_hw_halt

    /*
     * A hart that was to start at hw_secondary_start. OpenSBI 1.1 marks it as
     * started before it notes where, and one that looks in between comes here.
     */
late:
    la      a1, hw_cpus
    li      t1, HW_CPUS
1:
    ld      t0, HW_CPU_HW_ID(a1)
    beq     t0, a0, hw_secondary_start
    addi    a1, a1, HW_CPU_SIZE
    addi    t1, t1, -1
    bnez    t1, 1b
2:
    wfi
    j       2b

    .section .data.boot_taken, "aw"
    .balign 4
boot_taken:
    .word   0

    .text
    .globl hw_secondary_start
hw_secondary_start:
    /* a0 = hart id, a1 = what hw_cpu_start() gave: the CPU's struct hw_cpu. */
    csrw    sie, zero
    csrw    satp, zero
    csrci   sstatus, SSTATUS_SIE
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      tp, __tls_start
    csrw    sscratch, a1
    ld      sp, HW_CPU_BOOT_SP(a1)
    la      t0, trap_entry
    csrw    stvec, t0
    mv      fp, zero
    call    hw_secondary_main

/*
 * Saves everything but sp into the frame at sp. On entry t0 is the CPU's
 * struct, sscratch has the old t0, and t1 and t2 are in the scratch space.
 */
    .macro save_frame
    sd      x1, 1*8(sp)
    sd      x3, 3*8(sp)
    sd      x4, 4*8(sp)
    ld      t1, HW_CPU_SCRATCH(t0)
    ld      t2, HW_CPU_SCRATCH+8(t0)
    sd      x6, 6*8(sp)
    sd      x7, 7*8(sp)
    csrrw   t1, sscratch, t0
    sd      t1, FRAME_T0(sp)
    .irp    r, 8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd      x\r, \r*8(sp)
    .endr
    csrr    t1, sepc
    sd      t1, FRAME_PC(sp)
    csrr    t1, sstatus
    sd      t1, FRAME_STATUS(sp)
    .endm

    .balign 4
trap_entry:
    csrrw   t0, sscratch, t0
    sd      t1, HW_CPU_SCRATCH(t0)
    sd      t2, HW_CPU_SCRATCH+8(t0)
    csrr    t1, scause
    bgez    t1, fault

    /* An interrupt needs a stack to be saved on: is there one? */
    andi    t1, sp, 15
    bnez    t1, fault
    addi    t2, sp, -FRAME_SIZE
    la      t1, hw_ram_begin
    ld      t1, 0(t1)
    bltu    sp, t1, fault           /* this first: t2 may have wrapped */
    bltu    t2, t1, fault
    la      t1, hw_ram_end
    ld      t1, 0(t1)
    bgtu    sp, t1, fault

    sd      sp, FRAME_SP(t2)
    mv      sp, t2
    save_frame

    mv      s0, sp
    ld      sp, HW_CPU_IRQ_SP(t0)
    call    hw_trap_interrupt
    mv      sp, s0
    /* May run other threads before it returns, perhaps on another CPU. */
    call    rt_schedule_irq_exit

    ld      t0, FRAME_PC(sp)
    csrw    sepc, t0
    ld      t0, FRAME_STATUS(sp)
    csrw    sstatus, t0
    /* x3 and x4 are the same for everybody. */
    .irp    r, 1,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld      x\r, \r*8(sp)
    .endr
    ld      sp, FRAME_SP(sp)
    sret

/* Reported on a stack of its own, as the thread's may be what is wrong. */
fault:
    ld      t1, HW_CPU_FAULTING(t0)
    addi    t2, t1, 1
    sd      t2, HW_CPU_FAULTING(t0)
    bnez    t1, 2f
    ld      t2, HW_CPU_FAULT_SP(t0)
    addi    t2, t2, -FRAME_SIZE
    sd      sp, FRAME_SP(t2)
    mv      sp, t2
    save_frame
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      tp, __tls_start
    mv      a0, sp
    mv      fp, zero
    call    hw_trap_fault
1:
    wfi
    j       1b
2:
    /* A fault in a report: once more with little, then no more. */
    addi    t1, t1, -1
    bnez    t1, 1b
    ld      sp, HW_CPU_FAULT_SP(t0)
    csrw    sscratch, t0
    mv      fp, zero
    call    hw_fault_nested
    j       1b

/*
 * A context is the callee-saved registers; the rest is the caller's matter.
 * ra, s0 ... s11, padded to 16 bytes.
 */
#define CONTEXT_SIZE    112

/* void rt_hw_context_switch(rt_ubase_t from, rt_ubase_t to, struct rt_thread *to_thread) */
    .globl rt_hw_context_switch
rt_hw_context_switch:
    addi    sp, sp, -CONTEXT_SIZE
    sd      ra, 0*8(sp)
    sd      s0, 1*8(sp)
    sd      s1, 2*8(sp)
    sd      s2, 3*8(sp)
    sd      s3, 4*8(sp)
    sd      s4, 5*8(sp)
    sd      s5, 6*8(sp)
    sd      s6, 7*8(sp)
    sd      s7, 8*8(sp)
    sd      s8, 9*8(sp)
    sd      s9, 10*8(sp)
    sd      s10, 11*8(sp)
    sd      s11, 12*8(sp)
    sd      sp, 0(a0)
    mv      a0, a1
    mv      a1, a2

/* void rt_hw_context_switch_to(rt_ubase_t to, struct rt_thread *to_thread) */
    .globl rt_hw_context_switch_to
rt_hw_context_switch_to:
    ld      sp, 0(a0)
    mv      a0, a1
    call    hw_switched_to
    ld      ra, 0*8(sp)
    ld      s0, 1*8(sp)
    ld      s1, 2*8(sp)
    ld      s2, 3*8(sp)
    ld      s3, 4*8(sp)
    ld      s4, 5*8(sp)
    ld      s5, 6*8(sp)
    ld      s6, 7*8(sp)
    ld      s7, 8*8(sp)
    ld      s8, 9*8(sp)
    ld      s9, 10*8(sp)
    ld      s10, 11*8(sp)
    ld      s11, 12*8(sp)
    addi    sp, sp, CONTEXT_SIZE
    ret

/* Where a new thread's context returns to: s1 = entry, s2 = parameter, s3 = exit. */
    .globl hw_thread_start
hw_thread_start:
    csrsi   sstatus, SSTATUS_SIE
    mv      a0, s2
    mv      ra, s3
    jr      s1
