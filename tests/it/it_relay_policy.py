#!/usr/bin/python3
"""The relay obeys the policy: what is read, what leaves, what is withheld."""

import json
import os
import resource
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from airlock import fed_while_away  # noqa: E402
from relay import Org, Sensor, balanced, until  # noqa: E402
from relay_cases import (CAP, LOG, ONE, confirmed, numbered, PDNS,  # noqa
                         pipeline, sensors_policy, share, source)


def test_without_a_valid_policy_nothing_is_read_and_nothing_leaves():
    org = Org(ONE)
    try:
        org.start_partners()
        good = open(org.policy).read()
        org.set_policy(good.replace("pipeline: raw-8", "pipelin: raw-8"))
        pdns = Sensor(org, 8, uid=LOG)
        for i in range(5):
            pdns.lines(numbered(i * 10, 10))
        org.up()
        until("said", lambda: "policy=invalid" in org.log())
        status = org.status()
        assert status["policy"] is None and "no valid" in status["reading"]
        assert org.redis.db.xinfo_stream(pdns.key())["groups"] == 0
        assert org.redis.db.xlen(pdns.key()) == 5
        assert not org.spooled() and not org.partners["acme"].frames()
        # Repaired and reloaded: it goes on by itself.
        org.set_policy(good)
        org.reload()
        until("confirmed", lambda: org.status() and confirmed(org) == 50)
        # Broken again: the running one is kept.
        org.set_policy("version: 1\n")
        org.reload()
        until("kept", lambda: "the running one is kept" in org.log())
        pdns.lines(numbered(50, 10))
        until("confirmed", lambda: confirmed(org) == 60)
    finally:
        org.close()


def test_without_the_master_key_nothing_is_read():
    org = Org(ONE)
    try:
        org.start_partners()
        os.rename(org.master, org.master + ".away")
        pdns = Sensor(org, 8, uid=LOG)
        pdns.lines(numbered(0, 10))
        org.up()
        until("said", lambda: "master_key=missing" in org.log())
        assert not org.spooled() and org.redis.db.xlen(pdns.key()) == 1
        os.rename(org.master + ".away", org.master)
        org.reload()
        until("confirmed", lambda: org.status() and confirmed(org) == 10)
    finally:
        org.close()


def test_a_policy_tightened_stops_what_was_queued():
    org = Org(ONE)
    try:
        acme, pdns = fed_while_away(org, (LOG, numbered(0, 30)))
        loose = open(org.policy).read()
        org.set_policy(loose.replace("share:", "deny:\n  - {id: stop-it, to: "
                                     "[acme], from: [pdns], because: noon}\n"
                                     "share:"))
        org.reload()
        until("withheld", lambda: org.lane_now()["may_be_sent"] is False)
        org.configure()
        acme.start(org.uuids())
        pdns.lines(numbered(30, 5))
        until("denied", lambda: [d for d in org.status()["denied"]
                                 if d["rule"] == "stop-it" and d["in"] == 5])
        failing = acme.table("sessions")
        assert not acme.frames() and not failing, failing
        assert org.lane_now()["waiting"] == 30 and balanced(org.lane_now())
        # Allowed again: what waits goes out; what was denied stays denied.
        org.set_policy(loose)
        org.reload()
        until("sent", lambda: confirmed(org) == 30)
        assert acme.lines(8) == numbered(0, 30)
    finally:
        org.close()


def test_what_passed_another_pipeline_is_not_sent():
    org = Org(ONE)
    try:
        acme, pdns = fed_while_away(org, (LOG, numbered(0, 30)))
        org.decide_by(open(org.policy).read().replace(
            "steps: []", "steps: [{pdns: {client: zero, server: zero}}]"))
        pdns.lines(numbered(30, 10))
        org.configure()
        acme.start(org.uuids())
        until("confirmed", lambda: org.lane_now().get("confirmed") == 10 and
              org.lane_now()["waiting"] == 0)
        row = org.lane()
        assert row["withheld"] == {"send.recheck": 30}, row
        assert balanced(row) and row["in"] == 40
        assert len(acme.lines(8)) == 10
        assert b"192.0.2.7" not in acme.data()
    finally:
        org.close()


