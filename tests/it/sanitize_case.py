"""d4-sanitize under test: its policy, a folder, how it is run."""

import os
import shutil
import subprocess
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
  - {id: as-is, types: [1, 5, 7], steps: []}
  - {id: flows, types: [7], steps: [addr: {scope: telescope, others: keep}]}
  - id: packets
    types: [1, 5]
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
    text = POLICY

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="d4-it-sanitize-")
        self.policy = self.put("policy.yaml", self.text.encode())
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
