#!/usr/bin/python3
"""The relay reads the analyzer lists of a stock d4-core (real redis-server)."""

import collections
import gzip
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from d4core_lists import Lists  # noqa: E402
from relay import Org, balanced, until  # noqa: E402
from relay_cases import (confirmed, numbered, pipeline,  # noqa: E402
                         queue_source, sensors_policy, sessions_of, share)

LINES = sensors_policy(
    queue_source("pdns", "their-pdns", types="8"),
    pipeline("raw-8", types="8"), share("pdns-out", "pdns", "raw-8"))
FILES = sensors_policy(
    queue_source("caps", "their-caps", types="1") +
    queue_source("tls", "their-tls", meta="ja3-jl"),
    pipeline("raw-1", types="1") + pipeline("raw-ja3", meta="ja3-jl"),
    share("caps-out", "caps", "raw-1") + share("tls-out", "tls", "raw-ja3"))


def start(policy, sources, *options):
    """sources: {id: (type, max_size, more)}"""
    org = Org(policy)
    org.lists = Lists(org.dir)
    org.queues = {}
    for name, (kind, max_size, more) in sources.items():
        org.queues[name] = org.lists.queue(kind, max_size)
        org.sources[name] = org.queues[name].source(more=more)
    org.start_partners(*options)
    return org


def end(org):
    org.close()
    org.lists.stop()


def test_lines_leave_oldest_first_and_are_gone_when_released():
    org = start(LINES, {"their-pdns": (8, 100000, "")})
    q = org.queues["their-pdns"]
    try:
        q.push(numbered(0, 3000))
        org.up()
        until("3000 confirmed", lambda: confirmed(org) == 3000)
        q.push(numbered(3000, 2000))
        until("5000 confirmed", lambda: confirmed(org) == 5000)
        assert org.partners["acme"].lines(8) == numbered(0, 5000)
        until("the list is empty", lambda: q.left() == 0 and
              not org.lists.db.keys("d4-relay:*:processing"))
        s = until("a source", lambda: org.source("their-pdns"))
        assert s["kind"] == "d4core-list" and s["records"] == 5000, s
        assert s["backlog"] == 0 and s["dropped"] == {}, s
        assert s["max_size"] == 100000 and s["alarm"] == "", s
        assert s["state"] == "live", s
        row = org.lane_now()
        assert balanced(row) and row["in"] == 5000, row
        assert row["label"] == "green" and row["source"] == "pdns", row
        code, text = org.ask("status")
        assert code == 0 and "source their-pdns d4core-list type 8" in text
        code, text = org.ask("-n")
        assert code == 0, org.stderr
    finally:
        end(org)


def test_broken_items_are_dropped_with_a_reason_and_block_nothing():
    org = start(LINES, {"their-pdns": (8, 100000, "")})
    q = org.queues["their-pdns"]
    try:
        q.push(numbered(0, 10) + [b"\xff\xfe not utf-8", b"two\nlines",
                                  b"x" * (1 << 20), b"y" * (3 << 20)] +
               numbered(10, 10))
        org.up()
        until("20 confirmed", lambda: confirmed(org) == 20)
        assert org.partners["acme"].lines(8) == numbered(0, 20)
        s = until("a source", lambda: org.source("their-pdns"))
        assert s["dropped"] == {"line.utf8": 1, "item.lines": 1,
                                "line.toolong": 2}, s
        found = collections.Counter()
        for r in org.accounts("source.dropped"):
            assert r["source"] == "their-pdns", r
            found[r["reason"]] += r["records"]
            found["bytes"] += r["bytes"]
        # 12 and 9 bytes of the first two.
        assert found == dict(s["dropped"], bytes=(4 << 20) + 21), found
        assert q.left() == 0
    finally:
        end(org)


