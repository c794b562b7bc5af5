#!/usr/bin/env python3
"""Writes the committed seeds of fuzz_sanitize_pcap (run by hand): the packets
of tests/it/it_packets.py, a few to a file, by link type and pipeline."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ.setdefault("D4_SOURCE", os.path.join(HERE, "..", ".."))
os.environ.setdefault("D4_BIN", "")
sys.path.insert(0, os.path.join(HERE, "..", "it"))
import it_packets  # noqa: E402
from packet_places import t4  # noqa: E402

FOLDER = os.path.join(HERE, "corpus", "sanitize_pcap")
GROUP = 12


def main():
    os.makedirs(FOLDER, exist_ok=True)
    by_link = {}
    for _, link, packet, _ in it_packets.ROWS:
        by_link.setdefault(link, []).append(packet)
    for link, packets in by_link.items():
        for i in range(0, len(packets), GROUP):
            name = "link%d_%02d" % (link, i // GROUP)
            with open(os.path.join(FOLDER, name), "wb") as f:
                f.write(bytes([i // GROUP % 4 + 28]) +
                        it_packets.pcap(link, packets[i:i + GROUP]))
    rows = [row[2] for row in it_packets.TUNNEL_ROWS]
    for i in range(0, len(rows), GROUP):
        with open(os.path.join(FOLDER, "tunnels_%d" % (i // GROUP)),
                  "wb") as f:
            f.write(b"\x1f" + it_packets.pcap(1, rows[i:i + GROUP]))
    for i in range(4):
        big = it_packets.pcap(1, [t4()])
        with open(os.path.join(FOLDER, "one_%d" % i), "wb") as f:
            f.write(bytes([i]) + big)
        with open(os.path.join(FOLDER, "cut_%d" % i), "wb") as f:
            f.write(bytes([i]) + big[:-7])


if __name__ == "__main__":
    main()
