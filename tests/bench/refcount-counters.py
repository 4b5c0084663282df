# SPDX-License-Identifier: GPL-2.0-only
"""Tables and data for the drawings of tests/bench/refcount-counters.sh; called with the directory of its results.

What is drawn over the number of threads is a model, not a measurement: two host cores cannot show contention. It takes
what was counted (instructions, locked operations on lines of one CPU and on shared ones) and what others measured;
counters a pair are those of a window with pairs less those of one without.
"""

import importlib
import sys

from tables import read, table, write

model = importlib.import_module("refcount-pages")
PATTERNS = {"low": "DRBL", "medium": "DRBM", "high": "DRBH"}
COUNTED = ("instructions", "locked", "shared", "stores")


def load(path):
    """(how, kind, pattern, cpus) -> a pair's figures; (how, kind, share, cpus) -> lines and instructions an object."""
    windows, pairs, queries = {}, {}, {}
    for row in read(path):
        if row[0] == "ucounting":
            key, count = (*row[1:4], int(row[4])), int(row[5])
            windows.setdefault(key, {})[count] = [float(row[6])] + [float(cell) for cell in row[8:11]]
        else:
            queries[(*row[1:3], int(row[3]), int(row[4]))] = (int(row[6]) / int(row[5]), float(row[7]) / int(row[5]))
    for key, runs in windows.items():
        count = max(runs)
        pairs[key] = dict(zip(COUNTED, ((with_pairs - without) / count for with_pairs, without in zip(runs[count], runs[0]))))
    return pairs, queries


def number_of(number, what):
    return "%d %s%s" % (number, what, "" if number == 1 else "s")


def counting(out, pairs):
    numbers = sorted({key[3] for key in pairs})
    kinds = list(dict.fromkeys(key[1] for key in pairs))
    print("\nA pair of get and put: instructions; locked operations, of them on shared lines, other stores on shared lines.\n")
    rows = []
    for how, kind, pattern in dict.fromkeys(key[:3] for key in pairs):
        found = [pairs.get((how, kind, pattern, cpus)) for cpus in numbers]
        cells = ["%.0f; %.2f, %.2f, %.2f" % tuple(round(pair[what], 2) + 0.0 for what in COUNTED) if pair else "-" for pair in found]
        rows.append([how, PATTERNS[pattern], kind] + cells)
    table(["how", "benchmark", "kind"] + [number_of(cpus, "thread") for cpus in numbers], rows)
    for how in ("native", "bpf"):
        data = []
        for cpus in numbers:
            row = [cpus]
            for kind in kinds:
                pair = pairs[how, kind, "high", cpus]
                shared = max(pair["shared"], 0)
                row.append("%.3f" % model.modelled(cpus, pair["instructions"], max(pair["locked"] - shared, 0), shared))
            data.append(row)
        print("\nA model of DRBH, %s: million pairs a second.\n" % how)
        table(["threads"] + kinds, data)
        if how == "bpf":
            write(out + "/refcount-ucounting-bpf.plot", ["threads"] + kinds, data)


def asking(out, queries):
    (cpus,) = {key[3] for key in queries}
    kinds = list(dict.fromkeys(key[1] for key in queries))
    shares = sorted({key[2] for key in queries})
    print("\nTo ask an object whether it is at zero, by per cent distributed over %d CPUs: cache lines, instructions.\n" % cpus)
    rows = [
        [how, kind] + ["%.1f, %.0f" % queries[how, kind, share, cpus] for share in shares] for how, kind in dict.fromkeys(key[:2] for key in queries)
    ]
    table(["how", "kind"] + ["%d %%" % share for share in shares], rows)
    for which, name in enumerate(("lines", "instructions")):
        data = [[share] + ["%.2f" % queries["bpf", kind, share, cpus][which] for kind in kinds] for share in shares]
        write("%s/refcount-uquery-%s.plot" % (out, name), ["share"] + kinds, data)


def main():
    out = sys.argv[1]
    pairs, queries = load(out + "/refcount-counters.tsv")
    counting(out, pairs)
    asking(out, queries)


if __name__ == "__main__":
    main()
