# SPDX-License-Identifier: Apache-2.0
#
# What a person types. `make help` lists it; how one image is built is in tools/image.mk.

BOARD   ?= riscv64
VIRTIO  ?= legacy
SMP     ?= 1
O       ?= 2
# What `make menuconfig` has chosen, if it was called; the tests have images of their own.
CONFIG  ?= $(wildcard .config)
NET     ?= $(if $(CONFIG),$(words $(shell grep -x CONFIG_RT_USING_LWIP=y '$(CONFIG)')),1)
MEM     ?= 256M
PORT    ?= 8080
PYTHON  ?= /usr/bin/python3
BOARDS  := riscv64 aarch64
JOBS    := $(shell nproc 2>/dev/null || echo 1)
# Guests mostly wait: two for each CPU.
PYTEST_JOBS ?= $(shell expr 2 '*' $(JOBS))
export PYTHONDONTWRITEBYTECODE = 1

.DEFAULT_GOAL := all
.PHONY: all run screenshot menuconfig defconfig oldconfig olddefconfig savedefconfig test test-host test-rtthread test-guest soak bench size setup help clean install uninstall

# --- bad use: one clear line, before anything is installed or built -------------------------------------------------

one-of = $(if $(filter-out 1,$(words $(2)))$(filter-out $(3),$(2)),$(error $(1)=$(2) is not one of: $(3)))
$(call one-of,BOARD,$(BOARD),$(BOARDS))
$(call one-of,VIRTIO,$(VIRTIO),legacy modern packed)
$(call one-of,SMP,$(SMP),1 2 3 4)
$(call one-of,O,$(O),0 1 2 3 s)
$(call one-of,NET,$(NET),0 1)
a-file = $(if $($(1)),$(if $(shell [ -r '$($(1))' ] && [ ! -d '$($(1))' ] && echo yes),,$(error $(1)=$($(1)): no such file, or not readable)))
$(call a-file,DISK)
$(call a-file,KERNEL)
$(call a-file,CONFIG)

# --- packages: which groups of tools/setup the goals need -----------------------------------------------------------

goals    := $(or $(MAKECMDGOALS),all)
goals-in  = $(filter $(1),$(goals))
a-board  := $(if $(call goals-in,run screenshot),$(if $(call goals-in,all size setup test test-guest soak bench),$(BOARDS),$(BOARD)),$(BOARDS))
kernels  := $(if $(KERNEL),,run screenshot test test-rtthread test-guest soak bench)
images   := $(call goals-in,all size setup $(kernels))
# Images have lwIP unless NET=0 says otherwise; the guest tests' always.
lwip     := $(and $(images),$(or $(filter 1,$(NET)),$(call goals-in,$(if $(KERNEL),,test test-guest soak))))
# A desktop session may have a window; anyone else is spared the packages for it.
desktop  := $(if $(filter 0,$(WINDOW)),,$(DISPLAY)$(WAYLAND_DISPLAY))
groups   := $(if $(images),$(a-board:%=build-%) fetch) \
            $(if $(and $(call goals-in,run),$(desktop)),window) \
            $(if $(call goals-in,run screenshot setup test test-guest soak bench),$(a-board:%=run-%)) \
            $(if $(call goals-in,setup menuconfig defconfig oldconfig olddefconfig savedefconfig),menuconfig) \
            $(if $(call goals-in,setup test test-host),test-host) \
            $(if $(call goals-in,setup test test-rtthread),test-rtthread) \
            $(if $(call goals-in,setup test test-guest soak),test-guest)
dry-run  := $(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS))))

