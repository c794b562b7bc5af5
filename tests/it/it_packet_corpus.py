#!/usr/bin/python3
"""Other people's captures, many of them broken on purpose, packet by packet:
no crash, no report of a sanitizer, no packet leaves with an address that it
came with, and tshark finds no bad checksum on what leaves whole.
"""
import glob
import os
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.environ.get("D4_SOURCE", ".")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from packets import pcap, unpcap  # noqa: E402

PIPE = os.path.join(os.environ["D4_BIN"], "..", "tests", "packet_pipe")
CORPUS = os.path.join(os.environ.get("D4_SHARED", ""), "corpus")
LINKS = (0, 1, 12, 14, 101, 108, 113, 228, 229, 276)
PIPELINES = (
    ("[addr: {}]", False),
    ("[addr: {}, payload: keep, link: hmac, tags: keep]", True),
    ("[addr: {method: zero}, payload: zero, time: 1h, fixup: off]", False),
)
failures = []


def fail(*what):
    print("FAILED", *what)
    failures.append(what)


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


def corpus():
    out = {}
    for path in sorted(glob.glob(os.path.join(CORPUS, "pcap-*", "*cap*"))):
        for link, p, n in packets(path):
            # A packet of one byte again and again is full of itself.
            if link in LINKS and len(set(p)) > 8:
                out.setdefault((link, p), n)
    return [(link, p, n) for (link, p), n in out.items()]


def run(steps, rows, folder):
    paths = [os.path.join(folder, "%d" % i) for i in range(len(rows))]
    for path, (link, p, n) in zip(paths, rows):
        with open(path, "wb") as f:
            f.write(pcap(link, [p], [n]))
    done = subprocess.run([PIPE, "--each", steps] + paths,
                          capture_output=True, text=True)
    if done.returncode != 0:
        fail("exit %d" % done.returncode, done.stderr[-2000:])
        return []
    out = []
    for path in paths:
        with open(path + ".out", "rb") as f:
            out.append(unpcap(f.read())[1])
    return out


def bad(link, left, folder):
    """Which of (packet, length) have a bad checksum though they are whole."""
    path = os.path.join(folder, "judge.pcap")
    with open(path, "wb") as f:
        f.write(pcap(link, [p for p, _ in left], [n for _, n in left]))
    done = subprocess.run(
        ["tshark", "-r", path, "-n", "-T", "fields", "-e", "frame.number",
         "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
         "-o", "udp.check_checksum:TRUE", "-Y", "frame.cap_len == frame.len &&"
         " (ip.checksum.status == 0 || tcp.checksum.status == 0 || "
         "udp.checksum.status == 0)"], capture_output=True, text=True)
    return {int(n) - 1 for n in done.stdout.split()}


def judge(link, left, folder):
    """
    left: (packet that left, length, packet as it came). A packet that tshark
    found bad before may be so still: where the IP length is more than the
    frame's, and inside of what is itself a report of packets (sFlow).
    """
    now = bad(link, [(q, n) for q, n, _ in left], folder)
    before = bad(link, [(p, n) for _, n, p in left], folder)
    print("link type %d: %d whole ones with a bad checksum came, %d left" % (
        link, len(before), len(now)))
    return [left[i] for i in sorted(now - before)]


def main():
    if not shutil.which("tshark") or not os.path.isdir(CORPUS):
        print("tshark or %s is absent: skipped" % CORPUS)
        sys.exit(77)
    rows = corpus()
    print("%d different packets" % len(rows))
    for steps, whole in PIPELINES:
        passed, by_link = 0, {}
        with tempfile.TemporaryDirectory() as folder:
            for at in range(0, len(rows), 500):
                part = rows[at:at + 500]
                for (link, p, n), out in zip(part, run(steps, part, folder)):
                    passed += len(out)
                    for _, _, length, q in out:
                        if any(a in q for a in addresses(link, p)):
                            fail(steps, "leak", link, p.hex(), q.hex())
                        by_link.setdefault(link, []).append((q, length, p))
            for link, left in by_link.items() if whole else ():
                for q, _, p in judge(link, left, folder):
                    fail(steps, "bad checksum", link, p.hex(), q.hex())
        print("%s: %d left" % (steps, passed))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
