# SPDX-License-Identifier: GPL-2.0-only
#
# The one Makefile: it starts itself again inside the build root, collects the parts' */build.mk, and
# names every command a user or CI gives. Nothing here knows how a part is built, and nothing but the
# tools below it writes outside build/ (and DESTDIR).
#
# A part's build.mk may add to
#   ALL          what `make` builds
#   UNIT_TESTS   names NAME of tests/unit/NAME.c; NAME_OBJS and NAME_LIBS say what else to link
#                (default: the library of daemon/lib)
#   FUZZERS      names NAME of tests/fuzz/NAME.c, likewise
#   ENGINES      .bpf.o files to install (default: all of them)

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:
SHELL := /bin/bash
.DEFAULT_GOAL := all

DESTDIR ?=
PREFIX ?= /usr
# Of shared libraries and their pkg-config files; distributions have a directory an architecture.
LIBDIR ?= $(PREFIX)/lib
VERSION := 0.1

# It is compiled in and written into the unit.
ifneq ($(filter-out /%,$(PREFIX))$(word 2,$(PREFIX)),)
$(error PREFIX=$(PREFIX) is no absolute path without blanks: write PREFIX=/usr/local)
endif

.PHONY: help clean deb install doctor
help:
	@printf '%s\n' \
		'make               build everything (in a Debian 13 root that is made at the first call)' \
		'make demo          the main job, end to end, in a VM with the patched kernel' \
		'make test          all tests that need only the patched kernel' \
		'make doctor        what this machine lacks for make, demo and test' \
		'make check         unit tests, the daemon without a kernel, coverage and lint; no VM' \
		'make coverage      how many lines of daemon/lib the unit tests reach' \
		'make format        clang-format over every tracked C file' \
		'make test-debug    the VM suite under the debug kernel' \
		'make test-preempt  likewise, fully preemptible (preempt=full)' \
		'make test-long     what takes long or needs the Debian archive: packages on a plain Debian 13' \
		'make test-series   every prefix of the patch series builds; without each mechanism it boots' \
		'make test-next     the patches that wait behind the series, on the kernel with them' \
		'make bench         measure; figures and drawings in build/bench/' \
		'make bench-refcount  likewise, reference counts: counter objects and the page cache' \
		'make bench-mosaic  likewise, placement: how full pools get, and swap traffic; BENCH=full the long form' \
		'make bench-translation  likewise, simulated page-table walks' \
		'make kernel        build the patched kernel and its module' \
		'make kernel-update take the newest 6.12 source package' \
		'make install       install below PREFIX=$(PREFIX), or into DESTDIR; docs/install.md has the rest' \
		'make deb           Debian packages, in build/deb; docs/install.md has the rest' \
		'make clean         remove build/; caches stay' \
		'' \
		'Variables: WERROR=1 warnings are errors; MEMPOL_NATIVE=1 build without the root;' \
		'MEMPOL_STRESS=long the long forms of the VM tests; MEMPOL_STRESS_SEED repeats a random one;' \
		'DESTDIR, PREFIX; XDG_CACHE_HOME says where roots, kernels and images are cached.'

deb:
	@tools/deb build

clean:
	rm -rf build

doctor:
	@tools/doctor

ifeq ($(MEMPOL_NATIVE)$(MEMPOL_IN_ROOT),)

# ---- outside the root: go in ------------------------------------------------------------------------

GOALS := $(filter-out help clean deb install doctor,$(or $(MAKECMDGOALS),all))
# The jobserver does not reach into the root; -k, -n, -B, -s and -j do. As a pipe: a FIFO in /tmp is named
# after the process, which has the same number in every root, and stays behind when it is killed.
ENTER = tools/root run $(MAKE) --no-print-directory --jobserver-style=pipe \
	$(or $(filter -j%,$(MAKEFLAGS)),-j$(shell nproc)) \
	$(foreach f,k n B s,$(if $(findstring $(f),$(firstword -$(MAKEFLAGS))),-$(f))) $(MAKEOVERRIDES) PREFIX=$(PREFIX)

