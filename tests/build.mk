# SPDX-License-Identifier: GPL-2.0-only
#
# What the test targets run; included by the top Makefile. A test is found by its name, so that adding one
# is adding a file: nothing here says how a test works, and nothing here may leave one out.

UNIT_TESTS := $(basename $(notdir $(sort $(wildcard tests/unit/test_*.c))))
FUZZERS := $(basename $(notdir $(sort $(wildcard tests/fuzz/fuzz_*.c))))
# Scripts that test tools/ inside the root.
TOOL_TESTS := $(sort $(wildcard tests/tools/test_*))
# Programs over the built daemon and mempolctl, without a VM; see tests/host/host.py. Once as they are shipped,
# once with sanitizers.
HOST_TESTS := $(sort $(wildcard tests/host/test_*))
HOST_RUN := --host $(BUILD) $(HOST_TESTS) --host $(SAN) $(HOST_TESTS)
# Each is a program that runs on the host side and calls tests/vm/run.
# Those of patches that wait: with MEMPOL_SERIES=next they are among the others.
NEXT_TESTS :=
VM_TESTS := $(filter-out $(if $(filter next,$(MEMPOL_SERIES)),,$(NEXT_TESTS)),$(sort $(wildcard tests/vm/test_*)))
# Those that make test-debug runs once more under kmemleak, which doubles the time.
KMEMLEAK_TESTS := $(addprefix tests/vm/,test_cache_ownership test_cache_faults test_balloon_oom)

# What the VM tests bring along for the guest; tests/stress/NAME.c -> build/tests/stress/NAME.
STRESS_BINS := $(patsubst tests/stress/%.c,$(BUILD)/tests/stress/%,$(wildcard tests/stress/*.c))
$(BUILD)/tests/stress/faults: tests/bpf/engine.c $(wildcard include/mempol/*.h tests/bpf/*.h)
$(BUILD)/tests/stress/%: tests/stress/%.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -Iinclude $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c,$^) -Wl,--as-needed -lbpf
-include $(STRESS_BINS:=.d)
ALL += $(STRESS_BINS)

# Programs of `make bench` (their rule is in bpf/build.mk) that draw from the microbenchmark's streams.
$(BUILD)/tests/bench/pool $(BUILD)/tests/bench/popular $(BUILD)/tests/bench/trace: $(MB_LIB)

# Small workloads of make bench-translation: as they are, and as they record themselves (NAME-recorded).
TRANSLATION_SRC := $(filter-out %/workload.c,$(wildcard tests/bench/translation/*.c))
TRANSLATION_BINS := $(TRANSLATION_SRC:%.c=$(BUILD)/%) $(TRANSLATION_SRC:%.c=$(BUILD)/%-recorded)
$(BUILD)/tests/bench/translation/%-recorded: tests/bench/translation/%.c tests/bench/translation/workload.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -DWORKLOAD_RECORDS $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c,$^)
$(BUILD)/tests/bench/translation/%: tests/bench/translation/%.c tests/bench/translation/workload.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c,$^)
-include $(TRANSLATION_BINS:=.d)
ALL += $(TRANSLATION_BINS)

# Workloads of make bench-mosaic: static, so that all there is of them in a guest is the program.
PLACEMENT_SRC := $(filter-out %/workload.c,$(wildcard tests/bench/placement/*.c))
PLACEMENT_BINS := $(PLACEMENT_SRC:%.c=$(BUILD)/%)
$(BUILD)/tests/bench/placement/%: tests/bench/placement/%.c tests/bench/placement/workload.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE $(CFLAGS) -static -MMD -MP -MF $@.d -o $@ $(filter %.c,$^)
-include $(PLACEMENT_BINS:=.d)
ALL += $(PLACEMENT_BINS)

# The module's counter objects, and what runs round callbacks, natively: their source is compiled with
# tests/native/kernel.h in place of each header of the kernel's that it includes, but for <linux/types.h>, which user
# space has too. The core's are apart: who counts by BPF programs needs user space's <linux/bpf.h>.
COUNTER_SRC := $(addprefix kfuncs/counter/,cell.c counter.c paygo.c)
RUN_SRC := kfuncs/core/run.c
headers_of = $(filter-out linux/types.h,$(sort $(shell sed -n 's,^\#include <\(linux/.*\)>,\1,p' $(1))))
NATIVE_HEADERS := $(addprefix $(BUILD)/tests/native/,$(call headers_of,$(COUNTER_SRC) kfuncs/counter/counter.h))
RUN_HEADERS := $(addprefix $(BUILD)/tests/native-core/,$(call headers_of,$(RUN_SRC) kfuncs/core/run.h kfuncs/core/core.h))
NATIVE_SRC := $(COUNTER_SRC) tests/native/kernel.c
NATIVE_CPPFLAGS := -I$(BUILD)/tests/native -Itests/native -Ikfuncs/counter
$(NATIVE_HEADERS) $(RUN_HEADERS): tests/build.mk
	@mkdir -p $(@D)
	@echo '#include "kernel.h"' >$@

NATIVE_TESTS := test_counter test_counter_stress
$(foreach test,$(NATIVE_TESTS),$(eval $(test)_OBJS := $(NATIVE_SRC) kfuncs/counter/counter.h tests/native/kernel.h))
$(NATIVE_TESTS:%=$(BUILD)/tests/unit/%): TEST_CPPFLAGS += $(NATIVE_CPPFLAGS)
$(NATIVE_TESTS:%=$(BUILD)/tests/unit/%): | $(NATIVE_HEADERS)
test_run_OBJS := $(RUN_SRC) tests/native/kernel.c kfuncs/core/run.h kfuncs/core/core.h tests/native/kernel.h
$(BUILD)/tests/unit/test_run: TEST_CPPFLAGS += -I$(BUILD)/tests/native-core -Itests/native -Ikfuncs/core
$(BUILD)/tests/unit/test_run: | $(RUN_HEADERS)

# Of the patched virtio_balloon, what talks to a queue: the lines of the patch that add these functions.
BALLOON_INC := $(BUILD)/tests/native-balloon/virtio_balloon.inc
$(BALLOON_INC): $(wildcard kernel-patches/6.12/*-virtio_balloon-*.patch) tests/build.mk
	@mkdir -p $(@D)
	@sed -n -e '/^+#define VIRTIO_BALLOON_PATIENCE/p' -e '/^+static int mempol_wait_for_host(/,/^+}/p' \
		-e '/^+static int mempol_tell_ranges(/,/^+}/p' $(filter %.patch,$^) | sed 's/^+//' >$@
test_balloon_queue_OBJS := tests/unit/test_balloon_queue.c
$(BUILD)/tests/unit/test_balloon_queue: TEST_CPPFLAGS += -I$(dir $(BALLOON_INC))
$(BUILD)/tests/unit/test_balloon_queue: $(BALLOON_INC)

# What counter objects cost, natively and by BPF programs: tests/bench/run refcount.
COUNTING := $(BUILD)/tests/bench/counting
COUNTING_SRC := tests/bench/counting.c tests/bench/counting-native.c $(NATIVE_SRC)
$(COUNTING): $(COUNTING_SRC) $(wildcard tests/bench/*.h tests/native/*.h tests/bpf/counters*.h kfuncs/counter/*.h) | $(NATIVE_HEADERS)
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -Iinclude $(NATIVE_CPPFLAGS) $(CFLAGS) -o $@ $(COUNTING_SRC) -lbpf -lpthread
ALL += $(COUNTING)
