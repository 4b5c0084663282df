# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The part of tests/bench/run that simulates page-table walks: the paper's workloads and ours, with what they depend on.
# Every run is a file of its own in build/bench/translation, so that MEMPOL_BENCH_RESUME=1 goes on where another ended.
# MEMPOL_BENCH_SMALL=1 counts few references: whether everything works is then seen in a minute, and nothing else; what it
# makes is called translation-small. MEMPOL_BENCH_MIB=N: the small programs have N MiB each in place of 256.

translation_n=1000000
translation_skip=1000000
translation_mib=${MEMPOL_BENCH_MIB:-256}
translation_name=translation
if [[ -n ${MEMPOL_BENCH_SMALL:-} ]]; then
	translation_n=5000 translation_skip=5000 translation_mib=8
	translation_name=translation-small
fi
translation_out=$out/$translation_name
mkdir -p "$translation_out"

# translation_run NAME ENVIRONMENT WORD...: a report as CSV
translation_run() {
	local name=$1-$2 environment=$2
	shift 2
	[[ -z ${MEMPOL_BENCH_RESUME:-} || ! -s $translation_out/$name.csv ]] || return 0
	progress "$name"
	"$top/build/tests/bench/walked" --report "$environment" --csv "n=$translation_n" "skip=$translation_skip" "$@" \
		>"$translation_out/$name.$$.new"
	mv "$translation_out/$name.$$.new" "$translation_out/$name.csv"
}

# All designs, both sizes of pages, walk caches on and off. The paper's shares of walks: 21, 43 and 48 per cent.
translation_paper() {
	translation_run paper native published=1 walk_share=21
	translation_run paper virt published=1 walk_share=43
	translation_run paper nested published=1 walk_share=48
	translation_table paper
}

# translation_depends NAME ENVIRONMENTS WORD...: DMT with another machine
translation_depends() {
	local name=$1 environment
	local -A designs=([native]=dmt [virt]="vdmt,pvdmt")
	for environment in $2; do
		translation_run "depends-$name" "$environment" caches=on "designs=${designs[$environment]}" "${@:3}"
	done
}

translation_sensitivity() {
	local both="native virt" size
	translation_depends default "$both"
	for size in 256 512 2048; do translation_depends "l2-${size}k" "$both" "l2_kib=$size/16"; done
	for size in 2 8 64; do translation_depends "l3-${size}m" "$both" "l3_kib=$((size * 1024))/16"; done
	for size in 120 300; do translation_depends "memory-$size" "$both" "memory_cycles=$size"; done
	for size in 16 128; do translation_depends "pde-$size" "$both" "pde=$size/4"; done
	for size in 16 32; do translation_depends "pdpte-$size" "$both" "pdpte=$size/4"; done
	translation_depends la57 "$both" levels=5 host_levels=5
	for size in 16 64; do translation_depends "ntlb-$size" virt "nested_tlb=$size/4"; done
	translation_depends combined virt combined=1
	translation_depends host-thp virt host_huge=100
	translation_depends in-order "$both" in_order=1
	translation_depends "footprint-8th" "$both" scale=0.125
	translation_depends "footprint-32nd" "$both" scale=0.03125
	translation_table sensitivity
}

# Who of the differences from the paper explains which part: the plain walk alone, and the published sums over it; then
# all designs without one of the walk caches.
translation_causes() {
	local environment defects scale which
	for environment in native virt nested; do
		for defects in 0 1 2 4 8 16 5 13 29 31; do
			translation_run "causes-defects-$defects" "$environment" caches=on pages=4K designs=radix published=1 "defects=$defects"
		done
		for scale in 0.25 0.125 0.0625; do
			translation_run "causes-footprint-$scale" "$environment" caches=on pages=4K designs=radix published=1 defects=13 "scale=$scale"
		done
		# A guest that got its memory in the order of its addresses: the artifact's guests are booted for one program.
		for scale in 1 0.5 0.25; do
			for defects in 0 13; do
				translation_run "causes-in-order-$defects-$scale" "$environment" caches=on pages=4K designs=radix published=1 \
					"defects=$defects" in_order=1 "scale=$scale"
			done
		done
		translation_run causes-one-way "$environment" caches=on pages=4K designs=radix published=1 defects=13 pml4=2/1
		for which in pml4=0/2 pdpte=0/4 pde=0/4; do
			translation_run "causes-${which%%=*}" "$environment" caches=on designs=dmt,vdmt,pvdmt,npvdmt "$which"
		done
	done
	# The one output that the artifact comes with: GUPS of 16 GiB in a guest.
	for defects in 0 1 2 4 8 5 13 15; do
		translation_run "sample-defects-$defects" virt workloads=gups scale=0.125 pages=4K caches=on designs=2d published=1 "defects=$defects"
	done
	# The one walk of which the paper prints the parts: redis in a guest.
	translation_levels redis-scattered
	translation_levels redis-in-order in_order=1
	translation_levels redis-in-order-half in_order=1 scale=0.5
	[[ -s $translation_out/paper-nested.csv ]] || translation_paper >/dev/null
	translation_table causes
	translation_table peers
	translation_table parts
	translation_table sample
	translation_table found
}

# translation_levels NAME WORD...: where each entry of redis' plain walk in a guest was found, without and with the first
# three defects
translation_levels() {
	local name=$1 defects file
	shift
	for defects in 0 13; do
		file=$translation_out/levels-$name-$defects.csv
		[[ -z ${MEMPOL_BENCH_RESUME:-} || ! -s $file ]] || continue
		progress "$name, defects $defects"
		"$top/build/tests/bench/walked" redis 2d --levels "n=$translation_n" "skip=$translation_skip" "defects=$defects" "$@" \
			>"$file.$$.new"
		mv "$file.$$.new" "$file"
	done
}

