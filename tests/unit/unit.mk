# SPDX-License-Identifier: GPL-2.0-only
#
# How the unit tests of daemon/ are built: with AddressSanitizer and UBSan, against a sanitized
# library. Included by daemon/build.mk; which tests there are is tests/build.mk's affair.

comma := ,
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN := $(BUILD)/san
SAN_LIB := $(SAN)/libmp.a
SAN_LIB_OBJ := $(MP_LIB_SRC:%.c=$(SAN)/%.o)
SAN_MEMPOLCTL := $(SAN)/mempolctl
SAN_MEMPOLCTL_OBJ := $(MEMPOLCTL_SRC:%.c=$(SAN)/%.o)
SAN_SIM_LIB := $(SAN)/sim/libsim.a
SAN_MEMPOLICYD := $(SAN)/mempolicyd
SAN_MEMPOLICYD_OBJ := $(MEMPOLICYD_SRC:%.c=$(SAN)/%.o)

$(SAN)/daemon/%.o: daemon/%.c
	@mkdir -p $(@D)
	$(CC) $(MP_CPPFLAGS) $(CFLAGS) $(MP_CFLAGS) $(SAN_FLAGS) -MMD -MP -c -o $@ $<

$(SAN_LIB): $(SAN_LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

SAN_LIBMEMPOLICY := $(SAN)/lib/libmempolicy.a
$(SAN_MEMPOLCTL): $(SAN_MEMPOLCTL_OBJ) $(SAN_SIM_LIB) $(SAN_LIB) $(SAN_LIBMEMPOLICY)
	$(CC) $(LDFLAGS) $(MEMPOLCTL_LDFLAGS) $(SAN_FLAGS) -o $@ $^ -lsystemd -lsmartcols $(SIM_LIBS) $(MP_LIB_LIBS)

# For tests/host, which starts it.
$(SAN_MEMPOLICYD): $(SAN_MEMPOLICYD_OBJ) $(SAN_LIB)
	$(CC) $(LDFLAGS) $(SAN_FLAGS) -o $@ $^ $(MEMPOLICYD_LIBS)

# The library over a kernel and a daemon of the test's own.
SAN_LIBMEMPOLICY_OBJ := $(LIBMEMPOLICY_SRC:%.c=$(SAN)/%.o)

$(SAN)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(LIBMEMPOLICY_CPPFLAGS) $(CFLAGS) $(SAN_FLAGS) -MMD -MP -c -o $@ $<

$(SAN_LIBMEMPOLICY): $(SAN_LIBMEMPOLICY_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

LIBRARY_TESTS := $(basename $(notdir $(wildcard tests/unit/test_library*.c)))
$(foreach test,$(LIBRARY_TESTS),$(eval $(test)_OBJS := $(SAN_LIBMEMPOLICY) $(SAN_LIB)))
$(foreach test,$(LIBRARY_TESTS),$(eval $(test)_LIBS := \
	$$(addprefix -Wl$$(comma)--wrap=,syscall posix_fadvise sync_file_range madvise mincore nanosleep)))

# Engine objects for the look into them: good and bad ones, never loaded.
FIXTURES := $(BUILD)/tests/fixtures
FIXTURE_OBJS := $(patsubst tests/unit/fixtures/%.bpf.c,$(FIXTURES)/%.bpf.o, \
	$(wildcard tests/unit/fixtures/*.bpf.c)) $(FIXTURES)/nobtf.bpf.o

$(FIXTURES)/%.bpf.o: tests/unit/fixtures/%.bpf.c tests/unit/fixtures/ops.h
	@mkdir -p $(@D)
	$(CLANG) -target bpf -g -O2 -c -o $@ $<

$(FIXTURES)/nobtf.bpf.o: tests/unit/fixtures/good.bpf.c tests/unit/fixtures/ops.h
	@mkdir -p $(@D)
	$(CLANG) -target bpf -O2 -c -o $@ $<

# Engines as shared objects: bad-FAULT.so has that fault, bad-no.so none.
NATIVE_FAULTS := no crash tunable refused short idle looks differs list context constructor loop exit symbol range abi magic none ops
NATIVE_FIXTURES := $(NATIVE_FAULTS:%=$(FIXTURES)/bad-%.so) $(BUILD)/examples/engine/mine.so
$(FIXTURES)/bad-%.so: tests/unit/fixtures/native/bad.c $(wildcard bpf/lib/*.h sim/host/*.h sim/host/bpf/*.h)
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -O2 -g -w -fPIC -shared -fvisibility=hidden -DMEMPOL_NATIVE_SHARED -DFAULT_$* -Isim/host -Ibpf/lib -o $@ $<

test_no_memory_LIBS := $(addprefix -Wl$(comma)--wrap=,malloc calloc realloc reallocarray strdup strndup asprintf vasprintf)
test_manager_peers_OBJS := $(SAN)/daemon/mempolicyd/peers.o
test_cache_residency_OBJS := $(patsubst %,$(SAN)/daemon/mempolctl/%.o,cache-places cache-residency output) $(SAN_LIB)
test_run_names_OBJS := $(SAN)/daemon/mempolctl/run-names.o $(SAN_LIB)
test_propose_OBJS := $(patsubst %,$(SAN)/daemon/mempolctl/%.o,new-file propose propose-file) $(SAN_LIB)

# Every test here but the ones of other parts, and those that take millions of steps.
SAN_TESTS := $(filter-out test_microbenchmark% test_sim_figures test_sim_place_figures test_sim_walk_naive test_refcount_model,$(basename $(notdir $(wildcard tests/unit/test_*.c))))
$(foreach test,$(SAN_TESTS),$(eval $(test)_OBJS ?= $(SAN_LIB)))
SAN_TEST_BINS := $(SAN_TESTS:%=$(BUILD)/tests/unit/%)
# Private: what a test links must not be compiled with them, libmp.a least of all.
$(SAN_TEST_BINS): private CFLAGS += $(SAN_FLAGS) -DTEST_FIXTURES='"$(abspath $(FIXTURES))"' \
	-DTEST_MEMPOLCTL='"$(abspath $(SAN_MEMPOLCTL))"' -DTEST_TOP='"$(CURDIR)"' -DTEST_BUILD='"$(abspath $(BUILD))"'
$(SAN_TEST_BINS): tests/unit/fixture.h
$(BUILD)/tests/unit/test_engine_file $(BUILD)/tests/unit/test_engine_tunables: | $(FIXTURE_OBJS)
$(patsubst %,$(BUILD)/tests/unit/%,$(filter test_mempolctl%,$(SAN_TESTS)) test_docs): | $(FIXTURE_OBJS) $(SAN_MEMPOLCTL)
$(BUILD)/tests/unit/test_mempolctl_engine: | $(NATIVE_FIXTURES) $(BUILD)/bpf/s3fifo.bpf.o $(BUILD)/mempolctl

test_refcount_model_OBJS := $(wildcard tests/unit/refcount-*.c tests/unit/refcount-*.h)

# How many lines of daemon/lib its own unit tests reach: those that bear the name of one of its files, and two
# more, built once more to be counted.
COV := $(BUILD)/cov
COV_LIB := $(COV)/libmp.a
COV_LIB_OBJ := $(MP_LIB_SRC:%.c=$(COV)/%.o)
COV_TESTS := $(filter $(subst -,_,$(MP_LIB_SRC:daemon/lib/%.c=test_%)) test_refcount test_placement test_manager_plan test_no_memory,$(SAN_TESTS))
COV_BINS := $(COV_TESTS:%=$(COV)/%)

$(COV)/daemon/%.o: daemon/%.c
	@mkdir -p $(@D)
	$(CC) $(MP_CPPFLAGS) $(CFLAGS) -O0 --coverage -MMD -MP -c -o $@ $<

$(COV_LIB): $(COV_LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(COV)/test_%: tests/unit/test_%.c tests/unit/fixture.h $(COV_LIB) | $(FIXTURE_OBJS)
	$(CC) $(TEST_CPPFLAGS) $(CFLAGS) -O0 -DTEST_FIXTURES='"$(abspath $(FIXTURES))"' -DTEST_TOP='"$(CURDIR)"' \
		-MMD -MP -MF $@.d -o $@ $(filter %.c %.a,$^) --coverage $(test_$*_LIBS) -lcmocka -lsystemd $(MP_LIB_LIBS) -lm

.PHONY: coverage
coverage: $(COV_BINS)
	@tests/coverage $(COV) daemon/lib 95 $(COV_BINS)

-include $(COV_LIB_OBJ:.o=.d) $(COV_BINS:=.d)
-include $(SAN_LIBMEMPOLICY_OBJ:.o=.d)
-include $(SAN_LIB_OBJ:.o=.d) $(SAN_MEMPOLCTL_OBJ:.o=.d) $(SAN_MEMPOLICYD_OBJ:.o=.d)
