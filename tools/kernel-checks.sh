# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # from tools/kernel
#
# What is checked about the patch series and the module; a part of tools/kernel.

touched_c() {
	local -a list
	mapfile -t list < <(patch_files)
	touched_by "${list[@]}" | grep '\.c$' || :
}

# Warnings of the unpatched file are the kernel's; ours are those it did not have.
sparse_of() {
	local flavour=$1 src out file
	shift
	src=$(src_of "$flavour")
	out=$(out_of "$flavour")
	for file in "$@"; do
		[[ -f $src/$file ]] || continue
		kmake -s -C "$src" O="$out" C=2 CHECK="sparse -Wno-decl" "${file%.c}.o" 2>&1 >/dev/null
	done | sed -E -e "s@(\.\./src|$src)/@@g" -e 's/:[0-9]+:[0-9]+:/:/g' | grep -E '(warning|error):' | sort -u || :
}

# As far as it takes to look at single files: a whole build takes minutes, and may never be asked for.
prepare_stock() {
	local src out
	src=$(src_of stock)
	out=$(out_of stock)
	lock stock
	[[ $(cat "$out/.mempol-hash" 2>/dev/null) != "$(hash_of stock)" ]] || return 0
	sync_flavour stock
	configure stock "$src" "$out"
	rm -f "$out/.mempol-hash"
	kmake_progress "kernel stock, prepared" "" "$out/mempol-build.log" -C "$src" O="$out" prepare
}

