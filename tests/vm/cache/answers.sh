#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What programs that say something of ranges of the page cache are answered where it cannot be done, or not as they
# think: files of another kind, ranges that are none, pages in the middle of something, files that change meanwhile,
# policies and cgroups that go, and file systems that do not answer. Runs inside the guest, called by
# tests/vm/test_cache_verbs; of its parts those that an argument names, or all.

# shellcheck disable=SC2154,SC2317,SC2086 # from tell.sh; called by name; words

cd /mnt/share || exit 1
for part in lib cgroup tell; do
	# shellcheck source=/dev/null
	. ./$part.sh
done
disk=$(mountpoint -d $dir)
export LOADER_SET="pin_permyriad=5000"

# with ENGINE: in charge of t, and teller one with a session there.
with() {
	start "$1" t
	teller one t
	say one session
}
without() {
	end_teller one
	end_loader
}
# lock FILE: mlocked by a process of t, until unlock.
lock() {
	rm -f /tmp/locked
	# Not by in_cg, whose process would be another.
	# shellcheck disable=SC2016 # expanded by the inner shell
	bash -c 'echo $$ >"$0/cgroup.procs" && exec ./memtool lock "$1" "touch /tmp/locked; exec sleep 1000"' \
		"$cgroot/t" "$dir/$1" >/dev/null 2>&1 &
	locker=$!
	wait_for 20 test -e /tmp/locked
}
unlock() {
	pkill -P $locker
	kill $locker 2>/dev/null
	wait $locker 2>/dev/null
}
evicted() { (($(cached one "$1") <= 64)); }
nothing_pinned() { [[ $(vm_of nr_mempol_pinned) == 0 ]]; }

test_files() {
	with fifo
	told one "file pin $dir,d" "a directory" error=-21
	mkfifo /tmp/pipe
	told one "file pin /tmp/pipe" "a pipe" error=-29
	echo x >/dev/shm/x
	told one "file pin /dev/shm/x" "tmpfs" error=-95
	told one "file pin $(findmnt -no SOURCE $dir)" "a block device" error=-95
	told one "file pin /dev/null" "a character device" error=-95
	told one "file pin $dir/a,path" "O_PATH" error=-9
	told one "fd pin 999" "no descriptor" error=-9
	told one "fd pin -2" "nor a number that is none" error=-9
	told one "file prefetch $dir/a,w" "prefetch of what is not open for reading" error=-13
	told one "file 0 $dir/a" "no verb" error=-22
	told one "file 7 $dir/a" "nor one that is not known" error=-22
	say one "flags 2"
	told one "file activate $dir/a" "a flag that is not known" error=-22
	told one "session" "nor with another one" error=-22
	say one "flags 0"

	mkdir -p /tmp/huge
	echo 2 >/proc/sys/vm/nr_hugepages
	mount -t hugetlbfs none /tmp/huge && truncate -s 2M /tmp/huge/h
	told one "file pin /tmp/huge/h" "huge pages" error=-95
	say one "map /tmp/huge/h shared"
	told one "range pin 0 2097152" "nor by address" error=-6 other=512
	say one "map anon 4096"
	umount -l /tmp/huge
	echo 0 >/proc/sys/vm/nr_hugepages
	end_teller one

	# Overlayfs has its pages in the file below.
	mkdir -p $dir/{up,work,low} /tmp/over
	cp $dir/d $dir/low/o
	sync
	check "overlayfs is mounted" mount -t overlay overlay \
		-o lowerdir=$dir/low,upperdir=$dir/up,workdir=$dir/work /tmp/over
	teller one t
	say one session
	echo 1 >/proc/sys/vm/drop_caches
	in_cg t dd if=/tmp/over/o of=/dev/null bs=1M status=none
	told one "file pin /tmp/over/o" "overlayfs: what is below is pinned" error=0 applied=$((8 * mib))
	check "and the file system is in use" test "$(umount /tmp/over 2>&1 | grep -c busy)" = 1
	end_teller one
	check "until the owner has gone" wait_for 60 umount /tmp/over
	end_loader
	rm -r $dir/{up,work,low}
}

