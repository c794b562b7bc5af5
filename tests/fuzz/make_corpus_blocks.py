#!/usr/bin/env python3
"""Writes the committed seeds of fuzz_san_pcapng and fuzz_san_ipfix (run by
hand): the packets of tests/support/packet_places.py in blocks, and flows."""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import packet_places as places  # noqa: E402
import records as r  # noqa: E402
from flow_places import ROWS, stream  # noqa: E402

GROUP = 16


def put(target, name, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def pcapngs():
    by_link = {}
    for _, link, packet, _ in places.ROWS:
        by_link.setdefault(link, []).append(packet)
    for link, packets in by_link.items():
        for i in range(0, len(packets), GROUP):
            order = "<>"[i // GROUP % 2]
            data = r.section(order, (1, b"c")) + r.interface(order, link)
            for packet in packets[i:i + GROUP]:
                data += r.enhanced(order, 0, packet, 1700000000 << 20)
            put("san_pcapng", "link%d_%02d" % (link, i // GROUP),
                bytes([i // GROUP % 3 + 30]) + data)
    one = places.t4()
    for i, order in enumerate("<><"):
        top = r.section(order) + r.interface(order, 1)
        put("san_pcapng", "one_%d" % i,
            bytes([i]) + top + r.enhanced(order, 0, one, 5))
        put("san_pcapng", "simple_%d" % i,
            bytes([i + 90]) + top + r.simple(order, one))
        put("san_pcapng", "many_%d" % i, bytes([i + 12]) + top +
            r.enhanced(order, 0, one, 1, (2, b"\1\0\0\1"), (1, b"note"),
                       (4, bytes(8)), (3, b"hash" * 2)) +
            r.interface(order, 101, (9, b"\x8a"), (13, b"\4"), (14, b"\0" * 8),
                        (2, b"eth0")) +
            r.enhanced(order, 1, places.I4 + bytes(4), 1 << 40) +
            r.names(order, places.A4B, b"n") + r.counters(order, 0, 1) +
            r.interface(order, 105) + r.enhanced(order, 2, one, 1) +
            r.section("><"[order == ">"]) + r.interface("><"[order == ">"], 1)
            + r.enhanced("><"[order == ">"], 0, one, 1))


def ipfixes():
    for i, (name, fields, values, _) in enumerate(ROWS):
        put("san_ipfix", "row_%02d" % i,
            bytes([i % 3 + 30]) + stream([(fields, [values] * 2)]))
    flows = [r.flow(i) for i in range(3)] + [
        struct.pack(">IIQQB", 0xcb007109, 0x0a010203, 7, 1700000000000, 2)]
    one = r.message(1, 0, r.ipfix_set(2, r.template(256)))
    data = r.message(1, 0, r.ipfix_set(256, *flows))
    mixed = r.message(
        1, 3, r.ipfix_set(256, *flows),
        r.ipfix_set(2, r.template(256, ((12, 4), (8, 4)))),
        r.ipfix_set(256, places.A4B * 2),
        r.ipfix_set(3, r.template(257, r.FLOW, 1)))
    gone = r.message(1, 6, r.ipfix_set(
        2, r.template(256, ()), r.template(2, ()), bytes(2)))
    for i in range(3):
        put("san_ipfix", "templates_%d" % i,
            bytes([i + 9]) + one * 2 + data + mixed + data + mixed + one +
            data)
        put("san_ipfix", "withdrawn_%d" % i,
            bytes([i]) + one + data + gone + data + one + data)
        put("san_ipfix", "options_%d" % i, bytes([i + 60]) + r.message(
            9, 3, r.ipfix_set(3, r.template(300, r.FLOW, 1)),
            r.ipfix_set(300, *flows)) + one + data[:-1])


pcapngs()
ipfixes()
