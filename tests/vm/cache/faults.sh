#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Allocations and disks that fail while engines are attached and replaced, cgroups created below them and
# files read: what fails says so, nothing is lost, and the next try works. Runs inside the guest on the debug
# kernel, called by tests/vm/test_cache_faults; leaks are looked for by make test-debug's run with kmemleak.

# shellcheck disable=SC2154 # from engines.sh

# Not from the share: 9p remembers of a program what it learned while an allocation of its own failed.
cp -r /mnt/share /tmp/faults && cd /tmp/faults || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

debug=/sys/kernel/debug
[[ -d "$debug/failslab" && -d "$debug/fail_page_alloc" ]] || skip "this kernel injects no failures of allocations"
modprobe mempol || { fail "modprobe mempol"; finish; }
file=/mnt/data/faults
dd if=/dev/urandom of="$file" bs=1M count=8 status=none
sum=$(sha256sum <"$file")
no_readahead /mnt/data

# Failures that sleep are failures too; and a stack trace for each would look like a splat.
for what in failslab fail_page_alloc; do
	echo N >"$debug/$what/ignore-gfp-wait"
	echo 0 >"$debug/$what/verbose"
	echo 0 >"$debug/$what/probability"
	echo -1 >"$debug/$what/times"
	echo Y >"$debug/$what/task-filter"
done
echo 0 >"$debug/fail_page_alloc/min-order"

# injected WHAT ARG...: each allocation of an operation fails once
injected() {
	local out
	out=$(./faults "$@" 2>&1)
	note "$1: $out"
	at_least "$1: every allocation failed once" "$(sed -nE 's/^failures=([0-9]+).*/\1/p' <<<"$out")" "$least"
	check "$1: what failed said so, and the next try worked" grep -q 'strange=0$' <<<"$out"
}

cg_new t 6M
least=10 injected attach ./fifo.bpf.o "$cgroot/t"
check "attach: drained" wait_for 5 no_governed
least=5 injected replace ./fifo.bpf.o "$cgroot/t"
check "replace: drained" wait_for 5 no_governed
engine_start e fifo t || fail "fifo attaches: $answer"
echo "+memory" >"$cgroot/t/cgroup.subtree_control"
least=10 injected mkdir "$cgroot/t/new"
mkdir "$cgroot/t/child"
in_cg t/child dd if="$file" of=/dev/null bs=1M status=none
engine_ask e info
at_least "a cgroup made after failures is governed" "$(engine_value cgroups)" 2
rmdir "$cgroot/t/child"

# One whose scope could not be allocated is the kernel's for a moment, and does not stay so.
least=10 injected children "$cgroot/t"
made=$(find "$cgroot/t" -mindepth 1 -maxdepth 1 -type d | wc -l)
in_place() {
	engine_ask e info
	[[ $(engine_value missing) == 0 && $(engine_value cgroups) == $((made + 1)) ]]
}
check "all $made cgroups made while allocations failed are governed in the end" wait_for 20 in_place
find "$cgroot/t" -mindepth 1 -maxdepth 1 -type d -exec rmdir {} +
engine_end e
echo "-memory" >"$cgroot/t/cgroup.subtree_control"

# At random, everywhere in whoever attaches, rarer with every try. Programs and libraries fail in ways of
# their own; an attachment may fail, but only for that reason.
attached=0 failed=0 strange=0
for what in failslab fail_page_alloc; do echo 50 >"$debug/$what/probability"; done
for nth in 1 2 4 8 16 32 64 128 256 512 1024 2048 4096 8192 16384; do
	for what in failslab fail_page_alloc; do echo $((nth * 4)) >"$debug/$what/interval"; done
	bash -c 'echo 1 >/proc/self/make-it-fail; exec ./loader "$@"' - ./agent.bpf.o ./fifo.bpf.o "$cgroot/t" \
		</dev/null >/tmp/answer 2>&1 || :
	line=$(tail -n 1 /tmp/answer)
	case $line in
	attached) attached=$((attached + 1)) ;;
	"attach error=Cannot allocate memory") failed=$((failed + 1)) ;;
	"attach error="*)
		strange=$((strange + 1))
		note "$line"
		;;
	*) failed=$((failed + 1)) ;;
	esac
done
for what in failslab fail_page_alloc; do
	echo 0 >"$debug/$what/probability"
	echo 1 >"$debug/$what/interval"
done
note "attached $attached, failed $failed, strange $strange"
at_least "random failures: some try fails" $failed 1
at_least "random failures: some succeeds" $attached 1
at_most "random failures: none says anything else" $strange 0
check "random failures: drained" wait_for 5 no_governed

engine_start e fifo t || fail "fifo attaches after failures: $answer"
drop_caches
if [[ -d "$debug/fail_make_request" ]]; then
	disk=$(basename "$(device_of /mnt/data)")
	echo 0 >"$debug/fail_make_request/verbose"
	echo 1 >"/sys/block/$disk/make-it-fail"
	echo Y >"$debug/fail_make_request/task-filter"
	echo -1 >"$debug/fail_make_request/times"
	echo 30 >"$debug/fail_make_request/probability"
	for _ in {1..10}; do
		in_cg t bash -c "echo 1 >/proc/self/make-it-fail; exec dd if=$file of=/dev/null bs=64k conv=noerror status=noxfer" 2>>/tmp/io
	done
	echo 0 >"$debug/fail_make_request/probability"
	at_least "reads from a failing disk fail" "$(grep -c 'Input/output error' /tmp/io)" 1
else
	ok "reads from a failing disk fail # SKIP no fail_make_request"
fi
in_cg t dd if="$file" of=/dev/null bs=1M status=none
engine_ask e info
at_least "after that pages are governed" "$(engine_value governed_pages)" 500
check "and right" test "$(sha256sum <$file)" = "$sum"
engine_end e
check "everything is the kernel's again" wait_for 5 no_governed
rmdir "$cgroot/t"
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
