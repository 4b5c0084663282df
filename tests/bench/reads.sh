#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Counts page reads of workloads in a limited cgroup, under engines, the kernel's own policies and what a user
# has without this project; tests/bench/run and tests/vm/test_cache_figures call it inside the guest. It
# measures and writes down, and judges nothing.
#
#   reads.sh RESULTS WORKLOAD[@KIB]=POLICY[,POLICY...]...
#
# WORKLOAD: cyclic, config1-quarter, getscan, search, isolation, and under conditions that users have:
#   pool, uring   getscan by four threads that do gets and scans in turn, with pread and over io_uring
#   mapped        four processes round one file through mmap, each from another quarter; on the emulated disk,
#                 because those that wait for it are what lets the others catch up
#   turns         the same in turns of 64 pages, so that none catches up and the host has no say
#   late          search, and a program of 4 MiB whose text comes in when the cache is full, in one cgroup; its
#                 disk is another one. Gives two rows: late has its major faults, late-search what search read
#   popular       whole files by a popularity that shifts
# @KIB: with readahead of so many KiB instead of none. POLICY: as in the demo's guest.sh, or (under classic LRU)
# random, noreuse, dontneed: posix_fadvise by the program; pin: 85 % of the limit locked in memory; high:
# memory.high in place of memory.max. For isolation POLICY is A/B, the policies of the cyclic scan and of
# getscan, each on a disk of its own, at once; - runs the other one alone. RESULTS gets a line a run: workload
# with its @KIB, policy, page reads (of getscan, pool and uring those of the gets), seconds, all page reads, pages
# of files that the cgroup had in the end (but for isolation).

set -euo pipefail
here=$(dirname "$0")
# shellcheck source=examples/demo/workload.sh
. "$here/workload.sh"

results=$1
shift
cgroot=/sys/fs/cgroup
declare -A limit=([cyclic]=64M [config1-quarter]=128M [getscan]=64M [search]=71M
	[pool]=64M [uring]=64M [mapped]=32M [turns]=32M [late]=71M [popular]=64M)
# 26,000 pages; more than the limit, as a source tree is.
search_files=2000
search_bytes=$((13 * 4096))
search_passes=10
popular_files=5000
popular_requests=100000
popular_shifts=4

swapoff -a
: >"$results"
# The disk that zram's are mounted over.
scratch=$(findmnt -no SOURCE /mnt/data)
scratch=${scratch##*/}

# files DIRECTORY NUMBER: a disk with so many files, as search and popular read them.
files() {
	fresh_disk 0 /mnt/data $(($2 * search_bytes + (16 << 20)))
	mkdir "$1"
	head -c $(($2 * search_bytes)) /dev/zero | (cd "$1" && split -b "$search_bytes" -a 4 -d - '')
}

# fill WORKLOAD: its disks, filled; $disk is the one whose reads count.
fill() {
	disk=zram0
	case $1 in
	search) files /mnt/data/search "$search_files" ;;
	late)
		files /mnt/data/search "$search_files"
		fresh_disk 1 /mnt/other $((16 << 20))
		cp "$here/late" /mnt/other/
		;;
	popular) files /mnt/data/popular "$popular_files" ;;
	mapped | turns)
		mkdir -p /mnt/disk
		mountpoint -q /mnt/disk || mount "/dev/$scratch" /mnt/disk
		disk=$scratch
		head -c 40M /dev/zero >/mnt/disk/mapped
		;;
	pool | uring)
		fresh_file getscan
		# The tables of popularity are in the cgroup, too.
		sed 's/gets = 600000/gets = 400000/' "$(file getscan)" >/tmp/pool.cfg
		;;
	*) fresh_file "$1" ;;
	esac
}

# reads_of DISK: 4 KiB pages so far.
reads_of() { awk '{ print int($3 / 8) }' "/sys/block/$1/stat"; }

# from_disk CGROUP COMMAND...: runs it, prints what was read from $disk meanwhile, and seconds.
from_disk() {
	local before reads
	before=$(reads_of "$disk")
	SECONDS=0
	in_cgroup "$@" >&2
	reads=$(($(reads_of "$disk") - before))
	printf '%s\t%s\t%s\n' "$reads" "$SECONDS" "$reads"
}

