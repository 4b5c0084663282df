#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Moves the page tables of processes that do everything with their memory and look at every page (tests/stress/tables.c):
# TEAs come, go, are filled and emptied at random, tables go to another node and are trimmed; the engine is replaced, dies
# and is attached again; processes are killed in the midst of it. Runs inside the guest, called by
# tests/vm/test_translation_storm. With a number, that precaution is left out, and the checks are to fail.
#
#   storm.sh SEED SECONDS [BREAK]

# shellcheck disable=SC2154,SC2317 # from the parts; called by name

cd /mnt/share || exit 1
for part in lib cgroup engines puppets; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

seed=$1
seconds=$2
break=${3:-0}
RANDOM=$seed
threads=3
modprobe mempol || { fail "modprobe mempol"; finish; }
grep -q '^translation 0$' /sys/module/mempol/parameters/mechanisms || skip "no translation policies in this kernel"
note "seed $seed, $seconds s; to repeat: MEMPOL_STRESS_SEED=$seed tests/vm/test_translation_storm"
swap_on 256M
echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
echo 1 >/sys/kernel/mm/ksm/run
cg_new t max
cg_new u max
[[ $break == 0 ]] || echo "$break" >/sys/module/mempol_tea/parameters/break

tables=$(table_pages)
end=$((SECONDS + seconds))
lives=0 killed=0 wrong=0 moved=0 trimmed=0 vacated=0 relocated=0 made=0 claimed=0 swapped=0 odd=0 released=0 missed=0 hand=0

sum() { # after an `info`
	moved=$((moved + $(engine_value moved)))
	vacated=$((vacated + $(engine_value vacated)))
	trimmed=$((trimmed + $(engine_value trimmed)))
	relocated=$((relocated + $(engine_value relocated)))
	claimed=$((claimed + $(engine_value claimed)))
	swapped=$((swapped + $(engine_value swapped)))
	made=$((made + $(engine_value created)))
	released=$((released + $(engine_value released)))
	missed=$((missed + $(engine_value missed)))
}


# What is idle of the TEAs goes now and then, while others take it.
press() {
	while [[ -e /tmp/press ]]; do
		sleep "0.$((RANDOM % 9))"
		case $((RANDOM % 3)) in
		0) echo 2 >/proc/sys/vm/drop_caches ;;
		1) echo 4M >"$cgroot/t/memory.reclaim" ;;
		2) echo 4M >"$cgroot/u/memory.reclaim" ;;
		esac
	done
} 2>/dev/null

life() {
	local seconds=$((4 + RANDOM % 8)) pid neighbour job line status storm
	rm -f /tmp/tables.out
	in_cg t ./tables $((RANDOM)) $threads $seconds >/tmp/tables.out &
	job=$!
	spoken() { grep -q ^pid /tmp/tables.out; }
	wait_for 60 spoken || return
	read -r _ pid _ neighbour </tmp/tables.out
	lives=$((lives + 1))
	# The policy of the parent cgroup is asked by hand, and has rounds of its own in u.
	storm="$pid $((seconds + 2)) $((RANDOM)) 200000000 32 280000000 $((6 * threads)) 2c0000000 8"
	echo "storm $storm" >&"${engine_in[e]}"
	if ((RANDOM % 2)); then
		sleep "$((RANDOM % seconds)).$((RANDOM % 10))"
		kill -9 "$pid" "$neighbour"
		killed=$((killed + 1))
	fi
	meddle_by_hand "$neighbour"
	wait "$job"
	status=$?
	[[ $status == 0 || $status == 137 ]] || { note "a process ended with $status"; wrong=$((wrong + 1)); }
	line=$(grep ^done /tmp/tables.out)
	[[ -z $line || $line == "done wrong=0 "* ]] || { note "$line"; wrong=$((wrong + 1)); }
	[[ -z $line ]] || last=$line
	engine_read e $((seconds + 60))
	[[ $answer == storm* ]] || { note "storm: $answer"; wrong=$((wrong + 1)); return; }
	odd=$((odd + $(engine_value odd)))
	engine_ask e info
	sum
	engine_ask e replace ./dmt.bpf.o
}
# The second engine of this machine works on the other process meanwhile.
meddle_by_hand() {
	# A run for 4 GiB moves what is in its way, tables' data among it.
	engine_ask d "tea create $1 2c0000000 $((RANDOM % 2 ? 8 : 2048))"
	[[ $answer != "tea error=0 "* ]] || hand=$((hand + 1))
	engine_ask d "tea fill $1 2c0000000 8"
	engine_ask d "tea trim $1 2c0000000 8"
	((RANDOM % 3)) || meddle_d
}
meddle_d() {
	engine_kill d
	engine_start d dmt u || { note "$answer"; wrong=$((wrong + 1)); }
}

export LOADER_SET="period_ms=100 min_windows=4 max_frames=6000"
engine_start e dmt t || { fail "the engine attaches: $answer"; finish; }
engine_start d dmt u || { fail "the second engine attaches: $answer"; finish; }
last=""
touch /tmp/press
press &
pressing=$!
while ((SECONDS < end && wrong == 0)); do
	life
	note "life $lives: by hand $hand moved $moved vacated $vacated trimmed $trimmed relocated $relocated claimed $claimed swapped $swapped teas $made released $released missed $missed killed $killed"
done
rm -f /tmp/press
wait "$pressing"
engine_end e
engine_end d
note "$last"
check "no page had anything but what was written there" test "$wrong" = 0
check "no request was answered oddly" test "$odd" = 0
at_least() { if (($2 >= $3)); then ok "$1 ($2, at least $3)"; else fail "$1 ($2, at least $3)"; fi; }
at_least "tables moved in" "$moved" $((lives * 8))
at_least "tables moved out" "$vacated" "$lives"
at_least "TEAs came" "$made" "$lives"
at_least "idle slots went back" "$released" "$lives"
at_least "page faults took slots" "$claimed" "$lives"
settled() { (($(table_pages) <= tables + 96)); }
check "page tables are counted as before" wait_for 60 settled
unloads() { rmmod mempol; }
check "the module unloads" wait_for 60 unloads
finish
