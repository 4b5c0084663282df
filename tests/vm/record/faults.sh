#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What mempolctl record does when something is wrong: each fault has a message with the remedy, nothing half done
# is left, and no program stays attached. Runs inside the guest, called by tests/vm/test_record.

# shellcheck disable=SC2154 # cgroot is from lib.sh
cd /tmp || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. /mnt/share/$part.sh
done

record() { mempolctl record --cgroup /work "$@"; }
attached() { bpftool prog list | grep -c ' name record_'; }
none_attached() { [[ $(attached) == 0 ]]; }
all_attached() { [[ $(attached) -ge 6 ]]; }
# says WORDS...: the message of the last refusal has them all.
says() {
	local word
	for word; do grep -qF -- "$word" /tmp/message || { cat /tmp/message; return 1; }; done
}
# refuses STATUS COMMAND...
refuses() {
	local status=$1
	shift
	"$@" >/tmp/output 2>/tmp/message
	[[ $? == "$status" ]] || { cat /tmp/output /tmp/message; return 1; }
}
# work_in CGROUP: something reads there until it is killed.
work_in() {
	bash -c 'echo $$ >"$0/cgroup.procs"; while :; do cat /mnt/data/file >/dev/null; done' "$cgroot/$1" &
	worker=$!
}
stop_work() {
	kill "$worker"
	wait "$worker" 2>/dev/null
}
uses() { grep -c '^[rmw] ' "$1"; }

head -c 8M /dev/zero >/mnt/data/file
# Pages belong to the cgroup that brings them in.
drop_caches
cg_new work 32M

refuses 4 setpriv --reuid 65534 --clear-groups mempolctl record --cgroup /work --seconds 1 --output /tmp/nobody
check "without root: status 4" says "only root may record: use sudo"
check "no cgroup of that name: status 1" refuses 1 mempolctl record --cgroup /nowhere --seconds 1 --output /tmp/t
check "and the remedy" says "there is no cgroup /nowhere" "systemd-cgls"
check "no unit of that name" refuses 1 mempolctl record --unit nowhere.service --seconds 1 --output /tmp/t
check "and the remedy" says "there is no unit nowhere.service"
check "nothing is read: status 1" refuses 1 record --seconds 0.3 --output /tmp/empty
check "and it says so" says "nothing of the page cache was used in /work" "is it at work?"
check "an empty trace leaves no file" test ! -e /tmp/empty
touch /tmp/there
check "the output exists: status 2" refuses 2 record --seconds 1 --output /tmp/there
check "and the remedy" says "/tmp/there exists: remove it, or name another --output"
check "no directory: status 2" refuses 2 record --seconds 1 --output /tmp/none/t
check "and the remedy" says "/tmp/none/t: No such file or directory: name an --output in a directory"

work_in work
mkdir -p /tmp/full
mount -t tmpfs -o size=4k tmpfs /tmp/full
head -c 4096 /dev/zero >/tmp/full/other
refuses 1 record --sample 0 --seconds 1 --output /tmp/full/trace
check "a full disk" says "No space left on device" "a disk with more room"
check "leaves nothing" test "$(ls -A /tmp/full)" = other
umount /tmp/full

# The program itself, no function: a shell's child in the background ignores the signal.
mempolctl record --cgroup /work --seconds 600 --output /tmp/interrupted 2>/tmp/message &
recorder=$!
check "while it records its programs are attached" wait_for 30 all_attached
sleep 1
kill -INT "$recorder"
check "Ctrl-C ends it with status 0" wait "$recorder"
check "and what was recorded is kept" test "$(uses /tmp/interrupted)" -gt 0
check "which it says, with its own cost" says "interrupted: what was recorded until then is kept" "cost: " "detached"
check "then none is attached" wait_for 5 none_attached

mount --bind /dev/null /sys/kernel/btf/vmlinux
check "without the kernel's types: status 3" refuses 3 record --seconds 1 --output /tmp/no-types
check "and the remedy" says "this kernel does not load the recorder" "CONFIG_DEBUG_INFO_BTF=y"
umount /sys/kernel/btf/vmlinux
installed=/usr/lib/mempolicyd
mount --bind $installed/engines/noop.bpf.o $installed/agent/record.bpf.o
check "with another version's programs: status 1" refuses 1 record --seconds 1 --output /tmp/other-version
check "and the remedy" says "of another version than mempolctl" "make install"
umount $installed/agent/record.bpf.o
stop_work

cg_new goes 32M
drop_caches
work_in goes
mempolctl record --cgroup /goes --seconds 600 --output /tmp/gone 2>/tmp/message &
recorder=$!
wait_for 30 all_attached
sleep 1
stop_work
echo 1 >"$cgroot/goes/cgroup.kill"
check "the cgroup can be removed while it is recorded" wait_for 10 rmdir "$cgroot/goes"
check "the recording ends then, with status 0" wait "$recorder"
check "and says what became of it" says "warning: the cgroup went away: what was recorded until then is kept"
check "which is kept" test "$(uses /tmp/gone)" -gt 0
check "nothing is left attached" wait_for 5 none_attached
check "such a trace can be simulated" mempolctl simulate --size 4M /tmp/gone

complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