# work CGROUP WORKLOAD [COMMAND...]: runs it (by COMMAND), prints page reads, seconds, and all page reads.
work() {
	local cgroup=$1 workload=$2 lines reads all
	shift 2
	case $workload in
	search | late) from_disk "$cgroup" "$@" "$here/search" /mnt/data/search "$search_passes" ;;
	popular) from_disk "$cgroup" "$@" "$here/popular" /mnt/data/popular "$popular_files" "$popular_requests" "$popular_shifts" ;;
	mapped) from_disk "$cgroup" "$@" "$here/mapped" /mnt/disk/mapped 4 3 ;;
	turns) from_disk "$cgroup" "$@" "$here/mapped" /mnt/disk/mapped 4 3 64 ;;
	*)
		case $workload in
		pool) lines=$(in_cgroup "$cgroup" "$@" "$here/pool" /tmp/pool.cfg 4) ;;
		uring) lines=$(in_cgroup "$cgroup" "$@" "$here/pool" /tmp/pool.cfg 4 uring) ;;
		*) lines=$(in_cgroup "$cgroup" "$@" mempol-microbenchmark "$(file "$workload")") ;;
		esac
		reads=$(sum get_reads "$lines")
		all=$(sum page_reads "$lines")
		printf '%s\t%s\t%s\n' "${reads:-$all}" "$(sum seconds "$lines")" "$all"
		;;
	esac
}
# cached CGROUP: pages of files it has. The figure may lag by what the CPUs have not folded in: two seconds.
cached() {
	sleep 2.1
	awk '$1 == "file" { print int($2 / 4096) }' "$1/memory.stat"
}

wrote() {
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" | tee -a "$results"
}

# lapses: how often an engine did not govern so far, and why; said after a run, whose figure is not its own then.
lapses() { ! systemctl -q is-active mempolicyd || mempolctl events | grep -E '^[^ ]+ [^ ]+ +(ejected|passive|quarantined) ' || :; }
# lapsed WORKLOAD POLICY BEFORE: what came after those.
lapsed() { lapses | tail -n +$(($3 + 1)) | sed "s|^|# $1 $2: |" >&2; }

# start_late CGROUP: fills the cache, then starts the program; stop_late CGROUP: its major faults, in $late_faults.
start_late() {
	in_cgroup "$1" "$here/search" /mnt/data/search 1
	coproc LATE { in_cgroup "$1" /mnt/other/late 1 1; }
	# The shell forgets its end of the pipe with the process.
	exec {late_output}<&"${LATE[0]}"
}
stop_late() {
	local line
	xargs kill <"$1/cgroup.procs"
	line=$(cat <&"$late_output")
	exec {late_output}<&-
	echo "# $line" >&2
	late_faults=$(sum major_faults "$line")
}

run() {
	local name=$1 policy=$2 workload=${1%@*} cgroup=$cgroot/bench before result advised=() files pid=
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
	[[ $workload != late ]] || start_late "$cgroup"
	result=$(work "$cgroup" "$workload" "${advised[@]}") || die "$name under $policy failed"
	result+=$'\t'$(cached "$cgroup")
	if [[ $workload == late ]]; then
		stop_late "$cgroup"
		wrote "$name" "$policy" "$late_faults	${result#*	}"
		wrote "${name/late/late-search}" "$policy" "$result"
	else
		wrote "$name" "$policy" "$result"
	fi
	lapsed "$name" "$policy" "$before"
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
	if [[ $workload == isolation ]]; then fill_isolation; else fill "${workload%@*}"; fi
	readahead=0
	[[ $workload != *@* ]] || readahead=${workload#*@}
	for each in zram0 zram1 "$scratch"; do echo "$readahead" >"/sys/block/$each/queue/read_ahead_kb"; done
	for policy in $(tr , ' ' <<<"${arg#*=}"); do
		if [[ $workload == isolation ]]; then isolation "$policy"; else run "$workload" "$policy"; fi
	done
done
