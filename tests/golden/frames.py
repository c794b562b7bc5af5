#!/usr/bin/env python3
"""The committed frames are what d4.py makes now, and it reads them back."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import d4  # noqa: E402


def main():
    with open(os.path.join(HERE, "frames.txt")) as f:
        rows = [line.split() for line in f if not line.startswith("#")]
    assert len(rows) == len(d4.vectors())
    stream, cut = b"", d4.Parser()
    for (name, kind, stamp, payload), row in zip(d4.vectors(), rows):
        key, wire = bytes.fromhex(row[1]), bytes.fromhex(row[2])
        assert row[0] == name
        assert wire == d4.frame(key, d4.VECTOR_UUID, kind, payload, stamp), name
        one = d4.Frame(wire)
        assert one.check(key) and not one.check(key + b"x"), name
        assert (one.type, one.timestamp, one.payload) == (
            kind, stamp, payload), name
        stream += wire
    # The same frames come out of any cut.
    for size in (1, 61, 62, 63, 1000, len(stream)):
        got = [one.wire for i in range(0, len(stream), size)
               for one in cut.feed(stream[i:i + size])]
        assert got == [bytes.fromhex(row[2]) for row in rows], size
    print("%d frames equal" % len(rows))


if __name__ == "__main__":
    main()
