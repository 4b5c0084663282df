#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Counts instructions of a cached read before, during and after a recording. Runs inside a guest under -icount, called
# by tests/vm/test_record and test_record_policy, which judge.
#
#   cost.sh [ENGINE.bpf.o] SAMPLE...    prints "cost SAMPLE BEFORE DURING AFTER" for each; under the engine, if it is named

set -euo pipefail
systemctl stop systemd-journald-dev-log.socket systemd-journald.socket systemd-journald 2>/dev/null || :
modprobe zram num_devices=1
echo 64M >/sys/block/zram0/disksize
mke2fs -q -t ext4 -E lazy_itable_init=1,nodiscard /dev/zram0
mount -o noatime /dev/zram0 /mnt/data
head -c 8M /dev/zero >/mnt/data/hit
# Pages belong to the cgroup that brings them in.
sync
echo 3 >/proc/sys/vm/drop_caches
cp /mnt/share/instructions /tmp/
cp /mnt/share/bpftool /usr/local/bin/
mkdir /sys/fs/cgroup/counted
hit() { bash -c 'echo $$ >/sys/fs/cgroup/counted/cgroup.procs && exec setarch -R /tmp/instructions hit /mnt/data/hit' | cut -d' ' -f2; }
linked() {
	local id
	id=$(bpftool prog list | sed -n "s/^\([0-9]*\): .* name $1 .*/\1/p")
	[[ $id ]] && bpftool link list | grep -q " prog $id "
}
program=record_accessed
if [[ $1 == *.bpf.o ]]; then
	program=record_used
	modprobe mempol
	cp /mnt/share/{loader,agent.bpf.o,"$1"} /tmp/
	cd /tmp
	mkfifo commands answers
	./loader ./agent.bpf.o "./$1" /sys/fs/cgroup/counted <>commands >answers &
	read -r answer <answers
	[[ $answer == attached ]] || { echo "$answer" >&2; exit 1; }
	shift
fi
attached() { linked $program; }

for sample; do
	before=$(hit)
	mempolctl record --cgroup /counted --seconds 6000 --sample "$sample" --output "/tmp/trace.$sample" 2>/tmp/message &
	until attached; do
		kill -0 $! || { cat /tmp/message >&2; exit 1; }
		sleep 0.1
	done
	during=$(hit)
	kill -INT $!
	wait $! || { cat /tmp/message >&2; exit 1; }
	after=$(hit)
	cat /tmp/message >&2
	echo "cost $sample $before $during $after"
done
