# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's control socket (QMP) as tests and benchmarks on the host's side use it: one command at a time.

Events are dropped. Who closes the other end ends the program: a VM that has gone has nothing to ask.
"""

import json
import os
import socket
import sys
import time


class QmpError(Exception):
    """QEMU's refusal; its argument is QEMU's own {"class", "desc"}."""


def wait_for(path, seconds=None):
    """Until there is a file of that name; for ever, unless it says for how long."""
    end = None if seconds is None else time.monotonic() + seconds
    while not os.path.exists(path):
        if end is not None and time.monotonic() > end:
            raise TimeoutError(path)
        time.sleep(0.05)


class Qmp:
    """A connection, ready for commands."""

    def __init__(self, path):
        wait_for(path)
        qmp = socket.socket(socket.AF_UNIX)
        qmp.connect(path)
        self.stream = qmp.makefile("rw")
        self.stream.readline()
        self.ask("qmp_capabilities")

    def raw(self, command):
        """Sends a command as it is, {"execute": ...}, and returns QEMU's whole answer."""
        self.stream.write(json.dumps(command) + "\n")
        self.stream.flush()
        while True:
            line = self.stream.readline()
            if not line:
                sys.exit()
            answer = json.loads(line)
            if "event" not in answer:
                return answer

    def ask(self, execute, **arguments):
        """What the command returns."""
        command = {"execute": execute}
        if arguments:
            command["arguments"] = {name.replace("_", "-"): value for name, value in arguments.items()}
        answer = self.raw(command)
        if "error" in answer:
            raise QmpError(answer["error"])
        return answer.get("return")
