#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Replays a trace under each engine and writes down what was read, and how many pages of the limit were
# cache when it ended. Runs inside the guest, called by tests/vm/test_cache_simulated, which compares.
#
#   simulated.sh RESULTS ENGINE...     a line each: engine, page reads, pages governed, pages taken by force

# shellcheck disable=SC2154 # from engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

results=$1
shift
modprobe mempol || exit 1
mglru off
no_readahead /mnt/data
# The programs and the trace are no part of the cache that is measured.
cp microbenchmark trace.cfg trace.txt /tmp/
for engine; do
	cg_new t 24M
	# The first run makes the file, in the root cgroup.
	[[ -e /mnt/data/trace ]] || /tmp/microbenchmark /tmp/trace.cfg >/dev/null
	drop_caches
	engine_start e "$engine" t || { echo "$engine: $answer" >&2; exit 1; }
	line=$(in_cg t /tmp/microbenchmark /tmp/trace.cfg)
	engine_ask e info
	printf '%s\t%s\t%s\t%s\n' "$engine" "$(sed -E 's/.* page_reads=([0-9]+).*/\1/' <<<"$line")" \
		"$(engine_value governed_pages)" "$(engine_value forced)" >>"$results"
	note "$engine: $line; $answer"
	engine_end e
	wait_for 5 no_governed
	rmdir "$cgroot/t"
done
