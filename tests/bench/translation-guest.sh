#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a guest: the small programs with their page tables. For each it leaves in /mnt/share/translation a dump of the tables
# (dumps/NAME), a trace (traces/NAME), and what predict says by the trace and by a sample of the same process, both beside
# each other (predicts/NAME). It judges nothing.
# translation-guest.sh RESULTS MIB REFERENCES NAME...

set -euo pipefail
results=$1 mib=$2 references=$3
shift 3
out=/mnt/share/translation
mkdir -p "$out"/{dumps,traces,predicts}
# A guest on a busy host may take longer than systemd waits for a service.
systemctl start mempolicyd || systemctl restart mempolicyd

# waiting NAME: the program, $pid, when it has built what it works on. It goes on when $go gets a line.
waiting() {
	coproc PROGRAM { exec taskset -c 0 "/mnt/share/$1" "$mib" 1000000000000 --wait; }
	read -r _ pid <&"${PROGRAM[0]}"
	go=${PROGRAM[1]}
}
ended() {
	kill "$@"
	wait "$@" 2>/dev/null || :
}

for name in "$@"; do
	"/mnt/share/$name-recorded" "$mib" 100000000 --trace "$out/traces/$name" "$references" >/dev/null
	waiting "$name"
	mempolctl translation walk "$pid" --dump "$out/dumps/$name" >/dev/null
	ended "$pid"
	echo "$name dumped" >>"$results"
done

# An emulated processor holds translations until it changes to another process, and sets no accessed bit for what it holds:
# on the program's CPU somebody else has a turn all the time.
neighbour() { exec taskset -c 0 bash -c 'while :; do :; done'; }

for name in "$@"; do
	waiting "$name"
	echo >&"$go"
	neighbour &
	mempolctl translation predict "$pid" --trace "$out/traces/$name" --format binary --sample=10s --json >/tmp/predict
	ended "$pid" "$!"
	mv /tmp/predict "$out/predicts/$name"
	echo "$name predicted" >>"$results"
done
