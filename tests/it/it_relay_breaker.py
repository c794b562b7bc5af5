#!/usr/bin/python3
"""A breaker that opened stays open: over a kill, a restart and a reload, until
its pipeline is another one or an operator closes it."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from relay import Org, Sensor, until  # noqa: E402
from relay_cases import (LOG, numbered, partners_of, pipeline,  # noqa: E402
                         sensors_policy, share, source)

CANARY = "kq7xm2vtzbd4"
TEXT = ("[text: {ip4: mask, ip6: mask, user: mask}, canary: %s]" % CANARY)
POLICY = sensors_policy(
    source("logs", [LOG], types="3"),
    pipeline("text", types="3", steps=TEXT),
    share("logs-out", "logs", "text", to="acme, beta"),
    partners=partners_of("acme", "beta"))


def breakers(org):
    return json.loads(org.ask("breaker", "--json")[1])


def broken(org):
    """A sensor whose stream to both partners has been stopped."""
    logs = Sensor(org, 3, uid=LOG)
    org.up()
    logs.lines(numbered(0, 5))
    until("it leaves", lambda: released(org) == 5 and org.idle())
    logs.lines([b"user " + CANARY.encode() + b"x logged in"])
    until("they are open", lambda: len(breakers(org)) == 2)
    return logs


def released(org, partner="acme"):
    return sum(e["n"] for _, e in org.spooled(partner))


def stays_shut(org, logs, first):
    """What comes now does not leave; it is counted."""
    had = released(org)
    logs.lines(numbered(first, 3))
    until("it was looked at", org.idle)
    assert released(org) == had


def test_it_outlives_a_kill_a_restart_and_a_reload():
    org = Org(POLICY, partners=("acme", "beta"))
    try:
        logs = broken(org)
        first = breakers(org)
        assert {b["partner"] for b in first} == {"acme", "beta"}
        assert all(b["reason"] == "canary" and b["pipeline"] == "text" and
                   b["rule"] == "logs-out" and b["sensor"] == LOG
                   for b in first)
        org.kill("wash")
        stays_shut(org, logs, 5)
        org.stop()
        org.up()
        stays_shut(org, logs, 8)
        had = org.log().count("policy=")
        org.reload()
        until("reloaded", lambda: org.log().count("policy=") > had)
        stays_shut(org, logs, 11)
        assert breakers(org) == first
        assert first[0]["id"] in org.ask("status")[1]
    finally:
        org.close()


def test_an_operator_closes_it_and_that_is_in_the_books():
    org = Org(POLICY, partners=("acme", "beta"))
    try:
        logs = broken(org)
        code, out = org.ask("breaker", "close", "--partner", "acme",
                            "--because", "looked into")
        assert code == 0 and "closed" in out, org.stderr
        until("wash noticed", lambda: "breaker=closed" in org.log())
        [left] = breakers(org)
        assert left["partner"] == "beta"
        logs.lines(numbered(5, 4))
        until("it leaves", lambda: released(org) == 9 and org.idle())
        assert released(org, "beta") == 5
        [note] = [json.loads(x) for x in
                  open(os.path.join(org.state, "breaker.jsonl"))]
        assert note["event"] == "breaker.close"
        assert note["because"] == "looked into"
        assert note["breaker"]["partner"] == "acme"
        assert note["by"]["uid"] == os.getuid()
    finally:
        org.close()


def test_what_cannot_be_noted_comes_again_after_a_kill():
    org = Org(POLICY, partners=("acme", "beta"))
    try:
        logs = Sensor(org, 3, uid=LOG)
        org.up()
        logs.lines(numbered(0, 5))
        until("it leaves", lambda: released(org) == 5 and org.idle())
        folder = os.path.join(org.state, "wash", "breakers")
        os.rename(folder, folder + ".away")
        logs.lines([b"user " + CANARY.encode() + b"x logged in"])
        until("it waits", lambda: "breaker=unnoted" in org.log() and
              "does not take a batch" in org.log())
        org.kill("wash")
        until("they are open", lambda: len(breakers(org)) == 2)
        stays_shut(org, logs, 5)
    finally:
        org.close()


def test_another_pipeline_closes_it():
    org = Org(POLICY, partners=("acme", "beta"))
    try:
        logs = broken(org)
        org.decide_by(POLICY.replace(
            "canary: " + CANARY, "canary: [%s, another-text]" % CANARY))
        until("tidied", lambda: breakers(org) == [])
        logs.lines(numbered(5, 4))
        until("it leaves", lambda: released(org) == 9 and org.idle())
    finally:
        org.close()


if __name__ == "__main__":
    relay.run_all(sys.modules["__main__"])
