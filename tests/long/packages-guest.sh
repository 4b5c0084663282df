#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What an administrator does with the packages, on the machine itself: look, drop a policy, upgrade and downgrade under
# load, remove, purge. Run in the guest by test_packages; what a person would type and see is written behind "transcript".

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
# shown COMMAND...: as it is typed, and what it prints. What dpkg overwrites on a terminal is left out.
shown() {
	echo "transcript # $*"
	"$@" 2>&1 | sed -e 's/(Reading database \.\.\. [0-9]*%//g' -e 's/^/transcript /'
}
wait_for() {
	local i
	for ((i = 0; i < $1 * 10; i++)); do
		"${@:2}" >/dev/null 2>&1 && return
		sleep 0.1
	done
	"${@:2}"
}
group=/sys/fs/cgroup/system.slice/search.service
old=$(dpkg-query -W -f '${Version}' mempolicyd)
load() {
	systemd-run --quiet --unit=search.service -p MemoryMax=64M \
		bash -c 'while :; do cat /root/big >/dev/null; sleep 0.5; done'
}
pages() { sed -n 's/^mempol_file //p' "$group/memory.stat"; }
some_pages() { (($(pages) > 1048576)); }
no_pages() { [[ $(pages) == 0 ]]; }
no_oom() { ! grep -q '^oom_kill [1-9]' "$group/memory.events"; }
works() { mempolctl features | grep -qE '^cache +yes'; }
not() { ! "$@"; }
daemon() { systemctl show -P MainPID mempolicyd; }
version() { dpkg-query -W -f '${Version}' "$1"; }

# engines: how many tables of functions BPF programs have registered with the kernel. BPF_MAP_GET_NEXT_ID,
# BPF_MAP_GET_FD_BY_ID and BPF_OBJ_GET_INFO_BY_FD; a plain Debian has no bpftool.
engines() {
	perl -e '
		my ($id, $count) = (0, 0);
		while (1) {
			my $next = pack("LLL", $id, 0, 0) . "\0" x 116;
			last if syscall(321, 12, $next, 128) < 0;
			$id = unpack("x4 L", $next);
			my $fd = syscall(321, 14, my $which = pack("LLL", $id, 0, 0) . "\0" x 116, 128);
			next if $fd < 0;
			my $info = "\0" x ($fd * 0 + 256);
			my $ask = pack("LLP", $fd, 256, $info) . "\0" x 112;
			$count++ if syscall(321, 15, $ask, 128) == 0 && unpack("L", $info) == 26;
			open(my $close, "<&=", $fd);
		}
		print "$count\n";'
}
some_engines() { (($(engines) > 0)); }
no_engines() { [[ $(engines) == 0 ]]; }

# stamp PATTERN: when the journal's newest line like it was written, in ms since the boot
stamp() {
	journalctl -q -b -o short-monotonic --no-hostname -u mempolicyd | grep -E "$1" | tail -n 1 |
		sed -E 's/^\[ *([0-9]+)\.([0-9]{3}).*/\1\2/'
}
# gap: for how many ms, of an emulated machine, the policy did not govern at the last restart
gap() { echo $(($(stamp 'policy 60-search governs') - $(stamp 'policy 60-search no longer governs'))); }
# changed BY: the daemon was restarted under load: pages are governed again, and how soon
changed() {
	check "$1: the daemon is a new one" test "$(daemon)" != "$before"
	check "$1: pages are governed again" wait_for 120 some_pages
	check "$1: the module stayed" test "$(stat -c %Y /sys/module/mempol)" = "$loaded"
	check "$1: nobody was killed" no_oom
	echo "# $1: the policy did not govern for $(gap) ms"
	journalctl -q -b -o short-monotonic --no-hostname -u mempolicyd | sed -n '/Stopping/h; /Stopping/!H; ${ x; p }' | sed 's/^/# /'
}
# stopped: when the daemon before this one was told to end, in seconds since 1970
stopped() { journalctl -q -b -o short-unix -u mempolicyd | sed -n 's/^\([0-9]*\)\..* Stopping mempolicyd.*/\1/p' | tail -n 1; }

