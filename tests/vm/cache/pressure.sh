#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Pressure from above: of two cgroups that hold the same files, equally used, one governed, the pressure of a
# third takes as much from either, and swappiness, protection and cgroups below count for both alike. Runs inside
# the guest, called by tests/vm/test_cache_pressure with the engines in /mnt/share.

# shellcheck disable=SC2154 # from engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
mode=${1:-short}
hot=256
cold=256
# Unwritten extents are page cache without a disk.
files=/mnt/data
no_readahead $files
for who in own free; do
	fallocate -l ${hot}M $files/$who.hot
	fallocate -l ${cold}M $files/$who.cold
done
fallocate -l 3G $files/stream
swap=$(awk 'NR == 2 { print $1 }' /proc/swaps)
swapoff -a
kills=$(oom_kills)

cached() { echo $(($(stat_of "$1" file) / 4096)); }
pages_read() { in_cg "$1" dd if="$2" of=/dev/null bs=1M status=none; }

# fill WHO: the hot file in use, the cold one read once.
fill() {
	pages_read "p/$1" "$files/$1.hot"
	pages_read "p/$1" "$files/$1.cold"
	pages_read "p/$1" "$files/$1.hot"
	pages_read "p/$1" "$files/$1.hot"
}

# again WHO: how many pages the next pass over both files has to read.
again() {
	local before
	before=$(cached "p/$1")
	pages_read "p/$1" "$files/$1.hot"
	pages_read "p/$1" "$files/$1.cold"
	echo $(($(cached "p/$1") - before))
}

free_mib() { awk '$1 == "MemFree:" { print int($2 / 1024) }' /proc/meminfo; }

# The hog takes all that is free and TAKE MiB of what is not, the reader streams as much; above: a cgroup of which
# both are a part reclaims it.
press() {
	case $1 in
	hog) in_cg third ./memtool hog $(($(free_mib) + $2)) 1 ;;
	reader) in_cg third dd if=$files/stream of=/dev/null bs=1M count=$(($(free_mib) + $2)) status=none ;;
	above) echo "$2M" >"$cgroot/p/memory.reclaim" ;;
	esac
}

# alike A B: within a quarter of the other.
alike() { (($1 > 0 && $2 > 0 && $1 * 4 <= $2 * 5 && $2 * 4 <= $1 * 5)); }

# near WHAT A B: these are alike, or are within half of the other after pairs that went either way.
near() {
	if alike "$2" "$3" || ((more && less && $2 * 2 <= $3 * 3 && $3 * 2 <= $2 * 3)); then ok "$1 ($2, $3)"; else fail "$1 ($2, $3: more than a quarter apart)"; fi
}

# one GOVERNED OTHER ENGINE BY MIB: adds what either loses, and reads again, to the sums.
one() {
	local own=$1 free=$2 lost_own lost_free
	drop_caches
	cg_new third max
	engine_start own "$3" "p/$own" || fail "$what: $3 attaches: $answer"
	fill "$own"
	fill "$free"
	at_least "$what: the governed cgroup is full, pages" $(($(stat_of "p/$own" mempol_file) / 4096)) $(((hot + cold) * 256 * 95 / 100))
	lost_own=$(cached "p/$own")
	lost_free=$(cached "p/$free")
	press "$4" "$5" >/dev/null
	sum_own=$((sum_own + lost_own - $(cached "p/$own")))
	sum_free=$((sum_free + lost_free - $(cached "p/$free")))
	# What the reader has left behind is not to press on.
	echo 2G 2>/dev/null >"$cgroot/third/memory.reclaim"
	again_own=$((again_own + $(again "$own")))
	again_free=$((again_free + $(again "$free")))
	engine_ask own info
	check "$what: the engine is still there" test "$(engine_value attached)" = 1
	engine_end own
	check "$what: everything is the kernel's again" wait_for 10 no_governed
	rmdir "$cgroot/third"
}

# share ENGINE hog|reader|above MIB. Each is governed once where the order counts: global reclaim of MGLRU picks cgroups
# from lists that they were put on by chance, and picks from some more often than from others; reclaim of an ancestor goes
# from one to the next and ends where it has enough. Of two cgroups without a policy, global reclaim of MGLRU took 1.28
# times as much from one as from the other in one of eight such pairs, and with two other machines on the host one pair
# with a policy went 0.73 and the next 3.1. What is chance evens out when it is done again and goes either way, and what is
# not stays: up to six pairs are added up, until the sums are alike.
share() {
	local round before_own before_free more=0 less=0 what="$lru: $1 under $2" sum_own=0 sum_free=0 again_own=0 again_free=0
	mkdir "$cgroot/p"
	echo +memory >"$cgroot/p/cgroup.subtree_control"
	cg_new p/own max
	cg_new p/free max
	for round in 1 2 3 4 5 6; do
		before_own=$sum_own before_free=$sum_free
		one own free "$@"
		note "$what: so far governed $sum_own, not $sum_free"
		[[ $lru == classic && $2 != above ]] || one free own "$@"
		if ((sum_own - before_own > sum_free - before_free)); then more=1; else less=1; fi
		if alike "$sum_own" "$sum_free" && alike "$again_own" "$again_free"; then break; fi
		note "$what: pair $round: governed $sum_own, not $sum_free"
	done
	at_least "$what: it was worth measuring, pages" "$sum_free" 8192
	near "$what: governed and not, both lose as much" "$sum_own" "$sum_free"
	near "$what: and read as much again" "$again_own" "$again_free"
	rmdir "$cgroot/p/own" "$cgroot/p/free" "$cgroot/p"
}

