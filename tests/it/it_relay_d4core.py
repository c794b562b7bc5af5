#!/usr/bin/python3
"""Sensors -> hub -> relay -> a stock d4-core (its model), all of it real here.

What the real d4-core does with the same is in docs/interop.md.
"""
import collections
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import d4  # noqa: E402
import field  # noqa: E402
import marked  # noqa: E402
import relay  # noqa: E402
import tap  # noqa: E402
from relay import balanced, until  # noqa: E402

ORG = "5b642239-4db4-4580-adf4-4ebd950d210f"
META = {"type": "ja3-jl", "encoding": "utf-8", "tags": ["tlp:clear"]}
STREAMS = {"pcap": "1", "pdns": "8", "json": "254.ja3-jl"}
SOURCE = ("  - {id: %s, sensors: [%s], %s, org: " + ORG +
          ", tags: [\"tlp:clear\"], floor_tlp: clear}\n")
POLICY = """
version: 1
hub: {id: org-a, org: %s, master_key: "file:keys/master.key"}
networks: {telescope: [10.1.0.0/16]}
sources:
%%spartners:
  - {id: core, kind: partner, min_class: S1, accept_pap: [clear],
     profile: d4-core}
pipelines:
  - id: pcap-1
    types: [1]
    steps:
      - addr: {scope: telescope, method: cryptopan, into: [198.18.0.0/16],
               require_scope: any, others: keep}
      - link: zero
      - payload: headers
  - id: pdns-1
    types: [8]
    steps: [{pdns: {client: zero, server: zero}}]
  - id: json-1
    meta: [ja3-jl]
    steps:
      - json: {default: drop, rules: [{path: /JA3Digest, op: keep},
               {path: /Certificates, op: keep}, {path: /Timestamp, op: keep}]}
share:
  - {id: a, to: [core], from: [pcap], pipeline: pcap-1, because: test}
  - {id: b, to: [core], from: [pdns], pipeline: pdns-1, because: test}
  - {id: c, to: [core], from: [json], pipeline: json-1, because: test}
""" % ORG


