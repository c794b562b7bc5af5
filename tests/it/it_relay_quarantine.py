#!/usr/bin/python3
"""What our own doubt withheld is kept here for the operator, bounded, and is
shown by a command that is in the books; nothing of it leaves."""

import glob
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import jsonl  # noqa: E402
import relay  # noqa: E402
from relay import Org, Sensor, until  # noqa: E402
from relay_cases import (LOG, numbered, partners_of, pipeline,  # noqa: E402
                         sensors_policy, share, source)

CANARY = "kq7xm2vtzbd4"
BAD = b"user " + CANARY.encode() + b"x logged in"
POLICY = sensors_policy(
    source("logs", [LOG], types="3"),
    pipeline("text", types="3", steps=(
        "[text: {ip4: mask, ip6: mask, user: mask}, canary: %s]" % CANARY)),
    share("logs-out", "logs", "text", to="acme"),
    partners=partners_of("acme"))


def withheld(option):
    """A relay whose only stream has met a canary behind five lines."""
    org = Org(POLICY)
    if option:
        org.options["quarantine"] = option
    logs = Sensor(org, 3, uid=LOG)
    org.up()
    logs.lines(numbered(0, 5))
    until("it was looked at", org.idle)
    logs.lines([BAD])
    until("it stopped", lambda: json.loads(org.ask("breaker", "--json")[1]))
    until("it was looked at", org.idle)
    return org


def folder(org):
    return os.path.join(org.state, "wash", "quarantine")


def test_it_is_kept_shown_and_dropped_and_never_leaves():
    org = withheld("1MiB")
    try:
        code, out = org.ask("quarantine", "--json")
        assert code == 0, org.stderr
        [ring] = json.loads(out)
        assert (ring["sensor"], ring["type"], ring["records"],
                ring["gone"]) == (LOG, 3, 1, 0), ring
        code, out = org.ask("quarantine", "--json", ring["id"])
        [one] = json.loads(out)
        assert (one["reason"], one["partner"], one["rule"],
                one["pipeline"]) == ("canary", "acme", "logs-out", "text")
        code, out = org.ask("quarantine", "show", ring["id"], "1",
                            "--because", "who is it")
        assert code == 0 and out == BAD.decode() + "\n", (out, org.stderr)
        [path] = glob.glob(folder(org) + "/*")
        assert os.stat(path).st_mode & 0o777 == 0o600
        assert os.stat(folder(org)).st_mode & 0o777 == 0o700
        until("it is counted", lambda: any(
            n["quarantine"] == 1 for n in org.status()["lanes"]))
        assert all(CANARY.encode() not in e["data"]
                   for _, e in org.spooled("acme"))
        code, out = org.ask("quarantine", "show", ring["id"], "2")
        assert code == 1 and out == ""
        # What is no ring is an error with a remedy, and not in the books.
        for none in ("nope", "../../x", "0123456789abcdef"):
            for words in ((none,), ("show", none), ("drop", none)):
                code, out = org.ask("quarantine", *words)
                assert code == 1 and out == "", (words, out)
                assert "see d4-relay quarantine" in org.stderr, org.stderr
        code, out = org.ask("quarantine", "drop", "--all")
        assert code == 0 and "dropped" in out, org.stderr
        assert glob.glob(folder(org) + "/*") == []
        assert json.loads(org.ask("quarantine", "--json")[1]) == []
        books = jsonl.rows(os.path.join(org.state, "quarantine.jsonl"))
        assert [b["event"] for b in books] == [
            "quarantine.show", "quarantine.show", "quarantine.drop"]
        assert books[0]["because"] == "who is it"
        assert books[0]["ring"]["id"] == ring["id"]
        assert books[0]["by"]["uid"] == os.getuid()
    finally:
        org.close()


def test_it_is_counted_only_unless_it_is_asked_for():
    org = withheld(None)
    try:
        assert not os.path.exists(folder(org))
        code, out = org.ask("quarantine")
        assert (code, out) == (0, ""), org.stderr
        assert org.ask("quarantine", "show", "0123456789abcdef")[0] == 1
        assert org.ask("quarantine", "drop")[0] == 64
        assert org.ask("quarantine", "drop", "--all")[0] == 0
        # What cannot be looked into is not taken for empty.
        open(folder(org), "w").close()
        assert org.ask("quarantine")[0] == 1
        assert org.ask("quarantine", "drop", "--all")[0] == 1
        assert "Not a directory" in org.stderr, org.stderr
    finally:
        org.close()


if __name__ == "__main__":
    relay.run_all(sys.modules["__main__"])
