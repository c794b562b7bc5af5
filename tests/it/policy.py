#!/usr/bin/env python3
"""d4-policy, run as people and scripts run it: output, exit codes, places."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = os.environ.get("D4_SOURCE") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")
BIN = os.environ.get("D4_BIN") or os.path.join(TOP, "build", "bin")
TOOL = os.path.join(BIN, "d4-policy")
EXAMPLE = os.path.join(TOP, "docs", "examples", "policy.yaml")
TELE = "4072e072-bfaa-4395-9bb1-ccb3b470d715"
PDNS = "6072e072-bfaa-4395-9bb1-cdb3b470d715"
TAP = "8d8b724c-71b6-4d6c-942b-ffc2b6d761ac"
OTHER = "1f0e3dad-9990-4f8e-a5c0-8f0f3e5f5b11"
NOW = ["--at", "2026-06-15T12:00:00Z"]


def run(*args):
    """Exit code, output and errors."""
    done = subprocess.run([TOOL, *args], capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def explain(*args, policy=EXAMPLE):
    code, out, err = run("explain", policy, "--json", *args)
    assert code == 0, err
    assert out.count("\n") == 1
    return json.loads(out)


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="d4-policy.")
        self.addCleanup(shutil.rmtree, self.dir)
        with open(EXAMPLE, encoding="utf-8") as f:
            self.text = f.read()

    def write(self, text, name="policy.yaml"):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def line_of(self, word):
        """The number of the first line with the word."""
        lines = self.text.split("\n")
        return 1 + next(i for i, x in enumerate(lines) if word in x)


class Explain(Case):
    def test_the_three_rules_of_the_example(self):
        rows = [
            (["--partner", "acme-csirt", "--sensor", TELE, "--type", "1"],
             "tele-to-acme", "green", "backscatter-v1", "S2"),
            (["--partner", "public-pdns", "--sensor", PDNS, "--type", "8"],
             "pdns-to-public", "clear", "pdns-public-v1", "S3"),
            (["--partner", "own-misp", "--sensor", TAP, "--type", "ja3-jl"],
             "ja3-to-misp", "amber", "ja3-findings-v1", "S2"),
        ]
        for args, rule, label, pipeline, cls in rows:
            v = explain(*args, *NOW)
            self.assertEqual(v["decision"], "allow", v)
            self.assertEqual((v["rule"], v["label"], v["pipeline"],
                              v["class"]), (rule, label, pipeline, cls))
            self.assertEqual(v["line"], self.line_of("id: " + rule))
            self.assertEqual(v["file"], EXAMPLE)

    def test_the_answer_of_the_specification(self):
        text = self.text.replace(
            "- {id: acme-csirt,", "- {id: acme-csirt, state: active,")
        path = self.write(text)
        meta = {"type": "x", "tags": ["tlp:amber"], "misp:org": OTHER}
        v = explain("--partner", "acme-csirt", "--source", "tele-pcap",
                    "--sensor", TELE, "--type", "1", "--meta",
                    json.dumps(meta), policy=path)
        want = {"decision": "deny", "rule": "tlp.ceiling",
                "partner": "acme-csirt", "source": "tele-pcap",
                "label": "amber", "mode": "relay", "file": path,
                "line": self.line_of("id: tele-to-acme")}
        self.assertEqual({k: v[k] for k in want}, want)
        self.assertEqual(
            [x for x in v["trace"] if not x.startswith("org:")],
            ["meta.ok", "deny:none", "share:tele-to-acme",
             "tlp.ceiling:amber/relay/partner=no"])

    def test_everything_else_is_denied_by_name(self):
        rows = [
            ("acme-csirt", PDNS, "8", "default.deny"),
            ("public-pdns", TELE, "1", "default.deny"),
            ("own-misp", TELE, "1", "default.deny"),
            ("acme-csirt", TAP, "254", "meta.invalid"),
            ("acme-csirt", TELE, "3", "source.unknown"),
            ("acme-csirt", "00000000-0000-4000-8000-000000000000", "1",
             "source.unknown"),
            ("nobody", TELE, "1", "partner.unknown"),
        ]
        for partner, sensor, kind, rule in rows:
            v = explain("--partner", partner, "--sensor", sensor,
                        "--type", kind, *NOW)
            self.assertEqual((v["decision"], v["rule"]), ("deny", rule))

    def test_a_type_may_be_said_in_three_ways(self):
        header = '{"type":"ja3-jl"}'
        path = self.write(header, "meta.json")
        rows = [["--type", "ja3-jl"], ["--type", "254", "--meta", header],
                ["--type", "254", "--meta", "@" + path]]
        for args in rows:
            v = explain("--partner", "own-misp", "--source", "tls-tap", *args)
            self.assertEqual(v["rule"], "ja3-to-misp")

    def test_time_is_an_argument(self):
        ask = ["--partner", "public-pdns", "--source", "resolver-pdns",
               "--type", "8", "--at"]
        rows = [("2027-12-31T23:59:59Z", "pdns-to-public"),
                ("2028-01-01T00:59:59+01:00", "pdns-to-public"),
                ("2028-01-01T00:00:00Z", "relabel.expired"),
                ("1830297599", "pdns-to-public"),
                ("1830297600", "relabel.expired")]
        for at, rule in rows:
            self.assertEqual(explain(*ask, at)["rule"], rule, at)

    def test_text_says_the_same(self):
        code, out, _ = run("explain", EXAMPLE, "--partner", "acme-csirt",
                           "--sensor", PDNS, "--type", "8")
        self.assertEqual(code, 0)
        self.assertTrue(out.startswith("DENY by default.deny ("), out)
        self.assertIn("no share rule matches", out)

    def test_an_unclear_question_is_an_error(self):
        rows = [
            (["--type", "1", "--sensor", TELE], "no partner is named"),
            (["--partner", "x", "--sensor", TELE], "no type is named"),
            (["--partner", "x", "--type", "1"], "no sensor is named"),
            (["--partner", "x", "--type", "1", "--sensor", "y"],
             "`y` is no UUID"),
            (["--partner", "x", "--type", "0", "--sensor", TELE],
             "`0` is no type"),
            (["--partner", "x", "--type", "1", "--source", "tele-pcpa"],
             "did you mean `tele-pcap`?"),
            (["--partner", "x", "--type", "1", "--sensor", TELE, "--at",
              "tomorrow"], "`tomorrow` is no time"),
            (["--partner", "x", "--type", "ja3-jl", "--sensor", TAP, "--meta",
              '{"type":"maltrail"}'], "says type `maltrail`, not `ja3-jl`"),
            (["--partner", "x", "--type", "254", "--sensor", TAP, "--meta",
              "@/nonexistent"], "cannot be read"),
        ]
        for args, what in rows:
            code, out, err = run("explain", EXAMPLE, *args)
            self.assertEqual((code, out), (1, ""), args)
            self.assertIn(what, err)


class Reverse(Case):
    def setUp(self):
        super().setUp()
        with open(os.path.join(self.dir, "master.key"), "wb") as f:
            f.write(bytes(range(32)))
        os.chmod(f.name, 0o600)
        start = self.text.index("\npipelines:") + 1
        self.policy = self.write(
            re.sub('"file:[^"]*"', '"file:master.key"', self.text[:start]) +
            "pipelines:\n- {id: logs, types: [3], steps: "
            "[text: {}, addr: {method: cryptopan}]}\n"
            "- {id: coarse, types: [3], steps: "
            "[text: {}, addr: {method: mask}]}\nshare: []\n")
        self.audit = os.path.join(self.dir, "audit")

    def ask(self, address, *more, pipeline="logs", audit=None):
        return run("reverse", self.policy, address, "--partner", "acme-csirt",
                   "--pipeline", pipeline, "--audit", audit or self.audit,
                   *more)

    def test_what_left_comes_back_and_the_question_is_on_disk(self):
        mapped = subprocess.run(
            [os.path.join(BIN, "d4-sanitize"), "-p", self.policy, "-P", "logs",
             "--partner", "acme-csirt", "-t", "3"], input="9.9.9.9\n",
            capture_output=True, text=True, check=True).stdout.strip()
        self.assertNotEqual(mapped, "9.9.9.9")
        code, out, err = self.ask(mapped, "--because", "ticket 7")
        self.assertEqual((code, out), (0, "9.9.9.9\n"), err)
        code, out, _ = self.ask(mapped, "--because", "again", "--json")
        self.assertEqual(json.loads(out),
                         {"mapped": mapped, "originals": ["9.9.9.9"]})
        with open(os.path.join(self.audit, "d4-policy.jsonl"),
                  encoding="utf-8") as f:
            lines = [json.loads(x) for x in f]
        self.assertEqual([x["because"] for x in lines], ["ticket 7", "again"])
        self.assertEqual(lines[0]["mapped"], mapped)
        self.assertEqual(lines[0]["who"]["uid"], os.getuid())
        self.assertNotIn("9.9.9.9", json.dumps(lines))

    def test_without_an_audit_log_or_a_reason_nothing_is_said(self):
        code, out, err = self.ask("1.2.3.4")
        self.assertEqual((code, out), (64, ""))
        self.assertIn("--because", err)
        code, out, err = self.ask("1.2.3.4", "--because", "x",
                                  audit=self.policy + "/no")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("audit", err)

    def test_what_has_no_way_back_is_told(self):
        for pipeline, address, word in (("coarse", "1.2.3.0", "no way back"),
                                        ("none", "1.2.3.4", "no such pipe"),
                                        ("logs", "x", "not an IP")):
            code, out, err = self.ask(address, "--because", "x",
                                      pipeline=pipeline)
            self.assertEqual((code, out), (1, ""))
            self.assertIn(word, err)


class Check(Case):
    def test_the_example_is_valid_without_its_key(self):
        self.assertIn("/etc/d4/keys/master.key", self.text)
        code, out, err = run("check", EXAMPLE)
        self.assertEqual((code, err), (0, ""))
        self.assertIn(": ok: 3 sources, 3 partners, 3 pipelines, 3 share", out)
        self.assertIn("warning: `own-misp` is a MISP", out)
        for line in out.splitlines()[:-2]:
            self.assertRegex(line, r"^.*policy\.yaml:\d+:\d+: warning: .*; .")

    def test_mistakes_have_a_place_and_a_remedy(self):
        rows = [
            ("from: [tele-pcap]", "form: [tele-pcap]", "form",
             "unknown key `form`; did you mean `from`?"),
            ("to: [acme-csirt]", "to: [acme-cisrt]", "acme-cisrt",
             "unknown partner `acme-cisrt`; did you mean `acme-csirt`?"),
            ("- match: backscatter", "- macth: backscatter", "macth",
             "did you mean `match`?"),
            ("scope: telescope", "scope: telescop", "telescop,", "no such network"),
            ("types: [1, 4]", "types: [1, 4]\n    class: S3", "",
             "claims class S3, its steps give S2"),
            ("identity: source", "concerns: recipient", "concerns",
             "`concerns` is not enforced by this version"),
            ("because: \"Agreement 2024-17\"", "delay: 1h", "",
             "`because` is missing; add it"),
            ("expires: 2027-12-31", "expires: 2027-02-30", "2027-02-30",
             "`2027-02-30` is no date"),
            ("version: 1", "version: &v 1", "&v", "anchors (&v)"),
        ]
        for old, new, word, what in rows:
            text = self.text.replace(old, new)
            self.assertNotEqual(text, self.text, old)
            path = self.write(text)
            code, out, err = run("check", path)
            self.assertEqual((code, out), (1, ""), err)
            m = re.fullmatch(re.escape(path) + r":(\d+):(\d+): (.*); (.+)\n",
                             err)
            self.assertIsNotNone(m, err)
            self.assertIn(what, err)
            if word:
                line = text.split("\n")[int(m[1]) - 1]
                self.assertEqual(line.rindex(word) + 1, int(m[2]), err)

    def test_an_unreadable_file_is_named(self):
        code, _, err = run("check", "/nonexistent/policy.yaml")
        self.assertEqual(code, 1)
        self.assertIn("/nonexistent/policy.yaml: cannot be read", err)

    def test_network_files_stand_beside_the_policy(self):
        text = self.text.replace(
            "telescope: [10.1.0.0/16, 2001:db8:77::/48]",
            "telescope: {file: tele.txt}")
        path = self.write(text)
        code, _, err = run("check", path)
        self.assertEqual(code, 1)
        self.assertIn("cannot read `tele.txt`", err)
        self.write("10.1.0.0/16 # ours\n2001:db8:77::/48\n", "tele.txt")
        code, out, err = run("check", path)
        self.assertEqual(code, 0, err)
        # The same networks, the same policy: the file is part of the name.
        self.assertEqual(out.splitlines()[-1],
                         run("check", EXAMPLE)[1].splitlines()[-1])


class Show(Case):
    def test_the_name_is_the_hash_of_the_canonical_form(self):
        code, out, _ = run("show", EXAMPLE, "--json")
        self.assertEqual(code, 0)
        again = json.dumps(json.loads(out), sort_keys=True,
                           separators=(",", ":"), ensure_ascii=False)
        self.assertEqual(out, again)
        name = hashlib.sha256(out.encode()).hexdigest()
        self.assertIn("policy " + name, run("show", EXAMPLE)[1])
        self.assertIn("policy " + name, run("check", EXAMPLE)[1])
        v = explain("--partner", "acme-csirt", "--sensor", TELE, "--type", "1")
        self.assertEqual(v["policy"], name)

    def test_a_comment_changes_nothing(self):
        path = self.write("# another comment\n" + self.text)
        self.assertEqual(run("show", path, "--json")[1],
                         run("show", EXAMPLE, "--json")[1])

    def test_the_table_has_the_computed_classes(self):
        code, out, _ = run("show", EXAMPLE)
        self.assertEqual(code, 0)
        for pipeline, cls in (("backscatter-v1", 2), ("pdns-public-v1", 3),
                              ("ja3-findings-v1", 2)):
            self.assertRegex(out, rf"{pipeline} +class S{cls}")
        self.assertRegex(out, r"tele-to-acme +line \d+ +from tele-pcap")

    def test_a_partners_state_and_agreement_go_all_the_way(self):
        """check, show, explain and test at dates before, in and after it."""
        path = self.write(self.text.replace(
            "accept_pap: [clear, green], profile",
            "accept_pap: [clear, green], state: shadow, agreement: "
            "{from: 2026-02-01, until: 2026-06-30}, profile"))
        shown = run("show", path)[1]
        self.assertRegex(shown, r"acme-csirt +partner  shadow .*  agreement "
                         r"2026-02-01 to 2026-06-30")
        peer = json.loads(run("show", path, "--json")[1])["partners"][0]
        self.assertEqual(peer["agreement"],
                         {"from": "2026-02-01", "until": "2026-06-30"})
        ask = ("explain", path, "--partner", "acme-csirt", "--source",
               "tele-pcap", "--type", "1", "--json", "--at")
        for at, rule, shadow in (("2026-01-31T23:59:59Z", "agreement.early",
                                  False), ("2026-02-01", "tele-to-acme", True),
                                 ("2026-06-30T23:59:59Z", "tele-to-acme",
                                  True),
                                 ("2026-07-01", "agreement.expired", False)):
            v = json.loads(run(*ask, at)[1])
            self.assertEqual((v["rule"], v["shadow"]), (rule, shadow), at)
            self.assertEqual(v["decision"], "allow" if shadow else "deny")
        tests = self.write(
            "tests:\n  - {name: over, partner: acme-csirt, source: tele-pcap,"
            " type: 1, at: 2026-07-01, expect: deny, rule: "
            "agreement.expired}\n", "t.yaml")
        self.assertEqual(run("test", path, tests)[1], "1 tests, 0 failed\n")
        out = run("check", path)[1]
        self.assertIn("the agreement with `acme-csirt` ended on 2026-06-30",
                      out)


class Test(Case):
    def test_the_examples_expectations_hold(self):
        code, out, err = run("test", EXAMPLE)
        self.assertEqual((code, err), (0, ""), out)
        self.assertEqual(out, "7 tests, 0 failed\n")

    def test_what_fails_is_shown_with_why(self):
        tests = self.write(
            "tests:\n  - {name: one, partner: acme-csirt, source: tele-pcap,"
            " type: 1, expect: deny, rule: hops}\n", "t.yaml")
        code, out, _ = run("test", EXAMPLE, tests)
        self.assertEqual(code, 1)
        self.assertIn(
            f"{tests}:2:5: one: expected deny by hops, got allow by "
            "tele-to-acme, label green: meta.ok > deny:none > "
            "share:tele-to-acme >", out)
        self.assertIn("1 tests, 1 failed", out)

    def test_mistakes_in_the_tests_are_errors(self):
        rows = [
            ("tests: []", "no tests"),
            ("test: []", "did you mean `tests`?"),
            ("tests: [{partner: a, type: 1}]", "what is expected"),
            ("tests: [{partner: a, type: 1, expect: allow}]",
             "no sensor is named"),
            ("tests: [{partnr: a, expect: allow}]", "did you mean `partner`?"),
        ]
        for text, what in rows:
            code, _, err = run("test", EXAMPLE, self.write(text, "t.yaml"))
            self.assertEqual(code, 1)
            self.assertIn(what, err)
        code, _, err = run("test", self.write(self.text, "alone.yaml"))
        self.assertEqual(code, 1)
        self.assertIn("alone.tests.yaml: cannot be read", err)


class CommandLine(unittest.TestCase):
    def test_usage(self):
        for args in ([], ["frobnicate"], ["check"], ["check", "a", "b"],
                     ["test", "a", "b", "c"], ["check", "--frob", "x"],
                     ["explain", EXAMPLE, "--partner"]):
            code, out, err = run(*args)
            self.assertEqual((code, out), (64, ""), args)
            self.assertIn("usage: d4-policy", err)

    def test_help_and_version(self):
        code, out, _ = run("--help")
        self.assertEqual(code, 0)
        self.assertIn("explain", out)
        code, out, _ = run("--version")
        self.assertRegex(out, r"^d4-policy \d+\.\d+\.\d+\n$")
        self.assertEqual(code, 0)

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([TOOL, "show", EXAMPLE], stdout=full,
                                  stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)


class ManPages(unittest.TestCase):
    """Every key, reason and option stands in the pages."""

    def read(self, *path):
        with open(os.path.join(TOP, *path), encoding="utf-8") as f:
            return f.read()

    def test_every_key_of_the_file(self):
        page = self.read("policies", "d4-policy.5")
        keys = set()
        for name in os.listdir(os.path.join(TOP, "policies")):
            if name.startswith("parse") and name.endswith(".c"):
                keys |= set(re.findall(r'\{"([a-z_]+)", (?:pol_|read_|NULL)',
                                       self.read("policies", name)))
        self.assertGreater(len(keys), 50)
        for key in sorted(keys):
            self.assertRegex(page, rf"\b{key}\b", key)

    def test_every_reason(self):
        page = self.read("policies", "d4-policy.5")
        reasons = re.findall(r'X\([A-Z_]+, "([a-z.-]+)"',
                             self.read("policies", "reasons.h"))
        self.assertGreater(len(reasons), 15)
        for reason in reasons:
            self.assertIn(reason, page)

    def test_every_option(self):
        page = self.read("tools", "d4-policy.1")
        for option in re.findall(r" --([a-z]+)", run("--help")[1]):
            self.assertIn("Fl -" + option, page)


if __name__ == "__main__":
    if not os.access(TOOL, os.X_OK):
        print("no", TOOL)
        sys.exit(77)
    unittest.main()
