#!/usr/bin/python3
"""Method pnat on plain TCP and UDP over IPv4 gives what tcprewrite gives,
byte for byte; on ICMP errors tcprewrite leaves the telescope in the quote,
which is what ours is for."""
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.environ.get("D4_SOURCE", ".")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from packets import addr, unpcap  # noqa: E402

TESTS = os.path.join(os.environ["D4_BIN"], "..", "tests")
PNAT = "addr: {scope: telescope, method: pnat, others: keep, into: " \
    "[198.18.0.0/16, '2001:db8:fffe::/48']}"


def pipe(steps, source, target):
    with open(target, "wb") as f:
        subprocess.run([os.path.join(TESTS, "packet_pipe"), steps, source],
                       stdout=f, check=True)
    with open(target, "rb") as f:
        return unpcap(f.read())[1]


def rewrite(source, target):
    subprocess.run(["tcprewrite", "-C", "--pnat=10.1.0.0/16:198.18.0.0/16",
                    "-i", source, "-o", target], check=True)
    with open(target, "rb") as f:
        return unpcap(f.read())[1]


def main():
    if not shutil.which("tcprewrite"):
        print("tcprewrite is absent: skipped")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as d:
        made, raw, one, two = (os.path.join(d, n) for n in
                               ("made", "raw", "ours", "theirs"))
        subprocess.run([os.path.join(TESTS, "pcap_bench"), "make", made,
                        "20000"], check=True)
        pipe("[match: [tcp, udp], link: keep, payload: keep]", made, raw)
        ours = pipe("[%s, link: keep, payload: keep]" % PNAT, raw, one)
        theirs = rewrite(raw, two)
        assert len(ours) == len(theirs) > 10000
        for i, (a, b) in enumerate(zip(ours, theirs)):
            assert a == b, (i, a[3].hex(), b[3].hex())
        print("%d packets equal" % len(ours))

        ours = pipe("[%s, match: icmp, link: keep, payload: keep]" % PNAT,
                    made, one)
        assert len(ours) > 1000
        assert not any(addr("10.1.0.0")[:2] == p[42 + k:44 + k]
                       for *_, p in ours for k in (12, 16))
        theirs = [p for *_, p in rewrite(made, two) if p[23] == 1]
        leaks = sum(p[42 + 12:42 + 14] == addr("10.1.0.0")[:2]
                    for p in theirs)
        print("of %d ICMP errors tcprewrite leaked the telescope in %d" % (
            len(theirs), leaks))


if __name__ == "__main__":
    main()
