#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Attaching when the cgroup appears, detaching when it goes, precedence and take-over, live replacement,
# bad engines, reload as one transaction, and every way a policy ends, with its deadline. Needs the patched
# kernel.

# The strings in single quotes are programs for an inner shell.
# shellcheck disable=SC2016,SC2154,SC2317 source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

have_module || skip "this kernel has no mempol module"
start_daemon
counter() {
	mempolctl stats "$1" --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["policies"][0]["counters"][sys.argv[1]])' "$2"
}
read_file() { in_cg "$1" cat /mnt/data/file >/dev/null; }
governs() { [[ $(counter "$1" governed_pages) -gt ${2:-0} ]]; }
# The daemon dies under load; again: how its successor comes.
kill_daemon() {
	local reader
	drop_caches
	read_file a
	governs b 1000 || { echo "nothing is governed"; return 1; }
	touch /tmp/busy
	while [[ -e /tmp/busy ]]; do read_file a || touch /tmp/read-failed; done &
	reader=$!
	kill -9 "$(systemctl show -P MainPID mempolicyd)"
	lap drained no_governed
	sleep 1
	no_governed || { echo "pages are governed again"; return 1; }
	rm /tmp/busy
	wait "$reader"
	[[ ! -e /tmp/read-failed ]]
}

dd if=/dev/zero of=/mnt/data/file bs=1M count=16 status=none
policy a fifo Cgroup=/a
check "without its cgroup it waits" wait_for 5 state_is a waiting
check "and has no cgroup" [ "$(row a cgroup)" = - ]
for round in 1 2 3; do
	make_cgroup a
	lap appear state_is a active
	[[ $round != 3 ]] || break
	rmdir "$cgroot/a"
	lap disappear state_is a waiting
done
median appear 1000 "it is active within 1 s of its cgroup"
check "its cgroup is told by path" [ "$(row a cgroup)" = /a ]
drop_caches
read_file a
check "pages read there are governed" governs a 1000
check "memory.stat agrees" wait_for 3 bash -c \
	'awk "/^mempol_file / { exit !(\$2 > 4096000) }" /sys/fs/cgroup/a/memory.stat'

for engine in mru lfu mru; do
	policy a $engine Cgroup=/a
	lap edit engine_is a $engine
done
median edit 1000 "an edited engine is replaced within 1 s"
check "it is still active" state_is a active
check "and an event says so" wait_for 5 bash -c 'mempolctl events | grep -q replaced'
check "live: pages stay governed" governs a 1000

policy b lfu Cgroup=/a
check "the later name wins" wait_for 5 state_is b active
check "the other is loaded" state_is a loaded
check "with the reason" reason_has a "policy b governs it"
check "live: pages stay governed" governs b 1000
policy a mru Cgroup=/a Priority=10
check "the higher priority wins" wait_for 5 state_is a active
check "the other is loaded" state_is b loaded
rm "$policy_dir/a.mempolicy"
check "when the winner goes the other takes over" wait_for 5 state_is b active
check "live: pages stay governed" governs b 1000
check "the removed one is forgotten" gone a

printf 'junk\n' >"$policy_dir/b.mempolicy"
check "a bad edit leaves it active" wait_for 5 reason_has b "kept the last good version"
check "active as it was" state_is b active
check "and governing" governs b 1000
policy b lfu Cgroup=/a

policy c fifo Cgroup=/c
make_cgroup c
check "another cgroup, another policy" wait_for 5 state_is c active
policy c mru Cgroup=/c
printf 'junk\n' >"$policy_dir/d.mempolicy"
check "reload with one bad file fails" bash -c '! mempolctl reload'
rm "$policy_dir/d.mempolicy"

echo junk >/run/junk.bpf.o
policy e /run/junk.bpf.o Cgroup=/c Priority=99
check "an engine that is no BPF object is failed" wait_for 5 state_is e failed
check "what ran there runs on" state_is c active
rm "$policy_dir/e.mempolicy"

rmdir "$cgroot/c"
lap disappear state_is c waiting
median disappear 1000 "a cgroup that goes leaves the policy waiting, within 1 s"
make_cgroup c
check "and active when it is back" wait_for 5 state_is c active

check "rmmod while attached is refused" bash -c "! rmmod mempol"
echo 12M >"$cgroot/a/memory.max"
for _ in 1 2; do
	check "kill -9 under load: reads go on, nothing is governed after it" kill_daemon
	systemctl reset-failed mempolicyd
	systemctl start mempolicyd
	wait_for 10 state_is b active
done
check "kill -9 under load: reads go on, nothing is governed after it" kill_daemon
median drained 1000 "the lists drain within 1 s of the daemon's death"
check "memory.stat follows" wait_for 3 bash -c \
	'awk "/^mempol_file / { exit \$2 != 0 }" /sys/fs/cgroup/a/memory.stat'
check "systemd starts it again and everything is active" wait_for 15 state_is b active
check "nobody was killed" bash -c 'awk "/^oom_kill / { exit \$2 != 0 }" /sys/fs/cgroup/a/memory.events'

for way in stop remove rmdir; do
	wait_for 10 state_is b active
	for round in 1 2 3; do
		drop_caches
		read_file a
		case $way in
		stop) systemctl stop mempolicyd ;;
		remove) rm "$policy_dir/b.mempolicy" ;;
		rmdir) rmdir "$cgroot/a" ;;
		esac
		lap $way no_governed
		case $way in
		stop) systemctl start mempolicyd ;;
		remove) policy b lfu Cgroup=/a ;;
		rmdir) make_cgroup a ;;
		esac
		wait_for 10 state_is b active
	done
done
median stop 1000 "systemctl stop: the lists drain within 1 s"
median remove 1000 "the file is removed: likewise"
median rmdir 1000 "the cgroup is removed: likewise"

rm "$policy_dir"/*.mempolicy
check "removing the files detaches" wait_for 5 bash -c '[[ $(mempolctl list --json | grep -c active) == 0 ]]'
check "rmmod works after that, with the daemon running" wait_for 45 rmmod mempol
modprobe mempol
policy b lfu Cgroup=/a
check "a module that is back is noticed" wait_for 5 state_is b active
check "stop succeeds" systemctl stop mempolicyd
check "rmmod works after stop" wait_for 10 rmmod mempol
rmdir "$cgroot/a" "$cgroot/c"
modprobe mempol
finish
