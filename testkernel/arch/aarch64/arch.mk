# SPDX-License-Identifier: Apache-2.0
#
# How to build the test kernel for QEMU's aarch64 "virt" machine; for inclusion
# in a makefile.

# The folder that holds the architectures, as seen from the including makefile.
ifndef ARCH_DIR
ARCH_DIR := $(patsubst %/,%,$(dir $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))))
endif

ARCH_CROSS := aarch64-linux-gnu-

# picolibc's specs add its header folder and the library. The compiler is the
# one for Linux, so everything that assumes Linux is turned off: position
# independence, and the atomics helpers, which ask the C library for the CPU's
# features.
ARCH_CFLAGS := --specs=picolibc.specs -march=armv8-a -mno-outline-atomics \
    -fno-pic -fno-pie -fno-common -fno-stack-protector \
    -fno-asynchronous-unwind-tables \
    -ffunction-sections -fdata-sections

ARCH_LD_SCRIPT := $(ARCH_DIR)/aarch64/link.ld

# The link goes through the compiler driver, with ARCH_CFLAGS first:
# $(ARCH_CROSS)gcc $(ARCH_CFLAGS) $(ARCH_LDFLAGS) objects $(ARCH_LIBS)
ARCH_LDFLAGS := -nostartfiles -static -no-pie -T $(ARCH_LD_SCRIPT) -Wl,--gc-sections

# The specs bring -lc and -lgcc as a group of their own.
ARCH_LIBS :=
