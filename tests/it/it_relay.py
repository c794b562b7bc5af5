#!/usr/bin/python3
"""The relay against a real redis-server and a model of a stock d4-core."""

import collections
import os
import resource
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from relay import Org, Sensor, balanced, until  # noqa: E402
from relay_cases import (CAP, LOG, ONE, TLS, confirmed, numbered,  # noqa
                         pcap, pipeline, sensors_policy, sessions_of, share,
                         source)

THREE = sensors_policy(
    source("pdns", [LOG], types="8") + source("cap", [CAP], types="1") +
    source("tap", [TLS], meta="ja3-jl"),
    pipeline("raw-8", types="8") + pipeline("raw-1", types="1") +
    pipeline("raw-ja3", meta="ja3-jl"),
    share("pdns-out", "pdns", "raw-8") + share("cap-out", "cap", "raw-1") +
    share("ja3-out", "tap", "raw-ja3"))
META = b'{"type":"ja3-jl","encoding":"utf-8","tags":["tlp:green"]}'


def test_three_types_reach_a_stock_server_and_are_confirmed():
    org = Org(THREE)
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        cap = Sensor(org, 1, uid=CAP)
        tls = Sensor(org, 254, "ja3-jl", META, TLS)
        for i in range(20):
            pdns.lines(numbered(i * 50, 50))
            cap.put(pcap(10, i * 10), 10)
            tls.lines([b'{"JA3Digest":"%d","ServerIP":"192.0.2.1"}' % k
                       for k in range(i * 5, i * 5 + 5)])
        org.up()
        acme = org.partners["acme"]
        until("all confirmed", lambda: org.idle() and sum(
            la.get("confirmed", 0) for la in org.status()["lanes"]) == 1300)
        assert acme.lines(8) == numbered(0, 1000)
        # One global header a session, whole packets: as one file again.
        packets = [p for f in sessions_of(acme, 1)
                   for p in list(relay.d4.pcap_records(f))[1:]]
        assert len(packets) == 200, len(packets)
        assert len(acme.lines(254)) == 100
        metas = {f["payload"] for f in acme.frames() if f["type"] == 2}
        assert len(metas) == 1
        for row in org.status()["lanes"]:
            assert balanced(row), row
            assert row["waiting"] == 0 and row["state"], row
        # No frame under the sensors' own UUIDs.
        uuids = {f["uuid"] for f in acme.frames()}
        assert not uuids & {LOG, CAP, TLS}, uuids
        ended = {s["how"] for s in acme.table("sessions")}
        assert ended == {"confirmed"}, ended
    finally:
        org.close()


def test_kill_9_of_wash_and_post_loses_nothing_and_wash_doubles_nothing():
    org = Org(ONE)
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        sent = 0
        for turn in range(12):
            for _ in range(15):
                pdns.lines(numbered(sent, 40))
                sent += 40
            org.kill("wash" if turn % 3 else "post")
        until("all there", lambda: org.idle() and
              not org.lane() is None and org.lane_now()["waiting"] == 0 and
              org.lane_now()["confirmed"] == sent)
        # Wash: every entry is in the airlock's lane once, counted once.
        row = org.lane()
        assert balanced(row) and row["in"] == sent, row
        got = collections.Counter(org.partners["acme"].lines(8))
        missing = [x for x in numbered(0, sent) if x not in got]
        assert not missing, (len(missing), missing[:3])
        assert len(got) == sent
        # Post: only what was not confirmed when it was killed, four times.
        extra = sum(got.values()) - sent
        assert extra <= 4 * sent // 3, extra
        print("   %d lines, %d sent again by post" % (sent, extra))
    finally:
        org.close()


