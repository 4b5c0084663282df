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

swapoff -a
: >"$results"

die() { echo "demo: $*" >&2; exit 1; }

# A disk in memory with the workload's file. What counts is how many pages are read, not how long a device
# takes, and an emulated controller takes ten times as long as the rest. The file is written here, not by the
# benchmark, so that writing it is no part of what the policy sees.
fresh_disk() {
	local file=$1 size=$2
	! mountpoint -q /mnt/data || umount /mnt/data
	echo 1 >/sys/block/zram0/reset
	echo $((size + (64 << 20))) >/sys/block/zram0/disksize
	echo 1 >/sys/block/zram0/queue/iostats
	echo 0 >/sys/block/zram0/queue/read_ahead_kb
	mke2fs -q -t ext4 -E lazy_itable_init=1,nodiscard /dev/zram0
	mount /dev/zram0 /mnt/data
	head -c "$size" /dev/urandom >"$file"
}

# config WORKLOAD KEY: a value of its configuration; file WORKLOAD: the configuration.
file() {
	local path
	for path in "${configs[@]/%//$1.cfg}"; do
		[[ ! -f $path ]] || { echo "$path"; return; }
	done
	die "there is no $1.cfg"
}
config() { sed -nE "s/^$2 *= *([^ #]+).*/\1/p" "$(file "$1")"; }

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
	local workload=$1 policy=$2 line reads gets seconds
	mkdir -p "$cgroup"
	echo "${limit[$workload]}" >"$cgroup/memory.max"
	echo 0 >"$cgroup/memory.swap.max"
	set_policy "$policy"
	sync
	echo 3 >/proc/sys/vm/drop_caches
	line=$(bash -c 'echo $$ >"$0/cgroup.procs" && exec mempol-microbenchmark "$1"' "$cgroup" "$(file "$workload")") ||
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

modprobe zram num_devices=1
for arg; do
	fresh_disk "$(config "${arg%%=*}" file_name)" "$(config "${arg%%=*}" file_size | numfmt --from=iec)"
	for policy in $(tr , ' ' <<<"${arg#*=}"); do
		run "${arg%%=*}" "$policy"
	done
done
