#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Page tables under the daemon: a policy's processes get their leaf tables in a row, and the kernel's own walk finds them
# there; what list, stats, explain and areas say; trim frees what madvise leaves behind, node moves tables to another
# node; and what becomes of them when the policy changes and goes. Runs inside the guest, called by
# tests/vm/test_translation_daemon.
#
#   daemon.sh [MOMENTS]    at which the daemon stands still or dies

# shellcheck disable=SC2154,SC2317,SC2034 # from the parts; called by name
# shellcheck disable=SC2016 # programs for an inner shell

cd /mnt/share || exit 1
for part in lib cgroup puppets; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
grep -q '^translation 0$' /sys/module/mempol/parameters/mechanisms || skip "the kernel is built without CONFIG_MEMPOL_TRANSLATION"
echo never >/sys/kernel/mm/transparent_hugepage/enabled
start_daemon
cg_new t max
cg_new u max
a=200000000 step=64 dontneed=4
moments=${1:-5}

# tables NAME CGROUP LINES: a policy
tables() {
	printf '[Match]\nCgroup=%s\n[Translation]\nEngine=dmt\nPeriod=100ms\n%b' "$2" "$3" >"$policy_dir/.$1.tmp"
	mv "$policy_dir/.$1.tmp" "$policy_dir/$1.mempolicy"
}
counter() { mempolctl stats "$1" --json | sed -nE "s/.*\"$2\": *([0-9]+).*/\1/p"; }
is() { [[ $(counter "$1" "$2") == "$3" ]]; }
state_is() { mempolctl list --json | tr '{' '\n' | grep "\"name\":\"$1\"" | grep -q "\"state\":\"$2\""; }
says() { # TEXT VERB...
	local text=$1
	shift
	mempolctl "$@" 2>&1 | tee /tmp/said | grep -qF -- "$text" || { cat /tmp/said; return 1; }
}
areas() { mempolctl translation areas "$puppet_pid" --json | tr -d ' \n' | sed -nE "s/.*\"$1\":([0-9]+).*/\1/p"; }
areas_are() { [[ $(areas "$1") == "$2" ]]; }

# Of all windows of the range, how many have their table at the place that can be computed: as the walk sees them.
placed() {
	local pfn
	pfn=$(areas pfn)
	mempolctl translation walk "$puppet_pid" --tables --json 2>/dev/null | python3 -c '
import json, sys
start, windows, pfn = int(sys.argv[1], 16), int(sys.argv[2]), int(sys.argv[3])
good = 0
for row in json.load(sys.stdin)["tables"]:
    at = int(row["address"], 16)
    if row["level"] == 1 and start <= at < start + windows * 2097152:
        good += int(row["table"], 16) >> 12 == pfn + (at - start) // 2097152
print(good)' "$1" "$2" "$pfn"
}

check "features has it" bash -c "mempolctl --json features | grep -qF '\"name\":\"translation\",\"available\":true'"
puppet t
tell map anon $a 64
tell write $a 64 $step
check "without a policy nothing lies in a row" test -z "$(areas pfn)"
tables p /t ""
check "a policy is active" wait_for 20 state_is p active
check "its range gets frames" wait_for 60 areas_are frames 64
check "and its tables move in" wait_for 60 areas_are placed 64
check "the walk finds them where they can be computed" test "$(placed $a 64)" = 64
check "a dump has the range, and which register would hold it" mempolctl translation walk "$puppet_pid" --dump /tmp/dump
check "where the tables are" grep -qx "R $a $(printf %x $(($(areas pfn) * 4096))) 64 0" /tmp/dump
check "areas says how far registers reach" says "16 registers reach 64 of 64 page tables" translation areas "$puppet_pid"
check "so does walk" says "In a row: 1 range; 16 registers reach 64 of 64 page tables of these ranges (100.0 %)" translation walk "$puppet_pid"
check "content is right" tell verify $a 64 $step
settled() { is p placed_tables 64 && is p tables 64; }
check "stats has them" wait_for 20 settled
told() { # a word of the events' records: their sum is 64
	mempolctl events --json | grep '"type":"tables"' | sed -nE "s/.*\"$1\":([0-9]+).*/\1/p" | awk '{ sum += $1 } END { exit sum != 64 }'
}
check "so have the events" wait_for 20 told moved
check "explain says so" says "64 of 64 are in their place" explain /t
check "and nothing of the sort for others" bash -c '! mempolctl explain /u | grep -q "in their place"'
tables p /t "MoveRate=10\n"
changed() { is p created 0 && is p teas 1; }
check "a change makes another one of it, which has them" wait_for 20 changed
check "they stay" areas_are placed 64

