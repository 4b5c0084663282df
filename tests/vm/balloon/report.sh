#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What an engine has reported to the host stays the guest's: it is counted as managed by everybody all the time, and
# only some of it is out of reach while the host answers. Runs inside the guest, called by tests/vm/test_balloon_host.

# shellcheck disable=SC2154 # from lib.sh, engines.sh and sizer.sh

cd /mnt/share || exit 1
for part in lib cgroup engines sizer; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
before=$(managed)
total=$(actual)
start_sizer reporter
check "a policy is in charge of the balloon" test "$answer" = attached

# reported_more: the host was told of something since $discards were counted
reported_more() { engine_ask e info && (($(engine_value discards) > discards)); }
free=$(meminfo MemFree)
least=$free
for lap in 1 2 3 4 5; do
	# What was used and freed is news to the host again; this is less than what free page reporting keeps up with.
	./memtool hog $((free / 512)) 1 >/dev/null
	engine_ask e info
	discards=$(engine_value discards)
	seen=$before
	for ((i = 0; i < 2000; i++)); do
		reported_more && break
		seen=$(managed)
		((seen == before)) || break
	done
	check "lap $lap: the host is told of what is free" wait_for 120 reported_more
	check "lap $lap: all of it stays managed" test "$seen" = "$before"
	now=$(meminfo MemFree)
	least=$((now < least ? now : least))
done
engine_ask e info
check "nothing was taken for that" test "$(engine_value taken)" = 0
check "nor is the host told of another size" test "$(actual)" = "$total"
note "$(engine_value discards) ranges in $(engine_value kicks) kicks; least free $least of $free pages"
check "the memory is there" ./memtool hog $((free * 4 / 1024 - 96)) 2
engine_end e
check "managed pages are what they were" test "$(managed)" = "$before"
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
