#!/usr/bin/python3
"""d4-sanitize on real files: exit codes, counters, what leaves and what not.

The last test runs the three pipelines of docs/examples/policy.yaml.
"""
import hashlib
import json
import os
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

BIN = os.environ["D4_BIN"]
SOURCE = os.environ["D4_SOURCE"]
SANITIZE = os.path.join(BIN, "d4-sanitize")
CAPTURE = os.path.join(os.environ.get("D4_SHARED", ""),
                       "corpus/pcap-libtrace/100_packets.pcap")
ASAN = "asan" in BIN or "/ci/" in BIN

POLICY = """
version: 1
hub: {id: test, org: 5b642239-4db4-4580-adf4-4ebd950d210f, default_tlp: red,
      master_key: "file:master.key"}
networks:
  telescope: [10.1.0.0/16, 2001:db8:77::/48]
sources:
  - {id: own, sensors: [4072e072-bfaa-4395-9bb1-ccb3b470d715],
     types: [1, 6, 8], org: 5b642239-4db4-4580-adf4-4ebd950d210f,
     tags: ["tlp:green"], floor_tlp: green, community: [friends]}
  - {id: other, sensors: [6072e072-bfaa-4395-9bb1-cdb3b470d715], types: [6],
     org: 5b642239-4db4-4580-adf4-4ebd950d210f, tags: ["tlp:green"],
     floor_tlp: green, community: [friends]}
partners:
  - {id: one, kind: partner, groups: [friends], min_class: S0,
     accept_pap: [clear, green], profile: d4-core}
  - {id: two, kind: partner, groups: [friends], min_class: S0,
     accept_pap: [clear, green], profile: d4-core}
pipelines:
  - {id: identity, types: [3, 6, 8], meta: [ja3-jl], steps: []}
  - {id: as-is, types: [1], steps: []}
  - id: packets
    types: [1]
    steps:
      - addr: {scope: telescope, method: cryptopan,
               into: [198.18.0.0/16, 2001:db8:fffe::/48], others: map,
               require_scope: any}
      - payload: headers
  - id: pdns
    types: [8]
    steps:
      - pdns: {client: zero, server: zero}
      - time: 1h
  - id: tokens
    types: [6]
    steps:
      - json: {default: drop, rules: [{path: /u, op: tok, domain: user}]}
  - id: shared
    types: [6]
    steps:
      - json: {default: drop, rules: [{path: /u, op: tok, domain: user}]}
  - id: alone
    types: [6]
    steps:
      - json: {default: drop, rules: [{path: /u, op: tok, domain: user}]}
  - id: leaky
    types: [6]
    steps:
      - addr: {scope: telescope, method: cryptopan,
               into: [198.18.0.0/16, 2001:db8:fffe::/48], others: keep,
               require_scope: any}
      - json: {default: keep, rules: [{path: /ip, op: addr}]}
share:
  - {id: s1, to: [one, two], from: [own], types: [6], pipeline: shared,
     because: "test"}
  - {id: s2, to: [one], from: [other], types: [6], pipeline: alone,
     because: "test"}
"""

