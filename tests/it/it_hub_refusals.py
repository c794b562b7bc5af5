#!/usr/bin/python3
"""Each refusal of a registered sensor is visible for it, with its reason:
in `d4-hub ctl sensors show`, `stats refused`, the log and the status."""

import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import Hub, until  # noqa: E402

META_A = b'{"type":"a"}'


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(ext="{a: lines}", replay="1h",
                      types="[1, 2, 8, 254]").start()
        cls.redis = cls.hub.redis()

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def wire(self, s):
        """Reason -> what is sent for it by an approved sensor."""
        other = self.hub.enroll("--type", "8")
        one = s.frame(8, b"x\n")
        return {
            "header.version": [one, s.frame(8, b"x\n", version=2)],
            "header.type": [s.frame(3, b"x\n")],
            "header.size": [d4.HEADER.pack(1, 8, d4.uuid_module.UUID(
                s.uuid).bytes, int(time.time()), bytes(32), 2000000)],
            "hmac": [d4.frame(b"wrong", s.uuid, 8, b"x\n")],
            "type.change": [one, s.frame(2, META_A)],
            "uuid.change": [one, other.frame(8, b"x\n")],
            "meta.first": [s.frame(254, b"x\n")],
            "meta.invalid": [s.frame(2, b"[1]\n" + b"x" * 70000)],
            "ext.type": [s.frame(2, b'{"type":"b"}'), s.frame(254, b"x\n")],
            "pcap.magic": [s.frame(1, b"no capture" * 10)],
            "replay": [s.frame(8, b"x\n", timestamp=1)],
        }

    def state(self, s):
        """Reason -> how its sensor comes to it, for one that sends rightly."""
        r, u = self.redis, s.hex
        return {
            "pending": lambda: r.smove("registered_uuid",
                                       "sensor_pending_registration", u),
            "revoked": lambda: self.hub.ctl("sensors", "revoke", s.uuid),
            "kicked": lambda: self.hub.ctl("sensors", "kick", s.uuid),
            "blocked.uuid": lambda: self.hub.ctl("blocklist", "add", s.uuid),
            "no_key": lambda: r.hdel("metadata_uuid:" + u, "hmac_key"),
            "quarantine": lambda: r.hset("d4:sensor:" + u,
                                         "quarantine_until", 1),
            "address": lambda: self.hub.ctl("sensors", "from", s.uuid,
                                            "192.0.2.0/24"),
            "certificate": lambda: self.hub.ctl("sensors", "certificate",
                                                s.uuid, "uuid"),
            "clone": lambda: r.set("d4:clone:" + u, "192.0.2.1 192.0.2.2"),
            "sensor.broken": lambda: r.hset("d4:sensor:" + u, "rate", "x"),
        }

    def visible(self, s, reason):
        shown = until(reason, lambda: self.hub.ctl(
            "sensors", "show", s.uuid)["refused"])
        self.assertEqual(list(shown), [reason])
        rows = {x["uuid"]: x for x in self.hub.ctl("stats", "refused")[
            "refused"]}
        self.assertEqual(list(rows[s.uuid]["reasons"]), [reason])
        self.assertRegex(self.hub.log(), "refused reason=%s peer=[0-9.:]+ "
                         "uuid=%s " % (reason, s.uuid))

    def test_what_a_sensor_sends(self):
        for reason in self.wire(self.hub.enroll("--type", "8")):
            s = self.hub.enroll("--type", "8")
            with self.subTest(reason=reason):
                self.hub.offer(self.wire(s)[reason])
                self.visible(s, reason)

    def test_what_a_sensor_is(self):
        for reason in self.state(self.hub.enroll("--type", "8")):
            s = self.hub.enroll("--type", "8")
            with self.subTest(reason=reason):
                self.state(s)[reason]()
                # Until it holds: a frame that is taken leaves no trace.
                until(reason, lambda: self.hub.send(
                    [s.frame(8, b"x\n")]) != "confirmed")
                self.visible(s, reason)

    def test_one_connection_for_each_type_but_254(self):
        s = self.hub.enroll("--type", "8")

        def opened(frames, n):
            tls = self.hub.connect()
            tls.sendall(b"".join(frames))
            until("it is open", lambda: len(self.hub.ctl(
                "sessions", "list", "--uuid", s.uuid)["sessions"]) == n)
            return tls
        first = opened([s.frame(8, b"x\n")], 1)
        extended = [s.frame(2, META_A), s.frame(254, b"x\n")]
        others = [opened(extended, 2), opened(extended, 3)]
        mark = self.hub.log_size()
        newer = self.hub.connect()
        newer.sendall(s.frame(8, b"y\n"))
        until("the newest stays", lambda: "refused reason=superseded" in
              self.hub.log(mark))
        self.visible(s, "superseded")
        for tls in (newer, *others):
            self.assertEqual(d4.finish(tls, 60), "confirmed")
        first.close()


class Slow(unittest.TestCase):
    def test_a_frame_that_is_not_finished_in_time(self):
        with Hub(handshake="1s") as hub:
            hub.start()
            s = hub.enroll("--type", "8")

            def seen():
                try:
                    tls = hub.connect()
                    tls.sendall(s.frame(8, b"x\n")[:63])
                    tls.settimeout(60)
                    tls.recv(1)
                    tls.close()
                except OSError:
                    pass
                shown = hub.ctl("sensors", "show", s.uuid)
                return "timeout.handshake" in shown["refused"]
            until("it is counted", seen)


if __name__ == "__main__":
    unittest.main(verbosity=2)
