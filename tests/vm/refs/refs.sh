#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Ten states of a page, each with the reason that mempolctl refs must name; who may ask; and an engine that meets
# pages that are held. Needs the patched kernel.

# shellcheck disable=SC2016,SC2154,SC2317 source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/lib.sh"

have_module || skip "this kernel has no mempol module"
start_daemon
# What is dirty stays so.
echo 0 >/proc/sys/vm/dirty_writeback_centisecs

fast=/var/tmp/refs
mkdir -p "$fast"
page=4096
new_file() { # NAME PAGES: on the disk, and not in memory
	dd if=/dev/urandom of="$1" bs=$page count="$2" conv=fsync status=none
	dd of="$1" oflag=nocache conv=notrunc,fdatasync count=0 status=none
	echo 1 >/proc/sys/vm/drop_caches
}
# why ARGUMENT...: the reasons of all rows, one a line.
why() { mempolctl refs --no-legend "$@" | awk '{ for (i = 9; i <= NF; i++) printf("%s%s", $i, i < NF ? " " : "\n") }' | sort -u; }
why_is() { # REASON ARGUMENT...
	local wanted=$1 found
	shift
	found=$(why "$@")
	[[ $found == "$wanted" ]] || { echo "'$found', not '$wanted'"; mempolctl refs "$@"; return 1; }
}
has_reason() { # REASON ARGUMENT...
	local wanted=$1
	shift
	why "$@" | grep -qx -- "$wanted" || { mempolctl refs "$@" | tail -20; return 1; }
}

# hold STATE [FILE [PAGES]]: begins to; release ends it. What it says before "ready" is in $said. It runs on CPU 1.
hold() {
	local line
	coproc HOLD { exec taskset -c 1 /mnt/share/hold "$@"; }
	said=
	while read -r line <&"${HOLD[0]}"; do
		[[ $line != ready ]] || return 0
		said=$line
	done
	return 1
}
release() {
	local pid=$HOLD_PID
	eval "exec ${HOLD[1]}>&-"
	wait "$pid"
}

# --- a file's pages ------------------------------------------------------------------------------
new_file "$fast/data" 4
check "what is not in memory has no row" [ -z "$(why "$fast/data")" ]
cat "$fast/data" >/dev/null
check "a clean page can go" why_is "can go" --drain "$fast/data"

chown 65534 "$fast/data"
hold mapped "$fast/data"
check "mapped" has_reason "mapped 1" --drain "$fast/data:0+4K"
check "and who maps it" bash -c 'mempolctl refs --who '"$fast/data"' | grep -Eq " hold +1 +1 "'
check "and who may read only its own is told less" bash -c \
	'setpriv --reuid 65534 --groups "$(getent group mempolicy | cut -d: -f3)" \
		mempolctl refs --who '"$fast/data"' 2>&1 | grep -q "of other users are not among them"'
release

hold mlocked "$fast/data"
check "unevictable" has_reason "unevictable" --drain "$fast/data:0+4K"
release
check "and no longer" wait_for 5 why_is "can go" --drain "$fast/data"

hold spliced "$fast/data"
check "pinned by vmsplice: held by a pipe" has_reason "held 1" --drain "$fast/data:0+4K"
check "which --held shows alone" [ "$(why --drain --held "$fast/data:0+4K")" = "held 1" ]
check "and without a drain it may be a batch" has_reason "held 1 or in an LRU batch" "$fast/data:0+4K"
release
check "and no longer" wait_for 5 why_is "can go" --drain "$fast/data"

hold reading "$fast/data"
check "being read, counted as everywhere: held" has_reason "held 1" --drain "$fast/data:0+4K"
release
check "and no longer" wait_for 5 why_is "can go" --drain "$fast/data"

