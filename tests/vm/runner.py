# SPDX-License-Identifier: GPL-2.0-only
"""Boots one virtual machine, runs one command in it, passes output and status on; tests/vm/run calls it.

It works inside the build root. Whatever happens to it, QEMU must not outlive it, a timeout must be kept
even when nobody reads our stdout, and nothing but the command's bytes may reach that stdout.
"""

import argparse
import ctypes
import fcntl
import os
import platform
import re
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "mempolicyd")
QEMU = "qemu-system-x86_64"
EXIT_TIMEOUT = 124
EXIT_VM = 125
BOOT_SECONDS = {"debug": 1200}  # ten times what it takes on a busy host
BOOT_SECONDS_ELSE = 300
PROBE_SECONDS = 8
KEEP_CONSOLES = 20
PR_SET_PDEATHSIG = 1
# TCG counts every byte of a rep movsb; no flavour of the kernel may use it.
CPU = "max,-erms,-fsrm"


def say(text):
    print("tests/vm/run: " + text, file=sys.stderr, flush=True)


def size_bytes(text):
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
    number, unit = text, 1
    if text and text[-1].upper() in units:
        number, unit = text[:-1], units[text[-1].upper()]
    if not number.isdigit() or int(number) == 0:
        raise argparse.ArgumentTypeError("not a size: %r" % text)
    return int(number) * unit


def positive(text):
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError("not a positive number: %r" % text)
    return int(text)


def flavour(text):
    # Which mechanisms there are tools/kernel knows.
    if text not in ("patched", "stock", "debug") and not re.fullmatch("no-[a-z]+", text):
        raise argparse.ArgumentTypeError("no such kernel: %r" % text)
    return text


def parse(argv):
    parser = argparse.ArgumentParser(
        prog="tests/vm/run",
        allow_abbrev=False,
        description="Run COMMAND as root in a fresh virtual machine, in /mnt/share. Its output comes out on "
        "stdout; the exit status is its own, 124 after a timeout, 125 when the VM failed.",
    )
    add = parser.add_argument
    add("--kernel", type=flavour, default="patched", metavar="FLAVOUR", help="patched, stock, debug, or no-MECHANISM")
    add("--mem", type=size_bytes, default="1G", metavar="SIZE")
    add("--cpus", type=positive, default=2, metavar="N")
    add("--icount", action="store_true", help="count instructions: one CPU, repeatable")
    add("--disk", type=size_bytes, default="1G", metavar="SIZE", help="scratch ext4 disk at /mnt/data")
    add("--swap", type=size_bytes, metavar="SIZE", help="add a swap disk, enabled")
    add("--balloon", action="store_true", help="add virtio-balloon with free page reporting")
    add("--iops", type=positive, metavar="N", help="throttle the scratch disk")
    add("--timeout", type=positive, default=600, metavar="SECONDS", help="from power-on")
    add("--share", metavar="DIR", help="host directory at /mnt/share (default: a temporary one)")
    add("--qmp", metavar="SOCKET", help="QEMU's control socket")
    add("--qemu", action="append", default=[], metavar="ARG", help="one more argument for QEMU")
    add("--append", action="append", default=[], metavar="WORDS", help="more of the kernel's command line")
    # COMMAND is taken apart by hand: argparse would drop a "--" that belongs to it.
    value_options = {"--kernel", "--mem", "--cpus", "--disk", "--swap", "--iops", "--timeout", "--share", "--qmp", "--qemu", "--append"}
    own, rest = [], list(argv)
    while rest and rest[0].startswith("-") and rest[0] != "--":
        option = rest.pop(0)
        if option in value_options and rest:
            # Joined, so that a value may begin with a dash (--qemu -numa).
            option += "=" + rest.pop(0)
        own.append(option)
    if rest and rest[0] == "--":
        rest.pop(0)
    args = parser.parse_args(own)
    if not rest:
        parser.error("no COMMAND")
    args.command = rest
    if args.share is not None and not os.path.isdir(args.share):
        parser.error("--share: %s is no directory" % args.share)
    if args.icount:
        args.cpus = 1
    # tests/runner gives a slow kernel more time than the test asks for.
    args.timeout *= int(os.environ.get("MEMPOL_VM_PATIENCE") or 1)
    return args


