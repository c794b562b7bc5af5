#!/usr/bin/python3
"""One UUID and key in two places (Decision 15, ADR 0033), for any type."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import Hub, until  # noqa: E402

HERE, THERE = "127.0.0.2", "127.0.0.3"


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(ext="{a: lines, b: lines}").start()

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def opened(self, sensor, source, first, data):
        mark = self.hub.log_size()
        tls = self.hub.connect(source)
        tls.sendall(first + data)
        until("it is open", lambda: " open peer=%s:" % source in
              self.hub.log(mark))
        return tls

    def extended(self, sensor, source, name=b"a"):
        return self.opened(sensor, source, sensor.frame(
            2, b'{"type":"%s"}' % name), sensor.frame(254, b"1\n"))

    def turns(self, pairs, done):
        """Each sends in turn, until done() or one of them is out."""
        def one():
            for tls, frame in pairs:
                try:
                    tls.sendall(frame)
                except OSError:
                    pass
            return done()
        until("they are noticed", one)

    def show(self, sensor):
        return self.hub.ctl("sensors", "show", sensor.uuid)

    def refused(self, sensor, source):
        mark = self.hub.log_size()
        try:
            tls = self.hub.connect(source)
            tls.sendall(sensor.frame(8, b"x\n"))
            if d4.finish(tls) == "confirmed":
                return None
        except OSError:
            pass
        until("why", lambda: "refused reason=" in self.hub.log(mark))
        return self.hub.log(mark).split("refused reason=")[1].split()[0]


class Clones(Case):
    def test_parallel_sessions_of_254_that_take_turns(self):
        s, mark = self.hub.enroll("--type", "254.a"), self.hub.log_size()
        first = self.extended(s, HERE)
        second = self.extended(s, THERE)
        more = s.frame(254, b"2\n")
        self.turns([(first, more), (second, more)],
                   lambda: "alarm=clone uuid=" + s.uuid in self.hub.log(mark))
        until("the newcomer is out", lambda: "refused reason=clone peer=%s:"
              % THERE in self.hub.log(mark))
        self.assertEqual(d4.finish(first), "confirmed")
        second.close()
        got = until("it is held", lambda: [
            x for x in [self.show(s)] if x.get("clone_held")])[0]
        self.assertEqual((got["clone_held"], got["clone_other"]),
                         (HERE, THERE))
        self.assertGreaterEqual(got["refused"]["clone"], 1)
        # Held, also when nobody of it is there, and for every type.
        self.assertEqual(self.refused(s, THERE), "clone")
        self.assertIsNone(self.refused(s, HERE))
        self.assertEqual(self.hub.log(mark).count("alarm=clone"), 1)
        self.hub.ctl("sensors", "release", s.uuid)
        until("it is released", lambda: self.refused(s, THERE) is None)
        self.assertNotIn("clone_held", self.show(s))
        done = self.hub.run("ctl", "-c", self.hub.conf, "sensors", "release",
                            s.uuid, check=False)
        self.assertIn("not held", done.stderr)

    def test_two_types_that_take_turns(self):
        s, mark = self.hub.enroll("--type", "8"), self.hub.log_size()
        plain = self.opened(s, HERE, b"", s.frame(8, b"1\n"))
        other = self.extended(s, THERE, b"b")
        self.turns([(plain, s.frame(8, b"2\n")),
                    (other, s.frame(254, b"2\n"))],
                   lambda: "alarm=clone uuid=" + s.uuid in self.hub.log(mark))
        self.assertEqual(d4.finish(plain), "confirmed")
        other.close()

    def test_a_hold_of_another_hub_holds_here(self):
        s, mark = self.hub.enroll("--type", "8"), self.hub.log_size()
        plain = self.opened(s, HERE, b"", s.frame(8, b"1\n"))
        self.hub.redis().set("d4:clone:" + s.hex, THERE + " " + HERE, ex=600)
        until("it ends", lambda: "refused reason=clone peer=%s:" % HERE in
              self.hub.log(mark))
        plain.close()
        self.assertIsNone(self.refused(s, THERE))

    def test_one_that_has_several_addresses_is_none(self):
        s, mark = self.hub.enroll("--type", "254.a"), self.hub.log_size()
        got = self.hub.ctl("sensors", "addresses", s.uuid, "several")
        self.assertEqual(got["addresses"], "several")
        both = [self.extended(s, x) for x in (HERE, THERE)]
        # Opening sessions in turn is what is noticed at once.
        for i in range(8):
            self.assertIsNone(self.refused(s, (HERE, THERE)[i % 2]))
        self.assertEqual([d4.finish(t) for t in both], ["confirmed"] * 2)
        self.assertNotIn("alarm=clone", self.hub.log(mark))
        self.hub.ctl("sensors", "addresses", s.uuid, "one")
        until("it is a clone", lambda: "clone" in (
            self.refused(s, HERE), self.refused(s, THERE)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
