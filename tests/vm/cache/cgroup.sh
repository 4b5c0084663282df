# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # cgroot is from lib.sh
#
# What the tests of the cache mechanism add to lib.sh: numbers with bounds, cgroups, counters, and the
# kernel's complaints. Sourced after lib.sh inside the guest; does nothing by itself.

note() { printf '# %s\n' "$@"; }

# at_most NAME VALUE LIMIT, at_least NAME VALUE LIMIT: a test that is one number.
at_most() { if (($2 <= $3)); then ok "$1 ($2, at most $3)"; else fail "$1 ($2, at most $3)"; fi; }
at_least() { if (($2 >= $3)); then ok "$1 ($2, at least $3)"; else fail "$1 ($2, at least $3)"; fi; }

# stat_of CGROUP KEY: a line of its memory.stat.
stat_of() { awk -v key="$2" '$1 == key { print $2 }' "$cgroot/$1/memory.stat"; }

# cg_new CGROUP MEMORY.MAX: a cgroup below the root, without swap.
cg_new() {
	mkdir -p "$cgroot/$1"
	echo "$2" >"$cgroot/$1/memory.max"
	echo 0 2>/dev/null >"$cgroot/$1/memory.swap.max" || :
}

# mglru on|off [CGROUP...]: what is in those is frozen meanwhile. Linux 6.12 looks for pages on the lists of the
# new LRU before it has filled them; a cgroup at its limit, if no policy governs it, finds none and kills.
mglru() {
	local cg
	for cg in "${@:2}"; do
		echo 1 >"$cgroot/$cg/cgroup.freeze"
		wait_for 10 grep -q 'frozen 1' "$cgroot/$cg/cgroup.events" || note "$cg is not frozen"
	done
	if [[ $1 == on ]]; then echo y; else echo n; fi >/sys/kernel/mm/lru_gen/enabled
	for cg in "${@:2}"; do echo 0 >"$cgroot/$cg/cgroup.freeze"; done
}

# A splat or an OOM kill since boot; nothing is good.
kernel_complaints() {
	dmesg | grep -E 'BUG:|WARNING:|Oops|general protection|possible recursive|INFO: task|rcu:.*stall|Bad page|[Oo]ut of memory|oom-kill|Killed process|unreferenced object|list_(add|del) corruption|vmstat_refresh:' || :
}
