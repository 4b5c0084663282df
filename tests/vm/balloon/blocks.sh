#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Blocks that are kept for the host: their number is exact on every side, they cost few kicks, come back whole
# whatever happens to policy, device and memory, and neither floors nor the OOM killer are reached on their
# account. Runs inside the guest, called by tests/vm/test_balloon_blocks, which answers for the host.

# shellcheck disable=SC2154,SC2034 # from and for engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines sizer daemon; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

# What is moved about is parts of this; the debug kernel looks at every page of it, several times.
gib=262144
cycles=30
if [[ $slow != 1 ]]; then
	gib=65536
	cycles=100
fi

# touched: memory that free page reporting has not given to the host yet
touched() { ./memtool hog $(($(meminfo MemFree) * 4 / 1024 - 64)) 1 >/dev/null; }

# The balloon goes up and down while the guest forks, reads, writes and needs memory.
storm() {
	local lap largest=0 workers=() end=$((SECONDS + 60 * slow))
	touch busy
	while [[ -e busy ]]; do for _ in {1..30}; do /bin/true & done && wait; done &
	workers+=($!)
	while [[ -e busy ]]; do { cp /mnt/data/clean /mnt/data/copy && cmp /mnt/data/clean /mnt/data/copy; } || touch /tmp/wrong; done &
	workers+=($!)
	while [[ -e busy ]]; do ./memtool hog $((gib / 1024)) 2 >/dev/null || touch /tmp/wrong; done &
	workers+=($!)
	# The workers would leave them no time.
	renice -n -10 -p $$ "${engine_pid[e]}" >/dev/null
	# After pressure nothing is taken for a while.
	for ((lap = 0; lap < cycles || (largest < gib / 8 && SECONDS < end); lap++)); do
		((lap % 25)) || note "$lap times up and down after $SECONDS s"
		hold $((RANDOM % 64 * gib / 64))
		largest=$((largest > $(engine_value held_pages) ? largest : $(engine_value held_pages)))
		((lap % 3)) || hold 0
		((lap % 10)) || echo 1 >/proc/sys/vm/compact_memory
	done
	renice -n 0 -p $$ "${engine_pid[e]}" >/dev/null
	rm busy
	wait "${workers[@]}"
	hold 0
	at_least "$lap times up and down while the guest works, largest" "$largest" $((gib / 8))
	note "deflated: OOM $(engine_value deflated_oom), pressure $(engine_value deflated_pressure)"
	check "managed pages are what they were after that" wait_for 5 managed_is "$before"
	check "and the guest got what it had written" test ! -e /tmp/wrong
	engine_ask e balloon auto
}

modprobe mempol || { fail "modprobe mempol"; finish; }
echo 1 >/proc/sys/vm/overcommit_memory # what is held counts as missing
before=$(managed)
total=$(actual)
kills=$(oom_kills)

start_sizer
check "a policy is in charge of the balloon" test "$answer" = attached
check "there is one at a time" grep -q 'attach error=Device or resource busy' <(./loader ./agent.bpf.o ./sizer.bpf.o - </dev/null)

touched
hold $((gib / 2))
check "a half is held" test "$(engine_value held_pages)" = $((gib / 2))
at_most "in 20 kicks a GiB" "$(engine_value kicks)" 10
# A slow guest has reported it before it gets here.
[[ $slow != 1 ]] || at_least "of the host, which is told of what it has not got" "$(engine_value kicks)" 1
at_most "and 520 ranges a GiB" "$(engine_value discards)" 260
note "$(engine_value kicks) kicks, $(engine_value discards) ranges"
check "managed pages are less by exactly that" test "$(managed)" = $((before - gib / 2))
check "the host sees it" wait_for 5 actual_is $((total - gib / 2))
kicks=$(engine_value kicks)

hold 0
check "all of it comes back" test "$(engine_value held_pages)" = 0
check "without a kick" test "$(engine_value kicks)" = "$kicks"
check "managed pages are what they were" test "$(managed)" = "$before"
check "the host sees that, too" wait_for 5 actual_is "$total"
check "the memory is there" ./memtool hog $(($(meminfo MemFree) * 4 / 1024 - 96)) 2

# probe VERB ARGUMENT...: what the kfunc returned
probe() {
	engine_ask e probe "$@"
	sed -E 's/.*result=(-?[0-9]+)$/\1/' <<<"$answer"
}
engine_ask e balloon auto # which is as it is
echo 0 >/sys/module/mempol/parameters/balloon_percent
check "no block is had by its name beyond what may be held" test "$(probe claim $((before / 2 / 512 * 512)) 9)" = -122
echo 90 >/sys/module/mempol/parameters/balloon_percent
# A block of 2 MiB that can be had, whatever is in it: the first of some that is.
claimed=""
for pfn in $(seq $((before / 2 / 512 * 512)) 512 $((before / 2 / 512 * 512 + 512 * 40))); do
	[[ $(probe claim "$pfn" 9) != 0 ]] || { claimed=$pfn; break; }
