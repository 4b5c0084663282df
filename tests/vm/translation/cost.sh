#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What page tables in a row cost, in instructions, for under -icount a nanosecond is one: for how long a process' mappings
# are locked while 64 tables move, however many mappings they have; page faults of a process that has TEAs beside those of
# one that has none; and what a process without a policy pays while others have one. Runs inside the guest, called by
# tests/vm/test_translation_cost.

# shellcheck disable=SC2154,SC2317 # from the parts; called by name

cd /mnt/share || exit 1
for part in lib cgroup engines puppets; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
grep -q '^translation 0$' /sys/module/mempol/parameters/mechanisms || skip "no translation policies in this kernel"
echo never >/sys/kernel/mm/transparent_hugepage/enabled
cg_new t max
cg_new u max
a=200000000
bound() { # WHAT VALUE LIMIT
	if awk "BEGIN { exit !($2 <= $3) }"; then ok "$1: $2, at most $3"; else fail "$1: $2, at most $3"; fi
}
ns() { sed -E 's/.*ns=([0-9]+)/\1/' <<<"$said"; }
# The least of several: an interrupt in one of them is none of theirs.
least=""
keep_least() { [[ -n $least ]] && ((least <= $1)) || least=$1; }
# touches WINDOWS: page faults of all pages of new windows, in instructions each
touches() {
	least=""
	for _ in 1 2 3 4 5; do
		tell map anon $a "$1"
		tell time $a "$1" 1
		keep_least "$(ns)"
		tell unmap $a "$1"
	done
	awk "BEGIN { printf \"%.1f\", $least / $1 / 512 }"
}

puppet u
touches 8 >/dev/null
off=$(touches 8)
puppet_end
engine_start e scattered t || { fail "the engine attaches: $answer"; finish; }
puppet u
touches 8 >/dev/null
beside=$(touches 8)
puppet_end
puppet t
touches 8 >/dev/null
without=$(touches 8)
tea create $a 8
with=$(touches 8)
note "instructions of a page fault: off $off, beside a policy $beside, governed $without, with a TEA $with"
bound "percent that a policy elsewhere adds to page faults" "$(awk "BEGIN { printf \"%.2f\", 100 * ($beside / $off - 1) }")" 0.5
bound "percent that a TEA adds to page faults" "$(awk "BEGIN { printf \"%.2f\", 100 * ($with / $without - 1) }")" 2
tea free $a 8

# held WHAT LIMIT: of batches of 64 windows
held() {
	tea create $a 64
	least=""
	for _ in 1 2 3 4 5; do
		tea fill $a 64
		keep_least "$(engine_value held)"
		tea vacate $a 64
		wait_for 60 teas_are idle 64
	done
	bound "instructions for which mappings are locked, $1" "$least" "$2"
	tea free $a 64
}
tell map anon $a 64
tell write $a 64 64
held "64 windows of one mapping" 250000
tell shred $a 64
held "64 windows of 256 mappings each" 1000000
puppet_end
engine_end e
finish
