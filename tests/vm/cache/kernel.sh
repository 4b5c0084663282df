#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The whole kernel over governed memory: nodes, nested cgroups, reclaim of every kind, swap, mlock, and the
# figures that have to stay true meanwhile. Runs inside the guest, called by tests/vm/test_cache_kernel with
# two nodes, swap and the engines in /mnt/share; what moves or breaks pages is in movers.sh.

# shellcheck disable=SC2154 # from engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines movers; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
# Short: half of it under either LRU; long: everything under both.
mode=${1:-short}
mib=8
pages=$((mib * 256))
file=/mnt/data/file
no_readahead /mnt/data
dd if=/dev/urandom of="$file" bs=1M count=$mib status=none
cp "$file" "$file.2"
sum=$(sha256sum <"$file")
# khugepaged charges a huge page for what is small so far, at a time of its own, and reclaims for it.
echo never >/sys/kernel/mm/transparent_hugepage/enabled
echo "+cpuset" >"$cgroot/cgroup.subtree_control"
kills=$(oom_kills)

read_in() { in_cg "$1" dd if="$2" of=/dev/null bs=1M status=none; }
read_on() { in_cg "$1" ./memtool on-node "$2" dd if="$3" of=/dev/null bs=1M status=none; }
right() { test "$(sha256sum <"$1")" = "$sum"; }
node_pages() {
	echo 1 >/proc/sys/vm/stat_refresh
	awk '$1 == "nr_mempol_file" { print $2 }' "/sys/devices/system/node/node$1/vmstat"
}
# truth WHAT CGROUP: after that the figures are in themselves right.
truth() {
	check "$1: figures of the machine agree" wait_for 4 lru_figures_agree
	check "$1: figures of the nodes agree" wait_for 4 nodes_agree
	check "$1: figures of the cgroup agree" wait_for 4 memcg_figures_agree "$2"
}
# governed ENGINE LIMIT: a new cgroup k with that engine and nothing cached
governed() {
	drop_caches
	cg_new k "$2"
	engine_start k "$1" k || fail "$1 attaches: $answer"
}
# released WHAT: the engine goes, its pages with it; the cgroup too
released() {
	engine_end k
	check "$1: everything is the kernel's again" wait_for 5 no_governed
	check "$1: the cgroup can be removed" wait_for 5 rmdir "$cgroot/k"
}

test_nodes() {
	governed fifo max
	read_on k 0 "$file"
	read_on k 1 "$file.2"
	at_least "$lru: pages on node 0 are governed" "$(node_pages 0)" $((pages * 9 / 10))
	at_least "$lru: and on node 1" "$(node_pages 1)" $((pages * 9 / 10))
	truth "$lru: two nodes" k
	engine_ask k info
	at_least "$lru: both count" "$(engine_value governed_pages)" $((pages * 18 / 10))
	test_moves
	echo $((mib / 2))M >"$cgroot/k/memory.max"
	at_most "$lru: a limit reaches both nodes, MiB" $(($(cat "$cgroot/k/memory.current") >> 20)) $((mib / 2))
	released "$lru: two nodes"
	at_most "$lru: node 0 is left without" "$(node_pages 0)" 0
	at_most "$lru: node 1 as well" "$(node_pages 1)" 0
}

