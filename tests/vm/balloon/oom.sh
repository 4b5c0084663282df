#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest is out of memory in the middle of an inflation: some of what is held comes back by the OOM notifier, before
# anybody is looked for to be killed. Runs inside the guest, called by tests/vm/test_balloon_oom. SysRq has it
# happen, and kills in any case, so there is a process for that.

# shellcheck disable=SC2154 # from lib.sh, engines.sh and sizer.sh

cd /mnt/share || exit 1
for part in lib cgroup engines sizer; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
# Who is killed is told of with a call trace, which is no complaint here; the messages are looked at below.
dmesg -n 1
eighth=8192
before=$(managed)
cg_new v max # systemd stops the unit in whose cgroup something is killed
start_sizer
check "a policy is in charge of the balloon" test "$answer" = attached
for lap in 1 2; do
	kills=$(oom_kills)
	sleep infinity &
	victim=$!
	echo $victim >"$cgroot/v/cgroup.procs"
	echo 1000 >/proc/$victim/oom_score_adj
	hold $eighth
	check "lap $lap: blocks are held" test "$(engine_value held_pages)" = $eighth
	before_oom=$(engine_value deflated_oom)
	for i in {1..20}; do echo "balloon $((eighth + i % 2 * eighth))"; done >&"${engine_in[e]}"
	sleep 0.0$((RANDOM % 10))
	echo f >/proc/sysrq-trigger
	for i in {1..20}; do engine_read e; done
	check "lap $lap: the victim is killed" wait_for 10 test ! -e /proc/$victim/exe
	wait $victim 2>/dev/null
	check "lap $lap: and nobody else" test "$(oom_kills)" = $((kills + 1))
	engine_ask e info
	at_least "lap $lap: some of what was held came back for it" $(($(engine_value deflated_oom) - before_oom)) 512
	note "held: $(engine_value held_pages), returned for the OOM: $(engine_value deflated_oom)"
	engine_ask e balloon 0
	check "lap $lap: managed pages are what they were" wait_for 5 managed_is "$before"
	((lap == 2)) || sleep 11 # nothing is taken for a while
done
engine_end e
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints | grep -vE 'oom-kill|[Oo]ut of memory|Killed process')
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
