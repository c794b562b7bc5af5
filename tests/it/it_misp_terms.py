#!/usr/bin/python3
"""What the relay takes back between the taking and the sending stays: in
REST, in sightings, in the feed and in what --dry-run shows."""

import os
import sys
import time

sys.path.insert(0, os.path.join(
    os.environ["D4_SOURCE"], "tests", "support"))
from misp_cases import attributes, quiet, run  # noqa: E402
from misp_world import NOON, World, pdns, until  # noqa: E402

BACK = {
    "label": lambda lane: lane.terms.update(label="amber"),
    "pap": lambda lane: lane.terms.update(pap="amber"),
    "kind": lambda lane: lane.terms.update(object="ja3"),
    "pipeline": lambda lane: setattr(lane, "pipeline", "ef" * 32),
    "after": lambda lane: setattr(lane, "after", lane.seq),
    "embargo": lambda lane: lane.more.update(
        not_before=int(time.time()) + 86400),
    "delay": lambda lane: lane.more.update(delay_us=30 * 86400 * 10**6),
    "age": lambda lane: lane.more.update(max_age=60),
    "withdrawn": lambda lane: lane.world.lanes.remove(lane)}


def fed(world):
    out = ""
    for name in os.listdir(world.feed):
        with open(os.path.join(world.feed, name)) as f:
            out += f.read()
    return out


def values(world):
    return {a["value"] for a in attributes(world, relation="rrname")}


def count_of(world, name):
    [row] = attributes(world, value=name, relation="rrname")
    [count] = attributes(world, object=row["object"], relation="count")
    return count["value"]


def filled(w):
    """A finding of each lane is at MISP; a repeat and a new one wait."""
    lanes = {name: w.lane(source=name, to_ids="true")
             for name in [*BACK, "kept"]}
    for name, lane in lanes.items():
        lane.lines([pdns("old-%s.example.org" % name)])
    w.start()
    w.settle()
    until("fed", lambda: fed(w).count("old-") >= len(lanes))
    w.stop()
    w.configure(flush="1h")
    w.start()
    for name, lane in lanes.items():
        lane.lines([pdns("old-%s.example.org" % name, at=NOON + 7200),
                    pdns("new-%s.example.org" % name)])
    until("taken", lambda: w.taken() == 3 * len(lanes))
    w.stop()
    assert not w.server.store.sightings
    return lanes


def test_what_is_taken_back_does_not_leave():
    with World() as w:
        w.feed = os.path.join(w.dir, "feed")
        w.configure(feed=w.feed, feed_org="X", feed_label="amber",
                    feed_org_uuid="5b642239-4db4-4580-adf4-4ebd950d210f")
        lanes = filled(w)
        for name, back in BACK.items():
            back(lanes[name])
        w.release()
        shown = w.run("--dry-run").stdout
        w.configure(flush="10ms")
        w.start()
        until("the other one", lambda: "new-kept.example.org" in values(w)
              and w.server.store.sightings)
        until("the feed", lambda: "new-kept" in fed(w))
        until("one more turn", lambda: w.status()["misp"]["held"] >
              4 * len(BACK))
        assert "new-kept" in shown and "old-kept" in shown
        assert [v for v in values(w) if v.startswith("new-")] == [
            "new-kept.example.org"]
        assert count_of(w, "old-kept.example.org") == "2"
        [s] = w.server.store.sightings.values()
        assert s["source"] == "kept"
        told = fed(w)
        for name in BACK:
            assert count_of(w, "old-%s.example.org" % name) == "1", name
            for text in (told, shown):
                assert "-%s.example.org" % name not in text, name
        quiet(w)


if __name__ == "__main__":
    run(globals())
