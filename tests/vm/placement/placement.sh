#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Placement in the kernel, with an engine of the tests' own: pages come to frames of a pool with the right content, go
# and come back, are evicted for others; engines answer wrongly, are replaced, and leave while their frames are in use;
# swap is full, memory is short or goes offline. Runs in the guest, called by tests/vm/test_placement.
#
#   placement.sh [PART...]      all of them, or those that are named

# shellcheck disable=SC2154,SC2317,SC2034 # from the files below; parts are called by name

cd /mnt/share || exit 1
for part in lib cgroup engines pools; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
grep -q '^placement 0$' /sys/module/mempol/parameters/mechanisms || skip "no placement in this kernel"
swap_on 512M
echo never >/sys/kernel/mm/transparent_hugepage/enabled
mkdir -p "$cgroot/p" "$cgroot/q"

test_a_page_gets_a_frame_and_gives_it_back() {
	check "a pool of 16 MiB is complete" pool_start e p 16
	check "12 MiB are kept" keep k p 12
	at_least "they were placed" "$(counter e placed)" 3072
	check "and no other page: nothing was ordinary" test "$(counter e ordinary)" = 0
	check "used, free and lost frames are all" pool_adds_up e
	check "each frame is what the counters say" frame_by_frame e
	engine_ask e frames
	at_least "most are mapped by the one space" "$(engine_value mapped)" 3000
	check "none was moved, none is another's" test "$(engine_value moved) $(engine_value other)" = "0 0"
	check "their content is right" keep_ask k check
	check "they are thrown away" keep_ask k drop
	keep_end k
	check "every frame came back" wait_for 10 pool_is_whole
	engine_ask e value placer_odd
	check "what the engine was told fits together" test "$(engine_value placer_odd)" = 0
	engine_end e
}

test_zeroes() {
	check "a pool of 16 MiB" pool_start e p 16
	check "pages that have to be zero are, in the pool and beyond it" in_cg p ./placed zero 24
	at_least "pages were evicted for it" "$(counter e evicted)" 100
	check "every frame came back" wait_for 10 pool_is_whole
	engine_end e
}

test_evict() {
	check "a pool of 16 MiB" pool_start e p 16
	check "24 MiB are written and read three times" in_cg p ./placed fill 24 3
	at_least "pages were evicted" "$(counter e evicted)" 4000
	at_least "accessed bits were read" "$(counter e looks)" 1000
	at_least "there was a first conflict" "$(counter e conflict_pages)" 1
	engine_ask e reset
	check "it is forgotten" test "$(counter e conflict_pages)" = 0
	check "forks, locks, pipes and swap at once" in_cg p ./placed mix 24 2 $((8 * slow)) 1
	check "every frame came back" wait_for 10 pool_is_whole
	at_most "evictions that failed" "$(counter e failed)" "$(counter e evicted)"
	note "$answer"
	engine_end e
}

test_detach_under_load() {
	local before free
	check "a pool of 64 MiB" pool_start e p 64
	check "a process with 24 MiB" keep k p 24
	in_cg p ./placed mix 8 2 $((6 * slow)) 2 >/tmp/mix 2>&1 &
	free=$(counter e free_pages)
	before=$(mem_free)
	engine_ask e detach
	check "free frames are the kernel's again within a second ($free of them)" \
		wait_for 1 frees_came_back $((before + free / 2))
	check "what was in frames is as it was" keep_ask k check
	check "and what runs goes on" wait $!
	keep_end k
	engine_end e
	check "the module can be removed" wait_for 10 rmmod mempol
	modprobe mempol
}
frees_came_back() { (($(mem_free) >= $1)); }

test_killed() {
	check "a pool of 16 MiB" pool_start e p 16
	check "a process with 12 MiB" keep k p 12
	engine_kill e
	check "its content is right when the loader was killed" keep_ask k check
	check "the module can be removed" wait_for 10 rmmod mempol
	check "its content is right" keep_ask k check
	keep_end k
	modprobe mempol
}

test_excluded() {
	local placed
	mkdir -p "$cgroot/o"
	echo +memory >"$cgroot/o/cgroup.subtree_control"
	mkdir -p "$cgroot/o/x" "$cgroot/o/y"
	check "a pool of 16 MiB for o" pool_start e o 16
	LOADER_SET="flags=2 pool_pages=0" engine_start x placer o/x || { fail "o/x is the kernel's: $answer"; return; }
	check "what is below o has its policy" in_cg o/y ./placed fill 4 0
	placed=$(counter e placed)
	at_least "4 MiB were placed" "$placed" 1024
	check "o/x is filled" in_cg o/x ./placed fill 4 0
	at_most "no page of it was placed" $(($(counter e placed) - placed)) 0
	engine_end x
	engine_end e
	rmdir "$cgroot/o/x" "$cgroot/o/y"
}

