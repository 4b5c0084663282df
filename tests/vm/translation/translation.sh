#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Layouts of a process' memory, each with the reason that mempolctl translation walk must name and with the bytes that
# the kernel counts; a dump beside pagemap; who may ask; what cannot be answered; predict. Needs the patched kernel.
# translation.sh LEVELS [few]

# shellcheck disable=SC2016,SC2154,SC2317 source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/lib.sh"

have_module || skip "this kernel has no mempol module"
levels=$1
start_daemon
thp=/sys/kernel/mm/transparent_hugepage
look() { python3 /mnt/share/look.py "$@"; }
echo always >"$thp/enabled"
echo never >"$thp/shmem_enabled"
# What it does by itself is not what is staged.
echo 100000000 >"$thp/khugepaged/scan_sleep_millisecs"

# hold STATE [FILE]: a process in that state, $pid, whose mapping begins at $start; release ends it.
hold() {
	local line
	pid=none
	input=
	coproc HOLD { exec "${as[@]}" "$layout" "$@"; }
	pid=$HOLD_PID
	input=${HOLD[1]}
	start=
	while read -r line <&"${HOLD[0]}"; do
		[[ $line != ready ]] || return 0
		start=${line%% *}
	done
	return 1
}
as=()
layout=/mnt/share/layout
release() {
	# One that was killed has no descriptor any more.
	[[ -z ${HOLD[1]:-} ]] || eval "exec $input>&-"
	wait "$pid" 2>/dev/null
}
# staged NAME REASON STATE [FILE]
staged() {
	local name=$1 reason=$2
	shift 2
	hold "$@"
	check "$name: $reason" look why "$pid" "$start" "$reason"
}

staged "huge pages" huge huge
check "all eight windows, and eight tables to split them" look windows "$pid" "$start" huge=8 full=0 partial=0 empty=0
check "a dump of huge pages" mempolctl translation walk "$pid" --dump /tmp/huge.dump
check "and its frames" look frames "$pid" /tmp/huge.dump
release
staged "MADV_NOHUGEPAGE" nohugepage nohugepage
check "full windows" look windows "$pid" "$start" huge=0 full=8 partial=0 empty=0 present=4096
check "a dump of small pages" mempolctl translation walk "$pid" --dump /tmp/small.dump
check "and its frames" look frames "$pid" /tmp/small.dump
check "the tables have $levels levels" look levels "$pid" "$levels"
release
if [[ ${2:-} == few ]]; then
	finish
fi

echo never >"$thp/enabled"
staged "switched off for all" never plain
release
echo madvise >"$thp/enabled"
staged "nobody asked" madvise plain
release
echo always >"$thp/enabled"
staged "PR_SET_THP_DISABLE" prctl prctl
release
staged "too small" small small
release
head -c 8M /dev/urandom >/mnt/data/file
sync
staged "a file's offset and the address do not go together" misaligned misaligned /mnt/data/file
release
staged "a file that is open for writing" writable writable /mnt/data/file
release
disk=$(findmnt -no SOURCE /mnt/data)
staged "no regular file" file file "$disk"
release
staged "shared memory" shmem shmem
release
echo 8 >/proc/sys/vm/nr_hugepages
staged "hugetlbfs" hugetlb hugetlb
check "four pages" look windows "$pid" "$start" huge=4 full=0
release
echo 0 >/proc/sys/vm/nr_hugepages
staged "in swap space" swapped swapped
release
staged "shared with a child" shared shared
check "all of it" look windows "$pid" "$start" shared=4096
release
echo 0 >"$thp/khugepaged/max_ptes_none"
staged "with holes" sparse sparse
check "partly filled windows" look windows "$pid" "$start" partial=8 present=64
release
echo 511 >"$thp/khugepaged/max_ptes_none"
staged "khugepaged has not come by" waiting waiting
release
echo 0 >"$thp/khugepaged/defrag"
staged "khugepaged is stopped" stopped waiting
release
echo 1 >"$thp/khugepaged/defrag"
staged "MADV_DONTNEED leaves the tables" emptied emptied
check "eight of them" look windows "$pid" "$start" empty=8 full=0 partial=0
release
staged "windows that two mappings have" edges edges
release
staged "nothing in memory" untouched untouched
release
if ((levels == 5)); then
	staged "above 128 TiB" huge high
	check "a dump of five levels" mempolctl translation walk "$pid" --dump /tmp/high.dump
	check "has its table" grep -q "^T 4 4000000000000 " /tmp/high.dump
	check "and its frames" look frames "$pid" /tmp/high.dump
	release
