#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a backup of a database's directory leaves of the database's cache: tar and rsync as they are, with what a user has
# without this project, and with examples/quiet. tests/bench/run calls it inside the guest, and tests/vm/test_cache_backup. It
# measures and writes down, and judges nothing.
#
#   backup.sh RESULTS JOB=METHOD[,METHOD...]...
#
# JOB: tar (into a pipe) or rsync (to another disk). METHOD: plain; fadvise (each file is dropped when it is closed);
# nocache (but for the pages that were there before); high (memory.high of 8 MiB, as MemoryHigh=); evict, deactivate
# (examples/quiet, under Engine=kernel), evict-ungoverned (without a policy). With -same at its end the backup runs in the
# database's own cgroup.
#
# The database is 128 MiB in four files, one of them of 80 MiB; of each the first 8 MiB are hot: read three times
# before, and not meanwhile. It and the backup are in cgroups below one of 64 MiB. RESULTS gets a line a run: job, method, pages of the hot ones that are
# cached after the backup, how many there are, pages of files that the backup's cgroup has then.

set -euo pipefail
here=$(dirname "$0")
# shellcheck source=examples/demo/workload.sh
. "$here/workload.sh"

results=$1
shift
db=/mnt/data/db
box=/sys/fs/cgroup/box
file_mib=(16 80 16 16)
hot_mib=8
hot_pages=$((${#file_mib[@]} * hot_mib * 256))

swapoff -a
: >"$results"
modprobe zram num_devices=2
fresh_disk 0 /mnt/data $((128 << 20))
fresh_disk 1 /mnt/other $((128 << 20))
for disk in zram0 zram1; do echo 128 >"/sys/block/$disk/queue/read_ahead_kb"; done
mkdir $db
for i in "${!file_mib[@]}"; do head -c "${file_mib[i]}M" /dev/urandom >"$db/table$i"; done
cp -r "$here/rsync" /tmp/ 2>/dev/null || :

read_hot() {
	local table
	for table in "$db"/table*; do in_cgroup $box/db dd if="$table" of=/dev/null bs=64K count=$((hot_mib * 16)) status=none; done
}
hot() { # how many of the hot pages are cached
	local tables=("$db"/table*)
	mempolctl --json cache residency "${tables[@]/%/:0+${hot_mib}M}" | python3 -c 'import json, sys
print(sum(f["cached"] for f in json.load(sys.stdin)["files"]))'
}
cached() {
	sleep 2.1
	awk '$1 == "file" { print int($2 / 4096) }' "$1/memory.stat"
}
job() { # JOB CGROUP WORDS...: by them
	case $1 in
	tar) in_cgroup "$box/$2" "${@:3}" tar -C $db -cf - . | cat >/dev/null ;;
	rsync) in_cgroup "$box/$2" env LD_LIBRARY_PATH=/tmp/rsync "${@:3}" /tmp/rsync/rsync -a --whole-file $db/ /mnt/other/db/ ;;
	esac
}

run() {
	local name=$1 method=$2 by=() place=backup policy=
	mkdir -p $box
	echo +memory >$box/cgroup.subtree_control
	limited $box 64M
	mkdir $box/db $box/backup
	[[ $method != *-same ]] || place=db
	case ${method%%-*} in
	fadvise) by=(env "LD_PRELOAD=$here/leaving.so" ADVICE=file) ;;
	nocache) by=(env "LD_PRELOAD=$here/leaving.so" ADVICE=nocache) ;;
	high) echo 8M >$box/backup/memory.high ;;
	evict | deactivate)
		by=(env "LD_PRELOAD=$here/quiet.so" "QUIET=${method%%-*}")
		[[ $method == *-ungoverned ]] || policy=kernel
		;;
	esac
	systemctl -q is-active mempolicyd || systemctl start mempolicyd
	[[ -z $policy ]] || engine_file 50-bench box $policy
	rm -rf /mnt/other/db
	fresh_caches
	for _ in 1 2 3; do read_hot; done
	[[ $(hot) == "$hot_pages" ]] || die "the hot pages are not cached to begin with"
	job "$name" "$place" "${by[@]}"
	printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$method" "$(hot)" "$hot_pages" "$(cached $box/backup)" | tee -a "$results"
	[[ -z $policy ]] || no_engine_file 50-bench
	no_oom_kill $box || die "$name $method: OOM kill"
	rmdir $box/db $box/backup $box
}

for arg; do
	for method in $(tr , ' ' <<<"${arg#*=}"); do run "${arg%%=*}" "$method"; done
done
