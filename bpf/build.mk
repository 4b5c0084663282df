# SPDX-License-Identifier: GPL-2.0-only
#
# The loader and the hostile engines of the tests; included by the top Makefile, which itself has the rule
# for engines and agents. Nothing of this is installed.

TEST_ENGINES := $(foreach src,$(wildcard tests/bpf/*.bpf.c),$(BUILD)/tests/bpf/$(notdir $(src:.c=.o)))
TEST_LOADER := $(BUILD)/tests/bpf/loader

$(BUILD)/tests/bpf/%.bpf.o: tests/bpf/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $@.d -c -o $@ $<
	@llvm-strip-19 -g $@

$(TEST_LOADER): tests/bpf/loader.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -Iinclude $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< -lbpf

-include $(TEST_ENGINES:=.d) $(TEST_LOADER:=.d)

ALL += $(TEST_ENGINES) $(TEST_LOADER)
