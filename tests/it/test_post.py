#!/usr/bin/env python3
"""Post against servers that behave, refuse, cut, stall and cheat.

Every record has a number; what a server consumed is compared with what was
put into the airlock: none missing, none twice but where the rules say so, in
order. The servers are scripted here; d4core.py is the model of a stock one.
"""

import collections
import contextlib
import json
import os
import select
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TOP = os.environ.get("D4_SOURCE", os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
BIN = os.environ.get("D4_BIN", os.path.join(TOP, "build/dev/bin"))
sys.path.insert(0, os.path.join(TOP, "tests/support"))
import d4  # noqa: E402

KEY = b"a-key"
UUID = "11111111-1111-4111-8111-111111111111"
LANE = "00000000000000aa"
DEADLINE = 30


def until(what, timeout=DEADLINE, text="condition"):
    """Polls; the answer of `what` when it is true."""
    end = time.monotonic() + timeout
    while True:
        got = what()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError("not in time: " + text)
        time.sleep(0.01)


class Pki:
    def __init__(self, where):
        self.cert = os.path.join(where, "cert.pem")
        self.key = os.path.join(where, "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-out",
             self.cert, "-days", "2", "-subj", "/CN=t", "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1"],
            check=True, stderr=subprocess.DEVNULL)
        out = subprocess.run(
            ["openssl", "x509", "-in", self.cert, "-noout", "-fingerprint",
             "-sha256"], check=True, capture_output=True, text=True).stdout
        self.pin = out.split("=")[1].strip()


def numbers(kind, payload):
    """The numbers of the records in a payload; raises at a torn record."""
    if kind == 1:
        at, out = 0, []
        while at < len(payload):
            if payload[at:at + 4] == b"\xd4\xc3\xb2\xa1":
                at += 24
                continue
            caplen, = struct.unpack_from("<I", payload, at + 8)
            out.append(int(payload[at + 16:at + 28]))
            at += 16 + caplen
        assert at == len(payload), "packet torn"
        return out
    assert payload.endswith(b"\n"), "line torn"
    return [int(line[:12]) for line in payload.split(b"\n")[:-1]]


class Conn:
    """One session as the server saw it."""

    def __init__(self):
        self.frames = []
        self.meta = b""
        self.records = []
        self.payload = 0
        self.confirmed = False
        self.bad = []

    def take(self, f, key=KEY):
        if f.version != 1 or not f.check(key) or f.size == 0:
            self.bad.append("frame")
        self.frames.append((f.type, f.size))
        self.payload += f.size
        if f.type == 2:
            self.meta += f.payload
            return
        head = f.payload[:4] == b"\xd4\xc3\xb2\xa1"
        if f.type == 1 and head != (len(self.frames) == 1):
            self.bad.append("opening")
        self.records += numbers(f.type, f.payload)


class Server:
    """A scripted TLS server; play(conn, tls, n) is one session's behaviour."""

    def __init__(self, pki, play=None, rcvbuf=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pki.cert, pki.key)
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=64)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.port = self.sock.getsockname()[1]
        self.play = play or (lambda c, t, n: self.serve(c, t))
        self.conns = []
        self.errors = []
        self.tls = []
        self.stop = False
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.stop = True
        self.sock.close()
        for t in self.tls:
            self.reset(t)

    def accept(self):
        while not self.stop:
            try:
                raw, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(raw,), daemon=True).start()

    def one(self, raw):
        raw.settimeout(DEADLINE)
        try:
            tls = self.context.wrap_socket(raw, server_side=True,
                                           suppress_ragged_eofs=False)
        except (OSError, ssl.SSLError) as e:
            self.errors.append(str(e))
            raw.close()
            return
        conn = Conn()
        self.conns.append(conn)
        self.tls.append(tls)
        try:
            self.play(conn, tls, len(self.conns))
        except (OSError, ssl.SSLError, AssertionError) as e:
            conn.bad.append(repr(e))
        try:
            tls.close()
        except OSError:
            pass

    def serve(self, conn, tls, most=None, pause=0):
        """Reads frames; answers close_notify. False: stopped at `most`."""
        parser = d4.Parser()
        while True:
            data = tls.recv(16384)
            if not data:
                if parser.held:
                    conn.bad.append("partial frame")
                conn.confirmed = True
                tls.unwrap()
                return True
            for f in parser.feed(data):
                conn.take(f)
                if most and len(conn.frames) >= most:
                    return False
            if pause:
                time.sleep(pause)

    @staticmethod
    def reset(tls):
        """TCP RST: what is in flight is lost."""
        try:
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                           struct.pack("ii", 1, 0))
            socket.socket.close(tls)
        except OSError:
            pass

    def records(self):
        return [r for c in list(self.conns) for r in c.records]

    def bad(self):
        return [b for c in list(self.conns) for b in c.bad]