def test_wash_killed_anywhere_appends_every_entry_once():
    """Without post's resends in the picture: the airlock itself."""
    org = Org(ONE)
    try:
        org.options["budget"] = "1GiB"
        pdns = Sensor(org, 8, uid=LOG)
        org.configure()
        for i in range(300):
            pdns.lines(numbered(i * 20, 20))
        org.start()
        for turn in range(25):
            until("wash", lambda: "wash" in org.pids())
            pid = org.pids()["wash"]
            time.sleep(0.003 * turn)  # where it dies, not what is waited for
            os.kill(pid, signal.SIGKILL)
            for i in range(5):
                pdns.lines(numbered((300 + turn * 5 + i) * 20, 20))
            until("again", lambda: org.pids()["wash"] != pid)
        until("idle", org.idle)
        entries = org.spooled()
        seqs = [e["sess_seq"] for _, e in entries]
        assert seqs == sorted(set(seqs)), "an entry twice, or out of order"
        assert sum(e["n"] for _, e in entries) == 425 * 20
        row = org.lane()
        assert row["in"] == 425 * 20 and balanced(row), row
    finally:
        org.close()


def test_counts_are_the_same_after_a_restart():
    org = Org(THREE)
    try:
        org.start_partners()
        pdns, other = Sensor(org, 8, uid=LOG), Sensor(org, 8)
        for i in range(10):
            pdns.lines(numbered(i * 7, 7))
            other.lines(numbered(i * 3, 3))
        pdns.put(b"garbage without a newline", 1)
        org.up()
        until("confirmed", lambda: org.idle() and confirmed(org) == 70)
        before = org.status()
        assert org.stop() == 0
        org.up()
        until("leased", org.idle)
        after = org.status()
        for name in ("entries", "malformed", "duplicate", "lost", "denied"):
            assert before[name] == after[name], name
        for old, new in zip(before["lanes"], after["lanes"]):
            for name in ("lane", "in", "forward", "drop", "quarantine",
                         "waiting", "sent", "confirmed", "withheld"):
                assert old[name] == new[name], (name, old, new)
        denied = [d for d in after["denied"] if d["rule"] == "source.unknown"]
        assert len(denied) == 1 and denied[0]["in"] == 30, after["denied"]
        assert denied[0]["withheld"] == {"policy.deny": 30}
        assert balanced(denied[0])
    finally:
        org.close()


def test_entries_written_twice_and_broken_ones_are_counted():
    org = Org(ONE)
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        for i in range(5):
            pdns.put(b"".join(x + b"\n" for x in numbered(i * 10, 10)), 10,
                     again=2)
        org.redis.db.xadd(pdns.key(), {"v": "1", "nonsense": "x"})
        org.redis.db.xadd(pdns.key(), {"v": "9"})
        org.up()
        until("confirmed", lambda: org.idle() and confirmed(org) == 50)
        status = org.status()
        assert status["duplicate"] == 5 and status["malformed"] == 2, status
        assert status["entries"] == 12
        assert org.partners["acme"].lines(8) == numbered(0, 50)
    finally:
        org.close()


def test_redis_killed_and_back_costs_nothing():
    org = Org(ONE)
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        sent = 0
        for _ in range(3):
            for _ in range(20):
                pdns.lines(numbered(sent, 20))
                sent += 20
            org.redis.kill()
            until("noticed", lambda: org.status()["redis"] is False)
            org.redis.start()
        until("all there", lambda: org.idle() and confirmed(org) == sent)
        assert org.partners["acme"].lines(8) == numbered(0, sent)
        assert org.lane_now()["in"] == sent
    finally:
        org.close()


def test_the_processes_are_confined():
    org = Org(ONE)
    try:
        org.start_partners()
        org.up()
        for name, pid in org.pids().items():
            with open("/proc/%d/status" % pid) as f:
                fields = dict(x.split(":\t", 1) for x in f)
            assert fields["NoNewPrivs"].strip() == "1", name
            assert fields["Seccomp"].strip() == "2", name
            if os.geteuid() == 0:
                fds = os.listdir("/proc/%d/fd" % pid)
                links = [os.readlink("/proc/%d/fd/%s" % (pid, fd))
                         for fd in fds]
                keys = [x for x in links if x.startswith(org.keys)]
                assert not keys, (name, keys)
    finally:
        org.close()


