#!/usr/bin/env python3
"""A model of a stock d4-core server, for tests without one.

After spec wire.md sections 2 and 3; server.py's process_header is followed
decision by decision, TLS record by TLS record. It prints "listening PORT" and
writes into --state:

    frames.jsonl    every frame it stored: session, type, timestamp, payload
    records.jsonl   every line or packet that its workers would give
    sessions.jsonl  every session that ended: how, and the counts
    active/         the locks "one session per (UUID, type)"; they survive a
                    kill -9 of the server, as the stock one's do

Bytes are base64. How a session ended: "confirmed" (close_notify answered),
"eof" and "reset" by the client; "aborted" and "error" by the server, the
first with a reset. The second ends without close_notify, as with Twisted 22.4
of Debian 12; --polite makes it one that sends one, as others have seen.
"""

import argparse
import base64
import hmac
import json
import os
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import d4  # noqa: E402
import d4core_workers  # noqa: E402

HEADER_LEN = 62
SIZE_MAX = 1000000
RECURSION = 970  # frames in one call of process_header, seen
DEFAULT_KEY = "private key to change"


class Abort(Exception):
    """transport.abortConnection(): no close_notify."""


class Error(Exception):
    """An exception in dataReceived: Twisted ends the connection."""


class Core:
    """What all sessions share; the lock stands for the single thread."""

    def __init__(self, args):
        self.args = args
        self.lock = threading.Lock()
        self.keys = {}
        for word in args.register:
            uid, _, key = word.partition(":")
            self.keys[uuid.UUID(uid).hex] = (key or args.default_key).encode()
        self.blocked = {uuid.UUID(u).hex for u in args.block}
        self.accept = {int(t) for t in args.accept.split(",")}
        self.ext = set(args.accept_ext.split(","))
        self.poisoned = False
        self.active = os.path.join(args.state, "active")
        os.makedirs(self.active, exist_ok=True)
        self.files = {}

    def note(self, name, **row):
        if name not in self.files:
            path = os.path.join(self.args.state, name + ".jsonl")
            self.files[name] = open(path, "a", buffering=1)
        self.files[name].write(json.dumps(row) + "\n")

    def lock_path(self, kind, uid):
        return os.path.join(self.active, "%d-%s" % (kind, uid))


class Session:
    """One connection: server.py's D4_Server."""

    def __init__(self, core):
        self.core = core
        self.id = str(uuid.uuid4())
        self.buffer = b""
        self.first = True
        self.type = self.uuid = None
        self.saved = self.incorrect = False
        self.meta = d4core_workers.Meta(core.ext)
        self.worker = None
        self.queued = self.frames = self.records = 0
        self.why = ""

    # -- server.py ----------------------------------------------------------

    def received(self, data):
        """dataReceived: one TLS record."""
        if self.core.poisoned:
            # A RecursionError elsewhere left a Redis reply behind.
            self.core.poisoned = False
            raise Error("reply of another command")
        depth = 0
        while data:
            data = self.process_header(data)
            depth += 1
            if data and depth > RECURSION:
                self.core.poisoned = True
                raise Error("RecursionError")

    def process_header(self, data):
        """One call; what it returns, the stock one recurses into."""
        if self.buffer:
            if len(data) < HEADER_LEN:
                self.buffer += data  # kept back, even when it completes
                return b""
            data, self.buffer = self.buffer + data, b""
        if len(data) < HEADER_LEN:
            self.buffer = data
            return b""
        kind, uid = data[1], data[2:18].hex()
        size = struct.unpack_from("<I", data, 58)[0]
        self.check_validity(uid, size)
        self.check_header(kind, uid)
        if self.first:
            self.begin(kind, uid)
        self.check_change(kind, uid)
        if size > len(data) - HEADER_LEN:
            self.buffer = data
            return b""
        self.store(d4.Frame(data[:HEADER_LEN + size]))
        return data[HEADER_LEN + size:]

    def check_validity(self, uid, size):
        if uid in self.core.blocked:
            raise Abort("blocked")
        if uid not in self.core.keys:
            raise Abort("unregistered")
        if size > SIZE_MAX:
            raise Abort("size")
        if self.incorrect:
            self.incorrect = False
            raise Abort("incorrect type")

    def check_header(self, kind, uid):
        # Its log line names a variable that does not exist.
        if uuid.UUID(hex=uid, version=4).hex != uid:
            raise Error("UUID is not v4")
        if kind not in self.core.accept:
            raise Error("type not accepted")

    def begin(self, kind, uid):
        self.first = False
        if kind == 254:
            raise Abort("254 first")
        if kind != 2 and os.path.exists(self.core.lock_path(kind, uid)):
            raise Abort("duplicate")
        self.type, self.uuid = kind, uid
        self.activate(kind)

    def activate(self, kind):
        if kind not in (2, 254):
            with open(self.core.lock_path(kind, self.uuid), "w"):
                pass

    def check_change(self, kind, uid):
        if self.saved and self.type != kind:
            if (self.type, kind) != (2, 254):
                raise Error("type change")
            self.type = kind
        if self.uuid != uid:
            raise Abort("uuid change")

    def store(self, frame):
        """process_d4_data, then what the workers do."""
        key = self.core.keys[self.uuid]
        if not hmac.compare_digest(d4.frame_hmac(key, frame.wire),
                                   frame.hmac):
            raise Abort("hmac")
        if self.queued >= self.core.args.stream_max:
            raise Abort("stream limit")
        self.saved = True
        self.frames += 1
        self.core.note("frames", session=self.id, uuid=str(frame.uuid),
                       type=frame.type, timestamp=frame.timestamp,
                       payload=base64.b64encode(frame.payload).decode())
        if self.core.args.no_workers:
            self.queued += 1
        elif not self.incorrect:
            self.work(frame)

    def work(self, frame):
        try:
            if frame.type == 2:
                self.meta.put(frame.payload)
                return
            if self.worker is None:
                self.worker = d4core_workers.worker(frame.type)
            if self.worker is None or (frame.type == 254 and
                                       self.meta.ext is None):
                return  # waits for a meta header that may never be whole
            for record in self.worker.put(frame.payload):
                self.records += 1
                self.core.note("records", session=self.id,
                               uuid=str(frame.uuid), type=frame.type,
                               ext=self.meta.ext or "",
                               record=base64.b64encode(record).decode())
        except d4core_workers.Incorrect as why:
            self.incorrect = True
            self.why = str(why)

    def lost(self, how, why):
        """connectionLost."""
        if self.type not in (None, 2, 254) and self.uuid:
            path = self.core.lock_path(self.type, self.uuid)
            if os.path.exists(path):
                os.unlink(path)
        self.core.note("sessions", session=self.id, how=how,
                       why=why or self.why, uuid=self.uuid, type=self.type,
                       ext=self.meta.ext or "", frames=self.frames,
                       records=self.records, kept_back=len(self.buffer),
                       lost=self.worker.end() if self.worker else 0)


