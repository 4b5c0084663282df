#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A QEMU as far as its QMP socket goes, for test_balloon_host; it has no memory but its figures.

  fake-qmp.py SOCKET LOG [KEY=VALUE...]     sizes in MiB; each target that is set is a line of LOG

Like QEMU's monitor it speaks with one client at a time, and events come whenever they like.
"""

import json
import os
import socket
import sys
import time

MIB = 1 << 20
UNKNOWN = (1 << 64) - 1
DEVICE = "/machine/peripheral-anon/device[1]"


class Refuse(Exception):
    pass


class Machine:
    def __init__(self, words):
        self.log = words[1]
        # mode: ok, silent, garbage, hangup (at the first command that sets something), bloat
        # stats: now (already on), later (once switched on), never, old, refuse
        self.is_ = {"name": "", "size": 1024, "actual": 1024, "free": 100, "available": 300, "mode": "ok",
                    "stats": "later", "balloon": "yes", "set": "yes"}
        self.is_.update(word.split("=", 1) for word in words[2:])
        self.actual = int(self.is_["actual"]) * MIB
        self.interval = 2 if self.is_["stats"] == "now" else 0
        self.since = None

    def mib(self, key):
        return int(self.is_[key]) * MIB

    def report(self):
        kind = self.is_["stats"]
        if kind == "refuse":
            raise Refuse("guest hasn't updated any stats yet")
        known = kind in ("now", "old") or (kind == "later" and self.since and time.time() > self.since + 0.3)
        when = 0 if not known else int(time.time()) - (1000 if kind == "old" else 0)
        free, available = (self.mib("free"), self.mib("available")) if known else (UNKNOWN, UNKNOWN)
        return {"stats": {"stat-free-memory": free, "stat-available-memory": available}, "last-update": when}

    def command(self, name, arguments):
        if name == "qmp_capabilities":
            return {}
        if name == "query-name":
            return {"name": self.is_["name"]} if self.is_["name"] else {}
        if name == "query-memory-size-summary":
            return {"base-memory": self.mib("size")} if self.is_["mode"] != "nonsense" else ["?"]
        if name == "query-balloon" and self.is_["balloon"] == "yes":
            return {"actual": self.actual}
        if name == "query-balloon":
            raise Refuse("No balloon device has been activated")
        if name == "balloon" and self.is_["set"] == "yes":
            self.actual = arguments["value"]
            with open(self.log, "a", encoding="ascii") as log:
                print(self.is_["name"], self.actual // MIB, file=log)
            return {}
        if name == "qom-list":
            children = [{"name": "device[0]", "type": "child<virtio-blk-pci>"},
                        {"name": "device[1]", "type": "child<virtio-balloon-pci>"}]
            return children if arguments["path"] == "/machine/peripheral-anon" else []
        if arguments.get("path") == DEVICE and name == "qom-get":
            return self.report() if arguments["property"] == "guest-stats" else self.interval
        if arguments.get("path") == DEVICE and name == "qom-set":
            self.interval = arguments["value"]
            self.since = self.since or time.time()
            return {}
        raise Refuse("no \x1b[31m%s here" % name)

    def serve(self, client):
        def send(message):
            client.sendall(json.dumps(message).encode() + b"\r\n")

        mode = self.is_["mode"]
        if mode == "silent":
            time.sleep(60)
        if mode == "garbage":
            client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            return
        send({"QMP": {"version": {}, "capabilities": ["oob"]}})
        for line in client.makefile("rb"):
            request = json.loads(line)
            send({"event": "BALLOON_CHANGE", "data": {"actual": self.actual}})
            if mode == "hangup" and request["execute"] == "balloon":
                return
            try:
                send({"return": self.command(request["execute"], request.get("arguments", {}))})
            except Refuse as error:
                send({"error": {"class": "GenericError", "desc": str(error)}})


def main(words):
    server = socket.socket(socket.AF_UNIX)
    server.bind(words[0] + ".new")
    server.listen()
    os.rename(words[0] + ".new", words[0])  # who sees it can connect
    machine = Machine(words)
    while True:
        client = server.accept()[0]
        with client:
            try:
                machine.serve(client)
            except OSError:
                pass


main(sys.argv[1:])
