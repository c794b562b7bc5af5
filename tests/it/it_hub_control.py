#!/usr/bin/python3
"""Who may send: d4-core's keys and ours, changed while sensors send."""

import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import Hub, until  # noqa: E402

KNOWN_KEY = "private key to change"


class Open:
    """A session that is open, and what becomes of it."""

    def __init__(self, hub, sensor, kind=8, source=None, key=None):
        self.hub = hub
        self.mark = hub.log_size()
        self.tls = hub.connect(source)
        self.tls.sendall(d4.frame(key or sensor.key, sensor.uuid, kind,
                                  b"hello\n"))
        until("it is open", lambda: " open peer=" in hub.log(self.mark) and
              sensor.uuid in hub.log(self.mark))

    def refused(self, reason):
        until("it ends: " + reason, lambda: "refused reason=%s " % reason in
              self.hub.log(self.mark))
        self.tls.close()


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(ext="{a: lines, b: lines}").start()
        cls.redis = cls.hub.redis()

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def setUp(self):
        self.s = self.hub.enroll("--type", "8")

    def own(self, **fields):
        self.redis.hset("d4:sensor:" + self.s.hex, mapping=fields)

    def attempt(self, kind=8, source=None, key=None, payload=b"x\n", **more):
        """One session: "confirmed", or the reason of its refusal."""
        mark = self.hub.log_size()
        wire = d4.frame(key or self.s.key, self.s.uuid, kind, payload, **more)
        try:
            tls = self.hub.connect(source)
            tls.sendall(wire)
            how = d4.finish(tls)
        except OSError:
            how = "reset"
        if how == "confirmed":
            return how
        until("why", lambda: "refused reason=" in self.hub.log(mark))
        return self.hub.log(mark).split("refused reason=")[1].split()[0]

    def becomes(self, want, **how):
        until(want, lambda: self.attempt(**how) == want)


class Sensors(Case):
    def test_pending_approved_revoked(self):
        r, hex_ = self.redis, self.s.hex
        r.smove("registered_uuid", "sensor_pending_registration", hex_)
        self.becomes("pending")
        r.smove("sensor_pending_registration", "registered_uuid", hex_)
        self.becomes("confirmed")
        live = Open(self.hub, self.s)
        r.sadd("d4:revoked_uuid", hex_)
        live.refused("revoked")
        self.assertEqual(self.attempt(), "revoked")
        until("both are counted", lambda: self.redis.hget(
            "d4:refused:" + hex_, "revoked") == b"2")

    def test_kicked_by_d4_cores_key(self):
        live = Open(self.hub, self.s)
        self.redis.sadd("server:sensor_to_kick", self.s.hex)
        live.refused("kicked")
        key = "temp_blacklist_uuid:" + self.s.hex
        self.assertTrue(0 < self.redis.ttl(key) <= 30)
        self.assertFalse(self.redis.sismember("server:sensor_to_kick",
                                              self.s.hex))
        self.assertEqual(self.attempt(), "kicked")
        self.redis.delete(key)
        self.becomes("confirmed")

    def test_two_keys_during_a_rotation(self):
        new, hex_ = b"the-new-key", self.s.hex
        self.redis.hset("metadata_uuid:" + hex_, "hmac_key", new)
        self.own(previous=self.s.key, previous_until=int(time.time()) + 3600)
        self.becomes("confirmed", key=new)
        live = Open(self.hub, self.s)
        self.assertIn("rotation=running uuid=" + self.s.uuid, self.hub.log())
        self.assertEqual(self.attempt(key=b"neither"), "hmac")
        live.tls.sendall(self.s.frame(8, b"old\n"))
        self.own(previous_until=1)
        until("it is over", lambda: not self.redis.hexists(
            "d4:sensor:" + hex_, "previous"))
        live.tls.sendall(self.s.frame(8, b"too late\n"))
        live.refused("hmac")
        self.assertIn("rotation=over uuid=" + self.s.uuid, self.hub.log())
        self.assertEqual(self.attempt(), "hmac")
        self.assertEqual(self.attempt(key=new), "confirmed")

    def test_the_well_known_key_has_a_deadline(self):
        self.redis.hset("metadata_uuid:" + self.s.hex, "hmac_key", KNOWN_KEY)
        key = KNOWN_KEY.encode()
        self.assertEqual(self.attempt(key=key), "quarantine")
        self.own(quarantine_until=int(time.time()) + 3600)
        live = Open(self.hub, self.s, key=key)
        self.own(quarantine_until=int(time.time()) - 1)
        live.refused("quarantine")

    def test_addresses_of_a_sensor(self):
        live = Open(self.hub, self.s)
        self.own(**{"from": "127.0.0.8/29,2001:db8::/32"})
        live.refused("address")
        self.assertEqual(self.attempt(source="127.0.0.9"), "confirmed")
        self.own(**{"from": "nonsense"})
        self.becomes("sensor.broken", source="127.0.0.9")

    def test_a_key_of_another_kind_stops_its_sensor_only(self):
        live = Open(self.hub, self.hub.enroll("--type", "8"))
        self.redis.set("d4:sensor:" + self.s.hex, "hostile")
        self.becomes("sensor.broken")
        self.assertEqual(d4.finish(live.tls), "confirmed")

    def test_a_server_that_has_not_all_commands(self):
        """An older one, or one whose rights are older: one by one then."""
        self.redis.execute_command("ACL", "SETUSER", "hub", "-smismember")
        try:
            live = Open(self.hub, self.s)
            self.redis.srem("registered_uuid", self.s.hex)
            live.refused("unregistered")
            self.redis.sadd("registered_uuid", self.s.hex)
            self.becomes("confirmed")
        finally:
            self.redis.execute_command("ACL", "SETUSER", "hub", "+smismember")


