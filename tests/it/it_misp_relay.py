#!/usr/bin/python3
"""From a queue to MISP: the real relay's airlock, the exporter, our MISP."""

import json
import os
import pwd
import subprocess
import sys

sys.path.insert(0, os.path.join(
    os.environ["D4_SOURCE"], "tests", "support"))
from misp_server import MispServer  # noqa: E402
from relay import BIN, Org, Sensor, until, write  # noqa: E402
from relay_cases import (LOG, TLS, partners_of, pipeline,  # noqa: E402
                         sensors_policy, share, source)

PARTNER = ("  - {id: own-misp, kind: own, sink: misp, min_class: S0, "
           "accept_pap: [clear, green, amber, red]}\n")
NETWORKS = "networks: {inside: [10.1.0.0/16]}\n"
STEPS = ("[{addr: {scope: inside, method: cryptopan, into: [198.18.0.0/16], "
         "others: keep}}, {json: {default: drop, rules: ["
         "{path: /JA3Digest, op: keep}, {path: /ServerIP, op: addr, others: keep}, "
         "{path: /Timestamp, op: keep}]}}]")
TERMS = (", misp: {object: %s, distribution: from-tlp, publish: false, "
         "to_ids: from-pap}")
POLICY = sensors_policy(
    source("resolver", [LOG], types="8") +
    source("tls", [TLS], meta="ja3-jl", tlp="amber"),
    pipeline("pdns", types="8", steps="[{pdns: {client: zero, server: zero}}]")
    + pipeline("ja3", meta="ja3-jl", steps=STEPS),
    share("pdns-to-misp", "resolver", "pdns", "own-misp",
          TERMS % "passive-dns") +
    share("ja3-to-misp", "tls", "ja3", "own-misp", TERMS % "ja3"),
    partners_of("acme") + PARTNER, NETWORKS)
JA3 = (b'{"Timestamp":"%s","ServerIP":"%s","JA3Digest":'
       b'"e7d705a3286e19ea42f587b344ee6865"}')
PDNS = (b"%d.000000||192.0.2.7||198.51.100.1||IN||host%d.example.org."
        b"||A||203.0.113.9||300||1")


def exporter(org, server):
    key = write(os.path.join(org.keys, "misp.key"), "k" * 40)
    conf = write(os.path.join(org.dir, "misp.yaml"), (
        "partner: own-misp\nairlock: %s\ndir: %s/misp-state\nurl: %s\n"
        "key: %s\nflush: 50ms\nsandbox: best-effort\nuser: %s\n" % (
            org.state, org.dir, server.url, key,
            pwd.getpwuid(os.geteuid()).pw_name)))
    return subprocess.Popen(
        [os.path.join(BIN, "d4-misp-export"), "-c", conf],
        stderr=open(os.path.join(org.dir, "misp.log"), "wb"))


def status(org):
    try:
        with open(os.path.join(org.dir, "misp-state", "status.json")) as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def test_what_the_policy_releases_is_in_misp_and_leaves_the_airlock():
    org, server = Org(POLICY), MispServer()
    process = None
    try:
        pdns = Sensor(org, 8, uid=LOG)
        tls = Sensor(org, 254, "ja3-jl", b'{"type":"ja3-jl"}', uid=TLS)
        org.start_partners()
        org.up()
        process = exporter(org, server)
        now = 1700000000
        pdns.lines([PDNS % (now, i) for i in range(200)], now=now)
        stamp = b"2023-11-14T22:13:20Z"
        # The second one is withheld: nothing of it is of the scope.
        tls.lines([JA3 % (stamp, b"10.1.2.3"), JA3 % (stamp, b"203.0.113.80")],
                  now=now)
        until("taken and sent", lambda: status(org).get("airlock", {}).get(
            "taken") == 201 and status(org).get("due") == 0)
        store = server.store
        assert not server.violations, server.violations[:3]
        names = [o["name"] for o in store.objects.values()]
        assert names.count("passive-dns") == 200 and names.count("ja3") == 1
        far = {e["info"].split()[1]: (e["distribution"], e["tags"])
               for e in store.events.values()}
        assert far["resolver:"][0] == "1" and "tlp:green" in far["resolver:"][1]
        assert far["tls:"][0] == "0" and "tlp:amber" in far["tls:"][1]
        [mapped] = [a for a in store.attributes.values()
                    if a["relation"] == "ip-dst"]
        assert mapped["type"] == "text"
        assert mapped["value"].startswith("198.18.")
        assert not mapped["to_ids"] and not mapped["correlate"]
        assert not [a for a in store.attributes.values()
                    if "10.1.2.3" in a["value"]]
        until("the airlock is empty", lambda: not org.spooled("own-misp"))
        until("the relay knows", lambda: [
            la["waiting"] for la in org.status()["lanes"]
            if la["partner"] == "own-misp"] == [0, 0])
        process.terminate()
        assert process.wait(120) == 0
        process = None
    finally:
        if process is not None:
            process.kill()
            process.wait()
        org.close()
        server.close()


if __name__ == "__main__":
    test_what_the_policy_releases_is_in_misp_and_leaves_the_airlock()
