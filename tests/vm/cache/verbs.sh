#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What programs say of ranges of the page cache, without the daemon: cold pages go first and the newest first, pinned
# ones last; both survive what moves pages, and not the page; who may say what; and what is refused. Runs inside the
# guest, called by tests/vm/test_cache_verbs with the loader, the teller and the engines in /mnt/share; of its parts
# those that an argument names, or all.

# shellcheck disable=SC2154,SC2153,SC2034,SC2086,SC2317 # from cgroup.sh; read by name; words; called by name

cd /mnt/share || exit 1
# shellcheck source=/dev/null
. ./lib.sh
# shellcheck source=/dev/null
. ./cgroup.sh
set +u # the coprocess takes its variables with it

modprobe mempol || { fail "modprobe mempol"; finish; }
mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
hints=/sys/fs/bpf/hints
dir=/mnt/data
mib=256 # pages
for spec in a=8 b=8 c=48 d=8; do
	dd if=/dev/urandom of="$dir/${spec%=*}" bs=1M count="${spec#*=}" status=none
done
sync
chmod 644 $dir/*
sums=$(cd $dir && sha256sum a b c d)

# start ENGINE CGROUP: a loader as coprocess; ask COMMAND: its answer; value KEY: of info now.
start() {
	drop_caches # what is cached already belongs to whoever read it
	rm -f $hints
	coproc LOADER { exec ./loader ./agent.bpf.o "./$1.bpf.o" "$cgroot/$2" 2>&1; }
	loader_pid=$LOADER_PID
	read -r answer <&"${LOADER[0]}"
	[[ $answer == attached ]] || note "loader: $answer"
	ask "hints $hints"
	[[ $answer == "hints error=0" ]] || note "loader: $answer"
}
ask() {
	echo "$*" >&"${LOADER[1]}"
	read -r answer <&"${LOADER[0]}"
}
value() {
	ask info
	sed -E "s/.* $1=([0-9]+).*/\1/" <<<"$answer"
}
end_loader() {
	echo quit >&"${LOADER[1]}"
	wait "$loader_pid" 2>/dev/null
	wait_for 60 no_governed || note "pages are governed still"
}
stat_is() { [[ $(stat_of t "$1") == "$2" ]]; }
value_is() { [[ $(value "$1") == "$2" ]]; }
# On one node: each has lists of its own, and pressure is shared between the nodes.
read_in() { in_cg "$1" ./memtool on-node 0 dd if="$dir/$2" of=/dev/null bs=1M status=none "${@:3}"; }

# A teller goes by a name: teller NAME CGROUP starts it, say NAME COMMAND has its answer in $said.
declare -A in_of=() out_of=() pid_of=()
teller() {
	local i o
	rm -f "/tmp/$1.in" "/tmp/$1.out"
	mkfifo "/tmp/$1.in" "/tmp/$1.out"
	# Not by in_cg, whose process would be another than the teller's.
	# shellcheck disable=SC2016 # expanded by the inner shell
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroot/$2" ./teller $hints \
		<"/tmp/$1.in" >"/tmp/$1.out" 2>&1 &
	pid_of[$1]=$!
	exec {i}>"/tmp/$1.in" {o}<"/tmp/$1.out"
	in_of[$1]=$i
	out_of[$1]=$o
}
say() {
	echo "${*:2}" >&"${in_of[$1]}"
	said=""
	read -r -t 300 said <&"${out_of[$1]}" || note "$1 does not answer"
}
end_teller() {
	local fd
	echo quit >&"${in_of[$1]}"
	wait "${pid_of[$1]}" 2>/dev/null
	fd=${in_of[$1]}
	exec {fd}>&-
	fd=${out_of[$1]}
	exec {fd}<&-
}
got() { sed -nE "s/(.* )?$1=(-?[0-9]+).*/\2/p" <<<"$said"; }
# is NAME KEY=VALUE...: the answer of a teller says so.
is() {
	local what=$1 pair
	shift
	for pair; do
		if [[ $(got "${pair%=*}") != "${pair#*=}" ]]; then
			fail "$what ($pair wanted: $said)"
			return
		fi
	done
	ok "$what"
}
cached() {
	say "$1" "cached $dir/$2"
	got cached
}
right() { [[ $(cd $dir && sha256sum a b c d) == "$sums" ]]; }
no_oom() { [[ $(awk '$1 == "oom_kill" { print $2 }' "$cgroot/$1/memory.events") == 0 ]]; }

