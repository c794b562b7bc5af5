#!/usr/bin/env python3
"""Golden queue entries: written here as XADD commands and read back.

test_entry.c reads the same files and must write the same bytes.
The data of `stored` is in the segment under overflow/ (ADR 0013), which
golden_overflow.c reads. With --write all files are made anew (only with a new
version of entry or segment).
"""

import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import d4  # noqa: E402
import overflow  # noqa: E402

SENSOR = d4.VECTOR_UUID
SESSION = "11111111-2222-4333-8444-555555555555"


def pcap():
    header = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)
    packets = b""
    for i in range(3):
        frame = bytes([i] * (60 + i))
        packets += struct.pack("<IIII", 1700000000 + i, 5, len(frame),
                               len(frame)) + frame
    return header + packets


def common(**more):
    entry = {"sess": SESSION, "seq": 1, "n": 1, "sensor": SENSOR,
             "peer": "192.0.2.1:40000", "type": 8, "ext": "", "meta": "",
             "t_hdr": 1700000000, "t_rx": 1700000000123456, "data": b""}
    entry.update(more)
    return entry


ENTRIES = {
    "pcap": common(type=1, n=3, data=pcap()),
    "passivedns": common(
        type=8, seq=4294967297, n=2, peer="[2001:db8::1]:40000",
        data=b"1548674200.5||192.0.2.1||192.0.2.2||IN||a.example.||A||"
             b"192.0.2.3||60||1\n"
             b"1548674201.5||192.0.2.1||192.0.2.2||IN||b.example.||A||"
             b"192.0.2.4||60||1\n"),
    "extended": common(
        type=254, ext="ja3-jl", meta=b'{"type":"ja3-jl","x":"\xc3\xa9"}',
        t_hdr=2 ** 64 - 1, data=b'{"a":"\x00\xff"}\n'),
}


# The segment that the stored entry refers to, with a neighbour.
ROOT = os.path.join(HERE, "overflow")
STORE, SEGMENT, SALT = 0x00112233aabbccdd, 7, 0x5a5a5a5a00000001
STORED = common(type=8, seq=3, n=2, data=ENTRIES["passivedns"]["data"])
KEY = d4.queue_key(8, "", d4.shard(SENSOR, 16))
BLOB, REFS = overflow.segment(STORE, SEGMENT, KEY, SALT, [
    common(type=8, data=b"neighbour\n"), STORED])
ENTRIES["stored"] = {**{k: v for k, v in STORED.items() if k != "data"},
                     "ref": REFS[1]}


def segment_path():
    return os.path.join(ROOT, overflow.folder(KEY), "%020d.ovf" % SEGMENT)


def write_segment():
    os.makedirs(os.path.dirname(segment_path()), exist_ok=True)
    with open(segment_path(), "wb") as f:
        f.write(BLOB)
    with open(os.path.join(ROOT, "id"), "w") as f:
        f.write("%016x\n" % STORE)


def check_segment():
    with open(segment_path(), "rb") as f:
        assert f.read() == BLOB, "the segment differs from what is written now"
    assert overflow.read(ROOT, KEY, ENTRIES["stored"]) == STORED["data"]


def command(name):
    entry = ENTRIES[name]
    key = d4.queue_key(entry["type"], entry["ext"],
                       d4.shard(entry["sensor"], 16))
    return d4.resp(["XADD", key, "*"] + d4.entry_pairs(entry))


def check(name, held):
    made = command(name)
    assert held == made, name + ": the file differs from what is written now"
    args, rest = d4.resp_parse(held)
    assert rest == b"" and args[0] == b"XADD" and args[2] == b"*", name
    got = d4.entry_parse(args[3:])
    for field, value in ENTRIES[name].items():
        assert d4.as_bytes(got[field]) == d4.as_bytes(value), (name, field)


def main(argv):
    if "--write" in argv:
        write_segment()
    check_segment()
    for name in ENTRIES:
        path = os.path.join(HERE, "entry_%s.resp" % name)
        if "--write" in argv:
            with open(path, "wb") as f:
                f.write(command(name))
        with open(path, "rb") as f:
            check(name, f.read())
    print("%d golden entries read back" % len(ENTRIES))


if __name__ == "__main__":
    main(sys.argv[1:])
