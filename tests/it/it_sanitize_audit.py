#!/usr/bin/python3
"""What d4-sanitize explains: which records did not leave, which addresses stand
where."""

import hashlib
import os
import re
import resource
import struct
import sys
import unittest

from sanitize_case import GOOD, GONE, Case

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."), "tests",
                                "support"))
import records  # noqa: E402
from flow_places import A4B, F4B, VARIABLE, stream  # noqa: E402
import line_places  # noqa: E402
from packet_places import t4  # noqa: E402


class Audit(Case):
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
        self.assertEqual(rows, {("anywhere", "hidden"): (1, 1, 1, 1)}, text)

    def test_the_audit_finds_every_spelling_by_itself(self):
        rows = [(n, line) for n, line, want in line_places.TEXT
                if want == "addr.drop" and n != "IPv6 in pairs of digits"]
        self.assertGreater(len(rows), 30)
        data = "".join(line + "\n" for _, line in rows).encode()
        _, text, found = self.audit(
            "identity", data, 3, "-t", "3", "--protect", "telescope")
        self.assertEqual(set(found), {("anywhere", "coded"),
                                      ("anywhere", "hidden")}, text)
        counts = list(found.values())
        self.assertGreaterEqual(sum(n[0] for n in counts), len(rows), text)
        self.assertEqual([n[0] for n in counts], [n[2] for n in counts], text)
        # What is no number by chance is told without any other spelling.
        for name, line in rows[-12:]:
            _, text, found = self.audit(
                "identity", line.encode() + b"\n", 3, "-t", "3",
                "--protect", "telescope")
            self.assertEqual(list(found), [("anywhere", "coded")],
                             (name, text))

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

    def test_the_audit_of_pcapng_names_layers_and_what_is_around(self):
        note, when = b"seen at 10.1.2.3", 1700000000000000
        face = records.section("<") + records.interface("<", 1, (2, note))
        names = records.names("<", bytes((10, 1, 2, 3)), b"pc7")
        data = face + records.enhanced("<", 0, t4(), when, (1, note)) + names
        _, text, rows = self.audit(
            "as-is", data, 3, "--protect", "telescope", "-t", "5")
        self.assertEqual(rows, {
            ("ip4.dst", "binary"): (1, 1, 1, 1),
            ("opening", "text"): (1, 1, 1, 1),
            ("block options", "text"): (1, 1, 1, 1),
            ("block without a packet", "binary"): (1, 1, 1, 1)}, text)
        self.assertIn("10.1.2.3, binary in block without a packet: 1 times, "
                      "first in the output's record 2, byte %d\n" %
                      (len(data) - len(names) + 12), text)
        _, text, rows = self.audit("packets", data, 0, "-t", "5")
        self.assertEqual([n[2] for n in rows.values()], [0] * 4, text)
        self.assertIn(self.CLEAN, text)

    def test_the_audit_of_flows_names_the_elements(self):
        data = stream([(((8, 4), (12, 4), (130, 4), (82, VARIABLE)),
                        [(F4B, A4B, A4B, b"if-10-1-2-3")] * 2)])
        _, text, rows = self.audit(
            "as-is", data, 3, "--protect", "telescope", "-t", "7")
        self.assertEqual(rows, {
            ("element 12", "binary"): (2, 1, 2, 1),
            ("element 130", "binary"): (2, 1, 2, 1),
            ("element 82", "text"): (2, 1, 2, 1),
            ("message header", "binary"): (2, 1, 2, 1),
            ("opening", "binary"): (1, 1, 1, 1)}, text)
        _, text, rows = self.audit("flows", data, 0)
        self.assertEqual([n[2] for n in rows.values()], [0] * 5, text)
        self.assertIn(self.CLEAN, text)

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


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unittest.main(argv=sys.argv[:1])
