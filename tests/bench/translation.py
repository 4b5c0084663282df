#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tables of the simulated page-table walks, out of the CSVs that tests/bench/translation.sh leaves: printed for reading,
written as CSV, and as data for the drawings. It judges nothing and rounds nothing but what it prints.

translation.py paper|sensitivity|causes|peers|parts|sample|found|programs|predict DIRECTORY PREFIX
"""

import csv
import glob
import itertools
import json
import math
import os
import re
import sys

PAGES = ("4K", "THP")
# What the paper gives a figure of its own for, and what it stands against.
FIGURES = [(design, pages) for design in ("dmt", "vdmt", "pvdmt", "npvdmt") for pages in PAGES]
ENVIRONMENTS = ("native", "virt", "nested")
NAMES = {"dmt": "DMT", "vdmt": "DMT in a guest", "pvdmt": "pvDMT", "npvdmt": "pvDMT, nested"}


def rows_of(directory, name):
    rows = []
    for environment in ENVIRONMENTS:
        path = os.path.join(directory, "%s-%s.csv" % (name, environment))
        if os.path.exists(path):
            with open(path, encoding="ascii", errors="surrogateescape", newline="") as file:
                rows += list(csv.DictReader(file))
    return rows


def number(text):
    return float(text) if text else None


def means_of(directory, name):
    """(design, pages, caches): gain, what the paper has."""
    return {
        (row["design"], row["pages"], row["walk_caches"]): (number(row["gain"]), number(row["paper"]))
        for row in rows_of(directory, name)
        if row["workload"] == "mean"
    }


def table(prefix, head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    with open(prefix + ".csv", "w", encoding="ascii", errors="surrogateescape", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([head] + rows)


def plot(path, head, rows):
    with open(path, "w", encoding="ascii") as file:
        for row in [head] + rows:
            file.write("\t".join(row) + "\n")


def said(value, form="%.3f"):
    return "-" if value is None else form % value


def paper(directory, prefix):
    """Published and ours. What is more than a tenth off is marked: its cause is for the document to say."""
    means = means_of(directory, "paper")
    rows, bars = [], {pages: [] for pages in PAGES}
    for design, pages, caches in means:
        if caches != "on" or design.startswith("published:"):
            continue
        on, theirs = means[design, pages, "on"]
        off = means.get((design, pages, "off"), (None, None))[0]
        sums = means.get(("published:" + design, pages, "on"), (None, None))[0]
        difference = "-" if theirs is None else "%+.1f %%" % (100 * (on / theirs - 1))
        if theirs and abs(on / theirs - 1) > 0.1:
            difference += " !"
        if design not in ("radix", "2d", "nested"):
            rows.append([design, pages, said(theirs, "%.2f"), said(on), difference, said(off), said(sums)])
        # A shadow table is kept at a price that is not counted here.
        if design not in ("radix", "2d", "nested", "shadow"):
            bars[pages].append([design, said(theirs, "%.2f"), said(on), said(off)])
    table(prefix, ["design", "pages", "paper", "walk caches on", "from the paper", "walk caches off", "sums over the plain walk"], rows)
    for pages, those in bars.items():
        plot("%s-%s.plot" % (prefix, pages), ["design", "paper", "walk caches on", "walk caches off"], those)
    applications(directory)


def applications(directory):
    print("\nA program with the paper's share of walks:\n")
    print("| design | pages | times as fast |\n|---|---|---|")
    for row in rows_of(directory, "paper"):
        if row["workload"] == "mean" and row["walk_caches"] == "on" and row["design"] in NAMES and row["application"]:
            print("| %s | %s | %.3f |" % (row["design"], row["pages"], number(row["application"])))


GROUPS = {
    "caches": ("default", "l2", "l3", "memory"),
    "walk-caches": ("default", "pde", "pdpte", "la57", "ntlb", "combined"),
    "footprints": ("default", "in", "footprint", "host"),
}


def sensitivity(directory, prefix):
    cases, rows, bars = {}, [], {}
    for path in sorted(glob.glob(os.path.join(directory, "depends-*.csv"))):
        case = os.path.basename(path)[len("depends-") : -len(".csv")].rsplit("-", 1)[0]
        cases[case] = means_of(directory, "depends-" + case)
    figures = [figure for figure in FIGURES if figure[0] != "npvdmt"]
    # The default first, and numbers by their size.
    sizes = {case: int((re.findall(r"-(\d+)", case) or [0])[0]) for case in cases}
    order = sorted(cases, key=lambda case: (case != "default", case.split("-")[0], sizes[case]))
    for case in order:
        values = [said(cases[case].get((*figure, "on"), (None, None))[0]) for figure in figures]
        rows.append([case] + values)
        for group, firsts in GROUPS.items():
            if case.split("-")[0] in firsts:
                bars.setdefault(group, []).append([case] + values)
    head = ["machine"] + ["%s %s" % figure for figure in figures]
    table(prefix, head, rows)
    for group, those in bars.items():
        plot("%s-%s.plot" % (prefix, group), head, those)


def share(gain, base, ours, theirs):
    """The part of the way from ours to theirs, in logarithms: parts one after the other add up."""
    if None in (gain, base, ours, theirs) or abs(math.log(theirs / ours)) < 0.02:
        return ""
    return " (%.0f %%)" % (100 * math.log(gain / base) / math.log(theirs / ours))


DEFECTS = {
    1: "a tag asked for twice running misses",
    4: "an entry of a walk cache serves eight",
    8: "the last walk of the host asks no walk cache",
    16: "TLBs forget what was used least often",
    2: "frame numbers are taken for addresses",
}
TOGETHER = {5: "the first two", 13: "the first three", 29: "the first four", 31: "all five"}


def half_more(directory, pages):
    """pvDMT's two accesses, half as dear again, against the nested plain walk: the paper's way."""
    cycles = {}
    for row in rows_of(directory, "paper"):
        if row["pages"] == pages and row["walk_caches"] == "on":
            cycles[row["workload"], row["design"]] = number(row["cycles_per_walk"])
    logs = [
        math.log(cycles[workload, "nested"] / (1.5 * cycles[workload, "pvdmt"]))
        for workload, design in cycles
        if design == "nested" and cycles[workload, "nested"] and cycles.get((workload, "pvdmt"))
    ]
    return math.exp(sum(logs) / len(logs)) if logs else None


def causes(directory, prefix):
    """How far from ours each difference of the published simulator leads towards the paper's figure."""
    base = means_of(directory, "paper")
    ours = {figure: base.get((*figure, "on"), (None, None)) for figure in FIGURES}
    sums = {figure: base.get(("published:" + figure[0], figure[1], "on"), (None, None))[0] for figure in FIGURES}
    rows = []

    def add(what, gains, reference):
        row = [what]
        for figure in FIGURES:
            mine, theirs = ours[figure]
            gain = gains.get(figure)
            row.append(said(gain) + share(gain, reference.get(figure), mine, theirs))
        rows.append(row)

    def named(name, prefixed):
        means = means_of(directory, name)
        return {figure: means.get((prefixed + figure[0], figure[1], "on"), (None, None))[0] for figure in FIGURES}

    start = {figure: those[0] for figure, those in ours.items()}
    rows.append(["the paper"] + [said(ours[figure][1], "%.2f") for figure in FIGURES])
    rows.append(["every design simulated"] + [said(start[figure]) for figure in FIGURES])
    for which in ("pml4", "pdpte", "pde"):
        add("simulated, no walk cache %s" % which.upper(), named("causes-" + which, ""), start)
    add("simulated, no walk cache", {figure: base.get((*figure, "off"), (None, None))[0] for figure in FIGURES}, start)
    add("nested: pvDMT's two accesses and a half more", {("npvdmt", pages): half_more(directory, pages) for pages in PAGES}, start)
    add("sums over the plain walk", sums, start)
    for defect, what in DEFECTS.items():
        add("sums, of the sums: " + what, named("causes-defects-%d" % defect, "published:"), sums)
    for defects, what in TOGETHER.items():
        add("sums, with %s" % what, named("causes-defects-%d" % defects, "published:"), start)
    add("sums, with the first three, PML4 of one way", named("causes-one-way", "published:"), start)
    for scale in ("0.25", "0.125", "0.0625"):
        add("sums, with the first three, footprint x %s" % scale, named("causes-footprint-" + scale, "published:"), start)
    for scale, words in (("1", ""), ("0.5", ", footprint x 0.5"), ("0.25", ", footprint x 0.25")):
        add("sums, frames in order" + words, named("causes-in-order-0-" + scale, "published:"), start)
        add("sums, with the first three, frames in order" + words, named("causes-in-order-13-" + scale, "published:"), start)
    table(prefix, ["cause"] + ["%s %s" % figure for figure in FIGURES], rows)