class Limits(Case):
    def test_payload(self):
        self.own(payload=1000)
        self.assertEqual(self.attempt(payload=b"x" * 999 + b"\n"),
                         "confirmed")
        self.assertEqual(self.attempt(payload=b"x" * 1000 + b"\n"),
                         "header.size")
        self.redis.hdel("d4:sensor:" + self.s.hex, "payload")
        self.becomes("confirmed", payload=b"x" * 1000 + b"\n")

    def test_rate_holds_back_and_loses_nothing(self):
        self.own(rate=1000000)
        data = [self.s.frame(8, b"y" * 9999 + b"\n")] * 300
        began = time.monotonic()
        self.assertEqual(self.hub.send(data), "confirmed")
        # 3 MB: the first second's worth at once, and what one read takes.
        self.assertGreater(time.monotonic() - began, 1)
        got = [e for e in self.hub.entries(8) if e["sensor"] == self.s.uuid]
        self.assertEqual(sum(e["n"] for e in got), 300)


    def test_entries_that_wait(self):
        r, key = self.redis, d4.queue_key(8, "", 0)
        r.xgroup_create(key, "reader", id="$", mkstream=True)
        r.hset("stream_max_size_by_uuid", self.s.hex, 4)
        tls = self.hub.connect()
        tls.settimeout(60)
        sent = 0

        def more():
            nonlocal sent
            tls.sendall(self.s.frame(8, b"%d\n" % sent))
            sent += 1

        def paused():
            got = self.hub.ctl("sessions", "list", "--uuid", self.s.uuid)
            return "sensor-queue" in got["sessions"][0]["paused"]
        while sent < 1000:
            more()
            got = until("a session", lambda: self.hub.ctl(
                "sessions", "list", "--uuid", self.s.uuid)["sessions"])
            if "sensor-queue" in got[0]["paused"]:
                break
        self.assertLess(sent, 1000)
        other = self.hub.enroll("--type", "8")
        self.assertEqual(self.hub.send([other.frame(8, b"x\n")]), "confirmed")
        more()  # waits in the sockets
        for id_, _ in r.xreadgroup("reader", "r", {key: ">"})[0][1]:
            r.xack(key, "reader", id_)
        until("it is read again", lambda: not paused())
        self.assertEqual(d4.finish(tls), "confirmed")
        r.xgroup_destroy(key, "reader")
        got = [e for e in self.hub.entries(8) if e["sensor"] == self.s.uuid]
        self.assertGreaterEqual(sum(e["n"] for e in got), 1)


class Lists(Case):
    def test_blocked_addresses_and_networks(self):
        live = Open(self.hub, self.s, source="127.0.0.7")
        self.redis.sadd("blacklist_ip", "127.0.0.7", "not an address")
        live.refused("blocked.ip")
        live = Open(self.hub, self.s, source="127.9.0.1")
        self.redis.sadd("d4:blacklist_net", "127.8.0.0/15", "::/0")
        live.refused("blocked.ip")
        self.assertEqual(self.attempt(source="127.8.200.3"), "blocked.ip")
        self.assertEqual(self.attempt(), "confirmed")
        self.redis.delete("d4:blacklist_net")
        self.becomes("confirmed", source="127.9.0.1")

    def test_a_uuid_that_blocks_its_addresses(self):
        self.redis.sadd("blacklist_ip_by_uuid", self.s.hex)
        self.becomes("blocked.trap", source="127.0.0.66")
        until("the address is blocked", lambda: self.redis.sismember(
            "blacklist_ip", "127.0.0.66"))
        self.redis.srem("blacklist_ip_by_uuid", self.s.hex)
        self.becomes("blocked.ip", source="127.0.0.66")
        self.s = self.hub.enroll("--type", "8")
        self.assertEqual(self.attempt(), "confirmed")


