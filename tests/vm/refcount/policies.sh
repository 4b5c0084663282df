#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Refcount policies without the daemon: which files are opted in and out, by engines and by request; what is refused;
# what becomes of engines that mean harm, of owners that hang and die, and of the module. Runs inside the guest,
# called by tests/vm/test_refcount with the loader and the engines in /mnt/share. That no page is freed under a reader
# is shown elsewhere.
#
#   policies.sh short|long

# shellcheck disable=SC2154,SC2119 # from engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
have=$(awk '$1 == "refcount" { print $2 }' /sys/module/mempol/parameters/mechanisms)
[[ -n $have ]] || skip "the kernel is built without CONFIG_MEMPOL_REF"
check "the mechanism is there" test "$have" = 0

data=/mnt/data/refcount
mkdir -p $data
files=()
for ((i = 0; i < 80; i++)); do
	head -c 4096 /dev/urandom >"$data/$i"
	files+=("$data/$i")
done
sync
cpus=$(nproc)
cg_new t 64M

# counter NAME KEY: of a policy, now.
counter() { engine_ask "$1" info && engine_value "$2"; }
# variable NAME VARIABLE: of an engine, now.
variable() { engine_ask "$1" value "$2" && sed -nE 's/^value .*=([0-9]+)$/\1/p' <<<"$answer"; }
is() { [[ $("$1" "$2" "$3") -eq $4 ]]; }
has() { [[ $("$1" "$2" "$3") -ge $4 ]]; }
# file NAME ARGUMENTS...: a request; its error, as a number above 0.
file() {
	engine_ask "$1" file "${@:2}"
	sed -E 's/.*error=-?([^ ]*).*/\1/' <<<"$answer"
}
# refused WHAT ERRNO NAME ARGUMENTS...
refused() {
	local got
	got=$(file "${@:3}")
	if [[ $got == "$2" ]]; then ok "refused: $1"; else fail "refused: $1 (error $got instead of $2)"; fi
}
# start NAME ENGINE CGROUP [NAME=NUMBER...]
start() { LOADER_SET="${*:4}" engine_start "$1" "$2" "$3" || fail "$2 attaches: $answer"; }
# not_attached WHAT ERROR ENGINE CGROUP [NAME=NUMBER...]
not_attached() {
	local said
	said=$(LOADER_SET="${*:5}" ./loader ./agent.bpf.o "./$3.bpf.o" "${4:+$cgroot/}${4:--}" 2>&1 </dev/null)
	if [[ $said == *"error=$2"* ]]; then ok "not attached: $1"; else fail "not attached: $1 ($said)"; fi
}
# In the background, until the file is gone: who stops by the clock would stop before a busy host is done.
readers_begin() {
	touch /tmp/reading
	{ while [[ -e /tmp/reading ]]; do in_cg t ./reread 200 "$@" >>/tmp/read || touch /tmp/wrong; done; } &
	readers=$!
}
readers_end() {
	rm -f /tmp/reading
	wait "$readers"
}

# ---- files: by request alone ----

start f files t period_ms=200
check "a file is opted in by request" test "$(file f in "$data/0")" = 0
refused "again" 114 f in "$data/0"
before=$(counter f reads)
in_cg t ./reread x200 0 "$data/0" >/tmp/read || touch /tmp/wrong
warm=$(counter f reads)
at_least "reads that mark the page go the kernel's own way" "$(counter f unmarked)" 1
in_cg t ./reread x1000 0 "$data/0" >/tmp/read || touch /tmp/wrong
at_least "and then each is counted in a cell" $(($(counter f reads) - warm)) 1000
at_most "and nothing else is" $(($(counter f reads) - warm)) 1001
note "of the first 201 reads $((warm - before)) were"
check "one that is not in is not" test "$(file f in "$data/1")$(file f out "$data/1")" = 00
warm=$(counter f reads)
in_cg t ./reread x500 0 "$data/1" >/tmp/read || touch /tmp/wrong
check "nor one that is out again" test "$(counter f reads)" = "$warm"
engine_ask f files
check "the table names it" grep -q "nr=1 .*cause=4 .*name=$data/0$" <<<"$answer"
refused "out what is not in" 2 f out "$data/1"
engine_ask f file in "$data/2"
numbers=$(sed -E 's/.*dev=([0-9]+) ino=([0-9]+).*/\1 \2/' <<<"$answer")
mv "$data/2" "$data/2.renamed"
check "a file that has moved goes out by its numbers" test "$(file f number "$numbers")" = 0
refused "by numbers of none" 2 f number "$numbers"
mv "$data/2.renamed" "$data/2"
check "one in" is counter f files 1
file f in "$data/3" >/dev/null
out=$(counter f opted_out)
rm "$data/3"
check "a file that is deleted leaves the table" wait_for 10 is counter f files 1
check "and is counted" test "$(counter f opted_out)" = $((out + 1))

