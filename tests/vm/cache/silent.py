# SPDX-License-Identifier: GPL-2.0-only
"""A file of FUSE that is of one MiB and never read: this process, which serves it, says nothing to any READ. Run as
silent.py DIRECTORY, which it mounts; it prints `mounted` and ends when the file system is unmounted."""

import ctypes
import os
import stat
import struct
import sys

INIT, LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INTERRUPT, BATCH_FORGET = 26, 1, 2, 3, 14, 15, 18, 25, 36, 42
ENOSYS = 38
KEEP_CACHE = 2
SIZE = 1 << 20


def attributes(node):
    mode = stat.S_IFDIR | 0o755 if node == 1 else stat.S_IFREG | 0o644
    return struct.pack("<6Q10I", node, SIZE, SIZE // 512, 0, 0, 0, 0, 0, 0, mode, 1, os.getuid(), os.getgid(), 0, 4096, 0)


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    fuse = os.open("/dev/fuse", os.O_RDWR)
    options = "fd=%d,rootmode=40000,user_id=%d,group_id=%d,allow_other" % (fuse, os.getuid(), os.getgid())
    if libc.mount(b"silent", os.fsencode(sys.argv[1]), b"fuse", 6, os.fsencode(options)) < 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    print("mounted", flush=True)
    while True:
        try:
            request = os.read(fuse, 1 << 18)
        except OSError:
            return  # unmounted
        _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
        error, data = 0, b""
        if opcode == INIT:
            data = struct.pack("<4I2H2I2H8I", 7, 31, 65536, 0, 0, 0, 4096, 1, 0, 0, *[0] * 8)
        elif opcode == LOOKUP:
            data = struct.pack("<4Q2I", 2, 0, 3600, 3600, 0, 0) + attributes(2)
        elif opcode == GETATTR:
            data = struct.pack("<Q2I", 3600, 0, 0) + attributes(node)
        elif opcode == OPEN:
            data = struct.pack("<Q2I", 0, KEEP_CACHE, 0)  # else an open() waits for pages that are being read
        elif opcode in (FORGET, BATCH_FORGET, INTERRUPT, READ):
            continue
        elif opcode not in (RELEASE, FLUSH):
            error = ENOSYS
        try:
            os.write(fuse, struct.pack("<IiQ", 16 + len(data), -error, unique) + data)
        except OSError:
            pass  # nobody waits any more


if __name__ == "__main__":
    main()
