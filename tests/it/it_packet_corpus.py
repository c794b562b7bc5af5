#!/usr/bin/python3
"""Other people's captures, many of them broken on purpose, packet by packet:
no crash, no report of a sanitizer, no packet leaves with an address that it
came with, and tshark finds no bad checksum on what leaves whole.
"""
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.environ.get("D4_SOURCE", ".")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from corpus import CORPUS, addresses, captures  # noqa: E402
from packets import pcap, unpcap  # noqa: E402

PIPE = os.path.join(os.environ["D4_BIN"], "..", "tests", "packet_pipe")
PIPELINES = (
    ("[addr: {}]", False),
    ("[addr: {}, payload: keep, link: hmac, tags: keep]", True),
    ("[addr: {method: zero}, payload: zero, time: 1h, fixup: off]", False),
)
failures = []


def fail(*what):
    print("FAILED", *what)
    failures.append(what)


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
    rows = captures()
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
