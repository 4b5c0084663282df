#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A cgroup that a policy excludes below one that it governs is left to the kernel, and so is what Engine=none
# governs. Needs the patched kernel.

# shellcheck disable=SC2016,SC2154,SC2317 source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

have_module || skip "this kernel has no mempol module"
start_daemon
dd if=/dev/zero of=/mnt/data/excluded bs=1M count=8 status=none
mkdir "$cgroot/s"
echo +memory >"$cgroot/s/cgroup.subtree_control"
mkdir "$cgroot/s/x.service" "$cgroot/s/y.service"

# read_in CGROUP: the file comes in there anew; governed: how many pages are, a moment later.
read_in() {
	drop_caches
	in_cg "$1" cat /mnt/data/excluded >/dev/null
}
governed() { vm_of nr_mempol_file; }
rows_active() { [[ $(mempolctl list --json | grep -o '"state":"active"' | wc -l) == "$1" ]]; }

policy p fifo 'Cgroup=/s !/s/x.service'
check "the policy and its exclusion are active" wait_for 5 rows_active 2
check "the exclusion has engine none" bash -c 'mempolctl list | grep "/s/x.service" | grep -q " none "'
read_in s/y.service
check "what is not excluded is governed" [ "$(governed)" -gt 1500 ]
read_in s/x.service
check "what is excluded is the kernel's" [ "$(governed)" = 0 ]
check "explain says so" bash -c 'mempolctl explain /s/x.service | grep -q excludes'

policy p fifo Cgroup=/s
check "without the exclusion one attachment is left" wait_for 5 rows_active 1
read_in s/x.service
check "which governs there, too" [ "$(governed)" -gt 1500 ]

policy p none Cgroup=/s
check "Engine=none takes over" wait_for 5 engine_is p none
check "and gives the pages back to the kernel" wait_for 5 no_governed
read_in s/y.service
check "what comes in is the kernel's" [ "$(governed)" = 0 ]

rm "$policy_dir/p.mempolicy"
check "the policy goes" wait_for 5 gone p
rmdir "$cgroot/s/x.service" "$cgroot/s/y.service" "$cgroot/s"
finish