ifneq ($(strip $(groups)),)
ifeq ($(dry-run)$(RT_VIRTIO_SETUP),)
setup-says := $(shell tools/setup $(groups))
ifneq ($(.SHELLSTATUS),0)
$(error setup: $(or $(setup-says),failed))
endif
ifneq ($(lwip),)
setup-says := $(shell tools/fetch lwip)
ifneq ($(.SHELLSTATUS),0)
$(error lwIP: $(or $(setup-says),failed); NET=0 does without)
endif
endif
ifneq ($(images),)
setup-says := $(shell tools/fetch fonts-spleen)
ifneq ($(.SHELLSTATUS),0)
$(error the screen's font: $(or $(setup-says),failed))
endif
endif
export RT_VIRTIO_SETUP = done
endif
endif

# --- images ---------------------------------------------------------------------------------------------------------

# $(call image,BOARD,ARGUMENTS): one image; the directory it lands in is tools/image.mk's business.
image     = $(MAKE) --no-print-directory -j$(JOBS) -f tools/image.mk BOARD=$(1) $(2)
image-elf = $(shell $(MAKE) -s --no-print-directory -f tools/image.mk path BOARD=$(BOARD) SMP=$(SMP) O=$(O) NET=$(NET) VARIANT='$(VARIANT)' CONFIG='$(CONFIG)')
settings  = SMP=$(SMP) O=$(O) NET=$(NET) VARIANT='$(VARIANT)' DEFS='$(DEFS)' CONFIG='$(CONFIG)'

all:
	@$(foreach b,$(BOARDS),$(call image,$(b),$(settings)) &&) :

run:
	$(if $(KERNEL),,@$(call image,$(BOARD),$(settings)))
	@$(PYTHON) tools/run.py --board $(BOARD) --virtio $(VIRTIO) --smp $(SMP) --mem $(MEM) --port $(if $(KERNEL),$(PORT),$(if $(filter 0,$(NET)),0,$(PORT))) $(if $(DISK),--disk '$(DISK)') --kernel '$(or $(KERNEL),$(image-elf))'

# What the demo's screen looks like, without a desktop.
screenshot:
	$(if $(KERNEL),,@$(call image,$(BOARD),$(settings)))
	@$(PYTHON) tools/screenshot.py --board $(BOARD) --virtio $(VIRTIO) --smp $(SMP) --mem $(MEM) --kernel '$(or $(KERNEL),$(image-elf))' build/screenshot.png

# The component's options, as RT-Thread's menuconfig shows them: the choice is .config, and then the images are built by it.
kconfig  = KCONFIG_CONFIG=$(or $(CONFIG),.config) $(1) testkernel/Kconfig
menuconfig:
	@$(call kconfig,kconfig-mconf)
defconfig:
	@$(call kconfig,kconfig-conf --alldefconfig)
oldconfig olddefconfig:
	@$(call kconfig,kconfig-conf --$@)
# What differs from the defaults, in build/defconfig.
savedefconfig:
	@mkdir -p build
	@$(call kconfig,kconfig-conf --savedefconfig=build/defconfig)

size: all
	@$(foreach b,$(BOARDS),$(call image,$(b),$(settings)) size &&) :

# --- tests ----------------------------------------------------------------------------------------------------------

# Every part leaves its result in build/results/; the last line of `make test` adds them up.
test:
	@rm -rf build/results; mkdir -p build/results; failed=0; \
	$(MAKE) --no-print-directory test-host  || failed=1; \
	$(MAKE) --no-print-directory test-rtthread || failed=1; \
	$(MAKE) --no-print-directory test-guest || failed=1; \
	$(PYTHON) tools/summary.py build/host/summary.txt build/results/rtthread.xml build/results/guest.xml || failed=1; exit $$failed

-include tests/host/host.mk
ifeq ($(wildcard tests/host/host.mk),)
test-host:
	@echo "There are no host tests yet."
endif

# The component as a part of RT-Thread: its options, RT-Thread's versions, installation, the documents. No guest.
test-rtthread:
	@mkdir -p build/results
	@$(PYTHON) -m pytest -p no:cacheprovider -c tests/rtthread/pytest.ini --rootdir tests/rtthread tests/rtthread -v -n $(JOBS) \
	    --junit-xml build/results/rtthread.xml $(PYTEST_ARGS)

# A choice of options in full, of what differs from the defaults in it.
CONFIGS := $(notdir $(wildcard tests/guest/config/*))
build/config/%: tests/guest/config/% virtio/Kconfig testkernel/Kconfig
	@mkdir -p $(@D); cp $< $@; KCONFIG_CONFIG=$@ kconfig-conf --olddefconfig testkernel/Kconfig >/dev/null; rm -f $@.old

# The images that the guest tests boot: default and SMP, and what differs from it by a build option; those that only
# disks are tried with are built faster without lwIP (conftest.py knows which). Some are of one board only, or have one
# CPU on one board and four on the other.
define variants
SMP=1 SMP=4 O=0 NET=0 \
"NET=0 VARIANT=small DEFS=-DRT_VIRTIO_BLK_RING_SIZE=8" \
"NET=0 VARIANT=big DEFS=-DRT_VIRTIO_BLK_RING_SIZE=1024" \
"NET=0 VARIANT=early DEFS=-DDEMO_EARLY" \
"NET=0 VARIANT=earlyfault DEFS=-DDEMO_EARLY_FAULT" \
"NET=0 VARIANT=noops DEFS=-DTESTKERNEL_NO_DEVICE_OPS" \
"VARIANT=bounce DEFS=-DRT_USING_VIRTIO_BOUNCE" \
"VARIANT=pairs DEFS=-DRT_VIRTIO_NET_PAIRS=4" \
"VARIANT=pairs DEFS=-DRT_VIRTIO_NET_PAIRS=4 SMP=4" \
"VARIANT=lossy DEFS=-DDEMO_LOSSY LINK=-Wl,--wrap=virtio_queue_notify,--wrap=virtio_device_interrupt,--wrap=virtio_gpu_send" \
$(foreach v,dm classes graphic,"NET=0 VARIANT=$(v) DEFS=-DTESTKERNEL_$(shell echo $(v) | tr a-z A-Z) SMP=$(if $(filter riscv64,$(1)),1,4)") \
$(if $(filter riscv64,$(1)),"VARIANT=names DEFS=-DRT_NAME_MAX=8","VARIANT=nothreads DEFS=-DTESTKERNEL_NO_NET_THREADS") \
$(foreach c,$(filter-out net all,$(CONFIGS)),"NET=0 VARIANT=cfg-$(c) CONFIG=build/config/$(c)") \
$(foreach c,net all,"VARIANT=cfg-$(c) CONFIG=build/config/$(c)")
endef
guest-images: $(CONFIGS:%=build/config/%)
	@$(foreach b,$(BOARDS),for v in $(call variants,$(b)); do $(call image,$(b),CONFIG= $$v) || exit 1; done &&) :
.PHONY: guest-images

test-guest: $(if $(KERNEL),,guest-images)
	@mkdir -p build/results
	@$(PYTHON) -m pytest -p no:cacheprovider -c tests/guest/pytest.ini --rootdir tests/guest tests/guest -v -n $(PYTEST_JOBS) \
	    --junit-xml build/results/guest.xml $(if $(KERNEL),--kernel '$(KERNEL)' --board $(BOARD)) $(PYTEST_ARGS)

# Mixed traffic while devices are reset. `make test` has a shorter one.
soak: $(if $(KERNEL),,guest-images)
	@SOAK_SECONDS=$(or $(SOAK_SECONDS),600) $(PYTHON) -m pytest -p no:cacheprovider -c tests/guest/pytest.ini --rootdir tests/guest \
	    tests/guest/test_soak.py -v -rP -n $(PYTEST_JOBS) $(if $(KERNEL),--kernel '$(KERNEL)' --board $(BOARD)) $(PYTEST_ARGS)

bench:
	$(if $(KERNEL),,@$(foreach b,$(BOARDS),$(call image,$(b),$(settings) CONFIG=) &&) :)
	@$(PYTHON) bench/exits.py $(if $(KERNEL),--kernel '$(KERNEL)' --board $(BOARD))
	@$(PYTHON) bench/frames.py $(if $(KERNEL),--kernel '$(KERNEL)' --board $(BOARD))

# --- in an RT-Thread tree -------------------------------------------------------------------------------------------

# RTT_ROOT, BSP and FORCE reach it through the environment, so that any file name does.
install uninstall:
	@$(PYTHON) tools/install.py $@

# --- the rest -------------------------------------------------------------------------------------------------------

setup:
	@echo "All packages are there."

clean:
	rm -rf build

help:
	@echo "make               build both boards' images: build/riscv64/rt-virtio.elf, build/aarch64/rt-virtio.elf"
	@echo "make run           build, boot in QEMU, and give you the guest's shell (or run the commands on standard input)"
	@echo "                   on a desktop also opens a window, in which the guest can be painted and typed in; WINDOW=0: none"
	@echo "make screenshot    boot, paint and type on the guest's screen, and write it to build/screenshot.png"
	@echo "make menuconfig    choose the component's options, as in RT-Thread: .config, by which the images are built from then on"
	@echo "                   (in build/BOARD-config/); without questions: defconfig, olddefconfig, savedefconfig"
	@echo "make test          all tests, host and guest; closing line: N passed, N failed, N skipped"
	@echo "make test-host     the core against a simulated device, on this machine"
	@echo "make test-rtthread the component in RT-Thread: options, versions, installation; and the documents"
	@echo "make test-guest    the whole stack in QEMU, both boards, both interfaces"
	@echo "make soak          mixed traffic for ten minutes (SOAK_SECONDS=600), with a device reset every second"
	@echo "make bench         exits (notifications, interrupts, MMIO accesses) per 4 KiB read and per frame"
	@echo "make size          code and RAM of each file of the component"
	@echo "make install       put the component and the boards' glue into the RT-Thread tree RTT_ROOT=dir"
	@echo "make uninstall     restore that tree; for a BSP outside of the tree BSP=dir besides, with both"
	@echo "make setup         install all missing Debian packages (every target installs what it needs itself)"
	@echo "make clean         remove build/"
	@echo "make help          this list"
	@echo
	@echo "BOARD=riscv64|aarch64  VIRTIO=legacy|modern|packed  SMP=1..4  DISK=file  MEM=256M     for make run and screenshot"
	@echo "PORT=8080              of 127.0.0.1, forwarded to the guest's port 80, and 5001 to iperf; 0: neither"
	@echo "KERNEL=file            boot and test that image (ELF or raw) instead of the test kernel"
	@echo "O=0|1|2|3|s            optimisation        V=1   show whole commands"
	@echo "NET=0                  a small image without lwIP, built in build/BOARD-nonet/"
	@echo "DEFS=-Dname=value VARIANT=name   more configuration, built in build/BOARD-name/"
	@echo "PYTEST_ARGS='-k stress'          which guest tests, and how"
