#!/usr/bin/env python3
"""Post: delivery to servers that behave, and lanes beside one another."""

import collections
import threading
import unittest

from post_case import Case, LANE, Post, until


class Delivery(Case):
    def test_lines_arrive_once_in_order_and_confirmed(self):
        s = self.server()
        self.fill(type=8, entries=400, records=50, size=90)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(20000)
        self.assertExact(s, 20000)
        self.assertTrue(all(c.confirmed for c in s.conns))
        self.assertLessEqual(max(n for c in s.conns for _, n in c.frames),
                             10000)
        self.assertLessEqual(len(s.conns[0].frames), 16)  # the probe
        lane = p.drain()["lanes"][0]
        self.assertEqual(lane["sent"], 20000)
        self.assertEqual(lane["acked"], 20000)
        self.assertEqual(lane["waiting"], 0)
        self.assertEqual(lane["resent"], 0)
        self.assertEqual(self.accounted(), {})

    def test_packets_arrive_with_one_opening_a_session(self):
        s = self.server()
        self.fill(type=1, entries=300, records=40, size=400)
        self.release(LANE)
        p = self.post({"port": s.port, "rotate_bytes": 500000})
        p.confirmed(12000)
        self.assertExact(s, 12000)
        self.assertGreater(len(s.conns), 5)
        self.assertEqual(p.drain()["lanes"][0]["resend"], "tcp")

    def test_type_254_goes_behind_its_meta_header(self):
        s = self.server()
        meta = '{"type":"ja3-jl","encoding":"utf-8"}'
        self.fill(type=254, ext="ja3-jl", meta=meta, entries=30, records=30)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(900)
        self.assertExact(s, 900)
        for c in s.conns:
            self.assertEqual(c.meta.decode(), meta)
            self.assertEqual([t for t, _ in c.frames[:2]], [2, 254])

    def test_records_of_every_awkward_size(self):
        s = self.server()
        at = 0
        sizes = (16306, 16307, 16308, 16366, 16367, 32691, 65519, 200000)
        for size in sizes:  # + 16 bytes of packet header
            self.fill(type=1, entries=2, records=1, size=size, first=at)
            at += 2
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(at)
        self.assertExact(s, at)

    def test_a_line_over_a_million_bytes_is_accounted(self):
        s = self.server()
        self.fill(type=3, entries=1, records=2, size=100)
        self.fill(type=3, entries=1, records=1, size=1000001, first=2)
        self.fill(type=3, entries=1, records=1, size=1000000, first=3)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(3)
        self.assertEqual(s.records(), [0, 1, 3])
        self.assertEqual(s.bad(), [])
        self.assertEqual(self.accounted(), {"wire.toobig": 1})
        lane = p.drain()["lanes"][0]
        self.assertEqual((lane["toobig"], lane["waiting"]), (1, 0))

    def test_what_comes_later_goes_out_in_the_same_session(self):
        s = self.server()
        self.release(LANE)
        p = self.post({"port": s.port, "idle_us": 5000000})
        for i in range(20):
            self.fill(type=8, first=i * 3, records=3)
            p.nudge()
            until(lambda: len(s.records()) >= i * 3 + 3)
        self.assertLessEqual(len(s.conns), 4)
        p.drain()
        self.assertExact(s, 60)
        self.assertTrue(all(c.confirmed for c in s.conns))

    def test_a_slow_reader_gets_everything_once(self):
        s = self.server(lambda c, t, n: s.serve(c, t, pause=0.002),
                        rcvbuf=8192)
        self.fill(type=1, entries=40, records=50, size=1400)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(2000)
        self.assertExact(s, 2000)

    def test_a_name_is_resolved(self):
        s = self.server()
        self.fill(type=8, entries=3)
        self.release(LANE)
        p = self.post({"port": s.port, "host": "localhost",
                       "ca": self.pki.cert, "pin": ""})
        p.kill()
        args = {"port": s.port, "host": "localhost", "ca": self.pki.cert}
        p = Post(self.home, [args])
        self.posts.append(p)
        p.confirmed(3)
        self.assertExact(s, 3)


