# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests of the cache mechanism add to lib.sh: numbers with bounds, cgroups, counters, and the
# kernel's complaints. Sourced after lib.sh inside the guest; does nothing by itself.

note() { printf '# %s\n' "$@"; }

# at_most NAME VALUE LIMIT, at_least NAME VALUE LIMIT: a test that is one number.
at_most() { if (($2 <= $3)); then ok "$1 ($2, at most $3)"; else fail "$1 ($2, at most $3)"; fi; }
at_least() { if (($2 >= $3)); then ok "$1 ($2, at least $3)"; else fail "$1 ($2, at least $3)"; fi; }

cgroot=/sys/fs/cgroup

# stat_of CGROUP KEY: a line of its memory.stat; vm_of KEY: of /proc/vmstat.
stat_of() { awk -v key="$2" '$1 == key { print $2 }' "$cgroot/$1/memory.stat"; }
vm_of() { awk -v key="$1" '$1 == key { print $2 }' /proc/vmstat; }
no_governed() { [[ $(vm_of nr_mempol_file) == 0 ]]; }

# cg_new CGROUP MEMORY.MAX: a cgroup below the root, without swap.
cg_new() {
	mkdir -p "$cgroot/$1"
	echo "$2" >"$cgroot/$1/memory.max"
	echo 0 2>/dev/null >"$cgroot/$1/memory.swap.max" || :
}

# in_cg CGROUP COMMAND...: run it there.
in_cg() {
	local cg=$1
	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroot/$cg" "$@"
}

drop_caches() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

# mglru on|off
mglru() { if [[ $1 == on ]]; then echo y; else echo n; fi >/sys/kernel/mm/lru_gen/enabled; }

# A splat or an OOM kill since boot; nothing is good.
kernel_complaints() {
	dmesg | grep -E 'BUG:|WARNING:|Oops|general protection|possible recursive|INFO: task|rcu:.*stall|Bad page|[Oo]ut of memory|oom-kill|Killed process|unreferenced object|corruption' || :
}
