#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Counts the pages that real programs read in a limited cgroup, under engines, the kernel's own policies and what a user
# has without this project; tests/bench/run calls it inside the guest. It measures and writes down, and judges nothing.
#
#   programs.sh RESULTS WORKLOAD=POLICY[,POLICY...]...
#
# WORKLOAD: ripgrep (searches a source tree again and again), sqlite (skewed reads by key beside a copy of the file),
# rocksdb (db_bench); with @SIZE behind it under another memory.max. POLICY: classic, mglru or an engine; or, under classic LRU, random, noreuse, dontneed:
# posix_fadvise by the program; vmtouch: it locks as much of the files as fits; high: memory.high in place of
# memory.max. RESULTS gets a line a run as soon as it is done, behind what is there: workload, policy, pages that the
# load read, of them those that are not of the data (programs, libraries), pages that all of the cgroup read, seconds,
# pages of files that the cgroup had at the end, and the boot.

set -euo pipefail
here=$(dirname "$0")
# shellcheck source=examples/demo/workload.sh
. "$here/workload.sh"

results=$1
shift
cgroup=/sys/fs/cgroup/bench
programs=/opt/programs
usual_limit=32M
# Of the limit so much is for programs and what they read besides; vmtouch locks the rest.
unlocked=$((10 << 20))

# Of either pass or batch the first ones fill the cache and are not counted.
search_passes=7
patterns=(EXPORT_SYMBOL_GPL 'mutex_(un)?lock\(' 'TODO|FIXME' kzalloc '\bgoto\s+out\b' 'static inline' 'err = -E[A-Z]+;')
# A prime number of rows, so that any factor scatters the popular ones over the table.
rows=98299
batches=180
batch=1000
uncounted=120
dump_bytes=$((8 << 20))
values=150000
rocksdb_gets=80000

swapoff -a
boot=$(</proc/sys/kernel/random/boot_id)

# ---- the guest ----------------------------------------------------------------------------------

# A root that has the programs and, of this one, what they are to see.
mount_programs() {
	local disk
	for disk in /sys/block/vd*; do
		[[ $(cat "$disk/serial") != programs ]] || break
	done
	mkdir -p "$programs"
	mount -o ro "/dev/${disk##*/}" "$programs"
	mount -t proc proc "$programs/proc"
	mount --bind /dev "$programs/dev"
	mount -t tmpfs tmpfs "$programs/tmp"
	mount --bind /mnt/share "$programs/mnt/share"
}

# A disk in memory with the readahead that the kernel gives it.
data_disk() {
	! mountpoint -q "$programs/mnt/data" || umount "$programs/mnt/data"
	fresh_disk 0 /mnt/data "$1"
	echo 128 >/sys/block/zram0/queue/read_ahead_kb
	mount --bind /mnt/data "$programs/mnt/data"
}

# within LEAF COMMAND...: a command of the programs' root in a cgroup below the governed one.
within() {
	local leaf=$1
	shift
	in_cgroup "$cgroup/$leaf" "${advised[@]}" chroot "$programs" "$@"
}

# pages_of DISKS LEAF...: what was read in these cgroups so far, from disks whose numbers match, in pages.
pages_of() {
	local disks=$1
	shift
	cat "${@/#/$cgroup/}" | sed -nE "s/^$disks .*rbytes=([0-9]+).*/\1/p" | awk '{ sum += $1 } END { printf "%d\n", sum / 4096 }'
}
pages_of_load() { pages_of '[0-9:]+' load/io.stat; }
pages_of_data() { pages_of "$(</sys/block/zram0/dev)" load/io.stat; }
pages_of_all() { pages_of '[0-9:]+' {load,dump,lock}/io.stat; }

# ---- ripgrep ------------------------------------------------------------------------------------

fill_ripgrep() {
	data_disk $((100 << 20))
	tar -xf /mnt/share/source.tar -C /mnt/data
}

# Each pass is a process of its own, with four threads; which of them reads what differs from pass to pass.
work_ripgrep() {
	local pass
	for ((pass = 0; pass < search_passes; pass++)); do
		((pass != 1)) || counted_from_here
		within load rg --threads 4 --count "${patterns[pass]}" /mnt/data/linux >/dev/null || return
	done
}

# ---- SQLite -------------------------------------------------------------------------------------

# Each row has a key that scatters over the index as hashes do; three rows a page.
fill_sqlite() {
	data_disk $((150 << 20))
	chroot "$programs" sqlite3 /mnt/data/items.db >/dev/null <<-END
		PRAGMA synchronous = OFF;
		CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL);
		INSERT INTO items SELECT value, printf('%08x', value * 2654435761 & 4294967295), printf('%.1000c', 'x')
			FROM generate_series(0, $rows - 1);
		CREATE UNIQUE INDEX items_name ON items (name);
	END
	# Zipf's law with an exponent of 1: the rank below which a share u of the gets falls is rows^u. The same in each run.
	gawk -v rows=$rows -v count=$((batches * batch)) 'BEGIN {
		srand(14)
		for (i = 0; i < count; i++) {
			id = int(exp(rand() * log(rows))) * 48271 % rows
			printf "SELECT length(body) FROM items WHERE name = \"%08x\";\n", id * 2654435761 % 4294967296
		}
	}' | tr '"' "'" | split -l $batch -a 3 -d - /run/gets-
}

