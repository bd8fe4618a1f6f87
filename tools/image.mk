# SPDX-License-Identifier: Apache-2.0
#
# Builds one image: make -f tools/image.mk BOARD=riscv64 [SMP=4] [O=0] [NET=0] [VARIANT=name DEFS="-D..." LINK="-Wl,..."]
# [V=1] [CONFIG=.config]
# Targets: image (default), size, path.
#
# CONFIG: what `make menuconfig` has written. Without it the test kernel's rtconfig.h says what there is; DEFS and NET win
# over both.

SMP     ?= 1
O       ?= 2
NET     ?= 1
PYTHON  ?= /usr/bin/python3
dash    := -
kind    := $(BOARD)$(if $(filter-out 1,$(SMP)),-smp$(SMP))$(if $(filter-out 2,$(O)),-O$(O))
B       := build/$(kind)$(if $(filter 0,$(NET)),-nonet)$(addprefix $(dash),$(or $(VARIANT),$(if $(CONFIG),config)))
ELF     := $(B)/rt-virtio.elf

.PHONY: image size path FORCE
.DELETE_ON_ERROR:
image: $(ELF)

include testkernel/arch/$(BOARD)/arch.mk

# The tests' images are mostly alike: where there is ccache, what a variant's DEFS do not change is compiled once.
CC      := $(if $(shell command -v ccache),ccache )$(ARCH_CROSS)gcc
export CCACHE_DIR ?= $(CURDIR)/build/ccache
BSP     := $(firstword $(wildcard bsp/qemu-virt64-$(BOARD) bsp/qemu-virt64-$(BOARD:riscv64=riscv)))
SRC     := $(wildcard virtio/core/*.c virtio/devices/*.c virtio/rtthread/*.c $(BSP)/*.c testkernel/src/*.c \
                      testkernel/arch/common/*.c testkernel/arch/$(BOARD)/*.c testkernel/arch/$(BOARD)/*.S demo/*.c)

# The examples of docs/rt-thread.md, as commands of the shell; they are of all devices.
ifneq ($(NET),0)
SRC     += $(if $(CONFIG),,build/docs/examples.c)
endif

# The fonts of the demo's screen, of a package that tools/fetch has put here, as C.
FONTS   := $(addprefix build/fonts-spleen/source/usr/share/consolefonts/spleen-,8x16.psfu.gz 12x24.psfu.gz)
FONT    := build/fonts-spleen/font.c
SRC     += $(FONT)

# Unless NET=0: lwIP, whose source tools/fetch has put here, with its port to the test kernel.
# It is compiled once for all variants: DEFS are not its business.
LWIP    := build/lwip/source/src
LB      := build/lwip/$(kind)
ifneq ($(NET),0)
SRC     += $(wildcard testkernel/net/*.c)
LWIPSRC := $(wildcard $(addprefix $(LWIP)/,core/*.c core/ipv4/*.c core/ipv6/*.c api/*.c)) \
           $(addprefix $(LWIP)/,netif/ethernet.c apps/http/httpd.c apps/http/fs.c apps/lwiperf/lwiperf.c)
endif

# A stand-in for RT-Thread's driver model, block and serial frameworks, for images that are built with them.
DM      := $(findstring TESTKERNEL_DM,$(DEFS))
SRC     += $(if $(DM),$(wildcard testkernel/dm/*.c))

# What menuconfig has chosen. NET says whether there is lwIP; what DEFS define is theirs.
ifneq ($(CONFIG),)
defined := $(foreach d,$(filter -D%,$(DEFS)),$(firstword $(subst =, ,$(d:-D%=%))))
CHOSEN  := -DTESTKERNEL_CONFIG $(shell $(PYTHON) tools/rtconfig.py $(CONFIG) $(B)/rtconfig_menu.h RT_USING_LWIP $(defined))
ifneq ($(.SHELLSTATUS),0)
$(error $(CONFIG) cannot be read)
endif
endif

# Stand-ins for RT-Thread's files, its input and graphic frameworks, for images that are built with them.
CLASSES := $(filter -DTESTKERNEL_CLASSES -DTESTKERNEL_GRAPHIC,$(DEFS))
SRC     += $(if $(CLASSES),$(wildcard testkernel/classes/*.c))

# What DEFS of the component do not change is compiled once for all variants, too.
KB      := $(if $(CONFIG)$(filter -DTESTKERNEL% -DRT_NAME_MAX%,$(DEFS)),$(B),build/kernel/$(kind)$(if $(filter 0,$(NET)),-nonet))
SHARED  := $(if $(filter-out $(B),$(KB)),$(filter testkernel/% $(FONT),$(SRC)))
OBJ     := $(patsubst %,$(B)/%.o,$(filter-out $(SHARED),$(SRC))) $(SHARED:%=$(KB)/%.o)
LWIPOBJ := $(LWIPSRC:$(LWIP)/%=$(LB)/%.o)
INC     := virtio/include virtio/rtthread/include virtio/rtthread $(BSP) testkernel/include testkernel/arch/$(BOARD) \
           testkernel/arch/common demo $(if $(CLASSES)$(DM),tests/rtthread/include)
CPPFLAGS := $(INC:%=-I%) $(if $(filter 0,$(NET)),,-DRT_USING_LWIP -Itestkernel/net -I$(LWIP)/include) $(if $(filter-out 1,$(SMP)),-DRT_USING_SMP -DRT_CPUS_NR=$(SMP))
CFLAGS  := -O$(O) -g -Wall -Wextra -Werror -Wno-unused-parameter -ffunction-sections -fdata-sections $(ARCH_CFLAGS)
LDFLAGS := $(ARCH_CFLAGS) $(ARCH_LDFLAGS) $(LINK) -Wl,--gc-sections -Wl,-Map=$(B)/rt-virtio.map

# Core and devices know no OS and no C library: freestanding C99 (GNU's inline assembly in barrier.h).
STRICT  := -std=gnu99 -pedantic -ffreestanding -Wshadow -Wstrict-prototypes -Wmissing-prototypes
$(B)/virtio/core/%.o $(B)/virtio/devices/%.o: CFLAGS += $(STRICT)

Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2))

$(ELF): $(OBJ) $(LWIPOBJ) $(ARCH_LD_SCRIPT) $(B)/flags
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(OBJ) $(LWIPOBJ) $(ARCH_LIBS) -o $@.new
	@mv $@.new $@

$(B)/%.o: % $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CHOSEN) $(DEFS) $(CFLAGS) -MMD -MP -c $< -o $@

ifneq ($(KB),$(B))
$(KB)/%.o: % $(KB)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
endif

build/docs/examples.c: docs/rt-thread.md tools/docs.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/docs.py $< >$@.$$$$ && mv $@.$$$$ $@

# By two images at once, perhaps.
$(FONT): tools/font.py $(FONTS)
	$(call say,FONT,$@)
	$(Q)$(PYTHON) tools/font.py $(FONTS) >$@.$$$$ && mv $@.$$$$ $@

$(FONTS):
	$(error There is no $@: `tools/fetch fonts-spleen` gets it, and so does `make`)

# Other people's code: as it is.
$(LB)/%.o: $(LWIP)/% $(LB)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -w -fno-strict-aliasing -MMD -MP -c $< -o $@

# The flags and the list of sources: rewritten only when they change, and then everything is rebuilt.
define flags
$(CC) $(CPPFLAGS) $(CHOSEN) $(DEFS) $(CFLAGS) $(STRICT) $(LDFLAGS) $(ARCH_LIBS)
$(SRC)
endef
define shared-flags
$(CC) $(CPPFLAGS) $(CFLAGS)
endef
keep-if-same = @cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(sort $(B) $(LB) $(KB)):
	@mkdir -p $@
$(B)/flags: FORCE | $(B)
	$(file >$@.new,$(flags))$(keep-if-same)
$(filter-out $(B)/flags,$(LB)/flags $(KB)/flags): %/flags: FORCE | %
	$(file >$@.new,$(shared-flags))$(keep-if-same)

# Code (with constants) and RAM (data and bss) of each file, and of the whole image.
size: $(ELF)
	@echo "$(BOARD) (-O$(O)): bytes of code and of RAM"
	@$(ARCH_CROSS)size $(filter $(B)/virtio/% $(B)/bsp/%,$(OBJ)) $(ELF) | \
	    awk 'NR > 1 { sub("$(B)/", "", $$6); sub("\\.o$$", "", $$6); printf "%8d %8d  %s\n", $$1, $$2 + $$3, $$6 }'

path:
	@echo $(ELF)

-include $(OBJ:.o=.d) $(LWIPOBJ:.o=.d)