test_ranges() {
	with fifo
	told one "file pin $dir/a 18446744073709547520 8192" "a range that wraps" error=-22
	told one "file pin $dir/a 9223372036854771712 8192" "one beyond what a file can have" error=-22
	truncate -s 32M $dir/hole
	told one "file pin $dir/hole" "a hole" error=0 applied=0 absent=$((32 * mib))
	told one "file prefetch $dir/hole" "is not there" error=0 absent=$((32 * mib))
	read_in t a
	told one "file pin $dir/a 0 $((9 * 1048576))" "beyond the end" error=0 applied=$((8 * mib)) absent=$mib
	told one "file deactivate $dir/hole 0 1099511627776" "a terabyte is gone through call by call" \
		error=0 absent=268435456
	at_least "calls" "$(got calls)" 16384
	told one "file pin $dir/hole 0 1099511627776" "and so is a pin of it" error=0 absent=268435456
	say one "session close"
	say one session
	truncate -s 40M $dir/hole
	told one "many pin $dir/hole 4096" "4,096 ranges" error=0
	told one "many pin $dir/hole 4097" "and no more" error=-28
	told one "file unpin $dir/hole 4096 4096" "what is between them can be unpinned" error=0
	told one "file pin $dir/hole" "ranges are merged" error=0
	told one "many unpin $dir/hole 4000" "and taken apart" error=0
	rm $dir/hole
	without
}

test_addresses() {
	local sum
	with fifo
	say one "map $dir/b private"
	say one "write 4096"
	say one sum
	sum=$said
	told one "range pin 0 $((8 * mib * 4096))" "own addresses: the file's pages" error=0 applied=$((8 * mib))
	told one "range unpin 0 $((8 * mib * 4096))" "they are unpinned by address" error=0 applied=$((8 * mib))
	told one "range evict 0 $((8 * mib * 4096))" "and are to be evicted" error=0 applied=$((8 * mib))
	say one sum
	check "copies that a private mapping has made are its own" test "$said" = "$sum"
	say one "map anon 65536"
	told one "range deactivate 0 65536" "anonymous memory" error=-6 other=16
	lock d
	told one "file pin $dir/d" "mlocked pages" error=0 applied=0 unevictable=$((8 * mib))
	told one "residency $dir/d" "which can be seen" error=0 unevictable=$((8 * mib))
	unlock

	# It is pinned, locked, unpinned, unlocked, and moves.
	told one "file pin $dir/a" "nothing of it is there" error=0 applied=0
	read_in t a
	told one "file pin $dir/a" "pages are pinned" error=0 applied=$((8 * mib))
	lock a
	check "and mlocked" wait_for 60 value_is pinned_pages 0
	told one "file unpin $dir/a" "and unpinned meanwhile" error=0
	unlock
	told one "residency $dir/a" "then unlocked" error=0 unevictable=0 absent=0
	in_cg t ./memtool move $dir/a 1 >/tmp/moved
	in_cg t ./memtool move $dir/a 0 >/tmp/moved
	check "they are not pinned when they come back" value_is pinned_pages 0
	without
}

