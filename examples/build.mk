# SPDX-License-Identifier: GPL-2.0-only
#
# The examples that are programs: the microbenchmark, what programs preload, an engine. Included by the top Makefile, which sets
# BUILD, CC, CFLAGS and LDFLAGS; it needs libm and the library of lib/, and nothing here knows the daemon.

MB_DIR := examples/microbenchmark
MB_CPPFLAGS := -D_GNU_SOURCE -Iinclude -DMP_VERSION='"$(MP_VERSION)"'
MB_LIBS := $(LIBMEMPOLICY_A) -lsystemd -lm

MICROBENCHMARK := $(BUILD)/$(MB_DIR)/microbenchmark
MB_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(MB_DIR)/*.c))

# All but main.o, for the unit test and for who replays its traces.
MB_LIB := $(BUILD)/$(MB_DIR)/libmb.a
MB_LIB_OBJ := $(filter-out %/main.o,$(MB_OBJ))

$(BUILD)/$(MB_DIR)/%.o: $(MB_DIR)/%.c
	@mkdir -p $(@D)
	$(CC) $(MB_CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(MB_LIB): $(MB_LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(MICROBENCHMARK): $(BUILD)/$(MB_DIR)/main.o $(MB_LIB) $(LIBMEMPOLICY_A)
	$(CC) $(LDFLAGS) -o $@ $(filter-out $(LIBMEMPOLICY_A),$^) $(MB_LIBS)

# The program is also found beside its configurations; relative, so that a moved tree keeps working.
$(MB_DIR)/microbenchmark: $(MICROBENCHMARK)
	ln -sfn ../../$< $@

# As its user builds it.
QUIET := $(BUILD)/examples/quiet/quiet.so
$(QUIET): examples/quiet/quiet.c $(LIBMEMPOLICY)
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -Iinclude $(CFLAGS) -fPIC -shared -o $@ $< -L$(BUILD) -lmempolicy

ALL += $(QUIET)

MB_TESTS := $(basename $(notdir $(wildcard tests/unit/test_microbenchmark*.c)))
UNIT_TESTS += $(MB_TESTS)
$(foreach test,$(MB_TESTS),$(eval $(test)_OBJS := $(MB_LIB) $(LIBMEMPOLICY_A))$(eval $(test)_LIBS := $(MB_LIBS)))
test_microbenchmark_hints_LIBS := $(MB_LIBS) $(addprefix -Wl$(comma)--wrap=mempolicy_,open close way range flush)
$(BUILD)/tests/unit/test_microbenchmark: private CFLAGS += -DMB_MAN='"$(CURDIR)/man/mempol-microbenchmark.1"'

.PHONY: examples
examples: $(MICROBENCHMARK) $(MB_DIR)/microbenchmark

-include $(MB_OBJ:.o=.d)

# The example of an engine of one's own, built as its user builds it: against headers as they are installed.
SDK := $(BUILD)/sdk
SDK_HEADERS := $(wildcard bpf/lib/*.h sim/host/*.h sim/host/bpf/*.h)
SDK_ENGINE_FLAGS := MEMPOL_SDK=$(abspath $(SDK)) MEMPOLCTL=$(abspath $(BUILD)/mempolctl) CLANG=$(CLANG) CC=$(CC)
EXAMPLE_ENGINE := $(BUILD)/examples/engine

$(SDK)/include/mempol: $(SDK_HEADERS)
	@rm -rf $@
	@mkdir -p $@
	@ln -s $(abspath bpf/lib) $@/bpf
	@ln -s $(abspath sim/host) $@/native

$(EXAMPLE_ENGINE)/mine.bpf.o: $(wildcard examples/engine/*.c) sdk/mempol-engine.mk $(SDK)/include/mempol
	@mkdir -p $(@D)
	@cp examples/engine/*.c examples/engine/Makefile $(@D)
	$(MAKE) -s --no-print-directory -C $(@D) MEMPOL_MK=$(abspath sdk/mempol-engine.mk) $(SDK_ENGINE_FLAGS) mine.bpf.o mine.so

$(EXAMPLE_ENGINE)/mine.so: $(EXAMPLE_ENGINE)/mine.bpf.o ;

ALL += $(EXAMPLE_ENGINE)/mine.bpf.o
