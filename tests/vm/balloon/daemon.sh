# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # from blocks.sh
#
# The balloon as its owner sees it: a policy file, mempolctl balloon, a daemon that dies. A part of blocks.sh.

# balloon_policy NAME ENGINE LINE...: a policy file with [Balloon]
balloon_policy() {
	local name=$1 engine=$2
	shift 2
	printf '%s\n' '[Balloon]' "Engine=$engine" "$@" >"$policy_dir/.$name.tmp"
	mv "$policy_dir/.$name.tmp" "$policy_dir/$name.mempolicy"
}
status_of() { mempolctl balloon status --json | sed -E "s/.*\"$1\": *([0-9]+).*/\1/"; }
held_bytes() { (($(actual) <= total - $1)); }

run_daemon() {
	local engine events keep=300 # MiB free; the debug kernel has not got as many
	[[ $slow == 1 ]] || keep=64
	start_daemon
	mempolctl events -f >/tmp/events &
	events=$!
	for engine in balloon-free balloon-psi balloon-host; do
		balloon_policy b $engine Keep=${keep}M Period=100ms
		check "$engine attaches" wait_for 10 state_is b active
		[[ $engine == balloon-host ]] || continue
		host_wants $((total - gib / 4))
		check "and the host has what it wants, in blocks" wait_for 10 actual_is $((total - gib / 4))
		host_wants "$total"
		check "and gives it back" wait_for 10 actual_is "$total"
	done
	balloon_policy b balloon-free Keep=${keep}M Period=100ms
	check "balloon-free gives away what is not to be kept" wait_for 20 held_bytes $((gib / 4))
	# What is reported to the host is not free for as long as that takes.
	keeps() { (($(meminfo MemFree) >= keep * 256 - 2048)); }
	check "and keeps what is to be kept" wait_for 5 keeps
	check "mempolctl balloon status says so" mempolctl balloon status
	mempolctl balloon status | sed 's/^/# /'
	check "inflate takes a size" mempolctl balloon inflate 64M
	check "which is held" wait_for 10 actual_is $((total - 16384))
	sleep 2 # events are told once a second
	check "deflate gives some of it back" mempolctl balloon deflate 32M
	check "which is held then" wait_for 10 actual_is $((total - 8192))
	check "auto asks the engine again" mempolctl balloon auto
	check "which goes on" wait_for 20 held_bytes $((gib / 4))
	mempolctl stats | sed 's/^/# /'
	echo "$device" >/sys/bus/virtio/drivers/virtio_balloon/unbind
	check "without a device nothing is held" wait_for 10 managed_is "$before"
	sleep 2
	echo "$device" >/sys/bus/virtio/drivers/virtio_balloon/bind
	check "with it, it goes on" wait_for 20 held_bytes $((gib / 4))
	kill $events
	check "events say that the device went" grep -q 'cause: device' /tmp/events
	check "events say how large it became" grep -q 'request' /tmp/events
	check "and why" grep -q 'holds .* host' /tmp/events
	grep ' resized ' /tmp/events | head -n 6 | sed 's/^/# /'
	systemctl kill -s KILL mempolicyd
	systemctl stop mempolicyd
	check "a daemon that dies leaves nothing held" wait_for 10 actual_is "$total"
	check "and the memory is the guest's" wait_for 5 managed_is "$before"
	stop_daemon
}
