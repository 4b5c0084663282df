# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # top, out, share are tests/bench/run's
#
# `tests/bench/run refcount:counters`: the experiments ucounting and uquery on counter objects, natively and by BPF
# programs. Sourced by tests/bench/run, whose functions it uses; counting.c does the work in the guest. It judges nothing.

refcount_counters() {
	local cpus name
	cp "$top/tests/bench/refcount-counters-guest.sh" "$top/build/tests/bench/counting" "$top/build/tests/bpf/counters.bpf.o" "$share/"
	echo "Counting locked operations by cache line: counter objects with 1 to 16 vCPUs." >&2
	for cpus in 1 2 4 8 16; do
		name=refcount-counters-$cpus
		# Where there is one CPU, the kernel would patch lock prefixes out.
		guest "$name.runs" --cpus "$cpus" --timeout 3000 --append noreplace-smp \
			--qemu -plugin --qemu "file=$top/build/tests/bench/lines.so,out=$out/$name.counted" -- refcount-counters-guest.sh
		cp "$share/$name.runs.symbols" "$out/"
		python3 "$top/tests/bench/lines.py" "$out/$name.runs" "$out/$name.counted" >"$out/$name.tsv"
	done
	cat "$out"/refcount-counters-{1,2,4,8,16}.tsv >"$out/refcount-counters.tsv"
	python3 "$top/tests/bench/refcount-counters.py" "$out"
	for what in native bpf; do
		refcount_curve "ucounting-$what" "One counter for all ($what): a model of what was counted" "threads, one a CPU" "million pairs a second, modelled"
		refcount_curve "uquery-$what" "Asking 256 counters ($what), each counted on 16 CPUs before" "per cent of the objects that are distributed" "cache lines looked at, an object"
	done
	refcount_curve uquery-cpus "Asking 256 counters (BPF), all distributed" "CPUs that have counted them" "instructions an object"
}

# refcount_curve NAME TITLE XLABEL YLABEL: a curve a column after the first.
refcount_curve() {
	gnuplot -e "data='$out/refcount-$1.plot'; picture='$out/refcount-$1.png'; heading='$2'; abscissa='$3'; unit='$4'" "$top/tests/bench/curves.gp"
	echo
	echo "Drawing: build/bench/refcount-$1.png"
}