fi

# --- while it goes on ----------------------------------------------------------------------------
hold churn
for ((i = 0; i < 20; i++)); do
	look bytes "$pid" >/tmp/churn 2>&1 || break
	mempolctl translation walk "$pid" --dump "/tmp/churn.$i" >/dev/null || break
	printf 'r %s 8\n' "$start" >/tmp/churn.trace
	mempolctl translation predict --from "/tmp/churn.$i" --trace /tmp/churn.trace --format text --skip 0 >/tmp/churn 2>&1 || break
	rm "/tmp/churn.$i"
done
check "bytes and dumps hold under churn ($i of 20)" bash -c "cat /tmp/churn; exit $((i != 20))"
release

# --- who may ask, and what cannot be answered ------------------------------------------------------
# fails STATUS TEXT COMMAND...
fails() {
	local status=$1 text=$2 out
	shift 2
	out=$("$@" 2>&1)
	[[ $? == "$status" && $out == *"$text"* ]] || { echo "$out"; return 1; }
}
member=(setpriv --reuid 65534 --groups "$(getent group mempolicy | cut -d: -f3)")
check "no such process" fails 1 "There is no process 4194303 (No such process)" mempolctl translation walk 4194303
check "a thread of the kernel's" fails 1 "it has no page tables of its own (Invalid argument)" mempolctl translation walk 2
check "no number" fails 2 "'x' is not the number of a process" mempolctl translation walk x
hold plain
check "another user's process" fails 4 "root only" "${member[@]}" mempolctl translation walk "$pid"
release
as=(setpriv --reuid 65534)
hold plain
check "the user's own" "${member[@]}" mempolctl translation walk "$pid"
check "but not its frames" fails 4 "root only" "${member[@]}" mempolctl translation walk "$pid" --tables
check "status of it" bash -c 'mempolctl translation status '"$pid"' | grep -q layout'
check "a dump replaces nothing" fails 1 "it exists" mempolctl translation walk "$pid" --dump /tmp/small.dump
release
# What executes a program that gives it more rights is not its user's to look into, as with /proc/PID/maps: before the
# first question, or in the midst of the walk.
echo 0 >/proc/sys/fs/suid_dumpable
may_not_read() { ! "${member[@]}" cat "/proc/$1/maps"; }
for bits in 0755 2755 0711; do
	install -m "$bits" -g daemon /mnt/share/layout "/usr/local/bin/layout-$bits"
done
layout=/usr/local/bin/layout-2755
hold plain
check "the user's own, with another group's rights" fails 4 "root only" "${member[@]}" mempolctl translation walk "$pid"
check "which root may see" mempolctl translation walk "$pid"
release
# setpriv keeps its capabilities until it executes something, which may read all files.
as=(setpriv --reuid 65534 env)
layout=/usr/local/bin/layout-0711
hold plain
check "nor may its user read /proc/PID/maps" may_not_read "$pid"
check "the user's own, of a program that may not be read" fails 4 "root only" "${member[@]}" mempolctl translation walk "$pid"
release
as=(setpriv --reuid 65534)
# What the test shares is root's alone.
install -m 755 /mnt/share/look.py /usr/local/bin/
layout=/usr/local/bin/layout-0755
hold many "$layout"
check "it executes another program between two parts" "${member[@]}" python3 /usr/local/bin/look.py executes "$pid"
release
hold many /usr/local/bin/layout-2755
check "and one with another group's rights" "${member[@]}" python3 /usr/local/bin/look.py executes "$pid" denied
release
as=()
layout=/mnt/share/layout
# How long a walk of it lasts here, in ms.
hold many
lasts=$(now_ms)
mempolctl translation walk "$pid" >/dev/null
lasts=$(($(now_ms) - lasts))
release
# It ends in the midst of the walk: a try in which it ended before or after is made again.
ends_in_midst() {
	local out status moment=$((RANDOM % (lasts + 1)))
	hold many
	mempolctl translation walk "$pid" >/tmp/midst 2>&1 &
	sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
	kill -9 "$pid"
	wait "$!"
	status=$?
	release
	out=$(</tmp/midst)
	[[ $status == 1 && $out == *"has ended while its page tables were read (No such process)"* ]]
}
check "a process that ends in the midst" wait_for 60 ends_in_midst
hold many
check "many mappings, in many replies" look bytes "$pid"
release
sleep 0 &
zombie=$!
check "one that has ended" fails 1 "(No such process)" mempolctl translation walk "$zombie"
wait "$zombie"

