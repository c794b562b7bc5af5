#!/usr/bin/env python3
"""Post: refusals, dead ends and the alarms for them."""

import contextlib
import socket
import threading
import time
import unittest

from post_case import Case, DEADLINE, LANE, UUID, until


class Refusal(Case):
    def refused(self, play, sign, count=3, **partner):
        s = self.server(play)
        self.fill(type=8, entries=10, records=5)
        self.release(LANE)
        p = self.post(dict({"port": s.port}, **partner), confirm_us=500000)
        until(lambda: self.log().count("->backoff") >= count)
        log = self.log()
        self.assertIn(sign, log)
        self.assertEqual(log.count("post failing"), 1)
        self.assertIn(UUID, log)
        self.assertIn("lane=" + LANE, log)
        lane = p.lane()
        self.assertEqual(lane["confirmed"], 0)
        self.assertEqual(lane["waiting"] + lane["under_way"], 50)
        return s, p

    def test_eof_at_once(self):
        s, p = self.refused(lambda c, t, n: None, "failure=refused")
        s.play = lambda c, t, n: s.serve(c, t)
        p.confirmed(50)
        self.assertIn("post works again", self.log())
        self.assertExact(s, 50)

    def test_one_who_took_us_may_refuse_later_and_it_is_told(self):
        shut = threading.Event()

        def play(conn, tls, n):
            if not shut.is_set():
                s.serve(conn, tls)

        s = self.server(play)
        self.fill(type=8, entries=10, records=5)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(50)
        shut.set()
        self.fill(type=8, entries=10, records=5, first=50)
        p.nudge()
        until(lambda: "failure=refused" in self.log())
        self.assertEqual(p.lane()["failure"], "refused")
        shut.clear()
        p.confirmed(100)
        self.assertEqual(sorted(set(s.records())), list(range(100)))

    def test_sessions_of_a_lane_keep_the_gap(self):
        begun = []

        def play(conn, tls, n):
            begun.append(time.monotonic())
            s.serve(conn, tls)

        s = self.server(play)
        self.fill(type=8, entries=40, records=50, size=500)
        self.release(LANE)
        p = self.post({"port": s.port, "gap_us": 600000})
        p.confirmed(2000)
        self.assertExact(s, 2000)
        self.assertGreater(len(begun), 1)
        for one, two in zip(begun, begun[1:]):
            self.assertGreater(two - one, 0.5)

    def test_close_notify_of_the_server_confirms_nothing(self):
        def play(conn, tls, n):
            tls.recv(16384)
            with contextlib.suppress(OSError):  # it is not answered
                tls.unwrap()

        s, p = self.refused(play, "failure=not-accepted")
        self.assertIn("not accepted there", self.log())
        s.play = lambda c, t, n: s.serve(c, t)
        p.confirmed(50)
        self.assertExact(s, 50)

    def test_eof_instead_of_an_answer_confirms_nothing(self):
        def play(conn, tls, n):
            while tls.recv(16384):
                pass

        self.refused(play, "failure=refused")

    def test_no_answer_confirms_nothing(self):
        def play(conn, tls, n):
            while tls.recv(16384):
                pass
            time.sleep(5)

        self.refused(play, "failure=unconfirmed", count=2)

    def test_a_wrong_pin_sends_nothing(self):
        s = self.server()
        self.fill(type=8, entries=10, records=5)
        self.release(LANE)
        p = self.post({"port": s.port, "pin": self.other.pin})
        until(lambda: self.log().count("->backoff") >= 3)
        self.assertIn("failure=tls", self.log())
        self.assertIn("fingerprint", self.log())
        self.assertEqual(s.records(), [])
        self.assertEqual(p.lane()["sent"], 0)
        self.assertIn("failure", p.status()["partners"][0])

    def test_a_closed_port_is_one_alarm_for_all_lanes(self):
        # Bound, so that no other test gets it, and not listening: refused.
        probe = socket.socket()
        self.addCleanup(probe.close)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        lanes = ["%016x" % i for i in range(20)]
        for i, lane in enumerate(lanes):
            self.fill(type=8, lane=lane,
                      uuid="11111111-1111-4111-8111-%012x" % i)
        self.release(*lanes)
        self.post({"port": port})
        until(lambda: self.log().count("->backoff") >= 3)
        self.assertEqual(self.log().count("post failing"), 1)
        self.assertIn("failure=connect", self.log())

    def test_a_black_hole_is_given_up_and_resent(self):
        def play(conn, tls, n):
            if n == 1:
                time.sleep(DEADLINE)
            else:
                s.serve(conn, tls)

        s = self.server(play, rcvbuf=4096)
        self.fill(type=8, entries=200, records=50, size=1000)
        self.release(LANE)
        p = self.post({"port": s.port}, stall_us=1000000, confirm_us=1000000)
        p.confirmed(10000)
        self.assertExact(s, 10000)
        self.assertEqual(p.lane()["maybe_lost"], 0)

    def test_one_partner_never_delays_another(self):
        hole = self.server(lambda c, t, n: time.sleep(DEADLINE), rcvbuf=4096)
        good = self.server()
        for who in ("bad", "good"):
            self.fill(type=8, partner=who, entries=300, records=50, size=500)
            self.release(LANE, partner=who)
        p = self.post({"id": "bad", "port": hole.port},
                      {"id": "good", "port": good.port})
        until(lambda: p.status()["partners"][1]["lanes"][0]["confirmed"]
              == 15000)
        self.assertExact(good, 15000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
