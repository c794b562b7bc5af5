#!/usr/bin/python3
"""SIGHUP: configuration, mappers and warninglists are read again."""

import json
import os
import sys

sys.path.insert(0, os.path.join(
    os.environ["D4_SOURCE"], "tests", "support"))
from misp_cases import attributes, objects, quiet, run  # noqa: E402
from misp_world import NOON, World, pdns, until  # noqa: E402

IPS = ("{ips: {attributes: [{type: ip-src, path: /ip, key: true, "
       "sighting: true}]}}")
TEXTS = ("{ips: {attributes: [{type: text, path: /ip, key: true, "
         "sighting: true}]}}")


def listed(world, value, name="benign"):
    folder = os.path.join(world.dir, "lists")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name + ".json")
    with open(path + ".new", "w") as f:
        f.write(value if isinstance(value, str) else json.dumps(value))
    os.rename(path + ".new", path)
    return folder


def line(ip, at=NOON):
    return b'{"ip": "%s", "ts": %d}' % (ip.encode(), at)


def test_what_is_written_holds_from_then_on():
    with World(info="First") as w:
        lane = w.lane()
        flat = w.lane(6, object="ips", source="flows")
        lane.lines([pdns("a.example.org")])
        flat.lines([line("203.0.113.7")])
        w.start()
        w.settle()
        assert w.status()["unknown"] == 1
        w.configure(mappers=IPS, info="Second", tags="[new]")
        w.reload()
        flat.lines([line("203.0.113.8")])
        lane.lines([pdns("b.example.org")])
        w.settle()
        [seen] = attributes(w, type="ip-src")
        assert seen["value"] == "203.0.113.8"
        for event in w.server.store.events.values():
            assert event["info"].startswith("Second"), event
            assert "new" in event["tags"], event
        assert len(objects(w, "passive-dns")) == 2
        quiet(w)


def test_a_bad_file_changes_nothing_and_is_said_in_one_line():
    with World(mappers=IPS) as w:
        lane = w.lane(6, object="ips", source="flows")
        w.start()
        w.configure(mappers=IPS.replace("ip-src", "nonsense"), info="Bad")
        w.reload("reload=refused")
        [said] = [t for t in w.text().splitlines() if "refused" in t]
        assert w.conf + ":" in said and "no type that can be sent" in said
        lane.lines([line("203.0.113.7")])
        w.settle()
        assert attributes(w, type="ip-src")
        [event] = w.server.store.events.values()
        assert event["info"].startswith("D4 ")
        os.unlink(w.conf)
        w.reload("reload=refused")
        w.configure(mappers=IPS, info="Good")
        w.reload()
        lane.lines([line("203.0.113.8")])
        w.settle()
        assert event["info"].startswith("Good")


def test_what_only_a_restart_changes_is_named():
    with World() as w:
        w.start()
        state = w.state
        w.state = os.path.join(w.dir, "other")
        w.configure(proxy="http://127.0.0.1:1", feed=os.path.join(
            w.dir, "feed"), feed_org="X",
            feed_org_uuid="5b642239-4db4-4580-adf4-4ebd950d210f")
        w.reload()
        w.state = state
        for name in ("dir", "proxy", "feed"):
            assert "option=%s takes effect at a restart" % name in w.text()
        w.lane().lines([pdns("a.example.org")])
        w.settle()
        assert attributes(w, value="a.example.org")


def test_warninglists_are_read_again_and_a_broken_one_stays():
    with World(mappers=IPS) as w:
        w.configure(warninglists=listed(w, {
            "name": "benign", "type": "regex",
            "list": ["/^203\\.0\\.113\\.[0-9]$/"]}))
        lane = w.lane(6, object="ips", source="flows")
        lane.lines([line("203.0.113.7"), line("203.0.113.77")])
        w.start()
        w.settle()
        assert [a["value"] for a in attributes(w, type="ip-src")] == [
            "203.0.113.77"]
        assert w.status()["benign"] == {"benign": 1}
        listed(w, '{"name": "benign", "type": ')
        listed(w, {"name": "more", "type": "string",
                   "list": ["198.51.100.9"]}, "more")
        w.reload()
        assert "the one of before stays" in w.text()
        lane.lines([line("203.0.113.8"), line("198.51.100.9"),
                    line("198.51.100.10")])
        w.settle()
        assert [a["value"] for a in attributes(w, type="ip-src")] == [
            "203.0.113.77", "198.51.100.10"]
        assert w.status()["benign"] == {"benign": 2, "more": 1}
        assert sorted((t["list"], t["seen"]) for t in w.accounts()
                      if t["event"] == "misp.benign") == [
            ("benign", 1), ("benign", 1), ("more", 1)]


def test_what_other_rows_gathered_is_counted_on_and_not_sent_by_the_new():
    """A value that was taken as one type must not leave as another."""
    with World(mappers=IPS, min_count=2) as w:
        lane = w.lane(6, object="ips", source="flows")
        lane.lines([line("203.0.113.7")] * 3 + [line("203.0.113.8")])
        w.start()
        w.settle()
        assert len(attributes(w, object=None)) == 1
        w.configure(mappers=TEXTS)
        w.reload()
        lane.lines([line("203.0.113.7"), line("203.0.113.9")] * 2)
        w.settle()
        assert w.status()["dropped"] == 1
        [told] = [t for t in w.accounts() if t["event"] == "misp.dropped"]
        assert told["items"] == 1
        got = sorted((a["type"], a["value"])
                     for a in attributes(w, object=None))
        assert got == [("ip-src", "203.0.113.7"), ("text", "203.0.113.7"),
                       ("text", "203.0.113.9")], got
        quiet(w)


if __name__ == "__main__":
    run(globals())