# Pages that are written, or read, just now.
test_states() {
	local writer reader
	writing() { in_cg t ./memtool resident $dir/w | grep -q "writeback=$mib"; }
	being_read() { say one "file deactivate $dir/b" && (($(got busy) > 0)); }
	echo +io >"$cgroot/cgroup.subtree_control"
	echo 0 >/proc/sys/vm/dirty_writeback_centisecs
	with fifo
	in_cg t dd if=$dir/d of=$dir/w bs=1M count=1 conv=fsync status=none
	in_cg t dd if=$dir/c of=$dir/w bs=1M count=1 conv=notrunc status=none
	told one "residency $dir/w" "dirty pages can be seen" error=0 dirty=$mib
	told one "file pin $dir/w" "and are pinned" error=0 applied=$mib
	told one "file unpin $dir/w" "and unpinned" error=0 applied=$mib
	told one "file evict $dir/w" "dirty pages become cold" error=0 applied=$mib
	read_in t a
	say one "file evict $dir/a"
	check "and while others are evicted" wait_for 60 evicted a
	at_least "they stay" "$(cached one w)" $mib
	sync $dir/w
	told one "file evict $dir/w" "until they are clean" error=0 already=$mib
	check "and go then" wait_for 60 evicted w
	check "with the bytes that were written" in_cg t cmp -n 1048576 $dir/c $dir/w

	in_cg t dd if=$dir/d of=$dir/w bs=1M count=1 conv=notrunc status=none
	echo "$disk wbps=2" >"$cgroot/t/io.max"
	in_cg t sync -d $dir/w &
	writer=$!
	check "pages are under writeback" wait_for 60 writing
	told one "file deactivate $dir/w" "and become cold" error=0 applied=$mib
	told one "file pin $dir/w" "or are pinned" error=0 applied=$mib
	told one "file evict $dir/w" "which counts" error=0 already=$mib
	told one "file unpin $dir/w" "as long as it lasts" error=0 applied=$mib
	check "they are under writeback still" writing
	echo "$disk wbps=max" >"$cgroot/t/io.max"
	wait $writer
	check "what was written is right" in_cg t cmp -n 1048576 $dir/d $dir/w

	echo 1 >/proc/sys/vm/drop_caches
	echo "$disk rbps=2" >"$cgroot/t/io.max"
	in_cg t dd if=$dir/b of=/dev/null bs=1M status=none &
	reader=$!
	check "pages that are read just now are busy" wait_for 60 being_read
	told one "file pin $dir/b 0 4096" "and not pinned" error=0 applied=0 busy=1
	echo "$disk rbps=max" >"$cgroot/t/io.max"
	wait $reader
	told one "file pin $dir/b" "before they have been" error=0 applied=$((8 * mib))
	without
	rm $dir/w
	echo 500 >/proc/sys/vm/dirty_writeback_centisecs
}

# Nobody learns by these what others have cached: as with mincore(), who may write to a file or owns it may know.
test_looks() {
	local verb answer size=$((48 * 1048576))
	start fifo t
	truncate -s $size $dir/hole
	chmod 644 $dir/hole
	read_in t c
	read_in t d
	for name in spy owner; do
		teller $name u
		say $name session
	done
	say spy nobody
	say owner nobody
	for verb in prefetch activate deactivate evict pin unpin; do
		say spy "file $verb $dir/hole 0 $size"
		answer=$said
		say spy "file $verb $dir/c 0 $size"
		check "$verb says the same of what is cached and what is not" test "$said" = "$answer"
		say spy "file $verb $dir/hole 0 8193"
		answer=$said
		say spy "file $verb $dir/d 0 8193"
		check "and of a few pages" test "$said" = "$answer"
	done
	told spy "residency $dir/c" "nor is he told where pages are" error=-13
	chown 65534 $dir/{d,hole}
	told owner "residency $dir/d" "but the owner is" error=0 list=$((8 * mib))
	told owner "file prefetch $dir/hole" "the owner of a file knows that it is not cached" \
		error=0 absent=$((48 * mib)) foreign=0
	told owner "file prefetch $dir/d" "nor by himself" error=0 absent=0 foreign=$((8 * mib))
	chown 0 $dir/{d,hole}
	end_teller spy
	end_teller owner
	end_loader
	rm $dir/hole
}

# Everything happens to the files meanwhile.
test_middle() {
	local talkers turn=0
	cp $dir/a $dir/m
	truncate -s 16M $dir/n
	start fifo t
	in_cg t nice -n 10 ./chatter $hints $((8 * slow / 2 + 8)) 1 4 $dir/{a,m,n} >/tmp/chatter 2>&1 &
	talkers=$!
	while kill -0 $talkers 2>/dev/null; do
		case $((turn++ % 6)) in
		0) truncate -s $((RANDOM * 64)) $dir/m ;;
		1) in_cg t dd if=$dir/a of=$dir/m bs=1M conv=notrunc status=none ;;
		2) in_cg t ./memtool move $dir/a $((turn / 6 % 2)) ;;
		3) fallocate -p -o $((RANDOM * 32)) -l $((RANDOM * 128 + 1)) $dir/m ;;
		4) echo 1 >/proc/sys/vm/compact_memory ;;
		5) in_cg t ./memtool soft-offline $dir/a $((RANDOM % 2048)) 1 ;;
		esac >/dev/null 2>&1
	done
	check "files are truncated, written, punched and migrated while they are told of: $(cat /tmp/chatter)" wait $talkers
	at_least "turns" $turn 3
	check "nothing stays pinned" wait_for 60 value_is pinned_pages 0
	check "says memory.stat, too" wait_for 60 nothing_pinned
	end_loader
	rm $dir/{m,n}
}

