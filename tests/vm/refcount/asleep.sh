# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 # cgroot is from lib.sh, break for sites.sh
#
# A read that is asleep in the fault of its buffer, and the page that it reads: what the tests of opted-in files share.
# Sourced after lib.sh, cgroup.sh and engines.sh in the guest; does nothing by itself. Pages that are read in are
# charged to the cgroup `pages`, in which nothing else runs, so that a frame that is charged to it is not free.

break=/sys/module/mempol_ref/parameters/break
pages_ino=""
reader_pid="" reader_in="" reader_out="" pfn=""

# A cgroup for pages, and the policy `e` that opts files in.
asleep_begin() {
	modprobe mempol || { fail "modprobe mempol"; finish; }
	cg_new pages max
	cg_new policy max
	pages_ino=$(stat -c %i "$cgroot/pages")
	engine_start e files policy || { fail "the engine attaches: $answer"; finish; }
}

# file_new FILE MIB: with random content, cached and clean
file_new() {
	dd if=/dev/urandom of="$1" bs=1M count="$2" status=none
	sync
	echo 1 >/proc/sys/vm/drop_caches
	in_cg pages dd if="$1" of=/dev/null bs=1M status=none
}

file_in() {
	engine_ask e "file in $1"
	[[ $answer == "file error=0"* ]] || { echo "$answer"; return 1; }
}
file_out() {
	engine_ask e "file out $1"
	[[ $answer == "file error=0"* ]] || { echo "$answer"; return 1; }
}

counter() {
	engine_ask e info
	engine_value "$1"
}

# asleep FILE PAGE [PAGES [CPU]]: sets pfn
asleep() {
	rm -f /tmp/reader.{in,out}
	mkfifo /tmp/reader.{in,out}
	exec {reader_in}<>/tmp/reader.in {reader_out}<>/tmp/reader.out
	./sleeper "$@" <&"$reader_in" >&"$reader_out" 2>&1 &
	reader_pid=$!
	line="no answer"
	read -r -t $((30 * slow)) line <&"$reader_out"
	pfn=${line#asleep pfn=}
	[[ $line == "asleep pfn="* ]] || { note "$line"; return 1; }
}

# woken: what the read came to, in $line
woken() {
	echo wake >&"$reader_in"
	line="no answer"
	read -r -t $((30 * slow)) line <&"$reader_out"
	wait "$reader_pid" 2>/dev/null
	exec {reader_in}>&- {reader_out}>&-
}

# Per-CPU batches of the LRU have references too: they are drained before anybody looks.
held() {
	echo 1 >/proc/sys/vm/drop_caches
	[[ $(./memtool frame "$pfn") == "cgroup=$pages_ino "* ]]
}
not_held() { ! held; }
