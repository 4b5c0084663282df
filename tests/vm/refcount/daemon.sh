#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Policies of reference counts under the daemon: what FilePath= names is in and nothing else, through edits, renames,
# unmounts, links and the daemon's death; `hot` finds what two CPUs read; and what explain, show, stats and events say.
# The example's walk prints what it promises. Runs inside the guest, called by tests/vm/test_refcount_daemon.

# shellcheck disable=SC2154,SC2119 # from engines.sh
# shellcheck disable=SC2016 # programs for an inner shell

cd /mnt/share || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
have=$(awk '$1 == "refcount" { print $2 }' /sys/module/mempol/parameters/mechanisms)
[[ -n $have ]] || skip "the kernel is built without CONFIG_MEMPOL_REF"
start_daemon

data=/mnt/data/refs
mkdir -p $data/db $data/open
for name in a b c; do head -c 16384 /dev/urandom >"$data/db/$name.idx"; done
cg_new t 64M
cg_new u 64M

# refs NAME LINES: a policy at /t
refs() {
	printf '[Match]\nCgroup=/t\n[Refcount]\n%b' "$2" >"$policy_dir/.$1.tmp"
	mv "$policy_dir/.$1.tmp" "$policy_dir/$1.mempolicy"
}
counter() { mempolctl stats "$1" --json | sed -nE "s/.*\"$2\": *([0-9]+).*/\1/p"; }
is() { [[ $(counter "$1" "$2") == "$3" ]]; }
has() { [[ $(counter "$1" "$2") -ge $3 ]]; }
# in_now NAME FILE...: exactly these are in, says show
in_now() {
	local name=$1 wanted
	shift
	wanted=$(printf '%s\n' "$@" | sort)
	[[ $(mempolctl show "$name" | sed -nE 's/^ *In: ([^ ]*) .*/\1/p' | sort) == "$wanted" ]]
}
says() { mempolctl "${@:2}" 2>&1 | grep -qF -- "$1"; }

check "features has it" bash -c "mempolctl --json features | grep -qF '\"name\":\"refcount\",\"available\":true'"

# ---- FilePath= ----

refs f "Engine=files\nFilePath=$data/db/*.idx\nPeriod=1s\n"
check "it is active" wait_for 10 state_is f active
check "what matches is in" wait_for 10 is f files 3
check "show says so" wait_for 5 in_now f $data/db/{a,b,c}.idx
check "and the events, with cause" wait_for 10 bash -c \
	'mempolctl events --json | grep -F db/a.idx | grep -F "\"type\":\"ref-file\"" | grep -qF "\"cause\":\"policy\""'
check "explain says that they are in for everybody" says "3 files are in, for every task of the machine" explain /t
check "and so for a cgroup that is not matched" says "3 files are in, for every task of the machine" explain /u
in_cg t ./reread x200 0,1 $data/db/a.idx >/tmp/read
check "reads are counted in cells" has f reads 1
check "and bring the right bytes" grep -q "wrong=0" /tmp/read
before=$(counter f reads)
in_cg u ./reread x200 0,1 $data/db/a.idx >/tmp/read
check "those of other cgroups, too" has f reads $((before + 1))
# Not the inodes: those take their files out. A file that has come to rest meanwhile is not asked about.
echo 0 >/sys/module/mempol_ref/parameters/rest_ms
in_cg t ./reread x200 0,1 $data/db/a.idx >/tmp/read
sync
echo 1 >/proc/sys/vm/drop_caches
check "dropping the caches asks the cells" has f queries 1

id=$(mempolctl show f --json | sed -nE 's/.*"opted_in": *([0-9]+).*/\1/p')
refs f "Engine=files\nFilePath=$data/db/[ab].idx\nPeriod=1s\n"
check "an edit takes a file out" wait_for 10 is f files 2
check "and no other" test "$(counter f opted_in)" = "$id"
mv $data/db/b.idx $data/b.old
check "a file that has lost its name goes out" wait_for 10 is f files 1
mv $data/b.old $data/db/b.idx
check "and comes back with it" wait_for 10 in_now f $data/db/{a,b}.idx
rm $data/db/a.idx
check "one that is deleted goes out" wait_for 10 is f files 1
echo new >$data/db/a.idx
check "and is in again when it is made anew" wait_for 10 in_now f $data/db/{a,b}.idx
refs f "Engine=files\nFilePath=$data/db/[ab].idx\nMaxFiles=1\nPeriod=1s\n"
check "another key replaces the engine, and the files stay in" wait_for 10 bash -c 'mempolctl events | grep -q "and its files stay in"'
check "all of them" in_now f $data/db/{a,b}.idx
rm -f "$policy_dir/f.mempolicy"
check "without its policy its files are out" wait_for 10 bash -c \
	'mempolctl events --json | grep -F db/b.idx | tail -n 1 | grep -qF "\"on\":false"'