def peers(directory, prefix):
    """The designs that the paper compares with, by the same sums: what is theirs and not DMT's must show here too."""
    base = means_of(directory, "paper")
    designs = [(design, pages) for design in ("fpt", "ecpt", "agile", "vfpt", "vecpt") for pages in PAGES]
    rows = [["the paper"] + [said(base.get((*those, "on"), (None, None))[1], "%.2f") for those in designs]]

    def add(what, means, prefixed, caches="on"):
        rows.append([what] + [said(means.get((prefixed + design, pages, caches), (None, None))[0]) for design, pages in designs])

    add("every design simulated", base, "")
    add("simulated, no walk cache", base, "", "off")
    add("sums over the plain walk", base, "published:")
    for name, what in (
        ("causes-defects-1", "sums: " + DEFECTS[1]),
        ("causes-defects-13", "sums, with the first three"),
        ("causes-in-order-0-1", "sums, frames in order"),
        ("causes-in-order-13-1", "sums, with the first three, frames in order"),
        ("causes-in-order-13-0.5", "sums, with the first three, frames in order, footprint x 0.5"),
    ):
        add(what, means_of(directory, name), "published:")
    table(prefix, ["cause"] + ["%s %s" % those for those in designs], rows)


# Cycles of the places where an entry is found, as in sim/walk/config.c.
LATENCY = {"pwc": 1, "l1": 4, "l2": 14, "llc": 54, "memory": 200}
# The paper's figure of redis' walk in a guest: cycles of the guest's leaf entry and of the host's for the datum, and
# their shares of the walk, in per cent.
FIGURE_16 = {"4K": (129, 129, 33, 33), "THP": (28.5, 29.6, 35, 36)}


