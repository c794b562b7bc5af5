#!/usr/bin/python3
"""d4-hub and clients that are not ours: the D4 C client through socat (built
outside of the repository, where its source is), and hostile ones."""

import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
from hub import Hub, until  # noqa: E402

CLIENT = os.environ.get("D4_CORE_CLIENT", "/tmp/ext/d4-core/client")
HMAC = os.environ.get("D4_CORE_HMAC", "/tmp/ext/hmac")  # its submodule


def build_client(folder):
    copy = os.path.join(folder, "client")
    shutil.copytree(CLIENT, copy)
    if not os.path.exists(os.path.join(copy, "others/hmac/sha2.c")):
        shutil.copytree(HMAC, os.path.join(copy, "others/hmac"),
                        dirs_exist_ok=True)
    for name in os.listdir(copy):
        if name.endswith(".o") or name == "d4":
            os.unlink(os.path.join(copy, name))
    subprocess.run(["make", "-s", "-C", copy, "CFLAGS=-O2 -w", "d4"],
                   check=True, capture_output=True)
    return os.path.join(copy, "d4")


def have_client():
    hmac = [os.path.join(CLIENT, "others/hmac/sha2.c"),
            os.path.join(HMAC, "sha2.c")]
    return os.path.isdir(CLIENT) and any(map(os.path.exists, hmac)) and \
        shutil.which("socat")


@unittest.skipUnless(have_client(), "no D4 C client or socat here")
class RealClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix="d4-it-client-")
        cls.program = build_client(cls.dir)
        cls.hub = Hub(ext="{ja3-jl: lines}").start()

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()
        shutil.rmtree(cls.dir)

    def conf(self, sensor, kind, **files):
        folder = tempfile.mkdtemp(dir=self.dir)
        files = dict(files, uuid=sensor.uuid, key=sensor.key.decode(),
                     snaplen="4096", version="1", type=str(kind),
                     source="stdin", destination="stdout")
        for name, text in files.items():
            with open(os.path.join(folder, name), "w") as f:
                f.write(text)
        return folder

    def feed(self, *inputs):
        """(client; client ...) | socat: written in small pieces, each client
        ends with an empty frame. inputs: (folder, data) of each."""
        wire = b"".join(subprocess.run(
            [self.program, "-c", folder], input=data, check=True,
            stdout=subprocess.PIPE, timeout=60).stdout
            for folder, data in inputs)
        subprocess.run(
            ["socat", "-u", "-b", "1000", "-",
             "OPENSSL-CONNECT:127.0.0.1:%d,cafile=%s,commonname=127.0.0.1"
             % (self.hub.port, self.hub.ca)], input=wire, check=True,
            timeout=60)

    def data_of(self, sensor, kind, ext=""):
        return [e for e in self.hub.entries(kind, ext)
                if e["sensor"] == sensor.uuid]

    def test_lines(self):
        s = self.hub.enroll("--type", "8")
        data = b"".join(b"1700000000||192.0.2.1||192.0.2.2||IN||x%d.example"
                        b"||A||198.51.100.1||60||1\n" % i
                        for i in range(20000))
        self.feed((self.conf(s, 8), data))
        got = until("all is stored", lambda: [
            b for b in [b"".join(e["data"] for e in self.data_of(s, 8))]
            if len(b) == len(data)])[0]
        self.assertEqual(got, data)

    def test_a_capture(self):
        s = self.hub.enroll()
        head = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
        packets = b"".join(
            struct.pack("<IIII", 1700000000, i, 60 + i % 1400, 60 + i % 1400)
            + bytes([i % 256]) * (60 + i % 1400) for i in range(5000))
        self.feed((self.conf(s, 1), head + packets))
        got = until("all is stored", lambda: [
            b for b in [b"".join(e["data"][24:] for e in self.data_of(s, 1))]
            if len(b) == len(packets)])[0]
        self.assertEqual(got, packets)
        path = os.path.join(self.dir, "one.pcap")
        with open(path, "wb") as f:
            f.write(self.data_of(s, 1)[3]["data"])
        if shutil.which("tcpdump"):
            done = subprocess.run(["tcpdump", "-nr", path, "--count"],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("%d packets" % self.data_of(s, 1)[3]["n"],
                          done.stdout)

    def test_an_extended_type(self):
        s = self.hub.enroll("--type", "254.ja3-jl")
        meta = {"type": "ja3-jl", "encoding": "utf-8"}
        data = b'{"a": 1}\n' * 1000
        self.feed((self.conf(s, 2), json.dumps(meta, indent=1).encode()),
                  (self.conf(s, 254), data))
        got = until("all is stored", lambda: [
            e for e in [self.data_of(s, 254, "ja3-jl")]
            if sum(x["n"] for x in e) == 1000])[0]
        self.assertEqual(b"".join(e["data"] for e in got), data)
        self.assertEqual(json.loads(got[0]["meta"]), meta)


class Memory(unittest.TestCase):
    def test_unfinished_frames_have_a_budget_and_others_go_on(self):
        with Hub(held="1MiB", frame="10s") as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            bad = [hub.enroll("--type", "3") for _ in range(8)]
            half = []
            for b in bad:
                tls = hub.connect()
                try:
                    tls.sendall(b.frame(3, b"x" * 900000)[:400000])
                except OSError:
                    pass  # closed already: it was the largest
                half.append(tls)
            # Paused when it is over, closed when it is a quarter above:
            # which of the two depends on what comes in one read.
            until("the budget holds some back", lambda: any(
                why in hub.status()["sessions"]["refused"]
                for why in ("budget", "timeout.handshake", "timeout.idle")))
            self.assertLess(hub.status()["sessions"]["held_bytes"],
                            3 << 20)
            for i in range(20):
                self.assertEqual(hub.send([s.frame(8, b"%d\n" % i)]),
                                 "confirmed")
            # Those who are paused in a frame do not keep it for ever.
            until("all of it is free", lambda:
                  hub.status()["sessions"]["held_bytes"] == 0, 60)
            for tls in half:
                tls.close()

    def test_many_connections(self):
        with Hub() as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            idle = [socket.create_connection(("127.0.0.1", hub.port))
                    for _ in range(500)]
            until("all are accepted", lambda:
                  hub.status()["sessions"]["now"] >= 500)
            self.assertEqual(hub.send([s.frame(8, b"x\n")]), "confirmed")
            for c in idle:
                c.close()
            until("all are gone", lambda:
                  hub.status()["sessions"]["now"] == 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
