#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's half of tests/bench/placement.sh: workloads of one size, governed by `mosaic` in a pool of its own, then
# under the kernel's own reclaim with a limit that leaves them the same memory. It measures and writes down, and judges
# nothing.
#
#   placement-guest.sh POOL_MIB DISK CLUSTER OVER RUN WORKLOAD:STEPS:CHECKSUM...
#
# DISK: zram, or disk, which is the disk for swap that the VM has; CLUSTER: vm.page-cluster. RUN is a number, and the seed
# of the workloads. Each goes through four policies: default and paper, of placement (under classic LRU), then classic and
# mglru, whose limit is the pool and what the run under `default` used besides. rows.tsv gets a line for each as soon as
# it is there, if its answers have the checksum; placement.sh has the columns.

set -euo pipefail
# shellcheck source=examples/demo/workload.sh
. "$(dirname "$0")/workload.sh"

pool_mib=$1 disk=$2 cluster=$3 over=$4 number=$5
shift 5
rows=/mnt/share/rows.tsv
name=60-bench
cgroup=/sys/fs/cgroup/bench
outside=0
boot=$(cut -c 1-8 /proc/sys/kernel/random/boot_id)

swap_on() {
	if [[ $disk == zram ]]; then
		swapoff -a
		modprobe zram num_devices=1
		echo lz4 >/sys/block/zram0/comp_algorithm
		echo $((pool_mib << 20)) >/sys/block/zram0/disksize
		mkswap -q /dev/zram0
		swapon /dev/zram0
	else
		# The VM has it on already.
		[[ $(tail -n +2 /proc/swaps | wc -l) == 1 ]] || die "there is no disk for swap"
	fi
	echo "$cluster" >/proc/sys/vm/page-cluster
}

# govern POLICY: active when this returns, with all of its pool.
govern() {
	printf '%s\n' '[Match]' 'Cgroup=/bench' '[Placement]' 'Engine=mosaic' "Pool=${pool_mib}M" >"$policy_dir/$name.tmp"
	[[ $1 != paper ]] || echo Preset=paper >>"$policy_dir/$name.tmp"
	mv "$policy_dir/$name.tmp" "$policy_dir/$name.mempolicy"
	wait_state "$name" active
}

# counter JSON NAME
counter() { sed -nE "s/.*\"$2\": *([0-9]+).*/\1/p" <<<"$1"; }
# field LINE KEY
field() { sed -nE "s/.* $2=([0-9a-f.]+).*/\1/p" <<<"$1"; }
fields() {
	local line=$1 key
	shift
	for key; do printf '\t%s' "$(field "$line" "$key")"; done
}

# run WORKLOAD STEPS CHECKSUM POLICY
run() {
	local workload=$1 steps=$2 wanted=$3 policy=$4 limit=max filled finished stats="" current used=0 key frames=()
	mkdir -p "$cgroup"
	lru "$policy"
	case $policy in
	default | paper) govern "$policy" ;;
	*)
		limit=$(((pool_mib << 20) + outside))
		echo "$limit" >"$cgroup/memory.max"
		;;
	esac
	fresh_caches
	mkfifo /run/bench.in /run/bench.out
	# On one CPU, so that no eviction has to wait for another that is emulated as well.
	in_cgroup "$cgroup" taskset -c 1 "/mnt/share/$workload" run "/mnt/share/image-$workload-$over" "$steps" "$number" \
		</run/bench.in >/run/bench.out &
	exec 7>/run/bench.in 8</run/bench.out
	{ read -r filled && read -r finished; } <&8 || die "$workload under $policy has failed"
	[[ $(field "$finished" checksum) == "$wanted" ]] ||
		die "$workload under $policy: a wrong answer, $finished in place of $wanted: memory is not what it was"
	# It waits, with all of its memory.
	current=$(<"$cgroup/memory.current")
	if [[ $limit == max ]]; then
		stats=$(mempolctl stats "$name" --json)
		used=$(counter "$stats" used_pages)
		[[ -n $used ]] || die "there are no counters of $name"
		[[ $policy != default ]] || outside=$((current - used * 4096))
	fi
	exec 7>&- 8<&-
	wait $! || die "$workload under $policy has failed"
	rm /run/bench.in /run/bench.out
	no_oom_kill "$cgroup" || die "$workload under $policy: OOM kill"
	for key in conflict_pages used_pages placed evicted ordinary exempt gated paused failed busy looks; do
		frames+=("$(counter "$stats" "$key")")
	done
	[[ ! -e $policy_dir/$name.mempolicy ]] || no_engine_file "$name"
	rmdir "$cgroup"
	{
		printf '%s' "$pool_mib"
		printf '\t%s' "$disk" "$cluster" "$workload" "$over" "$number" "$policy" "$limit" "$((current - used * 4096))"
		fields "$filled" pages pswpin pswpout swpin_zero swpout_zero
		fields "$finished" pswpin pswpout swpin_zero swpout_zero minor major seconds steps checksum
		printf '\t%s' "${frames[@]}" "$boot"
		echo
	} | sed 's/\t\t/\t-\t/g; s/\t\t/\t-\t/g' >>"$rows"
	tail -n 1 "$rows"
}

modprobe mempol
grep -q '^placement 0$' /sys/module/mempol/parameters/mechanisms ||
	die "this kernel has no placement; mempolctl features says why"
echo never >/sys/kernel/mm/transparent_hugepage/enabled
swap_on
systemctl start mempolicyd || { journalctl -u mempolicyd --no-pager | tail -n 20; die "mempolicyd does not start"; } >&2
for each; do
	IFS=: read -r workload steps wanted <<<"$each"
	for policy in default paper classic mglru; do
		run "$workload" "$steps" "$wanted" "$policy"
	done
done
