#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What it costs to say something of a page: instructions of a page and of a call, where a policy governs and where none
# does, and of calls that come across pages that never get read. Runs inside a guest under -icount, called by
# tests/vm/test_cache_verbs_cost.

# shellcheck disable=SC2154,SC2317,SC2086,SC2016 # from tell.sh; called by name; words; expanded by the inner shell

cd /mnt/share || exit 1
for part in lib cgroup tell; do
	# shellcheck source=/dev/null
	. ./$part.sh
done
export LOADER_SET="pin_permyriad=5000"
echo 64M >"$cgroot/t/memory.max"
read_in() { in_cg "$1" dd if="$dir/$2" of=/dev/null bs=1M status=none; }

# costs WHAT VERB OTHER: of a page, told of 256 at once; all of them had something to be done about.
costs() {
	say one "cost $2 $3 $dir/a 256"
	check "$1: $2 is applied to all pages ($said)" test "$(got applied)" = 256
	at_most "$1: $2 of a page, instructions" "$(got each)" 1500
	say one "cost $2 $3 $dir/a 1"
	note "$1: $2 of one page in a call of its own: $(got each) instructions"
	say one "cost $2 $3 $dir/c 4096"
	note "$1: the longest $2 of 4,096 pages: $(got longest) instructions"
}

start fifo t
teller one t
say one session
read_in t a
read_in t c
costs "a policy" deactivate activate
costs "a policy" activate deactivate
costs "a policy" pin unpin
costs "a policy" unpin pin
say one "cost prefetch prefetch $dir/a 256"
at_most "a look at a page, instructions" "$(got each)" 500
truncate -s 1G $dir/hole
say one "cost deactivate deactivate $dir/hole $((1024 * mib))"
at_most "a call about a GiB of which nothing is cached, instructions" "$(got longest)" 1000000
rm $dir/hole
# What others have pinned is not searched page by page.
truncate -s 40M $dir/hole
for i in {1..16}; do
	teller "many$i" t
	say "many$i" session
	say "many$i" "many pin $dir/hole 4096"
done
costs "while others have pinned 65,536 ranges" unpin pin
for i in {1..16}; do end_teller "many$i"; done
rm $dir/hole
end_teller one

# Pages that are being read, for ever, and 64 processes that have something to say of them.
mkdir -p /tmp/silent
python3 silent.py /tmp/silent >/tmp/silent.out 2>&1 &
wait_for 20 grep -q mounted /tmp/silent.out
in_cg t dd if=/tmp/silent/f of=/dev/null bs=64k status=none &
reader=$!
sleep 1
check "64 processes say what they want of a file that does not answer" \
	bash -c 'CHATTER_READS=0 exec ./chatter "$0" 4 3 64 /tmp/silent/f >/tmp/chatter' $hints
note "$(cut -d' ' -f1-6 /tmp/chatter)"
at_most "the longest call, instructions" "$(sed -nE 's/.* longest=([0-9]+) .*/\1/p' /tmp/chatter)" 1000000
kill -9 $reader
umount -f /tmp/silent
end_loader

for lru in classic mglru; do
	if [[ $lru == classic ]]; then mglru off; else mglru on; fi
	rm -f $hints{,-residency}
	start fifo u
	teller one t
	read_in t a
	read_in t c
	costs "no policy, $lru" deactivate activate
	costs "no policy, $lru" activate deactivate
	end_teller one
	end_loader
done
lru=""
tell_end
