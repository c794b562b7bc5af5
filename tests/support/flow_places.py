"""One flow for each place of IPFIX where an address, a name or a secret can
hide: the leak matrix. The protected addresses are those of packet_places.

A row is (name, fields, values, what becomes of it where the telescope is
mapped: "pass" or a reason). A field is (element, length) or (element, length,
enterprise), as records.template takes them; a length of 65535: each value
says its own.
"""
import struct

import records as r
from packet_places import A4, A4B, A6B, B4
from packets import addr

F4B = addr("203.0.113.9")
F6B = addr("2001:db8:1::53")
CERT, REVERSE = 6871, 29305
ENDS = ((8, 4), (12, 4))
TO = (F4B, A4B)
VARIABLE = 65535


def named(name, *more, to=TO, ends=ENDS, fate="pass"):
    """A flow to the telescope with more fields: (field, value)."""
    return (name, ends + tuple(f for f, _ in more),
            tuple(to) + tuple(v for _, v in more), fate)


TEXT = A4.encode()
ROWS = [
    named("destination"),
    named("source", to=(A4B, F4B)),
    named("both ends", to=(A4B, addr(B4))),
    named("foreign only", to=(F4B, addr("198.51.100.1")), fate="scope.miss"),
    named("foreign inside into", to=(addr("198.18.1.1"), A4B),
          fate="into_conflict"),
    named("destination of IPv6", ends=((27, 16), (28, 16)), to=(F6B, A6B)),
    named("mapped IPv4", ends=((27, 16), (28, 16)),
          to=(F6B, addr("::ffff:" + A4))),
    named("6to4", ends=((27, 16), (28, 16)), to=(addr("2002:a01:203::7"),
                                                 F6B)),
    named("reverse elements", ends=((8, 4, REVERSE), (12, 4, REVERSE))),
    named("an address too long", ((8, 8), A4B * 2)),
    named("an address that says its length", ((12, VARIABLE), A4B)),
    named("next hop", ((15, 4), A4B)),
    named("next hop of BGP", ((18, 4), A4B)),
    named("prefix", ((45, 4), A4B)),
    named("exporter", ((130, 4), A4B)),
    named("behind NAT", ((225, 4), A4B), ((226, 4), A4B)),
    named("MAC addresses", ((56, 6), A4B + b"\1\2"), ((80, 6), b"\1\2" + A4B)),
    named("VLAN, interfaces", ((58, 2), A4B[:2]), ((10, 4), A4B)),
    named("a name", ((82, VARIABLE), TEXT)),
    named("a name of fixed length", ((82, 16), TEXT.ljust(16, b"\0"))),
    named("user name", ((371, VARIABLE), b"alice@corp.example")),
    named("HTTP request", ((461, VARIABLE), b"http://" + TEXT + b"/")),
    named("payload", ((18, VARIABLE, CERT), b"GET / HTTP/1.1 " + TEXT)),
    named("reverse payload", ((16402, VARIABLE, CERT), A4B * 4)),
    named("raw headers", ((38, VARIABLE, CERT), A4B), ((39, 20, CERT),
                                                       A4B * 5)),
    named("flow hash", ((106, 4, CERT), A4B)),
    named("an element of somebody's", ((7, 8, 0x0a010203), A4B * 2)),
    named("an enterprise that is an address", ((A4B[1], 4, 0x0a010203),
                                               b"\0\0\0\1")),
    named("basicList", ((291, VARIABLE), b"\xff\0\x08\0\4" + A4B)),
    named("subTemplateList", ((292, VARIABLE), b"\xff\1\0" + A4B * 2)),
    named("subTemplateMultiList", ((293, VARIABLE), b"\xff\1\0\0\x0c" +
                                   A4B * 2)),
    named("padding", ((210, 4), A4B)),
    named("a counter", ((1, 8), b"\0\0\0\0" + A4B), fate="selfcheck"),
    named("a counter, reversed", ((2, 4), A4B[::-1]), fate="selfcheck"),
    named("a port too long", ((7, 4), A4B)),
    named("time of the start", ((150, 4), A4B), fate="selfcheck"),
    named("time in microseconds", ((154, 8), A4B * 2)),
    named("TCP sequence number", ((184, 4), A4B)),
]

# What an exporter says of itself: (name, how many fields say of whom, fields,
# values, what becomes of it).
OF = ((149, 4), A4B)


def said(name, *more, of=OF, fate="pass"):
    fields = (of,) + more
    return (name, 1, tuple(f for f, _ in fields), tuple(v for _, v in fields),
            fate)


RATE = ((305, 4), b"\0\0\0\1"), ((306, 4), b"\0\0\3\xe7")
OPTION_ROWS = [
    said("options: a rate of sampling", *RATE),
    said("options: a domain that is an address", *RATE, ((149, 4), A4B)),
    said("options: exporter", *RATE, of=((130, 4), A4B)),
    said("options: exporter of IPv6", *RATE, of=((131, 16), A6B)),
    said("options: a selector that is an address", *RATE,
         of=((302, 8), b"\0\0\0\0" + A4B)),
    said("options: a process that is an address", *RATE, of=((144, 4), A4B)),
    said("options: an interface", *RATE, of=((10, 4), A4B),
         fate="ipfix.options"),
    said("options: an interface's name", ((82, VARIABLE), TEXT),
         of=((10, 4), b"\0\0\0\1"), fate="ipfix.options"),
    said("options: names beside a rate", *RATE, ((82, VARIABLE), TEXT),
         ((83, 16), TEXT.ljust(16, b"\0"))),
    said("options: addresses beside a rate", *RATE, ((8, 4), A4B),
         ((211, 4), A4B), ((130, 4), A4B)),
    said("options: an element of somebody's", *RATE,
         ((7, 8, 0x0a010203), A4B * 2)),
    said("options: somebody's scope", *RATE, of=((144, 4, 0x0a010203), A4B),
         fate="ipfix.options"),
    said("options: an exporter as a rate", ((34, 4), A4B),
         ((130, 4), A4B), fate="selfcheck"),
    said("options: MAC address, VLAN", *RATE, ((56, 6), A4B + b"\1\2"),
         ((58, 2), A4B[:2])),
    said("options: a user", ((371, VARIABLE), b"alice@corp.example"),
         of=((145, 2), b"\1\0"), fate="ipfix.options"),
]


def value(field, data):
    if field[1] != VARIABLE:
        assert len(data) == field[1], (field, data)
        return data
    return bytes([len(data)]) + data


def stream(tables, domain=0x0a010203):
    """Templates and their flows, all of one domain: [(fields, [values])]."""
    tell, data = b"", b""
    for number, (fields, rows) in enumerate(tables, 256):
        tell += r.message(domain, 0, r.ipfix_set(2, r.template(
            number, [(f[0] | (0x8000 if len(f) > 2 else 0),) + f[1:]
                     for f in fields])))
        data += r.message(domain, 0x0a010203, r.ipfix_set(number, *[
            b"".join(map(value, fields, row)) for row in rows]))
    return tell + data


def told(row, number, domain=0x0a010203):
    """A template of options and one record of it."""
    _, scopes, fields, values, _ = row
    fields = [(f[0] | (0x8000 if len(f) > 2 else 0),) + f[1:] for f in fields]
    one = r.template(number, fields)
    return r.message(domain, 0, r.ipfix_set(3, one[:4] + struct.pack(
        ">H", scopes) + one[4:])) + r.message(domain, 0, r.ipfix_set(
            number, b"".join(map(value, row[2], values))))


def messages(data):
    while data:
        n = struct.unpack_from(">H", data, 2)[0]
        yield data[:n]
        data = data[n:]