# Somebody has its memory map locked, for as long as it takes to be seen.
mkdir /tmp/blocked
coproc BLOCKED { exec python3 /mnt/share/blocked.py /tmp/blocked 2>/tmp/blocked.err; }
pid=none
read -r pid <&"${BLOCKED[0]}" || sed 's/^/# /' /tmp/blocked.err
check "a process whose memory map is held" look busy "$pid"
check "which mempolctl says at last" fails 1 "Somebody holds the memory map of process $pid: try again later" \
	mempolctl translation walk "$pid"
mempolctl translation walk "$pid" >/tmp/waited 2>&1 &
waiter=$!
echo >&"${BLOCKED[1]}"
read -r line <&"${BLOCKED[0]}"
check "and is answered when it is free ($line)" wait "$waiter"
eval "exec ${BLOCKED[1]}>&-"
check "nothing of that is left" wait "$BLOCKED_PID"

# --- status --------------------------------------------------------------------------------------
make_cgroup staged
as=(bash -c 'echo $$ >/sys/fs/cgroup/staged/cgroup.procs && exec "$@"' -)
hold shmem
pages_of() { mempolctl translation status staged --json | python3 -c '
import json, sys
answer = json.load(sys.stdin)
(cgroup,), (process,) = answer["cgroups"], answer["processes"]
print(cgroup, process)
assert cgroup["page_table_bytes"] >= 32 << 10 and process["saved_by_huge"] == 8 * 4096 == process["saved_by_hugetlb"]'; }
check "a cgroup's page tables, and what huge pages would save" wait_for 10 pages_of
check "all cgroups" bash -c 'mempolctl translation status | grep -q " /staged$"'
check "no such cgroup" fails 1 "neither is it the number of a process" mempolctl translation status /nonsense
release
as=()
check "tables fit into 80 columns" bash -c '
	for verb in "walk 1" "status 1" "status" "walk 1 --tables"; do
		mempolctl translation $verb | awk "length > 80 && !/mount|scope|service|slice/ { print; bad = 1 } END { exit bad }" || exit 1
	done'

# --- predict -------------------------------------------------------------------------------------
hold busy
check "predict by a sample" bash -c 'mempolctl translation predict '"$pid"' --sample=2s --json >/tmp/predict'
check "huge pages help, a guest costs" look predict /tmp/predict
python3 - "$start" >/tmp/trace <<'PYTHON'
import random, sys
random.seed(1)
start = int(sys.argv[1], 16)
for _ in range(200000):
    print("r %x 8" % (start + random.randrange(64 << 20) // 8 * 8))
PYTHON
check "predict by a trace" bash -c 'mempolctl translation predict '"$pid"' --trace /tmp/trace --format text --json >/tmp/predict'
check "likewise" look predict /tmp/predict
check "both beside each other" bash -c 'mempolctl translation predict '"$pid"' --trace /tmp/trace --format text --sample=2s | grep -E "^now .*%"'
release
check "a process that does nothing" bash -c 'sleep 100 & mempolctl translation predict $! --sample=1s 2>&1 | grep -q "used no page"; kill $!'
check "the example prints what it says" bash -c '/mnt/share/walk | diff /mnt/share/expected -'
if [[ -d /mnt/share/valgrind ]]; then
	export PATH=/mnt/share/valgrind/usr/bin:$PATH VALGRIND_LIB=/mnt/share/valgrind/usr/libexec/valgrind
fi
if command -v valgrind >/dev/null; then
	# What valgrind has seen is in the tables, but for what was unmapped before the end; and most of it is gups' own table.
	check "record with valgrind" bash -c 'mempolctl translation record -o /tmp/rec -- /mnt/share/gups 1 10000 && ls -l /tmp/rec'
	check "references to all pages of the program's table" python3 /mnt/share/look.py recorded /tmp/rec 100000000000 1
	check "predict by what was recorded" bash -c '
		mempolctl translation predict --from /tmp/rec/tables --trace /tmp/rec/trace --json >/tmp/predict && cat /tmp/predict'
	check "which its tables have" look unmapped /tmp/predict
else
	check "record without valgrind says what to install" fails 1 "install it (package valgrind)" \
		mempolctl translation record -o /tmp/rec -- true
fi
finish
