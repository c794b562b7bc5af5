#!/usr/bin/python3
"""The state of d4-misp-export is lost: what MISP has of it comes back."""

import json
import os
import random
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(
    os.environ["D4_SOURCE"], "tests", "support"))
from misp_cases import attributes, objects, quiet, run  # noqa: E402
from misp_server import FAULTS  # noqa: E402
from misp_world import NAMESPACE, NOON, World, pdns, until  # noqa: E402

MAPPERS = ("{ips: {attributes: [{type: ip-src, path: /ip, key: true, "
           "to_ids: true, sighting: true}]}}")


def lose(world):
    """All of it, but for the cursors, which stand in the airlock."""
    world.stop(signal.SIGKILL)
    shutil.rmtree(world.state)


def cut_short(path):
    """As a kill leaves it that came in front of the first call."""
    with open(path) as f:
        head, rest = f.read().split("\n", 1)
    event = json.loads(head)
    event["unsure"] = 1
    with open(path, "w") as f:
        f.write(json.dumps(event) + "\n" + rest)


def count_of(world, name):
    [row] = attributes(world, value=name, relation="rrname")
    [count] = attributes(world, object=row["object"], relation="count")
    return int(count["value"])


def filled(world):
    lane = world.lane(publish=True)
    lane.lines([pdns("a.example.org"), pdns("b.example.org", count=3)])
    flat = world.lane(6, object="ips", source="flows")
    flat.lines([b'{"ip": "203.0.113.7", "ts": %d}' % NOON])
    world.start()
    world.settle()
    lane.lines([pdns("a.example.org", at=NOON + 7200, count=4)])
    flat.lines([b'{"ip": "203.0.113.7", "ts": %d}' % (NOON + 3600)])
    world.settle()
    assert count_of(world, "a.example.org") == 5
    assert len(world.server.store.sightings) == 2
    return lane, flat


def goes_on(world, lane, flat):
    """Counts and times go on, nothing is there twice."""
    lane.lines([pdns("a.example.org", at=NOON + 3600, count=2),
                pdns("c.example.org")])
    flat.lines([b'{"ip": "203.0.113.7", "ts": %d}' % (NOON + 7200)])
    world.start()
    until("new", lambda: attributes(world, value="c.example.org"))
    world.settle()
    assert count_of(world, "a.example.org") == 7
    assert count_of(world, "b.example.org") == 3
    [row] = attributes(world, value="a.example.org", relation="rrname")
    [last] = attributes(world, object=row["object"], relation="time_last")
    [first] = attributes(world, object=row["object"], relation="time_first")
    assert last["value"] > first["value"]
    assert len(objects(world, "passive-dns")) == 3
    assert len(attributes(world, value="203.0.113.7")) == 1
    assert len(world.server.store.sightings) == 4
    assert len(world.server.store.events) == 2
    quiet(world)


def test_the_command_brings_the_state_back():
    with World(mappers=MAPPERS) as w:
        lane, flat = filled(w)
        assert w.run("rebuild").returncode == 1  # it runs
        lose(w)
        before = len(w.server.calls)
        done = w.run("rebuild")
        assert done.returncode == 0, done.stderr
        assert "2 events, 3 findings, 0 of them recalled" in done.stdout
        assert not [c for c in w.server.calls[before:]
                    if "edit" in c or "add" in c], w.server.calls[before:]
        again = w.run("rebuild")
        assert again.returncode == 0
        assert "2 events are known here already" in again.stdout
        goes_on(w, lane, flat)
        assert w.status()["misp"]["remembered"] == 0


def test_nobody_need_say_it():
    with World(mappers=MAPPERS) as w:
        lane, flat = filled(w)
        lose(w)
        goes_on(w, lane, flat)
        assert w.text().count("misp=remembered") == 2, w.text()


def test_what_was_recalled_stays_so():
    with World() as w:
        lane = w.lane()
        lane.lines([pdns("a.example.org"), pdns("b.example.org")])
        other = w.lane(source="other")
        other.lines([pdns("o.example.org")])
        w.start()
        w.settle()
        [row] = attributes(w, value="a.example.org")
        event = w.server.store.objects[row["object"]]["event"]
        assert w.run("recall", event, row["object"]).returncode == 0
        assert w.run("recall", "source", "other").returncode == 0
        until("recalled", lambda: all(a["deleted"] for a in attributes(w)
                                      if a["value"][0] in "ao"))
        w.settle()
        lose(w)
        done = w.run("rebuild")
        assert "2 events, 3 findings, 2 of them recalled" in done.stdout
        lane.lines([pdns("a.example.org", at=NOON + 3600),
                    pdns("b.example.org", at=NOON + 3600)])
        other.lines([pdns("p.example.org")])
        w.start()
        until("b", lambda: count_of(w, "b.example.org") == 2)
        w.settle()
        assert attributes(w, value="a.example.org")[0]["deleted"]
        assert not attributes(w, value="p.example.org")
        quiet(w)