test_replaced() {
	local i
	check "a pool of 16 MiB" pool_start e p 16
	check "a process with 8 MiB" keep k p 8
	in_cg p ./placed mix 12 2 $((8 * slow)) 3 >/tmp/mix 2>&1 &
	for ((i = 0; i < 10; i++)); do
		engine_ask e replace ./placer.bpf.o
		[[ $answer == "replace ok" ]] || fail "replacement $i: $answer"
	done
	check "memory was right while ten engines came and went" wait $!
	check "and what was placed by the first is" keep_ask k check
	at_least "the last one places" "$(counter e placed)" 1
	check "used, free and lost frames are all" pool_adds_up e
	engine_ask e wish pool_pages=8192
	engine_ask e replace ./placer.bpf.o
	check "a successor that wants another pool is refused: $answer" test "$answer" = "replace File exists"
	keep_end k
	check "every frame came back" wait_for 10 pool_is_whole
	engine_end e
}

# hostile MODE COUNTER TEXT [COMMAND...]: memory stays right, and the counter says so
hostile() {
	local before
	local -a work=(mix 12 2 $((3 * slow)) 4)
	(($# == 3)) || work=("${@:4}")
	before=$(counter e "$2")
	engine_ask e set placer_mode "$1"
	check "$3: memory is right" in_cg p ./placed "${work[@]}"
	at_least "$3: it is counted, in $2" $(($(counter e "$2") - before)) 1
	engine_ask e set placer_mode 0
	check "$3: every frame came back" wait_for 10 pool_is_whole
}

test_hostile() {
	check "a pool of 8 MiB" pool_start e p 8
	# As many refusals as a second of that brings would have it thrown out.
	hostile 1 refused_frame "frames that are not there" fill 12 2
	hostile 2 busy "always the same frame"
	hostile 4 ordinary "never a frame"
	hostile 5 busy "the page that was placed last"
	hostile 6 evicted "any frame, without a look"
	check "it is in charge still" in_charge
	hostile 7 refused_budget "more steps than it has" fill 12 2
	engine_end e
}

in_charge() {
	[[ $(counter e attached) == 1 ]] || { engine_ask e info; echo "$answer"; return 1; }
}

test_ejected() {
	check "a pool of 8 MiB" pool_start e p 8
	engine_ask e set placer_mode 1
	(
		echo "$BASHPID" >"$cgroot/p/cgroup.procs"
		exec ./placed mix 12 2 600 4
	) >/tmp/mix 2>&1 &
	check "an engine that answers nothing right is thrown out" wait_for 60 ejected
	kill -9 $!
	wait $! 2>/dev/null
	check "its frames are the kernel's" test "$(counter e used_pages)" -ge 0
	engine_ask e pool
	check "it has no pool any more" grep -q 'error=-2 ' <<<"$answer"
	engine_end e
}
ejected() { [[ $(counter e exit) == 5 ]]; }

test_shared_pool() {
	check "a pool of 16 MiB with a number" pool_start e p 16 pool_id=7
	LOADER_SET="pool_pages=8192 pool_id=7" engine_start f placer q && { fail "another size is refused"; engine_end f; }
	LOADER_SET="pool_pages=4096 pool_id=7" engine_start f placer q || fail "q shares it: $answer"
	check "p keeps 14 MiB" keep k p 14
	check "q fills 24 MiB beside it" in_cg q ./placed fill 24 1
	check "p's pages are as they were" keep_ask k check
	engine_ask f set placer_mode 2
	check "q names a frame of p" in_cg q ./placed fill 2 0
	at_least "that is refused, or its page is busy" $(($(counter f refused_victim) + $(counter f busy))) 1
	check "p's pages are as they were" keep_ask k check
	engine_end e
	check "and are when p's policy has left" keep_ask k check
	keep_end k
	pool_name=f
	check "every frame came back to q's" wait_for 10 pool_is_whole
	engine_end f
}

test_swap_full() {
	local kills
	kills=$(oom_kills)
	check "a pool of 8 MiB" pool_start e p 8
	echo 0 >"$cgroot/p/memory.swap.max"
	check "16 MiB with nothing to write to" in_cg p ./placed fill 16 2
	at_least "evictions failed" "$(counter e failed)" 64
	at_least "then they were not offered for a while" "$(counter e paused)" 1
	at_least "the rest was ordinary" "$(counter e ordinary)" 1
	check "nobody was killed" test "$(oom_kills)" = "$kills"
	echo max >"$cgroot/p/memory.swap.max"
	check "every frame came back" wait_for 10 pool_is_whole
	engine_end e
}

test_limit_below_pool() {
	local kills
	kills=$(oom_kills)
	check "a pool of 32 MiB" pool_start e p 32
	echo 12M >"$cgroot/p/memory.max"
	check "20 MiB with 12 MiB to have" in_cg p ./placed fill 20 2
	check "and at random" in_cg p ./placed mix 20 2 $((5 * slow)) 5
	check "nobody was killed" test "$(oom_kills)" = "$kills"
	echo max >"$cgroot/p/memory.max"
	check "every frame came back" wait_for 10 pool_is_whole
	engine_end e
}

# A third of the memory is a pool that is in use, and others need more than the rest: they swap, and the pool is spared.
test_pressure() {
	local kills used
	# What the debug kernel keeps for itself leaves too little, and it is too slow.
	((slow == 1)) || return 0
	kills=$(oom_kills)
	check "a pool of 320 MiB" pool_start e p 320
	check "a process with 256 MiB" keep k p 256
	used=$(counter e used_pages)
	mkdir -p "$cgroot/hog"
	check "another cgroup takes 640 MiB" in_cg hog ./placed fill 640 1
	at_least "part of it went to swap, bytes" "$(cat "$cgroot/hog/memory.swap.peak")" $((16 << 20))
	check "nobody was killed" test "$(oom_kills)" = "$kills"
	at_least "frames stay in use, which would have freed nothing for others" "$(counter e used_pages)" $((used * 95 / 100))
	check "what is in them is as it was" keep_ask k check
	keep_end k
	check "every frame came back" wait_for 20 pool_is_whole
	engine_end e
	rmdir "$cgroot/hog"
}

test_moves() {
	local used
	check "a pool of 16 MiB" pool_start e p 16
	check "a process with 12 MiB" keep k p 12
	used=$(counter e used_pages)
	echo 1 >/proc/sys/vm/compact_memory
	at_least "compaction leaves them" "$(counter e used_pages)" $((used - 40))
	swapoff -a && swapon /dev/zram0
	check "their content is right" keep_ask k check
	keep_end k
	check "every frame came back" wait_for 10 pool_is_whole
	engine_end e
}

# What is within another cgroup's memory.min is not evicted for the neighbour that shares its policy.
test_protected() {
	mkdir -p "$cgroot/o"
	echo +memory >"$cgroot/o/cgroup.subtree_control"
	mkdir -p "$cgroot/o/x" "$cgroot/o/y"
	echo 12M >"$cgroot/o/memory.min"
	echo 12M >"$cgroot/o/x/memory.min"
	check "a pool of 16 MiB for o" pool_start e o 16
	check "o/x has 8 MiB, which memory.min protects" keep k o/x 8
	# An engine that looks first is told, and names others.
	engine_ask e set placer_mode 6
	check "o/y fills 24 MiB" in_cg o/y ./placed fill 24 2
	at_least "frames of o/x were asked for" "$(counter e protected)" 1
	check "and none was taken" test "$(cat "$cgroot/o/x/memory.swap.current")" = 0
	check "what o/x has is as it was" keep_ask k check
	echo 0 >"$cgroot/o/x/memory.min"
	check "o/y fills 24 MiB again" in_cg o/y ./placed fill 24 2
	at_least "without protection frames are taken, bytes in swap" "$(cat "$cgroot/o/x/memory.swap.current")" 4096
	check "what o/x has is as it was" keep_ask k check
	keep_end k
	engine_end e
	rmdir "$cgroot/o/x" "$cgroot/o/y" "$cgroot/o"
}

# Without its owner's beat nobody is asked; frames stay as they are. Whoever attaches beats.
test_passive() {
	local beats=/sys/module/mempol/parameters/heartbeat_ms before used placed
	before=$(cat $beats)
	echo 60000 >$beats
	check "a pool of 16 MiB" pool_start e p 16 flags=1
	check "a process with 4 MiB" keep k p 4
	echo 100 >$beats
	LOADER_SET="flags=1 pool_pages=512" engine_start f placer q || fail "another attaches: $answer"
	check "without a beat the policy is passive" wait_for 20 passive_is 1
	used=$(counter e used_pages)
	placed=$(counter e placed)
	check "4 MiB are filled" in_cg p ./placed fill 4 1
	check "none of it was placed" test "$(counter e placed)" = "$placed"
	at_least "that is said, in exempt" "$(counter e exempt)" 1024
	check "frames stay as they are" test "$(counter e used_pages)" = "$used"
	check "and so does what is in them" keep_ask k check
	echo 60000 >$beats
	engine_end f
	LOADER_SET="flags=1 pool_pages=512" engine_start f placer q || fail "another attaches: $answer"
	check "with a beat it goes on" wait_for 20 passive_is 0
	check "4 MiB are filled" in_cg p ./placed fill 4 1
	at_least "and placed" "$(($(counter e placed) - placed))" 1024
	engine_end f
	echo "$before" >$beats
	keep_end k
	check "every frame came back" wait_for 10 pool_is_whole
	engine_end e
}
passive_is() { [[ $(counter e passive) == "$1" ]]; }

test_contiguous() {
	check "a pool of 16 MiB in one piece" pool_start e p 16 pool_flags=1
	engine_ask e frames
	check "each frame lies behind the one before" test "$(engine_value breaks)" = 0
	check "it serves" in_cg p ./placed fill 24 1
	check "every frame came back" wait_for 10 pool_is_whole
	engine_end e
}

test_poison() {
	local pfn
	modprobe -q hwpoison_inject || return 0
	mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
	check "a pool of 8 MiB" pool_start e p 8
	engine_ask e frames
	pfn=$(engine_value pfn)
	echo 0 >/sys/kernel/debug/hwpoison/corrupt-filter-enable 2>/dev/null
	echo "$pfn" >/sys/kernel/debug/hwpoison/corrupt-pfn 2>/dev/null
	check "12 MiB with a bad frame in the pool" in_cg p ./placed fill 12 1
	check "the frame is lost" test "$(counter e lost_pages)" = 1
	check "used, free and lost frames are all" pool_adds_up e
	engine_end e
	echo "$pfn" >/sys/kernel/debug/hwpoison/unpoison-pfn 2>/dev/null
}

# A block of memory that has frames of the pool goes offline, and with it these.
test_offline() {
	local each block=""
	for each in /sys/devices/system/memory/memory*; do
		renew_block "$each" && block=$each
	done
	check "a block of memory can go" test -n "$block"
	[[ -n $block ]] || return
	check "a pool that lies in it" pool_in_block "$block"
	check "a process with 12 MiB" keep k p 12
	check "it goes again" wait_for 20 goes_offline "$block"
	check "and no frame of the pool is there" test "$(frames_in_block "$block")" = 0
	check "used, free and lost frames are all" pool_adds_up e
	check "what was there is as it was" keep_ask k check
	echo online >"$block/state"
	keep_end k
	engine_end e
}
goes_offline() { echo offline 2>/dev/null >"$1/state"; }
renew_block() { goes_offline "$1" && echo online >"$1/state"; }
# frames_in_block DIRECTORY: how many of the pool's.
frames_in_block() {
	local pages
	pages=$((16#$(cat /sys/devices/system/memory/block_size_bytes) / 4096))
	engine_ask e frames $((${1##*/memory} * pages)) $(((${1##*/memory} + 1) * pages))
	engine_value within
}
# Memory that has just come online is at the end of the free lists, where pools are taken from. Smaller pieces come
# before it, and blocks that other work has put there meanwhile: a larger pool reaches it.
pool_in_block() {
	local size
	wait_for 20 renew_block "$1" || return
	for size in 16 32 64 128 256; do
		pool_start e p $size || return
		(($(frames_in_block "$1") >= 512)) && return
		engine_end e
	done
	return 1
}

# Out of memory the kernel says where it was; on the console that would be a complaint.
test_oom() {
	local before complaints
	dmesg -n 1
	check "a pool of 128 MiB" pool_start e p 128
	mkdir -p "$cgroot/hog"
	echo 0 >"$cgroot/hog/memory.swap.max"
	before=$(counter e pool_pages)
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_cg hog bash -c 'echo 1000 >/proc/$$/oom_score_adj; exec ./placed grab 2000 1' >/dev/null 2>&1
	at_most "out of memory, free blocks of the pool are given first" "$(counter e pool_pages)" $((before - 512))
	check "used, free and lost frames are all" pool_adds_up e
	engine_end e
	complaints=$(kernel_complaints | grep -vE 'ut of memory|oom-kill|Killed process' || :)
	check "the kernel complains of nothing else" test -z "$complaints"
	[[ -z $complaints ]] || note "$complaints"
	dmesg -n 7
	dmesg -C
}

begin=$(mem_free)
parts=(a_page_gets_a_frame_and_gives_it_back zeroes evict detach_under_load killed excluded replaced hostile ejected
	shared_pool swap_full limit_below_pool pressure moves protected passive contiguous)
# What makes the kernel say something.
loud=(poison offline oom)
(($# == 0)) || { parts=("$@") && loud=(); }
for part in "${parts[@]}"; do
	"test_$part"
	engines_end
done
check "the kernel does not complain" no_complaints
for part in "${loud[@]}"; do
	"test_$part"
	engines_end
done
drop_caches
note "MemFree: $begin pages before, $(mem_free) after"
finish
