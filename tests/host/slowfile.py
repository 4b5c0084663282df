# SPDX-License-Identifier: GPL-2.0-only
"""A file of FUSE, served by this process, whose close() waits until it is let go: what a user may pass to the daemon."""

import ctypes
import os
import stat
import struct
import threading

INIT, LOOKUP, FORGET, GETATTR, OPEN, RELEASE, FLUSH, INTERRUPT, BATCH_FORGET = 26, 1, 2, 3, 14, 18, 25, 36, 42
ENOSYS = 38
MNT_FORCE, MNT_DETACH = 1, 2
LIBC = ctypes.CDLL(None, use_errno=True)


def attributes(node):
    mode = stat.S_IFDIR | 0o755 if node == 1 else stat.S_IFREG | 0o644
    return struct.pack("<6Q10I", node, 4096, 8, 0, 0, 0, 0, 0, 0, mode, 1, os.getuid(), os.getgid(), 0, 4096, 0)


class SlowFile:
    """Mounted at a directory; its only file has whatever name is looked up."""

    def __init__(self, directory):
        self.directory = directory
        self.path = os.path.join(directory, "file")
        self.waiting = threading.Event()  # somebody closes it
        self.let_go = threading.Event()
        self.fuse = os.open("/dev/fuse", os.O_RDWR)
        options = "fd=%d,rootmode=40000,user_id=%d,group_id=%d" % (self.fuse, os.getuid(), os.getgid())
        if LIBC.mount(b"slow", os.fsencode(directory), b"fuse", 6, os.fsencode(options)) < 0:
            error = ctypes.get_errno()
            os.close(self.fuse)
            raise OSError(error, os.strerror(error))
        threading.Thread(target=self.serve, daemon=True).start()

    def reply(self, unique, error, data=b""):
        try:
            os.write(self.fuse, struct.pack("<IiQ", 16 + len(data), -error, unique) + data)
        except OSError:
            pass  # nobody waits any more

    def flush(self, unique):
        self.waiting.set()
        self.let_go.wait()
        self.reply(unique, 0)

    def serve(self):
        while True:
            try:
                request = os.read(self.fuse, 1 << 18)
            except OSError:
                return  # unmounted
            _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
            if opcode == INIT:
                self.reply(unique, 0, struct.pack("<4I2H2I2H8I", 7, 31, 0, 0, 0, 0, 4096, 1, 0, 0, *[0] * 8))
            elif opcode == LOOKUP:
                self.reply(unique, 0, struct.pack("<4Q2I", 2, 0, 60, 60, 0, 0) + attributes(2))
            elif opcode == GETATTR:
                self.reply(unique, 0, struct.pack("<Q2I", 60, 0, 0) + attributes(node))
            elif opcode == OPEN:
                self.reply(unique, 0, struct.pack("<Q2I", 0, 0, 0))
            elif opcode == FLUSH:
                threading.Thread(target=self.flush, args=(unique,), daemon=True).start()
            elif opcode == RELEASE:
                self.reply(unique, 0)
            elif opcode not in (FORGET, BATCH_FORGET, INTERRUPT):
                self.reply(unique, ENOSYS)

    def end(self):
        self.let_go.set()
        LIBC.umount2(os.fsencode(self.directory), MNT_FORCE | MNT_DETACH)
