#!/usr/bin/python3
"""Sources whose openings change on the way (pcapng, IPFIX), as a directory, a
d4-core's list and standard input; and a d4-core's lists of watched files."""

import base64
import gzip
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import records as r  # noqa: E402
import relay  # noqa: E402
from d4core_lists import Lists  # noqa: E402
from packets_of import flows_of, packets_of, written  # noqa: E402
from relay import Org, balanced, until  # noqa: E402
from relay_cases import (confirmed, pipeline, queue_source,  # noqa: E402
                         sensors_policy, share)

KINDS = (("piped", {"types": "5"}), ("caps", {"types": "5"}),
         ("flows", {"types": "7"}), ("watched", {"meta": "filewatcher"}),
         ("objects", {"meta": "filewatcherjson"}))
POLICY = sensors_policy(
    "".join(queue_source(name, name, **kind) for name, kind in KINDS),
    "".join(pipeline("raw-" + name, **kind) for name, kind in KINDS),
    "".join(share(name + "-out", name, "raw-" + name) for name, _ in KINDS))


def pcapng(order, first, n):
    """Sections in both byte orders; interfaces are described on the way."""
    data = b""
    for at in range(first, first + n):
        if at % 100 == 0:
            faces = 0
            data += r.section(order)
        if at % 25 == 0:
            data += r.interface(order, 1, (2, b"eth%d" % faces))
            faces += 1
        data += r.enhanced(order, at % faces, b"%020d" % at + bytes(80),
                           1700000000 * 10 ** 6 + at)
    return data


def ipfix(first, n, fields=r.FLOW):
    """Another template each hundred messages, under the same number."""
    data = b""
    for at in range(first, first + n):
        if at % 100 == 0:
            data += r.message(1, at, r.ipfix_set(2, r.template(
                256 + at // 100 % 2, fields)))
        data += r.message(1, at, r.ipfix_set(
            256 + at // 100 % 2, r.flow(at)))
    return data


def put(folder, name, content):
    path = os.path.join(folder, name)
    with open(path + ".part", "wb") as f:
        f.write(content)
    os.rename(path + ".part", path)
    return path


def start(top):
    org = Org(POLICY)
    org.lists = Lists(org.dir)
    queues = {"caps": org.lists.queue(5),
              "watched": org.lists.queue("filewatcher"),
              "objects": org.lists.queue("filewatcherjson")}
    for name, queue in queues.items():
        org.sources[name] = queue.source(more=", files: " + top)
    org.sources["flows"] = ("{kind: directory, type: 7, match: \"*.ipfix*\", "
                            "settle: 1s, dir: %s}" % top)
    org.sources["piped"] = "{kind: stdin, type: 5}"
    org.start_partners("--no-workers", "--accept", "2,5,7,254",
                       "--accept-ext", "filewatcher,filewatcherjson")
    org.stdin = subprocess.PIPE
    return org, queues


# More than a frame and than a block, and no multiple of three.
SAMPLES = (b"MZ" + bytes(range(256)) * 1200, b"\x1f\x8b as it was watched",
           b"x", b"packed by the handler")


def push(top, queues):
    caps = [pcapng("<", 0, 700), pcapng(">", 700, 300)]
    queues["caps"].push([put(top, "a.pcapng", caps[0]),
                         put(top, "b.pcapng.gz", gzip.compress(caps[1]))])
    names = ("%064d.exe" % 1, "%064d.gz" % 2, "%064d." % 3, "%064d.bin.gz" % 4)
    content = SAMPLES[:3] + (gzip.compress(SAMPLES[3]),)
    queues["watched"].push([put(top, *pair) for pair in zip(names, content)])
    queues["objects"].push([put(top, "%064d.json" % 5, b'{"a":[1,2]}')])
    put(top, "1.ipfix", ipfix(0, 500))
    put(top, "2.ipfix.gz", gzip.compress(ipfix(500, 400)))
    return caps


def test_what_describes_itself_on_the_way_is_read_by_every_source():
    with tempfile.TemporaryDirectory(prefix="d4-it-openings-") as top:
        org, queues = start(top)
        try:
            run(org, queues, os.path.realpath(top))
        finally:
            org.close()
            org.lists.stop()


def run(org, queues, top):
    caps = push(top, queues)
    org.start()
    piped = pcapng("<", 5000, 600) + pcapng(">", 6000, 200)
    # Cut where nothing ends; all of it is read before the end.
    for at in range(0, len(piped), 7001):
        org.process.stdin.write(piped[at:at + 7001])
        org.process.stdin.flush()
    org.process.stdin.close()
    total = 1000 + 800 + 900 + len(SAMPLES) + 1
    until("all confirmed", lambda: org.status() and confirmed(org) == total)
    for row in org.status()["lanes"]:
        assert balanced(row), row
    for name, _ in KINDS:
        assert org.source(name)["dropped"] == {}, org.source(name)
    compare(org.partners["acme"], unittest.TestCase(), top, caps + [piped])


def compare(acme, test, top, caps):
    want = []
    for i, data in enumerate(caps):
        want += packets_of(test, written(os.path.join(top, "i%d" % i), data))
    got = packets_of(test, written(os.path.join(top, "out"), acme.data(5)))
    assert sorted(got) == sorted(want), (len(got), len(want))
    flows = flows_of(test, written(os.path.join(top, "flows"), acme.data(7)))
    assert flows == flows_of(test, written(
        os.path.join(top, "in"), ipfix(0, 900))), len(flows)
    lines = acme.lines(254)
    assert sorted(lines) == sorted(
        [base64.b64encode(x) for x in SAMPLES] + [b'{"a":[1,2]}']), lines


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
