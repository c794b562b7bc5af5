"""One packet for each place where an address can hide: the leak matrix.

The protected addresses are A4 and A6 (the telescope is 10.1.0.0/16 and
2001:db8:77::/48). A row is (name, link type, packet, what becomes of it where
only headers leave and the telescope is mapped: "pass" or a reason).
"""
import struct

from packets import *  # noqa: F403

A4, B4, F4 = "10.1.2.3", "10.1.77.9", "203.0.113.9"
A6, B6, F6 = "2001:db8:77::a:b", "2001:db8:77:5::1", "2001:db8:1::53"
A4B, A6B = addr(A4), addr(A6)
A4I = int.from_bytes(A4B, "big")


def t4(src=F4, dst=A4, link=1, **kw):
    return eth(IP4, ip4(src, dst, TCP, tcp(src, dst, **kw)))


def u4(data=b"x" * 10, src=F4, dst=A4, **kw):
    return eth(IP4, ip4(src, dst, UDP, udp(src, dst, data, **kw)))


def s4(*chunks, src=F4, dst=A4, **kw):
    return eth(IP4, ip4(src, dst, SCTP, sctp(*chunks, **kw)))


def opt4(opts, src=F4, dst=A4):
    return eth(IP4, ip4(src, dst, UDP, udp(src, dst, b"data"), opts=opts))


def quote4(inner, kind=3, code=3, rest=b"\0\0\0\0", outer=IP4):
    return eth(IP4, ip4(F4, A4, ICMP, icmp(kind, code, rest, inner)))


def quote6(inner, kind=1, code=4, rest=b"\0\0\0\0"):
    return eth(IP6, ip6(F6, A6, ICMP6, icmp6(F6, A6, kind, code, rest,
                                              inner)))


def ext6(nxt, ext, body, proto=TCP, pdst=A6):
    return eth(IP6, ip6(F6, A6, nxt, bytes([proto]) + ext + body))


def nd(kind, rest, data, src="fe80::1", dst=A6):
    return eth(IP6, ip6(src, dst, ICMP6, icmp6(src, dst, kind, 0, rest, data),
                        hop=255))


def sll(kind, body, halen=6, hw=MAC_A + b"\0\0"):
    return struct.pack("!HHH", 0, 1, halen) + hw + struct.pack("!H", kind) + \
        body


def sll2(kind, body, halen=6, hw=MAC_A + b"\0\0", ifindex=0x0a010203):
    return struct.pack("!HHIHBB", kind, 0, ifindex, 1, 0, halen) + hw + body


INIT = b"\0\0\0\7\0\0\x40\0\0\1\0\1\0\0\0\x09"
I4 = ip4(F4, A4, TCP, tcp(F4, A4))
I6 = ip6(F6, A6, TCP, tcp(F6, A6))
Q4 = ip4(A4, F4, UDP, udp(A4, F4, b"spoofed"))
Q6 = ip6(A6, F6, UDP, udp(A6, F6, b"spoofed"))
SEG = tcp(F6, A6)
SNM = "ff02::1:ff" + "%02x:%02x%02x" % (A6B[13], A6B[14], A6B[15])
SNM_MAC = b"\x33\x33\xff" + A6B[13:]
MAPPED, SIXTO4 = "::ffff:" + A4, "2002:a01:203::7"
TEREDO_C = "2001:0:c000:201:0:1234:f5fe:fdfc"
TEREDO_S = "2001:0:a01:203:0:1234:f5ff:f0f0"
ISATAP = "2001:db8:9::5efe:a01:203"

