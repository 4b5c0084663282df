#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Keeps memory whose pages each hold their own number, and does what it is told by lines on a FIFO; an answer is a line.

  fill MIB       private memory, touched page by page
  move           mremap() it to another place
  swing          move its pages to another place by UFFDIO_MOVE
  huge           make huge pages of it
  twice          a second region of 4 MiB, whose pages are all alike and may be merged; "again" writes to each other one
  node N         have it moved to that node
  fork           a child that writes to every other page, and stays
  check          "good" if every page holds what it must, in the child too
  end
"""

import ctypes
import fcntl
import mmap
import os
import struct
import sys

PAGE = 4096
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int, ctypes.c_void_p]
MAYMOVE, FIXED = 1, 2
MERGEABLE, COLLAPSE = 12, 25
ALIKE = 1024
SYS_MBIND, SYS_USERFAULTFD = 237, 323
BIND, STRICT_MOVE = 2, 3
UFFDIO_API, UFFDIO_REGISTER, UFFDIO_MOVE = 0xC018AA3F, 0xC020AA00, 0xC028AA05
UFFD_API, UFFD_FEATURE_MOVE, UFFD_MISSING = 0xAA, 1 << 16, 1


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


def wrong(what):
    raise OSError(ctypes.get_errno(), what)


def swing(address, pages):
    """Without faults, as a garbage collector does. The registration ends with the descriptor."""
    size = pages * PAGE
    to = reserve(size)
    fd = libc.syscall(SYS_USERFAULTFD, os.O_CLOEXEC)
    if fd < 0:
        wrong("userfaultfd")
    fcntl.ioctl(fd, UFFDIO_API, struct.pack("QQQ", UFFD_API, UFFD_FEATURE_MOVE, 0))
    fcntl.ioctl(fd, UFFDIO_REGISTER, struct.pack("QQQQ", to, size, UFFD_MISSING, 0))
    done = 0
    while done < size:
        order = bytearray(struct.pack("QQQQq", to + done, address + done, size - done, 0, 0))
        try:
            fcntl.ioctl(fd, UFFDIO_MOVE, order)
            moved = size - done
        except BlockingIOError:
            moved = max(struct.unpack("QQQQq", order)[4], 0)
        done += moved
    os.close(fd)
    return to


def merge():
    """One byte of content, in pages that the kernel may merge."""
    address = reserve(ALIKE * PAGE)
    ctypes.memset(address, 7, ALIKE * PAGE)
    if libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(ALIKE * PAGE), MERGEABLE):
        wrong("madvise")
    return address


def alike(address, written):
    for page in range(ALIKE):
        value = 9 if written and page % 2 else 7
        if ctypes.string_at(address + page * PAGE, PAGE) != bytes([value]) * PAGE:
            return False
    return True


def main():
    address = pages = child = second = None
    written = False
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
        elif words[0] == "swing":
            address = swing(address, pages)
        elif words[0] == "huge":
            if libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(pages * PAGE), COLLAPSE):
                wrong("madvise")
        elif words[0] == "twice":
            second = merge()
        elif words[0] == "again":
            for page in range(1, ALIKE, 2):
                ctypes.memset(second + page * PAGE, 9, PAGE)
            written = True
        elif words[0] == "node":
            mask = ctypes.c_ulong(1 << int(words[1]))
            if libc.syscall(
                SYS_MBIND, ctypes.c_void_p(address), ctypes.c_ulong(pages * PAGE), BIND, ctypes.byref(mask), 64, STRICT_MOVE
            ):
                wrong("mbind")
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
            fine = good(address, pages, 0x5A5A) and (second is None or alike(second, written))
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
