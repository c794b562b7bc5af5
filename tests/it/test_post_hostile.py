#!/usr/bin/env python3
"""Post: partners that mean harm, and what is concluded from refusals."""

import contextlib
import os
import subprocess
import time
import unittest

from post_case import Case, DEADLINE, LANE, UUID, until
from ports import free_port


def memory(pid):
    with open("/proc/%d/statm" % pid) as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Hostile(Case):
    def beside(self, play, **times):
        """A hostile partner, and one that has to get everything in time."""
        bad, good = self.server(play, rcvbuf=4096), self.server()
        for who in ("bad", "good"):
            self.fill(type=8, partner=who, entries=300, records=50, size=500)
            self.release(LANE, partner=who)
        p = self.post({"id": "bad", "port": bad.port},
                      {"id": "good", "port": good.port}, **times)
        until(lambda: p.status()["partners"][1]["lanes"][0]["confirmed"]
              == 15000)
        self.assertExact(good, 15000)
        self.assertLess(memory(p.proc.pid), 200 << 20)
        return bad, p

    def failure(self, p):
        return p.status()["partners"][0]["lanes"][0].get("failure")

    def test_one_who_never_reads(self):
        _, p = self.beside(lambda c, t, n: time.sleep(DEADLINE),
                           stall_us=1000000)
        until(lambda: self.failure(p) == "stalled")

    def test_one_who_reads_a_byte_now_and_then(self):
        def play(conn, tls, n):
            while tls.recv(1):
                time.sleep(0.2)

        bad, p = self.beside(play)
        self.assertEqual(p.status()["partners"][0]["lanes"][0]["confirmed"],
                         0)
        p.kill()

    def test_one_who_sends_and_sends(self):
        def play(conn, tls, n):
            tls.recv(1)
            while True:
                tls.sendall(b"x" * 16384)

        _, p = self.beside(play)
        until(lambda: self.failure(p) == "flood")

    def test_one_who_says_goodbye_first(self):
        def play(conn, tls, n):
            with contextlib.suppress(OSError):
                tls.unwrap()

        _, p = self.beside(play)
        until(lambda: self.failure(p) == "not-accepted")

    def test_one_who_closes_without_a_word_while_we_send(self):
        _, p = self.beside(lambda c, t, n: t.recv(1))
        until(lambda: self.failure(p) == "refused")

    def s_server(self, commands, *args):
        """openssl's server, which obeys letters on its stdin."""
        port = free_port()
        # Unbuffered: it may go away before it took all.
        proc = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:%d" % port, "-cert",
             self.pki.cert, "-key", self.pki.key] + list(args),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, bufsize=0)
        self.addCleanup(proc.wait)
        self.addCleanup(proc.kill)
        self.addCleanup(proc.stdin.close)
        self.fill(type=8, entries=200, records=50, size=200)
        self.release(LANE)
        p = self.post({"port": port, "rate": 8000000})
        until(lambda: p.lane().get("acked", 0) > 100, text="first records")
        with contextlib.suppress(OSError):
            for _ in range(400):
                proc.stdin.write(commands)
                time.sleep(0.001)
        self.assertLess(memory(p.proc.pid), 200 << 20)
        self.assertIsNone(p.proc.poll())
        self.assertIn("state", p.lane())
        p.kill()

    def test_one_who_changes_keys_all_the_time(self):
        self.s_server(b"K\n", "-tls1_3")

    def test_one_who_wants_to_renegotiate_all_the_time(self):
        self.s_server(b"R\n", "-tls1_2")


