#!/usr/bin/python3
"""Time-outs that store, 500s half way, cuts, maintenance, kills, a state that
is lost: in the end MISP has exactly one copy of everything, and nothing else.

it_misp_torture.py [SEED [ROUNDS]]
"""

import os
import random
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(
    os.environ["D4_SOURCE"], "tests", "support"))
from misp_server import FAULTS  # noqa: E402
from misp_world import NOON, World, pdns, until  # noqa: E402

NAMES = 60
HOURS = 8


MAPPERS = ("{ips: {attributes: [{type: ip-src, path: /ip, key: true, "
           "to_ids: true, sighting: true}]}}")


class Plan:
    """What was fed: per name how often, and in which hours."""

    def __init__(self):
        self.count, self.hours, self.first = {}, {}, {}
        self.lost = False

    def add(self, name, hour):
        self.first.setdefault(name, hour)
        self.count[name] = self.count.get(name, 0) + 1
        self.hours.setdefault(name, set()).add(hour)


def feed(rng, lane, plan):
    lines = []
    for _ in range(rng.randrange(1, 40)):
        name = "host%d.example.org" % rng.randrange(NAMES)
        hour = rng.randrange(HOURS)
        plan.add(name, hour)
        lines.append(pdns(name + ".", at=NOON + hour * 3600))
    lane.lines(lines)


def feed_ips(rng, lane, plan):
    """Plain attributes: of these MISP drops a value that it has already."""
    lines = []
    for _ in range(rng.randrange(1, 20)):
        name = "203.0.113.%d" % rng.randrange(1, 40)
        hour = rng.randrange(HOURS)
        plan.add(name, hour)
        lines.append(b'{"ip": "%s", "ts": %d}' % (
            name.encode(), NOON + hour * 3600))
    lane.lines(lines)


def disturb(rng, world):
    world.server.plan(*(rng.choice(FAULTS + (None, None, None))
                        for _ in range(rng.randrange(6))))
    if rng.random() < 0.3:
        world.server.poison = {
            "host%d.example.org" % rng.randrange(NAMES)}
    elif rng.random() < 0.5:
        world.server.poison = set()


def sighted(world, plan):
    """Each hour but the first of each is one sighting. Who forgot which hour
    was the first may tell of a repeat in it."""
    sightings = {}
    for s in world.server.store.sightings.values():
        a = world.server.store.attributes[s["attribute_uuid"]]
        sightings.setdefault(a["value"], []).append(s["date_sighting"])
    for name, hours in plan.hours.items():
        got = sorted((s - NOON) // 3600 for s in sightings.get(name, []))
        if plan.lost and plan.first[name] in got:
            got.remove(plan.first[name])
        assert got == sorted(hours - {plan.first[name]}), (name, got, hours)


def one_attribute(world, plan):
    got = sorted(a["value"] for a in world.server.store.attributes.values()
                 if a["object"] is None)
    assert got == sorted(plan.count), (got, plan.count)
    sighted(world, plan)


def one_copy(world, plan):
    """Exactly one object for each name, whole, with what was counted."""
    store = world.server.store
    objects = [o for o in store.objects.values() if o["name"] == "passive-dns"]
    assert len(objects) == len(plan.count), (len(objects), len(plan.count))
    values = {}
    for a in store.attributes.values():
        values.setdefault(a["object"], []).append((a["relation"], a["value"]))
    seen = {}
    for o in objects:
        got = dict(values[o["uuid"]])
        assert len(got) == len(values[o["uuid"]]) == 6, values[o["uuid"]]
        seen[got["rrname"]] = int(got["count"])
    assert seen == plan.count, {n: (c, seen.get(n)) for n, c in
                                plan.count.items() if seen.get(n) != c}
    sighted(world, plan)
    assert len(store.events) == 2, store.events
    assert all(e["reach"] == {"1"} for e in store.events.values())


def calm(world):
    """No faults any more, nothing under way: what was unsure is said again,
    and what the quarantine took while values were poison goes out."""
    world.server.poison, world.server.faults = set(), []
    until("idle", lambda: world.server.busy == 0)
    world.configure(timeout="100s", linger="0s")
    world.start()
    world.settle()
    done = world.run("quarantine", "resend", "all")
    assert done.returncode == 0, done.stderr
    until("nothing is left in quarantine", lambda: world.settled() and
          not os.listdir(os.path.join(world.state, "quarantine")))
    world.stop()


def lose(rng, world, plans):
    """What was taken is at MISP, and all that we knew of it is gone."""
    if world.process is not None:
        world.stop(rng.choice((signal.SIGKILL, signal.SIGTERM)))
    calm(world)
    shutil.rmtree(world.state)
    for plan in plans:
        plan.lost = True
    if rng.random() < 0.5:
        done = world.run("rebuild")
        assert done.returncode == 0, done.stderr
    world.configure(timeout="300ms", linger="1h")


def round_of(seed):
    rng = random.Random(seed)
    plan, ips = Plan(), Plan()
    with World(batch=rng.choice((1, 7, 60)), timeout="300ms",
               objects=rng.choice((1, 5, 20)), mappers=MAPPERS) as world:
        world.server.late_s = 0.6
        lane = world.lane()
        flat = world.lane(6, object="ips")
        feed_ips(rng, flat, ips)
        turns = rng.randrange(6, 12)
        for turn in range(turns):
            if turn == turns // 2 and rng.random() < 0.6:
                lose(rng, world, (plan, ips))
            feed(rng, lane, plan)
            if rng.random() < 0.5:
                feed_ips(rng, flat, ips)
            disturb(rng, world)
            if world.process is None:
                world.start()
            calls = len(world.server.calls) + rng.randrange(8)
            if rng.random() < 0.7:
                until("calls, or all is taken", lambda: len(
                    world.server.calls) > calls or world.taken() == sum(
                        x.records for x in world.lanes))
            if rng.random() < 0.5:
                world.stop(signal.SIGKILL)
        world.stop(rng.choice((signal.SIGKILL, signal.SIGTERM)))
        calm(world)
        assert not world.server.violations, world.server.violations[:3]
        one_copy(world, plan)
        one_attribute(world, ips)
        return world.text()


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 20261122
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    for i in range(rounds):
        print("seed", seed + i, flush=True)
        log = round_of(seed + i)
        print("  quarantined", log.count("misp=quarantine"), "waited",
              log.count("misp=waiting"), flush=True)
    print("one copy of everything")


if __name__ == "__main__":
    main()
