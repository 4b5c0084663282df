#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What programs say of ranges of the page cache, without the daemon: cold pages go first and the newest first, pinned
# ones last; both survive what moves pages, and not the page; and who may say what. Runs inside the guest, called by
# tests/vm/test_cache_verbs with the loader, the teller and the engines in /mnt/share; of its parts those that an
# argument names, or all. What is refused, and what may happen meanwhile, is in answers.sh.

# shellcheck disable=SC2154,SC2317,SC2034,SC2086 # from tell.sh; called by name; read by tell.sh; words

cd /mnt/share || exit 1
for part in lib cgroup tell; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

test_pins() {
	local pages=$((8 * mib)) more
	export LOADER_SET="pin_permyriad=5000"
	start fifo t
	teller one t
	read_in t a
	told one "file pin $dir/a" "nobody pins without a session" error=-9 applied=0
	told one session "a session" error=0
	told one "file pin $dir/a" "a file is pinned" error=0 applied=$pages
	check "$lru: and counted" value_is pinned_pages $pages
	check "$lru: memory.stat tells of it, too" wait_for 60 stat_is mempol_pinned $((pages * 4096))
	told one "residency $dir/a" "and so does a look at the file" error=0 pinned=$pages absent=0
	told one "file pin $dir/a" "what is pinned is already" error=0 applied=0 already=$pages
	told one "file deactivate $dir/a" "and is not deactivated" error=0 applied=0 already=$pages
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
	told one "file pin $dir/e" "another file is pinned" error=0
	more=$(got applied) # the rest mru has evicted again
	at_least "$lru: pages of it" "$more" $mib
	check "$lru: both are" value_is pinned_pages $((pages + more))
	truncate -s 0 $dir/e
	check "$lru: a page that is truncated is not pinned" wait_for 60 value_is pinned_pages $pages
	read_in t c
	check "$lru: nor who gets it next" value_is pinned_pages $pages
	rm $dir/e

	told one "file unpin $dir/a 0 $((pages * 2048))" "half of it is unpinned" error=0 applied=$((pages / 2))
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
	told two "file pin $dir/a" "a range has two owners" error=0 already=$pages
	told one "file unpin $dir/a" "one of them unpins nothing of the other's" error=0 applied=0
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
	rm -f $hints{,-residency}
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
	told one "file pin $dir/c" "more than the cap is refused" error=-122 applied=$cap
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
	told one "file pin $dir/c" "half of the limit may be pinned" error=-122 applied=$((24 * mib))
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
	told one "file pin $dir/a" "without a cap nothing is pinned" error=-122 applied=0 capped=$((8 * mib))
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
	told one "file deactivate $dir/a" "a file is deactivated" error=0 applied=$pages
	check "$lru: and is cold" value_is cold_pages $pages
	told one "residency $dir/a" "which can be seen" error=0 cold=$pages
	told one "residency $dir/b" "and that others are not" error=0 cold=0 list=$pages
	told one "file deactivate $dir/a" "what is cold is already" error=0 already=$pages
	read_in t b
	# 24 MiB are cached, of 48: what comes next takes some of the cold ones. How much else is charged depends on the kernel.
	local i
	for ((i = 0; i < 36 && $(value cold_evicted) < mib; i++)); do
		read_in t c skip=$i count=1
	done
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
	told one "file evict $dir/a" "a file is to be evicted" error=0 applied=$pages
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
	told other "file pin $dir/a" "nobody pins what another cgroup pays for" error=0 applied=0 foreign=$pages
	for verb in activate deactivate evict; do
		told other "file $verb $dir/a" "nor says $verb of it" error=0 applied=0 foreign=$pages
	done
	told root "file deactivate $dir/a" "the root's programs without privileges neither" error=0 applied=0 foreign=$pages
	say other "behalf $id"
	told other "file pin $dir/a" "nor on behalf of it" error=-1
	told own "file pin $dir/a" "a program without privileges pins its own cgroup's" error=0 applied=$pages
	say sub "behalf $(stat -c %i "$cgroot/u")"
	told sub "file deactivate $dir/a" "on behalf of another cgroup its rights count" error=0 foreign=$pages
	for name in own other root sub; do end_teller $name; done
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
	told one "file pin $dir/a" "a policy with a heartbeat: pinned" error=0 applied=$pages
	echo 100 >/sys/module/mempol/parameters/heartbeat_ms
	ask beat
	check "without a beat it pauses" wait_for 60 value_is passive 1
	read_in t b
	told one "file pin $dir/a 0 4096" "and nothing can be said" error=-112 applied=0
	in_cg t ./memtool move $dir/a 1 >/dev/null
	check "what is pinned stays so, wherever it moves" wait_for 60 value_is pinned_pages $pages
	read_in t c
	at_least "and is cached still" "$(cached one a)" $pages
	told one "file unpin $dir/a" "what is pinned may go" error=0 applied=$pages
	echo 10000 >/sys/module/mempol/parameters/heartbeat_ms
	end_teller one
	end_loader
}

# The kernel's own LRU, and what programs say.
test_kernel() {
	local pages=$((8 * mib))
	export LOADER_SET="pin_permyriad=5000"
	start kernel t
	teller one t
	say one session
	read_in t a
	read_in t b
	read_in t d
	check "$lru: engine kernel leaves pages to the kernel" value_is governed_pages 0
	told one "file pin $dir/a" "and some are pinned" error=0 applied=$pages
	check "$lru: which the policy has" value_is governed_pages $pages
	told one "file deactivate $dir/b" "others are cold" error=0 applied=$pages
	read_in t c count=30
	at_least "$lru: of what pressure is on its pages cold ones go, pages" "$(value cold_evicted)" 64
	at_least "$lru: what is pinned stays, pages cached" "$(cached one a)" $pages
	read_in t c
	read_in t c
	at_least "$lru: under any pressure" "$(cached one a)" $pages
	told one "file unpin $dir/a" "it is unpinned" error=0 applied=$pages
	read_in t c
	read_in t c
	at_most "$lru: and goes" "$(cached one a)" $((6 * mib))
	check "$lru: the policy is there still" value_is attached 1
	end_teller one
	end_loader
}

parts=(classic:{pins,cold,cap,force,owners,whose,paused,kernel} mglru:{pins,cold,force,kernel})
for part in ${1:-${parts[*]}}; do
	lru=${part%:*}
	if [[ $lru == classic ]]; then mglru off; else mglru on; fi
	"test_${part#*:}"
done
tell_end