class Lanes(Case):
    def test_lanes_of_one_slot_send_in_turns(self):
        active, worst = [0], [0]
        guard = threading.Lock()

        def play(conn, tls, n):
            with guard:
                active[0] += 1
                worst[0] = max(worst[0], active[0])
            s.serve(conn, tls)
            with guard:
                active[0] -= 1

        s = self.server(play)
        for i in range(3):
            self.fill(type=8, lane="%016x" % i, entries=50, records=10,
                      first=i * 500)
        self.release(*["%016x" % i for i in range(3)])
        p = self.post({"port": s.port})
        for i in range(3):
            p.confirmed(500, "%016x" % i)
        self.assertEqual(worst[0], 1)
        self.assertEqual(sorted(s.records()), list(range(1500)))

    def test_lanes_of_one_slot_all_get_their_turn(self):
        s = self.server()
        lanes = ["%016x" % i for i in range(3)]
        for i, lane in enumerate(lanes):
            self.fill(type=8, lane=lane, entries=400, records=20, size=500,
                      first=i * 8000)
        self.release(*lanes)
        self.post({"port": s.port, "rate": 24000000}, turn_us=100000)
        until(lambda: len(s.conns) >= 9, timeout=90, text="sessions")
        who = [c.records[0] // 8000 for c in s.conns[:8] if c.records]
        # Nobody is served twice while another one waits for long: one that
        # has only just been served may ask again late, so five and not three.
        for at in range(len(who) - 4):
            self.assertEqual(len(set(who[at:at + 5])), 3, who)

    def test_lanes_share_a_partners_rate(self):
        s = self.server()
        lanes = ["%016x" % i for i in range(4)]
        for i, lane in enumerate(lanes):
            # One has large entries, the others small ones.
            self.fill(type=8, lane=lane, entries=(20, 2000)[i != 0],
                      records=(1000, 10)[i != 0], size=500,
                      uuid="11111111-1111-4111-8111-%012x" % i,
                      first=i * 20000)
        self.release(*lanes)
        self.post({"port": s.port, "rate": 16000000, "idle_us": 5000000})
        # Behind the first second's burst and the probes.
        until(lambda: len(s.records()) > 14000, text="first records")
        before = collections.Counter(r // 20000 for r in s.records())
        until(lambda: len(s.records()) > 26000, text="more records")
        after = collections.Counter(r // 20000 for r in s.records())
        got = [after[i] - before[i] for i in range(4)]
        self.assertGreater(min(got) * 3, max(got), got)

    def test_many_lanes_at_once(self):
        s = self.server()
        lanes = ["%016x" % i for i in range(100)]
        for i, lane in enumerate(lanes):
            self.fill(type=8, lane=lane, entries=5, records=10, first=i * 50,
                      uuid="11111111-1111-4111-8111-%012x" % i)
        self.release(*lanes)
        p = self.post({"port": s.port})
        until(lambda: sum(x["confirmed"] for x in
                          p.status()["partners"][0]["lanes"]) == 5000)
        self.assertEqual(sorted(s.records()), list(range(5000)))
        self.assertEqual(s.bad(), [])

    def test_different_snaplens_share_a_session(self):
        s = self.server()
        for i in range(20):
            self.fill(type=1, first=i, snaplen=(96, 65535)[i % 2])
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(20)
        self.assertExact(s, 20)
        self.assertLessEqual(len(s.conns), 4)

    def test_an_unsupported_lane_says_so_and_harms_no_other(self):
        s = self.server()
        self.fill(type=9, lane="00000000000000cc", entries=3)
        self.fill(type=8, entries=3)
        self.release(LANE, "00000000000000cc")
        p = self.post({"port": s.port})
        p.confirmed(3)
        self.assertExact(s, 3)
        self.assertIn("not supported", p.lane("00000000000000cc")["broken"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