class Post:
    """The driver's process."""

    def __init__(self, home, partners, **times):
        self.err = open(os.path.join(home, "post.log"), "ab")
        args = [os.path.join(BIN, "post_driver"), "run",
                "spool=" + os.path.join(home, "spool"),
                "cursors=" + os.path.join(home, "cursors"),
                "account=" + home]
        args += ["%s=%s" % kv for kv in times.items()]
        for p in partners:
            p = dict(p)
            args.append("partner=" + p.pop("id", "acme"))
            args += ["%s=%s" % kv for kv in p.items()]
        self.proc = subprocess.Popen(
            args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.err)

    def say(self, c):
        self.proc.stdin.write(c)
        self.proc.stdin.flush()

    def status(self):
        self.say(b"s")
        return json.loads(self.proc.stdout.readline())

    def lane(self, lane=LANE):
        for p in self.status()["partners"]:
            for one in p["lanes"]:
                if one["lane"] == lane:
                    return one
        return {}

    def nudge(self):
        self.say(b"n")

    def confirmed(self, n, lane=LANE):
        until(lambda: self.lane(lane).get("confirmed", 0) >= n,
              text="%d confirmed" % n)

    def drain(self):
        out, _ = self.proc.communicate(b"d", timeout=DEADLINE)
        self.err.close()
        assert self.proc.returncode == 0, self.proc.returncode
        return json.loads(out.splitlines()[-1])["partners"][0]

    def kill(self):
        self.proc.kill()
        self.proc.communicate()
        self.err.close()


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = tempfile.mkdtemp(prefix="d4-post-")
        cls.pki = Pki(cls.top)
        other = os.path.join(cls.top, "other")
        os.mkdir(other)
        cls.other = Pki(other)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.top, ignore_errors=True)

    def setUp(self):
        self.home = tempfile.mkdtemp(dir=self.top)
        os.mkdir(os.path.join(self.home, "spool"))
        self.servers = []
        self.posts = []

    def tearDown(self):
        for p in self.posts:
            if p.proc.poll() is None:
                p.kill()
        for s in self.servers:
            s.close()

    def server(self, play=None, **more):
        s = Server(self.pki, play, **more)
        self.servers.append(s)
        return s

    def post(self, *partners, **times):
        p = Post(self.home, [dict({"pin": self.pki.pin}, **x)
                             for x in partners], **times)
        self.posts.append(p)
        return p

    def fill(self, **keys):
        subprocess.run(
            [os.path.join(BIN, "post_driver"), "fill",
             "spool=" + os.path.join(self.home, "spool")] +
            ["%s=%s" % kv for kv in keys.items()], check=True)

    def release(self, *lanes, partner="acme", pipeline="p1", **more):
        row = dict({"rule": "r", "policy": "0" * 64, "pipeline": pipeline,
                    "after": 0, "max_rate_bits": 0, "max_volume": 0}, **more)
        self.release_text(json.dumps(
            {"v": 1, "lanes": {lane: row for lane in lanes}}), partner)

    def release_text(self, text, partner="acme"):
        path = os.path.join(self.home, "spool", partner)
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, "new"), "w") as f:
            f.write(text)
        os.rename(os.path.join(path, "new"),
                  os.path.join(path, "release.json"))

    def log(self):
        with open(os.path.join(self.home, "post.log")) as f:
            return f.read()

    def accounted(self):
        """{reason: records} of the accounting file."""
        out = collections.Counter()
        path = os.path.join(self.home, "post.jsonl")
        if os.path.exists(path):
            with open(path) as f:
                for line in f:
                    row = json.loads(line)
                    if row["event"] == "post.loss":
                        out[row["reason"]] += row["records"]
        return dict(out)

    def assertExact(self, server, n, first=0):
        self.assertEqual(server.records(), list(range(first, first + n)))
        self.assertEqual(server.bad(), [])


