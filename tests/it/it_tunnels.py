#!/usr/bin/python3
"""Random packets in random tunnels, some of them damaged: no address of the
scope that stands in any of their layers leaves, tshark finds no bad checksum in
what leaves of the sound ones, and most of these leave whole.

The same ones on every run; D4_SEED gives others.
"""
import ipaddress
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.environ.get("D4_SOURCE", ".")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from packets import (ICMP, IP4, IP6, SCTP, TCP, UDP, addr, chunk,  # noqa: E402
                     encodings, eth, fill, icmp, ip4, ip6, param, pcap, sctp,
                     tcp, udp, unpcap)

PIPE = os.path.join(os.environ["D4_BIN"], "..", "tests", "packet_pipe")
STEPS = [
    "[addr: {scope: telescope, into: [198.18.0.0/16, '2001:db8:fffe::/48'], "
    "others: keep, require_scope: any}, tunnels: decode]",
    "[addr: {scope: telescope, others: map}, tunnels: decode, payload: clean, "
    "link: keep]",
    "[addr: {scope: telescope, method: zero, others: keep}, tunnels: decode, "
    "payload: zero, tags: keep, checksums: keep-status]",
    "[addr: {scope: telescope, others: keep}, payload: clean]",
]
N = 1200
ERSPAN2 = b"\x10\0\x88\xbe\0\0\0\1" + b"\x10\0\0\0\0\0\0\0"
ERSPAN3 = b"\x10\0\x22\xeb\0\0\0\1" + b"\x20\0\0\0" + bytes(8)


class Maker:
    """One packet; seen: the addresses of the scope that stand in it. sound: it
    is not damaged later (then no sequence number is made from an address,
    which may be another one by then)."""

    def __init__(self, rnd):
        self.rnd = rnd
        self.seen = set()
        self.sound = rnd.randrange(3) != 0

    def scoped(self, version):
        r = self.rnd
        a = "10.1.%d.%d" % (r.randrange(256), r.randrange(1, 255)) \
            if version == 4 else "2001:db8:77:%x::%x" % (
                r.randrange(1, 65536), r.randrange(1, 65536))
        self.seen.add(a)
        return a

    def foreign(self, version):
        n = self.rnd.randrange(1, 255)
        return "203.0.113.%d" % n if version == 4 else "2001:db8:1::%x" % n

    def ends(self, version):
        pair = [self.foreign(version), self.scoped(version)]
        if self.rnd.randrange(4) == 0:
            pair[0] = self.scoped(version)
        self.rnd.shuffle(pair)
        return pair

    def ip(self, version, proto, make):
        src, dst = self.ends(version)
        body = make(src, dst)
        return ip4(src, dst, proto, body) if version == 4 else ip6(
            src, dst, proto, body)

    # ---- what is innermost ----

    def leaf(self, version):
        r = self.rnd
        kind = r.randrange(4)
        if kind == 0:
            return self.ip(version, TCP, lambda s, d: tcp(
                s, d, seq=int(ipaddress.ip_address(d)) & 0xffffffff
                if self.sound else 7, data=self.scoped(4).encode()))
        if kind == 1:
            return self.ip(version, UDP, lambda s, d: udp(
                s, d, b"at " + addr(self.scoped(4)) + self.scoped(6).encode(),
                dport=7))
        if kind == 2 and version == 4:
            quote = self.ip(4, UDP, lambda s, d: udp(s, d, b"12345678"))
            return self.ip(4, ICMP, lambda s, d: icmp(3, 3, data=quote))
        return self.ip(version, SCTP, lambda s, d: sctp(chunk(
            1, struct.pack("!IIHHI", 7, 4096, 1, 1, 9) + param(
                5, addr(self.scoped(4))) + param(6, addr(self.scoped(6))))))

    # ---- tunnels: what stands behind an IP header of that protocol ----

    def frame(self, version, inner):
        if self.rnd.randrange(3) == 0:
            return eth(0x8100, struct.pack(
                "!HH", self.rnd.randrange(4096),
                IP4 if version == 4 else IP6) + inner)
        return eth(IP4 if version == 4 else IP6, inner)

    def labels(self):
        n = self.rnd.randrange(3)
        return b"".join(struct.pack("!I", self.rnd.getrandbits(20) << 12 |
                                    (i == n) << 8 | 64) for i in range(n + 1))

    def gre(self, version, inner):
        ether = 0x0800 if version == 4 else 0x86dd
        kind = self.rnd.randrange(7)
        if kind == 0:
            return b"\0\0\x88\xbe" + self.frame(version, inner)
        if kind == 1:
            return ERSPAN2 + self.frame(version, inner)
        if kind == 2:
            return ERSPAN3 + self.frame(version, inner)
        flags = self.rnd.choice((0, 0x10, 0x20, 0x30, 0x80, 0xa0, 0xb0))
        more = (4 * bool(flags & 0x80)) * b"\0" + b"".join(
            self.rnd.randbytes(4) for bit in (0x20, 0x10) if flags & bit)
        if kind == 3:
            ether, inner = 0x6558, self.frame(version, inner)
        elif kind == 4:
            ether, inner = 0x8847, self.labels() + inner
        whole = struct.pack("!BBH", flags, 0, ether) + more + inner
        return fill(whole, 4) if flags & 0x80 else whole

    def over_udp(self, version, inner):
        """(port, payload)"""
        ether = 0x0800 if version == 4 else 0x86dd
        frame = self.frame(version, inner)
        vni = self.rnd.randbytes(3) + b"\0"
        made = [
            (4789, b"\x08\0\0\0" + vni + frame),
            (4790, b"\x0c\0\0\3" + vni + frame),
            (4790, b"\x0c\0\0" + bytes([1 if version == 4 else 2]) + vni +
             inner),
            (4790, b"\x0c\0\0\5" + vni + self.labels() + inner),
            (6081, b"\0\0\x65\x58" + vni + frame),
            (6081, b"\2\0" + struct.pack("!H", ether) + vni +
             self.rnd.randbytes(3) + b"\1" + addr(self.scoped(4)) + inner),
            (4754, self.gre(version, inner)),
            (6635, self.labels() + inner),
            (2152, b"\x30\xff" + struct.pack("!H", len(inner)) +
             self.rnd.randbytes(4) + inner),
        ]
        if version == 6:
            made.append((3544, inner))
        return self.rnd.choice(made)

    def packet(self, depth):
        version = self.rnd.choice((4, 6))
        if depth == 0:
            return version, self.leaf(version)
        inside, inner = self.packet(depth - 1)
        kind = self.rnd.randrange(4)
        if kind == 0:
            return version, self.ip(version, 4 if inside == 4 else 41,
                                    lambda s, d: inner)
        if kind == 1:
            return version, self.ip(version, 47,
                                    lambda s, d: self.gre(inside, inner))
        port, data = self.over_udp(inside, inner)
        return version, self.ip(version, UDP, lambda s, d: udp(
            s, d, data, sport=self.rnd.randrange(10000, 60000), dport=port))


