#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Recording a cgroup that a policy governs: the kernel tells of the sample alone, the engine notices nothing, the trace
# says what one of the stock kernel's hook says, and whatever ends the recording leaves nothing behind. Runs inside the
# guest on the patched kernel, called by tests/vm/test_record.

# shellcheck disable=SC2154 # cgroot and policy_dir are from lib.sh
cd /tmp || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. /mnt/share/$part.sh
done
mglru off
start_daemon

says() {
	local word
	for word; do grep -qF -- "$word" /tmp/message || { cat /tmp/message; return 1; }; done
}
# A program is attached, or not: loaded are both.
attached() {
	local id
	id=$(bpftool prog list | sed -n "s/^\([0-9]*\): .* name $1 .*/\1/p")
	[[ -n $id ]] && bpftool link list | grep -qw "prog $id"
}
none_loaded() { [[ $(bpftool prog list | grep -c ' name record_') == 0 ]]; }
not_recorded() { state_is work active && ! reason_has work recorded; }
mostly_governed() { (($(stat_of work mempol_file) * 100 >= $(stat_of work file) * 95 && $(stat_of work file) > 4000000)); }
# begin OPTION...: a recording of the governed cgroup, once its hits come from the kernel's telling.
begin() {
	mempolctl record --cgroup /work --seconds 600 "$@" 2>/tmp/message &
	recorder=$!
	check "${told:-the kernel tells of the sample}" wait_for 30 attached record_told
}
end() {
	kill -INT "$recorder"
	wait "$recorder"
}
# govern ENGINE: its pages are brought in under the policy.
govern() {
	policy work "$1"
	wait_for 30 engine_is work "$1" || fail "$1 is the engine"
	wait_for 30 state_is work active || fail "$1 governs"
	drop_caches
	# Twice: the second time nothing that cat needs has to be brought in.
	in_cg work cat /mnt/data/file >/dev/null
	in_cg work cat /mnt/data/file >/dev/null
	wait_for 30 mostly_governed || fail "$1 governs the page cache ($(stat_of work mempol_file) of $(stat_of work file))"
}
uses() { grep -c '^[rmw] ' "$1"; }
# What a trace has of the file: programs that are started are read, too.
reads_of_file() {
	local number
	number=$(sed -n "s/^# file \([0-9]*\): .* inode $(stat -c %i /mnt/data/file)$/\1/p" "$1")
	grep "^r $number " "$1" | cut -d' ' -f3 | sort -n
}
counter() { mempolctl stats work --json | grep -o "\"$1\":[0-9]*" | cut -d: -f2; }

head -c 8M /dev/urandom >/mnt/data/file
cg_new work 32M
govern s3fifo

# What is read once whole is in both traces: each page of the sample once, whoever tells of it.
begin --sample 4 --output /tmp/told
check "the daemon says so" reason_has work "recorded: the kernel tells of accesses to one page in 16"
check "the other program is not attached" eval '! attached record_accessed'
calls=$(counter calls)
accessed=$(counter accessed)
in_cg work cat /mnt/data/file >/dev/null
check "the engine was not called" test "$(counter calls)" = "$calls"
check "the hits were counted as always" test $(($(counter accessed) - accessed)) -ge 2048
check "the recording ends with status 0" end
check "it says who told, and its cost" says "under policy work (s3fifo) at /work" "no other ran a program" "cost: " "detached"
check "nothing is loaded" wait_for 5 none_loaded
check "the daemon has put it back" wait_for 5 not_recorded

rm "$policy_dir/work.mempolicy"
wait_for 30 gone work || fail "the policy is gone"
drop_caches
in_cg work cat /mnt/data/file >/dev/null
mempolctl record --cgroup /work --seconds 600 --sample 4 --output /tmp/hooked 2>/tmp/message &
recorder=$!
wait_for 30 attached record_accessed || fail "without a policy every hit runs the program"
in_cg work cat /mnt/data/file >/dev/null
check "a recording without the policy" end
check "has the same uses" test "$(reads_of_file /tmp/told)" = "$(reads_of_file /tmp/hooked)"
check "as many as one in 16 is" test "$(reads_of_file /tmp/told | wc -l)" -ge 64

govern s3fifo
told="a recording that will be killed" begin --output /tmp/killed
kill -9 "$recorder"
wait "$recorder" 2>/dev/null
check "kill -9 leaves no program" wait_for 5 none_loaded
check "and the daemon puts it back" wait_for 5 not_recorded
check "and there is no file" test ! -e /tmp/killed

told="a recording through a reload" begin --sample 4 --output /tmp/reloaded
policy work fifo
check "the engine is replaced meanwhile" wait_for 30 engine_is work fifo
check "and sampled as the one before" wait_for 30 reason_has work "recorded: the kernel tells"
in_cg work cat /mnt/data/file >/dev/null
check "the recording went on" end
check "by the policy alone" says "under policy work" "no other ran a program"
check "and saw the reads behind it" test "$(uses /tmp/reloaded)" -ge 64

govern s3fifo
told="a recording whose policy will be removed" begin --sample 4 --output /tmp/left
rm "$policy_dir/work.mempolicy"
check "then every hit runs the program" wait_for 30 attached record_accessed
check "and the other one no longer" eval '! attached record_told'
in_cg work cat /mnt/data/file >/dev/null
check "the recording went on" end
check "and says so" says "warning: work (s3fifo) at /work: one of these policies went meanwhile"
check "with the reads behind it" test "$(uses /tmp/left)" -ge 64

govern s3fifo
told="a recording whose daemon will end" begin --sample 4 --output /tmp/stopped
systemctl stop mempolicyd
check "then every hit runs the program, too" wait_for 30 attached record_accessed
check "the recording goes on" end
check "the daemon comes back" systemctl start mempolicyd
wait_for 30 state_is work active || fail "the policy is back"

# Nobody but root may have anything sampled.
groupadd -f mempolicy
cat >/tmp/ask.py <<'P'
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("/run/mempolicyd/io.mempolicy.Manager")
s.sendall(json.dumps({"method": "io.mempolicy.Manager.Sample", "more": sys.argv[1] == "more",
                      "parameters": {"cgroup": sys.argv[2], "shift": int(sys.argv[3])}}).encode() + b"\0")
print(s.recv(65536).rstrip(b"\0").decode())
P
ask() { python3 /tmp/ask.py "$@"; }
has() { local words=$1; shift; "$@" >/tmp/output 2>&1; grep -qF -- "$words" /tmp/output || { cat /tmp/output; return 1; }; }
check "a member of the group may not sample" has PermissionDenied setpriv --reuid 65534 --regid "$(getent group mempolicy | cut -d: -f3)" --clear-groups python3 /tmp/ask.py more /work 4
check "a call that does not stay is refused" has ExpectedMore ask once /work 4
check "so is a sample that cannot be" has InvalidParameter ask more /work 21
check "and a cgroup that is not there" has NoSuchCgroup ask more /nowhere 4
check "none of them has left anything" wait_for 5 not_recorded

complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
