#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the microbenchmark in a limited cgroup under the kernel's own policies and under engines that policy
# files choose while the service runs; examples/demo/run calls it inside the guest. It measures and writes
# down, and judges nothing.
#
#   guest.sh RESULTS WORKLOAD=POLICY[,POLICY...]...
#
# WORKLOAD: cyclic, config1-quarter, getscan (the microbenchmark's), gets, region (the demo's, beside this
# file). POLICY: classic, mglru, or an engine, alone (under classic LRU) or as ENGINE+mglru. RESULTS gets one
# line a run: workload, policy, page reads, get reads or page reads, seconds.

set -euo pipefail
# shellcheck source=examples/demo/workload.sh
. "$(dirname "$0")/workload.sh"

results=$1
shift
name=50-demo
cgroup=/sys/fs/cgroup/demo
declare -A limit=([cyclic]=64M [config1-quarter]=128M [getscan]=64M [gets]=32M [region]=32M)

swapoff -a
: >"$results"

run() {
	local workload=$1 policy=$2 lines reads gets seconds
	limited "$cgroup" "${limit[$workload]}"
	lru "$policy"
	case $policy in
	classic | mglru) ;;
	*) engine_file "$name" demo "${policy%+mglru}" ;;
	esac
	fresh_caches
	lines=$(in_cgroup "$cgroup" mempol-microbenchmark "$(file "$workload")") || die "$workload under $policy failed"
	reads=$(sum page_reads "$lines")
	gets=$(sum get_reads "$lines")
	seconds=$(sum seconds "$lines")
	printf '%s\t%s\t%s\t%s\t%s\n' "$workload" "$policy" "$reads" "${gets:-$reads}" "$seconds" >>"$results"
	printf '%-16s %-12s %8s page reads %7.1f s\n' "$workload" "$policy" "${gets:-$reads}" "$seconds"
	case $policy in
	classic | mglru) ;;
	*)
		mempolctl stats "$name"
		no_engine_file "$name"
		;;
	esac
	no_oom_kill "$cgroup" || die "$workload under $policy: OOM kill"
	rmdir "$cgroup"
}

modprobe zram num_devices=1
for arg; do
	fresh_file "${arg%%=*}"
	for policy in $(tr , ' ' <<<"${arg#*=}"); do
		run "${arg%%=*}" "$policy"
	done
done