tell advise $a 32 $dontneed
check "trim frees what madvise leaves" says "32 page tables (128K)" translation trim "$puppet_pid"
check "and zeros where it was thrown away" tell zero $a 32 $step

tables p /t "MaxIdle=100%\nTrim=1s\nNode=data\n"
tell write $a 16 $step
tell advise $a 16 $dontneed
emptied() { (($(counter p trimmed) >= 16)); }
check "with Trim= it is done now and then" wait_for 60 emptied

rm "$policy_dir/p.mempolicy"
gone() { [[ -z $(areas pfn) ]]; }
check "with the policy they are the kernel's own" wait_for 20 gone
check "where they were" tell zero $a 32 $step
check "they move to a node" says "moved to node 1" translation node "$puppet_pid" 1
# on_node NODE: of the tables of the puppet's range all are there. The one that the vdso is in stays: it is no memory.
on_node() {
	mempolctl translation walk "$puppet_pid" --tables --json | python3 -c '
import json, sys
start = int(sys.argv[2], 16)
nodes = [row["node"] for row in json.load(sys.stdin)["tables"]
         if row["level"] == 1 and start <= int(row["address"], 16) < start + (128 << 20)]
sys.exit(not nodes or any(node != int(sys.argv[1]) for node in nodes))' "$1" $a
}
# A table whose pages somebody has locked is left out, which the next call makes good.
moved_all() { on_node 1 || { mempolctl translation node "$puppet_pid" 1; return 1; }; }
check "all of them" wait_for 60 moved_all
check "content is right" tell zero $a 32 $step
check "a node that is none is refused" says "There is no node 7" translation node "$puppet_pid" 7
check "a process that is none, too" says "There is no process 4194303" translation trim 4194303
puppet_end

tables p /t ""
wait_for 20 state_is p active
puppet t
tell map anon $a 64
tell write $a 64 $step
wait_for 60 areas_are placed 64
systemctl kill -s KILL mempolicyd
check "the daemon is killed: content is right" tell verify $a 64 $step
wait_for 30 systemctl is-active mempolicyd
check "and the policy is back" wait_for 60 areas_are placed 64
puppet_end

# The daemon stands still or dies at many moments, while ranges come and go and their tables move.
puppet t
RANDOM=11
for ((i = 0; i < moments; i++)); do
	tell map anon $a 64
	tell write $a 64 $step
	sleep "0.$((RANDOM % 10))"
	if ((i % 5)); then
		systemctl kill -s STOP mempolicyd
		tell write $a 64 $step
		tell advise $a 8 $dontneed
		sleep "0.$((RANDOM % 10))"
		systemctl kill -s CONT mempolicyd
	else
		systemctl kill -s KILL mempolicyd
	fi
	tell write $a 8 $step
	tell verify $a 64 $step || fail "moment $i: content"
	tell unmap $a 64
done
# Of one that dies so often systemd has had enough at some point.
systemctl reset-failed mempolicyd
systemctl start mempolicyd
wait_for 60 systemctl is-active mempolicyd
tell map anon $a 64
tell write $a 64 $step
check "after $moments moments the daemon works on" wait_for 120 areas_are placed 64
check "content is right" tell verify $a 64 $step
puppet_end

bash /mnt/share/rows >/tmp/rows 2>&1
check "the walk through a policy prints what it should" diff /mnt/share/expected-rows /tmp/rows
diff /mnt/share/expected-rows /tmp/rows | sed 's/^/# /'

# Somebody has a process' memory map locked.
mkdir /tmp/blocked
coproc BLOCKED { exec python3 /mnt/share/blocked.py /tmp/blocked 2>/tmp/blocked.err; }
pid=none
read -r pid <&"${BLOCKED[0]}" || sed 's/^/# /' /tmp/blocked.err
check "a process whose memory map is held has nothing trimmed" says "Somebody holds the memory map of process $pid" translation trim "$pid"
echo >&"${BLOCKED[1]}"
read -r _ <&"${BLOCKED[0]}"
check "until it is free" mempolctl translation trim "$pid"
eval "exec ${BLOCKED[1]}>&-"
wait "$BLOCKED_PID"
stop_daemon
check "the module unloads" wait_for 60 rmmod mempol
finish