class Likely(Case):
    """No reason is sent with a refusal: it is concluded."""

    OTHER = "22222222-2222-4222-8222-222222222222"

    def refused(self, lane=LANE, alarms=1):
        until(lambda: self.p.lane(lane).get("failure") == "refused" and
              self.log().count("post failing") >= alarms)
        return self.p.lane(lane)["likely"]

    def serve(self, wanted):
        """Serves a session if wanted(first frame) says so."""
        def play(conn, tls, n):
            s.serve(conn, tls, wanted=wanted)

        s = self.server(play)
        self.p = None
        return s

    def begin(self, s, **more):
        self.p = self.post(dict({"port": s.port}, **more))

    def test_nothing_is_served_there(self):
        s = self.serve(lambda f: False)
        self.fill(type=8, entries=5)
        self.release(LANE)
        self.begin(s)
        self.assertEqual(self.refused(), "wrong-key")
        self.assertIn("likely=wrong-key", self.log())

    def test_another_uuid_is_served_there(self):
        s = self.serve(lambda f: str(f.uuid) == self.OTHER)
        self.fill(type=8, entries=5, lane="%016x" % 1, uuid=self.OTHER)
        self.release("%016x" % 1, LANE)
        self.begin(s)
        self.p.confirmed(5, "%016x" % 1)
        self.fill(type=8, entries=5)
        self.p.nudge()
        self.assertEqual(self.refused(), "unregistered")

    def test_another_type_of_the_uuid_is_served_there(self):
        s = self.serve(lambda f: f.type == 8)
        self.fill(type=8, entries=5)
        self.release("%016x" % 1, LANE)
        self.begin(s)
        self.p.confirmed(5)
        self.fill(type=3, entries=5, lane="%016x" % 1)
        self.p.nudge()
        self.assertEqual(self.refused("%016x" % 1), "type-not-accepted")

    def test_it_was_served_there(self):
        open_ = [True]
        s = self.serve(lambda f: open_[0])
        self.fill(type=8, entries=5)
        self.release(LANE)
        self.begin(s)
        self.p.confirmed(5)
        self.p.drain()
        open_[0] = False
        self.fill(type=8, entries=5, first=5)
        self.begin(s)
        self.assertEqual(self.refused(), "blocked")
        open_[0] = True
        self.p.confirmed(10)
        self.assertNotIn("failure", self.p.lane())
        self.assertIn("post works again", self.log())

    def locked_out(self, cut):
        """cut(server, tls, n): it cuts a session off, or None. Then nothing
        is served any more, until it is unlocked."""
        def play(conn, tls, n):
            if locked[0]:
                return
            if cut(s, conn, tls, n):
                locked[0] = True
                s.reset(tls)
            else:
                s.serve(conn, tls)

        locked = [False]
        s = self.server(play)
        self.fill(type=8, entries=400, records=20, size=400)
        self.release(LANE)
        self.begin(s, resend="all")
        return s, locked, play

    def test_its_long_session_was_cut_off(self):
        def cut(s, conn, tls, n):
            return n == 3 and not s.serve(conn, tls, most=120)

        _, locked, _ = self.locked_out(cut)
        self.assertEqual(self.refused(), "stale-session")
        self.assertIn(UUID, self.log())
        locked[0] = False
        self.p.confirmed(8000)

    def test_a_session_that_was_ended_at_its_beginning_was_refused(self):
        def cut(s, conn, tls, n):
            return n == 2 and not s.serve(conn, tls, most=1)

        _, locked, _ = self.locked_out(cut)
        self.assertEqual(self.refused(), "blocked")
        locked[0] = False
        self.p.confirmed(8000)

    def test_the_server_of_its_session_was_killed(self):
        def cut(s, conn, tls, n):
            if n != 2 or s.serve(conn, tls, most=1):
                return False
            s.acceptor.close()
            self.servers.remove(s)
            return True

        s, locked, play = self.locked_out(cut)
        until(lambda: self.p.lane().get("failure") == "connect" or
              "failure=connect" in self.log())
        self.server(play, port=s.port)
        self.assertEqual(self.refused(), "stale-session")
        locked[0] = False
        self.p.confirmed(8000)


class Held(Case):
    """A stock server confirms an extended type that is off, and loses it."""

    def stock(self, *lanes):
        self.release(*lanes, profile="d4-core")

    def test_a_type_that_is_not_known_to_be_accepted_waits(self):
        s = self.server()
        self.fill(type=3, entries=5)
        self.fill(type=254, ext="suricata-eve", lane="%016x" % 1,
                  meta='{"type":"suricata-eve"}', entries=5)
        self.fill(type=254, ext="ja3-jl", lane="%016x" % 2,
                  meta='{"type":"ja3-jl"}', entries=5)
        self.stock(LANE, "%016x" % 1, "%016x" % 2)
        p = self.post({"port": s.port})
        p.confirmed(5, "%016x" % 2)
        for lane in (LANE, "%016x" % 1):
            until(lambda lane=lane: p.lane(lane).get("failure") == "held")
            self.assertEqual(p.lane(lane)["waiting"], 5)
            self.assertIn("accepts", p.lane(lane)["hint"])
        self.assertEqual(len(s.conns), 1)
        p.drain()
        p = self.post({"port": s.port, "accepts": "suricata-eve"})
        p.confirmed(5, "%016x" % 1)
        self.assertEqual(p.lane()["confirmed"], 0)
        p.drain()
        p = self.post({"port": s.port, "accepts": "all"})
        p.confirmed(5)
        self.assertEqual(self.accounted(), {})

    def test_another_server_is_not_restricted(self):
        s = self.server()
        self.fill(type=3, entries=5)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(5)

    def test_the_gap_follows_the_profile(self):
        s = self.server()
        self.fill(type=8, entries=100, records=20, size=400)
        self.stock(LANE)
        p = self.post({"port": s.port, "gap_us": 2 ** 64 - 1})
        until(lambda: p.lane().get("confirmed", 0) > 0)
        until(lambda: p.lane()["state"] == "idle")
        self.assertGreater(p.lane()["waiting"], 0)  # for twelve seconds
        self.release(LANE)
        p.nudge()
        p.confirmed(2000)
        self.assertExact(s, 2000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
