#!/usr/bin/env python3
"""The committed packets are what this file makes now: each packet built twice
by hand, once with an address and once with its replacement, by functions that
know nothing of the C code. `packets.py --write` writes the file anew.

Pipeline: scope 10.1.0.0/16 and 2001:db8:77::/48 into 198.18.0.0/16 and
2001:db8:fffe::/48, Crypto-PAn, others keep, link keep, tags keep, payload
keep; master key 00..1f, partner acme.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from packets import *  # noqa: E402,F403

# By the reference function in Python (tests/unit/test_map.c has them too).
MAP = {
    "10.1.2.3": "198.18.252.12",
    "10.1.255.255": "198.18.16.223",
    "2001:db8:77::1": "2001:db8:fffe:1e3f:8300:51f:c1ff:e3d2",
    "2001:db8:77:1::5": "2001:db8:fffe:1e3e:fc61:fe7c:ff:3fea",
    "fe80::1234:56ff:fe78:9abc": "fe80::b5df:f52a:2ad6:5e5e",
    "::ffff:10.1.2.3": "::ffff:198.18.252.12",
    "2002:a01:203:7::9": "2002:c612:fc0c:2007:9de1:fb1f:3ff:fc29",
}
A, B = "10.1.2.3", "10.1.255.255"
A6, B6 = "2001:db8:77::1", "2001:db8:77:1::5"
F, F6 = "203.0.113.9", "2001:db8:1::53"
NOP6 = b"\1" * 6


def number(text):
    return int.from_bytes(addr(text), "big")


def solicited(target):
    return "ff02::1:ff%02x:%02x%02x" % tuple(addr(target)[13:])


def rows(m, new):
    """m maps an address; new: the packets as they must leave."""
    a, b, a6, b6 = m(A), m(B), m(A6), m(B6)

    def quoted(inner, at):
        """A checksum inside a quote leaves as zero."""
        return inner[:at] + b"\0\0" + inner[at + 2:] if new else inner

    def four(proto, make, src=F, dst=a, **kw):
        return eth(IP4, ip4(src, dst, proto, make(src, dst), **kw))

    q4 = quoted(ip4(a, F, UDP, udp(A, F, b"", dport=53))[:28], 26)
    q6 = quoted(ip6(a6, F6, UDP, udp(A6, F6, b"", dport=53)), 46)
    yield "udp", four(UDP, lambda s, d: udp(s, d, b"payload"))
    yield "udp-odd", four(UDP, lambda s, d: udp(s, d, b"odd"), a, b)
    yield "tcp-options", four(TCP, lambda s, d: tcp(
        s, d, opts=b"\2\4\5\xb4\4\2\x08\x0a\0\0\0\1\0\0\0\2\1\3\3\7",
        data=b"data"))
    yield "tcp-option-unknown", four(TCP, lambda s, d: tcp(
        s, d, opts=NOP6 + b"\1\1" if new else b"\xfd\6abcd\1\1"))
    yield "mirai", four(TCP, lambda s, d: tcp(s, d, seq=number(a)))
    yield "mirai-answer", four(TCP, lambda s, d: tcp(
        s, d, ack=number(a) + 1, flags=0x14), a, F)
    yield "masscan", four(TCP, lambda s, d: tcp(s, d, seq=0x11223344,
        dport=443), id=(number(a) ^ 443 ^ 0x11223344) & 0xffff)
    yield "unreachable", eth(IP4, ip4(F, a, ICMP, icmp(3, 3, data=q4)))
    yield "redirect", eth(IP4, ip4(F, a, ICMP, icmp(5, 1, addr(b), q4)))
    yield "echo", eth(IP4, ip4(F, a, ICMP, icmp(8, 0, b"\0\1\0\2", b"abc")))
    yield "arp", eth(ARP, arp(1, F, a))
    yield "vlan", eth(0x8100, vlan(0x6005, IP4, ip4(
        F, a, UDP, udp(F, a, b"x"))))
    yield "lsrr", eth(IP4, ip4(F, a, UDP, udp(F, a, b"x"),
        opts=b"\1" * 7 + b"\0" if new else b"\x83\7\4" + addr(A) + b"\0"))
    yield "udp6", eth(IP6, ip6(F6, a6, UDP, udp(F6, a6, b"payload")))
    yield "tcp6", eth(IP6, ip6(a6, b6, TCP, tcp(a6, b6)))
    yield "unreachable6", eth(IP6, ip6(F6, a6, ICMP6, icmp6(
        F6, a6, 1, 4, data=q6)))
    yield "option6", eth(IP6, ip6(F6, a6, 0, bytes([UDP, 0]) + (
        b"\1\4\0\0\0\0" if new else b"\x1e\4abcd") + udp(F6, a6, b"x")))
    yield "mapped4", eth(IP6, ip6(F6, m("::ffff:10.1.2.3"), UDP, udp(
        F6, m("::ffff:10.1.2.3"), b"x")))
    yield "6to4", eth(IP6, ip6(m("2002:a01:203:7::9"), F6, UDP, udp(
        m("2002:a01:203:7::9"), F6, b"x")))
    ll = m("fe80::1234:56ff:fe78:9abc")
    yield "solicitation", eth(IP6, ip6(b6, solicited(a6), ICMP6, icmp6(
        b6, solicited(a6), 135, 0, data=addr(a6) + b"\1\1" + MAC_A),
        hop=255), dst=b"\x33\x33" + addr(solicited(a6))[12:])
    yield "advertisement", eth(IP6, ip6(ll, a6, ICMP6, icmp6(
        ll, a6, 136, 0, b"\x60\0\0\0", addr(ll) + b"\2\1" + MAC_A), hop=255))


def lines():
    out = ["# name\tin (hex)\tout (hex); see packets.py"]
    old = dict(rows(lambda a: a, False))
    new = dict(rows(lambda a: MAP[a], True))
    out += ["%s\t%s\t%s" % (n, old[n].hex(), new[n].hex()) for n in old]
    return "\n".join(out) + "\n"


def main():
    path = os.path.join(HERE, "packets.tsv")
    if sys.argv[1:] == ["--write"]:
        with open(path, "w") as f:
            f.write(lines())
        return
    with open(path) as f:
        assert f.read() == lines()


if __name__ == "__main__":
    main()
