#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A host that does not answer, and a device that is torn out: requests return at once, an OOM gets back what is held,
# policy and device go in seconds, and what the host may still take is lost and never used again. QEMU's device is
# silent while it may not reach memory, and has gone for whoever looks while its port leads nowhere. Runs inside the
# guest, called by tests/vm/test_balloon_host.

# shellcheck disable=SC2154 # from lib.sh, engines.sh and sizer.sh

cd /mnt/share || exit 1
for part in lib cgroup engines sizer; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

pci=$(readlink -f "/sys/bus/virtio/devices/$device/..")
# pci_byte DEVICE OFFSET [VALUE]: of its configuration
pci_byte() {
	if (($# == 2)); then
		od -An -tu1 -j "$2" -N 1 "$1/config" | tr -d ' '
	else
		printf "%b" "$(printf '\\x%02x' "$3")" | dd of="$1/config" bs=1 seek="$2" conv=notrunc status=none
	fi
}
# Bit 2 of the command register: the device may reach memory.
silence() { pci_byte "$pci" 4 $(($(pci_byte "$pci" 4) & ~4)); }
speak() { pci_byte "$pci" 4 $(($(pci_byte "$pci" 4) | 4)); }
reports=$(cut -c 6 "/sys/bus/virtio/devices/$device/features")
reporting() { ((reports)); }
moving() { engine_ask e info && (($(engine_value moving) == 1)); }
arrived() { engine_ask e info && (($(engine_value moving) == 0)); }

# lost_at_most WHAT PAGES: since $before was counted, and from now on that is what is managed
lost_at_most() {
	local lost=$((before - $(managed)))
	at_most "$1: no more is lost than one request" "$lost" "$2"
	# It may have been the turn of free page reporting.
	reporting || at_least "$1: and what the host may still take is" "$lost" 512
	note "$lost pages lost"
	before=$((before - lost))
}

# ask_the_silent: blocks are held, the host falls silent, and more is asked for
ask_the_silent() {
	hold $eighth
	check "$1: blocks are held" test "$(engine_value held_pages)" = $eighth
	# What was used and freed has to be told; what the host has already is taken without asking, so it is all of it.
	./memtool hog $(($(meminfo MemFree) * 4 / 1024 - 160)) 1 >/dev/null
	silence
	engine_ask e post "$(meminfo MemFree)"
	check "$1: a request to a silent host returns at once" test "$answer" = "post error=0"
	check "$1: and is under way" wait_for 5 moving
}

modprobe mempol || { fail "modprobe mempol"; finish; }
# Who is killed is told of with a call trace, which is no complaint here.
dmesg -n 1
eighth=8192
request=$((32 * 1024)) # pages, of one request
reporting || request=$((8 * 1024))
before=$(managed)
cg_new v max # systemd stops the unit in whose cgroup something is killed
start_sizer
check "a policy is in charge of the balloon" test "$answer" = attached
ask_the_silent detach
check "whoever else wants the balloon is refused at once" \
	grep -q 'attach error=Device or resource busy' <(timeout $((20 * slow)) ./loader ./agent.bpf.o ./sizer.bpf.o - </dev/null)
sleep infinity &
victim=$!
echo $victim >"$cgroot/v/cgroup.procs"
echo 1000 >/proc/$victim/oom_score_adj
echo f >/proc/sysrq-trigger
check "an OOM does not wait for the host" wait_for 10 test ! -e /proc/$victim/exe
wait $victim 2>/dev/null
engine_ask e info
at_least "and gets back what is held" "$(engine_value deflated_oom)" 512
check "which is still under way" moving
owner=${engine_pid[e]}
echo quit >&"${engine_in[e]}"
check "a policy goes although the host is silent" wait_for 20 test ! -e "/proc/$owner/exe"
engine_forget e
lost_at_most detach $request
check "the memory that is left is there" ./memtool hog $(($(meminfo MemFree) * 4 / 1024 - 96)) 2

# Torn out: its configuration reads as ones, as that of any device that is not there.
if ! reporting; then
	speak
	echo "$device" >/sys/bus/virtio/drivers/virtio_balloon/unbind
	echo "$device" >/sys/bus/virtio/drivers/virtio_balloon/bind
	start_sizer
	check "a device that is bound anew works" test "$answer" = attached
	ask_the_silent removal
	pci_byte "$pci/.." 25 0 # the number of the bus behind the port
	check "a device that is torn out is removed, however many requests are unanswered" \
		timeout $((20 * slow)) bash -c "echo 1 >$pci/remove"
	check "nothing is held without it" wait_for 5 holds 0
	check "and nothing is under way" wait_for 5 arrived
	at_least "what is lost is counted" "$(engine_value leaked)" 512
	lost=$(engine_value leaked)
	engine_end e
	check "and is all that is missing" test "$(managed)" = $((before - lost))
	check "the rest is there" ./memtool hog $(($(meminfo MemFree) * 4 / 1024 - 96)) 2
fi
reporting || check "the log says what was lost" grep -q "the balloon's host does not answer, memory is lost" <(dmesg)
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints | grep -vE 'oom-kill|[Oo]ut of memory|Killed process')
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
