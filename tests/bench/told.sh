#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# PagePatrol's config1 at a quarter of its size with PagePatrol = 1: page reads, and what was written back meanwhile. What
# is pinned and deactivated is said by the microbenchmark. tests/bench/run calls it inside the guest; it measures and
# writes down, and judges nothing.
#
#   told.sh RESULTS small|full HINTS:ENGINE...
#
# small: a quarter of that once more, file, accesses and limit, for hosts on which it would take an hour.
#
# HINTS: none; pins (the hot region is pinned as it is used); sweep (the sweep deactivates, nothing is pinned); both. ENGINE:
# classic (the kernel's own LRU: with HINTS none), or that of a policy with PinMax=65%. RESULTS gets a line a run: hints,
# engine, page reads, pages written, and what has become of the hints: pages that they were applied to, capped ones, busy
# ones.

set -euo pipefail
here=$(dirname "$0")
# shellcheck source=examples/demo/workload.sh
. "$here/workload.sh"

results=$1
size=$2
shift 2
limit=128M
box=/sys/fs/cgroup/bench

swapoff -a
: >"$results"
modprobe zram num_devices=1
if [[ $size == small ]]; then
	limit=32M
	mkdir -p /tmp/small
	sed 's/^file_size = .*/file_size = 64M/; s/repeats = 250000/repeats = 62500/' "$(file config1-quarter)" >/tmp/small/config1-quarter.cfg
	configs=(/tmp/small "${configs[@]}")
fi
fresh_file config1-quarter

written() { awk '{ print int($7 / 8) }' /sys/block/zram0/stat; }
hint() { sed -nE "s/.*hints:.* $1=([0-9]+).*/\1/p" /tmp/said; }

# policy ENGINE PINMAX
policy() {
	systemctl -q is-active mempolicyd || systemctl start mempolicyd
	printf '%s\n' '[Match]' Cgroup=/bench '[Cache]' "Engine=$1" "PinMax=$2" >"$policy_dir/50-bench.tmp"
	mv "$policy_dir/50-bench.tmp" "$policy_dir/50-bench.mempolicy"
	wait_state 50-bench active
}

run() {
	local hints=$1 engine=$2 before lines script='s/^PagePatrol = 0/PagePatrol = 1/'
	case $hints in
	none) script= ;;
	pins) script+='; s/^    gap = 1/&\n    deactivate = 0/' ;;
	sweep) script+='; s/unpin_after_iter = 5/unpin_after_iter = 0/' ;;
	both) ;;
	esac
	sed "$script" "$(file config1-quarter)" >/tmp/told.cfg
	limited $box $limit
	lru "$engine"
	# Without a cap nothing can be pinned, and what the region says is told to nobody.
	[[ $engine == classic ]] || policy "$engine" "$([[ $hints == sweep ]] && echo 0 || echo 65%)"
	fresh_caches
	before=$(written)
	lines=$(in_cgroup $box mempol-microbenchmark /tmp/told.cfg 2>/tmp/said) || die "$hints $engine: $(cat /tmp/said)"
	sync
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$hints" "$engine" "$(sum page_reads "$lines")" $(($(written) - before)) \
		"$(hint applied)" "$(hint capped)" "$(hint busy)" | tee -a "$results"
	sed 's/^/# /' /tmp/said >&2
	[[ $engine == classic ]] || no_engine_file 50-bench
	no_oom_kill $box || die "$hints $engine: OOM kill"
	rmdir $box
}

for arg; do run "${arg%%:*}" "${arg#*:}"; done
