#!/usr/bin/env python3
"""Writes the committed seeds of fuzz_session.c (run by hand): each is one
story of a few sensors, whole and with its bytes cut into pieces."""

import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
OPS = ("frame", "connect", "answer", "raw", "fact", "time", "shut", "more")
TYPES = {8: 0, 1: 1, 2: 2, 254: 3, 3: 4}
UUID = bytes.fromhex("11223344556647778888010000000000")
META = b'{"type":"a"}'
PCAP = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
PACKET = struct.pack("<IIII", 1, 2, 4, 4) + b"abcd"
LARGE = (bytes([1, 254]) + UUID + bytes(40) + struct.pack("<I", 16000)) + b"z"

# Operations of `more`.
TYPE_8, REDIS, SHELF, FLUSH, RESET, QUEUE, LEAVE = range(7)
REVOKED, HELD = 1 | 4, 1 | 128


def op(name, arg, rest=b""):
    return bytes([OPS.index(name), arg]) + rest


def frame(slot, kind, payload, sensor=0, key="a", large=False):
    """Sealed; no sensor has the key d."""
    how = TYPES[kind] | (0xf0 if large else 0)
    return op("frame", slot | sensor << 2 | (ord(key) - ord("a")) << 3,
              bytes([how, len(payload)]) + payload)


def connect(slot, address=0):
    return op("connect", slot | address << 2)


def fact(sensor=0, bits=1, key="a", before="d", payload=0):
    """What Redis holds; bit 0 is registered. No key is d."""
    return op("fact", sensor | payload << 1, bytes(
        [bits, ord(key) - ord("a") | (ord(before) - ord("a")) << 2]))


def raw(slot, data):
    return op("raw", slot | (len(data) - 1) << 2, data)


def answer(redis=15, shelf=15):
    return op("answer", redis | shelf << 4)


def look():
    return op("time", 0) + answer(15, 0)


def shut(slot):
    return op("shut", slot)


def more(what, which=0):
    return op("more", what | which << 3)


def end(slot):
    return shut(slot) + more(FLUSH) + answer()


OK = fact() + connect(0) + frame(0, 8, b"a\nb\n") + answer()
EXT = [connect(i, i) + frame(i, 2, META) + answer() + frame(i, 254, b"l\n")
       for i in range(4)]

STORIES = {
    "lines": OK + frame(0, 8, b"c") + frame(0, 8, b"d\n") + end(0),
    "shut_while_asked": fact() + connect(0) + frame(0, 8, b"a\n") + shut(0)
    + answer() + answer(),
    "pcap": fact() + connect(0) + frame(0, 1, PCAP + PACKET) + answer()
    + frame(0, 1, PACKET * 5) + end(0),
    "meta": fact() + connect(0) + frame(0, 2, META[:5]) + answer()
    + frame(0, 2, META[5:]) + frame(0, 254, b"x\ny\n") + end(0),
    "bad_ext": fact() + connect(0) + frame(0, 2, b'{"type":"b"}') + answer(),
    "forged": OK + frame(0, 8, b"x\n", key="d"),
    "rotation": fact(key="b", before="a") + connect(0)
    + frame(0, 8, b"a\n") + answer() + frame(0, 8, b"b\n", key="b")
    + fact(key="b") + look() + frame(0, 8, b"c\n"),
    "revoked": OK + fact(bits=REVOKED) + look() + answer(),
    "superseded": OK + connect(1) + frame(1, 8, b"n\n") + answer() + end(1),
    "clone": fact() + EXT[0] + EXT[1]
    + b"".join(op("time", 20) + frame(i % 2, 254, b"t\n") for i in range(8))
    + answer() + connect(2, 1) + frame(2, 8, b"x\n") + answer(),
    "held": fact(bits=HELD) + connect(0) + frame(0, 8, b"a\n")
    + connect(1, 1) + frame(1, 8, b"b\n") + answer(),
    "two_sensors": fact() + fact(1, key="b") + connect(0) + connect(1, 1)
    + frame(0, 8, b"a\n") + frame(1, 8, b"b\n", sensor=1, key="b")
    + answer() + frame(0, 8, b"c\n", sensor=1, key="b"),
    "redis_away": OK + more(REDIS) + connect(1)
    + frame(1, 8, b"q\n", sensor=1) + op("time", 200) + more(REDIS)
    + answer() + shut(0) + answer(),
    "budget": fact() + b"".join(EXT)
    + b"".join(frame(i, 254, b"y" * 200, large=True) for i in range(4))
    + b"".join(raw(i, LARGE) for i in range(4)) * 3,
    "types": OK + more(TYPE_8) + look() + answer(),
    "pauses": OK + more(SHELF) + frame(0, 8, b"p\n") + more(SHELF)
    + more(QUEUE) + frame(0, 8, b"p\n") + more(QUEUE) + end(0),
    "limit": fact(payload=3) + connect(0) + frame(0, 8, b"a\n") + answer()
    + frame(0, 8, b"aaaaaaa\n"),
    "reset": OK + frame(0, 8, b"part") + more(RESET),
    "leave": OK + more(LEAVE, 3) + answer() + connect(1) + more(LEAVE),
    "leave_busy": OK + frame(0, 8, b"p") + more(LEAVE, 3)
    + frame(0, 8, b"q\\n") + answer() + more(LEAVE, 3) + answer(),
    "timeout": OK + raw(0, b"0123456789") + op("time", 255) * 2,
    "strangers": connect(0) + frame(0, 8, b"a\n") + answer() + connect(1)
    + frame(1, 254, b"a\n") + answer() + connect(2) + raw(2, bytes(63))
    + answer(),
}


def main():
    folder = os.path.join(HERE, "corpus", "session")
    os.makedirs(folder, exist_ok=True)
    for name, story in STORIES.items():
        for step, how in ((63, ""), (9, "-cut")):
            with open(os.path.join(folder, name + how), "wb") as f:
                f.write(bytes([step]) + story)


if __name__ == "__main__":
    main()
