#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What Engine=dmt reaches with a process that has a heap of 1 GiB, eight arenas of 64 MiB, a file and shared memory: how
# many of its page tables are at their computed addresses, how many of these 16 registers reach, what that took and costs,
# with memory as it is and fragmented; what the simulator makes of the same process' tables; and huge pages and trim.
# Runs inside the guest, called by tests/vm/test_translation_areas and by tests/bench/run.
#
#   areas.sh RESULTS [PERCENT...]    a row in RESULTS for each share of unusable blocks

# shellcheck disable=SC2154,SC2317,SC2034 # from the parts; called by name

cd /mnt/share || exit 1
for part in lib cgroup puppets; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

results=$1
shift
modprobe mempol || { fail "modprobe mempol"; finish; }
grep -q '^translation 0$' /sys/module/mempol/parameters/mechanisms || skip "the kernel is built without CONFIG_MEMPOL_TRANSLATION"
echo never >/sys/kernel/mm/transparent_hugepage/enabled
start_daemon
cg_new t max
step=64 dontneed=4
# Kind, start and windows of each mapping: a heap, arenas with a gap as malloc leaves it, a file, shared memory.
mappings="anon 200000000 512"
for ((i = 0; i < 8; i++)); do
	mappings+=" anon $(printf %x $((0x300000000 + i * 40 * 2097152))) 32"
done
mappings+=" file 400000000 64 shared 480000000 64"
windows=896

counter() { mempolctl stats p --json | sed -nE "s/.*\"$1\": *([0-9]+).*/\1/p"; }
at_least() { if (($2 >= $3)); then ok "$1 ($2, at least $3)"; else fail "$1 ($2, at least $3)"; fi; }
at_most() { if (($2 <= $3)); then ok "$1 ($2, at most $3)"; else fail "$1 ($2, at most $3)"; fi; }

# policy [LINES [PERIOD]]
policy() {
	printf '[Match]\nCgroup=/t\n[Translation]\nEngine=dmt\nPeriod=%s\n%b' "${2:-1s}" "${1:-}" >"$policy_dir/.p.tmp"
	mv "$policy_dir/.p.tmp" "$policy_dir/p.mempolicy"
}
no_policy() {
	rm -f "$policy_dir/p.mempolicy"
	gone() { ! mempolctl list --json | grep -q '"name":"p"'; }
	wait_for 60 gone
}

