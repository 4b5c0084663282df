#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Does mempolctl advise name the right engine? Three workloads run in a cgroup, each recorded twice at once: whole, and
# by advise in the sample it chooses. The engine that advise names misses at most 3 % more of the whole trace than the
# best engine does. Runs inside the guest, called by tests/vm/test_record.

# shellcheck disable=SC2154 # cgroot is from lib.sh
cd /tmp || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. /mnt/share/$part.sh
done
cp /mnt/share/microbenchmark /mnt/share/search /tmp/
mglru off

config() {
	printf '%s\n' 'file_name = /mnt/data/file' "file_size = $1" 'iterations = 1' 'seed = 1' "execution_sequence = $2" "[$2]"
	shift 2
	printf '%s\n' "$@"
}
config 20M CyclicScan 'passes = 4' 'prime = 1' 'block_size = 1M' >cyclic.cfg
config 64M GetScan 'gets = 40000' 'theta = 0.99' 'scan_probability = 0.0005' 'scan_length = 500' >getscan.cfg

# advised WORKLOAD LIMIT COMMAND...
advised() {
	local workload=$1 limit=$2 whole advisor named
	shift 2
	cg_new bench "$limit"
	drop_caches
	mempolctl record --cgroup /bench --seconds 600 --sample 0 --output "/tmp/$workload.trace" 2>/tmp/whole &
	whole=$!
	mempolctl advise --cgroup /bench --seconds 600 --size "$limit" --output "/tmp/$workload.mempolicy" >/tmp/table 2>/tmp/message &
	advisor=$!
	wait_for 60 both_attached || fail "$workload: the recorders are attached"
	in_cg bench "$@" >/tmp/work || fail "$workload ran"
	kill -INT "$whole" "$advisor"
	wait "$whole" || fail "$workload: the whole trace was recorded"
	check "$workload: advise succeeds" wait "$advisor"
	note "$(cat /tmp/work)"
	sed 's/^/# /' /tmp/message /tmp/table /tmp/whole
	named=$(sed -n 's/^Engine=//p' "/tmp/$workload.mempolicy")
	mempolctl simulate --no-legend --size "$limit" "/tmp/$workload.trace" | tee /tmp/all | sed 's/^/# all: /'
	judge "$workload" "$named"
	check "$workload: the policy is accepted" mempolctl check "/tmp/$workload.mempolicy"
	rmdir "$cgroot/bench"
}
both_attached() { [[ $(bpftool prog list | grep -c ' name record_accessed ') == 2 ]]; }

# judge WORKLOAD ENGINE: against the best of all engines that can be loaded.
judge() {
	local best misses
	read -r best misses < <(awk '$1 != "lru" && $1 != "belady" { print $1, $5 }' /tmp/all | sort -k2n | head -n 1)
	at_most "$1: $2 is named, $best is best with $misses misses; the named one's" \
		"$(awk -v name="$2" '$1 == name { print $5 }' /tmp/all)" $((misses * 103 / 100))
}

# An emulated disk takes ten times as long as the rest.
modprobe zram num_devices=1
echo 256M >/sys/block/zram0/disksize
echo 1 >/sys/block/zram0/queue/iostats
mke2fs -q -t ext4 -E lazy_itable_init=1,nodiscard /dev/zram0
mount -o noatime /dev/zram0 /mnt/data
no_readahead /mnt/data
head -c 20M /dev/zero >/mnt/data/file
advised cyclic 16M /tmp/microbenchmark /tmp/cyclic.cfg
rm /mnt/data/file
head -c 64M /dev/zero >/mnt/data/file
advised getscan 16M /tmp/microbenchmark /tmp/getscan.cfg
mkdir /mnt/data/search
head -c $((500 * 53248)) /dev/zero | (cd /mnt/data/search && split -b 53248 -a 4 -d - '')
advised search 18M /tmp/search /mnt/data/search 5

check "nothing is left attached" test "$(bpftool prog list | grep -c ' name record_')" = 0
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
finish
