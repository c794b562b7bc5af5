#!/usr/bin/python3
"""What waits in the airlock: until it expires, under an embargo, compressed;
against a real redis-server and a model of a stock d4-core.
"""

import calendar
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from airlock import (LOG, MIB, feed, spool_status,  # noqa: E402
                     start_acme, two)
from relay import (Org, Sensor, pipeline, sensors_policy,  # noqa: E402
                   share, source, until)
from relay_cases import confirmed, numbered  # noqa: E402

RETENTION = b'{"type":"ja3-jl","encoding":"utf-8",' \
            b'"tags":["tlp:green","retention:1d"]}'
TAP = "8d8b724c-71b6-4d6c-942b-ffc2b6d761ac"
TAGGED = sensors_policy(
    source("tap", [TAP], meta="ja3-jl"), pipeline("raw-ja3", meta="ja3-jl"),
    share("ja3-out", "tap", "raw-ja3"))


def expired(org):
    """The entries of which the accounting says that they have expired.

    Wash, which deletes them, or post, which passes over them: whoever comes
    first; where they meet, both say it of the same numbers (ADR 0014).
    """
    rows = [a for who in ("wash", "post") for a in org.records(who)
            if a.get("reason") == "spool.expired"]
    for a in rows:
        assert a["partner"] == "acme" and \
            a["records"] == 20 * (a["to"] - a["from"] + 1), rows
    return {n for a in rows for n in range(a["from"], a["to"] + 1)}


def test_what_expires_is_deleted_while_the_partner_is_away():
    org = Org(TAGGED)
    try:
        org.start_partners()
        org.partners["acme"].stop()
        org.more_options["acme"] = ", budget: 1MiB"
        tap = Sensor(org, 254, "ja3-jl", RETENTION, TAP)
        line = b'{"JA3Digest":"%064d","ServerIP":"192.0.2.1"}'
        now = time.time()
        for i in range(20):  # nearly a day old: expires in five seconds
            tap.lines([line % k for k in range(i * 20, i * 20 + 20)],
                      now=now - 86400 + 5)
        org.up()
        until("told", lambda: expired(org) == set(range(1, 21)))
        until("deleted", lambda: org.spooled() == [])
        tap.lines([line % 400])
        start_acme(org)
        until("the young one", lambda: confirmed(org, "acme") == 1)
        assert org.partners["acme"].lines(254) == [line % 400]
        lane = org.lane_now()
        assert relay.balanced(lane) and lane["drop"] == 400, lane
        assert expired(org) == set(range(1, 21)), expired(org)
    finally:
        org.close()


def released(org, partner="acme"):
    with open(os.path.join(org.state, "spool", partner, "release.json")) as f:
        return list(json.load(f)["lanes"].values())


def test_an_embargo_holds_what_comes_and_what_waits():
    org = two("budget: 8MiB")
    try:
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        sent = feed(pdns, 0, 2)
        until("the other", lambda: confirmed(org, "other") == sent)
        loose = open(org.policy).read()
        rule = share("to-acme", "pdns", "raw-8")
        assert rule in loose, rule
        org.set_policy(loose.replace(rule, share(
            "to-acme", "pdns", "raw-8", more=", embargo: 2199-12-31")))
        org.reload()
        end = calendar.timegm((2200, 1, 1, 0, 0, 0))
        until("told to post", lambda: [r["not_before"] for r in
                                       released(org)] == [end])
        start_acme(org)
        sent = feed(pdns, sent, 2)
        until("the other", lambda: confirmed(org, "other") == sent)
        until("held", lambda: len(org.spooled()) == 4)
        told = spool_status(org)
        assert (told["entries"], told["records"]) == (4, 2000), told
        assert told["held_records"] == told["waiting_records"] == 2000, told
        assert told["held_until"] == end and told["parked"] == {}, told
        assert told["budget"] == 8 * MIB and told["on_full"] == "park", told
        # Those of before wait by the release, those since by themselves.
        assert [e["not_before"] for _, e in org.spooled()] == \
            [0, 0, end, end], org.spooled()
        assert org.partners["acme"].lines(8) == []
        assert confirmed(org, "acme") == 0
        org.set_policy(loose)
        org.reload()
        until("those of before", lambda: confirmed(org, "acme") == 1000)
        assert org.partners["acme"].lines(8) == numbered(0, 1000)
    finally:
        org.close()


def test_what_waits_is_compressed_and_arrives_as_it_was():
    org = two("budget: 8MiB")
    try:
        org.options["compress"] = "256KiB"
        pdns = Sensor(org, 8, uid=LOG)
        sent = feed(pdns, 0, 60)
        org.up()
        until("packed", lambda: org.status()["airlock"]["packed"] > MIB)
        airlock = org.status()["airlock"]
        assert airlock["packed_to"] < airlock["packed"] / 2, airlock
        flags = [e["flags"] for _, e in org.spooled("acme")]
        assert 1 in flags and flags[0] == 0  # what goes first is plain
        told = spool_status(org)
        assert told["packed_bytes"] < told["plain_bytes"] / 2, told
        assert 0 < told["packed_entries"] < told["entries"], told
        org.kill("wash")
        start_acme(org)
        until("all of it", lambda: confirmed(org, "acme") == sent)
        assert org.partners["acme"].lines(8) == numbered(0, sent)
    finally:
        org.close()


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
