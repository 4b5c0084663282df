#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Leaf page tables at computed addresses: page faults take them from their TEA, tables move in and out while their
# process runs, and nothing of what it has in memory changes; what moves tables elsewhere (mremap, collapse) leaves those
# of a TEA alone; trim frees empty ones; and when TEA, process or policy go every page comes back. Runs inside the guest,
# called by tests/vm/test_translation_tables, and parts of it by test_translation_breaks.
#
#   tables.sh [BREAK PART...]

# shellcheck disable=SC2154,SC2317,SC2086 # from the parts; called by name; a number

cd /mnt/share || exit 1
for part in lib cgroup engines puppets; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
grep -q '^translation 0$' /sys/module/mempol/parameters/mechanisms || skip "no translation policies in this kernel"
swap_on 256M
echo never >/sys/kernel/mm/transparent_hugepage/enabled
a=200000000 b=280000000
step=64
dontneed=4 pageout=21 collapse=25 remove=9

cg_new t max
patience=60
# With a number that precaution is left out, and the checks of the parts that follow are to fail, which is not waited for.
if [[ -n ${1:-} ]]; then
	echo "$1" >/sys/module/mempol_tea/parameters/break
	patience=2
fi

# $1: anon, shared or private
test_faults() {
	local kind=$1 gone=$dontneed
	[[ $kind != shared ]] || gone=$remove
	puppet t
	tell map "$kind" $a 32
	check "$kind: a TEA is made" tea create $a 32
	check "$kind: not two for one address" tea_is -17 create $((a + 200000)) 1
	check "$kind: its slots are idle" teas_are idle 32
	tell write $a 16 $step
	check "$kind: page faults take what they need" teas_are placed 16
	tell write $a 32 $step
	check "$kind: and more" teas_are placed 32
	check "$kind: content is right" tell verify $a 32 $step
	[[ $kind == shared ]] || check "$kind: in a child, too" tell fork $a 32 $step
	check "$kind: which has none of it" teas_are placed 32
	tell protect $a 32 1
	tell advise $a 32 $pageout
	check "$kind: and behind swap" tell verify $a 32 $step
	tell unmap $a 32
	check "$kind: unmapped, every slot comes back" wait_for $patience teas_are idle 32
	tell map "$kind" $a 32
	tell write $a 32 $step
	check "$kind: and is taken again" wait_for $patience teas_are placed 32
	tell advise $a 32 $gone
	check "$kind: tables without an entry are freed" tea_does 32 trim $a 32
	check "$kind: their slots are idle" wait_for $patience teas_are idle 32
	check "$kind: what was thrown away is zeros" tell zero $a 32 $step
	check "$kind: in tables that were taken again" teas_are placed 32
	check "$kind: the TEA goes" tea_does 1 free $a 32
	check "$kind: which the process does not notice" tell zero $a 32 $step
	check "$kind: there is none" tea_is -2 free $a 32
	puppet_end
}

test_moves() {
	local kind=$1
	puppet t
	tell map "$kind" $a 32
	tell write $a 32 $step
	tea create $a 32
	check "$kind: what was there is elsewhere" teas_are elsewhere 32
	check "$kind: it moves in" tea_does 32 fill $a 32
	check "$kind: to its place" teas_are placed 32
	check "$kind: as it was" tell verify $a 32 $step
	check "$kind: once only" tea_does 0 fill $a 32
	check "$kind: it moves out" tea_does 32 vacate $a 32
	check "$kind: as it was" tell verify $a 32 $step
	check "$kind: and leaves idle slots" wait_for $patience teas_are idle 32
	tea fill $a 32
	tell advise $a 32 $pageout
	check "$kind: entries of swap space move, too" tea_does 32 vacate $a 32
	check "$kind: and lead to what they did" tell verify $a 32 $step
	wait_for $patience teas_are idle 32
	tea fill $a 32
	check "$kind: a mapping moves" tell move $a 32 $b
	check "$kind: with its content" tell verify $b 32 $step $a
	check "$kind: and without its slots" wait_for $patience teas_are idle 32
	check "$kind: and back" tell move $b 32 $a
	check "$kind: with its content" tell verify $a 32 $step
	tea fill $a 32
	check "$kind: and its tables come in again" teas_are placed 32
	puppet_end
}

