#!/usr/bin/python3
"""Frames that somebody has recorded and sends again (ADR 0033)."""

import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import Hub, until  # noqa: E402
from workers import opened, ready  # noqa: E402

OLD = 600  # seconds: good for the window, and not of this moment


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(replay="1h", ext="{a: lines}").start()

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def setUp(self):
        self.s = self.hub.enroll("--type", "8")

    def frames(self, first, n, old=OLD):
        now = int(time.time()) - old
        return [self.s.frame(8, b"line %d\n" % i, timestamp=now)
                for i in range(first, first + n)]

    def stored(self):
        return b"".join(e["data"] for e in self.hub.entries(8)
                        if e["sensor"] == self.s.uuid).splitlines()

    def test_what_was_confirmed_is_not_taken_again(self):
        mark = self.hub.log_size()
        first, more = self.frames(0, 20), self.frames(20, 5)
        self.assertEqual(self.hub.send(first), "confirmed")
        # All of it, then some of it among others.
        self.assertEqual(self.hub.send(first), "confirmed")
        self.assertEqual(self.hub.send(first[10:] + more), "confirmed")
        self.assertEqual(self.stored(),
                         [b"line %d" % i for i in range(25)])
        self.assertIn("alarm=replay", self.hub.log(mark))
        until("it is counted for the sensor", lambda: self.hub.ctl(
            "sensors", "show", self.s.uuid)["refused"].get("replay") == 2)
        self.assertGreaterEqual(
            self.hub.status()["sessions"]["replayed_frames"], 30)

    def test_it_puts_nobody_out(self):
        first = self.frames(0, 3)
        self.assertEqual(self.hub.send(first), "confirmed")
        mark = self.hub.log_size()
        live = self.hub.connect()
        live.sendall(self.s.frame(8, b"live\n"))
        until("it is open", lambda: " open peer=" in self.hub.log(mark))
        self.assertNotEqual(self.hub.send(first), "confirmed")
        until("why", lambda: "refused reason=replay" in self.hub.log(mark))
        self.assertEqual(d4.finish(live), "confirmed")

    def test_what_was_not_confirmed_may_come_again(self):
        first = self.frames(0, 3)
        mark = self.hub.log_size()
        tls = self.hub.connect()
        for one in first:
            tls.sendall(one)
        until("it is here", lambda: len(self.stored()) == 3)
        tls.close()  # without the answer
        until("it is over", lambda: "closed why=" in self.hub.log(mark))
        self.assertEqual(self.hub.send(first), "confirmed")
        self.assertEqual(len(self.stored()), 6)

    def test_the_same_of_the_same_second_is_taken(self):
        def twice():
            frame = self.s.frame(8, b"x\n")
            n = len(self.stored())
            self.assertEqual(self.hub.send([frame]), "confirmed")
            self.assertEqual(self.hub.send([frame]), "confirmed")
            return len(self.stored()) == n + 2
        until("both came within two seconds", twice)


class Shared(unittest.TestCase):
    """What one worker confirmed is known to all, and after a restart."""

    def frames(self, s, first, n):
        now = int(time.time()) - OLD
        return [s.frame(8, b"line %d\n" % i, timestamp=now)
                for i in range(first, first + n)]

    def test_known_at_each_worker_and_after_a_restart(self):
        with Hub(replay="1h", workers="2") as hub:
            ready(hub.start())
            s = hub.enroll("--type", "8")
            old = self.frames(s, 0, 20)
            self.assertEqual(hub.send(old), "confirmed")
            until("it is noted", lambda: hub.redis().exists(
                "d4:replay:" + s.hex))
            places = set()
            for _ in range(200):
                mark = hub.log_size()
                hub.send(old)
                places |= set(re.findall(
                    r"worker (\d)\]: session=\S+ open", hub.log(mark)))
                if len(places) == 2:
                    break
            self.assertEqual(len(places), 2)
            self.assertEqual(hub.stop(), 0)
            ready(hub.start())
            hub.send(old)
            self.assertEqual(hub.send(old[5:] + self.frames(s, 20, 1)),
                             "confirmed")
            self.assertEqual(b"".join(
                e["data"] for e in hub.entries(8)).splitlines(),
                [b"line %d" % i for i in range(21)])

    def test_it_puts_nobody_out_at_another_worker(self):
        with Hub(replay="1h", workers="2") as hub:
            ready(hub.start())
            s = hub.enroll("--type", "8")
            old = self.frames(s, 0, 3)
            self.assertEqual(hub.send(old), "confirmed")
            until("it is noted", lambda: hub.redis().exists(
                "d4:replay:" + s.hex))
            live, place = opened(hub, s, s.frame(8, b"live\n"))
            tries = []
            for _ in range(200):
                mark = hub.log_size()
                tls = hub.connect()
                tls.sendall(old[0])
                tries.append(tls)
                until("it is refused", lambda: "refused reason=replay" in
                      hub.log(mark))
                if "worker %d]: session=" % (1 - place) in hub.log(mark):
                    break
            live.sendall(s.frame(8, b"more\n"))
            self.assertEqual(d4.finish(live), "confirmed")
            for tls in tries:
                tls.close()

    def test_memory_in_redis_has_a_limit(self):
        with Hub(replay="1h", replay_memory="64KiB") as hub:
            hub.start()
            redis = hub.redis()
            one, two = [hub.enroll("--type", "8") for _ in range(2)]

            def size(name):
                return int(redis.hget("d4:replays", name) or 0)
            # A sensor has a sixteenth, and the newest of its frames.
            for i in range(8):
                last = self.frames(one, 100 * i, 100)
                self.assertEqual(hub.send(last), "confirmed")
            until("it is noted", lambda: size(one.hex) > 2048)
            self.assertLessEqual(size(one.hex), 4096)
            self.assertEqual(size("total"), size(one.hex))
            # When there is too much of all, who was silent longest loses.
            redis.hset("d4:replays", "total", 65536 - 100)
            self.assertEqual(hub.send(self.frames(two, 0, 100)), "confirmed")
            until("it is noted", lambda: size(two.hex) > 800)
            until("there was room", lambda: size("total") <= 65536)
            self.assertLess(size(one.hex), 4096 - 700)
            self.assertEqual(redis.xlen("d4:replay:" + two.hex), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
