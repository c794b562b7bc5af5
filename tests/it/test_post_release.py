#!/usr/bin/env python3
"""Post: nothing leaves that is not released now; limits and times hold."""

import json
import os
import time
import unittest

from post_case import Case, DEADLINE, LANE, until


class Release(Case):
    def nothing_goes(self, p, s):
        for _ in range(30):
            p.nudge()
            self.assertNotIn("failure", p.status()["partners"][0])
        self.assertEqual(s.records(), [])
        self.assertEqual(len(s.conns), 0)

    def test_without_a_release_nothing_is_sent(self):
        s = self.server()
        self.fill(type=8, entries=10)
        p = self.post({"port": s.port})
        self.nothing_goes(p, s)
        bad = ("", "{", "[]", '{"v":2,"lanes":{}}', '{"v":1}',
               '{"v":1,"lanes":{"%s":{"rule":"r"}}}' % LANE,
               '{"v":1,"lanes":{"00000000000000AA":{}}}')
        for text in bad:
            self.release_text(text)
            self.nothing_goes(p, s)
        self.assertIn("sends nothing", self.log())
        self.release("00000000000000bb")
        self.nothing_goes(p, s)
        self.assertFalse(p.lane()["released"])
        self.release(LANE)
        p.nudge()
        p.confirmed(10)
        self.assertExact(s, 10)

    def test_a_withdrawn_lane_stops_in_its_session(self):
        s = self.server()
        self.fill(type=8, entries=4000, records=10, size=500)
        self.release(LANE)
        p = self.post({"port": s.port, "rate": 20000000})
        until(lambda: len(s.records()) > 500)
        self.release()
        p.nudge()
        until(lambda: p.lane()["state"] == "idle")
        sent = len(s.records())
        self.assertLess(sent, 30000)
        for _ in range(30):
            p.nudge()
            self.assertEqual(p.lane()["state"], "idle")
        self.assertEqual(len(s.records()), sent)
        self.assertTrue(all(c.confirmed for c in s.conns))
        p.kill()
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(40000)
        self.assertExact(s, 40000)  # though it was cut inside an entry

    def test_a_tightened_policy_stops_inside_an_entry(self):
        s = self.server()
        self.fill(type=8, entries=3, records=2000, size=500)  # 1 MB each
        self.release(LANE)
        p = self.post({"port": s.port, "rate": 1600000})
        until(lambda: len(s.records()) > 200)
        self.release(LANE, pipeline="stricter")
        p.nudge()
        until(lambda: p.lane()["waiting"] == 0 and
              p.lane()["state"] == "idle")
        lane = p.drain()["lanes"][0]
        sent = len(s.records())
        self.assertLess(sent, 2000)  # the first entry did not go out whole
        self.assertExact(s, sent)
        self.assertEqual(lane["confirmed"], sent)
        self.assertEqual(lane["withheld"], 6000 - sent)
        self.assertEqual(self.accounted(), {"send.recheck": 6000 - sent})

    def segments(self):
        path = os.path.join(self.home, "spool/acme", LANE)
        return [os.path.join(path, n) for n in sorted(os.listdir(path))]

    def test_segments_that_wash_took_away_are_counted_and_do_not_stop_it(self):
        s = self.server()
        for i in range(4):
            self.fill(type=8, entries=5, records=4, first=20 * i,
                      rule="r%d" % i)
        os.unlink(self.segments()[1])
        os.unlink(self.segments()[0])
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(40)
        self.assertExact(s, 40, first=40)
        lane = p.lane()
        self.assertEqual((lane["gone"], lane["maybe_lost"], lane["waiting"]),
                         (40, 0, 0))
        self.assertEqual(self.accounted(), {})  # wash did that
        self.fill(type=8, entries=5, records=4, first=80, rule="r4")
        os.unlink(self.segments()[-1])
        self.fill(type=8, entries=1, records=4, first=100, rule="r5")
        p.nudge()
        p.confirmed(44)
        self.assertEqual(p.drain()["lanes"][0]["waiting"], 0)

    def test_what_was_sent_and_taken_away_unconfirmed_is_maybe_lost(self):
        def mute(conn, tls, n):
            while True:
                if not tls.recv(16384):
                    time.sleep(DEADLINE)

        def saved():
            path = os.path.join(self.home, "cursors/acme", LANE + ".cursor")
            if not os.path.exists(path):
                return 0
            with open(path) as f:
                return json.load(f)["acked_records"]

        s = self.server(mute)
        self.fill(type=8, entries=5, records=4, rule="r0")
        self.release(LANE)
        p = self.post({"port": s.port, "resend": "all"})
        until(lambda: saved() == 20)
        p.kill()
        self.fill(type=8, entries=5, records=4, first=20, rule="r1")
        os.unlink(self.segments()[0])
        s.play = lambda c, t, n: s.serve(c, t)
        p = self.post({"port": s.port, "resend": "all"})
        p.confirmed(20)
        self.assertExact(s, 20, first=20)
        lane = p.drain()["lanes"][0]
        self.assertEqual((lane["maybe_lost"], lane["gone"], lane["waiting"]),
                         (20, 0, 0))
        self.assertEqual(self.accounted(), {"maybe_lost": 20})

    def test_entries_of_another_pipeline_are_withheld_and_accounted(self):
        s = self.server()
        self.fill(type=8, entries=5, records=4, pipeline="old")
        self.fill(type=8, entries=5, records=4, pipeline="new", first=20)
        self.release(LANE, pipeline="new")
        p = self.post({"port": s.port})
        p.confirmed(20)
        self.assertExact(s, 20, first=20)
        lane = p.drain()["lanes"][0]
        self.assertEqual((lane["withheld"], lane["waiting"]), (20, 0))
        self.assertEqual(self.accounted(), {"send.recheck": 20})

    def test_entries_up_to_a_denial_are_withheld_and_accounted(self):
        s = self.server()
        self.fill(type=8, entries=10, records=4)
        self.release(LANE, after=3)
        p = self.post({"port": s.port})
        p.confirmed(28)
        self.assertExact(s, 28, first=12)
        self.assertEqual(self.accounted(), {"send.recheck": 12})

    def test_entries_that_are_ahead_of_the_release_wait_for_it(self):
        s = self.server()
        self.fill(type=8, entries=5, records=4, pipeline="old")
        self.fill(type=8, entries=5, records=4, pipeline="new", first=20)
        self.release(LANE, pipeline="old")
        p = self.post({"port": s.port}, recheck_us=10000000)
        until(lambda: len(s.records()) == 20)
        self.release(LANE, pipeline="new")
        p.nudge()
        p.confirmed(40)
        self.assertExact(s, 40)
        self.assertEqual(self.accounted(), {})

    def test_a_file_that_nobody_renews_releases_nothing(self):
        s = self.server()
        self.fill(type=8, entries=2, records=5)
        self.release(LANE)
        path = os.path.join(self.home, "spool/acme/release.json")

        def refused(times):
            until(lambda: self.log().count("post sends nothing") == times,
                  text="refused")

        for n, old in enumerate((time.time() - 400, time.time() + 400)):
            os.utime(path, (old, old))
            p = self.post({"port": s.port})
            refused(n + 1)
            self.assertEqual(s.records(), [])
            p.drain()
        os.utime(path)
        p = self.post({"port": s.port})
        p.confirmed(10)
        os.utime(path, (1, 1))  # wash died five minutes ago
        refused(3)
        self.fill(type=8, entries=1, records=5, first=10)
        self.assertExact(s, 10)
        os.utime(path)
        p.confirmed(15)
        self.assertExact(s, 15)

    def test_an_embargo_set_later_holds_what_waits(self):
        s = self.server()
        now = int(time.time())
        self.fill(type=8, entries=2, records=5)
        self.release(LANE, not_before=now + 3)
        p = self.post({"port": s.port})
        p.confirmed(10)
        self.assertGreaterEqual(time.time(), now + 3)
        self.assertExact(s, 10)
        # What waits is released under a rule that would never let it go.
        self.release(LANE, not_before=now + 10 ** 9)
        self.fill(type=8, entries=1, records=5, first=10)
        self.release(LANE, not_before=now)
        p.confirmed(15)
        self.assertExact(s, 15)

    def test_a_retention_set_later_holds_for_what_waits(self):
        s = self.server()
        now = int(time.time())
        self.fill(type=8, entries=3, records=4)
        self.fill(type=8, entries=2, records=5, first=12, t=now,
                  expires=now + 3600)
        self.release(LANE, max_age=86400)
        p = self.post({"port": s.port})
        p.confirmed(10)
        self.assertExact(s, 10, first=12)
        self.assertEqual(self.accounted(), {"spool.expired": 12})

    def test_expired_entries_are_accounted_and_embargoed_ones_wait(self):
        s = self.server()
        now = int(time.time())
        self.fill(type=8, entries=7, records=3, expires=now - 5)
        self.fill(type=8, entries=2, records=5, first=21,
                  expires=now + 3600)
        self.fill(type=8, entries=2, records=5, first=31, not_before=now + 3)
        self.fill(type=8, entries=1, records=5, first=41)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(10)
        early = s.records()
        if time.time() < now + 3:
            self.assertEqual(early, list(range(21, 31)))
        p.confirmed(25)
        self.assertGreaterEqual(time.time(), now + 3)
        self.assertExact(s, 25, first=21)
        self.assertEqual(self.accounted(), {"spool.expired": 21})
        lane = p.drain()["lanes"][0]
        self.assertEqual((lane["expired"], lane["waiting"]), (21, 0))

    @staticmethod
    def damage(path, number):
        with open(path, "r+b") as f:
            f.seek(f.read().index(b"%012d" % number))
            f.write(b"y")

    def test_damage_at_the_end_is_accounted_when_its_segment_is_closed(self):
        s = self.server()
        self.fill(type=8, entries=9, records=4, size=100, end="turn")
        self.damage(os.path.join(self.home, "spool/acme", LANE,
                                 "%020d.seg" % 1), 32)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(32)
        until(lambda: self.accounted() == {"spool.damaged": 4})
        until(lambda: p.lane()["waiting"] == 0)
        p.drain()
        self.assertEqual(s.records(), list(range(32)))

    def test_damage_at_the_end_of_an_open_segment_is_told_to_wash(self):
        s = self.server()
        self.fill(type=8, entries=9, records=4, size=100)
        self.damage(os.path.join(self.home, "spool/acme", LANE,
                                 "%020d.seg" % 1), 32)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(32)

        def stuck():
            p.nudge()
            with open(os.path.join(self.home, "cursors/acme",
                                   LANE + ".cursor")) as f:
                return json.load(f)["stuck"] == 1
        until(stuck, text="told")
        p.drain()
        self.assertEqual(self.accounted(), {})

    def test_a_lane_that_was_dropped_whole_does_not_wait(self):
        s = self.server()
        self.fill(type=8, entries=9, records=4, size=100, end="drop")
        self.release(LANE)
        p = self.post({"port": s.port})
        until(lambda: p.lane().get("gone") == 36)
        self.assertEqual(p.lane()["waiting"], 0)
        self.fill(type=8, entries=1, records=4, first=36)
        p.nudge()
        p.confirmed(4)
        self.assertExact(s, 4, first=36)
        self.assertEqual(p.drain()["lanes"][0]["gone"], 36)
        self.assertEqual(self.accounted(), {})  # wash has accounted for it

    def test_a_damaged_entry_is_accounted_and_the_others_go(self):
        s = self.server()
        self.fill(type=8, entries=9, records=4, size=100)
        path = os.path.join(self.home, "spool/acme", LANE,
                            "%020d.seg" % 1)
        self.damage(path, 16)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(32)
        self.assertEqual(s.records(),
                         [r for r in range(36) if r // 4 != 4])
        self.assertEqual(self.accounted(), {"spool.damaged": 4})
        self.assertEqual(p.drain()["lanes"][0]["waiting"], 0)

    def test_a_rate_is_held(self):
        s = self.server()
        self.fill(type=8, entries=40, records=50, size=500)  # 1 MB
        self.release(LANE, max_rate_bits=4000000)  # 0.5 MB/s, 0.5 at once
        begin = time.monotonic()
        p = self.post({"port": s.port})
        p.confirmed(2000)
        self.assertGreater(time.monotonic() - begin, 0.8)
        self.assertExact(s, 2000)

    def test_a_daily_volume_ends_the_day(self):
        s = self.server()
        self.fill(type=8, entries=40, records=50, size=500)  # 1 MB
        self.release(LANE, max_volume=300000)
        p = self.post({"port": s.port})
        until(lambda: p.lane().get("confirmed", 0) >= 500)
        until(lambda: p.lane()["state"] == "idle")
        sent = len(s.records())
        self.assertLess(sent * 500, 350000)
        for _ in range(20):
            p.nudge()
            self.assertEqual(p.lane()["state"], "idle")
        self.assertEqual(len(s.records()), sent)
        p.drain()
        p = self.post({"port": s.port})  # the same day
        for _ in range(20):
            p.nudge()
            self.assertEqual(p.lane()["state"], "idle")
        self.assertEqual(len(s.records()), sent)


if __name__ == "__main__":
    unittest.main(verbosity=2)
