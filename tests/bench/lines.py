# SPDX-License-Identifier: GPL-2.0-only
"""Joins what a guest ran with what lines.so counted, a row a run; tests/bench/refcount-pages.sh calls it.

lines.py RESULTS COUNTED: RESULTS has a line a run, in the runs' order; RESULTS.symbols is the guest's kallsyms.
Prints those lines, and after them per window: instructions, the least of a window, locked operations, locked
operations and stores on lines that two vCPUs or more accessed and one wrote, then windows, windows dropped,
and where the locked operations on such lines came from.
"""

import bisect
import collections
import sys

SHOWN = 0.005  # of an operation a window


class Symbols:
    def __init__(self, path):
        symbols = []
        with open(path, encoding="ascii") as lines:
            for line in lines:
                address, kind, name = line.split()[:3]
                if kind in "tTwW":
                    symbols.append((int(address, 16), name))
        symbols.sort()
        self.addresses = [address for address, _name in symbols]
        self.names = [name for _address, name in symbols]

    def name(self, address):
        if not address >> 63:
            return "user space"
        return self.names[bisect.bisect_right(self.addresses, address) - 1]


def runs(path):
    """Each run's sums, and the rows of its shared lines as (pc, locked, stores)."""
    found = []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            word = line.split()
            if word[0] == "run":
                found.append((dict(zip("vcpus windows dropped instructions least most locked stores loads".split(), map(int, word[2:]))), []))
            else:
                found[-1][1].append((int(word[4], 16), int(word[5]), int(word[6])))
    return found


def row(sums, shared, symbols):
    windows = sums["windows"]
    if not windows:
        sys.exit("lines.py: a run without a window that no interrupt met")
    where = collections.Counter()
    for pc, locked, _stores in shared:
        where[symbols.name(pc)] += locked / windows
    figures = [sums["instructions"], sums["least"] * windows, sums["locked"]]
    figures += [sum(locked for _pc, locked, _stores in shared), sum(stores for _pc, _locked, stores in shared)]
    return (
        ["%.2f" % (figure / windows) for figure in figures]
        + [str(windows), str(sums["dropped"])]
        + [" ".join("%s:%.2f" % each for each in where.most_common() if each[1] >= SHOWN) or "-"]
    )


def main():
    results, counted = sys.argv[1:]
    symbols = Symbols(results + ".symbols")
    with open(results, encoding="ascii") as lines:
        labels = lines.read().splitlines()
    found = runs(counted)
    if len(found) != len(labels):
        sys.exit("lines.py: %d runs, but %d were counted" % (len(labels), len(found)))
    for label, (sums, shared) in zip(labels, found):
        print("\t".join([label] + row(sums, shared, symbols)))


if __name__ == "__main__":
    main()
