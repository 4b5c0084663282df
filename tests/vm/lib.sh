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

# What a kernel full of checks under emulation may take longer.
slow=1
[[ $(uname -r) != *debug* ]] || slow=10

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# wait_for SECONDS COMMAND...: until it succeeds; its last status when it never does. A command that looks
# at something must look itself: what "$(...)" says here is looked up once, before the first try.
wait_for() {
	local deadline=$(($(now_ms) + $1 * slow * 1000)) status tries=0
	shift
	while :; do
		"$@" >/dev/null 2>&1 && return 0
		status=$?
		# Time goes on for a guest that stands still.
		((++tries < 5 || $(now_ms) < deadline)) || return "$status"
		sleep 0.05
	done
}

# swap_on SIZE: compressed memory
swap_on() {
	modprobe zram num_devices=1
	echo "$1" >/sys/block/zram0/disksize
	mkswap -q /dev/zram0 && swapon /dev/zram0
}

# A host that is busy with other things stretches guest time. pace: how long a fixed piece of work takes now,
# in percent of what it takes on an idle host under emulation, and at least 100.
idle_ms=130
pace() {
	local start i took
	start=$(now_ms)
	for ((i = 0; i < 3000; i++)); do :; done
	took=$(($(now_ms) - start))
	echo $((took > idle_ms * slow ? took * 100 / (idle_ms * slow) : 100))
}

# Deadlines that are promised are guest time, the median of at least three, each with the pace of the host.
# lap NAME COMMAND...: waits for it and remembers how long under NAME; median NAME MS TEXT: the test.
declare -A laps=() paces=()
lap() {
	local name=$1 start took before after
	shift
	before=$(pace)
	start=$(now_ms)
	wait_for 10 "$@"
	took=$(($(now_ms) - start))
	after=$(pace)
	laps[$name]+=" $took"
	paces[$name]+=" $((before > after ? before : after))"
}
middle_of() {
	local sorted
	mapfile -t sorted < <(tr ' ' '\n' <<<"${1# }" | sort -n)
	echo "${sorted[${#sorted[@]} / 2]}"
}
median() {
	local value speed told
	value=$(middle_of "${laps[$1]}")
	speed=$(middle_of "${paces[$1]}")
	told="${laps[$1]# } ms"
	((speed == 100)) || told+=", the host at $speed % of its idle time"
	if [[ $(wc -w <<<"${laps[$1]}") -ge 3 && $value -le $(($2 * slow * speed / 100)) ]]; then
		ok "$3 ($told)"
	else
		fail "$3 ($told)"
	fi
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

# row NAME FIELD: what `mempolctl list --json` says; null is "-". Taken apart by the shell: an interpreter
# takes half of the second that a state may take to change.
row() {
	local rest
	rest=$(mempolctl list --json) || return
	[[ $rest == *"{\"name\":\"$1\","* ]] || return 0
	rest=${rest#*"{\"name\":\"$1\","}
	rest=${rest%%"},{\"name\":"*}
	rest=${rest#*"\"$2\":"}
	if [[ $rest =~ ^\"(([^\"\\]|\\.)*)\" ]]; then
		echo "${BASH_REMATCH[1]//\\\"/\"}"
	elif [[ $rest == null* ]]; then
		echo -
	else
		echo "${rest%%[,\}]*}"
	fi
}

state_is() { [[ $(row "$1" state) == "$2" ]]; }
engine_is() { [[ $(row "$1" engine) == "$2" ]]; }
reason_has() { row "$1" reason | grep -qF -- "$2"; }
gone() {
	local all
	all=$(mempolctl list --json) && [[ $all != *"{\"name\":\"$1\","* ]]
}
have_module() { [[ -e /sys/kernel/btf/mempol ]] || { modprobe -q mempol && [[ -e /sys/kernel/btf/mempol ]]; }; }

cgroot=/sys/fs/cgroup
make_cgroup() { mkdir "$cgroot/$1" && [[ -e $cgroot/$1/memory.max ]]; }

# in_cg CGROUP COMMAND...: run it there.
in_cg() {
	local cg=$1
	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroot/$cg" "$@"
}

drop_caches() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

# vm_of KEY: a line of /proc/vmstat, the CPUs' own counts included.
vm_of() {
	echo 1 >/proc/sys/vm/stat_refresh
	awk -v key="$1" '$1 == key { print $2 }' /proc/vmstat
}
no_governed() { [[ $(vm_of nr_mempol_file) == 0 ]]; }

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