translation_names=(gups btree bfs xsbench redis canneal stream)

# The small workloads in a guest: dumps of their page tables, traces, and predict by a trace and by a sample.
translation_guest() {
	local name programs=$top/build/tests/bench/translation
	[[ -z ${MEMPOL_BENCH_RESUME:-} || ! -d $translation_out/guest ]] || return 0
	progress "the small programs in a VM"
	cp "$top/tests/bench/translation-guest.sh" "$share/"
	for name in "${translation_names[@]}"; do cp "$programs/$name" "$programs/$name-recorded" "$share/"; done
	guest "$translation_name-guest.log" --mem 2G --cpus 2 --timeout 3600 -- translation-guest.sh \
		"$translation_mib" $((translation_n + translation_skip)) "${translation_names[@]}"
	rm -rf "$translation_out/guest"
	cp -r "$share/translation" "$translation_out/guest"
}

# What predict says of them by a sample, beside the simulator with the whole trace.
translation_predict() {
	translation_guest
	translation_table predict
}

# The small workloads as programs: what they do is recorded. Their page tables are made up once, as everywhere here, and
# once they are those of the guest, or of MEMPOL_BENCH_DUMPS=DIRECTORY, without a VM: DIRECTORY/NAME is a dump of
# NAME 256 1 --wait, whose memory is at the same address in every run.
translation_programs() {
	local name environment programs=$top/build/tests/bench/translation list=
	local traces=$translation_out/traces dumps=${MEMPOL_BENCH_DUMPS:-$translation_out/guest/dumps}
	[[ -n ${MEMPOL_BENCH_DUMPS:-} ]] || translation_guest
	mkdir -p "$traces"
	for name in "${translation_names[@]}"; do
		list+=${list:+,}binary:$traces/$name
		[[ -z ${MEMPOL_BENCH_RESUME:-} || ! -s $traces/$name ]] || continue
		if [[ -z ${MEMPOL_BENCH_DUMPS:-} ]]; then
			cp "$translation_out/guest/traces/$name" "$traces/"
			continue
		fi
		progress "recording $name, $translation_mib MiB"
		"$programs/$name-recorded" "$translation_mib" 100000000 --trace "$traces/$name.new" $((translation_n + translation_skip)) >&2
		mv "$traces/$name.new" "$traces/$name"
	done
	# Their huge pages would all fit into the second TLB.
	for environment in native virt nested; do
		translation_run programs "$environment" "workloads=$list" caches=on pages=4K
	done
	for name in "${translation_names[@]}"; do
		[[ -s $dumps/$name ]] || continue
		for environment in native virt nested; do
			translation_run "programs-dump-$name" "$environment" "workloads=binary:$traces/$name" caches=on "dump=$dumps/$name"
		done
	done
	translation_table programs
}

translation_table() {
	echo
	python3 "$top/tests/bench/translation.py" "$1" "$translation_out" "$out/$translation_name-$1" | tee "$out/$translation_name-$1.md"
}

translation_pictures() {
	local picture
	for picture in "$out/$translation_name"-{paper,sensitivity}-*.plot; do
		picture=$(basename "$picture" .plot)
		case $picture in
		*-paper-*) chart "$picture" "Walks of pages of ${picture##*-}, gain over the plain walk" "times as fast" from_zero=1 ;;
		*)
			picture=${picture##*-sensitivity-}
			chart "$translation_name-sensitivity-$picture" "DMT by ${picture//-/ }, gain over the plain walk" "times as fast" from_zero=1
			;;
		esac
	done
}

# What Engine=dmt reaches in a VM with a process of 896 page tables, memory as it is and fragmented.
translation_areas() {
	local name=$translation_name-areas header
	header="asked,free frames in no block of 32 (%),page tables,in the 16 longest rows without a policy,in place,by 16 registers,areas"
	header+=",frames that are no table,moved,batches,longest hold (ns; emulated),runs not to be had,seconds in which tables moved"
	progress "page tables in a row, in a VM"
	cp "$top"/tests/vm/lib.sh "$top"/tests/vm/cache/cgroup.sh "$top"/tests/vm/translation/{areas.sh,puppets.sh,fragment.py} "$share/"
	cp "$top"/build/tests/stress/puppet "$top/build/tests/bench/walked" "$share/"
	guest "$name.tsv" --mem 2G --cpus 2 --timeout 1800 -- areas.sh 0 50 90 97
	csv "$name" "$header"
	awk -F'\t' 'BEGIN { print "| free frames in no block of 32 | in the 16 longest rows without a policy | in place | by 16 registers | areas | runs not to be had | seconds in which tables moved |"
		print "|---|---|---|---|---|---|---|" }
		{ printf "| %d %% | %d of %d | %d | %d | %d | %d | %d |\n", $2, $4, $3, $5, $6, $7, $12, $13 }' "$out/$name.tsv" |
		tee "$out/$name.md"
	awk -F'\t' -v OFS='\t' 'BEGIN { print "fragmented", "no policy", "dmt" } { print $2 " %", $4 * 100 / $3, $6 * 100 / $3 }' "$out/$name.tsv" >"$out/$name.plot"
	chart "$name" "Page tables that 16 registers reach" "per cent" from_zero=1
}

translation_all() {
	translation_paper
	translation_sensitivity
	translation_causes
	translation_programs
	[[ -n ${MEMPOL_BENCH_DUMPS:-} ]] || translation_predict
	[[ -n ${MEMPOL_BENCH_DUMPS:-} ]] || translation_areas
	translation_pictures
}