def test_a_feed_that_is_denied_stops_what_it_may_have_queued():
    two = sensors_policy(
        source("pdns", [LOG, CAP], types="8"), pipeline("raw-8", types="8"),
        share("pdns-out", "pdns", "raw-8"))
    org = Org(two)
    try:
        acme, one, other = fed_while_away(
            org, (LOG, numbered(0, 10)), (CAP, numbered(100, 10)))
        org.decide_by(open(org.policy).read().replace(
            "[%s, %s]" % (LOG, CAP), "[%s]" % LOG))
        one.lines(numbered(10, 10))
        other.lines(numbered(110, 10))
        org.configure()
        acme.start(org.uuids())
        until("confirmed", lambda: org.idle() and
              org.lane_now().get("confirmed") == 10)
        assert acme.lines(8) == numbered(10, 10)
        row = org.lane()
        assert row["withheld"] == {"send.recheck": 20} and balanced(row), row
    finally:
        org.close()


def test_witnesses_are_remembered_over_stop_and_kill():
    k3 = sensors_policy(
        source("pdns", [LOG], types="8"),
        pipeline("k3", types="8",
                 steps="[{pdns: {min_distinct: 3, window: 7d, "
                 "client: zero, server: zero}}]"),
        share("pdns-out", "pdns", "k3"))
    org = Org(k3)
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        for turn, end in enumerate(("stop", "kill", None)):
            pdns.lines([PDNS.replace(b"192.0.2.7", b"192.0.2.%d" % turn)
                        % (0, 1)])
            until("counted", lambda: org.idle() and
                  (org.lane(partner="acme") or {}).get("in") == turn + 1)
            assert org.lane_now()["released_records"] == (1 if turn == 2 else 0)
            if end == "stop":
                org.stop()
                org.up()
            elif end == "kill":
                org.kill("wash")
        until("confirmed", lambda: confirmed(org) == 1)
    finally:
        org.close()


def test_shadow_is_counted_only_and_findings_wait_for_their_exporter():
    partners = (
        "  - {id: acme, org: 1f0e3dad-9990-4f8e-a5c0-8f0f3e5f5b11, kind: "
        "partner, groups: [eu], min_class: S0, accept_pap: [clear, green], "
        "profile: d4-core, state: shadow}\n"
        "  - {id: own-misp, kind: own, sink: misp, min_class: S0, "
        "accept_pap: [clear, green, amber, red]}\n")
    org = Org(sensors_policy(
        source("pdns", [LOG], types="8"), pipeline("raw-8", types="8"),
        share("pdns-out", "pdns", "raw-8", "acme, own-misp"), partners))
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        pdns.lines(numbered(0, 30))
        until("decided", org.idle)
        rows = {d["partner"]: d for d in org.status()["denied"]}
        assert rows["acme"]["verdict"] == "shadow"
        assert rows["acme"]["withheld"] == {"policy.shadow": 30}
        assert "own-misp" not in rows
        assert not org.spooled()
        assert sum(e["n"] for _, e in org.spooled("own-misp")) == 30
        with open(os.path.join(org.state, "spool", "own-misp",
                               "release.json")) as f:
            [lane] = json.load(f)["lanes"].values()
        assert lane["sink"] == "misp"
        assert lane["findings"]["label"] == "green", lane
        assert lane["findings"]["distribution"] == 0  # no `misp:` block
    finally:
        org.close()


