# SPDX-License-Identifier: Apache-2.0
#
# make test-host: the core and the device engines against a simulated device, on this machine, with GCC and with Clang
# under the address and undefined behaviour sanitizers, then once more to measure the branches.

HOST_OUT     := build/host
HOST_DRIVER  := $(wildcard virtio/core/*.c virtio/devices/*.c)
HOST_TESTS   := $(sort $(wildcard tests/host/test_*.c))
HOST_SUPPORT := $(wildcard tests/host/sim/*.c) $(filter-out $(HOST_TESTS),$(wildcard tests/host/*.c))
HOST_FLAGS   := -std=gnu99 -g -Wall -Wextra -Werror -DVIRTIO_MMIO_EXTERNAL -Ivirtio/include -Itests/host -MMD -MP
HOST_SANITIZE := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

HOST_CC_gcc    := gcc
HOST_CC_clang  := clang
HOST_CC_cov    := gcc
HOST_OPT_gcc   := $(HOST_SANITIZE)
HOST_OPT_clang := $(HOST_SANITIZE)
HOST_OPT_cov   := -O0
HOST_BUILDS    := gcc clang cov

# $(call host-build,NAME): objects and programs of one build. Only the driver is measured.
define host-build
HOST_OBJECTS_$(1) := $$(patsubst %.c,$(HOST_OUT)/$(1)/%.o,$(HOST_DRIVER) $(HOST_SUPPORT))
HOST_PROGRAMS_$(1) := $$(patsubst tests/host/%.c,$(HOST_OUT)/$(1)/%,$(HOST_TESTS))

$(HOST_OUT)/$(1)/virtio/%.o: virtio/%.c tests/host/host.mk
	@mkdir -p $$(@D)
	@$(HOST_CC_$(1)) $(HOST_FLAGS) -Wpedantic -include tests/host/barrier_hook.h $(HOST_OPT_$(1)) $(if $(filter cov,$(1)),--coverage) -c $$< -o $$@

$(HOST_OUT)/$(1)/tests/%.o: tests/%.c tests/host/host.mk
	@mkdir -p $$(@D)
	@$(HOST_CC_$(1)) $(HOST_FLAGS) $(HOST_OPT_$(1)) -c $$< -o $$@

$$(HOST_PROGRAMS_$(1)): $(HOST_OUT)/$(1)/%: $(HOST_OUT)/$(1)/tests/host/%.o $$(HOST_OBJECTS_$(1))
	@$(HOST_CC_$(1)) $(HOST_OPT_$(1)) $(if $(filter cov,$(1)),--coverage) $$^ -lcmocka -o $$@

-include $$(HOST_OBJECTS_$(1):.o=.d) $$(patsubst %.c,$(HOST_OUT)/$(1)/%.d,$(HOST_TESTS))
endef
$(foreach build,$(HOST_BUILDS),$(eval $(call host-build,$(build))))

.PHONY: test-host host-programs
.SECONDARY:

host-programs: $(foreach build,$(HOST_BUILDS),$(HOST_PROGRAMS_$(build)))

test-host:
	@$(MAKE) --no-print-directory -j$(JOBS) host-programs
	@tests/host/run $(HOST_OUT) $(HOST_BUILDS)
