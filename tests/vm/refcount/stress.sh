#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Everything that can happen to opted-in files at once, on ext4, XFS, btrfs and overlayfs: readers that check each byte, by
# system calls and by io_uring, writers,
# truncation, holes, reclaim, compaction, files that come and go in the table, policies that die, a CPU and file systems
# that come and go. At the end every byte was right, no page is left and no cell is in use. Runs in the guest, called
# by tests/vm/test_refcount_stress.

# shellcheck disable=SC2154 # from asleep.sh

cd /mnt/share || exit 1
for part in lib cgroup engines asleep; do
	# shellcheck source=/dev/null
	. ./$part.sh
done
seed=${1:-1}
seconds=${2:-30}
note "seed $seed, $seconds seconds, $(uname -r), $(cat /sys/kernel/debug/sched/preempt 2>/dev/null)"
asleep_begin
# Files rest as often as they can.
echo 1 >/sys/module/mempol_ref/parameters/rest_ms

# disk SERIAL: its device
disk() {
	local at
	at=$(grep -lx "$1" /sys/block/*/serial 2>/dev/null | head -n 1)
	[[ -n $at ]] && echo "/dev/$(basename "$(dirname "$at")")"
}
make_fs() { if [[ $1 == ext4 ]]; then mkfs.ext4 -q -F "$2"; else "mkfs.$1" -q -f "$2"; fi; }
dirs=()
for fs in ext4 xfs btrfs; do
	grep -qw $fs /proc/filesystems || modprobe -q $fs
	if dev=$(disk $fs) && command -v mkfs.$fs >/dev/null && make_fs $fs "$dev" && mkdir -p /mnt/$fs && mount -t $fs "$dev" /mnt/$fs; then
		dirs+=("/mnt/$fs")
	else
		ok "$fs # SKIP no disk or no mkfs.$fs"
	fi
done
# Files above others: what is opted in, and read, is below.
overlay=""
if [[ -d /mnt/ext4 ]] && mkdir -p /mnt/ext4/{lower,upper,work} /mnt/overlay && : >/mnt/ext4/lower/f1 &&
	mount -t overlay -o lowerdir=/mnt/ext4/lower,upperdir=/mnt/ext4/upper,workdir=/mnt/ext4/work overlay /mnt/overlay; then
	overlay=/mnt/overlay
else
	fail "an overlay can be mounted"
fi
files=()
for dir in "${dirs[@]}" $overlay; do
	for i in 1 2; do
		: >"$dir/f$i"
		files+=("$dir/f$i")
	done
done

# ---- what goes on beside the readers: each a loop of its own until /tmp/stop is there ------------------

beside() {
	(
		while [[ ! -e /tmp/stop ]]; do
			"$@" >/dev/null 2>&1
			sleep "0.$((RANDOM % 5 + 1))"
		done
	) &
}
reclaim() {
	case $((RANDOM % 3)) in
	0) echo 1 >/proc/sys/vm/drop_caches ;;
	1) echo 4M >"$cgroot/pages/memory.reclaim" ;;
	2) echo 1 >/proc/sys/vm/compact_memory ;;
	esac
}
cpu_comes_and_goes() {
	echo 0 >/sys/devices/system/cpu/cpu1/online
	sleep 0.2
	echo 1 >/sys/devices/system/cpu/cpu1/online
	# Who changes the kernel's text waits for CPUs that come and go: a policy that is loaded has to get its turn.
	sleep "$slow"
}
# A file system on a file, whose own files are opted in by their policy when it is mounted.
mount_and_umount() {
	mount -o loop /mnt/data/image /mnt/loop || return
	dd if=/mnt/loop/f of=/dev/null bs=4k count=64
	umount /mnt/loop
}
# Policies of a child shell, so that one that dies takes nothing of ours along.
policy_comes_and_goes() {
	local name=p$RANDOM file
	(
		engine_start $name files policy2 || { echo "$answer" >>/tmp/refused; exit; }
		echo $name >>/tmp/came
		for file in "${files[@]}"; do
			((RANDOM % 2)) || engine_ask $name "file in $file"
		done
		[[ ! -e /mnt/loop/f ]] || engine_ask $name "file in /mnt/loop/f"
		sleep 0.$((RANDOM % 9))
		if ((RANDOM % 2)); then engine_kill $name; else engine_end $name; fi
	)
}
# A read whose buffer is not there for half a second.
sleep_in_the_fault() { (sleep 0.5; echo wake) | ./sleeper "${files[RANDOM % ${#files[@]}]}" $((RANDOM % 64)); }
cg_new policy2 max
mkdir -p /mnt/loop
dd if=/dev/zero of=/mnt/data/image bs=1M count=8 status=none
mkfs.ext4 -q -F /mnt/data/image
mount -o loop /mnt/data/image /mnt/loop
dd if=/dev/urandom of=/mnt/loop/f bs=1M count=1 status=none
umount /mnt/loop
sync
rm -f /tmp/stop
: >/tmp/came
: >/tmp/refused
beside reclaim
beside cpu_comes_and_goes
beside mount_and_umount
beside policy_comes_and_goes
beside sleep_in_the_fault
beside sleep_in_the_fault

# What happens to the files comes first: on a slow machine readers alone leave nothing of the CPUs to it.
in_cg pages nice -n 10 ./rereaders "$seconds" "$seed" 4 "${files[@]}" >/mnt/data/readers 2>&1 &
readers=$!
# The policy that stays has each file in some of the time.
turns=0
while kill -0 $readers 2>/dev/null; do
	file=${files[RANDOM % ${#files[@]}]}
	if ((RANDOM % 3)); then engine_ask e "file in $file"; else engine_ask e "file out $file"; fi
	turns=$((turns + 1))
	sleep 0.0$((RANDOM % 9))
done
wait $readers
status=$?
sed 's/^/# /' /mnt/data/readers
if [[ $status == 0 ]] && grep -q ' wrong=0 failed=0' /mnt/data/readers; then ok "every byte was right"; else fail "every byte was right"; fi
touch /tmp/stop
for job in $(jobs -p); do
	[[ $job == "${engine_pid[e]}" ]] || wait "$job" 2>/dev/null
done
echo 1 >/sys/devices/system/cpu/cpu1/online 2>/dev/null
umount /mnt/loop 2>/dev/null

engine_ask e info
note "$answer" "$turns turns"
at_least "policies came and went" "$(wc -l </tmp/came)" 1
sort /tmp/refused | uniq -c | sed 's/^/# a policy was not attached:/'
for name in reads queries; do
	declare "$name=$(engine_value $name)"
done
at_least "reads were counted in cells" "$reads" 1
at_least "and some were io_uring's" "$(sed -nE 's/.* ring=([0-9]+) .*/\1/p' /mnt/data/readers)" 1
at_least "the cells were asked" "$queries" 1
engine_end e
[[ ! -e /sys/module/mempol_ref/parameters/cells ]] ||
	at_most "cells in use at the end" "$(cat /sys/module/mempol_ref/parameters/cells)" 0

[[ -z $overlay ]] || check "$overlay can be unmounted" umount "$overlay"
# What is charged to the cgroup of the readers goes with the file systems: else somebody has kept a reference.
for dir in "${dirs[@]}"; do
	check "$dir can be unmounted" umount "$dir"
done
nothing_left() {
	sync
	echo 1 >/proc/sys/vm/drop_caches
	[[ $(./memtool charged "$pages_ino") == "pages=0 "* ]]
}
check "no page of the files is left" wait_for 20 nothing_left
note "$(./memtool charged "$pages_ino")"
complaints=$(kernel_complaints)
if [[ -z $complaints ]]; then ok "the kernel does not complain"; else fail "the kernel does not complain"; note "$complaints"; fi
finish
