#!/usr/bin/python3
"""The acceptance of issue 5: a day of a telescope through d4-sanitize. No
address of the three networks leaves in any encoding, what missed the scope is
counted to the unit, the stream goes on, VLAN and IPv6 arrive. 100,000 packets;
`make prop` sends the whole million (D4_CASES).
"""
import json
import os
import re
import sys
import unittest
from collections import Counter

SOURCE = os.environ["D4_SOURCE"]
for part in ("support", "it"):
    sys.path.insert(0, os.path.join(SOURCE, "tests", part))
import telescope  # noqa: E402
from packets import unpcap  # noqa: E402
from sanitize_case import Case  # noqa: E402

N = int(os.environ.get("D4_CASES", "100000")) // 10000 * 10000 or 10000
POLICY = """
version: 1
hub: {id: test, org: 5b642239-4db4-4580-adf4-4ebd950d210f, default_tlp: red,
      master_key: "file:master.key"}
networks: {telescope: [10.1.0.0/16, 2001:db8:77::/48]}
pipelines:
  - {id: headers, types: [1], steps: {preset: telescope, scope: telescope,
     into: [198.18.0.0/16, 2001:db8:fffe::/48]}}
  - {id: encrypted, types: [1], steps: {preset: telescope, scope: telescope}}
  - id: clean
    types: [1]
    steps: [&addr]
sources: []
partners: []
share: []
"""
STEPS = """
      - addr: {scope: telescope, others: keep, require_scope: any,
               into: [198.18.0.0/16, 2001:db8:fffe::/48]}
      - payload: """
POLICY = POLICY.replace("    steps: [&addr]\n", "    steps:%sclean\n" % STEPS +
                        "  - id: kept\n    types: [1]\n    steps:%skeep\n" %
                        STEPS)
# The networks as text: dots, dashes, reversed, hexadecimal, one number, IPv6.
SPELLED = re.compile(
    rb"\b10[.-][12][.-]\d|\d[.-][12][.-]10\b|0a0[12][0-9a-f]{4}|"
    rb"1678[3-9]\d{4}|1679[01]\d{4}|(?i:2001[:-]0?db8[:-]0*77\b)|"
    rb"(?i:20010db80077)|7\.7\.0\.0\.8\.b\.d\.0")
INTO = {4: b"\xc6\x12", 6: bytes.fromhex("20010db8fffe")}


class Acceptance(Case):
    text = POLICY

    @classmethod
    def setUpClass(cls):
        cls.day = telescope.packets(N)
        cls.capture = telescope.capture(cls.day)

    def wash(self, pipeline):
        """[(packet, as it left)] and the counters, which must add up."""
        p = self.ok(pipeline, self.capture, "--stats")
        stats = json.loads(p.stderr.decode().splitlines()[-1])
        self.assertEqual(stats["in"], N)
        self.assertEqual(stats["in"], stats["forward"] + stats["drop"] +
                         stats["quarantine"])
        fates = Counter(q.fate for q in self.day)
        for why in set(fates) - {"forward", "marked"}:
            self.assertEqual(stats[why], fates[why], why)
        self.assertEqual(stats["scope.miss"], N // 100)
        left = [q for q in self.day if q.fate == "forward" or
                (q.fate == "marked" and pipeline != "kept")]
        self.assertEqual(stats["quarantine"],
                         N // 10000 if pipeline == "kept" else 0)
        got = [p for *_, p in unpcap(p.stdout)[1]]
        self.assertEqual(len(got), len(left))
        self.assertEqual(SPELLED.findall(p.stdout), [])
        return list(zip(left, got))

    def check(self, pipeline, into):
        pairs = self.wash(pipeline)
        for was, now in pairs:
            if was.dst in now or was.dst[::-1] in now:
                self.fail("%r in %s" % (was.dst, now.hex()))
            at = 14 + 4 * was.vlan + (24 if was.v6 else 16)
            if into and not now.startswith(INTO[6 if was.v6 else 4], at):
                self.fail("%r became %s" % (was.dst, now.hex()))
        self.assertEqual(sum(was.vlan for was, _ in pairs), N // 20)
        self.assertEqual(sum(was.v6 for was, _ in pairs), N // 20)
        return pairs

    def test_headers(self):
        seen = Counter()
        for was, now in self.check("headers", True):
            if was.fate != "marked":
                continue
            # The id is made from the new destination and the new seq.
            dst, seq = (int.from_bytes(now[at:at + 4], "big")
                        for at in (30, 38))
            self.assertEqual(int.from_bytes(now[18:20], "big"),
                             (dst ^ 4444 ^ seq) & 0xffff)
            self.assertEqual(len(now), 54)
            seen[seq == dst] += 1
        self.assertEqual(sum(seen.values()), N // 10000)
        self.assertGreaterEqual(seen[True], N // 20000)

    def test_encrypted_in_its_own_range(self):
        self.check("encrypted", False)

    def test_payload_clean_cuts_what_tells(self):
        kept = 0
        for was, now in self.check("clean", True):
            if was.fate == "marked":
                self.assertEqual(len(now), 54)
            kept += now[-8:] == b"x" * 8
        self.assertGreater(kept, N // 10)

    def test_payload_kept_quarantines_what_tells(self):
        self.check("kept", True)


if __name__ == "__main__":
    unittest.main()
