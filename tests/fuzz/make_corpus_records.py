#!/usr/bin/env python3
"""Writes the committed seeds of the cutters' fuzz targets (run by hand)."""

import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import records  # noqa: E402
from make_corpus import opening, packet, put  # noqa: E402


def pcapngs():
    for order, name in (("<", "le"), (">", "be")):
        top = records.section(order) + records.interface(order, 1)
        one = records.enhanced(order, 0, bytes(9), 1, (1, b"comment"))
        put("cutter_pcapng", name, b"\x06" + top + one
            + records.simple(order, bytes(5))
            + records.names(order, bytes(4), b"a")
            + records.counters(order, 0, 2))
        put("cutter_pcapng", name + "_later_interface", b"\x1f" + top + one
            + records.interface(order, 113)
            + records.enhanced(order, 1, b"x", 1))
        put("cutter_pcapng", name + "_no_interface", b"\x10" + top
            + records.enhanced(order, 1, b"x", 1) + one)
        put("cutter_pcapng", name + "_length", b"\x0b" + top + one[:4]
            + struct.pack(order + "I", 0x7ffffffc) + one[8:])
        put("cutter_pcapng", name + "_end", b"\x0b" + top + one[:-4]
            + bytes(4))
        put("cutter_pcapng", name + "_cut", b"\x0b" + top + one[:-1])
        other = {"<": ">", ">": "<"}[order]
        put("cutter_pcapng", name + "_two_sections", b"\x21" + top + one
            + records.section(other, length=77) + records.interface(other, 1)
            + records.enhanced(other, 0, b"y", 1))
    put("cutter_pcapng", "no_section", b"\x03" + records.interface("<", 1))
    put("cutter_pcapng", "version", b"\x03"
        + records.section("<").replace(b"\1\0\0\0", b"\2\0\0\0"))
    put("cutter_pcapng", "opening_long", b"\xff" + records.section("<")
        + records.interface("<", 1, (1, b"c" * 4000)) * 9)


def ipfixes():
    flows = [records.flow(i) for i in range(3)]
    one = records.message(1, 0, records.ipfix_set(2, records.template(256)))
    data = records.message(1, 0, records.ipfix_set(256, *flows))
    mixed = records.message(
        1, 3, records.ipfix_set(256, *flows),
        records.ipfix_set(3, records.template(257, records.FLOW, 1)))
    gone = records.message(1, 6, records.ipfix_set(
        2, records.template(256, ()), records.template(2, ()), bytes(2)))
    put("cutter_ipfix", "templates", b"\x07" + one * 2 + data + mixed + data)
    put("cutter_ipfix", "withdrawn", b"\x10" + one + data + gone + data)
    put("cutter_ipfix", "mixed_first", b"\x00" + mixed + data)
    put("cutter_ipfix", "cut", b"\x1f" + one + data[:-1])
    put("cutter_ipfix", "netflow", b"\x03" + b"\0\x09" + one[2:])
    put("cutter_ipfix", "length", b"\x03" + one + b"\0\x0a\0\x0f" + data[4:])
    put("cutter_ipfix", "set_length", b"\x08" + one + data[:18]
        + b"\xff\xff" + data[20:] + data)
    put("cutter_ipfix", "template_cut", b"\x08" + one[:20] + b"\1\0\0\xff"
        + one[24:] + data)
    put("cutter_ipfix", "empty", b"\x00" + records.message(0, 0) * 4)
    put("cutter_ipfix", "domains", b"\xff" + b"".join(
        records.message(i, 0, records.ipfix_set(2, records.template(256)))
        for i in range(30)) + data)


def dnscaps():
    text = (b"[56] 2016-10-20 15:23:01.075993 [#0 eth0 4095] \\\n"
            b"\t[192.0.2.1].53199 [192.0.2.2].53  \\\n"
            b"\tdns QUERY,NOERROR,59311,rd 1 example.,IN,A 0 0 0\n")
    put("cutter_dnscap", "text", b"\x05" + text * 3)
    put("cutter_dnscap", "text_cut", b"\x05" + text + text[:-1])
    put("cutter_dnscap", "folded", b"\x00" + b"\\\n" * 9 + b"\n\n")
    put("cutter_dnscap", "mark", b"\x00M<")
    put("cutter_dnscap", "mark_text", b"\x00M<x\n")
    put("cutter_dnscap", "pcap", b"\x02" + opening() + packet(9))
    put("cutter_dnscap", "pcap_ns", b"\x00" + opening("<", 0xa1b23c4d)
        + packet(3))
    put("cutter_dnscap", "neither", b"\x00" + bytes(30))


if __name__ == "__main__":
    pcapngs()
    dnscaps()
    ipfixes()
