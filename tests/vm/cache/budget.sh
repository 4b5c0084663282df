#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The budget of an engine's callbacks: one that takes 90 ms in each callback of a kind is thrown out before it
# has had two seconds, a cgroup beside it gets as much done as without it, and engines at work are far from
# their budget. Runs inside the guest, called by tests/vm/test_cache_budget.
#
#   budget.sh SECONDS

# shellcheck disable=SC2154 # from engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

window=$1
modprobe mempol || { fail "modprobe mempol"; finish; }
no_readahead /mnt/data
# A limit of its own, so that its engine is asked all the time; kswapd asks it, too.
cg_new t 96M
cg_new u max
cpus=$(nproc)
# Holes: what is measured is the page cache and not the disk. Together more than there is memory.
truncate -s 192M /mnt/data/governed
truncate -s 700M /mnt/data/beside
truncate -s 8M /mnt/data/small

declare -A bits=([evict]=1 [added]=2 [removed]=4)
load_pids=""

# Both read on and on; kswapd and either of them reclaim from both. The governed one loses pages otherwise, too.
load_start() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_cg t bash -c 'while :; do cat governed small; truncate -s 0 small; truncate -s 8M small; done >/dev/null' &
	load_pids+=" $!"
	in_cg u bash -c 'while :; do cat beside; done >/dev/null' &
	load_pids+=" $!"
}

load_end() {
	local pid
	for pid in $load_pids; do
		pkill -P "$pid"
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null || :
	done
	load_pids=""
}

# The CPU time that the guest ran or idled, in 1/100 s of all CPUs: what a busy host takes away is not in it.
ran() { awk '/^cpu / { print $2 + $3 + $4 + $5 + $6 + $7 + $8 }' /proc/stat; }

# ran_for SECONDS: wait until each CPU has run for so long.
ran_for() {
	local end=$(($(ran) + $1 * 100 * cpus))
	while (($(ran) < end)); do sleep 0.1; done
}

# turned_over: pages that the cgroup beside gets in a CPU second over the window. Seconds are the host's word, 1/100
# each: a guest counts a tick for each moment that a busy host leaves it.
turned_over() {
	local pages had
	had=$(<had)
	pages=$(stat_of u pgsteal)
	ran_for "$window"
	pages=$(($(stat_of u pgsteal) - pages))
	had=$(($(<had) - had))
	echo $((pages * 100 / (had ? had : 1)))
}

# attach ENGINE: what was cached before stays the kernel's, so it goes first.
attach() {
	engine_start e "$1" t || { fail "$1 attaches: $answer"; return 1; }
	truncate -s 0 /mnt/data/governed
	truncate -s 192M /mnt/data/governed
}

own_ms() { echo $((($(engine_value call_ns) - $(engine_value kfunc_ns)) / 1000000)); }

kills=$(oom_kills)
cd /mnt/data || exit 1
load_start
cd /mnt/share || exit 1

# Engines at work under pressure from all sides: what is theirs of the CPU time, in 1/1000.
for engine in s3fifo lfu mru plodder; do
	attach "$engine" || continue
	ran_for 2
	engine_ask e info
	before=$(own_ms)
	ticks=$(ran)
	ran_for "$window"
	engine_ask e info
	ticks=$(($(ran) - ticks))
	note "$engine: own $(($(own_ms) - before)) ms of $((ticks * 10)) ms, calls $(engine_value calls)," \
		"in kfuncs $(($(engine_value kfunc_ns) / 1000000)) ms, exit $(engine_value exit)"
	at_most "$engine at work: its own part of one CPU's time, in 1/1000" \
		$((($(own_ms) - before) * 100 * cpus / ticks)) 125
	check "$engine at work is not thrown out for it" test "$(engine_value exit)" != 6
	engine_end e
done

declare -A ratios=()
for round in 1 2 3; do
	for where in evict added removed; do
		attach dawdler || continue
		ran_for 1
		alone=$(turned_over)
		engine_ask e set dawdler_where "${bits[$where]}"
		ran_for 2
		beside=$(turned_over)
		ratios[$where]+=" $((beside * 100 / (alone ? alone : 1)))"
		engine_ask e info
		note "$where: beside it $beside pages a CPU second, alone $alone; $answer"
		if [[ $round == 1 ]]; then
			check "90 ms in each $where(): thrown out for it" test "$(engine_value exit)" = 6
			at_most "90 ms in each $where(): CPU time that it had, ms" "$(own_ms)" 2000
		fi
		engine_end e
	done
done
# A few seconds differ by a quarter from the next ones whoever governs: only long windows are judged.
for where in evict added removed; do
	what="90 ms in each $where(): what another cgroup gets done, in per cent (${ratios[$where]# })"
	if ((window < 20)); then
		note "$what"
	else
		at_least "$what" "$(middle_of "${ratios[$where]}")" 80
	fi
done

load_end
check "nothing was killed for memory" test "$(oom_kills)" = "$kills"
wait_for 5 no_governed
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
