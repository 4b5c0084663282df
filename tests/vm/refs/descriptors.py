#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of descriptors that nobody should pass: asked of the daemon over its socket, as refs.sh calls it."""

import array
import json
import os
import socket
import sys
import time

INTERFACE = "io.mempolicy.Manager."


def call(method, parameters, descriptors):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(20)
        link.connect("/run/mempolicyd/" + INTERFACE[:-1])
        message = json.dumps({"method": INTERFACE + method, "parameters": parameters}).encode() + b"\0"
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        link.sendmsg([message], rights)
        reply = b""
        while not reply.endswith(b"\0"):
            part = link.recv(65536)
            if not part:
                return {"error": "closed"}
            reply += part
        return json.loads(reply[:-1])


def expect(what, reply, error, words=""):
    if reply.get("error", "") != error or words not in json.dumps(reply):
        sys.exit(f"{what}: {reply}")


whole = {"file": 0, "first": 0, "last": 3}
if sys.argv[1] == "--member":
    # What mempolctl would not even ask.
    expect("another user's", call("RefsFile", whole, [os.open(sys.argv[2], os.O_RDONLY)]), INTERFACE + "RefsCannot", "owner")
    sys.exit()
path = sys.argv[1]
daemon = os.popen("systemctl show -P MainPID mempolicyd").read().strip()


def open_descriptors():
    return len(os.listdir(f"/proc/{daemon}/fd"))


to_read = os.open(path, os.O_RDONLY)
before = open_descriptors()
expect("a file", call("RefsFile", whole, [to_read]), "")
expect("none", call("RefsFile", whole, []), "org.varlink.service.InvalidParameter")
expect("another one", call("RefsFile", dict(whole, file=1), [to_read, to_read]), "org.varlink.service.InvalidParameter")
expect("to write", call("RefsFile", whole, [os.open(path, os.O_WRONLY)]), INTERFACE + "RefsCannot", "for reading")
expect("a path", call("RefsFile", whole, [os.open(path, os.O_PATH)]), INTERFACE + "RefsCannot", "for reading")
expect("a directory", call("RefsFile", whole, [os.open("/", os.O_RDONLY)]), INTERFACE + "RefsCannot", "regular file")
expect("a pipe", call("RefsFile", whole, [os.pipe()[0]]), INTERFACE + "RefsCannot", "regular file")
expect("backwards", call("RefsFile", dict(whole, first=4), [to_read]), "org.varlink.service.InvalidParameter")
expect("with a method that wants none", call("Status", {}, [to_read] * 20), "")
for _ in range(100):
    if open_descriptors() <= before:
        break
    time.sleep(0.05)
else:
    sys.exit(f"the daemon has kept descriptors: {open_descriptors()}, {before} before")