test_nested() {
	local before
	drop_caches
	mkdir -p "$cgroot/p"
	echo "+memory" >"$cgroot/p/cgroup.subtree_control"
	mkdir -p "$cgroot"/p/{old,a,b}
	echo "+memory" >"$cgroot/p/a/cgroup.subtree_control"
	mkdir -p "$cgroot/p/a/x"
	read_in p/old "$file.2"
	engine_start outer fifo p || fail "the outer engine: $answer"
	at_most "$lru: what was cached before is not governed" "$(stat_of p/old mempol_file)" 0
	engine_start inner mru p/a || fail "the inner engine: $answer"
	read_on p/a/x 0 "$file"
	engine_ask outer info
	at_most "$lru: nested: the outer engine has the rest" "$(engine_value cgroups)" 3
	at_most "$lru: nested: and not what the inner one has" "$(engine_value governed_pages)" 64
	engine_ask inner info
	at_most "$lru: nested: the inner engine has two" "$(engine_value cgroups)" 2
	at_least "$lru: nested: with the pages read there" "$(engine_value governed_pages)" $((pages * 9 / 10))
	before=$(stat_of p/a/x workingset_refault_file)
	echo $((mib * 3 / 2))M >"$cgroot/p/memory.reclaim"
	# MGLRU counts none that comes back to another node.
	read_on p/a/x 0 "$file"
	at_least "$lru: nested: what an ancestor had evicted is a refault, pages" \
		$(($(stat_of p/a/x workingset_refault_file) - before)) $((pages / 4))
	drop_caches
	in_cg p/a/x bash -c "echo \$\$ >$cgroot/p/b/cgroup.procs && exec dd if=$file of=/dev/null bs=1M status=none"
	engine_ask outer info
	at_least "$lru: nested: who moves is governed where it is" "$(engine_value governed_pages)" $((pages * 9 / 10))
	read_in p/a/x "$file.2"
	engine_end inner
	engine_ask outer info
	check "$lru: nested: without the inner one all is the outer's" wait_for 5 outer_has $((pages * 18 / 10))
	at_most "$lru: nested: five cgroups" "$(engine_value cgroups)" 5
	echo $((mib / 4))M >"$cgroot/p/a/x/memory.max"
	echo $((mib / 2))M >"$cgroot/p/a/memory.max"
	echo $((mib * 3 / 4))M >"$cgroot/p/memory.max"
	read_in p/a/x "$file" &
	read_in p/b "$file.2"
	wait $!
	check "$lru: nested: limits at three levels hold" limits_hold
	mkdir "$cgroot/p/b2" && read_in p/b2 "$file" && rmdir "$cgroot/p/b2"
	check "$lru: nested: the cgroup that went leaves no governed page behind" wait_for 5 outer_cgroups 5
	for cg in p/a/x p/a p/b p/old; do
		rmdir "$cgroot/$cg" || fail "$lru: nested: rmdir $cg"
	done
	engine_end outer
	check "$lru: nested: everything is the kernel's again" wait_for 5 no_governed
	rmdir "$cgroot/p"
}
outer_has() { engine_ask outer info && (($(engine_value governed_pages) >= $1)); }
outer_cgroups() { engine_ask outer info && (($(engine_value cgroups) <= $1)); }
limits_hold() {
	local cg
	for cg in p p/a p/a/x; do
		(($(cat "$cgroot/$cg/memory.current") <= $(cat "$cgroot/$cg/memory.max"))) || { echo $cg; return 1; }
	done
}

test_reclaim() {
	governed fifo max
	read_in k "$file"
	check "$lru: memory.reclaim gets what is governed" bash -c "echo $((mib / 2))M >$cgroot/k/memory.reclaim"
	truth "$lru: memory.reclaim" k
	engine_ask k info
	at_least "$lru: by the engine" "$(engine_value evicted)" $((pages / 2 - 64))
	released "$lru: memory.reclaim"
	# An engine that yields nothing must not make it fail either.
	governed hog max
	read_in k "$file"
	check "$lru: memory.reclaim succeeds against an engine's will" bash -c "echo $((mib / 2))M >$cgroot/k/memory.reclaim"
	released "$lru: memory.reclaim by force"
}

# shared WHAT WANTED COMMAND...: what that reclaims is as much as was wanted and little more
shared() {
	local what=$1 wanted=$2 before after
	shift 2
	before=$(vm_of nr_file_pages)
	check "$lru: $what" "$@"
	after=$(vm_of nr_file_pages)
	at_least "$lru: $what: what is wanted is gone, pages" $((before - after)) $((wanted - wanted / 4))
	at_most "$lru: $what: and little more" $((before - after)) $((wanted + wanted / 4))
	engine_ask k info
}
shrink() { echo $(($(cat "$cgroot/k/memory.current") - $1 * 4096)) >"$cgroot/k/memory.max"; }

