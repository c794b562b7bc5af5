#!/usr/bin/python3
"""Nothing leaves by what held before: another key, another organisation, and
an entry that is not what its queue is for."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import d4  # noqa: E402
import relay  # noqa: E402
from airlock import fed_while_away  # noqa: E402
from field import write_secret  # noqa: E402
from relay import Org, Sensor, until  # noqa: E402
from relay_cases import (LOG, ONE, confirmed, numbered, pipeline,  # noqa
                         sensors_policy, share, source)


def test_another_master_key_holds_with_the_next_reload():
    """Whom a mapping is known to must not get any more under it."""
    org = Org(ONE)
    try:
        acme, pdns = fed_while_away(org, (LOG, numbered(0, 10)))
        old = org.lane()["uuid"]

        def lanes():
            return {x["uuid"]: x for x in (org.status() or {}).get("lanes", ())
                    if "uuid" in x}

        with open(org.master, "wb") as f:
            f.write(os.urandom(32))
        wash = org.pids()["wash"]
        org.reload()
        until("started anew", lambda: org.pids()["wash"] != wash)
        assert "master_key=changed" in org.log()
        pdns.lines(numbered(10, 10))
        until("two lanes", lambda: len(lanes()) == 2 and all(
            x.get("waiting") == 10 and x.get("may_be_sent") is (u != old)
            for u, x in lanes().items()))
        org.configure()
        acme.start(org.uuids())
        until("confirmed", lambda: sum(
            x.get("confirmed", 0) for x in lanes().values()) == 10)
        assert acme.lines(8) == numbered(10, 10)
        assert lanes()[old]["waiting"] == 10
        # The same key again: wash is only told, and goes on.
        wash = org.pids()["wash"]
        org.reload()
        pdns.lines(numbered(20, 10))
        until("confirmed", lambda: sum(
            x.get("confirmed", 0) for x in lanes().values()) == 20)
        assert org.pids()["wash"] == wash
        # A secret of a forgettable partner is a key as well: wash reads it
        # before its sandbox closes.
        os.makedirs(org.master + ".ring/acme", 0o700)
        write_secret(org.master + ".ring/acme/2810", os.urandom(32))
        org.reload()
        until("started anew", lambda: org.pids()["wash"] != wash)
    finally:
        org.close()


def test_what_waits_for_a_partner_is_not_for_who_has_its_id_later():
    org = Org(ONE)
    try:
        acme, pdns = fed_while_away(org, (LOG, numbered(0, 10)))
        org.set_policy(open(org.policy).read().replace(
            "1f0e3dad-9990-4f8e-a5c0-8f0f3e5f5b11",
            "2a2b1b1c-5a5a-4d4d-8c8c-0123456789ab"))
        org.reload()
        until("withheld", lambda: org.lane_now()["may_be_sent"] is False)
        pdns.lines(numbered(10, 10))
        org.configure()
        acme.start(org.uuids())
        until("confirmed", lambda: confirmed(org) == 10 and
              org.lane_now()["waiting"] == 0)
        assert acme.lines(8) == numbered(10, 10)
        assert org.lane()["withheld"] == {"send.recheck": 10}
    finally:
        org.close()


def test_what_waits_by_keys_of_the_master_is_not_for_who_can_be_forgotten():
    steps = "[{epoch: 7d}, {pdns: {client: zero, server: zero}}]"
    before = sensors_policy(
        source("pdns", [LOG], types="8"),
        pipeline("keyed-8", types="8", steps=steps),
        share("to-acme", "pdns", "keyed-8"))
    org = Org(before)
    try:
        acme, _ = fed_while_away(org, (LOG, numbered(0, 10)))
        org.decide_by(before.replace(
            "id: acme,", "id: acme, forgettable: true,"))
        org.configure()
        acme.start(org.uuids())
        until("withheld", lambda: org.lane_now()["waiting"] == 0)
        assert org.lane()["withheld"] == {"send.recheck": 10}
        assert not acme.lines(8)
    finally:
        org.close()


def test_an_entry_in_the_queue_of_another_type_is_none():
    org = Org(sensors_policy(
        source("two", [LOG], types="3, 8"), pipeline("raw-3", types="3"),
        share("out", "two", "raw-3")))
    try:
        org.start_partners()
        pdns, log = Sensor(org, 8, uid=LOG), Sensor(org, 3, uid=LOG)
        org.up()
        forged = d4.entry_pairs(dict(
            pdns.entry(b"\n".join(numbered(0, 5)) + b"\n", 5), type=3))
        org.redis.db.execute_command("XADD", pdns.key(), "*", *forged)
        until("refused", lambda: (org.status() or {}).get("malformed") == 1)
        assert not org.spooled()
        log.lines([b"a line"])
        until("released", lambda: len(org.spooled()) == 1)
    finally:
        org.close()


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