def test_a_certificate_is_checked_by_ca_and_name():
    org = Org(ONE)
    try:
        org.start_partners()
        acme = org.partners["acme"]
        with open(acme.cert) as f:
            pem = f.read()
        ca = relay.write(os.path.join(org.dir, "ca.pem"),
                         "a comment in front\n" + pem)
        pdns = Sensor(org, 8, uid=LOG)
        pdns.lines(numbered(0, 10))
        org.tls = "{ca: %s}, name: wrong.example" % ca
        org.up()
        row = until("refused by us", lambda: org.lane() and
                    "failure" in org.lane() and org.lane())
        assert row["waiting"] == 10 and not acme.frames(), row
        org.tls = "{ca: %s}, name: localhost" % ca
        org.configure()
        org.reload()
        until("confirmed", lambda: org.idle() and confirmed(org) == 10)
    finally:
        org.close()


def test_a_full_disk_stops_reading_and_loses_nothing():
    org = Org(ONE)
    try:
        org.start_partners()
        acme = org.partners["acme"]
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        pdns.lines(numbered(0, 500))
        until("confirmed", lambda: org.idle() and confirmed(org) == 500)
        wash = org.pids()["wash"]
        old = resource.prlimit(wash, resource.RLIMIT_FSIZE, (8192, -1))
        for i in range(1, 40):
            pdns.lines(numbered(i * 500, 500))
        until("said", lambda: "the disk does not take a batch" in org.log())
        assert "disk" in org.status()["reading"]
        assert org.waiting() > 0 and confirmed(org) == 500
        resource.prlimit(wash, resource.RLIMIT_FSIZE, old)
        until("all there", lambda: org.idle() and confirmed(org) == 20000)
        assert org.pids()["wash"] == wash
        assert acme.lines(8) == numbered(0, 20000)
        row = org.lane()
        assert row["in"] == 20000 and balanced(row), row
    finally:
        org.close()


class Second(Org):
    """Another host's relay on the same queues: its own airlock."""

    def __init__(self, first):
        super().__init__(None, (), first.redis)
        self.policy, self.master, self.hmac = \
            first.policy, first.master, first.hmac
        self.options["instance"] = "second"
        self.partners = first.partners

    def close(self):
        self.partners = {}
        super().close()


def test_a_second_relay_takes_over_from_a_dead_one():
    org = Org(ONE)
    second = Second(org)
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        pdns.lines(numbered(0, 50))
        until("confirmed", lambda: org.idle() and confirmed(org) == 50)
        second.up()
        assert all(q["state"] == "free" for q in second.status()["queues"])
        pids = org.pids()
        stopped = (org.process.pid, pids["wash"], pids["post"])
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        for i in range(10):
            pdns.lines(numbered(50 + i * 10, 10))
        until("taken over", lambda: second.idle() and
              confirmed(second) == 100)
        # The first wakes up, and must notice that it is not its turn.
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        until("free", lambda: all(
            q["state"] == "free"
            for q in (org.status() or {}).get("queues") or [{"state": ""}]))
        # Nobody is left of it, stopped or not, when its supervisor dies.
        os.kill(pids["wash"], signal.SIGSTOP)
        org.process.kill()
        org.process.wait()
        until("gone", lambda: not any(
            os.path.exists("/proc/%d" % p) for p in pids.values()))
        got = org.partners["acme"].lines(8)
        assert collections.Counter(got) == collections.Counter(
            numbered(0, 150))
        assert second.lane_now()["in"] == 100
    finally:
        second.close()
        org.close()


def test_commands_say_what_is_wrong():
    org = Org(ONE)
    try:
        org.configure()
        assert org.ask("-n")[0] == 0, org.stderr
        assert org.ask("status")[0] == 1 and "running" in org.stderr
        assert org.ask("nonsense")[0] == 64
        assert org.ask("partner", "uuids", "nobody")[0] == 1
        code, out = org.ask("partner", "uuids", "acme")
        assert code == 0 and "type 8 source pdns" in out, out
        for good, broken, word in (
                ("port: 1,", "port: 0,", "range"),
                ("host: 127.0.0.1,", "", "host"),
                ("pin:", "pin: x, ca:", "verify"),
                ("idle: 1s", "idle: x", "x"),
                ("drain: 5s", "drian: 5s", "drain")):
            text = open(org.conf).read()
            assert good in text
            relay.write(org.conf, text.replace(good, broken))
            assert org.ask("-n")[0] == 1
            assert org.conf + ":" in org.stderr and word in org.stderr, \
                org.stderr
            org.configure()
    finally:
        org.close()


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