# ---- sockets ----------------------------------------------------------------


def read_records(core, session, tls):
    """Feeds one TLS record after another; returns how the client ended."""
    tls.settimeout(core.args.timeout)
    while True:
        try:
            data = tls.recv(16384)
        except TimeoutError:
            if session.uuid is None:
                raise Abort("no header")
            # timeoutConnection; its resetTimeout cannot arm a timer that
            # has gone off, so that this happens once a session.
            session.buffer = b""
            tls.settimeout(None)
            continue
        except ssl.SSLEOFError:
            return "eof"
        except OSError:
            return "reset"
        if not data:
            return "confirmed"
        if core.args.slow_ms:
            time.sleep(core.args.slow_ms / 1000)
        with core.lock:
            session.received(data)


def close_notify(tls):
    try:
        tls.settimeout(2)
        tls.unwrap()
    except (OSError, ValueError):
        pass


def reset(tls):
    tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                   struct.pack("ii", 1, 0))


def serve(core, context, raw):
    try:
        raw.settimeout(core.args.timeout)
        tls = context.wrap_socket(raw, server_side=True,
                                  suppress_ragged_eofs=False)
    except OSError:
        raw.close()
        return
    session, why = Session(core), ""
    try:
        how = read_records(core, session, tls)
    except Abort as reason:
        how, why = "aborted", str(reason)
    except Error as reason:
        how, why = "error", str(reason)
    # Noted before the answer: a client that has it may look at the files.
    with core.lock:
        session.lost(how, why)
    if how == "confirmed" or (how == "error" and core.args.polite):
        close_notify(tls)
    elif how == "aborted":
        reset(tls)
    tls.close()


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--cert", required=True)
    p.add_argument("--key", required=True)
    p.add_argument("--state", required=True)
    p.add_argument("--register", action="append", default=[], nargs="+",
                   metavar="UUID[:KEY]")
    p.add_argument("--default-key", default=DEFAULT_KEY)
    p.add_argument("--block", action="append", default=[], metavar="UUID")
    p.add_argument("--accept", default="1,2,4,8,254")
    p.add_argument("--accept-ext", default="ja3-jl")
    p.add_argument("--stream-max", type=int, default=10000,
                   help="frames a session that no worker has taken")
    p.add_argument("--no-workers", action="store_true")
    p.add_argument("--polite", action="store_true")
    p.add_argument("--slow-ms", type=float, default=0,
                   help="pause before each TLS record, as a busy server")
    p.add_argument("--tickets", type=int, default=2,
                   help="TLS 1.3 session tickets behind each handshake")
    p.add_argument("--timeout", type=float, default=30)
    args = p.parse_args(argv)
    args.register = [word for words in args.register for word in words]
    return args


def main(argv):
    args = arguments(argv)
    core = Core(args)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.cert, args.key)
    context.num_tickets = args.tickets
    listener = socket.create_server(("127.0.0.1", args.port))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print("listening %d" % listener.getsockname()[1], flush=True)
    while True:
        raw, _ = listener.accept()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(core, context, raw),
                         daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1:])
