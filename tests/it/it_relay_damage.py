#!/usr/bin/python3
"""Damage in the airlock, in the middle and at the end of a lane: it is said
where, counted, accounted, and the rest is delivered."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from airlock import (LOG, LOG2, feed, segments, spool_status,  # noqa: E402
                     start_acme, two)
from relay import Sensor, until  # noqa: E402
from relay_cases import confirmed, numbered  # noqa: E402


def test_a_damaged_entry_is_located_and_the_rest_is_delivered():
    org = two("budget: 8MiB")
    try:
        pdns = Sensor(org, 8, uid=LOG)
        sent = feed(pdns, 0, 20)
        org.up()
        until("read", lambda: confirmed(org, "other") == sent)
        path = segments(org)[0]
        with open(path, "r+b") as f:
            f.seek(os.path.getsize(path) // 2)
            byte = f.read(1)
            f.seek(-1, os.SEEK_CUR)
            f.write(bytes([byte[0] ^ 4]))
        check_commands(org, path, sent)
        start_acme(org)
        until("the rest", lambda: confirmed(org, "acme") == sent - 500)
        [a] = [a for a in org.records("post")
               if a["reason"] == "spool.damaged"]
        assert a["records"] == 500, a
        got = org.partners["acme"].lines(8)
        assert len(got) == sent - 500 and got == sorted(set(got), key=got.index)
        assert relay.balanced(org.lane_now())
    finally:
        org.close()


def test_damage_at_the_end_of_a_lane_is_told_and_it_goes_on():
    """While wash runs, and found by wash when it starts again."""
    org = two("budget: 8MiB")
    try:
        pdns, more = Sensor(org, 8, uid=LOG), Sensor(org, 8, uid=LOG2)
        sent = feed(pdns, 0, 3)
        org.up()
        until("read", lambda: confirmed(org, "other") == sent)
        flip_last(segments(org)[-1])
        start_acme(org)
        until("what is before", lambda: confirmed(org, "acme") == sent - 500)
        until("told", lambda: told(org) == [500])
        org.partners["acme"].stop()
        sent = feed(more, sent, 3)
        until("read", lambda: confirmed(org, "other") == sent)
        flip_last(segments(org)[-1])
        org.kill("wash")
        start_acme(org)
        until("what is before", lambda: confirmed(org, "acme") == sent - 1000)
        until("told", lambda: told(org) == [500, 500])
        assert not [a for a in org.records("wash")
                    if a["event"] == "airlock.torn"]
        until("nothing waits", lambda: all(
            la["waiting"] == 0 for la in (org.status() or {"lanes": [
                {"waiting": 1}]})["lanes"]))
        sent = feed(more, sent, 3)
        until("the rest", lambda: confirmed(org, "acme") == sent - 1000)
        assert told(org) == [500, 500]
        assert relay.balanced(org.lane_now())
    finally:
        org.close()


def test_a_lane_whose_header_is_damaged_is_accounted_at_the_start():
    """Its only segment; before anything new comes for the lane."""
    org = two("budget: 8MiB")
    try:
        pdns = Sensor(org, 8, uid=LOG)
        sent = gone = 0
        start_acme(org)
        for at, bad in ((30, b"\xff"), (0, bytes(64))):
            org.partners["acme"].stop()
            sent = feed(pdns, sent, 3)
            org.up()
            until("read", lambda: confirmed(org, "other") == sent)
            org.stop()
            for path in segments(org):  # others are confirmed
                with open(path, "r+b") as f:
                    f.seek(at)
                    f.write(bad)
            start_acme(org)
            org.up()
            gone += 1500
            until("told", lambda: sum(told(org)) == gone)
            assert not [a for a in org.records("wash")
                        if a["event"].startswith("airlock.")]
            # What comes then has its own segment.
            sent = feed(pdns, sent, 1)
            until("the rest", lambda: confirmed(org, "acme") == sent - gone)
            assert relay.balanced(org.lane_now())
            org.stop()
        assert org.partners["acme"].lines(8) == numbered(
            1500, 500) + numbered(3500, 500)
    finally:
        org.close()


def flip_last(path):
    with open(path, "r+b") as f:
        f.seek(-1, os.SEEK_END)
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ 4]))


def told(org):
    """Records of each account of damage."""
    return [a["records"] for a in org.records("post")
            if a["reason"] == "spool.damaged"]


def check_commands(org, path, sent):
    """What d4-relay spool says of a lane with one damaged entry."""
    lane = os.path.basename(os.path.dirname(path))
    code, out = org.ask("spool", "verify", "--json", "acme")
    assert code == 1 and "damages" in org.stderr, (code, org.stderr)
    [found] = json.loads(out)
    [damage] = found["damages"]
    assert found["lane"] == lane and found["records"] == sent - 500, found
    assert damage["file"] == os.path.basename(path), damage
    assert damage["offset"] <= os.path.getsize(path) // 2 < \
        damage["offset"] + damage["bytes"], damage
    code, out = org.ask("spool", "verify", "other")
    assert code == 0, out
    told = spool_status(org)
    assert told["damages"] == 1 and told["records"] == sent - 500, told
    code, out = org.ask("spool", "status")
    assert code == 0 and "acme\n" in out and "other\n" in out, out
    assert org.ask("spool", "status", "nobody")[0] == 1
    assert org.ask("spool", "status", "acme", "x")[0] == 64
    code, out = org.ask("spool", "cat", "acme", lane)
    assert code == 1 and len(out.splitlines()) == sent - 500
    code, out = org.ask("spool", "cat", "--from", "2", "--to", "3", "acme",
                        lane)
    assert out.encode().splitlines() == numbered(500, 1000), code
    code, out = org.ask("spool", "ls", "--json", "acme", lane)
    [listed] = json.loads(out)
    assert code == 0 and listed["records"] == sent, listed
    assert sum(x["bytes"] for x in listed["segments"]) == listed["bytes"] > 0
    code, out = org.ask("spool", "ls")
    assert code == 0 and lane in out and "rule to-acme" in out, out
    assert org.ask("spool", "cat", "acme")[0] == 64


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
