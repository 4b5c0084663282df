#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# On a kernel without the module the service starts, stays up without a restart loop, and says what is
# missing. Runs on any kernel: where there is a module it is taken out of modprobe's sight, so this comes
# last.

# The strings in single quotes are programs for an inner shell.
# shellcheck disable=SC2016,SC2154 source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

if have_module; then
	systemctl stop mempolicyd
	check "the module goes" wait_for 10 rmmod mempol
	rm "$(modinfo -n mempol)"
	depmod
fi
start_daemon
policy app mru
mkdir "$cgroot/app"
check "a policy waits" wait_for 5 state_is app waiting
check "it says for what" reason_has app "the running kernel has no mempol module"
check "the reason names the kernel" reason_has app "$(uname -r)"
if grep -q nr_mempol_file /proc/vmstat; then
	check "and which package has it" reason_has app "has the patches, so install mempol-dkms"
else
	check "and that it is not patched" reason_has app "is not patched"
fi
check "features say it too" bash -c 'mempolctl features | grep cache | grep -q "no mempol module"'
check "features exit with 0" mempolctl features
check "reload works" mempolctl reload
check "status says degraded" bash -c 'mempolctl status --json | grep -q "degraded"'
sleep 8
check "no restart loop" [ "$(systemctl show -P NRestarts mempolicyd)" = 0 ]
check "the service is active" systemctl -q is-active mempolicyd
check "stop succeeds" systemctl stop mempolicyd
rmdir "$cgroot/app"
finish
