# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034 # from and for engines.sh; used by those that source this
#
# A balloon policy that does what it is told, and what guest and host have of the memory meanwhile. Sourced after
# engines.sh by the guest's scripts in this directory; what the host says comes from tests/vm/relay.py.

device=$(basename "$(readlink -f /sys/bus/virtio/drivers/virtio_balloon/virtio*)")
managed() { awk '$1 == "managed" { sum += $2 } END { print sum }' /proc/zoneinfo; }
managed_is() { (($(managed) == $1)); }
meminfo() { awk -v key="$1:" '$1 == key { print int($2 / 4) }' /proc/meminfo; }
# host COMMAND: QEMU's answer to a QMP command
host() {
	rm -f answer
	echo "$1" >ask.new
	mv ask.new ask
	wait_for 10 test -e answer || fail "the host answers"
	head -n 1 answer
}
# actual: pages the guest has according to the host
actual() { host '{"execute": "query-balloon"}' | sed -E 's/.*"actual": ([0-9]+).*/\1/' | awk '{ print $1 / 4096 }'; }
host_wants() { host "{\"execute\": \"balloon\", \"arguments\": {\"value\": $(($1 * 4096))}}" >/dev/null; }
actual_is() { (($(actual) == $1)); }
# start_sizer [ENGINE]: the engine that leaves the size to requests
start_sizer() {
	rm -f /tmp/engine.e.{in,out}
	mkfifo /tmp/engine.e.{in,out}
	exec {to}<>/tmp/engine.e.in {from}<>/tmp/engine.e.out
	./loader ./agent.bpf.o "./${1:-sizer}.bpf.o" - <&"$to" >&"$from" 2>&1 &
	engine_pid[e]=$!
	engine_in[e]=$to
	engine_out[e]=$from
	engine_read e
}
hold() { engine_ask e balloon "$1" && engine_ask e info; }
held() { engine_ask e info && engine_value held_pages; }
holds() { (($(held) == $1)); }