refused "a character device" 22 f in /dev/null
refused "a block device" 22 f in "$(device_of /mnt/data)"
refused "a directory" 22 f in "$data"
mkfifo /tmp/fifo
refused "a pipe" 22 f in /tmp/fifo
mkdir -p /tmp/shm && mount -t tmpfs none /tmp/shm && echo x >/tmp/shm/x
refused "tmpfs" 95 f in /tmp/shm/x
refused "procfs" 95 f in /proc/self/status
dd if=/dev/zero of=/mnt/data/swap bs=1M count=4 status=none && mkswap -q /mnt/data/swap && chmod 600 /mnt/data/swap
if swapon /mnt/data/swap; then
	refused "swap space" 26 f in /mnt/data/swap
	swapoff /mnt/data/swap
else
	ok "refused: swap space # SKIP no swapon"
fi
refused "no descriptor" 9 f fd in -1
refused "another one" 9 f fd in 9999
refused "a descriptor that only names a file" 9 f path "$data/4"
refused "a cause that is the kernel's to give" 22 f in "$data/4" 1
refused "a policy that never was" 2 f in "$data/4" 4 4711
at_least "what it was is counted" "$(counter f refused_kind)" 6
engine_ask f nobody
check "who is not privileged may ask for nothing" test "$(engine_value denied)" = "$(engine_value ops)"

# ---- others ----

cg_new u 64M
start g files u max_files=2 sample=64
engine_ask f id
of_f=$(engine_value id)
refused "another policy's file" 16 g in "$data/0"
engine_ask g file in "$data/0"
check "and whose it is, is said" test "$(engine_value owner)" = "$of_f"
refused "out another policy's file" 2 g out "$data/0"
check "two are in" test "$(file g in "$data/5")$(file g in "$data/6")" = 00
refused "a third of two" 28 g in "$data/7"
check "counted as full" is counter g refused_full 1
check "and as owned" is counter g refused_owned 2
not_attached "a second one to a cgroup" "Device or resource busy" files u
not_attached "to no cgroup" "Invalid argument" files ""
not_attached "samples that are too many" "Invalid argument" files t sample=3
not_attached "more files than there may be" "Invalid argument" files t max_files=1025
not_attached "periods that are too short" "Invalid argument" files t period_ms=10
for ((i = 2; i < 8; i++)); do
	mkdir "$cgroot/v$i"
	start "v$i" files "v$i"
done
mkdir "$cgroot/v8"
not_attached "a ninth policy" "No space left on device" files v8
for ((i = 2; i < 8; i++)); do
	engine_end "v$i"
	rmdir "$cgroot/v$i"
done
start h files v8
check "an eighth again" test "$answer" = attached
engine_end h
engine_end g
engine_ask f files
check "the files of a policy go out with it" grep -q ' nr=1 ' <<<"$answer"

# ---- its owner ----

check "the module stays while a policy is attached" test "$(rmmod mempol 2>&1 | grep -c 'in use')" = 1
readers_begin 0,1 "$data/0"
for ((i = 0; i < 3; i++)); do
	start "k$i" files u
	file "k$i" in "$data/8" >/dev/null
	file "k$i" in "$data/9" >/dev/null
	kill -9 "${engine_pid[k$i]}"
	all_out() { engine_ask f files && grep -q ' nr=1 ' <<<"$answer"; }
	lap out all_out
	engine_forget "k$i"
done
median out 1000 "when its owner dies its files are out within 1 s"
engine_ask f replace ./opener.bpf.o
check "an engine takes over from another" test "$answer" = "replace ok"
check "with its file" is counter f files 1
check "and is asked for it" wait_for 10 has variable f opener_reviews 1
check "for the time since the last review" wait_for 10 has variable f opener_reads 1
readers_end
engine_end f

