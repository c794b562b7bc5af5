#!/usr/bin/python3
"""d4-hub with its real Redis, against a second implementation of D4."""

import json
import os
import struct
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import Hub, until  # noqa: E402


def pcap(packets, magic=0xa1b2c3d4, link=1):
    out = struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    for i, data in enumerate(packets):
        out += struct.pack("<IIII", 1700000000 + i, i, len(data), len(data))
        out += data
    return out


def some_packets(n, size=100):
    return [bytes([i % 256]) * (size + i % 50) for i in range(n)]


def pieces(data, n):
    return [data[i:i + n] for i in range(0, len(data), n)]


class Live:
    """A sensor that sends a line now and then, all the time."""

    def __init__(self, hub, sensor, kind=8):
        self.hub, self.sensor, self.kind = hub, sensor, kind
        self.tls = hub.connect()
        self.sent = 0

    def line(self):
        self.tls.sendall(self.sensor.frame(
            self.kind, b"line %d of the live sensor\n" % self.sent))
        self.sent += 1

    def finish(self):
        return d4.finish(self.tls)


class Stored(unittest.TestCase):
    """What goes in comes out, whole, once, in order."""

    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(ext="{ja3-jl: lines}").start()

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def mine(self, sensor, kind, ext=""):
        return [e for e in self.hub.entries(kind, ext)
                if e["sensor"] == sensor.uuid]

    def check_sequence(self, entries):
        seq = 1
        for e in entries:
            self.assertEqual(e["seq"], seq)
            self.assertGreater(e["n"], 0)
            seq += e["n"]
        return seq - 1

    def test_lines_are_stored_before_close_notify_answers(self):
        s = self.hub.enroll("--type", "8")
        data = b"".join(b"%d||line\n" % i for i in range(20000))
        how = self.hub.send([s.frame(8, p) for p in pieces(data, 5000)])
        self.assertEqual(how, "confirmed")
        got = self.mine(s, 8)
        self.assertEqual(b"".join(e["data"] for e in got), data)
        self.assertEqual(self.check_sequence(got), 20000)
        self.assertTrue(all(e["data"].endswith(b"\n") for e in got))
        self.assertEqual(len({e["sess"] for e in got}), 1)
        self.assertTrue(all(e["peer"].startswith(b"127.0.0.1:")
                            for e in got))

    def test_every_pcap_entry_is_a_whole_file_for_any_cut(self):
        packets = some_packets(3000)
        data = pcap(packets)
        want = None
        for cut in (7, 61, 1000, 16322, 100000):
            s = self.hub.enroll("--type", "1")
            small = pieces(data[:50000], cut) + pieces(data[50000:], 16322)
            how = self.hub.send([s.frame(1, p) for p in small])
            self.assertEqual(how, "confirmed")
            got = self.mine(s, 1)
            self.assertEqual(self.check_sequence(got), 3000)
            for e in got:
                self.assertEqual(e["data"][:24], data[:24])
            records = b"".join(e["data"][24:] for e in got)
            self.assertEqual(records, data[24:])
            want = want or records
            self.assertEqual(records, want)

    def test_extended_entries_carry_type_and_meta_header(self):
        s = self.hub.enroll("--type", "254.ja3-jl")
        meta = b'{\n "type": "ja3-jl",\n "tags": ["tlp:green"]\n}\n'
        data = b'{"a":1}\n{"a":2}\n'
        frames = [s.frame(2, p) for p in pieces(meta, 5)]
        frames += [s.frame(2, b'{"type":"other"}')]  # ignored: one is whole
        frames += [s.frame(254, p) for p in pieces(data, 3)]
        self.assertEqual(self.hub.send(frames), "confirmed")
        got = self.mine(s, 254, "ja3-jl")
        self.assertEqual(b"".join(e["data"] for e in got), data)
        self.assertEqual(got[0]["ext"], b"ja3-jl")
        self.assertEqual(json.loads(got[0]["meta"])["tags"], ["tlp:green"])

    def test_headers_cut_anywhere_and_empty_frames_are_fine(self):
        s = self.hub.enroll("--type", "3")
        wire = s.frame(3, b"one\n") + s.frame(3, b"") + s.frame(3, b"two\n")
        tls = self.hub.connect()
        for p in pieces(wire, 10):
            tls.sendall(p)
        self.assertEqual(d4.finish(tls), "confirmed")
        got = self.mine(s, 3)
        self.assertEqual(b"".join(e["data"] for e in got), b"one\ntwo\n")

    def test_a_line_is_in_its_queue_at_once(self):
        s = self.hub.enroll("--type", "6")
        tls = self.hub.connect()
        tls.sendall(s.frame(6, b'{"a":1}\n'))
        got = until("the line is there", lambda: self.mine(s, 6))
        self.assertEqual(got[0]["data"], b'{"a":1}\n')
        self.assertEqual(d4.finish(tls), "confirmed")

    def test_a_torn_record_is_counted_and_the_rest_stays(self):
        s = self.hub.enroll("--type", "1")
        data = pcap(some_packets(10))[:-5]
        before = self.hub.status()["records"]["drop"].get("eof_partial", 0)
        self.assertEqual(self.hub.send([s.frame(1, data)]), "confirmed")
        self.assertEqual(self.check_sequence(self.mine(s, 1)), 9)
        after = self.hub.status()["records"]
        self.assertEqual(after["drop"]["eof_partial"], before + 1)
        self.assertEqual(after["in"], after["forward"] +
                         sum(after["drop"].values()))

    def test_d4_core_sees_its_keys(self):
        s = self.hub.enroll("--type", "8", "--mail", "me@example.org")
        r = self.hub.redis()
        tls = self.hub.connect()
        tls.sendall(s.frame(8, b"x\n") * 5)
        day = time.strftime("%Y%m%d", time.gmtime())
        hex_ = s.hex.encode()
        until("the census", lambda: r.zscore(
            "daily_uuid:" + day, s.hex) == 5)
        self.assertIn(hex_, r.smembers("active_connection"))
        self.assertIn(hex_, r.smembers("active_connection:8"))
        self.assertEqual(r.smembers("all_types_by_uuid:" + s.hex), {b"8"})
        self.assertEqual(r.zscore("stat_uuid_ip:%s:%s" % (day, s.hex),
                                  "127.0.0.1"), 5)
        meta = r.hgetall("metadata_uuid:" + s.hex)
        self.assertEqual(meta[b"user_mail"], b"me@example.org")
        self.assertTrue(meta[b"first_seen"].isdigit())
        self.assertTrue(meta[b"last_seen"].isdigit())
        self.assertTrue(r.lrange("list_uuid_ip:" + s.hex, 0, -1)[0]
                        .startswith(b"127.0.0.1-"))
        self.assertEqual(d4.finish(tls), "confirmed")
        until("it is gone", lambda: hex_ not in
              r.smembers("active_connection"))


