# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # top, out, share are tests/bench/run's
#
# `tests/bench/run refcount:pages`: cached reads and queries of the page cache, of files that are opted in beside others in
# the same boot. Sourced by tests/bench/run, whose functions it uses; refcount-pages-guest.sh does the work in the guest.
# It judges nothing: bounds are in tests/vm/test_refcount_figures.

# Parts: pages (all of these), lines[:CPUS], users[:CPUS], ratio, hit, query[:CPUS].
refcount_cpus=(1 2 4 8 16)

refcount_programs() {
	cp "$top/tests/bench/refcount-pages-guest.sh" "$top"/build/tests/bench/{drb,query,instructions} \
		"$top"/build/tests/bpf/loader "$top"/build/bpf/{agent,files}.bpf.o "$share/"
}

# refcount_counted NAME CPUS ARGUMENT...: the guest's part under the plugin, its figures in build/bench/refcount-NAME.tsv.
refcount_counted() {
	local name=refcount-$1 cpus=$2
	shift 2
	progress "$name, $cpus vCPUs: $*"
	refcount_programs
	# Where there is one CPU, the kernel would patch lock prefixes out.
	guest "$name.runs" --cpus "$cpus" --mem 1536M --timeout 3000 --append noreplace-smp \
		--qemu -plugin --qemu "file=$top/build/tests/bench/lines.so,out=$out/$name.counted" -- \
		refcount-pages-guest.sh "$@"
	cp "$share/$name.runs.symbols" "$out/"
	python3 "$top/tests/bench/lines.py" "$out/$name.runs" "$out/$name.counted" >"$out/$name.new"
	mv "$out/$name.new" "$out/$name.tsv"
}

# refcount_join NAME COLUMNS: of every number of CPUs what there is.
refcount_join() {
	local cpus
	for cpus in "${refcount_cpus[@]}"; do
		[[ ! -e $out/refcount-$1-$cpus.tsv ]] || cat "$out/refcount-$1-$cpus.tsv"
	done >"$out/refcount-$1.tsv"
	csv "refcount-$1" "$2"
}

counted_columns=instructions,least,locked,locked_shared,stores_shared,windows,dropped,where

refcount_lines() {
	local cpus
	echo "Counting locked operations by cache line: cached reads with 1 to 16 vCPUs." >&2
	for cpus in "${@:-${refcount_cpus[@]}}"; do
		refcount_counted "lines-$cpus" "$cpus" lines 1000 {ext4,xfs}:{stock,in}
	done
	refcount_join lines "fs,benchmark,path,cpus,$counted_columns"
	refcount_tables lines
}

refcount_users() {
	local cpus all=(2 16)
	echo "Counting locked operations of cached reads as users have them, with 2 and with 16 vCPUs." >&2
	for cpus in "${@:-${all[@]}}"; do
		refcount_counted "users-$cpus" "$cpus" users 1000 {ext4,xfs}:{stock,in}:{threads,descriptor,mapped,scan,bulk}
	done
	refcount_join users "fs,condition,path,cpus,$counted_columns"
	refcount_tables users
}

refcount_ratio() {
	echo "Timing two readers of a file that is opted in and of one that is not, in turn." >&2
	refcount_programs
	guest refcount-ratio.tsv --timeout 900 -- refcount-pages-guest.sh ratio 50000 9
	csv refcount-ratio round,path,ns
	refcount_tables ratio
}

refcount_hit() {
	local boot
	echo "Counting instructions of a cached read: two boots of each kernel." >&2
	refcount_programs
	for boot in 1 2; do
		progress "hit: boot $boot of either kernel"
		guest "refcount-hit-stock-$boot.tsv" --kernel stock --icount --timeout 900 -- \
			refcount-pages-guest.sh hit stock {hit,bulk}:{classic,mglru}:stock
		guest "refcount-hit-patched-$boot.tsv" --icount --timeout 900 -- \
			refcount-pages-guest.sh hit patched {hit,bulk}:{classic,mglru}:{stock,out,in,off}
	done
	for boot in 1 2; do
		awk -v boot=$boot -v OFS='\t' '{ print boot, $0 }' "$out"/refcount-hit-{stock,patched}-$boot.tsv
	done >"$out/refcount-hit.tsv"
	csv refcount-hit boot,kernel,operation,lru,path,least,median,most
	refcount_tables hit
}

refcount_query() {
	local cpus
	echo "Counting instructions of taking 256 MiB out of the page cache." >&2
	for cpus in "${@:-${refcount_cpus[@]}}"; do
		case $cpus in
		2 | 16) refcount_counted "query-$cpus" "$cpus" query 256 3 0 1 10 25 50 100 ;;
		*) refcount_counted "query-$cpus" "$cpus" query 256 3 0 100 ;;
		esac
	done
	refcount_join query "cpus,operation,state,share,cached,taken,$counted_columns"
	refcount_tables query
}

refcount_pages() {
	local part
	for part in lines users ratio hit query; do "refcount_$part"; done
	refcount_pictures
}

# refcount_tables PART...: of what was measured, and data for drawings.
refcount_tables() { python3 "$top/tests/bench/refcount-pages.py" "$out" "$@"; }

# refcount_pictures: of what there is.
refcount_pictures() {
	refcount_picture ucounting levels=12 \
		scaling "Cached reads of one block, ext4: a model of what was counted" CPUs "million reads a second, modelled" \
		ucounting-bpf "One counter object for all (BPF): a model of what was counted" CPUs "million pairs a second, modelled"
	refcount_picture uquery levels=2 \
		query-share "Taking pages out by what is distributed" "per cent of the pages" "instructions, of those with nothing distributed (PAYGO: seconds)" \
		query-cpus "Taking pages out, everything distributed" CPUs "instructions, of those with nothing distributed"
	refcount_picture uquery-objects levels=2 \
		uquery-bpf "Asking 256 counter objects (BPF)" "per cent that is distributed" "cache lines looked at, an object" \
		uquery-cpus "All of them distributed" CPUs "instructions, an object"
}

# refcount_picture NAME levels=PANELS (DATA TITLE XLABEL YLABEL) twice
refcount_picture() {
	local name=$1 settings="levels='${2#levels=}';" each
	shift 2
	for each in "$1" "$5"; do
		[[ -e $out/refcount-$each.plot ]] || { echo "$0: no refcount-$name.png: refcount-$each.plot is not there yet" >&2; return 0; }
	done
	settings+="data='$out/refcount-$1.plot';heading='$2';abscissa='$3';unit='$4';"
	settings+="data2='$out/refcount-$5.plot';heading2='$6';abscissa2='$7';unit2='$8';"
	gnuplot -e "${settings}picture='$out/refcount-$name.png'" "$top/tests/bench/curves.gp"
	echo
	echo "Drawing: build/bench/refcount-$name.png"
}