class Delivery(Case):
    def test_lines_arrive_once_in_order_and_confirmed(self):
        s = self.server()
        self.fill(type=8, entries=400, records=50, size=90)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(20000)
        self.assertExact(s, 20000)
        self.assertTrue(all(c.confirmed for c in s.conns))
        self.assertLessEqual(max(n for c in s.conns for _, n in c.frames),
                             10000)
        self.assertLessEqual(len(s.conns[0].frames), 16)  # the probe
        lane = p.drain()["lanes"][0]
        self.assertEqual(lane["sent"], 20000)
        self.assertEqual(lane["acked"], 20000)
        self.assertEqual(lane["waiting"], 0)
        self.assertEqual(lane["resent"], 0)
        self.assertEqual(self.accounted(), {})

    def test_packets_arrive_with_one_opening_a_session(self):
        s = self.server()
        self.fill(type=1, entries=300, records=40, size=400)
        self.release(LANE)
        p = self.post({"port": s.port, "rotate_bytes": 500000})
        p.confirmed(12000)
        self.assertExact(s, 12000)
        self.assertGreater(len(s.conns), 5)
        self.assertEqual(p.drain()["lanes"][0]["resend"], "tcp")

    def test_type_254_goes_behind_its_meta_header(self):
        s = self.server()
        meta = '{"type":"ja3-jl","encoding":"utf-8"}'
        self.fill(type=254, ext="ja3-jl", meta=meta, entries=30, records=30)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(900)
        self.assertExact(s, 900)
        for c in s.conns:
            self.assertEqual(c.meta.decode(), meta)
            self.assertEqual([t for t, _ in c.frames[:2]], [2, 254])

    def test_records_of_every_awkward_size(self):
        s = self.server()
        at = 0
        sizes = (16306, 16307, 16308, 16366, 16367, 32691, 65519, 200000)
        for size in sizes:  # + 16 bytes of packet header
            self.fill(type=1, entries=2, records=1, size=size, first=at)
            at += 2
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(at)
        self.assertExact(s, at)

    def test_a_line_over_a_million_bytes_is_accounted(self):
        s = self.server()
        self.fill(type=3, entries=1, records=2, size=100)
        self.fill(type=3, entries=1, records=1, size=1000001, first=2)
        self.fill(type=3, entries=1, records=1, size=1000000, first=3)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(3)
        self.assertEqual(s.records(), [0, 1, 3])
        self.assertEqual(s.bad(), [])
        self.assertEqual(self.accounted(), {"wire.toobig": 1})
        lane = p.drain()["lanes"][0]
        self.assertEqual((lane["toobig"], lane["waiting"]), (1, 0))

    def test_what_comes_later_goes_out_in_the_same_session(self):
        s = self.server()
        self.release(LANE)
        p = self.post({"port": s.port, "idle_us": 5000000})
        for i in range(20):
            self.fill(type=8, first=i * 3, records=3)
            p.nudge()
            until(lambda: len(s.records()) >= i * 3 + 3)
        self.assertLessEqual(len(s.conns), 4)
        p.drain()
        self.assertExact(s, 60)
        self.assertTrue(all(c.confirmed for c in s.conns))

    def test_a_slow_reader_gets_everything_once(self):
        s = self.server(lambda c, t, n: s.serve(c, t, pause=0.002),
                        rcvbuf=8192)
        self.fill(type=1, entries=40, records=50, size=1400)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(2000)
        self.assertExact(s, 2000)

    def test_a_name_is_resolved(self):
        s = self.server()
        self.fill(type=8, entries=3)
        self.release(LANE)
        p = self.post({"port": s.port, "host": "localhost",
                       "ca": self.pki.cert, "pin": ""})
        p.kill()
        args = {"port": s.port, "host": "localhost", "ca": self.pki.cert}
        p = Post(self.home, [args])
        self.posts.append(p)
        p.confirmed(3)
        self.assertExact(s, 3)


