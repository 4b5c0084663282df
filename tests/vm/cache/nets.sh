#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The nets under an engine: what the kernel takes by force and whom it throws out. Engines that are right have to
# keep their pages and stay, whatever readahead has in flight; those that withhold, or work without an end, go. Runs
# inside the guest, called by tests/vm/test_cache_nets with the engines in /mnt/share and a disk for an XFS.
#
#   nets.sh short|long [PART...]

# shellcheck disable=SC2154 # from engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
mode=${1:-short}
swapoff -a
mglru off
disk=$(basename "$(device_of /mnt/data)")
kills=$(oom_kills)

# read_ahead KB [DISK]: for files that are opened from now on
read_ahead() { echo "$1" >"/sys/block/${2:-$disk}/queue/read_ahead_kb"; }
reads() { awk '{ print int($3 / 8) }' "/sys/block/$disk/stat"; }
read_file() { in_cg n dd if="$1" of=/dev/null bs=1M ${2:+count=$2} status=none; }
# size NAME MIB: a file of that size
size() { [[ -e $1 ]] || dd if=/dev/zero of="$1" bs=1M count="$2" status=none; }

# begin ENGINE|lru LIMIT: a cgroup n with that engine, or none, and nothing cached
begin() {
	drop_caches
	cg_new n "$2"
	[[ $1 == lru ]] || engine_start n "$1" n || fail "$1 attaches: $answer"
	engine=$1
}

end() {
	if [[ $engine != lru ]]; then
		engine_end n
		wait_for 5 no_governed || fail "the pages of $engine are the kernel's again"
	fi
	rmdir "$cgroot/n"
}

# stays WHAT [PERCENT]: the engine that is attached was right, and was left alone
stays() {
	engine_ask n info
	note "$answer"
	check "$1: the engine stays" test "$(engine_value attached)" = 1
	at_most "$1: of $(engine_value evicted) pages that went, by force" "$(engine_value forced)" \
		$(($(engine_value evicted) * 5 / 100))
}

# warm_reads ENGINE MIB: pages that a warm set reads again after a scan; it is 5/8 of a limit of MIB
warm_reads() {
	local before
	begin "$1" "$2M"
	for _ in 1 2 3; do read_file /mnt/data/warm $(($2 * 5 / 8)); done
	read_file /mnt/data/scan $(($2 * 25 / 16))
	before=$(reads)
	read_file /mnt/data/warm $(($2 * 5 / 8))
	result=$(($(reads) - before))
}

# A warm cache under a scan: all that s3fifo meets has been used, which is no reason to throw it out.
test_warm() {
	local limit lru bound limits=256
	[[ $mode == short ]] || limits="256 1024"
	read_ahead 128
	for limit in $limits; do
		size /mnt/data/warm $((limit * 5 / 8))
		size /mnt/data/scan $((limit * 25 / 16))
		warm_reads lru "$limit"
		lru=$result
		end
		warm_reads s3fifo "$limit"
		stays "s3fifo, warm, $limit MiB"
		# Now and then LRU keeps all of the set: then next to nothing is asked for.
		bound=$((limit * 5 * 256 / 8 / 100))
		((lru <= bound)) || bound=$((lru - 1))
		at_most "s3fifo, warm, $limit MiB: pages read again, where LRU reads $lru" "$result" $bound
		end
		rm -f /mnt/data/warm /mnt/data/scan
	done
}

# More is locked by readahead than an engine can look at in one callback.
test_window() {
	local engine
	size /mnt/data/stream 400
	read_ahead 8192
	for engine in mru s3fifo lfu; do
		begin $engine 128M
		read_file /mnt/data/stream
		stays "$engine, windows of 8 MiB"
		end
	done
}

# cyclic ENGINE KB: pages that six passes over 1.25 times the limit read, with so much readahead
cyclic() {
	local before
	read_ahead "$2"
	begin "$1" 64M
	before=$(reads)
	for _ in 1 2 3 4 5 6; do read_file /mnt/data/loop; done
	result=$(($(reads) - before))
	note "cyclic, $1, readahead $2 KiB: $result pages"
}

# The newest page is not the newest use.
test_cyclic() {
	local kb none lru
	size /mnt/data/loop 80
	cyclic lru 128
	lru=$result
	end
	cyclic mru 0
	none=$result
	end
	at_most "cyclic scan, mru without readahead, pages read, against $lru of LRU" "$none" $((lru * 40 / 100))
	for kb in 128 1024; do
		cyclic mru $kb
		stays "cyclic scan, mru, readahead of $kb KiB"
		at_most "cyclic scan, mru, readahead of $kb KiB, pages read" "$result" $((none * 11 / 10))
		end
	done
}

