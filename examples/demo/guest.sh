#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the microbenchmark in a limited cgroup under the kernel's own policies and under engines that policy
# files choose while the service runs; examples/demo/run and tests/vm/test_cache_figures call it inside the
# guest. It measures and writes down, and judges nothing.
#
#   guest.sh RESULTS WORKLOAD=POLICY[,POLICY...]...
#
# WORKLOAD: cyclic, config1-quarter, getscan (the microbenchmark's), gets, region (the demo's, beside this
# file). POLICY: classic, mglru, or an engine, alone (under classic
# LRU) or as ENGINE+mglru. RESULTS gets one line a run: workload, policy, page reads, get reads or page
# reads, seconds.

set -euo pipefail

results=$1
shift
policy_file=/etc/mempolicyd/policy.d/50-demo.mempolicy
configs=("$(dirname "$0")" /usr/share/doc/mempolicyd/examples/microbenchmark)
cgroup=/sys/fs/cgroup/demo
declare -A limit=([cyclic]=64M [config1-quarter]=128M [getscan]=64M [gets]=32M [region]=32M)

disk=$(basename "$(findmnt -no SOURCE /mnt/data)")
echo 0 >"/sys/block/$disk/queue/read_ahead_kb"
swapoff -a
: >"$results"

die() { echo "demo: $*" >&2; exit 1; }

# The state that `mempolctl list` gives for the demo's policy, once it is what we wait for.
state() { mempolctl list --json 2>/dev/null | python3 -c '
import json, sys
rows = [r for r in json.load(sys.stdin)["policies"] if r["name"] == "50-demo"]
print(rows[0]["state"] if rows else "none")' 2>/dev/null || echo unknown; }
wait_state() {
	local i
	for ((i = 0; i < 100; i++)); do
		[[ $(state) != "$1" ]] || return 0
		sleep 0.1
	done
	mempolctl list >&2 || :
	mempolctl show 50-demo >&2 || :
	die "the policy did not become $1"
}

set_policy() {
	local policy=$1
	rm -f "$policy_file"
	case $policy in
	*mglru) echo y >/sys/kernel/mm/lru_gen/enabled ;;
	*) echo 0 >/sys/kernel/mm/lru_gen/enabled ;;
	esac
	case $policy in
	classic | mglru)
		! systemctl -q is-active mempolicyd || wait_state none
		;;
	*)
		systemctl -q is-active mempolicyd || systemctl start mempolicyd
		wait_state none
		# Renamed into place, so that nobody reads half a file.
		printf '%s\n' '[Policy]' 'Description=Demonstration' '[Match]' 'Cgroup=demo' '[Cache]' \
			"Engine=${policy%+mglru}" >"$policy_file.tmp"
		mv "$policy_file.tmp" "$policy_file"
		wait_state active
		;;
	esac
}

run() {
	local workload=$1 policy=$2 config file size line reads gets seconds
	for config in "${configs[@]/%//$workload.cfg}"; do
		[[ ! -f $config ]] || break
	done
	mkdir -p "$cgroup"
	echo "${limit[$workload]}" >"$cgroup/memory.max"
	echo 0 >"$cgroup/memory.swap.max"
	# Written here, not by the benchmark, so that writing it is no part of what the policy sees.
	file=$(sed -nE 's/^file_name *= *([^ #]+).*/\1/p' "$config")
	size=$(sed -nE 's/^file_size *= *([^ #]+).*/\1/p' "$config" | numfmt --from=iec)
	[[ -f $file ]] || head -c "$size" /dev/urandom >"$file"
	set_policy "$policy"
	sync
	echo 3 >/proc/sys/vm/drop_caches
	line=$(bash -c 'echo $$ >"$0/cgroup.procs" && exec mempol-microbenchmark "$1"' "$cgroup" "$config") ||
		die "$workload under $policy failed"
	reads=$(sed -nE 's/.* page_reads=([0-9]+).*/\1/p' <<<"$line" | awk '{ sum += $1 } END { print sum }')
	gets=$(sed -nE 's/.* get_reads=([0-9]+).*/\1/p' <<<"$line" | awk '{ sum += $1 } END { print sum }')
	seconds=$(sed -nE 's/.* seconds=([0-9.]+).*/\1/p' <<<"$line" | awk '{ sum += $1 } END { print sum }')
	printf '%s\t%s\t%s\t%s\t%s\n' "$workload" "$policy" "$reads" "${gets:-$reads}" "$seconds" >>"$results"
	printf '%-16s %-12s %8s page reads %7.1f s\n' "$workload" "$policy" "${gets:-$reads}" "$seconds"
	case $policy in
	classic | mglru) ;;
	*) mempolctl stats 50-demo ;;
	esac
	grep -E '^oom_kill ' "$cgroup/memory.events" | grep -q ' 0$' || die "$workload under $policy: OOM kill"
	rm -f "$policy_file"
	! systemctl -q is-active mempolicyd || wait_state none
	rmdir "$cgroup"
}

for arg; do
	for policy in $(tr , ' ' <<<"${arg#*=}"); do
		run "${arg%%=*}" "$policy"
	done
done
