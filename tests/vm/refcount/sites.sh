#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Each place that freezes the count of a file's page, or takes one out of the page cache, with a reader asleep on the
# page whom the count does not show. The page has to stay until the read has ended and must be free after that, and
# what was read must be what was there. On a kernel with CONFIG_MEMPOL_REF_BREAK each hook is then taken out, and the
# same test has to see the page go. Runs in the guest, called by tests/vm/test_refcount_sites.

# shellcheck disable=SC2154,SC2317 # from asleep.sh; sites are called by name

cd /mnt/share || exit 1
for part in lib cgroup engines asleep; do
	# shellcheck source=/dev/null
	. ./$part.sh
done
asleep_begin
no_readahead /mnt/data
dir=/mnt/data
page=5
rest_ms=/sys/module/mempol_ref/parameters/rest_ms

# ---- what is done to the page meanwhile: site_NAME FILE -------------------------------------------

site_truncate() { truncate -s 0 "$1"; }
site_punch() { fallocate -p -o $((page * 4096)) -l 4096 "$1"; }
site_direct() { dd if=/dev/urandom of="$1" bs=4096 seek=$page count=1 conv=notrunc oflag=direct status=none; }
site_reclaim() { echo 1 >/proc/sys/vm/drop_caches; }
site_pressure() { echo 16M >"$cgroot/pages/memory.reclaim" 2>/dev/null || :; }
site_migrate() { ./memtool move "$1" $((1 - $(node_of))); }
site_compact() { echo 1 >/proc/sys/vm/compact_memory; }
# XFS has its own lock for as long as a read takes, so that truncation waits there; nobody who splits does.
site_split() { echo "$1,0x0,0x$(printf %x $(($(stat -c %s "$1") / 4096))),0" >/sys/kernel/debug/split_huge_pages; }
site_collapse() { ./memtool collapse "$1"; }
site_poison() { ./memtool poison "$1" $page clean; }
site_unlink() { rm "$1"; }
site_cpu() {
	echo 0 >/sys/devices/system/cpu/cpu1/online
	truncate -s 0 "$1"
}
site_out() {
	file_out "$1"
	truncate -s 0 "$1"
}
# Another file comes to rest meanwhile; that of a reader who is asleep must not.
site_rest() {
	local page=0
	file_new "$dir/idle" 8
	file_in "$dir/idle"
	echo 1 >$rest_ms
	dd if="$dir/idle" of=/dev/null bs=64k status=none
	wait_for 20 idle_goes_unasked && truncate -s 0 "$1"
	echo 1000 >$rest_ms
	rm -f "$dir/idle"
}
idle_goes_unasked() {
	local asked before after
	asked=$(counter queries)
	read -r before after < <(./query page $page "$dir/idle")
	page=$((page + 1))
	((before == after + 1)) && [[ $(counter queries) == "$asked" ]]
}
site_killed() {
	engine_kill e
	truncate -s 0 "$1"
}

# The node that the frame is on, by the block of memory it is in.
node_of() {
	local node block
	block=$((pfn * 4096 / 0x$(cat /sys/devices/system/memory/block_size_bytes)))
	for node in /sys/devices/system/node/node[01]; do
		[[ ! -e $node/memory$block ]] || echo "${node##*node}"
	done
}

# ---- the test -----------------------------------------------------------------------------------

# site NAME COUNTER BYTES [MIB [CPU]]: COUNTER rises, if it is not -; BYTES is a pattern of what may have been read.
site() {
	local name=$1 counter=$2 bytes=$3 file=$dir/$1 before after
	file_new "$file" "${4:-1}"
	check "$name: a file is opted in" file_in "$file"
	if ! asleep "$file" "$page" 1 "${5:--1}"; then
		fail "$name: a reader is asleep on its page"
		return
	fi
	[[ $counter == - ]] || before=$(counter "$counter")
	"site_$name" "$file" >/tmp/site.$$ 2>&1 || sed 's/^/# /' /tmp/site.$$
	# The kernel takes a bad page out of its cgroup at once.
	[[ $name == poison ]] || check "$name: the page stays while it is read" held
	if [[ $name == killed ]]; then
		engine_start e files policy || fail "killed: another policy attaches: $answer"
	elif [[ $counter != - ]]; then
		after=$(counter "$counter")
		at_least "$name: it is seen, in $counter" $((after - before)) 1
	fi
	woken
	if [[ $line =~ ^read=4096\ errno=0\ bytes=($bytes)$ ]]; then
		ok "$name: what was there was read ($line)"
	else
		fail "$name: what was there was read ($line)"
	fi
	# A poisoned page is nobody's for good, and one that stays goes when it is asked to.
	[[ $name == poison ]] || check "$name: the page is free behind that" wait_for 5 not_held
	rm -f "$file"
	[[ $name != cpu ]] || echo 1 >/sys/devices/system/cpu/cpu1/online
}

# The inode goes with the file, and with it what the table knows.
test_table() {
	engine_ask e info
	check "files that were removed are in no longer" wait_for 5 none_in
}
none_in() { [[ $(counter files) == 0 ]]; }

# broken NAME FUNCTIONS [MIB]: without that hook the test sees the page go
broken() {
	local name=$1 file=$dir/broken-$1
	file_new "$file" "${3:-1}"
	file_in "$file" || fail "$name: a file is opted in"
	if asleep "$file" "$page" 1; then
		printf %s "$2" >"$break"
		"site_$name" "$file" >/dev/null 2>&1
		check "$name: the page goes without the hook, which is seen" not_held
		printf '' >"$break"
		woken
	else
		fail "$name: a reader is asleep"
	fi
	rm -f "$file"
	dmesg -C
}

nodes=$(find /sys/devices/system/node -maxdepth 1 -name 'node[0-9]*' | wc -l)
site truncate converted old
site punch converted old
site direct converted 'old|new'
site reclaim busy old
site pressure busy old
if ((nodes > 1)); then site migrate busy old; fi
site compact queries old
site collapse converted old 4
site unlink - old
site out converted old
site cpu converted old 1 1
site rest converted old
site killed converted old
site poison converted old
test_table

# Large folios are XFS's.
large=$(grep -lx large /sys/block/*/serial 2>/dev/null | head -n 1)
if [[ -n $large ]] && mkfs.xfs -q -f "/dev/$(basename "$(dirname "$large")")" && mkdir -p /mnt/large &&
	mount -t xfs "/dev/$(basename "$(dirname "$large")")" /mnt/large; then
	dir=/mnt/large
	readahead /mnt/large 4096
	site split busy old 4
	site reclaim busy old 4
	dir=/mnt/data
else
	ok "XFS # SKIP no disk for it"
fi

complaints=$(kernel_complaints | grep -v 'Memory failure' || :)
if [[ -z $complaints ]]; then ok "the kernel does not complain"; else fail "the kernel does not complain"; note "$complaints"; fi

if [[ -e $break ]]; then
	broken truncate filemap_free_folio,delete_from_page_cache_batch
	broken punch filemap_free_folio,filemap_remove_folio,delete_from_page_cache_batch
	broken direct filemap_free_folio,invalidate_inode_pages2
	broken reclaim __remove_mapping,remove_mapping
	broken pressure __remove_mapping,shrink_folio_list
	if ((nodes > 1)); then broken migrate __folio_migrate_mapping,folio_migrate_mapping,migrate_folio; fi
	broken collapse collapse_file 4
	broken out mempol_ref_out,ref_finish
	broken rest ref_rest
	if mountpoint -q /mnt/large; then
		dir=/mnt/large
		broken split split_huge_page_to_list 4
	fi
fi
finish
