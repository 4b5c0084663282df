# SPDX-License-Identifier: GPL-2.0-only
#
# The library, mempolctl and mempolicyd. Included by the top Makefile, which sets BUILD, CC, CFLAGS
# and LDFLAGS; nothing here is run by anybody else, and nothing here knows the tests.

BUILD ?= build
MP_VERSION ?= 0.1

PREFIX ?= /usr

# Where `make install` puts engines and the agent: the daemon looks for them there.
MP_PATHS := -DMP_ENGINE_DIR='"$(PREFIX)/lib/mempolicyd/engines"' \
	-DMP_AGENT_PATH='"$(PREFIX)/lib/mempolicyd/agent/agent.bpf.o"' \
	-DMP_RECORD_PATH='"$(PREFIX)/lib/mempolicyd/agent/record.bpf.o"'
MP_CPPFLAGS := -D_GNU_SOURCE -Iinclude -Idaemon/lib -DMP_VERSION='"$(MP_VERSION)"' $(MP_PATHS)

# Changes when PREFIX does, and only then; what has a path compiled in depends on it.
MP_PREFIX_STAMP := $(BUILD)/daemon/prefix
.PHONY: mp-prefix
$(MP_PREFIX_STAMP): mp-prefix
	@mkdir -p $(@D)
	@[[ "$$(cat $@ 2>/dev/null)" == '$(PREFIX)' ]] || echo '$(PREFIX)' >$@
MP_CFLAGS := -Wstrict-prototypes -Wformat=2 -Wvla