# Pressure is shared in proportion: half of what is cached is governed, then all of it on two nodes, then an eighth
# as much as is not.
test_shares() {
	local before part
	drop_caches
	cg_new k max
	read_on k 0 "$file.2"
	engine_start k fifo k || fail "fifo attaches: $answer"
	read_on k 1 "$file"
	shared "half is governed" $pages bash -c "echo ${mib}M >$cgroot/k/memory.reclaim"
	at_least "$lru: half is governed: and as much of what goes" "$(engine_value evicted)" $((pages * 4 / 10))
	at_most "$lru: half is governed: not more" "$(engine_value evicted)" $((pages * 6 / 10))
	released "$lru: half is governed"

	governed fifo max
	read_on k 0 "$file"
	read_on k 1 "$file.2"
	before=$(node_pages 0)
	part=$((pages * before / (before + $(node_pages 1)) / 2))
	shared "two nodes" $((pages / 2)) shrink $((pages / 2))
	at_least "$lru: two nodes: the first one gives its part" $((before - $(node_pages 0))) $((part * 8 / 10))
	# 514 or, where the last round ends before it comes to the second node, up to 640 of 1,024.
	at_most "$lru: two nodes: not more" $((before - $(node_pages 0))) $((part * 14 / 10))
	released "$lru: two nodes"

	drop_caches
	cg_new k max
	read_on k 0 "$file"
	engine_start k fifo k || fail "fifo attaches: $answer"
	in_cg k ./memtool on-node 0 dd if="$file.2" of=/dev/null bs=1M skip=$((mib * 7 / 8)) status=none
	cat "$cgroot/k/memory.current" >"$cgroot/k/memory.max"
	shared "an eighth is governed" $((pages / 2)) in_cg k ./memtool hog $((mib / 2)) 1 # by the cluster
	at_least "$lru: an eighth is governed: and gives as much" "$(engine_value evicted)" $((pages / 32))
	at_most "$lru: an eighth is governed: not more" "$(engine_value evicted)" $((pages / 8))
	released "$lru: an eighth is governed"
}

# reclaimable: MiB that are not free but available, as /proc/meminfo has it
reclaimable() { awk '$1 == "MemFree:" { f = $2 } $1 == "MemAvailable:" { a = $2 } END { print int((a - f) / 1024) }' /proc/meminfo; }

# file_pages: those on LRU lists, governed ones among them
file_pages() { echo $(($(vm_of nr_inactive_file) + $(vm_of nr_active_file))); }

# Unwritten extents: page cache without a disk. On node 0, whose memory is good for everything: what lies in
# the movable zone of the other one helps no page table.
test_global() {
	local before after hog free size all gone
	drop_caches
	# It has to fit: what is left of a file that does not is chance. The debug kernel has less for it.
	size=$(($(free_of 0 kernel) * 3 / 4))
	rm -f "$file.big"
	fallocate -l $((size < 200 ? size : 200))M "$file.big"
	./memtool on-node 0 cat "$file.big" >/dev/null
	free=$(reclaimable)
	governed "${1:-fifo}" max
	read_on k 0 "$file.big"
	at_least "$lru: governed pages count as available, MiB" "$(reclaimable)" $((free - 16))
	# The one that takes over sees nothing until the lists have moved: no reason to throw it out.
	if [[ ${1:-fifo} == fifo ]]; then
		engine_ask k replace ./mru.bpf.o
		echo 30M >"$cgroot/k/memory.reclaim"
		engine_ask k info
		check "$lru: who takes over under pressure stays" test "$(engine_value attached)" = 1
	fi
	# Three fifths of what is governed.
	before=$(vm_of nr_mempol_file)
	free=$(awk '$1 == "MemFree:" { print $2 }' /proc/meminfo)
	swapoff -a
	hog=$(((free >> 10) + before * 3 / 5 / 256))
	all=$(file_pages)
	at_least "$lru: that is worth asking for, pages" "$before" $((40 * 256))
	check "$lru: memory is had from ${1:-fifo} without an OOM kill" ./memtool hog $hog 1
	after=$(vm_of nr_mempol_file)
	# The rest of the page cache and the slab give too: how much is up to the order in which cgroups have their turn.
	gone=$((all - $(file_pages)))
	note "$lru: of $all pages of files $before were governed; of $gone that went, $((before - after)) were"
	at_least "$lru: and it was governed memory, pages" $((before - after)) $((before / 5))
	at_least "$lru: and at least half its share" $((before - after)) $((gone * before / all / 2))
	swapon "$swap"
	check "$lru: nothing was killed" test "$(oom_kills)" = "$kills"
	truth "$lru: pressure without a limit" k
	released "$lru: pressure without a limit"
	rm -f "$file.big"
}

