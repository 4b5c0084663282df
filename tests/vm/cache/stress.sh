#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Shakes everything at once, at random but from a seed: workers check every byte they read in governed
# cgroups, while engines come, go, are replaced and die, cgroups too, and the kernel moves, reclaims and
# takes away memory. Runs inside the guest, called by tests/vm/test_cache_stress; with talk.sh beside it, programs say
# what becomes of those files meanwhile, called by tests/vm/test_cache_verbs_stress.
#
#   stress.sh SEED SECONDS

# shellcheck disable=SC2154,SC2317,SC2034,SC2012 # from engines.sh; actions and arrays are used by name

cd /mnt/share || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

seed=$1
seconds=$2
modprobe mempol || { fail "modprobe mempol"; finish; }
modprobe -q hwpoison_inject
RANDOM=$seed
note "seed $seed, $seconds s; to repeat: MEMPOL_STRESS_SEED=$seed"
start_daemon
kills=$(oom_kills)
trace=/mnt/share/actions
: >"$trace"

# What is shaken: s above all, s/a and s/b with workers, s/b governed by the daemon's policy.
echo "+cpuset" >"$cgroot/cgroup.subtree_control"
mkdir -p "$cgroot/s"
echo "+memory +cpuset" >"$cgroot/s/cgroup.subtree_control"
mkdir -p "$cgroot"/s/{a,b,reader}
for cg in a b; do
	echo 32M >"$cgroot/s/$cg/memory.max"
done
file=/mnt/data/read
dd if=/dev/urandom of="$file" bs=1M count=12 status=none
sum=$(sha256sum <"$file")

# What talk.sh adds.
more_actions=()
more_checks() { :; }
# shellcheck source=/dev/null
[[ ! -e talk.sh ]] || . ./talk.sh

