#!/usr/bin/python3
"""What the real dnscap writes of other people's captures (dnscap -g), through
the preset dnscap-partner: who asked or answered first in each capture is the
scope; none of it is in what leaves, and what leaves is such a text again.
"""
import glob
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
from packets import encodings  # noqa: E402
from sanitize_case import Case  # noqa: E402

CORPUS = os.path.join(os.environ.get("D4_SHARED", ""), "corpus")
POLICY = """
version: 1
hub: {id: test, org: 5b642239-4db4-4580-adf4-4ebd950d210f, default_tlp: red,
      master_key: "file:master.key"}
networks:
  own: %s
pipelines:
  - {id: partner, types: [4], steps: {preset: dnscap-partner, scope: own}}
sources: []
partners: []
share: []
"""
ENDS = re.compile(rb"\[[0-9]+\] ([-0-9]+ [0-9:.]+) [^\n]*\n"
                  rb"\t\[([0-9a-f.:]+)\]\.[0-9]+ \[([0-9a-f.:]+)\]\.")

RECORD = re.compile(
    rb"\[[0-9]+\] [-0-9]{10} [0-9:]{8}\.000000 \[#0 - 4095\] \\\n"
    rb"\t\[[0-9a-f.:]+\]\.[0-9]+ \[[0-9a-f.:]+\]\.[0-9]+  \\\n"
    rb"\tdns [A-Z0-9]+,[A-Z0-9]+,[0-9]+(?:,[a-z|]+)?(?: \\|[^\n]*)\n"
    rb"(?:\t[^\n]*\n)*")


def text_of(path):
    """All that dnscap says of a capture's messages; it says it on stderr."""
    p = subprocess.run(["dnscap", "-r", path, "-g"], capture_output=True,
                       check=False, timeout=60)
    return b"".join(re.findall(rb"^\[[^\n]*\n(?:\t[^\n]*\n)*", p.stderr,
                               re.M))


class Dnscap(Case):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("dnscap") or not os.path.isdir(CORPUS):
            print("dnscap or the corpus is absent: skipped")
            sys.exit(77)
        cls.files = {path: text_of(path) for path in sorted(
            glob.glob(CORPUS + "/pcap-dnscap/*.pcap") +
            glob.glob(CORPUS + "/pcap-tcpdump/*dns*.pcap"))}
        cls.own = sorted({ENDS.search(t).group(2).decode()
                          for t in cls.files.values() if ENDS.search(t)})
        nets = [ipaddress.ip_network(a) for a in cls.own]
        cls.text = POLICY % json.dumps([str(n) for n in nets])

    def test_nothing_of_the_scope_leaves(self):
        read = left = 0
        for path, text in self.files.items():
            p = self.ok("partner", text, "-t", "4", "--stats")
            stats = json.loads(p.stderr.splitlines()[-1])
            self.assertEqual(stats["in"], stats["forward"] + stats["drop"] +
                             stats["quarantine"], path)
            self.assertEqual(stats["in"], len(re.findall(
                rb"^\[", text, re.M)), path)
            for a in self.own:
                for form, b in encodings(a).items():
                    if form not in ("network", "reversed"):
                        self.assertNotIn(b, p.stdout, (path, form))
            self.assertNotIn(os.path.basename(path).encode(), p.stdout)
            read, left = read + stats["in"], left + stats["forward"]
        print("%d captures, %d messages, %d left" % (
            len(self.files), read, left))
        self.assertGreater(read, 150)
        self.assertGreater(left, read // 2)

    def test_what_leaves_is_text_of_dnscap(self):
        for path, text in self.files.items():
            p = self.ok("partner", text, "-t", "4", "--stats")
            found = RECORD.findall(p.stdout)
            self.assertEqual(b"".join(found), p.stdout, path)
            self.assertEqual(len(found), json.loads(p.stderr.splitlines()[-1])["forward"])


if __name__ == "__main__":
    unittest.main()
