"""Airlocks that fill: two partners and their small budgets, what the status
says of them, what is fed to them."""

import json
import os

from relay import (Org, Sensor, pipeline, sensors_policy, share, source,
                   until)
from relay_cases import numbered, partners_of

LOG = "2c4bd1f6-4b75-4f1e-8d1d-3c6f5f1d8b11"
LOG2 = "7d0c2f2e-55a1-4c0b-9a45-0a1b2c3d4e5f"
MIB = 1 << 20
PARTNERS = partners_of("acme", "other")
POLICY = sensors_policy(
    source("pdns", [LOG, LOG2], types="8"), pipeline("raw-8", types="8"),
    share("to-acme", "pdns", "raw-8") +
    share("to-other", "pdns", "raw-8", to="other"), PARTNERS)
ONE = sensors_policy(
    source("pdns", [LOG, LOG2], types="8"), pipeline("raw-8", types="8"),
    share("to-acme", "pdns", "raw-8"))


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


def segments(org, partner="acme"):
    top = os.path.join(org.state, "spool", partner)
    return sorted(os.path.join(top, lane, name)
                  for lane in os.listdir(top)
                  if os.path.isdir(os.path.join(top, lane))
                  for name in os.listdir(os.path.join(top, lane))
                  if name.endswith(".seg"))


def fed_while_away(org, *fed):
    """acme is away, and what each sensor, (UUID, lines), sends waits for it;
    acme and the sensors."""
    org.start_partners()
    acme = org.partners["acme"]
    acme.stop()
    sensors = [Sensor(org, 8, uid=uid) for uid, _ in fed]
    org.up()
    for sensor, (_, lines) in zip(sensors, fed):
        sensor.lines(lines)
    n = sum(len(lines) for _, lines in fed)
    until("in the airlock", lambda: org.lane() and
          org.lane_now()["waiting"] == n and org.lane_now()["may_be_sent"])
    return [acme] + sensors