def tool(*cmd):
    """Runs one of the project's tools, its words on stderr; returns what it printed."""
    done = subprocess.run(cmd, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        say("%s failed" % " ".join(cmd[:3]))
        sys.exit(EXIT_VM)
    return done.stdout.decode().strip().split("\n")[-1]


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def kvm_works(kernel):
    """KVM may exist and still hang a guest before its first instruction: only a booted one proves it."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK) or platform.machine() != "x86_64":
        return False
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
        path = os.path.join(CACHE, "kvm-" + boot.read().strip())
    try:
        with open(path, encoding="ascii") as verdict:
            return verdict.read().strip() == "yes"
    except OSError:
        pass
    say("probing KVM, once a boot of this host (%d s at most)" % PROBE_SECONDS)
    # Without a root file system the kernel panics, which ends QEMU: that is the proof.
    cmd = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-m", "512M"]
    cmd += ["-machine", "q35,accel=kvm", "-cpu", CPU, "-serial", "stdio", "-kernel", kernel + "/bzImage"]
    cmd += ["-append", "console=ttyS0 panic=-1"]
    try:
        done = subprocess.run(
            cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=PROBE_SECONDS, check=False, preexec_fn=die_with_parent,
        )  # fmt: skip
        works = b"Linux version" in done.stdout and b"Kernel panic" in done.stdout
    except subprocess.TimeoutExpired:
        works = False
    for name in os.listdir(CACHE):
        if name.startswith("kvm-"):
            os.unlink(os.path.join(CACHE, name))
    with open(path, "w", encoding="ascii") as verdict:
        verdict.write("yes\n" if works else "no\n")
    say("KVM works" if works else "KVM does not work here: using TCG")
    return works


def run_directory():
    """A directory of our own and the lock that says it is in use; removes what killed runs left."""
    base = os.path.join(CACHE, "run")
    os.makedirs(base, exist_ok=True)
    with open(base + ".lock", "w", encoding="ascii") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        for name in os.listdir(base):
            path = os.path.join(base, name)
            with open(path + "/lock", "w", encoding="ascii") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                shutil.rmtree(path, ignore_errors=True)
        path = tempfile.mkdtemp(prefix="vm-", dir=base)
        lock = open(path + "/lock", "w", encoding="ascii")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return path, lock


class QemuCrashed(Exception):
    """QEMU 10 under TCG sometimes fails an assertion of its own (iotlb_to_section) in a guest that boots."""


class Run:
    """One virtual machine from its files to its end."""

    def __init__(self, args):
        self.args = args
        self.qemu = None
        self.ready = False  # the guest has booted
        self.restarts = 1
        self.dir, self.lock = run_directory()
        self.console = self.dir + "/console.log"

    def finish(self, status, why=None):
        """The one way out; also called from signal handlers."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self.qemu and self.qemu.poll() is None:
            if "-plugin" in self.args.qemu:
                # What a plugin has counted it writes down when QEMU ends in an orderly way.
                self.qemu.terminate()
                try:
                    self.qemu.wait(30)
                except subprocess.TimeoutExpired:
                    say("QEMU does not end")
            self.qemu.kill()
            self.qemu.wait()
        if why:
            say(why)
            self.keep_console()
        keep = os.environ.get("MEMPOL_VM_CONSOLES")
        if keep and os.path.exists(self.console):
            # tests/runner looks for the kernel's complaints in every console.
            os.makedirs(keep, exist_ok=True)
            shutil.copy(self.console, os.path.join(keep, os.path.basename(self.dir) + ".log"))
        shutil.rmtree(self.dir, ignore_errors=True)
        sys.stderr.flush()
        os._exit(status)

    def keep_console(self):
        if not os.path.exists(self.console):
            return
        keep = os.path.join(TOP, "build", "vm")
        os.makedirs(keep, exist_ok=True)
        old = sorted(name for name in os.listdir(keep) if name.startswith("console-"))
        for name in old[: -(KEEP_CONSOLES - 1)]:
            os.unlink(os.path.join(keep, name))
        stamp = time.strftime("%Y%m%d-%H%M%S") + "-" + os.path.basename(self.dir)[3:]
        name = os.path.join(keep, "console-" + stamp + ".log")
        with open(name, "wb") as out:
            for part in (self.console, self.dir + "/qemu.log"):
                with open(part, "rb") as source:
                    shutil.copyfileobj(source, out)
        say("console log: " + name)

    def make_disk(self, name, size, cmd):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as disk:
            disk.truncate(size)
        subprocess.run(cmd + [path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return path

    def command_line(self, kernel, image, fds):
        args = self.args

        def quote(path):
            return path.replace(",", ",,")

        share = os.path.realpath(args.share) if args.share else self.dir + "/share"
        os.makedirs(share, exist_ok=True)
        data = self.make_disk("data", args.disk, ["mke2fs", "-q", "-t", "ext4", "-E", "lazy_itable_init=1,nodiscard"])
        if args.icount:
            accel, cpu = ["-accel", "tcg,thread=single", "-icount", "shift=0"], CPU
        elif "-plugin" not in args.qemu and kvm_works(kernel):  # a plugin sees what is emulated
            accel, cpu = ["-accel", "kvm"], CPU
        else:
            accel, cpu = ["-accel", "tcg,thread=multi"], CPU
        if args.kernel == "debug":
            # Before identify_cpu() has the features, KASAN takes an address of five levels for a wild one: an
            # interrupt at that moment is a report.
            cpu += ",-la57"
        append = "root=/dev/vda rootfstype=ext4 rw console=ttyS0 quiet loglevel=5 panic=-1 TERM=dumb "
        if args.kernel == "debug" and not os.environ.get("MEMPOL_VM_KMEMLEAK"):
            # Half of the debug kernel's time under TCG; make test-debug has one run with it.
            append += "kmemleak=off "
        append += "random.trust_cpu=on no_timer_check tsc=reliable memhp_default_state=online"
        if not args.icount:
            # Under emulation they cost a third of the time; where instructions are counted they are what users have.
            append += " mitigations=off"
        if args.balloon and args.kernel == "debug":
            # Debug objects take memory under a timer's lock, free page reporting starts a timer under a zone's:
            # lockdep tells of the kernel's own two, and of nothing afterwards.
            append += " no_debug_objects"
        append = " ".join([append] + args.append + [os.environ.get("MEMPOL_VM_APPEND", "")])
        cmd = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "q35"]
        cmd += accel + ["-cpu", cpu, "-smp", "%d,sockets=%d" % (args.cpus, args.cpus), "-m", "%dM" % (args.mem >> 20)]
        cmd += ["-kernel", kernel + "/bzImage", "-append", append, "-serial", "file:" + quote(self.console)]
        cmd += ["-drive", "if=none,id=root,format=raw,snapshot=on,cache=unsafe,file=" + quote(image)]
        cmd += ["-device", "virtio-blk-pci,drive=root,serial=root"]
        throttle = ",throttling.iops-total=%d" % args.iops if args.iops else ""
        cmd += ["-drive", "if=none,id=data,format=raw,cache=unsafe,file=" + quote(data) + throttle]
        cmd += ["-device", "virtio-blk-pci,drive=data,serial=data"]
        if args.swap:
            swap = self.make_disk("swap", args.swap, ["mkswap"])
            cmd += ["-drive", "if=none,id=swap,format=raw,cache=unsafe,file=" + quote(swap)]
            cmd += ["-device", "virtio-blk-pci,drive=swap,serial=swap"]
        cmd += ["-fsdev", "local,id=share,security_model=passthrough,multidevs=remap,path=" + quote(share)]
        cmd += ["-device", "virtio-9p-pci,fsdev=share,mount_tag=share", "-device", "virtio-rng-pci"]
        cmd += ["-device", "virtio-serial-pci"]
        for name, fd in fds.items():
            cmd += ["-chardev", "socket,id=%s,fd=%d" % (name, fd)]
            cmd += ["-device", "virtserialport,chardev=%s,name=mempol.%s" % (name, name)]
        if args.balloon:
            cmd += ["-device", "virtio-balloon-pci,id=balloon0,free-page-reporting=on"]
        if args.qmp:
            cmd += ["-qmp", "unix:%s,server=on,wait=off" % quote(os.path.abspath(args.qmp))]
        return cmd + args.qemu

    def start(self, kernel, image):
        ports = {name: socket.socketpair() for name in ("ctl", "out")}
        fds = {name: pair[1].fileno() for name, pair in ports.items()}
        cmd = self.command_line(kernel, image, fds)
        # The deadline holds even when this process is stuck in a write to our stdout.
        signal.signal(signal.SIGALRM, lambda *_: self.finish(EXIT_TIMEOUT, "timeout after %d s" % self.args.timeout))
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, lambda got, _: self.finish(128 + got))
        with open(self.dir + "/qemu.log", "wb") as log:
            self.qemu = subprocess.Popen(
                cmd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=tuple(fds.values()),
                env=dict(os.environ, TMPDIR=self.dir), preexec_fn=die_with_parent,
            )  # fmt: skip
        signal.setitimer(signal.ITIMER_REAL, self.args.timeout)
        for pair in ports.values():
            pair[1].close()
        return ports["ctl"][0], ports["out"][0]

    def failed(self):
        """QEMU closed a port before the command's status came."""
        try:
            status = self.qemu.wait(5)
        except subprocess.TimeoutExpired:
            status = None
        if status is not None and status < 0 and not self.ready and self.restarts:
            self.restarts -= 1
            raise QemuCrashed(-status)
        if status and status > 0:
            with open(self.dir + "/qemu.log", encoding="utf-8", errors="replace") as log:
                say("qemu: " + log.read().strip())
        self.finish(EXIT_VM, "the VM died before the command ended")

    def serve(self, ctl, out):
        """Hands the command over and passes its bytes on until status and all bytes are here."""
        start = time.monotonic()
        # Many vCPUs share the host's few.
        limit = BOOT_SECONDS.get(self.args.kernel, BOOT_SECONDS_ELSE) * max(1, self.args.cpus // 4)
        poll = selectors.DefaultSelector()
        poll.register(ctl, selectors.EVENT_READ)
        poll.register(out, selectors.EVENT_READ)
        words, got, status, expect = b"", 0, None, None
        while status is None or got < expect:
            events = poll.select(None if self.ready else max(0, start + limit - time.monotonic()))
            if not events and not self.ready:
                self.finish(EXIT_VM, "the VM did not boot within %d s" % limit)
            for key, _ in events:
                data = key.fileobj.recv(1 << 18)
                if not data:
                    self.failed()
                if key.fileobj is out:
                    got += len(data)
                    write_out(data)
                    continue
                words += data
                while b"\n" in words:
                    line, words = words.split(b"\n", 1)
                    field = line.split()
                    if field[0] == b"ready":
                        self.ready = True
                        if os.environ.get("MEMPOL_VM_VERBOSE"):
                            say("booted in %.1f s" % (time.monotonic() - start))
                        payload = b"".join(os.fsencode(word) + b"\0" for word in self.args.command)
                        ctl.sendall(struct.pack("<I", len(payload)) + payload)
                    elif field[0] == b"exit":
                        status, expect = int(field[1]), int(field[2])
        return status


def write_out(data):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def main():
    args = parse(sys.argv[1:])
    kernel = tool("tools/kernel", "build", args.kernel)
    image = tool("tools/image", "build", args.kernel)
    run = Run(args)
    try:
        status = None
        while status is None:
            try:
                status = run.serve(*run.start(kernel, image))
            except QemuCrashed as crash:
                say("QEMU was ended by signal %d while the guest booted; once more" % crash.args[0])
    except BrokenPipeError:
        run.finish(128 + signal.SIGPIPE)
    except (OSError, subprocess.CalledProcessError) as error:
        run.finish(EXIT_VM, str(error))
    run.finish(status)


if __name__ == "__main__":
    main()