echo 300 >/sys/module/mempol/parameters/heartbeat_ms
start p opener t flags=1 sample=16 period_ms=200
file p in "$data/0" >/dev/null
check "without the daemon's beat a policy is passive" wait_for 10 is counter p passive 1
calls=$(counter p calls)
reads=$(counter p reads)
in_cg t ./reread x2000 0 "$data/0" "$data/1" >/tmp/read || touch /tmp/wrong
check "no callback runs then" test "$(counter p calls)" = "$calls"
check "its files stay in" is counter p files 1
at_least "and are read by cells" $(($(counter p reads) - reads)) 1000
echo 10000 >/sys/module/mempol/parameters/heartbeat_ms
engine_ask p beat
in_cg t ./reread x2000 0 "$data/1" >/tmp/read || touch /tmp/wrong
check "with the beat it is asked again" wait_for 10 has counter p calls $((calls + 1))
engine_end p

# ---- rest: a file that nobody reads ----

rest_ms=/sys/module/mempol_ref/parameters/rest_ms
page=0
# goes WHETHER: one more page of the file goes, and the cells are asked, or not. One that somebody holds for the moment
# does not go.
goes() {
	local before after asked
	asked=$(counter r queries)
	read -r before after < <(./query page $page "$data/rest")
	page=$((page + 1))
	((before == after + 1)) || return 1
	if (($(counter r queries) > asked)); then [[ $1 == asked ]]; else [[ $1 == unasked ]]; fi
}
read_rest() { in_cg t ./reread x20 0 "$data/rest" >/tmp/read || touch /tmp/wrong; }
read_goes_asked() { read_rest && goes asked; }

head -c 8M /dev/urandom >"$data/rest"
sync "$data/rest"
echo 1 >/proc/sys/vm/drop_caches
start r files t
echo 0 >$rest_ms
file r in "$data/rest" >/dev/null
dd if="$data/rest" of=/dev/null bs=64k skip=1 status=none
page=16
check "the cells are asked about a file that is read" wait_for 20 read_goes_asked
echo 1 >$rest_ms
check "and not about one that is idle" wait_for 20 goes unasked
reads=$(counter r reads)
read_rest
at_least "the next reads are counted in cells" $(($(counter r reads) - reads)) 15
check "it comes to rest again" wait_for 20 goes unasked
echo 0 >$rest_ms
check "and wakes" wait_for 20 read_goes_asked
echo 1 >$rest_ms
check "once more" wait_for 20 goes unasked
check "a file that rests can be opted out" test "$(file r out "$data/rest")" = 0
check "and in" test "$(file r in "$data/rest")" = 0
check "then it rests" wait_for 20 goes unasked
rm "$data/rest"
check "one that rests is forgotten with its inode" wait_for 10 is counter r files 0
echo 1000 >$rest_ms
engine_end r

# ---- hot: by samples ----

# Few reads are enough: a page has to be read 16 * HOT_SAMPLES times in a second, also by a guest that is slow.
start hot hot t sample=16 period_ms=200 min_reads=120 idle=1
file hot in "$data/1" >/dev/null
readers_begin 0 "$data/0"
check "hot is shown what one CPU reads" wait_for 60 has counter hot calls 100
check "and does not opt it in" is counter hot files 1
readers_end
if ((cpus > 1)); then
	readers_begin 0,1 "$data/0"
	check "what two CPUs read is opted in" wait_for 60 is counter hot files 2
	engine_ask hot files
	check "for the reason that it was sampled" grep -q " cause=1 .*name=$data/0$" <<<"$answer"
	check "and read by cells" wait_for 10 has counter hot reads 1000
	readers_end
	check "it goes out when it is idle" wait_for 20 is counter hot files 1
	check "what was asked for by name stays" test "$(file hot in "$data/1")" = 114
	note "$(counter hot opted_in) in, $(counter hot opted_out) out, $(counter hot refused) refused"
fi
engine_end hot

# ---- who means harm ----

