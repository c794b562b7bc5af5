#!/usr/bin/python3
"""What a sensor may send holds for all workers together (ADR 0045): with more
sessions it has no more than with one."""

import os
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
from hub import Hub, until  # noqa: E402
from workers import opened, ready, sessions, spread  # noqa: E402

KIB = 1024
META = b'{"type":"a"}'
CHUNK = 160 * KIB  # what a session reads before it looks at the limits


class Pusher(threading.Thread):
    """Sends one frame again and again, as long as it is taken."""

    def __init__(self, tls, frame):
        super().__init__(daemon=True)
        self.tls, self.frame = tls, frame
        self.start()

    def run(self):
        try:
            while True:
                self.tls.sendall(self.frame)
        except OSError:
            pass

    def end(self):
        """Before it is closed: its descriptor is another one's then."""
        socket.socket.shutdown(self.tls, socket.SHUT_RDWR)
        self.join()
        self.tls.close()


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(workers="2", ext="{a: lines}")
        ready(cls.hub.start())

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def sensor(self, **limits):
        s = self.hub.enroll("--type", "254.a")
        for name, value in limits.items():
            self.hub.ctl("sensors", "limits", s.uuid, "--" + name, str(value))
        return s

    def both(self, s):
        """A session of it at each worker, that has sent one line."""
        return spread(self.hub, s, s.frame(2, META) + s.frame(254, b"0\n"))

    def taken(self, s):
        return sum(x["bytes"] for x in sessions(self.hub, s))

    def length(self):
        return self.hub.redis().xlen("d4:{254.a:0}:q")

    def waiting(self, s):
        """Its entries in the queue."""
        return sum(e["sensor"] == s.uuid
                   for e in self.hub.entries(254, "a"))

    def paused(self, s, why):
        return [why in x["paused"] for x in sessions(self.hub, s)]

    def test_a_rate_is_one_rate_at_two_workers(self):
        rate = 192 * KIB
        s = self.sensor(rate=rate)
        pair = self.both(s)
        frame = s.frame(254, b"x" * 1023 + b"\n")
        began, was = time.monotonic(), self.taken(s)
        pushers = [Pusher(tls, frame) for tls in pair]
        until("they rest", lambda: self.paused(s, "rate") == [True] * 2)
        until("it goes on, slowly",
              lambda: self.taken(s) - was > 5 * rate)
        got, took = self.taken(s) - was, time.monotonic() - began
        # A second's worth comes on top, what each holds, and what was read.
        self.assertLess(got, rate * (took + 1 + 2 / 4) + 2 * CHUNK)
        for pusher in pushers:
            pusher.end()

    def test_new_sessions_do_not_help(self):
        rate = 8 * KIB
        s = self.sensor(rate=rate)
        pair, many = self.both(s), []
        frame = s.frame(254, b"x" * (48 * KIB - 1) + b"\n")
        until("both are read", lambda: self.paused(s, "rate") == [False] * 2)
        began = time.monotonic()
        for tls in pair:
            tls.sendall(frame)
        until("they owe", lambda: self.taken(s) >= 2 * 48 * KIB)
        for _ in range(24):
            tls = self.hub.connect()
            tls.sendall(s.frame(2, META) + frame)
            many.append(tls)
        until("they wait, or have been refused", lambda: sum(
            bool(x["paused"]) for x in sessions(self.hub)) +
            sum(self.hub.status()["sessions"]["refused"].values()) >= 26)
        got = sum(len(e["data"]) for e in self.hub.entries(254, "a")
                  if e["sensor"] == s.uuid)
        took = time.monotonic() - began
        self.assertGreaterEqual(got, 2 * 48 * KIB)
        self.assertLess(got, rate * (took + 2) + 4 * CHUNK)
        for tls in many + list(pair):
            tls.close()

    def fill(self, s, pair, limit):
        """Entry by entry, until both are stopped."""
        def one():
            for tls in pair:
                was = self.length()
                if all(self.paused(s, "sensor-queue")):
                    break
                tls.sendall(s.frame(254, b"1\n"))
                until("it is there, or not read", lambda: self.length() > was
                      or any(self.paused(s, "sensor-queue")))
            # Also while Redis is asked for places it is not read.
            return self.waiting(s) >= limit and all(
                self.paused(s, "sensor-queue"))
        until("both are stopped", one)

    def test_a_queue_is_one_queue_at_two_workers(self):
        limit = 24
        s = self.sensor(queue=limit)
        pair = self.both(s)
        self.fill(s, pair, limit)
        n = self.waiting(s)
        # Each may have read one line before it knew of the other's.
        self.assertTrue(limit <= n <= limit + 2, n)
        # Also for a session that comes later, to whichever worker.
        late = self.hub.connect()
        late.sendall(s.frame(2, META) + s.frame(254, b"2\n"))
        until("it waits", lambda: any("registry" in x["paused"]
                                      for x in sessions(self.hub)))
        self.assertEqual(self.waiting(s), n)
        # A reader frees it, at both, while others still wait.
        other = self.sensor()
        more, _ = opened(self.hub, other, other.frame(2, META))
        redis, key = self.hub.redis(), "d4:{254.a:0}:q"
        redis.xgroup_create(key, "g", "0")
        more.sendall(other.frame(254, b"3\n"))
        until("it is there", lambda: self.waiting(other) == 1)

        def free():
            """Reads all but the newest, of the other sensor."""
            last = redis.xinfo_stream(key)["last-generated-id"]
            more.sendall(other.frame(254, b"4\n"))
            until("one more", lambda: redis.xinfo_stream(key)[
                "last-generated-id"] != last)
            redis.xgroup_setid(key, "g", last)
            return [x["paused"] for x in sessions(self.hub, s)] == [[]] * 3
        until("all go on", free)
        redis.xgroup_destroy(key, "g")
        for tls in pair + (late, more):
            tls.close()


    def test_who_floods_at_both_has_little_more_than_its_part(self):
        limit = 24
        s = self.sensor(queue=limit)
        pair = self.both(s)
        frame = s.frame(254, b"x" * 1023 + b"\n")
        pushers = [Pusher(tls, frame) for tls in pair]
        until("both are stopped, and it is full", lambda: all(
            self.paused(s, "sensor-queue")) and self.waiting(s) >= limit)
        # A read of each (160 KiB) and what was open end in up to four.
        self.assertLessEqual(self.waiting(s), limit + 2 * 4)
        for pusher in pushers:
            pusher.end()


