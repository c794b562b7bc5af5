#!/usr/bin/python3
"""The relay reads a directory of rotated files."""

import gzip
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from airlock import room  # noqa: E402
from relay import (Org, balanced, partners_of, pipeline,  # noqa: E402
                   queue_source, sensors_policy, share, until)
from relay_cases import confirmed  # noqa: E402

POLICY = sensors_policy(
    queue_source("logs", "files", types="8") +
    queue_source("caps", "caps", types="1"),
    pipeline("raw-8", types="8") + pipeline("raw-1", types="1"),
    share("logs-out", "logs", "raw-8") + share("caps-out", "caps", "raw-1"))


# The lines are for acme alone, the captures for the other.
EACH = sensors_policy(
    queue_source("logs", "files", types="8") +
    queue_source("caps", "caps", types="1"),
    pipeline("raw-8", types="8") + pipeline("raw-1", types="1"),
    share("logs-out", "logs", "raw-8") +
    share("caps-out", "caps", "raw-1", to="other"), partners_of(
        "acme", "other"))


def lines(first, n):
    return [b'{"n":%d}' % i for i in range(first, first + n)]


def text(first, n):
    return b"".join(line + b"\n" for line in lines(first, n))


def start(more, kind=8, name="files", policy=POLICY, partners=("acme",)):
    org = Org(policy, partners, db=False)
    org.data = os.path.join(org.dir, "data")
    org.done = os.path.join(org.dir, "done")
    os.mkdir(org.data)
    os.mkdir(org.done)
    org.sources[name] = "{kind: directory, type: %d, dir: %s%s}" % (
        kind, org.data, more)
    org.start_partners()
    return org


def put(org, name, content, whole=True):
    """Renamed in, or written in place."""
    path = os.path.join(org.data, name)
    with open(os.path.join(org.dir, name) if whole else path, "wb") as f:
        f.write(content)
    if whole:
        os.rename(os.path.join(org.dir, name), path)
    return path


def up(org):
    org.start()
    until("relay up", lambda: (org.status() or {}).get("post"))


def records(org, name="files"):
    return (org.source(name) or {}).get("records", 0)


def test_finished_files_are_read_in_order_and_only_once():
    org = start(", match: \"*.json*\", settle: 1s")
    try:
        put(org, "b.json.gz", gzip.compress(text(100, 100)))
        put(org, "a.json", text(0, 100))
        put(org, "c.json", text(200, 100)[:-1])  # no last newline
        put(org, "other.txt", b"not matched\n")
        os.symlink("/etc/passwd", os.path.join(org.data, "link.json"))
        os.mkfifo(os.path.join(org.data, "fifo.json"))
        os.mkdir(os.path.join(org.data, "dir.json"))
        up(org)
        until("300 read", lambda: records(org) == 300)
        s = until("a source", lambda: org.source("files"))
        assert s["skipped"] == 3 and s["dropped"] == {}, s
        # Renamed in: at once. In place: when it settled.
        put(org, "d.json", text(300, 50))
        put(org, "e.json", text(350, 50), whole=False)
        until("400 read", lambda: records(org) == 400)
        # Rotated names are the same files.
        os.rename(os.path.join(org.data, "a.json"),
                  os.path.join(org.data, "z.json"))
        org.kill("wash")
        put(org, "f.json", text(400, 10))
        until("410 confirmed", lambda: confirmed(org) == 410)
        assert org.partners["acme"].lines(8) == lines(0, 410)
        assert records(org) == 410
        row = org.lane_now()
        assert balanced(row) and row["in"] == 410, row
        assert org.ask("-n")[0] == 0, org.stderr
        org.sources["nobody"] = org.sources["files"]
        org.configure()
        assert org.ask("-n")[0] == 1 and "nobody" in org.stderr, org.stderr
    finally:
        org.close()


def test_dnscap_is_read_its_text_and_its_captures():
    one = b"[9] 2016-10-20 15:23:01 \\\n\tdns QUERY,NOERROR\n"
    policy = sensors_policy(
        queue_source("dns", "files", types="4"), pipeline("raw-4", types="4"),
        share("dns-out", "dns", "raw-4"))
    org = start(", settle: 1s", kind=4, policy=policy)
    try:
        put(org, "a.txt", one * 100)
        put(org, "b.txt.gz", gzip.compress(one * 50))
        up(org)
        until("150 read", lambda: records(org) == 150)
        assert org.source("files")["dropped"] == {}
        until("all of it", lambda: org.partners["acme"].data(4) == one * 150)
    finally:
        org.close()