start o opener t sample=16 max_files=20 period_ms=500
engine_ask o set opener_answer 1
began=$(now_ms)
in_cg t ./reread 1000 0 "${files[@]:10:60}" >/tmp/read || touch /tmp/wrong
in_seconds=$((($(now_ms) - began) / 1000 + 2))
opened=$(counter o opted_in)
at_least "an engine that wants every file gets some" "$opened" 5
at_most "ten a second" "$opened" $((10 * in_seconds))
at_least "of others it is counted that they were too many" "$(counter o refused_rate)" 20
in_cg t ./reread 2000 0 "${files[@]:10:60}" >/tmp/read || touch /tmp/wrong
at_most "and no more than its limit" "$(counter o files)" 20
check "the policy stays" is counter o attached 1
engine_ask o set opener_out 1
check "one that wants every file out and in again" wait_for 20 has counter o opted_out 20
check "its samples stand for as many reads as they are one of" test "$(variable o opener_weight)" = 16
engine_ask o set opener_answer 0
check "has none at the end" wait_for 20 is counter o files 0
engine_ask o set opener_answer 7
engine_ask o set opener_out 0
in_cg t ./reread x100 0 "${files[@]:10:20}" >/tmp/read || touch /tmp/wrong
at_least "an answer that is none is refused" "$(counter o refused_verdict)" 50
check "and opts nothing in" is counter o files 0
if [[ $1 == long ]]; then
	readers_begin 0,1 "${files[@]:10:20}"
	check "too many of them, and it is thrown out" wait_for 300 is counter o exit 5
	readers_end
fi
engine_end o

start s opener t sample=16 period_ms=200
file s in "$data/0" >/dev/null
engine_ask s set opener_spin_ns 50000000
readers_begin 0 "$data/1"
check "an engine that takes too long is thrown out" wait_for 60 is counter s exit 6
check "its files are out while its owner lives" wait_for 10 is counter s files 0
refused "a policy that was thrown out" 2 s in "$data/1"
calls=$(variable s opener_samples)
sleep 0.3
check "it is not asked again" test "$(variable s opener_samples)" = "$calls"
readers_end
engine_end s

start r opener t sample=1024 period_ms=100
for i in 0 1 2 4 5; do file r in "$data/$i" >/dev/null; done
engine_ask r set opener_review_spin_ns 100000000
check "so is one that reviews for too long" wait_for 60 is counter r exit 6
engine_end r

# ---- whose reads ----

mkdir "$cgroot/t/child"
start above opener t sample=16
start below files t/child sample=16
seen=$(variable above opener_samples)
in_cg t/child ./reread x1000 0 "$data/0" >/tmp/read || touch /tmp/wrong
check "a nearer policy hides a cgroup from the one above" test "$(variable above opener_samples)" = "$seen"
engine_end below
in_cg t/child ./reread x1000 0 "$data/0" >/tmp/read || touch /tmp/wrong
at_least "without it the one above is shown its reads" "$(variable above opener_samples)" $((seen + 10))
seen=$(variable above opener_samples)
in_cg u ./reread x1000 0 "$data/0" >/tmp/read || touch /tmp/wrong
check "and never those of a cgroup beside" test "$(variable above opener_samples)" = "$seen"
engine_end above

start gone files t/child
file gone in "$data/0" >/dev/null
rmdir "$cgroot/t/child"
check "a cgroup that goes takes its policy with it" wait_for 10 is counter gone exit 3
check "and its files" is counter gone files 0
engine_end gone

# An engine of the cache that wants to know of each access to a page.
drop_caches
start c pulse t
# A page that came in is on no list before its CPU's batch is full.
in_cg t ./reread x200 0 "$data/0" "${files[@]:10:60}" >/tmp/read || touch /tmp/wrong
calls=$(variable c pulse_calls)
in_cg t ./reread o1000 0 "$data/0" >/tmp/read || touch /tmp/wrong
without=$(($(variable c pulse_calls) - calls))
start f files t
file f in "$data/0" >/dev/null
calls=$(variable c pulse_calls)
in_cg t ./reread o1000 0 "$data/0" >/tmp/read || touch /tmp/wrong
at_least "an engine is told of accesses" "$without" 1000
check "as often of a file that is in" test "$(($(variable c pulse_calls) - calls))" = "$without"
at_least "which then go the kernel's own way" "$(counter f unmarked)" 1000
engine_end c
engine_end f

check "no byte was wrong" test ! -e /tmp/wrong
rmdir "$cgroot"/{t,u,v8}
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
note "$SECONDS s"
finish
