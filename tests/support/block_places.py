"""One file for each place of pcapng, beside its packets, where an address, a
name or a secret can hide: the leak matrix. A row is (name, file, what becomes
of it: "pass" or a reason); the last record of a file is what is told of.
"""
import struct

import records as r
from packet_places import A4, A4B, A6B, A4I, t4, u4
from packets import eth, ip4, udp

SECRETS = (b"alice", b"hunter2", b"pc7.corp.example", b"eth7-corp",
           b"CLIENT_RANDOM", b"\0\x11\x22\x33\x44\x55")
NOTE = b"alice says " + A4.encode()
O = "<"
PACKET = t4()


def file(*records, section=(), face=(), order=O, link=1, snaplen=262144):
    return r.section(order, *section) + r.interface(
        order, link, *face, snaplen=snaplen) + b"".join(records)


def packet(*pairs, data=PACKET, order=O):
    return r.enhanced(order, 0, data, 1700000000000000, *pairs)


def block(kind, body=NOTE + A4B * 3, order=O):
    return r.block(order, kind, body)


def old():
    return r.block(O, 2, struct.pack("<HHIIII", 0, 0, 1, 1, len(PACKET),
                                     len(PACKET)) + PACKET)


PADDED = packet(data=u4(b"x" * 11))
ROWS = [
    ("packet", file(packet()), "pass"),
    ("packet, big-endian", file(packet(order=">"), order=">"), "pass"),
    ("simple packet", file(r.simple(O, t4(data=NOTE))), "pass"),
    ("padding of a packet", file(PADDED[:-7] + A4B[:3] + PADDED[-4:]),
     "pass"),
    ("section: comment", file(packet(), section=[(1, NOTE)]), "pass"),
    ("section: machine, system, program", file(packet(), section=[
        (2, b"pc7.corp.example"), (3, NOTE), (4, b"alice's")]), "pass"),
    ("section: custom option", file(packet(), section=[
        (2988, A4B + NOTE)]), "pass"),
    ("interface: name, description", file(packet(), face=[
        (2, b"eth7-corp"), (3, NOTE)]), "pass"),
    ("interface: IPv4 address", file(packet(), face=[
        (4, A4B + b"\xff\xff\0\0")]), "pass"),
    ("interface: IPv6 address", file(packet(), face=[
        (5, A6B + b"\x40")]), "pass"),
    ("interface: MAC address", file(packet(), face=[
        (6, b"\0\x11\x22\x33\x44\x55")]), "pass"),
    ("interface: filter", file(packet(), face=[
        (11, b"\0host " + A4.encode())]), "pass"),
    ("interface: system, hardware", file(packet(), face=[
        (12, b"alice"), (15, NOTE)]), "pass"),
    ("interface: snapshot length", file(packet(), snaplen=A4I), "pass"),
    ("interface: offset of times", file(packet(), face=[
        (14, struct.pack("<Q", A4I))]), "pass"),
    ("interface: custom option", file(packet(), face=[
        (2989, A4B + NOTE)]), "pass"),
    ("interface: unknown link type", file(packet(), link=147), "linktype"),
    ("packet: comment", file(packet((1, NOTE))), "pass"),
    ("packet: flags", file(packet((2, A4B[::-1]))), "pass"),
    ("packet: hash", file(packet((3, b"\2" + A4B))), "pass"),
    ("packet: drop count", file(packet((4, A4B * 2))), "selfcheck"),
    ("packet: id, queue, verdict", file(packet(
        (5, A4B * 2), (6, A4B), (7, b"\0" + NOTE))), "pass"),
    ("packet: broken options", file(packet((1, NOTE)).replace(
        b"\1\0\x13\0", b"\1\0\xff\0")), "pcapng.block"),
    ("names", file(packet(), r.names(O, A4B, b"pc7.corp.example")),
     "pcapng.meta"),
    ("keys", file(packet(), block(10, b"KEYLCLIENT_RANDOM hunter2")),
     "pcapng.meta"),
    ("statistics", file(packet(), block(5, struct.pack(
        "<III", 0, 1, 1) + r.options(O, (1, NOTE)))), "pcapng.meta"),
    ("obsolete packet", file(packet(), old()), "pcapng.meta"),
    ("custom block", file(packet(), block(0xbad)), "pcapng.meta"),
    ("custom block, not to be copied", file(packet(), block(0x40000bad)),
     "pcapng.meta"),
    ("journal", file(packet(), block(9, b"_HOSTNAME=pc7.corp.example\n")),
     "pcapng.meta"),
    ("unknown block", file(packet(), block(0x0a010203)), "pcapng.meta"),
    ("interface that is not there", file(packet(), r.enhanced(
        O, 7, PACKET, 1)), "pcapng.block"),
    ("length too long", file(packet(), packet()[:4] + b"\xfc\xff\xff\x7f" +
                             packet()[8:]), "pcapng.desync"),
    ("file cut off", file(packet(), packet()[:-9]), "eof_partial"),
    ("section behind a section", file(packet()) + file(
        packet((1, NOTE), order=">"), section=[(1, NOTE)], order=">"),
     "pass"),
    ("checksum behind the frame", file(packet(data=eth(0x800, ip4(
        "203.0.113.9", A4, 17, udp("203.0.113.9", A4, b"x"))) + A4B),
        face=[(13, b"\x20")]), "pass"),
]
