#!/usr/bin/python3
"""The airlock under pressure: budgets, parking, drop-oldest, expiry, embargo,
compression; against a real redis-server and a model of a stock d4-core.
"""

import calendar
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from relay import (Org, Sensor, pipeline, sensors_policy,  # noqa: E402
                   share, source, until)

LOG = "2c4bd1f6-4b75-4f1e-8d1d-3c6f5f1d8b11"
LOG2 = "7d0c2f2e-55a1-4c0b-9a45-0a1b2c3d4e5f"
MIB = 1 << 20
PDNS = (b"1700000000.%06d||192.0.2.7||198.51.100.1||IN||host%d.example.org."
        b"||A||203.0.113.9||300||1")
PARTNERS = "".join(
    "  - {id: %s, org: 1f0e3dad-9990-4f8e-a5c0-8f0f3e5f5b1%d, kind: partner, "
    "groups: [eu], min_class: S0, accept_pap: [clear, green], profile: "
    "d4-core}\n" % (name, i) for i, name in enumerate(("acme", "other")))
POLICY = sensors_policy(
    source("pdns", [LOG, LOG2], types="8"), pipeline("raw-8", types="8"),
    share("to-acme", "pdns", "raw-8") +
    share("to-other", "pdns", "raw-8", to="other"), PARTNERS)
ONE = sensors_policy(
    source("pdns", [LOG, LOG2], types="8"), pipeline("raw-8", types="8"),
    share("to-acme", "pdns", "raw-8"))


def numbered(first, n):
    return [PDNS % (i % 1000000, i) for i in range(first, first + n)]


def feed(sensor, first, entries, each=500):
    for i in range(entries):
        sensor.lines(numbered(first + i * each, each))
    return first + entries * each


def room(org, partner="acme"):
    """What the status says of a partner's part of the airlock."""
    for p in (org.status() or {}).get("airlock", {}).get("partners", []):
        if p["partner"] == partner:
            return p
    return {}


def confirmed(org, partner="acme"):
    return sum(la.get("confirmed", 0)
               for la in (org.status() or {}).get("lanes", [])
               if la["partner"] == partner)


def holds(org):
    """{(key, field): id} of all that the shelf is held for."""
    db = org.redis.db
    return {(key.decode(), f.decode()): v.decode()
            for key in db.keys("d4:{*}:hold")
            for f, v in db.hgetall(key).items()}


def two(acme="budget: 1MiB"):
    org = Org(POLICY, ("acme", "other"))
    org.more_options["acme"] = ", " + acme
    org.start_partners()
    org.partners["acme"].stop()
    return org


def spool_status(org, partner="acme"):
    """What d4-relay spool status says of one partner."""
    code, out = org.ask("spool", "status", "--json", partner)
    assert code == 0, (code, out, org.stderr)
    [found] = json.loads(out)
    return found


def start_acme(org):
    org.partners["acme"].start(org.uuids("acme"))


def test_a_parked_partner_blocks_nobody_and_catches_up_in_order():
    org = two()
    try:
        pdns = Sensor(org, 8, uid=LOG)
        sent = feed(pdns, 0, 60)  # some 2.5 MiB
        org.up()
        until("the other has it all", lambda: confirmed(org, "other") == sent)
        assert org.partners["other"].lines(8) == numbered(0, sent)
        state = until("parked", lambda: room(org) if room(org).get("parked")
                      else None)
        assert state["full"] and state["bytes"] <= MIB, state
        assert org.waiting() == 0
        told = spool_status(org)
        assert list(told["parked"]) == list(state["parked"]), (told, state)
        held = holds(org)
        assert list(held) == [(pdns.key()[:-1].decode() + "hold"
                               if isinstance(pdns.key(), bytes)
                               else pdns.key()[:-1] + "hold",
                               "relay:relay/acme")], held
        # The first entry that it misses is what the shelf is held for.
        first = org.redis.db.xrange(pdns.key(), list(held.values())[0],
                                    count=1)
        assert first and first[0][0].decode() == list(held.values())[0]
        start_acme(org)
        sent = feed(pdns, sent, 10)
        until("caught up", lambda: confirmed(org) == sent)
        assert org.partners["acme"].lines(8) == numbered(0, sent)
        until("parked no more", lambda: not room(org)["parked"])
        assert holds(org) == {}
        sent = feed(pdns, sent, 10)  # and live again
        until("live", lambda: confirmed(org) == sent and
              confirmed(org, "other") == sent)
        assert org.partners["acme"].lines(8) == numbered(0, sent)
        for lane in org.status()["lanes"]:
            assert relay.balanced(lane) and lane["in"] == sent, lane
    finally:
        org.close()


def test_wash_killed_while_a_partner_is_parked_and_catches_up():
    org = two()
    try:
        sensors = [Sensor(org, 8, uid=u) for u in (LOG, LOG2)]
        sent = 0
        org.up()
        for turn in range(6):
            for s in sensors:
                feed(s, sent, 8)
            sent += 8 * 500
            org.kill("wash")
        until("the other has it all",
              lambda: confirmed(org, "other") == 2 * sent)
        assert room(org)["parked"]
        start_acme(org)
        for turn in range(8):
            for s in sensors:
                s.lines(numbered(sent, 500), again=2)  # a retried XADD
            sent += 500
            org.kill("wash")
        until("caught up", lambda: confirmed(org) == 2 * sent)
        until("parked no more", lambda: room(org).get("parked") == {})
        for name in ("acme", "other"):
            got = org.partners[name].lines(8)
            want = sorted(2 * numbered(0, sent))
            # What post sends again after a kill is not in question here.
            assert sorted(set(got)) == sorted(set(want)), name
            seen, firsts = {}, []
            for line in got:
                seen[line] = seen.get(line, 0) + 1
                if seen[line] == 1:
                    firsts.append(line)
            assert min(seen.values()) >= 2
        entries = [(e["origin"], e["id_ms"], e["id_n"])
                   for name in ("acme", "other")
                   for _, e in org.spooled(name)]
        assert len(entries) == len(set(entries)) or len(entries) < 3
        for lane in org.status()["lanes"]:
            assert lane["in"] == 2 * sent and relay.balanced(lane), lane
        assert holds(org) == {}
    finally:
        org.close()


