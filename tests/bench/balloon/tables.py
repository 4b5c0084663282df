# SPDX-License-Identifier: GPL-2.0-only
"""Turns what bench.py wrote down into Markdown tables, and data for chart.gp; called by tests/bench/run.

  tables.py PART RESULTS PLOT

Medians of the rounds but the first, which was traced. It computes ratios and judges nothing.
"""

import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

from tables import read, table, write  # noqa: E402

NAMES = {
    "none": "nothing", "balloon": "virtio-balloon", "fpr": "free page reporting", "mem": "virtio-mem",
    "mempol": "[Balloon] policy", "host": "the host's",
}  # fmt: skip


def median(values):
    values = [float(value) for value in values if value != "-"]
    return statistics.median(values) if values else None


def number(value, form="%.1f"):
    return "" if value is None else form % value


def per_gib(value, mib):
    return float(value) * 1024 / mib if mib else None


def inflate(rows, plot):
    series = {}
    for mode, memory, *rest in rows:
        series.setdefault((mode, memory), []).append(rest)
    base = {}
    out, bars = [], {}
    for (mode, memory), runs in series.items():
        first, others = runs[0], runs[1:]
        shrink, grow = median(run[0] for run in others), median(run[1] for run in others)
        if mode == "host":
            out.append((NAMES[mode], memory, number(shrink)) + ("",) * 7)
            continue
        touch, freed = median(run[2] for run in others), median(run[3] for run in others)
        # What had been given away before costs no time: of touched memory, by what the host got.
        each = per_gib(shrink, freed) if memory == "touched" else shrink
        base.setdefault(memory, (each, grow, touch))
        faster = base[memory][0] / each
        kicks, back = first[5].split("+")
        discards = per_gib(first[6], float(first[3])) if memory == "touched" else None
        out.append((
            NAMES[mode], memory, number(shrink), number(freed, "%d"), number(each), number(faster, "%.1f"),
            number(per_gib(kicks, float(first[3])) if memory == "touched" else float(kicks), "%.1f"),
            back, number(discards, "%.0f"), number(grow), number(grow + touch if touch else None, "%.0f"),
        ))  # fmt: skip
        bars.setdefault(memory, {})[NAMES[mode]] = faster
    head = ("who", "memory", "shrink, ms", "MiB the host got", "ms a GiB", "times as fast", "kicks a GiB", "kicks back",
            "discards a GiB", "grow, ms", "grow and touch, ms")  # fmt: skip
    table(head, [row + ("",) * (len(head) - len(row)) for row in out])
    names = list(dict.fromkeys(name for those in bars.values() for name in those))
    write(plot, ["memory"] + names,
          [[memory] + ["%.2f" % those[n] if n in those else "-" for n in names] for memory, those in bars.items()])  # fmt: skip


def footprint(rows, _plot):
    runs = {}
    for mode, *rest in rows:
        runs.setdefault(mode, []).append([float(value) for value in rest])
    mean = {mode: [statistics.fmean(column) for column in zip(*those)] for mode, those in runs.items()}

    def less(mode, other):
        return "%+.1f %%" % (100 * (mean[mode][0] / mean[other][0] - 1)) if other in mean else ""

    table(
        ("who", "runs", "GiB*min, mean", "to reporting", "to virtio-mem", "peak, MiB", "time to touch, ms"),
        [(NAMES[m], str(len(runs[m])), "%.4f" % area, less(m, "fpr"), less(m, "mem"), "%.0f" % peak, "%.0f" % touch)
         for m, (area, peak, touch, _) in mean.items()],
    )  # fmt: skip


def work(rows, _plot):
    units = {mode: int(rest[1]) for mode, *rest in rows}
    table(
        ("who", "time to touch, ms", "units of work", "to reporting"),
        [(NAMES[m], touch, done, "%+.2f %%" % (100 * (units[m] / units["fpr"] - 1))) for m, touch, done in rows],
    )


def interference(rows, _plot):
    table(
        ("work", "who resizes", "mean of a quantum", "1st percentile", "least", "percentile of mean", "shrink, ms", "grow, ms"),
        [(program, NAMES[mode], mean, p1, least, "%.1f %%" % (100 * float(p1) / float(mean)), shrink, grow)
         for program, mode, mean, p1, least, shrink, grow in rows],
    )  # fmt: skip


def multivm(rows, _plot):
    area = {mode: float(rest[0]) for mode, *rest in rows}
    table(
        ("who", "GiB*min of both", "to reporting", "peak of both, MiB", "mean, MiB", "work units"),
        [(NAMES[m], rest[0], "%+.1f %%" % (100 * (area[m] / area["fpr"] - 1)), *rest[1:]) for m, *rest in rows],
    )


if __name__ == "__main__":
    {"inflate": inflate, "footprint": footprint, "work": work, "interference": interference, "multivm": multivm}[sys.argv[1]](
        read(sys.argv[2]), sys.argv[3]
    )
