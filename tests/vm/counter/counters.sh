#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Counter objects: from SYSCALL programs, which ./counters judges, from an engine, and what keeps the module. Runs
# inside the guest, called by tests/vm/test_counters with programs and engines in /mnt/share.

# shellcheck disable=SC2154,SC2119 # from engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }

# Its lines are numbered on their own.
./counters counters.bpf.o >/tmp/counters
while read -r line; do
	case $line in
	"ok "*) ok "${line#* - }" ;;
	"not ok "*) fail "${line#* - }" ;;
	esac
done </tmp/counters
check "all of them were run" grep -q '^1\.\.' /tmp/counters

mkfifo /tmp/hold.in /tmp/hold.out
./counters counters.bpf.o hold </tmp/hold.in >/tmp/hold.out &
exec {to}>/tmp/hold.in {from}</tmp/hold.out
read -r -t $((20 * slow)) answer <&"$from"
check "a counter is in a map" test "$answer" = held
check "as long the module stays" bash -c '! rmmod mempol'
exec {to}>&- {from}<&-
wait
check "without it the module unloads" wait_for 10 rmmod mempol
modprobe mempol

file=/mnt/data/counters
dd if=/dev/zero of=$file bs=4k count=256 conv=fsync status=none
no_readahead /mnt/data
cg_new t 64M
drop_caches
engine_start e tallier t || fail "an engine with counters attaches: $answer"
in_cg t dd if=$file of=/dev/null bs=4k status=none
engine_ask e value tallier_pairs
at_least "its callbacks count" "$(engine_value tallier_pairs)" $((256 * 4))
engine_ask e info
check "nothing of that is refused" test "$(engine_value refused_token)" = 0
engine_ask e set tallier_forge 1
drop_caches
in_cg t dd if=$file of=/dev/null bs=4k status=none
engine_ask e value tallier_forged
forged=$(engine_value tallier_forged)
at_least "it forges tokens" "$forged" $((256 * 4))
engine_ask e info
check "each is counted as its wrong request" test "$(engine_value refused_token)" = "$forged"
engine_ask e value tallier_wrong
check "and no token was taken that must not be, nor refused that must be taken" test "$(engine_value tallier_wrong)" = 0
engine_end e
check "drained" wait_for 10 no_governed
rmdir "$cgroot/t"
check "its counters go with it: the module unloads" wait_for 10 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
