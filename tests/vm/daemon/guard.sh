#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Engines that must not run or must not go on: rejected by the verifier, and thrown out by the kernel.
# Each is told with its reason and its evidence. Needs the patched kernel, hog, liar and rejected.bpf.o.

# The strings in single quotes are programs for an inner shell.
# shellcheck disable=SC2016,SC2154,SC2317 source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

have_module || skip "this kernel has no mempol module"
[[ -e /mnt/share/hog.bpf.o && -e /mnt/share/rejected.bpf.o ]] || skip "the test's engines are not in /mnt/share"
start_daemon
dd if=/dev/zero of=/mnt/data/big bs=1M count=96 status=none
drop_caches # written here, it is charged to this cgroup, not to the governed one
make_cgroup g
echo 32M >/sys/fs/cgroup/g/memory.max
policy g mru Cgroup=/g
check "a good engine is active" wait_for 5 state_is g active

policy r /mnt/share/rejected.bpf.o Cgroup=/g Priority=5
check "an engine that the verifier rejects is failed" wait_for 5 state_is r failed
check "it says who rejected it" reason_has r "verifier rejected it"
check "with file and line" reason_has r "$policy_dir/r.mempolicy:6: "
check "show keeps the verifier's log" bash -c 'mempolctl show r --json | grep -q "invalid mem access"'
check "show prints it" bash -c 'mempolctl show r | grep -q "invalid mem access"'
check "what ran runs on" state_is g active
check "reload refuses it and changes nothing" bash -c '! mempolctl reload && mempolctl list | grep "^g" | grep -q active'
rm "$policy_dir/r.mempolicy"
wait_for 5 gone r
policy g /mnt/share/rejected.bpf.o Cgroup=/g
check "an edit to it keeps the last good version" wait_for 5 reason_has g "kept the last good version"
check "which runs on" state_is g active

policy n fifo Cgroup=/g Priority=-1
check "a policy of lower priority stands back" wait_for 5 state_is n loaded
policy g /mnt/share/hog.bpf.o Cgroup=/g
check "another engine takes over" wait_for 5 engine_is g /mnt/share/hog.bpf.o
wait_for 5 bash -c '! mempolctl list | grep -q "last good"'
while :; do in_cg g cat /mnt/data/big; done >/dev/null &
load=$!
check "an engine that never yields is ejected, to be tried again" wait_for 15 bash -c \
	'mempolctl list --json | grep -q "\"state\":\"ejected\",\"cgroup\":\"/g\",\"reason\":\".*attached again after [15] s"'
check "while it waits it keeps its place" state_is n loaded
# Under load that lasts for no longer than it takes to look.
echo 1 >/sys/fs/cgroup/g/cgroup.freeze
check "it is attached again" wait_for 10 state_is g active
echo 0 >/sys/fs/cgroup/g/cgroup.freeze
check "the third ejection in a row quarantines it" wait_for 40 state_is g quarantined
kill "$load"
wait "$load" 2>/dev/null
check "the next policy governs there" wait_for 5 state_is n active
check "nobody was killed for it" bash -c 'awk "/^oom_kill / { exit \$2 != 0 }" /sys/fs/cgroup/g/memory.events'
check "list has a reason" reason_has g "it withheld pages"
check "and the remedy" reason_has g "mempolctl reset g"
check "show says why" bash -c 'mempolctl show g --json | grep -q "\"exit_kind\":\"stalled\""'
check "show has a dump" bash -c 'mempolctl show g --json | python3 -c "
import json, sys
sys.exit(not json.load(sys.stdin)[\"attachments\"][0][\"dump\"])"'
check "stats count the ejections" bash -c 'mempolctl stats g --json | grep -q "\"ejections\":3"'
check "the journal has them with fields" wait_for 3 bash -c \
	'[[ $(journalctl -u mempolicyd -o json MEMPOL_EVENT=ejected | grep -c "\"MEMPOL_CGROUP\":\"/g\"") == 3 ]]'
check "the journal explains them" bash -c 'journalctl -x -u mempolicyd MEMPOL_EVENT=ejected | grep -qi "mempolctl show g"'
check "an event says that it is quarantined" wait_for 5 bash -c \
	'mempolctl events --json | grep "\"type\":\"quarantined\"" | grep -q "\"cgroup\":\"/g\""'
check "and the journal explains it" bash -c 'journalctl -x -u mempolicyd MEMPOL_EVENT=quarantined | grep -q "mempolctl reset g"'
check "reload without a change does not try it again" bash -c 'mempolctl reload && mempolctl list | grep -q quarantined'
check "only root may reset it" bash -c '! setpriv --reuid 65534 --regid 65534 --clear-groups mempolctl reset g'
check "an unknown one cannot be reset" bash -c '! mempolctl reset nobody'
check "reset succeeds" mempolctl reset g
check "and it governs again" wait_for 5 state_is g active
check "an event says who may start anew" wait_for 5 bash -c 'mempolctl events | grep -q "policy g was reset"'
check "the other one stands back" wait_for 5 state_is n loaded
check "reset of one that was not ejected changes nothing" bash -c 'mempolctl reset n --json | grep -q "\"changed\":0"'
rm "$policy_dir/n.mempolicy"
policy g mru Cgroup=/g
check "an edited file replaces it" wait_for 5 engine_is g mru

policy g /mnt/share/liar.bpf.o Cgroup=/g
check "an engine that asks for what is not allowed is attached" wait_for 5 engine_is g /mnt/share/liar.bpf.o
in_cg g cat /mnt/data/big >/dev/null
check "stats tell its refused requests by reason, and the sum" bash -c 'mempolctl stats g --json | python3 -c "
import json, sys
row = json.load(sys.stdin)[\"policies\"][0]
by = row[\"refusals\"]
print(row)
sys.exit(not (all(by[k] for k in (\"list\", \"index\", \"verdict\", \"twice\", \"no_batch\", \"size\"))
	and sum(by.values()) == row[\"counters\"][\"refused\"]))"'
check "show prints them" bash -c 'mempolctl show g | grep "Refusals: " | grep -q "no_batch="'
check "events tell how many and the last reason" wait_for 5 bash -c \
	'mempolctl events --json | grep "\"type\":\"refused\"" | grep -Eq "\"count\":[1-9].*\"refusal\":\"[a-z_]+\""'
rm "$policy_dir/g.mempolicy"
check "it goes" wait_for 5 gone g
check "rmmod works, although there was an ejection" wait_for 45 rmmod mempol
modprobe mempol
rmdir /sys/fs/cgroup/g
finish
