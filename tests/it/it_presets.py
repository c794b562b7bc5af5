#!/usr/bin/python3
"""Each preset on what it is for: what leaves, what does not, and an audit.

The telescope is 10.1.0.0/16 and 2001:db8:77::/48.
"""
import json
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
from line_places import dnscap  # noqa: E402
from packets import (ICMP, IP4, TCP, UDP, addr, eth, icmp, ip4,  # noqa: E402
                     pcap, tcp, udp, unpcap)
from sanitize_case import BIN, Case  # noqa: E402

SHARED = os.environ.get("D4_SHARED", "")
SSH = os.path.join(SHARED, "corpus/log/OpenSSH_2k.log")

POLICY = """
version: 1
hub: {id: test, org: 5b642239-4db4-4580-adf4-4ebd950d210f, default_tlp: red,
      master_key: "file:master.key"}
networks:
  telescope: [10.1.0.0/16, 2001:db8:77::/48]
  lab: [173.234.31.186/32, 112.95.230.3/32]
pipelines:
  - {id: telescope, types: [1],
     steps: {preset: telescope, scope: telescope,
             into: [198.18.0.0/16, 2001:db8:fffe::/48]}}
  - {id: backscatter, types: [1],
     steps: {preset: backscatter-partner, scope: telescope}}
  - {id: honeypot, types: [6],
     steps: {preset: honeypot-partner, scope: telescope}}
  - {id: pdns-partner, types: [8],
     steps: {preset: pdns-partner, scope: telescope}}
  - {id: pdns-public, types: [8], steps: pdns-public}
  - {id: dnscap, types: [4],
     steps: {preset: dnscap-partner, scope: telescope,
             deny_suffix: [secret.example.org]}}
  - {id: cof, types: [6],
     steps: {preset: cof-partner, scope: telescope}}
  - {id: ja3-partner, meta: [ja3-jl],
     steps: {preset: ja3-partner, scope: telescope}}
  - {id: ja3-public, meta: [ja3-jl], class: S3,
     steps: {preset: ja3-public, scope: telescope}}
  - {id: sshd, types: [3],
     steps: {preset: sshd-partner, scope: lab, suffixes: [com.tr]}}
  - {id: ndjson, types: [6],
     steps: {preset: ndjson-allowlist, paths: [/a, /b/c]}}
sources: []
partners: []
share: []
"""
VICTIM, OTHER = "192.0.2.9", "203.0.113.7"


def tele(i):
    return "10.1.%d.7" % i


def seg(src, dst, flags, seq=1):
    return eth(IP4, ip4(src, dst, TCP, tcp(src, dst, seq, 1, flags)))


CAPTURE = pcap(1, [
    seg(OTHER, tele(1), 2, 0x0a010107),                      # Mirai's SYN
    seg(VICTIM, tele(2), 18),                                # SYN-ACK
    seg(VICTIM, tele(3), 4),                                 # RST
    eth(IP4, ip4(VICTIM, tele(4), ICMP, icmp(
        3, 3, data=ip4(tele(4), VICTIM, UDP, udp(tele(4), VICTIM))))),
    eth(IP4, ip4(OTHER, tele(5), UDP, udp(OTHER, tele(5), b"10.1.5.7"))),
    seg(OTHER, VICTIM, 18)])                                 # not ours


def ja3(server, client="198.51.100.4", **more):
    return dict({"ServerIP": server, "ServerPort": "443", "ClientIP": client,
                 "ClientPort": "51234", "TLSH": "", "JA3": "769,47",
                 "Timestamp": "2026-11-22T07:08:09.123456Z",
                 "JA3Digest": "d" * 32, "JA3S": "771", "JA3SDigest": "e" * 32,
                 "Certificates": [{"CertHash": "ab" * 20,
                                   "Certificate": {"Serial": 2 ** 70}}]},
                **more)


def lines(*records):
    return b"".join(json.dumps(r).encode() + b"\n" for r in records)


