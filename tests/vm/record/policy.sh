#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What mempolctl record writes down of a cgroup under a policy is what it writes down without one, whoever tells it of
# the uses; and the policies stop telling when nobody asks them any more. Runs inside the guest, called by
# tests/vm/test_record_policy.

# shellcheck disable=SC2154 # cgroot is from lib.sh
cd /tmp || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. /mnt/share/$part.sh
done
cp /mnt/share/{microbenchmark,loader,*.bpf.o} /tmp/
modprobe mempol || { fail "modprobe mempol"; finish; }
mglru off

printf '%s\n' 'file_name = /mnt/data/file' 'file_size = 16M' 'iterations = 1' 'seed = 1' \
	'execution_sequence = GetScan' '[GetScan]' 'gets = 12000' 'theta = 0.99' 'scan_probability = 0.001' \
	'scan_length = 500' >getscan.cfg

record() { mempolctl record --seconds 600 --sample 0 "$@"; }
# attached PROGRAM: as a link, and not only loaded.
attached() {
	local id
	for id in $(bpftool prog list | sed -n "s/^\([0-9]*\): .* name $1 .*/\1/p"); do
		! bpftool link list | grep -q " prog $id " || return 0
	done
	return 1
}
none_loaded() { ! bpftool prog list | grep -q ' name record_'; }
says() { grep -qF -- "$1" /tmp/message || { cat /tmp/message; return 1; }; }
start_recorder() { # OUTPUT CGROUP PROGRAM
	rm -f "$1"
	mempolctl record --seconds 600 --sample 0 --cgroup "$2" --output "$1" 2>/tmp/message &
	recorder=$!
	wait_for 60 attached "$3" || { cat /tmp/message; return 1; }
}
stop_recorder() {
	kill -INT "$recorder"
	wait "$recorder" && wait_for 10 none_loaded
}
uses() { grep -c '^[rmw] ' "$1"; }
misses() { mempolctl simulate --no-legend --size 8M --engines "$1" "$2" | awk -v p="$1" '$1 == p { print $5 }'; }
# within PER_MILLE NAME VALUE EXPECTED
within() {
	if (($3 * 1000 >= $4 * (1000 - $1) && $3 * 1000 <= $4 * (1000 + $1))); then
		ok "$2 ($3, $4 expected)"
	else
		fail "$2 ($3, $4 expected)"
	fi
}
work() { in_cg "$1" /tmp/microbenchmark /tmp/getscan.cfg >/tmp/work; }

no_readahead /mnt/data
head -c 16M /dev/zero >/mnt/data/file
sync

# Beside the kernel's own LRU: what the recorder sees by itself.
cg_new plain 8M
drop_caches
check "without a policy each hit is looked at" start_recorder /tmp/plain.trace /plain record_accessed
check "a program runs" work plain
check "and the recorder ends" stop_recorder
expected=$(uses /tmp/plain.trace)
at_least "uses of a program without a policy" "$expected" 12000
rmdir "$cgroot/plain"

for engine in noop s3fifo; do
	cg_new governed 8M
	drop_caches
	engine_start "$engine" "$engine" governed || fail "$engine is attached: $answer"
	check "$engine: the policy tells of uses" start_recorder "/tmp/$engine.trace" /governed record_used
	check "$engine: and hits are not looked at" test "$(attached record_accessed || echo no)" = no
	check "$engine: the same program runs" work governed
	check "$engine: the recorder ends" stop_recorder
	check "$engine: it was told all the time" test "$(grep -c 'had just come' /tmp/message)" = 0
	check "$engine: and says who told it" says "the cgroup is under a policy, which told of its uses"
	within 20 "$engine: uses with a policy" "$(uses "/tmp/$engine.trace")" "$expected"
	for policy in lru s3fifo get-scan; do
		# The debug kernel is so slow that more of the machine's own uses come between: 21 were measured there.
		within $((slow == 1 ? 20 : 40)) "$engine: misses of $policy simulated from it" "$(misses $policy "/tmp/$engine.trace")" \
			"$(misses $policy /tmp/plain.trace)"
	done
	engine_end "$engine"
	rmdir "$cgroot/governed"
done

# An engine with accessed() for one folio in eight hears of as many as before while all uses are recorded.
cg_new governed 64M
drop_caches
engine_start sampler sampler governed || fail "sampler is attached: $answer"
in_cg governed dd if=/mnt/data/file of=/dev/null bs=4k status=none
check "an engine with accessed() is recorded too" start_recorder /tmp/sampler.trace /governed record_used
told_of() { engine_ask sampler value sampler_told && engine_value sampler_told; }
told=$(told_of)
in_cg governed dd if=/mnt/data/file of=/dev/null bs=4k status=none
told=$(($(told_of) - told))
check "its recorder ends" stop_recorder
at_least "all uses are recorded" "$(uses /tmp/sampler.trace)" 4090
at_most "and the engine is told of one in eight" "$told" $((4096 * 3 / 16))
at_least "not of fewer" "$told" $((4096 / 16))
engine_end sampler
rmdir "$cgroot/governed"

# Who records first is told by the policy; who comes second looks at each hit.
cg_new governed 32M
drop_caches
engine_start noop noop governed || fail "noop is attached: $answer"
check "a first recorder is told by the policy" start_recorder /tmp/first.trace /governed record_used
first=$recorder
check "a second one is not" start_recorder /tmp/second.trace /governed record_accessed
in_cg governed dd if=/mnt/data/file of=/dev/null bs=4k status=none
end_recorder() {
	kill -INT "$recorder"
	wait "$recorder"
}
check "the second one ends" end_recorder
check "and says what it cost" says "recording cost a hit what it costs anywhere"
at_least "and has the uses" "$(uses /tmp/second.trace)" 4090

# The first is killed: nobody asks any more, and after its time another may.
kill -9 "$first"
wait "$first" 2>/dev/null
check "nothing of the killed one is left" wait_for 10 none_loaded
told_again() {
	start_recorder /tmp/again.trace /governed record_used && return
	stop_recorder >/dev/null
	return 1
}
# Its lease is ten seconds.
check "soon after it was killed the policy tells another" wait_for 120 told_again

# The policy goes in mid-recording: the recorder looks at hits itself from then on.
engine_end noop
check "when the policy has gone each hit is looked at" wait_for 60 attached record_accessed
in_cg governed dd if=/mnt/data/file of=/dev/null bs=4k status=none
check "the recorder that lost its policy ends" stop_recorder
at_least "it has the uses from after that" "$(uses /tmp/again.trace)" 4090
rmdir "$cgroot/governed"

# What is left to the kernel nobody tells of.
cg_new governed 32M
echo +memory >"$cgroot/governed/cgroup.subtree_control"
cg_new governed/left 16M
engine_start noop noop governed || fail "noop is attached: $answer"
engine_start none none governed/left || fail "the exclusion is attached: $answer"
check "with an exclusion below each hit is looked at" start_recorder /tmp/left.trace /governed record_accessed
drop_caches
in_cg governed/left dd if=/mnt/data/file of=/dev/null bs=4k status=none
check "its recorder ends" stop_recorder
at_least "and has what was used there" "$(uses /tmp/left.trace)" 4090
engines_end
check "rmmod works" wait_for 30 rmmod mempol

complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
