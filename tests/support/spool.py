#!/usr/bin/env python3
"""A second reader of the spool, written from docs/adr/0006-spool-format.md.

As a program: spool.py LANE-DIR... prints one JSON line per segment header and
entry. Strict: any damage is an error. Packed data is unpacked by libzstd.
"""

import ctypes
import ctypes.util
import json
import os
import struct
import sys
import uuid

HEAD = struct.Struct("<8sHHII")
ENTRY = struct.Struct("<IIIIQIIQQ16sQQQQQQ")
FIELDS = ("length", "crc", "flags", "opening", "seq", "origin", "n", "id_ms",
          "id_n", "sess", "sess_seq", "t_first", "t_last", "not_before",
          "expires", "base")

_TABLE = []
for _i in range(256):
    _c = _i
    for _ in range(8):
        _c = _c >> 1 ^ 0x82F63B78 if _c & 1 else _c >> 1
    _TABLE.append(_c)


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Damaged(ValueError):
    """Bytes that ADR 0006 does not allow."""


def unpack(data):
    """One frame of zstd that says its size."""
    lib = ctypes.CDLL(ctypes.util.find_library("zstd"))
    for name in ("ZSTD_getFrameContentSize", "ZSTD_decompress"):
        getattr(lib, name).restype = ctypes.c_ulonglong
    size = lib.ZSTD_getFrameContentSize(data, ctypes.c_size_t(len(data)))
    if size > 8 << 20:
        raise Damaged("size of packed data")
    out = ctypes.create_string_buffer(size + 1)
    if lib.ZSTD_decompress(out, ctypes.c_size_t(size), data,
                           ctypes.c_size_t(len(data))) != size:
        raise Damaged("packed data")
    return out.raw[:size]


def read_segment(blob, check=True):
    """-> (lane dict, [entry dict with 'data']); bytes must be whole."""
    magic, version, flags, length, crc = HEAD.unpack_from(blob)
    if magic != b"D4SPOOL1" or version != 1 or flags != 0:
        raise Damaged("header")
    text = blob[HEAD.size:HEAD.size + length]
    if crc32c(blob[8:16] + text) != crc:
        raise Damaged("header's checksum")
    lane = json.loads(text)
    entries, off, last = [], HEAD.size + length, 0
    while off < len(blob):
        entry = dict(zip(FIELDS, ENTRY.unpack_from(blob, off)))
        end = off + 8 + entry["length"]
        if end > len(blob):
            raise Damaged("torn at %d" % off)
        if check and crc32c(blob[off + 8:end], crc) != entry["crc"]:
            raise Damaged("checksum at %d" % off)
        if entry["seq"] <= last:
            raise Damaged("seq at %d" % off)
        last = entry["seq"]
        entry["sess"] = str(uuid.UUID(bytes=entry["sess"]))
        entry["data"] = blob[off + ENTRY.size:end]
        if entry["flags"] & 1:
            entry["data"] = unpack(entry["data"])
        entries.append(entry)
        off = end
    return lane, entries


def read_lane(path, check=True):
    """All segments of a lane's folder, in order: (lane, entries) each."""
    for name in sorted(os.listdir(path)):
        if len(name) == 24 and name.endswith(".seg"):
            with open(os.path.join(path, name), "rb") as f:
                yield read_segment(f.read(), check)


def write_segment(lane, entries):
    """The bytes of a segment; lane must hold every member."""
    text = json.dumps(lane, sort_keys=True, separators=(",", ":"),
                      ensure_ascii=False).encode()
    head = HEAD.pack(b"D4SPOOL1", 1, 0, len(text), 0)
    crc = crc32c(head[8:16] + text)
    out = head[:16] + struct.pack("<I", crc) + text
    for e in entries:
        values = [e[k] for k in FIELDS[2:]]
        values[FIELDS.index("sess") - 2] = uuid.UUID(e["sess"]).bytes
        body = ENTRY.pack(0, 0, *values)[8:] + e["data"]
        out += struct.pack("<II", len(body), crc32c(body, crc)) + body
    return out


def main():
    for path in sys.argv[1:]:
        for lane, entries in read_lane(path):
            print(json.dumps({"lane": lane}, sort_keys=True))
            for entry in entries:
                entry["data"] = entry["data"].hex()
                print(json.dumps(entry, sort_keys=True))


if __name__ == "__main__":
    main()