test_pins() {
	local pages=$((8 * mib)) more
	export LOADER_SET="pin_permyriad=5000"
	start fifo t
	teller one t
	read_in t a
	say one "file pin $dir/a"
	is "$lru: nobody pins without a session" error=-9 applied=0
	say one session
	is "$lru: a session" error=0
	say one "file pin $dir/a"
	is "$lru: a file is pinned" error=0 applied=$pages
	check "$lru: and counted" value_is pinned_pages $pages
	check "$lru: memory.stat tells of it, too" wait_for 60 stat_is mempol_pinned $((pages * 4096))
	say one "file pin $dir/a"
	is "$lru: what is pinned is already" error=0 applied=0 already=$pages
	say one "file deactivate $dir/a"
	is "$lru: and is not deactivated" error=0 applied=0 already=$pages
	say one "file activate $dir/a"
	check "$lru: nor moved by being activated" value_is pinned_pages $pages

	in_cg t ./memtool move $dir/a 1 >/tmp/moved
	check "$lru: pinned pages migrate" grep -q "moved=$pages" /tmp/moved
	in_cg t ./memtool move $dir/a 0 >/tmp/moved
	check "$lru: and stay pinned" wait_for 60 value_is pinned_pages $pages
	in_cg t ./memtool move $dir/a 1 >/tmp/moved

	read_in t b
	read_in t c
	read_in t c
	at_least "$lru: pressure takes what is not pinned, of pages" "$(value evicted)" $((16 * mib))
	at_least "$lru: not what is pinned, pages cached" "$(cached one a)" $pages
	at_most "$lru: what was read behind it is gone" "$(cached one b)" $((4 * mib))
	at_most "$lru: no pin is broken" "$(value pins_broken)" 0

	ask "replace ./mru.bpf.o"
	check "$lru: the engine is replaced" test "$answer" = "replace ok"
	check "$lru: what was pinned stays pinned" wait_for 60 value_is pinned_pages $pages
	in_cg t ./memtool move $dir/a 0 >/tmp/moved
	check "$lru: and comes back so from isolation" wait_for 60 value_is pinned_pages $pages
	read_in t c
	at_least "$lru: and is cached still" "$(cached one a)" $pages

	echo 12M >"$cgroot/t/memory.reclaim"
	at_least "$lru: nor does a wish for memory take it" "$(cached one a)" $pages
	in_cg t cp $dir/d $dir/e
	sync $dir/e
	say one "file pin $dir/e"
	is "$lru: another file is pinned" error=0
	more=$(got applied) # the rest mru has evicted again
	at_least "$lru: pages of it" "$more" $mib
	check "$lru: both are" value_is pinned_pages $((pages + more))
	truncate -s 0 $dir/e
	check "$lru: a page that is truncated is not pinned" wait_for 60 value_is pinned_pages $pages
	read_in t c
	check "$lru: nor who gets it next" value_is pinned_pages $pages
	rm $dir/e

	say one "file unpin $dir/a 0 $((pages * 2048))"
	is "$lru: half of it is unpinned" error=0 applied=$((pages / 2))
	check "$lru: and half is still" value_is pinned_pages $((pages / 2))
	say one "session close"
	check "$lru: a session that ends unpins" wait_for 60 value_is pinned_pages 0
	check "$lru: says memory.stat" wait_for 60 stat_is mempol_pinned 0
	end_teller one
	end_loader
	check "$lru: content is right" right
}

