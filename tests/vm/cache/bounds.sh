# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # top and kernel are the test's
#
# What the tests of page reads share on the host's side: they run tests/bench/reads.sh in a guest and hold rows of
# its results against bounds. Sourced after `set -euo pipefail`; sets share, a directory that goes with the test.

if [[ $kernel == debug ]]; then
	echo "page reads are measured on the patched kernel, the debug kernel is several times slower"
	exit 77
fi
share=$(mktemp -d)
trap 'rm -rf "$share"' EXIT
cp "$top/examples/demo/workload.sh" "$top/tests/bench/reads.sh" \
	"$top"/build/tests/bench/{search,pin,advise.so,pool,mapped,late,popular} "$share/"
failures=0
number=0

# measure WORKLOAD=POLICY...
measure() {
	"$top/tests/vm/run" --kernel "$kernel" --timeout 1700 --share "$share" -- \
		bash /mnt/share/reads.sh /mnt/share/results.tsv "$@"
}

# figure WORKLOAD POLICY COLUMN: of the results, the median if that ran more than once; reads WORKLOAD POLICY.
figure() {
	awk -F'\t' -v w="$1" -v p="$2" -v c="$3" '$1 == w && $2 == p { print $c }' "$share/results.tsv" |
		sort -n | awk '{ of[NR] = $1 } END { if (NR) print of[int((NR + 1) / 2)] }'
}
reads() { figure "$1" "$2" 3; }

# bound NAME VALUE OP LIMIT
bound() {
	number=$((number + 1))
	local expression="$2 $3 $4"
	if [[ -n $2 && -n $4 ]] && ((expression)); then
		echo "ok $number - $1: $2 $3 $4"
	else
		echo "not ok $number - $1: ${2:-nothing} $3 ${4:-nothing}"
		failures=1
	fi
}

# part_of WORKLOAD POLICY PERCENT: it reads at most so much of what classic LRU reads there.
part_of() {
	local base
	base=$(reads "$1" classic)
	bound "$1, $2 at most $3 % of LRU's ${base:-nothing}" "$(reads "$1" "$2")" '<=' $((${base:-0} * $3 / 100))
}

# simulated NAME WORKLOAD ENGINE TRACE [PAGES]: what mempolctl simulate says of the trace is within 3 % of what was
# read, with a cache as large as there; PAGES of what it says were read before the count began. The median of
# sizes within 1 %, see test_cache_simulated. Without readahead only: the windows of a zram disk are not those of
# most disks.
simulated() {
	local pages said read
	pages=$(figure "$2" "$3" 6)
	read=$(figure "$2" "$3" 5)
	said=$("$top/build/mempolctl" simulate --no-legend --reclaim 32 --engines "$3" \
		--size "$(seq -s, $((${pages:-100} * 4055)) $((${pages:-100} * 8)) $((${pages:-100} * 4137)))" "$4" |
		awk '{ print $5 }' | sort -n | awk '{ of[NR] = $1 } END { print of[int((NR + 1) / 2)] }')
	said=$((said - ${5:-0}))
	bound "$1, $3 with ${pages:-no} pages of cache: within 3 % of the simulator's $said, not below" "$read" '>=' $((said * 97 / 100))
	bound "$1, $3: not above" "$read" '<=' $((said * 103 / 100))
}
trace() { "$top/build/tests/bench/trace" "$@"; }

# done_with_bounds: the test's end.
done_with_bounds() {
	echo "1..$number"
	exit "$failures"
}
