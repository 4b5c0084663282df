#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A daemon that hangs is as harmless as one that died, and is itself the last to suffer from short memory.
# Needs the patched kernel.

# The strings in single quotes are programs for an inner shell.
# shellcheck disable=SC2016,SC2154,SC2317 source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

have_module || skip "this kernel has no mempol module"
parameter=/sys/module/mempol/parameters/heartbeat_ms
check "the heartbeat may be missing for 10 s by default" [ "$(cat $parameter)" = 10000 ]
limit=4000
dropin=/run/systemd/system/mempolicyd.service.d/slow.conf
if [[ $slow != 1 ]]; then
	limit=10000
	# What is done while the daemon is stopped takes longer than that here.
	mkdir -p "$(dirname $dropin)"
	printf '[Service]\nWatchdogSec=10min\n' >$dropin
	systemctl daemon-reload
fi
echo "$limit" >"$parameter"
began=$(date +%s)
start_daemon
pid=$(systemctl show -P MainPID mempolicyd)
unit=$(systemctl show -P ControlGroup mempolicyd)
locked() { awk '/^VmLck:/ { exit !($2 > 0) }' "/proc/$pid/status"; }
rss() { awk '/^VmRSS:/ { print $2 * 1024 }' "/proc/$pid/status"; }

dd if=/dev/zero of=/mnt/data/a bs=1M count=48 status=none
dd if=/dev/zero of=/mnt/data/b bs=1M count=48 status=none
drop_caches
make_cgroup h
echo 32M >$cgroot/h/memory.max
policy h fifo Cgroup=/h
check "a policy is active" wait_for 5 state_is h active
in_cg h cat /mnt/data/a >/dev/null

check "the daemon is locked into memory" locked
check "its memory.min covers it ($(rss) bytes now)" [ "$(cat "$cgroot$unit/memory.min")" -ge "$(rss)" ]
# A parent passes on no more than it has itself.
check "its cgroup is a child of the root" [ "$(dirname "$unit")" = / ]

sleep "$((limit * 3 / 2000))"
check "beats keep it active" state_is h active
governed() { awk '/^mempol_file / { print $2 }' $cgroot/h/memory.stat; }
told() { journalctl -q -u mempolicyd --since "@$began" "MEMPOL_EVENT=$1" | grep -q .; }
forced() { mempolctl stats h --json | grep -Eo '"forced":[0-9]+' | cut -d: -f2; }
more_forced() { [[ $(forced) -gt $forced_before ]]; }
check "and it never was passive" bash -c '! mempolctl events | grep -q passive'

# Verified in one turn of the loop: each quickly, all together longer than the limit. They match nothing,
# so no attachment counts as a beat.
staged=${policy_dir%/*}/staged
mkdir -p "$staged"
for i in {01..48}; do
	cp /usr/lib/mempolicyd/engines/fifo.bpf.o "/run/own$i.bpf.o"
	policy_dir=$staged policy "own$i" "/run/own$i.bpf.o" Cgroup=/none
done
kill -STOP "$pid"
mv "$staged"/own*.mempolicy "$policy_dir/"
kill -CONT "$pid"
start=$(now_ms)
wait_for 60 state_is own48 waiting
check "it beats while it loads engines ($(($(now_ms) - start)) ms)" bash -c '! mempolctl events | grep -q passive'
rm "$policy_dir"/own*.mempolicy
wait_for 5 gone own48
forced_before=$(forced)

kill -STOP "$pid"
sleep "$((limit * 2 / 1000))"
before=$(governed)
in_cg h cat /mnt/data/b >/dev/null
sleep 3 # memory.stat is flushed every 2 s
after=$(governed)
check "without them new pages are the kernel's, and governed ones are evicted ($before, then $after bytes)" \
	[ "$after" -lt "$before" ]
check "nobody was killed for it" bash -c 'awk "/^oom_kill / { exit \$2 != 0 }" /sys/fs/cgroup/h/memory.events'
kill -CONT "$pid"
check "the next beat brings it back" wait_for 5 state_is h active
check "the journal says that it was passive" wait_for 5 told passive
check "and that it goes on" wait_for 5 told active
check "what was evicted meanwhile was taken by force" more_forced
check "and it was not ejected for it" bash -c 'mempolctl stats h --json | grep -q "\"ejections\":0"'
drop_caches
in_cg h cat /mnt/data/b >/dev/null
more() { [[ $(governed) -gt $((16 << 20)) ]]; }
check "and has them on its lists" wait_for 5 more

echo 1 >"$parameter"
check "with a limit that no beat can keep it is degraded" wait_for 10 state_is h degraded
why() { mempolctl list --json | grep -q "heartbeat is missing"; }
check "and says why" wait_for 5 why
echo "$limit" >"$parameter"
stays_active() { state_is h active && sleep 0.5 && state_is h active; }
check "a changed limit counts at once" wait_for 5 stays_active
check "it is the same daemon" [ "$(systemctl show -P MainPID mempolicyd)" = "$pid" ]

rm "$policy_dir/h.mempolicy"
wait_for 5 gone h
rmdir $cgroot/h
echo 10000 >"$parameter"
rm -f $dropin
systemctl daemon-reload
finish
