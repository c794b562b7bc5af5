#!/usr/bin/python3
"""Unknown sensors in mode registration: refused, noted as pending, within
limits that a flood cannot pass, and approved with a key (ADR 0058)."""

import os
import sys
import time
import unittest
import uuid

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import Hub, until  # noqa: E402

KEY = b"a-key_that-its-owner-chose"
ROWS = "d4:pending"


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(types="[1, 2, 8, 254]").start()
        cls.ctl = cls.hub.ctl
        cls.redis = cls.hub.redis()

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def setUp(self):
        self.redis.delete(ROWS)

    def come(self, uid, source=None, kind=8, key=KEY, wire=None):
        """A session of that UUID, up to its end."""
        self.hub.offer([wire or d4.frame(key, uid, kind, b"x|y\n")], source)

    def row(self, uid):
        return {r["uuid"]: r for r in self.ctl(
            "sensors", "pending")["sensors"]}.get(uid)

    def counts(self):
        return {k: v for k, v in self.hub.status()["pending"].items()
                if k != "limit"}

    def counted(self, want, uid, source=None):
        """It comes until it is counted as that: when too many came from its
        address, or one with the same number, it is limited first."""
        def once():
            before = self.counts()
            self.come(uid, source)
            got = until("it is counted", lambda: [
                k for k, n in self.counts().items() if n > before[k]])
            self.assertIn(got, ([want], ["limited"]))
            return got == [want]
        until("it is " + want, once)

    def noted(self, uid, source=None):
        self.counted("noted", uid, source)
        return self.row(uid)

    def put(self, uid, ago, stay=1, place="192.0.2.1"):
        """A row, as if it had come so many seconds ago."""
        t = int(time.time()) - ago
        self.redis.hset(ROWS, uid.replace("-", ""), "%d %d 1 %d 8 %s %s" % (
            t, t, stay, place, place))

    def fails(self, *args):
        done = self.hub.run("ctl", "-c", self.hub.conf, *args, check=False)
        self.assertEqual(done.returncode, 1, done)
        return done.stderr

    def key_file(self, key=KEY, mode=0o600):
        path = os.path.join(self.hub.dir, "key-" + str(uuid.uuid4()))
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, mode), "wb") as f:
            f.write(key + b"\n")
        return path


