#!/usr/bin/env python3
"""Sinks that are streams or datagrams, toward socat and scripted receivers."""

import os
import re
import socket
import struct
import subprocess
import threading
import time
import unittest

from post_case import Case, DEADLINE, LANE, UUID, numbers, until
import acceptor

OTHER = "00000000000000bb"


def lines(data):
    return numbers(8, data)


class Socat:
    """socat writes what arrives on an address into a file."""

    def __init__(self, home, address, out="got"):
        self.path = os.path.join(home, out)
        self.proc = subprocess.Popen(
            ["socat", "-u", address, "OPEN:%s,creat,append" % self.path],
            stderr=subprocess.DEVNULL)

    def data(self):
        try:
            with open(self.path, "rb") as f:
                return f.read()
        except FileNotFoundError:
            return b""

    def close(self):
        self.proc.kill()
        self.proc.wait()


class Receiver:
    """A TCP (or unix) receiver that reads as told, one thread each."""

    def __init__(self, path=None, play=None, tls=None):
        self.play = play or self.read_all
        self.conns = []
        self.tls = tls
        if path:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.bind(path)
        else:
            self.sock = socket.create_server(("127.0.0.1", 0))
            self.port = self.sock.getsockname()[1]
        self.sock.listen(8)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                c, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(c,), daemon=True).start()

    def one(self, c):
        got = bytearray()
        self.conns.append(got)
        try:
            if self.tls:
                c = self.tls.wrap_socket(c, server_side=True)
            self.play(c, got, len(self.conns))
            if self.tls:
                c.unwrap()
        except OSError:
            pass
        c.close()

    @staticmethod
    def read_all(c, got, n):
        while True:
            data = c.recv(65536)
            if not data:
                return
            got += data

    def data(self):
        return b"".join(bytes(c) for c in list(self.conns))

    def close(self):
        # See acceptor.py: out of accept() before the number is free.
        self.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.sock.close()


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()


class SinkCase(Case):
    def receiver(self, *args, **keys):
        r = Receiver(*args, **keys)
        self.servers.append(r)
        return r

    def socat(self, address):
        s = Socat(self.home, address)
        self.servers.append(s)
        return s

    def sink(self, sink, **keys):
        times = {k: keys.pop(k) for k in list(keys)
                 if k in ("stall_us", "confirm_us", "linger_us")}
        return self.post(dict({"sink": sink, "id": "own", "pin": self.pki.pin},
                              **keys), **times)

    def fill_own(self, lane=LANE, **keys):
        self.fill(partner="own", lane=lane, **dict({"type": 8}, **keys))

    def release_own(self, sink, *lanes):
        self.release(*(lanes or (LANE,)), partner="own", sink=sink)


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


class Datagrams(SinkCase):
    def udp(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.bind(("127.0.0.1", 0))
        s.settimeout(DEADLINE)
        self.servers.append(s)
        return s, s.getsockname()[1]

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
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.bind(("127.0.0.1", 0))
        s.settimeout(DEADLINE)
        self.servers.append(s)
        self.syslog("udp", port=s.getsockname()[1])
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