# Its first use is a batch away from the list; others that come in may fill the batch first, and each process that
# ends on that CPU empties it.
in_a_batch() {
	local found=1
	new_file "$fast/one" 1
	taskset -pc 0 $$ >/dev/null
	hold batched "$fast/one"
	mempolctl refs "$fast/one" >/tmp/batch
	grep -q "held 1 or in an LRU batch" /tmp/batch && found=0
	release
	taskset -pc 0-1 $$ >/dev/null
	return "$found"
}
check "in a batch of the LRU lists" wait_for 20 in_a_batch
check "and gone from it after a drain" why_is "can go" --drain "$fast/one"

# --- on the way to a disk that does not take it ----------------------------------------------------
# The cgroup may do so little on that disk that its requests wait until the limit is lifted.
disk=$(mountpoint -d /mnt/data)
echo +io >"$cgroot/cgroup.subtree_control"
make_cgroup stuck
new_file /mnt/data/read 16
in_cg stuck dd if=/dev/zero of=/mnt/data/written bs=64K count=1 conv=fsync status=none
in_cg stuck dd if=/dev/zero of=/mnt/data/written bs=64K count=1 conv=notrunc status=none
check "dirty" why_is "dirty" --drain /mnt/data/written
echo "$disk rbps=2 wbps=2" >"$cgroot/stuck/io.max"
hold writing /mnt/data/written
check "under writeback" why_is "writeback" --drain /mnt/data/written
release
in_cg stuck cat /mnt/data/read >/dev/null &
reader=$!
check "locked, while it is read from the disk" wait_for 20 has_reason "locked" /mnt/data/read
echo "$disk rbps=max wbps=max" >"$cgroot/stuck/io.max"
wait "$reader"
check "and clean at last" wait_for 30 why_is "can go" --drain /mnt/data/written

# --- memory by page frame ------------------------------------------------------------------------
hold registered
check "pinned by a buffer of io_uring" why_is "pinned" --drain pfn "$said"
check "which its neighbours are not asked for" mempolctl refs pfn "$((said - 8))-$((said + 8))"
release
check "and no longer" wait_for 5 bash -c '! mempolctl refs --no-legend --drain pfn '"$said"' | grep -q "pinned"'
slab=$(python3 - <<'END'
import struct
frame = 0
with open("/proc/kpageflags", "rb") as flags:
    while len(part := flags.read(8)) == 8:
        # KPF_SLAB
        if struct.unpack("Q", part)[0] & 1 << 7:
            print(frame)
            break
        frame += 1
END
)
check "slab" has_reason "slab" pfn "$slab"
check "all of a MiB has a row and a sum" bash -c \
	'mempolctl refs --json pfn 4096-4351 | python3 -c "
