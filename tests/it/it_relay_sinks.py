#!/usr/bin/python3
"""Other sinks than D4 partners, from the queues, through all processes."""

import json
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from relay import (Org, Sensor, balanced, pipeline, sensors_policy,  # noqa
                   share, source, until)
from relay_cases import CAP, LOG, PDNS  # noqa: E402

DATASET = ("dataset: {title: Backscatter, licence: CC-BY-4.0, producer: CSIRT,"
           " source: telescope, tags: [ddos]}")

POLICY = sensors_policy(
    source("pdns", [LOG], types="8", tlp="clear") +
    source("cap", [CAP], types="1", tlp="clear"),
    pipeline("raw-8", types="8") + pipeline("raw-1", types="1"),
    share("pdns-out", "pdns", "raw-8", "acme, own-sock, own-log, open-set") +
    share("cap-out", "cap", "raw-1", "acme, own-sock, open-set"),
    "  - {id: acme, kind: partner, min_class: S0, profile: d4-core}\n"
    "  - {id: own-sock, kind: own, sink: unix, min_class: S0}\n"
    "  - {id: own-log, kind: own, sink: syslog, min_class: S0}\n"
    "  - {id: open-set, kind: public, sink: directory, min_class: S0}\n")


def organisation():
    org = Org(POLICY)
    org.www = os.path.join(org.dir, "www")
    org.sock = os.path.join(org.dir, "own.sock")
    org.devlog = os.path.join(org.dir, "devlog")
    org.options = {"sandbox": "strict"}
    org.sinks = {
        "own-sock": "{sink: unix, path: %s, idle: 1s}" % org.sock,
        "own-log": "{sink: syslog, transport: local, path: %s, idle: 1s}" %
                   org.devlog,
        "open-set": "{sink: directory, path: %s, rotate: 2s, compress: gzip, "
                    "%s}" % (org.www, DATASET)}
    org.log_sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    org.log_sock.bind(org.devlog)
    org.log_sock.settimeout(relay.DEADLINE)
    # One file a connection: each begins with what its type begins with.
    org.socat = subprocess.Popen(
        ["socat", "-u", "UNIX-LISTEN:%s,fork" % org.sock,
         "SYSTEM:cat > %s/got.$$" % org.dir])
    until("socat", lambda: os.path.exists(org.sock))
    return org


def finish(org):
    org.socat.kill()
    org.socat.wait()
    org.log_sock.close()
    org.close()


def got(org):
    """(lines, packets) that came through the unix socket."""
    lines, packets = [], []
    for name in sorted(os.listdir(org.dir)):
        if not name.startswith("got."):
            continue
        with open(os.path.join(org.dir, name), "rb") as f:
            data = f.read()
        if data[:4] == b"\xd4\xc3\xb2\xa1":
            packets += list(relay.d4.pcap_records(data))[1:]
        else:
            lines += data.splitlines()
    return lines, packets


def manifest(org):
    with open(os.path.join(org.www, "manifest.json")) as f:
        return json.load(f)


def wanted(n):
    return [PDNS % (i, i) for i in range(n)]


def test_every_sink_gets_what_the_policy_releases():
    org = organisation()
    try:
        org.start_partners()
        code, out = org.ask("-n")
        assert code == 0, (out, org.stderr)
        pdns, cap = Sensor(org, 8, uid=LOG), Sensor(org, 1, uid=CAP)
        for i in range(10):
            pdns.lines(wanted(500)[i * 50:i * 50 + 50])
            cap.put(relay.pcap(10, i * 10), 10)
        org.up()
        until("the data set", lambda: os.path.exists(org.www) and
              manifest(org)["records"] == 600)
        until("the socket", lambda: [len(x) for x in got(org)] == [500, 100])
        assert got(org)[0] == wanted(500)
        text = [org.log_sock.recv(65536) for _ in range(500)]
        assert text == [b"<14>d4: " + line for line in wanted(500)]
        acme = org.partners["acme"]
        until("the D4 partner", lambda: len(acme.lines(8)) == 500)
        m = manifest(org)
        whole = b"".join(
            subprocess.run(["zcat", os.path.join(org.www, f["name"])],
                           check=True, capture_output=True).stdout
            for f in m["files"] if f["type"] == "passivedns")
        assert whole.splitlines() == wanted(500)
        assert (m["title"], m["class"]) == ("Backscatter", "S0"), m
        for word in (LOG, CAP, "open-set", "pdns-out", "raw-8", "lu-hub"):
            assert word not in json.dumps(m), word
        until("settled", lambda: all(
            row["waiting"] == 0 and row["sent"] ==
            row["confirmed"] + row["maybe_lost"]
            for row in org.status()["lanes"]))
        for row in org.status()["lanes"]:
            assert balanced(row), row
            never = row["partner"] == "own-log"
            assert row["confirmed"] == (0 if never else row["sent"]), row
        code, text = org.ask("status")
        assert "dataset open-set" in text and "sink directory" in text, text
    finally:
        finish(org)


def test_kills_of_post_lose_nothing_anywhere():
    org = organisation()
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        for i in range(4):
            for k in range(10):
                at = i * 500 + k * 50
                pdns.lines(wanted(2000)[at:at + 50])
            org.kill("post")
        until("the data set", lambda: os.path.exists(org.www) and
              manifest(org)["records"] == 2000)
        until("the socket", lambda: set(got(org)[0]) == set(wanted(2000)))
        whole = b"".join(
            subprocess.run(["zcat", os.path.join(org.www, f["name"])],
                           check=True, capture_output=True).stdout
            for f in manifest(org)["files"])
        assert whole.splitlines() == wanted(2000)
    finally:
        finish(org)


def test_a_sink_that_the_policy_does_not_say_is_found_by_check():
    org = organisation()
    try:
        org.sinks["open-set"] = "{sink: tcp, host: 127.0.0.1, port: 1}"
        org.configure()
        code, _ = org.ask("-n")
        assert code == 1
        assert "relay.yaml:" in org.stderr, org.stderr
        assert "partner open-set is `sink: tcp`, and `sink: directory` in " \
            in org.stderr, org.stderr
    finally:
        finish(org)


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
