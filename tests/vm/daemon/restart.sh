#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A service that is restarted gets a new cgroup under the old path each time. Each one has to be governed at
# once, and nothing of the old ones may stay. Needs the patched kernel.

# shellcheck disable=SC2016,SC2154,SC2317 source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

have_module || skip "this kernel has no mempol module"
rounds=5
dying() { awk '$1 == "nr_dying_descendants" { print $2 }' "$cgroot/system.slice/cgroup.stat"; }
rss_kib() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$(systemctl show -P MainPID mempolicyd)/status"; }
is_governed() { [[ $(vm_of nr_mempol_file) -gt 0 ]]; }
few_dying() {
	drop_caches
	[[ $(dying) -le $((before + 1)) ]]
}

dd if=/dev/zero of=/mnt/data/tree bs=1M count=24 status=none
cat >/run/systemd/system/search.service <<'END'
[Unit]
StartLimitIntervalSec=0
[Service]
Type=exec
ExecStart=/bin/sh -c 'while :; do cat /mnt/data/tree >/dev/null; done'
MemoryMax=16M
MemorySwapMax=0
END
systemctl daemon-reload
start_daemon
policy search mru Unit=search.service
check "without the service the policy waits" wait_for 5 state_is search waiting
drop_caches
before=$(dying)
rss=$(rss_kib)
for ((i = 0; i < rounds; i++)); do
	systemctl stop search.service
	# Else pages of the last run are hits, charged to its cgroup, and none is left to govern.
	drop_caches
	wait_for 5 no_governed || fail "round $i: pages of the last cgroup are still governed"
	systemctl start search.service
	lap restart is_governed
	[[ $(mempolctl list --no-legend | grep -c '^search ') == 1 ]] || fail "round $i: not one row"
done
median restart 1000 "the new cgroup is governed within 1 s of the restart"
check "it is active" state_is search active
check "nothing was ejected" bash -c '[[ $(mempolctl stats search --json) == *\"ejections\":0* ]]'
systemctl stop search.service
check "no cgroup is held" wait_for 10 few_dying
grown=$(($(rss_kib) - rss))
check "the daemon has not grown ($grown KiB)" [ "$grown" -le 2048 ]
check "and waits again" wait_for 5 state_is search waiting
rm /run/systemd/system/search.service
systemctl daemon-reload
finish
