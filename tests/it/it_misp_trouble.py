#!/usr/bin/python3
"""d4-misp-export and a MISP that refuses, chokes, forgets; what people do."""

import datetime
import json
import os
import sys

sys.path.insert(0, os.path.join(
    os.environ["D4_SOURCE"], "tests", "support"))
from misp_cases import HASH, attributes, ja3, objects, quiet, run  # noqa: E402
from misp_world import NOON, World, pdns, until  # noqa: E402


def test_bodies_that_are_too_large_are_split():
    with World(gzip="false", objects=100) as w:
        w.server.max_body = 40000
        w.lane().lines([pdns("h%d.example.org" % n) for n in range(200)])
        w.start()
        now = w.settle()
        assert now["misp"]["split"] > 0
        assert len(objects(w, "passive-dns")) == 200


def test_a_refused_key_stops_and_says_so():
    with World() as w:
        w.server.key = "n" * 40
        w.lane().lines([pdns("a.example.org")])
        w.start()
        until("alarm", lambda: "Authentication failed" in w.text())
        assert not w.server.store.events
        w.server.key = "k" * 40
        w.settle()
        assert len(w.server.store.events) == 1


def test_an_event_that_was_deleted_there_is_given_up():
    with World() as w:
        lane = w.lane()
        lane.lines([pdns("a.example.org")])
        w.start()
        w.settle()
        [name] = w.server.store.events
        w.server.do_events_delete([name], None, None)
        lane.lines([pdns("b.example.org")])
        w.settle()
        assert w.status()["misp"]["blocked"] == 1
        assert not w.server.store.events
        assert "event-blocked" in w.text()


def test_poison_is_found_kept_for_people_and_sent_again():
    with World() as w:
        w.server.poison = {"h7.example.org", "h33.example.org"}
        w.lane().lines([pdns("h%d.example.org" % n) for n in range(50)])
        w.start()
        now = w.settle()
        assert now["misp"]["quarantined"] == 2, now
        assert len(attributes(w, relation="time_last")) == 48
        seen = w.run("quarantine")
        assert seen.stdout.count("500") == 2, seen.stdout
        with open(os.path.join(w.state, "quarantine", os.listdir(
                os.path.join(w.state, "quarantine"))[0])) as f:
            kept = json.load(f)
        assert kept["finding"]["name"] == "passive-dns" and kept["when"]
        w.server.poison = set()
        assert w.run("quarantine", "resend", "all").returncode == 0
        until("resent", lambda: len(attributes(w, relation="count")) == 50)
        w.settle()
        assert not os.listdir(os.path.join(w.state, "quarantine"))
        quiet(w)


def test_recall_deletes_and_stays_so():
    with World() as w:
        lane = w.lane(publish=True)
        lane.lines([pdns("a.example.org"), pdns("b.example.org")])
        w.lane(source="other").lines([pdns("c.example.org")])
        w.start()
        w.settle()
        [event] = [e["uuid"] for e in w.server.store.events.values()
                   if "resolver" in e["info"]]
        [a] = attributes(w, value="a.example.org")
        assert w.run("recall", event, a["object"]).returncode == 0
        until("one", lambda: attributes(
            w, value="a.example.org")[0]["deleted"])
        w.settle()
        assert not attributes(w, value="b.example.org")[0]["deleted"]
        lane.lines([pdns("a.example.org", at=NOON + 7200)])
        w.settle()
        assert attributes(w, value="a.example.org")[0]["deleted"]
        assert w.run("recall", "source", "other").returncode == 0
        until("source", lambda: attributes(
            w, value="c.example.org")[0]["deleted"])
        assert w.run("recall", event).returncode == 0
        until("all", lambda: all(a["deleted"] for a in attributes(w)))
        lane.lines([pdns("d.example.org")])
        w.settle()
        assert not attributes(w, value="d.example.org")
        assert w.run("recall", "nonsense").returncode == 64


def test_a_thousand_are_recalled_in_a_few_calls():
    """And one by one where MISP does not take it in an edit."""
    for deletes, most in ((True, 12), (False, 400)):
        with World(gzip="false") as w:
            n = 1000 if deletes else 30
            w.lane(publish=True).lines([pdns("h%d.example.org" % i)
                                        for i in range(n)])
            w.start()
            w.settle()
            w.server.edit_deletes = deletes
            before, bodies = len(w.server.calls), []
            real = w.server.handled
            w.server.handled = lambda h, raw: (
                bodies.append((h.path, raw or b"")), real(h, raw))
            assert w.run("recall", "source", "resolver").returncode == 0
            until("all", lambda: all(a["deleted"] for a in attributes(w)))
            w.settle()
            assert len(w.server.calls) - before < most, len(w.server.calls)
            [event] = w.server.store.events.values()
            assert event["published"]
            told = [t for t in w.accounts() if t["event"] == "misp.recalled"]
            assert len(told) == n + 1  # and what was done to it
            # What is taken back is not said once more.
            assert not [p for p, raw in bodies if b"example.org" in raw]
            quiet(w)