# Who has pinned.
test_owners() {
	local pages=$((8 * mib)) pid
	export LOADER_SET="pin_permyriad=5000"
	start fifo t
	for name in one two; do
		teller $name t
		say $name session
	done
	read_in t a
	say one "file pin $dir/a"
	say two "file pin $dir/a"
	is "$lru: a range has two owners" error=0 already=$pages
	say one "file unpin $dir/a"
	is "$lru: one of them unpins nothing of the other's" error=0 applied=0
	check "$lru: it stays pinned" value_is pinned_pages $pages
	say two fork
	pid=$(got pid)
	kill -9 "${pid_of[two]}"
	sleep 0.3
	check "$lru: a child has inherited the session" value_is pinned_pages $pages
	kill -9 "$pid"
	check "$lru: the last owner is killed, nothing is pinned" wait_for 60 value_is pinned_pages 0
	end_teller one
	for _ in 1 2 3; do
		teller three t
		say three session
		say three "file pin $dir/a"
		kill -9 "${pid_of[three]}"
		lap killed value_is pinned_pages 0
		check "$lru: nor when its only owner is killed" wait_for 60 value_is pinned_pages 0
	done
	median killed 1000 "$lru: unpinned within a second"
	teller four t
	say four session
	end_loader
	rm -f $hints
	check "$lru: the module stays while a session is open" test "$(rmmod mempol 2>&1 | grep -c 'in use')" = 1
	end_teller four
	check "$lru: and goes when there is none" wait_for 60 rmmod mempol
	modprobe mempol
}

test_cap() {
	local cap=$((16 * mib))
	export LOADER_SET="pin_permyriad=5000 pin_pages=$cap"
	start fifo t
	teller one t
	say one session
	read_in t c
	say one "file pin $dir/c"
	is "$lru: more than the cap is refused" error=-122 applied=$cap
	at_least "$lru: and counted" "$(got capped)" 1
	check "$lru: what fits is pinned" value_is pinned_pages $cap
	at_least "$lru: refusals are counted" "$(value pins_refused)" 1
	say one "session close"
	wait_for 60 value_is pinned_pages 0
	# The cap is half of the limit: when that is lowered the excess goes, and the rest stays.
	export LOADER_SET="pin_permyriad=5000"
	ask "wish pin_permyriad=5000"
	ask "replace ./fifo.bpf.o"
	say one session
	read_in t c
	say one "file pin $dir/c"
	is "$lru: half of the limit may be pinned" error=-122 applied=$((24 * mib))
	echo 24M >"$cgroot/t/memory.max"
	read_in t c
	at_most "$lru: the limit is lowered, and pages are pinned" "$(value pinned_pages)" $((12 * mib + 64))
	at_least "$lru: no fewer than may be" "$(value pinned_pages)" $((10 * mib))
	check "$lru: nobody is killed" no_oom t
	echo 48M >"$cgroot/t/memory.max"
	end_teller one
	end_loader

	export LOADER_SET="pin_permyriad=0"
	start fifo t
	teller one t
	say one session
	read_in t a
	say one "file pin $dir/a"
	is "$lru: without a cap nothing is pinned" error=-122 applied=0 capped=$((8 * mib))
	end_teller one
	end_loader
}

# A pin protects like memory.low: when nothing else is left it goes.
test_force() {
	export LOADER_SET="pin_permyriad=10000"
	start fifo t
	teller one u
	say one session
	read_in t c
	say one "file pin $dir/c"
	at_least "$lru: nearly all of the limit is pinned" "$(value pinned_pages)" $((36 * mib))
	in_cg t ./memtool hog 30 1 >/dev/null 2>&1 || note "hog: $?"
	at_least "$lru: growth of memory breaks pins" "$(value pins_broken)" $((10 * mib))
	check "$lru: and kills nobody" no_oom t
	say one "session close"
	check "$lru: what is left is unpinned" wait_for 60 value_is pinned_pages 0
	end_teller one
	end_loader
}

test_cold() {
	local pages=$((8 * mib))
	export LOADER_SET=""
	start fifo t
	teller one t
	read_in t d # the oldest: fifo would take it first
	read_in t a
	read_in t b
	say one "file deactivate $dir/a"
	is "$lru: a file is deactivated" error=0 applied=$pages
	check "$lru: and is cold" value_is cold_pages $pages
	say one "file deactivate $dir/a"
	is "$lru: what is cold is already" error=0 already=$pages
	read_in t b
	# 24 MiB are cached, of 48; 26 MiB more want some of the cold ones, and not all.
	read_in t c count=26
	at_least "$lru: the oldest stays, pages cached" "$(cached one d)" $pages
	at_least "$lru: so does what was read again" "$(cached one b)" $pages
	at_least "$lru: cold pages went, and were counted" "$(value cold_evicted)" $mib
	say one "cached $dir/a"
	at_least "$lru: but not all of them" "$(got cached)" $((1 * mib))
	at_least "$lru: the newest first: cached of the first half less the second" \
		$(($(got first) - ($(got cached) - $(got first)))) $((1 * mib))

	drop_caches
	read_in t a
	say one "file deactivate $dir/a"
	read_in t a
	read_in t c
	at_least "$lru: what is used again is the engine's again" "$(value cold_rescued)" $((4 * mib))

	drop_caches
	read_in t a
	read_in t b
	say one "file evict $dir/a"
	is "$lru: a file is to be evicted" error=0 applied=$pages
	evicted() { [[ $(cached one a) -le 64 ]]; }
	check "$lru: and is soon" wait_for 60 evicted
	at_least "$lru: another is not" "$(cached one b)" $pages
	check "$lru: content is right" right
	end_teller one
	end_loader
}