GOOD = b"1322849924.4||10.1.1.1||8.8.8.8||IN||a.b.org||A||1.2.3.4||300||5\n"
GONE = b"1322848800.0||0.0.0.0||0.0.0.0||IN||a.b.org||A||1.2.3.4||300||5\n"


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="d4-it-sanitize-")
        self.policy = self.put("policy.yaml", POLICY.encode())
        self.key = self.put("master.key", bytes(range(32)), 0o600)

    def tearDown(self):
        shutil.rmtree(self.dir)

    def put(self, name, data, mode=0o644):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, mode)
        return path

    def run_it(self, pipeline, data, *more, policy=None):
        return subprocess.run(
            [SANITIZE, "-p", policy or self.policy, "-P", pipeline, *more],
            input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            check=False)

    def ok(self, pipeline, data, *more, policy=None):
        p = self.run_it(pipeline, data, *more, policy=policy)
        self.assertEqual(p.returncode, 0, p.stderr)
        return p

    def refused(self, p, code, text):
        self.assertEqual(p.returncode, code, p.stderr)
        self.assertEqual(p.stdout, b"")
        self.assertIn(text, p.stderr)

    # ---- the command line ----

    def test_usage_is_64_and_help_is_0(self):
        for args in ([], ["-p", self.policy], ["-P", "pdns"], ["--nonsense"],
                     ["-p", self.policy, "-P", "pdns", "file"], ["-p"]):
            p = subprocess.run([SANITIZE] + args, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               check=False)
            self.refused(p, 64, b"usage: d4-sanitize")
        for arg in ("--help", "--version"):
            p = subprocess.run([SANITIZE, arg], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, check=False)
            self.assertEqual((p.returncode, p.stderr), (0, b""))
            self.assertIn(b"d4-sanitize", p.stdout)

    def test_what_does_not_exist_is_named(self):
        self.refused(self.run_it("nope", b""), 1, b"no pipeline `nope`")
        self.refused(self.run_it("pdns", b"", policy=self.dir + "/none"), 1,
                     b"none: cannot be read")
        self.refused(self.run_it("tokens", b"", "--partner", "three"), 1,
                     b"no partner `three`")
        self.refused(self.run_it("pdns", b"", "-t", "6"), 1,
                     b"does not take type `6`; it takes: 8")

    def test_an_error_in_the_policy_stands_with_its_place(self):
        bad = self.put("bad.yaml", POLICY.replace(
            "op: tok, domain: user", "op: tko").encode())
        p = self.run_it("pdns", b"", policy=bad)
        self.refused(p, 1, b"bad.yaml:")
        self.assertRegex(p.stderr, rb"bad\.yaml:\d+:\d+: .*did you mean")

    def test_the_first_type_is_the_default_where_there_are_several(self):
        self.assertEqual(self.ok("identity", b"x\n").stdout, b"x\n")
        self.refused(self.run_it("identity", b"x\n", "-t", "1"), 1,
                     b"takes: 3, 6, 8, ja3-jl")
        for t in ("3", "6", "8", "ja3-jl"):
            p = self.ok("identity", b"x \xff\n\n{\"a\"\n", "-t", t)
            self.assertEqual(p.stdout, b"x \xff\n\n{\"a\"\n")
            self.assertEqual(p.stderr, b"")

    # ---- keys ----

    def test_a_missing_key_is_an_error_before_any_byte(self):
        os.unlink(self.key)
        self.refused(self.run_it("alone", b'{"u":"x"}\n'), 1, b"master.key")
        self.ok("pdns", GOOD)

    def test_a_key_that_others_can_read_is_refused(self):
        os.chmod(self.key, 0o644)
        self.refused(self.run_it("alone", b'{"u":"x"}\n'), 1, b"master.key")

    def test_every_partner_has_keys_of_its_own(self):
        record = b'{"u":"admin"}\n'
        p = self.run_it("shared", record)
        self.refused(p, 1, b"one of: one, two")
        one = self.ok("shared", record, "--partner", "one").stdout
        two = self.ok("shared", record, "--partner", "two").stdout
        local = self.ok("tokens", record).stdout
        self.assertEqual(len({one, two, local}), 3)
        # The only partner that a rule names is the default.
        self.assertEqual(self.ok("alone", record).stdout, one)
        self.assertEqual(
            self.ok("tokens", record, "--partner", "local").stdout, local)

    # ---- streams ----

    def test_broken_input_is_counted_and_no_error(self):
        data = GOOD + b"nonsense\n" + GOOD.replace(b"b.org", b"corp") + \
            b"\xff||\n" + GOOD[:20]
        p = self.ok("pdns", data, "--stats")
        self.assertEqual(p.stdout, GONE)
        lines = p.stderr.decode().splitlines()
        self.assertIn("warning: 3 of 5 records broken", lines[0])
        s = json.loads(lines[-1])
        self.assertEqual(s, {
            "in": 5, "forward": 1, "drop": 4, "quarantine": 0,
            "bytes_in": len(data), "bytes_out": len(GONE), "eof_partial": 1,
            "pdns.fields": 2, "pdns.suffix": 1})

    def test_each_record_that_does_not_leave_is_explained(self):
        corp = GOOD.replace(b"b.org", b"corp")
        data = GOOD + b"nonsense\n" + corp + GOOD + b"1||2\n" + GOOD[:20]
        p = self.ok("pdns", data, "--explain-drop")
        self.assertEqual(p.stdout, GONE * 2)
        self.assertEqual(p.stderr.decode().splitlines()[:4], [
            "d4-sanitize: record %d at byte %d: %s" % w for w in (
                (2, len(GOOD), "pdns.fields (not nine fields)"),
                (3, len(GOOD) + 9,
                 "pdns.suffix (name under a denied suffix)"),
                (5, len(GOOD + b"nonsense\n" + corp + GOOD),
                 "pdns.fields (not nine fields)"),
                (6, len(data) - 20,
                 "eof_partial (unterminated last record)"))])
        p = self.ok("pdns", b"x\n" * 5000, "--explain-drop=2")
        self.assertEqual(p.stderr.decode().splitlines()[:3], [
            "d4-sanitize: record 1 at byte 0: pdns.fields (not nine fields)",
            "d4-sanitize: record 2 at byte 2: pdns.fields (not nine fields)",
            "d4-sanitize: and 4998 more: pdns.fields"])
        p = self.ok("pdns", b"x\n" * 5000, "--explain-drop=0")
        self.assertEqual(len(p.stderr.decode().splitlines()), 5001)
        for bad in ("", "x", "-1", "1x", "9" * 30):
            self.refused(self.run_it("pdns", b"", "--explain-drop=" + bad),
                         64, b"a number")

    # ---- the audit ----

    def audit(self, pipeline, data, code, *more):
        report = os.path.join(self.dir, "audit.txt")
        p = self.run_it(pipeline, data, "--audit", report, *more)
        self.assertEqual(p.returncode, code, p.stderr)
        with open(report, encoding="ascii") as f:
            text = f.read()
        rows = {}
        for line in text.split("Look-alikes:")[0].splitlines():
            m = re.fullmatch(r"(\S.{23}) (\w+) +(\d+) +(\d+) +(\d+) +(\d+)",
                             line)
            if m:
                rows[m[1].strip(), m[2]] = tuple(int(m[i]) for i in
                                                 (3, 4, 5, 6))
        return p, text, rows

    CLEAN = "No protected address that stands in the input is disclosed"

    def test_the_audit_finds_what_was_left_in_lines_by_field(self):
        data = GOOD * 3 + GOOD.replace(b"1.2.3.4", b"10.1.200.7") + b"x\n"
        p, text, rows = self.audit("pdns", data, 3, "--protect", "telescope")
        self.assertEqual(rows, {("client", "text"): (4, 1, 0, 0),
                                ("answer", "text"): (1, 1, 1, 1)})
        self.assertIn("10.1.200.7, text in answer: 1 times, first in the "
                      "output's record 4, byte %d\n" %
                      p.stdout.index(b"10.1.200.7"),
                      text)
        self.assertNotIn(self.CLEAN, text)
        self.assertIn("withheld   1 pdns.fields", text)
        self.assertIn(b"the audit is not clean", p.stderr)
        for name, file in (("input ", data), ("output", p.stdout)):
            self.assertRegex(text, "%s +[45] records, %d bytes, sha256 %s" % (
                name, len(file), hashlib.sha256(file).hexdigest()))
        p, text, rows = self.audit("pdns", GOOD, 0, "--protect", "telescope")
        self.assertIn(self.CLEAN, text)
        self.assertEqual(p.stdout, GONE)

    def test_the_audit_of_json_names_the_key_and_every_spelling(self):
        data = b'{"ip":"10.1.2.3","t":"\xc3\xa4\\" 10.1.2.3","10.1.2.3":0}\n' \
            b'{"a":[{"arpa":"3.2.1.10.in-addr.arpa"}],"n":167838211}\n'
        _, text, rows = self.audit(
            "identity", data, 3, "-t", "6", "--protect", "telescope")
        self.assertEqual(rows.pop((".ip", "text")), (1, 1, 1, 1))
        self.assertEqual(rows.pop((".t", "text")), (1, 1, 1, 1))
        self.assertEqual(rows.pop(("a key", "text")), (1, 1, 1, 1))
        self.assertEqual(rows, {("anywhere", "hidden"): (2, 1, 2, 1)}, text)

    def test_the_audit_of_a_capture_names_the_layers(self):
        tele, other = bytes((10, 1, 2, 3)), bytes((192, 0, 2, 9))
        v6 = bytes.fromhex("20010db8007700000000000000000005")

        def ip4(src, dst, proto, body):
            return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1, 0,
                               64, proto, 0, src, dst) + body

        def frame(ether, body, tag=b""):
            return bytes(12) + tag + struct.pack(">H", ether) + body
        quote = ip4(tele, other, 17, struct.pack(">HHHH", 1, 2, 8, 0))
        packets = [
            frame(0x800, ip4(other, tele, 6, struct.pack(
                ">HHIIBBHHH", 1, 2, 0x0a010203, 0, 0x50, 2, 0, 0, 0)),
                b"\x81\0\0\5"),
            frame(0x800, ip4(other, tele, 1, b"\3\1" + bytes(6) + quote)),
            frame(0x86dd, struct.pack(">IHBB16s16s", 6 << 28, 17, 17, 9, v6,
                                      bytes(16)) +
                  struct.pack(">HHHH9s", 1, 2, 17, 0, b"10.1.2.3\0"))]
        data = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
        for p in packets:
            data += struct.pack("<IIII", 1, 1, len(p), len(p)) + p
        _, text, rows = self.audit(
            "as-is", data, 3, "--protect", "telescope")
        self.assertEqual(rows, {
            ("ip4.dst", "binary"): (2, 1, 2, 1),
            ("tcp.seq", "binary"): (1, 1, 1, 1),
            ("quoted ip4.src", "binary"): (1, 1, 1, 1),
            ("ip6.src", "binary"): (1, 1, 1, 1),
            ("udp.payload", "text"): (1, 1, 1, 1)}, text)
        p, text, rows = self.audit("packets", data, 0)
        self.assertEqual([n[2] for n in rows.values()], [0] * 5, text)
        self.assertIn("released   3 of 3", text)
        self.assertIn(self.CLEAN, text)
        # What cannot be followed is not called clean.
        _, text, _ = self.audit("packets", data + b"\xff" * 50, 0)
        self.assertIn("not searched from byte %d on" % len(data), text)

    def test_what_an_audit_needs_is_said(self):
        for args, code, text in (
                (["--audit", "/nonexistent/x", "--protect", "telescope"], 1,
                 b"/nonexistent/x: No such file"),
                (["--audit", "x"], 1, b"--protect NETWORK"),
                (["--audit", "x", "--protect", "no"], 1, b"no network `no`"),
                (["--protect", "telescope"], 64, b"--protect is for --audit"),
                (["--audit", "x"] + ["--protect", "telescope"] * 17, 64,
                 b"more than 16")):
            p = self.run_it("pdns", GOOD, *args)
            self.assertEqual(p.returncode, code, p.stderr)
            self.assertIn(text, p.stderr)

    def test_no_input_is_no_output(self):
        p = self.ok("pdns", b"", "--stats")
        self.assertEqual(p.stdout, b"")
        self.assertEqual(json.loads(p.stderr)["in"], 0)

    def test_any_way_the_input_comes_gives_the_same(self):
        data = GOOD * 3000
        with open(self.put("in", data), "rb") as f:
            whole = subprocess.run(
                [SANITIZE, "-p", self.policy, "-P", "pdns"], stdin=f,
                stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(whole, GONE * 3000)
        p = subprocess.Popen([SANITIZE, "-p", self.policy, "-P", "pdns"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             bufsize=0)
        if os.fork() == 0:
            for i in range(0, len(data), 4093):
                p.stdin.write(data[i:i + 4093])
            os._exit(0)
        p.stdin.close()
        self.assertEqual(p.stdout.read(), whole)
        self.assertEqual(p.wait(), 0)
        p.stdout.close()
        os.wait()

    def test_memory_does_not_grow_with_the_input(self):
        peak = []
        for n in (1, 300):
            path = self.put("in", b"")
            with open(path, "ab") as f:
                # In pieces: a child's peak counts what we had when we forked.
                for _ in range(n):
                    f.write(GOOD * 1000)
            with open(path, "rb") as f:
                p = subprocess.Popen(
                    [SANITIZE, "-p", self.policy, "-P", "pdns"], stdin=f,
                    stdout=subprocess.DEVNULL)
                _, status, usage = os.wait4(p.pid, 0)
                p.returncode = status
            self.assertEqual(status, 0)
            peak.append(usage.ru_maxrss)
        if not ASAN:
            self.assertLess(peak[1], peak[0] + 8192, peak)

    # ---- errors of input and output ----

    def test_a_reader_that_goes_away_is_an_error(self):
        p = subprocess.Popen([SANITIZE, "-p", self.policy, "-P", "pdns"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        p.stdout.close()
        try:
            p.stdin.write(GOOD * 30000)
            p.stdin.close()
        except BrokenPipeError:
            pass
        err = p.stderr.read()
        p.stderr.close()
        self.assertEqual(p.wait(), 1, err)
        self.assertIn(b"cannot write: Broken pipe", err)

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            p = subprocess.run([SANITIZE, "-p", self.policy, "-P", "pdns"],
                               input=GOOD, stdout=full,
                               stderr=subprocess.PIPE, check=False)
        self.assertEqual(p.returncode, 1)
        self.assertIn(b"cannot write: No space left", p.stderr)

    def test_input_that_cannot_be_read_is_an_error(self):
        fd = os.open(self.dir, os.O_RDONLY)
        p = subprocess.run([SANITIZE, "-p", self.policy, "-P", "pdns"],
                           stdin=fd, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, check=False)
        os.close(fd)
        self.refused(p, 1, b"cannot read: Is a directory")

    # ---- the self-check ----

    def test_one_leak_is_withheld_and_said(self):
        leak = b'{"ip":"10.1.2.3","m":"10.1.2.3"}\n'
        p = self.ok("leaky", leak + b'{"ip":"10.1.2.3"}\n', "--stats")
        self.assertNotIn(b"10.1.2.3", p.stdout)
        self.assertIn(b"withheld by the self-check", p.stderr)
        s = json.loads(p.stderr.splitlines()[-1])
        self.assertEqual((s["forward"], s["quarantine"], s["drop"]),
                         (1, 1, 0))

    def test_many_leaks_open_the_breaker(self):
        good = b'{"ip":"10.1.2.3"}\n'
        leak = b'{"ip":"10.1.2.3","m":"10.1.2.3"}\n'
        p = self.run_it("leaky", good * 1500 + leak * 20 + good * 50000,
                        "--stats")
        self.assertEqual(p.returncode, 2, p.stderr)
        self.assertIn(b"the breaker opened: selfcheck", p.stderr)
        self.assertNotIn(b"10.1.2.3", p.stdout)
        s = json.loads(p.stderr.splitlines()[-1])
        self.assertEqual(s["in"],
                         s["forward"] + s["drop"] + s["quarantine"])
        self.assertLess(s["forward"], 30000)
        self.assertEqual(s["bytes_out"], len(p.stdout))

    # ---- the example policy ----

    def example(self):
        with open(os.path.join(SOURCE, "docs/examples/policy.yaml"),
                  encoding="utf-8") as f:
            text = f.read()
        text = re.sub(r'"file:[^"]*"', '"file:master.key"', text)
        return self.put("example.yaml", text.encode())

    def test_the_examples_pipelines_do_what_they_say(self):
        policy = self.example()
        check = subprocess.run([BIN + "/d4-policy", "check", policy],
                               stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, check=False)
        self.assertEqual(check.returncode, 0, check.stderr)
        self.assertIn(b": ok:", check.stdout + check.stderr)

        line = b"1322849924.4||10.9.9.%d||10.0.0.53||IN||x.y.www.a.org.||A" \
               b"||1.2.3.4||300||1\n"
        p = self.ok("pdns-public-v1", b"".join(line % i for i in range(6)),
                    "--stats", policy=policy)
        self.assertEqual(
            p.stdout, 2 * (b"1322848800.0||0.0.0.0||0.0.0.0||IN||www.a.org."
                           b"||A||1.2.3.4||300||1\n"))
        self.assertEqual(json.loads(p.stderr)["pdns.distinct"], 4)

        finding = b'{"JA3Digest":"aa","ClientIP":"10.1.2.3","ServerIP":' \
            b'"9.9.9.9","Timestamp":"2019-06-20T09:17:53.12Z","Serial":' \
            b'123456789012345678901234567890,"ServerPort":"443"}\n'
        p = self.ok("ja3-findings-v1", finding, policy=policy)
        self.assertEqual(
            p.stdout, b'{"JA3Digest":"aa","ServerIP":"9.9.9.9","Timestamp":'
            b'"2019-06-20T09:00:00.00Z","ServerPort":"443"}\n')

    def test_the_example_takes_a_real_capture(self):
        if not os.path.exists(CAPTURE):
            self.skipTest("no " + CAPTURE)
        with open(CAPTURE, "rb") as f:
            data = f.read()
        p = self.ok("backscatter-v1", data, "--stats", "-t", "1",
                    policy=self.example())
        s = json.loads(p.stderr.splitlines()[-1])
        self.assertEqual(s["in"], 100)
        self.assertEqual(s["in"],
                         s["forward"] + s["drop"] + s["quarantine"])


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unittest.main(argv=sys.argv[:1])
