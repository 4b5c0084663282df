# SPDX-License-Identifier: GPL-2.0-only
"""The host's side of a test that talks to QEMU: does what the guest asks for by files in the shared directory.

Started with that directory, in which QEMU's control socket `qmp` is too; killed by whoever started it. The
guest writes a QMP command, as JSON, to `ask`, and finds what it returned, or null and on a second line the
error, in `answer`.
"""

import json
import os
import socket
import sys
import time

share = sys.argv[1]


def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.05)


wait_for(share + "/qmp")
qmp = socket.socket(socket.AF_UNIX)
qmp.connect(share + "/qmp")
stream = qmp.makefile("rw")
stream.readline()


def ask(command):
    stream.write(json.dumps(command) + "\n")
    stream.flush()
    while True:
        line = stream.readline()
        if not line:
            sys.exit()
        answer = json.loads(line)
        if "event" not in answer:
            return answer


ask({"execute": "qmp_capabilities"})
while True:
    wait_for(share + "/ask")
    with open(share + "/ask", encoding="utf-8") as wish:
        command = json.load(wish)
    os.unlink(share + "/ask")
    got = ask(command)
    with open(share + "/answer.new", "w", encoding="utf-8") as answer_file:
        print(json.dumps(got.get("return")), json.dumps(got.get("error", {})), sep="\n", file=answer_file)
    os.rename(share + "/answer.new", share + "/answer")
