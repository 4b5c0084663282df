# SPDX-License-Identifier: GPL-2.0-only
"""The host's side of a test that talks to QEMU: does what the guest asks for by files in the shared directory.

Started with that directory, in which QEMU's control socket `qmp` is too; killed by whoever started it. The
guest writes a QMP command, as JSON, to `ask`, and finds what it returned, or null and on a second line the
error, in `answer`. QEMU is spoken to from the first of them on: one that crashed while the guest booted has
been replaced by then.
"""

import json
import os
import sys

from qmp import Qmp, wait_for

share = sys.argv[1]
wait_for(share + "/ask")
qmp = Qmp(share + "/qmp")
while True:
    wait_for(share + "/ask")
    with open(share + "/ask", encoding="utf-8") as wish:
        command = json.load(wish)
    os.unlink(share + "/ask")
    got = qmp.raw(command)
    with open(share + "/answer.new", "w", encoding="utf-8") as answer_file:
        print(json.dumps(got.get("return")), json.dumps(got.get("error", {})), sep="\n", file=answer_file)
    os.rename(share + "/answer.new", share + "/answer")