def test_what_is_withdrawn_meanwhile_is_not_sent_again():
    """MISP has a value that no lane releases any more: nothing of it goes."""
    with World() as w:
        lane = w.lane()
        lane.lines([pdns("a.example.org"), pdns("b.example.org")])
        w.start()
        w.settle()
        edits = {a["uuid"]: a["edits"] for a in attributes(w)}
        lose(w)
        assert w.run("rebuild").returncode == 0
        lane.pipeline = "ef" * 32  # another one releases the lane now
        w.release()
        lane.lines([pdns("b.example.org", at=NOON + 3600)])
        w.start()
        until("b", lambda: count_of(w, "b.example.org") == 2)
        w.settle()
        [row] = attributes(w, value="a.example.org")
        for a in attributes(w, object=row["object"]):
            assert a["edits"] == edits[a["uuid"]], a
        quiet(w)


def test_people_and_other_hubs_are_told_apart():
    with World(tags="[]") as w:
        w.lane().lines([pdns("a.example.org")])
        w.start()
        w.settle()
        store = w.server.store
        [event] = store.events.values()
        store.events["e" * 8 + "-0000-4000-8000-000000000000"] = dict(
            event, uuid="e" * 8 + "-0000-4000-8000-000000000000", id="9")
        obj = dict(next(iter(store.objects.values())), id="77",
                   uuid="a" * 8 + "-0000-4000-8000-000000000000")
        store.objects[obj["uuid"]] = obj
        event["info"] = "Renamed front " + event["info"]
        event["tags"] = {"tlp:clear"}
        lose(w)
        assert "0 events," in w.run("rebuild").stdout  # of that title
        w.configure(info="Renamed")
        done = w.run("rebuild")
        assert "1 events, 1 findings" in done.stdout, done.stdout
        w.configure(info="D4")
        assert "1 events with such a title are not of this namespace" in \
            w.run("rebuild").stdout


def test_without_the_namespace_it_says_what_to_do():
    with World() as w:
        with open(w.conf) as f:
            text = f.read().replace("namespace: %s\n" % NAMESPACE, "")
        with open(w.conf, "w") as f:
            f.write(text)
        done = w.run("rebuild")
        assert done.returncode == 1
        assert "namespace: UUID" in done.stderr, done.stderr
        assert not os.path.exists(os.path.join(w.state, "namespace"))


def test_what_is_remembered_is_not_published_for_a_call_cut_short():
    """A kill before MISP was asked what it has: that publishes nothing."""
    with World() as w:
        w.lane(source="s").lines([pdns("a.example.org")])  # not published
        w.start()
        w.settle()
        lose(w)
        lane = w.lane(source="s", publish=True)
        lane.lines([pdns("b.example.org")])
        w.server.plan(*["500"] * 1000)
        w.start()
        folder = os.path.join(w.state, "events")
        until("saved", lambda: os.path.isdir(folder) and os.listdir(folder))
        w.stop(signal.SIGKILL)
        w.server.faults = []
        [name] = os.listdir(folder)
        cut_short(os.path.join(folder, name))
        w.configure(linger="0s")
        w.start()
        until("new", lambda: attributes(w, value="b.example.org"))
        w.settle()
        [event] = w.server.store.events.values()
        assert not event["published"]


def test_faults_and_kills_while_it_remembers():
    rng = random.Random(20261122)
    with World(timeout="300ms", mappers=MAPPERS, objects=5) as w:
        w.server.late_s = 0.6
        lane, wanted = w.lane(), {}
        for turn in range(3):
            lines = []
            for n in range(30):
                name = "h%d.example.org" % rng.randrange(20)
                wanted[name] = wanted.get(name, 0) + 1
                lines.append(pdns(name, at=NOON + turn * 3600))
            w.server.plan(*(rng.choice(FAULTS + (None,))
                            for _ in range(rng.randrange(5))))
            lane.lines(lines)
            w.start()
            calls = len(w.server.calls) + rng.randrange(8)
            until("calls", lambda: len(w.server.calls) > calls
                  or w.settled())
            w.stop(signal.SIGKILL)
            w.server.faults = []
            until("idle", lambda: w.server.busy == 0)
            w.configure(linger="0s", timeout="100s")
            w.start()
            w.settle()
            w.configure(linger="1h", timeout="300ms")
            lose(w)
        assert w.text().count("misp=remembered") == 2, w.text()
        assert w.run("rebuild").returncode == 0
        got = {a["value"]: count_of(w, a["value"])
               for a in attributes(w, relation="rrname")}
        assert got == wanted, (got, wanted)
        assert len(objects(w, "passive-dns")) == len(wanted)
        quiet(w)


if __name__ == "__main__":
    run(globals())
