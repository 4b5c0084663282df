# SPDX-License-Identifier: GPL-2.0-only
"""Measures the balloon mechanism beside what hypervisors have without it; tests/bench/run calls it.

  bench.py OUT PART...     inflate, footprint, work, interference, multivm

After hyperalloc-bench (Wrenger et al., EuroSys 2025), scaled down. Every mode runs in a fresh VM on memory that
huge pages back; all modes of a part run one after the other in one go, so that ratios are of one host. Rows go
to OUT/balloon-PART.tsv; judging is nobody's business here.
"""

import os
import re
import statistics
import subprocess
import sys
import time

from machine import MIB, TOP, Machine

SIZE = 2048  # MiB of a guest
MOVED = 1024  # MiB of them that are taken and given back
TOUCHED = 1800  # MiB that the guest has used before; the rest is its own
ROUNDS = 6  # the first is traced, and its times are dropped
# What free page reporting waits until it begins, and some more: then nothing of it is pending.
QUIET = 5

# Bursts: MiB, busy and idle seconds, rounds, MiB a second: about what an emulated guest keeps up with. In the
# environment, others.
BURST = os.environ.get("MEMPOL_BENCH_BURST", "1024,8,12,3,160")
if not re.fullmatch(r"[1-9]\d*(,[1-9]\d*){4}", BURST):
    sys.exit("MEMPOL_BENCH_BURST=%s: wants MIB,BUSY,IDLE,ROUNDS,MIB_A_SECOND, as in 1024,8,12,3,160" % BURST)
BURST = tuple(map(int, BURST.split(",")))
# An emulated guest is a third faster or slower from one run to the next: what is compared closely runs twice, in turns.
RUNS = ("none", "fpr", "mempol", "mem", "mempol", "fpr")
# Of work that would say nothing: it is counted under -icount, where a second is 10^9 instructions of the guest's.
WORK = (512, 4, 3, 3, 256)
KEEP = 96  # MiB that a [Balloon] policy keeps free
SETTLE = 12

QUANTUM_MS = 100
QUANTA = 240
SHRINK_AT, GROW_AT = 6, 14  # seconds


def say(text):
    print(text, file=sys.stderr, flush=True)