# To move folios back and forth is no strike, but it has to come to an end. So has holding on to all of them.
test_guilty() {
	local engine
	read_ahead 128
	size /mnt/data/stream 400
	for engine in hog grabber shuffler; do
		begin $engine 16M
		read_file /mnt/data/stream 200
		engine_ask n info
		note "$answer"
		check "$engine is thrown out for withholding" test "$(engine_value exit)" = 4
		check "$engine: nothing was killed" test "$(oom_kills)" = "$kills"
		end
	done
}

# With folios of 2 MiB a batch of 64 would be all there is.
test_large() {
	local xfs engine
	xfs=$(grep -lx large /sys/block/*/serial 2>/dev/null | head -n 1)
	if ! command -v mkfs.xfs >/dev/null || ! { grep -qw xfs /proc/filesystems || modprobe -q xfs; } || [[ -z $xfs ]]; then
		ok "large folios # SKIP no XFS here, and ext4 has none in 6.12"
		return
	fi
	xfs=$(basename "$(dirname "$xfs")")
	mkdir -p /mnt/large
	if ! mkfs.xfs -q -f "/dev/$xfs" || ! mount -t xfs "/dev/$xfs" /mnt/large; then
		fail "an XFS to test large folios on"
		return
	fi
	read_ahead 4096 "$xfs"
	for file in one two; do dd if=/dev/zero of=/mnt/large/$file bs=4M count=40 status=none; done
	for engine in noop grabber; do
		begin $engine 64M
		in_cg n dd if=/mnt/large/one of=/dev/null bs=4M status=none &
		in_cg n dd if=/mnt/large/two of=/dev/null bs=4M status=none
		wait $!
		engine_ask n info
		note "$answer"
		at_least "$engine: large folios were governed, pages" "$(engine_value added)" 10000
		check "$engine: nothing was killed" test "$(oom_kills)" = "$kills"
		if [[ $engine == grabber ]]; then
			engine_ask n value grabber_folio
			at_least "folios are large, pages" "$(engine_value grabber_folio)" 64
			engine_ask n value grabber_pages
			at_most "what one callback had of them at once, pages" "$(engine_value grabber_pages)" $((512 * 3))
		fi
		end
	done
	umount /mnt/large
}

governed_now() {
	echo 1 >/proc/sys/vm/stat_refresh
	vm_of nr_mempol_file
}

# new_are_the_kernels: the policy is passive; some pages more of a file tell
new_are_the_kernels() {
	local before
	rm -f /mnt/data/new
	before=$(governed_now)
	in_cg n dd if=/dev/zero of=/mnt/data/new bs=64k count=16 status=none
	(($(governed_now) <= before))
}

# Without its owner's beat nobody is asked. What a program is using goes after what nobody uses.
test_passive() {
	local toucher before
	size /mnt/data/hot 16
	size /mnt/data/cold 48
	size /mnt/data/stream 400
	read_ahead 128
	echo 60000 >/sys/module/mempol/parameters/heartbeat_ms
	begin dozer 96M
	rm -f /tmp/touched
	# Touches each page of the file again and again, and says when it has done so once.
	in_cg n python3 -c '
import mmap, os
f = open("/mnt/data/hot", "rb")
m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
while True:
    m[::4096]
    if not os.path.exists("/tmp/touched"):
        with open("/tmp/touching", "w") as out: print(os.getpid(), file=out)
        os.rename("/tmp/touching", "/tmp/touched")
' &
	check "a program uses a mapped file" wait_for 20 test -e /tmp/touched
	toucher=$(cat /tmp/touched)
	read_file /mnt/data/cold
	at_least "it is governed, and so is what is read once, pages" "$(vm_of nr_mempol_file)" $((60 * 256))
	# Whoever attaches beats, and the next beat is due by what is said here.
	echo 100 >/sys/module/mempol/parameters/heartbeat_ms
	cg_new m max
	engine_start m dozer m || fail "another dozer attaches: $answer"
	check "without a beat the policy is passive" wait_for 10 new_are_the_kernels
	before=$(awk '{ print $12 }' "/proc/$toucher/stat")
	read_file /mnt/data/stream 300
	# A major fault brings in 16 pages and more. Where the host is busy the program is not everywhere in time.
	at_most "passive: of 256 clusters of the mapped file had to be read again" \
		$(($(awk '{ print $12 }' "/proc/$toucher/stat") - before)) 128
	at_most "passive: what nobody uses went instead, pages governed still" "$(vm_of nr_mempol_file)" $((40 * 256))
	engine_end m
	rmdir "$cgroot/m"
	echo 10000 >/sys/module/mempol/parameters/heartbeat_ms
	kill "$toucher"
	wait $! 2>/dev/null
	end
}

parts=${2:-warm window cyclic guilty large passive}
for part in $parts; do
	start=$SECONDS
	"test_$part"
	note "$part: $((SECONDS - start)) s"
done
check "nothing was killed for memory" test "$(oom_kills)" = "$kills"
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