# each COMMAND: of every mapping, with its start and windows
each() {
	local -a all
	local i
	read -ra all <<<"$mappings"
	for ((i = 0; i < ${#all[@]}; i += 3)); do
		case $1 in
		map) tell map "${all[i]}" "${all[i + 1]}" "${all[i + 2]}" ;;
		*) tell "$1" "${all[i + 1]}" "${all[i + 2]}" $step ;;
		esac || return 1
	done
}

# of_areas: areas, tables in place, frames, tables in place of the 16 areas with most of them
of_areas() {
	mempolctl translation areas "$puppet_pid" --json | python3 -c '
import json, sys
areas = json.load(sys.stdin)
placed = sorted((area["placed"] for area in areas), reverse=True)
print(len(areas), sum(placed), sum(area["frames"] for area in areas), sum(placed[:16]))'
}
# by_chance: page tables in the 16 longest rows, of neighbours in addresses that are neighbours in memory
by_chance() {
	mempolctl translation walk "$puppet_pid" --tables --json 2>/dev/null | python3 -c '
import json, sys
at = sorted((int(row["address"], 16) >> 21, int(row["table"], 16) >> 12)
            for row in json.load(sys.stdin)["tables"] if row["level"] == 1)
rows = [0]
for before, here in zip([(0, 0)] + at, at):
    if here[0] - before[0] == here[1] - before[1] == 1:
        rows[-1] += 1
    else:
        rows.append(1)
print(sum(sorted(rows, reverse=True)[:16]))'
}
placed_are() {
	read -r nr placed frames reach < <(of_areas)
	((placed * 100 >= windows * $1))
}
# Rounds go by, and nothing changes any more.
settled() {
	local before=$placed rounds
	rounds=$(counter rounds)
	passed() { (($(counter rounds) >= rounds + 3)); }
	wait_for 60 passed
	placed_are 0
	((placed == before))
}

# seconds: in how many of them tables were moved, as the events say, which come once a second
seconds() { mempolctl events --json | grep '"type":"tables"' | grep -c '"moved":[1-9]' || :; }
# reached PERCENT: one row
reached() {
	local fragmented=0 chance took job=""
	if (($1)); then
		coproc FRAGMENT { exec python3 fragment.py "$1"; }
		job=$FRAGMENT_PID
		read -r -t $((600 * slow)) _ fragmented <&"${FRAGMENT[0]}"
	fi
	puppet t
	each map
	each write
	chance=$(by_chance)
	took=$(seconds)
	policy
	attached() { mempolctl list --json | grep -q '"state":"active"'; }
	wait_for 60 attached
	if (($1)); then
		placed_are 0
		wait_for 120 settled
	else
		check "$1 %: page tables of large ranges are at their computed addresses" wait_for 120 placed_are 99
		at_least "$1 %: 16 registers reach, of a thousand" $((reach * 1000 / placed)) 990
	fi
	told() { [[ $(mempolctl events --json | sed -nE 's/.*"type":"tables".*"teas":([0-9]+).*/\1/p' | tail -n 1) == "$nr" ]]; }
	wait_for 20 told
	took=$(($(seconds) - took))
	at_most "$1 %: they were moved in so many seconds" "$took" 10
	# Memory: frames that are no table now, of a thousand.
	at_most "$1 %: more memory for page tables, of a thousand" $(((frames - placed) * 1000 / windows)) 25
	check "$1 %: content is right" each verify
	note "$1 %: $fragmented % of free frames in no block of 32; $placed of $windows tables in place in $nr areas, $reach by 16 registers; $chance in the 16 longest rows before; moved in $took s"
	printf '%s\t' "$1" "$fragmented" "$windows" "$chance" "$placed" "$reach" "$nr" "$((frames - placed))" "$(counter moved)" \
		"$(counter batches)" "$(counter held_max_ns)" "$(counter failed)" >>"$results"
	echo "$took" >>"$results"
	if [[ $1 == 0 ]]; then
		simulated
		trimmed
	fi
	puppet_end
	no_policy
	if [[ -n $job ]]; then
		eval "exec ${FRAGMENT[1]}>&-"
		wait "$job"
	fi
}

# The same references over the machine's own tables, and over tables that are made up to lie as they should: by how much
# a walk is shorter, in thousandths.
gain() { # WORD...
	./walked text:/tmp/trace radix,dmt n=80000 skip=20000 "$@" | awk '{ cycles[$2] = $7; back[$2] = $9 }
		END { print int(cycles["radix"] * 1000 / cycles["dmt"]), back["dmt"] * 10000 }'
}
simulated() {
	local own back ideal
	check "a dump of the process is made" mempolctl translation walk "$puppet_pid" --dump /tmp/dump
	python3 - >/tmp/trace <<'P'
import random
random.seed(7)
for _ in range(100000):
    print("r %x 8" % (0x200000000 + random.randrange(512 * 8) * 64 * 4096 + random.randrange(512) * 8))
P
	read -r own back < <(gain dump=/tmp/dump)
	read -r ideal _ < <(gain)
	note "a walk by registers is shorter by $own thousandths over the machine's tables, $ideal over made-up ones"
	check "the simulator finds each table by a register where the machine has it" test "$back" = 0
	at_least "walks are shorter as over made-up tables" $((own * 100)) $((ideal * 95))
	at_most "and not more so" $((own * 100)) $((ideal * 105))
}

trimmed() {
	tell advise 200000000 512 $dontneed
	check "of 1 GiB that was given back the page tables are freed" \
		bash -c "mempolctl translation trim $puppet_pid | tee /tmp/said | grep -qF '512 page tables (2M)'"
	check "and zeros where they were" tell zero 200000000 512 $step
}

# Eight jobs at a time that are nothing but processes which come and go, each with ranges of one window.
forks() {
	local created
	policy "MinRange=2M\nFill=1%\n" 100ms
	wait_for 60 mempolctl stats p
	created=$(counter created)
	# shellcheck disable=SC2016 # for the inner shell
	check "4,000 processes come and go with page tables in a row" in_cg t bash -c \
		'seq 200 | xargs -P 8 -I{} bash -c "for i in {1..18}; do (:) & wait; done; cat /proc/self/maps >/dev/null; /bin/true"'
	at_least "some of which had them" $(($(counter created) - created)) 100
	empty() { [[ $(counter teas) == 0 && $(counter tea_pages) == 0 ]]; }
	check "nothing of that is left" wait_for 60 empty
	no_policy
}

# huge: KiB of huge pages that a process has of 256 MiB
huge_of() {
	puppet t
	tell map anon 200000000 128
	tell write 200000000 128 8
	[[ $1 == without ]] || { passed() { (($(counter rounds) >= 3)); } && wait_for 60 passed; }
	tell map anon 300000000 64
	tell write 300000000 64 8
	awk '$1 == "AnonHugePages:" { sum += $2 } END { print sum + 0 }' "/proc/$puppet_pid/smaps"
	puppet_end
}

: >"$results"
[[ $# -gt 0 ]] || set -- 0
for percent; do reached "$percent"; done
echo always >/sys/kernel/mm/transparent_hugepage/enabled
without=$(huge_of without)
policy
with=$(huge_of with)
no_policy
forks
at_least "huge pages there are without a policy, KiB" "$without" $((150 << 10))
at_least "and with one as many" $((with * 100)) $((without * 99))
stop_daemon
check "the module unloads" wait_for 60 rmmod mempol
finish
