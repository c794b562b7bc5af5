"""A command of d4-hub that runs beside a hub of tests/support/hub.py."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hub import DEADLINE, PROGRAM, until  # noqa: E402


class Command:
    """`d4-hub NAME`; it says "NAME ready" in its log."""

    def __init__(self, hub, name):
        self.hub, self.name = hub, name
        self.log_path = os.path.join(hub.dir, name + ".log")
        self.process = None

    def command(self, *args):
        return [PROGRAM, self.name, "-c", self.hub.conf, *args]

    def start(self):
        mark = len(self.log())
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(self.command(), stdout=log,
                                            stderr=log)
        until("it is ready", lambda: self.name + " ready" in
              self.log()[mark:] or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()
        return self

    def stop(self):
        if self.process is None:
            return 0
        self.process.terminate()
        code = self.process.wait(DEADLINE)
        self.process = None
        return code

    def __exit__(self, *_):
        self.stop()
        for word in ("Sanitizer:", "runtime error:", "Assertion"):
            assert word not in self.log(), self.log()[-4000:]

    def log(self):
        try:
            with open(self.log_path, errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def children(self):
        pid = self.process.pid
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(x) for x in f.read().split()]
