#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of tests/bench/refcount-pages.sh and of tests/vm/test_refcount_figures: cached reads and queries of
# the page cache, of files that are opted in beside others in the same boot. It measures and writes down, and judges nothing.
#
#   refcount-pages-guest.sh RESULTS lines READS FS:PATH...     drb under the plugin lines.so, a run each
#   refcount-pages-guest.sh RESULTS users READS FS:PATH...     likewise, all of one block, as each CONDITION of drb says
#   refcount-pages-guest.sh RESULTS ratio READS ROUNDS         readers of a file that is in and of one that is not, in turn
#   refcount-pages-guest.sh RESULTS hit KERNEL OP:LRU:PATH...  instructions of a cached read, under -icount
#   refcount-pages-guest.sh RESULTS query MIB REPEAT SHARE...  instructions of taking pages out, under the plugin
#   refcount-pages-guest.sh RESULTS together -- PART ARGUMENT... -- PART ARGUMENT...  parts of these in one boot, whose
#                                                              lines begin with their names
#
# FS: ext4 or xfs. PATH: stock (nobody has or had a policy), off (nobody has one any more), out (another file is in), in. OP: hit or bulk, see instructions.c.
# SHARE: per cent of the pages that are in files opted in. RESULTS gets a line a run; the runs that the plugin counts
# are in its order, and RESULTS.symbols is written beside it.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd -P)
results=$1 part=$2
shift 2
cpus=$(nproc)
: >"$results"

# attach: a policy that opts in what it is told to, and nothing of its own accord. opt_in FILE...; detach.
attach() {
	modprobe mempol
	coproc LOADER { exec "$here/loader" "$here/agent.bpf.o" "$here/files.bpf.o" /sys/fs/cgroup; }
	loader=$LOADER_PID
	answer
	[[ $reply == attached ]] || { echo "loader: $reply" >&2; exit 1; }
}
answer() { read -r reply <&"${LOADER[0]}"; }
opt_in() {
	local file
	for file; do
		echo "file in $file" >&"${LOADER[1]}"
		answer
		[[ $reply == "file error=0 "* ]] || { echo "$file: $reply" >&2; exit 1; }
	done
}
# still_in NUMBER: so many files are.
still_in() {
	echo files >&"${LOADER[1]}"
	answer
	[[ $reply == "files error=0 nr=$1 "* ]] || { echo "not $1 files are in: $reply" >&2; exit 1; }
}
# rest MS: so long a file has to be idle to be put to rest, 0: it never is.
rest() { echo "$1" >/sys/module/mempol_ref/parameters/rest_ms; }
# awake: each read is to be as the next.
awake() { [[ ! -e /sys/module/mempol_ref/parameters/rest_ms ]] || rest 0; }
queries() {
	echo info >&"${LOADER[1]}"
	answer
	reply=${reply#* queries=}
	reply=${reply%% *}
}
# resting FILE: wait until its pages go without the cells being asked; each time one page is spent.
resting() {
	local i asked before after
	for ((i = 0; i < 600; i++)); do
		queries
		asked=$reply
		read -r before after < <(/tmp/query page "$i" "$1")
		((before == after + 1)) || { echo "$1: page $i does not go" >&2; exit 1; }
		queries
		[[ $reply != "$asked" ]] || return 0
		sleep 0.1
	done
	echo "$1 does not come to rest" >&2
	exit 1
}
# asked NUMBER: so often at least the cells were asked whether somebody reads a page.
asked() {
	queries
	((reply >= $1)) || { echo "asked $reply times, less than $1" >&2; exit 1; }
}
detach() {
	echo quit >&"${LOADER[1]}"
	wait "$loader"
	sleep 3 # hooks stay on for a while behind the last policy
}
# policy PATH FILE...: as PATH says for the files; the file beside is in for `out`.
policy() {
	local path=$1
	shift
	case $path in
	stock | off) ;;
	out) attach && opt_in "$dir/beside" ;;
	in) attach && opt_in "$@" ;;
	esac
}

