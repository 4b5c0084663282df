# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2016,SC2012 # from kernel.sh; awk's programs; names of the kernel
#
# What moves, breaks or takes away pages that are governed: migration, compaction, contiguous allocation,
# memory that goes offline or bad, truncation, large folios. Parts of kernel.sh, which sources this.

test_moves() {
	local before
	before=$(vm_of nr_mempol_file)
	in_cg k ./memtool move "$file" 1 >/tmp/moved
	check "$lru: governed pages migrate" awk -F'[= ]' -v n=$((pages * 9 / 10)) '{ exit !($2 >= n) }' /tmp/moved
	at_most "$lru: from node 0" "$(node_pages 0)" $((pages / 5))
	at_least "$lru: and are governed on node 1" "$(node_pages 1)" $((pages * 17 / 10))
	at_least "$lru: as many as before" "$(vm_of nr_mempol_file)" $((before * 9 / 10))
	check "$lru: their content came along" right "$file"
	echo 1 >"$cgroot/k/cpuset.mems"
	in_cg k ./memtool hold "$file" "echo 0 >$cgroot/k/cpuset.mems; sleep 1"
	in_cg k ./memtool nodes "$file" >/tmp/nodes
	check "$lru: cpuset.mems moves them back" awk -F'[= ]' -v n=$((pages * 8 / 10)) '{ exit !($2 >= n) }' /tmp/nodes
	check "$lru: and they are right" right "$file"
	echo >"$cgroot/k/cpuset.mems"
	truth "$lru: migration" k
}

# Half of a file's pages are freed in between the others, so that compaction finds something to do.
test_compaction() {
	local before i
	governed fifo max
	read_in k "$file"
	read_in k "$file.2"
	before=$(vm_of compact_migrate_scanned)
	for ((i = 0; i < mib * 16; i++)); do
		dd if="$file.2" of=/dev/null iflag=nocache bs=64k skip=$((2 * i)) count=1 status=none
		((i < 32)) || break
	done
	echo 1 >/proc/sys/vm/compact_memory
	at_least "compaction scans governed memory" $(($(vm_of compact_migrate_scanned) - before)) 100
	at_least "and it stays governed" "$(vm_of nr_mempol_file)" $((pages * 9 / 10))
	check "and is right" right "$file"
	truth compaction k
	released compaction
}

