#!/usr/bin/python3
"""pcapng and IPFIX with steps between two real hubs: the partner has every
packet and flow under the right opening, without an address, and its sessions
are numbered from 0."""

import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import records as r  # noqa: E402
import relay  # noqa: E402
from flow_places import (A4B, F4B, OPTION_ROWS,  # noqa: E402
                         messages as messages_of, stream, told)
from packet_places import leak, t4  # noqa: E402
from packets_of import fields_of, packets_of, written  # noqa: E402
from relay import balanced, until  # noqa: E402
from relay_cases import (confirmed, pipeline, sensors_policy,  # noqa: E402
                         share, source)
from two_hubs import TwoHubs  # noqa: E402

FIELDS = ((8, 4), (12, 4), (82, 4))


def capture(order, n):
    """Packets of two interfaces, with names and comments around them."""
    data = r.section(order, (4, b"alice")) + r.interface(order, 1, (2, b"e0"))
    for i in range(n):
        if i == n // 2:
            data += r.interface(order, 101, (1, b"10.1.2.3"))
        data += r.enhanced(order, 0, t4(), 1700000000 * 10 ** 6 + i,
                           (1, b"alice"))
        if i > n // 2:
            data += r.enhanced(order, 1, t4()[14:], 1, (3, b"hash"))
    return data + r.names(order, A4B, b"alice"), n + (n - 1) // 2


def flows(n):
    """Of a domain that is a token; each hour has another one. In front of
    them another domain says how it samples."""
    rows = [(F4B, A4B, b"eth0")] * 10
    return told(OPTION_ROWS[0], 400, 7) + stream([(FIELDS, rows)]) + b"".join(
        r.message(0x0a010203, 0, r.ipfix_set(256, *[b"".join(x)
                                                    for x in rows]),
                  when=1700000000 + 20 * i)
        for i in range(n - 1)), n


SENSORS = (("cap", 5), ("other", 5), ("flows", 7))


def policy(uuid):
    return sensors_policy(
        # Two sensors behind one UUID: sections by turns.
        source("cap", [uuid("cap"), uuid("other")], types="5") +
        source("flows", [uuid("flows")], types="7"),
        pipeline("packets", types="5", steps="[{addr: {}}]") +
        pipeline("flows", types="7",
                 steps="[{addr: {}}, {time: 1h}, {epoch: 1h}]"),
        share("cap-out", "cap", "packets") +
        share("flows-out", "flows", "flows"))


def test_blocks_and_flows_reach_the_partner_sanitized():
    with TwoHubs(SENSORS, policy) as world, \
            tempfile.TemporaryDirectory(prefix="d4-it-blocks-") as top:
        both(world, unittest.TestCase(), top)


def both(world, test, top):
    world.org.up()
    caps = [capture("<", 300), capture(">", 200)]
    data, messages = flows(400)
    for name, (one, _) in zip(("cap", "other"), caps):
        world.send(name, 5, one)
    world.send("flows", 7, data)
    total = caps[0][1] + caps[1][1] + messages + 1
    until("confirmed", lambda: world.org.idle() and
          confirmed(world.org) >= total)
    for row in world.org.status()["lanes"]:
        assert balanced(row), row
    parts = {}
    for row in world.org.status()["lanes"]:
        for why, n in row.get("parts", {}).items():
            parts[why] = parts.get(why, 0) + n
    # As many options at least as packets had; some entries tell theirs again.
    assert parts["none"] == 10 * messages + 1, parts
    assert parts["pcapng.option"] >= caps[0][1] + caps[1][1], parts
    got = b"".join(world.partner.data(5))
    assert leak(got) is None and b"alice" not in got and b"hash" not in got
    assert {kind for kind, _ in r.blocks(got)} == {
        r.SECTION, r.INTERFACE, r.ENHANCED}
    assert len(packets_of(test, written(os.path.join(top, "cap"), got))) == \
        caps[0][1] + caps[1][1]
    got = b"".join(world.partner.data(7))
    assert leak(got) is None and b"eth0" not in got
    lines = fields_of(test, written(os.path.join(top, "flows"), got),
                      ("cflow.sequence", "cflow.srcaddr", "cflow.dstaddr",
                       "cflow.sampling_packet_space"))
    assert [x.split("\t")[3] for x in lines if x.split("\t")[3]] == ["999"]
    found = [x.split("\t") for x in lines if x.split("\t")[1]]
    assert len(found) == messages, (len(found), messages)
    assert all(len(x[2].split(",")) == 10 for x in found)
    domains = {r.struct.unpack_from(">I", m, 12)[0]
               for m in messages_of(got)}
    assert len(domains) == 6 and not domains & {0x0a010203, 7}, domains
    # Each session counts the flows of a domain from 0.
    numbers = [int(x[0]) for x in found]
    assert all(b in (a + 10, 0) for a, b in zip(numbers, numbers[1:]))


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
