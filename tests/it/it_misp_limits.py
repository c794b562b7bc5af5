#!/usr/bin/python3
"""Thresholds, limits and the top of a kind: what is sent, and what is noted
of the rest."""

import os
import sys

sys.path.insert(0, os.path.join(
    os.environ["D4_SOURCE"], "tests", "support"))
from misp_cases import attributes, ja3, objects, quiet, run  # noqa: E402
from misp_world import NOON, World, pdns, until  # noqa: E402


def test_a_limit_and_a_threshold_keep_a_telescope_from_flooding():
    with World(items=10, min_count=3) as w:
        lane = w.lane()
        lane.lines([pdns("h%d.example.org" % n) for n in range(50)])
        w.start()
        w.settle()
        assert not w.server.store.events
        lane.lines([pdns("h%d.example.org" % n, count=2)
                    for n in range(50)])
        w.settle()
        assert len(objects(w, "passive-dns")) == 9  # and what was done
        assert w.status()["over"] == 41 + 2 * 41
        assert [e["seen"] for e in w.accounts()
                if e["event"] == "misp.over"][-1] == 3 * 41
        quiet(w)


def test_only_the_top_of_a_kind_is_sent_and_the_rest_is_accounted():
    with World(top="{passive-dns: 3}", top_after="0s", items=40) as w:
        lane = w.lane()
        lane.lines([pdns("h%d.example.org" % n, count=n + 1)
                    for n in range(20)])
        w.lane(254, "ja3-jl", object="ja3", source="tls").lines(
            [ja3("203.0.113.80")])
        w.start()
        until("chosen", lambda: len(objects(w, "passive-dns")) == 3)
        now = w.settle()
        assert sorted(a["value"] for a in attributes(w, relation="rrname")) \
            == ["h%d.example.org" % n for n in (17, 18, 19)]
        assert now["left"] == 17, now
        [told] = [e for e in w.accounts() if e["event"] == "misp.left"]
        assert (told["sent"], told["left"], told["seen"]) == (
            3, 17, sum(range(1, 18))), told
        assert told["displaced"] == 0 and told["kind"] == "passive-dns"
        infos = sorted(e["info"] for e in w.server.store.events.values())
        assert infos[0].endswith(" (top 3)") and "(top" not in infos[1]
        # What comes late is counted where it stands, and takes no place.
        lane.lines([pdns("h19.example.org", at=NOON + 7200),
                    pdns("late.example.org", count=99)])
        until("late", lambda: "21" in [a["value"] for a in attributes(
            w, relation="count")])
        w.settle()
        assert len(objects(w, "passive-dns")) == 3
        quiet(w)


def test_what_was_seen_too_rarely_is_accounted_when_it_is_forgotten():
    """And an event that MISP has whole is forgotten without a word."""
    with World(keep="1d", min_count=2) as w:
        w.lane().lines([pdns("rare.example.org", at=NOON - 3 * 86400),
                        pdns("often.example.org", at=NOON - 4 * 86400),
                        pdns("often.example.org", at=NOON - 4 * 86400)])
        w.start()
        until("sent", lambda: attributes(w, value="often.example.org"))
        w.settle()
        w.stop()
        w.start()
        until("forgotten", lambda: w.status().get("events") == 0)
        [told] = [t for t in w.accounts() if t["event"] == "misp.expired"]
        assert told["items"] == told["seen"] == 1
        assert not os.listdir(os.path.join(w.state, "events"))
        quiet(w)


def test_what_is_withdrawn_does_not_stay_for_ever():
    with World(keep="1d", flush="1h") as w:
        lane = w.lane()
        w.start()
        until("a turn", w.status)
        lane.lines([pdns("a.example.org", at=NOON - 3 * 86400)])
        until("taken", lambda: w.taken() == 1)
        w.stop()
        lane.after = lane.seq
        w.release()
        w.start()
        until("forgotten", lambda: w.status().get("events") == 0)
        [told] = [t for t in w.accounts() if t["event"] == "misp.expired"]
        assert told["items"] == 1
        assert not w.server.store.events


if __name__ == "__main__":
    run(globals())