# Whose pages they are.
test_whose() {
	local pages=$((8 * mib)) id
	export LOADER_SET="pin_permyriad=5000"
	start fifo t
	read_in t a
	id=$(stat -c %i "$cgroot/t")
	for spec in own=t other=u root=. sub=t; do
		teller "${spec%=*}" "${spec#*=}"
		say "${spec%=*}" session
		[[ $spec == sub=* ]] || say "${spec%=*}" nobody
	done
	say other "file pin $dir/a"
	is "$lru: nobody pins what another cgroup pays for" error=0 applied=0 foreign=$pages
	for verb in activate deactivate evict; do
		say other "file $verb $dir/a"
		is "$lru: nor says $verb of it" error=0 applied=0 foreign=$pages
	done
	say root "file deactivate $dir/a"
	is "$lru: the root's programs without privileges neither" error=0 applied=0 foreign=$pages
	say other "behalf $id"
	say other "file pin $dir/a"
	is "$lru: nor on behalf of it" error=-1
	say own "file pin $dir/a"
	is "$lru: a program without privileges pins its own cgroup's" error=0 applied=$pages
	say sub "behalf $(stat -c %i "$cgroot/u")"
	say sub "file deactivate $dir/a"
	is "$lru: on behalf of another cgroup its rights count" error=0 foreign=$pages
	for name in own other root sub; do end_teller $name; done
	end_loader
}

