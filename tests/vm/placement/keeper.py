#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Keeps memory whose pages each hold their own number, and does what it is told by lines on a FIFO; an answer is a line.

  fill MIB       private memory, touched page by page
  move           mremap() it to another place
  fork           a child that writes to every other page, and stays
  check          "good" if every page holds what it must, in the child too
  end
"""

import ctypes
import mmap
import os
import sys

PAGE = 4096
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int, ctypes.c_void_p]
MAYMOVE, FIXED = 1, 2


def reserve(size):
    address = libc.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    if address in (None, 2**64 - 1):
        raise OSError(ctypes.get_errno(), "mmap")
    return address


def word(address, page):
    return ctypes.c_uint64.from_address(address + page * PAGE)


def fill(address, pages, salt, step=1):
    for page in range(0, pages, step):
        word(address, page).value = page ^ salt


def good(address, pages, salt, odd_salt=None):
    wanted = {0: salt, 1: salt if odd_salt is None else odd_salt}
    return all(word(address, page).value == page ^ wanted[page % 2] for page in range(pages))


def main():
    address = pages = child = None
    pipe = None
    for line in iter(sys.stdin.readline, ""):
        words = line.split()
        if words[0] == "fill":
            pages = int(words[1]) * 256
            address = reserve(pages * PAGE)
            fill(address, pages, 0x5A5A)
        elif words[0] == "move":
            to = reserve(pages * PAGE + (8 << 20)) + (4 << 20)
            moved = libc.mremap(address, pages * PAGE, pages * PAGE, MAYMOVE | FIXED, to)
            if moved != to:
                raise OSError(ctypes.get_errno(), "mremap")
            address = to
        elif words[0] == "fork":
            down, up = os.pipe(), os.pipe()
            child = os.fork()
            if child == 0:
                fill(address, pages, 0xC0C0, 2)
                os.write(up[1], b"r")
                os.read(down[0], 1)
                os.write(up[1], b"g" if good(address, pages, 0xC0C0, 0x5A5A) else b"b")
                os._exit(0)
            pipe = (down[1], up[0])
            os.read(pipe[1], 1)
        elif words[0] == "check":
            fine = good(address, pages, 0x5A5A)
            if child:
                os.write(pipe[0], b"?")
                fine = os.read(pipe[1], 1) == b"g" and fine
                os.waitpid(child, 0)
                child = None
            print("good" if fine else "bad", flush=True)
            continue
        elif words[0] == "end":
            break
        print("done", flush=True)


main()