def test_kill_9_of_wash_and_redis_loses_nothing_and_doubles_nothing():
    org = start(LINES, {"their-pdns": (8, 1000000, "")})
    q = org.queues["their-pdns"]
    try:
        org.up()
        sent = 0
        for turn in range(12):
            q.push(numbered(sent, 3000), trim=False)
            sent += 3000
            if turn % 3 < 2:
                org.kill("wash")
            else:
                org.lists.kill()
                org.lists.start()
                q.lists = org.lists
        until("all read", lambda: (org.source("their-pdns") or {}).get(
            "records") == sent)
        until("all confirmed", lambda: (org.lane() or {}).get(
            "confirmed") == sent)
        row = org.lane_now()
        assert balanced(row) and row["in"] == sent, row
        got = collections.Counter(org.partners["acme"].lines(8))
        missing = [x for x in numbered(0, sent) if x not in got]
        assert not missing, (len(missing), missing[:3])
        # Wash doubles nothing: each line is once in the airlock.
        assert sum(got.values()) == sent, sum(got.values())
        assert q.left() == 0
    finally:
        end(org)


def test_a_server_that_forgot_gives_again_and_it_is_said():
    org = start(LINES, {"their-pdns": (8, 100000, "")})
    q = org.queues["their-pdns"]
    try:
        org.up()
        q.push(numbered(0, 100))
        until("100 confirmed", lambda: confirmed(org) == 100)
        # As after a restart from an older dump.
        org.kill("wash")
        for key in org.lists.db.keys("d4-relay:*"):
            org.lists.db.delete(key)
        q.push(numbered(0, 150))
        org.kill("wash")
        until("250 read", lambda: (org.source("their-pdns") or {}).get(
            "records") == 250)
        got = collections.Counter()
        until("all there", lambda: len(collections.Counter(
            org.partners["acme"].lines(8))) == 150)
        got = collections.Counter(org.partners["acme"].lines(8))
        assert set(got) == set(numbered(0, 150))
        assert org.accounts("source.replayed"), org.log()
    finally:
        end(org)


def test_two_relays_share_a_list_by_lease():
    org = start(LINES, {"their-pdns": (8, 100000, "")})
    q = org.queues["their-pdns"]
    other = Org(None, db=org.redis)
    try:
        org.options["instance"] = "first"
        org.up()
        q.push(numbered(0, 100))
        until("100 confirmed", lambda: confirmed(org) == 100)
        other.policy, other.master = org.policy, org.master
        other.partners, other.sources = org.partners, org.sources
        other.hmac = org.hmac
        other.options["instance"] = "second"
        other.up()
        until("the second waits", lambda: (other.source("their-pdns") or {})
              .get("state") == "another relay's")
        q.push(numbered(100, 100))
        until("200 confirmed", lambda: confirmed(org) == 200)
        org.stop()
        q.push(numbered(200, 100))
        until("the second took over", lambda: (
            other.source("their-pdns") or {}).get("records") == 100)
        until("300 there", lambda: set(
            org.partners["acme"].lines(8)) == set(numbered(0, 300)))
    finally:
        other.partners, other.redis = {}, False
        other.close()
        end(org)


def test_a_list_that_its_server_trims_is_alarmed_and_accounted():
    org = start(LINES, {"their-pdns": (8, 500, "")})
    q = org.queues["their-pdns"]
    try:
        q.push(numbered(0, 900))
        assert q.left() == 501
        org.up()
        until("the rest confirmed", lambda: confirmed(org) == 501)
        assert org.partners["acme"].lines(8) == numbered(399, 501)
        assert "alarm source=their-pdns list=full" in org.log()
        begun = [r for r in org.accounts("source.trimmed")
                 if r["state"] == "begins"]
        assert begun and begun[0]["lost"] == "unknown", begun
        until("the end is accounted", lambda: [
            r for r in org.accounts("source.trimmed")
            if r["state"] == "ends"])
    finally:
        end(org)


