# SPDX-License-Identifier: GPL-2.0-only
#
# The simulator: a library that mempolctl and the unit tests link. The engines in it are compiled from
# bpf/cache by the host's compiler, with sim/host in place of libbpf's headers and the host's own types.
# Included by the top Makefile; nothing here is installed.

SIM_SRC := $(wildcard sim/*.c)
# Page-table walks: sim/walk knows nothing of the page cache's simulator but how it reads bytes.
WALK_SRC := $(wildcard sim/walk/*.c)
# none has no callback, and kernel leaves all to the kernel: what that does by itself is lru.
SIM_ENGINE_SRC := $(filter-out %/none.bpf.c %/kernel.bpf.c,$(wildcard bpf/cache/*.bpf.c))
# Whoever reads a text trace reads it with the microbenchmark's own parser.
SIM_ALL_SRC := $(SIM_SRC) $(WALK_SRC) $(SIM_ENGINE_SRC) examples/microbenchmark/trace.c
SIM_OBJ := $(SIM_ALL_SRC:%.c=$(BUILD)/sim/%.o)
SIM_CPPFLAGS := -D_GNU_SOURCE -Iinclude -Isim/host -Ibpf/lib
# The loop is all there is; engines are no programs of C's usual kind.
SIM_CFLAGS := -O3
SIM_ENGINE_CFLAGS := -Wno-unknown-pragmas -Wno-missing-prototypes -Wno-unused-function -Wno-sign-compare

define sim_rules
$(1)/sim/%.bpf.o: %.bpf.c
	@mkdir -p $$(@D)
	$$(CC) $$(SIM_CPPFLAGS) $$(CFLAGS) $$(SIM_CFLAGS) $$(SIM_ENGINE_CFLAGS) $(2) -MMD -MP -c -o $$@ $$<

$(1)/sim/sim/%.o: sim/%.c
	@mkdir -p $$(@D)
	$$(CC) $$(SIM_CPPFLAGS) $$(CFLAGS) $$(SIM_CFLAGS) -Wno-unknown-pragmas $(2) -MMD -MP -c -o $$@ $$<

$(1)/sim/examples/%.o: examples/%.c
	@mkdir -p $$(@D)
	$$(CC) $$(SIM_CPPFLAGS) $$(CFLAGS) $(2) -MMD -MP -c -o $$@ $$<
endef
# Looks and verdicts are called for every folio: across files they are inlined, which is a quarter faster.
$(eval $(call sim_rules,$(BUILD),-flto -ffat-lto-objects))
$(eval $(call sim_rules,$(SAN),$(SAN_FLAGS)))

$(SIM_LIB): $(SIM_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

SAN_SIM_OBJ := $(SIM_ALL_SRC:%.c=$(SAN)/sim/%.o)
$(SAN_SIM_LIB): $(SAN_SIM_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/analyze/sim/%.ok: TEST_CPPFLAGS += -Isim/host -Ibpf/lib

# The workloads of the figures come from the microbenchmark's generators.
SIM_TESTS := $(basename $(notdir $(wildcard tests/unit/test_sim*.c)))
$(foreach test,$(SIM_TESTS),$(eval $(test)_OBJS := $(SAN_SIM_LIB) $(SAN_LIB)))
SIM_ENGINE_TESTS := $(addprefix $(BUILD)/tests/unit/,test_sim_kernel test_sim_nets test_sim_dirty test_sim_held test_program)
$(SIM_ENGINE_TESTS): TEST_CPPFLAGS += -Isim/host -Ibpf/lib
$(SIM_ENGINE_TESTS): CFLAGS += -Wno-unknown-pragmas
test_sim_figures_OBJS := $(SIM_LIB) $(MB_LIB)
test_sim_program_OBJS := $(SIM_LIB) $(MB_LIB)
test_sim_place_figures_OBJS := $(SIM_LIB)
test_sim_walk_naive_OBJS := $(SIM_LIB)
test_sim_sample_OBJS := $(SIM_LIB) $(MB_LIB) $(BUILD)/daemon/mempolctl/sample.o
$(foreach test,$(SIM_TESTS),$(eval $(test)_LIBS := $(MB_LIBS) $(SIM_LIBS)))

# What reads traces, without what simulates them.
fuzz_trace_SRCS := $(filter-out $(addprefix sim/,belady.c cache.c conform.c engine.c kernel.c lru.c place-frames.c place-lists.c place-patterns.c place.c policies.c readahead.c run.c),$(SIM_SRC)) \
	examples/microbenchmark/trace.c
fuzz_trace_LIBS := $(SIM_LIBS)
# Page-table dumps and memory traces, likewise.
fuzz_walk_SRCS := $(addprefix sim/walk/,dump.c space.c text.c trace.c) sim/input.c sim/lines.c
fuzz_walk_LIBS := $(SIM_LIBS)

# The table of docs/measured.md: tests/bench/run simulated.
SIM_TABLE := $(BUILD)/tests/bench/simulated
$(SIM_TABLE): tests/bench/simulated.c $(SIM_LIB) $(MB_LIB)
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $^ $(SIM_LIBS) $(MB_LIBS)
-include $(SIM_TABLE).d
ALL += $(SIM_TABLE)

# Placed memory, whose tables are tests/bench/run placed.
PLACED_TABLE := $(BUILD)/tests/bench/placed
$(PLACED_TABLE): tests/bench/placed.c $(SIM_LIB)
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $^ -lm
-include $(PLACED_TABLE).d
ALL += $(PLACED_TABLE)

# Page-table walks, whose tables are tests/bench/run walked.
WALKED_TABLE := $(BUILD)/tests/bench/walked
$(WALKED_TABLE): tests/bench/walked.c $(SIM_LIB)
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $^ $(SIM_LIBS) -lm
-include $(WALKED_TABLE).d
ALL += $(WALKED_TABLE)

# mempolctl with engines that are thrown out: nothing asks the library for its table then.
SAN_MEMPOLCTL_HOSTILE := $(SAN)/mempolctl-hostile
$(SAN)/tests/unit/hostile.o: tests/unit/hostile.c
	@mkdir -p $(@D)
	$(CC) $(SIM_CPPFLAGS) $(CFLAGS) -Wno-unknown-pragmas $(SAN_FLAGS) -MMD -MP -c -o $@ $<

$(SAN_MEMPOLCTL_HOSTILE): $(SAN_MEMPOLCTL_OBJ) $(SAN)/tests/unit/hostile.o $(SAN_SIM_LIB) $(SAN_LIB) $(SAN_LIBMEMPOLICY)
	$(CC) $(LDFLAGS) $(MEMPOLCTL_LDFLAGS) $(SAN_FLAGS) -o $@ $^ -lsystemd -lsmartcols $(SIM_LIBS) $(MP_LIB_LIBS)

$(BUILD)/tests/unit/test_mempolctl_simulate: | $(SAN_MEMPOLCTL_HOSTILE)

# Balloon engines are no caches: only their unit test links them, as they are.
SAN_BALLOON_OBJ := $(patsubst %.c,$(SAN)/sim/%.o,$(wildcard bpf/balloon/*.bpf.c))
test_balloon_engines_OBJS := $(SAN_BALLOON_OBJ) $(SAN_LIB)
$(BUILD)/tests/unit/test_balloon_engines: TEST_CPPFLAGS += -Isim/host -Ibpf/lib
$(BUILD)/tests/unit/test_balloon_engines: CFLAGS += -Wno-unknown-pragmas

# Nor are refcount engines.
SAN_HOT_OBJ := $(SAN)/sim/bpf/refcount/hot.bpf.o
test_hot_OBJS := $(SAN_HOT_OBJ) $(SAN_LIB)
$(BUILD)/tests/unit/test_hot: TEST_CPPFLAGS += -Isim/host -Ibpf/lib
$(BUILD)/tests/unit/test_hot: CFLAGS += -Wno-unknown-pragmas -Wno-missing-prototypes

# Nor are translation engines.
SAN_TRANSLATION_OBJ := $(patsubst %.c,$(SAN)/sim/%.o,$(wildcard bpf/translation/*.bpf.c))
test_dmt_OBJS := $(SAN_TRANSLATION_OBJ) $(SAN_LIB)
$(BUILD)/tests/unit/test_dmt: TEST_CPPFLAGS += -Isim/host -Ibpf/lib
$(BUILD)/tests/unit/test_dmt: CFLAGS += -Wno-unknown-pragmas -Wno-missing-prototypes

# Nor are placement engines; what they decide is compared with what is simulated.
SAN_PLACEMENT_OBJ := $(patsubst %.c,$(SAN)/sim/%.o,$(wildcard bpf/placement/*.bpf.c))
test_placement_engines_OBJS := $(SAN_PLACEMENT_OBJ) $(SAN_SIM_LIB) $(SAN_LIB)
test_placement_engines_LIBS := $(SIM_LIBS)
$(BUILD)/tests/unit/test_placement_engines: TEST_CPPFLAGS += -Isim/host -Ibpf/lib
$(BUILD)/tests/unit/test_placement_engines: CFLAGS += -Wno-unknown-pragmas -Wno-missing-prototypes

-include $(SIM_OBJ:.o=.d) $(SAN_SIM_OBJ:.o=.d) $(SAN_BALLOON_OBJ:.o=.d) $(SAN_HOT_OBJ:.o=.d) $(SAN_PLACEMENT_OBJ:.o=.d) $(SAN_TRANSLATION_OBJ:.o=.d) $(SAN)/tests/unit/hostile.d