# Whoever asks for a contiguous range gets one out of governed memory: a CMA area, and virtio-mem, whose
# unplugging is alloc_contig_range(); the host is asked for that by a file. Clean page cache in the range is
# dropped by that call; the memory that goes is node 1's, so what is on node 0 has to stay.
test_contiguous() {
	local area before
	governed fifo max
	rm -f "$file.big" "$file.gone"
	fallocate -l 96M "$file.big"
	fallocate -l 200M "$file.gone"
	read_on k 1 "$file.gone"
	read_on k 1 "$file"
	read_on k 0 "$file.big"
	before=$(node_pages 0)
	at_least "node 0 has governed pages" "$before" $((96 * 256 * 9 / 10))
	at_least "the memory to be unplugged as well" "$(node_pages 1)" $((200 * 256 * 9 / 10))
	area=$(ls -d /sys/kernel/debug/cma/*/ 2>/dev/null | head -n 1)
	if [[ -n $area ]]; then
		check "a CMA area is allocated out of governed memory" bash -c "echo 4096 >$area/alloc"
		check "and given back" bash -c "echo 4096 >$area/free"
	else
		ok "a CMA area is allocated out of governed memory # SKIP this kernel has none (CONFIG_DMA_CMA)"
	fi
	echo 0 >plug.new && mv plug.new plug
	check "memory is unplugged" wait_for 60 test -e plugged
	at_most "all but a little of 256 MiB, MiB" $(($(cat plugged) >> 20)) 64
	at_least "what is governed elsewhere stays so" "$(node_pages 0)" $((before * 8 / 10))
	check "what is governed is right" right "$file"
	truth "contiguous allocation" k
	released "contiguous allocation"
	rm -f "$file.big" "$file.gone"
}

test_offline() {
	local block tried=0 done=0
	governed fifo max
	rm -f "$file.big"
	fallocate -l 250M "$file.big"
	read_in k "$file.big"
	read_in k "$file"
	for block in /sys/devices/system/memory/memory[0-9]*; do
		[[ $(cat "$block/valid_zones") == Movable && $(cat "$block/state") == online ]] || continue
		tried=$((tried + 1))
		if timeout 60 bash -c "echo offline >$block/state"; then
			done=$((done + 1))
			echo online_movable >"$block/state"
		fi
		((tried < 3)) || break
	done 2>/dev/null
	at_least "blocks with governed pages go offline, of $tried" $done 1
	check "what was on them is right" right "$file"
	truth offline k
	released offline
	rm -f "$file.big"
}

# poisoned CGROUP: what happens there, in words
poisoned() {
	rm -f "$file.bad"
	cp "$file" "$file.bad"
	drop_caches
	read_in "$1" "$file.bad"
	in_cg "$1" ./memtool poison "$file.bad" 3 clean
	in_cg "$1" ./memtool poison "$file.bad" 5 dirty
	rm -f "$file.bad"
}

test_failure() {
	local own free pfn
	governed fifo max
	cg_new u max
	free=$(poisoned u)
	own=$(poisoned k)
	check "$lru: a clean page that goes bad is read again" grep -qx 'error=0 touch=ok read=ok same=1' <<<"$own"
	check "$lru: good and bad end as without a policy" test "$own" = "$free"
	note "$own"
	cp "$file" "$file.bad"
	drop_caches
	read_in k "$file.bad"
	in_cg k ./memtool soft-offline "$file.bad" 8 16 >/tmp/soft
	check "$lru: pages are taken out of use" grep -Eq '^offlined=1[0-6] wrong=0' /tmp/soft
	if modprobe -q hwpoison_inject; then
		pfn=$(in_cg k ./memtool pfn "$file.bad" 40 | cut -d= -f2)
		echo "$pfn" >/sys/kernel/debug/hwpoison/corrupt-pfn
		check "$lru: a failure that is injected does no harm to a clean page" right "$file.bad"
		echo "$pfn" >/sys/kernel/debug/hwpoison/unpoison-pfn
		rmmod hwpoison_inject
	else
		ok "$lru: a failure that is injected # SKIP no hwpoison_inject"
	fi
	check "$lru: the rest is right" right "$file.bad"
	truth "$lru: memory failure" k
	rm -f "$file.bad"
	released "$lru: memory failure"
	rmdir "$cgroot/u"
}

test_truncation() {
	governed fifo max
	cp "$file" "$file.cut"
	drop_caches
	read_in k "$file.cut"
	truncate -s $((mib / 2))M "$file.cut"
	check "$lru: truncation takes what it cuts off" wait_for 3 governs_at_most $((pages * 6 / 10))
	fallocate -p -o 0 -l $((mib / 4))M "$file.cut"
	check "$lru: so does a hole" wait_for 3 governs_at_most $((pages * 35 / 100))
	exec 9<"$file.cut"
	rm "$file.cut"
	in_cg k dd of=/dev/null bs=1M status=none <&9
	check "$lru: what is unlinked but open stays governed" wait_for 3 governs k $((pages * 4 / 10))
	exec 9<&-
	check "$lru: until it is closed" wait_for 3 governs_at_most 200
	read_in k "$file"
	drop_caches
	check "$lru: drop_caches reaches it" wait_for 3 governs_at_most 64
	engine_ask k info
	at_least "$lru: all that is counted as removed" "$(engine_value removed)" $((pages * 18 / 10))
	truth "$lru: truncation" k
	released "$lru: truncation"
}
governs_at_most() { (($(stat_of k mempol_file) <= $1 * 4096)); }

# Counts are in pages everywhere, however large a folio is.
test_large() {
	local disk calls added
	disk=$(grep -lx large /sys/block/*/serial 2>/dev/null | head -n 1)
	if ! command -v mkfs.xfs >/dev/null || ! { grep -qw xfs /proc/filesystems || modprobe -q xfs; } || [[ -z "$disk" ]]; then
		ok "large folios # SKIP no XFS here, and ext4 has none in 6.12"
		return
	fi
	disk=/dev/$(basename "$(dirname "$disk")")
	mkdir -p /mnt/large
	if ! mkfs.xfs -q -f "$disk" || ! mount -t xfs "$disk" /mnt/large; then
		fail "an XFS to test large folios on"
		return
	fi
	echo 1024 >"/sys/block/$(basename "$disk")/queue/read_ahead_kb"
	for lru in classic mglru; do
		if [[ $lru == classic ]]; then mglru off; else mglru on; fi
		cp "$file" /mnt/large/file
		governed pulse $((mib * 3 / 4))M
		in_cg k dd if=/mnt/large/file of=/dev/null bs=1M count=$((mib / 2)) status=none
		engine_ask k info
		added=$(engine_value added)
		calls=$(./deathwatch pulse | awk '{ print $2 }')
		at_least "$lru: folios are large, pages to a hundred callbacks" $((added * 100 / (calls + 1))) 200
		at_least "$lru: large folios count in pages" "$(engine_value governed_pages)" $((pages * 4 / 10))
		truth "$lru: large folios" k
		in_cg k dd if=/mnt/large/file of=/dev/null bs=1M status=none
		in_cg k dd if=/mnt/large/file of=/dev/null bs=1M status=none
		engine_ask k info
		at_least "$lru: large folios are evicted" "$(engine_value evicted)" $((pages / 2))
		at_most "$lru: the limit holds, MiB" $(($(cat "$cgroot/k/memory.current") >> 20)) $((mib * 3 / 4))
		in_cg k ./memtool move /mnt/large/file 1 >/dev/null
		check "$lru: large folios migrate" right /mnt/large/file
		fallocate -p -o 12288 -l 8192 /mnt/large/file
		fallocate -p -o 1060864 -l 4096 /mnt/large/file
		truncate -s 1998848 /mnt/large/file
		in_cg k dd if=/mnt/large/file of=/dev/null bs=1M status=none
		truth "$lru: large folios that were split" k
		cp "$file" /mnt/large/file
		in_cg k dd if=/mnt/large/file of=/mnt/large/copy bs=64k conv=fsync status=none
		check "$lru: a copy of large folios is right" right /mnt/large/copy
		in_cg k ./memtool soft-offline /mnt/large/file 8 4 >/tmp/soft
		check "$lru: large folios are split to take a page out of use" grep -q 'wrong=0' /tmp/soft
		echo 1 >/proc/sys/vm/compact_memory
		truth "$lru: large folios, shaken" k
		released "$lru: large folios"
	done
	umount /mnt/large
}

# Huge pages are made of governed pages, as khugepaged does for a program's text, and offered in their place.
test_collapse() {
	governed fifo max
	rm -f "$file.text"
	cp "$file" "$file.text"
	sync "$file.text"
	drop_caches
	read_in k "$file.text"
	in_cg k ./memtool collapse "$file.text" >/tmp/huge
	at_least "governed pages become huge ones, MiB" "$(cut -d= -f2 /tmp/huge)" $((mib / 2))
	at_least "which are governed" "$(vm_of nr_mempol_file)" $((pages * 9 / 10))
	at_most "and nothing is governed twice" "$(vm_of nr_mempol_file)" $((pages * 11 / 10))
	truth collapse k
	check "what they hold is right" right "$file.text"
	echo $((mib / 2))M >"$cgroot/k/memory.max"
	at_most "reclaim takes them, MiB" $(($(cat "$cgroot/k/memory.current") >> 20)) $((mib / 2))
	truth "collapse and reclaim" k
	released collapse
	rm -f "$file.text"
}