class Noted(Case):
    def test_who_comes_is_refused_noted_and_approved_with_its_key(self):
        u, before = str(uuid.uuid4()), len(self.hub.entries(8))
        row = self.noted(u)
        self.assertEqual(
            [row[k] for k in ("state", "type", "address", "tries", "key")],
            ["pending", "8", "127.0.0.1", 1, False])
        self.assertLess(abs(row["first_seen"] - time.time()), 600)
        self.counted("again", u)
        self.assertEqual(self.row(u)["tries"], 2)
        self.assertEqual(self.ctl("sensors", "show", u)["state"], "pending")
        self.assertEqual([x["uuid"] for x in self.ctl(
            "sensors", "list", "--state", "pending")["sensors"]], [u])
        self.assertIn("pending uuid=%s address=127.0.0.1 type=8" % u,
                      self.hub.log())
        self.assertIn("--key-file", self.fails("sensors", "approve", u))
        self.assertIn("no key", self.fails("sensors", "approve", u,
                                           "--key-file", self.key_file(
                                               mode=0o644)))
        self.assertIn("no key", self.fails("sensors", "approve", u,
                                           "--key-file", self.key_file(
                                               b"not a key")))
        self.assertEqual(self.ctl("sensors", "approve", u, "--key-file",
                                  self.key_file())["state"], "approved")
        until("it may send", lambda: self.hub.send(
            [d4.frame(KEY, u, 8, b"now|\n")]) == "confirmed")
        # What it sent while it waited was never taken.
        mine = [e["data"] for e in self.hub.entries(8)[before:]
                if e["sensor"] == u]
        self.assertEqual(set(mine), {b"now|\n"})
        self.assertIsNone(self.row(u))
        self.assertNotIn(KEY.decode(), self.hub.log())
        self.assertEqual(self.redis.scard("sensor_pending_registration"), 0)

    def test_a_new_key_is_made_and_shown_once(self):
        u = str(uuid.uuid4())
        self.noted(u)
        key = self.ctl("sensors", "approve", u, "--new-key")["key"]
        until("it may send", lambda: self.hub.send(
            [d4.frame(key.encode(), u, 8, b"x\n")]) == "confirmed")
        self.assertIn("it has a key", self.fails(
            "sensors", "approve", u, "--new-key"))
        self.assertNotIn(key, self.hub.log())

    def test_what_is_no_first_frame_is_not_noted(self):
        before = self.counts()
        u, five = str(uuid.uuid4()), str(uuid.uuid5(uuid.NAMESPACE_URL, "x"))
        good = d4.frame(KEY, u, 8, b"x\n")
        for i, wire in enumerate([
                d4.frame(KEY, u, 3, b"x\n"), d4.frame(KEY, five, 8, b"x\n"),
                d4.frame(KEY, u, 8, b"x\n", version=2), good[:61],
                d4.frame(KEY, u, 254, b"x\n"), b"GET / HTTP/1.0\r\n" * 20,
                good[:58] + b"\xff\xff\xff\x7f"]):
            tls = self.hub.connect("127.0.1.%d" % i)
            tls.sendall(wire)
            d4.finish(tls)
        self.noted(u, "127.0.1.99")
        self.assertEqual(self.row(u)["tries"], 1)
        self.assertEqual(self.redis.hlen(ROWS), 1)
        self.assertEqual(self.counts()["noted"], before["noted"] + 1)

    def test_who_has_a_key_and_waits_is_listed_with_its_tries(self):
        s = self.hub.enroll("--type", "8")
        self.redis.srem("registered_uuid", s.hex)
        self.redis.sadd("sensor_pending_registration", s.hex)
        until("it is refused, and noted", lambda: self.hub.send(
            [s.frame(8, b"x\n")]) != "confirmed" and
            self.row(s.uuid).get("tries"))
        row = self.row(s.uuid)
        self.assertTrue(row["key"])
        self.assertIn("did not come", self.fails(
            "sensors", "dismiss", str(uuid.uuid4())))
        self.ctl("sensors", "dismiss", s.uuid)
        # It is d4-core's, and stays.
        self.assertNotIn("tries", self.row(s.uuid))
        self.assertIn("sensors revoke", self.fails(
            "sensors", "dismiss", s.uuid))
        self.ctl("sensors", "approve", s.uuid)
        until("it may send", lambda: self.hub.send(
            [s.frame(8, b"x\n")]) == "confirmed")

    def test_revoked_dismissed_and_enrolled_ones_leave_the_list(self):
        u, v, w, x = (str(uuid.uuid4()) for _ in range(4))
        for i, one in enumerate((u, v, w, x)):
            self.noted(one, "127.0.2.%d" % (i + 1))
        self.assertEqual(self.ctl("sensors", "revoke", u)["state"], "revoked")
        self.assertEqual(self.ctl("sensors", "dismiss", v)["state"],
                         "unknown")
        self.hub.enroll("--uuid", w)
        self.assertEqual([r["uuid"] for r in self.ctl(
            "sensors", "pending")["sensors"]], [x])
        self.assertIn("--yes", self.fails("sensors", "dismiss-all"))
        self.assertEqual(self.ctl("sensors", "dismiss-all",
                                  "--yes")["dismissed"], 1)
        # A revoked one that comes is revoked, no more.
        self.come(u, "127.0.2.9")
        until("it is refused", lambda: [
            r for r in self.ctl("stats", "refused")["refused"]
            if r["uuid"] == u and r["last"] == "revoked"])
        self.assertEqual(self.redis.hlen(ROWS), 0)


