#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Counts instructions in a guest under -icount: tests/bench/run and tests/vm/test_cache_figures call it with
# the programs and engines beside it. It measures and writes down, and judges nothing.
#
#   instructions.sh RESULTS KERNEL CONFIG...
#
# CONFIG: OP[,OP...]:LRU:ENGINE, where OP is hit, turn or fault, LRU classic or mglru, and ENGINE absent (the
# module is not loaded), none (nothing attached), beside (noop governs 8 MiB of another cgroup), placed (a placement
# policy governs another cgroup and has a pool) or an engine; placer and mosaic get a pool of 8 MiB.
# OP/PASSES: so many of a file, instead of the program's choice. RESULTS gets a line each: kernel, LRU, engine,
# operation, least, median, most.

set -euo pipefail
cd "$(dirname "$0")"
results=$1
: >"$results"
kernel=$2
shift 2
cgroup=/sys/fs/cgroup/counted
neighbour=/sys/fs/cgroup/neighbour
# The guest's own services would take rounds from us.
systemctl stop systemd-journald-dev-log.socket systemd-journald.socket systemd-journald 2>/dev/null || :
echo never >/sys/kernel/mm/transparent_hugepage/enabled
modprobe zram num_devices=1
echo 256M >/sys/block/zram0/disksize
echo 0 >/sys/block/zram0/queue/read_ahead_kb
mke2fs -q -t ext4 -E lazy_itable_init=1,nodiscard /dev/zram0
mount -o noatime /dev/zram0 /mnt/data
head -c 8M /dev/zero >/mnt/data/hit
head -c 128M /dev/zero >/mnt/data/turn
head -c 8M /dev/zero >/mnt/data/beside

# The program is copied out of the 9p share, so that its own pages are no matter.
cp instructions /tmp/
measure() {
	bash -c 'echo $$ >"$0/cgroup.procs" && exec setarch -R "$@"' "$cgroup" "$@"
}

# attach ENGINE CGROUP, and detach again; the loader's answers are read here.
attach() {
	case $1 in placer | mosaic) export LOADER_SET=pool_pages=2048 ;; esac
	coproc LOADER { exec ./loader ./agent.bpf.o "./$1.bpf.o" "$2"; }
	unset LOADER_SET
	pid=$LOADER_PID
	read -r answer <&"${LOADER[0]}"
	[[ $answer == attached ]] || { echo "loader: $answer" >&2; exit 1; }
}
detach() {
	echo info >&"${LOADER[1]}"
	read -r answer <&"${LOADER[0]}"
	[[ $answer == *" attached=1 "* ]] || { echo "ejected: $answer" >&2; exit 1; }
	echo quit >&"${LOADER[1]}"
	wait "$pid"
	sleep 3 # hooks stay on for two seconds behind the last policy
}
# A neighbour whose pool is complete.
place_neighbour() {
	mkdir "$neighbour"
	attach placer "$neighbour"
	pool_is_ready
}
pool_is_ready() {
	answer=""
	until [[ $answer == *" ready=1 "* ]]; do
		echo pool >&"${LOADER[1]}"
		read -r answer <&"${LOADER[0]}"
	done
}
# Whom nothing is asked of meanwhile.
govern_neighbour() {
	mkdir "$neighbour"
	attach noop "$neighbour"
	bash -c 'echo $$ >"$0/cgroup.procs" && exec cat /mnt/data/beside' "$neighbour" >/dev/null
	sleep 2.5 # until memory.stat knows
	awk '$1 == "mempol_file" { exit $2 < 7000000 }' "$neighbour/memory.stat" || { echo "the neighbour is not governed" >&2; exit 1; }
}

for config; do
	IFS=: read -r ops lru engine <<<"$config"
	if [[ $lru == mglru ]]; then echo y; else echo n; fi >/sys/kernel/mm/lru_gen/enabled
	[[ $engine == absent ]] || modprobe mempol
	if [[ $engine == place* ]] && ! grep -q '^placement 0$' /sys/module/mempol/parameters/mechanisms; then
		echo "1..0 # SKIP no placement in this kernel"
		exit 77
	fi
	for op in $(tr , ' ' <<<"$ops"); do
		mkdir "$cgroup"
		echo 32M >"$cgroup/memory.max"
		# What earlier readers left in the files' mappings would make refaults of first reads, or not.
		umount /mnt/data
		mount -o noatime /dev/zram0 /mnt/data
		echo 3 >/proc/sys/vm/drop_caches
		case $engine in
		absent | none) ;;
		beside) govern_neighbour ;;
		placed) place_neighbour ;;
		placer | mosaic)
			attach "$engine" "$cgroup"
			pool_is_ready
			;;
		*) attach "$engine" "$cgroup" ;;
		esac
		passes=${op#"${op%%/*}"}
		op=${op%%/*}
		what=("$op" "/mnt/data/$op" ${passes:+"${passes#/}"})
		[[ $op != fault ]] || what=(fault)
		read -r least median most < <(measure /tmp/instructions "${what[@]}")
		printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$kernel" "$lru" "$engine" "$op" "$least" "$median" "$most" | tee -a "$results"
		case $engine in
		absent | none) ;;
		*) detach ;;
		esac
		rmdir "$cgroup"
		[[ ! -e $neighbour ]] || rmdir "$neighbour"
	done
done
