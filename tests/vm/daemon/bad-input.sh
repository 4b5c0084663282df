#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Whatever lies in the policy directory, the service stays up, says what is wrong with file and line, and
# what was good goes on. Runs on any kernel.

# The strings in single quotes are programs for an inner shell.
# shellcheck disable=SC2016,SC2154 source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

start_daemon
pid=$(systemctl show -P MainPID mempolicyd)

# bad NAME LINE TEXT CONTENT: a new file that is failed with that line and those words.
bad() {
	local name=$1 line=$2 words=$3 content=$4
	printf '%b' "$content" >"$policy_dir/$name.mempolicy"
	lap failed state_is "$name" failed
	check "$name is failed" state_is "$name" failed
	check "$name says where" reason_has "$name" "$policy_dir/$name.mempolicy:$line: "
	check "$name says what: $words" reason_has "$name" "$words"
	check "$name is refused by check alike" bash -c \
		"mempolctl check $policy_dir/$name.mempolicy 2>&1 | grep -F '$name.mempolicy:$line: ' | grep -F -- '$words'"
}

policy good mru
check "a good file is not failed" wait_for 5 state_is good waiting

bad key 4 "Engin" '[Match]\nCgroup=/x\n[Cache]\nEngin=mru\n'
bad section 3 "[Cash]" '[Match]\nCgroup=/x\n[Cash]\nEngine=mru\n'
bad engine 4 "mur" '[Match]\nCgroup=/x\n[Cache]\nEngine=mur\n'
bad glob 2 "[" '[Match]\nCgroup=/x[\n[Cache]\nEngine=mru\n'
bad later 5 "not available in this version" '[Match]\nCgroup=/x\n[Cache]\nEngine=mru\n[Guard]\nEngine=x\n'
bad two 5 "one mechanism" '[Match]\nCgroup=/x\n[Cache]\nEngine=mru\n[Balloon]\nEngine=balloon-free\n'
median failed 1000 "a bad file is failed within 1 s"

head -c 5000 /dev/urandom >"$policy_dir/junk.mempolicy"
check "binary junk is failed" wait_for 5 state_is junk failed
mkfifo "$policy_dir/fifo.mempolicy"
check "a FIFO is failed" wait_for 5 state_is fifo failed
check "a FIFO is named as such" reason_has fifo "not a regular file"
mkdir "$policy_dir/dir.mempolicy"
check "a directory is failed" wait_for 5 state_is dir failed
check "a directory is named as such" reason_has dir "directory"
echo text >/run/nobpf.bpf.o
policy nobpf /run/nobpf.bpf.o
check "an engine that is no BPF object is failed" wait_for 5 state_is nobpf failed
check "an engine that is no BPF object is named" reason_has nobpf /run/nobpf.bpf.o
mkfifo /run/fifo.bpf.o
policy fifoengine /run/fifo.bpf.o
check "a FIFO as an engine is failed" wait_for 5 state_is fifoengine failed
policy noengine /run/does-not-exist.bpf.o
check "an engine that does not exist is failed" wait_for 5 state_is noengine failed
cp "$policy_dir/good.mempolicy" "$policy_dir/README"
cp "$policy_dir/good.mempolicy" "$policy_dir/hidden.mempolicy~"
sleep 1
check "other names are ignored" bash -c '! mempolctl list | grep -Eq "README|hidden"'

printf '[Match]\nCgroup=/good\n[Cache]\nEngin=mru\n' >"$policy_dir/good.mempolicy"
check "a bad edit says that the last good version is kept" \
	wait_for 5 reason_has good "kept the last good version: $policy_dir/good.mempolicy:4: "
check "a bad edit leaves the state" state_is good waiting
check "a bad edit is shown" bash -c "mempolctl show good | grep -F 'good.mempolicy:4: '"
policy good mru
check "a corrected edit has no reason of that kind" wait_for 5 bash -c \
	'! mempolctl list --json | grep -q "kept the last good"'

rm -rf "${policy_dir:?}"/{fifo,dir,junk,key}.mempolicy
check "a bad file that goes is forgotten" wait_for 5 gone fifo
check "the daemon is the one that was started" [ "$(systemctl show -P MainPID mempolicyd)" = "$pid" ]
check "the service did not restart" [ "$(systemctl show -P NRestarts mempolicyd)" = 0 ]
check "the journal has structured fields" bash -c \
	'journalctl -u mempolicyd -o json MEMPOL_EVENT=failed | grep -q "\"MEMPOL_POLICY\":\"section\""'
finish
