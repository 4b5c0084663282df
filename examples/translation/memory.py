# SPDX-License-Identifier: GPL-2.0-only
"""The process of the walks: does what a line of its input says, and prints where its memory begins, in hex."""

import ctypes
import mmap
import sys

SIZE = 64 << 20


def anonymous(advice):
    memory = mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(advice)
    return memory


def touch(memory):
    for at in range(0, SIZE, 4096):
        memory[at] = 1


held = None
for line in sys.stdin:
    word = line.strip()
    if word in ("small", "huge"):
        held = anonymous(mmap.MADV_NOHUGEPAGE if word == "small" else mmap.MADV_HUGEPAGE)
    elif word == "drop":
        held.madvise(mmap.MADV_DONTNEED)
    elif word == "half":
        held.madvise(mmap.MADV_DONTNEED, 0, SIZE // 2)
    elif word == "again":
        held.madvise(mmap.MADV_HUGEPAGE)
    if word not in ("drop", "half"):
        touch(held)
    print("%x" % ctypes.addressof(ctypes.c_char.from_buffer(held)), flush=True)
