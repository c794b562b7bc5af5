"""Other people's captures and texts ($D4_SHARED/corpus), packet by packet."""
import glob
import os
import struct

from packets import unpcap

CORPUS = os.path.join(os.environ.get("D4_SHARED", ""), "corpus")
LINKS = (0, 1, 12, 14, 101, 108, 113, 228, 229, 276)


def packets(path):
    """(link, packet, length); broken files give what can be read of them."""
    with open(path, "rb") as f:
        data = f.read()
    while data:
        try:
            link, recs = unpcap(data)
        except (AssertionError, struct.error):
            data = data[:-1] if len(data) < 100 else data[:len(data) // 2]
            continue
        return [(link & 0xffff, p, n) for _, _, n, p in recs
                if len(p) <= 262144]
    return []


def network(link, p):
    """The network layer of a packet whose link layer is a plain one."""
    at = {0: 4, 108: 4, 113: 16, 276: 20, 1: 14}.get(link, 0)
    while link == 1 and p[at - 2:at] in (b"\x81\0", b"\x88\xa8", b"\x91\0"):
        at += 4
    return p[at:]


def addresses(link, p):
    """The outer addresses, if there is an IP header to be seen."""
    h = network(link, p)
    if len(h) >= 20 and h[0] >> 4 == 4:
        found = {h[12:16], h[16:20]}
        return {a for a in found if a not in (b"\0" * 4, b"\xff" * 4) and
                a[0] != 127 and a[0] >> 4 != 14}
    if len(h) >= 40 and h[0] >> 4 == 6:
        found = {h[8:24], h[24:40]}
        return {a for a in found if a[0] != 0xff and a[:15] != b"\0" * 15}
    return set()


def captures():
    """All different packets: [(link, packet, length)]."""
    out = {}
    for path in sorted(glob.glob(os.path.join(CORPUS, "pcap-*", "*cap*"))):
        for link, p, n in packets(path):
            # A packet of one byte again and again is full of itself.
            if link in LINKS and len(set(p)) > 8:
                out.setdefault((link, p), n)
    return [(link, p, n) for (link, p), n in out.items()]


def pcapng(rows):
    """rows: (link, packet, length); one interface for each link type."""
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        n = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + n + body + n
    links = sorted({link for link, _, _ in rows})
    out = [block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))]
    out += [block(1, struct.pack("<HHI", link, 0, 0)) for link in links]
    out += [block(6, struct.pack("<IIIII", links.index(link), 0, 0, len(p),
                                 max(n, len(p))) + p) for link, p, n in rows]
    return b"".join(out)