class Refused(unittest.TestCase):
    """Each refusal: one line, one counter, nobody else is touched."""

    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(ext="{ja3-jl: lines}", handshake="1s").start()
        cls.live = Live(cls.hub, cls.hub.enroll("--type", "8"))
        cls.live.line()

    @classmethod
    def tearDownClass(cls):
        how = cls.live.finish()
        got = b"".join(e["data"] for e in cls.hub.entries(8)
                       if e["sensor"] == cls.live.sensor.uuid)
        cls.hub.close()
        assert how == "confirmed", how
        assert got.count(b"\n") == cls.live.sent

    def refused(self, reason, frames):
        mark = self.hub.log_size()
        before = self.hub.status()["sessions"]["refused"].get(reason, 0)
        how = self.hub.send(frames)
        self.assertNotEqual(how, "confirmed")
        word = "refused reason=%s " % reason
        until("the line about " + reason,
              lambda: word in self.hub.log(mark))
        lines = [x for x in self.hub.log(mark).splitlines() if word in x]
        self.assertEqual(len(lines), 1, lines)
        after = self.hub.status()["sessions"]["refused"]
        self.assertEqual(after[reason], before + 1)
        self.live.line()
        return lines[0]

    def test_wrong_hmac(self):
        s = self.hub.enroll("--type", "8")
        bad = bytearray(s.frame(8, b"secret payload\n"))
        bad[-2] ^= 1
        self.refused("hmac", [bytes(bad)])
        self.assertNotIn("secret", self.hub.log())

    def test_what_came_before_a_wrong_hmac_stays(self):
        s = self.hub.enroll("--type", "8")
        bad = s.frame(8, b"two\n")[:-1] + b"X"
        self.refused("hmac", [s.frame(8, b"one\n"), bad])
        got = [e for e in self.hub.entries(8) if e["sensor"] == s.uuid]
        self.assertEqual([e["data"] for e in got], [b"one\n"])

    def test_wrong_key(self):
        s = self.hub.enroll("--type", "8")
        wire = d4.frame(b"another-key", s.uuid, 8, b"x\n")
        self.refused("hmac", [wire])
        err = self.hub.redis().hget("metadata_uuid:" + s.hex, "Error")
        self.assertIn(b"HMAC", err)

    def test_unregistered(self):
        s = self.hub.enroll("--type", "8")
        self.hub.redis().srem("registered_uuid", s.hex)
        until("the list is read again", lambda: self.hub.send(
            [s.frame(8, b"x\n")]) != "confirmed")
        self.refused("unregistered", [s.frame(8, b"x\n")])

    def test_no_key(self):
        s = self.hub.enroll("--type", "8")
        self.hub.redis().hdel("metadata_uuid:" + s.hex, "hmac_key")
        self.refused("no_key", [s.frame(8, b"x\n")])

    def test_blocked_uuid_also_while_it_sends(self):
        s = self.hub.enroll("--type", "3")
        tls = self.hub.connect()
        tls.sendall(s.frame(3, b"x\n"))
        until("it is open", lambda: s.uuid in self.hub.log())
        mark = self.hub.log_size()
        self.hub.redis().sadd("blacklist_uuid", s.hex)
        until("it is closed", lambda: "refused reason=blocked.uuid" in
              self.hub.log(mark))
        tls.close()
        self.refused("blocked.uuid", [s.frame(3, b"x\n")])

    def test_unknown_type(self):
        s = self.hub.enroll("--type", "8")
        self.refused("header.type", [s.frame(9, b"what?")])

    def test_type_zero(self):
        s = self.hub.enroll("--type", "8")
        self.refused("header.type", [s.frame(0, b"x")])

    def test_version(self):
        s = self.hub.enroll("--type", "8")
        self.refused("header.version", [s.frame(8, b"x", version=2)])

    def test_uuid_version(self):
        s = self.hub.enroll("--type", "8")
        wire = d4.frame(s.key, "00000000-0000-1000-8000-000000000000", 8,
                        b"x\n")
        self.refused("header.uuid", [wire])

    def test_size_over_the_limit(self):
        s = self.hub.enroll("--type", "8")
        wire = s.frame(8, b"x" * 1000001)
        self.refused("header.size", [wire[:200]])

    def test_type_change(self):
        s = self.hub.enroll("--type", "8")
        self.refused("type.change", [s.frame(8, b"x\n"),
                                     s.frame(3, b"x\n")])

    def test_uuid_change(self):
        s, t = self.hub.enroll("--type", "8"), self.hub.enroll()
        self.refused("uuid.change", [s.frame(8, b"x\n"),
                                     t.frame(8, b"x\n")])

    def test_254_before_a_meta_header(self):
        s = self.hub.enroll("--type", "254.ja3-jl")
        self.refused("meta.first", [s.frame(254, b"x\n")])
        self.refused("meta.first", [s.frame(2, b'{"type":'),
                                    s.frame(254, b"x\n")])

    def test_meta_header_without_type(self):
        s = self.hub.enroll("--type", "254.ja3-jl")
        self.refused("meta.invalid", [s.frame(2, b'{"tags":[]}')])
        self.refused("meta.invalid", [s.frame(2, b"hello")])

    def test_extended_type_that_is_not_accepted(self):
        s = self.hub.enroll("--type", "254.other")
        line = self.refused("ext.type", [s.frame(2, b'{"type":"other"}')])
        self.assertIn(s.uuid, line)

    def test_garbage_for_a_capture(self):
        s = self.hub.enroll()
        self.refused("pcap.magic", [s.frame(1, b"garbage" * 100)])

    def test_capture_that_goes_wrong(self):
        s = self.hub.enroll()
        data = pcap(some_packets(5)) + b"\xff" * 64
        self.refused("pcap.desync", [s.frame(1, data)])
        got = [e for e in self.hub.entries(1) if e["sensor"] == s.uuid]
        self.assertEqual(sum(e["n"] for e in got), 5)

    def test_garbage_instead_of_tls(self):
        import socket
        mark = self.hub.log_size()
        with socket.create_connection(("127.0.0.1", self.hub.port)) as c:
            c.sendall(b"GET / HTTP/1.0\r\n\r\n")
            until("the line", lambda: "refused reason=tls" in
                  self.hub.log(mark))
        self.live.line()

    def test_nothing_at_all(self):
        mark = self.hub.log_size()
        tls = self.hub.connect()
        until("the time is over", lambda: "reason=timeout.handshake" in
              self.hub.log(mark))
        tls.close()
        self.live.line()

    def test_newest_session_wins(self):
        s = self.hub.enroll("--type", "8")
        old = self.hub.connect()
        old.sendall(s.frame(8, b"old\n"))
        until("it is open", lambda: s.uuid in self.hub.log())
        mark = self.hub.log_size()
        self.assertEqual(self.hub.send([s.frame(8, b"new\n")]), "confirmed")
        self.assertIn("refused reason=superseded", self.hub.log(mark))
        self.assertIn(d4.finish(old), ("eof", "reset"))
        got = [e for e in self.hub.entries(8) if e["sensor"] == s.uuid]
        self.assertEqual([e["data"] for e in got], [b"old\n", b"new\n"])

    def test_extended_sessions_may_be_parallel(self):
        s = self.hub.enroll("--type", "254.ja3-jl")
        meta = s.frame(2, b'{"type":"ja3-jl"}')
        both = [self.hub.connect(), self.hub.connect()]
        for tls in both:
            tls.sendall(meta + s.frame(254, b"{}\n"))
        self.assertEqual([d4.finish(t) for t in both], ["confirmed"] * 2)


class Clones(unittest.TestCase):
    """Decision 15: one UUID and key from two addresses in turn."""

    def test_the_one_that_is_there_stays(self):
        import socket
        import ssl
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE

        def dial(hub, source):
            raw = socket.create_connection(
                ("127.0.0.1", hub.port), 20, (source, 0))
            return context.wrap_socket(raw)

        with Hub() as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            open_, n = [], 0
            while "alarm=clone" not in hub.log():
                self.assertLess(n, 12)
                tls = dial(hub, "127.0.0.%d" % (2 + n % 2))
                mark = hub.log_size()
                tls.sendall(s.frame(8, b"%d\n" % n))
                until("an answer", lambda: " open peer=" in hub.log(mark) or
                      "reason=clone" in hub.log(mark))
                open_.append(tls)
                n += 1
            self.assertEqual(n, 5)  # three takeovers were borne
            winner = open_[-2]
            winner.sendall(s.frame(8, b"still here\n"))
            self.assertEqual(d4.finish(winner), "confirmed")
            self.assertEqual(hub.status()["sessions"]["refused"]["clone"], 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