# Answers that no range gets around.
test_answers() {
	local device
	export LOADER_SET="pin_permyriad=5000"
	start fifo t
	teller one t
	say one session
	say one "file pin $dir,d"
	is "a directory" error=-21
	mkfifo /tmp/pipe
	say one "file pin /tmp/pipe"
	is "a pipe" error=-29
	echo x >/dev/shm/x
	say one "file pin /dev/shm/x"
	is "tmpfs" error=-95
	device=$(findmnt -no SOURCE /mnt/data)
	say one "file pin $device"
	is "a block device" error=-95
	say one "file pin /dev/null"
	is "a character device" error=-95
	say one "file pin $dir/a,path"
	is "O_PATH" error=-9
	say one "fd pin 999"
	is "no descriptor" error=-9
	say one "fd pin -2"
	is "nor a number that is none" error=-9
	say one "file prefetch $dir/a,w"
	is "prefetch of what is not open for reading" error=-13
	say one "file 0 $dir/a"
	is "no verb" error=-22
	say one "file 7 $dir/a"
	is "nor one that is not known" error=-22
	say one "file pin $dir/a 18446744073709547520 8192"
	is "a range that wraps" error=-22
	say one "file pin $dir/a 9223372036854771712 8192"
	is "one beyond what a file can have" error=-22
	truncate -s 32M $dir/hole
	say one "file pin $dir/hole"
	is "a hole" error=0 applied=0 absent=$((32 * mib))
	say one "file prefetch $dir/hole"
	is "is not there" error=0 absent=$((32 * mib))
	read_in t a
	say one "file pin $dir/a 0 $((9 * 1048576))"
	is "beyond the end" error=0 applied=$((8 * mib)) absent=$mib
	say one "file deactivate $dir/hole 0 1099511627776"
	is "a file of a terabyte is gone through call by call" error=0 absent=268435456
	at_least "calls" "$(got calls)" 16384
	say one "file pin $dir/hole 0 1099511627776"
	is "and so is a pin of it" error=0 absent=268435456
	say one "session close"
	say one session
	truncate -s 40M $dir/hole
	say one "many pin $dir/hole 4096"
	is "4,096 ranges" error=0
	say one "many pin $dir/hole 4097"
	is "and no more" error=-28
	say one "file pin $dir/hole"
	is "ranges are merged" error=0
	say one "many unpin $dir/hole 4000"
	is "and taken apart" error=0
	rm $dir/hole

	say one "map $dir/b private"
	say one "write 4096"
	say one sum
	sum=$said
	say one "range pin 0 $((8 * mib * 4096))"
	is "own addresses: the file's pages" error=0 applied=$((8 * mib))
	say one "range unpin 0 $((8 * mib * 4096))"
	is "they are unpinned by address" error=0 applied=$((8 * mib))
	say one "range evict 0 $((8 * mib * 4096))"
	is "and are to be evicted" error=0 applied=$((8 * mib))
	say one sum
	check "copies that a private mapping has made are its own" test "$said" = "$sum"
	say one "map anon 65536"
	say one "range deactivate 0 65536"
	is "anonymous memory" error=-6 other=16

	in_cg t ./memtool lock $dir/d "touch /tmp/locked; sleep 100" >/dev/null 2>&1 &
	locker=$!
	wait_for 20 test -e /tmp/locked
	say one "file pin $dir/d"
	is "mlocked pages" error=0 applied=0 unevictable=$((8 * mib))
	kill $locker
	say one "session none"
	end_teller one

	# Overlayfs has its pages in the file below.
	mkdir -p $dir/{up,work,low} /tmp/over
	cp $dir/d $dir/low/o
	sync
	if mount -t overlay overlay -o lowerdir=$dir/low,upperdir=$dir/up,workdir=$dir/work /tmp/over; then
		teller one t
		say one session
		echo 1 >/proc/sys/vm/drop_caches
		in_cg t dd if=/tmp/over/o of=/dev/null bs=1M status=none
		say one "file pin /tmp/over/o"
		is "overlayfs: what is below is pinned" error=0 applied=$((8 * mib))
		check "and the file system is in use" test "$(umount /tmp/over 2>&1 | grep -c busy)" = 1
		end_teller one
		check "until the owner has gone" wait_for 60 umount /tmp/over
	else
		note "no overlayfs"
	fi

	teller one t
	say one session
	say one "file pin $dir/a"
	ask detach
	wait_for 60 no_governed
	read_in u b
	say one "file pin $dir/b"
	is "no policy" error=-67 applied=0
	say one "file deactivate $dir/b"
	is "but it can be deactivated" error=0
	at_least "which is what the kernel does" $(($(got applied) + $(got already))) $((8 * mib))
	end_teller one
	end_loader
}

test_paused() {
	local pages=$((8 * mib))
	export LOADER_SET="pin_permyriad=5000"
	echo 60000 >/sys/module/mempol/parameters/heartbeat_ms
	start dozer t
	teller one t
	say one session
	read_in t a
	say one "file pin $dir/a"
	is "a policy with a heartbeat: pinned" error=0 applied=$pages
	echo 100 >/sys/module/mempol/parameters/heartbeat_ms
	ask beat
	check "without a beat it pauses" wait_for 60 value_is passive 1
	read_in t b
	say one "file pin $dir/a 0 4096"
	is "and nothing can be said" error=-112 applied=0
	in_cg t ./memtool move $dir/a 1 >/dev/null
	check "what is pinned stays so, wherever it moves" wait_for 60 value_is pinned_pages $pages
	read_in t c
	at_least "and is cached still" "$(cached one a)" $pages
	say one "file unpin $dir/a"
	is "what is pinned may go" error=0 applied=$pages
	echo 10000 >/sys/module/mempol/parameters/heartbeat_ms
	end_teller one
	end_loader
}

cg_new t 48M
cg_new u 48M
parts=(classic:{pins,cold,cap,force,owners,whose,answers,paused} mglru:{pins,cold,force})
for part in ${1:-${parts[*]}}; do
	lru=${part%:*}
	if [[ $lru == classic ]]; then mglru off; else mglru on; fi
	"test_${part#*:}"
done
check "content is right" right
complaints=$(kernel_complaints)
check "the kernel has no complaints" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