done
check "a block is had by its name" test -n "$claimed"
check "it is held" holds 512
check "and counted" managed_is $((before - 512))
check "not twice" test "$(probe claim "$claimed" 9)" = -16
check "no half of it" test "$(probe claim $((claimed + 1)) 9)" = -22
check "no block of another size" test "$(probe claim "$claimed" 70)" = -22
check "none where there is no memory" test "$(probe claim $((1 << 40)) 9)" = -22
check "nor from memory that never was" test "$(probe block $((1 << 40)))" = -2
at_least "a free block says how large it is" "$(for i in {1..60}; do probe block $((before / 2 / 1024 * 1024 + i * 1024)); done | sort -n | tail -n 1)" 9
hold 0
check "it comes back" managed_is "$before"
dd if=/dev/urandom of=/mnt/data/clean bs=1M count=64 conv=fsync status=none
at_least "clean page cache is dropped by amount" "$(probe drop 4096)" 2048

hold $((gib / 2))
hold $((gib / 4 + 100))
check "what is returned are blocks" test "$(engine_value held_pages)" = $((gib / 4))
check "the rest is pages" test "$(engine_value small_pages)" = 100
check "which the host sees as well" wait_for 5 actual_is $((total - gib / 4 - 100))
hold 0

hold $((gib * 4))
at_least "a policy that asks for everything gets much" "$(engine_value held_pages)" $((gib / 2))
at_least "but no zone is emptied, pages free" "$(meminfo MemFree)" $((gib / 64))
at_least "and that is counted" "$(($(engine_value refused_floor) + $(engine_value refused_block)))" 1
note "$(engine_value held_pages) of $before pages held"
check "nothing was killed for it" test "$(oom_kills)" = "$kills"

# More than is free, but not more than there is.
check "memory that the guest needs comes back" ./memtool hog $(($(meminfo MemFree) * 4 / 1024 + 200)) 1
engine_ask e info
at_least "because of an OOM or of pressure" "$(($(engine_value deflated_oom) + $(engine_value deflated_pressure)))" 1024
note "deflated: OOM $(engine_value deflated_oom), pressure $(engine_value deflated_pressure)"
[[ $slow != 1 ]] || check "nor is a block had by its name for a while" test "$(probe claim "$claimed" 9)" = -11
check "and nothing was killed" test "$(oom_kills)" = "$kills"
# What pressure and an OOM give back just now may be in the way of a request.
emptied() { engine_ask e balloon 0 && holds 0; }
check "what is held yet comes back" wait_for 20 emptied
engine_ask e balloon auto
check "managed pages are what they were then" wait_for 5 managed_is "$before"

sleep 11 # what follows pressure
storm
check "nothing was killed by that" test "$(oom_kills)" = "$kills"
sleep 11
hold $((gib / 4))
check "a quarter is held" test "$(engine_value held_pages)" = $((gib / 4))
echo "$device" >/sys/bus/virtio/drivers/virtio_balloon/unbind
check "a device that goes leaves nothing held" test "$(held)" = 0
check "managed pages are what they were without it" test "$(managed)" = "$before"
echo "$device" >/sys/bus/virtio/drivers/virtio_balloon/bind
engine_ask e balloon $((gib / 8))
check "and when it is back the policy goes on" wait_for 5 holds $((gib / 8))
check "the host sees that" wait_for 5 actual_is $((total - gib / 8))

host_wants $((total - gib / 4))
check "the host's wish is a floor, pages for what blocks do not hold" wait_for 20 actual_is $((total - gib / 4))
check "blocks are not asked for twice" test "$(held)" = $((gib / 8))

# A part in pages of the device's own, which does not know of OOM: what that returns it must not take again.
# Ten seconds later it may, and a guest as slow as the debug kernel's is still using it then.
if [[ $slow == 1 ]]; then
	hold $((gib / 4))
	host_wants $((total - gib / 4 - gib / 8))
	check "it wishes for more" wait_for 60 actual_is $((total - gib / 4 - gib / 8))
	check "the guest needs more than is left" ./memtool hog $((($(meminfo MemAvailable) + gib / 16) / 256)) 1
	sleep 2
	at_least "what that took back the host does not get in pages" "$(actual)" $((total - gib / 4 - gib / 8 + 512))
	check "nor is anything killed for it" test "$(oom_kills)" = "$kills"
	check "until it is over" wait_for 60 actual_is $((total - gib / 4 - gib / 8))
	hold $((gib / 8))
fi
host_wants "$total"
check "and when it wants nothing, the blocks stay" wait_for 20 actual_is $((total - gib / 8))
echo 1 >/proc/sys/vm/compact_memory
check "compaction leaves them alone" test "$(held)" = $((gib / 8))
engine_end e
check "a policy that is detached leaves nothing held" wait_for 5 actual_is "$total"
check "managed pages are what they were then" wait_for 5 managed_is "$before"

for lap in 1 2 3 4 5; do
	start_sizer
	for i in {1..40}; do echo "balloon $((i % 2 * gib / 2))"; done >&"${engine_in[e]}"
	sleep 0.0$((RANDOM % 10))
	engine_kill e
	wait_for 2 managed_is "$before" || fail "lap $lap: the owner dies in the middle: $(managed) managed pages, not $before"
done
check "an owner that dies in the middle of a request leaves nothing held" test "$(managed)" = "$before"
run_daemon
check "nothing was killed at all" test "$(oom_kills)" = "$kills"
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