# A table that is kept for a split must not be a slot: a split takes whichever table comes first.
test_collapse() {
	local i
	echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
	puppet t
	tell map anon $a 32
	tell write $a 32 $step
	tea create $a 32
	tea fill $a 32
	for i in 0 1 2 3 4 5 6 7; do
		tell advise "$(printf %x $((16#$a + i * 2097152)))" 1 $collapse
	done
	check "windows become huge pages" teas_are huge 8
	check "their slots come back" wait_for $patience teas_are idle 8
	check "content is right" tell verify $a 32 $step
	check "they are counted" counter_is swapped 8
	tell protect $a 8 1
	tell protect $a 8 3
	check "they are split" teas_are huge 0
	check "into tables elsewhere" teas_are elsewhere 8
	check "content is right" tell verify $a 32 $step
	check "which move in" tea_does 8 fill $a 32
	check "content is right" tell verify $a 32 $step
	check "no slot is kept by anybody" wait_for $patience none_in_flight
	puppet_end
}

# Where mremap would like to move 1 GiB by one entry.
test_gib() {
	puppet t
	tell map anon 10000000000 512
	tell write 10000000000 32 $step
	tea create 10000000000 32
	tea fill 10000000000 32
	check "1 GiB moves" tell move 10000000000 512 20000000000
	check "with its content" tell verify 20000000000 32 $step 10000000000
	check "and without slots" wait_for $patience teas_are idle 32
	tell move 20000000000 512 10000000000
	check "and back" tell verify 10000000000 32 $step
	puppet_end
}

# More mappings with memory of their own than locks that can be held.
test_many() {
	local i
	puppet t
	for ((i = 0; i < 64; i++)); do
		tell map anon "$(printf %x $((16#$a + i * 2 * 2097152)))" 1
		tell write "$(printf %x $((16#$a + i * 2 * 2097152)))" 1 $step
	done
	tea create $a 128
	check "all tables of 64 mappings move in" tea_does 64 fill $a 128
	check "none is refused" test "$(engine_value locks)" = 0
	for ((i = 0; i < 64; i++)); do
		tell verify "$(printf %x $((16#$a + i * 2 * 2097152)))" 1 $step || fail "mapping $i"
	done
	tell advise $a 1 $dontneed
	tell advise "$(printf %x $((16#$a + 126 * 2097152)))" 1 $dontneed
	check "of a whole process the empty ones are freed" tea_does 2 trim 0 67108864
	check "which can be asked again" tea_does 0 trim 0 67108864
	puppet_end
}

test_race() {
	local i
	puppet t
	tea create $a 32
	for ((i = 0; i < 10; i++)); do
		tell map "$1" $a 32
		tell race $a 32
		tell verify $a 1 512 || fail "$1: race $i"
		tell unmap $a 32
	done
	check "$1: of threads that race for a slot one has it" wait_for $patience teas_are idle 32
	puppet_end
}

# Frames are charged to the process' cgroup, and not beyond its limit.
test_charge() {
	local before
	cg_new small max
	puppet small
	tell map anon $a 32
	before=$(awk '$1 == "kernel" { print $2 }' "$cgroot/small/memory.stat")
	tea create $a 32
	charged() { (($(awk '$1 == "kernel" { print $2 }' "$cgroot/small/memory.stat") >= before + $1)); }
	check "frames are charged" wait_for $patience charged $((32 * 4096))
	tell write $a 32 $step
	check "tables of slots are not charged twice" bash -c "! (( \$(awk '\$1 == \"kernel\" { print \$2 }' $cgroot/small/memory.stat) >= $before + 48 * 4096 ))"
	echo $(($(cat "$cgroot/small/memory.current") + 512 * 1024)) >"$cgroot/small/memory.max"
	check "a TEA beyond the limit is refused" tea_is -12 create $b 512
	check "and nobody is killed" grep -q '^oom_kill 0$' "$cgroot/small/memory.events"
	echo max >"$cgroot/small/memory.max"
	puppet_end
	gone() { rmdir "$cgroot/small"; }
	check "nothing keeps the cgroup" wait_for $patience gone
}

