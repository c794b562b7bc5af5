#!/usr/bin/env python3
"""A second implementation of the D4 wire and of our queue entry.

Standard library only; written from spec wire.md and docs/adr, not from the C.
As a module it serves the integration tests; as a program:

    d4.py frames   payload on stdin -> D4 frames on stdout
    d4.py decode   D4 frames on stdin -> one JSON line a frame
    d4.py send     payload on stdin -> a D4 server over TLS
    d4.py vectors  the committed vectors of tests/golden/frames.txt
"""

import argparse
import hashlib
import hmac
import json
import re
import socket
import ssl
import struct
import sys
import time
import uuid as uuid_module

HEADER = struct.Struct("<BB16sQ32sI")
HEADER_LEN = 62
HMAC_AT = 26
RECORD_MAX = 16384 - HEADER_LEN
PAYLOAD_MAX = 1000000


class Malformed(ValueError):
    """Bytes that are not what they should be."""


# ---- frames ---------------------------------------------------------------


class Frame:
    """One D4 frame; wire holds its bytes as they stand (or will stand)."""

    def __init__(self, wire):
        if len(wire) < HEADER_LEN:
            raise Malformed("shorter than a header")
        (self.version, self.type, uid, self.timestamp, self.hmac,
         self.size) = HEADER.unpack_from(wire)
        self.uuid = uuid_module.UUID(bytes=uid)
        self.wire = bytes(wire[:HEADER_LEN + self.size])
        self.payload = self.wire[HEADER_LEN:]
        if len(self.payload) != self.size:
            raise Malformed("payload not whole")

    def check(self, key):
        """True when the HMAC is that of `key`."""
        return hmac.compare_digest(self.hmac, frame_hmac(key, self.wire))


def frame_hmac(key, wire):
    zeroed = wire[:HMAC_AT] + bytes(32) + wire[HMAC_AT + 32:]
    return hmac.new(key, zeroed, hashlib.sha256).digest()


def frame(key, uid, kind, payload, timestamp=None, version=1):
    """The bytes of one sealed frame."""
    uid = uuid_module.UUID(str(uid))
    stamp = int(time.time()) if timestamp is None else timestamp
    wire = HEADER.pack(version, kind, uid.bytes, stamp, bytes(32),
                       len(payload)) + payload
    return wire[:HMAC_AT] + frame_hmac(key, wire) + wire[HMAC_AT + 32:]


def frames(data):
    """The frames of a whole stream; Malformed when it does not end at one."""
    at = 0
    while at < len(data):
        one = Frame(data[at:at + HEADER_LEN + frame_size(data, at)])
        at += HEADER_LEN + one.size
        yield one


def frame_size(data, at):
    if len(data) - at < HEADER_LEN:
        raise Malformed("header not whole")
    return struct.unpack_from("<I", data, at + HEADER_LEN - 4)[0]


class Parser:
    """Push parser: bytes in any cut to frames."""

    def __init__(self, payload_max=PAYLOAD_MAX):
        self.held = bytearray()
        self.payload_max = payload_max

    def feed(self, data):
        self.held += data
        while len(self.held) >= HEADER_LEN:
            size = frame_size(self.held, 0)
            if size > self.payload_max:
                raise Malformed("payload over the limit")
            if len(self.held) < HEADER_LEN + size:
                return
            yield Frame(self.held)
            del self.held[:HEADER_LEN + size]


# ---- sessions -------------------------------------------------------------


class Session:
    """What one connection says: an optional meta header, then one type."""

    def __init__(self, key, uid, kind, meta=None, timestamp=None):
        self.key, self.uuid, self.kind = key, uid, kind
        self.meta, self.timestamp = meta, timestamp

    def one(self, payload, kind=None):
        return frame(self.key, self.uuid, kind or self.kind, payload,
                     self.timestamp)

    def opening(self, snaplen=RECORD_MAX):
        """Type 2 frames of the meta header, as goclient sends them."""
        meta = b"" if self.meta is None else self.meta
        return [self.one(meta[i:i + snaplen], 2)
                for i in range(0, len(meta), snaplen)]

    def cut_every(self, payload, snaplen=4096):
        """Cut like the D4 clients: every snaplen bytes, through records."""
        return self.opening(snaplen) + [
            self.one(payload[i:i + snaplen])
            for i in range(0, len(payload), snaplen)]

    def cut_records(self, records, most=RECORD_MAX):
        """Cut only between records, at most `most` bytes a frame."""
        out, held = self.opening(), b""
        for record in records:
            if held and len(held) + len(record) > most:
                out.append(self.one(held))
                held = b""
            held += record
        return out + ([self.one(held)] if held else [])


