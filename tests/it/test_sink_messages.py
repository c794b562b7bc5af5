#!/usr/bin/env python3
"""Sinks of one record a message: datagrams and syslog."""

import os
import re
import socket
import threading
import unittest

from post_case import DEADLINE, UUID, until
from sink_case import SinkCase, lines
import acceptor


class Datagrams(SinkCase):
    def test_udp_is_one_record_a_datagram_and_never_confirmed(self):
        s, port = self.udp()
        self.fill_own(entries=20, records=10)
        self.release_own("udp")
        p = self.sink("udp", port=port)
        got = [s.recv(65536) for _ in range(200)]
        self.assertEqual([lines(x) for x in got], [[i] for i in range(200)])
        until(lambda: p.lane()["maybe_lost"] == 200)
        lane = p.drain()["lanes"][0]
        self.assertEqual(lane["confirmed"], 0)
        self.assertEqual(lane["sent"], 200)
        self.assertEqual(self.accounted(), {"maybe_lost": 200})

    def test_udp_with_socat(self):
        s, port = self.udp()
        s.close()
        c = self.socat("UDP-RECV:%d,bind=127.0.0.1" % port)
        until(lambda: self.bound(port))
        self.fill_own(entries=5, records=10)
        self.release_own("udp")
        self.sink("udp", port=port)
        until(lambda: len(c.data()) == 3200)
        self.assertEqual(lines(c.data()), list(range(50)))

    @staticmethod
    def bound(port):
        with open("/proc/net/udp") as f:
            return any(x.split()[1].endswith(":%04X" % port) for x in f)

    def test_a_record_larger_than_a_datagram_is_dropped_and_accounted(self):
        s, port = self.udp()
        self.fill_own(entries=1, records=3, size=2000)
        self.fill_own(entries=1, records=3, size=100, first=3)
        self.release_own("udp")
        p = self.sink("udp", port=port, max_message=1000)
        self.assertEqual([lines(s.recv(65536)) for _ in range(3)],
                         [[3], [4], [5]])
        until(lambda: p.lane()["maybe_lost"] == 3)
        self.assertEqual(p.lane()["toobig"], 3)
        self.assertEqual(self.accounted(),
                         {"maybe_lost": 3, "wire.toobig": 3})

    def test_nobody_listening_is_told_and_tried_again(self):
        s, port = self.udp()
        s.close()
        self.fill_own(entries=1, records=10)
        self.release_own("udp")
        self.sink("udp", port=port)
        self.fill_own(entries=1, records=10, first=10)
        until(lambda: "Connection refused" in self.log())
        self.assertNotIn("likely=", self.log())  # it is no D4 server

    def test_captures_cannot_be_datagrams(self):
        s, port = self.udp()
        self.fill_own(type=1, entries=1, records=10, size=100)
        self.release_own("udp")
        p = self.sink("udp", port=port)
        until(lambda: "cannot carry captures" in p.lane().get("broken", ""))
        self.assertEqual(p.lane()["sent"], 0)

    def test_kill_of_post_loses_no_datagram(self):
        s, port = self.udp()
        got = []

        def read():
            try:
                while True:
                    got.append(lines(s.recv(65536))[0])
            except OSError:
                pass
        threading.Thread(target=read, daemon=True).start()
        self.fill_own(entries=300, records=10)
        self.release_own("udp")
        p = self.sink("udp", port=port, rate=400000)
        until(lambda: len(got) > 1000)
        p.kill()
        p = self.sink("udp", port=port)
        until(lambda: p.lane().get("maybe_lost") == 3000)
        until(lambda: set(got) == set(range(3000)))


class Syslog(SinkCase):
    HEAD = re.compile(rb"<14>1 2023-11-14T22:13:20\.000000Z siem d4 "
                      + UUID.encode() + rb" passivedns - (.*)", re.S)

    def text(self, message):
        got = self.HEAD.fullmatch(message)
        self.assertTrue(got, message)
        return got.group(1)

    def counted(self, data):
        """The messages of an octet-counted stream; raises at a torn one."""
        out = []
        while data:
            count, data = data.split(b" ", 1)
            self.assertGreaterEqual(len(data), int(count))
            out.append(data[:int(count)])
            data = data[int(count):]
        return out

    def syslog(self, transport, **keys):
        self.fill_own(entries=20, records=10)
        self.release_own("syslog")
        return self.sink("syslog", transport=transport, hostname="siem",
                         **keys)

    def numbers_of(self, messages):
        return lines(b"".join(self.text(m) + b"\n" for m in messages))

    def test_udp(self):
        s, port = self.udp()
        self.syslog("udp", port=port)
        got = [s.recv(65536) for _ in range(200)]
        self.assertEqual(self.numbers_of(got), list(range(200)))

    def test_tcp_counts_octets(self):
        r = self.receiver()
        p = self.syslog("tcp", port=r.port)
        p.confirmed(200)
        self.assertEqual(self.numbers_of(self.counted(r.data())),
                         list(range(200)))

    def test_tls_counts_octets(self):
        ctx = acceptor.server_context(self.pki.cert, self.pki.key)
        r = self.receiver(tls=ctx)
        p = self.syslog("tls", port=r.port)
        p.confirmed(200)
        self.assertEqual(self.numbers_of(self.counted(r.data())),
                         list(range(200)))

    def test_the_local_log_socket(self):
        path = os.path.join(self.home, "log")
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.bind(path)
        s.settimeout(DEADLINE)
        self.servers.append(s)
        p = self.syslog("local", path=path)
        got = [s.recv(65536) for _ in range(200)]
        self.assertEqual({m[:8] for m in got}, {b"<14>d4: "})
        self.assertEqual(lines(b"".join(m[8:] + b"\n" for m in got)),
                         list(range(200)))
        until(lambda: p.lane()["maybe_lost"] == 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
