#!/usr/bin/env python3
"""The model of a stock d4-core behaves as spec wire.md section 2 says."""

import base64
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import d4  # noqa: E402
import d4core_cases as cases  # noqa: E402
import jsonl  # noqa: E402

DEADLINE = 120
STARTED = []
MODEL = os.path.join(HERE, "..", "support", "d4core.py")
UUIDS = [str(uuid.UUID(bytes=os.urandom(15) + b"\x01", version=4))
         for _ in range(60)]
KEY = cases.KEY.decode()


def until(what, done):
    end = time.monotonic() + DEADLINE
    while not done():
        assert time.monotonic() < end, "timed out: " + what
        time.sleep(0.01)


class Model:
    """The model as a process, and what it wrote down."""

    def __init__(self, folder, *more):
        self.state = os.path.join(folder, "state")
        os.makedirs(self.state, exist_ok=True)
        cert, key = (os.path.join(folder, n) for n in ("c.pem", "k.pem"))
        if not os.path.exists(cert):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=d4core",
                 "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
                 "-keyout", key, "-out", cert], check=True,
                stderr=subprocess.DEVNULL)
        self.cert = cert
        register = [make(u) + ":" + KEY for u in UUIDS for make in (
            str, cases.other_uuid, cases.odd_uuid)]
        self.process = subprocess.Popen(
            [sys.executable, MODEL, "--cert", cert, "--key", key, "--state",
             self.state, "--register", *register, *more],
            stdout=subprocess.PIPE, text=True)
        STARTED.append(self.process)
        self.port = int(self.process.stdout.readline().split()[1])
        self.address = "127.0.0.1:%d" % self.port

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(DEADLINE)
        self.process.stdout.close()

    def rows(self, name, uid=None):
        path = os.path.join(self.state, name + ".jsonl")
        return [r for r in jsonl.rows(path) if uid is None or r["uuid"] is not None
                and uuid.UUID(r["uuid"]) == uuid.UUID(uid)]

    def stored(self, uid):
        return [base64.b64decode(r["payload"])
                for r in self.rows("frames", uid)]

    def records(self, uid):
        return [base64.b64decode(r["record"])
                for r in self.rows("records", uid)]


def connect(server):
    return d4.tls_connect(server.address, server.cert, DEADLINE)


def send_all(tls, records):
    try:
        for one in records:
            tls.sendall(one)
    except OSError:
        pass  # the server may have closed; its answer is read below


def server_ends(tls):
    """How the server ends a session that we leave open."""
    tls.settimeout(DEADLINE)
    try:
        return "closed" if tls.recv(1) == b"" else "data"
    except ssl.SSLEOFError:
        return "cut"
    except TimeoutError:
        return "open"
    except (ConnectionError, ssl.SSLError):
        return "cut"


def play(server, records, end):
    tls = connect(server)
    send_all(tls, records)
    if end == "confirmed":
        return d4.finish(tls)
    how = server_ends(tls)
    tls.close()
    return how


def check_case(server, case, uid):
    records, stored, end = case(uid)
    how = play(server, records, end)
    assert how == end, (case.__name__, how, end)
    until(case.__name__ + " stored",
          lambda: len(server.stored(uid)) >= len(stored))
    assert server.stored(uid) == stored, case.__name__


# ---- cases that need more than one connection ------------------------------


def duplicates(server, uid):
    first = connect(server)
    first.sendall(cases.good(uid))
    until("first stored", lambda: len(server.stored(uid)) == 1)
    assert play(server, [cases.good(uid)], "cut") == "cut"
    assert play(server, [cases.good(uid, 1, b"")], "confirmed") == "confirmed"
    first.sendall(cases.good(uid))
    assert d4.finish(first) == "confirmed"
    assert server.stored(uid) == [cases.TEXT, b"", cases.TEXT]
    assert d4.send(server.address, [cases.good(uid)]) == "confirmed"


def extended_in_parallel(server, uid):
    pair = [connect(server), connect(server)]
    for tls in pair:
        tls.sendall(cases.good(uid, 2, cases.EXT))
        tls.sendall(cases.good(uid, 254))
    assert [d4.finish(tls) for tls in pair] == ["confirmed"] * 2
    assert len(server.stored(uid)) == 4


def recursion(server, uid):
    small = b"".join(cases.good(uid, payload=b"") for _ in range(2000))
    records = cases.cut_all(small, 60) + [cases.good(uid)]
    assert play(server, records, "cut") in ("cut", "closed")
    assert 900 <= len(server.stored(uid)) <= 1000
    other = cases.other_uuid(uid)
    assert play(server, [cases.good(other)], "cut") in ("cut", "closed")
    assert d4.send(server.address, [cases.good(other)]) == "confirmed"
    assert server.stored(other) == [cases.TEXT]


def strangers(server, _uid):
    for uid in (str(uuid.uuid4()), BLOCKED):
        assert play(server, [cases.good(uid)], "cut") == "cut"
        assert server.stored(uid) == []


BLOCKED = str(uuid.uuid4())
TOGETHER = [duplicates, extended_in_parallel, strangers, recursion]


# ---- what the workers make of it -------------------------------------------


