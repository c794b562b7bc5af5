#!/usr/bin/env python3
"""A second reader and writer of overflow segments, written from ADR 0013."""

import os
import struct
import sys
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from spool import crc32c  # noqa: E402

HEAD = struct.Struct("<8sHHIQQQII")
ENTRY = struct.Struct("<II16sQQQ")
MAGIC = b"D4OVERFL"


class Damaged(Exception):
    pass


def folder(key):
    """"d4:{QUEUE:SHARD}:q" to QUEUE/SHARD."""
    return os.path.join(*key[key.index("{") + 1:key.index("}")].split(":"))


def head(store, segment, origin, salt):
    body = HEAD.pack(MAGIC, 1, 0, origin, store, segment, salt, 0, 0)
    crc = crc32c(body[8:44])
    return body[:44] + struct.pack("<I", crc), crc


def entry(seed, sensor, seq, n, t_rx, data):
    """-> (bytes, crc)"""
    body = struct.pack("<16sQQQ", uuid.UUID(sensor).bytes, seq, n, t_rx) + data
    crc = crc32c(body, seed)
    return struct.pack("<II", len(body), crc) + body, crc


def segment(store, number, key, salt, entries):
    """A whole segment and the references to its entries."""
    out, seed = head(store, number, crc32c(key.encode()), salt)
    refs = []
    for e in entries:
        one, crc = entry(seed, e["sensor"], e["seq"], e["n"], e["t_rx"],
                         e["data"])
        refs.append("%016x-%d-%d-%d-%08x" % (store, number, len(out),
                                             len(e["data"]), crc))
        out += one
    return out, refs


def read(root, key, e, check=True):
    """The data that entry e (a dict with ref) refers to. check: its checksum
    too, which is slow in Python."""
    store, number, offset, length, crc = e["ref"].split("-")
    with open(os.path.join(root, "id")) as f:
        if f.read() != store + "\n":
            raise Damaged("another store")
    path = os.path.join(root, folder(key), "%020d.ovf" % int(number))
    with open(path, "rb") as f:
        blob = f.read(HEAD.size)
        (magic, version, flags, origin, in_store, in_number, _, _,
         seed) = HEAD.unpack(blob)
        f.seek(int(offset))
        one = f.read(ENTRY.size + int(length))
    if (magic, version, flags) != (MAGIC, 1, 0) or \
            crc32c(blob[8:44]) != seed or origin != crc32c(key.encode()) or \
            in_store != int(store, 16) or in_number != int(number):
        raise Damaged("header of " + path)
    size, in_crc, sensor, seq, n, t_rx = ENTRY.unpack_from(one)
    if (size, in_crc) != (40 + int(length), int(crc, 16)) or \
            len(one) != 8 + size:
        raise Damaged("%s at %s" % (path, offset))
    if check and crc32c(one[8:], seed) != in_crc:
        raise Damaged("checksum in %s at %s" % (path, offset))
    if (str(uuid.UUID(bytes=sensor)), seq, n, t_rx) != (
            e["sensor"], e["seq"], e["n"], e["t_rx"]):
        raise Damaged("another entry in %s at %s" % (path, offset))
    return one[ENTRY.size:]
