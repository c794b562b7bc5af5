"""d4-policy, run as people and scripts run it, and the policy that it is asked
about: the example."""

import json
import os
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


def main():
    if not os.access(TOOL, os.X_OK):
        print("no", TOOL)
        sys.exit(77)
    unittest.main()
