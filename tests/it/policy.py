#!/usr/bin/env python3
"""d4-policy explain, reverse and check: answers, exit codes, places."""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
from packets import (IP4, TCP, UDP, eth, ip4, pcap, tcp, udp,  # noqa: E402
                     unpcap)
from policy_case import (BIN, EXAMPLE, NOW, OTHER, PDNS, TAP, TELE, Case,
                         explain, main, run)


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
             "`0` is not a type"),
            (["--partner", "x", "--type", "1", "--source", "tele-pcpa"],
             "did you mean `tele-pcap`?"),
            (["--partner", "x", "--type", "1", "--sensor", TELE, "--at",
              "tomorrow"], "`tomorrow` is not a time"),
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
            "[text: {}, addr: {method: mask}]}\n"
            "- {id: weekly, types: [1], steps: [addr: {}, epoch: 7d]}\n"
            "share: []\n")
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

    def test_an_address_of_an_epoch_comes_back_with_its_keys_only(self):
        at = 1700000000
        packet = eth(IP4, ip4("9.9.9.9", "192.0.2.1", UDP, udp(
            "9.9.9.9", "192.0.2.1")))
        p = subprocess.run(
            [os.path.join(BIN, "d4-sanitize"), "-p", self.policy, "-P",
             "weekly", "--partner", "acme-csirt"],
            input=pcap(1, [packet], t0=at), capture_output=True, check=True)
        mapped = ".".join(map(str, unpcap(p.stdout)[1][0][3][26:30]))
        for more in (("--epoch", "%d" % (at // 604800)),
                     ("--at", "2023-11-14T22:13:20Z")):
            code, out, err = self.ask(mapped, "--because", "x", *more,
                                      pipeline="weekly")
            self.assertEqual((code, out), (0, "9.9.9.9\n"), err)
        code, out, _ = self.ask(mapped, "--because", "x", "--epoch", "2",
                                pipeline="weekly")
        self.assertNotEqual(out, "9.9.9.9\n")
        for more in ((), ("--epoch", "x"), ("--epoch", "-1")):
            code, out, err = self.ask(mapped, "--because", "x", *more,
                                      pipeline="weekly")
            self.assertEqual((code, out), (1, ""))
            self.assertIn("which epoch?", err)

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


class Ring(Case):
    """A partner whose keys can be destroyed."""
    AT = 1700000000  # of epoch 2810

    def setUp(self):
        super().setUp()
        with open(os.path.join(self.dir, "master.key"), "wb") as f:
            f.write(bytes(range(32)))
        os.chmod(f.name, 0o600)
        text = re.sub('"file:[^"]*"', '"file:master.key"', self.text)
        text = text.replace("{id: acme-csirt,",
                            "{id: acme-csirt, forgettable: true,")
        self.stable = text
        self.policy = self.write(text.replace(
            "- link: zero\n", "- link: zero\n      - epoch: 7d\n", 1))

    def ring(self, *words):
        return run("ring", self.policy, *words, "--partner", "acme-csirt",
                   "--audit", os.path.join(self.dir, "audit"))

    def wash(self, at):
        packet = eth(IP4, ip4("192.0.2.1", "10.1.2.3", TCP, tcp(
            "192.0.2.1", "10.1.2.3", flags=18)))
        p = subprocess.run(
            [os.path.join(BIN, "d4-sanitize"), "-p", self.policy, "-P",
             "backscatter-v1", "--partner", "acme-csirt", "--stats"],
            input=pcap(1, [packet], t0=at), capture_output=True, check=True)
        rows = unpcap(p.stdout)[1]
        return rows[0][3][30:34] if rows else json.loads(p.stderr)

    def test_what_is_destroyed_never_comes_back(self):
        self.assertEqual(self.wash(self.AT)["epoch.key"], 1)
        code, out, err = self.ring("make", "--pipeline", "backscatter-v1",
                                   "--at", str(self.AT))
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out.split(), [str(2810 + i) for i in range(9)])
        first, second = self.wash(self.AT), self.wash(self.AT + 604800)
        self.assertEqual((len(first), first), (4, self.wash(self.AT + 60)))
        self.assertNotEqual(first, second)
        address = ".".join(map(str, first))
        asked = ("reverse", self.policy, address, "--partner", "acme-csirt",
                 "--pipeline", "backscatter-v1", "--epoch", "2810",
                 "--because", "x", "--audit", os.path.join(self.dir, "audit"))
        self.assertEqual(run(*asked)[:2], (0, "10.1.2.3\n"))
        self.assertEqual(self.ring("destroy", "--epoch", "2810")[0], 1)
        code, _, err = self.ring("destroy", "--epoch", "2810", "--because",
                                 "the agreement ended")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.wash(self.AT)["epoch.key"], 1)
        self.assertEqual(self.wash(self.AT + 604800), second)
        code, out, err = run(*asked)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("no keys for that epoch", err)
        # Not even another one for the same time.
        self.assertEqual(self.ring("make", "--pipeline", "backscatter-v1",
                                   "--at", str(self.AT))[:2], (0, ""))
        self.assertEqual(self.ring("list")[1].split(),
                         [str(2811 + i) for i in range(8)])
        with open(os.path.join(self.dir, "audit", "d4-policy.jsonl"),
                  encoding="utf-8") as f:
            last = [json.loads(x) for x in f if "ring.destroy" in x][-1]
        self.assertEqual((last["epoch"], last["because"], last["partner"]),
                         ("2810", "the agreement ended", "acme-csirt"))

    def test_keys_for_ever_and_secrets_that_others_read_are_refused(self):
        code, _, err = run("check", self.write(self.stable))
        self.assertEqual(code, 1)
        self.assertIn("`acme-csirt` is forgettable, and pipeline "
                      "`backscatter-v1` has one key for ever; add "
                      "`- epoch: 7d`", err)
        self.setUp()
        self.ring("make", "--pipeline", "backscatter-v1", "--at",
                  str(self.AT))
        folder = os.path.join(self.dir, "master.key.ring", "acme-csirt")
        os.chmod(os.path.join(folder, "2810"), 0o644)
        code, _, err = self.ring("list")
        self.assertEqual(code, 1)
        self.assertIn("cannot be read", err)

    def test_mistakes_are_told(self):
        for words, said in (
                (("make",), "needs --pipeline"),
                (("make", "--pipeline", "ja3-findings-v1"), "needs --pipe"),
                (("destroy", "--epoch", "x", "--because", "y"), "needs --ep"),
                (("destroy", "--epoch", "7", "--because", "y"), "no secret"),
                (("burn",), "makes, lists or destroys")):
            code, out, err = self.ring(*words)
            self.assertEqual((code, out), (1, ""))
            self.assertIn(said, err)
        code, _, err = run("ring", self.policy, "list", "--partner",
                           "public-pdns")
        self.assertEqual(code, 1)
        self.assertIn("forgettable: true", err)


