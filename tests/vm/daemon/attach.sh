#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Attaching when the cgroup appears, detaching when it goes, precedence and take-over, live replacement,
# bad engines, reload as one transaction. Needs the patched kernel.

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
# read_file CGROUP FILE: reads it inside the cgroup.
read_file() { bash -c "echo \$\$ >/sys/fs/cgroup/$1/cgroup.procs && exec cat $2 >/dev/null"; }
governs() { [[ $(counter "$1" governed_pages) -gt ${2:-0} ]]; }

dd if=/dev/zero of=/mnt/data/file bs=1M count=16 status=none
sync
policy a fifo Cgroup=/a
check "without its cgroup it waits" wait_for 1 state_is a waiting
check "and has no cgroup" [ "$(row a cgroup)" = - ]
make_cgroup a
check "it is active within 1 s of its cgroup" wait_for 1 state_is a active
check "its cgroup is told by path" [ "$(row a cgroup)" = /a ]
echo 3 >/proc/sys/vm/drop_caches
read_file a /mnt/data/file
check "pages read there are governed" governs a 1000
check "memory.stat agrees" wait_for 3 bash -c \
	'awk "/^mempol_file / { exit !(\$2 > 4096000) }" /sys/fs/cgroup/a/memory.stat'

policy a mru Cgroup=/a
check "an edited engine is replaced" wait_for 1 [ "$(row a engine)" = mru ]
wait_for 1 bash -c 'mempolctl events | grep -q replaced'
check "live: pages stay governed" governs a 1000

policy b lfu Cgroup=/a
check "the later name wins" wait_for 1 state_is b active
check "the other is loaded" state_is a loaded
check "with the reason" reason_has a "policy b governs it"
check "live: pages stay governed" governs b 1000
policy a mru Cgroup=/a Priority=10
check "the higher priority wins" wait_for 1 state_is a active
check "the other is loaded" state_is b loaded
rm "$policy_dir/a.mempolicy"
check "when the winner goes the other takes over" wait_for 1 state_is b active
check "live: pages stay governed" governs b 1000
check "the removed one is forgotten" gone a

printf 'junk\n' >"$policy_dir/b.mempolicy"
check "a bad edit leaves it active" wait_for 1 reason_has b "kept the last good version"
check "active as it was" state_is b active
check "and governing" governs b 1000
policy b lfu Cgroup=/a

policy c fifo Cgroup=/c
make_cgroup c
check "another cgroup, another policy" wait_for 1 state_is c active
policy c mru Cgroup=/c
printf 'junk\n' >"$policy_dir/d.mempolicy"
check "reload with one bad file fails" bash -c '! mempolctl reload'
rm "$policy_dir/d.mempolicy"

echo junk >/tmp/junk.bpf.o
policy e /tmp/junk.bpf.o Cgroup=/c Priority=99
check "an engine that is no BPF object is failed" wait_for 1 state_is e failed
check "what ran there runs on" state_is c active
rm "$policy_dir/e.mempolicy"

rmdir /sys/fs/cgroup/c
check "a cgroup that goes leaves the policy waiting" wait_for 1 state_is c waiting
make_cgroup c
check "and active when it is back" wait_for 1 state_is c active

check "rmmod while attached is refused" bash -c "! rmmod mempol"
pid=$(systemctl show -P MainPID mempolicyd)
kill -9 "$pid"
check "kill -9: drained within 2 s and the flush" wait_for 5 bash -c \
	'awk "/^mempol_file / { exit \$2 != 0 }" /sys/fs/cgroup/a/memory.stat'
check "reads go on" read_file a /mnt/data/file
check "systemd starts it again and everything is active" wait_for 15 state_is b active

rm "$policy_dir"/*.mempolicy
check "removing the files detaches" wait_for 1 bash -c '[[ $(mempolctl list --json | grep -c active) == 0 ]]'
check "rmmod works after that, with the daemon running" wait_for 45 rmmod mempol
modprobe mempol
policy b lfu Cgroup=/a
check "a module that is back is noticed" wait_for 5 state_is b active
check "stop succeeds" systemctl stop mempolicyd
check "rmmod works after stop" wait_for 10 rmmod mempol
rmdir /sys/fs/cgroup/a /sys/fs/cgroup/c
modprobe mempol
finish
