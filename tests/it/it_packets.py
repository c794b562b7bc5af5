#!/usr/bin/python3
"""One packet for each place where an address can hide: pass or drop, never
leak. What passes is judged by tshark: no bad checksum, nothing malformed.

The packets are those of tests/support/packet_places.py.
"""
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.environ.get("D4_SOURCE", ".")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from packet_places import ROWS, leak  # noqa: E402
from packet_places_more import HASHED, TUNNEL_ROWS  # noqa: E402
from packets import pcap, unpcap  # noqa: E402

PIPE = os.path.join(os.environ["D4_BIN"], "..", "tests",
                    "packet_pipe")
INTO = "into: [198.18.0.0/16, '2001:db8:fffe::/48']"
PIPELINES = [
    "[addr: {scope: telescope, %s, others: keep, require_scope: any}]" % INTO,
    "[addr: {scope: telescope, %s, others: keep}, payload: keep, link: keep, "
    "tags: keep]" % INTO,
    "[addr: {scope: telescope, %s, others: map}, payload: clean, link: hmac, "
    "time: {floor: 1h, shift: true}]" % INTO,
    "[addr: {scope: telescope, method: zero, others: keep}, payload: zero, "
    "tcp_ts: zero, inner_l4_checksum: incremental]",
    "[addr: {scope: telescope, method: pnat, others: keep, %s}, "
    "payload: 'keep:3', checksums: keep-status]" % INTO,
    "[addr: {}, payload: keep]",
]


failures = []


def fail(*what):
    print("FAILED", *what)
    failures.append(what)


def run(steps, folder, rows=ROWS):
    """[(output, fate)] of every row, each a file and a stream of its own."""
    paths = [os.path.join(folder, "%d.pcap" % i) for i in range(len(rows))]
    for path, (_, link, packet, *_) in zip(paths, rows):
        with open(path, "wb") as f:
            f.write(pcap(link, [packet]))
    p = subprocess.run([PIPE, "--each", steps] + paths, capture_output=True,
                       text=True)
    if p.returncode != 0:
        fail("exit %d" % p.returncode, p.stderr[-300:])
    out = []
    for path, line in zip(paths, p.stdout.splitlines()):
        fate = " ".join(w.split("=")[0] for w in line.split()[1:])
        with open(path + ".out", "rb") as f:
            out.append((f.read(), "pass" if fate == "none" else fate))
    return out


def judge(name, link, packets, folder):
    """tshark finds no bad checksum and nothing malformed in what passed."""
    with open(path := os.path.join(folder, "out.pcap"), "wb") as f:
        f.write(pcap(link, [p for _, p, _ in packets],
                     [n for _, _, n in packets]))
    p = subprocess.run(
        ["tshark", "-r", path, "-n", "-T", "fields", "-e", "frame.number",
         "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
         "-o", "udp.check_checksum:TRUE", "-o", "sctp.checksum:CRC-32C", "-Y",
         "ip.checksum.status == 0 || tcp.checksum.status == 0 || "
         "udp.checksum.status == 0 || icmp.checksum.status == 0 || "
         "icmpv6.checksum.status == 0 || igmp.checksum.status == 0 || "
         "gre.checksum.status == 0 || sctp.checksum.status == 0"],
        capture_output=True, text=True)
    if p.returncode != 0:
        fail(name, "tshark", p.stderr[-300:])
    for n in p.stdout.split():
        fail(name, "tshark: bad checksum", packets[int(n) - 1][0])


def fields(path, *names):
    """What tshark reads in each packet, of the innermost layer."""
    p = subprocess.run(
        ["tshark", "-r", path, "-n", "-T", "fields", "-E", "occurrence=l"] +
        [x for n in names for x in ("-e", n)],
        capture_output=True, text=True)
    return [line.split("\t") for line in p.stdout.splitlines()]


def tunnels(folder):
    """tshark reads what is inside, and its destination is a replaced one."""
    steps = PIPELINES[0][:-1] + ", tunnels: decode]"
    passed = []
    for row, (out, fate) in zip(TUNNEL_ROWS, run(steps, folder, TUNNEL_ROWS)):
        if fate == "pass":
            passed.append((row[0], unpcap(out)[1][0][3], len(row[2])))
    judge("tunnels", 1, passed, folder)
    read = fields(os.path.join(folder, "out.pcap"), "frame.protocols",
                  "ip.dst", "tcp.dstport")
    inside = {name: r for (name, *_), r in zip(passed, read)}
    for name, tunnel in (
            ("GRE of Ethernet", "gre:eth"), ("NVGRE", "gre:eth"),
            ("VXLAN", "vxlan:eth"), ("VXLAN of VXLAN", "vxlan:eth"),
            ("Geneve", "geneve:eth"), ("Geneve of IPv4", "geneve:ip"),
            ("Geneve with options", "geneve:eth"), ("GTP-U", "gtp:ip"),
            ("GRE with a checksum", "gre:ip"), ("GRE of MPLS", "gre:mpls:ip"),
            ("MPLS in IP", "ip:mpls:ip"), ("ERSPAN I", "erspan:eth"),
            ("ERSPAN II", "erspan:eth"), ("ERSPAN III", "erspan:eth"),
            ("ERSPAN III with a platform", "erspan:eth"),
            ("VXLAN-GPE", "udp:eth"), ("VXLAN-GPE of IPv4", "udp:ip"),
            ("VXLAN-GPE of MPLS", "udp:mpls:ip"),
            ("GRE in UDP", "udp:gre:ip"),
            ("GRE in UDP with a checksum", "udp:gre:ip"),
            ("GRE in UDP, ERSPAN", "erspan:eth"),
            ("MPLS in UDP", "udp:mpls:ip")):
        protocols, dst, port = inside[name]
        if tunnel not in protocols or not protocols.endswith("tcp") or \
                not dst.startswith("198.18.") or port != "80":
            fail("tunnel", name, inside[name])
    left = {name: p for name, p, _ in passed}
    for name, (at, to) in HASHED.items():
        if left[name][at:to] == b"\2\3":
            fail("tunnel", name, "the hash of what is inside stayed")


def main():
    if not shutil.which("tshark"):
        print("tshark is absent: skipped")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        for i, steps in enumerate(PIPELINES):
            passed = {}
            fates = run(steps, folder)
            for (name, link, packet, want), (out, fate) in zip(ROWS, fates):
                if i == 0 and fate != want:
                    fail(name, "became", fate, "not", want)
                if out == b"":
                    continue
                _, _, length, p = unpcap(out)[1][0]
                if leak(p) and leak(packet):
                    fail(name, "pipeline %d" % i, leak(p), p.hex())
                if len(p) > len(packet) or length != len(packet):
                    fail(name, "pipeline %d" % i, "lengths")
                passed.setdefault(link, []).append((name, p, length))
            for link, packets in passed.items():
                if i != 4:  # there a wrong one stays wrong
                    judge("pipeline %d" % i, link, packets, folder)
            n = sum(map(len, passed.values()))
            print("pipeline %d: %d of %d passed on" % (i, n, len(ROWS)))
        tunnels(folder)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