class Check(Case):
    def test_addresses_that_a_pool_cannot_tell_apart_are_listed(self):
        text = self.text.replace("networks:\n", "networks:\n  pots: "
                                 "[192.0.2.1/32, 203.0.113.9/32]\n", 1)
        text = re.sub(r"- addr: .*", "- addr: {scope: pots, method: pool, "
                      "into: 198.18.0.0/32, others: keep}", text, count=1)
        policy = self.write(re.sub('"file:[^"]*"', '"file:master.key"', text))
        said = "`acme-csirt` the pool gives 192.0.2.1 and 203.0.113.9"
        code, out, err = run("check", policy)
        self.assertEqual((code, err), (0, ""))
        self.assertNotIn(said, out)  # there is no key
        with open(os.path.join(self.dir, "master.key"), "wb") as f:
            f.write(bytes(range(32)))
        os.chmod(f.name, 0o600)
        code, out, err = run("check", policy)
        self.assertEqual((code, err), (0, ""))
        self.assertIn(said, out)

    def test_the_example_is_valid_without_its_key(self):
        self.assertIn("/etc/d4/keys/master.key", self.text)
        code, out, err = run("check", EXAMPLE)
        self.assertEqual((code, err), (0, ""))
        self.assertIn(": ok: 3 sources, 3 partners, 3 pipelines, 3 share", out)
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
            ("identity: source", "concerns: recipient", "recipient",
             "what concerns partner `acme-csirt` is not known"),
            ("because: \"Agreement 2024-17\"", "delay: 1h", "",
             "`because` is missing; add it"),
            ("expires: 2027-12-31", "expires: 2027-02-30", "2027-02-30",
             "`2027-02-30` is not a date"),
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


if __name__ == "__main__":
    main()
