#!/usr/bin/python3
"""d4-hub ctl: every command, against a hub that runs."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import PROGRAM, Hub, until  # noqa: E402

MAN = os.path.join(os.environ.get("D4_SOURCE", "."), "hub/d4-hub-ctl.8")


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(ext="{a: lines}").start()
        cls.ctl = cls.hub.ctl

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def setUp(self):
        self.s = self.hub.enroll("--type", "8")

    def lines(self, key=None, sensor=None):
        s = sensor or self.s
        return self.hub.send([d4.frame(key or s.key, s.uuid, 8, b"x\n")])

    def opened(self):
        mark = self.hub.log_size()
        tls = self.hub.connect()
        tls.sendall(self.s.frame(8, b"x\n"))
        until("it is open", lambda: self.s.uuid in self.hub.log(mark))
        return tls, mark

    def ended(self, mark, reason):
        until(reason, lambda: "refused reason=%s " % reason in
              self.hub.log(mark))

    def fails(self, *args, code=1):
        done = self.hub.run("ctl", "-c", self.hub.conf, *args, check=False)
        self.assertEqual(done.returncode, code, done)
        self.assertEqual(done.stdout, "")
        return done.stderr


class Sensors(Case):
    def test_revoke_and_approve(self):
        tls, mark = self.opened()
        self.assertEqual(self.ctl("sensors", "revoke", self.s.uuid)["state"],
                         "revoked")
        self.ended(mark, "revoked")
        tls.close()
        self.assertNotEqual(self.lines(), "confirmed")
        got = self.ctl("sensors", "list", "--state", "revoked")["sensors"]
        self.assertIn(self.s.uuid, [x["uuid"] for x in got])
        self.assertEqual(self.ctl("sensors", "approve", self.s.hex)["state"],
                         "approved")
        until("it may send", lambda: self.lines() == "confirmed")
        self.assertRegex(self.hub.log(mark), r"ctl cmd=sensors.revoke what="
                         r'"%s" uid=%d pid=\d+ result="ok"'
                         % (self.s.hex, os.getuid()))

    def test_who_has_no_key_is_not_approved(self):
        self.assertIn("it has no key", self.fails(
            "sensors", "approve", "7e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1b"))

    def test_kick(self):
        tls, mark = self.opened()
        self.assertTrue(self.ctl("sensors", "kick", self.s.uuid)["kicked"])
        self.ended(mark, "kicked")
        tls.close()
        self.assertTrue(self.ctl("sensors", "show", self.s.uuid)["kicked"])

    def test_a_key_is_rotated_and_shown_once(self):
        mark = self.hub.log_size()
        got = self.ctl("sensors", "rotate-key", self.s.uuid, "--grace", "1h")
        new = got["key"].encode()
        self.assertTrue(got["previous_until"] > time.time() + 3000)
        until("the new key", lambda: self.lines(new) == "confirmed")
        self.assertEqual(self.lines(), "confirmed")
        self.assertEqual(self.ctl("sensors", "end-rotation",
                                  self.s.uuid)["state"], "approved")
        until("the old key is out", lambda: self.lines() != "confirmed")
        self.assertIn("no rotation", self.fails("sensors", "end-rotation",
                                                self.s.uuid))
        shown = [self.hub.log(mark),
                 json.dumps(self.ctl("sensors", "show", self.s.uuid)),
                 json.dumps(self.ctl("sensors", "list")),
                 json.dumps(self.hub.status())]
        for text in shown:
            self.assertNotIn(got["key"], text)
            self.assertNotIn(self.s.key.decode(), text)

    def test_a_rotation_under_way_keeps_the_key_that_the_sensor_has(self):
        u = self.s.uuid
        lost = self.ctl("sensors", "rotate-key", u)["key"]
        self.assertIn("--again", self.fails("sensors", "rotate-key", u))
        new = self.ctl("sensors", "rotate-key", u, "--again")["key"]
        until("the new key", lambda: self.lines(new.encode()) == "confirmed")
        self.assertEqual(self.lines(), "confirmed")
        until("the lost one is out", lambda: self.lines(lost.encode()) !=
              "confirmed")

    def test_quarantine_ends_with_another_key(self):
        self.ctl("sensors", "quarantine", self.s.uuid, "1h")
        until("it holds", lambda: self.lines() == "confirmed")
        got = self.ctl("sensors", "rotate-key", self.s.uuid)
        show = self.ctl("sensors", "show", self.s.uuid)
        self.assertNotIn("quarantine_until", show)
        self.assertLess(got["previous_until"], time.time() + 3700)

    def test_limits_addresses_tags_and_texts(self):
        u = self.s.uuid
        self.assertEqual(self.ctl("sensors", "limits", u, "--payload", "1kB",
                                  "--rate", "1MiB")["rate"], 1 << 20)
        self.assertEqual(self.ctl("sensors", "limits", u, "--queue",
                                  "99")["queue"], 99)
        self.assertEqual(self.hub.redis().hget("stream_max_size_by_uuid",
                                               self.s.hex), b"99")
        self.ctl("sensors", "from", u, "192.0.2.0/24,2001:db8::/32")
        until("not from here", lambda: self.lines() != "confirmed")
        self.ctl("sensors", "from", u, "any")
        until("from anywhere", lambda: self.lines() == "confirmed")
        self.assertEqual(self.ctl("sensors", "limits", u, "--payload",
                                  "0")["rate"], 1 << 20)
        self.ctl("sensors", "tag", u, "honeypot")
        self.assertEqual(self.ctl("sensors", "tag", u, "eu")["tags"],
                         ["eu", "honeypot"])
        self.ctl("sensors", "describe", u, "by the \u00fc door; 'x' \"y\"")
        show = self.ctl("sensors", "show", u)
        self.assertEqual(show["description"],
                         "by the \u00fc door; 'x' \"y\"")
        self.assertEqual(show["types"], ["8"])
        self.assertGreater(show["refused"]["address"], 0)
        self.assertTrue(show["key"])
        got = self.ctl("sensors", "list", "--tag", "eu")["sensors"]
        self.assertEqual([x["uuid"] for x in got], [u])
        self.ctl("sensors", "tag", u, "eu", "--remove")
        self.assertEqual(self.ctl("sensors", "list", "--tag", "eu"),
                         {"ok": True, "sensors": []})

    def test_groups(self):
        u = self.s.uuid
        self.ctl("groups", "add", "north", u)
        got = self.ctl("groups", "list")["groups"]
        self.assertEqual(got, [{"group": "north", "sensors": [u]}])
        got = self.ctl("sensors", "list", "--group", "north")["sensors"]
        self.assertEqual([x["uuid"] for x in got], [u])
        self.ctl("groups", "remove", "north", u)
        self.assertEqual(self.ctl("groups", "list")["groups"], [])
        self.assertIn("not in it", self.fails("groups", "remove", "north", u))

    def test_what_redis_holds_does_no_harm(self):
        r = self.hub.redis()
        r.hset("metadata_uuid:" + self.s.hex, "description",
               b"\xff\x1b[31mred\x00")
        r.sadd("registered_uuid", "nonsense", b"\xff" * 40, '","x":"')
        r.set("d4:sensor:" + self.s.hex, "text")
        try:
            got = self.ctl("sensors", "list")["sensors"]
            mine = [x for x in got if x["uuid"] == self.s.uuid]
            self.assertEqual(len(mine), 1)
            self.ctl("sensors", "show", self.s.uuid)
            text = self.hub.run("ctl", "-c", self.hub.conf, "sensors",
                                "list").stdout
            self.assertNotIn("\x1b", text)
        finally:
            r.srem("registered_uuid", "nonsense", b"\xff" * 40, '","x":"')


class Hubs(Case):
    def test_blocklist(self):
        for what, kind in (("192.0.2.7", "address"),
                           ("2001:db8::/32", "network"),
                           (self.s.uuid, "uuid")):
            self.ctl("blocklist", "add", what)
            got = self.ctl("blocklist", "list")["blocked"]
            self.assertIn({"what": what, "kind": kind}, got)
        until("it is blocked", lambda: self.lines() != "confirmed")
        for what in ("192.0.2.7", "2001:db8::/32", self.s.uuid):
            self.ctl("blocklist", "remove", what)
        self.ctl("blocklist", "add", self.s.uuid, "--addresses-of")
        self.ctl("blocklist", "remove", self.s.uuid, "--addresses-of")
        self.assertEqual(self.ctl("blocklist", "list")["blocked"], [])
        self.assertIn("wants a UUID", self.fails(
            "blocklist", "add", "192.0.2.7", "--addresses-of"))
        self.assertIn("not on the list", self.fails("blocklist", "remove",
                                                    "192.0.2.7"))

    def test_types(self):
        self.ctl("types", "refuse", "8")
        until("8 is out", lambda: self.lines() != "confirmed")
        rows = {x["type"]: x for x in self.ctl("types", "list")["types"]}
        self.assertEqual((rows["8"]["configured"], rows["8"]["accepted"]),
                         (True, False))
        self.assertTrue(rows["254.a"]["accepted"])
        self.ctl("types", "accept", "8")
        until("8 is in", lambda: self.lines() == "confirmed")
        self.assertIn("not configured", self.fails("types", "accept", "200"))
        self.ctl("types", "refuse", "254.a")
        self.ctl("types", "accept", "254.a")

    def test_sessions_and_stats(self):
        tls, _ = self.opened()
        got = self.ctl("sessions", "list", "--uuid", self.s.uuid)["sessions"]
        self.assertEqual([(x["type"], x["state"]) for x in got],
                         [(8, "open")])
        text = self.hub.run("ctl", "-c", self.hub.conf, "sessions",
                            "list").stdout
        self.assertIn(self.s.uuid, text)
        day = until("it is counted", lambda: [
            x for x in self.ctl("stats", "day", "--top", "1000")["stats"]
            if x["name"] == self.s.uuid])
        self.assertEqual(day[0]["frames"], 1)
        self.assertEqual(d4.finish(tls), "confirmed")
        self.lines(b"wrong")
        row = [x for x in self.ctl("stats", "refused")["refused"]
               if x["uuid"] == self.s.uuid]
        self.assertEqual(row[0]["reasons"], {"hmac": 1})

    def test_queues(self):
        for _ in range(3):
            self.assertEqual(self.lines(), "confirmed")
        rows = until("they are seen", lambda: {
            x["queue"]: x for x in self.ctl("queues", "list")["queues"]
            if x["queue"] == "8" and x["length"] >= 3})
        self.assertEqual(rows["8"]["readers"], 0)
        peek = self.ctl("queues", "peek", "8", "--count", "2")["entries"]
        self.assertEqual(len(peek), 2)
        self.assertEqual(peek[0]["sensor"].replace("-", ""), self.s.hex)
        self.assertNotIn("data", peek[0])
        self.assertIn("--yes", self.fails("queues", "empty", "8"))
        before = self.hub.account("unread.drop-oldest")
        n = self.ctl("queues", "empty", "8", "--yes")["dropping"]
        self.assertGreaterEqual(n, 3)
        until("it is empty", lambda: self.hub.redis().xlen(
            d4.queue_key(8, "", 0)) == 0)
        until("it stands in the account", lambda: sum(
            x["entries"] for x in self.hub.account("unread.drop-oldest")) -
            sum(x["entries"] for x in before) == n)
        self.assertEqual(self.lines(), "confirmed")
        self.ctl("queues", "create", "8", "analyzer")
        self.assertIn("there already", self.fails("queues", "create", "8",
                                                  "analyzer"))
        until("it has a reader", lambda: "has readers" in self.hub.run(
            "ctl", "-c", self.hub.conf, "queues", "empty", "8", "--yes",
            check=False).stderr)
        self.ctl("queues", "size", "8", "2MiB")
        until("its size", lambda: [
            x for x in self.ctl("queues", "list")["queues"]
            if x["queue"] == "8"][0]["bytes_limit"] == 2 << 20)
        self.ctl("queues", "size", "8", "0")
        for what in ("peek", "create", "size", "empty"):
            more = {"create": ["x"], "size": ["1MiB"],
                    "empty": ["--yes"]}.get(what, [])
            self.assertIn("no such queue", self.fails("queues", what, "77",
                                                      *more))

    def test_reload(self):
        self.hub.options(idle="100ms")
        tls, mark = self.opened()
        self.assertTrue(self.ctl("config", "reload")["reloaded"])
        self.ended(mark, "timeout.idle")
        tls.close()
        self.hub.options(idle="nonsense")
        done = self.hub.run("ctl", "--ctl",
                            os.path.join(self.hub.etc, "hub.ctl"), "config",
                            "reload", check=False)
        self.hub.options(idle="2h")
        self.assertEqual(done.returncode, 1)
        self.assertIn("`nonsense` is no duration", done.stderr)
        self.ctl("config", "reload")


class Words(Case):
    """The command line and the socket."""

    def test_exit_codes_and_errors(self):
        for args in (["nonsense"], ["sensors"], ["sensors", "fly"],
                     ["sensors", "show"], ["sensors", "show", "a", "b"],
                     ["sensors", "list", "--nope"],
                     ["sensors", "list", "--tag"]):
            self.assertIn("remedy", self.fails(*args, code=64))
        for args in (["show", "not-a-uuid"], ["limits", self.s.uuid, "--rate",
                     "fast"], ["from", self.s.uuid, "host"],
                     ["tag", self.s.uuid, "a b"],
                     ["describe", self.s.uuid, "a\nb"],
                     ["list", "--state", "good"]):
            self.assertRegex(self.fails("sensors", *args),
                             "not valid: .*; remedy: write ")
        self.assertIn("sensors and one of list show pending",
                      self.fails("sensors", "fly", code=64))
        self.assertIn("one of sensors groups", self.fails("fly", code=64))
        some = self.hub.run("ctl", "groups", "--help").stdout
        self.assertIn("groups add GROUP UUID", some)
        self.assertNotIn("sensors list", some)
        done = subprocess.run([PROGRAM, "ctl", "--ctl", "/nonexistent",
                               "sensors", "list"], capture_output=True,
                              text=True, timeout=30)
        self.assertEqual(done.returncode, 69)
        self.assertIn("start the hub", done.stderr)

    def test_hostile_requests(self):
        path = os.path.join(self.hub.etc, "hub.ctl")
        for line in (b'{"cmd":"sensors.show","uuid":7}',
                     b'{"cmd":"sensors.show"}',
                     b'{"cmd":"sensors.show","uuid":"x","more":1}',
                     b'{"cmd":"sensors.describe","uuid":"%s","text":"a\\u0000'
                     b'b"}' % self.s.hex.encode(),
                     b'{"cmd":"sensors.list","tag":["x"]}',
                     b'{"cmd":"queues.empty","queue":"8","yes":"1"}',
                     b'{"cmd":"sensors"}', b'{"cmd":".list"}',
                     b'{"cmd":"sensors."}', b'{"cmd":7}', b"[]", b"x" * 1000):
            with socket.socket(socket.AF_UNIX) as c:
                c.settimeout(20)
                c.connect(path)
                c.sendall(line + b"\n")
                got = b""
                while not got.endswith(b"\n"):
                    got += c.recv(4096)
            answer = json.loads(got)
            self.assertFalse(answer["ok"], line)
            self.assertTrue(answer["error"])

    @unittest.skipUnless(os.getuid() == 0, "needs root to become another")
    def test_others_may_look_and_not_change(self):
        os.chmod(self.hub.etc, 0o755)
        os.chmod(self.hub.dir, 0o755)
        ctl = os.path.join(self.hub.etc, "hub.ctl")
        os.chmod(ctl, 0o666)

        def request(text):
            code = ("import socket; s=socket.socket(socket.AF_UNIX);"
                    "s.connect(%r); s.sendall(%r); print(s.recv(65536)"
                    ".decode())" % (ctl, text + b"\n"))
            done = subprocess.run(["/usr/bin/python3", "-c", code], user=65534,
                                  group=65534, extra_groups=[], timeout=30,
                                  capture_output=True, text=True)
            return json.loads(done.stdout)
        self.assertTrue(request(b'{"cmd":"types.list"}')["ok"])
        refused = request(b'{"cmd":"sensors.kick","uuid":"%s"}'
                          % self.s.hex.encode())
        self.assertIn("only root", refused["error"])
        self.assertFalse(request(b'{"cmd":"config.backup"}')["ok"])
        self.assertEqual(self.lines(), "confirmed")

    def test_redis_away_is_said(self):
        with Hub(redis='"unix:/nonexistent"') as hub:
            with open(hub.log_path, "a") as log:
                hub.process = subprocess.Popen([PROGRAM, "-c", hub.conf],
                                               stdout=log, stderr=log)
            path = os.path.join(hub.etc, "hub.ctl")
            until("the socket", lambda: os.path.exists(path))
            done = until("an answer", lambda: [
                x for x in [hub.run("ctl", "-c", hub.conf, "sensors", "list",
                                    check=False)] if x.returncode != 69])
            self.assertIn("Redis is away", done[0].stderr)

    def test_the_manual_has_every_command(self):
        done = self.hub.run("ctl", "--help")
        with open(MAN) as f:
            text = f.read()
        rows = re.findall(r"(?m)^  [ *] (\w+ [\w-]+)", done.stdout)
        self.assertGreater(len(rows), 25)
        for row in rows:
            self.assertIn(".It Cm %s" % row, text)
        for option in re.findall(r"\[--([\w-]+)", done.stdout):
            self.assertIn("Cm --%s" % option, text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
