#!/usr/bin/python3
"""All of the corpus through d4-sanitize with every pipeline that accepts its
type: the presets, and the pipelines of docs/examples. The networks of the
policy are those that the corpus speaks of most. No address of them leaves, and
tshark finds no malformed frame and no bad checksum that did not come.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from collections import Counter

import yaml

ROOT = os.environ.get("D4_SOURCE", ".")
for part in ("support", "it"):
    sys.path.insert(0, os.path.join(ROOT, "tests", part))
import corpus  # noqa: E402
from packets import pcap, unpcap  # noqa: E402
from sanitize_case import Case  # noqa: E402

NETS4, NETS6 = 40, 4
PRESETS = {
    "telescope": ["1"], "backscatter-partner": ["1"],
    "honeypot-partner": ["6"], "pdns-partner": ["8"], "pdns-public": ["8"],
    "ja3-partner": ["ja3-jl"], "ja3-public": ["ja3-jl"],
    "sshd-partner": ["3"], "ndjson-allowlist": ["6"]}
NO_SCOPE = ("pdns-public", "ndjson-allowlist")
JUDGE = ["-T", "fields", "-e", "frame.number", "-o",
         "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o",
         "udp.check_checksum:TRUE", "-o", "sctp.checksum:CRC-32C", "-Y",
         "frame.cap_len == frame.len && (_ws.malformed || "
         "ip.checksum.status == 0 || tcp.checksum.status == 0 || "
         "udp.checksum.status == 0 || sctp.checksum.status == 0)"]
IP4 = re.compile(rb"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])")


def dotted(b):
    return ".".join(map(str, b))


def words(b):
    return ":".join("%x%02x" % (b[i], b[i + 1]) for i in range(0, len(b), 2))


def inputs():
    """{type: [(name, data)]} of what is no capture."""
    out = {"3": [], "6": [], "8": [], "ja3-jl": []}
    for path in sorted(glob.glob(os.path.join(corpus.CORPUS, "log", "*"))):
        with open(path, "rb") as f:
            out["3"].append((path, f.read()))
    for path in sorted(glob.glob(corpus.CORPUS + "/json/*/*.json")):
        with open(path, "rb") as f:
            data = f.read()
        if b"\n" not in data and len(data) < 10000:
            for kind in ("6", "ja3-jl"):
                out[kind].append((path, data + b"\n"))
    # Nobody's lines for a type go to it, too: nothing of them may leave.
    out["8"] = out["3"]
    return out


class Corpus(Case):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("tshark") or not os.path.isdir(corpus.CORPUS):
            print("tshark or the corpus is absent: skipped")
            sys.exit(77)
        cls.rows = corpus.captures()
        cls.lines = inputs()
        found = Counter()
        for link, p, _ in cls.rows:
            for a in corpus.addresses(link, p):
                found[a[:2] if len(a) == 4 else a[:6]] += 1
        for _, data in cls.lines["3"]:
            for m in IP4.findall(data):
                octets = bytes(min(int(x), 255) for x in m.split(b"."))
                found[octets[:2]] += 1
        most = [p for p, _ in found.most_common() if p[0] != 0xfe]
        cls.own = {p for p in most if len(p) == 2 and p[0] not in (
            0, 100, 127) and p[0] < 224}
        cls.own = set([p for p in most if p in cls.own][:NETS4] +
                      [p for p in most if len(p) == 6][:NETS6])
        cls.policies, cls.pipelines = cls.make_policy()

    @classmethod
    def make_policy(cls):
        four = sorted(p for p in cls.own if len(p) == 2)
        six = sorted(p for p in cls.own if len(p) == 6)
        nets = [dotted(p) + ".0.0/16" for p in four] + \
            [words(p) + "::/48" for p in six]
        into = ["100.%d.0.0/16" % (64 + i) for i in range(len(four))] + \
            ["2001:db8:ff%02x::/48" % i for i in range(len(six))]
        made = []
        for name, types in PRESETS.items():
            steps = {"preset": name, "scope": "own"}
            if name in NO_SCOPE:
                del steps["scope"]
            if name == "ndjson-allowlist":
                steps["paths"] = ["/a", "/b/c"]
            if name in ("telescope", "backscatter-partner", "sshd-partner"):
                steps["into"] = into
            made.append((name, types, steps))
        made.append(("dns", ["1", "4"], [
            {"addr": {"scope": "own", "into": into, "others": "keep",
                      "require_scope": "any"}}, {"payload": "dns"},
            {"tunnels": "decode"}]))
        made.append(("json-as-is", ["6"], [
            {"json": {"default": "keep", "rules": []}}]))
        for path in sorted(glob.glob(
                os.path.join(ROOT, "docs/examples/policy*.yaml")) + glob.glob(
                os.path.join(ROOT, "docs/examples/*.yaml"))):
            with open(path, encoding="utf-8") as f:
                doc = yaml.safe_load(f)
            for p in doc.get("pipelines", ()):
                if p["id"] in [name for name, _, _ in made]:
                    continue
                for step in p["steps"]:
                    if "addr" in step:
                        step["addr"].update(scope="own", into=into)
                made.append((p["id"], [str(t) for t in p.get("types", ())] +
                             p.get("meta", []), p["steps"]))
        doc = {"version": 1, "hub": {
            "id": "t", "org": "5b642239-4db4-4580-adf4-4ebd950d210f",
            "default_tlp": "red", "master_key": "file:master.key"},
            "networks": {"own": nets}, "sources": [], "partners": [],
            "share": []}
        # One policy for each: compiling all of them every time takes longer.
        return {name: json.dumps(dict(doc, pipelines=[
            dict({"id": name, "steps": steps}, **(
                {"types": [int(t) for t in types]} if types[0].isdigit()
                else {"meta": types}))])) for name, types, steps in made}, made

    def wash(self, name, kind, data):
        """What left, and the numbers of the records that did not."""
        p = self.run_it(name, data, "-t", kind, "--explain-drop=0",
                        policy=self.put(name, self.policies[name].encode()))
        self.assertIn(p.returncode, (0, 2), p.stderr[-2000:])
        self.assertNotIn(b"Sanitizer", p.stderr)
        return p.stdout, {int(n) for n in re.findall(
            rb"record (\d+) at byte", p.stderr)}

    def scoped(self, link, p):
        return {a for a in corpus.addresses(link, p)
                if (a[:2] if len(a) == 4 else a[:6]) in self.own}

    def bad(self, rows):
        path = self.put("judge.pcapng", corpus.pcapng(rows))
        done = subprocess.run(["tshark", "-r", path, "-n"] + JUDGE,
                              capture_output=True, text=True, check=False)
        return {int(n) - 1 for n in done.stdout.split()}

    def of_packets(self, name, kind):
        """[(as it came, as it left)] of all link types."""
        left = []
        for link in sorted({link for link, _, _ in self.rows}):
            rows = [r for r in self.rows if r[0] == link]
            out, gone = self.wash(name, kind, pcap(
                link, [p for _, p, _ in rows], [n for _, _, n in rows]))
            came = [r for i, r in enumerate(rows, 1) if i not in gone]
            got = unpcap(out)[1]
            self.assertEqual(len(came), len(got))
            left += [(r, (link, p, n)) for r, (_, _, n, p) in zip(came, got)]
        return left

    def test_captures(self):
        """tshark looks once at what came, and once at what ever left."""
        out, dns = {}, 0
        for name, types, _ in self.pipelines:
            for kind in sorted(set(types) & {"1", "4"}):
                left = self.of_packets(name, kind)
                print("%s, type %s: %d of %d packets left" % (
                    name, kind, len(left), len(self.rows)))
                for (link, p, _), q in left:
                    for a in self.scoped(link, p):
                        self.assertNotIn(a, q[1], (name, p.hex()))
                    out.setdefault(q, (link, p))
                    dns += name == "dns" and len(q[1]) == q[2] and any(
                        q[1][at:at + 2] == b"\0\x35" for at in (34, 36))
        self.assertGreater(len(out), 1000)
        print("%d messages of the DNS were written anew" % dns)
        self.assertGreater(dns, 50)
        before = self.bad(self.rows)
        bad = {self.rows[i][:2] for i in before}
        rows = list(out)
        now = self.bad(rows)
        print("%d packets, %d of them whole and bad; %d different ones left, "
              "%d bad" % (len(self.rows), len(bad), len(rows), len(now)))
        for i in now:
            self.assertIn(out[rows[i]], bad, rows[i][1].hex())

    def test_lines(self):
        for name, types, _ in self.pipelines:
            for kind in types if types[0] not in ("1", "4") else ():
                data = b"".join(d for _, d in self.lines[kind])
                out, gone = self.wash(name, kind, data)
                rows = [r for i, r in enumerate(data.splitlines(True), 1)
                        if i not in gone]
                got = out.splitlines(True)
                print("%s, type %s: %d lines left" % (name, kind, len(got)))
                if kind != "3":
                    continue
                self.assertEqual(len(rows), len(got))
                for was, now in zip(rows, got):
                    for a in IP4.findall(was):
                        if bytes(int(x) & 255 for x in
                                 a.split(b".")[:2]) in self.own:
                            self.assertNotIn(a, now)

    def test_json_that_must_parse_leaves_as_it_came_and_no_other(self):
        rows = [(os.path.basename(path), data)
                for path, data in self.lines["6"]]
        out, gone = self.wash("json-as-is", "6",
                              b"".join(d for _, d in rows))
        kept = [r for i, r in enumerate(rows, 1) if i not in gone]
        self.assertEqual(b"".join(d for _, d in kept), out)
        for name, _ in rows:
            # Two values under one key: nobody knows which one counts.
            must = name[0] == "y" and "duplicated" not in name
            if name[0] != "i":
                self.assertEqual(must, name in [k for k, _ in kept], name)
        self.assertGreater(len(kept), 80)


if __name__ == "__main__":
    unittest.main()
