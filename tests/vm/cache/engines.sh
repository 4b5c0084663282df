# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # cgroot is from lib.sh
#
# Several engines at a time, each held by a loader of its own that is spoken to by name; and what has to
# be true of the kernel's figures whoever governs. Sourced after lib.sh and cgroup.sh inside the guest.

declare -A engine_in=() engine_out=() engine_pid=()
answer=""

# engine_start NAME ENGINE CGROUP: attached, or the loader's complaint in $answer.
engine_start() {
	local name=$1 to from
	rm -f "/tmp/engine.$name".{in,out}
	mkfifo "/tmp/engine.$name".{in,out}
	exec {to}<>"/tmp/engine.$name.in" {from}<>"/tmp/engine.$name.out"
	./loader ./agent.bpf.o "./$2.bpf.o" "$cgroot/$3" <&"$to" >&"$from" 2>&1 &
	engine_pid[$name]=$!
	engine_in[$name]=$to
	engine_out[$name]=$from
	engine_read "$name" 60
	[[ $answer == attached ]] && return
	# One that is only slow would be waited for until somebody tells it to quit.
	kill -9 "${engine_pid[$name]}" 2>/dev/null
	engine_forget "$name"
	return 1
}

engine_read() { # NAME [SECONDS]
	read -r -t $((${2:-20} * slow)) answer <&"${engine_out[$1]}" && return
	answer="no answer from $1"
	return 1
}

# engine_ask NAME COMMAND...: its answer in $answer; engine_value KEY: a number of the last one.
engine_ask() {
	local name=$1
	shift
	echo "$*" >&"${engine_in[$name]}"
	engine_read "$name"
}
engine_value() { sed -E "s/.* $1=([0-9]+).*/\1/" <<<"$answer"; }

# Wait for a loader that has ended, whatever its end.
engine_forget() {
	local to=${engine_in[$1]} from=${engine_out[$1]}
	wait "${engine_pid[$1]}" 2>/dev/null
	exec {to}>&- {from}>&-
	unset "engine_in[$1]" "engine_out[$1]" "engine_pid[$1]"
}

engine_end() {
	echo quit >&"${engine_in[$1]}"
	engine_forget "$1"
}

engine_kill() {
	kill -9 "${engine_pid[$1]}"
	engine_forget "$1"
}

engines_end() {
	local name
	for name in "${!engine_pid[@]}"; do
		engine_end "$name"
	done
}

governed_by_stat() { stat_of "$1" mempol_file; }

# Figures may lag by what the CPUs have not folded in yet, so they are asked until they are true.
lru_figures_agree() {
	echo 1 >/proc/sys/vm/stat_refresh
	awk '{ v[$1] = $2 } END {
		if (v["nr_mempol_file"] < 0 || v["nr_mempol_file"] > v["nr_inactive_file"]) {
			print "nr_mempol_file", v["nr_mempol_file"], "nr_inactive_file", v["nr_inactive_file"]; exit 1
		}
		# A page is in the page cache and on a list, but for what is isolated or in a batch (per CPU 31).
		lru = v["nr_inactive_file"] + v["nr_active_file"] + v["nr_inactive_anon"] + v["nr_active_anon"] + v["nr_unevictable"]
		all = v["nr_file_pages"] + v["nr_anon_pages"]
		if (lru - all > 600 || all - lru > 600) { print "on lists", lru, "in memory", all; exit 1 }
	}' /proc/vmstat
}

# nodes_agree: the nodes' own figures sum up to the machine's.
nodes_agree() {
	local sum=0 value node
	echo 1 >/proc/sys/vm/stat_refresh
	for node in /sys/devices/system/node/node[0-9]*; do
		value=$(awk '$1 == "nr_mempol_file" { print $2 }' "$node/vmstat")
		((value >= 0)) || { echo "$node: $value"; return 1; }
		sum=$((sum + value))
	done
	value=$(vm_of nr_mempol_file)
	((sum == value)) || { echo "nodes $sum, machine $value"; return 1; }
}

# memcg_figures_agree CGROUP: memory.stat of an idle cgroup is consistent in itself.
memcg_figures_agree() {
	awk -v slack=$((1048576)) '{ v[$1] = $2 } END {
		lru = v["inactive_file"] + v["active_file"]
		if (v["mempol_file"] > v["inactive_file"] || lru - v["file"] > slack || v["file"] - v["shmem"] - lru > slack) {
			print "file", v["file"], "inactive", v["inactive_file"], "active", v["active_file"], "mempol", v["mempol_file"]
			exit 1
		}
	}' "$cgroot/$1/memory.stat"
}

oom_kills() { awk '$1 == "oom_kill" { print $2 }' /proc/vmstat; }

# device_of MOUNTPOINT
device_of() { findmnt -no SOURCE "$1"; }
# readahead MOUNTPOINT KIB
readahead() { echo "$2" >"/sys/block/$(basename "$(device_of "$1")")/queue/read_ahead_kb"; }
no_readahead() { readahead "$1" 0; }