ROWS = [
    # ---- IPv4
    ("ip4 dst", 1, t4(), "pass"),
    ("ip4 src", 1, t4(A4, F4), "pass"),
    ("both ends", 1, t4(A4, B4), "pass"),
    ("foreign only", 1, t4(F4, "198.51.100.1"), "scope.miss"),
    ("foreign inside into", 1, t4("198.18.1.1", A4), "into_conflict"),
    ("special source", 1, t4("0.0.0.0", A4), "pass"),
    ("LSRR", 1, opt4(b"\x83\x07\x04" + A4B), "pass"),
    ("record route", 1, opt4(b"\x07\x0b\x0c" + A4B + A4B), "pass"),
    ("time stamps", 1, opt4(b"\x44\x0c\x0d\x01" + A4B + b"\0\0\0\1"), "pass"),
    ("router alert", 1, opt4(b"\x94\x04\0\0"), "pass"),
    ("router alert of no length", 1, opt4(b"\x94\x06" + A4B), "pass"),
    ("behind end of options", 1, opt4(b"\0\0\0\0" + A4B), "pass"),
    ("broken options", 1, opt4(b"\x83\x40\x04" + A4B), "ip4.hdr"),
    ("Etherleak", 1, t4() + A4B + A4.encode(), "pass"),
    ("fragment, first", 1, eth(IP4, ip4(F4, A4, UDP, udp(F4, A4, A4B * 4,
                               len=999), frag=0x2000)), "pass"),
    ("fragment, later", 1, eth(IP4, ip4(F4, A4, UDP, A4B * 4, frag=5)),
     "pass"),
    ("total length short", 1, eth(IP4, ip4(F4, A4, TCP, b"", total=19)),
     "ip4.hdr"),
    ("header cut", 1, t4()[:30], "trunc.ip4"),
    ("TCP cut", 1, t4()[:50], "trunc.l4"),
    ("AH", 1, eth(IP4, ip4(F4, A4, 51, bytes([TCP, 4, 0, 0]) + b"\0\0\0\1" * 2
                           + A4B * 3 + tcp(F4, A4))), "pass"),
    ("ESP", 1, eth(IP4, ip4(F4, A4, 50, b"\0\0\0\1" * 2 + A4B * 5)), "pass"),
    ("OSPF", 1, eth(IP4, ip4(F4, A4, 89, b"\2\1\0\x2c" + A4B * 10)),
     "l4.proto"),
    ("VRRP", 1, eth(IP4, ip4(F4, A4, 112, b"\x21\1" + A4B * 4)), "l4.proto"),
    ("GRE", 1, eth(IP4, ip4(F4, A4, 47, b"\0\0\x08\0" + I4)), "pass"),
    ("IPIP", 1, eth(IP4, ip4(F4, A4, 4, I4)), "pass"),
    ("6in4", 1, eth(IP4, ip4(F4, A4, 41, I6)), "pass"),
    ("unknown protocol", 1, eth(IP4, ip4(F4, A4, 253, A4B * 8)), "pass"),
    # ---- TCP
    ("Mirai: seq is dst", 1, t4(seq=A4I), "pass"),
    ("Mirai: answer to src", 1, t4(A4, F4, ack=A4I + 1, flags=0x14), "pass"),
    ("Mirai: answer to dst", 1, t4(ack=A4I + 1, flags=0x12), "pass"),
    ("Mirai: reset by its kernel", 1, t4(seq=A4I + 1, flags=4), "pass"),
    ("masscan id", 1, eth(IP4, ip4(F4, A4, TCP, tcp(F4, A4, seq=0x11223344),
        id=(A4I ^ 80 ^ 0x11223344) & 0xffff)), "pass"),
    ("TCP data", 1, t4(data=b"GET / HTTP/1.1\r\nHost: " + A4.encode() +
                       b"\r\n\r\n"), "pass"),
    ("TCP unknown option", 1, t4(opts=b"\xfd\x06" + A4B), "pass"),
    ("TCP MSS of no length", 1, t4(opts=b"\x02\x06" + A4B), "pass"),
    ("TCP time stamp", 1, t4(opts=b"\1\1\x08\x0a" + A4B + A4B), "selfcheck"),
    ("TCP MD5", 1, t4(opts=b"\x13\x12" + A4B * 4), "pass"),
    ("TCP behind options", 1, t4(opts=b"\0\0\0\0" + A4B), "pass"),
    ("TCP broken options", 1, t4(opts=b"\x03\x00" + A4B), "l4.hdr"),
    ("TCP offset short", 1, eth(IP4, ip4(F4, A4, TCP, tcp(F4, A4)[:12] +
                                b"\x10" + tcp(F4, A4)[13:])), "l4.hdr"),
    ("TCP acknowledges", 1, t4(ack=A4I, flags=0x10), "selfcheck"),
    # ---- UDP
    ("UDP data", 1, u4(A4B + A4.encode()), "pass"),
    ("UDP data reversed", 1, u4(A4B[::-1] + b"3.2.1.10.in-addr.arpa"),
     "pass"),
    ("UDP data dashed", 1, u4(b"host-10-1-2-3.example"), "pass"),
    ("UDP data hex", 1, u4(b"0a010203 0A010203 167838211"), "pass"),
    ("DNS answer", 1, u4(b"\0\1\x84\0\0\0\0\1\0\0\0\0\1x\0\0\1\0\1\0\0\0\1"
                         b"\0\4" + A4B, sport=53), "pass"),
    ("DHCP", 1, u4(b"\2\1\6\0" + b"\0" * 8 + A4B * 3, sport=67, dport=68),
     "pass"),
    ("VXLAN", 1, u4(b"\x08\0\0\0\0\0\1\0" + t4(), dport=4789), "pass"),
    ("Teredo", 1, u4(I6, dport=3544), "pass"),
    ("UDP length long", 1, u4(b"xx", len=4000), "l4.hdr"),
    ("UDP surplus", 1, eth(IP4, ip4(F4, A4, UDP, udp(F4, A4, b"")[:8] +
                                    A4B * 2)), "pass"),
    # ---- SCTP
    ("SCTP INIT", 1, s4(chunk(1, INIT)), "pass"),
    ("SCTP INIT, addresses", 1, s4(chunk(1, INIT + param(5, A4B) + param(
        5, addr(F4)) + param(6, A6B) + param(12, b"\0\5\0\6"))), "pass"),
    ("SCTP INIT of IPv6", 1, eth(IP6, ip6(F6, A6, SCTP, sctp(chunk(
        1, INIT + param(6, A6B) + param(5, A4B))))), "pass"),
    ("SCTP INIT, address inside into", 1, s4(chunk(1, INIT + param(
        5, addr("198.18.1.1")))), "into_conflict"),
    ("SCTP INIT ACK, cookie", 1, s4(chunk(2, INIT + param(
        7, A4B + A4.encode() + A6B))), "pass"),
    ("SCTP INIT, host name", 1, s4(chunk(1, INIT + param(
        11, b"host-10-1-2-3.example"))), "pass"),
    ("SCTP INIT, unknown parameter", 1, s4(chunk(1, INIT + param(
        0x8007, A4B))), "pass"),
    ("SCTP INIT, an address too long", 1, s4(chunk(1, INIT + param(
        5, A4B * 2))), "l4.hdr"),
    ("SCTP INIT, parameter cut", 1, s4(chunk(1, INIT + b"\0\5\0\x20" +
                                             A4B)), "l4.hdr"),
    ("SCTP tag is dst", 1, s4(chunk(1, INIT), tag=A4I), "selfcheck"),
    ("SCTP data", 1, s4(chunk(0, bytes(12) + A4B + A4.encode(), 3)), "pass"),
    ("SCTP data behind an answer", 1, s4(chunk(3, bytes(12)), chunk(
        0, bytes(12) + A4B, 3)), "pass"),
    ("SCTP gaps", 1, s4(chunk(3, bytes(9) + b"\1\0\0" + A4B)), "pass"),
    ("SCTP heartbeat", 1, s4(chunk(4, param(1, A4B + A4.encode()))), "pass"),
    ("SCTP cookie echo", 1, s4(chunk(10, A4B * 9), chunk(0, A4B * 5)),
     "pass"),
    ("SCTP abort", 1, s4(chunk(6, param(11, A4B))), "pass"),
    ("SCTP error, address", 1, s4(chunk(9, param(5, param(5, A4B)))), "pass"),
    ("SCTP new address", 1, s4(chunk(0xc1, A4B + param(5, A4B) + param(
        0xc001, A4B + param(5, A4B)))), "pass"),
    ("SCTP shutdown", 1, s4(chunk(7, b"\0\0\0\7"), chunk(11, b"")), "pass"),
    ("SCTP, unknown chunk", 1, s4(chunk(0x3f, A4B * 4)), "pass"),
    ("SCTP, address as a chunk", 1, s4(A4B + bytes(600)), "pass"),
    ("SCTP INIT, address as a parameter", 1, s4(chunk(
        1, INIT + A4B + bytes(600))), "pass"),
    ("SCTP, chunk too long", 1, s4(chunk(1, INIT)[:2] + b"\2\0" + INIT),
     "l4.hdr"),
    ("SCTP cut", 1, s4(chunk(1, INIT))[:40], "trunc.l4"),
    ("SCTP INIT cut", 1, s4(chunk(1, INIT + param(5, A4B)))[:70], "pass"),
    ("SCTP, first fragment", 1, eth(IP4, ip4(F4, A4, SCTP, sctp(chunk(
        1, INIT + param(5, A4B))), frag=0x2000)), "pass"),
    ("SCTP, behind the chunks", 1, s4(chunk(8, b""), A4B[:3]), "pass"),
    # ---- ICMP
    ("ICMP quote", 1, quote4(Q4), "pass"),
    ("ICMP quote of TCP, seq is dst", 1, quote4(
        ip4(F4, A4, TCP, tcp(F4, A4, seq=A4I))), "pass"),
    ("ICMP quote with options", 1, quote4(
        ip4(A4, F4, UDP, udp(A4, F4), opts=b"\x83\x07\x04" + A4B)), "pass"),
    ("ICMP quote of ICMP", 1, quote4(ip4(A4, F4, ICMP, icmp(8, 0))), "pass"),
    ("ICMP quote of an error", 1, quote4(
        ip4(A4, F4, ICMP, icmp(3, 1, A4B, Q4))), "pass"),
    ("ICMP quote of a redirect", 1, quote4(
        ip4(A4, F4, ICMP, icmp(5, 1, A4B, Q4))), "pass"),
    ("ICMP quote of GRE", 1, quote4(ip4(A4, F4, 47, A4B * 4)), "pass"),
    ("ICMP quote of OSPF", 1, quote4(ip4(A4, F4, 89, A4B * 4)), "l4.proto"),
    ("ICMP quote of a fragment", 1, quote4(
        ip4(A4, F4, UDP, A4B * 4, frag=9)), "pass"),
    ("ICMP quote short", 1, quote4(Q4[:24]), "trunc.l4"),
    ("ICMP quote of IPv6", 1, quote4(Q6), "ip4.hdr"),
    ("ICMP quote and extensions", 1, quote4(
        Q4 + b"\0" * 100 + b"\x20\0\0\0\0\x08\1\1" + A4B,
        rest=b"\0\x21\0\0"), "pass"),
    ("ICMP unused", 1, quote4(Q4, rest=A4B), "pass"),
    ("ICMP fragmentation needed", 1, quote4(Q4, 3, 4, b"\0\0\x05\xdc"),
     "pass"),
    ("ICMP redirect", 1, quote4(Q4, 5, 1, A4B), "pass"),
    ("ICMP parameter problem", 1, quote4(Q4, 12, 0, b"\x0c\1\2\3"), "pass"),
    ("ICMP time exceeded", 1, quote4(Q4, 11, 0, A4B), "pass"),
    ("ICMP echo data", 1, eth(IP4, ip4(F4, A4, ICMP, icmp(8, 0, b"\0\1\0\2",
                              A4B * 4))), "pass"),
    ("ICMP echo id", 1, eth(IP4, ip4(F4, A4, ICMP, icmp(8, 0, A4B))),
     "selfcheck"),
    ("ICMP time stamp", 1, eth(IP4, ip4(F4, A4, ICMP, icmp(13, 0, b"\0\1\0\2",
                               A4B * 3))), "pass"),
    ("ICMP router advertisement", 1, eth(IP4, ip4(F4, A4, ICMP, icmp(
        9, 0, b"\1\2\0\x10", A4B + b"\0\0\0\0"))), "icmp.type"),
    ("IGMP report", 1, eth(IP4, ip4(A4, "224.0.0.22", IGMP, fill(
        b"\x22\0\0\0\0\0\0\1\1\0\0\1" + addr("239.1.1.1") + A4B, 2),
        opts=b"\x94\4\0\0")), "pass"),
    ("IGMP query", 1, eth(IP4, ip4(A4, "224.0.0.1", IGMP, fill(
        b"\x11\x64\0\0" + addr("239.1.1.1") + b"\2\x7d\0\1" + A4B, 2))),
     "pass"),
    ("IGMP group is no group", 1, eth(IP4, ip4(F4, A4, IGMP, fill(
        b"\x16\0\0\0" + A4B, 2))), "pass"),
    ("IGMP unknown", 1, eth(IP4, ip4(F4, A4, IGMP, b"\x13\0\0\0" + A4B)),
     "icmp.type"),
    # ---- IPv6
    ("ip6 dst", 1, eth(IP6, I6), "pass"),
    ("ip6 src", 1, eth(IP6, ip6(A6, F6, TCP, tcp(A6, F6))), "pass"),
    ("ip6 mapped IPv4", 1, eth(IP6, ip6(F6, MAPPED, TCP, tcp(F6, MAPPED))),
     "pass"),
    ("6to4", 1, eth(IP6, ip6(F6, SIXTO4, TCP, tcp(F6, SIXTO4))), "pass"),
    ("Teredo client", 1, eth(IP6, ip6(F6, TEREDO_C, UDP, udp(F6, TEREDO_C))),
     "pass"),
    ("Teredo server", 1, eth(IP6, ip6(F6, TEREDO_S, UDP, udp(F6, TEREDO_S))),
     "pass"),
    ("ISATAP", 1, eth(IP6, ip6(F6, ISATAP, UDP, udp(F6, ISATAP))), "pass"),
    ("NAT64", 1, eth(IP6, ip6(F6, "64:ff9b::" + A4, UDP,
                              udp(F6, "64:ff9b::" + A4))), "pass"),
    ("unknown option", 1, ext6(0, b"\0\x1e\4" + A4B[:4], SEG), "pass"),
    ("padding", 1, ext6(60, b"\0\1\4" + A4B[:4], SEG), "pass"),
    ("home address", 1, eth(IP6, ip6(F6, A6, 60, bytes([TCP, 2]) +
        b"\xc9\x10" + A6B + b"\1\2\0\0" +
        tcp(F6, A6, psrc=A6))), "pass"),
    ("routing type 0", 1, eth(IP6, ip6(F6, A6, 43, bytes([TCP, 2, 0, 0]) +
        b"\0\0\0\0" + A6B + SEG)), "pass"),
    ("routing type 2, to go on", 1, eth(IP6, ip6(F6, B6, 43,
        bytes([TCP, 2, 2, 1]) + b"\0\0\0\0" + A6B + SEG)), "pass"),
    ("segment routing", 1, eth(IP6, ip6(F6, A6, 43, bytes([TCP, 6, 4, 0, 1]) +
        b"\0\0\0" + A6B + addr(B6) + b"\5\x0e" + A6B[:14] + SEG)), "pass"),
    ("routing type 3", 1, eth(IP6, ip6(F6, A6, 43, bytes([TCP, 2, 3, 0]) +
        b"\0\0\0\0" + A6B + SEG)), "ip6.hdr"),
    ("fragment 6, first", 1, eth(IP6, ip6(F6, A6, 44, bytes([UDP, 0, 0, 1]) +
        b"\0\0\0\7" + udp(F6, A6, A6B, len=999))), "pass"),
    ("fragment 6, later", 1, eth(IP6, ip6(F6, A6, 44, bytes([UDP, 0, 1, 0]) +
        b"\0\0\0\7" + A6B)), "pass"),
    ("AH 6", 1, eth(IP6, ip6(F6, A6, 51, bytes([TCP, 4, 0, 0]) + b"\0\0\0\1" *
        2 + A6B[:12] + SEG)), "pass"),
    ("no next header", 1, eth(IP6, ip6(F6, A6, 59, A6B)), "pass"),
    ("mobility", 1, eth(IP6, ip6(F6, A6, 135, b"\x3b\2\5\0" + A6B * 2)),
     "pass"),
    ("jumbo", 1, eth(IP6, ip6(F6, A6, 0, b"\6\0\xc2\4\0\1\0\0" + SEG,
                              plen=0)), "ip6.hdr"),
    ("headers without end", 1, eth(IP6, ip6(F6, A6, 60, b"\x3c\0\1\4\0\0\0\0"
                                            * 12 + SEG)), "nesting"),
    ("ICMPv6 quote", 1, quote6(Q6), "pass"),
    ("ICMPv6 too big", 1, quote6(Q6, 2, 0, b"\0\0\5\0"), "pass"),
    ("ICMPv6 unused", 1, quote6(Q6, 1, 0, A4B), "pass"),
    ("ICMPv6 echo", 1, eth(IP6, ip6(F6, A6, ICMP6, icmp6(
        F6, A6, 128, 0, b"\0\1\0\2", A6B))), "pass"),
    ("ICMPv6 node query", 1, eth(IP6, ip6(F6, A6, ICMP6, icmp6(
        F6, A6, 139, 0, b"\0\0\0\0", b"\0" * 8 + A6B))), "icmp.type"),
    ("NS", 1, eth(IP6, ip6("fe80::1", SNM, ICMP6, icmp6(
        "fe80::1", SNM, 135, 0, b"\0\0\0\0", A6B + b"\1\1" + MAC_A),
        hop=255), dst=SNM_MAC), "scope.miss"),
    ("NS from the scope", 1, eth(IP6, ip6(B6, SNM, ICMP6, icmp6(
        B6, SNM, 135, 0, b"\0\0\0\0", A6B + b"\1\1" + MAC_A), hop=255),
        dst=SNM_MAC), "pass"),
    ("NA", 1, nd(136, b"\x60\0\0\0", A6B + b"\2\1" + MAC_A, A6, "fe80::1"),
     "pass"),
    ("RA", 1, nd(134, b"\x40\0\7\x08", b"\0" * 8 + b"\3\4\x40\xc0" +
        b"\0\0\0\1" * 2 + b"\0\0\0\0" + A6B[:8] + b"\0" * 8 + b"\x19\3\0\0" +
        b"\0\0\0\1" + A6B + b"\5\1\0\0\0\0\5\xdc", A6, "ff02::1"), "pass"),
    ("ND unknown option", 1, nd(133, b"\0\0\0\0", b"\x26\3\0\0" + b"\0" * 4 +
                                A6B), "pass"),
    ("ND redirect", 1, nd(137, b"\0\0\0\0", addr("fe80::7") + A6B +
        b"\4\x07\0\0\0\0\0\0" + Q6[:48]), "pass"),
    ("ND option of no length", 1, nd(133, b"\0\0\0\0", b"\1\0" + A6B[:6]),
     "l4.hdr"),
    ("MLD report", 1, eth(IP6, ip6(A6, SNM, ICMP6, icmp6(
        A6, SNM, 131, 0, b"\0\0\0\0", addr(SNM)))), "pass"),
    ("MLDv2 report", 1, eth(IP6, ip6(A6, "ff02::16", ICMP6, icmp6(
        A6, "ff02::16", 143, 0, b"\0\0\0\1", b"\1\0\0\1" + addr("ff3e::1") +
        A6B))), "pass"),
    ("MLDv2 query", 1, eth(IP6, ip6(A6, "ff02::1", ICMP6, icmp6(
        A6, "ff02::1", 130, 0, b"\x03\xe8\0\0", addr("ff3e::1") +
        b"\2\x7d\0\1" + A6B))), "pass"),
    ("group of a unicast prefix", 1, eth(IP6, ip6(
        A6, "ff3e:30:2001:db8:77::1", UDP, udp(
            A6, "ff3e:30:2001:db8:77::1"))), "pass"),
    # ---- ARP
    ("ARP request", 1, eth(ARP, arp(1, F4, A4)), "pass"),
    ("ARP reply", 1, eth(ARP, arp(2, A4, F4, MAC_B, MAC_A)), "pass"),
    ("ARP trailer", 1, eth(ARP, arp(1, F4, A4) + A4B * 4), "pass"),
    ("ARP foreign", 1, eth(ARP, arp(1, F4, "203.0.113.1")), "scope.miss"),
    ("ARP unknown operation", 1, eth(ARP, arp(8, F4, A4)), "arp"),
    ("ARP cut", 1, eth(ARP, arp(1, F4, A4)[:27]), "trunc.arp"),
    # ---- links
    ("VLAN", 1, eth(0x8100, vlan(0xa064, IP4, I4)), "pass"),
    ("QinQ", 1, eth(0x88a8, vlan(0x0a01, 0x8100, vlan(0x0203, IP4, I4))),
     "pass"),
    ("VLANs without end", 1, eth(0x8100, vlan(1, 0x8100, b"") * 9), "nesting"),
    ("MPLS", 1, eth(0x8847, b"\x0a\x01\x21\x40" + I4), "pass"),
    ("PPPoE", 1, eth(0x8864, b"\x11\0\x0a\x01" + struct.pack(
        "!HH", len(I4) + 2, 0x21) + I4), "pass"),
    ("SNAP", 1, eth(len(I4) + 8, b"\xaa\xaa\3\0\0\0\x08\0" + I4), "pass"),
    ("LLC", 1, eth(38, b"\x42\x42\3" + A4B * 9), "l3"),
    ("LLDP", 1, eth(0x88cc, b"\x10\x0c\5\1" + A4B), "l3"),
    ("EAPOL", 1, eth(0x888e, b"\1\0\0\5\1\0\0\5\1"), "l3"),
    ("wrong version", 1, eth(IP6, I4), "ip6.hdr"),
    ("Ethernet cut", 1, t4()[:13], "trunc.l2"),
    ("empty", 1, b"", "trunc.l2"),
    ("SLL", 113, sll(IP4, I4), "pass"),
    ("SLL, IPv4 as link address", 113, sll(IP4, I4, 4, A4B + b"\0\0\0\0"),
     "pass"),
    ("SLL, behind the address", 113, sll(IP4, I4, 2, b"\0\1" + A4B + b"\0\0"),
     "pass"),
    ("SLL2", 276, sll2(IP6, I6), "pass"),
    ("SLL2, IPv4 as link address", 276, sll2(IP4, I4, 4, A4B + b"\0\0\0\0"),
     "pass"),
    ("raw", 101, I4, "pass"),
    ("raw 6", 101, I6, "pass"),
    ("raw IPv4 only", 228, I4, "pass"),
    ("raw IPv6 only", 229, I6, "pass"),
    ("null", 0, b"\2\0\0\0" + I4, "pass"),
    ("null 6", 0, b"\x1e\0\0\0" + I6, "pass"),
    ("loop", 108, b"\0\0\0\x18" + I6, "pass"),
    ("null unknown", 0, A4B + I4, "l3"),
    ("802.11", 105, A4B * 20, "linktype"),
]


def leak(packet):
    """Which protected address stands in a packet, in which form, or None."""
    for a in (A4, A6):
        for form, bytes_ in encodings(a).items():
            if bytes_ in packet:
                return "%s as %s" % (a, form)
    return None
