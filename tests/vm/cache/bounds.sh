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

# figure WORKLOAD POLICY COLUMN: of the results; reads WORKLOAD POLICY.
figure() { awk -F'\t' -v w="$1" -v p="$2" -v c="$3" '$1 == w && $2 == p { print $c }' "$share/results.tsv"; }
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

# done_with_bounds: the test's end.
done_with_bounds() {
	echo "1..$number"
	exit "$failures"
}
