#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The module itself: the types that it shares with engines, who may call it, what every policy counts, what
# flags of an ops struct do, and a mechanism that is not available. Runs inside the guest, called by
# tests/vm/test_module with the loader and the engines in /mnt/share.

# shellcheck disable=SC2154,SC2119 # from engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
# Of a mechanism that this module is built without there is nothing to compare.
for object in types/*.bpf.o; do
	mechanism=$(mempolctl engines "$object" | sed -nE 's/^ *Mechanism: //p')
	grep -q "^$mechanism " /sys/module/mempol/parameters/mechanisms && continue
	note "$object is left out: the module has no $mechanism"
	rm "$object"
done
check "engines and kernel have the same types" ./btfcheck types/*.bpf.o
note "$(./btfcheck types/*.bpf.o | tail -n 1)"

pages=512
file=/mnt/data/module
dd if=/dev/zero of=$file bs=4k count=$pages conv=fsync status=none
no_readahead /mnt/data
cg_new t 64M
drop_caches

# read_all TIMES
read_all() {
	local i
	for ((i = 0; i < $1; i++)); do
		in_cg t dd if=$file of=/dev/null bs=4k status=none
	done
}

engine_start e sampler t || fail "sampler attaches: $answer"
read_all 4
engine_ask e info
# The first one may come before the folio is on a list.
at_least "accesses are counted" "$(engine_value accessed)" $((pages * 3))
at_least "callbacks are counted" "$(engine_value calls)" $pages
check "none was called from within another" test "$(engine_value nested)" = 0
engine_ask e value sampler_told
told=$(engine_value sampler_told)
at_least "an engine with an access_shift of 3 is told of about one in eight" "$told" $((pages * 4 / 16))
at_most "and not of the others" "$told" $((pages * 4 / 4))
engine_ask e value sampler_wrong
check "they are those whose hash says so" test "$(engine_value sampler_wrong)" = 0

engine_ask e nobody
note "$answer"
check "who is not privileged may call nothing, by whatever descriptor" test "$(engine_value denied)" = "$(engine_value ops)"
check "and each attempt is counted" test "$(engine_value counted)" = "$(engine_value ops)"

# The kernel's own ways as a policy.
at_least "pages are governed" "$(governed_by_stat t)" $((pages * 4096 / 2))
engine_ask e replace ./none.bpf.o
check "the kernel takes over from an engine" test "$answer" = "replace ok"
check "and has its pages" wait_for 5 no_governed
engine_ask e info
check "it is in charge" test "$(engine_value attached)" = 1
calls=$(engine_value calls)
drop_caches
read_all 2
check "what comes in is the kernel's" no_governed
engine_ask e info
check "and nobody is asked" test "$(engine_value calls)" = "$calls"
mkdir "$cgroot/t/below"
check "below it, too" rmdir "$cgroot/t/below"
engine_ask e replace ./fifo.bpf.o
check "an engine takes over from the kernel" test "$answer" = "replace ok"
drop_caches
read_all 2
at_least "and governs what comes in" "$(governed_by_stat t)" $((pages * 4096 / 2))
engine_end e
check "drained" wait_for 5 no_governed
engine_start e none t || fail "none attaches: $answer"
engine_start f fifo t
check "one cgroup has one policy, the kernel's own included" test "$answer" = "attach error=Device or resource busy"
engine_end e
check "the module unloads" wait_for 5 rmmod mempol

check "a module without one of its mechanisms loads" modprobe mempol disable=balloon
check "it says which version of the interface it has" grep -qxE '[0-9]+' /sys/module/mempol/parameters/abi
check "it says which" grep -qx 'balloon -125' /sys/module/mempol/parameters/mechanisms
check "the others are there" grep -qx 'cache 0' /sys/module/mempol/parameters/mechanisms
start_daemon
check "features say why" wait_for 5 bash -c 'mempolctl features | grep "balloon.*disable=balloon"'
check "features say that the other is available" bash -c 'mempolctl features | grep -q "cache *yes"'
systemctl stop mempolicyd
engine_start e fifo t || fail "fifo attaches: $answer"
engine_end e
check "drained again" wait_for 5 no_governed
rmdir "$cgroot/t"
check "the module unloads again" wait_for 5 rmmod mempol

# Where allocations can be made to fail, the last ones of loading do: those are the mechanisms'.
if [[ -e /proc/self/fail-nth ]]; then
	python3 failinit.py >/tmp/failinit 2>&1
	note "$(tail -n 20 /tmp/failinit)"
	check "a mechanism whose init fails is not available" grep -q ': [a-z]* -12$' /tmp/failinit
	check "and the module loads without it" grep -q '^[0-9]* loads, [0-9]* failed$' /tmp/failinit
	check "the module loads when nothing fails" modprobe mempol
	check "with all mechanisms" bash -c '! grep -v " 0$" /sys/module/mempol/parameters/mechanisms'
	check "the module unloads after that" wait_for 5 rmmod mempol
fi
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
