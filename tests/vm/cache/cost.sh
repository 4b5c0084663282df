#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a policy costs when it comes, while it is there and when it goes: the memory of state words, stalls
# that are none, and what is left of the hot pages after it has been detached. Runs inside the guest, called
# by tests/vm/test_cache_cost. With `words` it ends behind the state words.

# shellcheck disable=SC2154 # from engines.sh
cd "$(dirname "$0")" || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
no_readahead /mnt/data
disk=$(basename "$(device_of /mnt/data)")
for name in big hot cold own stream; do head -c 64M /dev/zero >"/mnt/data/$name"; done
sync

state_pages() { cat /sys/module/mempol/parameters/cache_state_pages; }
no_state() { [[ $(state_pages) == 0 ]]; }
# read_in CGROUP FILE FROM COUNT: so many MiB of it; pages_read: what that took from the disk.
read_in() { in_cg "$1" dd if="/mnt/data/$2" of=/dev/null bs=1M skip="$3" count="$4" status=none; }
sectors() { awk '{ print $3 }' "/sys/block/$disk/stat"; }
pages_read() {
	local before
	before=$(sectors)
	read_in "$@"
	echo $((($(sectors) - before) / 8))
}

# State words: two bytes for each governed page and those beside it, however much memory there is.
check "without a policy there are no state words" no_state
cg_new words 64M
drop_caches
engine_start e fifo words || fail "fifo attaches: $answer"
at_most "an attachment makes none" "$(state_pages)" 0
for _ in 1 2 3; do
	read_in words big 0 64
	read_in words stream 0 64
done
engine_ask e info
governed=$(engine_value governed_pages)
at_least "pages are governed" "$governed" 12000
at_most "pages of state words: 0.1 % of what is governed and a section's" "$(state_pages)" $((governed / 1000 + 16))
note "after 384 MiB that came and went: $(state_pages) pages of state words for $governed governed"
engine_end e
check "they go with the last policy" wait_for 10 no_state
rmdir "$cgroot/words"
[[ ${1:-} != words ]] || finish

# After a policy, what was hot is hot: neither it nor the cgroup's own pages are the first to go.
for lru in off on; do
	mglru $lru
	drop_caches
	cg_new leave 64M
	read_in leave own 0 4
	read_in leave own 0 4
	engine_start e fifo leave || fail "fifo attaches: $answer"
	for _ in 1 2 3; do read_in leave hot 0 16; done
	read_in leave cold 0 24
	engine_end e
	check "drained (MGLRU $lru)" wait_for 10 no_governed
	read_in leave stream 0 56
	at_most "pages of the hot file that a stream has driven out after a policy (MGLRU $lru)" \
		"$(pages_read leave hot 0 16)" 410
	note "of the cgroup's own: $(pages_read leave own 0 4) of 1024"
	rmdir "$cgroot/leave"
done

# What MGLRU had evicted before the policy came is at no distance that anybody knows, and waiting for it is no
# stall; what the policy has just evicted is near, and it is.
stalled() { awk '$1 == "some" { sub("total=", "", $5); print $5 }' "$cgroot/near/memory.pressure"; }
mglru on
drop_caches
cg_new near 32M
for _ in 1 2; do read_in near own 0 64; done
engine_start e fifo near || fail "fifo attaches: $answer"
read_in near big 0 48
echo 256M >"$cgroot/near/memory.max"
before=$(stalled)
theirs=$(pages_read near own 0 64)
between=$(stalled)
ours=$(pages_read near big 0 16)
after=$(stalled)
note "stalled for $((between - before)) us for $theirs pages that MGLRU evicted, $((after - between)) us for $ours of the policy's"
at_least "pages that MGLRU had evicted come back" "$theirs" 4000
at_least "and pages that the policy had" "$ours" 2000
at_least "waiting for those is a stall" $((after - between)) 1
at_most "a page that MGLRU evicted stalls less than a quarter as long as one of the policy's" \
	$(((between - before) * ours * 4)) $(((after - between) * theirs))
engine_end e
rmdir "$cgroot/near"
mglru off

check "everything is the kernel's again" wait_for 10 no_governed
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
