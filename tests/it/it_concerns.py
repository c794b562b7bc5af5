#!/usr/bin/python3
"""`concerns: recipient`: a partner gets what is about itself, and no more.

For every family of records by d4-sanitize, then by the relay for two partners
of one rule.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from packets import (eth, icmp, ip4, ip6, pcap, tcp, udp, unpcap,  # noqa
                     arp, vlan)
from relay import Org, Sensor, balanced, until  # noqa: E402
from relay_cases import (LOG, confirmed, pipeline,  # noqa: E402
                         sensors_policy, share, source)

SANITIZE = os.path.join(os.environ["D4_BIN"], "d4-sanitize")
POLICY = os.path.join(os.environ["D4_BIN"], "d4-policy")
PARTNER = ("  - {id: %s, org: 1f0e3dad-9990-4f8e-a5c0-8f0f3e5f5b1%d, kind: "
           "client, min_class: S0, accept_pap: [clear], networks: [%s], "
           "domains: [%s]}\n")
PARTNERS = (PARTNER % ("acme", 1, "acme-net, 2001:db8:aa::/48",
                       "acme.lu") +
            PARTNER % ("beta", 2, "198.51.100.0/24", "beta.lu"))
NETWORKS = "networks: {acme-net: [203.0.113.0/24]}"
ABOUT = ", concerns: recipient"
PDNS = "1700000000.1||192.0.2.7||192.0.2.53||IN||%s||A||%s||60||1"


def policy(folder, takes, steps, more=ABOUT, types="types"):
    path = os.path.join(folder, "policy.yaml")
    relay.write(os.path.join(folder, "MASTER"), "07" * 32)
    with open(path, "w") as f:
        f.write(sensors_policy(
            source("src", [LOG], **{types: takes}, tlp="amber"),
            pipeline("p", **{types: takes}, steps=steps),
            share("about", "src", "p", "acme, beta", more), PARTNERS,
            NETWORKS))
    return path


def sanitize(path, data, partner="acme", kind=None):
    p = subprocess.run(
        [SANITIZE, "-p", path, "-P", "p", "--partner", partner, "--stats",
         *(["-t", kind] if kind else [])], input=data,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert p.returncode == 0, p.stderr
    return p.stdout, json.loads(p.stderr)


def test_packets_by_sender_receiver_and_what_an_error_quotes():
    us = "10.1.2.3"

    def tcp4(src, dst):
        return ip4(src, dst, 6, tcp(src, dst))

    def udp4(src, dst, data=b""):
        return ip4(src, dst, 17, udp(src, dst, data))

    def unreachable(quote):
        return ip4("192.0.2.1", us, 1, icmp(3, 1, data=quote))

    six = ("2001:db8:aa::7", "2001:db8:77::1")
    theirs = [
        eth(0x800, tcp4("203.0.113.9", us)),
        eth(0x800, udp4(us, "203.0.113.9")),
        eth(0x8100, vlan(5, 0x800, udp4("203.0.113.1", us))),
        eth(0x86dd, ip6(*six, 17, udp(*six))),
        eth(0x800, unreachable(tcp4(us, "203.0.113.5"))),
    ]
    others = [
        eth(0x800, tcp4("198.51.100.9", us)),
        eth(0x800, unreachable(udp4(us, "198.51.100.4"))),
        eth(0x806, arp(1, "203.0.113.9", "203.0.113.1")),
        # In the payload, it is nobody's.
        eth(0x800, udp4("192.0.2.1", us, b"\xcb\0\x71\x09203.0.113.9")),
    ]
    with tempfile.TemporaryDirectory() as d:
        path = policy(d, "1", "[{link: zero}, {payload: headers}]")
        out, stats = sanitize(path, pcap(1, theirs + others))
        assert len(unpcap(out)[1]) == len(theirs), stats
        assert stats["concerns.miss"] == len(others), stats
        out, stats = sanitize(path, pcap(1, theirs + others), "beta")
        assert len(unpcap(out)[1]) == 2, stats


CASES = (
    ("8", "types", "[{pdns: {client: zero, server: zero, deny_suffix: [zz]}}]",
     [PDNS % ("www.acme.lu", "192.0.2.1"),
      PDNS % ("a.others.lu", "203.0.113.4")],
     [PDNS % ("a.others.lu", "192.0.2.1"),
      PDNS % ("www.beta.lu", "198.51.100.4")]),
    ("3", "types", "[{text: {ip4: keep, ip6: keep}}]",
     ["sshd: Failed password for root from 203.0.113.4 port 22",
      "mail from bob@acme.lu"],
     ["sshd: Failed password for root from 198.51.100.4 port 22", "nothing"]),
    ("6", "types", "[{json: {default: keep}}]",
     ['{"src": "203.0.113.4"}', '{"a": {"b": ["x", "www.acme.lu"]}}'],
     ['{"src": "198.51.100.4"}', '{"src": "203.0.114.4"}']),
    ("ja3-jl", "meta", "[{json: {default: keep}}]",
     ['{"ServerIP": "203.0.113.4"}'], ['{"ServerIP": "198.51.100.4"}']),
    ("maltrail", "meta", "[{addr: {method: zero}}, {maltrail: {}}]",
     ['"2024-01-01 00:00:00.000001" s 203.0.113.4 1 192.0.2.2 2 TCP DNS '
      '"x.lu" "info" "ref"'],
     ['"2024-01-01 00:00:00.000001" s 192.0.2.4 1 192.0.2.2 2 TCP DNS '
      '"x.lu" "info" "ref"']),
)


def test_lines_of_every_family_by_their_words():
    for takes, types, steps, theirs, others in CASES:
        with tempfile.TemporaryDirectory() as d:
            path = policy(d, takes, steps, types=types)
            data = "".join(x + "\n" for x in theirs + others).encode()
            out, stats = sanitize(path, data, kind=takes)
            assert out.count(b"\n") == len(theirs), (takes, out, stats)
            assert stats["concerns.miss"] == len(others), stats
            # Without the filter all of it would leave.
            path = policy(d, takes, steps, "", types)
            out, stats = sanitize(path, data, kind=takes)
            assert out.count(b"\n") == len(theirs + others), (takes, stats)


def test_a_policy_says_and_checks_it():
    with tempfile.TemporaryDirectory() as d:
        steps = "[{pdns: {client: zero, server: zero}}]"
        words = ["explain", "--partner", "acme", "--source", "src",
                 "--sensor", LOG, "--type", "8", "--json"]

        def explain(path):
            p = subprocess.run([POLICY, words[0], path, *words[1:]],
                               stdout=subprocess.PIPE, check=False)
            return json.loads(p.stdout)

        group = policy(d, "8", steps)
        with open(group) as f:
            text = f.read()
        said = explain(group)
        assert said["decision"] == "allow", said
        assert "concerns:recipient" in said["trace"], said
        # Amber of others to a client: only what concerns it.
        relayed = text.replace("org: 5b642239", "org: 6b642239", 2).replace(
            "hub: {id: lu-hub-1, org: 6b642239",
            "hub: {id: lu-hub-1, org: 5b642239").replace(
            ABOUT, ABOUT + ", transit: true")
        with open(group, "w") as f:
            f.write(relayed)
        assert explain(group)["decision"] == "allow", explain(group)
        with open(group, "w") as f:
            f.write(relayed.replace(ABOUT, ""))
        assert explain(group)["rule"] == "tlp.ceiling", explain(group)
        # Whom a record concerns must be known of every partner reached.
        with open(group, "w") as f:
            f.write(text.replace(", networks: [198.51.100.0/24], domains: "
                                 "[beta.lu]", ""))
        p = subprocess.run([POLICY, "check", group], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, check=False)
        assert p.returncode == 1 and "partner `beta`" in p.stdout, p.stdout


def test_the_relay_gives_each_its_own():
    org = Org(sensors_policy(
        source("src", [LOG], types="8", tlp="amber"),
        pipeline("p", types="8",
                 steps="[{pdns: {client: zero, server: zero}}]"),
        share("about", "src", "p", "acme, beta", ABOUT), PARTNERS, NETWORKS),
        ("acme", "beta"))
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=LOG)
        org.up()
        for i in range(10):
            pdns.lines([(PDNS % ("n%d.%s" % (i, name), answer)).encode()
                        for name, answer in (
                            ("acme.lu", "192.0.2.1"),
                            ("x.lu", "203.0.113.8"),
                            ("beta.lu", "192.0.2.1"),
                            ("y.lu", "192.0.2.1"))])
        until("confirmed", lambda: org.idle() and
              confirmed(org, "acme") == 20 and confirmed(org, "beta") == 10)
        acme, beta = (org.partners[p].data(8) for p in ("acme", "beta"))
        assert acme.count(b".acme.lu||") == 10
        assert acme.count(b"||203.0.113.8||") == 10
        assert beta.count(b".beta.lu||") == 10
        assert acme.count(b"\n") == 20 and beta.count(b"\n") == 10
        for name, missed in (("acme", 20), ("beta", 30)):
            row = org.lane(name)
            assert row["withheld"]["concerns.miss"] == missed, row
            assert balanced(row) and row["in"] == 40, row
    finally:
        org.close()


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
