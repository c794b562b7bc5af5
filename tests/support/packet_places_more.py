"""Where an address can hide in the DNS of packets, and inside of tunnels: rows
as those of packet_places."""
import struct

from packet_places import (A4, A4B, A4I, A6, A6B, F4, F6, I4, I6, MAPPED, Q4,
                           opt4, quote4, quote6, t4, u4)
from packets import IP4, IP6, UDP, addr, eth, fill, ip4, ip6, udp


def name(text):
    return b"".join(bytes([len(x)]) + x.encode()
                    for x in text.split(".") if x) + b"\0"


def rr(owner, kind, data, cls=1, ttl=300):
    return owner + struct.pack("!HHIH", kind, cls, ttl, len(data)) + data


def dns(question, *records, flags=0x8180, additional=(), kind=1):
    """An answer; the owner of most records is a pointer to the question."""
    head = struct.pack("!HHHHHH", 0x1234, flags, 1, len(records), 0,
                       len(additional))
    return head + name(question) + struct.pack("!HH", kind, 1) + \
        b"".join(records) + b"".join(additional)


def d4(message, **kw):
    return u4(message, sport=53, **kw)


WWW, HERE = "www.vendors.org", b"\xc0\x0c"
NIBBLES = ".".join(reversed(A6B.hex())) + ".ip6.arpa"
OPT = b"\0\0\x29\x10\0\0\0\0\0"
ECS = b"\0\x08\0\x08\0\1\x20\0" + A4B

# Under `payload: dns`.
DNS_ROWS = [
    ("A", 1, d4(dns(WWW, rr(HERE, 1, A4B))), "pass"),
    ("AAAA", 1, d4(dns(WWW, rr(HERE, 28, A6B))), "pass"),
    ("AAAA, mapped", 1, d4(dns(WWW, rr(HERE, 28, addr(MAPPED)))), "pass"),
    ("A over IPv6", 1, eth(IP6, ip6(F6, A6, UDP, udp(
        F6, A6, dns(WWW, rr(HERE, 1, A4B)), sport=53))), "pass"),
    ("reverse name", 1, d4(dns("3.2.1.10.in-addr.arpa", rr(
        HERE, 12, name("pc7.vendors.org")), kind=12)), "pass"),
    ("reverse name of IPv6", 1, d4(dns(NIBBLES, rr(
        HERE, 12, name("pc7.vendors.org")), kind=12)), "pass"),
    ("reverse zone", 1, d4(dns("2.1.10.in-addr.arpa", kind=6)),
     "pdns.suffix"),
    ("reverse name with more in front", 1, d4(dns(
        "b._dns-sd._udp.3.2.1.10.in-addr.arpa", kind=12)), "pdns.suffix"),
    ("blocklist name", 1, d4(dns("3.2.1.10.zen.vendors.org")),
     "pdns.reverse"),
    ("name with dashes", 1, d4(dns("ip-10-1-2-3.vendors.org")),
     "pdns.reverse"),
    ("name in hex digits", 1, d4(dns("0a010203.vendors.org")),
     "pdns.reverse"),
    ("name in an answer", 1, d4(dns(WWW, rr(HERE, 5, name(
        "ip-10-1-2-3.vendors.org")))), "pdns.reverse"),
    ("internal name", 1, d4(dns("pc7.corp")), "pdns.suffix"),
    ("single label", 1, d4(dns("pc7")), "pdns.label"),
    ("TXT", 1, d4(dns(WWW, rr(HERE, 16, b"\x14v=spf1 ip4:10.1.2.3  "))),
     "pass"),
    ("CAA", 1, d4(dns(WWW, rr(HERE, 257, b"\0\5iodefhttp://10.1.2.3/"))),
     "pdns.answer"),
    ("SVCB hints", 1, d4(dns(WWW, rr(
        HERE, 65, b"\0\1\0\0\4\0\4" + A4B + b"\0\6\0\x10" + A6B))), "pass"),
    ("SVCB, unknown parameter", 1, d4(dns(WWW, rr(
        HERE, 64, b"\0\1\0\xff\0\0\4" + A4B))), "pass"),
    ("unknown type", 1, d4(dns(WWW, rr(HERE, 65280, A4B))), "pass"),
    ("another class", 1, d4(dns(WWW, rr(HERE, 1, A4B, cls=3))), "pass"),
    ("EDNS client subnet", 1, d4(dns(WWW, additional=[
        OPT + struct.pack("!H", len(ECS)) + ECS])), "pass"),
    ("EDNS padding", 1, d4(dns(WWW, additional=[
        OPT + b"\0\x08\0\x0c\0\4" + A4B])), "pass"),
    ("TSIG", 1, d4(dns(WWW, additional=[
        rr(name("key"), 250, A4B * 4, cls=255, ttl=0)])), "pass"),
    ("behind the message", 1, d4(dns(WWW) + A4B), "pass"),
    ("in a label that a pointer skips", 1, d4(dns(WWW, rr(
        HERE, 5, b"\2ns" + b"\xc0\x10"), rr(HERE, 65280, A4B))), "pass"),
    ("pointer loop", 1, d4(dns(WWW)[:12] + b"\xc0\x0c\0\1\0\1" + A4B),
     "pass"),
    ("update", 1, d4(dns(WWW, rr(HERE, 1, A4B), flags=0x2800)), "pass"),
    ("first fragment", 1, eth(IP4, ip4(F4, A4, UDP, udp(
        F4, A4, dns(WWW, rr(HERE, 1, A4B)), sport=53, len=999),
        frag=0x2000)), "pass"),
    ("cut capture", 1, d4(dns(WWW, rr(HERE, 1, A4B)), len=200), "l4.hdr"),
    ("PPPoE", 1, eth(0x8864, b"\x11\0\0\1" + struct.pack(
        "!HH", 90, 0x21) + d4(dns(WWW, rr(HERE, 1, A4B)))[14:]), "pass"),
    ("over TCP", 1, t4(data=b"\0\x2f" + dns(WWW, rr(HERE, 1, A4B)),
                       sport=53), "pass"),
    ("another port", 1, u4(dns(WWW, rr(HERE, 1, A4B)), sport=5353), "pass"),
]

