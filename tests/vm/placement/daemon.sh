#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Placement under the daemon: a pool is taken, pages of a cgroup are placed in it, and the audit agrees after fill, fork,
# mremap, swap and a live replacement; what status, iutil, map, explain and events say; exclusions, a pool that cannot be,
# and what becomes of pages when the policy goes. The example's walk prints what it promises. Runs inside the guest,
# called by tests/vm/test_placement_daemon.

# shellcheck disable=SC2154 # from lib.sh
# shellcheck disable=SC2016 # programs for an inner shell

cd /mnt/share || exit 1
for part in lib cgroup policies; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
grep -q '^placement 0$' /sys/module/mempol/parameters/mechanisms || skip "the kernel is built without CONFIG_MEMPOL_PLACEMENT"
# Pages of 2 MiB have no frame of a pool.
echo never >/sys/kernel/mm/transparent_hugepage/enabled
start_daemon
cg_new t max
echo +memory >"$cgroot/t/cgroup.subtree_control"
cg_new t/a max
cg_new t/x max
cg_new u max
echo max >"$cgroot/t/memory.swap.max"
echo max >"$cgroot/t/a/memory.swap.max"

check "features has it" bash -c "mempolctl --json features | grep -qF '\"name\":\"placement\",\"available\":true'"
check "without a policy status says what to do" says "put a file with [Placement]" placement status

# ---- a pool, and pages in it ----

mosaic p /t "Pool=32M\n"
check "it is active" wait_for 20 state_is p active
check "an event says that the pool is there" wait_for 10 event_of p '"type":"pool"'
check "the pool has its pages" is p pool_pages 8192
check "status says so" says "32M (8192 pages)" placement status p
check "nothing has been in the way yet" says "none yet" placement status p
keep t/a
check "a process fills 16 MiB" tell fill 16
at_least "its pages are placed" "$(counter p placed)" 4096
check "none got an ordinary frame" is p ordinary 0
check "the audit finds no violation" mempolctl placement audit p
at_least "it looked at them" "$(audited ok p)" 4096
check "explain says where pages go" says "new anonymous pages go to pool p of 32M" explain /t
check "and nothing of the sort for others" bash -c '! mempolctl explain /u | grep -q "go to pool"'
check "iutil counts buckets" says "FRAMES IN USE" placement iutil p
mempolctl placement map p >/tmp/map 2>/dev/null
at_least "a map has a line a page" "$(sed '1,/^pages$/d' /tmp/map | wc -l)" 4096
check "it can be audited elsewhere" mempolctl placement audit --file /tmp/map
sed s/^seed=.*/seed=99/ /tmp/map >/tmp/other
check "by another seed it fails" bash -c '! mempolctl placement audit --file /tmp/other >/dev/null 2>&1'

# ---- what changes addresses and spaces ----

check "mremap moves it" tell move
check "the audit still finds no violation" mempolctl placement audit p
at_least "pages that were moved are stale" "$(audited stale p)" 4000
check "fork copies half of it" tell fork
check "the audit agrees after fork" mempolctl placement audit p
at_least "what is shared is said to be" "$(audited shared p)" 1
check "every page holds what it must, in the child too" tell check
let_go

# ---- more than the pool has ----

keep t/a
check "a process fills 40 MiB of a pool of 32" tell fill 40
at_least "the first conflict is late" "$(($(counter p conflict_pages) * 1000 / 8192))" 975
check "an event says when it was" wait_for 10 event_of p '"type":"conflict"'
if [[ $(wc -l </proc/swaps) -gt 1 ]]; then
	at_least "pages went to swap" "$(counter p evicted)" 500
fi
check "the audit finds no violation among what stayed" mempolctl placement audit p
check "every page holds what it must" tell check
check "the audit finds none among what came back" mempolctl placement audit p
check "the first conflict can be forgotten" mempolctl placement iutil --reset p
check "then it is none" is p conflict_pages 0
check "nothing of what the engine asked was refused" is p refused 0
check "all frames are accounted for" bash -c '
	x=$(mempolctl stats p --json); f() { sed -nE "s/.*\"$1\": *([0-9]+).*/\1/p" <<<"$x"; }
	(($(f used_pages) + $(f free_pages) + $(f lost_pages) == $(f pool_pages)))'

# ---- replaced while it runs ----

mosaic p /t "Pool=32M\nEviction=horizon\n"
check "another rule takes over" wait_for 20 event_of p '"type":"replaced"'
check "it is active" wait_for 20 state_is p active
check "pages stay where they are" mempolctl placement audit p
check "and hold what they must" tell check

# ---- exclusions, and the null engine ----

mosaic p "/t !/t/x" "Pool=32M\n"
check "an exclusion is attached" wait_for 20 bash -c 'mempolctl list --json | grep -q "\"engine\":\"ordinary\""'
before=$(counter p placed)
in_cg t/x head -c 1M /dev/zero | in_cg t/x tail -c 1M >/dev/null
at_most "what is excluded is not placed" "$(($(counter p placed) - before))" 200

# ---- what cannot be ----

mkdir "$cgroot/t/a/none"
mosaic n /t/a/none "Pool=4M\n"
check "a cgroup without the memory controller is told as such" wait_for 10 reason_has n "the memory controller is not enabled for this cgroup"
rm -f "$policy_dir/n.mempolicy"
wait_for 10 gone n
rmdir "$cgroot/t/a/none"
mosaic big /u "Pool=1T\n"
check "a pool beyond half of the machine is refused with its line" wait_for 10 reason_has big "big.mempolicy:5: Pool=1T: a pool may have half"
rm -f "$policy_dir/big.mempolicy"
mosaic q /u "Pool=16M\nPoolName=p\n"
check "a pool of the same name and another size is refused" wait_for 10 reason_has q "has a pool of the same PoolName=p with Pool=32M"
rm -f "$policy_dir/q.mempolicy"

# ---- the end ----

before=$(free_kib)
rm -f "$policy_dir/p.mempolicy"
wait_for 10 gone p
check "when the policy goes, pages hold what they must" tell check
let_go
check "and the memory is the kernel's again" wait_for 10 bash -c '(($(awk '"'"'$1 == "MemFree:" { print $2 }'"'"' /proc/meminfo) > $0 + 16384))' "$before"

bash ./walk >/tmp/walk 2>&1
check "the walk prints what is expected" diff expected /tmp/walk
stop_daemon
check "the module can go" wait_for 10 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has nothing to complain of" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
