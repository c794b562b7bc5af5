"""Builds packets by hand, checksums included: a second opinion on the C code.

Every function returns bytes; addresses are text. Used by it_packets and by
anybody who wants captures for tests:
    pcap(1, [eth(IP4, ip4("192.0.2.1", "10.1.2.3", UDP, udp(...)))])
"""
import ipaddress
import struct

ICMP, IGMP, TCP, UDP, ICMP6, SCTP = 1, 2, 6, 17, 58, 132
IP4, IP6, ARP = 0x0800, 0x86dd, 0x0806
MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def addr(text):
    return ipaddress.ip_address(text).packed


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


def pseudo(src, dst, proto, length):
    s, d = addr(src), addr(dst)
    if len(s) == 4:
        return s + d + struct.pack("!BBH", 0, proto, length)
    return s + d + struct.pack("!II", length, proto)


def fill(data, at, src=None, dst=None, proto=0):
    head = pseudo(src, dst, proto, len(data)) if src else b""
    c = checksum(head + data)
    if c == 0 and proto == UDP:
        c = 0xffff
    return data[:at] + struct.pack("!H", c) + data[at + 2:]


def eth(kind, body, dst=MAC_B, src=MAC_A):
    return dst + src + struct.pack("!H", kind) + body


def vlan(tci, kind, body):
    return struct.pack("!HH", tci, kind) + body


def ip4(src, dst, proto, body, opts=b"", **kw):
    opts += b"\0" * (-len(opts) % 4)
    hl = 20 + len(opts)
    h = struct.pack("!BBHHHBBH", 0x40 | hl // 4, kw.get("tos", 0),
                    kw.get("total", hl + len(body)), kw.get("id", 0x1234),
                    kw.get("frag", 0), kw.get("ttl", 60), proto, 0)
    return fill(h + addr(src) + addr(dst) + opts, 10) + body


def ip6(src, dst, nxt, body, **kw):
    return struct.pack("!IHBB", 0x60000000 | kw.get("flow", 0),
                       kw.get("plen", len(body)), nxt, kw.get("hop", 60)) + \
        addr(src) + addr(dst) + body


def tcp(src, dst, seq=1, ack=0, flags=2, opts=b"", data=b"", **kw):
    opts += b"\0" * (-len(opts) % 4)
    h = struct.pack("!HHIIBBHHH", kw.get("sport", 4444), kw.get("dport", 80),
                    seq, ack, (20 + len(opts)) << 2, flags, 1024, 0, 0)
    return fill(h + opts + data, 16, kw.get("psrc", src), kw.get("pdst", dst),
                TCP)


def udp(src, dst, data=b"", **kw):
    h = struct.pack("!HHHH", kw.get("sport", 4444), kw.get("dport", 9999),
                    kw.get("len", 8 + len(data)), 0)
    return fill(h + data, 6, kw.get("psrc", src), kw.get("pdst", dst), UDP)


def crc32c(data):
    crc = 0xffffffff
    for b in data:
        crc ^= b
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def sctp(*chunks, tag=0x11223344, sport=4444, dport=2905):
    h = struct.pack("!HHII", sport, dport, tag, 0) + b"".join(chunks)
    return h[:8] + struct.pack("<I", crc32c(h)) + h[12:]


def chunk(kind, value, flags=0):
    return struct.pack("!BBH", kind, flags, 4 + len(value)) + value + \
        b"\0" * (-len(value) % 4)


def param(kind, value):
    return struct.pack("!HH", kind, 4 + len(value)) + value + \
        b"\0" * (-len(value) % 4)


def icmp(kind, code, rest=b"\0\0\0\0", data=b""):
    return fill(struct.pack("!BBH", kind, code, 0) + rest + data, 2)


def icmp6(src, dst, kind, code, rest=b"\0\0\0\0", data=b""):
    return fill(struct.pack("!BBH", kind, code, 0) + rest + data, 2, src, dst,
                ICMP6)


def arp(op, spa, tpa, sha=MAC_A, tha=b"\0" * 6):
    return struct.pack("!HHBBH", 1, IP4, 6, 4, op) + sha + addr(spa) + tha + \
        addr(tpa)


def pcap(link, packets, lens=None, t0=1700000000):
    out = [struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link)]
    for i, p in enumerate(packets):
        out += [struct.pack("<IIII", t0 + i, 123456, len(p),
                            lens[i] if lens else len(p)), p]
    return b"".join(out)


def unpcap(data):
    """(link type, [(seconds, fraction, length, packet)])"""
    if len(data) < 24:
        return None, []
    end = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") \
        else ">"
    link = struct.unpack(end + "I", data[20:24])[0]
    at, out = 24, []
    while at < len(data):
        s, f, cap, length = struct.unpack(end + "IIII", data[at:at + 16])
        assert at + 16 + cap <= len(data), "capture is cut"
        out.append((s, f, length, data[at + 16:at + 16 + cap]))
        at += 16 + cap
    return link, out


def encodings(text):
    """Every form in which the self-check must find an address."""
    a = ipaddress.ip_address(text)
    b = a.packed
    forms = {"network": b, "reversed": b[::-1], "text": text.encode(),
             "hex": b.hex().encode(), "HEX": b.hex().upper().encode()}
    if a.version == 4:
        forms["octets"] = ".".join(reversed(text.split("."))).encode()
        forms["dashes"] = text.replace(".", "-").encode()
        forms["decimal"] = str(int(a)).encode()
    else:
        forms["dashes"] = str(a).replace(":", "-").encode()
        forms["exploded"] = a.exploded.encode()
        forms["arpa"] = ".".join(reversed(b.hex())).encode()
    return forms