class Unclean(Case):
    def lanes_cut(self, kind, resend, after, cut):
        """The first long session is broken; -> server, status, records."""
        def play(conn, tls, n):
            if n == 3:
                s.serve(conn, tls, most=after)
                cut(tls)
            else:
                s.serve(conn, tls)

        s = self.server(play)
        self.fill(type=kind, entries=600, records=20, size=400)
        self.release(LANE)
        p = self.post({"port": s.port, "resend": resend})
        until(lambda: p.lane().get("waiting") == 0 and
              p.lane()["state"] == "idle" and
              p.lane()["confirmed"] + p.lane()["maybe_lost"] == 12000)
        return s, p.drain()["lanes"][0]

    def test_resend_all_loses_nothing_and_repeats_one_session(self):
        for cut in (Server.reset, lambda tls: socket.socket.close(tls)):
            self.setUp()
            s, lane = self.lanes_cut(8, "all", 30, cut)
            got = collections.Counter(s.records())
            self.assertEqual(set(got), set(range(12000)))
            again = {r for r in got if got[r] > 1}
            self.assertLessEqual(again, set(s.conns[2].records))
            self.assertEqual(lane["confirmed"], 12000)
            self.assertEqual(lane["maybe_lost"], 0)
            self.assertGreater(lane["resent"], 0)
            rest = [r for i, c in enumerate(s.conns) for r in c.records
                    if i != 2]
            self.assertEqual(rest, list(range(12000)))
            self.assertEqual(self.accounted(), {})

    def test_resend_tcp_counts_exactly_what_it_gave_up(self):
        for cut in (Server.reset, lambda tls: socket.socket.close(tls)):
            self.setUp()
            s, lane = self.lanes_cut(1, "tcp", 20, cut)
            got = collections.Counter(s.records())
            missing = set(range(12000)) - set(got)
            self.assertEqual(lane["confirmed"] + lane["maybe_lost"], 12000)
            self.assertEqual(self.accounted().get("maybe_lost", 0),
                             lane["maybe_lost"])
            self.assertGreater(lane["maybe_lost"], 0)
            cut_off = s.conns[2].records
            self.assertLessEqual(len(missing) + len(cut_off),
                                 lane["maybe_lost"] + 20)
            # Twice: at most the entry that was not wholly acknowledged.
            again = {r for r in got if got[r] > 1}
            self.assertLessEqual(len(again), 20)

    def test_a_server_with_a_low_limit_gets_everything_in_the_end(self):
        """It aborts every session at 40 frames: sessions get shorter."""
        def play(conn, tls, n):
            if not s.serve(conn, tls, most=40):
                s.reset(tls)

        s = self.server(play)
        self.fill(type=8, entries=400, records=10, size=500)
        self.release(LANE)
        p = self.post({"port": s.port, "resend": "all"})
        p.confirmed(4000)
        sure = [r for c in s.conns if c.confirmed for r in c.records]
        self.assertEqual(sure, list(range(4000)))

    def kill_9(self, kind, resend):
        s = self.server(lambda c, t, n: s.serve(c, t, pause=0.001))
        self.fill(type=kind, entries=2000, records=10, size=400)
        self.release(LANE)
        for _ in range(4):
            p = self.post({"port": s.port, "resend": resend,
                           "rotate_bytes": 400000})
            seen = len(s.records())
            until(lambda: len(s.records()) > seen + 1500)
            p.kill()
        p = self.post({"port": s.port, "resend": resend})
        until(lambda: p.lane().get("waiting") == 0 and
              p.lane()["state"] == "idle")
        return s, p.drain()["lanes"][0]

    def test_kill_9_loses_nothing_with_resend_all(self):
        s, lane = self.kill_9(8, "all")
        self.assertEqual(set(s.records()), set(range(20000)))
        self.assertEqual(lane["confirmed"], 20000)
        # Only a session that was killed, or confirmed too late to be noted,
        # is sent again.
        again = len(s.records()) - 20000
        worst = max(len(c.records) for c in s.conns)
        self.assertLessEqual(again, 4 * worst)
        self.assertEqual(self.accounted(), {})

    def test_kill_9_is_counted_with_resend_tcp(self):
        s, lane = self.kill_9(1, "tcp")
        self.assertEqual(lane["confirmed"] + lane["maybe_lost"], 20000)
        self.assertEqual(self.accounted().get("maybe_lost", 0),
                         lane["maybe_lost"])
        missing = set(range(20000)) - set(s.records())
        self.assertLessEqual(len(missing), lane["maybe_lost"])

    def test_drain_ends_properly(self):
        s = self.server()
        self.fill(type=1, entries=3000, records=10, size=1000)
        self.release(LANE)
        p = self.post({"port": s.port, "rate": 80000000})
        until(lambda: len(s.records()) > 3000)
        lane = p.drain()["lanes"][0]
        self.assertEqual(lane["confirmed"], len(s.records()))
        self.assertEqual(lane["confirmed"] + lane["waiting"], 30000)
        self.assertTrue(all(c.confirmed for c in s.conns))
        self.assertExact(s, lane["confirmed"])
        p = self.post({"port": s.port})
        p.confirmed(30000)
        self.assertExact(s, 30000)


