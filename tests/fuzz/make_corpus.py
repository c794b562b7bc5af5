#!/usr/bin/env python3
"""Writes the committed seeds of the libd4 fuzz targets (run by hand)."""

import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import d4  # noqa: E402
import overflow  # noqa: E402

SESSION = "11111111-2222-4333-8444-555555555555"


def put(target, name, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def opening(order="<", magic=0xa1b2c3d4, link=1):
    return struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)


def packet(n, order="<"):
    return struct.pack(order + "IIII", 1700000000, 1, n, n) + bytes(n)


def pcaps():
    for order, name in (("<", "le"), (">", "be")):
        for magic, unit in ((0xa1b2c3d4, "us"), (0xa1b23c4d, "ns")):
            head = opening(order, magic)
            put("cutter_pcap", "%s_%s" % (unit, name),
                b"\x06" + head + packet(20, order) + packet(0, order))
    head = opening()
    put("cutter_pcap", "only_opening", b"\x00" + head)
    put("cutter_pcap", "opening_cut", b"\x03" + head[:20])
    put("cutter_pcap", "no_pcap", b"\x03" + bytes(40))
    put("cutter_pcap", "fcs", b"\x03" + opening(link=0x24000001) + packet(9))
    put("cutter_pcap", "reserved_link", b"\x03" + opening(link=0x10001))
    put("cutter_pcap", "reopened", b"\x0f" + head + packet(3) + head * 2
        + packet(4))
    put("cutter_pcap", "reopened_other", b"\x0f" + head + packet(3)
        + opening(">") + packet(4))
    put("cutter_pcap", "reopened_cut", b"\x0f" + head + packet(3) + head[:23])
    put("cutter_pcap", "packet_cut", b"\x40" + head + packet(60)[:50])
    put("cutter_pcap", "too_long", b"\xff" + head + packet(3)
        + struct.pack("<IIII", 0, 0, 262145, 1))
    put("cutter_pcap", "longest_cut", b"\xff" + head
        + struct.pack("<IIII", 0, 0, 262144, 262144) + bytes(600))


def texts():
    for name, text in {
            "lines": b"one\ntwo\r\n\nfour\n", "no_end": b"one\ntwo",
            "only_ends": b"\n" * 9, "binary": bytes(range(256)) * 2,
            "long": b"x" * 700 + b"\ny\n"}.items():
        put("cutter_lines", name, b"\x04" + text)
        put("cutter_lines", name + "_whole", b"\xff" + text)


def frames():
    def one(kind, payload):
        return d4.frame(b"k", d4.VECTOR_UUID, kind, payload, 1700000000)
    good = one(8, b"one\n") + one(8, b"") + one(1, bytes(300))
    put("frame", "good", b"\x3d" + good)
    put("frame", "good_by_byte", b"\x00" + good)
    put("frame", "cut", b"\x10" + good[:-1])
    put("frame", "header_cut", b"\x10" + good[:61])
    put("frame", "version", b"\x10" + one(8, b"x") + b"\x02" + good)
    put("frame", "type_0", b"\x10" + one(8, b"x") + b"\x01\x00" + bytes(80))
    put("frame", "largest", b"\xff" + one(3, bytes(5000)))
    put("frame", "too_big", b"\xff" + one(3, bytes(5001))[:200])
    put("frame", "size_max", b"\xff" + good[:58] + b"\xff" * 8)


def entries():
    def text(pairs):
        return b"".join(bytes([len(p)]) + p for p in pairs)
    entry = {"sess": SESSION, "seq": 1, "n": 1, "sensor": d4.VECTOR_UUID,
             "peer": "192.0.2.1:1", "type": 8, "ext": "", "meta": "",
             "t_hdr": 1, "t_rx": 2, "data": b"one\n"}
    good = d4.entry_pairs(entry)
    put("entry", "good", text(good))
    put("entry", "more", text(good + [b"later", b"x"]))
    put("entry", "twice", text(good + good[:2]))
    put("entry", "missing", text(good[2:]))
    put("entry", "empty", b"\x00")
    for name, field, value in (
            ("extended", "type", 254), ("seq_max", "seq", 2 ** 64 - 1),
            ("seq_over", "seq", 2 ** 64), ("n_0", "n", 0),
            ("version", "v", 3), ("uuid", "sensor", "x"),
            ("no_data", "data", "")):
        pairs = d4.entry_pairs(dict(entry, **{field: value}))
        if field == "v":
            pairs[1] = b"3"
        if name == "extended":
            pairs[15] = b"ja3-jl"
        put("entry", name, text(pairs))
    stored = d4.entry_pairs({**{k: v for k, v in entry.items()
                                if k != "data"},
                             "ref": "00112233aabbccdd-7-48-4-0a0b0c0d"})
    put("entry", "stored", text(stored))
    put("entry", "stored_both", text(stored + [b"data", b"one\n"]))


def segments():
    """The fuzzer's first byte: where it begins to count."""
    key = "d4:{8:0}:q"
    entries = [{"sensor": d4.VECTOR_UUID, "seq": 1 + i, "n": 1, "t_rx": 9,
                "data": b"line %d\n" % i} for i in range(3)]
    blob, _ = overflow.segment(1, 1, key, 2, entries)
    put("overflow", "good", b"\x00" + blob)
    put("overflow", "later", b"\x68" + blob)
    put("overflow", "torn", b"\x00" + blob[:-3])
    put("overflow", "torn_head", b"\x00" + blob[:40])
    put("overflow", "flip", b"\x00" + blob[:100] +
        bytes([blob[100] ^ 4]) + blob[101:])
    put("overflow", "huge", b"\x00" + blob[:48] + b"\xff" * 4 + blob[52:])
    put("overflow", "empty_entry", b"\x00" + blob[:48] + b"\x28\0\0\0" +
        blob[52:])
    put("overflow", "key", b"d4:{254.ja3-jl:12}:q")
    put("overflow", "key_path", b"d4:{../..:0}:q")


if __name__ == "__main__":
    pcaps()
    texts()
    frames()
    entries()
    segments()