def parts(directory, prefix):
    """Redis' walk in a guest: its two leaf entries, and all others. Huge pages as the published sums have them."""
    rows = []
    for pages, (guest, host, guest_share, host_share) in FIGURE_16.items():
        whole = (guest / guest_share + host / host_share) * 50
        rows.append(["the paper (the whole from its shares)", pages] + ["%.1f" % value for value in (guest, host, whole - guest - host, whole)])
        rows[-1].append("%.2f" % (whole / (guest + host)))
        leaf = 1 if pages == "4K" else 2
        for path in sorted(glob.glob(os.path.join(directory, "levels-*.csv"))):
            name, defects = os.path.basename(path)[len("levels-redis-") : -len(".csv")].rsplit("-", 1)
            with open(path, encoding="ascii", newline="") as file:
                entries = list(csv.DictReader(file))
            cycles = {
                (int(row["guest_level"]), int(row["host_level"])): sum(int(row[where]) * latency for where, latency in LATENCY.items())
                for row in entries
            }
            walks = sum(int(row[where]) for row in entries for where in LATENCY if (row["guest_level"], row["host_level"]) == ("1", "0"))
            # Without the lowest level of either, with huge pages.
            part = {level: value / walks for level, value in cycles.items() if leaf == 1 or 1 not in level}
            ours = part[leaf, 0], part[0, leaf]
            words = name.replace("-", " ") + (", the first three defects" if defects != "0" else "")
            whole = sum(part.values())
            rows.append([words, pages] + ["%.1f" % value for value in (*ours, whole - sum(ours), whole)] + ["%.2f" % (whole / sum(ours))])
    table(prefix, ["redis in a guest", "pages", "guest's leaf entry", "host's", "all others", "together", "pvdmt by the sum"], rows)


# Sample output that the artifact comes with (minimal.md): GUPS of 16 GiB in a guest.
SAMPLE = {"vfpt": (1.12, 1.20), "vecpt": (1.13, 1.13), "DMT": (1.22, 1.41)}


