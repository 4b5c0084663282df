#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's own selftests give the same results when all their files are governed as without: each is run
# in a cgroup without a policy, and in one with; what creates cgroups does so below that one, in a cgroup
# namespace whose root it is. Runs inside the guest, called by tests/vm/test_cache_selftests.

# shellcheck disable=SC2154 # from engines.sh

cd /mnt/share || exit 1
for part in lib cgroup engines; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
# Kills for memory are wanted here, and a dump of each on the console would look like a splat.
dmesg -n 1
mkdir -p /mnt/data/work "$cgroot/plain" "$cgroot/policy"
engine_start e lfu policy || { fail "lfu attaches: $answer"; finish; }

# results NAME CGROUP: the lines that say how it went, without numbers and times
results() {
	# shellcheck disable=SC2016 # for the inner shells
	in_cg "$2" unshare --cgroup --mount bash -c '
		cd /mnt/data/work || exit
		exec timeout "$2" stdbuf -oL "/mnt/share/$1"' - "$1" $((60 * slow)) >"/tmp/$1.$2" 2>&1
	sed -nE '/^[[:space:]]*(not )?ok |^Bail|^1..0/p' "/tmp/$1.$2"
}

# The namespace's root is the cgroup: a file system of its own shows it so. The test itself moves out of it,
# into a leaf, as a container's init does: who has processes may not enable controllers.
results_below() {
	mkdir "$cgroot/$2/init"
	# shellcheck disable=SC2016 # for the inner shells
	in_cg "$2" unshare --cgroup --mount bash -c '
		mount -t cgroup2 none /sys/fs/cgroup && echo $$ >/sys/fs/cgroup/init/cgroup.procs || exit
		echo "+memory +pids" >/sys/fs/cgroup/cgroup.subtree_control || exit
		cd /mnt/data/work || exit
		exec timeout "$2" stdbuf -oL "/mnt/share/$1"' - "$1" $((120 * slow)) >"/tmp/$1.$2" 2>&1
	sed -nE '/^[[:space:]]*(not )?ok |^Bail/p' "/tmp/$1.$2"
	echo "-memory -pids" >"$cgroot/$2/cgroup.subtree_control"
	wait_for 5 rmdir "$cgroot/$2/init"
}

# Some depend on the clock, and fail now and then whoever governs: what was ok without must be so with a policy in one
# of three tries.
worse() { comm -23 <(grep '^[[:space:]]*ok ' "/tmp/$1.all.plain" | sort -u) <(grep '^[[:space:]]*ok ' "/tmp/$1.all.policy" | sort -u); }

# same NAME [FUNCTION]
same() {
	local name=$1 how=${2:-results} try plain policy start=$SECONDS
	for try in 1 2 3; do
		drop_caches
		plain=$($how "$name" plain)
		drop_caches
		policy=$($how "$name" policy)
		cat <<<"$plain" >>"/tmp/$name.all.plain"
		cat <<<"$policy" >>"/tmp/$name.all.policy"
		[[ -n $(worse "$name") ]] || break
		note "$name, try $try: $(diff <(echo "$plain") <(echo "$policy") | grep '^[<>]' | tr '\n' ' ')"
	done
	if [[ $plain == 1..0* && $plain == "$policy" ]]; then
		ok "the same with a policy as without: $name # SKIP ${plain#*SKIP }"
	elif grep -q '^[[:space:]]*ok ' <<<"$plain" && [[ -z $(worse "$name") ]]; then
		ok "the same with a policy as without: $name, $(grep -c '^[[:space:]]*ok ' <<<"$plain") ok, $(grep -c 'not ok' <<<"$plain") not ok, $((SECONDS - start)) s"
	else
		fail "the same with a policy as without: $name"
	fi
	grep 'not ok' <<<"$plain" | sed 's/^/# without a policy too: /'
	[[ -n $plain ]] || sed 's/^/# /' "/tmp/$name.plain"
}

for name in test_cachestat mincore_selftest madv_populate map_populate mlock2-tests; do
	same $name
done
engine_ask e info
note "$answer"
at_least "their files were governed" "$(engine_value added)" 200
if [[ $slow == 1 ]]; then
	before=$(engine_value added)
	kills=$(oom_kills) # on purpose
	same test_memcontrol results_below
	engine_ask e info
	note "$answer"
	at_least "those of the memory controller's too" "$(engine_value added)" $((before + 1000))
	note "OOM kills, all wanted: $(($(oom_kills) - kills))"
else
	# Amounts are judged after waits of fixed lengths, and three tries of it take hours.
	ok "the same with a policy as without: test_memcontrol # SKIP too slow on this kernel to mean anything"
fi

engine_end e
check "everything is the kernel's again" wait_for 5 no_governed
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints | grep -vE 'oom-kill|[Oo]ut of memory|Killed process')
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
