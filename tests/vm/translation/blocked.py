#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A process whose memory map is locked for as long as its tester likes: blocked.py DIRECTORY, an empty one.

This program mounts a file system there whose server it is, with one file. A reader of the file waits for its page until the
server answers, and the page is locked meanwhile. A child that has opened the file for direct I/O maps it, for which
the kernel drops the file's pages (fuse_file_mmap()): it waits for that page, and holds mmap_lock for writing. Prints the
child's PID when it does. The server answers when a line comes on standard input; the child prints "free" when it has its
mapping. At the end of the input everything is taken back.
"""

import ctypes
import mmap
import os
import select
import signal
import struct
import sys
import time

PAGE = 4096
FILE = 2
DIRECTORY_MODE, FILE_MODE = 0o040755, 0o100644
# Of include/uapi/linux/fuse.h.
LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT, INTERRUPT, BATCH_FORGET = 1, 2, 3, 14, 15, 18, 25, 26, 36, 42
UNANSWERED = (FORGET, INTERRUPT, BATCH_FORGET)
DIRECT_IO, KEEP_CACHE = 1, 2
ENOSYS = 38
MNT_DETACH = 2

libc = ctypes.CDLL(None, use_errno=True)


def attributes(node):
    mode = FILE_MODE if node == FILE else DIRECTORY_MODE
    return struct.pack("<6Q10I", node, PAGE, PAGE // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, PAGE, 0)


class Server:
    def __init__(self, directory):
        self.fuse = os.open("/dev/fuse", os.O_RDWR)
        self.held = None
        # The first who opens the file maps it; the second one reads.
        self.modes = [DIRECT_IO, KEEP_CACHE]
        options = "fd=%d,rootmode=40000,user_id=0,group_id=0" % self.fuse
        if libc.mount(b"blocked", directory.encode(), b"fuse", 0, options.encode()):
            raise OSError(ctypes.get_errno(), "mount")

    def reply(self, unique, data):
        error = -ENOSYS if data is None else 0
        data = data or b""
        os.write(self.fuse, struct.pack("<IiQ", 16 + len(data), error, unique) + data)

    def answer(self, op, node):
        """None: the operation is unknown."""
        if op == INIT:
            return struct.pack("<4I2H2I2H8I", 7, 31, PAGE, 0, 1, 1, PAGE, 1, 1, 0, *[0] * 8)
        if op == LOOKUP:
            return struct.pack("<4Q2I", FILE, 0, 3600, 3600, 0, 0) + attributes(FILE)
        if op == GETATTR:
            return struct.pack("<Q2I", 3600, 0, 0) + attributes(node)
        if op == OPEN:
            return struct.pack("<Q2I", 1, self.modes.pop(0), 0)
        return b"" if op in (FLUSH, RELEASE) else None

    def take(self, reads):
        """One request. A read is held, and told of to @reads, a pipe; then True is returned."""
        request = os.read(self.fuse, 1 << 17)
        _, op, unique, node = struct.unpack_from("<2I2Q", request)
        if op == READ:
            self.held = unique
            os.write(reads, b"r")
        elif op not in UNANSWERED:
            self.reply(unique, self.answer(op, node))
        return op == READ

    def release(self):
        self.reply(self.held, bytes(PAGE))


def map_file(path, reads):
    """In the child, which has a child of its own that reads."""
    fd = os.open(path, os.O_RDONLY)
    if os.fork() == 0:
        libc.prctl(1, signal.SIGKILL)
        os.read(os.open(path, os.O_RDONLY), 1)
        os._exit(0)
    # Until the read has come to the server.
    os.read(reads, 1)
    memory = mmap.mmap(fd, PAGE, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
    print("free", flush=True)
    signal.pause()
    del memory


def waits(pid):
    """Not to be interrupted: there is nothing else that it could wait so for."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "D"


def serve(server, child, life, reads):
    """Until the input ends, or the child does. A line answers the read."""
    while True:
        for fd in select.select([server.fuse, life, 0], [], [])[0]:
            if fd == server.fuse:
                if not server.take(reads):
                    continue
                while not waits(child):
                    time.sleep(0.01)
                print(child, flush=True)
            elif os.read(fd, PAGE):
                server.release()
            else:
                return


def main():
    server = Server(sys.argv[1])
    asked, reads = os.pipe()
    # Nobody ever writes to it: its end is the child's.
    life, child_life = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(server.fuse)
        os.close(reads)
        map_file(sys.argv[1] + "/file", asked)
    os.close(child_life)
    os.close(asked)
    serve(server, child, life, reads)
    # Whoever waits for the server fails, and ends.
    os.close(server.fuse)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    libc.umount2(sys.argv[1].encode(), MNT_DETACH)


main()