VXLAN = b"\x08\0\0\0\0\0\1\0"
GENEVE = b"\0\0\x65\x58\0\0\1\0"
VLAN = eth(0x8100, b"\0\7\x08\0" + I4)
ARP = eth(0x806, b"\0\1\x08\0\6\4\0\1" + bytes(6) + A4B + bytes(6) + A4B)
GTP = b"\x30\xff" + struct.pack("!H", len(I4)) + A4B
SUMMED = b"\x80\0\x08\0\0\0\0\0"
LABELS = b"\0\x01\x00\x40\0\x01\x11\x40"
ERSPAN2 = b"\x10\0\x88\xbe\0\0\0\1" + b"\x1a\x01\x0a\x01"
ERSPAN3 = b"\x10\0\x22\xeb\0\0\0\1" + b"\x2a\x01\x0a\x01"


def gre(head_and_inside):
    """With the checksum that it says it has."""
    summed = head_and_inside[0] & 0x80
    return eth(IP4, ip4(F4, A4, 47, fill(head_and_inside, 4) if summed else
                        head_and_inside))


def nested(n):
    """IPv4 in IPv4, n times."""
    p = I4
    for _ in range(n):
        p = ip4(F4, A4, 4, p)
    return eth(IP4, p)


# Under `tunnels: decode`: (place, link, packet, fate, bytes that leave).
TUNNEL_ROWS = [
    ("IPIP", 1, nested(1), "pass", 14 + 20 + 40),
    ("IPIP, twice", 1, nested(2), "pass", 14 + 40 + 40),
    ("IPIP, deeper than the limit", 1, nested(9), "pass", 14 + 20 * 8),
    ("6in4", 1, eth(IP4, ip4(F4, A4, 41, I6)), "pass", 14 + 20 + 60),
    ("4in6", 1, eth(IP6, ip6(F6, A6, 4, I4)), "pass", 14 + 40 + 40),
    ("GRE", 1, eth(IP4, ip4(F4, A4, 47, b"\0\0\x08\0" + I4)), "pass",
     14 + 24 + 40),
    ("GRE of IPv6", 1, eth(IP4, ip4(F4, A4, 47, b"\0\0\x86\xdd" + I6)),
     "pass", 14 + 24 + 60),
    ("GRE with a key", 1, eth(IP4, ip4(F4, A4, 47, b"\x20\0\x08\0" + A4B +
                                       I4)), "pass", 14 + 28 + 40),
    ("GRE with a number", 1, eth(IP4, ip4(F4, A4, 47, b"\x30\0\x08\0" + A4B +
                                          A4B + I4)), "pass", 14 + 32 + 40),
    ("GRE with a checksum", 1, gre(SUMMED + I4), "pass", 34 + 8 + 40),
    ("GRE with a wrong checksum", 1, eth(IP4, ip4(
        F4, A4, 47, b"\x80\0\x08\0" + A4B + I4)), "pass", 34 + 8 + 40),
    ("GRE with a checksum, data", 1, gre(SUMMED + u4(A4B * 5)[14:]), "pass",
     34 + 8 + 28),
    ("GRE with a checksum and key", 1, gre(
        b"\xb0\0\x08\0" + bytes(4) + A4B + A4B + I4), "pass",
     34 + 16 + 40),
    ("GRE with a checksum, broken inside", 1, gre(SUMMED + I4[:30]), "pass",
     34),
    ("GRE with routing", 1, eth(IP4, ip4(
        F4, A4, 47, b"\x40\0\x08\0" + A4B * 2 + I4)), "pass", 34),
    ("GRE of PPTP", 1, eth(IP4, ip4(
        F4, A4, 47, b"\x20\x01\x88\x0b" + A4B + I4)), "pass", 34),
    ("GRE of MPLS", 1, gre(b"\0\0\x88\x47" + LABELS + I4), "pass",
     34 + 4 + 8 + 40),
    ("MPLS in IP", 1, eth(IP4, ip4(F4, A4, 137, LABELS + I4)), "pass",
     34 + 8 + 40),
    ("ERSPAN I", 1, gre(b"\0\0\x88\xbe" + t4()), "pass", 34 + 4 + 54),
    ("ERSPAN II", 1, gre(ERSPAN2 + A4B + t4()), "pass", 34 + 16 + 54),
    ("ERSPAN II, address in its names", 1, gre(
        b"\x10\0\x88\xbe\0\0\0\1" + b"\x1a\x01\x02\x03" + A4B +
        t4()), "pass", 34 + 16 + 54),
    ("ERSPAN II of ARP", 1, gre(ERSPAN2 + bytes(4) + ARP), "pass",
     34 + 16 + 42),
    ("ERSPAN II, another version", 1, gre(
        b"\x10\0\x88\xbe\0\0\0\1" + b"\x30\0\0\0" + A4B + t4()),
     "pass", 34),
    ("ERSPAN II, frame cut", 1, gre(ERSPAN2 + A4B + t4()[:40]), "pass", 34),
    ("ERSPAN III", 1, gre(ERSPAN3 + A4B + b"\x0a\x01\x02\0" + t4()),
     "pass", 34 + 20 + 54),
    ("ERSPAN III of IP", 1, gre(ERSPAN3 + A4B + A4B[:2] + b"\x08\0" + I4),
     "pass", 34 + 20 + 40),
    ("ERSPAN III with a platform", 1, gre(
        ERSPAN3 + A4B + b"\0\0\0\1" + b"\x0c" + bytes(3) + A4B + t4()),
     "pass", 34 + 28 + 54),
    ("ERSPAN III of something else", 1, gre(
        ERSPAN3 + A4B + b"\0\0\x04\0" + A4B * 9), "pass", 34),
    ("GRE of Ethernet", 1, eth(IP4, ip4(F4, A4, 47, b"\0\0\x65\x58" + t4())),
     "pass", 34 + 4 + 54),
    ("NVGRE", 1, eth(IP4, ip4(F4, A4, 47, b"\x20\0\x65\x58" + A4B + t4())),
     "pass", 34 + 8 + 54),
    ("GRE, wrong version inside", 1, eth(IP4, ip4(
        F4, A4, 47, b"\0\0\x86\xdd" + I4)), "pass", 34),
    ("Teredo", 1, u4(I6, dport=3544), "pass", 14 + 28 + 60),
    ("Teredo with a head of its own", 1, u4(b"\0\0" + A4B + b"\0\0" + I6,
                                            dport=3544), "pass", 42),
    ("GTP-U", 1, u4(GTP + I4, dport=2152), "pass", 14 + 28 + 8 + 40),
    ("GTP-U with a number", 1, u4(b"\x32" + GTP[1:] + A4B + I4, dport=2152),
     "pass", 42),
    ("VXLAN", 1, u4(VXLAN + t4(), dport=4789), "pass", 42 + 8 + 54),
    ("VXLAN over IPv6", 1, eth(IP6, ip6(F6, A6, UDP, udp(
        F6, A6, VXLAN + t4(), dport=8472))), "pass", 62 + 8 + 54),
    ("VXLAN, source port is a hash", 1, u4(VXLAN + t4(), sport=0x0203,
                                           dport=4789), "pass", 104),
    ("VXLAN with more flags", 1, u4(b"\x0c\0\0\0\0\0\1\0" + t4(),
                                    dport=4789), "pass", 42),
    ("VXLAN, address as number", 1, u4(b"\x08\0\0\0" + A4B[1:] + b"\0" + t4(),
                                       dport=4789), "pass", 104),
    ("VXLAN of VLAN", 1, u4(VXLAN + VLAN, dport=4789), "pass", 108),
    ("VXLAN of ARP", 1, u4(VXLAN + ARP, dport=4789), "pass", 50 + 42),
    ("VXLAN of LLDP", 1, u4(VXLAN + eth(0x88cc, A4B * 9), dport=4789),
     "pass", 42),
    ("VXLAN of VXLAN", 1, u4(VXLAN + u4(VXLAN + t4(), dport=4789),
                             dport=4789), "pass", 100 + 54),
    ("VXLAN, frame cut", 1, u4(VXLAN + t4()[:50], dport=4789), "pass", 42),
    ("VXLAN, padding of the frame", 1, u4(VXLAN + t4() + A4B * 3,
                                          dport=4789), "pass", 104),
    ("VXLAN, answered", 1, u4(VXLAN + t4(), sport=4789, dport=9), "pass", 42),
    ("VXLAN-GPE", 1, u4(b"\x0c\0\0\3" + A4B[1:] + b"\0" + t4(),
                        dport=4790), "pass", 42 + 8 + 54),
    ("VXLAN-GPE of IPv4", 1, u4(b"\x0c\0\0\1" + A4B[1:] + b"\0" + I4,
                                dport=4790), "pass", 42 + 8 + 40),
    ("VXLAN-GPE of IPv6", 1, u4(b"\x0c\0\0\2\0\0\1\0" + I6, dport=4790),
     "pass", 42 + 8 + 60),
    ("VXLAN-GPE of MPLS", 1, u4(b"\x0c\0\0\5\0\0\1\0" + LABELS + I4,
                                dport=4790), "pass", 42 + 16 + 40),
    ("VXLAN-GPE of NSH", 1, u4(b"\x0c\0\0\4\0\0\1\0" + A4B * 9,
                               dport=4790), "pass", 42),
    ("VXLAN-GPE, control message", 1, u4(
        b"\x0d\0\0\3\0\0\1\0" + t4(), dport=4790), "pass", 42),
    ("VXLAN-GPE, reserved bytes", 1, u4(
        b"\x0c" + A4B[:2] + b"\3" + A4B[1:] + b"\0" + t4(), dport=4790),
     "pass", 42),
    ("GRE in UDP", 1, u4(b"\0\0\x08\0" + I4, sport=0x0203, dport=4754),
     "pass", 42 + 4 + 40),
    ("GRE in UDP with a checksum", 1, u4(
        fill(SUMMED + t4()[14:], 4), dport=4754), "pass", 42 + 8 + 40),
    ("GRE in UDP, ERSPAN", 1, u4(ERSPAN2 + A4B + t4(), dport=4754), "pass",
     42 + 16 + 54),
    ("GRE in UDP inside DTLS", 1, u4(b"\x17\xfe\xfd" + A4B * 9, dport=4755),
     "pass", 42),
    ("MPLS in UDP", 1, u4(LABELS + I4, sport=0x0203, dport=6635), "pass",
     42 + 8 + 40),
    ("MPLS in UDP, address as label", 1, u4(
        A4B[:2] + b"\x20\x40" + A4B[2:] + b"\x01\x40" + I4, dport=6635),
     "pass", 42 + 8 + 40),
    ("MPLS in UDP, no last label", 1, u4(A4B[:2] + b"\0\1" * 9,
                                         dport=6635), "pass", 42),
    ("MPLS in UDP, a pseudowire", 1, u4(
        LABELS + bytes(4) + t4(), dport=6635), "pass", 42),
    ("Geneve", 1, u4(GENEVE + t4(), dport=6081), "pass", 42 + 8 + 54),
    ("Geneve of IPv4", 1, u4(b"\0\0\x08\0" + A4B[1:] + b"\0" + I4, dport=6081),
     "pass", 42 + 8 + 40),
    ("Geneve of IPv6", 1, u4(b"\0\0\x86\xdd" + bytes(4) + I6, dport=6081),
     "pass", 42 + 8 + 60),
    ("Geneve with options", 1, u4(
        b"\3\x40\x65\x58" + bytes(4) + b"\1\2\x80\2" + A4B * 2 + t4(),
        dport=6081), "pass", 42 + 20 + 54),
    ("Geneve, options too long", 1, u4(
        b"\x3f\0\x65\x58" + bytes(4) + A4B, dport=6081), "pass", 42),
    ("Geneve, control message", 1, u4(
        b"\0\x80\x65\x58" + bytes(4) + t4(), dport=6081), "pass", 42),
    ("Geneve of something else", 1, u4(
        b"\0\0\x12\x34" + bytes(4) + t4(), dport=6081), "pass", 42),
    ("inside: Mirai's seq", 1, eth(IP4, ip4(F4, A4, 4, t4(seq=A4I)[14:])),
     "pass", 14 + 20 + 40),
    ("inside: UDP data", 1, eth(IP4, ip4(F4, A4, 4, u4(A4.encode())[14:])),
     "pass", 14 + 20 + 28),
    ("inside: an ICMP quote", 1, eth(IP4, ip4(F4, A4, 4, quote4(Q4)[14:])),
     "pass", 14 + 20 + 28 + 28),
    ("inside: OSPF", 1, eth(IP4, ip4(F4, A4, 4, ip4(F4, A4, 89, A4B * 9))),
     "pass", 34),
    ("inside: broken options", 1, eth(IP4, ip4(
        F4, A4, 4, opt4(b"\x83\x40\x04" + A4B)[14:])), "pass", 34),
    ("inside: into", 1, eth(IP4, ip4(F4, A4, 4, t4("198.18.1.1", A4)[14:])),
     "pass", 34),
    ("inside: cut", 1, nested(1)[:60], "pass", 34),
    ("inside only", 1, eth(IP4, ip4(F4, "192.0.2.77", 4, I4)), "scope.miss",
     0),
    ("first fragment", 1, eth(IP4, ip4(F4, A4, 4, I4, frag=0x2000)), "pass",
     34),
    ("GTP-U, source port is a hash", 1, u4(GTP + I4, sport=0x0203,
                                           dport=2152), "pass", 90),
    ("quote of VXLAN, source port is a hash", 1, quote4(ip4(
        A4, F4, UDP, udp(A4, F4, VXLAN, sport=0x0203, dport=4789))), "pass",
     42 + 28),
    ("VXLAN over IPv6, flow label is a hash", 1, eth(IP6, ip6(
        F6, A6, UDP, udp(F6, A6, VXLAN + t4(), dport=4789), flow=0xa0203)),
     "pass", 124),
    ("GRE over IPv6, flow label is a hash", 1, eth(IP6, ip6(
        F6, A6, 47, b"\0\0\x08\0" + I4, flow=0xa0203)), "pass", 98),
    ("GRE over IPv6, unclear, flow label", 1, eth(IP6, ip6(
        F6, A6, 47, b"\0\1\x08\0" + I4, flow=0xa0203)), "pass", 54),
    ("IPv4 in IPv6, later fragment, flow label", 1, eth(IP6, ip6(
        F6, A6, 44, b"\4\0\0\x10\0\0\0\1" + I4, flow=0xa0203)), "pass",
     62),
    ("quote of 6in6, flow label", 1, quote6(ip6(
        A6, F6, 41, I6, flow=0xa0203)), "pass", 14 + 40 + 8 + 40),
]

# Where in such a packet the hash stands that must not leave: (from, to).
HASHED = {
    "VXLAN, source port is a hash": (34, 36),
    "GRE in UDP": (34, 36),
    "MPLS in UDP": (34, 36),
    "GTP-U, source port is a hash": (34, 36),
    "quote of VXLAN, source port is a hash": (62, 64),
    "VXLAN over IPv6, flow label is a hash": (16, 18),
    "GRE over IPv6, flow label is a hash": (16, 18),
    "GRE over IPv6, unclear, flow label": (16, 18),
    "IPv4 in IPv6, later fragment, flow label": (16, 18),
    "quote of 6in6, flow label": (64, 66),
}