# file_system FS: one at $dir.
file_system() {
	case $1 in
	ext4)
		dir=/mnt/data
		mount -o remount,noatime "$dir"
		;;
	xfs)
		dir=/mnt/xfs
		if ! mountpoint -q "$dir"; then
			modprobe zram num_devices=1
			echo 320M >/sys/block/zram0/disksize
			mkfs.xfs -q -f /dev/zram0
			mkdir -p "$dir"
			mount -o noatime /dev/zram0 "$dir"
		fi
		;;
	esac
	: >"$dir/beside"
}

# Programs are copied out of the 9p share, so that their own pages are no matter.
programs() { for each; do cp "$here/$each" /tmp/; done; }

symbols() {
	# Of parts in one boot they are the same.
	[[ -z ${together:-} ]] || return 0
	sysctl -q kernel.kptr_restrict=0
	cat /proc/kallsyms >"$results.symbols"
}

# blocks: the files that drb reads, in $blocks.
make_blocks() {
	local cpu
	blocks=("$dir/shared")
	head -c $((cpus * 4096)) /dev/urandom >"$dir/shared"
	for ((cpu = 0; cpu < cpus; cpu++)); do
		head -c 4096 /dev/urandom >"$dir/own.$cpu"
		blocks+=("$dir/own.$cpu")
	done
	sync "${blocks[@]}"
}

# some: of so many CPUs, 1, 2, 4 and so on to all of them.
some() { for ((n = ${1:-1}; n <= cpus; n *= ${2:-2})); do echo "$n"; done; }

