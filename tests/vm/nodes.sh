# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # vm and host are the caller's
#
# A machine with two nodes and 256 MiB of movable memory that the host gives and takes when the guest asks:
# it writes a number of bytes to /mnt/share/plug and finds in /mnt/share/plugged what came of it. Sourced by
# the tests on the host's side that need one; their EXIT trap has to kill $host.

vm=()
host=""
# plug_nodes SHARE QEMU-ARGUMENT...: sets vm, the arguments of tests/vm/run
plug_nodes() {
	local share=$1 word
	shift
	local -a qemu=(-m "768M,maxmem=2G")
	qemu+=(-object "memory-backend-ram,id=m0,size=384M" -object "memory-backend-ram,id=m1,size=384M")
	qemu+=(-numa "node,nodeid=0,cpus=0,memdev=m0" -numa "node,nodeid=1,cpus=1,memdev=m1")
	qemu+=(-object "memory-backend-ram,id=plug,size=256M")
	qemu+=(-device "virtio-mem-pci,id=plug0,memdev=plug,node=1,requested-size=256M")
	for word in "${qemu[@]}" "$@"; do vm+=(--qemu "$word"); done
	vm+=(--mem 768M --qmp "$share/qmp" --append "cma=32M memhp_default_state=online_movable")
	python3 "$(dirname "${BASH_SOURCE[0]}")/plug.py" "$share" &
	host=$!
}
