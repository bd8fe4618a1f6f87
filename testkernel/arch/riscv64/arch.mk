# SPDX-License-Identifier: Apache-2.0
#
# How to build the test kernel for QEMU's riscv64 "virt" machine; for inclusion
# in a makefile.

# The folder that holds the architectures, as seen from the including makefile.
ifndef ARCH_DIR
ARCH_DIR := $(patsubst %/,%,$(dir $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))))
endif

ARCH_CROSS := riscv64-unknown-elf-

# picolibc's specs add its header folder and the library of the right multilib.
# Soft float: the kernel has no floating point context to save. In the 2.2
# specification the base has the control registers' instructions; naming them as
# an extension would make the compiler pick a library of another ABI.
ARCH_CFLAGS := --specs=picolibc.specs -march=rv64imac -misa-spec=2.2 -mabi=lp64 -mcmodel=medany \
    -fno-pic -fno-common -fno-stack-protector \
    -fno-asynchronous-unwind-tables \
    -ffunction-sections -fdata-sections

ARCH_LD_SCRIPT := $(ARCH_DIR)/riscv64/link.ld

# The link goes through the compiler driver, with ARCH_CFLAGS first:
# $(ARCH_CROSS)gcc $(ARCH_CFLAGS) $(ARCH_LDFLAGS) objects $(ARCH_LIBS)
ARCH_LDFLAGS := -nostartfiles -static -T $(ARCH_LD_SCRIPT) -Wl,--gc-sections

# The specs bring -lc and -lgcc as a group of their own.
ARCH_LIBS :=
