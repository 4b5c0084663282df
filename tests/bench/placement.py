#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tables 3 and 4 of the Mosaic paper out of what tests/bench/placement.sh has counted.

placement.py ROWS PREFIX: prints Markdown, leaves PREFIX-table3.csv, PREFIX-table4.csv and data for the drawing. A table
has a row for each workload and size that every policy has run. It judges nothing, but a run of placement in which a
thousandth of the faults or more got an ordinary frame is void, and counts in no mean.
"""

import collections
import csv
import math
import statistics
import sys

from tables import read, table, write

COLUMNS = (
    "pool_mib disk page_cluster workload over run policy limit outside pages fill_in fill_out fill_zero_in fill_zero_out"
    " in out zero_in zero_out minor major seconds steps checksum conflict used placed evicted ordinary exempt gated paused"
    " failed busy looks boot"
).split()
PLACED = {"paper": 56, "default": 44}  # and how large their front yards are
LINUX = ("classic", "mglru")
VOID = 0.001
# Swap-ins and swap-outs of the paper's own kernel, of its Linux's, by the per cent that memory is larger than the pool.
PUBLISHED = {
    "bfs": {1.5: 1.98, 7.7: 0.82, 14.0: 0.71, 20.2: 0.73, 26.5: 0.83, 32.7: 0.93, 38.9: 0.97, 45.2: 0.98, 51.4: 0.99, 57.7: 0.95},
    "grid": {1.5: 1.16, 7.7: 0.87, 14.0: 0.88, 20.2: 0.91, 26.5: 0.93, 32.7: 0.95, 38.9: 0.97, 45.2: 0.99, 51.4: 0.99, 57.7: 1.00},
    "btree": {1.5: 1.19, 7.7: 0.89, 14.0: 0.89, 20.2: 0.86, 26.5: 0.83, 32.7: 0.83, 38.9: 0.83, 45.2: 0.85, 51.4: 0.89, 57.7: 0.90},
}
SWAPPED = ("in", "out", "zero_in", "zero_out")


class Run:
    def __init__(self, line):
        self.__dict__.update(zip(COLUMNS, line))
        self.frames = int(self.pool_mib) * 256
        self.swap = sum(int(self.of(prefix + name)) for prefix in ("", "fill_") for name in SWAPPED)

    def of(self, name):
        return self.__dict__[name]

    def is_void(self):
        faults = int(self.placed) + int(self.ordinary)
        return int(self.ordinary) >= VOID * faults


def steady(front, frames, pages):
    """What part of the frames is in use in the long run: of a front yard those that too few pages hash to never are."""
    mean = 64 * pages / frames
    chance, missing = math.exp(-mean), 0
    for pages_there in range(front):
        missing += (front - pages_there) * chance
        chance *= mean / (pages_there + 1)
    return 1 - missing / 64


def spread(values, form="%.2f"):
    said = form % statistics.mean(values)
    return said + (" ± " + form % statistics.stdev(values) if len(values) > 1 else "")


def percent_over(run):
    return "+%.1f %%" % (int(run.over) / 10)


def emit(path, head, rows):
    table(head, rows)
    with open(path, "w", encoding="ascii", errors="replace", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([head] + [[str(cell).replace(" ± ", " +- ") for cell in row] for row in rows])


def table3(groups, path):
    rows = []
    for runs in groups.values():
        for policy, front in PLACED.items():
            mine = [run for run in runs[policy] if not run.is_void()]
            if not mine:
                continue
            conflicts = [100 * int(run.conflict) / run.frames for run in mine if int(run.conflict)]
            used = [100 * int(run.used) / run.frames for run in mine]
            one = mine[0]
            formula = "%.2f" % (100 * steady(front, one.frames, int(one.pages)))
            rows.append([one.workload, percent_over(one), policy, len(mine), spread(conflicts) if conflicts else "-", spread(used), formula])
    print("\nFirst conflict, and how much of the pool is in use in the end; per cent of the pool, mean and standard deviation.\n")
    emit(path, ["workload", "over the pool", "policy", "runs", "first conflict", "in use", "formula"], rows)


def published(one):
    sizes = PUBLISHED[one.workload]
    nearest = min(sizes, key=lambda size: abs(size - int(one.over) / 10))
    return "%.2f" % sizes[nearest] if abs(nearest - int(one.over) / 10) < 1 else "-"


def table4(groups, prefix):
    rows, bars = [], []
    several = len({key[1:3] for key in groups}) > 1
    for runs in groups.values():
        means = {policy: statistics.mean(run.swap for run in those) for policy, those in runs.items()}
        valid = {policy: [run.swap for run in runs[policy] if not run.is_void()] for policy in PLACED}
        means.update({policy: statistics.mean(values) if values else None for policy, values in valid.items()})
        better = min(means[policy] for policy in LINUX)
        one = runs["classic"][0]
        row = ["%s:%s" % (one.disk, one.page_cluster), one.workload, percent_over(one), one.pages, one.steps, len(runs["classic"])]
        row += [spread([run.swap / 1000 for run in runs[policy]]) for policy in LINUX]
        for policy in PLACED:
            if means[policy] is None:
                row += ["void", "-"]
                continue
            row += [spread([value / 1000 for value in valid[policy]]), "%.2f" % (means[policy] / better)]
        rows.append(row + [published(one)])
        name = one.workload + " " + percent_over(one)[:-2] + (" %s:%s" % (one.disk, one.page_cluster) if several else "")
        order = LINUX + tuple(PLACED)
        bars.append([name] + ["%.1f" % (100 * means[policy] / better) if means[policy] is not None else "-" for policy in order])
    print("\nPages that went to swap and that came back, zero pages among them, in thousands; ratios to the better Linux.\n")
    head = ["swap", "workload", "over the pool", "pages", "steps", "runs", "classic", "MGLRU", "paper", "ratio", "default", "ratio", "paper's own ratio"]
    emit(prefix + "-table4.csv", head, rows)
    write(prefix + "-table4.plot", ["workload", "classic", "MGLRU", "paper's preset", "default"], bars)


def conditions(groups):
    """What has to be known to believe the tables."""
    rows = []
    for runs in groups.values():
        for policy in PLACED:
            mine = runs[policy]
            share = max(int(run.ordinary) / (int(run.placed) + int(run.ordinary)) for run in mine)
            one = mine[0]
            sums = [sum(int(run.of(name)) for run in mine) for name in ("evicted", "failed", "busy", "gated", "paused")]
            looks = "%.1f" % (sum(int(run.looks) for run in mine) / max(1, sums[0]))
            outside = statistics.mean(int(run.outside) for run in mine) / 1024
            rows.append([one.workload, percent_over(one), policy, "%.3f %%" % (100 * share)] + sums + [looks, "%.0f" % outside])
    print("\nOf the placed runs: faults that got an ordinary frame, at most; sums; looks at accessed bits an eviction; KiB outside of the pool.\n")
    table(["workload", "over", "policy", "ordinary", "evicted", "failed", "busy", "gated", "paused", "looks", "outside"], rows)


def main():
    groups = collections.OrderedDict()
    for line in read(sys.argv[1]):
        run = Run(line)
        key = (run.workload, run.disk, run.page_cluster, int(run.over))
        groups.setdefault(key, collections.defaultdict(list))[run.policy].append(run)
    groups = {key: runs for key, runs in groups.items() if all(runs[policy] for policy in LINUX + tuple(PLACED))}
    if not groups:
        sys.exit("placement.py: %s has no workload and size that every policy has run" % sys.argv[1])
    prefix = sys.argv[2]
    table3(groups, prefix + "-table3.csv")
    table4(groups, prefix)
    conditions(groups)


if __name__ == "__main__":
    main()