users() {
	local reads=$1 each condition n
	shift
	programs drb
	awake
	for each; do
		file_system "${each%:*}"
		head -c 256K /dev/urandom >"$dir/users"
		sync "$dir/users"
		# From the disk, and read ahead.
		echo 1 >/proc/sys/vm/drop_caches
		cat "$dir/users" >/dev/null
		policy "${each#*:}" "$dir/users"
		for n in $(some 2 8); do
			for condition in threads descriptor mapped scan bulk; do
				/tmp/drb high "$dir/users" "$n" "$reads" "$condition" >/dev/null
				printf '%s\t%s\t%s\t%s\n' "${each%:*}" "$condition" "${each#*:}" "$n" | tee -a "$results"
			done
		done
		[[ ${each#*:} == stock ]] || detach
	done
	symbols
}

lines() {
	local reads=$1 each mode file path n
	shift
	programs drb
	awake
	for each; do
		file_system "${each%:*}"
		path=${each#*:}
		make_blocks
		policy "$path" "${blocks[@]}"
		for n in $(some); do
			for mode in low medium high; do
				file=$dir/shared
				[[ $mode != low ]] || file=$dir/own
				/tmp/drb "$mode" "$file" "$n" "$reads" >/dev/null
				printf '%s\t%s\t%s\t%s\n' "${each%:*}" "$mode" "$path" "$n" | tee -a "$results"
			done
		done
		[[ $path == stock || $path == off ]] || detach
	done
	symbols
}

ratio() {
	local reads=$1 rounds=$2 round
	programs drb
	file_system ext4
	for each in in out; do head -c 4096 /dev/urandom >"$dir/$each"; done
	sync "$dir"/{in,out}
	policy in "$dir/in"
	for ((round = 1; round <= rounds; round++)); do
		for each in in out; do
			printf '%s\t%s\t%s\n' "$round" "$each" "$(/tmp/drb high "$dir/$each" "$cpus" "$reads")" | tee -a "$results"
		done
	done
	detach
}

hit() {
	local kernel=$1 op lru path
	shift
	programs instructions
	# The guest's own services would take rounds from us.
	systemctl stop systemd-journald-dev-log.socket systemd-journald.socket systemd-journald 2>/dev/null || :
	file_system ext4
	head -c 8M /dev/zero >"$dir/hit"
	sync "$dir/hit"
	for each; do
		IFS=: read -r op lru path <<<"$each"
		if [[ $lru == mglru ]]; then echo y; else echo n; fi >/sys/kernel/mm/lru_gen/enabled
		# Where pages are in the lists is left behind by earlier readers.
		umount "$dir"
		mount -o noatime "$(cat /tmp/device)" "$dir"
		echo 3 >/proc/sys/vm/drop_caches
		policy "$path" "$dir/hit"
		read -r least median most < <(setarch -R /tmp/instructions "$op" "$dir/hit" 16)
		printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$kernel" "$op" "$lru" "$path" "$least" "$median" "$most" | tee -a "$results"
		[[ $path == stock || $path == off ]] || detach
	done
}

# take OPERATION STATE SHARE FILE...: fills the cache from CPU 0, empties it there, and says how many pages went.
take() {
	local operation=$1 state=$2 share=$3 before after
	shift 3
	# Not 3: inodes that nobody has open would go, and be opted out.
	echo 1 >/proc/sys/vm/drop_caches
	taskset -c 0 cat "$@" >/dev/null
	[[ $state != rest ]] || resting "$1"
	read -r before after < <(taskset -c 0 /tmp/query "$operation" "$@")
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$cpus" "$operation" "$state" "$share" "$before" "$((before - after))" | tee -a "$results"
}
repeat() {
	local i
	for ((i = 0; i < repeat; i++)); do take "$@"; done
}
# truncated STATE SHARE FILE: what is truncated has to be made again.
truncated() {
	local i
	for ((i = 0; i < repeat; i++)); do
		truncate -s "$((mib / 4))M" "$3"
		take truncate "$1" "$2" "$3"
	done
}

# States: one, only CPU 0 has ever read by a cell; all, every CPU has; rest, likewise, but the file has come to rest since;
# reading, all others are reading meanwhile.
query() {
	local mib=$1 repeat=$2 share in=0 i n=20
	shift 2
	programs query drb
	file_system ext4
	files=()
	# Files without a block: what the file system frees beside the pages is no matter.
	for ((i = 0; i < n; i++)); do
		files+=("$dir/part.$i")
		truncate -s $((mib * 1024 / n / 4 * 4))K "$dir/part.$i"
	done
	head -c 4096 /dev/urandom >"$dir/read"
	sync "$dir/read"
	for operation in advise drop; do repeat "$operation" stock 0 "${files[@]}"; done
	truncated stock 0 "$dir/truncated.out"
	attach
	rest 0
	opt_in "$dir/read"
	# What is in by its share is in for good: it only grows. $read is in to bring every CPU into the mask.
	for operation in advise drop; do repeat "$operation" one 0 "${files[@]}"; done
	truncated one 0 "$dir/truncated.out"
	: >"$dir/truncated.in"
	opt_in "$dir/truncated.in"
	truncated one 100 "$dir/truncated.in"
	/tmp/drb high "$dir/read" "$cpus" 16 >/dev/null
	printf '%s\tseen\tall\t0\t0\t0\n' "$cpus" >>"$results"
	for share; do
		while ((in * 100 < share * n)); do opt_in "${files[in++]}"; done
		for operation in advise drop; do repeat "$operation" all "$share" "${files[@]}"; done
		still_in $((in + 2))
		asked $((mib * 230 * in / n))
	done
	truncated all 0 "$dir/truncated.out"
	truncated all 100 "$dir/truncated.in"
	rest 10
	truncated rest 100 "$dir/truncated.in"
	rest 0
	/tmp/drb high "$dir/read" "$cpus" 0 &
	readers=$!
	for operation in advise drop; do repeat=1 repeat "$operation" reading "$share" "${files[@]}"; done
	# With one CPU there are none.
	kill "$readers" 2>/dev/null || :
	wait "$readers" 2>/dev/null || :
	detach
	symbols
}

together() {
	local all=$results together=1 words name
	while [[ $# -gt 0 ]]; do
		shift
		words=()
		while [[ $# -gt 0 && $1 != -- ]]; do
			words+=("$1")
			shift
		done
		name=${words[0]}
		results=$all.$name
		: >"$results"
		"${words[@]}"
		sed "s/^/$name\t/" "$results" >>"$all"
	done
	results=$all together=""
	symbols
}

findmnt -no SOURCE /mnt/data >/tmp/device
"$part" "$@"
