#!/usr/bin/env python3
"""Sinks that are streams, toward socat and scripted receivers."""

import os
import subprocess
import threading
import time
import unittest

from post_case import DEADLINE, numbers, until
from sink_case import Receiver, SinkCase, lines, reset
import acceptor

OTHER = "00000000000000bb"


class Streams(SinkCase):
    def test_tcp_lines_arrive_once_in_order_and_are_confirmed(self):
        r = self.receiver()
        self.fill_own(entries=300, records=10)
        self.release_own("tcp")
        p = self.sink("tcp", port=r.port)
        p.confirmed(3000)
        self.assertEqual(lines(r.data()), list(range(3000)))
        status = p.drain()
        self.assertEqual(status["sink"], "tcp")
        self.assertIn("closed in answer", status["confirms"])
        self.assertEqual(status["lanes"][0]["waiting"], 0)
        self.assertEqual(self.accounted(), {})

    def test_tcp_packets_are_one_capture_a_connection(self):
        r = self.receiver()
        self.fill_own(type=1, entries=50, records=10, size=300)
        self.release_own("tcp")
        p = self.sink("tcp", port=r.port)
        p.confirmed(500)
        p.drain()
        self.assertEqual(len(r.conns), 1)
        self.assertEqual(r.data()[:4], b"\xd4\xc3\xb2\xa1")
        self.assertEqual(r.data().count(b"\xd4\xc3\xb2\xa1"), 1)
        self.assertEqual(numbers(1, r.data()), list(range(500)))
        path = os.path.join(self.home, "all.pcap")
        with open(path, "wb") as f:
            f.write(r.data())
        out = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e",
                              "frame.number"], capture_output=True, text=True)
        self.assertEqual(len(out.stdout.split()), 500, out.stderr)

    def test_a_receiver_that_resets_gets_the_rest_and_nothing_is_missing(self):
        def play(c, got, n):
            while n < 4:
                data = c.recv(3000)
                got.extend(data)
                if len(got) > 20000:
                    reset(c)
                    return
            Receiver.read_all(c, got, n)
        r = self.receiver(play=play)
        self.fill_own(entries=500, records=10)
        self.release_own("tcp")
        p = self.sink("tcp", port=r.port)
        p.confirmed(5000)
        whole = [x for c in r.conns
                 for x in lines(bytes(c[:c.rfind(b"\n") + 1]))]
        self.assertEqual(set(whole), set(range(5000)))
        self.assertEqual(lines(bytes(r.conns[-1])),
                         sorted(lines(bytes(r.conns[-1]))))
        self.assertEqual(p.lane()["maybe_lost"], 0)

    def test_a_receiver_that_never_closes_is_confirmed_by_tcp_if_told(self):
        def play(c, got, n):
            while True:
                data = c.recv(65536)
                got += data
                if not data:
                    time.sleep(DEADLINE)
        r = self.receiver(play=play)
        self.fill_own(entries=100, records=10)
        self.release_own("tcp")
        p = self.sink("tcp", port=r.port, confirm="tcp", idle_us=60000000)
        p.confirmed(1000)  # in the middle of the connection
        self.assertEqual(lines(r.data()), list(range(1000)))
        self.assertEqual(p.drain()["lanes"][0]["confirmed"], 1000)

    def test_a_receiver_that_never_closes_is_told_as_such(self):
        r = self.receiver(play=lambda c, got, n: time.sleep(DEADLINE))
        self.fill_own(entries=1, records=10)
        self.release_own("tcp")
        p = self.sink("tcp", port=r.port, confirm_us=300000)
        until(lambda: "failure=unconfirmed" in self.log())
        self.assertEqual(p.lane()["confirmed"], 0)

    def test_tls_is_verified_and_confirmed(self):
        ctx = acceptor.server_context(self.pki.cert, self.pki.key)
        r = self.receiver(tls=ctx)
        self.fill_own(entries=100, records=10)
        self.release_own("tls")
        p = self.sink("tls", port=r.port)
        p.confirmed(1000)
        self.assertEqual(lines(r.data()), list(range(1000)))

    def test_tls_with_another_certificate_gets_nothing(self):
        ctx = acceptor.server_context(self.other.cert, self.other.key)
        r = self.receiver(tls=ctx)
        self.fill_own(entries=1, records=10)
        self.release_own("tls")
        self.sink("tls", port=r.port)
        until(lambda: "failure=tls" in self.log())
        self.assertEqual(r.data(), b"")

    def test_unix_is_confirmed_by_what_was_read(self):
        path = os.path.join(self.home, "sock")
        go = threading.Event()

        def play(c, got, n):
            go.wait(DEADLINE)
            Receiver.read_all(c, got, n)
        r = self.receiver(path, play)
        self.fill_own(entries=100, records=10)
        self.release_own("unix")
        p = self.sink("unix", path=path, idle_us=60000000)
        until(lambda: p.lane().get("sent", 0) == 1000)
        self.assertEqual(p.lane()["confirmed"], 0)
        go.set()
        p.confirmed(1000)
        self.assertEqual(lines(r.data()), list(range(1000)))
        self.assertEqual(p.status()["partners"][0]["path"], path)

    def test_unix_reader_that_dies_unread_loses_nothing(self):
        path = os.path.join(self.home, "sock")

        def play(c, got, n):
            if n == 1:
                got += c.recv(4096)
                time.sleep(0.3)
                return
            Receiver.read_all(c, got, n)
        r = self.receiver(path, play)
        self.fill_own(entries=100, records=10)
        self.release_own("unix")
        p = self.sink("unix", path=path)
        p.confirmed(1000)
        got = [x for c in r.conns
               for x in lines(bytes(c[:c.rfind(b"\n") + 1]))]
        self.assertEqual(set(got), set(range(1000)))
        self.assertEqual(p.lane()["maybe_lost"], 0)

    def test_unix_with_socat(self):
        path = os.path.join(self.home, "sock")
        s = self.socat("UNIX-LISTEN:%s,fork" % path)
        until(lambda: os.path.exists(path))
        self.fill_own(entries=100, records=10)
        self.release_own("unix")
        p = self.sink("unix", path=path)
        p.confirmed(1000)
        until(lambda: len(s.data()) == 64000)
        self.assertEqual(lines(s.data()), list(range(1000)))

    def test_kill_of_post_repeats_little_and_loses_nothing(self):
        r = self.receiver()
        self.fill_own(entries=3000, records=10, size=200)
        self.release_own("tcp")
        for _ in range(3):
            p = self.sink("tcp", port=r.port, rate=20000000, confirm="tcp")
            seen = len(r.data())
            until(lambda: len(r.data()) > seen + 400000 or
                  p.lane().get("confirmed") == 30000)
            p.kill()
        p = self.sink("tcp", port=r.port, confirm="tcp")
        p.confirmed(30000)
        got = [x for c in r.conns
               for x in lines(bytes(c[:c.rfind(b"\n") + 1]))]
        self.assertEqual(set(got), set(range(30000)))
        self.assertEqual(p.lane()["maybe_lost"], 0)

    def test_a_slow_reader_does_not_delay_a_partner(self):
        go = threading.Event()
        r = self.receiver(play=lambda c, got, n: go.wait(DEADLINE))
        d = self.server()
        self.fill_own(type=8, entries=2000, records=10, size=1000)
        self.fill(type=8, lane=OTHER, entries=500, records=10)
        self.release_own("tcp")
        self.release(OTHER)
        p = self.post({"sink": "tcp", "id": "own", "port": r.port},
                      {"port": d.port})
        p.confirmed(5000, OTHER)
        self.assertExact(d, 5000)
        self.assertEqual(p.lane()["confirmed"], 0)
        go.set()

    def test_another_sink_than_the_policy_says_gets_nothing(self):
        r = self.receiver()
        self.fill_own(entries=1, records=10)
        self.release_own("tls")
        p = self.sink("tcp", port=r.port)
        until(lambda: "another sink" in self.log())
        self.assertFalse(p.lane()["released"])
        self.assertEqual(r.conns, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