def test_what_was_never_sent_is_recalled_without_a_word_to_misp():
    with World(flush="1h") as w:
        lane = w.lane(publish=True)
        w.start()
        until("a turn", w.status)
        lane.lines([pdns("a.example.org")])
        until("taken", lambda: w.taken() == 1)
        assert w.run("recall", "source", "resolver").returncode == 0
        until("obeyed", lambda: w.status().get("due") == 0)
        w.settle()
        assert not [c for c in w.server.calls if "events" in c or
                    "objects" in c or "restSearch" in c], w.server.calls


def test_what_is_withdrawn_in_the_middle_of_a_round_is_not_sent():
    with World(objects=1, gzip="false") as w:
        lane, real = w.lane(), w.server.handled

        def handled(h, raw):
            if b"passive-dns" in (raw or b"") and not lane.after:
                lane.after = 1  # the relay decides otherwise meanwhile
                w.release()
            real(h, raw)

        w.server.handled = handled
        lane.lines([pdns("h%d.example.org" % n) for n in range(10)])
        w.start()
        until("seen", lambda: "not released so now" in w.text())
        until("round", lambda: "misp=answers" in w.text())
        assert not objects(w, "passive-dns")
        done = w.run("--dry-run")
        assert done.returncode == 0 and "example.org" not in done.stdout


def test_no_time_is_finer_than_a_partner_of_the_class_is_told():
    bare = b'{"ServerIP":"203.0.113.8","JA3Digest":"%s"}' % HASH
    for cls, step in (("S2", 1), ("S3", 3600)):
        with World() as w:
            came = NOON + 1234.567890
            w.lane(254, "ja3-jl", object="ja3", source="tls",
                   **{"class": cls}).lines([bare], at=came)
            body = json.loads(w.run("--dry-run", "json").stdout)
            for thing in body["Object"]:
                for key in ("first_seen", "last_seen"):
                    told = datetime.datetime.fromisoformat(thing[key])
                    assert told.timestamp() == came // step * step, thing


def test_who_only_looks_makes_nothing_and_wrong_words_are_said():
    """A namespace that a look made would be the wrong one after a loss."""
    with World() as w:
        with open(w.conf) as f:
            text = "".join(line for line in f if "namespace" not in line)
        with open(w.conf, "w") as f:
            f.write(text)
        w.lane().lines([pdns("a.example.org")])
        assert "a.example.org" in w.run("--dry-run").stdout
        done = w.run("recall", "source", "resolver")
        assert done.returncode == 1 and "rebuild brings" in done.stderr
        done = w.run("recall", "0d09b9b4-2cc2-5432-9e75-4d090e5fec42")
        assert done.returncode == 1 and "no event of that" in done.stderr
        assert "never started" in w.run("status").stderr
        assert not os.path.exists(os.path.join(w.state, "namespace"))
        assert not os.path.exists(os.path.join(w.state, "requests"))
        for words in (["check", "x"], ["status", "x"], ["rebuild", "x"],
                      ["-n", "x"], ["recall"], ["quarantine", "x"],
                      ["nonsense"]):
            assert w.run(*words).returncode == 64, words


def test_check_and_dry_run_say_what_would_be():
    with World(sharing_group="717ccf4e-8f62-4a3f-9ce1-7daa8934676b") as w:
        done = w.run("check")
        assert done.returncode == 1 and "PROBLEM  sharing group" in done.stdout
        assert "ok       organisation: SensorOrg" in done.stdout, done.stdout
        assert "note     tag is missing: PAP:CLEAR" in done.stdout
        w.server.store.groups["717ccf4e-8f62-4a3f-9ce1-7daa8934676b"] = "7"
        assert w.run("check").returncode == 0
        calls = len(w.server.calls)
        w.lane(254, "ja3-jl", object="ja3", source="tls",
               mapped=["in:198.18.0.0/16"]).lines([ja3("198.18.3.4")])
        for _ in range(2):
            done = w.run("--dry-run")
            assert done.returncode == 0, done.stderr
            assert "ip-dst=198.18.3.4 (pseudonym)" in done.stdout
            assert HASH.decode() + " (indicator)" in done.stdout
            assert "distribution=1 (community)" in done.stdout
        body = json.loads(w.run("--dry-run", "json").stdout)
        assert {o["name"] for o in body["Object"]} == {
            "ja3", "anonymisation"}
        assert len(w.server.calls) == calls
        w.server.key = "n" * 40
        done = w.run("check")
        assert done.returncode == 1 and "Authentication" in done.stdout
        w.server.close()
        assert w.run("check").returncode == 1


if __name__ == "__main__":
    run(globals())
