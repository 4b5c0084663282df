#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The service as systemd sees it: ready, watched, reloaded, stopped; and who may ask it what. Runs on any
# kernel.

# The strings in single quotes are programs for an inner shell.
# shellcheck disable=SC2016,SC2154 source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

socket=/run/mempolicyd/io.mempolicy.Manager
status_of() { "$@" >/dev/null 2>&1; echo $?; }

systemctl stop mempolicyd
check "nobody listens: exit 7" [ "$(status_of mempolctl status)" = 7 ]
start_daemon
check "the service is active" systemctl -q is-active mempolicyd
check "its watchdog is on" [ "$(systemctl show -P WatchdogUSec mempolicyd)" = 30s ]
check "it says so: status line" bash -c 'systemctl show -P StatusText mempolicyd | grep -q policies'
check "the socket is 0660 root:mempolicy" [ "$(stat -c '%a %U:%G' $socket)" = "660 root:mempolicy" ]
check "status answers" mempolctl status
check "features answer whatever the kernel" mempolctl features
check "varlink introspection knows the interface" bash -c \
	'command -v varlinkctl >/dev/null || exit 0; varlinkctl introspect '$socket' io.mempolicy.Manager | grep -q "method Reload"'

pid=$(systemctl show -P MainPID mempolicyd)
check "its memory is locked" bash -c "awk '/VmLck/ { exit !(\$2 > 0) }' /proc/$pid/status"
check "it holds no more capabilities than the unit says" bash -c \
	"[[ \$(awk '/CapBnd/ { print \$2 }' /proc/$pid/status) == \$(awk '/CapEff/ { print \$2 }' /proc/$pid/status) ]]"

useradd -M -N reader 2>/dev/null; usermod -a -G mempolicy reader
useradd -M -N stranger 2>/dev/null
check "a member of the group reads" setpriv --reuid reader --init-groups mempolctl list
check "a member of the group may not change: exit 4" \
	[ "$(status_of setpriv --reuid reader --init-groups mempolctl reload)" = 4 ]
check "a stranger is not let in: exit 4" \
	[ "$(status_of setpriv --reuid stranger --init-groups mempolctl list)" = 4 ]

check "an idle connection is closed after 5 s, and 8 are the most of one user" python3 - <<'END'
import socket, sys, time
path = "/run/mempolicyd/io.mempolicy.Manager"
def connect():
    s = socket.socket(socket.AF_UNIX); s.settimeout(10); s.connect(path); return s
start = time.monotonic()
many = [connect() for _ in range(12)]
first = many[0].recv(1)
took = time.monotonic() - start
time.sleep(0.5)
sys.exit(not (first == b"" and 3 < took < 9))
END
check "junk on the socket does no harm" python3 - <<'END'
import os, socket
for junk in (b"\0", b"{}\0", b"[1,2\0", b'{"method":1}\0', b'{"method":"x.y"}\0', os.urandom(4096) + b"\0",
             b'{"method":"io.mempolicy.Manager.Show","parameters":{"name":"../../etc/passwd"}}\0'):
    s = socket.socket(socket.AF_UNIX); s.settimeout(10)
    s.connect("/run/mempolicyd/io.mempolicy.Manager"); s.sendall(junk); s.close()
END
check "it still answers" mempolctl status

policy one mru
wait_for 5 state_is one waiting
check "reload of good files succeeds" systemctl reload mempolicyd
policy two fifo
policy three lfu
printf '[Match]\nCgroup=/b\n[Cache]\nEngine=none-such\n' >"$policy_dir/bad1.mempolicy"
printf 'junk\n' >"$policy_dir/bad2.mempolicy"
check "reload with a bad file exits 1" [ "$(status_of mempolctl reload)" = 1 ]
check "reload prints every error" bash -c \
	'e=$(mempolctl reload 2>&1); grep -q "bad1.mempolicy:4: " <<<"$e" && grep -q "bad2.mempolicy:1: " <<<"$e"'
check "systemctl reload fails, and the service stays" bash -c \
	'! systemctl reload mempolicyd && systemctl -q is-active mempolicyd'
rm "$policy_dir"/bad?.mempolicy
check "reload succeeds when they are gone" mempolctl reload
kill -HUP "$pid"
check "SIGHUP reloads" wait_for 5 bash -c 'mempolctl events | tail -1 | grep -q reload'
check "a second daemon is refused" bash -c '! timeout 5 /usr/sbin/mempolicyd'
check "the first one still answers" mempolctl status

kill -9 "$pid"
check "after kill -9 it is started again" wait_for 15 bash -c \
	"systemctl -q is-active mempolicyd && [[ \$(systemctl show -P MainPID mempolicyd) != $pid ]]"
check "and answers" wait_for 5 mempolctl status

# Held up longer than the watchdog allows: systemd must notice. The drop-in only shortens the wait.
mkdir -p /run/systemd/system/mempolicyd.service.d
watchdog=$((slow > 1 ? 24 : 8))
printf '[Service]\nWatchdogSec=%s\n' $watchdog >/run/systemd/system/mempolicyd.service.d/fast.conf
systemctl daemon-reload
systemctl restart mempolicyd
sleep $((watchdog * 3 / 2))
check "the watchdog is fed" [ "$(systemctl show -P NRestarts mempolicyd)" = 0 ]
kill -STOP "$(systemctl show -P MainPID mempolicyd)"
check "a daemon that hangs is restarted" wait_for 40 bash -c \
	'[[ $(systemctl show -P NRestarts mempolicyd) -ge 1 ]] && systemctl -q is-active mempolicyd'
rm -r /run/systemd/system/mempolicyd.service.d
systemctl daemon-reload

check "stop succeeds" systemctl stop mempolicyd
check "stop leaves result success" [ "$(systemctl show -P Result mempolicyd)" = success ]
check "the socket is gone" [ ! -e $socket ]
check "nothing is pinned" bash -c '! find /sys/fs/bpf -mindepth 1 -name "*mempol*" | grep -q .'
finish
