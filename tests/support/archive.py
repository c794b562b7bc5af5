"""d4-hub archive beside a hub of tests/support/hub.py."""

import glob
import gzip
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hub import DEADLINE, PROGRAM, until  # noqa: E402

NAME = re.compile(r"([0-9a-f]{32})/(\d+)/(\d{4})/(\d\d)/(\d\d)/"
                  r"(?:([A-Za-z0-9._-]+)/)?\1-\3-\4-\5-\d{6}"
                  r"(\.[a-z.]+?)(?:\.\d+)?(\.gz|\.zst)")


class Archive:
    def __init__(self, hub, **options):
        self.hub = hub
        self.dir = os.path.join(hub.dir, "archive")
        self.log_path = os.path.join(hub.dir, "archive.log")
        self.process = None
        self.options(**options)

    def options(self, **options):
        options = dict({"dir": self.dir, "reserve": "0B"}, **options)
        self.hub.options(archive="{%s}" % ", ".join(
            "%s: %s" % one for one in options.items()))

    def command(self, *args):
        return [PROGRAM, "archive", "-c", self.hub.conf, *args]

    def drain(self, *args):
        """All that is in the queues, and every file finished."""
        with open(self.log_path, "a") as log:
            done = subprocess.run(self.command("--drain", *args), stdout=log,
                                  stderr=log, timeout=DEADLINE)
        assert done.returncode == 0, self.log()

    def start(self):
        mark = len(self.log())
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(self.command(), stdout=log,
                                            stderr=log)
        until("the archive is ready", lambda: "archive ready" in
              self.log()[mark:] or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()
        return self

    def children(self):
        path = "/proc/%d/task/%d/children" % (self.process.pid,
                                              self.process.pid)
        with open(path) as f:
            return [int(x) for x in f.read().split()]

    def kill(self):
        """Both of its processes, at any moment."""
        for pid in self.children():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.kill()
        self.process.wait(DEADLINE)
        self.process = None

    def stop(self):
        if self.process is None:
            return 0
        self.process.terminate()
        code = self.process.wait(DEADLINE)
        self.process = None
        return code

    def __enter__(self):
        return self

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

    # ---- its files ----

    def paths(self, uuid="*", kind="*"):
        """What a reader would see, oldest first; meta headers are not in it."""
        out = []
        for path in glob.glob(os.path.join(self.dir, uuid.replace("-", ""),
                                           str(kind), "**"), recursive=True):
            if path.endswith((".gz", ".zst")):
                out.append(path)
        return sorted(out)

    def read(self, uuid="*", kind="*"):
        return [unpack(p) for p in self.paths(uuid, kind)]

    def parts(self):
        return sorted(glob.glob(os.path.join(self.dir, ".d4-archive", "*")))

    def account(self, event=None):
        return self.hub.account(event, "d4-hub-archive")


def unpack(path):
    """A whole file, or an error: nothing is cut off."""
    if path.endswith(".gz"):
        with gzip.open(path) as f:
            return f.read()
    return subprocess.run(["zstd", "-dcq", path], check=True,
                          capture_output=True).stdout
