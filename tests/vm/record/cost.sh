#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Counts instructions of a cached read before, during and after a recording. Runs inside a guest under -icount, called
# by tests/vm/test_record, which judges.
#
#   cost.sh ENGINE:SAMPLE...    prints "cost ENGINE SAMPLE BEFORE DURING AFTER" for each; ENGINE "-": no policy

set -euo pipefail
[[ ! -e /usr/lib/modules/$(uname -r)/extra/mempol.ko ]] || systemctl start mempolicyd
# The guest's own services would take rounds from us.
systemctl stop systemd-journald-dev-log.socket systemd-journald.socket systemd-journald 2>/dev/null || :
modprobe zram num_devices=1
echo 64M >/sys/block/zram0/disksize
mke2fs -q -t ext4 -E lazy_itable_init=1,nodiscard /dev/zram0
mount -o noatime /dev/zram0 /mnt/data
head -c 8M /dev/zero >/mnt/data/hit
sync
cp /mnt/share/instructions /tmp/
cp /mnt/share/bpftool /usr/local/bin/
counted=/sys/fs/cgroup/counted
policy=/etc/mempolicyd/policy.d/counted.mempolicy
mkdir $counted

in_counted() { bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' $counted "$@"; }
hit() { in_counted setarch -R /tmp/instructions hit /mnt/data/hit | cut -d' ' -f2; }
attached() {
	local id
	id=$(bpftool prog list | sed -n "s/^\([0-9]*\): .* name $1 .*/\1/p")
	[[ -n $id ]] && bpftool link list | grep -qw "prog $id"
}
all_governed() { [[ $(awk '$1 == "mempol_file" { print $2 }' $counted/memory.stat) -ge 8000000 ]]; }

# Pages belong to the cgroup that brings them in, and to the policy that governs it then.
bring_in() {
	echo 3 >/proc/sys/vm/drop_caches
	in_counted cat /mnt/data/hit >/dev/null
}
govern() {
	printf '[Match]\nCgroup=/counted\n[Cache]\nEngine=%s\n' "$1" >$policy.tmp
	mv $policy.tmp $policy
	until mempolctl list | grep -q 'counted.* active '; do sleep 0.2; done
	bring_in
	until all_governed; do sleep 0.2; done
}

bring_in
for what; do
	IFS=: read -r engine sample <<<"$what"
	program=record_accessed
	if [[ $engine != - ]]; then
		program=record_told
		grep -sqx "Engine=$engine" $policy || govern "$engine"
	fi
	before=$(hit)
	mempolctl record --cgroup /counted --seconds 6000 --sample "$sample" --output "/tmp/$what" 2>/tmp/message &
	until attached $program; do
		kill -0 $! || { cat /tmp/message >&2; exit 1; }
		sleep 0.1
	done
	sleep 0.3
	during=$(hit)
	kill -INT $!
	wait $! || { cat /tmp/message >&2; exit 1; }
	after=$(hit)
	cat /tmp/message >&2
	echo "cost $engine $sample $before $during $after"
done