ifneq ($(GOALS),)
.PHONY: $(GOALS) enter fit
$(GOALS): enter ;
enter: $(if $(filter demo test,$(GOALS)),fit)
	+@$(ENTER) $(GOALS)

# Half an hour later is too late to hear of it.
fit:
	@tools/doctor --quiet
endif

# Copying happens on the host: without DESTDIR the files belong there, not into the build root.
install:
	+@$(ENTER) all
	+@$(MAKE) --no-print-directory MEMPOL_NATIVE=1 install-files

else

# ---- inside: the whole build ------------------------------------------------------------------------

ifneq ($(MEMPOL_NATIVE),)
export MEMPOL_NATIVE
endif

# ---- tools and flags --------------------------------------------------------------------------------

CC := gcc
AR := ar
CLANG ?= clang-19
CLANG_FORMAT ?= clang-format-19
PKG_CONFIG ?= pkg-config
BUILD := build
CFLAGS := -std=gnu17 -O2 -g -Wall -Wextra -Wshadow -Wmissing-prototypes -Wno-unused-parameter $(EXTRA_CFLAGS)
ifneq ($(WERROR),)
CFLAGS += -Werror
endif
# Lines of source are in the objects: as paths of the project, not of whoever built them.
BPF_CFLAGS := -target bpf -g -O2 -mcpu=v3 -Wall -Wno-unused-function -Iinclude -Ibpf/lib -ffile-prefix-map=$(CURDIR)=.
ifneq ($(WERROR),)
BPF_CFLAGS += -Werror
endif
MP_VERSION := $(VERSION)

# ---- parts ------------------------------------------------------------------------------------------

PARTS := $(wildcard lib/build.mk daemon/build.mk bpf/build.mk examples/build.mk sim/build.mk tests/build.mk)
ALL :=
include $(PARTS)