def test_what_partners_have_in_common_is_the_same_and_counted_for_each():
    """One chain without keys does the work for both, from their second entry
    on; a third one has another pipeline in between."""
    rows = "".join(
        "  - {id: %s, kind: partner, groups: [eu], min_class: S0, "
        "accept_pap: [clear, green], profile: d4-core}\n" % p
        for p in ("acme", "beta", "gamma"))
    steps = "[{pdns: {client: zero, server: %s}}]"
    org = Org(sensors_policy(
        source("pdns", [LOG], types="8"),
        pipeline("both", types="8", steps=steps % "zero") +
        pipeline("other", types="8", steps=steps % "keep"),
        share("two", "pdns", "both", "acme, gamma", ", delay: 1s") +
        share("one", "pdns", "other", "beta"), rows),
        ("acme", "beta", "gamma"))
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        for i in range(20):
            pdns.lines(numbered(i * 10, 10) + [b"no passive DNS at all"])
        until("confirmed", lambda: org.idle() and all(
            (org.lane(p) or {}).get("confirmed") == 200
            for p in org.partners))
        got = {p: org.partners[p].lines(8) for p in org.partners}
        assert got["acme"] == got["gamma"] and len(got["acme"]) == 200
        assert all(b"||0.0.0.0||0.0.0.0||" in x for x in got["acme"])
        assert all(b"||0.0.0.0||198.51.100.1||" in x for x in got["beta"])
        lanes = [org.lane(p) for p in org.partners]
        assert len({str(la["withheld"]) for la in lanes}) == 1, lanes
        assert all(la["in"] == 220 and balanced(la) for la in lanes), lanes
    finally:
        org.close()


def test_a_partners_state_and_agreement_stop_what_waits():
    org = Org(ONE)
    try:
        org.start_partners()
        acme = org.partners["acme"]
        pdns = Sensor(org, 8, uid=LOG)
        loose = open(org.policy).read()
        org.up()
        pdns.lines(numbered(0, 10))
        until("sent", lambda: confirmed(org) == 10)
        sent = 10
        for words, bar in (("state: suspended", "partner.suspended"),
                           ("state: shadow", "partner.shadow"),
                           ("agreement: {until: 2020-12-31}",
                            "agreement.expired"),
                           ("agreement: {from: 2199-01-01}",
                            "agreement.early")):
            org.set_policy(loose.replace("profile: d4-core}",
                                         "profile: d4-core, %s}" % words))
            org.reload()
            until(bar, lambda: [p for p in org.status().get("partners", [])
                                if p["bar"] == bar])
            assert org.lane_now()["may_be_sent"] is False
            shown = org.ask("status")[1]
            assert "nothing goes to it: " + bar in shown, shown
            pdns.lines(numbered(sent, 5))
            until("denied", lambda: [
                d for d in org.status()["denied"] if d["in"] == 5 and
                d["rule"] in (bar, "pdns-out")])
            sent += 5
        assert acme.lines(8) == numbered(0, 10)
        org.decide_by(loose)
        pdns.lines(numbered(sent, 5))
        until("sent", lambda: confirmed(org) == 15)
        assert acme.lines(8) == numbered(0, 10) + numbered(sent, 5)
    finally:
        org.close()


def test_a_release_that_cannot_be_written_is_none_and_comes_back():
    org = Org(ONE)
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        pdns.lines(numbered(0, 10))
        until("confirmed", lambda: org.idle() and confirmed(org) == 10)
        path = os.path.join(org.state, "spool", "acme", "release.json")
        wash = org.pids()["wash"]
        old = resource.prlimit(wash, resource.RLIMIT_FSIZE, (16, -1))
        org.set_policy(open(org.policy).read().replace("pdns-out", "two"))
        org.reload()
        # The old one may say too much: better none at all.
        until("gone", lambda: not os.path.exists(path))
        resource.prlimit(wash, resource.RLIMIT_FSIZE, old)
        until("released again", lambda: os.path.exists(path))
        pdns.lines(numbered(10, 10))
        until("confirmed", lambda: org.idle() and confirmed(org) == 20)
        assert org.pids()["wash"] == wash
    finally:
        org.close()


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
