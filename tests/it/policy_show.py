#!/usr/bin/env python3
"""d4-policy show and test, its words, and its man pages."""

import hashlib
import json
import os
import re
import subprocess
import unittest

from policy_case import (EXAMPLE, TELE, TOOL, TOP, Case, explain, main, run)


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
    main()