release=$(uname -r)
echo "# $release, up for $(cut -d' ' -f1 /proc/uptime) s"
check "its unit is right" systemd-analyze verify --man=no mempolicyd.service
check "the service is active" wait_for 60 systemctl is-active mempolicyd
shown mempolctl features
check "the cache works here" works
# The machine was booted past its boot loader. With a menu, packages of kernels keep it up to date.
mkdir -p /boot/grub
shown update-grub
check "the kernel is in the boot menu" grep -q "menuentry .*Linux $release'" /boot/grub/grub.cfg
check "with its initramfs" grep -q "initrd.*/initrd.img-$release$" /boot/grub/grub.cfg
loaded=$(stat -c %Y /sys/module/mempol)
dd if=/dev/urandom of=/root/big bs=1M count=100 status=none
sync
echo 1 >/proc/sys/vm/drop_caches # what is cached already is this shell's
check "a load" load
check "no page is governed before there is a policy" no_pages
check "and no engine is in the kernel" no_engines
shown cp /usr/share/mempolicyd/policies/search.mempolicy /etc/mempolicyd/policy.d/60-search.mempolicy
shown mempolctl reload
check "pages are governed" wait_for 120 some_pages
check "by an engine in the kernel" some_engines
shown mempolctl list
shown mempolctl stats

before=$(daemon)
shown systemctl restart mempolicyd
changed restart

check "apt knows the newer version" apt-get -q update
before=$(daemon)
shown apt-get -qy upgrade
check "the newer version is installed" grep -q upgrade <<<"$(version mempolicyd)"
rm -r /usr/share/mempol-dkms # test_packages put it there
changed upgrade
check "upgrade: the module for the next boot is the newer one" grep -q "mempol/.*upgrade, $release.*installed" <(dkms status)
# By depmod, after all that took long.
check "upgrade: that one was there before the older daemon ended" test "$(stat -c %Y "/lib/modules/$release/modules.dep")" -le "$(stopped)"

# Programs only: the module is built once more each time, which is the slow part here.
before=$(daemon)
shown apt-get -qy --allow-downgrades install "mempolicyd=$old" "libmempolicy0=$old" "libmempolicy-dev=$old"
check "the older version is installed" test "$(version mempolicyd)" = "$old"
changed downgrade

shown apt-get -qy remove mempolicyd mempol-dkms libmempolicy0 libmempolicy-dev mempolicyd-doc
check "removed: the load goes on" systemctl is-active search.service
check "removed: no page is governed" wait_for 60 no_pages
check "removed: no engine is in the kernel" wait_for 10 no_engines
check "removed: the module is gone" not grep -q '^mempol ' /proc/modules
check "removed: the policy stays" test -f /etc/mempolicyd/policy.d/60-search.mempolicy
check "removed: nobody was killed" no_oom

shown apt-get -qy purge mempolicyd mempol-dkms libmempolicy0 libmempolicy-dev mempolicyd-doc
systemctl daemon-reload
check "purged: the load goes on" systemctl is-active search.service
check "purged: the unit is gone" not systemctl cat mempolicyd
check "purged: the group is gone" not getent group mempolicy
check "purged: no package is known" not dpkg-query -W 'mempol*' 'libmempol*'
systemctl stop search.service

shown apt-get -qy purge "linux-image-$release" "linux-headers-$release"
check "the kernel leaves the boot menu" not grep -q "$release" /boot/grub/grub.cfg
# Nobody's files by our name, which the kernel has in its own. The repository and the logs of apt are not the packages'.
find / -xdev \( -path /proc -o -path /sys -o -path /root -o -path /srv -o -path /tmp -o -path /var/log -o -path /var/lib/apt \
	-o -path /var/cache/apt \) -prune -o -iname '*mempol*' -print | while read -r file; do
	dpkg -S "$file" >/dev/null 2>&1 || echo "$file"
done >/root/left
sync
echo "end of guest"