unmovable() { # blocks
	awk '$1 == "Number" { counts = 1 } counts && $1 == "Node" { blocks += $5 } END { print blocks }' /proc/pagetypeinfo
}
# More frames than the page allocator keeps in a row: what is in the way is moved.
test_contig() {
	local blocks half cached=/mnt/data/contig
	half=$(printf %x $((16#$a + 1024 * 2097152)))
	engine_end e
	LOADER_SET="max_frames=5000" engine_start e scattered t || fail "$answer"
	# The range is larger than the machine's memory.
	echo 1 >/proc/sys/vm/overcommit_memory
	# Half of the memory is cache, so that there is something in the way.
	fallocate -l 400M $cached && cat $cached >/dev/null
	puppet t
	tell map anon $a 2048
	tell write $a 2048 $step
	# Of eight blocks that it takes in a row some were for what can be moved.
	blocks=$(unmovable)
	check "a TEA of 8 GiB is made" tea create $a 4096
	check "its frames lie in blocks for what cannot be moved" test "$(unmovable)" -gt "$blocks"
	engine_ask e "tea free $puppet_pid $a 4096"
	check "a TEA of 4 GiB is made" tea create $a 2048
	check "half of the tables move in" tea_does 1024 fill $a 1024
	check "and the other half" tea_does 1024 fill "$half" 1024
	check "they are at their computed addresses" teas_are placed 2048
	check "content is right" tell verify $a 2048 $step
	tell unmap $a 2048
	check "all slots come back" wait_for $patience teas_are idle 2048
	engine_ask e "tea free $puppet_pid $a 2048"
	check "and go to the page allocator" wait_for $patience counter_is tea_pages 0
	puppet_end
	cg_new small max
	engine_end e
	LOADER_SET="max_frames=5000" engine_start e scattered small || fail "$answer"
	puppet small
	echo $(($(cat "$cgroot/small/memory.current") + 2048 * 1024)) >"$cgroot/small/memory.max"
	check "beyond the cgroup's limit there is none" tea_is -12 create $a 2048
	check "nobody is killed for that" grep -q '^oom_kill 0$' "$cgroot/small/memory.events"
	check "and what was charged comes back" bash -c "(( \$(cat $cgroot/small/memory.current) + 1024 * 1024 < \$(cat $cgroot/small/memory.max) ))"
	puppet_end
	gone() { rmdir "$cgroot/small"; }
	engine_end e
	check "which can be removed" wait_for $patience gone
	LOADER_SET="period_ms=100 max_frames=5000 move_rate=100000" engine_start e dmt t || fail "$answer"
	puppet t
	tell map anon $a 2048
	tell write $a 2048 $step
	check "an engine's range of 4 GiB has its tables in place" wait_for $patience teas_are placed 2048
	check "in one TEA" teas_are nr 1
	check "content is right" tell verify $a 2048 $step
	puppet_end
	engine_end e
	rm -f $cached
	echo 0 >/proc/sys/vm/overcommit_memory
	engine_start e scattered t
}

test_refused() {
	local i peak
	puppet t
	tell map anon $a 32
	check "no boundary of a window" tea_is -22 create 200001000 1
	check "no range" tea_is -22 fill $a 0
	check "beyond user addresses" tea_is -22 create 7ffffff00000 4
	check "no such node" tea_is -22 create $a 1 99
	check "more windows than a TEA may have" tea_is -22 create $a 16385
	puppet_pid=1 check "init has no TEA" teas_are nr 0
	puppet_pid=2 check "a thread of the kernel's" tea_is -22 create $a 1
	puppet_pid=4194303 check "no such process" tea_is -3 create $a 1
	check "no such policy" tea_is -2 create $a 1 -1 77
	for ((i = 0; i < 64; i++)); do tea create "$(printf %x $((0x800000000 + i * 2 * 2097152)))" 1 || fail "TEA $i: $answer"; done
	check "as many TEAs as a process may have" teas_are nr 64
	check "and no more" tea_is -28 create $a 1
	puppet_end
	cg_new capped max
	engine_end e
	LOADER_SET="max_frames=40" engine_start e scattered capped
	puppet capped
	check "as many frames as the policy may have" tea create $a 32
	check "and no more" tea_is -122 create $b 32
	peak=$(cat "$cgroot/capped/memory.peak")
	check "nor as many as others would have to be moved for" tea_is -122 create $b 2048
	check "which is known before anybody is" test "$(cat "$cgroot/capped/memory.peak")" -lt $((peak + 2048 * 2048))
	engine_ask e detach
	check "a policy that is gone makes none" tea_is -2 create $b 8
	puppet_end
	engine_end e
	engine_start e scattered t
}

# lies MODE WHAT: an engine's answer that makes no sense is refused and counted, and nothing comes of it.
lies() {
	local before
	before=$(counter refused_verdict)
	engine_ask e set surveyor_mode "$1"
	refused() { (($(counter refused_verdict) > before)); }
	check "$2 is refused" wait_for $patience refused
	check "$2: content is right" tell verify $a 96 $step
	check "$2: the engine is in charge still" counter_is attached 1
	engine_ask e set surveyor_mode 0
}
test_hostile() {
	local before
	engine_end e
	LOADER_SET="period_ms=100" engine_start e surveyor t || fail "$answer"
	puppet t
	tell map anon $a 96
	tell write $a 96 $step
	check "an engine that answers rightly has its tables in place" wait_for $patience teas_are placed 96
	lies 3 "to grow sevenfold"
	lies 4 "a node that is none"
	lies 1 "a rank below zero"
	engine_ask e set surveyor_mode 1
	check "which is as good as no" wait_for $patience teas_are nr 0
	# There is no run for it in a cgroup that may not have so much.
	echo $(($(cat "$cgroot/t/memory.current") + 64 * 1024)) >"$cgroot/t/memory.max"
	engine_ask e set surveyor_mode 2
	before=$(counter refused_verdict)
	refused() { (($(counter refused_verdict) > before)); }
	check "as many windows as there was no run for is refused" wait_for $patience refused
	check "and none made" teas_are nr 0
	engine_ask e set surveyor_mode 0
	made() { (($(teas nr) > 0)); }
	check "of half as many and so on some are" wait_for $patience made
	echo max >"$cgroot/t/memory.max"
	check "and the rest when there is memory" wait_for $patience teas_are placed 96
	engine_ask e set surveyor_mode 5
	thrown_out() { [[ $(counter exit) != 0 ]]; }
	check "an engine that takes too long is thrown out" wait_for $patience thrown_out
	check "with its TEAs" wait_for $patience teas_are nr 0
	check "content is right" tell verify $a 96 $step
	puppet_end
	engine_end e
	engine_start e scattered t
}

# TEAs end with their policy, in whatever they are.
test_end() {
	puppet t
	tell map anon $a 32
	tell write $a 32 $step
	tea create $a 32
	tea fill $a 16
	engine_kill e
	check "the loader is killed: content is right" tell verify $a 32 $step
	tell unmap $a 32
	tell map anon $a 32
	tell write $a 32 $step
	check "and memory is used as ever" tell verify $a 32 $step
	engine_start e scattered t || fail "$answer"
	check "no TEA is left" teas_are nr 0
	tea create $a 32
	tea fill $a 32
	check "an engine is replaced" engine_ask e replace ./scattered.bpf.o
	check "and has its TEAs" teas_are placed 32
	check "which are its own" teas_are foreign 0
	puppet_end
	check "and none of a process that ended" wait_for $patience counter_is teas 0
	check "nor frames" counter_is tea_pages 0
}

# The policy goes through its processes by itself.
test_rounds() {
	engine_end e
	LOADER_SET="period_ms=100" engine_start e dmt t || fail "$answer"
	puppet t
	tell map anon $a 96
	tell write $a 96 $step
	check "the engine's ranges get TEAs" wait_for $patience teas_are windows 96
	check "and their tables move in" wait_for $patience teas_are placed 96
	check "content is right" tell verify $a 96 $step
	tell map anon "$(printf %x $((16#$a + 96 * 2097152)))" 96
	tell write "$(printf %x $((16#$a + 96 * 2097152)))" 96 $step
	grown() { [[ $(teas nr) == 1 ]] && teas_are placed 192; }
	check "a range that grows has one TEA again" wait_for $patience grown
	check "it is counted" test "$(counter grown)" -ge 1
	check "content is right" tell verify $a 192 $step
	tell unmap "$(printf %x $((16#$a + 96 * 2097152)))" 96
	tell map anon $b 96
	tell write $b 4 $step
	settled() { (($(counter rounds) >= $1 + 3)); }
	wait_for $patience settled "$(counter rounds)"
	check "a range that is hardly used gets none" teas_are placed 96
	tell unmap $a 96
	check "nor does one that has gone" wait_for $patience teas_are nr 0
	engine_end e
	engine_start e scattered t
	puppet_end
}

tables=$(table_pages)
engine_start e scattered t || { fail "the engine attaches: $answer"; finish; }
if [[ -n ${1:-} ]]; then
	for part in "${@:2}"; do "test_$part" anon; done
	finish
fi
for kind in anon shared private; do
	test_faults $kind
	test_moves $kind
	test_race $kind
done
test_collapse
test_gib
test_many
test_charge
test_contig
test_refused
test_hostile
test_end
test_rounds
engine_end e
settled() { (($(table_pages) <= tables + 64)); }
check "page tables are counted as before" wait_for $patience settled
unloads() { rmmod mempol; }
check "the module unloads" wait_for $patience unloads
finish
