#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The memory of page tables: idle frames of a TEA go back when memory is short in their cgroup or on the machine, when
# their memory is taken offline, and when they have been idle for long; the process goes on with ordinary tables, and
# gets its frames anew when it needs them. Empty tables are freed now and then, and tables follow their data to another
# node. Runs inside the guest, called by tests/vm/test_translation_memory.

# shellcheck disable=SC2154,SC2317 # from the parts; called by name

cd /mnt/share || exit 1
for part in lib cgroup engines puppets; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
grep -q '^translation 0$' /sys/module/mempol/parameters/mechanisms || skip "no translation policies in this kernel"
swap_on 256M
echo never >/sys/kernel/mm/transparent_hugepage/enabled
a=200000000
step=64
dontneed=4
patience=60
cg_new t max
echo +memory >"$cgroot/t/cgroup.subtree_control"
cg_new t/s max

address() { printf %x $((16#$a + $1 * 2097152)); }

# With 16 of 96 slots in use, COMMAND gives the others back, and nobody notices.
gives_back() {
	local what=$1 before
	shift
	puppet t/s
	tell map anon $a 96
	tea create $a 96
	tell write $a 16 $step
	before=$(counter released)
	check "$what: before, all are there" teas_are frames 96
	pressed() { "$@" 2>/dev/null; teas_are idle 0; }
	check "$what: idle slots go back" wait_for $patience pressed "$@"
	check "$what: and nothing else" teas_are frames 16
	check "$what: which is counted" test $(($(counter released) - before)) = 80
	check "$what: as are those that are left" counter_is tea_pages 16
	check "$what: tables stay" teas_are placed 16
	check "$what: content is right" tell verify $a 16 $step
	before=$(counter missed)
	tell write "$(address 16)" 80 $step
	check "$what: addresses without a slot have ordinary tables" teas_are elsewhere 80
	check "$what: which is counted" test $(($(counter missed) - before)) = 80
	check "$what: which cannot move in" tea_does 0 fill $a 96
	check "$what: content is right" tell verify $a 96 $step
	check "$what: nor is a slot kept by anybody" none_in_flight
	tell unmap $a 96
	check "$what: slots in use come back" wait_for $patience teas_are idle 16
	puppet_end
	check "$what: nothing is left" wait_for $patience counter_is tea_pages 0
}

in_cgroup() { echo 1G >"$cgroot/t/s/memory.reclaim"; }
from_above() { echo 1G >"$cgroot/t/memory.reclaim"; }
dropped() { echo 2 >/proc/sys/vm/drop_caches; }

# Reclaim in another cgroup leaves them alone.
test_neighbour() {
	cg_new n max
	puppet t/s
	tell map anon $a 96
	tea create $a 96
	echo 1G >"$cgroot/n/memory.reclaim" 2>/dev/null
	check "reclaim in another cgroup takes none" teas_are frames 96
	puppet_end
	rmdir "$cgroot/n"
}

# The frames are the parent's when their cgroup goes. A round has reclaim there ask for them.
test_moved() {
	local rounds
	engine_end e
	LOADER_SET="period_ms=100" engine_start e scattered t || fail "$answer"
	cg_new t/gone max
	puppet t/gone
	tell map anon $a 96
	tea create $a 96
	echo "$puppet_pid" >"$cgroot/t/s/cgroup.procs"
	gone() { rmdir "$cgroot/t/gone"; }
	check "the cgroup that paid can go" wait_for $patience gone
	rounds=$(counter rounds)
	passed() { (($(counter rounds) >= rounds + 2)); }
	wait_for $patience passed
	check "its frames stay" teas_are frames 96
	echo 1G >"$cgroot/t/s/memory.reclaim" 2>/dev/null
	check "reclaim where the process is now takes none" teas_are frames 96
	pressed() { from_above 2>/dev/null; teas_are idle 0; }
	check "reclaim in the parent takes the idle ones" wait_for $patience pressed
	puppet_end
}

# Kernel memory of a node seldom goes as a whole, for want of a zone of its own: what is shown is that slots are not what
# is in the way.
test_offline() {
	local size block
	puppet t/s
	tell map anon $a 128
	check "a TEA on the node whose memory is to go" tea create $a 128 2
	teas pfn >/dev/null
	check "its frames are there" test "$(engine_value nid)" = 2
	size=$((16#$(cat /sys/devices/system/memory/block_size_bytes)))
	block=/sys/devices/system/memory/memory$(($(engine_value pfn) * 4096 / size))
	check "and online" grep -qx online "$block/state"
	tell write $a 1 $step
	echo offline >"$block/state" 2>/dev/null
	check "of a memory block that is to go offline idle slots go" teas_are frames 1
	check "but no table" teas_are placed 1
	tell unmap $a 1
	wait_for $patience teas_are idle 1
	echo offline >"$block/state" 2>/dev/null
	check "until it is none" teas_are frames 0
	tell map anon $a 1
	tell write $a 16 $step
	check "page faults go on" tell verify $a 16 $step
	check "with ordinary tables" teas_are elsewhere 16
	puppet_end
}

# By the engine's rounds. They begin behind the writes, or what is about to be written would be idle for long.
test_idle() {
	local rounds
	engine_end e
	puppet t/s
	tell map anon $a 96
	tell write $a 80 $step
	LOADER_SET="period_ms=100" engine_start e dmt t || fail "$answer"
	check "the engine's range has its tables in a row" wait_for $patience teas_are placed 80
	check "what is idle for long goes, but for a fortieth" wait_for $patience teas_are frames 82
	check "the rest stays" teas_are placed 80
	tell write "$(address 80)" 16 $step
	check "a range that needs them gets its frames anew" wait_for $patience teas_are placed 96
	check "content is right" tell verify $a 96 $step
	puppet_end
	engine_end e
	puppet t/s
	tell map anon $a 96
	tell write $a 80 $step
	LOADER_SET="period_ms=100 max_idle=1000" engine_start e dmt t || fail "$answer"
	wait_for $patience teas_are placed 80
	rounds=$(counter rounds)
	passed() { (($(counter rounds) >= rounds + 20)); }
	wait_for $patience passed
	check "with MaxIdle=100% all stay" teas_are frames 96
	puppet_end
	engine_end e
}

test_trim() {
	local before
	LOADER_SET="period_ms=100 trim_ms=1000" engine_start e scattered t || fail "$answer"
	puppet t/s
	tell map anon $a 64
	tell write $a 64 $step
	before=$(cg_tables t)
	tell advise $a 64 $dontneed
	trimmed() { (($(counter trimmed) >= 64)); }
	check "tables without an entry are freed now and then" wait_for $patience trimmed
	freed() { (($(cg_tables t) <= before - 60 * 4096)); }
	check "they are the machine's again" wait_for $patience freed
	check "what was thrown away is zeros" tell zero $a 64 $step
	puppet_end
	engine_end e
}

test_node() {
	local engine
	for engine in scattered dmt; do
		engine_start e scattered t || fail "$answer"
		puppet_node=1 puppet t/s
		tell map anon $a 64
		tell write $a 64 $step
		check "$engine: tables are not where their data is" tea_does 64 node $a 64 0
		engine_end e
		LOADER_SET="period_ms=100 nodes=1" engine_start e $engine t || fail "$answer"
		if [[ $engine == dmt ]]; then
			check "$engine: TEAs are on the node of the data" wait_for $patience teas_are nid 1
			check "$engine: with the tables" wait_for $patience teas_are placed 64
		else
			relocated() { (($(counter relocated) >= 64)); }
			check "$engine: tables follow their data" wait_for $patience relocated
			check "$engine: all of them" tea_does 0 node $a 64 1
		fi
		check "$engine: content is right" tell verify $a 64 $step
		puppet_end
		engine_end e
	done
}

tables=$(table_pages)
engine_start e scattered t || { fail "the engine attaches: $answer"; finish; }
gives_back "reclaim in the cgroup" in_cgroup
gives_back "reclaim in its parent" from_above
gives_back "the machine's caches are dropped" dropped
test_neighbour
test_moved
test_offline
test_idle
test_trim
test_node
settled() { (($(table_pages) <= tables + 64)); }
check "page tables are counted as before" wait_for $patience settled
unloads() { rmmod mempol; }
check "the module unloads" wait_for $patience unloads
finish
