# SPDX-License-Identifier: GPL-2.0-only
"""The host's side of plugging memory: does what the guest asks for by files in the shared directory.

Started by tests/vm/nodes.sh with that directory, in which QEMU's control socket is too; killed by it. What
the guest wants is in `plug`, in bytes; the answer is `plugged`, once the guest has done it or does no more.
QEMU is spoken to from the first wish on: one that crashed while the guest booted has been replaced by then.
"""

import os
import sys
import time

from qmp import Qmp, wait_for

PATH = "/machine/peripheral/plug0"
# The debug kernel takes its time.
STILL = 20 * int(os.environ.get("MEMPOL_VM_PATIENCE", "1"))
share = sys.argv[1]
wait_for(share + "/plug")
qmp = Qmp(share + "/qmp")


def plugged():
    return qmp.ask("qom-get", path=PATH, property="size")


while True:
    wait_for(share + "/plug")
    with open(share + "/plug", encoding="ascii") as wish:
        want = int(wish.read())
    os.unlink(share + "/plug")
    qmp.ask("qom-set", path=PATH, property="requested-size", value=want)
    size, still = plugged(), 0
    while size != want and still < STILL:
        time.sleep(0.2)
        before, size = size, plugged()
        still = still + 1 if size == before else 0
    with open(share + "/plugged.new", "w", encoding="ascii") as answer_file:
        answer_file.write("%d\n" % size)
    os.rename(share + "/plugged.new", share + "/plugged")