# holder CGROUP MIB: a process there with so much anonymous memory; its number in $held.
holder() {
	in_cg "$1" python3 -c "import time; x = bytearray($2 << 20)
for i in range(0, len(x), 4096): x[i] = 1
open('/tmp/held', 'w').close(); time.sleep(600)" &
	held=$!
	wait_for 30 test -e /tmp/held
	rm -f /tmp/held
}

# What reclaim is told to leave it leaves, whoever governs: swappiness=200 is anonymous memory only.
test_swappiness() {
	local who lost lost_own lost_free
	swapon "$swap"
	drop_caches
	for who in own free; do
		cg_new $who max
		echo max >"$cgroot/$who/memory.swap.max"
	done
	engine_start own noop own || fail "noop attaches: $answer"
	for who in own free; do
		holder $who 48
		# In use: of what is read once the kernel takes first, whatever it is told.
		for _ in 1 2 3; do in_cg $who dd if=$files/$who.cold of=/dev/null bs=1M count=32 status=none; done
		lost=$(cached $who)
		check "$lru: swappiness=200: $who reclaims" bash -c "echo '16M swappiness=200' >$cgroot/$who/memory.reclaim"
		declare "lost_$who=$((lost - $(cached $who)))"
		# MGLRU goes by its generations first, whatever it is told.
		[[ $lru == mglru && $who == free ]] ||
			at_least "$lru: swappiness=200: $who swaps, pages" $(($(cat "$cgroot/$who/memory.swap.current") / 4096)) 1024
		echo 1 >"$cgroot/$who/cgroup.kill"
		wait "$held" 2>/dev/null
	done
	at_most "$lru: swappiness=200: governed files stay as the kernel's do, pages lost" "$lost_own" $((lost_free + 256))
	engine_end own
	check "$lru: swappiness=200: everything is the kernel's again" wait_for 10 no_governed
	rmdir "$cgroot/own" "$cgroot/free"
	swapoff -a
}

# A cgroup below that has been removed, and whose pages are still there, changes nothing: decision 14.
test_removed_child() {
	drop_caches
	cg_new own max
	echo +memory >"$cgroot/own/cgroup.subtree_control"
	mkdir "$cgroot/own/below"
	in_cg own/below dd if=$files/free.cold of=/dev/null bs=1M count=4 status=none
	rmdir "$cgroot/own/below"
	echo -memory >"$cgroot/own/cgroup.subtree_control"
	at_least "$lru: a removed cgroup: its pages are still there, MiB" $(($(cat "$cgroot/own/memory.current") >> 20)) 3
	engine_start own gauge own || fail "gauge attaches: $answer"
	echo 16M >"$cgroot/own/memory.max"
	in_cg own dd if=$files/own.hot of=/dev/null bs=64k count=768 status=none
	engine_ask own value gauge_calls
	at_least "$lru: a removed cgroup: the engine is asked" "$(engine_value gauge_calls)" 100
	engine_ask own value gauge_urgent
	at_most "$lru: a removed cgroup: always at the first two priorities" "$(engine_value gauge_urgent)" 0
	engine_end own
	check "$lru: a removed cgroup: everything is the kernel's again" wait_for 10 no_governed
	rmdir "$cgroot/own"
}

# What lies with an engine on one CPU is waited for on the other: nobody is killed because he finds nothing.
test_grabbed() {
	local one two killed
	drop_caches
	cg_new own 2M
	engine_start own emptier own || fail "emptier attaches: $answer"
	in_cg own dd if=$files/own.hot of=/dev/null bs=16k count=512 status=none & one=$!
	in_cg own dd if=$files/own.cold of=/dev/null bs=16k count=512 status=none & two=$!
	check "$lru: grabbed: the first reader lives" wait $one
	check "$lru: grabbed: the second one too" wait $two
	engine_ask own value emptier_calls
	at_least "$lru: grabbed: the engine had them, times" "$(engine_value emptier_calls)" 10
	killed=$(awk '$1 == "oom_kill" { print $2 }' "$cgroot/own/memory.events")
	at_most "$lru: grabbed: nobody is killed" "$killed" 0
	engine_end own
	check "$lru: grabbed: everything is the kernel's again" wait_for 10 no_governed
	rmdir "$cgroot/own"
}

for lru in classic mglru; do
	if [[ $lru == classic ]]; then mglru off; else mglru on; fi
	for engine in noop lfu; do
		share $engine hog 250
		[[ $mode == short && $engine == lfu ]] || share $engine above 250
		[[ $mode == short ]] || share $engine reader 300
	done
	test_swappiness
	test_removed_child
	test_grabbed
done
check "nothing was killed" test "$(oom_kills)" = "$kills"
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
