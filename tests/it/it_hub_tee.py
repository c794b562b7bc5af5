#!/usr/bin/python3
"""The tee: what sensors send reaches another D4 server unchanged, and that
server never holds the hub up."""

import base64
import os
import subprocess
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import acceptor  # noqa: E402
import d4  # noqa: E402
from hub import Hub, until  # noqa: E402
import jsonl  # noqa: E402
from ports import free_port  # noqa: E402

MODEL = os.path.join(HERE, "../support/d4core.py")


class Recorder:
    """A D4 server that keeps the bytes of each connection, and answers a
    close_notify; deaf: it reads nothing."""

    def __init__(self, hub, deaf=False):
        self.context = acceptor.server_context(
            os.path.join(hub.etc, "hub.pem"),
            os.path.join(hub.etc, "keys/hub.key"))
        self.deaf = deaf
        self.sessions, self.done = [], []
        self.halt = threading.Event()
        self.acceptor = acceptor.Acceptor(self.serve,
                                          rcvbuf=65536 if deaf else None)
        self.port = self.acceptor.port

    def serve(self, raw):
        try:
            tls = self.context.wrap_socket(raw, server_side=True,
                                           suppress_ragged_eofs=False)
        except OSError:
            return
        mine = bytearray()
        self.sessions.append(mine)
        if self.deaf:
            self.halt.wait()
            tls.close()
            return
        while True:
            try:
                got = tls.recv(65536)
            except OSError:
                return
            if not got:
                break
            mine += got
        self.done.append(bytes(mine))
        tls.unwrap()
        tls.close()

    def close(self):
        self.halt.set()
        self.acceptor.close()


