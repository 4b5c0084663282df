#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What does governing cost in memory, and how fast does it end? tests/bench/run calls it inside a guest with
# 1.5 GiB. It measures and writes down, and judges nothing.
#
#   memory.sh RESULTS memory|drain
#
# memory: the kernel's memory while 1 GiB is governed, for 1,000 children of an attached cgroup, and for 100
# cgroups with a policy each, every time beside the same without a policy. drain: how long until nothing is
# governed after a detachment.

set -euo pipefail
here=$(dirname "$0")
# shellcheck source=examples/demo/workload.sh
. "$here/workload.sh"

results=$1
cgroup=/sys/fs/cgroup/bench
file=/mnt/data/big
: >"$results"
modprobe mempol
swapoff -a
head -c 1G /dev/zero >$file
echo n >/sys/kernel/mm/lru_gen/enabled

wrote() { printf '%s\t%s\n' "$@" | tee -a "$results"; }
meminfo() { awk -v key="$1:" '$1 == key { print $2 * 1024 }' /proc/meminfo; }
governed() {
	echo 1 >/proc/sys/vm/stat_refresh
	awk '$1 == "nr_mempol_file" { print $2 }' /proc/vmstat
}

# used: what is neither free nor a page of a file or a process; with what the kernel says it is for.
used() {
	local i
	for i in 1 2 3; do
		echo 1 >/proc/sys/vm/stat_refresh
		sleep 0.2
	done
	awk '{ kb[$1] = $2 }
	END {
		print (kb["MemTotal:"] - kb["MemFree:"] - kb["Cached:"] - kb["Buffers:"] - kb["AnonPages:"]) * 1024,
			kb["Slab:"] * 1024, kb["VmallocUsed:"] * 1024, kb["Percpu:"] * 1024
	}' /proc/meminfo
}
# added NAME COUNT BEFORE AFTER: the bytes between two of these, for each of COUNT.
added() {
	local name=$1 count=$2 i words=(used slab vmalloc percpu)
	local -a before after
	read -ra before <<<"$3"
	read -ra after <<<"$4"
	for i in 0 1 2 3; do
		wrote "$name-${words[i]}" $(((after[i] - before[i]) / count))
	done
}

attach() {
	coproc LOADER { exec "$here/loader" "$here/agent.bpf.o" "$here/mru.bpf.o" "$cgroup"; }
	loader=$LOADER_PID
	read -r answer <&"${LOADER[0]}"
	[[ $answer == attached ]] || die "loader: $answer"
}
detach() {
	echo quit >&"${LOADER[1]}"
	wait "$loader"
}
read_big() { in_cgroup "$cgroup" dd if=$file of=/dev/null bs=1M status=none; }

big() {
	local before plain with
	for round in 1 2; do # the first warms slabs and the file system's caches up
		fresh_caches
		before=$(used)
		read_big
		plain=$(used)
		fresh_caches
		attach
		read_big
		with=$(used)
		[[ $round == 1 ]] || wrote governed-bytes $(($(governed) * 4096))
		detach
	done
	added plain-1g 1 "$before" "$plain"
	added governed-1g 1 "$plain" "$with"
}

# Each child reads a file of one page, so that it has whatever a page needs.
children() {
	local i before after
	# Else each move into a cgroup waits for a grace period.
	mount -o remount,favordynmods /sys/fs/cgroup
	mkdir -p /mnt/data/small
	for ((i = 0; i < 1000; i++)); do head -c 4096 /dev/zero >"/mnt/data/small/$i"; done
	for kind in warm plain attached; do
		fresh_caches
		# The tables of state words come with the attachment, not with a child.
		[[ $kind != attached ]] || attach
		before=$(used)
		for ((i = 0; i < 1000; i++)); do
			mkdir "$cgroup/$i"
			(echo "$BASHPID" >"$cgroup/$i/cgroup.procs" && read -r -N 1 _ <"/mnt/data/small/$i") || :
		done
		after=$(used)
		[[ $kind == warm ]] || added "child-$kind" 1000 "$before" "$after"
		for ((i = 0; i < 1000; i++)); do rmdir "$cgroup/$i"; done
		[[ $kind != attached ]] || detach
		sleep 2 # they are freed behind us
	done
}

policies() {
	local i before after
	systemctl start mempolicyd
	for ((i = 0; i < 100; i++)); do mkdir "/sys/fs/cgroup/many-$i"; done
	before=$(used)
	printf '%s\n' '[Match]' 'Cgroup=many-*' '[Cache]' 'Engine=mru' >"$policy_dir/50-many.tmp"
	mv "$policy_dir/50-many.tmp" "$policy_dir/50-many.mempolicy"
	for ((i = 0; i < 600; i++)); do
		[[ $(mempolctl list | grep -c ' active ') != 100 ]] || break
		sleep 0.1
	done
	wrote policies "$(mempolctl list | grep -c ' active ')"
	after=$(used)
	added policy 100 "$before" "$after"
	wrote daemon-rss $(($(awk '/^VmRSS/ { print $2 }' "/proc/$(pidof mempolicyd)/status") * 1024))
	rm "$policy_dir/50-many.mempolicy"
}

drain() {
	local round pages start
	for round in 1 2 3 4 5; do
		fresh_caches
		attach
		read_big
		pages=$(governed)
		start=${EPOCHREALTIME/./}
		echo detach >&"${LOADER[1]}"
		while [[ $(governed) != 0 ]]; do sleep 0.02; done
		wrote "drain-$round" "$pages $((${EPOCHREALTIME/./} - start))"
		detach
	done
}

mkdir -p "$cgroup"
if [[ $2 == drain ]]; then
	drain
else
	big
	echo '+memory' >"$cgroup/cgroup.subtree_control"
	children
	policies
fi
