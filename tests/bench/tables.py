# SPDX-License-Identifier: GPL-2.0-only
"""Turns what the guests of `make bench` wrote down into Markdown tables and data for chart.gp.

Called by tests/bench/run: tables.py PART RESULTS [PLOT]. It computes ratios and spreads, and judges nothing.
"""

import sys


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def read(path):
    with open(path, encoding="ascii") as lines:
        return [line.rstrip("\n").split("\t") for line in lines]


def write(path, head, rows):
    with open(path, "w", encoding="ascii") as out:
        for row in [head] + rows:
            out.write("\t".join(str(cell) for cell in row) + "\n")


def percent(value, base):
    return "%+.2f %%" % (100.0 * (value - base) / base)


def instructions(lines, plot):
    """The medians of each run; the table has the least of them and how far apart they are."""
    medians = {}
    for _boot, kernel, lru, engine, operation, _least, median, _most in lines:
        medians.setdefault((operation, lru, kernel, engine), []).append(float(median))
    rows, bars = [], {}
    for (operation, lru, kernel, engine), values in medians.items():
        least = min(values)
        stock = medians.get((operation, lru, "stock", "absent"))
        idle = medians.get((operation, lru, "patched", "none"))
        stock_least = min(stock) if stock else least
        idle_least = min(idle) if idle else least
        spread = "%.3f %%" % (100.0 * (max(values) - min(values)) / least)
        what = engine if kernel == "patched" else "stock kernel"
        rows.append(
            (operation, lru, what, "%.1f" % least, spread, percent(least, stock_least), percent(least, idle_least))
        )
        if kernel == "patched":
            bars.setdefault(engine, {})[operation + " " + lru] = 100.0 * (least - stock_least) / stock_least
    order = {"hit": 0, "turn": 1, "fault": 2}
    rows.sort(key=lambda row: (order[row[0]], row[1], row[2] != "stock kernel"))
    head = ("operation", "LRU", "policy", "instructions", "between runs", "to stock", "to nothing attached")
    table(head, rows)
    groups = sorted({group for bar in bars.values() for group in bar}, key=lambda name: order[name.split()[0]])
    engines = list(bars)
    data = [[group] + ["%.3f" % bars[engine][group] if group in bars[engine] else "-" for engine in engines]
            for group in groups]  # fmt: skip
    write(plot, ["operation"] + engines, data)
    callback(medians)


def callback(medians):
    """A hit under an engine that is told of it, less one under an engine that is not."""
    told = medians.get(("hit", "classic", "patched", "listener"))
    noop = medians.get(("hit", "classic", "patched", "noop"))
    if told and noop:
        print("\nOne callback: %.1f instructions." % (min(told) - min(noop)))


def reads(lines, plot):
    of = {}
    for workload, policy, pages, *_others in lines:
        of.setdefault(workload, {})[policy] = int(pages)
    plain = {workload: policies for workload, policies in of.items() if not workload.startswith("isolation")}
    policies = list(dict.fromkeys(policy for those in plain.values() for policy in those))
    rows, data = [], []
    for workload, those in plain.items():
        base = those.get("classic") or max(those.values())
        rows += [(workload, policy, pages, "%.2f" % (pages / base)) for policy, pages in those.items()]
        data.append([workload] + ["%.1f" % (100.0 * those[p] / base) if p in those else "-" for p in policies])
    if rows:
        table(("workload", "policy", "page reads", "of classic LRU's"), rows)
        print()
    write(plot, ["workload"] + policies, data)
    rows = []
    for workload, those in of.items():
        if workload in plain:
            continue
        side = 0 if workload.endswith("cyclic") else 1
        for pair, pages in those.items():
            mine = pair.split("/")[side]
            solo = those.get(mine + "/-" if side == 0 else "-/" + mine)
            ratio = "%.3f" % (pages / solo) if solo else ""
            rows.append((workload[len("isolation-") :], mine, pair, pages, ratio))
    if rows:
        table(("workload", "its policy", "policies at once", "page reads", "of alone"), rows)


def programs(lines, plot):
    """What the load read, and all of its cgroup with the dump beside it, of classic LRU's in the same boot."""
    base, rows, bars = {}, {}, {}
    for line in lines:
        workload, policy, boot = line[0], line[1], line[7]
        load, others, everything, files = int(line[2]), int(line[3]), int(line[4]), int(line[6])
        if policy == "classic":
            base[workload, boot] = load, everything
        load_base, all_base = base[workload, boot]
        if (workload, policy) in rows:
            continue
        rows[workload, policy] = (workload, policy, load, "%.2f" % (load / load_base), others, everything,
                                  "%.2f" % (everything / all_base), files)  # fmt: skip
        bars.setdefault(workload, {})[policy] = "%.1f" % (100.0 * load / load_base)
    head = ("workload", "policy", "pages read", "of classic LRU's", "of programs", "with what runs beside",
            "of classic LRU's", "pages of files in the end")  # fmt: skip
    table(head, rows.values())
    policies = list(dict.fromkeys(policy for those in bars.values() for policy in those))
    write(plot, ["workload"] + policies, [[w] + [those.get(p, "-") for p in policies] for w, those in bars.items()])


def told(lines):
    base = int(lines[0][2])
    head = ("hints", "engine", "page reads", "of classic LRU's", "pages written", "hints applied", "capped", "busy")
    table(head, [(hints, engine, reads, "%.2f" % (int(reads) / base), *rest) for hints, engine, reads, *rest in lines])


def backup(lines):
    head = ("job", "method", "hot pages still cached", "pages of the backup's cgroup")
    table(head, [(job, method, "%.1f %%" % (100.0 * int(cached) / int(hot)), pages)
                 for job, method, cached, hot, pages in lines])  # fmt: skip


def memory(lines):
    value = {row[0]: int(row[1]) for row in lines}
    pages = value["governed-bytes"]
    rows = []
    for what, name in (("used", "all"), ("slab", "slab"), ("vmalloc", "vmalloc"), ("percpu", "percpu")):
        extra = value["governed-1g-" + what]
        share = "%.3f %%" % (100.0 * extra / pages)
        child = value["child-attached-" + what] - value["child-plain-" + what]
        rows.append((name, extra, share, child, value["child-plain-" + what], value["policy-" + what]))
    head = ("bytes", "while %d MiB are governed" % (pages >> 20), "of those", "a governed child, more than another",
            "a child that is not", "a policy of %d" % value["policies"])  # fmt: skip
    table(head, rows)
    print("\nThe daemon with these policies: %d KiB resident." % (value["daemon-rss"] >> 10))


def drain(lines):
    rows = []
    for _name, pages, took in lines:
        pages, took = int(pages), int(took)
        rows.append((pages, "%.2f" % (took / 1e6), int(pages * 1e6 / took)))
    rows.sort(key=lambda row: row[2])
    table(("governed pages", "seconds", "pages a second, at 10^9 instructions"), rows)


def main():
    part, lines = sys.argv[1], read(sys.argv[2])
    parts = {"instructions": instructions, "reads": reads, "programs": programs, "told": told,
             "backup": backup, "memory": memory, "drain": drain}
    parts[part](lines, *sys.argv[3:])


if __name__ == "__main__":
    main()
