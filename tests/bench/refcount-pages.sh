# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # top, out, share are tests/bench/run's
#
# `tests/bench/run refcount:pages`: cached reads and queries of the page cache, of files that are opted in beside others in
# the same boot. Sourced by tests/bench/run, whose functions it uses; refcount-pages-guest.sh does the work in the guest.
# It judges nothing: bounds are in tests/vm/test_refcount_figures.

# Parts: pages (all of these), cached[:CPUS], ratio, hit, pictures.
refcount_cpus=(2 16)

refcount_programs() {
	cp "$top/tests/bench/refcount-pages-guest.sh" "$top"/build/tests/bench/{drb,query,instructions} \
		"$top"/build/tests/bpf/loader "$top"/build/bpf/{agent,files}.bpf.o "$share/"
}

# refcount_cached [CPUS...]: reads and queries under the plugin. Reads are of 1 to 16 of 16 vCPUs, in one boot.
refcount_cached() {
	local cpus name part reads
	echo "Counting locked operations of cached reads by cache line, and what it takes to take pages out: 2 and 16 vCPUs." >&2
	refcount_programs
	for cpus in "${@:-${refcount_cpus[@]}}"; do
		name=refcount-cached-$cpus
		progress "cached reads and queries, $cpus vCPUs"
		reads=()
		[[ $cpus != 16 ]] || reads=(-- lines 500 {ext4,xfs}:{stock,in} -- users 200 {ext4,xfs}:{stock,in})
		guest "$name.runs" --cpus "$cpus" --mem 1536M --timeout 3000 \
			--qemu -plugin --qemu "file=$top/build/tests/bench/lines.so,out=$out/$name.counted" -- \
			refcount-pages-guest.sh together "${reads[@]}" -- query 32 2 0 1 10 25 50 100
		cp "$share/$name.runs.symbols" "$out/"
		python3 "$top/tests/bench/lines.py" "$out/$name.runs" "$out/$name.counted" >"$out/$name.new"
		mv "$out/$name.new" "$out/$name.tsv"
	done
	for part in lines users query; do
		for cpus in "${refcount_cpus[@]}"; do
			[[ ! -s $out/refcount-cached-$cpus.tsv || ($part != query && $cpus != 16) ]] || awk -v part=$part '$1 == part' "$out/refcount-cached-$cpus.tsv"
		done | cut -f 2- >"$out/refcount-$part.tsv"
	done
	csv refcount-lines "fs,benchmark,path,cpus,$counted_columns"
	csv refcount-users "fs,condition,path,cpus,$counted_columns"
	csv refcount-query "cpus,operation,state,share,cached,taken,$counted_columns"
	refcount_tables lines users query
}

counted_columns=instructions,least,locked,locked_shared,stores_shared,windows,dropped,where

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

refcount_pages() {
	local part
	for part in cached ratio hit; do "refcount_$part"; done
	refcount_pictures
}

# refcount_tables PART...: of what was measured, and data for drawings.
refcount_tables() { python3 "$top/tests/bench/refcount-pages.py" "$out" "$@"; }

# refcount_pictures: of what there is.
refcount_pictures() {
	refcount_picture ucounting levels=12 \
		scaling "Cached reads of one block, ext4: a model of what was counted" CPUs "million reads a second, modelled" \
		ucounting-bpf "One counter object for all (BPF): a model of what was counted" CPUs "million pairs a second, modelled"
	refcount_picture uquery levels= \
		query "Taking pages out of the page cache" "per cent of the pages that is distributed" "times as many instructions (PAYGO: seconds) as with none" \
		uquery-instructions "Asking 256 counter objects (BPF)" "per cent of the objects that is distributed" "instructions, an object"
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
