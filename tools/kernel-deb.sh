# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # from tools/kernel
#
# Debian packages of a kernel with the series, by the kernel's own bindeb-pkg; a part of tools/kernel. The tree and what
# was compiled stay in the cache, a directory for each configuration: a build that was stopped goes on where it was.
# Builds of several configurations run beside each other. Locks are taken in this order: the configuration's, the tree's,
# the one for packing.

deb_out=$top/build/deb

# deb_config WHICH FILE: the configuration to begin with, in FILE
deb_config() {
	local file
	case ${1:-} in
	--debian)
		file=/usr/src/linux-config-$version/config.amd64_none_amd64.xz
		[[ -f $file ]] || die "$file is missing: apt install linux-config-$version"
		xz -dc "$file" >"$2"
		;;
	--running)
		file=/boot/config-$(uname -r)
		# In the build root /boot is not the machine's; the kernel may tell it by itself.
		if [[ -r /proc/config.gz ]]; then
			zcat /proc/config.gz >"$2"
		elif [[ -r $file ]]; then
			cp "$file" "$2"
		else
			die "the running kernel does not say how it was configured: pass its file, --config $file"
		fi
		;;
	esac
}

# Kernels of distributions are signed by keys that only they have.
deb_configure() {
	local src=$1 out=$2 from=$3 stamp
	local -a frags=("$patches/mempol-hooks.config")
	! is_next || frags+=("$patches/next.config")
	stamp=$(cat "$from" "${frags[@]}" | sha256sum)
	[[ $(cat "$out/.mempol-config" 2>/dev/null) != "$stamp" || ! -f $out/.config ]] || return 0
	say "configuring"
	{
		cp "$from" "$out/.config"
		(cd "$out" && "$src/scripts/kconfig/merge_config.sh" -m -O "$out" "$out/.config" "${frags[@]}")
		"$src/scripts/config" --file "$out/.config" --disable LOCALVERSION_AUTO --enable DEBUG_INFO_BTF --enable BPF_SYSCALL \
			--set-str SYSTEM_TRUSTED_KEYS '' --set-str SYSTEM_REVOCATION_KEYS ''
		# In a file of its own, so that the configuration is as it was.
		echo -mempol >"$out/localversion"
		kmake -C "$src" O="$out" -s olddefconfig
	} >"$out/mempol-config.log" 2>&1 || { tail -n 20 "$out/mempol-config.log" >&2; die "configuring failed"; }
	check_config "$src" "$out/.config" "" "${frags[@]}"
	grep -qx CONFIG_DEBUG_INFO_BTF=y "$out/.config" ||
		die "this configuration cannot have CONFIG_DEBUG_INFO_BTF, without which no engine loads: it needs CONFIG_DEBUG_INFO, and pahole"
	echo "$stamp" >"$out/.mempol-config"
}

# The patches come in the order of their names, and their number grows.
deb_version() {
	echo "$(source_version)+mempol$(sed -n 's/^VERSION := //p' "$top/Makefile").$(series | wc -l)"
}

# The tree belongs to all configurations. Who builds of it holds it shared; who has to change it waits until nobody does.
deb_tree() {
	local src=$1 stamp
	local -a list
	mapfile -t list < <(patch_files)
	stamp=$({ source_version; ((${#list[@]} == 0)) || cat "${list[@]}"; } | sha256sum)
	until share deb && [[ $(cat "$src.state" 2>/dev/null) == "$stamp" ]]; do
		unlock deb
		lock deb
		rm -f "$src.state"
		sync_tree "$src" "${list[@]}"
		echo "$stamp" >"$src.state"
		unlock deb
	done
}

# Of a configuration with all drivers, the compiler's cache would keep nothing else.
deb_compile() {
	local src=$1 out=$2 name=$3
	[[ $name != debian && $name != running ]] || export CCACHE_READONLY=1
	[[ ! -e $out/.mempol-building ]] || rm -f "$out/vmlinux" "$out/System.map"
	touch "$out/.mempol-building"
	# As bindeb-pkg will call it: else it links the kernel once more.
	kmake_progress "kernel ($name)" "" "$out/mempol-build.log" -C "$src" O="$out" \
		KBUILD_BUILD_VERSION="$(deb_version | sed 's/.*-//')" bzImage modules
	rm "$out/.mempol-building"
}

# bindeb-pkg leaves the packages beside the O= directory, under names that are the same for all configurations.
deb_pack() {
	local src=$1 out=$2 room=$base/deb name
	lock deb-pack
	rm -f "$room"/*.deb
	say "packing"
	# No package of debugging symbols, which takes ten times the space of all others. -d: the root has what is needed, but
	# for build-essential, of which a C++ compiler is half.
	DEB_BUILD_PROFILES=pkg.linux-upstream.nokerneldbg KDEB_PKGVERSION=$(deb_version) KDEB_CHANGELOG_DIST=unstable \
		DPKG_FLAGS=-d KBUILD_VERBOSE=0 kmake -C "$src" O="$out" bindeb-pkg >"$out/mempol-pack.log" 2>&1 || {
		tail -n 30 "$out/mempol-pack.log" >&2
		die "packing failed; whole log: $out/mempol-pack.log"
	}
	# The headers of libc are the distribution's.
	rm -f "$room"/linux-libc-dev_*.deb "$room"/*.buildinfo "$room"/*.changes
	for name in "$room"/linux-*.deb; do
		mv "$name" "$deb_out"
		echo "$deb_out/${name##*/}"
	done
	unlock deb-pack
}

deb_kernel() {
	local src=$base/deb/src name out from
	case ${1:-} in
	--debian | --running) name=${1#--} ;;
	--config)
		[[ -f ${2:-} ]] || die "deb --config: ${2:-no file} is not there; name a kernel configuration"
		name=$(sha256sum <"$2" | cut -c1-8)
		;;
	*) usage >&2; exit 2 ;;
	esac
	command -v dh_builddeb >/dev/null || die "dh_builddeb is missing: apt install debhelper"
	lock "deb-$name"
	out=$base/deb/build-$name
	mkdir -p "$out" "$deb_out"
	from=$out/mempol-begin.config
	if [[ $1 == --config ]]; then cp "$2" "$from"; else deb_config "$1" "$from"; fi
	deb_tree "$src"
	deb_configure "$src" "$out" "$from"
	deb_compile "$src" "$out" "$name"
	deb_pack "$src" "$out"
}
