"""Numbered records for loss tests: made here, found again at the partner.

Each kind makes the bytes of record number i and finds the numbers in what a
partner's queue holds. A number survives the pipelines of the tests: it stands
in ip.id and the source port of packets (payloads are cut), in the name of a
passive DNS line, in a kept member of a JSON line.
"""
import json
import re
import socket
import struct

TELESCOPE = "10.1.%d.%d"
OUTSIDE = "203.0.113.%d"
OPENING = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)


def telescope_address(i):
    return TELESCOPE % (i * 7 % 256, i * 13 % 254 + 1)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


def ip4(src, dst, proto, ident, payload):
    a, b = socket.inet_aton(src), socket.inet_aton(dst)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident,
                       0, 64, proto, 0, a, b)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return head + payload


def udp(sport, dport, data):
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


class Pcap:
    """Every fourth packet is an ICMP error that quotes the telescope."""
    type, ext = 1, ""
    opening = OPENING

    @staticmethod
    def make(i):
        inside, outside = telescope_address(i), OUTSIDE % (i % 250 + 1)
        port = 20000 + (i >> 16)
        data = inside.encode() + b" is in the payload"
        if i % 4:
            packet = ip4(outside, inside, 17, i & 0xffff, udp(port, 53, data))
        else:
            quote = ip4(inside, outside, 17, i & 0xffff, udp(port, 53, data))
            icmp = struct.pack("!BBHI", 3, 3, 0, 0) + quote[:28]
            icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
            packet = ip4(outside, inside, 1, i & 0xffff, icmp)
        frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + packet
        return struct.pack("<IIII", 1700000000 + i // 1000, i % 1000 * 1000,
                           len(frame), len(frame)) + frame

    @staticmethod
    def packets(data):
        """(number, frame) of every whole packet of a capture file."""
        at = len(OPENING)
        assert data[:4] == OPENING[:4], "an entry that is no pcap file"
        while at + 16 <= len(data):
            caplen = struct.unpack_from("<I", data, at + 8)[0]
            frame = data[at + 16:at + 16 + caplen]
            if len(frame) < caplen:
                return
            low = struct.unpack_from("!H", frame, 18)[0]
            l4 = 34 if frame[23] == 17 else 34 + 8 + 20
            port = struct.unpack_from("!H", frame, l4)[0]
            yield (port - 20000) << 16 | low, frame
            at += 16 + caplen

    @staticmethod
    def find(data):
        return [i for i, _ in Pcap.packets(data)]


class Pdns:
    type, ext = 8, ""
    opening = b""

    @staticmethod
    def make(i):
        return ("%d.%06d||%s||%s||IN||n%d.mark.lu.||A||203.0.113.%d||300||1\n"
                % (1700000000 + i // 1000, i % 1000, telescope_address(i),
                   telescope_address(i + 1), i, i % 250 + 1)).encode()

    @staticmethod
    def find(data):
        assert data.endswith(b"\n"), "an entry with half a line"
        for m in re.finditer(rb"\|\|n(\d+)\.mark\.lu", data):
            yield int(m.group(1))


class Json:
    """Type 254 behind a meta header."""
    type, ext = 254, "ja3-jl"
    opening = b""
    meta = {"type": "ja3-jl", "encoding": "utf-8", "tags": ["tlp:clear"]}

    @staticmethod
    def make(i):
        return (json.dumps({"n": i, "ClientIP": telescope_address(i),
                            "JA3Digest": "%032x" % i}) + "\n").encode()

    @staticmethod
    def find(data):
        assert data.endswith(b"\n"), "an entry with half a line"
        for line in data.splitlines():
            record = json.loads(line)
            assert "ClientIP" not in record
            yield record["n"]


class Log:
    """Log lines, for what a policy never releases."""
    type, ext = 3, ""
    opening = b""

    @staticmethod
    def make(i):
        return ("<34>Nov 22 02:39:24 withheld%d sshd: from %s\n" % (
            i, telescope_address(i))).encode()

    @staticmethod
    def find(data):
        return [int(m.group(1)) for m in re.finditer(rb"withheld(\d+)", data)]


KINDS = {"pcap": Pcap, "pdns": Pdns, "json": Json}
