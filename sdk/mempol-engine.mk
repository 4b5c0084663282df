# SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
#
# Builds, simulates, tests and loads a page-cache engine of your own. A Makefile sets ENGINE (and TRACES and SIZE for
# make sim) and includes this file; the engine's source is $(ENGINE).bpf.c beside it. Needs clang, gcc or clang for the
# host, libbpf's headers, and mempolctl.
#
#   make                    NAME.bpf.o for the kernel and NAME.so for the simulator
#   make sim                what the engine misses of TRACES beside the shipped ones; SET='KEY=VALUE ...' tunes it
#   make test               test.c, if there is one, and the rules of the kernel
#   make check              is the object an engine? needs no root
#   sudo make load UNIT=x   the verifier looks at it; then it governs the unit x.service until make unload
#   sudo make unload        takes the policy away again

MEMPOL_MK := $(lastword $(MAKEFILE_LIST))
MEMPOL_SDK ?= $(patsubst %/share/mempolicyd/mempol-engine.mk,%,$(MEMPOL_MK))
MEMPOL_INCLUDE ?= $(MEMPOL_SDK)/include
MEMPOLCTL ?= $(firstword $(wildcard $(MEMPOL_SDK)/bin/mempolctl) mempolctl)
# Only root can write here, which the daemon asks of what it loads.
MEMPOL_LIB ?= /usr/local/lib/mempolicyd
MEMPOL_POLICY_DIR ?= /etc/mempolicyd/policy.d

CC ?= cc
CLANG ?= $(notdir $(firstword $(shell for c in clang clang-21 clang-20 clang-19 clang-18 clang-17; do command -v $$c; done) clang))
SIZE ?= 25%
# With what it is compared.
ENGINES ?= lru,belady,fifo,s3fifo

ifeq ($(ENGINE),)
$(error ENGINE is not set: write ENGINE := NAME before the include, NAME.bpf.c being the source)
endif

MEMPOL_BPF_CFLAGS := -target bpf -g -O2 -mcpu=v3 -Wall -Wno-unused-function \
	-I$(MEMPOL_INCLUDE) -I$(MEMPOL_INCLUDE)/mempol/bpf
# The native headers stand before libbpf's, whose names they have.
MEMPOL_NATIVE_CFLAGS := -std=gnu17 -g -O2 -Wall -Wno-unknown-pragmas -Wno-unused-function -Wno-sign-compare \
	-I$(MEMPOL_INCLUDE)/mempol/native -I$(MEMPOL_INCLUDE) -I$(MEMPOL_INCLUDE)/mempol/bpf

.PHONY: all help sim test check load unload clean
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

all: $(ENGINE).bpf.o $(ENGINE).so

help:
	@sed -n 's/^#   //p' $(MEMPOL_MK)

$(ENGINE).bpf.o: $(ENGINE).bpf.c $(wildcard *.h)
	@command -v $(firstword $(CLANG)) >/dev/null || { echo 'make: there is no $(firstword $(CLANG)): install clang 17 or newer (Debian: apt install clang)' >&2; exit 1; }
	$(CLANG) $(MEMPOL_BPF_CFLAGS) $(BPF_CFLAGS) -c -o $@ $<

$(ENGINE).so: $(ENGINE).bpf.c $(wildcard *.h)
	@command -v $(firstword $(CC)) >/dev/null || { echo 'make: there is no $(firstword $(CC)): install a C compiler (Debian: apt install gcc)' >&2; exit 1; }
	$(CC) $(MEMPOL_NATIVE_CFLAGS) $(NATIVE_CFLAGS) -fPIC -shared -fvisibility=hidden -DMEMPOL_NATIVE_SHARED -o $@ $<

sim: $(ENGINE).so
	@$(if $(TRACES),,echo 'make sim: no traces: write TRACES := FILE... before the include' >&2; exit 1;) \
	for trace in $(TRACES); do echo "== $$trace, cache of $(SIZE)"; \
		$(MEMPOLCTL) simulate --size '$(SIZE)' --engines '$(ENGINES)' --engine ./$(ENGINE).so \
			$(foreach set,$(SET),--set '$(set)') "$$trace" || exit; done

$(ENGINE)-test: test.c $(ENGINE).bpf.c $(wildcard *.h)
	$(CC) $(MEMPOL_NATIVE_CFLAGS) $(NATIVE_CFLAGS) -o $@ $<

test: $(ENGINE).so $(if $(wildcard test.c),$(ENGINE)-test)
	$(if $(wildcard test.c),./$(ENGINE)-test)
	$(MEMPOLCTL) test-engine ./$(ENGINE).so

check: $(ENGINE).bpf.o
	$(MEMPOLCTL) check $(ENGINE).bpf.o

# The object is what the user built: root only copies it.
load:
	@test -n '$(UNIT)' || { echo 'make load: say which unit: sudo make load UNIT=postgresql.service' >&2; exit 1; }
	@test -f $(ENGINE).bpf.o || { echo 'make load: there is no $(ENGINE).bpf.o: run make first, as yourself' >&2; exit 1; }
	$(MEMPOLCTL) check --load $(ENGINE).bpf.o
	install -D -m 644 $(ENGINE).bpf.o $(MEMPOL_LIB)/$(ENGINE).bpf.o
	install -d -m 755 $(MEMPOL_POLICY_DIR)
	printf '[Match]\nUnit=%s\n\n[Cache]\nEngine=%s\n$(foreach set,$(SET),$(set)\n)' \
		'$(if $(suffix $(UNIT)),$(UNIT),$(UNIT).service)' '$(MEMPOL_LIB)/$(ENGINE).bpf.o' \
		>$(MEMPOL_POLICY_DIR)/$(ENGINE).mempolicy
	$(MEMPOLCTL) check $(MEMPOL_POLICY_DIR)/$(ENGINE).mempolicy
	$(MEMPOLCTL) reload

unload:
	rm -f $(MEMPOL_POLICY_DIR)/$(ENGINE).mempolicy
	$(MEMPOLCTL) reload

clean:
	rm -f $(ENGINE).bpf.o $(ENGINE).so $(ENGINE)-test