def test_decisions_of_a_new_policy_count_for_what_is_caught_up():
    org = two()
    try:
        pdns = Sensor(org, 8, uid=LOG)
        sent = feed(pdns, 0, 60)
        org.up()
        until("the other has it all", lambda: confirmed(org, "other") == sent)
        until("parked", lambda: room(org).get("parked"))
        uuids = org.uuids("acme")
        inside = sum(e["n"] for _, e in org.spooled("acme"))
        assert 0 < inside < sent
        org.set_policy(sensors_policy(
            source("pdns", [LOG, LOG2], types="8"),
            pipeline("raw-8", types="8"),
            share("to-other", "pdns", "raw-8", to="other"), PARTNERS))
        org.reload()
        org.set_policy(sensors_policy(
            source("pdns", [LOG, LOG2], types="8"),
            pipeline("raw-8", types="8"),
            share("to-other", "pdns", "raw-8", to="other"),
            PARTNERS.splitlines(True)[1]))
        org.reload()  # the partner is gone from the policy
        until("nothing is held for it", lambda: holds(org) == {})
        org.partners["acme"].start(uuids)
        sent = feed(pdns, sent, 2)
        until("goes on", lambda: confirmed(org, "other") == sent)
        assert org.partners["acme"].lines(8) == []
    finally:
        org.close()


def test_drop_oldest_keeps_the_newest_within_the_budget():
    org = two("budget: 1MiB, on_full: drop-oldest")
    try:
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        sent = 0
        for _ in range(12):
            sent = feed(pdns, sent, 5)
            until("read", lambda: org.waiting() == 0)
            assert room(org)["bytes"] < 1.2 * MIB
        assert not room(org)["parked"] and holds(org) == {}
        lost = room(org)["dropped"]
        assert lost > 0
        accounts = [a for a in org.records()
                    if a["reason"] == "spool.drop-oldest"]
        assert sum(a["records"] for a in accounts) == lost
        assert all(a["partner"] == "acme" and a["bytes"] > 0 and
                   a["t_first"] <= a["t_last"] and a["from"] <= a["to"]
                   for a in accounts), accounts
        start_acme(org)
        until("the rest", lambda: confirmed(org) == sent - lost)
        # A segment that post stood in may be the oldest one left.
        assert org.partners["acme"].lines(8) == numbered(lost, sent - lost)
        assert org.partners["other"].lines(8) == numbered(0, sent)
    finally:
        org.close()


RETENTION = b'{"type":"ja3-jl","encoding":"utf-8",' \
            b'"tags":["tlp:green","retention:1d"]}'
TAP = "8d8b724c-71b6-4d6c-942b-ffc2b6d761ac"
TAGGED = sensors_policy(
    source("tap", [TAP], meta="ja3-jl"), pipeline("raw-ja3", meta="ja3-jl"),
    share("ja3-out", "tap", "raw-ja3"))


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
        until("in the airlock", lambda: len(org.spooled()) == 20 or
              room(org).get("expired") == 400)
        until("deleted", lambda: room(org).get("expired") == 400)
        assert org.spooled() == []
        [a] = [a for a in org.records() if a["reason"] == "spool.expired"]
        assert a["records"] == 400 and a["partner"] == "acme", a
        tap.lines([line % 400])
        start_acme(org)
        until("the young one", lambda: confirmed(org) == 1)
        assert org.partners["acme"].lines(254) == [line % 400]
        lane = org.lane_now()
        assert relay.balanced(lane), lane
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
        assert org.partners["acme"].lines(8) == [] and confirmed(org) == 0
        org.set_policy(loose)
        org.reload()
        until("those of before", lambda: confirmed(org) == 1000)
        assert org.partners["acme"].lines(8) == numbered(0, 1000)
    finally:
        org.close()


def segments(org, partner="acme"):
    top = os.path.join(org.state, "spool", partner)
    return sorted(os.path.join(top, lane, name)
                  for lane in os.listdir(top)
                  if os.path.isdir(os.path.join(top, lane))
                  for name in os.listdir(os.path.join(top, lane))
                  if name.endswith(".seg"))


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
        until("all of it", lambda: confirmed(org) == sent)
        assert org.partners["acme"].lines(8) == numbered(0, sent)
    finally:
        org.close()


def test_unused_lanes_are_removed_and_come_back():
    org = Org(ONE)
    try:
        org.options["lane_unused"] = "1s"
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        sent = feed(pdns, 0, 2)
        until("confirmed", lambda: confirmed(org) == sent)
        top = os.path.join(org.state, "spool", "acme")
        until("no folder", lambda: [n for n in os.listdir(top)
                                    if n != "release.json"] == [], 150)
        cursors = os.path.join(org.state, "post", "acme")
        assert [n for n in os.listdir(cursors) if n.endswith("cursor")] == []
        sent = feed(pdns, sent, 2)
        until("all there", lambda: org.partners["acme"].lines(8) ==
              numbered(0, sent))
        org.kill("wash")
        sent = feed(pdns, sent, 2)
        until("all there", lambda: org.partners["acme"].lines(8) ==
              numbered(0, sent))
    finally:
        org.close()


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
