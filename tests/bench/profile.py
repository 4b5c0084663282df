# SPDX-License-Identifier: GPL-2.0-only
"""Adds up by function what profile.so counted, and shows where two kernels differ.

Called by tests/bench/run: profile.py OPERATIONS BASE-FEW BASE-MANY NEW-FEW NEW-MANY, the paths of four
results without their suffixes. What a guest does besides is the same in a run of few passes and in one of many,
so that the difference is OPERATIONS times what one operation costs. What differs the other way, for no boot is quite like
another, is none of the operation's and left out.
"""

import bisect
import collections
import sys

SHOWN = 0.75  # instructions an operation; what is less comes with interrupts


def count(path):
    """Instructions by function in one run."""
    symbols = []
    with open(path + ".symbols", encoding="ascii") as lines:
        for line in lines:
            address, kind, name = line.split()[:3]
            if kind in "tTwW":
                symbols.append((int(address, 16), name))
    symbols.sort()
    addresses = [address for address, _name in symbols]
    total = collections.Counter()
    with open(path + ".blocks", encoding="ascii") as lines:
        for line in lines:
            address, instructions, times = line.split()
            address = int(address, 16)
            name = "user space"
            if address >> 63:
                at = bisect.bisect_right(addresses, address) - 1
                name = symbols[at][1] if at >= 0 else "boot"
            total[name] += int(instructions) * int(times)
    return total


def profile(operations, few, many):
    few, many = count(few), count(many)
    return {name: (many[name] - few[name]) / operations for name in set(few) | set(many)}


def main():
    operations = int(sys.argv[1])
    base = profile(operations, *sys.argv[2:4])
    new = profile(operations, *sys.argv[4:6])
    own = [name for name in set(base) | set(new) if name != "user space" and min(base.get(name, 0), new.get(name, 0)) >= 0]
    rows = sorted((new.get(name, 0) - base.get(name, 0), name) for name in own)
    print("| function | stock | patched | difference |\n|---|---|---|---|")
    for difference, name in reversed(rows):
        if abs(difference) >= SHOWN:
            print("| `%s` | %.1f | %.1f | %+.1f |" % (name, base.get(name, 0), new.get(name, 0), difference))
    before, after = (sum(those.get(name, 0) for name in own) for those in (base, new))
    print("| all of the kernel | %.1f | %.1f | %+.1f (%+.2f %%) |"
          % (before, after, after - before, 100 * (after - before) / before))  # fmt: skip


if __name__ == "__main__":
    main()
