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


def blocks(data):
    """(type, body) of every block."""
    order, at = "<", 0
    while at < len(data):
        if data[at:at + 4] == b"\n\r\r\n":
            order = "<" if data[at + 8] == 0x4d else ">"
        kind, size = struct.unpack_from(order + "II", data, at)
        block = data[at:at + size]
        assert len(block) == size >= 12 and block[-4:] == block[4:8], at
        yield kind, block[8:-4]
        at += size


def sets(message):
    at = 16
    while at < len(message):
        kind, size = struct.unpack_from(">HH", message, at)
        assert size >= 4 and at + size <= len(message)
        yield kind, message[at + 4:at + size]
        at += size


def templates(kind, body):
    """(id, record) of a template set; record b"" where it is withdrawn."""
    at = 0
    while len(body) - at >= 4 and any(body[at:]):
        start, (number, count) = at, struct.unpack_from(">HH", body, at)
        at += 6 if kind == 3 and count else 4
        for _ in range(count):
            at += 8 if body[at] & 0x80 else 4
        assert at <= len(body)
        yield number, body[start:at] if count else b""


def learn(known, message):
    """known[domain][set][id] = (export time and sequence, record)."""
    stamp, domain = struct.unpack_from(">QI", message, 4)
    mine = known.setdefault(domain, {2: {}, 3: {}})
    for kind, body in sets(message):
        if kind not in (2, 3):
            continue
        for number, record in templates(kind, body):
            if not record and number == kind:
                mine[kind].clear()
            elif not record:
                mine[kind].pop(number, None)
            elif mine[kind].get(number, (0, b""))[1] != record:
                mine[5 - kind].pop(number, None)
                mine[kind][number] = (stamp, record)


def told(known):
    """One message a domain, with export time and sequence of its newest."""
    out = b""
    for domain in sorted(known):
        body, stamps = b"", []
        for kind in (2, 3):
            one = b""
            for _, (stamp, record) in sorted(known[domain][kind].items()):
                one += record
                stamps.append(stamp)
            if one:
                body += struct.pack(">HH", kind, 4 + len(one)) + one
        if body:
            out += struct.pack(">HHQI", 10, 16 + len(body), max(stamps),
                               domain) + body
    return out


def ipfix(data):
    """Messages with data, under all templates that stand before them."""
    known, at = {}, 0
    while at < len(data):
        size = struct.unpack_from(">H", data, at + 2)[0]
        message = data[at:at + size]
        kinds = [kind for kind, _ in sets(message)]
        if not kinds or max(kinds) >= 256 or not {2, 3} & set(kinds):
            yield told(known), message
        learn(known, message)
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


# Source, destination, octets, start in ms; and one of yaf's own.
FLOW = ((8, 4), (12, 4), (1, 8), (152, 8), (14 | 0x8000, 1, 6871))


def template(number, fields=FLOW, scopes=0):
    body = struct.pack(">HH", number, len(fields))
    body += struct.pack(">H", scopes) if scopes else b""
    for f in fields:
        body += struct.pack(">HH" if len(f) == 2 else ">HHI", *f)
    return body


def flow(i, when=1700000000):
    return struct.pack(">IIQQB", 0xc0000200 + i % 256, 0xc6336400 + i % 256,
                       1000 + i, when * 1000 + i, 2)


def ipfix_set(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">HH", kind, 4 + len(body)) + body


def message(domain, sequence, *parts, when=1700000000):
    body = b"".join(parts)
    return struct.pack(">HHIII", 10, 16 + len(body), when, sequence,
                       domain) + body