mapfile -t good < <(cat good)
mapfile -t all < <(cat good bad)
pick() { local -n from=$1; picked=${from[RANDOM % ${#from[@]}]}; }

# Where loaders attach: the names are those of engines.sh.
sites=(s s_a s_reader)
pick_site() { pick sites; site=$picked; cg=${site//_//}; }

act_attach() {
	pick_site
	[[ -z ${engine_pid[$site]:-} ]] || return 0
	pick all
	engine_start "$site" "$picked" "$cg" || did=" ($answer)"
	did="$did $picked to $cg"
}
act_replace() {
	pick_site
	[[ -n ${engine_pid[$site]:-} ]] || return 0
	pick all
	engine_ask "$site" replace "./$picked.bpf.o"
	did="$did $cg by $picked: $answer"
}
act_detach() {
	pick_site
	[[ -n ${engine_pid[$site]:-} ]] || return 0
	if ((RANDOM % 2)); then engine_ask "$site" detach; fi
	engine_end "$site"
	did="$did $cg"
}
act_kill() {
	pick_site
	[[ -n ${engine_pid[$site]:-} ]] || return 0
	engine_kill "$site"
	did="$did $cg"
}
act_info() {
	pick_site
	[[ -n ${engine_pid[$site]:-} ]] || return 0
	engine_ask "$site" info
}
act_policy() {
	pick all
	policy b "/mnt/share/$picked.bpf.o" "Cgroup=/s/b*"
	did="$did $picked"
}
act_no_policy() { rm -f "$policy_dir/b.mempolicy"; }
act_daemon() {
	local pid
	pid=$(systemctl show -P MainPID mempolicyd)
	case $((RANDOM % 4)) in
	0) [[ $pid == 0 ]] || kill -9 "$pid" && did=" killed" ;;
	1) systemctl stop mempolicyd ;;
	*) systemctl start mempolicyd ;;
	esac
} 2>/dev/null
act_cgroup() {
	local cg=s/b$((RANDOM % 3))
	if [[ -d "$cgroot/$cg" ]]; then
		rmdir "$cgroot/$cg"
	else
		mkdir "$cgroot/$cg" && in_cg $cg dd if="$file" of=/dev/null bs=1M count=$((RANDOM % 12)) status=none
	fi
	did="$did $cg"
} 2>/dev/null
act_move() {
	local pid
	local -a pids
	mapfile -t pids < <(pgrep -x churn)
	((${#pids[@]})) || return
	pid=${pids[RANDOM % ${#pids[@]}]}
	if ((RANDOM % 2)); then cg=s/a; else cg=s/b; fi
	echo "$pid" >"$cgroot/$cg/cgroup.procs"
} 2>/dev/null
act_limit() {
	if ((RANDOM % 2)); then cg=s/a; else cg=s/b; fi
	echo $((24 + RANDOM % 24))M >"$cgroot/$cg/memory.max"
}
act_high() { echo $((20 + RANDOM % 40))M >"$cgroot/s/a/memory.high"; }
act_no_high() { echo max >"$cgroot/s/a/memory.high"; }
act_reclaim() { echo $((1 + RANDOM % 8))M >"$cgroot/s/memory.reclaim"; } 2>/dev/null
act_read() { in_cg s/reader cmp -n $((RANDOM * 256)) "$file" "$file"; }
act_drop() { echo 1 >/proc/sys/vm/drop_caches; }
act_compact() { echo 1 >/proc/sys/vm/compact_memory; }
act_cpuset() { echo $((RANDOM % 2)) >"$cgroot/s/cpuset.mems"; }
act_cpuset_all() { echo 0-1 >"$cgroot/s/cpuset.mems"; }
act_migrate() {
	local pid
	for pid in $(pgrep -x churn); do
		timeout 20 ./memtool migrate "$pid" $((RANDOM % 2)) $((RANDOM % 2))
	done >/dev/null
}
# Reclaim that kills nobody goes on meanwhile.
act_mglru() {
	echo 8M >"$cgroot/s/memory.reclaim" &
	if ((RANDOM % 2)); then mglru on s; else mglru off s; fi
	wait $!
} 2>/dev/null
act_offline() {
	local block
	for block in /sys/devices/system/memory/memory[0-9]*; do
		[[ $(cat "$block/valid_zones") == Movable && $(cat "$block/state") == online ]] || continue
		((RANDOM % 2)) || continue
		timeout 10 bash -c "echo offline >$block/state" && did="$did $block"
	done
	for block in /sys/devices/system/memory/memory[0-9]*; do
		[[ $(cat "$block/state") == online ]] || echo online_movable >"$block/state"
	done
} 2>/dev/null
# The host plugs and unplugs: alloc_contig_range() under way meanwhile.
act_plug() { if ((RANDOM % 2)); then echo 0; else echo 268435456; fi >plug.new; mv plug.new plug; }
act_cma() {
	local area
	area=$(ls -d /sys/kernel/debug/cma/*/ | head -n 1)
	echo $((1 << RANDOM % 13)) >"$area/alloc"
	cat "$area/count" >"$area/free"
} 2>/dev/null

# name:weight
actions=(attach:8 replace:8 detach:3 kill:3 info:2 policy:3 no_policy:1 daemon:1 cgroup:4 move:3 limit:4 high:1 no_high:2
	reclaim:3 read:5 drop:1 compact:2 cpuset:1 cpuset_all:2 migrate:2 mglru:2 offline:1 plug:1)
[[ ! -d /sys/kernel/debug/cma ]] || actions+=(cma:2)
actions+=("${more_actions[@]}")
wheel=()
for entry in "${actions[@]}"; do
	for ((i = 0; i < ${entry#*:}; i++)); do wheel+=("${entry%:*}"); done
done

mkdir /mnt/data/{a,b}
# The workers outlive the actions, whose clock counts whole seconds, and end before what is governed does.
end=$((SECONDS + seconds))
in_cg s/a ./churn /mnt/data/a "$seed" $((seconds + 1)) 2 poison >/tmp/churn.a 2>&1 &
churn_a=$!
in_cg s/b ./churn /mnt/data/b $((seed + 1)) $((seconds + 1)) 2 >/tmp/churn.b 2>&1 &
churn_b=$!
declare -A done_of=()
# A guest that hangs shows on its console where.
(
	last=""
	while sleep $((slow > 1 ? 450 : 150)); do
		now=$(wc -l <"$trace")
		if [[ $now == "$last" ]]; then
			echo 8 >/proc/sys/kernel/printk
			echo w >/proc/sysrq-trigger
			echo l >/proc/sysrq-trigger
			echo "INFO: task stress.sh makes no progress" >/dev/kmsg
		fi
		last=$now
	done
) &
watchdog=$!
# The workers would leave it no time.
renice -n -10 -p $$ >/dev/null
nr=0
while ((SECONDS < end)) && kill -0 $churn_a && kill -0 $churn_b; do
	pick wheel
	action=$picked
	did=""
	"act_$action"
	echo "$SECONDS $action$did" >>"$trace"
	done_of[$action]=$((${done_of[$action]:-0} + 1))
	nr=$((nr + 1))
done
{ kill $watchdog && wait $watchdog; } 2>/dev/null
check "the workers are at work until the end" test $SECONDS -ge $end
echo 0-1 >"$cgroot/s/cpuset.mems"
for cg in a b; do
	echo max >"$cgroot/s/$cg/memory.high"
	echo 32M >"$cgroot/s/$cg/memory.max"
done
check "every byte in s/a was right" wait $churn_a
sed 's/^/# /' /tmp/churn.a
check "every byte in s/b was right" wait $churn_b
sed 's/^/# /' /tmp/churn.b
check "what was only read is right" test "$(sha256sum <$file)" = "$sum"
for name in "${!done_of[@]}"; do printf '%s %s\n' "$name" "${done_of[$name]}"; done | sort | tr '\n' ' ' | sed 's/^/# actions: /'
echo
# One may take twenty seconds: a node that is emptied, memory that goes offline.
at_least "actions were taken" $nr $((seconds / slow / 4))

engines_end
stop_daemon
check "everything is the kernel's again" wait_for 10 no_governed
more_checks
check "figures of the machine agree" wait_for 4 lru_figures_agree
check "figures of the nodes agree" wait_for 4 nodes_agree
check "nothing was killed for memory" test "$(oom_kills)" = "$kills"
for cg in s/b0 s/b1 s/b2 s/a s/b s/reader s; do
	[[ ! -d "$cgroot/$cg" ]] || check "$cg can be removed" wait_for 5 rmdir "$cgroot/$cg"
done
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
if [[ $tests_failed != 0 ]]; then
	note "the last actions:"
	tail -n 25 "$trace" | sed 's/^/# /'
	note "the kernel's last words:"
	dmesg | tail -n 40 | sed 's/^/# /'
fi
finish
