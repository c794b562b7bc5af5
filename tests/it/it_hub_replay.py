#!/usr/bin/python3
"""Frames that somebody has recorded and sends again (ADR 0033)."""

import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import Hub, until  # noqa: E402

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
