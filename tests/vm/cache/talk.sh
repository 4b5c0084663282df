# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034,SC2317 # from stress.sh and engines.sh; read by stress.sh; called by name
#
# While everything is shaken, up to 64 processes say what becomes of ranges of the files, in sessions that come and go and
# die with their owners; huge pages are made and split, and files are opted in. In the end nothing is pinned, and nobody
# holds a file or a page. Sourced by stress.sh.

hints=/sys/fs/bpf/hints
mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
talkers=()
talks=0
huge=/mnt/data/huge
dd if=/dev/urandom of=$huge bs=1M count=4 status=none
huge_sum=$(sha256sum <$huge)
chmod 755 $huge
sync

# The program outlives who has loaded it. Files are opted in by a policy that stays.
mkdir -p "$cgroot"/s/{opted,talk}
engine_start opted files s/opted || fail "files attaches: $answer"
engine_ask opted "hints $hints"
check "the program is there" test "$answer" = "hints error=0"
chmod 711 /sys/fs/bpf
chmod 666 $hints
for name in "$file" $huge; do engine_ask opted "file in $name"; done
cp chatter /tmp/ # where everybody may run it
# What engines let programs pin, until act_cap says otherwise.
export LOADER_SET="pin_permyriad=6000"

act_talk() {
	local files=() as=()
	((${#talkers[@]} < 4)) || return 0
	if ((RANDOM % 2)); then
		as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	else
		# Those of the workers come and go, and are theirs; who holds one that has gone goes on about it.
		mapfile -t files < <(find /mnt/data/a /mnt/data/b -type f 2>/dev/null | head -n 12)
	fi
	talks=$((talks + 1))
	# Not by in_cg, whose process would be the parent of the talkers'.
	# shellcheck disable=SC2016 # expanded by the inner shell
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroot/s/talk" "${as[@]}" /tmp/chatter $hints \
		$((3 * slow / 2 + RANDOM % 10)) "$RANDOM" 16 "$file" $huge "${files[@]}" >"/tmp/talk.$talks" 2>&1 &
	talkers+=("$!:$talks")
	did=" ${as[0]:-}"
}
# They may end between two looks.
act_heard() {
	local talker left=()
	for talker in "${talkers[@]}"; do
		if kill -0 "${talker%:*}" 2>/dev/null; then left+=("$talker"); else hear "$talker"; fi
	done
	talkers=("${left[@]}")
}
hear() {
	wait "${1%:*}" || grep -q 'error=2$' "/tmp/talk.${1#*:}" || fail "a talker: $(tail -n 5 "/tmp/talk.${1#*:}")"
	cat "/tmp/talk.${1#*:}" >>/tmp/talks
}
# Its parent has another in its place.
act_hush() {
	local talker
	for talker in "${talkers[@]}"; do
		mapfile -t pids < <(pgrep -P "${talker%:*}" -x chatter)
		((${#pids[@]})) && kill -9 "${pids[RANDOM % ${#pids[@]}]}"
	done
} 2>/dev/null
act_huge() { in_cg s/a ./memtool collapse $huge >/tmp/huge && did=" $(cat /tmp/huge)"; } 2>/dev/null
act_split() { echo "$huge,0,1024" >/sys/kernel/debug/split_huge_pages; } 2>/dev/null
act_opt() {
	if ((RANDOM % 2)); then engine_ask opted "file in $huge"; else engine_ask opted "file out $huge"; fi
}
act_cap() {
	pick_site
	[[ -n ${engine_pid[$site]:-} ]] || return 0
	engine_ask "$site" "wish pin_permyriad=$((RANDOM % 10001))"
}
more_actions=(talk:12 heard:6 hush:4 huge:2 split:2 opt:1 cap:3)

nobody_pins() { [[ $(vm_of nr_mempol_pinned) == 0 ]]; }
# What is charged to the workers' cgroups of files goes with the file system: else somebody has kept a reference.
no_page_left() {
	sync
	echo 1 >/proc/sys/vm/drop_caches
	# Pages that were put back wait in batches of the CPUs, which dropping what is mounted does not empty.
	echo 1 >/proc/sys/vm/compact_memory
	[[ $(./memtool charged "$(stat -c %i "$cgroot/s/$1")") == "pages=0 "* ]]
}
more_checks() {
	local talker cg
	for talker in "${talkers[@]}"; do hear "$talker"; done
	talkers=()
	at_least "talkers came and went" $talks 2
	at_least "they told of pages" "$(awk '{ for (i = 1; i <= NF; i++) if (sub("^applied=", "", $i)) sum += $i } END { print sum + 0 }' /tmp/talks)" 1000
	awk '{ for (i = 1; i <= NF; i++) if (split($i, pair, "=") == 2) sum[pair[1]] += pair[2] }
		END { for (name in sum) printf "%s=%d ", name, sum[name]; print "" }' /tmp/talks | sed 's/^/# /'
	check "nothing is pinned" wait_for 20 nobody_pins
	check "the huge file is right" test "$(sha256sum <$huge)" = "$huge_sum"
	rm -f $hints{,-residency}
	check "nobody holds a file: the file system can be unmounted" wait_for 20 umount /mnt/data
	for cg in a b opted talk; do
		check "nobody holds a page of s/$cg" wait_for 20 no_page_left $cg
		no_page_left "$cg" || note "s/$cg: $(./memtool charged "$(stat -c %i "$cgroot/s/$cg")")"
	done
	check "s/opted can be removed" wait_for 5 rmdir "$cgroot/s/opted"
	check "s/talk can be removed" wait_for 5 rmdir "$cgroot/s/talk"
}