def make(seed):
    """[(packet, its addresses, is it sound?)]"""
    out = []
    for i in range(N):
        m = Maker(random.Random(seed * 1000003 + i))
        version, p = m.packet(m.rnd.choice((1, 1, 2, 2, 3, 4)))
        p = bytearray(eth(IP4 if version == 4 else IP6, p))
        for _ in range(0 if m.sound else m.rnd.randrange(1, 4)):
            p[m.rnd.randrange(14, len(p))] = m.rnd.randrange(256)
        if not m.sound and m.rnd.randrange(3) == 0:
            del p[m.rnd.randrange(14, len(p)):]
        out.append((bytes(p), m.seen, m.sound))
    return out


def bad_checksums(path):
    status = " || ".join("%s.checksum.status == 0" % x for x in (
        "ip", "tcp", "udp", "icmp", "icmpv6", "gre", "sctp"))
    p = subprocess.run(
        ["tshark", "-r", path, "-n", "-T", "fields", "-e", "frame.number",
         "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o",
         "udp.check_checksum:TRUE", "-o", "sctp.checksum:CRC-32C", "-Y",
         status], capture_output=True, text=True, check=False)
    assert p.returncode == 0, p.stderr
    return [int(n) - 1 for n in p.stdout.split()]


def leaks(p, seen, came):
    """What stands in p and was damaged away from nothing that came."""
    for a in seen:
        for form, b in encodings(a).items():
            if b in p and addr(a) in came:
                return "%s as %s" % (a, form)
    return None


def judge(folder, number, steps, rows):
    path = os.path.join(folder, "in.pcap")
    with open(path, "wb") as f:
        f.write(pcap(1, [p for p, _, _ in rows]))
    p = subprocess.run([PIPE, "--each", steps, path], capture_output=True,
                       text=True, check=False)
    assert p.returncode == 0, p.stderr[-2000:]
    with open(path + ".out", "rb") as f:
        left = [(t - 1700000000, q) for t, _, _, q in unpcap(f.read())[1]]
    for i, q in left:
        found = leaks(q, rows[i][1], rows[i][0])
        assert found is None, (number, i, found, rows[i][0].hex(), q.hex())
        assert len(q) <= len(rows[i][0]), (number, i)
    sound = [(i, q) for i, q in left if rows[i][2]]
    with open(path, "wb") as f:
        f.write(pcap(1, [q for _, q in sound],
                     [len(rows[i][0]) for i, _ in sound]))
    bad = [sound[n][0] for n in bad_checksums(path)]
    assert not bad, (number, bad, rows[bad[0]][0].hex())
    whole = sum(len(q) for _, q in sound) / sum(
        len(rows[i][0]) for i, _ in sound)
    return len(left), len(sound), whole, p.stdout.strip()


def main():
    if not shutil.which("tshark"):
        print("tshark is absent: skipped")
        sys.exit(77)
    rows = make(int(os.environ.get("D4_SEED", "1")))
    n = sum(sound for _, _, sound in rows)
    with tempfile.TemporaryDirectory() as folder:
        for number, steps in enumerate(STEPS):
            left, sound, whole, said = judge(folder, number, steps, rows)
            print("%d of %d left, %d of %d sound ones (%d %% of bytes): %s" % (
                left, len(rows), sound, n, 100 * whole, said))
            # What is cut is data, and with them a tunnel here and there.
            assert number != 0 or (sound > n * 9 // 10 and whole > 0.7), said


if __name__ == "__main__":
    main()
