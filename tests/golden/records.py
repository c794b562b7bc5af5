#!/usr/bin/env python3
"""Golden files of the cutters, and what a second implementation makes of them.

records/NAME.bin is a file of a type; records/NAME.txt has a line for each of
its records: length and CRC-32 of the opening it stands under, then of itself.
test_records.c cuts the same files at every place. With --write they are made
anew; but softflowd.bin is what softflowd 1.1.0 exported (-v 10) of 120 packets
of our own.
"""

import os
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import records as r  # noqa: E402


def pcapng(order, other):
    top = r.section(order, (4, b"d4 golden"))
    face = r.interface(order, 1, (2, b"eth0"), (9, b"\x09"))
    return (top + face + r.enhanced(order, 0, b"a" * 60, 1 << 60, (1, b"x"))
            + r.simple(order, b"b" * 61)
            + r.names(order, bytes([192, 0, 2, 1]), b"host.example")
            + r.interface(order, 113, (2, b"any"))
            + r.enhanced(order, 1, b"c" * 16, 5) + r.counters(order, 1, 6)
            + r.section(other, length=1000) + r.interface(other, 1)
            + r.enhanced(other, 0, b"d", 7))


def dnscap():
    one = (b"[56] 2016-10-20 15:23:01.075993 [#%d eth0 4095] \\\n"
           b"\t[192.0.2.1].53199 [192.0.2.2].53  \\\n"
           b"\tdns QUERY,NOERROR,59311,rd \\\n"
           b"\t1 example.,IN,A 0 0 0\n")
    return b"".join(one % i for i in range(4)) + b"one line\n\n"


def ipfix():
    flows = [r.flow(i) for i in range(9)]
    return (r.message(7, 0, r.ipfix_set(2, r.template(256)))
            + r.message(7, 0, r.ipfix_set(256, *flows))
            + r.message(3, 0, r.ipfix_set(
                3, r.template(256, ((149, 4), (41, 8)), 1), bytes(3)))
            + r.message(3, 0, r.ipfix_set(256, bytes(12)))
            + r.message(7, 9, r.ipfix_set(256, *flows[:2]),
                        r.ipfix_set(2, r.template(257), r.template(256)),
                        r.ipfix_set(257, flows[3]), when=1700000009)
            + r.message(7, 12, r.ipfix_set(257, *flows))
            + r.message(7, 21, r.ipfix_set(2, r.template(256, ()),
                                           r.template(258, r.FLOW[:2])))
            + r.message(7, 21, r.ipfix_set(257, flows[0]))
            + r.message(7, 22, r.ipfix_set(2, r.template(2, ())))
            + r.message(3, 1, r.ipfix_set(256, bytes(12)))
            + r.message(3, 2))


def other(name):
    """What another program wrote; see the top."""
    with open(os.path.join(HERE, "records", name), "rb") as f:
        return f.read()


FILES = {
    "ipfix": (r.ipfix, ipfix()),
    "softflowd": (r.ipfix, other("softflowd.bin")),
    "pcapng_le": (r.pcapng, pcapng("<", ">")),
    "pcapng_be": (r.pcapng, pcapng(">", "<")),
    "dnscap_text": (r.folded, dnscap()),
}


def listing(cut, data):
    return "".join("%d %08x %d %08x\n" % (
        len(o), zlib.crc32(o), len(x), zlib.crc32(x)) for o, x in cut(data))


def main(argv):
    for name, (cut, data) in FILES.items():
        path = os.path.join(HERE, "records", name)
        if "--write" in argv:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path + ".bin", "wb") as f:
                f.write(data)
            with open(path + ".txt", "w") as f:
                f.write(listing(cut, data))
        with open(path + ".bin", "rb") as f:
            assert f.read() == data, name + ".bin is not what is made now"
        with open(path + ".txt") as f:
            assert f.read() == listing(cut, data), name + ".txt"
    print("%d golden files of records" % len(FILES))


if __name__ == "__main__":
    main(sys.argv[1:])
