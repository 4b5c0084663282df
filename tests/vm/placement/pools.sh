# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # from lib.sh and engines.sh
#
# What the tests of placement share: a pool for a cgroup, who fills memory in it, and what has to be true of a pool
# whenever nothing runs. Sourced after engines.sh inside the guest.

engine_object=placer

# pool_start NAME CGROUP MIB [MEMBER=NUMBER...]: governed, with a pool that is complete.
pool_start() {
	local name=$1 cg=$2 pages=$(($3 * 256))
	shift 3
	LOADER_SET="pool_pages=$pages $*" engine_start "$name" "$engine_object" "$cg" || return
	pool_name=$name
	pool_want=$pages
	wait_for 20 pool_is_ready
}
pool_is_ready() {
	engine_ask "$pool_name" pool
	[[ $answer == *" ready=1 "* ]] && [[ $(engine_value pages) == "$pool_want" ]]
}

# counter NAME COUNTER
counter() {
	engine_ask "$1" info
	engine_value "$2"
}

# Nothing runs: no frame is in use, and none is lost.
pool_is_whole() {
	local pages
	# Pages that were put back wait in batches of the CPUs.
	echo 1 >/proc/sys/vm/compact_memory
	engine_ask "$pool_name" info
	pages=$(engine_value pool_pages)
	[[ $(engine_value used_pages) == 0 && $(($(engine_value free_pages) + $(engine_value lost_pages))) == "$pages" ]]
}
# Whether or not something runs, which nothing may do meanwhile: what is free, used and lost is all.
pool_adds_up() {
	engine_ask "$1" info
	local pages used free lost
	pages=$(engine_value pool_pages) used=$(engine_value used_pages)
	free=$(engine_value free_pages) lost=$(engine_value lost_pages)
	((pages == used + free + lost)) || { echo "pool $pages, used $used, free $free, lost $lost"; return 1; }
}
# frame_by_frame NAME: the calls say of each frame what the counters say of all.
frame_by_frame() {
	local used free
	engine_ask "$1" info
	used=$(engine_value used_pages) free=$(engine_value free_pages)
	engine_ask "$1" frames
	[[ $answer == "frames error=0 "* && $(engine_value free) == "$free" && $(engine_value lying) == 0 ]] &&
		[[ $(($(engine_value used) + $(engine_value held) + $(engine_value busy))) == "$used" ]] && return
	echo "used $used free $free: $answer"
	return 1
}

# keep NAME CGROUP MIB: a process that fills memory and checks it when it is asked to.
declare -A keep_in=() keep_out=() keep_pid=()
keep() {
	local name=$1 to from line
	rm -f "/tmp/keep.$name".{in,out}
	mkfifo "/tmp/keep.$name".{in,out}
	exec {to}<>"/tmp/keep.$name.in" {from}<>"/tmp/keep.$name.out"
	(
		echo "$BASHPID" >"$cgroot/$2/cgroup.procs"
		exec ./placed keep "$3"
	) <&"$to" >&"$from" 2>/tmp/keep.err &
	keep_pid[$name]=$!
	keep_in[$name]=$to
	keep_out[$name]=$from
	read -r -t $((60 * slow)) line <&"$from" && [[ $line == kept ]]
}
# keep_ask NAME check|drop|fill: is all as it was put there?
keep_ask() {
	local line
	echo "$2" >&"${keep_in[$1]}"
	read -r -t $((60 * slow)) line <&"${keep_out[$1]}"
	[[ $line == "checked wrong=0" ]] && return
	echo "$line"
	cat /tmp/keep.err
	return 1
}
keep_end() {
	local to=${keep_in[$1]} from=${keep_out[$1]}
	kill -9 "${keep_pid[$1]}"
	wait "${keep_pid[$1]}" 2>/dev/null
	exec {to}>&- {from}>&-
	unset "keep_in[$1]" "keep_out[$1]" "keep_pid[$1]"
}

mem_free() { awk '/^MemFree/ { print int($2 / 4) }' /proc/meminfo; }
no_complaints() {
	local complaints
	complaints=$(kernel_complaints)
	[[ -z $complaints ]] && return
	echo "$complaints" | head -20
	dmesg | grep -A30 -E 'BUG:|WARNING:' | head -60
	return 1
}
