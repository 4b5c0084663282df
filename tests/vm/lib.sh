# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the shell tests in a guest share: TAP-like lines, waiting with a deadline, policy files that go
# away again. Sourced by tests that run as root inside the VM; it must never be run on a host.

set -u
tests_run=0
tests_failed=0
policy_dir=/etc/mempolicyd/policy.d

ok() { tests_run=$((tests_run + 1)); echo "ok $tests_run - $*"; }

fail() {
	tests_run=$((tests_run + 1))
	tests_failed=$((tests_failed + 1))
	echo "not ok $tests_run - $*"
}

# The whole test: there is something that it needs and this guest has not.
skip() { echo "1..0 # SKIP $*"; exit 77; }

# check DESCRIPTION COMMAND...: ok when it succeeds.
check() {
	local what=$1
	shift
	if "$@" >/tmp/check.$$ 2>&1; then
		ok "$what"
	else
		fail "$what"
		sed 's/^/# /' /tmp/check.$$
	fi
	rm -f /tmp/check.$$
}

# wait_for SECONDS COMMAND...: until it succeeds; its last status when it never does.
wait_for() {
	local deadline=$(($(date +%s%N) + $1 * 1000000000)) status
	shift
	while :; do
		"$@" >/dev/null 2>&1 && return 0
		status=$?
		[[ $(date +%s%N) -lt $deadline ]] || return "$status"
		sleep 0.05
	done
}

finish() {
	echo "1..$tests_run"
	[[ $tests_failed == 0 ]] || exit 1
	exit 0
}

# policy NAME [ENGINE [MATCH [EXTRA]]]: written as an editor does, under another name and renamed.
policy() {
	local name=$1 engine=${2:-mru} match=${3:-Cgroup=/$1} extra=${4:-}
	printf '%s[Match]\n%s\n[Cache]\nEngine=%s\n' "${extra:+[Policy]
$extra
}" "$match" "$engine" >"$policy_dir/.$name.tmp"
	mv "$policy_dir/.$name.tmp" "$policy_dir/$name.mempolicy"
}

# row NAME FIELD: what `mempolctl list --json` says; one line per row, null is "-".
row() {
	mempolctl list --json | python3 -c '
import json, sys
for p in json.load(sys.stdin)["policies"]:
    if p["name"] == sys.argv[1]:
        v = p[sys.argv[2]]
        print("-" if v is None else v)' "$1" "$2"
}

state_is() { [[ $(row "$1" state) == "$2" ]]; }
reason_has() { row "$1" reason | grep -qF -- "$2"; }
gone() { [[ -z $(row "$1" state) ]]; }
have_module() { [[ -e /sys/kernel/btf/mempol ]] || { modprobe -q mempol && [[ -e /sys/kernel/btf/mempol ]]; }; }

make_cgroup() { mkdir "/sys/fs/cgroup/$1" && [[ -e /sys/fs/cgroup/$1/memory.max ]]; }

# Every test starts with the service freshly started and no policies, and leaves it stopped.
start_daemon() {
	rm -rf "${policy_dir:?}"/*
	systemctl reset-failed mempolicyd 2>/dev/null
	systemctl restart mempolicyd || { systemctl status mempolicyd; journalctl -u mempolicyd | tail -20; exit 1; }
	trap stop_daemon EXIT
}

stop_daemon() {
	systemctl stop mempolicyd
	rm -rf "${policy_dir:?}"/*
}
