#!/usr/bin/python3
"""Two real hubs and the relay between them: sensor to partner, sanitized."""

import collections
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import d4  # noqa: E402
import marked  # noqa: E402
import relay  # noqa: E402
from relay import balanced, until  # noqa: E402
from relay_cases import pipeline, sensors_policy, share, source  # noqa
from two_hubs import TwoHubs  # noqa: E402

STEPS = ("[{addr: {scope: telescope, method: cryptopan, "
         "into: [198.18.0.0/16], require_scope: any, others: keep}}, "
         "{link: zero}, {payload: headers}]")


def policy(uuid):
    return sensors_policy(
        source("cap", [uuid("cap")], types="1") +
        source("pdns", [uuid("pdns")], types="8"),
        pipeline("scoped", types="1", steps=STEPS) +
        pipeline("no-clients", types="8",
                 steps="[{pdns: {client: zero, server: zero}}]"),
        share("cap-out", "cap", "scoped") +
        share("pdns-out", "pdns", "no-clients"),
        extra="networks:\n  telescope: [10.1.0.0/16]\n")


class World(TwoHubs):
    def __init__(self, **options):
        super().__init__((("cap", 1), ("pdns", 8)), policy, **options)
        self.cap, self.log = self.sensors["cap"], self.sensors["pdns"]


def send(world, sensor, kind, records, opening=b""):
    session = d4.Session(sensor.key, sensor.uuid, kind)
    frames = session.cut_records([opening + records[0]] + records[1:])
    assert world.a.send(frames), "hub A did not confirm"


def found(kind, blobs):
    return collections.Counter(i for blob in blobs for i in kind.find(blob))


def waits(world, n):
    """All n records went out and were confirmed by hub B."""
    return world.org.idle() and sum(
        la.get("confirmed", 0) for la in world.org.status()["lanes"]) >= n


def test_from_sensor_to_partner_and_no_address_of_the_telescope():
    with World() as w:
        w.org.up()
        send(w, w.cap, 1, [marked.Pcap.make(i) for i in range(2000)],
             marked.OPENING)
        send(w, w.log, 8, [marked.Pdns.make(i) for i in range(2000)])
        until("confirmed", lambda: waits(w, 4000))
        for kind, name in ((1, marked.Pcap), (8, marked.Pdns)):
            got = found(name, w.partner.data(kind))
            assert got == collections.Counter(range(2000)), len(got)
        raw = b"".join(w.partner.data(1))
        for i in range(2000):
            inside = marked.telescope_address(i)
            packed = bytes(int(x) for x in inside.split("."))
            assert packed not in raw and inside.encode() not in raw, inside
        for row in w.org.status()["lanes"]:
            assert balanced(row) and row["in"] == 2000, row
            assert row["maybe_lost"] == 0 and row["resent"] == 0, row


def test_kill_9_of_wash_and_post_between_two_hubs():
    with World() as w:
        w.org.up()
        sent = 0
        for turn in range(8):
            send(w, w.log, 8,
                 [marked.Pdns.make(i) for i in range(sent, sent + 1500)])
            sent += 1500
            w.org.kill("wash" if turn % 2 else "post")
        until("confirmed", lambda: waits(w, sent))
        got = found(marked.Pdns, w.partner.data(8))
        assert set(got) == set(range(sent)), sent - len(got)
        row = w.org.lane(type=8)
        assert balanced(row) and row["in"] == sent, row
        extra = sum(got.values()) - sent
        print("   %d lines, %d twice" % (sent, extra))
        assert extra <= 4 * 1500, extra


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
