#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# How long does the first attachment hold cgroup_mutex, with one cgroup below and with a thousand? Runs inside a
# guest that counts instructions, where one takes a nanosecond; called by tests/vm/test_cache_attach.

# shellcheck disable=SC2154 # from engines.sh
cd "$(dirname "$0")" || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
tracing=/sys/kernel/tracing
mountpoint -q $tracing || mount -t tracefs none $tracing
# Else each move into a cgroup waits for a grace period.
mount -o remount,favordynmods /sys/fs/cgroup
echo mutex_lock mutex_unlock >$tracing/set_ftrace_filter
echo local >$tracing/trace_clock

# held: microseconds from the first of the two locks that is taken for an attachment to the last that is given back.
held() {
	awk '/mutex_(lock|unlock) <-mempol_(lock_idle|scope_unlock|scope_attach)/ {
		for (i = 1; i <= NF; i++)
			if ($i ~ /^mutex_/) { sub(":", "", $(i - 1)); if (!n++) first = $(i - 1); last = $(i - 1) }
	}
	END { if (n < 4) exit 1; printf "%d\n", (last - first) * 1000000 + 0.5 }' $tracing/trace
}

for children in 1 1000; do
	mkdir "$cgroot/parent"
	echo +memory >"$cgroot/parent/cgroup.subtree_control"
	for ((i = 0; i < children; i++)); do mkdir "$cgroot/parent/$i"; done
	echo function >$tracing/current_tracer
	echo >$tracing/trace
	engine_start e noop parent || fail "noop attaches: $answer"
	echo 0 >$tracing/tracing_on
	us=$(held) || us=999999
	at_most "instructions under cgroup_mutex with $children cgroups below" $((us * 1000)) 1000000
	echo nop >$tracing/current_tracer
	echo 1 >$tracing/tracing_on
	engine_ask e info
	at_least "and all of them are governed" "$(engine_value cgroups)" $((children + 1))
	engine_end e
	for ((i = 0; i < children; i++)); do rmdir "$cgroot/parent/$i"; done
	rmdir "$cgroot/parent"
done
finish
