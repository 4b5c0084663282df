#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of tests/bench/refcount-counters.sh: counting and asking of counter objects, with as many threads as
# there are CPUs. It measures and writes down, and judges nothing.
#
#   refcount-counters-guest.sh RESULTS     beside it RESULTS.symbols

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd -P)
cp "$here"/{counting,counters.bpf.o} /tmp/
modprobe mempol
/tmp/counting /tmp/counters.bpf.o "$1"
sysctl -q kernel.kptr_restrict=0
cat /proc/kallsyms >"$1.symbols"