class Refusal(Case):
    def refused(self, play, sign, count=3, **partner):
        s = self.server(play)
        self.fill(type=8, entries=10, records=5)
        self.release(LANE)
        p = self.post(dict({"port": s.port}, **partner), confirm_us=500000)
        until(lambda: self.log().count("->backoff") >= count)
        log = self.log()
        self.assertIn(sign, log)
        self.assertEqual(log.count("post failing"), 1)
        self.assertIn(UUID, log)
        self.assertIn("lane=" + LANE, log)
        lane = p.lane()
        self.assertEqual(lane["confirmed"], 0)
        self.assertEqual(lane["waiting"] + lane["under_way"], 50)
        return s, p

    def test_eof_at_once(self):
        s, p = self.refused(lambda c, t, n: None, "failure=refused")
        s.play = lambda c, t, n: s.serve(c, t)
        p.confirmed(50)
        self.assertIn("post works again", self.log())
        self.assertExact(s, 50)

    def test_close_notify_of_the_server_confirms_nothing(self):
        def play(conn, tls, n):
            tls.recv(16384)
            with contextlib.suppress(OSError):  # it is not answered
                tls.unwrap()

        s, p = self.refused(play, "failure=not-accepted")
        self.assertIn("not accepted there", self.log())
        s.play = lambda c, t, n: s.serve(c, t)
        p.confirmed(50)
        self.assertExact(s, 50)

    def test_eof_instead_of_an_answer_confirms_nothing(self):
        def play(conn, tls, n):
            while tls.recv(16384):
                pass

        self.refused(play, "failure=refused")

    def test_no_answer_confirms_nothing(self):
        def play(conn, tls, n):
            while tls.recv(16384):
                pass
            time.sleep(5)

        self.refused(play, "failure=unconfirmed", count=2)

    def test_a_wrong_pin_sends_nothing(self):
        s = self.server()
        self.fill(type=8, entries=10, records=5)
        self.release(LANE)
        p = self.post({"port": s.port, "pin": self.other.pin})
        until(lambda: self.log().count("->backoff") >= 3)
        self.assertIn("failure=tls", self.log())
        self.assertIn("fingerprint", self.log())
        self.assertEqual(s.records(), [])
        self.assertEqual(p.lane()["sent"], 0)
        self.assertIn("failure", p.status()["partners"][0])

    def test_a_closed_port_is_one_alarm_for_all_lanes(self):
        probe = socket.create_server(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        lanes = ["%016x" % i for i in range(20)]
        for i, lane in enumerate(lanes):
            self.fill(type=8, lane=lane,
                      uuid="11111111-1111-4111-8111-%012x" % i)
        self.release(*lanes)
        self.post({"port": port})
        until(lambda: self.log().count("->backoff") >= 3)
        self.assertEqual(self.log().count("post failing"), 1)
        self.assertIn("failure=connect", self.log())

    def test_a_black_hole_is_given_up_and_resent(self):
        def play(conn, tls, n):
            if n == 1:
                time.sleep(DEADLINE)
            else:
                s.serve(conn, tls)

        s = self.server(play, rcvbuf=4096)
        self.fill(type=8, entries=200, records=50, size=1000)
        self.release(LANE)
        p = self.post({"port": s.port}, stall_us=1000000, confirm_us=1000000)
        p.confirmed(10000)
        self.assertExact(s, 10000)
        self.assertEqual(p.lane()["maybe_lost"], 0)

    def test_one_partner_never_delays_another(self):
        hole = self.server(lambda c, t, n: time.sleep(DEADLINE), rcvbuf=4096)
        good = self.server()
        for who in ("bad", "good"):
            self.fill(type=8, partner=who, entries=300, records=50, size=500)
            self.release(LANE, partner=who)
        p = self.post({"id": "bad", "port": hole.port},
                      {"id": "good", "port": good.port})
        until(lambda: p.status()["partners"][1]["lanes"][0]["confirmed"]
              == 15000)
        self.assertExact(good, 15000)


class Release(Case):
    def nothing_goes(self, p, s):
        for _ in range(30):
            p.nudge()
            self.assertNotIn("failure", p.status()["partners"][0])
        self.assertEqual(s.records(), [])
        self.assertEqual(len(s.conns), 0)

    def test_without_a_release_nothing_is_sent(self):
        s = self.server()
        self.fill(type=8, entries=10)
        p = self.post({"port": s.port})
        self.nothing_goes(p, s)
        bad = ("", "{", "[]", '{"v":2,"lanes":{}}', '{"v":1}',
               '{"v":1,"lanes":{"%s":{"rule":"r"}}}' % LANE,
               '{"v":1,"lanes":{"00000000000000AA":{}}}')
        for text in bad:
            self.release_text(text)
            self.nothing_goes(p, s)
        self.assertIn("sends nothing", self.log())
        self.release("00000000000000bb")
        self.nothing_goes(p, s)
        self.assertFalse(p.lane()["released"])
        self.release(LANE)
        p.nudge()
        p.confirmed(10)
        self.assertExact(s, 10)

    def test_a_withdrawn_lane_stops_in_its_session(self):
        s = self.server()
        self.fill(type=8, entries=4000, records=10, size=500)
        self.release(LANE)
        p = self.post({"port": s.port, "rate": 20000000})
        until(lambda: len(s.records()) > 500)
        self.release()
        p.nudge()
        until(lambda: p.lane()["state"] == "idle")
        sent = len(s.records())
        self.assertLess(sent, 30000)
        for _ in range(30):
            p.nudge()
            self.assertEqual(p.lane()["state"], "idle")
        self.assertEqual(len(s.records()), sent)
        self.assertTrue(all(c.confirmed for c in s.conns))
        p.kill()
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(40000)
        self.assertEqual(set(s.records()), set(range(40000)))
        self.assertLessEqual(len(s.records()) - 40000, 10)

    def test_entries_of_another_pipeline_are_withheld_and_accounted(self):
        s = self.server()
        self.fill(type=8, entries=5, records=4, pipeline="old")
        self.fill(type=8, entries=5, records=4, pipeline="new", first=20)
        self.release(LANE, pipeline="new")
        p = self.post({"port": s.port})
        p.confirmed(20)
        self.assertExact(s, 20, first=20)
        lane = p.drain()["lanes"][0]
        self.assertEqual((lane["withheld"], lane["waiting"]), (20, 0))
        self.assertEqual(self.accounted(), {"send.recheck": 20})

    def test_entries_up_to_a_denial_are_withheld_and_accounted(self):
        s = self.server()
        self.fill(type=8, entries=10, records=4)
        self.release(LANE, after=3)
        p = self.post({"port": s.port})
        p.confirmed(28)
        self.assertExact(s, 28, first=12)
        self.assertEqual(self.accounted(), {"send.recheck": 12})

    def test_entries_that_are_ahead_of_the_release_wait_for_it(self):
        s = self.server()
        self.fill(type=8, entries=5, records=4, pipeline="old")
        self.fill(type=8, entries=5, records=4, pipeline="new", first=20)
        self.release(LANE, pipeline="old")
        p = self.post({"port": s.port}, recheck_us=10000000)
        until(lambda: len(s.records()) == 20)
        self.release(LANE, pipeline="new")
        p.nudge()
        p.confirmed(40)
        self.assertExact(s, 40)
        self.assertEqual(self.accounted(), {})

    def test_expired_entries_are_accounted_and_embargoed_ones_wait(self):
        s = self.server()
        now = int(time.time())
        self.fill(type=8, entries=7, records=3, expires=now - 5)
        self.fill(type=8, entries=2, records=5, first=21,
                  expires=now + 3600)
        self.fill(type=8, entries=2, records=5, first=31, not_before=now + 3)
        self.fill(type=8, entries=1, records=5, first=41)
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(10)
        self.assertEqual(s.records(), list(range(21, 31)))
        self.assertLess(time.time(), now + 3.1)
        p.confirmed(25)
        self.assertGreaterEqual(time.time(), now + 3)
        self.assertExact(s, 25, first=21)
        self.assertEqual(self.accounted(), {"spool.expired": 21})
        lane = p.drain()["lanes"][0]
        self.assertEqual((lane["expired"], lane["waiting"]), (21, 0))

    def test_a_damaged_entry_is_accounted_and_the_others_go(self):
        s = self.server()
        self.fill(type=8, entries=9, records=4, size=100)
        path = os.path.join(self.home, "spool/acme", LANE,
                            "%020d.seg" % 1)
        with open(path, "r+b") as f:
            data = f.read()
            at = data.index(b"%012d" % 16)
            f.seek(at)
            f.write(b"y")
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(32)
        self.assertEqual(s.records(),
                         [r for r in range(36) if r // 4 != 4])
        self.assertEqual(self.accounted(), {"spool.damaged": 4})
        self.assertEqual(p.drain()["lanes"][0]["waiting"], 0)

    def test_a_rate_is_held(self):
        s = self.server()
        self.fill(type=8, entries=40, records=50, size=500)  # 1 MB
        self.release(LANE, max_rate_bits=4000000)  # 0.5 MB/s, 0.5 at once
        p = self.post({"port": s.port})
        begin = time.monotonic()
        p.confirmed(2000)
        self.assertGreater(time.monotonic() - begin, 0.8)
        self.assertExact(s, 2000)

    def test_a_daily_volume_ends_the_day(self):
        s = self.server()
        self.fill(type=8, entries=40, records=50, size=500)  # 1 MB
        self.release(LANE, max_volume=300000)
        p = self.post({"port": s.port})
        until(lambda: p.lane().get("confirmed", 0) >= 500)
        until(lambda: p.lane()["state"] == "idle")
        sent = len(s.records())
        self.assertLess(sent * 500, 350000)
        for _ in range(20):
            p.nudge()
            self.assertEqual(p.lane()["state"], "idle")
        self.assertEqual(len(s.records()), sent)


class Lanes(Case):
    def test_lanes_of_one_slot_send_in_turns(self):
        active, worst = [0], [0]
        guard = threading.Lock()

        def play(conn, tls, n):
            with guard:
                active[0] += 1
                worst[0] = max(worst[0], active[0])
            s.serve(conn, tls)
            with guard:
                active[0] -= 1

        s = self.server(play)
        for i in range(3):
            self.fill(type=8, lane="%016x" % i, entries=50, records=10,
                      first=i * 500)
        self.release(*["%016x" % i for i in range(3)])
        p = self.post({"port": s.port})
        for i in range(3):
            p.confirmed(500, "%016x" % i)
        self.assertEqual(worst[0], 1)
        self.assertEqual(sorted(s.records()), list(range(1500)))

    def test_many_lanes_at_once(self):
        s = self.server()
        lanes = ["%016x" % i for i in range(100)]
        for i, lane in enumerate(lanes):
            self.fill(type=8, lane=lane, entries=5, records=10, first=i * 50,
                      uuid="11111111-1111-4111-8111-%012x" % i)
        self.release(*lanes)
        p = self.post({"port": s.port})
        until(lambda: sum(x["confirmed"] for x in
                          p.status()["partners"][0]["lanes"]) == 5000)
        self.assertEqual(sorted(s.records()), list(range(5000)))
        self.assertEqual(s.bad(), [])

    def test_different_snaplens_share_a_session(self):
        s = self.server()
        for i in range(20):
            self.fill(type=1, first=i, snaplen=(96, 65535)[i % 2])
        self.release(LANE)
        p = self.post({"port": s.port})
        p.confirmed(20)
        self.assertExact(s, 20)
        self.assertLessEqual(len(s.conns), 4)

    def test_an_unsupported_lane_says_so_and_harms_no_other(self):
        s = self.server()
        self.fill(type=7, lane="00000000000000cc", entries=3)
        self.fill(type=8, entries=3)
        self.release(LANE, "00000000000000cc")
        p = self.post({"port": s.port})
        p.confirmed(3)
        self.assertExact(s, 3)
        self.assertIn("not supported", p.lane("00000000000000cc")["broken"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
