# SPDX-License-Identifier: GPL-2.0-only
"""Tables and data for the drawings of tests/bench/refcount-pages.sh.

refcount-pages.py OUT PART...: of lines, users, ratio, hit and query, whose results are in the directory OUT.

What is drawn over the number of CPUs is a model, not a measurement: two host cores cannot show contention. It takes what
was counted (instructions, locked operations on lines of one CPU and on shared ones) and what others measured.
"""

import collections
import math
import os
import statistics
import sys

from tables import percent, read, table, write

NAMES = {"low": "DRBL", "medium": "DRBM", "high": "DRBH"}
# A locked add of N threads to one line, nanoseconds each: Zen 4, 7840U, linux-kernel 2026-03; between them a straight
# line where both axes are logarithmic.
CONTENDED = {1: 2.76, 4: 42.1, 8: 84.8, 16: 226.0}
INSTRUCTIONS_A_NS = 4.0  # assumed, of a core of today
# Seconds of drop_caches by per cent of the pages that are distributed, 32 threads: PAYGO's uquery.
PUBLISHED = {0: 0.136, 1: 0.150, 10: 0.197, 25: 0.253, 50: 0.378, 100: 0.572}


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


def number_of_cpus(cpus):
    return "%d vCPU%s" % (cpus, "" if cpus == 1 else "s")


def counted(path):
    """(file system, benchmark or condition, path of the read, vCPUs) -> what was counted of a read."""
    runs = {}
    for fs, mode, way, cpus, instructions, _least, locked, shared, stores, _windows, _dropped, where in read(path):
        runs[fs, mode, way, int(cpus)] = (float(instructions), float(locked), float(shared), float(stores), where)
    return runs


def most_of(runs, kind):
    return max(key[3] for key in runs if key[:3] == kind)


def reads_table(runs, what, names):
    numbers = sorted({key[3] for key in runs})
    kinds = sorted({key[:3] for key in runs}, key=lambda key: (key[0], list(names).index(key[1]), key[2] != "stock"))
    rows = []
    for kind in kinds:
        cells = ["%.2f, %.2f, %.2f, %.0f" % (run[2], run[1], run[3], run[0]) if (run := runs.get(kind + (cpus,))) else "" for cpus in numbers]
        rows.append([kind[0], names[kind[1]], kind[2]] + cells + [runs[kind + (most_of(runs, kind),)][4]])
    print("\nA cached read: locked operations on shared lines, all locked operations, other stores to shared lines, instructions.\n")
    table(["file system", what, "path"] + [number_of_cpus(cpus) for cpus in numbers] + ["where, with most"], rows)
    return kinds


def pages(out):
    runs = counted(out + "/refcount-lines.tsv")
    kinds = reads_table(runs, "benchmark", NAMES)
    bars = {}
    for fs, mode, path in kinds:
        bars.setdefault("%s %s" % (fs, NAMES[mode]), {})[path] = runs[fs, mode, path, most_of(runs, (fs, mode, path))][2]
    paths = sorted({path for bar in bars.values() for path in bar}, key=lambda path: path != "stock")
    write(out + "/refcount-lines.plot", ["benchmark"] + paths, [[name] + ["%.2f" % bar[path] for path in paths] for name, bar in bars.items()])
    scaling(out, runs)


def users(out):
    names = {"threads": "threads", "descriptor": "threads, one descriptor", "mapped": "mapped beside", "scan": "scans", "bulk": "64 KiB"}
    reads_table(counted(out + "/refcount-users.tsv"), "all of one block", names)


def scaling(out, runs):
    """DRBH on ext4, and the same read were it counted otherwise, by the instructions of the opted-in one."""
    rows = []
    for cpus in sorted({key[3] for key in runs if key[:3] == ("ext4", "high", "in")}):
        stock, opted_in = (runs["ext4", "high", path, cpus] for path in ("stock", "in"))
        row = [modelled(cpus, run[0], run[1] - run[2], run[2]) for run in (stock, opted_in)]
        row += [modelled(cpus, opted_in[0], 0, 2), modelled(cpus, opted_in[0], 0, 0)]
        rows.append([cpus] + ["%.3f" % value for value in row])
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
    by_share(out, found)


OPERATIONS = {"advise": "fadvise", "drop": "drop_caches"}


def times(found, cpus, operation, share):
    """Instructions of a page, of those of a page that is not distributed; - where that was not measured."""
    values, base = (found.get((cpus, operation, "all", each)) for each in (share, 0))
    return "%.3f" % (statistics.median(values) / statistics.median(base)) if values else "-"


def by_share(out, found):
    cpus = sorted({key[0] for key in found})
    curves = [(number, operation) for number in cpus for operation in OPERATIONS]
    data = [[share] + [times(found, *curve, share) for curve in curves] + ["%.3f" % (seconds / PUBLISHED[0])] for share, seconds in PUBLISHED.items()]
    head = ["share"] + ["%s, %s" % (OPERATIONS[operation], number_of_cpus(number)) for number, operation in curves]
    write(out + "/refcount-query.plot", head + ["PAYGO's drop_caches, published"], data)


PARTS = {"lines": pages, "users": users, "ratio": ratio, "hit": hit, "query": query}


def main():
    out, *parts = sys.argv[1:]
    for part in parts:
        # What was not measured yet has no line.
        if os.path.getsize("%s/refcount-%s.tsv" % (out, part)):
            PARTS[part](out)


if __name__ == "__main__":
    main()
