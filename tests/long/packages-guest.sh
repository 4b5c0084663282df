#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What an administrator does with the packages, on the machine itself: look, drop a policy, upgrade under load, purge.
# Run in the guest by test_packages; what a person would type and see is written behind "transcript".

number=0
check() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@" >/tmp/out 2>&1; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		tail -n 20 /tmp/out | sed 's/^/# /'
	fi
}
# shown COMMAND...: as it is typed, and what it prints
shown() {
	echo "transcript # $*"
	"$@" 2>&1 | sed 's/^/transcript /'
}
wait_for() {
	local i
	for ((i = 0; i < $1 * 10; i++)); do
		"${@:2}" >/dev/null 2>&1 && return
		sleep 0.1
	done
	"${@:2}"
}
load() {
	systemd-run --quiet --unit=search.service -p MemoryMax=64M \
		bash -c 'while :; do cat /root/big >/dev/null; done'
}
pages() { grep -h '^mempol_file ' /sys/fs/cgroup/system.slice/search.service/memory.stat | cut -d' ' -f2; }
some_pages() { (($(pages) > 1048576)); }
no_oom() { ! grep -q '^oom_kill [1-9]' /sys/fs/cgroup/system.slice/search.service/memory.events; }

modprobe mempol 2>/dev/null
check "its unit is right" systemd-analyze verify --man=no mempolicyd.service
check "the service is active" wait_for 60 systemctl is-active mempolicyd
shown mempolctl features
check "the cache works here" bash -c "mempolctl features | grep -E '^cache +yes'"
dd if=/dev/urandom of=/root/big bs=1M count=100 status=none
sync
echo 1 >/proc/sys/vm/drop_caches # what is cached already is this shell's
check "a load" load
check "no page is governed before there is a policy" bash -c '! grep -q "^mempol_file [1-9]" /sys/fs/cgroup/system.slice/search.service/memory.stat'
shown cp /usr/share/mempolicyd/policies/search.mempolicy /etc/mempolicyd/policy.d/60-search.mempolicy
shown mempolctl reload
check "pages are governed" wait_for 120 some_pages
shown mempolctl list

before=$(systemctl show -P MainPID mempolicyd)
check "apt knows the newer version" apt-get -q update
shown apt-get -qy upgrade
check "it is installed" bash -c "dpkg-query -W -f '\${Version}' mempolicyd | grep -q upgrade"
check "the daemon is a new one" bash -c "[[ \$(systemctl show -P MainPID mempolicyd) != $before ]]"
check "pages are governed again" wait_for 120 some_pages
check "nobody was killed" no_oom
journalctl -o short-monotonic -u mempolicyd --no-pager | tail -n 20 | sed 's/^/# /'

shown apt-get -qy purge mempolicyd mempol-dkms libmempolicy0 libmempolicy-dev mempolicyd-doc
check "the load goes on" systemctl is-active search.service
check "no page is governed" wait_for 60 bash -c 'grep -q "^mempol_file 0" /sys/fs/cgroup/system.slice/search.service/memory.stat'
check "the module is gone" bash -c '! grep -q "^mempol " /proc/modules'
check "the unit is gone" bash -c '! systemctl cat mempolicyd 2>/dev/null'
check "the group is gone" bash -c '! getent group mempolicy'
find / -xdev \( -path /proc -o -path /sys -o -path /root -o -path /srv -o -path /var/log -o -path /var/lib/apt -o -path /var/lib/dpkg \
	-o -path /usr/src/linux-headers-\* -o -path /var/cache \) -prune -o -iname '*mempol*' -print | grep -v -e "/boot/" -e "/modules/$(uname -r)$" -e 'share/doc/linux-' >/root/left
systemctl stop search.service
sync
echo "end of guest"