def test_a_file_under_way_waits_until_it_is_finished():
    org = start(", settle: 1h, superseded: true")
    try:
        up(org)
        put(org, "1.json", text(0, 10), whole=False)
        until("it is seen", lambda: (org.source("files") or {}).get(
            "unfinished") == 1)
        assert records(org) == 0
        put(org, "2.json", text(10, 10), whole=False)
        until("the first is read", lambda: records(org) == 10)
        put(org, "3.json.gz", gzip.compress(text(20, 10)), whole=False)
        until("the second is read", lambda: records(org) == 20)
        put(org, "4.json", text(30, 10), whole=False)
        until("the last is seen", lambda: (org.source("files") or {}).get(
            "unfinished") == 2)
        assert records(org) == 20  # gzip only when it settled
    finally:
        org.close()


def test_files_are_deleted_or_moved_when_they_are_done():
    for after in ("delete", "move, move_to: DONE"):
        org = start(", settle: 1s, after: X".replace("X", after))
        try:
            org.sources["files"] = org.sources["files"].replace(
                "DONE", org.done)
            put(org, "a.json", text(0, 100))
            put(org, "bad.json.gz", gzip.compress(text(0, 5000))[:-9])
            up(org)
            until("it is gone", lambda: not os.listdir(org.data))
            until("read", lambda: records(org) >= 100)
            s = until("a source", lambda: org.source("files"))
            assert s["dropped"].get("file.gzip") == 1, s
            assert {r["item"] for r in org.accounts("source.dropped")} == {
                "bad.json.gz"}
            put(org, "a.json", text(9000, 10))  # the name again
            until("it is gone", lambda: not os.listdir(org.data))
            until("read", lambda: (s := org.source("files")) and
                  s["records"] >= 110)
            left = sorted(os.listdir(org.done))
            if after == "delete":
                assert left == [], left
            else:
                assert len(left) == 3 and left[0] == "a.json", left
        finally:
            org.close()


def test_kill_9_in_the_middle_loses_and_doubles_nothing():
    org = start(", settle: 1s, after: delete", kind=1, name="caps")
    try:
        up(org)
        sent = 0
        for turn in range(8):
            for k in range(3):
                put(org, "%02d-%d.pcap.gz" % (turn, k),
                    gzip.compress(relay.pcap(20000, sent), 1))
                sent += 20000
            org.kill("wash")
        until("all read", lambda: records(org, "caps") == sent)
        until("all confirmed", lambda: (org.lane() or {}).get(
            "confirmed") == sent)
        row = org.lane_now()
        assert balanced(row) and row["in"] == sent, row
        until("all deleted", lambda: not os.listdir(org.data))
    finally:
        org.close()


def test_only_what_a_full_partner_is_to_get_waits_for_it():
    org = start(", settle: 1s", policy=EACH, partners=("acme", "other"))
    try:
        caps = os.path.join(org.dir, "caps")
        os.mkdir(caps)
        org.sources["caps"] = ("{kind: directory, type: 1, settle: 1s, dir: "
                               "%s}" % caps)
        org.more_options["acme"] = ", budget: 3MiB"
        org.partners["acme"].stop()
        n = 300000  # some 4 MiB
        for first in range(0, n, n // 10):
            put(org, "%06d.json" % first, text(first, n // 10))
        up(org)
        until("acme has no room", lambda: room(org).get("full"))
        whole = os.path.join(org.dir, "a.pcap")
        with open(whole, "wb") as f:
            f.write(relay.pcap(1000))
        os.rename(whole, os.path.join(caps, "a.pcap"))
        until("the other has its own", lambda: (org.lane("other") or {}).get(
            "confirmed") == 1000)
        assert until("a source", lambda: records(org)) < n
        told = until("a status", lambda: room(org))
        assert told["bytes"] <= 3 << 20, told
        org.partners["acme"].start(org.uuids("acme"), "--no-workers")
        until("acme has all", lambda: (org.lane() or {}).get(
            "confirmed") == n)
        assert org.partners["acme"].lines(8) == lines(0, n)
        assert balanced(org.lane_now())
    finally:
        org.close()


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
