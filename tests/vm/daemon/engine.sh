#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# An engine of one's own, the example of the SDK: shown to the verifier, loaded, tuned while it governs. Needs the patched
# kernel.

# The strings in single quotes are programs for an inner shell.
# shellcheck disable=SC2016,SC2154,SC2317 source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

have_module || skip "this kernel has no mempol module"
start_daemon
object=/usr/local/lib/mempolicyd/mine.bpf.o

# tuned NAME ENGINE LINE...: a policy of cgroup /a whose [Cache] has the lines.
tuned() {
	local name=$1 engine=$2
	shift 2
	printf '[Match]\nCgroup=/a\n[Cache]\nEngine=%s\n' "$engine" >"$policy_dir/.$name.tmp"
	printf '%s\n' "$@" >>"$policy_dir/.$name.tmp"
	mv "$policy_dir/.$name.tmp" "$policy_dir/$name.mempolicy"
}
says() { mempolctl show "$1" | grep -qF -- "$2"; }
counter() {
	mempolctl stats "$1" --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["policies"][0]["counters"][sys.argv[1]])' "$2"
}
governs() { [[ $(counter "$1" governed_pages) -gt ${2:-0} ]]; }
refaults() { awk '$1 == "workingset_refault_file" { print $2 }' "$cgroot/a/memory.stat"; }
# How much of what is hot came back from the disk after a scan.
come_back() {
	local before i
	drop_caches
	for i in 1 2 3 4; do in_cg a cat /mnt/data/hot >/dev/null; done
	in_cg a cat /mnt/data/scan >/dev/null
	before=$(refaults)
	in_cg a cat /mnt/data/hot >/dev/null
	echo $(($(refaults) - before))
}

check "check --load takes the example" mempolctl check --load /mnt/share/mine.bpf.o
check "and attaches nothing" bash -c '! mempolctl list | grep -q mine'
mempolctl check --load /mnt/share/rejected.bpf.o >/tmp/out 2>&1
check "check --load fails where the verifier refuses" [ $? = 1 ]
check "with the line of the source" grep -qE '^[^ ]*rejected\.bpf\.c:[0-9]+: the kernel.s verifier rejected it' /tmp/out
check "and what to do" grep -q "this number is used as a pointer" /tmp/out
sed "s/^/# /" /tmp/out

dd if=/dev/zero of=/mnt/data/hot bs=1M count=4 status=none
dd if=/dev/zero of=/mnt/data/scan bs=1M count=24 status=none
install -D -m 644 /mnt/share/mine.bpf.o $object
make_cgroup a
echo 12M >"$cgroot/a/memory.max"
tuned mine $object Chances=3
check "the example governs" wait_for 5 state_is mine active
check "its tunable is shown" says mine "Chances=3 (0..3; turns that a page gets for having been used)"
spared=$(come_back)
check "pages read there are governed" governs mine 1000
tuned mine $object Chances=0
check "another value is taken over" wait_for 5 says mine "Chances=0 ("
check "live: an event says replaced" wait_for 5 bash -c 'mempolctl events | grep -q replaced'
check "and pages stay governed" governs mine 1000
first_in_first_out=$(come_back)
echo "# refaults of 1024 hot pages: Chances=3 $spared, Chances=0 $first_in_first_out"
check "the value counts: what was used is spared only with chances" \
	[ $((spared * 2)) -lt "$first_in_first_out" ]

tuned mine $object Chances=4
check "a value out of its range leaves the last good one" wait_for 5 reason_has mine "kept the last good version"
check "and is named" reason_has mine "mine.mempolicy:5: Chances=4: not a whole number in 0..3"
check "check says the same" bash -c "mempolctl check $policy_dir/mine.mempolicy 2>&1 | grep -F 'mine.mempolicy:5: Chances=4: not a whole number in 0..3'"
tuned mine $object Chance=3
check "so is an unknown key" wait_for 5 reason_has mine "did you mean 'Chances='?"
check "reload refuses it" bash -c '! mempolctl reload'
tuned mine s3fifo SmallPercent=20
check "a shipped engine has tunables, too" wait_for 5 says mine "SmallPercent=20 (1..50 %"
check "and is active" state_is mine active
check "check --load shows the verifier a policy's engine" mempolctl check --load "$policy_dir/mine.mempolicy"
