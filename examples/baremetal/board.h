/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's riscv virt machine, as far as this example uses it. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#define REG8(address)  (*(volatile uint8_t *)(uintptr_t)(address))
#define REG32(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* VirtIO windows, and the first one's interrupt. */
#define VIRTIO_BASE  0x10001000u
#define VIRTIO_STEP  0x1000u
#define VIRTIO_COUNT 8u
#define VIRTIO_IRQ   1u

/* 16550 serial line. */
#define UART_DATA 0x10000000u

/* Interrupt controller, its context of hart 0 in machine mode. */
#define PLIC_PRIORITY(irq) (0x0c000000u + 4u * (irq))
#define PLIC_ENABLE        0x0c002000u
#define PLIC_THRESHOLD     0x0c200000u
#define PLIC_CLAIM         0x0c200004u

/* "sifive_test": ends the machine, and QEMU with it. */
#define FINISHER      0x00100000u
#define FINISHER_PASS 0x5555u
#define FINISHER_FAIL 0x13333u /* exit status 1 */

#define TIMEBASE_HZ   10000000u

/* port.c */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* BOARD_H */