# Engines and agent programs: bpf/DIR/NAME.bpf.c -> build/bpf/NAME.bpf.o. BTF and line information stay,
# DWARF goes.
BPF_SRCS := $(sort $(wildcard bpf/*/*.bpf.c))
BPF_OBJS := $(foreach src,$(BPF_SRCS),$(BUILD)/bpf/$(notdir $(src:.c=.o)))
AGENTS := $(foreach src,$(wildcard bpf/agent/*.bpf.c bpf/record/*.bpf.c),$(BUILD)/bpf/$(notdir $(src:.c=.o)))
ENGINES ?= $(filter-out $(AGENTS),$(BPF_OBJS))
define bpf_rule
$(BUILD)/bpf/$(notdir $(1:.c=.o)): $(1)
	@mkdir -p $$(@D)
	$$(CLANG) $$(BPF_CFLAGS) -MMD -MP -MF $$@.d -c -o $$@ $$<
	@llvm-strip-19 -g $$@
endef
$(foreach src,$(BPF_SRCS),$(eval $(call bpf_rule,$(src))))
-include $(BPF_OBJS:=.d)

# The parts that name their goal after their directory.
ALL += $(BPF_OBJS) $(if $(wildcard daemon/build.mk),daemon) $(if $(wildcard examples/build.mk),examples)

# ---- tests' programs --------------------------------------------------------------------------------

UNIT_BINS := $(UNIT_TESTS:%=$(BUILD)/tests/unit/%)
FUZZ_BINS := $(FUZZERS:%=$(BUILD)/tests/fuzz/%)
TEST_CPPFLAGS := -D_GNU_SOURCE -Iinclude -Idaemon/lib -DMP_VERSION='"$(VERSION)"'

.SECONDEXPANSION:
$(BUILD)/tests/unit/%: tests/unit/%.c $$(or $$($$*_OBJS),$$(MP_LIB))
	@mkdir -p $(@D)
	$(CC) $(TEST_CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o %.a,$^) $($*_LIBS) -lcmocka -lsystemd $(MP_LIB_LIBS) -lm

# Fuzzers are built from source, so that the sanitizers see all of it.
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $$(or $$($$*_SRCS),$$(MP_LIB_SRC))
	@mkdir -p $(@D)
	$(CLANG) $(TEST_CPPFLAGS) -std=gnu17 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-o $@ $(filter %.c,$^) $($*_LIBS) -lsystemd $(MP_LIB_LIBS)
-include $(UNIT_BINS:=.d)

# ---- what users type --------------------------------------------------------------------------------

.PHONY: install-files runs-here
install: all
	+@$(MAKE) --no-print-directory install-files

# Programs from the build root run where libc, libsystemd and libbpf are no older than Debian 13's. DESTDIR
# is for another machine, of which nothing is known here.
ifeq ($(DESTDIR),)
install-files: runs-here
endif
runs-here:
	@for program in $(wildcard $(BUILD)/mempolctl $(BUILD)/mempolicyd); do \
		$$program --version >/dev/null || { printf '%s\n' \
			"make install: $$program does not run on this machine, nothing was installed." \
			'It is built for Debian 13, Ubuntu 25.10 and newer, and Fedora 42 and newer:' \
			'systemd 257, libbpf 1.5 and glibc 2.38. If it is such a system and libbpf.so.1 is missing: apt-get install' \
			'libbpf1, or dnf install libbpf. To install for another machine: DESTDIR=...' >&2; exit 1; }; \
	done

# Copies what is built, builds nothing: so it runs on the host too.
D = $(DESTDIR)$(PREFIX)
DOC = $(D)/share/doc/mempolicyd
INSTALL_DATA := install -D -m 644 -t
INSTALL_PROG := install -D -m 755 -t
if_any = $(if $(strip $(1)),$(2) $(1),@:)
# What names a path below PREFIX is written, not copied.
PATHS := s|@PREFIX@|$(PREFIX)|g; s|@LIBDIR@|$(LIBDIR)|g; s|@VERSION@|$(VERSION)|g; s|/usr/lib/mempolicyd/engines|$(PREFIX)/lib/mempolicyd/engines|g; \
	s|/usr/share/\(doc/\)\{0,1\}mempolicyd|$(PREFIX)/share/\1mempolicyd|g
install_paths = install -d -m 755 $(2) && \
	for f in $(1); do to=$(2)/$$(basename "$${f%.in}") && sed '$(PATHS)' "$$f" >"$$to" && chmod 644 "$$to" || exit 1; done
install-files:
	install -d -m 755 $(DESTDIR)/etc/mempolicyd/policy.d
	$(call if_any,$(wildcard $(BUILD)/mempolctl),$(INSTALL_PROG) $(D)/bin)
	$(call if_any,$(wildcard $(BUILD)/mempolicyd),$(INSTALL_PROG) $(D)/sbin)
	$(if $(wildcard $(MICROBENCHMARK)),install -D -m 755 $(MICROBENCHMARK) $(D)/bin/mempol-microbenchmark)
	$(INSTALL_PROG) $(DOC)/examples/balloon-host examples/balloon-host/balloon-host
	$(INSTALL_DATA) $(DOC)/examples/balloon-host examples/balloon-host/README.md
	$(INSTALL_PROG) $(DOC)/examples/translation examples/translation/walk examples/translation/rows
	$(INSTALL_DATA) $(DOC)/examples/translation examples/translation/README.md examples/translation/expected examples/translation/expected-rows examples/translation/memory.py
	$(INSTALL_PROG) $(DOC)/examples/refcount examples/refcount/walk
	$(INSTALL_DATA) $(DOC)/examples/refcount examples/refcount/README.md examples/refcount/expected
	$(INSTALL_PROG) $(DOC)/examples/pinned examples/pinned/walk
	$(INSTALL_DATA) $(DOC)/examples/pinned examples/pinned/README.md examples/pinned/expected
	$(INSTALL_PROG) $(DOC)/examples/quiet examples/quiet/walk
	$(INSTALL_DATA) $(DOC)/examples/quiet examples/quiet/README.md examples/quiet/expected examples/quiet/quiet.c
	$(INSTALL_PROG) $(DOC)/examples/placement examples/placement/walk
	$(INSTALL_DATA) $(DOC)/examples/placement examples/placement/README.md examples/placement/expected
	$(call if_any,$(wildcard $(MB_DIR)/*.cfg $(MB_DIR)/README.md),$(INSTALL_DATA) $(DOC)/examples/microbenchmark)
	$(call if_any,$(wildcard bpf/cache/*.bpf.c bpf/cache/*.h bpf/refcount/*.bpf.c bpf/refcount/*.h bpf/placement/*.bpf.c bpf/placement/*.h bpf/translation/*.bpf.c bpf/translation/*.h),$(INSTALL_DATA) $(DOC)/examples/engines)
	$(call if_any,$(wildcard $(ENGINES)),$(INSTALL_DATA) $(D)/lib/mempolicyd/engines)
	$(call if_any,$(wildcard $(AGENTS)),$(INSTALL_DATA) $(D)/lib/mempolicyd/agent)
	$(INSTALL_DATA) $(D)/include/mempol include/mempol/*.h
	$(INSTALL_DATA) $(D)/include/mempol/bpf bpf/lib/*.h
	$(INSTALL_DATA) $(D)/include/mempol/native sim/host/*.h
	$(INSTALL_DATA) $(D)/include/mempol/native/bpf sim/host/bpf/*.h
	$(INSTALL_DATA) $(D)/include include/mempolicy.h
	$(call if_any,$(wildcard $(LIBMEMPOLICY)),$(INSTALL_DATA) $(DESTDIR)$(LIBDIR))
	$(if $(wildcard $(LIBMEMPOLICY)),ln -sfn $(notdir $(LIBMEMPOLICY)) $(DESTDIR)$(LIBDIR)/libmempolicy.so)
	@$(call install_paths,lib/libmempolicy.pc.in,$(DESTDIR)$(LIBDIR)/pkgconfig)
	$(INSTALL_DATA) $(D)/share/mempolicyd sdk/mempol-engine.mk
	@$(call install_paths,sdk/mempolicyd.pc.in,$(D)/share/pkgconfig)
	$(INSTALL_DATA) $(DOC)/examples/engine examples/engine/*.c
	$(INSTALL_DATA) $(DOC)/examples/engine/traces examples/engine/traces/*.trace
	@$(call install_paths,examples/engine/Makefile,$(DOC)/examples/engine)
	@$(call install_paths,docs/writing-an-engine.md,$(DOC))
	$(INSTALL_DATA) $(D)/share/mempolicyd/policies policies/*.mempolicy
	@$(call install_paths,systemd/mempolicyd.service.in,$(D)/lib/systemd/system)
	install -D -m 644 systemd/mempolicyd.sysusers $(D)/lib/sysusers.d/mempolicyd.conf
	install -D -m 644 systemd/mempolicyd.tmpfiles $(D)/lib/tmpfiles.d/mempolicyd.conf
	$(INSTALL_DATA) $(D)/lib/systemd/catalog systemd/mempolicyd.catalog
	$(call if_any,$(wildcard daemon/*.varlink),$(INSTALL_DATA) $(D)/share/varlink)
	@$(call install_paths,$(wildcard man/*.1),$(D)/share/man/man1)
	@$(call install_paths,$(wildcard man/*.3),$(D)/share/man/man3)
	@$(call install_paths,$(wildcard man/*.5),$(D)/share/man/man5)
	@$(call install_paths,$(wildcard man/*.8),$(D)/share/man/man8)
	install -D -m 644 completion/mempolctl $(D)/share/bash-completion/completions/mempolctl
	install -D -m 644 completion/_mempolctl $(D)/share/zsh/site-functions/_mempolctl
ifeq ($(DESTDIR),)
	@printf '%s\n' '' 'Installed. Now, as root (docs/install.md says why):' \
		'  systemd-sysusers && systemd-tmpfiles --create mempolicyd.conf' \
		'  systemctl daemon-reload && journalctl --update-catalog'
endif

.PHONY: all test check format demo bench bench-refcount bench-mosaic bench-translation kernel kernel-update test-debug test-next test-preempt test-series test-long test-programs
all: $(ALL)

test-programs: $(UNIT_BINS) $(FUZZ_BINS)

test: all test-programs
	@tests/runner --unit $(UNIT_BINS) $(TOOL_TESTS) --fuzz $(FUZZ_BINS) --vm patched $(VM_TESTS)

test-next: all
	@$(if $(NEXT_TESTS),MEMPOL_SERIES=next tests/runner --vm patched $(NEXT_TESTS),echo "No patches wait: every one of them is in the series.")

test-debug: all
	@tests/runner --vm debug $(VM_TESTS) --kmemleak $(KMEMLEAK_TESTS)

test-preempt: all
	@MEMPOL_VM_APPEND=preempt=full tests/runner --vm debug $(VM_TESTS)

# The analyzer's verdict on one file, kept until the file or one of its headers changes.
# The example of an engine is compiled against what is installed: tests/tools/test_install does.
ANALYZED := $(patsubst %.c,$(BUILD)/analyze/%.ok,$(wildcard daemon/*/*.c $(filter-out examples/engine/%,$(wildcard examples/*/*.c)) sim/*.c sim/*/*.c lib/*.c))
.PHONY: analyze
analyze: $(ANALYZED)
# The analyzer does not know cleanup attributes. daemon/ marks what they own (mp_owned), the examples do not.
$(BUILD)/analyze/examples/%: ANALYZE_FLAGS = \
	-Xclang -analyzer-disable-checker -Xclang unix.Malloc,unix.Stream,deadcode.DeadStores
$(BUILD)/analyze/%.ok: %.c
	@mkdir -p $(@D)
	@$(CLANG) $(TEST_CPPFLAGS) -std=gnu17 -MM -MP -MT $@ -MF $@.d $<
	@$(CLANG) $(TEST_CPPFLAGS) -std=gnu17 --analyze --analyzer-output text -Xclang -analyzer-werror $(ANALYZE_FLAGS) $<
	@touch $@
-include $(ANALYZED:=.d)

check: all test-programs $(SAN_MEMPOLICYD) $(SAN_MEMPOLCTL) $(COV_BINS)
	@tools/check --unit $(UNIT_BINS) $(TOOL_TESTS) $(HOST_RUN)

format:
	@git ls-files -z '*.c' '*.h' | xargs -0 $(CLANG_FORMAT) -i

test-series: all
	@tools/kernel series
	@without=$$(tools/kernel without) && for flavour in $$without; do \
		tests/runner --vm "$$flavour" tests/vm/without || exit 1; \
	done

test-long:
	@for test in $(sort $(wildcard tests/long/test_*)); do "$$test" || exit 1; done

kernel:
	@tools/kernel build patched
	@[[ ! -f kfuncs/Kbuild ]] || tools/kernel module patched

kernel-update:
	@tools/kernel update

demo: all
	@if [[ -x examples/demo/run ]]; then exec examples/demo/run; else echo 'make demo: not available in this version' >&2; exit 1; fi

bench: all
	@if [[ -x tests/bench/run ]]; then exec tests/bench/run; else echo 'make bench: not available in this version' >&2; exit 1; fi

bench-refcount: all
	@tests/bench/run refcount

# Stopped, it goes on where it was. Make it begin anew by removing what it has in build/bench.
bench-mosaic: all
	@MEMPOL_BENCH=$(or $(BENCH),short) tests/bench/run mosaic

# All: what is installed in the guest whose page tables are dumped.
bench-translation: all $(WALKED_TABLE) $(TRANSLATION_BINS)
	@tests/bench/run translation

endif
