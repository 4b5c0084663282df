# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # policy_dir is from lib.sh
#
# What the tests of placement under the daemon share: policy files, counters, what the audit says, and a process that
# keeps memory and takes orders. Sourced after lib.sh and cgroup.sh inside the guest.

# placed NAME LINES: a policy of placement
placed() {
	printf '[Match]\n%b' "$2" >"$policy_dir/.$1.tmp"
	mv "$policy_dir/.$1.tmp" "$policy_dir/$1.mempolicy"
}
mosaic() { placed "$1" "Cgroup=$2\n[Placement]\nEngine=mosaic\n$3"; }
counter() { mempolctl stats "$1" --json | sed -nE "s/.*\"$2\": *([0-9]+).*/\1/p"; }
is() { [[ $(counter "$1" "$2") == "$3" ]]; }
has() { [[ $(counter "$1" "$2") -ge $3 ]]; }
says() { mempolctl "${@:2}" 2>&1 | grep -qF -- "$1"; }
# audited FIELD NAME: how many pages have that verdict
audited() { mempolctl placement audit --json "$2" | sed -nE "s/.*\"$1\": *([0-9]+).*/\1/p"; }
event_of() { mempolctl events --json | grep -F "\"policy\":\"$1\"" | grep -qF -- "$2"; }
free_kib() { awk '$1 == "MemFree:" { print $2 }' /proc/meminfo; }

# keep CGROUP: starts a keeper there; tell WORDS...: one order, and its answer
keep() {
	rm -f /run/order /run/answer
	mkfifo /run/order /run/answer
	in_cg "$1" python3 ./keeper.py </run/order >/run/answer &
	keeper=$!
	exec 7>/run/order 8</run/answer
}
tell() {
	local answer
	echo "$*" >&7
	read -r -t 300 answer <&8 && [[ $answer == "done" || $answer == good ]]
}
let_go() {
	echo end >&7
	exec 7>&- 8<&-
	wait "$keeper"
}
