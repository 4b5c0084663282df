#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of `tests/bench/run profile`: one operation, so many passes of it, while the emulator counts;
# then what the kernel's functions are called, for it only knows their addresses.
#
#   profile.sh RESULTS KERNEL CONFIG PASSES       RESULTS.symbols is written beside RESULTS

set -euo pipefail
bash "$(dirname "$0")/instructions.sh" "$1" "$2" "${3%%:*}/$4:${3#*:}"
sysctl -q kernel.kptr_restrict=0
sysctl -q net.core.bpf_jit_kallsyms=1
cat /proc/kallsyms >"$1.symbols"