# --- daemon/lib ---------------------------------------------------------------------------------
MP_LIB := $(BUILD)/daemon/libmp.a
MP_LIB_SRC := $(wildcard daemon/lib/*.c)
MP_LIB_OBJ := $(MP_LIB_SRC:%.c=$(BUILD)/%.o)
MP_LIB_LIBS := -lbpf -lelf -lz

$(BUILD)/daemon/%.o: daemon/%.c $(MP_PREFIX_STAMP)
	@mkdir -p $(@D)
	$(CC) $(MP_CPPFLAGS) $(CFLAGS) $(MP_CFLAGS) -MMD -MP -c -o $@ $<

$(MP_LIB): $(MP_LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

# --- mempolctl ----------------------------------------------------------------------------------
MEMPOLCTL := $(BUILD)/mempolctl
MEMPOLCTL_SRC := $(wildcard daemon/mempolctl/*.c)
# The daemon's loader: check --load shows an engine to the kernel as the daemon would.
MEMPOLCTL_SRC += daemon/mempolicyd/loader.c daemon/mempolicyd/log.c
MEMPOLCTL_OBJ := $(MEMPOLCTL_SRC:%.c=$(BUILD)/%.o)
SIM_LIB := $(BUILD)/sim/libsim.a
# Traces may be packed.
SIM_LIBS := -lz -lzstd

# For engines in shared objects, which simulate and test-engine load.
MEMPOLCTL_LDFLAGS := -Wl,--dynamic-list=sim/native.list

$(MEMPOLCTL): $(MEMPOLCTL_OBJ) $(SIM_LIB) $(MP_LIB) $(LIBMEMPOLICY_A)
	$(CC) $(LDFLAGS) $(MEMPOLCTL_LDFLAGS) -o $@ $^ -lsystemd -lsmartcols $(SIM_LIBS) $(MP_LIB_LIBS)

# Unit tests of what is pure in it, by the names of the files.
test_sample_OBJS = $(SAN)/daemon/mempolctl/sample.o
test_record_save_OBJS = $(patsubst %,$(SAN)/daemon/mempolctl/%.o,record-save sample new-file) $(SAN_LIB)
test_mempolctl_refs_OBJS = $(patsubst %,$(SAN)/daemon/mempolctl/%.o,file-range refs-target refs-who refs-answer output) $(SAN_LIB)
test_predict_OBJS = $(patsubst %,$(SAN)/daemon/mempolctl/%.o,predict-tables predict-heat page-idle translation-dump translation-areas translation-ask client failure complain output) \
	$(SAN_SIM_LIB) $(SAN_LIB)
test_predict_LIBS = $(SIM_LIBS)
test_record_cgroup_OBJS = $(SAN)/daemon/mempolctl/record-cgroup.o $(SAN_LIB)
test_mempolctl_run_OBJS = $(patsubst %,$(SAN)/daemon/mempolctl/%.o,run-policy run-names client failure complain output) $(SAN_LIB)

# --- mempolicyd ---------------------------------------------------------------------------------
MEMPOLICYD := $(BUILD)/mempolicyd
MEMPOLICYD_SRC := $(wildcard daemon/mempolicyd/*.c)
MEMPOLICYD_OBJ := $(MEMPOLICYD_SRC:%.c=$(BUILD)/%.o)
MEMPOLICYD_LIBS := -lsystemd $(MP_LIB_LIBS)

$(MEMPOLICYD): $(MEMPOLICYD_OBJ) $(MP_LIB)
	$(CC) $(LDFLAGS) -o $@ $^ $(MEMPOLICYD_LIBS)

# Unit tests of what is pure in it.
test_manager_interface_OBJS := $(BUILD)/daemon/mempolicyd/interface.o $(MP_LIB)
test_manager_heartbeat_OBJS := $(patsubst %,$(BUILD)/daemon/mempolicyd/%.o,heartbeat agent log) $(MP_LIB)
test_manager_heartbeat_LIBS := $(MEMPOLICYD_LIBS)
# The manager over a kernel of the test's own: no loader, no agent, no features.
MANAGER_OBJS := $(patsubst %,$(BUILD)/daemon/mempolicyd/%.o,attachments balloon balloon-events balloon-ops cache-ops cgroups converge \
	departed events explain figures heartbeat hints kept-pins kernel load log manager mechanism-events mechanism-ops pins placement-events placement-ops ref-files ref-job ref-review refcount-events refcount-ops translation-events translation-ops \
	report slots state steps watch)
test_manager_balloon_OBJS := $(MANAGER_OBJS) $(MP_LIB)
test_manager_refs_OBJS := $(MANAGER_OBJS) $(BUILD)/daemon/mempolicyd/refs.o $(MP_LIB)
test_manager_placement_OBJS := $(MANAGER_OBJS) $(patsubst %,$(BUILD)/daemon/mempolicyd/%.o,placement placement-frames) $(MP_LIB)
test_manager_translation_OBJS := $(MANAGER_OBJS) $(BUILD)/daemon/mempolicyd/translation.o $(MP_LIB)
test_manager_tables_OBJS := $(MANAGER_OBJS) $(patsubst %,$(BUILD)/daemon/mempolicyd/%.o,translation translation-change) $(MP_LIB)
test_manager_attachments_OBJS := $(MANAGER_OBJS) $(MP_LIB)
test_manager_hints_OBJS := $(MANAGER_OBJS) $(BUILD)/daemon/mempolicyd/peer-cgroup.o $(MP_LIB)
test_manager_retry_OBJS := $(MANAGER_OBJS) $(MP_LIB)
test_manager_retry_LIBS := -Wl,--wrap=mp_assign
test_manager_refcount_OBJS := $(MANAGER_OBJS) $(MP_LIB)
test_manager_refcount_LIBS := -Wl,--wrap=mp_ref_look
test_manager_passed_OBJS := $(patsubst %,$(BUILD)/daemon/mempolicyd/%.o,passed log) $(MP_LIB)
test_manager_passed_LIBS := -Wl,--wrap=close -Wl,--wrap=pthread_create
test_manager_cgroups_OBJS := $(patsubst %,$(BUILD)/daemon/mempolicyd/%.o,cgroups log) $(MP_LIB)
test_manager_watch_OBJS := $(patsubst %,$(BUILD)/daemon/mempolicyd/%.o,watch log) $(MP_LIB)
# --- end of mempolicyd --------------------------------------------------------------------------

.PHONY: daemon
daemon: $(MP_LIB) $(if $(MEMPOLCTL_SRC),$(MEMPOLCTL)) $(if $(MEMPOLICYD_SRC),$(MEMPOLICYD))

-include $(MP_LIB_OBJ:.o=.d) $(MEMPOLCTL_OBJ:.o=.d) $(MEMPOLICYD_OBJ:.o=.d)

-include tests/unit/unit.mk