class Table:
    """Rows as they come, in a file and for what follows."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="ascii")  # noqa: SIM115

    def row(self, *cells):
        self.file.write("\t".join(str(cell) for cell in cells) + "\n")
        self.file.flush()
        say("  " + "  ".join(str(cell) for cell in cells))


def ready(mode, engine, *lines, **options):
    """A machine of that mode, with a policy if it needs one."""
    machine = Machine(mode, SIZE, MOVED if mode == "mem" else 0, **options)
    if mode == "mempol":
        try:
            machine.policy(engine, *lines)
        except BaseException:
            machine.end()
            raise
    return machine


def touch(machine):
    """Has the guest use most of its memory and free it; milliseconds it took."""
    said = machine.guest("s=${EPOCHREALTIME/./}; ./memtool hog %d 1 && echo us=$((${EPOCHREALTIME/./} - s))" % TOUCHED)
    return int(re.search(r"us=(\d+)", said).group(1)) / 1000


def reported(machine, before):
    """Seconds until free page reporting has given MOVED back; the guest has just freed it."""
    start = time.monotonic()
    while machine.rss() > before - MOVED * MIB * 0.98:
        if time.monotonic() - start > 60:
            raise TimeoutError("free page reporting is at %d MiB of RSS" % (machine.rss() // MIB))
        time.sleep(0.005)
    return time.monotonic() - start


def inflate(out):
    """Times and counts of giving MOVED back and of getting it again, touched memory and untouched."""
    table = Table(out + "/balloon-inflate.tsv")
    for kib in (4, 4096):
        for _ in range(ROUNDS):
            said = subprocess.run(
                [TOP + "/build/tests/bench/balloon/discard", str(MOVED), str(kib)],
                check=True, stdout=subprocess.PIPE, text=True,
            ).stdout  # fmt: skip
            discard = re.search(r"discard_ms=(\S+)", said).group(1)
            table.row("host", "madvise-%d" % kib, discard, "-", "-", "-", "-", "-", "-")
    for mode in ("balloon", "fpr", "mem", "mempol"):
        with ready(mode, "balloon-host") as machine:
            for memory in ("touched", "untouched"):
                if memory == "untouched":
                    if mode == "fpr":
                        continue
                    machine.resize(SIZE - MOVED)
                    machine.resize(SIZE)
                for number in range(ROUNDS):
                    inflate_round(machine, memory, number, table)


def inflate_round(machine, memory, number, table):
    """Memory that is to be touched has been by the round before, which measured that."""
    touch_ms = "-"
    traced = number == 0
    if memory == "touched" and traced:
        time.sleep(QUIET)
        touch(machine)
    if traced:
        machine.tracing(True)
        start = machine.traced()
    before, huge = machine.rss(), machine.huge()
    if machine.mode == "fpr":
        shrink, grow = reported(machine, before), 0
        after = machine.traced() if traced else None
    else:
        shrink = machine.resize(SIZE - MOVED)
        after = machine.traced() if traced else None
        freed = before - machine.rss()
        grow = machine.resize(SIZE)
    if machine.mode == "fpr":
        freed = before - machine.rss()
    back = machine.traced() if traced else None
    if traced:
        machine.tracing(False)
    if memory == "touched":
        touch_ms = "%.1f" % touch(machine)
    table.row(
        machine.mode, memory, "%.3f" % (shrink * 1000), "%.3f" % (grow * 1000), touch_ms,
        freed // MIB, huge // MIB,
        "%d+%d" % (after.kicks - start.kicks, back.kicks - after.kicks) if traced else "-",
        after.discards - start.discards if traced else "-",
    )  # fmt: skip


def integral(samples):
    """GiB*min of (seconds, bytes)."""
    area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in zip(samples, samples[1:]))
    return area / (1 << 30) / 60


class Resizer:
    """
    virtio-mem's usual automatic policy, hyperalloc-bench's vm_resize.py: a step is a sixteenth of the machine; with
    less than half a step of huge pages free two more, with less than one, one more, with more than two, one less.
    """

    def __init__(self, machine):
        self.machine, self.want, self.next = machine, SIZE, 0
        self.step, self.least = SIZE // 16, SIZE - machine.plug

    def tick(self):
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + 1
        try:
            with open(self.machine.share + "/free", encoding="ascii") as file:
                free = int(file.read()) * 2 * 0.9
        except (OSError, ValueError):
            return
        if free < self.step / 2:
            self.want += 2 * self.step
        elif free < self.step:
            self.want += self.step
        elif free > 2 * self.step:
            self.want -= self.step
        self.want = max(self.least, min(SIZE, self.want))
        self.machine.qmp.ask(
            "qom-set", path="/machine/peripheral/plug0", property="requested-size",
            value=(self.want - self.least) * MIB,
        )  # fmt: skip


# Free blocks of 2 MiB, twice a second.
TELL_FREE = (
    "while :; do awk '{ for (i = 14; i <= NF; i++) n += $i * 2 ^ (i - 14) } END { print n + 0 }' /proc/buddyinfo"
    " >free.new && mv free.new free; sleep 0.5; done >/dev/null 2>&1 &\n"
)


def burst_machine(mode, **options):
    machine = ready(mode, "balloon-free", "Keep=%dM" % KEEP, "Period=100ms", **options)
    if mode == "mem":
        machine.guest(TELL_FREE)
        machine.resizer = Resizer(machine)
    return machine


def burst_command(burst=BURST):
    return "./burst %d %d %d %d %d" % burst


def each_burst(machine):
    """Of the bursts' median, milliseconds to touch and units of work."""
    rounds = re.findall(r"round=.* touch_ms=(\d+) units=(\d+)", machine.said(900))
    return [int(statistics.median(map(int, values))) for values in zip(*rounds)]


def wait_all(machines):
    """Until each has said what it had to."""
    while not all(os.path.exists(machine.share + "/said") for machine in machines):
        for machine in machines:
            if machine.mode == "mem":
                machine.resizer.tick()
        time.sleep(0.05)


