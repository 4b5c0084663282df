#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Engines that mean harm: what the verifier must not let in, what the kernel must refuse, count and survive
# of those that it does let in, and what becomes of any engine when its owner dies. Runs inside the guest,
# called by tests/vm/test_cache_hostile with the loader and the engines in /mnt/share.
#
#   hostile.sh short|long SEED MOMENTS

# shellcheck disable=SC2154,SC2119 # from engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines death; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

RANDOM=$2
note "seed $2; to repeat: MEMPOL_STRESS_SEED=$2 tests/vm/test_cache_hostile"
modprobe mempol || { fail "modprobe mempol"; finish; }
file=/mnt/data/hostile
dd if=/dev/urandom of="$file" bs=1M count=12 status=none
sum=$(sha256sum <"$file")
no_readahead /mnt/data
cg_new t 9M

# not_loaded NAME ENGINE WORDS: the kernel says WORDS and does not take it.
not_loaded() {
	local log
	log=$(LOADER_DEBUG=1 ./loader ./agent.bpf.o "./$2.bpf.o" "$cgroot/t" 2>&1 </dev/null)
	if grep -q -- "$3" <<<"$log" && ! grep -q '^attached' <<<"$log"; then
		ok "not let in: $1"
	else
		fail "not let in: $1"
		tail -n 12 <<<"$log" | sed 's/^/# /'
	fi
}

not_loaded "evict()'s calls from added()" trespasser 'is not allowed'
not_loaded "a write to the kernel's context" scribbler 'only read is supported\|write into'
not_loaded "a folio kept in a map" keeper 'R2\|kptr\|release\|invalid'
not_loaded "a sleepable evict()" sleeper 'error=Invalid argument'
not_loaded "a loop without end" endless 'infinite loop\|too large\|processed'
not_loaded "a number followed as a pointer" rejected 'invalid mem access'
not_loaded "a lock that turns interrupts off" stopper 'cannot use helper bpf_spin_lock\|unknown func bpf_spin_lock'
not_loaded "a kfunc of the kernel's own" borrower 'error=Permission denied'
not_loaded "a pointer that may be NULL, to ask the module by" unchecked 'NULL pointer passed'

# Writers and readers at once; what is read must be what was written.
load() {
	in_cg t dd if="$file" of="$file.copy" bs=256k status=none conv=fsync
	in_cg t cmp "$file" "$file.copy" || touch /tmp/wrong
}

# attack ENGINE: under load, then its counters in $answer
attack() {
	drop_caches
	engine_start e "$1" t || { fail "$1 attaches: $answer"; return; }
	load
	engine_ask e info
	note "$answer"
}

kills=$(oom_kills)
lrus=mglru
[[ $1 == short ]] || lrus="classic mglru"
for lru in $lrus; do
	if [[ $lru == classic ]]; then mglru off; else mglru on; fi

	attack late
	at_least "$lru: a verdict after its batch is outside of the next one" "$(engine_value refused_index)" 1
	at_least "$lru: or has no batch at all" "$(engine_value refused_no_batch)" 1
	check "$lru: and nothing else is counted" test "$(engine_value refused)" = \
		$(($(engine_value refused_index) + $(engine_value refused_no_batch)))
	at_least "$lru: and the rest of its work is done" "$(engine_value evicted)" 100
	engine_end e

	attack forger
	at_least "$lru: a context of the engine's own making is refused" "$(engine_value refused_context)" 4
	at_least "$lru: as often as it was tried" "$(engine_value evicted)" 100
	engine_end e

	attack liar
	for why in list index verdict twice no_batch size budget; do
		at_least "$lru: refused and counted: $why" "$(engine_value refused_$why)" 1
	done
	engine_end e

	# It is thrown out at the third strike, which may be early: a batch was taken by force at least.
	attack hog
	at_least "$lru: pages are taken from an engine that yields none" "$(engine_value forced)" 64
	check "$lru: and it is thrown out" test "$(engine_value exit)" = 4
	engine_end e

	attack muddler
	at_least "$lru: from one that names only what is dirty" "$(engine_value forced)" 100
	note "muddler: attached $(engine_value attached), exit $(engine_value exit)"
	engine_end e

	if engine_start e recurser t; then
		load
		engine_ask e info
		at_least "$lru: evict() calling itself shares one budget" "$(engine_value refused_budget)" 1
		at_least "$lru: and does its work" "$(engine_value evicted)" 100
		engine_end e
	else
		ok "$lru: evict() calling itself # SKIP not let in: $answer"
	fi

	attack spinner
	check "$lru: an engine that takes far too long now and then is thrown out" test "$(engine_value exit)" = 6
	longest=$(./deathwatch spinner | awk '{ printf "%d", $3 / 1000000 }')
	note "the longest callback: $longest ms"
	engine_end e

	# Told of each folio with interrupts off, where jiffies may stand still.
	attack lingerer
	check "$lru: so is one that takes too long over what leaves" test "$(engine_value exit)" = 6
	engine_end e

	# The host stops the CPUs for most of the time: what they wait is not the engine's.
	drop_caches
	engine_start e plodder t || fail "plodder attaches: $answer"
	rm -f starved
	touch starve
	# shellcheck disable=SC2016 # the inner shell's
	in_cg t timeout 60 bash -c 'until (($(cat starved 2>/dev/null || echo 0) >= 8)); do
		dd if="$0" of=/dev/null bs=256k status=none
	done' "$file"
	rm starve
	at_least "$lru: the host starved the guest, times" "$(cat starved)" 8
	engine_ask e info
	check "$lru: an engine whose CPU waits for the host's is not thrown out" test "$(engine_value attached)" = 1
	note "$answer"
	engine_end e

	# Its owner dies in the middle of one.
	drop_caches
	engine_start e spinner t || fail "spinner attaches: $answer"
	load &
	late=$(./deathwatch spinner "${engine_pid[e]}" $((200 * slow)) $((longest + 1500 * slow)) | sed -E 's/late_ms=([0-9]+).*/\1/')
	engine_forget e
	at_most "$lru: detached in the middle of a callback, only that one ends later, ms" "$late" $((longest + 1000 * slow))
	wait $!
	check "$lru: drained" wait_for 5 no_governed
	note "$SECONDS s"
done
rmdir "$cgroot/t"
run_moments "$3"

check "no byte was wrong" test ! -e /tmp/wrong
check "the file is what it was" test "$(sha256sum <$file)" = "$sum"
check "nothing was killed for memory" test "$(oom_kills)" = "$kills"
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
