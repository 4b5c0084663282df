# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # top, out, share are tests/bench/run's
#
# `tests/bench/run refcount:counters`: the experiments ucounting and uquery on counter objects, natively and by BPF
# programs. Sourced by tests/bench/run, whose functions it uses; counting.c does the work in the guest. It judges nothing.

refcount_counters() {
	local name=refcount-counters what
	cp "$top/tests/bench/refcount-counters-guest.sh" "$top/build/tests/bench/counting" "$top/build/tests/bpf/counters.bpf.o" "$share/"
	echo "Counting locked operations by cache line: counter objects with 1 to 16 threads on 16 vCPUs." >&2
	guest "$name.runs" --cpus 16 --timeout 3000 \
		--qemu -plugin --qemu "file=$top/build/tests/bench/lines.so,out=$out/$name.counted" -- refcount-counters-guest.sh
	cp "$share/$name.runs.symbols" "$out/"
	python3 "$top/tests/bench/lines.py" "$out/$name.runs" "$out/$name.counted" >"$out/$name.tsv"
	for what in ucounting uquery; do
		awk -v what=$what '$1 == what' "$out/$name.tsv" | cut -f 2- >"$out/refcount-$what.tsv"
	done
	csv refcount-ucounting how,kind,benchmark,threads,pairs,instructions,least,locked,locked_shared,stores_shared,windows,dropped,where
	csv refcount-uquery how,kind,share,cpus,objects,lines,instructions,least,locked,locked_shared,stores_shared,windows,dropped,where
	python3 "$top/tests/bench/refcount-counters.py" "$out"
}
