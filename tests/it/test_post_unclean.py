#!/usr/bin/env python3
"""Post: sessions that break, servers with limits, kill -9 and drain."""

import collections
import socket
import unittest

from post_case import Case, LANE, Server, until


class Unclean(Case):
    def lanes_cut(self, kind, resend, after, cut):
        """The first long session is broken; -> server, status, records."""
        def play(conn, tls, n):
            if n == 3:
                s.serve(conn, tls, most=after)
                cut(tls)
            else:
                s.serve(conn, tls)

        s = self.server(play)
        self.fill(type=kind, entries=600, records=20, size=400)
        self.release(LANE)
        p = self.post({"port": s.port, "resend": resend})
        until(lambda: p.lane().get("waiting") == 0 and
              p.lane()["state"] == "idle" and
              p.lane()["confirmed"] + p.lane()["maybe_lost"] == 12000)
        return s, p.drain()["lanes"][0]

    def test_resend_all_loses_nothing_and_repeats_one_session(self):
        for cut in (Server.reset, lambda tls: socket.socket.close(tls)):
            self.setUp()
            s, lane = self.lanes_cut(8, "all", 30, cut)
            got = collections.Counter(s.records())
            self.assertEqual(set(got), set(range(12000)))
            again = {r for r in got if got[r] > 1}
            self.assertLessEqual(again, set(s.conns[2].records))
            self.assertEqual(lane["confirmed"], 12000)
            self.assertEqual(lane["maybe_lost"], 0)
            self.assertGreater(lane["resent"], 0)
            rest = [r for i, c in enumerate(s.conns) for r in c.records
                    if i != 2]
            self.assertEqual(rest, list(range(12000)))
            self.assertEqual(self.accounted(), {})

    def test_resend_tcp_counts_exactly_what_it_gave_up(self):
        for cut in (Server.reset, lambda tls: socket.socket.close(tls)):
            self.setUp()
            s, lane = self.lanes_cut(1, "tcp", 20, cut)
            got = collections.Counter(s.records())
            missing = set(range(12000)) - set(got)
            self.assertEqual(lane["confirmed"] + lane["maybe_lost"], 12000)
            self.assertEqual(self.accounted().get("maybe_lost", 0),
                             lane["maybe_lost"])
            self.assertGreater(lane["maybe_lost"], 0)
            cut_off = s.conns[2].records
            self.assertLessEqual(len(missing) + len(cut_off),
                                 lane["maybe_lost"] + 20)
            # Twice: at most the entry that was not wholly acknowledged.
            again = {r for r in got if got[r] > 1}
            self.assertLessEqual(len(again), 20)

    def test_a_server_with_a_low_limit_gets_everything_in_the_end(self):
        """It aborts every session at 40 frames: sessions get shorter."""
        def play(conn, tls, n):
            if not s.serve(conn, tls, most=40):
                s.reset(tls)

        s = self.server(play)
        self.fill(type=8, entries=400, records=10, size=500)
        self.release(LANE)
        p = self.post({"port": s.port, "resend": "all"})
        p.confirmed(4000)
        sure = [r for c in s.conns if c.confirmed for r in c.records]
        self.assertEqual(sure, list(range(4000)))

    def kill_9(self, kind, resend):
        s = self.server(lambda c, t, n: s.serve(c, t, pause=0.001))
        self.fill(type=kind, entries=2000, records=10, size=400)
        self.release(LANE)
        for _ in range(4):
            p = self.post({"port": s.port, "resend": resend,
                           "rotate_bytes": 400000})
            seen = len(s.records())
            until(lambda: len(s.records()) > seen + 1500)
            p.kill()
        p = self.post({"port": s.port, "resend": resend})
        until(lambda: p.lane().get("waiting") == 0 and
              p.lane()["state"] == "idle")
        return s, p.drain()["lanes"][0]

    def test_kill_9_loses_nothing_with_resend_all(self):
        s, lane = self.kill_9(8, "all")
        self.assertEqual(set(s.records()), set(range(20000)))
        self.assertEqual(lane["confirmed"], 20000)
        # Only a session that was killed, or confirmed too late to be noted,
        # is sent again.
        again = len(s.records()) - 20000
        worst = max(len(c.records) for c in s.conns)
        self.assertLessEqual(again, 4 * worst)
        self.assertEqual(self.accounted(), {})

    def test_kill_9_is_counted_with_resend_tcp(self):
        s, lane = self.kill_9(1, "tcp")
        self.assertEqual(lane["confirmed"] + lane["maybe_lost"], 20000)
        self.assertEqual(self.accounted().get("maybe_lost", 0),
                         lane["maybe_lost"])
        missing = set(range(20000)) - set(s.records())
        self.assertLessEqual(len(missing), lane["maybe_lost"])

    def test_drain_ends_properly(self):
        s = self.server()
        self.fill(type=1, entries=3000, records=10, size=1000)
        self.release(LANE)
        p = self.post({"port": s.port, "rate": 80000000})
        until(lambda: len(s.records()) > 3000)
        lane = p.drain()["lanes"][0]
        self.assertEqual(lane["confirmed"], len(s.records()))
        self.assertEqual(lane["confirmed"] + lane["waiting"], 30000)
        self.assertTrue(all(c.confirmed for c in s.conns))
        self.assertExact(s, lane["confirmed"])
        p = self.post({"port": s.port})
        p.confirmed(30000)
        self.assertExact(s, 30000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
