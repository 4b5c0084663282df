#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A host without free page reporting is told of blocks page by page over the balloon's own queue, many at a time.
# Where free pages are cleared as well (init_on_free) it cannot be told at all, and the balloon is what it always was.
# Runs inside the guest, called by tests/vm/test_balloon_devices with a balloon that has no such feature.

# shellcheck disable=SC2154 # from lib.sh, engines.sh and sizer.sh

cd /mnt/share || exit 1
for part in lib cgroup engines sizer; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
quarter=$((65536 / (slow != 1 ? 4 : 1)))
before=$(managed)
total=$(actual)
check "the host does not take reports of free pages" test "$(cut -c 6 "/sys/bus/virtio/devices/$device/features")" = 0
start_sizer
if grep -q init_on_free=1 /proc/cmdline; then
	check "no policy is in charge of a balloon that cannot take blocks" grep -q 'No such device' <<<"$answer"
	host_wants $((total - quarter))
	check "which inflates as the host wants it" wait_for 30 actual_is $((total - quarter))
	host_wants "$total"
	check "and deflates" wait_for 30 actual_is "$total"
	check "managed pages are what they were" test "$(managed)" = "$before"
	finish
fi
check "a policy is in charge of that balloon" test "$answer" = attached
for lap in first second; do
	kicks=$(engine_ask e info && engine_value kicks)
	hold $quarter
	check "the $lap time: what is asked for is held" test "$(engine_value held_pages)" = $quarter
	# 32 MiB at a time; the balloon itself tells the host of 1 MiB.
	at_most "with a kick for 32 MiB" $(($(engine_value kicks) - kicks)) $((quarter / 8192 + 1))
	check "managed pages are less by that" test "$(managed)" = $((before - quarter))
	check "the host sees it" wait_for 5 actual_is $((total - quarter))
	hold 0
	check "it comes back" test "$(engine_value held_pages)" = 0
	check "managed pages are what they were" test "$(managed)" = "$before"
	check "the host sees that, too" wait_for 5 actual_is "$total"
	check "the memory is there" ./memtool hog $((quarter / 256)) 1
done
hold $quarter
engine_kill e
check "an owner that dies leaves nothing held" wait_for 5 managed_is "$before"
check "as the host sees" wait_for 5 actual_is "$total"
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
