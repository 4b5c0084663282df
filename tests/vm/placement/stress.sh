#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Shakes placement at random but from a seed: two cgroups whose processes fault, fork, lock, pipe and throw away memory
# and check every page they touch, while their engines come, answer wrongly, are replaced, go and die, and the kernel
# compacts, reclaims, moves processes and takes swap away. Runs inside the guest, called by tests/vm/test_placement_stress.
#
#   stress.sh SEED SECONDS

# shellcheck disable=SC2154,SC2317,SC2034 # from engines.sh; actions are called by name

cd /mnt/share || exit 1
for part in lib cgroup engines pools; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

seed=$1
seconds=$2
RANDOM=$seed
modprobe mempol || { fail "modprobe mempol"; finish; }
grep -q '^placement 0$' /sys/module/mempol/parameters/mechanisms || skip "no placement in this kernel"
note "seed $seed, $seconds s; to repeat: MEMPOL_STRESS_SEED=$seed tests/vm/test_placement_stress"
swap_on 512M
echo never >/sys/kernel/mm/transparent_hugepage/enabled
mkdir -p "$cgroot"/{p,q,away}
kills=$(oom_kills)
trace=/mnt/share/actions
: >"$trace"

cgs=(p q)
pick() { cg=${cgs[RANDOM % 2]}; }
# Half of the time both share a pool, if there is one that fits.
attach() {
	local id=0
	((RANDOM % 2)) || id=7
	LOADER_SET="pool_pages=2048 pool_id=$id" engine_start "$1" placer "$1"
}

# What an engine has done counts when it goes.
tally() {
	local evicted placed
	engine_ask "$1" info
	evicted=$(engine_value evicted) placed=$(engine_value placed)
	did+=" placed $placed evicted $evicted"
	total_evicted=$((total_evicted + evicted))
	total_placed=$((total_placed + placed))
}

act_attach() {
	pick
	[[ -n ${engine_pid[$cg]:-} ]] || attach "$cg" || did=" ($answer)"
}
act_replace() {
	pick
	[[ -n ${engine_pid[$cg]:-} ]] || return 0
	tally "$cg"
	engine_ask "$cg" replace ./placer.bpf.o
	did+=" $answer"
}
act_hostile() {
	pick
	[[ -n ${engine_pid[$cg]:-} ]] || return 0
	local mode=$((RANDOM % 8))
	engine_ask "$cg" set placer_foreign $((RANDOM % 2048))
	engine_ask "$cg" set placer_mode $mode
	did=" mode $mode"
}
act_right() {
	pick
	[[ -n ${engine_pid[$cg]:-} ]] || return 0
	engine_ask "$cg" set placer_mode 0
}
act_detach() {
	pick
	[[ -n ${engine_pid[$cg]:-} ]] || return 0
	tally "$cg"
	if ((RANDOM % 2)); then engine_ask "$cg" detach; fi
	engine_end "$cg"
}
act_kill() {
	pick
	[[ -n ${engine_pid[$cg]:-} ]] || return 0
	tally "$cg"
	engine_kill "$cg"
}
act_frames() {
	pick
	[[ -n ${engine_pid[$cg]:-} ]] || return 0
	engine_ask "$cg" frames
	[[ $answer == *" lying=0 "* || $answer == "frames error=-"* ]] || fail "frames: $answer"
}
act_info() {
	pick
	[[ -n ${engine_pid[$cg]:-} ]] || return 0
	engine_ask "$cg" info
	did=" placed $(engine_value placed) evicted $(engine_value evicted)"
}
act_compact() { echo 1 >/proc/sys/vm/compact_memory; }
# What has a limit and no swap gets killed, whoever places its pages.
act_swap() {
	echo max >"$cgroot/p/memory.max"
	echo max >"$cgroot/q/memory.max"
	swapoff -a
	swapon /dev/zram0
}
act_reclaim() {
	pick
	echo 4M 2>/dev/null >"$cgroot/$cg/memory.reclaim" || :
}
act_limit() {
	pick
	local limit=(max 12M 20M max)
	echo "${limit[RANDOM % 4]}" >"$cgroot/$cg/memory.max"
}
act_move() {
	pick
	local to=$cg
	((RANDOM % 8)) || to=away
	while read -r pid; do
		echo "$pid" 2>/dev/null >"$cgroot/$to/cgroup.procs" || :
	done < <(cat "$cgroot"/{p,q,away}/cgroup.procs)
	did=" to $to"
}
act_drop() { echo 1 >/proc/sys/vm/drop_caches; }
act_sleep() { sleep 0.$((RANDOM % 10)); }

actions=(attach attach attach attach replace replace hostile right right right detach kill frames info info compact swap reclaim limit move drop
	sleep sleep sleep)
total_evicted=0
total_placed=0

workers=()
for cg in p q; do
	in_cg $cg ./placed mix 24 2 "$seconds" "$seed" >"/tmp/mix.$cg" 2>&1 &
	workers+=($!)
done
end=$((SECONDS + seconds))
count=0
while ((SECONDS < end)); do
	action=${actions[RANDOM % ${#actions[@]}]}
	did=""
	"act_$action"
	echo "$(cut -d' ' -f1 /proc/uptime) $action${cg:+ $cg}$did" >>"$trace"
	count=$((count + 1))
done
for cg in p q; do echo max >"$cgroot/$cg/memory.max"; done
for i in 0 1; do
	cg=${cgs[i]}
	if wait "${workers[i]}"; then ok "$cg: memory was right ($(tail -n 1 "/tmp/mix.$cg"))"; else
		fail "$cg: memory was right"
		head -n 20 "/tmp/mix.$cg" | sed 's/^/# /'
	fi
done
# How many there are in a second is the host's doing.
at_least "actions" "$count" $((seconds / 20))
for cg in "${!engine_pid[@]}"; do tally "$cg"; done
at_least "pages were placed" "$total_placed" 1000
at_least "pages were evicted for others" "$total_evicted" 100
check "nobody was killed for memory" test "$(oom_kills)" = "$kills"
for cg in "${!engine_pid[@]}"; do
	engine_ask "$cg" pool
	[[ $answer == *" ready=1 "* ]] || continue
	pool_name=$cg
	check "$cg: every frame came back" wait_for 20 pool_is_whole
done
engines_end
check "the module can be removed" wait_for 20 rmmod mempol
check "the kernel does not complain" no_complaints
finish
