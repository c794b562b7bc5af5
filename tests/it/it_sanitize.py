#!/usr/bin/python3
"""d4-sanitize on real files: exit codes, counters, what leaves and what not.

The last test runs the three pipelines of docs/examples/policy.yaml.
"""

import json
import os
import pty
import re
import resource
import subprocess
import sys
import unittest

from sanitize_case import (ASAN, BIN, CAPTURE, GONE, GOOD, POLICY, SANITIZE,
                           SOURCE, Case)


class Sanitize(Case):
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

    def watched(self, stdin):
        """What somebody sees at a terminal; the output is a file."""
        ours, its = pty.openpty()
        with open(self.put("out", b""), "wb") as out:
            p = subprocess.Popen(
                [SANITIZE, "-p", self.policy, "-P", "pdns"], stdin=stdin,
                stdout=out, stderr=its)
        self.assertEqual(p.wait(), 0)
        # All of it is little, and is read up to a mark of our own.
        os.write(its, b"END")
        seen = b""
        while not seen.endswith(b"END"):
            seen += os.read(ours, 4096)
        os.close(its)
        os.close(ours)
        with open(os.path.join(self.dir, "out"), "rb") as out:
            self.assertEqual(out.read(), GONE * 100)
        return seen[:-3]

    def test_progress_is_shown_at_a_terminal_and_of_files_only(self):
        path = self.put("in", GOOD * 100)
        with open(path, "rb") as f:
            self.assertRegex(
                self.watched(f), rb"\r100\.0 %  0 MiB  \d+ MiB/s\r?\n$")
        with open(path, "rb") as f:
            p = subprocess.run(
                [SANITIZE, "-p", self.policy, "-P", "pdns"], stdin=f,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
            self.assertEqual((p.stdout, p.stderr), (GONE * 100, b""))
        with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat:
            self.assertEqual(self.watched(cat.stdout), b"")

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

    def test_counters_that_cannot_be_written_are_an_error(self):
        for option in ("--stats", "--explain-drop"):
            with open("/dev/full", "wb") as full:
                p = subprocess.run(
                    [SANITIZE, "-p", self.policy, "-P", "pdns", option],
                    input=GOOD + b"broken\n", stdout=subprocess.PIPE,
                    stderr=full, check=False)
            self.assertEqual((option, p.returncode), (option, 1))

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
