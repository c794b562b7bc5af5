#!/usr/bin/python3
"""The relay at the end of a pipe: standard input as its only source."""

import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from relay import (Org, pipeline, queue_source, sensors_policy,  # noqa: E402
                   share, until)

POLICY = sensors_policy(
    queue_source("lines", "pipe", types="8") +
    queue_source("caps", "caps", types="1"),
    pipeline("raw-8", types="8") + pipeline("raw-1", types="1"),
    share("lines-out", "lines", "raw-8") + share("caps-out", "caps", "raw-1"))


def numbered(first, n):
    return [b"%d||a" % i for i in range(first, first + n)]


def start(kind=8, name="pipe"):
    org = Org(POLICY, db=False)
    org.sources[name] = "{kind: stdin, type: %d}" % kind
    org.start_partners()
    org.stdin = subprocess.PIPE
    return org


def feed(org, data, close=True):
    org.process.stdin.write(data)
    org.process.stdin.flush()
    if close:
        org.process.stdin.close()


def records(org, name="pipe"):
    return (org.source(name) or {}).get("records", 0)


def test_it_ends_with_its_input_when_all_is_sent():
    org = start()
    try:
        org.start()
        feed(org, b"".join(x + b"\n" for x in numbered(0, 20000)) + b"torn")
        assert org.process.wait(relay.DEADLINE) == 0, org.log()
        assert org.partners["acme"].lines(8) == numbered(0, 20000)
        drops = org.accounts("source.dropped")
        assert [(r["reason"], r["bytes"]) for r in drops] == [
            ("eof_partial", 4)], drops
        # Another run is another session.
        org.start()
        feed(org, b"".join(x + b"\n" for x in numbered(0, 100)))
        assert org.process.wait(relay.DEADLINE) == 0, org.log()
        assert org.partners["acme"].lines(8) == numbered(0, 20000) + \
            numbered(0, 100)
    finally:
        org.close()


def test_a_file_as_standard_input_and_a_capture():
    org = start(1, "caps")
    path = os.path.join(org.dir, "in.pcap")
    with open(path, "wb") as f:
        f.write(relay.pcap(30000, 0))
    try:
        with open(path, "rb") as org.stdin:
            org.start()
            assert org.process.wait(relay.DEADLINE) == 0, org.log()
        data = org.partners["acme"].data(1)
        assert len(data) >= os.path.getsize(path) and \
            data[:24] == relay.pcap(0)
    finally:
        org.close()


def test_what_a_dead_partner_did_not_take_waits_for_the_next_run():
    org = start()
    try:
        org.partners["acme"].stop()
        org.start()
        feed(org, b"".join(x + b"\n" for x in numbered(0, 100)))
        assert org.process.wait(relay.DEADLINE) == 75, org.log()
        org.start_partners()
        org.start()
        feed(org, b"")
        assert org.process.wait(relay.DEADLINE) == 0, org.log()
        assert org.partners["acme"].lines(8) == numbered(0, 100)
    finally:
        org.close()


def test_kill_9_of_wash_goes_on_with_the_next_line_and_says_so():
    org = start()
    try:
        org.start()
        feed(org, b"".join(x + b"\n" for x in numbered(0, 1000)), False)
        until("1000 read", lambda: records(org) == 1000)
        org.kill("wash")
        feed(org, b"half of a line\n" +
             b"".join(x + b"\n" for x in numbered(1000, 1000)))
        assert org.process.wait(relay.DEADLINE) == 0, org.log()
        assert org.partners["acme"].lines(8) == numbered(0, 2000)
        lost = org.accounts("source.lost")
        assert len(lost) == 1 and lost[0]["lost"] == "unknown", lost
    finally:
        org.close()


def test_kill_9_of_wash_ends_a_capture_with_an_error():
    org = start(1, "caps")
    try:
        org.start()
        feed(org, relay.pcap(1000), False)
        until("1000 read", lambda: records(org, "caps") == 1000)
        org.kill("wash")
        assert org.process.wait(relay.DEADLINE) == 1, org.log()
        assert org.accounts("source.lost"), org.log()
    finally:
        org.close()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    relay.run_all(sys.modules[__name__])
