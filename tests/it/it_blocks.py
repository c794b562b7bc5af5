#!/usr/bin/python3
"""Other people's pcapng files, and their pcaps as pcapng and as IPFIX, through
every pipeline: no crash, no address of what came in what left, and tshark
reads what left, with no checksum bad that was good.
"""
import glob
import ipaddress
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = os.environ.get("D4_SOURCE", ".")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import records as r  # noqa: E402
from flow_places import (  # noqa: E402
    F4B, F6B, OPTION_ROWS, ROWS, VARIABLE, stream, told)
from packet_places import A4, A4B, A6B, t4  # noqa: E402
from packets import unpcap  # noqa: E402

BIN = os.environ.get("D4_BIN", os.path.join(ROOT, "build/bin"))
SHARED = os.environ.get("D4_SHARED", "")
REFERENCE = os.path.join(SHARED, "vectors", "reference.py")
POLICY = """
version: 1
hub: {id: test, org: 5b642239-4db4-4580-adf4-4ebd950d210f, default_tlp: red,
      master_key: "file:master.key"}
networks: {telescope: [10.1.0.0/16, 2001:db8:77::/48],
  all: [0.0.0.0/0, "::/0"]}
pipelines:
  - {id: headers, types: [1, 5], steps: [{addr: {}}]}
  - {id: whole, types: [1, 5], steps: [{addr: {}}, {payload: keep},
     {link: hmac}, {tags: keep}]}
  - {id: coarse, types: [1, 5], steps: [{addr: {method: zero}},
     {payload: zero}, {time: 1h}]}
  - {id: map, types: [7], steps: [{addr: {}}, {time: 1h}]}
sources: []
partners: [{id: acme, kind: partner, min_class: S1, accept_pap: [clear],
  groups: [g], org: 1f0e3dad-9990-4f8e-a5c0-8f0f3e5f5b11}]
share: []
"""
JUDGE = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
         "-o", "udp.check_checksum:TRUE"]