class Types(unittest.TestCase):
    def test_a_restart_never_widens_what_is_accepted(self):
        with Hub(types="[2, 8, 254]", ext="{a: lines, b: lines}") as hub:
            hub.start()
            r, s = hub.redis(), hub.enroll("--type", "8")
            t = hub.enroll("--type", "254.a")

            def lines():
                return hub.send([s.frame(8, b"x\n")])

            def extended(name):
                return hub.send([t.frame(2, b'{"type":"%s"}' % name),
                                 t.frame(254, b"{}\n")])
            self.assertEqual(lines(), "confirmed")
            self.assertEqual(r.smembers("server:accepted_type"),
                             {b"2", b"8", b"254"})
            live = Open(hub, s)
            r.srem("server:accepted_type", "8")
            live.refused("header.type")
            r.srem("server:accepted_extended_type", "a")
            until("a is out", lambda: extended(b"a") != "confirmed")
            self.assertEqual(extended(b"b"), "confirmed")
            hub.stop()
            hub.start()
            r = hub.redis()
            self.assertNotEqual(lines(), "confirmed")
            self.assertNotEqual(extended(b"a"), "confirmed")
            r.srem("server:accepted_extended_type", "b")
            r.delete("server:accepted_type")
            hub.stop()
            hub.options(types="[2, 3, 8, 254]")  # 3 is new there
            hub.start()
            r = hub.redis()
            self.assertEqual(r.smembers("server:accepted_type"), {b"3"})
            self.assertEqual(hub.send([s.frame(3, b"x\n")]), "confirmed")
            self.assertNotEqual(lines(), "confirmed")


class Modes(unittest.TestCase):
    def test_a_shared_secret(self):
        with Hub() as hub:
            path = os.path.join(hub.etc, "keys", "shared")
            hub.options(mode="shared-secret")
            done = hub.run("-n", "-c", hub.conf, check=False)
            self.assertIn("no shared secret", done.stderr)
            hub.options(shared_secret=path)

            def secret(text):
                with open(os.open(path, os.O_CREAT | os.O_WRONLY |
                                  os.O_TRUNC, 0o600), "w") as f:
                    f.write(text)
                return hub.run("-n", "-c", hub.conf, check=False).returncode
            self.assertEqual(secret("short"), 1)
            self.assertEqual(secret(KNOWN_KEY), 1)
            self.assertEqual(secret("a-good-shared-secret"), 0)
            hub.start()
            own = hub.enroll("--type", "8")
            new = "7e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1b"
            wire = d4.frame(b"a-good-shared-secret", new, 8, b"x\n")
            self.assertEqual(hub.send([wire]), "confirmed")
            self.assertNotEqual(hub.send([d4.frame(b"x", new, 8, b"x\n")]),
                                "confirmed")
            self.assertEqual(hub.send([own.frame(8, b"x\n")]), "confirmed")
            hub.redis().sadd("d4:revoked_uuid", new.replace("-", ""))
            until("revoked", lambda: hub.send([wire]) != "confirmed")
            hub.redis().delete("d4:revoked_uuid")
            hub.options(mode="registration")
            mark = hub.log_size()
            hub.signal(1)
            until("reloaded", lambda: "reload done" in hub.log(mark))
            self.assertNotEqual(hub.send([wire]), "confirmed")
            self.assertEqual(hub.send([own.frame(8, b"x\n")]), "confirmed")


class Times(unittest.TestCase):
    def test_a_window_for_timestamps(self):
        with Hub(replay="1h") as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            now = int(time.time())
            for stamp in (now - 3000, now, now + 3000):
                self.assertEqual(hub.send([s.frame(8, b"x\n",
                                                   timestamp=stamp)]),
                                 "confirmed")
            for stamp in (0, now - 4000, now + 4000, 2 ** 64 - 1):
                self.assertNotEqual(hub.send([s.frame(8, b"x\n",
                                                      timestamp=stamp)]),
                                    "confirmed")
            self.assertEqual(hub.status()["sessions"]["refused"]["replay"], 4)

    def test_a_shorter_idle_time_holds_for_who_is_there(self):
        with Hub() as hub:
            hub.start()
            live = Open(hub, hub.enroll("--type", "8"))
            hub.options(idle="100ms")
            hub.signal(1)
            live.refused("timeout.idle")


if __name__ == "__main__":
    unittest.main(verbosity=2)
