#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The demo's last part: a process whose memory lies in frames that a [Placement] policy names, and the audit of them;
# examples/demo/run calls it inside the guest. On a kernel without placement it says so, and nothing else. It shows, and
# judges nothing but the audit.

set -euo pipefail
# shellcheck source=examples/demo/workload.sh
. "$(dirname "$0")/workload.sh"

name=50-placement
cgroup=/sys/fs/cgroup/placed

# number JSON KEY
number() { sed -nE "s/.*\"$2\": *([0-9]+).*/\1/p" <<<"$1"; }
used_pages() { number "$(mempolctl stats "$name" --json)" used_pages; }

printf '\nPlacement: the frame of memory that each page gets, chosen by a policy.\n'
systemctl -q is-active mempolicyd || systemctl start mempolicyd
if ! mempolctl features --json | grep -qF '"name":"placement","available":true'; then
	echo "Left out: this kernel has no placement (mempolctl features)."
	exit 0
fi

mkdir -p "$cgroup"
# Pages of 2 MiB have no frame of a pool.
[[ ! -e /sys/kernel/mm/transparent_hugepage/enabled ]] || echo never >/sys/kernel/mm/transparent_hugepage/enabled
printf '%s\n' '[Match]' 'Cgroup=/placed' '[Placement]' 'Engine=mosaic' 'Pool=32M' >"${policy_dir:?}/$name.tmp"
mv "$policy_dir/$name.tmp" "$policy_dir/$name.mempolicy"
wait_state "$name" active

# The last 24 MiB that go through a pipe are kept until its other end is closed.
mkfifo /run/placed.go
in_cgroup "$cgroup" bash -c '{ head -c 24M /dev/zero; read -r _ </run/placed.go; } | tail -c 24M >/dev/null' &
for ((i = 0; $(used_pages) + 0 < 6000; i++)); do
	((i < 120)) || die "the process has no frames of the pool"
	sleep 0.5
done
mempolctl placement status "$name"
audit=$(mempolctl placement audit --json "$name") || die "a page lies where it may not: $audit"
stats=$(mempolctl stats "$name" --json)
printf '%s pages placed, %s with an ordinary frame; audit: %s where their addresses hash to, %s violations\n' \
	"$(number "$stats" placed)" "$(number "$stats" ordinary)" "$(number "$audit" ok)" "$(number "$audit" violation)"
echo go >/run/placed.go
wait
rm -f /run/placed.go
no_engine_file "$name"
rmdir "$cgroup"