# free_of NODE movable|kernel: MiB free in those zones
free_of() {
	awk -v node="$1," -v kind="$2" '
		$1 == "Node" { counts = $2 == node && ($4 == "Movable") == (kind == "movable") }
		$1 == "pages" && $2 == "free" && counts { free += $3 }
		END { print int(free / 256) }' /proc/zoneinfo
}

# What the kernel needs for itself cannot lie in a movable zone: the pages of it are passed over, and more than
# one call may pass over are in the way. They are the oldest, since a file's pages go there first.
test_zones() {
	local movable low after governed
	drop_caches
	movable=$(free_of 1 movable)
	low=$(($(free_of 1 kernel) / 2))
	at_least "$lru: node 1 has a movable zone, MiB free" "$movable" 128
	rm -f "$file.big"
	fallocate -l $((movable + low))M "$file.big"
	governed fifo max
	read_on k 1 "$file.big"
	movable=$(free_of 1 movable)
	governed=$(node_pages 1)
	swapoff -a
	check "$lru: what is wanted of one zone is had from behind the pages of another" \
		./memtool on-node 1 ./memtool pipes $(($(free_of 1 kernel) + low / 2))
	governed=$(((governed - $(node_pages 1)) / 256))
	after=$(free_of 1 movable)
	swapon "$swap"
	at_least "$lru: and it was governed memory, MiB" "$governed" $((low / 3))
	at_most "$lru: those pages stay, MiB of them that went" $((after - movable)) $((governed / 4))
	check "$lru: nothing was killed" test "$(oom_kills)" = "$kills"
	truth "$lru: zones" k
	released "$lru: zones"
	rm -f "$file.big"
}

test_swap() {
	local out
	governed fifo $((mib * 2))M
	echo max >"$cgroot/k/memory.swap.max"
	# More than the limit on its own, beside as much of governed pages.
	in_cg k ./memtool hog $((mib * 5 / 2)) 3 >/tmp/hog &
	read_in k "$file"
	read_in k "$file.2"
	wait $!
	check "$lru: anonymous memory beside governed pages is right" grep -q 'wrong=0' /tmp/hog
	engine_ask k info
	at_least "$lru: governed pages give way" "$(engine_value evicted)" 100
	out=$(awk '$1 == "pswpout" { print $2 }' /proc/vmstat)
	at_least "$lru: and pages are swapped" $((out - swapped)) 1
	swapped=$out
	check "$lru: what was read beside swapping is right" right "$file"
	released "$lru: swap"
}

