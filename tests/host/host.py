# SPDX-License-Identifier: GPL-2.0-only
"""The built daemon in a temporary directory, and mempolctl to ask it; what every test in this directory needs.

A directory tree stands for the cgroup tree, and neither root nor a kernel with the module is needed: the daemon
looks for the module in an empty directory, so a policy that could govern a cgroup is "waiting" there. A test
waits for a state that it names and never for a time. tests/runner says in MEMPOL_HOST_BIN where the programs
are (build, or build/san for those with sanitizers).
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BIN = os.path.join(TOP, os.environ.get("MEMPOL_HOST_BIN", "build"))
BPF = os.path.join(TOP, "build", "bpf")
# Only what hangs takes as long.
PATIENCE = 30
SANITIZER = ("AddressSanitizer", "LeakSanitizer", "runtime error:")
UNIT = "[Match]\nUnit=%s\n[Cache]\nEngine=%s\n"


class Failure(Exception):
    """What a test found wrong."""


class Skip(Exception):
    """Why a test cannot be run here."""


class Output:
    """What a program said, and how it ended."""

    def __init__(self, words, status, out, err):
        self.words, self.status, self.out, self.err = words, status, out, err
        for word in SANITIZER:
            if word in err:
                raise Failure("%s: %s" % (self, err))

    def __str__(self):
        return "%s: status %d, stdout %r, stderr %r" % (" ".join(self.words), self.status, self.out, self.err)

    def json(self):
        return json.loads(self.out)


def directory():
    """Where nobody else may write: a policy that is a link to a file below /tmp is refused. None: there is no such place."""
    for path in ("/run", os.environ.get("XDG_RUNTIME_DIR", "")):
        if os.path.isdir(path) and os.access(path, os.W_OK) and not os.stat(path).st_mode & 0o022:
            return path
    return None


class Host:
    """One temporary directory: policies, cgroups, the daemon."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="mempol-host-", dir=directory())
        os.chmod(self.top, 0o755)
        for name in ("etc", "usr", "cg", "sys"):
            os.mkdir(self.path(name))
        self.socket = self.path("socket")
        self.daemon = None
        self.log_path = self.path("log")

    def path(self, *names):
        return os.path.join(self.top, *names)

    def write(self, name, text):
        """A file below the directory; what is in the file's place stays itself, as with an editor that writes in place."""
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())

    def policy(self, name, unit="x.service", engine="mru", more="", where="etc"):
        self.write("%s/%s.mempolicy" % (where, name), UNIT % (unit, engine) + more)

    def link(self, target, name):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        os.symlink(target, self.path(name))

    def rename(self, old, new):
        os.rename(self.path(old), self.path(new))

    def remove(self, name):
        path = self.path(name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)

    def cgroup(self, path):
        os.makedirs(self.path("cg", path.strip("/")))

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def daemon_line(self, *more):
        return [
            os.path.join(BIN, "mempolicyd"), "--policy-dir", self.path("etc"), "--policy-dir", self.path("usr"),
            "--cgroup-root", self.path("cg"), "--engine-dir", BPF, "--agent", os.path.join(BPF, "agent.bpf.o"),
            "--socket", self.socket, "--sys", self.path("sys"), *more,
        ]  # fmt: skip

    def start(self, *more):
        with open(self.log_path, "ab") as log:
            self.daemon = subprocess.Popen(
                self.daemon_line(*more), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.top
            )
        self.wait("the daemon answers", lambda: self.ended() or self.answers())
        self.must(not self.ended(), "the daemon ended at once: %s" % self.log())

    def answers(self):
        try:
            return self.ask("Status")
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def ended(self):
        return self.daemon.poll() is not None

    def stop(self, by=signal.SIGTERM):
        """Ends the daemon, which must agree to end and have nothing on its conscience."""
        if not self.daemon:
            return
        daemon, self.daemon = self.daemon, None
        daemon.send_signal(by)
        try:
            status = daemon.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
            raise Failure("the daemon did not end: %s" % self.log()) from None
        if status not in (0, -signal.SIGKILL) or any(word in self.log() for word in SANITIZER):
            raise Failure("the daemon ended with status %d: %s" % (status, self.log()))

    def done(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.top)

    def run(self, program, *words, uid=None, **options):
        line = [os.path.join(BIN, program), *words]
        user = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        done = subprocess.run(
            line, stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * PATIENCE, cwd=self.top, check=False,
            **user, **options,
        )  # fmt: skip
        return Output([program, *words], done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))

    def ctl(self, *words, uid=None):
        return self.run("mempolctl", "--socket", self.socket, *words, uid=uid)

    def reply(self, *words):
        """The JSON that a verb prints, which must succeed."""
        answer = self.ctl("--json", *words)
        self.must(answer.status == 0, answer)
        return answer.json()

    def ask(self, method):
        """What mempolctl --json prints, without a program to start: for what is asked again and again."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(PATIENCE)
            link.connect(self.socket)
            link.sendall(json.dumps({"method": "io.mempolicy.Manager." + method}).encode() + b"\0")
            text = b""
            while not text.endswith(b"\0"):
                more = link.recv(1 << 20)
                self.must(more, "the daemon closed the connection, after %r" % text)
                text += more
        answer = json.loads(text[:-1])
        self.must("error" not in answer, answer)
        return answer["parameters"]

    def rows(self, name=None):
        return [row for row in self.ask("List")["policies"] if name in (None, row["name"])]

    def row(self, name, cgroup=None):
        """The one row of a policy, or of a policy and a cgroup; None when there is not exactly one."""
        rows = [row for row in self.rows(name) if cgroup in (None, row["cgroup"])]
        return rows[0] if len(rows) == 1 else None

    def wait(self, what, test):
        """Until test() is true; its value."""
        end = time.monotonic() + PATIENCE
        while True:
            value = test()
            if value:
                return value
            if time.monotonic() > end:
                raise Failure("never came: %s; %s" % (what, self.state()))
            time.sleep(0.02)

    def wait_engine(self, name, engine):
        """Until the policy in force has that engine. None: until there is no such policy."""
        return self.wait(
            "%s has engine %s" % (name, engine),
            lambda: {row["engine"] for row in self.rows(name)} == ({engine} if engine else set()),
        )

    def state(self):
        if not self.daemon or self.ended():
            return "the daemon has ended: %s" % self.log()
        return "%s\n%s" % (self.ctl("--json", "list").out, self.log())

    def must(self, condition, what):
        if not condition:
            raise Failure("%s\n%s" % (what, self.state() if self.daemon else ""))

    def equal(self, value, wanted):
        self.must(value == wanted, "%r, not %r" % (value, wanted))


def main(*tests):
    """Runs each test with a Host of its own and prints TAP; a test's name is its sentence."""
    failed = False
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        host = Host()
        try:
            try:
                test(host)
            finally:
                host.done()
            print("ok %d - %s" % (number, name), flush=True)
        except Skip as skip:
            print("ok %d - %s # SKIP %s" % (number, name, skip), flush=True)
        except Exception:  # pylint: disable=broad-except
            failed = True
            print("not ok %d - %s" % (number, name))
            print("".join("# %s\n" % line for line in traceback.format_exc().splitlines()), end="", flush=True)
    sys.exit(failed)