class Presets(Case):
    text = POLICY

    def wash(self, pipeline, data, network="telescope", code=0):
        """What leaves, and the counters; the audit has found nothing."""
        report = os.path.join(self.dir, "audit")
        p = self.run_it(pipeline, data, "--stats", "--audit", report,
                        "--protect", network)
        with open(report, encoding="ascii") as f:
            self.assertEqual(p.returncode, code, f.read())
        return p.stdout, json.loads(p.stderr.decode().splitlines()[-1])

    def test_telescope(self):
        out, stats = self.wash("telescope", CAPTURE)
        self.assertEqual((stats["forward"], stats["scope.miss"]), (5, 1))
        got = [p for *_, p in unpcap(out)[1]]
        self.assertEqual([p[26:30] for p in got],
                         [addr(a) for a in
                          (OTHER, VICTIM, VICTIM, VICTIM, OTHER)])
        self.assertTrue(all(p[30:32] == b"\xc6\x12" for p in got))
        self.assertTrue(all(p[:12] == bytes(12) for p in got))
        self.assertEqual(got[0][38:42], got[0][30:34])  # seq == dst still
        self.assertEqual(len(got[4]), 14 + 28)  # the payload is cut

    def test_backscatter_partner(self):
        out, stats = self.wash("backscatter", CAPTURE)
        self.assertEqual((stats["forward"], stats["match.miss"],
                          stats["scope.miss"]), (3, 2, 1))
        got = [p for *_, p in unpcap(out)[1]]
        self.assertEqual([p[26:30] for p in got], [addr(VICTIM)] * 3)
        # The quoted packet's source is the telescope, mapped alike.
        self.assertEqual(got[2][42 + 12:42 + 16], got[2][30:34])

    def test_honeypot_partner(self):
        login = {"eventid": "cowrie.login.failed", "username": "root",
                 "password": "123456", "src_ip": "203.0.113.7",
                 "dst_ip": "10.1.2.3", "session": "abcdef", "sensor": "hp1",
                 "timestamp": "2026-11-22T07:08:09.123456Z",
                 "message": "login attempt on hp1.corp.example"}
        told = dict(login, eventid="cowrie.command.input",
                    input="wget http://10.1.2.3/x")
        out, stats = self.wash("honeypot", lines(login, told))
        self.assertEqual((stats["forward"], stats["quarantine"] +
                          stats.get("addr.drop", 0)), (1, 1))
        got = json.loads(out)
        self.assertNotIn("message", got)
        self.assertEqual((got["src_ip"], got["username"], got["timestamp"]),
                         ("203.0.113.7", "root",
                          "2026-11-22T07:08:09.000000Z"))
        self.assertNotIn(got["session"], ("abcdef", ""))
        self.assertNotEqual(got["dst_ip"], "10.1.2.3")

    def test_honeypot_partner_as_dionaea_writes(self):
        """Its log_json.py: times without a zone, without a fraction when that
        is 0, addresses of its IPv6 socket, credentials as a list, or flat."""
        told = {"connection": {"protocol": "ftpd", "transport": "tcp",
                               "type": "accept"},
                "dst_ip": "10.1.2.3", "dst_port": 21, "src_hostname": "",
                "src_ip": "203.0.113.7", "src_port": 40000,
                "timestamp": "2026-04-24T17:56:39.389701"}
        some = [{"password": "toor", "username": "root"}]
        flat = {"password": ["a", "b"], "username": ["c", "d"]}
        out, stats = self.wash("honeypot", lines(
            dict(told, credentials=some),
            dict(told, timestamp="2026-04-24T17:56:39", credentials=flat),
            dict(told, dst_ip="::ffff:10.1.2.3", src_ip="::ffff:203.0.113.7"),
            dict(told, src_hostname="pc.corp.example", ftp={"commands": [
                {"command": "USER", "arguments": ["10.1.2.3"]}]}),
            dict(told, credentials=[{"password": "10.1.2.3"}])))
        self.assertEqual((stats["forward"], stats["quarantine"]), (4, 1))
        got = [json.loads(x) for x in out.splitlines()]
        self.assertEqual([g["timestamp"] for g in got], [
            "2026-04-24T17:56:39.000000", "2026-04-24T17:56:39"] +
            ["2026-04-24T17:56:39.000000"] * 2)
        self.assertEqual([g.get("credentials") for g in got],
                         [some, flat, None, None])
        self.assertEqual(got[2]["src_ip"], "::ffff:203.0.113.7")
        hidden = got[0]["dst_ip"]
        self.assertNotIn(hidden, ("10.1.2.3", ""))
        self.assertEqual(got[2]["dst_ip"], "::ffff:" + hidden)
        self.assertEqual(set(got[3]), set(told) - {"src_hostname"})
        self.assertEqual(got[3]["connection"], told["connection"])

    def test_pdns_partner_and_public(self):
        def line(client, name, answer="192.0.2.1", at=1700000059):
            return "%d.5||%s||10.1.0.53||IN||%s||A||%s||300||1\n" % (
                at, client, name, answer)
        data = "".join(line("10.1.9.%d" % i, "seen.example.org")
                       for i in range(6))
        data += line("10.1.9.1", "rare.example.org")
        data += line("10.1.9.1", "own.example.org", "10.1.7.7")
        data += line("10.1.9.1", "printer")
        out, stats = self.wash("pdns-partner", data.encode())
        self.assertEqual(
            (stats["forward"], stats["pdns.answer"], stats["pdns.label"]),
            (7, 1, 1))
        self.assertTrue(all(o.split(b"||")[:3] == [
            b"1700000040.0", b"0.0.0.0", b"0.0.0.0"]
            for o in out.splitlines()), out)
        out, stats = self.wash("pdns-public", "".join(
            o for o in data.splitlines(True) if "own" not in o).encode())
        self.assertEqual(stats["pdns.distinct"], 5)
        self.assertEqual({o.split(b"||")[4] for o in out.splitlines()},
                         {b"seen.example.org"})

    def test_dnscap_partner(self):
        answer = "\\\n\t1 www.example.org.,IN,A,60,%s 0 0\n"
        out, stats = self.wash("dnscap", "".join((
            dnscap(src="10.1.2.3", dst="192.0.2.53", face="pc7") + "\n",
            dnscap(src="192.0.2.53", dst="10.1.2.3",
                   more=answer % "198.51.100.7"),
            dnscap(src="192.0.2.53", dst="10.1.2.3",
                   more=answer % "10.1.2.4"),
            dnscap(src="192.0.2.1", dst="192.0.2.53") + "\n",
            dnscap(src="10.1.2.3", qname="a.secret.example.org.") + "\n",
            dnscap(src="10.1.2.3", qname="ip-10-1-2-3.example.org.") + "\n",
            dnscap(src="10.1.2.3", qname="printer.") + "\n")).encode())
        self.assertEqual(
            [stats[k] for k in ("forward", "scope.miss", "pdns.suffix",
                                "pdns.reverse", "pdns.label")],
            [3, 1, 1, 1, 1])
        asks, says, own = re.findall(rb"\[\d+\] [^[]+\[[^\]]+\](?:\n?[^\n]*"
                                     rb"\\\n)*[^\n]*\n", out)
        self.assertIn(b"15:23:01.000000 [#0 - 4095]", asks)
        self.assertNotIn(b"pc7", asks)
        client = re.search(rb"\t\[([0-9.]+)\]", asks).group(1)
        self.assertIn(b"[192.0.2.53].53199 [" + client + b"].53", says)
        self.assertIn(b",A,60,198.51.100.7", says)
        self.assertNotIn(b"10.1.2.4", own)

    def test_cof_partner(self):
        def record(name, kind, data, **more):
            return dict({"rrname": name, "rrtype": kind, "rdata": data,
                         "time_first": 1700000059, "time_last": 1700000119,
                         "count": 7, "sensor_id": "hp1", "bailiwick": "org."},
                        **more)
        good = [record("seen.example.org.", "A", "192.0.2.1"),
                record("seen.example.org", "MX", ["10 mx.example.net.",
                                                  "20 b.example.net."])]
        out, stats = self.wash("cof", lines(
            *good, record("own.example.org", "A", ["192.0.2.1", "10.1.7.7"]),
            record("printer.corp.", "A", "192.0.2.1"),
            record("h-10-1-7-7.example.org", "A", "192.0.2.1"),
            record("seen.example.org", "TXT", "10.1.7.7"),
            record("seen.example.org", "A", {"hidden": "10.1.7.7"}),
            record("seen.example.org", "A", "192.0.2.1", count="10.1.7.7")))
        self.assertEqual(
            (stats["forward"], stats["pdns.answer"], stats["pdns.suffix"],
             stats["pdns.reverse"], stats["pdns.rrtype"], stats["json.type"]),
            (2, 1, 1, 1, 1, 2))
        self.assertEqual([json.loads(x) for x in out.splitlines()], [
            {"rrname": g["rrname"], "rrtype": g["rrtype"],
             "rdata": g["rdata"], "time_first": 1700000040,
             "time_last": 1700000100, "count": 7} for g in good])

    def test_ja3_partner_and_public(self):
        data = lines(ja3("192.0.2.80"), ja3("10.1.4.4"),
                     ja3("192.0.2.81", "10.1.4.5"),
                     ja3("192.0.2.82", JA3="10.1.4.4"),
                     ja3("192.0.2.83", JA3={"user": "bob"}))
        out, stats = self.wash("ja3-partner", data)
        self.assertEqual((stats["forward"], stats["addr.drop"]), (2, 1))
        self.assertEqual((stats["quarantine"], stats["json.type"]), (1, 1))
        got = [json.loads(o) for o in out.splitlines()]
        self.assertEqual(list(got[0]), list(ja3("")))
        self.assertEqual((got[0]["ServerIP"], got[0]["ClientPort"],
                          got[0]["Timestamp"]),
                         ("192.0.2.80", "0", "2026-11-22T07:08:09.000000Z"))
        self.assertEqual(got[0]["Certificates"], ja3("")["Certificates"])
        self.assertNotIn(got[0]["ClientIP"], ("198.51.100.4", "0.0.0.0"))
        out, stats = self.wash("ja3-public", data)
        got = [json.loads(o) for o in out.splitlines()]
        self.assertEqual(len(got), 2)
        for g in got:
            self.assertEqual((g["ClientIP"], g["Timestamp"]),
                             ("0.0.0.0", "2026-11-22T07:00:00.000000Z"))
            self.assertEqual(g["Certificates"], [{"CertHash": "ab" * 20}])

    def test_ja3_servers_of_the_scope_hide_in_no_ipv6(self):
        data = lines(*(ja3(a) for a in (
            "::10.1.4.4", "::a01:404", "::ffff:10.1.4.4", "::ffff:0:a01:404",
            "64:ff9b::a01:404", "64:ff9b:1::a01:404", "2002:a01:404::1")))
        for name in ("ja3-partner", "ja3-public"):
            out, stats = self.wash(name, data)
            self.assertEqual((out, stats["addr.drop"]), (b"", 7))

    def test_sshd_partner(self):
        text = (b"Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user webmaster "
                b"from 173.234.31.186\n"
                b"Dec 10 07:02:47 LabSZ sshd[24203]: Failed password for "
                b"root from 198.51.100.7 port 42 ssh2\n")
        out, stats = self.wash("sshd", text, "lab")
        self.assertEqual(stats["forward"], 2)
        self.assertRegex(out, rb"^Dec 10 06:55:00 [0-9a-f]{16} sshd\[24200\]: "
                         rb"Invalid user [0-9a-f]{16} from [0-9.]+\n"
                         rb"Dec 10 07:02:00 [0-9a-f]{16} sshd\[24203\]: Failed "
                         rb"password for [0-9a-f]{16} from 198\.51\.100\.7 ")
        if os.path.exists(SSH):
            with open(SSH, "rb") as f:
                whole = f.read()
            out, stats = self.wash("sshd", whole + b"\n", "lab")
            self.assertGreater(stats["forward"], 1900)
            self.assertNotRegex(out, rb"LabSZ|webmaster|173\.234\.31\.186")
        else:
            print("no D4_SHARED: without the log of OpenSSH")

    def test_ndjson_allowlist(self):
        out, _ = self.wash("ndjson", lines(
            {"a": 1.10, "b": {"c": "x", "d": "10.1.1.1"}, "e": "10.1.1.1"}))
        self.assertEqual(out, b'{"a": 1.1, "b": {"c": "x"}}\n')

    def test_presets_are_listed_and_printed(self):
        def ask(*args):
            return subprocess.run([os.path.join(BIN, "d4-policy"), "presets",
                                   *args], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False)
        p = ask()
        names = re.findall(r"^(\S+) +\S", p.stdout.decode(), re.M)
        self.assertEqual((p.returncode, len(names)), (0, 11))
        for name in names:
            self.assertTrue(ask(name).stdout.startswith(b"- "), name)
        p = ask("nope")
        self.assertEqual(p.returncode, 1)
        self.assertIn(b"no preset `nope`", p.stderr)


if __name__ == "__main__":
    unittest.main()