def json_line(i):
    return (json.dumps({
        "Timestamp": "2026-11-21T10:00:%02d.%06dZ" % (i // 1000, i),
        "ClientIP": marked.telescope_address(i), "JA3Digest": "%032x" % i,
        "Certificates": []}) + "\n").encode()


MAKE = {"pcap": marked.Pcap.make, "pdns": marked.Pdns.make, "json": json_line}


def some(name, first, n):
    head = marked.OPENING if name == "pcap" else b""
    return head + b"".join(MAKE[name](i) for i in range(first, first + n))


class World:
    def __init__(self, folder):
        self.hub = field.Hub(os.path.join(folder, "a"))
        self.hub.start()
        self.sensors = {
            name: field.Sensor(self.hub, os.path.join(folder, name), kind,
                               META if name == "json" else None)
            for name, kind in STREAMS.items()}
        takes = {"pcap": "types: [1]", "pdns": "types: [8]",
                 "json": "meta: [ja3-jl]"}
        self.policy = relay.write(
            os.path.join(folder, "a", "policy.yaml"), POLICY % "".join(
                SOURCE % (name, s.uuid, takes[name])
                for name, s in self.sensors.items()), 0o644)
        keys = os.path.join(folder, "a", "keys")
        field.write_secret(os.path.join(keys, "master.key"), os.urandom(32))
        key = os.path.join(keys, "core.key")
        field.write_secret(key, relay.KEY.encode())
        self.core = relay.Partner(folder, "core")
        self.core.port = field.free_port()
        self.relay = field.Relay(
            os.path.join(folder, "a"), self.hub, self.policy, {"core": {
                "host": "127.0.0.1", "port": self.core.port,
                "key": "file:" + key, "tls": {"pin": self.core.pin},
                "idle": "300ms", "backoff_min": "100ms",
                "backoff_max": "500ms", "session_gap": "0s"}})
        self.uuids = {int(kind): uid for uid, kind in re.findall(
            r"([0-9a-f-]{36}) type (\d+)", self.relay.uuids("core"))}
        self.sent = collections.Counter()

    def feed(self, name, n):
        """n more records through the sensor, confirmed by the hub."""
        with tempfile.TemporaryFile() as data:
            data.write(some(name, self.sent[name], n))
            data.seek(0)
            assert self.sensors[name].start(data).wait(30) == 0, name
        self.sent[name] += n

    def released(self, name):
        """What the policy makes of all that was fed, by d4-sanitize."""
        return subprocess.run(
            [field.program("d4-sanitize"), "-p", self.policy, "-P",
             name + "-1"], input=some(name, 0, self.sent[name]),
            stdout=subprocess.PIPE, check=True).stdout

    def lane(self, kind):
        return [lane for lane in self.relay.status()["lanes"]
                if lane["type"] == kind][0]

    def confirmed(self, kind, n):
        until("%d of type %d confirmed" % (n, kind),
              lambda: self.lane(kind)["confirmed"] == n)
        assert balanced(self.lane(kind)), self.lane(kind)
        assert self.lane(kind)["waiting"] == 0

    def stop(self):
        try:
            self.relay.stop()
            self.hub.stop()
        finally:
            self.core.stop()


def packets(core):
    """Packets of type 1: each session is one whole capture."""
    files = collections.OrderedDict()
    for f in core.frames():
        if f["type"] == 1:
            files[f["session"]] = files.get(f["session"], b"") + \
                relay.base64.b64decode(f["payload"])
    return [p for f in files.values() for p in list(d4.pcap_records(f))[1:]]


def three_types_arrive_exactly_and_are_confirmed(world):
    core = world.core
    core.start(world.uuids.values())
    world.relay.start()
    for name, n in (("pcap", 2000), ("pdns", 5000), ("json", 300)):
        world.feed(name, n)
    world.confirmed(1, 2000)
    world.confirmed(8, 5000)
    world.confirmed(254, 300)
    want = list(d4.pcap_records(world.released("pcap")))[1:]
    assert packets(core) == want, "packets"
    assert core.data(8) == world.released("pdns"), "passive DNS"
    assert core.data(254) == world.released("json"), "JSON lines"
    with open(os.path.join(world.relay.spool, "core/release.json")) as f:
        assert json.load(f)["profile"] == "d4-core"
    ended = core.table("sessions")
    assert {s["how"] for s in ended} == {"confirmed"}, ended
    # Its workers found every record, and nothing half.
    assert sum(s["records"] for s in ended) == 7300, ended
    assert not sum(s["lost"] + s["kept_back"] for s in ended), ended
    # The sensors' UUIDs and the telescope's addresses stayed at home.
    wire = {f["uuid"] for f in core.frames()}
    assert wire == set(world.uuids.values()), wire
    inside = {marked.telescope_address(i) for i in range(300)}
    found = tap.find_addresses(core.data(), inside)
    assert not found, found[:3]


def stale(world, on):
    path = os.path.join(world.core.dir, "active",
                        "8-" + world.uuids[8].replace("-", ""))
    if on:
        with open(path, "w"):
            pass
    elif os.path.exists(path):
        os.unlink(path)


def a_refusal_is_told_and_costs_nothing(world, uuids, options, sign):
    """A server with that fault; then it is cured."""
    core = world.core
    core.stop()
    before = len(core.frames())
    mark = len(world.relay.log())
    core.start(uuids, *options)
    world.feed("pdns", 500)
    until("the alarm", lambda: sign in world.relay.log()[mark:])
    lane = world.lane(8)
    # A frame may have been sent; nothing of it counts as delivered.
    unsure = lane["sent"] - lane["confirmed"]
    assert lane["waiting"] + unsure == 500 and lane["hint"], lane
    assert lane["maybe_lost"] == 0, lane
    assert len(core.frames()) == before, "a refused frame was stored"
    core.stop()
    stale(world, False)
    core.start(world.uuids.values())
    world.confirmed(8, world.sent["pdns"])
    assert core.data(8) == world.released("pdns")


def main():
    signal.alarm(280)
    folder = tempfile.mkdtemp(prefix="d4-relay-core-")
    world = World(folder)
    everyone = world.uuids.values()
    other = [u for k, u in world.uuids.items() if k != 8]
    try:
        print("three types arrive exactly and are confirmed", flush=True)
        three_types_arrive_exactly_and_are_confirmed(world)
        for name, uuids, options, sign in (
                ("an unregistered UUID", other, (), "failure=refused"),
                ("a wrong key", other, ("--register", world.uuids[8] + ":no"),
                 "failure=refused"),
                ("a type that is off", everyone, ("--accept", "1,2,254"),
                 "failure=refused"),
                ("a stale session", everyone, (), "failure=refused")):
            print(name + " is told and costs nothing", flush=True)
            stale(world, name == "a stale session")
            a_refusal_is_told_and_costs_nothing(world, uuids, options, sign)
    finally:
        world.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
