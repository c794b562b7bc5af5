#!/usr/bin/env python3
"""Post toward a stock d4-core (the model of it) and openssl's own server."""

import base64
import os
import subprocess
import sys
import tempfile
import unittest

from post_case import Case, LANE, TOP, UUID, numbers, until
import jsonl  # noqa: E402

META = '{"type":"ja3-jl","encoding":"utf-8"}'


class Core:
    """The model's process."""

    def __init__(self, pki, home, *args):
        # One folder a process: a killed one leaves a torn last line.
        self.state = tempfile.mkdtemp(prefix="core-", dir=home)
        self.proc = subprocess.Popen(
            [sys.executable, os.path.join(TOP, "tests/support/d4core.py"),
             "--cert", pki.cert, "--key", pki.key, "--state", self.state,
             "--default-key", "a-key"] + list(args), stdout=subprocess.PIPE)
        self.port = int(self.proc.stdout.readline().split()[1])

    def rows(self, name):
        path = os.path.join(self.state, name + ".jsonl")
        return jsonl.rows(path)

    def frames(self):
        """[(type, payload)] of everything that it stored."""
        return [(r["type"], base64.b64decode(r["payload"]))
                for r in self.rows("frames")]

    def numbers(self, session=None):
        out = []
        for r in self.rows("frames"):
            if r["type"] != 2 and session in (None, r["session"]):
                out += numbers(r["type"], base64.b64decode(r["payload"]))
        return out

    def close(self):
        self.proc.kill()
        self.proc.wait()
        self.proc.stdout.close()


class StockCore(Case):
    def core(self, *args):
        c = Core(self.pki, self.home, *(args or ("--register", UUID)))
        self.servers.append(c)
        return c

    def everything(self, n, core=(), **keys):
        c = self.core("--register", UUID, *core)
        self.fill(records=10, entries=n // 10, **keys)
        self.release(LANE)
        p = self.post({"port": c.port})
        p.confirmed(n)
        self.assertEqual(c.numbers(), list(range(n)))
        self.assertEqual({r["how"] for r in c.rows("sessions")},
                         {"confirmed"})
        self.assertEqual(sum(r["kept_back"] + r["lost"]
                             for r in c.rows("sessions")), 0)
        self.assertEqual(len(c.rows("records")), n)
        return c

    def test_packets(self):
        self.everything(3000, type=1, size=700)

    def test_passive_dns(self):
        self.everything(3000, type=8, size=90)

    def test_extended_lines(self):
        c = self.everything(2000, type=254, ext="ja3-jl", meta=META, size=300)
        self.assertEqual({r["ext"] for r in c.rows("sessions")}, {"ja3-jl"})

    def test_session_tickets_are_read_and_are_no_answer(self):
        """Left in the socket they would turn our end into a reset."""
        self.everything(1000, core=("--tickets", "60"), type=8, size=90)

    def test_packets_of_awkward_sizes_are_never_kept_back(self):
        c = self.core()
        at = 0
        for size in (16306, 16307, 16366, 16367, 32691, 49075, 65519, 262000):
            self.fill(type=1, entries=1, records=1, size=size, first=at)
            at += 1
        self.release(LANE)
        p = self.post({"port": c.port})
        p.confirmed(at)
        self.assertEqual(len(c.rows("records")), at)
        self.assertEqual({r["kept_back"] for r in c.rows("sessions")}, {0})

    def test_one_frame_a_record_and_few_frames_for_small_entries(self):
        c = self.core()
        self.fill(type=8, entries=3000, records=1, size=60)
        self.release(LANE)
        p = self.post({"port": c.port})
        p.confirmed(3000)
        self.assertLessEqual(len(c.frames()), 40)

    def test_a_stream_limit_below_ours_is_survived(self):
        c = self.core("--register", UUID, "--stream-max", "100",
                      "--no-workers")
        self.fill(type=8, entries=400, records=20, size=400)
        self.release(LANE)
        p = self.post({"port": c.port, "resend": "all"})
        p.confirmed(8000)
        sure = [n for r in c.rows("sessions") if r["how"] == "confirmed"
                for n in c.numbers(r["session"])]
        self.assertEqual(sorted(set(sure)), list(range(8000)))

    def refused(self, c, sign, **keys):
        self.fill(entries=5, **dict({"type": 8}, **keys))
        self.release(LANE)
        p = self.post({"port": c.port})
        until(lambda: self.log().count("->backoff") >= 2)
        self.assertIn(sign, self.log())
        self.assertEqual(p.lane()["confirmed"], 0)
        return p

    def test_an_unregistered_uuid_is_an_alarm(self):
        self.refused(self.core("--register",
                               "22222222-2222-4222-8222-222222222222"),
                     "failure=refused")

    def test_a_wrong_key_is_an_alarm(self):
        self.refused(self.core("--register", UUID + ":another"),
                     "failure=refused")

    def test_a_type_that_is_off_is_an_alarm(self):
        c = self.core()
        self.refused(c, "failure=refused", type=3)
        self.assertEqual(c.frames(), [])

    def test_a_server_that_says_goodbye_at_such_a_type_is_told_as_such(self):
        c = self.core("--register", UUID, "--polite")
        self.refused(c, "failure=not-accepted likely=type-not-accepted",
                     type=3)
        self.assertEqual(c.frames(), [])

    def test_a_stale_session_locks_out_until_it_is_gone(self):
        c = self.core()
        lock = os.path.join(c.state, "active", "8-" + UUID.replace("-", ""))
        with open(lock, "w"):
            pass
        p = self.refused(c, "failure=refused")
        self.assertIn("stale", self.log())
        os.unlink(lock)
        p.confirmed(5)
        self.assertEqual(c.numbers(), list(range(5)))

    def test_a_killed_server_gets_the_rest_when_it_is_back(self):
        c = self.core("--register", UUID, "--slow-ms", "1")
        self.fill(type=8, entries=1000, records=10, size=500)
        self.release(LANE)
        p = self.post({"port": c.port, "resend": "all"})
        until(lambda: len(c.frames()) > 100)
        c.close()
        back = self.core("--register", UUID, "--port", str(c.port))
        p.confirmed(10000)
        self.assertEqual(set(c.numbers() + back.numbers()),
                         set(range(10000)))


class OpensslServer(Case):
    def test_s_server_reads_the_stream_and_answers(self):
        """No D4 there, but another TLS stack's way to close a session."""
        proc = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert",
             self.pki.cert, "-key", self.pki.key, "-quiet", "-rev"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            port = until(lambda: self.listening(proc.pid))
            self.fill(type=8, entries=50, records=10)
            self.release(LANE)
            p = self.post({"port": port, "resend": "all"})
            p.confirmed(500)
            self.assertEqual(p.drain()["lanes"][0]["waiting"], 0)
        finally:
            proc.kill()
            proc.wait()

    @staticmethod
    def listening(pid):
        """The port on which a process listens, from /proc."""
        sockets = set()
        for fd in os.listdir("/proc/%d/fd" % pid):
            try:
                sockets.add(os.readlink("/proc/%d/fd/%s" % (pid, fd)))
            except OSError:
                continue
        with open("/proc/net/tcp") as f:
            for row in f:
                word = row.split()
                if word[3] == "0A" and "socket:[%s]" % word[9] in sockets:
                    return int(word[1].split(":")[1], 16)
        return None


if __name__ == "__main__":
    unittest.main(verbosity=2)
