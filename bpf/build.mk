# SPDX-License-Identifier: GPL-2.0-only
#
# The loader, the test engines and the programs of the benchmarks; included by the top Makefile, which itself
# has the rule for engines and agents. Nothing of this is installed.

TEST_ENGINES := $(foreach src,$(wildcard tests/bpf/*.bpf.c),$(BUILD)/tests/bpf/$(notdir $(src:.c=.o)))
TEST_LOADER := $(BUILD)/tests/bpf/loader
BTFCHECK := $(BUILD)/tests/bpf/btfcheck

$(BUILD)/tests/bpf/%.bpf.o: tests/bpf/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $@.d -c -o $@ $<
	@llvm-strip-19 -g $@

# Of several sources the compiler writes down the headers of the last one only.
$(TEST_LOADER): $(wildcard include/mempol/*.h tests/bpf/*.h)
$(TEST_LOADER): tests/bpf/loader.c tests/bpf/loader-files.c tests/bpf/loader-frames.c tests/bpf/loader-tables.c tests/bpf/engine.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -Iinclude $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c,$^) -lbpf

$(BTFCHECK): tests/bpf/btfcheck.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< -lbpf

TELLER := $(addprefix $(BUILD)/tests/bpf/,teller chatter)
$(TELLER): $(BUILD)/%: %.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -Iinclude $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< -lbpf

COUNTERS := $(BUILD)/tests/bpf/counters
$(COUNTERS): tests/bpf/counters.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -Iinclude $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< -lbpf

# Static but for those that take advice from a library: all there is to load of them is the program.
BENCH_PROGRAMS := $(addprefix $(BUILD)/tests/bench/,instructions pin search mapped late pool popular trace advise.so leaving.so profile.so lines.so drb known query balloon/ftq balloon/stream balloon/burst)
$(BENCH_PROGRAMS): LINK := -static
$(BUILD)/tests/bench/search: LINK :=
# These draw from the microbenchmark's streams: tests/build.mk names its library.
$(BUILD)/tests/bench/pool $(BUILD)/tests/bench/popular $(BUILD)/tests/bench/trace: private LIBS = -lm -lpthread

$(BUILD)/tests/bench/%.so: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE $(CFLAGS) -fPIC -shared -MMD -MP -MF $@.d -o $@ $<

$(BUILD)/tests/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE $(CFLAGS) $(LINK) -MMD -MP -MF $@.d -o $@ $(filter %.c %.a,$^) $(LIBS)

-include $(TEST_ENGINES:=.d) $(TEST_LOADER:=.d) $(BTFCHECK:=.d) $(TELLER:=.d) $(COUNTERS:=.d) $(BENCH_PROGRAMS:=.d)

ALL += $(TEST_ENGINES) $(TEST_LOADER) $(BTFCHECK) $(TELLER) $(COUNTERS) $(BENCH_PROGRAMS)
