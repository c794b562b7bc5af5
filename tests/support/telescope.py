"""A day of a telescope, as issue 5 asks for it: n packets for 10.1.0.0/16 and
2001:db8:77::/48, of which 1 % go to 10.2.0.0/16, 10 % are malformed, 1 % are
ICMP quotes, 5 % carry a VLAN tag, 5 % are IPv6 SYN-ACKs, and 1 in 10,000 has
its destination in seq, ip.id and payload, too. The same n gives the same
bytes. Made with struct and a sum by hand: 100,000 packets take a second.
"""
import ipaddress
import random
import struct

OWN6 = ipaddress.ip_address("2001:db8:77::").packed[:6]
ETH = bytes.fromhex("020000000001020000000002")
IP4, IP6, VLAN = b"\x08\x00", b"\x86\xdd", b"\x81\x00\x20\x05"


def total(data):
    """The sum of 16-bit words, not folded."""
    if len(data) % 2:
        data += b"\0"
    return sum(struct.unpack("!%dH" % (len(data) // 2), data))


def folded(s):
    s = (s & 0xffff) + (s >> 16)
    return ~((s & 0xffff) + (s >> 16)) & 0xffff


def ip4(src, dst, proto, body, ident=1, first=0x45, length=None):
    h = struct.pack("!BBHHHBBH", first, 0, length or 20 + len(body), ident,
                    0, 60, proto, 0) + src + dst
    return h[:10] + struct.pack("!H", folded(total(h))) + h[12:] + body


def ip6(src, dst, proto, body):
    return struct.pack("!IHBB", 6 << 28, len(body), proto, 60) + src + dst + \
        body


def segment(src, dst, flags, seq, data=b"", offset=5):
    h = struct.pack("!HHIIBBHHH", 80, 4444, seq, 77, offset << 4, flags, 1024,
                    0, 0) + data
    s = folded(total(h) + total(src + dst) + 6 + len(h))
    return h[:16] + struct.pack("!H", s) + h[18:]


def datagram(src, dst, data, length=None):
    h = struct.pack("!HHHH", 4444, 9999, length or 8 + len(data), 0) + data
    s = folded(total(h) + total(src + dst) + 17 + len(h)) or 0xffff
    return h[:6] + struct.pack("!H", s) + h[8:]


def quote(src, dst):
    """A victim's router: its error quotes what seems to be from dst."""
    inner = ip4(dst, src, 17, datagram(dst, src, b"\0" * 8))
    body = struct.pack("!BBHI", 3, 1, 0, 0) + inner
    return ip4(src, dst, 1, body[:2] + struct.pack(
        "!H", folded(total(body))) + body[4:])


# Broken in its own way each: (reason, packet behind the link addresses).
def broken(kind, src, dst):
    good = segment(src, dst, 18, 9)
    return (
        ("ip4.hdr", IP4 + ip4(src, dst, 6, good, first=0x44)),
        ("ip4.hdr", IP4 + ip4(src, dst, 6, good, length=19)),
        ("ip4.hdr", IP4 + ip4(src, dst, 6, good, first=0x65)),
        ("trunc.ip4", IP4 + ip4(src, dst, 6, good)[:19]),
        ("trunc.l4", IP4 + ip4(src, dst, 6, good)[:30]),
        ("l4.hdr", IP4 + ip4(src, dst, 6, segment(src, dst, 18, 9, b"", 4))),
        ("l4.hdr", IP4 + ip4(src, dst, 17, datagram(src, dst, b"", 200))),
        ("l3", b"\x88\xcc" + dst),
        ("ip6.hdr", IP6 + ip4(src, dst, 6, good) + b"\0" * 20),
        ("trunc.ip6", IP6 + ip6(src * 4, OWN6 + dst + b"\0" * 6, 6,
                                good)[:39]),
    )[kind]


class Packet:
    """fate: "forward", "marked" or a reason; vlan and v6: what it is."""

    def __init__(self, data, dst, fate="forward", vlan=False, v6=False):
        self.data, self.dst, self.fate = data, dst, fate
        self.vlan, self.v6 = vlan, v6


def plain(r, slot, src, dst):
    """The rest: answers of victims, scans, and UDP with something in it."""
    seq = r.getrandbits(32)
    if slot % 3 == 0:
        return ip4(src, dst, 17, datagram(src, dst, b"x" * (slot % 40)))
    return ip4(src, dst, 6, segment(src, dst, 18 if slot % 3 == 1 else 2,
                                    seq))


def marked(i, src, dst):
    """Mirai's seq or masscan's id (dst ^ dport ^ seq), and both tell it."""
    number = struct.unpack("!I", dst)[0]
    seq = i if i % 20000 < 10000 else number
    text = b"Host: %s\r\n" % str(ipaddress.ip_address(dst)).encode()
    return Packet(IP4 + ip4(src, dst, 6, segment(src, dst, 2, seq, text),
                            (number ^ 4444 ^ seq) & 0xffff), dst, "marked")


def packet(i, r):
    """Packet i of the day; its place in a thousand says what it is."""
    slot = i % 1000
    src = struct.pack("!I", 0xcb007100 | r.getrandbits(8))
    dst = struct.pack("!I", 0x0a010000 | r.getrandbits(16) & 0xfeff | 0x100)
    if slot < 10:
        dst = b"\x0a\x02" + dst[2:]
        return Packet(IP4 + plain(r, slot, src, dst), dst, "scope.miss")
    if slot < 110:
        why, data = broken(slot % 10, src, dst)
        return Packet(data, dst, why)
    if slot < 120:
        return Packet(IP4 + quote(src, dst), dst)
    if slot < 170:
        return Packet(VLAN + IP4 + plain(r, slot, src, dst), dst, vlan=True)
    if slot < 220:
        own = OWN6 + r.getrandbits(80).to_bytes(10, "big")
        far = b"\x20\x01\x0d\xb8\xff\xff" + r.getrandbits(80).to_bytes(
            10, "big")
        return Packet(IP6 + ip6(far, own, 6, segment(far, own, 18, i)), own,
                      v6=True)
    if i % 10000 == 999:
        return marked(i, src, dst)
    return Packet(IP4 + plain(r, slot, src, dst), dst)


def packets(n):
    r = random.Random(5)
    return [packet(i, r) for i in range(n)]


def capture(day):
    out = [struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)]
    for i, p in enumerate(day):
        n = len(p.data) + 12
        out.append(struct.pack("<IIII", 1700000000 + i // 1000, i % 1000, n,
                               n) + ETH + p.data)
    return b"".join(out)