def lines(data):
    return data.splitlines(keepends=True)


def pcap_records(data):
    """The global header, then each whole packet with its header."""
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<",
             b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}.get(data[:4])
    if order is None or len(data) < 24:
        raise Malformed("not a pcap")
    yield data[:24]
    at = 24
    while len(data) - at >= 16:
        caplen = struct.unpack_from(order + "I", data, at + 8)[0]
        if len(data) - at < 16 + caplen:
            break
        yield data[at:at + 16 + caplen]
        at += 16 + caplen


def tls_connect(address, ca=None, timeout=20, source=None, client=None):
    """A verified TLS connection to "host:port"; ca None: not verified.
    client: paths of our certificate and key."""
    host, port = address.rsplit(":", 1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Python hides an end without close_notify; here that is the verdict.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if ca is not None:
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_REQUIRED
    if client is not None:
        context.load_cert_chain(*client)
    raw = socket.create_connection((host.strip("[]"), int(port)), timeout,
                                   source and (source, 0))
    return context.wrap_socket(raw, server_hostname=host.strip("[]"),
                               suppress_ragged_eofs=False)


def finish(tls, timeout=20):
    """Ends a session after R13. How the server answered: "confirmed" with
    its close_notify, "eof" or "reset" without, or "timeout"."""
    tls.settimeout(timeout)
    try:
        tls.unwrap()
        return "confirmed"
    except ssl.SSLEOFError:
        return "eof"
    except TimeoutError:
        return "timeout"
    except (ConnectionError, BrokenPipeError):
        return "reset"
    except (ssl.SSLError, OSError):
        return "eof"
    finally:
        tls.close()


def send(address, wire_frames, ca=None, timeout=20):
    """Sends frames, each with one write (R4), and finishes the session."""
    tls = tls_connect(address, ca, timeout)
    try:
        for one in wire_frames:
            tls.sendall(one)
    except (OSError, ssl.SSLError):
        tls.close()
        return "refused"
    return finish(tls, timeout)


# ---- the queue entry (docs/adr/0004) --------------------------------------

ENTRY_FIELDS = ("v", "sess", "seq", "n", "sensor", "peer", "type", "ext",
                "meta", "t_hdr", "t_rx", "data")
ENTRY_NUMBERS = ("seq", "n", "type", "t_hdr", "t_rx")
ENTRY_UUIDS = ("sess", "sensor")
REF = re.compile("[0-9a-f]{16}-[1-9][0-9]*-(0|[1-9][0-9]*)-[1-9][0-9]*-"
                 "[0-9a-f]{8}")


def as_bytes(value):
    return value if isinstance(value, bytes) else str(value).encode()


def entry_pairs(entry):
    """[name, value, ...] in the order in which it is written; with a `ref`
    (ADR 0013) it stands in the place of `data`."""
    stored = "ref" in entry
    out = []
    for name in ENTRY_FIELDS:
        if name == "data" and stored:
            name = "ref"
        value = 1 + stored if name == "v" else entry[name]
        out += [name.encode(), as_bytes(value)]
    return out


def entry_parse(pairs):
    """The entry of a stream as a dict; Malformed as ADR 0004 says."""
    got = {}
    for name, value in zip(pairs[::2], pairs[1::2]):
        name = as_bytes(name).decode("latin-1")
        if name in got:
            raise Malformed(name + " twice")
        if name in ENTRY_FIELDS or name == "ref":
            got[name] = as_bytes(value)
    if got.get("v") == b"1":
        got.pop("ref", None)
    elif got.get("v") != b"2":
        raise Malformed("version")
    elif "data" in got or "ref" not in got:
        raise Malformed("data, or no ref")
    else:
        got["ref"] = got["ref"].decode("ascii")
    if len(got) != len(ENTRY_FIELDS):
        raise Malformed("a field is missing")
    for name in ENTRY_NUMBERS:
        text = got[name].decode("ascii")
        if not text.isdigit() or str(int(text)) != text:
            raise Malformed(name)
        got[name] = int(text)
    for name in ENTRY_UUIDS:
        got[name] = str(uuid_module.UUID(got[name].decode("ascii")))
    if "ref" in got and not REF.fullmatch(got["ref"]):
        raise Malformed("ref")
    return got


def shard(sensor, shards):
    h = 2166136261
    for byte in uuid_module.UUID(str(sensor)).bytes:
        h = (h ^ byte) * 16777619 & 0xffffffff
    return h % shards


def queue_key(kind, ext, sensor_shard):
    queue = "%d.%s" % (kind, ext) if ext else str(kind)
    return "d4:{%s:%d}:q" % (queue, sensor_shard)


def resp(args):
    """A Redis command as bytes."""
    out = b"*%d\r\n" % len(args)
    for arg in args:
        arg = as_bytes(arg)
        out += b"$%d\r\n%s\r\n" % (len(arg), arg)
    return out


def resp_parse(data):
    """The arguments of one Redis command, and what follows it."""
    def number(at, mark):
        end = data.index(b"\r\n", at)
        if data[at:at + 1] != mark:
            raise Malformed("RESP")
        return int(data[at + 1:end]), end + 2
    count, at = number(0, b"*")
    args = []
    for _ in range(count):
        size, at = number(at, b"$")
        args.append(data[at:at + size])
        at += size + 2
    return args, data[at:]


# ---- command line ---------------------------------------------------------

VECTOR_UUID = "7e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1b"
VECTOR_KEY = b"private key to change"


def vectors():
    """Name, type, timestamp, payload of each committed vector."""
    every = bytes(range(256))
    return [
        ("empty", 8, 1700000000, b""),
        ("line", 8, 1700000000, b"1548674200.5||192.0.2.1||A||x\n"),
        ("every-byte", 254, 1, every),
        ("meta", 2, 0, b'{"type":"ja3-jl"}'),
        ("block-edge-1", 1, 2 ** 32 + 5, every[:1]),
        ("block-edge-2", 1, 2 ** 63, every[:2]),
        ("sixteen-k", 3, 1700000000, (every * 64)[:RECORD_MAX]),
    ]


def print_vectors(_args):
    print("# name key(hex) frame(hex); made by tests/support/d4.py vectors")
    for name, kind, stamp, payload in vectors():
        wire = frame(VECTOR_KEY, VECTOR_UUID, kind, payload, stamp)
        print(name, VECTOR_KEY.hex(), wire.hex())


def session_of(args):
    meta = None
    if args.meta:
        with open(args.meta, "rb") as f:
            meta = f.read()
    return Session(args.key.encode(), args.uuid, args.type, meta, args.time)


def cut_stdin(args):
    data, session = sys.stdin.buffer.read(), session_of(args)
    if not args.records:
        return session.cut_every(data, args.snaplen)
    split = pcap_records if args.type == 1 else lines
    return session.cut_records(split(data), args.snaplen)


def print_frames(args):
    sys.stdout.buffer.write(b"".join(cut_stdin(args)))


def print_decoded(args):
    for one in frames(sys.stdin.buffer.read()):
        print(json.dumps({
            "version": one.version, "type": one.type, "uuid": str(one.uuid),
            "timestamp": one.timestamp, "size": one.size,
            "hmac": one.check(args.key.encode()) if args.key else None}))


def send_stdin(args):
    how = send(args.address, cut_stdin(args), args.ca)
    print(how)
    return 0 if how == "confirmed" else 1


def main(argv):
    top = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    verbs = top.add_subparsers(dest="verb", required=True)
    for name, run in (("frames", print_frames), ("send", send_stdin)):
        verb = verbs.add_parser(name)
        verb.set_defaults(run=run)
        verb.add_argument("--key", required=True)
        verb.add_argument("--uuid", required=True)
        verb.add_argument("--type", type=int, required=True)
        verb.add_argument("--meta", help="file with the meta header")
        verb.add_argument("--time", type=int, help="timestamp, default now")
        verb.add_argument("--snaplen", type=int, default=4096)
        verb.add_argument("--records", action="store_true",
                          help="cut only between lines or packets")
        if name == "send":
            verb.add_argument("--ca", help="CA file; without: not verified")
            verb.add_argument("address", help="host:port")
    verb = verbs.add_parser("decode")
    verb.set_defaults(run=print_decoded)
    verb.add_argument("--key", default="")
    verbs.add_parser("vectors").set_defaults(run=print_vectors)
    args = top.parse_args(argv)
    return args.run(args) or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
