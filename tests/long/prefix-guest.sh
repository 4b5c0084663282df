#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's half of test_prefix: what docs/install.md says for a prefix that systemd does not look below, and a policy
# that governs by it.

cd /mnt/share || exit 1
# shellcheck source=/dev/null
. ./lib.sh

systemctl stop mempolicyd 2>/dev/null
# Nothing of /usr may help.
rm -rf /usr/sbin/mempolicyd /usr/bin/mempolctl /usr/lib/mempolicyd /usr/lib/systemd/system/mempolicyd.service
mkdir -p /opt/mp
mount --bind /mnt/share/image/opt/mp /opt/mp
check "the unit can be linked" systemctl link /opt/mp/lib/systemd/system/mempolicyd.service
mkdir -p /etc/sysusers.d /etc/tmpfiles.d
cp /opt/mp/lib/sysusers.d/mempolicyd.conf /etc/sysusers.d
cp /opt/mp/lib/tmpfiles.d/mempolicyd.conf /etc/tmpfiles.d
systemd-sysusers
systemd-tmpfiles --create mempolicyd.conf
systemctl daemon-reload
check "it starts" systemctl start mempolicyd
check "from there" test "$(readlink "/proc/$(systemctl show -P MainPID mempolicyd)/exe")" = /opt/mp/sbin/mempolicyd
check "mempolctl answers" /opt/mp/bin/mempolctl features
mkdir -p /sys/fs/cgroup/opt
cp /opt/mp/share/mempolicyd/policies/search.mempolicy /etc/mempolicyd/policy.d/60-search.mempolicy
sed -i 's|^Unit=.*|Cgroup=/opt|' /etc/mempolicyd/policy.d/60-search.mempolicy
check "a policy is read" /opt/mp/bin/mempolctl reload
governs() { /opt/mp/bin/mempolctl --no-legend list | grep -q '^60-search .* get-scan .* active '; }
check "and its engine governs" wait_for 30 governs
/opt/mp/bin/mempolctl list | sed 's/^/# /'
check "reload by systemd" systemctl reload mempolicyd
systemctl stop mempolicyd
finish
