# SPDX-License-Identifier: GPL-2.0-only
"""Loads the module again and again while its last allocations fail, one at a time.

Prints "NAME ERROR" for each mechanism that was not available in a module that loaded, and at the end how many
loads there were and how many of them failed as a whole. Needs fault injection; called by module.sh.
"""

import ctypes
import os
import subprocess
import sys

FINIT_MODULE, DELETE_MODULE = 313, 176
HUGE = 1000000
libc = ctypes.CDLL(None, use_errno=True)


def load(path, nth):
    """Error of loading it with the nth allocation failing, and how many allocations there were."""
    # What is still to fail must not be an allocation of ours: nothing is opened until it is switched off.
    fail = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
    with open(path, "rb") as module:
        os.write(fail, b"%d" % nth)
        r = libc.syscall(FINIT_MODULE, module.fileno(), b"", 0)
        error = ctypes.get_errno() if r < 0 else 0
        left = os.pread(fail, 64, 0)
        os.write(fail, b"0")
    os.close(fail)
    return error, nth - int(left.split(b"\0")[0].strip() or b"0")


def main():
    path = subprocess.check_output(["modinfo", "-n", "mempol"], text=True).strip()
    for name, value in (("ignore-gfp-wait", "N"), ("probability", "0"), ("verbose", "0")):
        with open("/sys/kernel/debug/failslab/" + name, "w") as f:
            f.write(value)
    error, total = load(path, HUGE)
    if error:
        sys.exit("the module does not load: " + os.strerror(error))
    loads = failed = 0
    for nth in range(max(total - 60, 1), total + 1):
        libc.syscall(DELETE_MODULE, b"mempol", 0)
        error, _ = load(path, nth)
        loads += 1
        failed += error != 0
        if not error:
            with open("/sys/module/mempol/parameters/mechanisms") as f:
                for line in f:
                    if not line.endswith(" 0\n"):
                        print("at %d of %d: %s" % (nth, total, line.strip()))
    libc.syscall(DELETE_MODULE, b"mempol", 0)
    print("%d loads, %d failed" % (loads, failed))


main()