class Dropped(unittest.TestCase):
    def test_what_is_dropped_does_not_count(self):
        """More than its part passes through a queue that drops its oldest."""
        with Hub(queue="1MiB", queue_disk="0B", unread="drop-oldest") as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            hub.ctl("sensors", "limits", s.uuid, "--queue", "40")
            line = b"1|" + b"x" * 60000 + b"\n"
            for _ in range(12):
                self.assertEqual(hub.send([s.frame(8, line)] * 10),
                                 "confirmed")
            self.assertGreater(
                hub.status()["queues"]["8"]["records_dropped"], 40)


class Restart(unittest.TestCase):
    def test_what_waits_counts_after_a_restart(self):
        with Hub(workers="2") as hub:
            ready(hub.start())
            s = hub.enroll("--type", "8")
            hub.ctl("sensors", "limits", s.uuid, "--queue", "10")
            tls, _ = opened(hub, s, s.frame(8, b"0|\n"))

            def told():
                share = hub.redis().hgetall("d4:share:%s:d4:{8:0}:q" % s.hex)
                return sum(int(n) for at, n in share.items()
                           if at.isdigit())

            def full():
                if "sensor-queue" in sessions(hub, s)[0]["paused"]:
                    return told() >= 10
                tls.sendall(s.frame(8, b"1|\n"))
                return False
            until("it is stopped", full)
            tls.close()
            self.assertEqual(hub.stop(), 0)
            ready(hub.start())
            n = len(hub.entries(8))
            tls, _ = opened(hub, s, s.frame(8, b"2|\n"))
            until("it is stopped", lambda: "sensor-queue" in sessions(
                hub, s)[0]["paused"])
            self.assertEqual(len(hub.entries(8)), n + 1)
            tls.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
