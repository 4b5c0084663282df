# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # top, out, share are tests/bench/run's
#
# `tests/bench/run refcount:pages`: cached reads and queries of the page cache, of files that are opted in beside others in
# the same boot. Sourced by tests/bench/run, whose functions it uses; refcount-pages-guest.sh does the work in the guest.
# It judges nothing: bounds are in tests/vm/test_refcount_figures.

# counted NAME CPUS ARGUMENT...: the guest's part under the plugin, its figures in build/bench/refcount-NAME.tsv.
refcount_counted() {
	local name=refcount-$1 cpus=$2
	shift 2
	# Where there is one CPU, the kernel would patch lock prefixes out.
	guest "$name.runs" --cpus "$cpus" --mem 1536M --timeout 3000 --append noreplace-smp \
		--qemu -plugin --qemu "file=$top/build/tests/bench/lines.so,out=$out/$name.counted" -- \
		refcount-pages-guest.sh "$@"
	cp "$share/$name.runs.symbols" "$out/"
	python3 "$top/tests/bench/lines.py" "$out/$name.runs" "$out/$name.counted" >"$out/$name.tsv"
}

refcount_pages() {
	local cpus boot
	cp "$top/tests/bench/refcount-pages-guest.sh" "$top"/build/tests/bench/{drb,query} "$top/build/bpf/files.bpf.o" "$share/"
	echo "Counting locked operations by cache line: cached reads with 1 to 16 vCPUs." >&2
	for cpus in 1 2 4 8 16; do
		refcount_counted "pages-$cpus" "$cpus" lines 2000 {ext4,xfs}:{stock,in}
	done
	cat "$out"/refcount-pages-{1,2,4,8,16}.tsv >"$out/refcount-pages.tsv"
	csv refcount-pages fs,benchmark,path,cpus,instructions,least,locked,locked_shared,stores_shared,windows,dropped,where
	echo "Timing two readers of a file that is opted in and of one that is not, in turn." >&2
	guest refcount-ratio.tsv --timeout 900 -- refcount-pages-guest.sh ratio 50000 9
	csv refcount-ratio round,path,ns
	echo "Counting instructions of a cached read: two boots of each kernel." >&2
	for boot in 1 2; do
		guest "refcount-hit-stock-$boot.tsv" --kernel stock --icount --timeout 900 -- \
			refcount-pages-guest.sh hit stock {hit,bulk}:{classic,mglru}:stock
		guest "refcount-hit-patched-$boot.tsv" --icount --timeout 900 -- \
			refcount-pages-guest.sh hit patched {hit,bulk}:{classic,mglru}:{stock,out,in,off}
		awk -v boot=$boot -v OFS='\t' '{ print boot, $0 }' "$out"/refcount-hit-{stock,patched}-$boot.tsv
	done >"$out/refcount-hit.tsv"
	csv refcount-hit boot,kernel,operation,lru,path,least,median,most
	echo "Counting instructions of taking 256 MiB out of the page cache, with 2 and with 16 vCPUs." >&2
	for cpus in 2 16; do
		refcount_counted "query-$cpus" "$cpus" query 256 3 0 10 25 50 100
	done
	cat "$out"/refcount-query-{2,16}.tsv >"$out/refcount-query.tsv"
	csv refcount-query cpus,operation,state,share,cached,taken,instructions,least,locked,locked_shared,stores_shared,windows,dropped,where
	python3 "$top/tests/bench/refcount-pages.py" "$out"
	chart refcount-pages "Locked operations on shared cache lines, counted" "a cached read of 4 KiB"
	refcount_curves refcount-scaling "Cached reads of one block: a model of what was counted" "CPUs" "million reads a second, modelled"
	refcount_curves refcount-query "Taking 256 MiB out of the page cache" "per cent of the pages in files that are opted in" "instructions a page"
}

# curves DATA TITLE XLABEL YLABEL: a curve a column after the first.
refcount_curves() {
	gnuplot -e "data='$out/$1.plot'; picture='$out/$1.png'; heading='$2'; abscissa='$3'; unit='$4'" "$top/tests/bench/curves.gp"
	echo
	echo "Drawing: build/bench/$1.png"
}