def test_files_are_opened_only_below_their_folder():
    org = Org(FILES)
    org.lists = Lists(org.dir)
    data = os.path.join(org.dir, "data")
    day = os.path.join(data, "4072e072", "1", "2026", "11", "22")
    os.makedirs(day)
    caps = org.lists.queue(1)
    tls = org.lists.queue("ja3-jl")
    org.queues = {"their-caps": caps, "their-tls": tls}
    org.sources["their-caps"] = caps.source(more=", files: " + data)
    org.sources["their-tls"] = tls.source(
        more=", files: %s, prefix: /srv/d4" % data)

    def put(name, content, folder=day):
        path = os.path.join(folder, name)
        with open(path, "wb") as f:
            f.write(content)
        return path
    try:
        secret = put("secret.cap", relay.pcap(7, 9000), org.dir)
        good = [put("a.cap.gz", gzip.compress(relay.pcap(50, 0))),
                put("b.cap", relay.pcap(50, 50)),
                put("c.cap.gz", gzip.compress(relay.pcap(6000, 100)) +
                    gzip.compress(b""))]
        cut = gzip.compress(relay.pcap(3000, 6100))
        bad = [put("cut.cap.gz", cut[:len(cut) // 2]),
               put("no.cap", b"this is no capture" * 10),
               put("gone.cap", b"x")]
        os.unlink(bad[-1])
        os.symlink(secret, os.path.join(day, "link.cap"))
        os.symlink(org.dir, os.path.join(data, "up"))
        os.mkfifo(os.path.join(day, "fifo.cap"))
        hostile = ["/etc/passwd", os.path.join(day, "link.cap"),
                   data + "/../secret.cap", data + "/up/secret.cap",
                   data + "/4072e072/../../../../../../../../etc/shadow",
                   "relative.cap", "", "/dev/null", data, data + "/",
                   os.path.join(day, "fifo.cap"), day, "\x00\xff",
                   "a" * 5000, data + "x/secret.cap",
                   "/proc/self/root" + secret]
        caps.push([good[0]] + hostile + [good[1], good[2]] + bad)
        put("t.json", b'{"JA3Digest":"1"}', day)  # as ja3-jl writes it
        tls.push(["/srv/d4" + os.path.join(day, "t.json")[len(data):]])
        org.start_partners()
        org.up()
        until("the files are read", lambda: (org.source("their-caps") or {})
              .get("records", 0) > 6100 and caps.left() == 0 and
              (org.source("their-tls") or {}).get("records") == 1)
        s = until("a source", lambda: org.source("their-caps"))
        drops = s["dropped"]
        assert drops["file.missing"] == 1, drops
        assert drops["file.gzip"] == 1 and drops["pcap.magic"] == 1, drops
        # Folders and a fifo; all else leads out of the folder.
        assert drops["file.kind"] == 2, drops
        assert drops["file.path"] == len(hostile) - 2, drops
        until("all confirmed", lambda: confirmed(org) ==
              s["records"] + 1)
        numbers = []
        for f in sessions_of(org.partners["acme"], 1):
            for p in list(relay.d4.pcap_records(f))[1:]:
                numbers.append(int.from_bytes(p[16 + 42:16 + 46], "big"))
        assert numbers == sorted(set(numbers)), "order"
        assert set(range(6100)) <= set(numbers) and 9000 not in numbers
        assert org.partners["acme"].lines(254) == [b'{"JA3Digest":"1"}']
        items = {r.get("item") for r in org.accounts("source.dropped")}
        assert "/etc/passwd" in items or hostile[0] in str(items), items
    finally:
        end(org)


def test_kill_9_in_the_middle_of_files_doubles_nothing():
    org = Org(FILES)
    org.lists = Lists(org.dir)
    data = os.path.join(org.dir, "data")
    os.mkdir(data)
    caps = org.lists.queue(1)
    org.sources["their-caps"] = caps.source(more=", files: " + data)
    try:
        org.start_partners()
        org.up()
        sent = 0
        for turn in range(8):
            for k in range(3):
                path = os.path.join(data, "%d-%d.cap.gz" % (turn, k))
                with open(path, "wb") as f:
                    f.write(gzip.compress(relay.pcap(20000, sent), 1))
                sent += 20000
                caps.push([path])
            org.kill("wash")
        until("all read", lambda: (org.source("their-caps") or {}).get(
            "records") == sent)
        row = until("a lane", lambda: org.lane())
        assert balanced(row) and row["in"] == sent, row
        assert sum(e["n"] for _, e in org.spooled()) <= sent
        until("all confirmed", lambda: (org.lane() or {}).get(
            "confirmed") == sent)
    finally:
        end(org)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    relay.run_all(sys.modules[__name__])
    print("ok")