def line_records(server, uid):
    d4.send(server.address, [cases.good(uid, 8, b"one\ntw"),
                             cases.good(uid, 8, b"o\n\nthr")])
    assert server.records(uid) == [b"one", b"two"]
    assert server.rows("sessions", uid)[0]["lost"] == 3


def extended_records(server, uid):
    d4.send(server.address, [
        cases.good(uid, 2, b'{"type":\n"ja3'), cases.good(uid, 2, b'-jl"}'),
        cases.good(uid, 2, b'{"type":"later"}'),
        cases.good(uid, 254, b"one\n\ntwo\nthree")])
    assert server.records(uid) == [b"one", b"two"]
    assert server.rows("sessions", uid)[0]["ext"] == "ja3-jl"


def refused_meta(server, uid):
    for meta in (b'{"a":1}', b'{"type":"unknown"}'):
        tls = connect(server)
        tls.sendall(cases.good(uid, 2, meta))
        tls.settimeout(0.2)
        try:
            assert tls.recv(1), "closed before the next frame"
        except TimeoutError:
            pass  # it stays open
        tls.sendall(cases.good(uid, 254))
        assert server_ends(tls) == "cut"
        tls.close()
    for meta in (b"{}", b"[]", b"5", b'{"type":[]}'):
        sent = [cases.good(uid, 2, meta), cases.good(uid, 254)]
        assert d4.send(server.address, sent) == "confirmed", meta
    assert server.records(uid) == []


def packet(n):
    return struct.pack("<IIII", 1700000000, 0, n, n) + bytes([n]) * n


def pcap_records(server, uid):
    head = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    one, two, three = packet(60), packet(61), packet(62)
    d4.send(server.address, [cases.good(uid, 1, head + one + two[:9]),
                             cases.good(uid, 1, two[9:] + three[:20])])
    assert server.records(uid) == [one, two]
    assert server.rows("sessions", uid)[0]["lost"] == 20
    other = cases.other_uuid(uid)
    d4.send(server.address, [cases.good(other, 1, head + one + head + two)])
    assert server.records(other)[0] == one and two not in server.records(other)
    tls = connect(server)
    tls.sendall(cases.good(other, 1, b"no pcap" * 5))
    tls.sendall(cases.good(other, 1, one))
    assert server_ends(tls) == "cut"
    tls.close()


WORKERS = [line_records, extended_records, refused_meta, pcap_records]


# ---- what needs its own server ---------------------------------------------


def limits(folder):
    server = Model(folder, "--stream-max", "3", "--no-workers")
    assert play(server, [cases.good(UUIDS[0])] * 4, "cut") == "cut"
    assert len(server.stored(UUIDS[0])) == 3
    server.stop()


def idle(folder):
    server = Model(folder, "--timeout", "0.3")
    uid = UUIDS[0]
    tls = connect(server)
    assert server_ends(tls) == "cut", "no header in time"
    tls.close()
    frame = cases.good(uid)
    tls = connect(server)
    tls.sendall(frame)
    tls.sendall(frame[:80])
    time.sleep(1)  # the model's own timer is what is tested
    send_all(tls, [frame[80:] + frame])
    assert server_ends(tls) == "cut", "the rest is read as a header"
    tls.close()
    assert server.stored(uid) == [cases.TEXT]
    # The timer goes off once a session: the second pause does no harm.
    other = cases.other_uuid(uid)
    frame = cases.good(other)
    tls = connect(server)
    for piece in (frame, frame[:80]):
        tls.sendall(piece)
        time.sleep(1)
    tls.sendall(frame[80:] + frame)
    assert d4.finish(tls) == "confirmed"
    assert server.stored(other) == [cases.TEXT] * 3
    server.stop()


def resets(folder):
    server = Model(folder, "--slow-ms", "2")
    uid, want = UUIDS[0], 300
    tls = connect(server)
    for _ in range(want):
        tls.sendall(cases.good(uid))
    tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                   struct.pack("ii", 1, 0))
    tls.close()
    until("reset noted", lambda: server.rows("sessions", uid))
    how = server.rows("sessions", uid)[0]
    assert how["how"] in ("reset", "eof"), how
    assert len(server.stored(uid)) < want
    other = cases.other_uuid(uid)
    assert d4.send(server.address, [cases.good(other)] * want) == "confirmed"
    assert len(server.stored(other)) == want
    server.stop()


def locked_for_ever(folder):
    server = Model(folder)
    tls = connect(server)
    tls.sendall(cases.good(UUIDS[0]))
    until("stored", lambda: server.stored(UUIDS[0]))
    server.stop(signal.SIGKILL)
    tls.close()
    server = Model(folder)
    assert play(server, [cases.good(UUIDS[0])], "cut") == "cut"
    server.stop()


def in_folder(run):
    folder = tempfile.mkdtemp()
    try:
        run(folder)
    finally:
        for process in STARTED:
            process.kill()
        shutil.rmtree(folder)


def all_on_one(folder):
    server = Model(folder, "--block", BLOCKED)
    uuids = iter(UUIDS)
    for case in cases.CASES:
        check_case(server, case, next(uuids))
    for case in TOGETHER + WORKERS:
        case(server, next(uuids))
    server.stop()
    print("%d cases" % (len(cases.CASES) + len(TOGETHER) + len(WORKERS)))


if __name__ == "__main__":
    for run in (all_on_one, limits, idle, resets, locked_for_ever):
        in_folder(run)