test_mlock() {
	governed fifo max
	read_in k "$file"
	# memory.stat lags behind by seconds.
	check "$lru: what is locked is no longer governed" in_cg k ./memtool lock "$file" \
		"i=0; until awk '\$1 == \"unevictable\" && \$2 >= $((pages * 3600)) { found = 1 } END { exit !found }' $cgroot/k/memory.stat; do
			i=\$((i + 1)); [ \$i -lt $((300 * slow)) ] || exit 1; sleep 0.1; done"
	# munlock() puts it on the kernel's lists without asking anybody.
	check "$lru: what is unlocked can be reclaimed again" wait_for 5 reclaim_most
	truth "$lru: mlock" k
	released "$lru: mlock"
}
governs() { (($(stat_of "$1" mempol_file) >= $2 * 4096)); }

reclaim_most() { echo $((mib * 3 / 4))M >"$cgroot/k/memory.reclaim"; }

test_switching() {
	governed lfu $((mib / 2))M
	touch busy
	{ while [[ -e busy ]]; do read_in k "$file"; done; } &
	for _ in 1 2 3 4 5 6; do
		mglru on
		sleep 0.2
		mglru off
		sleep 0.2
	done
	rm busy
	wait $!
	engine_ask k info
	check "LRUs switched while governed: the engine is still there" test "$(engine_value attached)" = 1
	at_least "LRUs switched while governed: so are its pages" "$(engine_value governed_pages)" $((pages / 4))
	check "LRUs switched while governed: what was read is right" right "$file"
	truth "LRUs switched while governed" k
	released "LRUs switched while governed"
}

# written CGROUP: milliseconds for a file that is larger than the limit, by write(2) and through mmap
written() {
	local start
	rm -f "$file.new"
	fallocate -l $((mib * limit_of_writers))M "$file.new"
	sync
	start=$(now_ms)
	in_cg "$1" dd if=/dev/zero of="$file.new" bs=256k count=$((mib * 4 * limit_of_writers)) conv=notrunc,fsync status=none
	in_cg "$1" ./memtool scribble "$file.new"
	echo $(($(now_ms) - start))
	rm -f "$file.new"
}

# The fastest of three to ten laps each: writing back takes seconds longer now and then, governed or not.
test_throttling() {
	local lap ms free=999999 own=999999
	governed fifo $((mib * limit_of_writers))M
	cg_new u $((mib * limit_of_writers))M
	for ((lap = 0; lap < 3 || (own > free * 2 + 1000 && lap < 10); lap++)); do
		ms=$(written u)
		free=$((ms < free ? ms : free))
		ms=$(written k)
		own=$((ms < own ? ms : own))
	done
	at_most "$lru: writers are not throttled more when governed, ms" $own $((free * 2 + 1000))
	note "ungoverned: $free ms"
	truth "$lru: writing" k
	rmdir "$cgroot/u"
	released "$lru: writing"
}

swap=$(awk 'NR == 2 { print $1 }' /proc/swaps)
swapped=$(awk '$1 == "pswpout" { print $2 }' /proc/vmstat)
at_least "there are two nodes" "$(grep -c . <(ls -d /sys/devices/system/node/node[0-9]*))" 2
declare -A parts=([classic]="nodes reclaim shares failure" [mglru]="nested shares global zones swap mlock throttling truncation")
limit_of_writers=1
if [[ $mode == long ]]; then
	parts[classic]="nodes nested reclaim shares global zones swap mlock throttling failure truncation"
	parts[mglru]=${parts[classic]}
	limit_of_writers=4
fi
run_parts() {
	local part start
	for part in "$@"; do
		start=$SECONDS
		"test_$part"
		note "${lru:-} $part: $((SECONDS - start)) s"
	done
}
for lru in classic mglru; do
	if [[ $lru == classic ]]; then mglru off; else mglru on; fi
	# shellcheck disable=SC2086 # words
	run_parts ${parts[$lru]}
done
if [[ $mode == long ]]; then
	test_global hog
	run_parts switching
fi
run_parts compaction collapse offline contiguous large

check "the file is what it was" right "$file"
check "its copy too" right "$file.2"
check "nothing was killed for memory" test "$(oom_kills)" = "$kills"
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