def sample(directory, prefix):
    designs = ("vfpt", "vecpt", "vdmt", "pvdmt")
    rows = [["the artifact's sample (its DMT stands for both)"]]
    for design in designs:
        rows[0] += ["%.2f" % value for value in SAMPLE.get(design, SAMPLE["DMT"])]
    what = {0: "sums", 5: "sums, with the first two", 13: "sums, with the first three", 15: "sums, with those and frame numbers"}
    for defects in (0, 1, 4, 8, 2, 5, 13, 15):
        means = means_of(directory, "sample-defects-%d" % defects)
        gains = [means.get(("published:" + design, pages, "on"), (None, None))[0] for design in designs for pages in PAGES]
        rows.append([what.get(defects) or "sums: " + DEFECTS[defects]] + [said(gain) for gain in gains])
    table(prefix, ["GUPS of 16 GiB in a guest"] + ["%s %s" % (design, pages) for design in designs for pages in PAGES], rows)


def found(directory, prefix):
    """Where the accesses of a walk are found, mean of the workloads: what makes the third of nested pvDMT dear."""
    wheres = ("found_l1", "found_l2", "found_llc", "found_memory")
    walks = {}
    for row in rows_of(directory, "paper"):
        key = row["design"], row["pages"]
        nr = sum(int(row[size] or 0) for size in ("walks_4k", "walks_2m", "walks_1g"))
        if row["walk_caches"] == "on" and row["workload"] != "mean" and nr:
            walks.setdefault(key, []).append([number(row["cycles_per_walk"])] + [int(row[where]) / nr for where in wheres])
    rows = []
    for design in ("radix", "dmt", "2d", "vdmt", "pvdmt", "nested", "npvdmt"):
        for pages in PAGES:
            means = [sum(column) / len(column) for column in zip(*walks.get((design, pages), []))]
            rows.append([design, pages] + ["%.2f" % mean for mean in means])
    table(prefix, ["design", "pages", "cycles a walk", "accesses found in L1", "in L2", "in the LLC", "in memory"], rows)


def programs(directory, prefix):
    dumps = sorted({os.path.basename(path).rsplit("-", 1)[0] for path in glob.glob(os.path.join(directory, "programs-dump-*.csv"))})
    designs = ("fpt", "ecpt", "asap", "dmt", "agile", "vfpt", "vecpt", "vdmt", "pvdmt", "npvdmt")
    gains, walks = {}, {}
    for row in [row for name in ["programs"] + dumps for row in rows_of(directory, name)]:
        key = os.path.basename(row["workload"]), row["pages"]
        gains.setdefault(key, {})[row["design"]] = number(row["gain"])
        if row["design"] == "radix" and row["references"]:
            nr = sum(int(row["walks_" + size]) for size in ("4k", "2m", "1g"))
            walks[key] = "%.4f" % (nr / int(row["references"]))
    order = sorted(gains, key=lambda key: (key[1], key[0] == "mean"))
    rows = [[*key, walks.get(key, "-")] + [said(gains[key].get(design)) for design in designs] for key in order]
    table(prefix, ["program", "tables", "walks a reference"] + list(designs), rows)


# Of what predict says, that which is to be ranked.
CASES = ("huge pages", "now", "guest")


def ranked_alike(traced, sampled):
    """Is each of the cases above or below each other one in both? A tie is neither."""
    return all((traced[a] - traced[b]) * (sampled[a] - sampled[b]) > 0 for a, b in itertools.combinations(CASES, 2))


def predict(directory, prefix):
    rows = []
    for path in sorted(glob.glob(os.path.join(directory, "guest", "predicts", "*"))):
        with open(path, encoding="utf-8") as file:
            answer = json.load(file)
        cases = {case["name"]: case for case in answer["cases"]}
        traced = {name: cases[name]["cycles_per_reference"] for name in CASES}
        sampled = {name: cases[name]["estimated_cycles_per_reference"] for name in CASES}
        row = [os.path.basename(path)]
        for name in CASES:
            error = ", %.1f times" % (sampled[name] / traced[name]) if traced[name] else ""
            row.append("%.4f (%.4f%s)" % (traced[name], sampled[name], error))
        ratios = [values["guest"] / values["now"] if values["now"] else math.nan for values in (traced, sampled)]
        row.append("%.2f (%.2f)" % tuple(ratios))
        row.append("yes" if ranked_alike(traced, sampled) else "no")
        rows.append(row)
    table(prefix, ["program", *CASES, "guest, times now", "ranked alike"], rows)


def main():
    every = (paper, sensitivity, causes, peers, parts, sample, found, programs, predict)
    next(part for part in every if part.__name__ == sys.argv[1])(sys.argv[2], sys.argv[3])


if __name__ == "__main__":
    main()