def settle(machines, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for machine in machines:
            if machine.mode == "mem":
                machine.resizer.tick()
        time.sleep(0.05)


def footprint(out):
    """What the host has to hold for a guest whose demand comes and goes, and what the guest gets done."""
    table = Table(out + "/balloon-footprint.tsv")
    with open(out + "/balloon-curves.tsv", "w", encoding="ascii") as plot:
        for number, mode in enumerate(RUNS):
            with burst_machine(mode) as machine:
                try:
                    cells = bursts(machine)
                except (OSError, RuntimeError, SystemExit) as error:
                    # virtio-mem's policy may be too slow for the guest, which then dies of it.
                    say("  %s: the guest did not survive its bursts (%s)" % (mode, type(error).__name__))
                    continue
                table.row(mode, *cells)
                if mode in RUNS[:number]:
                    continue
                if plot.tell():
                    plot.write("\n\n")  # a block a mode
                for seconds, size in machine.samples:
                    plot.write("%s\t%.2f\t%.1f\n" % (mode, seconds, size / MIB))


def bursts(machine):
    """GiB*min and the most at once in MiB; what each_burst() says."""
    settle([machine], SETTLE)
    machine.sample()
    machine.begin(burst_command())
    wait_all([machine])
    machine.stop_sampling()
    return "%.4f" % integral(machine.samples), max(size for _, size in machine.samples) // MIB, *each_burst(machine)


def work(out):
    """What the guest gets done in bursts of which its own clock says how long they are."""
    table = Table(out + "/balloon-work.tsv")
    for mode in ("none", "fpr", "mempol"):
        with burst_machine(mode, cpus=1, icount=True) as machine:
            settle([machine], SETTLE)
            machine.begin(burst_command(WORK))
            table.row(mode, *each_burst(machine))


def interference(out):
    """What work the guest gets done in a tenth of a second while it shrinks and grows."""
    table = Table(out + "/balloon-interference.tsv")
    for program, arguments in (("ftq", "2"), ("stream", "64 2")):
        for mode in ("none", "balloon", "mem", "mempol"):
            with ready(mode, "balloon-host") as machine:
                touch(machine)
                start = time.monotonic()
                machine.begin("./%s %s %d %d" % (program, arguments, QUANTUM_MS, QUANTA))
                took = [0, 0]
                if mode != "none":
                    time.sleep(max(0, start + SHRINK_AT - time.monotonic()))
                    took[0] = machine.resize(SIZE - MOVED)
                    time.sleep(max(0, start + GROW_AT - time.monotonic()))
                    took[1] = machine.resize(SIZE)
                said = machine.said()
                mean, p1, least = re.search(r"mean=(\S+) p1=(\S+) min=(\S+)", said).groups()
                table.row(program, mode, mean, p1, least, "%.1f" % (took[0] * 1000), "%.1f" % (took[1] * 1000))


def multivm(out):
    """Two machines with bursts that alternate: what both together have of the host."""
    table = Table(out + "/balloon-multivm.tsv")
    for mode in ("none", "fpr", "mempol"):
        with burst_machine(mode, cpus=1) as one, burst_machine(mode, cpus=1) as two:
            settle([one, two], SETTLE)
            one.sample()
            two.sample()
            one.begin(burst_command())
            time.sleep((BURST[1] + BURST[2]) / 2)
            two.begin(burst_command())
            wait_all([one, two])
            one.stop_sampling()
            two.stop_sampling()
            units = [int(re.search(r"rounds=.* units=(\d+)", machine.said()).group(1)) for machine in (one, two)]
            both = [(a[0], a[1] + b[1]) for a, b in zip(one.samples, two.samples)]
            peak = max(size for _, size in both)
            mean = statistics.fmean(size for _, size in both)
            table.row(mode, "%.4f" % integral(both), peak // MIB, int(mean) // MIB, sum(units))


def main():
    parts = {"inflate": inflate, "footprint": footprint, "work": work, "interference": interference, "multivm": multivm}
    out = sys.argv[1]
    for name in sys.argv[2:] or parts:
        say("The balloon, %s:" % name)
        parts[name](out)


if __name__ == "__main__":
    main()
