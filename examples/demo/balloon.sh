#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The demo's second half: a guest that has used memory and freed it gives it to its host because of a policy
# file, takes it back when it needs it, and does without some when it is told to; examples/demo/run calls it
# inside the guest and counts on the host what QEMU has. It shows, and judges nothing.
#
# The host writes what it sees to /mnt/share/rss.N once it finds /mnt/share/look.N; a name is used but once.

set -euo pipefail
cd /mnt/share
policy=/etc/mempolicyd/policy.d/50-balloon.mempolicy

# look WHAT: a line with what the host has for us now
looks=0
look() {
	local held
	held=$(mempolctl balloon status --json 2>/dev/null | sed -nE 's/.*"held_pages": *([0-9]+).*/\1/p') || : # no daemon yet
	looks=$((looks + 1))
	: >"look.$looks"
	until [[ -e rss.$looks ]]; do sleep 0.1; done
	printf '%-58s %5d MiB %8d MiB\n' "$1" "$(cat "rss.$looks")" $((${held:-0} / 256))
}
# uses MIB SECONDS: processes of 100 MiB do, so long at least
uses() {
	local end=$((SECONDS + $2)) i pids=()
	for ((i = 0; i < $1; i += 100)); do
		dd if=<(while ((SECONDS <= end)); do head -c 100M /dev/zero; done) of=/dev/null bs=100M iflag=fullblock status=none &
		pids+=($!)
	done
	wait "${pids[@]}"
}

printf '%-58s %9s %12s\n' "" "ON THE HOST" "GIVEN BACK"
uses 600 0
look "processes have used 600 MiB and ended"
systemctl start mempolicyd
printf '%s\n' '[Balloon]' 'Engine=balloon-free' 'Keep=64M' 'Period=100ms' >"$policy"
sleep 4
look "4 s after a policy file says: what is free is the host's"
uses 600 5 &
sleep 4
look "others use 600 MiB: they are there"
wait
sleep 4
look "and end; 4 s later"
mempolctl balloon inflate 256M >/dev/null
sleep 1
look "mempolctl balloon inflate 256M: that much, not more"
systemctl kill -s KILL mempolicyd
systemctl stop mempolicyd
sleep 3
look "the daemon is killed: the guest has its memory"
rm -f "$policy"
