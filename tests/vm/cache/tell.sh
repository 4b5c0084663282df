# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034,SC2086,SC2153 # from lib.sh and cgroup.sh; read by who sources it; words; a coprocess sets it
#
# What the tests of verbs share: an engine with a loader, tellers that go by names, files whose content is known, and
# cgroups t and u that have room for all of these but the largest. Sourced after lib.sh and cgroup.sh inside the guest.

set +u # the coprocess takes its variables with it

modprobe mempol || { fail "modprobe mempol"; finish; }
mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
hints=/sys/fs/bpf/hints
dir=/mnt/data
mib=256 # pages
lru=""
for spec in a=8 b=8 c=48 d=8; do
	dd if=/dev/urandom of="$dir/${spec%=*}" bs=1M count="${spec#*=}" status=none
done
sync
chmod 644 $dir/*
sums=$(cd $dir && sha256sum a b c d)
cg_new t 48M
cg_new u 48M

# start ENGINE CGROUP: a loader as coprocess; ask COMMAND: its answer; value KEY: of info now.
start() {
	drop_caches # what is cached already belongs to whoever read it
	rm -f $hints{,-residency}
	coproc LOADER { exec ./loader ./agent.bpf.o "./$1.bpf.o" "$cgroot/$2" 2>&1; }
	loader_pid=$LOADER_PID
	read -r answer <&"${LOADER[0]}"
	[[ $answer == attached ]] || note "loader: $answer"
	ask "hints $hints"
	[[ $answer == "hints error=0" ]] || note "loader: $answer"
}
ask() {
	echo "$*" >&"${LOADER[1]}"
	read -r answer <&"${LOADER[0]}"
}
value() {
	ask info
	sed -E "s/.* $1=([0-9]+).*/\1/" <<<"$answer"
}
end_loader() {
	echo quit >&"${LOADER[1]}"
	wait "$loader_pid" 2>/dev/null
	wait_for 60 no_governed || note "pages are governed still"
}
stat_is() { [[ $(stat_of t "$1") == "$2" ]]; }
value_is() { [[ $(value "$1") == "$2" ]]; }
# On one node: each has lists of its own, and pressure is shared between the nodes.
read_in() { in_cg "$1" ./memtool on-node 0 dd if="$dir/$2" of=/dev/null bs=1M status=none "${@:3}"; }

# A teller goes by a name: teller NAME CGROUP starts it, say NAME COMMAND has its answer in $said.
declare -A in_of=() out_of=() pid_of=()
teller() {
	local i o
	rm -f "/tmp/$1.in" "/tmp/$1.out"
	mkfifo "/tmp/$1.in" "/tmp/$1.out"
	# Not by in_cg, whose process would be another than the teller's.
	# shellcheck disable=SC2016 # expanded by the inner shell
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroot/$2" ./teller $hints \
		<"/tmp/$1.in" >"/tmp/$1.out" 2>&1 &
	pid_of[$1]=$!
	exec {i}>"/tmp/$1.in" {o}<"/tmp/$1.out"
	in_of[$1]=$i
	out_of[$1]=$o
}
say() {
	echo "${*:2}" >&"${in_of[$1]}"
	said=""
	read -r -t 300 said <&"${out_of[$1]}" || note "$1 does not answer"
}
end_teller() {
	local fd
	echo quit >&"${in_of[$1]}"
	wait "${pid_of[$1]}" 2>/dev/null
	fd=${in_of[$1]}
	exec {fd}>&-
	fd=${out_of[$1]}
	exec {fd}<&-
}
got() { sed -nE "s/(.* )?$1=(-?[0-9]+).*/\2/p" <<<"$said"; }
# is NAME KEY=VALUE...: the answer of a teller says so.
is() {
	local what=$1 pair
	shift
	for pair; do
		if [[ $(got "${pair%=*}") != "${pair#*=}" ]]; then
			fail "$what ($pair wanted: $said)"
			return
		fi
	done
	ok "$what"
}
# told NAME COMMAND WHAT KEY=VALUE...: what a teller is answered.
told() {
	say "$1" "$2"
	is "${lru:+$lru: }$3" "${@:4}"
}
cached() {
	say "$1" "cached $dir/$2"
	got cached
}
right() { [[ $(cd $dir && sha256sum a b c d) == "$sums" ]]; }
no_oom() { [[ $(awk '$1 == "oom_kill" { print $2 }' "$cgroot/$1/memory.events") == 0 ]]; }


# At the end of a script.
tell_end() {
	check "content is right" right
	complaints=$(kernel_complaints)
	check "the kernel has no complaints" test -z "$complaints"
	[[ -z $complaints ]] || note "$complaints"
	finish
}
