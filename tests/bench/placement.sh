# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The part of tests/bench/run that fills pools of placement: how full they get (the Mosaic paper's table 3), and how many
# pages go to swap and come back, beside the kernel's own reclaim with as much memory (its table 4). A boot has one run of
# each workload of a size, under each policy. Each of those is a line of rows.tsv as soon as it has ended, so that the bench
# goes on where it was stopped; what is compared has been in one boot, so the policies of one workload are run again if not
# all of them had ended.

# Short form: a pool of 128 MiB, three sizes, three runs, swap in compressed memory. MEMPOL_BENCH=full: as the paper, an
# eighth as large, with a disk as well. MEMPOL_BENCH=small: so little that it only shows whether everything works.
mosaic_form=${MEMPOL_BENCH:-short}
mosaic_pool=128
# Per mille that the memory of the workload is larger than the pool.
mosaic_over=(15 80 330)
mosaic_runs=3
mosaic_swaps=(zram:0)
case $mosaic_form in
short) mosaic_name=placement ;;
small)
	mosaic_name=placement-small
	mosaic_pool=8
	mosaic_over=(15 80)
	mosaic_runs=2
	;;
full)
	mosaic_name=placement-full
	mosaic_pool=512
	mosaic_over=(15 77 140 202 265 327 389 452 514 577)
	mosaic_runs=5
	mosaic_swaps=(zram:0 disk:0 disk:3)
	;;
*)
	echo "BENCH=$mosaic_form is no form of this bench: short, which is the default, or full" >&2
	exit 2
	;;
esac
mosaic_out=$out/$mosaic_name
mosaic_rows=$mosaic_out/rows.tsv
mosaic_columns="pool_mib,disk,page_cluster,workload,over,run,policy,limit,outside,pages,fill_in,fill_out,fill_zero_in,fill_zero_out,in,out,zero_in,zero_out,minor,major,seconds,steps,checksum,conflict,used,placed,evicted,ordinary,exempt,gated,paused,failed,busy,looks,boot"

# mosaic_steps WORKLOAD OVER PAGES: searches of the graph, or look-ups by the page. A miss costs an emulated machine most of
# the time, so the more of memory is missing the fewer there are.
mosaic_steps() {
	local workload=$1 over=$2 pages=$3 size=2
	local bfs=(4 2 1) grid=(4 3 1) btree=(4 2 1)
	((over >= 200)) || size=1
	((over >= 50)) || size=0
	case $workload in
	bfs) echo "${bfs[size]}" ;;
	grid) echo $((pages * grid[size])) ;;
	btree) echo $((pages * btree[size])) ;;
	esac
}

# mosaic_key DISK CLUSTER WORKLOAD OVER RUN: how the lines of a run begin
mosaic_key() { printf '%s\t' "$mosaic_pool" "$@"; }

# mosaic_missing DISK CLUSTER OVER RUN WORKLOAD...: which workloads have not all of their four lines. If some of them are
# there, they are taken away.
mosaic_missing() {
	local key workload
	for workload in "${@:5}"; do
		key=$(mosaic_key "$1" "$2" "$workload" "$3" "$4")
		[[ $(grep -c "^$key" "$mosaic_rows") != 4 ]] || continue
		sed -i "/^$key/d" "$mosaic_rows"
		echo "$workload"
	done
}

# mosaic_image WORKLOAD OVER PAGES: made once, renamed when it is whole
mosaic_image() {
	local image=$mosaic_out/image-$1-$2
	[[ ! -e $image ]] || return 0
	"$mosaic_out/$1" make "$mosaic_out/image.new" "$3"
	mv "$mosaic_out/image.new" "$image"
}

# mosaic_boot DISK CLUSTER OVER RUN WORKLOAD...: one boot, with what is missing of it
mosaic_boot() {
	local disk=$1 cluster=$2 over=$3 run=$4 workload missing pages steps wanted todo=() swap=()
	mapfile -t missing < <(mosaic_missing "$@")
	((${#missing[@]})) || return 0
	progress "run $run, $((over / 10)).$((over % 10)) % over the pool, swap on $disk:$cluster: ${missing[*]}"
	pages=$((mosaic_pool * 256 * (1000 + over) / 1000))
	for workload in "${missing[@]}"; do
		mosaic_image "$workload" "$over" "$pages"
		steps=$(mosaic_steps "$workload" "$over" "$pages")
		# What it finds on this machine it has to find in the guest, under each policy.
		wanted=$("$mosaic_out/$workload" run "$mosaic_out/image-$workload-$over" "$steps" "$run" </dev/null |
			sed -nE 's/^done .* checksum=([0-9a-f]+)$/\1/p')
		todo+=("$workload:$steps:$wanted")
	done
	[[ $disk == zram ]] || swap=(--swap "${mosaic_pool}M")
	# Memory for the pool, which may have half of it, and for what is compressed.
	"$top/tests/vm/run" "${swap[@]}" --mem "$((mosaic_pool * 5 > 1024 ? mosaic_pool * 5 : 1024))M" --timeout $((4 * 3600)) \
		--share "$mosaic_out" -- bash /mnt/share/placement-guest.sh "$mosaic_pool" "$disk" "$cluster" "$over" "$run" \
		"${todo[@]}" >&2
	# As many large ones as a full run has would not find room.
	[[ $mosaic_form != full ]] || rm -f "$mosaic_out"/image-*
}

# mosaic_all [WORKLOAD...]: all of them by default, then the tables. First one run of everything, then the next.
mosaic_all() {
	local each over run
	[[ $# -gt 0 ]] || set -- bfs grid btree
	mkdir -p "$mosaic_out"
	touch "$mosaic_rows"
	rm -f "$mosaic_out"/image-*
	cp "$top"/build/tests/bench/placement/{bfs,grid,btree} "$top/tests/bench/placement-guest.sh" "$top/examples/demo/workload.sh" "$mosaic_out/"
	for ((run = 1; run <= mosaic_runs; run++)); do
		for each in "${mosaic_swaps[@]}"; do
			for over in "${mosaic_over[@]}"; do mosaic_boot "${each%:*}" "${each#*:}" "$over" "$run" "$@"; done
		done
	done
	rm -f "$mosaic_out"/image-*
	mosaic_tables
}

mosaic_tables() {
	{ echo "$mosaic_columns" && tr '\t' , <"$mosaic_rows"; } >"$out/$mosaic_name-rows.csv"
	python3 "$top/tests/bench/placement.py" "$mosaic_rows" "$out/$mosaic_name" | tee "$out/$mosaic_name.md"
	chart "$mosaic_name-table4" "Pages to swap and back, of the better Linux's" "per cent" from_zero=1
}
