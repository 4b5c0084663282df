#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How fast is the page-walk simulator beside another one? The other is a C file that takes w=WORKLOAD d=DESIGN n= skip=.
Both are built with the same flags, statically, and run in turn, because the machine is shared.

walk-speed.py OTHER.c [--build] [--runs N] [--references N] [--designs LIST] [--workloads LIST]

--build only builds (inside the build root); without it, what has been built is run, which goes outside of the root too.
There, with valgrind, instructions are counted as well. Prints lines between tabs: design, workload, median of user
seconds of either, theirs in parts of ours, instructions a reference of either, likewise; then geometric means and the
worst. Above 1 ours is the faster.
"""

import argparse
import glob
import math
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
OUT = os.path.join(TOP, "build", "bench", "walk-speed")
# As the Makefile and sim/build.mk have them.
FLAGS = "-static -std=gnu17 -O2 -g -O3 -flto -D_GNU_SOURCE".split()


def build(other):
    os.makedirs(OUT, exist_ok=True)
    ours = ["tests/bench/walked.c", "sim/input.c", "sim/lines.c"] + sorted(glob.glob("sim/walk/*.c", root_dir=TOP))
    quiet = ["gcc", *FLAGS, "-w"]
    subprocess.run([*quiet, "-o", os.path.join(OUT, "other"), other, "-lm"], check=True)
    subprocess.run(
        [*quiet, "-Iinclude", "-Isim/host", "-o", os.path.join(OUT, "ours"), *ours, "-lz", "-lzstd", "-lm"], check=True, cwd=TOP
    )


def commands(design, workload, nr):
    warm = nr // 4
    return {
        "other": [os.path.join(OUT, "other"), "w=" + workload, "d=" + design, "n=%d" % nr, "skip=%d" % warm],
        "ours": [os.path.join(OUT, "ours"), workload, design, "n=%d" % nr, "skip=%d" % warm],
    }


def user_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def instructions(command):
    said = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ).stderr  # fmt: skip
    return int(re.search(r"Collected : (\d+)", said).group(1))


# What starting takes is in both numbers of references, and goes away.
def instructions_a_reference(design, workload, which):
    few, many = 100000, 300000
    counts = [instructions(commands(design, workload, nr)[which]) for nr in (few, many)]
    return (counts[1] - counts[0]) / (many - few) / 1.25


def compare(design, workload, runs, nr):
    seconds = {"other": [], "ours": []}
    both = commands(design, workload, nr)
    for _ in range(runs):
        for which, command in both.items():
            seconds[which].append(user_seconds(command))
    medians = {which: statistics.median(those) for which, those in seconds.items()}
    row = [design, workload, "%.3f" % medians["other"], "%.3f" % medians["ours"]]
    ratios = [medians["other"] / medians["ours"]]
    row.append("%.2f" % ratios[0])
    if shutil.which("valgrind"):
        counts = [instructions_a_reference(design, workload, which) for which in ("other", "ours")]
        ratios.append(counts[0] / counts[1])
        row += ["%.1f" % counts[0], "%.1f" % counts[1], "%.2f" % ratios[1]]
    print("\t".join(row), flush=True)
    return ratios


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("other")
    parser.add_argument("--build", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--references", type=int, default=3000000)
    parser.add_argument("--designs", default="radix,2d")
    parser.add_argument("--workloads", default="gups,btree,xsbench,redis,bfs,canneal,stream")
    options = parser.parse_args()
    if options.build:
        build(options.other)
        return
    if not os.path.exists(os.path.join(OUT, "ours")):
        sys.exit("walk-speed.py: nothing has been built: tools/root run tests/bench/walk-speed.py OTHER.c --build")
    for design in options.designs.split(","):
        rows = [compare(design, workload, options.runs, options.references) for workload in options.workloads.split(",")]
        for i, what in enumerate(("user time", "instructions")[: len(rows[0])]):
            ratios = [row[i] for row in rows]
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            print("%s\t%s: geometric mean %.2f, worst %.2f" % (design, what, mean, min(ratios)), flush=True)


if __name__ == "__main__":
    main()