sparse() {
	local mod new
	local -a files
	mapfile -t files < <(touched_c)
	lock patched
	builddir patched >/dev/null
	new=$(
		if ((${#files[@]})); then
			prepare_stock
			comm -13 <(sparse_of stock "${files[@]}") <(sparse_of patched "${files[@]}")
		fi
		if [[ -f $top/kfuncs/Kbuild ]]; then
			mod=$(module_builddir patched)
			# kfuncs have no declaration by design: only BPF calls them.
			kmake -s -C "$(out_of patched)" M="$mod/kfuncs" C=2 CHECK=sparse modules 2>&1 >/dev/null |
				sed "s@$mod/@@g" | grep -vE "symbol 'bpf_mempol_[a-z_]+' was not declared" || :
		fi
	)
	[[ -z $new ]] || { printf '%s\n' "$new"; die "sparse has something to say"; }
	say "sparse: silent over ${#files[@]} touched files and the module"
}

checkpatch() {
	local src bad=0 file
	local -a list sources=()
	src=$(src_of stock)
	[[ -d $src ]] || unpack_pristine
	# Its licence check needs a Python module that the root lacks; tools/check does that one.
	export GIT_DIR=/nonexistent
	mapfile -t list < <({ list_of series; list_of next; } | sed "s@^@$patches/@")
	mapfile -t sources < <(find "$top/kfuncs" -name '*.[ch]' ! -name '*.mod.c' 2>/dev/null | sort)
	# Page flags have names made by macros, which it takes for CamelCase of our own.
	local -a run=(perl "$src/scripts/checkpatch.pl" --strict --root="$src" --no-summary --quiet --ignore "FILE_PATH_CHANGES,CAMELCASE")
	for file in "${list[@]}"; do
		"${run[@]}" "$file" || bad=1
	done
	# The module's tables are macros: a row X(...) is no expression, and need not use all columns.
	run+=(--ignore "COMPLEX_MACRO,MACRO_ARG_REUSE,MACRO_ARG_UNUSED,TRAILING_SEMICOLON,FILE_PATH_CHANGES,CAMELCASE")
	for file in "${sources[@]}"; do
		"${run[@]}" --file "$file" || bad=1
	done
	((bad == 0)) || die "checkpatch has something to say"
	say "checkpatch: silent over ${#list[@]} patches and ${#sources[@]} files of the module"
}

# Every prefix must build: who bisects the series meets each of them. The directories that the series
# touches are built, in a tree of their own, so that the patched build keeps its objects.
check_series() { # FIRST
	[[ $1 =~ ^[1-9][0-9]*$ ]] || die "$1: not the number of a patch of the series"
	local n src=$base/series/src out=$base/series/build name
	local -a list dirs
	mapfile -t list < <(patch_files)
	mapfile -t dirs < <({ echo mm/; touched_by "${list[@]}" | sed -n 's@[^/]*\.c$@@p'; } | sort -u)
	lock series
	rm -f "$out/.mempol-hash"
	for ((n = $1; n <= ${#list[@]}; n++)); do
		name=$(basename "${list[n - 1]}")
		sync_tree "$src" "${list[@]:0:n}"
		configure patched "$src" "$out" lenient
		kmake_progress "prefix $n of ${#list[@]}, ${dirs[*]}" "" "$out/mempol-build.log" \
			-C "$src" O="$out" "${dirs[@]}"
		echo "ok $n - $name builds on its predecessors"
	done
	echo "$((${#list[@]} - $1 + 1)) prefixes built"
}

# What is alike in all of them is compiled first, as the patched build has it: most of that is in ccache. What an
# option changes is compiled after it. tests/vm/without boots them.
build_without() {
	local src=$base/series/src out=$base/series/build name bad=0
	local -a list
	mapfile -t list < <(variants)
	lock series
	for name in "${list[@]}"; do
		[[ -d $(result_of "$name" "$(hash_of "$name")") ]] || bad=1
	done
	if ((bad)); then
		rm -f "$out/.mempol-hash"
		mapfile -t list < <(patch_files)
		sync_tree "$src" "${list[@]}"
		configure patched "$src" "$out"
		kmake_progress "the series" "$expected_objects" "$out/mempol-build.log" -C "$src" O="$out" vmlinux_o
		mapfile -t list < <(variants)
	fi
	for name in "${list[@]}"; do
		build "$name" >/dev/null
		module "$name" >/dev/null
		echo "$name"
	done
}

stat_series() {
	local -a list
	mapfile -t list < <(patch_files)
	if ((${#list[@]} == 0)); then
		echo "kernel-patches: 0 changed lines in 0 existing files"
		return
	fi
	awk '
		FNR == 1 { body = 0; created = 0 }
		/^--- / && !inhunk { created = ($2 == "/dev/null") ; next }
		/^\+\+\+ / && !inhunk { file = $2; sub(/^b\//, "", file); if (created) fresh[file] = 1; next }
		/^@@ / {
			split($2, o, ","); split($3, m, ",")
			left = (o[2] == "" ? 1 : o[2]); right = (m[2] == "" ? 1 : m[2])
			inhunk = 1; next
		}
		inhunk {
			c = substr($0, 1, 1)
			if (c == "+") right--
			else if (c == "-") left--
			else if (c == " " || c == "") { left--; right-- }
			if (c == "+" || c == "-") {
				if (file in fresh) newlines++
				else { changed++; files[file] = 1 }
			}
			if (left <= 0 && right <= 0) inhunk = 0
		}
		END {
			for (f in files) n++
			for (f in fresh) k++
			printf "kernel-patches: %d changed lines in %d existing files", changed, n
			if (k) printf " (and %d lines in %d new files)", newlines, k
			printf "\n"
		}' "${list[@]}"
}

# The options of mm, block, BPF and cgroups. The last have no Kconfig of their own.
options_of_interest() {
	local src=$1
	{
		find "$src/mm" "$src/block" "$src/kernel/bpf" -name 'Kconfig*' -exec cat {} +
		sed -n '/^menuconfig CGROUPS/,/^endif # CGROUPS/p' "$src/init/Kconfig"
	} | sed -n -E 's/^[[:space:]]*(menu)?config ([A-Z0-9_]+)$/CONFIG_\2/p' | sort -u
}

# value_of CONFIG-FILE: NAME VALUE, sorted; what is not set is n.
values_of() {
	sed -n -E -e 's/^(CONFIG_[A-Z0-9_]+)=(.*)$/\1 \2/p' -e 's/^# (CONFIG_[A-Z0-9_]+) is not set$/\1 n/p' "$1" | sort
}

# Prints OPTION DEBIAN OURS for each that differs, and fails when the document lacks one, names one that does
# not differ any more, or has another value.
configdiff() {
	local doc=$top/docs/kernel-config.md want=/usr/src/linux-config-$version/config.amd64_none_amd64.xz out diff
	[[ -f $want ]] || die "$want is missing (package linux-config-$version)"
	lock patched
	sync_flavour patched
	out=$(out_of patched)
	configure patched "$(src_of patched)" "$out"
	diff=$(join -a 1 -e n -o 0,1.2,2.2 \
		<(join -a 1 -e n -o 0,2.2 <(options_of_interest "$(src_of stock)") <(xz -dc "$want" | values_of /dev/stdin)) \
		<(values_of "$out/.config") | awk '$2 != $3')
	printf '%s\n' "$diff"
	# shellcheck disable=SC2016 # backticks of the document
	diff <(printf '%s\n' "$diff") \
		<(sed -n -E 's/^\| `(CONFIG_[A-Z0-9_]+)` \| `([^`]*)` \| `([^`]*)` \|.*/\1 \2 \3/p' "$doc" | sort) >&2 ||
		die "docs/kernel-config.md does not say what is so (< is, > is said)"
}
