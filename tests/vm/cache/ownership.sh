#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The ownership model, without the daemon: folios go on an engine's lists and come back by every way
# there is, whatever the engine does and however it ends. Runs inside the guest, called by
# tests/vm/test_cache_ownership with the loader and the engines in /mnt/share.

# shellcheck disable=SC2154,SC2153 # from cgroup.sh, and from the coprocess

cd /mnt/share || exit 1
# shellcheck source=/dev/null
. ./lib.sh
# shellcheck source=/dev/null
. ./cgroup.sh
set +u # the coprocess takes its variables with it

modprobe mempol || { fail "modprobe mempol"; finish; }
file=/mnt/data/ownership
# Pages are read one at a time, which takes most of the time: a quarter of them will do.
scale=4
[[ ${1:-short} != long || $(uname -r) == *debug* ]] || scale=1
limit=$((64 / scale))M
dd if=/dev/urandom of=$file bs=1M count=$((96 / scale)) status=none
echo 0 >"/sys/block/$(basename "$(findmnt -no SOURCE /mnt/data)")/queue/read_ahead_kb"
sum=$(sha256sum <$file)

# start ENGINE CGROUP: a loader as coprocess; ask COMMAND: its answer; value KEY: of the last info.
start() {
	drop_caches # what is cached already belongs to whoever read it
	coproc LOADER { exec ./loader ./agent.bpf.o "./$1.bpf.o" "$cgroot/$2" 2>&1; }
	loader_pid=$LOADER_PID
	read -r answer <&"${LOADER[0]}"
	[[ $answer == attached ]] || note "loader: $answer"
}
ask() {
	echo "$*" >&"${LOADER[1]}"
	read -r answer <&"${LOADER[0]}"
}
value() { sed -E "s/.* $1=([0-9]+).*/\1/" <<<"$answer"; }
end_loader() {
	echo quit >&"${LOADER[1]}"
	wait "$loader_pid" 2>/dev/null
}
governed() { stat_of t mempol_file; }
read_file() { in_cg t dd if=$file of=/dev/null bs=1M status=none; }
exited() { ask info && [[ $(value exit) == "$1" ]]; }
unloads() { rmmod mempol 2>/dev/null && modprobe mempol; }

log=$(LOADER_DEBUG=1 ./loader ./agent.bpf.o ./trespasser.bpf.o "$cgroot" 2>&1 </dev/null)
check "a kfunc of evict() is for evict() only" grep -q 'is not allowed' <<<"$log"

lrus="classic mglru"
# kmemleak doubles the time, and what is allocated does not depend on the LRU.
if [[ $(uname -r) == *debug* ]] && ! grep -q kmemleak=off /proc/cmdline; then lrus=classic; fi
for lru in $lrus; do
	if [[ $lru == classic ]]; then mglru off; else mglru on; fi
	cg_new t $limit
	for engine in fifo mru lfu; do
		drop_caches
		start $engine t
		read_file
		ask info
		at_least "$lru: $engine governs what is read" "$(value governed_pages)" $((12000 / scale))
		at_least "$lru: $engine evicts" "$(value evicted)" $((8000 / scale))
		at_most "$lru: $engine is hardly ever forced" "$(value forced)" 200
		at_most "$lru: $engine is refused nothing" "$(value refused)" 0
		pages=$(value governed_pages)
		sleep 2.2
		diff=$((pages - $(governed) / 4096))
		at_most "$lru: memory.stat agrees with the counters of $engine" "${diff#-}" 64
		end_loader
		lap drained no_governed
		check "$lru: the lists of $engine drain" no_governed
		check "$lru: data read under $engine is right" test "$(sha256sum <$file)" = "$sum"
	done

	for engine in hog peeper; do
		start $engine t
		read_file && read_file
		ask info
		# What was used has another turn, and each time reclaim comes back in vain is a strike.
		at_least "$lru: pages are taken from $engine, which yields none" "$(value forced)" 64
		check "$lru: $engine is thrown out" test "$(value exit)" = 4
		at_most "$lru: no callback of $engine afterwards" "$(value attached)" 0
		note "$answer"
		check "$lru: the lists of $engine drain while it is loaded" wait_for 2 no_governed
		end_loader
	done

	start liar t
	read_file
	ask info
	for why in list index verdict twice no_batch size budget; do
		at_least "$lru: wrong requests are refused: $why" "$(value refused_$why)" 1
	done
	check "$lru: and do no harm" test "$(value attached)" = 1
	end_loader

	start fifo t
	read_file
	touch busy
	{ while [[ -e busy ]]; do read_file; done; } &
	reader=$!
	replaced=0
	for _ in 1 2 3 4; do
		for engine in mru fifo lfu; do
			ask "replace ./$engine.bpf.o"
			[[ $answer != "replace ok" ]] || replaced=$((replaced + 1))
		done
	done
	rm -f busy
	wait $reader
	at_least "$lru: engines replace one another under load" "$replaced" 12
	ask info
	at_least "$lru: what was governed stays governed" "$(value governed_pages)" $((12000 / scale))
	check "$lru: rmmod is refused while attached" test "$(rmmod mempol 2>&1 >/dev/null | grep -c 'in use')" = 1
	read_file &
	reader=$!
	sleep 0.3
	kill -9 "$loader_pid"
	lap drained no_governed
	check "$lru: the lists drain after the loader's death" no_governed
	check "$lru: and reads go on" wait $reader
	wait "$loader_pid" 2>/dev/null
	check "$lru: rmmod works afterwards" wait_for 5 unloads

	mkdir -p "$cgroot/t2" && echo "+memory" >"$cgroot/t2/cgroup.subtree_control"
	start fifo t2
	mkdir "$cgroot/t2/child"
	in_cg t2/child dd if=$file of=/dev/null bs=1M count=4 status=none
	ask info
	check "$lru: a child is governed from its first page" test "$(value cgroups)" = 2
	rmdir "$cgroot/t2/child" && rmdir "$cgroot/t2"
	ask info
	check "$lru: removing the cgroup detaches" wait_for 2 no_governed
	check "$lru: and is given as the reason" wait_for 2 exited 3
	end_loader

	start fifo t
	read_file
	drop_caches
	sleep 2.2
	at_most "$lru: drop_caches reaches governed pages" "$(governed)" 1048576
	echo 8M >"$cgroot/t/memory.max"
	read_file
	check "$lru: a smaller limit is obeyed" test "$(cat "$cgroot/t/memory.current")" -le 8388608
	in_cg t bash -c "cp $file $file.2 && truncate -s 1M $file.2 && rm $file.2"
	ask info
	at_least "$lru: truncation is counted" "$(value removed)" 20
	end_loader
	check "$lru: drained at the end" wait_for 2 no_governed
	rmdir "$cgroot/t"
done

median drained 1000 "the lists drain within 1 s of the loader's end, asked for or not"
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
