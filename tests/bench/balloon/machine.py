# SPDX-License-Identifier: GPL-2.0-only
"""A virtual machine that is to give memory back, seen from its host; used by bench.py.

How it gives is its mode: `none` (it does not), `balloon` (virtio-balloon, 4 KiB pages), `fpr` (free page
reporting as it comes), `mem` (virtio-mem), `mempol` (a [Balloon] policy). QEMU is driven by QMP, the guest by
commands in a shared directory (guest.sh). A machine must be ended, which `with` does.
"""

import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))
sys.path.insert(0, os.path.join(TOP, "tests", "vm"))

from qmp import Qmp, QmpError, wait_for  # noqa: E402

MIB = 1 << 20
PLUG = "/machine/peripheral/plug0"
TRACED = ("virtio_queue_notify", "ram_block_discard_range")
BOOT_SECONDS = 300

Counts = collections.namedtuple("Counts", "kicks discards bytes")


class Machine:
    """One VM of @mode with @mib of memory, of which @plug are virtio-mem's where that is the mode; see bench.py for @icount."""

    def __init__(self, mode, mib, plug, cpus=2, timeout=900, icount=False):
        self.mode, self.mib, self.plug = mode, mib, plug
        self.share = tempfile.mkdtemp(prefix="mempol-bench-")
        self.samples, self.sampling = [], None
        for name in ("tests/bench/balloon/burst", "tests/bench/balloon/ftq", "tests/bench/balloon/stream",
                     "tests/stress/memtool"):  # fmt: skip
            shutil.copy(os.path.join(TOP, "build", name), self.share)
        shutil.copy(os.path.join(TOP, "tests/bench/balloon/guest.sh"), self.share)
        self.trace = self.share + "/trace.log"
        command = [TOP + "/tests/vm/run", "--share", self.share, "--qmp", self.share + "/qmp", "--cpus", str(cpus)]
        command += ["--mem", "%dM" % mib, "--timeout", str(timeout)]
        command += ["--icount"] if icount else []
        for word in ["-D", self.trace] + self.device():
            command += ["--qemu", word]
        if mode == "mem":
            # Without it the guest could not unplug what it uses for itself.
            command += ["--append", "memhp_default_state=online_movable"]
        self.process = subprocess.Popen(command + ["--", "bash", "/mnt/share/guest.sh"], stdin=subprocess.DEVNULL)
        try:
            # Not before: a QEMU that crashes while the guest boots is started once more.
            wait_for(self.share + "/ready", BOOT_SECONDS)
            self.qmp = Qmp(self.share + "/qmp")
            self.pid = self.find_qemu()
        except BaseException:
            self.end()
            raise

    def device(self):
        if self.mode == "none":
            return []
        if self.mode == "mem":
            return [
                "-m", "%dM,maxmem=%dM" % (self.mib - self.plug, 2 * self.mib),
                "-object", "memory-backend-ram,id=plug,size=%dM" % self.plug,
                "-device", "virtio-mem-pci,id=plug0,memdev=plug,requested-size=%dM" % self.plug,
            ]  # fmt: skip
        reporting = "" if self.mode == "balloon" else ",free-page-reporting=on"
        return ["-device", "virtio-balloon-pci,id=balloon0" + reporting]

    def find_qemu(self):
        """The process with our control socket; only one has it on its command line and is QEMU."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as words:
                    line = words.read().split(b"\0")
            except OSError:
                continue
            if b"qemu" in line[0] and any(self.share.encode() + b"/qmp" in word for word in line):
                return int(pid)
        raise RuntimeError("QEMU is not to be found")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.stop_sampling()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
        shutil.rmtree(self.share, ignore_errors=True)

    # The guest

    def begin(self, command):
        with open(self.share + "/todo.new", "w", encoding="utf-8") as todo:
            todo.write(command + "\n")
        os.rename(self.share + "/todo.new", self.share + "/todo")

    def said(self, seconds=300):
        """What the command that was begun has printed; it must have succeeded."""
        wait_for(self.share + "/said", seconds)
        with open(self.share + "/said", encoding="utf-8") as file:
            said = file.read()
        os.unlink(self.share + "/said")
        if not said.endswith("status 0\n"):
            raise RuntimeError("the guest (%s): %s" % (self.mode, said))
        return said

    def guest(self, command, seconds=300):
        self.begin(command)
        return self.said(seconds)

    def policy(self, engine, *lines):
        """Puts a [Balloon] policy in charge and waits until it is."""
        text = "\\n".join(["[Balloon]", "Engine=" + engine, *lines])
        self.guest(
            "systemctl start mempolicyd && printf '%s\\n' > /etc/mempolicyd/policy.d/b.mempolicy &&\n"
            "for i in $(seq 100); do mempolctl list --json | grep -q '\"state\":\"active\"' && exit; sleep 0.1; done\n"
            "mempolctl list; exit 1" % text
        )

    # Its size

    def resize(self, mib, seconds=120):
        """Has the guest @mib of memory; returns how many seconds that took."""
        start = time.monotonic()
        if self.mode == "mem":
            self.qmp.ask("qom-set", path=PLUG, property="requested-size", value=(mib - self.mib + self.plug) * MIB)
        else:
            self.qmp.ask("balloon", value=mib * MIB)
        while self.size() != mib:
            if time.monotonic() - start > seconds:
                raise TimeoutError("%s: %d MiB instead of %d" % (self.mode, self.size(), mib))
            time.sleep(0.001)
        return time.monotonic() - start

    def size(self):
        """What the guest has, in MiB."""
        if self.mode == "mem":
            return (self.mib - self.plug) + self.qmp.ask("qom-get", path=PLUG, property="size") / MIB
        return self.qmp.ask("query-balloon")["actual"] / MIB

    # What it costs the host

    def rss(self):
        """QEMU's resident memory, bytes."""
        with open("/proc/%d/statm" % self.pid, encoding="ascii") as statm:
            return int(statm.read().split()[1]) * 4096

    def huge(self):
        """How much of it huge pages back, bytes."""
        with open("/proc/%d/smaps_rollup" % self.pid, encoding="ascii") as rollup:
            return int(re.search(r"AnonHugePages: *(\d+)", rollup.read()).group(1)) * 1024

    def tracing(self, enable):
        for name in TRACED:
            self.qmp.ask("trace-event-set-state", name=name, enable=enable)

    def traced(self):
        """
        What was traced so far. Every virtio device notifies; ours is the one whose notifications discards
        follow: QEMU handles one under its lock before it looks at the next.
        """
        notified, whose, discards, size = collections.Counter(), collections.Counter(), 0, 0
        last = None
        if not os.path.exists(self.trace):
            return Counts(0, 0, 0)
        with open(self.trace, encoding="ascii", errors="replace") as lines:
            for line in lines:
                match = re.search(r"virtio_queue_notify vdev (\S+)", line)
                if match:
                    last = match.group(1)
                    notified[last] += 1
                match = re.search(r"ram_block_discard_range \S+ \+ 0x([0-9a-f]+):", line)
                if match:
                    discards += 1
                    size += int(match.group(1), 16)
                    whose[last] += 1
        device = whose.most_common(1)
        return Counts(notified[device[0][0]] if device else 0, discards, size)

    # Over time

    def sample(self, interval=0.25):
        """Notes RSS every so often, until stop_sampling(), in self.samples: (seconds, bytes)."""
        self.samples = []
        stop = self.sampling = threading.Event()
        start = time.monotonic()

        def run():
            while not stop.wait(interval):
                try:
                    self.samples.append((time.monotonic() - start, self.rss()))
                except OSError:
                    return

        threading.Thread(target=run, daemon=True).start()

    def stop_sampling(self):
        if self.sampling:
            self.sampling.set()


__all__ = ["Machine", "MIB", "PLUG", "QmpError", "TOP"]
