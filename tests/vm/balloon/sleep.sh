#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A guest that goes to sleep while blocks are held for the host: the device is frozen, which gives them back, and
# when it is thawed the policy goes on. Runs inside the guest, called by tests/vm/test_balloon_devices. The
# shared directory does not survive that (9p cannot be frozen, and who asks it for anything waits for ever), so it
# is left before.

# shellcheck disable=SC2154 # from lib.sh, engines.sh and sizer.sh

if [[ $PWD == /mnt/share ]]; then
	here=$(mktemp -d)
	cp /mnt/share/*.{sh,o} /mnt/share/{loader,memtool} "$here/" && cd "$here" || exit 1
	unset OLDPWD # every shell looks whether that is a directory
	exec bash ./sleep.sh # closes the file this was read from
fi
umount /mnt/share || exit 1
for part in lib cgroup engines sizer; do
	# shellcheck source=/dev/null
	. ./$part.sh
done

modprobe mempol || { fail "modprobe mempol"; finish; }
eighth=8192
before=$(managed)
# All of it but for the firmware: tasks and devices are frozen and, a second later, thawed.
echo devices >/sys/power/pm_test
echo 1 >/sys/module/suspend/parameters/pm_test_delay
start_sizer
check "a policy is in charge of the balloon" test "$answer" = attached
for lap in 1 2 3; do
	hold $eighth
	check "lap $lap: blocks are held" test "$(engine_value held_pages)" = $eighth
	returned=$(engine_value returned)
	# Free page reporting is at work meanwhile, on the same queue.
	./memtool hog $((eighth * 4 / 256)) 1
	check "lap $lap: the guest sleeps and wakes up" timeout 120 bash -c 'echo freeze >/sys/power/state'
	check "lap $lap: the policy goes on" wait_for 10 holds $eighth
	engine_ask e info
	at_least "lap $lap: with what it had given back to sleep" $(($(engine_value returned) - returned)) $eighth
	check "lap $lap: managed pages are less by that" test "$(managed)" = $((before - eighth))
	hold 0
	check "lap $lap: all of it comes back" test "$(managed)" = "$before"
	check "lap $lap: the memory is there" ./memtool hog $((eighth / 256)) 1
done
hold $eighth
engine_kill e
check "an owner that dies leaves nothing held" wait_for 5 managed_is "$before"
check "the module unloads" wait_for 5 rmmod mempol
complaints=$(kernel_complaints)
check "the kernel has no complaint" test -z "$complaints"
[[ -z $complaints ]] || note "$complaints"
finish