class Bounded(Case):
    def test_a_flood_of_one_address_gets_few_rows(self):
        before, n = self.counts(), 40
        for _ in range(n):
            self.come(str(uuid.uuid4()), "127.0.3.1")

        def left():
            now = self.counts()
            return sum(now[k] - before[k]
                       for k in ("noted", "full", "limited"))
        until("all are counted", lambda: left() == n)
        self.assertLessEqual(self.redis.hlen(ROWS), 16)
        self.assertGreater(self.counts()["limited"] +
                           self.counts()["full"], before["limited"])
        # Another one is noted all the same.
        self.noted(str(uuid.uuid4()), "127.0.3.2")

    def test_an_address_has_sixteen_rows(self):
        old = str(uuid.uuid4())
        self.put(old, 660, place="127.0.4.1")
        for _ in range(15):
            self.put(str(uuid.uuid4()), 60, place="127.0.4.1")
        u, v = str(uuid.uuid4()), str(uuid.uuid4())
        self.noted(u, "127.0.4.1")  # instead of the old one
        self.assertIsNone(self.row(old))
        self.counted("full", v, "127.0.4.1")
        self.assertIsNone(self.row(v))
        self.assertEqual(self.redis.hlen(ROWS), 16)

    def test_a_full_list_keeps_who_comes_again_and_again(self):
        names = [str(uuid.uuid4()) for _ in range(500)]
        for i, u in enumerate(names):
            self.put(u, 700, stay=2, place="198.51.%d.%d" % divmod(i, 256))
        once = str(uuid.uuid4())
        self.redis.hdel(ROWS, names[0].replace("-", ""))
        self.put(once, 650)
        u, v = str(uuid.uuid4()), str(uuid.uuid4())
        self.noted(u, "127.0.5.1")
        self.assertIsNone(self.row(once))
        self.counted("full", v, "127.0.5.2")
        self.assertIsNone(self.row(v))
        self.assertIsNotNone(self.row(names[1]))
        self.assertEqual(self.redis.hlen(ROWS), 500)
        # What is older than a month, or is no row, makes room.
        self.redis.hset(ROWS, "x", "no row")
        self.put(names[1], 31 * 86400, stay=144)
        self.noted(v, "127.0.5.3")
        self.assertIsNone(self.row(names[1]))
        self.assertEqual(self.redis.hlen(ROWS), 500)

    def test_who_came_in_two_minutes_is_told_to_the_watch(self):
        def told():
            return self.ctl("events", "look")["pending"]
        self.put(str(uuid.uuid4()), 60)
        self.put(str(uuid.uuid4()), 90000, stay=9)
        self.assertEqual(told(), 0)
        self.put(str(uuid.uuid4()), 60, stay=2)
        self.assertEqual(told(), 1)
        self.redis.hset(ROWS, "0" * 32, "1 2")
        self.assertEqual(told(), 1)

    def test_a_broken_key_harms_nobody_else(self):
        self.redis.set(ROWS, "not a hash")
        s = self.hub.enroll("--type", "8")
        self.counted("limited", str(uuid.uuid4()), "127.0.6.1")
        self.assertEqual(self.hub.send([s.frame(8, b"x\n")]), "confirmed")
        self.assertIn(s.uuid, [r["uuid"] for r in self.ctl(
            "sensors", "list")["sensors"]])
        self.assertEqual(self.ctl("sensors", "pending")["sensors"], [])


class Off(unittest.TestCase):
    def test_nobody_is_noted_when_it_is_off_until_a_reload(self):
        with Hub(pending="0") as hub:
            hub.start()
            u = str(uuid.uuid4())

            def come():
                hub.send([d4.frame(KEY, u, 8, b"x\n")])
                return hub.redis().hlen(ROWS)
            self.assertEqual(come(), 0)
            until("it is refused", lambda: hub.status()["sessions"][
                "refused"].get("unregistered") == 1)
            self.assertEqual(hub.status()["pending"]["limited"], 0)
            hub.options(pending="10")
            hub.ctl("config", "reload")
            until("it is noted", lambda: come() == 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
