"""Post under test: scripted TLS servers, its driver's process, a case.

Every record has a number; what a server consumed is compared with what was
put into the airlock: none missing, none twice but where the rules say so, in
order.
"""

import collections
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest

TOP = os.environ.get("D4_SOURCE", os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
BIN = os.environ.get("D4_BIN", os.path.join(TOP, "build/dev/bin"))
sys.path.insert(0, os.path.join(TOP, "tests/support"))
import acceptor  # noqa: E402
import d4  # noqa: E402

KEY = b"a-key"
UUID = "11111111-1111-4111-8111-111111111111"
LANE = "00000000000000aa"
DEADLINE = 120


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

    def __init__(self, pki, play=None, rcvbuf=None, host="127.0.0.1",
                 port=0):
        self.context = acceptor.server_context(pki.cert, pki.key)
        self.play = play or (lambda c, t, n: self.serve(c, t))
        self.conns = []
        self.errors = []
        self.tls = []
        self.acceptor = acceptor.Acceptor(self.one, rcvbuf, host, port)
        self.port = self.acceptor.port

    def close(self):
        self.acceptor.close()
        for t in self.tls:
            self.reset(t)

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

    def serve(self, conn, tls, most=None, pause=0, wanted=None):
        """Reads frames; answers close_notify. False: stopped at `most`, or
        the first frame was not wanted."""
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
                if wanted and not conn.frames and not wanted(f):
                    return False
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

    def __init__(self, home, partners, under=None, **times):
        self.err = open(os.path.join(home, "post.log"), "ab")
        args = [os.path.join(BIN, "../tests/post_driver"), "run",
                "spool=" + os.path.join(home, "spool"),
                "cursors=" + os.path.join(home, "cursors"),
                "account=" + home]
        args += ["%s=%s" % kv for kv in times.items()]
        for p in partners:
            p = dict(p)
            args.append("partner=" + p.pop("id", "acme"))
            args += ["%s=%s" % kv for kv in p.items()]
        self.proc = subprocess.Popen(
            under(args) if under else args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
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

    def drain_when(self, case, n):
        """Drains when n records are written or done; all confirmed."""
        until(lambda: sum(x["confirmed"] + x["under_way"] for p in self.status()["partners"]
                          for x in p["lanes"]) == n)
        last = self.drain()
        case.assertEqual(sum(x["confirmed"] for x in last["lanes"]), n)

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
            [os.path.join(BIN, "../tests/post_driver"), "fill",
             "spool=" + os.path.join(self.home, "spool")] +
            ["%s=%s" % kv for kv in keys.items()], check=True)

    def release(self, *lanes, partner="acme", pipeline="p1",
                profile="d4hub", **more):
        row = dict({"rule": "r", "policy": "0" * 64, "pipeline": pipeline,
                    "after": 0, "max_rate_bits": 0, "max_volume": 0}, **more)
        self.release_text(json.dumps(
            {"v": 1, "profile": profile,
             "lanes": {lane: row for lane in lanes}}), partner)

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

    def story(self, server):
        """What happened, for the message of a test that failed."""
        rows = ["%s frames, records %s..%s (%d), confirmed %s, bad %s" %
                (len(c.frames), c.records[:1], c.records[-1:], len(c.records),
                 c.confirmed, c.bad) for c in list(server.conns)]
        return "\n".join(rows + server.errors + self.log().splitlines()[-60:])

    def assertExact(self, server, n, first=0):
        self.assertEqual(server.records(), list(range(first, first + n)),
                         self.story(server))
        self.assertEqual(server.bad(), [], self.story(server))