def tshark(path, *more):
    done = subprocess.run(["tshark", "-n", "-r", path, *more],
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


@unittest.skipUnless(shutil.which("tshark"), "no tshark")
class Blocks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        for name, data in (("policy.yaml", POLICY.encode()),
                           ("master.key", bytes(range(32)))):
            self.put(name, data)
            os.chmod(self.path(name), 0o600)

    def path(self, name):
        return os.path.join(self.dir, name)

    def put(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    def run_it(self, pipeline, kind, data):
        p = subprocess.run(
            [os.path.join(BIN, "d4-sanitize"), "-p", self.path("policy.yaml"),
             "-P", pipeline, "--partner", "acme", "-t", str(kind)], input=data,
            capture_output=True, check=False)
        self.assertIn(p.returncode, (0, 2), p.stderr)
        self.assertNotIn(b"Sanitizer", p.stderr)
        return p.stdout

    def corpus(self):
        folder = os.path.join(SHARED, "corpus", "pcapng")
        if not os.path.isdir(folder):
            self.skipTest("%s is absent" % folder)
        return sorted(glob.glob(os.path.join(folder, "*.pcapng")))

    def test_other_peoples_files_leave_readable(self):
        """Sections follow one another: one file for each pipeline."""
        for pipeline in ("headers", "whole", "coarse"):
            out = b""
            for path in self.corpus():
                with open(path, "rb") as f:
                    out += self.run_it(pipeline, 5, f.read())
            self.assertLessEqual({kind for kind, _ in r.blocks(out)}, {
                r.SECTION, r.INTERFACE, r.ENHANCED, r.SIMPLE})
            code, lines, err = tshark(
                self.put("out", out), *JUDGE, "-T", "fields", "-e",
                "frame.number", "-e", "ip.checksum.status", "-e",
                "tcp.checksum.status", "-e", "udp.checksum.status",
                "-E", "occurrence=f", "-Y", "frame.cap_len == frame.len")
            self.assertEqual(code, 0, err)
            self.assertNotIn("appears to", err)
            bad = [x for x in lines if "0" in x.split("\t")[1:]]
            print("%s: %d whole packets, %s bad" % (
                pipeline, len(lines), bad))
            self.assertGreater(len(lines), 50)
            if pipeline == "whole":
                self.assertLessEqual(len(bad), 0)

    def test_packets_are_the_same_in_pcap_and_pcapng(self):
        folder = os.path.join(SHARED, "corpus", "pcap-maltrail")
        if not os.path.isdir(folder):
            self.skipTest("%s is absent" % folder)
        compared = 0
        for path in sorted(glob.glob(os.path.join(folder, "*.pcap")))[:12]:
            with open(path, "rb") as f:
                data = f.read()
            link, packets = unpcap(data)
            made = r.section(">") + r.interface(">", link & 0xffff)
            for s, us, n, p in packets:
                block = r.enhanced(">", 0, p, s * 10 ** 6 + us)
                made += block[:24] + struct.pack(">I", n) + block[28:]
            for pipeline in ("headers", "coarse"):
                one = unpcap(self.run_it(pipeline, 1, data))[1]
                two = [b for kind, b in r.blocks(
                    self.run_it(pipeline, 5, made)) if kind == r.ENHANCED]
                self.assertEqual(len(one), len(two), path)
                for (s, us, n, p), b in zip(one, two):
                    high, low, cap, size = struct.unpack_from(">4I", b, 4)
                    self.assertEqual((s * 10 ** 6 + us, n, p), (
                        high << 32 | low, size, b[20:20 + cap]), path)
                compared += len(two)
        self.assertGreater(compared, 100)

    def test_the_output_does_not_depend_on_how_the_input_is_read(self):
        data = r.section("<") + r.interface("<", 1)
        data += r.enhanced("<", 0, t4(), 1) * 40 + r.interface("<", 101)
        data += r.enhanced("<", 1, t4()[14:], 1) + r.section(">")
        data += r.interface(">", 1) + r.enhanced(">", 0, t4(), 1)
        p = subprocess.Popen(
            [os.path.join(BIN, "d4-sanitize"), "-p", self.path("policy.yaml"),
             "-P", "headers", "--partner", "acme", "-t", "5"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        for at in range(0, len(data), 77):
            p.stdin.write(data[at:at + 77])
            p.stdin.flush()
        self.assertEqual(p.communicate()[0], self.run_it("headers", 5, data))

    # ---- flows ----

    def flows(self, data):
        """(source, destination) of all flows that tshark decodes."""
        code, lines, err = tshark(
            self.put("flows", data), "-T", "fields", "-e", "cflow.srcaddr",
            "-e", "cflow.dstaddr", "-e", "cflow.srcaddrv6", "-e",
            "cflow.dstaddrv6")
        self.assertEqual(code, 0, err)
        self.assertNotIn("appears to", err)
        return [x.split("\t") for x in lines if x.strip()]

    def test_flows_of_every_kind_are_decoded_without_a_doubt(self):
        data = b""
        for i, (_, fields, values, want) in enumerate(ROWS):
            if want == "pass":
                data += stream([(fields, [values] * 3)], domain=i)
        out = self.put("out", self.run_it("map", 7, data))
        code, lines, err = tshark(
            out, "-Y", "_ws.malformed || _ws.expert.severity >= 6291456")
        self.assertEqual((code, lines), (0, []), err)
        self.assertNotIn("appears to", err)
        self.assertGreater(len(tshark(out)[1]), 30)

    def test_rates_of_sampling_are_read_and_interfaces_are_not(self):
        out = self.put("rates", self.run_it("map", 7, b"".join(
            told(row, 256 + i) for i, row in enumerate(OPTION_ROWS)
            if row[-1] == "pass")))
        code, lines, err = tshark(
            out, "-T", "fields", "-e", "cflow.sampling_packet_space",
            "-Y", "cflow.sampling_packet_space")
        self.assertEqual((code, set(lines)), (0, {"999"}), err)
        self.assertGreater(len(lines), 5)
        code, lines, err = tshark(
            out, "-Y", "_ws.malformed || _ws.expert.severity >= 6291456")
        self.assertEqual((code, lines), (0, []), err)
        self.assertEqual(tshark(out, "-Y", "cflow.if_name || "
                                "cflow.inputint")[1], [])

    def test_addresses_are_those_of_the_reference(self):
        if not os.path.exists(REFERENCE):
            self.skipTest("%s is absent" % REFERENCE)
        sys.path.insert(0, os.path.dirname(REFERENCE))
        import reference  # pylint: disable=import-outside-toplevel
        cpan = reference.CPan(
            reference.subkey(bytes(range(32)), "cpan", "acme"))
        rows = [(F4B, A4B), (A4B, F4B)]
        six = [(F6B, A6B), (A6B, F6B)]
        out = self.run_it("map", 7, stream(
            [(((8, 4), (12, 4), (82, VARIABLE)),
              [(a, b, A4.encode()) for a, b in rows]),
             (((27, 16), (28, 16)), six)], domain=0))
        found = self.flows(out)
        for i, ends in enumerate(zip(*rows)):
            self.assertEqual(found[-2][i].split(","), [
                cpan.anon(ipaddress.ip_address(a)) for a in ends])
        for i, ends in enumerate(zip(*six)):
            self.assertEqual(found[-1][2 + i].split(","), [
                cpan.anon(ipaddress.ip_address(a)) for a in ends])
        self.assertNotIn(A4.encode(), out)


if __name__ == "__main__":
    unittest.main()
