#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Replays a trace under each engine and writes down what was read, and how many pages of the limit were
# cache when it ended. Runs inside the guest, called by tests/vm/test_cache_simulated, which compares.
#
#   simulated.sh RESULTS "READAHEAD..." ENGINE...     READAHEAD in KiB; a line for each of them and each engine:
#                                                     both, page reads, pages governed, pages taken by force

# shellcheck disable=SC2154 # from engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

# replay ENGINE READAHEAD
replay() {
	local line
	cg_new t 24M
	drop_caches
	engine_start e "$1" t || { echo "$1: $answer" >&2; return 1; }
	line=$(in_cg t /tmp/microbenchmark /tmp/trace.cfg)
	engine_ask e info
	printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$(sed -E 's/.* page_reads=([0-9]+).*/\1/' <<<"$line")" \
		"$(engine_value governed_pages)" "$(engine_value forced)" >>"$results"
	note "$1, readahead $2 KiB: $line; $answer"
	engine_end e
	wait_for 5 no_governed
	rmdir "$cgroot/t"
}

results=$1 windows=$2
shift 2
modprobe mempol || exit 1
mglru off
# The programs and the trace are no part of the cache that is measured.
cp microbenchmark trace.cfg trace.txt /tmp/
# The first run makes the file, in the root cgroup.
/tmp/microbenchmark /tmp/trace.cfg >/dev/null
for window in $windows; do
	readahead /mnt/data "$window"
	for engine; do
		replay "$engine" "$window" || exit 1
	done
done
