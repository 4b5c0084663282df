# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the demonstration and the benchmarks need in a guest: disks in memory, workloads and their limits, and
# policies by policy file. Sourced after `set -euo pipefail`, in a VM only; does nothing by itself.

configs=("$(dirname "$0")" /usr/share/doc/mempolicyd/examples/microbenchmark)
policy_dir=/etc/mempolicyd/policy.d

die() { echo "${0##*/}: $*" >&2; exit 1; }

# reset_disk DISK: make a zram disk empty, of no size. It is busy while anybody has it open, and udev opens a disk
# whenever a writer has closed it.
reset_disk() {
	local i
	for ((i = 0; i < 600; i++)); do
		! echo 1 2>/dev/null >"/sys/block/$1/reset" || return 0
		sleep 0.1
	done
	die "$1 stays busy"
}

# fresh_disk N DIRECTORY BYTES: an empty disk in memory, mounted there. What counts is how many pages are
# read, not how long a device takes, and an emulated controller takes ten times as long as the rest.
fresh_disk() {
	local disk=zram$1 directory=$2 size=$3
	mkdir -p "$directory"
	! mountpoint -q "$directory" || umount "$directory"
	reset_disk "$disk"
	echo $((size + (64 << 20))) >"/sys/block/$disk/disksize"
	echo 1 >"/sys/block/$disk/queue/iostats"
	echo 0 >"/sys/block/$disk/queue/read_ahead_kb"
	mke2fs -q -t ext4 -E lazy_itable_init=1,nodiscard "/dev/$disk"
	mount "/dev/$disk" "$directory"
}

# file WORKLOAD: its configuration; config WORKLOAD KEY: a value of it.
file() {
	local path
	for path in "${configs[@]/%//$1.cfg}"; do
		[[ ! -f $path ]] || { echo "$path"; return; }
	done
	die "there is no $1.cfg"
}
config() { sed -nE "s/^$2 *= *([^ #]+).*/\1/p" "$(file "$1")"; }

# fresh_file WORKLOAD: a disk with the microbenchmark's file. It is written here, not by the benchmark, so
# that writing it is no part of what the policy sees. Zeros are read as anything else is, and written at once; and the benchmark takes a file of zeros for its own.
fresh_file() {
	local size
	size=$(config "$1" file_size | numfmt --from=iec)
	fresh_disk 0 /mnt/data "$size"
	head -c "$size" /dev/zero >"$(config "$1" file_name)"
}

# in_cgroup DIRECTORY COMMAND...: run it there.
in_cgroup() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$@"
}

# sum KEY LINES: of KEY=NUMBER, over the microbenchmark's lines.
sum() { sed -nE "s/.* $1=([0-9.]+).*/\1/p" <<<"$2" | awk '{ sum += $1 } END { if (NR) print sum }'; }

# state NAME: what `mempolctl list` says of that policy; none if there is none.
state() { mempolctl list --json 2>/dev/null | python3 -c '
import json, sys
rows = [r for r in json.load(sys.stdin)["policies"] if r["name"] == sys.argv[1]]
print(rows[0]["state"] if rows else "none")' "$1" 2>/dev/null || echo unknown; }
wait_state() {
	local i
	for ((i = 0; i < 100; i++)); do
		[[ $(state "$1") != "$2" ]] || return 0
		sleep 0.1
	done
	mempolctl list >&2 || :
	mempolctl show "$1" >&2 || :
	die "the policy $1 did not become $2"
}

# lru POLICY: the kernel's LRU below it: MGLRU for mglru and ENGINE+mglru, else the classic one.
lru() {
	if [[ $1 == *mglru ]]; then echo y; else echo 0; fi >/sys/kernel/mm/lru_gen/enabled
}

# engine_file NAME CGROUP ENGINE: a policy, active when this returns; no_engine_file NAME: gone again.
engine_file() {
	systemctl -q is-active mempolicyd || systemctl start mempolicyd
	# Renamed into place, so that nobody reads half a file.
	printf '%s\n' '[Policy]' 'Description=Demonstration' '[Match]' "Cgroup=$2" '[Cache]' "Engine=$3" \
		>"$policy_dir/$1.tmp"
	mv "$policy_dir/$1.tmp" "$policy_dir/$1.mempolicy"
	wait_state "$1" active
}
no_engine_file() {
	rm -f "$policy_dir/$1.mempolicy"
	! systemctl -q is-active mempolicyd || wait_state "$1" none
}

# limited DIRECTORY LIMIT: a cgroup without swap; no_oom_kill DIRECTORY.
limited() {
	mkdir -p "$1"
	echo "$2" >"$1/memory.max"
	echo 0 >"$1/memory.swap.max"
}
no_oom_kill() { grep -qE '^oom_kill 0$' "$1/memory.events"; }

fresh_caches() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
}
