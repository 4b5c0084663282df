#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What programs and people say of cached pages, under the daemon: mempolctl by the library and by the daemon, sets of
# pins and their ends, PinMax=, who may say what, and a service that may not call bpf(2). Runs inside the guest, called
# by tests/vm/test_cache_told.

# shellcheck disable=SC2154 # from lib.sh
# shellcheck disable=SC2016 # programs for an inner shell

cd /mnt/share || exit 1
for part in lib cgroup; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
start_daemon
mempolctl features | grep -E '^hints +yes' >/dev/null || skip "the kernel is built without CONFIG_MEMPOL_VERBS"

data=/mnt/data/told
mib=256 # pages
mkdir -p $data/d/deep
for spec in a=4 b=4 big=24 d/one=1 d/deep/two=1; do
	head -c "${spec#*=}M" /dev/urandom >"$data/${spec%=*}"
done
chmod -R a+rX $data
sync
cg_new t 32M
cg_new u 32M

# field FIELD PATH: of the JSON in /tmp/reply, of a file
field() { python3 -c 'import json, sys
print([f[sys.argv[1]] for f in json.load(open("/tmp/reply"))["files"] if f["path"] == sys.argv[2]][0])' "$1" "$2"; }
# told NAME FIELD=VALUE... -- WORDS...: mempolctl cache WORDS says so of the last word.
told() {
	local what=$1 wanted=() pair
	shift
	while [[ $1 != -- ]]; do wanted+=("$1"); shift; done
	shift
	mempolctl --json cache "$@" >/tmp/reply 2>/tmp/said
	for pair in "${wanted[@]}"; do
		if [[ $(field "${pair%=*}" "${*: -1}" 2>/dev/null) != "${pair#*=}" ]]; then
			fail "$what ($pair wanted: $(cat /tmp/reply /tmp/said))"
			return
		fi
	done
	ok "$what"
}
counter() { mempolctl stats "$1" --json | sed -nE "s/.*\"$2\": *([0-9]+).*/\1/p"; }
is() { [[ $(counter "$1" "$2") == "$3" ]]; }
cached() {
	mempolctl --json cache residency "$1" >/tmp/reply
	field cached "$1"
}
status_of() { "$@" >/tmp/out 2>&1; echo $?; }
says() { mempolctl "${@:2}" 2>&1 | grep -qF -- "$1"; }
read_in() { in_cg "$1" dd if="$data/$2" of=/dev/null bs=1M status=none; }
drop() { sync; echo 3 >/proc/sys/vm/drop_caches; }
set_policy() {
	printf '[Match]\nCgroup=/t\n[Cache]\nEngine=fifo\n%b' "$1" >"$policy_dir/.p.tmp"
	mv "$policy_dir/.p.tmp" "$policy_dir/p.mempolicy"
}

# ---- without a policy ----

drop
read_in u a
told "without a policy pages are activated all the same" applied=$((4 * mib)) error=0 -- activate $data/a
told "and cannot be pinned" error=67 applied=0 -- pin $data/a
check "nothing is kept of that" [ "$(mempolctl --json cache pins)" = '{"sets":[]}' ]
told "what is evicted" applied=$((4 * mib)) -- evict $data/a
check "goes" wait_for 20 bash -c "[[ \$(mempolctl cache residency $data/a) == *': 0 of '* ]]"
told "what is prefetched" error=0 -- prefetch $data/a
check "comes" wait_for 20 bash -c "[[ \$(mempolctl cache residency $data/a) == *': $((4 * mib)) of '* ]]"
told "a directory is gone through" applied=0 absent=$mib -- activate -r $data/d/one
check "with all that is below" [ "$(status_of mempolctl cache deactivate -r $data/d)" = 0 ]
check "each file has a row" [ "$(grep -c "$data/d" /tmp/out)" = 2 ]
head -c 4096 /dev/zero >/run/in-memory
check "tmpfs is refused in words" bash -c '! mempolctl cache activate /run/in-memory 2>/tmp/said'
check "that say why" grep -q "it is on tmpfs" /tmp/said

mempolctl --json cache residency $data/a >/tmp/reply
check "residency says which of the kernel's lists they are on" \
	[ $(($(field inactive $data/a) + $(field active $data/a))) = $((4 * mib)) ]
check "and that none is governed" [ "$(field list $data/a)$(field cold $data/a)$(field pinned $data/a)$(field governed $data/a)" = 0000 ]
mempolctl --json cache residency /run/in-memory >/tmp/reply
check "of tmpfs the kernel says only what is cached" [ "$(field cached /run/in-memory)$(field pinned /run/in-memory)" = 1None ]
mempolctl cache residency --watch 100ms --no-legend $data/a | head -n 3 >/tmp/watched
check "a picture over time has a line each time" [ "$(grep -cE "^ +[0-9]+\.[0-9]s \[[IA]{60}\] $((4 * mib)) of $((4 * mib)) pages $data/a$" /tmp/watched)" = 3 ]

# ---- a policy, and pins that the daemon keeps ----

drop
set_policy "PinMax=25%\n"
check "the policy is active" wait_for 20 state_is p active
check "explain says what may be pinned" says "programs may pin 25% of its memory, 0 pages are pinned" explain /t
read_in t a
told "what a governed cgroup has read is pinned" applied=$((4 * mib)) error=0 -- pin --set hot $data/a
check "it is counted" is p pinned_pages $((4 * mib))
check "and listed" bash -c "mempolctl cache pins | grep -qE '^hot +$data/a +4194304 +1'"
check "explain says how much is" says "programs may pin 25% of its memory, $((4 * mib)) pages are pinned" explain /t
read_in t big
read_in t big
at_least "pressure leaves it, pages cached" "$(cached $data/a)" $((4 * mib))
mempolctl --json cache residency $data/a >/tmp/reply
check "residency says what is pinned" [ "$(field pinned $data/a)" = $((4 * mib)) ]
check "and that it is governed" [ "$(field governed $data/a)" = $((4 * mib)) ]
check "and draws it" bash -c "mempolctl cache residency $data/a | grep -qE '^  \[P{60}\]$'"
read_in t b
told "what was there already is already" already=$((4 * mib)) -- pin --set other $data/a
told "beyond the cap it is told" error=122 -- pin --set other $data/b $data/big
check "the exit status is 1" [ "$(status_of mempolctl cache pin --set other $data/big)" = 1 ]
at_most "no more than the cap is pinned" "$(counter p pinned_pages)" $((8 * mib))
mempolctl cache unpin --set hot $data/a >/dev/null
at_least "what another set has too stays pinned" "$(counter p pinned_pages)" $((4 * mib))
mempolctl cache unpin --set other
check "with the last set nothing is" wait_for 20 is p pinned_pages 0
check "unpin of what is not there says so" says "There is no set of pins 'other'" cache unpin --set other

# ---- where pages are ----

drop
read_in t a
where() { mempolctl --json cache residency "$1" >/tmp/reply; }
where $data/a
check "what a governed cgroup has read is on a list of the engine's" [ "$(field list $data/a)" = $((4 * mib)) ]
mempolctl --json cache deactivate $data/a:0+2M >/tmp/reply
check "half of it is said to go first" [ "$(field applied $data/a)" = $((2 * mib)) ]
where $data/a
check "and is cold" [ "$(field cold $data/a) $(field list $data/a)" = "$((2 * mib)) $((2 * mib))" ]
check "which is the first half" bash -c "mempolctl cache residency $data/a | grep -qE '^  \[C{30}L{30}\]$'"
in_cg t dd if=/dev/zero of=$data/dirty bs=64K count=1 status=none
where $data/dirty
check "what is dirty is told" [ "$(field dirty $data/dirty)" = 16 ]

# ---- pins of a process ----

read_in t a
mempolctl cache pin --wait --no-legend $data/a >/tmp/waits &
waits=$!
check "a process pins as long as it runs" wait_for 20 is p pinned_pages $((4 * mib))
check "the daemon keeps none of that" [ "$(mempolctl --json cache pins)" = '{"sets":[]}' ]
kill -9 $waits
wait $waits 2>/dev/null
check "killed, it has pinned nothing" wait_for 20 is p pinned_pages 0

# ---- whose pages ----

useradd -M -N reader 2>/dev/null; usermod -a -G mempolicy reader
useradd -M -N stranger 2>/dev/null
as() { setpriv --reuid "$1" --init-groups "${@:2}"; }
drop
read_in t a
told_as_reader() { as reader mempolctl --json cache "$@" >/tmp/reply 2>/tmp/said; }
# This shell is in a cgroup of its own, and /t is not below it.
told_as_reader activate $data/a
check "a member of the group does not touch another cgroup's pages" [ "$(field foreign $data/a)" = $((4 * mib)) ]
in_cg t setpriv --reuid reader --init-groups mempolctl --json cache activate $data/a >/tmp/reply
check "and does those of its own" [ "$(field applied $data/a)" = $((4 * mib)) ]
check "sets are for root: exit 4" [ "$(status_of as reader mempolctl cache pin $data/a)" = 4 ]
as stranger mempolctl --json cache deactivate $data/a >/tmp/reply
check "nor does a user who is in no group" [ "$(field foreign $data/a)" = $((4 * mib)) ]
in_cg t setpriv --reuid stranger --init-groups mempolctl --json cache deactivate $data/a >/tmp/reply
check "who does those of the cgroup all the same" [ "$(field applied $data/a)" = $((4 * mib)) ]
check "sets are not for them: exit 4" [ "$(status_of as stranger mempolctl cache pin $data/a)" = 4 ]
check "nor is what others do: exit 4" [ "$(status_of as stranger mempolctl list)" = 4 ]

check "of another user's file they learn nothing: exit 4" [ "$(status_of as stranger mempolctl cache residency $data/a)" = 4 ]
check "and why" grep -q "'$data/a' is another user's: only root, the owner and who may write it" /tmp/out
check "and nothing else" [ "$(wc -l </tmp/out)" = 1 ]
cp $data/d/one $data/own; chown stranger $data/own
drop # those that were copied are this shell's
in_cg t cat $data/own >/dev/null
as stranger mempolctl --json cache residency $data/own >/tmp/reply
check "of their own they learn on which list it is" [ "$(field governed $data/own)" = $mib ] || cat /tmp/reply

# ---- a service that may not call bpf(2) ----

mkdir -p /run/systemd/system
hushed() { # USER WORDS...: in a service; its pages are those of /t, where its process is put first
	local user=$1
	shift
	systemd-run --quiet --pipe --wait --collect -p SystemCallFilter=~bpf -p SystemCallErrorNumber=EPERM \
		-p SupplementaryGroups=mempolicy -p User="$user" -p Slice=t.slice "$@"
}
printf '[Match]\nCgroup=/t.slice\n[Cache]\nEngine=fifo\nPinMax=50%%\n' >"$policy_dir/s.mempolicy"
# What reads and what says it are in one slice; only root's parent may say it for both.
systemctl start t.slice
check "the slice is governed" wait_for 20 state_is s active
echo 64M >"$cgroot/t.slice/memory.max"
chown reader $data/b
drop
hushed reader bash -c "cat $data/b >/dev/null; mempolctl --json cache activate $data/b" >/tmp/reply 2>/tmp/said
check "the daemon says it for a service that may not" [ "$(field applied $data/b)" = $((4 * mib)) ] || cat /tmp/reply /tmp/said
drop
hushed reader bash -c "cat $data/a >/dev/null; mempolctl --json cache activate $data/a" >/tmp/reply 2>/tmp/said
check "of another user's file it tells no counts" [ "$(field applied $data/a)$(field error $data/a)" = 00 ]
check "and says how far it went" [ "$(field bytes $data/a)" = $((4 * mib * 4096)) ]
hushed reader bash -c "cat $data/b >/dev/null; mempolctl --json cache residency $data/b" >/tmp/reply 2>/tmp/said
check "it sees what is cached of its own file, and that where is not known" \
	[ "$(field cached $data/b)$(field pinned $data/b)" = $((4 * mib))None ] || cat /tmp/reply /tmp/said
hushed reader mempolctl cache residency $data/a >/tmp/out 2>/tmp/said
check "and nothing of another user's" [ "$? $(wc -c </tmp/out)" = "4 0" ]
hushed reader bash -c "mempolctl --json cache activate $data/b" >/tmp/reply 2>/tmp/said
check "pages of another service are not its" bash -c 'grep -qE "\"(foreign|absent)\":1024" /tmp/reply'
drop
hushed reader bash -c "cat $data/b >/dev/null; mempolctl cache pin --wait $data/b >/tmp/pinned 2>&1 & pid=\$!
	for ((i = 0; i < 600; i++)); do
		[[ \$(mempolctl stats s --json) != *'\"pinned_pages\":1024'* ]] || break
		sleep 0.1
	done
	mempolctl stats s --json; kill \$pid" >/tmp/stats 2>&1
check "it pins by the daemon" grep -q '"pinned_pages":1024' /tmp/stats
check "and its pins go with it" wait_for 20 is s pinned_pages 0
rm "$policy_dir/s.mempolicy"

# ---- a command with a policy of its own ----

drop
mempolctl run --engine mru --pin $data/a --pin-max 50% --memory-max 32M -- bash -c "
	cat /proc/self/cgroup; mempolctl list; mempolctl stats --json; cat $data/big $data/big | wc -c; exit 7" >/tmp/ran 2>/tmp/said
check "its exit status is the command's" [ $? = 7 ]
check "it ran in a scope of its own" grep -qE '^0::/.*mempol-run-[0-9]+\.scope$' /tmp/ran
check "under the engine that was named" grep -qE '^run-[0-9]+ +cache +mru .* active ' /tmp/ran
check "what it was to have pinned was, before it began" grep -q '"pinned_pages":1024' /tmp/ran || note "$(cat /tmp/ran /tmp/said)"
check "and stayed cached" [ "$(cached $data/a)" = $((4 * mib)) ]
check "its policy has gone with it" wait_for 20 bash -c '! mempolctl list | grep -q "^run-"'
check "and so has the file" bash -c '! ls /run/mempolicyd/policy.d/run-* 2>/dev/null'
check "and its pins" wait_for 20 bash -c "echo 3 >/proc/sys/vm/drop_caches; [[ \$(mempolctl cache residency $data/a) == *': 0 of '* ]]"
check "an engine that there is not is refused" [ "$(status_of mempolctl run --engine mrux -- touch /tmp/began)" = 2 ]
check "and nothing has been run" [ ! -e /tmp/began ]
check "what cannot be run is 127" [ "$(status_of mempolctl run --engine mru -- /nowhere)" = 127 ]
check "what is killed is 128 and its signal" [ "$(status_of mempolctl run --engine mru -- bash -c 'kill -KILL $$')" = 137 ]
mempolctl run --engine mru -- sleep 1000 >/tmp/ran 2>&1 &
ran=$!
check "a run is active" wait_for 60 bash -c "mempolctl list | grep -qE '^run-$ran +cache +mru .* active '"
kill -9 $ran
wait $ran 2>/dev/null
check "killed, it leaves its policy to the command" bash -c "mempolctl list | grep -qE '^run-$ran +cache +mru .* active '"
mempolctl run --engine mru -- true
check "the next run leaves it, too" [ -e /run/mempolicyd/policy.d/run-$ran.mempolicy ]
systemctl stop mempol-run-$ran.scope
mempolctl run --engine mru -- true
check "and takes it away when the command has ended" bash -c '! ls /run/mempolicyd/policy.d/run-* 2>/dev/null'
check "it is for root: exit 4" [ "$(status_of as reader mempolctl run --engine mru -- true)" = 4 ]

# ---- ends ----

read_in t a
mempolctl cache pin --set hot $data/a >/dev/null
check "again something is pinned" wait_for 20 is p pinned_pages $((4 * mib))
set_policy "PinMax=40%\n"
check "another PinMax= replaces the engine and breaks no pin" wait_for 20 says "may pin 40% of its memory, $((4 * mib)) pages" explain /t
rm "$policy_dir/p.mempolicy"
check "the policy goes" wait_for 20 gone p
check "and the sets with the last one" wait_for 20 bash -c '[[ $(mempolctl --json cache pins) == "{\"sets\":[]}" ]]'
set_policy "PinMax=25%\n"
wait_for 20 state_is p active
drop
read_in t a
mempolctl cache pin --set hot $data/a >/dev/null
check "once more" wait_for 20 is p pinned_pages $((4 * mib))
systemctl kill -s KILL mempolicyd
check "the daemon's end is the sets' end" wait_for 30 bash -c '[[ $(mempolctl --json cache pins) == "{\"sets\":[]}" ]]'
rm "$policy_dir/p.mempolicy"
wait_for 20 gone p

# ---- the example, and the microbenchmark ----

bash ./walk >/tmp/walk 2>&1
check "the walk prints what is expected" diff expected /tmp/walk
bash ./quiet/walk >/tmp/walk 2>&1
check "and so does the one of the quiet backup" diff quiet/expected /tmp/walk

cg_new m 16M
printf '[Match]\nCgroup=/m\n[Cache]\nEngine=fifo\nPinMax=65%%\n' >"$policy_dir/m.mempolicy"
wait_for 20 state_is m active
bench() { # PAGEPATROL: reads of all patterns
	cat >/tmp/config <<-END
		file_name = $data/bench
		file_size = 32M
		overwrite = 1
		iterations = 3
		PagePatrol = $1
		execution_sequence = SmallRegionRandomAccess SequentialAccessWithGaps
		[SequentialAccessWithGaps]
		gap = 1
		[SmallRegionRandomAccess]
		repeats = 20000
		region_size = 30
		unpin_after_iter = 5
	END
	in_cg m mempol-microbenchmark /tmp/config --cold 2>/tmp/said |
		awk '{ sub(/.*page_reads=/, ""); reads += $1 } END { print reads }'
}
echo 0 >"/sys/block/$(basename "$(findmnt -no SOURCE -T $data)")/queue/read_ahead_kb"
without=$(bench 0)
check "without PagePatrol = 1 no page is told" bash -c '! grep hints /tmp/said'
with=$(bench 1)
check "with it pages are told" grep -qE 'hints: ranges=[0-9]+ applied=[1-9]' /tmp/said
note "$(cat /tmp/said)" "page reads $without without hints, $with with"
at_most "and less is read, in percent of without" $((with * 100 / without)) 90
rm "$policy_dir/m.mempolicy"
wait_for 20 gone m

stop_daemon
check "the module can go" wait_for 20 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has nothing to complain of" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