import json, sys
answer = json.load(sys.stdin)
pages = sum(row[\"folios\"] * row[\"pages\"] for row in answer[\"pages\"])
assert pages >= 256 and pages == sum(answer[\"total\"].values()), answer"'
no_memory() {
	local out
	out=$(mempolctl refs pfn 0xfffffffff 2>&1)
	[[ $? == 1 && $out == *"there is no memory at page frame"* ]] || { echo "$out"; return 1; }
}
check "where there is no memory that is said" no_memory

# --- an area of CMA, of which a driver has a part ----------------------------------------------------
# in_area REASON: pages of the area that have it; without REASON: all of them.
in_area() {
	mempolctl refs --json cma reserved | python3 -c '
import json, sys
total = json.load(sys.stdin)["total"]
print(total.get(sys.argv[1], 0) if len(sys.argv) > 1 else sum(total.values()))' "$@"
}
area_has() { # PAGES [REASON]
	local found
	found=$(in_area "${@:2}")
	[[ $found == "$1" ]] || { echo "$found, not $1"; mempolctl refs cma reserved; return 1; }
}
area=/sys/kernel/debug/cma/reserved
check "every page of an area of CMA is in the sum" area_has "$(cat $area/count)"
check "no driver has one of them" area_has 0 kernel
echo 16 >$area/alloc
check "those that a driver takes are named" area_has 16 kernel
echo 16 >$area/free
check "and no longer" area_has 0 kernel
no_area() {
	local out
	out=$(mempolctl refs cma nothing 2>&1)
	[[ $? == 1 && $out == *"there is no area 'nothing' of CMA; there are: reserved"* ]] || { echo "$out"; return 1; }
}
check "an area that there is not is refused, with those that there are" no_area

# --- who may ask ---------------------------------------------------------------------------------
as_member() {
	setpriv --reuid 65534 --groups "$(getent group mempolicy | cut -d: -f3)" "$@"
}
exits() { # STATUS COMMAND...
	local wanted=$1 status
	shift
	"$@"
	status=$?
	((status == wanted)) || { echo "exit $status, not $wanted"; return 1; }
}
chmod 644 "$fast/data"
check "a member of the group asks about a file of its own" as_member mempolctl refs "$fast/data"
check "not with a drain" exits 4 as_member mempolctl refs --drain "$fast/data"
check "not about memory" exits 4 as_member mempolctl refs pfn 1
check "not to switch" exits 4 as_member mempolctl refs on "$fast/data"
chown 0 "$fast/data"
check "nor about a file of another's, which it may read" exits 4 as_member mempolctl refs "$fast/data"
# Nobody but root may look into the share.
check "which the daemon says, too" as_member python3 - --member "$fast/data" </mnt/share/descriptors.py
chmod 600 "$fast/data"
check "nor about a file it may not read" exits 4 as_member mempolctl refs "$fast/data"
check "descriptors that are no file to read are refused" python3 /mnt/share/descriptors.py "$fast/data"

mkdir -p "$fast"/{lower,upper,work,merged}
echo content >"$fast/lower/file"
if mount -t overlay overlay -o "lowerdir=$fast/lower,upperdir=$fast/upper,workdir=$fast/work" "$fast/merged"; then
	cat "$fast/merged/file" >/dev/null
	check "overlayfs shows the pages below" [ -n "$(why "$fast/merged/file")" ]
	umount "$fast/merged"
fi

check "without a policy the module can go again" wait_for 20 modprobe -r mempol
check "and the kernel cannot say, which is said" exits 3 mempolctl refs "$fast/data"
modprobe mempol
check "until it is back" wait_for 20 mempolctl refs "$fast/data"

# --- an engine that meets what is held -----------------------------------------------------------
make_cgroup held
policy held second
check "a policy is active" wait_for 10 state_is held active
counter() {
	mempolctl stats held --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["policies"][0]["counters"][sys.argv[1]])' "$1"
}
dd if=/dev/zero of="$fast/big" bs=1M count=8 conv=fsync status=none
echo 1 >/proc/sys/vm/drop_caches
in_cg held cat "$fast/big" >/dev/null
hold spliced "$fast/big" 256
before=$(mempolctl refs --no-legend --held --drain "$fast/big:0+1M" | wc -l)
echo 6M >"$cgroot/held/memory.reclaim" || :
check "pages that are held were there" [ "$before" -gt 0 ]
check "they are passed over, and counted" [ "$(counter held)" -gt 0 ]
check "and are still there" has_reason "held 1" --drain "$fast/big:0+1M"
check "and the engine is not thrown out for it" state_is held active
release

# --- counted in cells ----------------------------------------------------------------------------
if mempolctl features | grep -Eq '^refcount +yes' && [[ -e /usr/share/mempolicyd/policies/refcount.mempolicy ]]; then
	printf '[Match]\nCgroup=/held\n[Refcount]\nEngine=files\nFilePath=/var/tmp/refs/nothing\n' >"$policy_dir/cells.mempolicy"
	check "a policy of reference counts is active" wait_for 10 state_is cells active
	check "a file is switched on" mempolctl refs on "$fast/data"
	check "and listed" bash -c 'mempolctl refs files | grep -q "/data .* request "'
	hold reading "$fast/data"
	check "being read, counted in a cell" has_reason "being read" --drain "$fast/data:0+4K"
	check "and switched off again, which makes it a reference" mempolctl refs off "$fast/data"
	check "as everywhere" has_reason "held 1" --drain "$fast/data:0+4K"
	release
fi
finish