wait_for 10 gone f
refs f "Engine=files\nFilePath=$data/db/*.idx\nMaxFiles=1\nPeriod=1s\n"
check "as many are in as MaxFiles= says" wait_for 10 in_now f $data/db/a.idx
check "and the row says that others are not" wait_for 5 reason_has f "2 of 3 files that FilePath= matches are not in"
check "with the reason" says "c.idx: MaxFiles=1 are in: raise it" show f

# Who may write to the directory may make a link, but not say with it which file is in.
chmod 1777 $data/open
setpriv --reuid 65534 --regid 65534 --clear-groups ln -s /etc/passwd $data/open/link
ln -s ../db/c.idx $data/db/link
refs f "Engine=files\nFilePath=$data/open/* $data/db/link\nPeriod=1s\n"
check "a user's link is not followed, root's is" wait_for 10 in_now f $data/db/link
check "which is said" says "link: a symbolic link that others than root can make leads to it" show f
mount -t tmpfs none $data/open
echo x >$data/open/x
check "a file on tmpfs is not in" wait_for 10 says "x: it is on tmpfs" show f
umount $data/open

# ---- a file system that goes ----

truncate -s 16M $data/disk
mke2fs -q -t ext4 $data/disk
mkdir -p /mnt/loop
mount -o loop $data/disk /mnt/loop
head -c 8192 /dev/urandom >/mnt/loop/x
refs f "Engine=files\nFilePath=/mnt/loop/*\nPeriod=1s\n"
check "a file of another file system is in" wait_for 10 in_now f /mnt/loop/x
in_cg t ./reread x100 0,1 /mnt/loop/x >/tmp/read
check "it can be unmounted all the same" wait_for 5 umount /mnt/loop
check "and its file is out" wait_for 10 is f files 0
check "because it was unmounted" wait_for 10 bash -c 'mempolctl events --json | grep -F loop/x | grep -qF "\"cause\":\"eviction\""'
mount -o loop $data/disk /mnt/loop
check "mounted again it is in again" wait_for 10 in_now f /mnt/loop/x
refs f "Engine=files\nFilePath=$data/db/*.idx\nPeriod=1s\n"
wait_for 10 is f files 3
umount /mnt/loop

# ---- the daemon dies ----

engine_start l files u || fail "the loader attaches: $answer"
in_table() { engine_ask l files && grep -qE "nr=$1( |$)" <<<"$answer"; }
check "the table has three" wait_for 5 in_table 3
kill -9 "$(systemctl show -P MainPID mempolicyd)"
lap death in_table 0
took=${laps[death]}
check "killed, all its files are out (after$took ms)" in_table 0
engine_end l
check "its successor opts them in again" wait_for 20 in_now f $data/db/{a,b,c}.idx
rm -f "$policy_dir/f.mempolicy"
wait_for 10 gone f

# ---- hot ----

refs h "Engine=hot\nMinReads=50\nIdle=2s\nSample=16\nPeriod=1s\n"
check "hot is active" wait_for 10 state_is h active
check "it says whose reads are sampled" says "1 in 16 of its cached reads is sampled" explain /t
check "and whose are not" says "1 in 16 of its cached reads is not sampled" explain /u
touch /tmp/reading
while [[ -e /tmp/reading ]]; do in_cg t ./reread 300 0,1 $data/db/c.idx >/dev/null; done &
readers=$!
check "what two CPUs read goes in" wait_for 20 is h files 1
check "because it was sampled" wait_for 10 bash -c 'mempolctl events --json | grep -F db/c.idx | grep -qF "\"cause\":\"sample\""'
check "explain names it" says "c.idx (sample)" explain /t
check "its reads are counted in cells" wait_for 10 has h reads 1
rm /tmp/reading
wait "$readers"
check "once it is idle it goes out" wait_for 30 is h files 0
check "because it was reviewed" wait_for 10 bash -c 'mempolctl events --json | grep -F db/c.idx | grep -qF "\"cause\":\"review\""'
rm -f "$policy_dir/h.mempolicy"
wait_for 10 gone h

# ---- the example ----

mkdir -p /srv/refs /mnt/data/walk
mount --bind /mnt/data/walk /srv/refs
bash ./walk >/tmp/walk 2>&1
check "the walk prints what is expected" diff expected /tmp/walk
cmp -s expected /tmp/walk || note "$(mempolctl events | tail -n 8)"
umount /srv/refs
stop_daemon
check "the module can go" wait_for 10 rmmod mempol
finish
