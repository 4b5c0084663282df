# SPDX-License-Identifier: GPL-2.0-only
"""Fragments free memory: of the blocks of 32 frames (order 5) that are free, so many percent become unusable, because one
frame of each is a pipe's, which cannot be moved. areas.sh calls it.

    fragment.py PERCENT    says "fragmented PERCENT", as measured, and ends with its input
"""

import fcntl
import os
import resource
import sys

PAGE = 4096
BLOCK = 32
PIPE_PAGES = 256
# Free memory that is left alone meanwhile, MiB.
SPARE = 48


def free_mib():
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        return next(int(line.split()[1]) >> 10 for line in meminfo if line.startswith("MemFree:"))


def unusable():
    """Percent of the free frames that are in no free block of BLOCK frames."""
    free = usable = 0
    with open("/proc/buddyinfo", encoding="ascii") as buddyinfo:
        for line in buddyinfo:
            for order, number in enumerate(map(int, line.split()[4:])):
                free += number << order
                usable += number << order if 1 << order >= BLOCK else 0
    return 100 - usable * 100 // free


def huge_pages(number):
    with open("/proc/sys/vm/nr_hugepages", "w", encoding="ascii") as pages:
        pages.write(str(number))


class Pages:
    """So many pages of pipes, one after the other."""

    def __init__(self):
        self.pipes, self.room = [], 0

    def take(self, pages):
        while pages:
            if not self.room:
                ends = os.pipe()
                fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, PIPE_PAGES * PAGE)
                self.pipes.append(ends)
                self.room = PIPE_PAGES
            part = min(pages, self.room)
            os.write(self.pipes[-1][1], b"x" * (part * PAGE))
            self.room -= part
            pages -= part

    def drop(self):
        for ends in self.pipes:
            os.close(ends[0])
            os.close(ends[1])


def main():
    percent = int(sys.argv[1])
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    kept, dropped, block = Pages(), Pages(), 0
    while percent and free_mib() > SPARE:
        for _ in range(64):
            keeps = (block + 1) * percent // 100 - block * percent // 100
            kept.take(keeps)
            dropped.take(BLOCK - keeps)
            block += 1
    dropped.drop()
    # What was spare is in a row still: huge pages take what they get of it.
    huge_pages(4096)
    print("fragmented", unusable(), flush=True)
    sys.stdin.read()
    huge_pages(0)


main()