test_gone() {
	local pages=$((8 * mib))
	with hog
	read_in t a
	told one "file pin $dir/a" "under a policy that withholds: pinned" error=0 applied=$pages
	read_in t c
	read_in t c
	check "it is ejected" wait_for 60 value_is attached 0
	check "and nothing is pinned" wait_for 60 nothing_pinned
	read_in t d
	told one "file pin $dir/d" "nor can be" error=-67 applied=0
	told one "file unpin $dir/a" "what was can be unpinned" error=0 applied=0
	without

	with fifo
	read_in t a
	told one "file pin $dir/a" "while there is a daemon: pinned" error=0 applied=$pages
	kill -9 "$loader_pid"
	wait "$loader_pid" 2>/dev/null
	check "it is killed, and nothing is pinned" wait_for 60 nothing_pinned
	check "nor governed" wait_for 60 no_governed
	told one "file pin $dir/a" "nor can be" error=-67 applied=0 other=$pages
	end_teller one

	cg_new v 48M
	start fifo v
	teller one .
	say one session
	read_in v a
	told one "file pin $dir/a" "from outside of the cgroup: pinned" error=0 applied=$pages
	check "the cgroup is removed" wait_for 20 rmdir "$cgroot/v"
	check "and nothing is pinned" wait_for 60 nothing_pinned
	told one "file pin $dir/a" "nor can be" error=-67 applied=0 other=$pages
	told one "file deactivate $dir/a" "what is left of it can be deactivated" error=0
	at_least "which is what the kernel does" $(($(got applied) + $(got already))) $pages
	without

	with fifo
	say one "file pin $dir/a"
	ask detach
	wait_for 60 no_governed
	read_in u b
	told one "file pin $dir/b" "no policy" error=-67 applied=0
	told one "file deactivate $dir/b" "but it can be deactivated" error=0
	at_least "which is what the kernel does" $(($(got applied) + $(got already))) $pages
	without
}

# A server of FUSE that says nothing: who reads waits for ever, and nobody else does.
test_silent() {
	local server readers=()
	mkdir -p /tmp/silent
	python3 silent.py /tmp/silent >/tmp/silent.out 2>&1 &
	server=$!
	check "a file system that does not answer is mounted" wait_for 20 grep -q mounted /tmp/silent.out
	with fifo
	for _ in 1 2 3; do
		in_cg t dd if=/tmp/silent/f of=/dev/null bs=64k status=none &
		readers+=($!)
	done
	stuck() { say one "file deactivate /tmp/silent/f 0 65536" && (($(got busy) > 0)); }
	check "who reads it waits" wait_for 20 stuck
	check "64 processes say what they want of it: all return" \
		env CHATTER_READS=0 ./chatter $hints $((2 * slow)) 2 64 /tmp/silent/f
	told one "file pin /tmp/silent/f 0 65536" "its pages are not pinned" error=0 applied=0
	without
	kill -9 "${readers[@]}"
	umount -f /tmp/silent
	wait "${readers[@]}" 2>/dev/null
	check "it is unmounted in the end" wait_for 20 bash -c '! mountpoint -q /tmp/silent || umount -l /tmp/silent'
	kill $server 2>/dev/null
	check "nothing is pinned" wait_for 60 nothing_pinned
}

parts=(files ranges addresses states looks middle gone silent)
for part in ${1:-${parts[*]}}; do "test_$part"; done
tell_end
