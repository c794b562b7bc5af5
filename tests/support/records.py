"""A second implementation of the cutters, written from the formats' texts.

Each function gives (opening, record) for every record of a file, in order.
Files are whole and valid: what cutters do with others, their unit tests say.
"""

import struct

SECTION, INTERFACE, SIMPLE, NAMES, COUNTERS, ENHANCED = (
    0x0a0d0d0a, 1, 3, 4, 5, 6)


def folded(data):
    """Lines, joined where a backslash stands in front of the newline."""
    record = b""
    for line in data.splitlines(keepends=True):
        record += line
        if not record.endswith(b"\\\n"):
            yield b"", record
            record = b""
    assert record == b"", "unterminated"


def pcapng(data):
    """Blocks; the opening is the section's header and interfaces so far."""
    opening, order, at = b"", None, 0
    while at < len(data):
        if data[at:at + 4] == b"\n\r\r\n":
            order = "<" if data[at + 8] == 0x4d else ">"
        kind, size = struct.unpack_from(order + "II", data, at)
        block = data[at:at + size]
        assert len(block) == size >= 12 and block[-4:] == block[4:8], at
        if kind == SECTION:
            opening = block[:16] + b"\xff" * 8 + block[24:]
        elif kind == INTERFACE:
            opening += block
        else:
            yield opening, block
        at += size


# ---- making them ----------------------------------------------------------


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(
        -len(value) % 4)


def options(order, *pairs):
    return b"".join(option(order, *p) for p in pairs) + (
        bytes(4) if pairs else b"")


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def section(order, *pairs, length=2 ** 64 - 1):
    return block(order, SECTION, struct.pack(
        order + "IHHQ", 0x1a2b3c4d, 1, 0, length) + options(order, *pairs))


def interface(order, link, *pairs, snaplen=262144):
    return block(order, INTERFACE, struct.pack(
        order + "HHI", link, 0, snaplen) + options(order, *pairs))


def enhanced(order, face, data, when, *pairs):
    return block(order, ENHANCED, struct.pack(
        order + "IIIII", face, when >> 32, when & 0xffffffff, len(data),
        len(data)) + data + bytes(-len(data) % 4) + options(order, *pairs))


def simple(order, data):
    return block(order, SIMPLE, struct.pack(order + "I", len(data)) + data)


def counters(order, face, when):
    return block(order, COUNTERS, struct.pack(
        order + "III", face, when >> 32, when & 0xffffffff))


def names(order, address, name):
    body = struct.pack(order + "HH", 1, 4 + len(name) + 1)
    body += address + name + b"\0"
    return block(order, NAMES, body + bytes(-len(body) % 4) + bytes(4))
