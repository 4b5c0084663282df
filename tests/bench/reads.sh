#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Counts page reads of workloads in a limited cgroup, under engines, the kernel's own policies and what a user
# has without this project; tests/bench/run and tests/vm/test_cache_figures call it inside the guest. It
# measures and writes down, and judges nothing.
#
#   reads.sh RESULTS WORKLOAD=POLICY[,POLICY...]...
#
# WORKLOAD: cyclic, config1-quarter, getscan, search, isolation. POLICY: as in the demo's guest.sh, or (under
# classic LRU) random, noreuse, dontneed: posix_fadvise by the program; pin: 85 % of the limit locked in
# memory; high: memory.high in place of memory.max. For isolation POLICY is A/B, the policies of the cyclic
# scan and of getscan, each on a disk of its own, at once; - runs the other one alone. RESULTS gets a line a
# run: workload, policy, page reads (of getscan those of the gets), seconds.

set -euo pipefail
here=$(dirname "$0")
# shellcheck source=examples/demo/workload.sh
. "$here/workload.sh"

results=$1
shift
cgroot=/sys/fs/cgroup
declare -A limit=([cyclic]=64M [config1-quarter]=128M [getscan]=64M [search]=71M)
# 26,000 pages; more than the limit, as a source tree is.
search_files=2000
search_bytes=$((13 * 4096))
search_passes=10

swapoff -a
: >"$results"

# workload NAME: its disk, filled.
fill() {
	case $1 in
	search)
		fresh_disk 0 /mnt/data $((search_files * search_bytes + (16 << 20)))
		mkdir /mnt/data/search
		head -c $((search_files * search_bytes)) /dev/zero |
			(cd /mnt/data/search && split -b "$search_bytes" -a 4 -d - '')
		;;
	*) fresh_file "$1" ;;
	esac
}

# reads_of DISK: 4 KiB pages so far.
reads_of() { awk '{ print int($3 / 8) }' "/sys/block/$1/stat"; }

# work CGROUP WORKLOAD [COMMAND...]: runs it (by COMMAND), prints page reads and seconds.
work() {
	local cgroup=$1 workload=$2 before lines reads
	shift 2
	if [[ $workload == search ]]; then
		before=$(reads_of zram0)
		SECONDS=0
		in_cgroup "$cgroup" "$@" "$here/search" /mnt/data/search "$search_passes" >&2
		printf '%s\t%s\n' $(($(reads_of zram0) - before)) "$SECONDS"
		return
	fi
	lines=$(in_cgroup "$cgroup" "$@" mempol-microbenchmark "$(file "$workload")")
	reads=$(sum get_reads "$lines")
	printf '%s\t%s\n' "${reads:-$(sum page_reads "$lines")}" "$(sum seconds "$lines")"
}

wrote() {
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" | tee -a "$results"
}

# lapses: how often an engine did not govern so far, and why; said after a run, whose figure is not its own then.
lapses() { ! systemctl -q is-active mempolicyd || mempolctl events | grep -E '^[^ ]+ [^ ]+ +(ejected|passive|quarantined) ' || :; }
# lapsed WORKLOAD POLICY BEFORE: what came after those.
lapsed() { lapses | tail -n +$(($3 + 1)) | sed "s|^|# $1 $2: |" >&2; }

run() {
	local workload=$1 policy=$2 cgroup=$cgroot/bench before result advised=() files pid=
	limited "$cgroup" "${limit[$workload]}"
	lru "$policy"
	case $policy in
	classic | mglru | pin) ;;
	random | noreuse | dontneed) advised=(env "LD_PRELOAD=$here/advise.so" "ADVICE=$policy") ;;
	high)
		echo "${limit[$workload]}" >"$cgroup/memory.high"
		echo max >"$cgroup/memory.max"
		;;
	*) engine_file 50-bench bench "${policy%+mglru}" ;;
	esac
	fresh_caches
	if [[ $policy == pin ]]; then
		files=("$(config "$workload" file_name 2>/dev/null || :)")
		[[ $workload != search ]] || files=(/mnt/data/search/*)
		coproc PIN { in_cgroup "$cgroup" "$here/pin" $(($(numfmt --from=iec "${limit[$workload]}") * 85 / 100)) "${files[@]}" 2>/dev/null; } 2>/dev/null
		pid=$PIN_PID
		read -r result <&"${PIN[0]}"
		[[ $result == pinned ]] || die "pin: $result"
	fi
	before=$(lapses | wc -l)
	result=$(work "$cgroup" "$workload" "${advised[@]}") || die "$workload under $policy failed"
	wrote "$workload" "$policy" "$result"
	lapsed "$workload" "$policy" "$before"
	if [[ -n $pid ]]; then
		echo 1 >"$cgroup/cgroup.kill"
		wait "$pid" 2>/dev/null || :
	fi
	no_engine_file 50-bench
	no_oom_kill "$cgroup" || die "$workload under $policy: OOM kill"
	rmdir "$cgroup"
}

# isolation A/B: the cyclic scan under A and getscan under B, or one of them alone.
isolation() {
	local policies=$1 side policy workload before pids=()
	local -A work_of=([a]=cyclic [b]=getscan) policy_of=([a]=${policies%/*} [b]=${policies#*/})
	echo n >/sys/kernel/mm/lru_gen/enabled
	for side in a b; do
		policy=${policy_of[$side]}
		[[ $policy != - ]] || continue
		limited "$cgroot/bench-$side" "${limit[${work_of[$side]}]}"
		[[ $policy == classic ]] || engine_file "50-bench-$side" "bench-$side" "$policy"
	done
	fresh_caches
	before=$(lapses | wc -l)
	for side in a b; do
		policy=${policy_of[$side]}
		workload=${work_of[$side]}
		[[ $policy != - ]] || continue
		work "$cgroot/bench-$side" "isolation-$workload" >"/tmp/isolation-$side" &
		pids+=($!)
	done
	wait "${pids[@]}" || die "isolation $policies failed"
	lapsed isolation "$policies" "$before"
	for side in a b; do
		[[ ${policy_of[$side]} != - ]] || continue
		wrote "isolation-${work_of[$side]}" "$policies" "$(cat "/tmp/isolation-$side")"
		no_engine_file "50-bench-$side"
		rmdir "$cgroot/bench-$side"
	done
}

# Two disks, so that each one's reads are those of one workload; the scan goes on as long as the gets do.
fill_isolation() {
	fresh_disk 0 /mnt/data $((80 << 20))
	fresh_disk 1 /mnt/other $((256 << 20))
	head -c 80M /dev/zero >/mnt/data/cyclic
	head -c 256M /dev/zero >/mnt/other/getscan
	sed 's/passes = 6 /passes = 60 /' "$(file cyclic)" >/tmp/isolation-cyclic.cfg
	sed 's|/mnt/data|/mnt/other|; s/gets = 600000/gets = 150000/' "$(file getscan)" >/tmp/isolation-getscan.cfg
	configs+=(/tmp)
}

modprobe zram num_devices=2
for arg; do
	workload=${arg%%=*}
	if [[ $workload == isolation ]]; then fill_isolation; else fill "$workload"; fi
	for policy in $(tr , ' ' <<<"${arg#*=}"); do
		if [[ $workload == isolation ]]; then isolation "$policy"; else run "$workload" "$policy"; fi
	done
done