class Core:
    """The model of a d4-core, on a port of its own that it keeps."""

    def __init__(self, hub):
        self.hub, self.port, self.process = hub, free_port(), None
        self.state = os.path.join(hub.dir, "core")
        os.mkdir(self.state)

    def start(self, *sensors):
        words = ["%s:%s" % (s.uuid, s.key.decode()) for s in sensors]
        self.process = subprocess.Popen(
            [sys.executable, MODEL, "--cert",
             os.path.join(self.hub.etc, "hub.pem"), "--key",
             os.path.join(self.hub.etc, "keys/hub.key"), "--state",
             self.state, "--port", str(self.port), "--no-workers",
             "--register", *words], stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def rows(self, name):
        path = os.path.join(self.state, name + ".jsonl")
        return jsonl.rows(path)

    def payloads(self, uuid):
        return [base64.b64decode(r["payload"]) for r in self.rows("frames")
                if r["uuid"] == uuid]


def tee_hub(**options):
    hub = Hub(**options)
    hub.options(tee_ca=hub.ca)
    return hub


def lines(n, size=60, mark=b"a"):
    return [b"%d|%s\n" % (i, mark * size) for i in range(n)]


class Tee(unittest.TestCase):
    def tee(self, hub):
        return hub.status()["tee"]

    def test_bytes_are_the_same_one_connection_a_session(self):
        with tee_hub(ext="[ja3-jl]", types="[1, 2, 8, 254]") as hub:
            server = Recorder(hub)
            self.addCleanup(server.close)
            hub.options(tee='"127.0.0.1:%d"' % server.port)
            hub.start()
            a, b = hub.enroll("--type", "8"), hub.enroll("--type", "254")
            sent = []
            # Sizes at which a d4-core loses the end of a careless frame.
            one = [a.frame(8, b"x" * (n - 1) + b"\n") for n in
                   (1, 20, 16322, 16323, 16383, 32707, 65535, 1000000)]
            one.insert(3, a.frame(8, b""))
            two = [b.frame(2, b'{"type":"ja3-'), b.frame(2, b'jl"}')]
            two += [b.frame(254, b'{"a":1}\n{"b"'), b.frame(254, b':2}\n')]
            for frames in (one, two):
                self.assertEqual(hub.send(frames), "confirmed")
                sent.append(b"".join(frames))
            until("both are there", lambda: len(server.done) == 2)
            self.assertEqual(sorted(server.done), sorted(sent))
            got = until("both are confirmed", lambda:
                        self.tee(hub)["confirmed"] == 2 and self.tee(hub))
            self.assertEqual(got["frames"], len(one) + len(two))
            self.assertEqual(got["bytes"], sum(map(len, sent)))
            self.assertEqual((got["missed"], got["held_bytes"]), (0, 0))
            # What is not authentic does not go there.
            bad = bytearray(a.frame(8, b"forged|\n"))
            bad[30] ^= 1
            hub.send([a.frame(8, b"good|\n"), bytes(bad)])
            until("the good one is there", lambda: len(server.done) == 3)
            self.assertEqual(server.done[2][62:], b"good|\n")
            self.assertEqual(hub.account("tee.lost"), [])

    def test_a_core_takes_awkward_frames_and_one_session_at_a_time(self):
        with tee_hub() as hub:
            core = Core(hub)
            self.addCleanup(core.kill)
            hub.options(tee='"127.0.0.1:%d"' % core.port)
            hub.start()
            s = hub.enroll("--type", "8")
            core.start(s)
            sizes = (16323, 16382, 16383, 32707, 65535)
            want = [b"x" * (n - 1) + b"\n" for n in sizes]
            # The sensor is gone, and comes again: the newest wins here, and
            # there the older one must have ended first.
            old = hub.connect()
            self.addCleanup(old.close)
            old.sendall(s.frame(8, b"old|\n"))
            until("the first is there", lambda: core.payloads(s.uuid))
            self.assertEqual(hub.send([s.frame(8, w) for w in want]),
                             "confirmed")
            until("all of them are there", lambda:
                  self.tee(hub)["confirmed"] == 2)
            self.assertEqual(core.payloads(s.uuid), [b"old|\n"] + want)
            self.assertEqual({r["how"] for r in core.rows("sessions")},
                             {"confirmed"})

    def test_away_or_refusing_it_gets_all_when_it_is_back(self):
        with tee_hub() as hub:
            core = Core(hub)
            self.addCleanup(core.kill)
            hub.options(tee='"localhost:%d"' % core.port)
            hub.start()
            s = hub.enroll("--type", "8")
            want = lines(500)
            self.assertEqual(hub.send([s.frame(8, w) for w in want]),
                             "confirmed")
            until("the alarm", lambda: "failure=connect" in hub.log())
            self.assertEqual(self.tee(hub)["failing"], True)
            # There, but it does not know the sensor.
            core.start(hub.enroll("--type", "8"))
            until("refused", lambda: "failure=refused" in hub.log())
            self.assertEqual(core.payloads(s.uuid), [])
            core.kill()
            core.start(s)
            until("it arrives", lambda: self.tee(hub)["confirmed"] == 1)
            self.assertEqual(core.payloads(s.uuid), want)
            self.assertEqual(self.tee(hub)["missed"], 0)

    def test_who_does_not_read_holds_nobody_up_and_is_accounted(self):
        with tee_hub(tee_buffer="1MiB") as hub:
            server = Recorder(hub, deaf=True)
            self.addCleanup(server.close)
            hub.options(tee='"127.0.0.1:%d"' % server.port)
            hub.start()
            s = hub.enroll("--type", "8")
            frames = [s.frame(8, w) for w in
                      lines(400, 60000)]
            self.assertEqual(hub.send(frames), "confirmed")
            self.assertEqual(hub.status()["records"]["forward"], 400)
            got = until("it is given up", lambda: self.tee(hub)["missed"] and
                        self.tee(hub)["lines"] == 0 and self.tee(hub))
            self.assertEqual(got["given_up"], 1)
            self.assertEqual(got["frames"] + got["missed"], 400)
            self.assertEqual(got["bytes"] + got["missed_bytes"],
                             sum(map(len, frames)))
            told = hub.account("tee.full")
            self.assertEqual(sum(t["frames"] for t in told), got["missed"])
            self.assertEqual({t["sensor"] for t in told}, {s.uuid})
            self.assertTrue(told[-1]["session_over"])
            self.assertIn("reason=tee.full", hub.log())

    def test_lost_in_a_session_the_rest_is_counted_the_next_one_goes(self):
        with tee_hub(log="debug") as hub:
            core = Core(hub)
            self.addCleanup(core.kill)
            hub.options(tee='"127.0.0.1:%d"' % core.port)
            hub.start()
            s = hub.enroll("--type", "8")
            core.start(s)
            tls = hub.connect()
            self.addCleanup(tls.close)
            tls.sendall(s.frame(8, b"one|\n"))
            until("it is there", lambda: core.payloads(s.uuid))
            until("it cannot be refused", lambda: "tee settled" in hub.log())
            core.kill()
            until("given up", lambda: hub.account("tee.lost"))
            for w in lines(10):
                tls.sendall(s.frame(8, w))
            self.assertEqual(d4.finish(tls), "confirmed")
            self.assertEqual(hub.status()["records"]["forward"], 11)
            until("counted", lambda: sum(
                t["frames"] for t in hub.account("tee.lost")) == 10)
            # A killed d4-core has the sensor locked out until its operator
            # looks; here he does.
            for name in os.listdir(os.path.join(core.state, "active")):
                os.unlink(os.path.join(core.state, "active", name))
            core.start(s)
            self.assertEqual(hub.send([s.frame(8, b"two|\n")]), "confirmed")
            until("the next is there", lambda:
                  core.payloads(s.uuid) == [b"one|\n", b"two|\n"])

    def test_the_configuration_says_who_it_is(self):
        with Hub(tee='"127.0.0.1:4443"') as hub:
            done = hub.run("-n", "-c", hub.conf, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("ways to verify", done.stderr)
            hub.options(tee_tls="insecure")
            hub.run("-n", "-c", hub.conf)
            hub.options(tee='"127.0.0.1"')
            done = hub.run("-n", "-c", hub.conf, check=False)
            self.assertIn("HOST:PORT", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
