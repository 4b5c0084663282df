# SPDX-License-Identifier: GPL-2.0-only
"""Tables and data for the drawings of tests/bench/refcount-pages.sh; called with the directory of its results.

What is drawn over the number of CPUs is a model, not a measurement: two host cores cannot show contention. It takes what
was counted (instructions, locked operations on lines of one CPU and on shared ones) and what others measured.
"""

import collections
import math
import statistics
import sys

from tables import percent, read, table, write

CPUS = (1, 2, 4, 8, 16)
NAMES = {"low": "DRBL", "medium": "DRBM", "high": "DRBH"}
# A locked add of N threads to one line, nanoseconds each: Zen 4, 7840U, linux-kernel 2026-03; between them a straight
# line where both axes are logarithmic.
CONTENDED = {1: 2.76, 4: 42.1, 8: 84.8, 16: 226.0}
INSTRUCTIONS_A_NS = 4.0  # assumed, of a core of today


def contended(cpus):
    below = max(n for n in CONTENDED if n <= cpus)
    above = min(n for n in CONTENDED if n >= cpus)
    if below == above:
        return CONTENDED[below]
    part = math.log(cpus / below) / math.log(above / below)
    return CONTENDED[below] * (CONTENDED[above] / CONTENDED[below]) ** part


def modelled(cpus, instructions, own, shared):
    """Million reads a second of so many CPUs."""
    ns = instructions / INSTRUCTIONS_A_NS + own * CONTENDED[1] + shared * contended(cpus)
    return 1e3 * cpus / ns


def pages(out):
    runs = {}
    for fs, mode, path, cpus, instructions, _least, locked, shared, stores, windows, dropped, where in read(out + "/refcount-pages.tsv"):
        runs[fs, mode, path, int(cpus)] = (float(instructions), float(locked), float(shared), float(stores), windows, dropped, where)
    print("\nA cached read of 4 KiB: locked operations (all / on shared lines / stores to shared lines), instructions.\n")
    kinds = sorted({key[:3] for key in runs}, key=lambda key: (key[0], list(NAMES).index(key[1]), key[2] != "stock"))
    rows = []
    for kind in kinds:
        cells = ["%.2f / %.2f / %.2f, %.0f" % (run[1], run[2], run[3], run[0]) if (run := runs.get(kind + (cpus,))) else "" for cpus in CPUS]
        rows.append([kind[0], NAMES[kind[1]], kind[2]] + cells + [runs[kind + (CPUS[-1],)][6]])
    table(["file system", "benchmark", "path"] + ["%d vCPUs" % cpus for cpus in CPUS] + ["where, with %d" % CPUS[-1]], rows)
    bars = {}
    for fs, mode, path in kinds:
        bars.setdefault("%s %s" % (fs, NAMES[mode]), {})[path] = runs[fs, mode, path, CPUS[-1]][2]
    paths = sorted({path for bar in bars.values() for path in bar}, key=lambda path: path != "stock")
    write(out + "/refcount-pages.plot", ["benchmark"] + paths, [[name] + ["%.2f" % bar[path] for path in paths] for name, bar in bars.items()])
    scaling(out, runs)


def scaling(out, runs):
    """DRBH on ext4, and the same read were it counted otherwise, by the instructions of the opted-in one."""
    rows = []
    for cpus in CPUS:
        row = [cpus]
        for path in ("stock", "in"):
            run = runs.get(("ext4", "high", path, cpus))
            row.append("%.3f" % modelled(cpus, run[0], run[1] - run[2], run[2]) if run else "-")
        run = runs.get(("ext4", "high", "in", cpus)) or runs["ext4", "high", "stock", cpus]
        row += ["%.3f" % modelled(cpus, run[0], 0, 2), "%.3f" % modelled(cpus, run[0], 0, 0)]
        rows.append(row)
    head = ["CPUs", "stock", "opted in", "one atomic counter", "a counter a CPU"]
    print("\nA model of DRBH on ext4, million reads a second: n / (instructions / %g a ns + locked operations of its own x %g ns"
          " + on shared lines x contended ns).\n" % (INSTRUCTIONS_A_NS, CONTENDED[1]))  # fmt: skip
    table(head, rows)
    write(out + "/refcount-scaling.plot", head, rows)


def ratio(out):
    rounds = collections.defaultdict(dict)
    for number, path, ns in read(out + "/refcount-ratio.tsv"):
        rounds[number][path] = float(ns)
    ratios = sorted(each["out"] / each["in"] for each in rounds.values())
    print("\nTwo readers of one block, opted in beside not, %d rounds in turn: as fast as not, median %.2f, %.2f to %.2f.\n"
          % (len(ratios), statistics.median(ratios), ratios[0], ratios[-1]))  # fmt: skip


def hit(out):
    medians = collections.defaultdict(list)
    for _boot, kernel, operation, lru, path, _least, median, _most in read(out + "/refcount-hit.tsv"):
        medians[operation, lru, kernel, path].append(float(median))
    rows = []
    for (operation, lru, kernel, path), values in medians.items():
        stock = min(medians.get((operation, lru, "stock", "stock")) or values)
        spread = "%.3f %%" % (100 * (max(values) - min(values)) / min(values))
        rows.append((operation, lru, kernel, path, "%.1f" % min(values), spread, percent(min(values), stock), "%.3f" % (min(values) / stock)))
    table(("operation", "LRU", "kernel", "path", "instructions", "between boots", "to the stock kernel", "ratio"), rows)


def query(out):
    found = collections.defaultdict(list)
    for cpus, operation, state, share, _cached, taken, instructions, *_rest in read(out + "/refcount-query.tsv"):
        if int(taken):
            found[int(cpus), operation, state, int(share)].append(float(instructions) / int(taken))
    print("\nInstructions of taking a page out, median of the runs.\n")
    rows = []
    for (cpus, operation, state, share), values in found.items():
        stock = statistics.median(found[cpus, operation, "stock", 0])
        median = statistics.median(values)
        rows.append((cpus, operation, state, share, "%.0f" % median, "%.2f %%" % (100 * (max(values) - min(values)) / median), "%.3f" % (median / stock)))
    table(("vCPUs", "operation", "readers", "per cent in", "instructions a page", "spread", "to stock"), rows)
    curves = sorted({(cpus, operation) for cpus, operation, state, _share in found if state == "all" and operation != "truncate"})
    shares = sorted({share for _cpus, operation, state, share in found if state == "all" and operation != "truncate"})
    names = {"advise": "fadvise", "drop": "drop_caches"}
    data = [[share] + ["%.1f" % statistics.median(found[curve + ("all", share)]) for curve in curves] for share in shares]
    write(out + "/refcount-query.plot", ["share"] + ["%s, %d vCPUs" % (names[operation], cpus) for cpus, operation in curves], data)


def main():
    out = sys.argv[1]
    pages(out)
    ratio(out)
    hit(out)
    query(out)


if __name__ == "__main__":
    main()
