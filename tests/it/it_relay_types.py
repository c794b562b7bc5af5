#!/usr/bin/python3
"""Types 4, 5 and 7 between two real hubs by a pipeline without steps: as they
are, readable by their own tools; by another type's pipeline not at all."""

import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import d4  # noqa: E402
import records as r  # noqa: E402
import relay  # noqa: E402
from packets_of import flows_of, packets_of, written  # noqa: E402
from relay import balanced, until  # noqa: E402
from relay_cases import (confirmed, pcap, pipeline,  # noqa: E402
                         sensors_policy, share, source)
from two_hubs import TwoHubs  # noqa: E402


def pcapng(order, n):
    """A capture in two sections; the second has an interface more."""
    data, count = b"", 0
    for faces in (1, 2):
        data += r.section(order)
        for face in range(faces):
            data += r.interface(order, 1, (2, b"eth%d" % face))
        for i in range(n):
            data += r.enhanced(order, i % faces, b"%020d" % i + bytes(80),
                               1700000000 * 10 ** 6 + i)
            count += 1
    return data, count


def ipfix(n):
    data = r.message(1, 0, r.ipfix_set(2, r.template(256)))
    for i in range(n):
        data += r.message(1, i, r.ipfix_set(256, r.flow(i), r.flow(i + 1)))
    return data, n


def dnscap(n):
    return b"[9] 2016-10-20 15:23:01 \\\n\tdns QUERY,NOERROR\n" * n, n


SENSORS = (("text", 4), ("dump", 4), ("cap", 5), ("other", 5), ("flows", 7),
           ("kept", 5), ("plain", 7))


def policy(uuid):
    return sensors_policy(
        source("text", [uuid("text")], types="4") +
        source("dump", [uuid("dump")], types="4") +
        # Two sensors behind one UUID: sections by turns.
        source("cap", [uuid("cap"), uuid("other")], types="5") +
        source("flows", [uuid("flows")], types="7") +
        source("kept", [uuid("kept")], types="5") +
        source("plain", [uuid("plain")], types="7"),
        pipeline("as-is", types="4, 5, 7") + pipeline(
            "packets", types="1", steps="[{link: zero}]"),
        share("text-out", "text", "as-is") +
        share("dump-out", "dump", "as-is") +
        share("cap-out", "cap", "as-is") +
        share("flows-out", "flows", "as-is") +
        # A pipeline that does not take the type.
        share("plain-out", "plain", "packets"))


def test_a_pipeline_without_steps_releases_files_as_they_are():
    with TwoHubs(SENSORS, policy) as world, \
            tempfile.TemporaryDirectory(prefix="d4-it-types-") as top:
        both(world, unittest.TestCase(), top)


def both(world, test, top):
    world.org.up()
    texts, n = dnscap(2000)
    flows, m = ipfix(1500)
    caps = [pcapng("<", 900), pcapng(">", 700)]
    for name, (data, _) in zip(("cap", "other"), caps):
        world.send(name, 5, data)
    world.send("text", 4, texts)
    world.send("dump", 4, pcap(500))
    world.send("flows", 7, flows)
    world.send("kept", 5, caps[0][0])
    world.send("plain", 7, flows)
    total = n + m + 500 + caps[0][1] + caps[1][1]
    until("confirmed", lambda: world.org.idle() and
          confirmed(world.org) >= total)
    for row in world.org.status()["lanes"]:
        assert balanced(row), row
    assert texts == b"".join(
        x for x in world.partner.data(4) if x.startswith(b"["))
    dumped = [x for x in world.partner.data(4) if not x.startswith(b"[")]
    assert [p for x in dumped for p in list(d4.pcap_records(x))[1:]] == list(
        d4.pcap_records(pcap(500)))[1:]
    want = sorted(x for i, (data, _) in enumerate(caps) for x in packets_of(
        test, written(os.path.join(top, "in%d" % i), data)))
    got = packets_of(test, written(os.path.join(top, "out"), b"".join(
        world.partner.data(5))))
    assert sorted(got) == want, (len(got), len(want))
    assert flows_of(test, written(os.path.join(top, "flows"), b"".join(
        world.partner.data(7)))) == flows_of(
            test, written(os.path.join(top, "in"), flows))
    # What has no rule, or another type's pipeline, stays.
    denied = sum(d for la in world.org.status()["lanes"]
                 for d in (la.get("drop") or {}).values())
    sent = sum(la.get("confirmed", 0) for la in world.org.status()["lanes"])
    assert sent == total, (sent, total, denied)


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
