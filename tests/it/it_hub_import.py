#!/usr/bin/python3
"""d4-hub import: the sensors of a d4-core's Redis (real redis-server)."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from d4core_lists import Lists  # noqa: E402
from hub import PROGRAM, Hub, until  # noqa: E402

DEFAULT = b"the default key of this server"


class Import(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="d4-it-import-")
        self.addCleanup(folder.cleanup)
        self.core = Lists(folder.name, "no")
        self.addCleanup(self.core.stop)
        self.r = self.core.meta
        self.url = "unix:" + self.core.sock
        self.r.set("server:hmac_default_key", DEFAULT)
        self.hub = Hub()
        self.addCleanup(self.hub.close)
        self.hub.start()

    def sensor(self, key=None, pending=False, **fields):
        u = str(uuid.uuid4())
        hex_ = u.replace("-", "")
        self.r.sadd("sensor_pending_registration" if pending
                    else "registered_uuid", hex_)
        if key:
            fields["hmac_key"] = key
        if fields:
            self.r.hset("metadata_uuid:" + hex_, mapping=fields)
        return u

    def load(self, *args):
        return self.hub.run("import", "-c", self.hub.conf, *args,
                            self.url).stdout

    def send(self, u, key):
        return self.hub.send([d4.frame(key, u, 8, b"x\n")])

    def test_sensors_keys_and_lists_are_taken(self):
        own = self.sensor(b"its-own-key", description=b"\xff \x00 x" * 900,
                          user_mail="a@example.org", first_seen="123")
        none, default = self.sensor(), self.sensor(DEFAULT)
        known = self.sensor(b"private key to change")
        waits = self.sensor(b"another-key", pending=True)
        self.r.sadd("registered_uuid", "nonsense", b"\xff\x00")
        self.r.sadd("blacklist_ip", "192.0.2.9", "nonsense")
        self.r.sadd("blacklist_uuid", known.replace("-", ""))
        before = {k: self.r.dump(k) for k in self.r.keys()}
        out = self.load("--dry-run")
        self.assertIn("would take approved=4 pending=1 known_key=3", out)
        self.assertEqual(self.hub.ctl("sensors", "list")["sensors"], [])
        out = self.load("--quarantine", "1h")
        self.assertIn("taken approved=4 pending=1 known_key=3 there=0 "
                      "not_understood=3 blocked=2", out)
        self.assertNotIn("its-own-key", out)
        self.assertEqual(before, {k: self.r.dump(k) for k in self.r.keys()})
        self.assertEqual(self.send(own, b"its-own-key"), "confirmed")
        self.assertEqual(self.send(none, DEFAULT), "confirmed")
        self.assertEqual(self.send(default, DEFAULT), "confirmed")
        self.assertNotEqual(self.send(known, b"private key to change"),
                            "confirmed")
        self.assertNotEqual(self.send(waits, b"another-key"), "confirmed")
        show = self.hub.ctl("sensors", "show", none)
        self.assertLess(show["quarantine_until"], time.time() + 3700)
        self.assertEqual(self.hub.ctl("sensors", "show", own)["mail"],
                         "a@example.org")
        self.assertNotIn("quarantine_until",
                         self.hub.ctl("sensors", "show", own))
        new = self.hub.ctl("sensors", "rotate-key", none)["key"].encode()
        until("the new key", lambda: self.send(none, new) == "confirmed")
        out = self.load("--quarantine", "1h")
        self.assertIn("taken approved=0 pending=0 known_key=0 there=5", out)
        self.assertEqual(self.send(none, new), "confirmed")

    def test_the_deadline_holds(self):
        u = self.sensor()
        self.load("--quarantine", "0s")
        self.assertNotEqual(self.send(u, DEFAULT), "confirmed")
        self.assertEqual(self.hub.status()["sessions"]["refused"],
                         {"quarantine": 1})

    def test_errors(self):
        done = self.hub.run("import", "-c", self.hub.conf, "unix:/nonexistent",
                            check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent", done.stderr)
        for args in ([], ["a", "b"], ["--quarantine", "soon", self.url]):
            self.assertEqual(self.hub.run("import", *args,
                                          check=False).returncode, 64)
        self.r.set("registered_uuid", "hostile")
        done = self.hub.run("import", "-c", self.hub.conf, self.url,
                            check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("registered_uuid", done.stderr)


ENDLESS = b"*2\r\n$1\r\n7\r\n*500\r\n" + b"$3\r\nxyz\r\n" * 500

# What it answers to each question but the first, again and again.
HOSTILE = {
    "one huge text": b"$1000000000\r\n" + b"x" * (1 << 20),
    "a huge array": b"*2147483647\r\n",
    "arrays of arrays": b"*4096\r\n" * 4096,
    "many small things": b"*100000000\r\n" + b":1\r\n" * 100000,
    "a set without end": ENDLESS,
    "an array of nothing": b"*0\r\n",
    "a cursor that is none": b"*2\r\n$3\r\n../\r\n*0\r\n",
    "no list": b"*2\r\n$1\r\n0\r\n:5\r\n",
    "a number": b":7\r\n",
    "no protocol": b"HTTP/1.1 200 OK\r\n\r\n",
    "the end": b"",
}


class Hostile(unittest.TestCase):
    """Whatever listens there: an error, soon, and little memory."""

    @classmethod
    def setUpClass(cls):
        cls.hub = Hub()  # the first import starts its Redis and ends it

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def serve(self, listener, answer):
        """A connection at a time; the default key is none."""
        while True:
            try:
                c, _ = listener.accept()
            except OSError:
                return
            with c:
                try:
                    c.recv(4096)
                    c.sendall(b"$-1\r\n")
                    while answer and c.recv(4096):
                        c.sendall(answer)
                        while answer[:2] in (b"$1", b"*1"):
                            c.sendall(answer[13:])  # and more of it
                except OSError:
                    pass

    def load(self, answer):
        with tempfile.TemporaryDirectory(prefix="d4-it-import-") as folder:
            path = os.path.join(folder, "sock")
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            listener.listen()
            threading.Thread(target=self.serve, args=(listener, answer),
                             daemon=True).start()
            process = subprocess.Popen(
                [PROGRAM, "import", "-c", self.hub.conf, "--dry-run",
                 "unix:" + path], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            said = process.stderr.read().decode()
            process.stdout.close()
            process.stderr.close()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            listener.close()
        return process.returncode, said, used.ru_maxrss >> 10

    def test_it_costs_little_memory(self):
        for what, answer in HOSTILE.items():
            code, said, rss = self.load(answer)
            self.assertEqual(code, 1, (what, said))
            self.assertIn("blacklist_uuid: ", said, what)
            self.assertLess(rss, 256, what)  # MiB; most of it a sanitizer's


if __name__ == "__main__":
    unittest.main(verbosity=2)
