# SPDX-License-Identifier: GPL-2.0-only
"""What mempolctl translation says of a process, held against what the kernel says elsewhere; translation.sh calls it.

    look.py why PID START REASON     the mapping at START has that reason, and the bytes are VmPTE's
    look.py bytes PID                the bytes alone
    look.py windows PID START KEY=N  counts of the mapping at START
    look.py frames PID DUMP          each page of the dump is where /proc/PID/pagemap has it, and none is missing
    look.py levels PID N             the tables have so many levels
    look.py predict FILE             what predict --json has printed makes sense
    look.py unmapped FILE            likewise, and one in a hundred references is to pages that the tables do not have, at most
    look.py recorded DIR START MIB   a lackey trace in DIR refers to each of so many pages
    look.py busy PID                 who asks the daemon once is told that the memory map is held
    look.py executes PID [denied]    after a part of the answer it executes another program (SIGUSR1): that is told, or
                                     it is not its user's to look into any more
"""

import json
import os
import signal
import socket
import struct
import subprocess
import sys

# What a process that lives may gain or lose meanwhile.
TOLERANCE = 64 << 10
PAGE = 4096
INTERFACE = "io.mempolicy.Manager."


def walk(pid):
    done = subprocess.run(["mempolctl", "translation", "walk", pid, "--json"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def vm_pte(pid):
    with open("/proc/%s/status" % pid, encoding="ascii") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmPTE:"))


def check_bytes(pid):
    before = vm_pte(pid)
    answer = walk(pid)
    after = vm_pte(pid)
    found = answer["page_table_bytes"]
    assert min(before, after) - TOLERANCE <= found <= max(before, after) + TOLERANCE, (before, found, after)
    assert abs(found - answer["vm_pte_bytes"]) <= TOLERANCE, (found, answer["vm_pte_bytes"])
    tables = answer["tables"]
    assert found == (tables[0] + tables[1] + tables[2] + answer["spare"]) * PAGE, answer
    print("page_table_bytes %d, VmPTE %d" % (found, after))
    return answer


def mapping(answer, start):
    return next(r for r in answer["ranges"] if r["start"] <= int(start, 16) < r["end"])


def why(pid, start, reason):
    found = mapping(check_bytes(pid), start)
    assert found["reason"] == reason, found
    for key in ("start", "end", "huge", "full", "partial", "empty", "reason"):
        assert key in found, found


def windows(pid, start, *wanted):
    found = mapping(walk(pid), start)
    for word in wanted:
        key, value = word.split("=")
        assert found[key] == int(value), found


def frames(pid, dump):
    """Flags of pagemap: 63 present; the rest of the entry is the frame. It passes over what the kernel or a driver maps."""
    pages = {}
    ranges = []
    with open(dump, encoding="ascii") as lines:
        for line in lines:
            word = line.split()
            if word[0] == "V" and not word[3].endswith(":special"):
                ranges.append((int(word[1], 16), int(word[2], 16)))
            elif word[0] == "P":
                va, pa, count = int(word[1], 16), int(word[2], 16), int(word[3])
                count *= 512 if "h" in word[4] else 1
                for i in range(count):
                    pages[va + i * PAGE] = pa + i * PAGE
    seen = 0
    with open("/proc/%s/pagemap" % pid, "rb") as pagemap:
        for start, end in ranges:
            for va in range(start, end, PAGE):
                pagemap.seek(va // PAGE * 8)
                entry = struct.unpack("Q", pagemap.read(8))[0]
                frame = (entry & (1 << 55) - 1) * PAGE
                if entry >> 63:
                    seen += 1
                    assert pages.get(va) == frame, (hex(va), hex(frame), pages.get(va))
                else:
                    assert va not in pages, hex(va)
    assert seen > 1000, seen
    print("%d pages are where pagemap has them" % seen)


def levels(pid, wanted):
    assert walk(pid)["levels"] == int(wanted), walk(pid)["levels"]


def predict(path):
    with open(path, encoding="utf-8") as text:
        answer = json.load(text)
    cases = {case["name"]: case["cycles_per_reference"] for case in answer["cases"]}
    print(answer["references"], answer["unmapped"], cases)
    assert answer["references"] > 1000 and answer["unmapped"] * 10 < answer["references"], answer
    assert cases["huge pages"] < cases["now"] / 2, cases
    assert cases["guest"] > cases["now"] * 1.2, cases
    assert cases["guest, both huge pages"] < cases["guest"] / 2, cases
    other = cases.get("four levels", cases.get("five levels"))
    assert abs(other - cases["now"]) < 0.2 * cases["now"], cases


def unmapped(path):
    with open(path, encoding="utf-8") as text:
        answer = json.load(text)
    assert answer["references"] > 100000 and answer["unmapped"] * 100 < answer["references"], answer


def recorded(directory, start, mib):
    start, pages = int(start, 16), int(mib) << 8
    found = set()
    with open(directory + "/trace", encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line[:3] in ("I  ", " L ", " S ", " M "):
                found.add(int(line[3:].split(",")[0], 16) // PAGE)
    missing = set(range(start // PAGE, start // PAGE + pages)) - found
    assert not missing, "%d of %d pages" % (len(missing), pages)
    print("%d pages in all" % len(found))


def ask(**parameters):
    """One question to the daemon, as mempolctl puts several: the reply and its error."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.connect("/run/mempolicyd/io.mempolicy.Manager")
        link.sendall(json.dumps({"method": INTERFACE + "TranslationWalk", "parameters": parameters}).encode() + b"\0")
        reply = b""
        while not reply.endswith(b"\0"):
            reply += link.recv(65536)
    reply = json.loads(reply[:-1])
    return reply["parameters"], reply.get("error")


def busy(pid):
    parameters, error = ask(pid=int(pid))
    assert error == INTERFACE + "TranslationBusy", (parameters, error)
    assert "Somebody holds the memory map of process %s" % pid in parameters["reason"], parameters


def executes(pid, denied=""):
    pid = int(pid)
    parameters, error = ask(pid=pid)
    assert not error and parameters["next"], (parameters, error)
    rest = {"pid": pid, "from": parameters["next"], "began_ns": parameters["began_ns"], "program": parameters["program"]}
    more, error = ask(**rest)
    assert not error and more["program"] == parameters["program"], (more, error)
    os.kill(pid, signal.SIGUSR1)
    while b"plain" not in open("/proc/%d/cmdline" % pid, "rb").read():
        pass
    more, error = ask(**rest)
    assert error == INTERFACE + "TranslationCannot" and "has executed another program" in more["reason"], (more, error)
    # Whoever leaves out which program it was about is told of the new one, if at all.
    for question in ({"pid": pid}, {"pid": pid, "from": rest["from"], "began_ns": rest["began_ns"]}):
        more, error = ask(**question)
        if denied:
            assert error == "org.varlink.service.PermissionDenied", (more, error)
        else:
            assert not error and more["program"] == parameters["program"] + 1, (more, error)


globals()[sys.argv[1] if sys.argv[1] != "bytes" else "check_bytes"](*sys.argv[2:])
