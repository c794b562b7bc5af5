#!/usr/bin/python3
"""Keys by the record's time through the relay, for lines and JSON to two
partners, one of them forgettable: each has the bytes that d4-sanitize makes
for it, at borders, without a time of their own and over a kill of wash; a
secret that is destroyed takes its epoch with it, and nothing else."""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from relay import BIN, Org, Sensor, until  # noqa: E402
from relay_cases import (CAP, LOG, partners_of, pipeline,  # noqa: E402
                         sensors_policy, share, source)

DAY = 86400
NOW = int(time.time()) // DAY * DAY  # secrets are made from today on
ADDR = ("{addr: {scope: own, into: [198.18.0.0/16], others: keep, "
        "require_scope: none}}, {epoch: 1d}")
POLICY = sensors_policy(
    source("log", [LOG], types="3") + source("json", [CAP], types="6"),
    pipeline("text", types="3", steps="[%s, {text: {stamp: iso8601}}]" % ADDR) +
    pipeline("json", types="6", steps="[%s, {json: {stamp: /t, default: keep, "
             "rules: [{path: /ip, op: addr}]}}]" % ADDR),
    "".join(share("%s-%s" % (what, to), what, pipe, to)
            for to in ("acme", "beta")
            for what, pipe in (("log", "text"), ("json", "json"))),
    partners_of("acme", "beta").replace("{id: acme,",
                                        "{id: acme, forgettable: true,"),
    "networks: {own: [10.1.0.0/16]}\n")


def iso(t):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t)).encode()


def policy_tool(org, *words):
    p = subprocess.run(
        [os.path.join(BIN, "d4-policy"), words[0], org.policy, *words[1:],
         "--partner", "acme", "--audit", os.path.join(org.dir, "audit")],
        capture_output=True, text=True, check=False)
    return p.returncode, p.stdout + p.stderr


def alone(org, pipe, partner, data, made):
    """What d4-sanitize makes of it for that partner."""
    p = subprocess.run(
        [os.path.join(BIN, "d4-sanitize"), "-p", org.policy, "-P", pipe,
         "--partner", partner, "--at", str(made)], input=data,
        capture_output=True, check=True)
    return p.stdout


def held(org, partner, pipe):
    """All that the airlock has of a pipeline, in the order of the queue."""
    rows = [e for lane, e in org.spooled(partner)
            if lane["type"] == (3 if pipe == "text" else 6)]
    return b"".join(e["data"] for e in sorted(
        rows, key=lambda e: (e["id_ms"], e["id_n"])))


def feed(org, sensors, want, made):
    """A batch of each type; *want* grows by what each partner shall have."""
    times = (NOW + DAY - 1, NOW + DAY, NOW + 2 * DAY)
    text = b"".join(b"%s a host 10.1.2.3\n" % iso(t) for t in times) + \
        b"no time 10.1.2.3\n"
    json = b"".join(b'{"ip":"10.1.2.3","t":%d}\n' % t for t in times) + \
        b'{"ip":"10.1.2.3"}\n'
    for pipe, data in (("text", text), ("json", json)):
        for partner in ("acme", "beta"):
            want[partner, pipe] = want.get((partner, pipe), b"") + alone(
                org, pipe, partner, data, made)
        sensors[pipe].put(data, 4, now=made)
    until("held", lambda: all(
        held(org, *key) == data for key, data in want.items()))


def test_each_partner_has_its_keys_of_each_epoch():
    org = Org(POLICY, partners=("acme", "beta"))
    try:
        for pipe in ("text", "json"):
            assert policy_tool(org, "ring", "make", "--pipeline", pipe,
                               "--at", str(NOW))[0] == 0
        sensors = {"text": Sensor(org, 3, uid=LOG),
                   "json": Sensor(org, 6, uid=CAP)}
        org.up()
        want = {}
        feed(org, sensors, want, NOW + 5 * DAY + 1)
        first = want["acme", "text"].splitlines()
        # Four lines of four epochs, and no other partner's.
        assert len({x.split()[-1] for x in first}) == 4, first
        assert not {x.split()[-1] for x in first} & {
            x.split()[-1] for x in want["beta", "text"].splitlines()}
        org.kill("wash")
        feed(org, sensors, want, NOW + 5 * DAY + 2)
        again = want["acme", "text"].splitlines()[4:]
        assert again == first
        forget(org, first[1].split()[-1].decode())
        feed(org, sensors, want, NOW + DAY + 3)
        rest = want["acme", "text"].splitlines()[8:]
        # The line of that day, and the one that came on it without a time.
        assert [x.split()[0] for x in rest] == [iso(NOW + DAY - 1),
                                                iso(NOW + 2 * DAY)], rest
        assert len(want["beta", "text"].splitlines()) == 12
        until("counted", lambda: sum(
            la["withheld"].get("epoch.key", 0)
            for la in (org.status() or {}).get("lanes", [])) == 4)
    finally:
        org.close()


def forget(org, pseudonym):
    """Reverses it by its epoch, and then nobody can any more."""
    epoch = str(NOW // DAY + 1)
    asked = ("reverse", pseudonym, "--pipeline", "text", "--because", "x",
             "--at", str(NOW + DAY))
    code, out = policy_tool(org, *asked)
    assert (code, out) == (0, "10.1.2.3\n"), out
    wash = org.pids()["wash"]
    assert policy_tool(org, "ring", "destroy", "--epoch", epoch,
                       "--because", "x")[0] == 0
    assert policy_tool(org, *asked)[0] == 1
    org.reload()
    until("started anew", lambda: org.pids()["wash"] != wash)


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