# Beside the gets the file is copied again and again, through a pipe that takes so much for each batch of gets: so the
# share of the copy in what is read does not depend on how fast the machine is.
work_sqlite() {
	local number gets dump
	rm -f /run/{gets,dump}
	mkfifo /run/gets /run/dump
	(
		echo "$BASHPID" >"$cgroup/dump/cgroup.procs"
		while "${advised[@]}" cat /mnt/data/items.db 2>/dev/null; do :; done >/run/dump
	) &
	disown $!
	exec {dump}</run/dump
	within load sqlite3 -readonly /mnt/data/items.db </run/gets >/run/answers &
	exec {gets}>/run/gets
	for ((number = 0; number < batches; number++)); do
		((number != uncounted)) || counted_from_here
		cat "/run/gets-$(printf %03d "$number")" >&"$gets"
		head -c "$dump_bytes" <&"$dump" >/dev/null
	done
	exec {gets}>&-
	wait $! || return
	exec {dump}<&-
	echo 1 >"$cgroup/dump/cgroup.kill"
	# Every get has found its row, whatever was read from where.
	[[ $(grep -cx 1000 /run/answers) == $((batches * batch)) ]] ||
		die "gets without an answer: $(sort /run/answers | uniq -c | head -n 3)"
}

# ---- RocksDB ------------------------------------------------------------------------------------

db_bench=(db_bench --db=/mnt/data/rocksdb "--num=$values" --value_size=800 --key_size=16 --seed=14)

fill_rocksdb() {
	data_disk $((250 << 20))
	chroot "$programs" "${db_bench[@]}" --benchmarks=fillseq,compact >/dev/null
}

work_rocksdb() {
	counted_from_here
	within load "${db_bench[@]}" --use_existing_db --readonly --benchmarks=readrandom \
		"--reads=$((rocksdb_gets / 2))" --threads=2 --read_random_exp_range=20 --cache_size=$((8 << 20)) --statistics=0 >&2
}

# ---- a run --------------------------------------------------------------------------------------

# Called by the work when its cache is full.
counted_from_here() {
	load_before=$(pages_of_load)
	data_before=$(pages_of_data)
	all_before=$(pages_of_all)
	SECONDS=0
}

# lapses: how often an engine did not govern so far, and why; a run with one has no figure of its engine's own.
lapses() { ! systemctl -q is-active mempolicyd || mempolctl events | grep -E '^[^ ]+ [^ ]+ +(ejected|passive|quarantined) ' || :; }

# lock_files WORKLOAD LIMIT: the first of many files or the beginning of the largest, as somebody would who cannot know more.
lock_files() {
	local locked=$(($2 - unlocked))
	if [[ $1 == ripgrep ]]; then
		find /mnt/data/linux -type f -printf '%p\t%s\n' | sort | awk -F'\t' -v left="$locked" '
			{ size = int(($2 + 4095) / 4096) * 4096 } size <= left { left -= size; print $1 }' >"$programs/tmp/files"
		within lock vmtouch -dwlq -b /tmp/files
	else
		within lock vmtouch -dwlq -p "0-$locked" \
			"$(find /mnt/data -type f -printf '%s\t%p\n' | sort -n | tail -n 1 | cut -f 2)"
	fi
}

run() {
	local workload=${1%@*} limit=$usual_limit policy=$2 lapsed load data load_before data_before all_before leaf
	[[ $1 != *@* ]] || limit=${1#*@}
	advised=()
	limited "$cgroup" "$limit"
	echo +io >"$cgroup/cgroup.subtree_control"
	mkdir -p "$cgroup"/{load,dump,lock}
	lru "$policy"
	case $policy in
	classic | mglru | vmtouch) ;;
	random | noreuse | dontneed) advised=(env "LD_PRELOAD=/mnt/share/advise.so" "ADVICE=$policy") ;;
	high)
		echo "$limit" >"$cgroup/memory.high"
		echo max >"$cgroup/memory.max"
		;;
	*) engine_file 50-bench bench "${policy%+mglru}" ;;
	esac
	fresh_caches
	[[ $policy != vmtouch ]] || lock_files "$workload" "$(numfmt --from=iec "$limit")"
	lapsed=$(lapses | wc -l)
	"work_$workload" || die "$workload under $policy failed"
	no_oom_kill "$cgroup" || die "$1 under $policy: OOM kill"
	load=$(($(pages_of_load) - load_before))
	data=$(($(pages_of_data) - data_before))
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$policy" $load $((load - data)) $(($(pages_of_all) - all_before)) "$SECONDS" \
		$(($(sed -n 's/^file //p' "$cgroup/memory.stat") / 4096)) "$boot" | tee -a "$results"
	lapses | tail -n +$((lapsed + 1)) | sed "s|^|# $1 $policy: |" >&2
	no_engine_file 50-bench
	echo 1 >"$cgroup/cgroup.kill"
	for leaf in load dump lock ""; do
		until rmdir "$cgroup/$leaf" 2>/dev/null; do sleep 0.1; done
	done
}

modprobe zram num_devices=1
mount_programs
echo +io >/sys/fs/cgroup/cgroup.subtree_control
for arg; do
	filled=${arg%%[@=]*}
	[[ $filled == "${before:-}" ]] || "fill_$filled"
	before=$filled
	for policy in $(tr , ' ' <<<"${arg#*=}"); do
		run "${arg%%=*}" "$policy"
	done
done
