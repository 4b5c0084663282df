# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034 # slow is from lib.sh; others read what is set
#
# Processes whose memory does what it is told (tests/stress/puppet.c), and what the kernel says of their page tables.
# Sourced after lib.sh, cgroup.sh and engines.sh inside the guest.

puppet_pid="" puppet_in="" puppet_out="" said=""

# puppet CGROUP: on puppet_node, if that is set
puppet() {
	local -a on=()
	rm -f /tmp/puppet.{in,out}
	mkfifo /tmp/puppet.{in,out}
	exec {puppet_in}<>/tmp/puppet.in {puppet_out}<>/tmp/puppet.out
	[[ -z ${puppet_node:-} ]] || on=(./memtool on-node "$puppet_node")
	in_cg "$1" "${on[@]}" ./puppet <&"$puppet_in" >&"$puppet_out" 2>&1 &
	puppet_job=$!
	said="no answer"
	read -r -t $((30 * slow)) said <&"$puppet_out"
	puppet_pid=${said#pid }
}
puppet_end() {
	kill -9 "$puppet_pid"
	wait "$puppet_job" 2>/dev/null
	exec {puppet_in}>&- {puppet_out}>&-
}
# tell COMMAND...: has it done that?
tell() {
	echo "$*" >&"$puppet_in"
	said="no answer"
	read -r -t $((60 * slow)) said <&"$puppet_out"
	[[ $said == ok || $said == "ok "* ]] || { note "$*: $said"; return 1; }
}

# tea OP START WINDOWS [NODE]: by the policy's engine `e`; its figures by `engine_value`.
tea() {
	engine_ask e "tea $1 $puppet_pid $2 $3 ${*:4}"
	[[ $answer == "tea error=0 "* ]]
}
tea_is() { # ERROR OP START WINDOWS...
	local error=$1
	shift
	tea "$@"
	[[ $answer == "tea error=$error "* ]] || { note "$*: $answer"; return 1; }
}
tea_does() { # NUMBER OP START WINDOWS...
	local number=$1
	shift
	if tea "$@" && [[ $(engine_value "done") == "$number" ]]; then return 0; fi
	note "$*: $answer"
	return 1
}
teas() {
	engine_ask e "teas $puppet_pid"
	engine_value "$1"
}
teas_are() { # KEY NUMBER
	[[ $(teas "$1") == "$2" ]]
}
counter() {
	engine_ask e info
	engine_value "$1"
}
counter_is() { [[ $(counter "$1") == "$2" ]]; }

# Every table that the walk of the process finds is where its TEA says, or is not the TEA's at all. The engine counts
# slots that are neither idle nor in place: in flight, for a moment.
none_in_flight() {
	engine_ask e "teas $puppet_pid"
	[[ $(($(engine_value placed) + $(engine_value idle))) == "$(engine_value frames)" ]]
}
table_pages() { awk '$1 == "nr_page_table_pages" { print $2 }' /proc/vmstat; }
cg_tables() { awk '$1 == "pagetables" { print $2 }' "$cgroot/$1/memory.stat"; }
