#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What moves placed pages, merges them or has others take their place, on a machine with two nodes: pages hold what
# they must, and the audit finds no violation after KSM, UFFDIO_MOVE, huge pages, mbind(), NUMA balancing and a cpuset.
# Runs inside the guest, called by tests/vm/test_placement_moves.

# shellcheck disable=SC2154 # from lib.sh

cd /mnt/share || exit 1
for part in lib cgroup policies; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
grep -q '^placement 0$' /sys/module/mempol/parameters/mechanisms || skip "the kernel is built without CONFIG_MEMPOL_PLACEMENT"
modprobe zram num_devices=1
echo 256M >/sys/block/zram0/disksize
mkswap -q /dev/zram0 && swapon /dev/zram0
echo never >/sys/kernel/mm/transparent_hugepage/enabled
echo 0 >/proc/sys/kernel/numa_balancing
echo +cpuset >"$cgroot/cgroup.subtree_control"
start_daemon
cg_new t max
echo max >"$cgroot/t/memory.swap.max"

# Where its pages are taken from first.
taskset -pc 0 $$ >/dev/null

# right WHAT: the audit agrees, and every page holds what it must
right() {
	check "$1: the audit finds no violation" mempolctl placement audit p
	check "$1: every page holds what it must" tell check
}
segments_are() { [[ $(mempolctl placement map p 2>/dev/null | grep -c '^segment=') == "$1" ]]; }
ksm_merged() { [[ $(cat /sys/kernel/mm/ksm/pages_sharing) -ge 500 ]]; }
kept_more() { [[ $(counter p kept) -gt $1 ]]; }

mosaic p /t "Pool=64M\n"
check "it is active" wait_for 20 state_is p active
check "the pool has its pages" wait_for 20 is p pool_pages 16384
check "both nodes have a part of it" segments_are 2

# ---- merged, and copied again ----

echo 10000 >/sys/kernel/mm/ksm/pages_to_scan
echo 20 >/sys/kernel/mm/ksm/sleep_millisecs
echo 1 >/sys/kernel/mm/ksm/run
keep t
check "a process fills 8 MiB" tell fill 8
check "and 4 MiB that are all alike" tell twice
check "which the kernel merges" wait_for 60 ksm_merged
check "KSM: the audit finds no violation" mempolctl placement audit p
check "half of them are written to" tell again
echo 0 >/sys/kernel/mm/ksm/run
right "KSM"
let_go

# ---- moved by its owner, and made huge ----

keep t
check "a process fills 8 MiB" tell fill 8
check "UFFDIO_MOVE moves them" tell swing
right "UFFDIO_MOVE"
used=$(counter p used_pages)
check "they are made huge pages" tell huge
at_most "frames in use, huge pages have none" "$(counter p used_pages)" $((used - 1536))
right "huge pages"
echo 8M >"$cgroot/t/memory.reclaim" || :
right "huge pages through swap"
let_go

# ---- moved by whoever may ----

keep t
check "a process on node 0 fills 8 MiB" tell fill 8
used=$(counter p used_pages)
moved=$(counter p moved)
check "mbind() moves them to node 1" tell node 1
at_least "that is counted" "$(($(counter p moved) - moved))" 1500
at_most "their frames came back" "$(counter p used_pages)" $((used - 1500))
right "mbind()"
echo 8M >"$cgroot/t/memory.reclaim" || :
right "mbind(), through swap"
at_least "they have frames again, of the other node" "$(counter p used_pages)" 1500
let_go

# ---- not moved for the kernel's own ends ----

mount -t debugfs none /sys/kernel/debug 2>/dev/null
numa=/sys/kernel/debug/sched/numa_balancing
[[ ! -d $numa ]] || { echo 50 >$numa/scan_delay_ms && echo 50 >$numa/scan_period_min_ms && echo 100 >$numa/scan_period_max_ms; }
keep t
check "a process on node 0 fills 8 MiB" tell fill 8
used=$(counter p used_pages)
kept=$(counter p kept)
echo 1 >/proc/sys/kernel/numa_balancing
taskset -pc 1 "$(pgrep -f keeper.py)" >/dev/null || fail "the process goes to node 1"
# The kernel looks where pages are used from at intervals of its own.
end=$((SECONDS + 120))
until kept_more "$kept" || ((SECONDS > end)); do
	tell check || { fail "every page holds what it must while it is looked at from node 1"; break; }
done
at_least "NUMA balancing would have moved pages, and was refused" "$(($(counter p kept) - kept))" 1
echo 0 >/proc/sys/kernel/numa_balancing
at_least "they are where they were" "$(counter p used_pages)" $((used - 200))
right "NUMA balancing"
let_go

# ---- nodes that a page may not have ----

echo 1 >"$cgroot/t/cpuset.mems"
keep t
check "a process that may have node 1 only fills 8 MiB" tell fill 8
right "cpuset"
at_least "all of it was placed" "$(counter p used_pages)" 2000
mosaic p /t "Pool=64M\nNodes=0\n"
check "a pool of node 0 takes its place" wait_for 30 segments_are 1
check "pages of the former hold what they must" tell check
let_go
keep t
before=$(counter p placed)
check "a process that may not have node 0 fills 8 MiB" tell fill 8
check "none of it is placed" is p placed "$before"
at_least "and that is counted" "$(counter p exempt_node)" 2000
right "a node that it may not have"
let_go
echo >"$cgroot/t/cpuset.mems"

rm -f "$policy_dir/p.mempolicy"
check "the policy goes" wait_for 20 gone p
stop_daemon
check "the module can go" wait_for 10 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has nothing to complain of" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
